//! The OpenID provider's endpoints.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use vestibule_domain::attempt;
use vestibule_journeys::deployment::Place;
use vestibule_journeys::sign_in::{AskedFor, Target};
use vestibule_journeys::{Problem as Ended, issue_tokens};
use vestibule_oidc::{ClientId, Discovery, Endpoints, TokenError, TokenQuestion, TokenRequest};

use super::sso::field;
use super::{shown, sign_in};
use crate::extract::Caller;
use crate::language::Language;
use crate::limits::TooMany;
use crate::problem::Problem;
use crate::security;

/// An application asks for a sign-in.
pub(crate) async fn authorize(caller: Caller) -> Response {
    let (caller, cookie) = with_ui_locales(&caller);
    let mut response = begin(&caller).await;
    response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    response
}

/// The same by a form, as OpenID Connect Core §3.1.2.1 wants it. No cookie of ours comes with a form of another site,
/// hence once more by GET.
pub(crate) async fn authorize_posted(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    match as_query(&caller, body) {
        Ok(query) => shown::see_other(&caller, &format!("/oidc/authorize?{query}"), None),
        Err(problem) => shown::plain(&caller, problem).await,
    }
}

/// The longest form of an application, in octets: as much as is read of a query.
const MAX_FORM: usize = 8 * 1024;

/// The body of an application's form, which reads as the query of the same request.
pub(super) fn as_query(caller: &Caller, body: Result<Bytes, BytesRejection>) -> Result<String, Problem> {
    if caller.place == Place::Elsewhere {
        return Err(Problem::UnknownHost);
    }
    if caller.media_type() != "application/x-www-form-urlencoded" {
        return Err(Problem::BadRequest);
    }
    let body = body.map_err(|_| Problem::TooLarge)?;
    if body.len() > MAX_FORM {
        return Err(Problem::TooLarge);
    }
    // What browsers encode in a form has none of the rest, and a `#` would end the query.
    let plain = body.iter().all(|octet| octet.is_ascii_graphic() && *octet != b'#');
    String::from_utf8(body.to_vec()).ok().filter(|_| plain).ok_or(Problem::BadRequest)
}

/// The caller in the language that an application's request asks for, and the cookie that keeps it for as long as a
/// sign-in may take. A request that asks for none takes the cookie of the last one away.
pub(super) fn with_ui_locales(caller: &Caller) -> (Caller, Option<HeaderValue>) {
    let cookies = caller.cookies();
    let name = cookies.language_name();
    if let Some(language) = field(caller.query(), "ui_locales").and_then(|list| Language::from_ui_locales(&list)) {
        return (caller.speaking(language), cookies.set(&name, language.tag(), attempt::LIFETIME));
    }
    let spent = caller.cookie(&name).and_then(|_| cookies.remove(&name));
    (caller.speaking(caller.browser_language), spent)
}

async fn begin(caller: &Caller) -> Response {
    if caller.place == Place::Elsewhere {
        return shown::plain(caller, Problem::UnknownHost).await;
    }
    let query = caller.query().to_owned();
    if query.is_empty() {
        return shown::plain(caller, Problem::BadAuthorizationRequest).await;
    }
    // At an account's own address a hint finds out nothing of whose it is.
    let asks = caller.place == Place::Base
        && ["login_hint", "domain_hint", "account"].iter().any(|name| field(&query, name).is_some());
    let visit = caller.visit(Target::Application(query), AskedFor::Any);
    if asks { sign_in::discover_by(caller, visit).await } else { sign_in::begin(caller, visit).await }
}

/// An application asks for tokens.
pub(crate) async fn token(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    let request = match TokenRequest::parse(&form(&caller, body), caller.authorization()) {
        Ok(request) => request,
        Err(error) => return token_error(&caller, &error),
    };
    let client = request.client_id().clone();
    match issue_tokens::answer(&caller.ctx, request).await {
        Ok(answer) => json(&caller, StatusCode::OK, answer.to_json()),
        Err(ended) => refused(&caller, &client, ended),
    }
}

/// An application asks what a token is. RFC 7662.
pub(crate) async fn introspect(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    let question = match TokenQuestion::parse(&form(&caller, body), caller.authorization()) {
        Ok(question) => question,
        Err(error) => return token_error(&caller, &error),
    };
    let client = question.client_id().clone();
    match issue_tokens::introspect(&caller.ctx, question).await {
        Ok(answer) => json(&caller, StatusCode::OK, Ok(answer)),
        Err(ended) => refused(&caller, &client, ended),
    }
}

