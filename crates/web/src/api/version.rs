//! Versions of what is shown: the tag of each, and whether what is to be changed is as whoever asks believes.

use aws_lc_rs::digest::{SHA256, digest};
use http::StatusCode;
use http::header::IF_MATCH;
use serde_json::Value;

use super::call::{Call, Held, Reply};
use super::endpoint::{Endpoint, Verb};
use super::reading::heeded;
use super::refusal::Refusal;
use super::schema::Wrong;

/// Whether what is to be changed is what whoever asks believes it to be (RFC 9110 §13.1.1).
pub(super) async fn precondition(endpoint: &'static Endpoint, call: &mut Call) -> Result<(), Refusal> {
    let given = heeded(&call.caller, &IF_MATCH, "If-Match", true)?;
    let Some(shows) = endpoint.shows else {
        // A condition that nothing is compared with does not hold: what would be done is done without one.
        let uncompared = given.filter(|given| endpoint.verb != Verb::Get && given != "*");
        let wrong = |given| Wrong::new("header.If-Match", given, "no If-Match: there is no version to compare it with");
        return uncompared.map_or(Ok(()), |given| Err(Refusal::malformed(vec![wrong(given)])));
    };
    let is_whole = matches!(endpoint.verb, Verb::Patch | Verb::Put);
    match given.as_deref() {
        None if !is_whole => return Ok(()),
        Some("*") => {
            return match shows(call.clone()).await {
                Ok(_) => Ok(()),
                Err(refusal) if refusal.status == StatusCode::NOT_FOUND && endpoint.verb == Verb::Put => {
                    Err(Refusal::changed("*", "nothing is there"))
                }
                Err(refusal) => Err(refusal),
            };
        }
        _ => {}
    }
    // Before it is read: what changes it from here on changes this too.
    let version = call.ctx().store.read(|tx| Box::pin(async move { tx.deployment_version().await })).await;
    let version = version.map_err(vestibule_journeys::Problem::from)?;
    let now = match shows(call.clone()).await {
        Ok(Reply::One(value)) => etag(&value),
        // What is not there is made.
        Err(refusal) if refusal.status == StatusCode::NOT_FOUND && endpoint.verb == Verb::Put => {
            return given.map_or(Ok(()), |given| Err(Refusal::changed(&given, "nothing is there")));
        }
        Err(refusal) => return Err(refusal),
        Ok(_) => return Ok(()),
    };
    let Some(given) = given else { return Err(Refusal::no_precondition(&now)) };
    if !names(&given, &now) {
        return Err(Refusal::changed(&given, &now));
    }
    call.held = Some(Held { settings: version, tags: given });
    Ok(())
}

/// Whether a list of tags has this one.
pub(super) fn names(list: &str, tag: &str) -> bool {
    list.trim() == "*" || list.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
}

pub(super) fn etag(value: &Value) -> String {
    let hash = digest(&SHA256, value.to_string().as_bytes());
    let digits: String = hash.as_ref().iter().take(16).map(|octet| format!("{octet:02x}")).collect();
    format!("\"{digits}\"")
}
