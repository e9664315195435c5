//! One folder of `vectors/saml`: its message, its `case.toml`, and what comes of them.

use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use vestibule_saml::sp::{
    self, AcceptedAssertion, Expectation, Expected, ExpiredCertificate, IdpTrust, Reason, RequireSigned, SpIdentity,
    Step, Verdict,
};
use vestibule_saml::time::Skew;
use vestibule_saml::types::{AcsUrl, AttributeValue, AuthnContextClassRef, EntityId, NameIdFormat, RequestId};
use vestibule_xmlsec::algorithms::{Algorithms, DigestAlgorithm, Sha1};
use vestibule_xmlsec::keys::{Certificate, DecryptionKey, DecryptionKeys, read_certificates};

/// A vector as it lies on the disk.
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) case: Case,
    folder: PathBuf,
    message: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    #[serde(rename = "about")]
    _about: String,
    #[serde(rename = "attacks")]
    _attacks: Option<Vec<String>>,
    pub(crate) refusal: Option<String>,
    message: String,
    pub(crate) idp: Idp,
    sp: Sp,
    expected: Expect,
    identity: Option<Identity>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Idp {
    entity_id: String,
    /// Files, from the vector's folder.
    pub(crate) certificates: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sp {
    entity_id: String,
    acs_url: String,
    #[serde(default)]
    decryption_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    in_response_to: Option<String>,
    #[serde(default)]
    unsolicited: bool,
    require_signed: String,
    #[serde(default)]
    allow_sha1: bool,
    expired_certificate: Option<String>,
    clock_skew: u64,
    max_age: Option<i64>,
    #[serde(default)]
    authn_context: Vec<String>,
    #[serde(default)]
    used_assertions: Vec<String>,
    at: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    name_id: Value,
    name_id_format: Option<String>,
    session_index: Option<String>,
    authn_instant: String,
    certificate: usize,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attribute {
    name: String,
    friendly_name: Option<String>,
    values: Vec<Value>,
}

/// A value that is stated beside the message.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Value {
    Text(String),
    /// A personal value: the SHA-256 of its text.
    Digest {
        sha256: String,
    },
    /// A value with elements, in which this text stands.
    Structured {
        structured: String,
    },
    Nil {
        nil: bool,
    },
}

/// What is needed for a judgement; an expectation borrows from it.
pub(crate) struct Trust {
    idp: IdpTrust,
    sp: SpIdentity,
    acs_url: AcsUrl,
    authn_context: Vec<AuthnContextClassRef>,
    used_assertions: Vec<String>,
    policy: Policy,
}

struct Policy {
    request: Expected,
    require_signed: RequireSigned,
    algorithms: Algorithms,
    expired_certificate: ExpiredCertificate,
    clock_skew: Skew,
    max_age: Option<SignedDuration>,
    now: Timestamp,
}

pub(crate) fn base64(octets: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(octets)
}

impl Vector {
    /// All of `accept` or `refuse`, by name.
    pub(crate) fn all(kind: &str) -> Vec<Self> {
        let mut names: Vec<String> = fs::read_dir(folder(kind))
            .expect("the vectors' folder")
            .map(|entry| entry.expect("a folder").file_name().into_string().expect("a name in ASCII"))
            .collect();
        names.sort();
        assert!(names.len() > 50, "only {} vectors in {kind}", names.len());
        names.into_iter().map(|name| Self::read(kind, &name)).collect()
    }

    pub(crate) fn read(kind: &str, name: &str) -> Self {
        let folder = folder(kind).join(name);
        let text = fs::read_to_string(folder.join("case.toml")).unwrap_or_else(|error| panic!("{name}: {error}"));
        let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(case.refusal.is_some(), kind == "refuse", "{name}: refusal");
        assert_eq!(case.identity.is_some(), kind == "accept", "{name}: identity");
        let message = fs::read(folder.join(&case.message)).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name: name.to_owned(), case, folder, message }
    }

    /// The message, where it is kept as XML.
    pub(crate) fn xml(&self) -> Option<&[u8]> {
        (self.case.message == "response.xml").then_some(&self.message)
    }

    /// `None` where no certificate has a usable key.
    pub(crate) fn trust(&self) -> Option<Trust> {
        let Case { idp, sp, expected, .. } = &self.case;
        let decryption_keys: Vec<DecryptionKey> = sp
            .decryption_keys
            .iter()
            .map(|file| DecryptionKey::read(&self.file(file)).expect("a decryption key"))
            .collect();
        Some(Trust {
            idp: IdpTrust::new(EntityId::new(&idp.entity_id).expect("an entity id"), &self.certificates()).ok()?,
            sp: SpIdentity {
                entity_id: EntityId::new(&sp.entity_id).expect("an entity id"),
                decryption_keys: DecryptionKeys::new(decryption_keys).ok(),
            },
            acs_url: AcsUrl::new(&sp.acs_url).expect("an ACS URL"),
            authn_context: expected.authn_context.iter().map(|uri| AuthnContextClassRef::from_uri(uri)).collect(),
            used_assertions: expected.used_assertions.clone(),
            policy: expected.policy(),
        })
    }

    /// The refusal's code with details; `None` where the message is accepted.
    pub(crate) fn outcome(&self) -> Option<(String, String)> {
        let Some(trust) = self.trust() else {
            return Some((Reason::NoTrustedKey.code().to_owned(), "no usable certificate".to_owned()));
        };
        let refusal = self.verdict(&trust).outcome.err()?;
        let detail = format!("got {:?}, want {:?}", refusal.got, refusal.want);
        Some((refusal.reason.code().to_owned(), detail.chars().take(300).collect()))
    }

    /// What differs from the identity that is stated beside the message.
    pub(crate) fn differences(&self) -> Vec<String> {
        let Some(want) = &self.case.identity else { return vec!["no identity".to_owned()] };
        let Some(trust) = self.trust() else { return vec!["no usable certificate".to_owned()] };
        let verdict = self.verdict(&trust);
        let accepted = match &verdict.outcome {
            Ok(accepted) => accepted,
            Err(refusal) => {
                return vec![format!("{}: got {:?}, want {:?}", refusal.reason.code(), refusal.got, refusal.want)];
            }
        };
        let mut wrong = want.differences(accepted);
        let warnings: Vec<&str> = verdict.report.warnings().map(|step| step.step.name()).collect();
        if warnings != want.warnings {
            wrong.push(format!("warnings {warnings:?}, wanted {:?}", want.warnings));
        }
        let thumbprint = self.certificates()[want.certificate].thumbprint_sha1();
        let matched = verdict.report.steps().find(|step| step.step == Step::Certificate).and_then(|step| step.got);
        if !matched.is_some_and(|got| got.starts_with(&thumbprint)) {
            wrong.push(format!("certificate {matched:?}, wanted {thumbprint}"));
        }
        wrong
    }

    fn verdict(&self, trust: &Trust) -> Verdict {
        match self.xml() {
            Some(xml) => trust.judge(|expect| sp::accept(xml, expect)),
            None => trust.judge(|expect| sp::accept_post(&self.message, expect)),
        }
    }

    fn certificates(&self) -> Vec<Certificate> {
        let read =
            |file: &String| read_certificates(&self.file(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        self.case.idp.certificates.iter().flat_map(read).collect()
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.join(name)).unwrap_or_else(|error| panic!("{}: {name}: {error}", self.name))
    }
}

fn folder(kind: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors/saml").join(kind)
}

impl Expect {
    fn policy(&self) -> Policy {
        Policy {
            request: match (&self.in_response_to, self.unsolicited) {
                (Some(id), false) => Expected::AnswerTo(RequestId::new(id).expect("a request id")),
                (None, true) => Expected::Unsolicited,
                (None, false) => Expected::Nothing,
                (Some(_), true) => panic!("in_response_to and unsolicited exclude each other"),
            },
            require_signed: match self.require_signed.as_str() {
                "assertion" => RequireSigned::Assertion,
                "response" => RequireSigned::Response,
                "both" => RequireSigned::Both,
                "either" => RequireSigned::Either,
                other => panic!("require_signed = {other}"),
            },
            algorithms: Algorithms {
                sha1: if self.allow_sha1 { Sha1::Allow } else { Sha1::Refuse },
                ..Algorithms::STRICT
            },
            expired_certificate: match self.expired_certificate.as_deref() {
                None | Some("refuse") => ExpiredCertificate::Refuse,
                Some("warn") => ExpiredCertificate::Warn,
                Some(other) => panic!("expired_certificate = {other}"),
            },
            clock_skew: Skew::from_secs(self.clock_skew).expect("a skew"),
            max_age: self.max_age.map(SignedDuration::from_secs),
            now: self.at.parse().expect("a time"),
        }
    }
}

impl Trust {
    /// Judges a message under the vector's expectation, which may be changed on the way.
    pub(crate) fn judge(&self, judge: impl FnOnce(&Expectation<'_>) -> Verdict) -> Verdict {
        let policy = &self.policy;
        judge(&Expectation {
            require_signed: policy.require_signed,
            algorithms: policy.algorithms,
            expired_certificate: policy.expired_certificate,
            clock_skew: policy.clock_skew,
            max_age: policy.max_age,
            authn_context: &self.authn_context,
            used_assertions: &self.used_assertions,
            ..Expectation::new(&self.idp, &self.sp, &self.acs_url, policy.request.clone(), policy.now)
        })
    }
}

impl Identity {
    fn differences(&self, got: &AcceptedAssertion) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut compare = |what: &str, equal: bool| {
            if !equal {
                wrong.push(format!("{what} differs"));
            }
        };
        compare("name_id", self.name_id.is(&AttributeValue::Text(got.name_id.value.clone())));
        let format = got.name_id.format.as_ref().map(NameIdFormat::as_str);
        compare("name_id_format", format == self.name_id_format.as_deref());
        compare("session_index", got.session_index == self.session_index);
        compare("authn_instant", self.authn_instant.parse().ok() == Some(got.authn_instant));
        compare("the number of attributes", got.attributes.len() == self.attributes.len());
        for (want, got) in self.attributes.iter().zip(got.attributes.iter()) {
            compare(&format!("{}: name", want.name), got.name == want.name);
            compare(&format!("{}: friendly_name", want.name), got.friendly_name == want.friendly_name);
            let equal = got.values.len() == want.values.len()
                && want.values.iter().zip(&got.values).all(|(want, got)| want.is(got));
            compare(&format!("{}: values", want.name), equal);
        }
        wrong
    }
}

impl Value {
    fn is(&self, got: &AttributeValue) -> bool {
        match (self, got) {
            (Self::Text(want), AttributeValue::Text(got)) => want == got,
            (Self::Digest { sha256 }, AttributeValue::Text(got)) => {
                let digest = DigestAlgorithm::Sha256.digest(got.as_bytes());
                format!("{digest:?}") == *sha256
            }
            (Self::Structured { structured }, AttributeValue::Structured(got)) => got.contains(structured.as_str()),
            (Self::Nil { nil }, AttributeValue::Nil) => *nil,
            _ => false,
        }
    }
}
