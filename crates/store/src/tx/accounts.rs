//! Accounts and the sub-domains at which their people sign in.

use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::branding::Branding;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::AccountId;
use vestibule_domain::name::SubDomain;
use vestibule_domain::session::SessionSettings;

use super::brands::Inherited;
use super::names::word;
use crate::value::{Row, Value, json};
use crate::{Constraint, StoreError, Tx};

impl Tx {
    /// The account.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn account(&mut self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let sql = "SELECT id, parent_id, path, kind, name, sub_domain, settings, brand, sessions, version FROM accounts WHERE id = $1";
        self.query_opt(sql, &[id.into()]).await?.as_ref().map(account).transpose()
    }

    /// The account at a path.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn account_by_path(&mut self, path: &AccountPath) -> Result<Option<Account>, StoreError> {
        let sql = "SELECT id, parent_id, path, kind, name, sub_domain, settings, brand, sessions, version FROM accounts WHERE path = $1";
        self.query_opt(sql, &[path.to_string().into()]).await?.as_ref().map(account).transpose()
    }

    /// The account that has, or had, this label, and whether it has it now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn account_by_label(&mut self, label: &str) -> Result<Option<(Account, bool)>, StoreError> {
        let sql = "SELECT a.id, a.parent_id, a.path, a.kind, a.name, a.sub_domain, a.settings, a.brand, a.sessions, a.version, s.is_current \
                   FROM sub_domains s JOIN accounts a ON a.id = s.account_id WHERE s.label = $1";
        let Some(row) = self.query_opt(sql, &[label.into()]).await? else { return Ok(None) };
        Ok(Some((account(&row)?, row.truth(10)?)))
    }

    /// All accounts, by path.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn accounts(&mut self) -> Result<Vec<Account>, StoreError> {
        let sql = "SELECT id, parent_id, path, kind, name, sub_domain, settings, brand, sessions, version FROM accounts ORDER BY path";
        self.query_all(sql, &[]).await?.iter().map(account).collect()
    }

    /// The accounts directly below, by path.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn children_of(&mut self, parent: AccountId) -> Result<Vec<Account>, StoreError> {
        let sql = "SELECT id, parent_id, path, kind, name, sub_domain, settings, brand, sessions, version FROM accounts \
                   WHERE parent_id = $1 ORDER BY path";
        self.query_all(sql, &[parent.into()]).await?.iter().map(account).collect()
    }

    /// Inserts the account, or changes the one with its id; a label that it gives up stays its own as a former one.
    /// Returns the new version: one more than before, whatever `account.version` says. By whose connections its people
    /// and all below it sign in follows, how their pages look and how long their sessions last; sessions and attempts to
    /// which no way leads any more end, and so do sessions that began with a password, or by single sign-on, which opens the
    /// account no more.
    ///
    /// # Errors
    /// [`Constraint::AccountPath`] and [`Constraint::SubDomain`] for what another account has or had.
    pub async fn save_account(&mut self, account: &Account, event: &AuditEvent) -> Result<i64, StoreError> {
        let before = self.account(account.id).await?;
        let inherited = self.inherited_of(account).await?;
        let sql = "INSERT INTO accounts \
                   (id, parent_id, path, kind, name, sub_domain, settings, brand, sessions, name_key, version) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1) \
                   ON CONFLICT (id) DO UPDATE SET parent_id = excluded.parent_id, path = excluded.path, \
                   kind = excluded.kind, name = excluded.name, sub_domain = excluded.sub_domain, \
                   settings = excluded.settings, brand = excluded.brand, sessions = excluded.sessions, \
                   name_key = excluded.name_key, \
                   version = accounts.version + 1 \
                   RETURNING version";
        let label = account.sub_domain.as_ref().map(SubDomain::as_str);
        let params = [
            account.id.into(),
            account.parent.into(),
            account.path.to_string().into(),
            word(account.kind),
            account.name.as_str().into(),
            label.into(),
            json(&account.settings)?,
            inherited.brand_stored()?,
            inherited.sessions_stored()?,
            account.name.to_lowercase().into(),
        ];
        let saved = self.query_opt(sql, &params).await?.ok_or(StoreError::Stale { what: "account" })?;
        self.take_label(account.id, label).await?;
        if before.as_ref().is_none_or(|before| before.settings.ways_differ(&account.settings)) {
            self.settle_ways(account.id, event.at).await?;
        }
        if before.as_ref().is_some_and(|before| Inherited::of(before) != inherited) {
            self.settle_inherited_below(account.id, inherited).await?;
        }
        if before.as_ref().is_some_and(|before| before.settings.password_doors_differ(&account.settings)) {
            self.close_password_doors(account, event.at).await?;
        }
        let single_sign_on = &account.settings.single_sign_on;
        if before.is_some_and(|before| single_sign_on.closes_more_than(&before.settings.single_sign_on)) {
            self.close_single_sign_on(account, event.at).await?;
        }
        self.settings_changed().await?;
        self.insert_event(event).await?;
        saved.int(0)
    }

    async fn take_label(&mut self, account: AccountId, label: Option<&str>) -> Result<(), StoreError> {
        let former = "UPDATE sub_domains SET is_current = 0 WHERE account_id = $1 AND is_current = 1";
        self.execute(former, &[account.into()]).await?;
        let Some(label) = label else { return Ok(()) };
        let take = "INSERT INTO sub_domains (label, account_id, is_current) VALUES ($1, $2, 1) \
                    ON CONFLICT (label) DO UPDATE SET is_current = 1 \
                    WHERE sub_domains.account_id = excluded.account_id";
        match self.execute(take, &[label.into(), account.into()]).await? {
            0 => Err(StoreError::Unique { constraint: Constraint::SubDomain }),
            _ => Ok(()),
        }
    }
}

