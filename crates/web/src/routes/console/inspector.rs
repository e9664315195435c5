//! The inspector: a connection's last answers, one of them, and whatever somebody pastes.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path};
use axum::response::Response;
use axum::routing::{get, post};
use jiff::Timestamp;
use vestibule_domain::account::Inspector;
use vestibule_domain::id::{ConnectionId, EventId};
use vestibule_journeys::console::{
    self, AttemptsQuery, ConnectionsQuery, KeptOutcome, Look, MAX_PASTE, NotChanged, PasteQuery, Viewer,
};
use vestibule_saml::types::RequestId;

use super::super::shown;
use super::super::sign_in::own_form;
use super::super::sso::field;
use super::connections::said;
use super::enter::{account_of, again_url, enter, looked_for, top};
use crate::app::App;
use crate::extract::Caller;
use crate::pages::console::{AttemptView, AttemptsView, InspectForm, InspectView, OUTCOMES};
use crate::problem::Problem;

/// A paste as a form writes it, and what stands beside it.
const PASTE_BODY: usize = 3 * MAX_PASTE + 64 * 1024;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/console/connections/{id}/attempts", get(list))
        .route("/console/connections/{id}/attempts/{answer}", get(one).post(opened))
        .route("/console/connections/{id}/inspector", post(set))
        .merge(
            Router::new().route("/console/inspect", get(asked).post(pasted)).layer(DefaultBodyLimit::max(PASTE_BODY)),
        )
}

/// The last answers of a connection.
pub(crate) async fn list(caller: Caller, Path(id): Path<String>) -> Response {
    let viewer = match enter(&caller).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    show_list(&caller, &viewer, &id, Vec::new()).await
}

async fn show_list(caller: &Caller, viewer: &Viewer, id: &str, problems: Vec<String>) -> Response {
    let Ok(id) = id.parse::<ConnectionId>() else { return shown::plain(caller, Problem::NotFound).await };
    let given = field(caller.query(), "outcome").unwrap_or_default();
    let outcome = OUTCOMES.iter().find(|(_, name, _)| *name == given).map_or(KeptOutcome::Any, |(it, ..)| *it);
    let before = field(caller.query(), "before").and_then(|text| text.parse::<EventId>().ok());
    match console::attempts(&caller.ctx, viewer, id, AttemptsQuery { outcome, before }).await {
        Ok(view) => {
            let list = format!("/console/connections/{id}/attempts");
            let page = AttemptsView {
                top: top(caller, viewer, &view.spot, "console-connections"),
                sign_in_again: (!viewer.is_fresh(caller.ctx.now)).then(|| again_url(&list)),
                view,
                outcome,
                problems,
            };
            caller.page(Some(&viewer.home), &page)
        }
        Err(ended) => shown::ended(caller, ended).await,
    }
}

/// One answer, without what is personal.
pub(crate) async fn one(caller: Caller, Path((id, answer)): Path<(String, String)>) -> Response {
    let replay = field(caller.query(), "replay").is_some();
    show(&caller, &id, &answer, Look { open: false, replay }).await
}

