//! Passwords: signing in with one, asking for a link, setting one by it, and the first operator.

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use vestibule_domain::account::Account;
use vestibule_domain::name::EmailAddress;
use vestibule_journeys::deployment::Place;
use vestibule_journeys::password::{self, Changed, Doorway, Opened, Outcome, Owner, Set};
use vestibule_journeys::sign_in::{AskedFor, Target};

use super::second_factor;
use super::shown::{self, form_urlencode};
use super::sign_in::{own_form, signed_in_with};
use super::sso::field;
use crate::extract::Caller;
use crate::limits::{Kind, Tried};
use crate::pages::{Asked, Before, ChangePassword, Changing, NotSet, PasswordMail, PasswordSignIn, SetPassword};
use crate::problem::Problem;

/// What a form may hold of a password: 128 characters of four octets, and some to say that it is too long.
pub(super) const MAX_PASSWORD: usize = 1024;

/// Where a password is typed (CC-5).
pub(crate) async fn page(caller: Caller) -> Response {
    let query = |name| field(caller.query(), name).unwrap_or_default();
    let (to, email) = (query("to"), query("email"));
    let before = if query("set").is_empty() { Before::Nothing } else { Before::PasswordSet };
    match doorway(&caller, &to).await {
        Ok(door) => caller.page(Some(&door.account), &typed(to, email, before)),
        Err(response) => *response,
    }
}

fn typed(to: String, email: String, before: Before) -> PasswordSignIn {
    let forgotten = format!("/sign-in/password/forgotten?{}", form_urlencode(&[("email", &email)]));
    PasswordSignIn { to, email, forgotten, before }
}

pub(super) async fn doorway(caller: &Caller, to: &str) -> Result<Doorway, Box<Response>> {
    if caller.place == Place::Elsewhere {
        return Err(Box::new(shown::plain(caller, Problem::UnknownHost).await));
    }
    let visit = caller.visit(Target::from_text(to), AskedFor::Any);
    match password::doorway(&caller.ctx, &visit).await {
        Ok(door) => Ok(door),
        Err(ended) => Err(Box::new(shown::ended(caller, ended).await)),
    }
}

