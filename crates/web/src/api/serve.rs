//! A request to the API from its arrival to its answer. Nothing is carried out before all of it is understood.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, RawPathParams};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, any, get};
use http::header::{CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, LINK, LOCATION};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use vestibule_domain::user::ConsoleRole;
use vestibule_journeys::api::{Answers, Kept, NotEntered, Program, Tried, enter};
use vestibule_journeys::deployment::Place;

use super::call::{Call, Reply};
use super::endpoint::{Answer, Endpoint, Verb};
use super::reading::{MAX_BODY, accepts, heeded, query, read_body};
use super::refusal::Refusal;
use super::version::{etag, names, precondition};
use super::{BASE, all, openapi};
use crate::app::App;
use crate::extract::Caller;
use crate::limits::Kind;
use crate::security;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The routes of all endpoints.
pub(crate) fn mount() -> Router<Arc<App>> {
    let mut paths: BTreeMap<&'static str, MethodRouter<Arc<App>>> = BTreeMap::new();
    for endpoint in all() {
        let path = endpoint.path;
        let routes = paths.remove(path).unwrap_or_else(|| other_methods(path));
        let serve = move |caller: Caller, params: RawPathParams, body: Result<Bytes, BytesRejection>| {
            answer(endpoint, caller, params, body)
        };
        paths.insert(path, routes.on(filter(endpoint.verb), serve));
    }
    let described = get(openapi::document)
        .fallback(|caller: Caller| async move { finished(&caller, Refusal::method("GET".to_owned()).response()) });
    let mut router = Router::new()
        .route(&format!("{BASE}/openapi.json"), described)
        .route(BASE, any(nowhere))
        .route(&format!("{BASE}/"), any(nowhere))
        .route(&format!("{BASE}/{{*rest}}"), any(nowhere));
    for (path, routes) in paths {
        router = router.route(&format!("{BASE}{path}"), routes);
    }
    router.layer(DefaultBodyLimit::max(MAX_BODY))
}

const fn filter(verb: Verb) -> MethodFilter {
    match verb {
        Verb::Get => MethodFilter::GET,
        Verb::Post => MethodFilter::POST,
        Verb::Patch => MethodFilter::PATCH,
        Verb::Put => MethodFilter::PUT,
        Verb::Delete => MethodFilter::DELETE,
    }
}

fn other_methods(path: &'static str) -> MethodRouter<Arc<App>> {
    MethodRouter::new().fallback(move |caller: Caller| async move {
        let known: Vec<_> = all().filter(|it| it.path == path).map(|it| it.verb.method().to_string()).collect();
        finished(&caller, Refusal::method(known.join(", ")).response())
    })
}

/// An address of the API at which there is nothing.
async fn nowhere(caller: Caller) -> Response {
    finished(&caller, Refusal::not_found().response())
}

/// What every answer carries.
pub(super) fn finished(caller: &Caller, mut response: Response) -> Response {
    security::set_common(response.headers_mut(), caller.cookies().https);
    security::set_no_store(response.headers_mut());
    response
}

async fn answer(
    endpoint: &'static Endpoint,
    caller: Caller,
    params: RawPathParams,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let response = match serve(endpoint, &caller, params, body).await {
        Ok(response) => response,
        Err(refusal) => refusal.response(),
    };
    finished(&caller, response)
}

async fn serve(
    endpoint: &'static Endpoint,
    caller: &Caller,
    params: RawPathParams,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    if caller.place == Place::Elsewhere {
        return Err(Refusal::not_found());
    }
    let mut program = program(caller).await?;
    may(endpoint, &program)?;
    accepts(caller)?;
    let query = query(endpoint, caller)?;
    let (octets, body) = read_body(endpoint, caller, body)?;
    if let Some(limit) = query.get("limit").and_then(Value::as_u64) {
        program.viewer.rows = u32::try_from(limit).unwrap_or(u32::MAX);
    }
    let path = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut call = Call {
        caller: caller.clone(),
        program: Arc::new(program),
        path: Arc::new(path),
        query: Arc::new(query),
        body: Arc::new(body),
        held: None,
    };
    let is_post = endpoint.verb == Verb::Post;
    let key = if is_post { heeded(caller, &IDEMPOTENCY_KEY, "Idempotency-Key", false)? } else { None };
    let Some(name) = key else {
        precondition(endpoint, &mut call).await?;
        return carry_out(endpoint, call).await;
    };
    let answers = Answers { program: call.program.name.clone(), name };
    once(endpoint, call, &answers, &octets).await
}

async fn program(caller: &Caller) -> Result<Program, Refusal> {
    match enter(&caller.ctx, caller.authorization()).await? {
        Ok(program) => {
            caller.limits.program(&program.name, caller.ctx.now).map_err(Refusal::too_many)?;
            Ok(program)
        }
        Err(why) => {
            if why == NotEntered::Unknown {
                caller.count(Kind::Key).map_err(Refusal::too_many)?;
            }
            Err(Refusal::not_entered(&why))
        }
    }
}

fn may(endpoint: &Endpoint, program: &Program) -> Result<(), Refusal> {
    let viewer = &program.viewer;
    if !viewer.may(endpoint.action, &viewer.home.path) {
        return Err(Refusal::not_by_role(match viewer.role {
            ConsoleRole::Operator => "operator",
            ConsoleRole::Support => "support",
            ConsoleRole::AccountAdmin => "account_admin",
            ConsoleRole::Approver => "approver",
        }));
    }
    if program.access < endpoint.needs {
        return Err(Refusal::not_allowed(endpoint.needs, program.access));
    }
    Ok(())
}

