#![doc = include_str!("../README.md")]

pub mod attacks;
mod case;
mod cipher;
pub mod entra;
pub mod forge;
pub mod genuine;
pub mod keys;
mod seal;
pub mod service;
pub mod text;

pub use case::{Case, Identity, Message, Pending, Setting, Value};
pub use cipher::Cipher;
pub use entra::Entra;
pub use seal::{KeyInfo, Seal};
