//! One connection in the hands of one unit.

use deadpool_postgres::{Client, Object};
use futures_util::future::join;
use tokio_postgres::types::ToSql;

use crate::StoreError;
use crate::tx::Access;
use crate::value::{Row, Value};

pub(crate) struct Session {
    /// None only while it is dropped.
    client: Option<Client>,
    access: Access,
    state: State,
}

/// Where the transaction is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was asked yet. The first statement of a unit that writes carries `BEGIN` with it: one round trip less.
    Fresh,
    /// Something is uncommitted, or may be.
    Begun,
}

impl Session {
    pub(super) fn new(client: Client, access: Access) -> Self {
        Self { client: Some(client), access, state: State::Fresh }
    }

    pub(crate) async fn execute(&mut self, sql: &'static str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        let client = self.client.as_ref().ok_or(StoreError::Closed)?;
        let statement = client.prepare_cached(sql).await?;
        let params = dynamic(params);
        let run = client.execute(&statement, &params);
        Ok(if begins(self.access, &mut self.state) {
            let (begun, done) = join(client.batch_execute("BEGIN"), run).await;
            begun?;
            done?
        } else {
            run.await?
        })
    }

    pub(crate) async fn query(&mut self, sql: &'static str, params: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        let client = self.client.as_ref().ok_or(StoreError::Closed)?;
        let statement = client.prepare_cached(sql).await?;
        let params = dynamic(params);
        let run = client.query(&statement, &params);
        let rows = if begins(self.access, &mut self.state) {
            let (begun, rows) = join(client.batch_execute("BEGIN"), run).await;
            begun?;
            rows?
        } else {
            run.await?
        };
        Ok(rows.into_iter().map(|row| Row::postgres(row, sql)).collect())
    }

    /// Statements of a migration, which hold their own `BEGIN` and `COMMIT`.
    pub(crate) async fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        let client = self.client.as_ref().ok_or(StoreError::Closed)?;
        self.state = State::Begun;
        Ok(client.batch_execute(sql).await?)
    }

    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        let client = self.client.as_ref().ok_or(StoreError::Closed)?;
        if self.state == State::Begun {
            let unsure = |error| StoreError::Commit { message: StoreError::from(error).to_string() };
            client.batch_execute("COMMIT").await.map_err(unsure)?;
            self.state = State::Fresh;
        }
        Ok(())
    }

    /// Where this fails the connection is closed, which undoes the same.
    pub(super) async fn roll_back(&mut self) {
        if self.state == State::Begun
            && let Some(client) = &self.client
            && client.batch_execute("ROLLBACK").await.is_ok()
        {
            self.state = State::Fresh;
        }
    }

    /// Back to the pool, where nothing is uncommitted.
    pub(super) fn give_back(mut self) {
        if self.state == State::Fresh || self.access == Access::Read {
            drop(self.client.take());
        }
    }
}

impl Drop for Session {
    /// Reached with a connection only where nobody gave it back: it may hold half a unit, so it leaves the pool.
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}

/// Whether this statement is the first of a transaction.
fn begins(access: Access, state: &mut State) -> bool {
    let first = access == Access::Write && *state == State::Fresh;
    *state = State::Begun;
    first
}

fn dynamic<'p>(params: &'p [Value<'p>]) -> Vec<&'p (dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}
