//! People: the list, one of them, and what is changed of them.

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use vestibule_domain::id::{ConnectionId, SessionId, UserId};
use vestibule_domain::user::UserState;
use vestibule_journeys::console::{self, UserChangeWanted, UserOrder, UserPage, UsersQuery, Viewer};

use super::super::shown;
use super::super::sign_in::own_form;
use super::super::sso::field;
use super::enter::{asked_account, enter, looked_for, top};
use crate::extract::Caller;
use crate::pages::console::{AskView, LackingView, ORDERS, UserView, UsersView};
use crate::problem::Problem;

/// The list.
pub(crate) async fn list(caller: Caller) -> Response {
    let account = match asked_account(&caller).await {
        Ok(account) => account,
        Err(response) => return *response,
    };
    let viewer = match enter(&caller).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    let given = |name| field(caller.query(), name);
    let begins = looked_for(&caller, "begins");
    let order = given("order").and_then(|name| ORDERS.iter().find(|(_, known, _)| *known == name));
    let order = match order.map_or(UserOrder::Name, |(order, ..)| *order) {
        // What begins somehow is looked for among names, unless it is to be among addresses.
        UserOrder::Name | UserOrder::Newest if begins.contains('@') => UserOrder::Email,
        UserOrder::Newest if !begins.is_empty() => UserOrder::Name,
        order => order,
    };
    let state = (given("state").as_deref() == Some("suspended")).then_some(UserState::Suspended);
    let connection = given("connection").and_then(|id| id.parse().ok());
    let after = given("after").and_then(|id| id.parse().ok());
    // A group's name is compared whole; none has a control character, and PostgreSQL reads no NUL.
    let group = given("group").filter(|group| !group.is_empty() && !group.contains(char::is_control));
    // One or the other: a group stands across connections.
    let connection = connection.filter(|_| group.is_none());
    let query = UsersQuery { account, order, begins: begins.clone(), state, connection, group: group.clone(), after };
    match console::users(&caller.ctx, &viewer, query).await {
        Ok(view) => {
            let top = top(&caller, &viewer, &view.spot, "console-users");
            caller.page(Some(&viewer.home), &UsersView { top, view, order, begins, state, connection, group })
        }
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// Who of the people of a connection lacks what its mapping wants of them.
pub(crate) async fn lacking(caller: Caller, Path(id): Path<String>) -> Response {
    let viewer = match enter(&caller).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    let Ok(id) = id.parse::<ConnectionId>() else { return shown::plain(&caller, Problem::NotFound).await };
    let after = field(caller.query(), "after").and_then(|id| id.parse().ok());
    match console::lacking(&caller.ctx, &viewer, id, after).await {
        Ok(view) => {
            let top = top(&caller, &viewer, &view.spot, "console-connections");
            caller.page(Some(&viewer.home), &LackingView { top, view })
        }
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

async fn with(caller: &Caller, id: &str) -> Result<(Box<Viewer>, UserPage), Box<Response>> {
    let Ok(id) = id.parse::<UserId>() else {
        return Err(Box::new(shown::plain(caller, Problem::NotFound).await));
    };
    let viewer = enter(caller).await?;
    match console::user(&caller.ctx, &viewer, id).await {
        Ok(view) => Ok((viewer, view)),
        Err(ended) => Err(Box::new(shown::ended(caller, ended).await)),
    }
}

/// One person.
pub(crate) async fn one(caller: Caller, Path(id): Path<String>) -> Response {
    match with(&caller, &id).await {
        Ok((viewer, view)) => {
            let top = top(&caller, &viewer, &view.spot, "console-users");
            caller.page(Some(&viewer.home), &UserView { top, view })
        }
        Err(response) => *response,
    }
}

/// Whether they shall not sign in any more.
pub(crate) async fn ask_suspend(caller: Caller, Path(id): Path<String>) -> Response {
    let follows = vec!["console-suspend-follows", "console-undo"];
    ask(caller, &id, "suspend", "console-ask-suspend", "console-suspend", follows).await
}

/// Whether they shall sign in again.
pub(crate) async fn ask_restore(caller: Caller, Path(id): Path<String>) -> Response {
    ask(caller, &id, "restore", "console-ask-restore", "console-restore", vec!["console-restore-follows"]).await
}

/// Whether they shall be signed out everywhere.
pub(crate) async fn ask_sign_out(caller: Caller, Path(id): Path<String>) -> Response {
    ask(caller, &id, "sign-out", "console-ask-end-all", "console-end-all", vec!["console-end-all-follows"]).await
}

async fn ask(
    caller: Caller,
    id: &str,
    what: &str,
    question: &'static str,
    button: &'static str,
    follows: Vec<&'static str>,
) -> Response {
    let (viewer, view) = match with(&caller, id).await {
        Ok(with) => with,
        Err(response) => return *response,
    };
    let may = if what == "sign-out" { view.may_end } else { view.may_suspend };
    if !may {
        return shown::plain(&caller, Problem::NotFound).await;
    }
    let name = view.called.this().map(|(name, _)| name.clone()).filter(|name| !name.is_empty());
    let page = AskView {
        top: top(&caller, &viewer, &view.spot, "console-users"),
        question,
        about: name.unwrap_or_else(|| view.id.to_string()),
        follows,
        people: None,
        action: format!("/console/users/{id}/{what}"),
        button,
        may_override: false,
        sign_in_again: None,
        problems: Vec::new(),
        back: format!("/console/users/{id}"),
    };
    caller.page(Some(&viewer.home), &page)
}

/// They may not sign in any more.
pub(crate) async fn suspend(caller: Caller, Path(id): Path<String>, body: Result<Bytes, BytesRejection>) -> Response {
    change(caller, &id, body, UserChangeWanted::Suspend, "suspended").await
}

/// They may again.
pub(crate) async fn restore(caller: Caller, Path(id): Path<String>, body: Result<Bytes, BytesRejection>) -> Response {
    change(caller, &id, body, UserChangeWanted::Restore, "restored").await
}

/// They are signed out everywhere.
pub(crate) async fn sign_out(caller: Caller, Path(id): Path<String>, body: Result<Bytes, BytesRejection>) -> Response {
    change(caller, &id, body, UserChangeWanted::EndSessions, "signed-out").await
}

/// They are signed out there.
pub(crate) async fn end_session(
    caller: Caller,
    Path((id, session)): Path<(String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match session.parse::<SessionId>() {
        Ok(session) => change(caller, &id, body, UserChangeWanted::EndSession(session), "ended").await,
        Err(_) => shown::plain(&caller, Problem::NotFound).await,
    }
}

async fn change(
    caller: Caller,
    id: &str,
    body: Result<Bytes, BytesRejection>,
    wanted: UserChangeWanted,
    done: &'static str,
) -> Response {
    if let Err(response) = own_form(&caller, body).await {
        return *response;
    }
    let Ok(user) = id.parse::<UserId>() else { return shown::plain(&caller, Problem::NotFound).await };
    let viewer = match enter(&caller).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    match console::change_user(&caller.ctx, &viewer, user, wanted).await {
        Ok(changed) => {
            let done = if changed { done } else { "nothing" };
            shown::see_other(&caller, &format!("/console/users/{id}?done={done}"), None)
        }
        Err(ended) => shown::ended(&caller, ended).await,
    }
}
