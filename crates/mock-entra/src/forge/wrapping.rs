//! A01: the element that was verified is not the one that is read. A19: several assertions.

use crate::case::Case;
use crate::entra::{ASSERTION_ID, Entra, ISSUER, RESPONSE_ID};
use crate::forge::{evil, evil_with_id, genuine, genuine_response};
use crate::seal::Seal;
use crate::text::{append, cut, element, swap, swap_all, without};

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const EVIL_RESPONSE_ID: &str = "_00000000-0000-4000-8000-00000000e711";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = whole_responses();
    cases.extend(beside_the_signed());
    cases.extend(hiding_places());
    cases.extend(borrowed_signatures());
    cases.extend(positions());
    cases
}

/// XSW 1 and 2, and the response nested elsewhere.
fn whole_responses() -> Vec<Case> {
    let signed = genuine_response();
    let signature = element(&signed, "Signature");
    let original = without(&signed, "Signature");
    let forged = |inside: &str, beside: &str| {
        let response = cut(&Entra::default().xml(), "Assertion").with(&evil());
        let response = swap(&response, RESPONSE_ID, EVIL_RESPONSE_ID);
        let signature = signature.replace("</Signature>", &format!("{inside}</Signature>"));
        let issuer = element(&response, "Issuer");
        swap(&response, &format!("{issuer}<samlp:Status>"), &format!("{issuer}{signature}{beside}<samlp:Status>"))
    };
    let object = format!("<Object>{original}</Object>");
    vec![
        Case::refuse(
            "wrapping-xsw1-original-response-in-signature-object",
            "misplaced_assertion",
            &["A01.1", "A01.8"],
            "XSW 1: a forged Response whose Signature holds the signed one",
            forged(&object, ""),
        ),
        Case::refuse(
            "wrapping-xsw2-original-response-beside-signature",
            "misplaced_assertion",
            &["A01.2"],
            "XSW 2: a forged Response with the signed one beside the Signature",
            forged("", &original),
        ),
        Case::refuse(
            "wrapping-response-under-a-foreign-root",
            "not_a_response",
            &["A01.16"],
            "The genuine message under a root of another vocabulary",
            format!("<Envelope xmlns=\"urn:example:envelope\">{}</Envelope>", genuine()),
        ),
        Case::refuse(
            "wrapping-response-in-a-forged-response",
            "misplaced_assertion",
            &["A01.16"],
            "The genuine Response as a child of a forged one",
            append(
                &swap(&without(&Entra::default().xml(), "Assertion"), RESPONSE_ID, EVIL_RESPONSE_ID),
                "samlp:Response",
                &genuine(),
            ),
        ),
    ]
}

/// XSW 3 to 6: a second assertion near the signed one.
fn beside_the_signed() -> Vec<Case> {
    let signed = genuine();
    let parts = cut(&signed, "Assertion");
    let signature = element(&signed, "Signature");
    let original = without(&parts.it, "Signature");
    let evil_signed = |signature: &str| swap(&evil(), "</Issuer>", &format!("</Issuer>{signature}"));
    let prefixed =
        evil().replace('<', "<forged:").replace("<forged:/", "</forged:").replace(" xmlns=", " xmlns:forged=");
    let both = Entra::default().both_signed();
    let stripped = {
        let parts = cut(&both, "Signature");
        parts.with("")
    };
    let stripped_parts = cut(&stripped, "Assertion");
    let really = {
        let other = swap_all(&evil(), "admin@example.com", "other@example.com");
        let xml = append(&signed, "samlp:Response", &other);
        Seal::default().apply(&xml, "_00000000-0000-4000-8000-000000000bad")
    };
    let several = |name: &str, attacks: &[&'static str], about: &str, xml: String| {
        Case::refuse(name, "several_assertions", attacks, about, xml)
    };
    vec![
        several(
            "wrapping-xsw3-forged-assertion-before-the-signed",
            &["A01.3"],
            "XSW 3: a forged Assertion before the signed one",
            parts.with(&format!("{}{}", evil(), parts.it)),
        ),
        Case::refuse(
            "wrapping-xsw4-signed-assertion-in-the-forged",
            "misplaced_assertion",
            &["A01.4"],
            "XSW 4: a forged Assertion around the signed one",
            parts.with(&append(&evil(), "Assertion", &parts.it)),
        ),
        several(
            "wrapping-xsw5-signature-in-the-forged-original-at-the-end",
            &["A01.5"],
            "XSW 5: the Signature in a forged Assertion, the signed one behind it",
            parts.with(&format!("{}{original}", evil_signed(&signature))),
        ),
        Case::refuse(
            "wrapping-xsw6-signed-assertion-in-the-signature-of-the-forged",
            "misplaced_assertion",
            &["A01.6"],
            "XSW 6: the signed Assertion in the Signature of a forged one",
            parts.with(&evil_signed(&append(&signature, "Signature", &original))),
        ),
        several(
            "wrapping-forged-assertion-behind-the-signed",
            &["A01.9"],
            "A forged Assertion behind the signed one",
            parts.with(&format!("{}{}", parts.it, evil())),
        ),
        several(
            "wrapping-forged-assertion-behind-the-signed-with-its-signature",
            &["A01.9"],
            "A forged Assertion with a copy of the Signature behind the signed one",
            parts.with(&format!("{}{}", parts.it, evil_signed(&signature))),
        ),
        several(
            "wrapping-after-the-response-signature-was-stripped",
            &["A01.20"],
            "Both were signed; the response's Signature is removed and a forged Assertion added",
            stripped_parts.with(&format!("{}{}", evil(), stripped_parts.it)),
        ),
        several(
            "wrapping-forged-assertion-with-another-prefix",
            &["A01.21"],
            "A forged Assertion that writes the namespace with another prefix",
            parts.with(&format!("{prefixed}{}", parts.it)),
        ),
        several(
            "several-assertions-all-signed",
            &["A19.1"],
            "Two assertions, both really signed by the identity provider",
            really,
        ),
    ]
}

