//! People of an account, as the console lists them: page by page, each list sorted by an index.

use std::fmt;

use vestibule_domain::account::AccountPath;
use vestibule_domain::id::{AccountId, ConnectionId, UserId};
use vestibule_domain::user::{User, UserState};

use super::lists::{END, range};
use super::users::{self, columns};
use crate::value::Row;
use crate::{StoreError, Tx};

/// In which order people are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserOrder {
    /// By name.
    Name,
    /// By e-mail address. Who has none is not in it.
    Email,
    /// Those who came last first.
    Newest,
}

/// Which people.
#[derive(Clone, PartialEq, Eq)]
pub struct UserFilter {
    /// Of which account.
    pub account: AccountId,
    /// In which order. People of one connection are listed as the latest first, whatever stands here.
    pub order: UserOrder,
    /// How the name or the address begins, in lower case, as the order says.
    pub begins: String,
    /// In this state; none: in any. Those who may not sign in are listed by name.
    pub state: Option<UserState>,
    /// Linked to this connection; none: whoever.
    pub connection: Option<ConnectionId>,
    /// In this group, whatever connection is wanted besides; none: whoever. They too are listed as the latest first.
    pub group: Option<String>,
    /// Behind whom: the next page.
    pub after: Option<UserKey>,
    /// How many at most.
    pub limit: u32,
}

/// Where somebody stands in a list.
#[derive(Clone, PartialEq, Eq)]
pub struct UserKey {
    /// By what the list is sorted; nothing where that is the id.
    pub text: String,
    /// The person.
    pub id: UserId,
}

impl UserOrder {
    /// Where somebody stands in a list of this order.
    pub fn key(self, user: &User) -> UserKey {
        let text = match self {
            Self::Name => user.name_key(),
            Self::Email => user.profile.email.as_ref().map(|email| email.key().to_owned()).unwrap_or_default(),
            Self::Newest => String::new(),
        };
        UserKey { text, id: user.id }
    }
}

impl UserFilter {
    /// The order in which the list stands.
    pub fn order_in_force(&self) -> UserOrder {
        match self.state {
            _ if self.connection.is_some() || self.group.is_some() => UserOrder::Newest,
            Some(UserState::Suspended) => UserOrder::Name,
            _ => self.order,
        }
    }

    fn after_text(&self) -> (String, UserId, String) {
        let to = format!("{}{END}", self.begins);
        match &self.after {
            Some(after) if after.text.starts_with(&self.begins) => (after.text.clone(), after.id, to),
            _ => (self.begins.clone(), UserId::from_bytes([0; 16]), to),
        }
    }

    fn before_id(&self) -> UserId {
        self.after.as_ref().map_or(UserId::from_bytes([0xff; 16]), |after| after.id)
    }
}

impl Tx {
    /// A page of the people of an account.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn users_listed(&mut self, filter: &UserFilter) -> Result<Vec<User>, StoreError> {
        let (account, limit) = (filter.account, i64::from(filter.limit));
        if let Some(group) = &filter.group {
            let sql = concat!(
                "SELECT ",
                columns!(),
                " FROM user_groups g JOIN users u ON u.id = g.user_id WHERE g.account_id = $1 AND g.name = $2 \
                 AND g.user_id < $3 AND ($4 = '' OR u.state = $4) ORDER BY g.user_id DESC LIMIT $5"
            );
            let state = filter.state.map_or(crate::value::Value::from(""), super::names::word);
            let params = [account.into(), group.as_str().into(), filter.before_id().into(), state, limit.into()];
            return self.query_all(sql, &params).await?.iter().map(|row| users::user(row, 0)).collect();
        }
        let (from, id, to) = filter.after_text();
        let texts = [account.into(), from.into(), id.into(), to.into(), limit.into()];
        let rows = match (filter.connection, filter.state, filter.order_in_force()) {
            (Some(connection), ..) => {
                let sql = concat!(
                    "SELECT ",
                    columns!(),
                    " FROM identities i JOIN users u ON u.id = i.user_id WHERE i.connection_id = $1 \
                     AND i.user_id < $2 AND u.account_id = $3 AND ($4 = '' OR u.state = $4) \
                     ORDER BY i.user_id DESC LIMIT $5"
                );
                let state = filter.state.map_or(crate::value::Value::from(""), super::names::word);
                self.query_all(
                    sql,
                    &[connection.into(), filter.before_id().into(), account.into(), state, limit.into()],
                )
                .await?
            }
            (None, Some(UserState::Suspended), _) => {
                let sql = concat!(
                    "SELECT ",
                    columns!(),
                    " FROM users u WHERE u.account_id = $1 AND u.state = 'suspended' \
                     AND (u.name_key, u.id) > ($2, $3) AND u.name_key < $4 ORDER BY u.name_key, u.id LIMIT $5"
                );
                self.query_all(sql, &texts).await?
            }
            (None, _, UserOrder::Name) => {
                let sql = concat!(
                    "SELECT ",
                    columns!(),
                    " FROM users u WHERE u.account_id = $1 AND (u.name_key, u.id) > ($2, $3) AND u.name_key < $4 \
                     ORDER BY u.name_key, u.id LIMIT $5"
                );
                self.query_all(sql, &texts).await?
            }
            (None, _, UserOrder::Email) => {
                let sql = concat!(
                    "SELECT ",
                    columns!(),
                    " FROM users u WHERE u.account_id = $1 AND (u.email_key, u.id) > ($2, $3) AND u.email_key < $4 \
                     ORDER BY u.email_key, u.id LIMIT $5"
                );
                self.query_all(sql, &texts).await?
            }
            (None, _, UserOrder::Newest) => {
                let sql = concat!(
                    "SELECT ",
                    columns!(),
                    " FROM users u WHERE u.account_id = $1 AND u.id < $2 ORDER BY u.id DESC LIMIT $3"
                );
                self.query_all(sql, &[account.into(), filter.before_id().into(), limit.into()]).await?
            }
        };
        rows.iter().map(|row| users::user(row, 0)).collect()
    }

    /// People of a part of the tree with an address, by its key, and where each of their accounts stands.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn users_by_address_within(
        &mut self,
        within: &AccountPath,
        email_key: &str,
        limit: u32,
    ) -> Result<Vec<(User, AccountPath)>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            ", a.path FROM users u JOIN accounts a ON a.id = u.account_id \
             WHERE u.email_key = $1 AND (a.path = $2 OR (a.path >= $3 AND a.path < $4)) ORDER BY a.path, u.id LIMIT $5"
        );
        let [path, from, to] = range(within);
        let params = [email_key.into(), path.into(), from.into(), to.into(), i64::from(limit).into()];
        let rows = self.query_all(sql, &params).await?;
        let found =
            |row: &Row| Ok((users::user(row, 0)?, row.parsed(users::COLUMNS, |text| AccountPath::parse(text).ok())?));
        rows.iter().map(found).collect()
    }
}

/// Without what is looked for.
impl fmt::Debug for UserFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserFilter").field("account", &self.account).field("order", &self.order).finish_non_exhaustive()
    }
}

/// Without the person.
impl fmt::Debug for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserKey").field("id", &self.id).finish_non_exhaustive()
    }
}
