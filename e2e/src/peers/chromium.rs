//! Debian's Chromium, driven by its ChromeDriver.
//!
//! Every action names what it acts on by a CSS selector and waits until that is there and can be acted on, so a test
//! never asks whether a page has arrived. `*.localhost` is this machine, without any name server.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::webdriver::{Refused, Session};
use crate::fail;
use crate::process::Process;
use crate::scratch::{Scratch, done, target};
use crate::wait::{PATIENCE, until};

/// Nothing that asks the outside for anything, and what a container needs.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
];

/// Of a page or a script. Less than our own patience, so that it is the driver who says what hangs.
const TIMEOUT_MS: u32 = 20_000;

/// So often a driver is started where the port that it found was taken.
const PORTS: u8 = 5;

/// How a person has set up the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Of the page, in CSS pixels.
    pub width: u32,
    /// Of the page, in CSS pixels.
    pub height: u32,
    /// What is asked for by `Accept-Language`, such as `de-DE,de`.
    pub language: &'static str,
    /// What `prefers-color-scheme` says.
    pub scheme: Scheme,
    /// Whether pages may run scripts.
    pub script: Script,
}

/// What `prefers-color-scheme` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// Whether pages may run scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// As usual.
    On,
    /// As somebody who has turned JavaScript off. Ours still runs: [`Browser::execute`] and what is built on it.
    Off,
}

impl Look {
    /// A laptop, English, light.
    pub const DESKTOP: Self =
        Self { width: 1280, height: 800, language: "en-US,en", scheme: Scheme::Light, script: Script::On };
    /// The narrowest phone that pages must fit.
    pub const PHONE: Self = Self { width: 320, height: 640, ..Self::DESKTOP };
    /// A tablet, held upright.
    pub const TABLET: Self = Self { width: 768, height: 1024, ..Self::DESKTOP };
    /// A laptop in the dark.
    pub const DARK: Self = Self { scheme: Scheme::Dark, ..Self::DESKTOP };
    /// A laptop in German.
    pub const GERMAN: Self = Self { language: "de-DE,de", ..Self::DESKTOP };
    /// A laptop without JavaScript. Its window is as high as pages are, since [`Browser::screenshot`] takes no more.
    pub const WITHOUT_SCRIPT: Self = Self { height: 2400, script: Script::Off, ..Self::DESKTOP };
    /// A laptop at 200 % zoom: half of everything fits.
    pub const ZOOMED: Self = Self { width: 640, height: 400, ..Self::DESKTOP };
}

/// A key that a person without a mouse presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// To the next control.
    Tab,
    /// Back to the one before.
    ShiftTab,
    /// Sends a form, follows a link.
    Enter,
    /// Presses a button, turns a box on or off.
    Space,
    /// Leaves what is open.
    Escape,
    /// Down a list.
    Down,
    /// Up a list.
    Up,
}

/// A cookie of the current page's host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserCookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The host it belongs to; with a leading dot, also to those below.
    pub domain: String,
    /// The path it is sent to.
    pub path: String,
    /// `Lax`, `Strict` or `None`.
    pub same_site: String,
    /// Whether scripts cannot read it.
    pub http_only: bool,
    /// Whether it is sent over TLS only.
    pub secure: bool,
}

/// One window of a fresh browser: no cookies, no history. It closes with this value.
#[derive(Debug)]
pub struct Browser {
    session: Session,
    script: Script,
    // After the session, which it ends.
    driver: Process,
    _folder: Scratch,
}

impl Browser {
    /// Opens a browser.
    #[track_caller]
    pub fn open(look: &Look) -> Self {
        Self::open_with(look, &capabilities(look))
    }

    /// The same, remembering what it sends: [`sent`](Self::sent).
    #[track_caller]
    pub fn open_recording(look: &Look) -> Self {
        let mut capabilities = capabilities(look);
        capabilities["capabilities"]["alwaysMatch"]["goog:loggingPrefs"]["performance"] = "ALL".into();
        Self::open_with(look, &capabilities)
    }

    #[track_caller]
    fn open_with(look: &Look, capabilities: &Value) -> Self {
        let folder = Scratch::for_sockets("chromium");
        let (driver, address) = start_driver(&folder);
        let session = Session::open(&address, capabilities);
        let browser = Self { session, script: look.script, driver, _folder: folder };
        let scheme = if look.scheme == Scheme::Dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        browser.must(browser.session.devtools("Emulation.setEmulatedMedia", &media));
        browser.resize(look.width, look.height);
        browser
    }

