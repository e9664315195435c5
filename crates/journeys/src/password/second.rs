//! A second factor behind the password: a code of an authenticator, or one of the codes for the day on which it is lost.
//!
//! ```text
//! password right ─▶ has an authenticator? or the account demands one? ──no──▶ session
//!                        │ yes: the page gets a secret, good for minutes and for a few codes
//!                        ▼
//!                     code ─▶ one unit: step ends, code is used up (or the new authenticator kept), session begins
//! ```

use jiff::SignedDuration;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::UserId;
use vestibule_domain::name::EmailAddress;
use vestibule_domain::password::SecondFactor;
use vestibule_domain::session;
use vestibule_oidc::PasswordLink;
use vestibule_store::tx::{NewTotp, SecondStep};
use vestibule_store::{NONCE_LENGTH, Sealed, StoreError};

use super::change::Owner;
use super::link;
use super::sign_in::{self, Doorway, Holder, Prepared};
use super::totp::{self, RECOVERY_CODES, Secret};
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::sign_in::SignedIn;
use crate::unlink::UnlinkError;

/// How long a code is waited for: to fetch a telephone, and to set up an authenticator on it.
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// How many codes are heard for one password.
const TRIES: u32 = 5;

/// What is wanted behind a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Second {
    /// What the page sends with the code.
    pub step: String,
    /// The authenticator that is to be set up; none: the person has one.
    pub enrolment: Option<Enrolment>,
}

/// An authenticator that is to be set up.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The secret, as people type it.
    pub secret: String,
    /// The same and whose it is, as an authenticator scans it.
    pub uri: String,
}

/// Somebody whose password was right, and who says a code.
#[derive(Debug)]
pub struct Answering {
    /// Their address.
    pub email: EmailAddress,
    holder: Holder,
    step: SecondStep,
}

/// What became of a code.
#[derive(Debug)]
pub enum Answered {
    /// A session began.
    SignedIn {
        /// It.
        signed_in: SignedIn,
        /// The recovery codes of an authenticator that was set up just now, which nobody sees again. Then no application
        /// has a code yet, for a person reads these first.
        recovery_codes: Vec<String>,
    },
    /// The code is another, or was used.
    Wrong(Second),
    /// The password has to be typed again.
    Over,
}

/// What is wanted of somebody whose password was right; none: nothing more.
pub(super) async fn wanted(ctx: &Ctx, holder: &Holder, product: &str) -> Result<Option<Second>, Problem> {
    let user = holder.user.id;
    let has_one = ctx.store.read(move |tx| Box::pin(async move { tx.totp(user).await })).await?.is_some();
    match (has_one, holder.account.settings.second_factor) {
        (true, _) => begin(ctx, holder, None, product).await.map(Some),
        (false, SecondFactor::Required) => begin(ctx, holder, Some(Secret::new(ctx.random())), product).await.map(Some),
        (false, SecondFactor::Optional) => Ok(None),
    }
}

async fn begin(ctx: &Ctx, holder: &Holder, secret: Option<Secret>, product: &str) -> Result<Second, Problem> {
    let token = PasswordLink::new(ctx.now, &ctx.random());
    let user = holder.user.id;
    let step = SecondStep {
        hash: *token.hash().as_bytes(),
        user,
        password: holder.password.clone(),
        secret: secret.as_ref().map(|secret| sealed(ctx, user, secret)).transpose()?,
        expires_at: ctx.now + LIFETIME,
    };
    ctx.store.write(move |tx| Box::pin(async move { tx.insert_second_step(&step).await })).await?;
    let enrolment = secret.map(|secret| enrolment(&secret, holder, product));
    Ok(Second { step: token.to_text(), enrolment })
}

fn enrolment(secret: &Secret, holder: &Holder, product: &str) -> Enrolment {
    let email = holder.user.profile.email.as_ref().map_or("", EmailAddress::as_str);
    Enrolment { secret: secret.text(), uri: secret.uri(product, email) }
}

