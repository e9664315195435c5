//! By whose connections the people of an account sign in: resolved down the tree whenever an account is saved, by
//! [`vestibule_domain::ways`].

use jiff::Timestamp;
use vestibule_domain::account::Account;
use vestibule_domain::id::AccountId;
use vestibule_domain::ways::{self, Behind, Source, Ways};

use super::connections::{self, ConnectionHead};
use super::names::word;
use super::sessions::ENDED;
use crate::value::Row;
use crate::{StoreError, Tx};

/// A connection by which people of an account may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// The connection; its account may be one above.
    pub connection: ConnectionHead,
    /// The version of the connection's account.
    pub owner_version: i64,
    /// What becomes of connections further up while one of its account's is active.
    pub behind: Behind,
}

impl Tx {
    /// The connections by which people of an account may sign in: its own, then those of accounts above, by name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn ways_into(&mut self, account: AccountId) -> Result<Vec<Way>, StoreError> {
        let sql = "SELECT c.id, c.account_id, c.state, c.version, o.version, w.behind FROM ways w \
                   JOIN connections c ON c.account_id = w.source_id JOIN accounts o ON o.id = c.account_id \
                   WHERE w.account_id = $1 ORDER BY w.place, c.name";
        let way = |row: &Row| {
            Ok(Way { connection: connections::head(row)?, owner_version: row.int(4)?, behind: row.word(5)? })
        };
        self.query_all(sql, &[account.into()]).await?.iter().map(way).collect()
    }

    /// The first accounts whose people sign in by the connections of an account: at most `limit`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn accounts_served_by(&mut self, source: AccountId, limit: u32) -> Result<Vec<AccountId>, StoreError> {
        let sql = "SELECT account_id FROM ways WHERE source_id = $1 ORDER BY account_id LIMIT $2";
        let rows = self.query_all(sql, &[source.into(), i64::from(limit).into()]).await?;
        rows.iter().map(|row| row.id(0)).collect()
    }

    /// The account and those above it, the root first. Empty where there is no such account.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn chain_to(&mut self, account: AccountId) -> Result<Vec<Account>, StoreError> {
        let mut chain = Vec::new();
        let mut next = Some(account);
        while let Some(id) = next {
            let Some(account) = self.account(id).await? else { break };
            next = account.parent;
            chain.push(account);
        }
        chain.reverse();
        Ok(chain)
    }

    /// Resolves the ways of an account that was saved, and of all below it; whoever has no way any more is signed out.
    pub(super) async fn settle_ways(&mut self, account: AccountId, at: Timestamp) -> Result<(), StoreError> {
        let chain = self.chain_to(account).await?;
        let Some((account, above)) = chain.split_last() else { return Ok(()) };
        let above_ways = ways::ways(&above.iter().collect::<Vec<_>>());
        let ways = ways::below(account, above.last().map(|above| (above, &above_ways)));
        let mut open = vec![(account.clone(), ways)];
        let mut is_lost = false;
        while let Some((account, ways)) = open.pop() {
            is_lost |= self.save_ways(account.id, &ways).await?;
            for child in self.children_of(account.id).await? {
                let below = ways::below(&child, Some((&account, &ways)));
                open.push((child, below));
            }
        }
        if is_lost { self.end_without_way(at).await } else { Ok(()) }
    }

    /// True where a source is there no more.
    async fn save_ways(&mut self, account: AccountId, ways: &Ways) -> Result<bool, StoreError> {
        let before = "SELECT source_id, behind FROM ways WHERE account_id = $1 ORDER BY place";
        let source = |row: &Row| Ok::<_, StoreError>(Source { account: row.id(0)?, behind: row.word(1)? });
        let before = self.query_all(before, &[account.into()]).await?;
        let before: Vec<Source> = before.iter().map(source).collect::<Result<_, _>>()?;
        if before == ways.sources {
            return Ok(false);
        }
        self.execute("DELETE FROM ways WHERE account_id = $1", &[account.into()]).await?;
        for (place, source) in (0_i64..).zip(&ways.sources) {
            let sql = "INSERT INTO ways (account_id, place, source_id, behind) VALUES ($1, $2, $3, $4)";
            let params = [account.into(), place.into(), source.account.into(), word(source.behind)];
            self.execute(sql, &params).await?;
        }
        Ok(before.iter().any(|source| !ways.lead_to(source.account)))
    }

    /// Ends what no way leads to: attempts first, as where a connection is paused, so that whoever finishes one at this
    /// moment is waited for. One look through all of them, however many accounts lost a way. Tests sign nobody in.
    async fn end_without_way(&mut self, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE attempts SET progress = 'refused', refusal = $1 \
                   WHERE progress IN ('started', 'asserted') AND purpose <> 'test' AND NOT EXISTS \
                   (SELECT 1 FROM connections c JOIN ways w ON w.source_id = c.account_id \
                   WHERE c.id = attempts.connection_id AND w.account_id = attempts.account_id)";
        self.execute(sql, &[ENDED.into()]).await?;
        for sql in [
            "DELETE FROM sessions WHERE connection_id IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM connections c JOIN ways w ON w.source_id = c.account_id \
             WHERE c.id = sessions.connection_id AND w.account_id = sessions.account_id)",
            "DELETE FROM refresh_families WHERE connection_id IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM connections c JOIN ways w ON w.source_id = c.account_id \
             WHERE c.id = refresh_families.connection_id AND w.account_id = refresh_families.account_id)",
        ] {
            self.execute(sql, &[]).await?;
        }
        self.tell_ends(at).await
    }
}
