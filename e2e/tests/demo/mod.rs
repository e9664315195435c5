//! `vestibule demo` as a process, and what people do in front of it.

use vestibule_e2e::http::{Client, Request};
use vestibule_e2e::peers::chromium::Browser;
use vestibule_e2e::peers::demo;

/// The connections of `demo.toml`.
pub(crate) const ACME: &str = "0198a000-0000-7000-8000-000000000001";
pub(crate) const BAKERY: &str = "0198a000-0000-7000-8000-000000000002";
pub(crate) const NORTH: &str = "0198a000-0000-7000-8000-000000000004";

/// Tenant and application of the stand-in, by account.
pub(crate) const ACME_APP: &str =
    "5a1c0f3e-6d7b-4c2a-9e48-0b1d2c3f4a51/applications/0a11ac3e-0000-4000-8000-000000000001";
pub(crate) const BAKERY_APP: &str =
    "c7e2b9d4-1f30-4b86-a5d9-7e8f60112233/applications/0a11ac3e-0000-4000-8000-000000000002";
const PASSWORD: &str = "demo";

/// The sample application's, by the name by which files of accounts know it.
pub(crate) const ORCHARD_SECRET: &str = "orchard-demo-secret-that-opens-nothing-else";

/// Everything that `vestibule demo` starts, on a port of its own.
pub(crate) struct Demo(demo::Demo);

impl Demo {
    pub(crate) fn start() -> Self {
        Self(demo::Demo::start())
    }

    /// One of the five set-ups.
    pub(crate) fn scenario(name: &str) -> Self {
        Self(demo::Demo::scenario(name))
    }

    /// An address of `{site}.localhost`.
    pub(crate) fn url(&self, site: &str, path: &str) -> String {
        self.0.url(site, path)
    }

    /// An address of Vestibule itself, the issuer.
    pub(crate) fn issuer(&self, path: &str) -> String {
        self.0.issuer(path)
    }

    /// What it printed.
    pub(crate) fn log(&self) -> String {
        self.0.server().log()
    }

    /// An address of a connection.
    pub(crate) fn of(&self, site: &str, connection: &str, what: &str) -> String {
        self.url(site, &format!("/sso/{connection}/{what}"))
    }

    /// What an admin of Acme's tenant changes in Entra for the application: a JSON merge patch.
    pub(crate) fn change_application(&self, patch: &str) {
        self.change_application_of(ACME_APP, patch);
    }

    /// The same in another tenant.
    pub(crate) fn change_application_of(&self, application: &str, patch: &str) {
        self.patch(&format!("/api/tenants/{application}"), patch);
    }

    /// What is changed of a person in Acme's tenant.
    pub(crate) fn change_user(&self, name: &str, patch: &str) {
        let (tenant, _) = ACME_APP.split_once('/').unwrap();
        self.patch(&format!("/api/tenants/{tenant}/users/{name}"), patch);
    }

    fn patch(&self, path: &str, patch: &str) {
        let url = self.url("entra", path);
        let headers = [("Content-Type", "application/merge-patch+json")];
        let request = Request { method: "PATCH", url: &url, headers: &headers, body: patch.as_bytes(), from: None };
        let answer = Client::new().send(&request).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// What an operator does with a command of `vestibule` while the demonstration runs, and what it prints.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        self.try_run(arguments).unwrap_or_else(|refused| panic!("{refused}"))
    }

    /// The same: what it printed, or what was wrong.
    pub(crate) fn try_run(&self, arguments: &[&str]) -> Result<String, String> {
        self.0.run(arguments, &[])
    }

    /// What an operator sets with `vestibule apply` while the demonstration runs.
    #[track_caller]
    pub(crate) fn apply(&self, file: &str) {
        if let Err(refused) = self.try_apply(file) {
            panic!("{refused}");
        }
    }

    /// The same as [`apply`](Self::apply): what it printed, or what was wrong with the file.
    pub(crate) fn try_apply(&self, file: &str) -> Result<String, String> {
        let metadata = format!(
            "/{}",
            ACME_APP.replace("/applications/", "/federationmetadata/2007-06/federationmetadata.xml?appid=")
        );
        let metadata = Client::new().get(&self.url("entra", &metadata)).unwrap();
        self.0.server().folder().write("acme.xml", metadata.body);
        let file = file.replace(":8400", &format!(":{}", self.0.port()));
        self.0.apply(&file, &[("ORCHARD_SECRET", ORCHARD_SECRET)])
    }
}

/// Begins at the sample application with the e-mail address, up to Entra's page for the password.
pub(crate) fn begin_with_address(demo: &Demo, browser: &Browser, email: &str) {
    browser.goto(&demo.url("app", "/"));
    browser.click("#sign-in");
    browser.fill("#email", email);
    browser.press("Continue");
    browser.press("Log in with Microsoft");
}

/// What is asked at Entra of somebody whose name is known there already.
pub(crate) fn password(browser: &Browser) {
    browser.fill("#password", PASSWORD);
    browser.click("#next");
    browser.wait_for_text("Stay signed in?");
    browser.click("#next");
}

/// What is asked at Entra of somebody who comes without a hint.
pub(crate) fn name_and_password(browser: &Browser, name: &str) {
    browser.fill("#username", name);
    browser.click("#next");
    password(browser);
}

/// Waits until the sample application has let somebody in, and says whom.
pub(crate) fn signed_in(browser: &Browser) -> String {
    browser.wait_for("#sign-out");
    browser.text("#who strong")
}

/// What the console says, without the statuses of refusals, what it would like to see in forms, and that a field was typed
/// into before the page had set the focus to it, which no person is fast enough for.
pub(crate) fn complaints(browser: &Browser) -> Vec<String> {
    const UNTOLD: [&str; 3] =
        ["the server responded with a status of 4", " - [DOM] ", "Autofocus processing was blocked because a document"];
    let told = |line: &String| !UNTOLD.iter().any(|untold| line.contains(untold));
    browser.console().into_iter().filter(told).collect()
}

/// Each of these stands in what a page, or a command, says.
#[track_caller]
pub(crate) fn says(told: &str, words: &[&str]) {
    for word in words {
        assert!(told.contains(word), "{word:?} is missing in:\n{told}");
    }
}
