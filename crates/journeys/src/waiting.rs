//! The waiting room: somebody is not let in yet, and somebody else decides.
//!
//! ```text
//! … sign_in::arrive ─▶ wait: one write, the attempt ends, no session ─▶ a page that says what happens next
//!                                   │ mail
//! list ─▶ look ─▶ decide: one conditional write with user, link, grants and audit ─▶ mail ─▶ they sign in
//! ask_for: the same for somebody who was not here yet
//! ```
//!
//! Every page asks [`permission::may`](vestibule_domain::permission::may). What lies beyond somebody's reach is
//! [`Problem::NotFound`](crate::Problem::NotFound), as what does not exist.

mod ask;
mod decide;
mod example;
mod letters;
mod list;
pub(crate) mod mail;
mod room;
mod who;

pub use ask::{Asking, Form, NotAsked, ask_for, form};
pub use decide::{Decided, NotDecided, Verdict, decide};
pub(crate) use example::letter_of;
pub use list::{Detail, List, ListQuery, May, Named, PAGE, in_store, list, look, merge_target};
pub use room::WaitingRoom;
pub(crate) use room::{WAITING, came, room, wait};
pub use vestibule_store::tx::{ApplicantOrder, WaitingPlace};
pub use who::{Comes, Who, who};
