//! `vestibule demo`: everything on loopback in one process, told apart by the host that the browser asks for.
//!
//! ```text
//! app.localhost ─┐
//! entra.localhost ─ one port ─▶ by the Host header ─▶ sample application | stand-in for Entra ID | a proxy and the wiki
//! wiki.localhost ─┤                                   | Vestibule
//! localhost, {account}.localhost ─┘
//! ```

mod native;
mod proxy;
mod sample;
mod scenario;
mod table;
mod wiki;

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use http::header::HOST;
use tower::ServiceExt as _;
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::Preset;
use vestibule_domain::event::Actor;
use vestibule_domain::retention::Retention;
use vestibule_domain::setup::DEFAULT_DAYS;
use vestibule_journeys::jobs::Means;
use vestibule_journeys::set_up_connection::{self, NewLink, NotCreated, Tools};
use vestibule_journeys::{Ctx, Problem, Services};
use vestibule_mock_entra::service::{Entra, Seed};
use vestibule_outbound::{Fetcher, Mailer, Outbox, Reach, TxtLookup};
use vestibule_store::{DatabaseUrl, OpenError, Role};
use vestibule_web::App;
use vestibule_web::limits::{Limits, Rates};

use crate::apply::{self, Done, FileProblems, Sources};
use crate::clock;
use crate::config::SealingKeyOctets;
use crate::failure::Failure;
use crate::jobs;
use crate::keys::{new_connection_key, new_token_signing_key};
use crate::mock;
use crate::node;
use crate::output::Output;
use crate::serve::Server;
use crate::services::{self, Setup};

pub(crate) use self::scenario::Scenario;
use self::scenario::ScenarioName;

/// The port, unless another is asked for.
pub(crate) const PORT: u16 = 8400;
/// The sample's secret: everybody may know it, for it opens this machine's demonstration alone.
const SECRET: &str = "orchard-demo-secret-that-opens-nothing-else";
/// The variable by which the seed names it.
const SECRET_VARIABLE: &str = "ORCHARD_SECRET";
/// The secret of an application of the reader's own, and the variable by which the seed names it.
const OWN_SECRET: &str = "sample-demo-secret-that-opens-nothing-else";
const OWN_SECRET_VARIABLE: &str = "SAMPLE_SECRET";
/// The key that seals a demonstration's database, as public as the rest of it.
const SEALING_KEY: [u8; 32] = *b"a demonstration seals in public.";

