//! The console: who sees what, finds what needs somebody, and changes what is theirs to change.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::AccountKind;
use vestibule_domain::connection::{ConnectionState, Unsolicited};
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::grants::Reach;
use vestibule_domain::id::AccountId;
use vestibule_domain::user::{ConsoleRole, UserState};
use vestibule_store::tx::EventFilter;

use crate::support::{ADA, BASE, Browser, Party, Seen, World, account, parameter, start};
use crate::waiting_scene::{platform, somebody};

const OPERATOR: ConsoleRole = ConsoleRole::Operator;
const ADMIN: ConsoleRole = ConsoleRole::AccountAdmin;

async fn operator(world: &World) -> Browser {
    somebody(world, &platform(world), "olga@vendor.example", Some(OPERATOR), None).await.0
}

async fn admin(world: &World) -> Browser {
    somebody(world, &world.acme, "max@acme.example", Some(ADMIN), None).await.0
}

fn at(origin: &str, path: &str) -> String {
    format!("{origin}{path}")
}

fn connection_of(party: &Party, what: &str) -> String {
    format!("/console/connections/{}{what}", party.connection)
}

#[track_caller]
fn lacks(seen: &Seen, text: &str) {
    assert!(!seen.body.contains(text), "{text:?} is on the page {}:\n{}", seen.url, seen.body);
}

/// Ada signs in at `acme`, and so is known there.
async fn ada_came(world: &World) {
    let mut browser = world.browser();
    world.sign_in(&mut browser, &world.acme, ADA).await;
}

/// MX-22: whoever is not signed in signs in first and comes back; whoever has no role is told who can give them one.
#[tokio::test]
async fn the_console_is_for_whoever_has_a_role() {
    let world = World::new().await;
    let mut nobody = world.browser();
    let asked = nobody.get(&at(BASE, "/console")).await;
    assert!(asked.body.contains("name=\"to\" value=\"/console\"") || asked.status.is_redirection(), "{}", asked.body);
    let (mut person, _) = somebody(&world, &world.acme, "pia@acme.example", None, None).await;
    let told = person.get(&at(&world.acme.origin, "/console")).await;
    told.shows(StatusCode::FORBIDDEN, "The console is not for you");
    let page = operator(&world).await.get(&at(BASE, "/console")).await;
    page.shows(StatusCode::OK, "Needs attention");
    page.shows(StatusCode::OK, "operator");
}

/// Each page, for each role: what is theirs, and nothing of what is not.
#[tokio::test]
async fn each_role_sees_its_own_pages() {
    let world = World::new().await;
    let pages = ["", "/accounts", "/connections", "/users", "/groups", "/applications", "/webhooks", "/audit", "/keys"];
    let own = Some(Reach::Account);
    let home = platform(&world);
    let cases = [
        (&home, OPERATOR, None, &pages[..]),
        (&home, ConsoleRole::Support, None, &pages[..]),
        (&world.acme, ADMIN, None, &pages[..8]),
        (&world.acme, ConsoleRole::Support, None, &pages[..8]),
        (&world.acme, ConsoleRole::Approver, own, &pages[..2]),
    ];
    for (n, (home, role, approves, wanted)) in cases.into_iter().enumerate() {
        let (mut browser, _) = somebody(&world, home, &format!("p{n}@acme.example"), Some(role), approves).await;
        let front = browser.get(&at(&home.origin, "/console")).await;
        for page in pages {
            let path = format!("/console{page}");
            let seen = browser.get(&at(&home.origin, &path)).await;
            let is_theirs = wanted.contains(&page);
            let status = if is_theirs { StatusCode::OK } else { StatusCode::NOT_FOUND };
            assert_eq!(seen.status, status, "{role:?} {path}: {}", seen.body);
            // Nothing leads where nobody may go.
            assert_eq!(front.body.contains(&format!("href=\"{path}\"")), is_theirs, "{role:?} {path}");
        }
    }
}

