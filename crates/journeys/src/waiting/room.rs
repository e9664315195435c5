//! Somebody comes who has to be let in: one write, and a page that says what happens next.

use vestibule_domain::account::Account;
use vestibule_domain::admission::NotAdmitted;
use vestibule_domain::attempt::{Asserted, SignInAttempt};
use vestibule_domain::event::Fact;
use vestibule_domain::id::{self, ApplicantId, ConnectionId};
use vestibule_domain::identity;
use vestibule_domain::user::{Profile, Subject};
use vestibule_domain::waiting::{self, Applicant, ApplicantState, Came, File, MailLanguage};
use vestibule_store::tx::Waited;

use crate::ctx::Ctx;
use crate::metrics::{self, Outcome};
use crate::problem::{Problem, Why};
use crate::sign_in::Target;
use crate::way::Way;

/// Why the attempt of somebody is refused who waits.
pub(crate) const WAITING: &str = "waiting";

/// What somebody sees who waits.
#[derive(Debug)]
pub struct WaitingRoom {
    /// Whose waiting room it is.
    pub account: Account,
    /// How it is with them.
    pub applicant: Applicant,
    /// By which connection they may look again.
    pub connection: ConnectionId,
    /// Where they want to.
    pub target: Target,
}

/// The attempt ends in the waiting room. `Err` inside: why it cannot.
pub(crate) async fn wait(
    ctx: &Ctx,
    way: &Way,
    attempt: &SignInAttempt,
    came: Came,
    profile: &Profile,
    language: MailLanguage,
) -> Result<Result<WaitingRoom, Why>, Problem> {
    let settings = &way.account.settings.waiting;
    let applicant = Applicant {
        id: ApplicantId::new(ctx.now, ctx.random::<{ id::RANDOM }>()),
        account: way.account.id,
        came: Some(came),
        state: ApplicantState::Waiting,
        asked_at: ctx.now,
        expires_at: settings.expiry(ctx.now),
        file: File { profile: waiting::known(profile), language: Some(language), ..File::default() },
        version: 1,
    };
    let (new, now, id, connection) = (applicant.clone(), ctx.now, attempt.id, way.connection.id);
    let at_most = settings.at_most;
    let mut event = way.event(ctx, Fact::Waits { attempt: id, connection, applicant: applicant.id, again: false });
    let waited = ctx.store.write(move |tx| {
        Box::pin(async move {
            let waited = tx.wait(&new, now, Some(now), at_most).await?;
            if let Waited::Known(known) = &waited {
                event.fact = Fact::Waits { attempt: id, connection, applicant: known.id, again: true };
            }
            // Once for each attempt, however often its page is asked for.
            if waited != Waited::Full && !tx.refuse_admission(id, WAITING, None, &event).await? {
                return Err(Problem::Forgotten(None));
            }
            Ok(waited)
        })
    });
    let applicant = match waited.await? {
        Waited::New => applicant,
        Waited::Known(known) => *known,
        Waited::Full => {
            return Ok(Err(NotAdmitted::WaitingRoomFull { got: at_most }.into()));
        }
    };
    metrics::took(Outcome::Waits, attempt.created_at, ctx.now);
    Ok(Ok(of(way, attempt, applicant)))
}

/// The page is loaded again: how it is with them now. None where they are forgotten.
pub(crate) async fn room(
    ctx: &Ctx,
    way: &Way,
    attempt: &SignInAttempt,
    asserted: &Asserted,
) -> Result<Option<WaitingRoom>, Problem> {
    let subject = identity::subject(&asserted.name_id(), &asserted.attributes(), &asserted.issuer, &way.subject);
    let Ok(subject) = subject else { return Ok(None) };
    let (account, came) = (way.account.id, came(way, subject));
    let found = ctx.store.read(move |tx| Box::pin(async move { tx.applicant_by_subject(account, &came).await }));
    let found = found.await?.filter(|applicant| ctx.now < applicant.expires_at);
    Ok(found.map(|applicant| of(way, attempt, applicant)))
}

pub(crate) fn came(way: &Way, subject: Subject) -> Came {
    Came { connection: way.connection.id, subject }
}

fn of(way: &Way, attempt: &SignInAttempt, applicant: Applicant) -> WaitingRoom {
    let account = Account::clone(&way.account);
    WaitingRoom { account, applicant, connection: way.connection.id, target: Target::of(attempt) }
}
