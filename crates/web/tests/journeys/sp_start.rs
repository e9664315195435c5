//! From the application to the identity provider and back.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::{Admission, Details};
use vestibule_domain::connection::{ConnectionState, Preset, Reauthentication};
use vestibule_domain::event::Fact;
use vestibule_mock_entra::service::{Draft, Method, Person};
use vestibule_saml::types::AuthnContextClassRef;

use crate::support::{ACME_TENANT, ADA, BASE, CALLBACK, World, base64, parameter, request_of, start};

/// XC-1, XC-29, HY-6, HY-7, HY-8, SC-26: no local password, the Redirect binding there, a form back, and in.
#[tokio::test]
async fn somebody_is_signed_in_to_the_application_by_their_own_identity_provider() {
    let world = World::new().await;
    let mut browser = world.browser();
    let token = world.sign_in(&mut browser, &world.acme, "ada@acme.example").await;
    assert_eq!(token.email.as_deref(), Some("Ada.Example@acme.example"), "as it was received (XC-10)");
    assert_eq!(token.account.unwrap().slug, "acme");
    let users = world.users(&world.acme).await;
    assert_eq!(users.len(), 1, "created at the first sign-in (CC-17)");
    assert_eq!(token.sub, users[0].id.to_string());
    assert!(
        world
            .facts()
            .await
            .iter()
            .any(|fact| matches!(fact, Fact::SignedIn { user: Some(user), .. } if *user == users[0].id))
    );
}

#[tokio::test]
async fn the_same_person_is_the_same_user_next_time() {
    let world = World::new().await;
    let first = world.sign_in(&mut world.browser(), &world.acme, "ada@acme.example").await;
    let second = world.sign_in(&mut world.browser(), &world.acme, "ada@acme.example").await;
    assert_eq!(first.sub, second.sub);
    assert_eq!(world.users(&world.acme).await.len(), 1);
}

/// A16.4: an answer serves once, in whichever browser.
#[tokio::test]
async fn an_answer_that_comes_again_lets_nobody_in() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let delivery = world.answer(&sent, "ada@acme.example");
    browser.deliver(&delivery).await.location();
    let again = browser.post_from_elsewhere(&delivery.action, delivery.body()).await;
    // The attempt is over, so the message is one that nobody asked for; it only leads to a new start.
    assert!(again.location().contains("/start?restart=1"));
}

/// A23.3: the answer of one browser's attempt lets no other browser in.
#[tokio::test]
async fn another_browser_than_the_one_that_began_is_not_let_in() {
    let world = World::new().await;
    let (mut mallory, mut victim) = (world.browser(), world.browser());
    let (_, sent) = world.start(&mut mallory, &world.acme).await;
    let delivery = world.answer(&sent, "mallory@acme.example");
    let arrived = victim.deliver(&delivery).await;
    arrived.shows(StatusCode::FORBIDDEN, "another browser");
    assert_eq!(victim.cookie("acme.localhost:8400", "vestibule_session"), None);

    // Both may come again as often as they like: the audit log does not grow by it.
    let audited = world.facts().await;
    let page = format!("{}/sign-in/{}", world.acme.origin, delivery.relay_state.as_deref().unwrap());
    for browser in [&mut mallory, &mut victim] {
        browser.get(&page).await.shows(StatusCode::FORBIDDEN, "another browser");
    }
    assert_eq!(world.facts().await, audited);
}

/// XC-30, E-18, E-25: the session at Entra is reused without a question, however old it is.
#[tokio::test]
async fn an_old_session_at_the_identity_provider_signs_in_without_a_question() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (pending, sent) = world.start(&mut browser, &world.acme).await;
    assert!(!request_of(&sent).contains("ForceAuthn"), "{}", request_of(&sent));
    let long_ago = start() - SignedDuration::from_hours(80 * 24);
    let person = Person::new(ADA).signed_in_since(long_ago);
    let delivery = world.entra.answer(&sent.location(), &person).unwrap();
    let home = browser.deliver(&delivery).await.location();
    let token = world.redeem(&browser, &pending, &home).await;
    assert_eq!(token.auth_time, Some(long_ago.as_second()), "the application learns how old it is");
}

/// XC-30: the first answer that is over age leads back once, with `ForceAuthn`.
#[tokio::test]
async fn an_answer_that_is_over_age_is_asked_for_anew_once() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.reauthentication = Reauthentication::After(3600)).await;
    let mut browser = world.browser();
    let (pending, sent) = world.start(&mut browser, &world.acme).await;
    assert!(!request_of(&sent).contains("ForceAuthn"), "an age is no demand to authenticate anew");
    let person = Person::new(ADA).signed_in_since(start() - SignedDuration::from_hours(2));
    let old = world.entra.answer(&sent.location(), &person).unwrap();
    let again = browser.deliver(&old).await;
    assert!(request_of(&again).contains("ForceAuthn=\"true\""), "{}", request_of(&again));
    assert!(!world.has_signed_in().await);

    let fresh = world.entra.answer(&again.location(), &person).unwrap();
    let home = browser.deliver(&fresh).await.location();
    assert_eq!(world.redeem(&browser, &pending, &home).await.auth_time, Some(start().as_second()));
}

