//! Applications are told of the end of sessions (OpenID Connect Back-Channel Logout 1.0).

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::post;
use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::event::Fact;
use vestibule_domain::session;
use vestibule_domain::user::UserState;
use vestibule_journeys::jobs::{self, Job, Means, Turn};
use vestibule_journeys::tell_applications::TRIED;
use vestibule_oidc::ClientId;
use vestibule_oidc::relying_party::{IdToken, LogoutExpectation, LogoutToken, LogoutTokenError, verify_logout};
use vestibule_outbound::{Allow, Fetcher, Reach, TxtLookup};
use vestibule_store::tx::{SessionsOf, Untold};

use crate::support::{ADA, Browser, CLIENT, World};

const BERT: &str = "bert@acme.example";

/// A deployment whose application wants to be told, and what it was told.
struct Listening {
    world: World,
    means: Means,
    heard: Arc<Mutex<Vec<String>>>,
    says: Arc<Mutex<StatusCode>>,
}

impl Listening {
    async fn start() -> Self {
        let world = World::new().await;
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let says = Arc::new(Mutex::new(StatusCode::OK));
        let (listens, answers) = (Arc::clone(&heard), Arc::clone(&says));
        let hears = move |body: String| {
            listens.lock().unwrap().push(body);
            let answer = *answers.lock().unwrap();
            async move { answer }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/logout", listener.local_addr().unwrap());
        let router = Router::new().route("/logout", post(hears));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let means = Means {
            lookup: TxtLookup::by(Vec::new()),
            fetcher: Fetcher::new(Reach::LoopbackDeployment),
            mailer: None,
            product: "Orchard".to_owned(),
            make_key: crate::support::no_key,
            retention: vestibule_domain::retention::Retention::default(),
        };
        let it = Self { world, means, heard, says };
        it.wants_to_be_told_at(Some(url)).await;
        it
    }

    async fn wants_to_be_told_at(&self, url: Option<String>) {
        let found = self.world.services.store.read(|tx| Box::pin(async move { tx.application(CLIENT).await })).await;
        let mut application = found.unwrap().unwrap();
        application.settings.backchannel_logout_uri = url;
        self.world.save_application(&application).await;
    }

    /// Somebody signs in to the application: their browser, and what the application got.
    async fn signed_in(&self, person: &str) -> (Browser, IdToken) {
        let mut browser = self.world.browser();
        let token = self.world.sign_in(&mut browser, &self.world.acme, person).await;
        (browser, token)
    }

    async fn sign_out(&self, browser: &mut Browser) {
        let seen = browser.post(&format!("{}/sign-out", self.world.acme.origin), &[]).await;
        assert_eq!(seen.status, StatusCode::OK);
    }

    async fn turn(&self) {
        let done = jobs::turn(&self.world.ctx(), &self.means, Job::TellApplications, "one").await.unwrap();
        assert_eq!(done, Turn::Done);
    }

    /// Whether a node that looks takes a turn at once.
    async fn is_due(&self) -> bool {
        jobs::is_due(&self.world.ctx(), &self.means, Job::TellApplications).await.unwrap()
    }

    /// What it hears in a turn.
    async fn hears(&self) -> Vec<String> {
        self.turn().await;
        let heard = std::mem::take(&mut *self.heard.lock().unwrap());
        heard.iter().map(|body| body.strip_prefix("logout_token=").unwrap().to_owned()).collect()
    }

    fn verified(&self, token: &str) -> Result<LogoutToken, LogoutTokenError> {
        let jwks = self.world.jwks();
        let audience = ClientId::new(CLIENT).unwrap();
        let expected =
            LogoutExpectation { issuer: &self.world.services.issuer, audience: &audience, now: self.world.now() };
        verify_logout(token, &jwks, &expected)
    }

    /// Hears of the end of exactly this session.
    async fn hears_of(&self, session: &IdToken) {
        let heard = self.hears().await;
        let told: Vec<_> = heard.iter().map(|token| self.verified(token).unwrap()).collect();
        assert_eq!(told.len(), 1, "once");
        assert_eq!((&told[0].sid, told[0].sub.as_ref()), (&session.sid, Some(&session.sub)));
        assert_eq!(self.hears().await, [""; 0], "and never again");
    }

    async fn untold(&self) -> Vec<Untold> {
        self.world.services.store.read(|tx| Box::pin(async move { tx.untold(100).await })).await.unwrap()
    }

    async fn told(&self) -> (usize, usize) {
        let facts = self.world.facts().await;
        let told = facts.iter().filter(|fact| matches!(fact, Fact::ApplicationTold { .. })).count();
        (told, facts.iter().filter(|fact| matches!(fact, Fact::ApplicationNotTold { .. })).count())
    }
}

/// HY-2, A27.1: by whatever it ends, the application of a session is told once; those of others are not.
#[tokio::test]
async fn an_application_is_told_once_of_each_ended_session() {
    let it = Listening::start().await;
    let (_, _) = it.signed_in(BERT).await;
    assert_eq!(it.hears().await, [""; 0], "while it lasts");

    let (mut ada, token) = it.signed_in(ADA).await;
    it.sign_out(&mut ada).await;
    it.hears_of(&token).await;

    // Two codes of one session are one session.
    let (mut ada, token) = it.signed_in(ADA).await;
    let (pending, seen) = it.world.start(&mut ada, &it.world.acme).await;
    let again = it.world.redeem(&ada, &pending, &seen.location()).await;
    assert_eq!(token.sid, again.sid);
    let user = it.world.users(&it.world.acme).await.into_iter().find(|user| user.id.to_string() == token.sub).unwrap();
    let ctx = it.world.ctx();
    let event = ctx.event(
        it.world.acme.account,
        vestibule_domain::event::Actor::CommandLine,
        Fact::UserSessionsEnded { user: user.id },
    );
    let suspended = vestibule_domain::user::User { state: UserState::Suspended, ..user };
    let suspend = it.world.services.store.write(move |tx| {
        Box::pin(async move {
            tx.save_user(&suspended, &event).await?;
            let event = ctx.event(suspended.account, vestibule_domain::event::Actor::CommandLine, event.fact);
            tx.end_sessions_of(SessionsOf::User(suspended.id), &event).await
        })
    });
    assert_eq!(suspend.await.unwrap(), 1);
    it.hears_of(&token).await;
    assert_eq!(it.told().await, (2, 0), "the audit log has each");
}

/// A leaver's connection is paused: the applications of all its sessions are told.
#[tokio::test]
async fn applications_are_told_of_every_session_of_a_paused_connection() {
    let it = Listening::start().await;
    let (_, ada) = it.signed_in(ADA).await;
    let (_, bert) = it.signed_in(BERT).await;
    let dora = it.world.sign_in(&mut it.world.browser(), &it.world.globex, "dora@globex.example").await;
    let (id, ctx) = (it.world.acme.connection, it.world.ctx());
    let event = ctx.event(
        it.world.acme.account,
        vestibule_domain::event::Actor::CommandLine,
        Fact::ConnectionSessionsEnded { connection: id },
    );
    it.world.change_connection(&it.world.acme, |connection| connection.state = ConnectionState::Paused).await;
    let end = it
        .world
        .services
        .store
        .write(move |tx| Box::pin(async move { tx.end_sessions_of(SessionsOf::Connection(id), &event).await }));
    assert_eq!(end.await.unwrap(), 2);
    let heard = it.hears().await;
    let mut told: Vec<_> = heard.iter().map(|token| it.verified(token).unwrap().sid).collect();
    told.sort();
    let mut ended = [ada.sid, bert.sid];
    ended.sort();
    assert_eq!(told, ended);
    assert!(!told.contains(&dora.sid));
}

/// Back-Channel Logout §2.4, §2.6: what the application gets cannot be taken for an ID token, and names nobody.
#[tokio::test]
async fn a_logout_token_is_signed_fresh_and_without_personal_data() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    let it = Listening::start().await;
    let (mut ada, token) = it.signed_in(ADA).await;
    it.sign_out(&mut ada).await;
    it.world.pass(SignedDuration::from_hours(2));
    let heard = it.hears().await;
    let told = it.verified(&heard[0]).unwrap();
    assert_eq!(told.iat, it.world.now().as_second(), "made when it is sent");
    let parts: Vec<_> = heard[0].split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap_or_default()).collect();
    let header: serde_json::Value = serde_json::from_slice(&parts[0]).unwrap();
    assert_eq!((&header["typ"], &header["alg"]), (&"logout+jwt".into(), &"ES256".into()));
    let claims: serde_json::Value = serde_json::from_slice(&parts[1]).unwrap();
    let names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names.len(), 8, "{names:?}");
    assert!(["iss", "sub", "aud", "iat", "exp", "jti", "events", "sid"].iter().all(|name| names.contains(name)));
    assert_eq!(claims["events"], serde_json::json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    assert_eq!(claims["sub"], token.sub.as_str(), "an id of ours, which says nothing of the person");
    it.world.pass(SignedDuration::from_mins(2));
    assert!(matches!(it.verified(&heard[0]), Err(LogoutTokenError::Verify(_))), "it does not live for long");
}

