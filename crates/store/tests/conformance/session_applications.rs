//! What is promised of applications that are told of the end of sessions: whatever ends one makes them due in the same
//! unit, and nothing else does.

use vestibule_domain::application::{Application, ApplicationSettings};
use vestibule_domain::session;
use vestibule_domain::ways::Entitlement;
use vestibule_store::StoreError;
use vestibule_store::tx::{NewToken, Redeemed, SessionsOf, ToTell, Untold, Waiting};

use super::logouts::signed_in;
use super::{Fixture, account_id, after, connection_id, event, hash, new_token, now, seed, session_id, unit, user_id};

const CLIENT: &str = "orchard";

/// The token of session `n`'s code, of an application that wants to be told.
fn told(n: u16) -> NewToken {
    let to = ToTell { client_id: CLIENT.to_owned(), account: account_id(1), sub: "somebody".to_owned() };
    NewToken { tell: Some(to), ..new_token(1000 + n) }
}

/// A session whose application has its token.
async fn seed_told(fixture: &Fixture, n: u16) {
    signed_in(fixture, n, true).await;
    let redeem = unit!(|tx| tx.redeem_code(&hash(n), now(), &told(n), &event(2000 + n), &event(2100 + n)).await);
    assert!(matches!(fixture.write(redeem).await, Redeemed::Grant(_)));
}

async fn due(fixture: &Fixture, at: i64) -> Vec<Untold> {
    fixture.read(unit!(|tx| tx.due_to_tell(after(at), 100).await)).await
}

async fn due_sessions(fixture: &Fixture) -> Vec<u16> {
    let due = due(fixture, 1_000_000).await;
    (0..100).filter(|n| due.iter().any(|one| one.session == session_id(*n))).collect()
}

/// HY-2: by its own wish, by the identity provider's, by a suspension, by a pause, by a way that is taken away.
pub(crate) async fn whatever_ends_a_session_makes_its_applications_due(fixture: Fixture) {
    seed(&fixture).await;
    for n in 1..=7 {
        seed_told(&fixture, n).await;
    }
    assert_eq!(due_sessions(&fixture).await, [0_u16; 0]);
    fixture.write(unit!(|tx| tx.end_session(&hash(1), &event(1)).await)).await;
    assert_eq!(due_sessions(&fixture).await, [1]);
    fixture.write(unit!(|tx| tx.end_sessions(&[session_id(2), session_id(3)], now()).await)).await;
    assert_eq!(due_sessions(&fixture).await, [1, 2, 3]);
    let failed = fixture.store.write(unit!(|tx| {
        tx.end_sessions_of(SessionsOf::User(user_id(1)), &event(3)).await?;
        Err::<(), _>(StoreError::Stale { what: "test" })
    }));
    assert!(failed.await.is_err());
    assert_eq!(due_sessions(&fixture).await, [1, 2, 3], "a unit that fails ends nothing and tells nobody");
    fixture.write(unit!(|tx| tx.end_sessions_of(SessionsOf::User(user_id(1)), &event(4)).await)).await;
    assert_eq!(due_sessions(&fixture).await, [1, 2, 3, 4, 5, 6, 7]);
}

pub(crate) async fn the_end_of_a_connection_an_account_or_a_way_makes_applications_due(fixture: Fixture) {
    seed(&fixture).await;
    seed_told(&fixture, 1).await;
    fixture.write(unit!(|tx| tx.end_sessions_of(SessionsOf::Connection(connection_id(1)), &event(1)).await)).await;
    assert_eq!(due_sessions(&fixture).await, [1]);
    seed_told(&fixture, 2).await;
    let listed = fixture.read(unit!(|tx| tx.sessions_in(account_id(1), now(), 10).await)).await;
    assert_eq!(listed.iter().map(|one| one.id).collect::<Vec<_>>(), [session_id(2)]);
    assert_eq!(fixture.read(unit!(|tx| tx.sessions_in(account_id(2), now(), 10).await)).await, []);
    fixture.write(unit!(|tx| tx.end_sessions_of(SessionsOf::Account(account_id(1)), &event(2)).await)).await;
    assert_eq!(due_sessions(&fixture).await, [1, 2]);
    seed_told(&fixture, 3).await;
    fixture
        .write(unit!(|tx| {
            let mut account = tx.account(account_id(1)).await?.unwrap();
            account.settings.entitlement = Entitlement::Withheld;
            tx.save_account(&account, &event(3)).await
        }))
        .await;
    assert_eq!(due_sessions(&fixture).await, [1, 2, 3]);
    fixture
        .write(unit!(|tx| {
            let mut account = tx.account(account_id(1)).await?.unwrap();
            account.settings.entitlement = Entitlement::Granted;
            tx.save_account(&account, &event(4)).await
        }))
        .await;
    seed_told(&fixture, 4).await;
    assert!(fixture.write(unit!(|tx| tx.remove_connection(connection_id(1), &event(5)).await)).await);
    assert_eq!(due_sessions(&fixture).await, [1, 2, 3, 4]);
}