/// MX-22, SC-17: an account admin sees their own sub-tree, by whatever address they ask for another one.
#[tokio::test]
async fn an_account_admin_sees_their_own_part_of_the_tree_alone() {
    let world = World::new().await;
    let below = AccountId::new(start(), [9; 10]);
    world.save_account(&account(below, Some(world.acme.account), "acme/east", AccountKind::Customer)).await;
    let (_, stranger) = somebody(&world, &world.globex, "gil@globex.example", None, None).await;
    let mut max = admin(&world).await;
    let origin = world.acme.origin.clone();
    for (path, is_theirs) in [
        ("/console/accounts/acme", true),
        ("/console/accounts/acme/east", true),
        ("/console/accounts/globex", false),
        ("/console?account=acme/east", true),
        ("/console?account=globex", false),
        ("/console?account=/", false),
        ("/console/connections?account=/", false),
        ("/console/users?account=globex", false),
        ("/console/audit?account=/", false),
        ("/console/audit.jsonl?account=globex", false),
        (&connection_of(&world.acme, ""), true),
        (&connection_of(&world.globex, ""), false),
        (&connection_of(&world.globex, "/pause"), false),
        (&format!("/console/users/{stranger}"), false),
        (&format!("/console/users/{stranger}/suspend"), false),
    ] {
        let seen = max.get(&at(&origin, path)).await;
        let status = if is_theirs { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(seen.status, status, "{path}: {}", seen.body);
        lacks(&seen, "globex.example");
    }
    let tree = max.get(&at(&origin, "/console/accounts")).await;
    tree.shows(StatusCode::OK, "acme/east");
    lacks(&tree, "globex");
    for what in ["/pause", "/activate"] {
        let done = max.post(&at(&origin, &connection_of(&world.globex, what)), &[]).await;
        assert_eq!(done.status, StatusCode::NOT_FOUND, "{what}");
    }
    let done = max.post(&at(&origin, &format!("/console/users/{stranger}/suspend")), &[]).await;
    assert_eq!(done.status, StatusCode::NOT_FOUND);
    assert_eq!(world.connection(&world.globex).await.state, ConnectionState::Active);
    assert_eq!(world.users(&world.globex).await[0].state, UserState::Active);
}

/// What is personal is not handed to support: neither a name, nor an address, nor a subject, nor a way to find them.
#[tokio::test]
async fn support_sees_no_personal_values() {
    let world = World::new().await;
    ada_came(&world).await;
    let ada = world.users(&world.acme).await[0].id;
    let (mut support, _) =
        somebody(&world, &platform(&world), "sam@vendor.example", Some(ConsoleRole::Support), None).await;
    let user = format!("/console/users/{ada}");
    let connection = connection_of(&world.acme, "");
    for path in [
        "/console/users?account=acme",
        "/console/users?account=acme&begins=ada.example@acme.example",
        &user,
        &connection,
        "/console/audit",
    ] {
        let seen = support.get(&at(BASE, path)).await;
        assert_eq!(seen.status, StatusCode::OK, "{path}");
        for personal in ["Ada Example", "Ada.Example", "ada.example@"] {
            lacks(&seen, personal);
        }
    }
    let seen = support.get(&at(BASE, "/console/users?account=acme")).await;
    seen.shows(StatusCode::OK, &ada.to_string());
    for what in ["suspend", "sign-out"] {
        assert_eq!(support.post(&at(BASE, &format!("{user}/{what}")), &[]).await.status, StatusCode::NOT_FOUND);
    }
    let change = support.post(&at(BASE, &connection_of(&world.acme, "/pause")), &[]).await;
    assert_eq!(change.status, StatusCode::NOT_FOUND);
    lacks(&support.get(&at(BASE, &connection)).await, "/pause\"");
    let mut olga = operator(&world).await;
    olga.get(&at(BASE, "/console/users?account=acme")).await.shows(StatusCode::OK, "Ada.Example@acme.example");
}

/// The overview counts sign-ins by how they end, and names what needs somebody, with the reason.
#[tokio::test]
async fn the_overview_counts_sign_ins_and_names_what_needs_somebody() {
    let world = World::new().await;
    let mut olga = operator(&world).await;
    let page = olga.get(&at(BASE, "/console")).await;
    lacks(&page, "Answers that nobody asked for");
    ada_came(&world).await;
    world.change_connection(&world.acme, |it| it.saml.unsolicited = Unsolicited::Accept).await;
    let page = olga.get(&at(BASE, "/console")).await;
    page.shows(StatusCode::OK, "Answers that nobody asked for are taken.");
    page.shows(StatusCode::OK, "<td class=\"number\">1</td>");
    page.shows(StatusCode::OK, "03-02: ");
    let listed = olga.get(&at(BASE, "/console/connections?attention=1")).await;
    listed.shows(StatusCode::OK, &world.acme.connection.to_string());
    let found = olga.get(&at(BASE, "/console/connections?text=GLOB")).await;
    found.shows(StatusCode::OK, &world.globex.connection.to_string());
    lacks(&found, &world.acme.connection.to_string());
    olga.language = "de";
    olga.get(&at(BASE, "/console")).await.shows(StatusCode::OK, "Antworten, um die niemand bat");
}

/// MX-20: a connection is paused after it was said what follows, and put in force again after a test that passed, or on an
/// operator's word; the log says who did it.
#[tokio::test]
async fn a_connection_is_paused_and_activated_by_name() {
    let world = World::new().await;
    ada_came(&world).await;
    let (mut olga, olgas_id) = somebody(&world, &platform(&world), "olga@vendor.example", Some(OPERATOR), None).await;
    let asked = olga.get(&at(BASE, &connection_of(&world.acme, "/pause"))).await;
    asked.shows(StatusCode::OK, "affects: <strong>1</strong>");
    let done = olga.post(&at(BASE, &connection_of(&world.acme, "/pause")), &[]).await;
    olga.get(&done.location()).await.shows(StatusCode::OK, "role=\"status\"");
    assert_eq!(world.connection(&world.acme).await.state, ConnectionState::Paused);
    let refused = olga.post(&at(BASE, &connection_of(&world.acme, "/activate")), &[]).await;
    refused.shows(StatusCode::OK, "no test has passed yet");
    refused.shows(StatusCode::OK, "name=\"override\"");
    assert_eq!(world.connection(&world.acme).await.state, ConnectionState::Paused);
    let done = olga.post(&at(BASE, &connection_of(&world.acme, "/activate")), &[("override", "1")]).await;
    assert!(done.location().ends_with("?done=activated"));
    assert_eq!(world.connection(&world.acme).await.state, ConnectionState::Active);
    let filter = EventFilter { account: Some(world.acme.account), user: None, before: None, limit: 50 };
    let log = world.services.store.read(move |tx| Box::pin(async move { tx.events(&filter).await })).await.unwrap();
    let changed = log.iter().filter(|it| matches!(it.fact, Fact::ConnectionChanged { .. }));
    let by_olga = changed.filter(|it| it.actor == Actor::User(olgas_id)).count();
    assert_eq!(by_olga, 2);
    // An account admin's word is not enough.
    let mut max = admin(&world).await;
    max.post(&at(&world.acme.origin, &connection_of(&world.acme, "/pause")), &[]).await.location();
    let refused = max.post(&at(&world.acme.origin, &connection_of(&world.acme, "/activate")), &[]).await;
    lacks(&refused, "name=\"override\"");
    let forced =
        max.post(&at(&world.acme.origin, &connection_of(&world.acme, "/activate")), &[("override", "1")]).await;
    assert_eq!(forced.status, StatusCode::NOT_FOUND);
    assert_eq!(world.connection(&world.acme).await.state, ConnectionState::Paused);
}

/// A27.3: whoever changes what is trusted authenticated a short while ago; to pause needs no such thing.
#[tokio::test]
async fn a_change_of_trust_wants_a_recent_sign_in() {
    let world = World::new().await;
    let mut olga = operator(&world).await;
    world.pass(SignedDuration::from_mins(11));
    let path = at(BASE, &connection_of(&world.acme, "/activate"));
    olga.post(&at(BASE, &connection_of(&world.acme, "/pause")), &[]).await.location();
    let asked = olga.get(&path).await;
    asked.shows(StatusCode::OK, "Sign in again");
    lacks(&asked, "name=\"override\"");
    let refused = olga.post(&path, &[("override", "1")]).await;
    refused.shows(StatusCode::OK, "at most 10 minutes old");
    assert_eq!(world.connection(&world.acme).await.state, ConnectionState::Paused);
    let pasted = [("certificate", "what was pasted")];
    let kept = olga.post(&at(BASE, &connection_of(&world.acme, "/certificates")), &pasted).await;
    kept.shows(StatusCode::OK, "what was pasted</textarea>");
    let sent = kept.body.split("href=\"").find(|rest| rest.starts_with("/console/sign-in-again")).unwrap();
    let again = olga.get(&at(BASE, sent.split('"').next().unwrap())).await.location();
    assert!(again.starts_with(&at(BASE, "/sign-in/password?")), "{again}");
    assert_eq!(parameter(&again, "to"), Some(connection_of(&world.acme, "")));
}

/// A certificate is added beside the others and removed after a question; what is no certificate is named, and kept in the
/// field.
#[tokio::test]
async fn certificates_are_added_and_removed() {
    let world = World::new().await;
    let mut olga = operator(&world).await;
    let page = at(BASE, &connection_of(&world.acme, "/certificates"));
    let wrong = olga.post(&page, &[("certificate", "no certificate at all")]).await;
    wrong.shows(StatusCode::OK, "This is not a certificate");
    wrong.shows(StatusCode::OK, ">no certificate at all</textarea>");
    let certificate = world.app_of(&world.globex).signing_certificate().unwrap();
    let pasted = crate::support::base64(certificate.der());
    let added = olga.post(&page, &[("certificate", &pasted)]).await;
    assert!(added.location().contains("done=added"));
    assert_eq!(world.connection(&world.acme).await.saml.certificates.len(), 2);
    olga.post(&page, &[("certificate", &pasted)]).await.shows(StatusCode::OK, "trusted already");
    let path = connection_of(&world.acme, &format!("/certificates/{}/remove", certificate.thumbprint_sha256()));
    olga.get(&at(BASE, &path)).await.shows(StatusCode::OK, &certificate.thumbprint_sha1());
    assert!(olga.post(&at(BASE, &path), &[]).await.location().contains("done=removed"));
    assert_eq!(world.connection(&world.acme).await.saml.certificates.len(), 1);
    let own = world.connection(&world.acme).await.saml.read_certificates().next().unwrap().thumbprint_sha256();
    let last = connection_of(&world.acme, &format!("/certificates/{own}/remove"));
    olga.post(&at(BASE, &last), &[]).await.shows(StatusCode::OK, "the last one");
}

/// A person is found by name, kept from signing in and let in again, and signed out; one's own account is not one's to
/// suspend.
#[tokio::test]
async fn people_are_found_suspended_restored_and_signed_out() {
    let world = World::new().await;
    ada_came(&world).await;
    let ada = world.users(&world.acme).await[0].id;
    let (mut max, own) = somebody(&world, &world.acme, "max@acme.example", Some(ADMIN), None).await;
    let origin = world.acme.origin.clone();
    max.get(&at(&origin, "/console/users?begins=ada")).await.shows(StatusCode::OK, &ada.to_string());
    max.get(&at(&origin, "/console/users?begins=zzz")).await.shows(StatusCode::OK, "Nothing here matches");
    let page = at(&origin, &format!("/console/users/{ada}"));
    max.get(&page).await.shows(StatusCode::OK, "/sign-out\"");
    max.get(&format!("{page}/suspend")).await.shows(StatusCode::OK, "Keep them from signing in?");
    max.post(&format!("{page}/suspend"), &[]).await.location();
    let suspended = max.get(&page).await;
    suspended.shows(StatusCode::OK, "May not sign in");
    suspended.shows(StatusCode::OK, "They are not signed in anywhere.");
    let twice = max.post(&format!("{page}/suspend"), &[]).await.location();
    assert!(twice.ends_with("?done=nothing"));
    max.post(&format!("{page}/restore"), &[]).await.location();
    assert_eq!(world.users(&world.acme).await[0].state, UserState::Active);
    ada_came(&world).await;
    let ended = max.post(&format!("{page}/sign-out"), &[]).await.location();
    assert!(ended.ends_with("?done=signed-out"));
    let myself = max.post(&at(&origin, &format!("/console/users/{own}/suspend")), &[]).await;
    assert_eq!(myself.status, StatusCode::NOT_FOUND);
    // Another site's form does nothing.
    let forged = max.post_from_elsewhere(&format!("{page}/suspend"), String::new()).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_eq!(world.users(&world.acme).await[0].state, UserState::Active);
}

/// The log is filtered by kind, person and day, and downloaded as a line of JSON for each line.
#[tokio::test]
async fn the_log_is_filtered_and_downloaded() {
    let world = World::new().await;
    ada_came(&world).await;
    let ada = world.users(&world.acme).await[0].id;
    let mut max = admin(&world).await;
    let origin = world.acme.origin.clone();
    let log = max.get(&at(&origin, "/console/audit?kind=signed_in")).await;
    log.shows(StatusCode::OK, "<code>signed_in</code>");
    lacks(&log, "<code>user_created</code>");
    let of_ada = max.get(&at(&origin, &format!("/console/audit?user={ada}"))).await;
    of_ada.shows(StatusCode::OK, "<code>user_created</code>");
    lacks(&of_ada, "<code>answer_accepted</code>");
    max.get(&at(&origin, "/console/audit?until=2026-03-02")).await.shows(StatusCode::OK, "Nothing here matches");
    let file = max.get(&at(&origin, "/console/audit.jsonl?kind=signed_in")).await;
    assert_eq!(file.headers["content-type"], "application/jsonl; charset=utf-8");
    let line: serde_json::Value = serde_json::from_str(file.body.trim()).unwrap();
    assert_eq!(line["fact"]["kind"], "signed_in");
    assert_eq!(line["account"], world.acme.account.to_string());
    for wrong in ["kind=%3Cb%3E", "user=nobody", "until=yesterday", "account=%2F%2F"] {
        let seen = max.get(&at(&origin, &format!("/console/audit?{wrong}"))).await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{wrong}");
    }
}

/// The theme is the browser's until somebody chooses one, which a form does without script.
#[tokio::test]
async fn a_theme_is_chosen() {
    let world = World::new().await;
    let mut olga = operator(&world).await;
    lacks(&olga.get(&at(BASE, "/console")).await, "data-theme");
    for theme in [Some("dark"), Some("light"), None] {
        assert_eq!(olga.post(&at(BASE, "/console/theme"), &[]).await.location(), at(BASE, "/console"));
        let seen = olga.get(&at(BASE, "/console")).await;
        match theme {
            Some(theme) => seen.shows(StatusCode::OK, &format!("data-theme=\"{theme}\"")),
            None => lacks(&seen, "data-theme"),
        }
    }
}
