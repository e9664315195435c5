//! A connection's logout address, and what is shown after signing out.

use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::response::Response;
use http::header::SET_COOKIE;
use vestibule_domain::account::Account;
use vestibule_domain::connection::Preset;
use vestibule_domain::id::{ConnectionId, LogoutId};
use vestibule_domain::logout::{Answer, Outcome};
use vestibule_journeys::logout::{self, Arrived, Carried, Onward};
use vestibule_saml::binding::post::MAX_BODY;
use vestibule_saml::sp::entra;

use super::shown;
use crate::extract::Caller;
use crate::limits::Kind;
use crate::pages::{AadStsBlock, Elsewhere, PostToIdp, Said, SignedOut};
use crate::problem::Problem;

/// A logout message by HTTP-Redirect.
pub(crate) async fn redirected(caller: Caller, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse() else { return shown::plain(&caller, Problem::NotFound).await };
    if let Err(too_many) = caller.count(Kind::Answer) {
        return shown::too_many(&caller, too_many);
    }
    receive(&caller, id, Carried::Query(caller.query())).await
}

/// A logout message by HTTP-POST. It comes from another site, so no cookie comes with it.
pub(crate) async fn posted(caller: Caller, Path(id): Path<String>, body: Body) -> Response {
    let Ok(id) = id.parse() else { return shown::plain(&caller, Problem::NotFound).await };
    if let Err(too_many) = caller.count(Kind::Answer) {
        return shown::too_many(&caller, too_many);
    }
    if caller.media_type() != "application/x-www-form-urlencoded" {
        return shown::plain(&caller, Problem::BadRequest).await;
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return shown::plain(&caller, Problem::TooLarge).await };
    receive(&caller, id, Carried::Form(&body)).await
}

async fn receive(caller: &Caller, id: ConnectionId, carried: Carried<'_>) -> Response {
    let arrived = format!("{}{}", caller.origin, caller.uri.path());
    match logout::receive(&caller.ctx, id, &arrived, carried, caller.session).await {
        Ok(Arrived::LoggedOut { found, own, account, preset, onward }) => {
            let elsewhere = if found.is_complete() { Elsewhere::Asked } else { Elsewhere::AskedInVain };
            let response = match onward {
                Some(onward) => go(caller, Some(&*account), preset, onward),
                None => caller.page(Some(&*account), &signed_out(elsewhere, Some(preset), None)),
            };
            if own { without_session(caller, response) } else { response }
        }
        Ok(Arrived::Answered { location }) => shown::see_other(caller, &location, None),
        Err(ended) => shown::ended(caller, ended).await,
    }
}

/// How far a logout has come that began here.
pub(crate) async fn progress(caller: Caller, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<LogoutId>() else { return shown::plain(&caller, Problem::NotFound).await };
    match logout::progress(&caller.ctx, id, &caller.origin).await {
        Ok(progress) => {
            let elsewhere = progress.answer.as_ref().map_or(Elsewhere::Unanswered, elsewhere);
            let page = signed_out(elsewhere, Some(progress.preset), progress.onward);
            caller.page(Some(&*progress.account), &page)
        }
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

fn elsewhere(answer: &Answer) -> Elsewhere {
    let said = || {
        let text = answer.said.clone().unwrap_or_default();
        Said { aadsts: entra::aadsts(&text).map(AadStsBlock::of), text }
    };
    match answer.outcome {
        Outcome::Complete => Elsewhere::Ended,
        Outcome::Partial => Elsewhere::Partly(said()),
        Outcome::Failed => Elsewhere::Failed(said()),
    }
}

/// The page after signing out. `onward` is where an application waits for the browser.
pub(super) fn signed_out(elsewhere: Elsewhere, preset: Option<Preset>, onward: Option<String>) -> SignedOut {
    let idp = preset.and_then(Preset::vendor).map(str::to_owned);
    SignedOut { elsewhere, idp, onward, sign_in: "/".to_owned() }
}

/// To the identity provider with a logout message.
pub(super) fn go(caller: &Caller, account: Option<&Account>, preset: Preset, onward: Onward) -> Response {
    match onward {
        Onward::Go(location) => shown::see_other(caller, &location, None),
        Onward::Post(form) => {
            let host = shown::host_of(form.action.as_str());
            let page = PostToIdp {
                destination: form.action.as_str().to_owned(),
                idp: preset.vendor().unwrap_or(host).to_owned(),
                fields: form.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            };
            caller.page(account, &page)
        }
    }
}

/// The same response, which takes the session's cookie away.
pub(super) fn without_session(caller: &Caller, mut response: Response) -> Response {
    let cookies = caller.cookies();
    let gone = cookies.remove(&cookies.session_name());
    response.headers_mut().extend(gone.map(|cookie| (SET_COOKIE, cookie)));
    response
}
