//! Somebody signs in with a password: at their account's own address, or because an application asked.

use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::{self, SessionId};
use vestibule_domain::name::EmailAddress;
use vestibule_domain::password;
use vestibule_domain::session::{self, Authentication, Session, SessionUser};
use vestibule_domain::user::User;
use vestibule_oidc::SessionToken;
use vestibule_store::tx::{NewSession, PasswordHolder, PasswordSignIn};

use crate::ctx::Ctx;
use crate::deployment::Place;
use crate::issue_tokens::{self, Asking};
use crate::problem::Problem;
use crate::sign_in::{SignedIn, Target, Visit, landing};
use crate::table;

/// Where a password may be typed.
#[derive(Debug)]
pub struct Doorway {
    /// Whose people come in here.
    pub account: Account,
    asking: Option<Asking>,
    /// Where whoever comes for no application wants to.
    deep_link: String,
}

/// What became of it.
#[derive(Debug)]
pub enum Outcome {
    /// A session began.
    SignedIn(SignedIn),
    /// There is no such person, they may not use a password, or it is another: nobody is told which.
    Wrong,
}

/// Whose people sign in at this address: those of the account that the host or the application names; at the
/// deployment's own address the platform's.
///
/// # Errors
/// [`Problem::NotFound`] where the account has no passwords; an application's request that is not in order.
pub async fn doorway(ctx: &Ctx, visit: &Visit) -> Result<Doorway, Problem> {
    let asking = match &visit.target {
        // A request that can be answered with an error only is not begun here.
        Target::Application(query) => Some(issue_tokens::asking(ctx, query).await?.map_err(|_| Problem::NotFound)?),
        Target::Account(_) => None,
    };
    let table = table::load(ctx, visit, asking.as_ref()).await?;
    let account = match (table.account, &visit.host) {
        (Some(account), _) => Some(account),
        (None, Place::Base) => platform(ctx).await?,
        (None, _) => None,
    };
    let account = account.filter(password::is_offered).ok_or(Problem::NotFound)?;
    let deep_link = if asking.is_none() { visit.target.as_text().to_owned() } else { String::new() };
    Ok(Doorway { account, asking, deep_link })
}

async fn platform(ctx: &Ctx) -> Result<Option<Account>, Problem> {
    Ok(ctx.store.read(move |tx| Box::pin(async move { tx.account_by_path(&AccountPath::ROOT).await })).await?)
}

/// Somebody says who they are, and their password.
///
/// # Errors
/// Those of the store, and [`Problem::Busy`].
pub async fn sign_in(ctx: &Ctx, door: &Doorway, email: &EmailAddress, password: &str) -> Result<Outcome, Problem> {
    let holder = holder(ctx, &door.account, email).await?;
    let phc = holder.as_ref().and_then(|holder| holder.phc.as_deref());
    let is_right = ctx.hasher.is(password, phc).await?;
    let Some(PasswordHolder { user, phc: Some(phc) }) = holder.filter(|_| is_right) else { return Ok(Outcome::Wrong) };
    let token = SessionToken::new(ctx.now, &ctx.random());
    let session = session(ctx, &user);
    let (code, location) = match &door.asking {
        Some(asking) => {
            let person = issue_tokens::person(&session.user, Some(&user))?;
            let (code, location) = issue_tokens::code(ctx, asking, &session, &door.account, person)?;
            (Some(code), location)
        }
        None => (None, landing(ctx, &door.account, &door.deep_link).await?),
    };
    let fact = Fact::SignedInByPassword { user: user.id, session: session.id };
    let event = ctx.event(door.account.id, Actor::Visitor, fact);
    let (expires_at, now) = (session.expires_at, ctx.now);
    let session = NewSession { session, token_hash: *token.hash().as_bytes(), is_named: false };
    let proved = PasswordSignIn { user: user.id, phc, session, code };
    let began = ctx.store.write(move |tx| Box::pin(async move { tx.sign_in_by_password(&proved, now, &event).await }));
    // Otherwise the password was changed while it was compared.
    Ok(if began.await? { Outcome::SignedIn(SignedIn { token, expires_at, location }) } else { Outcome::Wrong })
}

/// The one person of the account with this address, if they may use a password.
pub(super) async fn holder(
    ctx: &Ctx,
    account: &Account,
    email: &EmailAddress,
) -> Result<Option<PasswordHolder>, Problem> {
    let (id, key) = (account.id, email.key().to_owned());
    let found = ctx.store.read(move |tx| Box::pin(async move { tx.password_holders(id, &key).await })).await?;
    let Ok([one]) = <[PasswordHolder; 1]>::try_from(found) else { return Ok(None) };
    Ok(Some(one).filter(|one| password::may_use(account, &one.user)))
}

fn session(ctx: &Ctx, user: &User) -> Session {
    Session {
        id: SessionId::new(ctx.now, ctx.random::<{ id::RANDOM }>()),
        user: SessionUser::Known(user.id),
        account: user.account,
        connection: None,
        authentication: Authentication {
            authn_instant: ctx.now,
            authn_context: None,
            session_index: None,
            name_id: None,
            methods: vec![session::PASSWORD.to_owned()],
        },
        created_at: ctx.now,
        expires_at: ctx.now + session::ABSOLUTE,
    }
}
