//! Looking things up afterwards: what a code on a page stands for, and the last lines of the audit log.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::Timestamp;
use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::event::{AuditEvent, Fact};
use vestibule_domain::id::{AccountId, AttemptId, ConnectionId, EventId};
use vestibule_store::tx::{EventFilter, RecentAnswer};
use vestibule_store::{Store, StoreError, Tx};

use crate::problem::ErrorCode;
use crate::report::KeptReport;
use crate::trace::is_named;

/// A refusal that has a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// When.
    pub at: Timestamp,
    /// Why, by its code in the audit log.
    pub reason: String,
    /// The path of the account.
    pub account: Option<String>,
    /// The account's name.
    pub account_name: Option<String>,
    /// The connection: its name and its id.
    pub connection: Option<String>,
    /// The attempt to sign in.
    pub attempt: Option<AttemptId>,
    /// What was kept of it; empty where only the audit log knows it.
    pub report: KeptReport,
    /// From where it is known.
    pub source: Source,
}

/// From where a refusal is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// From the audit log alone: the list of answers has moved on.
    AuditLog,
    /// From the connection's recent answers.
    Answers {
        /// Whether the audit log has a line too: something was proved, or a browser was sent back.
        audited: bool,
    },
    /// From the deployment's last refusals, for no connection was known.
    Refusals,
}

/// What a code stands for, the newest first. Usually one: two refusals have the same code about once in a million.
///
/// # Errors
/// Those of the store.
pub async fn find(store: &Store, code: &ErrorCode) -> Result<Vec<Found>, StoreError> {
    let code = code.clone();
    store.read(move |tx| Box::pin(async move { read(tx, &code).await })).await
}

async fn read(tx: &mut Tx, code: &ErrorCode) -> Result<Vec<Found>, StoreError> {
    let lines = tx.events_ending(code.tail()).await?;
    let lines: Vec<AuditEvent> = lines.into_iter().filter(|line| is_named(line, code)).collect();
    let mut found = Vec::new();
    for (connection, answer) in tx.answers_with(code.as_str()).await? {
        let report = KeptReport::read(&answer.report);
        // The text may stand elsewhere in a report, which strangers write.
        if report.code.as_deref() != Some(code.as_str()) {
            continue;
        }
        let line = lines.iter().find(|line| about(line).is_some_and(|(of, ..)| Some(of) == connection));
        found.push(told(tx, connection, answer, report, line).await?);
    }
    for line in &lines {
        let Some((connection, attempt, reason)) = about(line) else { continue };
        if found.iter().any(|known| known.at == line.at && known.reason == reason) {
            continue;
        }
        let mut one = Found::new(line.at, reason.to_owned(), KeptReport::default(), Source::AuditLog);
        one.attempt = attempt;
        one.placed(tx, connection, line.account).await?;
        found.push(one);
    }
    found.sort_by_key(|one| std::cmp::Reverse(one.at));
    Ok(found)
}

async fn told(
    tx: &mut Tx,
    connection: Option<ConnectionId>,
    answer: RecentAnswer,
    report: KeptReport,
    line: Option<&AuditEvent>,
) -> Result<Found, StoreError> {
    let source = if connection.is_some() { Source::Answers { audited: line.is_some() } } else { Source::Refusals };
    let mut one = Found::new(answer.at, answer.code.unwrap_or_default(), report, source);
    one.attempt = answer.attempt;
    if let Some(connection) = connection {
        one.placed(tx, connection, line.and_then(|line| line.account)).await?;
    }
    Ok(one)
}

impl Found {
    fn new(at: Timestamp, reason: String, report: KeptReport, source: Source) -> Self {
        Self { at, reason, account: None, account_name: None, connection: None, attempt: None, report, source }
    }

    /// The audit log knows into which account it was to lead; the connection's own is another where it is inherited.
    async fn placed(&mut self, tx: &mut Tx, id: ConnectionId, into: Option<AccountId>) -> Result<(), StoreError> {
        self.connection = Some(id.to_string());
        let Some(connection) = tx.connection(id).await? else { return Ok(()) };
        self.connection = Some(format!("{} ({id})", connection.name));
        if let Some(account) = tx.account(into.unwrap_or(connection.account)).await? {
            self.account = Some(path(&account));
            self.account_name = Some(account.name);
        }
        Ok(())
    }
}

/// The connection and the attempt that a refusal is about, and its reason.
fn about(line: &AuditEvent) -> Option<(ConnectionId, Option<AttemptId>, &str)> {
    match &line.fact {
        Fact::AnswerRefused { attempt, connection, code } => Some((*connection, *attempt, code)),
        Fact::SignInRefused { connection, code } => Some((*connection, None, code)),
        Fact::NotAdmitted { attempt, connection, code } => Some((*connection, Some(*attempt), code)),
        _ => None,
    }
}

/// Which lines of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Of one account.
    pub account: Option<AccountPath>,
    /// About one connection.
    pub connection: Option<ConnectionId>,
    /// How many at most.
    pub last: u32,
}

/// A line, and the path of its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line.
    pub event: AuditEvent,
    /// The path of its account; none: the deployment's.
    pub account: Option<String>,
}

/// So many lines are read at once while those about a connection are looked for.
const PAGE: u32 = 1000;
/// So many pages are read at most: the last 100,000 lines.
const PAGES: usize = 100;

/// The last lines of the audit log, the newest last. None where there is no such account. Those about a connection are
/// looked for in the last 100,000.
///
/// # Errors
/// Those of the store.
pub async fn events(store: &Store, wanted: Wanted) -> Result<Option<Vec<Line>>, StoreError> {
    store.read(move |tx| Box::pin(async move { last(tx, &wanted).await })).await
}

