//! Applications: OpenID clients.

use vestibule_domain::application::Application;
use vestibule_domain::event::AuditEvent;

use crate::value::{Row, json};
use crate::{StoreError, Tx};

impl Tx {
    /// The application with this `client_id`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn application(&mut self, client_id: &str) -> Result<Option<Application>, StoreError> {
        let sql = "SELECT client_id, account_id, settings, version FROM applications WHERE client_id = $1";
        self.query_opt(sql, &[client_id.into()]).await?.as_ref().map(application).transpose()
    }

    /// All applications, by `client_id`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn applications(&mut self) -> Result<Vec<Application>, StoreError> {
        let sql = "SELECT client_id, account_id, settings, version FROM applications ORDER BY client_id";
        self.query_all(sql, &[]).await?.iter().map(application).collect()
    }

    /// Inserts the application, or changes the one with its `client_id`. Returns the new version.
    ///
    /// # Errors
    /// [`StoreError::Reference`] for an account that does not exist;
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) for a site that is another application's.
    pub async fn save_application(&mut self, application: &Application, event: &AuditEvent) -> Result<i64, StoreError> {
        let sql = "INSERT INTO applications (client_id, account_id, settings, version) VALUES ($1, $2, $3, 1) \
                   ON CONFLICT (client_id) DO UPDATE SET account_id = excluded.account_id, \
                   settings = excluded.settings, version = applications.version + 1 \
                   RETURNING version";
        let params = [application.client_id.as_str().into(), application.account.into(), json(&application.settings)?];
        let saved = self.query_opt(sql, &params).await?.ok_or(StoreError::Stale { what: "application" })?;
        self.set_sites(application).await?;
        self.settings_changed().await?;
        self.insert_event(event).await?;
        saved.int(0)
    }

    /// Removes an application with its sites and with what it was given: codes, tokens, sessions of its sites. One that is
    /// made again under its name begins with nothing. False where there is none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove_application(&mut self, client_id: &str, event: &AuditEvent) -> Result<bool, StoreError> {
        for given in [
            "DELETE FROM application_sites WHERE client_id = $1",
            "DELETE FROM tokens WHERE hash IN (SELECT token_hash FROM codes WHERE client_id = $1)",
            "DELETE FROM tokens WHERE family_id IN (SELECT id FROM refresh_families WHERE client_id = $1)",
            "DELETE FROM codes WHERE client_id = $1",
            "DELETE FROM refresh_families WHERE client_id = $1",
            "DELETE FROM site_sessions WHERE client_id = $1",
        ] {
            self.execute(given, &[client_id.into()]).await?;
        }
        if self.execute("DELETE FROM applications WHERE client_id = $1", &[client_id.into()]).await? == 0 {
            return Ok(false);
        }
        self.settings_changed().await?;
        self.insert_event(event).await?;
        Ok(true)
    }
}

fn application(row: &Row) -> Result<Application, StoreError> {
    Ok(Application {
        client_id: row.text(0)?.to_owned(),
        account: row.id_or_null(1)?,
        settings: row.json(2)?,
        version: row.int(3)?,
    })
}
