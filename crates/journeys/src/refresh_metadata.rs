//! An identity provider's metadata is fetched again, so that a rollover of its certificates needs nobody (HY-10, E-51).
//!
//! ```text
//! due? ─▶ fetch (guarded) ─▶ read ─▶ domain::metadata::refresh ─▶ new keys: added beside the old ones
//!            │ not there       │ unusable     │ other entity, other addresses
//!            ▼                 ▼              ▼
//!          again, ever later   a note; the settings stay as they are, nothing is ever taken away
//! ```
//!
//! A certificate in force that is not published any more stays in force, and is told once: only a human knows whether
//! the identity provider replaced it.

use vestibule_domain::connection::Connection;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::ConnectionId;
use vestibule_domain::metadata::{AddressChange, FetchedFrom, MetadataChange, refresh, withdrawn};
use vestibule_domain::schedule;
use vestibule_saml::metadata::{IdpMetadata, MetadataError, Reading};
use vestibule_saml::types::LoopbackHttp;
use vestibule_store::StoreError;
use vestibule_store::tx::{DueRefresh, Refresh, RefreshNote, WaitingMail};

use crate::ctx::Ctx;
use crate::jobs::{self, Job, Means, Turn};
use crate::metrics;
use crate::notices::{self, What};
use crate::problem::Problem;

/// How many documents are fetched in one turn.
const BATCH: u32 = 20;
/// How many at once: with [`Fetcher::TIME`](vestibule_outbound::Fetcher::TIME) for each a turn is shorter than its
/// lease, and what is in memory has a bound.
const AT_ONCE: usize = 4;

/// The note about certificates that are published and not taken.
const PINNED: &str = "certificates_pinned";

/// What became of one refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// The metadata says what the settings say.
    Unchanged,
    /// The keys of these certificates are taken too from now on: SHA-256 thumbprints.
    CertificatesAdded(Vec<String>),
    /// Nothing was changed, and the note says why.
    Refused(RefreshNote),
    /// There was no document.
    Unreachable(RefreshNote),
    /// Somebody edited the connection meanwhile; it is fetched again soon.
    Overtaken,
}

impl Refreshed {
    /// In a word, for metrics.
    const fn word(&self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::CertificatesAdded(_) => "certificates_added",
            Self::Refused(_) => "refused",
            Self::Unreachable(_) => "unreachable",
            Self::Overtaken => "overtaken",
        }
    }
}

/// Fetches the documents whose time has come.
pub(crate) async fn turn(ctx: &Ctx, means: &Means) -> Result<Turn, Problem> {
    let now = ctx.now;
    let due = ctx.store.read(move |tx| Box::pin(async move { tx.due_refreshes(now, BATCH).await })).await?;
    let is_full = due.len() == BATCH as usize;
    jobs::each(ctx, means, due, AT_ONCE, |ctx, means, due| async move { one(&ctx, &means, due).await.map(|_| ()) })
        .await?;
    Ok(Turn::after(is_full))
}

/// What became of one refresh by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What changed.
    pub refreshed: Refreshed,
    /// Certificates that stay in force and are published no longer: SHA-256 thumbprints.
    pub withdrawn: Vec<String>,
}

/// Refreshes one connection at once, whenever it would be due: for an operator who does not want to wait. None where
/// it does not exist or its metadata has no address.
///
/// # Errors
/// Those of the store.
pub async fn at_once(ctx: &Ctx, means: &Means, id: ConnectionId) -> Result<Option<Done>, Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(connection) = tx.connection(id).await? else { return Ok(None) };
            let last = tx.metadata_refresh(id).await?;
            Ok::<_, StoreError>(last.map(|last| DueRefresh { connection, last }))
        })
    });
    let Some(due) = found.await? else { return Ok(None) };
    Ok(Some(one(ctx, means, due).await?))
}

/// What follows from a document, or from its absence.
struct Decided {
    refreshed: Refreshed,
    next: Refresh,
    /// The connection with the new certificates.
    changed: Option<Connection>,
}

async fn one(ctx: &Ctx, means: &Means, due: DueRefresh) -> Result<Done, Problem> {
    let DueRefresh { connection, last } = due;
    let Some(url) = connection.saml.metadata_url.clone() else {
        return Ok(Done { refreshed: Refreshed::Overtaken, withdrawn: Vec::new() });
    };
    let decided = match means.fetcher.metadata(&url).await {
        Ok(fetched) => decide(ctx, &connection, &last, &fetched.document),
        Err(error) => failed(ctx, &last, note("unreachable", error.to_string())),
    };
    let mails = notices::mails(ctx, means, connection.account, &news(&connection, &last, &decided)).await?;
    let done = save(ctx, &connection, &last, decided, mails).await?;
    metrics::job_result(Job::RefreshMetadata.name(), done.refreshed.word());
    logged(&connection, &last, &done);
    Ok(done)
}

