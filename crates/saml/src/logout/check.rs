use crate::binding::{Header, MessageError};
use crate::read::ReadError;
use crate::sp::entra::is_guid;
use crate::time::Skew;
use crate::types::{EndpointUrl, EntityId, RequestId};
use jiff::Timestamp;
use thiserror::Error;
use vestibule_xmlsec::algorithms::Algorithms;
use vestibule_xmlsec::enc::DecryptError;
use vestibule_xmlsec::keys::{DecryptionKeys, TrustedKeys};
use vestibule_xmlsec::{ContentError, ValueError};

/// What a logout message is compared with: one other party, chosen by the endpoint and never by the message
/// (A20).
#[derive(Debug, Clone, Copy)]
pub struct LogoutExpectation<'a> {
    /// The other party's entity ID. For an Entra tenant the form of the same tenant that it uses in logout
    /// messages only is taken as well (E-5).
    pub issuer: &'a EntityId,
    /// The other party's keys. Whether a certificate has expired does not matter here: a logout lets nobody
    /// in.
    pub keys: &'a TrustedKeys,
    /// The address at which the message arrived: its Destination, compared exactly.
    pub destination: &'a EndpointUrl,
    /// Our keys, for a name identifier that is encrypted.
    pub decryption_keys: Option<&'a DecryptionKeys>,
    /// Which algorithms are taken.
    pub algorithms: Algorithms,
    /// The time of the check.
    pub now: Timestamp,
    /// How far the other party's clock may differ. Default 120 s, at most 300 s.
    pub clock_skew: Skew,
}

impl<'a> LogoutExpectation<'a> {
    /// With every policy at its default, and nothing to decrypt with.
    pub fn new(issuer: &'a EntityId, keys: &'a TrustedKeys, destination: &'a EndpointUrl, now: Timestamp) -> Self {
        Self {
            issuer,
            keys,
            destination,
            decryption_keys: None,
            algorithms: Algorithms::STRICT,
            now,
            clock_skew: Skew::default(),
        }
    }

    /// That the message is from this party, to us, and not from the future.
    pub(super) fn check(&self, header: &Header<'_>) -> Result<(), LogoutRefusal> {
        if header.issuer != *self.issuer && !is_logout_alias(header.issuer.as_str(), self.issuer.as_str()) {
            return Err(LogoutRefusal::Issuer { got: header.issuer.clone(), want: self.issuer.clone() });
        }
        header.check_destination([self.destination.as_str()], true)?;
        header.check_issue_instant(self.now, self.clock_skew)?;
        Ok(())
    }
}

/// Why a logout message is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LogoutRefusal {
    /// It is not the message that is expected, or not signed, or its signature does not hold.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// It is from another party.
    #[error("the message is from {got}, not from {want}")]
    Issuer {
        /// Who it says.
        got: EntityId,
        /// Who is expected.
        want: EntityId,
    },
    /// Its NotOnOrAfter has passed, or it has none and was made too long ago.
    #[error("the logout request ended at {got}; it is {now} now")]
    Expired {
        /// When it ended, exclusive, the clock skew not counted.
        got: Timestamp,
        /// The time of the check.
        now: Timestamp,
    },
    /// It does not say by NameID or EncryptedID who is to be logged out.
    #[error("the logout request names nobody by NameID")]
    NoNameId,
    /// The name identifier is encrypted and we have no key.
    #[error("the logout request has an EncryptedID, and there is no key to decrypt it with")]
    NoDecryptionKey,
    /// The name identifier cannot be decrypted.
    #[error("EncryptedID: {0}")]
    Decrypt(#[from] DecryptError),
    /// The answer does not say which request it is to.
    #[error("the answer has no InResponseTo")]
    NoInResponseTo,
    /// The answer is to another request.
    #[error("the answer is to the request {got}, not to {want}")]
    InResponseTo {
        /// Which request it names.
        got: RequestId,
        /// Which is pending.
        want: RequestId,
    },
}

impl From<ReadError> for LogoutRefusal {
    fn from(error: ReadError) -> Self {
        Self::Message(error.into())
    }
}

impl From<ContentError> for LogoutRefusal {
    fn from(error: ContentError) -> Self {
        Self::Message(error.into())
    }
}

impl From<ValueError> for LogoutRefusal {
    fn from(error: ValueError) -> Self {
        Self::Message(error.into())
    }
}

/// The issuers under which a tenant of Entra sends assertions, and those under which the same tenant sends
/// logout messages: all end in tenant ID and slash (E-2, E-5).
const LOGOUT_ALIASES: [(&str, &str); 4] = [
    ("https://sts.windows.net/", "https://login.microsoftonline.com/"),
    ("https://sts.windows.net/", "https://login.microsoftonline.us/"),
    ("https://sts.microsoftonline.us/", "https://login.microsoftonline.us/"),
    ("https://sts.chinacloudapi.cn/", "https://login.partner.microsoftonline.cn/"),
];

/// Whether `got` is the name under which the Entra tenant `want` sends logout messages. The tenant must be
/// the same, character by character.
fn is_logout_alias(got: &str, want: &str) -> bool {
    LOGOUT_ALIASES.iter().any(|(asserting, logging_out)| {
        let tenant = want.strip_prefix(asserting).and_then(|tenant| tenant.strip_suffix('/'));
        tenant.is_some_and(|tenant| {
            is_guid(tenant) && got.strip_prefix(logging_out).and_then(|rest| rest.strip_suffix('/')) == Some(tenant)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E-5.
    #[test]
    fn only_the_same_tenant_of_entra_has_another_name_in_logout_messages() {
        let tenant = "11111111-2222-3333-4444-555555555555";
        let want = format!("https://sts.windows.net/{tenant}/");
        assert!(is_logout_alias(&format!("https://login.microsoftonline.com/{tenant}/"), &want));
        for got in [
            format!("https://login.microsoftonline.com/{tenant}"),
            "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555556/".to_owned(),
            format!("https://login.partner.microsoftonline.cn/{tenant}/"),
            format!("https://login.microsoftonline.com/{tenant}/x/"),
            format!("https://login.example.com/{tenant}/"),
        ] {
            assert!(!is_logout_alias(&got, &want), "{got}");
        }
        assert!(!is_logout_alias("https://login.microsoftonline.com/common/", "https://sts.windows.net/common/"));
        assert!(!is_logout_alias(&want, &format!("https://login.microsoftonline.com/{tenant}/")));
    }
}