/// What [`account`] reads, in its order.
macro_rules! columns {
    () => {
        "a.id, a.parent_id, a.path, a.kind, a.name, a.sub_domain, a.settings, a.brand, a.sessions, a.version"
    };
}
pub(super) use columns;

pub(super) fn account(row: &Row) -> Result<Account, StoreError> {
    let sub_domain = match row.text_or_null(5)? {
        Some(_) => Some(row.parsed(5, |text| text.parse().ok())?),
        None => None,
    };
    Ok(Account {
        id: row.id(0)?,
        parent: row.id_or_null(1)?,
        path: row.parsed(2, |text| AccountPath::parse(text).ok())?,
        kind: row.word(3)?,
        name: row.text(4)?.to_owned(),
        sub_domain,
        settings: row.json(6)?,
        brand: row.json_or_null::<Branding>(7)?.unwrap_or_default(),
        sessions: row.json_or_null::<SessionSettings>(8)?.unwrap_or_default(),
        version: row.int(9)?,
    })
}

impl Tx {
    /// What caches of settings compare: it grows with every change of an account, a connection, a domain, an
    /// application or a key.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn deployment_version(&mut self) -> Result<i64, StoreError> {
        let row = self.query_opt("SELECT version FROM deployment", &[]).await?;
        row.ok_or(StoreError::Unreadable { table: "deployment", column: 0, got: "nothing", want: "a row" })?.int(0)
    }

    /// Keeps all settings as they are until the unit ends, where this is their version; false where they are others by
    /// now. Of two units at once that hold the same version the second waits, and finds another one if the first
    /// changed settings.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn hold_settings(&mut self, version: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE deployment SET version = version WHERE version = $1";
        Ok(self.execute(sql, &[version.into()]).await? == 1)
    }

    pub(super) async fn settings_changed(&mut self) -> Result<(), StoreError> {
        self.execute("UPDATE deployment SET version = version + 1", &[] as &[Value<'_>]).await.map(drop)
    }
}
