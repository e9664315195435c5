//! What Entra takes of a request, and where it tells what it does not take (E-10 to E-21, E-26, the list of errors).

use jiff::SignedDuration;
use vestibule_mock_entra::keys;
use vestibule_mock_entra::service::{
    ConditionalAccess, DestinationCheck, Method, PassiveFailure, Person, RequestSignatures, SecondFactor,
    UnknownApplication,
};
use vestibule_saml::binding::Signer;
use vestibule_saml::sp::{Reason, entra::aadsts};
use vestibule_saml::types::{AcsUrl, AuthnContextClassRef, NameIdFormat};
use vestibule_xmlsec::algorithms::SignatureAlgorithm;

use crate::support::{ACME, ACME_APP, ADA, BASE, Judge, SP, World, ada, code, raw, start, url_of};

const ISSUER: &str = "<saml:Issuer>https://sso.test/sso/acme/metadata</saml:Issuer>";

/// Older than the others.
const EXPIRED: &str = include_str!("../../../../vectors/keys/idp-expired.cert.pem");

fn certificate(name: &str) -> String {
    if name == "idp-expired" {
        return EXPIRED.to_owned();
    }
    let der = keys::certificate(name);
    vestibule_mock_entra::text::base64(der.der())
}

/// The number in a response without an assertion.
fn told(world: &World, url: &str, person: &Person) -> (String, u32) {
    let delivery = world.entra.answer(url, person).unwrap();
    let judge = Judge { request: Some(vestibule_saml::sp::Expected::Unsolicited), ..Judge::default() };
    let refusal = world.judge(&delivery, &judge).unwrap_err();
    assert_eq!(refusal.reason, Reason::StatusNotSuccess, "{refusal:?}");
    (delivery.xml.clone(), aadsts(&delivery.xml).unwrap().number)
}

/// E-10.
#[test]
fn an_id_that_begins_with_a_digit_is_7500529() {
    let world = World::new();
    let url = raw(&format!("<samlp:AuthnRequest %>{ISSUER}</samlp:AuthnRequest>"));
    world.entra.answer(&url, &ada()).unwrap();
    let digit = format!(
        "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"1a\" Version=\"2.0\" \
         IssueInstant=\"2026-03-02T10:00:00Z\">{ISSUER}</samlp:AuthnRequest>"
    );
    assert_eq!(code(world.entra.answer(&raw(&digit), &ada())), 7_500_529);
}

/// E-10.
#[test]
fn the_id_comes_back_as_in_response_to() {
    let world = World::new();
    let delivery = world.entra.answer(&world.url(), &ada()).unwrap();
    let id = world.request(SP).id;
    assert_eq!(delivery.xml.matches(&format!("InResponseTo=\"{}\"", id.as_str())).count(), 2);
}

/// E-11.
#[test]
fn the_reply_url_is_one_of_those_that_are_registered() {
    let world = World::new();
    let mut request = world.request(SP);
    request.acs_url = AcsUrl::new("https://sso.test/other/acs").unwrap();
    assert_eq!(world.entra.answer(&url_of(&request), &ada()).unwrap().action, "https://sso.test/other/acs");
    request.acs_url = AcsUrl::new("https://sso.test/other/acs/").unwrap();
    assert_eq!(code(world.entra.answer(&url_of(&request), &ada())), 50011);
    let not_a_uri =
        raw(&format!("<samlp:AuthnRequest % AssertionConsumerServiceURL=\"acs\">{ISSUER}</samlp:AuthnRequest>"));
    assert_eq!(code(world.entra.answer(&not_a_uri, &ada())), 7_500_511);
    let none = raw(&format!("<samlp:AuthnRequest %>{ISSUER}</samlp:AuthnRequest>"));
    assert_eq!(world.entra.answer(&none, &ada()).unwrap().action, crate::support::ACS, "the first is the default");
}

/// E-11.
#[test]
fn what_entra_ignores_does_not_matter() {
    let world = World::new();
    let xml = format!(
        "<samlp:AuthnRequest % Destination=\"https://elsewhere.example/\" Consent=\"urn:x\" ProviderName=\"x\">{ISSUER}\
         <samlp:NameIDPolicy AllowCreate=\"false\"/><saml:Conditions/></samlp:AuthnRequest>"
    );
    world.entra.answer(&raw(&xml), &ada()).unwrap();
}

