//! Set-up from the console: whoever may change connections makes a draft, sets it up on the same page as by a link, and
//! puts it in force; and they make links for others.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::Admission;
use vestibule_domain::connection::{Connection, ConnectionState, Preset};
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::{ConnectionId, UserId};
use vestibule_domain::user::ConsoleRole;
use vestibule_domain::ways::Permitted;
use vestibule_journeys::apply::{self, ApplyError, Wanted, WantedAccount, plan};
use vestibule_store::tx::EventFilter;

use crate::support::{ADA, BASE, Browser, Seen, World};
use crate::waiting_scene::{platform, somebody};

/// A world in which `acme` has a draft without values, and Max administers it.
struct Scene {
    world: World,
    max: Browser,
    id: UserId,
    draft: ConnectionId,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        world.change_connection(&world.acme, empty).await;
        let (max, id) = somebody(&world, &world.acme, "max@acme.example", Some(ConsoleRole::AccountAdmin), None).await;
        // What is tested has to be younger than the last edit.
        world.pass(SignedDuration::from_mins(1));
        let draft = world.acme.connection;
        Self { world, max, id, draft }
    }

    fn at(&self, what: &str) -> String {
        format!("{}/console/connections/{}{what}", self.world.acme.origin, self.draft)
    }

    async fn draft(&self) -> Connection {
        let id = self.draft;
        let found = self.world.services.store.read(move |tx| Box::pin(async move { tx.connection(id).await })).await;
        found.unwrap().unwrap()
    }

    async fn page(&mut self) -> Seen {
        let at = self.at("/set-up");
        self.max.get(&at).await
    }

    async fn posts(&mut self, what: &str, fields: &[(&str, &str)]) -> Seen {
        let at = self.at(what);
        self.max.post(&at, fields).await
    }

    /// The values of `acme`'s identity provider, under an entity ID of the draft's own.
    async fn gives_values(&mut self) -> Seen {
        let of = self.world.entra_connection(&self.world.acme, ConnectionState::Draft).saml;
        let (issuer, sign_on) = (of.issuer.unwrap().to_string(), of.sign_on.unwrap().url.to_string());
        let fields =
            [("by", "values"), ("issuer", &issuer), ("sign_on", &sign_on), ("certificates", &of.certificates[0])];
        self.posts("/set-up/theirs", &fields).await
    }

    async fn last_edit(&self) -> String {
        self.draft().await.edited_at.to_string()
    }
}

/// A draft without values.
fn empty(connection: &mut Connection) {
    connection.state = ConnectionState::Draft;
    connection.saml = Preset::Entra.settings();
}

fn new(origin: &str, account: &str) -> String {
    format!("{origin}/console/connections/new?account={account}")
}

async fn facts_by(world: &World, user: UserId) -> Vec<Fact> {
    let filter = EventFilter { account: Some(world.acme.account), user: None, before: None, limit: 200 };
    let events = world.services.store.read(move |tx| Box::pin(async move { tx.events(&filter).await })).await.unwrap();
    events.into_iter().filter(|it| it.actor == Actor::User(user)).map(|it| it.fact).collect()
}

/// The page of an account leads to a draft, and the draft to the three parts of its set-up.
#[tokio::test]
async fn a_draft_is_made_from_the_page_of_its_account() {
    let mut scene = Scene::new().await;
    let account = scene.max.get(&format!("{}/console/accounts/acme", scene.world.acme.origin)).await;
    account.shows(StatusCode::OK, "/console/connections/new?account=acme");
    let address = new(&scene.world.acme.origin, "acme");
    scene.max.get(&address).await.shows(StatusCode::OK, "It begins as a draft");
    let made = scene.max.post(&address, &[("idp", "entra"), ("name", "second")]).await.location();
    let id = made.strip_suffix("/set-up").and_then(|rest| rest.rsplit('/').next()).unwrap();
    scene.draft = id.parse().unwrap();
    let draft = scene.draft().await;
    assert_eq!((draft.name.as_str(), draft.state), ("second", ConnectionState::Draft));
    assert_eq!((draft.saml.preset, draft.saml.issuer), (Preset::Entra, None));
    let page = scene.page().await;
    for text in ["Connect acme to Microsoft Entra ID", "0 of 4 done", "Identifier (Entity ID)", "aria-current=\"page\""]
    {
        page.shows(StatusCode::OK, text);
    }
    assert!(!page.body.contains("This link is good until"), "{}", page.body);
    let changed = facts_by(&scene.world, scene.id).await;
    assert!(matches!(changed.as_slice(), [Fact::ConnectionChanged { .. }]), "{changed:?}");
    let connection = scene.at("");
    scene.max.get(&connection).await.shows(StatusCode::OK, "/set-up\"");
    scene.max.language = "de";
    scene.page().await.shows(StatusCode::OK, "0 von 4 erledigt");
}

