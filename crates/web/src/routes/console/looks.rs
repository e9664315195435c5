//! Pages on which something is looked at: the overview, accounts, the log, applications, webhooks, keys.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use vestibule_domain::account::AccountPath;
use vestibule_domain::permission::Action;
use vestibule_journeys::console::{self, AccountsQuery, AuditQuery, GroupsQuery, Span};
use vestibule_journeys::mails::MailText;

use super::super::shown;
use super::super::sso::field;
use super::enter::{account_of, asked_account, enter, looked_for, top};
use crate::extract::Caller;
use crate::pages::console::{
    AccountView, AccountsView, ApplicationsView, AuditView, GroupsView, KeysView, MailTextsView, OverviewView, SPANS,
    WebhookView, WebhooksView, account_page,
};
use crate::problem::Problem;
use crate::security;

/// Answers with a page: who, of which account, what a journey says, and how it is shown.
macro_rules! page {
    ($caller:ident, $journey:expr, |$viewer:ident, $view:ident| $page:expr) => {{
        let $viewer = match enter(&$caller).await {
            Ok(viewer) => viewer,
            Err(response) => return *response,
        };
        let $viewer = &*$viewer;
        match $journey($viewer).await {
            Ok($view) => $caller.page(Some(&$viewer.home), &$page),
            Err(ended) => shown::ended(&$caller, ended).await,
        }
    }};
}

/// The overview.
pub(crate) async fn overview(caller: Caller) -> Response {
    let account = match asked_account(&caller).await {
        Ok(account) => account,
        Err(response) => return *response,
    };
    let asked = field(caller.query(), "span").unwrap_or_default();
    let span = SPANS.iter().find(|(_, name, _)| *name == asked).map_or(Span::Days, |(span, ..)| *span);
    page!(caller, async |viewer| console::overview(&caller.ctx, viewer, account, span).await, |viewer, view| {
        OverviewView {
            top: top(&caller, viewer, &view.spot, "console-overview"),
            sees_connections: viewer.may(Action::SeeConnections, &view.spot.account.path),
            now: caller.ctx.now,
            view,
        }
    })
}

/// The groups of an account's people.
pub(crate) async fn groups(caller: Caller) -> Response {
    let account = match asked_account(&caller).await {
        Ok(account) => account,
        Err(response) => return *response,
    };
    let begins = looked_for(&caller, "begins");
    // No group's name has a control character, and PostgreSQL reads no NUL.
    let behind = field(caller.query(), "after").filter(|name| !name.contains(char::is_control));
    let query = GroupsQuery { account, begins: begins.clone(), after: behind };
    page!(caller, async |viewer| console::groups(&caller.ctx, viewer, query).await, |viewer, view| GroupsView {
        top: top(&caller, viewer, &view.spot, "console-groups"),
        begins,
        view,
    })
}

/// What the mails of an account say: one's own.
pub(crate) async fn own_mails(caller: Caller) -> Response {
    show_mails(caller, None).await
}

/// What the mails of an account say.
pub(crate) async fn mails(caller: Caller, Path(path): Path<String>) -> Response {
    match AccountPath::parse(&path) {
        Ok(path) => show_mails(caller, Some(path)).await,
        Err(_) => shown::plain(&caller, Problem::NotFound).await,
    }
}

async fn show_mails(caller: Caller, path: Option<AccountPath>) -> Response {
    let text = match field(caller.query(), "mail").map(|name| MailText::of_name(&name)) {
        None => None,
        Some(Some(text)) => Some(text),
        Some(None) => return shown::plain(&caller, Problem::NotFound).await,
    };
    page!(
        caller,
        async |viewer| console::mail_texts(&caller.ctx, viewer, path, text, &caller.product).await,
        |viewer, view| MailTextsView { top: top(&caller, viewer, &view.spot, "console-accounts"), view }
    )
}

/// The tree.
pub(crate) async fn accounts(caller: Caller) -> Response {
    let within = match asked_account(&caller).await {
        Ok(account) => account,
        Err(response) => return *response,
    };
    let text = looked_for(&caller, "text");
    let Ok(after) = account_of(field(caller.query(), "after").as_deref()) else {
        return shown::plain(&caller, Problem::NotFound).await;
    };
    let query = AccountsQuery { within, text: text.clone(), after };
    page!(caller, async |viewer| console::accounts(&caller.ctx, viewer, query).await, |viewer, view| AccountsView {
        top: top(&caller, viewer, &view.spot, "console-accounts"),
        text,
        view,
    })
}

/// One's own account.
pub(crate) async fn own_account(caller: Caller) -> Response {
    show_account(caller, None).await
}

/// An account.
pub(crate) async fn account(caller: Caller, Path(path): Path<String>) -> Response {
    match AccountPath::parse(&path) {
        Ok(path) => show_account(caller, Some(path)).await,
        Err(_) => shown::plain(&caller, Problem::NotFound).await,
    }
}

