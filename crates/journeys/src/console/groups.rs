//! The groups of an account's people, as their profiles hold them.

use vestibule_domain::account::AccountPath;
use vestibule_domain::permission::Action;
use vestibule_store::tx::{GroupCount, GroupFilter};

use super::viewer::{Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// Which groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupsQuery {
    /// Of which account; none: one's own.
    pub account: Option<AccountPath>,
    /// How the name begins.
    pub begins: String,
    /// The last one of the page before.
    pub after: Option<String>,
}

/// A page of groups.
#[derive(Debug)]
pub struct Groups {
    /// Whose they are.
    pub spot: Spot,
    /// They, with how many are in each.
    pub rows: Vec<GroupCount>,
    /// Behind which the next page begins; none: this is the last.
    pub next: Option<String>,
    /// Whether whoever looks may see who is in one.
    pub is_personal: bool,
}

/// The groups of an account.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or beyond reach.
pub async fn groups(ctx: &Ctx, viewer: &Viewer, query: GroupsQuery) -> Result<Groups, Problem> {
    let spot = viewer.spot(ctx, query.account, Action::SeeUsers).await?;
    let filter =
        GroupFilter { account: spot.account.id, begins: query.begins, after: query.after, limit: viewer.rows + 1 };
    let mut rows = ctx.store.read(move |tx| Box::pin(async move { tx.groups_listed(&filter).await })).await?;
    let more = rows.len() > viewer.rows as usize;
    rows.truncate(viewer.rows as usize);
    Ok(Groups {
        next: rows.last().filter(|_| more).map(|last| last.name.clone()),
        is_personal: viewer.may(Action::SeePersonal, &spot.account.path),
        rows,
        spot,
    })
}
