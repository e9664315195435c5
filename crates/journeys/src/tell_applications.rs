//! Applications are told that sessions have ended (OpenID Connect Back-Channel Logout 1.0).
//!
//! ```text
//! whatever ends a session ──same unit──▶ a row for each application ─▶ job: sign, POST ──2xx──▶ the row goes, a line stays
//!                                                                         │ no answer, 5xx, refused
//!                                                                         ▼
//!                                                       again, ever later, for a week; then given up with a line
//! ```
//!
//! An application may be told twice of one end, where its answer was lost; ending an ended session again is no error.

use jiff::SignedDuration;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::schedule;
use vestibule_oidc::{Algorithm, ClientId, LogoutClaims, Subject};
use vestibule_outbound::FetchError;
use vestibule_store::tx::{Untold, Waiting};

use crate::ctx::Ctx;
use crate::issue_tokens::algorithm;
use crate::jobs::{self, Job, Means, Turn};
use crate::metrics;
use crate::problem::Problem;

/// How many applications are told in one turn.
const BATCH: u32 = 20;
/// How many at once: with [`Fetcher::TIME`](vestibule_outbound::Fetcher::TIME) for each a turn is shorter than its lease.
const AT_ONCE: usize = 4;
/// How long it is tried.
pub const TRIED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Tells those whose time has come.
pub(crate) async fn turn(ctx: &Ctx, means: &Means) -> Result<Turn, Problem> {
    let now = ctx.now;
    let due = ctx.store.read(move |tx| Box::pin(async move { tx.due_to_tell(now, BATCH).await })).await?;
    let is_full = due.len() == BATCH as usize;
    let one = |ctx, means, due| async move { one(&ctx, &means, due).await };
    jobs::each(ctx, means, due, AT_ONCE, one).await?;
    Ok(Turn::after(is_full))
}

async fn one(ctx: &Ctx, means: &Means, due: Untold) -> Result<(), Problem> {
    let address = due.application.as_ref().and_then(|application| application.backchannel_logout_uri.clone());
    let Some(address) = address else {
        // It is gone, or wants to be told no more.
        return done(ctx, due, None, "not_wanted").await;
    };
    let token = token(ctx, &due)?;
    match means.fetcher.post(&address, &[("logout_token", &token)]).await {
        Ok(()) => {
            let told = Fact::ApplicationTold { application: due.to.client_id.clone(), session: due.session };
            done(ctx, due, Some(told), "told").await
        }
        Err(error) => in_vain(ctx, due, &error).await,
    }
}

fn token(ctx: &Ctx, due: &Untold) -> Result<String, Problem> {
    let audience = ClientId::new(&*due.to.client_id).map_err(Problem::broken)?;
    let subject = Subject::new(due.to.sub.clone()).map_err(Problem::broken)?;
    let sid = due.session.to_string();
    let claims = LogoutClaims::new(&ctx.issuer, &audience, &subject, &sid, ctx.random(), ctx.now);
    let algorithm = due.application.as_ref().map_or(Ok(Algorithm::default()), algorithm)?;
    ctx.token_keys.ring().signing(algorithm, ctx.now)?.sign_logout(&claims).map_err(Problem::broken)
}

async fn done(ctx: &Ctx, due: Untold, fact: Option<Fact>, result: &'static str) -> Result<(), Problem> {
    let event = fact.map(|fact| ctx.event(due.to.account, Actor::System, fact));
    let write = ctx
        .store
        .write(move |tx| Box::pin(async move { tx.told(due.session, &due.to.client_id, event.as_ref()).await }));
    write.await?;
    metrics::job_result(Job::TellApplications.name(), result);
    Ok(())
}

async fn in_vain(ctx: &Ctx, due: Untold, error: &FetchError) -> Result<(), Problem> {
    let (session, application, why) = (due.session, due.to.client_id.clone(), told(error));
    if ctx.now.duration_since(due.ended_at) >= TRIED {
        tracing::error!(%session, application, why, "an application was not told of a session's end; given up");
        let fact = Fact::ApplicationNotTold { application, session };
        return done(ctx, due, Some(fact), "given_up").await;
    }
    tracing::warn!(%session, application, why, "an application was not told of a session's end; tried again");
    let due_at = schedule::next_telling(due.failures.saturating_add(1), ctx.now);
    let waiting = if is_about_one(error) { Waiting::One } else { Waiting::All };
    let write = ctx
        .store
        .write(move |tx| Box::pin(async move { tx.tell_again(session, &application, &why, due_at, waiting).await }));
    write.await?;
    metrics::job_result(Job::TellApplications.name(), "in_vain");
    Ok(())
}

/// Whether the application answered, and refused this one.
fn is_about_one(error: &FetchError) -> bool {
    matches!(error, FetchError::Status { got: 400..=428 | 430..=499, .. })
}

/// Why an application could not be told, for whoever runs the deployment.
fn told(error: &FetchError) -> String {
    match error {
        FetchError::Status { host, got } => format!(
            "{host} answered with status {got} where 200 was wanted; whoever runs the application sees why in its log"
        ),
        FetchError::TooSlow { host } => {
            format!("{host} did not answer in time; whoever runs the application mends that")
        }
        FetchError::Address { host, address, range } => format!(
            "{host} has the {} address {address}, and only public addresses are told; list the host or its network in \
             fetch.allow",
            range.name()
        ),
        other => other.to_string(),
    }
}
