use vestibule_saml::types::{Attribute, NameId, NameIdFormat};

use super::*;
use crate::mapping::{Mapped, map};
use crate::samples::entra as entra_settings;
use crate::user::Profile;

fn profile(preset: Preset, name_id: &str, all: &[(&str, &str)]) -> Profile {
    let attributes = all.iter().map(|(name, value)| Attribute::text(*name, [*value])).collect();
    let name_id = NameId::new(name_id, NameIdFormat::EMAIL_ADDRESS);
    let Mapped { profile, .. } = map(&attributes, &name_id, &preset.mapping(), None).unwrap();
    profile
}

fn ada() -> Profile {
    Profile {
        name: Some("ada@corp.example".to_owned()),
        email: Some("Ada@Corp.Example".parse().unwrap()),
        given_name: Some("Ada".to_owned()),
        family_name: Some("Min".to_owned()),
        ..Profile::default()
    }
}

/// HY-9: what the others send as they are usually set up becomes the same profile.
#[test]
fn each_preset_maps_what_its_identity_provider_usually_sends() {
    let ldap = [("firstName", "Ada"), ("lastName", "Min"), ("email", "Ada@Corp.Example")];
    for preset in [Preset::Okta, Preset::Google, Preset::Ping, Preset::Generic] {
        assert_eq!(profile(preset, "7f3a", &ldap), ada(), "{preset:?}");
        assert_eq!(profile(preset, "Ada@Corp.Example", &ldap[..2]), ada(), "{preset:?}: the NameID is the address");
    }
    let claims = [
        (claims::UPN, "ada@corp.example"),
        (claims::EMAIL_ADDRESS, "Ada@Corp.Example"),
        (claims::GIVEN_NAME, "Ada"),
        (claims::SURNAME, "Min"),
    ];
    assert_eq!(profile(Preset::Adfs, "x", &claims), ada());
}

/// XC-28, SC-25, HY-28: the button and what stands before the identity provider, by the connection or by default.
#[test]
fn the_button_is_the_connections_own_or_the_presets() {
    let vendors: std::collections::BTreeSet<_> = Preset::ALL.iter().map(|it| it.vendor()).collect();
    assert_eq!(vendors.len(), Preset::ALL.len());
    let mut settings = entra_settings();
    assert_eq!(settings.icon_in_force(), Icon::Squares);
    assert_eq!(settings.start_in_force(Start::Direct), Start::Direct);
    settings.button.icon = Some(Icon::Person);
    settings.start = Some(Start::Button);
    assert_eq!(settings.icon_in_force(), Icon::Person);
    assert_eq!(settings.start_in_force(Start::Direct), Start::Button);
}

/// CC-11: a connection changes single rules of its preset and keeps the others.
#[test]
fn settings_overlay_the_preset() {
    let mut settings = entra_settings();
    assert_eq!(settings.subject_in_force(), Preset::Entra.subject());
    assert_eq!(settings.mapping_in_force(), Preset::Entra.mapping());
    settings.mapping = toml::from_str("rules.name = \"displayname | slug\"\nrules.roles = []").unwrap();
    settings.subject = Some(SubjectKey::NameId);
    let in_force = settings.mapping_in_force();
    assert_eq!(in_force.rules[&Property::Name].sources[0].to_string(), "displayname | slug");
    assert_eq!(in_force.rules[&Property::Roles].sources, []);
    assert_eq!(in_force.rules[&Property::Email], Preset::Entra.mapping().rules[&Property::Email]);
    assert_eq!(settings.subject_in_force(), SubjectKey::NameId);
}

/// A connection in a file is short: the preset fills in the rest.
#[test]
fn settings_are_read_from_a_short_file() {
    let settings: SamlSettings = toml::from_str("preset = \"entra\"").unwrap();
    assert_eq!(settings.mapping_in_force(), Preset::Entra.mapping());
    let again: SamlSettings = serde_json::from_str(&serde_json::to_string(&entra_settings()).unwrap()).unwrap();
    assert_eq!(again, entra_settings());
}
