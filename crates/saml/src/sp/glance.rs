//! What a response says of itself, before anything of it is proved.

use vestibule_xmlsec::{Document, Limits};

use super::response;
use crate::types::ns;

/// What an unproven response says of where it belongs.
///
/// It may help to find a pending request, or the connection to begin anew with. Nothing in it may ever be believed:
/// what is found by it is checked whole by [`accept`](super::accept), against facts of our own.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Glance {
    /// `InResponseTo` of the response.
    pub in_response_to: Option<String>,
    /// The issuer that the response names, or else its first assertion.
    pub issuer: Option<String>,
}

impl Glance {
    /// Looks at a response; nothing is known of what is not one.
    pub fn at(xml: &[u8]) -> Self {
        let Ok(document) = Document::parse(xml, &Limits::MESSAGE) else {
            return Self::default();
        };
        let root = document.root();
        if !root.is(ns::PROTOCOL, "Response") {
            return Self::default();
        }
        let assertion = root.children().find(|child| response::is_assertion(*child));
        let issuer = [Some(root), assertion].into_iter().flatten().find_map(|element| {
            let issuer = element.children().find(|child| child.is(ns::ASSERTION, "Issuer"))?;
            issuer.text().ok().map(str::to_owned)
        });
        Self { in_response_to: root.attribute("InResponseTo").map(str::to_owned), issuer }
    }
}

impl std::fmt::Debug for Glance {
    /// What a stranger sent stays out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Glance(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESPONSE: &str = r#"<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns="urn:oasis:names:tc:SAML:2.0:assertion" InResponseTo="_1"><Assertion><Issuer>https://idp.example</Issuer></Assertion></p:Response>"#;

    #[test]
    fn a_response_says_which_request_it_answers_and_who_made_it() {
        let glance = Glance::at(RESPONSE.as_bytes());
        assert_eq!(glance.in_response_to.as_deref(), Some("_1"));
        assert_eq!(glance.issuer.as_deref(), Some("https://idp.example"));
    }

    #[test]
    fn nothing_is_known_of_what_is_no_response() {
        for xml in ["", "<a/>", &RESPONSE.replace(":protocol", ":other")] {
            assert_eq!(Glance::at(xml.as_bytes()), Glance::default());
        }
    }
}