/// What cannot be delivered is tried again, ever later, and is seen meanwhile.
#[tokio::test]
async fn an_application_that_fails_is_told_again() {
    let it = Listening::start().await;
    let (mut ada, token) = it.signed_in(ADA).await;
    assert!(!it.is_due().await);
    it.sign_out(&mut ada).await;
    assert!(it.is_due().await, "nobody has to wait for a minute");
    *it.says.lock().unwrap() = StatusCode::SERVICE_UNAVAILABLE;
    assert_eq!(it.hears().await.len(), 1);
    assert!(!it.is_due().await, "and nobody looks in vain meanwhile");
    assert_eq!(it.hears().await.len(), 0, "not at once");
    let untold = it.untold().await;
    assert_eq!((untold.len(), untold[0].failures), (1, 1));
    assert!(untold[0].note.as_ref().unwrap().contains("status 503"), "{untold:?}");
    it.world.pass(SignedDuration::from_mins(1));
    assert_eq!(it.hears().await.len(), 1);
    it.world.pass(SignedDuration::from_mins(1));
    assert_eq!(it.hears().await.len(), 0, "later each time");
    *it.says.lock().unwrap() = StatusCode::NO_CONTENT;
    it.world.pass(SignedDuration::from_hours(6));
    it.hears_of(&token).await;
    assert_eq!((it.told().await, it.untold().await.len()), ((1, 0), 0));
}

