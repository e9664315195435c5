//! A11: algorithms that are not accepted, labels that do not fit, and values that careless arithmetic takes for good.

use vestibule_xmlsec::algorithms::{DigestAlgorithm, SignatureAlgorithm};
use vestibule_xmlsec::c14n::{Method, canonicalize};
use vestibule_xmlsec::{Document, Limits};

use crate::case::Case;
use crate::entra::{ASSERTION_ID, Entra};
use crate::forge::genuine;
use crate::keys;
use crate::seal::Seal;
use crate::text::{base64, set_value, swap, unbase64, value};

const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const SIGNATURE_METHOD: &str = "<SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"/>";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = hmac();
    cases.extend(names());
    cases.extend(weak());
    cases.extend(labels());
    cases.extend(values());
    cases.extend(keys_too_weak());
    cases
}

/// The identity provider's public key is public: whoever takes it for an HMAC key believes anybody.
fn hmac() -> Vec<Case> {
    let forged = |method: &str| {
        let xml =
            Seal::default().distorted(&Entra::default().xml(), ASSERTION_ID, |s| swap(&s, SIGNATURE_METHOD, method));
        let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).expect("a message");
        let info = document.elements().find(|element| element.local() == "SignedInfo").expect("a SignedInfo");
        let octets = canonicalize(info, &Method::Exclusive.into(), None).expect("a canonical form");
        let mac = hmac_sha256(keys::signing_key("idp").verifying_key().spki(), octets.as_bytes());
        set_value(&xml, "SignatureValue", &base64(&mac))
    };
    let uri = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
    vec![
        Case::refuse(
            "hmac-with-the-public-key",
            "algorithm_not_accepted",
            &["A11.1"],
            "HMAC-SHA256 keyed with the identity provider's public key",
            forged(&format!("<SignatureMethod Algorithm=\"{uri}\"/>")),
        ),
        Case::refuse(
            "hmac-output-length",
            "algorithm_not_accepted",
            &["A11.2"],
            "HMAC-SHA256 of which no bit is compared",
            forged(&format!(
                "<SignatureMethod Algorithm=\"{uri}\"><HMACOutputLength>0</HMACOutputLength></SignatureMethod>"
            )),
        ),
        Case::refuse(
            "hmac-output-length-under-rsa",
            "signature_malformed",
            &["A11.2"],
            "HMACOutputLength in a SignatureMethod that is not HMAC",
            forged(&format!(
                "<SignatureMethod Algorithm=\"{RSA_SHA256}\"><HMACOutputLength>8</HMACOutputLength></SignatureMethod>"
            )),
        ),
    ]
}

/// HMAC (RFC 2104) with SHA-256.
fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let sha = |parts: &[&[u8]]| DigestAlgorithm::Sha256.digest(&parts.concat()).as_bytes().to_vec();
    let mut block = sha(&[key]);
    block.resize(64, 0);
    let pad = |with: u8| block.iter().map(|octet| octet ^ with).collect::<Vec<u8>>();
    sha(&[&pad(0x5c), &sha(&[&pad(0x36), message])])
}

