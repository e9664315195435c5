use vestibule_saml::types::EntityId;

use super::*;
use crate::connection::{Preset, SignOn, SignOnBinding};
use crate::metadata::certificate_text;
use crate::samples::{IDP, SMALL, at, certificate, endpoint, entra, now};

fn fields(settings: &SamlSettings) -> Vec<String> {
    settings.check(now(), LoopbackHttp::Refuse).into_iter().map(|problem| problem.field).collect()
}

fn only(settings: &SamlSettings) -> SettingProblem {
    let problems = settings.check(now(), LoopbackHttp::Refuse);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.into_iter().next().unwrap()
}

fn file(toml: &str) -> Result<SamlSettings, String> {
    toml::from_str(toml).map_err(|error| error.to_string())
}

#[test]
fn presets_and_complete_settings_have_no_problem() {
    assert_eq!(entra().check(now(), LoopbackHttp::Refuse), []);
    for preset in Preset::ALL {
        assert_eq!(preset.settings().check(now(), LoopbackHttp::Refuse), [], "HY-9");
        let whole = SamlSettings { mapping: preset.mapping(), ..preset.settings() };
        assert_eq!(whole.check(now(), LoopbackHttp::Refuse), [], "HY-9");
    }
}

/// XC-33: a wildcard is refused at save, with the reason. XC-12: an address of the internet protocol is taken.
#[test]
fn an_alias_names_one_host_by_name_or_number() {
    let refused = file("aliases = [\"https://*.corp.example/saml\"]").unwrap_err();
    assert!(refused.contains("one exact address only"), "{refused}");
    let taken = file("aliases = [\"https://192.0.2.7/api/auth/saml/callback\", \"https://[2001:db8::1]:8443/saml\"]");
    assert_eq!(taken.map(|settings| settings.aliases.len()), Ok(2));
    assert!(file("aliases = [\"http://corp.example/saml\"]").is_err());
}

/// SC-8, XC-12: further addresses, each once, and one of them may be the one that is asked for.
#[test]
fn aliases_are_each_there_once_and_answered_to_only_if_there_is_one() {
    let alias = acs_url("https://login.corp.example/saml2/idpresponse").unwrap();
    let once = SamlSettings { aliases: vec![alias.clone()], answer_to: AnswerTo::FirstAlias, ..entra() };
    assert_eq!(fields(&once), [""; 0]);
    assert_eq!(fields(&SamlSettings { aliases: vec![alias.clone(), alias], ..entra() }), ["aliases"]);
    assert_eq!(fields(&SamlSettings { answer_to: AnswerTo::FirstAlias, ..entra() }), ["answer_to"]);
}

/// XC-11, CC-2, CC-3, CC-9, SC-7, HY-18: our entity ID may be any of these.
#[test]
fn our_entity_id_may_be_any_name() {
    for id in [
        "nameId",
        "9f6e2d1c-55aa-4c1b-8f3e-0d2b6a7c8e90",
        "urn:amazon:cognito:sp:us-east-1_rlgU6e3y5",
        "https://acme.example.com/sso/acs",
        "my own application",
    ] {
        let settings = file(&format!("entity_id = \"{id}\"")).unwrap();
        assert_eq!(settings.entity_id.as_ref().map(EntityId::as_str), Some(id));
        assert_eq!(fields(&settings), [""; 0]);
    }
    let mixed_up = SamlSettings { entity_id: entra().issuer, ..entra() };
    assert_eq!(only(&mixed_up).field, "entity_id", "XC-23: two issuers that are easily taken for each other");
}

/// HY-21: an endpoint of another protocol is named.
#[test]
fn an_endpoint_of_another_protocol_is_refused_by_name() {
    let with = |url: &str| {
        let sign_on = Some(SignOn { url: endpoint(url), binding: SignOnBinding::Redirect });
        only(&SamlSettings { sign_on, ..entra() })
    };
    let problem = with("https://login.microsoftonline.com/corp.example/wsfed");
    assert!(problem.field == "sign_on" && problem.got.contains("the WS-Federation endpoint"), "{problem}");
    let problem = with("https://login.microsoftonline.com/corp.example/oauth2/v2.0/token");
    assert!(problem.got.contains("the OAuth 2.0 token endpoint"), "{problem}");
    let logout = endpoint("https://login.microsoftonline.com/common/wsfederation?wa=wsignout1.0");
    assert_eq!(only(&SamlSettings { logout_url: Some(logout), ..entra() }).field, "logout_url");
}

