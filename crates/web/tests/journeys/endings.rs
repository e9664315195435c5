//! What an operator takes back ends at once, also for those who are signed in.

use http::StatusCode;
use vestibule_domain::account::AccountPath;
use vestibule_domain::enforcement::Method;
use vestibule_domain::event::Fact;
use vestibule_domain::user::UserState;
use vestibule_journeys::apply::{
    Activation, Change, Wanted, WantedAccount, WantedConnection, WantedState, WantedSubDomain, WantedUser, carry_out,
    plan,
};
use vestibule_saml::types::EntityId;

use crate::support::{ADA, Browser, World};

/// What is there of `acme`, as a file would say it.
pub(crate) async fn as_it_is(world: &World) -> WantedAccount {
    let connection = world.connection(&world.acme).await;
    let account = world.account(&world.acme).await;
    let connection = WantedConnection {
        line: 1,
        id: None,
        name: connection.name,
        state: Some(WantedState::Active(Activation::ByOperator)),
        saml: connection.saml,
        notes: Vec::new(),
    };
    WantedAccount {
        line: 1,
        path: AccountPath::parse("acme").unwrap(),
        kind: None,
        name: account.name,
        sub_domain: WantedSubDomain::AsItIs,
        settings: account.settings,
        logo: None,
        connections: vec![connection],
        domains: Vec::new(),
        users: Vec::new(),
    }
}

async fn apply(world: &World, account: WantedAccount) -> Vec<Change> {
    let ctx = world.ctx();
    let planned = plan(
        &ctx,
        &Wanted { accounts: vec![account], ..Wanted::default() },
        vestibule_domain::event::Actor::CommandLine,
    )
    .await
    .unwrap();
    let changes = planned.changes.clone();
    carry_out(&ctx, planned, |_| unreachable!("no key is wanted")).await.unwrap();
    changes
}

async fn is_signed_in(world: &World, browser: &mut Browser) -> bool {
    browser.get(&format!("{}/me", world.acme.origin)).await.status == StatusCode::OK
}

/// HY-2: who is suspended is out at the next request, and stays out when the suspension ends until they sign in again.
#[tokio::test]
async fn a_suspended_persons_sessions_end() {
    let world = World::new().await;
    let mut browser = world.browser();
    world.sign_in(&mut browser, &world.acme, ADA).await;
    assert!(is_signed_in(&world, &mut browser).await);
    let user = world.users(&world.acme).await.remove(0);
    let mut account = as_it_is(&world).await;
    let suspended = WantedUser {
        line: 2,
        profile: user.profile.clone(),
        state: UserState::Suspended,
        console_role: None,
        approves: None,
        granted: None,
        method: Method::Account,
        break_glass: false,
        invite: false,
        identities: Vec::new(),
    };
    account.users = vec![suspended.clone()];
    apply(&world, account.clone()).await;
    assert!(!is_signed_in(&world, &mut browser).await);
    assert!(world.facts().await.contains(&Fact::UserSessionsEnded { user: user.id }));
    account.users = vec![WantedUser { state: UserState::Active, ..suspended }];
    apply(&world, account).await;
    assert!(!is_signed_in(&world, &mut browser).await, "the session is gone, not hidden");
    world.sign_in(&mut browser, &world.acme, ADA).await;
    assert!(is_signed_in(&world, &mut browser).await);
}

/// A27.1: what a connection opened closes with it, and nothing else does.
#[tokio::test]
async fn the_sessions_of_a_connection_end_when_it_is_paused() {
    let world = World::new().await;
    let (mut ada, mut dora) = (world.browser(), world.browser());
    world.sign_in(&mut ada, &world.acme, ADA).await;
    world.sign_in(&mut dora, &world.globex, "dora@globex.example").await;
    let mut account = as_it_is(&world).await;
    account.connections[0].state = Some(WantedState::Paused);
    apply(&world, account.clone()).await;
    assert!(!is_signed_in(&world, &mut ada).await);
    let ended = Fact::ConnectionSessionsEnded { connection: world.acme.connection };
    assert!(world.facts().await.contains(&ended));
    account.connections[0].state = Some(WantedState::Active(Activation::ByOperator));
    apply(&world, account).await;
    assert!(!is_signed_in(&world, &mut ada).await, "the session is gone, not hidden");
    assert_eq!(dora.get(&format!("{}/me", world.globex.origin)).await.status, StatusCode::OK);
}

