//! The paste box: it says what it was given, whatever that is, and keeps nothing of it.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::user::ConsoleRole;
use vestibule_saml::binding::Field;
use vestibule_saml::binding::redirect;

use crate::support::{ADA, BASE, Browser, Seen, World, base64};
use crate::waiting_scene::{platform, somebody};

const CERTIFICATE: &str = include_str!("../../../../vectors/keys/sp.cert.pem");
const PRIVATE_KEY: &str = include_str!("../../../../vectors/keys/sp.key.pem");
const LOGOUT: &str = "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
                      xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_l1\" Version=\"2.0\" \
                      IssueInstant=\"2026-03-02T10:00:00Z\"><NameID>ada@acme.example</NameID></samlp:LogoutRequest>";
const BOX: &str = "/console/inspect";

async fn support(world: &World) -> Browser {
    somebody(world, &platform(world), "sam@vendor.example", Some(ConsoleRole::Support), None).await.0
}

async fn pastes(browser: &mut Browser, text: &str) -> Seen {
    browser.post(&format!("{BASE}{BOX}"), &[("text", text)]).await
}

/// Ada's answer as her browser posts it.
async fn answer(world: &World) -> vestibule_mock_entra::service::Delivery {
    let (_, sent) = world.start(&mut world.browser(), &world.acme).await;
    world.answer(&sent, ADA)
}

#[track_caller]
fn lacks(seen: &Seen, text: &str) {
    assert!(!seen.body.contains(text), "{text:?} is on the page:\n{}", seen.body);
}

/// CC-21, CC-30: each kind of thing is told by name, however it was copied.
#[tokio::test]
async fn it_says_what_it_was_given() {
    let world = World::new().await;
    let mut sam = support(&world).await;
    let (_, sent) = world.start(&mut world.browser(), &world.acme).await;
    let answer = world.answer(&sent, ADA);
    let metadata = world.browser().get(&world.acme.at("metadata")).await.body;
    let page = format!(
        "<html><form method=post><input type=\"hidden\" name=\"SAMLResponse\" value=\"{}\"></form></html>",
        answer.saml_response
    );
    let encoded = answer.saml_response.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let logout = redirect::query(Field::SamlRequest, LOGOUT, None);
    for (given, told) in [
        (answer.xml.clone(), "A SAML response</h2>"),
        (answer.saml_response.clone(), "A SAML response, in base64"),
        (encoded, "A SAML response, in base64"),
        (answer.body(), "A SAML response, from a form post"),
        (page, "A SAML response, from a page with a form that posts itself"),
        (sent.location(), "A SAML sign-in request (AuthnRequest), from a Redirect URL"),
        (LOGOUT.to_owned(), "A SAML logout request"),
        (format!("{}?{logout}", world.acme.at("slo")), "A SAML logout request, from a Redirect URL"),
        (LOGOUT.replace("LogoutRequest", "LogoutResponse"), "A SAML logout response"),
        (metadata, "SAML metadata"),
        (CERTIFICATE.to_owned(), "A certificate"),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln".to_owned(), "A JWT, which belongs to OpenID Connect"),
        (
            "Sorry, but we’re having trouble signing you in. AADSTS50105: The signed in user is not assigned"
                .to_owned(),
            "AADSTS50105",
        ),
        ("hello!".to_owned(), "Nothing that is known here"),
        ("https://login.example.com/".to_owned(), "an address without SAMLRequest or SAMLResponse"),
    ] {
        let seen = pastes(&mut sam, &given).await;
        seen.shows(StatusCode::OK, told);
    }
}

/// Personal values are hidden until whoever pasted them wants to see them.
#[tokio::test]
async fn personal_values_are_hidden_until_they_are_wanted() {
    let world = World::new().await;
    let mut sam = support(&world).await;
    let xml = answer(&world).await.xml;
    let hidden = pastes(&mut sam, &xml).await;
    let given = hidden.body.split("id=\"given\"").nth(1).unwrap();
    assert!(!given.contains("Ada.Example") && given.contains("address, 24 characters"), "{given}");
    hidden.shows(StatusCode::OK, "anybody could have written it");
    let shown = sam.post(&format!("{BASE}{BOX}"), &[("text", &xml), ("values", "1")]).await;
    assert!(shown.body.split("id=\"given\"").nth(1).unwrap().contains("Ada.Example@acme.example"));
}

