//! What is promised of keys of the admin API, and of requests that come twice.

use jiff::Timestamp;
use vestibule_domain::api::{ANSWERS_KEPT, ApiAccess, ApiKey, BROKEN_OFF, KEPT};
use vestibule_domain::event::Actor;
use vestibule_domain::id::ApiKeyId;
use vestibule_domain::user::ConsoleRole;
use vestibule_store::tx::Begun;

use super::{Fixture, account, account_id, after, event, hash, now, unit};

fn key_id(n: u8) -> ApiKeyId {
    ApiKeyId::new(now(), [n; 10])
}

fn key(n: u8) -> ApiKey {
    ApiKey {
        id: key_id(n),
        account: account_id(1),
        name: format!("crm {n}"),
        role: ConsoleRole::AccountAdmin,
        access: ApiAccess::Write,
        created_at: now(),
        created_by: Actor::CommandLine,
        used_at: None,
        expires_at: Some(after(86_400)),
        revoked_at: None,
    }
}

async fn insert(fixture: &Fixture, key: ApiKey, n: u16) {
    fixture.write(unit!(|tx| tx.insert_api_key(&key, &hash(n), &event(50_100 + n)).await)).await;
}

async fn found(fixture: &Fixture, n: u8) -> Option<ApiKey> {
    fixture.read(unit!(|tx| tx.api_key(key_id(n)).await)).await
}

pub(crate) async fn an_api_key_is_kept_found_by_its_hash_and_listed_page_by_page(fixture: Fixture) {
    fixture.write(unit!(|tx| tx.save_account(&account(1), &event(50_001)).await)).await;
    let before = fixture.events().await;
    let without_end = ApiKey { expires_at: None, created_by: Actor::ApiKey(key_id(1)), ..key(2) };
    insert(&fixture, key(1), 1).await;
    insert(&fixture, without_end.clone(), 2).await;
    insert(&fixture, key(3), 3).await;
    assert_eq!(fixture.events().await, before + 3);
    assert_eq!(found(&fixture, 1).await, Some(key(1)));
    assert_eq!(fixture.read(unit!(|tx| tx.api_key_by_hash(&hash(2)).await)).await, Some(without_end.clone()));
    assert_eq!(fixture.read(unit!(|tx| tx.api_key_by_hash(&hash(9)).await)).await, None);
    let page = |after, limit| fixture.read(unit!(|tx| tx.api_keys(account_id(1), after, limit).await));
    assert_eq!(page(None, 2).await, [key(3), without_end]);
    assert_eq!(page(Some(key_id(2)), 2).await, [key(1)]);
    assert_eq!(fixture.read(unit!(|tx| tx.api_keys(account_id(2), None, 9).await)).await, []);
}

pub(crate) async fn an_api_key_is_revoked_once_and_its_use_is_noted_now_and_then(fixture: Fixture) {
    fixture.write(unit!(|tx| tx.save_account(&account(1), &event(50_001)).await)).await;
    insert(&fixture, key(1), 1).await;
    for (at, unless, noted) in [(10, 0, 10), (20, 5, 10), (30, 15, 30)] {
        fixture.write(unit!(|tx| tx.note_api_key_use(key_id(1), after(at), after(unless)).await)).await;
        assert_eq!(found(&fixture, 1).await.unwrap().used_at, Some(after(noted)));
    }
    let revoke = |at, n| fixture.write(unit!(|tx| tx.revoke_api_key(key_id(1), after(at), &event(n)).await));
    let before = fixture.events().await;
    assert!(revoke(40, 50_010).await);
    assert!(!revoke(50, 50_011).await, "once");
    assert_eq!(found(&fixture, 1).await.unwrap().revoked_at, Some(after(40)));
    assert_eq!(fixture.events().await, before + 1);
}

