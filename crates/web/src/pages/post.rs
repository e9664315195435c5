//! The form that carries a message to the identity provider by HTTP-POST (Bindings §3.5).

use askama::Template;

use crate::page::{Frame, Page, put};
use crate::security::FormAction;

/// Posts a message to an identity provider: at once with script, by a visible button without.
#[derive(Clone, PartialEq, Eq)]
pub struct PostToIdp {
    /// The address; of http or https, otherwise the policy lets the form lead nowhere.
    pub destination: String,
    /// The form's fields in order: `SAMLRequest`, `RelayState`.
    pub fields: Vec<(String, String)>,
    /// The identity provider's name for people, such as "Microsoft".
    pub idp: String,
}

/// Without the message.
impl std::fmt::Debug for PostToIdp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostToIdp").field("destination", &self.destination).finish_non_exhaustive()
    }
}

#[derive(Template)]
#[template(path = "post.html")]
struct Html<'a> {
    page: &'a PostToIdp,
    frame: &'a Frame<'a>,
}

impl Page for PostToIdp {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::To(&self.destination)
    }
}
