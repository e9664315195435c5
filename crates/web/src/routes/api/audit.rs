//! The audit log.

use jiff::Timestamp;
use serde_json::Value;
use vestibule_domain::account::AccountPath;
use vestibule_domain::id::{AccountId, EventId, UserId};
use vestibule_domain::permission::Action;
use vestibule_journeys::console::{self, AuditLine, AuditQuery, is_kind};

use crate::api::call::{Call, Reply, cursor, page};
use crate::api::endpoint::{Endpoint, run};
use crate::api::refusal::Refusal;
use crate::api::schema::{Input as _, Line, Shape, Whole, input, record};

pub(crate) static ENDPOINTS: &[Endpoint] = &[Endpoint::get(
    "/audit",
    "listEvents",
    "Lines of the audit log, the newest first; a page may be short and have a next one",
    run!(list),
)
.whoever(Action::SeeAudit)
.query(&Lines::RECORD)
.page(Event::SCHEMA)];

input! {
    /// Which lines.
    Lines {
        /// Of which account's log, by its path; left out: the key's own; of the platform: the whole deployment's.
        optional account: AccountPath,
        /// Of this kind alone, such as signed_in.
        optional kind: Line<1, 64>,
        /// By this person, or about them.
        optional user: UserId,
        /// Before this time.
        optional until: Timestamp,
        /// How many at most. Default: 50.
        optional limit: Whole<1, 200>,
        /// From the answer to the page before, `next`.
        optional cursor: Line<1, 300>,
    }
}

record! {
    /// A line of the audit log. Nothing personal is in it.
    Event {
        /// Its identity.
        id: EventId,
        /// When.
        at: Timestamp,
        /// Whose log it stands in; null: the deployment's.
        account: Option<AccountId>,
        /// Who did it: a word, or an object with one key.
        actor: Value,
        /// What happened, such as signed_in.
        kind: String,
        /// What else it says: ids, names of settings and codes.
        detail: Value,
    }
}

fn shown(line: AuditLine) -> Event {
    Event {
        id: line.event.id,
        at: line.event.at,
        account: line.event.account,
        actor: serde_json::to_value(&line.event.actor).unwrap_or_default(),
        kind: line.kind,
        detail: serde_json::from_str(&line.detail).unwrap_or_default(),
    }
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let query: Lines = call.query()?;
    let kind = query.kind.map(|kind| kind.0).unwrap_or_default();
    if !kind.is_empty() && !is_kind(&kind) {
        return Err(Refusal::cannot(
            "query.kind",
            format!("{kind:?}"),
            "lower-case letters, digits and _, such as signed_in",
        ));
    }
    let wanted = AuditQuery {
        account: query.account,
        kind,
        user: query.user,
        until: query.until,
        before: cursor::<EventId>(query.cursor.as_ref().map(|it| it.0.as_str()))?,
    };
    let found = console::audit(call.ctx(), call.viewer(), &wanted).await?;
    Ok(page(found.lines.into_iter().map(shown), found.next.map(|next| next.to_string())))
}
