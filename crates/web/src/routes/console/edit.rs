//! Forms that change a connection: what was typed goes back with what is wrong with it, or with what it would change.

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use vestibule_domain::id::ConnectionId;
use vestibule_journeys::console::{self, EditPage, Edited, Fields, MappingPage, NotEdited, Sent, Viewer};
use vestibule_journeys::set_up_connection;

use super::super::shown;
use super::super::sign_in::own_form;
use super::enter::{again_url, enter, top};
use crate::extract::Caller;
use crate::pages::console::{EditView, Filled, MappingView};
use crate::problem::Problem;

pub(super) type Body = Result<Bytes, BytesRejection>;

/// What a form was sent with: its fields, and what was seen when it was sent.
pub(super) fn sent(form: &str) -> Sent {
    let mut fields: Fields = Fields::new();
    for (name, value) in form_urlencoded::parse(form.as_bytes()) {
        // A browser sends line breaks as CR LF.
        fields.entry(name.into_owned()).or_insert_with(|| value.replace("\r\n", "\n"));
    }
    let mut taken = |name: &str| fields.remove(name);
    let version = taken("version").and_then(|text| text.parse().ok()).unwrap_or(-1);
    let (digest, wish) = (taken("digest"), taken("do"));
    Sent { fields, version, digest: digest.filter(|_| wish.as_deref() == Some("save")) }
}

/// What is shown of a form after it was sent. None: it is saved.
pub(super) fn after(edited: Edited, sent: Sent, present: i64, again: impl Fn() -> String) -> Option<Filled> {
    let filled = Filled { fields: sent.fields, version: present, is_typed: true, ..Filled::default() };
    Some(match edited {
        Edited::Done => return None,
        Edited::Nothing => Filled { is_same: true, ..filled },
        Edited::Shown(planned) => Filled { planned: Some(planned), ..filled },
        Edited::Not(NotEdited::Unfit(problems)) => Filled { problems, ..filled },
        Edited::Not(NotEdited::Changed) => Filled { is_overtaken: true, ..filled },
        Edited::Not(NotEdited::SignInAgain(planned)) => {
            Filled { planned: Some(planned), again: Some(again()), ..filled }
        }
    })
}

async fn with(caller: &Caller, id: &str) -> Result<(Box<Viewer>, EditPage), Box<Response>> {
    let Ok(id) = id.parse::<ConnectionId>() else {
        return Err(Box::new(shown::plain(caller, Problem::NotFound).await));
    };
    let viewer = enter(caller).await?;
    match console::edit_page(&caller.ctx, &viewer, id).await {
        Ok(view) => Ok((viewer, view)),
        Err(ended) => Err(Box::new(shown::ended(caller, ended).await)),
    }
}

fn page(caller: &Caller, viewer: &Viewer, view: EditPage, filled: Filled) -> Response {
    let top = top(caller, viewer, &view.spot, "console-connections");
    caller.page(Some(&viewer.home), &EditView { top, view, filled })
}

fn address(id: ConnectionId) -> String {
    format!("/console/connections/{id}/edit")
}

/// The settings of a connection.
pub(crate) async fn connection(caller: Caller, Path(id): Path<String>) -> Response {
    let (viewer, view) = match with(&caller, &id).await {
        Ok(with) => with,
        Err(response) => return *response,
    };
    let filled = Filled {
        fields: view.fields.clone(),
        version: view.connection.version,
        // Before anything is typed, so that nothing typed is lost.
        again: (!view.is_fresh).then(|| again_url(&address(view.connection.id))),
        ..Filled::default()
    };
    page(&caller, &viewer, view, filled)
}

/// They are to change.
pub(crate) async fn change_connection(caller: Caller, Path(id): Path<String>, body: Body) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let (viewer, view) = match with(&caller, &id).await {
        Ok(with) => with,
        Err(response) => return *response,
    };
    let (id, sent) = (view.connection.id, sent(&form));
    match console::edit_connection(&caller.ctx, &viewer, id, sent.clone(), &caller.tools).await {
        Ok(edited) => match after(edited, sent, view.connection.version, || again_url(&address(id))) {
            None => shown::see_other(&caller, &format!("/console/connections/{id}?done=saved#settings"), None),
            Some(filled) => page(&caller, &viewer, view, filled),
        },
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

async fn with_mapping(caller: &Caller, id: &str) -> Result<(Box<Viewer>, MappingPage), Box<Response>> {
    let Ok(id) = id.parse::<ConnectionId>() else {
        return Err(Box::new(shown::plain(caller, Problem::NotFound).await));
    };
    let viewer = enter(caller).await?;
    match console::mapping_page(&caller.ctx, &viewer, id).await {
        Ok(view) => Ok((viewer, view)),
        Err(ended) => Err(Box::new(shown::ended(caller, ended).await)),
    }
}

fn mapping_page(caller: &Caller, viewer: &Viewer, view: MappingPage, filled: Filled) -> Response {
    let top = top(caller, viewer, &view.spot, "console-connections");
    let preview = console::preview(&view, &filled.fields);
    caller.page(Some(&viewer.home), &MappingView { top, view, filled, preview })
}

/// What becomes of the claims of a connection.
pub(crate) async fn mapping(caller: Caller, Path(id): Path<String>) -> Response {
    let (viewer, view) = match with_mapping(&caller, &id).await {
        Ok(with) => with,
        Err(response) => return *response,
    };
    let address = format!("/console/connections/{}/mapping", view.connection.id);
    let filled = Filled {
        fields: view.fields.clone(),
        version: view.connection.version,
        again: (view.may_change && !view.is_fresh).then(|| again_url(&address)),
        ..Filled::default()
    };
    mapping_page(&caller, &viewer, view, filled)
}

/// It is to change.
pub(crate) async fn change_mapping(caller: Caller, Path(id): Path<String>, body: Body) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let (viewer, view) = match with_mapping(&caller, &id).await {
        Ok(with) => with,
        Err(response) => return *response,
    };
    let (id, sent) = (view.connection.id, sent(&form));
    let again = || again_url(&format!("/console/connections/{id}/mapping"));
    match console::change_mapping(&caller.ctx, &viewer, id, sent.clone(), &caller.tools).await {
        Ok(edited) => match after(edited, sent, view.connection.version, again) {
            None => shown::see_other(&caller, &format!("/console/connections/{id}/mapping?done=saved"), None),
            Some(filled) => mapping_page(&caller, &viewer, view, filled),
        },
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// A test begins, at the connection's own address; what it brings is shown in the console.
pub(crate) async fn try_it(caller: Caller, Path(id): Path<String>, body: Body) -> Response {
    if let Err(response) = own_form(&caller, body).await {
        return *response;
    }
    let Ok(id) = id.parse::<ConnectionId>() else { return shown::plain(&caller, Problem::NotFound).await };
    let viewer = match enter(&caller).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    match set_up_connection::try_from_console(&caller.ctx, &viewer, id).await {
        Ok(address) => shown::see_other(&caller, &address, None),
        Err(ended) => shown::ended(&caller, ended).await,
    }
}