async fn last(tx: &mut Tx, wanted: &Wanted) -> Result<Option<Vec<Line>>, StoreError> {
    let account = match &wanted.account {
        None => None,
        Some(path) => match tx.account_by_path(path).await? {
            Some(account) => Some(account.id),
            None => return Ok(None),
        },
    };
    let want = wanted.last as usize;
    let mut lines: Vec<AuditEvent> = Vec::new();
    let mut before: Option<EventId> = None;
    for _ in 0..PAGES {
        let limit = if wanted.connection.is_some() { PAGE } else { wanted.last };
        let page = tx.events(&EventFilter { account, user: None, before, limit }).await?;
        let is_last = page.len() < limit as usize;
        before = page.last().map(|line| line.id);
        lines.extend(page.into_iter().filter(|line| wanted.connection.is_none_or(|id| names(line, id))));
        if is_last || lines.len() >= want {
            break;
        }
    }
    lines.truncate(want);
    lines.reverse();
    let mut paths: BTreeMap<AccountId, Option<String>> = BTreeMap::new();
    for id in lines.iter().filter_map(|line| line.account) {
        if let Entry::Vacant(place) = paths.entry(id) {
            place.insert(tx.account(id).await?.map(|account| path(&account)));
        }
    }
    let account = |event: &AuditEvent| paths.get(&event.account?).cloned().flatten();
    let told = lines.into_iter().map(|event| Line { account: account(&event), event }).collect();
    Ok(Some(told))
}

/// Whether a line names a connection, whatever else it says.
fn names(line: &AuditEvent, id: ConnectionId) -> bool {
    match &line.fact {
        Fact::SignInStarted { connection, .. }
        | Fact::AnswerAccepted { connection, .. }
        | Fact::AnswerRefused { connection, .. }
        | Fact::SignInRefused { connection, .. }
        | Fact::UnsolicitedAccepted { connection, .. }
        | Fact::NotAdmitted { connection, .. }
        | Fact::Waits { connection, .. }
        | Fact::SignedIn { connection, .. }
        | Fact::ConnectionTried { connection, .. }
        | Fact::IdentityLinked { connection, .. }
        | Fact::IdentityUnlinked { connection, .. }
        | Fact::ConnectionChanged { connection, .. }
        | Fact::CertificatesAdded { connection, .. }
        | Fact::CertificatesWithdrawn { connection, .. }
        | Fact::MetadataRefused { connection, .. }
        | Fact::Sha1Allowed { connection, .. }
        | Fact::ConnectionRemoved { connection }
        | Fact::LogoutStarted { connection, .. }
        | Fact::LogoutAnswered { connection, .. }
        | Fact::LoggedOut { connection, .. }
        | Fact::LogoutRefused { connection, .. }
        | Fact::CertificateExpiring { connection, .. }
        | Fact::SetupLinkCreated { connection, .. }
        | Fact::SetupLinkOpened { connection, .. }
        | Fact::SetupLinkRevoked { connection, .. }
        | Fact::SetupLinkEnded { connection, .. }
        | Fact::ActivationAsked { connection, .. }
        | Fact::AnswerOpened { connection, .. }
        | Fact::ConnectionSessionsEnded { connection, .. } => *connection == id,
        Fact::SignedOut { connection, .. } => *connection == Some(id),
        Fact::CodeIssued { .. }
        | Fact::CodeRedeemed { .. }
        | Fact::CodeReused { .. }
        | Fact::RefreshTokenReused { .. }
        | Fact::TokenRevoked { .. }
        | Fact::OwnTokenIssued { .. }
        | Fact::SignedInByPassword { .. }
        | Fact::BreakGlassUsed { .. }
        | Fact::PasswordMailed { .. }
        | Fact::SecondFactorSet { .. }
        | Fact::SecondFactorRemoved { .. }
        | Fact::RecoveryCodeUsed { .. }
        | Fact::Invited { .. }
        | Fact::MailGivenUp { .. }
        | Fact::NoticeGivenUp { .. }
        | Fact::ApplicantMailGivenUp { .. }
        | Fact::PasswordSet { .. }
        | Fact::UserCreated { .. }
        | Fact::UserChanged { .. }
        | Fact::UserStateChanged { .. }
        | Fact::UserErased { .. }
        | Fact::UserSessionsEnded { .. }
        | Fact::AskedOnBehalf { .. }
        | Fact::ApplicantPassed { .. }
        | Fact::ApplicantApproved { .. }
        | Fact::ApplicantRefused { .. }
        | Fact::GrantsChanged { .. }
        | Fact::OwnSessionsEnded { .. }
        | Fact::AccountSessionsEnded { .. }
        | Fact::ApplicationTold { .. }
        | Fact::ApplicationNotTold { .. }
        | Fact::AccountChanged { .. }
        | Fact::DomainChanged { .. }
        | Fact::ApplicationChanged { .. }
        | Fact::ApplicationRemoved { .. }
        | Fact::WebhookChanged { .. }
        | Fact::WebhookRemoved { .. }
        | Fact::WebhookEnded { .. }
        | Fact::WebhookGivenUp { .. }
        | Fact::KeyChanged { .. }
        | Fact::ApiKeyCreated { .. }
        | Fact::ApiKeyRevoked { .. }
        | Fact::SecretsResealed { .. } => false,
    }
}

fn path(account: &Account) -> String {
    account.path.shown()
}