/// Somebody signed in, who typed their present password, sets up an authenticator, in the place of one that they have.
/// None where the password is another.
///
/// # Errors
/// Those of the store, and [`Problem::Busy`].
pub async fn set_up(ctx: &Ctx, owner: Owner, present: &str, product: &str) -> Result<Option<Second>, Problem> {
    let Some(holder) = proved(ctx, owner, present).await? else { return Ok(None) };
    begin(ctx, &holder, Some(Secret::new(ctx.random())), product).await.map(Some)
}

/// Somebody signed in, who typed their present password, gives their authenticator up. False where the password is
/// another; an account that demands one will have them set one up at the next sign-in.
///
/// # Errors
/// Those of the store, and [`Problem::Busy`].
pub async fn remove(ctx: &Ctx, owner: Owner, present: &str) -> Result<bool, Problem> {
    let Some(holder) = proved(ctx, owner, present).await? else { return Ok(false) };
    let user = holder.user.id;
    let event = ctx.event(holder.account.id, Actor::User(user), Fact::SecondFactorRemoved { user });
    ctx.store.write(move |tx| Box::pin(async move { tx.remove_totp(user, &event).await })).await?;
    Ok(true)
}

/// An operator takes the authenticator of somebody away who has lost it, with its recovery codes. False where they have
/// none. Their password alone lets them in then; an account that demands a second factor has them set one up.
///
/// # Errors
/// There is nobody with this id; those of the store.
pub async fn take_away(ctx: &Ctx, user: UserId) -> Result<bool, UnlinkError> {
    let of = ctx.clone();
    let taken = ctx.store.write(move |tx| {
        Box::pin(async move {
            let account = tx.user(user).await?.ok_or(UnlinkError::NoUser { got: user })?.account;
            let event = of.event(account, Actor::CommandLine, Fact::SecondFactorRemoved { user });
            Ok::<_, UnlinkError>(tx.remove_totp(user, &event).await?)
        })
    });
    taken.await
}

/// Whether somebody has an authenticator.
///
/// # Errors
/// Those of the store.
pub async fn has_one(ctx: &Ctx, owner: &Owner) -> Result<bool, Problem> {
    let user = owner.user_id();
    Ok(ctx.store.read(move |tx| Box::pin(async move { tx.totp(user).await })).await?.is_some())
}

async fn proved(ctx: &Ctx, owner: Owner, present: &str) -> Result<Option<Holder>, Problem> {
    let holder = owner.into_holder();
    Ok(ctx.hasher.is(present, Some(&holder.password.phc)).await?.then_some(holder))
}

/// Who says a code, by what their page has. None where the password has to be typed again. Counts as one of few tries.
///
/// # Errors
/// Those of the store.
pub async fn answering(ctx: &Ctx, door: &Doorway, token: &str) -> Result<Option<Answering>, Problem> {
    let Some(hash) = link::hash(token) else { return Ok(None) };
    let now = ctx.now;
    let step = ctx.store.write(move |tx| Box::pin(async move { tx.try_second_step(&hash, TRIES, now).await })).await?;
    let Some(step) = step else { return Ok(None) };
    let holder = sign_in::holder_by_id(ctx, step.user).await?;
    // Of what was proved nothing may have changed.
    let holder = holder.filter(|holder| holder.account.id == door.account.id && holder.password == step.password);
    let email = holder.as_ref().and_then(|holder| holder.user.profile.email.clone());
    Ok(holder.zip(email).map(|(holder, email)| Answering { email, holder, step }))
}

/// The code proves it: what is to be kept of that.
enum Proof {
    Code(i64),
    Recovery([u8; 32]),
    New(Box<NewTotp>),
}

