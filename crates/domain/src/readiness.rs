//! What a connection lacks before it can be tried, and what is weak about it.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use vestibule_saml::idp::claims;
use vestibule_saml::sp::entra::tenant_of_issuer;
use vestibule_saml::types::NameIdFormat;
use vestibule_xmlsec::keys::{Certificate, read_certificates};

use crate::connection::{DEFAULT_SKEW, Encryption, ExpiredCertificates, SamlSettings, Unsolicited};
use crate::mapping::{Claim, SubjectKey};

/// From then on before its end a certificate's expiry is told (E-48).
pub const EXPIRY_NOTICE: SignedDuration = SignedDuration::from_hours(60 * 24);

/// What a connection cannot be tried without, in the words of both sides (MX-12, MX-13, MX-14, HY-23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Missing {
    /// The issuer.
    #[error("the identity provider's entity ID (Entra: Microsoft Entra Identifier) is missing")]
    Issuer,
    /// The address.
    #[error("the sign-on address (Entra: Login URL) is missing")]
    SignOn,
    /// A certificate whose key may verify (CC-10).
    #[error("a signing certificate is missing, without which no answer can be trusted")]
    Certificate,
}

impl Missing {
    /// The setting's name.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::SignOn => "sign_on",
            Self::Certificate => "certificates",
        }
    }
}

/// What is weak about a connection though it works: shown loudly wherever the connection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weakness {
    /// Signatures with SHA-1 are taken (MX-9, A11.3).
    Sha1 {
        /// Until then.
        until: Timestamp,
    },
    /// Responses that nobody asked for are taken (A16.3).
    AcceptsUnsolicited,
    /// Signatures by expired certificates are taken (E-50).
    TakesExpiredCertificates,
    /// Ciphers of mode CBC are taken (A13.5).
    TakesCbc,
    /// A clock may differ by more than is usual.
    WideClockSkew {
        /// How many seconds.
        seconds: u16,
    },
    /// A certificate has expired.
    CertificateExpired {
        /// Whose it is.
        subject: String,
        /// When it ended.
        at: Timestamp,
    },
    /// A certificate expires within 60 days (E-48).
    CertificateExpires {
        /// Whose it is.
        subject: String,
        /// When it ends.
        at: Timestamp,
    },
    /// People are sent to Entra's address for all tenants (E-1).
    CommonEndpoint,
    /// The issuer names another tenant of Entra than the sign-on address.
    TenantsDiffer {
        /// The issuer's.
        issuer: String,
        /// The address's.
        sign_on: String,
    },
    /// People are identified by what may be given to somebody else one day: an e-mail address or principal name
    /// (A25.3, E-36).
    ReassignableSubject {
        /// The NameID's format or the claim.
        key: String,
    },
}

/// What lists of connections are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// From when on something is weak or missing; none: never, as it is set.
    pub attention_at: Option<Timestamp>,
    /// When the last of its certificates ends.
    pub certificate_ends: Option<Timestamp>,
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha1 { until } => write!(
                f,
                "signatures with SHA-1 are taken until {until}; let the identity provider sign with SHA-256 before"
            ),
            Self::AcceptsUnsolicited => f.write_str(
                "responses that nobody asked for are taken; restart them as requests unless the identity provider cannot",
            ),
            Self::TakesExpiredCertificates => {
                f.write_str("signatures by expired certificates are taken; renew the certificate and refuse them again")
            }
            Self::TakesCbc => f.write_str(
                "encryption in mode CBC is taken, which does not protect what it hides from change; use GCM",
            ),
            Self::WideClockSkew { seconds } => {
                write!(f, "clocks may differ by {seconds} s, more than the usual {DEFAULT_SKEW} s; correct the clocks")
            }
            Self::CertificateExpired { subject, at } => {
                write!(f, "the certificate of {subject} expired at {at}; add its successor, then remove it")
            }
            Self::CertificateExpires { subject, at } => {
                write!(f, "the certificate of {subject} expires at {at}; add its successor beside it before")
            }
            Self::CommonEndpoint => f.write_str(
                "the sign-on address is that of all tenants (common); use the one with your tenant, as the portal shows it",
            ),
            Self::TenantsDiffer { issuer, sign_on } => write!(
                f,
                "the issuer is of tenant {issuer} and the sign-on address of tenant {sign_on}; both have to be of one"
            ),
            Self::ReassignableSubject { key } => write!(
                f,
                "people are identified by {key}, which may be given to somebody else one day; choose a value that never is"
            ),
        }
    }
}

