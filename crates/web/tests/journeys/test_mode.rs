//! A connection is tried before anybody depends on it (XC-17).

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::{Admission, Contact};
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::event::Fact;
use vestibule_domain::lifecycle::{Grounds, NotActivated, activate};
use vestibule_domain::user::ConsoleRole;
use vestibule_journeys::lookup::Source;
use vestibule_mock_entra::service::{Draft, Sealed};

use crate::refusals::code_on;
use crate::support::{ADA, Browser, Seen, World, start};

const HOST: &str = "acme.localhost:8400";

async fn draft() -> World {
    let world = World::new().await;
    world.change_connection(&world.acme, |connection| connection.state = ConnectionState::Draft).await;
    world.pass(SignedDuration::from_mins(1));
    world
}

async fn tried(world: &World, browser: &mut Browser) -> Seen {
    let sent = browser.get(&world.acme.at("test")).await;
    browser.deliver(&world.answer(&sent, ADA)).await
}

/// XC-17: the flow runs, the claims are shown, nobody is signed in.
#[tokio::test]
async fn a_test_shows_every_step_and_claim_and_signs_nobody_in() {
    let world = draft().await;
    let mut browser = world.browser();
    let page = tried(&world, &mut browser).await;
    page.shows(StatusCode::OK, "It works");
    for step in [
        "It is meant for us",
        "The assertion’s signature is good",
        "It was not used before",
        "The claims become a profile",
    ] {
        page.shows(StatusCode::OK, step);
    }
    for claim in
        ["givenname", "http://schemas.microsoft.com/identity/claims/objectidentifier", "Ada.Example@acme.example"]
    {
        page.shows(StatusCode::OK, claim);
    }
    assert_eq!(browser.cookie(HOST, "vestibule_session"), None);
    assert!(world.users(&world.acme).await.is_empty());
    let facts = world.facts().await;
    assert!(facts.iter().any(|fact| matches!(fact, Fact::ConnectionTried { passed: true, .. })), "{facts:?}");
    assert!(!world.has_signed_in().await);
    assert_eq!(browser.get("http://acme.localhost:8400/me").await.location(), "http://acme.localhost:8400/");
}

/// XC-17: a test that passes makes the draft one that can be activated; an edit afterwards wants another test.
#[tokio::test]
async fn a_test_that_passes_counts_until_the_next_edit() {
    let world = draft().await;
    let untested = activate(&world.connection(&world.acme).await, &Grounds::Test, world.now());
    assert_eq!(untested, Err(NotActivated::Untested));
    tried(&world, &mut world.browser()).await.shows(StatusCode::OK, "It works");
    let tested = world.connection(&world.acme).await;
    assert_eq!((tested.state, tested.tested_at), (ConnectionState::Tested, Some(world.now())));
    assert_eq!(activate(&tested, &Grounds::Test, world.now()).unwrap().to, ConnectionState::Active);

    world.pass(SignedDuration::from_mins(1));
    let edited_at = world.now();
    world.change_connection(&world.acme, |connection| connection.edited_at = edited_at).await;
    let stale = activate(&world.connection(&world.acme).await, &Grounds::Test, world.now());
    let tested_at = start() + SignedDuration::from_mins(1);
    assert_eq!(stale, Err(NotActivated::EditedSince { tested_at, edited_at }));
}

/// XC-17: the step that fails is shown with what came, what was wanted and who can mend it.
#[tokio::test]
async fn a_test_that_fails_says_what_to_change_and_who() {
    let world = draft().await;
    let mut browser = world.browser();
    let sent = browser.get(&world.acme.at("test")).await;
    let foreign =
        world.answer_bent(&sent, ADA, |draft| draft.response.audiences = vec!["https://other.example".into()]);
    let page = browser.deliver(&foreign).await;
    for text in [
        "It does not work yet",
        "What to fix",
        "https://other.example",
        world.acme.at("metadata").as_str(),
        "the admin of your company’s sign-in",
        "Basic SAML Configuration",
        "not reached",
    ] {
        page.shows(StatusCode::OK, text);
    }
    assert_eq!(world.connection(&world.acme).await.state, ConnectionState::Draft);
    assert_eq!(world.connection(&world.acme).await.tested_at, None);
    assert_eq!(browser.cookie(HOST, "vestibule_session"), None);
}

