//! What the process holds, from its configuration: the database open, the keys at hand, time and chance read here.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::rand;
use jiff::Timestamp;
use vestibule_domain::event::{Actor, AuditEvent};
use vestibule_domain::id::EventId;
use vestibule_domain::name::DomainName;
use vestibule_journeys::console::{self, Viewer};
use vestibule_journeys::deployment::Deployment;
use vestibule_journeys::forward_auth::Visitors;
use vestibule_journeys::password::{Hasher, Leaked};
use vestibule_journeys::token_keys::{self, Edge, Ring, TokenKeys};
use vestibule_journeys::trust::TrustCache;
use vestibule_journeys::{Ctx, Problem, Services};
use vestibule_oidc::{Algorithm, Issuer};
use vestibule_outbound::Fetcher;
use vestibule_store::{DatabaseUrl, Migrations, Options, Role, Sealer, SealingKey, Store};

use crate::cli::ConfigArg;
use crate::clock;
use crate::config::{Config, SealingKeyOctets};
use crate::failure::Failure;
use crate::keys::new_token_signing_key;

/// What services are made of.
#[derive(Debug)]
pub(crate) struct Setup<'a> {
    pub(crate) public_url: &'a str,
    pub(crate) account_domain: &'a str,
    pub(crate) proxied_by: &'a [DomainName],
    pub(crate) database: &'a DatabaseUrl,
    pub(crate) sealing_key: &'a SealingKeyOctets,
    pub(crate) older_sealing_keys: &'a [SealingKeyOctets],
    pub(crate) leaked: Option<&'a Arc<Leaked>>,
    pub(crate) role: Role,
}

/// What a command works with.
pub(crate) struct Opened {
    pub(crate) ctx: Ctx,
    pub(crate) fetcher: Fetcher,
}

/// The configuration of this run.
pub(crate) fn configuration(file: Option<&Path>) -> Result<Config, Failure> {
    Ok(Config::load(file, variables())?)
}

/// The variables of the environment that are text.
pub(crate) fn variables() -> Vec<(String, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// Drives the work of one command.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?.block_on(work)
}

/// For a command that works beside a node that may be serving.
pub(crate) async fn for_command(config: &Config) -> Result<Opened, Failure> {
    let services = services(&Setup::of(config, Role::Command)).await?;
    let ctx = Ctx::new(services, clock::now());
    Ok(Opened { ctx, fetcher: config.fetcher.clone() })
}

/// What a command asks of the console's journeys, as whoever runs it, with so many rows in a list. None: what it names does
/// not exist.
pub(crate) fn looked_up<T>(
    config: &ConfigArg,
    rows: u32,
    ask: impl AsyncFnOnce(&Ctx, &Viewer) -> Result<T, Problem>,
) -> Result<Option<T>, Failure> {
    let config = configuration(config.as_deref())?;
    block_on(async {
        let Opened { ctx, .. } = for_command(&config).await?;
        let viewer = console::command_line(&ctx, rows).await.map_err(|problem| match problem {
            Problem::NotFound => Failure::Arguments(
                "there is no account yet; `vestibule apply` makes the platform and others".to_owned(),
            ),
            problem => problem.into(),
        })?;
        match ask(&ctx, &viewer).await {
            Ok(found) => Ok(Some(found)),
            Err(Problem::NotFound) => Ok(None),
            Err(problem) => Err(problem.into()),
        }
    })
}

impl<'a> Setup<'a> {
    pub(crate) fn of(config: &'a Config, role: Role) -> Self {
        Self {
            public_url: &config.public_url,
            account_domain: &config.account_domain,
            proxied_by: &config.proxied_by,
            database: &config.database,
            sealing_key: &config.sealing_key,
            older_sealing_keys: &config.older_sealing_keys,
            leaked: config.leaked_passwords.as_ref(),
            role,
        }
    }

    fn sealer(&self) -> Sealer {
        let older = self.older_sealing_keys.iter().map(|key| SealingKey::new(&key.0)).collect();
        Sealer::new(SealingKey::new(&self.sealing_key.0), older)
    }
}

/// Opens the database, makes or reads the key that signs ID tokens, and puts everything together.
pub(crate) async fn services(setup: &Setup<'_>) -> Result<Arc<Services>, Failure> {
    let store = open(setup).await?;
    let token_keys = token_keys(&store, clock::now()).await?;
    put_together(setup, store, token_keys)
}

/// The same for looking at the database, which is written nothing: without the keys that sign tokens, so that it can be
/// looked at where they do not open.
pub(crate) async fn services_to_read(setup: &Setup<'_>) -> Result<Arc<Services>, Failure> {
    let store = open_to_read(setup).await?;
    put_together(setup, store, TokenKeys::new(Ring::default()))
}

fn put_together(setup: &Setup<'_>, store: Store, token_keys: TokenKeys) -> Result<Arc<Services>, Failure> {
    let deployment = Deployment::new(setup.public_url, setup.account_domain)?.proxied_by(setup.proxied_by.to_vec());
    let issuer = Issuer::new(deployment.origin())?;
    Ok(Arc::new(Services {
        deployment,
        issuer,
        store,
        token_keys,
        trusts: TrustCache::default(),
        visitors: Visitors::default(),
        hasher: Hasher::new(setup.leaked.cloned()),
        entropy: Box::new(draw),
    }))
}

/// Opens the database and brings its schema up to date.
pub(crate) async fn open(setup: &Setup<'_>) -> Result<Store, Failure> {
    let sealer = setup.sealer();
    let options = Options { role: setup.role, migrations: Migrations::Apply, connections: None };
    Ok(Store::open(setup.database, sealer, options).await?)
}

/// Opens the database for looking at it: its schema has to be that of this version, and nothing is written.
pub(crate) async fn open_to_read(setup: &Setup<'_>) -> Result<Store, Failure> {
    let sealer = setup.sealer();
    let options = Options { role: setup.role, migrations: Migrations::Require, connections: Some(1) };
    Ok(Store::open(setup.database, sealer, options).await?)
}

/// The keys that sign tokens; in a new database the first of each kind.
async fn token_keys(store: &Store, now: Timestamp) -> Result<TokenKeys, Failure> {
    let event = |fact| {
        let id = EventId::new(now, random());
        AuditEvent { id, at: now, account: None, actor: Actor::System, fact }
    };
    let edge = Edge { make: new_token_signing_key, nonce: &random, event: &event };
    for algorithm in Algorithm::ALL {
        token_keys::keep_up(store, algorithm, now, &edge).await?;
    }
    Ok(TokenKeys::new(token_keys::read(store).await?))
}

/// Random octets, drawn here and handed down.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    draw(&mut octets);
    octets
}

/// Fills a buffer with random octets: the one place where they are drawn.
#[expect(clippy::disallowed_methods, reason = "the edge draws random octets; all below take them as an argument")]
pub(crate) fn draw(octets: &mut [u8]) {
    // AWS-LC ends the process itself where the system gives no randomness.
    if rand::fill(octets).is_err() {
        std::process::abort();
    }
}
