//! Somebody who is signed in replaces their password.

use vestibule_domain::account::Account;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::UserId;
use vestibule_domain::name::EmailAddress;
use vestibule_domain::password::{self, Unfit};
use vestibule_domain::user::User;
use vestibule_store::tx::{PasswordChange, StoredPassword};

use super::sign_in::Holder;
use crate::ctx::Ctx;
use crate::problem::Problem;

/// Somebody signed in who has a password and may use it.
#[derive(Debug)]
pub struct Owner {
    /// Their account.
    pub account: Account,
    /// Their address.
    pub email: EmailAddress,
    user: User,
    password: StoredPassword,
    session: [u8; 32],
}

impl Owner {
    pub(super) fn user_id(&self) -> UserId {
        self.user.id
    }

    pub(super) fn into_holder(self) -> Holder {
        let opened = password::door(&self.account, &self.user);
        Holder { account: self.account, user: self.user, password: self.password, opened }
    }
}

/// What became of the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is changed. The person's other sessions and their links ended.
    Done,
    /// What was typed is not the present one.
    Wrong,
    /// The new one may not be chosen.
    Unfit(Unfit),
}

/// Whose password it is that may be changed in a session. None where nobody is signed in, or they have none that they
/// may use.
///
/// # Errors
/// Those of the store.
pub async fn owner(ctx: &Ctx, session: [u8; 32]) -> Result<Option<Owner>, Problem> {
    let now = ctx.now;
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some((_, Some(user))) = tx.session(&session, now).await? else { return Ok::<_, Problem>(None) };
            let Some(password) = tx.password_of(user.id).await? else { return Ok(None) };
            Ok(tx.account(user.account).await?.map(|account| (account, user, password)))
        })
    });
    let Some((account, user, password)) = found.await? else { return Ok(None) };
    let email = user.profile.email.clone().filter(|_| password::may_use(&account, &user));
    Ok(email.map(|email| Owner { account, email, user, password, session }))
}

/// Replaces the password, if the present one was typed.
///
/// # Errors
/// Those of the store, and [`Problem::Busy`].
pub async fn change(ctx: &Ctx, owner: Owner, present: &str, new: &str, product: &str) -> Result<Changed, Problem> {
    if !ctx.hasher.is(present, Some(&owner.password.phc)).await? {
        return Ok(Changed::Wrong);
    }
    if let Err(unfit) = ctx.hasher.is_fit(new, &owner.email, &[&owner.account.name, product]).await? {
        return Ok(Changed::Unfit(unfit));
    }
    let phc = ctx.hasher.hash(new, ctx.random()).await?;
    let Owner { account, user, password, session, .. } = owner;
    let event = ctx.event(account.id, Actor::User(user.id), Fact::PasswordSet { user: user.id });
    let change = PasswordChange { user: user.id, before: password, phc, session, event };
    let now = ctx.now;
    let changed = ctx.store.write(move |tx| Box::pin(async move { tx.change_password(&change, now).await }));
    // Otherwise it was changed elsewhere meanwhile, and what was typed is the present one no more.
    Ok(if changed.await? { Changed::Done } else { Changed::Wrong })
}
