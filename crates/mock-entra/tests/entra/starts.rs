//! Sign-ins that begin at Entra, and who may sign in at all (E-43 to E-45).

use vestibule_mock_entra::service::{Assignment, AssignmentRule, Person, RequestSignatures};
use vestibule_saml::sp::Expected;

use crate::support::browser::Browser;
use crate::support::{ACME, ACME_APP, ACS, ADA, Judge, SP, World, ada, code};

/// E-43, E-44.
#[test]
fn an_answer_that_nobody_asked_for_has_no_in_response_to_and_the_set_relay_state() {
    let world = World::new();
    let delivery = world.entra.unsolicited(ACME, ACME_APP, &ada()).unwrap();
    assert!(!delivery.xml.contains("InResponseTo"));
    assert_eq!((delivery.action.as_str(), delivery.relay_state.as_deref()), (ACS, Some("/deep")));
    world.judge(&delivery, &Judge { request: Some(Expected::Unsolicited), ..Judge::default() }).unwrap();
    assert!(delivery.xml.contains(&format!("<Audience>{SP}</Audience>")));
}

/// E-43.
#[test]
fn a_tile_starts_at_the_sign_on_url_where_there_is_one() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get("/myapps");
    let tiles = browser.sign_in(&page, ADA, "correct horse");
    let link = tiles.between("<li><a href=\"", "\"");
    assert!(link.starts_with("/acme.example/signin/Vestibule/"), "{link}");
    let posted = browser.get(&link);
    assert!(posted.has("id=\"continue\"") && posted.has("name=\"RelayState\" value=\"/deep\""), "{}", posted.html);
    world.app().change(|app| app.sign_on_url = Some("https://sso.test/sso/acme/start".to_owned())).unwrap();
    let tiles = browser.get("/myapps");
    assert_eq!(tiles.between("<li><a href=\"", "\""), "https://sso.test/sso/acme/start");
    assert_eq!(browser.get(&link).location.as_deref(), Some("https://sso.test/sso/acme/start"));
    assert_eq!(code(world.entra.unsolicited(ACME, ACME_APP, &ada())), 50000);
}

/// E-43.
#[test]
fn only_what_a_person_may_use_has_a_tile() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get("/myapps");
    let tiles = browser.sign_in(&page, "bert@acme.example", "battery staple");
    assert!(tiles.has("No application is assigned to you"), "{}", tiles.html);
}

/// E-45.
#[test]
fn who_is_not_assigned_is_50105_and_groups_in_groups_do_not_count() {
    let world = World::new();
    let set = |principals: &[&str]| {
        let assignments = principals.iter().map(|it| Assignment { principal: (*it).to_owned(), role: None }).collect();
        world.app().change(|app| app.assignments = assignments).unwrap();
        world.entra.answer(&world.url(), &ada())
    };
    set(&[ADA]).unwrap();
    set(&["Everyone in sales"]).unwrap();
    assert_eq!(code(set(&["Sales and more"])), 50105);
    assert_eq!(code(set(&[])), 50105);
    world.app().change(|app| app.assignment = AssignmentRule::NotRequired).unwrap();
    world.sign_in();
    assert_eq!(code(world.entra.unsolicited(ACME, "no such application", &ada())), 700_016);
}

#[test]
fn an_application_that_is_not_set_up_has_its_numbers() {
    let world = World::new();
    let start = || world.entra.unsolicited(ACME, ACME_APP, &ada());
    world.app().change(|app| app.request_signatures = RequestSignatures::Required).unwrap();
    assert_eq!(code(start()), 76021);
    world
        .app()
        .change(|app| {
            app.request_signatures = RequestSignatures::Ignored;
            app.identifiers.clear();
        })
        .unwrap();
    assert_eq!(code(start()), 50010);
    let other = Person::new("dora@borealis.example");
    world.entra.unsolicited("borealis.example", "Vestibule", &other).unwrap();
}
