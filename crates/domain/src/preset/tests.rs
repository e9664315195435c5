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

/// HY-9: what the others send as their own and the applications' instructions set them up becomes the same profile.
/// The names are typed by hand, so each is known with each of these presets.
#[test]
fn each_preset_maps_what_its_identity_provider_is_set_up_to_send() {
    // The NameID of Okta is the user name there, of Google Workspace the primary address, of PingOne an opaque number.
    let okta = [("firstName", "Ada"), ("lastName", "Min"), ("email", "Ada@Corp.Example")];
    let google = [("given_name", "Ada"), ("family_name", "Min")];
    let ping_enterprise = [("FirstName", "Ada"), ("LastName", "Min"), ("Email", "Ada@Corp.Example")];
    let sent: [(&str, &[(&str, &str)]); 4] = [
        ("Ada@Corp.Example", &okta),
        ("Ada@Corp.Example", &google),
        ("7f3a2a52-5c2c-4c0f-9b0e-3f6d2c1b0a99", &ping_enterprise),
        ("7f3a2a52-5c2c-4c0f-9b0e-3f6d2c1b0a99", &okta),
    ];
    for preset in [Preset::Okta, Preset::Google, Preset::Ping, Preset::Generic] {
        for (name_id, attributes) in sent {
            assert_eq!(profile(preset, name_id, attributes), ada(), "{preset:?} {attributes:?}");
        }
        // Until somebody adds attributes, the NameID is all that comes.
        let alone = Profile { given_name: None, family_name: None, ..ada() };
        assert_eq!(profile(preset, "Ada@Corp.Example", &[]), alone, "{preset:?}");
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
