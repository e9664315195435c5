//! Keys: which are accepted, in which forms, and that signatures bind key, algorithm and message.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA256_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{KeyPair, PKCS_ED25519, PKCS_RSA_SHA256, RsaKeySize};
use vestibule_xmlsec::algorithms::SignatureAlgorithm;
use vestibule_xmlsec::keys::{
    Curve, DecryptionKey, KeyError, KeyKind, Pasted, PrivateKeyError, SigningError, SigningKey, TextError, VerifyError,
    VerifyingKey,
};

const MESSAGE: &[u8] = b"<SignedInfo/>";

fn rsa(size: RsaKeySize) -> Vec<u8> {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size).unwrap().serialize_der()
}

static RSA: LazyLock<Vec<u8>> = LazyLock::new(|| rsa(RsaKeySize::_2048));

#[expect(clippy::disallowed_methods, reason = "tests make their keys")]
fn ec(curve: &'static EcdsaSigningAlgorithm) -> EcdsaKeyPair {
    EcdsaKeyPair::generate(curve).unwrap()
}

fn ec_pkcs8(curve: &'static EcdsaSigningAlgorithm) -> Vec<u8> {
    ec(curve).to_pkcs8v1().unwrap().as_ref().to_vec()
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

/// One key of each kind.
fn every_kind() -> Vec<SigningKey> {
    let keys = [
        rsa(RsaKeySize::_2048),
        ec_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING),
        ec_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING),
        ec_pkcs8(&ECDSA_P521_SHA256_FIXED_SIGNING),
        KeyPair::generate_for(&PKCS_ED25519).unwrap().serialize_der(),
    ];
    keys.iter().map(|key| SigningKey::read(key).unwrap()).collect()
}

/// The object inside `SEQUENCE { INTEGER, SEQUENCE, OCTET STRING }` of an RSA PKCS#8 key of 2048 bits.
fn pkcs1_inside(pkcs8: &[u8]) -> &[u8] {
    &pkcs8[26..]
}

/// A `SubjectPublicKeyInfo` of an RSA key with these numbers, which need not make a key.
fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let object = |tag: u8, contents: &[u8]| {
        let len = u16::try_from(contents.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &len[..], contents].concat()
    };
    let numbers = [object(2, &[&[0], modulus].concat()), object(2, exponent)].concat();
    let rsa = object(0x30, &numbers);
    let algorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    let bits = object(3, &[&[0], &rsa[..]].concat());
    minimal(0x30, &[&algorithm[..], &minimal(3, &bits[4..])].concat())
}

/// As DER wants it: the shortest length.
fn minimal(tag: u8, contents: &[u8]) -> Vec<u8> {
    let len = contents.len();
    let header = match len {
        0..=0x7f => vec![tag, u8::try_from(len).unwrap()],
        0x80..=0xff => vec![tag, 0x81, u8::try_from(len).unwrap()],
        _ => [&[tag, 0x82][..], &u16::try_from(len).unwrap().to_be_bytes()].concat(),
    };
    [header, contents.to_vec()].concat()
}

#[test]
fn each_kind_signs_with_its_algorithms_and_verifies_its_own_message_only() {
    for key in every_kind() {
        let verifying = key.verifying_key();
        for algorithm in SignatureAlgorithm::ALL {
            let Ok(signature) = key.sign(algorithm, MESSAGE) else { continue };
            assert!(algorithm.fits(verifying.kind()));
            assert_eq!(signature.len(), verifying.kind().signature_len());
            assert_eq!(verifying.verify(algorithm, MESSAGE, &signature), Ok(()));
            assert_eq!(verifying.verify(algorithm, b"<SignedInf0/>", &signature), Err(VerifyError::SignatureInvalid));
            for at in 0..signature.len() {
                let mut changed = signature.clone();
                changed[at] ^= 1;
                assert_eq!(verifying.verify(algorithm, MESSAGE, &changed), Err(VerifyError::SignatureInvalid));
            }
        }
        assert!(key.sign(key.default_algorithm(), MESSAGE).is_ok());
    }
}

