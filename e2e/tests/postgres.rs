//! PostgreSQL for tests: it is there when it is wanted, it loses nothing by a crash, and it ends.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use vestibule_e2e::peers::postgres::{Postgres, Sync, URL_VARIABLE};
use vestibule_e2e::peers::server::binary;
use vestibule_e2e::scratch::Scratch;
use vestibule_e2e::wait_for;

#[test]
fn what_was_committed_is_there_after_a_crash_and_after_a_stop() {
    let mut postgres = Postgres::start(Sync::EveryCommit);
    assert!(postgres.url().starts_with("postgres://vestibule@127.0.0.1:"), "{}", postgres.url());
    postgres.query("create table kept (n integer)");
    postgres.query("insert into kept values (1), (2)");
    postgres.crash();
    postgres.restart();
    assert_eq!(postgres.query("select n from kept order by n"), "1\n2");
    assert!(postgres.log().contains("database system was interrupted"), "that was no crash");
    postgres.stop();
    postgres.restart();
    assert_eq!(postgres.query("select count(*) from kept"), "2");
}

#[test]
fn another_database_of_the_cluster_is_empty() {
    let postgres = Postgres::start(Sync::Never);
    assert!(postgres.create_database("second").ends_with("/second"));
    assert_eq!(postgres.query("select datname from pg_database where datname = 'second'"), "second");
}

/// What a server showed is checked before a word is said to it.
#[test]
fn a_database_behind_tls_is_used_when_its_certificate_is_trusted_and_names_the_host() {
    let [ours, other] = [["localhost"], ["database.example"]]
        .map(|names| rcgen::generate_simple_self_signed(names.map(str::to_owned)).unwrap());
    let scratch = Scratch::new("postgres-tls");
    let write = |name, content: String| scratch.write(name, content).display().to_string();
    let (our_roots, other_roots) = (write("ours.pem", ours.cert.pem()), write("other.pem", other.cert.pem()));
    let mut postgres = Postgres::start(Sync::Never);
    postgres.require_tls(&ours.cert.pem(), &ours.signing_key.serialize_pem());
    let at_localhost = postgres.url().replace("127.0.0.1", "localhost");

    let refused = migrate(&scratch, &format!("{at_localhost}?sslmode=disable"));
    assert!(refused.contains("no encryption"), "{refused}");
    let refused = migrate(&scratch, &format!("{at_localhost}?sslmode=verify-full&sslrootcert={other_roots}"));
    assert!(refused.contains("invalid peer certificate: BadSignature"), "{refused}");
    let done = migrate(&scratch, &format!("{at_localhost}?sslmode=verify-full&sslrootcert={our_roots}"));
    assert!(done.contains("is that of this version"), "{done}");
    assert_eq!(postgres.query("select version from deployment"), "1");

    postgres.require_tls(&other.cert.pem(), &other.signing_key.serialize_pem());
    let refused = migrate(&scratch, &format!("{at_localhost}?sslmode=verify-full&sslrootcert={other_roots}"));
    assert!(refused.contains("not valid for name"), "{refused}");
}

/// All that `vestibule migrate` says with this database.
fn migrate(scratch: &Scratch, database: &str) -> String {
    let key = scratch.path().join("key");
    // It refuses to write over the one of the time before.
    let _ = Command::new(binary()).args(["keys", "new"]).arg(&key).output().unwrap();
    let configuration = format!(
        "public_url = \"http://sso.localhost:8400\"\naccount_domain = \"localhost\"\nlisten = \"127.0.0.1:0\"\n\
         database = \"{database}\"\nkey_file = \"{}\"\n",
        key.display()
    );
    let file = scratch.write("vestibule.toml", configuration);
    let output = Command::new(binary()).args(["migrate", "--config"]).arg(file).env_clear().output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The same guard stands beside every process that the harness starts.
#[test]
fn a_cluster_ends_with_a_test_that_is_killed() {
    let mut test = Command::new(env!("CARGO_BIN_EXE_with-postgres"))
        .args(["sh", "-c", &format!("echo ${URL_VARIABLE}; exec cat")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(test.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let address = url.split(['@', '/']).nth(3).unwrap();
    assert!(TcpStream::connect(address).is_ok(), "{url}");
    test.kill().unwrap();
    test.wait().unwrap();
    wait_for("the end of PostgreSQL", || TcpStream::connect(address).is_err().then_some(()));
}
