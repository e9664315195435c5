//! AuthnRequest: what we send, and what the identity provider's side takes.

use crate::support::{NEXT, SP, STRANGER, at, endpoint, entity, posted, visited};
use vestibule_saml::binding::{Field, MessageError, Received, RelayState, Signer};
use vestibule_saml::idp::{
    self, Comparison, DestinationRule, NameIdPolicy, Opening, RequestExpectation, RequestRefusal, RequestSignature,
    RequestedAuthnContext,
};
use vestibule_saml::metadata::{AssertionConsumerService, SpMetadata};
use vestibule_saml::sp::request::AuthnRequest;
use vestibule_saml::types::{AcsUrl, AuthnContextClassRef, Binding, EndpointUrl, NameIdFormat, NotABoolean, RequestId};
use vestibule_xmlsec::dsig::SignatureError;

const NOW: &str = "2026-01-01T12:00:00Z";
const SSO: &str = "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/saml2";
const ACS: &str = "https://sp.example.org/sso/one/acs";

fn request() -> AuthnRequest {
    AuthnRequest::new(
        RequestId::from_random([0xab; 16]),
        at(NOW),
        entity("https://sp.example.org"),
        endpoint(SSO),
        AcsUrl::new(ACS).expect("a URL"),
    )
}

fn registered() -> SpMetadata {
    let mut sp = SpMetadata::new(entity("https://sp.example.org"), &AcsUrl::new(ACS).expect("a URL"));
    sp.signing_certificates = vec![NEXT.certificate.clone(), SP.certificate.clone()];
    sp
}

fn destinations() -> Vec<EndpointUrl> {
    vec![endpoint(SSO)]
}