/// Pure: what a document changes.
fn decide(ctx: &Ctx, connection: &Connection, last: &Refresh, document: &[u8]) -> Decided {
    let loopback_http = if ctx.deployment.is_loopback() { LoopbackHttp::Allow } else { LoopbackHttp::Refuse };
    let reading = Reading { loopback_http, ..Reading::at(ctx.now) };
    let metadata = match IdpMetadata::parse(document, &reading) {
        Ok(metadata) => metadata,
        Err(error) => return failed(ctx, last, unusable(&error)),
    };
    // The fetcher leaves the address's own host for no redirect.
    let change = refresh(&connection.saml, &metadata, FetchedFrom::OwnUrl);
    let withdrawn = match &change {
        MetadataChange::None | MetadataChange::AddKeys { .. } | MetadataChange::Pinned { .. } => {
            withdrawn(&connection.saml, &metadata)
        }
        // A document that nobody has looked at yet tells nothing of our keys.
        MetadataChange::NeedsApproval { .. } | MetadataChange::OtherEntity { .. } => last.withdrawn.clone(),
    };
    let [jitter] = ctx.random();
    let next = |note| Refresh {
        due_at: schedule::next_refresh(metadata.cache_duration, metadata.valid_until, ctx.now, jitter),
        read_at: Some(ctx.now),
        failures: 0,
        note,
        withdrawn: withdrawn.clone(),
    };
    let refused = |note: RefreshNote| Decided {
        refreshed: Refreshed::Refused(note.clone()),
        next: next(Some(note)),
        changed: None,
    };
    match change {
        MetadataChange::None => Decided { refreshed: Refreshed::Unchanged, next: next(None), changed: None },
        MetadataChange::AddKeys { settings, added } => {
            let present = connection.saml.check(ctx.now, loopback_http);
            let problems = settings.check(ctx.now, loopback_http);
            if let Some(problem) = problems.into_iter().find(|problem| !present.contains(problem)) {
                return refused(note("certificates", format!("its new certificates cannot be added ({problem})")));
            }
            let changed = Some(Connection { saml: *settings, ..connection.clone() });
            Decided { refreshed: Refreshed::CertificatesAdded(added), next: next(None), changed }
        }
        MetadataChange::Pinned { published } => refused(note(
            PINNED,
            format!(
                "its certificates are pinned, and others are published (SHA-256 thumbprints: {}); if the identity \
                 provider is about to sign with them, the operator adds them to `certificates`, or leaves that out, \
                 and runs `vestibule apply`",
                published.join(", ")
            ),
        )),
        MetadataChange::NeedsApproval { addresses, added, .. } => refused(approval(&addresses, added.len())),
        MetadataChange::OtherEntity { got, want } => refused(note(
            "other_entity",
            format!(
                "it is of {got}, and {want} is wanted; the identity provider's administrator has to say whether it \
                 moved, and the operator then applies its metadata with `vestibule apply`"
            ),
        )),
    }
}

fn failed(ctx: &Ctx, last: &Refresh, note: RefreshNote) -> Decided {
    let failures = last.failures.saturating_add(1);
    let due_at = schedule::next_retry(failures, ctx.now);
    let refreshed = if note.code == "unreachable" {
        Refreshed::Unreachable(note.clone())
    } else {
        Refreshed::Refused(note.clone())
    };
    let next = Refresh { due_at, failures, note: Some(note), ..last.clone() };
    Decided { refreshed, next, changed: None }
}

fn unusable(error: &MetadataError) -> RefreshNote {
    let code = match error {
        MetadataError::Expired { .. } => "expired",
        MetadataError::NoSigningCertificate { .. } | MetadataError::UnusableKeys { .. } => "no_certificate",
        _ => "unreadable",
    };
    note(code, format!("{error}; the identity provider's administrator has to publish metadata that can be used"))
}

fn approval(addresses: &[AddressChange], added: usize) -> RefreshNote {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let differ = addresses.iter().map(|it| format!("{} is {} and was {}", it.field, shown(&it.to), shown(&it.from)));
    let mut differ: Vec<_> = differ.collect();
    if added > 0 {
        differ.push(format!("certificates: {added} new"));
    }
    let differ = differ.join("; ");
    note(
        "needs_approval",
        format!("its addresses differ ({differ}); the operator looks at them and applies it with `vestibule apply`"),
    )
}

