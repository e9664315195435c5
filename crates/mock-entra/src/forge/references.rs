//! A07: what a signature's parts may hold. A08: what it refers to.

use crate::case::{Case, Message};
use crate::entra::{ASSERTION_ID, Entra, RESPONSE_ID};
use crate::forge::{ADMIN, genuine};
use crate::seal::Seal;
use crate::text::{append, base64, element, set_value, swap, unbase64, value};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = smuggled();
    cases.extend(references());
    cases.extend(ids());
    cases
}

/// Parts of a signature in places where another reader would find them.
#[expect(clippy::too_many_lines, reason = "a table of vectors")]
fn smuggled() -> Vec<Case> {
    let signed = genuine();
    let xml = Entra::default().xml();
    let digest = value(&signed, "DigestValue");
    let evil_digest = {
        let evil = swap(&xml, ">user@example.com</NameID>", &format!(">{ADMIN}</NameID>"));
        value(&Seal::default().assertion(&evil), "DigestValue")
    };
    let tampered = swap(&signed, ">user@example.com</NameID>", &format!(">{ADMIN}</NameID>"));
    let info = element(&signed, "SignedInfo");
    let evil_info = set_value(&info, "DigestValue", &evil_digest);
    let hex = unbase64(&digest).iter().fold(String::new(), |hex, octet| format!("{hex}{octet:02x}"));
    let distorted = |distort: &dyn Fn(String) -> String| Seal::default().distorted(&xml, ASSERTION_ID, distort);
    let detail = format!("<DigestValue xmlns=\"http://www.w3.org/2000/09/xmldsig#\">{evil_digest}</DigestValue>");
    let malformed = |name: &str, attacks: &[&'static str], about: &str, xml: String| {
        Case::refuse(name, "signature_malformed", attacks, about, xml)
    };
    let split = |name: &str, about: &str, xml: String| Case::refuse(name, "value_not_text", &["A07.1"], about, xml);
    vec![
        split(
            "digest-value-with-a-comment",
            "A forged digest in a comment inside DigestValue, which canonicalisation drops",
            set_value(&tampered, "DigestValue", &format!("<!--{evil_digest}-->{digest}")),
        ),
        split(
            "signature-value-with-a-comment",
            "A comment inside SignatureValue",
            set_value(&signed, "SignatureValue", &format!("{}<!-- -->", value(&signed, "SignatureValue"))),
        ),
        split(
            "digest-value-in-cdata",
            "DigestValue as a CDATA section, really signed",
            distorted(&|s| set_value(&s, "DigestValue", &format!("<![CDATA[{digest}]]>"))),
        ),
        malformed(
            "two-signed-infos-forged-first",
            &["A07.2"],
            "A forged SignedInfo before the genuine one",
            swap(&tampered, &info, &format!("{evil_info}{info}")),
        ),
        malformed(
            "two-signed-infos-forged-last",
            &["A07.2"],
            "A forged SignedInfo behind the genuine one",
            swap(&tampered, &info, &format!("{info}{evil_info}")),
        ),
        malformed(
            "signed-info-in-object",
            &["A07.2"],
            "The genuine SignedInfo in a ds:Object, a forged one in its place",
            append(&swap(&tampered, &info, &evil_info), "Signature", &format!("<Object>{info}</Object>")),
        ),
        malformed(
            "signed-info-nested",
            &["A07.2"],
            "The genuine SignedInfo inside a forged one",
            swap(&tampered, &info, &append(&evil_info, "SignedInfo", &info)),
        ),
        Case::refuse(
            "digest-value-elsewhere",
            "digest_mismatch",
            &["A07.3"],
            "A forged DigestValue in the StatusDetail, which a search for any DigestValue finds first",
            swap(
                &tampered,
                "</samlp:Status>",
                &format!("<samlp:StatusDetail>{detail}</samlp:StatusDetail></samlp:Status>"),
            ),
        ),
        malformed(
            "digest-value-in-the-signature",
            &["A07.3"],
            "A forged DigestValue as a child of the Signature",
            append(&tampered, "Signature", &format!("<DigestValue>{evil_digest}</DigestValue>")),
        ),
        malformed(
            "two-digest-values",
            &["A07.4"],
            "Two DigestValues, really signed",
            distorted(&|s| {
                swap(&s, "</DigestValue>", &format!("</DigestValue><DigestValue>{evil_digest}</DigestValue>"))
            }),
        ),
        malformed(
            "two-signature-values",
            &["A07.4"],
            "Two SignatureValues",
            swap(&signed, "<SignatureValue>", "<SignatureValue>AAAA</SignatureValue><SignatureValue>"),
        ),
        malformed(
            "digest-value-shortened",
            &["A07.5"],
            "The first 16 octets of the digest, really signed",
            distorted(&|s| set_value(&s, "DigestValue", &base64(&unbase64(&digest)[..16]))),
        ),
        malformed(
            "digest-value-in-hexadecimal",
            &["A07.5"],
            "The digest in hexadecimal digits, really signed",
            distorted(&|s| set_value(&s, "DigestValue", &hex)),
        ),
        malformed(
            "digest-value-empty",
            &["A07.5"],
            "An empty DigestValue, really signed",
            distorted(&|s| set_value(&s, "DigestValue", "")),
        ),
        malformed(
            "digest-value-with-white-space-only",
            &["A07.5"],
            "A DigestValue of white space, really signed",
            distorted(&|s| set_value(&s, "DigestValue", "\n \n")),
        ),
    ]
}

