//! Orchard's pages.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use jiff::Timestamp;
use vestibule_oidc::relying_party::IdToken;

use crate::settings::Company;
use crate::visitors::Visitor;

/// Signing out is a form that leads on to Vestibule, and perhaps to an identity provider: hence no `form-action`, which
/// browsers demand of each step.
const POLICY: &str = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The style sheet, which whatever else is of Orchard wears too.
pub const STYLE: &str = include_str!("../pages/orchard.css");

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    person: Option<Person>,
    company: Option<&'a Company>,
}

/// Somebody who is signed in.
struct Person {
    name: String,
    account: String,
    claims: Vec<(&'static str, String, &'static str)>,
}

/// Somebody was not let in, or is lost.
#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage {
    sentence: String,
}

/// The front page.
pub(crate) fn home(visitor: Option<&Visitor>, company: Option<&Company>) -> Response {
    page(StatusCode::OK, &Home { person: visitor.map(|visitor| Person::of(&visitor.claims)), company })
}

/// What went wrong.
pub(crate) fn trouble(status: StatusCode, sentence: String) -> Response {
    page(status, &TroublePage { sentence })
}

/// The style sheet, and nothing.
pub(crate) fn others() -> Router {
    Router::new().route("/orchard.css", get(style)).fallback(missing)
}

async fn style() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=300")];
    (headers, STYLE).into_response()
}

async fn missing() -> Response {
    trouble(StatusCode::NOT_FOUND, "There is nothing at this address.".to_owned())
}

impl Person {
    fn of(token: &IdToken) -> Self {
        let account = token.account.as_ref().map_or("nobody's account", |account| account.path.as_str()).to_owned();
        let time =
            |seconds: i64| Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string());
        let access: Vec<String> =
            token.access.iter().map(|(kind, values)| format!("{kind}: {}", values.join(", "))).collect();
        let all = [
            ("name", token.name.clone(), "what people call them"),
            ("email", token.email.clone(), "the address, where it may be told"),
            ("email_verified", token.email_verified.map(|it| it.to_string()), "whether its domain is proved"),
            ("account", Some(account.clone()), "the company"),
            ("roles", listed(&token.roles), "what they are in this application"),
            ("access", listed(&access), "within which scopes"),
            ("groups", listed(&token.groups), "their groups at their company"),
            ("sub", Some(token.sub.clone()), "who it is, for ever"),
            ("auth_time", token.auth_time.map(time), "when they authenticated at their company"),
            ("iss", Some(token.iss.clone()), "who says so"),
            ("exp", Some(time(token.exp)), "until when this token counts"),
        ];
        let claims = all.into_iter().filter_map(|(name, value, meaning)| Some((name, value?, meaning))).collect();
        Self { name: token.email.clone().or(token.name.clone()).unwrap_or_else(|| token.sub.clone()), account, claims }
    }
}

/// Values in one line; nothing where there are none.
fn listed(values: &[String]) -> Option<String> {
    (!values.is_empty()).then(|| values.join(", "))
}

fn page(status: StatusCode, template: &impl Template) -> Response {
    let headers = [(CACHE_CONTROL, "no-store"), (CONTENT_SECURITY_POLICY, POLICY)];
    match template.render() {
        Ok(html) => (status, headers, Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