fn note(code: &str, text: String) -> RefreshNote {
    RefreshNote { code: code.to_owned(), text }
}

/// Saves it with what is told of it, unless somebody else changed the connection meanwhile.
async fn save(
    ctx: &Ctx,
    before: &Connection,
    last: &Refresh,
    decided: Decided,
    mails: Vec<WaitingMail>,
) -> Result<Done, StoreError> {
    let Decided { refreshed, next, changed } = decided;
    let event = |fact| ctx.event(before.account, Actor::System, fact);
    let (id, version) = (before.id, before.version);
    let added = match &refreshed {
        Refreshed::CertificatesAdded(added) => {
            Some(event(Fact::CertificatesAdded { connection: id, thumbprints: added.clone() }))
        }
        _ => None,
    };
    let mut lines = Vec::new();
    if let Refreshed::Refused(note) = &refreshed
        && is_news(last, note)
    {
        lines.push(event(Fact::MetadataRefused { connection: id, code: note.code.clone() }));
    }
    let thumbprints = newly(last, &next.withdrawn);
    if !thumbprints.is_empty() {
        lines.push(event(Fact::CertificatesWithdrawn { connection: id, thumbprints }));
    }
    let withdrawn = next.withdrawn.clone();
    let saved = ctx.store.write(move |tx| {
        Box::pin(async move {
            let holds = match (&changed, &added) {
                (Some(changed), Some(added)) => tx.save_certificates(changed, added).await?,
                _ => tx.connection_head(id).await?.is_some_and(|head| head.version == version),
            };
            if holds {
                tx.record_refresh(id, &next, &lines).await?;
                tx.insert_mails(&mails).await?;
            }
            Ok::<_, StoreError>(holds)
        })
    });
    let overtaken = Done { refreshed: Refreshed::Overtaken, withdrawn: Vec::new() };
    Ok(if saved.await? { Done { refreshed, withdrawn } } else { overtaken })
}

/// Those that were not told before.
fn newly(last: &Refresh, withdrawn: &[String]) -> Vec<String> {
    withdrawn.iter().filter(|thumbprint| !last.withdrawn.contains(thumbprint)).cloned().collect()
}

/// Whether a reason is another one than the last time. Of pinned certificates each further one is.
fn is_news(last: &Refresh, note: &RefreshNote) -> bool {
    let is_same = |before: &RefreshNote| before.code == note.code && (note.code != PINNED || before.text == note.text);
    !last.note.as_ref().is_some_and(is_same)
}

/// What the account is told.
fn news(connection: &Connection, last: &Refresh, decided: &Decided) -> Vec<What> {
    let name = || connection.name.to_string();
    let mut news = Vec::new();
    match &decided.refreshed {
        Refreshed::CertificatesAdded(thumbprints) => {
            news.push(What::CertificatesAdded { connection: name(), thumbprints: thumbprints.clone() });
        }
        Refreshed::Refused(note) if is_news(last, note) => {
            news.push(What::MetadataRefused { connection: name(), why: note.text.clone() });
        }
        _ => {}
    }
    let thumbprints = newly(last, &decided.next.withdrawn);
    if !thumbprints.is_empty() {
        news.push(What::CertificatesWithdrawn { connection: name(), thumbprints });
    }
    news
}

/// What the log says.
fn logged(connection: &Connection, last: &Refresh, done: &Done) {
    let id = connection.id;
    match &done.refreshed {
        Refreshed::CertificatesAdded(thumbprints) => {
            tracing::info!(connection = %id, added = thumbprints.len(), "new signing certificates were taken");
        }
        Refreshed::Refused(note) if is_news(last, note) => {
            tracing::warn!(connection = %id, code = note.code, why = note.text, "metadata changed nothing");
        }
        Refreshed::Unreachable(note) if is_news(last, note) => {
            tracing::warn!(connection = %id, why = note.text, "metadata was not fetched");
        }
        Refreshed::Unchanged | Refreshed::Refused(_) | Refreshed::Unreachable(_) | Refreshed::Overtaken => {}
    }
    let thumbprints = newly(last, &done.withdrawn);
    if !thumbprints.is_empty() {
        let listed = thumbprints.join(", ");
        tracing::warn!(connection = %id, thumbprints = listed, "signing certificates in force are published no longer");
    }
}