async fn show_account(caller: Caller, path: Option<AccountPath>) -> Response {
    page!(
        caller,
        async |viewer: &console::Viewer| {
            let path = path.unwrap_or_else(|| viewer.home.path.clone());
            console::account(&caller.ctx, viewer, path).await
        },
        |viewer, view| AccountView {
            top: top(&caller, viewer, &view.spot, "console-accounts"),
            sees_connections: viewer.may(Action::SeeConnections, &view.spot.account.path),
            sees_people: viewer.may(Action::SeeUsers, &view.spot.account.path),
            adds_connections: viewer.may(Action::ChangeConnection, &view.spot.account.path),
            changed_at: changed_at(viewer, &view.spot),
            mails_at: viewer
                .may(Action::SeeMailTexts, &view.spot.account.path)
                .then(|| account_page("/console/mails", &view.spot)),
            view,
        }
    )
}

/// Where an account is changed, by whoever may.
fn changed_at(viewer: &console::Viewer, spot: &console::Spot) -> Vec<(&'static str, String)> {
    if !viewer.may(Action::ChangeAccount, &spot.account.path) {
        return Vec::new();
    }
    let pages = [
        ("console-account-settings", "/console/settings"),
        ("console-enforcement", "/console/enforcement"),
        ("console-branding", "/console/branding"),
    ];
    pages.map(|(key, page)| (key, account_page(page, spot))).into()
}

/// What of the log is asked for. None: what cannot be.
fn audit_query(caller: &Caller) -> Option<AuditQuery> {
    let given = |name| field(caller.query(), name);
    let kind = given("kind").unwrap_or_default();
    let day = |text: &str| -> Option<Timestamp> {
        let day: Date = text.parse().ok()?;
        day.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp())
    };
    Some(AuditQuery {
        account: account_of(given("account").as_deref()).ok()?,
        kind: if kind.is_empty() || console::is_kind(&kind) { kind } else { return None },
        user: match given("user") {
            Some(user) => Some(user.trim().parse().ok()?),
            None => None,
        },
        until: match given("until") {
            Some(until) => Some(day(&until)?),
            None => None,
        },
        before: given("before").and_then(|id| id.parse().ok()),
    })
}

/// The log.
pub(crate) async fn audit(caller: Caller) -> Response {
    let Some(query) = audit_query(&caller) else { return shown::plain(&caller, Problem::NotFound).await };
    page!(caller, async |viewer| console::audit(&caller.ctx, viewer, &query).await, |viewer, view| AuditView {
        top: top(&caller, viewer, &view.spot, "console-audit"),
        kind: query.kind.clone(),
        user: query.user.map(|user| user.to_string()).unwrap_or_default(),
        until: field(caller.query(), "until").unwrap_or_default(),
        view,
    })
}

/// The log as JSON, a line for a line.
pub(crate) async fn export(caller: Caller) -> Response {
    let Some(query) = audit_query(&caller) else { return shown::plain(&caller, Problem::NotFound).await };
    let viewer = match enter(&caller).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    let log = match console::export(&caller.ctx, &viewer, &query).await {
        Ok(log) => log,
        Err(ended) => return shown::ended(&caller, ended).await,
    };
    let mut body = String::with_capacity(log.lines.len() * 200);
    for line in &log.lines {
        body.push_str(&line.json());
        body.push('\n');
    }
    let kind = [
        (CONTENT_TYPE, "application/jsonl; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\""),
    ];
    let mut response = (kind, body).into_response();
    security::set_common(response.headers_mut(), caller.cookies().https);
    security::set_no_store(response.headers_mut());
    response
}

/// Applications.
pub(crate) async fn applications(caller: Caller) -> Response {
    let account = match asked_account(&caller).await {
        Ok(account) => account,
        Err(response) => return *response,
    };
    page!(caller, async |viewer| console::applications(&caller.ctx, viewer, account).await, |viewer, view| {
        ApplicationsView { top: top(&caller, viewer, &view.spot, "console-applications"), view }
    })
}

/// Webhooks.
pub(crate) async fn webhooks(caller: Caller) -> Response {
    let account = match asked_account(&caller).await {
        Ok(account) => account,
        Err(response) => return *response,
    };
    page!(caller, async |viewer| console::webhooks(&caller.ctx, viewer, account).await, |viewer, view| WebhooksView {
        top: top(&caller, viewer, &view.spot, "console-webhooks"),
        view,
    })
}

/// A webhook.
pub(crate) async fn webhook(caller: Caller, Path(name): Path<String>) -> Response {
    let failed = field(caller.query(), "failed").is_some();
    page!(caller, async |viewer| console::webhook(&caller.ctx, viewer, &name, failed).await, |viewer, view| {
        WebhookView { top: top(&caller, viewer, &view.spot, "console-webhooks"), failed, view }
    })
}

/// The keys that sign tokens.
pub(crate) async fn keys(caller: Caller) -> Response {
    page!(caller, async |viewer| console::keys(&caller.ctx, viewer).await, |viewer, view| KeysView {
        top: top(&caller, viewer, &view.spot, "console-keys"),
        now: caller.ctx.now,
        view,
    })
}
