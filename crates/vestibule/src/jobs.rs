//! Background jobs: the clock, the threads and the end of what `vestibule_journeys::jobs` tells.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use vestibule_journeys::jobs::{self, Job, Means, Turn};
use vestibule_journeys::{Ctx, Problem, Services};

use crate::clock;
use crate::services;

/// How often each job has its turn.
const PERIOD: Duration = Duration::from_secs(60);
/// How long the database may take to hear that this node does no job any more. Without it others wait for the leases to
/// run out.
const FAREWELL: Duration = Duration::from_secs(2);

/// `end`, until which each job has its turns, one now and one each minute. Then the jobs end, at whatever they wait for,
/// and other nodes may have their work at once. Each of their changes is one transaction, so none is left half done.
///
/// Nothing begins before this is awaited: a node that cannot listen does no work.
pub(crate) async fn until(end: impl Future<Output = ()>, services: Arc<Services>, means: Means) {
    let holder: [u8; 8] = services::random();
    let holder: String = holder.iter().map(|octet| format!("{octet:02x}")).collect();
    let mut tasks = JoinSet::new();
    for job in Job::ALL {
        tasks.spawn(keep_doing(job, Arc::clone(&services), means.clone(), holder.clone()));
    }
    end.await;
    tasks.shutdown().await;
    let ctx = Ctx::new(services, clock::now());
    match timeout(FAREWELL, jobs::release(&ctx, &holder)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "background work was not handed over; it is in a minute or two"),
        Err(_) => tracing::warn!("background work was not handed over in time; it is in a minute or two"),
    }
}

async fn keep_doing(job: Job, services: Arc<Services>, means: Means, holder: String) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // A task of its own: what goes wrong in a turn ends that turn. The set takes it along when this one is ended.
        let mut turns = JoinSet::new();
        turns.spawn(turn(job, Arc::clone(&services), means.clone(), holder.clone()));
        match turns.join_next().await {
            Some(Ok(Err(error))) => {
                tracing::warn!(job = job.name(), %error, "a background job failed; tried again in a minute");
            }
            Some(Err(ended)) => tracing::error!(job = job.name(), %ended, "a background job ended in the middle"),
            Some(Ok(Ok(()))) | None => {}
        }
    }
}

/// All that is due.
async fn turn(job: Job, services: Arc<Services>, means: Means, holder: String) -> Result<(), Problem> {
    loop {
        let ctx = Ctx::new(Arc::clone(&services), clock::now());
        if jobs::turn(&ctx, &means, job, &holder).await? != Turn::More {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
}
