//! What must not be taken for metadata, or not be trusted.

use super::{certificates, read, refusal};
use crate::support::{IDP, NEXT, base64, entity};
use vestibule_saml::metadata::{MetadataError, NotMetadata, OtherRole};
use vestibule_saml::types::UrlError;
use vestibule_xmlsec::keys::{KeyError, read_certificates};

/// E-4.
#[test]
fn metadata_of_all_tenants_at_once_is_refused_by_name() {
    let xml = shape!("entra-tenant").replace("11111111-2222-3333-4444-555555555555/\" xmlns", "{tenant}/\" xmlns");
    assert_eq!(refusal(&xml), MetadataError::TenantTemplate { got: entity("https://sts.windows.net/{tenant}/") });
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
    let short = read_certificates(include_bytes!("../../../../../vectors/keys/small.cert.pem"))
        .expect("a certificate")
        .remove(0);
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
fn what_a_sign_in_hangs_on_is_strict() {
    let okta = shape!("okta");
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
    assert!(matches!(refusal(&shape!("google").replace(".000Z", "")), MetadataError::Read(_)));
}

#[test]
fn a05_a_document_type_is_refused_in_metadata_too() {
    let xml = format!("<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>{}", shape!("okta"));
    assert!(matches!(refusal(&xml), MetadataError::Malformed(_)));
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