/// Carries a request out, unless it was before.
async fn once(
    endpoint: &'static Endpoint,
    mut call: Call,
    answers: &Answers,
    octets: &Bytes,
) -> Result<Response, Refusal> {
    let ctx = call.ctx().clone();
    match answers.begin(&ctx, request_hash(endpoint, &call, octets)).await? {
        Tried::Here => {}
        Tried::Answered(kept) => return read_kept(&kept).ok_or_else(lost),
        Tried::Lost => return Err(lost()),
        Tried::UnderWay => {
            return Err(Refusal::conflict("a request with this Idempotency-Key is under way; ask again in a moment"));
        }
        Tried::Another => {
            let want = "a key of its own for each request: another one came under this key in the last 24 h";
            return Err(Refusal::cannot("header.Idempotency-Key", format!("{:?}", answers.name), want));
        }
    }
    let carried = match precondition(endpoint, &mut call).await {
        Ok(()) => run(endpoint, call).await,
        Err(refusal) => Err(refusal),
    };
    match carried {
        Ok((status, location, body)) => {
            answers.keep(&ctx, &kept(status, location.as_deref(), body.as_ref())).await?;
            Ok(made(status, location.as_deref(), body.as_ref()))
        }
        Err(refusal) => {
            answers.forget(&ctx).await?;
            Err(refusal)
        }
    }
}

fn lost() -> Refusal {
    Refusal::conflict("the request was carried out before, and what was answered cannot be read any more")
}

fn request_hash(endpoint: &Endpoint, call: &Call, octets: &Bytes) -> [u8; 32] {
    let uri = &call.caller.uri;
    let mut text =
        format!("{} {} ", endpoint.verb.name(), uri.path_and_query().map_or("", |it| it.as_str())).into_bytes();
    text.extend_from_slice(octets);
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, &text).as_ref());
    hash
}

fn kept(status: StatusCode, location: Option<&str>, body: Option<&Value>) -> Kept {
    Kept(json!([status.as_u16(), location, body]).to_string().into_bytes())
}

fn read_kept(kept: &Kept) -> Option<Response> {
    let read: Value = serde_json::from_slice(&kept.0).ok()?;
    let status = u16::try_from(read.get(0)?.as_u64()?).ok()?;
    let body = read.get(2).filter(|body| !body.is_null());
    let mut response = made(StatusCode::from_u16(status).ok()?, read.get(1)?.as_str(), body);
    response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    Some(response)
}

async fn carry_out(endpoint: &'static Endpoint, call: Call) -> Result<Response, Refusal> {
    let caller = call.caller.clone();
    let is_one = endpoint.verb == Verb::Get && has_etag(endpoint.answer);
    let known = if is_one { heeded(&caller, &IF_NONE_MATCH, "If-None-Match", true)? } else { None };
    if endpoint.verb != Verb::Get {
        let (status, location, body) = run(endpoint, call).await?;
        return Ok(made(status, location.as_deref(), body.as_ref()));
    }
    match (endpoint.run)(call).await? {
        Reply::One(value) => {
            let tag = etag(&value);
            let is_known = known.is_some_and(|list| names(&list, &tag));
            let mut response = if is_known {
                StatusCode::NOT_MODIFIED.into_response()
            } else {
                made(StatusCode::OK, None, Some(&value))
            };
            response.headers_mut().extend(HeaderValue::try_from(tag).ok().map(|tag| (ETAG, tag)));
            Ok(response)
        }
        Reply::Page(items, next) => Ok(page(&caller, &items, next.as_deref())),
        Reply::Made(..) | Reply::Done => Ok(made(StatusCode::NO_CONTENT, None, None)),
    }
}

type Carried = (StatusCode, Option<String>, Option<Value>);

async fn run(endpoint: &'static Endpoint, call: Call) -> Result<Carried, Refusal> {
    let body = Arc::clone(&call.body);
    let reply = (endpoint.run)(call).await.map_err(|refusal| refusal.about(&body))?;
    Ok(match reply {
        Reply::One(value) => (StatusCode::OK, None, Some(value)),
        Reply::Made(location, value) => (StatusCode::CREATED, Some(location), Some(value)),
        Reply::Page(items, next) => (StatusCode::OK, None, Some(json!({ "items": items, "next": next }))),
        Reply::Done => (StatusCode::NO_CONTENT, None, None),
    })
}

fn page(caller: &Caller, items: &[Value], next: Option<&str>) -> Response {
    let link = next.map(|next| {
        let others = form_urlencoded::parse(caller.query().as_bytes()).filter(|(name, _)| name != "cursor");
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query = query.extend_pairs(others).append_pair("cursor", next).finish();
        format!("<{}{}?{query}>; rel=\"next\"", caller.origin, caller.uri.path())
    });
    let mut response = made(StatusCode::OK, None, Some(&json!({ "items": items, "next": next })));
    response.headers_mut().extend(link.and_then(|link| HeaderValue::try_from(link).ok()).map(|link| (LINK, link)));
    response
}

fn made(status: StatusCode, location: Option<&str>, body: Option<&Value>) -> Response {
    let Some(body) = body else { return status.into_response() };
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let location = location.and_then(|location| HeaderValue::try_from(format!("{BASE}{location}")).ok());
    headers.extend(location.map(|location| (LOCATION, location)));
    if status != StatusCode::CREATED || body.is_object() {
        headers.extend(HeaderValue::try_from(etag(body)).ok().map(|tag| (ETAG, tag)));
    }
    response
}

/// Whether an answer is one resource.
pub(super) const fn has_etag(answer: Answer) -> bool {
    matches!(answer, Answer::One(_))
}
