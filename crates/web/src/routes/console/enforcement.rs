//! The form of what an account demands of its people's sign-in.

use axum::extract::Path;
use axum::response::Response;
use vestibule_journeys::console::{self, EnforcementForm, Viewer};

use super::super::shown;
use super::super::sign_in::own_form;
use super::account_forms::{Asked, asked};
use super::edit::{Body, after, sent};
use super::enter::{again_url, top};
use crate::extract::Caller;
use crate::pages::console::{EnforcementView, Filled, account_page, account_url};

fn page(caller: &Caller, viewer: &Viewer, form: EnforcementForm, filled: Filled) -> Response {
    let top = top(caller, viewer, &form.spot, "console-accounts");
    caller.page(Some(&viewer.home), &EnforcementView { top, form, filled })
}

fn again(form: &EnforcementForm) -> String {
    again_url(&account_page("/console/enforcement", &form.spot))
}

/// What is demanded.
pub(crate) async fn look(caller: Caller, path: Option<Path<String>>) -> Response {
    let Asked { viewer, path } = match asked(&caller, path).await {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    match console::enforcement_form(&caller.ctx, &viewer, path).await {
        Ok(form) => {
            let filled = Filled {
                fields: form.fields.clone(),
                version: form.spot.account.version,
                again: (!form.is_fresh).then(|| again(&form)),
                ..Filled::default()
            };
            page(&caller, &viewer, form, filled)
        }
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// This is to be demanded.
pub(crate) async fn change(caller: Caller, path: Option<Path<String>>, body: Body) -> Response {
    let body = match own_form(&caller, body).await {
        Ok(body) => body,
        Err(response) => return *response,
    };
    let Asked { viewer, path } = match asked(&caller, path).await {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    let form = match console::enforcement_form(&caller.ctx, &viewer, path.clone()).await {
        Ok(form) => form,
        Err(ended) => return shown::ended(&caller, ended).await,
    };
    let sent = sent(&body);
    match console::change_enforcement(&caller.ctx, &viewer, path, sent.clone(), &caller.tools).await {
        Ok(edited) => match after(edited, sent, form.spot.account.version, || again(&form)) {
            None => {
                let account = account_url(&form.spot.account.path);
                shown::see_other(&caller, &format!("{account}?done=saved"), None)
            }
            Some(filled) => page(&caller, &viewer, form, filled),
        },
        Err(ended) => shown::ended(&caller, ended).await,
    }
}
