//! Passwords beside single sign-on: who has one, how it is set, what wrong ones tell, and the first operator.

use std::net::{IpAddr, Ipv4Addr, TcpListener};

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::Start;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::event::Fact;
use vestibule_domain::id::UserId;
use vestibule_domain::password::Passwords;
use vestibule_domain::user::{ConsoleRole, UserState};
use vestibule_journeys::jobs::{self, Job, Means, Turn};
use vestibule_journeys::password;
use vestibule_outbound::{Mailer, Outbox, Security, Smtp};
use vestibule_web::limits::{Limits, Rates, Tried};

use crate::domain_proof::NameServer;
use crate::refusals::code_on;
use crate::support::{ADA, BASE, Browser, CALLBACK, Party, Seen, World};

pub(crate) const EVE: &str = "eve@acme.example";
pub(crate) const GOOD: &str = "four walls and a brass lamp";

/// A deployment whose mails are kept.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) means: Means,
    pub(crate) outbox: Outbox,
    pub(crate) eve: UserId,
}

impl Scene {
    /// `acme` gives passwords to these, and knows Eve, who administers it.
    pub(crate) async fn new(passwords: Passwords) -> Self {
        Self::of(World::new().await, passwords).await
    }

    async fn of(world: World, passwords: Passwords) -> Self {
        let outbox = Outbox::default();
        let eve = world.add_user(&world.acme, EVE, Some(ConsoleRole::AccountAdmin)).await;
        world.change_account(&world.acme, |account| account.settings.passwords = passwords).await;
        let means = Means { mailer: Some(Mailer::Outbox(outbox.clone())), ..NameServer::start().await.means() };
        Self { world, means, outbox, eve }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}/sign-in/{path}", self.world.acme.origin)
    }

    pub(crate) async fn send_mails(&self) {
        let turn = jobs::turn(&self.world.ctx(), &self.means, Job::SendMails, "one").await.unwrap();
        assert_ne!(turn, Turn::More, "all that can be sent");
    }

    /// Asks for a link and tells what came by mail since the last time.
    pub(crate) async fn ask(&self, browser: &mut Browser, email: &str) -> (Seen, Option<String>) {
        let before = self.outbox.mails().len();
        let seen = browser.post(&self.at("password/forgotten"), &[("email", email)]).await;
        self.send_mails().await;
        let mails = self.outbox.mails();
        let mail = (mails.len() > before).then(|| mails[0].mail.clone());
        assert!(mail.as_ref().is_none_or(|mail| mail.to == email), "to the address as we know it");
        (seen, mail.map(|mail| mail.text))
    }

    pub(crate) async fn link(&self, email: &str) -> String {
        let (_, text) = self.ask(&mut self.world.browser(), email).await;
        link_in(&text.expect("a mail"))
    }

    /// Eve has the password [`GOOD`].
    pub(crate) async fn with_password(passwords: Passwords) -> Self {
        let scene = Self::new(passwords).await;
        let link = scene.link(EVE).await;
        scene.world.browser().post(&link, &[("password", GOOD)]).await.location();
        scene
    }

    pub(crate) async fn try_password(&self, browser: &mut Browser, email: &str, password: &str) -> Seen {
        browser.post(&self.at("password"), &[("email", email), ("password", password)]).await
    }
}

/// A mail server that does not answer.
pub(crate) fn silent_server() -> Mailer {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    Mailer::Smtp(Smtp::new("127.0.0.1", Some(port), Security::None, None, "sso@example.com").unwrap())
}

pub(crate) fn link_in(text: &str) -> String {
    text.lines().find(|line| line.starts_with("http://")).unwrap_or_else(|| panic!("no link: {text}")).to_owned()
}

/// CC-7, CC-5: the door for managers at the account's own address stays open beside single sign-on.
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
    assert_eq!(token.amr, ["pwd"], "the identity provider says so too");
}

