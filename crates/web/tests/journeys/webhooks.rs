//! Webhooks: a program of somebody else is told of what happens, once it has happened, and until it has taken it.

use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use axum::Router;
use axum::response::IntoResponse as _;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use vestibule_domain::account::{AccountKind, Admission};
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::grants::Reach;
use vestibule_domain::id::AccountId;
use vestibule_domain::user::{ConsoleRole, User, UserState};
use vestibule_domain::webhook::{EventKind, Subscribed, TRIED, Webhook, WebhookSecret, WebhookSettings};
use vestibule_journeys::jobs::{self, Job, Means, Turn};
use vestibule_journeys::webhooks::{self, NotReplayed, Span};
use vestibule_outbound::{Allow, Fetcher, Reach as Reaches, TxtLookup};
use vestibule_store::tx::{DeliveryState, LoggedDelivery, SessionsOf, WebhookChange};

use crate::support::{ADA, Party, World, account, party, start};
use crate::waiting_scene::{somebody, version};

const BERT: &str = "bert@acme.example";
/// Under which ADA is known.
const ADA_MAIL: &str = "ada.example@acme.example";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEXT_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// What a receiver was sent.
#[derive(Debug, Clone)]
struct Heard {
    id: String,
    timestamp: i64,
    signature: String,
    body: String,
}

impl Heard {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// Verifies one of the signatures with one secret, as Standard Webhooks says.
    fn is_signed_with(&self, secret: &str) -> bool {
        let octets = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &octets);
        let signed = format!("{}.{}.{}", self.id, self.timestamp, self.body);
        let tags = self.signature.split(' ').map(|one| STANDARD.decode(one.strip_prefix("v1,").unwrap()).unwrap());
        tags.into_iter().any(|tag| hmac::verify(&key, signed.as_bytes(), &tag).is_ok())
    }
}

/// A program that listens on loopback.
struct Receiver {
    url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    /// The status, and a `Retry-After`.
    says: Arc<Mutex<(StatusCode, Option<&'static str>)>>,
    told: mpsc::UnboundedReceiver<()>,
    /// It answers while this is true.
    answers: watch::Sender<bool>,
}

impl Receiver {
    async fn start() -> Self {
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let says = Arc::new(Mutex::new((StatusCode::OK, None)));
        let (tell, told) = mpsc::unbounded_channel();
        let (answers, gate) = watch::channel(true);
        let (listens, speaks) = (Arc::clone(&heard), Arc::clone(&says));
        let hears = move |headers: HeaderMap, body: String| {
            let header = |name: &str| headers[name].to_str().unwrap().to_owned();
            assert_eq!(header("content-type"), "application/json");
            let timestamp = header("webhook-timestamp").parse().unwrap();
            let (id, signature) = (header("webhook-id"), header("webhook-signature"));
            listens.lock().unwrap().push(Heard { id, timestamp, signature, body });
            tell.send(()).unwrap();
            let (status, pause) = *speaks.lock().unwrap();
            let mut gate = gate.clone();
            async move {
                gate.wait_for(|is_open| *is_open).await.unwrap();
                let headers: HeaderMap =
                    pause.map(|pause: &str| (http::header::RETRY_AFTER, pause.parse().unwrap())).into_iter().collect();
                (status, headers).into_response()
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(hears));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, heard, says, told, answers }
    }

    fn answers(&self, status: StatusCode, retry_after: Option<&'static str>) {
        *self.says.lock().unwrap() = (status, retry_after);
    }

    fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<_> = self.take().iter().map(Heard::kind).collect();
        kinds.sort();
        kinds
    }
}

struct Hooked {
    world: World,
    means: Means,
}

impl Hooked {
    async fn new() -> Self {
        let means = Means {
            lookup: TxtLookup::by(Vec::new()),
            fetcher: Fetcher::new(Reaches::LoopbackDeployment),
            mailer: None,
            product: "Orchard".to_owned(),
            make_key: crate::support::no_key,
            retention: vestibule_domain::retention::Retention::default(),
        };
        Self { world: World::new().await, means }
    }

    /// A webhook, told from now on.
    async fn hook(&self, name: &str, to: &Receiver, account: Option<AccountId>, events: Subscribed) {
        self.hook_with(name, to, account, events, &[SECRET], true).await;
    }

