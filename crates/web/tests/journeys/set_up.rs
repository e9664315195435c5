//! Somebody without an account sets up a connection by a link (SC-11, SC-13).

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::{Account, AccountKind, AccountPath, Admission, Contact, Start};
use vestibule_domain::connection::{Connection, ConnectionState, Preset};
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::SetupLinkId;
use vestibule_domain::setup::{LinkOver, SetupActivation};
use vestibule_domain::user::ConsoleRole;
use vestibule_journeys::set_up_connection::{self, NewLink, NotCreated, NotRevoked};
use vestibule_saml::types::EntityId;
use vestibule_store::tx::EventFilter;

use crate::support::{ADA, Browser, ENTRA, Party, Seen, World, account, party, start, tools};

/// A world in which `acme` has a draft without values, nobody is in it, and a link was made for it.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) link: String,
    id: SetupLinkId,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let world = World::new().await;
        world.change_connection(&world.acme, empty).await;
        // What is tested has to be younger than the last edit.
        world.pass(SignedDuration::from_mins(1));
        let created = create(&world, 7, Some("entra")).await.unwrap();
        Self { world, link: created.url, id: created.link.id }
    }

    pub(crate) fn at(&self, what: &str) -> String {
        format!("{}/{what}", self.link)
    }

    pub(crate) async fn page(&self) -> Seen {
        self.world.browser().get(&self.link).await
    }

    pub(crate) async fn posts(&self, what: &str, fields: &[(&str, &str)]) -> Seen {
        self.world.browser().post(&self.at(what), fields).await
    }

    /// The values as Entra's portal shows them.
    fn values(&self) -> [(&'static str, String); 5] {
        let of = self.world.entra_connection(&self.world.acme, ConnectionState::Draft).saml;
        [
            ("by", "values".to_owned()),
            ("issuer", of.issuer.unwrap().to_string()),
            ("sign_on", of.sign_on.unwrap().url.to_string()),
            ("certificates", of.certificates[0].clone()),
            ("logout_url", String::new()),
        ]
    }

    pub(crate) async fn gives_values(&self) -> Seen {
        self.gives(&[]).await
    }

    /// The values, but for these.
    pub(crate) async fn gives(&self, others: &[(&str, &str)]) -> Seen {
        let values = self.values();
        let other = |name: &str| others.iter().find(|(of, _)| *of == name).map(|(_, value)| *value);
        let fields: Vec<(&str, &str)> =
            values.iter().map(|(name, value)| (*name, other(name).unwrap_or(value.as_str()))).collect();
        self.posts("theirs", &fields).await
    }

    /// The test is begun on the page, and Ada's answer comes back in the same browser.
    pub(crate) async fn tries(&self) -> (Browser, Seen) {
        let mut browser = self.world.browser();
        self.world.pass(SignedDuration::from_secs(1));
        let sent = browser.post(&self.at("try"), &[]).await;
        let answer = self.world.answer(&sent, ADA);
        let seen = browser.deliver(&answer).await;
        (browser, seen)
    }

    pub(crate) async fn connection(&self) -> Connection {
        self.world.connection(&self.world.acme).await
    }

    async fn facts_by_link(&self) -> Vec<Fact> {
        let filter = EventFilter { account: None, user: None, before: None, limit: 200 };
        let events = self.world.services.store.read(move |tx| Box::pin(async move { tx.events(&filter).await }));
        let by = Actor::SetupLink(self.id);
        let mut events = events.await.unwrap();
        events.reverse();
        events.into_iter().filter(|event| event.actor == by).map(|event| event.fact).collect()
    }

    /// To whom mails wait, with their subjects.
    pub(crate) async fn mails(&self) -> Vec<String> {
        let ctx = self.world.ctx();
        let waiting = vestibule_journeys::mails::waiting_ones(&ctx).await.unwrap();
        let mut told: Vec<String> = waiting
            .into_iter()
            .filter_map(|mail| match mail.about {
                vestibule_store::tx::MailAbout::Notice { to, letter } => Some(format!("{to}: {}", letter.subject)),
                _ => None,
            })
            .collect();
        told.sort();
        told
    }
}

