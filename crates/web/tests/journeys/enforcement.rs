//! Single sign-on is demanded of people: when it may be, what it closes, and the door that is left (MX-33, XC-26,
//! XC-27, HY-27).

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::{AccountKind, Contact};
use vestibule_domain::enforcement::{Demand, Enforcement, Method};
use vestibule_domain::event::Fact;
use vestibule_domain::id::UserId;
use vestibule_domain::password::Passwords;
use vestibule_domain::user::{ConsoleRole, Profile, User, UserState};
use vestibule_domain::ways::Permitted;
use vestibule_journeys::apply::{ApplyError, Change, Plan, Wanted, WantedAccount, WantedUser, carry_out, plan};
use vestibule_journeys::mails;

use crate::endings::as_it_is;
use crate::passwords::{EVE, GOOD, Scene, link_in};
use crate::refusals::code_on;
use crate::support::{ADA, Browser, GLOBEX_TENANT, Party, account, party};

const BOB: &str = "bob@acme.example";

/// As a file says it of somebody who is there.
fn wanted(user: &User) -> WantedUser {
    WantedUser {
        line: 7,
        profile: user.profile.clone(),
        state: user.state,
        console_role: user.console_role,
        approves: user.grants.approves.clone(),
        granted: None,
        method: user.sign_in.method,
        break_glass: user.sign_in.break_glass_since.is_some(),
        invite: false,
        identities: Vec::new(),
    }
}

async fn planned(scene: &Scene, account: WantedAccount) -> Result<Plan, ApplyError> {
    plan(
        &scene.world.ctx(),
        &Wanted { accounts: vec![account], ..Wanted::default() },
        vestibule_domain::event::Actor::CommandLine,
    )
    .await
}

async fn carried_out(scene: &Scene, plan: Plan) -> Result<(), ApplyError> {
    carry_out(&scene.world.ctx(), plan, |_| unreachable!("no key is wanted")).await
}

async fn apply(scene: &Scene, account: WantedAccount) -> Vec<Change> {
    let plan = planned(scene, account).await.unwrap();
    let changes = plan.changes.clone();
    carried_out(scene, plan).await.unwrap();
    changes
}

/// Why a plan is refused.
async fn refused(scene: &Scene, account: WantedAccount) -> String {
    planned(scene, account).await.unwrap_err().to_string()
}

async fn user(scene: &Scene, id: UserId) -> User {
    scene.world.users(&scene.world.acme).await.into_iter().find(|user| user.id == id).unwrap()
}

/// `acme`, of all of whose people single sign-on is demanded.
async fn demanding(scene: &Scene) -> WantedAccount {
    let mut account = as_it_is(&scene.world).await;
    account.settings.single_sign_on.people = Demand::Required;
    account
}

/// The account names Eve as its break-glass user, or does so no more.
async fn naming_eve(scene: &Scene, break_glass: bool) -> WantedAccount {
    let eve = wanted(&user(scene, scene.eve).await);
    WantedAccount { users: vec![WantedUser { break_glass, ..eve }], ..as_it_is(&scene.world).await }
}

/// Somebody of the account's identity provider tries the connection, a minute later.
async fn test_passes(scene: &Scene) {
    scene.world.pass(SignedDuration::from_mins(1));
    let mut browser = scene.world.browser();
    let sent = browser.get(&scene.world.acme.at("test")).await;
    browser.deliver(&scene.world.answer(&sent, ADA)).await.shows(StatusCode::OK, "It works");
}

/// Eve signs in with her password, a minute later.
async fn eve_comes_in(scene: &Scene) -> Browser {
    scene.world.pass(SignedDuration::from_mins(1));
    let mut browser = scene.world.browser();
    scene.try_password(&mut browser, EVE, GOOD).await.location();
    browser
}

/// Bob has a password as Eve has.
async fn with_bob(scene: &Scene) -> UserId {
    let bob = scene.world.add_user(&scene.world.acme, BOB, Some(ConsoleRole::AccountAdmin)).await;
    let link = scene.link(BOB).await;
    scene.world.browser().post(&link, &[("password", GOOD)]).await.location();
    bob
}

/// All that must come before, in its order.
async fn ready() -> Scene {
    let scene = Scene::with_password(Passwords::All).await;
    test_passes(&scene).await;
    apply(&scene, naming_eve(&scene, true).await).await;
    eve_comes_in(&scene).await;
    scene
}

