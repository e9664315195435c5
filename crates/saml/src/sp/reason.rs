//! Why a response is refused: one row each, with the sentence for a person, who can mend it, and
//! what to change and where.

mod table;

use self::table::{ROWS, Row};
use super::Party;

/// Why a response is refused. [`Reason::code`] is stable: support, tests and programs may rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// The message is not base64.
    NotBase64,
    /// The message is larger than a sign-in can be.
    TooLarge,
    /// The message is not UTF-8 XML 1.0.
    Encoding,
    /// The message is not well-formed XML.
    MalformedXml,
    /// The message has more parts than a sign-in can have.
    TooComplex,
    /// The message has a document type declaration, which is how XML is attacked.
    DocumentType,
    /// The message uses an entity beyond the five of XML.
    Entity,
    /// The message has a processing instruction.
    ProcessingInstruction,
    /// Two elements of the message have the same ID.
    DuplicateId,
    /// An element of the message has the same attribute twice.
    DuplicateAttribute,
    /// The message uses XML namespaces wrongly.
    Namespace,
    /// This is not a SAML response.
    NotAResponse,
    /// The message is not SAML 2.0.
    Version,
    /// An assertion stands where none may stand.
    MisplacedAssertion,
    /// A signature stands where none may stand.
    MisplacedSignature,
    /// The response has more than one assertion.
    SeveralAssertions,
    /// No certificate of the identity provider is configured, so nothing can be trusted.
    NoTrustedKey,
    /// The signature is not built as SAML says.
    SignatureMalformed,
    /// The signature covers something else than the element it stands in.
    SignatureReference,
    /// The signature uses a transform or canonicalisation that SAML does not use.
    SignatureTransform,
    /// The signature uses an algorithm that is not accepted.
    AlgorithmNotAccepted,
    /// The signature uses SHA-1, which this connection does not allow.
    Sha1NotAllowed,
    /// None of the configured certificates made the signature.
    NoKeyMatches,
    /// The message was changed after it was signed.
    DigestMismatch,
    /// The message is not built as SAML says.
    MalformedMessage,
    /// A value of the message is not plain text.
    ValueNotText,
    /// An attribute of the message only looks like one of SAML's.
    LookAlikeAttribute,
    /// A time in the message is not one that SAML allows.
    BadTime,
    /// The identity provider did not sign the person in.
    StatusNotSuccess,
    /// The signed response does not say to which address it was sent.
    DestinationMissing,
    /// The response was sent to another address.
    DestinationMismatch,
    /// The response does not name its issuer although it is signed or its assertion encrypted.
    IssuerMissing,
    /// The message comes from another identity provider than the configured one.
    IssuerMismatch,
    /// The response has no assertion.
    NoAssertion,
    /// The assertion is encrypted, and no decryption key is configured.
    NoDecryptionKey,
    /// The assertion is encrypted in a way that is not accepted.
    EncryptionNotAccepted,
    /// The assertion cannot be decrypted.
    Undecryptable,
    /// Neither the response nor the assertion is signed.
    NotSigned,
    /// The response is not signed, and this connection demands it.
    ResponseNotSigned,
    /// The assertion is not signed, and this connection demands it.
    AssertionNotSigned,
    /// The signing certificate has expired.
    CertificateExpired,
    /// The signing certificate is not valid yet.
    CertificateNotYetValid,
    /// The message was issued in the future.
    IssuedInFuture,
    /// The assertion has no conditions.
    NoConditions,
    /// The assertion has a condition that is not known here.
    UnknownCondition,
    /// A validity of the assertion ends before it begins.
    EmptyValidity,
    /// The assertion is not valid yet.
    NotYetValid,
    /// The assertion has expired.
    Expired,
    /// The assertion does not say for whom it is meant.
    NoAudience,
    /// The assertion is meant for another application.
    AudienceMismatch,
    /// The assertion has no subject.
    NoSubject,
    /// The assertion does not name the person.
    NoNameId,
    /// The person's name was made for another application.
    SpNameQualifier,
    /// The assertion has no bearer confirmation, so nobody who brings it may use it.
    NoBearerConfirmation,
    /// The confirmation does not say at which address it may be used.
    RecipientMissing,
    /// The confirmation may be used at another address only.
    RecipientMismatch,
    /// The confirmation does not say how long it may be used.
    ConfirmationNoEnd,
    /// The confirmation is not valid yet.
    ConfirmationNotYetValid,
    /// The confirmation has expired.
    ConfirmationExpired,
    /// The response does not say which request it answers.
    InResponseToMissing,
    /// The response answers another request than the pending one.
    InResponseToMismatch,
    /// No request is pending, and responses that come unasked are not accepted.
    Unsolicited,
    /// The response says that it answers a request, but none is pending.
    UnsolicitedWithInResponseTo,
    /// The assertion does not say that the person was authenticated.
    NoAuthnStatement,
    /// The person was authenticated in the future.
    AuthenticatedInFuture,
    /// The session at the identity provider has ended.
    SessionEnded,
    /// The person was authenticated longer ago than this connection allows.
    AuthenticationTooOld,
    /// The person was authenticated in another way than was asked for.
    AuthnContextMismatch,
    /// The claims come from another tenant than the issuer.
    TenantMismatch,
    /// The assertion was used before.
    Replayed,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 70] = [
        Self::NotBase64,
        Self::TooLarge,
        Self::Encoding,
        Self::MalformedXml,
        Self::TooComplex,
        Self::DocumentType,
        Self::Entity,
        Self::ProcessingInstruction,
        Self::DuplicateId,
        Self::DuplicateAttribute,
        Self::Namespace,
        Self::NotAResponse,
        Self::Version,
        Self::MisplacedAssertion,
        Self::MisplacedSignature,
        Self::SeveralAssertions,
        Self::NoTrustedKey,
        Self::SignatureMalformed,
        Self::SignatureReference,
        Self::SignatureTransform,
        Self::AlgorithmNotAccepted,
        Self::Sha1NotAllowed,
        Self::NoKeyMatches,
        Self::DigestMismatch,
        Self::MalformedMessage,
        Self::ValueNotText,
        Self::LookAlikeAttribute,
        Self::BadTime,
        Self::StatusNotSuccess,
        Self::DestinationMissing,
        Self::DestinationMismatch,
        Self::IssuerMissing,
        Self::IssuerMismatch,
        Self::NoAssertion,
        Self::NoDecryptionKey,
        Self::EncryptionNotAccepted,
        Self::Undecryptable,
        Self::NotSigned,
        Self::ResponseNotSigned,
        Self::AssertionNotSigned,
        Self::CertificateExpired,
        Self::CertificateNotYetValid,
        Self::IssuedInFuture,
        Self::NoConditions,
        Self::UnknownCondition,
        Self::EmptyValidity,
        Self::NotYetValid,
        Self::Expired,
        Self::NoAudience,
        Self::AudienceMismatch,
        Self::NoSubject,
        Self::NoNameId,
        Self::SpNameQualifier,
        Self::NoBearerConfirmation,
        Self::RecipientMissing,
        Self::RecipientMismatch,
        Self::ConfirmationNoEnd,
        Self::ConfirmationNotYetValid,
        Self::ConfirmationExpired,
        Self::InResponseToMissing,
        Self::InResponseToMismatch,
        Self::Unsolicited,
        Self::UnsolicitedWithInResponseTo,
        Self::NoAuthnStatement,
        Self::AuthenticatedInFuture,
        Self::SessionEnded,
        Self::AuthenticationTooOld,
        Self::AuthnContextMismatch,
        Self::TenantMismatch,
        Self::Replayed,
    ];

    /// The reason's name in reports that programs read.
    pub fn code(self) -> &'static str {
        self.row().code
    }

    /// What is wrong, in one sentence.
    pub fn sentence(self) -> &'static str {
        self.row().sentence
    }

    /// What to change and where, with the names of Entra's portal.
    pub fn fix(self) -> &'static str {
        self.row().fix
    }

    /// Who can mend it.
    pub fn fixed_by(self) -> Party {
        self.row().fixed_by
    }

    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_snake_case() {
        let mut codes: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        codes.sort_unstable();
        assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(
            codes.iter().all(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit()))
        );
    }

    #[test]
    fn every_reason_is_listed_once_and_has_its_own_row() {
        assert!(Reason::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(Reason::ALL.len(), Reason::Replayed as usize + 1);
        for reason in Reason::ALL {
            let name: String = reason.code().split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
            assert_eq!(name, format!("{reason:?}"), "the rows are in the order of the enum");
        }
    }
}
