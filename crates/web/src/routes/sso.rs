//! A connection's addresses: where sign-ins begin, where answers arrive, what identity providers read of us.

use std::borrow::Cow;

use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use jiff::SignedDuration;
use vestibule_domain::id::{AttemptId, ConnectionId};
use vestibule_journeys::deployment::Place;
use vestibule_journeys::set_up_connection;
use vestibule_journeys::sign_in::{self, Addressed, AskedFor, Received, Target};
use vestibule_journeys::trust::{self, Trust, own_address};
use vestibule_journeys::{Problem as Ended, Unreadable};
use vestibule_saml::binding::post::MAX_BODY;
use vestibule_saml::types::AcsUrl;

use super::shown;
use super::sign_in::begin;
use crate::extract::Caller;
use crate::language::Language;
use crate::limits::Kind;
use crate::pages::{AcsAddress, Addresses, AnswerAtLoginUrl};
use crate::problem::Problem;
use crate::security;

/// A browser that was turned round once is not turned round again for so long (E-43).
const RESTART_AT_MOST_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// An answer of the identity provider.
pub(crate) async fn acs(caller: Caller, Path(id): Path<String>, body: Body) -> Response {
    let Ok(id) = id.parse() else { return shown::plain(&caller, Problem::NotFound).await };
    receive(&caller, Addressed::Connection(id), body).await
}

/// An answer at an address of a connection or at an alias. Who asks too much is told so before the body is read.
pub(crate) async fn receive(caller: &Caller, addressed: Addressed, body: Body) -> Response {
    if let Err(too_many) = caller.count(Kind::Answer) {
        return shown::too_many(caller, too_many);
    }
    // A23.4: nothing but a form is looked at.
    let got = caller.media_type();
    if got != "application/x-www-form-urlencoded" {
        return unreadable(caller, &addressed, Unreadable::NotAForm { got }).await;
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return unreadable(caller, &addressed, Unreadable::TooLarge { bound: MAX_BODY }).await;
    };
    let arrived = format!("{}{}", caller.origin, caller.uri.path());
    let Ok(arrived) = AcsUrl::new(arrived) else { return shown::plain(caller, Problem::NotFound).await };
    // Where several connections share an address, an issuer that leads nowhere is a question who our customers are.
    let asks = addressed == Addressed::Alias;
    if asks && let Err(too_many) = caller.count(Kind::Discovery) {
        return shown::too_many(caller, too_many);
    }
    let received = sign_in::receive(&caller.ctx, addressed, arrived, &body).await;
    if asks && !matches!(received, Ok(Received::Ask) | Err(Ended::NotFound)) {
        caller.take_back(Kind::Discovery);
    }
    match received {
        Ok(Received::Continue { origin, attempt, told, binding }) => {
            let cookie = binding.as_ref().and_then(|binding| shown::attempt_cookie(caller, binding));
            shown::see_other(caller, &format!("{origin}/sign-in/{attempt}?told={}", told.text()), cookie)
        }
        Ok(Received::Restart { origin, connection, relay_state }) => {
            let link = relay_state.unwrap_or_default();
            let query = shown::form_urlencode(&[("restart", "1"), ("link", &link)]);
            shown::see_other(caller, &format!("{}?{query}", own_address(&origin, connection, "start")), None)
        }
        Ok(Received::Again { origin }) => shown::see_other(caller, &format!("{origin}/"), None),
        Ok(Received::Ask) => shown::see_other(caller, &format!("{}/", caller.ctx.deployment.origin()), None),
        Err(ended) => shown::ended(&in_the_language_asked_for(caller, &body).await, ended).await,
    }
}

/// The caller in the language that the application of the sign-in asked for: the cookie that keeps it does not come with
/// a form of another site.
async fn in_the_language_asked_for(caller: &Caller, body: &[u8]) -> Caller {
    let mut states = form_urlencoded::parse(body).filter(|(name, _)| name == "RelayState");
    let attempt: Option<AttemptId> = states.next().and_then(|(_, state)| state.parse().ok());
    let target = match attempt {
        Some(attempt) => sign_in::target_of(&caller.ctx, attempt).await.ok().flatten(),
        None => None,
    };
    let asked_for = target.and_then(|target| target.ui_locales()).and_then(|list| Language::from_ui_locales(&list));
    caller.speaking(asked_for.unwrap_or(caller.language))
}

async fn unreadable(caller: &Caller, addressed: &Addressed, what: Unreadable) -> Response {
    let ended = sign_in::unreadable(&caller.ctx, addressed, what).await;
    shown::ended(caller, ended).await
}

/// The Sign on URL of a connection: people come by a bookmark, by My Apps, or because nobody asked for their response.
pub(crate) async fn start(caller: Caller, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<ConnectionId>() else { return shown::plain(&caller, Problem::NotFound).await };
    let field = |name| field(caller.query(), name);
    let link = field("link").unwrap_or_default();
    let mut visit = caller.visit(Target::by_relay_state(&link), AskedFor::Connection(id));
    visit.email = field("login_hint");
    if field("restart").is_none() {
        return begin(&caller, visit).await;
    }
    let cookies = caller.cookies();
    let name = cookies.attempt_name("restart");
    if caller.cookie(&name).is_some() {
        let ended = sign_in::in_circles(&caller.ctx, id).await;
        return shown::ended(&caller, ended).await;
    }
    let mut response = begin(&caller, visit).await;
    let once = cookies.set(&name, "1", RESTART_AT_MOST_EVERY);
    response.headers_mut().extend(once.map(|cookie| (http::header::SET_COOKIE, cookie)));
    response
}