fn is(user: &User, email: &str) -> bool {
    user.profile.email.as_ref().is_some_and(|known| known.as_str() == email)
}

async fn enforced() -> (Scene, UserId) {
    let scene = ready().await;
    let bob = with_bob(&scene).await;
    apply(&scene, demanding(&scene).await).await;
    (scene, bob)
}

async fn is_signed_in(scene: &Scene, browser: &mut Browser) -> bool {
    browser.get(&format!("{}/me", scene.world.acme.origin)).await.status == StatusCode::OK
}

/// MX-33: switched on wrongly. Each time what was got, what is wanted and who does it where; and nothing changes.
#[tokio::test]
async fn single_sign_on_is_not_demanded_before_a_test_and_a_break_glass_sign_in() {
    let scene = Scene::with_password(Passwords::All).await;
    let why = refused(&scene, demanding(&scene).await).await;
    let start = "line 1: account acme: single_sign_on cannot be \"required\" for people of \"acme\": ";
    assert_eq!(
        why.strip_prefix(start),
        Some(
            "no test of \"entra\" has passed; somebody of the account's identity provider opens the address of its \
             test and signs in"
        ),
        "{why}"
    );
    test_passes(&scene).await;
    let why = refused(&scene, demanding(&scene).await).await;
    assert!(why.contains("nobody who may sign in is named as break-glass user; set break_glass = true"), "{why}");
    // A sign-in from before she was named proves nothing.
    eve_comes_in(&scene).await;
    scene.world.pass(SignedDuration::from_mins(1));
    apply(&scene, naming_eve(&scene, true).await).await;
    let why = refused(&scene, demanding(&scene).await).await;
    let said = "no break-glass user has signed in with their password since 2026-03-02T10:03:00Z";
    assert!(why.contains(said) && why.contains("got a sign-in at 2026-03-02T10:02:00Z"), "{why}");
    eve_comes_in(&scene).await;
    assert!(planned(&scene, demanding(&scene).await).await.is_ok());

    // What is tested is what is there: an edit wants both once more.
    scene.world.pass(SignedDuration::from_mins(1));
    let now = scene.world.now();
    scene.world.change_connection(&scene.world.acme, |connection| connection.edited_at = now).await;
    let why = refused(&scene, demanding(&scene).await).await;
    assert!(why.contains("the last test of \"entra\" that passed is of 2026-03-02T10:01:00Z, and its"), "{why}");
    test_passes(&scene).await;
    let why = refused(&scene, demanding(&scene).await).await;
    assert!(why.contains("has signed in with their password since 2026-03-02T10:05:00Z"), "{why}");
    eve_comes_in(&scene).await;
    let mut without = demanding(&scene).await;
    without.settings.passwords = Passwords::Off;
    let why = refused(&scene, without).await;
    assert!(why.contains("passwords is \"off\", and a break-glass user needs one"), "{why}");
    let mut paused = demanding(&scene).await;
    paused.connections[0].state = Some(vestibule_journeys::apply::WantedState::Paused);
    let why = refused(&scene, paused).await;
    assert!(why.contains("no active connection leads into the account"), "{why}");
    assert_eq!(scene.world.account(&scene.world.acme).await.settings.single_sign_on, Enforcement::default());
}

/// MX-33: switched on rightly. Passwords open nothing from then on, and nobody learns whose they were; who was signed in
/// by one is out; single sign-on goes on.
#[tokio::test]
async fn where_single_sign_on_is_demanded_passwords_open_nothing() {
    let scene = ready().await;
    with_bob(&scene).await;
    let (mut bob, mut ada) = (scene.world.browser(), scene.world.browser());
    scene.try_password(&mut bob, BOB, GOOD).await.location();
    scene.world.sign_in(&mut ada, &scene.world.acme, ADA).await;
    let link = scene.link(BOB).await;
    let changes = apply(&scene, demanding(&scene).await).await;
    let warned = changes[0].warnings.iter().any(|warning| warning.contains("whoever of them is signed in by one"));
    assert!(warned, "{changes:?}");
    assert!(!is_signed_in(&scene, &mut bob).await);
    assert!(is_signed_in(&scene, &mut ada).await);
    assert!(scene.world.lets_in(&scene.world.acme, ADA).await);

    let mut pages = Vec::new();
    for (email, password) in [(BOB, GOOD), (BOB, "walls without a lamp"), ("nobody@acme.example", GOOD)] {
        let seen = scene.try_password(&mut scene.world.browser(), email, password).await;
        seen.shows(StatusCode::FORBIDDEN, "The e-mail address or the password is not right.");
        let code = code_on(&seen);
        pages.push(seen.body.replace(&code, "").replace(email, "").replace(&email.replace('@', "%40"), ""));
    }
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]), "{pages:#?}");

    // MX-32: no mail about a password, and no link from before either.
    scene.world.browser().get(&link).await.shows(StatusCode::GONE, "This link was used, or its time is over.");
    let (_, mail) = scene.ask(&mut scene.world.browser(), BOB).await;
    let mail = mail.unwrap();
    assert!(mail.contains("You need no password for Orchard"), "{mail}");
    assert_eq!(link_in(&mail), scene.world.acme.origin);
}

