//! An identity provider of one account opens no other account, whatever it says.

use http::StatusCode;
use vestibule_domain::account::Details;
use vestibule_domain::connection::{AnswerTo, ConnectionState};
use vestibule_domain::event::{DomainChange, Fact};
use vestibule_mock_entra::service::{Application as EntraApplication, Assignment, Delivery, Draft};
use vestibule_saml::types::{AcsUrl, EntityId};
use vestibule_store::tx::{DomainProof, ProvedDomain};

use crate::support::{BASE, CALLBACK, GLOBEX_TENANT, World, start};

const ALIAS: &str = "http://sso.localhost:8400/legacy/acs";

/// Makes a response fit the attempt of another one in all that says to what it answers, and where.
fn fitted(draft: &mut Draft, to: &Delivery) {
    let request = to.xml.split("InResponseTo=\"").nth(1).unwrap().split('"').next().unwrap();
    draft.action.clone_from(&to.action);
    draft.relay_state.clone_from(&to.relay_state);
    draft.response.destination = Some(to.action.clone());
    draft.response.recipient = Some(to.action.clone());
    draft.response.in_response_to = Some(request.to_owned());
    draft.response.confirmation_in_response_to = Some(request.to_owned());
}

/// A20.1, A20.2: one tenant, connected to two accounts, has one issuer and one key. An answer for the one does not fit
/// the address of the other; and where all else is made to fit, the audience tells them apart.
#[tokio::test]
async fn the_answer_for_one_account_does_not_answer_the_attempt_of_another_one_of_the_same_tenant() {
    let world = World::new().await;
    world.share_tenant().await;
    let mut browser = world.browser();
    let (_, for_acme) = world.start(&mut browser, &world.acme).await;
    let (_, for_globex) = world.start(&mut browser, &world.globex).await;
    let (of_acme, of_globex) =
        (world.answer(&for_acme, "ada@acme.example"), world.answer(&for_globex, "ada@acme.example"));

    let mixed = Delivery { action: of_globex.action.clone(), relay_state: of_globex.relay_state.clone(), ..of_acme };
    browser.deliver(&mixed).await.shows(StatusCode::FORBIDDEN, "sent its answer for another address");
    assert_eq!(world.recent_codes(&world.globex).await, ["destination_mismatch"]);

    let fits_but_for_the_audience = world.answer_bent(&for_acme, "ada@acme.example", |draft| fitted(draft, &of_globex));
    let refused = browser.deliver(&fits_but_for_the_audience).await;
    refused.shows(StatusCode::FORBIDDEN, "meant for another application");
    assert_eq!(world.refusals().await, ["audience_mismatch"]);
    assert!(!world.has_signed_in().await);
    assert!(world.users(&world.globex).await.is_empty() && world.users(&world.acme).await.is_empty());
}

/// A20.1: the RelayState of another account's attempt does not lead there: the address names the connection.
#[tokio::test]
async fn the_attempt_of_another_account_is_not_found_by_its_relay_state() {
    let world = World::new().await;
    world.share_tenant().await;
    let mut browser = world.browser();
    let (_, for_acme) = world.start(&mut browser, &world.acme).await;
    let (_, for_globex) = world.start(&mut browser, &world.globex).await;
    let (of_acme, of_globex) =
        (world.answer(&for_acme, "ada@acme.example"), world.answer(&for_globex, "ada@acme.example"));

    let mixed = Delivery { relay_state: of_globex.relay_state, ..of_acme.clone() };
    let again = browser.post_from_elsewhere(&mixed.action, mixed.body()).await;
    assert_eq!(again.location(), format!("{}?restart=1&link={}", world.acme.at("start"), mixed.relay_state.unwrap()));
    assert!(!world.has_signed_in().await);
    // The attempt that the answer belongs to is untouched.
    assert!(browser.deliver(&of_acme).await.location().starts_with(CALLBACK));
}

