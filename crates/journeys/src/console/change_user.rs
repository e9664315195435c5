//! Somebody keeps a person from signing in, lets them again, or ends their sessions.

use vestibule_domain::event::Fact;
use vestibule_domain::id::{SessionId, UserId};
use vestibule_domain::permission::Action;
use vestibule_domain::user::UserState;
use vestibule_store::StoreError;
use vestibule_store::tx::SessionsOf;

use super::viewer::Viewer;
use crate::ctx::Ctx;
use crate::problem::Problem;

/// What becomes of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserChangeWanted {
    /// They may not sign in any more, and are signed out.
    Suspend,
    /// They may sign in again.
    Restore,
    /// They are signed out everywhere.
    EndSessions,
    /// They are signed out there.
    EndSession(SessionId),
}

/// Changes a person. False: somebody else was first, or they are so already.
///
/// # Errors
/// [`Problem::NotFound`] for one who does not exist, or beyond reach.
pub async fn change_user(ctx: &Ctx, viewer: &Viewer, id: UserId, wanted: UserChangeWanted) -> Result<bool, Problem> {
    change_user_at(ctx, viewer, id, None, wanted).await.map(|changed| changed == UserChanged::Done)
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserChanged {
    /// It is done.
    Done,
    /// They are so already.
    Already,
    /// Somebody else was first.
    Overtaken,
}

/// Changes a person who is still at this version; none: whichever it is.
///
/// # Errors
/// [`Problem::NotFound`] for one who does not exist, or beyond reach.
pub async fn change_user_at(
    ctx: &Ctx,
    viewer: &Viewer,
    id: UserId,
    version: Option<i64>,
    wanted: UserChangeWanted,
) -> Result<UserChanged, Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(user) = tx.user(id).await? else { return Ok::<_, StoreError>(None) };
            Ok(tx.account(user.account).await?.map(|account| (user, account.path)))
        })
    });
    let (mut user, path) = found.await?.ok_or(Problem::NotFound)?;
    let action = match wanted {
        UserChangeWanted::Suspend | UserChangeWanted::Restore => Action::Suspend,
        UserChangeWanted::EndSessions | UserChangeWanted::EndSession(_) => Action::EndSessions,
    };
    if !viewer.may_about(action, &path, &user) {
        return Err(Problem::NotFound);
    }
    if version.is_some_and(|version| version != user.version) {
        return Ok(UserChanged::Overtaken);
    }
    let event = |fact| ctx.event(user.account, viewer.actor(), fact);
    let now = ctx.now;
    let ended = event(Fact::UserSessionsEnded { user: id });
    let done = match wanted {
        UserChangeWanted::Suspend | UserChangeWanted::Restore => {
            let active = wanted == UserChangeWanted::Restore;
            let state = if active { UserState::Active } else { UserState::Suspended };
            if user.state == state {
                return Ok(UserChanged::Already);
            }
            let event = event(Fact::UserStateChanged { user: id, active });
            user.state = state;
            ctx.store
                .write(move |tx| {
                    Box::pin(async move {
                        tx.save_user(&user, &event).await?;
                        if !active {
                            tx.end_sessions_of(SessionsOf::User(id), &ended).await?;
                        }
                        Ok::<_, StoreError>(true)
                    })
                })
                .await
        }
        UserChangeWanted::EndSessions => {
            ctx.store
                .write(move |tx| {
                    Box::pin(async move { Ok(tx.end_sessions_of(SessionsOf::User(id), &ended).await? > 0) })
                })
                .await
        }
        UserChangeWanted::EndSession(session) => {
            ctx.store
                .write(move |tx| {
                    Box::pin(async move {
                        let theirs = tx.sessions_of(id, now).await?.iter().any(|it| it.id == session);
                        if !theirs {
                            return Ok(false);
                        }
                        let is_ended = !tx.end_sessions(&[session], now).await?.is_empty();
                        if is_ended {
                            tx.insert_event(&ended).await?;
                        }
                        Ok::<_, StoreError>(is_ended)
                    })
                })
                .await
        }
    };
    match done {
        Err(StoreError::Stale { .. }) => Ok(UserChanged::Overtaken),
        done => Ok(if done? { UserChanged::Done } else { UserChanged::Already }),
    }
}
