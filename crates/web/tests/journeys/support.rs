//! Vestibule without a socket: its router on a database of its own, a clock that is moved by hand, a stand-in for Entra,
//! and browsers that keep cookies as browsers do.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use tower::ServiceExt as _;
use vestibule_domain::account::{Account, AccountKind, AccountPath, AccountSettings, Admission, Details, Start};
use vestibule_domain::application::{Application, ApplicationSettings};
use vestibule_domain::connection::{Connection, ConnectionState, Preset, SamlSettings, SignOn, SignOnBinding};
use vestibule_domain::event::{Actor, AuditEvent, DomainChange, Fact, KeyChange};
use vestibule_domain::id::{AccountId, ConnectionId, UserId};
use vestibule_domain::user::{ConsoleRole, Profile, User, UserState};
use vestibule_journeys::deployment::Deployment;
use vestibule_journeys::lookup::{self, Found};
use vestibule_journeys::{Ctx, ErrorCode, Services, trust};
use vestibule_mock_entra::service::{ApplicationHandle, Delivery, Draft, Entra, Person, Seed, Surroundings};
use vestibule_oidc::relying_party::{self, Pending};
use vestibule_oidc::{ClientId, ClientSecret, Issuer, Jwks, RedirectUri, SigningKey};
use vestibule_saml::types::{EndpointUrl, EntityId, LoopbackHttp};
use vestibule_store::tx::{DomainProof, EventFilter, ProvedDomain, RecentAnswer};
use vestibule_store::{Sealer, SealingKey, Store};
use vestibule_web::extract::ClientAddress;
use vestibule_web::limits::{Limits, Rates};
use vestibule_web::{App, router};

pub(crate) const BASE: &str = "http://sso.localhost:8400";
pub(crate) const ENTRA: &str = "http://entra.localhost:8400";
pub(crate) const ACME_TENANT: &str = "11111111-aaaa-4000-8000-000000000001";
pub(crate) const GLOBEX_TENANT: &str = "11111111-aaaa-4000-8000-000000000002";
pub(crate) const CALLBACK: &str = "http://app.localhost:8400/callback";
pub(crate) const CLIENT: &str = "orchard";
pub(crate) const SECRET: &str = "an-orchard-has-many-trees-and-one-gate";

/// The time at which every test begins.
pub(crate) fn start() -> Timestamp {
    "2026-03-02T10:00:00Z".parse().unwrap()
}

/// A deployment with the accounts `acme` and `globex`, each with a tenant of its own and a connection to it, and the
/// application `orchard`.
pub(crate) struct World {
    pub(crate) router: Router,
    pub(crate) services: Arc<Services>,
    pub(crate) entra: Arc<Entra>,
    pub(crate) acme: Party,
    pub(crate) globex: Party,
    clock: Arc<Mutex<Timestamp>>,
}

/// An account, its connection, and its application at Entra.
#[derive(Clone)]
pub(crate) struct Party {
    pub(crate) account: AccountId,
    pub(crate) connection: ConnectionId,
    pub(crate) tenant: &'static str,
    pub(crate) origin: String,
    pub(crate) domain: &'static str,
}

impl Party {
    /// One of the connection's addresses.
    pub(crate) fn at(&self, what: &str) -> String {
        trust::own_address(&self.origin, self.connection, what)
    }
}

impl World {
    /// As it is at first.
    pub(crate) async fn new() -> Self {
        Self::on(crate::database::open().await).await
    }

    async fn on(store: Store) -> Self {
        let clock = Arc::new(Mutex::new(start()));
        let services = Arc::new(Services {
            deployment: Deployment::new(BASE, "localhost").unwrap(),
            issuer: Issuer::new(BASE).unwrap(),
            store,
            signing_key: SigningKey::from_pkcs8(include_bytes!("token-key.pk8")).unwrap(),
            trusts: trust::TrustCache::default(),
            entropy: Box::new(counting()),
        });
        let read = Arc::clone(&clock);
        let app = App {
            services: Arc::clone(&services),
            clock: Box::new(move || *read.lock().unwrap()),
            product: "Orchard".to_owned(),
            limits: Limits::new(Rates::default()),
            outbox: None,
        };
        let entra = Arc::new(stand_in(&clock));
        let acme = party("acme", ACME_TENANT, "acme.example", 1);
        let globex = party("globex", GLOBEX_TENANT, "globex.example", 2);
        let world = Self { router: router(app), services, entra, acme, globex, clock };
        world.set_up().await;
        world
    }

