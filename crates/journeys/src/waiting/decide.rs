//! Somebody decides about an applicant: load, judge, one conditional write.

use thiserror::Error;
use vestibule_domain::account::Account;
use vestibule_domain::enforcement::SignInRule;
use vestibule_domain::event::{AuditEvent, Fact};
use vestibule_domain::grants::{Granted, Grants, Scopes};
use vestibule_domain::id::{self, ApplicantId, UserId};
use vestibule_domain::offer::{NotOffered, Offer};
use vestibule_domain::permission::{Action, Giving};
use vestibule_domain::user::{Identity, Profile, User, UserState};
use vestibule_domain::waiting::{self, Applicant, ApplicantState, Confirms, MAX_REASON};
use vestibule_store::tx::{DecideApplicant, UserChange};
use vestibule_store::{Constraint, StoreError};

use super::list::{about, sees};
use super::who::{About, Who};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// What somebody decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// They are let in, with this. In the second step of a merge: they are merged.
    Approve(Granted),
    /// They are one with a user who is there already, who gets this besides.
    Merge(UserId, Granted),
    /// They are not let in, for a reason that they read.
    Refuse(String),
}

/// What became of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// It counts.
    Done,
    /// Somebody else decided first, or what it was about has changed: it has to be looked at again.
    Overtaken,
    /// It cannot be so.
    Not(NotDecided),
}

/// Why something cannot be decided so.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotDecided {
    /// Nobody can be given this.
    #[error(transparent)]
    NotOffered(#[from] NotOffered),
    /// Whoever decides may not give this, or not decide this.
    #[error("this is more than you may decide")]
    BeyondReach,
    /// There is no reason.
    #[error("no reason is given")]
    ReasonMissing,
    /// The reason is too long.
    #[error("the reason has {got} characters; {MAX_REASON} at most are wanted")]
    ReasonTooLong {
        /// Its length.
        got: usize,
    },
    /// A user of the account has the address.
    #[error("a user of the account has this e-mail address already")]
    Namesake,
    /// Nobody whom they could be merged with.
    #[error("there is no user of the account whom they could be merged with")]
    NoSuchUser,
}

/// Somebody decides about an applicant, of whom they saw this version.
///
/// # Errors
/// [`Problem::NotFound`] for an applicant who does not exist, or is beyond reach; those of the store.
pub async fn decide(ctx: &Ctx, who: &Who, id: ApplicantId, version: i64, verdict: Verdict) -> Result<Decided, Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(applicant) = tx.applicant(id).await? else { return Ok::<_, Problem>(None) };
            let Some(account) = tx.account(applicant.account).await? else { return Ok(None) };
            Ok(Some((applicant, account, tx.applications().await?)))
        })
    });
    let (applicant, account, applications) = found.await?.ok_or(Problem::NotFound)?;
    if !sees(ctx, who, &account, &applicant) {
        return Err(Problem::NotFound);
    }
    if !applicant.is_open(ctx.now) || applicant.version != version {
        return Ok(Decided::Overtaken);
    }
    let case = Case { ctx, who, applicant: &applicant, account: &account, offer: Offer::of(&applications, account.id) };
    let judged = match verdict {
        Verdict::Approve(granted) => match applicant.file.user.filter(|_| applicant.file.merged) {
            Some(user) => case.merge(user, granted).await?,
            None => case.approve(granted),
        },
        Verdict::Merge(user, granted) => case.merge(user, granted).await?,
        Verdict::Refuse(reason) => case.refuse(&reason),
    };
    match judged {
        Ok(ruling) => save(ctx, ruling).await,
        Err(not) => Ok(Decided::Not(not)),
    }
}

/// What somebody decides about.
struct Case<'a> {
    ctx: &'a Ctx,
    who: &'a Who,
    applicant: &'a Applicant,
    account: &'a Account,
    offer: Offer,
}

/// A decision, ready to be written.
struct Ruling {
    decided: DecideApplicant,
    events: Vec<AuditEvent>,
    /// Whose address nobody else of the account may have.
    alone_with: Option<String>,
}

