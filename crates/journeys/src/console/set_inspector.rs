//! Whether an account's personal values can be seen in the inspector: by the same planner that reads files, so that the
//! line in the log is the same.

use vestibule_domain::account::Inspector;
use vestibule_domain::id::ConnectionId;
use vestibule_domain::permission::Action;

use super::attempts::at_connection;
use super::change_connection::{NotChanged, not};
use super::viewer::Viewer;
use crate::apply::{Wanted, WantedAccount, carry_out, plan};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// Says so for the account of a connection. `Ok(Some(…))`: it is as it was. To hide again needs no fresh authentication.
///
/// # Errors
/// [`Problem::NotFound`] for one that does not exist, or beyond reach.
pub async fn set_inspector(
    ctx: &Ctx,
    viewer: &Viewer,
    connection: ConnectionId,
    inspector: Inspector,
) -> Result<Option<NotChanged>, Problem> {
    let (spot, _) = at_connection(ctx, viewer, connection).await?;
    if !viewer.may(Action::SetInspector, &spot.account.path) {
        return Err(Problem::NotFound);
    }
    if inspector == Inspector::Open && !viewer.is_fresh(ctx.now) {
        return Ok(Some(NotChanged::SignInAgain));
    }
    let mut wanted = WantedAccount::as_it_is(&spot.account);
    wanted.settings.inspector = inspector;
    let wanted = Wanted { accounts: vec![wanted], ..Wanted::default() };
    let planned = match plan(ctx, &wanted, viewer.actor()).await {
        Ok(planned) => planned,
        Err(error) => return not(error).map(Some),
    };
    match carry_out(ctx, planned, |_| Err("no key is made here".to_owned())).await {
        Ok(()) => Ok(None),
        Err(error) => not(error).map(Some),
    }
}
