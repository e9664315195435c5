//! Who must use single sign-on is said in the console (MX-33, XC-27): what is missing for it, what follows from it.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::enforcement::{Demand, Enforcement};
use vestibule_domain::password::Passwords;
use vestibule_domain::user::ConsoleRole;

use crate::console_edit::sends;
use crate::passwords::{EVE, GOOD, Scene};
use crate::support::{ADA, Browser, Seen};
use crate::waiting_scene::{platform, somebody};

struct Form {
    scene: Scene,
    olga: Browser,
    url: String,
}

impl Form {
    /// An operator looks at what `acme` demands; Eve of it has a password.
    async fn new() -> Self {
        let scene = Scene::with_password(Passwords::All).await;
        let home = platform(&scene.world);
        let (olga, _) = somebody(&scene.world, &home, "olga@vendor.example", Some(ConsoleRole::Operator), None).await;
        let url = format!("{}/console/enforcement/acme", home.origin);
        Self { scene, olga, url }
    }

    async fn page(&mut self) -> Seen {
        self.olga.get(&self.url).await
    }

    async fn sends(&mut self, page: &Seen, typed: &[(&str, &str)], wish: &str) -> Seen {
        sends(&mut self.olga, &self.url.clone(), page, typed, wish).await
    }

    /// Looks at it, and saves what was shown.
    async fn saves(&mut self, typed: &[(&str, &str)]) -> String {
        let page = self.page().await;
        let shown = self.sends(&page, typed, "look").await;
        shown.shows(StatusCode::OK, "id=\"plan\"");
        self.sends(&shown, &[], "save").await.location()
    }

    async fn account(&mut self) -> Seen {
        let origin = platform(&self.scene.world).origin;
        self.olga.get(&format!("{origin}/console/accounts/acme")).await
    }

    async fn set(&self) -> Enforcement {
        self.scene.world.account(&self.scene.world.acme).await.settings.single_sign_on
    }

    async fn test_passes(&self) {
        let world = &self.scene.world;
        world.pass(SignedDuration::from_mins(1));
        let mut browser = world.browser();
        let sent = browser.get(&world.acme.at("test")).await;
        browser.deliver(&world.answer(&sent, ADA)).await.shows(StatusCode::OK, "It works");
    }

    async fn eve_comes_in(&self) {
        self.scene.world.pass(SignedDuration::from_mins(1));
        self.scene.try_password(&mut self.scene.world.browser(), EVE, GOOD).await.location();
    }
}

/// What is missing is said before anything is typed and after; nothing typed is lost, and nothing is saved.
#[tokio::test]
async fn what_is_missing_for_a_demand_is_said_and_nothing_typed_is_lost() {
    let mut form = Form::new().await;
    let page = form.page().await;
    page.shows(StatusCode::OK, "It cannot be demanded of more people yet");
    page.shows(StatusCode::OK, "no test of &#34;entra&#34; has passed");
    page.shows(StatusCode::OK, "Nobody is named to come in when single sign-on does not work.");
    let typed = [("people", "required"), ("roles", "accounting = required")];
    let told = form.sends(&page, &typed, "save").await;
    for text in [
        "no test of &#34;entra&#34; has passed",
        "<option value=\"required\" selected>",
        "accounting = required</textarea>",
    ] {
        told.shows(StatusCode::OK, text);
    }
    assert_eq!(form.set().await, Enforcement::default());
}

