//! Responses that must be refused, one file for each family of attacks.

mod algorithms;
mod encryption;
mod exchange;
mod exhaustion;
mod parties;
mod references;
mod signature;
mod structure;
mod times;
mod transforms;
mod values;
mod wrapping;
mod xml;

use crate::case::Case;
use crate::entra::Entra;
use crate::text::swap;

/// All of them.
pub fn cases() -> Vec<Case> {
    let families: [fn() -> Vec<Case>; 13] = [
        wrapping::cases,
        signature::cases,
        references::cases,
        values::cases,
        xml::cases,
        transforms::cases,
        algorithms::cases,
        encryption::cases,
        times::cases,
        exchange::cases,
        structure::cases,
        parties::cases,
        exhaustion::cases,
    ];
    families.into_iter().flat_map(|family| family()).collect()
}

/// Who the attacker wants to be.
const ADMIN: &str = "admin@example.com";

/// The attacker's own genuine message: assertion signed by the identity provider.
fn genuine() -> String {
    Entra::default().signed()
}

/// The same with the response signed.
fn genuine_response() -> String {
    Entra::default().response_signed()
}

/// An assertion that nobody signed, for somebody else, with an ID of its own.
fn evil() -> String {
    evil_with_id("_00000000-0000-4000-8000-000000000bad")
}

fn evil_with_id(id: &str) -> String {
    let assertion = Entra::with(|e| e.name_id = format!("<NameID>{ADMIN}</NameID>")).assertion();
    swap(&assertion, &format!("ID=\"{}\"", crate::entra::ASSERTION_ID), &format!("ID=\"{id}\""))
}