    async fn hook_with(
        &self,
        name: &str,
        to: &Receiver,
        account: Option<AccountId>,
        events: Subscribed,
        secrets: &[&str],
        is_enabled: bool,
    ) {
        let ctx = self.world.ctx();
        let secrets: Vec<_> = secrets.iter().map(|secret| WebhookSecret::parse(secret).unwrap()).collect();
        let sealed = webhooks::seal(name, &secrets, ctx.store.sealer(), ctx.random()).unwrap();
        let settings = WebhookSettings { url: to.url.clone(), events };
        let webhook = Webhook { name: name.parse().unwrap(), account, is_enabled, settings };
        let fact = Fact::WebhookChanged { webhook: name.to_owned(), changed: Vec::new() };
        let (change, event) = (WebhookChange { webhook, sealed }, ctx.event(None, Actor::CommandLine, fact));
        let saved = ctx.store.write(move |tx| Box::pin(async move { tx.save_webhook(&change, &event).await }));
        saved.await.unwrap();
    }

    /// Something happens to nobody in particular.
    async fn happens(&self, account: Option<AccountId>, fact: Fact) {
        let event = self.world.ctx().event(account, Actor::CommandLine, fact);
        let write = self.world.services.store.write(move |tx| Box::pin(async move { tx.insert_event(&event).await }));
        write.await.unwrap();
    }

    /// Somebody of `acme` is changed.
    async fn ada_is_changed(&self) {
        let user = self.user(ADA_MAIL).await;
        self.happens(Some(self.world.acme.account), Fact::UserChanged { user: user.id }).await;
    }

    async fn user(&self, email: &str) -> User {
        let has = |user: &User| user.profile.email.as_ref().is_some_and(|known| known.key() == email);
        self.world.users(&self.world.acme).await.into_iter().find(has).unwrap()
    }

    /// All that is due is sent.
    async fn turn(&self) {
        while jobs::turn(&self.world.ctx(), &self.means, Job::SendWebhooks, "one").await.unwrap() == Turn::More {}
    }

    async fn is_due(&self) -> bool {
        jobs::is_due(&self.world.ctx(), &self.means, Job::SendWebhooks).await.unwrap()
    }

    async fn log(&self, name: &str) -> Vec<LoggedDelivery> {
        webhooks::deliveries(&self.world.services.store, name, false, 100).await.unwrap().unwrap()
    }

    async fn count(&self, is: impl Fn(&Fact) -> bool) -> usize {
        self.world.facts().await.iter().filter(|fact| is(fact)).count()
    }
}

/// The example of a kind in the documentation.
fn example(kind: &str) -> Value {
    let text = include_str!("../../../../docs/integrate/webhooks.md");
    let blocks = text.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let mut examples = blocks.map(|block| serde_json::from_str::<Value>(block).unwrap());
    examples.find(|example| example["type"] == kind).unwrap_or_else(|| panic!("no example of {kind}"))
}

/// The names of all that is in a message.
fn names(of: &Value, at: &str) -> Vec<String> {
    let Value::Object(object) = of else { return Vec::new() };
    object
        .iter()
        .flat_map(|(name, value)| [vec![format!("{at}.{name}")], names(value, &format!("{at}.{name}"))].concat())
        .collect()
}

#[track_caller]
fn is_as_documented(message: &Value) {
    let kind = message["type"].as_str().unwrap();
    assert_eq!(names(message, ""), names(&example(kind), ""), "{kind}");
}

/// A list that nothing checks is one that rots.
#[test]
fn every_kind_is_documented() {
    let text = include_str!("../../../../docs/integrate/webhooks.md");
    for kind in EventKind::ALL {
        assert!(text.contains(&format!("`{kind}`")), "{kind}");
    }
}

fn only(kinds: &[EventKind]) -> Subscribed {
    Subscribed::Only(kinds.iter().copied().collect())
}

