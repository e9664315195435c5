//! Metadata as identity providers write it.

use super::{certificates, read, reading, refusal};
use crate::support::{IDP, NEXT, at, endpoint, entity};
use jiff::{SignedDuration, Timestamp};
use vestibule_saml::metadata::{Endpoint, IdpMetadata, MetadataError, Reading};
use vestibule_saml::types::{Binding, LoopbackHttp, NameIdFormat, UrlError};

/// E-52.
#[test]
fn metadata_of_an_entra_application_is_read_behind_its_bom_and_beside_ws_federation() {
    let xml = shape!("entra-app");
    assert!(xml.starts_with('\u{feff}'));
    let metadata = read(&xml);
    let saml2 = "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/saml2";
    assert_eq!(metadata.entity_id, entity("https://sts.windows.net/11111111-2222-3333-4444-555555555555/"));
    assert_eq!(metadata.signing_certificates, certificates([&IDP]), "not the key of the WS-Federation role");
    assert_eq!(
        metadata.single_sign_on,
        [Endpoint::new(Binding::HTTP_REDIRECT, endpoint(saml2)), Endpoint::new(Binding::HTTP_POST, endpoint(saml2))]
    );
    assert_eq!(metadata.single_logout, [Endpoint::new(Binding::HTTP_REDIRECT, endpoint(saml2))]);
    assert_eq!(metadata.name_id_formats, []);
    assert!(!metadata.want_authn_requests_signed);
    assert_eq!(metadata.trusted_keys().expect("keys").len(), 1);
}

#[test]
fn several_signing_keys_of_a_tenant_are_taken_each_once() {
    let metadata = read(&shape!("entra-tenant"));
    assert_eq!(metadata.signing_certificates, certificates([&IDP, &NEXT]));
    assert_eq!(metadata.trusted_keys().expect("keys").len(), 2);
    assert!(metadata.single_sign_on(&Binding::HTTP_POST).is_none());
}

#[test]
fn adfs_is_read_as_the_identity_provider_that_it_is_beside_its_other_roles() {
    let metadata = read(&shape!("adfs"));
    assert_eq!(metadata.entity_id, entity("http://adfs.example.com/adfs/services/trust"));
    assert_eq!(metadata.signing_certificates, certificates([&IDP]));
    assert_eq!(metadata.encryption_certificates, certificates([&NEXT]));
    assert_eq!(metadata.single_logout.len(), 2);
    assert_eq!(
        metadata.name_id_formats,
        [NameIdFormat::EMAIL_ADDRESS, NameIdFormat::PERSISTENT, NameIdFormat::TRANSIENT]
    );
}

#[test]
fn okta_is_read_with_its_certificate_on_several_lines() {
    let metadata = read(&shape!("okta"));
    assert_eq!(metadata.signing_certificates, certificates([&IDP]));
    assert_eq!(metadata.name_id_formats, [NameIdFormat::UNSPECIFIED, NameIdFormat::EMAIL_ADDRESS]);
    assert_eq!(metadata.single_logout, []);
}

#[test]
fn google_is_read_with_the_query_in_its_address_until_it_expires() {
    let xml = shape!("google");
    let metadata = read(&xml);
    let expected = "https://accounts.google.com/o/saml2/idp?idpid=C01abc234";
    assert_eq!(metadata.single_sign_on(&Binding::HTTP_REDIRECT).map(|it| it.location.as_str()), Some(expected));
    let valid_until = at("2030-01-02T03:04:05Z");
    assert_eq!(metadata.valid_until, Some(valid_until));
    let refusal = IdpMetadata::parse(xml.as_bytes(), &Reading::at(valid_until)).expect_err("it has expired");
    assert_eq!(refusal, MetadataError::Expired { got: valid_until, now: valid_until });
}

#[test]
fn shibboleth_is_read_with_its_name_and_without_endpoints_of_other_bindings() {
    let metadata = read(&shape!("shibboleth"));
    assert_eq!(metadata.display_name.as_deref(), Some("Example University"));
    assert_eq!(metadata.signing_certificates, certificates([&IDP, &NEXT]));
    assert_eq!(metadata.encryption_certificates, certificates([&NEXT]));
    let bindings: Vec<_> = metadata.single_sign_on.iter().map(|endpoint| endpoint.binding.clone()).collect();
    assert_eq!(bindings, [Binding::HTTP_POST, Binding::HTTP_REDIRECT]);
    assert_eq!(metadata.single_logout, [], "SOAP only, and one in a comment");
}

#[test]
fn a24_4_simplesamlphp_on_loopback_is_read_only_where_http_is_allowed_there() {
    let xml = shape!("simplesamlphp");
    let refused = "http://127.0.0.1:8080/simplesaml/saml2/idp/SSOService.php".to_owned();
    let MetadataError::Address { service: "SingleSignOnService", source, .. } = refusal(&xml) else {
        panic!("an address is to be refused");
    };
    assert_eq!(source, UrlError::Http { got: refused });

    let allowing = Reading { loopback_http: LoopbackHttp::Allow, ..reading() };
    let metadata = IdpMetadata::parse(xml.as_bytes(), &allowing).expect("usable metadata");
    let logout = metadata.single_logout(&Binding::HTTP_REDIRECT).expect("an endpoint");
    assert_eq!(
        logout.for_response().as_str(),
        "http://127.0.0.1:8080/simplesaml/saml2/idp/SingleLogoutServiceResponse.php"
    );
    assert_eq!(metadata.name_id_formats, [NameIdFormat::TRANSIENT]);
}

#[test]
fn keycloak_is_read_from_its_group_of_one_with_a_key_without_use() {
    let metadata = read(&shape!("keycloak"));
    assert_eq!(metadata.entity_id, entity("https://keycloak.example.org/realms/main"));
    assert_eq!(metadata.signing_certificates, certificates([&IDP]));
    assert_eq!(metadata.encryption_certificates, certificates([&IDP]));
    assert!(metadata.want_authn_requests_signed);
    assert_eq!(metadata.cache_duration, Some(SignedDuration::from_hours(1)));
    assert_eq!(metadata.organization.as_deref(), Some("Example Ltd"));
}

#[test]
fn metadata_can_be_shown_whatever_its_age() {
    let xml = shape!("google").replace("2030", "2020");
    assert!(matches!(refusal(&xml), MetadataError::Expired { .. }));
    assert!(IdpMetadata::parse(xml.as_bytes(), &Reading::at(Timestamp::MIN)).is_ok());
}

#[test]
fn a_name_for_people_that_is_not_plain_text_is_passed_over() {
    let xml = shape!("shibboleth");
    let name = "Example University</mdui:DisplayName>";
    assert!(xml.contains(name));
    for other in ["Example <!-- old --> University", "<b>Example</b>", " ", ""] {
        let changed = xml.replace(name, &format!("{other}</mdui:DisplayName>"));
        assert_ne!(read(&changed).display_name.as_deref(), Some("Example University"), "{other}");
    }
}
