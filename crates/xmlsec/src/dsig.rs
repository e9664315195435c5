//! XML signatures as SAML uses them: enveloped, one reference to the signed element itself.
//!
//! This is SAML's profile of XML Signature (SAML Core §5.4) with nothing beside it: no HMAC, no
//! DSA, no XSLT, XPath or base64 transform, no external or empty reference, no second reference, no
//! `Manifest`, no `Object`, and no key that comes with the message. What is not in the profile has
//! no code here and is refused by name.

mod error;
pub mod query;
mod read;
mod sign;
mod verify;

pub use error::{SignError, SignatureError};
pub use sign::{Placement, SignatureTemplate, sign};
pub use verify::{Signed, is_signed, verify};

/// Namespace of XML Signature.
pub const NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// The transform that leaves the signature itself out.
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
