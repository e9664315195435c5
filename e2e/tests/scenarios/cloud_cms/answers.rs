//! What came of Entra is looked into where it arrived: the response of 2020 that the other system's documentation prints,
//! claims that are new, names that nobody filled in, and what is no response at all.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use vestibule_e2e::peers::chromium::{Browser, Look};

use super::{OLD_CERTIFICATE, OTTO, Scene};
use crate::demo::{complaints, name_and_password, says, signed_in};

const REAL: &[u8] = include_bytes!("../../../../vectors/saml/accept/entra-2020-real/response.xml");
const AT: &str = "2020-06-02T15:00:00Z";
const REQUEST: &str = "_e21eb82a75f43487fdf2";
const LEA: &str = "c2020000-0000-4000-8000-000000000003";

/// Something is pasted into the inspector of the connection, to be judged as it was at a time.
fn pastes(scene: &Scene, text: &str, at: &str, request: &str) -> String {
    let console = &scene.console;
    scene.opens("");
    console.press("Inspect a message for this connection");
    console.wait_for("#text");
    // As long as a message is, it is pasted, not typed.
    console.execute("document.querySelector('#text').value = arguments[0]", &[text.into()]);
    console.fill("#at", at);
    console.fill("#request", request);
    console.press("Look at it");
    console.wait_for("#given");
    console.text("main")
}

/// CC-19, CC-21, CC-22, CC-30: the response that the other system's documentation prints, and calls a JWT, is judged by
/// this connection with its request and at its time, without any other web page, and accepted. Nothing of its person is
/// shown. The certificate that signed it stands beside today's, has expired, and does no harm.
#[test]
fn the_response_of_2020_is_accepted_at_its_time_by_the_connection_and_at_no_other() {
    let scene = Scene::new();
    scene.says_who_we_are();
    scene.registers();
    scene.pastes(&format!("{}\n{OLD_CERTIFICATE}", scene.certificate()));
    says(&scene.console.text("#known"), &["expired on", "Microsoft Azure Federated SSO Certificate"]);
    scene.tries(OTTO);
    scene.switches_on();
    scene.comes_in(OTTO);

    let real = format!("SAMLResponse: {}", BASE64_STANDARD.encode(REAL));
    let told = pastes(&scene, &real, AT, REQUEST);
    says(&told, &["A SAML response", "would be accepted", "live.com", "GUID", "spn:3efd9d97"]);
    let methods = ["ac:classes:PasswordProtectedTransport", "authenticationmethod/unspecified"];
    says(&told, &methods);
    assert!(!told.contains('@'), "{told}");
    // What was pasted names somebody, though in base64.
    scene.console.execute("document.querySelector('#text').value = ''", &[]);
    scene.console.screenshot("scenario-cloud-cms-inspector");
    says(&pastes(&scene, &real, "", REQUEST), &["would be refused"]);
    says(&pastes(&scene, &real, AT, "_another"), &["would be refused", "_another"]);
    let other = BASE64_STANDARD.encode(String::from_utf8_lossy(REAL).replace("3770f585", "0f583775"));
    says(&pastes(&scene, &other, AT, REQUEST), &["would be refused", "https://sts.windows.net/0f583775"]);
    let token = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.c2ln";
    says(&pastes(&scene, token, "", ""), &["A JWT, which belongs to OpenID Connect: a SAML sign-in has none"]);
    assert_eq!(complaints(&scene.console), [""; 0]);
}

/// The last answer of the connection, as the inspector tells it.
fn last_answer(scene: &Scene) -> String {
    scene.opens("/attempts");
    scene.console.click("tbody td a");
    scene.console.wait_for(".sequence");
    scene.console.text("#claims")
}