/// Each by the journey that makes it: a sign-in, a sign-out, a suspension, a logout by the identity provider.
#[tokio::test]
async fn sign_ins_and_their_ends_are_told() {
    let it = Hooked::new().await;
    let crm = Receiver::start().await;
    it.hook("crm", &crm, None, Subscribed::All).await;
    crate::single_logout::take_part(&it.world, &it.world.acme).await;
    it.turn().await;
    crm.take();

    let mut ada = it.world.browser();
    it.world.sign_in(&mut ada, &it.world.acme, ADA).await;
    assert!(crm.take().is_empty(), "nothing is sent on the way of somebody who signs in");
    assert!(it.is_due().await);
    it.turn().await;
    assert!(!it.is_due().await, "and then nobody has anything to do");
    let heard = crm.take();
    let of = |kind: &str| heard.iter().find(|one| one.kind() == kind).unwrap_or_else(|| panic!("{heard:?}"));
    assert_eq!(heard.len(), 2, "{heard:?}");
    let (created, started) = (of("user.created").json(), of("session.started").json());
    is_as_documented(&created);
    is_as_documented(&started);
    let user = it.user(ADA_MAIL).await;
    let acme = json!({ "id": it.world.acme.account, "path": "acme" });
    let entra = json!({ "id": it.world.acme.connection, "name": "entra" });
    assert_eq!(created["timestamp"], it.world.now().to_string());
    assert_eq!(created["data"]["account"], acme);
    let said = &created["data"]["user"];
    assert_eq!((&said["id"], &said["account"], &said["state"]), (&json!(user.id), &acme, &json!("active")));
    assert_eq!((&said["display_name"], &said["email_verified"]), (&json!("Ada Example"), &json!(true)));
    assert_eq!(said["email"], json!(user.profile.email.as_ref().unwrap().as_str()));
    let session = started["data"]["session"].clone();
    assert_eq!(
        started["data"],
        json!({ "account": acme, "connection": entra, "session": session, "user": { "id": user.id } })
    );
    for one in &heard {
        assert!(one.is_signed_with(SECRET) && !one.is_signed_with(NEXT_SECRET), "{one:?}");
        assert_eq!(one.timestamp, it.world.now().as_second());
    }

    ada.post(&format!("{}/sign-out", it.world.acme.origin), &[]).await;
    it.turn().await;
    let ended = crm.take();
    assert_eq!(ended.len(), 1, "{ended:?}");
    is_as_documented(&ended[0].json());
    assert_eq!(
        ended[0].json()["data"],
        json!({
            "account": acme, "connection": entra, "scope": "sessions", "sessions": [session], "user": { "id": user.id },
        })
    );

    let mut ada = it.world.browser();
    it.world.sign_in(&mut ada, &it.world.acme, ADA).await;
    let draft = it.world.entra.broadcast(it.world.acme.tenant, "Vestibule", ADA, None).unwrap();
    ada.get(&draft.url().unwrap()).await;
    it.turn().await;
    assert_eq!(crm.kinds(), ["session.ended", "session.started"], "the identity provider ended it");

    it.world.sign_in(&mut it.world.browser(), &it.world.acme, ADA).await;
    let suspended = User { state: UserState::Suspended, ..it.user(ADA_MAIL).await };
    let ctx = it.world.ctx();
    let suspend = it.world.services.store.write(move |tx| {
        Box::pin(async move {
            let event = |fact| ctx.event(suspended.account, Actor::CommandLine, fact);
            let (user, active) = (suspended.id, false);
            tx.save_user(&suspended, &event(Fact::UserStateChanged { user, active })).await?;
            tx.end_sessions_of(SessionsOf::User(user), &event(Fact::UserSessionsEnded { user })).await
        })
    });
    assert_eq!(suspend.await.unwrap(), 1);
    it.turn().await;
    let heard = crm.take();
    let suspended = heard.iter().find(|one| one.kind() == "user.suspended").unwrap().json();
    assert_eq!(suspended["data"]["user"]["state"], "suspended");
    let ended = heard.iter().find(|one| one.kind() == "session.ended").unwrap().json();
    assert_eq!((&ended["data"]["scope"], &ended["data"]["user"]), (&json!("user"), &json!({ "id": user.id })));
}