impl Case<'_> {
    fn approve(&self, granted: Granted) -> Result<Ruling, NotDecided> {
        let to = self.permitted(&granted, About::default())?;
        let mut after = self.after(to);
        let alone_with = waiting::email_key(&after.file.profile).map(str::to_owned);
        after.file.granted = granted.clone();
        if to == ApplicantState::SecondStep {
            let fact = Fact::ApplicantPassed { applicant: after.id };
            return Ok(self.ruling(after, UserChange::Keep, None, vec![fact], alone_with));
        }
        let user = new_user(self.ctx, self.account, after.file.profile.clone(), granted);
        after.file.user = Some(user.id);
        let link = self.link(user.id);
        let mut facts = vec![
            Fact::ApplicantApproved { applicant: after.id, user: user.id, merged: false },
            Fact::UserCreated { user: user.id },
        ];
        facts.extend(self.linked(user.id));
        Ok(self.ruling(after, UserChange::Insert(user), link, facts, alone_with))
    }

    async fn merge(&self, into: UserId, granted: Granted) -> Result<Result<Ruling, NotDecided>, Problem> {
        let found = self.ctx.store.read(move |tx| Box::pin(async move { tx.user(into).await })).await?;
        let of_account = |user: &User| user.account == self.account.id && user.state == UserState::Active;
        // Nor somebody for the day on which nothing else opens the account: they come in by their password alone.
        let may_be_joined = |user: &User| of_account(user) && user.sign_in.break_glass_since.is_none();
        let Some(mut user) = found.filter(may_be_joined) else { return Ok(Err(NotDecided::NoSuchUser)) };
        let about_user = About { user: Some(&user), ..about(self.applicant) };
        if self.applicant.came.is_none() || !self.who.may(Action::Merge, self.account, about_user) {
            return Ok(Err(NotDecided::NoSuchUser));
        }
        let to = match self.permitted(&granted, About { user: Some(&user), ..About::default() }) {
            Ok(to) => to,
            Err(not) => return Ok(Err(not)),
        };
        let mut after = self.after(to);
        after.file.granted = granted.clone();
        (after.file.user, after.file.merged) = (Some(user.id), true);
        if to == ApplicantState::SecondStep {
            let fact = Fact::ApplicantPassed { applicant: after.id };
            return Ok(Ok(self.ruling(after, UserChange::Keep, None, vec![fact], None)));
        }
        let mut facts = vec![Fact::ApplicantApproved { applicant: after.id, user: user.id, merged: true }];
        let before = user.grants.granted.clone();
        user.grants.granted = both(&before, granted);
        if user.grants.granted != before {
            facts.push(Fact::GrantsChanged { user: user.id });
        }
        facts.extend(self.linked(user.id));
        let link = self.link(user.id);
        // Saved even where nothing changes: whoever was given a role meanwhile, or suspended, is another one now.
        Ok(Ok(self.ruling(after, UserChange::Save(user), link, facts, None)))
    }

    fn refuse(&self, reason: &str) -> Result<Ruling, NotDecided> {
        let reason = reason.trim();
        let action = match self.applicant.state {
            ApplicantState::SecondStep => Action::Confirm(Giving::default()),
            _ => Action::Refuse,
        };
        if !self.who.may(action, self.account, about(self.applicant)) {
            return Err(NotDecided::BeyondReach);
        }
        match reason.chars().count() {
            0 => return Err(NotDecided::ReasonMissing),
            got if got > MAX_REASON => return Err(NotDecided::ReasonTooLong { got }),
            _ => {}
        }
        let mut after = self.after(ApplicantState::Refused);
        after.file.reason = Some(reason.chars().filter(|c| !c.is_control() || *c == '\n').collect());
        let fact = Fact::ApplicantRefused { applicant: after.id };
        Ok(self.ruling(after, UserChange::Keep, None, vec![fact], None))
    }

    /// Whether whoever decides may give this, and to what it leads.
    fn permitted(&self, granted: &Granted, with: About<'_>) -> Result<ApplicantState, NotDecided> {
        self.offer.check(granted)?;
        let giving = self.offer.giving(granted);
        let about = About { user: with.user, ..about(self.applicant) };
        let confirms = self.who.may(Action::Confirm(giving), self.account, about);
        let needs_confirmation = self.applicant.state == ApplicantState::SecondStep;
        if !(confirms || !needs_confirmation && self.who.may(Action::Approve(giving), self.account, about)) {
            return Err(NotDecided::BeyondReach);
        }
        let confirms = if confirms { Confirms::Yes } else { Confirms::No };
        Ok(waiting::after_approval(self.account.settings.waiting.second_step, confirms))
    }

    /// The applicant as they are afterwards, but for what the verdict says.
    fn after(&self, to: ApplicantState) -> Applicant {
        let mut after = self.applicant.clone();
        let decided = waiting::Decided { by: self.who.user.id, at: self.ctx.now };
        match to {
            ApplicantState::SecondStep => after.file.first = Some(decided),
            _ => after.file.last = Some(decided),
        }
        after.state = to;
        after.expires_at = self.account.settings.waiting.expiry(self.ctx.now);
        after.file.unsent = 0;
        after
    }

    fn link(&self, user: UserId) -> Option<Identity> {
        let came = self.applicant.came.clone()?;
        Some(Identity { connection: came.connection, subject: came.subject, user, linked_at: self.ctx.now })
    }

    fn linked(&self, user: UserId) -> Option<Fact> {
        let came = self.applicant.came.as_ref()?;
        Some(Fact::IdentityLinked { user, connection: came.connection, by_email: false })
    }

    fn ruling(
        &self,
        applicant: Applicant,
        user: UserChange,
        link: Option<Identity>,
        facts: Vec<Fact>,
        alone_with: Option<String>,
    ) -> Ruling {
        let actor = || self.who.by.clone();
        let events = facts.into_iter().map(|fact| self.ctx.event(self.account.id, actor(), fact)).collect();
        let from = self.applicant.state;
        Ruling {
            decided: DecideApplicant { applicant, from, mail_at: Some(self.ctx.now), user, link },
            events,
            alone_with,
        }
    }
}

