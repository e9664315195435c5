//! Forms that change an account: how it is set, and how its pages look; and how one of its people signs in.

use axum::extract::Path;
use axum::response::Response;
use vestibule_domain::account::AccountPath;
use vestibule_domain::id::UserId;
use vestibule_journeys::console::{self, AccountForm, MethodForm, Viewer};

use super::super::shown;
use super::super::sign_in::own_form;
use super::edit::{Body, after, sent};
use super::enter::{again_url, enter, top};
use crate::extract::Caller;
use crate::pages::console::{BrandingView, Filled, MethodView, SettingsView, account_page, account_url};
use crate::problem::Problem;

pub(super) struct Asked {
    pub(super) viewer: Box<Viewer>,
    pub(super) path: Option<AccountPath>,
}

/// Whose account is meant: that in the address, or one's own.
pub(super) async fn asked(caller: &Caller, path: Option<Path<String>>) -> Result<Asked, Box<Response>> {
    let Ok(path) = path.map(|Path(path)| AccountPath::parse(&path)).transpose() else {
        return Err(Box::new(shown::plain(caller, Problem::NotFound).await));
    };
    Ok(Asked { viewer: enter(caller).await?, path })
}

fn first(form: &AccountForm, page: &str) -> Filled {
    Filled {
        fields: form.fields.clone(),
        version: form.spot.account.version,
        again: (!form.is_fresh).then(|| again(form, page)),
        ..Filled::default()
    }
}

fn again(form: &AccountForm, page: &str) -> String {
    again_url(&account_page(page, &form.spot))
}

fn done(caller: &Caller, form: &AccountForm) -> Response {
    shown::see_other(caller, &format!("{}?done=saved", account_url(&form.spot.account.path)), None)
}

fn branding_page(caller: &Caller, viewer: &Viewer, form: AccountForm, filled: Filled) -> Response {
    let top = top(caller, viewer, &form.spot, "console-accounts");
    let looks = console::looks_of(&form, &filled.fields);
    let product = caller.product.clone();
    caller.page(Some(&viewer.home), &BrandingView { top, form, filled, looks, product })
}

/// How an account's pages look.
pub(crate) async fn branding(caller: Caller, path: Option<Path<String>>) -> Response {
    let Asked { viewer, path } = match asked(&caller, path).await {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    match console::branding_form(&caller.ctx, &viewer, path).await {
        Ok(form) => {
            // Nothing is trusted by a look, so no authentication is asked for.
            let filled = Filled { again: None, ..first(&form, "/console/branding") };
            branding_page(&caller, &viewer, form, filled)
        }
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// They are to look like this.
pub(crate) async fn change_branding(caller: Caller, path: Option<Path<String>>, body: Body) -> Response {
    let body = match own_form(&caller, body).await {
        Ok(body) => body,
        Err(response) => return *response,
    };
    let Asked { viewer, path } = match asked(&caller, path).await {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    let form = match console::branding_form(&caller.ctx, &viewer, path.clone()).await {
        Ok(form) => form,
        Err(ended) => return shown::ended(&caller, ended).await,
    };
    let sent = sent(&body);
    match console::change_branding(&caller.ctx, &viewer, path, sent.clone(), &caller.tools).await {
        Ok(edited) => match after(edited, sent, form.spot.account.version, || again(&form, "/console/branding")) {
            None => done(&caller, &form),
            Some(filled) => branding_page(&caller, &viewer, form, filled),
        },
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

fn settings_page(caller: &Caller, viewer: &Viewer, form: AccountForm, filled: Filled) -> Response {
    let top = top(caller, viewer, &form.spot, "console-accounts");
    caller.page(Some(&viewer.home), &SettingsView { top, form, filled })
}

/// How an account is set.
pub(crate) async fn settings(caller: Caller, path: Option<Path<String>>) -> Response {
    let Asked { viewer, path } = match asked(&caller, path).await {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    match console::settings_form(&caller.ctx, &viewer, path).await {
        Ok(form) => {
            let filled = first(&form, "/console/settings");
            settings_page(&caller, &viewer, form, filled)
        }
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// It is to be set like this.
pub(crate) async fn change_settings(caller: Caller, path: Option<Path<String>>, body: Body) -> Response {
    let body = match own_form(&caller, body).await {
        Ok(body) => body,
        Err(response) => return *response,
    };
    let Asked { viewer, path } = match asked(&caller, path).await {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    let form = match console::settings_form(&caller.ctx, &viewer, path.clone()).await {
        Ok(form) => form,
        Err(ended) => return shown::ended(&caller, ended).await,
    };
    let sent = sent(&body);
    match console::change_settings(&caller.ctx, &viewer, path, sent.clone(), &caller.tools).await {
        Ok(edited) => match after(edited, sent, form.spot.account.version, || again(&form, "/console/settings")) {
            None => done(&caller, &form),
            Some(filled) => settings_page(&caller, &viewer, form, filled),
        },
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

async fn with(caller: &Caller, id: &str) -> Result<(Box<Viewer>, MethodForm), Box<Response>> {
    let Ok(id) = id.parse::<UserId>() else {
        return Err(Box::new(shown::plain(caller, Problem::NotFound).await));
    };
    let viewer = enter(caller).await?;
    match console::method_form(&caller.ctx, &viewer, id).await {
        Ok(form) => Ok((viewer, form)),
        Err(ended) => Err(Box::new(shown::ended(caller, ended).await)),
    }
}

fn method_page(caller: &Caller, viewer: &Viewer, form: MethodForm, filled: Filled) -> Response {
    let top = top(caller, viewer, &form.spot, "console-users");
    caller.page(Some(&viewer.home), &MethodView { top, form, filled })
}

/// How a person signs in.
pub(crate) async fn method(caller: Caller, Path(id): Path<String>) -> Response {
    match with(&caller, &id).await {
        Ok((viewer, form)) => {
            let again = (!form.is_fresh).then(|| again_url(&format!("/console/users/{}/method", form.id)));
            let filled = Filled { fields: form.fields.clone(), version: form.version, again, ..Filled::default() };
            method_page(&caller, &viewer, form, filled)
        }
        Err(response) => *response,
    }
}

/// They are to sign in like this.
pub(crate) async fn change_method(caller: Caller, Path(id): Path<String>, body: Body) -> Response {
    let body = match own_form(&caller, body).await {
        Ok(body) => body,
        Err(response) => return *response,
    };
    let (viewer, form) = match with(&caller, &id).await {
        Ok(with) => with,
        Err(response) => return *response,
    };
    let (id, sent) = (form.id, sent(&body));
    let again = || again_url(&format!("/console/users/{id}/method"));
    match console::change_method(&caller.ctx, &viewer, id, sent.clone(), &caller.tools).await {
        Ok(edited) => match after(edited, sent, form.version, again) {
            None => shown::see_other(&caller, &format!("/console/users/{id}?done=saved"), None),
            Some(filled) => method_page(&caller, &viewer, form, filled),
        },
        Err(ended) => shown::ended(&caller, ended).await,
    }
}
