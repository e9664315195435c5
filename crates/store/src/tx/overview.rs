//! What needs somebody's attention in a part of the tree: connections, certificates, people who wait.

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::Connection;
use vestibule_domain::id::{ConnectionId, UserId};
use vestibule_domain::user::User;

use super::connections::connection;
use super::lists::{self, ListedConnection, listed, range};
use super::users;
use crate::value::{Row, Value};
use crate::{StoreError, Tx};

/// A connection whose last certificate ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingCertificate {
    /// The connection.
    pub connection: ConnectionId,
    /// Its name.
    pub name: String,
    /// Where its account stands.
    pub path: AccountPath,
    /// What its account is called.
    pub account_name: String,
    /// When.
    pub at: Timestamp,
}

/// An account in which people wait to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingCount {
    /// Where it stands.
    pub path: AccountPath,
    /// Its name.
    pub name: String,
    /// How many.
    pub people: u64,
}

/// A twelfth of a year.
const MONTH: SignedDuration = SignedDuration::from_hours(365 * 24 / 12);

/// Accounts `a` of a part of the tree, by the three bounds of [`range`] in this order.
macro_rules! part {
    ($path:literal, $from:literal, $to:literal) => {
        concat!("a.path >= ", $path, " AND (a.path = ", $path, " OR a.path >= ", $from, ") AND a.path < ", $to)
    };
}

/// The query for the whole tree, which knows of no bounds, or that for a part of it.
fn either(within: &AccountPath, in_all: &'static str, in_part: &'static str) -> &'static str {
    if *within == AccountPath::ROOT { in_all } else { in_part }
}

/// The bounds of a part of the tree; the whole has none.
fn bounds(within: &AccountPath) -> impl Iterator<Item = Value<'static>> {
    let is_part = *within != AccountPath::ROOT;
    range(within).into_iter().filter(move |_| is_part).map(Value::from)
}

impl Tx {
    /// Connections of a part of the tree that need somebody's attention at a time, those first by which most people
    /// come.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn connections_in_need(
        &mut self,
        within: &AccountPath,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<ListedConnection>, StoreError> {
        // In a part of the tree its connections are few, and in all of it those that need somebody. `c` is looked at in
        // an index alone.
        let in_all = concat!(
            lists::whole!("SELECT id FROM ", lists::in_need!(people), " ORDER BY people DESC, id LIMIT $2"),
            " ORDER BY c.people DESC, c.id"
        );
        let in_part = concat!(
            lists::whole!(
                "SELECT n.id FROM accounts a CROSS JOIN connections c CROSS JOIN connections n \
                 WHERE c.account_id = a.id AND (c.attention_at <= $1 \
                 OR c.id IN (SELECT connection_id FROM metadata_refreshes WHERE failures > 0 OR note_code IS NOT NULL)) \
                 AND n.id = c.id AND ",
                part!("$2", "$3", "$4"),
                " ORDER BY n.people DESC, n.id LIMIT $5"
            ),
            " ORDER BY c.people DESC, c.id"
        );
        let mut params = vec![now.into()];
        params.extend(bounds(within));
        params.push(i64::from(limit).into());
        self.query_all(either(within, in_all, in_part), &params).await?.iter().map(listed).collect()
    }

    /// Connections of a part of the tree whose last certificate ends within a year from now, the first to end first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn ending_certificates(
        &mut self,
        within: &AccountPath,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<EndingCertificate>, StoreError> {
        let in_all = "SELECT c.id, c.name, a.path, a.name, c.certificate_ends \
                      FROM connections c CROSS JOIN accounts a WHERE a.id = c.account_id \
                      AND c.certificate_ends >= $1 AND c.certificate_ends < $2 \
                      ORDER BY c.certificate_ends, c.id LIMIT $3";
        let in_part = concat!(
            "SELECT c.id, c.name, a.path, a.name, c.certificate_ends FROM \
             (SELECT c.id FROM accounts a CROSS JOIN connections c WHERE c.account_id = a.id \
             AND c.certificate_ends >= $1 AND c.certificate_ends < $2 AND ",
            part!("$3", "$4", "$5"),
            " ORDER BY c.certificate_ends, c.id LIMIT $6) found \
             CROSS JOIN connections c CROSS JOIN accounts a WHERE c.id = found.id AND a.id = c.account_id \
             ORDER BY c.certificate_ends, c.id"
        );
        let year = now.saturating_add(MONTH.saturating_mul(12)).unwrap_or(Timestamp::MAX);
        let mut params = vec![now.into(), year.into()];
        params.extend(bounds(within));
        params.push(i64::from(limit).into());
        let ending = |row: &Row| {
            Ok(EndingCertificate {
                connection: row.id(0)?,
                name: row.text(1)?.to_owned(),
                path: row.parsed(2, |text| AccountPath::parse(text).ok())?,
                account_name: row.text(3)?.to_owned(),
                at: row.time(4)?,
            })
        };
        self.query_all(either(within, in_all, in_part), &params).await?.iter().map(ending).collect()
    }