/// In its order: a test passes, somebody is named, they come in with their password, and then it is demanded; the plan
/// says what follows.
#[tokio::test]
async fn single_sign_on_is_demanded_once_another_door_is_left() {
    let mut form = Form::new().await;
    form.test_passes().await;
    let page = form.page().await;
    // Both at once cannot be: whoever is named has to have come in.
    let typed = [("people", "required"), ("break_glass", EVE)];
    let told = form.sends(&page, &typed, "look").await;
    told.shows(StatusCode::OK, "no break-glass user has signed in with their password since");
    form.saves(&[("break_glass", EVE)]).await;
    let page = form.page().await;
    page.shows(StatusCode::OK, "has not come in with the password since");
    form.eve_comes_in().await;
    let page = form.page().await;
    page.shows(StatusCode::OK, "It can be demanded of more people");
    page.shows(StatusCode::OK, "has come in with the password");
    let typed = [("people", "required"), ("managers", "optional"), ("roles", "accounting = optional\n")];
    let shown = form.sends(&page, &typed, "look").await;
    shown.shows(StatusCode::OK, "their passwords open nothing from then on");
    form.sends(&shown, &[], "save").await.location();
    let set = form.set().await;
    assert_eq!((set.people, set.managers), (Demand::Required, Some(Demand::Optional)));
    assert_eq!(set.roles.get("accounting"), Some(&Demand::Optional));
    form.account().await.shows(StatusCode::OK, "different for each role");
    // The last door stays open: whoever is named is not taken out of it while it is demanded.
    let page = form.page().await;
    let told = form.sends(&page, &[("break_glass", "")], "look").await;
    told.shows(StatusCode::OK, "nobody who may sign in is named as break-glass user");
    form.saves(&[("people", "optional"), ("managers", ""), ("roles", "")]).await;
    assert_eq!(form.set().await, Enforcement::default());
    form.account().await.shows(StatusCode::OK, "<dd>optional</dd>");
    form.saves(&[("people", "off")]).await;
    form.account().await.shows(StatusCode::OK, "<dd>switched off</dd>");
}

/// It is a change of trust, so it wants a fresh authentication; and what cannot be stands beside its field.
#[tokio::test]
async fn a_demand_wants_a_fresh_authentication_and_fields_that_can_be() {
    let mut form = Form::new().await;
    let page = form.page().await;
    let typed = [("roles", "accounting\nsales = must\na = off\na = off"), ("break_glass", "nobody@acme.example\nEve")];
    let told = form.sends(&page, &typed, "look").await;
    for text in [
        "&#34;accounting&#34; is no role with off, optional or required behind =",
        "&#34;sales = must&#34; is no role",
        "&#34;a&#34; stands there twice",
        "&#34;nobody@acme.example&#34; is the address of nobody in this account",
        "sales = must\na = off",
    ] {
        told.shows(StatusCode::OK, text);
    }
    let shown = form.sends(&page, &[("people", "off")], "look").await;
    form.scene.world.pass(SignedDuration::from_mins(11));
    let told = form.sends(&shown, &[], "save").await;
    told.shows(StatusCode::OK, "to=%2Fconsole%2Fenforcement%2Facme");
    assert_eq!(form.set().await, Enforcement::default());
    form.page().await.shows(StatusCode::OK, "to=%2Fconsole%2Fenforcement%2Facme");
}

/// Nobody decides about themselves, and support not at all.
#[tokio::test]
async fn nobody_names_themselves_and_support_demands_nothing() {
    let form = Form::new().await;
    let world = &form.scene.world;
    let eve = world.users(&world.acme).await.into_iter().find(|user| user.id == form.scene.eve).unwrap();
    let mut browser = world.signed_in_as(&world.acme.origin, world.acme.account, eve.id).await;
    let url = format!("{}/console/enforcement/acme", world.acme.origin);
    let page = browser.get(&url).await;
    let told = sends(&mut browser, &url, &page, &[("break_glass", EVE)], "save").await;
    told.shows(StatusCode::OK, "is not yours to decide about");
    let home = platform(world);
    let (mut sam, _) = somebody(world, &home, "sam@vendor.example", Some(ConsoleRole::Support), None).await;
    assert_eq!(sam.get(&form.url).await.status, StatusCode::NOT_FOUND);
    assert_eq!(sam.post(&form.url, &[("people", "required")]).await.status, StatusCode::NOT_FOUND);
}
