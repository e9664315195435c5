//! What is promised of attempts to sign in.

use vestibule_domain::attempt::{Progress, Purpose, SignInAttempt};
use vestibule_domain::connection::{Connection, ConnectionState};
use vestibule_domain::user::{Identity, Subject};
use vestibule_domain::ways::SignInBy;
use vestibule_store::tx::{Finish, RECENT_ANSWERS, RecentAnswer, Recorded, Replay, Ring, SessionsOf, UserChange};
use vestibule_store::{Constraint, StoreError};

use super::{
    Fixture, account, account_id, asserted, attempt, attempt_id, connection, connection_id, event, finish, hash, now,
    replay, seed, seed_asserted, unit, user, user_id,
};

async fn progress(fixture: &Fixture, n: u16) -> Progress {
    fixture.read(unit!(|tx| tx.attempt(attempt_id(n)).await)).await.unwrap().progress
}

pub(crate) async fn an_attempt_goes_from_started_to_finished_once(fixture: Fixture) {
    seed(&fixture).await;
    fixture.write(unit!(|tx| tx.insert_attempt(&attempt(1), &event(1)).await)).await;
    let facts = fixture.read(unit!(|tx| tx.attempt(attempt_id(1)).await)).await.unwrap();
    assert_eq!(facts.attempt, attempt(1));
    assert_eq!((facts.progress, facts.connection_state), (Progress::Started, ConnectionState::Active));
    assert_eq!((facts.connection_version, facts.owner_version), (1, 1));
    assert!(!fixture.write(unit!(|tx| tx.finish(attempt_id(1), &finish(1, 2)).await)).await, "not yet");

    let accept = |n| {
        let accept =
            unit!(|tx| tx.record_accepted(attempt_id(1), &asserted(), Some("{}"), &replay("_a"), &event(n)).await);
        fixture.store.write(accept)
    };
    assert_eq!(accept(4).await, Ok(Recorded::First));
    assert_eq!(accept(5).await, Ok(Recorded::Replayed));
    let next = fixture.read(unit!(|tx| tx.continuation(attempt_id(1)).await)).await.unwrap();
    assert_eq!((next.facts.progress, next.asserted), (Progress::Asserted, Some(asserted())));
    assert_eq!((next.refusal, next.report.as_deref()), (None, Some("{}")));

    assert!(fixture.write(unit!(|tx| tx.finish(attempt_id(1), &finish(1, 6)).await)).await);
    assert!(!fixture.write(unit!(|tx| tx.finish(attempt_id(1), &finish(2, 8)).await)).await, "once");
    assert_eq!(progress(&fixture, 1).await, Progress::Finished);
    let session = fixture.read(unit!(|tx| tx.session(&hash(1), now()).await)).await;
    assert_eq!(session.unwrap().1.unwrap().id, user_id(1));
    assert_eq!(fixture.events().await, 3 + 1 + 1 + 2, "an event for what happened, none for what did not");
    assert_eq!(fixture.read(unit!(|tx| tx.attempt(attempt_id(2)).await)).await, None);
}

pub(crate) async fn a_refused_attempt_stays_refused(fixture: Fixture) {
    seed(&fixture).await;
    fixture
        .write(unit!(|tx| {
            tx.insert_attempt(&attempt(1), &event(1)).await?;
            assert!(tx.record_refused(attempt_id(1), "audience", "{}", Some(&event(2))).await?);
            assert!(!tx.record_refused(attempt_id(1), "destination", "{}", Some(&event(3))).await?);
            let accepted = tx.record_accepted(attempt_id(1), &asserted(), None, &replay("_a"), &event(4)).await?;
            assert_eq!(accepted, Recorded::NotPending);
            assert!(!tx.refuse_admission(attempt_id(1), "unknown", None, &event(5)).await?);
            assert!(!tx.finish(attempt_id(1), &finish(1, 6)).await?);
            Ok(())
        }))
        .await;
    let end = fixture.read(unit!(|tx| tx.continuation(attempt_id(1)).await)).await.unwrap();
    assert_eq!(end.facts.progress, Progress::Refused);
    assert_eq!((end.refusal.as_deref(), end.report.as_deref()), (Some("audience"), Some("{}")));
    assert_eq!(end.asserted, None);
}

