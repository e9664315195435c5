//! Attributes & Claims: the Name ID, and the claims beside it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Query;
use http::StatusCode;

use super::super::change::unknown;
use super::super::claims::{ClaimRule, NameIdFormatSetting};
use super::super::pages::page;
use super::super::{Application, ChangeError, flow};
use super::fields::{Field, FormPage, Kind, name_of};
use super::form::Typed;
use super::place::{Frame, OfApplication, after};
use super::{Shown, sentence};

/// What the portal offers as source attributes; others may be typed.
const SOURCES: &[&str] = &[
    "user.userprincipalname",
    "user.localuserprincipalname",
    "user.mail",
    "user.givenname",
    "user.surname",
    "user.displayname",
    "user.objectid",
    "user.employeeid",
    "user.department",
    "user.jobtitle",
    "user.companyname",
    "user.country",
    "user.onpremisessamaccountname",
    "user.onpremisessecurityidentifier",
    "user.netbiosname",
    "user.dnsdomainname",
    "user.extensionattribute1",
    "user.extensionattribute2",
];
const FORMATS: [(NameIdFormatSetting, &str); 5] = [
    (NameIdFormatSetting::Default, "Default"),
    (NameIdFormatSetting::EmailAddress, "Email address"),
    (NameIdFormatSetting::Persistent, "Persistent"),
    (NameIdFormatSetting::Unspecified, "Unspecified"),
    (NameIdFormatSetting::WindowsDomainQualifiedName, "Windows domain qualified name"),
];
const NAME_FORMATS: [(&str, &str); 4] = [
    ("", "Omitted"),
    ("urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified", "Unspecified"),
    ("urn:oasis:names:tc:SAML:2.0:attrname-format:uri", "URI"),
    ("urn:oasis:names:tc:SAML:2.0:attrname-format:basic", "Basic"),
];

/// A claim as lists show it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) full_name: String,
    pub(super) source: String,
    /// The full name as it stands in addresses.
    encoded: String,
}

#[derive(Debug, Template)]
#[template(path = "portal/claims.html")]
struct Claims {
    frame: Frame,
    base: String,
    saml: String,
    name_id: String,
    name_id_format: &'static str,
    rows: Vec<Row>,
    groups: Option<(String, &'static str)>,
}

/// The source of the Name ID in words.
pub(super) fn name_id_source(app: &Application) -> String {
    let setting = &app.name_id;
    let source = setting.source.clone().unwrap_or_else(|| "user.userprincipalname".to_owned());
    if setting.transforms.is_empty() { source } else { format!("{source}, transformed") }
}

pub(super) fn name_id_format(app: &Application) -> &'static str {
    name_of(&app.name_id.format, &FORMATS)
}

/// The claims that are set, or those of a new application.
pub(super) fn rows(app: &Application) -> Vec<Row> {
    let rules = app.claims.clone().unwrap_or_else(ClaimRule::standard);
    let row = |rule: &ClaimRule| {
        let mut source = rule.source.clone().unwrap_or_default();
        if !rule.transforms.is_empty() {
            source.push_str(", transformed");
        }
        if !rule.conditions.is_empty() {
            source.push_str(" (with claim conditions)");
        }
        let full_name = rule.full_name();
        Row { name: rule.name.clone(), encoded: flow::encoded(&full_name), full_name, source }
    };
    rules.iter().map(row).collect()
}

pub(super) async fn list(place: OfApplication) -> Shown {
    let app = &place.app;
    let shown = Claims {
        frame: place.frame_of_saml("Attributes & Claims"),
        base: place.at("/saml/claims"),
        saml: place.at("/saml"),
        name_id: name_id_source(app),
        name_id_format: name_id_format(app),
        rows: rows(app),
        groups: super::groups::shown(app),
    };
    Ok(page(StatusCode::OK, &shown))
}

/// What is typed as a source: an attribute, or else a constant, which Entra keeps in double quotes.
fn source(text: &str) -> String {
    let quoted = text.len() > 1 && text.starts_with('"') && text.ends_with('"');
    if text.is_empty() || quoted || text.to_ascii_lowercase().starts_with("user.") {
        text.to_owned()
    } else {
        format!("\"{text}\"")
    }
}