/// References to anything but the element that the signature stands in.
fn references() -> Vec<Case> {
    let xml = Entra::default().xml();
    let refer = |name: &str, attacks: &[&'static str], about: &str, uri: &str| {
        let own = format!("URI=\"#{ASSERTION_ID}\"");
        let signed = Seal::default().distorted(&xml, ASSERTION_ID, |s| swap(&s, &own, uri));
        Case::refuse(name, "signature_reference", attacks, about, signed)
    };
    let percent = format!("URI=\"#%5F{}\"", &ASSERTION_ID[1..]);
    let pointer = format!("URI=\"#xpointer(id('{ASSERTION_ID}'))\"");
    let http = format!("URI=\"https://sp.example.com/#{ASSERTION_ID}\"");
    let subject_digest =
        Seal::default().distorted(&swap(&xml, "<Subject>", "<Subject ID=\"_subject\">"), ASSERTION_ID, |s| {
            swap(&s, &format!("#{ASSERTION_ID}"), "#_subject")
        });
    let second = |s: String| {
        let reference = element(&s, "Reference");
        swap(&s, "</Reference>", &format!("</Reference>{}", swap(&reference, ASSERTION_ID, RESPONSE_ID)))
    };
    vec![
        refer("reference-empty", &["A08.1"], "URI=\"\", the whole document", "URI=\"\""),
        refer("reference-absent", &["A08.1"], "A Reference without URI", "Id=\"_reference\""),
        refer("reference-http", &["A08.2"], "A URL that ends in the ID", &http),
        refer("reference-file", &["A08.2"], "A file", "URI=\"file:///etc/passwd\""),
        refer("reference-xpointer", &["A08.2"], "An XPointer to the ID", &pointer),
        refer("reference-percent-encoded", &["A08.2"], "The ID percent-encoded", &percent),
        refer("reference-without-fragment-mark", &["A08.2"], "The ID without #", &format!("URI=\"{ASSERTION_ID}\"")),
        refer(
            "reference-in-upper-case",
            &["A08.4"],
            "The ID in another case",
            &format!("URI=\"#{}\"", ASSERTION_ID.to_uppercase()),
        ),
        refer(
            "reference-with-a-space",
            &["A08.4"],
            "The ID with a space behind it",
            &format!("URI=\"#{ASSERTION_ID} \""),
        ),
        Case::refuse(
            "reference-to-the-subject",
            "signature_reference",
            &["A08.3"],
            "The Assertion's Signature refers to its Subject",
            subject_digest,
        ),
        refer(
            "reference-to-the-response",
            &["A08.3"],
            "The Assertion's Signature refers to the Response",
            &format!("URI=\"#{RESPONSE_ID}\""),
        ),
        Case::refuse(
            "two-references",
            "signature_reference",
            &["A08.5", "A21.3"],
            "Two References, really signed",
            Seal::default().distorted(&xml, ASSERTION_ID, second),
        ),
        Case::refuse(
            "reference-with-type-manifest",
            "signature_malformed",
            &["A08.6"],
            "A Reference of type Manifest",
            Seal::default().distorted(&xml, ASSERTION_ID, |s| {
                swap(&s, "<Reference ", "<Reference Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\" ")
            }),
        ),
        Case::refuse(
            "manifest-in-object",
            "signature_malformed",
            &["A08.6"],
            "A Manifest in a ds:Object of the Signature",
            append(
                &genuine(),
                "Signature",
                "<Object><Manifest><Reference URI=\"#x\"><DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
                 <DigestValue>AAAA</DigestValue></Reference></Manifest></Object>",
            ),
        ),
    ]
}

/// Spellings of the ID that other readers take for one.
fn ids() -> Vec<Case> {
    let xml = Entra::default().xml();
    let own = format!("<Assertion ID=\"{ASSERTION_ID}\"");
    let spelled = |spelling: &str| {
        let signed = genuine();
        swap(&signed, &own, &format!("<Assertion {spelling}=\"{ASSERTION_ID}\""))
    };
    let wsu = "xmlns:wsu=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\" wsu:Id";
    let decoy = |spelling: &str| Seal::default().assertion(&swap(&xml, &own, &format!("{own} {spelling}=\"_decoy\"")));
    vec![
        Case::refuse("id-spelled-Id", "signature_reference", &["A08.4"], "Id in place of ID", spelled("Id")),
        Case::refuse("id-spelled-id", "signature_reference", &["A08.4"], "id in place of ID", spelled("id")),
        Case::refuse(
            "id-spelled-xml-id",
            "signature_reference",
            &["A08.4"],
            "xml:id in place of ID",
            spelled("xml:id"),
        ),
        Case::refuse("id-spelled-wsu-id", "look_alike_attribute", &["A08.4"], "wsu:Id in place of ID", spelled(wsu)),
        Case::refuse(
            "id-beside-wsu-id",
            "look_alike_attribute",
            &["A08.4", "A12.3"],
            "A really signed Assertion with an ID and a wsu:Id",
            decoy(wsu),
        ),
        Case::refuse(
            "id-missing",
            "signature_reference",
            &["A08.7"],
            "The Assertion's ID was removed",
            swap(&genuine(), &own, "<Assertion"),
        ),
        Case::refuse(
            "id-empty",
            "signature_reference",
            &["A08.7"],
            "The Assertion's ID was emptied, and the reference with it",
            swap(&swap(&genuine(), &own, "<Assertion ID=\"\""), &format!("URI=\"#{ASSERTION_ID}\""), "URI=\"#\""),
        ),
        base64_field("not-base64", "not_base64", "Characters that are not base64", "PHNhbWxwOlJlc3BvbnNl*"),
        base64_field("field-empty", "malformed_xml", "An empty field", ""),
        base64_field("not-base64-url-alphabet", "not_base64", "The alphabet of base64url", "PD94bWw_-_=="),
    ]
}

fn base64_field(name: &str, code: &'static str, about: &str, field: &str) -> Case {
    let mut case = Case::refuse(name, code, &[], about, "");
    case.message = Message::Field(field.into());
    case
}