/// What is no name, or is taken, is told beside its field, and stays there; what is left empty is chosen.
#[tokio::test]
async fn a_name_that_cannot_be_is_told_and_kept() {
    let mut scene = Scene::new().await;
    let address = new(&scene.world.acme.origin, "acme");
    for (name, why) in [("Not A Name", "Not A Name"), ("entra", "has a connection of this name already")] {
        let seen = scene.max.post(&address, &[("idp", "okta"), ("name", name)]).await;
        seen.shows(StatusCode::OK, why);
        seen.shows(StatusCode::OK, &format!("value=\"{name}\""));
        seen.shows(StatusCode::OK, "<option value=\"okta\" selected>");
    }
    let before = scene.draft().await;
    let made = scene.max.post(&address, &[("idp", "okta"), ("name", "")]).await.location();
    assert!(made.ends_with("/set-up"), "{made}");
    scene.max.get(&made).await.shows(StatusCode::OK, "Okta");
    assert_eq!(scene.draft().await, before, "another one is not touched");
    scene.max.post(&address, &[("idp", "nobody")]).await.shows(StatusCode::BAD_REQUEST, "");
    // Where the account above permits none of its own, that is said beforehand.
    scene.world.change_account(&scene.world.acme, |it| it.settings.permitted = Some(Permitted::Inherit)).await;
    scene.max.get(&address).await.shows(StatusCode::OK, "permits this account no connection of its own");
}

/// The whole way: values, a test, and in force, with the person as the actor; the administrators are told.
#[tokio::test]
async fn a_connection_is_set_up_from_the_console_and_people_come_in() {
    let mut scene = Scene::new().await;
    let set_up = scene.at("/set-up");
    assert_eq!(scene.posts("/set-up/ours", &[]).await.location(), format!("{set_up}#theirs"));
    assert_eq!(scene.gives_values().await.location(), format!("{set_up}#known"));
    let people = scene.posts("/set-up/people", &[("domains", "acme-logistics.example"), ("admission", "create")]).await;
    assert_eq!(people.location(), format!("{set_up}#people"));
    let page = scene.page().await;
    for text in ["3 of 4 done", "_vestibule.acme-logistics.example", "No test was begun here"] {
        page.shows(StatusCode::OK, text);
    }
    scene.world.pass(SignedDuration::from_secs(1));
    let begun = scene.posts("/set-up/try", &[]).await.location();
    assert!(begun.contains("/test?watch="), "{begun}");
    scene.page().await.shows(StatusCode::OK, "The test runs");
    let sent = scene.max.get(&begun).await;
    let seen = scene.last_edit().await;
    let report = scene.at("/set-up/report?seen=x");
    scene.max.get(&report).await.shows(StatusCode::OK, "data-awaited");
    let answer = scene.world.answer(&sent, ADA);
    scene.max.deliver(&answer).await.shows(StatusCode::OK, "It works");
    let page = scene.page().await;
    for text in ["4 of 4 done", "Ada.Example@acme.example", "switch-on", &format!("value=\"{seen}\"")] {
        page.shows(StatusCode::OK, text);
    }
    let done = scene.posts("/set-up/switch-on", &[("seen", &seen)]).await.location();
    assert!(done.ends_with("?done=activated"), "{done}");
    assert_eq!(scene.draft().await.state, ConnectionState::Active);
    // What is in force is changed on its own page.
    assert_eq!(scene.page().await.location(), scene.at(""));
    let mails = vestibule_journeys::mails::waiting_ones(&scene.world.ctx()).await.unwrap();
    assert_eq!(mails.len(), 1, "Max is told");
}

/// A test is noted for the page by which it was begun, once: an address that somebody opens by themselves is none of it.
#[tokio::test]
async fn no_other_test_is_shown_than_the_one_that_was_begun_there() {
    let mut scene = Scene::new().await;
    scene.gives_values().await.location();
    let begun = scene.posts("/set-up/try", &[]).await.location();
    let plain = begun.split('?').next().unwrap().to_owned();
    let mut stranger = scene.world.browser();
    stranger.get(&plain).await.location();
    stranger.get(&format!("{plain}?watch=made-up")).await.location();
    scene.world.pass(SignedDuration::from_secs(61));
    scene.page().await.shows(StatusCode::OK, "No test was begun here");
    let sent = scene.max.get(&begun).await;
    sent.location();
    stranger.get(&begun).await.location();
    scene.page().await.shows(StatusCode::OK, "The test runs");
}

