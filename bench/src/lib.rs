//! What the benches share. Nothing here is a test: figures are read by people and written into
//! `docs/performance.md`, always beside something that was measured in the same run.

pub mod fixture;
pub mod hostile;
#[cfg(feature = "load")]
pub mod load;
pub mod timing;
