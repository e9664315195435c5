//! A05: document types and entities. A06: octets that two readers understand differently. Each starts from a message
//! that was signed for good.

use crate::case::Case;
use crate::entra::{ASSERTION_ID, Entra};
use crate::forge::{evil, genuine};
use crate::text::{cut, swap};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = document_types();
    cases.extend(markup());
    cases.extend(names());
    cases.extend(around_the_root());
    cases.extend(encodings());
    cases
}

fn document_types() -> Vec<Case> {
    let signed = genuine();
    let case = |name: &str, attack: &'static str, about: &str, subset: &str, xml: &str| {
        let xml = format!("<!DOCTYPE samlp:Response {subset}>{xml}");
        Case::refuse(name, "document_type", &[attack], about, xml)
    };
    let in_name = |entity: &str| swap(&signed, ">user@example.com</NameID>", &format!(">{entity}</NameID>"));
    let laughs = (1..10).fold(String::new(), |all, n| {
        let ten = format!("&l{};", n - 1).repeat(10);
        format!("{all}<!ENTITY l{n} \"{ten}\">")
    });
    let long = "x".repeat(20_000);
    vec![
        case(
            "doctype-entity-truncates-the-name",
            "A05.1",
            "An entity in the NameID, which some readers drop",
            "[<!ENTITY e \".attacker.example\">]",
            &in_name("user@example.com&e;"),
        ),
        case(
            "doctype-external-file",
            "A05.2",
            "An entity that is a file",
            "[<!ENTITY e SYSTEM \"file:///etc/passwd\">]",
            &in_name("&e;"),
        ),
        case(
            "doctype-external-url",
            "A05.3",
            "An entity that is a URL",
            "[<!ENTITY e SYSTEM \"http://attacker.example/e\">]",
            &in_name("&e;"),
        ),
        case(
            "doctype-external-subset",
            "A05.3",
            "An external subset through a stream wrapper",
            "SYSTEM \"php://filter/read=convert.base64-encode/resource=/etc/passwd\"",
            &signed,
        ),
        case(
            "doctype-billion-laughs",
            "A05.4",
            "Entities that multiply",
            &format!("[<!ENTITY l0 \"lol\">{laughs}]"),
            &in_name("&l9;"),
        ),
        case(
            "doctype-quadratic-blow-up",
            "A05.5",
            "One long entity many times",
            &format!("[<!ENTITY e \"{long}\">]"),
            &in_name(&"&e;".repeat(1000)),
        ),
        case(
            "doctype-entity-in-id",
            "A05.6",
            "An entity in the ID",
            "[<!ENTITY e \"_2b9d4c1e\">]",
            &swap(
                &signed,
                &format!("<Assertion ID=\"{ASSERTION_ID}"),
                &format!("<Assertion ID=\"&e;{}", &ASSERTION_ID[9..]),
            ),
        ),
        case(
            "doctype-default-attribute",
            "A05.6",
            "A default attribute and another ID",
            "[<!ATTLIST Assertion ID ID #IMPLIED Id ID \"_other\">]",
            &signed,
        ),
        case(
            "doctype-quotes-and-comments",
            "A05.7",
            "Quotes, comments and a NOTATION that readers end in different places",
            "[<!NOTATION n SYSTEM '\"><!--'><!ENTITY % p '-->'><!ENTITY e \"]>\">]",
            &signed,
        ),
        Case::refuse(
            "doctype-lower-case",
            "malformed_xml",
            &["A05.7"],
            "A doctype in lower case",
            format!("<!doctype html>{signed}"),
        ),
        Case::refuse(
            "entity-not-declared",
            "entity",
            &["A05.1"],
            "An entity beyond the five, without a declaration",
            in_name("user@example.com&nbsp;"),
        ),
    ]
}

fn malformed(name: &str, attack: &'static str, about: &str, xml: impl Into<Vec<u8>>) -> Case {
    Case::refuse(name, "malformed_xml", &[attack], about, xml)
}

