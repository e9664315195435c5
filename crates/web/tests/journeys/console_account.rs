//! How an account is set and how its pages look is changed in the console.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::{Account, Admission};
use vestibule_domain::enforcement::Method;
use vestibule_domain::user::ConsoleRole;
use vestibule_domain::ways::{Entitlement, Permitted};

use crate::console_edit::sends;
use crate::support::{BASE, Browser, Seen, World};
use crate::waiting_scene::{platform, somebody};

const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><path d=\"M0 0h1v1z\"/></svg>";

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
        format!("{}/console/{what}/acme", self.world.acme.origin)
    }

    async fn page(&mut self, what: &str) -> Seen {
        let at = self.at(what);
        self.max.get(&at).await
    }

    async fn sends(&mut self, what: &str, page: &Seen, typed: &[(&str, &str)], wish: &str) -> Seen {
        let at = self.at(what);
        sends(&mut self.max, &at, page, typed, wish).await
    }

    async fn account(&self) -> Account {
        self.world.account(&self.world.acme).await
    }
}

/// MX-15: what is typed is shown on a picture of the sign-in page by day and by night before it is saved, and a colour
/// that could not be read is moved, with its contrast.
#[tokio::test]
async fn a_look_is_seen_before_it_is_saved() {
    let mut scene = Scene::new().await;
    let account = scene.max.get(&format!("{}/console/accounts/acme", scene.world.acme.origin)).await;
    account.shows(StatusCode::OK, "href=\"/console/branding/acme\"");
    let page = scene.page("branding").await;
    page.shows(StatusCode::OK, "data-theme=\"dark\" role=\"img\"");
    let typed = [
        ("product", "Acme Cloud"),
        ("accent", "#ffd400"),
        ("welcome", "Good morning"),
        ("welcome_de", "Guten Morgen"),
        ("logo", SVG),
    ];
    let shown = scene.sends("branding", &page, &typed, "look").await;
    for text in [
        "Sign in to Acme Cloud",
        "<p class=\"welcome\">Good morning</p>",
        "/brand/ffd400-sample.css",
        "#ffd400 is hard to read on light pages, so it is shown as",
        "#ffd400 is read well on dark pages",
        "src=\"data:image/svg+xml;base64,",
        "<code>branding</code>",
    ] {
        shown.shows(StatusCode::OK, text);
    }
    assert!(scene.account().await.settings.branding.is_empty());
    let style = scene.max.get(&format!("{}/brand/ffd400-sample.css", scene.world.acme.origin)).await;
    style.shows(StatusCode::OK, ".sample[data-theme=\"dark\"] { --accent: #ffd400;");
    let saved = scene.sends("branding", &shown, &[], "save").await.location();
    assert!(saved.ends_with("/console/accounts/acme?done=saved"), "{saved}");
    let branding = scene.account().await.settings.branding;
    assert_eq!(branding.product.as_ref().unwrap().as_str(), "Acme Cloud");
    let logo = branding.logo.unwrap();
    let picture = scene.max.get(&format!("{}/brand/{}", scene.world.acme.origin, logo.as_str())).await;
    assert_eq!(picture.body, SVG);
    // An empty field keeps the picture; a tick takes it away.
    let page = scene.page("branding").await;
    scene.sends("branding", &page, &[], "save").await.shows(StatusCode::OK, "Nothing would change");
    let shown = scene.sends("branding", &page, &[("no_logo", "1")], "look").await;
    scene.sends("branding", &shown, &[], "save").await.location();
    assert_eq!(scene.account().await.settings.branding.logo, None);
}

/// What comes from above is said where nothing is set, and shown on the picture.
#[tokio::test]
async fn a_look_from_above_is_said_where_nothing_is_set() {
    let mut scene = Scene::new().await;
    let home = platform(&scene.world);
    let (mut olga, _) = somebody(&scene.world, &home, "olga@vendor.example", Some(ConsoleRole::Operator), None).await;
    let url = format!("{BASE}/console/branding");
    let page = olga.get(&url).await;
    let shown = sends(&mut olga, &url, &page, &[("product", "Northwind Cloud"), ("accent", "#0a7d5a")], "look").await;
    sends(&mut olga, &url, &shown, &[], "save").await.location();
    let page = scene.page("branding").await;
    for text in ["Where it is empty: Northwind Cloud", "Where it is empty: #0a7d5a", "/brand/0a7d5a-sample.css"] {
        page.shows(StatusCode::OK, text);
    }
}

