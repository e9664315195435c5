//! Vestibule without a socket: its router on a database of its own, a clock that is moved by hand, a stand-in for Entra,
//! and browsers that keep cookies as browsers do.

// This file is read from two folders, which name the files below it differently.
#[path = "support/browser.rs"]
mod browser;
#[path = "support/records.rs"]
mod records;
#[path = "support/trips.rs"]
mod trips;

use std::sync::{Arc, Mutex};

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use vestibule_domain::account::{Account, AccountKind, AccountPath, AccountSettings, Admission, Start};
use vestibule_domain::application::{Application, ApplicationSettings};
use vestibule_domain::branding::Branding;
use vestibule_domain::connection::{Connection, ConnectionState, Preset, SamlSettings, SignOn, SignOnBinding};
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::{AccountId, ConnectionId};
use vestibule_domain::session::SessionSettings;
use vestibule_journeys::deployment::Deployment;
use vestibule_journeys::forward_auth::Visitors;
use vestibule_journeys::keys::{MadeKey, PrivateKey};
use vestibule_journeys::password::{Hasher, Leaked};
use vestibule_journeys::set_up_connection::Tools;
use vestibule_journeys::token_keys::{Ring, TokenKeys};
use vestibule_journeys::{Ctx, Services, trust};
use vestibule_mock_entra::service::{ApplicationHandle, Entra, Seed, Surroundings};
use vestibule_oidc::{Algorithm, ClientSecret, Issuer, Jwks, SigningKey};
use vestibule_outbound::{Fetcher, Reach};
use vestibule_saml::types::{EndpointUrl, EntityId, LoopbackHttp};
use vestibule_store::{Sealer, SealingKey, Store};
use vestibule_web::limits::{Limits, Rates};
use vestibule_web::{App, router};

pub(crate) use browser::{Browser, Seen, parameter, request_of};

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
        Self::on(crate::database::open().await, Hasher::default(), &[]).await
    }

    /// Where these proxies show our pages below names of their own.
    pub(crate) async fn behind(proxies: &[&str]) -> Self {
        Self::on(crate::database::open().await, Hasher::default(), proxies).await
    }

    /// Where nobody may choose this password.
    pub(crate) async fn where_leaked(password: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vestibule-journeys-leaked-{}", std::process::id()));
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        std::fs::write(&path, hash.as_ref().iter().map(|octet| format!("{octet:02X}")).collect::<String>()).unwrap();
        let hasher = Hasher::new(Some(Arc::new(Leaked::open(&path).unwrap())));
        // It is open: the name is needed no more.
        std::fs::remove_file(&path).unwrap();
        Self::on(crate::database::open().await, hasher, &[]).await
    }

    async fn on(store: Store, hasher: Hasher, proxies: &[&str]) -> Self {
        let proxies = proxies.iter().map(|name| name.parse().unwrap()).collect();
        let clock = Arc::new(Mutex::new(start()));
        let services = Arc::new(Services {
            deployment: Deployment::new(BASE, "localhost").unwrap().proxied_by(proxies),
            issuer: Issuer::new(BASE).unwrap(),
            store,
            token_keys: TokenKeys::new(Ring::of(Algorithm::ALL.map(token_key), start())),
            trusts: trust::TrustCache::default(),
            visitors: Visitors::default(),
            hasher,
            entropy: Box::new(counting()),
        });
        let read = Arc::clone(&clock);
        let app = App {
            services: Arc::clone(&services),
            clock: Box::new(move || *read.lock().unwrap()),
            product: "Orchard".to_owned(),
            limits: Limits::new(Rates::default()),
            tools: tools(),
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

    /// The keys that applications are shown.
    pub(crate) fn jwks(&self) -> Jwks {
        self.services.token_keys.ring().published(self.now())
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
}

/// What a set-up works with here: metadata on this machine, and always the same key.
pub(crate) fn tools() -> Tools {
    Tools { fetcher: Fetcher::new(Reach::LoopbackDeployment), make_key: connection_key, make_token_key: next_token_key }
}

#[expect(clippy::unnecessary_wraps, reason = "others who make keys may fail")]
fn next_token_key(algorithm: Algorithm) -> Result<PrivateKey, String> {
    Ok(PrivateKey::from_pkcs8(match algorithm {
        Algorithm::Es256 => include_bytes!("token-key.pk8").to_vec(),
        Algorithm::Rs256 => include_bytes!("token-key-rsa.pk8").to_vec(),
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "others who make keys may fail")]
fn connection_key(_: &str, _: Timestamp) -> Result<MadeKey, String> {
    let private = PrivateKey::from_pkcs8(include_bytes!("token-key-rsa.pk8").to_vec());
    let certificate = vestibule_mock_entra::keys::certificate("sp");
    Ok(MadeKey { private, certificate })
}

/// Where no key is to be made.
pub(crate) fn no_key(algorithm: Algorithm) -> Result<PrivateKey, String> {
    Err(format!("nobody wants a key for {algorithm} here"))
}

/// The first key of each kind; always the same.
pub(crate) fn token_key(algorithm: Algorithm) -> SigningKey {
    let der: &[u8] = match algorithm {
        Algorithm::Es256 => include_bytes!("token-key.pk8"),
        Algorithm::Rs256 => include_bytes!("token-key-rsa.pk8"),
    };
    SigningKey::from_pkcs8(algorithm, der).unwrap()
}

pub(crate) fn party(slug: &str, tenant: &'static str, domain: &'static str, number: u8) -> Party {
    Party {
        account: AccountId::new(start(), [number; 10]),
        connection: ConnectionId::new(start(), [number; 10]),
        tenant,
        origin: format!("http://{slug}.localhost:8400"),
        domain,
    }
}

pub(crate) fn account(id: AccountId, parent: Option<AccountId>, path: &str, kind: AccountKind) -> Account {
    Account {
        id,
        parent,
        path: AccountPath::parse(path).unwrap(),
        kind,
        name: if path.is_empty() { "Platform".to_owned() } else { path.to_owned() },
        sub_domain: path.rsplit('/').next().filter(|label| !label.is_empty()).map(|label| label.parse().unwrap()),
        settings: AccountSettings::default(),
        brand: Branding::default(),
        sessions: SessionSettings::default(),
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

/// A person of Entra's tenant of `acme`.
pub(crate) const ADA: &str = "ada@acme.example";
