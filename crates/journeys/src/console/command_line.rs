//! Whoever runs commands on the machine of a deployment: they read its database anyway, so they see and do everything, and
//! the audit log says that it was from there.

use vestibule_domain::account::AccountPath;
use vestibule_domain::enforcement::SignInRule;
use vestibule_domain::event::Actor;
use vestibule_domain::grants::Grants;
use vestibule_domain::id::UserId;
use vestibule_domain::user::{ConsoleRole, Profile, User, UserState};

use super::viewer::Viewer;
use crate::ctx::Ctx;
use crate::problem::Problem;

/// Whoever runs a command, with so many rows in a list.
///
/// # Errors
/// [`Problem::NotFound`] where there is no platform yet: nothing was applied.
pub async fn command_line(ctx: &Ctx, rows: u32) -> Result<Viewer, Problem> {
    let home = ctx.store.read(|tx| Box::pin(async move { tx.account_by_path(&AccountPath::ROOT).await })).await?;
    let home = home.ok_or(Problem::NotFound)?;
    let user = User {
        // No person's.
        id: UserId::from_bytes([0; 16]),
        account: home.id,
        state: UserState::Active,
        profile: Profile::default(),
        console_role: Some(ConsoleRole::Operator),
        grants: Grants::default(),
        sign_in: SignInRule::default(),
        created_at: ctx.now,
        version: 0,
    };
    let by = Actor::CommandLine;
    Ok(Viewer { user, role: ConsoleRole::Operator, home, session: None, by, authenticated_at: ctx.now, rows })
}
