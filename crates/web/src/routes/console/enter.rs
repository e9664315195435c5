//! Who comes to the console, and what stands around each of its pages.

use axum::response::Response;
use jiff::SignedDuration;
use vestibule_domain::account::{Account, AccountPath, AccountPathError};
use vestibule_domain::name::EmailAddress;
use vestibule_domain::permission::Action;
use vestibule_domain::waiting;
use vestibule_journeys::console::{self, Entered, Spot, Viewer};
use vestibule_journeys::deployment::Place;
use vestibule_journeys::sign_in::{AskedFor, Target};

use super::super::shown::{self, form_urlencode};
use super::super::sign_in;
use super::super::sso::field;
use crate::extract::Caller;
use crate::pages::console::{Crumb, Shut, ShutView, Top, TopLink, address, path_text};
use crate::problem::Problem;

/// The parts of the console, with the address of each and who sees it.
const PARTS: [(&str, &str, Action<'static>); 10] = [
    ("console-overview", "/console", Action::SeeAccount),
    ("console-accounts", "/console/accounts", Action::SeeAccount),
    ("console-connections", "/console/connections", Action::SeeConnections),
    ("console-users", "/console/users", Action::SeeUsers),
    ("console-groups", "/console/groups", Action::SeeUsers),
    ("console-applications", "/console/applications", Action::SeeApplications),
    ("console-webhooks", "/console/webhooks", Action::SeeWebhooks),
    ("console-audit", "/console/audit", Action::SeeAudit),
    ("console-keys", "/console/keys", Action::SeeKeys),
    ("console-inspect", "/console/inspect", Action::SeeConnections),
];

/// So long a browser remembers a theme.
const THEME_KEPT: SignedDuration = SignedDuration::from_hours(365 * 24);
const THEME: &str = "vestibule_theme";

/// What was done, by its name in the address: the key of its text.
const DONE: [(&str, &str); 13] = [
    ("paused", "console-done-paused"),
    ("activated", "console-done-activated"),
    ("added", "console-done-added"),
    ("removed", "console-done-removed"),
    ("suspended", "console-done-suspended"),
    ("restored", "console-done-restored"),
    ("signed-out", "console-done-signed-out"),
    ("ended", "console-done-ended"),
    ("nothing", "console-done-nothing"),
    ("opened", "inspector-done-open"),
    ("redacted", "inspector-done-redacted"),
    ("revoked", "console-done-revoked"),
    ("saved", "console-done-saved"),
];

/// Somebody with a role. Whoever is not signed in signs in first, and comes back.
pub(in crate::routes) async fn enter(caller: &Caller) -> Result<Box<Viewer>, Box<Response>> {
    if caller.place == Place::Elsewhere {
        return Err(Box::new(shown::plain(caller, Problem::UnknownHost).await));
    }
    match console::enter(&caller.ctx, caller.session).await {
        Ok(Entered::Viewer(viewer)) => Ok(viewer),
        Ok(Entered::Stranger(home)) => Err(Box::new(shut(caller, &home, Shut::NoRole))),
        Ok(Entered::PasswordAlone(home)) => Err(Box::new(shut(caller, &home, Shut::PasswordAlone))),
        Ok(Entered::Nobody) => {
            // What a form would have done is not done after a sign-in: they come back to the page with the form.
            let path = if caller.is_form { "/console" } else { caller.uri.path() };
            let target = Target::from_text(path);
            let target = if matches!(target, Target::Account(_)) { target } else { Target::Account("/console".into()) };
            Err(Box::new(sign_in::begin(caller, caller.visit(target, AskedFor::Any)).await))
        }
        Err(ended) => Err(Box::new(shown::ended(caller, ended).await)),
    }
}

/// Why nothing opens for somebody who is signed in.
pub(in crate::routes) fn shut(caller: &Caller, home: &Account, why: Shut) -> Response {
    caller.page(Some(home), &ShutView { why, contact: shown::contact(home) })
}

/// What stands around a page that is about an account.
pub(in crate::routes) fn top(caller: &Caller, viewer: &Viewer, spot: &Spot, here: &'static str) -> Top {
    let home = &viewer.home.path;
    let account = if spot.account.path == *home { String::new() } else { path_text(&spot.account.path) };
    let part = |(key, url, action): (&'static str, &'static str, Action<'static>)| {
        let at = if action == Action::SeeKeys { home } else { &spot.account.path };
        let url = if action == Action::SeeKeys { url.to_owned() } else { address(url, &[("account", &account)]) };
        viewer.may(action, at).then_some(TopLink { key, url, here: key == here })
    };
    let mut links: Vec<TopLink> = PARTS.into_iter().filter_map(part).collect();
    if viewer.may(Action::SeeWaiting, &spot.account.path) {
        let url = address("/waiting", &[("account", &account)]);
        links.insert(1, TopLink { key: "waiting-title", url, here: false });
    }
    let page = PARTS.iter().find(|(key, ..)| *key == here).map_or("/console", |(_, url, _)| url);
    let crumbs = spot
        .chain
        .iter()
        .map(|(path, name)| Crumb { name: name.clone(), url: address(page, &[("account", &path_text(path))]) });
    let done = field(caller.query(), "done");
    Top {
        links,
        crumbs: crumbs.collect(),
        who: waiting::called(&viewer.user.profile),
        role: viewer.role,
        done: DONE.iter().find(|(name, _)| Some(*name) == done.as_deref()).map(|(_, key)| *key),
        theme: chosen(caller),
    }
}

fn chosen(caller: &Caller) -> Option<&'static str> {
    ["light", "dark"].into_iter().find(|theme| caller.cookie(THEME) == Some(theme))
}

