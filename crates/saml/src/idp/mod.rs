//! The identity provider's side: read and check an `AuthnRequest`, answer it as Microsoft Entra ID does.
//!
//! It serves the double of Entra that the tests run against, and the role of Vestibule as an identity
//! provider. It shares no code path with the checks of [`sp`](crate::sp): what one side writes wrongly, the
//! other is to notice.

mod answer;
pub mod claims;
mod request;

pub(crate) use answer::write_status;
pub use answer::{About, Answer, AnswerError, Encrypt, Encrypted, Failure, Signing};
pub use request::{
    AuthnRequest, Comparison, DestinationRule, NameIdPolicy, Opening, RequestExpectation, RequestRefusal,
    RequestSignature, RequestedAuthnContext,
};
