//! Users and groups: who is assigned to an application.

use askama::Template;
use http::StatusCode;

use super::super::change::unknown;
use super::super::pages::page;
use super::super::seed::{Assignment, Tenant};
use super::Shown;
use super::form::Typed;
use super::place::{Frame, OfApplication, after};

#[derive(Debug, Template)]
#[template(path = "portal/assignments.html")]
struct Assignments<'a> {
    frame: Frame,
    base: String,
    rows: Vec<Row<'a>>,
    /// Whom else there is: object ID, name.
    others: Vec<(&'a str, String)>,
    groups: Vec<(&'a str, &'a str)>,
}

/// An assignment as it is shown, and as it is set.
#[derive(Debug)]
struct Row<'a> {
    name: String,
    kind: &'static str,
    set: &'a Assignment,
}

pub(super) async fn list(place: OfApplication) -> Shown {
    let tenant = &place.tenant;
    let assigned = |is: &dyn Fn(&str) -> bool| place.app.assignments.iter().any(|it| is(&it.principal));
    let others = tenant.users.iter().filter(|user| !assigned(&|name| user.is(name)));
    let groups = tenant.groups.iter().filter(|group| !assigned(&|name| group.is(name)));
    let shown = Assignments {
        frame: place.frame("Users and groups"),
        base: place.at("/users"),
        rows: place.app.assignments.iter().map(|set| row(tenant, set)).collect(),
        others: others.map(|user| (user.id.as_str(), user.user_principal_name.clone())).collect(),
        groups: groups.map(|group| (group.id.as_str(), group.display_name.as_str())).collect(),
    };
    Ok(page(StatusCode::OK, &shown))
}

fn row<'a>(tenant: &Tenant, set: &'a Assignment) -> Row<'a> {
    let group = || tenant.groups.iter().find(|group| group.is(&set.principal));
    let (name, kind) = match tenant.user(&set.principal) {
        Some(user) => (user.user_principal_name.clone(), "User"),
        None => match group() {
            Some(group) => (group.display_name.clone(), "Group"),
            None => (set.principal.clone(), "Deleted"),
        },
    };
    Row { name, kind, set }
}

pub(super) async fn assign(place: OfApplication, typed: Typed) -> Shown {
    let principal = typed.text("principal").to_owned();
    let tenant = &place.tenant;
    if tenant.user(&principal).is_none() && !tenant.groups.iter().any(|group| group.is(&principal)) {
        return Err(unknown("user or group", &principal).into());
    }
    let role = typed.optional("role");
    place.handle.change(|app| app.assignments.push(Assignment { principal, role }))?;
    Ok(after(&place.at("/users"), "assigned"))
}

pub(super) async fn remove(place: OfApplication, typed: Typed) -> Shown {
    let removed = Assignment { principal: typed.text("principal").to_owned(), role: typed.optional("role") };
    place.handle.change(|app| app.assignments.retain(|it| *it != removed))?;
    Ok(after(&place.at("/users"), "removed"))
}
