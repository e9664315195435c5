//! What becomes of claims is changed in the console, beside what the identity provider sends.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::connection::{Connection, ConnectionState};
use vestibule_domain::mapping::{Property, RoleRule, Rule, Source};
use vestibule_domain::user::ConsoleRole;

use crate::console_edit::sends;
use crate::support::{ADA, BASE, Browser, Seen, World};
use crate::waiting_scene::{platform, somebody};

const EMAIL: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";

struct Scene {
    world: World,
    max: Browser,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        let (max, _) = somebody(&world, &world.acme, "max@acme.example", Some(ConsoleRole::AccountAdmin), None).await;
        Self { world, max }
    }

    fn at(&self, what: &str) -> String {
        format!("{}/console/connections/{}{what}", self.world.acme.origin, self.world.acme.connection)
    }

    async fn page(&mut self) -> Seen {
        let at = self.at("/mapping");
        self.max.get(&at).await
    }

    async fn sends(&mut self, page: &Seen, typed: &[(&str, &str)], wish: &str) -> Seen {
        let at = self.at("/mapping");
        sends(&mut self.max, &at, page, typed, wish).await
    }

    /// Max tries the connection, as Ada.
    async fn tries(&mut self) {
        let at = self.at("/try");
        let begun = self.max.post(&at, &[]).await.location();
        let sent = self.max.get(&begun).await;
        let answer = self.world.answer(&sent, ADA);
        self.max.deliver(&answer).await.shows(StatusCode::OK, "It works");
    }

    async fn connection(&self) -> Connection {
        self.world.connection(&self.world.acme).await
    }
}

fn rule(sources: &[&str]) -> Rule {
    sources.iter().map(|text| text.parse::<Source>().unwrap()).collect()
}

/// A form that nobody touched changes nothing, whatever the account has of its own.
#[tokio::test]
async fn a_mapping_that_is_sent_as_it_was_changes_nothing() {
    let mut scene = Scene::new().await;
    scene
        .world
        .set(&scene.world.acme, |saml| {
            saml.mapping.rules.insert(Property::Name, rule(&["displayname | lower | slug", "'nobody'"]));
            saml.mapping.more.insert("department".to_owned(), rule(&["department | trim"]));
            saml.mapping.more.insert("tenant_id".to_owned(), Rule::default());
            let (claim, value, role) = ("groups".to_owned(), "g-1".to_owned(), "manager".to_owned());
            saml.mapping.roles.push(RoleRule { claim: vestibule_domain::mapping::Claim(claim), value, role });
        })
        .await;
    let before = scene.connection().await;
    let page = scene.page().await;
    for text in ["value=\"displayname | lower | slug\"", "value=\"department\"", "value=\"manager\""] {
        page.shows(StatusCode::OK, text);
    }
    scene.sends(&page, &[], "save").await.shows(StatusCode::OK, "Nothing would change");
    assert_eq!(scene.connection().await, before);
}

/// CC-23, CC-26: claims are picked among those that came, the last test shows what a rule makes of them, and what
/// is saved differs from the preset alone.
#[tokio::test]
async fn claims_are_picked_among_those_that_came_and_tried_before_they_are_saved() {
    let mut scene = Scene::new().await;
    scene.page().await.shows(StatusCode::OK, "Nothing has come yet");
    scene.tries().await;
    let page = scene.page().await;
    let offered = format!("<option value=\"{EMAIL}\">emailaddress · Ada.Example@acme.example</option>");
    for text in [offered.as_str(), "<th scope=\"row\">emailaddress</th>", "<code>Ada.Example@acme.example</code>"] {
        page.shows(StatusCode::OK, text);
    }
    let typed = [
        ("rule.name.0", "emailaddress | lower | prefix('x-')"),
        ("rule.name.1", ""),
        ("more.0.name", "greeting"),
        ("more.0.from.0", "'hello'"),
    ];
    let shown = scene.sends(&page, &typed, "look").await;
    for text in ["<code>mapping</code>", "x-ada.example@acme.example", "<code>hello</code>"] {
        shown.shows(StatusCode::OK, text);
    }
    assert!(scene.connection().await.saml.mapping.rules.is_empty());
    let saved = scene.sends(&shown, &[], "save").await.location();
    assert!(saved.ends_with("/mapping?done=saved"), "{saved}");
    let mapping = scene.connection().await.saml.mapping;
    let name = mapping.rules.get(&Property::Name).unwrap();
    assert_eq!((mapping.rules.len(), name), (1, &rule(&["emailaddress | lower | prefix('x-')"])));
    assert_eq!(mapping.more["greeting"], rule(&["'hello'"]));
}

/// A sign-in tells the names of claims too, once.
#[tokio::test]
async fn a_sign_in_tells_which_claims_come() {
    let mut scene = Scene::new().await;
    let mut browser = scene.world.browser();
    scene.world.sign_in(&mut browser, &scene.world.acme, ADA).await;
    let page = scene.page().await;
    page.shows(StatusCode::OK, &format!("<code>{EMAIL}</code>"));
    assert!(!page.body.contains("Ada.Example@acme.example"), "names alone are kept");
}

