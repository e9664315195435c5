//! Somebody signs in with a password: at their account's own address, or because an application asked.

use std::collections::BTreeMap;

use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::{self, AccountId, SessionId, UserId};
use vestibule_domain::name::EmailAddress;
use vestibule_domain::password::{self, Door};
use vestibule_domain::session::{self, Authentication, Session, SessionUser};
use vestibule_domain::user::User;
use vestibule_oidc::{Answer, SessionToken};
use vestibule_store::tx::{MailAbout, NewSession, PasswordHolder, PasswordSignIn, StoredPassword, WaitingMail};

use super::second::{self, Second};
use crate::ctx::Ctx;
use crate::deployment::Place;
use crate::issue_tokens::{self, Asking};
use crate::mails;
use crate::problem::Problem;
use crate::sign_in::{SignedIn, Target, Visit, landing};
use crate::table;

/// Where a password may be typed.
#[derive(Debug)]
pub struct Doorway {
    /// Whose people come in here.
    pub account: Account,
    asking: Option<Asking>,
    /// The application's request; or where whoever comes for no application wants to.
    target: String,
}

impl Doorway {
    /// Where the application's request is heard again.
    fn again(&self, ctx: &Ctx) -> String {
        format!("{}/oidc/authorize?{}", ctx.deployment.origin_of(self.account.sub_domain.as_ref()), self.target)
    }
}

/// What became of it.
#[derive(Debug)]
pub enum Outcome {
    /// A session began.
    SignedIn(SignedIn),
    /// The password is right, and a code is wanted behind it.
    Second(Second),
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
    Ok(Doorway { account, asking, target: visit.target.as_text().to_owned() })
}

async fn platform(ctx: &Ctx) -> Result<Option<Account>, Problem> {
    Ok(ctx.store.read(move |tx| Box::pin(async move { tx.account_by_path(&AccountPath::ROOT).await })).await?)
}

/// Somebody says who they are, and their password.
///
/// # Errors
/// Those of the store, and [`Problem::Busy`].
pub async fn sign_in(
    ctx: &Ctx,
    door: &Doorway,
    email: &EmailAddress,
    password: &str,
    product: &str,
) -> Result<Outcome, Problem> {
    let mut holder = holder(ctx, door.account.id, email).await?;
    let compared = holder.as_ref().map(|holder| holder.password.phc.clone());
    if !ctx.hasher.is(password, compared.as_deref()).await? {
        return Ok(Outcome::Wrong);
    }
    for _ in 0..TRIES {
        // Nobody, or one who has another password by now.
        let Some(one) = holder.filter(|one| Some(&one.password.phc) == compared.as_ref()) else { break };
        if let Some(second) = second::wanted(ctx, &one, product).await? {
            return Ok(Outcome::Second(second));
        }
        let Prepared { proved, signed_in } = prepare(ctx, door, one, &[session::PASSWORD], true).await?;
        let now = ctx.now;
        if ctx.store.write(move |tx| Box::pin(async move { tx.sign_in_by_password(&proved, now).await })).await? {
            return Ok(Outcome::SignedIn(signed_in));
        }
        // What rules passwords was changed meanwhile: it is asked again what holds for this person.
        holder = self::holder(ctx, door.account.id, email).await?;
    }
    Ok(Outcome::Wrong)
}

/// How often it is asked again.
const TRIES: usize = 3;

/// Somebody who may use the password that they have.
#[derive(Debug)]
pub(super) struct Holder {
    pub(super) account: Account,
    pub(super) user: User,
    pub(super) password: StoredPassword,
    pub(super) opened: Door,
}

/// The one person of the account with this address, if they have a password and may use it.
async fn holder(ctx: &Ctx, account: AccountId, email: &EmailAddress) -> Result<Option<Holder>, Problem> {
    let key = email.key().to_owned();
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            // In this order: a change of the account's rules that its settings do not show yet counts the epoch up.
            let holders = tx.password_holders(account, &key).await?;
            Ok::<_, Problem>((holders, tx.account(account).await?))
        })
    });
    let (holders, account) = found.await?;
    let Ok([PasswordHolder { user, password }]) = <[PasswordHolder; 1]>::try_from(holders) else { return Ok(None) };
    Ok(whoever_may(account, user, password))
}

