//! A deployment of the real binary: its files, its nodes, and the stand-in for Entra that its accounts trust.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use jiff::Timestamp;
use vestibule_e2e::http::{Client, Response};
use vestibule_e2e::peers::postgres::Postgres;
use vestibule_e2e::peers::server::{BINARY_VARIABLE, Ready, Server, binary};
use vestibule_e2e::scratch::Scratch;
use vestibule_mock_entra::service::{Entra, Entropy, Seed, Surroundings};
use vestibule_oidc::Jwks;

/// The port of addresses is that of a proxy in front, which is not there: browsers are led to each node's own.
pub(crate) const ISSUER: &str = "http://sso.localhost:8400";
pub(crate) const ENTRA: &str = "http://entra.localhost:8400";
pub(crate) const CALLBACK: &str = "http://app.localhost:8400/callback";
pub(crate) const CLIENT: &str = "orchard";
pub(crate) const SECRET: &str = "an-orchard-has-many-trees-and-one-gate";

/// How many people a tenant has.
const PEOPLE: u32 = 200;

/// An account, with the tenant of its connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) slug: &'static str,
    pub(crate) tenant: &'static str,
    pub(crate) app: &'static str,
    connection: &'static str,
    /// What becomes of responses that nobody asked for.
    unsolicited: &'static str,
}

/// People come from the application.
pub(crate) const ACME: Party = Party {
    slug: "acme",
    tenant: "11111111-aaaa-4000-8000-000000000001",
    app: "22222222-aaaa-4000-8000-000000000001",
    connection: "0198a000-0000-7000-8000-000000000001",
    unsolicited: "restart",
};

/// People come from My Apps: the same response is good for any browser and any node, once.
pub(crate) const GLOBEX: Party = Party {
    slug: "globex",
    tenant: "11111111-aaaa-4000-8000-000000000002",
    app: "22222222-aaaa-4000-8000-000000000002",
    connection: "0198a000-0000-7000-8000-000000000002",
    unsolicited: "accept",
};

impl Party {
    pub(crate) fn origin(&self) -> String {
        format!("http://{}.localhost:8400", self.slug)
    }

    pub(crate) fn host(&self) -> String {
        format!("{}.localhost", self.slug)
    }

    /// How somebody is called at Entra.
    pub(crate) fn person(&self, number: u32) -> String {
        format!("p{}@{}.example", number % PEOPLE, self.slug)
    }

    /// One of the addresses of its connection.
    pub(crate) fn address(&self, what: &str) -> String {
        format!("{}/sso/{}/{what}", self.origin(), self.connection)
    }
}

/// Configuration, key and accounts, in a folder of their own.
pub(crate) struct Deployment {
    pub(crate) entra: Entra,
    pub(crate) folder: Scratch,
    /// Who every person turned out to be, by their name at Entra.
    subjects: Mutex<BTreeMap<String, String>>,
    people: AtomicU32,
    keys: OnceLock<Jwks>,
    random: Entropy,
}

impl Deployment {
    /// On the PostgreSQL database of this address, with its accounts; no node runs yet.
    #[track_caller]
    pub(crate) fn on_postgres(url: &str) -> Self {
        Self::on(Scratch::new("deployment"), url)
    }

    /// On a SQLite file in its folder, `vestibule.db`.
    #[track_caller]
    pub(crate) fn on_sqlite() -> Self {
        let folder = Scratch::new("deployment");
        let url = format!("sqlite:{}", folder.path().join("vestibule.db").display());
        Self::on(folder, &url)
    }

    #[track_caller]
    fn on(folder: Scratch, database: &str) -> Self {
        let random: Entropy = Arc::new(counting());
        let surroundings =
            Surroundings { base_url: ENTRA.to_owned(), clock: Arc::new(Timestamp::now), entropy: Arc::clone(&random) };
        let deployment = Self {
            entra: Entra::new(seed(), surroundings).unwrap(),
            folder,
            subjects: Mutex::default(),
            people: AtomicU32::new(0),
            keys: OnceLock::new(),
            random,
        };
        deployment.folder.write("vestibule.toml", configuration(database, &deployment.folder));
        for party in [ACME, GLOBEX] {
            let metadata = deployment.entra.metadata(party.tenant, Some(party.app)).unwrap();
            deployment.folder.write(&format!("{}.xml", party.slug), metadata);
        }
        succeeds(&deployment.run(&["keys", "new", "key"]));
        deployment.apply(&accounts("active"));
        deployment
    }

    /// Sets the accounts as `text` wants them.
    #[track_caller]
    pub(crate) fn apply(&self, text: &str) {
        self.folder.write("accounts.toml", text);
        succeeds(&self.run(&["apply", "--config", "vestibule.toml", "accounts.toml"]));
    }

