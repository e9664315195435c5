//! A reseller and its customers: by whose connection people come in, and whose name, colour and address they see.

use serde_json::Value;
use vestibule_e2e::peers::chromium::{Browser, Look};

use crate::demo::{
    BAKERY, BAKERY_APP, Demo, NORTH, begin_with_address, complaints, name_and_password, password, signed_in,
};

/// The buttons of the page at an account's address, from above; without one the page asks for an address.
fn buttons(demo: &Demo, browser: &Browser, site: &str) -> Vec<String> {
    browser.goto(&demo.url(site, "/"));
    let all = "return [...document.querySelectorAll('form[action=\"/sign-in/start\"] button')]
        .map(button => button.innerText.split('\\n')[0])";
    let Value::Array(texts) = browser.execute(all, &[]) else { panic!("no list") };
    let texts: Vec<_> = texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect();
    assert_eq!(browser.has("#email"), texts.is_empty(), "{texts:?}");
    texts
}

/// The colour with which an element is filled, as the browser computes it.
fn filled(browser: &Browser, css: &str) -> Value {
    browser.wait_for(css);
    browser.execute("return getComputedStyle(document.querySelector(arguments[0])).backgroundColor", &[css.into()])
}

/// MX-18: The Mill's people come in by the connection of its reseller, from the application and at The Mill's own
/// address, where they stay; they are The Mill's people, and nothing is asked of them twice.
#[test]
fn people_of_a_customer_come_in_by_the_resellers_connection() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    begin_with_address(&demo, &browser, "kim@mill.example");
    password(&browser);
    assert_eq!(signed_in(&browser), "kim@mill.example");
    let claims = browser.text("table");
    assert!(claims.contains("account north/mill"), "{claims}");

    browser.forget_cookies();
    browser.goto(&demo.url("mill", "/"));
    // MX-15: what the reseller says of looks goes for its customers.
    assert_eq!(browser.text(".welcome"), "North IT Services looks after this sign-in.");
    assert_eq!(filled(&browser, "button.button"), "rgb(10, 125, 90)");
    browser.press("Log in with Microsoft");
    name_and_password(&browser, "kim@mill.example");
    signed_in(&browser);
    let me = demo.url("mill", "/me");
    browser.goto(&me);
    assert_eq!(browser.url(), me);
    assert!(browser.text("dl.facts").contains("The Mill"), "{}", browser.text("dl.facts"));
    assert_eq!(complaints(&browser), [""; 0]);
}

const ABOVE: &str = "Log in with Orchard";
const RESELLER: &str = "Log in with North";
const CUSTOMER: &str = "Log in with The Mill";

const POLICIES: [&str; 4] = ["inherit", "own", "both", "forbidden"];

/// What a policy permits of an account's own button and of those above it.
fn permitted<'b>(policy: &str, own: &'b str, above: &[&'b str]) -> Vec<&'b str> {
    match policy {
        "inherit" => above.to_vec(),
        "own" => vec![own],
        "both" => [&[own], above].concat(),
        _ => Vec::new(),
    }
}

/// The reseller and its customer, each with what the account above permits it; both choose all that they may.
fn tree(reseller: &str, customer: &str) -> String {
    let chosen = |policy: &str| if policy == "both" { "sign_in = \"both\"" } else { "" };
    format!(
        r#"
[[account]]
path = "north"
kind = "reseller"
name = "North IT Services"
permitted = "{reseller}"
{}

[[account]]
path = "north/mill"
name = "The Mill"
permitted = "{customer}"
{}
admission = "pass_through"
application = "orchard"
"#,
        chosen(reseller),
        chosen(customer)
    )
}

/// A connection of each of the three.
const CONNECTIONS: &str = r#"
[platform]
name = "Orchard"
application = "orchard"

[[platform.connection]]
name = "entra"
preset = "entra"
state = "active"
activate = "operator"
metadata = { file = "acme.xml" }
button = { text = "Log in with Orchard" }

[[account]]
path = "north"
kind = "reseller"
name = "North IT Services"
permitted = "own"

[[account.connection]]
name = "second"
preset = "entra"
state = "active"
activate = "operator"
metadata = { file = "acme.xml" }
button = { text = "Log in with North" }

[[account.connection]]
name = "entra"
id = "0198a000-0000-7000-8000-000000000004"
preset = "entra"
state = "paused"
issuer = "https://sts.windows.net/e2c4a6b8-3d51-4f79-9bac-4e6081223355/"

[[account]]
path = "north/mill"
name = "The Mill"
permitted = "own"
admission = "pass_through"
application = "orchard"

[[account.connection]]
name = "entra"
preset = "entra"
state = "active"
activate = "operator"
metadata = { file = "acme.xml" }
button = { text = "Log in with The Mill" }
"#;

/// MX-18, MX-19, MX-21, MX-28, MX-29: platform, reseller and customer have a connection each; the buttons of a page are
/// those that each policy permits, the account's own first.
#[test]
fn each_policy_at_three_levels_shows_in_the_buttons_of_the_page() {
    let demo = Demo::start();
    demo.apply(CONNECTIONS);
    let browser = Browser::open(&Look::DESKTOP);
    for reseller in POLICIES {
        let handed_down = permitted(reseller, RESELLER, &[ABOVE]);
        for customer in POLICIES {
            demo.apply(&tree(reseller, customer));
            let wanted = permitted(customer, CUSTOMER, &handed_down);
            assert_eq!(buttons(&demo, &browser, "mill"), wanted, "{customer} below {reseller}");
        }
        assert_eq!(buttons(&demo, &browser, "north"), handed_down, "{reseller}");
    }
}

/// MX-21, A27: what is forbidden while somebody is on their way at Entra leads them in no more, and its address is not
/// there.
#[test]
fn a_connection_that_is_forbidden_meanwhile_leads_nobody_in() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    let start = demo.of("mill", NORTH, "start");
    browser.goto(&start);
    browser.wait_for("#username");
    demo.apply(&tree("own", "forbidden"));
    name_and_password(&browser, "kim@mill.example");
    browser.wait_for("section.tell");
    assert_eq!(browser.cookie("vestibule_session"), None);
    browser.goto(&demo.url("mill", "/me"));
    assert_ne!(browser.url(), demo.url("mill", "/me"));
    browser.goto(&start);
    assert_eq!(browser.text("h1"), "There is nothing at this address.");
}