/// A20.1: the ACS path names the connection, and an answer of another account's is none there.
#[tokio::test]
async fn an_answer_that_is_posted_at_another_accounts_address_only_begins_anew_there() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let mut delivery = world.answer(&sent, "ada@acme.example");
    delivery.action = world.globex.at("acs");
    let again = browser.post_from_elsewhere(&delivery.action, delivery.body()).await;
    assert!(again.location().starts_with(&world.globex.at("start")), "{}", again.location());
    let asked = browser.get(&again.location()).await;
    assert!(asked.location().contains(GLOBEX_TENANT), "the other account's own identity provider decides");
    assert!(!world.has_signed_in().await);
}

/// A20.1: with the RelayState of a pending attempt of the other account the answer is judged by that one's trust.
#[tokio::test]
async fn the_identity_provider_of_one_account_does_not_answer_for_another() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, for_acme) = world.start(&mut browser, &world.acme).await;
    let (_, for_globex) = world.start(&mut browser, &world.globex).await;
    let of_globex = world.answer(&for_globex, "dora@globex.example");
    // All that is not signed by a key of Globex is made to fit.
    let forged = world.answer_bent(&for_acme, "mallory@acme.example", |draft| {
        fitted(draft, &of_globex);
        let issuer = format!("https://sts.windows.net/{GLOBEX_TENANT}/");
        draft.response.response_issuer = Some(issuer.clone());
        draft.response.issuer = issuer;
        draft.response.audiences = vec![world.globex.at("metadata")];
        for (name, values) in &mut draft.response.claims {
            if name.ends_with("/tenantid") {
                *values = vec![GLOBEX_TENANT.to_owned()];
            }
        }
    });
    let refused = browser.deliver(&forged).await;
    refused.shows(StatusCode::FORBIDDEN, "We cannot verify who sent the answer.");
    assert!(!world.has_signed_in().await);
    assert_eq!(world.recent_answers(&world.globex).await.len(), 1, "the account's admin sees it");
    // Nothing was proved, so the attempt is still good.
    assert!(browser.deliver(&of_globex).await.location().starts_with(CALLBACK));
}

/// A25.1: the same object of the same tenant is two people in two accounts.
#[tokio::test]
async fn a_person_of_a_tenant_that_two_accounts_share_is_somebody_else_in_each() {
    let world = World::new().await;
    world.share_tenant().await;
    // Each account has proved a domain of the person's addresses at the time.
    let of_acme = world.sign_in(&mut world.browser(), &world.acme, "ada@acme.example").await;
    world.change_person(&world.acme, "ada@acme.example", |user| user.mail = Some("ada@globex.example".to_owned()));
    let of_globex = world.sign_in(&mut world.browser(), &world.globex, "ada@acme.example").await;
    assert_ne!(of_acme.sub, of_globex.sub);
    assert_eq!(of_acme.account.unwrap().slug, "acme");
    assert_eq!(of_globex.account.unwrap().slug, "globex");
    assert_eq!((world.users(&world.acme).await.len(), world.users(&world.globex).await.len()), (1, 1));
}

/// A25.1: the e-mail address of somebody of another account is nobody's key.
#[tokio::test]
async fn an_address_that_two_accounts_know_leads_nobody_into_the_other_one() {
    let world = World::new().await;
    let dora = world.sign_in(&mut world.browser(), &world.globex, "dora@globex.example").await;
    // Acme knows a user with Dora's address, as an administrator may write it down.
    let here = world.add_user(&world.acme, "dora@globex.example", None).await;
    let refused = world.try_sign_in(&mut world.browser(), &world.acme, "mallory@acme.example").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(world.refusals().await, ["EMAIL-DOMAIN"]);
    let again = world.sign_in(&mut world.browser(), &world.globex, "dora@globex.example").await;
    assert_eq!(again.sub, dora.sub);
    assert_ne!(again.sub, here.to_string());
}

