//! What accounts have from those above them, how their pages look and how long their sessions last: resolved down the tree
//! whenever an account is saved. And the pictures that they show.

use vestibule_domain::account::Account;
use vestibule_domain::branding::{Branding, LogoFile};
use vestibule_domain::id::AccountId;
use vestibule_domain::session::SessionSettings;

use crate::value::{Value, json};
use crate::{StoreError, Tx};

impl Tx {
    /// Keeps the picture that an account sets, and forgets those that it set before. Called in the unit that saves the
    /// account with it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn save_logo(&mut self, account: AccountId, logo: Option<(&LogoFile, &[u8])>) -> Result<(), StoreError> {
        let name = logo.map_or("", |(file, _)| file.as_str());
        let sql = "DELETE FROM logos WHERE account_id = $1 AND file <> $2";
        self.execute(sql, &[account.into(), name.into()]).await?;
        let Some((_, content)) = logo else { return Ok(()) };
        let sql = "INSERT INTO logos (file, account_id, content) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        self.execute(sql, &[name.into(), account.into(), content.into()]).await.map(drop)
    }

    /// The picture of this name, if an account shows it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn logo(&mut self, file: &LogoFile) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT content FROM logos WHERE file = $1 LIMIT 1";
        let row = self.query_opt(sql, &[file.as_str().into()]).await?;
        row.map(|row| row.blob(0).map(<[u8]>::to_vec)).transpose()
    }

    /// What an account that is about to be saved has of its own and from above.
    pub(super) async fn inherited_of(&mut self, account: &Account) -> Result<Inherited, StoreError> {
        let above = match account.parent {
            Some(above) => self.account(above).await?.as_ref().map(Inherited::of),
            None => None,
        };
        Ok(above.unwrap_or_default().by(account))
    }

    /// Resolves what the accounts below one have whose own changed. Whatever is different now counts as changed, for
    /// settings are kept in memory by their version; where nothing changes, nothing below does.
    pub(super) async fn settle_inherited_below(
        &mut self,
        account: AccountId,
        has: Inherited,
    ) -> Result<(), StoreError> {
        let mut open = vec![(account, has)];
        while let Some((above, above_has)) = open.pop() {
            for child in self.children_of(above).await? {
                let has = above_has.by(&child);
                if Inherited::of(&child) == has {
                    continue;
                }
                let sql = "UPDATE accounts SET brand = $1, sessions = $2, version = version + 1 WHERE id = $3";
                let params = [has.brand_stored()?, has.sessions_stored()?, child.id.into()];
                self.execute(sql, &params).await?;
                open.push((child.id, has));
            }
        }
        Ok(())
    }
}

/// What an account has of its own, and of those above it where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Inherited {
    brand: Branding,
    sessions: SessionSettings,
}

impl Inherited {
    /// What an account has now.
    pub(super) fn of(account: &Account) -> Self {
        Self { brand: account.brand.clone(), sessions: account.sessions }
    }

    /// What an account has below one that has this.
    fn by(&self, account: &Account) -> Self {
        let settings = &account.settings;
        Self { brand: settings.branding.below(&self.brand), sessions: settings.sessions.below(&self.sessions) }
    }

    // As values of the columns, which are empty for nearly every account.

    pub(super) fn brand_stored(&self) -> Result<Value<'static>, StoreError> {
        if self.brand.is_empty() { Ok(Value::from(None::<&str>)) } else { json(&self.brand) }
    }

    pub(super) fn sessions_stored(&self) -> Result<Value<'static>, StoreError> {
        if self.sessions.is_empty() { Ok(Value::from(None::<&str>)) } else { json(&self.sessions) }
    }
}
