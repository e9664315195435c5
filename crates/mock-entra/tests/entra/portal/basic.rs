//! Basic SAML Configuration.

use vestibule_mock_entra::service::Entra;

use super::{app, leads_to, refused};
use crate::support::browser::{Browser, Page};
use crate::support::{ACME, ACS, ADA, SP, World, ada, code};

/// Sends the form; `fields` come before what is left as it was.
fn save(browser: &mut Browser, fields: &[(&str, &str)]) -> Page {
    let usual = [
        ("identifier", SP),
        ("reply_url", ACS),
        ("reply_url_index", ""),
        ("sign_on_url", ""),
        ("relay_state", ""),
        ("logout_url", ""),
    ];
    let rest = usual.iter().filter(|(name, _)| !fields.iter().any(|(known, _)| known == name));
    let all: Vec<_> = fields.iter().chain(rest).copied().collect();
    browser.fill(&app("/saml/basic"), &all)
}

fn answered(world: &World) -> u32 {
    let answer: Result<_, _> = Entra::answer(&world.entra, &world.url(), &ada());
    code(answer)
}

#[test]
fn a_request_with_another_identifier_is_told_700016() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    leads_to(&save(&mut browser, &[("identifier", "https://sso.test/other")]), &app("/saml"));
    assert!(browser.get(&app("/saml")).has("https://sso.test/other"));
    let page = browser.get(&world.url());
    assert!(page.has("AADSTS700016: Application with identifier &#39;https://sso.test/sso/acme/metadata&#39;"));
    leads_to(&save(&mut browser, &[]), &app("/saml"));
    world.sign_in();
}

#[test]
fn a_request_for_another_reply_url_is_told_50011() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    leads_to(&save(&mut browser, &[("reply_url", "https://sso.test/moved")]), &app("/saml"));
    assert_eq!(answered(&world), 50011);
    leads_to(&save(&mut browser, &[]), &app("/saml"));
    let page = browser.get(&world.url());
    let page = browser.sign_in(&page, ADA, "correct horse");
    assert_eq!(page.between("<form method=\"post\" action=\"", "\""), ACS);
}

/// The default of several is the audience and the place of sign-ins that begin at Entra; an index names a Reply URL.
#[test]
fn defaults_and_indexes_are_as_they_were_typed() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let other = "https://sso.test/other/acs";
    let page = save(
        &mut browser,
        &[
            ("identifier", SP),
            ("identifier", ""),
            ("identifier", "urn:second"),
            ("default_identifier", "2"),
            ("reply_url", other),
            ("reply_url_index", "7"),
            ("reply_url", ACS),
            ("reply_url_index", ""),
            ("default_reply_url", "1"),
            ("relay_state", "/start?a=b&c"),
        ],
    );
    leads_to(&page, &app("/saml"));
    let set = world.app().get();
    assert_eq!(
        (set.identifiers, set.reply_urls),
        (vec!["urn:second".to_owned(), SP.to_owned()], vec![ACS.to_owned(), other.to_owned()])
    );
    let tile = world.entra.unsolicited(ACME, "Vestibule", &ada()).unwrap();
    assert_eq!((tile.action.as_str(), tile.relay_state.as_deref()), (ACS, Some("/start?a=b&c")));
    assert!(tile.xml.contains("<Audience>urn:second</Audience>"), "{}", tile.xml);
    let by_index = |index: u16| {
        let xml = format!(
            "<samlp:AuthnRequest % AssertionConsumerServiceIndex=\"{index}\"><saml:Issuer>{SP}</saml:Issuer></samlp:AuthnRequest>"
        );
        world.entra.answer(&crate::support::raw(&xml), &ada()).map(|delivery| delivery.action)
    };
    assert_eq!(by_index(7).unwrap(), other);
    assert_eq!(by_index(0).unwrap(), ACS);
    let shown = browser.get(&app("/saml/basic"));
    assert!(shown.has("value=\"7\"") && shown.has("value=\"/start?a=b&#38;c\""), "{}", shown.html);
}

/// E-43.
#[test]
fn a_sign_on_url_turns_the_test_into_a_start_at_the_application() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let start = "https://sso.test/sso/acme/start";
    leads_to(&save(&mut browser, &[("sign_on_url", start)]), &app("/saml"));
    let cards = browser.get(&app("/saml"));
    assert!(cards.has("The test starts at the Sign on URL."));
    let test = browser.get(&cards.between("id=\"test\" href=\"", "\""));
    assert_eq!(test.location.as_deref(), Some(start));
}

