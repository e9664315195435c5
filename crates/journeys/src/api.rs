//! Programs at the admin API: who they are, and what they asked before.
//!
//! ```text
//! enter: a key, or an application's token ─▶ a viewer like a person's ─▶ console, apply, waiting … as for a person
//! begin: came this request before? ─▶ carry out ─▶ keep: what was answered, sealed, for a day
//! ```
//!
//! A program acts as nobody's user: the audit log names the key or the application, and where a person would be named the
//! key's own id stands, which is no person's.

mod answers;
mod change;
mod connection;
mod enter;
mod keys;
mod method;
mod people;
mod remove;

pub use answers::{Answers, Kept, Tried};
pub use change::{AccountChange, NotSet, change_account, create_account, path_of, reaches};
pub use connection::{ConnectionSet, MetadataFrom, change_connection, create_connection};
pub use enter::{NotEntered, Program, enter};
pub use keys::{Keys, ListedKey, Made, NewKey, NotMade, create, create_for, key, keys_of, list, revoke, rotate};
pub use method::{SignInSet, set_sign_in};
pub use people::{
    NewUser, OwnDomain, WebhookSet, claim_domain, create_user, domain, domains, give_back_domain, sees_who_waits,
    set_webhook, setup_link, setup_links, unlink,
};
pub use remove::{NotRemoved, erase_user, remove_application, remove_connection, remove_webhook};
