//! Set-up links. Each step is one conditional write, which holds only while the link is good: not revoked, not ended, in
//! its days, and its connection a draft.

use jiff::Timestamp;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::{AccountId, AttemptId, ConnectionId, SetupLinkId};
use vestibule_domain::setup::SetupLink;

use crate::value::{Row, json};
use crate::{StoreError, Tx};

macro_rules! columns {
    () => {
        "SELECT id, account_id, connection_id, created_at, created_by, expires_at, opened_at, saved_at, given_at, \
         people_at, test_attempt, test_at, asked_at, revoked_at, ended_at FROM setup_links "
    };
}

/// While a link is good; `$1` is the time.
macro_rules! while_good {
    () => {
        while_good!("$2")
    };
    ($id:literal) => {
        concat!(
            " WHERE id = ",
            $id,
            " AND revoked_at IS NULL AND ended_at IS NULL AND expires_at > $1 AND EXISTS \
             (SELECT 1 FROM connections c WHERE c.id = setup_links.connection_id AND c.state IN ('draft', 'tested'))"
        )
    };
}

/// What whoever has a link did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupNote {
    /// They opened it.
    Opened,
    /// They say that our values stand at the identity provider.
    Given,
    /// They saved something about the identity provider.
    Saved,
    /// They said who comes in.
    People,
    /// They began a test.
    Test(AttemptId),
    /// They asked an administrator to put the connection in force.
    Asked,
}

impl Tx {
    /// A new link.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the id exists.
    pub async fn insert_setup_link(
        &mut self,
        link: &SetupLink,
        hash: &[u8; 32],
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO setup_links (id, hash, account_id, connection_id, created_at, created_by, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let params = [
            link.id.into(),
            hash.into(),
            link.account.into(),
            link.connection.into(),
            link.created_at.into(),
            json(&link.created_by)?,
            link.expires_at.into(),
        ];
        self.execute(sql, &params).await?;
        self.insert_event(event).await
    }

    /// The link with this hash, whether it is good or over.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn setup_link_by_hash(&mut self, hash: &[u8; 32]) -> Result<Option<SetupLink>, StoreError> {
        let sql = concat!(columns!(), "WHERE hash = $1");
        self.query_opt(sql, &[hash.into()]).await?.as_ref().map(link).transpose()
    }

    /// The link of this id, whether it is good or over.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn setup_link(&mut self, id: SetupLinkId) -> Result<Option<SetupLink>, StoreError> {
        let sql = concat!(columns!(), "WHERE id = $1");
        self.query_opt(sql, &[id.into()]).await?.as_ref().map(link).transpose()
    }

    /// The links of an account, or of all, behind this one, the newest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn setup_links(
        &mut self,
        account: Option<AccountId>,
        behind: Option<SetupLinkId>,
        limit: u32,
    ) -> Result<Vec<SetupLink>, StoreError> {
        let limit = i64::from(limit);
        // No id is behind this one.
        let behind = behind.unwrap_or(SetupLinkId::from_bytes([0xff; 16]));
        let rows = if let Some(account) = account {
            let sql = concat!(columns!(), "WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
            self.query_all(sql, &[account.into(), behind.into(), limit.into()]).await?
        } else {
            let sql = concat!(columns!(), "WHERE id < $1 ORDER BY id DESC LIMIT $2");
            self.query_all(sql, &[behind.into(), limit.into()]).await?
        };
        rows.iter().map(link).collect()
    }

    /// Notes what whoever has a link did. False, and nothing noted, where the link is over; of what counts once, such as
    /// the first time that it was opened, also where it was noted before.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn note_setup(
        &mut self,
        id: SetupLinkId,
        note: SetupNote,
        now: Timestamp,
        event: Option<&AuditEvent>,
    ) -> Result<bool, StoreError> {
        let sql = match note {
            SetupNote::Opened => {
                concat!("UPDATE setup_links SET opened_at = $1", while_good!(), " AND opened_at IS NULL")
            }
            SetupNote::Given => concat!("UPDATE setup_links SET given_at = $1, saved_at = $1", while_good!()),
            SetupNote::Saved => concat!("UPDATE setup_links SET saved_at = $1, asked_at = NULL", while_good!()),
            SetupNote::People => concat!("UPDATE setup_links SET people_at = $1, saved_at = $1", while_good!()),
            SetupNote::Test(_) => {
                concat!("UPDATE setup_links SET test_at = $1, test_attempt = $2", while_good!("$3"))
            }
            SetupNote::Asked => {
                concat!("UPDATE setup_links SET asked_at = $1", while_good!(), " AND asked_at IS NULL")
            }
        };
        let held = match note {
            SetupNote::Test(attempt) => self.execute(sql, &[now.into(), attempt.into(), id.into()]).await?,
            _ => self.execute(sql, &[now.into(), id.into()]).await?,
        };
        if held == 0 {
            return Ok(false);
        }
        if let Some(event) = event {
            self.insert_event(event).await?;
        }
        Ok(true)
    }

    /// Whether administrators are told now that somebody with this link asks: not where they were after `since`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn tells_of_setup(
        &mut self,
        id: SetupLinkId,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE setup_links SET told_at = $1 WHERE id = $2 AND (told_at IS NULL OR told_at <= $3)";
        Ok(self.execute(sql, &[now.into(), id.into(), since.into()]).await? == 1)
    }

    /// Takes a link back. False where there is none, or it is over by itself.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn revoke_setup_link(
        &mut self,
        id: SetupLinkId,
        now: Timestamp,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE setup_links SET revoked_at = $1 \
                   WHERE id = $2 AND revoked_at IS NULL AND ended_at IS NULL AND expires_at > $1";
        if self.execute(sql, &[now.into(), id.into()]).await? == 0 {
            return Ok(false);
        }
        self.insert_event(event).await?;
        Ok(true)
    }

    /// A connection came in force: its links end, whoever put it in force.
    pub(super) async fn end_setup_links(&mut self, connection: ConnectionId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE setup_links SET ended_at = $1 \
                   WHERE connection_id = $2 AND revoked_at IS NULL AND ended_at IS NULL";
        self.execute(sql, &[at.into(), connection.into()]).await.map(drop)
    }
}

fn link(row: &Row) -> Result<SetupLink, StoreError> {
    Ok(SetupLink {
        id: row.id(0)?,
        account: row.id(1)?,
        connection: row.id(2)?,
        created_at: row.time(3)?,
        created_by: row.json(4)?,
        expires_at: row.time(5)?,
        opened_at: row.time_or_null(6)?,
        saved_at: row.time_or_null(7)?,
        given_at: row.time_or_null(8)?,
        people_at: row.time_or_null(9)?,
        test: row.id_or_null(10)?.zip(row.time_or_null(11)?),
        asked_at: row.time_or_null(12)?,
        revoked_at: row.time_or_null(13)?,
        ended_at: row.time_or_null(14)?,
    })
}
