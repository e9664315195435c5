//! The service provider's side: asking for an authentication and judging the answer.
//!
//! [`accept`] is the heart of the product: from octets, an [`Expectation`] and a time to a
//! [`Verdict`], with a [`Report`] of every [`Step`]. Read `accept.rs` first; it lists the checks.

mod accept;
mod assertion;
mod bearer;
mod decryption;
pub mod entra;
mod evidence;
mod expectation;
mod glance;
mod identity;
mod reason;
mod report;
pub mod request;
mod response;
mod rules;
mod step;

pub use accept::{Verdict, accept, accept_post};
pub use expectation::{
    Expectation, Expected, ExpiredCertificate, IdpTrust, NoUsableCertificate, RequireSigned, SigningCertificate,
    SpIdentity,
};
pub use glance::Glance;
pub use identity::{AcceptedAssertion, Replay};
pub use reason::Reason;
pub use report::{Outcome, Refusal, Report, StepReport};
pub use step::{Party, Step};