/// A25.1: an identity provider speaks for the domains that its account has proved, and the page says so with a code.
#[tokio::test]
async fn an_address_of_another_accounts_domain_is_refused_by_name() {
    let world = World::new().await;
    world.change_account(&world.acme, |account| account.settings.show_details = Details::Shown).await;
    let refused = world.try_sign_in(&mut world.browser(), &world.acme, "mallory@acme.example").await;
    refused.shows(StatusCode::FORBIDDEN, "Your e-mail address is not one that");
    refused.shows(StatusCode::FORBIDDEN, "EMA-");
    refused.shows(StatusCode::FORBIDDEN, "&#34;globex.example&#34;, which is not proved for this account");
    assert!(world.users(&world.acme).await.is_empty());
    assert!(!world.has_signed_in().await);
    assert_eq!(world.refusals().await, ["EMAIL-DOMAIN"]);
}

/// A25.1, SC-12: a domain may be proved for one connection of the account alone.
#[tokio::test]
async fn a_domain_that_is_proved_for_another_connection_is_not_proved() {
    let world = World::new().await;
    let other = vestibule_domain::id::ConnectionId::new(start(), [9; 10]);
    let mut second = world.connection(&world.acme).await;
    (second.id, second.name, second.version) = (other, "second".parse().unwrap(), 0);
    second.state = ConnectionState::Paused;
    world.save_connection(&second).await;
    let proved = ProvedDomain {
        domain: "acme.example".parse().unwrap(),
        account: world.acme.account,
        connection: Some(other),
        how: DomainProof::Operator,
        proved_at: world.now(),
    };
    let fact = Fact::DomainChanged { domain: "acme.example".to_owned(), change: DomainChange::ProvedByOperator };
    let event = world.ctx().event(None, vestibule_domain::event::Actor::CommandLine, fact);
    let done = world.services.store.write(move |tx| Box::pin(async move { tx.prove_domain(&proved, &event).await }));
    done.await.unwrap();
    let refused = world.try_sign_in(&mut world.browser(), &world.acme, "ada@acme.example").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
    assert_eq!(world.refusals().await, ["EMAIL-DOMAIN"]);
}

/// A25.1: the same NameID at two identity providers names two people.
#[tokio::test]
async fn the_same_name_id_in_two_accounts_is_two_people() {
    let world = World::new().await;
    let by_name_id = vestibule_domain::mapping::SubjectKey::NameId;
    let name_id = "<saml:NameID xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
                   Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">number-7</saml:NameID>";
    let mut subs = Vec::new();
    for (party, person) in [(&world.acme, "ada@acme.example"), (&world.globex, "dora@globex.example")] {
        world.change_connection(party, |connection| connection.saml.subject = Some(by_name_id.clone())).await;
        let mut browser = world.browser();
        let (pending, sent) = world.start(&mut browser, party).await;
        let like_entra = |name_id: &str| name_id.replace("saml:", "").replace(" xmlns:saml", " xmlns");
        let delivery = world.answer_bent(&sent, person, |draft| draft.response.name_id = like_entra(name_id));
        let arrived = browser.deliver(&delivery).await;
        subs.push(world.redeem(&browser, &pending, &arrived.location()).await.sub);
    }
    assert_ne!(subs[0], subs[1]);
}

/// The accounts share a tenant, our entity ID, and the address for answers: only the pending request tells them apart.
async fn indistinguishable() -> World {
    let world = World::new().await;
    world.share_tenant().await;
    for party in [&world.acme, &world.globex] {
        world
            .change_connection(party, |connection| {
                connection.saml.aliases = vec![AcsUrl::new(ALIAS).unwrap()];
                connection.saml.answer_to = AnswerTo::FirstAlias;
                connection.saml.entity_id = Some(EntityId::new("legacy-sp").unwrap());
            })
            .await;
    }
    world
        .app_of(&world.acme)
        .change(|app| {
            app.identifiers = vec!["legacy-sp".to_owned()];
            app.identifier_policy = vestibule_mock_entra::service::IdentifierPolicy::default();
            app.reply_urls.push(ALIAS.to_owned());
        })
        .unwrap();
    world
}

