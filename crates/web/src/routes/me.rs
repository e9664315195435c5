//! A person's own page, and signing out.

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use vestibule_domain::connection::Connection;
use vestibule_domain::session::SessionUser;
use vestibule_domain::user::Profile;
use vestibule_journeys::sessions::{self, Other, Others};
use vestibule_journeys::sign_in::{AskedFor, Target, has_other_users};
use vestibule_journeys::waiting::Who;
use vestibule_journeys::{Problem as Ended, end_session, issue_tokens, password};

use super::sso::field;
use super::{shown, sign_in, tested};
use crate::extract::Caller;
use crate::pages::{ApplicationLink, MyAccount, OtherSession};
use crate::problem::Problem;

/// Who the person is to us.
pub(crate) async fn me(caller: Caller) -> Response {
    let Some(hash) = caller.session else { return shown::see_other(&caller, "/", None) };
    let (now, ctx) = (caller.ctx.now, caller.ctx.clone());
    let found = caller.ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some((session, user)) = tx.session(&hash, now).await? else { return Ok::<_, Ended>(None) };
            let account = tx.account(session.account).await?;
            let connection = match session.connection {
                Some(connection) => tx.connection(connection).await?,
                None => None,
            };
            let applications = tx.applications().await?;
            let others = match &user {
                Some(user) => sessions::others(tx, &session, user, &ctx).await?,
                None => Vec::new(),
            };
            let has_other_users = has_other_users(tx, &session).await?;
            Ok(Some((session, user, account, connection, (applications, others, has_other_users))))
        })
    });
    let (session, user, account, connection, (applications, others, has_other_users)) = match found.await {
        // A session ends with its connection: one whose connection is gone is over.
        Ok(Some((session, _, _, None, ..))) if session.connection.is_some() => {
            return shown::see_other(&caller, "/", None);
        }
        Ok(Some((session, user, Some(account), connection, rest))) => (session, user, account, connection, rest),
        Ok(_) => return shown::see_other(&caller, "/", None),
        Err(ended) => return shown::ended(&caller, ended).await,
    };
    let none = Profile::default();
    let profile = match (&session.user, &user) {
        (SessionUser::PassedThrough { profile, .. }, _) => profile,
        (SessionUser::Known(_), Some(user)) => &user.profile,
        (SessionUser::Known(_), None) => &none,
    };
    let known = tested::properties(profile).into_iter().filter_map(|(name, value)| Some((name, value?)));
    let open = applications.into_iter().filter(|one| one.account.is_none_or(|only| only == account.id));
    let email = profile.email.as_ref().map(|email| email.as_str().to_owned());
    // Whoever came by single sign-on may have a password too.
    let owner = match password::owner(&caller.ctx, hash).await {
        Ok(owner) => owner,
        Err(ended) => return shown::ended(&caller, ended).await,
    };
    let page = MyAccount {
        name: called(profile),
        email,
        account: account.name.clone(),
        connection: connection.map(button),
        signed_in_at: session.created_at,
        authenticated_at: session.authentication.authn_instant,
        until: session.expires_at,
        has_role: user.as_ref().is_some_and(|user| user.console_role.is_some()),
        lets_in: user.is_some_and(|user| Who::person(user, account.clone()).sees_waiting()),
        has_other_users,
        profile: known.filter(|(name, _)| TOLD.contains(&name.as_str())).collect(),
        password: owner.map(|_| "/me/password".to_owned()),
        applications: open
            .filter_map(|one| {
                let url = issue_tokens::start_of(&caller.ctx, &one, &account)?;
                Some(ApplicationLink { name: one.settings.name, url })
            })
            .collect(),
        others: others.into_iter().take(MAX_OTHERS).map(other).collect(),
    };
    caller.page(Some(&account), &page)
}

/// So many other sessions are shown, the latest.
const MAX_OTHERS: usize = 50;

fn other(other: Other) -> OtherSession {
    OtherSession {
        id: other.session.id.to_string(),
        connection: other.connection.map(button),
        since: other.session.created_at,
        until: other.session.expires_at,
    }
}

/// What a connection is called on its button.
fn button(connection: Connection) -> String {
    connection.saml.button.text.unwrap_or_else(|| connection.saml.preset.product().to_owned())
}

/// Ends another session of the person, or all others.
pub(crate) async fn end_session(caller: Caller, Path(which): Path<String>) -> Response {
    if caller.sent_by_us().is_err() {
        return shown::plain(&caller, Problem::CrossSite).await;
    }
    let which = match which.parse() {
        Ok(id) => Others::One(id),
        Err(_) if which == "others" => Others::All,
        Err(_) => return shown::plain(&caller, Problem::NotFound).await,
    };
    let Some(hash) = caller.session else { return shown::see_other(&caller, "/", None) };
    match sessions::end_others(&caller.ctx, hash, which).await {
        Ok(_) => shown::see_other(&caller, "/me", None),
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// Somebody wants to go on as another of their users: the identity provider says who they are once more, and they
/// choose.
pub(crate) async fn other_user(caller: Caller) -> Response {
    if caller.sent_by_us().is_err() {
        return shown::plain(&caller, Problem::CrossSite).await;
    }
    let Some(hash) = caller.session else { return shown::see_other(&caller, "/", None) };
    let now = caller.ctx.now;
    let session = match caller.ctx.store.read(move |tx| Box::pin(async move { tx.session(&hash, now).await })).await {
        Ok(found) => found.map(|(session, _)| session),
        Err(error) => return shown::ended(&caller, error.into()).await,
    };
    let Some((account, connection)) = session.and_then(|it| Some((it.account, it.connection?))) else {
        return shown::see_other(&caller, "/", None);
    };
    let mut visit = caller.visit(Target::Account(String::new()), AskedFor::Connection(connection));
    // The session that is there would answer.
    visit.session = None;
    visit.account = Some(account);
    let mut response = sign_in::begin(&caller, visit).await;
    let cookies = caller.cookies();
    let forgotten = cookies.remove(&cookies.user_name());
    response.headers_mut().extend(forgotten.map(|cookie| (http::header::SET_COOKIE, cookie)));
    response
}

/// What of a profile a person is shown: what has a name in their language.
const TOLD: [&str; 5] = ["name", "given_name", "family_name", "roles", "groups"];

/// What a person is called by: the best that is known.
pub(super) fn called(profile: &Profile) -> String {
    let whole = match (&profile.given_name, &profile.family_name) {
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        _ => None,
    };
    let email = profile.email.as_ref().map(|email| email.as_str().to_owned());
    profile.display_name.clone().or(whole).or(email).or_else(|| profile.name.clone()).unwrap_or_default()
}

/// The session here ends, and then the identity provider's where the connection takes part in single logout.
/// The field `to` holds the request of the application that wanted it, where one did.
pub(crate) async fn sign_out(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    if caller.sent_by_us().is_err() {
        return shown::plain(&caller, Problem::CrossSite).await;
    }
    let form = body.ok().and_then(|body| String::from_utf8(body.to_vec()).ok()).unwrap_or_default();
    let onward = match field(&form, "to") {
        // What was wrong with it was said before; the person wants to be signed out all the same.
        Some(query) => end_session::onward(&caller.ctx, &query).await.ok().flatten(),
        None => None,
    };
    super::end_session::sign_out(&caller, onward).await
}