impl SamlSettings {
    /// What is missing before the connection can be tried or put in force; empty when nothing is.
    pub fn readiness(&self) -> Vec<Missing> {
        let has_key = self.read_certificates().any(|certificate| certificate.public_key().is_ok());
        [
            (self.issuer.is_none(), Missing::Issuer),
            (self.sign_on.is_none(), Missing::SignOn),
            (!has_key, Missing::Certificate),
        ]
        .into_iter()
        .filter_map(|(is_missing, what)| is_missing.then_some(what))
        .collect()
    }

    /// The certificates that can be read.
    pub fn read_certificates(&self) -> impl Iterator<Item = Certificate> {
        self.certificates.iter().filter_map(|text| read_certificates(text.as_bytes()).ok()).flatten()
    }

    /// What is weak, the gravest first.
    pub fn weaknesses(&self, now: Timestamp) -> Vec<Weakness> {
        let mut weak = Vec::new();
        if let Some(until) = self.sha1_until.filter(|until| *until > now) {
            weak.push(Weakness::Sha1 { until });
        }
        if self.unsolicited == Unsolicited::Accept {
            weak.push(Weakness::AcceptsUnsolicited);
        }
        if self.expired_certificate == ExpiredCertificates::Warn {
            weak.push(Weakness::TakesExpiredCertificates);
        }
        if self.encryption == Encryption::GcmAndCbc {
            weak.push(Weakness::TakesCbc);
        }
        weak.extend(self.reassignable_key().map(|key| Weakness::ReassignableSubject { key }));
        weak.extend(self.tenant_weakness());
        if self.clock_skew > DEFAULT_SKEW {
            weak.push(Weakness::WideClockSkew { seconds: self.clock_skew });
        }
        weak.extend(self.read_certificates().filter_map(|certificate| {
            let (subject, at) = (certificate.subject().to_owned(), certificate.not_after());
            if at < now {
                return Some(Weakness::CertificateExpired { subject, at });
            }
            let is_soon = at.duration_since(now) <= EXPIRY_NOTICE;
            is_soon.then_some(Weakness::CertificateExpires { subject, at })
        }));
        weak
    }

    /// From when on somebody should look at the connection, for lists that are sorted and filtered by it.
    pub fn standing(&self) -> Standing {
        let ends: Vec<Timestamp> = self.read_certificates().map(|certificate| certificate.not_after()).collect();
        let certificate_ends = ends.iter().max().copied();
        // At the beginning of time no certificate ends soon: what is weak then is weak always, or until it is changed.
        if !self.readiness().is_empty() || !self.weaknesses(Timestamp::UNIX_EPOCH).is_empty() {
            return Standing { attention_at: Some(Timestamp::UNIX_EPOCH), certificate_ends };
        }
        let first = ends.iter().min().map(|end| end.saturating_sub(EXPIRY_NOTICE).unwrap_or(Timestamp::MIN));
        Standing { attention_at: first, certificate_ends }
    }

    fn tenant_weakness(&self) -> Option<Weakness> {
        let url = self.sign_on.as_ref()?.url.as_str();
        let tenant = entra_tenant(url)?;
        if matches!(tenant, "common" | "organizations" | "consumers") {
            return Some(Weakness::CommonEndpoint);
        }
        // A tenant may stand there by one of its domains too, which says nothing here.
        let sign_on = tenant_of_issuer(url)?;
        let issuer = tenant_of_issuer(self.issuer.as_ref()?.as_str())?;
        (!issuer.eq_ignore_ascii_case(sign_on))
            .then(|| Weakness::TenantsDiffer { issuer: issuer.to_owned(), sign_on: sign_on.to_owned() })
    }

    fn reassignable_key(&self) -> Option<String> {
        let is_name = |claim: &&Claim| {
            let name = claim.as_str();
            [claims::EMAIL_ADDRESS, claims::NAME, claims::UPN].contains(&name)
                || ["emailaddress", "name", "upn", "email", "mail"].contains(&name)
        };
        match self.subject_in_force() {
            SubjectKey::NameId => {
                let format = self.name_id_format.as_ref()?;
                (*format == NameIdFormat::EMAIL_ADDRESS).then(|| "a NameID that is an e-mail address".to_owned())
            }
            SubjectKey::Claims(claims) => {
                // Beside a name, another part of the key may be what never changes hands.
                if claims.iter().all(|claim| is_name(&claim)) {
                    claims.first().map(|it| format!("the claim {it}"))
                } else {
                    None
                }
            }
        }
    }
}

/// The tenant's place in an address at Entra's sign-in hosts (E-1, E-2).
fn entra_tenant(url: &str) -> Option<&str> {
    let hosts = ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"];
    let rest = url.strip_prefix("https://")?;
    let (host, path) = rest.split_once('/')?;
    hosts.contains(&host).then(|| path.split('/').next().unwrap_or_default())
}

#[cfg(test)]
mod tests;