fn markup() -> Vec<Case> {
    let signed = genuine();
    let in_subject = |text: &str| swap(&signed, "<Subject>", &format!("<Subject>{text}"));
    vec![
        malformed(
            "xml-comment-with-double-hyphen",
            "A06.1",
            "A comment that contains --",
            in_subject("<!-- a -- b -->"),
        ),
        malformed(
            "xml-comment-ends-in-three-hyphens",
            "A06.1",
            "A comment that ends in --->",
            in_subject("<!-- a --->"),
        ),
        malformed(
            "xml-cdata-not-closed",
            "A06.1",
            "A CDATA section inside a comment's end",
            in_subject("<![CDATA[<!-- ]]"),
        ),
        malformed(
            "xml-cdata-end-in-text",
            "A06.1",
            "]]> in text",
            swap(&signed, ">Example User<", ">Example ]]> User<"),
        ),
        malformed("xml-unknown-declaration", "A06.1", "<!ELEMENT inside an element", in_subject("<!ELEMENT a ANY>")),
        Case::refuse(
            "xml-duplicate-attribute",
            "duplicate_attribute",
            &["A06.2"],
            "ID twice on the Assertion",
            swap(
                &signed,
                &format!("<Assertion ID=\"{ASSERTION_ID}\""),
                &format!("<Assertion ID=\"_other\" ID=\"{ASSERTION_ID}\""),
            ),
        ),
        Case::refuse(
            "xml-duplicate-attribute-by-expanded-name",
            "duplicate_attribute",
            &["A06.2"],
            "The same attribute through two prefixes for one namespace",
            swap(
                &signed,
                "<Assertion ID",
                "<Assertion xmlns:a=\"urn:example:a\" xmlns:b=\"urn:example:a\" a:x=\"1\" b:x=\"2\" ID",
            ),
        ),
        malformed(
            "xml-less-than-in-attribute",
            "A06.1",
            "< in an attribute value",
            swap(&signed, "Version=\"2.0\" IssueInstant", "Version=\"2<0\" IssueInstant"),
        ),
        malformed(
            "xml-end-tag-of-another",
            "A06.1",
            "An end tag of another element",
            signed.replacen("</NameID>", "</nameID>", 1),
        ),
        malformed("xml-not-closed", "A06.1", "The document ends inside the Response", &signed[..signed.len() - 20]),
        malformed(
            "xml-unquoted-attribute",
            "A06.1",
            "An attribute without quotes",
            swap(&signed, "Version=\"2.0\" IssueInstant", "Version=2.0 IssueInstant"),
        ),
        malformed(
            "xml-bare-ampersand",
            "A06.1",
            "An ampersand that begins no reference",
            swap(&signed, ">Example User<", ">Example & User<"),
        ),
        malformed("xml-html", "A18.3", "An HTML page", "<html><body>Sign in<br></body></html>"),
        malformed("xml-empty", "A06.4", "Nothing at all", ""),
        malformed("xml-white-space", "A06.4", "White space only", " \n"),
    ]
}

fn names() -> Vec<Case> {
    let signed = genuine();
    let on_assertion = |declaration: &str| swap(&signed, "<Assertion ID", &format!("<Assertion {declaration} ID"));
    let namespace = |name: &str, attack: &'static str, about: &str, xml: String| {
        Case::refuse(name, "namespace", &[attack], about, xml)
    };
    vec![
        namespace("xml-unbound-prefix", "A06.3", "A prefix without declaration", on_assertion("x:y=\"1\"")),
        malformed(
            "xml-double-colon",
            "A06.3",
            "A name with two colons",
            on_assertion("xmlns:x=\"urn:example:x\" x:y:z=\"1\""),
        ),
        malformed("xml-name-begins-with-colon", "A06.3", "A name that begins with a colon", on_assertion(":y=\"1\"")),
        namespace(
            "xml-prefix-xml-bound-anew",
            "A06.9",
            "xml bound to another namespace",
            on_assertion("xmlns:xml=\"urn:example:x\""),
        ),
        namespace(
            "xml-prefix-xmlns-bound",
            "A06.9",
            "xmlns bound",
            on_assertion("xmlns:xmlns=\"http://www.w3.org/2000/xmlns/\""),
        ),
        namespace(
            "xml-namespace-of-xml-elsewhere",
            "A06.9",
            "The namespace of xml bound to another prefix",
            on_assertion("xmlns:x=\"http://www.w3.org/XML/1998/namespace\""),
        ),
        namespace(
            "xml-prefix-undeclared",
            "A06.9",
            "A prefix undeclared, which only XML 1.1 allows",
            on_assertion("xmlns:x=\"\""),
        ),
        Case::refuse(
            "xml-duplicate-namespace",
            "namespace",
            &["A06.2"],
            "A prefix declared twice on one element",
            on_assertion("xmlns:x=\"urn:example:x\" xmlns:x=\"urn:example:y\""),
        ),
        namespace(
            "relative-namespace",
            "A10.2",
            "A relative namespace URI, on which canonicalisers fail or differ",
            on_assertion("xmlns:x=\"./relative\""),
        ),
        namespace(
            "relative-namespace-in-signed-info",
            "A10.2",
            "A relative namespace URI on SignedInfo, so that a careless canonicaliser writes nothing",
            swap(&signed, "<SignedInfo>", "<SignedInfo xmlns:x=\"1\">"),
        ),
    ]
}

