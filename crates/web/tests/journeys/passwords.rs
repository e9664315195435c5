//! Passwords beside single sign-on: who has one, how it is set, what wrong ones tell, and the first operator.

use std::net::{IpAddr, Ipv4Addr, TcpListener};

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::Start;
use vestibule_domain::event::Fact;
use vestibule_domain::id::UserId;
use vestibule_domain::password::Passwords;
use vestibule_domain::user::{ConsoleRole, UserState};
use vestibule_journeys::jobs::{self, Job, Means, Turn};
use vestibule_journeys::password;
use vestibule_outbound::{Mailer, Outbox, Security, Smtp};

use crate::domain_proof::NameServer;
use crate::refusals::code_on;
use crate::support::{ADA, BASE, Browser, CALLBACK, Party, Seen, World};

const EVE: &str = "eve@acme.example";
const GOOD: &str = "four walls and a brass lamp";

/// A deployment whose mails are kept.
struct Scene {
    world: World,
    means: Means,
    outbox: Outbox,
    eve: UserId,
}

impl Scene {
    /// `acme` gives passwords to these, and knows Eve, who administers it.
    async fn new(passwords: Passwords) -> Self {
        let (world, outbox) = (World::new().await, Outbox::default());
        let eve = world.add_user(&world.acme, EVE, Some(ConsoleRole::AccountAdmin)).await;
        world.change_account(&world.acme, |account| account.settings.passwords = passwords).await;
        let means = Means { mailer: Some(Mailer::Outbox(outbox.clone())), ..NameServer::start().await.means() };
        Self { world, means, outbox, eve }
    }

    fn at(&self, path: &str) -> String {
        format!("{}/sign-in/{path}", self.world.acme.origin)
    }

    async fn send_mails(&self) {
        let turn = jobs::turn(&self.world.ctx(), &self.means, Job::SendMails, "one").await.unwrap();
        assert_eq!(turn, Turn::Done);
    }

    /// Asks for a link and tells what came by mail since the last time.
    async fn ask(&self, browser: &mut Browser, email: &str) -> (Seen, Option<String>) {
        let before = self.outbox.mails().len();
        let seen = browser.post(&self.at("password/forgotten"), &[("email", email)]).await;
        self.send_mails().await;
        let mails = self.outbox.mails();
        let mail = (mails.len() > before).then(|| mails[0].mail.clone());
        assert!(mail.as_ref().is_none_or(|mail| mail.to == email), "to the address as we know it");
        (seen, mail.map(|mail| mail.text))
    }

    async fn link(&self, email: &str) -> String {
        let (_, text) = self.ask(&mut self.world.browser(), email).await;
        link_in(&text.expect("a mail"))
    }

    /// Eve has the password [`GOOD`].
    async fn with_password(passwords: Passwords) -> Self {
        let scene = Self::new(passwords).await;
        let link = scene.link(EVE).await;
        scene.world.browser().post(&link, &[("password", GOOD)]).await.location();
        scene
    }

    async fn try_password(&self, browser: &mut Browser, email: &str, password: &str) -> Seen {
        browser.post(&self.at("password"), &[("email", email), ("password", password)]).await
    }
}

fn link_in(text: &str) -> String {
    text.lines().find(|line| line.starts_with("http://")).unwrap_or_else(|| panic!("no link: {text}")).to_owned()
}

