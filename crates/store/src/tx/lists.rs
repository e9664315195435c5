//! Accounts and connections of a part of the tree, as the console lists them: page by page, in the order of the tree.

use jiff::Timestamp;
use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::connection::{Connection, ConnectionState};
use vestibule_domain::id::AccountId;
use vestibule_domain::name::Slug;

use super::accounts;
use super::connections::connection;
use super::names::word;
use crate::value::{Row, Value};
use crate::{StoreError, Tx};

/// Behind every text that begins with another one.
pub(super) const END: &str = "\u{10ffff}";

/// Which accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFilter {
    /// At and below this one.
    pub within: AccountPath,
    /// In whose name or path this stands; empty: all.
    pub text: String,
    /// Behind this one: the next page.
    pub after: Option<AccountPath>,
    /// How many at most.
    pub limit: u32,
}

/// Which connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionFilter {
    /// Of this account and those below it.
    pub within: AccountPath,
    /// In this state; none: in any.
    pub state: Option<ConnectionState>,
    /// Those that need somebody's attention at this time; none: all.
    pub attention: Option<Timestamp>,
    /// In whose name, or in whose account's name or path, this stands; empty: all.
    pub text: String,
    /// Behind the connection of this name of that account: the next page.
    pub after: Option<(AccountPath, Slug)>,
    /// How many at most.
    pub limit: u32,
}

/// A connection, with the account whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedConnection {
    /// The connection.
    pub connection: Connection,
    /// Where its account stands.
    pub path: AccountPath,
    /// What its account is called.
    pub account_name: String,
    /// How many people are linked to it.
    pub people: u64,
}

/// What [`listed`] reads, in its order.
macro_rules! columns {
    () => {
        "c.id, c.account_id, c.name, c.state, c.settings, c.edited_at, c.tested_at, c.version, a.path, a.name, c.people"
    };
}
pub(super) use columns;

/// The whole connections, with their accounts, of which a query tells the `id`: what is sorted is not whole then.
/// `CROSS JOIN` binds SQLite to the order that is written down.
macro_rules! whole {
    ($($ids:expr),+ $(,)?) => {
        concat!(
            "SELECT ",
            $crate::tx::lists::columns!(),
            " FROM (",
            $($ids,)+
            ") found CROSS JOIN connections c CROSS JOIN accounts a WHERE c.id = found.id AND a.id = c.account_id"
        )
    };
}
pub(super) use whole;

/// Connections that need somebody's attention at `$1`, each once, from an index alone unless it is to be told how many
/// people they serve. The union is of `ALL`, for SQLite would else walk through every connection in the order of the
/// union.
macro_rules! in_need {
    () => {
        in_need!("", "")
    };
    (people) => {
        $crate::tx::lists::in_need!(", people", ", n.people")
    };
    ($more:literal, $more_of_n:literal) => {
        concat!(
            "(SELECT id, account_id, name, state",
            $more,
            " FROM connections WHERE attention_at <= $1 UNION ALL SELECT n.id, n.account_id, n.name, n.state",
            $more_of_n,
            " FROM metadata_refreshes r CROSS JOIN connections n \
             WHERE (r.failures > 0 OR r.note_code IS NOT NULL) AND n.id = r.connection_id \
             AND (n.attention_at IS NULL OR n.attention_at > $1)) needing"
        )
    };
}
pub(super) use in_need;

/// Accounts `a` at and below one, from a place of the list on.
macro_rules! behind {
    () => {
        "a.path >= $1 AND a.path < $2 AND (a.path = $3 OR a.path >= $4)"
    };
}

/// In the name or path of an account `a` stands this.
macro_rules! said_of_account {
    ($pattern:literal) => {
        concat!("(a.name_key LIKE ", $pattern, " ESCAPE '\\' OR a.path LIKE ", $pattern, " ESCAPE '\\')")
    };
}

/// In the name of a connection, or in the name or path of its account `a`, stands this.
macro_rules! said_of_connection {
    ($name:literal, $pattern:literal) => {
        concat!("(", said_of_account!($pattern), " OR ", $name, " LIKE ", $pattern, " ESCAPE '\\')")
    };
}

/// So few connections in whose names a text stands are all read, and put in order afterwards. Of more of them the first
/// are met soon by whoever walks through the tree in its order.
const FEW: i64 = 200;

