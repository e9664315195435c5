//! What may have gone wrong, in families that a person can tell apart, each with its status and what to do.

use http::StatusCode;
use vestibule_saml::sp::Reason;

/// What went wrong, as the person is told. Texts stand under `problem-<name>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    // The identity provider's answer.
    /// It is meant for another application.
    Audience,
    /// It was sent to another address.
    Address,
    /// It comes from another identity provider or tenant.
    Issuer,
    /// None of the certificates that we know made its signature, or the one that did is not valid.
    Certificate,
    /// It is not signed as it must be.
    Signature,
    /// It is signed with an algorithm that is not accepted.
    Algorithm,
    /// It cannot be decrypted.
    Encryption,
    /// The clocks differ.
    Clock,
    /// It came too late.
    TooLate,
    /// Nobody asked for it.
    Unasked,
    /// It was used before.
    AlreadyUsed,
    /// The person has to authenticate anew.
    SignInAgain,
    /// It names nobody.
    NoPerson,
    /// The identity provider did not sign the person in.
    NotSignedIn,
    /// The person was authenticated in another way than was asked for.
    AuthnContext,
    /// It cannot be read as what it should be.
    Garbled,

    // The person.
    /// Claims that the account demands are absent (MX-7).
    MissingClaims(Vec<String>),
    /// A claim has a value that the account's rules do not allow (CC-12); its name may be unknown, and is empty then.
    UnusableClaim(String),
    /// Only people who were invited come in.
    NotInvited,
    /// The account lets nobody in whom it does not know.
    NotAdmitted,
    /// So many people wait to be let in that nobody else can.
    WaitingRoomFull,
    /// The person may not sign in.
    Suspended,
    /// They sign in with a password.
    PasswordOnly,
    /// The e-mail address is of a domain that the account has not proved.
    EmailNotProved,
    /// The e-mail address or user name belongs to somebody else.
    NameTaken,
    /// The identity provider names the person differently each time.
    NoLastingName,

    // The connection.
    /// It is paused.
    Paused,
    /// It is still being set up.
    Draft,
    /// The vendor withholds single sign-on from the account (SC-5).
    Withheld,
    /// The account does not sign in by it: switched off, or not permitted by the account above.
    SwitchedOff,

    /// A message about signing out is not acted on.
    SignOut,

    // The browser.
    /// The sign-in was begun in another browser.
    OtherBrowser,
    /// There is no such sign-in, or no longer.
    AttemptOver,
    /// The sign-in would run in a circle.
    GoingInCircles,
    /// The link by which a password is set was used, or is over.
    LinkOver,
    /// A code behind a password came too late, or too many were wrong.
    StepOver,
    /// The e-mail address or the password is wrong.
    PasswordWrong,

    // The request.
    /// No account lives at this host.
    UnknownHost,
    /// There is nothing at this address.
    NotFound,
    /// The address is not for this method.
    MethodNotAllowed,
    /// The request is too large.
    TooLarge,
    /// There were too many requests; this many seconds are to be waited.
    TooManyRequests(u32),
    /// The form was not sent from our own page.
    CrossSite,
    /// The request cannot be understood.
    BadRequest,
    /// We cannot answer for the moment.
    Unavailable,

    // The application.
    /// Nobody knows the application.
    UnknownApplication,
    /// The application asked for an answer at an address that is not registered.
    RedirectUri,
    /// The application's request is wrong.
    BadAuthorizationRequest,
    /// The application's wish to have somebody signed out is wrong.
    BadLogoutRequest,
}

/// What the button of a problem's page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// "Try again".
    TryAgain,
    /// "Sign in".
    SignIn,
    /// "Sign in with another account".
    OtherAccount,
    /// "Your account".
    OwnPage,
}

