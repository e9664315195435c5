//! Somebody forgot their password, or never had one: a link to set it comes by mail.

use vestibule_domain::account::Account;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::name::EmailAddress;
use vestibule_domain::password::{self, Unfit};
use vestibule_domain::user::User;
use vestibule_oidc::PasswordLink;
use vestibule_store::tx::MailAbout;

use crate::ctx::Ctx;
use crate::mails;
use crate::problem::Problem;

/// A link that is good.
#[derive(Debug)]
pub struct Opened {
    /// The account.
    pub account: Account,
    /// Whose password it sets.
    pub user: User,
    /// Their address.
    pub email: EmailAddress,
}

/// What became of a new password.
#[derive(Debug)]
pub enum Set {
    /// It is set. All sessions of the person ended.
    Done,
    /// It may not be chosen; the link stays good.
    Unfit(Unfit),
    /// The link is none, was used, or is over.
    Over,
}

/// Writes down that somebody wants a link. Whether there is such a person is not asked here, so that the answer and its
/// time tell nobody; the job asks.
///
/// # Errors
/// Those of the store.
pub async fn ask(ctx: &Ctx, account: &Account, email: EmailAddress, language: &str) -> Result<(), Problem> {
    let mail = mails::waiting(ctx, account.id, MailAbout::Link(email), language);
    Ok(ctx.store.write(move |tx| Box::pin(async move { tx.insert_mail(&mail).await })).await?)
}

/// Whose password a link sets. None where it is none, was used, is over, or they may not use a password any more.
///
/// # Errors
/// Those of the store.
pub async fn opened(ctx: &Ctx, text: &str) -> Result<Option<Opened>, Problem> {
    let Some(hash) = hash(text) else { return Ok(None) };
    let now = ctx.now;
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(Some(user)) = tx.password_link(&hash, now).await? else { return Ok::<_, Problem>(None) };
            let Some(user) = tx.user(user).await? else { return Ok(None) };
            Ok(tx.account(user.account).await?.map(|account| (account, user)))
        })
    });
    let Some((account, user)) = found.await? else { return Ok(None) };
    let email = user.profile.email.clone().filter(|_| password::may_use(&account, &user));
    Ok(email.map(|email| Opened { account, user, email }))
}

/// Sets the password of whoever has the link.
///
/// # Errors
/// Those of the store, and [`Problem::Busy`].
pub async fn set(ctx: &Ctx, opened: &Opened, text: &str, password: &str, product: &str) -> Result<Set, Problem> {
    let Some(hash) = hash(text) else { return Ok(Set::Over) };
    if let Err(unfit) = ctx.hasher.is_fit(password, &opened.email, &[&opened.account.name, product]).await? {
        return Ok(Set::Unfit(unfit));
    }
    let phc = ctx.hasher.hash(password, ctx.random()).await?;
    let user = opened.user.id;
    let event = ctx.event(opened.account.id, Actor::Visitor, Fact::PasswordSet { user });
    let now = ctx.now;
    let set = ctx.store.write(move |tx| Box::pin(async move { tx.set_password(&hash, user, &phc, now, &event).await }));
    Ok(if set.await? { Set::Done } else { Set::Over })
}

pub(super) fn hash(text: &str) -> Option<[u8; 32]> {
    PasswordLink::parse(text).map(|link| *link.hash().as_bytes())
}