/// XC-30: an identity provider that does not heed `ForceAuthn` is not asked for ever.
#[tokio::test]
async fn a_second_answer_that_is_over_age_is_refused() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.reauthentication = Reauthentication::After(3600)).await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let old = |draft: &mut Draft| draft.response.authn_instant = "2026-03-02T08:00:00.000Z".to_owned();
    let again = browser.deliver(&world.answer_bent(&sent, ADA, old)).await;
    let refused = browser.deliver(&world.answer_bent(&again, ADA, old)).await;
    refused.shows(StatusCode::FORBIDDEN, "too long ago");
    assert!(!world.has_signed_in().await);
}

/// XC-30: an account that wants it has everybody authenticate each time.
#[tokio::test]
async fn a_connection_may_demand_a_new_authentication_each_time() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.reauthentication = Reauthentication::Always).await;
    let (_, sent) = world.start(&mut world.browser(), &world.acme).await;
    assert!(request_of(&sent).contains("ForceAuthn=\"true\""));
}

/// E-17: a demand for a way of authentication fails more often than it protects, so there is none unless it is set.
#[tokio::test]
async fn no_way_of_authentication_is_demanded_unless_one_is_set() {
    let world = World::new().await;
    let (_, sent) = world.start(&mut world.browser(), &world.acme).await;
    assert!(!request_of(&sent).contains("RequestedAuthnContext"));

    world.set(&world.acme, |saml| saml.authn_context = vec![AuthnContextClassRef::PASSWORD_PROTECTED_TRANSPORT]).await;
    let (_, sent) = world.start(&mut world.browser(), &world.acme).await;
    let request = request_of(&sent);
    assert!(request.contains("Comparison=\"exact\"") && request.contains("PasswordProtectedTransport"), "{request}");
    assert!(world.lets_in(&world.acme, ADA).await);
}

/// E-17: somebody who came another way than was demanded is told so by Entra, and by us where the answer says it.
#[tokio::test]
async fn an_answer_by_another_way_than_the_demanded_one_is_refused() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.authn_context = vec![AuthnContextClassRef::PASSWORD_PROTECTED_TRANSPORT]).await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let at_entra = world.entra.answer(&sent.location(), &Person::new(ADA).by(Method::X509)).unwrap_err();
    assert_eq!(at_entra.code, 75011);
    let bent = world.answer_bent(&sent, ADA, |draft| {
        draft.response.authn_context = AuthnContextClassRef::X509.as_str().to_owned();
    });
    browser.deliver(&bent).await.shows(StatusCode::FORBIDDEN, "signed in another way");
}

/// SC-25, E-12: Entra is told who comes, beside the request and never in it.
#[tokio::test]
async fn the_typed_address_is_handed_on_to_entra() {
    let world = World::new().await;
    let mut browser = world.browser();
    let sent = browser.post(&format!("{BASE}/sign-in/discover"), &[("to", ""), ("email", ADA)]).await;
    assert_eq!(parameter(&sent.location(), "login_hint").as_deref(), Some(ADA));
    assert!(!request_of(&sent).contains("Subject") && !request_of(&sent).contains(ADA));

    let (_, sent) = world.start_at(&mut browser, &world.acme.origin, &[("login_hint", "bert@acme.example")]).await;
    assert_eq!(parameter(&sent.location(), "login_hint").as_deref(), Some("bert@acme.example"));
    let sent = browser.get(&format!("{}?login_hint={ADA}", world.acme.at("start"))).await;
    assert_eq!(parameter(&sent.location(), "login_hint").as_deref(), Some(ADA));
}

#[tokio::test]
async fn the_typed_address_is_handed_on_to_nobody_who_does_not_take_it() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.login_hint = Preset::Generic.settings().login_hint).await;
    let mut browser = world.browser();
    let sent = browser.post(&format!("{BASE}/sign-in/discover"), &[("to", ""), ("email", ADA)]).await;
    assert_eq!(parameter(&sent.location(), "login_hint"), None);
}

