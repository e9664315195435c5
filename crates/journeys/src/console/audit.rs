//! The audit log of an account, and of the whole deployment for the vendor's people.

use jiff::Timestamp;
use vestibule_domain::account::AccountPath;
use vestibule_domain::event::{Actor, AuditEvent};
use vestibule_domain::id::{self, EventId, UserId};
use vestibule_domain::permission::Action;
use vestibule_store::tx::EventFilter;

use super::viewer::{Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// How many lines are looked at for one page: what is looked for may be rare, and no page may take long.
const LOOKED_AT: u32 = 2_000;
/// How many lines are exported at most in one answer.
pub const MAX_EXPORT: usize = 10_000;

/// Which lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditQuery {
    /// Of which account's log. None: one's own account's; for the vendor's people the whole deployment's.
    pub account: Option<AccountPath>,
    /// Of this kind: `signed_in`. Empty: any.
    pub kind: String,
    /// By this person, or about them.
    pub user: Option<UserId>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Behind this one: the next page.
    pub before: Option<EventId>,
}

/// A page of the log.
#[derive(Debug)]
pub struct Audit {
    /// Whose log.
    pub spot: Spot,
    /// Whether it is the whole deployment's.
    pub is_whole: bool,
    /// The lines, the newest first.
    pub lines: Vec<AuditLine>,
    /// Behind which the next page begins; none: this is the last.
    pub next: Option<EventId>,
    /// How far back was looked, where a page is not full and there is more.
    pub looked_until: Option<Timestamp>,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// The line.
    pub event: AuditEvent,
    /// Its kind: `signed_in`.
    pub kind: String,
    /// What else it says, as JSON: ids, names of settings and codes. Nothing personal is in the log.
    pub detail: String,
}

impl AuditLine {
    fn of(event: AuditEvent) -> Self {
        let mut fact = serde_json::to_value(&event.fact).unwrap_or_default();
        let kind = fact.as_object_mut().and_then(|fact| fact.remove("kind"));
        let kind = kind.and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
        Self { kind, detail: fact.to_string(), event }
    }

    /// The line as JSON.
    pub fn json(&self) -> String {
        let event = &self.event;
        serde_json::json!({
            "id": event.id.to_string(),
            "at": event.at.to_string(),
            "account": event.account.map(|account| account.to_string()),
            "actor": event.actor,
            "fact": event.fact,
        })
        .to_string()
    }

    fn is_about(&self, user: UserId) -> bool {
        // Ids are of one form everywhere, and no other text is.
        self.event.actor == Actor::User(user) || self.detail.contains(&user.to_string())
    }
}

fn is_wanted(query: &AuditQuery, line: &AuditLine) -> bool {
    (query.kind.is_empty() || line.kind == query.kind) && query.user.is_none_or(|user| line.is_about(user))
}

/// A page of the log.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or beyond reach.
pub async fn audit(ctx: &Ctx, viewer: &Viewer, query: &AuditQuery) -> Result<Audit, Problem> {
    look(ctx, viewer, query, viewer.rows as usize, LOOKED_AT).await
}

/// So many lines of the log, for a file.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or beyond reach.
pub async fn export(ctx: &Ctx, viewer: &Viewer, query: &AuditQuery) -> Result<Audit, Problem> {
    look(ctx, viewer, query, MAX_EXPORT, u32::try_from(MAX_EXPORT).unwrap_or(u32::MAX)).await
}

async fn look(ctx: &Ctx, viewer: &Viewer, query: &AuditQuery, wanted: usize, looked_at: u32) -> Result<Audit, Problem> {
    let spot = viewer.spot(ctx, query.account.clone(), Action::SeeAudit).await?;
    let is_whole = spot.account.path == AccountPath::ROOT && query.account.is_none();
    let end = query.until.map(|until| EventId::new(until, [0; id::RANDOM]));
    let filter = EventFilter {
        account: (!is_whole).then_some(spot.account.id),
        user: None,
        before: query.before.into_iter().chain(end).min(),
        limit: looked_at,
    };
    let found = ctx.store.read(move |tx| Box::pin(async move { tx.events(&filter).await })).await?;
    let was_cut = found.len() == looked_at as usize;
    let oldest = found.last().map(|event| (event.id, event.at));
    let mut lines = Vec::new();
    let mut next = None;
    for event in found {
        let line = AuditLine::of(event);
        if !is_wanted(query, &line) {
            continue;
        }
        if lines.len() == wanted {
            next = lines.last().map(|last: &AuditLine| last.event.id);
            break;
        }
        lines.push(line);
    }
    let stopped = was_cut && next.is_none();
    Ok(Audit {
        is_whole,
        next: next.or(oldest.filter(|_| stopped).map(|(id, _)| id)),
        looked_until: oldest.filter(|_| stopped).map(|(_, at)| at),
        lines,
        spot,
    })
}

/// The kinds of facts that a filter offers, by name: the ones somebody looks for.
pub const KINDS: [&str; 15] = [
    "signed_in",
    "signed_in_by_password",
    "answer_refused",
    "not_admitted",
    "waits",
    "applicant_approved",
    "applicant_refused",
    "user_created",
    "user_changed",
    "user_state_changed",
    "identity_linked",
    "account_changed",
    "connection_changed",
    "certificate_expiring",
    "answer_opened",
];

/// Whether a name is one of a kind of fact, whatever it is.
pub fn is_kind(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use vestibule_domain::event::Fact;

    use super::*;

    /// What a filter offers is what the log says.
    #[test]
    fn the_kinds_that_are_offered_are_names_of_facts() {
        let source = include_str!("../../../domain/src/event.rs");
        for kind in KINDS {
            let camel: String = kind.split('_').map(|part| part[..1].to_uppercase() + &part[1..]).collect();
            assert!(source.contains(&format!("    {camel} {{")), "{camel}");
            assert!(is_kind(kind));
        }
        let fact = Fact::PasswordSet { user: UserId::from_bytes([1; 16]) };
        let event = AuditEvent {
            id: EventId::from_bytes([2; 16]),
            at: Timestamp::UNIX_EPOCH,
            account: None,
            actor: Actor::System,
            fact,
        };
        let line = AuditLine::of(event);
        assert_eq!(line.kind, "password_set");
        assert!(line.is_about(UserId::from_bytes([1; 16])) && !line.is_about(UserId::from_bytes([2; 16])));
    }
}
