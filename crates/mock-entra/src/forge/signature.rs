//! A02: no signature, or a broken one. A03: keys that come with the message.

use crate::case::Case;
use crate::entra::{ASSERTION_ID, Entra};
use crate::forge::{ADMIN, genuine, genuine_response};
use crate::seal::{KeyInfo, Seal};
use crate::text::{base64, cut, set_value, swap, unbase64, value, without};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = absent();
    cases.extend(broken());
    cases.extend(strange_keys());
    cases
}

/// A signature that is not there, or is one in name only.
fn absent() -> Vec<Case> {
    let signed = genuine();
    let signature = cut(&signed, "Signature");
    vec![
        Case::refuse("not-signed", "not_signed", &["A02.1"], "Nothing is signed", Entra::default().xml()),
        Case::refuse(
            "not-signed-signature-removed",
            "not_signed",
            &["A02.1"],
            "The Signature was removed and the name changed",
            swap(&without(&signed, "Signature"), ">user@example.com</NameID>", &format!(">{ADMIN}</NameID>")),
        ),
        Case::refuse(
            "signature-empty",
            "signature_malformed",
            &["A02.2"],
            "An empty Signature",
            signature.with("<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/>"),
        ),
        Case::refuse(
            "signature-without-signed-info",
            "signature_malformed",
            &["A02.2"],
            "A Signature without SignedInfo",
            without(&signed, "SignedInfo"),
        ),
        Case::refuse(
            "signature-without-value",
            "signature_malformed",
            &["A02.2"],
            "A Signature whose SignatureValue is empty",
            set_value(&signed, "SignatureValue", ""),
        ),
        Case::refuse(
            "signature-without-reference",
            "signature_malformed",
            &["A02.2"],
            "A really signed SignedInfo without Reference",
            Seal::default().distorted(&Entra::default().xml(), ASSERTION_ID, |s| without(&s, "Reference")),
        ),
        Case::refuse(
            "signature-in-a-foreign-namespace",
            "not_signed",
            &["A02.3", "A12.4"],
            "The Signature stands in a namespace that only looks like XML Signature's",
            swap(
                &signed,
                "xmlns=\"http://www.w3.org/2000/09/xmldsig#\"",
                "xmlns=\"http://www.w3.org/2000/09/XMLDSIG#\"",
            ),
        ),
        Case::refuse(
            "response-signature-wanted",
            "response_not_signed",
            &["A02.4"],
            "The response must be signed; only the assertion is",
            signed.clone(),
        )
        .when(|s| s.require_signed = "response"),
        Case::refuse(
            "assertion-signature-wanted",
            "assertion_not_signed",
            &["A02.4"],
            "The assertion must be signed; only the response is",
            genuine_response(),
        )
        .when(|s| s.require_signed = "assertion"),
        Case::refuse(
            "both-signatures-wanted",
            "response_not_signed",
            &["A02.4"],
            "Both must be signed; only the assertion is",
            signed,
        )
        .when(|s| s.require_signed = "both"),
        Case::refuse(
            "no-certificate",
            "no_trusted_key",
            &["A02.8"],
            "A genuine message, but the connection has no certificate",
            genuine(),
        )
        .when(|s| s.certificates.clear()),
    ]
}

/// A signature that does not match what it should cover.
fn broken() -> Vec<Case> {
    let signed = genuine();
    let tampered = swap(&signed, ">user@example.com</NameID>", &format!(">{ADMIN}</NameID>"));
    let redigested = {
        let xml = swap(&Entra::default().xml(), ">user@example.com</NameID>", &format!(">{ADMIN}</NameID>"));
        set_value(&tampered, "DigestValue", &value(&Seal::default().assertion(&xml), "DigestValue"))
    };
    let both = Entra::default().both_signed();
    let assertion_broken = Seal::default().response(&tampered);
    let named = |name: &str| Entra::with(|e| e.claims[2].1 = vec![name.into()]).signed();
    let mut value = unbase64(&value(&signed, "SignatureValue"));
    value[100] ^= 1;
    vec![
        Case::refuse("tampered-name", "digest_mismatch", &["A02.5"], "The NameID was changed", tampered.clone()),
        Case::refuse(
            "tampered-signature-value",
            "no_key_matches",
            &["A02.5"],
            "One bit of the SignatureValue was changed",
            set_value(&signed, "SignatureValue", &base64(&value)),
        ),
        Case::refuse(
            "tampered-name-with-its-digest",
            "no_key_matches",
            &["A02.7"],
            "The NameID was changed and the digest computed anew",
            redigested,
        ),
        Case::refuse(
            "tampered-white-space",
            "digest_mismatch",
            &["A02.7"],
            "White space was put between two elements of the signed Assertion",
            swap(&signed, "</Subject><Conditions", "</Subject>\n<Conditions"),
        ),
        Case::refuse(
            "tampered-unicode-normalisation",
            "digest_mismatch",
            &["A02.7"],
            "A letter with an accent was decomposed (NFD)",
            swap(&named("Ex\u{e4}mple"), "Ex\u{e4}mple", "Exa\u{308}mple"),
        ),
        Case::refuse(
            "both-signed-response-broken",
            "digest_mismatch",
            &["A02.6"],
            "Both are signed; the Destination was changed, so that only the assertion's signature holds",
            swap(
                &both,
                "IssueInstant=\"2026-03-02T10:00:00.123Z\" Destination",
                "IssueInstant=\"2026-03-02T10:00:00.124Z\" Destination",
            ),
        ),
        Case::refuse(
            "both-signed-assertion-broken",
            "digest_mismatch",
            &["A02.6"],
            "Both are signed; the assertion was changed before the response was signed",
            assertion_broken,
        ),
        Case::refuse(
            "both-signed-assertion-by-a-stranger",
            "no_key_matches",
            &["A02.6"],
            "The response is signed by the identity provider, the assertion in it by a stranger",
            Seal::default().response(&Seal { key: "attacker", ..Seal::default() }.assertion(&Entra::default().xml())),
        ),
    ]
}

