//! Every page that the product can show, refusals that nobody could bring about here among them: the gallery of the
//! pages' crate, whose own tests prove that none is missing.

use std::process::Command;

use vestibule_e2e::peers::chromium::{Browser, Look, Scheme};
use vestibule_e2e::process::Process;
use vestibule_e2e::scratch::{Scratch, profile};

use super::Visitor;

#[test]
fn every_page_there_is_in_english_by_day() {
    every_page("day", &Look::DESKTOP);
}

#[test]
fn every_page_there_is_in_german_at_night_on_a_phone() {
    every_page("night", &Look { scheme: Scheme::Dark, language: Look::GERMAN.language, ..Look::PHONE });
}

#[track_caller]
fn every_page(name: &'static str, look: &Look) {
    let folder = Scratch::new("gallery");
    let program = profile().join("examples/gallery");
    assert!(program.is_file(), "{} is missing: cargo build --workspace --examples", program.display());
    let mut process = Process::start("gallery", folder.path(), &mut Command::new(program));
    let origin = process.wait_for("it said where it is", |process| {
        let log = process.log();
        let (_, rest) = log.split_once("Every page is at ")?;
        rest.split_once("/ until").map(|(origin, _)| origin.to_owned())
    });
    let visitor = Visitor { name, look: look.clone(), browser: Browser::open(look) };
    let browser = &visitor.browser;
    browser.goto(&origin);
    let (language, _) = look.language.split_once('-').unwrap();
    let paths = "return [...document.querySelectorAll(arguments[0])].map(link => link.getAttribute('href'))";
    let paths = browser.execute(paths, &[format!("a[hreflang='{language}']").into()]);
    let paths: Vec<_> = paths.as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
    assert!(!paths.is_empty(), "the gallery is empty in {language}");
    // What an icon of the index and the like would say is nobody's page.
    browser.console();
    for path in paths {
        browser.goto(&format!("{origin}{path}"));
        let page = format!("gallery-{}", path.rsplit('/').next().unwrap());
        // What is folded up must fit as well.
        browser.execute("document.querySelectorAll('details').forEach(folded => folded.open = true)", &[]);
        visitor.reads(&page);
        if look.width > Look::PHONE.width {
            browser.resize(Look::PHONE.width, Look::PHONE.height);
            assert_eq!(browser.overflow(), 0, "{page} is wider than a phone");
            browser.resize(look.width, look.height);
        }
    }
}