    async fn set_up(&self) {
        let platform = AccountId::new(start(), [0; 10]);
        self.save_account(&account(platform, None, "", AccountKind::Platform)).await;
        for party in [&self.acme, &self.globex] {
            let slug = party.domain.split('.').next().unwrap();
            let mut account = account(party.account, Some(platform), slug, AccountKind::Customer);
            account.settings.admission = Admission::Create;
            self.save_account(&account).await;
            self.prove(party.domain, party).await;
            let app = self.app_of(party);
            app.change(|app| {
                app.identifiers = vec![party.at("metadata")];
                app.reply_urls = vec![party.at("acs")];
                app.sign_on_url = Some(party.at("start"));
            })
            .unwrap();
            self.save_connection(&self.entra_connection(party, ConnectionState::Active)).await;
        }
        let secret = ClientSecret::new(SECRET).unwrap().hash();
        let settings = ApplicationSettings {
            name: "Orchard".to_owned(),
            redirect_uris: vec![CALLBACK.to_owned()],
            secret_hashes: vec![secret.into()],
            start_url: Some("http://app.localhost:8400/".to_owned()),
            ..ApplicationSettings::default()
        };
        self.save_application(&Application { client_id: CLIENT.to_owned(), account: None, settings, version: 0 }).await;
    }

    /// A connection of an account to its tenant, by the preset for Entra.
    pub(crate) fn entra_connection(&self, party: &Party, state: ConnectionState) -> Connection {
        let certificate = self.app_of(party).signing_certificate().unwrap();
        let mut saml: SamlSettings = Preset::Entra.settings();
        saml.issuer = Some(EntityId::new(format!("https://sts.windows.net/{}/", party.tenant)).unwrap());
        let url = EndpointUrl::new(format!("{ENTRA}/{}/saml2", party.tenant), LoopbackHttp::Allow).unwrap();
        saml.sign_on = Some(SignOn { url, binding: SignOnBinding::Redirect });
        saml.certificates = vec![base64(certificate.der())];
        saml.start = Some(Start::Direct);
        Connection {
            id: party.connection,
            account: party.account,
            name: "entra".parse().unwrap(),
            state,
            saml,
            edited_at: start(),
            tested_at: None,
            version: 0,
        }
    }

    /// The application at Entra that stands for us.
    pub(crate) fn app_of(&self, party: &Party) -> ApplicationHandle {
        self.entra.application(party.tenant, "Vestibule").unwrap()
    }

    /// The context of something that happens now.
    pub(crate) fn ctx(&self) -> Ctx {
        Ctx::new(Arc::clone(&self.services), self.now())
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.clock.lock().unwrap()
    }

    /// Time passes.
    pub(crate) fn pass(&self, time: SignedDuration) {
        let mut clock = self.clock.lock().unwrap();
        *clock = clock.checked_add(time).unwrap();
    }

    fn event(&self, fact: Fact) -> AuditEvent {
        self.ctx().event(None, Actor::CommandLine, fact)
    }

    pub(crate) async fn save_account(&self, account: &Account) {
        let event = self.event(Fact::AccountChanged { account: account.id, changed: Vec::new() });
        let account = account.clone();
        let saved =
            self.services.store.write(move |tx| Box::pin(async move { tx.save_account(&account, &event).await }));
        saved.await.unwrap();
    }

    /// Changes an account's settings.
    pub(crate) async fn change_account(&self, party: &Party, change: impl FnOnce(&mut Account)) {
        self.change_account_of(party.account, change).await;
    }

    /// Changes the settings of the root of all accounts.
    pub(crate) async fn change_platform(&self, change: impl FnOnce(&mut Account)) {
        self.change_account_of(AccountId::new(start(), [0; 10]), change).await;
    }

    async fn change_account_of(&self, id: AccountId, change: impl FnOnce(&mut Account)) {
        let found = self.services.store.read(move |tx| Box::pin(async move { tx.account(id).await })).await;
        let mut account = found.unwrap().unwrap();
        change(&mut account);
        self.save_account(&account).await;
    }

