//! How the pages of accounts look: resolved down the tree whenever an account is saved, and the pictures that they show.

use vestibule_domain::account::Account;
use vestibule_domain::branding::{Branding, LogoFile};
use vestibule_domain::id::AccountId;

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

    /// How the pages of an account look that is about to be saved.
    pub(super) async fn brand_of(&mut self, account: &Account) -> Result<Branding, StoreError> {
        let above = match account.parent {
            Some(above) => self.account(above).await?.map(|above| above.brand),
            None => None,
        };
        Ok(account.settings.branding.below(&above.unwrap_or_default()))
    }

    /// Resolves how the pages of the accounts below one look whose own changed. Whatever looks differently now counts
    /// as changed, for settings are kept in memory by their version; where nothing changes, nothing below does.
    pub(super) async fn settle_brands_below(&mut self, account: AccountId, brand: Branding) -> Result<(), StoreError> {
        let mut open = vec![(account, brand)];
        while let Some((above, above_brand)) = open.pop() {
            for child in self.children_of(above).await? {
                let brand = child.settings.branding.below(&above_brand);
                if child.brand == brand {
                    continue;
                }
                let sql = "UPDATE accounts SET brand = $1, version = version + 1 WHERE id = $2";
                self.execute(sql, &[stored(&brand)?, child.id.into()]).await?;
                open.push((child.id, brand));
            }
        }
        Ok(())
    }
}

/// As a value of the column, which is empty for nearly every account.
pub(super) fn stored(brand: &Branding) -> Result<Value<'static>, StoreError> {
    if brand.is_empty() { Ok(Value::from(None::<&str>)) } else { json(brand) }
}
