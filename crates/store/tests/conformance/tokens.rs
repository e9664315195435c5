//! What is promised of sessions, codes and tokens.

use vestibule_domain::session::{self, SessionUser};
use vestibule_domain::user::{Profile, UserState};
use vestibule_store::tx::{Redeemed, SessionsOf};

use super::{
    Fixture, account_id, after, attempt_id, connection_id, event, finish, hash, new_code, new_session, new_token, now,
    seed, seed_asserted, session_id, unit, user, user_id,
};

/// User 1 signed in by session and code `n`.
async fn signed_in(fixture: &Fixture, n: u16) {
    seed_asserted(fixture, n).await;
    assert!(fixture.write(unit!(|tx| tx.finish(attempt_id(n), &finish(n, 50_000 + 2 * n)).await)).await);
}

pub(crate) async fn a_session_opens_until_its_end_and_for_active_people_only(fixture: Fixture) {
    seed(&fixture).await;
    signed_in(&fixture, 1).await;
    let expected = new_session(1, SessionUser::Known(user_id(1))).session;
    let found = fixture.read(unit!(|tx| tx.session(&hash(1), now()).await)).await;
    assert_eq!(found, Some((expected, Some(user(1, account_id(1))))));
    assert_eq!(fixture.read(unit!(|tx| tx.session(&hash(2), now()).await)).await, None);
    let end = now() + session::ABSOLUTE;
    assert_eq!(fixture.read(unit!(|tx| tx.session(&hash(1), end).await)).await, None, "at its end");
    let mut suspended = user(1, account_id(1));
    suspended.state = UserState::Suspended;
    fixture.write(unit!(|tx| tx.save_user(&suspended, &event(1)).await)).await;
    assert_eq!(fixture.read(unit!(|tx| tx.session(&hash(1), now()).await)).await, None, "suspended");
}

pub(crate) async fn a_session_of_somebody_passed_through_has_no_record(fixture: Fixture) {
    seed(&fixture).await;
    seed_asserted(&fixture, 1).await;
    let profile = Profile { display_name: Some("Ada Mín".to_owned()), ..Profile::default() };
    let passing = SessionUser::PassedThrough { sub: "s-1".to_owned(), profile };
    let mut end = finish(1, 1);
    end.session = Some(new_session(1, passing.clone()));
    assert!(fixture.write(unit!(|tx| tx.finish(attempt_id(1), &end).await)).await);
    let (session, person) = fixture.read(unit!(|tx| tx.session(&hash(1), now()).await)).await.unwrap();
    assert_eq!((session.user, person), (passing, None));
}

pub(crate) async fn sessions_end_one_by_one_and_all_at_once(fixture: Fixture) {
    seed(&fixture).await;
    for n in 1..=4 {
        signed_in(&fixture, n).await;
    }
    let open = || {
        fixture.store.read::<Vec<_>, vestibule_store::StoreError, _>(unit!(|tx| {
            Ok(tx.sessions_of(user_id(1), now()).await?.iter().map(|session| session.id).collect())
        }))
    };
    assert_eq!(open().await, Ok((1..=4).map(session_id).collect()));
    let end = |n: u16| fixture.store.write(unit!(|tx| tx.end_session(&hash(2), &event(n)).await));
    assert_eq!((end(1).await, end(2).await), (Ok(true), Ok(false)));
    assert_eq!(open().await.unwrap().len(), 3);
    let all = |whose, n: u16| fixture.store.write(unit!(|tx| tx.end_sessions_of(whose, &event(n)).await));
    assert_eq!(all(SessionsOf::Connection(connection_id(2)), 3).await, Ok(0));
    assert_eq!(all(SessionsOf::User(user_id(1)), 4).await, Ok(3));
    assert_eq!(all(SessionsOf::Connection(connection_id(1)), 5).await, Ok(0));
    assert_eq!(open().await, Ok(vec![]));
}

pub(crate) async fn a_session_without_a_connection_outlives_them_all(fixture: Fixture) {
    seed(&fixture).await;
    seed_asserted(&fixture, 1).await;
    let mut end = finish(1, 50_010);
    if let Some(new) = &mut end.session {
        new.session.connection = None;
        new.session.authentication.name_id = None;
    }
    let expected = end.session.clone().map(|new| (new.session, Some(user(1, account_id(1)))));
    assert!(fixture.write(unit!(|tx| tx.finish(attempt_id(1), &end).await)).await);
    let whose = SessionsOf::Connection(connection_id(1));
    assert_eq!(fixture.write(unit!(|tx| tx.end_sessions_of(whose, &event(21)).await)).await, 0);
    fixture.write(unit!(|tx| tx.remove_connection(connection_id(1), &event(22)).await)).await;
    assert_eq!(fixture.read(unit!(|tx| tx.session(&hash(1), now()).await)).await, expected);
    let whose = SessionsOf::User(user_id(1));
    assert_eq!(fixture.write(unit!(|tx| tx.end_sessions_of(whose, &event(23)).await)).await, 1);
}

