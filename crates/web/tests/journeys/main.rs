//! Journeys without a socket, on SQLite: one file for each story.

mod sp_start;
mod support;

mod database {
    use vestibule_store::{DatabaseUrl, Options, Store};

    /// A new database in memory.
    pub(crate) async fn open() -> Store {
        Store::open(&DatabaseUrl::temporary(), crate::support::sealer(), Options::default()).await.unwrap()
    }
}
