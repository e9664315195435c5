//! What the tests talk to.

pub mod apache;
pub mod axe;
pub mod chromium;
pub mod demo;
pub mod postgres;
pub mod proxy;
pub mod samples;
pub mod sent;
pub mod server;
pub mod simplesamlphp;
pub mod upstream;
mod webdriver;

use std::net::TcpListener;

use crate::fail;

/// A port of 127.0.0.1 that was free just now. Another program may take it first: who starts something on it tries
/// again with another.
#[track_caller]
pub fn free_port() -> u16 {
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    port.unwrap_or_else(|error| fail(format_args!("no free port: {error}"))).port()
}