/// E-11.
#[test]
fn destination_and_age_are_looked_at_where_the_switches_say_so() {
    let world = World::new();
    world.app().change(|app| app.destination = DestinationCheck::Checked).unwrap();
    world.entra.answer(&world.url(), &ada()).unwrap();
    let elsewhere =
        raw(&format!("<samlp:AuthnRequest % Destination=\"https://elsewhere.example/\">{ISSUER}</samlp:AuthnRequest>"));
    assert_eq!(code(world.entra.answer(&elsewhere, &ada())), 75008);
    let url = world.url();
    world.pass(SignedDuration::from_hours(24));
    world.entra.answer(&url, &ada()).unwrap();
    world.app().change(|app| app.request_max_age_seconds = Some(600)).unwrap();
    assert_eq!(code(world.entra.answer(&url, &ada())), 76026);
}

/// E-12.
#[test]
fn a_subject_is_900236() {
    let world = World::new();
    let xml = format!(
        "<samlp:AuthnRequest %>{ISSUER}<saml:Subject><saml:NameID>x</saml:NameID></saml:Subject></samlp:AuthnRequest>"
    );
    assert_eq!(code(world.entra.answer(&raw(&xml), &ada())), 900_236);
}

/// E-12, E-26.
#[test]
fn scoping_that_entra_does_not_support_is_told_to_the_application() {
    let world = World::new();
    let scoping = |content: &str| raw(&format!("<samlp:AuthnRequest %>{ISSUER}{content}</samlp:AuthnRequest>"));
    world.entra.answer(&scoping("<samlp:Scoping/>"), &ada()).unwrap();
    for content in [
        "<samlp:Scoping ProxyCount=\"1\"/>",
        "<samlp:Scoping><samlp:RequesterID>x</samlp:RequesterID></samlp:Scoping>",
        "<samlp:Scoping><samlp:IDPList/></samlp:Scoping>",
    ] {
        let (xml, number) = told(&world, &scoping(content), &ada());
        assert_eq!(number, 90011);
        for part in [
            "status:Requester",
            "status:RequestUnsupported",
            "AADSTS75006: ",
            "AADSTS90011: ",
            "Trace ID: ",
            "Timestamp: ",
        ] {
            assert!(xml.contains(part), "{part} in {xml}");
        }
    }
}

/// E-13.
#[test]
fn the_issuer_is_an_identifier_or_the_application_id() {
    let world = World::new();
    let answer = |issuer: &str| world.entra.answer(&url_of(&world.request(issuer)), &ada());
    answer(SP).unwrap();
    answer(ACME_APP).unwrap();
    assert_eq!(code(answer(&format!("{SP}/"))), 700_016);
    let tenant = world.entra.tenant(ACME).unwrap();
    tenant.change(|tenant| tenant.unknown_application = UnknownApplication::Misconfigured).unwrap();
    assert_eq!(code(answer("https://unknown.example")), 650_056);
}

/// E-14.
#[test]
fn the_audience_is_the_issuer_with_spn_where_it_is_no_uri() {
    let world = World::new();
    for (issuer, audience) in [
        (SP, SP.to_owned()),
        (ACME_APP, format!("spn:{ACME_APP}")),
        ("vestibule", "spn:vestibule".to_owned()),
        ("spn:vestibule", "spn:vestibule".to_owned()),
    ] {
        let mut identifiers = vec![SP.to_owned(), issuer.to_owned()];
        identifiers.dedup();
        world.app().change(|app| app.identifiers = identifiers).unwrap();
        let delivery = world.entra.answer(&url_of(&world.request(issuer)), &ada()).unwrap();
        assert!(delivery.xml.contains(&format!("<Audience>{audience}</Audience>")), "{}", delivery.xml);
        let judge = Judge { sp: issuer, ..Judge::default() };
        world.judge(&delivery, &judge).unwrap();
    }
}

