//! What is promised of the audit log, of sweeping, of leases and of opening.

use jiff::SignedDuration;
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::session::{self, SessionUser};
use vestibule_store::StoreError;
use vestibule_store::tx::EventFilter;

use super::{
    Fixture, account_id, after, attempt, attempt_id, event, event_of, finish, hash, new_code, new_session, new_token,
    now, seed, seed_asserted, unit, user_id,
};

const ALL: EventFilter = EventFilter { account: None, user: None, before: None, limit: 100 };

pub(crate) async fn events_are_found_by_account_person_and_page(fixture: Fixture) {
    let fact = |n: u16| Fact::UserCreated { user: user_id(n) };
    let by_admin = AuditEvent {
        actor: Actor::User(user_id(2)),
        ..event_of(
            4,
            Some(account_id(1)),
            Fact::SignedOut { session: super::session_id(1), user: None, connection: None },
        )
    };
    let lines = [
        event_of(1, Some(account_id(1)), fact(1)),
        event_of(2, Some(account_id(2)), fact(2)),
        event_of(3, None, fact(1)),
        by_admin,
    ];
    let written = lines.clone();
    fixture
        .write(unit!(|tx| {
            for line in &written {
                tx.insert_event(line).await?;
            }
            Ok(())
        }))
        .await;
    let found = |filter: EventFilter| fixture.store.read(unit!(|tx| tx.events(&filter).await));
    let pick = |places: &[usize]| Ok::<_, StoreError>(places.iter().map(|n| lines[*n].clone()).collect::<Vec<_>>());
    assert_eq!(found(ALL).await, pick(&[3, 2, 1, 0]), "the newest first");
    assert_eq!(found(EventFilter { account: Some(account_id(1)), ..ALL }).await, pick(&[3, 0]));
    assert_eq!(found(EventFilter { user: Some(user_id(1)), ..ALL }).await, pick(&[2, 0]));
    let both = EventFilter { account: Some(account_id(1)), user: Some(user_id(2)), ..ALL };
    assert_eq!(found(both).await, pick(&[3]), "what a person did");
    let page = EventFilter { before: Some(lines[2].id), limit: 1, ..ALL };
    assert_eq!(found(page).await, pick(&[1]));
}

pub(crate) async fn what_is_over_is_swept_in_small_batches_and_the_rest_stays(fixture: Fixture) {
    seed(&fixture).await;
    for n in 1..=5 {
        seed_asserted(&fixture, n).await;
        assert!(fixture.write(unit!(|tx| tx.finish(attempt_id(n), &finish(n, 50_000 + 2 * n)).await)).await);
        let redeem = unit!(|tx| {
            tx.redeem_code(&hash(n), now(), &new_token(n), &event(40_000 + n), &event(41_000 + n)).await
        });
        fixture.write(redeem).await;
    }
    let sweep = |at| fixture.store.write(unit!(|tx| tx.sweep(at, 3).await));
    assert_eq!(sweep(now()).await, Ok(0), "nothing is over");
    // Codes at 60 s, tokens at 600 s, attempts at 30 min, assertions at 1 h, sessions at 12 h.
    assert_eq!(sweep(after(60)).await, Ok(3));
    assert_eq!(sweep(after(60)).await, Ok(2));
    assert_eq!(sweep(after(60)).await, Ok(0));
    assert_eq!(sweep(after(601)).await, Ok(3));
    assert_eq!(sweep(after(1802)).await, Ok(2 + 3), "tokens and attempts");
    assert!(fixture.read(unit!(|tx| tx.session(&hash(1), after(1802)).await)).await.is_some());
    assert_eq!(sweep(after(3600)).await, Ok(2 + 3), "attempts and assertions");
    assert_eq!(sweep(after(3600)).await, Ok(2));
    let end = now() + session::ABSOLUTE + SignedDuration::from_secs(1);
    assert_eq!(sweep(end).await, Ok(3));
    assert_eq!(sweep(end).await, Ok(2));
    assert_eq!(sweep(end).await, Ok(0));
    assert_eq!(fixture.read(unit!(|tx| tx.attempt(attempt_id(1)).await)).await, None);
    // What is swept may come again.
    fixture.write(unit!(|tx| tx.insert_attempt(&attempt(1), &event(1)).await)).await;
    let session = new_session(1, SessionUser::Known(user_id(1)));
    assert_eq!((session.token_hash, new_code(1).hash), (hash(1), hash(1)));
}