/// XC-17: the tester waits for the report, so it comes even where nothing was proved.
#[tokio::test]
async fn a_test_with_an_unsigned_answer_ends_with_its_report_too() {
    let world = draft().await;
    let mut browser = world.browser();
    let sent = browser.get(&world.acme.at("test")).await;
    let page = browser.deliver(&world.answer_bent(&sent, ADA, |draft| draft.sealed = Sealed::Nothing)).await;
    page.shows(StatusCode::OK, "It does not work yet");
    page.shows(StatusCode::OK, "What must be signed is signed");
    let audited = world.facts().await.iter().any(|fact| matches!(fact, Fact::AnswerRefused { .. }));
    assert!(!audited, "nothing was proved, so the audit log has no line of it");
    assert_eq!(world.connection(&world.acme).await.state, ConnectionState::Draft);
}

/// A27.3: the report is for the browser that began the test.
#[tokio::test]
async fn another_browser_does_not_see_the_report() {
    let world = draft().await;
    let sent = world.browser().get(&world.acme.at("test")).await;
    let page = world.browser().deliver(&world.answer(&sent, ADA)).await;
    page.shows(StatusCode::FORBIDDEN, "another browser");
}

/// XC-17: a claim that the account demands and that does not come fails the test.
#[tokio::test]
async fn a_test_without_a_required_claim_does_not_pass() {
    let world = draft().await;
    world
        .change_account(&world.acme, |account| {
            account.settings.required_claims = vec![vestibule_domain::mapping::Claim::new("department")];
        })
        .await;
    let page = tried(&world, &mut world.browser()).await;
    page.shows(StatusCode::OK, "It does not work yet");
    page.shows(StatusCode::OK, "department");
    assert_eq!(world.connection(&world.acme).await.state, ConnectionState::Draft);
}

/// Somebody of the account whose address Entra says, but who is another one here.
async fn add_the_tester(world: &World, role: Option<ConsoleRole>) {
    world.add_user(&world.acme, "ada.example@acme.example", role).await;
}

/// XC-17: a test is of the connection. That this very person would not be let in is told beside it, and is no failure.
#[tokio::test]
async fn a_draft_that_works_passes_though_its_tester_is_not_invited() {
    let world = draft().await;
    world.admit(&world.acme, Admission::InvitedOnly).await;
    let mut browser = world.browser();
    let page = tried(&world, &mut browser).await;
    for text in ["It works", "This person would not be let in", "Nobody has invited this person", "Claims received"] {
        page.shows(StatusCode::OK, text);
    }
    assert!(!page.body.contains("It does not work yet"));
    assert_eq!(world.connection(&world.acme).await.state, ConnectionState::Tested);
    let facts = world.facts().await;
    assert!(facts.iter().any(|fact| matches!(fact, Fact::ConnectionTried { passed: true, .. })), "{facts:?}");
    assert!(!facts.iter().any(|fact| matches!(fact, Fact::ConnectionTried { passed: false, .. })), "{facts:?}");
    let found = world.looked_up(&code_on(&page)).await;
    assert_eq!((found.reason.as_str(), found.source), ("NOT-INVITED", Source::Answers { audited: true }));
    let again = browser.get(&page.url).await;
    assert_eq!(code_on(&again), code_on(&page), "the report that is loaded again names the same event");
    assert_eq!(world.facts().await.len(), facts.len());

    browser.language = "de";
    browser.get(&page.url).await.shows(StatusCode::OK, "Diese Person würde nicht eingelassen");
}

/// XC-17, SC-15: of somebody who would have to wait a test says so, and nobody waits by it.
#[tokio::test]
async fn a_test_tells_that_its_person_would_wait() {
    let world = draft().await;
    world.admit(&world.acme, Admission::Waiting).await;
    let mut browser = world.browser();
    let page = tried(&world, &mut browser).await;
    page.shows(StatusCode::OK, "The person would wait until somebody lets them in");
    assert!(!page.body.contains("would be let in"), "{}", page.body);
    assert_eq!(world.connection(&world.acme).await.state, ConnectionState::Tested);
    let facts = world.facts().await;
    assert!(!facts.iter().any(|fact| matches!(fact, Fact::Waits { .. })), "{facts:?}");
}

/// XC-17: what a test says of other people is nothing: not that the address is somebody's, nor that they have a role.
#[tokio::test]
async fn a_test_tells_nothing_of_other_people() {
    let mut pages = Vec::new();
    for role in [Some(ConsoleRole::AccountAdmin), None] {
        let world = draft().await;
        world.show_details(&world.acme).await;
        add_the_tester(&world, role).await;
        if role.is_none() {
            add_the_tester(&world, None).await;
        }
        let page = tried(&world, &mut world.browser()).await;
        page.shows(StatusCode::OK, "It works");
        page.shows(StatusCode::OK, "This person would not be let in");
        let code = code_on(&page);
        let wanted = if role.is_some() { "CONSOLE-ROLE" } else { "EMAIL-AMBIGUOUS" };
        assert_eq!(world.looked_up(&code).await.reason, wanted);
        assert!(code.starts_with("NOT-"), "{code}");
        // The two databases draw different ids.
        let body = page.body.split("<section class=\"note attention\">").nth(1).unwrap().split("</section>").next();
        pages.push(body.unwrap().replace(&code, ""));
    }
    assert_eq!(pages[0], pages[1], "who is told of one is not told of the other");
}