/// E-15.
#[test]
fn other_name_id_policies_are_75016() {
    let world = World::new();
    let mut request = world.request(SP);
    for format in [NameIdFormat::X509_SUBJECT_NAME, NameIdFormat::WINDOWS_DOMAIN_QUALIFIED_NAME, NameIdFormat::ENTITY] {
        request.name_id_format = Some(format);
        assert_eq!(code(world.entra.answer(&url_of(&request), &ada())), 75016);
    }
}

/// E-17.
#[test]
fn another_method_than_demanded_is_75011_with_both_lists() {
    let world = World::new();
    let tenant = world.entra.tenant(ACME).unwrap();
    tenant.change(|tenant| tenant.users[0].second_factor = SecondFactor::Always).unwrap();
    let mut request = world.request(SP);
    request.requested_authn_context = vec![AuthnContextClassRef::PASSWORD_PROTECTED_TRANSPORT];
    let person = ada().by(Method::X509).signed_in_since(start());
    let refusal = world.entra.answer(&url_of(&request), &person).unwrap_err();
    assert_eq!(refusal.code, 75011);
    assert!(
        refusal.text.contains("'X509, MultiFactor'") && refusal.text.contains("'Password, ProtectedTransport'"),
        "{refusal}"
    );
    request.force_authn = true;
    world.accept(&world.entra.answer(&url_of(&request), &person).unwrap());
    request.requested_authn_context.clear();
    request.force_authn = false;
    world.accept(&world.entra.answer(&url_of(&request), &person).unwrap());
}

/// E-17.
#[test]
fn the_listed_classes_are_met_by_their_methods() {
    use AuthnContextClassRef as Class;
    let world = World::new();
    let mut request = world.request(SP);
    for (method, classes) in [
        (Method::Password, vec![Class::PASSWORD_PROTECTED_TRANSPORT, Class::PASSWORD]),
        (Method::X509, vec![Class::X509, Class::TLS_CLIENT, Class::SMARTCARD]),
        (Method::Windows, vec![Class::WINDOWS, Class::KERBEROS]),
    ] {
        for class in classes {
            request.requested_authn_context = vec![class];
            world.entra.answer(&url_of(&request), &ada().by(method)).unwrap();
        }
    }
}

/// E-17.
#[test]
fn a_comparison_other_than_exact_is_told_to_the_application() {
    let world = World::new();
    let xml = format!(
        "<samlp:AuthnRequest %>{ISSUER}<samlp:RequestedAuthnContext Comparison=\"minimum\">\
         <saml:AuthnContextClassRef>urn:x</saml:AuthnContextClassRef></samlp:RequestedAuthnContext></samlp:AuthnRequest>"
    );
    assert_eq!(told(&world, &raw(&xml), &ada()).1, 90011);
}

/// E-18.
#[test]
fn a_passive_request_is_answered_from_a_session_or_not_at_all() {
    let world = World::new();
    let mut request = world.request(SP);
    request.is_passive = true;
    let url = url_of(&request);
    world.accept(&world.entra.answer(&url, &ada().signed_in_since(start())).unwrap());
    let (xml, number) = told(&world, &url, &ada());
    assert_eq!(number, 50058);
    assert!(xml.contains("status:NoPassive"), "{xml}");
    let tenant = world.entra.tenant(ACME).unwrap();
    tenant.change(|tenant| tenant.passive_failure = PassiveFailure::Page).unwrap();
    assert_eq!(code(world.entra.answer(&url, &ada())), 50058);
}

/// E-18.
#[test]
fn a_forced_request_is_answered_by_a_new_sign_in() {
    let world = World::new();
    let mut request = world.request(SP);
    let person = ada().signed_in_since(start());
    world.pass(SignedDuration::from_hours(1));
    request.issue_instant = world.now();
    let instant = |url: &str| world.accept(&world.entra.answer(url, &person).unwrap()).authn_instant;
    assert_eq!(instant(&url_of(&request)), start());
    request.force_authn = true;
    assert_eq!(instant(&url_of(&request)), world.now());
}

