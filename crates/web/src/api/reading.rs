//! What a request says, read and judged by the description before anything is done.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use http::StatusCode;
use http::header::{ACCEPT, HeaderName};
use serde_json::{Map, Value};

use super::endpoint::Endpoint;
use super::refusal::Refusal;
use super::schema::{Record, Schema, Wrong};
use crate::extract::Caller;

/// Metadata of one entity, as JSON writes it.
pub(super) const MAX_BODY: usize = 2 * 1024 * 1024;
/// The longest header that is heeded.
const MAX_HEADER: usize = 255;

/// For a request without a query, or without a body.
static NOTHING: Record = Record { name: "Nothing", about: "Nothing.", fields: &[] };

/// RFC 9110 §12.5.1, as far as it can matter for one media type.
pub(super) fn accepts(caller: &Caller) -> Result<(), Refusal> {
    let Some(accept) = caller.header(&ACCEPT) else { return Ok(()) };
    let fits = |one: &str| {
        let kind = one.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        matches!(kind.as_str(), "" | "*/*" | "application/*" | "application/json" | "application/problem+json")
    };
    if accept.split(',').any(fits) {
        return Ok(());
    }
    let (status, detail) = (StatusCode::NOT_ACCEPTABLE, "this is answered as application/json alone");
    Err(Refusal::new(status, "not-acceptable", "No such representation", detail))
}

/// What stands in the query, each value by its kind.
pub(super) fn query(endpoint: &Endpoint, caller: &Caller) -> Result<Map<String, Value>, Refusal> {
    let record = endpoint.query.unwrap_or(&NOTHING);
    let (mut map, mut wrong) = (Map::new(), Vec::new());
    for (name, text) in form_urlencoded::parse(caller.query().as_bytes()) {
        let kind = record.fields.iter().find(|field| field.name == name).map(|field| field.schema);
        let value = of_kind(kind, &text);
        if map.insert(name.to_string(), value).is_some() {
            wrong.push(Wrong::new(format!("query.{name}"), "several values", "one value"));
        }
    }
    wrong.extend(record.wrong(&map, "query"));
    if wrong.is_empty() { Ok(map) } else { Err(Refusal::malformed(wrong)) }
}

fn of_kind(kind: Option<Schema>, text: &str) -> Value {
    match (kind, text) {
        (Some(Schema::Truth), "true") => true.into(),
        (Some(Schema::Truth), "false") => false.into(),
        (Some(Schema::Number { .. }), text) if text.bytes().all(|b| b.is_ascii_digit()) => {
            text.parse::<u64>().map_or_else(|_| text.into(), Value::from)
        }
        (_, text) => text.into(),
    }
}

pub(super) fn read_body(
    endpoint: &Endpoint,
    caller: &Caller,
    body: Result<Bytes, BytesRejection>,
) -> Result<(Bytes, Map<String, Value>), Refusal> {
    let octets = body.map_err(|rejection| {
        let status = rejection.status();
        let detail = format!("the body could not be read; at most {MAX_BODY} octets are");
        Refusal::new(status, "body", "The body could not be read", detail)
    })?;
    let Some(record) = endpoint.body else {
        return if octets.is_empty() || octets.as_ref() == b"{}" {
            Ok((octets, Map::new()))
        } else {
            let wrong = Wrong::new("body", format!("{} octets", octets.len()), "no body; none is known here");
            Err(Refusal::malformed(vec![wrong]))
        };
    };
    if caller.media_type() != "application/json" {
        let detail = format!("the body is {:?}; application/json is wanted", caller.media_type());
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Refusal::new(status, "media-type", "The body is of no kind that is read", detail));
    }
    let read: Value = serde_json::from_slice(&octets).map_err(|error| {
        Refusal::malformed(vec![Wrong::new("body", format!("{} octets", octets.len()), format!("JSON: {error}"))])
    })?;
    let Value::Object(map) = read else {
        return Err(Refusal::malformed(vec![Wrong::new("body", super::schema::shown(&read), "an object")]));
    };
    let mut wrong = record.wrong(&map, "body");
    if wrong.is_empty() && has_nul(&Value::Object(map.clone())) {
        wrong.push(Wrong::new("body", "a text with the character NUL", "texts without it"));
    }
    if wrong.is_empty() { Ok((octets, map)) } else { Err(Refusal::malformed(wrong)) }
}

/// What no database keeps in a text.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// What a header says that is heeded: one that cannot be read is not passed over, or what it guards would be.
pub(super) fn heeded(caller: &Caller, name: &HeaderName, shown: &str, spaces: bool) -> Result<Option<String>, Refusal> {
    let mut values = caller.values(name);
    let Some(first) = values.next() else { return Ok(None) };
    let fits = |b: &u8| b.is_ascii_graphic() || (spaces && *b == b' ');
    let text = std::str::from_utf8(first).ok().map(str::trim);
    let read = text.filter(|it| (1..=MAX_HEADER).contains(&it.len()) && it.as_bytes().iter().all(fits));
    match (read, values.next()) {
        (Some(read), None) => Ok(Some(read.to_owned())),
        (read, _) => {
            let got = if read.is_some() { "several values" } else { "what is no such value" };
            let want = format!("one value of 1 to {MAX_HEADER} visible ASCII characters");
            Err(Refusal::malformed(vec![Wrong::new(format!("header.{shown}"), got, want)]))
        }
    }
}