/// A27.3: to put it in force wants a fresh authentication, and what is put in force is what was looked at.
#[tokio::test]
async fn it_is_put_in_force_as_it_was_seen_by_whoever_authenticated_just_now() {
    let mut scene = Scene::new().await;
    scene.gives_values().await.location();
    let untested = scene.last_edit().await;
    let back = scene.posts("/set-up/switch-on", &[("seen", &untested)]).await.location();
    assert!(back.ends_with("#try"), "{back}");
    scene.world.pass(SignedDuration::from_secs(1));
    let begun = scene.posts("/set-up/try", &[]).await.location();
    let sent = scene.max.get(&begun).await;
    let answer = scene.world.answer(&sent, ADA);
    scene.max.deliver(&answer).await.shows(StatusCode::OK, "It works");
    for seen in ["", "2020-01-01T00:00:00Z"] {
        let refused = scene.posts("/set-up/switch-on", &[("seen", seen)]).await;
        refused.shows(StatusCode::OK, "Somebody changed settings at the same moment");
    }
    assert_eq!(scene.draft().await.state, ConnectionState::Tested);
    scene.world.pass(SignedDuration::from_mins(11));
    scene.page().await.shows(StatusCode::OK, "at most 10 minutes old");
    let seen = scene.last_edit().await;
    let again = scene.posts("/set-up/switch-on", &[("seen", &seen)]).await.location();
    assert!(again.contains("/console/sign-in-again?to="), "{again}");
    assert_eq!(scene.draft().await.state, ConnectionState::Tested);
}

/// Nothing typed is lost, and each field says what is wrong with it.
#[tokio::test]
async fn what_cannot_be_is_told_beside_its_field_in_the_console_too() {
    let mut scene = Scene::new().await;
    let fields = [("by", "values"), ("issuer", "https://issuer.example/"), ("sign_on", "x"), ("certificates", "none")];
    let seen = scene.posts("/set-up/theirs", &fields).await;
    for text in ["Nothing was saved", "value=\"https://issuer.example/\"", "none</textarea>", "id=\"sign_on-error\""] {
        seen.shows(StatusCode::OK, text);
    }
    let seen = scene.posts("/set-up/people", &[("domains", "globex.example")]).await;
    seen.shows(StatusCode::OK, "globex.example is proved for another account; the operator has to clear that up");
    let explained = scene.posts("/set-up/explain", &[("pasted", "AADSTS50105")]).await;
    explained.shows(StatusCode::OK, "Users and groups");
}

/// SC-17: each of the addresses, for whoever it is not theirs; and a form of another site does nothing.
#[tokio::test]
async fn a_set_up_is_for_whoever_may_change_connections_there() {
    let mut scene = Scene::new().await;
    let before = scene.draft().await;
    let world = &scene.world;
    let home = platform(world);
    let (gil, _) = somebody(world, &world.globex, "gil@globex.example", Some(ConsoleRole::AccountAdmin), None).await;
    let (sam, _) = somebody(world, &home, "sam@vendor.example", Some(ConsoleRole::Support), None).await;
    let (nina, _) = somebody(world, &world.acme, "nina@acme.example", Some(ConsoleRole::Approver), None).await;
    let origins = [world.globex.origin.clone(), BASE.to_owned(), world.acme.origin.clone()];
    for (mut browser, origin) in [gil, sam, nina].into_iter().zip(origins) {
        let of = |what: &str| format!("{origin}/console/connections/{}{what}", scene.draft);
        for what in ["/set-up", "/set-up/report", "/links"] {
            assert_eq!(browser.get(&of(what)).await.status, StatusCode::NOT_FOUND, "{origin} {what}");
        }
        assert_eq!(browser.get(&new(&origin, "acme")).await.status, StatusCode::NOT_FOUND, "{origin}");
        for what in ["idp", "ours", "theirs", "people", "try", "explain", "switch-on"] {
            let sent = browser.post(&of(&format!("/set-up/{what}")), &[("idp", "okta")]).await;
            assert_eq!(sent.status, StatusCode::NOT_FOUND, "{origin} {what}");
        }
        for to in [of("/links"), new(&origin, "acme")] {
            let sent = browser.post(&to, &[("days", "7"), ("idp", "okta")]).await;
            assert_eq!(sent.status, StatusCode::NOT_FOUND, "{to}");
        }
    }
    for what in ["/set-up/ours", "/set-up/switch-on", "/links"] {
        let forged = scene.max.post_from_elsewhere(&scene.at(what), String::new()).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{what}");
    }
    assert_eq!(scene.draft().await, before);
    // The vendor's operator sets up for a customer, at the deployment's own address.
    let (mut olga, _) = somebody(&scene.world, &home, "olga@vendor.example", Some(ConsoleRole::Operator), None).await;
    let at = format!("{BASE}/console/connections/{}/set-up", scene.draft);
    olga.get(&at).await.shows(StatusCode::OK, "Connect acme to Microsoft Entra ID");
}

