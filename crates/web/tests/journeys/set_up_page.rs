//! What the page of set-up says at each moment: where an error is, what to do while a test runs, and what counts after it.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::connection::ConnectionState;

use crate::set_up::Scene;
use crate::support::{ADA, Seen};

/// A test is begun on the page, and the answer in the same browser is for another application: what its tab shows.
async fn fails(scene: &Scene) -> Seen {
    let mut browser = scene.world.browser();
    scene.world.pass(SignedDuration::from_secs(1));
    let sent = browser.post(&scene.at("try"), &[]).await;
    let foreign =
        scene.world.answer_bent(&sent, ADA, |draft| draft.response.audiences = vec!["https://other.example".into()]);
    browser.deliver(&foreign).await
}

/// The texts stand on the page in this order.
#[track_caller]
fn in_order(page: &Seen, texts: &[&str]) {
    let places: Vec<usize> =
        texts.iter().map(|text| page.body.find(text).unwrap_or_else(|| panic!("{text}\n{}", page.body))).collect();
    assert!(places.is_sorted(), "{places:?}");
}

/// The message leads to each field that is wrong, and the first of them has the focus, for it is far below.
#[tokio::test]
async fn an_error_leads_to_each_field_and_the_first_has_the_focus() {
    let scene = Scene::new().await;
    assert!(!scene.page().await.body.contains(" autofocus"));
    let fields =
        [("by", "values"), ("issuer", "https://issuer.example/"), ("sign_on", "x"), ("certificates", "no certificate")];
    let seen = scene.posts("theirs", &fields).await;
    for text in [
        "<a href=\"#sign_on\">Login URL</a>",
        "<a href=\"#certificates\">Certificate (Base64)</a>",
        "aria-invalid=\"true\" aria-describedby=\"sign_on-error\" autofocus>",
        "aria-invalid=\"true\" aria-describedby=\"certificates-error\">",
    ] {
        seen.shows(StatusCode::OK, text);
    }
    assert_eq!(seen.body.matches(" autofocus").count(), 1);
    let seen = scene.posts("people", &[("domains", "not a domain!")]).await;
    seen.shows(StatusCode::OK, "aria-describedby=\"domains-error\" autofocus>");
}

/// The fields of a form of the page in which somebody types or pastes, by their names.
fn fields<'p>(page: &'p Seen, form: &str) -> Vec<&'p str> {
    let form = page.body.split("<form ").find(|one| one.contains(form)).unwrap().split("</form>").next().unwrap();
    let tags = form.split('<').filter(|tag| tag.starts_with("input ") || tag.starts_with("textarea "));
    let typed =
        tags.filter(|tag| ["hidden", "radio", "file"].iter().all(|kind| !tag.contains(&format!("type=\"{kind}\""))));
    typed.map(|tag| tag.split("name=\"").nth(1).unwrap().split('"').next().unwrap()).collect()
}

/// From metadata two fields are filled in, of which one is metadata's address or itself; from pasted values five, of which
/// the logout address may stay empty. Which identity provider it is the link says.
#[tokio::test]
async fn few_fields_are_asked_for() {
    let page = Scene::new().await.page().await;
    let people = fields(&page, "/people\"");
    assert_eq!(people, ["domains"]);
    assert_eq!(fields(&page, "value=\"metadata\""), ["metadata_url", "metadata"]);
    let values = fields(&page, "value=\"values\"");
    assert_eq!(values, ["sign_on", "issuer", "certificates", "logout_url"]);
    assert!(people.len() < 3 && values.len() + people.len() <= 5);
}

/// What the steps are for stands above them, and those that follow each other are counted on.
#[tokio::test]
async fn the_steps_of_the_first_part_are_counted_on() {
    let page = Scene::new().await.page().await;
    let (before, behind) = page.body.split_once("Then: enter our values").unwrap();
    assert!(before.contains("First: add the application") && before.contains("<ol class=\"guide\" start=\"1\">"));
    let first = behind.split_once("<ol class=\"guide\" start=\"5\">").unwrap().1;
    assert!(first.trim_start().starts_with("<li>At <strong>Basic SAML Configuration</strong>"), "{first}");
}

