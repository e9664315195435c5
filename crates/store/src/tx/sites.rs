//! Sites behind a proxy: whose they are, and which browsers are let in there.
//!
//! Each request to such a site is one read of versions; what they stand for is read when one of them is new.

use std::fmt;

use jiff::Timestamp;
use vestibule_domain::account::Account;
use vestibule_domain::application::Application;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::SessionId;
use vestibule_domain::session::Session;
use vestibule_domain::user::{User, UserState};

use super::sessions;
use super::{Redeemed, users};
use crate::{StoreError, Tx};

/// A browser that is let in at a site from now on, in exchange for a code.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSiteSession {
    /// The hash of its cookie's secret.
    pub hash: [u8; 32],
    /// The site's application.
    pub client_id: String,
    /// The site.
    pub origin: String,
    /// When it ends at the latest; with its session in any case.
    pub expires_at: Timestamp,
}

/// By which versions of everything a browser is let in at a site. Where all are the same, so is all that they stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteVersions {
    /// The session.
    pub session: SessionId,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Of the settings of the deployment: accounts, connections, applications.
    pub deployment: i64,
    /// Of the person's record; none where they have none.
    pub user: Option<i64>,
}

/// What the versions stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteFacts {
    /// The session.
    pub session: Session,
    /// Its person, if we know them.
    pub user: Option<User>,
    /// The account.
    pub account: Account,
    /// The application.
    pub application: Application,
    /// By which versions.
    pub versions: SiteVersions,
}

impl Tx {
    /// The application whose site this is.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn application_of_site(&mut self, origin: &str) -> Result<Option<Application>, StoreError> {
        let sql = "SELECT client_id FROM application_sites WHERE origin = $1";
        let Some(row) = self.query_opt(sql, &[origin.into()]).await? else { return Ok(None) };
        self.application(row.text(0)?).await
    }

    /// Redeems a code for a browser at a site, by one conditional write, where neither the code nor its session has ended.
    /// A code that was redeemed before gives nothing, and ends what it gave. `redeemed` is logged for the first, `reused`
    /// for every other.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the hash exists.
    pub async fn redeem_code_at_site(
        &mut self,
        code: &[u8; 32],
        now: Timestamp,
        new: &NewSiteSession,
        redeemed: &AuditEvent,
        reused: &AuditEvent,
    ) -> Result<Redeemed, StoreError> {
        // The hash stands where that of an access token does, so that the code is used up for both.
        let sql = "UPDATE codes SET token_hash = $1 WHERE hash = $2 AND client_id = $3 AND token_hash IS NULL \
                   AND expires_at > $4 \
                   AND EXISTS (SELECT 1 FROM sessions s WHERE s.id = session_id AND s.expires_at > $5) \
                   RETURNING content, session_id";
        let params = [(&new.hash).into(), code.into(), new.client_id.as_str().into(), now.into(), now.into()];
        let Some(row) = self.query_opt(sql, &params).await? else { return self.reuse(code, reused).await };
        let session: SessionId = row.id(1)?;
        let sql = "INSERT INTO site_sessions (hash, session_id, client_id, origin, expires_at) \
                   VALUES ($1, $2, $3, $4, $5)";
        let params = [
            (&new.hash).into(),
            session.into(),
            new.client_id.as_str().into(),
            new.origin.as_str().into(),
            new.expires_at.into(),
        ];
        self.execute(sql, &params).await?;
        self.insert_event(redeemed).await?;
        Ok(Redeemed::Grant(row.text(0)?.to_owned()))
    }

    /// By which versions a browser is let in at a site: none where its cookie is none of that site, it or its session has
    /// ended, or its person may not sign in any more. One read, for each request to the site.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn site_versions(
        &mut self,
        hash: &[u8; 32],
        origin: &str,
        now: Timestamp,
    ) -> Result<Option<SiteVersions>, StoreError> {
        let sql = "SELECT s.id, s.expires_at, d.version, u.version, s.user_id, u.state, x.expires_at \
                   FROM site_sessions x JOIN sessions s ON s.id = x.session_id CROSS JOIN deployment d \
                   JOIN application_sites a ON a.origin = x.origin AND a.client_id = x.client_id \
                   LEFT JOIN users u ON u.id = s.user_id \
                   WHERE x.hash = $1 AND x.origin = $2 AND x.expires_at > $3 AND s.expires_at > $4";
        let params = [hash.into(), origin.into(), now.into(), now.into()];
        let Some(row) = self.query_opt(sql, &params).await? else { return Ok(None) };
        let user = row.int_or_null(3)?;
        let is_known = row.blob_or_null(4)?.is_some();
        if is_known && row.word_or_null(5)? != Some(UserState::Active) {
            return Ok(None);
        }
        let expires_at = row.time(1)?.min(row.time(6)?);
        Ok(Some(SiteVersions { session: row.id(0)?, expires_at, deployment: row.int(2)?, user }))
    }

    /// What the versions of a browser at a site stand for.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn site_facts(
        &mut self,
        hash: &[u8; 32],
        origin: &str,
        now: Timestamp,
    ) -> Result<Option<SiteFacts>, StoreError> {
        let Some(versions) = self.site_versions(hash, origin, now).await? else { return Ok(None) };
        let Some(application) = self.application_of_site(origin).await? else { return Ok(None) };
        let sql = concat!(
            "SELECT ",
            sessions::columns!(),
            ", ",
            users::columns!(),
            " FROM sessions s LEFT JOIN users u ON u.id = s.user_id WHERE s.id = $1"
        );
        let Some(row) = self.query_opt(sql, &[versions.session.into()]).await? else { return Ok(None) };
        let session = sessions::session(&row)?;
        let user = if row.blob_or_null(8)?.is_some() { Some(users::user(&row, 8)?) } else { None };
        let Some(account) = self.account(session.account).await? else { return Ok(None) };
        Ok(Some(SiteFacts { session, user, account, application, versions }))
    }

    /// A browser signs out at a site: its cookie opens nothing there any more. False where it did not.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn end_site_session(&mut self, hash: &[u8; 32]) -> Result<bool, StoreError> {
        Ok(self.execute("DELETE FROM site_sessions WHERE hash = $1", &[hash.into()]).await? > 0)
    }

    /// The sites of an application are those of its settings.
    pub(super) async fn set_sites(&mut self, application: &Application) -> Result<(), StoreError> {
        let client_id = application.client_id.as_str();
        self.execute("DELETE FROM application_sites WHERE client_id = $1", &[client_id.into()]).await?;
        for origin in &application.settings.sites {
            let sql = "INSERT INTO application_sites (origin, client_id) VALUES ($1, $2)";
            self.execute(sql, &[origin.as_str().into(), client_id.into()]).await?;
        }
        Ok(())
    }
}

impl fmt::Debug for NewSiteSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSiteSession")
            .field("client_id", &self.client_id)
            .field("origin", &self.origin)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
