//! From an e-mail address to a connection, without telling strangers who is a customer.

use http::StatusCode;
use vestibule_domain::account::{AccountPath, Start};
use vestibule_domain::connection::{Connection, ConnectionState};
use vestibule_domain::id::ConnectionId;
use vestibule_store::tx::{DomainProof, ProvedDomain};

use crate::support::{ADA, BASE, ENTRA, Party, Seen, World, parameter, request_of, start};

/// What follows when this address is typed at the deployment's own page.
async fn typed(world: &World, email: &str) -> Seen {
    typed_at(world, BASE, email).await
}

async fn typed_at(world: &World, origin: &str, email: &str) -> Seen {
    world.browser().post(&format!("{origin}/sign-in/discover"), &[("to", ""), ("email", email)]).await
}

/// A second connection of an account.
async fn second(world: &World, party: &Party, name: &str) -> Party {
    let other = Party { connection: ConnectionId::new(start(), [9; 10]), ..party.clone() };
    let connection = world.entra_connection(&other, ConnectionState::Active);
    world.save_connection(&Connection { name: name.parse().unwrap(), ..connection }).await;
    world.set(&other, |saml| saml.button.text = Some("Log in with the lab".to_owned())).await;
    other
}

/// SC-23: the address first, then Continue; the account is found by the domain.
#[tokio::test]
async fn the_page_asks_for_the_address_and_leads_on() {
    let world = World::new().await;
    let page = world.browser().get(&format!("{BASE}/")).await;
    page.shows(StatusCode::OK, "Work e-mail");
    page.shows(StatusCode::OK, "Continue");
    let sent = typed(&world, "Somebody@ACME.example").await;
    assert!(request_of(&sent).contains(&world.acme.at("acs")));
}

/// SC-25: the connection's button comes after the address, where the account wants it.
#[tokio::test]
async fn the_button_follows_the_address() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.start = Some(Start::Button)).await;
    let page = typed(&world, ADA).await;
    page.shows(StatusCode::OK, "Log in with Microsoft");
    let fields = [("connection", world.acme.connection.to_string()), ("to", String::new()), ("email", ADA.to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let sent = world.browser().post(&format!("{BASE}/sign-in/start"), &fields).await;
    assert_eq!(parameter(&sent.location(), "login_hint").as_deref(), Some(ADA));
}

/// SC-23, SC-24: nobody learns from the answer who is a customer: an unknown domain, one that is not proved, and one
/// of a connection that is not in use look alike, whatever stands before the `@`.
#[tokio::test]
async fn a_domain_that_leads_nowhere_tells_nothing() {
    let world = World::new().await;
    let neutral = |seen: &Seen, email: &str| {
        assert_eq!(seen.status, StatusCode::OK);
        assert!(seen.headers.get("set-cookie").is_none());
        seen.body.replace(email, "?")
    };
    let unknown = typed(&world, "x@nowhere.example").await;
    unknown.shows(StatusCode::OK, "No sign-in starts from this address");
    let unknown = neutral(&unknown, "x@nowhere.example");
    for email in ["ada@nowhere.example", "admin@nowhere.example", "x@app.localhost.example"] {
        assert_eq!(neutral(&typed(&world, email).await, email), unknown, "{email}");
    }
    for state in [ConnectionState::Draft, ConnectionState::Tested, ConnectionState::Paused] {
        world.change_connection(&world.acme, |connection| connection.state = state).await;
        for email in [ADA, "nobody@acme.example"] {
            assert_eq!(neutral(&typed(&world, email).await, email), unknown, "{email} {state:?}");
        }
    }
}

/// SC-24: of a known domain everybody is led on, whether there is such a person or not.
#[tokio::test]
async fn a_known_domain_does_not_tell_its_people_apart() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.start = Some(Start::Button)).await;
    world.add_user(&world.acme, "known@acme.example", None).await;
    let known = typed(&world, "known@acme.example").await.body.replace("known@", "?@");
    assert_eq!(typed(&world, "nobody@acme.example").await.body.replace("nobody@", "?@"), known);
}