/// MX-2, XC-2, XC-8, XC-18, CC-1, CC-25, HY-13 to HY-16, SC-1, SC-4, SC-6: the guide names what Entra's portal asks, in its
/// order and by its names: who may, either way to an application, what is not needed, and whom to assign.
#[tokio::test]
async fn the_guide_for_entra_says_what_its_portal_asks() {
    let page = Scene::new().await.page().await;
    let bold = |name: &str| format!("<strong>{name}</strong>");
    let names = [
        "Cloud Application Administrator",
        "Application Administrator",
        "Global Administrator",
        "Enterprise applications",
        "New application",
        "Create your own application",
        "Integrate any other application you don&#39;t find in the gallery (Non-gallery)",
        "Single sign-on",
        "SAML",
        "App registrations",
        "Implicit grant and hybrid flows",
        "Basic SAML Configuration",
        "SAML Certificates",
        "Users and groups",
        "Add user/group",
        "Attributes &#38; Claims",
        "Token configuration",
        "Add optional claim",
    ];
    let names = names.map(bold);
    in_order(&page, &names.iter().map(String::as_str).collect::<Vec<_>>());
    for text in ["an owner of the application", "Where the product stands in the gallery", "and yourself for the test"]
    {
        page.shows(StatusCode::OK, text);
    }
}

/// From the first moment of a test the page says where to look, and the field for what is seen there stands open below it.
#[tokio::test]
async fn while_a_test_runs_the_text_of_an_error_is_asked_for_where_it_is_pasted() {
    let scene = Scene::new().await;
    scene.page().await.shows(StatusCode::OK, "<details id=\"explain\" hidden>");
    scene.gives_values().await.location();
    scene.page().await.shows(StatusCode::OK, "<details id=\"explain\">");
    scene.posts("try", &[]).await.location();
    let asks = ["is in the other tab. If you see an error there", "<details id=\"explain\" open>", "id=\"pasted\""];
    let page = scene.page().await;
    in_order(&page, &["The test runs.", asks[0], asks[1], asks[2], "id=\"finish\""]);
    scene.world.pass(SignedDuration::from_secs(60));
    let page = scene.page().await;
    in_order(&page, &["No answer has come to us for a minute.", asks[1], asks[2], "id=\"finish\""]);
}

/// What follows a test that passed is to switch it on; its checks are there for whoever wants to see them.
#[tokio::test]
async fn a_test_that_passed_is_told_in_short_before_the_button() {
    let scene = Scene::new().await;
    scene.gives_values().await.location();
    scene.tries().await.1.shows(StatusCode::OK, "Go back to its tab: it shows this too, and there");
    let page = scene.page().await;
    let told = "Ada.Example@acme.example signed in at Microsoft Entra ID, and all ";
    in_order(
        &page,
        &["2 of 4 done", "It works", told, "id=\"switch-on\"", "<details class=\"checks\">", "It is meant for us"],
    );
    page.shows(StatusCode::OK, "<details id=\"explain\" hidden>");
    // The part that a script asks for agrees with the head of the page and of its own part.
    let part = scene.world.browser().get(&scene.at("report")).await;
    part.shows(StatusCode::OK, "<div data-part=\"progress\"><strong>2 of 4 done</strong>");
    part.shows(StatusCode::OK, "<div data-part=\"try-mark\"><span class=\"ok\">");
}

/// The checks of a test that did not hold are open, behind what is to be mended.
#[tokio::test]
async fn a_test_that_did_not_hold_says_first_what_to_mend() {
    let scene = Scene::new().await;
    scene.gives_values().await.location();
    fails(&scene).await.shows(StatusCode::OK, "When this is mended, test again from there.");
    let page = scene.page().await;
    in_order(
        &page,
        &["1 of 4 done", "It does not work yet", "What to fix", "<details class=\"checks\" open>", "not reached"],
    );
}

