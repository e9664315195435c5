//! The console: a doorway for each of its pages.

mod account_forms;
mod connections;
mod drafts;
mod edit;
mod enter;
mod inspector;
mod looks;
mod people;
mod sheet;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub(super) use self::enter::{again_url, enter, shut, top};
use self::sheet::form;
use super::set_up;
use crate::app::App;

/// All addresses of the console.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/console", get(looks::overview))
        .route("/console/account", get(looks::own_account))
        .route("/console/accounts", get(looks::accounts))
        .route("/console/accounts/{*path}", get(looks::account))
        .route("/console/connections", get(connections::list))
        .route("/console/connections/{id}", get(connections::one))
        .route("/console/connections/{id}/pause", get(connections::ask_pause).post(connections::pause))
        .route("/console/connections/{id}/activate", get(connections::ask_activate).post(connections::activate))
        .route("/console/connections/{id}/certificates", post(connections::add_certificate))
        .route(
            "/console/connections/{id}/certificates/{which}/remove",
            get(connections::ask_remove).post(connections::remove),
        )
        .route("/console/users", get(people::list))
        .route("/console/users/{id}", get(people::one))
        .route("/console/users/{id}/suspend", get(people::ask_suspend).post(people::suspend))
        .route("/console/users/{id}/restore", get(people::ask_restore).post(people::restore))
        .route("/console/users/{id}/sign-out", get(people::ask_sign_out).post(people::sign_out))
        .route("/console/users/{id}/sessions/{session}/end", post(people::end_session))
        .route("/console/groups", get(looks::groups))
        .route("/console/mails", get(looks::own_mails))
        .route("/console/mails/{*path}", get(looks::mails))
        .route("/console/audit", get(looks::audit))
        .route("/console/audit.jsonl", get(looks::export))
        .route("/console/applications", get(looks::applications))
        .route("/console/webhooks", get(looks::webhooks))
        .route("/console/webhooks/{name}", get(looks::webhook))
        .route("/console/keys", get(looks::keys))
        .route("/console/theme", post(enter::theme))
        .route("/console/sign-in-again", get(enter::sign_in_again))
        .merge(inspector::routes())
        .merge(set_up_routes())
        .merge(edit_routes())
}

/// Forms that change settings.
fn edit_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/console/connections/{id}/edit", form::<edit::Connection>())
        .route("/console/connections/{id}/mapping", form::<edit::Mapping>())
        .route("/console/connections/{id}/lacking", get(people::lacking))
        .route("/console/connections/{id}/try", post(edit::try_it))
        .route("/console/users/{id}/method", form::<edit::Method>())
        .route("/console/enforcement", form::<account_forms::Enforcement>())
        .route("/console/enforcement/{*path}", form::<account_forms::Enforcement>())
        .route("/console/settings", form::<account_forms::Settings>())
        .route("/console/settings/{*path}", form::<account_forms::Settings>())
}

/// How an account's pages look, with a picture in the form.
pub(crate) fn branding_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/console/branding", form::<account_forms::Branding>())
        .route("/console/branding/{*path}", form::<account_forms::Branding>())
}

/// Where drafts are made and set up, and links to them.
fn set_up_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/console/connections/new", get(drafts::ask_new).post(drafts::make))
        .route("/console/connections/{id}/links", get(drafts::links).post(drafts::make_link))
        .route("/console/connections/{id}/links/{link}/revoke", post(drafts::revoke))
        .route("/console/connections/{id}/set-up", get(set_up::page))
        .route("/console/connections/{id}/set-up/idp", post(set_up::idp))
        .route("/console/connections/{id}/set-up/ours", post(set_up::ours))
        .route("/console/connections/{id}/set-up/people", post(set_up::people))
        .route("/console/connections/{id}/set-up/try", post(set_up::begin_test))
        .route("/console/connections/{id}/set-up/report", get(set_up::report))
        .route("/console/connections/{id}/set-up/explain", post(set_up::explain))
        .route("/console/connections/{id}/set-up/switch-on", post(set_up::switch_on))
}