/// A draft without values.
fn empty(connection: &mut Connection) {
    connection.state = ConnectionState::Draft;
    connection.saml = Preset::Entra.settings();
}

async fn create(world: &World, days: u16, name: Option<&str>) -> Result<set_up_connection::Created, NotCreated> {
    create_in(world, "acme", days, name).await
}

async fn create_in(
    world: &World,
    path: &str,
    days: u16,
    name: Option<&str>,
) -> Result<set_up_connection::Created, NotCreated> {
    let account = AccountPath::parse(path).unwrap();
    let new = NewLink { account, connection: name.map(|name| name.parse().unwrap()), preset: None, days };
    set_up_connection::create(&world.ctx(), &new, Actor::CommandLine, &tools()).await
}

fn over(seen: &Seen, text: &str) {
    seen.shows(StatusCode::GONE, "This link opens nothing");
    seen.shows(StatusCode::GONE, text);
}

/// MX-5, MX-23, HY-11, HY-17, CC-4, SC-11, MX-4, HY-22: our values, by the names that Entra has for them.
#[tokio::test]
async fn a_link_opens_a_page_with_our_values_under_the_portals_names() {
    let scene = Scene::new().await;
    let page = scene.page().await;
    let acme = &scene.world.acme;
    for (name, what) in [
        ("Identifier (Entity ID)", "metadata"),
        ("Reply URL (Assertion Consumer Service URL)", "acs"),
        ("Sign on URL", "start"),
        ("Logout Url", "slo"),
    ] {
        page.shows(StatusCode::OK, &format!("<p class=\"label\">{name}</p>"));
        page.shows(StatusCode::OK, &format!("<code>{}</code>", acme.at(what)));
    }
    for older in ["App ID URI", "Login URL"] {
        page.shows(StatusCode::OK, &format!("<strong>{older}</strong>"));
    }
    page.shows(StatusCode::OK, &format!("<a href=\"{}\" download=\"metadata.xml\">", acme.at("metadata")));
    assert_eq!(page.body.matches("data-copied=\"Copied\"").count(), 5, "{}", page.body);
    page.shows(StatusCode::OK, "0 of 4 done");
    page.shows(StatusCode::OK, "Cloud Application Administrator");
    assert_eq!(scene.facts_by_link().await, [Fact::SetupLinkOpened { link: scene.id, connection: acme.connection }]);
    scene.page().await;
    assert_eq!(scene.facts_by_link().await.len(), 1, "the first time is noted");
}

#[tokio::test]
async fn a_link_is_kept_from_caches_and_other_sites() {
    let page = Scene::new().await.page().await;
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(page.headers["referrer-policy"], "same-origin");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("connect-src 'self'"), "{policy}");
}

/// MX-25 to MX-27, CC-8, CC-6, XC-5: the whole way: pasted values, a test, and it is in force; then people sign in.
#[tokio::test]
async fn a_connection_is_set_up_by_pasted_values_and_people_come_in() {
    let scene = Scene::new().await;
    let acme = scene.world.acme.clone();
    assert_eq!(scene.posts("ours", &[]).await.location(), scene.at("").trim_end_matches('/').to_owned() + "#theirs");
    assert_eq!(scene.gives_values().await.location(), format!("{}#known", scene.link));
    let page = scene.page().await;
    page.shows(StatusCode::OK, "2 of 4 done");
    let sha1 = scene.connection().await.saml.read_certificates().next().unwrap().thumbprint_sha1();
    page.shows(StatusCode::OK, &sha1);
    page.shows(StatusCode::OK, "Test sign-in in a new tab");
    let asked = scene.posts("people", &[("domains", "acme.example\nacme-logistics.example"), ("admission", "create")]);
    assert_eq!(asked.await.location(), format!("{}#people", scene.link));
    scene.page().await.shows(StatusCode::OK, "_vestibule.acme-logistics.example");

    scene.page().await.shows(StatusCode::OK, "This comes when a test has passed.");
    let (_, report) = scene.tries().await;
    report.shows(StatusCode::OK, "It works");
    let page = scene.page().await;
    for text in ["4 of 4 done", "It works", "It is meant for us", "Ada.Example@acme.example", "switch-on"] {
        page.shows(StatusCode::OK, text);
    }
    scene.posts("switch-on", &[]).await.shows(StatusCode::OK, "It is switched on");
    assert_eq!(scene.connection().await.state, ConnectionState::Active);
    over(&scene.page().await, "What it was for is done");
    over(&scene.gives_values().await, "What it was for is done");
    let facts = scene.facts_by_link().await;
    let ended = Fact::SetupLinkEnded { link: scene.id, connection: acme.connection };
    assert!(facts.contains(&ended), "{facts:?}");
    let changed = facts.iter().filter(|fact| matches!(fact, Fact::ConnectionChanged { .. })).count();
    assert_eq!(changed, 2, "values and state: {facts:?}");
    scene.world.set(&acme, |saml| saml.start = Some(Start::Direct)).await;
    assert!(scene.world.lets_in(&acme, ADA).await);
}

