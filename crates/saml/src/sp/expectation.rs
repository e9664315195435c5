//! What a response is measured against: the identity provider that is trusted, who we are, what was
//! asked, and the connection's policies.

use jiff::{SignedDuration, Timestamp};
use vestibule_xmlsec::algorithms::Algorithms;
use vestibule_xmlsec::keys::{Certificate, DecryptionKeys, KeyError, TrustedKeys};

use crate::time::Skew;
use crate::types::{AcsUrl, AuthnContextClassRef, EntityId, RequestId};

/// All that [`accept`](super::accept) compares a response with. The trust is one tuple (identity
/// provider, keys, audience, address), chosen by the endpoint or by our own pending request, never
/// by the message (A20).
#[derive(Debug, Clone)]
pub struct Expectation<'a> {
    /// The identity provider and its keys.
    pub idp: &'a IdpTrust,
    /// Who we are towards it.
    pub sp: &'a SpIdentity,
    /// The address at which the response arrived, to which `Destination` and `Recipient` must be
    /// equal, character by character.
    pub acs_url: &'a AcsUrl,
    /// Which request is pending.
    pub request: Expected,
    /// What must be signed. Default: either.
    pub require_signed: RequireSigned,
    /// Which algorithms may sign. Default: no SHA-1.
    pub algorithms: Algorithms,
    /// What follows from a signing certificate that is not within its validity. Default: refusal.
    pub expired_certificate: ExpiredCertificate,
    /// How far the identity provider's clock may differ from ours. Default 120 s, at most 300 s;
    /// applies to every `NotBefore` and `NotOnOrAfter`. SAML Core §2.5.1.2.
    pub clock_skew: Skew,
    /// How long ago the person may have been authenticated. Default: no bound, for Entra's
    /// sessions last for weeks (E-25).
    pub max_age: Option<SignedDuration>,
    /// The ways of authentication that were asked for; the assertion must name one of them. Empty:
    /// none was asked for, so any will do (SAML Core §3.3.2.2.1).
    pub authn_context: &'a [AuthnContextClassRef],
    /// IDs of assertions of this identity provider that were accepted before. A service that
    /// remembers them in a database leaves this empty and makes one conditional write of
    /// [`Replay`](super::Replay) instead.
    pub used_assertions: &'a [String],
    /// The time of the check.
    pub now: Timestamp,
}

impl<'a> Expectation<'a> {
    /// An expectation with every policy at its default.
    pub fn new(idp: &'a IdpTrust, sp: &'a SpIdentity, acs_url: &'a AcsUrl, request: Expected, now: Timestamp) -> Self {
        Self {
            idp,
            sp,
            acs_url,
            request,
            require_signed: RequireSigned::default(),
            algorithms: Algorithms::STRICT,
            expired_certificate: ExpiredCertificate::default(),
            clock_skew: Skew::default(),
            max_age: None,
            authn_context: &[],
            used_assertions: &[],
            now,
        }
    }
}

/// Which request is pending in the browser that brought the response (SAML Profiles §4.1.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// The response must answer this request.
    AnswerTo(RequestId),
    /// No request is pending, and the connection accepts responses that come unasked. Everything
    /// but `InResponseTo` is checked as ever, and there must be none.
    Unsolicited,
    /// No request is pending, and responses that come unasked are refused.
    Nothing,
}

/// What must be signed. Every signature that is there must be good, whatever the policy (A02.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RequireSigned {
    /// The assertion, by its own signature.
    Assertion,
    /// The response.
    Response,
    /// Both.
    Both,
    /// At least one of them.
    #[default]
    Either,
}

/// What follows from a signing certificate that has expired or is not valid yet (E-50, E-61).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExpiredCertificate {
    /// The response is refused, as Microsoft's gallery demands.
    #[default]
    Refuse,
    /// The response is accepted with a warning.
    Warn,
}

/// An identity provider and the keys that it signs with. There is always at least one: an identity
/// provider without a key cannot be made (A02.8).
#[derive(Debug)]
pub struct IdpTrust {
    entity_id: EntityId,
    keys: TrustedKeys,
    certificates: Vec<SigningCertificate>,
}

/// What is known of a trusted signing certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningCertificate {
    /// SHA-1 thumbprint, as Entra's portal shows it.
    pub thumbprint: String,
    /// Begin of validity.
    pub not_before: Timestamp,
    /// End of validity, inclusive.
    pub not_after: Timestamp,
}

/// No certificate with a usable key was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no certificate with a usable key is configured")]
pub struct NoUsableCertificate {
    /// Why each of the given ones is not usable, by thumbprint.
    pub unusable: Vec<(String, KeyError)>,
}

impl IdpTrust {
    /// Trusts the keys of these certificates. One whose key is too weak or of an unknown kind is
    /// left out, for an identity provider may list it beside a good one.
    ///
    /// # Errors
    /// None is left.
    pub fn new(entity_id: EntityId, certificates: &[Certificate]) -> Result<Self, NoUsableCertificate> {
        let (mut keys, mut known, mut unusable) = (Vec::new(), Vec::new(), Vec::new());
        for certificate in certificates {
            match certificate.public_key() {
                Ok(key) => {
                    keys.push(key);
                    known.push(SigningCertificate {
                        thumbprint: certificate.thumbprint_sha1(),
                        not_before: certificate.not_before(),
                        not_after: certificate.not_after(),
                    });
                }
                Err(error) => unusable.push((certificate.thumbprint_sha1(), error)),
            }
        }
        match TrustedKeys::new(keys) {
            Ok(keys) => Ok(Self { entity_id, keys, certificates: known }),
            Err(_) => Err(NoUsableCertificate { unusable }),
        }
    }

    /// The identity provider's entity ID.
    pub fn entity_id(&self) -> &EntityId {
        &self.entity_id
    }

    /// Its keys.
    pub fn keys(&self) -> &TrustedKeys {
        &self.keys
    }

    /// The certificates of the keys, in the same order.
    pub fn certificates(&self) -> &[SigningCertificate] {
        &self.certificates
    }
}

/// Who we are towards an identity provider.
#[derive(Debug)]
pub struct SpIdentity {
    /// Our entity ID at this connection: what the identity provider writes as `Audience`.
    pub entity_id: EntityId,
    /// Keys that may decrypt; several during a rollover, none where nothing is encrypted.
    pub decryption_keys: Option<DecryptionKeys>,
}
