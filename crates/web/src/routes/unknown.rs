//! Addresses without a route of their own: aliases of connections, assets, and what is nowhere.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::Method;
use vestibule_domain::branding::LogoFile;
use vestibule_journeys::deployment::Place;
use vestibule_journeys::sign_in::Addressed;

use super::{shown, sso};
use crate::assets;
use crate::extract::Caller;
use crate::problem::Problem;

/// A form that is posted to an address without a route may be an answer at an alias: an address that customers had
/// registered before they came to us (XC-12, SC-8).
pub(crate) async fn alias_or_not_found(caller: Caller, method: Method, body: Body) -> Response {
    if method == Method::POST {
        return sso::receive(&caller, Addressed::Alias, body).await;
    }
    let nowhere = if caller.place == Place::Elsewhere { Problem::UnknownHost } else { Problem::NotFound };
    shown::plain(&caller, nowhere).await
}

/// A route that does not know the method.
pub(crate) async fn method_not_allowed(caller: Caller) -> Response {
    shown::plain(&caller, Problem::MethodNotAllowed).await
}

/// Style, script, icon.
pub(crate) async fn asset(caller: Caller, Path(file): Path<String>) -> Response {
    match assets::serve(&file, caller.cookies().https) {
        Some(response) => response,
        None => shown::plain(&caller, Problem::NotFound).await,
    }
}

/// What belongs to how an account's pages look: the style of its colour, its logo.
pub(crate) async fn brand(caller: Caller, Path(file): Path<String>) -> Response {
    let https = caller.cookies().https;
    if let Some(style) = assets::serve_brand_style(&file, https) {
        return style;
    }
    let Ok(file) = LogoFile::try_from(file) else { return shown::plain(&caller, Problem::NotFound).await };
    let name = file.clone();
    let found = caller.ctx.store.read(move |tx| Box::pin(async move { tx.logo(&name).await })).await;
    match found {
        Ok(Some(content)) => assets::serve_logo(&file, content, https),
        Ok(None) => shown::plain(&caller, Problem::NotFound).await,
        Err(error) => shown::ended(&caller, error.into()).await,
    }
}
