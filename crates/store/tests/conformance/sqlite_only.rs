//! What is promised of SQLite alone: one node, a writer that survives, and a file that is looked after.

use std::path::PathBuf;

use vestibule_store::{DatabaseUrl, Migrations, OpenError, Options, Role, Store, StoreError};

use crate::earlier_versions;
use crate::suite::{Fixture, SEALING_KEY, account, account_id, event, options, unit};

/// A database of its own for each test.
pub(crate) async fn fixture() -> Fixture {
    let store = Store::open(&DatabaseUrl::temporary(), SEALING_KEY(), options()).await.unwrap();
    Fixture { other_node: store.clone(), store }
}

/// A directory that goes with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vestibule-conformance-{}-{test}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn database(&self) -> PathBuf {
        self.0.join("vestibule.db")
    }

    async fn open(&self, options: Options) -> Result<Store, OpenError> {
        Store::open(&DatabaseUrl::sqlite(self.database()), SEALING_KEY(), options).await
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[tokio::test]
async fn a_file_takes_one_node_and_any_command_beside_it() {
    let directory = Directory::new("nodes");
    let node = directory.open(options()).await.unwrap();
    let refused = directory.open(options()).await.unwrap_err();
    assert!(matches!(&refused, OpenError::InUse { path } if *path == directory.database()), "{refused}");

    let command = directory.open(Options { role: Role::Command, ..options() }).await.unwrap();
    command.write(unit!(|tx| tx.save_account(&account(1), &event(1)).await)).await.unwrap();
    assert!(node.read(unit!(|tx| tx.account(account_id(1)).await)).await.unwrap().is_some(), "without a restart");
    node.write(unit!(|tx| tx.save_account(&account(2), &event(2)).await)).await.unwrap();
    assert!(command.read(unit!(|tx| tx.account(account_id(2)).await)).await.unwrap().is_some());

    drop((node, command));
    let again = directory.open(options()).await.unwrap();
    assert_eq!(again.read(unit!(|tx| tx.accounts().await)).await.unwrap().len(), 2, "the lock went with its node");
}

#[tokio::test]
async fn a_file_is_readable_to_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new("private");
    let store = directory.open(options()).await.unwrap();
    store.write(unit!(|tx| tx.insert_event(&event(1)).await)).await.unwrap();
    for file in std::fs::read_dir(&directory.0).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
    }
}

#[tokio::test]
async fn a_database_of_another_version_is_not_opened() {
    let directory = Directory::new("versions");
    drop(directory.open(options()).await.unwrap());
    let raw = rusqlite::Connection::open(directory.database()).unwrap();
    let set = |sql: &str| assert_eq!(raw.execute(sql, []).unwrap(), 1);

    set("INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, '9999_later.sql', 'x')");
    let newer = directory.open(options()).await.unwrap_err();
    assert!(matches!(newer, OpenError::Newer { got: 9999, .. }), "{newer}");
    set("DELETE FROM schema_migrations WHERE version = 9999");

    set("UPDATE schema_migrations SET checksum = 'ffff' || checksum WHERE version = 1");
    let changed = directory.open(options()).await.unwrap_err();
    assert!(matches!(&changed, OpenError::Changed { version: 1, got, .. } if got.starts_with("ffff")), "{changed}");
}

