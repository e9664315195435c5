//! Flaws that no sign-in hangs on, and chains of certificates.

use super::{certificates, read, reading, refusal};
use crate::support::{IDP, NEXT, Party, STRANGER, base64};
use std::slice;
use vestibule_saml::metadata::{Aggregate, IdpMetadata, MetadataError, Part, SpMetadata};
use vestibule_saml::types::{Binding, NotABoolean, UrlError};
use vestibule_xmlsec::keys::{Certificate, read_certificates};

const ROLE_END: &str = "</md:IDPSSODescriptor>";

fn replaced(xml: &str, from: &str, to: &str) -> String {
    let changed = xml.replacen(from, to, 1);
    assert_ne!(changed, xml, "{from}");
    changed
}

/// Okta's document with more at the end of the role.
fn okta_with(more: &str) -> String {
    replaced(&shape!("okta"), ROLE_END, &format!("{more}{ROLE_END}"))
}

fn parts(metadata: &IdpMetadata) -> Vec<Part> {
    metadata.passed_over.iter().map(|it| it.part).collect()
}

/// Okta's document whose one `X509Data` has these certificates.
fn okta_with_chain(certificates: &[&Certificate]) -> String {
    let element = |it: &&Certificate| format!("<ds:X509Certificate>{}</ds:X509Certificate>", base64(it.der()));
    let xml = shape!("okta");
    let from = xml.find("<ds:X509Certificate>").expect("a certificate");
    let to = xml.find("</ds:X509Data>").expect("its end");
    format!("{}{}{}", &xml[..from], certificates.iter().map(element).collect::<String>(), &xml[to..])
}

/// The leaf, the authority that issued it, the root.
fn chain() -> [Certificate; 3] {
    let chain = read_certificates(include_bytes!("../shapes/chain.pem")).expect("certificates");
    chain.try_into().expect("three of them")
}

#[test]
fn authorities_beside_the_certificate_that_they_issued_are_no_signing_keys() {
    let [leaf, authority, root] = &chain();
    for order in [[leaf, authority, root], [root, authority, leaf], [authority, leaf, root]] {
        let metadata = read(&okta_with_chain(&order));
        assert_eq!(metadata.signing_certificates, slice::from_ref(leaf));
        assert_eq!((metadata.refused_certificates.len(), parts(&metadata)), (0, vec![]));
    }
    // Without the certificate between them nothing says that the root is an authority of the leaf.
    assert_eq!(read(&okta_with_chain(&[leaf, root])).signing_certificates, [leaf.clone(), root.clone()]);
    // A certificate that is given alone is meant, whoever issued it.
    assert_eq!(read(&okta_with_chain(&[authority])).signing_certificates, slice::from_ref(authority));
}

#[test]
fn self_signed_certificates_of_one_name_all_stay_during_a_rollover() {
    let (one, other) = (&IDP.certificate, &STRANGER.certificate);
    assert_eq!(one.subject(), other.subject());
    assert_eq!(read(&okta_with_chain(&[one, other])).signing_certificates, [one.clone(), other.clone()]);
}

#[test]
fn an_authority_is_not_trusted_where_the_certificate_that_it_issued_is_damaged() {
    let [leaf, authority, root] = &chain();
    let xml = okta_with_chain(&[leaf, authority, root]).replace(&base64(leaf.der())[..40], "!");
    assert!(matches!(refusal(&xml), MetadataError::Certificate { .. }));
}

#[test]
fn a_flawed_logout_endpoint_is_passed_over_and_listed() {
    let location = "https://example.okta.com/slo";
    let wanted = |xml: &str| {
        let metadata = read(xml);
        assert_eq!((metadata.single_logout.len(), parts(&metadata)), (0, vec![Part::SingleLogout]), "{xml}");
        metadata.passed_over.into_iter().next().expect("one").reason
    };
    let endpoint = |attributes: &str| {
        let binding = Binding::HTTP_POST;
        okta_with(&format!("<md:SingleLogoutService Binding=\"{}\" {attributes}/>", binding.as_str()))
    };
    for bad in
        ["http://example.okta.com/slo", "https://example.okta.com/slo#top", " https://example.okta.com/slo ", "/slo"]
    {
        let reason = wanted(&endpoint(&format!("Location=\"{bad}\"")));
        assert!(matches!(reason, MetadataError::Address { service: "SingleLogoutService", .. }), "{bad}");
        wanted(&endpoint(&format!("Location=\"{location}\" ResponseLocation=\"{bad}\"")));
    }
    assert!(matches!(wanted(&endpoint("Location=\"\"")), MetadataError::Read(_)));
    let without_binding = format!("<md:SingleLogoutService Location=\"{location}\"/>");
    assert!(matches!(wanted(&okta_with(&without_binding)), MetadataError::Read(_)));
}

#[test]
fn a24_4_a_hostile_address_in_any_endpoint_refuses_the_whole() {
    for bad in [
        "javascript:alert(1)",
        "JavaScript:alert(' ')",
        " data:text/html,x",
        "java&#10;script:alert(1)",
        "&#9;vbscript:x",
    ] {
        for service in ["SingleLogoutService", "SingleSignOnService"] {
            for attributes in
                [format!("Location=\"{bad}\""), format!("Location=\"https://a.example\" ResponseLocation=\"{bad}\"")]
            {
                let binding = Binding::HTTP_REDIRECT;
                let xml = okta_with(&format!("<md:{service} Binding=\"{}\" {attributes}/>", binding.as_str()));
                let MetadataError::Address { service: got, source: UrlError::Scheme { .. }, .. } = refusal(&xml) else {
                    panic!("{bad} is to be refused");
                };
                assert_eq!(got, service);
            }
        }
    }
}

