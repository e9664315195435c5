//! What a proxy asks about each request to a site behind it.
//!
//! The proxy tells of the request in `X-Forwarded-Host`, `-Proto`, `-Uri` and `-Method`, as Caddy and Traefik do by
//! themselves. Whoever sends these headers without a proxy learns about their own cookies only.

use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, LOCATION, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use vestibule_domain::site::site_origin;
use vestibule_journeys::Problem as Ended;
use vestibule_journeys::forward_auth::{self, Answer, Failure, HEADERS, SiteRequest, Visitor};

use super::sso::field;
use crate::extract::Caller;
use crate::security;

/// How long a browser may take to sign in.
const BEGUN: jiff::SignedDuration = jiff::SignedDuration::from_mins(30);

/// The longest address of a request that is looked at, in octets.
const MAX_URI: usize = 16 * 1024;

const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const URI: HeaderName = HeaderName::from_static("x-forwarded-uri");
const METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");

/// The mode in which a proxy asks that has heard a no, from us or from the site itself: it wants what is to be shown, and
/// shows it to the browser, so that nothing is told of who it is.
const AFTER_NO: &str = "after-no";

/// `/forward-auth`, and `/forward-auth?mode=401` for a proxy that can hear yes or no alone, which asks once more with
/// `mode=after-no`.
pub(crate) async fn forward_auth(caller: Caller) -> Response {
    let say = |key: &'static str| caller.language.say(key);
    let request = match site_request(&caller) {
        Ok(request) => request,
        Err(missing) => {
            return text(&caller, StatusCode::BAD_REQUEST, &say("site-no-proxy").with("header", missing).to_string());
        }
    };
    let begun = |name: &str| caller.cookie(&caller.cookies().begun_name(name)).map(str::to_owned);
    match forward_auth::ask(&caller.ctx, &request, &begun).await {
        Ok(answer) => answered(&caller, &request, answer),
        Err(Ended::NotFound) => {
            text(&caller, StatusCode::NOT_FOUND, &say("site-unknown").with("site", &request.origin).to_string())
        }
        Err(ended) => {
            tracing::error!(error = %ended, "a proxy could not be answered");
            text(&caller, StatusCode::SERVICE_UNAVAILABLE, &say("site-unavailable").to_string())
        }
    }
}

/// The request that the proxy tells of; the name of a header that is not as it must be.
fn site_request(caller: &Caller) -> Result<SiteRequest, &'static str> {
    let value = |name: &HeaderName| caller.header(name).filter(|value| value.len() <= MAX_URI);
    let host = value(&HOST).ok_or("X-Forwarded-Host")?;
    let proto = value(&PROTO).ok_or("X-Forwarded-Proto")?;
    let uri = value(&URI).filter(|uri| uri.starts_with('/')).ok_or("X-Forwarded-Uri")?;
    let origin = site_origin(&format!("{proto}://{host}")).ok_or("X-Forwarded-Host")?;
    let cookie = caller.cookie(&caller.cookies().site_name()).and_then(forward_auth::site_hash);
    Ok(SiteRequest { origin, uri: uri.to_owned(), cookie })
}

fn answered(caller: &Caller, request: &SiteRequest, answer: Answer) -> Response {
    let (cookies, now) = (caller.cookies(), caller.ctx.now);
    let say = |key: &'static str| caller.language.say(key);
    match answer {
        Answer::Pass(_) if mode(caller).as_deref() == Some(AFTER_NO) => {
            text(caller, StatusCode::FORBIDDEN, &say("site-itself").to_string())
        }
        Answer::Pass(visitor) => pass(caller, visitor.as_deref()),
        Answer::SignIn { location, begun } => {
            if !is_for_a_page(caller) {
                return text(caller, StatusCode::UNAUTHORIZED, &say("site-sign-in").to_string());
            }
            let cookie = cookies.set(&cookies.begun_name(&begun.name), &begun.value, BEGUN);
            go(caller, &location, cookie)
        }
        Answer::Denied { application } => {
            text(caller, StatusCode::FORBIDDEN, &say("site-denied").with("application", &application).to_string())
        }
        Answer::SignedIn(signed_in) => {
            let keep = now.duration_until(signed_in.expires_at);
            let site = cookies.set(&cookies.site_name(), &signed_in.token.to_text(), keep);
            let spent = cookies.remove(&cookies.begun_name(&signed_in.spent));
            go(caller, &signed_in.location, site.into_iter().chain(spent))
        }
        Answer::SignedOut { location } => go(caller, &location, cookies.remove(&cookies.site_name())),
        Answer::Failed(failure) => {
            let status = match failure {
                Failure::Refused { .. } => StatusCode::FORBIDDEN,
                Failure::NotBegunHere | Failure::NotGood => StatusCode::BAD_REQUEST,
            };
            let site = request.origin.as_str();
            let words = match &failure {
                Failure::NotBegunHere => say("site-not-begun-here").with("site", site),
                Failure::NotGood => say("site-not-good").with("site", site),
                Failure::Refused { error, description } => {
                    say("site-refused").with("site", site).with("error", error).with("description", description)
                }
            };
            text(caller, status, &words.to_string())
        }
    }
}

/// The request may pass: who it is, in headers that are always there.
fn pass(caller: &Caller, visitor: Option<&Visitor>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    for (place, name) in HEADERS.into_iter().enumerate() {
        let value = visitor.and_then(|visitor| visitor.headers.get(place));
        let value = value.and_then(|value| HeaderValue::from_str(value).ok());
        headers.insert(HeaderName::from_static(name), value.unwrap_or(HeaderValue::from_static("")));
    }
    security::set_common(headers, caller.cookies().https);
    security::set_no_store(headers);
    response
}

/// Whether a browser wants a page, and may be sent elsewhere. Whatever a page's script fetches gets a plain 401, and so
/// does everything where the proxy can hear yes or no alone.
fn is_for_a_page(caller: &Caller) -> bool {
    if mode(caller).as_deref() == Some("401") {
        return false;
    }
    let says = |name: &HeaderName| caller.header(name).unwrap_or_default();
    let is_read = matches!(says(&METHOD), "" | "GET" | "HEAD");
    let is_navigation = matches!(says(&HeaderName::from_static("sec-fetch-mode")), "" | "navigate");
    is_read && is_navigation && says(&ACCEPT).contains("text/html")
}

fn mode(caller: &Caller) -> Option<String> {
    field(caller.query(), "mode")
}

fn go(caller: &Caller, location: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        return text(caller, StatusCode::BAD_REQUEST, &caller.language.say("site-unavailable").to_string());
    };
    let mut response = StatusCode::FOUND.into_response();
    let headers = response.headers_mut();
    headers.insert(LOCATION, location);
    headers.extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    security::set_common(headers, caller.cookies().https);
    security::set_no_store(headers);
    response
}

/// Plain text: it is shown at the site, where our style sheet is not.
fn text(caller: &Caller, status: StatusCode, text: &str) -> Response {
    let mut response = (status, format!("{text}\n")).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    security::set_common(headers, caller.cookies().https);
    security::set_no_store(headers);
    response
}
