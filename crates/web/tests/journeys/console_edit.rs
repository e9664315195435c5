//! Settings are changed in the console: what follows is shown before it is saved, and saved is what was shown.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::connection::{Connection, Unsolicited};
use vestibule_domain::event::Fact;
use vestibule_domain::user::ConsoleRole;

use crate::support::{BASE, Browser, Seen, World};
use crate::waiting_scene::{platform, somebody};

/// A form as a browser would send it: what stands in its fields, some of it typed anew.
pub(crate) fn filled(page: &Seen, typed: &[(&str, &str)]) -> Vec<(String, String)> {
    let form = page.body.split("class=\"settings\"").nth(1).expect("a form").split("</form>").next().unwrap();
    let mut fields: Vec<(String, String)> = Vec::new();
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        rest.split('"').next().map(plain)
    };
    for part in form.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        let kind = tag.split_whitespace().next().unwrap_or_default();
        let is_there = !tag.contains("type=\"checkbox\"") || tag.contains(" checked");
        match (kind, attribute(tag, "name")) {
            ("input", Some(name)) if is_there => fields.push((name, attribute(tag, "value").unwrap_or_default())),
            ("textarea", Some(name)) => fields.push((name, plain(text.trim_start_matches('\n')))),
            ("select", Some(name)) => fields.push((name, String::new())),
            ("option", _) if tag.contains(" selected") => {
                fields.last_mut().unwrap().1 = attribute(tag, "value").unwrap_or_default();
            }
            _ => {}
        }
    }
    for (name, value) in typed {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields
}

fn plain(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&#60;", "<")
        .replace("&gt;", ">")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}