/// Each field says what is wrong with it, nothing typed is lost, and the picture shows the rest.
#[tokio::test]
async fn a_look_that_cannot_be_is_told_beside_its_field() {
    let mut scene = Scene::new().await;
    let page = scene.page("branding").await;
    let typed = [
        ("accent", "red"),
        ("imprint", "http://acme.example"),
        ("logo", "R0lGODlhAQABAAAAACw="),
        ("welcome", "Still here"),
    ];
    let seen = scene.sends("branding", &page, &typed, "save").await;
    for text in [
        "&#34;red&#34; is no colour",
        "is no address that people can open",
        "the logo is no PNG, JPEG, WebP or SVG",
        "value=\"Still here\"",
        "<p class=\"welcome\">Still here</p>",
        "R0lGODlhAQABAAAAACw=</textarea>",
    ] {
        seen.shows(StatusCode::OK, text);
    }
    let seen = scene.sends("branding", &page, &[("logo", "?")], "look").await;
    seen.shows(StatusCode::OK, "this is no picture");
    assert!(scene.account().await.settings.branding.is_empty());
}

/// Who comes in is shown before it is saved, wants a fresh authentication, and nothing of somebody else's is undone.
#[tokio::test]
async fn settings_of_an_account_are_seen_before_they_are_saved() {
    let mut scene = Scene::new().await;
    let page = scene.page("settings").await;
    scene.sends("settings", &page, &[], "save").await.shows(StatusCode::OK, "Nothing would change");
    let shown = scene.sends("settings", &page, &[("admission", "waiting"), ("passwords", "managers")], "look").await;
    shown.shows(StatusCode::OK, "<code>admission</code>");
    scene.sends("settings", &shown, &[], "save").await.location();
    assert_eq!(scene.account().await.settings.admission, Admission::Waiting);
    let told = scene.sends("settings", &shown, &[("admission", "create")], "save").await;
    told.shows(StatusCode::OK, "Somebody else changed this since you opened it");
    scene.world.pass(SignedDuration::from_mins(11));
    let page = scene.page("settings").await;
    page.shows(StatusCode::OK, "to=%2Fconsole%2Fsettings%2Facme");
    let shown = scene.sends("settings", &page, &[("admission", "create")], "look").await;
    scene.sends("settings", &shown, &[], "save").await.shows(StatusCode::OK, "at most 10 minutes old");
    assert_eq!(scene.account().await.settings.admission, Admission::Waiting);
    // A name is nothing that is trusted.
    let shown = scene.sends("settings", &page, &[("name", "Acme & Sons")], "look").await;
    scene.sends("settings", &shown, &[], "save").await.location();
    assert_eq!(scene.account().await.name, "Acme & Sons");
    let typed = [("name", " "), ("contact_name", "IT"), ("contact_email", "nobody"), ("start", "at once")];
    let page = scene.page("settings").await;
    let seen = scene.sends("settings", &page, &typed, "save").await;
    for text in ["id=\"name-error\"", "id=\"contact_email-error\"", "value=\"IT\"", "id=\"start-error\""] {
        seen.shows(StatusCode::OK, text);
    }
}