    pub(crate) async fn save_connection(&self, connection: &Connection) {
        let event = self.event(Fact::ConnectionChanged { connection: connection.id, changed: Vec::new() });
        let connection = connection.clone();
        let saved =
            self.services.store.write(move |tx| Box::pin(async move { tx.save_connection(&connection, &event).await }));
        saved.await.unwrap();
    }

    /// Changes a connection.
    pub(crate) async fn change_connection(&self, party: &Party, change: impl FnOnce(&mut Connection)) {
        let mut connection = self.connection(party).await;
        change(&mut connection);
        self.save_connection(&connection).await;
    }

    pub(crate) async fn account(&self, party: &Party) -> Account {
        let id = party.account;
        let found = self.services.store.read(move |tx| Box::pin(async move { tx.account(id).await })).await;
        found.unwrap().unwrap()
    }

    pub(crate) async fn connection(&self, party: &Party) -> Connection {
        let id = party.connection;
        let found = self.services.store.read(move |tx| Box::pin(async move { tx.connection(id).await })).await;
        found.unwrap().unwrap()
    }

    pub(crate) async fn save_application(&self, application: &Application) {
        let event = self.event(Fact::ApplicationChanged { application: CLIENT.to_owned(), changed: Vec::new() });
        let application = application.clone();
        let saved = self
            .services
            .store
            .write(move |tx| Box::pin(async move { tx.save_application(&application, &event).await }));
        saved.await.unwrap();
    }

    /// The operator says that a domain is the account's.
    pub(crate) async fn prove(&self, domain: &str, party: &Party) {
        let proved = ProvedDomain {
            domain: domain.parse().unwrap(),
            account: party.account,
            connection: None,
            how: DomainProof::Operator,
            proved_at: self.now(),
        };
        let fact = Fact::DomainChanged { domain: domain.to_owned(), change: DomainChange::ProvedByOperator };
        let event = self.event(fact);
        let done = self.services.store.write(move |tx| Box::pin(async move { tx.prove_domain(&proved, &event).await }));
        done.await.unwrap();
    }

    /// Somebody whom the account knows beforehand.
    pub(crate) async fn add_user(&self, party: &Party, email: &str, console_role: Option<ConsoleRole>) -> UserId {
        let ctx = self.ctx();
        let user = User {
            id: UserId::new(ctx.now, ctx.random()),
            account: party.account,
            state: UserState::Active,
            profile: Profile { email: Some(email.parse().unwrap()), ..Profile::default() },
            console_role,
            created_at: ctx.now,
            version: 0,
        };
        let (id, event) = (user.id, self.event(Fact::UserCreated { user: user.id }));
        let saved = self.services.store.write(move |tx| Box::pin(async move { tx.insert_user(&user, &event).await }));
        saved.await.unwrap();
        id
    }

    /// Everybody in an account.
    pub(crate) async fn users(&self, party: &Party) -> Vec<User> {
        let account = party.account;
        let found = self.services.store.read(move |tx| Box::pin(async move { tx.users_in(account, None, 100).await }));
        found.await.unwrap()
    }

    /// What the audit log says happened, the latest last.
    pub(crate) async fn facts(&self) -> Vec<Fact> {
        let filter = EventFilter { account: None, user: None, before: None, limit: 200 };
        let found = self.services.store.read(move |tx| Box::pin(async move { tx.events(&filter).await }));
        let mut events = found.await.unwrap();
        events.reverse();
        events.into_iter().map(|event| event.fact).collect()
    }

    /// What the code on a page stands for, as support finds it.
    pub(crate) async fn looked_up(&self, code: &str) -> Found {
        let found = lookup::find(&self.services.store, &ErrorCode::read(code).unwrap()).await.unwrap();
        found.into_iter().next().unwrap_or_else(|| panic!("nothing is known of {code}"))
    }

    /// Where somebody is refused, and where a connection in use is tried, the details are shown.
    pub(crate) async fn show_details(&self, party: &Party) {
        self.change_account(party, |account| account.settings.show_details = Details::Shown).await;
    }

    /// A new browser.
    pub(crate) fn browser(&self) -> Browser {
        let clock = Arc::clone(&self.clock);
        Browser { router: self.router.clone(), clock, cookies: BTreeMap::new(), language: "en", address: None }
    }

    /// What Entra has the browser post, for a browser that was sent to it.
    pub(crate) fn answer(&self, sent: &Seen, person: &str) -> Delivery {
        self.entra.answer(&sent.location(), &Person::new(person)).unwrap()
    }

