//! Reads on the caller's thread. A point query takes microseconds, a hop to another thread and back takes more.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::{in_transaction, run_sql, run_unit};
use crate::store::BoxFuture;
use crate::{StoreError, Tx};

pub(super) struct Readers {
    /// As many permits as connections. Where all are in use the caller waits without blocking its thread.
    permits: Semaphore,
    /// The one used last is taken first: its page cache and statements are warm.
    idle: Mutex<Vec<Tx>>,
}

impl Readers {
    pub(super) fn new(connections: Vec<Tx>) -> Self {
        Self { permits: Semaphore::new(connections.len()), idle: Mutex::new(connections) }
    }

    pub(super) async fn run<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
        E: From<StoreError>,
    {
        let _permit = self.permits.acquire().await.map_err(|_| StoreError::Closed)?;
        let taken = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut tx = taken.ok_or(StoreError::Closed)?;
        let outcome = catch_unwind(AssertUnwindSafe(|| snapshot(&mut tx, unit)));
        if in_transaction(&mut tx)
            && let Err(error) = run_sql(&mut tx, "ROLLBACK")
        {
            tracing::error!("a read did not end: {error}");
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(tx);
        outcome.unwrap_or_else(|_| Err(StoreError::Panicked.into()))
    }
}

/// One state of the database for all statements of the unit.
fn snapshot<T, E, F>(tx: &mut Tx, unit: F) -> Result<T, E>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
    E: From<StoreError>,
{
    run_sql(tx, "BEGIN")?;
    let found = run_unit(tx, unit)?;
    run_sql(tx, "COMMIT")?;
    Ok(found)
}
