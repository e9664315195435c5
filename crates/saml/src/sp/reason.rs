//! Why a response is refused: one row each, with the sentence for a person, who can mend it, and
//! what to change and where.

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

struct Row {
    code: &'static str,
    fixed_by: Party,
    sentence: &'static str,
    fix: &'static str,
}

/// One row for each reason, in the order of the enum.
static ROWS: [Row; Reason::ALL.len()] = [
    Row {
        code: "not_base64",
        fixed_by: Party::User,
        sentence: "The message is not base64.",
        fix: "Try again; if it stays, something between the identity provider and us changes the form field SAMLResponse.",
    },
    Row {
        code: "too_large",
        fixed_by: Party::IdpAdmin,
        sentence: "The message is larger than a sign-in can be.",
        fix: "Send fewer claims: in Entra, Enterprise applications → the application → Single sign-on → Attributes & Claims, limit the groups claim to groups assigned to the application.",
    },
    Row {
        code: "encoding",
        fixed_by: Party::IdpAdmin,
        sentence: "The message is not UTF-8 XML 1.0.",
        fix: "The identity provider must send XML 1.0 in UTF-8.",
    },
    Row {
        code: "malformed_xml",
        fixed_by: Party::User,
        sentence: "The message is not well-formed XML.",
        fix: "Try again with the whole message; if it stays, the identity provider sends broken XML.",
    },
    Row {
        code: "too_complex",
        fixed_by: Party::IdpAdmin,
        sentence: "The message has more parts than a sign-in can have.",
        fix: "Send fewer claims: in Entra, Enterprise applications → the application → Single sign-on → Attributes & Claims, limit the groups claim to groups assigned to the application.",
    },
    Row {
        code: "document_type",
        fixed_by: Party::IdpAdmin,
        sentence: "The message has a document type declaration, which is how XML is attacked.",
        fix: "No identity provider sends one: treat it as an attack, or remove what adds it on the way.",
    },
    Row {
        code: "entity",
        fixed_by: Party::IdpAdmin,
        sentence: "The message uses an entity beyond the five of XML.",
        fix: "No identity provider sends one: treat it as an attack, or remove what adds it on the way.",
    },
    Row {
        code: "processing_instruction",
        fixed_by: Party::IdpAdmin,
        sentence: "The message has a processing instruction.",
        fix: "No identity provider sends one: treat it as an attack, or remove what adds it on the way.",
    },
    Row {
        code: "duplicate_id",
        fixed_by: Party::IdpAdmin,
        sentence: "Two elements of the message have the same ID.",
        fix: "No identity provider sends that: treat it as an attack.",
    },
    Row {
        code: "duplicate_attribute",
        fixed_by: Party::IdpAdmin,
        sentence: "An element of the message has the same attribute twice.",
        fix: "No identity provider sends that: treat it as an attack.",
    },
    Row {
        code: "namespace",
        fixed_by: Party::IdpAdmin,
        sentence: "The message uses XML namespaces wrongly.",
        fix: "No identity provider sends that: treat it as an attack.",
    },
    Row {
        code: "not_a_response",
        fixed_by: Party::Operator,
        sentence: "This is not a SAML response.",
        fix: "Paste the value of the form field SAMLResponse; a request, metadata or a token is something else.",
    },
    Row {
        code: "version",
        fixed_by: Party::IdpAdmin,
        sentence: "The message is not SAML 2.0.",
        fix: "Choose SAML 2.0 at the identity provider; in Entra, Enterprise applications → the application → Single sign-on → SAML.",
    },
    Row {
        code: "misplaced_assertion",
        fixed_by: Party::IdpAdmin,
        sentence: "An assertion stands where none may stand.",
        fix: "No identity provider sends that: treat it as an attack (signature wrapping).",
    },
    Row {
        code: "misplaced_signature",
        fixed_by: Party::IdpAdmin,
        sentence: "A signature stands where none may stand.",
        fix: "No identity provider sends that: treat it as an attack (signature wrapping).",
    },
    Row {
        code: "several_assertions",
        fixed_by: Party::IdpAdmin,
        sentence: "The response has more than one assertion.",
        fix: "The identity provider must send one assertion; if it does, treat the message as an attack.",
    },
    Row {
        code: "no_trusted_key",
        fixed_by: Party::Operator,
        sentence: "No certificate of the identity provider is configured, so nothing can be trusted.",
        fix: "Give the identity provider's metadata or signing certificate; in Entra, Enterprise applications → the application → Single sign-on → SAML Certificates, Certificate (Base64).",
    },
    Row {
        code: "signature_malformed",
        fixed_by: Party::IdpAdmin,
        sentence: "The signature is not built as SAML says.",
        fix: "No identity provider sends that: treat it as an attack, or find what rewrites the message on the way.",
    },
    Row {
        code: "signature_reference",
        fixed_by: Party::IdpAdmin,
        sentence: "The signature covers something else than the element it stands in.",
        fix: "No identity provider sends that: treat it as an attack (signature wrapping).",
    },
    Row {
        code: "signature_transform",
        fixed_by: Party::IdpAdmin,
        sentence: "The signature uses a transform or canonicalisation that SAML does not use.",
        fix: "The identity provider must sign with enveloped-signature and exclusive canonicalisation.",
    },
    Row {
        code: "algorithm_not_accepted",
        fixed_by: Party::IdpAdmin,
        sentence: "The signature uses an algorithm that is not accepted.",
        fix: "Choose RSA-SHA256; in Entra, Enterprise applications → the application → Single sign-on → SAML Certificates, Signing Algorithm.",
    },
    Row {
        code: "sha1_not_allowed",
        fixed_by: Party::IdpAdmin,
        sentence: "The signature uses SHA-1, which this connection does not allow.",
        fix: "Choose SHA-256; in Entra, Enterprise applications → the application → Single sign-on → SAML Certificates, Signing Algorithm. Until then the operator can allow SHA-1 for this connection.",
    },
    Row {
        code: "no_key_matches",
        fixed_by: Party::Operator,
        sentence: "None of the configured certificates made the signature.",
        fix: "Load the identity provider's current metadata or certificate; in Entra, Enterprise applications → the application → Single sign-on → SAML Certificates, download Certificate (Base64) of the active one. If it is the right one, the message was changed or forged.",
    },
    Row {
        code: "digest_mismatch",
        fixed_by: Party::User,
        sentence: "The message was changed after it was signed.",
        fix: "Send the message exactly as it was received; if it was, treat it as an attack.",
    },
    Row {
        code: "malformed_message",
        fixed_by: Party::IdpAdmin,
        sentence: "The message is not built as SAML says.",
        fix: "The identity provider must send messages that follow the SAML schema.",
    },
    Row {
        code: "value_not_text",
        fixed_by: Party::IdpAdmin,
        sentence: "A value of the message is not plain text.",
        fix: "No identity provider sends comments or markup in a value: treat it as an attack.",
    },
    Row {
        code: "look_alike_attribute",
        fixed_by: Party::IdpAdmin,
        sentence: "An attribute of the message only looks like one of SAML's.",
        fix: "No identity provider sends that: treat it as an attack.",
    },
    Row {
        code: "bad_time",
        fixed_by: Party::IdpAdmin,
        sentence: "A time in the message is not one that SAML allows.",
        fix: "The identity provider must write times in UTC, such as 2026-01-31T08:30:00Z.",
    },
    Row {
        code: "status_not_success",
        fixed_by: Party::IdpAdmin,
        sentence: "The identity provider did not sign the person in.",
        fix: "See what it says; its sign-in log has the details.",
    },
    Row {
        code: "destination_missing",
        fixed_by: Party::IdpAdmin,
        sentence: "The signed response does not say to which address it was sent.",
        fix: "The identity provider must write Destination into a signed response.",
    },
    Row {
        code: "destination_mismatch",
        fixed_by: Party::IdpAdmin,
        sentence: "The response was sent to another address.",
        fix: "In Entra, Enterprise applications → the application → Single sign-on → Basic SAML Configuration, set Reply URL (Assertion Consumer Service URL) to the wanted address.",
    },
    Row {
        code: "issuer_missing",
        fixed_by: Party::IdpAdmin,
        sentence: "The response does not name its issuer although it is signed or its assertion encrypted.",
        fix: "The identity provider must write an Issuer into the response.",
    },
    Row {
        code: "issuer_mismatch",
        fixed_by: Party::Operator,
        sentence: "The message comes from another identity provider than the configured one.",
        fix: "Set the connection's issuer to the identity provider's entity ID; in Entra, Enterprise applications → the application → Single sign-on → Set up, Microsoft Entra Identifier. If it is right, the person signed in at the wrong tenant.",
    },
    Row {
        code: "no_assertion",
        fixed_by: Party::IdpAdmin,
        sentence: "The response has no assertion.",
        fix: "The identity provider must send an assertion with a successful response.",
    },
    Row {
        code: "no_decryption_key",
        fixed_by: Party::Operator,
        sentence: "The assertion is encrypted, and no decryption key is configured.",
        fix: "Add the decryption key, or switch encryption off at the identity provider; in Entra, Enterprise applications → the application → Token encryption.",
    },
    Row {
        code: "encryption_not_accepted",
        fixed_by: Party::IdpAdmin,
        sentence: "The assertion is encrypted in a way that is not accepted.",
        fix: "Encrypt with AES-GCM or AES-CBC and RSA-OAEP; PKCS#1 v1.5 key transport and 3DES do not exist here.",
    },
    Row {
        code: "undecryptable",
        fixed_by: Party::IdpAdmin,
        sentence: "The assertion cannot be decrypted.",
        fix: "Give the identity provider our current encryption certificate; in Entra, Enterprise applications → the application → Token encryption, Import Certificate, then activate it.",
    },
    Row {
        code: "not_signed",
        fixed_by: Party::IdpAdmin,
        sentence: "Neither the response nor the assertion is signed.",
        fix: "In Entra, Enterprise applications → the application → Single sign-on → SAML Certificates, Signing Option, choose Sign SAML assertion.",
    },
    Row {
        code: "response_not_signed",
        fixed_by: Party::IdpAdmin,
        sentence: "The response is not signed, and this connection demands it.",
        fix: "In Entra, Enterprise applications → the application → Single sign-on → SAML Certificates, Signing Option, choose Sign SAML response and assertion.",
    },
    Row {
        code: "assertion_not_signed",
        fixed_by: Party::IdpAdmin,
        sentence: "The assertion is not signed, and this connection demands it.",
        fix: "In Entra, Enterprise applications → the application → Single sign-on → SAML Certificates, Signing Option, choose Sign SAML assertion or Sign SAML response and assertion.",
    },
    Row {
        code: "certificate_expired",
        fixed_by: Party::IdpAdmin,
        sentence: "The signing certificate has expired.",
        fix: "In Entra, Enterprise applications → the application → Single sign-on → SAML Certificates, make a new certificate and activate it, then load it here.",
    },
    Row {
        code: "certificate_not_yet_valid",
        fixed_by: Party::IdpAdmin,
        sentence: "The signing certificate is not valid yet.",
        fix: "Use a certificate that is valid now, and check the clock of this server.",
    },
    Row {
        code: "issued_in_future",
        fixed_by: Party::Operator,
        sentence: "The message was issued in the future.",
        fix: "Set the clocks right: this server's first, then the identity provider's.",
    },
    Row {
        code: "no_conditions",
        fixed_by: Party::IdpAdmin,
        sentence: "The assertion has no conditions.",
        fix: "The identity provider must send Conditions with an audience.",
    },
    Row {
        code: "unknown_condition",
        fixed_by: Party::IdpAdmin,
        sentence: "The assertion has a condition that is not known here.",
        fix: "The identity provider must not send conditions beyond SAML's own.",
    },
    Row {
        code: "empty_validity",
        fixed_by: Party::IdpAdmin,
        sentence: "A validity of the assertion ends before it begins.",
        fix: "The identity provider must send NotBefore earlier than NotOnOrAfter.",
    },
    Row {
        code: "not_yet_valid",
        fixed_by: Party::Operator,
        sentence: "The assertion is not valid yet.",
        fix: "Set the clocks right: this server's first, then the identity provider's.",
    },
    Row {
        code: "expired",
        fixed_by: Party::User,
        sentence: "The assertion has expired.",
        fix: "Sign in again. If it happens at once, set the clocks right: this server's first, then the identity provider's.",
    },
    Row {
        code: "no_audience",
        fixed_by: Party::IdpAdmin,
        sentence: "The assertion does not say for whom it is meant.",
        fix: "In Entra, Enterprise applications → the application → Single sign-on → Basic SAML Configuration, set Identifier (Entity ID).",
    },
    Row {
        code: "audience_mismatch",
        fixed_by: Party::IdpAdmin,
        sentence: "The assertion is meant for another application.",
        fix: "In Entra, Enterprise applications → the application → Single sign-on → Basic SAML Configuration, set Identifier (Entity ID) to the wanted value.",
    },
    Row {
        code: "no_subject",
        fixed_by: Party::IdpAdmin,
        sentence: "The assertion has no subject.",
        fix: "The identity provider must send a Subject.",
    },
    Row {
        code: "no_name_id",
        fixed_by: Party::IdpAdmin,
        sentence: "The assertion does not name the person.",
        fix: "In Entra, Enterprise applications → the application → Single sign-on → Attributes & Claims, set Unique User Identifier (Name ID).",
    },
    Row {
        code: "sp_name_qualifier",
        fixed_by: Party::IdpAdmin,
        sentence: "The person's name was made for another application.",
        fix: "The identity provider must send SPNameQualifier with our entity ID, or leave it out.",
    },
    Row {
        code: "no_bearer_confirmation",
        fixed_by: Party::IdpAdmin,
        sentence: "The assertion has no bearer confirmation, so nobody who brings it may use it.",
        fix: "The identity provider must confirm the subject by urn:oasis:names:tc:SAML:2.0:cm:bearer.",
    },
    Row {
        code: "recipient_missing",
        fixed_by: Party::IdpAdmin,
        sentence: "The confirmation does not say at which address it may be used.",
        fix: "The identity provider must write Recipient into SubjectConfirmationData.",
    },
    Row {
        code: "recipient_mismatch",
        fixed_by: Party::IdpAdmin,
        sentence: "The confirmation may be used at another address only.",
        fix: "In Entra, Enterprise applications → the application → Single sign-on → Basic SAML Configuration, set Reply URL (Assertion Consumer Service URL) to the wanted address.",
    },
    Row {
        code: "confirmation_no_end",
        fixed_by: Party::IdpAdmin,
        sentence: "The confirmation does not say how long it may be used.",
        fix: "The identity provider must write NotOnOrAfter into SubjectConfirmationData.",
    },
    Row {
        code: "confirmation_not_yet_valid",
        fixed_by: Party::Operator,
        sentence: "The confirmation is not valid yet.",
        fix: "Set the clocks right: this server's first, then the identity provider's.",
    },
    Row {
        code: "confirmation_expired",
        fixed_by: Party::User,
        sentence: "The confirmation has expired.",
        fix: "Sign in again. If it happens at once, set the clocks right: this server's first, then the identity provider's.",
    },
    Row {
        code: "in_response_to_missing",
        fixed_by: Party::User,
        sentence: "The response does not say which request it answers.",
        fix: "Start at the application, not at the identity provider's portal; in Entra, Enterprise applications → the application → Single sign-on → Basic SAML Configuration, set Sign on URL so that its tile starts there too.",
    },
    Row {
        code: "in_response_to_mismatch",
        fixed_by: Party::User,
        sentence: "The response answers another request than the pending one.",
        fix: "Start again from the application, in one tab.",
    },
    Row {
        code: "unsolicited",
        fixed_by: Party::User,
        sentence: "No request is pending, and responses that come unasked are not accepted.",
        fix: "Start at the application; in Entra, Enterprise applications → the application → Single sign-on → Basic SAML Configuration, set Sign on URL so that its tile starts there too, or let the connection accept responses that come unasked.",
    },
    Row {
        code: "unsolicited_with_in_response_to",
        fixed_by: Party::User,
        sentence: "The response says that it answers a request, but none is pending.",
        fix: "Start again from the application, in one tab.",
    },
    Row {
        code: "no_authn_statement",
        fixed_by: Party::IdpAdmin,
        sentence: "The assertion does not say that the person was authenticated.",
        fix: "The identity provider must send an AuthnStatement.",
    },
    Row {
        code: "authenticated_in_future",
        fixed_by: Party::Operator,
        sentence: "The person was authenticated in the future.",
        fix: "Set the clocks right: this server's first, then the identity provider's.",
    },
    Row {
        code: "session_ended",
        fixed_by: Party::User,
        sentence: "The session at the identity provider has ended.",
        fix: "Sign in again.",
    },
    Row {
        code: "authentication_too_old",
        fixed_by: Party::User,
        sentence: "The person was authenticated longer ago than this connection allows.",
        fix: "Sign in again; the identity provider will ask for the password.",
    },
    Row {
        code: "authn_context_mismatch",
        fixed_by: Party::IdpAdmin,
        sentence: "The person was authenticated in another way than was asked for.",
        fix: "Ask for no particular way, or let the identity provider use it; in Entra, by Conditional Access.",
    },
    Row {
        code: "tenant_mismatch",
        fixed_by: Party::IdpAdmin,
        sentence: "The claims come from another tenant than the issuer.",
        fix: "Do not transform the tenantid claim; if it is not transformed, treat the message as an attack.",
    },
    Row {
        code: "replayed",
        fixed_by: Party::User,
        sentence: "The assertion was used before.",
        fix: "Sign in again; an assertion serves once.",
    },
];

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
