//! Who somebody is whom the identity provider vouches for, and whether they may in. Load, decide; saving is the end of
//! the attempt's.

use aws_lc_rs::digest;
use vestibule_domain::admission::{self, Candidate, Decision, EmailDomain, Facts, IdentityHere, ProfileChange, Shared};
use vestibule_domain::attempt::{Asserted, SignInAttempt};
use vestibule_domain::enforcement::SignInRule;
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::grants::Grants;
use vestibule_domain::id::{self, ConnectionId, UserId};
use vestibule_domain::identity;
use vestibule_domain::mapping::{self, Mapped};
use vestibule_domain::name::DomainName;
use vestibule_domain::session::SessionUser;
use vestibule_domain::user::{Identity, Profile, Subject, User, UserState};
use vestibule_domain::waiting::Came;
use vestibule_store::Tx;
use vestibule_store::tx::UserChange;

use crate::ctx::Ctx;
use crate::problem::{ErrorCode, Problem, SaidEmail, Turned, Why};
use crate::trace;
use crate::waiting;
use crate::way::Way;

/// What is to be saved of a decision to let somebody in.
#[derive(Debug)]
pub(super) struct Decided {
    /// The user as they are afterwards; none for a person whom only the application knows.
    pub(super) user: Option<User>,
    pub(super) session_user: SessionUser,
    pub(super) change: UserChange,
    pub(super) link: Option<Identity>,
    pub(super) events: Vec<AuditEvent>,
}

/// What was decided about a person.
#[derive(Debug)]
pub(super) enum Judged {
    /// They are let in.
    In(Box<Decided>),
    /// Somebody has to let them in.
    Waits(Came, Box<Profile>),
    /// The subject stands for several users, and the person has not said yet which of them they are now (XC-6).
    Choose(Vec<User>),
}

/// Decides. `chosen` is the user whom the person chose, where there are several. The inner error is why the person is
/// turned away.
pub(super) async fn decide(
    ctx: &Ctx,
    way: &Way,
    asserted: &Asserted,
    chosen: Option<UserId>,
) -> Result<Result<Judged, Why>, Problem> {
    let (attributes, name_id) = (asserted.attributes(), asserted.name_id());
    if let Err(missing) = mapping::required(&attributes, &way.account.settings.required_claims) {
        return Ok(Err(missing.into()));
    }
    let subject = match identity::subject(&name_id, &attributes, &asserted.issuer, &way.subject) {
        Ok(subject) => subject,
        Err(problem) => return Ok(Err(problem.into())),
    };
    let (mut known, shared) = match only(self::known(ctx, way, &subject).await?, chosen) {
        Ok(found) => found,
        Err(several) => return Ok(Ok(Judged::Choose(several))),
    };
    let (mapped, around) = loop {
        let previous = known.as_ref().map(|user| &user.profile);
        let mapped = match mapping::map(&attributes, &name_id, &way.mapping, previous) {
            Ok(mapped) => mapped,
            Err(problem) => return Ok(Err(problem.into())),
        };
        let around = around(ctx, way, &mapped.profile).await?;
        if known.is_some() || around.candidates.is_empty() {
            break (mapped, around);
        }
        // Of two first sign-ins of one person at once the other may have been finished between the two reads.
        known = self::known(ctx, way, &subject).await?.into_iter().next();
        if known.is_none() {
            break (mapped, around);
        }
    };
    let facts = Facts {
        account: way.account.id,
        admission: way.account.settings.admission,
        unproved_email: way.account.settings.unproved_email,
        enforcement: &way.account.settings.single_sign_on,
        known: known.as_ref(),
        shared,
        candidates: &around.candidates,
        email_domain: around.email_domain,
    };
    Ok(match admission::decide(&facts, &mapped) {
        Decision::Refuse(why) => Err(why.into()),
        Decision::Wait { profile } => Ok(Judged::Waits(waiting::came(way, subject), Box::new(profile))),
        Decision::PassThrough { profile } => {
            Ok(Judged::In(Box::new(passed_through(way.connection.id, &subject, profile))))
        }
        Decision::Admit { user, profile } => Ok(Judged::In(Box::new(admitted(ctx, way, user, profile)))),
        Decision::LinkAndAdmit { user, profile } => Ok(Judged::In(Box::new(linked(ctx, way, &subject, user, profile)))),
        Decision::Create { profile } => Ok(Judged::In(Box::new(created(ctx, way, &subject, profile)))),
    })
}