/// What was given wrong is mended by whoever gave it, where they gave it.
#[tokio::test]
async fn a_certificate_of_another_company_is_for_whoever_pasted_it() {
    let scene = Scene::new().await;
    let other = scene.world.entra_connection(&scene.world.globex, ConnectionState::Draft).saml;
    scene.gives(&[("certificates", &other.certificates[0])]).await.location();
    let (_, report) = scene.tries().await;
    report.shows(
        StatusCode::OK,
        "whoever sets this connection up: what was given of the identity provider stands in part 2",
    );
}

/// A test from before the last change is no success any more.
#[tokio::test]
async fn a_test_from_before_the_last_change_counts_no_more() {
    let scene = Scene::new().await;
    scene.gives_values().await.location();
    scene.tries().await;
    scene.world.pass(SignedDuration::from_mins(1));
    scene.gives(&[("issuer", "https://sts.windows.net/other/")]).await.location();
    let page = scene.page().await;
    for text in
        ["1 of 4 done", "was begun before the last change, and counts no more", "This comes when a test has passed"]
    {
        page.shows(StatusCode::OK, text);
    }
    assert!(!page.body.contains("It works"), "{}", page.body);
}

/// Where another test decided than the one that is shown, that is said, and the one that is shown does not contradict it.
#[tokio::test]
async fn a_test_that_passed_elsewhere_is_named_beside_one_that_did_not_hold() {
    let scene = Scene::new().await;
    scene.gives_values().await.location();
    fails(&scene).await;
    let mut stranger = scene.world.browser();
    scene.world.pass(SignedDuration::from_secs(1));
    let sent = stranger.get(&scene.world.acme.at("test")).await;
    stranger.deliver(&scene.world.answer(&sent, ADA)).await;
    let page = scene.page().await;
    for text in [
        "2 of 4 done",
        "With the settings as they are now, a test has passed:",
        "The last test that was begun here did not hold.",
        "id=\"switch-on\"",
    ] {
        page.shows(StatusCode::OK, text);
    }
    assert!(!page.body.contains("It does not work yet"), "{}", page.body);
}

/// What was saved of the identity provider's stands under the names that its portal has for it.
#[tokio::test]
async fn what_was_saved_is_called_as_the_portal_calls_it() {
    let scene = Scene::new().await;
    scene.gives_values().await.location();
    let page = scene.page().await;
    for name in ["Microsoft Entra Identifier", "Login URL"] {
        page.shows(StatusCode::OK, &format!("<dt>{name}</dt><dd><code>"));
    }
}

/// A domain whose proof is under way does not hold up the button, and its record is shown once more when the link ends.
#[tokio::test]
async fn what_is_not_proved_yet_is_named_beside_the_button_and_behind_it() {
    let scene = Scene::new().await;
    scene.gives_values().await.location();
    let domains = [("domains", "acme-logistics.example"), ("admission", "create")];
    scene.posts("people", &domains).await.location();
    let page = scene.page().await;
    page.shows(StatusCode::OK, "they stay valid when this link has ended");
    page.shows(StatusCode::OK, "An administrator of acme can do that later.");
    assert!(!page.body.contains("Not proved yet"), "{}", page.body);
    scene.tries().await;
    let page = scene.page().await;
    in_order(&page, &["Not proved yet: acme-logistics.example.", "id=\"switch-on\""]);
    let record = page.body.split("<code>").find(|rest| rest.starts_with("vestibule-domain")).unwrap();
    let record = record.split('<').next().unwrap();
    let done = scene.posts("switch-on", &[]).await;
    for text in ["It is switched on", "Still to prove", "<code>_vestibule.acme-logistics.example</code>", record] {
        done.shows(StatusCode::OK, text);
    }
}