/// Why nothing was kept.
enum Undone {
    Wrong,
    Over,
    Store(StoreError),
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A code was said.
///
/// # Errors
/// Those of the store, and of a secret that cannot be opened.
pub async fn answer(
    ctx: &Ctx,
    door: &Doorway,
    answering: Answering,
    token: &str,
    code: &str,
    product: &str,
) -> Result<Answered, Problem> {
    let Answering { holder, step, .. } = answering;
    let user = holder.user.id;
    let secret = step.secret.clone().map(|sealed| open(ctx, user, sealed)).transpose()?;
    let again =
        Second { step: token.to_owned(), enrolment: secret.as_ref().map(|secret| enrolment(secret, &holder, product)) };
    let Some((proof, recovery_codes)) = proof(ctx, &holder, &step, secret.as_ref(), code).await? else {
        return Ok(Answered::Wrong(again));
    };
    let methods = [session::PASSWORD, session::ONE_TIME_CODE];
    let is_new = matches!(proof, Proof::New(_));
    let Prepared { proved, signed_in } = sign_in::prepare(ctx, door, holder, &methods, !is_new).await?;
    let event = ctx.event(door.account.id, Actor::Visitor, Fact::RecoveryCodeUsed { user });
    let (hash, now) = (step.hash, ctx.now);
    let done = ctx.store.write(move |tx| {
        Box::pin(async move {
            if !tx.drop_second_step(&hash).await? {
                return Err(Undone::Over);
            }
            let holds = match &proof {
                Proof::Code(step) => tx.use_totp(user, *step).await?,
                Proof::Recovery(hash) => tx.use_recovery_code(user, hash, &event).await?,
                Proof::New(new) => tx.set_totp(user, new, now).await.map(|()| true)?,
            };
            if !holds {
                return Err(Undone::Wrong);
            }
            if tx.sign_in_by_password(&proved, now).await? { Ok(()) } else { Err(Undone::Over) }
        })
    });
    match done.await {
        Ok(()) => Ok(Answered::SignedIn { signed_in, recovery_codes }),
        Err(Undone::Wrong) => Ok(Answered::Wrong(again)),
        Err(Undone::Over) => Ok(Answered::Over),
        Err(Undone::Store(error)) => Err(error.into()),
    }
}

async fn proof(
    ctx: &Ctx,
    holder: &Holder,
    step: &SecondStep,
    new: Option<&Secret>,
    code: &str,
) -> Result<Option<(Proof, Vec<String>)>, Problem> {
    let user = holder.user.id;
    if let Some(secret) = new {
        let Some(at) = secret.step_of(code, ctx.now, 0) else { return Ok(None) };
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| totp::recovery_code(&ctx.random())).collect();
        let new = NewTotp {
            // Sealed for the person before: it moves as it is.
            secret: step.secret.clone().unwrap_or_default(),
            step: at,
            codes: codes.iter().filter_map(|code| totp::recovery_hash(code)).collect(),
            event: ctx.event(holder.account.id, Actor::Visitor, Fact::SecondFactorSet { user }),
        };
        return Ok(Some((Proof::New(Box::new(new)), codes)));
    }
    let stored = ctx.store.read(move |tx| Box::pin(async move { tx.totp(user).await })).await?;
    let Some(stored) = stored else { return Ok(None) };
    let secret = open(ctx, user, stored.secret)?;
    let by_code = secret.step_of(code, ctx.now, stored.last_step).map(Proof::Code);
    let proof = by_code.or_else(|| totp::recovery_hash(code).map(Proof::Recovery));
    Ok(proof.map(|proof| (proof, Vec::new())))
}

fn sealed(ctx: &Ctx, user: UserId, secret: &Secret) -> Result<Vec<u8>, Problem> {
    let sealed = ctx.store.sealer().seal(&user.to_string(), secret, ctx.random::<NONCE_LENGTH>());
    Ok(sealed.map_err(Problem::broken)?.stored().to_vec())
}

fn open(ctx: &Ctx, user: UserId, sealed: Vec<u8>) -> Result<Secret, Problem> {
    ctx.store.sealer().open(&user.to_string(), &Sealed::from_stored(sealed)).map_err(Problem::broken)
}

/// Without the secret.
macro_rules! debug_without_secret {
    ($($kind:ident)*) => {$(
        impl std::fmt::Debug for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($kind)).finish_non_exhaustive()
            }
        }
    )*};
}
debug_without_secret! { Second Enrolment }
