//! Complete sign-ins as a browser and an application make them, against a server on a core of its own.
//!
//! ```text
//! start    GET  /oidc/authorize          ─▶ to the identity provider      on the clock
//! sign     the identity provider's response, by a person of its own       off the clock
//! finish   POST to the ACS               ─▶ to /sign-in/{attempt}         on the clock
//!          GET  /sign-in/{attempt}       ─▶ to the application
//!          POST /oidc/token              ─▶ the ID token
//! check    state, issuer, ID token, nobody twice                          off the clock
//! ```
//!
//! What applications do with people who have signed in is measured the same way: [`visit`], [`refresh`], [`site`]. And what a
//! vendor's people look at: [`pages`].
//!
//! All sign-ins of a run are started, then signed, then finished. Each client has one connection that is kept alive,
//! and begins its next request when the last one is answered.

pub mod application;
pub mod bare;
pub mod error;
pub mod figures;
pub mod http;
pub mod identity_provider;
pub mod pages;
pub mod process;
pub mod refresh;
pub mod run;
pub mod setup;
pub mod sign_in;
pub mod site;
pub mod stub;
mod timed;
pub mod visit;
