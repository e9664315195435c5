//! The conformance suite on SQLite, and what is promised of SQLite alone.

#[path = "conformance/suite.rs"]
mod suite;

#[path = "conformance/earlier_versions.rs"]
mod earlier_versions;

#[path = "conformance/sqlite_only.rs"]
mod sqlite_only;

mod on_sqlite {
    use crate::suite::Fixture;

    async fn fixture(_: &str) -> Fixture {
        crate::sqlite_only::fixture().await
    }

    crate::suite::all_tests!();
}
