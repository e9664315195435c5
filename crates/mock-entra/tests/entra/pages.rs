//! Pages of the sign-in and of My Apps, as a browser goes through them.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_mock_entra::service::{AssignmentRule, ConditionalAccess, Delivery, SecondFactor};

use crate::support::browser::Browser;
use crate::support::{ACME, ACS, ADA, SP, World, raw, start, url_of};

fn delivered(saml_response: String) -> Delivery {
    Delivery { action: ACS.to_owned(), saml_response, relay_state: None, xml: String::new() }
}

#[test]
fn name_then_password_then_stay_signed_in_lead_back_to_the_application() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get(&world.url());
    assert!(
        page.has("id=\"username\"") && page.has("id=\"next\"") && page.has("Sign in to Vestibule"),
        "{}",
        page.html
    );
    let page = browser.submit(&page, &[("login", ADA)]);
    assert!(page.has("id=\"password\"") && page.has("id=\"next\""), "{}", page.html);
    let page = browser.submit(&page, &[("passwd", "correct horse")]);
    assert!(page.has("Stay signed in?"), "{}", page.html);
    let page = browser.submit(&page, &[("stay", "no")]);
    assert!(page.has("id=\"continue\"") && page.has(&format!("action=\"{ACS}\"")), "{}", page.html);
    assert_eq!(page.between("name=\"RelayState\" value=\"", "\""), "attempt-1");
    let assertion = world.accept(&delivered(page.saml_response()));
    assert_eq!(assertion.name_id.value, ADA);
}

#[test]
fn a_wrong_name_is_50034_and_a_wrong_password_50126_beside_the_field() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get(&world.url());
    let again = browser.submit(&page, &[("login", "nobody@acme.example")]);
    assert!(again.has("AADSTS50034") && again.has("id=\"username\""), "{}", again.html);
    let page = browser.submit(&again, &[("login", ADA)]);
    let again = browser.submit(&page, &[("passwd", "wrong")]);
    assert!(again.has("AADSTS50126") && again.has("id=\"password\""), "{}", again.html);
    let page = browser.password(&again, "correct horse", "no");
    assert!(page.has("id=\"continue\""), "{}", page.html);
}

#[test]
fn somebody_of_another_tenant_is_told_50020_behind_the_password() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get(&world.url());
    let page = browser.submit(&page, &[("login", "dora@borealis.example")]);
    let page = browser.submit(&page, &[("passwd", "northern light")]);
    assert!(page.status == StatusCode::BAD_REQUEST && page.has("AADSTS50020"), "{}", page.html);
}

#[test]
fn somebody_who_is_deleted_while_they_sign_in_is_told_51004() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get(&world.url());
    let page = browser.submit(&page, &[("login", ADA)]);
    let page = browser.submit(&page, &[("passwd", "correct horse")]);
    let tenant = world.entra.tenant(ACME).unwrap();
    tenant.change(|tenant| tenant.users.retain(|user| user.user_principal_name != ADA)).unwrap();
    let page = browser.submit(&page, &[("stay", "no")]);
    assert!(page.status == StatusCode::BAD_REQUEST && page.has("AADSTS51004"), "{}", page.html);
}

#[test]
fn a_second_factor_that_nobody_can_be_asked_for_is_50076() {
    let world = World::new();
    let tenant = world.entra.tenant(ACME).unwrap();
    tenant.change(|tenant| tenant.users[0].second_factor = SecondFactor::Registered).unwrap();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get(&world.url());
    browser.sign_in(&page, ADA, "correct horse");
    world.app().change(|app| app.conditional_access = ConditionalAccess::SecondFactor).unwrap();
    let mut request = world.request(SP);
    request.is_passive = true;
    let page = browser.get(&url_of(&request));
    assert!(page.status == StatusCode::BAD_REQUEST && page.has("AADSTS50076"), "{}", page.html);
}

