//! Libraries by which people let others in: openid-client of Node.js, Authlib of Python and openidconnect of Rust. Each does
//! its steps with its public interface alone, and tells what came of them.

use std::process::Stdio;

use serde_json::{Value, json};
use vestibule_e2e::http::Client;
use vestibule_e2e::peers::demo::{open, sign_in};
use vestibule_e2e::peers::samples::{node, python};
use vestibule_e2e::scratch::Scratch;

use super::{BACK, CALLBACK, SECRET, demo, openidconnect};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Library {
    OpenidClient,
    Authlib,
    Openidconnect,
}

const LIBRARIES: [Library; 3] = [Library::OpenidClient, Library::Authlib, Library::Openidconnect];

impl Library {
    /// What comes of a step.
    #[track_caller]
    fn step(self, step: &str, alg: &str, more: &[(&str, &Value)]) -> Value {
        let mut told = json!({
            "step": step, "issuer": demo().issuer(""), "id": alg, "secret": SECRET, "alg": alg,
            "redirect": CALLBACK, "back": BACK,
        });
        for (name, value) in more {
            told[*name] = (*value).clone();
        }
        let folder = Scratch::new("library");
        let mut command = match self {
            Self::OpenidClient => node(&folder, include_str!("../../src/peers/openid_client.mjs")),
            Self::Authlib => python(&folder, include_str!("../../src/peers/authlib_client.py")),
            Self::Openidconnect => return openidconnect::step(&told),
        };
        let done = command.arg(told.to_string()).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{self:?}: {step}: {said}");
        serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{self:?}: {step}: {error}: {said}"))
    }

    /// Where somebody is sent who signs in, and what is remembered of it.
    #[track_caller]
    fn begin(self, alg: &str) -> (String, Value) {
        let begun = self.step("begin", alg, &[]);
        (begun["url"].as_str().unwrap().to_owned(), begun["begun"].clone())
    }
}

/// The address to which somebody comes back who signs in.
#[track_caller]
fn signs_in(browser: &mut Client, name: &str, url: &str) -> String {
    sign_in(browser, name, url, "nowhere", CALLBACK).location().unwrap()
}

#[test]
fn a_library_finds_signs_in_renews_asks_and_gives_up_as_the_standards_say() {
    for (library, alg) in LIBRARIES.into_iter().flat_map(|library| [(library, "ES256"), (library, "RS256")]) {
        let (url, begun) = library.begin(alg);
        let mut browser = Client::new();
        let callback = signs_in(&mut browser, "ada", &url);
        let came = library.step("finish", alg, &[("begun", &begun), ("callback", &json!(callback))]);
        let who = format!("{library:?} by {alg}: {came}");
        assert_eq!(came["alg"], alg, "{who}");
        let claims = &came["claims"];
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(demo().issuer("")), &json!(alg)), "{who}");
        for told in [claims, &came["info"]] {
            assert_eq!((&told["name"], &told["email"]), (&json!("Ada Min"), &json!("Ada.Min@acme.example")), "{who}");
            assert_eq!(told["sub"], claims["sub"], "{who}");
        }
        assert_eq!((&came["told"]["active"], &came["told"]["sub"]), (&json!(true), &claims["sub"]), "{who}");
        assert_eq!((&came["renewed"], &came["revoked"]["active"]), (&json!(true), &json!(false)), "{who}");
        assert_eq!((&came["again"], &came["family"]), (&json!("invalid_grant"), &json!("invalid_grant")), "{who}");
        assert_eq!(came["own"], "orders:read", "{who}");
        // The other one leaves signing out to the application.
        assert_eq!(came["end"].is_string(), library == Library::OpenidClient, "{who}");
        if let Some(end) = came["end"].as_str() {
            let out = open(&mut browser, end, BACK);
            assert!(out.location().is_some_and(|to| to.starts_with(BACK)), "{who}: {}", out.text());
        }
    }
}

/// The other two leave it to the application to look at the parameter.
#[test]
fn openid_client_is_told_that_nobody_is_signed_in() {
    let library = Library::OpenidClient;
    let begun = library.step("begin", "ES256", &[("prompt", &json!("none"))]);
    let callback = open(&mut Client::new(), begun["url"].as_str().unwrap(), CALLBACK).location().unwrap();
    let refused = library.step("refused", "ES256", &[("begun", &begun["begun"]), ("callback", &json!(callback))]);
    assert_eq!(refused["error"], "login_required", "{callback}");
}

/// Whoever puts their own code into somebody else's browser gets nothing: PKCE binds it to where it was asked for.
#[test]
fn a_library_gets_nothing_for_a_code_that_it_did_not_ask_for() {
    for library in LIBRARIES {
        let (_, begun) = library.begin("ES256");
        let (url, theirs) = library.begin("ES256");
        let callback = signs_in(&mut Client::new(), "ben", &url);
        let state = |begun: &Value| begun["state"].as_str().or(begun["expectedState"].as_str()).unwrap().to_owned();
        let callback = callback.replace(&state(&theirs), &state(&begun));
        let refused = library.step("refused", "ES256", &[("begun", &begun), ("callback", &json!(callback))]);
        assert_eq!(refused["error"], "invalid_grant", "{library:?}: {callback}");
    }
}