/// XSW 7 and 8 and wherever else an assertion can be hidden.
fn hiding_places() -> Vec<Case> {
    let signed = genuine();
    let parts = cut(&signed, "Assertion");
    let signature = element(&signed, "Signature");
    let hide = |name: &str, attacks: &[&'static str], about: &str, xml: String| {
        Case::refuse(name, "misplaced_assertion", attacks, about, xml)
    };
    let status = format!("<samlp:StatusCode Value=\"{SUCCESS}\"/>");
    let before_status = |xml: &str, hidden: &str| {
        swap(xml, "<samlp:Status>", &format!("<samlp:Extensions>{hidden}</samlp:Extensions><samlp:Status>"))
    };
    let forged = parts.with(&evil());
    let in_forged = |old: &str, new: &str| parts.with(&swap(&evil(), old, new));
    vec![
        hide(
            "wrapping-xsw7-forged-assertion-in-extensions",
            &["A01.7"],
            "XSW 7: a forged Assertion under Extensions, the signed one in its place",
            before_status(&signed, &evil()),
        ),
        hide(
            "wrapping-xsw8-signed-assertion-in-signature-object",
            &["A01.8"],
            "XSW 8: the signed Assertion in a ds:Object of the forged one's Signature",
            in_forged(
                "</Issuer>",
                &format!(
                    "</Issuer>{}",
                    append(&signature, "Signature", &format!("<Object>{}</Object>", without(&parts.it, "Signature")))
                ),
            ),
        ),
        hide(
            "wrapping-signed-assertion-in-extensions",
            &["A01.10"],
            "The signed Assertion under Extensions, a forged one in its place",
            before_status(&forged, &parts.it),
        ),
        hide(
            "wrapping-signed-assertion-in-advice",
            &["A01.11"],
            "The signed Assertion in the Advice of a forged one",
            in_forged("</Conditions>", &format!("</Conditions><Advice>{}</Advice>", parts.it)),
        ),
        hide(
            "wrapping-signed-assertion-in-attribute-value",
            &["A01.12"],
            "The signed Assertion in an AttributeValue of a forged one",
            in_forged(
                "<AttributeValue>Example User</AttributeValue>",
                &format!("<AttributeValue>{}</AttributeValue>", parts.it),
            ),
        ),
        hide(
            "wrapping-signed-assertion-in-confirmation-data",
            &["A01.12"],
            "The signed Assertion in the SubjectConfirmationData of a forged one",
            in_forged(
                "/></SubjectConfirmation>",
                &format!(">{}</SubjectConfirmationData></SubjectConfirmation>", parts.it),
            ),
        ),
        hide(
            "wrapping-signed-assertion-in-status-detail",
            &["A01.12"],
            "The signed Assertion in the StatusDetail, a forged one in its place",
            swap(&forged, &status, &format!("{status}<samlp:StatusDetail>{}</samlp:StatusDetail>", parts.it)),
        ),
        hide(
            "wrapping-forged-assertion-in-key-info",
            &["A01.13"],
            "A forged Assertion in the KeyInfo of the genuine Signature, which the digest leaves out",
            append(&signed, "KeyInfo", &evil()),
        ),
        hide(
            "wrapping-forged-assertion-in-object",
            &["A01.13"],
            "A forged Assertion in a ds:Object of the genuine Signature, which the digest leaves out",
            append(&signed, "Signature", &format!("<Object>{}</Object>", evil())),
        ),
    ]
}

