//! The wire of the W3C WebDriver protocol: one session, one command at a time.

use serde_json::{Value, json};

use crate::fail;
use crate::http::{Client, Request};

/// The name under which an element's id stands in JSON (WebDriver §12.3).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What the driver refuses, by WebDriver §6.6.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub(super) struct Refused {
    /// Such as `no such element`.
    pub(super) code: String,
    pub(super) message: String,
}

impl Refused {
    /// Whether the page is merely not there yet, or was replaced under our hands.
    pub(super) fn may_pass(&self) -> bool {
        const PASSING: &[&str] = &[
            "aborted by navigation",
            "element click intercepted",
            "element not interactable",
            "invalid element state",
            "no such element",
            "no such execution context",
            "stale element reference",
            "unknown error",
        ];
        PASSING.contains(&self.code.as_str())
    }
}

#[derive(Debug)]
pub(super) struct Session {
    /// With the session's id.
    address: String,
}

impl Session {
    #[track_caller]
    pub(super) fn open(driver: &str, capabilities: &Value) -> Self {
        let answer = call("POST", &format!("{driver}/session"), Some(capabilities));
        let answer = answer.unwrap_or_else(|refused| fail(format_args!("no browser session: {refused}")));
        let id = answer["sessionId"].as_str().unwrap_or_else(|| fail(format_args!("no session id in {answer}")));
        Self { address: format!("{driver}/session/{id}") }
    }

    pub(super) fn get(&self, command: &str) -> Result<Value, Refused> {
        call("GET", &format!("{}/{command}", self.address), None)
    }

    pub(super) fn post(&self, command: &str, body: &Value) -> Result<Value, Refused> {
        call("POST", &format!("{}/{command}", self.address), Some(body))
    }

    pub(super) fn delete(&self, command: &str) -> Result<Value, Refused> {
        call("DELETE", &format!("{}/{command}", self.address), None)
    }

    /// The id of the first element that is found by `using`, such as `css selector`.
    pub(super) fn find(&self, using: &str, value: &str) -> Result<String, Refused> {
        let found = self.post("element", &json!({ "using": using, "value": value }))?;
        let id = found[ELEMENT].as_str();
        id.map(str::to_owned).ok_or_else(|| Refused { code: "no element id".to_owned(), message: found.to_string() })
    }

    /// Runs the body of a function, whose result may be a promise.
    pub(super) fn execute(&self, script: &str, arguments: &[Value]) -> Result<Value, Refused> {
        self.post("execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// A command of the Chrome DevTools Protocol.
    pub(super) fn devtools(&self, command: &str, parameters: &Value) -> Result<Value, Refused> {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// How an element stands for itself in the arguments of a script.
    pub(super) fn reference(element: &str) -> Value {
        json!({ ELEMENT: element })
    }
}

#[track_caller]
fn call(method: &str, url: &str, body: Option<&Value>) -> Result<Value, Refused> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let headers = [("Content-Type", "application/json; charset=utf-8")];
    let request = Request { method, url, headers: &headers, body: body.as_bytes(), from: None };
    let response = Client::new().send(&request);
    let response = response.unwrap_or_else(|error| fail(format_args!("ChromeDriver does not answer: {error}")));
    let mut answer: Value = serde_json::from_slice(&response.body)
        .unwrap_or_else(|_| fail(format_args!("ChromeDriver answered {}: {}", response.status, response.text())));
    let value = answer["value"].take();
    if response.status == 200 {
        return Ok(value);
    }
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Err(Refused { code: text("error"), message: text("message") })
}
