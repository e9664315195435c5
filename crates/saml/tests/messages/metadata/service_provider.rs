//! Metadata of service providers: written, and read.

use super::{certificates, reading};
use crate::support::{NEXT, SP, STRANGER, at, endpoint, entity};
use jiff::SignedDuration;
use vestibule_saml::binding::Signer;
use vestibule_saml::metadata::{
    AssertionConsumerService, EncryptionMethod, Endpoint, MetadataError, MetadataSignature, OtherRole, Reading,
    SpMetadata,
};
use vestibule_saml::types::{AcsUrl, Binding, MessageId, NameIdFormat};
use vestibule_xmlsec::Element;
use vestibule_xmlsec::algorithms::Algorithms;

fn ours() -> SpMetadata {
    let acs_url = AcsUrl::new("https://sp.example.org/sso/one/acs?a=1&b=2").expect("a URL");
    SpMetadata {
        valid_until: Some(at("2027-01-01T00:00:00Z")),
        cache_duration: Some(SignedDuration::from_hours(24)),
        authn_requests_signed: true,
        signing_certificates: vec![SP.certificate.clone(), NEXT.certificate.clone()],
        encryption_certificates: vec![SP.certificate.clone()],
        encryption_methods: EncryptionMethod::ours(),
        single_logout: vec![
            Endpoint::new(Binding::HTTP_REDIRECT, endpoint("https://sp.example.org/slo")),
            Endpoint {
                response_location: Some(endpoint("https://sp.example.org/slo/done")),
                ..Endpoint::new(Binding::HTTP_POST, endpoint("https://sp.example.org/slo"))
            },
        ],
        name_id_formats: vec![NameIdFormat::PERSISTENT, NameIdFormat::EMAIL_ADDRESS],
        display_name: Some("Vestibule <of> \"Example\" & Sons".to_owned()),
        ..SpMetadata::new(entity("https://sp.example.org"), &acs_url)
    }
}

#[test]
fn metadata_that_we_write_is_read_back_whole() {
    let mut metadata = ours();
    metadata.assertion_consumer_services.push(AssertionConsumerService {
        index: 7,
        is_default: false,
        location: endpoint("https://old.example.org/acs"),
    });
    assert_eq!(SpMetadata::parse(metadata.write().as_bytes(), &reading()), Ok(metadata));
}

#[test]
fn metadata_that_we_write_has_the_order_of_the_schema() {
    let xml = ours().write();
    let document =
        vestibule_xmlsec::Document::parse(xml.as_bytes(), &vestibule_xmlsec::Limits::ENTITY_METADATA).expect("XML");
    let role = document.root().children().next().expect("a role");
    let mut order: Vec<_> = role.children().map(Element::local).collect();
    order.dedup();
    assert_eq!(
        order,
        ["Extensions", "KeyDescriptor", "SingleLogoutService", "NameIDFormat", "AssertionConsumerService"]
    );
}

#[test]
fn signed_metadata_of_ours_verifies() {
    let metadata = ours();
    let id = MessageId::from_random([7; 16]);
    let xml = metadata.write_signed(&id, &Signer::new(&SP.key)).expect("a signature");
    let trusted = SP.trusted();
    let checking =
        Reading { signature: MetadataSignature::Check { keys: &trusted, algorithms: Algorithms::STRICT }, ..reading() };
    assert_eq!(SpMetadata::parse(xml.as_bytes(), &checking), Ok(metadata));
}

#[test]
fn metadata_of_a_service_provider_needs_a_place_for_responses() {
    let mut metadata = ours();
    metadata.assertion_consumer_services.clear();
    assert_eq!(
        SpMetadata::parse(metadata.write().as_bytes(), &reading()),
        Err(MetadataError::NoEndpoint {
            entity_id: entity("https://sp.example.org"),
            service: "AssertionConsumerService"
        })
    );
    let xml = ours().write().replace("index=\"0\"", "index=\"x\"");
    assert!(
        matches!(SpMetadata::parse(xml.as_bytes(), &reading()), Err(MetadataError::Index { got, .. }) if got == "x")
    );
    assert_eq!(
        SpMetadata::parse(shape!("entra-app").as_bytes(), &reading()),
        Err(MetadataError::NoSuchRole {
            entity_id: entity("https://sts.windows.net/11111111-2222-3333-4444-555555555555/"),
            want: "a service provider",
            got: OtherRole::IdentityProvider
        })
    );
}

#[test]
fn adfs_is_also_read_as_the_service_provider_that_it_is() {
    let metadata = SpMetadata::parse(shape!("adfs").as_bytes(), &reading()).expect("usable metadata");
    assert_eq!(metadata.assertion_consumer_services.len(), 1, "not the one for artifacts");
    assert_eq!(metadata.encryption_certificates, certificates([&STRANGER]));
    assert!(metadata.want_assertions_signed);
}

#[test]
fn a_signing_certificate_with_a_weak_key_refuses_the_whole() {
    let mut metadata = ours();
    let weak = include_bytes!("../../../../../vectors/keys/small.cert.pem");
    metadata.signing_certificates.extend(vestibule_xmlsec::keys::read_certificates(weak).expect("a certificate"));
    let refusal = SpMetadata::parse(metadata.write().as_bytes(), &reading());
    assert!(matches!(refusal, Err(MetadataError::UnusableKeys { .. })), "{refusal:?}");
}
