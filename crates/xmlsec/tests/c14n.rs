//! Canonical forms, octet by octet: the cases of `vectors/c14n`.

mod support;

use std::collections::BTreeSet;
use std::fs;

use support::vectors;
use support::xmlsec1::Xmlsec1;
use vestibule_xmlsec::c14n::{C14nError, Canonicalization, Method, canonicalize};
use vestibule_xmlsec::{Document, Element, Limits, Malformation};

/// One `[[forms]]` of a `case.toml`.
struct Form {
    case: String,
    /// The file that holds the form.
    expected: String,
    methods: Vec<Method>,
    /// `ID` of the apex; the root where there is none.
    apex: Option<String>,
    prefixes: Vec<String>,
    /// `ID` of the subtree that is left out.
    omit: Option<String>,
}

fn forms() -> Vec<Form> {
    let folder = vectors::path("c14n");
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut cases: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    let names = cases.iter().map(|path| path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8"));
    names.flat_map(forms_of).collect()
}

fn forms_of(case: &str) -> Vec<Form> {
    let table: toml::Table = vectors::text(&format!("c14n/{case}/case.toml")).parse().expect("TOML");
    let forms = table["forms"].as_array().expect("a list of forms");
    forms.iter().map(|form| form_of(case, form)).collect()
}

fn form_of(case: &str, form: &toml::Value) -> Form {
    let text = |key: &str| form.get(key).map(|value| value.as_str().expect("a text").to_owned());
    let list = |key: &str| {
        let values = form.get(key).and_then(toml::Value::as_array).into_iter().flatten();
        values.map(|value| value.as_str().expect("a text").to_owned()).collect::<Vec<_>>()
    };
    let prefix = |prefix: String| if prefix == "#default" { String::new() } else { prefix };
    Form {
        case: case.to_owned(),
        expected: text("expected").expect("the name of a file"),
        methods: list("methods").iter().map(|uri| Method::from_uri(uri).expect("a method")).collect(),
        apex: text("apex"),
        prefixes: list("prefixes").into_iter().map(prefix).collect(),
        omit: text("omit"),
    }
}

impl Form {
    fn input(&self) -> Document {
        let input = vectors::read(&format!("c14n/{}/input.xml", self.case));
        Document::parse(&input, &Limits::MESSAGE).unwrap_or_else(|error| panic!("{}: {error}", self.case))
    }

    fn canonicalizations(&self) -> impl Iterator<Item = Canonicalization> {
        let inclusive_prefixes = &self.prefixes;
        self.methods.iter().map(|&method| Canonicalization { method, inclusive_prefixes: inclusive_prefixes.clone() })
    }
}

fn by_id<'d>(document: &'d Document, id: &str) -> Element<'d> {
    document.elements().find(|element| element.attribute("ID") == Some(id)).expect("an element with this ID")
}

#[test]
fn every_case_has_its_canonical_form_octet_by_octet() {
    if std::env::var_os("BLESS").is_some() {
        write_expected_forms();
    }
    let forms = forms();
    for form in &forms {
        let document = form.input();
        let apex = form.apex.as_deref().map_or(document.root(), |id| by_id(&document, id));
        let omitted = form.omit.as_deref().map(|id| by_id(&document, id));
        let expected = vectors::text(&format!("c14n/{}/{}", form.case, form.expected));
        for how in form.canonicalizations() {
            assert_eq!(canonicalize(apex, &how, omitted).as_deref(), Ok(&*expected), "{} {how:?}", form.case);
        }
    }
    assert!(forms.len() >= 50, "{} forms", forms.len());
    let methods: BTreeSet<_> = forms.iter().flat_map(|form| &form.methods).map(|method| method.uri()).collect();
    assert_eq!(methods.len(), Method::ALL.len(), "each method has a case");
}

#[test]
fn an_element_taken_from_two_envelopes_has_one_exclusive_form() {
    let [one, other] =
        ["w3c-envelope", "w3c-envelope-other"].map(|case| vectors::read(&format!("c14n/{case}/exclusive.xml")));
    assert_eq!(one, other);
}

