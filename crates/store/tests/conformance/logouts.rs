//! What is promised of single logout: sessions found by their names, and what we asked ourselves.

use jiff::SignedDuration;
use vestibule_domain::attempt::Asserted;
use vestibule_domain::logout::{Answer, LIFETIME, Outcome, PendingLogout};
use vestibule_domain::session::{self, SessionUser};
use vestibule_store::StoreError;
use vestibule_store::tx::{EndedSession, Named, SessionName};

use super::{
    Fixture, account_id, after, asserted, attempt_id, connection_id, event, finish, hash, logout_id, new_session, now,
    replay, seed, seed_asserted, session_id, unit, user_id,
};

/// User 1 signed in by session `n`, whose names are kept or not.
pub(super) async fn signed_in(fixture: &Fixture, n: u16, is_named: bool) {
    seed_asserted(fixture, n).await;
    let mut end = finish(n, 50_000 + 2 * n);
    let mut new = new_session(n, SessionUser::Known(user_id(1)));
    new.is_named = is_named;
    new.session.authentication.session_index = Some(format!("_s{n}"));
    end.session = Some(new);
    assert!(fixture.write(unit!(|tx| tx.finish(attempt_id(n), &end).await)).await);
}

fn index(connection: u16, n: u16) -> SessionName {
    SessionName::session_index(connection_id(connection), &format!("_s{n}"))
}

fn name_id(connection: u16, value: &str) -> SessionName {
    SessionName::name_id(connection_id(connection), value)
}

async fn named(fixture: &Fixture, connection: u16, name: SessionName) -> Named {
    fixture.read(unit!(|tx| tx.sessions_named(connection_id(connection), name, after(9)).await)).await
}

fn open(sessions: &[u16]) -> Named {
    Named { open: sessions.iter().map(|n| session_id(*n)).collect(), ended: false }
}

/// E-40: by the session's own name, or by the person's; never another connection's (A26.1).
pub(crate) async fn a_session_is_found_by_the_names_of_its_connection(fixture: Fixture) {
    seed(&fixture).await;
    signed_in(&fixture, 1, true).await;
    signed_in(&fixture, 2, true).await;
    assert_eq!(named(&fixture, 1, index(1, 2)).await, open(&[2]));
    assert_eq!(named(&fixture, 1, name_id(1, "ada")).await, open(&[1, 2]));
    assert_eq!(named(&fixture, 1, name_id(1, "_s1")).await, Named::default(), "another kind of name");
    assert_eq!(named(&fixture, 2, index(2, 1)).await, Named::default(), "another connection");
    let of_another = named(&fixture, 2, index(1, 1)).await;
    assert_eq!(of_another, Named { open: vec![], ended: true }, "even by its hash, no session of another one");

    let end = unit!(|tx| tx.end_sessions(&[session_id(2), session_id(7)], now()).await);
    let ended = EndedSession { id: session_id(2), account: account_id(1) };
    assert_eq!(fixture.write(end).await, [ended], "what there was");
    assert_eq!(named(&fixture, 1, name_id(1, "ada")).await, Named { open: vec![session_id(1)], ended: true });
    assert_eq!(fixture.read(unit!(|tx| tx.session(&hash(2), now()).await)).await, None);
    assert_eq!(fixture.read(unit!(|tx| tx.code_grant(&hash(2), now()).await)).await, None, "nor its code");
}

/// XC-13: a sign-in between its answer and its end is ended by the names of its connection, once; never another's (A26.1).
pub(crate) async fn a_sign_in_on_its_way_is_ended_by_its_names(fixture: Fixture) {
    seed(&fixture).await;
    for n in [1, 2] {
        seed_asserted(&fixture, n).await;
        let said = Asserted { session_index: Some(format!("_s{n}")), ..asserted() };
        fixture.write(unit!(|tx| tx.name_attempt(attempt_id(n), connection_id(1), &said).await)).await;
    }
    let end = async |connection: u16, name| {
        fixture.write(unit!(|tx| tx.end_attempts_named(connection_id(connection), name).await)).await
    };
    assert_eq!(end(2, index(1, 1)).await, []);
    assert_eq!(end(1, index(1, 1)).await, [account_id(1)]);
    assert_eq!(end(1, index(1, 1)).await, []);
    let late = finish(1, 50_002);
    assert!(!fixture.write(unit!(|tx| tx.finish(attempt_id(1), &late).await)).await);
    let other = finish(2, 50_004);
    assert!(fixture.write(unit!(|tx| tx.finish(attempt_id(2), &other).await)).await);
}