/// Nobody learns who is known: wrong, unknown, suspended, without a password and not allowed look alike.
#[tokio::test]
async fn what_is_wrong_is_told_nobody() {
    let scene = Scene::with_password(Passwords::Managers).await;
    let world = &scene.world;
    let acme = &world.acme;
    world.add_user(acme, "without@acme.example", Some(ConsoleRole::Approver)).await;
    world.add_user(acme, "ordinary@acme.example", None).await;
    let (mut pages, mut tried) = (Vec::new(), Vec::new());
    let compared = || world.services.hasher.compared();
    for (email, password) in [
        (EVE, "four walls and a brass lamb"),
        ("without@acme.example", GOOD),
        ("ordinary@acme.example", GOOD),
        ("nobody@acme.example", GOOD),
        ("eve@globex.example", GOOD),
    ] {
        // The time is the comparison's, and there is one for everybody.
        let before = compared();
        tried.push(scene.try_password(&mut world.browser(), email, password).await);
        assert_eq!(compared(), before + 1, "{email}");
    }
    tried.push(scene.try_password(&mut world.browser(), EVE, &GOOD.repeat(100)).await);
    let eve = world.users(acme).await.into_iter().find(|user| user.id == scene.eve).unwrap();
    let mut suspended = eve.clone();
    suspended.state = UserState::Suspended;
    world.save_user(&suspended).await;
    let before = compared();
    tried.push(scene.try_password(&mut world.browser(), EVE, GOOD).await);
    assert_eq!(compared(), before + 1, "suspended");
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

/// NIST SP 800-63B-4 §3.1.1.2: what became known elsewhere is chosen nowhere; the link stays good for another one.
#[tokio::test]
async fn a_leaked_password_is_not_taken() {
    let scene = Scene::of(World::where_leaked(GOOD).await, Passwords::All).await;
    let (link, mut browser) = (scene.link(EVE).await, scene.world.browser());
    let told = "It is on a list of passwords that were stolen elsewhere";
    browser.post(&link, &[("password", GOOD)]).await.shows(StatusCode::UNPROCESSABLE_ENTITY, told);
    browser.post(&link, &[("password", "another five words for it")]).await.location();
    scene.try_password(&mut browser, EVE, "another five words for it").await.location();
    let change = [("present", "another five words for it"), ("password", GOOD)];
    let me = format!("{}/me/password", scene.world.acme.origin);
    browser.post(&me, &change).await.shows(StatusCode::UNPROCESSABLE_ENTITY, told);
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
    // The link that was asked for is counted by itself.
    assert_eq!(heard, [10, 10]);
    let mut elsewhere = scene.world.browser();
    elsewhere.address = Some(IpAddr::from([192, 0, 2, 2]));
    let other = scene.try_password(&mut elsewhere, "somebody@acme.example", of_eve).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    // Nor does one address shut the person's door at another.
    scene.try_password(&mut elsewhere, EVE, GOOD).await.location();
    scene.world.pass(SignedDuration::from_mins(2));
    assert_eq!(scene.try_password(&mut browser, EVE, GOOD).await.status, StatusCode::SEE_OTHER);
}

/// Of one address, whoever it asks for: known and unknown people are refused alike, and other addresses are heard.
#[tokio::test]
async fn wrong_passwords_are_bounded_for_each_address_known_or_not() {
    let scene = Scene::with_password(Passwords::All).await;
    let mut browser = scene.world.browser();
    browser.address = Some(IpAddr::from([192, 0, 2, 1]));
    for n in 0..30 {
        let seen = scene.try_password(&mut browser, &format!("person{n}@acme.example"), GOOD).await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN, "{n}");
    }
    let mut pages = Vec::new();
    for email in [EVE, "nobody@acme.example"] {
        let seen = scene.try_password(&mut browser, email, GOOD).await;
        seen.shows(StatusCode::TOO_MANY_REQUESTS, "Too many");
        pages.push(seen.body.replace(&code_on(&seen), ""));
    }
    assert_eq!(pages[0], pages[1]);
    let mut elsewhere = scene.world.browser();
    elsewhere.address = Some(IpAddr::from([192, 0, 2, 2]));
    scene.try_password(&mut elsewhere, EVE, GOOD).await.location();
    scene.world.pass(SignedDuration::from_secs(1));
    scene.try_password(&mut browser, EVE, GOOD).await.location();
}

/// In one account, from wherever: one password that is tried on everybody. Another account is not concerned.
#[tokio::test]
async fn wrong_passwords_are_bounded_for_each_account_wherever_they_come_from() {
    let scene = Scene::with_password(Passwords::All).await;
    let limits = Limits::new(Rates::default());
    let (acme, globex, now) = (scene.world.acme.account, scene.world.globex.account, scene.world.now());
    let here = IpAddr::from([192, 0, 2, 1]);
    let person = |account, email: &str, at| limits.person(Tried::Password, (account, email), here, at);
    let heard = (0..1_000).take_while(|n| person(acme, &format!("person{n}@acme.example"), now).is_ok());
    assert_eq!(heard.count(), 300);
    assert!(person(globex, EVE, now).is_ok());
    let later = now + SignedDuration::from_secs(1);
    let heard = (0..1_000).take_while(|n| person(acme, &format!("other{n}@acme.example"), later).is_ok());
    assert_eq!(heard.count(), 5);
    // A right one never counts.
    for _ in 0..400 {
        let then = later + SignedDuration::from_mins(5);
        person(acme, EVE, then).unwrap();
        limits.take_back_of_person(Tried::Password, (acme, EVE), here, then);
    }
}

