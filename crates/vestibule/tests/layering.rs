//! Which crate may use which. A new crate, or a new edge between crates, is a decision: it gets a row, or a word in a
//! row, of the table below, and a sentence in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

struct Row {
    name: &'static str,
    layer: u8,
    /// The crates of this workspace that it may use.
    uses: &'static [&'static str],
    /// Those that only its tests may use.
    tests_use: &'static [&'static str],
    /// The crates of others that a pure crate may use. Not judged above that; deny.toml is there for all.
    foreign: &'static [&'static str],
}

const TABLE: &[Row] = &[
    Row { name: "vestibule-lc-extra", layer: 0, uses: &[], tests_use: &[], foreign: &["aws-lc-sys", "thiserror"] },
    Row {
        name: "vestibule-xmlsec",
        layer: 0,
        uses: &["vestibule-lc-extra"],
        tests_use: &[],
        foreign: &["aws-lc-rs", "base64", "jiff", "thiserror", "x509-cert"],
    },
    Row {
        name: "vestibule-saml",
        layer: 0,
        uses: &["vestibule-xmlsec"],
        tests_use: &["vestibule-bench", "vestibule-fuzz-bodies", "vestibule-mock-entra"],
        foreign: &["base64", "base64-simd", "jiff", "miniz_oxide", "thiserror"],
    },
    Row {
        name: "vestibule-oidc",
        layer: 0,
        uses: &[],
        tests_use: &[],
        foreign: &["aws-lc-rs", "base64", "jiff", "serde", "serde_json", "thiserror"],
    },
    Row {
        name: "vestibule-domain",
        layer: 1,
        uses: &["vestibule-saml", "vestibule-xmlsec"],
        tests_use: &["vestibule-mock-entra"],
        foreign: &["base64", "jiff", "regex", "serde", "serde_json", "thiserror"],
    },
    Row {
        name: "vestibule-store",
        layer: 2,
        uses: &["vestibule-domain", "vestibule-saml"],
        tests_use: &[],
        foreign: &[],
    },
    Row { name: "vestibule-outbound", layer: 2, uses: &["vestibule-domain"], tests_use: &[], foreign: &[] },
    Row {
        name: "vestibule-journeys",
        layer: 3,
        uses: &[
            "vestibule-domain",
            "vestibule-oidc",
            "vestibule-outbound",
            "vestibule-saml",
            "vestibule-store",
            "vestibule-xmlsec",
        ],
        tests_use: &["vestibule-mock-entra"],
        foreign: &[],
    },
    Row {
        name: "vestibule-web",
        layer: 4,
        uses: &["vestibule-domain", "vestibule-journeys", "vestibule-oidc", "vestibule-outbound", "vestibule-saml"],
        tests_use: &["vestibule-mock-entra", "vestibule-store", "vestibule-xmlsec"],
        foreign: &[],
    },
    Row {
        name: "vestibule-mock-entra",
        layer: 4,
        uses: &["vestibule-lc-extra", "vestibule-saml", "vestibule-xmlsec"],
        tests_use: &[],
        foreign: &[],
    },
    Row { name: "vestibule-example-axum", layer: 4, uses: &["vestibule-oidc"], tests_use: &[], foreign: &[] },
    Row {
        name: "vestibule",
        layer: 5,
        uses: &[
            "vestibule-domain",
            "vestibule-example-axum",
            "vestibule-journeys",
            "vestibule-mock-entra",
            "vestibule-oidc",
            "vestibule-outbound",
            "vestibule-saml",
            "vestibule-store",
            "vestibule-web",
            "vestibule-xmlsec",
        ],
        tests_use: &[],
        foreign: &[],
    },
];

/// Tools that measure and test the others: they may use everything, and nothing may use them.
const TOOLING: &[&str] = &["vestibule-bench", "vestibule-e2e", "vestibule-fuzz-bodies", "xtask"];

/// What is published for others to build on. The rest is the product and its tools.
const PUBLISHED: &[&str] = &["vestibule-lc-extra", "vestibule-saml", "vestibule-xmlsec"];

/// The layers without network, disk, clock or randomness.
const PURE: u8 = 1;

/// Crates whose presence below a pure crate means that it could do what it promises not to: network and event loops,
/// databases and disk, randomness, clocks, other XML and other crypto.
const FORBIDDEN: &str = "
    async-std axum h2 hickory-resolver hyper hyper-util mio reqwest rustls smol socket2 tokio tonic tower ureq
    diesel rusqlite sqlx tempfile tokio-postgres walkdir
    ahash fastrand getrandom oorandom rand rand_chacha rand_core uuid
    chrono instant quanta time web-time
    libxml openssl openssl-sys quick-xml ring roxmltree rsa xml-rs
