//! The one reading of the clock.

use jiff::Timestamp;

/// The time of this run in whole milliseconds, as SAML writes times. Every command reads it at most once and hands it
/// down.
#[expect(clippy::disallowed_methods, reason = "the edge reads the clock once; all below take the time as an argument")]
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    // Between the years 1 and 9999, where every millisecond is a time.
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