#[tokio::test]
async fn a_database_of_any_earlier_version_is_brought_up_to_date_with_all_that_is_in_it() {
    let series = earlier_versions::series("-- postgres:");
    let fresh = Directory::new("fresh");
    drop(fresh.open(options()).await.unwrap());
    let fresh = rusqlite::Connection::open(fresh.database()).unwrap();
    let schema = |raw: &rusqlite::Connection| -> Vec<String> {
        let mut statement = raw.prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY sql").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    for version in 1..=series.len() {
        let directory = Directory::new(&format!("version-{version}"));
        let raw = rusqlite::Connection::open(directory.database()).unwrap();
        raw.execute_batch(earlier_versions::TABLE).unwrap();
        for (place, (name, text)) in series.iter().enumerate().take(version) {
            raw.execute_batch(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let checksum: String = fresh
                .query_row("SELECT checksum FROM schema_migrations WHERE name = $1", [name], |row| row.get(0))
                .unwrap_or_else(|_| panic!("{name} is in the folder and not in the series"));
            let line = (i64::try_from(place).unwrap() + 1, name, checksum);
            raw.execute("INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)", line).unwrap();
            if place == 0 {
                raw.execute_batch(earlier_versions::ADA).unwrap();
            }
        }
        drop(raw);
        let store = directory.open(options()).await.unwrap();
        earlier_versions::has_ada(&store, version).await;
        drop(store);
        let raw = rusqlite::Connection::open(directory.database()).unwrap();
        assert_eq!(schema(&raw), schema(&fresh), "from version {version}");
    }
}

#[tokio::test]
async fn migrations_wait_for_their_command_where_the_options_say_so() {
    let directory = Directory::new("pending");
    let require = Options { migrations: Migrations::Require, ..options() };
    let missing = directory.open(require.clone()).await.unwrap_err();
    assert!(matches!(missing, OpenError::Missing { .. }), "{missing}");
    assert!(!directory.database().exists(), "none is made");
    std::fs::write(directory.database(), "").unwrap();
    let pending = directory.open(require.clone()).await.unwrap_err();
    assert!(matches!(pending, OpenError::Pending { first: "0001_initial.sql", .. }), "{pending}");
    drop(directory.open(options()).await.unwrap());
    directory.open(require).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_that_panics_or_waits_harms_no_other() {
    let Fixture { store, .. } = fixture().await;
    let panics = store
        .write(unit!(|tx| {
            tx.insert_event(&event(1)).await?;
            assert!(tx.events(&everything()).await?.is_empty(), "as planned");
            Ok(())
        }))
        .await;
    assert_eq!(panics, Err(StoreError::Panicked));
    let waits = store
        .write(unit!(|tx| {
            tx.insert_event(&event(2)).await?;
            tokio::task::yield_now().await;
            Ok(())
        }))
        .await;
    assert_eq!(waits, Err(StoreError::Waited));
    let reads =
        store.read(unit!(|tx| if tx.events(&everything()).await?.is_empty() { panic!("as planned") } else { Ok(()) }));
    assert_eq!(reads.await, Err(StoreError::Panicked));
    store.write(unit!(|tx| tx.insert_event(&event(3)).await)).await.unwrap();
    for _ in 0..8 {
        assert_eq!(store.read(unit!(|tx| tx.events(&everything()).await)).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_read_sees_one_state() {
    let Fixture { store, .. } = fixture().await;
    let writer = store.clone();
    let (go, gone) = std::sync::mpsc::channel();
    let (done, finished) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        gone.recv().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(writer.write(unit!(|tx| tx.insert_event(&event(1)).await))).unwrap();
        done.send(()).unwrap();
    });
    let counts = store
        .read::<_, StoreError, _>(unit!(|tx| {
            let before = tx.events(&everything()).await?.len();
            go.send(()).unwrap();
            finished.recv().unwrap();
            Ok((before, tx.events(&everything()).await?.len()))
        }))
        .await;
    assert_eq!(counts, Ok((0, 0)), "though a commit came between");
    assert_eq!(store.read(unit!(|tx| tx.events(&everything()).await)).await.unwrap().len(), 1);
    thread.join().unwrap();
}

/// A query that no test runs is one that may not exist on the other database.
#[test]
fn every_query_is_in_the_suite() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let texts = |folder: &str| {
        let files = std::fs::read_dir(root.join(folder)).unwrap().map(|file| file.unwrap().path());
        // Filling in bulk is for measurements, and made of the other queries.
        let files = files.filter(|file| !file.ends_with("bulk.rs"));
        files.map(|file| std::fs::read_to_string(file).unwrap()).collect::<String>()
    };
    let (queries, suite) = (texts("src/tx"), texts("tests/conformance"));
    let names: Vec<_> = queries
        .split("pub async fn ")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap())
        .collect();
    assert!(names.len() > 50, "{} found", names.len());
    for name in names {
        assert!(suite.contains(&format!("tx.{name}(")), "no test of the suite runs {name}");
    }
}

/// PostgreSQL tells a violated constraint's name, SQLite its columns: both stand in the table of `src/error.rs`.
#[test]
fn every_unique_index_has_a_name_of_its_own() {
    let raw = rusqlite::Connection::open_in_memory().unwrap();
    raw.execute_batch(include_str!("../../migrations/0001_initial.sql")).unwrap();
    let sql = "SELECT m.name, i.name FROM sqlite_master m, pragma_index_list(m.name) i \
               WHERE m.type = 'table' AND i.\"unique\" = 1 AND i.origin = 'u'";
    let mut statement = raw.prepare(sql).unwrap();
    let indexes = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let mut tables: Vec<(String, String)> = indexes.map(Result::unwrap).collect();
    tables.sort();
    let tables: Vec<_> = tables.iter().map(|(table, _)| table.as_str()).collect();
    assert_eq!(tables, ["accounts", "connections", "sessions"], "a new one needs a Constraint");
}

fn everything() -> vestibule_store::tx::EventFilter {
    vestibule_store::tx::EventFilter { account: None, user: None, before: None, limit: 100 }
}