pub(crate) async fn an_assertion_is_used_once_per_connection_and_issuer(fixture: Fixture) {
    seed(&fixture).await;
    seed_asserted(&fixture, 1).await;
    let used = replay("_a1");
    let others = [
        (Replay { connection: connection_id(2), ..used.clone() }, Recorded::First),
        (Replay { issuer: "https://idp.example.com".to_owned(), ..used.clone() }, Recorded::First),
        // The same letters, cut elsewhere.
        (
            Replay { issuer: "https://idp.example.com/_".to_owned(), assertion_id: "a1".to_owned(), ..used.clone() },
            Recorded::First,
        ),
        (used, Recorded::Replayed),
    ];
    for (n, (replay, expected)) in (2..).zip(others) {
        let outcome = fixture
            .write(unit!(|tx| {
                tx.insert_attempt(&attempt(n), &event(2 * n)).await?;
                tx.record_accepted(attempt_id(n), &asserted(), None, &replay, &event(2 * n + 1)).await
            }))
            .await;
        assert_eq!(outcome, expected, "{n}");
    }
    assert_eq!(progress(&fixture, 5).await, Progress::Started, "a replay does not touch the attempt");
}

pub(crate) async fn an_accepted_answer_to_a_done_attempt_leaves_no_trace(fixture: Fixture) {
    seed(&fixture).await;
    seed_asserted(&fixture, 1).await;
    let accept = |attempt: u16, n| {
        let accept =
            unit!(|tx| tx.record_accepted(attempt_id(attempt), &asserted(), None, &replay("_b"), &event(n)).await);
        fixture.store.write(accept)
    };
    assert_eq!(accept(1, 1).await, Ok(Recorded::NotPending));
    assert_eq!(accept(77, 2).await, Ok(Recorded::NotPending), "no such attempt");
    fixture.write(unit!(|tx| tx.insert_attempt(&attempt(2), &event(3)).await)).await;
    assert_eq!(accept(2, 4).await, Ok(Recorded::First), "the assertion was not used up");
}

pub(crate) async fn an_unsolicited_answer_is_taken_once(fixture: Fixture) {
    seed(&fixture).await;
    let connection = fixture.read(unit!(|tx| tx.connection(connection_id(1)).await)).await.unwrap();
    let take = |n: u16, version: i64| {
        let take = unit!(|tx| {
            tx.insert_accepted_unsolicited(&attempt(n), version, &asserted(), &replay("_u"), &event(n)).await
        });
        fixture.store.write(take)
    };
    let older = take(1, connection.version - 1).await;
    assert_eq!(older, Ok(Recorded::NotPending), "the connection was changed since the answer was judged");
    assert_eq!(take(1, connection.version).await, Ok(Recorded::First), "the assertion was not used up");
    assert_eq!(take(2, connection.version).await, Ok(Recorded::Replayed));
    assert_eq!(progress(&fixture, 1).await, Progress::Asserted);
    assert_eq!(fixture.read(unit!(|tx| tx.attempt(attempt_id(2)).await)).await, None);
}

pub(crate) async fn a_finish_that_collides_changes_nothing(fixture: Fixture) {
    seed(&fixture).await;
    seed_asserted(&fixture, 1).await;
    let identity =
        |user| Identity { connection: connection_id(1), subject: Subject::from_text("ada"), user, linked_at: now() };
    let known = identity(user_id(1));
    fixture.write(unit!(|tx| tx.link(&known, &event(1)).await)).await;
    let newcomer = user(2, account_id(1));
    let collides = Finish { link: Some(identity(user_id(2))), user: UserChange::Insert(newcomer), ..finish(1, 2) };
    let outcome = fixture.store.write(unit!(|tx| tx.finish(attempt_id(1), &collides).await)).await;
    assert_eq!(outcome, Err(StoreError::Unique { constraint: Constraint::Identity }));
    assert_eq!(fixture.read(unit!(|tx| tx.user(user_id(2)).await)).await, None);

    let mut stale = user(1, account_id(1));
    stale.version = 7;
    let collides = Finish { user: UserChange::Save(stale), ..finish(1, 2) };
    let outcome = fixture.store.write(unit!(|tx| tx.finish(attempt_id(1), &collides).await)).await;
    assert_eq!(outcome, Err(StoreError::Stale { what: "user" }));
    assert_eq!(progress(&fixture, 1).await, Progress::Asserted, "it may be tried again");

    let mut changed = user(1, account_id(1));
    changed.profile.display_name = Some("Ada M.".to_owned());
    let holds = Finish { user: UserChange::Save(changed), ..finish(1, 2) };
    assert!(fixture.write(unit!(|tx| tx.finish(attempt_id(1), &holds).await)).await);
    assert_eq!(fixture.read(unit!(|tx| tx.user(user_id(1)).await)).await.unwrap().version, 2);
}

