//! The pages before the identity provider, and the continuation behind it.

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use http::HeaderValue;
use http::header::SET_COOKIE;
use jiff::SignedDuration;
use vestibule_domain::id::{AccountId, AttemptId, ConnectionId, UserId};
use vestibule_domain::name::EmailAddress;
use vestibule_journeys::Problem as Ended;
use vestibule_journeys::deployment::Place;
use vestibule_journeys::sign_in::{self, Arrived, AskedFor, Next, SignedIn, Target, Visit};

use super::shown;
use super::sso::field;
use super::{tested, waiting};
use crate::extract::Caller;
use crate::limits::Kind;
use crate::pages::SignIn;
use crate::problem::Problem;

/// The address of the deployment or of an account: a sign-in begins.
pub(crate) async fn front(caller: Caller) -> Response {
    if caller.place == Place::Elsewhere {
        return shown::plain(&caller, Problem::UnknownHost).await;
    }
    // One session, at one address: whoever comes by a former one goes on to the present one (MX-16).
    if let Some(elsewhere) = present_address(&caller).await {
        return shown::see_other(&caller, &elsewhere, None);
    }
    let visit = caller.visit(Target::Account(String::new()), AskedFor::Any);
    begin(&caller, visit).await
}

/// Where the account is at home by now, for whoever comes to a sub-domain that it had before.
async fn present_address(caller: &Caller) -> Option<String> {
    let Place::Account(label) = &caller.place else { return None };
    let present = caller.account().await?.sub_domain.filter(|present| present != label)?;
    Some(format!("{}/", caller.ctx.deployment.origin_of(Some(&present))))
}

/// The same with a target: where "not you?" leads.
pub(crate) async fn page(caller: Caller) -> Response {
    let target = Target::from_text(&field(caller.query(), "to").unwrap_or_default());
    let account = caller.account().await;
    if account.is_none() && caller.place != Place::Base {
        return shown::plain(&caller, Problem::UnknownHost).await;
    }
    caller
        .page(account.as_ref(), &SignIn { to: target.as_text().to_owned(), refused: None, known: None, password: None })
}

/// An e-mail address was typed (SC-23).
pub(crate) async fn discover(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let to = field(&form, "to").unwrap_or_default();
    let email = field(&form, "email").unwrap_or_default();
    if email.parse::<EmailAddress>().is_err() {
        if let Err(too_many) = caller.count(Kind::Start) {
            return shown::too_many(&caller, too_many);
        }
        let account = caller.account().await;
        return caller.page(account.as_ref(), &SignIn { to, refused: Some(email), known: None, password: None });
    }
    let mut visit = caller.visit(Target::from_text(&to), AskedFor::Any);
    visit.email = Some(email);
    discover_by(&caller, visit).await
}

/// Begins a sign-in by what somebody says of whom they are: an e-mail address or the name of an account. What leads
/// nowhere counts, of the caller's address and in the account, if one is known; what leads somewhere counts as a start
/// alone, so that neither a company behind one address nor a flood at an account's keeps its people out.
pub(super) async fn discover_by(caller: &Caller, visit: Visit) -> Response {
    // Counted before it is answered, or many questions at once would all be heard.
    if let Err(too_many) = caller.count(Kind::Start).and_then(|()| caller.count(Kind::Discovery)) {
        return shown::too_many(caller, too_many);
    }
    let next = sign_in::begin(&caller.ctx, visit).await;
    match led(&next) {
        Led::Somewhere => caller.take_back(Kind::Discovery),
        Led::Nowhere(Some(account)) => {
            if let Err(too_many) = caller.count_nowhere_in(account) {
                return shown::too_many(caller, too_many);
            }
        }
        Led::Nowhere(None) => {}
    }
    go_on(caller, next).await
}

/// Where a question led.
enum Led {
    Somewhere,
    /// In this account, if it is known.
    Nowhere(Option<AccountId>),
}

fn led(next: &Result<Next, Ended>) -> Led {
    match next {
        Ok(Next::Page(page)) => page.nowhere.map_or(Led::Somewhere, |nowhere| Led::Nowhere(nowhere.account)),
        Err(Ended::NotFound) => Led::Nowhere(None),
        _ => Led::Somewhere,
    }
}

/// A connection's button was pressed (SC-25).
pub(crate) async fn start(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let Some(Ok(connection)) = field(&form, "connection").map(|id| id.parse::<ConnectionId>()) else {
        return shown::plain(&caller, Problem::BadRequest).await;
    };
    let target = Target::from_text(&field(&form, "to").unwrap_or_default());
    let mut visit = caller.visit(target, AskedFor::Connection(connection));
    visit.email = field(&form, "email");
    visit.account = field(&form, "account").and_then(|id| id.parse().ok());
    begin(&caller, visit).await
}

