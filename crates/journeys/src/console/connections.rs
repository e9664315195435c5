//! The connections of a part of the tree.

use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::{ConnectionState, Preset};
use vestibule_domain::id::ConnectionId;
use vestibule_domain::name::Slug;
use vestibule_domain::permission::Action;
use vestibule_store::tx::ConnectionFilter;

use super::overview::{Attention, with_reasons};
use super::viewer::{Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// Which connections.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectionsQuery {
    /// Of which account and those below it; none: one's own.
    pub within: Option<AccountPath>,
    /// In this state; none: in any.
    pub state: Option<ConnectionState>,
    /// Only those that need somebody.
    pub attention: bool,
    /// In whose name, or in whose account's name or path, this stands.
    pub text: String,
    /// Behind the connection of this name of that account: the next page.
    pub after: Option<(AccountPath, Slug)>,
}

/// A page of connections.
#[derive(Debug)]
pub struct Connections {
    /// Of which account and those below it.
    pub spot: Spot,
    /// The connections, by account.
    pub rows: Vec<ConnectionRow>,
    /// Behind which the next page begins; none: this is the last.
    pub next: Option<(AccountPath, Slug)>,
}

/// A connection in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionRow {
    /// Which.
    pub id: ConnectionId,
    /// Its name.
    pub name: Slug,
    /// Where its account stands.
    pub path: AccountPath,
    /// What its account is called.
    pub account_name: String,
    /// What it is a connection to.
    pub preset: Preset,
    /// How far it is set up.
    pub state: ConnectionState,
    /// How many people are linked to it.
    pub people: u64,
    /// Why it needs somebody, the gravest first.
    pub reasons: Vec<Attention>,
}

/// Connections of a part of the tree.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or beyond reach.
pub async fn connections(ctx: &Ctx, viewer: &Viewer, query: ConnectionsQuery) -> Result<Connections, Problem> {
    let spot = viewer.spot(ctx, query.within, Action::SeeConnections).await?;
    let within = spot.account.path.clone();
    let now = ctx.now;
    let filter = ConnectionFilter {
        after: query.after.filter(|(path, _)| within.holds(path)),
        within,
        state: query.state,
        attention: query.attention.then_some(now),
        text: query.text,
        limit: viewer.rows + 1,
    };
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let listed = tx.connections_within(&filter).await?;
            with_reasons(tx, listed, now).await
        })
    });
    let mut found = found.await?;
    let more = found.len() > viewer.rows as usize;
    found.truncate(viewer.rows as usize);
    let last = found.last().filter(|_| more).map(|(last, _)| (last.path.clone(), last.connection.name.clone()));
    found.retain(|(one, reasons)| {
        viewer.may(Action::SeeConnections, &one.path) && !(query.attention && reasons.is_empty())
    });
    let row = |(listed, reasons): (vestibule_store::tx::ListedConnection, Vec<Attention>)| ConnectionRow {
        id: listed.connection.id,
        preset: listed.connection.saml.preset,
        state: listed.connection.state,
        name: listed.connection.name,
        path: listed.path,
        account_name: listed.account_name,
        people: listed.people,
        reasons,
    };
    Ok(Connections { spot, rows: found.into_iter().map(row).collect(), next: last })
}