/// From one theme to the next: light, dark, as the browser is set.
pub(crate) async fn theme(caller: Caller) -> Response {
    if caller.sent_by_us().is_err() {
        return shown::plain(&caller, Problem::CrossSite).await;
    }
    let cookies = caller.cookies();
    let cookie = match chosen(&caller) {
        None => cookies.set(THEME, "dark", THEME_KEPT),
        Some("dark") => cookies.set(THEME, "light", THEME_KEPT),
        Some(_) => cookies.remove(THEME),
    };
    shown::see_other(&caller, &came_from(&caller), cookie)
}

/// The page of the console from which a form was sent; another site's is none.
fn came_from(caller: &Caller) -> String {
    let referer = caller.header(&http::header::REFERER).and_then(|from| caller.own_path(from));
    let own = |path: &&str| path.starts_with("/console") && !path.contains(|c: char| c.is_control());
    referer.filter(own).unwrap_or("/console").to_owned()
}

/// Whoever changes what is trusted authenticates anew, and comes back (A27.3).
pub(crate) async fn sign_in_again(caller: Caller) -> Response {
    let viewer = match enter(&caller).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    let to = field(caller.query(), "to").unwrap_or_default();
    let target = match Target::from_text(&to) {
        Target::Account(text) if text.starts_with("/console") || text.starts_with("/connections/") => {
            Target::Account(text)
        }
        _ => Target::Account("/console".to_owned()),
    };
    if let Some(connection) = viewer.session.as_ref().and_then(|session| session.connection) {
        let mut visit = caller.visit(target, AskedFor::Anew(connection));
        // The session that is there would answer.
        visit.session = None;
        visit.account = Some(viewer.home.id);
        return sign_in::begin(&caller, visit).await;
    }
    let email = viewer.user.profile.email.as_ref().map(EmailAddress::as_str).unwrap_or_default();
    let query = form_urlencode(&[("to", target.as_text()), ("email", email)]);
    shown::see_other(&caller, &format!("/sign-in/password?{query}"), None)
}

/// Where somebody authenticates anew who then goes on there.
pub(in crate::routes) fn again_url(to: &str) -> String {
    address("/console/sign-in-again", &[("to", to)])
}

/// The account that an address names: none where it names none.
pub(super) fn account_of(text: Option<&str>) -> Result<Option<AccountPath>, AccountPathError> {
    match text {
        None => Ok(None),
        Some("/") => Ok(Some(AccountPath::ROOT)),
        Some(path) => AccountPath::parse(path).map(Some),
    }
}

/// What is looked for: a line without what nobody types.
pub(super) fn looked_for(caller: &Caller, name: &str) -> String {
    let given = field(caller.query(), name).unwrap_or_default();
    given.trim().chars().filter(|c| !c.is_control()).take(200).collect()
}

/// The account that the address of this request names.
pub(super) async fn asked_account(caller: &Caller) -> Result<Option<AccountPath>, Box<Response>> {
    match account_of(field(caller.query(), "account").as_deref()) {
        Ok(account) => Ok(account),
        Err(_) => Err(Box::new(shown::plain(caller, Problem::NotFound).await)),
    }
}
