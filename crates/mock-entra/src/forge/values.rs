//! A04: tricks in the text of values. A12: namespaces and attributes that only look like SAML's.

use vestibule_xmlsec::c14n::Method;

use crate::case::Case;
use crate::entra::{ACS, ASSERTION_ID, Entra, ISSUER, REQUEST, RESPONSE_ID, SP};
use crate::forge::{evil, genuine};
use crate::seal::Seal;
use crate::text::{cut, element, swap, swap_all, without};

const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = split_values();
    cases.extend(split_parties());
    cases.extend(namespaces());
    cases.extend(attributes());
    cases
}

fn refuse(name: &str, attacks: &[&'static str], about: &str, xml: String) -> Case {
    Case::refuse(name, "value_not_text", attacks, about, xml)
}

/// Who the attacker registered as at the identity provider, to become `admin@example.com` at a careless reader.
fn registered() -> Entra {
    Entra::with(|e| {
        e.name_id = "<NameID>admin@example.com.attacker.example</NameID>".into();
        e.claims[5].1 = vec!["admin@example.com.attacker.example".into()];
    })
}

const SPLIT: (&str, &str) = ("admin@example.com.attacker", "admin@example.com<!---->.attacker");

fn split_values() -> Vec<Case> {
    let in_name = |xml: &str, old: &str, new: &str| {
        let parts = cut(xml, "NameID");
        parts.with(&swap(&parts.it, old, new))
    };
    let in_claim = |xml: &str, old: &str, new: &str| {
        let parts = cut(xml, "AttributeStatement");
        parts.with(&swap(&parts.it, old, new))
    };
    let signed = registered().signed();
    let unsigned = registered().xml();
    let with_comments = Seal { canonicalization: Method::ExclusiveWithComments.into(), ..Seal::default() };
    let value = "<AttributeValue>admin@example.com.attacker.example</AttributeValue>";
    vec![
        refuse(
            "comment-in-name-id",
            &["A04.1"],
            "A comment splits the NameID; the signature still holds, since canonicalisation drops it",
            in_name(&signed, SPLIT.0, SPLIT.1),
        ),
        refuse(
            "comment-in-name-id-with-comments",
            &["A04.1"],
            "A comment splits the NameID, under a canonicalisation that is called with comments",
            with_comments.assertion(&in_name(&unsigned, SPLIT.0, SPLIT.1)),
        ),
        refuse(
            "comment-in-attribute-value",
            &["A04.2"],
            "A comment splits an AttributeValue; the signature still holds",
            in_claim(&signed, SPLIT.0, SPLIT.1),
        ),
        refuse(
            "comment-in-attribute-value-with-comments",
            &["A04.2"],
            "A comment splits an AttributeValue, under a canonicalisation that is called with comments",
            with_comments.assertion(&in_claim(&unsigned, SPLIT.0, SPLIT.1)),
        ),
        Case::refuse(
            "processing-instruction-in-name-id",
            "processing_instruction",
            &["A04.3"],
            "A processing instruction splits the NameID",
            in_name(&signed, SPLIT.0, "admin@example.com<?x y?>.attacker"),
        ),
        Case::refuse(
            "processing-instruction-as-name-id",
            "processing_instruction",
            &["A04.3"],
            "A processing instruction stands for part of the NameID, as a careless canonicaliser writes it",
            in_name(&signed, ".attacker.example", "<?.attacker.example?>"),
        ),
        Case::refuse(
            "processing-instruction-before-the-root",
            "processing_instruction",
            &["A04.3"],
            "A style sheet is asked for before the root",
            format!("<?xml-stylesheet href=\"http://attacker.example/x.xsl\"?>{signed}"),
        ),
        refuse(
            "cdata-in-name-id",
            &["A04.4"],
            "Part of the NameID is a CDATA section; the signature still holds",
            in_name(&signed, ".attacker.example", "<![CDATA[.attacker.example]]>"),
        ),
        refuse(
            "element-in-name-id",
            &["A04.5"],
            "The NameID holds an element, really signed",
            Seal::default().assertion(&in_name(
                &unsigned,
                ".attacker.example",
                "<b xmlns=\"urn:example:b\">.attacker.example</b>",
            )),
        ),
        refuse(
            "comment-in-a-structured-attribute-value",
            &["A04.5"],
            "An AttributeValue holds an element with a comment in it, really signed",
            with_comments.assertion(&in_claim(
                &unsigned,
                value,
                "<AttributeValue><NameID>admin@example.com<!---->.attacker.example</NameID></AttributeValue>",
            )),
        ),
    ]
}

/// The same tricks against the names of the parties.
fn split_parties() -> Vec<Case> {
    let for_other = Entra::with(|e| e.audiences = vec![format!("{SP}.attacker.example")]).signed();
    let by_other = Entra::with(|e| {
        e.issuer = format!("{ISSUER}attacker");
        e.response_issuer = None;
    })
    .signed();
    let issuer = |xml: &str, new: &str| swap(xml, &format!("{ISSUER}attacker"), new);
    vec![
        refuse(
            "comment-in-audience",
            &["A04.6"],
            "A message for somebody else whose Audience is split by a comment behind our name",
            swap(&for_other, &format!("{SP}.attacker"), &format!("{SP}<!---->.attacker")),
        ),
        refuse(
            "cdata-in-audience",
            &["A04.6"],
            "A message for somebody else whose Audience has a CDATA section behind our name",
            swap(&for_other, &format!("{SP}.attacker.example"), &format!("{SP}<![CDATA[.attacker.example]]>")),
        ),
        refuse(
            "comment-in-issuer",
            &["A04.6"],
            "A message of somebody else whose Issuer is split by a comment behind the name of ours",
            issuer(&by_other, &format!("{ISSUER}<!---->attacker")),
        ),
        refuse(
            "cdata-in-issuer",
            &["A04.6"],
            "A message of somebody else whose Issuer has a CDATA section behind the name of ours",
            issuer(&by_other, &format!("{ISSUER}<![CDATA[attacker]]>")),
        ),
        refuse(
            "comment-in-response-issuer",
            &["A04.6"],
            "The response's own Issuer is split by a comment",
            genuine().replacen("</Issuer>", "<!----></Issuer>", 1),
        ),
    ]
}

/// Elements in other namespaces.
#[expect(clippy::too_many_lines, reason = "a table of vectors")]
fn namespaces() -> Vec<Case> {
    let signed = genuine();
    let parts = cut(&signed, "Assertion");
    let forged_in = |namespace: &str| {
        let forged = swap(&evil(), &format!("xmlns=\"{SAML}\""), &format!("xmlns=\"{namespace}\""));
        parts.with(&format!("{forged}{}", parts.it))
    };
    let malformed = |name: &str, attacks: &[&'static str], about: &str, xml: String| {
        Case::refuse(name, "malformed_message", attacks, about, xml)
    };
    let root = |namespace: &str| {
        swap(&signed, "xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"", &format!("xmlns:samlp=\"{namespace}\""))
    };
    let signature = element(&signed, "Signature");
    let dsig = "http://www.w3.org/2000/09/xmldsig#";
    vec![
        malformed(
            "forged-assertion-in-saml-1",
            &["A12.1"],
            "A forged Assertion in the namespace of SAML 1.1",
            forged_in("urn:oasis:names:tc:SAML:1.0:assertion"),
        ),
        malformed(
            "forged-assertion-without-namespace",
            &["A12.1"],
            "A forged Assertion in no namespace",
            forged_in(""),
        ),
        malformed(
            "forged-assertion-in-upper-case-namespace",
            &["A12.1"],
            "A forged Assertion in SAML's namespace in upper case",
            forged_in("URN:OASIS:NAMES:TC:SAML:2.0:ASSERTION"),
        ),
        Case::refuse(
            "forged-assertion-in-padded-namespace",
            "namespace",
            &["A12.1"],
            "A forged Assertion in SAML's namespace with a space behind it",
            forged_in("urn:oasis:names:tc:SAML:2.0:assertion "),
        ),
        Case::refuse(
            "assertion-in-a-foreign-namespace",
            "misplaced_signature",
            &["A12.1"],
            "The only Assertion stands in another namespace, really signed",
            Seal::default().assertion(&swap_all(&Entra::default().xml(), SAML, "urn:example:assertion")),
        ),
        Case::refuse(
            "response-in-a-foreign-namespace",
            "not_a_response",
            &["A12.2"],
            "The Response stands in another namespace",
            root("urn:example:protocol"),
        ),
        Case::refuse(
            "response-in-upper-case-namespace",
            "not_a_response",
            &["A12.2"],
            "The Response stands in SAML's namespace in upper case",
            root("urn:oasis:names:tc:SAML:2.0:PROTOCOL"),
        ),
        Case::refuse(
            "response-in-padded-namespace",
            "namespace",
            &["A12.2"],
            "The Response stands in SAML's namespace with a space before it",
            root(" urn:oasis:names:tc:SAML:2.0:protocol").replace("\" urn", "\"&#x20;urn"),
        ),
        Case::refuse(
            "signature-in-a-padded-namespace",
            "namespace",
            &["A12.4"],
            "The Signature stands in XML Signature's namespace with a space behind it",
            swap(&signed, &format!("xmlns=\"{dsig}\""), &format!("xmlns=\"{dsig}&#x20;\"")),
        ),
        Case::refuse(
            "signature-prefix-bound-anew",
            "signature_malformed",
            &["A12.4"],
            "The prefix of the Signature means something else inside it",
            Seal { prefix: "ds", ..Seal::default() }.distorted(&Entra::default().xml(), ASSERTION_ID, |s| {
                swap(&s, "<ds:SignedInfo>", "<ds:SignedInfo xmlns:ds=\"urn:example:ds\">")
            }),
        ),
        Case::refuse(
            "decoy-signature-in-extensions",
            "misplaced_signature",
            &["A12.5"],
            "A genuine Signature under Extensions, none in the Assertion",
            swap(
                &without(&signed, "Signature"),
                "<samlp:Status>",
                &format!("<samlp:Extensions>{signature}</samlp:Extensions><samlp:Status>"),
            ),
        ),
        Case::refuse(
            "decoy-signature-without-namespace",
            "malformed_message",
            &["A12.5"],
            "A decoy Signature in no namespace behind the genuine one, really signed",
            Seal::default().assertion(&swap(
                &Entra::default().xml(),
                "</Issuer><Subject>",
                "</Issuer><Signature xmlns=\"\"><SignedInfo/></Signature><Subject>",
            )),
        ),
    ]
}