/// Keys that the message brings along.
fn strange_keys() -> Vec<Case> {
    let xml = Entra::default().xml();
    let attacker = |key_info: KeyInfo| Seal { key: "attacker", key_info, ..Seal::default() }.assertion(&xml);
    let certificate = |name: &str| base64(crate::keys::certificate(name).der());
    let modulus_of =
        "<@KeyValue><@RSAKeyValue><@Modulus>wJ8x</@Modulus><@Exponent>AQAB</@Exponent></@RSAKeyValue></@KeyValue>";
    let case = |name: &str, attacks: &[&'static str], about: &str, xml: String| {
        Case::refuse(name, "no_key_matches", attacks, about, xml)
    };
    vec![
        case(
            "stranger-with-own-certificate",
            &["A03.1", "A03.6"],
            "Signed by a stranger, whose certificate stands in KeyInfo and has the subject and serial number of ours",
            attacker(KeyInfo::Certificate("attacker")),
        ),
        case(
            "stranger-with-our-certificate",
            &["A03.1"],
            "Signed by a stranger; KeyInfo holds the identity provider's certificate",
            attacker(KeyInfo::Certificate("idp")),
        ),
        case(
            "stranger-with-key-value",
            &["A03.2"],
            "Signed by a stranger; KeyInfo holds a KeyValue",
            attacker(KeyInfo::Xml(modulus_of.into())),
        ),
        case(
            "stranger-with-two-certificates",
            &["A03.3"],
            "Signed by a stranger; KeyInfo holds the identity provider's certificate and the stranger's own",
            attacker(KeyInfo::Xml(format!(
                "<@X509Data><@X509Certificate>{}</@X509Certificate><@X509Certificate>{}</@X509Certificate></@X509Data>",
                certificate("idp"),
                certificate("attacker")
            ))),
        ),
        case(
            "stranger-with-key-name",
            &["A03.6"],
            "Signed by a stranger; KeyInfo names the identity provider's key and the issuer and serial number of its certificate",
            attacker(KeyInfo::Xml(
                "<@KeyName>idp</@KeyName><@X509Data><@X509IssuerSerial><@X509IssuerName>CN=Microsoft Azure Federated SSO \
                 Certificate</@X509IssuerName><@X509SerialNumber>23063</@X509SerialNumber></@X509IssuerSerial></@X509Data>"
                    .into(),
            )),
        ),
        case(
            "stranger-with-retrieval-method",
            &["A03.4"],
            "Signed by a stranger; KeyInfo points to a certificate elsewhere, through an XSLT",
            attacker(KeyInfo::Xml(
                "<@RetrievalMethod Type=\"http://www.w3.org/2000/09/xmldsig#rawX509Certificate\" \
                 URI=\"http://attacker.example/key.cer\"><@Transforms><@Transform \
                 Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"/></@Transforms></@RetrievalMethod>"
                    .into(),
            )),
        ),
        case("retired-certificate", &["A03.5"], "Signed with a key that is no longer configured", genuine())
            .when(|s| s.certificates = vec!["idp-next"]),
        case(
            "signed-with-our-own-key",
            &["A03.5"],
            "Signed with the service provider's own key, which signs its requests",
            Seal { key: "sp", key_info: KeyInfo::Certificate("sp"), ..Seal::default() }.assertion(&xml),
        )
        .when(|s| s.decryption_keys = vec!["sp"]),
    ]
}
