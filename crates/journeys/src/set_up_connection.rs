//! Somebody without an account sets up a connection by a link: the customer's IT admin, who knows their portal. Whoever
//! may change connections does the same from the console.
//!
//! ```text
//! create ─▶ link ─open─▶ ours given · theirs read · who comes in ─▶ try_it ─passed─▶ switch_on ─▶ active, the link ends
//!              │                                                                        │ people are there already
//!              ▼ revoked, expired, no draft any more                                    ▼
//!            over                                                              an administrator confirms
//! ```
//!
//! What is saved goes through the planner of [`apply`](crate::apply), so its checks, warnings and lines in the audit log
//! are the same. Each write counts only while the link is good, or the connection is a draft.

mod drafts;
mod links;
mod open;
mod save;
mod switch_on;
mod try_it;

pub use drafts::{DraftOffer, NotDrafted, make_draft, offer_draft};
pub(crate) use links::list_behind;
pub use links::{
    Created, LinksPage, Listed, NewLink, NotCreated, NotLinked, NotRevoked, create, create_from_console, links_of,
    list, revoke, revoke_from_console,
};
pub use open::{Doorway, Entrance, Look, Over, Progress, SetupDomain, look, open, open_from_console};
pub(crate) use save::MAX_CLAIMS;
pub(crate) use save::loopback;
pub use save::{ADMISSIONS, Field, NotSaved, Saved, Theirs, Tools, Unfit, given, people, preset, theirs};
pub(crate) use switch_on::letter_of;
pub use switch_on::{Asked, NotConfirmed, NotSwitchedOn, SwitchedOn, asked, confirm, switch_on};
pub use try_it::{LastTest, begin_watched, last_test, try_from_console, try_it};
