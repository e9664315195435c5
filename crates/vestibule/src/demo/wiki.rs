//! Orchard's wiki, which knows nothing of single sign-on: it greets whoever the headers name.

use askama::Template;
use axum::Router;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use vestibule_example_axum::STYLE;
use vestibule_web::language::Language;

use vestibule_journeys::forward_auth::HEADERS;

/// How much of a header is shown, in characters.
const SHOWN: usize = 60;

#[derive(Template)]
#[template(path = "wiki.html")]
struct Page {
    is_german: bool,
    is_for_managers: bool,
    name: String,
    headers: Vec<(String, String)>,
}

/// The site.
pub(super) fn router() -> Router {
    Router::new()
        .route("/", get(|headers: HeaderMap| async move { page(&headers, false) }))
        .route("/managers/", get(|headers: HeaderMap| async move { page(&headers, true) }))
        .route("/wiki.css", get(style))
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=300")], STYLE).into_response()
}

fn page(headers: &HeaderMap, is_for_managers: bool) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let [_, _, name, ..] = HEADERS;
    let page = Page {
        is_german: Language::from_accept_language(Some(text(ACCEPT_LANGUAGE.as_str()))) == Language::German,
        is_for_managers,
        name: decoded(text(name)),
        headers: HEADERS.map(|name| (spelt(name), shortened(text(name)))).into(),
    };
    let policy = "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'";
    let headers = [(CACHE_CONTROL, "no-store"), (CONTENT_SECURITY_POLICY, policy)];
    match page.render() {
        Ok(html) => (headers, Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What is percent-encoded is UTF-8 (docs/integrate/forward-auth.md); anything else stays as it is.
fn decoded(value: &str) -> String {
    let mut octets = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, behind @ ..] = rest {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let encoded = digits
            .filter(|digits| *first == b'%' && !digits.starts_with('+'))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        octets.push(encoded.unwrap_or(*first));
        rest = if encoded.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&octets).into_owned()
}

/// As the documentation writes it: `X-Vestibule-User`.
fn spelt(name: &str) -> String {
    let part = |part: &str| part.get(..1).unwrap_or_default().to_ascii_uppercase() + part.get(1..).unwrap_or_default();
    name.split('-').map(part).collect::<Vec<_>>().join("-")
}

/// Tokens are long.
fn shortened(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &value[..at]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_decoded_once() {
        assert_eq!(decoded("J%C3%B6rg 100%25"), "Jörg 100%");
        assert_eq!(decoded("%2525 %zz %f"), "%25 %zz %f");
    }

    #[test]
    fn headers_are_spelt_as_in_the_documentation_and_no_longer_than_a_line() {
        assert_eq!(spelt("x-vestibule-user"), "X-Vestibule-User");
        assert_eq!(shortened("short"), "short");
        assert_eq!(shortened(&"ä".repeat(100)), format!("{}…", "ä".repeat(60)));
    }
}