/// A link is made for a draft, shown once, listed and taken back.
#[tokio::test]
async fn a_link_is_made_in_the_console_and_revoked() {
    let mut scene = Scene::new().await;
    let links = scene.at("/links");
    scene.max.get(&links).await.shows(StatusCode::OK, "There is none yet");
    for wrong in ["0", "31", "a week"] {
        let seen = scene.posts("/links", &[("days", wrong)]).await;
        seen.shows(StatusCode::OK, &format!("{wrong} is not a number of days from 1 to 30."));
        seen.shows(StatusCode::OK, &format!("value=\"{wrong}\""));
    }
    let made = scene.posts("/links", &[("days", "3")]).await;
    made.shows(StatusCode::OK, "It is shown this once.");
    let start = made.body.find(&format!("{}/set-up/", scene.world.acme.origin)).unwrap();
    let link = made.body[start..].split('<').next().unwrap().to_owned();
    scene.world.browser().get(&link).await.shows(StatusCode::OK, "This link is good until");
    let listed = scene.max.get(&links).await;
    listed.shows(StatusCode::OK, "</span> good</span>");
    assert!(!listed.body.contains(&link), "it is shown once");
    let revoke = listed.body.split("action=\"").find(|rest| rest.contains("/revoke\"")).unwrap();
    let revoke = format!("{}{}", scene.world.acme.origin, revoke.split('"').next().unwrap());
    assert!(scene.max.post(&revoke, &[]).await.location().ends_with("?done=revoked"));
    assert!(scene.max.post(&revoke, &[]).await.location().ends_with("?done=nothing"));
    scene.world.browser().get(&link).await.shows(StatusCode::GONE, "This link opens nothing");
    let facts = facts_by(&scene.world, scene.id).await;
    assert!(facts.iter().any(|fact| matches!(fact, Fact::SetupLinkCreated { .. })));
    assert!(facts.iter().any(|fact| matches!(fact, Fact::SetupLinkRevoked { .. })));
    // A link lets somebody say what will be trusted: it wants a fresh authentication, and a draft.
    scene.world.pass(SignedDuration::from_mins(11));
    scene.max.get(&links).await.shows(StatusCode::OK, "at most 10 minutes old");
    assert!(scene.posts("/links", &[("days", "3")]).await.location().contains("/console/sign-in-again?to="));
    scene.world.change_connection(&scene.world.acme, |it| it.state = ConnectionState::Active).await;
    scene.max.get(&links).await.shows(StatusCode::OK, "links work on drafts alone");
}

/// A27.3: who comes in changes for the whole account, so from the console it wants a sign-in that is fresh; by a link the
/// operator said beforehand what may be chosen.
#[tokio::test]
async fn who_comes_in_is_changed_from_the_console_after_a_fresh_sign_in_alone() {
    let mut scene = Scene::new().await;
    let before = scene.world.account(&scene.world.acme).await.settings.admission;
    assert_ne!(before, Admission::InvitedOnly);
    scene.world.pass(SignedDuration::from_mins(11));
    let sent = scene.posts("/set-up/people", &[("domains", "mill.example"), ("admission", "invited_only")]).await;
    assert!(sent.location().contains("/console/sign-in-again"), "{}", sent.location());
    assert_eq!(scene.world.account(&scene.world.acme).await.settings.admission, before);
    scene.page().await.shows(StatusCode::OK, "_vestibule.mill.example");
    // Whoever left the page finds the record in the console.
    let account = format!("{}/console/accounts/acme", scene.world.acme.origin);
    scene.max.get(&account).await.shows(StatusCode::OK, "<code>_vestibule.mill.example</code>");
}

/// What rests on what somebody saw is not planned where it has changed since: "as it is" takes nothing back.
#[tokio::test]
async fn a_wish_that_rests_on_an_account_as_it_was_is_stale() {
    let scene = Scene::new().await;
    let world = &scene.world;
    let (account, connection) = (world.account(&world.acme).await, scene.draft().await);
    let wish =
        |seen: apply::Seen| Wanted { accounts: vec![WantedAccount::as_it_is(&account)], seen, ..Wanted::default() };
    let ctx = world.ctx();
    assert!(plan(&ctx, &wish(apply::Seen::of(&account, Some(&connection))), Actor::System).await.unwrap().is_empty());
    let older = apply::Seen { accounts: vec![(account.id, account.version - 1)], ..apply::Seen::default() };
    let other = apply::Seen { connections: vec![(connection.id, connection.version + 1)], ..apply::Seen::default() };
    for seen in [older, other] {
        assert!(matches!(plan(&ctx, &wish(seen), Actor::System).await, Err(ApplyError::Stale)));
    }
}
