//! Somebody asks on behalf of a person who was not here yet: they are known before they first sign in (SC-14, SC-17).

use thiserror::Error;
use vestibule_domain::account::{Account, AccountPath, Admission};
use vestibule_domain::event::Fact;
use vestibule_domain::grants::Granted;
use vestibule_domain::id::{self, ApplicantId};
use vestibule_domain::name::{DomainName, EmailAddress};
use vestibule_domain::offer::{NotOffered, Offer};
use vestibule_domain::permission::{Action, Giving};
use vestibule_domain::user::Profile;
use vestibule_domain::waiting::{self, Applicant, ApplicantState, Confirms, File, SecondStep};
use vestibule_store::Tx;
use vestibule_store::tx::{ApplicantFilter, ApplicantOrder, DecideApplicant, UserChange};

use super::decide::new_user;
use super::list::within_reach;
use super::who::{About, Who};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// For whom somebody asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// In which account; none: their own.
    pub account: Option<AccountPath>,
    /// By which address the person will come.
    pub email: EmailAddress,
    /// What the person is called; may be empty.
    pub name: String,
    /// What they are to be given.
    pub granted: Granted,
}

/// Why somebody cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotAsked {
    /// Nobody can be given this.
    #[error(transparent)]
    NotOffered(#[from] NotOffered),
    /// Whoever asks may not give this.
    #[error("this is more than you may give")]
    BeyondReach,
    /// The address is of a domain that is not the account's.
    #[error("{domain:?} is not proved for this account")]
    DomainNotProved {
        /// The domain.
        domain: String,
    },
    /// A user of the account has the address.
    #[error("a user of the account has this e-mail address already")]
    AlreadyKnown,
    /// The waiting room has no place left.
    #[error("the account has as many applicants as it may; decided ones count until their time is over")]
    Full,
    /// Somebody with the address waits already.
    #[error("somebody with this e-mail address waits already")]
    AlreadyWaits(ApplicantId),
}

/// What is offered to somebody who asks.
#[derive(Debug)]
pub struct Form {
    /// The account in which they ask.
    pub account: Account,
    /// What they may give.
    pub offer: Offer,
    /// Whether what they ask for waits for the second step.
    pub second_step_follows: bool,
}

/// The account in which somebody may ask, what they may give, and what follows.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, is beyond reach, or keeps no users.
pub async fn form(ctx: &Ctx, who: &Who, account: Option<AccountPath>) -> Result<Form, Problem> {
    let (account, offer) = load(ctx, who, account).await?;
    let confirms = who.may(Action::Confirm(Giving::default()), &account, About::default());
    let second_step_follows = !confirms && account.settings.waiting.second_step == SecondStep::Operator;
    Ok(Form { account, offer: within_reach(who, offer), second_step_follows })
}

async fn load(ctx: &Ctx, who: &Who, path: Option<AccountPath>) -> Result<(Account, Offer), Problem> {
    let path = path.unwrap_or_else(|| who.home.path.clone());
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let account = tx.account_by_path(&path).await?.ok_or(Problem::NotFound)?;
            Ok::<_, Problem>((account, tx.applications().await?))
        })
    });
    let (account, applications) = found.await?;
    let sees = who.may(Action::SeeWaiting, &account, About::default());
    if !sees || account.settings.admission == Admission::PassThrough {
        return Err(Problem::NotFound);
    }
    let offer = Offer::of(&applications, account.id);
    Ok((account, offer))
}