    /// From the application's request to the address at Entra.
    pub(crate) async fn start(&self, browser: &mut Browser, party: &Party) -> (Pending, Seen) {
        self.start_at(browser, &party.origin, &[]).await
    }

    /// The same at an origin of choice, with more parameters.
    pub(crate) async fn start_at(&self, browser: &mut Browser, origin: &str, more: &[(&str, &str)]) -> (Pending, Seen) {
        let mut random = [0; 96];
        (self.services.entropy)(&mut random);
        let pending = Pending::from_random(&random);
        let (client, callback) = (ClientId::new(CLIENT).unwrap(), RedirectUri::new(CALLBACK).unwrap());
        let endpoint = format!("{origin}/oidc/authorize");
        let url = pending.authorization_url(&endpoint, &client, &callback, "openid email", more);
        let seen = browser.get(&url).await;
        // A request that names an account goes on at that account's own address.
        let onward = seen.status == StatusCode::SEE_OTHER && seen.location().contains("/oidc/authorize?");
        let seen = if onward { browser.get(&seen.location()).await } else { seen };
        (pending, seen)
    }

    /// A whole sign-in of a person of Entra to the application: what the application learns.
    pub(crate) async fn sign_in(&self, browser: &mut Browser, party: &Party, person: &str) -> relying_party::IdToken {
        let (pending, sent) = self.start(browser, party).await;
        let delivery = self.answer(&sent, person);
        let arrived = browser.deliver(&delivery).await;
        self.redeem(browser, &pending, &arrived.location()).await
    }

    /// What the application does at its callback.
    pub(crate) async fn redeem(&self, browser: &Browser, pending: &Pending, callback: &str) -> relying_party::IdToken {
        let answered = self.token(browser, pending, callback).await;
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.body);
        let answer = relying_party::TokenAnswer::parse(&answered.body).unwrap();
        let jwks = Jwks::new([self.services.signing_key.jwk().clone()]);
        let expected = relying_party::Expectation {
            issuer: &self.services.issuer,
            audience: &ClientId::new(CLIENT).unwrap(),
            nonce: &pending.nonce,
            now: self.now(),
        };
        relying_party::verify(&answer.id_token, &jwks, &expected).unwrap()
    }

    /// The token endpoint's answer to the application.
    pub(crate) async fn token(&self, browser: &Browser, pending: &Pending, callback: &str) -> Seen {
        let query = callback.strip_prefix(&format!("{CALLBACK}?")).unwrap_or_else(|| panic!("not home: {callback}"));
        let code = pending.check_callback(query, &self.services.issuer).unwrap();
        let body = relying_party::token_request_body(&code, CALLBACK, &pending.code_verifier);
        let authorization = relying_party::basic_authorization(&ClientId::new(CLIENT).unwrap(), SECRET);
        browser.as_application(&format!("{BASE}/oidc/token"), body, &authorization).await
    }
}

fn party(slug: &str, tenant: &'static str, domain: &'static str, number: u8) -> Party {
    Party {
        account: AccountId::new(start(), [number; 10]),
        connection: ConnectionId::new(start(), [number; 10]),
        tenant,
        origin: format!("http://{slug}.localhost:8400"),
        domain,
    }
}

fn account(id: AccountId, parent: Option<AccountId>, path: &str, kind: AccountKind) -> Account {
    Account {
        id,
        parent,
        path: AccountPath::parse(path).unwrap(),
        kind,
        name: if path.is_empty() { "Platform".to_owned() } else { path.to_owned() },
        sub_domain: (!path.is_empty()).then(|| path.parse().unwrap()),
        settings: AccountSettings::default(),
        version: 0,
    }
}

fn stand_in(clock: &Arc<Mutex<Timestamp>>) -> Entra {
    let clock = Arc::clone(clock);
    let draw = counting();
    let surroundings = Surroundings {
        base_url: ENTRA.to_owned(),
        clock: Arc::new(move || *clock.lock().unwrap()),
        entropy: Arc::new(move |octets| draw(octets)),
    };
    Entra::new(Seed::from_toml(include_str!("entra.toml")).unwrap(), surroundings).unwrap()
}

/// Different bytes each time, and the same ones in each run.
fn counting() -> impl Fn(&mut [u8]) + Send + Sync {
    let state = Mutex::new(0x9e37_79b9_7f4a_7c15_u64);
    move |octets| {
        let mut state = state.lock().unwrap();
        for octet in octets {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *octet = state.to_be_bytes()[0];
        }
    }
}

