#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod binding;
pub mod idp;
pub mod logout;
pub mod metadata;
mod read;
pub mod sp;
pub mod time;
pub mod types;

pub use read::ReadError;
