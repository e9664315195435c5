//! Attributes & Claims.

use super::{app, leads_to, refused};
use crate::support::browser::Browser;
use crate::support::{World, claim};

const IDENTITY: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";

/// E-28.
#[test]
fn a_new_application_has_entras_claims() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get(&app("/saml/claims"));
    for (name, source) in
        [("givenname", "givenname"), ("surname", "surname"), ("emailaddress", "mail"), ("name", "userprincipalname")]
    {
        let row = page.between(&format!("{IDENTITY}/{name}</a>"), "</tr>");
        assert!(row.contains(&format!("<code>user.{source}</code>")), "{name}: {row}");
    }
    let row = page.between("Unique User Identifier (Name ID)", "</tr>");
    assert!(row.contains("<code>user.userprincipalname</code>"), "{row}");
}

#[test]
fn a_claim_is_added_changed_and_deleted_and_the_others_stay() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let edit = app("/saml/claims/claim");
    let fields = [("name", "dept"), ("namespace", "urn:of:ours/"), ("source", "user.department")];
    leads_to(&browser.fill(&edit, &fields), &app("/saml/claims"));
    let assertion = world.sign_in();
    assert_eq!(claim(&assertion, "urn:of:ours/dept"), ["Sales"]);
    assert_eq!(claim(&assertion, &format!("{IDENTITY}/surname")), ["Example"]);

    let link = browser.get(&app("/saml/claims")).between("claim?claim=urn%3Aof", "\"");
    let form = browser.get(&app(&format!("/saml/claims/claim?claim=urn%3Aof{link}")));
    assert!(form.has("value=\"dept\"") && form.has("name=\"claim\" value=\"urn:of:ours/dept\""), "{}", form.html);
    // Any other text is a constant, as Entra keeps it.
    let format = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic";
    let fields = [("claim", "urn:of:ours/dept"), ("name", "plan"), ("source", "gold"), ("name_format", format)];
    leads_to(&browser.fill(&edit, &fields), &app("/saml/claims"));
    assert_eq!(world.app().get().claims.unwrap()[4].source.as_deref(), Some("\"gold\""));
    let assertion = world.sign_in();
    assert_eq!(claim(&assertion, "plan"), ["gold"]);
    assert!(claim(&assertion, "urn:of:ours/dept").is_empty());

    let gone = format!("{IDENTITY}/surname");
    leads_to(&browser.fill(&app("/saml/claims/delete"), &[("claim", &gone)]), &app("/saml/claims"));
    let assertion = world.sign_in();
    assert!(claim(&assertion, &gone).is_empty());
    assert_eq!(claim(&assertion, "plan"), ["gold"]);
}

#[test]
fn a_claim_that_entra_does_not_take_is_refused_at_its_field() {
    let world = World::new();
    let before = world.entra.seed();
    let mut browser = Browser::new(world.entra.router());
    let restricted = "http://schemas.microsoft.com/identity/claims/tenantid";
    for (name, namespace, source, field, sentence) in [
        ("", "", "user.mail", "name", "Name of a claim is missing.".to_owned()),
        ("x", "", "", "source", "Give the attribute from which the value comes.".to_owned()),
        ("name", IDENTITY, "user.mail", "name", format!("There are two of the claim {IDENTITY}/name.")),
        (
            "tenantid",
            "http://schemas.microsoft.com/identity/claims",
            "user.mail",
            "name",
            format!("The claim {restricted} is restricted: it cannot be set up."),
        ),
    ] {
        let fields = [("name", name), ("namespace", namespace), ("source", source)];
        let page = browser.fill(&app("/saml/claims/claim"), &fields);
        refused(&page, field, &sentence);
        assert!(page.has(&format!("value=\"{name}\"")) && page.has(&format!("value=\"{namespace}\"")));
    }
    assert_eq!(world.entra.seed(), before);
}

/// E-16.
#[test]
fn the_name_id_has_the_format_and_the_source_that_were_chosen() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let fields = [("format", "persistent"), ("source", "user.objectid")];
    leads_to(&browser.fill(&app("/saml/claims/name-id"), &fields), &app("/saml/claims"));
    let object_id = world.entra.seed().tenants[0].users[0].id.clone();
    let name_id = world.sign_in().name_id;
    assert_eq!(name_id.value, object_id);
    assert!(name_id.format.unwrap().as_str().ends_with(":persistent"));
    assert!(
        browser
            .get(&app("/saml"))
            .has("<code>user.objectid</code> <span class=\"hint\">Name ID format: Persistent</span>")
    );
}

/// E-31, E-33.
#[test]
fn groups_are_sent_as_they_were_chosen() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let groups = app("/saml/claims/groups");
    let fields = |source: &'static str| [("mode", "security_group"), ("source", source), ("name", "teams")];
    leads_to(&browser.fill(&groups, &fields("display_name")), &app("/saml/claims"));
    assert_eq!(claim(&world.sign_in(), "teams"), ["Everyone in sales", "Sales and more"]);
    assert!(browser.get(&app("/saml/claims")).has(">teams</a>"));
    let fields = [&fields("display_name")[..], &[("pattern", "^(\\w+) .*$"), ("replacement", "$1")]].concat();
    leads_to(&browser.fill(&groups, &fields), &app("/saml/claims"));
    assert_eq!(claim(&world.sign_in(), "teams"), ["Everyone", "Sales"]);
    let fields = [("mode", "security_group"), ("source", "object_id"), ("emit_as_roles", "yes")];
    leads_to(&browser.fill(&groups, &fields), &app("/saml/claims"));
    assert_eq!(claim(&world.sign_in(), "http://schemas.microsoft.com/ws/2008/06/identity/claims/role").len(), 2);
    let page = browser.fill(&groups, &[("mode", "all"), ("source", "object_id"), ("filter", "(")]);
    assert!(page.between("id=\"filter-error\">■ ", "</p>").starts_with("Regular expression: "), "{}", page.html);
    assert!(page.has("name=\"filter\" value=\"(\""));
}