pub(crate) fn base64(octets: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(octets)
}

pub(crate) fn sealer() -> Sealer {
    Sealer::new(SealingKey::new(&[7; 32]), Vec::new())
}

/// A browser: cookies for each host, each until its time is over, and a cross-site post brings none of them, for all of
/// ours are `SameSite=Lax`.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    clock: Arc<Mutex<Timestamp>>,
    cookies: BTreeMap<String, BTreeMap<String, Cookie>>,
    pub(crate) language: &'static str,
    /// The address that the listener sees; none: rates are not measured.
    pub(crate) address: Option<IpAddr>,
}

/// A cookie's value, and its end; none: with the browser.
#[derive(Clone)]
struct Cookie {
    value: String,
    until: Option<Timestamp>,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// The address that was asked.
    pub(crate) url: String,
}

impl Seen {
    /// Where it leads; an address on the same host is made whole.
    #[track_caller]
    pub(crate) fn location(&self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}: {}", self.url, self.body);
        let location = self.headers[LOCATION].to_str().unwrap();
        if location.starts_with('/') { format!("{}{location}", origin_of(&self.url)) } else { location.to_owned() }
    }

    /// That it is a page with this status and this text.
    #[track_caller]
    pub(crate) fn shows(&self, status: StatusCode, text: &str) {
        assert_eq!(self.status, status, "{}: {}", self.url, self.body);
        assert!(self.body.contains(text), "{text:?} is not on the page:\n{}", self.body);
    }
}

/// From which page a request comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From<'a> {
    Person,
    Ours,
    Elsewhere(&'a str),
}

impl Browser {
    /// The person opens an address, or is sent there.
    pub(crate) async fn get(&mut self, url: &str) -> Seen {
        let seen = self.send("GET", url, None, From::Person).await;
        self.keep(&seen);
        seen
    }

    /// A form of our own page.
    pub(crate) async fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Seen {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let seen = self.send("POST", url, Some(body), From::Ours).await;
        self.keep(&seen);
        seen
    }

    /// A form of another site's page: no cookie of ours goes with it.
    pub(crate) async fn post_from_elsewhere(&mut self, url: &str, body: String) -> Seen {
        let seen = self.send("POST", url, Some(body), From::Elsewhere(ENTRA)).await;
        self.keep(&seen);
        seen
    }

    /// The answer is posted, and the continuation followed.
    pub(crate) async fn deliver(&mut self, delivery: &Delivery) -> Seen {
        let posted = self.post_from_elsewhere(&delivery.action, delivery.body()).await;
        if posted.status == StatusCode::SEE_OTHER { self.get(&posted.location()).await } else { posted }
    }

