//! Who may do what at the admin API: every endpoint that there is, every role, within reach and beyond. The list is the
//! router's own, so none can be forgotten.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};
use vestibule_domain::account::AccountKind;
use vestibule_domain::api::ApiAccess;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::id::ConnectionId;
use vestibule_domain::user::ConsoleRole;
use vestibule_domain::waiting::ApplicantState;
use vestibule_web::api::{Described, endpoints};

use crate::api_scene::{Program, nothing, operator, program};
use crate::support::{Party, World, base64};
use crate::waiting_scene::waits;

/// Whoever asks: a name, the role, the account's path.
const WHO: [(&str, ConsoleRole, &str); 6] = [
    ("operator", ConsoleRole::Operator, ""),
    ("support", ConsoleRole::Support, ""),
    ("operator of acme", ConsoleRole::Operator, "acme"),
    ("support of acme", ConsoleRole::Support, "acme"),
    ("admin of acme", ConsoleRole::AccountAdmin, "acme"),
    ("approver of acme", ConsoleRole::Approver, "acme"),
];

/// Who may ask an endpoint, wherever it is within reach.
#[derive(Clone, Copy, PartialEq, Eq)]
enum May {
    /// Every role.
    Everybody,
    /// Whoever sees who waits and decides: all but support.
    WhoDecides,
    /// All but approvers.
    WhoSees,
    /// Operators and admins.
    WhoChanges,
    /// Every role; approvers see who waits, too.
    WhoSeesWaiting,
    /// The vendor's operators and support.
    Vendor,
    /// The vendor's operators.
    VendorsOperator,
}

impl May {
    fn holds(self, role: ConsoleRole, account: &str) -> bool {
        let changes = matches!(role, ConsoleRole::Operator | ConsoleRole::AccountAdmin);
        match self {
            Self::Everybody | Self::WhoSeesWaiting => true,
            Self::WhoDecides => role != ConsoleRole::Support,
            Self::WhoSees => role != ConsoleRole::Approver,
            Self::WhoChanges => changes,
            Self::Vendor => account.is_empty(),
            Self::VendorsOperator => account.is_empty() && changes,
        }
    }
}

/// Of each endpoint: who may ask it, and what is answered to them. An endpoint that is missing here fails the test.
const TABLE: &[(&str, May, u16)] = &[
    ("overview", May::Everybody, 200),
    ("listAccounts", May::Everybody, 200),
    ("createAccount", May::WhoChanges, 201),
    ("readAccount", May::Everybody, 200),
    ("changeAccount", May::WhoChanges, 200),
    ("listApplications", May::WhoSees, 200),
    ("deleteApplication", May::VendorsOperator, 204),
    ("listConnections", May::WhoSees, 200),
    ("createConnection", May::WhoChanges, 201),
    ("readConnection", May::WhoSees, 200),
    ("changeConnection", May::WhoChanges, 200),
    ("deleteConnection", May::WhoChanges, 204),
    ("pauseConnection", May::WhoChanges, 200),
    ("activateConnection", May::WhoChanges, 200),
    ("addCertificates", May::WhoChanges, 200),
    ("removeCertificate", May::WhoChanges, 204),
    ("listAttempts", May::WhoSees, 200),
    ("listDomains", May::Everybody, 200),
    ("claimDomain", May::WhoChanges, 201),
    ("giveBackDomain", May::WhoChanges, 204),
    ("listUsers", May::WhoSees, 200),
    ("listGroups", May::WhoSees, 200),
    ("createUser", May::WhoChanges, 201),
    ("readUser", May::WhoSees, 200),
    ("eraseUser", May::VendorsOperator, 204),
    ("changeUser", May::WhoChanges, 200),
    ("suspendUser", May::WhoChanges, 200),
    ("restoreUser", May::WhoChanges, 200),
    ("listSessions", May::WhoSees, 200),
    ("endSessions", May::WhoChanges, 204),
    ("endSession", May::WhoChanges, 204),
    ("unlinkIdentities", May::WhoChanges, 204),
    ("listWaiting", May::WhoSeesWaiting, 200),
    ("readWaiting", May::WhoSeesWaiting, 200),
    ("approve", May::WhoDecides, 200),
    ("merge", May::WhoDecides, 200),
    ("refuse", May::WhoDecides, 200),
    ("listWebhooks", May::WhoSees, 200),
    ("readWebhook", May::WhoSees, 200),
    ("setWebhook", May::WhoChanges, 200),
    ("deleteWebhook", May::WhoChanges, 204),
    ("listDeliveries", May::WhoSees, 200),
    ("replay", May::WhoChanges, 200),
    ("testWebhook", May::WhoChanges, 200),
    ("listSetupLinks", May::WhoChanges, 200),
    ("createSetupLink", May::WhoChanges, 201),
    ("readSetupLink", May::WhoChanges, 200),
    ("revokeSetupLink", May::WhoChanges, 200),
    ("listEvents", May::WhoSees, 200),
    ("listSigningKeys", May::Vendor, 200),
    ("rotateSigningKeys", May::VendorsOperator, 200),
    ("listApiKeys", May::WhoChanges, 200),
    ("createApiKey", May::WhoChanges, 201),
    ("readApiKey", May::WhoChanges, 200),
    ("revokeApiKey", May::WhoChanges, 200),
];