    /// Opens an address, and returns when the page has loaded.
    #[track_caller]
    pub fn goto(&self, url: &str) {
        self.must(self.session.post("url", &json!({ "url": url })));
    }

    /// Loads the page again. A form is sent again without asking.
    #[track_caller]
    pub fn reload(&self) {
        self.must(self.session.post("refresh", &json!({})));
    }

    /// The button that leads to the page before.
    #[track_caller]
    pub fn back(&self) {
        self.must(self.session.post("back", &json!({})));
    }

    /// The address of the page.
    #[track_caller]
    pub fn url(&self) -> String {
        text(&self.must(self.session.get("url")))
    }

    /// The title of the page.
    #[track_caller]
    pub fn title(&self) -> String {
        text(&self.must(self.session.get("title")))
    }

    /// The page as HTML, as it is now.
    #[track_caller]
    pub fn source(&self) -> String {
        text(&self.must(self.session.get("source")))
    }

    /// Waits until the address satisfies `wanted`, and returns it.
    #[track_caller]
    pub fn wait_for_url(&self, wanted: impl Fn(&str) -> bool) -> String {
        let url = until(Instant::now() + PATIENCE, &mut || {
            let url = self.session.get("url").ok()?;
            url.as_str().filter(|url| wanted(url)).map(str::to_owned)
        });
        url.unwrap_or_else(|| self.lost("the address that was waited for did not come"))
    }

    /// Waits until there is such an element and it shows.
    #[track_caller]
    pub fn wait_for(&self, css: &str) {
        self.act(css, |id| {
            let shows = self.session.get(&format!("element/{id}/displayed"))?;
            if shows == Value::Bool(true) {
                return Ok(());
            }
            Err(Refused { code: "element not interactable".to_owned(), message: format!("{css} does not show") })
        });
    }

    /// Waits until `wanted` stands in the text of the page.
    #[track_caller]
    pub fn wait_for_text(&self, wanted: &str) {
        let found = until(Instant::now() + PATIENCE, &mut || {
            let body = self.session.find("css selector", "body").ok()?;
            let shown = self.session.get(&format!("element/{body}/text")).ok()?;
            shown.as_str().is_some_and(|shown| shown.contains(wanted)).then_some(())
        });
        found.unwrap_or_else(|| self.lost(&format!("{wanted:?} did not come")));
    }

    /// Whether there is such an element on the page as it is now. Does not wait: wait for something else first.
    pub fn has(&self, css: &str) -> bool {
        self.session.find("css selector", css).is_ok()
    }

    /// How many such elements are on the page as it is now.
    #[track_caller]
    pub fn count(&self, css: &str) -> u64 {
        let count = self.execute("return document.querySelectorAll(arguments[0]).length", &[css.into()]);
        count.as_u64().unwrap_or_default()
    }

    /// The text that an element shows.
    #[track_caller]
    pub fn text(&self, css: &str) -> String {
        text(&self.act(css, |id| self.session.get(&format!("element/{id}/text"))))
    }

