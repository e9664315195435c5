//! Where a sign-in may begin, and addresses that are taken for it by mistake.

use http::StatusCode;
use vestibule_domain::account::Start;
use vestibule_domain::connection::{Button, ConnectionState, Icon, Preset, SignOnBinding};
use vestibule_domain::id::ConnectionId;
use vestibule_mock_entra::service::Person;

use crate::support::{ADA, ENTRA, Seen, World, request_of};

const FRONT: &str = "http://acme.localhost:8400/";

/// The value of a hidden field of a page.
#[track_caller]
fn hidden(page: &Seen, name: &str) -> String {
    let at = format!("name=\"{name}\" value=\"");
    let rest = page.body.split(&at).nth(1).unwrap_or_else(|| panic!("no field {name}: {}", page.body));
    rest.split('"').next().unwrap().to_owned()
}

/// HY-6, HY-28, MX-30: the customer's own address starts the sign-in, at once where the account wants that.
#[tokio::test]
async fn the_accounts_own_address_leads_to_its_identity_provider_at_once() {
    let world = World::new().await;
    let mut browser = world.browser();
    let sent = browser.get(FRONT).await;
    assert!(request_of(&sent).contains(&world.acme.at("acs")));
    let home = browser.deliver(&world.answer(&sent, ADA)).await.location();
    assert_eq!(home, "http://acme.localhost:8400/me");
    assert_eq!(browser.get(FRONT).await.location(), home, "who is signed in is not asked again");
}

/// HY-28, SC-25, XC-28: or a page with a button stands before it; pressing it leads on.
#[tokio::test]
async fn the_accounts_own_address_shows_a_button_where_that_is_set() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.start = None).await;
    let mut browser = world.browser();
    let page = browser.get(FRONT).await;
    page.shows(StatusCode::OK, "Log in with Microsoft");
    let (connection, to) = (hidden(&page, "connection"), hidden(&page, "to"));
    let fields = [("connection", connection.as_str()), ("to", to.as_str())];
    let sent = browser.post("http://acme.localhost:8400/sign-in/start", &fields).await;
    assert!(browser.deliver(&world.answer(&sent, ADA)).await.location().ends_with("/me"));
}

/// HY-28: what the connection says goes before what its account says.
#[tokio::test]
async fn the_connection_decides_before_the_account() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.start = None).await;
    world.change_account(&world.acme, |account| account.settings.start = Start::Direct).await;
    assert!(world.browser().get(FRONT).await.location().starts_with(ENTRA));
    world.set(&world.acme, |saml| saml.start = Some(Start::Button)).await;
    world.browser().get(FRONT).await.shows(StatusCode::OK, "Log in with Microsoft");
}

/// XC-28, HY-28: text and drawing of the button are the connection's own, "Login with your corporate id".
#[tokio::test]
async fn the_buttons_text_and_drawing_can_be_set() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.start = Some(Start::Button)).await;
    let usual = world.browser().get(FRONT).await;
    let text = "Login with your <corporate> id";
    let button = Button { text: Some(text.to_owned()), icon: Some(Icon::Key) };
    world.set(&world.acme, |saml| saml.button = button).await;
    let page = world.browser().get(FRONT).await;
    page.shows(StatusCode::OK, "Login with your &#60;corporate&#62; id");
    assert!(!page.body.contains("Microsoft"));
    let drawing = |page: &Seen| page.body.split("<button").nth(1).unwrap().split("<span>").next().unwrap().to_owned();
    assert_ne!(drawing(&page), drawing(&usual));
    world.set(&world.acme, |saml| saml.button.icon = Some(Icon::None)).await;
    assert!(!drawing(&world.browser().get(FRONT).await).contains("<svg"));
}

/// XC-28: without a text of its own, a connection of no known vendor is called by its account.
#[tokio::test]
async fn a_button_of_no_known_vendor_names_the_account() {
    let world = World::new().await;
    world
        .set(&world.acme, |saml| {
            saml.preset = Preset::Generic;
            saml.start = Some(Start::Button);
        })
        .await;
    world.browser().get(FRONT).await.shows(StatusCode::OK, "Log in at acme");
}

