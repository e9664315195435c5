//! A21: messages that cost more than they should. All of them are within what a stranger can send.

use std::fmt::Write as _;

use vestibule_xmlsec::c14n::Method;

use crate::case::{Case, Message};
use crate::entra::{ASSERTION_ID, Entra};
use crate::forge::{evil_with_id, genuine};
use crate::seal::Seal;
use crate::text::{append, base64, cut, element, set_value, swap};

/// The bound on a message (256 KiB).
const MESSAGE: usize = 256 * 1024;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = structure();
    cases.extend(signatures());
    cases.extend(text());
    cases
}

fn structure() -> Vec<Case> {
    let signed = genuine();
    let complex = |name: &str, attack: &'static str, about: &str, xml: String| {
        Case::refuse(name, "too_complex", &[attack], about, xml)
    };
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    let value = "<AttributeValue>Example User</AttributeValue>";
    let list = |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<String>();
    let on_assertion = |attributes: &str| swap(&signed, "<Assertion ID", &format!("<Assertion {attributes} ID"));
    vec![
        complex(
            "nested-deep",
            "A21.1",
            "10,000 nested elements",
            swap(&signed, value, &format!("<AttributeValue>{}</AttributeValue>", nested(10_000))),
        ),
        complex(
            "nested-too-deep-signed",
            "A21.1",
            "One element deeper than is read, really signed",
            Seal::default().assertion(&swap(
                &Entra::default().xml(),
                value,
                &format!("<AttributeValue>{}</AttributeValue>", nested(60)),
            )),
        ),
        complex("nested-without-end", "A21.1", "80,000 elements that never end", "<a>".repeat(80_000)),
        complex(
            "attributes-many",
            "A21.2",
            "10,000 attributes on one element",
            on_assertion(&list(10_000, &|n| format!("a{n}=\"\" "))),
        ),
        complex(
            "attributes-65",
            "A21.2",
            "One attribute more than is read",
            on_assertion(&list(63, &|n| format!("a{n}=\"\" "))),
        ),
        complex(
            "namespaces-many",
            "A21.2",
            "10,000 namespace declarations on one element",
            on_assertion(&list(10_000, &|n| format!("xmlns:n{n}=\"u:\" "))),
        ),
        complex(
            "namespaces-many-nested",
            "A21.2",
            "Namespace declarations in scope through nested elements",
            swap(
                &signed,
                value,
                &format!(
                    "<AttributeValue>{}{}</AttributeValue>",
                    list(40, &|n| format!("<a xmlns:p{n}=\"u:\" xmlns:q{n}=\"u:\">")),
                    "</a>".repeat(40)
                ),
            ),
        ),
        complex(
            "nodes-many",
            "A21.1",
            "25,000 elements",
            append(&signed, "AttributeStatement", &"<a/>".repeat(25_000)),
        ),
        complex(
            "namespaces-multiplied-by-structured-values",
            "A21.2",
            "A long namespace name around structured values, of which each repeats it once it stands alone, really signed",
            {
                let long = "x".repeat(50_000);
                let values = "<AttributeValue><p:a/></AttributeValue>".repeat(1_000);
                let xml = swap(&Entra::default().xml(), value, &values);
                let xml = swap(&xml, "<AttributeStatement>", &format!("<AttributeStatement xmlns:p=\"u:{long}\">"));
                Seal { canonicalization: Method::Inclusive10.into(), ..Seal::default() }.assertion(&xml)
            },
        ),
        Case::refuse(
            "namespaces-multiplied-by-canonicalisation",
            "signature_malformed",
            &["A21.2"],
            "Long namespace names that canonicalisation repeats on each of thousands of elements, in a SignedInfo",
            {
                let long = "x".repeat(20_000);
                let children = "<p:a/>".repeat(1_000);
                let reference = format!("<p:x xmlns:p=\"u:{long}\"/>");
                let info = format!("<Reference xmlns:p=\"u:{long}\">{children}{reference}</Reference>");
                swap(&signed, &element(&signed, "Reference"), &info)
            },
        ),
    ]
}

fn signatures() -> Vec<Case> {
    let signed = genuine();
    let signature = element(&signed, "Signature");
    let parts = cut(&signed, "Assertion");
    let references = Seal::default().distorted(&Entra::default().xml(), ASSERTION_ID, |s| {
        let reference = element(&s, "Reference");
        swap(&s, "</SignedInfo>", &format!("{}</SignedInfo>", reference.repeat(300)))
    });
    let assertions: String = (0..70).fold(String::new(), |mut all, n| {
        let _ = write!(all, "{}", evil_with_id(&format!("_evil-{n}")));
        all
    });
    vec![
        Case::refuse("references-many", "signature_reference", &["A21.3"], "301 References, really signed", references),
        Case::refuse(
            "signatures-many",
            "signature_malformed",
            &["A21.3"],
            "80 Signatures in the Assertion",
            swap(&signed, &signature, &signature.repeat(80)),
        ),
        Case::refuse(
            "signatures-many-in-extensions",
            "misplaced_signature",
            &["A21.3"],
            "80 Signatures under Extensions",
            swap(
                &signed,
                "<samlp:Status>",
                &format!("<samlp:Extensions>{}</samlp:Extensions><samlp:Status>", signature.repeat(80)),
            ),
        ),
        Case::refuse(
            "assertions-many",
            "several_assertions",
            &["A21.3"],
            "71 Assertions",
            parts.with(&format!("{assertions}{}", parts.it)),
        ),
    ]
}

fn text() -> Vec<Case> {
    let signed = genuine();
    let long = "x".repeat(MESSAGE);
    let mut field = Case::refuse("field-too-large", "too_large", &["A21.4"], "Base64 of more than 256 KiB", "");
    field.message = Message::Field(base64(&vec![b' '; MESSAGE + 1]).into_bytes());
    vec![
        Case::refuse(
            "text-too-long",
            "too_large",
            &["A21.4"],
            "An AttributeValue of 256 KiB, really signed",
            Entra::with(|e| e.claims[2].1 = vec![long.clone()]).signed(),
        ),
        field,
        Case::refuse(
            "comments-many",
            "too_complex",
            &["A21.4"],
            "30,000 comments in the Subject",
            swap(&signed, "<Subject>", &format!("<Subject>{}", "<!---->".repeat(30_000))),
        ),
        Case::refuse(
            "comments-in-a-value",
            "too_complex",
            &["A21.4"],
            "15,000 comments in the NameID, which its signature does not cover",
            swap(
                &signed,
                ">user@example.com</NameID>",
                &format!(">{}user@example.com</NameID>", "x<!---->".repeat(15_000)),
            ),
        ),
        Case::refuse(
            "digest-value-long",
            "signature_malformed",
            &["A21.4"],
            "A DigestValue of 100 KiB",
            set_value(&signed, "DigestValue", &"AAAA".repeat(25_000)),
        ),
        Case::refuse(
            "signature-value-long",
            "no_key_matches",
            &["A21.4"],
            "A SignatureValue of 100 KiB",
            set_value(&signed, "SignatureValue", &"AAAA".repeat(25_000)),
        ),
    ]
}