impl Problem {
    /// The family of a refusal.
    pub fn of(reason: Reason) -> Self {
        use Reason as R;
        match reason {
            R::AudienceMismatch | R::NoAudience => Self::Audience,
            R::DestinationMissing | R::DestinationMismatch | R::RecipientMissing | R::RecipientMismatch => {
                Self::Address
            }
            R::IssuerMissing | R::IssuerMismatch | R::TenantMismatch => Self::Issuer,
            R::NoTrustedKey | R::NoKeyMatches | R::CertificateExpired | R::CertificateNotYetValid => Self::Certificate,
            R::NotSigned
            | R::ResponseNotSigned
            | R::AssertionNotSigned
            | R::SignatureMalformed
            | R::SignatureReference
            | R::SignatureTransform
            | R::DigestMismatch => Self::Signature,
            R::AlgorithmNotAccepted | R::Sha1NotAllowed => Self::Algorithm,
            R::NoDecryptionKey | R::EncryptionNotAccepted | R::Undecryptable => Self::Encryption,
            R::IssuedInFuture | R::NotYetValid | R::ConfirmationNotYetValid | R::AuthenticatedInFuture => Self::Clock,
            R::Expired | R::ConfirmationExpired => Self::TooLate,
            R::InResponseToMissing | R::InResponseToMismatch | R::Unsolicited | R::UnsolicitedWithInResponseTo => {
                Self::Unasked
            }
            R::Replayed => Self::AlreadyUsed,
            R::AuthenticationTooOld | R::SessionEnded => Self::SignInAgain,
            R::NoSubject | R::NoNameId | R::SpNameQualifier => Self::NoPerson,
            R::StatusNotSuccess => Self::NotSignedIn,
            R::AuthnContextMismatch => Self::AuthnContext,
            R::TooLarge => Self::TooLarge,
            _ => Self::Garbled,
        }
    }

