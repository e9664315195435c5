//! Connections: the list, one of them, and what is changed of it.

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use vestibule_domain::id::ConnectionId;
use vestibule_domain::name::Slug;
use vestibule_journeys::apply::Activation;
use vestibule_journeys::console::{self, ConnectionChange, ConnectionPage, ConnectionsQuery, NotChanged, Viewer};

use super::super::shown;
use super::super::sign_in::own_form;
use super::super::sso::field;
use super::enter::{account_of, again_url, asked_account, enter, looked_for, top};
use crate::extract::Caller;
use crate::pages::console::{AskView, ConnectionView, ConnectionsView};
use crate::problem::Problem;

/// The list.
pub(crate) async fn list(caller: Caller) -> Response {
    let within = match asked_account(&caller).await {
        Ok(account) => account,
        Err(response) => return *response,
    };
    let viewer = match enter(&caller).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    let given = |name| field(caller.query(), name);
    let state = given("state").and_then(|text| state_of(&text));
    let (attention, text) = (given("attention").is_some(), looked_for(&caller, "text"));
    let after = account_of(given("after").as_deref()).ok().flatten();
    let name: Option<Slug> = given("name").and_then(|name| name.parse().ok());
    let query = ConnectionsQuery { within, state, attention, text: text.clone(), after: after.zip(name) };
    match console::connections(&caller.ctx, &viewer, query).await {
        Ok(view) => {
            let top = top(&caller, &viewer, &view.spot, "console-connections");
            caller.page(Some(&viewer.home), &ConnectionsView { top, view, state, attention, text })
        }
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

fn state_of(text: &str) -> Option<vestibule_domain::connection::ConnectionState> {
    crate::pages::console::STATES.iter().find(|(_, name)| *name == text).map(|(state, _)| *state)
}

/// Who looks, and at which connection.
async fn with(caller: &Caller, id: &str) -> Result<(Box<Viewer>, ConnectionPage), Box<Response>> {
    let Ok(id) = id.parse::<ConnectionId>() else {
        return Err(Box::new(shown::plain(caller, Problem::NotFound).await));
    };
    let viewer = enter(caller).await?;
    match console::connection(&caller.ctx, &viewer, id).await {
        Ok(view) => Ok((viewer, view)),
        Err(ended) => Err(Box::new(shown::ended(caller, ended).await)),
    }
}

/// One connection.
pub(crate) async fn one(caller: Caller, Path(id): Path<String>) -> Response {
    match with(&caller, &id).await {
        Ok((viewer, view)) => page(&caller, &viewer, view, Pasted::default()),
        Err(response) => *response,
    }
}

/// A certificate that was pasted and is not added: it stays where it was pasted.
#[derive(Default)]
struct Pasted {
    text: String,
    problem: Option<String>,
    again: Option<String>,
}

fn page(caller: &Caller, viewer: &Viewer, view: ConnectionPage, pasted: Pasted) -> Response {
    let top = top(caller, viewer, &view.spot, "console-connections");
    let Pasted { text: pasted, problem, again } = pasted;
    caller.page(Some(&viewer.home), &ConnectionView { top, view, now: caller.ctx.now, pasted, problem, again })
}

/// What is asked before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Question {
    Pause,
    Activate,
    Remove(String),
}

impl Question {
    fn address(&self, id: ConnectionId) -> String {
        match self {
            Self::Pause => format!("/console/connections/{id}/pause"),
            Self::Activate => format!("/console/connections/{id}/activate"),
            Self::Remove(which) => format!("/console/connections/{id}/certificates/{which}/remove"),
        }
    }
}

fn ask(
    caller: &Caller,
    viewer: &Viewer,
    view: &ConnectionPage,
    question: &Question,
    problems: Vec<String>,
) -> Response {
    let (key, button, follows) = match question {
        Question::Pause => (
            "console-ask-pause",
            "console-pause",
            vec!["console-pause-follows", "console-pause-sessions", "console-undo"],
        ),
        Question::Activate => ("console-ask-activate", "console-activate", vec!["console-activate-follows"]),
        Question::Remove(_) => (
            "console-ask-remove",
            "console-remove-certificate",
            vec!["console-remove-follows", "console-pause-sessions"],
        ),
    };
    let address = question.address(view.connection.id);
    let is_trust = *question != Question::Pause;
    let removed = match question {
        Question::Remove(which) => view.certificates.iter().find(|it| it.sha256 == *which),
        _ => None,
    };
    let about = format!("{} · {}", view.spot.account.name, view.connection.name);
    let about = removed.map_or_else(|| about.clone(), |it| format!("{about} · {} {}", it.subject, it.thumbprint));
    let page = AskView {
        top: top(caller, viewer, &view.spot, "console-connections"),
        question: key,
        about,
        follows,
        people: Some(view.people),
        button,
        may_override: *question == Question::Activate && view.may_override && !problems.is_empty(),
        sign_in_again: (is_trust && !viewer.is_fresh(caller.ctx.now)).then(|| again_url(&address)),
        problems,
        back: format!("/console/connections/{}", view.connection.id),
        action: address,
    };
    caller.page(Some(&viewer.home), &page)
}

async fn asked(caller: Caller, id: &str, question: Question) -> Response {
    match with(&caller, id).await {
        Ok((viewer, view)) if view.may_change => ask(&caller, &viewer, &view, &question, Vec::new()),
        Ok(_) => shown::plain(&caller, Problem::NotFound).await,
        Err(response) => *response,
    }
}

/// Whether nobody shall sign in by it for now.
pub(crate) async fn ask_pause(caller: Caller, Path(id): Path<String>) -> Response {
    asked(caller, &id, Question::Pause).await
}

/// Whether it shall be in force.
pub(crate) async fn ask_activate(caller: Caller, Path(id): Path<String>) -> Response {
    asked(caller, &id, Question::Activate).await
}

/// Whether a certificate shall not be trusted any more.
pub(crate) async fn ask_remove(caller: Caller, Path((id, which)): Path<(String, String)>) -> Response {
    asked(caller, &id, Question::Remove(which)).await
}

/// Nobody signs in by it for now.
pub(crate) async fn pause(caller: Caller, Path(id): Path<String>, body: Result<Bytes, BytesRejection>) -> Response {
    match own_form(&caller, body).await {
        Ok(_) => change(caller, &id, Question::Pause, ConnectionChange::Pause, "paused").await,
        Err(response) => *response,
    }
}

/// It is in force.
pub(crate) async fn activate(caller: Caller, Path(id): Path<String>, body: Result<Bytes, BytesRejection>) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let activation = if field(&form, "override").is_some() { Activation::ByOperator } else { Activation::AfterTest };
    change(caller, &id, Question::Activate, ConnectionChange::Activate(activation), "activated").await
}