/// CC-28: who lacks what the mapping wants of them is listed, with the claims that it would come from; support sees nobody's
/// name.
#[tokio::test]
async fn whoever_lacks_a_mapped_claim_is_listed() {
    let mut scene = Scene::new().await;
    let mut browser = scene.world.browser();
    scene.world.sign_in(&mut browser, &scene.world.acme, ADA).await;
    let at = scene.at("/lacking");
    let complete = scene.max.get(&at).await;
    complete.shows(StatusCode::OK, "People who were looked at: 1");
    complete.shows(StatusCode::OK, "None of them lacks anything.");
    let users = scene.world.users(&scene.world.acme).await;
    let mut ada = users.into_iter().find(|user| user.profile.given_name.is_some()).unwrap();
    ada.profile.given_name = None;
    ada.profile.family_name = Some("bbbbcccc-1111-dddd-2222-eeee3333ffff".to_owned());
    scene.world.save_user(&ada).await;
    let page = scene.max.get(&at).await;
    page.shows(StatusCode::OK, "First name (givenname)<br>Last name (surname)</td>");
    page.shows(StatusCode::OK, "<small>Ada.Example@acme.example</small>");
    let home = platform(&scene.world);
    let (mut sam, _) = somebody(&scene.world, &home, "sam@vendor.example", Some(ConsoleRole::Support), None).await;
    let seen = sam.get(&format!("{BASE}/console/connections/{}/lacking", scene.world.acme.connection)).await;
    seen.shows(StatusCode::OK, &format!("/console/users/{}", ada.id));
    assert!(!seen.body.contains("Ada"), "{}", seen.body);
}

/// What cannot be read is told beside its field, and nothing typed is lost.
#[tokio::test]
async fn a_source_that_cannot_be_read_is_told_beside_its_field() {
    let mut scene = Scene::new().await;
    let before = scene.connection().await;
    let page = scene.page().await;
    let typed = [
        ("rule.email.0", "emailaddress | shout"),
        ("more.0.name", ""),
        ("more.0.from.0", "department"),
        ("role.0.claim", "groups"),
        ("role.0.role", "manager"),
    ];
    let seen = scene.sends(&page, &typed, "save").await;
    for text in [
        "Nothing was saved. What you typed is still here.",
        "&#34;shout&#34; is not a transform",
        "value=\"emailaddress | shout\"",
        "write how the property is to be called",
        "a claim, its value and the role are wanted",
        "value=\"department\"",
    ] {
        seen.shows(StatusCode::OK, text);
    }
    // What the planner refuses.
    let typed = [("more.0.name", "Not A Name"), ("more.0.from.0", "department")];
    scene.sends(&page, &typed, "look").await.shows(StatusCode::OK, "choose another name");
    assert_eq!(scene.connection().await, before);
}

/// Somebody else was faster; and what is trusted wants a fresh authentication.
#[tokio::test]
async fn a_mapping_is_saved_as_it_was_seen_by_whoever_authenticated_just_now() {
    let mut scene = Scene::new().await;
    let page = scene.page().await;
    let typed = [("rule.name.0", "displayname")];
    let shown = scene.sends(&page, &typed, "look").await;
    scene.world.set(&scene.world.acme, |saml| saml.clock_skew = 60).await;
    let told = scene.sends(&shown, &[], "save").await;
    told.shows(StatusCode::OK, "Somebody else changed this since you opened it");
    told.shows(StatusCode::OK, "value=\"displayname\"");
    scene.world.pass(SignedDuration::from_mins(11));
    let shown = scene.sends(&told, &[], "look").await;
    let refused = scene.sends(&shown, &[], "save").await;
    refused.shows(StatusCode::OK, "at most 10 minutes old");
    refused.shows(StatusCode::OK, "value=\"displayname\"");
    assert!(scene.connection().await.saml.mapping.rules.is_empty());
}

/// SC-17: support looks, without what is personal, and changes nothing; another account's admin does neither.
#[tokio::test]
async fn support_sees_the_mapping_without_values_and_changes_nothing() {
    let mut scene = Scene::new().await;
    scene.tries().await;
    let page = scene.page().await;
    let path = format!("/console/connections/{}", scene.world.acme.connection);
    let home = platform(&scene.world);
    let (mut sam, _) = somebody(&scene.world, &home, "sam@vendor.example", Some(ConsoleRole::Support), None).await;
    let seen = sam.get(&format!("{BASE}{path}/mapping")).await;
    seen.shows(StatusCode::OK, "<th scope=\"row\">emailaddress</th>");
    seen.shows(StatusCode::OK, "You may look at this connection, and change nothing.");
    assert!(!seen.body.contains("Ada.Example") && !seen.body.contains("id=\"look\""), "{}", seen.body);
    let globex = scene.world.globex.clone();
    let (mut gil, _) =
        somebody(&scene.world, &globex, "gil@globex.example", Some(ConsoleRole::AccountAdmin), None).await;
    assert_eq!(gil.get(&format!("{}{path}/mapping", globex.origin)).await.status, StatusCode::NOT_FOUND);
    for (browser, origin) in [(&mut sam, BASE), (&mut gil, globex.origin.as_str())] {
        for what in ["/mapping", "/try"] {
            let url = format!("{origin}{path}{what}");
            let sent = sends(browser, &url, &page, &[("rule.name.0", "displayname")], "save").await;
            assert_eq!(sent.status, StatusCode::NOT_FOUND, "{url}");
        }
    }
    for what in ["/mapping", "/try"] {
        let forged = scene.max.post_from_elsewhere(&scene.at(what), String::new()).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{what}");
    }
    assert_eq!(scene.connection().await.state, ConnectionState::Active);
    assert!(scene.connection().await.saml.mapping.rules.is_empty());
}
