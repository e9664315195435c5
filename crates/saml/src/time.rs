//! Times as SAML writes them, and the one tolerance for clocks that differ.
//!
//! A time is an xs:dateTime in UTC with the letter `Z` (SAML Core §1.3.3). Everything else that people call a
//! date is refused by name, because two readers that disagree about a time disagree about whether an
//! assertion is still valid (A14).

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

/// Fractions of a second beyond this many digits are refused; .NET writes 7, the type allows any number.
const MAX_FRACTION_DIGITS: usize = 32;
/// An xs:duration has at most this many digits in one number, so that no sum overflows.
const MAX_DURATION_DIGITS: usize = 9;

/// Reads an xs:dateTime in UTC: `2020-06-02T14:59:38.997Z`.
///
/// - The year has four digits and is not 0000. Fraction digits beyond nanoseconds are cut off.
/// - `24:00:00` is the first instant of the next day (XML Schema Part 2 §3.2.7.1).
/// - A leap second (`:60`) is refused, as XML Schema does.
/// - A time without `Z`, or with an offset such as `+00:00`, is refused: SAML Core §1.3.3 demands UTC without
///   a time zone component.
/// - The last two days of the year 9999, which some senders write to mean "never", are cut to the last
///   instant that [`Timestamp`] knows.
///
/// # Errors
/// [`TimeError`] with the rule that the text breaks and at most 64 characters of it.
pub fn parse(text: &str) -> Result<Timestamp, TimeError> {
    read(text.as_bytes()).map_err(|fault| fault.about(text))
}

/// Writes a time as an xs:dateTime in UTC with milliseconds, cut off, as Entra does:
/// `2020-06-02T14:59:38.997Z`.
///
/// A time before the year 1, which xs:dateTime cannot say in four digits, is written as the first instant of
/// that year.
pub fn format(time: Timestamp) -> String {
    let mut text = String::with_capacity("2020-06-02T14:59:38.997Z".len());
    write(&mut text, time);
    text
}

/// Appends what [`format()`] writes. Digit by digit, for every report of a sign-in holds a handful of times.
pub(crate) fn write(text: &mut String, time: Timestamp) {
    // jiff counts both parts from zero, so an instant before 1970 with a fraction lies in the second before.
    let (seconds, nanoseconds) = (time.as_second(), time.subsec_nanosecond());
    let (seconds, nanoseconds) =
        if nanoseconds < 0 { (seconds - 1, nanoseconds + 1_000_000_000) } else { (seconds, nanoseconds) };
    let (seconds, nanoseconds) = if seconds < FIRST_SECOND { (FIRST_SECOND, 0) } else { (seconds, nanoseconds) };
    let (days, of_day) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (year, month, day) = civil_from_days(days);
    let mut written = *b"0000-00-00T00:00:00.000Z";
    for (number, place) in [
        (year, 0..4),
        (month, 5..7),
        (day, 8..10),
        (of_day / 3600, 11..13),
        (of_day / 60 % 60, 14..16),
        (of_day % 60, 17..19),
        (i64::from(nanoseconds / 1_000_000), 20..23),
    ] {
        let mut rest = u32::try_from(number).unwrap_or_default();
        for digit in written[place].iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
    }
    text.push_str(core::str::from_utf8(&written).unwrap_or_default());
}

/// Reads an xs:duration that is not negative, such as `PT1H` or `P7D` in a `cacheDuration` (XML Schema Part 2
/// §3.2.6).
///
/// A year counts as 365 days and a month as 28, so that what is cached is refreshed rather too early than too
/// late. Fractions of a second are cut off.
///
/// # Errors
/// [`DurationError`] for any other text, a negative duration, or a number of more than nine digits.
pub fn parse_duration(text: &str) -> Result<SignedDuration, DurationError> {
    duration(text).ok_or_else(|| DurationError { got: shorten(text) })
}

