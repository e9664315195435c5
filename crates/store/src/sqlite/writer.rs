//! The one writer: it takes all units that are waiting, runs each in a savepoint of one transaction, commits once,
//! and then answers them all. Syncing the disk is the price of a commit, and so it is shared.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc, oneshot};

use super::file::DatabaseFile;
use super::{in_transaction, run_sql, run_unit};
use crate::store::BoxFuture;
use crate::{OpenError, StoreError, Tx};

/// Units that wait at most; beyond it callers wait to be queued.
const QUEUE: usize = 1024;

/// Units of one commit at most, so that the first of them is not kept waiting by the last.
const GROUP: usize = 256;

pub(super) struct Writer {
    /// None only while it ends.
    queue: Option<mpsc::Sender<Box<dyn Unit>>>,
    thread: Option<JoinHandle<()>>,
}

/// A unit of work in the queue, whatever its types.
trait Unit: Send {
    /// Whether nobody waits for it any more.
    fn is_abandoned(&self) -> bool;

    /// Runs it, once. False: it is to be undone.
    fn run(&mut self, tx: &mut Tx) -> bool;

    /// Tells the caller, after the commit.
    fn answer(self: Box<Self>, commit: &Result<(), StoreError>);
}

struct Waiting<T, E, F> {
    work: Option<F>,
    outcome: Option<Result<T, E>>,
    caller: oneshot::Sender<Result<T, E>>,
}

impl Writer {
    pub(super) fn start(tx: Tx, file: Arc<DatabaseFile>) -> Result<Self, OpenError> {
        let (queue, units) = mpsc::channel(QUEUE);
        let path = file.path().to_owned();
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                write_groups(tx, units);
                // The lock goes last, when the connection is closed.
                drop(file);
            })
            .map_err(|source| OpenError::File { path, source })?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    pub(super) async fn run<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let unit: Box<dyn Unit> = Box::new(Waiting { work: Some(work), outcome: None, caller });
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send(unit).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }
}

impl Drop for Writer {
    /// Waits for the writer to finish what it has taken and to close the file, which takes milliseconds.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            // A unit that holds the last clone of the store is dropped by the writer itself.
            && thread.thread().id() != thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the writer ended with a panic (a defect: report it)");
        }
    }
}

fn write_groups(mut tx: Tx, mut units: mpsc::Receiver<Box<dyn Unit>>) {
    let mut group = Vec::with_capacity(GROUP);
    while let Some(first) = units.blocking_recv() {
        group.push(first);
        // Where more is asked than the processor does at once, whoever is about to queue another unit goes first, and
        // shares the commit. Where it is idle this returns at once.
        thread::yield_now();
        while group.len() < GROUP
            && let Ok(next) = units.try_recv()
        {
            group.push(next);
        }
        let commit = commit_group(&mut tx, &mut group);
        if let Err(error) = &commit {
            tracing::error!(units = group.len(), "a commit failed: {error}");
        }
        for unit in group.drain(..) {
            unit.answer(&commit);
        }
    }
}

/// An error here is every unit's: none of them is stored.
fn commit_group(tx: &mut Tx, group: &mut Vec<Box<dyn Unit>>) -> Result<(), StoreError> {
    group.retain(|unit| !unit.is_abandoned());
    if group.is_empty() {
        return Ok(());
    }
    run_sql(tx, "BEGIN IMMEDIATE")?;
    let outcome = run_group(tx, group);
    // SQLite itself ends the transaction after some errors: a full disk, for one.
    let is_open = in_transaction(tx);
    match outcome {
        Ok(Keep::Something) if is_open => run_sql(tx, "COMMIT").inspect_err(|_| roll_back(tx)),
        Ok(_) | Err(_) if is_open => {
            roll_back(tx);
            outcome.map(drop)
        }
        Ok(_) => Err(StoreError::Commit { message: "the database ended the transaction".to_owned() }),
        Err(error) => Err(error),
    }
}

/// Whether there is anything to commit.
enum Keep {
    Something,
    Nothing,
}

fn run_group(tx: &mut Tx, group: &mut [Box<dyn Unit>]) -> Result<Keep, StoreError> {
    if let [alone] = group {
        return Ok(if alone.run(tx) { Keep::Something } else { Keep::Nothing });
    }
    let mut keep = Keep::Nothing;
    for unit in group {
        run_sql(tx, "SAVEPOINT unit")?;
        if unit.run(tx) {
            keep = Keep::Something;
        } else {
            run_sql(tx, "ROLLBACK TO unit")?;
        }
        run_sql(tx, "RELEASE unit")?;
    }
    Ok(keep)
}

fn roll_back(tx: &mut Tx) {
    if in_transaction(tx)
        && let Err(error) = run_sql(tx, "ROLLBACK")
    {
        tracing::error!("a rollback failed: {error}");
    }
}

impl<T, E, F> Unit for Waiting<T, E, F>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.caller.is_closed()
    }

    fn run(&mut self, tx: &mut Tx) -> bool {
        let Some(work) = self.work.take() else { return false };
        // A statement that was running is reset when it is dropped, so the connection stays usable.
        let outcome =
            catch_unwind(AssertUnwindSafe(|| run_unit(tx, work))).unwrap_or_else(|_| Err(StoreError::Panicked.into()));
        self.outcome.insert(outcome).is_ok()
    }

    fn answer(self: Box<Self>, commit: &Result<(), StoreError>) {
        let outcome = match (commit, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            // Its own error says more than that of the commit.
            (Err(_), Some(Err(error))) => Err(error),
            (Err(error), _) => Err(error.clone().into()),
            (Ok(()), None) => Err(StoreError::Closed.into()),
        };
        // Nobody waits any more: nothing to tell.
        let _ = self.caller.send(outcome);
    }
}
