//! What is promised of kept answers: bounded rings, newest first, found by what is known of them.

use jiff::SignedDuration;
use vestibule_domain::event::Fact;
use vestibule_domain::id::{AttemptId, EventId};
use vestibule_domain::user::{Identity, Subject};
use vestibule_store::tx::{KEPT_MESSAGES, KeptBy, KeptHead, KeptMessage, KeptOutcome, KeptRing};
use vestibule_store::{Constraint, StoreError};

use super::{Fixture, account_id, connection_id, event, event_of, now, seed, unit, user_id};

fn attempt(n: u8) -> AttemptId {
    AttemptId::new(now(), [n; 10])
}

/// The answer of this second.
fn id(n: u32) -> EventId {
    EventId::new(now() + SignedDuration::from_secs(i64::from(n)), [7; 10])
}

fn message(n: u32) -> KeptMessage {
    let head = KeptHead {
        id: id(n),
        connection: connection_id(1),
        account: account_id(1),
        attempt: None,
        reason: None,
        turned_away: None,
        code: None,
    };
    KeptMessage { head, sealed: vec![1, 2, u8::try_from(n % 256).unwrap()] }
}

fn refused(n: u32, code: &str) -> KeptMessage {
    let mut message = message(n);
    message.head.reason = Some("audience_mismatch".to_owned());
    message.head.code = Some(code.to_owned());
    message
}

async fn listed(fixture: &Fixture, outcome: KeptOutcome, before: Option<EventId>, limit: u32) -> Vec<KeptHead> {
    fixture.read(unit!(|tx| tx.kept_messages(connection_id(1), outcome, before, limit).await)).await
}

pub(crate) async fn answers_are_listed_newest_first_ring_by_ring(fixture: Fixture) {
    seed(&fixture).await;
    let elsewhere = {
        let mut message = message(9);
        message.head.connection = connection_id(2);
        message
    };
    fixture
        .write(unit!(|tx| {
            tx.keep_message(KeptRing::Unproved, &refused(3, "AUD-0003")).await?;
            tx.keep_message(KeptRing::Accepted, &message(1)).await?;
            tx.keep_message(KeptRing::Proved, &refused(2, "AUD-0002")).await?;
            tx.keep_message(KeptRing::Accepted, &message(4)).await?;
            tx.keep_message(KeptRing::Accepted, &elsewhere).await
        }))
        .await;
    let ids = |heads: Vec<KeptHead>| heads.into_iter().map(|head| head.id).collect::<Vec<_>>();
    let all = listed(&fixture, KeptOutcome::Any, None, 10).await;
    assert_eq!(all[1], refused(3, "AUD-0003").head);
    assert_eq!(ids(all), [id(4), id(3), id(2), id(1)]);
    assert_eq!(ids(listed(&fixture, KeptOutcome::Any, Some(id(3)), 1).await), [id(2)]);
    assert_eq!(ids(listed(&fixture, KeptOutcome::Accepted, None, 10).await), [id(4), id(1)]);
    assert_eq!(ids(listed(&fixture, KeptOutcome::Refused, None, 10).await), [id(3), id(2)]);
    let twice = fixture.store.write(unit!(|tx| tx.keep_message(KeptRing::Accepted, &message(1)).await)).await;
    assert_eq!(twice, Err(StoreError::Unique { constraint: Constraint::PrimaryKey }));
}

pub(crate) async fn a_ring_keeps_the_last_and_no_more(fixture: Fixture) {
    seed(&fixture).await;
    let trimmed = fixture
        .write(unit!(|tx| {
            tx.keep_message(KeptRing::Proved, &refused(0, "AUD-0000")).await?;
            for n in 1..=KEPT_MESSAGES + 5 {
                tx.keep_message(KeptRing::Accepted, &message(n)).await?;
            }
            tx.trim_messages(connection_id(1), KeptRing::Accepted).await
        }))
        .await;
    assert_eq!(trimmed, 5);
    let kept = listed(&fixture, KeptOutcome::Accepted, None, 1000).await;
    assert_eq!((kept.len(), kept.last().map(|head| head.id)), (KEPT_MESSAGES as usize, Some(id(6))));
    assert_eq!(listed(&fixture, KeptOutcome::Refused, None, 10).await.len(), 1, "the other ring is as it was");
    let again = unit!(|tx| tx.trim_messages(connection_id(1), KeptRing::Accepted).await);
    assert_eq!(fixture.write(again).await, 0);
}

