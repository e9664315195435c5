//! Customers who come from another product, or whose account is renamed, change nothing at their identity provider.

use http::StatusCode;
use vestibule_domain::connection::{AnswerTo, ConnectionState, Unsolicited};
use vestibule_domain::event::Fact;
use vestibule_domain::user::ConsoleRole;
use vestibule_mock_entra::service::Delivery;
use vestibule_saml::types::{AcsUrl, EntityId};

use crate::support::{ADA, BASE, CALLBACK, Party, World, parameter, request_of};
use crate::waiting_scene::{platform, somebody};

/// An address of the product that they come from, at a host of none of our accounts.
const FOREIGN: &str = "http://localhost:8400/saml2/idpresponse";
/// Another one, by number.
const BY_NUMBER: &str = "http://127.0.0.1:8400/api/auth/saml/callback";

async fn alias(world: &World, party: &Party, url: &str) {
    let alias = AcsUrl::new(url).unwrap();
    world
        .set(party, |saml| {
            saml.aliases = vec![alias];
            saml.answer_to = AnswerTo::FirstAlias;
        })
        .await;
    world.app_of(party).change(|app| app.reply_urls = vec![url.to_owned()]).unwrap();
}

/// XC-12, SC-8: the old reply URL goes on working, at a host of its own and at a bare address, with the session at the
/// account's own host.
#[tokio::test]
async fn the_address_that_a_customer_registered_before_goes_on_working() {
    for url in [FOREIGN, BY_NUMBER, "http://sso.localhost:8400/saml"] {
        let world = World::new().await;
        alias(&world, &world.acme, url).await;
        let mut browser = world.browser();
        let (pending, sent) = world.start(&mut browser, &world.acme).await;
        assert!(request_of(&sent).contains(&format!("AssertionConsumerServiceURL=\"{url}\"")));
        let answer = world.answer(&sent, ADA);
        assert_eq!(answer.action, url);
        let home = browser.deliver(&answer).await.location();
        world.redeem(&browser, &pending, &home).await;
        assert!(browser.cookie("acme.localhost:8400", "vestibule_session").is_some());
    }
}

/// SC-7, SC-8: old entity ID and old reply URL together: the customer notices nothing.
#[tokio::test]
async fn a_whole_registration_can_be_taken_over() {
    let world = World::new().await;
    alias(&world, &world.acme, FOREIGN).await;
    let urn = "urn:amazon:cognito:sp:us-east-1_rlgU6e3y5";
    world.app_of(&world.acme).change(|app| app.identifiers = vec![urn.to_owned()]).unwrap();
    world.set(&world.acme, |saml| saml.entity_id = Some(EntityId::new(urn).unwrap())).await;
    assert!(world.lets_in(&world.acme, ADA).await);
}

/// XC-12: our own address stays good beside the alias, and both stand in the metadata.
#[tokio::test]
async fn our_own_address_is_good_beside_the_alias() {
    let world = World::new().await;
    let alias = AcsUrl::new(FOREIGN).unwrap();
    world.set(&world.acme, |saml| saml.aliases = vec![alias]).await;
    assert!(world.lets_in(&world.acme, ADA).await);
    let metadata = world.browser().get(&world.acme.at("metadata")).await;
    assert!(metadata.body.contains(FOREIGN) && metadata.body.contains(&world.acme.at("acs")), "{}", metadata.body);
}

/// XC-12: whoever reads in the console what the identity provider has to be given reads the address that requests name.
#[tokio::test]
async fn the_console_shows_the_address_that_requests_name() {
    let world = World::new().await;
    alias(&world, &world.acme, FOREIGN).await;
    let home = platform(&world);
    let (mut olga, _) = somebody(&world, &home, "olga@vendor.example", Some(ConsoleRole::Operator), None).await;
    let page = olga.get(&format!("{}/console/connections/{}", home.origin, world.acme.connection)).await;
    page.shows(StatusCode::OK, &format!("<code>{FOREIGN}</code>"));
}

/// A20.2: at a shared alias the pending attempt names the connection, and the whole of its trust is checked.
#[tokio::test]
async fn at_a_shared_alias_the_pending_attempt_decides() {
    let world = World::new().await;
    for party in [&world.acme, &world.globex] {
        alias(&world, party, FOREIGN).await;
    }
    let mut browser = world.browser();
    let (pending, sent) = world.start(&mut browser, &world.acme).await;
    let (_, other) = world.start(&mut browser, &world.globex).await;
    let dora = world.answer(&other, "dora@globex.example");
    // Another account's answer with the RelayState of this attempt.
    let mixed = Delivery { relay_state: parameter(&sent.location(), "RelayState"), ..dora.clone() };
    browser.deliver(&mixed).await.shows(StatusCode::FORBIDDEN, "The answer comes from another sign-in");
    assert_eq!(world.recent_codes(&world.acme).await, ["issuer_mismatch"]);
    assert!(!world.has_signed_in().await);
    // Each attempt still takes its own answer.
    let home = browser.deliver(&world.answer(&sent, ADA)).await.location();
    assert_eq!(world.redeem(&browser, &pending, &home).await.account.unwrap().slug, "acme");
    assert!(browser.deliver(&dora).await.location().starts_with(CALLBACK));
}

