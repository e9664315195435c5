//! SAML-based Sign-on: the five cards, in Entra's order.

use askama::Template;
use axum::response::{IntoResponse, Redirect};
use http::StatusCode;

use super::super::browser::direct_link;
use super::super::pages::page;
use super::super::seed::{Application, SigningKeyOf};
use super::super::{Entra, Tenant};
use super::claims::{self, Row};
use super::place::{Frame, OfApplication};
use super::{Shown, certificates, verification};

/// Where the other side finds everything: `…/federationmetadata.xml?appid=`.
pub(super) fn metadata_url(entra: &Entra, tenant: &Tenant, app: &Application) -> String {
    let path = "federationmetadata/2007-06/federationmetadata.xml";
    format!("{}/{}/{path}?appid={}", entra.base_url(), tenant.id, app.app_id)
}

#[derive(Debug, Template)]
#[template(path = "portal/method.html")]
struct Method {
    frame: Frame,
    saml: String,
}

/// "Select a single sign-on method", once: an application that has an identifier was set up for SAML.
pub(super) async fn method(place: OfApplication) -> Shown {
    let saml = place.at("/saml");
    if !place.app.identifiers.is_empty() || !place.app.reply_urls.is_empty() {
        return Ok(Redirect::to(&saml).into_response());
    }
    Ok(page(StatusCode::OK, &Method { frame: place.frame("Single sign-on"), saml }))
}

#[derive(Debug, Template)]
#[template(path = "portal/saml.html")]
struct Cards<'a> {
    frame: Frame,
    app: &'a Application,
    base: String,
    users: String,
    reply_urls: Vec<(&'a str, u16)>,
    name_id: String,
    name_id_format: &'static str,
    claims: Vec<Row>,
    /// Name and source of the group claim, where there is one.
    groups: Option<(String, &'static str)>,
    certificate: Option<certificates::Row>,
    waiting: usize,
    of_tenant: bool,
    metadata_url: String,
    verification: verification::Summary,
    login_url: String,
    identifier: String,
    test: String,
}

pub(super) async fn cards(place: OfApplication) -> Shown {
    let OfApplication { entra, tenant, handle, app, .. } = &place;
    let listed = handle.certificates();
    let at = format!("/api/tenants/{}/applications/{}/certificates", tenant.id, app.app_id);
    let now = entra.now();
    let shown = Cards {
        frame: place.around("Single sign-on", "SAML-based Sign-on"),
        app,
        base: place.at("/saml"),
        users: place.at("/users"),
        reply_urls: app.reply_url_indexes(),
        name_id: claims::name_id_source(app),
        name_id_format: claims::name_id_format(app),
        claims: claims::rows(app),
        groups: super::groups::shown(app),
        certificate: listed.iter().find(|it| it.signs).map(|it| certificates::Row::of(it, &at, now)),
        waiting: listed.iter().filter(|it| !it.signs).count(),
        of_tenant: app.signing_key == SigningKeyOf::Tenant,
        metadata_url: metadata_url(entra, tenant, app),
        verification: verification::Summary::of(app, now),
        login_url: format!("{}/{}/saml2", entra.base_url(), tenant.id),
        identifier: app.entity_id(tenant),
        test: direct_link(tenant, app),
    };
    Ok(page(StatusCode::OK, &shown))
}
