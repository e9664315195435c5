//! Software that no one here wrote. Identity providers: here that they are what is counted on, in [`simplesamlphp`] with
//! the whole product. Proxies in front of sites: [`forward_auth`].

mod forward_auth;
mod simplesamlphp;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use vestibule_e2e::http::Client;
use vestibule_e2e::peers::simplesamlphp::{Encrypts, NameFormat, Settings, Signs, SimpleSamlPhp, User};

use vestibule_saml::metadata::{IdpMetadata, MetadataSignature, Reading};
use vestibule_saml::types::LoopbackHttp;

const NOW: Timestamp = Timestamp::constant(1_795_000_000, 0);

const SP: &str = "http://acme.localhost:8400/sso/1/metadata";

fn users() -> [User; 1] {
    [User::new("ada@corp.example", "a password", "Ada", "Ångström")]
}

/// The metadata of a service provider at [`SP`], with a key to encrypt for where there is one.
fn service_provider(certificate: Option<&str>) -> String {
    let key = certificate.map(|certificate| {
        format!(
            r#"<KeyDescriptor use="encryption"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>
            <X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"#
        )
    });
    let key = key.unwrap_or_default();
    format!(
        r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{SP}"><SPSSODescriptor
        protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{key}<AssertionConsumerService index="0"
        Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="http://acme.localhost:8400/sso/1/acs"/>
        </SPSSODescriptor></EntityDescriptor>"#
    )
}

/// The response of a person who is signed in there or types her password now.
fn response(peer: &SimpleSamlPhp, client: &mut Client) -> String {
    let first = client.get(&peer.unsolicited_url(SP, Some("here"))).unwrap();
    let mut page = client.follow(first).unwrap();
    if page.text().contains("name=\"password\"") {
        let form = page.forms().remove(0).with("username", "ada").with("password", "a password");
        let answer = client.submit(&page, &form).unwrap();
        page = client.follow(answer).unwrap();
    }
    let form = page.forms().remove(0);
    assert_eq!(form.action, "http://acme.localhost:8400/sso/1/acs");
    assert_eq!(form.value("RelayState"), Some("here"));
    let response = BASE64_STANDARD.decode(form.value("SAMLResponse").unwrap()).unwrap();
    String::from_utf8(response).unwrap()
}

#[test]
fn our_reader_takes_simplesamlphps_metadata() {
    let peer = SimpleSamlPhp::start(&users(), &Settings::default());
    let reading = Reading { now: NOW, loopback_http: LoopbackHttp::Allow, signature: MetadataSignature::NotChecked };
    let metadata = IdpMetadata::parse(peer.metadata().as_bytes(), &reading).unwrap();
    assert_eq!(metadata.entity_id.as_str(), peer.entity_id());
}

#[test]
fn simplesamlphp_answers_as_its_settings_say_while_it_runs() {
    let peer = SimpleSamlPhp::start(&users(), &Settings::default());
    peer.trust("acme", &service_provider(None));
    let mut client = Client::new();
    let signed = |response: &str| response.matches("<ds:Signature ").count();

    let both = response(&peer, &mut client);
    assert!(both.contains(">ada@corp.example</saml:NameID>"), "{both}");
    assert!(both.contains("nameid-format:emailAddress"), "{both}");
    assert_eq!(signed(&both), 2, "{both}");

    peer.change(&Settings { signs: Signs::Assertion, name_format: NameFormat::Persistent, ..Settings::default() });
    let assertion = response(&peer, &mut client);
    assert!(assertion.contains("nameid-format:persistent"), "{assertion}");
    assert_eq!(signed(&assertion), 1, "{assertion}");

    let metadata = peer.metadata();
    let (_, certificate) = metadata.split_once("<ds:X509Certificate>").unwrap();
    let (certificate, _) = certificate.split_once('<').unwrap();
    peer.trust("acme", &service_provider(Some(certificate)));
    peer.change(&Settings { signs: Signs::Response, encrypts: Encrypts::Assertion, ..Settings::default() });
    let encrypted = response(&peer, &mut client);
    assert!(encrypted.contains("<saml:EncryptedAssertion"), "{encrypted}");
    assert!(!encrypted.contains("ada@corp.example"), "{encrypted}");
}
