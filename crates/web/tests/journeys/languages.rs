//! The pages speak the language of the browser.

use http::StatusCode;
use vestibule_domain::account::{Admission, Start};

use crate::support::{BASE, Seen, World};

/// The pages on the way of somebody whom the account does not know: address, choice, refusal, and another browser.
async fn pages(world: &World, language: &'static str) -> Vec<Seen> {
    world.admit(&world.acme, Admission::InvitedOnly).await;
    world.change_connection(&world.acme, |connection| connection.saml.start = Some(Start::Button)).await;
    let mut browser = world.browser();
    browser.language = language;
    let connection = world.acme.connection.to_string();
    let mut seen = vec![
        browser.get(&format!("{BASE}/")).await,
        browser.get(&format!("{}/", world.acme.origin)).await,
        browser.post(&format!("{BASE}/sign-in/discover"), &[("email", "nobody@nowhere.example")]).await,
        browser.get(&format!("{BASE}/nowhere")).await,
        browser.get(&world.acme.at("acs")).await,
    ];
    let start = format!("{}/sign-in/start", world.acme.origin);
    let sent = browser.post(&start, &[("connection", &connection)]).await;
    seen.push(browser.deliver(&world.answer(&sent, "ada@acme.example")).await);
    let sent = browser.post(&start, &[("connection", &connection)]).await;
    let mut other = world.browser();
    other.language = language;
    seen.push(other.deliver(&world.answer(&sent, "ada@acme.example")).await);
    seen
}

/// Texts are in English and German, by Accept-Language.
#[tokio::test]
async fn who_prefers_german_reads_german() {
    let world = World::new().await;
    let seen = pages(&world, "de-AT,de;q=0.9,en;q=0.5").await;
    for page in &seen {
        assert!(page.body.contains("<html lang=\"de\">"), "{}: {}", page.url, page.body);
        assert_eq!(page.headers["content-language"], "de");
        assert_eq!(page.headers["vary"], "accept-language");
    }
    let english = pages(&World::new().await, "en").await;
    for (german, english) in seen.iter().zip(&english) {
        let heading = |page: &Seen| page.body.split("<h1").nth(1).unwrap().split("</h1>").next().unwrap().to_owned();
        assert_ne!(heading(german), heading(english), "{}", german.url);
    }
}

/// A language that we do not speak, a header that is none, and no header at all: English.
#[tokio::test]
async fn everybody_else_reads_english() {
    for language in ["fr-FR,fr;q=0.9", "en-GB", "*", "", ";;q=,", "de;q=0"] {
        for page in pages(&World::new().await, language).await {
            assert!(page.body.contains("<html lang=\"en\">"), "{language:?} {}: {}", page.url, page.body);
        }
    }
}

/// The page in German says what happened in German, and the code is the same for whoever helps.
#[tokio::test]
async fn a_refusal_is_told_in_german() {
    let world = World::new().await;
    let seen = pages(&world, "de").await;
    let refused = &seen[5];
    refused.shows(StatusCode::FORBIDDEN, "NOT-");
    assert!(!refused.body.contains("You are not invited"));
}

/// My account and signing out.
#[tokio::test]
async fn the_own_page_speaks_german_too() {
    let world = World::new().await;
    let mut browser = world.browser();
    world.sign_in(&mut browser, &world.acme, "ada@acme.example").await;
    browser.language = "de";
    let me = browser.get(&format!("{}/me", world.acme.origin)).await;
    me.shows(StatusCode::OK, "<html lang=\"de\">");
    me.shows(StatusCode::OK, "Ada Example");
    let out = browser.post(&format!("{}/sign-out", world.acme.origin), &[]).await;
    out.shows(StatusCode::OK, "<html lang=\"de\">");
}