/// E-19.
#[test]
fn requests_come_by_redirect_or_post_and_answers_by_post_alone() {
    let world = World::new();
    let endpoint = format!("{BASE}/{ACME}/saml2");
    assert_eq!(code(world.entra.answer(&format!("{endpoint}?x=1"), &ada())), 750_054);
    let form = world.request(SP).post_form(None, None).unwrap();
    let value = form.fields[0].1.replace('+', "%2B");
    let delivery = world.entra.answer_post(&endpoint, &format!("SAMLRequest={value}"), &ada()).unwrap();
    world.accept(&delivery);
    let artifact = "ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact\"";
    let url = raw(&format!("<samlp:AuthnRequest % {artifact}>{ISSUER}</samlp:AuthnRequest>"));
    assert_eq!(code(world.entra.answer(&url, &ada())), 75003);
}

#[test]
fn messages_that_are_none_have_their_numbers() {
    let world = World::new();
    let answer = |url: &str| code(world.entra.answer(url, &ada()));
    let endpoint = format!("{BASE}/{ACME}/saml2");
    assert_eq!(answer(&format!("{endpoint}?SAMLRequest=%21")), 75005);
    assert_eq!(answer(&raw("<samlp:AuthnRequest")), 90107);
    assert_eq!(answer(&raw("<samlp:Other %/>")), 75005);
    assert_eq!(answer(&raw("<samlp:Response %/>").replace("SAMLRequest", "SAMLResponse")), 7_500_514);
    assert_eq!(answer(&format!("{endpoint}?SAMLRequest={}", "A".repeat(70_000))), 90015);
    let posted = world.entra.answer_post(&endpoint, "SAMLRequest=%21", &ada());
    assert_eq!(code(posted), 75001);
}

/// E-20.
#[test]
fn a_signed_request_is_demanded_in_the_place_of_its_binding() {
    let world = World::new();
    world
        .app()
        .change(|app| {
            app.request_signatures = RequestSignatures::Required;
            app.verification_certificates = vec![certificate("sp")];
        })
        .unwrap();
    assert_eq!(code(world.entra.answer(&world.url(), &ada())), 76021);
    let key = keys::signing_key("sp");
    let signer = Signer::new(&key);
    let url = world.request(SP).redirect_url(None, None, Some(&signer)).unwrap();
    world.accept(&world.entra.answer(&url, &ada()).unwrap());
    // The signature in the XML of a redirect is in the wrong place.
    let form = world.request(SP).post_form(None, Some(&signer)).unwrap();
    let xml = String::from_utf8(vestibule_mock_entra::text::unbase64(&form.fields[0].1)).unwrap();
    assert_eq!(code(world.entra.answer(&raw(&xml), &ada())), 76021);
    let body = format!("SAMLRequest={}", form.fields[0].1.replace('+', "%2B"));
    world.accept(&world.entra.answer_post(&format!("{BASE}/{ACME}/saml2"), &body, &ada()).unwrap());
    assert_eq!(code(world.entra.unsolicited(ACME, ACME_APP, &ada())), 76021, "no start at Entra any more");
}

/// E-20.
#[test]
fn the_signature_is_by_a_known_key_with_rsa_sha256() {
    let world = World::new();
    let set = |names: &[&str]| {
        let uploaded = names.iter().map(|name| certificate(name)).collect();
        world
            .app()
            .change(|app| {
                app.request_signatures = RequestSignatures::Required;
                app.verification_certificates = uploaded;
            })
            .unwrap();
    };
    let signed = |name: &str, algorithm: SignatureAlgorithm| {
        let key = keys::signing_key(name);
        let signer = Signer { algorithm, ..Signer::new(&key) };
        let url = world.request(SP).redirect_url(None, None, Some(&signer)).unwrap();
        world.entra.answer(&url, &ada())
    };
    set(&["sp", "sp-next"]);
    signed("sp", SignatureAlgorithm::RsaSha256).unwrap();
    signed("sp-next", SignatureAlgorithm::RsaSha256).unwrap();
    assert_eq!(code(signed("attacker", SignatureAlgorithm::RsaSha256)), 50006);
    assert_eq!(code(signed("sp", SignatureAlgorithm::RsaSha512)), 50006);
    // Without a hint, the two newest are tried.
    set(&["idp-expired", "sp", "sp-next"]);
    assert_eq!(code(signed("idp", SignatureAlgorithm::RsaSha256)), 50006);
}

