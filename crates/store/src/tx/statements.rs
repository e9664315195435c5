//! Running a statement, in either database. The only place where a [`Tx`] touches a driver.

use std::fmt;

use rusqlite::Connection;

use crate::StoreError;
use crate::postgres::Session;
use crate::tx::Tx;
use crate::value::{Row, Value};

/// Where the statements go.
pub(crate) enum Backend {
    Sqlite(Connection),
    Postgres(Session),
}

/// What the unit may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// For the few texts that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Tx {
    pub(crate) fn new(backend: Backend, access: Access) -> Self {
        Self { backend, access, failed: false }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self.backend {
            Backend::Sqlite(_) => Dialect::Sqlite,
            Backend::Postgres(_) => Dialect::Postgres,
        }
    }

    pub(crate) fn backend_mut(&mut self) -> &mut Backend {
        &mut self.backend
    }

    pub(crate) fn into_backend(self) -> Backend {
        self.backend
    }

    /// Whether a statement failed since the last call; a new unit begins with none.
    pub(crate) fn take_failed(&mut self) -> bool {
        std::mem::take(&mut self.failed)
    }

    /// Runs a change and tells how many rows it touched. Parameters are `$1`, `$2` … in the order of their first
    /// appearance in the text: SQLite numbers them so.
    pub(crate) async fn execute(&mut self, sql: &'static str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        debug_assert!(self.access == Access::Write, "a read runs no change: {sql}");
        self.begin_statement()?;
        let outcome = match &mut self.backend {
            Backend::Sqlite(connection) => execute_sqlite(connection, sql, params),
            Backend::Postgres(session) => session.execute(sql, params).await,
        };
        self.end_statement(outcome)
    }

    /// All rows.
    pub(crate) async fn query_all(&mut self, sql: &'static str, params: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        self.begin_statement()?;
        let outcome = match &mut self.backend {
            Backend::Sqlite(connection) => query_sqlite(connection, sql, params),
            Backend::Postgres(session) => session.query(sql, params).await,
        };
        self.end_statement(outcome)
    }

    /// The first row; for statements that find one at most.
    pub(crate) async fn query_opt(
        &mut self,
        sql: &'static str,
        params: &[Value<'_>],
    ) -> Result<Option<Row>, StoreError> {
        self.begin_statement()?;
        let outcome = match &mut self.backend {
            Backend::Sqlite(connection) => first_sqlite(connection, sql, params),
            Backend::Postgres(session) => session.query(sql, params).await.map(|mut rows| rows.pop()),
        };
        self.end_statement(outcome)
    }

    /// Several statements without parameters, outside of any transaction of a unit: migrations.
    pub(crate) async fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        match &mut self.backend {
            Backend::Sqlite(connection) => connection.execute_batch(sql).map_err(StoreError::from),
            Backend::Postgres(session) => session.batch(sql).await,
        }
    }

    fn begin_statement(&self) -> Result<(), StoreError> {
        if self.failed { Err(StoreError::Aborted) } else { Ok(()) }
    }

    fn end_statement<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        self.failed = outcome.is_err();
        outcome
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("database", &self.dialect()).field("access", &self.access).finish_non_exhaustive()
    }
}

fn execute_sqlite(connection: &Connection, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
    let mut statement = prepared(connection, sql, params)?;
    Ok(u64::try_from(statement.raw_execute()?).unwrap_or(u64::MAX))
}

fn query_sqlite(connection: &Connection, sql: &'static str, params: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
    #[cfg(test)]
    super::plans::note(connection, sql);
    let mut statement = prepared(connection, sql, params)?;
    let columns = statement.column_count();
    let mut found = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        found.push(Row::sqlite(row, columns, sql)?);
    }
    Ok(found)
}

/// Runs to the end even after the first row: a `RETURNING` is only complete then.
fn first_sqlite(connection: &Connection, sql: &'static str, params: &[Value<'_>]) -> Result<Option<Row>, StoreError> {
    let mut statement = prepared(connection, sql, params)?;
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    let found = rows.next()?.map(|row| Row::sqlite(row, columns, sql)).transpose()?;
    while rows.next()?.is_some() {}
    Ok(found)
}

fn prepared<'c>(
    connection: &'c Connection,
    sql: &str,
    params: &[Value<'_>],
) -> Result<rusqlite::CachedStatement<'c>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    debug_assert_eq!(statement.parameter_count(), params.len(), "{sql}");
    for (place, value) in (1..).zip(params) {
        debug_assert_eq!(statement.parameter_name(place), Some(format!("${place}").as_str()), "{sql}");
        statement.raw_bind_parameter(place, value)?;
    }
    Ok(statement)
}
