//! Orchard's pages.

use askama::Template;
use axum::response::{Html, IntoResponse as _, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use jiff::Timestamp;
use vestibule_oidc::relying_party::IdToken;

/// The front page.
#[derive(Template)]
#[template(path = "home.html")]
pub(super) struct Home {
    person: Option<Person>,
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
pub(super) struct Trouble {
    pub(super) sentence: String,
}

impl Home {
    pub(super) fn new(token: Option<&IdToken>) -> Self {
        Self { person: token.map(Person::of) }
    }
}

impl Person {
    fn of(token: &IdToken) -> Self {
        let account = token.account.as_ref().map_or("nobody's account", |account| account.slug.as_str()).to_owned();
        let time =
            |seconds: i64| Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string());
        let access: Vec<String> =
            token.access.iter().map(|(kind, values)| format!("{kind}: {}", values.join(", "))).collect();
        let all = [
            ("sub", Some(token.sub.clone()), "who it is, for ever"),
            ("account", Some(account.clone()), "the company"),
            ("email", token.email.clone(), "the address, where it may be told"),
            ("email_verified", token.email_verified.map(|it| it.to_string()), "whether its domain is proved"),
            ("roles", listed(&token.roles), "what they are in this application"),
            ("access", listed(&access), "within which scopes"),
            ("auth_time", token.auth_time.map(time), "when they authenticated at their company"),
            ("iss", Some(token.iss.clone()), "who says so"),
            ("exp", Some(time(token.exp)), "until when this token counts"),
        ];
        let claims = all.into_iter().filter_map(|(name, value, meaning)| Some((name, value?, meaning))).collect();
        Self { name: token.email.clone().unwrap_or_else(|| token.sub.clone()), account, claims }
    }
}

/// Values in one line; nothing where there are none.
fn listed(values: &[String]) -> Option<String> {
    (!values.is_empty()).then(|| values.join(", "))
}

/// A page with its headers.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    let headers = [
        (CACHE_CONTROL, "no-store"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ];
    match template.render() {
        Ok(html) => (status, headers, Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