fn check_with(
    received: &Received,
    change: impl FnOnce(&mut RequestExpectation<'_>),
) -> Result<idp::AuthnRequest, RequestRefusal> {
    let (sp, destinations) = (registered(), destinations());
    let mut expect = RequestExpectation::new(&sp, &destinations, at(NOW));
    change(&mut expect);
    Opening::read(received)?.check(&expect)
}

fn check(received: &Received) -> Result<idp::AuthnRequest, RequestRefusal> {
    check_with(received, |_| {})
}

/// An unsigned request by HTTP-Redirect whose XML is changed on the way.
fn changed(from: &str, to: &str) -> Received {
    let mut received = visited(&request().redirect_url(None, None, None).expect("no signature"));
    let xml = String::from_utf8(received.xml).expect("our own XML");
    assert!(xml.contains(from), "{from} in {xml}");
    received.xml = xml.replace(from, to).into_bytes();
    received
}

fn refusal(from: &str, to: &str) -> RequestRefusal {
    check(&changed(from, to)).expect_err("a request to be refused")
}

#[test]
fn a_request_is_what_entra_takes() {
    let request = AuthnRequest {
        name_id_format: Some(NameIdFormat::PERSISTENT),
        force_authn: true,
        requested_authn_context: vec![AuthnContextClassRef::PASSWORD],
        ..request()
    };
    assert_eq!(
        request.xml(),
        "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_abababababababababababababababab\" Version=\"2.0\" \
         IssueInstant=\"2026-01-01T12:00:00.000Z\" \
         Destination=\"https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/saml2\" \
         ForceAuthn=\"true\" AssertionConsumerServiceURL=\"https://sp.example.org/sso/one/acs\" \
         ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\">\
         <saml:Issuer>https://sp.example.org</saml:Issuer>\
         <samlp:NameIDPolicy Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\" AllowCreate=\"true\"/>\
         <samlp:RequestedAuthnContext Comparison=\"exact\"><saml:AuthnContextClassRef>\
         urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>\
         </samlp:AuthnRequest>"
    );
}

#[test]
fn nothing_is_demanded_by_default() {
    let xml = request().xml();
    for absent in
        ["NameIDPolicy", "RequestedAuthnContext", "ForceAuthn", "IsPassive", "Subject", "Scoping", "Conditions"]
    {
        assert!(!xml.contains(absent), "{absent}");
    }
}

#[test]
fn a_request_is_read_back_by_the_identity_provider() {
    let sent = AuthnRequest {
        name_id_format: Some(NameIdFormat::TRANSIENT),
        is_passive: true,
        requested_authn_context: vec![AuthnContextClassRef::PASSWORD, AuthnContextClassRef::X509],
        ..request()
    };
    let wanted = idp::AuthnRequest {
        id: sent.id.clone(),
        issue_instant: sent.issue_instant,
        issuer: sent.issuer.clone(),
        acs_url: endpoint(ACS),
        name_id_policy: Some(NameIdPolicy {
            format: Some(NameIdFormat::TRANSIENT),
            sp_name_qualifier: None,
            allow_create: true,
        }),
        force_authn: false,
        is_passive: true,
        requested_authn_context: Some(RequestedAuthnContext {
            comparison: Comparison::Exact,
            classes: sent.requested_authn_context.clone(),
        }),
        signature_verified: false,
    };
    let relay_state = RelayState::new("attempt").expect("short");
    let received = visited(&sent.redirect_url(Some(&relay_state), None, None).expect("no signature"));
    assert_eq!(received.our_relay_state(), Some(relay_state.clone()));
    assert_eq!(Opening::read(&received).expect("a request").issuer(), &sent.issuer);
    assert_eq!(check(&received), Ok(wanted.clone()));

    let signer = Signer::new(&SP.key);
    let wanted = idp::AuthnRequest { signature_verified: true, ..wanted };
    let received = visited(&sent.redirect_url(Some(&relay_state), None, Some(&signer)).expect("a signature"));
    assert_eq!(check(&received), Ok(wanted.clone()));
    let received = posted(&sent.post_form(Some(&relay_state), Some(&signer)).expect("a signature"));
    assert_eq!(check(&received), Ok(wanted));
}

/// E-12.
#[test]
fn a_login_hint_stands_behind_the_signature_and_changes_nothing_in_it() {
    let signer = Signer::new(&SP.key);
    let with = request().redirect_url(None, Some("a+b@example.org"), Some(&signer)).expect("a signature");
    let without = request().redirect_url(None, None, Some(&signer)).expect("a signature");
    assert_eq!(with, format!("{without}&login_hint=a%2Bb%40example.org"));
    assert!(check(&visited(&with)).is_ok_and(|request| request.signature_verified));
}

#[test]
fn a_signature_that_does_not_hold_is_refused_wherever_it_stands() {
    let stranger = Signer::new(&STRANGER.key);
    let wanted = Err(RequestRefusal::Message(MessageError::Signature(SignatureError::NoKeyMatches { tried: 2 })));
    let redirect = visited(&request().redirect_url(None, None, Some(&stranger)).expect("a signature"));
    assert_eq!(check(&redirect), wanted);
    let post = posted(&request().post_form(None, Some(&stranger)).expect("a signature"));
    assert_eq!(check(&post), wanted);

    let url = request().redirect_url(None, None, Some(&Signer::new(&SP.key))).expect("a signature");
    let moved = visited(&url.replace("&SigAlg", "&RelayState=added&SigAlg"));
    assert_eq!(check(&moved), wanted);
}

#[test]
fn a_signature_in_the_wrong_place_for_the_binding_is_refused() {
    let mut post = posted(&request().post_form(None, Some(&Signer::new(&SP.key))).expect("a signature"));
    post.carrier = visited(&request().redirect_url(None, None, None).expect("no signature")).carrier;
    assert_eq!(check(&post), Err(RequestRefusal::Message(MessageError::EnvelopedInRedirect)));
}

#[test]
fn a_demanded_signature_may_not_be_absent() {
    let unsigned = posted(&request().post_form(None, None).expect("no signature"));
    let required = |expect: &mut RequestExpectation<'_>| expect.signature = RequestSignature::Required;
    assert_eq!(check_with(&unsigned, required), Err(RequestRefusal::Message(MessageError::Unsigned)));

    // The service provider says in its metadata that it signs.
    let (mut sp, destinations) = (registered(), destinations());
    sp.authn_requests_signed = true;
    let expect = RequestExpectation::new(&sp, &destinations, at(NOW));
    assert_eq!(
        Opening::read(&unsigned).and_then(|opening| opening.check(&expect)),
        Err(RequestRefusal::Message(MessageError::Unsigned))
    );
    sp.signing_certificates.clear();
    let signed = posted(&request().post_form(None, Some(&Signer::new(&SP.key))).expect("a signature"));
    let expect = RequestExpectation::new(&sp, &destinations, at(NOW));
    assert_eq!(
        Opening::read(&signed).and_then(|opening| opening.check(&expect)),
        Err(RequestRefusal::NoKey { sp: sp.entity_id.clone() })
    );
}

/// E-21.
#[test]
fn a_signature_that_is_not_demanded_may_go_unread() {
    let stranger = posted(&request().post_form(None, Some(&Signer::new(&STRANGER.key))).expect("a signature"));
    let ignoring = |expect: &mut RequestExpectation<'_>| expect.signature = RequestSignature::Ignore;
    assert!(check_with(&stranger, ignoring).is_ok_and(|request| !request.signature_verified));
}

/// E-13.
#[test]
fn a_request_of_somebody_else_is_refused() {
    assert_eq!(
        refusal(">https://sp.example.org<", ">https://sp.example.org/<"),
        RequestRefusal::Issuer { got: entity("https://sp.example.org/"), want: entity("https://sp.example.org") }
    );
}

/// E-11.
#[test]
fn the_answer_goes_to_a_registered_address_only() {
    for got in ["https://sp.example.org/sso/one/acs/", "https://sp.example.org/sso/one/ac", "https://evil.example/"] {
        assert_eq!(
            refusal(ACS, got),
            RequestRefusal::AcsUrl { got: got.to_owned(), sp: entity("https://sp.example.org") }
        );
    }
    let by_index = |index: &str| {
        changed(
            &format!("AssertionConsumerServiceURL=\"{ACS}\""),
            &format!("AssertionConsumerServiceIndex=\"{index}\""),
        )
    };
    assert_eq!(check(&by_index("0")).map(|request| request.acs_url), Ok(endpoint(ACS)));
    for got in ["1", "-0", "x"] {
        assert_eq!(
            check(&by_index(got)),
            Err(RequestRefusal::AcsIndex { got: got.to_owned(), sp: entity("https://sp.example.org") })
        );
    }
    assert_eq!(
        refusal("AssertionConsumerServiceURL", "AssertionConsumerServiceIndex=\"0\" AssertionConsumerServiceURL"),
        RequestRefusal::AcsTwice
    );
}

#[test]
fn a_request_that_names_no_address_is_answered_at_the_default_one() {
    let mut sp = registered();
    sp.assertion_consumer_services.insert(
        0,
        AssertionConsumerService { index: 3, is_default: false, location: endpoint("https://sp.example.org/other") },
    );
    let destinations = destinations();
    let expect = RequestExpectation::new(&sp, &destinations, at(NOW));
    let received = changed(&format!(" AssertionConsumerServiceURL=\"{ACS}\""), "");
    let request = Opening::read(&received).and_then(|opening| opening.check(&expect));
    assert_eq!(request.map(|request| request.acs_url), Ok(endpoint(ACS)));
}

/// E-19.
#[test]
fn the_answer_is_given_by_post_only() {
    assert_eq!(refusal("HTTP-POST", "HTTP-Artifact"), RequestRefusal::ProtocolBinding { got: Binding::HTTP_ARTIFACT });
}

#[test]
fn the_destination_is_ours_and_may_be_absent_only_without_signature() {
    let absent = format!(" Destination=\"{SSO}\"");
    assert!(check(&changed(&absent, "")).is_ok());
    let other = refusal(SSO, "https://login.microsoftonline.com/common/saml2");
    let got = Some("https://login.microsoftonline.com/common/saml2".to_owned());
    assert_eq!(other, RequestRefusal::Message(MessageError::Destination { got }));
    let entra = |expect: &mut RequestExpectation<'_>| expect.destination = DestinationRule::Ignore;
    assert!(check_with(&changed(SSO, "https://elsewhere.example/"), entra).is_ok());

    let signer = Signer::new(&SP.key);
    let xml = request().xml().replace(&absent, "");
    let received = visited(&signer.query(Field::SamlRequest, &xml, None).expect("a signature"));
    assert_eq!(check(&received), Err(RequestRefusal::Message(MessageError::Destination { got: None })));
}

#[test]
fn a_request_from_the_future_or_of_long_ago_is_refused() {
    assert!(check(&changed("T12:00:00.000Z", "T12:02:00.000Z")).is_ok());
    assert_eq!(
        refusal("T12:00:00.000Z", "T12:02:00.001Z"),
        RequestRefusal::Message(MessageError::FromTheFuture { got: at("2026-01-01T12:02:00.001Z"), now: at(NOW) })
    );
    let bounded = |expect: &mut RequestExpectation<'_>| expect.max_age = Some(jiff::SignedDuration::from_mins(5));
    assert!(check_with(&changed("T12:00:00.000Z", "T11:53:00.000Z"), bounded).is_ok());
    assert_eq!(
        check_with(&changed("T12:00:00.000Z", "T11:52:59.999Z"), bounded),
        Err(RequestRefusal::TooOld { got: at("2026-01-01T11:52:59.999Z"), now: at(NOW) })
    );
    assert!(check(&changed("2026-01-01T12:00:00.000Z", "2020-01-01T12:00:00.000Z")).is_ok());
}

/// E-12.
#[test]
fn a_request_that_names_its_subject_is_refused() {
    let subject = "</saml:Issuer><saml:Subject><saml:NameID>a</saml:NameID></saml:Subject>";
    assert_eq!(refusal("</saml:Issuer>", subject), RequestRefusal::SubjectUnsupported);
}

#[test]
fn values_of_a_request_are_strict() {
    assert_eq!(
        refusal("ProtocolBinding", "ForceAuthn=\"yes\" ProtocolBinding"),
        RequestRefusal::Flag(NotABoolean { attribute: "ForceAuthn", got: "yes".to_owned() })
    );
    let after_issuer = |xml: &str| refusal("</saml:Issuer>", &format!("</saml:Issuer>{xml}"));
    assert_eq!(
        after_issuer("<samlp:RequestedAuthnContext Comparison=\"Exact\"/>"),
        RequestRefusal::Comparison { got: "Exact".to_owned() }
    );
    assert_eq!(after_issuer("<samlp:RequestedAuthnContext/>"), RequestRefusal::NoAuthnContextClass);
    assert!(matches!(after_issuer("<samlp:Unknown/>"), RequestRefusal::Message(MessageError::Read(_))));
    assert!(matches!(refusal("Version=\"2.0\"", "Version=\"2.1\""), RequestRefusal::Message(MessageError::Read(_))));
    assert!(matches!(refusal("ID=\"_ab", "ID=\"1_ab"), RequestRefusal::Message(MessageError::Id(_))));
    assert!(matches!(
        refusal("https://sp.example.org</saml:I", "https://sp.example.org<!---->.evil</saml:I"),
        RequestRefusal::Message(MessageError::Read(_))
    ));
}

#[test]
fn a_request_in_the_wrong_field_or_of_another_kind_is_refused() {
    let mut received = changed("", "");
    received.field = Field::SamlResponse;
    assert_eq!(
        check(&received),
        Err(RequestRefusal::Message(MessageError::Field { got: Field::SamlResponse, want: Field::SamlRequest }))
    );
    assert_eq!(
        refusal("samlp:AuthnRequest", "samlp:LogoutRequest"),
        RequestRefusal::Message(MessageError::Root {
            got: "LogoutRequest".to_owned(),
            namespace: "urn:oasis:names:tc:SAML:2.0:protocol".to_owned(),
            want: "AuthnRequest"
        })
    );
}
