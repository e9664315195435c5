//! The conformance suite on PostgreSQL, on the server that `VESTIBULE_TEST_POSTGRES` names. Each test has a schema of
//! its own there.

#[path = "conformance/suite.rs"]
mod suite;

#[path = "conformance/earlier_versions.rs"]
mod earlier_versions;

#[path = "conformance/postgres_only.rs"]
mod postgres_only;

#[path = "conformance/postgres_server.rs"]
mod postgres_server;

mod on_postgres {
    use crate::suite::Fixture;

    async fn fixture(test: &str) -> Fixture {
        crate::postgres_server::fixture(test).await
    }

    crate::suite::all_tests!();
}