#[test]
fn what_entra_does_not_take_is_refused_at_its_field_and_nothing_typed_is_lost() {
    let world = World::new();
    let tenant = world.entra.tenant(ACME).unwrap();
    let mut other = world.app().get();
    other.app_id = "22222222-aaaa-4000-8000-00000000000f".to_owned();
    other.service_principal_id = String::new();
    other.name = "Other".to_owned();
    other.identifiers = vec!["urn:taken".to_owned()];
    tenant.change(|tenant| tenant.applications.push(other)).unwrap();
    let before = world.entra.seed();
    let mut browser = Browser::new(world.entra.router());
    let long = "x".repeat(1025);
    for (name, value, field, sentence) in [
        ("identifier", "", "identifier", "Give at least one Identifier (Entity ID)."),
        ("identifier", "urn:taken", "identifier", "The identifier urn:taken is in use by the application Other."),
        ("identifier", &long, "identifier", "Identifier: the entity ID has 1025 characters, more than 1024."),
        ("reply_url", "", "reply_url", "Give at least one Reply URL (Assertion Consumer Service URL)."),
        (
            "reply_url",
            "sso.test/acs",
            "reply_url",
            "Reply URL: \"sso.test/acs\" is not an absolute URL; one beginning with https:// is wanted.",
        ),
        (
            "reply_url",
            "http://sso.test/acs",
            "reply_url",
            "Reply URL: \"http://sso.test/acs\" is http; https is wanted (http only on a loopback host).",
        ),
        ("reply_url_index", "-1", "reply_url", "The index \"-1\" is none; a number from 0 to 65535 is wanted."),
        (
            "sign_on_url",
            "javascript:alert(1)",
            "sign_on_url",
            "Sign on URL: \"javascript:alert(1)\" has the scheme \"javascript\"; https is wanted.",
        ),
        (
            "logout_url",
            "https://sso.test/#slo",
            "logout_url",
            "Logout URL: \"https://sso.test/#slo\" has a fragment (#…).",
        ),
        ("relay_state", "a\u{1}b", "relay_state", "Relay State has a control character, which XML cannot hold."),
    ] {
        let page = save(&mut browser, &[(name, value), ("typed", "besides")]);
        refused(&page, field, sentence);
        assert!(page.has(&format!("value=\"{value}\"")), "{value} in {}", page.html);
    }
    let rows = [("identifier", SP), ("identifier", SP), ("logout_url", "https://sso.test/slo")];
    let page = save(&mut browser, &rows);
    refused(&page, "identifier", &format!("There are two of the identifier {SP}."));
    assert!(page.has("value=\"https://sso.test/slo\""), "{}", page.html);
    let rows =
        [("reply_url", ACS), ("reply_url", "https://sso.test/2"), ("reply_url_index", "1"), ("reply_url_index", "1")];
    refused(&save(&mut browser, &rows), "reply_url", "Two reply URLs have the index 1.");
    assert_eq!(world.entra.seed(), before);
}

#[test]
fn a_row_more_is_shown_without_saving_what_was_typed_in_the_others() {
    let world = World::new();
    let before = world.entra.seed();
    let mut browser = Browser::new(world.entra.router());
    let page = save(&mut browser, &[("do", "add_identifier"), ("identifier", "urn:new"), ("relay_state", "not a URL")]);
    assert_eq!(page.html.matches("name=\"identifier\"").count(), 2, "{}", page.html);
    assert!(page.has("value=\"urn:new\"") && page.has("value=\"not a URL\""));
    let page = save(&mut browser, &[("do", "add_reply_url")]);
    assert_eq!(page.html.matches("name=\"reply_url\"").count(), 2);
    assert_eq!(world.entra.seed(), before);
}

#[test]
fn what_was_typed_is_shown_as_text() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let hostile = "urn:\"><script>alert(1)</script>";
    leads_to(&save(&mut browser, &[("identifier", hostile), ("relay_state", hostile)]), &app("/saml"));
    world.app().change(|app| app.name = hostile.to_owned()).unwrap();
    for rest in ["", "/properties", "/users", "/saml", "/saml/basic", "/saml/certificates", "/token-encryption"] {
        let page = browser.get(&app(rest));
        assert!(!page.has("<script>alert") && page.has("&#60;script&#62;alert(1)"), "{rest}: {}", page.html);
    }
    assert!(!browser.get(&format!("/portal/{ACME}/applications")).has("<script>alert"));
}

#[test]
fn a_file_that_is_no_metadata_of_an_application_is_refused() {
    let world = World::new();
    let before = world.entra.seed();
    let mut browser = Browser::new(world.entra.router());
    let mut sent = |file: &[u8]| browser.upload(&app("/saml/upload"), "metadata", file);
    refused(&sent(b""), "metadata", "Choose the metadata file of the application.");
    let page = sent(b"<html></html>");
    assert!(page.between("id=\"metadata-error\">■ ", "</p>").starts_with("This is not SAML metadata"), "{}", page.html);
    let of_entra = world.entra.metadata(ACME, None).unwrap();
    let page = sent(of_entra.as_bytes());
    assert!(page.between("id=\"metadata-error\">■ ", "</p>").contains("is not a service provider"), "{}", page.html);
    assert_eq!(world.entra.seed(), before);
}

/// What a file names comes first; what was there is kept until somebody empties its row.
#[test]
fn a_file_fills_in_before_what_is_there() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.upload(&app("/saml/upload"), "metadata", super::setup::metadata_file().as_bytes());
    let fields = super::setup::shown(&page);
    let of = |name: &str| -> Vec<&str> {
        fields.iter().filter(|(known, _)| *known == name).map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(of("identifier"), ["https://sso.test/sso/new/metadata", SP]);
    assert_eq!(of("reply_url"), ["https://sso.test/sso/new/acs", ACS, "https://sso.test/other/acs"]);
    assert_eq!(of("reply_url_index"), ["0", "", ""]);
    assert_eq!(of("relay_state"), ["/deep"]);
}