/// MX-10, HY-20: metadata that is pasted, and by its address.
#[tokio::test]
async fn metadata_is_read_from_an_address_or_as_it_is_pasted() {
    let scene = Scene::new().await;
    let document = scene.world.entra.metadata(scene.world.acme.tenant, None).unwrap();
    let shared = document.clone();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/metadata", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/metadata", axum::routing::get(move || async move { shared }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    for (field, value, address) in [("metadata_url", &url, Some(url.clone())), ("metadata", &document, None)] {
        scene.world.change_connection(&scene.world.acme, empty).await;
        let read = scene.posts("theirs", &[("by", "metadata"), (field, value)]).await;
        assert!(read.status == StatusCode::SEE_OTHER || read.status == StatusCode::OK, "{}", read.body);
        let saml = scene.connection().await.saml;
        assert_eq!(saml.readiness(), [], "{field}");
        assert_eq!(saml.metadata_url, address);
        assert_eq!(saml.issuer.unwrap().as_str(), scene.values()[1].1);
    }
}

/// HY-21, MX-12 to MX-14: each field says what is wrong with it, and nothing typed is lost.
#[tokio::test]
async fn what_cannot_be_is_told_beside_its_field_and_nothing_typed_is_lost() {
    let scene = Scene::new().await;
    let tenant = format!("https://login.microsoftonline.com/{}", scene.world.acme.tenant);
    let token = format!("{tenant}/oauth2/v2.0/token");
    let fields = [
        ("by", "values"),
        ("issuer", "https://issuer.example/"),
        ("sign_on", token.as_str()),
        ("certificates", "no certificate"),
        ("logout_url", "https://login.microsoftonline.com/common/wsfed"),
    ];
    let seen = scene.posts("theirs", &fields).await;
    for text in [
        "Nothing was saved. What you typed is still here.",
        "the OAuth 2.0 token endpoint",
        "the WS-Federation endpoint",
        "value=\"https://issuer.example/\"",
        "no certificate</textarea>",
        "id=\"certificates-error\"",
    ] {
        seen.shows(StatusCode::OK, text);
    }
    let discovery = format!("{tenant}/v2.0/.well-known/openid-configuration");
    let seen = scene.posts("theirs", &[("by", "metadata"), ("metadata_url", &discovery)]).await;
    seen.shows(StatusCode::OK, "the OpenID Connect discovery document");
    let seen = scene.posts("theirs", &[("by", "metadata"), ("metadata", "<html>sign in</html>")]).await;
    seen.shows(StatusCode::OK, "id=\"metadata-error\"");
    scene.posts("theirs", &[("by", "metadata")]).await.shows(StatusCode::OK, "nothing was given");
    let seen = scene.posts("people", &[("domains", "not a domain!")]).await;
    seen.shows(StatusCode::OK, "id=\"domains-error\"");
    assert_eq!(scene.connection().await.saml, Preset::Entra.settings());
}

/// A24.2: the guard against addresses within stands before this one too.
#[tokio::test]
async fn metadata_is_fetched_by_http_alone() {
    let scene = Scene::new().await;
    let seen = scene.posts("theirs", &[("by", "metadata"), ("metadata_url", "ftp://entra.localhost/metadata")]).await;
    seen.shows(StatusCode::OK, "ftp://, and only https://");
}

#[tokio::test]
async fn a_link_that_is_over_says_so_and_whom_to_ask() {
    let scene = Scene::new().await;
    let contact = Contact { name: "Acme IT".to_owned(), email: "it@acme.example".parse().unwrap() };
    scene.world.change_account(&scene.world.acme, |account| account.settings.contact = Some(contact)).await;
    scene.world.pass(SignedDuration::from_hours(7 * 24));
    over(&scene.page().await, "Its days are over.");
    over(&scene.posts("ours", &[]).await, "Acme IT");
    let mut other = scene.world.browser();
    over(&other.get(&format!("{}/set-up/none", scene.world.acme.origin)).await, "It is not complete");
    let changed = scene.link.replace("/set-up/", "/set-up/A");
    over(&other.get(&changed[..changed.len() - 1]).await, "It is not complete");
}

#[tokio::test]
async fn a_link_that_is_revoked_opens_nothing_and_is_revoked_once() {
    let scene = Scene::new().await;
    let ctx = scene.world.ctx();
    set_up_connection::revoke(&ctx, scene.id, Actor::CommandLine).await.unwrap();
    over(&scene.page().await, "Whoever sent it has taken it back.");
    over(&scene.gives_values().await, "taken it back");
    over(&scene.posts("try", &[]).await, "taken it back");
    let again = set_up_connection::revoke(&ctx, scene.id, Actor::CommandLine).await;
    assert!(matches!(again, Err(NotRevoked::Over(LinkOver::Revoked))), "{again:?}");
    let unknown = set_up_connection::revoke(&ctx, SetupLinkId::from_bytes([9; 16]), Actor::CommandLine).await;
    assert!(matches!(unknown, Err(NotRevoked::Unknown)), "{unknown:?}");
    let revoked = Fact::SetupLinkRevoked { link: scene.id, connection: scene.world.acme.connection };
    assert!(scene.world.facts().await.contains(&revoked));
}

/// A27.3: a connection in use is never touched, in force or paused.
#[tokio::test]
async fn a_link_works_on_drafts_alone() {
    let scene = Scene::new().await;
    for state in [ConnectionState::Active, ConnectionState::Paused] {
        let world = World::new().await;
        world.change_connection(&world.acme, |connection| connection.state = state).await;
        let refused = create(&world, 7, Some("entra")).await;
        assert!(matches!(refused, Err(NotCreated::NotADraft { .. })), "{refused:?}");
    }
    // Behind the link's back.
    scene.world.change_connection(&scene.world.acme, |connection| connection.state = ConnectionState::Paused).await;
    over(&scene.gives_values().await, "in use");
    assert_eq!(scene.connection().await.saml, Preset::Entra.settings());
    scene.world.change_connection(&scene.world.acme, |connection| connection.state = ConnectionState::Active).await;
    over(&scene.page().await, "What it was for is done");
}

#[tokio::test]
async fn a_link_is_good_for_days_that_can_be() {
    let world = World::new().await;
    for days in [0, 31] {
        let refused = create(&world, days, None).await;
        assert!(matches!(refused, Err(NotCreated::Days { got }) if got == days), "{refused:?}");
    }
    let nobody = create_in(&world, "nobody", 7, None).await;
    assert!(matches!(nobody, Err(NotCreated::NoAccount { .. })), "{nobody:?}");
    // The only connection is in use, so another draft is made.
    let created = create(&world, 30, None).await.unwrap();
    assert!(created.is_new);
    assert_eq!(created.connection.as_str(), "sso");
    let second = create(&world, 30, None).await.unwrap();
    assert!(!second.is_new, "the account's only draft is meant");
    create(&world, 1, Some("other")).await.unwrap();
    let several = create(&world, 7, None).await;
    assert!(matches!(several, Err(NotCreated::SeveralDrafts { .. })), "{several:?}");
}

/// A link is its account's: at another one's address it leads home, and it changes nothing of anybody else.
#[tokio::test]
async fn a_link_is_at_home_at_its_own_account() {
    let scene = Scene::new().await;
    let elsewhere = scene.link.replace("acme.localhost", "globex.localhost");
    let mut browser = scene.world.browser();
    assert_eq!(browser.get(&elsewhere).await.location(), scene.link);
    let before = scene.world.connection(&scene.world.globex).await;
    let values = scene.values();
    let fields: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(browser.post(&format!("{elsewhere}/theirs"), &fields).await.location(), scene.link);
    assert_eq!(scene.world.connection(&scene.world.globex).await, before);
    assert_eq!(scene.connection().await.saml, Preset::Entra.settings());
}

/// A23.3: a form of another site does nothing.
#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let scene = Scene::new().await;
    let mut browser = scene.world.browser();
    let seen = browser.post_from_elsewhere(&scene.at("ours"), String::new()).await;
    assert_eq!(seen.status, StatusCode::FORBIDDEN);
    scene.page().await.shows(StatusCode::OK, "0 of 4 done");
}