    /// Of how many connections of a part of the tree the last certificate ends in each of the twelve months from now on: a
    /// month is a twelfth of a year.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn certificates_by_month(
        &mut self,
        within: &AccountPath,
        now: Timestamp,
    ) -> Result<[u64; 12], StoreError> {
        let in_all = "SELECT (certificate_ends - $1) / $2, COUNT(*) FROM connections \
                      WHERE certificate_ends >= $1 AND certificate_ends < $3 GROUP BY 1";
        let in_part = concat!(
            "SELECT (c.certificate_ends - $1) / $2, COUNT(*) FROM accounts a CROSS JOIN connections c \
             WHERE c.account_id = a.id AND c.certificate_ends >= $1 AND c.certificate_ends < $3 AND ",
            part!("$4", "$5", "$6"),
            " GROUP BY 1"
        );
        let month = i64::try_from(MONTH.as_millis()).unwrap_or(i64::MAX);
        let end = now.as_millisecond().saturating_add(month.saturating_mul(12));
        let mut params = vec![now.into(), month.into(), end.into()];
        params.extend(bounds(within));
        let mut months = [0; 12];
        for row in self.query_all(either(within, in_all, in_part), &params).await? {
            let place = usize::try_from(row.int(0)?).ok();
            if let Some(month) = place.and_then(|place| months.get_mut(place)) {
                *month = u64::try_from(row.int(1)?).unwrap_or(0);
            }
        }
        Ok(months)
    }

    /// The accounts of a part of the tree in which people wait, and how many, those first where most do.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn waiting_counts(&mut self, within: &AccountPath, limit: u32) -> Result<Vec<WaitingCount>, StoreError> {
        let in_all = "SELECT a.path, a.name, w.people FROM \
                      (SELECT account_id, COUNT(*) AS people FROM applicants \
                      WHERE state IN ('waiting', 'second_step') GROUP BY account_id \
                      ORDER BY 2 DESC, account_id LIMIT $1) w \
                      CROSS JOIN accounts a WHERE a.id = w.account_id ORDER BY w.people DESC, a.path";
        let in_part = concat!(
            "SELECT a.path, a.name, w.people FROM \
             (SELECT account_id, COUNT(*) AS people FROM applicants \
             WHERE state IN ('waiting', 'second_step') GROUP BY account_id) w \
             CROSS JOIN accounts a WHERE a.id = w.account_id AND ",
            part!("$1", "$2", "$3"),
            " ORDER BY w.people DESC, a.path LIMIT $4"
        );
        let mut params: Vec<Value<'_>> = bounds(within).collect();
        params.push(i64::from(limit).into());
        let count = |row: &Row| {
            Ok(WaitingCount {
                path: row.parsed(0, |text| AccountPath::parse(text).ok())?,
                name: row.text(1)?.to_owned(),
                people: u64::try_from(row.int(2)?).unwrap_or(0),
            })
        };
        self.query_all(either(within, in_all, in_part), &params).await?.iter().map(count).collect()
    }

    /// Writes down what lists go by of records that were there before it was kept: so many connections and people at
    /// most of each kind, and tells of how many. A job calls it until it returns 0.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn fill_in_lists(&mut self, limit: u32) -> Result<usize, StoreError> {
        let limit = i64::from(limit);
        let sql = "SELECT id, account_id, name, state, settings, edited_at, tested_at, version FROM connections \
                   WHERE attention_at = -1 LIMIT $1";
        let rows = self.query_all(sql, &[limit.into()]).await?;
        let connections: Vec<Connection> = rows.iter().map(connection).collect::<Result<_, _>>()?;
        for it in &connections {
            let standing = it.saml.standing();
            let sql = "UPDATE connections SET attention_at = $1, certificate_ends = $2 WHERE id = $3";
            let params = [standing.attention_at.into(), standing.certificate_ends.into(), it.id.into()];
            self.execute(sql, &params).await?;
        }
        let sql =
            concat!("SELECT ", users::columns!(), " FROM users u WHERE u.name_key IS NULL ORDER BY u.id LIMIT $1");
        let rows = self.query_all(sql, &[limit.into()]).await?;
        let people: Vec<User> = rows.iter().map(|row| users::user(row, 0)).collect::<Result<_, _>>()?;
        for it in &people {
            let id: UserId = it.id;
            let sql = "UPDATE users SET name_key = $1 WHERE id = $2 AND name_key IS NULL";
            self.execute(sql, &[it.name_key().into(), id.into()]).await?;
        }
        Ok(connections.len() + people.len() + self.fill_in_groups(limit).await?)
    }
}
