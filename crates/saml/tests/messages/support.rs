//! Keys, certificates and times that all tests of this binary share.

use jiff::Timestamp;
use std::sync::LazyLock;
use vestibule_saml::binding::Received;
use vestibule_saml::binding::post::{PostBinding, PostForm};
use vestibule_saml::binding::redirect::RedirectBinding;
use vestibule_saml::types::{EndpointUrl, EntityId, LoopbackHttp};
use vestibule_xmlsec::keys::{Certificate, SigningKey, TrustedKeys, read_certificates};

/// A key of `vectors/keys` with its self-signed certificate.
#[derive(Debug)]
pub(crate) struct Party {
    pub(crate) key: SigningKey,
    pub(crate) certificate: Certificate,
    pub(crate) private_pem: &'static str,
}

impl Party {
    fn new(certificate: &str, private_pem: &'static str) -> Self {
        Self {
            key: SigningKey::read(private_pem.as_bytes()).expect("a private key"),
            certificate: read_certificates(certificate.as_bytes()).expect("a certificate").remove(0),
            private_pem,
        }
    }

    pub(crate) fn trusted(&self) -> TrustedKeys {
        TrustedKeys::one(self.certificate.public_key().expect("a key that is taken"))
    }

    /// The certificate as one line of base64.
    pub(crate) fn base64(&self) -> String {
        base64(self.certificate.der())
    }
}

macro_rules! party {
    ($name:literal) => {
        LazyLock::new(|| {
            Party::new(
                include_str!(concat!("../../../../vectors/keys/", $name, ".cert.pem")),
                include_str!(concat!("../../../../vectors/keys/", $name, ".key.pem")),
            )
        })
    };
}

/// An identity provider's key: RSA, as Entra's is.
pub(crate) static IDP: LazyLock<Party> = party!("idp");
/// The next key of the identity provider, of another kind.
pub(crate) static NEXT: LazyLock<Party> = party!("p256");
/// A service provider's key: RSA, for it also decrypts.
pub(crate) static SP: LazyLock<Party> = party!("sp");
/// Somebody else's key.
pub(crate) static STRANGER: LazyLock<Party> = party!("attacker");

pub(crate) fn base64(bytes: &[u8]) -> String {
    ::base64::Engine::encode(&::base64::engine::general_purpose::STANDARD, bytes)
}

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().expect("a time")
}

pub(crate) fn entity(id: &str) -> EntityId {
    EntityId::new(id).expect("an entity ID")
}

pub(crate) fn endpoint(url: &str) -> EndpointUrl {
    EndpointUrl::new(url, LoopbackHttp::Refuse).expect("an https URL")
}

/// What a browser posts when it is given this form.
pub(crate) fn posted(form: &PostForm) -> Received {
    let encode = |text: &str| text.replace('+', "%2b").replace('/', "%2f").replace('=', "%3d");
    let fields: Vec<_> = form.fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let post = PostBinding::parse(fields.join("&").as_bytes()).expect("our own form");
    Received::try_from(post).expect("our own message")
}

/// What a browser brings when it is sent to this address.
pub(crate) fn visited(url: &str) -> Received {
    RedirectBinding::parse(url).expect("our own address").into()
}