    /// Runs the binary in the folder until it ends.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(binary());
        command.env_remove(BINARY_VARIABLE).env("ORCHARD_SECRET", SECRET);
        command.args(arguments).current_dir(self.folder.path()).output().unwrap()
    }

    /// Starts a node.
    #[track_caller]
    pub(crate) fn node(&self, name: &str) -> Node {
        self.node_with(name, &[])
    }

    /// Starts a node with more settings, as variables of its environment.
    #[track_caller]
    pub(crate) fn node_with(&self, name: &str, environment: &[(&str, &str)]) -> Node {
        let config = self.folder.path().join("vestibule.toml");
        let arguments = ["serve", "--config", config.to_str().unwrap()];
        let server = Server::start(name, &arguments, environment, Ready::Line("\"ready\"".to_owned()));
        let node = Node { server };
        self.learn_keys(node.port());
        node
    }

    /// Fetches the keys of ID tokens from the first node that there is.
    #[track_caller]
    pub(crate) fn learn_keys(&self, port: u16) {
        self.keys.get_or_init(|| Jwks::parse(&get(port, &format!("{ISSUER}/oidc/jwks")).text()).unwrap());
    }

    /// The keys of ID tokens, as the first node told them: no other node and no restart changes them.
    pub(crate) fn keys(&self) -> &Jwks {
        self.keys.get().expect("a node was started")
    }

    /// The next person who signs in. All come round again.
    pub(crate) fn next_person(&self) -> u32 {
        self.people.fetch_add(1, Ordering::Relaxed)
    }

    /// Octets that come once.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut octets = [0; N];
        (self.random)(&mut octets);
        octets
    }

    /// An application learned who somebody is: the same user every time, so that nobody is made twice.
    #[track_caller]
    pub(crate) fn is_known_as(&self, person: &str, subject: &str) {
        let mut subjects = self.subjects.lock().unwrap();
        let known = subjects.entry(person.to_owned()).or_insert_with(|| subject.to_owned());
        assert_eq!(known, subject, "{person} became another user");
    }

    /// How many people are known to have signed in.
    pub(crate) fn known(&self) -> usize {
        self.subjects.lock().unwrap().len()
    }
}

/// A node that runs, or was killed.
pub(crate) struct Node {
    pub(crate) server: Server,
}

impl Node {
    /// Where it listens: another port after each start.
    #[track_caller]
    pub(crate) fn port(&self) -> u16 {
        port(&self.server.log())
    }

    /// The answer to somebody who comes for the first time.
    #[track_caller]
    pub(crate) fn get(&self, url: &str) -> Response {
        get(self.port(), url)
    }
}

/// The dead node has its jobs until their time is over: this is then, and the next node begins with them.
pub(crate) fn another_time(postgres: &Postgres, node: &mut Node) {
    node.server.kill_9();
    postgres.query("DELETE FROM leases");
    node.server.restart();
}

#[track_caller]
fn get(port: u16, url: &str) -> Response {
    let mut client = Client::new();
    client.go_through(port);
    client.get(url).unwrap()
}

/// The port in the last line of a log that says so.
#[track_caller]
pub(crate) fn port(log: &str) -> u16 {
    let said = log.rsplit("\"address\":\"127.0.0.1:").next().and_then(|rest| rest.split('"').next());
    said.and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("no address in the log:\n{log}"))
}

#[track_caller]
fn succeeds(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Everybody comes from one address, in numbers that no person makes.
fn configuration(database: &str, folder: &Scratch) -> String {
    let key = folder.path().join("key");
    let mut text = format!(
        "public_url = \"{ISSUER}\"\naccount_domain = \"localhost\"\nlisten = \"127.0.0.1:0\"\n\
         database = \"{database}\"\nkey_file = \"{}\"\nworkers = 2\nlog.format = \"json\"\n\n[limits]\n",
        key.display()
    );
    for name in ["acs_per_address", "acs_per_account", "discovery_per_address", "discovery_per_account"] {
        let _ = writeln!(text, "{name} = 1000000");
    }
    text
}

/// What `vestibule apply` is given; `state` is that of the connection of [`ACME`].
pub(crate) fn accounts(state: &str) -> String {
    let mut text = "[platform]\nname = \"Orchard\"\n".to_owned();
    for party in [ACME, GLOBEX] {
        let Party { slug, connection, unsolicited, .. } = party;
        let state = if party == ACME { state } else { "active" };
        let word = if state == "active" { "activate = \"operator\"" } else { "" };
        let _ = write!(
            text,
            r#"
[[account]]
path = "{slug}"
name = "{slug}"
sub_domain = "{slug}"
admission = "create"
start = "direct"

[[account.connection]]
name = "entra"
id = "{connection}"
preset = "entra"
state = "{state}"
{word}
unsolicited = "{unsolicited}"
metadata = {{ file = "{slug}.xml" }}

[[account.domain]]
name = "{slug}.example"
proof = "operator"
"#
        );
    }
    let _ = write!(
        text,
        "\n[[application]]\nclient_id = \"{CLIENT}\"\nname = \"Orchard\"\nredirect_uris = [\"{CALLBACK}\"]\n\
         secrets = [{{ env = \"ORCHARD_SECRET\" }}]\n"
    );
    text
}

/// The tenants, with all their people.
fn seed() -> Seed {
    let mut text = String::new();
    for party in [ACME, GLOBEX] {
        let Party { slug, tenant, app, .. } = party;
        let _ = write!(
            text,
            r#"
[[tenants]]
id = "{tenant}"
name = "{slug}"
domains = ["{slug}.example"]

[[tenants.applications]]
app_id = "{app}"
name = "Orchard"
identifiers = ["{}"]
reply_urls = ["{}"]
assignment = "not_required"
"#,
            party.address("metadata"),
            party.address("acs")
        );
        for number in 0..PEOPLE {
            let name = party.person(number);
            let _ = write!(
                text,
                "[[tenants.users]]\nid = \"{}\"\nuser_principal_name = \"{name}\"\n\
                 password = \"secret\"\ngiven_name = \"Person\"\nsurname = \"{number}\"\n\
                 display_name = \"Person {number}\"\nmail = \"{name}\"\n",
                object(number)
            );
        }
    }
    Seed::from_toml(&text).unwrap()
}

/// By which id Entra knows somebody.
pub(crate) fn object(number: u32) -> String {
    format!("a0000000-0000-4000-8000-{number:012}")
}

/// Different octets each time, and the same ones in each run.
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
