//! The counterpart: `xmlsec1` of Debian, which is libxmlsec1 over libxml2 and OpenSSL.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use vestibule_xmlsec::c14n::{Canonicalization, Method};
use vestibule_xmlsec::{Document, Limits};

use super::vectors;

/// Runs `xmlsec1` in a folder of its own, which goes with it.
#[derive(Debug)]
pub(crate) struct Xmlsec1 {
    folder: PathBuf,
}

/// A canonical form to ask for: the ID of the apex, empty for the whole document, and how.
pub(crate) type Wanted = (String, Canonicalization);

impl Xmlsec1 {
    /// `name` tells the folder from those of other tests that run at the same time.
    pub(crate) fn new(name: &str) -> Self {
        let version = Command::new("xmlsec1").arg("--version").output();
        assert!(version.is_ok(), "this test needs the program xmlsec1: apt-get install xmlsec1");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("xmlsec1-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder for the counterpart's files");
        Self { folder }
    }

    /// The canonical forms of one document as `xmlsec1` makes them, in the order asked for. An enveloped signature is
    /// left out, which is how [`with_signature`] marks what is to be left out.
    pub(crate) fn canonical_forms(&self, documents: &[(String, Vec<Wanted>)]) -> Vec<Vec<String>> {
        let texts: Vec<_> = documents
            .iter()
            .map(|(text, wanted)| with_signature(text, &references(wanted), &Method::Exclusive.into(), RSA_SHA256))
            .collect();
        let output = self.run(
            &["--sign", "--store-references", "--print-debug", "--output", "/dev/null", "--privkey-pem"],
            "idp.key.pem",
            &texts,
        );
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut forms = text
            .split("== PreDigest data - start buffer:\n")
            .skip(1)
            .map(|rest| rest.split_once("\n== PreDigest data - end buffer").expect("the end of the data").0.to_owned());
        let forms: Vec<Vec<String>> =
            documents.iter().map(|(_, wanted)| forms.by_ref().take(wanted.len()).collect()).collect();
        for (of_one, (text, wanted)) in forms.iter().zip(documents) {
            assert_eq!(of_one.len(), wanted.len(), "{text}");
        }
        forms
    }

    /// Fills the signature templates in these documents with this key.
    pub(crate) fn sign(&self, key: &str, documents: &[String]) -> Vec<String> {
        let output = self.run(&["--sign", "--privkey-pem"], &format!("{key}.key.pem"), documents);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let signed = documents_in(output);
        assert_eq!(signed.len(), documents.len());
        signed
    }

    /// Whether every one of these signed documents verifies with this key's certificate. The first that does not ends
    /// the run, so what is thought to be bad is asked for alone.
    pub(crate) fn verifies(&self, key: &str, documents: &[String]) -> Result<(), String> {
        let output = self.run(&["--verify", "--pubkey-cert-pem"], &format!("{key}.cert.pem"), documents);
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    }

