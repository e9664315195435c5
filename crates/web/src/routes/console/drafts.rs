//! A draft is made, and links to it.

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use vestibule_domain::connection::Preset;
use vestibule_domain::id::{ConnectionId, SetupLinkId};
use vestibule_domain::setup::{DEFAULT_DAYS, MAX_DAYS, is_draft};
use vestibule_journeys::console::Viewer;
use vestibule_journeys::set_up_connection::{self, LinksPage, NotCreated, NotDrafted, NotLinked};

use super::super::shown;
use super::super::sign_in::own_form;
use super::super::sso::field;
use super::enter::{again_url, asked_account, enter, top};
use crate::extract::Caller;
use crate::pages::console::{LinksView, NewConnectionView};
use crate::pages::set_up::preset_word;
use crate::problem::Problem;

type Body = Result<Bytes, BytesRejection>;

/// What a new draft is to be.
pub(crate) async fn ask_new(caller: Caller) -> Response {
    match enter(&caller).await {
        Ok(viewer) => new_page(&caller, &viewer, String::new(), Preset::Entra, Vec::new()).await,
        Err(response) => *response,
    }
}

async fn new_page(caller: &Caller, viewer: &Viewer, name: String, preset: Preset, problems: Vec<String>) -> Response {
    let account = match asked_account(caller).await {
        Ok(account) => account,
        Err(response) => return *response,
    };
    match set_up_connection::offer_draft(&caller.ctx, viewer, account).await {
        Ok(offer) => {
            let top = top(caller, viewer, &offer.spot, "console-connections");
            caller.page(Some(&viewer.home), &NewConnectionView { top, offer, name, preset, problems })
        }
        Err(ended) => shown::ended(caller, ended).await,
    }
}

/// It is made, and set up next.
pub(crate) async fn make(caller: Caller, body: Body) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let viewer = match enter(&caller).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    let account = match asked_account(&caller).await {
        Ok(account) => account,
        Err(response) => return *response,
    };
    let (name, word) = (field(&form, "name").unwrap_or_default(), field(&form, "idp").unwrap_or_default());
    let Some(preset) = Preset::ALL.into_iter().find(|preset| preset_word(*preset) == word) else {
        return shown::plain(&caller, Problem::BadRequest).await;
    };
    let say = |key: &'static str| caller.language.say(key).to_string();
    let problems = match set_up_connection::make_draft(&caller.ctx, &viewer, account, &name, preset).await {
        Ok(Ok(id)) => return shown::see_other(&caller, &format!("/console/connections/{id}/set-up"), None),
        Ok(Err(NotDrafted::Name(why))) => vec![why],
        Ok(Err(NotDrafted::Taken)) => vec![say("console-new-connection-taken")],
        Ok(Err(NotDrafted::Overtaken)) => vec![say("console-overtaken")],
        Ok(Err(NotDrafted::Not(reasons))) => reasons,
        Err(ended) => return shown::ended(&caller, ended).await,
    };
    new_page(&caller, &viewer, name, preset, problems).await
}

async fn page_of(caller: &Caller, id: &str) -> Result<(Box<Viewer>, LinksPage), Box<Response>> {
    let Ok(id) = id.parse::<ConnectionId>() else {
        return Err(Box::new(shown::plain(caller, Problem::NotFound).await));
    };
    let viewer = enter(caller).await?;
    match set_up_connection::links_of(&caller.ctx, &viewer, id).await {
        Ok(view) => Ok((viewer, view)),
        Err(ended) => Err(Box::new(shown::ended(caller, ended).await)),
    }
}

/// The links to a draft.
pub(crate) async fn links(caller: Caller, Path(id): Path<String>) -> Response {
    match page_of(&caller, &id).await {
        Ok((viewer, view)) => shows(&caller, &viewer, view, Beside::default()),
        Err(response) => *response,
    }
}

/// What is shown beside the links that there are.
#[derive(Default)]
struct Beside {
    made: Option<String>,
    days: Option<String>,
    problem: Option<String>,
}

fn shows(caller: &Caller, viewer: &Viewer, view: LinksPage, beside: Beside) -> Response {
    let address = format!("/console/connections/{}/links", view.connection.id);
    let page = LinksView {
        top: top(caller, viewer, &view.spot, "console-connections"),
        made: beside.made,
        days: beside.days.unwrap_or_else(|| DEFAULT_DAYS.to_string()),
        problem: beside.problem,
        is_draft: is_draft(view.connection.state),
        again: (!viewer.is_fresh(caller.ctx.now)).then(|| again_url(&address)),
        view,
    };
    caller.page(Some(&viewer.home), &page)
}

/// A link is made. Its address is told once.
pub(crate) async fn make_link(caller: Caller, Path(id): Path<String>, body: Body) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let (viewer, view) = match page_of(&caller, &id).await {
        Ok(with) => with,
        Err(response) => return *response,
    };
    let typed = field(&form, "days").unwrap_or_default();
    let days_wrong = |got: &str| {
        let max = MAX_DAYS.to_string();
        caller.language.say("console-link-days-wrong").with("got", got).with("max", &max).to_string()
    };
    let beside = |problem: String| Beside { days: Some(typed.clone()), problem: Some(problem), made: None };
    let Ok(days) = typed.trim().parse::<u16>() else {
        return shows(&caller, &viewer, view, beside(days_wrong(&typed)));
    };
    let (ctx, tools) = (&caller.ctx, &caller.tools);
    match set_up_connection::create_from_console(ctx, &viewer, view.connection.id, days, tools).await {
        Ok(Ok(created)) => match page_of(&caller, &id).await {
            Ok((viewer, view)) => {
                shows(&caller, &viewer, view, Beside { made: Some(created.url), ..Beside::default() })
            }
            Err(response) => *response,
        },
        Ok(Err(NotLinked::SignInAgain)) => {
            shown::see_other(&caller, &again_url(&format!("/console/connections/{id}/links")), None)
        }
        Ok(Err(NotLinked::Not(NotCreated::Days { .. }))) => shows(&caller, &viewer, view, beside(days_wrong(&typed))),
        Ok(Err(NotLinked::Not(NotCreated::NotADraft { .. }))) => shows(&caller, &viewer, view, Beside::default()),
        Ok(Err(NotLinked::Not(why))) => shows(&caller, &viewer, view, beside(why.to_string())),
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// A link is taken back.
pub(crate) async fn revoke(caller: Caller, Path((id, link)): Path<(String, String)>, body: Body) -> Response {
    if let Err(response) = own_form(&caller, body).await {
        return *response;
    }
    let viewer = match enter(&caller).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    let (Ok(connection), Ok(link)) = (id.parse::<ConnectionId>(), link.parse::<SetupLinkId>()) else {
        return shown::plain(&caller, Problem::NotFound).await;
    };
    match set_up_connection::revoke_from_console(&caller.ctx, &viewer, connection, link).await {
        Ok(revoked) => {
            let done = if revoked { "revoked" } else { "nothing" };
            shown::see_other(&caller, &format!("/console/connections/{id}/links?done={done}"), None)
        }
        Err(ended) => shown::ended(&caller, ended).await,
    }
}
