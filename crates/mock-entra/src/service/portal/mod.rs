//! The portal: what an administrator sets by hand, page by page, with Entra's names of the fields.
//!
//! ```text
//! /portal ─> tenant ─> Enterprise applications ─> application ─> Overview · Properties · Users and groups
//!              └─────> Users                            ├──────> Single sign-on ─> SAML: five cards, each with its page
//!                                                       └──────> Token encryption
//! ```
//! Nobody signs in here. Every change goes the way that `/api` goes ([`ApplicationHandle::change`]); forms are taken
//! from the stand-in's own pages only (`form.rs`).

mod applications;
mod assignments;
mod basic;
mod certificates;
mod claims;
mod encryption;
mod fields;
mod form;
mod groups;
mod overview;
mod place;
mod saml;
mod tenants;
mod upload;
mod users;
mod verification;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderValue, StatusCode, header};

use self::place::Frame;
use super::pages::page;
use super::{ChangeError, Entra};

/// How long what is sent may be: a metadata file has at most 1 MiB.
const MAX_BODY: usize = 1_100_000;

pub(super) fn router() -> Router<Entra> {
    Router::new()
        .route("/", get(tenants::list))
        .route("/portal.css", get(style))
        .route("/portal.js", get(script))
        .route("/{tenant}", get(tenants::overview))
        .route("/{tenant}/users", get(users::list))
        .route("/{tenant}/users/new", get(users::new).post(users::create))
        .route("/{tenant}/users/{user}", get(users::edit).post(users::save))
        .route("/{tenant}/users/{user}/delete", post(users::delete))
        .route("/{tenant}/applications", get(applications::list))
        .route("/{tenant}/applications/new", get(applications::new).post(applications::create))
        .nest("/{tenant}/applications/{application}", application())
        .fallback(missing)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(map_response(guarded))
}

fn application() -> Router<Entra> {
    Router::new()
        .route("/", get(overview::overview))
        .route("/properties", get(overview::properties).post(overview::save_properties))
        .route("/delete", get(applications::ask_delete).post(applications::delete))
        .route("/users", get(assignments::list).post(assignments::assign))
        .route("/users/remove", post(assignments::remove))
        .route("/single-sign-on", get(saml::method))
        .route("/saml", get(saml::cards))
        .route("/saml/upload", get(upload::choose).post(upload::read))
        .route("/saml/basic", get(basic::show).post(basic::save))
        .route("/saml/claims", get(claims::list))
        .route("/saml/claims/claim", get(claims::show).post(claims::save))
        .route("/saml/claims/delete", post(claims::delete))
        .route("/saml/claims/name-id", get(claims::name_id).post(claims::save_name_id))
        .route("/saml/claims/groups", get(groups::show).post(groups::save))
        .route("/saml/certificates", get(certificates::show).post(certificates::save))
        .route("/saml/certificates/new", post(certificates::new))
        .route("/saml/certificates/activate", post(certificates::activate))
        .route("/saml/certificates/delete", post(certificates::delete))
        .route("/saml/verification", get(verification::show).post(verification::save))
        .route("/saml/verification/upload", post(verification::upload))
        .route("/saml/verification/delete", post(verification::delete))
        .route("/token-encryption", get(encryption::show))
        .route("/token-encryption/import", post(encryption::import))
        .route("/token-encryption/status", post(encryption::set_status))
        .route("/token-encryption/delete", post(encryption::delete))
}

/// What a handler gives.
type Shown = Result<Response, Problem>;

/// Why a page is not shown, or a form not taken.
#[derive(Debug)]
enum Problem {
    /// There is no such tenant, application or other thing.
    Missing(ChangeError),
    /// A button was pressed whose change is not taken.
    Refused(ChangeError),
    /// The form was sent by another site's page.
    Elsewhere(&'static str),
    /// What was sent is not what the page sends.
    Form(StatusCode, String),
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Unknown { .. } => Self::Missing(error),
            _ => Self::Refused(error),
        }
    }
}

#[derive(Debug, Template)]
#[template(path = "portal/problem.html")]
struct ProblemPage {
    frame: Frame,
    text: String,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, title, text) = match self {
            Self::Missing(error) => (StatusCode::NOT_FOUND, "Not found", sentence(&error)),
            Self::Refused(error) => (StatusCode::BAD_REQUEST, "Nothing was changed", sentence(&error)),
            Self::Elsewhere(text) => (StatusCode::FORBIDDEN, "Nothing was changed", text.to_owned()),
            Self::Form(status, text) => (status, "Nothing was changed", text),
        };
        page(status, &ProblemPage { frame: Frame::top(title), text })
    }
}

/// An error as a sentence: with a capital letter and a full stop.
fn sentence(error: &impl ToString) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

async fn missing() -> Response {
    let frame = Frame::top("Not found");
    page(StatusCode::NOT_FOUND, &ProblemPage { frame, text: "There is nothing at this address.".to_owned() })
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../../templates/portal/portal.css"))
        .into_response()
}

async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../../../templates/portal/portal.js"))
        .into_response()
}

/// The pages run nothing but their own script, and stand in no other site's frame. With `no-referrer` browsers would
/// send `Origin: null` with the portal's own forms.
async fn guarded(mut response: Response) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; form-action 'self'; \
                          frame-ancestors 'none'; base-uri 'none'";
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
