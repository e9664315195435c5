//! Signing in: from "I want in" to a session and a code for the application.
//!
//! ```text
//! begin ──▶ which connection? ──▶ write 1: attempt ──▶ identity provider
//!                                                            │ posts its answer
//! receive: one read, one pure check, write 2: verdict ◀──────┘
//!    │ 303
//! arrive: is it the same browser? who is it? may they in? ──▶ write 3: session, code ──▶ application
//! ```
//!
//! Three stories, one file each: [`begin`], [`receive`], [`arrive`]. A response that nobody asked for begins at
//! `receive` and, by the connection's policy, usually goes back to `begin`.

mod answer;
mod arrive;
mod begin;
mod decide;
mod several;
mod tested;
mod visit;

pub use answer::{Addressed, Received, at_login_url, in_circles, in_use_at, receive, unreadable};
pub(crate) use arrive::landing;
pub use arrive::{Arrived, SignedIn, arrive, session_hash, target_of};
pub use begin::begin;
pub use several::{Choosing, has_other_users};
pub use tested::{Foreseen, TestProgress, TestReport, test_progress};
pub use visit::{AskedFor, Binding, Choice, Next, OWN_AUTHENTICATOR, Page, Target, Told, Visit};
