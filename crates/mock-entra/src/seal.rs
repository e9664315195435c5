//! Signatures in any shape: the text of a `Signature` is written first, distorted if need be, put in its place,
//! and then signed as it stands there.

use vestibule_xmlsec::algorithms::{DigestAlgorithm, SignatureAlgorithm};
use vestibule_xmlsec::c14n::{Canonicalization, Method, canonicalize};
use vestibule_xmlsec::{Document, Element, Limits};

use crate::entra::{ASSERTION_ID, RESPONSE_ID};
use crate::keys;
use crate::text::base64;

const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const VALUE: &str = "@VALUE@";

/// What a signature's `KeyInfo` holds.
#[derive(Debug, Clone)]
pub enum KeyInfo {
    /// There is none.
    Absent,
    /// The certificate of this name, as Entra writes it.
    Certificate(&'static str),
    /// This XML, inside `KeyInfo`; `@` stands for the prefix with its colon.
    Xml(String),
}

/// How an element is signed. The default is how Entra does it.
#[derive(Debug, Clone)]
pub struct Seal {
    /// Name of the signing key in `vectors/keys/`.
    pub key: &'static str,
    /// The signature algorithm that is used and, unless distorted, named.
    pub algorithm: SignatureAlgorithm,
    /// The digest algorithm likewise.
    pub digest: DigestAlgorithm,
    /// The canonicalisation of both `SignedInfo` and the element.
    pub canonicalization: Canonicalization,
    /// Prefix of the `Signature`; empty for none.
    pub prefix: &'static str,
    /// Characters on a line of `SignatureValue` and `X509Certificate`; none for no line breaks.
    pub wrap: Option<usize>,
    /// Whether each element of the signature stands on a line of its own.
    pub pretty: bool,
    /// What stands in `KeyInfo`.
    pub key_info: KeyInfo,
}

impl Default for Seal {
    fn default() -> Self {
        Self {
            key: "idp",
            algorithm: SignatureAlgorithm::RsaSha256,
            digest: DigestAlgorithm::Sha256,
            canonicalization: Method::Exclusive.into(),
            prefix: "",
            wrap: None,
            pretty: false,
            key_info: KeyInfo::Certificate("idp"),
        }
    }
}

impl Seal {
    /// With this key, its certificate and this algorithm.
    pub fn with_key(key: &'static str, algorithm: SignatureAlgorithm) -> Self {
        Self { key, algorithm, key_info: KeyInfo::Certificate(key), ..Self::default() }
    }

    /// Signs the assertion of [`Entra`](crate::Entra).
    pub fn assertion(&self, xml: &str) -> String {
        self.apply(xml, ASSERTION_ID)
    }

    /// Signs the response of [`Entra`](crate::Entra).
    pub fn response(&self, xml: &str) -> String {
        self.apply(xml, RESPONSE_ID)
    }

    /// Signs the element with this ID.
    pub fn apply(&self, xml: &str, id: &str) -> String {
        self.distorted(xml, id, |signature| signature)
    }

    /// Signs the element with this ID with a `Signature` that `distort` may change before it is made: the digest stands
    /// in it then, and the first `SignedInfo` in the changed text is what is signed.
    ///
    /// # Panics
    /// The text is not XML any more, or the key does not fit the algorithm.
    pub fn distorted(&self, xml: &str, id: &str, distort: impl FnOnce(String) -> String) -> String {
        self.made_by(xml, id, distort, |octets| self.sign(octets))
    }

    /// As [`distorted`](Self::distorted), with a signature that the caller makes.
    pub(crate) fn made_by(
        &self,
        xml: &str,
        id: &str,
        distort: impl FnOnce(String) -> String,
        sign: impl FnOnce(&[u8]) -> Vec<u8>,
    ) -> String {
        let document = parse(xml);
        let octets = canonicalize(by_id(&document, id), &self.of_content(), None).expect("a canonical form");
        let digest = base64(self.digest.digest(octets.as_bytes()).as_bytes());
        let at = place(xml, id);
        let signature = distort(self.text(id, &digest));
        let xml = format!("{}{signature}{}", &xml[..at], &xml[at..]);
        let document = parse(&xml);
        let signed_info = by_id(&document, id)
            .children()
            .filter(|child| child.local() == "Signature")
            .flat_map(Element::descendants)
            .find(|below| below.local() == "SignedInfo")
            .expect("a SignedInfo");
        let octets = canonicalize(signed_info, &self.canonicalization, None).expect("a canonical form");
        xml.replace(VALUE, &self.wrapped(&sign(octets.as_bytes())))
    }

