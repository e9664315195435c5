//! What is promised of units of work.

use vestibule_store::StoreError;

use super::{Fixture, account, account_id, event, unit};

#[derive(Debug, PartialEq)]
enum Mine {
    Wish,
    Store(StoreError),
}

impl From<StoreError> for Mine {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(crate) async fn a_unit_that_fails_leaves_nothing(fixture: Fixture) {
    let outcome = fixture
        .store
        .write(unit!(|tx| {
            tx.save_account(&account(1), &event(1)).await?;
            Err::<(), _>(StoreError::Stale { what: "test" })
        }))
        .await;
    assert_eq!(outcome, Err(StoreError::Stale { what: "test" }));
    assert_eq!(fixture.read(unit!(|tx| tx.account(account_id(1)).await)).await, None);
    assert_eq!(fixture.events().await, 0);
}

pub(crate) async fn units_that_fail_do_not_touch_their_neighbours(fixture: Fixture) {
    let mut waiting = Vec::new();
    for n in 0..40_u16 {
        let store = fixture.store.clone();
        waiting.push(tokio::spawn(async move {
            let save = unit!(|tx| {
                tx.save_account(&account(n), &event(n)).await?;
                if n % 3 == 0 { Err(StoreError::Stale { what: "test" }) } else { Ok(()) }
            });
            store.write(save).await
        }));
    }
    for (n, one) in waiting.into_iter().enumerate() {
        assert_eq!(one.await.unwrap().is_err(), n % 3 == 0);
    }
    let kept = fixture.read(unit!(|tx| tx.accounts().await)).await;
    assert_eq!(kept.len(), 26);
    assert!((0..40_u16).filter(|n| n % 3 != 0).all(|n| kept.iter().any(|one| one.id == account_id(n))));
    assert_eq!(fixture.events().await, 26);
}

/// What PostgreSQL cannot do is not done on SQLite either, so that no code comes to rest on it.
pub(crate) async fn a_unit_whose_statement_failed_cannot_succeed(fixture: Fixture) {
    let swallow = unit!(|tx| {
        tx.insert_event(&event(1)).await?;
        assert!(tx.insert_event(&event(1)).await.is_err(), "the same id again");
        Ok(())
    });
    assert_eq!(fixture.store.write(swallow).await, Err(StoreError::Aborted));
    let go_on = unit!(|tx| {
        tx.insert_event(&event(2)).await?;
        assert!(tx.insert_event(&event(2)).await.is_err(), "the same id again");
        tx.insert_event(&event(3)).await
    });
    assert_eq!(fixture.store.write(go_on).await, Err(StoreError::Aborted));
    assert_eq!(fixture.events().await, 0);
    fixture.write(unit!(|tx| tx.insert_event(&event(4)).await)).await;
    assert_eq!(fixture.events().await, 1, "the next unit begins anew");
}

pub(crate) async fn what_is_committed_is_seen_by_every_node(fixture: Fixture) {
    for n in 0..20 {
        fixture.write(unit!(|tx| tx.save_account(&account(n), &event(n)).await)).await;
        let seen = fixture.other_node.read(unit!(|tx| tx.account(account_id(n)).await)).await;
        assert_eq!(seen, Ok(Some(account(n))));
    }
}

pub(crate) async fn a_unit_may_fail_with_its_own_error(fixture: Fixture) {
    let wish = fixture.store.write(unit!(|_tx| Err::<(), _>(Mine::Wish))).await;
    assert_eq!(wish, Err(Mine::Wish));
    let wish = fixture.store.read(unit!(|_tx| Err::<(), _>(Mine::Wish))).await;
    assert_eq!(wish, Err(Mine::Wish));
    let store = unit!(|tx| {
        tx.insert_event(&event(1)).await?;
        tx.insert_event(&event(1)).await?;
        Ok(())
    });
    let outcome: Result<(), Mine> = fixture.store.write(store).await;
    let constraint = vestibule_store::Constraint::PrimaryKey;
    assert_eq!(outcome, Err(Mine::Store(StoreError::Unique { constraint })));
}
