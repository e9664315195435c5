//! What a refusal leaves behind, so that its code can be looked up.
//!
//! Three places. The audit log: what was proved, by a signature or by what only the browser of an answer has. The
//! connection's last answers: all that was refused at a known connection, in two rings, so that what strangers send
//! pushes out nothing that was proved. The deployment's last refusals: all else, such as an address that does not exist.
//! Strangers can fill the rings, and not make them grow.

use vestibule_domain::account::Account;
use vestibule_domain::attempt::SignInAttempt;
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::{self, AttemptId, EventId};
use vestibule_store::tx::{RecentAnswer, Ring};

use crate::ctx::Ctx;
use crate::metrics::{self, Outcome};
use crate::problem::{ErrorCode, Place, Problem};
use crate::report::KeptReport;
use crate::way::Way;
use crate::words::{Obstacle, Words, bounded};

/// A refusal where no connection is known: its code.
pub fn code(ctx: &Ctx, name: &str) -> ErrorCode {
    ErrorCode::new(name, EventId::new(ctx.now, ctx.random::<{ id::RANDOM }>()))
}

/// Keeps such a refusal in the deployment's bounded list. `name` is the page's; `detail` what it says beyond that.
///
/// # Errors
/// Those of the store.
pub async fn keep(ctx: &Ctx, name: &str, code: &ErrorCode, detail: Option<&str>) -> Result<(), Problem> {
    let report =
        KeptReport { code: Some(code.as_str().to_owned()), note: detail.map(bounded), ..KeptReport::default() };
    let refusal = RecentAnswer { at: ctx.now, attempt: None, code: Some(name.to_owned()), report: report.write() };
    Ok(ctx.store.write(move |tx| Box::pin(async move { tx.keep_refusal(&refusal).await })).await?)
}

/// The code that a line of the audit log stands for on a page, where it is about a refusal.
pub fn code_of(event: &AuditEvent) -> Option<ErrorCode> {
    match &event.fact {
        Fact::AnswerRefused { code, .. }
        | Fact::SignInRefused { code, .. }
        | Fact::NotAdmitted { code, .. }
        | Fact::LogoutRefused { code, .. } => Some(ErrorCode::new(code, event.id)),
        _ => None,
    }
}

/// What the code of a test says of everybody who would not be let in: why may concern other people.
pub(crate) const NOT_ADMITTED: &str = "not_admitted";

/// Whether a code on a page stands for this line: that of a sign-in, or of a test, whose letters say less.
pub fn is_named(event: &AuditEvent, code: &ErrorCode) -> bool {
    let of_test = || matches!(event.fact, Fact::NotAdmitted { .. }) && ErrorCode::new(NOT_ADMITTED, event.id) == *code;
    code_of(event).as_ref() == Some(code) || of_test()
}

impl Way {
    /// Where something happened that is known by this code.
    pub(crate) fn place_of(&self, code: ErrorCode) -> Place {
        Place { account: Box::new(Account::clone(&self.account)), connection: self.connection.id, code }
    }

    /// Something came that proves nothing. Anybody could have sent it, so only the bounded list of recent answers is
    /// written.
    pub(crate) async fn note(&self, ctx: &Ctx, obstacle: &Obstacle) -> Result<Place, Problem> {
        ctx.count_unproved(self.account.id)?;
        let shown = code(ctx, obstacle.code());
        let answer = entry(ctx, None, obstacle.code(), &shown, obstacle.words());
        let connection = self.connection.id;
        ctx.store
            .write(move |tx| Box::pin(async move { tx.keep_answer(connection, Ring::Unproved, &answer).await }))
            .await?;
        metrics::record(Outcome::Refused(obstacle.code()));
        Ok(self.place_of(shown))
    }

    /// Nobody gets through here now. The audit log says so, by the code on the page.
    pub(crate) async fn turn_back(&self, ctx: &Ctx, obstacle: &Obstacle) -> Result<Place, Problem> {
        ctx.count_unproved(self.account.id)?;
        let fact = Fact::SignInRefused { connection: self.connection.id, code: obstacle.code().to_owned() };
        let event = self.event(ctx, fact);
        let shown = ErrorCode::new(obstacle.code(), event.id);
        let answer = entry(ctx, None, obstacle.code(), &shown, obstacle.words());
        let connection = self.connection.id;
        ctx.store
            .write(move |tx| {
                Box::pin(async move {
                    // Whoever begins where nobody may has proved nothing.
                    tx.keep_answer(connection, Ring::Unproved, &answer).await?;
                    tx.insert_event(&event).await
                })
            })
            .await?;
        metrics::record(Outcome::Refused(obstacle.code()));
        Ok(self.place_of(shown))
    }

    /// The attempt of somebody who proved who they are ends without their being let in.
    pub(crate) async fn turn_away(
        &self,
        ctx: &Ctx,
        attempt: &SignInAttempt,
        code: &'static str,
        event: AuditEvent,
        answer: RecentAnswer,
    ) -> Result<(), Problem> {
        let (id, connection) = (attempt.id, self.connection.id);
        ctx.store
            .write(move |tx| {
                Box::pin(async move {
                    tx.keep_answer(connection, Ring::Proved, &answer).await?;
                    if let Some(shown) = KeptReport::read(&answer.report).code {
                        tx.note_turned_away(id, code, &shown).await?;
                    }
                    tx.refuse_admission(id, code, None, &event).await
                })
            })
            .await?;
        metrics::took(Outcome::TurnedAway(code), attempt.created_at, ctx.now);
        Ok(())
    }

    /// What a visitor caused.
    pub(crate) fn event(&self, ctx: &Ctx, fact: Fact) -> AuditEvent {
        ctx.event(self.account.id, Actor::Visitor, fact)
    }
}

/// A line for a connection's recent answers.
pub(crate) fn entry(
    ctx: &Ctx,
    attempt: Option<AttemptId>,
    reason: &str,
    shown: &ErrorCode,
    words: Words,
) -> RecentAnswer {
    let report = KeptReport { code: Some(shown.as_str().to_owned()), words: Some(words), ..KeptReport::default() };
    RecentAnswer { at: ctx.now, attempt, code: Some(reason.to_owned()), report: report.write() }
}