/// An application gives a token up. RFC 7009.
pub(crate) async fn revoke(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    let question = match TokenQuestion::parse(&form(&caller, body), caller.authorization()) {
        Ok(question) => question,
        Err(error) => return token_error(&caller, &error),
    };
    let client = question.client_id().clone();
    match issue_tokens::revoke(&caller.ctx, question).await {
        Ok(()) => json(&caller, StatusCode::OK, Ok("{}".to_owned())),
        Err(ended) => refused(&caller, &client, ended),
    }
}

/// The body of a form that an application sends. What is no form is empty, and an empty one lacks what is wanted, which
/// the standard's error then says.
fn form(caller: &Caller, body: Result<Bytes, BytesRejection>) -> String {
    let form = caller.media_type() == "application/x-www-form-urlencoded";
    body.ok().filter(|_| form).and_then(|body| String::from_utf8(body.to_vec()).ok()).unwrap_or_default()
}

/// Only a wrong secret counts, of the address and the application that it was said for; whoever authenticates is never
/// refused for it. Codes that are good for nothing do not count: anybody can have an application send them, by its
/// callback.
fn refused(caller: &Caller, client: &ClientId, ended: Ended) -> Response {
    match ended {
        Ended::Token(error) => {
            if matches!(*error, TokenError::ClientNotAuthenticated)
                && let Err(too_many) = caller.count_client_failure(client)
            {
                return too_many_failures(caller, too_many);
            }
            token_error(caller, &error)
        }
        ended => {
            tracing::error!(error = %ended, "an application could not be answered");
            json(caller, StatusCode::SERVICE_UNAVAILABLE, Ok(r#"{"error":"temporarily_unavailable"}"#.to_owned()))
        }
    }
}

/// The application is not authenticated (RFC 6749 §5.2); that it was so too often, the status and the header say (RFC
/// 6585 §4).
fn too_many_failures(caller: &Caller, too_many: TooMany) -> Response {
    let wait = too_many.wait;
    let body = format!(
        "{{\"error\":\"invalid_client\",\"error_description\":\"too many wrong secrets for this client_id came from \
         this address; set the application's client_id and secret as they are registered here, or come back in \
         {wait} s\"}}"
    );
    let mut response = json(caller, StatusCode::TOO_MANY_REQUESTS, Ok(body));
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait));
    response
}

fn token_error(caller: &Caller, error: &TokenError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = json(caller, status, error.to_json());
    if let Some(challenge) = error.www_authenticate() {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    response
}

/// An application asks who it is.
pub(crate) async fn userinfo(caller: Caller) -> Response {
    match issue_tokens::userinfo(&caller.ctx, caller.authorization()).await {
        Ok(Ok(body)) => json(&caller, StatusCode::OK, Ok(body)),
        Ok(Err(error)) => {
            let mut response = json(&caller, StatusCode::UNAUTHORIZED, Ok(String::from("{}")));
            if let Ok(challenge) = HeaderValue::try_from(error.www_authenticate()) {
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
            response
        }
        Err(ended) => {
            tracing::error!(error = %ended, "userinfo could not be served");
            json(&caller, StatusCode::SERVICE_UNAVAILABLE, Ok(String::from("{}")))
        }
    }
}

/// The keys that sign tokens.
pub(crate) async fn jwks(caller: Caller) -> Response {
    json(&caller, StatusCode::OK, caller.ctx.token_keys.ring().published(caller.ctx.now).to_json())
}

/// Where everything is.
pub(crate) async fn discovery(caller: Caller) -> Response {
    let at = |path: &str| format!("{}{path}", caller.ctx.issuer.as_str());
    let endpoints = Endpoints {
        authorization: at("/oidc/authorize"),
        token: at("/oidc/token"),
        userinfo: at("/oidc/userinfo"),
        jwks: at("/oidc/jwks"),
        introspection: at("/oidc/introspect"),
        revocation: at("/oidc/revoke"),
        end_session: at("/oidc/logout"),
    };
    json(&caller, StatusCode::OK, Discovery::new(&caller.ctx.issuer, &endpoints).to_json())
}

fn json(caller: &Caller, status: StatusCode, body: serde_json::Result<String>) -> Response {
    let mut response = (status, body.unwrap_or_default()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    security::set_common(headers, caller.cookies().https);
    security::set_no_store(headers);
    response
}