/// CC-5: the door for managers at the account's own address stays open beside single sign-on.
#[tokio::test]
async fn a_manager_sets_a_password_by_mail_and_signs_in_with_it_at_the_accounts_own_address() {
    let scene = Scene::new(Passwords::Managers).await;
    let mut browser = scene.world.browser();
    browser.get(&scene.at("password")).await.shows(StatusCode::OK, "Sign in with a password");
    let (noted, mail) = scene.ask(&mut browser, EVE).await;
    noted.shows(StatusCode::OK, "Look into your mail");
    let link = link_in(&mail.unwrap());
    assert!(link.starts_with(&scene.at("password/")), "{link}");
    browser.get(&link).await.shows(StatusCode::OK, "for eve@acme.example");
    let set = browser.post(&link, &[("password", GOOD)]).await;
    browser.get(&set.location()).await.shows(StatusCode::OK, "Your password is set");
    assert_eq!(browser.get(&format!("{}/me", scene.world.acme.origin)).await.status, StatusCode::SEE_OTHER);

    let signed_in = scene.try_password(&mut browser, "Eve@ACME.example", GOOD).await;
    assert_eq!(signed_in.location(), format!("{}/me", scene.world.acme.origin));
    let me = browser.get(&signed_in.location()).await;
    me.shows(StatusCode::OK, EVE);
    me.shows(StatusCode::OK, "<dd>Password</dd>");
    let facts = scene.world.facts().await;
    for wanted in [Fact::PasswordMailed { user: scene.eve }, Fact::PasswordSet { user: scene.eve }] {
        assert!(facts.contains(&wanted), "{wanted:?}");
    }
    assert!(facts.iter().any(|fact| matches!(fact, Fact::SignedInByPassword { user, .. } if *user == scene.eve)));
    browser.post(&format!("{}/sign-out", scene.world.acme.origin), &[]).await.shows(StatusCode::OK, "signed out");
}

/// The application learns how the person proved who they are (RFC 8176), and single sign-on goes on beside it.
#[tokio::test]
async fn an_applications_request_is_answered_after_a_password() {
    let scene = Scene::with_password(Passwords::Managers).await;
    let world = &scene.world;
    world.set(&world.acme, |saml| saml.start = Some(Start::Button)).await;
    let mut browser = world.browser();
    let (pending, page) = world.start(&mut browser, &world.acme).await;
    page.shows(StatusCode::OK, "Log in with Microsoft");
    let (_, rest) = page.body.split_once("href=\"http://acme.localhost:8400/sign-in/password?").expect("a link");
    let query = rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let form = browser.get(&format!("{}?{query}", scene.at("password"))).await;
    form.shows(StatusCode::OK, "Sign in with a password");
    let to = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "to").unwrap().1;
    let fields = [("to", &*to), ("email", EVE), ("password", GOOD)];
    let home = browser.post(&scene.at("password"), &fields).await;
    assert!(home.location().starts_with(CALLBACK), "{}", home.location());
    let token = world.redeem(&browser, &pending, &home.location()).await;
    assert_eq!((token.sub, token.amr), (scene.eve.to_string(), vec!["pwd".to_owned()]));
    assert_eq!(token.email.as_deref(), Some(EVE));

    world.set(&world.acme, |saml| saml.start = Some(Start::Direct)).await;
    let token = world.sign_in(&mut world.browser(), &world.acme, ADA).await;
    assert_eq!(token.amr, Vec::<String>::new());
}