pub(crate) async fn a_code_is_redeemed_once_and_a_second_use_takes_the_token(fixture: Fixture) {
    seed(&fixture).await;
    signed_in(&fixture, 1).await;
    let redeem = |token: u16, n: u16| {
        let redeem = unit!(|tx| tx.redeem_code(&hash(1), after(5), &new_token(token), &event(n), &event(n + 1)).await);
        fixture.store.write(redeem)
    };
    assert_eq!(fixture.read(unit!(|tx| tx.code_grant(&hash(1), after(5)).await)).await, Some(new_code(1).grant));
    let before = fixture.events().await;
    assert_eq!(redeem(11, 1).await, Ok(Redeemed::Grant(new_code(1).grant)));
    let token = fixture.read(unit!(|tx| tx.token(&hash(11), after(9)).await)).await.unwrap();
    assert_eq!((token.grant, token.session), (new_token(11).grant, session_id(1)));
    assert_eq!(redeem(12, 3).await, Ok(Redeemed::Reused));
    assert_eq!(fixture.read(unit!(|tx| tx.token(&hash(11), after(9)).await)).await, None);
    assert_eq!(fixture.read(unit!(|tx| tx.token(&hash(12), after(9)).await)).await, None);
    assert_eq!(redeem(13, 5).await, Ok(Redeemed::Reused));
    assert_eq!(fixture.events().await, before + 3);
}

pub(crate) async fn a_code_past_its_end_is_unknown(fixture: Fixture) {
    seed(&fixture).await;
    signed_in(&fixture, 1).await;
    fixture.write(unit!(|tx| tx.insert_code(&new_code(2), &event(9)).await)).await;
    for (code, at) in [(1, after(60)), (2, after(60)), (77, now())] {
        let redeem = unit!(|tx| tx.redeem_code(&hash(code), at, &new_token(9), &event(1), &event(2)).await);
        assert_eq!(fixture.write(redeem).await, Redeemed::Unknown);
        assert_eq!(fixture.read(unit!(|tx| tx.code_grant(&hash(code), at).await)).await, None);
    }
}

/// A session that ended between the check of its code and the write that redeems it opens nothing.
pub(crate) async fn a_code_of_a_session_that_has_ended_is_unknown(fixture: Fixture) {
    seed(&fixture).await;
    signed_in(&fixture, 1).await;
    let mut short = finish(2, 50_010);
    if let Some(new) = &mut short.session {
        new.session.expires_at = after(5);
    }
    seed_asserted(&fixture, 2).await;
    assert!(fixture.write(unit!(|tx| tx.finish(attempt_id(2), &short).await)).await);
    assert!(fixture.read(unit!(|tx| tx.code_grant(&hash(2), after(4)).await)).await.is_some(), "checked in time");
    let before = fixture.events().await;
    let redeem = |code: u16, at| {
        fixture.store.write(unit!(|tx| tx.redeem_code(&hash(code), at, &new_token(9), &event(1), &event(2)).await))
    };
    assert_eq!(redeem(2, after(5)).await, Ok(Redeemed::Unknown), "at its session's end");
    fixture.write(unit!(|tx| tx.end_session(&hash(1), &event(3)).await)).await;
    assert_eq!(redeem(1, now()).await, Ok(Redeemed::Unknown), "signed out");
    assert_eq!(fixture.read(unit!(|tx| tx.token(&hash(9), now()).await)).await, None);
    assert_eq!(fixture.events().await, before + 1, "only the end of the session");
}

pub(crate) async fn a_token_lives_no_longer_than_its_session(fixture: Fixture) {
    seed(&fixture).await;
    signed_in(&fixture, 1).await;
    let redeem = unit!(|tx| tx.redeem_code(&hash(1), now(), &new_token(9), &event(1), &event(2)).await);
    fixture.write(redeem).await;
    let holds = |at| fixture.store.read(unit!(|tx| tx.token(&hash(9), at).await));
    assert!(holds(after(599)).await.unwrap().is_some());
    assert_eq!(holds(after(600)).await, Ok(None), "its own end");
    fixture.write(unit!(|tx| tx.end_session(&hash(1), &event(3)).await)).await;
    assert_eq!(holds(after(9)).await, Ok(None), "its session's");
}