/// A mail server that does not answer loses no mail.
#[tokio::test]
async fn a_mail_that_cannot_be_sent_waits_for_the_next_turn() {
    let mut scene = Scene::new(Passwords::All).await;
    let kept = scene.means.mailer.replace(silent_server());
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

/// An account's own connection first, else an inherited one, else a password: without the first two its people are led
/// to the page for passwords, with what they came for.
#[tokio::test]
async fn where_no_connection_leads_in_people_are_led_to_the_page_for_passwords() {
    let scene = Scene::with_password(Passwords::All).await;
    let world = &scene.world;
    world.change_connection(&world.acme, |connection| connection.state = ConnectionState::Paused).await;
    let mut browser = world.browser();
    let (pending, led) = world.start(&mut browser, &world.acme).await;
    let page = led.location();
    assert!(page.starts_with(&format!("{}?to=", scene.at("password"))), "{page}");
    browser.get(&page).await.shows(StatusCode::OK, "Sign in with a password");
    let to =
        form_urlencoded::parse(page.split_once('?').unwrap().1.as_bytes()).find(|(name, _)| name == "to").unwrap().1;
    let home = browser.post(&scene.at("password"), &[("to", &*to), ("email", EVE), ("password", GOOD)]).await;
    let token = world.redeem(&browser, &pending, &home.location()).await;
    assert_eq!(token.amr, ["pwd"]);
    assert!(browser.get(&world.globex.origin).await.location().starts_with(crate::support::ENTRA), "others are not");
}

/// Whoever is signed in replaces their password by typing the present one: they stay signed in there, and nowhere else.
#[tokio::test]
async fn whoever_is_signed_in_changes_their_password_and_is_signed_out_elsewhere() {
    let scene = Scene::with_password(Passwords::All).await;
    let (mut here, mut there) = (scene.world.browser(), scene.world.browser());
    for browser in [&mut here, &mut there] {
        scene.try_password(browser, EVE, GOOD).await.location();
    }
    let link = scene.link(EVE).await;
    let origin = &scene.world.acme.origin;
    let (me, page) = (format!("{origin}/me"), format!("{origin}/me/password"));
    here.get(&me).await.shows(StatusCode::OK, "href=\"/me/password\"");
    here.get(&page).await.shows(StatusCode::OK, "for eve@acme.example");
    let (new, other) = ("another five words for it", "walls without a lamp");
    let change = async |browser: &mut Browser, present: &str, new: &str| {
        browser.post(&page, &[("present", present), ("password", new)]).await
    };
    change(&mut here, other, new).await.shows(StatusCode::FORBIDDEN, "It is not your present password.");
    change(&mut here, GOOD, "short").await.shows(StatusCode::UNPROCESSABLE_ENTITY, "Wanted are 12 at least.");
    scene.try_password(&mut scene.world.browser(), EVE, GOOD).await.location();
    change(&mut here, GOOD, new).await.shows(StatusCode::OK, "Your password is changed.");
    assert_eq!(here.get(&me).await.status, StatusCode::OK);
    assert_eq!(there.get(&me).await.status, StatusCode::SEE_OTHER, "signed out");
    scene.world.browser().get(&link).await.shows(StatusCode::GONE, "This link was used");
    scene.try_password(&mut scene.world.browser(), EVE, GOOD).await.shows(StatusCode::FORBIDDEN, "not right");
    scene.try_password(&mut there, EVE, new).await.location();
    here.language = "de";
    here.get(&page).await.shows(StatusCode::OK, "Passwort ändern");
    let guessed = here.post_from_elsewhere(&page, format!("present={GOOD}&password={new}")).await;
    guessed.shows(StatusCode::FORBIDDEN, "nicht");
    here.language = "en";
    // Guesses count as at a sign-in.
    let mut seen = change(&mut here, other, GOOD).await;
    let mut heard = 0;
    while seen.status == StatusCode::FORBIDDEN {
        heard += 1;
        seen = change(&mut here, other, GOOD).await;
    }
    assert_eq!((seen.status, heard <= 10), (StatusCode::TOO_MANY_REQUESTS, true), "{heard}");
    // Who has none is offered none.
    let mut ada = scene.world.browser();
    scene.world.sign_in(&mut ada, &scene.world.acme, ADA).await;
    assert!(!ada.get(&me).await.body.contains("/me/password"));
    assert_eq!(ada.get(&page).await.location(), me);
}
