//! The pages of the console, as an operator sees them.

use super::Visitor;
use crate::demo::{ACME, Demo, NORTH};
use crate::journeys::console::{OLGA, olga_comes_in};

#[track_caller]
pub(super) fn console(demo: &Demo, visitor: &Visitor) {
    let browser = &visitor.browser;
    browser.forget_cookies();
    signs_in(demo, visitor);
    visitor.reads("console-overview");
    let of_acme = |what: &str| demo.issuer(&format!("/console/connections/{ACME}{what}"));
    visitor.opens("console-accounts", &demo.issuer("/console/accounts"));
    visitor.opens("console-account", &demo.issuer("/console/accounts/acme"));
    visitor.opens("console-reseller", &demo.issuer("/console/accounts/north"));
    visitor.opens("console-connections", &demo.issuer("/console/connections"));
    visitor.opens("console-connections-none", &demo.issuer("/console/connections?text=nobody"));
    visitor.opens("console-connection", &of_acme(""));
    visitor.opens("console-connection-idle", &demo.issuer(&format!("/console/connections/{NORTH}")));
    visitor.opens("console-mapping", &of_acme("/mapping"));
    visitor.opens("console-lacking", &of_acme("/lacking"));
    visitor.opens("console-links", &of_acme("/links"));
    visitor.opens("console-new-connection", &demo.issuer("/console/connections/new?account=acme"));
    visitor.opens("console-account-settings", &demo.issuer("/console/settings/acme"));
    visitor.opens("console-enforcement", &demo.issuer("/console/enforcement/acme"));
    visitor.opens("console-mails", &demo.issuer("/console/mails/acme?mail=not-let-in"));
    visitor.opens("console-hours", &demo.issuer("/console?span=48h"));
    visitor.opens("console-groups", &demo.issuer("/console/groups?account=acme"));
    visitor.opens("console-groups-none", &demo.issuer("/console/groups?account=acme&begins=nobody"));
    visitor.opens("console-branding", &demo.issuer("/console/branding/acme"));
    browser.fill("#accent", "#ffd400");
    browser.click("#look");
    browser.wait_for("#plan");
    visitor.reads("console-branding-plan");
    visitor.opens("console-edit", &of_acme("/edit"));
    browser.fill("#clock_skew", "200");
    browser.click("#look");
    browser.wait_for("#plan");
    visitor.reads("console-edit-plan");
    browser.goto(&demo.issuer("/console/accounts/north/garage"));
    browser.click("ul.rows a[href^='/console/connections/']");
    browser.wait_for("#set-up");
    visitor.reads("console-draft");
    browser.click("#set-up");
    browser.wait_for("#given");
    visitor.reads("console-set-up");
    visitor.opens("console-ask-pause", &of_acme("/pause"));
    visitor.opens("console-ask-activate", &of_acme("/activate"));
    visitor.opens("console-users", &demo.issuer("/console/users?account=acme"));
    browser.click("tbody th a");
    browser.wait_for("dl.facts");
    visitor.reads("console-user");
    visitor.opens("console-audit", &demo.issuer("/console/audit"));
    visitor.opens("console-applications", &demo.issuer("/console/applications"));
    visitor.opens("console-webhooks", &demo.issuer("/console/webhooks"));
    visitor.opens("console-keys", &demo.issuer("/console/keys"));
    inspector(demo, visitor);
    browser.forget_cookies();
}

/// What Acme's people brought before, and something pasted.
#[track_caller]
fn inspector(demo: &Demo, visitor: &Visitor) {
    const PASTED: &str = include_str!("../../../vectors/saml/accept/entra-2020-real/response.xml");
    let browser = &visitor.browser;
    let attempts = |what: &str| demo.issuer(&format!("/console/connections/{ACME}/attempts{what}"));
    visitor.opens("inspector-attempts", &attempts(""));
    for outcome in ["accepted", "refused"] {
        browser.goto(&attempts(&format!("?outcome={outcome}")));
        browser.click("tbody td a");
        browser.wait_for(".sequence");
        visitor.reads(&format!("inspector-{outcome}"));
    }
    browser.click("#replay .button");
    browser.wait_for_url(|url| url.contains("replay=1"));
    visitor.reads("inspector-replayed");
    visitor.opens("inspector-none", &demo.issuer("/console/inspect?code=AUD-7K2Q"));
    browser.fill("#text", PASTED);
    browser.fill("#at", "yesterday");
    browser.click("form[method='post'][action^='/console/inspect'] .button");
    browser.wait_for("#at[aria-invalid='true']");
    visitor.reads("inspector-wrong-time");
    browser.fill("#at", "");
    browser.click("form[method='post'][action^='/console/inspect'] .button");
    browser.wait_for("#given");
    visitor.reads("inspector-pasted");
}

/// Without script the answer of the identity provider is posted by a button.
#[track_caller]
fn signs_in(demo: &Demo, visitor: &Visitor) {
    use vestibule_e2e::peers::chromium::Look;
    if visitor.look != Look::WITHOUT_SCRIPT {
        return olga_comes_in(demo, &visitor.browser);
    }
    let browser = &visitor.browser;
    browser.goto(&demo.issuer("/console"));
    browser.fill("#email", OLGA);
    browser.click("form button");
    browser.click("form[action='/sign-in/start'] button");
    crate::demo::password(browser);
    browser.click("#continue");
    browser.wait_for(".top nav");
}