pub(crate) async fn a_person_who_asserted_may_still_be_refused(fixture: Fixture) {
    seed(&fixture).await;
    seed_asserted(&fixture, 1).await;
    fixture
        .write(unit!(|tx| {
            assert!(tx.refuse_admission(attempt_id(1), "not_invited", None, &event(1)).await?);
            assert!(!tx.refuse_admission(attempt_id(1), "not_invited", None, &event(2)).await?);
            assert!(!tx.finish(attempt_id(1), &finish(1, 3)).await?);
            let end = tx.continuation(attempt_id(1)).await?.unwrap();
            assert_eq!(end.refusal.as_deref(), Some("not_invited"));
            Ok(())
        }))
        .await;
}

/// A27.1: a pause between the decision and its write wins; a test needs no connection in force.
pub(crate) async fn nobody_is_signed_in_through_a_connection_that_was_paused_meanwhile(fixture: Fixture) {
    seed(&fixture).await;
    seed_asserted(&fixture, 1).await;
    let test = SignInAttempt { purpose: Purpose::Test, ..attempt(2) };
    fixture
        .write(unit!(|tx| {
            tx.insert_attempt(&test, &event(1)).await?;
            tx.record_accepted(attempt_id(2), &asserted(), None, &replay("_t"), &event(2)).await?;
            let paused = Connection { state: ConnectionState::Paused, ..connection(1, account_id(1)) };
            tx.save_connection(&paused, &event(3)).await
        }))
        .await;
    assert!(!fixture.write(unit!(|tx| tx.finish(attempt_id(1), &finish(1, 4)).await)).await);
    assert_eq!(fixture.read(unit!(|tx| tx.session(&hash(1), now()).await)).await, None);
    assert_eq!(progress(&fixture, 1).await, Progress::Asserted);
    let end = Finish { session: None, code: None, ..finish(2, 6) };
    assert!(fixture.write(unit!(|tx| tx.finish(attempt_id(2), &end).await)).await);
}

/// A27.1: with the sessions of a connection ends what would become one: attempts of other connections, tests, and what
/// is over stay as they are.
pub(crate) async fn what_is_under_way_through_a_connection_ends_with_its_sessions(fixture: Fixture) {
    seed(&fixture).await;
    seed_asserted(&fixture, 1).await;
    seed_asserted(&fixture, 2).await;
    assert!(fixture.write(unit!(|tx| tx.finish(attempt_id(2), &finish(2, 1)).await)).await);
    let test = SignInAttempt { purpose: Purpose::Test, ..attempt(4) };
    let elsewhere = SignInAttempt { connection: connection_id(2), ..attempt(5) };
    fixture
        .write(unit!(|tx| {
            tx.insert_attempt(&attempt(3), &event(3)).await?;
            tx.insert_attempt(&test, &event(4)).await?;
            tx.save_connection(&connection(2, account_id(1)), &event(5)).await?;
            tx.insert_attempt(&elsewhere, &event(6)).await?;
            tx.end_sessions_of(SessionsOf::Connection(connection_id(1)), &event(7)).await
        }))
        .await;
    let stands = [
        (1, Progress::Refused),
        (2, Progress::Finished),
        (3, Progress::Refused),
        (4, Progress::Started),
        (5, Progress::Started),
    ];
    for (n, wanted) in stands {
        assert_eq!(progress(&fixture, n).await, wanted, "attempt {n}");
    }
    assert!(!fixture.write(unit!(|tx| tx.finish(attempt_id(1), &finish(1, 8)).await)).await);
    let late = unit!(|tx| tx.record_accepted(attempt_id(3), &asserted(), None, &replay("_late"), &event(10)).await);
    assert_eq!(fixture.write(late).await, Recorded::NotPending);
}