/// CC-20, CC-25, CC-26: the page of set-up says at which two places of the portal claims are added. One that is added is
/// marked as new in the next answer, and as gone when it is taken
/// away; nobody opens a browser's tools for it.
#[test]
fn a_claim_that_is_added_at_entra_is_seen_as_new_and_then_as_gone() {
    let scene = Scene::new();
    scene.opens("/set-up");
    says(&scene.console.text("main"), &["Attributes & Claims", "Token configuration"]);
    let scene = scene.brought_in_force();
    scene.comes_in(OTTO);
    let portal = &scene.portal;
    portal.goto(&scene.demo.url("entra", "/portal/courier.example/users/c2020000-0000-4000-8000-000000000002"));
    portal.fill("#attributes", "department = Foreign desk");
    portal.press("Save");
    portal.wait_for(".done");
    scene.at_entra("/saml/claims/claim");
    portal.fill("#name", "department");
    portal.fill("#source", "user.department");
    portal.press("Save");
    portal.wait_for(".done");
    scene.comes_in(OTTO);
    let told = last_answer(&scene);
    let line = |told: &str| told.lines().find(|line| line.starts_with("department")).map(str::to_owned);
    assert!(line(&told).is_some_and(|line| line.contains("new")), "{told}");
    assert!(!told.contains("Foreign desk"), "{told}");
    scene.console.screenshot("scenario-cloud-cms-new-claim");
    scene.at_entra("/saml/claims");
    portal.click("button[aria-label='Delete department']");
    portal.wait_for(".done");
    scene.comes_in(OTTO);
    let told = last_answer(&scene);
    assert!(line(&told).is_some_and(|line| line.contains("gone")), "{told}");
}

/// The page that lists who lacks a value, by its link.
fn who_lacks_what(scene: &Scene) -> String {
    scene.opens("/mapping");
    scene.console.press("Who lacks a value");
    scene.console.wait_for_text("People who were looked at: 1");
    scene.console.text("main")
}

/// Whether the directory knows Lea's names, or sends GUIDs.
fn at_lea(scene: &Scene, names: &str) {
    let portal = &scene.portal;
    portal.goto(&scene.demo.url("entra", &format!("/portal/courier.example/users/{LEA}")));
    portal.wait_for("[name=guest_names]");
    portal.execute("document.querySelector('[name=guest_names]').value = arguments[0]", &[names.into()]);
    portal.press("Save");
    portal.wait_for(".done");
}

/// Lea, a guest, comes by the address of the newspaper; what is known of her then.
fn lea_comes(scene: &Scene) -> String {
    let browser = Browser::open(&Look::DESKTOP);
    scene.begins_at_the_newspaper(&browser);
    name_and_password(&browser, "lea@freelance.example");
    signed_in(&browser);
    scene.profile(&browser)
}

/// CC-27, CC-28: where the directory knows no name it sends GUIDs: they overwrite no name that is known, the inspector
/// marks them, and a page of the connection lists who lacks what, until it is filled in at Entra.
#[test]
fn a_guid_is_no_name_and_whoever_lacks_one_is_listed() {
    let scene = Scene::in_force();
    lea_comes(&scene);
    let marked = "A GUID stands where a name is wanted: the identity provider knows no name. Fill it in there";
    says(&last_answer(&scene), &[marked]);
    let lacks = ["Name (displayname)", "First name (givenname)", "Last name (surname)"];
    says(&who_lacks_what(&scene), &lacks);
    scene.console.screenshot("scenario-cloud-cms-lacking");

    at_lea(&scene, "known");
    says(&lea_comes(&scene), &["Lea Frost"]);
    at_lea(&scene, "guids");
    says(&lea_comes(&scene), &["Lea Frost"]);
    says(&last_answer(&scene), &[marked]);
    // Her address is of a domain that is not proved, and is told nobody.
    let told = who_lacks_what(&scene);
    says(&told, &["Lea Frost", "E-mail (emailaddress)"]);
    assert!(lacks.iter().all(|lack| !told.contains(&format!("\n{lack}"))), "{told}");
    assert_eq!(complaints(&scene.console), [""; 0]);
}