/// A20.2: the attempt's own issuer is wanted although the alias knows another one too.
#[tokio::test]
async fn at_a_shared_alias_no_other_issuer_answers_for_the_attempt() {
    let world = World::new().await;
    for party in [&world.acme, &world.globex] {
        alias(&world, party, FOREIGN).await;
    }
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let other = world.connection(&world.globex).await.saml.issuer.unwrap().to_string();
    let bent = world.answer_bent(&sent, ADA, |draft| {
        draft.response.issuer.clone_from(&other);
        draft.response.response_issuer = Some(other);
    });
    browser.deliver(&bent).await.shows(StatusCode::FORBIDDEN, "The answer comes from another sign-in");
    assert_eq!(world.recent_codes(&world.acme).await, ["issuer_mismatch"]);
    assert!(!world.has_signed_in().await);
}

/// A20.3: what comes unasked at an alias signs nobody in, whatever the policy; it leads to the one connection that has
/// its issuer.
#[tokio::test]
async fn what_comes_unasked_at_an_alias_only_leads_to_a_request() {
    let world = World::new().await;
    for party in [&world.acme, &world.globex] {
        alias(&world, party, FOREIGN).await;
        world.set(party, |saml| saml.unsolicited = Unsolicited::Accept).await;
    }
    for (party, person) in [(&world.acme, ADA), (&world.globex, "dora@globex.example")] {
        let mut browser = world.browser();
        let tile = world.tile(party, person);
        let posted = browser.post_from_elsewhere(&tile.action, tile.body()).await;
        assert!(posted.location().starts_with(&party.at("start")), "{}", posted.location());
        assert!(!world.has_signed_in().await);
        let sent = browser.get(&posted.location()).await;
        assert!(request_of(&sent).contains(FOREIGN));
    }
    assert!(!world.facts().await.iter().any(|fact| matches!(fact, Fact::UnsolicitedAccepted { .. })));
}

/// A20.3: where several connections at the alias have the issuer, or none, the person is asked.
#[tokio::test]
async fn where_the_issuer_does_not_tell_the_person_is_asked() {
    let world = World::new().await;
    world.share_tenant().await;
    alias(&world, &world.acme, FOREIGN).await;
    let alias = AcsUrl::new(FOREIGN).unwrap();
    world.set(&world.globex, |saml| saml.aliases = vec![alias]).await;
    let tile = world.tile(&world.acme, ADA);
    let posted = world.browser().post_from_elsewhere(&tile.action, tile.body()).await;
    assert_eq!(posted.location(), format!("{BASE}/"));

    let stranger = world.tile_bent(&world.acme, ADA, |draft| {
        draft.response.response_issuer = Some("https://stranger.example".to_owned());
    });
    let posted = world.browser().post_from_elsewhere(&stranger.action, stranger.body()).await;
    assert_eq!(posted.location(), format!("{BASE}/"));
    assert!(!world.has_signed_in().await);
}

/// An address that no connection lists takes no answer.
#[tokio::test]
async fn an_address_that_nobody_lists_takes_no_answer() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let delivery = Delivery { action: FOREIGN.to_owned(), ..world.answer(&sent, ADA) };
    browser.deliver(&delivery).await.shows(StatusCode::NOT_FOUND, "nothing at this address");
    assert!(!world.has_signed_in().await);
}

/// MX-16: after a renaming a customer who changed nothing signs in as before: what our requests say of us is what the
/// identity provider was told. People are at home at the new address, and whoever opens the former one is let in too.
#[tokio::test]
async fn a_renamed_account_changes_nothing_at_its_identity_provider() {
    let world = World::new().await;
    let (identifier, reply_url) = (world.acme.at("metadata"), world.acme.at("acs"));
    world.set(&world.acme, |saml| saml.sub_domain = Some("acme".parse().unwrap())).await;
    world.change_account(&world.acme, |account| account.sub_domain = Some("acme-group".parse().unwrap())).await;
    let renamed = Party { origin: "http://acme-group.localhost:8400".to_owned(), ..world.acme.clone() };
    for party in [&renamed, &world.acme] {
        let mut browser = world.browser();
        let (pending, sent) = world.start(&mut browser, party).await;
        let request = request_of(&sent);
        assert!(request.contains(&format!("AssertionConsumerServiceURL=\"{reply_url}\"")), "{request}");
        assert!(request.contains(&identifier), "{request}");
        let home = browser.deliver(&world.answer(&sent, ADA)).await.location();
        world.redeem(&browser, &pending, &home).await;
    }
    let metadata = world.browser().get(&renamed.at("metadata")).await.body;
    assert!(metadata.contains(&reply_url) && metadata.contains(&identifier), "{metadata}");
    assert!(!metadata.contains("acme-group"), "{metadata}");
}