/// Nobody learns who is known: wrong, unknown, suspended, without a password and not allowed look alike.
#[tokio::test]
async fn what_is_wrong_is_told_nobody() {
    let scene = Scene::with_password(Passwords::Managers).await;
    let world = &scene.world;
    let acme = &world.acme;
    world.add_user(acme, "without@acme.example", Some(ConsoleRole::Approver)).await;
    world.add_user(acme, "ordinary@acme.example", None).await;
    let mut pages = Vec::new();
    let mut tried = vec![
        scene.try_password(&mut world.browser(), EVE, "four walls and a brass lamb").await,
        scene.try_password(&mut world.browser(), "without@acme.example", GOOD).await,
        scene.try_password(&mut world.browser(), "ordinary@acme.example", GOOD).await,
        scene.try_password(&mut world.browser(), "nobody@acme.example", GOOD).await,
        scene.try_password(&mut world.browser(), "eve@globex.example", GOOD).await,
        scene.try_password(&mut world.browser(), EVE, &GOOD.repeat(100)).await,
    ];
    let eve = world.users(acme).await.into_iter().find(|user| user.id == scene.eve).unwrap();
    let mut suspended = eve.clone();
    suspended.state = UserState::Suspended;
    world.save_user(&suspended).await;
    tried.push(scene.try_password(&mut world.browser(), EVE, GOOD).await);
    for seen in tried {
        seen.shows(StatusCode::FORBIDDEN, "The e-mail address or the password is not right.");
        let code = code_on(&seen);
        assert_eq!(world.looked_up(&code).await.reason, "password-wrong");
        let typed = seen.body.split("name=\"email\"").nth(1).unwrap().split("value=\"").nth(1).unwrap();
        let typed = typed.split('"').next().unwrap().to_owned();
        let encoded = typed.replace('@', "%40");
        pages.push(seen.body.replace(&code, "").replace(&typed, "").replace(&encoded, ""));
    }
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]), "{pages:#?}");
    assert!(!world.facts().await.iter().any(|fact| matches!(fact, Fact::SignedInByPassword { .. })));
}

/// MX-32: whoever signs in through the identity provider gets no mail about a password, but one that says how.
#[tokio::test]
async fn whoever_signs_in_elsewhere_is_told_so_by_mail_and_strangers_get_none() {
    let scene = Scene::new(Passwords::Managers).await;
    scene.world.add_user(&scene.world.acme, ADA, None).await;
    let mut browser = scene.world.browser();
    let (known, mail) = scene.ask(&mut browser, ADA).await;
    let mail = mail.unwrap();
    assert!(mail.contains("You need no password for Orchard: you sign in with your account at acme."), "{mail}");
    assert_eq!(link_in(&mail), scene.world.acme.origin);
    browser.language = "de";
    let (_, mail) = scene.ask(&mut browser, ADA).await;
    assert!(mail.unwrap().contains("Sie melden sich mit Ihrem Konto bei acme an."));
    browser.language = "en";
    let (unknown, mail) = scene.ask(&mut browser, "nobody@acme.example").await;
    assert_eq!(mail, None);
    assert_eq!(known.body.replace(ADA, ""), unknown.body.replace("nobody@acme.example", ""));
    assert_eq!((known.status, unknown.status), (StatusCode::OK, StatusCode::OK));
}

#[tokio::test]
async fn a_link_is_good_once_and_for_an_hour_and_an_unfit_password_uses_it_up_not() {
    let scene = Scene::new(Passwords::All).await;
    let (first, second) = (scene.link(EVE).await, scene.link(EVE).await);
    let mut browser = scene.world.browser();
    for (unfit, told) in [
        ("short", "It has 5 characters. Wanted are 12 at least."),
        (&*"long password ".repeat(10), "It has 140 characters."),
        ("abababababababab", "It repeats a few characters."),
        ("eve@acme.example", "It is your address or a name of ours."),
    ] {
        browser.post(&first, &[("password", unfit)]).await.shows(StatusCode::UNPROCESSABLE_ENTITY, told);
    }
    browser.post(&first, &[("password", GOOD)]).await.location();
    for used in [&first, &second] {
        browser.get(used).await.shows(StatusCode::GONE, "This link was used, or its time is over.");
        let again = browser.post(used, &[("password", "another five words for it")]).await;
        again.shows(StatusCode::GONE, "This link was used");
    }
    assert_eq!(scene.try_password(&mut browser, EVE, GOOD).await.status, StatusCode::SEE_OTHER);
    let third = scene.link(EVE).await;
    scene.world.pass(SignedDuration::from_hours(1));
    browser.get(&third).await.shows(StatusCode::GONE, "This link was used, or its time is over.");
}

