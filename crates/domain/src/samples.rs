//! What several tests need.

use jiff::Timestamp;
use vestibule_saml::metadata::{IdpMetadata, Reading};
use vestibule_saml::types::{EndpointUrl, EntityId, LoopbackHttp};
use vestibule_xmlsec::keys::{Certificate, read_certificates};

use crate::connection::{Preset, SamlSettings, SignOn, SignOnBinding};
use crate::metadata::certificate_text;

pub(crate) const TENANT: &str = "3770f585-1d9b-44d4-9016-2428d0082154";
pub(crate) const ISSUER: &str = "https://sts.windows.net/3770f585-1d9b-44d4-9016-2428d0082154/";
pub(crate) const LOGIN: &str = "https://login.microsoftonline.com/3770f585-1d9b-44d4-9016-2428d0082154/saml2";

/// Valid from 2024 to 2034.
pub(crate) const IDP: &str = include_str!("../../../vectors/keys/idp.cert.pem");
/// Valid from 2024 to 2034.
pub(crate) const IDP_NEXT: &str = include_str!("../../../vectors/keys/idp-next.cert.pem");
/// Valid from 2020 to 2023.
pub(crate) const EXPIRED: &str = include_str!("../../../vectors/keys/idp-expired.cert.pem");
/// RSA of too few bits.
pub(crate) const SMALL: &str = include_str!("../../../vectors/keys/small.cert.pem");

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The middle of 2026.
pub(crate) fn now() -> Timestamp {
    at("2026-07-01T12:00:00Z")
}

pub(crate) fn certificate(pem: &str) -> Certificate {
    read_certificates(pem.as_bytes()).unwrap().remove(0)
}

pub(crate) fn endpoint(url: &str) -> EndpointUrl {
    EndpointUrl::new(url, LoopbackHttp::Allow).unwrap()
}

/// A complete connection to Entra.
pub(crate) fn entra() -> SamlSettings {
    SamlSettings {
        issuer: Some(EntityId::new(ISSUER).unwrap()),
        sign_on: Some(SignOn { url: endpoint(LOGIN), binding: SignOnBinding::Redirect }),
        logout_url: Some(endpoint(LOGIN)),
        certificates: vec![certificate_text(&certificate(IDP))],
        ..Preset::Entra.settings()
    }
}

/// Metadata as Entra publishes it (E-52, E-53): a byte-order mark, a role of WS-Federation, Redirect and POST for
/// sign-on, Redirect for logout.
pub(crate) fn entra_metadata(issuer: &str, login: &str, certificates: &[&str]) -> IdpMetadata {
    let key = |pem: &&str| {
        let text = certificate_text(&certificate(pem));
        format!(
            "<KeyDescriptor use=\"signing\"><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data>\
             <X509Certificate>{text}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
        )
    };
    let keys: String = certificates.iter().map(key).collect();
    let binding =
        |name: &str| format!("Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-{name}\" Location=\"{login}\"");
    let (redirect, post) = (binding("Redirect"), binding("POST"));
    let xml = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EntityDescriptor entityID=\"{issuer}\" \
         xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\"><RoleDescriptor \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns:fed=\"http://docs.oasis-open.org/wsfed/federation/200706\" xsi:type=\"fed:SecurityTokenServiceType\" \
         protocolSupportEnumeration=\"http://docs.oasis-open.org/wsfed/federation/200706\">{keys}</RoleDescriptor>\
         <IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{keys}\
         <SingleLogoutService {redirect}/><SingleSignOnService {redirect}/><SingleSignOnService {post}/>\
         </IDPSSODescriptor></EntityDescriptor>"
    );
    IdpMetadata::parse(xml.as_bytes(), &Reading::at(now())).unwrap()
}
