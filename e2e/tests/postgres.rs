//! PostgreSQL for tests: it is there when it is wanted, it loses nothing by a crash, and it ends.

use vestibule_e2e::peers::postgres::{Postgres, Sync};

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
