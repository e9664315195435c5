use super::*;
use crate::connection::Preset;
use crate::samples::{IDP, IDP_NEXT, ISSUER, LOGIN, certificate};

fn variables(cert: &str) -> Variables {
    [
        ("DOMAIN", "https://motion.corp.example"),
        ("XC_SAML_ENTRYPOINT", LOGIN),
        ("XC_SAML_CERT", cert),
        ("XC_SAML_ISSUER", "motion"),
        ("XC_SAML_LOGOUT_URL", LOGIN),
    ]
    .into_iter()
    .collect()
}

fn with(variable: &'static str, value: &str) -> Imported {
    let mut all: Vec<(&str, &str)> = vec![
        ("DOMAIN", "https://motion.corp.example"),
        ("XC_SAML_ENTRYPOINT", LOGIN),
        ("XC_SAML_CERT", IDP),
        ("XC_SAML_ISSUER", "motion"),
    ];
    all.retain(|(name, _)| *name != variable);
    all.push((variable, value));
    import(&all.into_iter().collect(), LoopbackHttp::Refuse)
}

/// XC-20, XC-21, XC-22, XC-23, XC-24: the five variables are a connection.
#[test]
fn the_five_variables_become_a_connection() {
    let Imported { settings, problems } = import(&variables(IDP), LoopbackHttp::Refuse);
    assert_eq!(problems, []);
    assert_eq!(settings.aliases[0].as_str(), "https://motion.corp.example/api/auth/saml/callback");
    assert_eq!(settings.answer_to, AnswerTo::FirstAlias, "the identity provider knows no other address");
    assert_eq!(settings.sign_on.as_ref().unwrap().url.as_str(), LOGIN);
    assert_eq!(settings.certificates, [certificate_text(&certificate(IDP))]);
    assert_eq!(settings.entity_id.as_ref().unwrap().as_str(), "motion", "their issuer is our entity ID");
    assert_eq!(settings.logout_url.as_ref().unwrap().as_str(), LOGIN);
    assert_eq!(settings.issuer.as_ref().unwrap().as_str(), ISSUER, "the tenant stands in the sign-on address");
    assert_eq!((settings.preset, settings.readiness()), (Preset::Entra, vec![]));
}

/// XC-32: the certificate on one line, however it was mangled.
#[test]
fn a_mangled_certificate_is_read() {
    let body: String = IDP.lines().filter(|line| !line.starts_with('-')).collect();
    let text = certificate_text(&certificate(IDP));
    for mangled in [
        body.clone(),
        format!("\"{body}\""),
        format!("'{}'", IDP.trim().replace('\n', "\\n")),
        IDP.replace('\n', "\r\n"),
        IDP.replace('\n', " "),
        IDP.replace('\n', ""),
        format!("\u{feff}\"{IDP}"),
        format!("{IDP}\"\n"),
    ] {
        let imported = import(&variables(&mangled), LoopbackHttp::Refuse);
        assert_eq!((imported.settings.certificates, imported.problems), (vec![text.clone()], vec![]), "{mangled}");
    }
    let file = format!("XC_SAML_CERT=\"{IDP}\"\nXC_SAML_ISSUER=motion\n");
    assert_eq!(import(&read(&file), LoopbackHttp::Refuse).settings.certificates, [text]);
    let both = import(&variables(&format!("{IDP}{IDP_NEXT}")), LoopbackHttp::Refuse);
    assert_eq!(both.settings.certificates.len(), 2);
}

/// XC-32: a problem names the variable, the byte and the fix.
#[test]
fn a_problem_names_the_variable_the_byte_and_the_fix() {
    let body: String = IDP.lines().filter(|line| !line.starts_with('-')).collect();
    let broken = format!("{}%{}", &body[..40], &body[40..]);
    let Imported { settings, problems } = with("XC_SAML_CERT", &broken);
    assert_eq!(settings.certificates, [""; 0]);
    assert_eq!((problems.len(), problems[0].variable, problems[0].byte), (1, "XC_SAML_CERT", Some(40)));
    assert!(problems[0].message.contains("copy it again"), "{}", problems[0]);

    let Imported { settings, problems } = with("XC_SAML_ENTRYPOINT", "\"https://idp.corp.example/a b\"");
    assert_eq!(settings.sign_on, None);
    assert_eq!((problems[0].variable, problems[0].byte), ("XC_SAML_ENTRYPOINT", Some(27)));
}

/// XC-33: a wildcard host is refused with the reason; XC-12: a bare address is taken.
#[test]
fn the_old_host_is_one_host() {
    let problems = with("DOMAIN", "https://*.corp.example").problems;
    assert!(problems[0].variable == "DOMAIN" && problems[0].message.contains("wildcard"), "{problems:?}");
    let taken = with("DOMAIN", "192.0.2.7/").settings.aliases;
    assert_eq!(taken[0].as_str(), "https://192.0.2.7/api/auth/saml/callback");
}

/// XC-23: the identity provider's issuer in the variable of ours is told apart; HY-21: so is another protocol.
#[test]
fn a_value_of_another_kind_is_named() {
    let Imported { settings, problems } = with("XC_SAML_ISSUER", ISSUER);
    assert_eq!((settings.entity_id, problems.len(), problems[0].variable), (None, 1, "XC_SAML_ISSUER"));
    let problems = with("XC_SAML_ENTRYPOINT", "https://login.microsoftonline.com/corp.example/wsfed").problems;
    assert!(problems[0].message.contains("the WS-Federation endpoint"), "{problems:?}");
}

/// XC-21: what stands in for Entra on a developer's machine is taken for it there, and nowhere else.
#[test]
fn a_stand_in_on_the_same_machine_is_read_as_entra() {
    let tenant = "11111111-2222-4333-8444-555555555555";
    let login = format!("http://entra.localhost:8400/{tenant}/saml2");
    let here: Variables = [("XC_SAML_ENTRYPOINT", &*login)].into_iter().collect();
    let settings = import(&here, LoopbackHttp::Allow).settings;
    let issuer = settings.issuer.as_ref().unwrap().as_str();
    assert_eq!((settings.preset, issuer), (Preset::Entra, &*format!("https://sts.windows.net/{tenant}/")));
    assert_eq!(import(&here, LoopbackHttp::Refuse).settings.issuer, None);
    let other: Variables = [("XC_SAML_ENTRYPOINT", "http://idp.localhost:8400/saml2")].into_iter().collect();
    assert_eq!(import(&other, LoopbackHttp::Allow).settings.preset, Preset::Generic);
}

#[test]
fn an_absent_variable_is_told_unless_it_is_optional() {
    let Imported { settings, problems } = import(&Variables::default(), LoopbackHttp::Refuse);
    let named: Vec<_> = problems.iter().map(|problem| problem.variable).collect();
    assert_eq!(named, ["DOMAIN", "XC_SAML_ENTRYPOINT", "XC_SAML_CERT", "XC_SAML_ISSUER"]);
    assert_eq!(settings, Preset::Generic.settings());
}
