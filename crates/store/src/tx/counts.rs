//! How sign-ins end, counted by day, and in the same row by the hour of the day.

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::event::{AuditEvent, Fact};
use vestibule_domain::id::AccountId;

use super::names::word;
use crate::{StoreError, Tx};

/// How a sign-in ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignInOutcome {
    /// Somebody is in.
    SignedIn,
    /// Somebody has to be let in first.
    Waits,
    /// The answer holds, and the person is not let in.
    NotAdmitted,
    /// The answer is refused, or nobody is let in by the connection now.
    Refused,
}

/// How many sign-ins of a day ended so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayCount {
    /// The day, since 1970 in UTC.
    pub day: i64,
    /// How.
    pub outcome: SignInOutcome,
    /// How many.
    pub number: u64,
}

/// How many sign-ins of an hour ended so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HourCount {
    /// The hour, since 1970 in UTC.
    pub hour: i64,
    /// How.
    pub outcome: SignInOutcome,
    /// How many.
    pub number: u64,
}

/// Over how many rows a day's count of an account is spread.
const SLOTS: u8 = 4;
/// How many days are shown at most.
const DAYS: usize = 14;
/// How many hours are shown at most.
const HOURS: i64 = 48;
/// For how many days they are kept.
const KEPT: i64 = 35;

/// The day of a time.
fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(SignedDuration::from_hours(24).as_secs())
}

/// The hour of the day of a time.
fn hour(at: Timestamp) -> usize {
    usize::try_from(at.as_second().div_euclid(SECONDS_OF_AN_HOUR).rem_euclid(HOURS_OF_A_DAY)).unwrap_or(0)
}

const SECONDS_OF_AN_HOUR: i64 = 3600;
const HOURS_OF_A_DAY: i64 = 24;

/// The statement that counts the end of a sign-in in an hour of the day.
macro_rules! counted {
    ($hour:literal) => {
        // From the account up to the root, always: whoever waits for a row holds none that another one waits for.
        concat!(
            "INSERT INTO sign_in_counts (day, account_id, outcome, slot, number, ",
            $hour,
            ") WITH RECURSIVE up (id, parent_id) AS ( \
             SELECT id, parent_id FROM accounts WHERE id = $1 \
             UNION ALL SELECT a.id, a.parent_id FROM accounts a JOIN up ON a.id = up.parent_id) \
             SELECT $2, id, $3, $4, 1, 1 FROM up WHERE 1 = 1 \
             ON CONFLICT (day, account_id, outcome, slot) \
             DO UPDATE SET number = sign_in_counts.number + 1, ",
            $hour,
            " = sign_in_counts.",
            $hour,
            " + 1"
        )
    };
}

const COUNTED: [&str; 24] = [
    counted!("h00"),
    counted!("h01"),
    counted!("h02"),
    counted!("h03"),
    counted!("h04"),
    counted!("h05"),
    counted!("h06"),
    counted!("h07"),
    counted!("h08"),
    counted!("h09"),
    counted!("h10"),
    counted!("h11"),
    counted!("h12"),
    counted!("h13"),
    counted!("h14"),
    counted!("h15"),
    counted!("h16"),
    counted!("h17"),
    counted!("h18"),
    counted!("h19"),
    counted!("h20"),
    counted!("h21"),
    counted!("h22"),
    counted!("h23"),
];

fn outcome(fact: &Fact) -> Option<SignInOutcome> {
    match fact {
        Fact::SignedIn { .. } | Fact::SignedInByPassword { .. } => Some(SignInOutcome::SignedIn),
        Fact::Waits { .. } => Some(SignInOutcome::Waits),
        Fact::NotAdmitted { .. } => Some(SignInOutcome::NotAdmitted),
        Fact::AnswerRefused { .. } | Fact::SignInRefused { .. } => Some(SignInOutcome::Refused),
        _ => None,
    }
}

impl Tx {
    /// Counts the end of a sign-in with its line in the log, in its account and in all above it: one statement. What is no
    /// end of a sign-in is not counted.
    pub(super) async fn count_sign_in(&mut self, event: &AuditEvent) -> Result<(), StoreError> {
        let (Some(outcome), Some(account)) = (outcome(&event.fact), event.account) else { return Ok(()) };
        let [.., last] = event.id.bytes();
        let slot = i64::from(last % SLOTS);
        let sql = COUNTED.get(hour(event.at)).copied().unwrap_or(COUNTED[0]);
        self.execute(sql, &[account.into(), day(event.at).into(), word(outcome), slot.into()]).await.map(drop)
    }