/// The genuine signature under another name, really signed.
fn names() -> Vec<Case> {
    let signature = |name: &str, attacks: &[&'static str], about: &str, uri: &str| {
        let xml = Seal::default().distorted(&Entra::default().xml(), ASSERTION_ID, |s| swap(&s, RSA_SHA256, uri));
        Case::refuse(name, "algorithm_not_accepted", attacks, about, xml)
    };
    let digest = |name: &str, attacks: &[&'static str], about: &str, uri: &str| {
        let xml = Seal::default().distorted(&Entra::default().xml(), ASSERTION_ID, |s| {
            swap(
                &s,
                &format!("<DigestMethod Algorithm=\"{SHA256}\"/>"),
                &format!("<DigestMethod Algorithm=\"{uri}\"/>"),
            )
        });
        Case::refuse(name, "algorithm_not_accepted", attacks, about, xml)
    };
    vec![
        signature(
            "signature-method-rsa-md5",
            &["A11.3"],
            "RSA with MD5",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        ),
        signature(
            "signature-method-rsa-md5-with-sha1-allowed",
            &["A11.3"],
            "RSA with MD5 where SHA-1 is allowed",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        )
        .when(|s| s.allow_sha1 = true),
        digest("digest-method-md5", &["A11.3"], "MD5 as digest", "http://www.w3.org/2001/04/xmldsig-more#md5"),
        signature("signature-method-dsa", &["A11.4"], "DSA", "http://www.w3.org/2009/xmldsig11#dsa-sha256"),
        signature("signature-method-none", &["A11.4"], "none", "none"),
        signature("signature-method-empty", &["A11.4"], "An empty name", ""),
        signature("signature-method-unknown", &["A11.4"], "A name that nobody knows", "urn:example:signature"),
        signature(
            "signature-method-in-upper-case",
            &["A11.4"],
            "The name in upper case",
            "http://www.w3.org/2001/04/xmldsig-more#RSA-SHA256",
        ),
        signature("signature-method-is-a-digest", &["A11.4"], "A digest algorithm as signature algorithm", SHA256),
        digest("digest-method-is-a-signature", &["A11.4"], "A signature algorithm as digest algorithm", RSA_SHA256),
        digest("digest-method-empty", &["A11.4"], "An empty digest algorithm", ""),
        signature(
            "signature-method-pss-with-parameters",
            &["A11.5"],
            "RSA-PSS whose parameters stand in the message",
            "http://www.w3.org/2007/05/xmldsig-more#rsa-pss",
        ),
    ]
}

/// SHA-1 without permission.
fn weak() -> Vec<Case> {
    let sha1 = |algorithm, digest| Seal { algorithm, digest, ..Seal::default() }.assertion(&Entra::default().xml());
    let (rsa1, rsa256) = (SignatureAlgorithm::RsaSha1, SignatureAlgorithm::RsaSha256);
    let (digest1, digest256) = (DigestAlgorithm::Sha1, DigestAlgorithm::Sha256);
    let case = |name: &str, about: &str, xml: String| Case::refuse(name, "sha1_not_allowed", &["A11.3"], about, xml);
    vec![
        case(
            "sha1-signature-and-digest",
            "RSA-SHA1 and SHA-1, as Entra signs where it is told to",
            sha1(rsa1, digest1),
        ),
        case("sha1-signature", "RSA-SHA1 over a SHA-256 digest", sha1(rsa1, digest256)),
        case("sha1-digest", "RSA-SHA256 over a SHA-1 digest", sha1(rsa256, digest1)),
    ]
}

/// A good signature under the name of another algorithm, and algorithms that do not fit the key.
fn labels() -> Vec<Case> {
    let relabelled = |name: &str, about: &str, seal: &Seal, label: SignatureAlgorithm| {
        let used = seal.algorithm.uri();
        let xml = seal.distorted(&Entra::default().xml(), ASSERTION_ID, |s| swap(&s, used, label.uri()));
        Case::refuse(name, "no_key_matches", &["A11.5"], about, xml)
    };
    let rsa = Seal::default();
    let pss = Seal { algorithm: SignatureAlgorithm::RsaPssSha256, ..Seal::default() };
    let ec = Seal::with_key("p256", SignatureAlgorithm::EcdsaSha256);
    vec![
        relabelled("label-pss-on-pkcs1", "PKCS#1 v1.5 called RSA-PSS", &rsa, SignatureAlgorithm::RsaPssSha256),
        relabelled("label-pkcs1-on-pss", "RSA-PSS called PKCS#1 v1.5", &pss, SignatureAlgorithm::RsaSha256),
        relabelled("label-sha512-on-sha256", "RSA-SHA256 called RSA-SHA512", &rsa, SignatureAlgorithm::RsaSha512),
        relabelled("label-ecdsa-on-rsa", "RSA called ECDSA", &rsa, SignatureAlgorithm::EcdsaSha256),
        relabelled("label-ed25519-on-rsa", "RSA called Ed25519", &rsa, SignatureAlgorithm::Ed25519),
        relabelled(
            "label-rsa-on-ecdsa",
            "ECDSA called RSA, the key being elliptic",
            &ec,
            SignatureAlgorithm::RsaSha256,
        )
        .when(|s| s.certificates = vec!["p256"]),
        relabelled(
            "label-ecdsa-sha384-on-ecdsa-sha256",
            "ECDSA with SHA-256 called ECDSA with SHA-384",
            &ec,
            SignatureAlgorithm::EcdsaSha384,
        )
        .when(|s| s.certificates = vec!["p256"]),
    ]
}

