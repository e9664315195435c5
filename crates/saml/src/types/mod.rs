//! The vocabulary of SAML 2.0 as types: what the standard names, with the standard's spelling.
//!
//! A type that has a constructor holds only what that constructor lets through. A type with public fields is
//! a plain record of what a message said.

mod attribute;
mod boolean;
mod id;
mod name_id;
pub mod ns;
mod uri;
mod url;

pub use attribute::{Attribute, AttributeValue, Attributes};
pub use boolean::NotABoolean;
pub(crate) use boolean::boolean;
pub use id::{EntityId, EntityIdError, MessageId, MessageIdError, RequestId, SessionIndex, SessionIndexError};
pub(crate) use name_id::write_qualifiers;
pub use name_id::{NameId, NameIdFormat};
pub use uri::{AttributeNameFormat, AuthnContextClassRef, Binding, ConfirmationMethod, Status, StatusCode};
pub use url::{AcsUrl, EndpointUrl, LoopbackHttp, UrlError};
