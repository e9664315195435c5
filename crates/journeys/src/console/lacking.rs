//! Who lacks what the mapping of a connection wants of them, for whoever fills the directory behind it (CC-28). An address
//! that came and is withheld, since its domain is not proved, is none here either.

use vestibule_domain::connection::Connection;
use vestibule_domain::id::{ConnectionId, UserId};
use vestibule_domain::mapping::Property;
use vestibule_domain::permission::Action;
use vestibule_store::StoreError;
use vestibule_store::tx::{UserFilter, UserKey, UserOrder};

use super::mapping::spoken;
use super::users::called;
use super::viewer::{Shown, Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// So many people are looked at for one page, whoever of them lacks anything.
const LOOKED_AT: u32 = 500;

/// Who of the people of a connection lacks what.
#[derive(Debug)]
pub struct Lacking {
    /// Whose it is.
    pub spot: Spot,
    /// The connection.
    pub connection: Connection,
    /// They, who came to be known last first.
    pub rows: Vec<LackingRow>,
    /// How many were looked at.
    pub looked_at: usize,
    /// Behind whom the next page begins; none: all were looked at.
    pub next: Option<UserId>,
}

/// Somebody who lacks something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LackingRow {
    /// Who.
    pub id: UserId,
    /// What they are called by, and their address.
    pub called: Shown<(String, Option<String>)>,
    /// What they lack, and from which claims it would come.
    pub properties: Vec<(Property, Vec<String>)>,
}

/// Who of the people of a connection lacks what its mapping wants of them.
///
/// # Errors
/// [`Problem::NotFound`] for a connection that does not exist, or beyond reach.
pub async fn lacking(ctx: &Ctx, viewer: &Viewer, id: ConnectionId, after: Option<UserId>) -> Result<Lacking, Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(connection) = tx.connection(id).await? else { return Ok::<_, StoreError>(None) };
            let Some(account) = tx.account(connection.account).await? else { return Ok(None) };
            let filter = UserFilter {
                account: account.id,
                order: UserOrder::Newest,
                begins: String::new(),
                state: None,
                connection: Some(id),
                group: None,
                after: after.map(|id| UserKey { text: String::new(), id }),
                limit: LOOKED_AT,
            };
            let people = tx.users_listed(&filter).await?;
            Ok(Some((connection, account, people)))
        })
    });
    let (connection, account, people) = found.await?.ok_or(Problem::NotFound)?;
    let spot = viewer.spot(ctx, Some(account.path.clone()), Action::SeeConnections).await?;
    if !viewer.may(Action::SeeUsers, &account.path) {
        return Err(Problem::NotFound);
    }
    let mapping = connection.saml.mapping_in_force();
    let claims = |property: Property| {
        let sources = mapping.rules.get(&property).into_iter().flat_map(|rule| &rule.sources);
        let mut claims: Vec<String> = sources.filter_map(|source| spoken(&source.to_string())).collect();
        claims.dedup();
        (property, claims)
    };
    let rows = people.iter().filter_map(|user| {
        let properties: Vec<_> = mapping.lacking(&user.profile).into_iter().map(claims).collect();
        let called = viewer.shown(&account.path, called(user));
        (!properties.is_empty()).then_some(LackingRow { id: user.id, called, properties })
    });
    Ok(Lacking {
        rows: rows.collect(),
        looked_at: people.len(),
        next: people.last().filter(|_| people.len() == LOOKED_AT as usize).map(|last| last.id),
        spot,
        connection,
    })
}
