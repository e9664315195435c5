//! What is promised of set-up links.

use jiff::Timestamp;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::event::Actor;
use vestibule_domain::id::{ConnectionId, SetupLinkId};
use vestibule_domain::setup::{KEPT, SetupLink};
use vestibule_store::StoreError;
use vestibule_store::tx::SetupNote;

use super::{Fixture, account, account_id, after, attempt_id, connection, connection_id, event, hash, now, unit};

const WEEK: i64 = 7 * 86_400;

fn link_id(n: u8) -> SetupLinkId {
    SetupLinkId::new(now(), [n; 10])
}

fn link(n: u8, of: ConnectionId) -> SetupLink {
    SetupLink {
        id: link_id(n),
        account: account_id(1),
        connection: of,
        created_at: now(),
        created_by: Actor::CommandLine,
        expires_at: after(WEEK),
        opened_at: None,
        saved_at: None,
        given_at: None,
        people_at: None,
        test: None,
        asked_at: None,
        revoked_at: None,
        ended_at: None,
    }
}

/// Account 1 with the draft 1, and link 1 to it.
async fn linked(fixture: &Fixture) {
    fixture.write(unit!(|tx| tx.save_account(&account(1), &event(50_001)).await)).await;
    let draft = connection(1, account_id(1));
    fixture.write(unit!(|tx| tx.save_connection(&draft, &event(50_002)).await)).await;
    let made = link(1, connection_id(1));
    fixture.write(unit!(|tx| tx.insert_setup_link(&made, &hash(1), &event(50_003)).await)).await;
}

async fn noted(fixture: &Fixture, note: SetupNote, at: Timestamp) -> bool {
    fixture.write(unit!(|tx| tx.note_setup(link_id(1), note, at, None).await)).await
}

async fn found(fixture: &Fixture) -> SetupLink {
    fixture.read(unit!(|tx| tx.setup_link(link_id(1)).await)).await.unwrap()
}

async fn set_state(fixture: &Fixture, from: ConnectionState, to: ConnectionState, n: u16) {
    assert!(fixture.write(unit!(|tx| tx.set_connection_state(connection_id(1), from, to, &event(n)).await)).await);
}

pub(crate) async fn a_set_up_link_keeps_what_was_done_by_it(fixture: Fixture) {
    linked(&fixture).await;
    assert_eq!(found(&fixture).await, link(1, connection_id(1)));
    let before = fixture.events().await;
    let opened = event(50_010);
    assert!(
        fixture.write(unit!(|tx| tx.note_setup(link_id(1), SetupNote::Opened, after(1), Some(&opened)).await)).await
    );
    let again = event(50_011);
    assert!(
        !fixture.write(unit!(|tx| tx.note_setup(link_id(1), SetupNote::Opened, after(2), Some(&again)).await)).await,
        "once"
    );
    assert_eq!(fixture.events().await, before + 1);
    assert!(noted(&fixture, SetupNote::Given, after(3)).await);
    assert!(noted(&fixture, SetupNote::People, after(4)).await);
    assert!(noted(&fixture, SetupNote::Test(attempt_id(7)), after(5)).await);
    assert!(noted(&fixture, SetupNote::Asked, after(6)).await);
    assert!(!noted(&fixture, SetupNote::Asked, after(7)).await, "asked once");
    let kept = found(&fixture).await;
    let want = SetupLink {
        opened_at: Some(after(1)),
        given_at: Some(after(3)),
        people_at: Some(after(4)),
        saved_at: Some(after(4)),
        test: Some((attempt_id(7), after(5))),
        asked_at: Some(after(6)),
        ..link(1, connection_id(1))
    };
    assert_eq!(kept, want);
    assert!(noted(&fixture, SetupNote::Saved, after(8)).await);
    assert_eq!(found(&fixture).await.asked_at, None, "what was changed has to be asked for anew");
    let by_hash = fixture.read(unit!(|tx| tx.setup_link_by_hash(&hash(1)).await)).await;
    assert_eq!(by_hash, Some(found(&fixture).await));
    assert_eq!(fixture.read(unit!(|tx| tx.setup_link_by_hash(&hash(2)).await)).await, None);
    // Somebody is told of it once in a while.
    let tells = |at: i64, since: i64| {
        fixture
            .store
            .write::<_, StoreError, _>(unit!(|tx| tx.tells_of_setup(link_id(1), after(at), after(since)).await))
    };
    assert_eq!(tells(9, 0).await, Ok(true));
    assert_eq!(tells(10, 8).await, Ok(false));
    assert_eq!(tells(11, 9).await, Ok(true));
}

