//! When it is told that a certificate ends soon.

use jiff::{SignedDuration, Timestamp};

/// How many days before its end a certificate is told of, the longest first: each once.
pub const NOTICES: [u16; 3] = [60, 30, 7];

/// That a certificate ends soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiring {
    /// Which of the [`NOTICES`] it is.
    pub notice: u16,
    /// How many whole days are left.
    pub days_left: u16,
}

/// Which notice is due of a certificate with this end: the last one whose time has come. Of one that is seen late the earlier
/// ones are left out. None where it lasts longer, or has ended.
pub fn expiring(not_after: Timestamp, now: Timestamp) -> Option<Expiring> {
    let left = not_after.duration_since(now);
    if left <= SignedDuration::ZERO {
        return None;
    }
    let day = SignedDuration::from_hours(24);
    let notice = NOTICES.into_iter().rfind(|days| left <= day.saturating_mul(i32::from(*days)))?;
    let days_left = u16::try_from(left.as_hours() / 24).unwrap_or(notice);
    Some(Expiring { notice, days_left })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_told_of_sixty_thirty_and_seven_days_before_its_end() {
        let now: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        let at =
            |hours: i64| expiring(now + SignedDuration::from_hours(hours), now).map(|it| (it.notice, it.days_left));
        for (hours, due) in [
            (60 * 24 + 1, None),
            (60 * 24, Some((60, 60))),
            (30 * 24 + 1, Some((60, 30))),
            (30 * 24, Some((30, 30))),
            (8 * 24, Some((30, 8))),
            (7 * 24, Some((7, 7))),
            (1, Some((7, 0))),
            (0, None),
            (-1, None),
        ] {
            assert_eq!(at(hours), due, "{hours}");
        }
        assert_eq!(expiring(Timestamp::MAX, Timestamp::MIN), None);
    }
}