#[test]
fn errors_stay_on_a_page_with_number_trace_and_time() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get(&world.url().replace("saml2?", "saml2?x=1&"));
    assert!(page.has("id=\"username\""));
    let page = browser.get("/acme.example/saml2");
    for part in ["AADSTS750054: ", "Trace ID", "Correlation ID", "2026-03-02 10:00:00Z", "/error?code=750054"] {
        assert!(page.has(part), "{part} in {}", page.html);
    }
    assert!(!page.has("<form"));
    assert!(browser.get("/error?code=50105").has("assigned"));
}

/// E-12.
#[test]
fn a_login_hint_leads_to_the_password() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get(&format!("{}&login_hint=ada%40acme.example", world.url()));
    assert!(page.has("id=\"password\"") && page.has(ADA), "{}", page.html);
    let page = browser.get(&format!("{}&login_hint=nobody%40acme.example", world.url()));
    assert!(page.has("id=\"username\"") && page.has("AADSTS50034"), "{}", page.html);
}

#[test]
fn a_session_answers_at_once_and_of_several_one_is_picked() {
    let world = World::new();
    world.app().change(|app| app.assignment = AssignmentRule::NotRequired).unwrap();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get(&world.url());
    browser.sign_in(&page, ADA, "correct horse");
    assert!(browser.get(&world.url()).has("id=\"continue\""));
    let other = browser.get(&format!("{}&login_hint=bert%40acme.example", world.url()));
    browser.password(&other, "battery staple", "no");
    let page = browser.get(&world.url());
    assert!(page.has("Pick an account") && page.has("id=\"other\""), "{}", page.html);
    let id = page.between("name=\"account\" value=\"", "\"");
    let posted = browser.submit(&page, &[("account", &id)]);
    assert_eq!(world.accept(&delivered(posted.saml_response())).name_id.value, ADA);
    assert!(browser.submit(&page, &[("account", "other")]).has("id=\"username\""));
    let hinted = browser.get(&format!("{}&login_hint=bert%40acme.example", world.url()));
    assert_eq!(world.accept(&delivered(hinted.saml_response())).name_id.value, "bert@acme.example");
    assert!(browser.get("/logout").has("You signed out"));
    assert!(browser.get(&world.url()).has("id=\"username\""));
}

/// E-39: of several sessions the person says which one ends, for the NameID does not; the others stay.
#[test]
fn of_several_sessions_the_one_that_is_picked_ends() {
    let world = World::new();
    let slo = "https://sso.test/sso/acme/slo";
    let changed = world.app().change(|app| {
        app.assignment = AssignmentRule::NotRequired;
        app.logout_url = Some(slo.to_owned());
    });
    changed.unwrap();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get(&world.url());
    browser.sign_in(&page, ADA, "correct horse");
    let other = browser.get(&format!("{}&login_hint=bert%40acme.example", world.url()));
    browser.password(&other, "battery staple", "no");
    let name = "<saml:NameID>bert@acme.example</saml:NameID>";
    let issuer = "<saml:Issuer>https://sso.test/sso/acme/metadata</saml:Issuer>";
    let page = browser.get(&raw(&format!("<samlp:LogoutRequest %>{issuer}{name}</samlp:LogoutRequest>")));
    assert!(page.has("Pick an account"), "{}", page.html);
    let id = page.between("name=\"account\" value=\"", "\"");
    let ended = browser.submit(&page, &[("account", &id)]);
    let answer = ended.location.unwrap();
    assert!(answer.starts_with(&format!("{slo}?SAMLResponse=")), "{answer}");
    let page = browser.get(&world.url());
    assert!(page.has("id=\"continue\""), "one is left: {}", page.html);
}