/// One account, with what an endpoint is about.
#[derive(Default)]
struct Place {
    path: &'static str,
    account: String,
    connection: String,
    sha256: String,
    user: String,
    session: String,
    applicant: String,
    webhook: String,
    link: String,
    key: String,
    domain: String,
    application: String,
}

/// New things at each call, so that what one program did is not in another one's way: what the endpoint is about.
async fn place(olga: &Program<'_>, endpoint: &Described, party: &Party, path: &'static str, n: usize) -> Place {
    let world = olga.world;
    // Ids of one moment would be in the order of chance.
    world.pass(SignedDuration::from_secs(1));
    let is_about = |name: &str| endpoint.path.contains(name);
    let connection = connection(world, party, path, n).await;
    let mut at =
        Place { path, account: party.account.to_string(), connection: connection.to_string(), ..Place::default() };
    if is_about("{sha256}") {
        let shown = olga.get(&format!("/connections/{connection}")).await.is(200);
        shown.body["certificates"][1]["sha256"].as_str().unwrap().clone_into(&mut at.sha256);
    }
    let user = world.add_user(party, &format!("u{n}@{path}.example"), None).await;
    at.user = user.to_string();
    if is_about("{session}") {
        world.signed_in_as(&party.origin, party.account, user).await;
        let sessions = olga.get(&format!("/users/{user}/sessions")).await.is(200);
        sessions.items()[0]["id"].as_str().unwrap().clone_into(&mut at.session);
    }
    if is_about("/identities/") {
        at.user = linked(world, party, connection, n).await.to_string();
    }
    if is_about("{applicant}") {
        let email = format!("w{n}@{path}.example");
        at.applicant = waits(world, party.account, "Wanda", &email, ApplicantState::Waiting, None).await.id.to_string();
    }
    if is_about("{webhook}") {
        at.webhook = format!("hook-{path}-{n}");
        let secret = format!("whsec_{}", base64(&[7; 32]));
        let given = json!({ "account": path, "url": "https://127.0.0.1:1/hook", "secrets": [secret] });
        olga.ask("put", &format!("/webhooks/{}", at.webhook), &[], Some(&given)).await.is(200);
    }
    if is_about("{link}") {
        let given = json!({ "account": path, "connection": format!("draft-{n}"), "preset": "entra" });
        olga.post("/setup-links", &given).await.is(201).text("id").clone_into(&mut at.link);
    }
    if is_about("{key}") {
        let given = json!({ "account": path, "name": "spare", "role": "approver" });
        olga.post("/api-keys", &given).await.is(201).text("id").clone_into(&mut at.key);
    }
    if is_about("{domain}") {
        at.domain = format!("d{n}.{path}.example");
        olga.post("/domains", &json!({ "account": path, "domain": at.domain })).await.is(201);
    }
    if endpoint.id == "deleteWebhook" {
        let given = json!({ "account": path, "url": "https://127.0.0.1:1/hook", "enabled": false });
        olga.ask("put", &format!("/webhooks/{}", at.webhook), &[("if-match", "*")], Some(&given)).await.is(200);
    }
    if is_about("{application}") {
        at.application = application(world, n).await;
    }
    if ["activateConnection", "deleteConnection"].contains(&endpoint.id) {
        olga.post(&format!("/connections/{connection}/pause"), &nothing()).await.is(200);
    }
    at
}

/// A connection in force that was tested, and trusts two certificates.
async fn connection(world: &World, party: &Party, path: &str, n: usize) -> ConnectionId {
    let other = if path == "acme" { &world.globex } else { &world.acme };
    let id = ConnectionId::new(world.now(), world.ctx().random());
    let mut connection = world.entra_connection(party, ConnectionState::Active);
    (connection.id, connection.name) = (id, format!("spare-{n}").parse().unwrap());
    connection.saml.certificates =
        [party, other].map(|of| base64(world.app_of(of).signing_certificate().unwrap().der())).to_vec();
    connection.tested_at = Some(world.now());
    world.save_connection(&connection).await;
    id
}