fn claim_form(place: &OfApplication, rule: &ClaimRule, before: &str) -> FormPage {
    let name_format = Field {
        kind: Kind::Choice(NAME_FORMATS.map(|(value, name)| (value.to_owned(), name)).into()),
        ..Field::maybe("name_format", "Name format", rule.name_format.as_ref())
    };
    let intro = if rule.transforms.is_empty() && rule.conditions.is_empty() {
        ""
    } else {
        "This claim has transformations or claim conditions, which are kept; /api changes them."
    };
    FormPage {
        frame: place.frame_of_claims("Manage claim"),
        intro,
        action: place.at("/saml/claims/claim"),
        fields: vec![
            Field::hidden("claim", before),
            Field::line("name", "Name", rule.name.clone()).required(),
            Field::line("namespace", "Namespace", rule.namespace.clone())
                .hint("Sent before the name, with a slash between. Empty sends the name alone."),
            name_format,
            Field::maybe("source", "Source attribute", rule.source.as_ref())
                .suggested(SOURCES)
                .required()
                .hint("An attribute (user.mail); any other text is sent as it stands."),
        ],
        button: "Save",
        back: place.at("/saml/claims"),
        error: None,
    }
}

/// The claim of this full name.
fn found(app: &Application, full_name: &str) -> Result<ClaimRule, ChangeError> {
    let rules = app.claims.clone().unwrap_or_else(ClaimRule::standard);
    rules.into_iter().find(|rule| rule.full_name() == full_name).ok_or_else(|| unknown("claim", full_name))
}

/// `?claim=` names one that is there; without it a new one is made.
pub(super) async fn show(place: OfApplication, Query(query): Query<BTreeMap<String, String>>) -> Shown {
    let before = query.get("claim").map(String::as_str).unwrap_or_default();
    let rule = if before.is_empty() { ClaimRule::default() } else { found(&place.app, before)? };
    Ok(claim_form(&place, &rule, before).show())
}

pub(super) async fn save(place: OfApplication, typed: Typed) -> Shown {
    let before = typed.text("claim").to_owned();
    let old = if before.is_empty() { ClaimRule::default() } else { found(&place.app, &before)? };
    let rule = ClaimRule {
        name: typed.text("name").to_owned(),
        namespace: typed.text("namespace").trim_end_matches('/').to_owned(),
        name_format: typed.optional("name_format"),
        source: Some(source(typed.text("source"))).filter(|source| !source.is_empty()),
        ..old
    };
    let form = claim_form(&place, &rule, &before);
    if rule.source.is_none() && rule.conditions.is_empty() {
        return Ok(form.refusing("source", "Give the attribute from which the value comes.".to_owned()).show());
    }
    let changed = place.handle.change(|app| {
        let rules = app.claims.get_or_insert_with(ClaimRule::standard);
        match rules.iter_mut().find(|it| !before.is_empty() && it.full_name() == before) {
            Some(it) => *it = rule,
            None => rules.push(rule),
        }
    });
    match changed {
        Ok(()) => Ok(after(&place.at("/saml/claims"), "saved")),
        Err(error) => Ok(form.refusing("name", sentence(&error)).show()),
    }
}

pub(super) async fn delete(place: OfApplication, typed: Typed) -> Shown {
    let gone = found(&place.app, typed.text("claim"))?.full_name();
    place.handle.change(|app| {
        app.claims.get_or_insert_with(ClaimRule::standard).retain(|rule| rule.full_name() != gone);
    })?;
    Ok(after(&place.at("/saml/claims"), "deleted"))
}

pub(super) async fn name_id(place: OfApplication) -> Shown {
    let setting = &place.app.name_id;
    let intro = if setting.transforms.is_empty() {
        "Unique User Identifier (Name ID). A format that a request asks for goes before the one here."
    } else {
        "Unique User Identifier (Name ID). It has transformations, which are kept; /api changes them."
    };
    let form = FormPage {
        frame: place.frame_of_claims("Unique User Identifier (Name ID)"),
        intro,
        action: place.at("/saml/claims/name-id"),
        fields: vec![
            Field::choice("format", "Name identifier format", &setting.format, &FORMATS),
            Field::maybe("source", "Source attribute", setting.source.as_ref()).suggested(SOURCES).hint(
                "Empty leaves it to Entra: user.userprincipalname, or an identifier of its own for each application \
                 where the format is Unspecified or a request asks for Persistent.",
            ),
        ],
        button: "Save",
        back: place.at("/saml/claims"),
        error: None,
    };
    Ok(form.show())
}

pub(super) async fn save_name_id(place: OfApplication, typed: Typed) -> Shown {
    let format: NameIdFormatSetting = typed.choice("format")?;
    let source = Some(source(typed.text("source"))).filter(|source| !source.is_empty());
    place.handle.change(|app| {
        app.name_id.format = format;
        app.name_id.source = source;
    })?;
    Ok(after(&place.at("/saml/claims"), "saved"))
}