/// SC-15: whoever waits is told of once, and what was decided.
#[tokio::test]
async fn who_waits_and_what_is_decided_is_told() {
    let it = Hooked::new().await;
    let crm = Receiver::start().await;
    let acme = it.world.acme.clone();
    it.world.change_account(&acme, |account| account.settings.admission = Admission::Waiting).await;
    let (mut eve, _) =
        somebody(&it.world, &acme, "eve@acme.example", Some(ConsoleRole::Approver), Some(Reach::Account)).await;
    it.hook("crm", &crm, Some(acme.account), Subscribed::All).await;

    it.world.try_sign_in(&mut it.world.browser(), &acme, ADA).await.shows(StatusCode::OK, "still have to be let in");
    it.world.try_sign_in(&mut it.world.browser(), &acme, ADA).await.shows(StatusCode::OK, "still have to be let in");
    it.turn().await;
    let waits = crm.take();
    assert_eq!(waits.iter().map(Heard::kind).collect::<Vec<_>>(), ["user.waiting"], "once, however often they come");
    is_as_documented(&waits[0].json());
    let applicant = waits[0].json()["data"]["applicant"].as_str().unwrap().to_owned();
    assert!(!waits[0].body.contains("Ada") && !waits[0].body.contains('@'), "who waits is the approvers' to know");

    let link = format!("{}/waiting/{applicant}", acme.origin);
    let one = eve.get(&link).await;
    eve.post(&format!("{link}/approve"), &[("version", &*version(&one))]).await.location();
    it.turn().await;
    let heard = crm.take();
    let mut kinds: Vec<_> = heard.iter().map(Heard::kind).collect();
    kinds.sort();
    assert_eq!(kinds, ["user.admitted", "user.created"]);
    let admitted = heard.iter().find(|one| one.kind() == "user.admitted").unwrap().json();
    assert_eq!((&admitted["data"]["applicant"], &admitted["data"]["merged"]), (&json!(applicant), &json!(false)));
    assert_eq!(admitted["data"]["user"]["display_name"], "Ada Example");

    it.world.try_sign_in(&mut it.world.browser(), &acme, BERT).await.shows(StatusCode::OK, "still have to be let in");
    it.turn().await;
    let applicant = crm.take()[0].json()["data"]["applicant"].as_str().unwrap().to_owned();
    let link = format!("{}/waiting/{applicant}", acme.origin);
    let one = eve.get(&link).await;
    eve.post(&format!("{link}/refuse"), &[("version", &*version(&one)), ("reason", "not of ours")]).await.location();
    it.turn().await;
    let refused = crm.take();
    assert_eq!(refused.iter().map(Heard::kind).collect::<Vec<_>>(), ["user.refused"]);
    assert!(!refused[0].body.contains("not of ours"), "the reason is theirs to read");
}

/// Sixty, thirty and seven days before, once each, however often and on however many nodes it is looked.
#[tokio::test]
async fn that_a_certificate_ends_soon_is_told() {
    let it = Hooked::new().await;
    let crm = Receiver::start().await;
    it.hook("crm", &crm, None, only(&[EventKind::CertificateExpiring])).await;
    let certificate = it.world.app_of(&it.world.acme).signing_certificate().unwrap();
    let look = async |days: i64, nodes: &[&str]| {
        let at: Timestamp = certificate.not_after() - SignedDuration::from_hours(24 * days);
        it.world.pass(at.duration_since(it.world.now()));
        for node in nodes {
            jobs::turn(&it.world.ctx(), &it.means, Job::WatchCertificates, node).await.unwrap();
            it.world.pass(jobs::LEASE);
        }
        it.turn().await;
        crm.take().iter().map(Heard::json).filter(|it| it["data"]["account"]["path"] == "acme").collect::<Vec<_>>()
    };
    assert_eq!(look(62, &["one", "two"]).await, Vec::<Value>::new());
    let told = look(60, &["one", "two"]).await;
    assert_eq!(told.len(), 1);
    is_as_documented(&told[0]);
    assert_eq!(
        told[0]["data"]["certificate"],
        json!({
            "of": "identity_provider", "thumbprint_sha256": certificate.thumbprint_sha256(),
            "not_after": certificate.not_after().to_string(), "days_left": 60, "last": true,
        })
    );
    assert_eq!(look(59, &["one"]).await.len(), 0);
    assert_eq!(look(30, &["two"]).await.len(), 1);
    assert_eq!(look(7, &["one"]).await.len(), 1);
    assert_eq!(look(1, &["one"]).await.len(), 0);
}

