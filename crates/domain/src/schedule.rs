//! When background work is done again.

use jiff::{SignedDuration, Timestamp};

/// How often metadata is fetched at least (E-51).
pub const REFRESH: SignedDuration = SignedDuration::from_hours(24);
/// How often it is fetched at most, whatever it says of itself.
pub const SOONEST: SignedDuration = SignedDuration::from_hours(1);
/// How soon it is fetched again the first time that there was none; each further time takes twice as long.
pub const RETRY: SignedDuration = SignedDuration::from_mins(5);
/// How soon an application is told again that could not be: somebody waits for it.
const SOON: SignedDuration = SignedDuration::from_mins(1);
/// How long that grows.
pub const LATEST_RETRY: SignedDuration = SignedDuration::from_hours(6);
/// How far apart two looks are that both find a record and so prove a domain: one answer alone may be forged (SC-12).
/// Counted from the beginnings of the turns that look; a turn with many domains takes most of a minute, which is over
/// between the looks too.
pub const BETWEEN_LOOKS: SignedDuration = SignedDuration::from_mins(2);

/// How often the record of a claimed domain is looked for, by the age of the claim: whoever publishes it does so soon
/// after they are told of it.
const LOOKS: [(SignedDuration, SignedDuration); 3] = [
    (SignedDuration::from_hours(1), SignedDuration::from_mins(1)),
    (SignedDuration::from_hours(24), SignedDuration::from_mins(10)),
    (SignedDuration::from_hours(7 * 24), SignedDuration::from_hours(1)),
];
const SELDOM: SignedDuration = SignedDuration::from_hours(24);

/// When the record of a domain that was claimed then is looked for next, now that it was not found: each minute for an
/// hour, each ten for a day, each hour for a week, then daily (SC-12). One that was there at the look before is looked
/// for soon again.
pub fn next_look(claimed_at: Timestamp, was_seen: bool, now: Timestamp) -> Timestamp {
    if was_seen {
        return later(now, BETWEEN_LOOKS);
    }
    let age = now.duration_since(claimed_at);
    let pause = LOOKS.iter().find(|(until, _)| age < *until).map_or(SELDOM, |(_, pause)| *pause);
    later(now, pause)
}

/// When metadata is fetched next that was read now: in [`REFRESH`], or sooner where its `cacheDuration` says so or
/// half of the time to its `validUntil` is shorter, but not before [`SOONEST`]. `jitter` takes off up to a tenth, so
/// that connections which were set up together are not fetched together for ever.
pub fn next_refresh(
    cache_duration: Option<SignedDuration>,
    valid_until: Option<Timestamp>,
    now: Timestamp,
    jitter: u8,
) -> Timestamp {
    let half = valid_until.map(|until| until.duration_since(now) / 2);
    let pause = [cache_duration, half].into_iter().flatten().fold(REFRESH, Ord::min).max(SOONEST);
    later(now, pause - pause / 10 * i32::from(jitter) / i32::from(u8::MAX))
}

/// When metadata is fetched next that could not be had so many times in a row, this one included.
pub fn next_retry(failures: u32, now: Timestamp) -> Timestamp {
    let doubled = RETRY.saturating_mul(1 << failures.saturating_sub(1).min(8));
    later(now, doubled.min(LATEST_RETRY))
}

/// When an application is told next of a session's end that could not be told so many times in a row, this one included:
/// in a minute, then ever later, as [`next_retry`] does.
pub fn next_telling(failures: u32, now: Timestamp) -> Timestamp {
    let doubled = SOON.saturating_mul(1 << failures.saturating_sub(1).min(12));
    later(now, doubled.min(LATEST_RETRY))
}

/// The pauses between tries to tell a webhook (Standard Webhooks, "Deliverability and reliability"): after the first try in
/// vain the first, and so on.
const DELIVERIES: [SignedDuration; 9] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(20),
    SignedDuration::from_hours(24),
];

