//! Which facts are events.

use super::EventKind;
use crate::event::Fact;

/// The kinds of event that a fact is; most are none. Each fact stands here by its name, so that whoever adds one decides.
pub fn kinds_of(fact: &Fact) -> &'static [EventKind] {
    match fact {
        Fact::UserCreated { .. } => &[EventKind::UserCreated],
        Fact::Waits { again: false, .. } | Fact::AskedOnBehalf { .. } => &[EventKind::UserWaiting],
        Fact::ApplicantApproved { .. } => &[EventKind::UserAdmitted],
        Fact::ApplicantRefused { .. } => &[EventKind::UserRefused],
        Fact::UserChanged { .. } | Fact::GrantsChanged { .. } => &[EventKind::UserChanged],
        Fact::UserStateChanged { active: false, .. } => &[EventKind::UserSuspended],
        Fact::UserStateChanged { active: true, .. } => &[EventKind::UserRestored],
        Fact::UserErased { .. } => &[EventKind::UserErased, EventKind::SessionEnded],
        Fact::SignedIn { .. } | Fact::SignedInByPassword { .. } => &[EventKind::SessionStarted],
        Fact::LoggedOut { sessions, .. } | Fact::OwnSessionsEnded { sessions, .. } if sessions.is_empty() => &[],
        Fact::SignedOut { .. }
        | Fact::LoggedOut { .. }
        | Fact::OwnSessionsEnded { .. }
        | Fact::AccountSessionsEnded { .. }
        | Fact::UserSessionsEnded { .. }
        | Fact::ConnectionSessionsEnded { .. }
        // Whoever sets a password ends their other sessions by it, and who loses an identity all of them.
        | Fact::PasswordSet { .. }
        | Fact::IdentityUnlinked { .. } => &[EventKind::SessionEnded],
        Fact::ConnectionChanged { .. } | Fact::CertificatesAdded { .. } => &[EventKind::ConnectionChanged],
        Fact::ConnectionRemoved { .. } => &[EventKind::ConnectionChanged, EventKind::SessionEnded],
        Fact::CertificateExpiring { .. } => &[EventKind::CertificateExpiring],
        // Tries and refusals; those who ask come again. What a webhook is told of would otherwise be a stranger's to cause.
        Fact::SignInStarted { .. }
        | Fact::AnswerAccepted { .. }
        | Fact::AnswerRefused { .. }
        | Fact::SignInRefused { .. }
        | Fact::UnsolicitedAccepted { .. }
        | Fact::NotAdmitted { .. }
        | Fact::Waits { again: true, .. }
        | Fact::ConnectionTried { .. }
        | Fact::LogoutStarted { .. }
        | Fact::LogoutAnswered { .. }
        | Fact::LogoutRefused { .. }
        | Fact::MetadataRefused { .. }
        | Fact::CertificatesWithdrawn { .. }
        // Beside another line that is one.
        | Fact::BreakGlassUsed { .. }
        | Fact::Sha1Allowed { .. }
        | Fact::CodeIssued { .. }
        | Fact::CodeRedeemed { .. }
        | Fact::CodeReused { .. }
        | Fact::RefreshTokenReused { .. }
        | Fact::TokenRevoked { .. }
        | Fact::OwnTokenIssued { .. }
        | Fact::IdentityLinked { .. }
        | Fact::ApplicantPassed { .. }
        // Between a person and their mailbox or authenticator.
        | Fact::PasswordMailed { .. }
        | Fact::SecondFactorSet { .. }
        | Fact::SecondFactorRemoved { .. }
        | Fact::RecoveryCodeUsed { .. }
        | Fact::Invited { .. }
        | Fact::MailGivenUp { .. }
        | Fact::NoticeGivenUp { .. }
        | Fact::ApplicantMailGivenUp { .. }
        // The deployment's own affairs.
        | Fact::ApplicationTold { .. }
        | Fact::ApplicationNotTold { .. }
        | Fact::AccountChanged { .. }
        | Fact::DomainChanged { .. }
        | Fact::ApplicationChanged { .. }
        | Fact::ApplicationRemoved { .. }
        | Fact::KeyChanged { .. }
        | Fact::SecretsResealed { .. }
        | Fact::AnswerOpened { .. }
        | Fact::WebhookChanged { .. }
        | Fact::WebhookRemoved { .. }
        | Fact::WebhookEnded { .. }
        | Fact::SetupLinkCreated { .. }
        | Fact::SetupLinkOpened { .. }
        | Fact::SetupLinkRevoked { .. }
        | Fact::SetupLinkEnded { .. }
        | Fact::ActivationAsked { .. }
        | Fact::ApiKeyCreated { .. }
        | Fact::ApiKeyRevoked { .. }
        | Fact::WebhookGivenUp { .. } => &[],
    }
}