/// HY-19: Entra takes the login URL for the reply URL until somebody changes it; the page names the right one.
#[tokio::test]
async fn an_answer_at_the_login_url_is_explained_with_the_right_address() {
    let world = World::new().await;
    let login_url = world.acme.at("start");
    world.app_of(&world.acme).change(|app| app.reply_urls = vec![login_url.clone()]).unwrap();
    let tile = world.tile(&world.acme, ADA);
    assert_eq!(tile.action, login_url);
    let page = world.browser().deliver(&tile).await;
    page.shows(StatusCode::BAD_REQUEST, "sent its answer to the wrong address");
    page.shows(StatusCode::BAD_REQUEST, &world.acme.at("acs"));
    page.shows(StatusCode::BAD_REQUEST, "Reply URL");
    assert!(!world.has_signed_in().await);
}

/// HY-19: the same at the account's own address, its login URL; any other form there is still none of ours.
#[tokio::test]
async fn an_answer_at_the_accounts_own_address_is_explained_too() {
    let world = World::new().await;
    for path in ["", "sign-in"] {
        let url = format!("{FRONT}{path}");
        let page = world.browser().post_from_elsewhere(&url, "SAMLResponse=nothing+of+it+is+read".to_owned()).await;
        for text in ["sent its answer to the wrong address", &world.acme.at("acs"), &world.acme.at("start")] {
            page.shows(StatusCode::BAD_REQUEST, text);
        }
        let found = world.looked_up(&crate::refusals::code_on(&page)).await;
        assert_eq!(found.reason, "answer_at_login_url");
        let other = world.browser().post_from_elsewhere(&url, "email=ada%40acme.example".to_owned()).await;
        assert_eq!(other.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert!(!world.has_signed_in().await);

    let mut second = world.entra_connection(&world.acme, ConnectionState::Active);
    second.id = ConnectionId::new(world.now(), [9; 10]);
    second.name = "second".parse().unwrap();
    world.save_connection(&second).await;
    let page = world.browser().post_from_elsewhere(FRONT, "SAMLResponse=x".to_owned()).await;
    for text in ["<h2>entra</h2>", "<h2>second</h2>", &world.acme.at("acs"), &second.id.to_string()] {
        page.shows(StatusCode::BAD_REQUEST, text);
    }
}

/// Somebody who opens the address of answers in a browser is told what it is for, and where to begin.
#[tokio::test]
async fn the_address_of_answers_says_what_it_is() {
    let world = World::new().await;
    let page = world.browser().get(&world.acme.at("acs")).await;
    page.shows(StatusCode::METHOD_NOT_ALLOWED, "not for people");
    page.shows(StatusCode::METHOD_NOT_ALLOWED, &world.acme.at("start"));
}

/// SC-9: each connection has an address of its own that starts it, for My Apps and bookmarks.
#[tokio::test]
async fn each_connection_has_an_address_that_starts_it() {
    let world = World::new().await;
    // A button stands before the others; whoever opens this address has chosen already.
    world.set(&world.acme, |saml| saml.start = Some(Start::Button)).await;
    let sent = world.browser().get(&world.acme.at("start")).await;
    assert!(request_of(&sent).contains(&world.acme.at("acs")));
}

/// E-19: the request may be posted too, by a page whose button works without scripts.
#[tokio::test]
async fn a_request_can_be_posted_by_a_page_with_a_button() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.sign_on.as_mut().unwrap().binding = SignOnBinding::Post).await;
    let mut browser = world.browser();
    let page = browser.get(FRONT).await;
    page.shows(StatusCode::OK, "Continue to entra.localhost:8400");
    let action = format!("{ENTRA}/{}/saml2", world.acme.tenant);
    page.shows(StatusCode::OK, &format!("<form method=\"post\" action=\"{action}\">"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains(&format!("form-action {ENTRA}")), "{policy}");
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("SAMLRequest", &hidden(&page, "SAMLRequest"))
        .append_pair("RelayState", &hidden(&page, "RelayState"))
        .finish();
    let delivery = world.entra.answer_post(&action, &body, &Person::new(ADA)).unwrap();
    assert!(browser.deliver(&delivery).await.location().ends_with("/me"));
}

/// What a form or an address hands back as target may be anything, on every database.
#[tokio::test]
async fn a_target_with_control_characters_harms_nothing() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    assert!(sent.location().starts_with(ENTRA));
    let connection = world.acme.connection.to_string();
    for to in ["\0", "client_id=orchard\0", "client_id=orchard&redirect_uri=\u{1}"] {
        let fields = [("connection", connection.as_str()), ("to", to)];
        let seen = browser.post(&format!("{FRONT}sign-in/start"), &fields).await;
        assert_eq!(seen.status, StatusCode::BAD_REQUEST, "{to:?}");
    }
    let linked = world.browser().get(&format!("{}?link=%00%01", world.acme.at("start"))).await;
    assert!(linked.location().starts_with(ENTRA));
}