/// A20.1, XC-12, SC-8: at a shared alias the pending attempt names the connection, and the answer must be its own.
#[tokio::test]
async fn at_a_shared_alias_an_answer_serves_the_attempt_that_it_answers_and_no_other() {
    let world = indistinguishable().await;
    let mut browser = world.browser();
    let (pending, for_acme) = world.start(&mut browser, &world.acme).await;
    let (_, for_globex) = world.start(&mut browser, &world.globex).await;
    let (of_acme, of_globex) =
        (world.answer(&for_acme, "ada@acme.example"), world.answer(&for_globex, "ada@acme.example"));
    assert_eq!((&*of_acme.action, &*of_globex.action), (ALIAS, ALIAS));

    let mixed = Delivery { relay_state: of_globex.relay_state.clone(), ..of_acme.clone() };
    let refused = browser.post_from_elsewhere(ALIAS, mixed.body()).await;
    refused.shows(StatusCode::FORBIDDEN, "This sign-in was not started here.");
    assert!(!world.has_signed_in().await);

    let arrived = browser.deliver(&of_acme).await;
    let token = world.redeem(&browser, &pending, &arrived.location()).await;
    assert_eq!(token.account.unwrap().slug, "acme");
}

/// A20.1: without a RelayState the answer's own `InResponseTo` finds its attempt, and no other one.
#[tokio::test]
async fn at_a_shared_alias_an_answer_without_relay_state_finds_its_own_attempt() {
    let world = indistinguishable().await;
    let mut browser = world.browser();
    let (pending, for_acme) = world.start(&mut browser, &world.acme).await;
    world.start(&mut browser, &world.globex).await;
    let lost = Delivery { relay_state: None, ..world.answer(&for_acme, "ada@acme.example") };
    let arrived = browser.deliver(&lost).await;
    assert_eq!(world.redeem(&browser, &pending, &arrived.location()).await.account.unwrap().slug, "acme");
}

/// A20.1: a message that nobody asked for does not choose between two accounts with one issuer.
#[tokio::test]
async fn at_a_shared_alias_a_message_that_nobody_asked_for_opens_nothing() {
    let world = indistinguishable().await;
    let browser = world.browser();
    let tenant = world.acme.tenant;
    let person = vestibule_mock_entra::service::Person::new("ada@acme.example");
    let app = world.app_of(&world.acme);
    app.change(|app| app.sign_on_url = None).unwrap();
    let delivery =
        world.entra.unsolicited_bent(tenant, "Vestibule", &person, |draft| draft.action = ALIAS.to_owned()).unwrap();
    let asked = browser.clone().post_from_elsewhere(ALIAS, delivery.body()).await;
    assert_eq!(asked.location(), format!("{BASE}/"));
    assert!(!world.has_signed_in().await);
}