/// MX-33: whoever is named for it comes in all the same, and loudly: the log has a line of its own, and the contacts of
/// the account and of the platform learn of it by mail, though the mail server did not answer at first.
#[tokio::test]
async fn a_break_glass_user_comes_in_and_everybody_concerned_is_told() {
    let (mut scene, _) = enforced().await;
    let contact = |email: &str| Some(Contact { name: "IT".to_owned(), email: email.parse().unwrap() });
    scene.world.change_account(&scene.world.acme, |it| it.settings.contact = contact("it@acme.example")).await;
    scene.world.change_platform(|it| it.settings.contact = contact("ops@orchard.example")).await;
    let before = scene.outbox.mails().len();
    let mailer = scene.means.mailer.replace(crate::passwords::silent_server());
    let mut browser = eve_comes_in(&scene).await;
    assert!(is_signed_in(&scene, &mut browser).await);
    let facts = scene.world.facts().await;
    let used = facts.iter().filter(|fact| matches!(fact, Fact::BreakGlassUsed { user, .. } if *user == scene.eve));
    assert_eq!(used.count(), 1, "the sign-in that counted before the demand was none: {facts:?}");
    scene.send_mails().await;
    assert_eq!(scene.outbox.mails().len(), before);
    scene.means.mailer = mailer;
    scene.world.pass(SignedDuration::from_mins(2));
    scene.send_mails().await;
    let mut mails: Vec<_> = scene.outbox.mails().into_iter().map(|kept| kept.mail).collect();
    mails.truncate(mails.len() - before);
    let mut to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["it@acme.example", "ops@orchard.example"]);
    let said = "eve@acme.example signed in to Orchard with a password, at 2026-03-02 10:03 UTC. acme demands single";
    assert!(mails.iter().all(|mail| mail.text.contains(said)), "{}", mails[0].text);
    // She changes her password by a link, as ever.
    let link = scene.link(EVE).await;
    scene.world.browser().post(&link, &[("password", "another five words for it")]).await.location();
}

/// MX-33: while single sign-on is demanded somebody stays named, active and with passwords to use; to demand it no more
/// takes nothing.
#[tokio::test]
async fn the_last_break_glass_user_stays() {
    let (scene, bob) = enforced().await;
    let eve = wanted(&user(&scene, scene.eve).await);
    let with = |account: WantedAccount, users: Vec<WantedUser>| WantedAccount { users, ..account };
    let as_it_is = as_it_is(&scene.world).await;
    for eve in
        [WantedUser { break_glass: false, ..eve.clone() }, WantedUser { state: UserState::Suspended, ..eve.clone() }]
    {
        let why = refused(&scene, with(as_it_is.clone(), vec![eve])).await;
        assert!(why.contains("nobody who may sign in is named as break-glass user"), "{why}");
    }
    let mut off = as_it_is.clone();
    off.settings.passwords = Passwords::Off;
    let why = refused(&scene, off).await;
    assert!(why.contains("passwords is \"off\""), "{why}");
    let bob = WantedUser { break_glass: true, ..wanted(&user(&scene, bob).await) };
    apply(&scene, with(as_it_is.clone(), vec![WantedUser { break_glass: false, ..eve }, bob])).await;
    scene.try_password(&mut scene.world.browser(), EVE, GOOD).await.shows(StatusCode::FORBIDDEN, "is not right");
    scene.try_password(&mut scene.world.browser(), BOB, GOOD).await.location();
    let mut optional = as_it_is;
    optional.settings.single_sign_on = Enforcement::default();
    apply(&scene, optional).await;
    scene.try_password(&mut scene.world.browser(), EVE, GOOD).await.location();
}