/// Attributes with a namespace that are called like SAML's.
fn attributes() -> Vec<Case> {
    let look_alike = |name: &str, about: &str, old: &str, attribute: &str| {
        let xml = swap(&Entra::default().xml(), old, &format!("{old} xmlns:x=\"urn:example:x\" x:{attribute}"));
        Case::refuse(name, "look_alike_attribute", &["A12.3"], about, Seal::default().assertion(&xml))
    };
    vec![
        look_alike("look-alike-id", "x:ID beside the Response's ID", &format!("ID=\"{RESPONSE_ID}\""), "ID=\"_other\""),
        look_alike(
            "look-alike-destination",
            "x:Destination beside the Response's Destination",
            &format!("Destination=\"{ACS}\""),
            "Destination=\"https://other.example/acs\"",
        ),
        look_alike(
            "look-alike-recipient",
            "x:Recipient beside Recipient, really signed",
            &format!("Recipient=\"{ACS}\""),
            "Recipient=\"https://other.example/acs\"",
        ),
        look_alike(
            "look-alike-in-response-to",
            "x:InResponseTo beside InResponseTo, really signed",
            &format!("<SubjectConfirmationData InResponseTo=\"{REQUEST}\""),
            "InResponseTo=\"_other\"",
        ),
    ]
}