/// The browser comes back with the answer behind it.
pub(crate) async fn arrive(caller: Caller, Path(id): Path<String>) -> Response {
    let remembered = caller.cookie(&caller.cookies().user_name()).and_then(|id| id.parse().ok());
    let told = field(caller.query(), "told");
    arrive_as(&caller, &id, told, As::Remembered(remembered), None).await
}

/// Somebody said as which of their users they come in (XC-6).
pub(crate) async fn choose_user(
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let chosen: Option<UserId> = field(&form, "user").and_then(|id| id.parse().ok());
    let cookies = caller.cookies();
    let remember = match chosen.filter(|_| field(&form, "remember").is_some()) {
        Some(user) => cookies.set(&cookies.user_name(), &user.to_string(), REMEMBERED),
        None => cookies.remove(&cookies.user_name()),
    };
    arrive_as(&caller, &id, field(&form, "told"), As::Chosen(chosen), remember).await
}

/// So long a device remembers as which user somebody comes in, from each choice on.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(180 * 24);

/// As which of their users somebody comes in.
enum As {
    /// Said on the page just now.
    Chosen(Option<UserId>),
    /// Said on this device before.
    Remembered(Option<UserId>),
}

async fn arrive_as(
    caller: &Caller,
    id: &str,
    told: Option<String>,
    user: As,
    remember: Option<HeaderValue>,
) -> Response {
    let Ok(id) = id.parse::<AttemptId>() else { return shown::plain(caller, Problem::NotFound).await };
    if let Err(too_many) = caller.count(Kind::Arrival) {
        return shown::too_many(caller, too_many);
    }
    let cookies = caller.cookies();
    let name = cookies.attempt_name(&id.to_string());
    let mut visit = caller.visit(Target::Account(String::new()), AskedFor::Any);
    (visit.user, visit.remembered_user) = match user {
        As::Chosen(user) => (user, None),
        As::Remembered(user) => (None, user),
    };
    match sign_in::arrive(&caller.ctx, id, caller.cookie(&name), told.as_deref(), visit).await {
        Ok(Arrived::SignedIn(signed_in)) => {
            let mut response = signed_in_at(caller, &name, signed_in);
            response.headers_mut().extend(remember.map(|cookie| (SET_COOKIE, cookie)));
            response
        }
        Ok(Arrived::Next(next)) => shown::next(caller, next),
        Ok(Arrived::Waits(room)) => waiting::room(caller, *room),
        Ok(Arrived::Choose(choosing)) => shown::choosing(caller, *choosing, told.unwrap_or_default()),
        Ok(Arrived::Tested(report)) => tested::page(caller, *report),
        Err(ended) => shown::ended(caller, ended).await,
    }
}

fn signed_in_at(caller: &Caller, attempt_cookie: &str, signed_in: SignedIn) -> Response {
    let spent = caller.cookies().remove(attempt_cookie);
    signed_in_with(caller, signed_in, spent)
}

/// On to where somebody wanted who is signed in now, with further cookies. The language that the application asked for
/// was that of the sign-in alone.
pub(super) fn signed_in_with(
    caller: &Caller,
    signed_in: SignedIn,
    further: impl IntoIterator<Item = HeaderValue>,
) -> Response {
    let cookies = caller.cookies();
    let language = cookies.language_name();
    let language = caller.cookie(&language).and_then(|_| cookies.remove(&language));
    let session = session_cookie(caller, &signed_in);
    shown::answer(caller, signed_in.onward, session.into_iter().chain(further).chain(language))
}

/// The cookie of a session that begins, for as long as it lives.
pub(super) fn session_cookie(caller: &Caller, signed_in: &SignedIn) -> Option<HeaderValue> {
    let cookies = caller.cookies();
    let keep = caller.ctx.now.duration_until(signed_in.expires_at);
    cookies.set(&cookies.session_name(), &signed_in.token.to_text(), keep)
}

/// Begins a sign-in.
pub(super) async fn begin(caller: &Caller, visit: Visit) -> Response {
    if let Err(too_many) = caller.count(Kind::Start) {
        return shown::too_many(caller, too_many);
    }
    go_on(caller, sign_in::begin(&caller.ctx, visit).await).await
}

async fn go_on(caller: &Caller, next: Result<Next, Ended>) -> Response {
    match next {
        Ok(next) => shown::next(caller, next),
        Err(ended) => shown::ended(caller, ended).await,
    }
}

/// The body of a form that one of our own pages sent.
pub(super) async fn own_form(caller: &Caller, body: Result<Bytes, BytesRejection>) -> Result<String, Box<Response>> {
    let problem = match body {
        _ if caller.place == Place::Elsewhere => Problem::UnknownHost,
        _ if caller.sent_by_us().is_err() => Problem::CrossSite,
        Err(_) => Problem::TooLarge,
        Ok(body) => match String::from_utf8(body.to_vec()) {
            Ok(form) => return Ok(form),
            Err(_) => Problem::BadRequest,
        },
    };
    Err(Box::new(shown::plain(caller, problem).await))
}
