//! The demonstration's application in the terminal: another process than the browser, at an address of this machine.

use std::process::Command;

use vestibule_e2e::http::Client;
use vestibule_e2e::peers::chromium::{Browser, Look};
use vestibule_e2e::peers::server::{BINARY_VARIABLE, binary};
use vestibule_e2e::process::Process;
use vestibule_e2e::scratch::Scratch;

use crate::demo::{Demo, complaints, password};

/// `vestibule demo native`, and the address that it has opened in a browser.
#[track_caller]
pub(crate) fn started(demo: &Demo, folder: &Scratch) -> (Process, String) {
    let mut command = Command::new(binary());
    command.args(["demo", "native", "--no-browser", "--issuer", &demo.issuer("")]).env_remove(BINARY_VARIABLE);
    let mut process = Process::start("native", folder.path(), &mut command);
    let url = process.wait_for("it said what to open", |process| {
        let log = process.log();
        let (_, rest) = log.split_once("at\n\n  ")?;
        rest.split_once('\n').map(|(url, _)| url.to_owned())
    });
    (process, url)
}

/// Where the answer is sent to.
fn callback(url: &str) -> String {
    let (_, rest) = url.split_once("redirect_uri=http%3A%2F%2F127.0.0.1%3A").unwrap();
    let port: u16 = rest.split('%').next().unwrap().parse().unwrap();
    format!("http://127.0.0.1:{port}/callback")
}

/// MX-31, XC-4: RFC 8252 §7.3, §8.1: any port of loopback, and PKCE where nothing is secret. What is no answer to its
/// question ends nothing.
#[test]
fn an_application_in_the_terminal_is_told_who_signed_in() {
    let demo = Demo::start();
    let folder = Scratch::new("native");
    let (mut process, url) = started(&demo, &folder);
    let made_up = format!("{}?code=c&state=changed&iss={}", callback(&url), demo.issuer(""));
    let seen = Client::new().get(&made_up).unwrap();
    assert_eq!(seen.status, 400);
    assert!(seen.text().contains("state is not the one of this sign-in"), "{}", seen.text());

    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&url);
    browser.fill("#email", "ada@acme.example");
    browser.press("Continue");
    browser.press("Log in with Microsoft");
    password(&browser);
    browser.wait_for_text("Go back to the terminal.");
    assert!(browser.url().starts_with(&callback(&url)), "{}", browser.url());
    assert_eq!(complaints(&browser), [""; 0]);
    let said = process.answer(|process| process.log().contains("acme\n").then(|| process.log())).unwrap();
    for line in ["You are signed in.", "  name     Ada Min", "  e-mail   Ada.Min@acme.example", "  account  acme"] {
        assert!(said.contains(line), "{line} in {said}");
    }
}

/// A refusal of Vestibule ends it, with the reason.
#[test]
fn an_application_in_the_terminal_hears_why_nobody_is_signed_in() {
    let demo = Demo::start();
    let folder = Scratch::new("native");
    let (mut process, url) = started(&demo, &folder);
    // Nobody is in at this browser, and nothing may be asked.
    let mut browser = Client::new();
    let answered = browser.get(&format!("{url}&prompt=none")).unwrap();
    let seen = browser.get(answered.header("location").unwrap()).unwrap();
    assert_eq!(seen.status, 400);
    let wanted = "vestibule: nobody is signed in: the provider refused (login_required)";
    process.answer(|process| process.log().contains(wanted).then_some(())).unwrap();
}
