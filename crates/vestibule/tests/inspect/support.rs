use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

/// The shape that docs/inspect.md documents: no field more, and each present.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Report {
    pub(crate) version: u8,
    pub(crate) input: Input,
    pub(crate) verdict: String,
    #[serde(deserialize_with = "present")]
    pub(crate) refusal: Option<Refusal>,
    pub(crate) steps: Vec<Step>,
    #[serde(deserialize_with = "present")]
    pub(crate) identity: Option<Identity>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    pub(crate) kind: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(deserialize_with = "present")]
    pub(crate) got: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(crate) want: Option<String>,
    pub(crate) fixed_by: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) spec: String,
    pub(crate) outcome: String,
    #[serde(deserialize_with = "present")]
    pub(crate) warning: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(crate) got: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(crate) want: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    pub(crate) name_id: String,
    #[serde(deserialize_with = "present")]
    pub(crate) name_id_format: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(crate) session_index: Option<String>,
    pub(crate) authn_instant: String,
    pub(crate) attributes: Vec<Attribute>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    #[serde(deserialize_with = "present")]
    pub(crate) friendly_name: Option<String>,
    pub(crate) values: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Error {
    version: u8,
    error: String,
}

/// A field that may be null and may not be left out.
fn present<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn report(&self) -> Report {
        assert_eq!(self.stderr, "");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    /// The sentence of exit status 2, in the form for programs.
    pub(crate) fn error(&self) -> String {
        assert_eq!((self.status, self.stderr.as_str()), (2, ""), "{}", self.stdout);
        let error: Error = serde_json::from_str(&self.stdout).unwrap();
        assert_eq!(error.version, 1);
        error.error
    }
}

/// A run of the binary, with nothing of this process's environment that changes the output.
pub(crate) struct Vestibule {
    command: Command,
    stdin: Vec<u8>,
}

pub(crate) fn vestibule(arguments: &[&str]) -> Vestibule {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.args(arguments).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    Vestibule { command, stdin: Vec::new() }
}

impl Vestibule {
    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn environment(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Run where README.md stands, so that its paths lead somewhere.
    pub(crate) fn at_root(mut self) -> Self {
        self.command.current_dir(root());
        self
    }

    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    pub(crate) fn run(mut self) -> Run {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        // Arguments may be refused before anything is read.
        let _ = child.stdin.take().unwrap().write_all(&self.stdin);
        let output = child.wait_with_output().unwrap();
        Run {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// `inspect` of the standard input, without trust.
pub(crate) fn decode(bytes: impl Into<Vec<u8>>) -> Vestibule {
    vestibule(&["inspect", "-"]).stdin(bytes)
}

/// `inspect` of the standard input with the trust and the setting of the vectors' default.
pub(crate) fn judge(bytes: impl Into<Vec<u8>>) -> Vestibule {
    judge_without(&[], bytes)
}

/// As [`judge`], without some of the options.
pub(crate) fn judge_without(left_out: &[&str], bytes: impl Into<Vec<u8>>) -> Vestibule {
    let certificate = key("idp.cert.pem");
    let all = [
        ("--idp-entity-id", ISSUER),
        ("--idp-cert", certificate.as_str()),
        ("--sp-entity-id", "https://sp.example.com/saml/metadata"),
        ("--acs-url", "https://sp.example.com/saml/acs"),
        ("--in-response-to", "_5f8e1d0c2b3a49586776859493a2b1c0"),
        ("--at", "2026-03-02T10:00:30Z"),
    ];
    let kept = all.iter().filter(|(option, _)| !left_out.contains(option));
    let arguments: Vec<&str> = kept.flat_map(|(option, value)| [*option, value]).collect();
    vestibule(&["inspect", "-"]).with(&arguments).stdin(bytes)
}

/// The fictional tenant of the vectors.
pub(crate) const ISSUER: &str = "https://sts.windows.net/aaaabbbb-0000-cccc-1111-dddd2222eeee/";

/// The path of a test key or certificate.
pub(crate) fn key(name: &str) -> String {
    root().join("vectors/keys").join(name).to_str().unwrap().to_owned()
}

/// The message of an accepted vector.
pub(crate) fn response(vector: &str) -> Vec<u8> {
    fs::read(root().join("vectors/saml/accept").join(vector).join("response.xml")).unwrap()
}

/// Strict base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().chain(&[0, 0]).take(3).fold(0, |group, &byte| group << 8 | usize::from(byte));
        for place in 0..4 {
            let digit = char::from(ALPHABET[group >> (18 - 6 * place) & 63]);
            text.push(if place <= chunk.len() { digit } else { '=' });
        }
    }
    text
}

/// As a browser encodes a field.
pub(crate) fn percent(text: &str) -> String {
    text.replace('%', "%25").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

/// A file of this test's own, below cargo's folder for them.
pub(crate) fn file(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Metadata of an identity provider with these certificates.
pub(crate) fn entity(entity_id: &str, certificates: &[&str], attributes: &str) -> String {
    let keys: Vec<String> = certificates.iter().map(|name| key_descriptor(name)).collect();
    let keys = keys.concat();
    format!(
        "<EntityDescriptor xmlns='urn:oasis:names:tc:SAML:2.0:metadata' entityID='{entity_id}' {attributes}>\
         <IDPSSODescriptor protocolSupportEnumeration='urn:oasis:names:tc:SAML:2.0:protocol'>{keys}\
         <SingleSignOnService Binding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect' \
         Location='https://login.example.com/saml2'/></IDPSSODescriptor></EntityDescriptor>"
    )
}

fn key_descriptor(certificate: &str) -> String {
    let pem = fs::read_to_string(key(certificate)).unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    format!(
        "<KeyDescriptor use='signing'><KeyInfo xmlns='http://www.w3.org/2000/09/xmldsig#'><X509Data>\
         <X509Certificate>{base64}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
    )
}

/// A group of entities.
pub(crate) fn group(entities: &[String]) -> String {
    let entities = entities.concat();
    format!("<EntitiesDescriptor xmlns='urn:oasis:names:tc:SAML:2.0:metadata'>{entities}</EntitiesDescriptor>")
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