    /// Encrypts the element `content` into the template.
    pub(crate) fn encrypt(&self, recipient: &str, session_key: &str, template: &str, content: &str) -> String {
        let file = self.folder.join("content.xml");
        fs::write(&file, content).expect("a file for the counterpart");
        let file = file.to_str().expect("a path in UTF-8");
        let arguments = ["--encrypt", "--session-key", session_key, "--xml-data", file, "--pubkey-cert-pem"];
        let output = self.run(&arguments, &format!("{recipient}.cert.pem"), &[template.to_owned()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        documents_in(output).remove(0)
    }

    /// The document with its `EncryptedData` replaced by what was in it.
    pub(crate) fn decrypt(&self, key: &str, document: &str) -> Option<String> {
        let output = self.run(&["--decrypt", "--privkey-pem"], &format!("{key}.key.pem"), &[document.to_owned()]);
        output.status.success().then(|| documents_in(output).remove(0))
    }

    fn run(&self, arguments: &[&str], key: &str, documents: &[String]) -> Output {
        let mut command = Command::new("xmlsec1");
        command.args(arguments).arg(vectors::path("keys").join(key));
        for name in documents.iter().flat_map(|text| element_names(text)).collect::<BTreeSet<_>>() {
            command.args(["--id-attr:ID".to_owned(), name]);
        }
        for (at, text) in documents.iter().enumerate() {
            let file = self.folder.join(format!("{at}.xml"));
            fs::write(&file, text).expect("a file for the counterpart");
            command.arg(file);
        }
        command.output().expect("xmlsec1 runs")
    }
}

impl Drop for Xmlsec1 {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub(crate) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// What `xmlsec1` wrote to its standard output: documents, each with an XML declaration in front.
fn documents_in(output: Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.split("<?xml version=\"1.0\"?>\n").skip(1).map(str::to_owned).collect()
}

/// Every `namespace:local` of elements with an `ID`; the program wants to be told where IDs are.
fn element_names(text: &str) -> Vec<String> {
    let Ok(document) = Document::parse(text.as_bytes(), &Limits::AGGREGATE_METADATA) else { return Vec::new() };
    let with_id = document.elements().filter(|element| element.attribute("ID").is_some());
    with_id
        .map(
            |e| {
                if e.namespace().is_empty() { e.local().to_owned() } else { format!("{}:{}", e.namespace(), e.local()) }
            },
        )
        .collect()
}

/// The document with a template for a signature as the last child of its root.
pub(crate) fn with_signature(text: &str, references: &str, how: &Canonicalization, algorithm: &str) -> String {
    let signature = format!(
        r#"<Signature xmlns="{DSIG}"><SignedInfo>{}<SignatureMethod Algorithm="{algorithm}"/>{references}</SignedInfo><SignatureValue/></Signature>"#,
        method("CanonicalizationMethod", how),
    );
    let document = Document::parse(text.as_bytes(), &Limits::MESSAGE).expect("a document");
    let root = document.root();
    let name = match root.prefix() {
        "" => root.local().to_owned(),
        prefix => format!("{prefix}:{}", root.local()),
    };
    // The root's end tag is the last with its name, unless the root is an empty tag.
    if let Some(at) = text.rfind(&format!("</{name}")) {
        format!("{}{signature}{}", &text[..at], &text[at..])
    } else {
        let at = text.rfind("/>").expect("an empty root");
        format!("{}>{signature}</{name}>{}", &text[..at], &text[at + 2..])
    }
}

fn references(wanted: &[Wanted]) -> String {
    // By the full XPointer, comments are kept; by the bare name they are not (XML Signature §4.4.3.3).
    let uri = |id: &str| if id.is_empty() { "#xpointer(/)".to_owned() } else { format!("#xpointer(id('{id}'))") };
    wanted.iter().map(|(id, how)| reference(&uri(id), how, SHA256)).collect()
}

/// A `Reference` with an enveloped signature left out.
pub(crate) fn reference(uri: &str, how: &Canonicalization, digest: &str) -> String {
    format!(
        r#"<Reference URI="{uri}"><Transforms><Transform Algorithm="{DSIG}enveloped-signature"/>{}</Transforms><DigestMethod Algorithm="{digest}"/><DigestValue/></Reference>"#,
        method("Transform", how),
    )
}

fn method(element: &str, how: &Canonicalization) -> String {
    let uri = how.method.uri();
    if how.inclusive_prefixes.is_empty() {
        return format!(r#"<{element} Algorithm="{uri}"/>"#);
    }
    let prefixes: Vec<_> =
        how.inclusive_prefixes.iter().map(|prefix| if prefix.is_empty() { "#default" } else { prefix }).collect();
    let list = prefixes.join(" ");
    let namespace = Method::Exclusive.uri();
    format!(
        r#"<{element} Algorithm="{uri}"><InclusiveNamespaces xmlns="{namespace}" PrefixList="{list}"/></{element}>"#
    )
}