fn around_the_root() -> Vec<Case> {
    let signed = genuine();
    let evil_response = cut(&Entra::default().xml(), "Assertion").with(&evil());
    vec![
        malformed(
            "xml-second-root",
            "A06.4",
            "A forged Response behind the genuine one",
            format!("{signed}{evil_response}"),
        ),
        malformed("xml-text-before-the-root", "A06.5", "Text before the root", format!("x{signed}")),
        malformed("xml-text-behind-the-root", "A06.5", "Text behind the root", format!("{signed}x")),
        malformed(
            "xml-cdata-behind-the-root",
            "A06.5",
            "A CDATA section behind the root",
            format!("{signed}<![CDATA[]]>"),
        ),
        malformed(
            "xml-declaration-not-first",
            "A06.5",
            "White space before the XML declaration",
            format!(" <?xml version=\"1.0\"?>{signed}"),
        ),
    ]
}

fn encodings() -> Vec<Case> {
    let signed = genuine();
    let in_value = |octets: &[u8]| {
        let (before, behind) = signed.split_once("Example User").expect("the display name");
        [before.as_bytes(), octets, behind.as_bytes()].concat()
    };
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(signed.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let utf16_without_mark: Vec<u8> = signed.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let declared = |declaration: &str| format!("<?xml {declaration}?>{signed}");
    let encoding = |name: &str, attack: &'static str, about: &str, xml: Vec<u8>| {
        Case::refuse(name, "encoding", &[attack], about, xml)
    };
    vec![
        malformed("xml-null-character", "A06.6", "U+0000 in a value", in_value(b"Example\0User")),
        malformed(
            "xml-control-character-reference",
            "A06.6",
            "A reference to a control character",
            in_value(b"Example&#x1;User"),
        ),
        malformed("xml-noncharacter", "A06.6", "U+FFFF in a value", in_value("Example\u{FFFF}User".as_bytes())),
        encoding("xml-overlong-utf-8", "A06.6", "An overlong form of < in UTF-8", in_value(b"Example\xC0\xBCUser")),
        encoding("xml-surrogate-in-utf-8", "A06.6", "A surrogate in UTF-8", in_value(b"Example\xED\xA0\x80User")),
        encoding("xml-latin-1", "A06.6", "A letter in ISO 8859-1", in_value(b"Ex\xE4mple User")),
        encoding("xml-utf-16", "A06.7", "UTF-16 with a byte order mark", utf16),
        encoding("xml-utf-16-without-mark", "A06.7", "UTF-16 without a byte order mark", utf16_without_mark),
        encoding("xml-utf-7", "A06.7", "UTF-7 declared", declared("version=\"1.0\" encoding=\"UTF-7\"").into()),
        encoding(
            "xml-iso-8859-1-declared",
            "A06.7",
            "ISO 8859-1 declared",
            declared("version=\"1.0\" encoding=\"ISO-8859-1\"").into(),
        ),
        encoding("xml-ebcdic", "A06.7", "An XML declaration in EBCDIC", b"\x4C\x6F\xA7\x94\x93\x40".to_vec()),
        encoding("xml-1-1", "A06.8", "XML 1.1 declared", declared("version=\"1.1\"").into()),
    ]
}
