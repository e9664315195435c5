//! A schema for each test on a server that somebody else started.

use tokio_postgres::Client;
use vestibule_store::{DatabaseUrl, Store};

use crate::suite::{Fixture, SEALING_KEY, options};

/// A new schema, and the test's own look at it.
pub(crate) struct Schema {
    pub(crate) name: String,
    pub(crate) client: Client,
}

impl Schema {
    pub(crate) async fn new(test: &str) -> Self {
        // PostgreSQL cuts names at 63 octets.
        let name = format!("t{}_{}", std::process::id(), &test[..test.len().min(48)]);
        let (client, connection) = tokio_postgres::connect(&server(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let fresh = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}; SET search_path TO {name}");
        client.batch_execute(&fresh).await.unwrap();
        Self { name, client }
    }

    pub(crate) fn url(&self) -> DatabaseUrl {
        let server = server();
        let sign = if server.contains('?') { '&' } else { '?' };
        format!("{server}{sign}options=-c%20search_path%3D{}", self.name).parse().unwrap()
    }
}

fn server() -> String {
    std::env::var("VESTIBULE_TEST_POSTGRES").expect(
        "VESTIBULE_TEST_POSTGRES must be the URL of a PostgreSQL database for tests, such as \
         postgres://vestibule@127.0.0.1:8433/vestibule; `cargo xtask test` starts one and sets it",
    )
}

/// Two nodes on one new schema.
pub(crate) async fn fixture(test: &str) -> Fixture {
    let url = Schema::new(test).await.url();
    // Both migrate at once, as two nodes may.
    let open = || Store::open(&url, SEALING_KEY(), options());
    let (store, other_node) = tokio::join!(open(), open());
    Fixture { store: store.unwrap(), other_node: other_node.unwrap() }
}