#[test]
fn an_empty_result_is_an_error() {
    let document = Document::parse(b"<a><b/></a>", &Limits::MESSAGE).expect("a document");
    for method in Method::ALL {
        let all_omitted = canonicalize(document.root(), &method.into(), Some(document.root()));
        assert_eq!(all_omitted, Err(C14nError::Empty));
    }
}

#[test]
fn a_form_longer_than_the_bound_is_an_error() {
    let limits = Limits { canonical_bytes: 20, ..Limits::MESSAGE };
    let document = Document::parse(b"<a>&#13;&#13;&#13;&#13;</a>", &limits).expect("a document");
    let form = canonicalize(document.root(), &Method::Exclusive.into(), None);
    assert_eq!(form, Err(C14nError::TooLong { most: 20 }));
}

#[test]
fn what_is_omitted_from_another_document_is_not_omitted() {
    let parse = |xml: &[u8]| Document::parse(xml, &Limits::MESSAGE).expect("a document");
    let (document, other) = (parse(b"<a><b/></a>"), parse(b"<a><b/></a>"));
    let child = other.root().children().next();
    let form = canonicalize(document.root(), &Method::Exclusive.into(), child);
    assert_eq!(form.as_deref(), Ok("<a><b></b></a>"));
}

/// An attacker's amplifier: one long namespace name, declared once and used by every sibling.
#[test]
fn a_namespace_repeated_on_every_sibling_meets_the_bound() {
    let siblings = "<p:b/>".repeat(15_000);
    let xml = format!("<a xmlns:p=\"urn:{}\">{siblings}</a>", "x".repeat(100_000));
    let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).expect("a document");
    let most = Limits::MESSAGE.canonical_bytes;
    assert_eq!(canonicalize(document.root(), &Method::Exclusive.into(), None), Err(C14nError::TooLong { most }));
    assert!(canonicalize(document.root(), &Method::Inclusive10.into(), None).is_ok());
}

/// The recipe of the expected forms: `xmlsec1` prints what it digests.
fn write_expected_forms() {
    let counterpart = Xmlsec1::new("vectors");
    for form in forms() {
        let how = form.canonicalizations().next().expect("a method");
        let mut input = vectors::text(&format!("c14n/{}/input.xml", form.case));
        let apex = form.apex.clone().unwrap_or_default();
        if form.omit.is_some() {
            // The counterpart leaves out the signature that it makes, at the end of the root; ours is cut out.
            let (before, rest) = input.split_once("<ds:Signature").expect("the signature that is left out");
            let (_, after) = rest.split_once("</ds:Signature>").expect("its end");
            input = format!("{before}{after}");
        }
        let theirs = counterpart.canonical_forms(&[(input, vec![(apex, how)])]).remove(0).remove(0);
        fs::write(vectors::path(&format!("c14n/{}/{}", form.case, form.expected)), theirs).expect("a file");
    }
}

#[test]
fn equal_namespace_names_are_equal_wherever_and_however_they_are_declared() {
    let xml = "<p:a xmlns:p=\"u:1\"><p:b xmlns:p=\"u:2\" xmlns:q=\"u:&#49;\"><p:c xmlns:p=\"u&#58;1\" p:x=\"\" q:y=\"\"/>\
               <p:d xmlns:p=\"u:2\" p:x=\"\" q:x=\"\"/></p:b><p:e xmlns:p=\"u:1\"/></p:a>";
    let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).expect("a document");
    let form = canonicalize(document.root(), &Method::Exclusive.into(), None).expect("a canonical form");
    let want = "<p:a xmlns:p=\"u:1\"><p:b xmlns:p=\"u:2\"><p:c xmlns:p=\"u:1\" xmlns:q=\"u:1\" p:x=\"\" q:y=\"\"></p:c>\
                <p:d xmlns:q=\"u:1\" q:x=\"\" p:x=\"\"></p:d></p:b><p:e></p:e></p:a>";
    assert_eq!(form, want);
    let twice = xml.replace("q:y", "q:x");
    let refused = Document::parse(twice.as_bytes(), &Limits::MESSAGE).expect_err("one attribute, twice");
    assert_eq!(refused.malformation, Malformation::DuplicateAttribute { name: "x".to_owned() });
}
