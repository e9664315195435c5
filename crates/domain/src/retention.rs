//! For how long is kept what nobody needs for ever.

use jiff::{SignedDuration, Timestamp};

/// The default of [`Retention::answers_days`].
pub const ANSWERS_DAYS: u32 = 30;
/// Lines of the audit log are kept for so many days at least: 90. What webhooks were told is looked up by them.
pub const LEAST_AUDIT_DAYS: u32 = 90;

/// For how many days something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Lines of the audit log. Default: for ever.
    pub audit_days: Option<u32>,
    /// The last answers of connections, and refusals without one. Default: [`ANSWERS_DAYS`].
    pub answers_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { audit_days: None, answers_days: ANSWERS_DAYS }
    }
}

impl Retention {
    /// Before when lines of the audit log are deleted, if ever.
    pub fn audit_before(&self, now: Timestamp) -> Option<Timestamp> {
        self.audit_days.map(|days| before(now, days.max(LEAST_AUDIT_DAYS)))
    }

    /// Before when answers are deleted.
    pub fn answers_before(&self, now: Timestamp) -> Timestamp {
        before(now, self.answers_days)
    }
}

fn before(now: Timestamp, days: u32) -> Timestamp {
    now.saturating_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_kept_for_ever_or_for_ninety_days_at_least() {
        let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        assert_eq!(Retention::default().audit_before(now), None);
        let of = |days| Retention { audit_days: Some(days), ..Retention::default() }.audit_before(now);
        assert_eq!(of(7), "2026-03-03T00:00:00Z".parse().ok());
        assert_eq!(of(365), "2025-06-01T00:00:00Z".parse().ok());
        assert_eq!(Retention::default().answers_before(now), "2026-05-02T00:00:00Z".parse().unwrap());
    }
}
