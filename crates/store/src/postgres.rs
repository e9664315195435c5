//! PostgreSQL: a pool of connections, one transaction for each unit that writes.

mod session;
mod tls;

use std::fmt;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Timeouts};
use tokio_postgres::NoTls;

pub(crate) use session::Session;

use crate::store::BoxFuture;
use crate::tx::{Access, Backend};
use crate::url::{PostgresTarget, Tls};
use crate::{OpenError, Options, StoreError, Tx, migrate};

/// Connections to a server that many nodes may share.
const CONNECTIONS: usize = 16;

/// How long a unit waits for a connection of the pool, and a connection for the server.
const WAIT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(crate) struct Postgres {
    pool: Pool,
}

impl Postgres {
    pub(crate) async fn open(target: &PostgresTarget, options: &Options) -> Result<Self, OpenError> {
        let mut config = target.config.clone();
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(WAIT);
        }
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match &target.tls {
            Tls::Off => Manager::from_config(config, NoTls, recycling),
            Tls::VerifyFull { roots } => {
                Manager::from_config(config, tls::Connector::new(roots.as_deref())?, recycling)
            }
        };
        let timeouts = Timeouts { wait: Some(WAIT), create: Some(WAIT), recycle: Some(WAIT) };
        let pool = Pool::builder(manager)
            .max_size(options.connections.unwrap_or(CONNECTIONS).max(1))
            .runtime(Runtime::Tokio1)
            .timeouts(timeouts)
            .build()
            .map_err(|error| StoreError::Unreachable { message: error.to_string() })?;
        let opened = Self { pool };
        let mut tx = opened.tx(Access::Write).await?;
        migrate::run(&mut tx, options.migrations).await?;
        opened.give_back(tx);
        Ok(opened)
    }

    /// Without a transaction: at READ COMMITTED it would promise no more than its statements do by themselves.
    pub(crate) async fn read<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
        E: From<StoreError>,
    {
        let mut tx = self.tx(Access::Read).await?;
        let found = unit(&mut tx).await;
        let failed = tx.take_failed();
        self.give_back(tx);
        if failed && found.is_ok() { Err(StoreError::Aborted.into()) } else { found }
    }

    /// READ COMMITTED: what may happen once is one conditional write, so isolation is no argument for correctness.
    pub(crate) async fn write<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
        E: From<StoreError>,
    {
        let mut tx = self.tx(Access::Write).await?;
        let outcome = unit(&mut tx).await;
        let failed = tx.take_failed();
        let Backend::Postgres(session) = tx.backend_mut() else { return Err(StoreError::Closed.into()) };
        match outcome {
            Ok(_) if failed => {
                session.roll_back().await;
                self.give_back(tx);
                Err(StoreError::Aborted.into())
            }
            Ok(value) => {
                session.commit().await?;
                self.give_back(tx);
                Ok(value)
            }
            Err(error) => {
                session.roll_back().await;
                self.give_back(tx);
                Err(error)
            }
        }
    }

    async fn tx(&self, access: Access) -> Result<Tx, StoreError> {
        Ok(Tx::new(Backend::Postgres(Session::new(self.pool.get().await?, access)), access))
    }

    /// A session that is dropped otherwise, by a panic or with its caller, closes its connection, and the server
    /// undoes what it began.
    #[expect(clippy::unused_self, reason = "the connection goes back to this pool")]
    fn give_back(&self, tx: Tx) {
        if let Backend::Postgres(session) = tx.into_backend() {
            session.give_back();
        }
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("pool", &self.pool.status()).finish()
    }
}
