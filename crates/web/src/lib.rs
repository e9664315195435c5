#![doc = include_str!("../README.md")]

pub mod api;
pub mod app;
pub mod assets;
pub mod cookies;
pub mod extract;
pub mod language;
pub mod limits;
pub mod page;
pub mod pages;
pub mod problem;
mod routes;
pub mod security;

pub use app::{App, Clock, FORWARD_AUTH, router};
pub use extract::ClientAddress;