/// A sub-tree: an account and all below it, and nobody beside it.
#[tokio::test]
async fn a_webhook_of_an_account_hears_nothing_of_its_siblings() {
    let it = Hooked::new().await;
    let (of_acme, of_all) = (Receiver::start().await, Receiver::start().await);
    it.hook("acme", &of_acme, Some(it.world.acme.account), only(&[EventKind::UserChanged])).await;
    it.hook("all", &of_all, None, only(&[EventKind::UserChanged, EventKind::UserSuspended])).await;
    let below: Party = party("mill", "11111111-aaaa-4000-8000-000000000009", "mill.example", 9);
    let mill = account(below.account, Some(it.world.acme.account), "acme/mill", AccountKind::Customer);
    it.world.save_account(&mill).await;
    let user = it.world.add_user(&it.world.acme, "cleo@acme.example", None).await;
    for account in [Some(it.world.acme.account), Some(below.account), Some(it.world.globex.account), None] {
        it.happens(account, Fact::UserChanged { user }).await;
        it.happens(account, Fact::UserStateChanged { user, active: false }).await;
    }
    it.turn().await;
    let mut paths: Vec<_> =
        of_acme.take().iter().map(|one| one.json()["data"]["account"]["path"].as_str().unwrap().to_owned()).collect();
    paths.sort();
    assert_eq!(paths, ["acme", "acme/mill"]);
    assert_eq!(of_all.kinds().len(), 8);
}

/// Threats A27: what waits for one account's program is not told to whoever the webhook is set up for next.
#[tokio::test]
async fn a_webhook_that_is_set_up_for_another_account_is_told_nothing_of_the_one_before() {
    let it = Hooked::new().await;
    let (of_acme, of_globex) = (Receiver::start().await, Receiver::start().await);
    it.hook("crm", &of_acme, Some(it.world.acme.account), only(&[EventKind::UserChanged])).await;
    let user = it.world.add_user(&it.world.acme, "cleo@acme.example", None).await;
    // One waits for its second try, and one for its first.
    of_acme.answers(StatusCode::INTERNAL_SERVER_ERROR, None);
    it.happens(Some(it.world.acme.account), Fact::UserChanged { user }).await;
    it.turn().await;
    it.happens(Some(it.world.acme.account), Fact::UserChanged { user }).await;
    assert_eq!(of_acme.take().len(), 1);
    it.hook("crm", &of_globex, Some(it.world.globex.account), only(&[EventKind::UserChanged])).await;
    it.happens(Some(it.world.globex.account), Fact::UserChanged { user }).await;
    it.world.pass(SignedDuration::from_mins(10));
    it.turn().await;
    let told = of_globex.take();
    let paths: Vec<_> = told.iter().map(|one| one.json()["data"]["account"]["path"].clone()).collect();
    assert_eq!(paths, [json!("globex")]);
    assert_eq!(of_acme.take().len(), 0);
    let states: Vec<_> = it.log("crm").await.into_iter().map(|one| one.state).collect();
    assert_eq!(states.iter().filter(|state| **state == DeliveryState::Dropped).count(), 1, "{states:?}");
}

