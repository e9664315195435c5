//! What the Redirect binding, metadata and the check of a response promise.

mod accept;

use jiff::Timestamp;

use vestibule_saml::binding::redirect::{self, RedirectBinding};
use vestibule_saml::binding::{MAX_FOREIGN_RELAY_STATE, MAX_MESSAGE, RelayState};
use vestibule_saml::metadata::{Aggregate, IdpMetadata, Reading, SpMetadata};
use vestibule_saml::types::LoopbackHttp;

pub use accept::{ACCEPTED, accept, expectations};

/// The query of HTTP-Redirect: what is read is bounded, and what is signed are octets of the query as it was
/// received.
pub fn redirect_decode(input: &[u8]) {
    let Ok(query) = std::str::from_utf8(input) else { return };
    let Ok(message) = RedirectBinding::parse(query) else { return };
    assert!(message.xml.len() <= MAX_MESSAGE);
    assert!(message.relay_state.as_ref().is_none_or(|value| value.len() <= MAX_FOREIGN_RELAY_STATE));
    if let Some(signature) = &message.signature {
        assert!(signature.signed.starts_with(message.field.name()));
        assert!(signature.signed.split('&').all(|part| query.contains(part)), "not as received: {signature:?}");
    }
    let Ok(xml) = std::str::from_utf8(&message.xml) else { return };
    let relay_state = message.relay_state.clone().and_then(|value| RelayState::new(value).ok());
    let again = RedirectBinding::parse(&redirect::query(message.field, xml, relay_state.as_ref()));
    // A message that deflates worse by our hand than by its sender's may be too long for a query.
    if let Ok(again) = again {
        assert_eq!(again.xml, message.xml);
        assert_eq!(again.relay_state.as_deref(), relay_state.as_ref().map(RelayState::as_str));
    }
}

/// Metadata: an identity provider has what a sign-in needs; a service provider's document is read back as it
/// was written.
pub fn metadata(input: &[u8]) {
    let reading = Reading { loopback_http: LoopbackHttp::Allow, ..Reading::at(Timestamp::MIN) };
    if let Ok(idp) = IdpMetadata::parse(input, &reading) {
        assert!(idp.trusted_keys().is_ok(), "a key to trust");
        assert!(!idp.single_sign_on.is_empty(), "a place to ask");
        let aggregate = Aggregate::parse(input, &reading).expect("what is one entity is a group of one");
        assert_eq!(aggregate.only_identity_provider(), Ok(idp));
    }
    if let Ok(sp) = SpMetadata::parse(input, &reading) {
        assert!(!sp.assertion_consumer_services.is_empty(), "a place to answer");
        // What is written has milliseconds, and encryption methods only beside a key; what was written once stays.
        let written = SpMetadata::parse(sp.write().as_bytes(), &reading).expect("our own document");
        assert_eq!(SpMetadata::parse(written.write().as_bytes(), &reading), Ok(written));
    }
}
