//! Seeds of `accept`: the same person signed in every way, and a stranger's ways in.

use vestibule_mock_entra::{Entra, Seal};
use vestibule_saml::binding::{Field, redirect};
use vestibule_xmlsec::algorithms::{DigestAlgorithm, SignatureAlgorithm};
use vestibule_xmlsec::c14n::Method;
use vestibule_xmlsec::enc::{ContentAlgorithm, KeyTransport};

use super::decrypting::encrypt;
use super::{Seed, between, swap};

pub(crate) fn seeds() -> Vec<Seed> {
    let good = Entra::default().signed();
    let mut seeds: Vec<Seed> = vec![("plain", "accepted.xml".to_owned(), good.clone().into_bytes())];
    let mut add = |name: &str, xml: String| seeds.push(("corpus/accept", format!("{name}.xml"), xml.into_bytes()));
    for (name, xml) in accepted() {
        add(&format!("accepted-{name}"), xml);
    }
    for (name, xml) in refused(&good) {
        add(&format!("refused-{name}"), xml);
    }
    let query = redirect::query(Field::SamlResponse, &Entra::default().xml(), None);
    seeds.push(("corpus/redirect_decode", "response.txt".to_owned(), query.into_bytes()));
    seeds
}

fn accepted() -> Vec<(&'static str, String)> {
    let plain = Entra::default();
    let xml = plain.xml();
    let seal = Seal::default;
    let with_method = |method: Method| Seal { canonicalization: method.into(), ..seal() };
    let transport = KeyTransport::RsaOaepMgf1p { digest: DigestAlgorithm::Sha1 };
    let sealed = |xml: &str| {
        let assertion = between(xml, "<Assertion", "</Assertion>");
        let data = encrypt("sp", ContentAlgorithm::Aes256Gcm, transport, assertion);
        swap(
            xml,
            assertion,
            &format!(
                r#"<EncryptedAssertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion">{data}</EncryptedAssertion>"#
            ),
        )
    };
    vec![
        ("assertion-signed", plain.signed()),
        ("response-signed", plain.response_signed()),
        ("both-signed", plain.both_signed()),
        ("pretty", Seal { pretty: true, wrap: Some(64), prefix: "ds", ..seal() }.assertion(&xml)),
        ("inclusive", with_method(Method::Inclusive10).assertion(&xml)),
        ("inclusive-11", with_method(Method::Inclusive11).response(&xml)),
        ("ecdsa", Seal::with_key("p256", SignatureAlgorithm::EcdsaSha256).assertion(&xml)),
        ("pss", Seal::with_key("idp", SignatureAlgorithm::RsaPssSha256).assertion(&xml)),
        ("encrypted", sealed(&plain.signed())),
        ("encrypted-response-signed", seal().response(&sealed(&xml))),
    ]
}

fn refused(good: &str) -> Vec<(&'static str, String)> {
    let signature = between(good, "<Signature", "</Signature>");
    let assertion = between(good, "<Assertion", "</Assertion>");
    let bare = assertion.replace(signature, "");
    let evil = swap(&bare, "user@example.com", "admin@example.com");
    let evil = swap(&evil, "ID=\"", "ID=\"_evil");
    let around = |inner: &str| evil.replacen("</Issuer>", &format!("</Issuer>{inner}"), 1);
    let in_object = format!("{}<Object>{bare}</Object></Signature>", signature.trim_end_matches("</Signature>"));
    let now = |change: fn(&mut Entra)| Entra::with(change).signed();
    vec![
        ("unsigned", Entra::default().xml()),
        ("changed", swap(good, "user@example.com", "admin@example.com")),
        ("comment-in-name", swap(good, "user@example.com", "user@example.com<!---->.evil.example")),
        ("attacker-key", Seal::with_key("attacker", SignatureAlgorithm::RsaSha256).assertion(&Entra::default().xml())),
        ("xsw-1-before", swap(good, assertion, &format!("{evil}{assertion}"))),
        ("xsw-2-behind", swap(good, assertion, &format!("{assertion}{evil}"))),
        ("xsw-3-inside", swap(good, assertion, &around(assertion))),
        ("xsw-4-object", swap(good, assertion, &around(&in_object))),
        ("xsw-7-extensions", swap(good, assertion, &format!("<samlp:Extensions>{assertion}</samlp:Extensions>{evil}"))),
        ("same-id", swap(good, assertion, &format!("{}{assertion}", evil.replace("_evil", "")))),
        ("doctype", format!("<!DOCTYPE a [<!ENTITY b 'c'>]>{good}")),
        ("entity", swap(good, "user@example.com", "&user;@example.com")),
        ("instruction", swap(good, assertion, &format!("<?a?>{assertion}"))),
        ("cdata", swap(good, "user@example.com", "<![CDATA[user@example.com]]>")),
        ("other-audience", now(|e| e.audiences = vec!["https://other.example/".into()])),
        ("no-audience", now(|e| e.audiences.clear())),
        ("other-recipient", now(|e| e.recipient = Some("https://other.example/acs".into()))),
        ("other-request", now(|e| e.confirmation_in_response_to = Some("_other".into()))),
        ("expired", now(|e| e.not_on_or_after = Some("2026-03-02T09:50:00Z".into()))),
        ("early", now(|e| e.not_before = Some("2026-03-02T11:00:00Z".into()))),
        ("other-issuer", now(|e| e.issuer = "https://evil.example/".into())),
        ("sender-vouches", now(|e| e.method = "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches".into())),
        ("unknown-condition", now(|e| e.more_conditions = "<OneTimeUse/><x:Odd xmlns:x=\"urn:x\"/>".into())),
        ("bad-time", now(|e| e.authn_instant = "2026-02-30T00:00:00Z".into())),
        ("failure", swap(good, "status:Success", "status:Responder")),
        ("saml-1", swap(good, "urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.1:protocol")),
    ]
}