/// A27.1: what is taken away between the decision and its write wins, and ends what rests on it; a test goes on.
pub(crate) async fn nobody_is_signed_in_by_a_way_that_was_taken_meanwhile(fixture: Fixture) {
    seed(&fixture).await;
    seed_asserted(&fixture, 1).await;
    seed_asserted(&fixture, 2).await;
    assert!(fixture.write(unit!(|tx| tx.finish(attempt_id(2), &finish(2, 1)).await)).await);
    let test = SignInAttempt { purpose: Purpose::Test, ..attempt(4) };
    let mut off = account(1);
    off.settings.sign_in = SignInBy::Off;
    fixture
        .write(unit!(|tx| {
            tx.insert_attempt(&attempt(3), &event(3)).await?;
            tx.insert_attempt(&test, &event(4)).await?;
            tx.save_account(&off, &event(5)).await
        }))
        .await;
    for (n, wanted) in [(1, Progress::Refused), (2, Progress::Finished), (3, Progress::Refused), (4, Progress::Started)]
    {
        assert_eq!(progress(&fixture, n).await, wanted, "attempt {n}");
    }
    assert!(fixture.read(unit!(|tx| tx.sessions_of(user_id(1), now()).await)).await.is_empty());
    fixture.write(unit!(|tx| tx.insert_attempt(&attempt(5), &event(6)).await)).await;
    let facts = fixture.read(unit!(|tx| tx.attempt(attempt_id(5)).await)).await.unwrap();
    assert_eq!((facts.owner, facts.is_way), (account_id(1), false));
    let replay = replay("_late");
    fixture.write(unit!(|tx| tx.record_accepted(attempt_id(5), &asserted(), None, &replay, &event(7)).await)).await;
    assert!(!fixture.write(unit!(|tx| tx.finish(attempt_id(5), &finish(5, 10)).await)).await);
}

/// What strangers send pushes out nothing that was proved.
pub(crate) async fn the_last_fifty_proved_and_the_last_fifty_unproved_answers_are_kept(fixture: Fixture) {
    seed(&fixture).await;
    let answer = |n: i64| RecentAnswer {
        at: super::after(n),
        attempt: Some(attempt_id(1)),
        code: (n % 2 == 0).then(|| "audience".to_owned()),
        report: format!("{{\"n\":{n}}}"),
    };
    fixture
        .write(unit!(|tx| {
            for n in 0..RECENT_ANSWERS + 7 {
                tx.keep_answer(connection_id(1), Ring::Proved, &answer(n)).await?;
            }
            for n in 100..2 * RECENT_ANSWERS + 103 {
                tx.keep_answer(connection_id(1), Ring::Unproved, &answer(n)).await?;
            }
            tx.keep_answer(connection_id(1), Ring::Proved, &answer(300)).await?;
            tx.keep_answer(connection_id(2), Ring::Proved, &answer(999)).await
        }))
        .await;
    let kept = fixture.read(unit!(|tx| tx.recent_answers(connection_id(1)).await)).await;
    let unproved = (RECENT_ANSWERS + 103..2 * RECENT_ANSWERS + 103).rev();
    let expected: Vec<_> = [300].into_iter().chain(unproved).chain((8..RECENT_ANSWERS + 7).rev()).map(answer).collect();
    assert_eq!(kept, expected);
}

/// The code on a page names the last octets of its line in the audit log.
pub(crate) async fn a_line_is_found_by_the_end_of_its_id(fixture: Fixture) {
    let line = event(0x0102);
    let written = line.clone();
    fixture
        .write(unit!(|tx| {
            tx.insert_event(&written).await?;
            tx.insert_event(&event(0x0202)).await
        }))
        .await;
    assert_eq!(fixture.read(unit!(|tx| tx.events_ending([1, 2]).await)).await, [line]);
    assert_eq!(fixture.read(unit!(|tx| tx.events_ending([2, 1]).await)).await, []);
}

/// A code that a page showed is found wherever it was kept, and nothing is found by a part of it.
pub(crate) async fn a_refusal_without_a_connection_is_kept_and_found_by_its_code(fixture: Fixture) {
    seed(&fixture).await;
    let refusal = |n: i64, code: &str| RecentAnswer {
        at: super::after(n),
        attempt: None,
        code: Some("not_found".to_owned()),
        report: format!("{{\"code\":\"{code}\"}}"),
    };
    let (lost, later, at_a_connection) = (refusal(1, "NOT-0001"), refusal(2, "NOT-0002"), refusal(3, "NOT-0001"));
    let written = (lost.clone(), later.clone(), at_a_connection.clone());
    fixture
        .write(unit!(|tx| {
            tx.keep_refusal(&written.0).await?;
            tx.keep_refusal(&written.1).await?;
            tx.keep_answer(connection_id(1), Ring::Unproved, &written.2).await
        }))
        .await;
    let kept = fixture.read(unit!(|tx| tx.recent_refusals().await)).await;
    assert_eq!(kept, [later, lost.clone()]);
    let found = fixture.read(unit!(|tx| tx.answers_with("NOT-0001").await)).await;
    assert_eq!(found, [(Some(connection_id(1)), at_a_connection), (None, lost)]);
    assert_eq!(fixture.read(unit!(|tx| tx.answers_with("NOT-000").await)).await, []);
}