/// Applications know when a session is over age, and those that did not ask have no row at all.
pub(crate) async fn over_age_and_unasked_nobody_is_told(fixture: Fixture) {
    seed(&fixture).await;
    signed_in(&fixture, 1, true).await;
    let redeem = unit!(|tx| tx.redeem_code(&hash(1), now(), &new_token(1001), &event(2001), &event(2101)).await);
    assert!(matches!(fixture.write(redeem).await, Redeemed::Grant(_)));
    fixture.write(unit!(|tx| tx.end_session(&hash(1), &event(1)).await)).await;
    seed_told(&fixture, 2).await;
    let end = session::ABSOLUTE.as_secs() + 1;
    while fixture.write(unit!(|tx| tx.sweep(after(end), 100).await)).await > 0 {}
    fixture.write(unit!(|tx| tx.end_sessions_of(SessionsOf::Connection(connection_id(1)), &event(2)).await)).await;
    assert_eq!(due_sessions(&fixture).await, [0_u16; 0]);
}

pub(crate) async fn an_application_is_told_once_and_again_where_it_was_in_vain(fixture: Fixture) {
    seed(&fixture).await;
    let settings = ApplicationSettings {
        backchannel_logout_uri: Some("https://app.example.com/logout".to_owned()),
        ..ApplicationSettings::default()
    };
    let application = Application { client_id: CLIENT.to_owned(), account: None, settings, version: 0 };
    let wanted = application.settings.clone();
    fixture.write(unit!(|tx| tx.save_application(&application, &event(90)).await)).await;
    for n in 1..=3 {
        seed_told(&fixture, n).await;
        fixture.write(unit!(|tx| tx.end_session(&hash(n), &event(n)).await)).await;
    }
    let first = due(&fixture, 0).await;
    assert_eq!(first.len(), 3);
    let is_due = async |at: i64| fixture.read(unit!(|tx| tx.are_applications_due(after(at)).await)).await;
    assert_eq!((is_due(-1).await, is_due(0).await), (false, true));
    assert_eq!((first[0].session, first[0].failures), (session_id(1), 0));
    assert_eq!(first[0].to, told(1).tell.unwrap());
    assert_eq!(first[0].application, Some(wanted));
    assert!(!format!("{first:?}").contains("somebody"), "who it is stands in no log");

    let again = unit!(|tx| tx.tell_again(session_id(1), CLIENT, "it said 400", after(60), Waiting::One).await);
    fixture.write(again).await;
    assert_eq!(due(&fixture, 59).await.len(), 2, "the others do not wait for one that was refused");
    let again = unit!(|tx| tx.tell_again(session_id(2), CLIENT, "not there", after(90), Waiting::All).await);
    fixture.write(again).await;
    assert_eq!(due(&fixture, 89).await.len(), 0, "nobody waits for an application that is not there");
    let all = fixture.read(unit!(|tx| tx.untold(100).await)).await;
    let noted: Vec<_> = all.iter().map(|one| (one.failures, one.note.as_deref().unwrap())).collect();
    assert_eq!(noted, [(1, "not there"), (1, "not there"), (0, "not there")]);

    let tell =
        || fixture.store.write::<_, StoreError, _>(unit!(|tx| tx.told(session_id(1), CLIENT, Some(&event(50))).await));
    assert_eq!((tell().await, tell().await), (Ok(true), Ok(false)));
    assert_eq!(due(&fixture, 90).await.len(), 2);
}

/// A session that still lives is nobody's to give up.
pub(crate) async fn an_application_of_a_living_session_is_not_told(fixture: Fixture) {
    seed(&fixture).await;
    seed_told(&fixture, 1).await;
    let tell = unit!(|tx| tx.told(session_id(1), CLIENT, None).await);
    assert!(!fixture.write(tell).await);
    fixture.write(unit!(|tx| tx.end_session(&hash(1), &event(1)).await)).await;
    assert_eq!(due_sessions(&fixture).await, [1]);
    let redeem = unit!(|tx| tx.redeem_code(&hash(1), now(), &told(9), &event(60), &event(61)).await);
    assert!(matches!(fixture.write(redeem).await, Redeemed::Reused | Redeemed::Unknown));
}