    /// An application calls, without a browser.
    pub(crate) async fn as_application(&self, url: &str, body: String, authorization: &str) -> Seen {
        let request = Request::post(path_of(url))
            .header(HOST, host_of(url))
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.answer(url, request.body(Body::from(body)).unwrap()).await
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, host: &str, name: &str) -> Option<&str> {
        self.lasting(host).find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The cookies that go to a host now.
    fn lasting(&self, host: &str) -> impl Iterator<Item = (&str, &str)> {
        let now = *self.clock.lock().unwrap();
        let jar = self.cookies.get(host).into_iter().flatten();
        jar.filter(move |(_, cookie)| cookie.until.is_none_or(|until| now < until))
            .map(|(name, cookie)| (name.as_str(), cookie.value.as_str()))
    }

    async fn send(&self, method: &str, url: &str, body: Option<String>, from: From<'_>) -> Seen {
        let mut request = Request::builder().method(method).uri(path_of(url)).header(HOST, host_of(url));
        request = request.header(ACCEPT_LANGUAGE, self.language);
        request = match from {
            From::Person => request.header("sec-fetch-site", "none"),
            From::Ours => request.header("sec-fetch-site", "same-origin").header("origin", origin_of(url)),
            From::Elsewhere(origin) => request.header("sec-fetch-site", "cross-site").header("origin", origin),
        };
        let pairs: Vec<String> = self.lasting(host_of(url)).map(|(name, value)| format!("{name}={value}")).collect();
        if !matches!(from, From::Elsewhere(_)) && !pairs.is_empty() {
            request = request.header(COOKIE, pairs.join("; "));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let body = body.map_or_else(Body::empty, Body::from);
        self.answer(url, request.body(body).unwrap()).await
    }

    async fn answer(&self, url: &str, mut request: Request<Body>) -> Seen {
        if let Some(address) = self.address {
            request.extensions_mut().insert(ClientAddress(address));
        }
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!(!parts.status.is_server_error(), "{url}: {} {body}", parts.status);
        Seen { status: parts.status, headers: parts.headers, body, url: url.to_owned() }
    }

    fn keep(&mut self, seen: &Seen) {
        let now = *self.clock.lock().unwrap();
        let jar = self.cookies.entry(host_of(&seen.url).to_owned()).or_default();
        for line in seen.headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            let age = line.split("; ").find_map(|part| part.strip_prefix("Max-Age="));
            let age = age.map(|seconds| SignedDuration::from_secs(seconds.parse().unwrap()));
            if age.is_some_and(|age| age.is_zero()) {
                jar.remove(name);
            } else {
                let until = age.map(|age| now.checked_add(age).unwrap());
                jar.insert(name.to_owned(), Cookie { value: value.to_owned(), until });
            }
        }
    }
}

pub(crate) fn host_of(url: &str) -> &str {
    url.split_once("://").unwrap().1.split(['/', '?']).next().unwrap()
}

fn origin_of(url: &str) -> &str {
    let scheme = url.find("://").unwrap() + 3;
    url[scheme..].find(['/', '?']).map_or(url, |end| &url[..scheme + end])
}

fn path_of(url: &str) -> String {
    let rest = &url[origin_of(url).len()..];
    if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") }
}

impl World {
    /// As [`answer`](Self::answer), with a response that is changed before it is signed.
    pub(crate) fn answer_bent(&self, sent: &Seen, person: &str, bend: impl FnOnce(&mut Draft)) -> Delivery {
        self.entra.answer_bent(&sent.location(), &Person::new(person), bend).unwrap()
    }

    /// The tenant of `acme` is connected to `globex` as well: one issuer, one certificate, one application at Entra.
    pub(crate) async fn share_tenant(&self) {
        let shared = Party { tenant: ACME_TENANT, ..self.globex.clone() };
        self.app_of(&shared)
            .change(|app| {
                app.identifiers.push(shared.at("metadata"));
                app.reply_urls.push(shared.at("acs"));
            })
            .unwrap();
        let connection = self.entra_connection(&shared, ConnectionState::Active);
        self.change_connection(&shared, |present| present.saml = connection.saml).await;
    }

    /// The account's rule for people whom it does not know.
    pub(crate) async fn admit(&self, party: &Party, admission: Admission) {
        self.change_account(party, |account| account.settings.admission = admission).await;
    }

    /// Changes a person at Entra.
    pub(crate) fn change_person(
        &self,
        party: &Party,
        person: &str,
        change: impl FnOnce(&mut vestibule_mock_entra::service::User),
    ) {
        let changed = self.entra.tenant(party.tenant).unwrap().change(|tenant| {
            change(tenant.users.iter_mut().find(|user| user.user_principal_name == person).unwrap());
        });
        changed.unwrap();
    }

    /// Saves a user who exists already.
    pub(crate) async fn save_user(&self, user: &User) {
        let (user, event) = (user.clone(), self.event(Fact::UserChanged { user: user.id }));
        let saved = self.services.store.write(move |tx| Box::pin(async move { tx.save_user(&user, &event).await }));
        saved.await.unwrap();
    }

    /// Changes the application.
    pub(crate) async fn change_application(&self, change: impl FnOnce(&mut Application)) {
        let found = self.services.store.read(|tx| Box::pin(async move { tx.application(CLIENT).await })).await;
        let mut application = found.unwrap().unwrap();
        change(&mut application);
        self.save_application(&application).await;
    }

    /// The last answers that a connection got, the newest first.
    pub(crate) async fn recent_answers(&self, party: &Party) -> Vec<RecentAnswer> {
        let id = party.connection;
        let found = self.services.store.read(move |tx| Box::pin(async move { tx.recent_answers(id).await })).await;
        found.unwrap()
    }

    /// The codes of its last answers that were refused, the newest first.
    pub(crate) async fn recent_codes(&self, party: &Party) -> Vec<String> {
        self.recent_answers(party).await.into_iter().filter_map(|answer| answer.code).collect()
    }