";

/// Modules of the standard library that reach out of the process or depend on where it runs.
const OUTSIDE: &[&str] = &["env", "fs", "os", "process", "thread"];

/// What opens a socket in `std::net`, whose addresses are mere values.
const SOCKETS: &[&str] = &["TcpListener", "TcpStream", "ToSocketAddrs", "UdpSocket"];

#[test]
fn every_crate_has_a_row_and_every_row_a_crate() {
    let crates: BTreeSet<_> = Workspace::read().members.into_keys().collect();
    let rows = TABLE.iter().map(|row| row.name).chain(TOOLING.iter().copied());
    assert_eq!(crates, rows.map(str::to_owned).collect());
}

#[test]
fn rows_point_down() {
    let layer = |name: &str| TABLE.iter().find(|row| row.name == name).map(|row| row.layer);
    for row in TABLE {
        for used in row.uses {
            assert!(layer(used) <= Some(row.layer), "{} is below {used}", row.name);
        }
    }
}

#[test]
fn crates_use_only_the_crates_that_the_table_names() {
    let workspace = Workspace::read();
    for row in TABLE {
        for dependency in workspace.member(row.name).dependencies.iter().filter(|dependency| dependency.ours) {
            let allowed = row.uses.contains(&&*dependency.name)
                || dependency.only_for_tests && row.tests_use.contains(&&*dependency.name);
            assert!(allowed, "{} must not use {}", row.name, dependency.name);
        }
    }
}

#[test]
fn pure_crates_use_only_the_foreign_crates_that_the_table_names() {
    let workspace = Workspace::read();
    for row in pure() {
        for dependency in &workspace.member(row.name).dependencies {
            let judged = !dependency.ours && !dependency.only_for_tests;
            let allowed = !judged || row.foreign.contains(&&*dependency.name);
            assert!(allowed, "{} must not use {}", row.name, dependency.name);
        }
    }
}

#[test]
fn nothing_below_a_pure_crate_has_network_disk_clock_or_randomness() {
    let workspace = Workspace::read();
    for row in pure() {
        let tree = workspace.normal_tree(row.name);
        assert!(tree.contains("aws-lc-sys"), "the tree of {} was not read: {tree:?}", row.name);
        let forbidden: Vec<_> = FORBIDDEN.split_whitespace().filter(|name| tree.contains(name)).collect();
        assert!(forbidden.is_empty(), "below {} there is {forbidden:?}", row.name);
    }
}

#[test]
fn pure_crates_do_not_reach_out_through_the_standard_library() {
    let workspace = Workspace::read();
    for row in pure() {
        let sources = sources(&workspace.member(row.name).folder.join("src"));
        assert!(!sources.is_empty(), "{} has no sources", row.name);
        for source in sources {
            let text = fs::read_to_string(&source).unwrap();
            let socket = SOCKETS.iter().find(|name| product(&text).contains(**name));
            assert_eq!(socket, None, "{}", source.display());
            for (number, module) in std_modules(&text) {
                assert!(!OUTSIDE.contains(&module), "{}:{number} uses std::{module}", source.display());
            }
        }
    }
}

#[test]
fn only_test_doubles_and_tests_turn_on_test_doubles() {
    for (name, member) in Workspace::read().members {
        for dependency in member.dependencies {
            let on = dependency.features.iter().any(|feature| feature == "test-doubles");
            let allowed = dependency.only_for_tests || name == "vestibule-mock-entra" || TOOLING.contains(&&*name);
            assert!(!on || allowed, "{name} turns on test-doubles of {}", dependency.name);
        }
    }
}

#[test]
fn the_libraries_are_published_and_nothing_else_is_below_them() {
    let workspace = Workspace::read();
    let published = workspace.members.iter().filter(|(_, member)| member.published).map(|(name, _)| name.as_str());
    assert_eq!(published.collect::<Vec<_>>(), PUBLISHED);
    for name in PUBLISHED {
        let tree = workspace.normal_tree(name);
        let ours = tree.into_iter().filter(|below| workspace.members.contains_key(*below));
        let rest: Vec<_> = ours.filter(|below| !PUBLISHED.contains(below)).collect();
        assert!(rest.is_empty(), "below {name} there is {rest:?}");
    }
}

