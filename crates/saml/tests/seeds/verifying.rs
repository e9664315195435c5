//! Seeds of `verify`: every algorithm and method, and what an attacker does to a signature.

use vestibule_fuzz_bodies::xmlsec::{PREFIX_LISTS, SIGNED};
use vestibule_mock_entra::keys;
use vestibule_xmlsec::algorithms::{DigestAlgorithm, SignatureAlgorithm};
use vestibule_xmlsec::c14n::{Canonicalization, Method};
use vestibule_xmlsec::dsig::{self, SignatureTemplate};

use super::{Seed, between, swap};

pub(crate) fn seeds() -> Vec<Seed> {
    let mut seeds = signed();
    let good = sign("_a", "idp", SignatureAlgorithm::RsaSha256, &Method::Exclusive.into(), DigestAlgorithm::Sha256);
    seeds.extend(attacks(&good).map(|(name, xml)| ("corpus/verify", format!("refused-{name}.xml"), xml.into_bytes())));
    seeds
}

fn signed() -> Vec<Seed> {
    let mut seeds: Vec<Seed> = Vec::new();
    let mut add =
        |name: String, xml: String| seeds.push(("corpus/verify", format!("signed-{name}.xml"), xml.into_bytes()));
    for algorithm in SignatureAlgorithm::ALL {
        for name in ["idp", "p256", "p384", "p521", "ed25519"] {
            // Some are only verified, not made: SHA-1, and ECDSA with another digest than its curve's own.
            if keys::signing_key(name).sign(algorithm, b"").is_ok() {
                let how = Method::Exclusive.into();
                add(
                    format!("{name}-{algorithm:?}").to_lowercase(),
                    sign("_a", name, algorithm, &how, DigestAlgorithm::Sha256),
                );
            }
        }
    }
    for method in Method::ALL {
        for (list, id) in [(0, "_a"), (0, "_r"), (1, "_r"), (1, "_a")] {
            let inclusive_prefixes: Vec<_> = PREFIX_LISTS[list].iter().map(|&prefix| prefix.to_owned()).collect();
            if inclusive_prefixes.is_empty() || method.is_exclusive() {
                let how = Canonicalization { method, inclusive_prefixes };
                let xml = sign(id, "idp", SignatureAlgorithm::RsaSha256, &how, DigestAlgorithm::Sha256);
                add(format!("{method:?}-{list}{id}").to_lowercase(), xml);
            }
        }
    }
    for digest in DigestAlgorithm::ALL {
        let xml = sign("_a", "p256", SignatureAlgorithm::EcdsaSha256, &Method::Exclusive.into(), digest);
        add(format!("digest-{digest:?}").to_lowercase(), xml);
    }
    seeds
}

fn sign(id: &str, key: &str, algorithm: SignatureAlgorithm, how: &Canonicalization, digest: DigestAlgorithm) -> String {
    let (key, certificate) = (keys::signing_key(key), keys::certificate(key));
    let template = SignatureTemplate {
        canonicalization: how.clone(),
        digest,
        certificate: Some(&certificate),
        ..SignatureTemplate::new(&key, algorithm)
    };
    dsig::sign(SIGNED, id, &template).expect("the seed can be signed")
}

fn attacks(good: &str) -> impl Iterator<Item = (&'static str, String)> {
    let signature = between(good, "<Signature", "</Signature>");
    let assertion = between(good, "<saml:Assertion", "</saml:Assertion>");
    let bare = assertion.replace(signature, "");
    let evil = swap(&swap(&bare, "user@", "admin@"), "_a", "_evil");
    let digest = between(good, "<DigestValue>", "</DigestValue>");
    let value = between(good, "<SignatureValue>", "</SignatureValue>");
    let transform = r#"<Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>"#;
    let reference = between(good, "<Reference", "</Reference>");
    let attacker = {
        let key = keys::signing_key("attacker");
        dsig::sign(SIGNED, "_a", &SignatureTemplate::new(&key, SignatureAlgorithm::RsaSha256)).expect("signed")
    };
    let method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    let in_object = format!("{}<Object>{bare}</Object></Signature>", signature.trim_end_matches("</Signature>"));
    [
        ("changed-text", swap(good, "user@", "admin@")),
        ("changed-attribute", swap(good, "1 &lt; 2", "1 &lt; 3")),
        ("attacker-key", attacker),
        ("no-signature-value", swap(good, value, "<SignatureValue/>")),
        ("comment-in-digest", swap(good, digest, &digest.replace("</", "<!--x--></"))),
        ("cdata-digest", swap(good, digest, &digest.replace("e>", "e><![CDATA[").replace("<![CDATA[</", "]]></"))),
        ("two-references", swap(good, reference, &reference.repeat(2))),
        ("two-signatures", swap(good, signature, &signature.repeat(2))),
        ("empty-reference", swap(good, "URI=\"#_a\"", "URI=\"\"")),
        ("external-reference", swap(good, "URI=\"#_a\"", "URI=\"https://evil.example/\"")),
        ("xpointer", swap(good, "URI=\"#_a\"", "URI=\"#xpointer(id('_a'))\"")),
        ("xpath", swap(good, transform, r#"<Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"/>"#)),
        ("xslt", swap(good, transform, r#"<Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>"#)),
        (
            "base64-transform",
            swap(good, transform, r#"<Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"/>"#),
        ),
        ("no-transform", swap(good, transform, "")),
        ("three-transforms", swap(good, transform, &transform.repeat(2))),
        ("hmac", swap(good, method, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")),
        ("none", swap(good, method, "")),
        ("md5", swap(good, "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#md5")),
        ("manifest", swap(good, "</SignatureValue>", "</SignatureValue><Object><Manifest/></Object>")),
        ("wrapped-before", swap(good, "<!-- for you -->", &evil)),
        (
            "wrapped-around",
            swap(good, assertion, &evil.replace("</saml:Issuer>", &format!("</saml:Issuer>{assertion}"))),
        ),
        (
            "wrapped-in-object",
            swap(good, assertion, &evil.replace("</saml:Issuer>", &format!("</saml:Issuer>{in_object}"))),
        ),
        (
            "wrapped-in-extensions",
            swap(good, assertion, &format!("<samlp:Extensions>{assertion}</samlp:Extensions>{evil}")),
        ),
        ("same-id-twice", swap(good, assertion, &format!("{}{assertion}", swap(&evil, "_evil", "_a")))),
        ("empty-signed-info", swap(good, between(good, "<SignedInfo>", "</SignedInfo>"), "<SignedInfo/>")),
    ]
    .into_iter()
}
