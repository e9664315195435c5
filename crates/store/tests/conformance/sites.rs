//! What is promised of sites behind a proxy and of the browsers that are let in there.

use vestibule_domain::application::Application;
use vestibule_domain::user::UserState;
use vestibule_store::tx::{NewSiteSession, Redeemed};
use vestibule_store::{Constraint, StoreError};

use super::{
    Fixture, account_id, after, application, attempt_id, event, finish, hash, new_code, new_token, now, seed,
    seed_asserted, session_id, unit, user, user_id,
};

const SITE: &str = "https://wiki.example.com";

fn with_sites(client_id: &str, sites: &[&str]) -> Application {
    let mut application = application(client_id);
    application.settings.sites = sites.iter().map(|site| (*site).to_owned()).collect();
    application
}

fn new_site_session(n: u16) -> NewSiteSession {
    NewSiteSession {
        hash: hash(n),
        client_id: "expenses".to_owned(),
        origin: SITE.to_owned(),
        expires_at: now() + vestibule_domain::session::ABSOLUTE,
    }
}

/// User 1 signed in by session and code 1, the code redeemed at the site for cookie 9.
async fn let_in(fixture: &Fixture) {
    seed(fixture).await;
    let known = with_sites("expenses", &[SITE]);
    fixture.write(unit!(|tx| tx.save_application(&known, &event(700)).await)).await;
    seed_asserted(fixture, 1).await;
    assert!(fixture.write(unit!(|tx| tx.finish(attempt_id(1), &finish(1, 50_000)).await)).await);
    assert_eq!(redeem(fixture, 9).await, Redeemed::Grant(new_code(1).grant));
}

async fn redeem(fixture: &Fixture, cookie: u16) -> Redeemed {
    let (new, redeemed, reused) = (new_site_session(cookie), event(710 + cookie), event(730 + cookie));
    fixture.write(unit!(|tx| tx.redeem_code_at_site(&hash(1), after(1), &new, &redeemed, &reused).await)).await
}

async fn is_let_in(fixture: &Fixture, cookie: u16, site: &'static str, at: jiff::Timestamp) -> bool {
    fixture.read(unit!(|tx| tx.site_versions(&hash(cookie), site, at).await)).await.is_some()
}

pub(crate) async fn a_site_is_one_applications(fixture: Fixture) {
    let save = |application: Application, n: u16| {
        fixture.store.write(unit!(|tx| tx.save_application(&application, &event(n)).await))
    };
    save(with_sites("wiki", &[SITE, "https://docs.example.com"]), 1).await.unwrap();
    let found = |site: &'static str| fixture.store.read(unit!(|tx| tx.application_of_site(site).await));
    let of = |found: Result<Option<Application>, StoreError>| found.unwrap().map(|found| found.client_id);
    assert_eq!(of(found(SITE).await).as_deref(), Some("wiki"));
    let taken = save(with_sites("other", &[SITE]), 2).await;
    assert_eq!(taken, Err(StoreError::Unique { constraint: Constraint::PrimaryKey }));
    save(with_sites("wiki", &["https://docs.example.com"]), 3).await.unwrap();
    assert_eq!(of(found(SITE).await), None);
    save(with_sites("other", &[SITE]), 4).await.unwrap();
    assert_eq!(of(found(SITE).await).as_deref(), Some("other"));
}

pub(crate) async fn an_application_is_removed_with_its_sites_once(fixture: Fixture) {
    fixture.write(unit!(|tx| tx.save_application(&with_sites("wiki", &[SITE]), &event(1)).await)).await;
    let before = fixture.read(unit!(|tx| tx.deployment_version().await)).await;
    let remove = |n: u16| unit!(|tx| tx.remove_application("wiki", &event(n)).await);
    assert!(fixture.write(remove(50_000)).await);
    assert_eq!(fixture.read(unit!(|tx| tx.application("wiki").await)).await, None);
    assert_eq!(fixture.read(unit!(|tx| tx.application_of_site(SITE).await)).await, None);
    assert_eq!(fixture.read(unit!(|tx| tx.deployment_version().await)).await, before + 1);
    assert!(!fixture.write(remove(50_001)).await, "there is none");
    fixture.write(unit!(|tx| tx.save_application(&with_sites("other", &[SITE]), &event(2)).await)).await;
}