/// The database, and what lies beside it.
const FILES: [&str; 4] = ["demo.db", "demo.db-wal", "demo.db-shm", "demo.db.node"];

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct DemoArgs {
    #[command(subcommand)]
    pub(crate) command: Option<DemoCommand>,
    /// One of five set-ups that people really run, in place of the companies of the README; docs/seed-systems.md has them.
    #[arg(long, value_name = "NAME")]
    scenario: Option<ScenarioName>,
    /// The port on 127.0.0.1 for all of it.
    #[arg(long, value_name = "PORT", default_value_t = PORT)]
    pub(crate) port: u16,
    /// Where its database lies. Default: a directory of its own below the system's temporary one.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Go on with the database of the last time, and leave it when it ends.
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum DemoCommand {
    /// Sign in to an application in the terminal, beside a demonstration that runs.
    Native(native::NativeArgs),
}

/// Runs until the process is told to end.
pub(crate) fn run(arguments: &DemoArgs) -> Result<Output, Failure> {
    if let Some(DemoCommand::Native(arguments)) = &arguments.command {
        return native::run(arguments);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(Failure::Runtime)?.block_on(demo(arguments))?;
    Ok(Output::status(0))
}

async fn demo(arguments: &DemoArgs) -> Result<(), Failure> {
    let (port, scenario) = (arguments.port, Scenario::of(arguments.scenario));
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    // The port first: another demonstration that runs keeps its database.
    let server = Server::bind("--port", mock::options(listen)).await?;
    let port = server.address()?.port();
    let data = Data::prepare(arguments, port).await?;
    let stand_in = mock::entra("the demonstration", seed(&scenario, port), format!("http://entra.localhost:{port}"))?;
    let services = deployment(port, &data.database()).await?;
    let ctx = Ctx::new(Arc::clone(&services), clock::now());
    fill(&ctx, &scenario, &stand_in, port).await?;
    let outbox = Outbox::default();
    let vestibule = router(&scenario, Arc::clone(&services), outbox.clone());
    let end = jobs::until(node::end(), services, means(&scenario, outbox));
    let sample = sample::router(&scenario, port, vestibule.clone())?;
    let set_up = set_up_link(&ctx, &scenario).await?;
    print!("{}", table::table(&scenario, port, data.kept(), set_up.as_deref()));
    let sites = Sites::of(port, vestibule, stand_in.router(), sample);
    server.run(sites.router(port), end).await;
    data.end();
    Ok(())
}

/// The tenants of the stand-in, with the addresses of this port.
pub(crate) fn seed(scenario: &Scenario, port: u16) -> Seed {
    Seed::from_toml(&at_port(scenario.tenants, port))
        .expect("the demonstration's own seed is in order, which a test proves")
}

/// Vestibule's own address. Programs have to reach it too, and `localhost` is the one name of loopback that every
/// machine's resolver knows: names below it are known to browsers alone.
fn issuer(port: u16) -> String {
    format!("http://localhost:{port}")
}

fn at_port(text: &str, port: u16) -> String {
    text.replace(&format!(":{PORT}"), &format!(":{port}"))
}

async fn deployment(port: u16, database: &DatabaseUrl) -> Result<Arc<Services>, Failure> {
    let public_url = issuer(port);
    let sealing_key = SealingKeyOctets(SEALING_KEY);
    let setup = Setup {
        public_url: &public_url,
        account_domain: "localhost",
        proxied_by: &[],
        database,
        sealing_key: &sealing_key,
        older_sealing_keys: &[],
        leaked: None,
        role: Role::Node,
    };
    services::services(&setup).await
}

/// Applies the accounts. The stand-in's metadata is at hand before anybody can fetch it.
async fn fill(ctx: &Ctx, scenario: &Scenario, stand_in: &Entra, port: u16) -> Result<(), Failure> {
    let mut documents: BTreeMap<String, Vec<u8>> =
        scenario.documents.iter().map(|(name, content)| ((*name).to_owned(), content.to_vec())).collect();
    let mut keep = |tenant: &str, application: Option<&str>, address: String| {
        let document = stand_in.metadata(tenant, application).map_err(|refusal| Failure::StandIn {
            place: "the demonstration".to_owned(),
            problem: refusal.to_string(),
        })?;
        documents.insert(format!("http://entra.localhost:{port}/{tenant}/{address}"), document.into_bytes());
        Ok::<_, Failure>(())
    };
    for tenant in stand_in.seed().tenants {
        // A connection may be made of the tenant's own document alone (HY-20).
        keep(&tenant.id, None, "FederationMetadata/2007-06/FederationMetadata.xml".to_owned())?;
        for application in tenant.applications {
            let own = format!("federationmetadata/2007-06/federationmetadata.xml?appid={}", application.app_id);
            keep(&tenant.id, Some(&application.app_id), own)?;
        }
    }
    let secrets = [(SECRET_VARIABLE, SECRET), (OWN_SECRET_VARIABLE, OWN_SECRET)];
    let variables = secrets.map(|(name, secret)| (name.to_owned(), secret.to_owned())).into();
    let name = Path::new("demo.toml");
    let wanted = apply::read(&at_port(scenario.accounts, port), &Sources::named(&documents, &variables, ctx.now)).await;
    let wanted = wanted.map_err(|problems| FileProblems::new(name, problems))?;
    apply::apply(ctx, &wanted, Done::Applied).await.map_err(|error| apply::located(name, error))?;
    Ok(())
}

/// The link by which a company sets its sign-in up; none where that was done before.
async fn set_up_link(ctx: &Ctx, scenario: &Scenario) -> Result<Option<String>, Failure> {
    let Some((account, connection)) = scenario.link else { return Ok(None) };
    let account = AccountPath::parse(account).map_err(|error| Failure::Arguments(error.to_string()))?;
    let connection = connection.parse().ok();
    let new = NewLink { account, connection, preset: Some(Preset::Entra), days: DEFAULT_DAYS };
    match set_up_connection::create(ctx, &new, Actor::CommandLine, &tools()).await {
        Ok(created) => Ok(Some(created.url)),
        Err(NotCreated::Store(error)) => Err(Problem::Store(error).into()),
        Err(_) => Ok(None),
    }
}

/// Jobs reach this machine, and their mail ends at the page that shows it.
fn means(scenario: &Scenario, outbox: Outbox) -> Means {
    Means {
        lookup: TxtLookup::system(),
        fetcher: Fetcher::new(Reach::LoopbackDeployment),
        mailer: Some(Mailer::Outbox(outbox)),
        product: scenario.product.to_owned(),
        make_key: new_token_signing_key,
        retention: Retention::default(),
    }
}

/// A set-up reaches this machine too.
fn tools() -> Tools {
    Tools {
        fetcher: Fetcher::new(Reach::LoopbackDeployment),
        make_key: new_connection_key,
        make_token_key: new_token_signing_key,
    }
}

fn router(scenario: &Scenario, services: Arc<Services>, outbox: Outbox) -> Router {
    let tools = tools();
    vestibule_web::router(App {
        services,
        clock: Box::new(clock::now),
        product: scenario.product.to_owned(),
        tools,
        limits: Limits::new(Rates::default()),
        outbox: Some(outbox),
    })
}

/// One port, several sites.
struct Sites {
    stand_in: Router,
    sample: Router,
    wiki: Router,
    vestibule: Router,
}

impl Sites {
    /// The wiki stands behind a proxy that asks Vestibule.
    fn of(port: u16, vestibule: Router, stand_in: Router, sample: Router) -> Self {
        let wiki = proxy::guarded(format!("wiki.localhost:{port}"), vestibule.clone(), wiki::router());
        Self { stand_in, sample, wiki, vestibule }
    }

    /// Each by its host; Vestibule by every other one.
    fn router(self, port: u16) -> Router {
        let colon = format!(":{port}");
        Router::new().fallback(move |request: Request| {
            let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            let host = host.to_ascii_lowercase();
            let site = match host.strip_suffix(&colon) {
                Some("entra.localhost") => &self.stand_in,
                Some("app.localhost") => &self.sample,
                Some("wiki.localhost") => &self.wiki,
                _ => &self.vestibule,
            };
            answer(site.clone(), request)
        })
    }
}

async fn answer(site: Router, request: Request) -> Response {
    match site.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Where the database lies, and what becomes of it.
struct Data {
    directory: PathBuf,
    keep: bool,
}

impl Data {
    /// A directory that is there, without the database of the last time unless it is to be kept.
    async fn prepare(arguments: &DemoArgs, port: u16) -> Result<Self, Failure> {
        let directory = match &arguments.data {
            Some(directory) => directory.clone(),
            None => std::env::temp_dir().join(format!("vestibule-demo-{port}")),
        };
        if arguments.data.is_none() {
            own_directory(&directory).map_err(|source| Failure::Directory { path: directory.clone(), source })?;
        }
        let data = Self { directory, keep: arguments.keep };
        data.is_free(port).await?;
        let prepared =
            fs::create_dir_all(&data.directory).and_then(|()| if data.keep { Ok(()) } else { data.remove() });
        prepared.map_err(|source| Failure::Directory { path: data.directory.clone(), source })?;
        Ok(data)
    }

    /// Nobody's database is taken away while they use it. Whatever else is wrong with one does not keep it from being
    /// removed.
    async fn is_free(&self, port: u16) -> Result<(), Failure> {
        if !self.directory.join(FILES[0]).exists() {
            return Ok(());
        }
        match deployment(port, &self.database()).await {
            Err(Failure::Database(error @ OpenError::InUse { .. })) => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn database(&self) -> DatabaseUrl {
        DatabaseUrl::sqlite(self.directory.join(FILES[0]))
    }

    fn kept(&self) -> Option<&Path> {
        self.keep.then_some(self.directory.as_path())
    }

    /// Removes the files of a database that no one asked to keep, and nothing else.
    fn remove(&self) -> io::Result<()> {
        for name in FILES {
            match fs::remove_file(self.directory.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// What cannot be removed now is removed at the next start.
    fn end(&self) {
        if !self.keep {
            let _ = self.remove();
        }
    }
}

/// A directory of ours alone, in a place where everybody may make some: one that is there already has to be ours, and no
/// link to elsewhere.
fn own_directory(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made,
    }
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() {
        return Err(io::Error::other(
            "it is no directory but a link or a file, which somebody else may have put there",
        ));
    }
    if found.uid() != own_id(path)? {
        return Err(io::Error::other("it belongs to another user of this machine"));
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// Who we are to the file system: the owner of what we make.
fn own_id(beside: &Path) -> io::Result<u32> {
    let probe = beside.with_extension(format!("probe-{}", std::process::id()));
    DirBuilder::new().mode(0o700).create(&probe)?;
    let owner = fs::symlink_metadata(&probe).map(|found| found.uid());
    fs::remove_dir(&probe)?;
    owner
}

#[cfg(test)]
mod tests;
