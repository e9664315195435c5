//! Single logout: `LogoutRequest` and `LogoutResponse`, both ways (SAML Core §3.7, SAML Profiles §4.4).
//!
//! A logout message is taken only with a signature that holds, over the query as it was received for
//! HTTP-Redirect, enveloped for HTTP-POST (A26.1). Entra's habits: it speaks Redirect only (E-37),
//! percent-encodes in lower case (E-38), wants a NameID whatever it says (E-39), names people by another
//! identifier than at sign-in (E-40), and signs its logout messages with another issuer than its assertions
//! (E-5).

mod check;
mod request;
mod response;

pub use check::{LogoutExpectation, LogoutRefusal};
pub use request::{LogoutRequest, MAX_AGE};
pub use response::{LogoutOutcome, LogoutResponse};
