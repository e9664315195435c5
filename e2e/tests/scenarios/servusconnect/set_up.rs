//! A customer is connected by its IT admin, with a link and Entra's portal.

use vestibule_e2e::http::Client;
use vestibule_e2e::peers::chromium::{Browser, Look};
use vestibule_e2e::scratch::Scratch;

use super::{INES, begun, comes, gives, mail, reply_url};
use crate::demo::{Demo, complaints, name_and_password, says};

/// What every customer has registered since the old system.
const IDENTIFIER: &str = "urn:amazon:cognito:sp:us-east-1_uPk33pDem";
const QUAYSIDE_APP: &str =
    "/portal/f5000000-0000-4000-8000-000000000003/applications/0f5ac3e0-0000-4000-8000-000000000503";
/// The vendor's word for the e-mail domains of Quayside Homes.
const DOMAINS: &str = include_str!("../../../../examples/seed-systems/servusconnect/domains.toml");

const JAN: &str = "jan@quayside-lettings.example";

/// An IT admin of Quayside Homes with the set-up link, and Entra's portal beside it.
struct SetUp {
    demo: Demo,
    link: String,
    page: Browser,
    portal: Browser,
}

impl SetUp {
    fn begun() -> Self {
        let (demo, page) = begun();
        let log = demo.log();
        let link = log.split_whitespace().find(|word| word.contains("/set-up/")).unwrap().to_owned();
        page.goto(&link);
        Self { demo, link, page, portal: Browser::open(&Look::DESKTOP) }
    }

    /// The file that Entra's portal gives away, into the field for files.
    fn gives_the_file(&self) {
        self.portal.goto(&self.demo.url("entra", &format!("{QUAYSIDE_APP}/saml")));
        let file = self.portal.attribute("a[aria-label='Download Federation Metadata XML']", "href").unwrap();
        let file = Client::new().get(&file).unwrap();
        let folder = Scratch::new("download");
        self.page.fill("#file", &folder.write("Upkeep.xml", file.body).to_string_lossy());
        let read = || (!self.page.value("#metadata").is_empty()).then_some(());
        vestibule_e2e::wait_for("what is in the file", read);
        self.page.click("#read");
        self.page.wait_for("#known");
    }

    /// Ines is assigned.
    fn assigns(&self) {
        self.portal.goto(&self.demo.url("entra", &format!("{QUAYSIDE_APP}/users")));
        self.portal.wait_for("#principal");
        self.portal.press("Assign");
        self.portal.wait_for_text("Everybody is assigned already.");
    }

    /// A test begins, in the window of the page.
    fn tries(&self) {
        self.page.execute("document.querySelector('[data-begins]').target = ''", &[]);
        self.page.click("#test");
    }

    /// A value of ours, by the name that the portal has for it.
    fn shown(&self, label: &str) -> String {
        let script = "return [...document.querySelectorAll('.copyable')].find(it =>
            it.querySelector('.label').textContent === arguments[0]).querySelector('code').textContent";
        self.page.execute(script, &[label.into()]).as_str().unwrap().to_owned()
    }
}

/// SC-1, SC-4, SC-7, SC-8, SC-10 to SC-13: what is registered at Entra is what the page asks for, so nothing is changed
/// there. Its metadata comes as a file, two e-mail domains are claimed with a record for each, and a test that passed
/// switches it on, which is told by mail. Once the domains are proved people of both are led there.
#[test]
fn a_customer_is_connected_by_a_link_and_changes_nothing_at_entra() {
    let set_up = SetUp::begun();
    let SetUp { demo, page, portal, link } = &set_up;
    let roles = ["Cloud Application Administrator", "Application Administrator", "Global Administrator", "an owner of"];
    let guide = page.text("section[aria-labelledby=ours]");
    says(&guide, &roles);
    says(&guide, &["Where the product stands in the gallery"]);
    let (identifier, reply_to) =
        (set_up.shown("Identifier (Entity ID)"), set_up.shown("Reply URL (Assertion Consumer Service URL)"));
    assert_eq!((&*identifier, &*reply_to), (IDENTIFIER, &*reply_url(demo)));
    portal.goto(&demo.url("entra", &format!("{QUAYSIDE_APP}/saml")));
    says(&portal.text("section[aria-labelledby=card-1]"), &[&identifier, &reply_to]);
    page.click("#given");
    page.wait_for_text("1 of 4 done");
    set_up.gives_the_file();
    page.fill("#domains", "quayside.example\nquayside-lettings.example");
    page.click("#save-people");
    page.wait_for_text("Value of the TXT record");
    says(
        &page.text("section[aria-labelledby=people]"),
        &["quayside.example", "quayside-lettings.example", "TXT record"],
    );
    set_up.assigns();
    set_up.tries();
    name_and_password(page, INES);
    page.wait_for_text("It works");
    page.goto(link);
    page.wait_for_text("It works");
    page.screenshot("scenario-servusconnect-set-up");
    page.click("#switch-on");
    page.wait_for_text("It is switched on");
    page.goto(link);
    page.wait_for_text("This link opens nothing");
    mail(demo, page, "it@quayside.example", "Quayside Homes now signs in to Upkeep with a new identity provider");

    gives(demo, page, JAN);
    page.wait_for_text("No sign-in starts from this address");
    demo.apply(DOMAINS);
    for who in [INES, JAN] {
        comes(demo, page, who);
        page.wait_for_text("This is your first sign-in to Upkeep at Quayside Homes.");
    }
    assert_eq!(complaints(page), [""; 0]);
}

/// SC-2, SC-6: whoever tries without being assigned stays at Entra; the page of set-up takes the text of Entra's page and
/// says what to do there, and then it works.
#[test]
fn somebody_who_is_not_assigned_learns_where_that_is_done() {
    let set_up = SetUp::begun();
    let page = &set_up.page;
    set_up.gives_the_file();
    says(&page.text("section[aria-labelledby=people]"), &["assign who may come in, and yourself for the test"]);
    set_up.tries();
    name_and_password(page, INES);
    page.wait_for_text("AADSTS50105");
    let told = page.text("body");
    page.goto(&set_up.link);
    page.fill("#pasted", &told);
    page.press("Explain it");
    page.wait_for("#explain .facts");
    says(&page.text("#explain"), &["Users and groups"]);
    page.screenshot("scenario-servusconnect-explained");
    set_up.assigns();
    page.goto(&set_up.link);
    set_up.tries();
    page.wait_for_text("It works");
}
