//! `vestibule metadata` and `vestibule certificate`.

use std::fs;

use serde_json::Value;

use crate::support::{ISSUER, entity, group, key, vestibule};

const AT: [&str; 2] = ["--at", "2026-03-02T10:00:30Z"];

fn metadata(xml: &str) -> crate::support::Vestibule {
    vestibule(&["metadata", "-"]).stdin(xml).with(&AT)
}

fn json(run: &crate::support::Run) -> Value {
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn metadata_shows_endpoints_and_certificates_with_their_thumbprints() {
    let xml = entity(ISSUER, &["idp.cert.pem", "idp-expired.cert.pem", "small.cert.pem"], "");
    let run = metadata(&xml).run();
    assert_eq!(run.status, 0);
    let certificates = fs::read(key("idp.cert.pem")).unwrap();
    let thumbprint = vestibule_xmlsec::keys::read_certificates(&certificates).unwrap()[0].thumbprint_sha1();
    for wanted in [
        ISSUER,
        "sign-in, Redirect",
        "https://login.example.com/saml2",
        &thumbprint,
        "SHA-256",
        "■",
        "expired",
        "not taken",
    ] {
        assert!(run.stdout.contains(wanted), "{wanted}: {}", run.stdout);
    }
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{}", run.stdout);

    let shape = json(&metadata(&xml).with(&["--format", "json"]).run());
    let idp = &shape["identity_provider"];
    assert_eq!((&shape["version"], &idp["entity_id"]), (&Value::from(1), &Value::from(ISSUER)));
    assert_eq!(idp["signing_certificates"][0]["thumbprint_sha1"], Value::from(thumbprint));
    assert_eq!(idp["signing_certificates"][0]["validity"], "valid");
    assert_eq!(idp["signing_certificates"][1]["validity"], "expired");
    assert!(idp["refused_certificates"][0]["key_refused"].is_string());
    assert_eq!(idp["single_sign_on"][0]["binding"], "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect");
}

#[test]
fn expired_metadata_is_shown_and_told() {
    let run = metadata(&entity(ISSUER, &["idp.cert.pem"], "validUntil='2026-01-01T00:00:00Z'")).run();
    assert_eq!(run.status, 0);
    assert!(run.stdout.contains("2026-01-01T00:00:00Z, expired"), "{}", run.stdout);
}

#[test]
fn a_flaw_that_no_sign_in_hangs_on_is_passed_over_and_told() {
    let xml = entity(ISSUER, &["idp.cert.pem"], "cacheDuration='3600'");
    let run = metadata(&xml).run();
    assert_eq!(run.status, 0);
    assert!(run.stdout.contains("▲ freshness: ") && run.stdout.contains("\"3600\""), "{}", run.stdout);
    let shape = json(&metadata(&xml).with(&["--format", "json"]).run());
    let passed_over = &shape["identity_provider"]["passed_over"];
    assert_eq!((&passed_over[0]["part"], &passed_over[1]), (&Value::from("cache_duration"), &Value::Null));
    assert!(passed_over[0]["reason"].as_str().is_some_and(|it| it.contains("\"3600\"")), "{passed_over}");
}

#[test]
fn a_group_is_listed_until_one_is_picked() {
    let xml =
        group(&[entity("https://a.example.com", &["idp-next.cert.pem"], ""), entity(ISSUER, &["idp.cert.pem"], "")]);
    let listed = json(&metadata(&xml).with(&["--format", "json"]).run());
    assert_eq!((listed["entities"].as_array().map(Vec::len), &listed["identity_provider"]), (Some(2), &Value::Null));
    let text = metadata(&xml).run().stdout;
    assert!(text.contains("2 entities") && text.contains("--idp-entity-id"), "{text}");
    let picked = json(&metadata(&xml).with(&["--format", "json", "--idp-entity-id", ISSUER]).run());
    assert_eq!(picked["identity_provider"]["entity_id"], ISSUER);
    let unknown = metadata(&xml).with(&["--idp-entity-id", "https://c.example.com"]).run();
    assert_eq!(unknown.status, 2);
}

#[test]
fn what_is_no_metadata_is_told_by_name() {
    for (text, wanted) in [
        ("<!DOCTYPE html><html>", "a web page"),
        ("{\"jwks_uri\":\"x\"}", "OpenID Connect"),
        ("https://login.example.com/metadata.xml", "an address"),
        ("<a>", "line 1"),
    ] {
        let run = metadata(text).with(&["--format", "json"]).run();
        assert!(run.error().contains(wanted), "{}", run.stdout);
    }
    // One entity may have 1 MiB, however it is asked for.
    let long = entity(ISSUER, &["idp.cert.pem"], &" ".repeat(1024 * 1024));
    for pick in [&[][..], &["--idp-entity-id", ISSUER]] {
        assert_eq!(metadata(&long).with(pick).run().status, 2);
    }
}

/// MX-14, XC-32.
#[test]
fn certificates_are_shown_however_they_were_pasted() {
    let pem = fs::read_to_string(key("idp.cert.pem")).unwrap();
    let bare: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let run = |text: &str| vestibule(&["certificate", "-"]).stdin(text).with(&AT).with(&["--format", "json"]).run();
    let shown = json(&run(&pem));
    assert_eq!(shown["certificates"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&shown["certificates"][0]["validity"], &shown["certificates"][0]["key"]),
        (&Value::from("valid"), &Value::from("RSA 2048"))
    );
    for text in [
        bare.clone(),
        format!("\"{bare}\""),
        pem.replace('\n', "\\n"),
        format!("\u{feff}{}", pem.replace('\n', "\r\n")),
    ] {
        assert_eq!(json(&run(&text)), shown);
    }
    let two = format!("{pem}{}", fs::read_to_string(key("p256.cert.pem")).unwrap());
    assert_eq!(json(&run(&two))["certificates"][1]["key"], "EC P-256");
}

#[test]
fn an_expired_certificate_is_shown_and_told() {
    let run = vestibule(&["certificate", &key("idp-expired.cert.pem")]).with(&AT).run();
    assert_eq!(run.status, 0);
    assert!(run.stdout.contains("■") && run.stdout.contains("expired"), "{}", run.stdout);
}

/// XC-32.
#[test]
fn a_certificate_with_a_wrong_character_is_refused_with_its_place() {
    let pem = fs::read_to_string(key("idp.cert.pem")).unwrap();
    let broken = pem.replacen("MII", "M*I", 1);
    let run = vestibule(&["certificate", "-"]).stdin(broken).run();
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("line 2, column 2"), "{}", run.stderr);
    let key = vestibule(&["certificate", &key("idp.key.pem")]).run();
    assert!(key.status == 2 && key.stderr.contains("a secret"), "{}", key.stderr);
}
