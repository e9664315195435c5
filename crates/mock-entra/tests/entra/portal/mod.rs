//! The portal: what is typed is what the application then does.

mod basic;
mod certificates;
mod claims;
mod people;
mod setup;

use http::StatusCode;

use crate::support::browser::{Browser, Page};
use crate::support::{ACME, ACME_APP, World};

/// The address of a page of the application.
fn app(rest: &str) -> String {
    format!("/portal/{ACME}/applications/{ACME_APP}{rest}")
}

/// Where a change leads.
#[track_caller]
fn leads_to(page: &Page, address: &str) {
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.html);
    let location = page.location.as_deref().unwrap_or_default();
    assert_eq!(location.split('?').next(), Some(address));
}

/// That a form is shown again with this sentence at this field.
#[track_caller]
fn refused(page: &Page, field: &str, sentence: &str) {
    assert_eq!(page.status, StatusCode::BAD_REQUEST, "{}", page.html);
    let shown = page.between(&format!("id=\"{field}-error\">■ "), "</p>");
    assert_eq!(shown.replace("&#34;", "\"").replace("&#39;", "'"), sentence);
    assert!(page.has("aria-invalid=\"true\""), "{}", page.html);
}

#[test]
fn tenants_applications_and_pages_that_do_not_exist_are_not_found() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    for (address, sentence) in [
        ("/portal/nobody.example".to_owned(), "There is no tenant &#34;nobody.example&#34;."),
        ("/portal/nobody.example/users".to_owned(), "There is no tenant &#34;nobody.example&#34;."),
        (format!("/portal/{ACME}/applications/nothing/saml"), "There is no application &#34;nothing&#34;."),
        (format!("/portal/{ACME}/users/nobody"), "There is no user &#34;nobody&#34;."),
        (app("/saml/claims/claim?claim=nothing"), "There is no claim &#34;nothing&#34;."),
        (app("/nothing"), "There is nothing at this address."),
        ("/portal/a/b/c".to_owned(), "There is nothing at this address."),
    ] {
        let page = browser.get(&address);
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{address}");
        assert!(page.has(sentence) && page.has("not Microsoft"), "{address}: {}", page.html);
    }
    let page = browser.fill(&format!("/portal/{ACME}/applications/nothing/saml/basic"), &[]);
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

/// Nobody signs in to the portal: a page of another site must not press its buttons.
#[test]
fn a_form_that_another_site_sent_changes_nothing() {
    let world = World::new();
    let before = world.entra.seed();
    let mut browser = Browser::new(world.entra.router());
    for rest in [
        "/delete",
        "/properties",
        "/users",
        "/users/remove",
        "/saml/upload",
        "/saml/basic",
        "/saml/claims/claim",
        "/saml/claims/delete",
        "/saml/claims/name-id",
        "/saml/claims/groups",
        "/saml/certificates",
        "/saml/certificates/new",
        "/saml/certificates/activate",
        "/saml/certificates/delete",
        "/saml/verification",
        "/saml/verification/upload",
        "/saml/verification/delete",
        "/token-encryption/import",
        "/token-encryption/status",
        "/token-encryption/delete",
    ] {
        let page = browser.post(&app(rest), &[("name", "x")]);
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{rest}");
        assert!(page.has("which page sent the form"), "{rest}: {}", page.html);
    }
    let user = &before.tenants[0].users[0].id;
    for rest in ["/applications/new", "/users/new", &format!("/users/{user}"), &format!("/users/{user}/delete")] {
        assert_eq!(browser.post(&format!("/portal/{ACME}{rest}"), &[]).status, StatusCode::FORBIDDEN, "{rest}");
    }
    assert_eq!(world.entra.seed(), before);
}

#[test]
fn what_is_no_form_or_too_long_is_told_so() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.fill(&app("/properties"), &[("name", "x"), ("assignment", "perhaps"), ("visible", "visible")]);
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.has("&#34;perhaps&#34; is none of the choices of &#34;assignment&#34;."), "{}", page.html);
    let page = browser.upload(&app("/saml/upload"), "metadata", &vec![b' '; 2_000_000]);
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(page.has("1 MiB"), "{}", page.html);
}

#[test]
fn every_page_says_what_it_is_has_one_heading_and_runs_nothing_but_its_own_script() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let below = |rest: &str| format!("/portal/acme.example{rest}");
    let addresses = [
        "/portal".to_owned(),
        below(""),
        below("/users"),
        below("/users/new"),
        below("/applications"),
        below("/applications/new"),
        app(""),
        app("/properties"),
        app("/delete"),
        app("/users"),
        app("/saml"),
        app("/saml/upload"),
        app("/saml/basic"),
        app("/saml/claims"),
        app("/saml/claims/claim"),
        app("/saml/claims/name-id"),
        app("/saml/claims/groups"),
        app("/saml/certificates"),
        app("/saml/verification"),
        app("/token-encryption"),
    ];
    for address in addresses {
        let page = browser.get(&address);
        assert_eq!(page.status, StatusCode::OK, "{address}");
        assert!(page.has("This is a stand-in for tests, not Microsoft."), "{address}");
        assert_eq!(page.html.matches("<h1>").count(), 1, "{address}");
        assert!(page.has("<html lang=\"en\">") && !page.has(" onclick") && !page.has(" style=\""), "{address}");
        assert_eq!(page.html.matches("<script").count(), page.html.matches("<script src=\"/portal/").count());
        for link in page.html.split("href=\"/portal").skip(1).filter_map(|rest| rest.split('"').next()) {
            let status = browser.get(&format!("/portal{}", link.replace("&#38;", "&"))).status;
            assert!(status.is_success() || status.is_redirection(), "{address} leads to /portal{link}: {status}");
        }
    }
    assert!(browser.get("/").has("href=\"/portal\""), "the first page leads there");
}
