//! One identity at the identity provider, several users of the account: the person chooses (XC-6).

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::connection::Reauthentication;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::UserId;
use vestibule_domain::user::{Identity, Subject, UserState};
use vestibule_journeys::unlink;
use vestibule_mock_entra::service::Delivery;
use vestibule_oidc::relying_party::{IdToken, Pending};

use crate::support::{ADA, Browser, Seen, World, request_of};

/// Ada has signed in once, and an administrator has given her identity a second user with another role.
struct Shared {
    world: World,
    agent: UserId,
    supervisor: UserId,
}

impl Shared {
    async fn new() -> Self {
        let world = World::new().await;
        world.sign_in(&mut world.browser(), &world.acme, ADA).await;
        let mut agent = world.users(&world.acme).await.pop().unwrap();
        agent.profile.name = Some("agent-17".to_owned());
        agent.profile.display_name = Some("Ada (agent)".to_owned());
        world.save_user(&agent).await;
        let supervisor = world.add_user(&world.acme, "supervisor@acme.example", None).await;
        let shared = Self { world, agent: agent.id, supervisor };
        shared.link_beside(supervisor).await;
        shared
    }

    async fn subject(&self) -> Subject {
        let agent = self.agent;
        let found = self.world.services.store.read(move |tx| {
            Box::pin(async move { Ok::<_, vestibule_store::StoreError>(tx.identities_of(agent).await?.pop()) })
        });
        found.await.unwrap().unwrap().subject
    }

    async fn link_beside(&self, user: UserId) {
        let connection = self.world.acme.connection;
        let identity = Identity { connection, subject: self.subject().await, user, linked_at: self.world.now() };
        let fact = Fact::IdentityLinked { user, connection, by_email: false };
        let event = self.world.ctx().event(self.world.acme.account, Actor::CommandLine, fact);
        let linked =
            self.world.services.store.write(move |tx| Box::pin(async move { tx.link_beside(&identity, &event).await }));
        linked.await.unwrap();
    }

    /// Ada up to where her answer has arrived.
    async fn answered(&self, browser: &mut Browser) -> (Pending, Delivery, Seen) {
        let (pending, sent) = self.world.start(browser, &self.world.acme).await;
        let delivery = self.world.answer(&sent, ADA);
        let seen = browser.deliver(&delivery).await;
        (pending, delivery, seen)
    }

    /// Chooses on the page, and is at the application.
    async fn choose(&self, browser: &mut Browser, pending: &Pending, page: &Seen, user: UserId, more: bool) -> IdToken {
        let seen = post(browser, page, user, more).await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.body);
        self.world.redeem(browser, pending, &seen.location()).await
    }
}

/// Sends the form of the page.
async fn post(browser: &mut Browser, page: &Seen, user: UserId, remember: bool) -> Seen {
    let between = |before: &str| {
        let (_, rest) = page.body.split_once(before).unwrap_or_else(|| panic!("{before} is not in {}", page.body));
        rest.split('"').next().unwrap().to_owned()
    };
    let (action, told) = (between("method=\"post\" action=\""), between("name=\"told\" value=\""));
    let origin = page.url.split("/sign-in/").next().unwrap().to_owned();
    let (told, user) = (told.as_str(), user.to_string());
    let mut fields = vec![("told", told), ("user", user.as_str())];
    fields.extend(remember.then_some(("remember", "yes")));
    browser.post(&format!("{origin}{action}"), &fields).await
}

/// XC-6: the page shows every user behind the identity, and whoever is chosen is who the application hears of.
#[tokio::test]
async fn somebody_with_several_users_chooses_who_they_are() {
    let shared = Shared::new().await;
    for user in [shared.agent, shared.supervisor] {
        let mut browser = shared.world.browser();
        let (pending, _, page) = shared.answered(&mut browser).await;
        page.shows(StatusCode::OK, "As whom do you continue?");
        for text in ["Ada (agent)", "supervisor@acme.example", "Last signed in"] {
            assert!(page.body.contains(text), "{text}: {}", page.body);
        }
        let token = shared.choose(&mut browser, &pending, &page, user, false).await;
        assert_eq!(token.sub, user.to_string());
    }
    let users = shared.world.users(&shared.world.acme).await;
    let agent = users.iter().find(|user| user.id == shared.agent).unwrap();
    assert_eq!(agent.profile.name.as_deref(), Some("agent-17"), "what tells them apart is not overwritten");
}