/// Standard Webhooks, "Deliverability and reliability": after 5 seconds, 5 minutes, and ever later; the id stays, the time
/// and the signature are those of each try, and what is told is how it is then.
#[tokio::test]
async fn what_is_not_taken_is_sent_again_under_its_id() {
    let it = Hooked::new().await;
    let crm = Receiver::start().await;
    it.world.sign_in(&mut it.world.browser(), &it.world.acme, ADA).await;
    it.hook("crm", &crm, None, only(&[EventKind::UserChanged])).await;
    it.ada_is_changed().await;
    crm.answers(StatusCode::INTERNAL_SERVER_ERROR, None);
    it.turn().await;
    let first = crm.take();
    assert_eq!(first.len(), 1);
    let waits = it.log("crm").await;
    assert_eq!((waits[0].state, waits[0].failures, waits[0].status), (DeliveryState::Waiting, 1, Some(500)));
    assert!(waits[0].note.as_ref().unwrap().starts_with("it answered with status 500 where 200 to 299 was wanted"));
    for (pause, tries) in [(4, 0), (1, 1), (299, 0), (1, 1), (29 * 60, 0), (60, 1)] {
        it.world.pass(SignedDuration::from_secs(pause));
        it.turn().await;
        assert_eq!(crm.take().len(), tries, "{pause}");
    }
    let mut ada = it.user(ADA_MAIL).await;
    ada.profile.display_name = Some("Ada King".to_owned());
    it.world.save_user(&ada).await;
    crm.answers(StatusCode::NO_CONTENT, None);
    it.world.pass(SignedDuration::from_hours(2));
    it.turn().await;
    let heard = crm.take();
    let again = heard.iter().find(|one| one.id == first[0].id).unwrap();
    assert_eq!(
        (again.json()["timestamp"].clone(), again.timestamp),
        (first[0].json()["timestamp"].clone(), it.world.now().as_second())
    );
    assert_ne!(again.signature, first[0].signature);
    assert!(again.is_signed_with(SECRET));
    assert_eq!(again.json()["data"]["user"]["display_name"], "Ada King", "not what it was");
    assert!(it.log("crm").await.iter().all(|one| one.state == DeliveryState::Delivered));
    assert!(!it.is_due().await);
}

#[tokio::test]
async fn what_is_never_taken_is_given_up_in_writing() {
    let it = Hooked::new().await;
    let crm = Receiver::start().await;
    it.world.sign_in(&mut it.world.browser(), &it.world.acme, ADA).await;
    it.hook("crm", &crm, None, only(&[EventKind::UserChanged])).await;
    it.ada_is_changed().await;
    crm.answers(StatusCode::BAD_REQUEST, None);
    for _ in 0..10 {
        it.turn().await;
        it.world.pass(SignedDuration::from_hours(24));
    }
    // By the tenth try, or after four days: whichever comes first.
    let tries = crm.take().len();
    assert_eq!(tries, 5);
    assert_eq!(it.log("crm").await[0].state, DeliveryState::GivenUp);
    let given_up = |fact: &Fact| matches!(fact, Fact::WebhookGivenUp { webhook, deliveries: 1 } if webhook == "crm");
    assert_eq!(it.count(given_up).await, 1);

    // One that answers nothing at all: all that has waited for so long goes at once.
    crm.answers(StatusCode::BAD_GATEWAY, None);
    it.ada_is_changed().await;
    it.ada_is_changed().await;
    it.turn().await;
    it.world.pass(TRIED + SignedDuration::from_secs(1));
    it.turn().await;
    let given_up = |fact: &Fact| matches!(fact, Fact::WebhookGivenUp { deliveries: 2, .. });
    assert_eq!(it.count(given_up).await, 1, "{:?}", it.log("crm").await);
}

/// Standard Webhooks: 410 ends it, and what waits goes with it.
#[tokio::test]
async fn a_webhook_that_answers_410_is_told_no_more() {
    let it = Hooked::new().await;
    let crm = Receiver::start().await;
    it.world.sign_in(&mut it.world.browser(), &it.world.acme, ADA).await;
    it.hook("crm", &crm, None, only(&[EventKind::UserChanged])).await;
    it.ada_is_changed().await;
    crm.answers(StatusCode::GONE, None);
    it.turn().await;
    assert_eq!(crm.take().len(), 1);
    it.ada_is_changed().await;
    assert!(!it.is_due().await);
    it.turn().await;
    assert_eq!(crm.take().len(), 0);
    assert_eq!(it.count(|fact| matches!(fact, Fact::WebhookEnded { webhook } if webhook == "crm")).await, 1);
    let log = it.log("crm").await;
    assert_eq!((log.len(), log[0].state, log[0].status), (1, DeliveryState::Dropped, Some(410)));
    let all = Span { since: start(), until: None, kind: None };
    let refused = webhooks::replay(&it.world.ctx(), "crm", all).await;
    assert!(matches!(refused, Err(NotReplayed::Disabled { .. })), "{refused:?}");
}

