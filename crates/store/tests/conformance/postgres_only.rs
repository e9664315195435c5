//! What is promised of PostgreSQL alone.

use vestibule_store::Store;

use crate::earlier_versions;
use crate::postgres_server::Schema;
use crate::suite::{SEALING_KEY, options};

/// The words of a migration that differ (`src/migrate.rs`).
fn translated(text: &str) -> String {
    text.replace(" BLOB", " BYTEA").replace(" TEXT", " TEXT COLLATE \"C\"").replace(" WITHOUT ROWID", "")
}

/// Columns and indexes of a schema, its name apart.
async fn shape(schema: &Schema) -> Vec<String> {
    let sql = "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || \
               COALESCE(column_default, '') || ' ' || COALESCE(collation_name, '') \
               FROM information_schema.columns WHERE table_schema = $1 \
               UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = $1 ORDER BY 1";
    let rows = schema.client.query(sql, &[&schema.name]).await.unwrap();
    let own = format!("{}.", schema.name);
    rows.iter().map(|row| row.get::<_, String>(0).replace(&own, "")).collect()
}

#[tokio::test]
async fn a_database_of_any_earlier_version_is_brought_up_to_date_with_all_that_is_in_it() {
    let series = earlier_versions::series("-- sqlite:");
    let fresh = Schema::new("fresh").await;
    drop(Store::open(&fresh.url(), SEALING_KEY(), options()).await.unwrap());
    let want = shape(&fresh).await;
    assert!(want.len() > 200, "{}", want.len());
    for version in 1..=series.len() {
        let schema = Schema::new(&format!("version_{version}")).await;
        schema.client.batch_execute(&translated(earlier_versions::TABLE)).await.unwrap();
        for (place, (name, text)) in series.iter().enumerate().take(version) {
            schema.client.batch_execute(&translated(text)).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            let note =
                format!("INSERT INTO schema_migrations SELECT * FROM {}.schema_migrations WHERE name = $1", fresh.name);
            assert_eq!(schema.client.execute(&note, &[name]).await.unwrap(), 1, "{name} is not in the series");
            if place == 0 {
                schema.client.batch_execute(&earlier_versions::ADA.replace("x'", "'\\x")).await.unwrap();
            }
        }
        let store = Store::open(&schema.url(), SEALING_KEY(), options()).await.unwrap();
        earlier_versions::has_ada(&store, version).await;
        assert_eq!(shape(&schema).await, want, "from version {version}");
    }
}
