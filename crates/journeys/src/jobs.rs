//! Work that nobody asks for: each job has its turn again and again, and of several nodes one does it.
//!
//! ```text
//! each minute, on each node ─▶ turn: take the lease ──another node has it──▶ nothing
//!            ▲                       │
//!            │ something is due      ▼ one batch, of which each piece is one write ─▶ more is due? at once again
//! each two seconds, for what somebody waits for: one look at an index, which writes nothing
//! ```
//!
//! A node that dies keeps a lease for [`LEASE`] at most. A piece that is done twice in spite of it changes nothing the
//! second time.

use jiff::SignedDuration;
use tokio::task::JoinSet;
use vestibule_domain::retention::Retention;
use vestibule_outbound::{Fetcher, Mailer, TxtLookup};
use vestibule_store::StoreError;

use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::token_keys::{self, MakeKey};
use crate::{
    mails, metrics, prove_domains, refresh_metadata, tell_applications, waiting, watch_certificates, webhooks,
};

/// How long a node keeps the right to a job after its last turn. No turn takes as long to do what it does; only mails
/// about it may follow later.
pub const LEASE: SignedDuration = SignedDuration::from_secs(90);

/// How many records of each kind are deleted in one unit, so that no sign-in waits for long.
const SWEPT: u32 = 500;

/// What jobs work with.
#[derive(Debug, Clone)]
pub struct Means {
    /// Looks for the records that prove domains.
    pub lookup: TxtLookup,
    /// Fetches metadata.
    pub fetcher: Fetcher,
    /// Sends mail, if any is sent.
    pub mailer: Option<Mailer>,
    /// What people sign in to, as mails name it.
    pub product: String,
    /// Makes keys.
    pub make_key: MakeKey,
    /// For how long is kept what nobody needs for ever.
    pub retention: Retention,
}

/// A job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Deletes what is over.
    Sweep,
    /// Looks for the records that prove claimed domains.
    ProveDomains,
    /// Fetches the metadata of identity providers again.
    RefreshMetadata,
    /// Sends the mails that people asked for.
    SendMails,
    /// Sends the mails about people who wait to be let in.
    TellOfWaiting,
    /// Tells applications that sessions have ended.
    TellApplications,
    /// Makes the keys that sign tokens, and takes them back.
    RotateTokenKeys,
    /// Tells webhooks of what has happened.
    SendWebhooks,
    /// Looks for certificates that end soon.
    WatchCertificates,
}

/// What became of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Another node does this job.
    AnotherNodes,
    /// All that was due is done.
    Done,
    /// As much is done as one turn may; more is due now.
    More,
    /// More is due, and cannot be done now: something of others is not there. It is tried again in a minute.
    Stuck,
}

impl Turn {
    /// After a batch that was full, or not.
    pub(crate) fn after(is_full: bool) -> Self {
        if is_full { Self::More } else { Self::Done }
    }
}

impl Job {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Sweep,
        Self::ProveDomains,
        Self::RefreshMetadata,
        Self::SendMails,
        Self::TellApplications,
        Self::TellOfWaiting,
        Self::RotateTokenKeys,
        Self::SendWebhooks,
        Self::WatchCertificates,
    ];

    /// Its name: of its lease, in the log and in the metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sweep => "sweep",
            Self::ProveDomains => "prove_domains",
            Self::RefreshMetadata => "refresh_metadata",
            Self::SendMails => "send_mails",
            Self::TellOfWaiting => "tell_of_waiting",
            Self::TellApplications => "tell_applications",
            Self::RotateTokenKeys => "rotate_token_keys",
            Self::SendWebhooks => "send_webhooks",
            Self::WatchCertificates => "watch_certificates",
        }
    }

    /// Whether somebody waits for what it does, so that [`is_due`] is worth asking often.
    pub const fn is_awaited(self) -> bool {
        match self {
            Self::SendMails | Self::TellOfWaiting | Self::TellApplications | Self::SendWebhooks => true,
            Self::Sweep
            | Self::ProveDomains
            | Self::RefreshMetadata
            | Self::WatchCertificates
            | Self::RotateTokenKeys => false,
        }
    }
}