/// XC-17: anybody may try a connection in use. Where its account hides details, they learn whether it works, the code
/// and whom to tell, as somebody whose sign-in is refused does.
#[tokio::test]
async fn a_test_of_a_connection_in_use_shows_no_details_where_the_account_hides_them() {
    let world = World::new().await;
    let contact = Contact { name: "Acme IT".to_owned(), email: "it@acme.example".parse().unwrap() };
    world.change_account(&world.acme, |account| account.settings.contact = Some(contact)).await;
    let foreign = async |browser: &mut Browser| {
        let sent = browser.get(&world.acme.at("test")).await;
        let bend = |draft: &mut Draft| draft.response.audiences = vec!["https://other.example".into()];
        browser.deliver(&world.answer_bent(&sent, ADA, bend)).await
    };
    let details = ["https://other.example", "What to fix", "Wanted", "All steps", "Claims received", "givenname"];
    let mut browser = world.browser();
    let page = foreign(&mut browser).await;
    for text in ["It does not work yet", "Acme IT", "it@acme.example", "AUD-"] {
        page.shows(StatusCode::OK, text);
    }
    let works = tried(&world, &mut world.browser()).await;
    works.shows(StatusCode::OK, "It works");
    add_the_tester(&world, Some(ConsoleRole::AccountAdmin)).await;
    let turned_away = tried(&world, &mut world.browser()).await;
    for text in ["It works", "This person would not be let in", "Acme IT", "NOT-"] {
        turned_away.shows(StatusCode::OK, text);
    }
    for page in [&page, &works, &turned_away] {
        let told = details.iter().find(|text| page.body.contains(**text));
        assert_eq!(told, None, "{}", page.body);
    }
    world.show_details(&world.acme).await;
    let page = foreign(&mut browser).await;
    for text in ["https://other.example", "What to fix", "Wanted", "All steps"] {
        page.shows(StatusCode::OK, text);
    }
}

/// XC-17: a connection in use may be tried as well; people go on signing in.
#[tokio::test]
async fn an_active_connection_can_be_tried_and_stays_active() {
    let world = World::new().await;
    tried(&world, &mut world.browser()).await.shows(StatusCode::OK, "It works");
    assert_eq!(world.connection(&world.acme).await.state, ConnectionState::Active);
    assert!(!world.has_signed_in().await);
}

/// XC-17: nobody signs in through a draft.
#[tokio::test]
async fn nobody_signs_in_through_a_draft() {
    let world = draft().await;
    let mut browser = world.browser();
    browser.get(&world.acme.at("start")).await.shows(StatusCode::FORBIDDEN, "still being set up");
    let tile = world.tile(&world.acme, ADA);
    browser.post_from_elsewhere(&tile.action, tile.body()).await.shows(StatusCode::FORBIDDEN, "still being set up");
    assert!(!world.has_signed_in().await);
}

/// XC-26: a paused connection keeps its settings and lets nobody in.
#[tokio::test]
async fn nobody_signs_in_through_a_paused_connection() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let delivery = world.answer(&sent, ADA);
    world.change_connection(&world.acme, |connection| connection.state = ConnectionState::Paused).await;
    browser.deliver(&delivery).await.shows(StatusCode::FORBIDDEN, "is paused");
    browser.get(&world.acme.at("start")).await.shows(StatusCode::FORBIDDEN, "is paused");
    browser.get(&world.acme.at("test")).await.shows(StatusCode::FORBIDDEN, "is paused");
    let facts = world.facts().await;
    let refused = |fact: &&Fact| matches!(fact, Fact::SignInRefused { code, .. } if code == "not_active");
    assert_eq!(facts.iter().filter(refused).count(), 2, "nothing of the answer was proved");
    assert_eq!(world.recent_answers(&world.acme).await.len(), 3, "each of them is told to whoever looks after it");

    world.change_connection(&world.acme, |connection| connection.state = ConnectionState::Active).await;
    assert!(world.lets_in(&world.acme, ADA).await, "and again, with nothing to set up anew");
}

/// A draft that lacks what a request needs says so, and asks nobody.
#[tokio::test]
async fn a_draft_that_lacks_its_issuer_cannot_be_tried() {
    let world = draft().await;
    world.set(&world.acme, |saml| saml.issuer = None).await;
    world.browser().get(&world.acme.at("test")).await.shows(StatusCode::FORBIDDEN, "still being set up");
}