async fn save(ctx: &Ctx, ruling: Ruling) -> Result<Decided, Problem> {
    let now = ctx.now;
    let saved = ctx.store.write(move |tx| {
        Box::pin(async move {
            if let Some(key) = &ruling.alone_with
                && !tx.namesakes(ruling.decided.applicant.account, key).await?.is_empty()
            {
                // It may be the user whom another approver has just made of them.
                let (id, version) = (ruling.decided.applicant.id, ruling.decided.applicant.version);
                let is_as_seen = tx.applicant(id).await?.is_some_and(|now| now.version == version);
                return Ok(if is_as_seen { Decided::Not(NotDecided::Namesake) } else { Decided::Overtaken });
            }
            if !tx.decide_applicant(&ruling.decided, now).await? {
                return Ok(Decided::Overtaken);
            }
            for event in &ruling.events {
                tx.insert_event(event).await?;
            }
            Ok::<_, StoreError>(Decided::Done)
        })
    });
    match saved.await {
        // The user was changed, or the person came to be known, at this moment.
        Err(StoreError::Stale { .. } | StoreError::Unique { constraint: Constraint::Identity }) => {
            Ok(Decided::Overtaken)
        }
        done => Ok(done?),
    }
}

/// A user who is let in.
pub(super) fn new_user(ctx: &Ctx, account: &Account, profile: Profile, granted: Granted) -> User {
    User {
        id: UserId::new(ctx.now, ctx.random::<{ id::RANDOM }>()),
        account: account.id,
        state: UserState::Active,
        profile,
        console_role: None,
        grants: Grants { granted, approves: None },
        sign_in: SignInRule::default(),
        created_at: ctx.now,
        version: 0,
    }
}

/// All of both. What both together would be too much of stays as it was.
fn both(one: &Granted, other: Granted) -> Granted {
    let mut roles = one.roles.clone();
    roles.extend(other.roles);
    let scopes = match (&one.scopes, other.scopes) {
        (Some(one), Some(other)) => {
            let mut all = one.by_kind().clone();
            for (kind, values) in other.by_kind() {
                all.entry(kind.clone()).or_default().extend(values.iter().cloned());
            }
            Scopes::new(all).ok().or_else(|| Some(one.clone()))
        }
        (one, other) => one.clone().or(other),
    };
    Granted { roles, scopes }
}