/// What a plan rests on must be so when it is carried out.
#[tokio::test]
async fn a_demand_whose_ground_is_gone_meanwhile_is_not_carried_out() {
    let scene = ready().await;
    let planned = planned(&scene, demanding(&scene).await).await.unwrap();
    let mut eve = user(&scene, scene.eve).await;
    eve.sign_in.break_glass_since = None;
    scene.world.save_user(&eve).await;
    assert!(matches!(carried_out(&scene, planned).await, Err(ApplyError::Stale)));
    assert!(!scene.world.account(&scene.world.acme).await.settings.single_sign_on.demands());
}

/// A sign-in that finishes while single sign-on is switched on: either it is ended, or it never was.
#[tokio::test]
async fn a_sign_in_that_finishes_while_the_demand_begins_leaves_no_session() {
    let scene = ready().await;
    with_bob(&scene).await;
    let mut bob = scene.world.browser();
    let plan = planned(&scene, demanding(&scene).await).await.unwrap();
    let (seen, done) = tokio::join!(scene.try_password(&mut bob, BOB, GOOD), carried_out(&scene, plan));
    done.unwrap();
    assert!(matches!(seen.status, StatusCode::SEE_OTHER | StatusCode::FORBIDDEN), "{}", seen.status);
    assert!(!is_signed_in(&scene, &mut bob).await);
}

/// XC-26, XC-27: for each class by itself. It is demanded of managers and of one role, and switched off for all others.
#[tokio::test]
async fn each_class_of_people_has_its_own_demand() {
    let scene = ready().await;
    let bob = with_bob(&scene).await;
    let clerk = "clerk@acme.example";
    scene.world.add_user(&scene.world.acme, clerk, None).await;
    let link = scene.link(clerk).await;
    scene.world.browser().post(&link, &[("password", GOOD)]).await.location();
    let mut account = as_it_is(&scene.world).await;
    account.settings.single_sign_on = Enforcement {
        people: Demand::Optional,
        managers: Some(Demand::Required),
        roles: [("agent".to_owned(), Demand::Required)].into(),
    };
    apply(&scene, account).await;
    let status = async |email| scene.try_password(&mut scene.world.browser(), email, GOOD).await.status;
    assert_eq!(status(BOB).await, StatusCode::FORBIDDEN);
    assert_eq!(status(clerk).await, StatusCode::SEE_OTHER);
    assert_eq!(status(EVE).await, StatusCode::SEE_OTHER, "break glass");
    assert!(scene.world.lets_in(&scene.world.acme, ADA).await);
    let mut agent = scene.world.users(&scene.world.acme).await.into_iter().find(|user| is(user, clerk)).unwrap();
    agent.profile.roles = vec!["agent".to_owned()];
    scene.world.save_user(&agent).await;
    assert_eq!(status(clerk).await, StatusCode::FORBIDDEN, "demanded of agents");
    scene.world.change_account(&scene.world.acme, |acme| acme.settings.single_sign_on.people = Demand::Off).await;
    let turned = scene.world.try_sign_in(&mut scene.world.browser(), &scene.world.acme, ADA).await;
    turned.shows(StatusCode::FORBIDDEN, "You sign in to Orchard with a password, not through acme.");
    turned.shows(StatusCode::FORBIDDEN, "href=\"http://acme.localhost:8400/sign-in/password\"");
    let mut not_a_manager = user(&scene, bob).await;
    not_a_manager.console_role = None;
    scene.world.save_user(&not_a_manager).await;
    assert_eq!(status(BOB).await, StatusCode::SEE_OTHER);
}