pub(crate) async fn an_answer_is_found_by_what_is_known_of_it(fixture: Fixture) {
    seed(&fixture).await;
    let mut answered = refused(2, "AUD-7K2Q");
    answered.head.attempt = Some(attempt(1));
    let wanted = answered.clone();
    fixture
        .write(unit!(|tx| {
            tx.keep_message(KeptRing::Accepted, &message(1)).await?;
            tx.keep_message(KeptRing::Proved, &answered).await
        }))
        .await;
    let found = |by: KeptBy| fixture.read(unit!(|tx| tx.find_messages(&by).await));
    for by in [KeptBy::Id(id(2)), KeptBy::Attempt(attempt(1)), KeptBy::Code("AUD-7K2Q".to_owned())] {
        assert_eq!(found(by).await, std::slice::from_ref(&wanted));
    }
    for by in [KeptBy::Id(id(3)), KeptBy::Attempt(attempt(2)), KeptBy::Code("AUD-7K2".to_owned())] {
        assert_eq!(found(by).await, []);
    }
}

pub(crate) async fn earlier_answers_that_hold_are_found(fixture: Fixture) {
    seed(&fixture).await;
    fixture
        .write(unit!(|tx| {
            for n in [1, 2, 4] {
                tx.keep_message(KeptRing::Accepted, &message(n)).await?;
            }
            tx.keep_message(KeptRing::Proved, &refused(3, "AUD-0003")).await
        }))
        .await;
    let before = fixture.read(unit!(|tx| tx.accepted_before(connection_id(1), id(4), 10).await)).await;
    assert_eq!(before, [message(2), message(1)]);
    let last = fixture.read(unit!(|tx| tx.accepted_before(connection_id(1), id(4), 1).await)).await;
    assert_eq!(last, [message(2)]);
}

pub(crate) async fn a_turned_away_person_is_noted_at_the_answer_that_holds(fixture: Fixture) {
    seed(&fixture).await;
    let with = |n, message: KeptMessage| KeptMessage {
        head: KeptHead { attempt: Some(attempt(n)), ..message.head },
        ..message
    };
    let (holds, failed, other) = (with(1, message(2)), with(1, refused(1, "AUD-0001")), with(2, message(3)));
    fixture
        .write(unit!(|tx| {
            tx.keep_message(KeptRing::Unproved, &failed).await?;
            tx.keep_message(KeptRing::Accepted, &holds).await?;
            tx.keep_message(KeptRing::Accepted, &other).await?;
            tx.note_turned_away(attempt(1), "not_invited", "NOT-7K2Q").await
        }))
        .await;
    let told = |head: KeptHead| (head.id, head.turned_away, head.code);
    let all: Vec<_> = listed(&fixture, KeptOutcome::Any, None, 10).await.into_iter().map(told).collect();
    let noted = (id(2), Some("not_invited".to_owned()), Some("NOT-7K2Q".to_owned()));
    assert_eq!(all, [(id(3), None, None), noted, (id(1), None, Some("AUD-0001".to_owned()))]);
}

pub(crate) async fn kept_answers_go_with_their_time_their_connection_and_their_person(fixture: Fixture) {
    seed(&fixture).await;
    let keep = |from: u32| {
        unit!(|tx| {
            for n in from..from + 3 {
                tx.keep_message(KeptRing::Accepted, &message(n)).await?;
            }
            Ok(())
        })
    };
    fixture.write(keep(1)).await;
    let before = now() + SignedDuration::from_secs(3);
    assert_eq!(fixture.write(unit!(|tx| tx.sweep_kept(None, before, 100).await)).await, 2);
    assert_eq!(listed(&fixture, KeptOutcome::Any, None, 10).await.len(), 1);
    let identity = Identity {
        connection: connection_id(1),
        subject: Subject::from_text("ada"),
        user: user_id(1),
        linked_at: now(),
    };
    let erased = event_of(50_301, Some(account_id(1)), Fact::UserErased { user: user_id(1) });
    fixture
        .write(unit!(|tx| {
            tx.link(&identity, &event(50_300)).await?;
            assert!(tx.erase_user(user_id(1), &erased).await?);
            Ok(())
        }))
        .await;
    assert_eq!(listed(&fixture, KeptOutcome::Any, None, 10).await, []);
    fixture.write(keep(10)).await;
    assert!(fixture.write(unit!(|tx| tx.remove_connection(connection_id(1), &event(50_302)).await)).await);
    assert_eq!(listed(&fixture, KeptOutcome::Any, None, 10).await, []);
}
