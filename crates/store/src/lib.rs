#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod copy;
mod error;
mod migrate;
mod postgres;
mod seal;
mod sqlite;
mod store;
pub mod tx;
mod url;
mod value;

pub use copy::{CopyError, Restore, backup};
pub use error::{Constraint, OpenError, StoreError};
pub use seal::{KeyId, NONCE_LENGTH, SealError, Sealable, Sealed, Sealer, SealingKey};
pub use store::{BoxFuture, Migrations, Options, Role, Store};
pub use tx::Tx;
pub use url::{DatabaseUrl, DatabaseUrlError};