/// XC-26, HY-27: switched off for a class, or for one person, it also ends what it opened, and what is on its way.
#[tokio::test]
async fn what_single_sign_on_opened_ends_when_it_is_switched_off() {
    let scene = Scene::with_password(Passwords::All).await;
    let (world, acme) = (&scene.world, &scene.world.acme);
    let (mut ada, mut on_his_way, mut by_password) = (world.browser(), world.browser(), world.browser());
    world.sign_in(&mut ada, acme, ADA).await;
    scene.try_password(&mut by_password, EVE, GOOD).await.location();
    let (_, sent) = world.start(&mut on_his_way, acme).await;
    let mut account = as_it_is(world).await;
    account.settings.single_sign_on = Enforcement { people: Demand::Off, ..Enforcement::default() };
    let changes = apply(&scene, account).await;
    assert!(changes[0].warnings.iter().any(|told| told.contains("whoever of them is signed in by it is signed out")));
    assert!(!is_signed_in(&scene, &mut ada).await);
    assert!(is_signed_in(&scene, &mut by_password).await);
    on_his_way.deliver(&world.answer(&sent, "bert@acme.example")).await;
    assert!(!is_signed_in(&scene, &mut on_his_way).await);

    let mut account = as_it_is(world).await;
    account.settings.single_sign_on = Enforcement::default();
    apply(&scene, account).await;
    world.sign_in(&mut ada, acme, ADA).await;
    let known = world.users(acme).await.into_iter().find(|user| user.id != scene.eve).unwrap();
    let users = vec![WantedUser { method: Method::Password, ..wanted(&known) }];
    apply(&scene, WantedAccount { users, ..as_it_is(world).await }).await;
    assert!(!is_signed_in(&scene, &mut ada).await);
}

/// HY-27: one person's sign-in is set apart from the account's; what is demanded of them stands.
#[tokio::test]
async fn one_persons_way_to_sign_in_is_set_for_them() {
    let scene = Scene::with_password(Passwords::All).await;
    let mut browser = scene.world.browser();
    scene.try_password(&mut browser, EVE, GOOD).await.location();
    let eve = wanted(&user(&scene, scene.eve).await);
    let marked = |method, account: WantedAccount| {
        let users = vec![WantedUser { method, ..eve.clone() }];
        WantedAccount { users, ..account }
    };
    let changes = apply(&scene, marked(Method::Sso, as_it_is(&scene.world).await)).await;
    let said: Vec<_> = changes[0].differences.iter().map(|it| (it.setting.as_str(), it.to.as_str())).collect();
    assert!(said.contains(&("sign_in", "sso")), "{said:?}");
    assert!(!is_signed_in(&scene, &mut browser).await, "what the password opened is over");
    scene.try_password(&mut browser, EVE, GOOD).await.shows(StatusCode::FORBIDDEN, "is not right");
    let (_, mail) = scene.ask(&mut browser, EVE).await;
    assert!(mail.unwrap().contains("You need no password"));

    scene.world.change_account(&scene.world.acme, |acme| acme.settings.passwords = Passwords::Managers).await;
    apply(&scene, marked(Method::Password, as_it_is(&scene.world).await)).await;
    scene.try_password(&mut browser, EVE, GOOD).await.location();
    let mut off = marked(Method::Password, as_it_is(&scene.world).await);
    off.settings.passwords = Passwords::Off;
    let why = refused(&scene, off).await;
    assert!(why.contains("line 7: user acme/eve@acme.example: sign_in is \"password\" or break_glass is set"), "{why}");
    // Set for one person, and demanded of everybody.
    scene.world.change_account(&scene.world.acme, |acme| acme.settings.single_sign_on.people = Demand::Required).await;
    scene.try_password(&mut browser, EVE, GOOD).await.shows(StatusCode::FORBIDDEN, "is not right");
}

/// MX-32: whoever is invited where passwords are used gets a link to set one, good for a week; whoever signs in by the
/// account's connection is told so, without a word about a link to set a password. Once, and nobody who is there.
#[tokio::test]
async fn whoever_is_invited_is_told_by_mail_how_they_sign_in() {
    let scene = Scene::with_password(Passwords::Managers).await;
    let of = |email: &str, console_role| WantedUser {
        profile: Profile { email: Some(email.parse().unwrap()), ..Profile::default() },
        console_role,
        invite: true,
        ..wanted_of_nobody()
    };
    let users = vec![
        of("mia@acme.example", Some(ConsoleRole::AccountAdmin)),
        of("noor@acme.example", None),
        of(EVE, Some(ConsoleRole::AccountAdmin)),
    ];
    let before = scene.outbox.mails().len();
    let invited = WantedAccount { users, ..as_it_is(&scene.world).await };
    apply(&scene, invited.clone()).await;
    apply(&scene, WantedAccount { settings: as_it_is(&scene.world).await.settings, ..invited }).await;
    scene.world.pass(SignedDuration::from_mins(1));
    scene.send_mails().await;
    let mut mails: Vec<_> = scene.outbox.mails().into_iter().map(|kept| kept.mail).collect();
    mails.truncate(mails.len() - before);
    mails.sort_by(|one, other| one.to.cmp(&other.to));
    let [mia, noor] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!((mia.to.as_str(), noor.to.as_str()), ("mia@acme.example", "noor@acme.example"));
    assert!(noor.text.contains("You need no password: you sign in with your account at acme."), "{}", noor.text);
    assert_eq!(link_in(&noor.text), scene.world.acme.origin);
    assert!(mia.text.contains("acme invites you to Orchard."), "{}", mia.text);
    scene.world.pass(SignedDuration::from_hours(6 * 24));
    scene.world.browser().post(&link_in(&mia.text), &[("password", GOOD)]).await.location();
    scene.try_password(&mut scene.world.browser(), "mia@acme.example", GOOD).await.location();
    let facts = scene.world.facts().await;
    assert_eq!(facts.iter().filter(|fact| matches!(fact, Fact::Invited { .. })).count(), 2);
    let unknown = WantedUser { profile: Profile::default(), invite: true, ..wanted_of_nobody() };
    let unknown = WantedAccount { users: vec![unknown], ..as_it_is(&scene.world).await };
    assert!(refused(&scene, unknown).await.contains("nothing tells who it is"));
}