#[test]
fn another_key_of_the_same_kind_does_not_verify() {
    for (key, other) in every_kind().into_iter().zip(every_kind()) {
        let algorithm = key.default_algorithm();
        let signature = key.sign(algorithm, MESSAGE).unwrap();
        let refused = other.verifying_key().verify(algorithm, MESSAGE, &signature);
        assert_eq!(refused, Err(VerifyError::SignatureInvalid));
        assert_ne!(key.verifying_key(), other.verifying_key());
    }
}

#[test]
fn an_algorithm_for_another_kind_of_key_is_refused_before_any_computation() {
    for key in every_kind() {
        let verifying = key.verifying_key();
        for algorithm in SignatureAlgorithm::ALL {
            let refused = verifying.verify(algorithm, MESSAGE, b"");
            if algorithm.fits(verifying.kind()) {
                let want = verifying.kind().signature_len();
                assert_eq!(refused, Err(VerifyError::Length { got: 0, want }));
            } else {
                assert_eq!(refused, Err(VerifyError::KeyMismatch { algorithm, key: verifying.kind() }));
                let refused = key.sign(algorithm, MESSAGE);
                assert_eq!(refused, Err(SigningError::KeyMismatch { algorithm, key: verifying.kind() }));
            }
        }
    }
}

#[test]
fn one_padding_or_digest_does_not_pass_for_another() {
    let key = SigningKey::read(&RSA).unwrap();
    let rsa = SignatureAlgorithm::ALL.into_iter().filter(|algorithm| algorithm.fits(key.verifying_key().kind()));
    for made in rsa.clone() {
        let Ok(signature) = key.sign(made, MESSAGE) else { continue };
        for claimed in rsa.clone().filter(|claimed| *claimed != made) {
            let refused = key.verifying_key().verify(claimed, MESSAGE, &signature);
            assert_eq!(refused, Err(VerifyError::SignatureInvalid), "{made:?} as {claimed:?}");
        }
    }
}

#[test]
fn any_digest_goes_with_any_curve() {
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA512_ASN1, ECDSA_P521_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, ParsedPublicKey,
    };
    for (signing, algorithm) in [
        (&ECDSA_P521_SHA256_FIXED_SIGNING, SignatureAlgorithm::EcdsaSha256),
        (&ECDSA_P521_SHA384_FIXED_SIGNING, SignatureAlgorithm::EcdsaSha384),
        (&ECDSA_P521_SHA512_FIXED_SIGNING, SignatureAlgorithm::EcdsaSha512),
    ] {
        let pkcs8 = ec_pkcs8(&ECDSA_P521_SHA256_FIXED_SIGNING);
        let theirs = EcdsaKeyPair::from_pkcs8(signing, &pkcs8).unwrap();
        let signature = theirs.sign(&aws_lc_rs::rand::SystemRandom::new(), MESSAGE).unwrap();
        let ours = SigningKey::read(&pkcs8).unwrap();
        assert_eq!(ours.verifying_key().verify(algorithm, MESSAGE, signature.as_ref()), Ok(()));
    }
    // The other curves accept every digest too: a key for each is built, though nothing here signs so.
    let p256 = SigningKey::read(&ec_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING)).unwrap();
    assert!(ParsedPublicKey::new(&ECDSA_P256_SHA512_ASN1, p256.verifying_key().spki()).is_ok());
    let refused = p256.verifying_key().verify(SignatureAlgorithm::EcdsaSha512, MESSAGE, &[1; 64]);
    assert_eq!(refused, Err(VerifyError::SignatureInvalid));
}

