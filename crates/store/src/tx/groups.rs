//! The groups of an account's people, kept beside their profiles so that whoever is in one is found by an index.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use vestibule_domain::id::{AccountId, UserId};
use vestibule_domain::user::{Profile, User};

use super::lists::END;
use crate::value::Value;
use crate::{StoreError, Tx};

/// So many people of a group are counted; where there are more, it is known that there are.
pub const MOST_COUNTED: u64 = 1000;

/// A group of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupCount {
    /// Its name, or the id that the identity provider gives it.
    pub name: String,
    /// How many people are in it; one more than [`MOST_COUNTED`] where there are more than that.
    pub people: u64,
}

/// Which groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupFilter {
    /// Of which account.
    pub account: AccountId,
    /// How the name begins.
    pub begins: String,
    /// Behind this one: the next page.
    pub after: Option<String>,
    /// How many at most.
    pub limit: u32,
}

/// The groups that a person had.
#[derive(Debug, Default)]
pub(super) struct Before {
    groups: BTreeSet<String>,
    /// Whether the person is listed in them. Of somebody who was there before the table nothing is until a job does.
    are_listed: bool,
}

/// So many groups are listed by one statement, where somebody is in many.
const ROWS: usize = 32;

static INSERT_MANY: LazyLock<String> = LazyLock::new(|| {
    let further: Vec<_> = (4..3 + ROWS).map(|place| format!("($1, ${place}, $3)")).collect();
    let further = further.join(", ");
    format!("INSERT INTO user_groups (account_id, name, user_id) VALUES ($1, $2, $3), {further} ON CONFLICT DO NOTHING")
});

impl Tx {
    /// The groups of an account's people by name, each with how many are in it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn groups_listed(&mut self, filter: &GroupFilter) -> Result<Vec<GroupCount>, StoreError> {
        // From one name to the next, not from person to person; and no group is counted to its end. One bound below: of two
        // SQLite would begin at the lower one.
        let sql = "WITH RECURSIVE names (name, place) AS ( \
                   SELECT (SELECT MIN(g.name) FROM user_groups g \
                   WHERE g.account_id = $1 AND g.name >= $2 AND g.name < $3), CAST(1 AS BIGINT) \
                   UNION ALL SELECT (SELECT MIN(g.name) FROM user_groups g \
                   WHERE g.account_id = $1 AND g.name > n.name AND g.name < $3), n.place + 1 \
                   FROM names n WHERE n.name IS NOT NULL AND n.place < $4) \
                   SELECT n.name, (SELECT COUNT(*) FROM (SELECT g.user_id FROM user_groups g \
                   WHERE g.account_id = $1 AND g.name = n.name LIMIT 1001) counted) \
                   FROM names n WHERE n.name IS NOT NULL";
        // Behind a name, and before all others: no name has a character of control.
        let behind = filter.after.as_ref().map(|after| format!("{after}\u{1}")).unwrap_or_default();
        let (from, to) = (behind.max(filter.begins.clone()), format!("{}{END}", filter.begins));
        let params = [filter.account.into(), from.into(), to.into(), i64::from(filter.limit).into()];
        let rows = self.query_all(sql, &params).await?;
        let group = |row: &crate::value::Row| {
            Ok(GroupCount { name: row.text(0)?.to_owned(), people: u64::try_from(row.int(1)?).unwrap_or(0) })
        };
        let mut groups: Vec<GroupCount> = rows.iter().map(group).collect::<Result<_, StoreError>>()?;
        groups.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(groups)
    }

    /// Lists a person in the groups of their profile and in no other.
    pub(super) async fn list_in_groups(&mut self, user: &User, before: &Before) -> Result<(), StoreError> {
        let after = user.profile.group_keys();
        // Whether or not they are listed: a job may have done it since that was read.
        for name in before.groups.difference(&after) {
            self.leave_group(user.account, name, user.id).await?;
        }
        let is_in = |name: &&String| before.are_listed && before.groups.contains(*name);
        let new: Vec<&String> = after.iter().filter(|name| !is_in(name)).collect();
        let (many, rest) = new.as_chunks::<ROWS>();
        for names in many {
            let mut params = vec![user.account.into(), names[0].as_str().into(), user.id.into()];
            params.extend(names[1..].iter().map(|name| Value::from(name.as_str())));
            self.execute(INSERT_MANY.as_str(), &params).await?;
        }
        for name in rest {
            let sql = "INSERT INTO user_groups (account_id, name, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
            self.execute(sql, &[user.account.into(), name.as_str().into(), user.id.into()]).await?;
        }
        Ok(())
    }

    /// The groups of a person who is still at this version; none: they are not.
    pub(super) async fn groups_before(&mut self, user: &User) -> Result<Option<Before>, StoreError> {
        let sql = "SELECT profile, groups_listed FROM users WHERE id = $1 AND account_id = $2 AND version = $3";
        let row = self.query_opt(sql, &[user.id.into(), user.account.into(), user.version.into()]).await?;
        let groups = row.map(|row| {
            Ok(Before { groups: row.json::<Profile>(0)?.group_keys(), are_listed: row.int_or_null(1)?.is_some() })
        });
        groups.transpose()
    }

    /// Takes a person out of all groups in which they are listed.
    pub(super) async fn leave_groups(&mut self, user: UserId) -> Result<(), StoreError> {
        let sql = "SELECT account_id, profile FROM users WHERE id = $1";
        let Some(row) = self.query_opt(sql, &[user.into()]).await? else { return Ok(()) };
        let (account, profile) = (row.id(0)?, row.json::<Profile>(1)?);
        for name in profile.group_keys() {
            self.leave_group(account, &name, user).await?;
        }
        Ok(())
    }

    async fn leave_group(&mut self, account: AccountId, name: &str, user: UserId) -> Result<(), StoreError> {
        let sql = "DELETE FROM user_groups WHERE account_id = $1 AND name = $2 AND user_id = $3";
        self.execute(sql, &[account.into(), name.into(), user.into()]).await.map(drop)
    }

    /// Lists people in their groups who were there before that was kept: so many at most, and tells how many.
    pub(super) async fn fill_in_groups(&mut self, limit: i64) -> Result<usize, StoreError> {
        let sql = concat!(
            "SELECT ",
            super::users::columns!(),
            " FROM users u WHERE u.groups_listed IS NULL ORDER BY u.id LIMIT $1"
        );
        let rows = self.query_all(sql, &[limit.into()]).await?;
        for row in &rows {
            let user = super::users::user(row, 0)?;
            let sql = "UPDATE users SET groups_listed = 1 WHERE id = $1 AND groups_listed IS NULL";
            // Whoever changed them meanwhile has listed them.
            if self.execute(sql, &[user.id.into()]).await? == 1 {
                self.list_in_groups(&user, &Before::default()).await?;
            }
        }
        Ok(rows.len())
    }
}