/// A20.3: another application of the same tenant has the same issuer, and here the same key; its audience is not ours.
#[tokio::test]
async fn an_answer_for_another_application_of_the_tenant_is_refused() {
    let world = World::new().await;
    let other = "https://payroll.example/saml";
    world
        .entra
        .tenant(world.acme.tenant)
        .unwrap()
        .change(|tenant| {
            let certificates = tenant.applications[0].certificates.clone();
            tenant.applications.push(EntraApplication {
                app_id: "22222222-aaaa-4000-8000-00000000000f".to_owned(),
                name: "Payroll".to_owned(),
                identifiers: vec![other.to_owned()],
                reply_urls: vec!["https://payroll.example/acs".to_owned()],
                certificates,
                assignments: vec![Assignment { principal: "ada@acme.example".to_owned(), role: None }],
                ..EntraApplication::default()
            });
        })
        .unwrap();
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let ours = world.answer(&sent, "ada@acme.example");
    let person = vestibule_mock_entra::service::Person::new("ada@acme.example");
    let theirs = world.entra.unsolicited(world.acme.tenant, "Payroll", &person).unwrap();
    assert!(theirs.xml.contains(other));
    let passed_on = Delivery { action: ours.action, relay_state: ours.relay_state, ..theirs };
    browser.deliver(&passed_on).await.shows(StatusCode::FORBIDDEN, "sent its answer for another address");
    assert_eq!(world.recent_codes(&world.acme).await, ["destination_mismatch"]);
    // All else could be made to fit only by the identity provider itself; the audience alone is enough.
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let ours = world.answer(&sent, "ada@acme.example");
    let theirs =
        world.entra.unsolicited_bent(world.acme.tenant, "Payroll", &person, |draft| fitted(draft, &ours)).unwrap();
    assert!(theirs.xml.contains(other));
    browser.deliver(&theirs).await.shows(StatusCode::FORBIDDEN, "meant for another application");
    assert_eq!(world.refusals().await, ["audience_mismatch"]);
    assert!(!world.has_signed_in().await);
}

/// A20.4: the claim of the tenant is held against the issuer.
#[tokio::test]
async fn a_tenant_in_the_claims_that_is_not_the_issuers_is_refused() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let delivery = world.answer_bent(&sent, "ada@acme.example", |draft| {
        let tenant = draft.response.claims.iter_mut().find(|(name, _)| name.ends_with("/tenantid")).unwrap();
        tenant.1 = vec![GLOBEX_TENANT.to_owned()];
    });
    let refused = browser.deliver(&delivery).await;
    refused.shows(StatusCode::FORBIDDEN, "The answer comes from another sign-in than the one of acme.");
    assert!(!world.has_signed_in().await);
}

/// An application that serves one account: neither form nor parameter nor host leads others' people in.
#[tokio::test]
async fn an_application_of_one_account_takes_nobody_of_another() {
    let world = World::new().await;
    world.change_application(|application| application.account = Some(world.globex.account)).await;
    let mut browser = world.browser();

    let at_the_base = world.start_at(&mut browser, BASE, &[]).await.1;
    assert!(at_the_base.location().contains(GLOBEX_TENANT), "its own account is the only way");
    let at_another_host = world.start(&mut browser, &world.acme).await.1;
    at_another_host.shows(StatusCode::NOT_FOUND, "There is nothing at this address.");
    let another_hint = world.start_at(&mut browser, BASE, &[("account", "acme")]).await.1;
    another_hint.shows(StatusCode::NOT_FOUND, "There is nothing at this address.");
    let connection = world.acme.connection.to_string();
    let another_connection = world.start_at(&mut browser, BASE, &[("connection", &connection)]).await.1;
    assert_eq!(another_connection.status, StatusCode::OK, "{}", another_connection.body);
    assert!(!another_connection.body.contains("name=\"connection\""), "the page offers nothing");

    let to = at_the_base.url.split_once('?').unwrap().1;
    for origin in [BASE, &world.acme.origin, &world.globex.origin] {
        let form = [("to", to), ("connection", &*connection)];
        let forged = browser.post(&format!("{origin}/sign-in/start"), &form).await;
        assert_eq!(forged.status, StatusCode::NOT_FOUND, "{origin}: {}", forged.body);
    }
}

/// At one account's address the button of another account's connection leads nowhere, whatever the form says.
#[tokio::test]
async fn a_form_with_another_accounts_connection_is_refused() {
    let world = World::new().await;
    let mut browser = world.browser();
    let connection = world.globex.connection.to_string();
    let url = format!("{}/sign-in/start", world.acme.origin);
    let forged = browser.post(&url, &[("connection", &connection)]).await;
    forged.shows(StatusCode::NOT_FOUND, "There is nothing at this address.");
    for what in ["start", "test"] {
        let url = format!("{}/sso/{connection}/{what}", world.acme.origin);
        browser.get(&url).await.shows(StatusCode::NOT_FOUND, "There is nothing at this address.");
    }
    assert!(world.facts().await.iter().all(|fact| !matches!(fact, Fact::SignInStarted { .. })));
}

