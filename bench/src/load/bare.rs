//! What nobody can leave out: the cryptography of a sign-in, without everything around it.

use std::hint::black_box;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use vestibule_saml::binding::post;
use vestibule_saml::sp;
use vestibule_xmlsec::algorithms::{DigestAlgorithm, SignatureAlgorithm};
use vestibule_xmlsec::keys::SigningKey;

use crate::fixture::{Fixture, base64, read_vector};
use crate::timing::{Case, Times, measure};

/// Octets of an ID token that are signed, about.
const ID_TOKEN: usize = 600;

/// Measures the parts and, last but one, their sum in one case; last, the whole check of a response that we make.
///
/// # Panics
/// The vectors are not there.
pub fn measured() -> Vec<Times> {
    let real = Fixture::real();
    let (field, expect) = (base64(&real.xml), real.expectation());
    let key = SigningKey::read(&read_vector("keys/idp.key.pem")).expect("the vectors hold a key");
    let message = [7; 32];
    let signature = key.sign(SignatureAlgorithm::RsaSha256, &message).expect("an RSA key");
    let key = key.verifying_key();
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pair.as_ref()).expect("a key");
    let token = [b'a'; ID_TOKEN];
    let base64 = || drop(black_box(post::decode(black_box(field.as_bytes()))));
    let digest = || {
        black_box(DigestAlgorithm::Sha256.digest(black_box(&real.xml)));
    };
    let verify = || assert!(key.verify(SignatureAlgorithm::RsaSha256, black_box(&message), &signature).is_ok());
    let sign = || assert!(black_box(pair.sign(&random, black_box(&token))).is_ok());
    measure(vec![
        Case::new("base64 of the response", base64),
        Case::new("SHA-256 of the response", digest),
        Case::new("RSA-2048 verification", verify),
        Case::new("ES256 signature", sign),
        Case::new("bare cryptography: all four", || {
            base64();
            digest();
            verify();
            sign();
        }),
        Case::new("the check of a response: base64 to identity", || {
            assert!(sp::accept_post(black_box(field.as_bytes()), &expect).outcome.is_ok());
        }),
    ])
}
