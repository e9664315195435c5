//! Pages of the sign-in and of My Apps, as a browser goes through them.

use vestibule_mock_entra::service::Delivery;

use crate::support::browser::Browser;
use crate::support::{ACS, ADA, World};

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