#[tokio::test]
async fn an_application_that_never_answers_is_given_up_in_writing_after_a_week() {
    let it = Listening::start().await;
    let (mut ada, _) = it.signed_in(ADA).await;
    it.sign_out(&mut ada).await;
    *it.says.lock().unwrap() = StatusCode::BAD_REQUEST;
    it.turn().await;
    it.world.pass(TRIED);
    it.turn().await;
    assert_eq!((it.told().await, it.untold().await.len()), ((0, 1), 0));
}

/// A24.2: an application's address reaches no further than any other that somebody typed.
#[tokio::test]
async fn an_address_that_is_not_public_is_not_told() {
    let mut it = Listening::start().await;
    it.means.fetcher = Fetcher::new(Reach::PublicOnly { allow: Allow::default() });
    let (mut ada, _) = it.signed_in(ADA).await;
    it.sign_out(&mut ada).await;
    assert_eq!(it.hears().await.len(), 0);
    assert_eq!(it.untold().await[0].failures, 1);
}

/// Who does not ask, and what is over by itself, costs nothing.
#[tokio::test]
async fn nobody_is_told_who_did_not_ask_nor_of_a_session_that_is_over_age() {
    let it = Listening::start().await;
    let (mut ada, token) = it.signed_in(ADA).await;
    assert!(token.sid.is_some());
    it.world.pass(session::ABSOLUTE);
    let swept = jobs::turn(&it.world.ctx(), &it.means, Job::Sweep, "one").await.unwrap();
    assert_eq!(swept, Turn::More);
    it.sign_out(&mut ada).await;
    it.wants_to_be_told_at(None).await;
    let (mut ada, _) = it.signed_in(ADA).await;
    it.sign_out(&mut ada).await;
    assert_eq!((it.hears().await.len(), it.untold().await.len()), (0, 0));
}
