//! The test keys of `vectors/keys/`. Everybody knows them: they prove nothing to anybody.

use vestibule_xmlsec::keys::{Certificate, SigningKey, read_certificates};

/// The private key `vectors/keys/NAME.key.pem`.
///
/// # Panics
/// There is no such key, or it is one that cannot sign here.
pub fn signing_key(name: &str) -> SigningKey {
    SigningKey::read(key_pem(name).as_bytes()).expect("the test key can be read")
}

/// The certificate `vectors/keys/NAME.cert.pem`.
///
/// # Panics
/// There is no such certificate.
pub fn certificate(name: &str) -> Certificate {
    let mut certificates =
        read_certificates(certificate_pem(name).as_bytes()).expect("the test certificate can be read");
    certificates.remove(0)
}

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!("../../../vectors/keys/", $name, ".key.pem"))
    };
}

macro_rules! cert {
    ($name:literal) => {
        include_str!(concat!("../../../vectors/keys/", $name, ".cert.pem"))
    };
}

fn key_pem(name: &str) -> &'static str {
    match name {
        "idp" => key!("idp"),
        "idp-next" => key!("idp-next"),
        "attacker" => key!("attacker"),
        "other-tenant" => key!("other-tenant"),
        "p256" => key!("p256"),
        "p384" => key!("p384"),
        "p521" => key!("p521"),
        "ed25519" => key!("ed25519"),
        "sp" => key!("sp"),
        "sp-next" => key!("sp-next"),
        _ => panic!("no test key {name}"),
    }
}

fn certificate_pem(name: &str) -> &'static str {
    match name {
        "idp" => cert!("idp"),
        "idp-next" => cert!("idp-next"),
        "attacker" => cert!("attacker"),
        "other-tenant" => cert!("other-tenant"),
        "p256" => cert!("p256"),
        "p384" => cert!("p384"),
        "p521" => cert!("p521"),
        "ed25519" => cert!("ed25519"),
        "sp" => cert!("sp"),
        "sp-next" => cert!("sp-next"),
        _ => panic!("no test certificate {name}"),
    }
}
