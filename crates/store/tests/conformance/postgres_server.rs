//! A schema for each test on a server that somebody else started.

use vestibule_store::{DatabaseUrl, Store};

use crate::suite::{Fixture, SEALING_KEY, options};

/// Two nodes on one new schema.
pub(crate) async fn fixture(test: &str) -> Fixture {
    let server = std::env::var("VESTIBULE_TEST_POSTGRES").expect(
        "VESTIBULE_TEST_POSTGRES must be the URL of a PostgreSQL database for tests, such as \
         postgres://vestibule@127.0.0.1:8433/vestibule; `cargo xtask test` starts one and sets it",
    );
    // PostgreSQL cuts names at 63 octets.
    let schema = format!("t{}_{}", std::process::id(), &test[..test.len().min(48)]);
    let (client, connection) = tokio_postgres::connect(&server, tokio_postgres::NoTls).await.unwrap();
    let driver = tokio::spawn(connection);
    client.batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")).await.unwrap();
    drop(client);
    driver.await.unwrap().unwrap();

    let sign = if server.contains('?') { '&' } else { '?' };
    let url: DatabaseUrl = format!("{server}{sign}options=-c%20search_path%3D{schema}").parse().unwrap();
    // Both migrate at once, as two nodes may.
    let open = || Store::open(&url, SEALING_KEY(), options());
    let (store, other_node) = tokio::join!(open(), open());
    Fixture { store: store.unwrap(), other_node: other_node.unwrap() }
}