/// E-18.
#[test]
fn a_forced_request_asks_although_there_is_a_session_and_a_passive_one_asks_never() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let mut request = world.request(SP);
    request.is_passive = true;
    let page = browser.get(&url_of(&request));
    assert!(page.has("id=\"continue\""), "the application is told: {}", page.html);
    let page = browser.get(&world.url());
    browser.sign_in(&page, ADA, "correct horse");
    world.accept(&delivered(browser.get(&url_of(&request)).saml_response()));
    world.pass(SignedDuration::from_mins(5));
    request.is_passive = false;
    request.force_authn = true;
    let page = browser.get(&url_of(&request));
    assert!(page.has("id=\"username\""), "{}", page.html);
    let account = world.entra.tenant(ACME).unwrap().get().user(ADA).unwrap().id.clone();
    assert!(browser.submit(&page, &[("account", &account)]).has("id=\"username\""), "the old session does not do");
    let page = browser.sign_in(&page, ADA, "correct horse");
    assert_eq!(world.accept(&delivered(page.saml_response())).authn_instant, world.now());
}

/// E-25.
#[test]
fn who_stays_signed_in_does_so_for_90_days_of_use_and_the_instant_grows_old() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get(&world.url());
    let page = browser.submit(&page, &[("login", ADA)]);
    browser.password(&page, "correct horse", "yes");
    assert!(browser.cookie("ESTSAUTHPERSISTENT").is_some());
    for _ in 0..2 {
        world.pass(SignedDuration::from_hours(24 * 80));
        let posted = browser.get(&world.url());
        assert_eq!(world.accept(&delivered(posted.saml_response())).authn_instant, start());
    }
    world.pass(SignedDuration::from_hours(24 * 91));
    assert!(browser.get(&world.url()).has("id=\"username\""));
}

/// E-25.
#[test]
fn sessions_are_made_older_by_the_api() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get(&world.url());
    browser.sign_in(&page, ADA, "correct horse");
    let page = browser.json("POST", "/api/sessions/backdate", r#"{"seconds": 86400}"#);
    assert_eq!(page.status, StatusCode::NO_CONTENT);
    let instant = world.accept(&delivered(browser.get(&world.url()).saml_response())).authn_instant;
    assert_eq!(world.now().duration_since(instant), SignedDuration::from_hours(24));
}

/// E-19.
#[test]
fn a_posted_request_is_answered_as_well() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let form = world.request(SP).post_form(None, None).unwrap();
    let page = browser.post(form.action.as_str(), &[("SAMLRequest", &form.fields[0].1), ("RelayState", "r")]);
    let page = browser.sign_in(&page, ADA, "correct horse");
    assert_eq!(page.between("name=\"RelayState\" value=\"", "\""), "r");
    world.accept(&delivered(page.saml_response()));
}

/// E-1.
#[test]
fn common_finds_the_tenant_by_the_name() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get(&world.url().replace(ACME, "common"));
    let page = browser.sign_in(&page, ADA, "correct horse");
    world.accept(&delivered(page.saml_response()));
    assert!(browser.get(&world.url().replace(ACME, "common")).has("id=\"continue\""), "the session is known");
}

/// E-45.
#[test]
fn who_is_not_assigned_sees_50105() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get(&world.url());
    let page = browser.sign_in(&page, "bert@acme.example", "battery staple");
    assert!(page.status == StatusCode::BAD_REQUEST && page.has("AADSTS50105"), "{}", page.html);
}

#[test]
fn what_people_type_is_shown_as_text() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get(&world.url());
    let page = browser.submit(&page, &[("login", "\"><script>alert(1)</script>")]);
    assert!(!page.has("<script>alert"), "{}", page.html);
}

#[test]
fn every_page_has_a_language_a_title_and_one_heading() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    for address in
        ["/", "/myapps", "/acme.example/saml2", "/acme.example/wsfed", "/nothing", "/error?code=1", "/logout"]
    {
        let page = browser.get(address);
        assert!(page.has("<html lang=\"en\">") && !page.between("<title>", "</title>").is_empty(), "{address}");
        assert_eq!(page.html.matches("<h1>").count(), 1, "{address}");
    }
}
