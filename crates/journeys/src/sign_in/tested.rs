//! A test of a connection has come back: what it says, what the audit log says, and whether it counts (XC-17).

use std::fmt;

use vestibule_domain::admission::NotAdmitted;
use vestibule_domain::attempt::{Asserted, Progress, Purpose};
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::{self, AttemptId, ConnectionId, EventId};
use vestibule_domain::mapping::Mapped;
use vestibule_saml::sp::Step;
use vestibule_store::tx::{Continuation, Finish, Ring, UserChange};

use super::arrive::over;
use super::decide::{self, Judged};
use crate::ctx::Ctx;
use crate::metrics::{self, Outcome};
use crate::problem::{ErrorCode, Problem, Why};
use crate::report::{KeptReport, KeptStep};
use crate::trace;
use crate::way::Way;
use crate::words::Obstacle;

/// What a test of a connection found. Nobody was signed in.
pub struct TestReport {
    /// The connection.
    pub way: Way,
    /// Every step.
    pub steps: Vec<(Step, KeptStep)>,
    /// The code of the refusal, where the answer was refused.
    pub refusal: Option<String>,
    /// What the identity provider said, where the answer holds.
    pub asserted: Option<Asserted>,
    /// What the mapping makes of it, or why it cannot.
    pub mapped: Option<Result<Mapped, Why>>,
    /// What would become of this very person. None where the connection does not work.
    pub foreseen: Option<Foreseen>,
    /// The code by which support finds in the audit log what did not hold; none where nothing is to be found. Its
    /// letters do not tell why a person would not be let in.
    pub code: Option<ErrorCode>,
}

/// What would become of the person of a test, had they come to sign in. It is no fault of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreseen {
    /// They would be let in.
    In,
    /// They would wait until somebody lets them in (SC-15).
    Waits,
    /// They would be asked which of several users they are (XC-6).
    Chooses,
    /// They would be turned away.
    TurnedAway(NotAdmitted),
}

impl TestReport {
    /// Why this very person would not be let in, where they would be turned away.
    pub fn not_admitted(&self) -> Option<&NotAdmitted> {
        match &self.foreseen {
            Some(Foreseen::TurnedAway(why)) => Some(why),
            _ => None,
        }
    }

    /// Whether the connection works: the answer was accepted, and its claims make a valid profile. Whether this very
    /// person would be let in is another question.
    pub fn passed(&self) -> bool {
        matches!(self.mapped, Some(Ok(_)))
    }
}

/// A test ends with its report. A report that is loaded again is made anew and writes nothing.
///
/// # Errors
/// No answer has come yet.
pub(super) async fn ended(ctx: &Ctx, found: Continuation, way: Way) -> Result<TestReport, Problem> {
    let progress = found.facts.progress;
    if progress == Progress::Started {
        return Err(over(ctx, &way).await);
    }
    let (attempt, began) = (found.facts.attempt.id, found.facts.attempt.created_at);
    let report = report(ctx, found, way).await?;
    if progress == Progress::Asserted {
        finish(ctx, &report, attempt, began).await?;
    }
    metrics::took(Outcome::Tested, began, ctx.now);
    Ok(report)
}

async fn report(ctx: &Ctx, found: Continuation, way: Way) -> Result<TestReport, Problem> {
    let attempt = found.facts.attempt;
    let mapped = found.asserted.as_ref().map(|asserted| decide::preview(&way, asserted));
    let foreseen = match (&found.asserted, &mapped) {
        (Some(asserted), Some(Ok(_))) => match decide::decide(ctx, &way, asserted, None).await? {
            Ok(Judged::In(_)) => Some(Foreseen::In),
            Ok(Judged::Waits(..)) => Some(Foreseen::Waits),
            Ok(Judged::Choose(_)) => Some(Foreseen::Chooses),
            Err(Why::NotAdmitted(why)) => Some(Foreseen::TurnedAway(why)),
            Err(_) => None,
        },
        _ => None,
    };
    let kept = KeptReport::read(found.report.as_deref().unwrap_or_default());
    let code = match (&mapped, &foreseen) {
        (Some(Err(why)), _) => Some(code_in(attempt.id, why.code())),
        (_, Some(Foreseen::TurnedAway(_))) => Some(code_in(attempt.id, trace::NOT_ADMITTED)),
        _ => kept.code.as_deref().and_then(ErrorCode::read),
    };
    let steps = kept.all_steps();
    let (refusal, asserted) = (found.refusal, found.asserted);
    Ok(TestReport { way, steps, refusal, asserted, mapped, foreseen, code })
}