/// A27.1: an answer from before a pause is worth nothing after it, though the connection is active again.
#[tokio::test]
async fn what_was_asserted_before_a_pause_opens_no_session_after_it() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let delivery = world.answer(&sent, ADA);
    let posted = browser.post_from_elsewhere(&delivery.action, delivery.body()).await;
    let mut account = as_it_is(&world).await;
    account.connections[0].state = Some(WantedState::Paused);
    apply(&world, account.clone()).await;
    account.connections[0].state = Some(WantedState::Active(Activation::ByOperator));
    apply(&world, account).await;
    let refused = browser.get(&posted.location()).await;
    assert!(refused.status.is_client_error(), "{}", refused.status);
    assert!(!world.has_signed_in().await);
    assert!(world.lets_in(&world.acme, ADA).await, "whoever begins anew gets in");
}

/// A27.1, A03.5: a certificate that is taken out takes with it what rests on it, with no pause: sessions, and what is
/// under way. One that is added ends nothing. The plan says so beforehand.
#[tokio::test]
async fn what_rests_on_a_certificate_ends_when_it_is_taken_out() {
    let world = World::new().await;
    let mut ada = world.browser();
    world.sign_in(&mut ada, &world.acme, ADA).await;
    let old = as_it_is(&world).await.connections[0].saml.certificates.clone();
    let new = world.connection(&world.globex).await.saml.certificates;
    assert_ne!(old, new);
    let mut account = as_it_is(&world).await;
    account.connections[0].saml.certificates = [old.clone(), new.clone()].concat();
    let changes = apply(&world, account.clone()).await;
    assert!(!changes[0].warnings.iter().any(|it| it.contains("sign in anew")), "{changes:?}");
    assert!(is_signed_in(&world, &mut ada).await);

    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let delivery = world.answer(&sent, ADA);
    let posted = browser.post_from_elsewhere(&delivery.action, delivery.body()).await;
    account.connections[0].saml.certificates = new;
    let changes = apply(&world, account).await;
    assert!(changes[0].warnings.iter().any(|it| it.starts_with("a certificate is taken out: ")), "{changes:?}");
    assert!(!is_signed_in(&world, &mut ada).await);
    let refused = browser.get(&posted.location()).await;
    assert!(refused.status.is_client_error(), "{}", refused.status);
    assert!(!is_signed_in(&world, &mut browser).await);
    let ended = Fact::ConnectionSessionsEnded { connection: world.acme.connection };
    assert!(world.facts().await.contains(&ended));
}

/// A25.1: who people are is issuer and subject; whoever changes one of them is told how many it concerns, before it is
/// done.
#[tokio::test]
async fn a_change_that_unlinks_people_is_told_with_their_number() {
    let world = World::new().await;
    let mut account = as_it_is(&world).await;
    let issuer = |text: &str| Some(EntityId::new(text).unwrap());
    account.connections[0].saml.issuer = issuer("https://idp.acme.example/one");
    let changes = apply(&world, account.clone()).await;
    assert!(!changes[0].warnings.iter().any(|it| it.contains("recognised")), "nobody is linked yet: {changes:?}");
    let mut account = as_it_is(&world).await;
    account.connections[0].saml.issuer = issuer(&format!("https://sts.windows.net/{}/", world.acme.tenant));
    apply(&world, account).await;
    world.sign_in(&mut world.browser(), &world.acme, ADA).await;
    world.sign_in(&mut world.browser(), &world.acme, "bert@acme.example").await;

    let mut account = as_it_is(&world).await;
    account.connections[0].saml.issuer = issuer("https://idp.acme.example/two");
    account.connections[0].saml.subject = Some(vestibule_domain::mapping::SubjectKey::NameId);
    let wanted = Wanted { accounts: vec![account], ..Wanted::default() };
    let planned = plan(&world.ctx(), &wanted, vestibule_domain::event::Actor::CommandLine).await.unwrap();
    let warnings = &planned.changes[0].warnings;
    let told = "2 people who are linked to this connection will not be recognised, for who they are here is made of issuer and subject:";
    assert!(warnings.iter().any(|it| it.starts_with(told)), "{warnings:?}");
}