/// One answer, with what is personal: by a form, for each look is written down.
pub(crate) async fn opened(
    caller: Caller,
    Path((id, answer)): Path<(String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match own_form(&caller, body).await {
        Ok(_) => show(&caller, &id, &answer, Look { open: true, replay: false }).await,
        Err(response) => *response,
    }
}

async fn show(caller: &Caller, id: &str, answer: &str, look: Look) -> Response {
    let viewer = match enter(caller).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    let (Ok(id), Ok(answer)) = (id.parse::<ConnectionId>(), answer.parse::<EventId>()) else {
        return shown::plain(caller, Problem::NotFound).await;
    };
    match console::attempt(&caller.ctx, &viewer, id, answer, look).await {
        Ok(view) => {
            let top = top(caller, &viewer, &view.spot, "console-connections");
            caller.page(Some(&viewer.home), &AttemptView { top, view })
        }
        Err(ended) => shown::ended(caller, ended).await,
    }
}

/// Whether an account lets personal values be shown.
pub(crate) async fn set(caller: Caller, Path(id): Path<String>, body: Result<Bytes, BytesRejection>) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let viewer = match enter(&caller).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    let (inspector, done) = match field(&form, "inspector").as_deref() {
        Some("open") => (Inspector::Open, "opened"),
        Some("redacted") => (Inspector::Redacted, "redacted"),
        _ => return shown::plain(&caller, Problem::BadRequest).await,
    };
    let Ok(connection) = id.parse::<ConnectionId>() else { return shown::plain(&caller, Problem::NotFound).await };
    let list = format!("/console/connections/{connection}/attempts");
    match console::set_inspector(&caller.ctx, &viewer, connection, inspector).await {
        Ok(None) => shown::see_other(&caller, &format!("{list}?done={done}#personal"), None),
        Ok(Some(NotChanged::SignInAgain)) => shown::see_other(&caller, &again_url(&list), None),
        Ok(Some(not)) => {
            let problems = said(&caller, not);
            show_list(&caller, &viewer, &id, problems).await
        }
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// The paste box; or what was kept under a code.
pub(crate) async fn asked(caller: Caller) -> Response {
    let form = InspectForm {
        connection: field(caller.query(), "connection").unwrap_or_default(),
        code: looked_for(&caller, "code"),
        ..InspectForm::default()
    };
    inspect(&caller, form, false).await
}

/// Something is pasted.
pub(crate) async fn pasted(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    let text = match own_form(&caller, body).await {
        Ok(text) => text,
        Err(response) => return *response,
    };
    let given = |name| field(&text, name).unwrap_or_default();
    let line = |name| given(name).trim().to_owned();
    let form = InspectForm {
        text: given("text"),
        at: line("at"),
        request: line("request"),
        connection: line("connection"),
        values: field(&text, "values").is_some(),
        ..InspectForm::default()
    };
    inspect(&caller, form, true).await
}

async fn inspect(caller: &Caller, mut form: InspectForm, is_pasted: bool) -> Response {
    let viewer = match enter(caller).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    let Ok(within) = account_of(field(caller.query(), "account").as_deref()) else {
        return shown::plain(caller, Problem::NotFound).await;
    };
    let list = ConnectionsQuery { within, ..ConnectionsQuery::default() };
    let connections = match console::connections(&caller.ctx, &viewer, list).await {
        Ok(connections) => connections,
        Err(ended) => return shown::ended(caller, ended).await,
    };
    let mut choice: Vec<(String, String)> = connections
        .rows
        .iter()
        .map(|row| (row.id.to_string(), format!("{} · {}", row.account_name, row.name)))
        .collect();
    // One that is not on the first page of the list, but was asked for.
    if let Ok(id) = form.connection.parse::<ConnectionId>()
        && choice.iter().all(|(listed, _)| *listed != form.connection)
    {
        match console::connection(&caller.ctx, &viewer, id).await {
            Ok(page) => {
                let name = format!("{} · {}", page.spot.account.name, page.connection.name);
                choice.insert(0, (form.connection.clone(), name));
            }
            Err(ended) => return shown::ended(caller, ended).await,
        }
    }
    let mut found = None;
    if !form.code.is_empty() {
        match console::find_attempts(&caller.ctx, &viewer, &form.code).await {
            Ok(rows) => found = Some(rows),
            Err(ended) => return shown::ended(caller, ended).await,
        }
    }
    let mut pasted = None;
    if is_pasted {
        match query(&form) {
            Err(wrong) => form.wrong = Some(wrong),
            Ok(query) => match console::paste(&caller.ctx, &viewer, query).await {
                Ok(seen) => pasted = Some(seen),
                Err(ended) => return shown::ended(caller, ended).await,
            },
        }
        // A secret is not written into the page again.
        if matches!(pasted, Some(console::Pasted::Secret(_))) {
            form.text.clear();
        }
    }
    let spot = connections.spot;
    let top = top(caller, &viewer, &spot, "console-inspect");
    caller.page(Some(&viewer.home), &InspectView { top, spot, form, connections: choice, found, pasted })
}

/// What the form asks; or the field that cannot be used, and why.
fn query(form: &InspectForm) -> Result<PasteQuery, (&'static str, &'static str)> {
    if form.text.trim().is_empty() {
        return Err(("text", "inspector-empty"));
    }
    if form.text.len() > MAX_PASTE {
        return Err(("text", "inspector-too-long"));
    }
    let at = match form.at.as_str() {
        "" => None,
        text => Some(text.parse::<Timestamp>().map_err(|_| ("at", "inspector-bad-time"))?),
    };
    let request = match form.request.as_str() {
        "" => None,
        text => Some(RequestId::new(text).map_err(|_| ("request", "inspector-bad-request"))?),
    };
    let connection = form.connection.parse().ok();
    Ok(PasteQuery { text: form.text.clone(), at, request, connection, in_full: form.values })
}
