//! Passwords beside single sign-on: signing in with one, asking for a link, setting one by it, and the first operator.
//!
//! ```text
//! sign_in: whose door is this? who has the address? ─▶ one comparison, for nobody too ─▶ one conditional write: session
//! ask: a wish is written down, for nobody too ─▶ a job: is there such a person? ─▶ a mail with a link
//! set: is the link good, the password fit? ─▶ one conditional write: password, sessions end
//! ```

mod change;
mod first_operator;
mod hasher;
mod leaked;
mod link;
mod second;
mod sign_in;
mod totp;

pub use change::{Changed, Owner, change, owner};
pub use first_operator::{create as create_first_operator, is_open, link as first_operators_link};
pub use hasher::{Busy, Hasher};
pub use leaked::{Leaked, LeakedError};
pub use link::{Opened, Set, ask, opened, set};
pub use second::{Answered, Answering, Enrolment, Second, answer, answering, has_one, remove, set_up, take_away};
pub use sign_in::{Doorway, Outcome, doorway, sign_in};
pub(crate) use totp::Secret as AuthenticatorSecret;
