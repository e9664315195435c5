//! What the page of set-up says at each moment: where an error is, what to do while a test runs, and what counts after it.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::{Connection, ConnectionState, Preset};
use vestibule_domain::event::Actor;
use vestibule_journeys::set_up_connection::{self, NewLink};

use crate::support::{Seen, World, tools};

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
