//! How long an account's sessions last, how old an authentication may be with which one begins, and a proxy that shows
//! our pages below a name of its own (SC-28).

use http::StatusCode;
use http::header::{CONTENT_TYPE, COOKIE};
use jiff::SignedDuration;
use vestibule_domain::account::Account;
use vestibule_domain::connection::Reauthentication;
use vestibule_domain::password::Passwords;
use vestibule_domain::session::SessionSettings;
use vestibule_domain::user::ConsoleRole;
use vestibule_mock_entra::service::{Draft, Person};

use crate::console_edit::sends;
use crate::passwords::{EVE, GOOD, Scene};
use crate::support::{ADA, Browser, Seen, World, request_of, start};
use crate::waiting_scene::somebody;

fn settings(length: Option<u32>, age: Option<u32>) -> SessionSettings {
    SessionSettings {
        length_minutes: length.map(|it| it.try_into().unwrap()),
        reauthenticate_after_minutes: age.map(|it| it.try_into().unwrap()),
    }
}

fn set(to: SessionSettings) -> impl FnOnce(&mut Account) {
    move |account| account.settings.sessions = to
}

async fn is_in(world: &World, browser: &mut Browser) -> bool {
    browser.get(&format!("{}/me", world.acme.origin)).await.status == StatusCode::OK
}

/// The session of an account that says an hour, or whose vendor says so, ends after an hour; without a word it lasts
/// twelve.
#[tokio::test]
async fn a_session_lasts_as_long_as_its_account_or_one_above_says() {
    let world = World::new().await;
    let mut first = world.browser();
    world.sign_in(&mut first, &world.acme, ADA).await;
    world.change_platform(set(settings(Some(60), None))).await;
    assert_eq!(world.account(&world.acme).await.sessions, settings(Some(60), None), "from above");
    let mut second = world.browser();
    world.sign_in(&mut second, &world.acme, ADA).await;
    world.pass(SignedDuration::from_mins(59));
    assert!(is_in(&world, &mut second).await);
    world.pass(SignedDuration::from_mins(1));
    assert!(!is_in(&world, &mut second).await, "an hour");
    assert!(is_in(&world, &mut first).await, "it began before");
    world.change_account(&world.acme, set(settings(Some(120), None))).await;
    let mut third = world.browser();
    world.sign_in(&mut third, &world.acme, ADA).await;
    world.pass(SignedDuration::from_mins(119));
    assert!(is_in(&world, &mut third).await, "its own word counts");
    world.pass(SignedDuration::from_mins(9 * 60 + 1));
    assert!(!is_in(&world, &mut first).await, "twelve hours");
}

