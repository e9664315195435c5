//! A program says how a person signs in (HY-27).

use vestibule_domain::enforcement::Method;
use vestibule_domain::id::UserId;
use vestibule_domain::permission::Action;
use vestibule_store::StoreError;

use super::change::{self, NotSet, field};
use crate::apply::{Wanted, WantedAccount, WantedUser};
use crate::console::Viewer;
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::set_up_connection::Tools;

/// What is said of how a person signs in; what is not stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignInSet {
    /// How.
    pub method: Option<Method>,
    /// Whether they may sign in by password where single sign-on is demanded (MX-33).
    pub break_glass: Option<bool>,
}

/// Says how a person signs in who is still at this version; none: whichever it is.
///
/// # Errors
/// See [`NotSet`].
pub async fn set_sign_in(
    ctx: &Ctx,
    viewer: &Viewer,
    id: UserId,
    set: SignInSet,
    version: Option<i64>,
    tools: &Tools,
) -> Result<(), NotSet> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(user) = tx.user(id).await? else { return Ok::<_, StoreError>(None) };
            Ok(tx.account(user.account).await?.map(|account| (account, user)))
        })
    });
    let (account, user) = found.await?.ok_or(Problem::NotFound)?;
    if !viewer.may_about(Action::SetMethod, &account.path, &user) {
        return Err(Problem::NotFound.into());
    }
    if !viewer.is_fresh(ctx.now) {
        return Err(NotSet::Trust);
    }
    if version.is_some_and(|version| version != user.version) {
        return Err(NotSet::Changed);
    }
    let was = (user.sign_in.method, user.sign_in.break_glass_since.is_some());
    let (method, break_glass) = (set.method.unwrap_or(was.0), set.break_glass.unwrap_or(was.1));
    if (method, break_glass) == was {
        return Ok(());
    }
    // The planner finds people by their address.
    if user.profile.email.is_none() {
        return Err(field(
            if set.method.is_some() { "sign_in" } else { "break_glass" },
            "nothing is known by which the person could be found: an e-mail address is wanted",
        ));
    }
    let person = WantedUser { method, break_glass, ..WantedUser::as_it_is(&user) };
    let wanted = WantedAccount { users: vec![person], ..WantedAccount::as_it_is(&account) };
    let wanted = Wanted { accounts: vec![wanted], ..Wanted::default() };
    change::set(ctx, viewer, &wanted, None, tools, |plan| {
        // What is not said stays as it was when it was looked at, so they have to be as they were.
        if plan.version_of(id) == Some(user.version) { Ok(()) } else { Err(NotSet::Changed) }
    })
    .await
}