/// The one user who comes in, of those for whom a subject stands: the chosen one, or the only one who may. The error:
/// all who may be chosen.
fn only(mut users: Vec<User>, chosen: Option<UserId>) -> Result<(Option<User>, Shared), Vec<User>> {
    if users.len() < 2 {
        return Ok((users.pop(), Shared::No));
    }
    let active = users.iter().filter(|user| user.state == UserState::Active);
    let (Some(first), others) = (active.clone().next(), active.clone().count() - 1) else {
        // All are suspended: whichever it is, it is told so.
        return Ok((users.pop(), Shared::Yes));
    };
    match active.clone().find(|user| Some(user.id) == chosen) {
        Some(chosen) => Ok((Some(chosen.clone()), Shared::Yes)),
        None if others == 0 => Ok((Some(first.clone()), Shared::Yes)),
        None => Err(active.cloned().collect()),
    }
}

async fn known(ctx: &Ctx, way: &Way, subject: &Subject) -> Result<Vec<User>, Problem> {
    let (account, connection, subject) = (way.account.id, way.connection.id, subject.clone());
    Ok(ctx
        .store
        .read(move |tx| Box::pin(async move { tx.users_by_identity(account, connection, &subject).await }))
        .await?)
}

/// Who else has the address, and whose its domain is.
struct Around {
    candidates: Vec<Candidate>,
    email_domain: EmailDomain,
}

async fn around(ctx: &Ctx, way: &Way, profile: &Profile) -> Result<Around, Problem> {
    let Some(email) = profile.email.clone() else {
        return Ok(Around { candidates: Vec::new(), email_domain: EmailDomain::NotProved });
    };
    let (account, owner, connection) = (way.account.id, way.owner.id, way.connection.id);
    ctx.store
        .read(move |tx| {
            Box::pin(async move {
                let proved = match email.domain().parse::<DomainName>() {
                    Ok(domain) => is_ours(tx, &domain, [account, owner], connection).await?,
                    Err(_) => false,
                };
                let users = tx.users_by_email(account, email.key(), connection).await?;
                let candidate = |found: vestibule_store::tx::EmailMatch| Candidate {
                    user: found.user,
                    here: if found.is_linked { IdentityHere::Some } else { IdentityHere::None },
                };
                Ok(Around {
                    candidates: users.into_iter().map(candidate).collect(),
                    email_domain: if proved { EmailDomain::Proved } else { EmailDomain::NotProved },
                })
            })
        })
        .await
}

/// Whether a domain is proved for the account, or for the one whose connection it is: an identity provider may say that
/// its own people have its own addresses, wherever they sign in (A25.1). Where for one connection only, for this one.
async fn is_ours(
    tx: &mut Tx,
    domain: &DomainName,
    accounts: [id::AccountId; 2],
    connection: ConnectionId,
) -> Result<bool, Problem> {
    let proved = tx.proved_domain(domain).await?;
    Ok(proved.is_some_and(|proved| {
        accounts.contains(&proved.account) && proved.connection.is_none_or(|only| only == connection)
    }))
}

fn passed_through(connection: ConnectionId, subject: &Subject, profile: Profile) -> Decided {
    Decided {
        user: None,
        session_user: SessionUser::PassedThrough { sub: passed_through_sub(connection, subject), profile },
        change: UserChange::Keep,
        link: None,
        events: Vec::new(),
    }
}

