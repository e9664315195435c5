use thiserror::Error;
use vestibule_xmlsec::Element;

/// An attribute that must be an xs:boolean and is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{attribute} is {got:?}; true or false is wanted")]
pub struct NotABoolean {
    /// Which attribute.
    pub attribute: &'static str,
    /// Its value.
    pub got: String,
}

/// An attribute of type xs:boolean: `true`, `1`, `false`, `0`. Absent is false, which is what SAML says of
/// each of its own.
pub(crate) fn boolean(element: Element<'_>, attribute: &'static str) -> Result<bool, NotABoolean> {
    match element.attribute(attribute) {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(got) => Err(NotABoolean { attribute, got: got.to_owned() }),
    }
}
