//! examples/axum by itself: an application in a process of its own, on http, beside the demonstration.

use std::process::Command;

use vestibule_e2e::http::Client;
use vestibule_e2e::peers::chromium::{Browser, Look};
use vestibule_e2e::process::Process;
use vestibule_e2e::scratch::{Scratch, profile};

use crate::demo::{Demo, ORCHARD_SECRET, complaints, password, signed_in};

/// The application on a port of its own, which the demonstration knows.
struct Sample {
    own: String,
    _process: Process,
    _folder: Scratch,
}

impl Sample {
    #[track_caller]
    fn beside(demo: &Demo) -> Self {
        let folder = Scratch::new("sample");
        let program = profile().join("vestibule-example-axum");
        assert!(program.is_file(), "{} is missing: cargo build --workspace --bins", program.display());
        let mut command = Command::new(program);
        command.env("PORT", "0").env("ISSUER", demo.issuer("")).env("CLIENT_SECRET", ORCHARD_SECRET);
        command.env_remove("CLIENT_ID").env_remove("BASE_URL");
        let mut process = Process::start("sample", folder.path(), &mut command);
        let own = process.wait_for("it said where it is", |process| {
            let log = process.log();
            let (_, rest) = log.split_once("Open ")?;
            rest.split_once(';').map(|(own, _)| own.to_owned())
        });
        demo.apply(&format!(
            "[[application]]\nclient_id = \"sample\"\nname = \"Your application\"\n\
             redirect_uris = [\"{own}/callback\"]\npost_logout_redirect_uris = [\"{own}/\"]\n\
             secrets = [{{ env = \"ORCHARD_SECRET\" }}]\nbackchannel_logout_uri = \"{own}/backchannel-logout\"\n"
        ));
        Self { own, _process: process, _folder: folder }
    }

    fn ada_begins(&self, browser: &Browser) {
        browser.goto(&self.own);
        browser.click("#sign-in");
        browser.fill("#email", "ada@acme.example");
        browser.press("Continue");
        browser.press("Log in with Microsoft");
    }
}

#[test]
fn the_example_signs_somebody_in_by_itself_tells_who_it_is_and_signs_them_out() {
    let demo = Demo::start();
    let sample = Sample::beside(&demo);
    let browser = Browser::open(&Look::DESKTOP);
    sample.ada_begins(&browser);
    password(&browser);
    assert_eq!(signed_in(&browser), "Ada.Min@acme.example");
    assert_eq!(browser.url(), format!("{}/", sample.own));
    let claims = browser.text("table");
    let group = "groups 9a0b1c2d-0000-4000-8000-000000000001";
    for claim in ["name Ada Min", "email Ada.Min@acme.example", "account acme", "roles manager", group] {
        assert!(claims.contains(claim), "{claim} in {claims}");
    }
    let session = browser.cookie("orchard_session").unwrap();
    assert_eq!((session.http_only, session.same_site.as_str(), session.path.as_str()), (true, "Lax", "/"));

    browser.click("#sign-out");
    browser.wait_for("#sign-in");
    assert_eq!(browser.url(), format!("{}/", sample.own));
    assert_eq!(browser.cookie("orchard_session"), None);
    assert_eq!(complaints(&browser), [""; 0]);
    // At Vestibule too: the account asks anew.
    browser.goto(&format!("{}/sign-in?account=acme", sample.own));
    browser.press("Log in with Microsoft");
    assert_eq!(signed_in(&browser), "Ada.Min@acme.example");
}

#[test]
fn the_example_refuses_an_answer_to_another_question() {
    let demo = Demo::start();
    let sample = Sample::beside(&demo);
    let browser = Browser::open(&Look::DESKTOP);
    let answer = format!("{}/callback?code=c&state=changed&iss={}", sample.own, demo.issuer(""));
    browser.goto(&answer);
    assert_eq!(browser.text("#problem"), "This browser has begun no sign-in, or too long ago.");
    sample.ada_begins(&browser);
    browser.wait_for("#password");
    browser.goto(&answer);
    assert_eq!(browser.text("#problem"), "the answer's state is not the one of this sign-in; start again");
    assert_eq!(browser.cookie("orchard_session"), None);
}

/// Whose session ends elsewhere is forgotten, by Vestibule's own word alone.
#[test]
fn the_example_forgets_whoever_is_signed_out_elsewhere() {
    let demo = Demo::start();
    let sample = Sample::beside(&demo);
    let browser = Browser::open(&Look::DESKTOP);
    sample.ada_begins(&browser);
    password(&browser);
    signed_in(&browser);
    let told = [("logout_token", "eyJhbGciOiJub25lIn0.e30.")];
    let answer = Client::new().post(&format!("{}/backchannel-logout", sample.own), &told).unwrap();
    assert_eq!(answer.status, 400, "{}", answer.text());
    browser.reload();
    signed_in(&browser);

    demo.run(&["session", "end", "--account", "acme"]);
    vestibule_e2e::wait_for("the example has heard of it", || {
        browser.reload();
        browser.has("#sign-in").then_some(())
    });
}
