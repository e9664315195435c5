//! An application wants somebody signed out (OpenID Connect RP-Initiated Logout 1.0).

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use vestibule_journeys::deployment::Place;
use vestibule_journeys::end_session::{self, EndSession};
use vestibule_journeys::sign_out::{self, SignedOut as SignedOutHere};
use vestibule_oidc::PostLogout;

use super::oidc::{as_query, with_ui_locales};
use super::{shown, slo};
use crate::extract::Caller;
use crate::limits::Kind;
use crate::pages::{AskSignOut, Elsewhere};
use crate::problem::Problem;

/// The request.
pub(crate) async fn logout(caller: Caller) -> Response {
    if caller.place == Place::Elsewhere {
        return shown::plain(&caller, Problem::UnknownHost).await;
    }
    if let Err(too_many) = caller.count(Kind::Arrival) {
        return shown::too_many(&caller, too_many);
    }
    let (caller, cookie) = with_ui_locales(&caller);
    let mut response = begin(&caller).await;
    response.headers_mut().extend(cookie.map(|cookie| (http::header::SET_COOKIE, cookie)));
    response
}

/// The same by a form (§2). No cookie of ours comes with a form of another site, hence once more by GET.
pub(crate) async fn posted(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    match as_query(&caller, body) {
        Ok(query) => shown::see_other(&caller, &format!("/oidc/logout?{query}"), None),
        Err(problem) => shown::plain(&caller, problem).await,
    }
}

async fn begin(caller: &Caller) -> Response {
    match end_session::begin(&caller.ctx, caller.query(), &caller.place, &caller.origin, caller.session).await {
        Ok(EndSession::Elsewhere(location)) => shown::see_other(caller, &location, None),
        Ok(EndSession::Nobody(Some(onward))) => shown::see_other(caller, onward.as_str(), None),
        Ok(EndSession::Nobody(None)) => {
            let account = caller.account().await;
            caller.page(account.as_ref(), &slo::signed_out(Elsewhere::Untouched, None, None))
        }
        Ok(EndSession::Meant(onward)) => sign_out(caller, onward).await,
        Ok(EndSession::Ask(asked)) => {
            let page = AskSignOut { application: asked.application, to: caller.query().to_owned() };
            caller.page(asked.account.as_ref(), &page)
        }
        Err(ended) => shown::ended(caller, ended).await,
    }
}

/// The session here ends, and then the identity provider's where the connection takes part in single logout; the browser
/// goes on to the application that waits for it, if there is one.
pub(super) async fn sign_out(caller: &Caller, onward: Option<PostLogout>) -> Response {
    let ended = match caller.session {
        Some(hash) => sign_out::sign_out(&caller.ctx, hash, &caller.origin, onward.as_ref()).await,
        None => Ok(SignedOutHere { preset: None, onward: None }),
    };
    let SignedOutHere { preset, onward: to_idp } = match ended {
        Ok(ended) => ended,
        Err(ended) => return shown::ended(caller, ended).await,
    };
    let account = caller.account().await;
    let response = match (to_idp.zip(preset), onward) {
        (Some((to_idp, preset)), _) => slo::go(caller, account.as_ref(), preset, to_idp),
        (None, Some(onward)) => shown::see_other(caller, onward.as_str(), None),
        (None, None) => caller.page(account.as_ref(), &slo::signed_out(Elsewhere::Untouched, preset, None)),
    };
    slo::without_session(caller, response)
}