fn wanted_of_nobody() -> WantedUser {
    WantedUser {
        line: 7,
        profile: Profile::default(),
        state: UserState::Active,
        console_role: None,
        approves: None,
        granted: None,
        method: Method::Account,
        break_glass: false,
        invite: false,
        identities: Vec::new(),
    }
}

/// Mails are never lost without a word: one that nobody takes in its time, or that a server refuses, has its line.
#[tokio::test]
async fn a_mail_that_nobody_takes_is_tried_for_a_week_and_then_told() {
    let mut scene = Scene::new(Passwords::Managers).await;
    let person = Profile { email: Some("noor@acme.example".parse().unwrap()), ..Profile::default() };
    let users = vec![WantedUser { profile: person, invite: true, ..wanted_of_nobody() }];
    apply(&scene, WantedAccount { users, ..as_it_is(&scene.world).await }).await;
    scene.means.mailer = Some(crate::passwords::silent_server());
    let waits = async || mails::waiting_ones(&scene.world.ctx()).await.unwrap();
    scene.send_mails().await;
    let first = waits().await;
    assert_eq!((first[0].tries, first[0].problem.is_some()), (1, true));
    for (minutes, tries) in [(1, 2), (1, 2), (1, 3), (3, 3), (1, 4), (7, 4), (1, 5)] {
        scene.world.pass(SignedDuration::from_mins(minutes));
        scene.send_mails().await;
        assert_eq!(waits().await[0].tries, tries, "after {minutes} more");
    }
    scene.world.pass(SignedDuration::from_hours(7 * 24));
    scene.send_mails().await;
    assert!(waits().await.is_empty());
    let user = scene.world.users(&scene.world.acme).await.into_iter().find(|it| is(it, "noor@acme.example")).unwrap();
    let told = Fact::MailGivenUp { user: user.id, mail: "invitation".to_owned() };
    assert!(scene.world.facts().await.contains(&told));
}

/// A reseller's connection that was tested leads in below it, so its test counts there too.
#[tokio::test]
async fn an_inherited_connection_that_was_tested_is_ground_enough() {
    let scene = Scene::with_password(Passwords::All).await;
    test_passes(&scene).await;
    let world = &scene.world;
    world.change_account(&world.acme, |acme| acme.kind = AccountKind::Reseller).await;
    let bakery: Party = party("bakery", GLOBEX_TENANT, "bakery.example", 3);
    let mut below = account(bakery.account, Some(world.acme.account), "acme/bakery", AccountKind::Customer);
    below.settings.passwords = Passwords::All;
    world.save_account(&below).await;
    let mut wanted = as_it_is(world).await;
    (wanted.path, wanted.name, wanted.connections) = (below.path.clone(), below.name.clone(), Vec::new());
    wanted.settings = below.settings.clone();
    wanted.settings.single_sign_on.people = Demand::Required;
    let why = refused(&scene, wanted.clone()).await;
    assert!(why.contains("no active connection leads into the account"), "{why}");
    wanted.settings.permitted = Some(Permitted::Inherit);
    let why = refused(&scene, wanted).await;
    assert!(why.contains("nobody who may sign in is named as break-glass user"), "{why}");
}
