//! An account's pages look as it says, or as an account above it says.

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use vestibule_domain::account::{AccountKind, Start};
use vestibule_domain::branding::{Branding, LogoFile, LogoKind};
use vestibule_domain::connection::{SignOn, SignOnBinding};
use vestibule_domain::ways::Permitted;

use crate::support::{ADA, ENTRA, GLOBEX_TENANT, World, account, party};

const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";

fn branding() -> Branding {
    Branding {
        product: "Mill & More".to_owned().try_into().ok(),
        accent: "#ffd400".parse().ok(),
        logo: Some(LogoFile::new(LogoKind::Svg, &[0xab; 32])),
        welcome: "Good morning.".to_owned().try_into().ok(),
        privacy: "https://acme.example/privacy".to_owned().try_into().ok(),
        ..Branding::default()
    }
}

/// `acme` with a branding and its picture.
async fn branded() -> World {
    let world = World::new().await;
    world.change_account(&world.acme, |acme| acme.settings.branding = branding()).await;
    let (account, logo) = (world.acme.account, branding().logo.unwrap());
    let saved =
        world.services.store.write(move |tx| Box::pin(async move { tx.save_logo(account, Some((&logo, SVG))).await }));
    saved.await.unwrap();
    world
}

#[track_caller]
fn is_branded(body: &str) {
    for part in [
        "<title>",
        "· Mill &#38; More</title>",
        "<link rel=\"stylesheet\" href=\"/brand/ffd400.css\">",
        "<img src=\"/brand/abababababababababababababababab.svg\" alt=\"Mill &#38; More\">",
        "<a href=\"https://acme.example/privacy\" rel=\"noreferrer\">Privacy</a>",
    ] {
        assert!(body.contains(part), "{part} is not in {body}");
    }
}

/// MX-15: product, logo, colour, texts and links are on every page of the account, refusals among them; MX-1: the
/// branding is a property of the account, and nothing waits for it.
#[tokio::test]
async fn every_page_at_an_accounts_address_looks_as_the_account_says() {
    let world = branded().await;
    let mut browser = world.browser();
    let seen = browser.get(&format!("{}/sign-in", world.acme.origin)).await;
    is_branded(&seen.body);
    assert!(seen.body.contains("<p class=\"welcome\">Good morning.</p>"));
    for path in ["/nowhere", "/sign-in/00000000-0000-7000-8000-000000000000"] {
        let seen = browser.get(&format!("{}{path}", world.acme.origin)).await;
        assert!(seen.status.is_client_error(), "{}", seen.status);
        is_branded(&seen.body);
    }
    world.sign_in(&mut browser, &world.acme, ADA).await;
    is_branded(&browser.get(&format!("{}/me", world.acme.origin)).await.body);
    let globex = browser.get(&format!("{}/sign-in", world.globex.origin)).await;
    assert!(!globex.body.contains("/brand/") && !globex.body.contains("Mill"), "another account's pages are its own");
}

#[tokio::test]
async fn the_page_that_posts_to_the_identity_provider_looks_as_the_account_says() {
    let world = branded().await;
    let mut connection = world.connection(&world.acme).await;
    let url = connection.saml.sign_on.as_ref().unwrap().url.clone();
    connection.saml.sign_on = Some(SignOn { url, binding: SignOnBinding::Post });
    connection.saml.start = Some(Start::Direct);
    world.save_connection(&connection).await;
    let (_, seen) = world.start(&mut world.browser(), &world.acme).await;
    assert!(seen.body.contains(ENTRA), "{}", seen.body);
    is_branded(&seen.body);
}

/// MX-15: what an account does not set comes from above it, down to the third level.
#[tokio::test]
async fn an_account_below_looks_like_the_one_above_where_it_sets_nothing() {
    let world = branded().await;
    world.change_account(&world.acme, |acme| acme.kind = AccountKind::Reseller).await;
    let bakery = party("bakery", GLOBEX_TENANT, "bakery.example", 3);
    let mut below = account(bakery.account, Some(world.acme.account), "acme/bakery", AccountKind::Customer);
    below.settings.permitted = Some(Permitted::Inherit);
    world.save_account(&below).await;
    let mut browser = world.browser();
    is_branded(&browser.get(&format!("{}/sign-in", bakery.origin)).await.body);
    world.change_account(&bakery, |bakery| bakery.settings.branding.product = "Ovens".to_owned().try_into().ok()).await;
    let seen = browser.get(&format!("{}/sign-in", bakery.origin)).await;
    assert!(seen.body.contains("· Ovens</title>") && seen.body.contains("/brand/ffd400.css"));
}

/// What an account chose as a picture is shown, and nothing in it runs, wherever it is opened.
#[tokio::test]
async fn colour_and_logo_are_served_so_that_nothing_runs() {
    let world = branded().await;
    let mut browser = world.browser();
    let logo = browser.get(&format!("{}/brand/abababababababababababababababab.svg", world.acme.origin)).await;
    assert_eq!((logo.status, logo.body.as_bytes()), (StatusCode::OK, SVG));
    assert_eq!(logo.headers[CONTENT_TYPE], "image/svg+xml");
    assert_eq!(logo.headers[CONTENT_SECURITY_POLICY], "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    assert_eq!(logo.headers["x-content-type-options"], "nosniff");
    let style = browser.get(&format!("{}/brand/ffd400.css", world.acme.origin)).await;
    assert_eq!(
        (style.status, &style.headers[CACHE_CONTROL]),
        (StatusCode::OK, &"public, max-age=86400".parse().unwrap())
    );
    assert!(style.body.starts_with("@layer tokens { :root { --accent: #"), "{}", style.body);
    assert!(!style.body.contains("--accent: #ffd400; --accent-strong: #ffd400"), "it could not be read by day");
    for other in ["abababababababababababababababac.svg", "ffd40.css", "..%2F..%2Fetc%2Fpasswd", "red.css", "x%7D.css"]
    {
        let seen = browser.get(&format!("{}/brand/{other}", world.acme.origin)).await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{other}");
    }
}