/// SC-28: who leaves the choice lying begins no session with an authentication that has become too old meanwhile.
#[tokio::test]
async fn a_choice_comes_too_late_for_an_authentication_that_is_too_old_by_then() {
    let shared = Shared::new().await;
    let (world, mut browser) = (&shared.world, shared.world.browser());
    world.set(&world.acme, |saml| saml.reauthentication = Reauthentication::After(300)).await;
    let (_, _, page) = shared.answered(&mut browser).await;
    world.pass(SignedDuration::from_mins(20));
    let again = post(&mut browser, &page, shared.agent, false).await;
    assert!(request_of(&again).contains("ForceAuthn=\"true\""), "{}", request_of(&again));
    let page = browser.deliver(&world.answer(&again, ADA)).await;
    let seen = post(&mut browser, &page, shared.agent, false).await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER);
}

/// SC-28: who leaves the choice lying a second time authenticates once more: no session begins without.
#[tokio::test]
async fn a_second_choice_that_comes_too_late_begins_no_session_either() {
    let shared = Shared::new().await;
    let (world, mut browser) = (&shared.world, shared.world.browser());
    world.set(&world.acme, |saml| saml.reauthentication = Reauthentication::After(300)).await;
    let (_, _, mut page) = shared.answered(&mut browser).await;
    for _ in 0..2 {
        world.pass(SignedDuration::from_mins(20));
        let again = post(&mut browser, &page, shared.agent, false).await;
        assert!(request_of(&again).contains("ForceAuthn=\"true\""), "{}", request_of(&again));
        page = browser.deliver(&world.answer(&again, ADA)).await;
    }
    browser.get(&format!("{}/me", world.acme.origin)).await.location();
}

/// XC-6: what a device remembers answers the next time, until the person wants another user.
#[tokio::test]
async fn a_choice_is_remembered_where_the_person_wants_it() {
    let shared = Shared::new().await;
    let mut browser = shared.world.browser();
    let (pending, _, page) = shared.answered(&mut browser).await;
    shared.choose(&mut browser, &pending, &page, shared.supervisor, true).await;
    let origin = &shared.world.acme.origin;
    let me = browser.get(&format!("{origin}/me")).await;
    assert!(me.body.contains("action=\"/me/other-user\""), "{}", me.body);

    browser.post(&format!("{origin}/sign-out"), &[]).await;
    let token = shared.world.sign_in(&mut browser, &shared.world.acme, ADA).await;
    assert_eq!(token.sub, shared.supervisor.to_string(), "nobody is asked");

    let sent = browser.post(&format!("{origin}/me/other-user"), &[]).await;
    let page = browser.deliver(&shared.world.answer(&sent, ADA)).await;
    page.shows(StatusCode::OK, "As whom do you continue?");
    let seen = post(&mut browser, &page, shared.agent, false).await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER);
    let me = browser.get(&format!("{origin}/me")).await;
    assert!(me.body.contains("<h1>Ada (agent)</h1>"), "{}", me.body);
}