    /// The family of a refusal by its code in the audit log or in a list of recent answers. Claims are not in a code,
    /// so their names are not there.
    pub fn of_code(code: &str) -> Self {
        if let Some(reason) = Reason::ALL.iter().find(|reason| reason.code() == code) {
            return Self::of(*reason);
        }
        match code {
            "NOT-INVITED" => Self::NotInvited,
            "WAITING-FULL" => Self::WaitingRoomFull,
            "SUSPENDED" => Self::Suspended,
            "PASSWORD-ONLY" => Self::PasswordOnly,
            "EMAIL-DOMAIN" => Self::EmailNotProved,
            "EMAIL-TAKEN" | "EMAIL-AMBIGUOUS" => Self::NameTaken,
            "CONSOLE-ROLE" | "OTHER-ACCOUNT" => Self::NotAdmitted,
            "CLAIM-MISSING" | "SUBJECT-MISSING" => Self::MissingClaims(Vec::new()),
            "CLAIM-AMBIGUOUS" | "SUBJECT-SEVERAL" | "SUBJECT-LENGTH" => Self::UnusableClaim(String::new()),
            "TENANT-MISMATCH" => Self::Issuer,
            "SUBJECT-EMPTY" => Self::NoPerson,
            "SUBJECT-TRANSIENT" | "SUBJECT-KEY" | "SUBJECT-PARTS" => Self::NoLastingName,
            "not_active" => Self::Paused,
            "not_ready" => Self::Draft,
            "withheld_by_vendor" => Self::Withheld,
            "switched_off" | "kept_from_account" => Self::SwitchedOff,
            "other_browser" => Self::OtherBrowser,
            "attempt_over" => Self::AttemptOver,
            "going_in_circles" => Self::GoingInCircles,
            "body_too_large" => Self::TooLarge,
            "not_a_form" => Self::BadRequest,
            "answer_at_login_url" => Self::Address,
            code if code.starts_with("logout_") => Self::SignOut,
            _ => Self::examples().into_iter().find(|one| one.name() == code).unwrap_or(Self::Garbled),
        }
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::UnknownHost => StatusCode::MISDIRECTED_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Garbled
            | Self::BadRequest
            | Self::UnknownApplication
            | Self::RedirectUri
            | Self::BadAuthorizationRequest
            | Self::BadLogoutRequest => StatusCode::BAD_REQUEST,
            Self::AttemptOver | Self::LinkOver | Self::StepOver => StatusCode::GONE,
            _ => StatusCode::FORBIDDEN,
        }
    }

    /// What the button says.
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::UnknownHost
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Unasked
            | Self::AttemptOver
            | Self::PasswordOnly
            | Self::StepOver
            | Self::LinkOver => Remedy::SignIn,
            Self::NotInvited | Self::NotAdmitted | Self::Suspended | Self::EmailNotProved | Self::NameTaken => {
                Remedy::OtherAccount
            }
            Self::BadLogoutRequest => Remedy::OwnPage,
            _ => Remedy::TryAgain,
        }
    }

    /// The name under which the texts stand.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Audience => "audience",
            Self::Address => "address",
            Self::Issuer => "issuer",
            Self::Certificate => "certificate",
            Self::Signature => "signature",
            Self::Algorithm => "algorithm",
            Self::Encryption => "encryption",
            Self::Clock => "clock",
            Self::TooLate => "too-late",
            Self::Unasked => "unasked",
            Self::AlreadyUsed => "already-used",
            Self::SignInAgain => "sign-in-again",
            Self::NoPerson => "no-person",
            Self::NotSignedIn => "not-signed-in",
            Self::AuthnContext => "authn-context",
            Self::Garbled => "garbled",
            Self::MissingClaims(_) => "missing-claims",
            Self::UnusableClaim(_) => "unusable-claim",
            Self::NotInvited => "not-invited",
            Self::NotAdmitted => "not-admitted",
            Self::WaitingRoomFull => "waiting-room-full",
            Self::Suspended => "suspended",
            Self::PasswordOnly => "password-only",
            Self::EmailNotProved => "email-not-proved",
            Self::NameTaken => "name-taken",
            Self::NoLastingName => "no-lasting-name",
            Self::Paused => "paused",
            Self::Draft => "draft",
            Self::Withheld => "withheld",
            Self::SwitchedOff => "switched-off",
            Self::SignOut => "sign-out",
            Self::OtherBrowser => "other-browser",
            Self::AttemptOver => "attempt-over",
            Self::GoingInCircles => "going-in-circles",
            Self::LinkOver => "link-over",
            Self::StepOver => "step-over",
            Self::PasswordWrong => "password-wrong",
            Self::UnknownHost => "unknown-host",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::TooLarge => "too-large",
            Self::TooManyRequests(_) => "too-many-requests",
            Self::CrossSite => "cross-site",
            Self::BadRequest => "bad-request",
            Self::Unavailable => "unavailable",
            Self::UnknownApplication => "unknown-application",
            Self::RedirectUri => "redirect-uri",
            Self::BadAuthorizationRequest => "bad-authorization-request",
            Self::BadLogoutRequest => "bad-logout-request",
        }
    }

    /// One of each, for tests and for looking at the pages.
    pub fn examples() -> Vec<Self> {
        vec![
            Self::Audience,
            Self::Address,
            Self::Issuer,
            Self::Certificate,
            Self::Signature,
            Self::Algorithm,
            Self::Encryption,
            Self::Clock,
            Self::TooLate,
            Self::Unasked,
            Self::AlreadyUsed,
            Self::SignInAgain,
            Self::NoPerson,
            Self::NotSignedIn,
            Self::AuthnContext,
            Self::Garbled,
            Self::MissingClaims(vec!["department".into(), "employeeid".into()]),
            Self::UnusableClaim("username".into()),
            Self::NotInvited,
            Self::NotAdmitted,
            Self::WaitingRoomFull,
            Self::Suspended,
            Self::PasswordOnly,
            Self::EmailNotProved,
            Self::NameTaken,
            Self::NoLastingName,
            Self::Paused,
            Self::Draft,
            Self::Withheld,
            Self::SwitchedOff,
            Self::SignOut,
            Self::OtherBrowser,
            Self::AttemptOver,
            Self::GoingInCircles,
            Self::LinkOver,
            Self::StepOver,
            Self::PasswordWrong,
            Self::UnknownHost,
            Self::NotFound,
            Self::MethodNotAllowed,
            Self::TooLarge,
            Self::TooManyRequests(30),
            Self::CrossSite,
            Self::BadRequest,
            Self::Unavailable,
            Self::UnknownApplication,
            Self::RedirectUri,
            Self::BadAuthorizationRequest,
            Self::BadLogoutRequest,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn every_problem_says_what_happened_and_what_to_do_in_every_language() {
        for problem in Problem::examples() {
            for language in Language::ALL {
                for key in [format!("problem-{}", problem.name()), format!("problem-{}.do", problem.name())] {
                    assert!(language.has(&key), "{key} in {language:?}");
                }
            }
        }
    }

    #[test]
    fn a_refusal_of_the_answer_is_never_an_error_of_ours() {
        for reason in Reason::ALL {
            assert!(Problem::of(reason).status().is_client_error(), "{reason:?}");
        }
    }

    /// The answer's family tells people apart who can do something: a person who tries again, and an admin.
    #[test]
    fn refusals_fall_into_the_family_that_names_their_cure() {
        assert_eq!(Problem::of(Reason::AudienceMismatch), Problem::Audience);
        assert_eq!(Problem::of(Reason::RecipientMismatch), Problem::Address);
        assert_eq!(Problem::of(Reason::Replayed), Problem::AlreadyUsed);
        assert_eq!(Problem::of(Reason::DocumentType), Problem::Garbled);
    }
}