    /// From the application's request to the end of the continuation, whatever that is.
    pub(crate) async fn try_sign_in(&self, browser: &mut Browser, party: &Party, person: &str) -> Seen {
        let (_, sent) = self.start(browser, party).await;
        let delivery = self.answer(&sent, person);
        browser.deliver(&delivery).await
    }

    /// The codes with which the audit log says that answers and people were refused so far, the latest last.
    pub(crate) async fn refusals(&self) -> Vec<String> {
        let facts = self.facts().await.into_iter();
        let codes = facts.filter_map(|fact| match fact {
            Fact::AnswerRefused { code, .. } | Fact::NotAdmitted { code, .. } => Some(code),
            _ => None,
        });
        codes.collect()
    }

    /// Whether anybody was signed in so far.
    pub(crate) async fn has_signed_in(&self) -> bool {
        self.facts().await.iter().any(|fact| matches!(fact, Fact::SignedIn { .. }))
    }
}

impl Browser {
    /// Any request, with these headers besides `Host`, from another site's page.
    pub(crate) async fn raw(&self, method: &str, url: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Seen {
        let mut request = Request::builder().method(method).uri(path_of(url)).header(HOST, host_of(url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answer(url, request.body(body.into()).unwrap()).await
    }
}

/// A person of Entra's tenant of `acme`.
pub(crate) const ADA: &str = "ada@acme.example";

impl World {
    /// What the tile of My Apps has a person's browser post where there is no Sign on URL (E-43).
    pub(crate) fn tile(&self, party: &Party, person: &str) -> Delivery {
        self.tile_bent(party, person, |_| {})
    }

    /// The same with a response that is changed before it is signed.
    pub(crate) fn tile_bent(&self, party: &Party, person: &str, bend: impl FnOnce(&mut Draft)) -> Delivery {
        self.app_of(party).change(|app| app.sign_on_url = None).unwrap();
        self.entra.unsolicited_bent(party.tenant, "Vestibule", &Person::new(person), bend).unwrap()
    }

    /// Changes what is set for a connection.
    pub(crate) async fn set(&self, party: &Party, change: impl FnOnce(&mut SamlSettings)) {
        self.change_connection(party, |connection| change(&mut connection.saml)).await;
    }

    /// Gives a connection a key pair of ours.
    pub(crate) async fn add_key(
        &self,
        party: &Party,
        purpose: vestibule_store::tx::KeyPurpose,
        [key, cert]: [&str; 2],
    ) {
        use base64::Engine as _;
        use vestibule_journeys::keys;
        let lines: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
        let pkcs8 = base64::engine::general_purpose::STANDARD.decode(lines).unwrap();
        let certificate = vestibule_xmlsec::keys::read_certificates(cert.as_bytes()).unwrap().remove(0);
        let made = keys::MadeKey { private: keys::PrivateKey::from_pkcs8(pkcs8), certificate };
        let (id, ctx) = (party.connection, self.ctx());
        let sealer = self.services.store.sealer();
        let key = keys::seal_connection_key(id, purpose, &made, ctx.now, sealer, ctx.random()).unwrap();
        let event = self.event(Fact::KeyChanged {
            purpose: "connection".to_owned(),
            key: key.id.clone(),
            change: KeyChange::Made,
        });
        let saved = self
            .services
            .store
            .write(move |tx| Box::pin(async move { tx.insert_connection_key(id, &key, &event).await }));
        saved.await.unwrap();
    }

    /// Whether a person of Entra can sign in through a connection now.
    pub(crate) async fn lets_in(&self, party: &Party, person: &str) -> bool {
        let seen = self.try_sign_in(&mut self.browser(), party, person).await;
        seen.status == StatusCode::SEE_OTHER && seen.location().starts_with(CALLBACK)
    }
}

/// The `AuthnRequest` in the address to which a browser is sent.
#[track_caller]
pub(crate) fn request_of(sent: &Seen) -> String {
    let location = sent.location();
    assert!(location.starts_with(ENTRA), "not to the identity provider: {location}");
    let message = vestibule_saml::binding::redirect::RedirectBinding::parse(&location).unwrap();
    String::from_utf8(message.xml).unwrap()
}

/// The value of a parameter of an address.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    form_urlencoded::parse(query.as_bytes()).find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}
