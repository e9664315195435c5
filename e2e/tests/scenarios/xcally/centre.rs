//! The server with its five variables, and who does what in front of it.

use vestibule_e2e::http::Client;
use vestibule_e2e::peers::chromium::{Browser, Look};
use vestibule_e2e::scratch::Scratch;

use crate::demo::{Demo, name_and_password};
use crate::journeys::passwords::{FIRST, type_password};
use crate::scenarios::{operator, saves};

const VARIABLES: &str = include_str!("../../../../examples/seed-systems/xcally/motion.env");
pub(super) const APPLICATION: &str = "/portal/bluebird.example/applications/Motion%20Server%2012";
pub(super) const OLD_REPLY_URL: &str = "/api/auth/saml/callback";
pub(super) const BUTTON: &str = "Login with SAML";
pub(super) const OTTO: &str = "otto@motion.example";
pub(super) const IDA: &str = "ida.quill@bluebird.example";

/// What the portal shows of the application.
pub(super) struct AtEntra {
    pub(super) identifier: String,
    pub(super) login_url: String,
    pub(super) issuer: String,
    pub(super) logout_url: String,
    pub(super) certificate: String,
}

impl AtEntra {
    pub(super) fn read(demo: &Demo, portal: &Browser) -> Self {
        portal.goto(&demo.url("entra", &format!("{APPLICATION}/saml")));
        let copied = |label: &str| portal.value(&format!("input[aria-label='{label}']"));
        let file = portal.attribute("a[aria-label='Download Certificate (Base64)']", "href").unwrap();
        Self {
            identifier: portal.text("section[aria-labelledby=card-1] dd code"),
            login_url: copied("Login URL"),
            issuer: copied("Microsoft Entra Identifier"),
            logout_url: copied("Logout URL"),
            certificate: Client::new().get(&demo.url("entra", &file)).unwrap().text(),
        }
    }

    /// The certificate as the old server wanted it.
    pub(super) fn on_one_line(&self) -> String {
        self.certificate.lines().filter(|line| !line.starts_with('-')).map(str::trim).collect()
    }

    /// The file, with its words in capitals replaced.
    pub(super) fn variables(&self, domain: &str, certificate: &str) -> String {
        VARIABLES
            .replace("http://motion.localhost:8400", domain)
            .replace("LOGIN-URL", &self.login_url)
            .replace("CERTIFICATE", certificate)
            .replace("IDENTIFIER", &self.identifier)
            .replace("LOGOUT-URL", &self.logout_url)
    }
}

/// `vestibule connection import-env`: what it printed, or what it said was wrong.
pub(super) fn import(demo: &Demo, variables: &str, more: &[&str]) -> Result<String, String> {
    let folder = Scratch::new("variables");
    let file = folder.write("motion.env", variables);
    let import = ["connection", "import-env", &file.to_string_lossy(), "--account", "motion", "--name", "entra"];
    demo.try_run(&[&import, more].concat())
}

/// What was printed behind a label.
#[track_caller]
pub(super) fn printed(told: &str, label: &str) -> String {
    let found = told.lines().find_map(|line| line.trim().strip_prefix(label));
    found.unwrap_or_else(|| panic!("{label} is missing in:\n{told}")).trim().to_owned()
}

/// Somebody comes by the button of the contact centre's own page.
pub(super) fn comes_by_the_button(demo: &Demo, browser: &Browser, who: &str) {
    browser.forget_cookies();
    browser.goto(&demo.url("motion", "/"));
    browser.press(BUTTON);
    name_and_password(browser, who);
}

pub(super) fn comes_by_password(demo: &Demo, browser: &Browser, who: &str) {
    browser.forget_cookies();
    browser.goto(&demo.url("motion", "/sign-in/password"));
    type_password(browser, who, FIRST);
}

/// Somebody is not let in, and reads why.
pub(super) fn refused(browser: &Browser) -> String {
    browser.wait_for("section.tell");
    browser.press("Details for the IT admin");
    browser.text("main")
}

/// The contact centre with the connection that the variables made, in front of the operator.
pub(super) struct Centre {
    pub(super) demo: Demo,
    pub(super) console: Browser,
    /// The connection's page in the console.
    pub(super) connection: String,
    /// Where Entra has to send logout messages from now on.
    pub(super) logout_url: String,
}

impl Centre {
    /// A draft. Its button says what people know.
    pub(super) fn draft() -> Self {
        let (demo, console) = (Demo::scenario("xcally"), Browser::open(&Look::DESKTOP));
        let at_entra = AtEntra::read(&demo, &console);
        let variables = at_entra.variables(&demo.url("motion", ""), &at_entra.on_one_line());
        let told = import(&demo, &variables, &[]).unwrap();
        let start = printed(&told, "Sign on URL");
        let id = start.rsplit('/').nth(1).unwrap();
        let connection = demo.issuer(&format!("/console/connections/{id}"));
        operator(&demo, &console, OTTO);
        let centre = Self { demo, console, connection, logout_url: printed(&told, "Logout Url") };
        centre.console.goto(&format!("{}/edit", centre.connection));
        centre.console.fill("#button_text", BUTTON);
        saves(&centre.console);
        centre
    }

    /// It is tried and switched on.
    pub(super) fn active() -> Self {
        let centre = Self::draft();
        centre.begins_a_test();
        name_and_password(&centre.console, IDA);
        centre.console.wait_for_text("Nobody was signed in");
        centre.switches_on();
        centre
    }

    pub(super) fn set_up(&self) {
        self.console.goto(&format!("{}/set-up", self.connection));
    }

    /// A test, in the window of the console.
    pub(super) fn begins_a_test(&self) {
        self.set_up();
        self.console.execute("document.querySelector('[data-begins]').target = ''", &[]);
        self.console.click("#test");
    }

    pub(super) fn switches_on(&self) {
        self.set_up();
        self.console.wait_for_text("It works");
        self.console.click("#switch-on");
        self.console.wait_for_text("Activated.");
    }

    /// A setting of the account is chosen. Returns what follows from it.
    pub(super) fn chooses(&self, setting: &str, value: &str) -> String {
        self.console.goto(&self.demo.issuer("/console/settings/motion"));
        self.console.wait_for("#look");
        let choose = "document.getElementById(arguments[0]).value = arguments[1]";
        self.console.execute(choose, &[setting.into(), value.into()]);
        saves(&self.console)
    }

    /// An administrator at Entra writes something into a field of a page, and saves.
    pub(super) fn at_entra(&self, page: &str, field: &str, value: &str) {
        let portal = Browser::open(&Look::DESKTOP);
        portal.goto(&self.demo.url("entra", page));
        portal.fill(&format!("[name={field}]"), value);
        portal.press("Save");
        portal.wait_for(".done");
    }
}
