//! The deployment looks at itself: what does not work, what soon will not, and what to do about it.
//!
//! Reads alone. Nobody is named; connections are, by their account and name.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::connection::Connection;
use vestibule_domain::id::AccountId;
use vestibule_domain::readiness::Weakness;
use vestibule_oidc::Algorithm;
use vestibule_store::{Store, StoreError};

use crate::ctx::Ctx;
use crate::jobs::{Job, LEASE};
use crate::problem::Problem;
use crate::reseal::{self, Wish};
use crate::{mails, token_keys, webhooks};

/// How many connections are read at once.
const PAGE: u32 = 200;
/// So many findings of one kind are told one by one; the others are counted.
const NAMED: usize = 20;
/// A mail that waits this long does not leave.
const MAIL_STUCK: SignedDuration = SignedDuration::from_mins(15);

/// How it is with something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// As it should be.
    Ok,
    /// It works, and should be looked at.
    Attention,
    /// It does not work.
    Broken,
}

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub what: &'static str,
    /// How it is.
    pub health: Health,
    /// What was found.
    pub found: String,
    /// What to do, where something is to be done.
    pub fix: Option<String>,
}

impl Finding {
    /// Something that is as it should be.
    pub fn ok(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, health: Health::Ok, found: found.into(), fix: None }
    }

    /// Something that should be looked at.
    pub fn attention(what: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what, health: Health::Attention, found: found.into(), fix: Some(fix.into()) }
    }

    /// Something that does not work.
    pub fn broken(what: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what, health: Health::Broken, found: found.into(), fix: Some(fix.into()) }
    }
}

/// Looks at all that the database tells.
///
/// # Errors
/// Those of the store.
pub async fn examine(ctx: &Ctx) -> Result<Vec<Finding>, Problem> {
    let mut findings = secrets(ctx).await?;
    findings.extend(signing_keys(ctx).await?);
    findings.extend(jobs(ctx).await?);
    findings.push(mail(ctx).await?);
    findings.extend(told_webhooks(ctx).await?);
    findings.extend(connections(ctx).await?);
    Ok(findings)
}

async fn secrets(ctx: &Ctx) -> Result<Vec<Finding>, Problem> {
    let sealed = reseal::reseal(ctx, Wish::Count).await?;
    let (older, current) =
        sealed.iter().fold((0, 0), |(older, current), one| (older + one.older, current + one.current));
    let closed: usize = sealed.iter().map(|one| one.closed.len()).sum();
    let mut findings = Vec::new();
    if closed > 0 {
        findings.push(Finding::broken(
            "secrets",
            format!("{closed} sealed secrets do not open with any configured key"),
            "run `vestibule keys list`, which names them, and set key_file and older_key_files to the keys that sealed them",
        ));
    }
    if older > 0 {
        let fix = "run `vestibule keys rotate sealing`, then take the older key out of older_key_files";
        findings.push(Finding::attention("secrets", format!("{older} are sealed with an older key"), fix));
    }
    if findings.is_empty() {
        findings.push(Finding::ok("secrets", format!("all {current} open with the sealing key")));
    }
    Ok(findings)
}

async fn signing_keys(ctx: &Ctx) -> Result<Vec<Finding>, Problem> {
    let keys = token_keys::list(&ctx.store, ctx.now).await?;
    let one = |algorithm: Algorithm| {
        let signing = keys.iter().find(|key| key.algorithm == algorithm && key.signs);
        match signing {
            Some(key) => {
                let since = key.times.active_from.strftime("%Y-%m-%d");
                Finding::ok("signing keys", format!("a key signs by {algorithm} since {since}"))
            }
            None => Finding::broken(
                "signing keys",
                format!("no key signs by {algorithm}"),
                "start a node: it makes one at once",
            ),
        }
    };
    Ok(Algorithm::ALL.into_iter().map(one).collect())
}

/// Whether a node serves, and does the work that nobody asks for.
async fn jobs(ctx: &Ctx) -> Result<Vec<Finding>, StoreError> {
    let leases = ctx.store.read(|tx| Box::pin(async move { tx.leases().await })).await?;
    if leases.is_empty() {
        return Ok(vec![Finding::attention(
            "background work",
            "no node does it",
            "start a node with `vestibule serve`; one that was stopped gives its work back",
        )]);
    }
    let late: Vec<String> = leases
        .iter()
        .filter(|(name, until)| Job::ALL.iter().any(|job| job.name() == name) && *until < ctx.now)
        .map(|(name, until)| {
            let last = until.saturating_sub(LEASE).unwrap_or(Timestamp::MIN);
            format!("{name} (last at {})", last.strftime("%Y-%m-%d %H:%M UTC"))
        })
        .collect();
    if late.is_empty() {
        return Ok(vec![Finding::ok("background work", "every job had its turn within the last minutes")]);
    }
    let fix = "see whether a node serves, and what its log says; a node that was killed looks like this";
    Ok(vec![Finding::broken("background work", format!("had no turn: {}", late.join(", ")), fix)])
}