/// Between which places of the tree a list of connections lies, and of which state they are.
struct Bounds {
    first: Value<'static>,
    name: Value<'static>,
    to: Value<'static>,
    path: Value<'static>,
    from: Value<'static>,
    state: Value<'static>,
}

impl Bounds {
    fn of(filter: &ConnectionFilter) -> Self {
        let [path, from, to] = range(&filter.within);
        let (first, name) = match &filter.after {
            Some((path, name)) => (path.to_string(), name.to_string()),
            None => (path.clone(), String::new()),
        };
        let state = filter.state.map_or(Value::from(""), word);
        Self { first: first.into(), name: name.into(), to: to.into(), path: path.into(), from: from.into(), state }
    }
}

pub(super) fn listed(row: &Row) -> Result<ListedConnection, StoreError> {
    Ok(ListedConnection {
        connection: connection(row)?,
        path: row.parsed(8, |text| AccountPath::parse(text).ok())?,
        account_name: row.text(9)?.to_owned(),
        people: u64::try_from(row.int(10)?).unwrap_or(0),
    })
}

/// A part of the tree as a range of paths: the account's own, the first below it, and the end. Between the first two may
/// stand neighbours of a longer name.
pub(super) fn range(within: &AccountPath) -> [String; 3] {
    let path = within.to_string();
    // A slash is followed by a zero.
    let (from, to) =
        if path.is_empty() { (String::new(), END.to_owned()) } else { (format!("{path}/"), format!("{path}0")) };
    [path, from, to]
}

/// A pattern for `LIKE`: what has this in it, whatever its case; none where nothing is looked for.
fn pattern(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let escaped: String = text
        .to_lowercase()
        .chars()
        .flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c]))
        .collect();
    Some(format!("%{escaped}%"))
}

