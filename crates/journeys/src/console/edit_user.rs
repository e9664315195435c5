//! Somebody says how a person signs in (HY-27): what follows from it is shown before it is saved.

use vestibule_domain::account::Account;
use vestibule_domain::id::UserId;
use vestibule_domain::permission::Action;
use vestibule_domain::user::User;
use vestibule_domain::waiting;
use vestibule_store::StoreError;

use super::edit::{Edited, FieldProblem, Fields, NotEdited, Reader, Sent, weigh, word};
use super::viewer::{Shown, Spot, Viewer};
use crate::apply::{Wanted, WantedAccount, WantedUser};
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::set_up_connection::Tools;

/// The form of how a person signs in.
#[derive(Debug)]
pub struct MethodForm {
    /// Their account.
    pub spot: Spot,
    /// Who.
    pub id: UserId,
    /// What they are called by.
    pub called: Shown<String>,
    /// What is set.
    pub fields: Fields,
    /// Counts their changes.
    pub version: i64,
    /// Whether whoever looks authenticated a short while ago.
    pub is_fresh: bool,
}

async fn loaded(ctx: &Ctx, viewer: &Viewer, id: UserId) -> Result<(Account, User), Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(user) = tx.user(id).await? else { return Ok::<_, StoreError>(None) };
            Ok(tx.account(user.account).await?.map(|account| (account, user)))
        })
    });
    let (account, user) = found.await?.ok_or(Problem::NotFound)?;
    if viewer.may_about(Action::SetMethod, &account.path, &user) { Ok((account, user)) } else { Err(Problem::NotFound) }
}

/// The form as it is now.
///
/// # Errors
/// [`Problem::NotFound`] for a person who does not exist, or is not theirs to say it of.
pub async fn method_form(ctx: &Ctx, viewer: &Viewer, id: UserId) -> Result<MethodForm, Problem> {
    let (account, user) = loaded(ctx, viewer, id).await?;
    let spot = viewer.spot(ctx, Some(account.path.clone()), Action::SeeUsers).await?;
    Ok(MethodForm {
        called: viewer.shown(&account.path, waiting::called(&user.profile)),
        fields: [("sign_in".to_owned(), word(user.sign_in.method))].into(),
        version: user.version,
        is_fresh: viewer.is_fresh(ctx.now),
        spot,
        id,
    })
}

/// Shows what a form would change of how a person signs in, or saves it.
///
/// # Errors
/// [`Problem::NotFound`] as for [`method_form`].
pub async fn change_method(
    ctx: &Ctx,
    viewer: &Viewer,
    id: UserId,
    sent: Sent,
    tools: &Tools,
) -> Result<Edited, Problem> {
    let (account, user) = loaded(ctx, viewer, id).await?;
    if sent.version != user.version {
        return Ok(Edited::Not(NotEdited::Changed));
    }
    let mut method = user.sign_in.method;
    let mut reader = Reader::new(&sent.fields);
    reader.pick("sign_in", &mut method);
    let problems = reader.problems();
    if !problems.is_empty() {
        return Ok(Edited::Not(NotEdited::Unfit(problems)));
    }
    if method == user.sign_in.method {
        return Ok(Edited::Nothing);
    }
    // The planner finds people by their address.
    if user.profile.email.is_none() {
        let text = "nothing is known by which the person could be found: an e-mail address is wanted";
        return Ok(Edited::Not(NotEdited::Unfit(vec![FieldProblem::new("", text)])));
    }
    let person = WantedUser { line: 1, method, ..WantedUser::as_it_is(&user) };
    let account = WantedAccount { users: vec![person], ..WantedAccount::as_it_is(&account) };
    let wanted = Wanted { accounts: vec![account], ..Wanted::default() };
    weigh(ctx, viewer, &wanted, &sent, tools, |setting| setting == "sign_in").await
}