/// A certificate is not trusted any more.
pub(crate) async fn remove(
    caller: Caller,
    Path((id, which)): Path<(String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match own_form(&caller, body).await {
        Ok(_) => {
            let question = Question::Remove(which.clone());
            change(caller, &id, question, ConnectionChange::RemoveCertificate(which), "removed").await
        }
        Err(response) => *response,
    }
}

async fn change(
    caller: Caller,
    id: &str,
    question: Question,
    change: ConnectionChange,
    done: &'static str,
) -> Response {
    let (viewer, view) = match with(&caller, id).await {
        Ok(with) => with,
        Err(response) => return *response,
    };
    match console::change_connection(&caller.ctx, &viewer, view.connection.id, change).await {
        Ok(None) => shown::see_other(&caller, &format!("/console/connections/{id}?done={done}"), None),
        Ok(Some(not)) => ask(&caller, &viewer, &view, &question, said(&caller, not)),
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// Further certificates are trusted.
pub(crate) async fn add_certificate(
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let (viewer, view) = match with(&caller, &id).await {
        Ok(with) => with,
        Err(response) => return *response,
    };
    let pasted = field(&form, "certificate").unwrap_or_default();
    let change = ConnectionChange::AddCertificates(pasted.clone());
    match console::change_connection(&caller.ctx, &viewer, view.connection.id, change).await {
        Ok(None) => shown::see_other(&caller, &format!("/console/connections/{id}?done=added#certificates"), None),
        Ok(Some(not)) => {
            let again =
                matches!(not, NotChanged::SignInAgain).then(|| again_url(&format!("/console/connections/{id}")));
            let mut problem = said(&caller, not);
            if again.is_some() {
                problem.push(caller.language.say("console-again-typed").to_string());
            }
            let pasted = Pasted { text: pasted, problem: Some(problem.join(" ")), again };
            page(&caller, &viewer, view, pasted)
        }
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// Why a connection is as it was, in sentences.
pub(super) fn said(caller: &Caller, not: NotChanged) -> Vec<String> {
    let say = |key: &'static str| vec![caller.language.say(key).to_string()];
    match not {
        NotChanged::SignInAgain => say("console-again-text"),
        NotChanged::NotACertificate(why) => {
            vec![caller.language.say("console-not-a-certificate").with("why", &why).to_string()]
        }
        NotChanged::Already => say("console-certificate-already"),
        NotChanged::NotRemovable => say("console-certificate-last"),
        NotChanged::Overtaken | NotChanged::Changed => say("console-overtaken"),
        NotChanged::Not(reasons) => reasons,
    }
}