/// Something else that the identity provider signed stands in for the assertion.
fn borrowed_signatures() -> Vec<Case> {
    let error_unsigned =
        swap(&without(&Entra::default().xml(), "Assertion"), SUCCESS, "urn:oasis:names:tc:SAML:2.0:status:Requester");
    let error_response = Seal::default().response(&error_unsigned);
    let forged = cut(&Entra::default().xml(), "Assertion").with(&evil());
    let other_id = swap(&forged, RESPONSE_ID, EVIL_RESPONSE_ID);
    let in_extensions = |hidden: &str| {
        swap(&other_id, "<samlp:Status>", &format!("<samlp:Extensions>{hidden}</samlp:Extensions><samlp:Status>"))
    };
    let metadata = Seal::default().apply(
        &format!(
            "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" ID=\"_metadata\" entityID=\"{ISSUER}\">\
             <IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"/></EntityDescriptor>"
        ),
        "_metadata",
    );
    let signature = element(&genuine(), "Signature");
    vec![
        Case::refuse(
            "wrapping-signed-error-response-with-a-forged-assertion",
            "digest_mismatch",
            &["A01.14"],
            "A signed error Response, its status changed and a forged Assertion put into it",
            append(&swap(&error_response, "status:Requester", "status:Success"), "samlp:Response", &evil()),
        ),
        Case::refuse(
            "wrapping-signed-error-response-with-its-status",
            "status_not_success",
            &["A01.14", "A18.1"],
            "A signed error Response that has an assertion all the same",
            Seal::default().response(&append(&error_unsigned, "samlp:Response", &evil())),
        ),
        Case::refuse(
            "wrapping-signed-error-response-in-extensions",
            "misplaced_signature",
            &["A01.14"],
            "A signed error Response under the Extensions of a forged Response",
            in_extensions(&error_response),
        ),
        Case::refuse(
            "wrapping-forged-assertion-in-a-second-signature",
            "misplaced_assertion",
            &["A01.14"],
            "A second Signature in the genuine Assertion hides a forged one",
            swap(
                &genuine(),
                "</Signature>",
                &format!(
                    "</Signature><Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><Object>{}</Object></Signature>",
                    evil()
                ),
            ),
        ),
        Case::refuse(
            "wrapping-two-signatures-in-the-assertion",
            "signature_malformed",
            &["A01.14", "A07.4"],
            "The genuine Assertion with its Signature twice",
            swap(&genuine(), "</Signature>", &format!("</Signature>{signature}")),
        ),
        Case::refuse(
            "wrapping-signed-metadata-in-extensions",
            "misplaced_signature",
            &["A01.19"],
            "The identity provider's signed metadata under the Extensions of a forged Response",
            in_extensions(&metadata),
        ),
        Case::refuse(
            "wrapping-signature-of-metadata-in-the-assertion",
            "signature_reference",
            &["A01.19"],
            "The Signature of the identity provider's metadata in a forged Assertion",
            cut(&Entra::default().xml(), "Assertion").with(&swap(
                &evil(),
                "</Issuer>",
                &format!("</Issuer>{}", element(&metadata, "Signature")),
            )),
        ),
    ]
}

/// Signatures and IDs where they do not belong.
fn positions() -> Vec<Case> {
    let signed = genuine();
    let parts = cut(&signed, "Assertion");
    let signature = element(&signed, "Signature");
    let moved = without(&signed, "Signature");
    let twin = evil_with_id(ASSERTION_ID);
    let subject =
        swap(&element(&evil(), "Subject"), "<Subject>", "<Subject xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\">");
    vec![
        Case::refuse(
            "wrapping-signature-moved-to-the-response",
            "signature_reference",
            &["A01.15", "A08.3"],
            "The Assertion's Signature as a child of the Response",
            swap(&moved, "<samlp:Status>", &format!("{signature}<samlp:Status>")),
        ),
        Case::refuse(
            "wrapping-signature-behind-the-assertion",
            "signature_reference",
            &["A01.15"],
            "The Assertion's Signature behind the Assertion",
            append(&moved, "samlp:Response", &signature),
        ),
        Case::refuse(
            "wrapping-signature-in-the-subject",
            "misplaced_signature",
            &["A01.15"],
            "The Assertion's Signature in its Subject",
            append(&moved, "Subject", &signature),
        ),
        Case::refuse(
            "duplicate-id-forged-first",
            "duplicate_id",
            &["A01.17"],
            "A forged Assertion with the ID of the signed one, before it",
            parts.with(&format!("{twin}{}", parts.it)),
        ),
        Case::refuse(
            "duplicate-id-forged-last",
            "duplicate_id",
            &["A01.17"],
            "A forged Assertion with the ID of the signed one, behind it",
            parts.with(&format!("{}{twin}", parts.it)),
        ),
        Case::refuse(
            "duplicate-id-of-the-signature",
            "duplicate_id",
            &["A01.17", "A08.7"],
            "The Signature has the ID of the Assertion as its Id",
            swap(&signed, "<Signature xmlns", &format!("<Signature Id=\"{ASSERTION_ID}\" xmlns")),
        ),
        Case::refuse(
            "subject-beside-the-assertion",
            "malformed_message",
            &["A01.18"],
            "A Subject as a child of the Response, behind the signed Assertion",
            append(&signed, "samlp:Response", &subject),
        ),
        Case::refuse(
            "statement-beside-the-assertion",
            "malformed_message",
            &["A01.18"],
            "An AttributeStatement as a child of the Response, before the signed Assertion",
            parts.with(&format!(
                "<AttributeStatement xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\"><Attribute Name=\"role\">\
                 <AttributeValue>admin</AttributeValue></Attribute></AttributeStatement>{}",
                parts.it
            )),
        ),
    ]
}
