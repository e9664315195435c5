//! The audit log: one line for each fact that matters, written with the change that it is about.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::api::ApiAccess;
use crate::id::{
    AccountId, ApiKeyId, ApplicantId, AttemptId, ConnectionId, EventId, LogoutId, SessionId, SetupLinkId, UserId,
};
use crate::logout;
use crate::user::ConsoleRole;

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its identity; sorts by time.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// Whose log it stands in; none: the deployment's.
    pub account: Option<AccountId>,
    /// Who did it.
    pub actor: Actor,
    /// What.
    pub fact: Fact,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The person who signs in; not yet known by name, or named by the fact.
    Visitor,
    /// A person of the console.
    User(UserId),
    /// Somebody with access to the server: `vestibule apply` and its kind.
    CommandLine,
    /// An application.
    Application(String),
    /// Whoever has a set-up link.
    SetupLink(SetupLinkId),
    /// A program with a key of the admin API.
    ApiKey(ApiKeyId),
    /// Vestibule itself.
    System,
}

/// What happened. Nothing in it is secret, and people are named by their ids only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are named by their types")]
pub enum Fact {
    /// An identity provider was asked.
    SignInStarted { attempt: AttemptId, connection: ConnectionId },
    /// Its answer holds.
    AnswerAccepted { attempt: AttemptId, connection: ConnectionId },
    /// Its answer was refused; the code is the [`Reason`](vestibule_saml::sp::Reason)'s.
    AnswerRefused { attempt: Option<AttemptId>, connection: ConnectionId, code: String },
    /// Somebody came to a connection that lets nobody in now: paused, a draft, not ready.
    SignInRefused { connection: ConnectionId, code: String },
    /// A response that nobody asked for was taken, by the connection's policy.
    UnsolicitedAccepted { attempt: AttemptId, connection: ConnectionId },
    /// Somebody was not let in; the code is the decision's.
    NotAdmitted { attempt: AttemptId, connection: ConnectionId, code: String },
    /// Somebody was signed in.
    SignedIn { attempt: AttemptId, connection: ConnectionId, user: Option<UserId>, session: SessionId },
    /// A connection was tried.
    ConnectionTried { attempt: AttemptId, connection: ConnectionId, passed: bool },
    /// Somebody was signed in with a password.
    SignedInByPassword { user: UserId, session: SessionId },
    /// Somebody whom the account names for that came in by a password where single sign-on is demanded (MX-33): to be
    /// looked at. It stands beside the line of the sign-in.
    BreakGlassUsed { user: UserId, session: SessionId },
    /// A mail was sent by whose link a person may set a password.
    PasswordMailed { user: UserId },
    /// A person set a password by such a link, or replaced it in a session, which ended their other sessions.
    PasswordSet { user: UserId },
    /// A person set up an authenticator.
    SecondFactorSet { user: UserId },
    /// A person gave their authenticator up, or it was taken from them.
    SecondFactorRemoved { user: UserId },
    /// A person came in by a recovery code, for want of their authenticator.
    RecoveryCodeUsed { user: UserId },
    /// A person was told by mail how they sign in.
    Invited { user: UserId },
    /// A mail could not be sent in its time, or its address was refused.
    MailGivenUp { user: UserId, mail: String },
    /// A contact could not be told of something by mail.
    NoticeGivenUp { subject: String },
    /// A mail about somebody who waits could not be sent.
    ApplicantMailGivenUp { applicant: ApplicantId },
    /// A code was given for a session that existed already.
    CodeIssued { application: String, session: SessionId },
    /// A code was redeemed.
    CodeRedeemed { application: String, session: SessionId },
    /// A code came again.
    CodeReused { application: String },
    /// A refresh token came that was used before: one of the two who had it is a thief, so what it goes back to ended.
    RefreshTokenReused { application: String, session: SessionId },
    /// An application gave up a token.
    TokenRevoked { application: String },
    /// An application got a token for itself.
    OwnTokenIssued { application: String },
    /// A session ended by its own wish. Lines of earlier versions name the session alone.
    SignedOut {
        session: SessionId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<UserId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        connection: Option<ConnectionId>,
    },
    /// An identity provider was asked to end its session too.
    LogoutStarted { logout: LogoutId, connection: ConnectionId },
    /// It answered: `complete`, `partial` or `failed`.
    LogoutAnswered { logout: LogoutId, connection: ConnectionId, outcome: logout::Outcome },
    /// An identity provider asked for the end of these sessions of its connection; perhaps there was none.
    LoggedOut { connection: ConnectionId, sessions: Vec<SessionId>, found: logout::Found },
    /// A logout message of an identity provider was refused, though its signature holds.
    LogoutRefused { connection: ConnectionId, code: String },
    /// An application was told that a session has ended.
    ApplicationTold { application: String, session: SessionId },
    /// An application could not be told that a session has ended, as often as it was tried.
    ApplicationNotTold { application: String, session: SessionId },
    /// Sessions of a person were ended by themselves, from another one.
    OwnSessionsEnded { user: UserId, sessions: Vec<SessionId> },
    /// All sessions of an account were ended.
    AccountSessionsEnded { account: AccountId },
    /// A person may not sign in any more: their sessions were ended.
    UserSessionsEnded { user: UserId },
    /// A connection signs nobody in any more: the sessions that it opened were ended.
    ConnectionSessionsEnded { connection: ConnectionId },
    /// A person was created.
    UserCreated { user: UserId },
    /// What is known of a person was changed.
    UserChanged { user: UserId },
    /// A person may not, or may again, sign in.
    UserStateChanged { user: UserId, active: bool },
    /// A person was forgotten: nothing is known of them any more, and their sessions were ended.
    UserErased { user: UserId },
    /// A person was linked to a connection's subject; `by_email` at the first sign-in (A25.2).
    IdentityLinked { user: UserId, connection: ConnectionId, by_email: bool },
    /// A person came who has to be let in, and waits; at each of their tries, all but the first of which are `again`.
    Waits {
        attempt: AttemptId,
        connection: ConnectionId,
        applicant: ApplicantId,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        again: bool,
    },
    /// Somebody asked for a person to be let in who was not here yet.
    AskedOnBehalf { applicant: ApplicantId },
    /// An approver let somebody in who waits, and the operator has to decide.
    ApplicantPassed { applicant: ApplicantId },
    /// Somebody who waits was let in: as a new user, or `merged` with one who was there.
    ApplicantApproved { applicant: ApplicantId, user: UserId, merged: bool },
    /// Somebody who waits was not let in. The reason is theirs to read, and not in the log.
    ApplicantRefused { applicant: ApplicantId },
    /// What a person may do in applications, or whom they may let in, was changed.
    GrantsChanged { user: UserId },
    /// A connection's subject was taken from a person again, and their sessions were ended.
    IdentityUnlinked { user: UserId, connection: ConnectionId },
    /// An account was created or changed.
    AccountChanged { account: AccountId, changed: Vec<String> },
    /// A connection was created or changed: the names of the settings that did.
    ConnectionChanged { connection: ConnectionId, changed: Vec<String> },
    /// SHA-1 is taken until then (MX-9).
    Sha1Allowed { connection: ConnectionId, until: Timestamp },
    /// Its identity provider published further signing certificates, which are taken from now on beside those before:
    /// their SHA-256 thumbprints (A24.3).
    CertificatesAdded { connection: ConnectionId, thumbprints: Vec<String> },
    /// Its identity provider publishes these certificates no longer: their SHA-256 thumbprints. They are taken until
    /// somebody removes them. Once for each.
    CertificatesWithdrawn { connection: ConnectionId, thumbprints: Vec<String> },
    /// A certificate of an active connection ends in so many days at most: at 60, 30 and 7 days before, once each. `last`:
    /// none of its kind there lasts longer.
    CertificateExpiring {
        connection: ConnectionId,
        whose: CertificateOf,
        thumbprint: String,
        not_after: Timestamp,
        days_left: u16,
        last: bool,
    },
    /// Its identity provider's metadata was fetched and changed nothing, though it differs or cannot be used; the code
    /// says why. Once for each reason.
    MetadataRefused { connection: ConnectionId, code: String },
    /// A link was made by which somebody without an account sets up this connection.
    SetupLinkCreated { link: SetupLinkId, connection: ConnectionId },
    /// It was opened for the first time.
    SetupLinkOpened { link: SetupLinkId, connection: ConnectionId },
    /// It was taken back.
    SetupLinkRevoked { link: SetupLinkId, connection: ConnectionId },
    /// It opens nothing any more: its connection is in force.
    SetupLinkEnded { link: SetupLinkId, connection: ConnectionId },
    /// Whoever has it asked an administrator to put the connection in force.
    ActivationAsked { link: SetupLinkId, connection: ConnectionId },
    /// A connection was removed.
    ConnectionRemoved { connection: ConnectionId },
    /// An e-mail domain was claimed, proved or given up.
    DomainChanged { domain: String, change: DomainChange },
    /// An application was registered or changed.
    ApplicationChanged { application: String, changed: Vec<String> },
    /// An application was taken away: nobody is signed in to it any more.
    ApplicationRemoved { application: String },
    /// A webhook was made or changed.
    WebhookChanged { webhook: String, changed: Vec<String> },
    /// The other side of a webhook said that it wants to be told no more (410): it is told nothing from now on.
    WebhookEnded { webhook: String },
    /// A webhook that was told nothing any more was taken away, with the log of what it was told.
    WebhookRemoved { webhook: String },
    /// So many deliveries of a webhook were given up: it did not take them, as often and as long as it was tried.
    WebhookGivenUp { webhook: String, deliveries: u64 },
    /// A key was made, taken out of force or removed.
    KeyChanged {
        purpose: String,
        key: String,
        #[serde(default)]
        change: KeyChange,
    },
    /// Somebody looked at the personal values of an answer that is kept, which its account allows.
    AnswerOpened { connection: ConnectionId, answer: EventId, attempt: Option<AttemptId> },
    /// So many secrets were sealed anew, with the key of this id.
    SecretsResealed { key: String, secrets: u64 },
    /// A key of the admin API was made: as what it comes, what it may do, and until when. Lines of earlier versions name
    /// the key alone.
    ApiKeyCreated {
        key: ApiKeyId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<ConsoleRole>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        access: Option<ApiAccess>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// It was taken back.
    ApiKeyRevoked { key: ApiKeyId },
}

/// Whose a certificate is that ends soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateOf {
    /// The identity provider's: its answers are checked with it.
    IdentityProvider,
    /// Ours: the connection signs requests with its key.
    OurSigning,
    /// Ours: assertions are encrypted for its key.
    OurDecryption,
}

/// What became of a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyChange {
    /// It was made, and is in force.
    #[default]
    Made,
    /// It is no longer shown to anybody, and still decrypts.
    Retired,
    /// It is gone.
    Removed,
}

/// What became of an e-mail domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DomainChange {
    /// Somebody says that it is the account's.
    Claimed,
    /// A TXT record in the DNS says so.
    ProvedByDns,
    /// The operator says so.
    ProvedByOperator,
    /// It is no longer the account's.
    Removed,
}
