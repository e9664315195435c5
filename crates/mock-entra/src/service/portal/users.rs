//! The people of a tenant.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Path;
use http::StatusCode;

use super::super::ChangeError;
use super::super::change::unknown;
use super::super::pages::page;
use super::super::seed::{Guest, GuestNames, Method, OnPremises, SecondFactor, Tenant, User};
use super::fields::{Field, FormPage};
use super::form::Typed;
use super::place::{Frame, InTenant, after};
use super::{Problem, Shown, sentence};

type Names = Path<BTreeMap<String, String>>;

const METHODS: [(Method, &str); 4] = [
    (Method::Password, "Password"),
    (Method::X509, "Certificate or passkey"),
    (Method::Windows, "Windows session"),
    (Method::Unspecified, "Not told"),
];
const FACTORS: [(SecondFactor, &str); 3] = [
    (SecondFactor::None, "Not set up"),
    (SecondFactor::Registered, "Set up, used where an application demands it"),
    (SecondFactor::Always, "Used at each sign-in"),
];
const GUEST_NAMES: [(GuestNames, &str); 2] = [(GuestNames::Known, "As set"), (GuestNames::Guids, "GUIDs")];

#[derive(Debug, Template)]
#[template(path = "portal/users.html")]
struct Users<'a> {
    frame: Frame,
    tenant: &'a Tenant,
}

pub(super) async fn list(place: InTenant) -> Shown {
    Ok(page(StatusCode::OK, &Users { frame: place.frame("Users"), tenant: &place.tenant }))
}

pub(super) async fn new(place: InTenant) -> Shown {
    Ok(form(&place, "New user", &User::default(), None).show())
}

pub(super) async fn create(place: InTenant, typed: Typed) -> Shown {
    let user = match read(&typed, User::default())? {
        Ok(user) => user,
        Err((user, name, text)) => {
            return Ok(form(&place, "New user", &user, Some(&typed)).refusing(name, text).show());
        }
    };
    match place.handle.change(|tenant| tenant.users.push(user.clone())) {
        Ok(()) => Ok(after(&place.at("/users"), "created")),
        Err(error) => Ok(refused(form(&place, "New user", &user, Some(&typed)), &error)),
    }
}

fn found(place: &InTenant, names: &Names) -> Result<User, Problem> {
    let id = names.get("user").map(String::as_str).unwrap_or_default();
    Ok(place.tenant.user(id).cloned().ok_or_else(|| unknown("user", id))?)
}

pub(super) async fn edit(place: InTenant, names: Names) -> Shown {
    let user = found(&place, &names)?;
    Ok(form(&place, &user.user_principal_name, &user, None).show())
}

pub(super) async fn save(place: InTenant, names: Names, typed: Typed) -> Shown {
    let before = found(&place, &names)?;
    let title = before.user_principal_name.clone();
    let user = match read(&typed, before)? {
        Ok(user) => user,
        Err((user, name, text)) => return Ok(form(&place, &title, &user, Some(&typed)).refusing(name, text).show()),
    };
    let changed = place.handle.change(|tenant| {
        tenant.users.iter_mut().filter(|it| it.id == user.id).for_each(|it| it.clone_from(&user));
    });
    match changed {
        Ok(()) => Ok(after(&place.at("/users"), "saved")),
        Err(error) => Ok(refused(form(&place, &title, &user, Some(&typed)), &error)),
    }
}

pub(super) async fn delete(place: InTenant, names: Names, _: Typed) -> Shown {
    let user = found(&place, &names)?;
    place.handle.change(|tenant| tenant.users.retain(|it| it.id != user.id))?;
    Ok(after(&place.at("/users"), "deleted"))
}

fn refused(form: FormPage, error: &ChangeError) -> axum::response::Response {
    let name = match error {
        ChangeError::Twice { what: "user", .. } => "user_principal_name",
        _ => "",
    };
    form.refusing(name, sentence(error)).show()
}

/// The attributes as they are typed: `name = value`, one on a line.
fn attributes(user: &User) -> String {
    user.attributes.iter().map(|(name, value)| format!("{name} = {value}\n")).collect()
}

