//! Where an answer leads (OpenAPI 3.1 §4.8.20): what was made is the one that other endpoints are about. Found in the
//! declarations themselves: an endpoint below another one's path takes what the answer names.

use serde_json::{Map, Value, json};

use super::all;
use super::endpoint::{Answer, Endpoint, Verb};
use super::schema::{Record, Schema};

/// Links of an answer, by the names of the endpoints to which they lead.
pub(super) fn links(endpoint: &Endpoint) -> Map<String, Value> {
    let Some((record, at)) = answered(endpoint) else { return Map::new() };
    let leads = all().filter(|target| target.id != endpoint.id && may_follow(endpoint, target));
    leads
        .filter_map(|target| {
            let parameters = parameters(endpoint, record, at, target)?;
            (!parameters.is_empty())
                .then(|| (target.id.to_owned(), json!({ "operationId": target.id, "parameters": parameters })))
        })
        .collect()
}

/// What is answered, and where one of it stands.
fn answered(endpoint: &Endpoint) -> Option<(&'static Record, &'static str)> {
    match endpoint.answer {
        Answer::Made(Schema::Record(record)) => Some((record, "")),
        Answer::One(Schema::Record(record)) if endpoint.verb == Verb::Put => Some((record, "")),
        Answer::Page(Schema::Record(record)) => Some((record, "/items/0")),
        _ => None,
    }
}

/// What is made may be used in any way; of a list, which has what others made, something is looked at.
fn may_follow(endpoint: &Endpoint, target: &Endpoint) -> bool {
    !matches!(endpoint.answer, Answer::Page(_)) || target.verb == Verb::Get
}

/// Where each name of a path is to be had, unless one is nowhere.
fn parameters(endpoint: &Endpoint, record: &Record, at: &str, target: &Endpoint) -> Option<Map<String, Value>> {
    let rest = target.path.strip_prefix(endpoint.path)?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    let own = endpoint.parameters().into_iter();
    let mut found: Map<String, Value> =
        own.map(|name| (name.to_owned(), format!("$request.path.{name}").into())).collect();
    let mut before: Option<&str> = None;
    for part in rest.split('/').skip(1) {
        let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        if let Some(name) = name {
            let pointer = match before {
                // Right below: the one that is answered.
                None => format!("{at}/{}", named(record, name)?),
                // One of a list that it has, by the name of that list.
                Some(list) => format!("{at}/{list}/0/{}", named(list_of(record, list)?, name)?),
            };
            found.insert(name.to_owned(), format!("$response.body#{pointer}").into());
        }
        before = Some(part);
    }
    Some(found)
}

/// The key of an object that stands in a path under this name.
fn named(record: &Record, name: &str) -> Option<&'static str> {
    let key = |wanted: &str| record.fields.iter().map(|field| field.name).find(|field| *field == wanted);
    key(name).or_else(|| key("id"))
}

/// What a list of an object holds.
fn list_of(record: &Record, list: &str) -> Option<&'static Record> {
    match record.fields.iter().find(|field| field.name == list)?.schema {
        Schema::List { of: Schema::Record(of), .. } => Some(*of),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(id: &str) -> Map<String, Value> {
        links(all().find(|endpoint| endpoint.id == id).unwrap())
    }

    /// What is made can be read, used and taken away by what its answer says.
    #[test]
    fn what_is_made_leads_to_what_is_done_with_it() {
        let user = from("createUser");
        assert_eq!(
            user["suspendUser"],
            json!({
                "operationId": "suspendUser", "parameters": { "user": "$response.body#/id" },
            })
        );
        assert_eq!(
            user["unlinkIdentities"]["parameters"],
            json!({
                "user": "$response.body#/id", "connection": "$response.body#/identities/0/connection",
            })
        );
        assert!(!user.contains_key("endSession"), "nothing of it says which");
        let connection = from("createConnection");
        assert_eq!(connection["removeCertificate"]["parameters"]["sha256"], "$response.body#/certificates/0/sha256");
        assert_eq!(from("claimDomain")["giveBackDomain"]["parameters"]["domain"], "$response.body#/domain");
        assert_eq!(from("setWebhook")["testWebhook"]["parameters"]["webhook"], "$request.path.webhook");
        assert!(from("createSetupLink").contains_key("revokeSetupLink"));
        assert!(from("createApiKey").contains_key("revokeApiKey"));
        assert!(from("createAccount").contains_key("changeAccount"));
    }

    /// A list has what others made: following it changes nothing.
    #[test]
    fn a_list_leads_to_reading_alone() {
        assert_eq!(from("listWaiting")["readWaiting"]["parameters"]["applicant"], "$response.body#/items/0/id");
        for endpoint in all().filter(|endpoint| matches!(endpoint.answer, Answer::Page(_))) {
            for target in links(endpoint).keys() {
                let target = all().find(|it| it.id == target.as_str()).unwrap();
                assert_eq!(target.verb, Verb::Get, "{} leads to {}", endpoint.id, target.id);
            }
        }
    }

    /// What no answer leads to is asked by chance alone, and found never: only what comes from without.
    #[test]
    fn nearly_every_endpoint_about_one_thing_is_led_to() {
        let led: std::collections::BTreeSet<String> =
            all().flat_map(|endpoint| links(endpoint).into_iter().map(|(id, _)| id)).collect();
        let alone: Vec<&str> =
            all().filter(|it| !it.parameters().is_empty() && !led.contains(it.id)).map(|it| it.id).collect();
        assert_eq!(alone, ["deleteApplication", "endSession", "approve", "merge", "refuse", "setWebhook"]);
    }
}
