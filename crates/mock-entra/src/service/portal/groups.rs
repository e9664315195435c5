//! The group claim of an application.

use super::super::claims::{GroupSource, GroupsMode};
use super::super::groups::claim_name;
use super::super::{Application, ChangeError};
use super::fields::{Field, FormPage, name_of};
use super::form::Typed;
use super::place::{OfApplication, after};
use super::{Shown, sentence};

const MODES: [(GroupsMode, &str); 5] = [
    (GroupsMode::None, "None"),
    (GroupsMode::All, "All groups"),
    (GroupsMode::SecurityGroup, "Security groups"),
    (GroupsMode::DirectoryRole, "Directory roles"),
    (GroupsMode::ApplicationGroup, "Groups assigned to the application"),
];
const SOURCES: [(GroupSource, &str); 6] = [
    (GroupSource::ObjectId, "Group ID"),
    (GroupSource::SamAccountName, "sAMAccountName"),
    (GroupSource::NetbiosDomain, "NetbiosDomain\\sAMAccountName"),
    (GroupSource::DnsDomain, "DNSDomain\\sAMAccountName"),
    (GroupSource::Sid, "On-premises group security identifier"),
    (GroupSource::DisplayName, "Cloud-only group display names"),
];

/// Name of the claim and which groups it has, where there is one.
pub(super) fn shown(app: &Application) -> Option<(String, &'static str)> {
    (app.groups.mode != GroupsMode::None).then(|| (claim_name(&app.groups), name_of(&app.groups.mode, &MODES)))
}

fn form(place: &OfApplication, app: &Application) -> FormPage {
    let setting = &app.groups;
    let (pattern, replacement) = setting.replace.clone().unwrap_or_default();
    FormPage {
        frame: place.frame_of_claims("Group Claims"),
        intro: "Which groups of a person are sent. Above 150 a link is sent in their place.",
        action: place.at("/saml/claims/groups"),
        fields: vec![
            Field::choice(
                "mode",
                "Which groups associated with the user should be returned in the claim?",
                &setting.mode,
                &MODES,
            ),
            Field::choice("source", "Source attribute", &setting.source, &SOURCES),
            Field::heading("Advanced options"),
            Field::maybe("filter", "Filter groups: the display name matches", setting.filter.as_ref())
                .hint("A regular expression. Empty: all of them."),
            Field::maybe("name", "Customize the name of the group claim: Name", setting.name.as_ref()),
            Field::maybe("namespace", "Namespace (optional)", setting.namespace.as_ref()),
            Field::check("emit_as_roles", "Emit groups as role claims", setting.emit_as_roles),
            Field::line("pattern", "Apply regex replace to groups claim: Regex pattern", pattern),
            Field::line("replacement", "Regex replacement pattern", replacement)
                .hint("A group that the pattern does not match is sent as it is."),
        ],
        button: "Save",
        back: place.at("/saml/claims"),
        error: None,
    }
}

pub(super) async fn show(place: OfApplication) -> Shown {
    Ok(form(&place, &place.app).show())
}

pub(super) async fn save(place: OfApplication, typed: Typed) -> Shown {
    let mut wanted = place.app.clone();
    let setting = &mut wanted.groups;
    setting.mode = typed.choice("mode")?;
    setting.source = typed.choice("source")?;
    setting.filter = typed.optional("filter");
    setting.name = typed.optional("name");
    setting.namespace = typed.optional("namespace");
    setting.emit_as_roles = typed.flag("emit_as_roles");
    setting.replace = typed.optional("pattern").map(|pattern| (pattern, typed.text("replacement").to_owned()));
    let error = match place.handle.change(|app| app.groups = wanted.groups.clone()) {
        Ok(()) => return Ok(after(&place.at("/saml/claims"), "saved")),
        Err(error) => error,
    };
    let filter_is_wrong = wanted.groups.filter.as_ref().is_some_and(|filter| regex::Regex::new(filter).is_err());
    let name = match &error {
        ChangeError::Pattern { .. } if filter_is_wrong => "filter",
        ChangeError::Pattern { .. } => "pattern",
        _ => "",
    };
    Ok(form(&place, &wanted).refusing(name, sentence(&error)).show())
}
