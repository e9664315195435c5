//! A deployment to measure: a configuration, a sealing key, and a database with one account whose connection starts
//! directly, alone or among many others.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use vestibule_domain::account::{Account, AccountKind, AccountPath, AccountSettings, Admission, Start};
use vestibule_domain::application::{Application as Client, ApplicationSettings, RefreshTokens};
use vestibule_domain::branding::Branding;
use vestibule_domain::connection::{Connection, ConnectionState, Preset, SamlSettings, SignOn, SignOnBinding};
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::{AccountId, ConnectionId, EventId};
use vestibule_domain::session::SessionSettings;
use vestibule_oidc::ClientSecret;
use vestibule_saml::types::{EndpointUrl, EntityId, LoopbackHttp};
use vestibule_store::tx::{DomainProof, Filling, ProvedDomain};
use vestibule_store::{Migrations, Options, Role, Sealer, SealingKey, Store, StoreError, Tx};
use vestibule_xmlsec::keys::read_certificates;

mod tree;
mod vendor;

pub use vendor::{Seen, Vendor};

use super::application::Application;
use super::error::LoadError;
use super::identity_provider::{ISSUER, IdentityProvider, SIGN_ON_URL, domain};
use super::sign_in::Hosts;

/// The site behind a proxy, of [`Kind::Site`]; nobody listens there.
pub const SITE: &str = "http://wiki.localhost:8403";
/// The clients' secret, which opens a database that is thrown away.
const SECRET: &str = "load-client-secret-0123456789-0123456789";
/// Where people are sent back to; nobody goes there.
const REDIRECT_URI: &str = "http://app.localhost:8402/callback";
/// Rows that are filled in one transaction.
const BATCH: u32 = 5_000;

/// What else is in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fill {
    /// So many more accounts, each with an active connection.
    pub connections: u32,
    /// So many people, spread over those accounts, each with an identity.
    pub users: u32,
    /// So many customers at the fifth level of a tree, those at which people sign in among them: they inherit the
    /// connection of a reseller three levels above, and their pages' looks from the platform. 0: the accounts at which
    /// people sign in stand by themselves, each with a connection of its own.
    pub tree: u32,
}

/// The applications of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// ID tokens by ES256, nothing else.
    Es256,
    /// ID tokens by RS256, nothing else.
    Rs256,
    /// With refresh tokens, ES256.
    Refreshing,
    /// [`SITE`], which knows nothing of OpenID Connect.
    Site,
}

/// A deployment that nobody has started yet.
#[derive(Debug)]
pub struct Deployment {
    /// Its configuration.
    pub config: PathBuf,
    /// The port on which it will listen, on the loopback address.
    pub port: u16,
    /// How many accounts people sign in to.
    accounts: u32,
    key: [u8; 32],
    database: String,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Es256, Self::Rs256, Self::Refreshing, Self::Site];

    fn client_id(self) -> &'static str {
        match self {
            Self::Es256 => "load",
            Self::Rs256 => "load-rs256",
            Self::Refreshing => "load-refreshing",
            Self::Site => "load-site",
        }
    }
}

