//! Somebody changes how a connection is set: what follows from it is shown before it is saved.

use vestibule_domain::account::Account;
use vestibule_domain::connection::{Connection, SamlSettings};
use vestibule_domain::id::ConnectionId;
use vestibule_domain::permission::Action;
use vestibule_saml::types::LoopbackHttp;
use vestibule_store::StoreError;

use super::connection_form::{OF_THE_VENDOR, fields_of, is_trust, read, weak_fields};
use super::edit::{Edited, Fields, NotEdited, Sent, weigh};
use super::viewer::{Spot, Viewer};
use crate::apply::{Wanted, WantedAccount, WantedConnection};
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::set_up_connection::Tools;

/// The form of a connection's settings.
#[derive(Debug)]
pub struct EditPage {
    /// Whose it is.
    pub spot: Spot,
    /// The connection.
    pub connection: Connection,
    /// What is set.
    pub fields: Fields,
    /// The fields in which something weak is set.
    pub weak: Vec<&'static str>,
    /// Whether whoever looks authenticated a short while ago.
    pub is_fresh: bool,
}

/// The form as it is now.
///
/// # Errors
/// [`Problem::NotFound`] for a connection that does not exist, or is not theirs to change.
pub async fn edit_page(ctx: &Ctx, viewer: &Viewer, id: ConnectionId) -> Result<EditPage, Problem> {
    let (account, connection) = loaded(ctx, viewer, id).await?;
    let spot = viewer.spot(ctx, Some(account.path), Action::ChangeConnection).await?;
    let mut fields = fields_of(&connection.saml);
    if !viewer.may(Action::SetEntitlement, &spot.account.path) {
        fields.retain(|name, _| !OF_THE_VENDOR.contains(&name.as_str()));
    }
    let weak = weak_fields(&connection.saml, ctx.now);
    Ok(EditPage { spot, connection, fields, weak, is_fresh: viewer.is_fresh(ctx.now) })
}

/// Shows what a form would change, or saves it.
///
/// # Errors
/// [`Problem::NotFound`] as for [`edit_page`].
pub async fn edit_connection(
    ctx: &Ctx,
    viewer: &Viewer,
    id: ConnectionId,
    mut sent: Sent,
    tools: &Tools,
) -> Result<Edited, Problem> {
    let (account, connection) = loaded(ctx, viewer, id).await?;
    if sent.version != connection.version {
        return Ok(Edited::Not(NotEdited::Changed));
    }
    if !viewer.may(Action::SetEntitlement, &account.path) {
        sent.fields.retain(|name, _| !OF_THE_VENDOR.contains(&name.as_str()));
    }
    let loopback = if ctx.deployment.is_loopback() { LoopbackHttp::Allow } else { LoopbackHttp::Refuse };
    match read(&sent.fields, &connection.saml, loopback) {
        Ok(saml) => weigh(ctx, viewer, &wanted(&account, &connection, saml), &sent, tools, is_trust).await,
        Err(problems) => Ok(Edited::Not(NotEdited::Unfit(problems))),
    }
}

/// A connection that whoever looks may change.
pub(super) async fn loaded(ctx: &Ctx, viewer: &Viewer, id: ConnectionId) -> Result<(Account, Connection), Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(connection) = tx.connection(id).await? else { return Ok::<_, StoreError>(None) };
            Ok(tx.account(connection.account).await?.map(|account| (account, connection)))
        })
    });
    let (account, connection) = found.await?.ok_or(Problem::NotFound)?;
    if viewer.may(Action::ChangeConnection, &account.path) { Ok((account, connection)) } else { Err(Problem::NotFound) }
}

/// The account as it is, and this connection with these settings.
pub(super) fn wanted(account: &Account, connection: &Connection, saml: SamlSettings) -> Wanted {
    let mut wanted = WantedAccount::as_it_is(account);
    wanted.connections.push(WantedConnection {
        line: 1,
        id: Some(connection.id),
        name: connection.name.clone(),
        state: None,
        saml,
        notes: Vec::new(),
    });
    Wanted { accounts: vec![wanted], ..Wanted::default() }
}