/// Whoever sets a password is alone with it: what was open is closed.
#[tokio::test]
async fn a_new_password_ends_the_sessions_of_its_person() {
    let scene = Scene::with_password(Passwords::All).await;
    let (mut browser, me) = (scene.world.browser(), format!("{}/me", scene.world.acme.origin));
    scene.try_password(&mut browser, EVE, GOOD).await.location();
    browser.get(&me).await.shows(StatusCode::OK, EVE);
    let link = scene.link(EVE).await;
    scene.world.browser().post(&link, &[("password", "another five words for it")]).await.location();
    assert_eq!(browser.get(&me).await.status, StatusCode::SEE_OTHER);
    scene.try_password(&mut browser, EVE, GOOD).await.shows(StatusCode::FORBIDDEN, "not right");
}

/// Ten wrong passwords for a person are heard, whether there is such a person or not; others are not in the way, and
/// right ones never count.
#[tokio::test]
async fn wrong_passwords_are_bounded_for_each_person_known_or_not_and_right_ones_are_not() {
    let scene = Scene::with_password(Passwords::All).await;
    let mut browser = scene.world.browser();
    browser.address = Some(IpAddr::from([192, 0, 2, 1]));
    for _ in 0..12 {
        scene.try_password(&mut browser, EVE, GOOD).await.location();
    }
    let of_eve = "walls without a lamp";
    let mut heard = [0, 0];
    for (count, email) in heard.iter_mut().zip(["nobody@acme.example", EVE]) {
        let mut seen = scene.try_password(&mut browser, email, of_eve).await;
        while seen.status == StatusCode::FORBIDDEN {
            *count += 1;
            seen = scene.try_password(&mut browser, email, of_eve).await;
        }
        assert_eq!(seen.status, StatusCode::TOO_MANY_REQUESTS, "{}", seen.body);
        assert!(seen.headers.contains_key("retry-after"));
    }
    // A link was asked for, which counts.
    assert_eq!(heard, [10, 9]);
    let mut elsewhere = scene.world.browser();
    elsewhere.address = Some(IpAddr::from([192, 0, 2, 2]));
    let other = scene.try_password(&mut elsewhere, "somebody@acme.example", of_eve).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    scene.world.pass(SignedDuration::from_mins(2));
    assert_eq!(scene.try_password(&mut browser, EVE, GOOD).await.status, StatusCode::SEE_OTHER);
}

/// A mail server that does not answer loses no mail.
#[tokio::test]
async fn a_mail_that_cannot_be_sent_waits_for_the_next_turn() {
    let mut scene = Scene::new(Passwords::All).await;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let nobody = Smtp::new("127.0.0.1", Some(port), Security::None, None, "sso@example.com").unwrap();
    let kept = scene.means.mailer.replace(Mailer::Smtp(nobody));
    let (_, mail) = scene.ask(&mut scene.world.browser(), EVE).await;
    assert_eq!(mail, None);
    scene.means.mailer = kept;
    scene.world.pass(SignedDuration::from_mins(1));
    scene.send_mails().await;
    assert_eq!(scene.outbox.mails().len(), 1);
    scene.send_mails().await;
    assert_eq!(scene.outbox.mails().len(), 1, "once");
}

#[tokio::test]
async fn an_account_without_passwords_has_no_such_pages() {
    let scene = Scene::with_password(Passwords::All).await;
    let link = scene.link(EVE).await;
    scene.world.change_account(&scene.world.acme, |account| account.settings.passwords = Passwords::Off).await;
    let mut browser = scene.world.browser();
    for path in ["password", "password/forgotten"] {
        browser.get(&scene.at(path)).await.shows(StatusCode::NOT_FOUND, "nothing at this address");
    }
    let refused = scene.try_password(&mut browser, EVE, GOOD).await;
    refused.shows(StatusCode::NOT_FOUND, "nothing at this address");
    browser.get(&link).await.shows(StatusCode::GONE, "This link was used, or its time is over.");
}