/// RFC 9110 §10.2.3.
#[tokio::test]
async fn a_pause_that_is_asked_for_is_granted() {
    let it = Hooked::new().await;
    let crm = Receiver::start().await;
    it.world.sign_in(&mut it.world.browser(), &it.world.acme, ADA).await;
    it.hook("crm", &crm, None, only(&[EventKind::UserChanged])).await;
    it.ada_is_changed().await;
    crm.answers(StatusCode::TOO_MANY_REQUESTS, Some("3600"));
    it.turn().await;
    assert_eq!(crm.take().len(), 1);
    crm.answers(StatusCode::OK, None);
    it.world.pass(SignedDuration::from_secs(3599));
    it.ada_is_changed().await;
    it.turn().await;
    assert_eq!(crm.take().len(), 0, "nor is what happens meanwhile sent");
    it.world.pass(SignedDuration::from_secs(1));
    it.turn().await;
    assert_eq!(crm.take().len(), 2);
}

/// One that takes its time has nobody else wait.
#[tokio::test]
async fn a_slow_receiver_holds_up_no_other() {
    let it = Arc::new(Hooked::new().await);
    let (slow, mut fast) = (Receiver::start().await, Receiver::start().await);
    it.world.sign_in(&mut it.world.browser(), &it.world.acme, ADA).await;
    it.hook("a-slow-one", &slow, None, only(&[EventKind::UserChanged])).await;
    it.hook("fast", &fast, None, only(&[EventKind::UserChanged])).await;
    for _ in 0..3 {
        it.ada_is_changed().await;
    }
    slow.answers.send(false).unwrap();
    let turn = tokio::spawn({
        let it = Arc::clone(&it);
        async move { it.turn().await }
    });
    for _ in 0..3 {
        fast.told.recv().await.unwrap();
    }
    assert!(!turn.is_finished(), "the slow one is waited for");
    slow.answers.send(true).unwrap();
    turn.await.unwrap();
    assert_eq!((slow.take().len(), fast.take().len()), (3, 3));
}

/// A node that dies in the middle of telling loses nothing: another one tells it, under the same id, once its lease is over.
#[tokio::test]
async fn what_a_dead_node_was_telling_is_told_by_another() {
    let it = Arc::new(Hooked::new().await);
    let mut crm = Receiver::start().await;
    it.world.sign_in(&mut it.world.browser(), &it.world.acme, ADA).await;
    it.hook("crm", &crm, None, only(&[EventKind::UserChanged])).await;
    it.ada_is_changed().await;
    crm.answers.send(false).unwrap();
    let dies = tokio::spawn({
        let it = Arc::clone(&it);
        async move { it.turn().await }
    });
    crm.told.recv().await.unwrap();
    dies.abort();
    assert!(dies.await.unwrap_err().is_cancelled());
    crm.answers.send(true).unwrap();
    let by_another = async || jobs::turn(&it.world.ctx(), &it.means, Job::SendWebhooks, "two").await;
    assert_eq!(by_another().await.unwrap(), Turn::AnotherNodes);
    it.world.pass(jobs::LEASE);
    assert_eq!(by_another().await.unwrap(), Turn::Done);
    let ids: Vec<_> = crm.take().into_iter().map(|one| one.id).collect();
    assert_eq!((ids.len(), &ids[0]), (2, &ids[1]));
    assert_eq!(it.log("crm").await[0].state, DeliveryState::Delivered);
}

