//! What is promised of connections that are set up from the console.

use vestibule_domain::connection::ConnectionState;
use vestibule_store::tx::{ConsoleNote, ConsoleSetup, MAX_OBSERVED};

use super::{Fixture, account, account_id, after, attempt_id, connection, connection_id, event, hash, unit};

/// Account 1 with the draft 1.
async fn drafted(fixture: &Fixture) {
    fixture.write(unit!(|tx| tx.save_account(&account(1), &event(50_001)).await)).await;
    let draft = connection(1, account_id(1));
    fixture.write(unit!(|tx| tx.save_connection(&draft, &event(50_002)).await)).await;
}

async fn noted(fixture: &Fixture, note: ConsoleNote, seconds: i64) -> bool {
    fixture.write(unit!(|tx| tx.note_console_setup(connection_id(1), note, after(seconds)).await)).await
}

async fn found(fixture: &Fixture) -> ConsoleSetup {
    fixture.read(unit!(|tx| tx.console_setup(connection_id(1)).await)).await
}

pub(crate) async fn what_is_done_from_the_console_is_noted_while_the_connection_is_a_draft(fixture: Fixture) {
    drafted(&fixture).await;
    assert_eq!(found(&fixture).await, ConsoleSetup::default());
    assert!(noted(&fixture, ConsoleNote::Given, 1).await);
    assert!(noted(&fixture, ConsoleNote::People, 2).await);
    assert!(noted(&fixture, ConsoleNote::Saved, 3).await);
    let want = ConsoleSetup {
        saved_at: Some(after(3)),
        given_at: Some(after(1)),
        people_at: Some(after(2)),
        ..ConsoleSetup::default()
    };
    assert_eq!(found(&fixture).await, want);
    let (from, to) = (ConnectionState::Draft, ConnectionState::Tested);
    let id = connection_id(1);
    assert!(fixture.write(unit!(|tx| tx.set_connection_state(id, from, to, &event(50_003)).await)).await);
    assert!(noted(&fixture, ConsoleNote::Saved, 4).await);
    let (from, to) = (ConnectionState::Tested, ConnectionState::Active);
    assert!(fixture.write(unit!(|tx| tx.set_connection_state(id, from, to, &event(50_004)).await)).await);
    for note in [ConsoleNote::Given, ConsoleNote::People, ConsoleNote::Saved] {
        assert!(!noted(&fixture, note, 5).await, "{note:?}");
    }
    assert_eq!(found(&fixture).await.saved_at, Some(after(4)));
    let nobody = fixture.write(unit!(|tx| tx.note_console_setup(connection_id(9), ConsoleNote::Given, after(1)).await));
    assert!(!nobody.await);
}

pub(crate) async fn a_test_from_the_console_is_noted_once(fixture: Fixture) {
    drafted(&fixture).await;
    let id = connection_id(1);
    let awaited = |n: u16| fixture.write(unit!(|tx| tx.await_console_test(id, &hash(n), after(7)).await));
    let begun = |n: u16, attempt: u16| {
        fixture.write(unit!(|tx| tx.note_console_test(id, &hash(n), attempt_id(attempt), after(1)).await))
    };
    assert!(!begun(1, 1).await, "none is awaited");
    awaited(1).await;
    assert!(!begun(2, 1).await, "another one is");
    assert!(begun(1, 1).await);
    assert!(!begun(1, 2).await, "once");
    assert_eq!(found(&fixture).await.test, Some((attempt_id(1), after(1))));
    awaited(2).await;
    let want = ConsoleSetup { awaited_at: Some(after(7)), ..ConsoleSetup::default() };
    assert_eq!(found(&fixture).await, want, "the one before is forgotten");
}

pub(crate) async fn names_of_observed_claims_gather(fixture: Fixture) {
    drafted(&fixture).await;
    let id = connection_id(1);
    let found = || fixture.read(unit!(|tx| tx.observed_claims(id).await));
    assert_eq!(found().await, None);
    let named = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    for (seconds, names, all) in
        [(1, ["name", "mail"], &["mail", "name"][..]), (2, ["mail", "dn"], &["dn", "mail", "name"])]
    {
        let seen = named(&names);
        fixture.write(unit!(|tx| tx.observe_claims(id, &seen, after(seconds)).await)).await;
        assert_eq!(found().await, Some((after(seconds), named(all))));
    }
    let many: Vec<String> = (0..MAX_OBSERVED + 9).map(|n| format!("claim-{n}")).collect();
    fixture.write(unit!(|tx| tx.observe_claims(id, &many, after(3)).await)).await;
    assert_eq!(found().await.unwrap().1.len(), MAX_OBSERVED);
    fixture.write(unit!(|tx| tx.remove_connection(id, &event(50_005)).await)).await;
    assert_eq!(found().await, None);
}
