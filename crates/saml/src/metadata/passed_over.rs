use super::MetadataError;
use std::fmt;

/// A part of an identity provider's metadata that is not used, or not as it is written, although the rest is:
/// no sign-in hangs on it, or another of its kind is there. To be shown to whoever sets the connection up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// Which part.
    pub part: Part,
    /// What it is, where, and what is wanted: the refusal of the whole that it would be, did everything hang
    /// on it.
    pub reason: MetadataError,
}

/// A part of metadata whose flaws need not spoil the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// A `SingleSignOnService`, beside a usable one.
    SingleSignOn,
    /// A `SingleLogoutService`.
    SingleLogout,
    /// The certificates of an `X509Data` for signatures, beside usable ones.
    SigningCertificate,
    /// The certificates of an `X509Data` for encryption alone.
    EncryptionCertificate,
    /// A `KeyDescriptor` with an unknown `use`, beside usable signing certificates.
    KeyUse,
    /// A `NameIDFormat`.
    NameIdFormat,
    /// A flag that is no xs:boolean. `True`, `TRUE` and the like are read as what they mean, all else as false.
    Flag,
    /// A `cacheDuration` that is no xs:duration.
    CacheDuration,
}

impl Part {
    /// The name for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SingleSignOn => "single_sign_on",
            Self::SingleLogout => "single_logout",
            Self::SigningCertificate => "signing_certificate",
            Self::EncryptionCertificate => "encryption_certificate",
            Self::KeyUse => "key_use",
            Self::NameIdFormat => "name_id_format",
            Self::Flag => "flag",
            Self::CacheDuration => "cache_duration",
        }
    }
}

/// The name for people.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SingleSignOn => "sign-in",
            Self::SingleLogout => "logout",
            Self::SigningCertificate => "signing certificate",
            Self::EncryptionCertificate => "encryption certificate",
            Self::KeyUse => "key",
            Self::NameIdFormat => "name ID format",
            Self::Flag => "flag",
            Self::CacheDuration => "freshness",
        })
    }
}

/// More flaws than this in one entity are no oversight. To tell the place of each costs a walk through the
/// document, so that thousands of them would let strangers keep us busy.
const MOST: usize = 32;

/// The flaws that are found while an entity is read.
#[derive(Debug, Default)]
pub(super) struct Flaws(Vec<PassedOver>);

impl Flaws {
    pub(super) fn add(&mut self, part: Part, reason: MetadataError) -> Result<(), MetadataError> {
        if self.0.len() == MOST {
            return Err(MetadataError::TooManyFlaws { most: MOST });
        }
        self.0.push(PassedOver { part, reason });
        Ok(())
    }

    /// What is wrong with the first of these parts.
    pub(super) fn first_of(self, parts: &[Part]) -> Option<MetadataError> {
        self.0.into_iter().find(|flaw| parts.contains(&flaw.part)).map(|flaw| flaw.reason)
    }

    /// For a reader that passes over nothing.
    pub(super) fn refuse(self) -> Result<(), MetadataError> {
        self.0.into_iter().next().map_or(Ok(()), |flaw| Err(flaw.reason))
    }

    pub(super) fn into_passed_over(self) -> Vec<PassedOver> {
        self.0
    }
}
