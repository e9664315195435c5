//! Many clients with errands, on the clock.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::LocalSet;

use super::error::LoadError;
use super::http::Connection;
use super::process::Cost;
use super::run::Target;

/// What was run, how long all of it took, and what was spent.
#[derive(Debug)]
pub(super) struct Done<W> {
    /// In the order in which they were done.
    pub(super) work: Vec<W>,
    /// How long.
    pub(super) wall: Duration,
    /// What the server spent.
    pub(super) server: Cost,
    /// What the client spent.
    pub(super) client: Cost,
}

/// So many clients, each with a connection of its own that is open before the clock starts: each takes the next piece of
/// work, the last of `work` first, and does its errand, until there is none.
pub(super) async fn on_the_clock<W: 'static>(
    target: &Target,
    clients: usize,
    work: Vec<W>,
    errand: impl AsyncFn(&mut W, &mut Connection, &Target) -> Result<(), LoadError> + Copy + 'static,
) -> Result<Done<W>, LoadError> {
    let mut connections = Vec::with_capacity(clients);
    for _ in 0..clients {
        let mut connection = Connection::to(target.address);
        connection.open().await?;
        connections.push(connection);
    }
    let done = Rc::new(RefCell::new(Vec::with_capacity(work.len())));
    let waiting = Rc::new(RefCell::new(work));
    let server = Cost::of(target.process)?;
    let client = Cost::of(std::process::id())?;
    let begun = Instant::now();
    let set = LocalSet::new();
    let tasks: Vec<_> = connections
        .into_iter()
        .map(|mut connection| {
            let (waiting, done, target) = (Rc::clone(&waiting), Rc::clone(&done), target.clone());
            set.spawn_local(async move {
                loop {
                    let next = waiting.borrow_mut().pop();
                    let Some(mut work) = next else { return Ok(()) };
                    errand(&mut work, &mut connection, &target).await?;
                    done.borrow_mut().push(work);
                }
            })
        })
        .collect();
    set.await;
    let wall = begun.elapsed();
    let (server, client) = (Cost::of(target.process)? - server, Cost::of(std::process::id())? - client);
    for task in tasks {
        task.await.map_err(|_| LoadError::Http { what: "a client panicked" })??;
    }
    Ok(Done { work: done.take(), wall, server, client })
}

/// Does a piece of work and says how long it took.
pub(super) async fn timed<T>(work: impl Future<Output = Result<T, LoadError>>) -> Result<(T, Duration), LoadError> {
    let begun = Instant::now();
    let result = work.await?;
    Ok((result, begun.elapsed()))
}