    /// A reference to an ID leaves comments out, whatever the method says (XML Signature §4.4.3.3).
    fn of_content(&self) -> Canonicalization {
        let method = self.canonicalization.method.without_comments();
        Canonicalization { method, ..self.canonicalization.clone() }
    }

    /// The signature over these octets.
    ///
    /// # Panics
    /// The key does not fit the algorithm.
    pub fn sign(&self, octets: &[u8]) -> Vec<u8> {
        keys::signing_key(self.key).sign(self.algorithm, octets).expect("a key that fits the algorithm")
    }

    /// The `Signature` with a mark in place of its value.
    fn text(&self, id: &str, digest: &str) -> String {
        let p = if self.prefix.is_empty() { String::new() } else { format!("{}:", self.prefix) };
        let (canonicalization_method, transform) =
            (self.method(&p, "CanonicalizationMethod"), self.method(&p, "Transform"));
        let xmlns = if self.prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{}", self.prefix) };
        let (signature_method, digest_method) = (self.algorithm.uri(), self.digest.uri());
        let text = format!(
            "<{p}Signature {xmlns}=\"{DSIG}\">\n<{p}SignedInfo>\n{canonicalization_method}\
             \n<{p}SignatureMethod Algorithm=\"{signature_method}\"/>\n<{p}Reference URI=\"#{id}\">\n<{p}Transforms>\
             \n<{p}Transform Algorithm=\"{ENVELOPED}\"/>\n{transform}\n</{p}Transforms>\
             \n<{p}DigestMethod Algorithm=\"{digest_method}\"/>\n<{p}DigestValue>{digest}</{p}DigestValue>\n</{p}Reference>\
             \n</{p}SignedInfo>\n<{p}SignatureValue>{VALUE}</{p}SignatureValue>\n{}</{p}Signature>",
            self.key_info(&p),
        );
        if self.pretty { text } else { text.replace('\n', "") }
    }

    /// The element that names the canonicalisation.
    fn method(&self, p: &str, name: &str) -> String {
        let how = &self.canonicalization;
        let uri = how.method.uri();
        if how.inclusive_prefixes.is_empty() {
            return format!("<{p}{name} Algorithm=\"{uri}\"/>");
        }
        let list = how.inclusive_prefixes.join(" ");
        let prefixes = format!("<ec:InclusiveNamespaces xmlns:ec=\"{EXCLUSIVE}\" PrefixList=\"{list}\"/>");
        format!("<{p}{name} Algorithm=\"{uri}\">{prefixes}</{p}{name}>")
    }

    fn key_info(&self, p: &str) -> String {
        let inside = match &self.key_info {
            KeyInfo::Absent => return String::new(),
            KeyInfo::Certificate(name) => {
                let der = self.wrapped(keys::certificate(name).der());
                format!("<{p}X509Data><{p}X509Certificate>{der}</{p}X509Certificate></{p}X509Data>")
            }
            KeyInfo::Xml(xml) => xml.replace('@', p),
        };
        format!("<{p}KeyInfo>{inside}</{p}KeyInfo>")
    }

    fn wrapped(&self, octets: &[u8]) -> String {
        let text = base64(octets);
        let Some(width) = self.wrap else { return text };
        let mut lines = String::from("\n");
        for (at, character) in text.chars().enumerate() {
            if at > 0 && at % width == 0 {
                lines.push('\n');
            }
            lines.push(character);
        }
        lines + "\n"
    }
}

fn parse(xml: &str) -> Document {
    // What is forged may be beyond every bound of those who read it.
    let limits = Limits { depth: 1000, canonical_bytes: usize::MAX, ..Limits::AGGREGATE_METADATA };
    Document::parse(xml.as_bytes(), &limits).unwrap_or_else(|error| panic!("{error} in {xml}"))
}

fn by_id<'a>(document: &'a Document, id: &str) -> Element<'a> {
    document.elements().find(|element| element.attribute("ID") == Some(id)).expect("an element with this ID")
}

/// Behind the `Issuer` that begins the element with this ID, or behind the start tag where there is none.
fn place(xml: &str, id: &str) -> usize {
    let id_at = xml.find(&format!("ID=\"{id}\"")).expect("an element with this ID");
    let tag_end = id_at + xml[id_at..].find('>').expect("a start tag ends") + 1;
    let first = xml[tag_end..].trim_start();
    let name = first[1..].split([' ', '>', '/']).next().unwrap_or_default();
    if name.rsplit(':').next() != Some("Issuer") {
        return tag_end;
    }
    let close = format!("</{name}>");
    tag_end + xml[tag_end..].find(&close).expect("an element ends") + close.len()
}
