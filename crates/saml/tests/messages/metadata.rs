//! Metadata as identity providers write it, and what must not be taken for it.

use crate::support::{IDP, NEXT, Party, SP, STRANGER, at, base64, endpoint, entity};
use jiff::{SignedDuration, Timestamp};
use vestibule_saml::binding::Signer;
use vestibule_saml::metadata::{
    Aggregate, AssertionConsumerService, EncryptionMethod, Endpoint, IdpMetadata, MetadataError, MetadataSignature,
    NotMetadata, OtherRole, Reading, SpMetadata,
};
use vestibule_saml::types::{AcsUrl, Binding, LoopbackHttp, MessageId, NameIdFormat, NotABoolean, UrlError};
use vestibule_xmlsec::Element;
use vestibule_xmlsec::algorithms::Algorithms;
use vestibule_xmlsec::dsig::{Placement, SignatureError};
use vestibule_xmlsec::keys::{Certificate, KeyError, read_certificates};

const NOW: &str = "2026-01-01T00:00:00Z";

/// The documents under `shapes/` hold marks in place of certificates.
fn filled(shape: &str) -> String {
    let lines = |text: String| {
        let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        lines.join("\n")
    };
    shape
        .replace("@ONE@", &IDP.base64())
        .replace("@TWO@", &NEXT.base64())
        .replace("@WSFED@", &STRANGER.base64())
        .replace("@ONE-LINES@", &lines(IDP.base64()))
        .replace("@TWO-LINES@", &lines(NEXT.base64()))
}

macro_rules! shape {
    ($name:literal) => {
        filled(include_str!(concat!("shapes/", $name, ".xml")))
    };
}

fn certificates<const N: usize>(of: [&Party; N]) -> Vec<Certificate> {
    of.into_iter().map(|party| party.certificate.clone()).collect()
}

fn reading() -> Reading<'static> {
    Reading::at(at(NOW))
}

fn read(xml: &str) -> IdpMetadata {
    IdpMetadata::parse(xml.as_bytes(), &reading()).expect("usable metadata")
}

fn refusal(xml: &str) -> MetadataError {
    IdpMetadata::parse(xml.as_bytes(), &reading()).expect_err("metadata to be refused")
}

