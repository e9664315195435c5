//! One person: what is known of them, how they come in, where they are signed in.

use jiff::Timestamp;
use vestibule_domain::enforcement::Method;
use vestibule_domain::id::{ConnectionId, SessionId, UserId};
use vestibule_domain::permission::Action;
use vestibule_domain::user::{ConsoleRole, Profile, UserState};

use super::users::called;
use super::viewer::{Shown, Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// How many sessions are shown.
const SESSIONS: usize = 50;

/// A person.
#[derive(Debug)]
pub struct UserPage {
    /// Whose they are.
    pub spot: Spot,
    /// Who.
    pub id: UserId,
    /// Which version of them was read.
    pub version: i64,
    /// What they are called by, and their address.
    pub called: Shown<(String, Option<String>)>,
    /// What else is known of them.
    pub profile: Shown<Profile>,
    /// Whether they may sign in.
    pub state: UserState,
    /// What they may do in the console.
    pub role: Option<ConsoleRole>,
    /// Since when they are known.
    pub since: Timestamp,
    /// How they sign in.
    pub method: Method,
    /// Since when they may do so by password, whatever is demanded.
    pub break_glass_since: Option<Timestamp>,
    /// How connections know them.
    pub identities: Vec<IdentityRow>,
    /// Where they are signed in, the latest first.
    pub sessions: Vec<SessionRow>,
    /// Whether whoever looks may keep them from signing in, or let them again.
    pub may_suspend: bool,
    /// Whether whoever looks may end their sessions.
    pub may_end: bool,
    /// Whether whoever looks may say how they sign in.
    pub may_set_method: bool,
}

/// How a connection knows a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityRow {
    /// Which.
    pub connection: ConnectionId,
    /// Its name.
    pub name: String,
    /// As whom.
    pub subject: Shown<String>,
    /// Since when.
    pub since: Timestamp,
}

/// Where somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Which.
    pub id: SessionId,
    /// By which connection; none: by a password.
    pub connection: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// Until when at most.
    pub until: Timestamp,
}

/// One person.
///
/// # Errors
/// [`Problem::NotFound`] for one who does not exist, or beyond reach.
pub async fn user(ctx: &Ctx, viewer: &Viewer, id: UserId) -> Result<UserPage, Problem> {
    let now = ctx.now;
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(user) = tx.user(id).await? else { return Err(Problem::NotFound) };
            let path = tx.account(user.account).await?.map(|account| account.path);
            let mut names = std::collections::BTreeMap::new();
            let identities = tx.identities_of(id).await?;
            let sessions = tx.sessions_of(id, now).await?;
            let used = identities.iter().map(|it| it.connection);
            for connection in used.chain(sessions.iter().filter_map(|it| it.connection)) {
                if let std::collections::btree_map::Entry::Vacant(new) = names.entry(connection) {
                    let found = tx.connection(connection).await?;
                    new.insert(found.map(|it| it.name.to_string()).unwrap_or_default());
                }
            }
            Ok((user, path, identities, sessions, names))
        })
    });
    let (user, path, identities, sessions, names) = found.await?;
    let spot = viewer.spot(ctx, path, Action::SeeUsers).await?;
    let at = &spot.account.path;
    if spot.account.id != user.account || !viewer.may_about(Action::SeeUsers, at, &user) {
        return Err(Problem::NotFound);
    }
    let name_of = |id: ConnectionId| names.get(&id).cloned().unwrap_or_default();
    let sees_sessions = viewer.may_about(Action::ListSessions, at, &user);
    let sessions = sessions.into_iter().rev().take(SESSIONS).filter(|_| sees_sessions);
    Ok(UserPage {
        id,
        version: user.version,
        called: viewer.shown(at, called(&user)),
        profile: viewer.shown(at, user.profile.clone()),
        state: user.state,
        role: user.console_role,
        since: user.created_at,
        method: user.sign_in.method,
        break_glass_since: user.sign_in.break_glass_since,
        identities: identities
            .into_iter()
            .map(|it| IdentityRow {
                connection: it.connection,
                name: name_of(it.connection),
                subject: viewer.shown(at, it.subject.as_str().to_owned()),
                since: it.linked_at,
            })
            .collect(),
        sessions: sessions
            .map(|it| SessionRow {
                id: it.id,
                connection: it.connection.map(name_of),
                since: it.created_at,
                until: it.expires_at,
            })
            .collect(),
        may_suspend: viewer.may_about(Action::Suspend, at, &user),
        may_end: viewer.may_about(Action::EndSessions, at, &user),
        may_set_method: viewer.may_about(Action::SetMethod, at, &user),
        spot,
    })
}

/// A page of where somebody is signed in, the latest first, behind one session; and behind which the next one begins.
///
/// # Errors
/// [`Problem::NotFound`] for one who does not exist, or beyond reach.
pub async fn sessions(
    ctx: &Ctx,
    viewer: &Viewer,
    id: UserId,
    behind: Option<SessionId>,
) -> Result<(Vec<SessionRow>, Option<SessionId>), Problem> {
    let now = ctx.now;
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(user) = tx.user(id).await? else { return Err(Problem::NotFound) };
            let account = tx.account(user.account).await?.ok_or(Problem::NotFound)?;
            Ok((user, account.path, tx.sessions_of(id, now).await?))
        })
    });
    let (user, path, sessions) = found.await?;
    if !viewer.may_about(Action::ListSessions, &path, &user) {
        return Err(Problem::NotFound);
    }
    let rows = viewer.rows as usize;
    let behind = sessions.into_iter().rev().filter(|it| behind.is_none_or(|behind| it.id < behind));
    let mut page: Vec<_> = behind.take(rows + 1).collect();
    let more = page.len() > rows;
    page.truncate(rows);
    let next = page.last().filter(|_| more).map(|last| last.id);
    let named = ctx.store.read(move |tx| {
        Box::pin(async move {
            let mut named = Vec::new();
            for session in page {
                let connection = match session.connection {
                    Some(connection) => {
                        Some(tx.connection(connection).await?.map(|it| it.name.to_string()).unwrap_or_default())
                    }
                    None => None,
                };
                let (since, until) = (session.created_at, session.expires_at);
                named.push(SessionRow { id: session.id, connection, since, until });
            }
            Ok::<_, Problem>(named)
        })
    });
    Ok((named.await?, next))
}