/// By a connection's settings, at a time, as the answer to a request.
#[tokio::test]
async fn it_is_judged_by_a_connection_at_a_time_as_an_answer() {
    let world = World::new().await;
    let mut sam = support(&world).await;
    let answer = answer(&world).await;
    let made = world.now().to_string();
    let connection = world.acme.connection.to_string();
    world.pass(SignedDuration::from_hours(5));
    let by = |at: &str, request: &str| {
        [
            ("text", answer.saml_response.clone()),
            ("connection", connection.clone()),
            ("at", at.to_owned()),
            ("request", request.to_owned()),
        ]
    };
    let fields = by("", "");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let now = sam.post(&format!("{BASE}{BOX}"), &fields).await;
    now.shows(StatusCode::OK, "would be refused");
    now.shows(StatusCode::OK, "It says that it was made at");
    let fields = by(&made, "");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let then = sam.post(&format!("{BASE}{BOX}"), &fields).await;
    then.shows(StatusCode::OK, "would be accepted");
    then.shows(StatusCode::OK, "signed\"><span class=\"margin\"");
    let fields = by(&made, "_another");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let other = sam.post(&format!("{BASE}{BOX}"), &fields).await;
    other.shows(StatusCode::OK, "would be refused");
    other.shows(StatusCode::OK, "_another");
}

/// A secret is recognised, said not to belong there, and neither shown nor kept.
#[tokio::test]
async fn a_secret_does_not_belong_there() {
    let world = World::new().await;
    let mut sam = support(&world).await;
    let seen = pastes(&mut sam, PRIVATE_KEY).await;
    seen.shows(StatusCode::OK, "This is a private key");
    lacks(&seen, PRIVATE_KEY.lines().nth(1).unwrap());
    let seen = pastes(&mut sam, "email=ada%40acme.example&password=correct-horse").await;
    seen.shows(StatusCode::OK, "There is a password");
    lacks(&seen, "correct-horse");
}

/// What was typed stays where something of it cannot be used.
#[tokio::test]
async fn nothing_typed_is_lost() {
    let world = World::new().await;
    let mut sam = support(&world).await;
    let url = format!("{BASE}{BOX}");
    for (name, value, told) in [
        ("at", "yesterday", "This is no time with a zone"),
        ("at", "2026-03-02T10:00:00", "This is no time with a zone"),
        ("request", "1 2", "This is no ID of a request"),
    ] {
        let seen = sam.post(&url, &[("text", "<a/>"), (name, value), ("values", "1")]).await;
        seen.shows(StatusCode::OK, told);
        seen.shows(StatusCode::OK, ">&#60;a/&#62;</textarea>");
        seen.shows(StatusCode::OK, &format!("value=\"{value}\" aria-invalid=\"true\""));
        seen.shows(StatusCode::OK, "value=\"1\" checked");
    }
    sam.post(&url, &[("text", " ")]).await.shows(StatusCode::OK, "Paste the message first");
    let long = "A".repeat(256 * 1024 + 1);
    let seen = pastes(&mut sam, &long).await;
    seen.shows(StatusCode::OK, "longer than 256 kB");
    seen.shows(StatusCode::OK, &long);
}

/// Nothing that is pasted is written down; another account's connection is none; another site's form is refused.
#[tokio::test]
async fn nothing_is_kept_and_nobody_reaches_further() {
    let world = World::new().await;
    let (mut max, _) = somebody(&world, &world.acme, "max@acme.example", Some(ConsoleRole::AccountAdmin), None).await;
    let answer = answer(&world).await;
    let before = (world.facts().await.len(), world.recent_answers(&world.acme).await.len());
    let url = format!("{}{BOX}", world.acme.origin);
    let own = world.acme.connection.to_string();
    let seen = max.post(&url, &[("text", &answer.saml_response), ("connection", &own)]).await;
    seen.shows(StatusCode::OK, "would be accepted");
    assert_eq!((world.facts().await.len(), world.recent_answers(&world.acme).await.len()), before);
    let other = world.globex.connection.to_string();
    let seen = max.post(&url, &[("text", "<a/>"), ("connection", &other)]).await;
    assert_eq!(seen.status, StatusCode::NOT_FOUND);
    assert_eq!(max.get(&format!("{url}?account=globex")).await.status, StatusCode::NOT_FOUND);
    let seen = max.post_from_elsewhere(&url, format!("text={}", base64(b"<a/>"))).await;
    assert_eq!(seen.status, StatusCode::FORBIDDEN);
    // Who sees no connections has no inspector.
    let (mut pia, _) = somebody(&world, &world.acme, "pia@acme.example", Some(ConsoleRole::Approver), None).await;
    assert_eq!(pia.get(&url).await.status, StatusCode::NOT_FOUND);
}
