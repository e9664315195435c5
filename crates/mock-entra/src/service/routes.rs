//! The addresses, as Entra has them (E-1, E-3, E-7, E-9).

use std::collections::BTreeMap;

use axum::extract::{Path, Query, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use http::{HeaderMap, StatusCode};
use vestibule_saml::sp::entra::aadsts;

use super::flow::{Ask, Target};
use super::pages::{Note, page};
use super::{Entra, api, portal};

type Fields = BTreeMap<String, String>;

impl Entra {
    /// The service: sign-on, metadata, My Apps, and its settings: pages below `/portal`, JSON below `/api`.
    pub fn router(&self) -> Router {
        let document = "/{tenant}/FederationMetadata/2007-06/FederationMetadata.xml";
        Router::new()
            .route("/", get(index))
            .route("/{tenant}/saml2", get(redirect).post(posted))
            .route("/{tenant}/saml2/{service_principal}", get(redirect_to).post(posted_to))
            .route("/{tenant}/login", post(login))
            .route(document, get(metadata))
            .route(&document.to_ascii_lowercase(), get(metadata))
            .route("/{tenant}/wsfed", get(ws_federation))
            .route("/myapps", get(my_apps))
            .route("/signin/{name}/{application}", get(direct))
            .route("/{tenant}/signin/{name}/{application}", get(direct_of))
            .route("/logout", get(logout))
            .route("/{tenant}/oauth2/logout", get(logout))
            .route("/error", get(explain))
            .nest("/api", api::router())
            .nest("/portal", portal::router())
            .fallback(missing)
            .with_state(self.clone())
    }
}

async fn redirect(
    State(entra): State<Entra>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let target = Target::Redirect { query: query.unwrap_or_default(), service_principal: None };
    entra.arrive(Ask { tenant, target }, &entra.browser(&headers))
}

async fn redirect_to(
    State(entra): State<Entra>,
    Path((tenant, service_principal)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let target = Target::Redirect { query: query.unwrap_or_default(), service_principal: Some(service_principal) };
    entra.arrive(Ask { tenant, target }, &entra.browser(&headers))
}

async fn posted(State(entra): State<Entra>, Path(tenant): Path<String>, headers: HeaderMap, body: String) -> Response {
    let target = Target::Post { body, service_principal: None };
    entra.arrive(Ask { tenant, target }, &entra.browser(&headers))
}

async fn posted_to(
    State(entra): State<Entra>,
    Path((tenant, service_principal)): Path<(String, String)>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let target = Target::Post { body, service_principal: Some(service_principal) };
    entra.arrive(Ask { tenant, target }, &entra.browser(&headers))
}

async fn login(State(entra): State<Entra>, headers: HeaderMap, Form(fields): Form<Fields>) -> Response {
    entra.proceed(&fields, &entra.browser(&headers))
}

async fn my_apps(State(entra): State<Entra>, headers: HeaderMap) -> Response {
    entra.arrive(Ask { tenant: "common".to_owned(), target: Target::MyApps }, &entra.browser(&headers))
}

async fn direct(
    State(entra): State<Entra>,
    Path((_, application)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    start(&entra, None, &application, &headers)
}

async fn direct_of(
    State(entra): State<Entra>,
    Path((tenant, _, application)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    start(&entra, Some(&tenant), &application, &headers)
}

/// A direct sign-on link. Without a domain in it, the application tells the tenant.
fn start(entra: &Entra, tenant: Option<&str>, application: &str, headers: &HeaderMap) -> Response {
    let dashed = |app_id: &str| app_id.replace('-', "").eq_ignore_ascii_case(application);
    let found = {
        let state = entra.state();
        let of = |tenant: &super::Tenant| {
            tenant.applications.iter().find(|app| dashed(&app.app_id)).map(|app| app.app_id.clone())
        };
        match tenant {
            Some(name) => state.tenant(name).and_then(|it| Some((it.id.clone(), of(it)?))),
            None => state.seed.tenants.iter().find_map(|it| Some((it.id.clone(), of(it)?))),
        }
    };
    match found {
        Some((tenant, app_id)) => {
            entra.arrive(Ask { tenant, target: Target::Tile { app_id } }, &entra.browser(headers))
        }
        None => entra.error_page(&super::Refusal::new(
            70_0016,
            format!("Application with identifier '{application}' was not found in the directory."),
        )),
    }
}

async fn logout(State(entra): State<Entra>, headers: HeaderMap) -> Response {
    entra.sign_out_everywhere(&entra.browser(&headers))
}

async fn metadata(State(entra): State<Entra>, Path(tenant): Path<String>, Query(fields): Query<Fields>) -> Response {
    match entra.metadata(&tenant, fields.get("appid").map(String::as_str)) {
        Ok(document) => ([("content-type", "application/samlmetadata+xml")], document).into_response(),
        Err(refusal) => (StatusCode::BAD_REQUEST, refusal.to_string()).into_response(),
    }
}

async fn ws_federation() -> Response {
    let lines = ["Metadata lists WS-Federation, as Entra's does. This stand-in speaks SAML only.".to_owned()];
    page(StatusCode::OK, &Note { title: "WS-Federation", lines: &lines, links: &[] })
}

async fn explain(Query(fields): Query<Fields>) -> Response {
    let code = fields.get("code").map(|code| code.trim_start_matches("AADSTS")).unwrap_or_default();
    let known = aadsts(&format!("AADSTS{code}"));
    let line = match known.and_then(|known| known.meaning) {
        Some(meaning) => meaning.to_owned(),
        None => "Nothing is known of this number here.".to_owned(),
    };
    page(StatusCode::OK, &Note { title: &format!("Error {code}"), lines: &[line], links: &[] })
}

async fn index(State(entra): State<Entra>) -> Response {
    let seed = entra.seed();
    let mut links = vec![
        ("/portal".to_owned(), "Portal, where an administrator sets up applications".to_owned()),
        ("/myapps".to_owned(), "My Apps".to_owned()),
    ];
    for tenant in &seed.tenants {
        let address = format!("/{}/FederationMetadata/2007-06/FederationMetadata.xml", tenant.id);
        links.push((address, format!("{}: federation metadata", tenant.name)));
        for app in &tenant.applications {
            let address =
                format!("/{}/federationmetadata/2007-06/federationmetadata.xml?appid={}", tenant.id, app.app_id);
            links.push((address, format!("{}: metadata of {}", tenant.name, app.name)));
        }
    }
    let about = ["This stands in for Microsoft Entra ID in tests and demonstrations.".to_owned()];
    page(StatusCode::OK, &Note { title: "Entra stand-in", lines: &about, links: &links })
}

async fn missing() -> Response {
    let lines = ["There is nothing at this address.".to_owned()];
    page(StatusCode::NOT_FOUND, &Note { title: "Not found", lines: &lines, links: &[] })
}
