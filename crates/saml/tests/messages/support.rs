//! Keys, certificates and times that all tests of this binary share.

use jiff::Timestamp;
use std::sync::LazyLock;
use vestibule_saml::types::{EndpointUrl, EntityId, LoopbackHttp};
use vestibule_xmlsec::keys::{Certificate, SigningKey, TrustedKeys, read_certificates};

/// A key with a self-signed certificate.
#[derive(Debug)]
pub(crate) struct Party {
    pub(crate) key: SigningKey,
    pub(crate) certificate: Certificate,
    pub(crate) private_pem: String,
}

impl Party {
    fn new(algorithm: &'static rcgen::SignatureAlgorithm, name: &str) -> Self {
        let pair = rcgen::KeyPair::generate_for(algorithm).expect("a key pair");
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let certificate = params.self_signed(&pair).expect("a certificate");
        let private_pem = pair.serialize_pem();
        Self {
            key: SigningKey::read(private_pem.as_bytes()).expect("rcgen's own key"),
            certificate: read_certificates(certificate.der()).expect("rcgen's own certificate").remove(0),
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

/// An identity provider's key: RSA, as Entra's is.
pub(crate) static IDP: LazyLock<Party> = LazyLock::new(|| Party::new(&rcgen::PKCS_RSA_SHA256, "idp"));
/// A service provider's key: RSA, for it also decrypts.
pub(crate) static SP: LazyLock<Party> = LazyLock::new(|| Party::new(&rcgen::PKCS_RSA_SHA256, "sp"));
/// The next key of the identity provider.
pub(crate) static NEXT: LazyLock<Party> = LazyLock::new(|| Party::new(&rcgen::PKCS_ECDSA_P256_SHA256, "next"));
/// Somebody else's key.
pub(crate) static STRANGER: LazyLock<Party> = LazyLock::new(|| Party::new(&rcgen::PKCS_ECDSA_P256_SHA256, "stranger"));

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