#[test]
fn every_crate_but_lc_extra_has_the_lints_of_the_workspace() {
    for (name, member) in Workspace::read().members {
        let manifest = fs::read_to_string(member.folder.join("Cargo.toml")).unwrap();
        let inherits = manifest.contains("[lints]\nworkspace = true");
        assert_eq!(inherits, name != "vestibule-lc-extra", "{name}");
    }
}

fn pure() -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(|row| row.layer <= PURE)
}

/// What `cargo metadata` says, reduced to what is judged here.
struct Workspace {
    members: BTreeMap<String, Member>,
    /// For each package id its name, and the ids of what it uses when it is built for a product.
    resolved: BTreeMap<String, (String, Vec<String>)>,
}

struct Member {
    id: String,
    folder: PathBuf,
    published: bool,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    ours: bool,
    only_for_tests: bool,
    features: Vec<String>,
}

impl Workspace {
    fn read() -> Self {
        let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &platform])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let packages = list(&metadata["packages"]);
        let names: BTreeMap<_, _> = packages.iter().map(|package| (text(&package["id"]), &package["name"])).collect();
        let ids: BTreeSet<_> = list(&metadata["workspace_members"]).iter().map(text).collect();
        let members = packages.iter().filter(|package| ids.contains(&text(&package["id"])));
        let nodes = list(&metadata["resolve"]["nodes"]);
        Self {
            members: members.map(|package| (text(&package["name"]), Member::read(package))).collect(),
            resolved: nodes
                .iter()
                .map(|node| {
                    let id = text(&node["id"]);
                    let normal = list(&node["deps"]).iter().filter(|dependency| is_normal(dependency));
                    let name = text(names[&id]);
                    (id, (name, normal.map(|dependency| text(&dependency["pkg"])).collect()))
                })
                .collect(),
        }
    }

    fn member(&self, name: &str) -> &Member {
        self.members.get(name).unwrap_or_else(|| panic!("no crate {name}"))
    }

    /// The names of all packages that a build of `name` links or expands, itself included.
    fn normal_tree(&self, name: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut tree = BTreeSet::new();
        let mut waiting = vec![&self.member(name).id];
        while let Some(id) = waiting.pop() {
            if seen.insert(id) {
                let (name, uses) = &self.resolved[id];
                tree.insert(name.as_str());
                waiting.extend(uses);
            }
        }
        tree
    }
}

impl Member {
    fn read(package: &Value) -> Self {
        let manifest = PathBuf::from(text(&package["manifest_path"]));
        Self {
            id: text(&package["id"]),
            folder: manifest.parent().unwrap().to_owned(),
            // `publish = false` is an empty list of registries.
            published: package["publish"].is_null(),
            dependencies: list(&package["dependencies"]).iter().map(Dependency::read).collect(),
        }
    }
}

impl Dependency {
    fn read(dependency: &Value) -> Self {
        Self {
            name: text(&dependency["name"]),
            ours: dependency["source"].is_null(),
            only_for_tests: dependency["kind"] == "dev",
            features: list(&dependency["features"]).iter().map(text).collect(),
        }
    }
}

/// Neither a build script's dependency nor a test's.
fn is_normal(dependency: &Value) -> bool {
    list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The Rust files below `folder`, without those that only tests compile.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_owned();
        if name == "tests" {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The source without the tests that end it.
fn product(source: &str) -> &str {
    source.split("#[cfg(test)]\nmod tests {").next().unwrap_or(source)
}

/// The modules in `std::MODULE` and `std::{MODULE::…, MODULE}` of the product, with their line.
fn std_modules(source: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(product(source).lines()) {
        let code = line.split("//").next().unwrap_or(line);
        for path in code.split("std::").skip(1) {
            let names = path.strip_prefix('{').map_or_else(|| vec![path], |group| group.split(", ").collect());
            let firsts = names.into_iter().filter_map(|name| name.split(|c: char| !c.is_alphanumeric()).next());
            found.extend(firsts.map(|module| (number, module)));
        }
    }
    found
}

#[test]
fn modules_of_the_standard_library_are_found_alone_and_in_groups() {
    let source =
        "use std::{fmt, fs::File};\nlet x = std::env::var(\"X\"); // std::net\n#[cfg(test)]\nmod tests {\nuse std::os;";
    assert_eq!(std_modules(source), [(1, "fmt"), (1, "fs"), (2, "env")]);
}
