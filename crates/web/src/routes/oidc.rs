//! The OpenID provider's endpoints.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use vestibule_journeys::deployment::Place;
use vestibule_journeys::sign_in::{AskedFor, Target};
use vestibule_journeys::{Problem as Ended, issue_tokens};
use vestibule_oidc::{Discovery, Endpoints, Jwks, TokenError, TokenRequest};

use super::sso::field;
use super::{shown, sign_in};
use crate::extract::Caller;
use crate::limits::TooMany;
use crate::problem::Problem;
use crate::security;

/// An application asks for a sign-in.
pub(crate) async fn authorize(caller: Caller) -> Response {
    if caller.place == Place::Elsewhere {
        return shown::plain(&caller, Problem::UnknownHost).await;
    }
    let query = caller.query().to_owned();
    if query.is_empty() {
        return shown::plain(&caller, Problem::BadAuthorizationRequest).await;
    }
    // At an account's own address a hint finds out nothing of whose it is.
    let asks =
        caller.place == Place::Base && ["login_hint", "account"].iter().any(|name| field(&query, name).is_some());
    let visit = caller.visit(Target::Application(query), AskedFor::Any);
    if asks { sign_in::discover_by(&caller, visit).await } else { sign_in::begin(&caller, visit).await }
}

/// An application redeems its code. Only a wrong secret counts, of the address and the application that it was said for;
/// whoever authenticates is never refused for it. Codes that are good for nothing do not count: anybody can have an
/// application send them, by its callback.
pub(crate) async fn token(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    let form = caller.media_type() == "application/x-www-form-urlencoded";
    let text = body.ok().filter(|_| form).and_then(|body| String::from_utf8(body.to_vec()).ok());
    // An empty body lacks its grant type, which the standard's error then says.
    let body = text.unwrap_or_default();
    let request = match TokenRequest::parse(&body, caller.authorization()) {
        Ok(request) => request,
        Err(error) => return token_error(&caller, &error),
    };
    let client = request.client_id().clone();
    match issue_tokens::redeem(&caller.ctx, request).await {
        Ok(answer) => json(&caller, StatusCode::OK, answer.to_json()),
        Err(Ended::Token(error)) => {
            if matches!(*error, TokenError::ClientNotAuthenticated)
                && let Err(too_many) = caller.count_client_failure(&client)
            {
                return too_many_failures(&caller, too_many);
            }
            token_error(&caller, &error)
        }
        Err(ended) => {
            tracing::error!(error = %ended, "a code could not be redeemed");
            json(&caller, StatusCode::SERVICE_UNAVAILABLE, Ok(r#"{"error":"temporarily_unavailable"}"#.to_owned()))
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
    json(&caller, StatusCode::OK, Jwks::new([caller.ctx.signing_key.jwk().clone()]).to_json())
}

/// Where everything is.
pub(crate) async fn discovery(caller: Caller) -> Response {
    let at = |path: &str| format!("{}{path}", caller.ctx.issuer.as_str());
    let endpoints = Endpoints {
        authorization: at("/oidc/authorize"),
        token: at("/oidc/token"),
        userinfo: at("/oidc/userinfo"),
        jwks: at("/oidc/jwks"),
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