#[test]
fn ecdsa_zero_order_and_der_forms_are_refused() {
    const ORDER_P256: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order: Vec<u8> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&ORDER_P256[at..at + 2], 16).unwrap()).collect();
    let key = SigningKey::read(&ec_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING)).unwrap();
    let verify = |signature: &[u8]| key.verifying_key().verify(SignatureAlgorithm::EcdsaSha256, MESSAGE, signature);
    let (zero, one) = ([0; 32].to_vec(), [&[0; 31][..], &[1]].concat());
    for (r, s) in [(&zero, &zero), (&zero, &one), (&one, &zero), (&order, &one), (&one, &order), (&order, &order)] {
        assert_eq!(verify(&[&r[..], s].concat()), Err(VerifyError::SignatureInvalid));
    }
    let good = key.sign(SignatureAlgorithm::EcdsaSha256, MESSAGE).unwrap();
    let sequence = minimal(0x30, &[minimal(2, &good[..32]), minimal(2, &good[32..])].concat());
    assert_eq!(verify(&sequence), Err(VerifyError::Length { got: sequence.len(), want: 64 }));
    assert_eq!(verify(&good[1..]), Err(VerifyError::Length { got: 63, want: 64 }));
    assert_eq!(verify(&[&good[..], &[0]].concat()), Err(VerifyError::Length { got: 65, want: 64 }));
}

#[test]
fn rsa_signatures_of_zero_and_one_are_refused() {
    let key = SigningKey::read(&RSA).unwrap();
    for algorithm in [SignatureAlgorithm::RsaSha256, SignatureAlgorithm::RsaPssSha256] {
        for last in [0, 1] {
            let signature = [&[0; 255][..], &[last]].concat();
            let refused = key.verifying_key().verify(algorithm, MESSAGE, &signature);
            assert_eq!(refused, Err(VerifyError::SignatureInvalid));
        }
    }
}

#[test]
fn rsa_keys_that_are_short_long_or_of_small_exponent_are_refused_with_both_values() {
    const E: [u8; 3] = [1, 0, 1];
    let spki = |modulus: &[u8], exponent: &[u8]| VerifyingKey::from_spki(&rsa_spki(modulus, exponent)).map(|_| ());
    assert_eq!(spki(&[0xff; 128], &E), Err(KeyError::RsaSize { got: 1024 }));
    assert_eq!(spki(&[&[0x7f][..], &[0xff; 255]].concat(), &E), Err(KeyError::RsaSize { got: 2047 }));
    assert_eq!(spki(&[0xff; 1025], &E), Err(KeyError::RsaSize { got: 8200 }));
    assert_eq!(spki(&[0xff; 256], &[3]), Err(KeyError::RsaExponent { got: 3 }));
    assert_eq!(spki(&[0xff; 256], &[0, 0xff, 0xff]), Err(KeyError::RsaExponent { got: 65_535 }));
    assert_eq!(spki(&[0xff; 256], &[0]), Err(KeyError::RsaExponent { got: 0 }));
    assert_eq!(KeyError::RsaSize { got: 1024 }.to_string(), "the RSA key has 1024 bits, accepted are 2048 to 8192");
}

#[test]
fn keys_of_other_kinds_are_refused_by_name() {
    let spki = |hex: &[&[u8]]| VerifyingKey::from_spki(&minimal(0x30, &hex.concat())).map(|_| ());
    let bits: &[u8] = &[3, 2, 0, 4];
    // id-dsa, id-RSASSA-PSS, X25519; then secp256k1 under id-ecPublicKey.
    let named = |got: &str| Err(KeyError::Kind { got: got.to_owned() });
    assert_eq!(spki(&[&[0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1], bits]), named("DSA"));
    let pss: &[u8] = &[0x30, 11, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 10];
    assert_eq!(spki(&[pss, bits]), named("RSASSA-PSS only"));
    assert_eq!(spki(&[&[0x30, 5, 6, 3, 0x2b, 0x65, 0x6e], bits]), named("1.3.101.110"));
    let k1: &[u8] = &[0x30, 16, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 10];
    assert_eq!(spki(&[k1, bits]), Err(KeyError::Curve { got: "1.3.132.0.10".to_owned() }));
    assert_eq!(VerifyingKey::from_spki(b"junk").map(|_| ()), Err(KeyError::Malformed));
}