/// SC-24: a domain counts when it is proved, and not because somebody claims it.
#[tokio::test]
async fn a_domain_that_is_not_proved_does_not_lead_anywhere() {
    let world = World::new().await;
    typed(&world, "ada@acme-labs.example").await.shows(StatusCode::OK, "No sign-in starts from this address");
    world.prove("acme-labs.example", &world.acme).await;
    assert!(typed(&world, "ada@acme-labs.example").await.location().starts_with(ENTRA));
    // A domain below it is another one.
    typed(&world, "ada@x.acme-labs.example").await.shows(StatusCode::OK, "No sign-in starts from this address");
}

/// SC-12: many domains lead to one connection, and one of them may be another connection's alone.
#[tokio::test]
async fn several_domains_lead_to_a_connection() {
    let world = World::new().await;
    let lab = second(&world, &world.acme, "lab").await;
    for (domain, only) in [("acme.test", world.acme.connection), ("lab.test", lab.connection)] {
        prove_for(&world, domain, &world.acme, only).await;
    }
    let to = |party: &Party| party.connection.to_string();
    assert!(request_of(&typed(&world, "ada@acme.test").await).contains(&to(&world.acme)));
    assert!(request_of(&typed(&world, "ada@lab.test").await).contains(&to(&lab)));
}

async fn prove_for(world: &World, domain: &str, party: &Party, connection: ConnectionId) {
    let proved = ProvedDomain {
        domain: domain.parse().unwrap(),
        account: party.account,
        connection: Some(connection),
        how: DomainProof::Operator,
        proved_at: start(),
    };
    let ctx = world.ctx();
    let fact = vestibule_domain::event::Fact::DomainChanged {
        domain: domain.to_owned(),
        change: vestibule_domain::event::DomainChange::ProvedByOperator,
    };
    let event = ctx.event(party.account, vestibule_domain::event::Actor::CommandLine, fact);
    let done = ctx.store.write(move |tx| Box::pin(async move { tx.prove_domain(&proved, &event).await })).await;
    done.unwrap();
}

/// SC-23, MX-30: where an account has two ways in, the person chooses; nothing starts by itself.
#[tokio::test]
async fn two_connections_are_offered_for_choice() {
    let world = World::new().await;
    let lab = second(&world, &world.acme, "lab").await;
    for page in [typed(&world, ADA).await, world.browser().get(&format!("{}/", world.acme.origin)).await] {
        page.shows(StatusCode::OK, "Choose where you sign in.");
        page.shows(StatusCode::OK, "Log in with Microsoft");
        page.shows(StatusCode::OK, "Log in with the lab");
    }
    let fields = [("connection", lab.connection.to_string()), ("to", String::new())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let sent = world.browser().post(&format!("{}/sign-in/start", world.acme.origin), &fields).await;
    assert!(request_of(&sent).contains(&lab.at("acs")));
}

/// HY-6: at an account's own address its connection is used, whatever address is typed: guests have others.
#[tokio::test]
async fn the_accounts_own_address_goes_before_the_domain() {
    let world = World::new().await;
    for email in ["dora@globex.example", "carol@partner.example"] {
        let sent = typed_at(&world, &world.acme.origin, email).await;
        assert!(request_of(&sent).contains(&world.acme.at("acs")), "{email}");
    }
}

/// A20.1: a form at one account's address does not start another one's connection.
#[tokio::test]
async fn a_form_of_one_account_does_not_start_another_ones_connection() {
    let world = World::new().await;
    let fields = [("connection", world.globex.connection.to_string()), ("to", String::new())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let seen = world.browser().post(&format!("{}/sign-in/start", world.acme.origin), &fields).await;
    seen.shows(StatusCode::NOT_FOUND, "nothing at this address");
}

#[tokio::test]
async fn what_is_no_address_stays_in_the_field() {
    let world = World::new().await;
    for typed_text in ["ada", "ada@", "@acme.example", "a b@acme.example", "ada@acme..example", "<b>@x"] {
        let seen = typed(&world, typed_text).await;
        assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed_text}");
        assert!(seen.body.contains("is not an e-mail address"), "{typed_text}");
    }
}

/// SC-23: the sub-domain of nobody says no more than that.
#[tokio::test]
async fn an_address_of_no_account_is_nobodys() {
    let world = World::new().await;
    let seen = world.browser().get("http://nobody.localhost:8400/").await;
    seen.shows(StatusCode::MISDIRECTED_REQUEST, "Nobody signs in at this address");
    assert!(AccountPath::parse("nobody").is_ok());
}
