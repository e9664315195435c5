//! Databases of earlier versions, with somebody in them, for the tests of upgrades.

use std::path::{Path, PathBuf};

use vestibule_domain::id::UserId;
use vestibule_store::{Store, StoreError};

use crate::suite::unit;

/// Where the series says how far it is.
pub(crate) const TABLE: &str = "CREATE TABLE schema_migrations \
     (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)";

/// The series of migrations, by file name, without the blocks that begin with this line and are for the other database.
pub(crate) fn series(others: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let named = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let text = |path: &PathBuf| without(others, &std::fs::read_to_string(path).unwrap());
    files.iter().map(|path| (named(path), text(path))).collect()
}

fn without(others: &str, text: &str) -> String {
    let mut is_others = false;
    let kept = text.lines().filter(|line| {
        is_others = (is_others || *line == others) && *line != "-- end";
        !is_others && !line.starts_with("--")
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// Somebody of an account, as the first version stored them; in the words of SQLite.
pub(crate) const ADA: &str = "
    INSERT INTO accounts (id, version, path, kind, name, settings)
      VALUES (x'01900000000070008000000000000001', 1, 'acme', 'customer', 'Acme', '{}');
    INSERT INTO connections (id, account_id, version, state, name, edited_at, settings)
      VALUES (x'01900000000070008000000000000002', x'01900000000070008000000000000001', 1, 'draft', 'entra', 0, '{}');
    INSERT INTO users (id, account_id, version, state, created_at, profile)
      VALUES (x'01900000000070008000000000000003', x'01900000000070008000000000000001', 1, 'active', 0, '{}');
    INSERT INTO identities (connection_id, subject, user_id, linked_at)
      VALUES (x'01900000000070008000000000000002', 'ada', x'01900000000070008000000000000003', 0);";

/// She is there still, in her account and under her subject.
pub(crate) async fn has_ada(store: &Store, version: usize) {
    let ada = UserId::from_bytes(0x0190_0000_0000_7000_8000_0000_0000_0003_u128.to_be_bytes());
    let found = unit!(|tx| {
        let user = tx.user(ada).await?;
        Ok::<_, StoreError>((user.map(|user| user.account), tx.identities_of(ada).await?))
    });
    let (account, identities) = store.read(found).await.unwrap();
    assert!(account.is_some(), "from version {version}");
    assert_eq!(identities.first().map(|identity| identity.subject.as_str()), Some("ada"), "from version {version}");
}