/// Signature values that careless arithmetic takes for good.
fn values() -> Vec<Case> {
    let ecdsa = Seal::with_key("p256", SignatureAlgorithm::EcdsaSha256).assertion(&Entra::default().xml());
    let rsa = genuine();
    let with = |name: &str, about: &str, xml: &str, octets: &[u8], key: &'static str| {
        let xml = set_value(xml, "SignatureValue", &base64(octets));
        Case::refuse(name, "no_key_matches", &["A11.6"], about, xml).when(|s| s.certificates = vec![key])
    };
    let own = unbase64(&value(&ecdsa, "SignatureValue"));
    let rsa_own = unbase64(&value(&rsa, "SignatureValue"));
    let one = |len: usize| {
        let mut octets = vec![0; len];
        octets[len - 1] = 1;
        octets
    };
    vec![
        with("ecdsa-zero", "r and s are 0", &ecdsa, &[0; 64], "p256"),
        with(
            "ecdsa-r-is-the-order",
            "r is the order of the curve",
            &ecdsa,
            &[&P256_ORDER, &own[32..]].concat(),
            "p256",
        ),
        with(
            "ecdsa-r-and-s-are-the-order",
            "r and s are the order of the curve",
            &ecdsa,
            &[P256_ORDER, P256_ORDER].concat(),
            "p256",
        ),
        with("ecdsa-der", "The good r and s in DER", &ecdsa, &der(&own), "p256"),
        with(
            "ecdsa-with-trailing-octets",
            "The good r and s, and two octets more",
            &ecdsa,
            &[&own[..], &[0, 0]].concat(),
            "p256",
        ),
        with("rsa-zero", "The number 0", &rsa, &[0; 256], "idp"),
        with("rsa-one", "The number 1", &rsa, &one(256), "idp"),
        with("rsa-short", "The number 1 in one octet", &rsa, &[1], "idp"),
        with(
            "rsa-with-trailing-octet",
            "The good value and an octet more",
            &rsa,
            &[&rsa_own[..], &[0]].concat(),
            "idp",
        ),
        with(
            "rsa-with-leading-zero",
            "The good value behind a zero octet",
            &rsa,
            &[&[0], &rsa_own[..]].concat(),
            "idp",
        ),
    ]
}

/// n of P-256 (SEC 2 §2.4.2).
const P256_ORDER: [u8; 32] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7,
    0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
];

/// `SEQUENCE { r INTEGER, s INTEGER }` of r and s, 32 octets each.
fn der(fixed: &[u8]) -> Vec<u8> {
    let integer = |octets: &[u8]| {
        let significant = octets.iter().position(|&octet| octet != 0).unwrap_or(octets.len() - 1);
        let mut value = octets[significant..].to_vec();
        if value[0] & 0x80 != 0 {
            value.insert(0, 0);
        }
        [vec![2, u8::try_from(value.len()).expect("at most 33 octets")], value].concat()
    };
    let body = [integer(&fixed[..32]), integer(&fixed[32..])].concat();
    [vec![0x30, u8::try_from(body.len()).expect("at most 70 octets")], body].concat()
}

/// Keys with which anybody could forge: refused where they are configured, whatever the message.
fn keys_too_weak() -> Vec<Case> {
    let case = |name: &str, about: &str, key: &'static str| {
        Case::refuse(name, "no_trusted_key", &["A11.7"], about, genuine()).when(|s| s.certificates = vec![key])
    };
    vec![
        case("rsa-exponent-3", "The certificate's key has the exponent 3", "exponent-3"),
        case("rsa-1024", "The certificate's key has 1024 bits", "small"),
    ]
}
