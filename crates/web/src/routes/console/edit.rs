//! Forms that change a connection, or how one person signs in; and the test that tries a connection.

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use vestibule_domain::id::{ConnectionId, UserId};
use vestibule_journeys::Problem as Ended;
use vestibule_journeys::console::{self, EditPage, Edited, MappingPage, MethodForm, Sent, Viewer};
use vestibule_journeys::set_up_connection;

use super::super::shown;
use super::super::sign_in::own_form;
use super::enter::{enter, top};
use super::sheet::{About, Sheet};
use crate::extract::Caller;
use crate::pages::console::{EditView, Filled, MappingView, MethodView};
use crate::problem::Problem;

/// The settings of a connection.
pub(super) struct Connection(EditPage);

impl Sheet for Connection {
    type Key = ConnectionId;

    fn key(path: Option<String>) -> Option<Self::Key> {
        path?.parse().ok()
    }

    async fn load(caller: &Caller, viewer: &Viewer, id: ConnectionId) -> Result<Self, Ended> {
        console::edit_page(&caller.ctx, viewer, id).await.map(Self)
    }

    fn about(&self) -> About {
        let id = self.0.connection.id;
        About {
            fields: self.0.fields.clone(),
            version: self.0.connection.version,
            wants_sign_in: !self.0.is_fresh,
            address: format!("/console/connections/{id}/edit"),
            saved: format!("/console/connections/{id}?done=saved#settings"),
        }
    }

    async fn change(caller: &Caller, viewer: &Viewer, id: ConnectionId, sent: Sent) -> Result<Edited, Ended> {
        console::edit_connection(&caller.ctx, viewer, id, sent, &caller.tools).await
    }

    fn show(self, caller: &Caller, viewer: &Viewer, filled: Filled) -> Response {
        let top = top(caller, viewer, &self.0.spot, "console-connections");
        caller.page(Some(&viewer.home), &EditView { top, view: self.0, filled })
    }
}

/// What becomes of the claims of a connection.
pub(super) struct Mapping(MappingPage);

impl Sheet for Mapping {
    type Key = ConnectionId;

    fn key(path: Option<String>) -> Option<Self::Key> {
        path?.parse().ok()
    }

    async fn load(caller: &Caller, viewer: &Viewer, id: ConnectionId) -> Result<Self, Ended> {
        console::mapping_page(&caller.ctx, viewer, id).await.map(Self)
    }

    fn about(&self) -> About {
        let address = format!("/console/connections/{}/mapping", self.0.connection.id);
        About {
            fields: self.0.fields.clone(),
            version: self.0.connection.version,
            wants_sign_in: self.0.may_change && !self.0.is_fresh,
            saved: format!("{address}?done=saved"),
            address,
        }
    }

    async fn change(caller: &Caller, viewer: &Viewer, id: ConnectionId, sent: Sent) -> Result<Edited, Ended> {
        console::change_mapping(&caller.ctx, viewer, id, sent, &caller.tools).await
    }

    fn show(self, caller: &Caller, viewer: &Viewer, filled: Filled) -> Response {
        let top = top(caller, viewer, &self.0.spot, "console-connections");
        let preview = console::preview(&self.0, &filled.fields);
        caller.page(Some(&viewer.home), &MappingView { top, view: self.0, filled, preview })
    }
}

/// How a person signs in.
pub(super) struct Method(MethodForm);

impl Sheet for Method {
    type Key = UserId;

    fn key(path: Option<String>) -> Option<Self::Key> {
        path?.parse().ok()
    }

    async fn load(caller: &Caller, viewer: &Viewer, id: UserId) -> Result<Self, Ended> {
        console::method_form(&caller.ctx, viewer, id).await.map(Self)
    }

    fn about(&self) -> About {
        let id = self.0.id;
        About {
            fields: self.0.fields.clone(),
            version: self.0.version,
            wants_sign_in: !self.0.is_fresh,
            address: format!("/console/users/{id}/method"),
            saved: format!("/console/users/{id}?done=saved"),
        }
    }

    async fn change(caller: &Caller, viewer: &Viewer, id: UserId, sent: Sent) -> Result<Edited, Ended> {
        console::change_method(&caller.ctx, viewer, id, sent, &caller.tools).await
    }

    fn show(self, caller: &Caller, viewer: &Viewer, filled: Filled) -> Response {
        let top = top(caller, viewer, &self.0.spot, "console-users");
        caller.page(Some(&viewer.home), &MethodView { top, form: self.0, filled })
    }
}

/// A test begins, at the connection's own address; what it brings is shown in the console.
pub(super) async fn try_it(caller: Caller, Path(id): Path<String>, body: Result<Bytes, BytesRejection>) -> Response {
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