/// The same of a person who is known.
pub(super) async fn holder_by_id(ctx: &Ctx, user: UserId) -> Result<Option<Holder>, Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let password = tx.password_of(user).await?;
            let Some(user) = tx.user(user).await? else { return Ok::<_, Problem>(None) };
            Ok(Some((tx.account(user.account).await?, user, password)))
        })
    });
    Ok(found.await?.and_then(|(account, user, password)| whoever_may(account, user, password)))
}

fn whoever_may(account: Option<Account>, user: User, password: Option<StoredPassword>) -> Option<Holder> {
    let (account, password) = account.zip(password)?;
    let opened = password::door(&account, &user);
    (opened != Door::Closed).then_some(Holder { account, user, password, opened })
}

/// A session that a write may begin.
pub(super) struct Prepared {
    pub(super) proved: PasswordSignIn,
    pub(super) signed_in: SignedIn,
}

/// Prepares the session. Where the person goes on by themselves, no code is given yet: the application asks again.
pub(super) async fn prepare(
    ctx: &Ctx,
    door: &Doorway,
    holder: Holder,
    methods: &[&str],
    goes_on_at_once: bool,
) -> Result<Prepared, Problem> {
    let Holder { account, user, password, opened } = holder;
    let token = SessionToken::new(ctx.now, &ctx.random());
    let session = session(ctx, &account, &user, methods);
    let (code, onward) = match &door.asking {
        Some(_) if !goes_on_at_once => (None, Answer::Redirect(door.again(ctx))),
        Some(asking) => {
            let person = issue_tokens::person(&session.user, Some(&user))?;
            issue_tokens::code(ctx, asking, &session, &account, person)?
        }
        None => (None, Answer::Redirect(landing(ctx, &account, &door.target).await?)),
    };
    let event = |fact| ctx.event(account.id, Actor::Visitor, fact);
    let mut events = vec![event(Fact::SignedInByPassword { user: user.id, session: session.id })];
    let mut mails = Vec::new();
    if opened == Door::BreakGlass {
        tracing::warn!(account = %account.id, user = %user.id, "a break-glass user signed in by password");
        events.push(event(Fact::BreakGlassUsed { user: user.id, session: session.id }));
        mails = tell_of_break_glass(ctx, &account, &user).await?;
    }
    let expires_at = session.expires_at;
    let session = NewSession { session, token_hash: *token.hash().as_bytes(), is_named: false };
    let proved = PasswordSignIn { user: user.id, password, session, code, mails, events };
    Ok(Prepared { proved, signed_in: SignedIn { token, expires_at, onward } })
}

/// The account's contact learns of it, and the operator's.
async fn tell_of_break_glass(ctx: &Ctx, account: &Account, user: &User) -> Result<Vec<WaitingMail>, Problem> {
    let platform = platform(ctx).await?;
    let readers = [Some(account), platform.as_ref()].into_iter().flatten();
    let mut contacts: Vec<_> = readers.filter_map(|reader| reader.settings.contact.as_ref()).collect();
    contacts.dedup_by(|one, other| one.email.key() == other.email.key());
    let about = |to: &EmailAddress| MailAbout::BreakGlass { user: user.id, to: to.clone() };
    Ok(contacts.into_iter().map(|to| mails::waiting(ctx, account.id, about(&to.email), mails::ENGLISH)).collect())
}

fn session(ctx: &Ctx, account: &Account, user: &User, methods: &[&str]) -> Session {
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
            methods: methods.iter().map(|&method| method.to_owned()).collect(),
            attributes: BTreeMap::new(),
        },
        created_at: ctx.now,
        expires_at: ctx.now + account.sessions.length(),
    }
}
