#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod account;
pub mod admission;
pub mod api;
pub mod application;
pub mod attempt;
pub mod branding;
pub mod connection;
pub mod deep_link;
pub mod discovery;
pub mod enforcement;
pub mod env_import;
pub mod event;
pub mod expiry;
#[doc(hidden)]
pub mod fuzzing;
pub mod grants;
pub mod id;
pub mod identity;
pub mod key_schedule;
pub mod lifecycle;
pub mod logout;
pub mod mapping;
pub mod metadata;
pub mod name;
pub mod offer;
pub mod password;
pub mod permission;
pub mod preset;
pub mod readiness;
pub mod retention;
#[cfg(test)]
mod samples;
pub mod schedule;
pub mod session;
pub mod setting;
pub mod setup;
pub mod site;
pub mod text;
pub mod user;
pub mod waiting;
pub mod ways;
pub mod webhook;