/// A24.4: http only where the deployment itself is on a loopback host.
#[test]
fn http_is_for_loopback_deployments() {
    let sign_on = Some(SignOn { url: endpoint("http://entra.localhost:8400/saml2"), binding: SignOnBinding::Redirect });
    let metadata_url = Some("http://entra.localhost:8400/metadata".to_owned());
    let aliases = vec![acs_url("http://acme.localhost:8400/saml").unwrap()];
    let local = SamlSettings { sign_on, metadata_url, aliases, ..entra() };
    assert_eq!(fields(&local), ["sign_on", "metadata_url", "aliases"]);
    assert_eq!(local.check(now(), LoopbackHttp::Allow), []);
    let script = SamlSettings { metadata_url: Some("javascript:alert(1)".to_owned()), ..entra() };
    assert_eq!(only(&script).field, "metadata_url");
}

/// MX-9, A11.3: SHA-1 ends within 90 days.
#[test]
fn sha_1_has_an_end_at_most_ninety_days_ahead() {
    let until = |text: &str| SamlSettings { sha1_until: Some(at(text)), ..entra() };
    assert_eq!(fields(&until("2026-09-29T12:00:00Z")), [""; 0]);
    assert_eq!(only(&until("2026-09-29T12:00:01Z")).field, "sha1_until");
    assert_eq!(fields(&until("2020-01-01T00:00:00Z")), [""; 0], "what has ended harms nobody");
}

/// MX-14: each certificate is read, its key judged, and none is there twice.
#[test]
fn each_certificate_is_judged() {
    let idp = certificate_text(&certificate(IDP));
    let with = |certificates: &[&str]| {
        fields(&SamlSettings { certificates: certificates.iter().map(|&it| it.to_owned()).collect(), ..entra() })
    };
    assert_eq!(with(&[IDP]), [""; 0], "PEM does as well");
    assert_eq!(with(&[&idp, IDP]), ["certificates[1]"], "twice");
    assert_eq!(with(&[&idp, "%%%"]), ["certificates[1]"]);
    assert_eq!(with(&[SMALL]), ["certificates[0]"], "A11.7");
    assert_eq!(with(&[&format!("{IDP}{SMALL}")]), ["certificates[0]"], "two in one");
}

/// MX-13, E-4: the issuer is copied whole.
#[test]
fn an_issuer_that_lost_its_slash_or_is_a_template_is_refused() {
    let with = |issuer: &str| only(&SamlSettings { issuer: Some(EntityId::new(issuer).unwrap()), ..entra() });
    let bare = "https://sts.windows.net/3770f585-1d9b-44d4-9016-2428d0082154";
    assert_eq!(with(bare).want, format!("{bare}/"));
    assert_eq!(with("https://sts.windows.net/{tenant}/").field, "issuer");
}

#[test]
fn bounds_are_kept() {
    assert_eq!(only(&SamlSettings { clock_skew: 301, ..entra() }).field, "clock_skew", "E-24");
    let always = SamlSettings { reauthentication: Reauthentication::After(0), ..entra() };
    assert_eq!(only(&always).field, "reauthentication");
    let nobody = SamlSettings { subject: Some(SubjectKey::Claims(Vec::new())), ..entra() };
    assert_eq!(only(&nobody).field, "subject");
    for text in ["", "a\nb", &"a".repeat(81)] {
        let mut settings = entra();
        settings.button.text = Some(text.to_owned());
        assert_eq!(only(&settings).field, "button.text", "XC-28");
    }
    let settings =
        file("mapping.more.Bad-Name = \"a\"\nmapping.roles = [{ claim = \"g\", value = \"\", role = \"r\" }]");
    assert_eq!(fields(&settings.unwrap()), ["mapping.more", "mapping.roles[0]"]);
}

#[test]
fn an_unknown_setting_is_refused() {
    assert!(file("acs = \"x\"").unwrap_err().contains("unknown field `acs`"));
}

/// E-44: what an application lists has to be comparable with what comes.
#[test]
fn a_listed_deep_link_is_a_plain_path() {
    let listed =
        |entry: &str| ApplicationSettings { deep_links: vec![entry.to_owned()], ..ApplicationSettings::default() };
    for good in ["/", "/reports/", "/inbox"] {
        assert_eq!(listed(good).check_deep_links(), []);
    }
    for bad in ["https://app.example.com/", "//x", "/a?b", "/a/../b", "inbox", "/a b"] {
        assert_eq!(listed(bad).check_deep_links().len(), 1, "{bad}");
    }
}