/// When a webhook is told next of an event that it could not be told of so many times, this one included. None: that was the
/// last time.
pub fn next_delivery(failures: u32, now: Timestamp) -> Option<Timestamp> {
    let place = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    DELIVERIES.get(place).map(|pause| later(now, *pause))
}

/// Until when nothing is told to a webhook that did not answer so many times in a row, this one included: at most five
/// minutes, so that it is soon seen when it is back.
pub fn rest_of_webhook(failures: u32, now: Timestamp) -> Timestamp {
    later(now, if failures <= 1 { DELIVERIES[0] } else { DELIVERIES[1] })
}

fn later(now: Timestamp, pause: SignedDuration) -> Timestamp {
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-02T10:00:00Z".parse().unwrap()
    }

    fn minutes(minutes: i64) -> SignedDuration {
        SignedDuration::from_mins(minutes)
    }

    #[test]
    fn a_record_is_looked_for_often_at_first_and_seldom_later() {
        for (age, pause) in [(0, 1), (59, 1), (60, 10), (24 * 60 - 1, 10), (24 * 60, 60), (7 * 24 * 60, 24 * 60)] {
            assert_eq!(next_look(now() - minutes(age), false, now()), now() + minutes(pause), "{age}");
            assert_eq!(next_look(now() - minutes(age), true, now()), now() + minutes(2), "{age}: it was there");
        }
        // A clock that was set back.
        assert_eq!(next_look(now() + minutes(5), false, now()), now() + minutes(1));
    }

    /// E-51.
    #[test]
    fn metadata_is_fetched_daily_or_as_often_as_it_says_within_bounds() {
        let hours = |hours| SignedDuration::from_hours(hours);
        let next = |cache: Option<i64>, valid: Option<i64>| {
            next_refresh(cache.map(hours), valid.map(|it| now() + hours(it)), now(), 0).duration_since(now())
        };
        assert_eq!(next(None, None), hours(24));
        assert_eq!(next(Some(4), None), hours(4));
        assert_eq!(next(Some(24 * 365), None), hours(24), "longer is no reason to see a rollover late");
        assert_eq!(next(Some(0), None), hours(1));
        assert_eq!(next(Some(-5), None), hours(1));
        assert_eq!(next(None, Some(10)), hours(5), "again before it ends");
        assert_eq!(next(Some(3), Some(4)), hours(2));
        assert_eq!(next(None, Some(1)), hours(1));
    }

    #[test]
    fn jitter_takes_off_a_tenth_at_most() {
        let next = |jitter| next_refresh(None, None, now(), jitter).duration_since(now());
        assert_eq!(next(u8::MAX), SignedDuration::from_hours(24) * 9 / 10);
        assert!(next(100) < next(99) && next(254) > next(255));
    }

    /// The pauses that Standard Webhooks proposes.
    #[test]
    fn a_webhook_is_tried_ten_times_within_three_days_and_a_half() {
        let mut at = now();
        let mut tries = 1;
        while let Some(next) = next_delivery(tries, at) {
            assert!(next > at);
            (at, tries) = (next, tries + 1);
        }
        assert_eq!((tries, at.duration_since(now())), (10, minutes(75 * 60 + 35) + SignedDuration::from_secs(5)));
        assert!(at.duration_since(now()) < crate::webhook::TRIED);
        assert_eq!(next_delivery(u32::MAX, now()), None);
        assert_eq!(next_delivery(0, now()), next_delivery(1, now()));
        assert_eq!(rest_of_webhook(1, now()).duration_since(now()), SignedDuration::from_secs(5));
        assert_eq!(rest_of_webhook(u32::MAX, now()).duration_since(now()), minutes(5));
    }

    #[test]
    fn failures_are_retried_ever_later() {
        let retry = |failures| next_retry(failures, now()).duration_since(now());
        assert_eq!([1, 2, 3].map(retry), [minutes(5), minutes(10), minutes(20)]);
        assert_eq!([8, 100, u32::MAX].map(retry), [SignedDuration::from_hours(6); 3]);
        assert_eq!(retry(0), minutes(5));
    }
}
