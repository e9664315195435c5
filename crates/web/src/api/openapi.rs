//! The description of the API (OpenAPI 3.1), made of its endpoints.

use std::collections::BTreeMap;

use axum::response::{IntoResponse as _, Response};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};
use vestibule_domain::api::ApiAccess;

use super::endpoint::{Answer, Endpoint, Verb};
use super::refusal::PROBLEM;
use super::schema::{Record, Schema};
use super::{BASE, all};
use crate::extract::Caller;

/// What stands in paths: its name, what it is, its pattern.
const PARAMETERS: [(&str, &str, &str); 11] = [
    ("account", "The account's id.", ID),
    ("connection", "The connection's id.", ID),
    ("user", "The person's id.", ID),
    ("session", "The session's id.", ID),
    ("applicant", "The applicant's id.", ID),
    ("link", "The set-up link's id.", ID),
    ("key", "The API key's id.", ID),
    ("webhook", "The webhook's name.", SLUG),
    ("application", "The application's client_id.", "^[!-~]{1,200}$"),
    ("domain", "The e-mail domain.", "^[a-z0-9.-]{1,253}$"),
    ("sha256", "The certificate's SHA-256, as it is listed.", "^[0-9A-Fa-f]{64}$"),
];
const ID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
const SLUG: &str = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";

/// The description.
pub(crate) async fn document(caller: Caller) -> Response {
    let mut response = description().to_string().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    super::serve::finished(&caller, response)
}

/// The description, as JSON.
pub fn description() -> Value {
    let mut records = BTreeMap::new();
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in all() {
        let path = paths.entry(format!("{BASE}{}", endpoint.path)).or_insert_with(|| json!({}));
        path[endpoint.verb.name()] = operation(endpoint, &mut records);
    }
    let responses = refused(&mut records);
    let mut schemas = Map::new();
    let mut seen = BTreeMap::new();
    for (name, record) in &records {
        schemas.insert((*name).to_owned(), record.document(&mut seen));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vestibule admin API",
            "version": "1",
            "description": "What the console can do, for programs. A key reaches the account that it was made for and \
                            those below it; what lies beyond is not found. 400: the request does not fit this \
                            description. 422: it does, and what it wants cannot be. Unknown keys and parameters are \
                            refused. Of what is personal a key without sight of it gets null.",
            "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "key": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of `vestibule api-key create` (vst_…), or an access token that an application \
                                    with `api` got for itself (client_credentials) with one of the scopes \
                                    vestibule.read, vestibule.write and vestibule.trust.",
                },
            },
        },
    })
}

