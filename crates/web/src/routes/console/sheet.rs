//! Pages with a form that changes settings: what was typed goes back with what is wrong with it, or with what it would
//! change, and is saved only after that was seen.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use vestibule_journeys::Problem as Ended;
use vestibule_journeys::console::{Edited, Fields, NotEdited, Sent, Viewer};

use super::super::shown;
use super::super::sign_in::own_form;
use super::enter::{again_url, enter};
use crate::app::App;
use crate::extract::Caller;
use crate::pages::console::Filled;
use crate::problem::Problem;

/// What is told of a form beside what stands on it.
pub(super) struct About {
    /// What is set.
    pub(super) fields: Fields,
    /// The version of what is set, by which a change that comes in between is seen.
    pub(super) version: i64,
    /// Whether whoever would change it authenticates first: before anything is typed, so that nothing typed is lost.
    pub(super) wants_sign_in: bool,
    /// Its address, for whoever comes back from there.
    pub(super) address: String,
    /// Where to after it is saved.
    pub(super) saved: String,
}

/// A page with a form: what it shows, and what becomes of what is sent with it.
pub(super) trait Sheet: Sized + Send + 'static {
    /// What its address names.
    type Key: Clone + Send;

    /// What this address names. None: nothing has such an address.
    fn key(path: Option<String>) -> Option<Self::Key>;

    /// The form as it is now.
    fn load(caller: &Caller, viewer: &Viewer, key: Self::Key) -> impl Future<Output = Result<Self, Ended>> + Send;

    /// What is told of it beside what stands on it.
    fn about(&self) -> About;

    /// Shows what this would change, or saves it.
    fn change(
        caller: &Caller,
        viewer: &Viewer,
        key: Self::Key,
        sent: Sent,
    ) -> impl Future<Output = Result<Edited, Ended>> + Send;

    /// The page.
    fn show(self, caller: &Caller, viewer: &Viewer, filled: Filled) -> Response;
}

struct Opened<S: Sheet> {
    viewer: Box<Viewer>,
    key: S::Key,
    sheet: S,
}

async fn open<S: Sheet>(caller: &Caller, path: Option<Path<String>>) -> Result<Opened<S>, Box<Response>> {
    let Some(key) = S::key(path.map(|Path(path)| path)) else {
        return Err(Box::new(shown::plain(caller, Problem::NotFound).await));
    };
    let viewer = enter(caller).await?;
    match S::load(caller, &viewer, key.clone()).await {
        Ok(sheet) => Ok(Opened { viewer, key, sheet }),
        Err(ended) => Err(Box::new(shown::ended(caller, ended).await)),
    }
}

/// Where a form is looked at and sent.
pub(super) fn form<S: Sheet>() -> MethodRouter<Arc<App>> {
    get(look::<S>).post(change::<S>)
}

/// The form as it is now.
async fn look<S: Sheet>(caller: Caller, path: Option<Path<String>>) -> Response {
    let Opened { viewer, sheet, .. } = match open::<S>(&caller, path).await {
        Ok(opened) => opened,
        Err(response) => return *response,
    };
    let About { fields, version, wants_sign_in, address, .. } = sheet.about();
    let again = wants_sign_in.then(|| again_url(&address));
    let filled = Filled { fields, version, again, ..Filled::default() };
    sheet.show(&caller, &viewer, filled)
}

/// It is to be like this.
async fn change<S: Sheet>(caller: Caller, path: Option<Path<String>>, body: Result<Bytes, BytesRejection>) -> Response {
    let body = match own_form(&caller, body).await {
        Ok(body) => body,
        Err(response) => return *response,
    };
    let Opened { viewer, key, sheet } = match open::<S>(&caller, path).await {
        Ok(opened) => opened,
        Err(response) => return *response,
    };
    let sent = sent(&body);
    match S::change(&caller, &viewer, key, sent.clone()).await {
        Ok(edited) => {
            let about = sheet.about();
            match after(edited, sent, &about) {
                None => shown::see_other(&caller, &about.saved, None),
                Some(filled) => sheet.show(&caller, &viewer, filled),
            }
        }
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// What a form was sent with: its fields, and what was seen when it was sent.
fn sent(form: &str) -> Sent {
    let mut fields: Fields = Fields::new();
    for (name, value) in form_urlencoded::parse(form.as_bytes()) {
        // A browser sends line breaks as CR LF.
        fields.entry(name.into_owned()).or_insert_with(|| value.replace("\r\n", "\n"));
    }
    let mut taken = |name: &str| fields.remove(name);
    let version = taken("version").and_then(|text| text.parse().ok()).unwrap_or(-1);
    let (digest, wish) = (taken("digest"), taken("do"));
    Sent { fields, version, digest: digest.filter(|_| wish.as_deref() == Some("save")) }
}

/// What is shown of a form after it was sent. None: it is saved.
fn after(edited: Edited, sent: Sent, about: &About) -> Option<Filled> {
    let filled = Filled { fields: sent.fields, version: about.version, is_typed: true, ..Filled::default() };
    Some(match edited {
        Edited::Done => return None,
        Edited::Nothing => Filled { is_same: true, ..filled },
        Edited::Shown(planned) => Filled { planned: Some(planned), ..filled },
        Edited::Not(NotEdited::Unfit(problems)) => Filled { problems, ..filled },
        Edited::Not(NotEdited::Changed) => Filled { is_overtaken: true, ..filled },
        Edited::Not(NotEdited::SignInAgain(planned)) => {
            Filled { planned: Some(planned), again: Some(again_url(&about.address)), ..filled }
        }
    })
}