/// During a rotation each secret verifies what is sent.
#[tokio::test]
async fn two_secrets_sign_both() {
    let it = Hooked::new().await;
    let crm = Receiver::start().await;
    it.world.sign_in(&mut it.world.browser(), &it.world.acme, ADA).await;
    it.hook_with("crm", &crm, None, only(&[EventKind::UserChanged]), &[NEXT_SECRET, SECRET], true).await;
    it.ada_is_changed().await;
    it.turn().await;
    let heard = crm.take();
    assert!(heard[0].is_signed_with(SECRET) && heard[0].is_signed_with(NEXT_SECRET));
    assert!(!heard[0].is_signed_with("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
}

/// What happened before somebody listened, or was lost there, is sent on demand, under the id that it has.
#[tokio::test]
async fn past_events_are_sent_again_on_demand() {
    let it = Hooked::new().await;
    let crm = Receiver::start().await;
    let before = it.world.now();
    it.world.sign_in(&mut it.world.browser(), &it.world.acme, ADA).await;
    it.world.pass(SignedDuration::from_hours(1));
    it.hook("crm", &crm, Some(it.world.acme.account), Subscribed::All).await;
    it.turn().await;
    assert_eq!(crm.take().len(), 0, "nothing by itself");

    let span = |since, until, kind| Span { since, until, kind };
    let replay = async |span| webhooks::replay(&it.world.ctx(), "crm", span).await.unwrap();
    assert_eq!(replay(span(it.world.now(), None, None)).await, 0);
    assert_eq!(replay(span(before, Some(before), None)).await, 0);
    assert_eq!(replay(span(before, None, Some(EventKind::UserCreated))).await, 1);
    assert_eq!(replay(span(before, None, None)).await, 1, "what waits is not sent twice");
    it.turn().await;
    let mut ids: Vec<_> = crm.take().into_iter().map(|one| one.id).collect();
    ids.sort();
    assert_eq!(ids.len(), 2);
    assert_eq!(replay(span(before, None, None)).await, 2, "what is over is");
    it.turn().await;
    let mut again: Vec<_> = crm.take().into_iter().map(|one| one.id).collect();
    again.sort();
    assert_eq!(again, ids);
    let unknown = webhooks::replay(&it.world.ctx(), "none", span(before, None, None)).await;
    assert!(matches!(unknown, Err(NotReplayed::Unknown { .. })), "{unknown:?}");
}

#[tokio::test]
async fn a_test_is_sent_at_once_and_its_answer_told() {
    let it = Hooked::new().await;
    let crm = Receiver::start().await;
    it.hook_with("crm", &crm, None, Subscribed::All, &[SECRET], false).await;
    let test = async |fetcher: &Fetcher| webhooks::send_test(&it.world.ctx(), fetcher, "crm").await.unwrap().unwrap();
    let tried = test(&it.means.fetcher).await;
    assert_eq!((tried.status, tried.problem), (Some(200), None));
    let heard = crm.take();
    assert_eq!(heard[0].json()["type"], "webhook.test");
    assert_eq!(heard[0].json()["data"], json!({ "webhook": "crm" }));
    assert!(heard[0].is_signed_with(SECRET));
    crm.answers(StatusCode::UNAUTHORIZED, None);
    let tried = test(&it.means.fetcher).await;
    assert_eq!(tried.status, Some(401));
    assert!(tried.problem.unwrap().starts_with("it answered with status 401 where 200 to 299 was wanted"));
    crm.take();

    // A24.2: an address that somebody typed reaches no further than any other.
    let inside = Fetcher::new(Reaches::PublicOnly { allow: Allow::default() });
    assert_eq!(test(&inside).await.status, None);
    assert_eq!(crm.take().len(), 0);
    assert_eq!(webhooks::send_test(&it.world.ctx(), &inside, "none").await.unwrap(), None);
    assert_eq!(it.log("crm").await.len(), 0);
}

/// What cannot be opened is not sent unsigned, and waits until the key is back.
#[tokio::test]
async fn nothing_is_sent_that_cannot_be_signed() {
    let it = Hooked::new().await;
    let crm = Receiver::start().await;
    it.world.sign_in(&mut it.world.browser(), &it.world.acme, ADA).await;
    it.hook("crm", &crm, None, only(&[EventKind::UserChanged])).await;
    let ctx = it.world.ctx();
    let fact = Fact::WebhookChanged { webhook: "crm".to_owned(), changed: Vec::new() };
    let event = ctx.event(None, Actor::CommandLine, fact);
    let spoil = ctx.store.write(move |tx| {
        Box::pin(async move {
            let stored = tx.webhook("crm").await?.unwrap();
            let mut sealed = stored.sealed;
            sealed.reverse();
            tx.save_webhook(&WebhookChange { webhook: stored.webhook, sealed }, &event).await
        })
    });
    spoil.await.unwrap();
    it.ada_is_changed().await;
    it.turn().await;
    assert_eq!(crm.take().len(), 0);
    let log = it.log("crm").await;
    assert_eq!((log[0].state, log[0].status), (DeliveryState::Waiting, None));
}
