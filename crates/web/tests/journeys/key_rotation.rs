//! The keys that sign tokens follow each other while people sign in and applications verify.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use serde_json::Value;
use vestibule_journeys::jobs::{self, Job, Means};
use vestibule_journeys::keys::PrivateKey;
use vestibule_oidc::relying_party::{self, Expectation, Pending, TokenAnswer};
use vestibule_oidc::{Algorithm, ClientId, Jwks};
use vestibule_outbound::{Fetcher, Reach, TxtLookup};

use crate::support::{BASE, Browser, CLIENT, World};

const ADA: &str = "ada@acme.example";

#[expect(clippy::disallowed_methods, reason = "a key of its own for each call, as the edge makes them")]
fn make_key(algorithm: Algorithm) -> Result<PrivateKey, String> {
    let der = match algorithm {
        Algorithm::Es256 => {
            let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
            pair.map_err(|error| error.to_string())?.as_ref().to_vec()
        }
        Algorithm::Rs256 => {
            let pair = rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
            let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
            der.as_ref().to_vec()
        }
    };
    Ok(PrivateKey::from_pkcs8(der))
}

async fn turn(world: &World) {
    let means = Means {
        lookup: TxtLookup::by(Vec::new()),
        fetcher: Fetcher::new(Reach::LoopbackDeployment),
        mailer: None,
        product: "Orchard".to_owned(),
        make_key,
        retention: vestibule_domain::retention::Retention::default(),
    };
    jobs::turn(&world.ctx(), &means, Job::RotateTokenKeys, "one").await.unwrap();
}

/// A sign-in, and the ID token as the application got it.
async fn id_token(world: &World) -> (Pending, String) {
    let mut browser = world.browser();
    let (pending, sent) = world.start(&mut browser, &world.acme).await;
    let arrived = browser.deliver(&world.answer(&sent, ADA)).await;
    let seen = world.token(&browser, &pending, &arrived.location()).await;
    (pending, TokenAnswer::parse(&seen.body).unwrap().id_token)
}

/// What applications read at the published address.
async fn published(world: &World) -> Jwks {
    let mut browser: Browser = world.browser();
    Jwks::parse(&browser.get(&format!("{BASE}/oidc/jwks")).await.body).unwrap()
}

fn kid(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

fn count(keys: &Jwks) -> usize {
    keys.to_json().unwrap().matches("\"kid\"").count()
}

fn days(days: i32) -> SignedDuration {
    SignedDuration::from_hours(24) * days
}

/// OIDC Core §10.1.1: each key is published before it signs and after; what was signed with the old one is believed.
#[tokio::test]
async fn keys_follow_each_other_and_applications_know_each_before_and_after() {
    let world = World::new().await;
    turn(&world).await;
    let first = published(&world).await;
    world.pass(days(88));
    turn(&world).await;
    let around = published(&world).await;
    assert_eq!((count(&first), count(&around)), (2, 4), "the next of each kind stands beside the first");
    world.pass(days(2) - SignedDuration::from_secs(1));
    let (pending, last) = id_token(&world).await;
    assert!(first.find(&kid(&last)).is_some(), "the first one signs until then");

    world.pass(SignedDuration::from_secs(1));
    let (_, next) = id_token(&world).await;
    assert!(first.find(&kid(&next)).is_none() && around.find(&kid(&next)).is_some(), "known from before");
    turn(&world).await;
    // A token that was under way when keys changed.
    let audience = ClientId::new(CLIENT).unwrap();
    let (nonce, now) = (pending.nonce.as_str(), world.now());
    let expected = Expectation { issuer: &world.services.issuer, audience: &audience, nonce, now };
    relying_party::verify(&last, &published(&world).await, &expected).unwrap();

    world.pass(days(2));
    turn(&world).await;
    let after = published(&world).await;
    assert!(after.find(&kid(&last)).is_none() && after.find(&kid(&next)).is_some());
    assert_eq!(count(&after), 2);
}

/// A turn that comes twice, or on two nodes, makes one key.
#[tokio::test]
async fn a_turn_that_comes_again_changes_nothing() {
    let world = World::new().await;
    turn(&world).await;
    let first = published(&world).await;
    turn(&world).await;
    assert_eq!(published(&world).await, first);
    assert_eq!(count(&first), 2);
}
