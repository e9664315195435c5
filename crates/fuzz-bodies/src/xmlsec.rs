//! What the parser, the canonicaliser, the verifier and the decrypter promise.
//!
//! The keys are those of `vectors/keys`. Nobody who fuzzes has their private halves at hand, so what
//! verifies or decrypts must be what the makers of the seeds signed or encrypted.

use std::sync::OnceLock;

use vestibule_xmlsec::algorithms::{Algorithms, Sha1};
use vestibule_xmlsec::c14n::{C14nError, Canonicalization, Method, canonicalize};
use vestibule_xmlsec::keys::{DecryptionKey, DecryptionKeys, TrustedKeys, read_certificates};
use vestibule_xmlsec::{
    Attribute, Document, Element, Limits, Malformation, Node, ParseError, Position, XML_NAMESPACE, dsig, enc,
};

/// What the signed seeds of `verify` hold: the response or the assertion in it is signed.
pub const SIGNED: &str = include_str!("../../../fuzz/plain/signed.xml");

/// What the seeds of `decrypt` hold.
pub const ENCRYPTED: &str = include_str!("../../../fuzz/plain/encrypted.xml");

/// The prefix lists with which seeds of `verify` are signed; `""` stands for `#default`.
pub const PREFIX_LISTS: [&[&str]; 2] = [&[], &["", "x", "samlp"]];

/// Elements looked at in one document, so that a run stays fast.
const LOOKS: usize = 8;

/// Parsing: an error has a place; a document is what its own canonical text parses to.
pub fn parse(input: &[u8]) {
    let document = match Document::parse(input, &Limits::MESSAGE) {
        Ok(document) => document,
        Err(error) => return assert_placed(input, &error),
    };
    let mut last = Position { line: 1, column: 0 };
    for element in document.elements().take(LOOKS) {
        assert!(document.source()[element.source_range()].starts_with('<'), "an element begins with <");
        assert!(last < element.position(), "elements stand in document order");
        last = element.position();
        assert!(element.parent().is_none_or(|parent| parent.children().any(|child| child == element)));
        let _ = (element.text(), element.content());
    }
    if let Some(written) = canonical(document.root(), &Method::Inclusive10WithComments.into(), None) {
        assert!(shape(&document) == shape(&parse_again(&written)), "the canonical text is another document");
    }
}

/// Every canonical form: it is well-formed, canonical already, and knows nothing of what was omitted.
pub fn canonicalise(input: &[u8]) {
    let Ok(document) = Document::parse(input, &Limits::MESSAGE) else { return };
    let mut prefixes = vec![String::new()];
    prefixes.extend(document.elements().take(LOOKS).map(|element| element.prefix().to_owned()));
    prefixes.extend(
        document
            .elements()
            .take(LOOKS)
            .filter_map(|element| element.attributes().find(|a| !a.prefix().is_empty()).map(|a| a.prefix().to_owned())),
    );
    for method in Method::ALL {
        for inclusive_prefixes in [Vec::new(), prefixes.clone()] {
            if inclusive_prefixes.is_empty() || method.is_exclusive() {
                let how = Canonicalization { method, inclusive_prefixes };
                looked_at(&document).for_each(|apex| assert_canonical(apex, &how));
            }
        }
    }
    let root = |method: Method| canonical(document.root(), &method.into(), None);
    assert_eq!(root(Method::Inclusive10), root(Method::Inclusive11), "a root inherits nothing");
    assert_omission(&document);
}

/// Verification: what is proved is what the seeds' signers signed.
pub fn verify(input: &[u8]) {
    let Ok(document) = Document::parse(input, &Limits::MESSAGE) else { return };
    for element in document.elements().filter(|&element| dsig::is_signed(element)).take(LOOKS) {
        if let Ok(signed) = dsig::verify(element, trusted(), &LAX) {
            let known = signed_forms().iter().any(|form| form.as_bytes() == signed.octets());
            assert!(known, "nobody signed {:?}", String::from_utf8_lossy(signed.octets()));
            assert_eq!(signed.root().local(), element.local());
            assert!(!dsig::is_signed(signed.root()), "the signature is not in what it signs");
        }
    }
}