#[test]
fn a_point_off_the_curve_is_refused() {
    let key = SigningKey::read(&ec_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING)).unwrap();
    let mut spki = key.verifying_key().spki().to_vec();
    *spki.last_mut().unwrap() ^= 1;
    assert_eq!(VerifyingKey::from_spki(&spki).unwrap_err(), KeyError::Malformed);
}

#[test]
fn private_keys_are_read_in_every_form() {
    let pkcs1 = pkcs1_inside(&RSA);
    let pair = ec(&ECDSA_P256_SHA256_FIXED_SIGNING);
    let sec1: EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().unwrap();
    let rsa = SigningKey::read(&RSA).unwrap();
    for text in [
        pem("PRIVATE KEY", &RSA).into_bytes(),
        pem("RSA PRIVATE KEY", pkcs1).replace('\n', "\\n").into_bytes(),
        STANDARD.encode(pkcs1).into_bytes(),
        pkcs1.to_vec(),
    ] {
        assert_eq!(SigningKey::read(&text).unwrap().verifying_key(), rsa.verifying_key());
        assert!(DecryptionKey::read(&text).is_ok());
    }
    let ec_pem = pem("EC PRIVATE KEY", sec1.as_ref());
    let with_parameters =
        format!("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{ec_pem}");
    for text in [ec_pem, with_parameters, pem("PRIVATE KEY", pair.to_pkcs8v1().unwrap().as_ref())] {
        assert_eq!(SigningKey::read(text.as_bytes()).unwrap().verifying_key().kind(), KeyKind::Ec(Curve::P256));
    }
}

#[test]
fn what_is_no_private_key_is_named() {
    let read = |text: &str| SigningKey::read(text.as_bytes()).map(|_| ());
    let spki = SigningKey::read(&RSA).unwrap().verifying_key().spki().to_vec();
    assert_eq!(
        read(&pem("PUBLIC KEY", &spki)),
        Err(PrivateKeyError::NotAPrivateKey { got: Pasted::PublicKey, line: 2 })
    );
    let old =
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: x\n\nAAAA\n-----END RSA PRIVATE KEY-----";
    assert_eq!(read(old), Err(PrivateKeyError::Encrypted { line: 2 }));
    let two = pem("PRIVATE KEY", &RSA).repeat(2);
    assert_eq!(read(&two), Err(PrivateKeyError::Several { got: 2 }));
    assert_eq!(read(""), Err(TextError::Empty.into()));
    let mut damaged = RSA.clone();
    damaged[40] ^= 1;
    assert!(matches!(SigningKey::read(&damaged), Err(PrivateKeyError::Unusable { line: 1, .. })));
}

#[test]
fn only_rsa_decrypts() {
    let ec = ec_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING);
    assert_eq!(DecryptionKey::read(&ec).unwrap_err(), PrivateKeyError::Unusable { line: 1, wanted: "RSA" });
}

#[test]
fn private_keys_do_not_print() {
    assert_eq!(format!("{:?}", SigningKey::read(&RSA).unwrap()), "SigningKey(RSA 2048, …)");
    assert_eq!(format!("{:?}", DecryptionKey::read(&RSA).unwrap()), "DecryptionKey(RSA 2048, …)");
}

#[cfg(not(feature = "test-doubles"))]
#[test]
fn rsa_does_not_sign_with_sha1() {
    let key = SigningKey::read(&RSA).unwrap();
    let algorithm = SignatureAlgorithm::RsaSha1;
    let refused = key.sign(algorithm, MESSAGE);
    assert_eq!(refused, Err(SigningError::KeyMismatch { algorithm, key: KeyKind::Rsa { bits: 2048 } }));
}

#[cfg(feature = "test-doubles")]
#[test]
fn a_double_signs_with_sha1_and_the_signature_verifies() {
    let key = SigningKey::read(&RSA).unwrap();
    let signature = key.sign(SignatureAlgorithm::RsaSha1, MESSAGE).unwrap();
    assert_eq!(key.verifying_key().verify(SignatureAlgorithm::RsaSha1, MESSAGE, &signature), Ok(()));
}