impl Deployment {
    /// Writes the configuration into a folder, and a key where none is there yet. Without a database of its own it gets
    /// a SQLite file there.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(
        folder: &Path,
        database: Option<&str>,
        port: u16,
        accounts: u32,
        key: [u8; 32],
    ) -> Result<Self, LoadError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |error| LoadError::File { path, error }
        };
        let key_file = folder.join("key");
        if !key_file.exists() {
            let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&key_file);
            let mut file = file.map_err(at(&key_file))?;
            writeln!(file, "{}", STANDARD.encode(key)).map_err(at(&key_file))?;
        }
        let own = format!("sqlite:{}", folder.join("vestibule.db").display());
        let database = database.map_or(own, str::to_owned);
        // Everybody comes from one address: limits that a real flood meets are set out of the way.
        let text = format!(
            "public_url = \"http://sso.localhost:{port}\"\n\
             account_domain = \"localhost\"\n\
             listen = \"127.0.0.1:{port}\"\n\
             database = \"{database}\"\n\
             key_file = \"{}\"\n\n\
             [limits]\n\
             acs_per_address = 1000000\n\
             acs_per_account = 1000000\n\
             discovery_per_address = 1000000\n\
             discovery_per_account = 1000000\n",
            key_file.display()
        );
        let config = folder.join("vestibule.toml");
        fs::write(&config, text).map_err(at(&config))?;
        Ok(Self { config, port, accounts, key, database })
    }

    /// Makes the schema, the accounts with a connection each, and the application, and fills the rest.
    ///
    /// # Errors
    /// The database does not take it.
    pub async fn seed(&self, fill: Fill, now: Timestamp) -> Result<(), LoadError> {
        let store = self.store().await?;
        let seeded = match fill.tree {
            0 => seed(&store, self.accounts, now).await,
            customers => tree::seed(&store, self.accounts, customers.max(self.accounts), now).await,
        };
        seeded.map_err(|error| of_database(&error))?;
        filled(&store, fill, now).await.map_err(|error| of_database(&error))
    }

    /// Makes the schema, and a vendor's many customers.
    ///
    /// # Errors
    /// The database does not take it.
    pub async fn seed_vendor(&self, vendor: Vendor, now: Timestamp) -> Result<Seen, LoadError> {
        let store = self.store().await?;
        vendor::seed(&store, vendor, now).await.map_err(|error| of_database(&error))
    }

    async fn store(&self) -> Result<Store, LoadError> {
        let url = self.database.parse().map_err(|error| of_database(&error))?;
        let options = Options { role: Role::Command, migrations: Migrations::Apply, connections: None };
        let sealer = Sealer::new(SealingKey::new(&self.key), Vec::new());
        Store::open(&url, sealer, options).await.map_err(|error| of_database(&error))
    }

    /// One of the applications, as people use it.
    pub fn application(&self, kind: Kind) -> Application {
        Application::new(&format!("http://{}", self.hosts().issuer), kind.client_id(), SECRET, REDIRECT_URI)
    }

    /// The names by which the deployment is spoken to.
    pub fn hosts(&self) -> Hosts {
        let port = self.port;
        let accounts = (0..self.accounts).map(|number| format!("{}.localhost:{port}", label(number))).collect();
        Hosts { accounts, issuer: format!("sso.localhost:{port}") }
    }
}

fn of_database(error: &dyn std::fmt::Display) -> LoadError {
    LoadError::Program { program: "the database".to_owned(), what: error.to_string() }
}