/// E-20: a certificate or a KeyName beside the signature tells which of the uploaded certificates it is by, however old;
/// where it names none of them, none is tried.
#[test]
fn a_hint_in_the_signature_names_the_certificate() {
    let world = World::new();
    world
        .app()
        .change(|app| {
            app.request_signatures = RequestSignatures::Required;
            // The older one, behind the two newest.
            app.verification_certificates = ["idp-expired", "sp", "sp-next"].map(certificate).to_vec();
        })
        .unwrap();
    let old = vestibule_xmlsec::keys::read_certificates(EXPIRED.as_bytes()).unwrap().remove(0);
    let post = |name: &str, hint: &str| {
        let key = keys::signing_key(name);
        let form = world.request(SP).post_form(None, Some(&Signer::new(&key))).unwrap();
        let xml = String::from_utf8(vestibule_mock_entra::text::unbase64(&form.fields[0].1)).unwrap();
        // What stands in KeyInfo is not signed.
        let end = "</SignatureValue>";
        assert!(xml.contains(end), "{xml}");
        let hinted = xml.replace(end, &format!("{end}{hint}"));
        let body = format!("SAMLRequest={}", vestibule_mock_entra::text::base64(hinted.as_bytes()).replace('+', "%2B"));
        world.entra.answer_post(&format!("{BASE}/{ACME}/saml2"), &body, &ada())
    };
    let key_name = |name: &str| format!("<KeyInfo><KeyName>{name}</KeyName></KeyInfo>");
    let shown = |text: &str| {
        let lines: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
        format!("<KeyInfo><X509Data><X509Certificate>{lines}</X509Certificate></X509Data></KeyInfo>")
    };
    let by_thumbprint = key_name(&old.thumbprint_sha1());
    for hint in [&by_thumbprint, &key_name(old.subject()), &shown(EXPIRED)] {
        world.accept(&post("idp", hint).unwrap());
        assert_eq!(code(post("sp", hint)), 50006, "another key than the one that is named");
    }
    assert_eq!(code(post("idp", "")), 50006, "without a hint only the two newest are tried");
    for hint in [&key_name("elsewhere"), &shown(&certificate("attacker"))] {
        assert_eq!(code(post("sp", hint)), 50006, "no certificate of that name");
    }
    world.accept(&post("sp", "").unwrap());
}

/// E-21.
#[test]
fn a_signature_that_is_not_demanded_is_not_looked_at() {
    let world = World::new();
    let key = keys::signing_key("attacker");
    let url = world.request(SP).redirect_url(None, None, Some(&Signer::new(&key))).unwrap();
    world.accept(&world.entra.answer(&url, &ada()).unwrap());
}

#[test]
fn strangers_are_50034_and_people_of_other_tenants_50020() {
    let world = World::new();
    assert_eq!(code(world.entra.answer(&world.url(), &Person::new("nobody@acme.example"))), 50034);
    assert_eq!(code(world.entra.answer(&world.url(), &Person::new("dora@borealis.example"))), 50020);
}

#[test]
fn conditional_access_has_its_numbers() {
    let world = World::new();
    let set = |demand| world.app().change(|app| app.conditional_access = demand).unwrap();
    set(ConditionalAccess::Block);
    assert_eq!(code(world.entra.answer(&world.url(), &ada())), 53003);
    set(ConditionalAccess::SecondFactor);
    assert_eq!(code(world.entra.answer(&world.url(), &ada())), 50079);
    let tenant = world.entra.tenant(ACME).unwrap();
    tenant.change(|tenant| tenant.users[0].second_factor = SecondFactor::Registered).unwrap();
    let methods = crate::support::claim(&world.sign_in(), vestibule_saml::idp::claims::AUTHN_METHODS_REFERENCES);
    assert_eq!(methods[1], "http://schemas.microsoft.com/claims/multipleauthn");
    assert_eq!(tenant.get().user(ADA).unwrap().second_factor, SecondFactor::Registered);
}
