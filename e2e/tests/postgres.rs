//! PostgreSQL for tests: it is there when it is wanted, it loses nothing by a crash, and it ends.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use vestibule_e2e::peers::postgres::{Postgres, Sync, URL_VARIABLE};
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
