//! What the page of set-up says at each moment: where an error is, what to do while a test runs, and what counts after it.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::{Connection, ConnectionState, Preset};
use vestibule_domain::event::Actor;
use vestibule_journeys::set_up_connection::{self, NewLink};

use crate::support::{ADA, Seen, World, tools};

/// A world in which `acme` has a draft without values, nobody is in it, and a link was made for it.
struct Scene {
    world: World,
    link: String,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        world.change_connection(&world.acme, empty).await;
        // What is tested has to be younger than the last edit.
        world.pass(SignedDuration::from_mins(1));
        let account = AccountPath::parse("acme").unwrap();
        let new = NewLink { account, connection: Some("entra".parse().unwrap()), preset: None, days: 7 };
        let created = set_up_connection::create(&world.ctx(), &new, Actor::CommandLine, &tools()).await.unwrap();
        Self { world, link: created.url }
    }

    fn at(&self, what: &str) -> String {
        format!("{}/{what}", self.link)
    }

    async fn page(&self) -> Seen {
        self.world.browser().get(&self.link).await
    }

    async fn posts(&self, what: &str, fields: &[(&str, &str)]) -> Seen {
        self.world.browser().post(&self.at(what), fields).await
    }

    /// The values as Entra's portal shows them, but for the issuer where another one is given.
    async fn gives_values(&self, issuer: Option<&str>) {
        let of = self.world.entra_connection(&self.world.acme, ConnectionState::Draft).saml;
        let (own, sign_on) = (of.issuer.unwrap().to_string(), of.sign_on.unwrap().url.to_string());
        let issuer = issuer.unwrap_or(&own);
        let fields =
            [("by", "values"), ("issuer", issuer), ("sign_on", &sign_on), ("certificates", &of.certificates[0])];
        self.posts("theirs", &fields).await;
    }

    /// A test is begun on the page, and Ada's answer comes back in the same browser: what its tab shows.
    async fn tries(&self) -> Seen {
        let mut browser = self.world.browser();
        self.world.pass(SignedDuration::from_secs(1));
        let sent = browser.post(&self.at("try"), &[]).await;
        browser.deliver(&self.world.answer(&sent, ADA)).await
    }

    /// The same with an answer for somebody else.
    async fn fails(&self) -> Seen {
        let mut browser = self.world.browser();
        self.world.pass(SignedDuration::from_secs(1));
        let sent = browser.post(&self.at("try"), &[]).await;
        let foreign =
            self.world.answer_bent(&sent, ADA, |draft| draft.response.audiences = vec!["https://other.example".into()]);
        browser.deliver(&foreign).await
    }
}

/// The texts stand on the page in this order.
#[track_caller]
fn in_order(page: &Seen, texts: &[&str]) {
    let places: Vec<usize> =
        texts.iter().map(|text| page.body.find(text).unwrap_or_else(|| panic!("{text}\n{}", page.body))).collect();
    assert!(places.is_sorted(), "{places:?}");
}

/// A draft without values.
fn empty(connection: &mut Connection) {
    connection.state = ConnectionState::Draft;
    connection.saml = Preset::Entra.settings();
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

/// What the steps are for stands above them, and those that follow each other are counted on.
#[tokio::test]
async fn the_steps_of_the_first_part_are_counted_on() {
    let page = Scene::new().await.page().await;
    let (before, behind) = page.body.split_once("Then: enter our values").unwrap();
    assert!(before.contains("First: add the application") && before.contains("<ol class=\"guide\" start=\"1\">"));
    let first = behind.split_once("<ol class=\"guide\" start=\"5\">").unwrap().1;
    assert!(first.trim_start().starts_with("<li>At <strong>Basic SAML Configuration</strong>"), "{first}");
}

/// From the first moment of a test the page says where to look, and the field for what is seen there stands open below it.
#[tokio::test]
async fn while_a_test_runs_the_text_of_an_error_is_asked_for_where_it_is_pasted() {
    let scene = Scene::new().await;
    scene.page().await.shows(StatusCode::OK, "<details id=\"explain\" hidden>");
    scene.gives_values(None).await;
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
    scene.gives_values(None).await;
    scene.tries().await.shows(StatusCode::OK, "Go back to its tab: it shows this too, and there");
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
    scene.gives_values(None).await;
    scene.fails().await.shows(StatusCode::OK, "When this is mended, test again from there.");
    let page = scene.page().await;
    in_order(
        &page,
        &["1 of 4 done", "It does not work yet", "What to fix", "<details class=\"checks\" open>", "not reached"],
    );
}

/// A test from before the last change is no success any more.
#[tokio::test]
async fn a_test_from_before_the_last_change_counts_no_more() {
    let scene = Scene::new().await;
    scene.gives_values(None).await;
    scene.tries().await;
    scene.world.pass(SignedDuration::from_mins(1));
    scene.gives_values(Some("https://sts.windows.net/other/")).await;
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
    scene.gives_values(None).await;
    scene.fails().await;
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
    scene.gives_values(None).await;
    let page = scene.page().await;
    for name in ["Microsoft Entra Identifier", "Login URL"] {
        page.shows(StatusCode::OK, &format!("<dt>{name}</dt><dd><code>"));
    }
}

/// A domain whose proof is under way does not hold up the button, and its record is shown once more when the link ends.
#[tokio::test]
async fn what_is_not_proved_yet_is_named_beside_the_button_and_behind_it() {
    let scene = Scene::new().await;
    scene.gives_values(None).await;
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