fn operation(endpoint: &Endpoint, records: &mut BTreeMap<&'static str, &'static Record>) -> Value {
    let access = match endpoint.needs {
        ApiAccess::Read => "Access: read.",
        ApiAccess::Write => "Access: write.",
        ApiAccess::Trust => "Access: trust.",
    };
    let mut operation = json!({
        "operationId": endpoint.id,
        "tags": [endpoint.path.split('/').nth(1).unwrap_or_default()],
        "summary": endpoint.about,
        "description": access,
        "parameters": parameters(endpoint, records),
        "responses": responses(endpoint, records),
    });
    if let Some(body) = endpoint.body {
        let schema = Schema::Record(body).document(records);
        operation["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    operation
}

fn parameters(endpoint: &Endpoint, records: &mut BTreeMap<&'static str, &'static Record>) -> Vec<Value> {
    let mut parameters = Vec::new();
    for name in endpoint.parameters() {
        let (_, about, pattern) = PARAMETERS.into_iter().find(|(known, ..)| *known == name).unwrap_or((name, "", ""));
        parameters.push(json!({
            "name": name, "in": "path", "required": true, "description": about,
            "schema": { "type": "string", "pattern": pattern },
        }));
    }
    for field in endpoint.query.into_iter().flat_map(|query| query.fields) {
        parameters.push(json!({
            "name": field.name, "in": "query", "required": field.is_required, "description": field.about.trim(),
            "schema": field.schema.document(records),
        }));
    }
    let (key, tags) = ("^[!-~]+$", "^[!-~]([ -~]*[!-~])?$");
    let mut header = |name: &str, about: &str, is_required: bool, pattern: &str| {
        parameters.push(json!({
            "name": name, "in": "header", "required": is_required, "description": about,
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": pattern },
        }));
    };
    if endpoint.verb == Verb::Post {
        header(
            "Idempotency-Key",
            "For 24 h a request that comes again with this key is answered as the first.",
            false,
            key,
        );
    }
    if endpoint.shows.is_some() {
        let is_required = endpoint.verb == Verb::Patch;
        header(
            "If-Match",
            "The ETag of what was read, or *: where it was changed since, nothing is done.",
            is_required,
            tags,
        );
    }
    if super::serve::has_etag(endpoint.answer) && endpoint.verb == Verb::Get {
        header("If-None-Match", "An ETag: where it is still that, the answer is 304.", false, tags);
    }
    parameters
}

fn responses(endpoint: &Endpoint, records: &mut BTreeMap<&'static str, &'static Record>) -> Value {
    let text = json!({ "schema": { "type": "string" } });
    let json_of = |schema: Value| json!({ "application/json": { "schema": schema } });
    let mut responses = Map::new();
    match endpoint.answer {
        Answer::One(schema) => {
            let content = json_of(schema.document(records));
            let ok = json!({ "description": "It.", "headers": { "ETag": text }, "content": content });
            responses.insert("200".to_owned(), ok);
            if endpoint.verb == Verb::Get {
                let known = json!({ "description": "It is as If-None-Match says.", "headers": { "ETag": text } });
                responses.insert("304".to_owned(), known);
            }
        }
        Answer::Page(schema) => {
            let page = json!({
                "type": "object",
                "properties": {
                    "items": { "type": "array", "items": schema.document(records) },
                    "next": {
                        "type": ["string", "null"],
                        "description": "The cursor of the next page; null: this is the last. It stands in Link, too.",
                    },
                },
                "required": ["items", "next"],
                "additionalProperties": false,
            });
            let ok = json!({ "description": "A page.", "content": json_of(page) });
            responses.insert("200".to_owned(), ok);
        }
        Answer::Made(schema) => {
            let headers = json!({ "Location": text, "ETag": text });
            let content = json_of(schema.document(records));
            let made = json!({ "description": "What was made.", "headers": headers, "content": content });
            responses.insert("201".to_owned(), made);
        }
        Answer::Nothing => {
            responses.insert("204".to_owned(), json!({ "description": "It is done." }));
        }
    }
    let links = super::links::links(endpoint);
    let answer = responses.values_mut().next().and_then(Value::as_object_mut).filter(|_| !links.is_empty());
    if let Some(answer) = answer {
        answer.insert("links".to_owned(), Value::Object(links));
    }
    for status in refusals(endpoint) {
        responses.insert(status.to_owned(), json!({ "$ref": format!("#/components/responses/{status}") }));
    }
    Value::Object(responses)
}

/// What may be refused, by status.
const REFUSALS: [(&str, &str); 13] = [
    ("400", "The request does not fit this description."),
    ("401", "There is no key, or it is none that is good."),
    ("403", "The key, or its role, does not go so far."),
    ("404", "It is not there, or beyond the reach of the key."),
    ("406", "There is no such representation."),
    ("409", "As things are now it cannot be done."),
    ("412", "It was changed since it was read."),
    ("413", "The body is too long."),
    ("415", "The body is no application/json."),
    ("422", "It fits this description, and cannot be."),
    ("428", "If-Match is wanted."),
    ("429", "Too many requests; see Retry-After."),
    ("503", "Not available for the moment; see Retry-After."),
];

fn refused(records: &mut BTreeMap<&'static str, &'static Record>) -> Map<String, Value> {
    let problem = json!({ "application/problem+json": { "schema": Schema::Record(&PROBLEM).document(records) } });
    let of = |(status, about): (&str, &str)| {
        let mut refused = json!({ "description": about, "content": problem });
        let header = match status {
            "401" => "WWW-Authenticate",
            "429" | "503" => "Retry-After",
            _ => return (status.to_owned(), refused),
        };
        refused["headers"] = json!({ header: { "schema": { "type": "string" } } });
        (status.to_owned(), refused)
    };
    REFUSALS.into_iter().map(of).collect()
}

fn refusals(endpoint: &Endpoint) -> Vec<&'static str> {
    let mut refusals = vec!["400", "401", "403", "404", "406", "422", "429", "503"];
    if endpoint.verb != Verb::Get {
        refusals.extend(["409", "413"]);
    }
    if endpoint.body.is_some() {
        refusals.push("415");
    }
    if endpoint.shows.is_some() {
        refusals.extend(["412", "428"]);
    }
    refusals
}
