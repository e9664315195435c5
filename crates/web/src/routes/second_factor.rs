//! A code behind a password, and a person's own authenticator.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use vestibule_domain::account::Account;
use vestibule_journeys::password::{self, Answered, Second};
use vestibule_journeys::sign_in::OWN_AUTHENTICATOR;
use vestibule_oidc::Answer;

use super::password::{MAX_PASSWORD, doorway, owner, owners_form};
use super::shown;
use super::sign_in::{own_form, session_cookie, signed_in_with};
use super::sso::field;
use crate::extract::Caller;
use crate::limits::Tried;
use crate::pages::{Authenticator, MySecondFactor, RecoveryCodes, SecondStep};
use crate::problem::Problem;

/// The longest code that is looked at: recovery codes have sixteen letters, and people put signs between them.
const MAX_CODE: usize = 64;

/// The page that asks for a code.
pub(super) fn asked(caller: &Caller, account: &Account, to: String, second: Second, is_wrong: bool) -> Response {
    let authenticator = second.enrolment.map(|it| Authenticator { secret: it.secret, uri: it.uri });
    caller.page(Some(account), &SecondStep { to, step: second.step, authenticator, is_wrong })
}

/// A code was typed. Each counts for the person as a password does, until the right one.
pub(crate) async fn answer(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let given = |name| field(&form, name).unwrap_or_default();
    let (to, step, mut code) = (given("to"), given("step"), given("code"));
    if code.len() > MAX_CODE {
        code.clear();
    }
    let door = match doorway(&caller, &to).await {
        Ok(door) => door,
        Err(response) => return *response,
    };
    let answering = match password::answering(&caller.ctx, &door, &step).await {
        Ok(Some(answering)) => answering,
        Ok(None) => return shown::plain(&caller, Problem::StepOver).await,
        Err(ended) => return shown::ended(&caller, ended).await,
    };
    let email = answering.email.clone();
    if let Err(too_many) = caller.count_try(Tried::Code, door.account.id, &email) {
        return shown::too_many(&caller, too_many);
    }
    match password::answer(&caller.ctx, &door, answering, &step, &code, &caller.product).await {
        Ok(Answered::SignedIn { signed_in, recovery_codes }) => {
            // The code's, and the password's before it.
            caller.take_back_try(Tried::Code, door.account.id, &email);
            caller.take_back_try(Tried::Password, door.account.id, &email);
            if recovery_codes.is_empty() {
                return signed_in_with(&caller, signed_in, None);
            }
            let cookie = session_cookie(&caller, &signed_in);
            // The application asks again, so nothing is posted yet.
            let onward = match signed_in.onward {
                Answer::Redirect(location) => location,
                Answer::Post(_) => "/me".to_owned(),
            };
            let page = RecoveryCodes { codes: recovery_codes, onward };
            let mut response = caller.page(Some(&door.account), &page);
            response.headers_mut().extend(cookie.map(|cookie| (http::header::SET_COOKIE, cookie)));
            response
        }
        Ok(Answered::Wrong(second)) => asked(&caller, &door.account, to, second, true),
        Ok(Answered::Over) => shown::plain(&caller, Problem::StepOver).await,
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// Where somebody who is signed in sees to their authenticator.
pub(crate) async fn mine(caller: Caller) -> Response {
    mine_again(&caller, false).await
}

async fn mine_again(caller: &Caller, is_wrong: bool) -> Response {
    let owner = match owner(caller).await {
        Ok(owner) => owner,
        Err(response) => return *response,
    };
    match password::has_one(&caller.ctx, &owner).await {
        Ok(has_one) => {
            let page = MySecondFactor { email: owner.email.as_str().to_owned(), has_one, is_wrong };
            caller.page(Some(&owner.account), &page)
        }
        Err(ended) => shown::ended(caller, ended).await,
    }
}

/// They typed their password, to set one up or to give it up.
pub(crate) async fn change(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    let (form, owner) = match owners_form(&caller, body).await {
        Ok(both) => both,
        Err(response) => return *response,
    };
    let present = field(&form, "present").unwrap_or_default();
    let removes = field(&form, "action").as_deref() == Some("remove");
    let (account, email) = (owner.account.clone(), owner.email.clone());
    if present.len() > MAX_PASSWORD {
        return mine_again(&caller, true).await;
    }
    if removes {
        return match password::remove(&caller.ctx, owner, &present).await {
            Ok(is_right) => {
                if is_right {
                    caller.take_back_try(Tried::Password, account.id, &email);
                }
                mine_again(&caller, !is_right).await
            }
            Err(ended) => shown::ended(&caller, ended).await,
        };
    }
    match password::set_up(&caller.ctx, owner, &present, &caller.product).await {
        // Counted until a code was right, as at a sign-in.
        Ok(Some(second)) => asked(&caller, &account, OWN_AUTHENTICATOR.to_owned(), second, false),
        Ok(None) => mine_again(&caller, true).await,
        Err(ended) => shown::ended(&caller, ended).await,
    }
}