/// An application to which nobody is led.
async fn application(world: &World, n: usize) -> String {
    use vestibule_domain::application::{Application, ApplicationSettings};
    use vestibule_domain::event::{Actor, Fact};
    let client_id = format!("spare-{n}");
    let settings = ApplicationSettings { name: "Spare".to_owned(), ..ApplicationSettings::default() };
    let application = Application { client_id: client_id.clone(), account: None, settings, version: 0 };
    let ctx = world.ctx();
    let fact = Fact::ApplicationChanged { application: client_id.clone(), changed: Vec::new() };
    let event = ctx.event(None, Actor::System, fact);
    let saved =
        ctx.store.write(move |tx| Box::pin(async move { tx.save_application(&application, &event).await })).await;
    saved.unwrap();
    client_id
}

/// Somebody whom a connection knows.
async fn linked(world: &World, party: &Party, connection: ConnectionId, n: usize) -> vestibule_domain::id::UserId {
    use vestibule_domain::event::{Actor, Fact};
    use vestibule_domain::user::{Identity, Subject};
    let user = world.add_user(party, &format!("l{n}@linked.example"), None).await;
    let ctx = world.ctx();
    let event = ctx.event(None, Actor::System, Fact::IdentityLinked { user, connection, by_email: false });
    let subject = Subject::from_text(format!("[\"linked {n}\"]"));
    let identity = Identity { connection, subject, user, linked_at: ctx.now };
    let done = ctx.store.write(move |tx| Box::pin(async move { tx.link(&identity, &event).await })).await;
    done.unwrap();
    user
}

/// The request of an endpoint about a place.
fn request(endpoint: &Described, at: &Place, n: usize) -> (String, Option<Value>) {
    let parts = endpoint.path.split('/').map(|part| match part {
        "{account}" => &at.account,
        "{connection}" => &at.connection,
        "{sha256}" => &at.sha256,
        "{user}" => &at.user,
        "{session}" => &at.session,
        "{applicant}" => &at.applicant,
        "{webhook}" => &at.webhook,
        "{link}" => &at.link,
        "{key}" => &at.key,
        "{domain}" => &at.domain,
        "{application}" => &at.application,
        part => part,
    });
    let path = parts.collect::<Vec<_>>().join("/");
    let of_account = format!("{path}?account={}", at.path);
    let account = at.path;
    let body = match endpoint.id {
        "createAccount" => json!({ "path": format!("{account}/new-{n}"), "name": "New", "sub_domain": null }),
        "changeAccount" => json!({ "name": format!("Name {n}") }),
        "createConnection" => json!({ "account": account, "name": format!("new-{n}"), "preset": "entra" }),
        "changeConnection" => json!({ "clock_skew": 100 }),
        "addCertificates" => json!({ "certificates": base64(vestibule_mock_entra::keys::certificate("sp").der()) }),
        "claimDomain" => json!({ "account": account, "domain": format!("new{n}.{account}.example") }),
        "createUser" => json!({ "account": account, "email": format!("new{n}@{account}.example") }),
        "activateConnection" | "approve" | "rotateSigningKeys" => nothing(),
        "changeUser" => json!({ "sign_in": "sso" }),
        "merge" => json!({ "user": at.user }),
        "refuse" => json!({ "reason": "Nobody knows them." }),
        "setWebhook" => json!({ "account": account, "url": "https://127.0.0.1:1/other" }),
        "replay" => json!({ "since": "2026-03-01T00:00:00Z" }),
        "createSetupLink" => json!({ "account": account, "connection": format!("link-{n}"), "preset": "okta" }),
        "createApiKey" => json!({ "account": account, "name": "New", "role": "approver" }),
        _ => Value::Null,
    };
    let by_account = ["overview", "giveBackDomain"].contains(&endpoint.id)
        || (endpoint.id.starts_with("list") && !endpoint.path.contains('{') && endpoint.id != "listSigningKeys");
    (if by_account { of_account } else { path }, (!body.is_null()).then_some(body))
}

async fn ask(program: &Program<'_>, endpoint: &Described, at: &Place, n: usize) -> u16 {
    let (path, body) = request(endpoint, at, n);
    let any = [("if-match", "*")];
    let headers = if ["patch", "put"].contains(&endpoint.method) { &any[..] } else { &[] };
    program.ask(endpoint.method, &path, headers, body.as_ref()).await.status.as_u16()
}