/// A23.3: no other site's page types a password into ours.
#[tokio::test]
async fn another_sites_form_is_not_heard() {
    let scene = Scene::with_password(Passwords::All).await;
    let link = scene.link(EVE).await;
    for url in [scene.at("password"), scene.at("password/forgotten"), link] {
        let body = format!("email={EVE}&password={}", GOOD.replace(' ', "+"));
        let refused = scene.world.browser().post_from_elsewhere(&url, body).await;
        refused.shows(StatusCode::FORBIDDEN, "not sent from our own page");
    }
}

#[tokio::test]
async fn the_pages_and_mails_are_german_too() {
    let scene = Scene::new(Passwords::All).await;
    let mut browser = scene.world.browser();
    browser.language = "de";
    browser.get(&scene.at("password")).await.shows(StatusCode::OK, "Mit Passwort anmelden");
    let (noted, mail) = scene.ask(&mut browser, EVE).await;
    noted.shows(StatusCode::OK, "Sehen Sie in Ihre Mail");
    let mail = mail.unwrap();
    assert!(mail.contains("Der Link gilt einmal und eine Stunde lang."), "{mail}");
    let link = link_in(&mail);
    let unfit = browser.post(&link, &[("password", "kurz")]).await;
    unfit.shows(StatusCode::UNPROCESSABLE_ENTITY, "Es hat 4 Zeichen. Erwartet sind mindestens 12.");
}

/// The first operator: whoever started the server has a link, once, and signs in at the deployment's own address.
#[tokio::test]
async fn the_first_operator_comes_by_a_link_and_there_is_no_second_one() {
    let scene = Scene::new(Passwords::Off).await;
    let world = &scene.world;
    let link = password::first_operators_link(&world.ctx()).await.unwrap().unwrap();
    let spare = password::first_operators_link(&world.ctx()).await.unwrap().unwrap();
    assert!(link.starts_with(&format!("{BASE}/sign-in/operator/")), "{link}");
    let mut browser = world.browser();
    browser.get(&link).await.shows(StatusCode::OK, "Become the first operator");
    let no_address = browser.post(&link, &[("email", "root"), ("password", GOOD)]).await;
    no_address.shows(StatusCode::UNPROCESSABLE_ENTITY, "is not an e-mail address");
    let unfit = browser.post(&link, &[("email", "ops@example.com"), ("password", "orchard orchard")]).await;
    unfit.shows(StatusCode::UNPROCESSABLE_ENTITY, "It is your address or a name of ours.");
    let elsewhere = link.replace(BASE, &world.acme.origin);
    browser.get(&elsewhere).await.shows(StatusCode::GONE, "This link was used");
    let made = browser.post(&link, &[("email", "ops@example.com"), ("password", GOOD)]).await;
    browser.get(&made.location()).await.shows(StatusCode::OK, "Your password is set");
    let fields = [("email", "ops@example.com"), ("password", GOOD)];
    let signed_in = browser.post(&format!("{BASE}/sign-in/password"), &fields).await;
    browser.get(&signed_in.location()).await.shows(StatusCode::OK, "ops@example.com");

    for used in [&link, &spare] {
        browser.get(used).await.shows(StatusCode::GONE, "This link was used");
        browser.post(used, &fields).await.shows(StatusCode::GONE, "This link was used");
    }
    assert_eq!(password::first_operators_link(&world.ctx()).await.unwrap(), None);
    let platform =
        Party { account: vestibule_domain::id::AccountId::new(crate::support::start(), [0; 10]), ..world.acme.clone() };
    let operators = world.users(&platform).await;
    assert_eq!(operators.iter().map(|user| user.console_role).collect::<Vec<_>>(), [Some(ConsoleRole::Operator)]);
    // The platform gives passwords to operators alone, where nobody said otherwise.
    world.add_user(&platform, "support@example.com", Some(ConsoleRole::Support)).await;
    browser.post(&format!("{BASE}/sign-in/password/forgotten"), &[("email", "support@example.com")]).await;
    scene.send_mails().await;
    assert!(scene.outbox.mails()[0].mail.text.contains("You need no password"));
}
