//! The people of an account.

use jiff::Timestamp;
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::Connection;
use vestibule_domain::id::{ConnectionId, UserId};
use vestibule_domain::permission::Action;
use vestibule_domain::user::{ConsoleRole, User, UserState};
use vestibule_domain::waiting;
use vestibule_store::StoreError;
use vestibule_store::tx::{UserFilter, UserOrder};

use super::viewer::{Shown, Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// Which people.
#[derive(Clone, PartialEq, Eq)]
pub struct UsersQuery {
    /// Of which account; none: one's own.
    pub account: Option<AccountPath>,
    /// In which order.
    pub order: UserOrder,
    /// How the name or the address begins; a whole address is looked for below the account too.
    pub begins: String,
    /// In this state.
    pub state: Option<UserState>,
    /// Who come by this connection; where a group is wanted, by whichever.
    pub connection: Option<ConnectionId>,
    /// Who are in this group.
    pub group: Option<String>,
    /// The last one of the page before.
    pub after: Option<UserId>,
}

/// A page of people.
#[derive(Debug)]
pub struct Users {
    /// Whose they are.
    pub spot: Spot,
    /// They.
    pub rows: Vec<UserRow>,
    /// Behind whom the next page begins; none: this is the last.
    pub next: Option<UserId>,
    /// The connections of the account, to choose by.
    pub connections: Vec<(ConnectionId, String)>,
    /// Whether names and addresses are shown, and may be looked for.
    pub is_personal: bool,
}

/// A person in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Who.
    pub id: UserId,
    /// What they are called by, and their address.
    pub called: Shown<(String, Option<String>)>,
    /// Where their account stands, where it is another one than the list's.
    pub elsewhere: Option<AccountPath>,
    /// Whether they may sign in.
    pub state: UserState,
    /// What they may do in the console.
    pub role: Option<ConsoleRole>,
    /// Since when they are known.
    pub since: Timestamp,
}

pub(super) fn called(user: &User) -> (String, Option<String>) {
    let name = waiting::called(&user.profile);
    let email = user.profile.email.as_ref().map(|email| email.as_str().to_owned());
    (name.clone(), email.filter(|email| *email != name))
}

/// The people of an account.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or beyond reach.
pub async fn users(ctx: &Ctx, viewer: &Viewer, query: UsersQuery) -> Result<Users, Problem> {
    let spot = viewer.spot(ctx, query.account, Action::SeeUsers).await?;
    let (path, account) = (spot.account.path.clone(), spot.account.id);
    let is_personal = viewer.may(Action::SeePersonal, &path);
    // Whoever may not see names finds nobody by them, and learns nothing from an order.
    let (order, begins) =
        if is_personal { (query.order, query.begins.to_lowercase()) } else { (UserOrder::Newest, String::new()) };
    let group = query.group.filter(|_| is_personal);
    let mut filter = UserFilter {
        account,
        order,
        begins,
        state: if is_personal { query.state } else { None },
        connection: if group.is_some() { None } else { query.connection },
        group,
        after: None,
        limit: viewer.rows + 1,
    };
    let (within, rows) = (path.clone(), viewer.rows);
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            filter.after = match query.after {
                Some(id) => tx.user(id).await?.map(|user| filter.order_in_force().key(&user)),
                None => None,
            };
            let mut found: Vec<(User, Option<AccountPath>)> =
                tx.users_listed(&filter).await?.into_iter().map(|user| (user, None)).collect();
            if found.is_empty() && filter.begins.contains('@') {
                let elsewhere = tx.users_by_address_within(&within, &filter.begins, rows).await?;
                found.extend(elsewhere.into_iter().map(|(user, path)| (user, Some(path))));
            }
            Ok::<_, StoreError>((found, tx.connections_in(account).await?))
        })
    });
    let (mut found, connections): (Vec<(User, Option<AccountPath>)>, Vec<Connection>) = found.await?;
    let more = found.len() > viewer.rows as usize;
    found.truncate(viewer.rows as usize);
    let next = found.last().filter(|_| more).map(|(last, _)| last.id);
    let row = |(user, elsewhere): (User, Option<AccountPath>)| {
        let at = elsewhere.clone().unwrap_or_else(|| path.clone());
        viewer.may(Action::SeeUsers, &at).then(|| UserRow {
            id: user.id,
            called: viewer.shown(&at, called(&user)),
            state: user.state,
            role: user.console_role,
            since: user.created_at,
            elsewhere,
        })
    };
    Ok(Users {
        rows: found.into_iter().filter_map(row).collect(),
        next,
        connections: connections.into_iter().map(|it| (it.id, it.name.to_string())).collect(),
        is_personal,
        spot,
    })
}

/// Without what is looked for.
impl std::fmt::Debug for UsersQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UsersQuery").field("account", &self.account).finish_non_exhaustive()
    }
}