fn form(place: &InTenant, title: &str, user: &User, typed: Option<&Typed>) -> FormPage {
    let there = user.on_premises.clone().unwrap_or_default();
    let guest = user.guest.clone().unwrap_or_default();
    // What could not be read stays as it was typed.
    let attributes = typed.map_or_else(|| attributes(user), |typed| typed.text("attributes").to_owned());
    let action = if user.id.is_empty() { "/users/new".to_owned() } else { format!("/users/{}", user.id) };
    FormPage {
        frame: place.frame_below(("/users", "Users"), title),
        intro: "",
        action: place.at(&action),
        fields: vec![
            Field::line("user_principal_name", "User principal name", &user.user_principal_name)
                .required()
                .hint("alias@domain, with which the person signs in."),
            Field::maybe("display_name", "Display name", user.display_name.as_ref()),
            Field::line("password", "Password", &user.password).hint("Shown in the clear: nothing hangs on it."),
            Field::maybe("given_name", "First name", user.given_name.as_ref()),
            Field::maybe("surname", "Last name", user.surname.as_ref()),
            Field::maybe("mail", "Email", user.mail.as_ref()).hint("Empty sends no such claim."),
            Field::lines("attributes", "Other attributes", attributes)
                .hint("One on a line: employeeid = 4711, department = Sales."),
            Field::lines("directory_roles", "Directory roles", user.directory_roles.join("\n"))
                .hint("Template IDs, one on a line."),
            Field::choice("method", "Authentication method", &user.method, &METHODS),
            Field::choice("second_factor", "Second factor", &user.second_factor, &FACTORS),
            Field::heading("On-premises"),
            Field::line("sam_account_name", "sAMAccountName", there.sam_account_name),
            Field::line("netbios_domain", "NetBIOS domain", there.netbios_domain),
            Field::line("dns_domain", "DNS domain", there.dns_domain),
            Field::line("sid", "Security identifier", there.sid),
            Field::heading("Guest"),
            Field::line("guest", "Signs in at home as", guest.sign_in_name).hint("Empty: the person is a member."),
            Field::line("identity_provider", "Identity provider", guest.identity_provider)
                .hint("live.com, mail, or the issuer of another tenant."),
            Field::choice("guest_names", "Names", &guest.names, &GUEST_NAMES),
        ],
        button: if user.id.is_empty() { "Create" } else { "Save" },
        back: place.at("/users"),
        error: None,
    }
}

/// The person as typed, or what of it cannot be read: field and sentence.
type Read = Result<User, (User, &'static str, String)>;

fn read(typed: &Typed, before: User) -> Result<Read, Problem> {
    let text = |name: &str| typed.text(name).to_owned();
    let there = OnPremises {
        sam_account_name: text("sam_account_name"),
        netbios_domain: text("netbios_domain"),
        dns_domain: text("dns_domain"),
        sid: text("sid"),
    };
    let guest = Guest {
        sign_in_name: text("guest"),
        identity_provider: text("identity_provider"),
        names: typed.choice("guest_names")?,
    };
    let mut user = User {
        user_principal_name: text("user_principal_name"),
        password: text("password"),
        given_name: typed.optional("given_name"),
        surname: typed.optional("surname"),
        display_name: typed.optional("display_name"),
        mail: typed.optional("mail"),
        on_premises: Some(there).filter(|there| *there != OnPremises::default()),
        guest: Some(guest).filter(|guest| !guest.sign_in_name.is_empty()),
        method: typed.choice("method")?,
        second_factor: typed.choice("second_factor")?,
        directory_roles: typed.text("directory_roles").split_whitespace().map(str::to_owned).collect(),
        ..before
    };
    if user.user_principal_name.is_empty() {
        return Ok(Err((user, "user_principal_name", "Give the name with which the person signs in.".to_owned())));
    }
    user.attributes = BTreeMap::new();
    for line in typed.text("attributes").lines().filter(|line| !line.trim().is_empty()) {
        let Some((name, value)) = line.split_once('=') else {
            let text = format!("{:?} has no equals sign; a name, an equals sign and a value are wanted.", line.trim());
            return Ok(Err((user, "attributes", text)));
        };
        user.attributes.insert(name.trim().to_owned(), value.trim().to_owned());
    }
    Ok(Ok(user))
}
