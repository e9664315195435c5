//! A09: transforms. A10: canonicalisation.

use vestibule_xmlsec::algorithms::DigestAlgorithm;
use vestibule_xmlsec::c14n::{Canonicalization, Method};

use crate::case::Case;
use crate::entra::{ASSERTION_ID, Entra};
use crate::forge::genuine;
use crate::seal::Seal;
use crate::text::{base64, set_value, swap, unbase64, value};

const ENVELOPED: &str = "<Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
const EXCLUSIVE: &str = "<Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = transforms();
    cases.extend(methods());
    cases.extend(void());
    cases.extend(context());
    cases
}

/// The genuine content under other transforms, really signed.
fn transformed(name: &str, attacks: &[&'static str], about: &str, transforms: &str) -> Case {
    let both = format!("{ENVELOPED}{EXCLUSIVE}");
    let xml = Seal::default().distorted(&Entra::default().xml(), ASSERTION_ID, |s| swap(&s, &both, transforms));
    Case::refuse(name, "signature_transform", attacks, about, xml)
}

fn transforms() -> Vec<Case> {
    let between = |transform: &str| format!("{ENVELOPED}{transform}{EXCLUSIVE}");
    let xpath = "<Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><XPath>not(ancestor-or-self::NameID)</XPath></Transform>";
    let filter = "<Transform Algorithm=\"http://www.w3.org/2002/06/xmldsig-filter2\"><XPath \
                  xmlns=\"http://www.w3.org/2002/06/xmldsig-filter2\" Filter=\"subtract\">//NameID</XPath></Transform>";
    let xslt = "<Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><xsl:stylesheet version=\"1.0\" \
                xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"><xsl:template match=\"/\"><xsl:copy-of \
                select=\"document('file:///etc/passwd')\"/></xsl:template></xsl:stylesheet></Transform>";
    let base64 = "<Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#base64\"/>";
    let unknown = "<Transform Algorithm=\"urn:example:transform\"/>";
    vec![
        transformed("transform-xslt", &["A09.1"], "XSLT that opens a file", &between(xslt)),
        transformed("transform-xpath", &["A09.2"], "XPath that takes the NameID out of the digest", &between(xpath)),
        transformed(
            "transform-xpath-filter-2",
            &["A09.2"],
            "XPath Filter 2 that takes the NameID out of the digest",
            &between(filter),
        ),
        transformed("transform-base64", &["A09.3"], "base64", &format!("{ENVELOPED}{base64}")),
        transformed("transform-unknown", &["A09.3"], "A transform that nobody knows", &between(unknown)),
        transformed("transform-enveloped-twice", &["A09.4"], "enveloped-signature twice", &between(ENVELOPED)),
        transformed("transform-canonicalisation-twice", &["A09.4"], "Canonicalisation twice", &between(EXCLUSIVE)),
        transformed(
            "transforms-reordered",
            &["A09.4"],
            "Canonicalisation before enveloped-signature",
            &format!("{EXCLUSIVE}{ENVELOPED}"),
        ),
        transformed("transform-enveloped-missing", &["A09.4"], "No enveloped-signature", EXCLUSIVE),
        transformed("transform-canonicalisation-missing", &["A09.4"], "No canonicalisation", ENVELOPED),
        Case {
            refusal: Some("signature_malformed"),
            ..transformed("transforms-empty", &["A09.4"], "Transforms without any", "")
        },
        transformed("transforms-many", &["A21.3"], "A thousand transforms", &between(&ENVELOPED.repeat(1000))),
    ]
}

fn methods() -> Vec<Case> {
    let method = "<CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
    let named = |name: &str, about: &str, uri: &str| {
        let xml = Seal::default().distorted(&Entra::default().xml(), ASSERTION_ID, |s| {
            swap(&s, method, &format!("<CanonicalizationMethod Algorithm=\"{uri}\"/>"))
        });
        Case::refuse(name, "signature_transform", &["A09.5"], about, xml)
    };
    let foreign = {
        let decoy = "<AttributeValue><Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/></AttributeValue>";
        let xml = swap(&Entra::default().xml(), "<AttributeValue>Example User</AttributeValue>", decoy);
        Seal::default().assertion(&xml)
    };
    vec![
        named(
            "canonicalization-method-xslt",
            "XSLT as CanonicalizationMethod",
            "http://www.w3.org/TR/1999/REC-xslt-19991116",
        ),
        named(
            "canonicalization-method-enveloped",
            "enveloped-signature as CanonicalizationMethod",
            "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        ),
        named(
            "canonicalization-method-2-0",
            "Canonical XML 2.0, which is not implemented",
            "http://www.w3.org/2010/xml-c14n2",
        ),
        named("canonicalization-method-empty", "An empty CanonicalizationMethod", ""),
        Case::refuse(
            "foreign-signature-in-content",
            "misplaced_signature",
            &["A09.5"],
            "A Signature inside the signed content, in an AttributeValue",
            foreign,
        ),
    ]
}

/// What a canonicaliser that answers failure with "" would let through.
fn void() -> Vec<Case> {
    let empty_digest = base64(DigestAlgorithm::Sha256.digest(b"").as_bytes());
    let digest = Seal::default()
        .distorted(&Entra::default().xml(), ASSERTION_ID, |s| set_value(&s, "DigestValue", &empty_digest));
    let signature = set_value(&genuine(), "SignatureValue", &base64(&Seal::default().sign(b"")));
    vec![
        Case::refuse(
            "void-canonical-form-digest",
            "digest_mismatch",
            &["A10.1"],
            "A really signed SignedInfo whose digest is that of nothing",
            digest,
        ),
        Case::refuse(
            "void-canonical-form-signature",
            "no_key_matches",
            &["A10.1"],
            "The identity provider's signature over nothing in place of that over SignedInfo",
            signature,
        ),
    ]
}

/// Changes around the signed element that its canonical form must show.
fn context() -> Vec<Case> {
    let inclusive = Seal { canonicalization: Method::Inclusive10.into(), ..Seal::default() };
    let listed = Seal {
        canonicalization: Canonicalization { method: Method::Exclusive, inclusive_prefixes: vec!["xs".into()] },
        ..Seal::default()
    };
    let typed = swap(
        &Entra::default().xml(),
        "<samlp:Response ID",
        "<samlp:Response xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" ID",
    );
    let on_root = |xml: &str, more: &str| swap(xml, "<samlp:Response ID", &format!("<samlp:Response {more} ID"));
    let mismatch = |name: &str, about: &str, xml: String| Case::refuse(name, "no_key_matches", &["A10.3"], about, xml);
    let signed = listed.assertion(&typed);
    vec![
        mismatch(
            "inherited-xml-lang-added",
            "Inclusive canonicalisation; xml:lang was added to the Response, which the Assertion inherits",
            on_root(&inclusive.assertion(&Entra::default().xml()), "xml:lang=\"de\""),
        ),
        mismatch(
            "namespace-added-around",
            "Inclusive canonicalisation; a namespace was added to the Response",
            on_root(&inclusive.assertion(&Entra::default().xml()), "xmlns:x=\"urn:example:x\""),
        ),
        mismatch(
            "listed-prefix-bound-anew",
            "PrefixList names xs, which was bound to another namespace on the Response",
            swap(&signed, "xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"", "xmlns:xs=\"urn:example:xs\""),
        ),
        mismatch(
            "prefix-list-removed",
            "PrefixList was removed",
            signed.replace(
                "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"xs\"/>",
                "",
            ),
        ),
        Case::refuse(
            "inherited-xml-base-in-the-assertion",
            "digest_mismatch",
            &["A10.3"],
            "xml:base was added to the signed Assertion",
            swap(&genuine(), "<Assertion ID", "<Assertion xml:base=\"https://attacker.example/\" ID"),
        ),
        Case::refuse(
            "prefix-list-many",
            "too_complex",
            &["A21.4"],
            "A PrefixList of 10,000 prefixes, signed by a stranger",
            {
                let canonicalization =
                    Canonicalization { method: Method::Exclusive, inclusive_prefixes: vec!["p0".to_owned()] };
                let prefixes: Vec<String> = (0..10_000).map(|n| format!("p{n}")).collect();
                Seal { key: "attacker", canonicalization, ..Seal::default() }.distorted(
                    &Entra::default().xml(),
                    ASSERTION_ID,
                    |signature| signature.replace("\"p0\"", &format!("\"{}\"", prefixes.join(" "))),
                )
            },
        ),
        Case::refuse(
            "signature-value-not-base64",
            "signature_malformed",
            &["A07.5"],
            "A SignatureValue with a character that is not base64",
            {
                let value = unbase64(&value(&genuine(), "SignatureValue"));
                set_value(&genuine(), "SignatureValue", &base64(&value).replacen('A', "*", 1))
            },
        ),
        Case::refuse(
            "signature-with-text",
            "signature_malformed",
            &["A07.4"],
            "Text in the Signature",
            swap(&genuine(), "<KeyInfo>", "x<KeyInfo>"),
        ),
    ]
}