/// How far a test has come that was begun elsewhere: for the page from which it was begun.
#[derive(Debug)]
pub enum TestProgress {
    /// No answer has come.
    Started,
    /// An answer came, and its browser has not come back yet.
    Answered,
    /// Another browser brought the answer than the one that began.
    Torn,
    /// It has ended.
    Ended(Box<TestReport>),
}

/// How far a test of this connection has come. None where it is forgotten, or is none of it. What the identity provider
/// said of a person is there only where the browser that began the test brought the answer itself.
///
/// # Errors
/// Those of the store.
pub async fn test_progress(
    ctx: &Ctx,
    id: AttemptId,
    connection: ConnectionId,
) -> Result<Option<TestProgress>, Problem> {
    let Some(found) = ctx.store.read(move |tx| Box::pin(async move { tx.continuation(id).await })).await? else {
        return Ok(None);
    };
    let attempt = &found.facts.attempt;
    if attempt.connection != connection || attempt.purpose != Purpose::Test || attempt.expires_at <= ctx.now {
        return Ok(None);
    }
    let Some(way) = Way::of(ctx, &found.facts).await? else { return Ok(None) };
    Ok(Some(match found.facts.progress {
        Progress::Started => TestProgress::Started,
        Progress::Asserted => TestProgress::Answered,
        Progress::Refused if found.refusal.as_deref() == Some(Obstacle::OtherBrowser.code()) => TestProgress::Torn,
        Progress::Refused => {
            let found = Continuation { asserted: None, ..found };
            TestProgress::Ended(Box::new(report(ctx, found, way).await?))
        }
        Progress::Finished => TestProgress::Ended(Box::new(report(ctx, found, way).await?)),
    }))
}

async fn finish(ctx: &Ctx, report: &TestReport, attempt: AttemptId, began: jiff::Timestamp) -> Result<(), Problem> {
    let way = &report.way;
    let (connection, passed) = (way.connection.id, report.passed());
    let tried = Fact::ConnectionTried { attempt, connection, passed };
    let tested = ctx.event(way.account.id, Actor::System, tried.clone());
    let why = match (&report.mapped, report.not_admitted()) {
        (Some(Err(why)), _) => Some(why.clone()),
        (_, why) => why.cloned().map(Why::from),
    };
    let turned_away = why.as_ref().map(|why| {
        let fact = Fact::NotAdmitted { attempt, connection, code: why.code().to_owned() };
        AuditEvent { id: event_of(ctx, attempt), ..way.event(ctx, fact) }
    });
    let answer = why.zip(report.code.as_ref());
    let told = answer.as_ref().map(|(why, shown)| (why.code().to_owned(), shown.as_str().to_owned()));
    let answer = answer.map(|(why, shown)| trace::entry(ctx, Some(attempt), why.code(), shown, why.words()));
    let ended = Finish {
        user: UserChange::Keep,
        link: None,
        session: None,
        code: None,
        event: way.event(ctx, tried),
        further_events: turned_away.into_iter().collect(),
    };
    let now = ctx.now;
    let news = report.asserted.as_ref().map(|asserted| way.trust.claims.news(asserted)).unwrap_or_default();
    let names = news.clone();
    ctx.store
        .write(move |tx| {
            Box::pin(async move {
                if !tx.finish(attempt, &ended).await? {
                    return Ok(());
                }
                if !names.is_empty() {
                    tx.observe_claims(connection, &names, now).await?;
                }
                if let Some(answer) = &answer {
                    tx.keep_answer(connection, Ring::Proved, answer).await?;
                    if let Some((why, shown)) = &told {
                        tx.note_turned_away(attempt, why, shown).await?;
                    }
                }
                // A test is of the settings with which it began.
                if passed {
                    tx.record_test_passed(connection, began, &tested).await?;
                }
                Ok::<_, Problem>(())
            })
        })
        .await?;
    way.trust.claims.noted(news);
    Ok(())
}

/// The code of the event that [`event_of`] makes, so that a report which is loaded again shows the same one.
fn code_in(attempt: AttemptId, reason: &str) -> ErrorCode {
    ErrorCode::new(reason, EventId::from_bytes(attempt.bytes()))
}

/// The id of the event that says what did not hold: its last three bytes, which make the code, are the attempt's.
fn event_of(ctx: &Ctx, attempt: AttemptId) -> EventId {
    let mut random = ctx.random::<{ id::RANDOM }>();
    let [.., a, b, c] = attempt.bytes();
    random[id::RANDOM - 3..].copy_from_slice(&[a, b, c]);
    EventId::new(ctx.now, random)
}

impl fmt::Debug for TestReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestReport").field("refusal", &self.refusal).finish_non_exhaustive()
    }
}