/// The e-mail domain of another account is not claimed, and its owner is not named.
#[tokio::test]
async fn the_domain_of_another_account_is_refused_without_its_name() {
    let scene = Scene::new().await;
    let seen = scene.posts("people", &[("domains", "globex.example")]).await;
    seen.shows(StatusCode::OK, "globex.example is proved for another account");
    assert!(!seen.body.contains("\"globex\""), "{}", seen.body);
}

/// Who comes in is chosen within what the account was given; nobody widens it by a link.
#[tokio::test]
async fn admission_is_made_narrower_and_never_wider() {
    let scene = Scene::new().await;
    scene.posts("people", &[("domains", ""), ("admission", "waiting")]).await.location();
    assert_eq!(scene.world.account(&scene.world.acme).await.settings.admission, Admission::Waiting);
    let wider = scene.posts("people", &[("domains", ""), ("admission", "create")]).await;
    wider.shows(StatusCode::OK, "this is not yours to choose");
    assert_eq!(scene.world.account(&scene.world.acme).await.settings.admission, Admission::Waiting);
    let unknown = scene.posts("people", &[("domains", ""), ("admission", "pass_through")]).await;
    unknown.shows(StatusCode::OK, "this is not yours to choose");
}

/// The version of what an administrator looks at.
fn version(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"version\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// A27.3: where people are there already, an administrator confirms, and all are told.
#[tokio::test]
async fn where_people_are_known_an_administrator_confirms() {
    let scene = Scene::new().await;
    let acme = scene.world.acme.clone();
    let contact = Contact { name: "Operator".to_owned(), email: "ops@orchard.example".parse().unwrap() };
    scene.world.change_platform(|platform| platform.settings.contact = Some(contact)).await;
    let max = scene.world.add_user(&acme, "max@acme.example", Some(ConsoleRole::AccountAdmin)).await;
    scene.world.add_user(&acme, "mia@acme.example", Some(ConsoleRole::AccountAdmin)).await;
    let june = scene.world.add_user(&acme, "june@acme.example", Some(ConsoleRole::Approver)).await;
    scene.gives_values().await.location();
    let (_, report) = scene.tries().await;
    report.shows(StatusCode::OK, "It works");
    scene.page().await.shows(StatusCode::OK, "Ask an administrator to switch it on");
    assert_eq!(scene.posts("switch-on", &[]).await.location(), format!("{}#finish", scene.link));
    assert_eq!(scene.connection().await.state, ConnectionState::Tested);
    let asked = "Confirm the new sign-in of acme to Orchard";
    let told = |subject: &str| {
        ["max@acme.example", "mia@acme.example", "ops@orchard.example"].map(|to| format!("{to}: {subject}")).to_vec()
    };
    assert_eq!(scene.mails().await, told(asked));
    scene.posts("switch-on", &[]).await.location();
    assert_eq!(scene.mails().await.len(), 3, "asked once");
    scene.page().await.shows(StatusCode::OK, "The administrators were asked");

    let confirm = format!("{}/connections/{}/confirm", acme.origin, acme.connection);
    let mut approver = scene.world.signed_in_as(&acme.origin, acme.account, june).await;
    assert_eq!(approver.post(&confirm, &[]).await.status, StatusCode::NOT_FOUND);
    let of_globex = scene.world.add_user(&scene.world.globex, "gina@globex.example", Some(ConsoleRole::AccountAdmin));
    let of_globex = of_globex.await;
    let globex = scene.world.globex.clone();
    let mut stranger = scene.world.signed_in_as(&globex.origin, globex.account, of_globex).await;
    let elsewhere = confirm.replace("acme.localhost", "globex.localhost");
    assert_eq!(stranger.post(&elsewhere, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(scene.connection().await.state, ConnectionState::Tested);

    let mut admin = scene.world.signed_in_as(&acme.origin, acme.account, max).await;
    let page = admin.get(&confirm).await;
    page.shows(StatusCode::OK, "https://sts.windows.net/");
    let seen = version(&page.body);
    assert_eq!(admin.post(&confirm, &[]).await.status, StatusCode::BAD_REQUEST, "what was looked at?");

    // A27.3: whoever has the link changes it between the look and the word.
    scene.gives_values().await.location();
    scene.tries().await;
    let withdrawn = admin.post(&confirm, &[("version", &seen)]).await;
    assert_eq!(withdrawn.status, StatusCode::NOT_FOUND, "an edit takes the question back");
    scene.world.pass(SignedDuration::from_hours(1));
    let mut admin = scene.world.signed_in_as(&acme.origin, acme.account, max).await;
    scene.posts("switch-on", &[]).await.location();
    assert_eq!(scene.mails().await.len(), 6, "asked anew");
    admin.post(&confirm, &[("version", &seen)]).await.shows(StatusCode::OK, "the connection was changed meanwhile");
    assert_eq!(scene.connection().await.state, ConnectionState::Tested);

    // A27.3: whoever changes what is trusted authenticates anew.
    scene.world.pass(SignedDuration::from_mins(11));
    let seen = version(&admin.get(&confirm).await.body);
    let again = admin.post(&confirm, &[("version", &seen)]).await.location();
    assert!(again.contains("/console/sign-in-again?"), "{again}");
    assert_eq!(scene.connection().await.state, ConnectionState::Tested);
    let mut admin = scene.world.signed_in_as(&acme.origin, acme.account, max).await;
    let seen = version(&admin.get(&confirm).await.body);
    admin.post(&confirm, &[("version", &seen)]).await.shows(StatusCode::OK, "It is switched on");
    assert_eq!(scene.connection().await.state, ConnectionState::Active);
    assert_eq!(scene.mails().await.len(), 9, "asked twice, and active");
    over(&scene.page().await, "What it was for is done");
    let again = admin.post(&confirm, &[("version", &seen)]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND, "once");
}

/// By policy an administrator confirms always.
#[tokio::test]
async fn an_account_may_want_a_confirmation_always() {
    let scene = Scene::new().await;
    let confirmed = |account: &mut Account| account.settings.setup_activation = SetupActivation::Confirmed;
    scene.world.change_account(&scene.world.acme, confirmed).await;
    scene.gives_values().await.location();
    scene.tries().await;
    scene.posts("switch-on", &[]).await.location();
    assert_eq!(scene.connection().await.state, ConnectionState::Tested);
    let (ctx, id) = (scene.world.ctx(), scene.world.acme.connection);
    let done = set_up_connection::confirm(&ctx, id, None, Actor::CommandLine, &tools(), "Orchard").await;
    done.unwrap();
    assert_eq!(scene.connection().await.state, ConnectionState::Active);
}

/// What was changed after the test is not put in force, nor confirmed.
#[tokio::test]
async fn an_edit_wants_another_test() {
    let scene = Scene::new().await;
    assert_eq!(scene.posts("switch-on", &[]).await.location(), format!("{}#try", scene.link));
    scene.gives_values().await.location();
    scene.tries().await;
    scene.world.pass(SignedDuration::from_mins(1));
    let mut changed = scene.values();
    changed[4].1 = String::new();
    let other = EntityId::new("https://sts.windows.net/other/").unwrap();
    changed[1].1 = other.to_string();
    let fields: Vec<(&str, &str)> = changed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    scene.posts("theirs", &fields).await;
    assert_eq!(scene.connection().await.state, ConnectionState::Draft);
    assert_eq!(scene.posts("switch-on", &[]).await.location(), format!("{}#try", scene.link));
    assert_eq!(scene.connection().await.state, ConnectionState::Draft);
}

/// XC-17, CC-18, XC-31: what never reaches us is asked about after a minute, and the pasted text is explained.
#[tokio::test]
async fn a_test_without_an_answer_is_asked_about() {
    let scene = Scene::new().await;
    scene.gives_values().await.location();
    let mut browser = scene.world.browser();
    assert!(browser.post(&scene.at("try"), &[]).await.location().starts_with(ENTRA));
    let report = scene.at("report");
    browser.get(&report).await.shows(StatusCode::OK, "The test runs.");
    scene.world.pass(SignedDuration::from_secs(59));
    browser.get(&report).await.shows(StatusCode::OK, "The test runs.");
    scene.world.pass(SignedDuration::from_secs(1));
    let silent = browser.get(&report).await;
    silent.shows(StatusCode::OK, "No answer has come to us for a minute.");
    assert!(!silent.body.contains("<html"), "a part of the page");
    for pasted in ["Sorry … AADSTS50011: The reply URL", "50011"] {
        let explained = scene.posts("explain", &[("pasted", pasted)]).await;
        explained.shows(StatusCode::OK, "Basic SAML Configuration");
        explained.shows(StatusCode::OK, "AADSTS50011");
    }
    scene.posts("explain", &[("pasted", "no idea")]).await.shows(StatusCode::OK, "There is no number of Entra");
}

/// A report is shown by the link that began its test alone, and claims only where one browser did both.
#[tokio::test]
async fn a_test_that_somebody_else_began_is_not_shown() {
    let scene = Scene::new().await;
    scene.gives_values().await.location();
    scene.world.pass(SignedDuration::from_secs(1));
    let mut stranger = scene.world.browser();
    let sent = stranger.get(&scene.world.acme.at("test")).await;
    stranger.deliver(&scene.world.answer(&sent, ADA)).await.shows(StatusCode::OK, "It works");
    let page = scene.page().await;
    page.shows(StatusCode::OK, "No test has been made by this link");
    assert!(!page.body.contains("Ada.Example@acme.example"), "{}", page.body);

    let mut one = scene.world.browser();
    let sent = one.post(&scene.at("try"), &[]).await;
    let mut other = scene.world.browser();
    other.deliver(&scene.world.answer(&sent, ADA)).await;
    let page = scene.page().await;
    page.shows(StatusCode::OK, "Another browser brought the answer");
    assert!(!page.body.contains("Ada.Example@acme.example"), "{}", page.body);
}

/// A refused answer says what to change, and who, on the page of the link.
#[tokio::test]
async fn a_refused_test_says_what_to_change_on_the_page() {
    let scene = Scene::new().await;
    scene.gives_values().await.location();
    let mut browser = scene.world.browser();
    let sent = browser.post(&scene.at("try"), &[]).await;
    let foreign =
        scene.world.answer_bent(&sent, ADA, |draft| draft.response.audiences = vec!["https://other.example".into()]);
    browser.deliver(&foreign).await;
    let page = scene.page().await;
    for text in ["It does not work yet", "https://other.example", "Basic SAML Configuration", "not reached"] {
        page.shows(StatusCode::OK, text);
    }
    assert_eq!(scene.connection().await.state, ConnectionState::Draft);
}

/// An account that has no connection gets its draft with the link.
#[tokio::test]
async fn an_account_without_a_connection_gets_a_draft() {
    let world = World::new().await;
    let mill: Party = party("mill", "none", "mill.example", 9);
    let platform = vestibule_domain::id::AccountId::new(start(), [0; 10]);
    world.save_account(&account(mill.account, Some(platform), "mill", AccountKind::Customer)).await;
    let created = create_in(&world, "mill", 7, Some("okta")).await.unwrap();
    assert!(created.is_new && created.url.starts_with("http://mill.localhost:8400/set-up/"));
    let mut browser = world.browser();
    let picked = browser.post(&format!("{}/idp", created.url), &[("idp", "okta")]).await;
    assert_eq!(picked.location(), format!("{}#ours", created.url));
    browser.get(&created.url).await.shows(StatusCode::OK, "Audience URI (SP Entity ID)");
    let listed = set_up_connection::list(&world.services.store, None, world.now()).await.unwrap().unwrap();
    assert_eq!((listed[0].account.as_str(), listed[0].connection.as_str()), ("mill", "okta"));
    assert_eq!(listed[0].over, None);
}
