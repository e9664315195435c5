//! A16 and A17: which request is answered, and who may bring the answer. Every message here is really signed.

use crate::case::{Case, Pending};
use crate::entra::{ASSERTION_ID, Entra, RESPONSE_ID};
use crate::forge::genuine;
use crate::text::swap;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = requests();
    cases.extend(confirmations());
    cases
}

fn changed(name: &str, code: &'static str, attacks: &[&'static str], about: &str, change: fn(&mut Entra)) -> Case {
    Case::refuse(name, code, attacks, about, Entra::with(change).signed())
}

fn requests() -> Vec<Case> {
    let none = |e: &mut Entra| {
        e.in_response_to = None;
        e.confirmation_in_response_to = None;
    };
    vec![
        changed("in-response-to-other", "in_response_to_mismatch", &["A16.1"], "The answer to another request", |e| {
            e.in_response_to = Some("_00000000000000000000000000000001".into());
            e.confirmation_in_response_to = Some("_00000000000000000000000000000001".into());
        }),
        changed(
            "in-response-to-other-in-the-response",
            "in_response_to_mismatch",
            &["A16.1"],
            "The response says another request than the assertion",
            |e| {
                e.in_response_to = Some("_00000000000000000000000000000001".into());
            },
        ),
        changed(
            "in-response-to-missing",
            "in_response_to_missing",
            &["A16.2"],
            "A request is pending, the message answers none",
            none,
        ),
        changed(
            "in-response-to-in-the-response-only",
            "in_response_to_missing",
            &["A16.2"],
            "Only the unsigned Response says which request it answers",
            |e| {
                e.confirmation_in_response_to = None;
            },
        ),
        changed("unsolicited", "unsolicited", &["A16.3"], "No request is pending, and none need not be", none)
            .when(|s| s.pending = Pending::NoRequest),
        Case::refuse(
            "unsolicited-answer",
            "unsolicited",
            &["A16.3"],
            "No request is pending; the message answers one",
            genuine(),
        )
        .when(|s| s.pending = Pending::NoRequest),
        Case::refuse(
            "unsolicited-with-in-response-to",
            "unsolicited_with_in_response_to",
            &["A16.3"],
            "Unsolicited responses are accepted, but this one answers a request",
            genuine(),
        )
        .when(|s| s.pending = Pending::Unsolicited),
        changed(
            "unsolicited-with-in-response-to-in-the-response",
            "unsolicited_with_in_response_to",
            &["A16.3"],
            "Unsolicited responses are accepted, but this one's unsigned Response answers a request",
            |e| e.confirmation_in_response_to = None,
        )
        .when(|s| s.pending = Pending::Unsolicited),
        Case::refuse("replayed", "replayed", &["A16.4"], "The assertion was used before", genuine())
            .when(|s| s.used_assertions = vec![ASSERTION_ID]),
        Case::refuse(
            "replayed-in-a-new-envelope",
            "replayed",
            &["A16.4"],
            "The assertion was used before; the Response around it is new",
            swap(&genuine(), RESPONSE_ID, "_00000000-0000-4000-8000-0000000000ae"),
        )
        .when(|s| s.used_assertions = vec![ASSERTION_ID]),
    ]
}

fn confirmations() -> Vec<Case> {
    let method = |name: &str, attack: &'static str, about: &str, method: &str| {
        let xml = Entra::with(|e| e.method = method.into()).signed();
        Case::refuse(name, "no_bearer_confirmation", &[attack], about, xml)
    };
    let right = Entra::default();
    let elsewhere = Entra::with(|e| e.recipient = Some("https://other.example/acs".into())).confirmation();
    let expired = Entra::with(|e| e.confirmation_not_on_or_after = Some("2026-03-02T09:50:00Z".into())).confirmation();
    let both = Entra::with(|e| e.confirmations = Some(format!("{elsewhere}{expired}"))).signed();
    let key_and_bearer = {
        let holder = swap(&right.confirmation(), "cm:bearer", "cm:holder-of-key");
        Entra::with(|e| e.confirmations = Some(format!("{holder}{elsewhere}"))).signed()
    };
    vec![
        method(
            "confirmation-holder-of-key",
            "A17.1",
            "Only holder-of-key",
            "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key",
        ),
        method(
            "confirmation-sender-vouches",
            "A17.2",
            "Only sender-vouches",
            "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches",
        ),
        method("confirmation-unknown", "A17.2", "Only a method that nobody knows", "urn:example:cm:unknown"),
        method(
            "confirmation-saml-1-bearer",
            "A17.2",
            "Only the bearer method of SAML 1",
            "urn:oasis:names:tc:SAML:1.0:cm:bearer",
        ),
        changed("confirmation-none", "no_bearer_confirmation", &["A17.2"], "No confirmation at all", |e| {
            e.confirmations = Some(String::new());
        }),
        changed(
            "confirmation-without-data",
            "recipient_missing",
            &["A17.2"],
            "A bearer confirmation without data",
            |e| {
                e.confirmations =
                    Some("<SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"/>".into());
            },
        ),
        changed("confirmation-without-method", "malformed_message", &["A17.2"], "A confirmation without method", |e| {
            e.confirmations =
                Some(swap(&Entra::default().confirmation(), " Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"", ""));
        }),
        Case::refuse(
            "confirmation-only-across-two",
            "confirmation_expired",
            &["A17.3"],
            "One bearer confirmation is for another address, the other has expired",
            both,
        ),
        Case::refuse(
            "confirmation-only-across-methods",
            "recipient_mismatch",
            &["A17.3"],
            "holder-of-key fits, bearer is for another address",
            key_and_bearer,
        ),
    ]
}
