//! The last answers that a connection got, and where one of them is found by what somebody was shown.

use jiff::Timestamp;
use vestibule_domain::account::Inspector;
use vestibule_domain::attempt;
use vestibule_domain::connection::Connection;
use vestibule_domain::id::{AttemptId, ConnectionId, EventId};
use vestibule_domain::permission::Action;
use vestibule_store::tx::{KEPT_MESSAGES, KeptBy, KeptHead, KeptOutcome, RecentAnswer};

use super::PAGE;
use super::viewer::{Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::{ErrorCode, Problem};
use crate::report::KeptReport;

/// Which answers of a connection are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptsQuery {
    /// How they ended.
    pub outcome: KeptOutcome,
    /// From before this row.
    pub before: Option<EventId>,
}

/// The last answers of a connection.
#[derive(Debug)]
pub struct AttemptsPage {
    /// Whose it is.
    pub spot: Spot,
    /// The connection.
    pub connection: Connection,
    /// The answers, the newest first.
    pub rows: Vec<KeptRow>,
    /// Where the next page begins.
    pub next: Option<EventId>,
    /// Whether the account lets personal values be seen.
    pub inspector: Inspector,
    /// Whether whoever looks may say so.
    pub may_set: bool,
}

/// An answer, or what came instead of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRow {
    /// Its place in the list.
    pub key: EventId,
    /// When it came.
    pub at: Timestamp,
    /// The answer that can be looked into; none: what came was none, or is not kept any more.
    pub answer: Option<EventId>,
    /// The attempt.
    pub attempt: Option<AttemptId>,
    /// Why it was refused; none: it holds.
    pub reason: Option<String>,
    /// Why its person was not let in, although it holds.
    pub turned_away: Option<String>,
    /// The code that the person was shown.
    pub code: Option<String>,
}

/// The last answers of a connection.
///
/// # Errors
/// [`Problem::NotFound`] for one that does not exist, or beyond reach.
pub async fn attempts(
    ctx: &Ctx,
    viewer: &Viewer,
    id: ConnectionId,
    query: AttemptsQuery,
) -> Result<AttemptsPage, Problem> {
    let (spot, connection) = at_connection(ctx, viewer, id).await?;
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let kept = tx.kept_messages(id, KeptOutcome::Any, None, 4 * KEPT_MESSAGES).await?;
            Ok::<_, Problem>((kept, tx.recent_answers(id).await?))
        })
    });
    let (kept, others) = found.await?;
    let mut rows: Vec<KeptRow> = kept.into_iter().map(KeptRow::of).collect();
    let others = others.iter().map(KeptRow::of_other).filter(|other| rows.iter().all(|row| !row.tells(other)));
    let others: Vec<KeptRow> = others.collect();
    rows.extend(others);
    rows.sort_by_key(|row| std::cmp::Reverse(row.key));
    rows.retain(|row| query.before.is_none_or(|before| row.key < before) && row.is_wanted(query.outcome));
    let page = PAGE as usize;
    let next = rows.get(page).and(rows.get(page - 1)).map(|last| last.key);
    rows.truncate(page);
    Ok(AttemptsPage {
        inspector: spot.account.settings.inspector,
        may_set: viewer.may(Action::SetInspector, &spot.account.path),
        spot,
        connection,
        rows,
        next,
    })
}

/// The last few answers of a connection, for a page that is about more.
pub(super) fn newest(kept: Vec<KeptHead>, others: &[RecentAnswer], most: usize) -> Vec<KeptRow> {
    let mut rows: Vec<KeptRow> = kept.into_iter().map(KeptRow::of).collect();
    let others = others.iter().map(KeptRow::of_other).filter(|other| rows.iter().all(|row| !row.tells(other)));
    let others: Vec<KeptRow> = others.collect();
    rows.extend(others);
    rows.sort_by_key(|row| std::cmp::Reverse(row.key));
    rows.truncate(most);
    rows
}

/// A connection within somebody's reach, and whose it is.
pub(super) async fn at_connection(ctx: &Ctx, viewer: &Viewer, id: ConnectionId) -> Result<(Spot, Connection), Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(connection) = tx.connection(id).await? else { return Err(Problem::NotFound) };
            let account = tx.account(connection.account).await?;
            Ok((connection, account.ok_or(Problem::NotFound)?.path))
        })
    });
    let (connection, path) = found.await?;
    let spot = viewer.spot(ctx, Some(path), Action::SeeConnections).await?;
    Ok((spot, connection))
}

/// Answers by what somebody was shown or knows: a refusal's code, the ID of a request, an attempt. Those within reach.
///
/// # Errors
/// Those of the store.
pub async fn find_attempts(ctx: &Ctx, viewer: &Viewer, text: &str) -> Result<Vec<(Connection, KeptRow)>, Problem> {
    let text = text.trim();
    let by = match (ErrorCode::read(text), attempt::of_request_id(text), text.parse::<AttemptId>()) {
        (Some(code), ..) => KeptBy::Code(code.as_str().to_owned()),
        (_, Some(attempt), _) | (.., Ok(attempt)) => KeptBy::Attempt(attempt),
        _ => return Ok(Vec::new()),
    };
    let found = ctx.store.read(move |tx| Box::pin(async move { tx.find_messages(&by).await })).await?;
    let mut rows = Vec::new();
    for message in found {
        match at_connection(ctx, viewer, message.head.connection).await {
            Ok((_, connection)) => rows.push((connection, KeptRow::of(message.head))),
            Err(Problem::NotFound) => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(rows)
}

/// When something with this id came, to the millisecond.
pub(super) fn time_of(id: EventId) -> Timestamp {
    let milliseconds = id.bytes().into_iter().take(6).fold(0_u64, |time, octet| time << 8 | u64::from(octet));
    i64::try_from(milliseconds).ok().and_then(|it| Timestamp::from_millisecond(it).ok()).unwrap_or_default()
}

impl KeptRow {
    pub(super) fn of(head: KeptHead) -> Self {
        Self {
            key: head.id,
            at: time_of(head.id),
            answer: Some(head.id),
            attempt: head.attempt,
            reason: head.reason,
            turned_away: head.turned_away,
            code: head.code,
        }
    }

    /// What is in the short list alone: a refusal without a message, or one whose message is gone.
    fn of_other(answer: &RecentAnswer) -> Self {
        let code = KeptReport::read(&answer.report).code.and_then(|code| ErrorCode::read(&code));
        Self {
            key: EventId::new(answer.at, [0; vestibule_domain::id::RANDOM]),
            at: answer.at,
            answer: None,
            attempt: answer.attempt,
            reason: answer.code.clone(),
            turned_away: None,
            code: code.map(|code| code.as_str().to_owned()),
        }
    }

    /// Whether this row tells what another does.
    fn tells(&self, other: &Self) -> bool {
        self.code.is_some() && self.code == other.code
    }

    fn is_wanted(&self, outcome: KeptOutcome) -> bool {
        let holds = self.reason.is_none() && self.turned_away.is_none();
        match outcome {
            KeptOutcome::Any => true,
            KeptOutcome::Accepted => holds,
            KeptOutcome::Refused => !holds,
        }
    }
}