/// Decryption: what GCM yields is what the seeds' senders encrypted; what CBC yields is a document.
pub fn decrypt(input: &[u8]) {
    let Ok(document) = Document::parse(input, &Limits::MESSAGE) else { return };
    let is_data = |element: Element<'_>| element.is(enc::NAMESPACE, "EncryptedData");
    let mut budget = enc::RsaBudget::new();
    for element in document.elements().filter(|element| element.children().any(is_data)).take(LOOKS) {
        if let Ok(plain) = enc::decrypt(element, decryption_keys(), &LAX, &mut budget) {
            let by = element.children().find(|&child| is_data(child)).and_then(content_algorithm);
            if by.is_none_or(|uri| uri.ends_with("-gcm")) {
                assert_eq!(plain.source(), ENCRYPTED.trim_end(), "nobody encrypted this");
            }
            assert_canonical(plain.root(), &Method::Exclusive.into());
        }
    }
}

/// Everything that any policy allows, for the sake of the code behind it.
const LAX: Algorithms = Algorithms { sha1: Sha1::Allow, ..Algorithms::STRICT };

fn content_algorithm(data: Element<'_>) -> Option<&str> {
    data.children().find(|child| child.is(enc::NAMESPACE, "EncryptionMethod"))?.attribute("Algorithm")
}

/// The keys that made the seeds' signatures.
fn trusted() -> &'static TrustedKeys {
    static KEYS: OnceLock<TrustedKeys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let texts: [&[u8]; 5] = [
            include_bytes!("../../../vectors/keys/idp.cert.pem"),
            include_bytes!("../../../vectors/keys/p256.cert.pem"),
            include_bytes!("../../../vectors/keys/p384.cert.pem"),
            include_bytes!("../../../vectors/keys/p521.cert.pem"),
            include_bytes!("../../../vectors/keys/ed25519.cert.pem"),
        ];
        let certificates = texts.into_iter().flat_map(|text| read_certificates(text).expect("a certificate"));
        let keys = certificates.map(|certificate| certificate.public_key().expect("a usable key")).collect();
        TrustedKeys::new(keys).expect("five keys")
    })
}

/// The keys that the seeds are encrypted for, and one that opens nothing.
fn decryption_keys() -> &'static DecryptionKeys {
    static KEYS: OnceLock<DecryptionKeys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let texts: [&[u8]; 2] = [
            include_bytes!("../../../vectors/keys/sp-next.key.pem"),
            include_bytes!("../../../vectors/keys/sp.key.pem"),
        ];
        let keys = texts.into_iter().map(|text| DecryptionKey::read(text).expect("a private key")).collect();
        DecryptionKeys::new(keys).expect("two keys")
    })
}

/// All octets that a seed's signature may cover.
fn signed_forms() -> &'static [String] {
    static FORMS: OnceLock<Vec<String>> = OnceLock::new();
    FORMS.get_or_init(|| {
        let document = Document::parse(SIGNED.as_bytes(), &Limits::MESSAGE).expect("a document");
        let signable = document.elements().filter(|element| element.attribute("ID").is_some());
        let mut forms = Vec::new();
        for element in signable {
            for method in Method::ALL {
                for list in PREFIX_LISTS {
                    let inclusive_prefixes = list.iter().map(|&prefix| prefix.to_owned()).collect();
                    forms.extend(canonical(element, &Canonicalization { method, inclusive_prefixes }, None));
                }
            }
        }
        forms
    })
}

fn assert_placed(input: &[u8], error: &ParseError) {
    let lines = input.iter().filter(|&&b| b == b'\n' || b == b'\r').count() + 1;
    let (line, column) = (error.position.line as usize, error.position.column as usize);
    assert!((1..=lines).contains(&line), "{error} in {lines} lines");
    assert!((1..=input.len() + 1).contains(&column), "{error} in {} octets", input.len());
    assert!(!error.malformation.to_string().is_empty());
}

/// The first, the last and some elements between.
fn looked_at(document: &Document) -> impl Iterator<Item = Element<'_>> {
    let count = document.elements().count();
    document.elements().step_by((count / LOOKS).max(1)).chain(document.elements().last())
}

