//! From options to what a response is measured against.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use thiserror::Error;
use vestibule_journeys::inspect::input::Input;
use vestibule_journeys::inspect::judge::Judgement;
use vestibule_saml::metadata::MetadataError;
use vestibule_saml::sp::{Expectation, Expected, ExpiredCertificate, IdpTrust, RequireSigned, SpIdentity};
use vestibule_saml::time::{Skew, SkewTooLarge};
use vestibule_saml::types::{AcsUrl, EntityId, EntityIdError, MessageIdError, RequestId, UrlError};
use vestibule_xmlsec::algorithms::{Algorithms, Sha1};
use vestibule_xmlsec::keys::{
    Certificate, CertificateError, DecryptionKey, DecryptionKeys, PrivateKeyError, read_certificates,
};

use crate::cli::{self, InspectArgs};
use crate::failure::Failure;
use crate::{file, metadata};

/// Why options cannot be used. Each sentence begins with the option and ends with the fix.
#[derive(Debug, Error)]
pub(crate) enum OptionError {
    #[error(
        "--metadata and --idp-cert cannot be used together: give the metadata, or --idp-entity-id with the certificates"
    )]
    MetadataAndCertificate,
    #[error("--idp-cert needs --idp-entity-id: a certificate does not say whose messages it signs")]
    CertificateWithoutEntityId,
    #[error(
        "{option} is needed to judge: without it nobody knows {why}; give it, or leave out the options of trust to decode only"
    )]
    Missing { option: &'static str, why: &'static str },
    #[error("--in-response-to and --allow-unsolicited cannot be used together: a request is pending or none is")]
    AnswerAndUnsolicited,
    #[error("--clock-skew: {0}; set the clocks right instead")]
    Skew(#[from] SkewTooLarge),
    #[error("{option}: {source}; copy it exactly")]
    EntityId { option: &'static str, source: EntityIdError },
    #[error("--acs-url: {0}; give the address exactly as the response is posted to it")]
    AcsUrl(#[from] UrlError),
    #[error("--in-response-to: {0}; give the ID of the AuthnRequest")]
    InResponseTo(#[from] MessageIdError),
    #[error("--metadata {path}: {source}", path = .path.display())]
    Metadata { path: PathBuf, source: Box<MetadataError> },
    #[error("--idp-cert {path}: {source}", path = .path.display())]
    Certificate { path: PathBuf, source: CertificateError },
    #[error("--decryption-key {path}: {source}", path = .path.display())]
    DecryptionKey { path: PathBuf, source: PrivateKeyError },
}

/// All that was said about trust and policy.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The identity provider, or why there is no certificate of it.
    idp: Result<IdpTrust, NoCertificate>,
    sp: SpIdentity,
    acs_url: AcsUrl,
    request: Expected,
    require_signed: RequireSigned,
    algorithms: Algorithms,
    expired_certificate: ExpiredCertificate,
    clock_skew: Skew,
    used_assertions: Vec<String>,
    pub(crate) now: Timestamp,
}

/// Why no certificate is left after all options: in words, for the refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoCertificate(pub(crate) String);

impl Setting {
    /// What the options say; `None` where no trust is given. Every option is checked, needed or not.
    pub(crate) fn of(arguments: &InspectArgs, now: Timestamp) -> Result<Option<Self>, Failure> {
        let request = request(arguments)?;
        let clock_skew = Skew::from_secs(arguments.clock_skew).map_err(OptionError::from)?;
        let sp_entity_id = entity_id("--sp-entity-id", arguments.sp_entity_id.as_deref())?;
        // The message may come from somebody else's set-up, http and all: it is judged, and nothing is served there.
        let acs_url = arguments.acs_url.as_deref().map(AcsUrl::registered_elsewhere);
        let acs_url = acs_url.transpose().map_err(OptionError::from)?;
        let decryption_keys = decryption_keys(&arguments.decryption_key)?;
        let Some(idp) = idp(arguments, now)? else { return Ok(None) };
        let missing = |option, why| OptionError::Missing { option, why };
        let entity_id = sp_entity_id
            .ok_or_else(|| missing("--sp-entity-id", "for which application the response must be meant"))?;
        let acs_url =
            acs_url.ok_or_else(|| missing("--acs-url", "to which address the response must have been sent"))?;
        Ok(Some(Self {
            idp,
            sp: SpIdentity { entity_id, decryption_keys },
            acs_url,
            request,
            require_signed: arguments.require_signed.into(),
            algorithms: Algorithms {
                sha1: if arguments.allow_sha1 { Sha1::Allow } else { Sha1::Refuse },
                ..Algorithms::STRICT
            },
            expired_certificate: arguments.expired_certificate.into(),
            clock_skew,
            used_assertions: arguments.seen_assertion.clone(),
            now,
        }))
    }

    /// What becomes of the input by them.
    pub(crate) fn judge(&self, input: &Input) -> Judgement {
        match &self.idp {
            Ok(idp) => Judgement::of(input, &self.expectation(idp)),
            Err(none) => Judgement::without_trust(&none.0),
        }
    }

    /// What the core is asked, for this identity provider.
    fn expectation<'a>(&'a self, idp: &'a IdpTrust) -> Expectation<'a> {
        Expectation {
            require_signed: self.require_signed,
            algorithms: self.algorithms,
            expired_certificate: self.expired_certificate,
            clock_skew: self.clock_skew,
            used_assertions: &self.used_assertions,
            ..Expectation::new(idp, &self.sp, &self.acs_url, self.request.clone(), self.now)
        }
    }
}

fn request(arguments: &InspectArgs) -> Result<Expected, OptionError> {
    match (&arguments.in_response_to, arguments.allow_unsolicited) {
        (Some(_), true) => Err(OptionError::AnswerAndUnsolicited),
        (Some(id), false) => Ok(Expected::AnswerTo(RequestId::new(id.as_str())?)),
        (None, true) => Ok(Expected::Unsolicited),
        (None, false) => Ok(Expected::Nothing),
    }
}

fn entity_id(option: &'static str, id: Option<&str>) -> Result<Option<EntityId>, OptionError> {
    id.map(EntityId::new).transpose().map_err(|source| OptionError::EntityId { option, source })
}

/// The identity provider; the outer `None` where no option names one.
fn idp(arguments: &InspectArgs, now: Timestamp) -> Result<Option<Result<IdpTrust, NoCertificate>>, Failure> {
    let entity_id = entity_id("--idp-entity-id", arguments.idp_entity_id.as_deref())?;
    let certificates = certificates(&arguments.idp_cert)?;
    match (&arguments.metadata, entity_id) {
        (Some(_), _) if !certificates.is_empty() => Err(OptionError::MetadataAndCertificate.into()),
        (Some(path), entity_id) => from_metadata(path, entity_id.as_ref(), now).map(Some),
        (None, Some(entity_id)) if certificates.is_empty() => {
            let got = format!("--idp-entity-id {entity_id} and neither --idp-cert nor --metadata");
            Ok(Some(Err(NoCertificate(got))))
        }
        (None, Some(entity_id)) => Ok(Some(trust(entity_id, &certificates))),
        (None, None) if !certificates.is_empty() => Err(OptionError::CertificateWithoutEntityId.into()),
        (None, None) => Ok(None),
    }
}

fn from_metadata(
    path: &Path,
    entity_id: Option<&EntityId>,
    now: Timestamp,
) -> Result<Result<IdpTrust, NoCertificate>, Failure> {
    let bytes = file::option("--metadata", path, file::MAX_INPUT)?;
    match metadata::identity_provider(&bytes, entity_id, now) {
        Ok(idp) => Ok(trust(idp.entity_id, &idp.signing_certificates)),
        Err(error @ (MetadataError::NoSigningCertificate { .. } | MetadataError::UnusableKeys { .. })) => {
            Ok(Err(NoCertificate(error.to_string())))
        }
        Err(source) => Err(OptionError::Metadata { path: path.to_owned(), source: Box::new(source) }.into()),
    }
}

fn trust(entity_id: EntityId, certificates: &[Certificate]) -> Result<IdpTrust, NoCertificate> {
    IdpTrust::new(entity_id, certificates).map_err(|none| {
        let each: Vec<String> =
            none.unusable.iter().map(|(thumbprint, error)| format!("{thumbprint}: {error}")).collect();
        NoCertificate(each.join("; "))
    })
}

fn certificates(paths: &[PathBuf]) -> Result<Vec<Certificate>, Failure> {
    let mut certificates = Vec::new();
    for path in paths {
        let bytes = file::option("--idp-cert", path, file::MAX_KEYS)?;
        let read =
            read_certificates(&bytes).map_err(|source| OptionError::Certificate { path: path.clone(), source })?;
        certificates.extend(read);
    }
    Ok(certificates)
}

fn decryption_keys(paths: &[PathBuf]) -> Result<Option<DecryptionKeys>, Failure> {
    let mut keys = Vec::new();
    for path in paths {
        let bytes = file::option("--decryption-key", path, file::MAX_KEYS)?;
        let key =
            DecryptionKey::read(&bytes).map_err(|source| OptionError::DecryptionKey { path: path.clone(), source })?;
        keys.push(key);
    }
    Ok(DecryptionKeys::new(keys).ok())
}

impl From<cli::RequireSigned> for RequireSigned {
    fn from(argument: cli::RequireSigned) -> Self {
        match argument {
            cli::RequireSigned::Assertion => Self::Assertion,
            cli::RequireSigned::Response => Self::Response,
            cli::RequireSigned::Both => Self::Both,
            cli::RequireSigned::Either => Self::Either,
        }
    }
}

impl From<cli::ExpiredCertificate> for ExpiredCertificate {
    fn from(argument: cli::ExpiredCertificate) -> Self {
        match argument {
            cli::ExpiredCertificate::Refuse => Self::Refuse,
            cli::ExpiredCertificate::Warn => Self::Warn,
        }
    }
}