pub(crate) async fn a_session_without_names_is_found_by_none(fixture: Fixture) {
    seed(&fixture).await;
    signed_in(&fixture, 1, false).await;
    assert_eq!(named(&fixture, 1, index(1, 1)).await, Named::default());
    assert_eq!(named(&fixture, 1, name_id(1, "ada")).await, Named::default());
}

pub(crate) async fn a_name_seen_earlier_leads_to_the_one_that_signs_in(fixture: Fixture) {
    let pairwise = name_id(1, "7PkQ…");
    let known = || fixture.store.read::<_, StoreError, _>(unit!(|tx| tx.earlier_name(pairwise).await));
    assert_eq!(known().await, Ok(None));
    for value in ["ada", "bob"] {
        let keep = unit!(|tx| tx.keep_earlier_name(pairwise, name_id(1, value), now()).await);
        fixture.write(keep).await;
        assert_eq!(known().await, Ok(Some(name_id(1, value))), "the last word counts");
    }
}

pub(crate) async fn a_message_is_remembered_once(fixture: Fixture) {
    let remember = |id: &'static str| fixture.store.write(unit!(|tx| tx.remember_message(&replay(id)).await));
    assert_eq!(remember("_1").await, Ok(true));
    assert_eq!(remember("_1").await, Ok(false));
    assert_eq!(remember("_2").await, Ok(true));
}

fn pending(n: u16) -> PendingLogout {
    PendingLogout {
        id: logout_id(n),
        account: account_id(1),
        connection: connection_id(1),
        origin: "https://acme.example.com".to_owned(),
        // Every second one was wanted by an application.
        onward: n.is_multiple_of(2).then(|| "https://app.example.com/bye?state=1".to_owned()),
        created_at: now(),
        expires_at: now() + LIFETIME,
        answer: None,
    }
}

pub(crate) async fn a_logout_is_answered_once_and_in_time(fixture: Fixture) {
    for n in [1, 2] {
        fixture.write(unit!(|tx| tx.insert_logout(&pending(n), &event(n)).await)).await;
    }
    let partial = Answer { outcome: Outcome::Partial, said: Some("AADSTS50068: no such session".to_owned()) };
    let answer = |n: u16, at| {
        let answer = partial.clone();
        fixture.store.write(unit!(|tx| tx.answer_logout(logout_id(n), &answer, at, &event(9 + n)).await))
    };
    let found = |n: u16, at| fixture.store.read::<_, StoreError, _>(unit!(|tx| tx.logout(logout_id(n), at).await));
    assert_eq!(found(1, after(9)).await, Ok(Some(pending(1))));
    assert_eq!((answer(1, after(9)).await, answer(1, after(9)).await), (Ok(true), Ok(false)));
    assert_eq!(found(1, after(9)).await, Ok(Some(PendingLogout { answer: Some(partial.clone()), ..pending(1) })));
    let end = now() + LIFETIME;
    assert_eq!((answer(2, end).await, found(2, end).await), (Ok(false), Ok(None)), "too late");
    assert_eq!((answer(3, after(9)).await, found(3, after(9)).await), (Ok(false), Ok(None)), "never begun");
    assert_eq!(fixture.events().await, 3);
}

pub(crate) async fn what_is_left_of_logouts_is_swept(fixture: Fixture) {
    seed(&fixture).await;
    signed_in(&fixture, 1, true).await;
    fixture.write(unit!(|tx| tx.insert_logout(&pending(1), &event(1)).await)).await;
    fixture.write(unit!(|tx| tx.keep_earlier_name(name_id(1, "p"), name_id(1, "ada"), now()).await)).await;
    fixture.write(unit!(|tx| tx.end_sessions(&[session_id(1)], now()).await)).await;
    let sweep = |at| fixture.store.write(unit!(|tx| tx.sweep(at, 100).await));
    let second = SignedDuration::from_secs(1);
    // The code, the attempt, the assertion, and the logout that was never answered.
    assert_eq!(sweep(now() + LIFETIME + second).await, Ok(3));
    assert_eq!(named(&fixture, 1, index(1, 1)).await, Named { open: vec![], ended: true }, "as long as it could live");
    assert_eq!(sweep(now() + session::ABSOLUTE + second).await, Ok(1 + 2), "the assertion and two names");
    assert_eq!(named(&fixture, 1, index(1, 1)).await, Named::default());
    let year = SignedDuration::from_hours(365 * 24);
    assert_eq!(sweep(now() + year).await, Ok(0));
    assert_eq!(sweep(now() + year + year).await, Ok(1), "a name that nobody used any more");
}