pub(crate) async fn a_browser_is_let_in_at_its_site_as_long_as_its_session_lives(fixture: Fixture) {
    let_in(&fixture).await;
    let facts = fixture.read(unit!(|tx| tx.site_facts(&hash(9), SITE, after(2)).await)).await.unwrap();
    let versions = fixture.read(unit!(|tx| tx.site_versions(&hash(9), SITE, after(2)).await)).await.unwrap();
    assert_eq!(facts.versions, versions);
    assert_eq!((facts.session.id, facts.account.id), (session_id(1), account_id(1)));
    assert_eq!((facts.user.map(|user| user.id), &*facts.application.client_id), (Some(user_id(1)), "expenses"));
    assert!(!is_let_in(&fixture, 9, "https://docs.example.com", after(2)).await, "another site");
    assert!(!is_let_in(&fixture, 9, SITE, now() + vestibule_domain::session::ABSOLUTE).await, "over age");

    let mut changed = user(1, account_id(1));
    changed.profile.name = Some("ada".to_owned());
    fixture.write(unit!(|tx| tx.save_user(&changed, &event(1)).await)).await;
    let later = fixture.read(unit!(|tx| tx.site_versions(&hash(9), SITE, after(2)).await)).await.unwrap();
    assert_ne!(later.user, versions.user, "what is known of the person is new");
    let known = with_sites("expenses", &[SITE]);
    fixture.write(unit!(|tx| tx.save_application(&known, &event(2)).await)).await;
    let later = fixture.read(unit!(|tx| tx.site_versions(&hash(9), SITE, after(2)).await)).await.unwrap();
    assert_ne!(later.deployment, versions.deployment, "so are the settings");

    let mut suspended = user(1, account_id(1));
    (suspended.state, suspended.version) = (UserState::Suspended, 2);
    fixture.write(unit!(|tx| tx.save_user(&suspended, &event(3)).await)).await;
    assert!(!is_let_in(&fixture, 9, SITE, after(2)).await, "suspended");
}

pub(crate) async fn a_browser_at_a_site_is_out_with_its_session_or_by_itself(fixture: Fixture) {
    let_in(&fixture).await;
    assert!(fixture.write(unit!(|tx| tx.end_site_session(&hash(9)).await)).await);
    assert!(!fixture.write(unit!(|tx| tx.end_site_session(&hash(9)).await)).await);
    assert!(!is_let_in(&fixture, 9, SITE, after(2)).await);
    let code = vestibule_store::tx::NewCode { hash: hash(1001), ..new_code(1) };
    fixture.write(unit!(|tx| tx.insert_code(&code, &event(4)).await)).await;
    let (new, redeemed, reused) = (new_site_session(10), event(5), event(6));
    let redeem = unit!(|tx| tx.redeem_code_at_site(&hash(1001), after(1), &new, &redeemed, &reused).await);
    assert!(matches!(fixture.write(redeem).await, Redeemed::Grant(_)));
    assert!(is_let_in(&fixture, 10, SITE, after(2)).await);
    fixture.write(unit!(|tx| tx.end_session(&hash(1), &event(7)).await)).await;
    assert!(!is_let_in(&fixture, 10, SITE, after(2)).await);
}

/// A site that becomes another application's lets nobody in who signed in to the one before.
pub(crate) async fn a_browser_is_out_when_its_site_becomes_another_applications(fixture: Fixture) {
    let_in(&fixture).await;
    let without = with_sites("expenses", &[]);
    fixture.write(unit!(|tx| tx.save_application(&without, &event(1)).await)).await;
    assert!(!is_let_in(&fixture, 9, SITE, after(2)).await);
    let other = with_sites("wiki", &[SITE]);
    fixture.write(unit!(|tx| tx.save_application(&other, &event(2)).await)).await;
    assert!(!is_let_in(&fixture, 9, SITE, after(2)).await);
}

/// RFC 6749 §4.1.2: at a site too, and whichever of the two ways it was redeemed by.
pub(crate) async fn a_code_that_comes_again_lets_nobody_in_at_a_site(fixture: Fixture) {
    let_in(&fixture).await;
    assert_eq!(redeem(&fixture, 10).await, Redeemed::Reused);
    assert!(!is_let_in(&fixture, 9, SITE, after(2)).await && !is_let_in(&fixture, 10, SITE, after(2)).await);
    let again = unit!(|tx| tx.redeem_code(&hash(1), after(2), &new_token(11), &event(8), &event(9)).await);
    assert_eq!(fixture.write(again).await, Redeemed::Reused);
    let other = NewSiteSession { client_id: "other".to_owned(), ..new_site_session(12) };
    let code = vestibule_store::tx::NewCode { hash: hash(1001), ..new_code(1) };
    fixture.write(unit!(|tx| tx.insert_code(&code, &event(10)).await)).await;
    let redeem = unit!(|tx| tx.redeem_code_at_site(&hash(1001), after(1), &other, &event(11), &event(12)).await);
    assert_eq!(fixture.write(redeem).await, Redeemed::Unknown, "of another application");
}