pub(crate) async fn keys_that_were_over_for_long_and_old_answers_are_forgotten(fixture: Fixture) {
    fixture.write(unit!(|tx| tx.save_account(&account(1), &event(50_001)).await)).await;
    insert(&fixture, key(1), 1).await;
    insert(&fixture, ApiKey { expires_at: None, ..key(2) }, 2).await;
    insert(&fixture, ApiKey { expires_at: None, ..key(3) }, 3).await;
    fixture.write(unit!(|tx| tx.revoke_api_key(key_id(2), now(), &event(50_010)).await)).await;
    assert_eq!(begin(&fixture, 1, now()).await, Begun::Here);
    let sweep = |at: Timestamp| fixture.write(unit!(|tx| tx.sweep(at, 100).await));
    let long = KEPT.as_secs();
    assert_eq!(sweep(after(ANSWERS_KEPT.as_secs() - 1)).await, 0);
    assert_eq!(sweep(after(long - 1)).await, 1, "the answer");
    assert_eq!(sweep(after(long)).await, 1, "the one that was revoked");
    assert_eq!(sweep(after(long + 86_400)).await, 1, "the one that had an end");
    assert_eq!(found(&fixture, 3).await.unwrap().id, key_id(3));
}

async fn begin(fixture: &Fixture, request: u16, at: Timestamp) -> Begun {
    fixture.write(unit!(|tx| tx.begin_api_answer("key:1", "once", &hash(request), at).await)).await
}

async fn keep(fixture: &Fixture, begun: Timestamp, answer: &'static [u8]) -> bool {
    fixture.write(unit!(|tx| tx.keep_api_answer("key:1", "once", begun, answer).await)).await
}

pub(crate) async fn a_request_is_begun_once_and_its_answer_kept_for_a_day(fixture: Fixture) {
    assert_eq!(begin(&fixture, 1, now()).await, Begun::Here);
    assert_eq!(begin(&fixture, 1, after(1)).await, Begun::Elsewhere);
    assert_eq!(begin(&fixture, 2, after(1)).await, Begun::Another);
    let other = fixture.write(unit!(|tx| tx.begin_api_answer("key:2", "once", &hash(2), now()).await)).await;
    assert_eq!(other, Begun::Here, "keys are a program's own");
    assert!(keep(&fixture, now(), b"made").await);
    assert!(!keep(&fixture, now(), b"again").await, "once");
    let day = ANSWERS_KEPT.as_secs();
    assert_eq!(begin(&fixture, 1, after(day - 1)).await, Begun::Answered(b"made".to_vec()));
    assert_eq!(begin(&fixture, 2, after(day - 1)).await, Begun::Another);
    assert_eq!(begin(&fixture, 2, after(day)).await, Begun::Here, "a day later it is a new one");
    assert_eq!(begin(&fixture, 2, after(day + 1)).await, Begun::Elsewhere);
}

pub(crate) async fn a_request_that_was_broken_off_is_begun_again(fixture: Fixture) {
    assert_eq!(begin(&fixture, 1, now()).await, Begun::Here);
    let later = BROKEN_OFF.as_secs();
    assert_eq!(begin(&fixture, 2, after(later)).await, Begun::Another);
    assert_eq!(begin(&fixture, 1, after(later)).await, Begun::Here);
    assert!(!keep(&fixture, now(), b"too late").await);
    let forget = |begun| fixture.write(unit!(|tx| tx.forget_api_answer("key:1", "once", begun).await));
    assert!(!forget(now()).await);
    assert!(forget(after(later)).await);
    assert_eq!(begin(&fixture, 2, after(later)).await, Begun::Here);
    assert!(keep(&fixture, after(later), b"made").await);
    assert!(!forget(after(later)).await, "what was answered stays");
}

pub(crate) async fn one_of_many_that_begin_a_request_carries_it_out(fixture: Fixture) {
    let mut racers = Vec::new();
    for n in 0..16_u16 {
        let store = if n % 2 == 0 { fixture.store.clone() } else { fixture.other_node.clone() };
        racers.push(tokio::spawn(async move {
            store.write(unit!(|tx| tx.begin_api_answer("key:1", "once", &hash(1), now()).await)).await.unwrap()
        }));
    }
    let mut here = 0;
    for racer in racers {
        match racer.await.unwrap() {
            Begun::Here => here += 1,
            begun => assert_eq!(begun, Begun::Elsewhere),
        }
    }
    assert_eq!(here, 1);
}