/// E-26: what Entra tells us by a response is explained by its number.
#[tokio::test]
async fn an_error_of_entra_is_explained_by_its_number() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let id = parameter(&sent.location(), "RelayState").unwrap();
    let request_id = request_of(&sent).split(" ID=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let failure = |number: u32| {
        let xml = format!(
            r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_f{number}" Version="2.0" IssueInstant="2026-03-02T10:00:00Z" Destination="{}" InResponseTo="{request_id}"><Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">https://sts.windows.net/{ACME_TENANT}/</Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Requester"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported"/></samlp:StatusCode><samlp:StatusMessage>AADSTS{number}: a text that changes. Trace ID: 0</samlp:StatusMessage></samlp:Status></samlp:Response>"#,
            world.acme.at("acs")
        );
        form_urlencoded::Serializer::new(String::new())
            .append_pair("SAMLResponse", &base64(xml.as_bytes()))
            .append_pair("RelayState", &id)
            .finish()
    };
    for (number, explained) in [(75011, "Let the connection demand none."), (50105, "Assign the person")] {
        let page = browser.post_from_elsewhere(&world.acme.at("acs"), failure(number)).await;
        page.shows(StatusCode::FORBIDDEN, &format!("AADSTS{number}"));
        page.shows(StatusCode::FORBIDDEN, explained);
    }
    // Nobody proved anything, so the attempt still waits for its answer.
    assert!(browser.deliver(&world.answer(&sent, ADA)).await.location().starts_with(CALLBACK));
}

/// XC-31: the page names the claim, the value and the account, and says what to change.
#[tokio::test]
async fn an_address_that_does_not_fit_is_told_with_claim_value_and_account() {
    let world = World::new().await;
    world.change_account(&world.acme, |account| account.settings.show_details = Details::Shown).await;
    let turned = world.try_sign_in(&mut world.browser(), &world.acme, "mallory@acme.example").await;
    for text in [
        "Your e-mail address is not one that acme may sign in.",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
        "dora@globex.example",
        "a domain that is proved for acme",
        "Prove the domain for this account",
    ] {
        turned.shows(StatusCode::FORBIDDEN, text);
    }
    // The directory has one spelling and the account another: whoever compares the two sees both ends.
    world.admit(&world.acme, Admission::InvitedOnly).await;
    world.add_user(&world.acme, "ada@acme.example", None).await;
    let turned = world.try_sign_in(&mut world.browser(), &world.acme, ADA).await;
    for text in ["Ada.Example@acme.example", "person who is known to acme", "Add the person to the account"] {
        turned.shows(StatusCode::FORBIDDEN, text);
    }
}

/// XC-31: what the answer said is for those to whom the account shows details.
#[tokio::test]
async fn an_address_that_does_not_fit_is_kept_from_others() {
    let world = World::new().await;
    let turned = world.try_sign_in(&mut world.browser(), &world.acme, "mallory@acme.example").await;
    turned.shows(StatusCode::FORBIDDEN, "Your e-mail address is not one that acme may sign in.");
    assert!(!turned.body.contains("globex.example"), "{}", turned.body);
}

/// A16.1, A23.3: whoever begins a sign-in and has somebody else follow its link to the identity provider learns nothing
/// of that person and is not signed in as them, neither before nor after the person's own browser comes back; nor does a
/// test of the connection tell who they are.
#[tokio::test]
async fn who_has_somebody_else_answer_their_attempt_is_not_signed_in_as_them() {
    let world = World::new().await;
    for test in [false, true] {
        let (mut mallory, mut victim) = (world.browser(), world.browser());
        let sent = if test {
            mallory.get(&world.acme.at("test")).await
        } else {
            world.start(&mut mallory, &world.acme).await.1
        };
        let delivery = world.answer(&sent, ADA);
        let posted = victim.post_from_elsewhere(&delivery.action, delivery.body()).await;
        let attempt = format!("{}/sign-in/{}", world.acme.origin, delivery.relay_state.unwrap());
        for url in [attempt.clone(), format!("{attempt}?told="), format!("{attempt}?told=AAAAAAAAAAAAAAAAAAAAAA")] {
            let refused = mallory.get(&url).await;
            refused.shows(StatusCode::FORBIDDEN, "another browser");
            assert!(!refused.body.contains("acme.example"), "{}", refused.body);
        }
        victim.get(&posted.location()).await.shows(StatusCode::FORBIDDEN, "another browser");
        let refused = mallory.get(&posted.location()).await;
        assert!(refused.status.is_client_error(), "{}", refused.status);
        assert!(!refused.body.contains("acme.example"), "the attempt is over: {}", refused.body);
        assert_eq!(mallory.cookie("acme.localhost:8400", "vestibule_session"), None);
    }
    assert!(!world.has_signed_in().await);
}

/// A27.1: an answer of the time before a connection was paused lets nobody in afterwards.
#[tokio::test]
async fn a_pause_between_answer_and_continuation_lets_nobody_in() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let delivery = world.answer(&sent, ADA);
    let posted = browser.post_from_elsewhere(&delivery.action, delivery.body()).await;
    world.change_connection(&world.acme, |connection| connection.state = ConnectionState::Paused).await;
    browser.get(&posted.location()).await.shows(StatusCode::FORBIDDEN, "paused");
    assert!(!world.has_signed_in().await);
}