/// Why a text is not a time that SAML allows.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TimeError {
    /// Not of the shape `YYYY-MM-DDThh:mm:ssZ`.
    #[error("{got:?} is not a time such as 2020-06-02T14:59:38.997Z")]
    Syntax {
        /// What was written, shortened.
        got: String,
    },
    /// A month, day, hour, minute or second that does not exist; a leap second among them.
    #[error("{got:?} names a day or a time of day that does not exist")]
    NoSuchTime {
        /// What was written, shortened.
        got: String,
    },
    /// Nothing after the seconds: local time of an unknown place.
    #[error("{got:?} has no Z at its end: SAML demands UTC (SAML Core §1.3.3)")]
    NoZone {
        /// What was written, shortened.
        got: String,
    },
    /// An offset such as `+00:00` or `+02:00`.
    #[error("{got:?} has an offset: SAML demands UTC, written as Z (SAML Core §1.3.3)")]
    Offset {
        /// What was written, shortened.
        got: String,
    },
    /// More than 32 digits of a second's fraction.
    #[error("{got:?} has more than {max} digits after the seconds", max = MAX_FRACTION_DIGITS)]
    Fraction {
        /// What was written, shortened.
        got: String,
    },
}

/// A text that is not an xs:duration, or a negative one, or one with a number of more than nine digits.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{got:?} is not a duration such as PT1H or P7D")]
pub struct DurationError {
    /// What was written, shortened.
    pub got: String,
}

/// How far the clock of another party may differ from ours: 120 s by default, 300 s at most.
///
/// It widens every NotBefore and NotOnOrAfter by the same amount (A14); NotOnOrAfter stays exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skew(SignedDuration);

impl Skew {
    /// No tolerance.
    pub const ZERO: Self = Self(SignedDuration::ZERO);
    /// 300 s.
    pub const MAX: Self = Self(SignedDuration::from_secs(300));

    /// A tolerance of this many seconds, at most 300.
    ///
    /// # Errors
    /// [`SkewTooLarge`] above 300.
    pub fn from_secs(seconds: u64) -> Result<Self, SkewTooLarge> {
        match i64::try_from(seconds) {
            Ok(seconds) if seconds <= Self::MAX.0.as_secs() => Ok(Self(SignedDuration::from_secs(seconds))),
            _ => Err(SkewTooLarge { got: seconds, max: Self::MAX.0.as_secs() }),
        }
    }

    /// The tolerance as a duration, from 0 to 300 s.
    pub fn duration(self) -> SignedDuration {
        self.0
    }

    /// The first instant at which what is valid from `not_before` is taken: `not_before` less the tolerance.
    pub fn opens(self, not_before: Timestamp) -> Timestamp {
        not_before.checked_sub(self.0).unwrap_or(Timestamp::MIN)
    }

    /// The first instant at which what ends at `not_on_or_after` is refused: `not_on_or_after` plus the
    /// tolerance.
    pub fn closes(self, not_on_or_after: Timestamp) -> Timestamp {
        not_on_or_after.checked_add(self.0).unwrap_or(Timestamp::MAX)
    }

    /// Whether `time`, which must not lie in the future, does so by more than the tolerance.
    pub fn is_future(self, time: Timestamp, now: Timestamp) -> bool {
        time > self.closes(now)
    }
}

impl Default for Skew {
    fn default() -> Self {
        Self(SignedDuration::from_secs(120))
    }
}

/// A clock skew above 300 s was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a clock skew of {got} s is more than {max} s")]
pub struct SkewTooLarge {
    /// The seconds that were asked for.
    pub got: u64,
    /// The bound in seconds.
    pub max: i64,
}

const DAY: i64 = 86_400;
/// 0001-01-01T00:00:00Z.
const FIRST_SECOND: i64 = -62_135_596_800;

/// A [`TimeError`] before its text is copied, so that the path without error allocates nothing.
#[derive(Clone, Copy)]
enum Fault {
    Syntax,
    NoSuchTime,
    NoZone,
    Offset,
    Fraction,
}

impl Fault {
    #[cold]
    fn about(self, text: &str) -> TimeError {
        let got = shorten(text);
        match self {
            Self::Syntax => TimeError::Syntax { got },
            Self::NoSuchTime => TimeError::NoSuchTime { got },
            Self::NoZone => TimeError::NoZone { got },
            Self::Offset => TimeError::Offset { got },
            Self::Fraction => TimeError::Fraction { got },
        }
    }
}

/// What goes into an error: enough to recognise the text, not all that a stranger sent.
fn shorten(text: &str) -> String {
    text.chars().take(64).collect()
}

