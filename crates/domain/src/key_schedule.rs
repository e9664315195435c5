//! When the keys that sign tokens are made, take over and are taken back.
//!
//! ```text
//! made and published ──2 days──▶ signs ──88 days──▶ the next is made ──2 days──▶ the next signs ──2 days──▶ published no more
//! ```
//!
//! Applications keep the published keys for a while, most for a day at most: each key stands there before anything is
//! signed with it, and long after the last token that it signed is over (OpenID Connect Core §10.1.1).

use jiff::{SignedDuration, Timestamp};

/// How long a key signs: 90 days.
pub const SIGNS: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long before that it is published, and how long after: 2 days.
pub const PUBLISHED_AROUND: SignedDuration = SignedDuration::from_hours(2 * 24);

/// How long after it was written every node knows a key: 2 minutes, for each reads them once a minute.
pub const ALL_NODES: SignedDuration = SignedDuration::from_mins(2);

/// The times of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTimes {
    /// From when on it signs.
    pub active_from: Timestamp,
    /// From when on it is published no more, if that is set.
    pub retired_at: Option<Timestamp>,
}

/// Something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStep {
    /// Make a key that signs from then on.
    Make {
        /// From when on.
        active_from: Timestamp,
    },
    /// Set the end of a key that another one has followed.
    Retire {
        /// Its place in the list.
        which: usize,
        /// From when on it is published no more.
        at: Timestamp,
    },
}

/// The key of a list that signs at `now`: of those in force the one that came last.
pub fn signing(keys: &[KeyTimes], now: Timestamp) -> Option<usize> {
    let in_force = |key: &KeyTimes| key.active_from <= now && key.retired_at.is_none_or(|at| now < at);
    keys.iter().enumerate().filter(|(_, key)| in_force(key)).max_by_key(|(_, key)| key.active_from).map(|(at, _)| at)
}

/// What is due for the keys of one algorithm at `now`; nothing when it was done. Without a key that signs there is one at
/// once.
pub fn due(keys: &[KeyTimes], now: Timestamp) -> Vec<KeyStep> {
    let Some(current) = signing(keys, now) else { return vec![KeyStep::Make { active_from: now }] };
    let since = keys[current].active_from;
    let has_next = keys.iter().any(|key| key.active_from > now && key.retired_at.is_none());
    let next = later(since, SIGNS - PUBLISHED_AROUND) <= now && !has_next;
    let made = next.then(|| KeyStep::Make { active_from: later(now, PUBLISHED_AROUND) });
    let followed = |key: &KeyTimes| key.active_from < since && key.retired_at.is_none();
    let retired = keys.iter().enumerate().filter(|(_, key)| followed(key));
    made.into_iter()
        .chain(retired.map(|(which, _)| KeyStep::Retire { which, at: later(since, PUBLISHED_AROUND) }))
        .collect()
}

/// The next key before its time: it is made now, and signs when all have it. Nothing where it is published already.
pub fn ahead(keys: &[KeyTimes], now: Timestamp) -> Vec<KeyStep> {
    let has_next = keys.iter().any(|key| key.active_from > now && key.retired_at.is_none());
    if has_next { Vec::new() } else { vec![KeyStep::Make { active_from: later(now, PUBLISHED_AROUND) }] }
}

/// All keys give way to a new one as soon as every node can know it, as when one of them was stolen: what they signed
/// verifies no more.
pub fn at_once(keys: &[KeyTimes], now: Timestamp) -> Vec<KeyStep> {
    let at = later(now, ALL_NODES);
    let ends = |key: &KeyTimes| key.retired_at.is_none_or(|ends| ends > at);
    let given_up = keys.iter().enumerate().filter(|(_, key)| ends(key));
    let given_up = given_up.map(|(which, _)| KeyStep::Retire { which, at });
    std::iter::once(KeyStep::Make { active_from: at }).chain(given_up).collect()
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(n * 24)
    }

    fn key(from: i64, retired: Option<i64>) -> KeyTimes {
        KeyTimes { active_from: day(from), retired_at: retired.map(day) }
    }

    #[test]
    fn the_first_key_signs_at_once() {
        assert_eq!(due(&[], day(5)), [KeyStep::Make { active_from: day(5) }]);
        let only_retired = [key(0, Some(3))];
        assert_eq!(due(&only_retired, day(5)), [KeyStep::Make { active_from: day(5) }]);
    }

    #[test]
    fn the_next_key_is_published_two_days_before_it_signs() {
        let mut keys = vec![key(0, None)];
        assert_eq!(due(&keys, day(87)), []);
        assert_eq!(due(&keys, day(88)), [KeyStep::Make { active_from: day(90) }]);
        keys.push(key(90, None));
        assert_eq!(due(&keys, day(89)), [], "it was made");
        assert_eq!((signing(&keys, day(89)), signing(&keys, day(90))), (Some(0), Some(1)));
    }

    #[test]
    fn the_key_before_is_published_for_two_days_more() {
        let mut keys = vec![key(0, None), key(90, None)];
        assert_eq!(due(&keys, day(90)), [KeyStep::Retire { which: 0, at: day(92) }]);
        keys[0].retired_at = Some(day(92));
        assert_eq!(due(&keys, day(91)), []);
    }

    #[test]
    fn a_key_ahead_of_its_time_is_published_as_long_as_any_before_it_signs() {
        let mut keys = vec![key(0, None)];
        assert_eq!(ahead(&keys, day(5)), [KeyStep::Make { active_from: day(7) }]);
        keys.push(key(7, None));
        assert_eq!(ahead(&keys, day(6)), [], "it is there");
        assert_eq!(ahead(&keys, day(7)), [KeyStep::Make { active_from: day(9) }], "it signs, and another may follow");
    }

    #[test]
    fn stolen_keys_end_at_the_moment_at_which_the_new_one_signs() {
        let at = day(91) + ALL_NODES;
        let mut keys = vec![key(0, Some(3)), key(3, Some(92)), key(90, None), key(93, None)];
        let given_up = [1, 2, 3].map(|which| KeyStep::Retire { which, at });
        let steps = at_once(&keys, day(91));
        assert_eq!(steps[0], KeyStep::Make { active_from: at });
        assert_eq!(steps[1..], given_up, "those that are over stay");
        for key in &mut keys[1..] {
            key.retired_at = Some(at);
        }
        keys.push(KeyTimes { active_from: at, retired_at: None });
        assert_eq!((signing(&keys, day(91)), signing(&keys, at)), (Some(2), Some(4)), "never without one");
        assert_eq!(due(&keys, day(91)), [], "nothing else is due meanwhile");
        assert_eq!(due(&keys, day(92)), []);
    }

    /// Whoever was away for long makes up for it: one key, and not one for each time that was missed.
    #[test]
    fn after_a_long_pause_one_key_follows() {
        let mut keys = vec![key(0, None)];
        assert_eq!(due(&keys, day(400)), [KeyStep::Make { active_from: day(402) }]);
        keys.push(key(402, None));
        assert_eq!(due(&keys, day(401)), []);
        assert_eq!(signing(&keys, day(401)), Some(0), "it goes on until then");
    }
}
