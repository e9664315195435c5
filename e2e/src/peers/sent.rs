//! What a browser has sent, with the cookies that went along: seen where it leaves, after all rules were applied.

use std::collections::BTreeMap;

use serde_json::Value;

use super::chromium::Browser;

/// A request as it left the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// Where to.
    pub url: String,
    /// The names of the cookies that it brought.
    pub cookies: Vec<String>,
}

impl Browser {
    /// What was sent since this was last asked, in order of the first steps of each chain of redirects. Of a browser
    /// that was opened with [`open_recording`](Self::open_recording).
    #[track_caller]
    pub fn sent(&self) -> Vec<Sent> {
        let mut requests: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        let mut cookies: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
        for line in self.log("performance") {
            let Ok(entry) = serde_json::from_str::<Value>(&line) else { continue };
            let (event, parameters) = (text(&entry["message"]["method"]), &entry["message"]["params"]);
            let id = text(&parameters["requestId"]);
            match event.as_str() {
                "Network.requestWillBeSent" => {
                    let request = &parameters["request"];
                    requests.entry(id).or_default().push((text(&request["method"]), text(&request["url"])));
                }
                "Network.requestWillBeSentExtraInfo" => cookies.entry(id).or_default().push(names(parameters)),
                _ => {}
            }
        }
        // A redirect keeps the id: the n-th request of an id has the n-th list of cookies.
        let sent = requests.into_iter().flat_map(|(id, requests)| {
            let cookies = cookies.remove(&id).unwrap_or_default();
            requests.into_iter().zip(cookies).map(|((method, url), cookies)| Sent { method, url, cookies })
        });
        sent.collect()
    }
}

/// The cookies that were not held back.
fn names(parameters: &Value) -> Vec<String> {
    let all = parameters["associatedCookies"].as_array().into_iter().flatten();
    all.filter(|one| one["blockedReasons"].as_array().is_none_or(Vec::is_empty))
        .map(|one| text(&one["cookie"]["name"]))
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