impl Tx {
    /// Accounts of a part of the tree, in its order.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn accounts_within(&mut self, filter: &AccountFilter) -> Result<Vec<Account>, StoreError> {
        let all = concat!(
            "SELECT ",
            accounts::columns!(),
            " FROM accounts a WHERE ",
            behind!(),
            " AND a.path <> $5 ORDER BY a.path LIMIT $6"
        );
        // The text is looked for in an index alone; only what is found is read whole.
        let some = concat!(
            "SELECT ",
            accounts::columns!(),
            " FROM accounts a WHERE a.path IN (SELECT a.path FROM accounts a WHERE ",
            behind!(),
            " AND a.path <> $5 AND ",
            said_of_account!("$6"),
            " ORDER BY a.path LIMIT $7) ORDER BY a.path"
        );
        let [path, from, to] = range(&filter.within);
        let (first, not) = match &filter.after {
            Some(after) => (after.to_string(), after.to_string()),
            // No path is this.
            None => (path.clone(), END.to_owned()),
        };
        let mut params = vec![first.into(), to.into(), path.into(), from.into(), not.into()];
        let pattern = pattern(&filter.text);
        let sql = if pattern.is_some() { some } else { all };
        params.extend(pattern.map(Value::from));
        params.push(i64::from(filter.limit).into());
        self.query_all(sql, &params).await?.iter().map(accounts::account).collect()
    }

    /// Accounts directly below one, by path; those after `after`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn accounts_below(
        &mut self,
        parent: AccountId,
        after: Option<&AccountPath>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        let sql = concat!(
            "SELECT ",
            accounts::columns!(),
            " FROM accounts a WHERE a.parent_id = $1 AND a.path > $2 ORDER BY a.path LIMIT $3"
        );
        let after = after.map(ToString::to_string).unwrap_or_default();
        let params = [parent.into(), after.into(), i64::from(limit).into()];
        self.query_all(sql, &params).await?.iter().map(accounts::account).collect()
    }

    /// Connections of a part of the tree: by account in the order of the tree, then by name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn connections_within(&mut self, filter: &ConnectionFilter) -> Result<Vec<ListedConnection>, StoreError> {
        let all = concat!(
            "SELECT ",
            columns!(),
            " FROM accounts a JOIN connections c ON c.account_id = a.id WHERE ",
            behind!(),
            " AND (a.path > $1 OR c.name > $5) AND ($6 = '' OR c.state = $6) ORDER BY a.path, c.name LIMIT $7"
        );
        let Bounds { first, name, to, path, from, state } = Bounds::of(filter);
        let pattern = pattern(&filter.text);
        if let Some(now) = filter.attention {
            let sql = concat!(
                whole!(
                    "SELECT needing.id FROM ",
                    in_need!(),
                    " CROSS JOIN accounts a WHERE a.id = needing.account_id AND a.path >= $2 AND a.path < $3 AND (a.path = $4 OR a.path >= $5) \
                     AND (a.path > $2 OR needing.name > $6) AND ($7 = '' OR needing.state = $7) AND ($8 = '' OR ",
                    said_of_connection!("needing.name", "$8"),
                    ") ORDER BY a.path, needing.name LIMIT $9"
                ),
                " ORDER BY a.path, c.name"
            );
            let params = [
                now.into(),
                first,
                to,
                path,
                from,
                name,
                state,
                pattern.unwrap_or_default().into(),
                i64::from(filter.limit).into(),
            ];
            return self.query_all(sql, &params).await?.iter().map(listed).collect();
        }
        if let Some(pattern) = pattern {
            let is_few = self.is_named_by_few(&pattern).await?;
            return self.connections_said(filter, pattern, is_few).await;
        }
        let limit = i64::from(filter.limit).into();
        let params = [first, to, path, from, name, state, limit];
        self.query_all(all, &params).await?.iter().map(listed).collect()
    }

    /// Those in whose name, or in whose account's, a text stands. `is_few`: it stands in the names of few.
    pub(super) async fn connections_said(
        &mut self,
        filter: &ConnectionFilter,
        pattern: String,
        is_few: bool,
    ) -> Result<Vec<ListedConnection>, StoreError> {
        // The text is looked for in indexes alone; only what is found is read whole.
        let some = concat!(
            whole!(
                "SELECT c.id FROM accounts a CROSS JOIN connections c WHERE c.account_id = a.id AND ",
                behind!(),
                " AND (a.path > $1 OR c.name > $5) AND ",
                said_of_connection!("c.name", "$6"),
                " AND ($7 = '' OR c.state = $7) ORDER BY a.path, a.name_key, a.id, c.name LIMIT $8"
            ),
            " ORDER BY a.path, c.name"
        );
        // Where few have such a name: no connection is looked at for being of an account that is not asked for. The limit
        // has PostgreSQL look at names first.
        let few = concat!(
            whole!(
                "SELECT named.id FROM (SELECT c.id, a.path, c.name FROM accounts a CROSS JOIN connections c \
                 WHERE c.account_id = a.id AND ",
                behind!(),
                " AND (a.path > $1 OR c.name > $5) AND ",
                said_of_account!("$6"),
                " AND ($7 = '' OR c.state = $7) UNION ALL SELECT few.id, a.path, few.name FROM \
                 (SELECT id, account_id, name, state FROM connections WHERE name LIKE $6 ESCAPE '\\' LIMIT $8) few \
                 CROSS JOIN accounts a WHERE a.id = few.account_id AND ",
                behind!(),
                " AND (a.path > $1 OR few.name > $5) AND NOT ",
                said_of_account!("$6"),
                " AND ($7 = '' OR few.state = $7)) named ORDER BY named.path, named.name LIMIT $9"
            ),
            " ORDER BY a.path, c.name"
        );
        let Bounds { first, name, to, path, from, state } = Bounds::of(filter);
        let mut params = vec![first, to, path, from, name, pattern.into(), state];
        params.extend(is_few.then(|| FEW.into()));
        params.push(i64::from(filter.limit).into());
        let sql = if is_few { few } else { some };
        self.query_all(sql, &params).await?.iter().map(listed).collect()
    }

    async fn is_named_by_few(&mut self, pattern: &str) -> Result<bool, StoreError> {
        let sql =
            "SELECT COUNT(*) FROM (SELECT 1 FROM connections n WHERE n.name LIKE $1 ESCAPE '\\' LIMIT $2) counted";
        let row = self.query_opt(sql, &[pattern.into(), FEW.into()]).await?;
        row.map_or(Ok(true), |row| Ok(row.int(0)? < FEW))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pattern_means_otherwise_is_looked_for_as_it_is() {
        assert_eq!(pattern(""), None);
        assert_eq!(pattern("Ö_5%\\").unwrap(), "%ö\\_5\\%\\\\%");
    }
}