#[test]
fn a_flawed_sign_in_endpoint_is_passed_over_only_beside_a_usable_one() {
    let (https, http) = ("Location=\"https://example.okta.com/", "Location=\"http://example.okta.com/");
    let one = replaced(&shape!("okta"), https, http);
    let metadata = read(&one);
    assert_eq!((metadata.single_sign_on.len(), parts(&metadata)), (1, vec![Part::SingleSignOn]));
    assert!(metadata.single_sign_on(&Binding::HTTP_POST).is_none());
    let MetadataError::Address { service: "SingleSignOnService", source: UrlError::Http { .. }, .. } =
        refusal(&replaced(&one, https, http))
    else {
        panic!("the address is to be refused");
    };
}

fn key(attributes: &str, certificate: &str) -> String {
    format!(
        "<md:KeyDescriptor {attributes}><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )
}

#[test]
fn a_flawed_certificate_is_passed_over_only_beside_a_usable_signing_certificate() {
    for bad in ["", "MIIC", "!", "<!-- -->"] {
        for (attributes, part) in [
            ("use=\"encryption\"", Part::EncryptionCertificate),
            ("use=\"signing\"", Part::SigningCertificate),
            ("", Part::SigningCertificate),
        ] {
            let metadata = read(&okta_with(&key(attributes, bad)));
            assert_eq!(parts(&metadata), [part], "{attributes} {bad}");
            assert_eq!(metadata.signing_certificates, certificates([&IDP]));
            assert_eq!(metadata.encryption_certificates, []);
        }
    }
    let party: &Party = &NEXT;
    let metadata = read(&okta_with(&key("use=\"Signing\"", &party.base64())));
    assert_eq!((metadata.signing_certificates.len(), parts(&metadata)), (1, vec![Part::KeyUse]));

    // A damaged certificate for encryption is not what a missing one for signatures is told as.
    let none = replaced(&okta_with(&key("use=\"encryption\"", "!")), "use=\"signing\"", "use=\"encryption\"");
    assert!(matches!(refusal(&none), MetadataError::NoSigningCertificate { .. }));
}

#[test]
fn a_flag_in_other_letters_is_read_as_what_it_means_and_listed() {
    for (got, flag) in [("True", true), ("TRUE", true), (" true ", true), ("False", false), ("yes", false), ("", false)]
    {
        let metadata = read(&replaced(&shape!("okta"), "Signed=\"false\"", &format!("Signed=\"{got}\"")));
        assert_eq!(metadata.want_authn_requests_signed, flag, "{got}");
        let reason = NotABoolean { attribute: "WantAuthnRequestsSigned", got: got.to_owned() };
        assert_eq!(parts(&metadata), [Part::Flag]);
        assert_eq!(metadata.passed_over[0].reason, MetadataError::Flag(reason));
    }
}

#[test]
fn a_cache_duration_that_is_none_is_passed_over_and_listed() {
    for bad in ["", "3600", "1 hour"] {
        let metadata = read(&replaced(&shape!("keycloak"), "PT1H", bad));
        assert_eq!((metadata.cache_duration, parts(&metadata)), (None, vec![Part::CacheDuration]));
        assert!(matches!(metadata.passed_over[0].reason, MetadataError::CacheDuration(_)));

        let group = replaced(&shape!("aggregate"), "\"P1D\"", &format!("\"{bad}\""));
        let group = Aggregate::parse(group.as_bytes(), &reading()).expect("an aggregate");
        let one = group.identity_provider(&crate::support::entity("https://one.example.org")).expect("a provider");
        assert_eq!(parts(&one), [Part::CacheDuration]);
    }
}

#[test]
fn a_name_identifier_format_that_is_not_plain_text_is_passed_over_and_listed() {
    let metadata = read(&okta_with("<md:NameIDFormat>a<!-- -->b</md:NameIDFormat>"));
    assert_eq!((metadata.name_id_formats.len(), parts(&metadata)), (2, vec![Part::NameIdFormat]));
}

#[test]
fn metadata_without_flaws_lists_none() {
    for xml in [shape!("entra-app"), shape!("entra-tenant"), shape!("adfs"), shape!("google"), shape!("shibboleth")] {
        assert_eq!(read(&xml).passed_over, []);
    }
}

#[test]
fn a21_more_flaws_than_anybody_would_read_about_are_refused() {
    let flaws = |count: usize| okta_with(&"<md:SingleLogoutService/>".repeat(count));
    assert_eq!(read(&flaws(32)).passed_over.len(), 32);
    assert_eq!(refusal(&flaws(33)), MetadataError::TooManyFlaws { most: 32 });
}

#[test]
fn nothing_in_the_metadata_of_a_service_provider_is_passed_over() {
    let adfs = shape!("adfs");
    let from = adfs.find("<SPSSODescriptor").or_else(|| adfs.find("<md:SPSSODescriptor")).expect("the role");
    let refused = |to: &str| {
        let role = replaced(&adfs[from..], "SPSSODescriptor ", &format!("SPSSODescriptor {to} "));
        let xml = format!("{}{role}", &adfs[..from]);
        SpMetadata::parse(xml.as_bytes(), &reading()).expect_err("a refusal")
    };
    assert!(matches!(refused("cacheDuration=\"3600\""), MetadataError::CacheDuration(_)));
    assert!(matches!(refused("AuthnRequestsSigned=\"True\""), MetadataError::Flag(_)));
}