/// MX-21: what is not permitted cannot be chosen, and the file is told by which account.
#[test]
fn a_choice_that_is_not_permitted_is_refused_with_what_is() {
    let demo = Demo::start();
    let chosen =
        tree("own", "inherit").replace("permitted = \"inherit\"", "permitted = \"inherit\"\nsign_in = \"own\"");
    let told = demo.try_apply(&chosen).unwrap_err();
    let wanted = "account north/mill: sign_in is \"own\", and the account above, \"north\", permits \"inherit\"; choose \
        within that, or let whoever runs \"north\" set `permitted` of this account\n";
    assert!(told.ends_with(wanted), "{told}");
}

/// MX-15: Corner Bakery's page has its product's name, its colour and its logo, which the browser could read.
#[test]
fn a_customers_page_has_its_name_colour_and_logo() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&demo.url("bakery", "/sign-in"));
    browser.wait_for("header img");
    assert_eq!(browser.title(), "Sign in to Mill & More · Mill & More");
    assert_eq!(browser.text("h1"), "Sign in to Mill & More");
    assert_eq!(browser.attribute("header img", "alt").as_deref(), Some("Mill & More"));
    let width = browser.execute("return document.querySelector('header img').naturalWidth", &[]);
    assert!(width.as_u64().unwrap() > 0, "{width}");
    assert_eq!(filled(&browser, "button.button"), "rgb(180, 84, 26)");
    assert_eq!(complaints(&browser), [""; 0]);
}

const RENAMED: &str = r#"
[[account]]
path = "north/bakery"
name = "Corner Bakery"
sub_domain = "bread"
admission = "invited_only"
start = "direct"
application = "orchard"
contact = { name = "North's desk", email = "desk@north.example" }
"#;

/// MX-16: after the sub-domain is renamed, people come in at the new address and at the former one, and by the tile that
/// names the former one.
#[test]
fn the_former_address_of_an_account_still_leads_in() {
    let demo = Demo::start();
    demo.apply(RENAMED);
    let [both, answers] = ["metadata", "acs"].map(|what| ["bakery", "bread"].map(|site| demo.of(site, BAKERY, what)));
    demo.change_application_of(BAKERY_APP, &format!(r#"{{ "identifiers": {both:?}, "reply_urls": {answers:?} }}"#));
    let browser = Browser::open(&Look::DESKTOP);
    for site in ["bread", "bakery"] {
        browser.goto(&demo.url(site, "/"));
        name_and_password(&browser, "eve@bakery.example");
        assert_eq!(signed_in(&browser), "eve@bakery.example", "{site}");
        browser.forget_cookies();
    }
    browser.goto(&demo.url("entra", "/myapps"));
    name_and_password(&browser, "eve@bakery.example");
    browser.wait_for("ul.tiles a");
    browser.click("ul.tiles a");
    assert_eq!(signed_in(&browser), "eve@bakery.example");
}