/// A try of a connection: nobody is signed in (XC-17).
pub(crate) async fn test(caller: Caller, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<ConnectionId>() else { return shown::plain(&caller, Problem::NotFound).await };
    let visit = caller.visit(Target::Account(String::new()), AskedFor::Test(id));
    let Some(watch) = field(caller.query(), "watch") else { return begin(&caller, visit).await };
    if let Err(too_many) = caller.count(Kind::Start) {
        return shown::too_many(&caller, too_many);
    }
    match set_up_connection::begin_watched(&caller.ctx, id, &watch, visit).await {
        Ok(next) => shown::next(&caller, next),
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// An answer at the address where sign-ins begin, because it stands in the portal as the Reply URL (HY-19).
pub(crate) async fn answer_at_login_url(caller: Caller, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<ConnectionId>() else { return shown::plain(&caller, Problem::NotFound).await };
    if let Err(too_many) = caller.count(Kind::Answer) {
        return shown::too_many(&caller, too_many);
    }
    at_login_url(&caller, id).await
}

/// The same at an account's own address, its login URL. Nothing of the message is looked at but that it is one.
pub(crate) async fn answer_at_front(caller: Caller, body: Body) -> Response {
    let Place::Account(label) = caller.place.clone() else {
        return shown::plain(&caller, Problem::MethodNotAllowed).await;
    };
    if caller.media_type() != "application/x-www-form-urlencoded" {
        return shown::plain(&caller, Problem::MethodNotAllowed).await;
    }
    if let Err(too_many) = caller.count(Kind::Answer) {
        return shown::too_many(&caller, too_many);
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return shown::plain(&caller, Problem::TooLarge).await };
    if !form_urlencoded::parse(&body).any(|(name, _)| name == "SAMLResponse") {
        return shown::plain(&caller, Problem::MethodNotAllowed).await;
    }
    match sign_in::in_use_at(&caller.ctx, label).await {
        Ok(trusts) => match trusts.as_slice() {
            [] => shown::plain(&caller, Problem::MethodNotAllowed).await,
            [only] => at_login_url(&caller, only.connection.id).await,
            several => {
                let addresses = several.iter().map(|trust| addresses(trust, Some(trust.connection.name.to_string())));
                let page = AnswerAtLoginUrl { addresses: addresses.collect(), sign_in: "/".to_owned(), code: None };
                caller.page(Some(&several[0].account), &page)
            }
        },
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

async fn at_login_url(caller: &Caller, id: ConnectionId) -> Response {
    let arrived = format!("{}{}", caller.origin, caller.uri.path());
    match sign_in::at_login_url(&caller.ctx, id, arrived).await {
        Ok((trust, place)) => {
            let page = AnswerAtLoginUrl {
                addresses: vec![addresses(&trust, None)],
                sign_in: own_address(&trust.origin, id, "start"),
                code: Some(place.code.as_str().to_owned()),
            };
            caller.page(Some(&trust.account), &page)
        }
        Err(ended) => shown::ended(caller, ended).await,
    }
}

fn addresses(trust: &Trust, connection: Option<String>) -> Addresses {
    let sign_on_url = own_address(&trust.origin, trust.connection.id, "start");
    Addresses { connection, reply_url: trust.acs_url.as_str().to_owned(), sign_on_url }
}

/// Somebody opens the address of answers in a browser.
pub(crate) async fn acs_address(caller: Caller, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<ConnectionId>() else { return shown::plain(&caller, Problem::NotFound).await };
    match trust::of(&caller.ctx, id, None).await {
        Ok(Some(trust)) => {
            let reply_url = trust.acs_url.as_str().to_owned();
            let sign_in = own_address(&trust.origin, id, "start");
            caller.page(Some(&trust.owner), &AcsAddress { reply_url, sign_in })
        }
        Ok(None) => shown::plain(&caller, Problem::NotFound).await,
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// What an identity provider reads of us (MX-23).
pub(crate) async fn metadata(caller: Caller, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<ConnectionId>() else { return shown::plain(&caller, Problem::NotFound).await };
    if caller.place == Place::Elsewhere {
        return shown::plain(&caller, Problem::UnknownHost).await;
    }
    match trust::of(&caller.ctx, id, None).await {
        Ok(Some(trust)) => {
            let xml = trust.metadata().write();
            let mut response = (StatusCode::OK, xml).into_response();
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/samlmetadata+xml"));
            security::set_common(headers, caller.cookies().https);
            response
        }
        Ok(None) => shown::plain(&caller, Problem::NotFound).await,
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// The value of a field of a query or form, percent-decoded. Of several of one name none is taken.
pub(crate) fn field(text: &str, name: &str) -> Option<String> {
    let mut values = form_urlencoded::parse(text.as_bytes()).filter(|(found, _)| found == name).map(|(_, value)| value);
    let first = values.next();
    if values.next().is_some() { None } else { first.filter(|value| !value.is_empty()).map(Cow::into_owned) }
}
