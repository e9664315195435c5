//! The harness of the tests that need more than one process.
//!
//! [`peers`] starts software that no one here wrote (PostgreSQL, SimpleSAMLphp, nginx, Caddy, Apache, Chromium), the
//! samples of `examples/` and the real binary, on free ports of loopback, in folders of their own below the target folder.
//! What is started ends with the value that stands for it, and also when the test process is killed ([`process`]).
//!
//! A harness has nobody to hand an error to: what does not work ends the test, at the line of the test that asked.
//! The one exception is [`http`], whose caller may be the one who killed the server.

pub mod html;
pub mod http;
pub mod peers;
pub mod process;
pub mod scratch;
mod wait;

pub use wait::{PATIENCE, wait_for};

/// Ends the test with `message`.
#[track_caller]
fn fail(message: impl std::fmt::Display) -> ! {
    panic!("{message}")
}
