//! `vestibule demo`, what an operator does beside it, and the people of its stand-in for Entra ID.

use std::process::Command;

use super::server::{BINARY_VARIABLE, Ready, Server, binary};
use crate::fail;
use crate::http::{Client, Request, Response};

/// The demonstration's own key, which seals in public.
const KEY: &str = "YSBkZW1vbnN0cmF0aW9uIHNlYWxzIGluIHB1YmxpYy4=";

/// Everybody's.
const PASSWORD: &str = "demo";

/// What a browser says that opens a page.
pub const PAGE: [(&str, &str); 2] =
    [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"), ("Sec-Fetch-Mode", "navigate")];

/// As browsers do, twice: to the identity provider and back.
const STEPS: usize = 40;

/// A running demonstration. It ends with this value.
#[derive(Debug)]
pub struct Demo {
    server: Server,
    port: u16,
}

impl Demo {
    /// Starts it on a port of its own.
    #[track_caller]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts one of the five set-ups of `docs/seed-systems.md`.
    #[track_caller]
    pub fn scenario(name: &str) -> Self {
        Self::with(&["--scenario", name])
    }

    #[track_caller]
    fn with(more: &[&str]) -> Self {
        let ready = Ready::Line("Try first: ".to_owned());
        let arguments = [&["demo", "--port", "0", "--data", "data"], more].concat();
        let server = Server::start("demo", &arguments, &[], ready);
        let log = server.log();
        let port = log.split_once("http://app.localhost:").and_then(|(_, rest)| {
            let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
            digits.parse().ok()
        });
        let port = port.unwrap_or_else(|| fail(format_args!("the demonstration names no port:\n{log}")));
        Self { server, port }
    }

    /// Where all of it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// An address of Vestibule itself, the issuer.
    pub fn issuer(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// An address of `{site}.localhost`.
    pub fn url(&self, site: &str, path: &str) -> String {
        format!("http://{site}.localhost:{}{path}", self.port)
    }

    /// The process and its folder.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What an operator sets with `vestibule apply` while the demonstration runs. `variables` are those that the file
    /// names secrets by.
    ///
    /// # Errors
    /// What was wrong with the file.
    #[track_caller]
    pub fn apply(&self, file: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let name = self.server.folder().write("changes.toml", file);
        self.run(&["apply", &name.to_string_lossy()], variables)
    }

    /// What an operator does with a command of `vestibule` while the demonstration runs, and what it prints.
    ///
    /// # Errors
    /// What was wrong.
    #[track_caller]
    pub fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Result<String, String> {
        let done = Command::new(binary())
            .args(arguments)
            .current_dir(self.server.folder().path())
            .env_remove(BINARY_VARIABLE)
            .env("VESTIBULE_PUBLIC_URL", self.issuer(""))
            .env("VESTIBULE_ACCOUNT_DOMAIN", "localhost")
            .env("VESTIBULE_DATABASE", "sqlite:data/demo.db")
            .env("VESTIBULE_KEY", KEY)
            .envs(variables.iter().copied())
            .output()
            .unwrap_or_else(|error| fail(format_args!("vestibule did not run: {error}")));
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        if done.status.success() { Ok(text(&done.stdout)) } else { Err(text(&done.stderr)) }
    }
}

/// Opens a page as a browser does, and follows redirects up to the first answer that is none, or that leads to an address
/// which begins with `stop`.
#[track_caller]
pub fn open(browser: &mut Client, url: &str, stop: &str) -> Response {
    let mut seen = page(browser, url);
    for _ in 0..STEPS {
        match seen.location() {
            Some(to) if !to.starts_with(stop) => seen = page(browser, &to),
            _ => return seen,
        }
    }
    fail(format_args!("{url} leads in circles: {}", seen.url))
}

/// The same for somebody of Acme, `ada` say, who signs in on the way where they are asked to: an answer of an address that
/// begins with `own`, or one that leads to an address which begins with `stop`.
#[track_caller]
pub fn sign_in(browser: &mut Client, name: &str, url: &str, own: &str, stop: &str) -> Response {
    let address = format!("{name}@acme.example");
    let mut seen = open(browser, url, stop);
    for _ in 0..STEPS {
        if seen.location().is_some() || seen.url.starts_with(own) {
            return seen;
        }
        let form = seen.forms().into_iter().next();
        let mut form = form.unwrap_or_else(|| fail(format_args!("{}: {}", seen.url, seen.text())));
        for (field, value) in [("email", &*address), ("login", &*address), ("passwd", PASSWORD)] {
            if form.value(field).is_some() {
                form = form.with(field, value);
            }
        }
        seen = browser.submit(&seen, &form).unwrap_or_else(|error| fail(error));
        if let Some(to) = seen.location().filter(|to| !to.starts_with(stop)) {
            seen = open(browser, &to, stop);
        }
    }
    fail(format_args!("{name} did not come back to {own}: {} {}", seen.url, seen.text()))
}

#[track_caller]
fn page(browser: &mut Client, url: &str) -> Response {
    let request = Request { method: "GET", url, headers: &PAGE, body: b"", from: None };
    browser.send(&request).unwrap_or_else(|error| fail(error))
}
