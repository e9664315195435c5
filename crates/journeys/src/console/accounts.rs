//! The tree of accounts, and one of them.

use vestibule_domain::account::{Account, AccountKind, AccountPath};
use vestibule_domain::id::AccountId;
use vestibule_domain::permission::Action;
use vestibule_domain::ways::{self, Permitted};
use vestibule_store::StoreError;
use vestibule_store::tx::{AccountFilter, ConnectionFilter, Domains, ListedConnection};

use super::PAGE;
use super::viewer::{Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// Which accounts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountsQuery {
    /// At and below which one; none: one's own.
    pub within: Option<AccountPath>,
    /// In whose name or path this stands; empty: all.
    pub text: String,
    /// Behind this one: the next page.
    pub after: Option<AccountPath>,
}

/// A page of accounts.
#[derive(Debug)]
pub struct Accounts {
    /// At and below which one.
    pub spot: Spot,
    /// The accounts, in the order of the tree.
    pub rows: Vec<AccountRow>,
    /// Behind which the next page begins; none: this is the last.
    pub next: Option<AccountPath>,
}

/// An account in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Which.
    pub id: AccountId,
    /// Where it stands.
    pub path: AccountPath,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: AccountKind,
    /// Where its people sign in, if it has an address of its own.
    pub origin: Option<String>,
}

/// An account with what belongs to it.
#[derive(Debug)]
pub struct AccountPage {
    /// The account.
    pub spot: Spot,
    /// Where its people sign in.
    pub origin: String,
    /// By whose connections its people may come: what the account above permits.
    pub permitted: Permitted,
    /// Its own connections, the first of them.
    pub connections: Vec<ListedConnection>,
    /// Its e-mail domains.
    pub domains: Domains,
    /// The first accounts below it.
    pub below: Vec<AccountRow>,
    /// Whether there are more.
    pub more_below: bool,
}

fn row(ctx: &Ctx, account: &Account) -> AccountRow {
    AccountRow {
        id: account.id,
        path: account.path.clone(),
        name: account.name.clone(),
        kind: account.kind,
        origin: account.sub_domain.as_ref().map(|label| ctx.deployment.origin_of(Some(label))),
    }
}

/// Accounts of a part of the tree.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or beyond reach.
pub async fn accounts(ctx: &Ctx, viewer: &Viewer, query: AccountsQuery) -> Result<Accounts, Problem> {
    let spot = viewer.spot(ctx, query.within, Action::SeeAccount).await?;
    let within = spot.account.path.clone();
    let after = query.after.filter(|after| within.holds(after));
    let filter = AccountFilter { within, text: query.text, after, limit: viewer.rows + 1 };
    let found = ctx.store.read(move |tx| Box::pin(async move { tx.accounts_within(&filter).await })).await?;
    let more = found.len() > viewer.rows as usize;
    let mut rows: Vec<AccountRow> =
        found.iter().filter(|one| viewer.may(Action::SeeAccount, &one.path)).map(|one| row(ctx, one)).collect();
    rows.truncate(viewer.rows as usize);
    let next = rows.last().filter(|_| more).map(|last| last.path.clone());
    Ok(Accounts { spot, rows, next })
}

/// One account.
///
/// # Errors
/// [`Problem::NotFound`] for one that does not exist, or beyond reach.
pub async fn account(ctx: &Ctx, viewer: &Viewer, path: AccountPath) -> Result<AccountPage, Problem> {
    let spot = viewer.spot(ctx, Some(path), Action::SeeAccount).await?;
    let sees_connections = viewer.may(Action::SeeConnections, &spot.account.path);
    let (id, parent, within) = (spot.account.id, spot.account.parent, spot.account.path.clone());
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let above = match parent {
                Some(parent) => tx.account(parent).await?,
                None => None,
            };
            let filter = ConnectionFilter {
                within,
                state: None,
                attention: None,
                text: String::new(),
                after: None,
                limit: PAGE,
            };
            let connections = if sees_connections { tx.connections_within(&filter).await? } else { Vec::new() };
            let domains = tx.domains_of(id).await?;
            Ok::<_, StoreError>((above, connections, domains, tx.accounts_below(id, None, PAGE + 1).await?))
        })
    });
    let (above, mut connections, domains, below) = found.await?;
    connections.retain(|it| it.connection.account == id);
    let seen = below.iter().filter(|one| viewer.may(Action::SeeAccount, &one.path));
    Ok(AccountPage {
        origin: ctx.deployment.origin_of(spot.account.sub_domain.as_ref()),
        permitted: ways::permitted(&spot.account, above.as_ref()),
        connections,
        domains,
        below: seen.take(PAGE as usize).map(|one| row(ctx, one)).collect(),
        more_below: below.len() > PAGE as usize,
        spot,
    })
}
