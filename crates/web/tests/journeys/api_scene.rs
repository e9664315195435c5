//! What stories of the admin API share: programs with keys, and the description that each answer is held against.

use std::sync::LazyLock;

use http::StatusCode;
use serde_json::{Value, json};
use vestibule_domain::account::AccountPath;
use vestibule_domain::api::ApiAccess;
use vestibule_domain::event::Actor;
use vestibule_domain::user::ConsoleRole;
use vestibule_journeys::api::{self, NewKey};

use crate::support::{BASE, World};

static DESCRIPTION: LazyLock<Value> = LazyLock::new(vestibule_web::api::description);

/// A program with a key.
pub(crate) struct Program<'w> {
    pub(crate) world: &'w World,
    pub(crate) secret: String,
    /// From where it comes; none: from nowhere that is counted.
    pub(crate) address: Option<std::net::IpAddr>,
}

/// What a program is answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Value,
    text: String,
}

/// A program with a key of an account, by its path; empty for the platform.
pub(crate) async fn program<'w>(world: &'w World, account: &str, role: ConsoleRole, access: ApiAccess) -> Program<'w> {
    let account = AccountPath::parse(account).unwrap();
    let new = NewKey { account, name: "test".to_owned(), role, access, days: None };
    let made = api::create(&world.ctx(), new, Actor::CommandLine).await.unwrap();
    Program::with(world, &made.secret)
}

/// A program that may do everything.
pub(crate) async fn operator(world: &World) -> Program<'_> {
    program(world, "", ConsoleRole::Operator, ApiAccess::Trust).await
}

impl<'w> Program<'w> {
    /// One with this secret.
    pub(crate) fn with(world: &'w World, secret: &str) -> Self {
        Self { world, secret: secret.to_owned(), address: None }
    }

    /// Asks, and holds the answer against the description.
    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let text = body.map(Value::to_string).unwrap_or_default();
        let json = [("content-type", "application/json")];
        let headers: Vec<_> = headers.iter().copied().chain(json.into_iter().filter(|_| body.is_some())).collect();
        self.raw(method, path, &headers, text).await
    }

    /// The same with any body.
    pub(crate) async fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let bearer = format!("Bearer {}", self.secret);
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend(headers);
        let url = format!("{BASE}/api/v1{path}");
        let mut browser = self.world.browser();
        browser.address = self.address;
        let seen = browser.raw(&method.to_uppercase(), &url, &all, body).await;
        let read = serde_json::from_str(&seen.body).unwrap_or_default();
        let answer = Answer { status: seen.status, headers: seen.headers, body: read, text: seen.body };
        answer.hold_against_description(method, path);
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("get", path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("post", path, &[], Some(body)).await
    }

    /// Of what there is.
    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask("patch", path, &[("if-match", "*")], Some(body)).await
    }
}

impl Answer {
    /// With this status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// Refused with this status, as a problem of this kind.
    #[track_caller]
    pub(crate) fn refused_as(self, status: u16, kind: &str) -> Self {
        let answer = self.is(status);
        assert_eq!(answer.text("type"), format!("urn:problem-type:vestibule:{kind}"), "{}", answer.text);
        answer
    }

    /// The fields that are wrong.
    pub(crate) fn fields(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn items(&self) -> &Vec<Value> {
        self.body["items"].as_array().unwrap()
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        self.body[key].as_str().unwrap_or_else(|| panic!("no {key}: {}", self.text))
    }

    #[track_caller]
    fn hold_against_description(&self, method: &str, path: &str) {
        let path = path.split('?').next().unwrap();
        let Some(operation) = operation(method, path) else { return };
        let status = self.status.as_u16().to_string();
        let described = &operation["responses"][&status];
        assert!(described.is_object(), "{method} {path}: {status} is not described: {}", self.text);
        let is_shared = described["$ref"].is_string();
        let described = if is_shared { &DESCRIPTION["components"]["responses"][&status] } else { described };
        let Some(content) = described["content"].as_object() else {
            assert_eq!(self.text, "", "{method} {path}: {status} has no body");
            return;
        };
        let (kind, schema) = content.iter().next().unwrap();
        assert_eq!(self.header("content-type"), kind, "{method} {path}");
        let mut wrong = Vec::new();
        check(&schema["schema"], &self.body, "", &mut wrong);
        assert_eq!(wrong, Vec::<String>::new(), "{method} {path}: {}", self.text);
        for name in described["headers"].as_object().into_iter().flat_map(|it| it.keys()) {
            assert!(self.headers.contains_key(name), "{method} {path}: no {name}");
        }
        for (name, value) in [("cache-control", "no-store"), ("x-content-type-options", "nosniff")] {
            assert_eq!(self.header(name), value, "{method} {path}");
        }
    }
}

/// The operation of an address.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let wanted: Vec<&str> = path.split('/').collect();
    let paths = DESCRIPTION["paths"].as_object().unwrap();
    let fits = |described: &&String| {
        let parts: Vec<&str> = described.strip_prefix("/api/v1").unwrap().split('/').collect();
        parts.len() == wanted.len()
            && parts.iter().zip(&wanted).all(|(part, wanted)| part.starts_with('{') || part == wanted)
    };
    let found = paths.keys().find(fits)?;
    paths[found].get(method)
}

/// Judges a value by a schema of the description, apart from what wrote it.
fn check(schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/components/schemas/").unwrap();
        return check(&DESCRIPTION["components"]["schemas"][name], value, at, wrong);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let fits = |one: &Value| {
            let mut of_one = Vec::new();
            check(one, value, at, &mut of_one);
            of_one.is_empty()
        };
        if !any.iter().any(fits) {
            wrong.push(format!("{at}: {value} fits none of {any:?}"));
        }
        return;
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    let fits = |kind: &&str| match *kind {
        "string" => value.is_string(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => false,
    };
    if !kinds.iter().any(fits) {
        return wrong.push(format!("{at}: {value} is no {kinds:?}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        wrong.push(format!("{at}: {value} is none of {words:?}"));
    }
    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
        check(&schema["items"], item, &format!("{at}[{place}]"), wrong);
    }
    let Some(map) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !map.contains_key(name) {
            wrong.push(format!("{at}.{name} is missing"));
        }
    }
    for (name, value) in map {
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => wrong.push(format!("{at}.{name} is not described")),
            (Value::Null, more) => check(more, value, &format!("{at}.{name}"), wrong),
            (property, _) => check(property, value, &format!("{at}.{name}"), wrong),
        }
    }
}

/// An empty body.
pub(crate) fn nothing() -> Value {
    json!({})
}
