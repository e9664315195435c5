//! The portal of the stand-in for Entra ID, and a set-up that is begun there by hand.

use super::Visitor;
use crate::demo::Demo;

const ORCHARD: &str = "/portal/acme.example/applications/Orchard";

#[track_caller]
pub(super) fn portal(demo: &Demo, visitor: &Visitor) {
    let browser = &visitor.browser;
    let opens = |name: &str, path: &str| {
        browser.goto(&demo.url("entra", path));
        visitor.sees(&format!("portal-{name}"));
    };
    opens("tenants", "/portal");
    opens("tenant", "/portal/acme.example");
    opens("users", "/portal/acme.example/users");
    opens("new-user", "/portal/acme.example/users/new");
    opens("applications", "/portal/acme.example/applications");
    opens("missing", "/portal/nobody.example");
    for (name, rest) in [
        ("overview", ""),
        ("properties", "/properties"),
        ("delete", "/delete"),
        ("assignments", "/users"),
        ("saml", "/saml"),
        ("upload", "/saml/upload"),
        ("basic", "/saml/basic"),
        ("claims", "/saml/claims"),
        ("claim", "/saml/claims/claim"),
        ("name-id", "/saml/claims/name-id"),
        ("groups", "/saml/claims/groups"),
        ("verification", "/saml/verification"),
        ("encryption", "/token-encryption"),
    ] {
        opens(name, &format!("{ORCHARD}{rest}"));
    }
    opens("certificates", &format!("{ORCHARD}/saml/certificates"));
    browser.click("form.bar button");
    browser.wait_for(".done");
    visitor.sees("portal-two-certificates");

    browser.goto(&demo.url("entra", "/portal/acme.example/applications/new"));
    visitor.sees("portal-new-application");
    browser.fill("#name", "Set up by hand");
    browser.click("main form button");
    browser.wait_for("ol.steps");
    browser.click("ol.steps li:nth-child(2) a");
    browser.wait_for("ul.tiles a");
    visitor.sees("portal-method");
    browser.click("ul.tiles a");
    browser.wait_for("section.card");
    visitor.sees("portal-saml-not-yet");
    browser.click("section.card a");
    browser.wait_for("input[name=identifier]");
    browser.fill("input[name=identifier]", "urn:by:hand");
    browser.click("button[value=add_identifier]");
    browser.wait_for("div.row:nth-of-type(2) input[name=identifier]");
    browser.click("button[value=save]");
    browser.wait_for("#reply_url-error");
    visitor.sees("portal-basic-refused");
    assert_eq!(browser.value("input[name=identifier]"), "urn:by:hand");
    browser.fill("input[name=reply_url]", &demo.url("acme", "/"));
    browser.click("button[value=save]");
    browser.wait_for(".done");
    visitor.sees("portal-saved");
}