/// OIDC Core §3.1.2.1: an application that wants a choice gets one, whatever the device remembers; what is chosen then
/// counts.
#[tokio::test]
async fn what_a_device_remembers_does_not_count_where_the_application_wants_a_choice() {
    let shared = Shared::new().await;
    let (world, mut browser) = (&shared.world, shared.world.browser());
    let (pending, _, page) = shared.answered(&mut browser).await;
    shared.choose(&mut browser, &pending, &page, shared.agent, true).await;
    let origin = &world.acme.origin;
    let (pending, ways) = world.start_at(&mut browser, origin, &[("prompt", "select_account")]).await;
    let to = ways.body.split("name=\"to\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let (to, connection) = (to.replace("&#38;", "&"), world.acme.connection.to_string());
    let sent = browser.post(&format!("{origin}/sign-in/start"), &[("to", &to), ("connection", &connection)]).await;
    let page = browser.deliver(&world.answer(&sent, ADA)).await;
    page.shows(StatusCode::OK, "As whom do you continue?");
    let token = shared.choose(&mut browser, &pending, &page, shared.supervisor, false).await;
    assert_eq!(token.sub, shared.supervisor.to_string());
}

/// A user whom the identity does not stand for is not come in as, whatever the form or the cookie says.
#[tokio::test]
async fn nobody_is_chosen_who_is_not_behind_the_identity() {
    let shared = Shared::new().await;
    let ben = shared.world.add_user(&shared.world.acme, "ben@acme.example", None).await;
    let mut browser = shared.world.browser();
    let (_, _, page) = shared.answered(&mut browser).await;
    let again = post(&mut browser, &page, ben, true).await;
    again.shows(StatusCode::OK, "As whom do you continue?");
    let origin = &shared.world.acme.origin;
    assert_eq!(browser.get(&format!("{origin}/me")).await.status, StatusCode::SEE_OTHER, "nobody is signed in");
}

/// The form needs the browser that began and the one that brought the answer, like the way behind it, and our own page.
#[tokio::test]
async fn a_choice_of_another_browser_or_site_is_refused() {
    let shared = Shared::new().await;
    let mut browser = shared.world.browser();
    let (_, _, page) = shared.answered(&mut browser).await;
    let mut stranger = shared.world.browser();
    let seen = post(&mut stranger, &page, shared.agent, false).await;
    seen.shows(StatusCode::FORBIDDEN, "another browser");
    let from_elsewhere = browser.post_from_elsewhere(&page.url, format!("user={}", shared.agent)).await;
    assert!(from_elsewhere.status.is_client_error());
}

/// HY-2: who is suspended cannot be chosen; where one remains, nobody is asked.
#[tokio::test]
async fn a_suspended_user_is_not_offered() {
    let shared = Shared::new().await;
    let users = shared.world.users(&shared.world.acme).await;
    let mut supervisor = users.into_iter().find(|user| user.id == shared.supervisor).unwrap();
    supervisor.state = UserState::Suspended;
    shared.world.save_user(&supervisor).await;
    let token = shared.world.sign_in(&mut shared.world.browser(), &shared.world.acme, ADA).await;
    assert_eq!(token.sub, shared.agent.to_string());
}

/// Unlinking is told in the audit log, ends the user's sessions, and what is under way to one.
#[tokio::test]
async fn a_user_who_is_unlinked_is_not_come_in_as_any_more() {
    let shared = Shared::new().await;
    let world = &shared.world;
    let (mut signed_in, mut choosing) = (world.browser(), world.browser());
    let (pending, _, page) = shared.answered(&mut signed_in).await;
    shared.choose(&mut signed_in, &pending, &page, shared.supervisor, false).await;
    let (_, _, page) = shared.answered(&mut choosing).await;
    let (user, connection) = (shared.supervisor, world.acme.connection);
    let listed = unlink::identities(&world.ctx(), user).await.unwrap();
    assert_eq!((listed[0].connection.as_str(), listed[0].others.as_slice()), ("acme/entra", &[shared.agent][..]));
    let nowhere = unlink::unlink(&world.ctx(), user, "acme/okta").await.unwrap_err();
    assert_eq!(nowhere.to_string(), "the user has no identity at \"acme/okta\"; it has at acme/entra");
    assert_eq!(unlink::unlink(&world.ctx(), user, "acme/entra").await.unwrap(), listed);
    let fact = Fact::IdentityUnlinked { user, connection };
    assert!(world.facts().await.contains(&fact));
    assert_eq!(signed_in.get(&format!("{}/me", world.acme.origin)).await.status, StatusCode::SEE_OTHER);
    let seen = post(&mut choosing, &page, user, false).await;
    assert!(seen.status.is_client_error(), "{}", seen.status);
    let token = world.sign_in(&mut world.browser(), &world.acme, ADA).await;
    assert_eq!(token.sub, shared.agent.to_string());
}