/// What is typed is looked at, or saved.
pub(crate) async fn sends(browser: &mut Browser, url: &str, page: &Seen, typed: &[(&str, &str)], wish: &str) -> Seen {
    let mut fields = filled(page, typed);
    fields.push(("do".to_owned(), wish.to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(url, &fields).await
}

struct Scene {
    world: World,
    max: Browser,
    url: String,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        let (max, _) = somebody(&world, &world.acme, "max@acme.example", Some(ConsoleRole::AccountAdmin), None).await;
        let url = format!("{}/console/connections/{}/edit", world.acme.origin, world.acme.connection);
        Self { world, max, url }
    }

    async fn page(&mut self) -> Seen {
        self.max.get(&self.url).await
    }

    async fn sends(&mut self, page: &Seen, typed: &[(&str, &str)], wish: &str) -> Seen {
        sends(&mut self.max, &self.url.clone(), page, typed, wish).await
    }

    async fn connection(&self) -> Connection {
        self.world.connection(&self.world.acme).await
    }
}

/// A form that nobody touched changes nothing; whatever is set comes back as it was.
#[tokio::test]
async fn a_form_that_is_sent_as_it_was_changes_nothing() {
    let mut scene = Scene::new().await;
    scene
        .world
        .set(&scene.world.acme, |saml| {
            saml.unsolicited = Unsolicited::Accept;
            saml.certificates_pinned = true;
            saml.clock_skew = 200;
            saml.button.text = Some("Log in with <Acme> & \"friends\"".to_owned());
            saml.reauthentication = vestibule_domain::connection::Reauthentication::After(28_800);
            saml.sha1_until = Some("2026-03-20T07:30:00Z".parse().unwrap());
        })
        .await;
    let before = scene.connection().await;
    let page = scene.page().await;
    for text in ["▲ weak", "Our requests", "Entra’s Test button"] {
        page.shows(StatusCode::OK, text);
    }
    for wish in ["look", "save"] {
        scene.sends(&page, &[], wish).await.shows(StatusCode::OK, "Nothing would change");
    }
    assert_eq!(scene.connection().await, before);
}

/// What changes is shown with what follows from it, and saved when it is sent as it was shown.
#[tokio::test]
async fn what_changes_is_shown_before_it_is_saved() {
    let mut scene = Scene::new().await;
    let page = scene.page().await;
    let typed = [("unsolicited", "accept"), ("button_text", "Come in")];
    let shown = scene.sends(&page, &typed, "look").await;
    for text in ["This changes", "<code>unsolicited</code>", "responses that nobody asked for are taken", "Save this"] {
        shown.shows(StatusCode::OK, text);
    }
    assert_eq!(scene.connection().await.saml.unsolicited, Unsolicited::Restart);
    // Something else is typed behind it: that is shown first.
    let other = scene.sends(&shown, &[("unsolicited", "refuse")], "save").await;
    other.shows(StatusCode::OK, "refuse");
    assert_eq!(scene.connection().await.saml.unsolicited, Unsolicited::Restart);
    let saved = scene.sends(&shown, &[], "save").await.location();
    assert!(saved.ends_with("?done=saved#settings"), "{saved}");
    let saml = scene.connection().await.saml;
    assert_eq!((saml.unsolicited, saml.button.text.as_deref()), (Unsolicited::Accept, Some("Come in")));
    let is_ours =
        |fact: Fact| matches!(fact, Fact::ConnectionChanged { changed, .. } if changed == ["button", "unsolicited"]);
    assert!(scene.world.facts().await.into_iter().any(is_ours));
    scene.max.language = "de";
    scene.page().await.shows(StatusCode::OK, "Was wir von ihm annehmen");
}

/// Each field says what is wrong with it, and nothing typed is lost.
#[tokio::test]
async fn what_cannot_be_is_told_beside_its_field() {
    let mut scene = Scene::new().await;
    let before = scene.connection().await;
    let page = scene.page().await;
    let typed = [
        ("sign_on", "https://login.microsoftonline.com/common/wsfed"),
        ("clock_skew", "soon"),
        ("sha1_until", "tomorrow"),
        ("reauthentication", "after"),
        ("signed", "nothing"),
        ("button_text", "kept"),
    ];
    let seen = scene.sends(&page, &typed, "save").await;
    for text in [
        "Nothing was saved. What you typed is still here.",
        "the WS-Federation endpoint",
        "&#34;soon&#34; is not a whole number",
        "&#34;tomorrow&#34; is no day",
        "id=\"reauthentication_after-error\"",
        "id=\"signed-error\"",
        "value=\"kept\"",
    ] {
        seen.shows(StatusCode::OK, text);
    }
    // What the planner refuses stands beside its field too.
    let far = scene.sends(&page, &[("sha1_until", "2030-01-01"), ("clock_skew", "301")], "look").await;
    for text in ["id=\"sha1_until-error\"", "at most 90 days ahead", "id=\"clock_skew-error\"", "value=\"301\""] {
        far.shows(StatusCode::OK, text);
    }
    assert_eq!(scene.connection().await, before);
}

/// Somebody else was faster: nothing of theirs is undone unseen.
#[tokio::test]
async fn a_change_by_somebody_else_in_between_is_told() {
    let mut scene = Scene::new().await;
    let page = scene.page().await;
    let shown = scene.sends(&page, &[("button_text", "Mine")], "look").await;
    scene.world.set(&scene.world.acme, |saml| saml.clock_skew = 60).await;
    let told = scene.sends(&shown, &[], "save").await;
    told.shows(StatusCode::OK, "Somebody else changed this since you opened it");
    told.shows(StatusCode::OK, "value=\"Mine\"");
    assert_eq!(scene.connection().await.saml.button.text, None);
    // Now it is seen that their change would be undone.
    let shown = scene.sends(&told, &[], "look").await;
    shown.shows(StatusCode::OK, "<code>clock_skew</code>");
    scene.sends(&shown, &[("clock_skew", "60")], "look").await.shows(StatusCode::OK, "<code>button</code>");
}

/// A27.3: what is trusted is changed by whoever authenticated a short while ago; what is not, by whoever may.
#[tokio::test]
async fn a_change_of_trust_wants_a_recent_sign_in_and_keeps_what_was_typed() {
    let mut scene = Scene::new().await;
    scene.world.pass(SignedDuration::from_mins(11));
    let page = scene.page().await;
    page.shows(StatusCode::OK, "at most 10 minutes old");
    let shown = scene.sends(&page, &[("clock_skew", "60")], "look").await;
    let refused = scene.sends(&shown, &[], "save").await;
    for text in ["/console/sign-in-again?to=", "target=\"_blank\"", "value=\"60\"", "<code>clock_skew</code>"] {
        refused.shows(StatusCode::OK, text);
    }
    assert_eq!(scene.connection().await.saml.clock_skew, 120);
    let shown = scene.sends(&page, &[("button_text", "Harmless")], "look").await;
    scene.sends(&shown, &[], "save").await.location();
    assert_eq!(scene.connection().await.saml.button.text.as_deref(), Some("Harmless"));
}

/// SC-17: for whoever may change connections there, and from our own page alone. At which further addresses answers are
/// taken is the operator's.
#[tokio::test]
async fn settings_are_changed_by_whoever_may_change_them() {
    let mut scene = Scene::new().await;
    let page = scene.page().await;
    assert!(!page.body.contains("name=\"aliases\""));
    let before = scene.connection().await;
    let home = platform(&scene.world);
    let path = format!("/console/connections/{}/edit", scene.world.acme.connection);
    let globex = scene.world.globex.clone();
    for (of, email, role) in [
        (&globex, "gil@globex.example", ConsoleRole::AccountAdmin),
        (&home, "sam@vendor.example", ConsoleRole::Support),
        (&scene.world.acme.clone(), "nina@acme.example", ConsoleRole::Approver),
    ] {
        let (mut browser, _) = somebody(&scene.world, of, email, Some(role), None).await;
        let url = format!("{}{path}", of.origin);
        assert_eq!(browser.get(&url).await.status, StatusCode::NOT_FOUND, "{email}");
        let sent = sends(&mut browser, &url, &page, &[("button_text", "Theirs")], "save").await;
        assert_eq!(sent.status, StatusCode::NOT_FOUND, "{email}");
    }
    let forged = scene.max.post_from_elsewhere(&scene.url.clone(), String::new()).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    // A field that is not theirs does nothing.
    let alias = [("aliases", "https://old.example/acs"), ("answer_to", "first_alias")];
    scene.sends(&page, &alias, "look").await.shows(StatusCode::OK, "Nothing would change");
    assert_eq!(scene.connection().await, before);
    let (mut olga, _) = somebody(&scene.world, &home, "olga@vendor.example", Some(ConsoleRole::Operator), None).await;
    let url = format!("{BASE}{path}");
    let page = olga.get(&url).await;
    let shown = sends(&mut olga, &url, &page, &alias, "look").await;
    shown.shows(StatusCode::OK, "<code>aliases</code>");
    sends(&mut olga, &url, &shown, &[], "save").await.location();
    assert_eq!(scene.connection().await.saml.aliases.len(), 1);
}