pub(crate) async fn a_set_up_link_that_is_over_notes_nothing(fixture: Fixture) {
    linked(&fixture).await;
    assert!(!noted(&fixture, SetupNote::Given, after(WEEK)).await, "expired");
    set_state(&fixture, ConnectionState::Draft, ConnectionState::Paused, 50_020).await;
    assert!(!noted(&fixture, SetupNote::Given, after(1)).await, "no draft");
    set_state(&fixture, ConnectionState::Paused, ConnectionState::Tested, 50_021).await;
    assert!(noted(&fixture, SetupNote::Given, after(1)).await);
    let revoke = |n: u16| fixture.write(unit!(|tx| tx.revoke_setup_link(link_id(1), after(2), &event(n)).await));
    assert!(revoke(50_022).await);
    assert!(!revoke(50_023).await, "once");
    assert!(!noted(&fixture, SetupNote::Given, after(3)).await, "revoked");
    assert_eq!(found(&fixture).await.revoked_at, Some(after(2)));
}

pub(crate) async fn set_up_links_end_with_the_draft(fixture: Fixture) {
    linked(&fixture).await;
    let second = link(2, connection_id(1));
    fixture.write(unit!(|tx| tx.insert_setup_link(&second, &hash(2), &event(50_030)).await)).await;
    let mut active = connection(1, account_id(1));
    active.state = ConnectionState::Active;
    fixture.write(unit!(|tx| tx.save_connection(&active, &event(50_031)).await)).await;
    for link in fixture.read(unit!(|tx| tx.setup_links(Some(account_id(1)), None, 10).await)).await {
        assert_eq!(link.ended_at, Some(now()), "{:?}", link.id);
    }
    assert!(!noted(&fixture, SetupNote::Saved, after(1)).await);
    let all = fixture.read(unit!(|tx| tx.setup_links(None, None, 1).await)).await;
    assert_eq!(all.iter().map(|link| link.id).collect::<Vec<_>>(), [link_id(2)], "the newest first");
    for account in [None, Some(account_id(1))] {
        let behind = fixture.read(unit!(|tx| tx.setup_links(account, Some(link_id(2)), 10).await)).await;
        assert_eq!(behind.iter().map(|link| link.id).collect::<Vec<_>>(), [link_id(1)], "behind that one");
    }
    fixture.write(unit!(|tx| tx.remove_connection(connection_id(1), &event(50_032)).await)).await;
    assert_eq!(fixture.read(unit!(|tx| tx.setup_links(None, None, 10).await)).await, []);
}

pub(crate) async fn set_up_links_end_by_activation_and_old_ones_are_forgotten(fixture: Fixture) {
    linked(&fixture).await;
    set_state(&fixture, ConnectionState::Draft, ConnectionState::Active, 50_040).await;
    assert_eq!(found(&fixture).await.ended_at, Some(now()));
    let over = after(WEEK) + KEPT;
    let just_before = over - jiff::SignedDuration::from_secs(1);
    fixture.write(unit!(|tx| tx.sweep(just_before, 100).await)).await;
    assert_eq!(fixture.read(unit!(|tx| tx.setup_links(None, None, 10).await)).await.len(), 1, "it is still listed");
    fixture.write(unit!(|tx| tx.sweep(over, 100).await)).await;
    assert_eq!(fixture.read(unit!(|tx| tx.setup_links(None, None, 10).await)).await, []);
}