/// SC-17: each for whoever may; what an account is permitted, and whether it may use single sign-on, is decided above it.
#[tokio::test]
async fn an_account_is_changed_by_whoever_may_and_widens_nothing_of_its_own() {
    let mut scene = Scene::new().await;
    let before = scene.account().await;
    let page = scene.page("settings").await;
    for field in ["permitted", "entitlement", "children", "application"] {
        assert!(!page.body.contains(&format!("name=\"{field}\"")), "{field}");
    }
    let forbidden = [("permitted", "both"), ("entitlement", "withheld"), ("children", "both")];
    scene.sends("settings", &page, &forbidden, "look").await.shows(StatusCode::OK, "Nothing would change");
    let home = platform(&scene.world);
    let globex = scene.world.globex.clone();
    for (of, email, role) in [
        (&globex, "gil@globex.example", ConsoleRole::AccountAdmin),
        (&home, "sam@vendor.example", ConsoleRole::Support),
        (&scene.world.acme.clone(), "nina@acme.example", ConsoleRole::Approver),
    ] {
        let (mut browser, _) = somebody(&scene.world, of, email, Some(role), None).await;
        for what in ["settings", "branding"] {
            let url = format!("{}/console/{what}/acme", of.origin);
            assert_eq!(browser.get(&url).await.status, StatusCode::NOT_FOUND, "{url}");
            let sent = sends(&mut browser, &url, &page, &[("name", "Theirs")], "save").await;
            assert_eq!(sent.status, StatusCode::NOT_FOUND, "{url}");
        }
    }
    for what in ["settings", "branding"] {
        let forged = scene.max.post_from_elsewhere(&scene.at(what), String::new()).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{what}");
    }
    assert_eq!(scene.account().await, before);
    let (mut olga, _) = somebody(&scene.world, &home, "olga@vendor.example", Some(ConsoleRole::Operator), None).await;
    let url = format!("{BASE}/console/settings/acme");
    let page = olga.get(&url).await;
    page.shows(StatusCode::OK, "Where it is empty: Its own");
    let shown = sends(&mut olga, &url, &page, &[("permitted", "both"), ("entitlement", "withheld")], "look").await;
    sends(&mut olga, &url, &shown, &[], "save").await.location();
    let settings = scene.account().await.settings;
    assert_eq!((settings.permitted, settings.entitlement), (Some(Permitted::Both), Entitlement::Withheld));
    olga.get(&format!("{BASE}/console/accounts/acme")).await.shows(StatusCode::OK, "<dd>is withheld</dd>");
}

/// HY-27: how a person signs in is said by whoever may, never of oneself, and seen before it is saved.
#[tokio::test]
async fn how_a_person_signs_in_is_said_in_the_console() {
    let mut scene = Scene::new().await;
    let acme = scene.world.acme.clone();
    let ada = scene.world.add_user(&acme, "ada@acme.example", None).await;
    let url = format!("{}/console/users/{ada}/method", acme.origin);
    let page = scene.max.get(&url).await;
    page.shows(StatusCode::OK, "<option value=\"account\" selected>");
    // The account has no passwords, and the planner says so.
    let refused = sends(&mut scene.max, &url, &page, &[("sign_in", "password")], "look").await;
    refused.shows(StatusCode::OK, "has passwords = &#34;off&#34;");
    let shown = sends(&mut scene.max, &url, &page, &[("sign_in", "sso")], "look").await;
    shown.shows(StatusCode::OK, "<code>sign_in</code>");
    scene.world.pass(SignedDuration::from_mins(11));
    let again = sends(&mut scene.max, &url, &shown, &[], "save").await;
    again.shows(StatusCode::OK, "at most 10 minutes old");
    let method = |users: Vec<vestibule_domain::user::User>| {
        users.into_iter().find(|user| user.id == ada).map(|user| user.sign_in.method)
    };
    assert_eq!(method(scene.world.users(&acme).await), Some(Method::Account));
    let (mut mia, own) = somebody(&scene.world, &acme, "mia@acme.example", Some(ConsoleRole::AccountAdmin), None).await;
    let page = mia.get(&url).await;
    let shown = sends(&mut mia, &url, &page, &[("sign_in", "sso")], "look").await;
    sends(&mut mia, &url, &shown, &[], "save").await.location();
    assert_eq!(method(scene.world.users(&acme).await), Some(Method::Sso));
    let told = sends(&mut mia, &url, &shown, &[("sign_in", "account")], "save").await;
    told.shows(StatusCode::OK, "Somebody else changed this since you opened it");
    let myself = mia.get(&format!("{}/console/users/{own}/method", acme.origin)).await;
    assert_eq!(myself.status, StatusCode::NOT_FOUND);
    let home = platform(&scene.world);
    let (mut sam, _) = somebody(&scene.world, &home, "sam@vendor.example", Some(ConsoleRole::Support), None).await;
    assert_eq!(sam.get(&format!("{BASE}/console/users/{ada}/method")).await.status, StatusCode::NOT_FOUND);
    let sent = sends(&mut sam, &format!("{BASE}/console/users/{ada}/method"), &page, &[], "save").await;
    assert_eq!(sent.status, StatusCode::NOT_FOUND);
    let forged = scene.max.post_from_elsewhere(&url, String::new()).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
}