/// What the identity provider says of its own session counts where it ends sooner, and only there.
#[tokio::test]
async fn a_session_ends_with_the_identity_providers_where_that_is_sooner() {
    let world = World::new().await;
    world.change_account(&world.acme, set(settings(Some(60), None))).await;
    for (theirs, ours) in [(30, 30), (90, 60)] {
        let mut browser = world.browser();
        let (_, sent) = world.start(&mut browser, &world.acme).await;
        let end = world.now() + SignedDuration::from_mins(theirs);
        let bent = world.answer_bent(&sent, ADA, |draft| {
            draft.response.session_not_on_or_after = Some(end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        });
        browser.deliver(&bent).await.location();
        world.pass(SignedDuration::from_mins(ours - 1));
        assert!(is_in(&world, &mut browser).await, "{theirs}");
        world.pass(SignedDuration::from_mins(1));
        assert!(!is_in(&world, &mut browser).await, "{theirs}");
    }
}

/// Sessions that begin with a password last no longer, nor do those in which somebody works in the console.
#[tokio::test]
async fn a_session_by_password_ends_when_its_account_says() {
    let scene = Scene::with_password(Passwords::Managers).await;
    scene.world.change_account(&scene.world.acme, set(settings(Some(15), None))).await;
    let mut browser = scene.world.browser();
    scene.try_password(&mut browser, EVE, GOOD).await.location();
    scene.world.pass(SignedDuration::from_mins(14));
    assert!(is_in(&scene.world, &mut browser).await);
    scene.world.pass(SignedDuration::from_mins(1));
    assert!(!is_in(&scene.world, &mut browser).await);
    browser.get(&format!("{}/console", scene.world.acme.origin)).await.location();
}

/// SC-28, XC-30: an authentication that is older than the account takes is asked for anew, once; the shorter of the account's and the
/// connection's bounds counts.
#[tokio::test]
async fn an_authentication_that_is_too_old_for_the_account_is_asked_for_anew() {
    for (connection_hours, account_minutes) in [(8, 60), (1, 8 * 60)] {
        let world = World::new().await;
        world.set(&world.acme, |saml| saml.reauthentication = Reauthentication::After(connection_hours * 3600)).await;
        world.change_platform(set(settings(None, Some(account_minutes)))).await;
        let mut browser = world.browser();
        let (pending, sent) = world.start(&mut browser, &world.acme).await;
        assert!(!request_of(&sent).contains("ForceAuthn"));
        let person = Person::new(ADA).signed_in_since(start() - SignedDuration::from_hours(2));
        let again = browser.deliver(&world.entra.answer(&sent.location(), &person).unwrap()).await;
        assert!(request_of(&again).contains("ForceAuthn=\"true\""), "{}", request_of(&again));
        assert!(!world.has_signed_in().await);
        let home = browser.deliver(&world.entra.answer(&again.location(), &person).unwrap()).await.location();
        assert_eq!(world.redeem(&browser, &pending, &home).await.auth_time, Some(start().as_second()));
    }
}

/// SC-28: an identity provider that does not heed `ForceAuthn` is not asked for ever.
#[tokio::test]
async fn a_second_answer_that_is_too_old_for_the_account_is_refused() {
    let world = World::new().await;
    world.change_account(&world.acme, set(settings(None, Some(60)))).await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let old = |draft: &mut Draft| draft.response.authn_instant = "2026-03-02T08:00:00.000Z".to_owned();
    let again = browser.deliver(&world.answer_bent(&sent, ADA, old)).await;
    let refused = browser.deliver(&world.answer_bent(&again, ADA, old)).await;
    refused.shows(StatusCode::FORBIDDEN, "too long ago");
    assert!(!world.has_signed_in().await);
}

#[tokio::test]
async fn a_young_authentication_is_taken_as_it_is() {
    let world = World::new().await;
    world.change_account(&world.acme, set(settings(None, Some(180)))).await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let person = Person::new(ADA).signed_in_since(start() - SignedDuration::from_hours(2));
    browser.deliver(&world.entra.answer(&sent.location(), &person).unwrap()).await.location();
    assert!(world.has_signed_in().await);
}

/// In the console: what holds above is said, what cannot be is told beside its field, and what changes is shown first.
#[tokio::test]
async fn sessions_are_set_in_the_console() {
    let world = World::new().await;
    world.change_platform(set(settings(Some(480), Some(60)))).await;
    let (mut max, _) = somebody(&world, &world.acme, "max@acme.example", Some(ConsoleRole::AccountAdmin), None).await;
    let url = format!("{}/console/settings/acme", world.acme.origin);
    let page = max.get(&url).await;
    page.shows(StatusCode::OK, "Where it is empty: 480");
    page.shows(StatusCode::OK, "Where it is empty: 60");
    let typed = [("session_length", "4"), ("session_age", "soon")];
    let told = sends(&mut max, &url, &page, &typed, "save").await;
    told.shows(StatusCode::OK, "got 4 minutes; 5 to 1440 are wanted");
    told.shows(StatusCode::OK, "is not a whole number of minutes; write digits alone");
    told.shows(StatusCode::OK, "value=\"soon\"");
    let shown = sends(&mut max, &url, &page, &[("session_length", "30")], "look").await;
    shown.shows(StatusCode::OK, "<code>sessions</code>");
    sends(&mut max, &url, &shown, &[], "save").await.location();
    let account = world.account(&world.acme).await;
    assert_eq!(account.settings.sessions, settings(Some(30), None));
    assert_eq!(account.sessions, settings(Some(30), Some(60)), "each of the two for itself");
}

/// A proxy leaves its own name in `Origin`: where it is expected, a form that it shows is ours; of another host below its
/// name it is a stranger's, and where none is expected so is this one.
#[tokio::test]
async fn a_form_behind_a_proxy_is_ours_where_the_proxy_is_expected() {
    let world = World::behind(&["mcas.ms"]).await;
    let max = async |world: &World| {
        somebody(world, &world.acme, "max@acme.example", Some(ConsoleRole::AccountAdmin), None).await.0
    };
    let behind = max(&world).await;
    assert_eq!(sent_from("https://acme.localhost.mcas.ms", &behind, &world).await.status, StatusCode::SEE_OTHER);
    for stranger in ["https://globex.localhost.mcas.ms", "https://evil.example.mcas.ms", "https://acme.localhost"] {
        assert_eq!(sent_from(stranger, &behind, &world).await.status, StatusCode::FORBIDDEN, "{stranger}");
    }
    let open = World::new().await;
    let seen = sent_from("https://acme.localhost.mcas.ms", &max(&open).await, &open).await;
    assert_eq!(seen.status, StatusCode::FORBIDDEN, "none is expected");
}

/// A form of the console that comes from a page at this origin, by a browser that says no more of it.
async fn sent_from(origin: &str, browser: &Browser, world: &World) -> Seen {
    let session = browser.cookie("acme.localhost:8400", "vestibule_session").unwrap();
    let cookie = format!("vestibule_session={session}");
    let form = "application/x-www-form-urlencoded";
    let headers = [("origin", origin), (COOKIE.as_str(), &*cookie), (CONTENT_TYPE.as_str(), form)];
    browser.raw("POST", &format!("{}/console/theme", world.acme.origin), &headers, "theme=dark&to=%2Fconsole").await
}