/// MX-16: after a renaming the former sub-domain goes on taking answers, and people who open it.
#[tokio::test]
async fn the_former_sub_domain_of_an_account_goes_on_working() {
    let world = World::new().await;
    // The entity ID stays: it is only a name, and the identity provider has it.
    let entity_id = EntityId::new(world.acme.at("metadata")).unwrap();
    world.set(&world.acme, |saml| saml.entity_id = Some(entity_id)).await;
    // Begun before, answered after.
    let mut browser = world.browser();
    let (pending, sent) = world.start(&mut browser, &world.acme).await;
    world.change_account(&world.acme, |account| account.sub_domain = Some("acme-group".parse().unwrap())).await;
    let home = browser.deliver(&world.answer(&sent, ADA)).await.location();
    world.redeem(&browser, &pending, &home).await;

    // Begun after, at either address; Entra has the former Reply URL, and so has the alias.
    let former = world.acme.at("acs");
    let new = Party { origin: "http://acme-group.localhost:8400".to_owned(), ..world.acme.clone() };
    world.app_of(&world.acme).change(|app| app.reply_urls = vec![former.clone(), new.at("acs")]).unwrap();
    for party in [&world.acme, &new] {
        let mut browser = world.browser();
        let (_, sent) = world.start(&mut browser, party).await;
        assert!(request_of(&sent).contains(&new.at("acs")));
        let at_former = world.answer_bent(&sent, ADA, |draft| {
            draft.action.clone_from(&former);
            draft.response.destination = Some(former.clone());
            draft.response.recipient = Some(former.clone());
        });
        assert!(browser.deliver(&at_former).await.location().starts_with(CALLBACK), "{}", party.origin);
    }
}

/// MX-16: whoever opens the former address goes on to the present one, so that they are signed in there.
#[tokio::test]
async fn the_page_of_a_renamed_account_is_at_its_present_address() {
    let world = World::new().await;
    world.change_account(&world.acme, |account| account.sub_domain = Some("acme-group".parse().unwrap())).await;
    let seen = world.browser().get(&format!("{}/", world.acme.origin)).await;
    assert_eq!(seen.location(), "http://acme-group.localhost:8400/");
}

/// MX-16, E-43: a tile that still posts to the former address signs in as well.
#[tokio::test]
async fn a_tile_at_the_former_sub_domain_signs_in() {
    for policy in [Unsolicited::Restart, Unsolicited::Accept] {
        let world = World::new().await;
        let entity_id = EntityId::new(world.acme.at("metadata")).unwrap();
        world
            .set(&world.acme, |saml| {
                saml.entity_id = Some(entity_id);
                saml.unsolicited = policy;
            })
            .await;
        world.change_account(&world.acme, |account| account.sub_domain = Some("acme-group".parse().unwrap())).await;
        let new = Party { origin: "http://acme-group.localhost:8400".to_owned(), ..world.acme.clone() };
        world.app_of(&world.acme).change(|app| app.reply_urls.push(new.at("acs"))).unwrap();
        let mut browser = world.browser();
        let mut seen = browser.deliver(&world.tile(&world.acme, ADA)).await;
        if policy == Unsolicited::Restart {
            seen = browser.deliver(&world.answer(&seen, ADA)).await;
        }
        browser.get(&seen.location()).await.shows(StatusCode::OK, "Ada Example");
    }
}

/// MX-16: the former sub-domain belongs to its account alone: another one's connection is not reached there.
#[tokio::test]
async fn a_former_sub_domain_opens_no_other_accounts_connection() {
    let world = World::new().await;
    world.change_account(&world.acme, |account| account.sub_domain = Some("acme-group".parse().unwrap())).await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.globex).await;
    let elsewhere = Party { origin: world.acme.origin.clone(), ..world.globex.clone() };
    let answer = Delivery { action: elsewhere.at("acs"), ..world.answer(&sent, "dora@globex.example") };
    let seen = browser.post_from_elsewhere(&answer.action, answer.body()).await;
    assert!(seen.location().contains("/start?restart=1"));
    assert!(!world.has_signed_in().await);
}

/// XC-26: an alias of a connection that is paused lets nobody in: not who began before, and not who comes unasked.
#[tokio::test]
async fn an_alias_of_a_paused_connection_lets_nobody_in() {
    let world = World::new().await;
    alias(&world, &world.acme, FOREIGN).await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let (begun, tile) = (world.answer(&sent, ADA), world.tile(&world.acme, ADA));
    world.change_connection(&world.acme, |connection| connection.state = ConnectionState::Paused).await;
    browser.deliver(&begun).await.shows(StatusCode::FORBIDDEN, "is paused");
    let posted = browser.post_from_elsewhere(&tile.action, tile.body()).await;
    assert_eq!(posted.location(), format!("{BASE}/"));
    assert!(!world.has_signed_in().await);
}