async fn mail(ctx: &Ctx) -> Result<Finding, StoreError> {
    let waiting = mails::in_store(&ctx.store).await?;
    let stuck = waiting.iter().filter(|(mail, _)| ctx.now.duration_since(mail.at) > MAIL_STUCK).count();
    Ok(match stuck {
        0 => Finding::ok("mail", format!("{} wait to be sent", waiting.len())),
        stuck => Finding::attention(
            "mail",
            format!("{stuck} have waited for more than a quarter of an hour"),
            "`vestibule mail waiting` says why; `vestibule mail test ADDRESS` tries the server",
        ),
    })
}

async fn told_webhooks(ctx: &Ctx) -> Result<Vec<Finding>, StoreError> {
    let webhooks = webhooks::list(&ctx.store).await?;
    let failing = webhooks.iter().filter(|it| it.stored.webhook.is_enabled && it.stored.failures > 0).map(|it| {
        let name = &it.stored.webhook.name;
        let found = format!("{name} did not take {} in a row; {} wait", it.stored.failures, it.waiting);
        Finding::attention("webhooks", found, format!("`vestibule webhook deliveries {name}` says what it answered"))
    });
    let failing: Vec<Finding> = failing.collect();
    if failing.is_empty() && !webhooks.is_empty() {
        return Ok(vec![Finding::ok("webhooks", format!("all {} take what they are told", webhooks.len()))]);
    }
    Ok(bounded("webhooks", failing))
}

/// Active connections that lead nobody in, or soon will not.
async fn connections(ctx: &Ctx) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    let mut paths: BTreeMap<AccountId, String> = BTreeMap::new();
    let (mut after, mut active) = (None, 0_u64);
    loop {
        let page = ctx.store.read(move |tx| Box::pin(async move { tx.active_connections(after, PAGE).await })).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for connection in &page {
            active += 1;
            let note = refresh_note(&ctx.store, connection).await?;
            let found = of_connection(connection, note, ctx.now);
            if found.is_empty() {
                continue;
            }
            if let std::collections::btree_map::Entry::Vacant(new) = paths.entry(connection.account) {
                let id = connection.account;
                let account = ctx.store.read(move |tx| Box::pin(async move { tx.account(id).await })).await?;
                new.insert(account.map_or_else(String::new, |account| account.path.shown()));
            }
            let path = paths.get(&connection.account).map_or("", String::as_str);
            findings.extend(
                found
                    .into_iter()
                    .map(|one| Finding { found: format!("{path}/{}: {}", connection.name, one.found), ..one }),
            );
        }
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.health));
    if findings.is_empty() {
        return Ok(vec![Finding::ok("connections", format!("{active} are active, and none needs attention"))]);
    }
    Ok(bounded("connections", findings))
}

/// Why the metadata of a connection is not taken, if it is not.
async fn refresh_note(store: &Store, connection: &Connection) -> Result<Option<String>, StoreError> {
    if connection.saml.metadata_url.is_none() {
        return Ok(None);
    }
    let id = connection.id;
    let refresh = store.read(move |tx| Box::pin(async move { tx.metadata_refresh(id).await })).await?;
    Ok(refresh.filter(|refresh| refresh.failures > 0).map(|refresh| format!("{} times in a row", refresh.failures)))
}

fn of_connection(connection: &Connection, refused: Option<String>, now: Timestamp) -> Vec<Finding> {
    let what = "connections";
    let mut found = Vec::new();
    let weak = connection.saml.weaknesses(now);
    let expired = weak.iter().filter(|weak| matches!(weak, Weakness::CertificateExpired { .. })).count();
    let certificates = connection.saml.certificates.len();
    if certificates > 0 && expired >= certificates {
        let fix = "have the identity provider's admin send the present certificate, and add it to the connection";
        found.push(Finding::broken(what, "every certificate has expired, and nobody gets in", fix));
    }
    found.extend(weak.iter().filter(|_| expired < certificates).map(|weak| {
        let text = weak.to_string();
        let (said, fix) = text.split_once("; ").unwrap_or((&text, "see docs/operate/apply.md"));
        Finding::attention(what, said, fix)
    }));
    found.extend(refused.map(|times| {
        let fix = "run `vestibule connection refresh`, which says what is wrong with it";
        Finding::attention(what, format!("its metadata could not be read {times}"), fix)
    }));
    found
}

/// The first of them, and how many more there are.
fn bounded(what: &'static str, mut findings: Vec<Finding>) -> Vec<Finding> {
    let more = findings.len().saturating_sub(NAMED);
    findings.truncate(NAMED);
    if more > 0 {
        findings.push(Finding::attention(what, format!("and {more} more"), "mend those above and look again"));
    }
    findings
}