fn admitted(ctx: &Ctx, way: &Way, user: User, profile: ProfileChange) -> Decided {
    let (change, events) = match profile {
        ProfileChange::None => (UserChange::Keep, Vec::new()),
        ProfileChange::Save => {
            (UserChange::Save(user.clone()), vec![way.event(ctx, Fact::UserChanged { user: user.id })])
        }
    };
    Decided { session_user: SessionUser::Known(user.id), user: Some(user), change, link: None, events }
}

fn linked(ctx: &Ctx, way: &Way, subject: &Subject, user: User, profile: ProfileChange) -> Decided {
    // Saved even where nothing changes: of two who come at once with one address the second finds that the user is
    // another now, and is judged anew (A25.2).
    let Decided { mut events, .. } = admitted(ctx, way, user.clone(), profile);
    let connection = way.connection.id;
    events.push(way.event(ctx, Fact::IdentityLinked { user: user.id, connection, by_email: true }));
    Decided {
        session_user: SessionUser::Known(user.id),
        link: Some(identity_of(ctx, way, subject, user.id)),
        change: UserChange::Save(user.clone()),
        user: Some(user),
        events,
    }
}

fn created(ctx: &Ctx, way: &Way, subject: &Subject, profile: Profile) -> Decided {
    let user = User {
        id: UserId::new(ctx.now, ctx.random::<{ id::RANDOM }>()),
        account: way.account.id,
        state: UserState::Active,
        profile,
        console_role: None,
        grants: Grants::default(),
        sign_in: SignInRule::default(),
        created_at: ctx.now,
        version: 0,
    };
    let linked = Fact::IdentityLinked { user: user.id, connection: way.connection.id, by_email: false };
    Decided {
        session_user: SessionUser::Known(user.id),
        link: Some(identity_of(ctx, way, subject, user.id)),
        events: vec![way.event(ctx, Fact::UserCreated { user: user.id }), way.event(ctx, linked)],
        change: UserChange::Insert(user.clone()),
        user: Some(user),
    }
}

fn identity_of(ctx: &Ctx, way: &Way, subject: &Subject, user: UserId) -> Identity {
    Identity { connection: way.connection.id, subject: subject.clone(), user, linked_at: ctx.now }
}

/// What an application that keeps its own users knows a person by: stable for the connection and the subject, and
/// telling neither.
fn passed_through_sub(connection: ConnectionId, subject: &Subject) -> String {
    let text = format!("{connection} {}", subject.as_str());
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The person is turned away: the attempt ends, and the audit log knows the code on the page.
pub(super) async fn turn_away<T>(
    ctx: &Ctx,
    way: &Way,
    attempt: &SignInAttempt,
    asserted: &Asserted,
    why: Why,
) -> Result<T, Problem> {
    let code = why.code();
    let fact = Fact::NotAdmitted { attempt: attempt.id, connection: way.connection.id, code: code.to_owned() };
    let event = ctx.event(way.account.id, Actor::Visitor, fact);
    let shown = ErrorCode::new(code, event.id);
    let said = said_email(way, asserted);
    let turned = Turned { place: way.place_of(shown.clone()), why, said };
    let answer = trace::entry(ctx, Some(attempt.id), code, &shown, turned.kept_words());
    way.turn_away(ctx, attempt, code, event, answer).await?;
    Err(Problem::TurnedAway(Box::new(turned)))
}

/// The e-mail address that the answer says, and where.
fn said_email(way: &Way, asserted: &Asserted) -> Option<SaidEmail> {
    let mapped = mapping::map(&asserted.attributes(), &asserted.name_id(), &way.mapping, None).ok()?;
    Some(SaidEmail { from: mapped.email_from?, email: mapped.asserted_email? })
}

/// What the mapping would make of an answer, for the report of a test.
pub(super) fn preview(way: &Way, asserted: &Asserted) -> Result<Mapped, Why> {
    let (attributes, name_id) = (asserted.attributes(), asserted.name_id());
    mapping::required(&attributes, &way.account.settings.required_claims)?;
    identity::subject(&name_id, &attributes, &asserted.issuer, &way.subject)?;
    Ok(mapping::map(&attributes, &name_id, &way.mapping, None)?)
}
