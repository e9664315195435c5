//! The console: a doorway for each of its pages.

mod connections;
mod enter;
mod inspector;
mod looks;
mod people;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub(super) use self::enter::{again_url, enter};
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
        .route("/console/audit", get(looks::audit))
        .route("/console/audit.jsonl", get(looks::export))
        .route("/console/applications", get(looks::applications))
        .route("/console/webhooks", get(looks::webhooks))
        .route("/console/webhooks/{name}", get(looks::webhook))
        .route("/console/keys", get(looks::keys))
        .route("/console/theme", post(enter::theme))
        .route("/console/sign-in-again", get(enter::sign_in_again))
        .merge(inspector::routes())
}