pub(crate) async fn a_lease_is_one_holders_until_its_end(fixture: Fixture) {
    let take = |holder: &'static str, at: i64, until: i64| {
        fixture.store.write(unit!(|tx| tx.take_lease("sweep", holder, after(at), after(until)).await))
    };
    assert_eq!(take("one", 0, 60).await, Ok(true));
    assert_eq!(take("two", 59, 120).await, Ok(false));
    assert_eq!(take("one", 30, 90).await, Ok(true), "its holder keeps it");
    assert_eq!(take("two", 60, 120).await, Ok(false));
    assert_eq!(take("two", 90, 150).await, Ok(true));
    let other = unit!(|tx| tx.take_lease("refresh", "one", after(0), after(60)).await);
    assert!(fixture.write(other).await, "another piece of work");
}

/// Opening twice applies nothing twice: the fixture of PostgreSQL opens two nodes at once.
pub(crate) async fn a_changed_or_newer_series_of_migrations_is_not_reached_by_opening_again(fixture: Fixture) {
    for store in [&fixture.store, &fixture.other_node] {
        store.read(unit!(|tx| tx.ping().await)).await.unwrap();
        let version = store.read(unit!(|tx| tx.deployment_version().await)).await;
        assert_eq!(version, Ok(1));
    }
}

pub(crate) async fn what_is_kept_for_a_time_only_goes_after_it(fixture: Fixture) {
    use vestibule_store::tx::{RecentAnswer, Ring};
    seed(&fixture).await;
    let answer = |at| RecentAnswer { at, attempt: None, code: None, report: "{}".to_owned() };
    fixture
        .write(unit!(|tx| {
            for seconds in [0, 60] {
                tx.keep_answer(super::connection_id(1), Ring::Proved, &answer(after(seconds))).await?;
            }
            for n in 1..=3 {
                tx.insert_event(&event(50_000 + n)).await?;
            }
            Ok(())
        }))
        .await;
    let lines = fixture.events().await;
    let swept = |audit, answers| fixture.store.write(unit!(|tx| tx.sweep_kept(audit, answers, 100).await));
    assert_eq!(swept(None, after(30)).await, Ok(1), "the older answer");
    assert_eq!(swept(None, after(30)).await, Ok(0));
    assert_eq!(fixture.events().await, lines, "the log is kept for ever");
    assert_eq!(swept(Some(now() - SignedDuration::from_hours(24 * 365)), after(30)).await, Ok(0), "all is younger");
    let all = u64::try_from(lines).unwrap();
    assert_eq!(swept(Some(now() + SignedDuration::from_hours(24 * 365)), after(30)).await, Ok(all));
    assert_eq!(fixture.events().await, 0);
}

pub(crate) async fn a_person_is_forgotten_with_all_that_leads_to_them(fixture: Fixture) {
    seed(&fixture).await;
    let other = super::user(2, account_id(1));
    fixture.write(unit!(|tx| tx.insert_user(&other, &event(50_009)).await)).await;
    let of_person = event_of(50_010, Some(account_id(1)), Fact::UserErased { user: user_id(1) });
    let again = of_person.clone();
    assert!(fixture.write(unit!(|tx| tx.erase_user(user_id(1), &of_person).await)).await);
    assert!(!fixture.write(unit!(|tx| tx.erase_user(user_id(1), &again).await)).await, "once, and one line");
    let (user, identities, sessions) = fixture
        .read(unit!(|tx| {
            let user = tx.user(user_id(1)).await?;
            Ok((user, tx.identities_of(user_id(1)).await?, tx.sessions_of(user_id(1), now()).await?))
        }))
        .await;
    assert_eq!((user, identities, sessions), (None, vec![], vec![]));
    assert!(fixture.read(unit!(|tx| tx.user(user_id(2)).await)).await.is_some(), "others stay");
}