/// A20.1: an answer arrives at its own account's address, or at one that is set for it; another account's is neither.
#[tokio::test]
async fn an_answer_at_another_accounts_host_lets_nobody_in() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let mut delivery = world.answer(&sent, "ada@acme.example");
    delivery.action = delivery.action.replace(&world.acme.origin, &world.globex.origin);
    let again = browser.post_from_elsewhere(&delivery.action, delivery.body()).await;
    assert!(
        again.location().starts_with(&world.acme.at("start")),
        "at the account's own address: {}",
        again.location()
    );
    assert!(!world.has_signed_in().await);
}

/// An application that asks for one account at another one's address gets neither.
#[tokio::test]
async fn a_host_and_an_account_that_differ_lead_nowhere() {
    let world = World::new().await;
    let mut browser = world.browser();
    world.sign_in(&mut browser, &world.acme, "ada@acme.example").await;
    let (_, mixed) = world.start_at(&mut browser, &world.acme.origin, &[("account", "globex")]).await;
    mixed.shows(StatusCode::NOT_FOUND, "There is nothing at this address.");
}

/// A session of one account does not answer for another: not by name, not by connection, not by somebody's address.
#[tokio::test]
async fn a_session_answers_for_its_own_account_alone() {
    let world = World::new().await;
    let mut browser = world.browser();
    // A session at the deployment's own address, which all accounts share.
    let own = world.acme.connection.to_string();
    let (pending, sent) = world.start_at(&mut browser, BASE, &[("connection", &own)]).await;
    let arrived = browser.deliver(&world.answer(&sent, "ada@acme.example")).await;
    world.redeem(&browser, &pending, &arrived.location()).await;
    for more in [&[("connection", &*own)][..], &[("login_hint", "bert@acme.example")], &[]] {
        let (pending, again) = world.start_at(&mut browser, BASE, more).await;
        world.redeem(&browser, &pending, &again.location()).await;
    }

    let connection = world.globex.connection.to_string();
    for other in [("account", "globex"), ("connection", &*connection), ("login_hint", "dora@globex.example")] {
        let (_, asked) = world.start_at(&mut browser, BASE, &[other]).await;
        assert!(asked.location().contains(GLOBEX_TENANT), "{other:?}: {}", asked.location());
        let (pending, silent) = world.start_at(&mut browser, BASE, &[other, ("prompt", "none")]).await;
        let answer = silent.location();
        let query = answer.strip_prefix(&format!("{CALLBACK}?")).unwrap();
        let refused = pending.check_callback(query, &world.services.issuer).unwrap_err();
        assert!(refused.to_string().contains("login_required"), "{other:?}: {refused}");
    }
}

/// An application that was restricted to another account meanwhile gets no code for a sign-in that began before.
#[tokio::test]
async fn an_application_that_is_restricted_while_somebody_signs_in_gets_no_code() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let delivery = world.answer(&sent, "ada@acme.example");
    world.change_application(|application| application.account = Some(world.globex.account)).await;
    let refused = browser.deliver(&delivery).await;
    refused.shows(StatusCode::NOT_FOUND, "There is nothing at this address.");
    assert!(!world.has_signed_in().await);
}

/// A session of an account is nothing at another account's address: cookies are of one host.
#[tokio::test]
async fn a_session_at_one_accounts_address_is_none_at_anothers() {
    let world = World::new().await;
    let mut browser = world.browser();
    world.sign_in(&mut browser, &world.acme, "ada@acme.example").await;
    let (_, asked) = world.start(&mut browser, &world.globex).await;
    assert!(asked.location().contains(GLOBEX_TENANT));
}