async fn world() -> World {
    let world = World::new().await;
    for party in [&world.acme, &world.globex] {
        world.change_account(party, |account| account.kind = AccountKind::Reseller).await;
    }
    world
}

#[test]
fn every_endpoint_has_its_line() {
    let known: BTreeSet<&str> = TABLE.iter().map(|(id, ..)| *id).collect();
    let there: BTreeSet<&str> = endpoints().map(|endpoint| endpoint.id).collect();
    assert_eq!(known, there);
    assert_eq!(TABLE.len(), known.len(), "each once");
    assert_eq!(endpoints().count(), there.len(), "each has a name of its own");
}

/// What is beyond reach is not found, whatever it is; what the role may nowhere is forbidden, wherever it is; all else is
/// done.
#[tokio::test]
async fn each_role_reaches_its_own_part_of_the_tree_and_what_it_may() {
    let world = world().await;
    let olga = operator(&world).await;
    let mut n = 0;
    for (who, role, account) in WHO {
        let program = program(&world, account, role, ApiAccess::Trust).await;
        for endpoint in endpoints() {
            let (_, may, done) = TABLE.iter().find(|(id, ..)| *id == endpoint.id).unwrap();
            for (party, path) in [(&world.globex, "globex"), (&world.acme, "acme")] {
                n += 1;
                let at = place(&olga, &endpoint, party, path, n).await;
                let is_within = path.starts_with(account);
                let wanted = match may.holds(role, account) {
                    false => 403,
                    // The deployment's own are at no account.
                    true if matches!(may, May::Vendor | May::VendorsOperator) => *done,
                    true if is_within => *done,
                    // A name that is taken by somebody whom one does not see.
                    true => 404,
                };
                let wanted = if endpoint.id == "setWebhook" && wanted == 404 { 412 } else { wanted };
                let got = ask(&program, &endpoint, &at, n).await;
                assert_eq!(got, wanted, "{who}: {} at {path}", endpoint.id);
            }
        }
    }
}

/// A key that only sees changes nothing, and one that may write nothing that is trusted.
#[tokio::test]
async fn each_key_does_what_its_access_says() {
    let world = world().await;
    let olga = operator(&world).await;
    let mut n = 0;
    for access in ApiAccess::ALL {
        let program = program(&world, "", ConsoleRole::Operator, access).await;
        for endpoint in endpoints() {
            let (_, _, done) = TABLE.iter().find(|(id, ..)| *id == endpoint.id).unwrap();
            n += 1;
            let at = place(&olga, &endpoint, &world.acme, "acme", n).await;
            // The connection is in force.
            let is_trust = endpoint.access == ApiAccess::Trust || endpoint.id == "changeConnection";
            let needs = if is_trust { ApiAccess::Trust } else { endpoint.access };
            let wanted = if access < needs { 403 } else { *done };
            let got = ask(&program, &endpoint, &at, n).await;
            assert_eq!(got, wanted, "{}: {}", access.name(), endpoint.id);
        }
    }
}

/// Nobody is told anything without a key.
#[tokio::test]
async fn without_a_key_every_endpoint_asks_who_it_is() {
    let world = world().await;
    let id = world.acme.account.to_string();
    let [account, connection, user, session, applicant, link, key] = std::array::from_fn(|_| id.clone());
    let (sha256, webhook, domain) = ("0".repeat(64), "crm".to_owned(), "acme.example".to_owned());
    let path = "acme";
    let application = crate::support::CLIENT.to_owned();
    let at =
        Place { path, account, connection, sha256, user, session, applicant, webhook, link, key, domain, application };
    let wrong = format!("vst_{}", "A".repeat(43));
    for endpoint in endpoints() {
        let (path, body) = request(&endpoint, &at, 2);
        let text = body.map(|body| body.to_string()).unwrap_or_default();
        let url = format!("{}/api/v1{path}", crate::support::BASE);
        let seen = world.browser().raw(&endpoint.method.to_uppercase(), &url, &[], text).await;
        assert_eq!(seen.status, 401, "{}: {}", endpoint.id, seen.body);
        assert_eq!(seen.headers["www-authenticate"], "Bearer", "{}", endpoint.id);
        let answer = Program::with(&world, &wrong).ask(endpoint.method, &path, &[], None).await.is(401);
        assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"", "{}", endpoint.id);
    }
}
