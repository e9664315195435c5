//! What is promised of authenticators, recovery codes and codes behind a password.

use vestibule_store::tx::{NewTotp, SecondStep, StoredPassword, StoredTotp};

use super::{Fixture, after, event, hash, now, seed, unit, user_id};

fn new(n: u16, step: i64) -> NewTotp {
    NewTotp { secret: vec![1, 2, 3], step, codes: vec![hash(n), hash(n + 1)], event: event(n) }
}

async fn set(fixture: &Fixture, n: u16, step: i64) {
    let new = new(n, step);
    fixture.write(unit!(|tx| tx.set_totp(user_id(1), &new, now()).await)).await;
}

pub(crate) async fn a_code_of_an_authenticator_is_used_once_and_in_order(fixture: Fixture) {
    seed(&fixture).await;
    assert_eq!(fixture.read(unit!(|tx| tx.totp(user_id(1)).await)).await, None);
    set(&fixture, 10, 100).await;
    let stored = StoredTotp { secret: vec![1, 2, 3], last_step: 100 };
    assert_eq!(fixture.read(unit!(|tx| tx.totp(user_id(1)).await)).await, Some(stored));
    let used = |step: i64| fixture.store.write(unit!(|tx| tx.use_totp(user_id(1), step).await));
    assert_eq!((used(100).await, used(99).await), (Ok(false), Ok(false)));
    let (one, other) = (
        fixture.store.write(unit!(|tx| tx.use_totp(user_id(1), 101).await)),
        fixture.other_node.write(unit!(|tx| tx.use_totp(user_id(1), 101).await)),
    );
    let (one, other) = tokio::join!(one, other);
    assert_ne!(one, other, "of two at once one");
    assert_eq!(fixture.store.write(unit!(|tx| tx.use_totp(user_id(2), 500).await)).await, Ok(false), "has none");
}

pub(crate) async fn a_recovery_code_is_used_once_and_goes_with_its_authenticator(fixture: Fixture) {
    seed(&fixture).await;
    set(&fixture, 10, 1).await;
    let before = fixture.events().await;
    let used = |code: u16, person: u16, n: u16| {
        fixture.store.write(unit!(|tx| tx.use_recovery_code(user_id(person), &hash(code), &event(n)).await))
    };
    assert_eq!(used(10, 2, 20).await, Ok(false), "somebody else's");
    assert_eq!((used(10, 1, 21).await, used(10, 1, 22).await), (Ok(true), Ok(false)));
    assert_eq!(fixture.events().await, before + 1);
    set(&fixture, 30, 1).await;
    assert_eq!(used(11, 1, 23).await, Ok(false), "of the one before");
    let removed = |n: u16| fixture.store.write(unit!(|tx| tx.remove_totp(user_id(1), &event(n)).await));
    assert_eq!((removed(24).await, removed(25).await), (Ok(true), Ok(false)));
    assert_eq!(used(30, 1, 26).await, Ok(false));
    assert_eq!(fixture.read(unit!(|tx| tx.totp(user_id(1)).await)).await, None);
}

pub(crate) async fn a_second_step_is_tried_so_often_and_so_long(fixture: Fixture) {
    seed(&fixture).await;
    let step = |n: u16| SecondStep {
        hash: hash(n),
        user: user_id(1),
        password: StoredPassword { phc: "$x".to_owned(), epoch: 3 },
        secret: (n == 1).then(|| vec![9, 9]),
        expires_at: after(60),
    };
    for n in [1, 2] {
        let step = step(n);
        fixture.write(unit!(|tx| tx.insert_second_step(&step).await)).await;
    }
    let tried = |n: u16, at| fixture.store.write(unit!(|tx| tx.try_second_step(&hash(n), 2, at).await));
    assert_eq!(tried(1, now()).await, Ok(Some(step(1))));
    assert_eq!(tried(1, after(59)).await, Ok(Some(step(1))));
    assert_eq!(tried(1, now()).await, Ok(None), "as often as it may");
    assert_eq!(tried(2, after(60)).await, Ok(None), "over");
    assert_eq!(tried(2, now()).await, Ok(Some(step(2))));
    let gone = || fixture.store.write(unit!(|tx| tx.drop_second_step(&hash(2)).await));
    assert_eq!((gone().await, gone().await), (Ok(true), Ok(false)));
    assert_eq!(fixture.write(unit!(|tx| tx.sweep(after(60), 10).await)).await, 1);
}