    /// An attribute of an element, as it is written in the page.
    #[track_caller]
    pub fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let read = "return arguments[0].getAttribute(arguments[1])";
        let value = self.act(css, |id| self.session.execute(read, &[Session::reference(id), name.into()]));
        value.as_str().map(str::to_owned)
    }

    /// What a field holds now.
    #[track_caller]
    pub fn value(&self, css: &str) -> String {
        text(&self.act(css, |id| self.session.get(&format!("element/{id}/property/value"))))
    }

    /// Clicks an element.
    #[track_caller]
    pub fn click(&self, css: &str) {
        self.act(css, |id| self.session.post(&format!("element/{id}/click"), &json!({})));
    }

    /// Clicks the link or button that says exactly `label`.
    #[track_caller]
    pub fn press(&self, label: &str) {
        let quote = if label.contains('"') { '\'' } else { '"' };
        let label = format!("{quote}{label}{quote}");
        let path = format!(
            "//*[self::a or self::button or self::summary][normalize-space()={label}] | //input[@type='submit'][@value={label}]"
        );
        self.act_on("xpath", &path, |id| self.session.post(&format!("element/{id}/click"), &json!({})));
    }

    /// Types into a field in place of what it holds.
    #[track_caller]
    pub fn fill(&self, css: &str, value: &str) {
        self.act(css, |id| {
            self.session.post(&format!("element/{id}/clear"), &json!({}))?;
            self.session.post(&format!("element/{id}/value"), &json!({ "text": value }))
        });
    }

    /// Presses a key, wherever the focus is.
    #[track_caller]
    pub fn key(&self, key: Key) {
        let shift = "\u{e008}";
        match key {
            Key::Tab => self.strokes(&["\u{e004}"]),
            Key::ShiftTab => self.chord(shift, "\u{e004}"),
            Key::Enter => self.strokes(&["\u{e007}"]),
            Key::Space => self.strokes(&[" "]),
            Key::Escape => self.strokes(&["\u{e00c}"]),
            Key::Down => self.strokes(&["\u{e015}"]),
            Key::Up => self.strokes(&["\u{e013}"]),
        }
    }

    /// Types letters, wherever the focus is.
    #[track_caller]
    pub fn type_text(&self, letters: &str) {
        let letters: Vec<_> = letters.chars().map(String::from).collect();
        self.strokes(&letters.iter().map(String::as_str).collect::<Vec<_>>());
    }

    /// Presses Tab until the focus is on such an element, at most 50 times: somebody without a mouse gets there.
    #[track_caller]
    pub fn tab_to(&self, css: &str) {
        self.wait_for(css);
        for _ in 0..50 {
            self.key(Key::Tab);
            if self.execute("return document.activeElement.matches(arguments[0])", &[css.into()]) == Value::Bool(true) {
                return;
            }
        }
        self.lost(&format!("{css} cannot be reached by the Tab key"));
    }

    /// Runs the body of a JavaScript function with these `arguments` and returns what it returns, or what the promise
    /// that it returns comes to.
    #[track_caller]
    pub fn execute(&self, script: &str, arguments: &[Value]) -> Value {
        self.must(self.session.execute(script, arguments))
    }

    /// Makes the page this large, in CSS pixels. There is no smallest width, as windows have one.
    #[track_caller]
    pub fn resize(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.must(self.session.devtools("Emulation.setDeviceMetricsOverride", &metrics));
    }

    /// By how many CSS pixels the page is wider than what shows it; 0 where nobody has to scroll sideways.
    #[track_caller]
    pub fn overflow(&self) -> i64 {
        let wider = "const root = document.documentElement; return root.scrollWidth - root.clientWidth";
        self.execute(wider, &[]).as_i64().unwrap_or_default()
    }

    /// Writes a picture of the page to `screenshots/NAME.png` in the target folder: of all of it, however long, or where
    /// scripts are off of what fits into the window.
    #[track_caller]
    pub fn screenshot(&self, name: &str) -> PathBuf {
        // To look beyond the window the browser lays the page out anew, which pages whose script is off may never finish.
        // One that fits is taken as it is.
        let is_longer = || self.execute("return document.documentElement.scrollHeight > window.innerHeight", &[]);
        let beyond = self.script == Script::On && is_longer() == json!(true);
        let whole = json!({ "format": "png", "captureBeyondViewport": beyond });
        let picture = self.must(self.session.devtools("Page.captureScreenshot", &whole));
        let picture = BASE64_STANDARD.decode(text(&picture["data"]));
        let picture = picture.unwrap_or_else(|error| fail(format_args!("no picture: {error}")));
        let file = target().join("screenshots").join(format!("{name}.png"));
        done(&file, file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, picture)));
        file
    }

    /// The cookies that the current page's address would get.
    #[track_caller]
    pub fn cookies(&self) -> Vec<BrowserCookie> {
        let cookies = self.must(self.session.get("cookie"));
        cookies.as_array().into_iter().flatten().map(BrowserCookie::read).collect()
    }

    /// One of [`cookies`](Self::cookies).
    #[track_caller]
    pub fn cookie(&self, name: &str) -> Option<BrowserCookie> {
        self.cookies().into_iter().find(|cookie| cookie.name == name)
    }

    /// Forgets the cookies of all hosts.
    #[track_caller]
    pub fn forget_cookies(&self) {
        self.must(self.session.devtools("Network.clearBrowserCookies", &json!({})));
    }

    /// What the console has said since it was last asked: script errors, refusals by the content security policy,
    /// answers of 4xx and 5xx.
    #[track_caller]
    pub fn console(&self) -> Vec<String> {
        self.log("browser")
    }

    /// The lines of one of the driver's logs since it was last asked.
    #[track_caller]
    pub(super) fn log(&self, kind: &str) -> Vec<String> {
        let entries = self.must(self.session.post("se/log", &json!({ "type": kind })));
        entries.as_array().into_iter().flatten().map(|entry| text(&entry["message"])).collect()
    }

    /// Finds an element and acts on it, again and again until both succeed.
    #[track_caller]
    fn act<T>(&self, css: &str, action: impl Fn(&str) -> Result<T, Refused>) -> T {
        self.act_on("css selector", css, action)
    }

    #[track_caller]
    fn act_on<T>(&self, using: &str, value: &str, action: impl Fn(&str) -> Result<T, Refused>) -> T {
        let mut last = String::new();
        let acted = until(Instant::now() + PATIENCE, &mut || match self
            .session
            .find(using, value)
            .and_then(|id| action(&id))
        {
            Ok(result) => Some(Some(result)),
            Err(refused) => {
                last = refused.to_string();
                (!refused.may_pass()).then_some(None)
            }
        });
        acted.flatten().unwrap_or_else(|| self.lost(&format!("{value}: {last}")))
    }

    #[track_caller]
    fn strokes(&self, keys: &[&str]) {
        let both = |key| [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })];
        self.keyboard(&keys.iter().flat_map(both).collect::<Vec<_>>());
    }

    #[track_caller]
    fn chord(&self, held: &str, key: &str) {
        let down = |key: &str| json!({ "type": "keyDown", "value": key });
        let up = |key: &str| json!({ "type": "keyUp", "value": key });
        self.keyboard(&[down(held), down(key), up(key), up(held)]);
    }

    #[track_caller]
    fn keyboard(&self, actions: &[Value]) {
        let keyboard = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] });
        self.must(self.session.post("actions", &keyboard));
    }

    #[track_caller]
    fn must<T>(&self, result: Result<T, Refused>) -> T {
        result.unwrap_or_else(|refused| self.lost(&refused.to_string()))
    }

    /// Fails the test with where the browser is.
    #[track_caller]
    pub(super) fn lost(&self, why: &str) -> ! {
        let url = self.session.get("url").map(|url| text(&url)).unwrap_or_default();
        let body = self.session.find("css selector", "body");
        let shown = body.and_then(|body| self.session.get(&format!("element/{body}/text")));
        let shown = shown.map(|shown| text(&shown)).unwrap_or_default();
        fail(format_args!("{why}\nat {url}, which shows:\n{shown}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // ChromeDriver ends the browser, which would leave its helpers behind if it was killed. When the driver is
        // gone there is nothing to end.
        if !self.driver.has_ended() && !std::thread::panicking() {
            let _ = self.session.delete("");
        }
    }
}

impl BrowserCookie {
    fn read(cookie: &Value) -> Self {
        Self {
            name: text(&cookie["name"]),
            value: text(&cookie["value"]),
            domain: text(&cookie["domain"]),
            path: text(&cookie["path"]),
            same_site: text(&cookie["sameSite"]),
            http_only: cookie["httpOnly"] == Value::Bool(true),
            secure: cookie["secure"] == Value::Bool(true),
        }
    }
}

#[track_caller]
fn start_driver(folder: &Scratch) -> (Process, String) {
    let mut command = Command::new("chromedriver");
    // The profile, crash reports and fonts' caches stay in the folder, away from the person's own browser.
    command.arg("--port=0").env("HOME", folder.folder("home")).env("TMPDIR", folder.folder("tmp"));
    for own in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"] {
        command.env_remove(own);
    }
    // The port that it finds for itself is looked for on one kind of loopback address, and may be taken on the other.
    for _ in 0..PORTS {
        let mut driver = Process::start("chromedriver", folder.path(), &mut command);
        let port = driver.answer(|driver| {
            let log = driver.log();
            let (_, rest) = log.split_once("started successfully on port ")?;
            rest.split_once(|c: char| !c.is_ascii_digit()).and_then(|(port, _)| port.parse::<u16>().ok())
        });
        match port {
            Some(port) => return (driver, format!("http://127.0.0.1:{port}")),
            None if driver.last_lines().contains("Address already in use") => {}
            None => fail(format_args!("chromedriver took no commands; it wrote:\n{}", driver.last_lines())),
        }
    }
    fail(format_args!("chromedriver found no port that is free, {PORTS} times"))
}

fn capabilities(look: &Look) -> Value {
    let mut flags: Vec<_> = FLAGS.iter().map(|flag| Value::from(*flag)).collect();
    let language = look.language.split(',').next().unwrap_or_default();
    flags.push(format!("--lang={language}").into());
    let mut preferences = json!({ "intl.accept_languages": look.language });
    if look.script == Script::Off {
        preferences["profile.managed_default_content_settings.javascript"] = 2.into();
    }
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": { "args": flags, "prefs": preferences },
        "timeouts": { "pageLoad": TIMEOUT_MS, "script": TIMEOUT_MS },
    } } })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