#[test]
fn e_52_metadata_of_an_entra_application_is_read_behind_its_bom_and_beside_ws_federation() {
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
fn e_4_metadata_of_all_tenants_at_once_is_refused_by_name() {
    let xml = shape!("entra-tenant").replace("11111111-2222-3333-4444-555555555555/\" xmlns", "{tenant}/\" xmlns");
    assert_eq!(refusal(&xml), MetadataError::TenantTemplate { got: entity("https://sts.windows.net/{tenant}/") });
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
fn an_aggregate_lists_its_entities_and_none_that_stands_elsewhere() {
    let xml = shape!("aggregate");
    let aggregate = Aggregate::parse(xml.as_bytes(), &reading()).expect("an aggregate");
    let listed: Vec<_> = aggregate.entities().map(|it| (it.entity_id, it.is_identity_provider)).collect();
    assert_eq!(
        listed,
        [
            ("https://sp.example.org", false),
            ("https://one.example.org", true),
            ("https://old.example.org", true),
            ("https://two.example.org", true),
        ]
    );
}

#[test]
fn a24_3_an_entity_of_an_aggregate_lives_as_long_as_every_group_around_it() {
    let xml = shape!("aggregate");
    let aggregate = Aggregate::parse(xml.as_bytes(), &reading()).expect("an aggregate");
    let one = aggregate.identity_provider(&entity("https://one.example.org")).expect("a provider");
    assert_eq!(one.valid_until, Some(at("2029-01-01T00:00:00Z")));
    assert_eq!(one.cache_duration, Some(SignedDuration::from_hours(6)));
    assert_eq!(
        aggregate.identity_provider(&entity("https://old.example.org")),
        Err(MetadataError::Expired { got: at("2020-01-01T00:00:00Z"), now: at(NOW) })
    );
    assert_eq!(
        Aggregate::parse(xml.as_bytes(), &Reading::at(at("2030-01-01T00:00:00Z"))).map(drop),
        Err(MetadataError::Expired { got: at("2030-01-01T00:00:00Z"), now: at("2030-01-01T00:00:00Z") })
    );
}

#[test]
fn an_entity_is_picked_from_an_aggregate_by_its_exact_name() {
    let xml = shape!("aggregate");
    let aggregate = Aggregate::parse(xml.as_bytes(), &reading()).expect("an aggregate");
    let pick = |id: &str| aggregate.identity_provider(&entity(id));
    assert_eq!(pick("https://two.example.org").expect("a provider").signing_certificates, certificates([&NEXT]));
    for id in ["https://two.example.org/", "https://hidden.example.org"] {
        assert_eq!(pick(id), Err(MetadataError::NoSuchEntity { want: entity(id), entities: 4 }));
    }
    assert_eq!(
        pick("https://sp.example.org"),
        Err(MetadataError::NoSuchRole {
            entity_id: entity("https://sp.example.org"),
            want: "an identity provider",
            got: OtherRole::ServiceProvider
        })
    );
    assert_eq!(
        aggregate.only_identity_provider(),
        Err(MetadataError::SeveralIdentityProviders { identity_providers: 3 })
    );
    assert_eq!(refusal(&xml), MetadataError::SeveralIdentityProviders { identity_providers: 3 });

    let twice = xml.replace("https://one.example.org\"", "https://two.example.org\"");
    let aggregate = Aggregate::parse(twice.as_bytes(), &reading()).expect("an aggregate");
    let entity_id = entity("https://two.example.org");
    assert_eq!(aggregate.identity_provider(&entity_id), Err(MetadataError::RepeatedEntity { entity_id }));
}

#[test]
fn an_aggregate_without_identity_provider_is_refused() {
    let xml = r#"<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"><EntityDescriptor entityID="a"/><EntityDescriptor entityID="b"/></EntitiesDescriptor>"#;
    assert_eq!(refusal(xml), MetadataError::NoIdentityProvider { entities: 2 });
    let none = r#"<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"/>"#;
    assert_eq!(refusal(none), MetadataError::NoIdentityProvider { entities: 0 });
}

#[test]
fn what_is_given_in_place_of_metadata_is_told_by_name() {
    let message = |got: &str| NotMetadata::Message { got: got.to_owned() };
    let cases: [(&str, NotMetadata); 10] = [
        (" \r\n", NotMetadata::Empty),
        ("{\"issuer\":\"https://x\",\"authorization_endpoint\":\"https://x/a\"}", NotMetadata::OpenIdDiscovery),
        ("[1]", NotMetadata::Json),
        ("<!DOCTYPE html><html><body>Sign in</body></html>", NotMetadata::Html),
        ("\u{feff}<HTML>", NotMetadata::Html),
        ("-----BEGIN CERTIFICATE-----\nMIIC", NotMetadata::Certificate),
        ("MIIC8DCCAdigAwIBAgIQ", NotMetadata::Certificate),
        ("https://login.microsoftonline.com/x/federationmetadata.xml\n", NotMetadata::Address),
        (r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>"#, message("Response")),
        (r#"<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"/>"#, message("Assertion")),
    ];
    for (text, got) in cases {
        assert_eq!(refusal(text), MetadataError::NotMetadata { got }, "{text}");
    }
    assert_eq!(
        refusal(r#"<EntityDescriptor entityID="x"/>"#),
        MetadataError::NotMetadata {
            got: NotMetadata::OtherXml { namespace: String::new(), local: "EntityDescriptor".to_owned() }
        }
    );
}

#[test]
fn a_role_that_is_not_the_one_wanted_is_told_by_name() {
    let entity_with = |roles: &str| {
        format!(
            r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="e">{roles}</EntityDescriptor>"#
        )
    };
    let cases = [
        ("", OtherRole::Nothing),
        (r#"<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol"/>"#, OtherRole::Saml1),
        (
            r#"<RoleDescriptor protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706"/>"#,
            OtherRole::WsFederation,
        ),
        (r#"<AttributeAuthorityDescriptor protocolSupportEnumeration="x"/>"#, OtherRole::OtherKind),
        (r#"<SPSSODescriptor protocolSupportEnumeration="x"/>"#, OtherRole::ServiceProvider),
    ];
    for (roles, got) in cases {
        let wanted = MetadataError::NoSuchRole { entity_id: entity("e"), want: "an identity provider", got };
        assert_eq!(refusal(&entity_with(roles)), wanted);
    }
    let idp = r#"<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"/>"#;
    assert_eq!(
        refusal(&entity_with(&idp.repeat(2))),
        MetadataError::SeveralRoles { entity_id: entity("e"), role: "IDPSSODescriptor", got: 2 }
    );
}

#[test]
fn a02_8_an_identity_provider_without_a_usable_signing_key_is_refused() {
    let app = shape!("entra-app");
    let entity_id = entity("https://sts.windows.net/11111111-2222-3333-4444-555555555555/");
    assert_eq!(
        refusal(&app.replace("use=\"signing\"", "use=\"encryption\"")),
        MetadataError::NoSigningCertificate { entity_id: entity_id.clone() }
    );
    let short =
        read_certificates(include_bytes!("../../../../vectors/keys/small.cert.pem")).expect("a certificate").remove(0);
    let xml = app.replace(&IDP.base64(), &base64(short.der()));
    assert_eq!(refusal(&xml), MetadataError::UnusableKeys { entity_id, source: KeyError::RsaSize { got: 1024 } });

    // Beside a good key it is told, not trusted.
    let metadata = read(&shape!("entra-tenant").replace(&NEXT.base64(), &base64(short.der())));
    assert_eq!(metadata.signing_certificates, certificates([&IDP]));
    assert_eq!(metadata.refused_certificates.len(), 1);
    assert_eq!(metadata.refused_certificates[0].reason, KeyError::RsaSize { got: 1024 });
}

#[test]
fn a24_4_an_endpoint_that_is_no_https_address_is_refused_by_name() {
    let app = shape!("entra-app");
    let sso = "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/saml2";
    let source = |got: &str| match refusal(&app.replace(sso, got)) {
        MetadataError::Address { source, .. } => source,
        other => panic!("{other}"),
    };
    let got = |text: &str| text.to_owned();
    assert_eq!(
        source("javascript:alert(1)"),
        UrlError::Scheme { got: got("javascript:alert(1)"), scheme: got("javascript") }
    );
    assert_eq!(source("http://idp.example.org/"), UrlError::Http { got: got("http://idp.example.org/") });
    assert_eq!(source("/saml2"), UrlError::NotAbsolute { got: got("/saml2") });
}

#[test]
fn an_identity_provider_that_browsers_cannot_reach_is_refused() {
    let xml = shape!("entra-app").replace(
        "SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:",
        "SingleSignOnService Binding=\"urn:x:",
    );
    let entity_id = entity("https://sts.windows.net/11111111-2222-3333-4444-555555555555/");
    assert_eq!(refusal(&xml), MetadataError::NoEndpoint { entity_id, service: "SingleSignOnService" });
}

#[test]
fn values_of_ours_are_strict() {
    let okta = shape!("okta");
    assert_eq!(
        refusal(&okta.replace("Signed=\"false\"", "Signed=\"no\"")),
        MetadataError::Flag(NotABoolean { attribute: "WantAuthnRequestsSigned", got: "no".to_owned() })
    );
    let MetadataError::KeyUse { got, .. } = refusal(&okta.replace("use=\"signing\"", "use=\"Signing\"")) else {
        panic!("the use of a key is to be refused");
    };
    assert_eq!(got, "Signing");
    assert!(matches!(
        refusal(&okta.replace("<ds:X509Certificate>", "<ds:X509Certificate>!")),
        MetadataError::Certificate { .. }
    ));
    assert!(matches!(
        refusal(&okta.replace("<ds:X509Certificate>", "<ds:X509Certificate><!-- -->")),
        MetadataError::Read(_)
    ));
    assert!(matches!(refusal(&shape!("keycloak").replace("PT1H", "1 hour")), MetadataError::CacheDuration(_)));
    assert!(matches!(refusal(&shape!("google").replace(".000Z", "")), MetadataError::Read(_)));
}

#[test]
fn a05_a_document_type_is_refused_in_metadata_too() {
    let xml = format!("<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>{}", shape!("okta"));
    assert!(matches!(refusal(&xml), MetadataError::Malformed(_)));
}

fn signed(xml: &str, id: &str) -> String {
    Signer::new(&IDP.key).envelop(xml, id, Placement::First).expect("a signature")
}

#[test]
fn where_a_signature_is_checked_only_what_it_covers_is_read() {
    let trusted = IDP.trusted();
    let checking =
        |keys| Reading { signature: MetadataSignature::Check { keys, algorithms: Algorithms::STRICT }, ..reading() };
    let app = shape!("entra-app");
    let xml = signed(&app, "_7a7269b2-0000-4f63-a452-3c971d78b24c");
    let read = |xml: &str, keys| IdpMetadata::parse(xml.as_bytes(), &checking(keys));
    assert_eq!(read(&xml, &trusted).expect("a good signature"), self::read(&app));

    let changed = xml.replace("555555555555/saml2\" /></IDP", "555555555556/saml2\" /></IDP");
    assert_ne!(changed, xml);
    assert_eq!(read(&changed, &trusted), Err(MetadataError::Signature(SignatureError::DigestMismatch)));
    let stranger = STRANGER.trusted();
    assert_eq!(read(&xml, &stranger), Err(MetadataError::Signature(SignatureError::NoKeyMatches { tried: 1 })));
    assert_eq!(
        read(&app, &trusted),
        Err(MetadataError::Signature(SignatureError::Missing { element: "EntityDescriptor".to_owned() }))
    );
    // The signature of an entity inside does not speak for the group around it.
    let aggregate = signed(&shape!("aggregate"), "_aggregate");
    assert!(Aggregate::parse(aggregate.as_bytes(), &checking(&trusted)).is_ok());
    let xml = xml.trim_start_matches('\u{feff}').replace("<?xml version=\"1.0\" encoding=\"utf-8\"?>", "");
    let grouped = format!(
        "<g:EntitiesDescriptor ID=\"g\" xmlns:g=\"urn:oasis:names:tc:SAML:2.0:metadata\">{xml}</g:EntitiesDescriptor>"
    );
    assert_eq!(
        Aggregate::parse(grouped.as_bytes(), &checking(&trusted)).map(drop),
        Err(MetadataError::Signature(SignatureError::Missing { element: "EntitiesDescriptor".to_owned() }))
    );
}

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
fn metadata_can_be_shown_whatever_its_age() {
    let xml = shape!("google").replace("2030", "2020");
    assert!(matches!(refusal(&xml), MetadataError::Expired { .. }));
    assert!(IdpMetadata::parse(xml.as_bytes(), &Reading::at(Timestamp::MIN)).is_ok());
}

#[test]
fn a21_more_certificates_than_can_be_tried_on_each_signature_are_refused() {
    let xml = shape!("okta");
    let from = xml.find("<md:KeyDescriptor").expect("a key");
    let to = xml.rfind("</md:KeyDescriptor>").expect("its end") + "</md:KeyDescriptor>".len();
    let with = |count: usize| xml.replace(&xml[from..to], &xml[from..to].repeat(count));
    assert_eq!(read(&with(64)).signing_certificates, certificates([&IDP]), "each once");
    let entity_id = read(&xml).entity_id;
    assert_eq!(refusal(&with(65)), MetadataError::TooManyCertificates { entity_id, most: 64 });
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