/// A password was typed. The wrong ones count, of the address and for the person, whether they are known or not.
pub(crate) async fn sign_in(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let given = |name| field(&form, name).unwrap_or_default();
    let (to, email, password) = (given("to"), given("email"), given("password"));
    let door = match doorway(&caller, &to).await {
        Ok(door) => door,
        Err(response) => return *response,
    };
    let outcome = match email.parse::<EmailAddress>() {
        Ok(address) if password.len() <= MAX_PASSWORD => {
            // Counted before it is compared, or many at once would all be heard.
            if let Err(too_many) = caller.count_try(Tried::Password, door.account.id, &address) {
                return shown::too_many(&caller, too_many);
            }
            let outcome = password::sign_in(&caller.ctx, &door, &address, &password, &caller.product).await;
            if matches!(outcome, Ok(Outcome::SignedIn(_))) {
                caller.take_back_try(Tried::Password, door.account.id, &address);
            }
            outcome
        }
        _ => Ok(Outcome::Wrong),
    };
    match outcome {
        Ok(Outcome::SignedIn(signed_in)) => signed_in_with(&caller, signed_in, None),
        Ok(Outcome::Second(second)) => second_factor::asked(&caller, &door.account, to, second, false),
        Ok(Outcome::Wrong) => {
            let code = shown::recorded(&caller, &Problem::PasswordWrong, None).await;
            let before = Before::Wrong(code.as_str().to_owned());
            caller.page(Some(&door.account), &typed(to, email, before))
        }
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// Where a link is asked for.
pub(crate) async fn forgotten(caller: Caller) -> Response {
    let email = field(caller.query(), "email").unwrap_or_default();
    match doorway(&caller, "").await {
        Ok(door) => caller.page(Some(&door.account), &PasswordMail { email, asked: Asked::NotYet }),
        Err(response) => *response,
    }
}

/// A link is asked for: one answer, whether there is such a person or not.
pub(crate) async fn ask(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let door = match doorway(&caller, "").await {
        Ok(door) => door,
        Err(response) => return *response,
    };
    let email = field(&form, "email").unwrap_or_default();
    let account = Some(&door.account);
    let Ok(address) = email.parse::<EmailAddress>() else {
        return caller.page(account, &PasswordMail { email, asked: Asked::Refused });
    };
    if let Err(too_many) = caller.count_try(Tried::Mail, door.account.id, &address) {
        return shown::too_many(&caller, too_many);
    }
    match password::ask(&caller.ctx, &door.account, address, caller.language.tag()).await {
        Ok(()) => caller.page(account, &PasswordMail { email, asked: Asked::Noted }),
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// A link from a mail. Opening it changes nothing: mail scanners do.
pub(crate) async fn opened(caller: Caller, Path(link): Path<String>) -> Response {
    match by_link(&caller, &link).await {
        Ok(opened) => choose(&caller, &opened, None),
        Err(response) => *response,
    }
}

async fn by_link(caller: &Caller, link: &str) -> Result<Opened, Box<Response>> {
    if let Err(too_many) = caller.count(Kind::Arrival) {
        return Err(Box::new(shown::too_many(caller, too_many)));
    }
    match password::opened(&caller.ctx, link).await {
        Ok(Some(opened)) => Ok(opened),
        Ok(None) => Err(Box::new(shown::plain(caller, Problem::LinkOver).await)),
        Err(ended) => Err(Box::new(shown::ended(caller, ended).await)),
    }
}

fn choose(caller: &Caller, opened: &Opened, refused: Option<NotSet>) -> Response {
    let of = Some(opened.email.as_str().to_owned());
    caller.page(Some(&opened.account), &SetPassword { of, email: String::new(), refused })
}

/// A new password, by a link.
pub(crate) async fn set(caller: Caller, Path(link): Path<String>, body: Result<Bytes, BytesRejection>) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let opened = match by_link(&caller, &link).await {
        Ok(opened) => opened,
        Err(response) => return *response,
    };
    let password = field(&form, "password").unwrap_or_default();
    match password::set(&caller.ctx, &opened, &link, &password, &caller.product).await {
        Ok(Set::Done) => go_and_sign_in(&caller, &opened.email),
        Ok(Set::Unfit(unfit)) => choose(&caller, &opened, Some(NotSet::Password(unfit))),
        Ok(Set::Over) => shown::plain(&caller, Problem::LinkOver).await,
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// Whoever set a password types it: a link alone signs nobody in.
fn go_and_sign_in(caller: &Caller, email: &EmailAddress) -> Response {
    let query = form_urlencode(&[("email", email.as_str()), ("set", "1")]);
    shown::see_other(caller, &format!("/sign-in/password?{query}"), None)
}

/// The link that the server printed while there was no operator.
pub(crate) async fn first_operator(caller: Caller, Path(link): Path<String>) -> Response {
    match operators_link(&caller, &link).await {
        Ok(()) => caller.page(None, &SetPassword { of: None, email: String::new(), refused: None }),
        Err(response) => *response,
    }
}

async fn operators_link(caller: &Caller, link: &str) -> Result<(), Box<Response>> {
    if let Err(too_many) = caller.count(Kind::Arrival) {
        return Err(Box::new(shown::too_many(caller, too_many)));
    }
    if caller.place != Place::Base {
        return Err(Box::new(shown::plain(caller, Problem::LinkOver).await));
    }
    match password::is_open(&caller.ctx, link).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Box::new(shown::plain(caller, Problem::LinkOver).await)),
        Err(ended) => Err(Box::new(shown::ended(caller, ended).await)),
    }
}

/// The first operator says who they are.
pub(crate) async fn create_first_operator(
    caller: Caller,
    Path(link): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    if let Err(response) = operators_link(&caller, &link).await {
        return *response;
    }
    let (email, password) = (field(&form, "email").unwrap_or_default(), field(&form, "password").unwrap_or_default());
    let again = |email, refused| SetPassword { of: None, email, refused: Some(refused) };
    let Ok(address) = email.parse::<EmailAddress>() else { return caller.page(None, &again(email, NotSet::Email)) };
    match password::create_first_operator(&caller.ctx, &link, address.clone(), &password, &caller.product).await {
        Ok(Set::Done) => go_and_sign_in(&caller, &address),
        Ok(Set::Unfit(unfit)) => caller.page(None, &again(email, NotSet::Password(unfit))),
        Ok(Set::Over) => shown::plain(&caller, Problem::LinkOver).await,
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// Where somebody who is signed in changes their password.
pub(crate) async fn changing(caller: Caller) -> Response {
    match owner(&caller).await {
        Ok(owner) => told(&caller, &owner.account, &owner.email, Changing::NotYet),
        Err(response) => *response,
    }
}

pub(super) async fn owner(caller: &Caller) -> Result<Owner, Box<Response>> {
    let Some(session) = caller.session else { return Err(Box::new(shown::see_other(caller, "/", None))) };
    match password::owner(&caller.ctx, session).await {
        Ok(Some(owner)) => Ok(owner),
        Ok(None) => Err(Box::new(shown::see_other(caller, "/me", None))),
        Err(ended) => Err(Box::new(shown::ended(caller, ended).await)),
    }
}

fn told(caller: &Caller, account: &Account, email: &EmailAddress, changing: Changing) -> Response {
    caller.page(Some(account), &ChangePassword { email: email.as_str().to_owned(), changing })
}

/// A form of our own in which somebody signed in types their present password: counted until it was the right one.
pub(super) async fn owners_form(
    caller: &Caller,
    body: Result<Bytes, BytesRejection>,
) -> Result<(String, Owner), Box<Response>> {
    let form = own_form(caller, body).await?;
    let owner = owner(caller).await?;
    match caller.count_try(Tried::Password, owner.account.id, &owner.email) {
        Ok(()) => Ok((form, owner)),
        Err(too_many) => Err(Box::new(shown::too_many(caller, too_many))),
    }
}

/// The present password was typed, and a new one. A wrong one counts as at a sign-in.
pub(crate) async fn change(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    let (form, owner) = match owners_form(&caller, body).await {
        Ok(both) => both,
        Err(response) => return *response,
    };
    let (present, new) = (field(&form, "present").unwrap_or_default(), field(&form, "password").unwrap_or_default());
    let (account, email) = (owner.account.clone(), owner.email.clone());
    let changed = match present.len() {
        0..=MAX_PASSWORD => password::change(&caller.ctx, owner, &present, &new, &caller.product).await,
        _ => Ok(Changed::Wrong),
    };
    if matches!(changed, Ok(Changed::Done | Changed::Unfit(_))) {
        caller.take_back_try(Tried::Password, account.id, &email);
    }
    match changed {
        Ok(Changed::Done) => told(&caller, &account, &email, Changing::Done),
        Ok(Changed::Wrong) => told(&caller, &account, &email, Changing::Wrong),
        Ok(Changed::Unfit(unfit)) => told(&caller, &account, &email, Changing::Unfit(unfit)),
        Err(ended) => shown::ended(&caller, ended).await,
    }
}
