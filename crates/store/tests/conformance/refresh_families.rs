//! What is promised of refresh tokens, and of the access tokens of applications for themselves.

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::application::Application;
use vestibule_domain::id::FamilyId;
use vestibule_domain::session;
use vestibule_store::tx::{NewFamily, NewOwnToken, NewToken, Redeemed, Renewal, Renewed, SessionsOf};

use super::{
    Fixture, account_id, after, application, attempt_id, connection_id, event, finish, hash, new_token, now, seed,
    seed_asserted, session_id, unit, user_id,
};

pub(crate) fn family_id(n: u16) -> FamilyId {
    FamilyId::new(now(), [u8::try_from(n).unwrap(); 10])
}

/// When a family ends that outlives its session.
fn offline_end() -> Timestamp {
    now() + SignedDuration::from_hours(720)
}

pub(crate) fn new_family(n: u16, is_offline: bool) -> NewFamily {
    NewFamily {
        id: family_id(n),
        secret_hash: hash(n),
        client_id: "expenses".to_owned(),
        grant: format!(r#"{{"family":{n}}}"#),
        offline_until: is_offline.then(offline_end),
    }
}

/// User 1 signed in by session and code `n`, which gave token and family `n`.
pub(crate) async fn redeemed(fixture: &Fixture, n: u16, is_offline: bool) {
    seed_asserted(fixture, n).await;
    assert!(fixture.write(unit!(|tx| tx.finish(attempt_id(n), &finish(n, 50_000 + 2 * n)).await)).await);
    let token = NewToken { family: Some(new_family(n, is_offline)), ..new_token(n) };
    let (redeemed, reused) = (event(52_000 + n), event(53_000 + n));
    let redeem = unit!(|tx| tx.redeem_code(&hash(n), now(), &token, &redeemed, &reused).await);
    assert!(matches!(fixture.write(redeem).await, Redeemed::Grant(_)));
}

/// From the token of secret `old` to that of `new`, with access token `new`.
pub(crate) fn renewal(old: u16, new: u16) -> Renewal {
    Renewal {
        old: hash(old),
        new: hash(new),
        token_hash: hash(new),
        token_grant: r#"{"scope":"openid"}"#.to_owned(),
        token_expires_at: after(600),
    }
}

async fn renew(fixture: &Fixture, family: u16, old: u16, new: u16, at: Timestamp) -> Renewed {
    let (renewal, reused) = (renewal(old, new), event(54_000 + new));
    fixture.write(unit!(|tx| tx.renew_family(family_id(family), at, &renewal, &reused).await)).await
}

async fn holds(fixture: &Fixture, token: u16, at: Timestamp) -> bool {
    fixture.read(unit!(|tx| tx.token(&hash(token), at).await)).await.is_some()
}

async fn is_alive(fixture: &Fixture, family: u16, at: Timestamp) -> bool {
    fixture.read(unit!(|tx| tx.refresh_family(family_id(family), at).await)).await.is_some()
}

pub(crate) async fn a_family_goes_from_token_to_token(fixture: Fixture) {
    seed(&fixture).await;
    redeemed(&fixture, 1, false).await;
    let found = fixture.read(unit!(|tx| tx.refresh_family(family_id(1), after(1)).await)).await.unwrap();
    assert_eq!((found.grant.as_str(), found.secret_hash), (r#"{"family":1}"#, hash(1)));
    assert_eq!((found.session, found.account), (session_id(1), account_id(1)));
    assert_eq!((found.connection, found.user), (Some(connection_id(1)), Some(user_id(1))));
    assert_eq!(found.expires_at, now() + session::ABSOLUTE, "with its session");
    let before = fixture.events().await;
    assert_eq!(renew(&fixture, 1, 1, 11, after(1)).await, Renewed::Yes);
    assert_eq!(renew(&fixture, 1, 11, 12, after(2)).await, Renewed::Yes);
    let found = fixture.read(unit!(|tx| tx.refresh_family(family_id(1), after(2)).await)).await.unwrap();
    assert_eq!(found.secret_hash, hash(12));
    for token in [1, 11, 12] {
        assert!(holds(&fixture, token, after(3)).await, "{token}");
    }
    assert_eq!(renew(&fixture, 2, 1, 13, after(2)).await, Renewed::Unknown, "there is no such family");
    assert_eq!(fixture.events().await, before);
}

pub(crate) async fn a_token_that_was_used_before_ends_its_family_and_what_it_gave(fixture: Fixture) {
    seed(&fixture).await;
    redeemed(&fixture, 1, true).await;
    assert_eq!(renew(&fixture, 1, 1, 11, after(1)).await, Renewed::Yes);
    let before = fixture.events().await;
    assert_eq!(renew(&fixture, 1, 1, 12, after(2)).await, Renewed::Reused);
    assert_eq!(fixture.events().await, before + 1);
    assert!(!is_alive(&fixture, 1, after(2)).await);
    for token in [1, 11, 12] {
        assert!(!holds(&fixture, token, after(3)).await, "{token}");
    }
    assert_eq!(renew(&fixture, 1, 11, 13, after(2)).await, Renewed::Unknown, "the newest is good for nothing too");
    assert_eq!(fixture.events().await, before + 1);
}

pub(crate) async fn a_code_that_comes_again_ends_the_family_that_it_began(fixture: Fixture) {
    seed(&fixture).await;
    redeemed(&fixture, 1, true).await;
    assert_eq!(renew(&fixture, 1, 1, 11, after(1)).await, Renewed::Yes);
    let again = unit!(|tx| tx.redeem_code(&hash(1), after(2), &new_token(9), &event(1), &event(2)).await);
    assert_eq!(fixture.write(again).await, Redeemed::Reused);
    assert!(!is_alive(&fixture, 1, after(2)).await);
    for token in [1, 11, 9] {
        assert!(!holds(&fixture, token, after(3)).await, "{token}");
    }
}

pub(crate) async fn a_family_lives_no_longer_than_its_session_unless_it_is_offline(fixture: Fixture) {
    seed(&fixture).await;
    redeemed(&fixture, 1, false).await;
    redeemed(&fixture, 2, true).await;
    let end = now() + session::ABSOLUTE;
    assert!(!is_alive(&fixture, 1, end).await);
    assert!(is_alive(&fixture, 2, end).await);
    assert!(!is_alive(&fixture, 2, offline_end()).await, "at its own end");
    for n in [1, 2] {
        fixture.write(unit!(|tx| tx.end_session(&hash(n), &event(n)).await)).await;
    }
    assert!(!holds(&fixture, 1, after(3)).await, "signed out");
    assert!(holds(&fixture, 2, after(3)).await);
    assert_eq!(renew(&fixture, 1, 1, 11, after(3)).await, Renewed::Unknown);
    assert_eq!(renew(&fixture, 2, 2, 12, after(3)).await, Renewed::Yes);
    assert!(holds(&fixture, 12, after(4)).await);
}

/// HY-2: whatever takes the right to sign in away takes what outlives sessions.
pub(crate) async fn an_offline_family_ends_with_what_it_rests_on(fixture: Fixture) {
    seed(&fixture).await;
    let whose = [
        SessionsOf::User(user_id(1)),
        SessionsOf::BySingleSignOn(user_id(1)),
        SessionsOf::Connection(connection_id(1)),
        SessionsOf::Account(account_id(1)),
    ];
    for (n, whose) in (1..).zip(whose) {
        redeemed(&fixture, n, true).await;
        fixture.write(unit!(|tx| tx.end_session(&hash(n), &event(n)).await)).await;
        let other = SessionsOf::ByPassword(user_id(1));
        fixture.write(unit!(|tx| tx.end_sessions_of(other, &event(10 + n)).await)).await;
        assert!(is_alive(&fixture, n, after(2)).await, "it came by single sign-on");
        fixture.write(unit!(|tx| tx.end_sessions_of(whose, &event(20 + n)).await)).await;
        assert!(!is_alive(&fixture, n, after(2)).await, "{whose:?}");
        assert!(!holds(&fixture, n, after(2)).await, "{whose:?}");
    }
    redeemed(&fixture, 9, true).await;
    fixture.write(unit!(|tx| tx.remove_connection(connection_id(1), &event(30)).await)).await;
    assert!(!is_alive(&fixture, 9, after(2)).await);
}

pub(crate) async fn a_family_and_its_token_are_given_up(fixture: Fixture) {
    seed(&fixture).await;
    redeemed(&fixture, 1, true).await;
    redeemed(&fixture, 2, true).await;
    let revoke = |token: u16, n: u16| fixture.store.write(unit!(|tx| tx.revoke_token(&hash(token), &event(n)).await));
    assert_eq!((revoke(1, 1).await, revoke(1, 2).await), (Ok(true), Ok(false)));
    assert!(!holds(&fixture, 1, after(1)).await);
    assert!(is_alive(&fixture, 1, after(1)).await, "the refresh token stays");
    let end = |family: u16, n: u16| fixture.store.write(unit!(|tx| tx.end_family(family_id(family), &event(n)).await));
    assert_eq!((end(2, 3).await, end(2, 4).await), (Ok(true), Ok(false)));
    assert!(!holds(&fixture, 2, after(1)).await);
}

fn own_token(n: u16, client_id: &str) -> NewOwnToken {
    NewOwnToken {
        hash: hash(n),
        client_id: client_id.to_owned(),
        grant: r#"{"scope":"orders:read"}"#.to_owned(),
        expires_at: after(600),
    }
}

pub(crate) async fn a_token_for_an_application_itself_lives_until_its_end(fixture: Fixture) {
    let known = Application { client_id: "robot".to_owned(), ..application("robot") };
    fixture.write(unit!(|tx| tx.save_application(&known, &event(1)).await)).await;
    for (n, client_id) in [(1, "robot"), (2, "gone")] {
        fixture.write(unit!(|tx| tx.insert_own_token(&own_token(n, client_id), &event(1 + n)).await)).await;
    }
    let own = |n: u16, at| fixture.store.read(unit!(|tx| tx.own_token(&hash(n), at).await));
    assert_eq!(own(1, after(599)).await, Ok(Some(own_token(1, "robot").grant)));
    assert_eq!(own(1, after(600)).await, Ok(None));
    assert_eq!(own(2, after(1)).await, Ok(None), "its application is gone");
    assert!(!holds(&fixture, 1, after(1)).await, "it is nobody's");
    assert!(fixture.write(unit!(|tx| tx.revoke_token(&hash(1), &event(9)).await)).await);
    assert_eq!(own(1, after(1)).await, Ok(None));
}

pub(crate) async fn families_and_own_tokens_are_swept_at_their_end(fixture: Fixture) {
    seed(&fixture).await;
    redeemed(&fixture, 1, true).await;
    fixture.write(unit!(|tx| tx.insert_own_token(&own_token(2, "robot"), &event(2)).await)).await;
    let sweep = |at| fixture.store.write(unit!(|tx| tx.sweep(at, 100).await));
    while sweep(offline_end() - SignedDuration::from_millis(1)).await.unwrap() > 0 {}
    assert!(is_alive(&fixture, 1, after(1)).await);
    assert_eq!(sweep(offline_end()).await, Ok(1));
}