/// The accounts at which people sign in, and the applications.
async fn seed(store: &Store, accounts: u32, now: Timestamp) -> Result<(), StoreError> {
    for batch in batches(accounts) {
        store
            .write(move |tx| {
                Box::pin(async move {
                    for number in batch {
                        seed_account(tx, number, now).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
    }
    seed_applications(store, now).await
}

async fn seed_applications(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    store
        .write(move |tx| {
            Box::pin(async move {
                for (number, kind) in (0..).zip(Kind::ALL) {
                    let client = client(kind);
                    let fact = Fact::ApplicationChanged { application: client.client_id.clone(), changed: vec![] };
                    tx.save_application(&client, &event(u32::MAX - number, None, now, fact)).await?;
                }
                Ok(())
            })
        })
        .await
}

async fn seed_account(tx: &mut Tx, number: u32, now: Timestamp) -> Result<(), StoreError> {
    let account = account(number, now);
    let id = account.id;
    let fact = Fact::AccountChanged { account: id, changed: vec!["name".to_owned()] };
    tx.save_account(&account, &event(number * 4, Some(id), now, fact)).await?;
    seed_connection(tx, id, number, now).await?;
    seed_domain(tx, id, number, now).await
}

async fn seed_connection(tx: &mut Tx, account: AccountId, number: u32, now: Timestamp) -> Result<(), StoreError> {
    let connection = Connection {
        id: ConnectionId::new(now, random(8, number)),
        account,
        name: "entra".parse().expect("a name"),
        state: ConnectionState::Active,
        saml: settings(),
        edited_at: now,
        tested_at: Some(now),
        version: 1,
    };
    let fact = Fact::ConnectionChanged { connection: connection.id, changed: vec![] };
    tx.save_connection(&connection, &event(number * 4 + 1, Some(account), now, fact)).await.map(drop)
}

async fn seed_domain(tx: &mut Tx, account: AccountId, number: u32, now: Timestamp) -> Result<(), StoreError> {
    let proved = ProvedDomain {
        domain: domain(number).parse().expect("a domain"),
        account,
        connection: None,
        how: DomainProof::Operator,
        proved_at: now,
    };
    let fact = Fact::AccountChanged { account, changed: vec!["domains".to_owned()] };
    tx.prove_domain(&proved, &event(number * 4 + 2, Some(account), now, fact)).await.map(drop)
}

/// Everybody else.
async fn filled(store: &Store, fill: Fill, now: Timestamp) -> Result<(), StoreError> {
    let years = now.checked_sub(SignedDuration::from_hours(2 * 365 * 24)).unwrap_or(now);
    let filling = Filling { from: years, settings: settings(), email_domain: "others.example".to_owned() };
    for batch in batches(fill.connections) {
        let filling = filling.clone();
        store.write(move |tx| Box::pin(async move { tx.fill_accounts(&filling, batch).await })).await?;
    }
    for batch in batches(fill.users) {
        let filling = filling.clone();
        let accounts = fill.connections;
        store.write(move |tx| Box::pin(async move { tx.fill_users(&filling, accounts, batch).await })).await?;
    }
    Ok(())
}

fn batches(count: u32) -> impl Iterator<Item = std::ops::Range<u32>> {
    (0..count).step_by(BATCH as usize).map(move |first| first..count.min(first + BATCH))
}

/// The sub-domain of an account.
fn label(number: u32) -> String {
    format!("acme-{number}")
}

fn account(number: u32, now: Timestamp) -> Account {
    Account {
        id: AccountId::new(now, random(7, number)),
        parent: None,
        path: AccountPath::parse(&label(number)).expect("a path"),
        kind: AccountKind::Customer,
        name: format!("Acme {number}"),
        sub_domain: Some(label(number).parse().expect("a sub-domain")),
        settings: AccountSettings { admission: Admission::Create, start: Start::Direct, ..AccountSettings::default() },
        brand: Branding::default(),
        sessions: SessionSettings::default(),
        version: 1,
    }
}

/// As the Entra preset has them, with an identity provider.
fn settings() -> SamlSettings {
    let certificates = read_certificates(&IdentityProvider::certificate_pem()).expect("the vectors hold a certificate");
    SamlSettings {
        issuer: Some(EntityId::new(ISSUER).expect("an entity ID")),
        sign_on: Some(SignOn {
            url: EndpointUrl::new(SIGN_ON_URL, LoopbackHttp::Refuse).expect("an address"),
            binding: SignOnBinding::Redirect,
        }),
        certificates: certificates.iter().map(|certificate| STANDARD.encode(certificate.der())).collect(),
        ..Preset::Entra.settings()
    }
}

fn client(kind: Kind) -> Client {
    let hash = ClientSecret::new(SECRET).expect("a secret").hash();
    let settings = ApplicationSettings { name: "Load".to_owned(), ..ApplicationSettings::default() };
    let settings = match kind {
        Kind::Site => ApplicationSettings { sites: vec![SITE.to_owned()], ..settings },
        _ => ApplicationSettings {
            redirect_uris: vec![REDIRECT_URI.to_owned()],
            secret_hashes: vec![hash.into()],
            id_token_alg: (kind == Kind::Rs256).then(|| "RS256".to_owned()),
            refresh_tokens: if kind == Kind::Refreshing { RefreshTokens::Session } else { RefreshTokens::Off },
            ..settings
        },
    };
    Client { client_id: kind.client_id().to_owned(), account: None, settings, version: 1 }
}

fn event(number: u32, account: Option<AccountId>, at: Timestamp, fact: Fact) -> AuditEvent {
    AuditEvent { id: EventId::new(at, random(9, number)), at, account, actor: Actor::CommandLine, fact }
}

/// What makes an id one of its own.
fn random(kind: u8, number: u32) -> [u8; 10] {
    let mut random = [kind; 10];
    random[6..].copy_from_slice(&number.to_be_bytes());
    random
}