/// Whether a job that is [awaited](Job::is_awaited) has something to do now: one look at an index. Of the others nothing is
/// known; they have their turn anyway.
///
/// # Errors
/// Those of the store.
pub async fn is_due(ctx: &Ctx, means: &Means, job: Job) -> Result<bool, StoreError> {
    let now = ctx.now;
    // Without a mail server mails wait, and nothing can be done for them.
    let sends_mail = means.mailer.is_some();
    let asked = ctx.store.read(move |tx| {
        Box::pin(async move {
            match job {
                Job::SendMails if sends_mail => tx.are_mails_due(now).await,
                Job::TellOfWaiting if sends_mail => tx.are_applicants_due(now).await,
                Job::TellApplications => tx.are_applications_due(now).await,
                Job::SendWebhooks => tx.are_webhooks_due(now).await,
                _ => Ok(false),
            }
        })
    });
    asked.await
}

/// A turn of `job` on the node that calls itself `holder`.
///
/// # Errors
/// Those of the store. What fails about one domain or one connection is recorded there, and the others have their turn.
pub async fn turn(ctx: &Ctx, means: &Means, job: Job, holder: &str) -> Result<Turn, Problem> {
    let turn = try_turn(ctx, means, job, holder).await;
    let outcome = match &turn {
        Ok(Turn::AnotherNodes) => "another_nodes",
        Ok(Turn::Done | Turn::More | Turn::Stuck) => "done",
        Err(_) => "failed",
    };
    metrics::job_turn(job.name(), outcome);
    turn
}

async fn try_turn(ctx: &Ctx, means: &Means, job: Job, holder: &str) -> Result<Turn, Problem> {
    let (holder, now) = (holder.to_owned(), ctx.now);
    let until = now.saturating_add(LEASE).unwrap_or(now);
    let lease =
        ctx.store.write(move |tx| Box::pin(async move { tx.take_lease(job.name(), &holder, now, until).await }));
    if !lease.await? {
        return Ok(Turn::AnotherNodes);
    }
    match job {
        Job::Sweep => sweep(ctx, means).await,
        Job::ProveDomains => prove_domains::turn(ctx, means).await,
        Job::RefreshMetadata => refresh_metadata::turn(ctx, means).await,
        Job::SendMails => mails::turn(ctx, means).await,
        Job::TellOfWaiting => waiting::mail::turn(ctx, means).await,
        Job::TellApplications => tell_applications::turn(ctx, means).await,
        Job::RotateTokenKeys => token_keys::turn(ctx, means).await,
        Job::SendWebhooks => webhooks::turn(ctx, means).await,
        Job::WatchCertificates => watch_certificates::turn(ctx, means).await,
    }
}

/// Gives all jobs back that the node has, so that another one need not wait.
///
/// # Errors
/// Those of the store.
pub async fn release(ctx: &Ctx, holder: &str) -> Result<(), StoreError> {
    let holder = holder.to_owned();
    ctx.store.write(move |tx| Box::pin(async move { tx.release_leases(&holder).await })).await
}

/// Does the pieces of a batch, so many at once. A piece that fails keeps none of the others from being done.
///
/// # Errors
/// Of the pieces that failed, the first.
pub(crate) async fn each<T, F>(
    ctx: &Ctx,
    means: &Means,
    pieces: Vec<T>,
    at_once: usize,
    work: impl Fn(Ctx, Means, T) -> F,
) -> Result<(), Problem>
where
    F: Future<Output = Result<(), Problem>> + Send + 'static,
{
    let mut waiting = pieces.into_iter();
    let mut under_way = JoinSet::new();
    let mut failed = None;
    loop {
        while under_way.len() < at_once
            && let Some(piece) = waiting.next()
        {
            under_way.spawn(work(ctx.clone(), means.clone(), piece));
        }
        match under_way.join_next().await {
            None => break,
            Some(Ok(Ok(()))) => {}
            Some(Ok(Err(problem))) => failed = failed.or(Some(problem)),
            Some(Err(ended)) => tracing::error!(%ended, "a piece of a background job ended in the middle"),
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn sweep(ctx: &Ctx, means: &Means) -> Result<Turn, Problem> {
    let now = ctx.now;
    let swept = ctx.store.write(move |tx| Box::pin(async move { tx.sweep(now, SWEPT).await })).await?;
    let (audit, answers) = (means.retention.audit_before(now), means.retention.answers_before(now));
    let kept = ctx.store.write(move |tx| Box::pin(async move { tx.sweep_kept(audit, answers, SWEPT).await })).await?;
    Ok(Turn::after(swept + kept > 0))
}