    /// How the sign-ins of an account and of all below it ended, in the 14 days that end with this time; the first day
    /// first. Days on which nobody signed in are left out.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sign_in_counts(&mut self, account: AccountId, until: Timestamp) -> Result<Vec<DayCount>, StoreError> {
        let sql = "SELECT day, outcome, CAST(SUM(number) AS BIGINT) FROM sign_in_counts \
                   WHERE account_id = $1 AND day IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
                   GROUP BY day, outcome ORDER BY day, outcome";
        let last = day(until);
        let mut params = vec![account.into()];
        params.extend((0..DAYS).map(|back| last.saturating_sub_unsigned(back as u64).into()));
        let rows = self.query_all(sql, &params).await?;
        let count = |row: &crate::value::Row| {
            Ok(DayCount { day: row.int(0)?, outcome: row.word(1)?, number: u64::try_from(row.int(2)?).unwrap_or(0) })
        };
        rows.iter().map(count).collect()
    }

    /// How the sign-ins of an account and of all below it ended, in the 48 hours that end with this time; the first hour
    /// first. Hours in which nobody signed in are left out.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sign_ins_by_hour(
        &mut self,
        account: AccountId,
        until: Timestamp,
    ) -> Result<Vec<HourCount>, StoreError> {
        let sql = "SELECT day, outcome, \
                   CAST(SUM(h00) AS BIGINT), CAST(SUM(h01) AS BIGINT), CAST(SUM(h02) AS BIGINT), \
                   CAST(SUM(h03) AS BIGINT), CAST(SUM(h04) AS BIGINT), CAST(SUM(h05) AS BIGINT), \
                   CAST(SUM(h06) AS BIGINT), CAST(SUM(h07) AS BIGINT), CAST(SUM(h08) AS BIGINT), \
                   CAST(SUM(h09) AS BIGINT), CAST(SUM(h10) AS BIGINT), CAST(SUM(h11) AS BIGINT), \
                   CAST(SUM(h12) AS BIGINT), CAST(SUM(h13) AS BIGINT), CAST(SUM(h14) AS BIGINT), \
                   CAST(SUM(h15) AS BIGINT), CAST(SUM(h16) AS BIGINT), CAST(SUM(h17) AS BIGINT), \
                   CAST(SUM(h18) AS BIGINT), CAST(SUM(h19) AS BIGINT), CAST(SUM(h20) AS BIGINT), \
                   CAST(SUM(h21) AS BIGINT), CAST(SUM(h22) AS BIGINT), CAST(SUM(h23) AS BIGINT) \
                   FROM sign_in_counts WHERE account_id = $1 AND day IN ($2, $3, $4) \
                   GROUP BY day, outcome ORDER BY day, outcome";
        let last = until.as_second().div_euclid(SECONDS_OF_AN_HOUR);
        let today = day(until);
        let params = [account.into(), (today - 2).into(), (today - 1).into(), today.into()];
        let mut counts = Vec::new();
        for row in self.query_all(sql, &params).await? {
            let (first, outcome) = (row.int(0)?.saturating_mul(HOURS_OF_A_DAY), row.word(1)?);
            for (column, hour) in (2..).zip(first..first.saturating_add(HOURS_OF_A_DAY)) {
                let number = u64::try_from(row.int(column)?).unwrap_or(0);
                if number > 0 && (last - HOURS + 1..=last).contains(&hour) {
                    counts.push(HourCount { hour, outcome, number });
                }
            }
        }
        counts.sort_by_key(|count| (count.hour, count.outcome));
        Ok(counts)
    }

    /// Forgets counts that nobody is shown any more: so many at most, and tells how many.
    pub(super) async fn sweep_sign_in_counts(&mut self, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
        let sql = "DELETE FROM sign_in_counts WHERE (day, account_id, outcome, slot) IN \
                   (SELECT day, account_id, outcome, slot FROM sign_in_counts WHERE day < $1 ORDER BY day LIMIT $2)";
        self.execute(sql, &[(day(now) - KEPT).into(), limit.into()]).await
    }
}