fn read(text: &[u8]) -> Result<Timestamp, Fault> {
    let Some((head, rest)) = text.split_first_chunk::<19>() else {
        return Err(Fault::Syntax);
    };
    // All digits are taken together and judged once.
    let mut wrong = (head[4] ^ b'-') | (head[7] ^ b'-') | (head[10] ^ b'T') | (head[13] ^ b':') | (head[16] ^ b':');
    let mut two = |at: usize| {
        let (tens, ones) = (head[at].wrapping_sub(b'0'), head[at + 1].wrapping_sub(b'0'));
        wrong |= u8::from(tens > 9) | u8::from(ones > 9);
        i64::from(tens) * 10 + i64::from(ones)
    };
    let year = two(0) * 100 + two(2);
    let (month, day, hour, minute, second) = (two(5), two(8), two(11), two(14), two(17));
    if wrong != 0 {
        return Err(Fault::Syntax);
    }
    let nanosecond = match rest {
        [b'Z'] => 0,
        _ => fraction_and_zone(rest)?,
    };
    if year == 0
        || month == 0
        || month > 12
        || day == 0
        || day > days_in_month(year, month)
        || minute > 59
        || second > 59
    {
        return Err(Fault::NoSuchTime);
    }
    if hour > 23 && (hour, minute, second, nanosecond) != (24, 0, 0, 0) {
        return Err(Fault::NoSuchTime);
    }
    let seconds = days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    Ok(Timestamp::new(seconds, nanosecond).unwrap_or(Timestamp::MAX)) // only the last two days of 9999 lie outside
}

/// Reads what follows the seconds; gives nanoseconds.
fn fraction_and_zone(rest: &[u8]) -> Result<i32, Fault> {
    let (nanosecond, zone) = match rest {
        [b'.', digits @ ..] => {
            let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if count == 0 {
                return Err(Fault::Syntax);
            }
            if count > MAX_FRACTION_DIGITS {
                return Err(Fault::Fraction);
            }
            let (digits, zone) = digits.split_at(count);
            let mut nanosecond = 0;
            for place in 0..9 {
                nanosecond = nanosecond * 10 + digits.get(place).map_or(0, |digit| i32::from(digit - b'0'));
            }
            (nanosecond, zone)
        }
        zone => (0, zone),
    };
    match zone {
        [b'Z'] => Ok(nanosecond),
        [] => Err(Fault::NoZone),
        [b'+' | b'-', _, _, b':', _, _] => Err(Fault::Offset),
        _ => Err(Fault::Syntax),
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a day of the proleptic Gregorian calendar, for years from 1 to 9999 (Hinnant's
/// algorithm: the year begins in March).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

fn duration(text: &str) -> Option<SignedDuration> {
    let (date, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (text.strip_prefix('P')?, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let mut seconds = 0;
    let mut add = |part, units: &[(u8, i64)]| -> Option<()> {
        seconds += fields(part, units)?;
        Some(())
    };
    add(date, &[(b'Y', 365 * DAY), (b'M', 28 * DAY), (b'D', DAY)])?;
    add(time, &[(b'H', 3600), (b'M', 60), (b'S', 1)])?;
    Some(SignedDuration::from_secs(seconds))
}

/// Sums fields such as `1H30M`, each unit at most once and in this order; only seconds may have a fraction,
/// which is cut off.
fn fields(text: &str, units: &[(u8, i64)]) -> Option<i64> {
    let mut rest = text.as_bytes();
    let mut units = units.iter();
    let mut sum = 0;
    while !rest.is_empty() {
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 || count > MAX_DURATION_DIGITS {
            return None;
        }
        let number = rest[..count].iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
        rest = &rest[count..];
        let fraction = rest.first() == Some(&b'.');
        if fraction {
            let digits = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return None;
            }
            rest = &rest[1 + digits..];
        }
        let (&unit, after) = rest.split_first()?;
        let &(_, size) = units.by_ref().find(|(name, _)| *name == unit)?;
        if fraction && unit != b'S' {
            return None;
        }
        sum += number * size;
        rest = after;
    }
    Some(sum)
}

#[cfg(test)]
mod tests;