#[cfg(test)]
mod tests {
    use vestibule_domain::event::{Actor, AuditEvent, Fact};
    use vestibule_domain::grants::Grants;
    use vestibule_domain::id::EventId;
    use vestibule_domain::user::UserState;

    use super::*;
    use crate::{DatabaseUrl, Options, Sealer, SealingKey, Store};

    /// Somebody who was there before this version is in no group until a job lists them, and then once.
    #[tokio::test]
    async fn people_who_were_there_before_are_listed_by_a_job() {
        let sealer = Sealer::new(SealingKey::new(&[7; 32]), vec![]);
        let store = Store::open(&DatabaseUrl::temporary(), sealer, Options::default()).await.unwrap();
        let account = AccountId::from_bytes([1; 16]);
        let at = jiff::Timestamp::UNIX_EPOCH;
        let user = User {
            id: UserId::from_bytes([2; 16]),
            account,
            state: UserState::Active,
            profile: Profile { groups: vec!["Berlin".to_owned()], ..Profile::default() },
            console_role: None,
            grants: Grants::default(),
            sign_in: vestibule_domain::enforcement::SignInRule::default(),
            created_at: at,
            version: 1,
        };
        let event = move |n: u8, fact| AuditEvent {
            id: EventId::from_bytes([n; 16]),
            at,
            account: Some(account),
            actor: Actor::System,
            fact,
        };
        let all = GroupFilter { account, begins: String::new(), after: None, limit: 9 };
        let filled = store.write(move |tx| {
            Box::pin(async move {
                tx.execute("PRAGMA defer_foreign_keys = ON", &[]).await?;
                tx.insert_user(&user, &event(3, Fact::UserCreated { user: user.id })).await?;
                // As an earlier version left them.
                tx.execute("DELETE FROM user_groups", &[]).await?;
                tx.execute("UPDATE users SET groups_listed = NULL", &[]).await?;
                let before = tx.groups_listed(&all).await?;
                let filled = (tx.fill_in_lists(9).await?, tx.fill_in_lists(9).await?);
                let after = tx.groups_listed(&all).await?;
                tx.execute("DELETE FROM user_groups", &[]).await?;
                tx.execute("DELETE FROM users", &[]).await?;
                Ok::<_, StoreError>((before, filled, after))
            })
        });
        let (before, filled, after) = filled.await.unwrap();
        assert_eq!((before, filled), (vec![], (1, 0)));
        assert_eq!(after, [GroupCount { name: "Berlin".to_owned(), people: 1 }]);
    }
}