/// Asks: the person is a user at once, whom their address leads in, or waits for the second step.
///
/// # Errors
/// As [`form`]'s, and those of the store.
pub async fn ask_for(ctx: &Ctx, who: &Who, asking: Asking) -> Result<Result<ApplicantId, NotAsked>, Problem> {
    let (account, offer) = load(ctx, who, asking.account).await?;
    if let Err(not) = offer.check(&asking.granted) {
        return Ok(Err(not.into()));
    }
    let giving = offer.giving(&asking.granted);
    let profile = Profile {
        display_name: (!asking.name.trim().is_empty()).then(|| asking.name.trim().to_owned()),
        email: Some(asking.email.clone()),
        email_verified: true,
        ..Profile::default()
    };
    let profile = waiting::known(&profile);
    let about = About { profile: Some(&profile), ..About::default() };
    if !who.may(Action::AskOnBehalf(giving), &account, about) {
        return Ok(Err(NotAsked::BeyondReach));
    }
    let asked = asked(ctx, who, &account, giving, profile, &asking.granted);
    let at_most = account.settings.waiting.at_most;
    let (account, email) = (account.id, asking.email);
    let mut facts = vec![Fact::AskedOnBehalf { applicant: asked.applicant.id }];
    if let UserChange::Insert(user) = &asked.user {
        facts.push(Fact::ApplicantApproved { applicant: asked.applicant.id, user: user.id, merged: false });
        facts.push(Fact::UserCreated { user: user.id });
    }
    let events: Vec<_> = facts.into_iter().map(|fact| ctx.event(account, who.by.clone(), fact)).collect();
    let now = ctx.now;
    let written = ctx.store.write(move |tx| {
        Box::pin(async move {
            if let Err(not) = may_be_new(tx, account, &email, now).await? {
                return Ok::<_, Problem>(Err(not));
            }
            if !tx.ask_for(&asked, at_most).await? {
                return Ok(Err(NotAsked::Full));
            }
            for event in &events {
                tx.insert_event(event).await?;
            }
            Ok(Ok(asked.applicant.id))
        })
    });
    written.await
}

fn asked(
    ctx: &Ctx,
    who: &Who,
    account: &Account,
    giving: Giving<'_>,
    profile: Profile,
    granted: &Granted,
) -> DecideApplicant {
    let settings = &account.settings.waiting;
    let confirms = who.may(Action::Confirm(giving), account, About::default());
    let to = waiting::after_approval(settings.second_step, if confirms { Confirms::Yes } else { Confirms::No });
    let decided = waiting::Decided { by: who.user.id, at: ctx.now };
    let mut file =
        File { profile: profile.clone(), granted: granted.clone(), first: Some(decided.clone()), ..File::default() };
    let user = match to {
        ApplicantState::Approved => {
            let user = new_user(ctx, account, profile, granted.clone());
            (file.user, file.last) = (Some(user.id), Some(decided));
            UserChange::Insert(user)
        }
        _ => UserChange::Keep,
    };
    let applicant = Applicant {
        id: ApplicantId::new(ctx.now, ctx.random::<{ id::RANDOM }>()),
        account: account.id,
        came: None,
        state: to,
        asked_at: ctx.now,
        expires_at: settings.expiry(ctx.now),
        file,
        version: 1,
    };
    DecideApplicant { applicant, from: ApplicantState::Waiting, mail_at: Some(ctx.now), user, link: None }
}

/// That nobody of the account has the address, or waits with it, and that it is one of the account's.
async fn may_be_new(
    tx: &mut Tx,
    account: id::AccountId,
    email: &EmailAddress,
    now: jiff::Timestamp,
) -> Result<Result<(), NotAsked>, Problem> {
    // First, for it keeps others from asking for the same person meanwhile.
    let namesakes = tx.namesakes(account, email.key()).await?;
    if !is_ours(tx, account, email).await? {
        return Ok(Err(NotAsked::DomainNotProved { domain: email.domain().to_owned() }));
    }
    if !namesakes.is_empty() {
        return Ok(Err(NotAsked::AlreadyKnown));
    }
    for state in [ApplicantState::Waiting, ApplicantState::SecondStep] {
        let order = ApplicantOrder::Email;
        let filter = ApplicantFilter { account, state, order, begins: email.key().to_owned(), after: None, limit: 10 };
        let waits = tx.applicants(&filter).await?;
        let same = |it: &Applicant| now < it.expires_at && waiting::email_key(&it.file.profile) == Some(email.key());
        if let Some(waits) = waits.into_iter().find(same) {
            return Ok(Err(NotAsked::AlreadyWaits(waits.id)));
        }
    }
    Ok(Ok(()))
}

/// Whether a domain is the account's, or that of one by whose connections its people sign in (A25.1).
async fn is_ours(tx: &mut Tx, account: id::AccountId, email: &EmailAddress) -> Result<bool, Problem> {
    let Ok(domain) = email.domain().parse::<DomainName>() else { return Ok(false) };
    let Some(proved) = tx.proved_domain(&domain).await? else { return Ok(false) };
    if proved.account == account {
        return Ok(true);
    }
    Ok(tx.ways_into(account).await?.iter().any(|way| way.connection.account == proved.account))
}
