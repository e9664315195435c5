//! Background jobs: the clock, the threads and the end of what `vestibule_journeys::jobs` tells.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use vestibule_journeys::jobs::{self, Job, Means, Turn};
use vestibule_journeys::{Ctx, Problem, Services, token_keys};

use crate::clock;
use crate::services;

/// How often each job has its turn.
const PERIOD: Duration = Duration::from_secs(60);
/// How often it is asked between whether a job has something to do for which somebody waits.
const ASKED: Duration = Duration::from_secs(2);
/// How long the database may take to hear that this node does no job any more. Without it others wait for the leases to
/// run out.
const FAREWELL: Duration = Duration::from_secs(2);

/// `end`, until which each job has its turns: one now, one each minute, and for what somebody waits one as soon as it is due.
/// Then the jobs end, at whatever they wait for,
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
    tasks.spawn(keep_keys(Arc::clone(&services)));
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
    let mut turns = interval(PERIOD);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut asked = interval(ASKED);
    asked.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_asked = job.is_awaited();
    loop {
        let is_turn = tokio::select! {
            biased;
            _ = turns.tick() => true,
            _ = asked.tick(), if is_asked => false,
        };
        // A task of its own: what goes wrong in a turn ends that turn. The set takes it along when this one is ended.
        let mut tasks = JoinSet::new();
        tasks.spawn(turn(job, is_turn, Arc::clone(&services), means.clone(), holder.clone()));
        is_asked = match tasks.join_next().await {
            Some(Ok(Ok(last))) => job.is_awaited() && last == Turn::Done,
            Some(Ok(Err(error))) => {
                tracing::warn!(job = job.name(), %error, "a background job failed; tried again in a minute");
                false
            }
            Some(Err(ended)) => {
                tracing::error!(job = job.name(), %ended, "a background job ended in the middle");
                false
            }
            None => false,
        };
    }
}

/// Each node knows the keys that sign tokens, whichever node makes them.
async fn keep_keys(services: Arc<Services>) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let ctx = Ctx::new(Arc::clone(&services), clock::now());
        if let Err(error) = token_keys::refresh(&ctx).await {
            tracing::warn!(%error, "the keys that sign tokens could not be read again; tried again in a minute");
        }
    }
}

/// All that is due, and how the last turn ended. Where it `is_turn` a turn is taken whatever is due.
async fn turn(job: Job, is_turn: bool, services: Arc<Services>, means: Means, holder: String) -> Result<Turn, Problem> {
    if !is_turn && !jobs::is_due(&Ctx::new(Arc::clone(&services), clock::now()), &means, job).await? {
        return Ok(Turn::Done);
    }
    loop {
        let ctx = Ctx::new(Arc::clone(&services), clock::now());
        let turn = jobs::turn(&ctx, &means, job, &holder).await?;
        if turn != Turn::More {
            return Ok(turn);
        }
        tokio::task::yield_now().await;
    }
}