fn assert_canonical(apex: Element<'_>, how: &Canonicalization) {
    let Some(form) = canonical(apex, how, None) else { return };
    let again = parse_again(&form);
    assert_eq!(canonical(again.root(), how, None), Some(form), "the canonical form is not canonical");
    assert!(again.root().is(apex.namespace(), apex.local()));
    // An inclusive form may have attributes more: the ones in `xml:` that the apex inherits.
    let own = |a: &Attribute<'_>| a.namespace() != XML_NAMESPACE || how.method.is_exclusive();
    assert_eq!(again.root().attributes().filter(own).count(), apex.attributes().filter(own).count());
    assert_eq!(again.elements().count(), apex.descendants().count());
}

/// To omit a subtree is to canonicalise a document that never had it.
fn assert_omission(document: &Document) {
    let Some(omitted) = looked_at(document).last().filter(|last| last.parent().is_some()) else { return };
    let range = omitted.source_range();
    // The empty section keeps `]]` and `>` on both sides apart.
    let cut = [&document.source()[..range.start], "<![CDATA[]]>", &document.source()[range.end..]].concat();
    let without = parse_again(&cut);
    for method in Method::ALL {
        let how = method.into();
        if let Some(form) = canonical(document.root(), &how, Some(omitted)) {
            assert_eq!(Some(form), canonical(without.root(), &how, None), "omitting is not cutting out");
        }
    }
    assert_eq!(canonicalize(omitted, &Method::Exclusive.into(), Some(omitted)), Err(C14nError::Empty));
}

/// The canonical form; `None` where it is longer than the limits allow, as some forms of a few documents are.
fn canonical(element: Element<'_>, how: &Canonicalization, omitted: Option<Element<'_>>) -> Option<String> {
    match canonicalize(element, how, omitted) {
        Ok(form) => Some(form),
        Err(C14nError::TooLong { most }) if most == Limits::MESSAGE.canonical_bytes => None,
        Err(error) => panic!("{error}"),
    }
}

/// Parses what a canonicaliser wrote. The apex may have inherited attributes beyond the limit of one element.
fn parse_again(form: &str) -> Document {
    let limits = Limits { attributes: 256, bytes: usize::MAX, canonical_bytes: usize::MAX, ..Limits::MESSAGE };
    Document::parse(form.as_bytes(), &limits).unwrap_or_else(|error| match error.malformation {
        Malformation::TooManyNamespaces { .. } => panic!("canonicalisation added namespaces: {error}"),
        _ => panic!("a canonical form is malformed: {error} in {form:?}"),
    })
}

/// What a document says, apart from how it is written: no difference between text and CDATA.
#[derive(PartialEq)]
enum Part {
    Start { namespace: String, prefix: String, local: String, attributes: Vec<[String; 4]> },
    Text(String),
    Comment(String),
    End,
}

fn shape(document: &Document) -> Vec<Part> {
    let mut parts = vec![start(document.root())];
    // Not by recursion: a document may be as deep as the parser allows.
    let mut open = vec![document.root().nodes()];
    while let Some(nodes) = open.last_mut() {
        match nodes.next() {
            Some(Node::Element(element)) => {
                parts.push(start(element));
                open.push(element.nodes());
            }
            Some(Node::Comment(text)) => parts.push(Part::Comment(text.to_owned())),
            Some(Node::Text(text) | Node::Cdata(text)) => match parts.last_mut() {
                Some(Part::Text(before)) => before.push_str(text),
                _ if text.is_empty() => {}
                _ => parts.push(Part::Text(text.to_owned())),
            },
            None => {
                parts.push(Part::End);
                open.pop();
            }
        }
    }
    parts
}

fn start(element: Element<'_>) -> Part {
    let attribute = |a: Attribute<'_>| [a.namespace(), a.local(), a.prefix(), a.value()].map(str::to_owned);
    let mut attributes: Vec<_> = element.attributes().map(attribute).collect();
    attributes.sort_unstable();
    let [namespace, prefix, local] = [element.namespace(), element.prefix(), element.local()].map(str::to_owned);
    Part::Start { namespace, prefix, local, attributes }
}
