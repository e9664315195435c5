//! What a background job does, and how a node shows that it is alive.

use jiff::Timestamp;
use vestibule_domain::attempt;
use vestibule_domain::id::{self, AttemptId, EventId, LogoutId, SessionId};
use vestibule_domain::{logout, session, setup, waiting, webhook};

use super::MailKind;
use super::logouts::EARLIER_NAMES;
use super::names::word;
use crate::{StoreError, Tx};

impl Tx {
    /// Deletes at most `limit` of each kind of record whose time is over, and tells how many went. A job calls it
    /// until it returns 0, a unit each time, so that no sign-in waits for long.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sweep(&mut self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let limit = i64::from(limit);
        // Attempts and sessions have no index on their end: their ids sort by their beginning, and none lives longer
        // than this, so the scan stops where the living begin. Those that end sooner are ignored until then.
        let attempts = AttemptId::new(now.saturating_sub(attempt::LIFETIME).unwrap_or(Timestamp::MIN), [0; 10]);
        let sessions = SessionId::new(now.saturating_sub(session::ABSOLUTE).unwrap_or(Timestamp::MIN), [0; 10]);
        let logouts = LogoutId::new(now.saturating_sub(logout::LIFETIME).unwrap_or(Timestamp::MIN), [0; 10]);
        // Those of sessions that are over age: nobody is told of that. First, so that no session is gone before them.
        let sql = "DELETE FROM session_applications WHERE (session_id, client_id) IN \
                   (SELECT session_id, client_id FROM session_applications \
                   WHERE session_id < $1 AND due_at IS NULL ORDER BY session_id LIMIT $2)";
        let mut swept = self.execute(sql, &[sessions.into(), limit.into()]).await?;
        for (sql, id) in [
            (
                "DELETE FROM attempts WHERE id IN \
                 (SELECT id FROM attempts WHERE id < $1 AND expires_at <= $2 ORDER BY id LIMIT $3)",
                attempts.into(),
            ),
            (
                "DELETE FROM sessions WHERE id IN \
                 (SELECT id FROM sessions WHERE id < $1 AND expires_at <= $2 ORDER BY id LIMIT $3)",
                sessions.into(),
            ),
            (
                "DELETE FROM logouts WHERE id IN \
                 (SELECT id FROM logouts WHERE id < $1 AND expires_at <= $2 ORDER BY id LIMIT $3)",
                logouts.into(),
            ),
        ] {
            swept += self.execute(sql, &[id, now.into(), limit.into()]).await?;
        }
        // Hashes of cookies sort so too.
        let mut oldest = [0; 32];
        oldest[..16].copy_from_slice(&sessions.bytes());
        let sql = "DELETE FROM site_sessions WHERE hash IN \
                   (SELECT hash FROM site_sessions WHERE hash < $1 AND expires_at <= $2 ORDER BY hash LIMIT $3)";
        swept += self.execute(sql, &[(&oldest).into(), now.into(), limit.into()]).await?;
        // So do hashes of codes and tokens, which live for minutes: the scan passes those that still do.
        for sql in [
            "DELETE FROM codes WHERE hash IN \
             (SELECT hash FROM codes WHERE expires_at <= $1 ORDER BY hash LIMIT $2)",
            "DELETE FROM tokens WHERE hash IN \
             (SELECT hash FROM tokens WHERE expires_at <= $1 ORDER BY hash LIMIT $2)",
            "DELETE FROM own_tokens WHERE hash IN \
             (SELECT hash FROM own_tokens WHERE expires_at <= $1 ORDER BY hash LIMIT $2)",
            "DELETE FROM refresh_families WHERE id IN \
             (SELECT id FROM refresh_families WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
            // How long an assertion is good is the identity provider's to say.
            "DELETE FROM used_assertions WHERE hash IN \
             (SELECT hash FROM used_assertions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
            "DELETE FROM second_steps WHERE hash IN \
             (SELECT hash FROM second_steps WHERE expires_at <= $1 ORDER BY hash LIMIT $2)",
            "DELETE FROM password_links WHERE hash IN \
             (SELECT hash FROM password_links WHERE expires_at <= $1 ORDER BY hash LIMIT $2)",
        ] {
            swept += self.execute(sql, &[now.into(), limit.into()]).await?;
        }
        // For how long somebody waits is their account's to say; about whom nobody decided is kept until they are told so.
        // Asked twice: whoever is decided about at this moment has another end when the row is free.
        let sql = "DELETE FROM applicants WHERE (expires_at <= $1 AND state NOT IN ('waiting', 'second_step') \
                   OR expires_at <= $2) AND id IN \
                   (SELECT id FROM applicants WHERE expires_at <= $1 AND state NOT IN ('waiting', 'second_step') \
                   OR expires_at <= $2 ORDER BY expires_at LIMIT $3)";
        let told = now.saturating_sub(waiting::OVER).unwrap_or(Timestamp::MIN);
        swept += self.execute(sql, &[now.into(), told.into(), limit.into()]).await?;
        // Of other mails that nobody could send the log gets a line, by the job that sends them.
        let sql = "DELETE FROM mails WHERE id IN \
                   (SELECT id FROM mails WHERE expires_at <= $1 AND kind = $2 ORDER BY id LIMIT $3)";
        swept += self.execute(sql, &[now.into(), word(MailKind::Link), limit.into()]).await?;
        // Names outlive sessions that were ended, not those that were too long ago to be open.
        let sql = "DELETE FROM session_names WHERE (hash, session_id) IN \
                   (SELECT hash, session_id FROM session_names WHERE session_id < $1 ORDER BY session_id LIMIT $2)";
        swept += self.execute(sql, &[sessions.into(), limit.into()]).await?;
        let sql = "DELETE FROM earlier_names WHERE hash IN \
                   (SELECT hash FROM earlier_names WHERE seen_at <= $1 ORDER BY seen_at LIMIT $2)";
        let forgotten = now.saturating_sub(EARLIER_NAMES).unwrap_or(Timestamp::MIN);
        swept += self.execute(sql, &[forgotten.into(), limit.into()]).await?;
        let sql = "DELETE FROM setup_links WHERE id IN \
                   (SELECT id FROM setup_links WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
        let listed = now.saturating_sub(setup::KEPT).unwrap_or(Timestamp::MIN);
        swept += self.execute(sql, &[listed.into(), limit.into()]).await?;
        let sql = "DELETE FROM webhook_deliveries WHERE (webhook, event_id, kind) IN \
                   (SELECT webhook, event_id, kind FROM webhook_deliveries WHERE ended_at <= $1 \
                   ORDER BY ended_at LIMIT $2)";
        let logged = now.saturating_sub(webhook::KEPT).unwrap_or(Timestamp::MIN);
        swept += self.execute(sql, &[logged.into(), limit.into()]).await?;
        swept += self.sweep_sign_in_counts(now, limit).await?;
        swept += self.sweep_api(now, limit).await?;
        Ok(swept)
    }

    /// Deletes at most `limit` lines of the audit log from before a time, but for those of which webhooks are still to be
    /// told, and as many answers from before another, and tells how many went.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sweep_kept(
        &mut self,
        audit_before: Option<Timestamp>,
        answers_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let limit = i64::from(limit);
        let sql = "DELETE FROM recent_answers WHERE (connection_id, slot) IN \
                   (SELECT connection_id, slot FROM recent_answers WHERE received_at < $1 \
                   ORDER BY received_at LIMIT $2)";
        let mut swept = self.execute(sql, &[answers_before.into(), limit.into()]).await?;
        let first_kept = EventId::new(answers_before, [0; id::RANDOM]);
        let sql = "DELETE FROM kept_messages WHERE id IN \
                   (SELECT id FROM kept_messages WHERE id < $1 ORDER BY id LIMIT $2)";
        swept += self.execute(sql, &[first_kept.into(), limit.into()]).await?;
        if let Some(before) = audit_before {
            let first_kept = EventId::new(before, [0; id::RANDOM]);
            let sql = "DELETE FROM events WHERE id IN \
                       (SELECT id FROM events WHERE id < $1 AND outbox IS NULL ORDER BY id LIMIT $2)";
            swept += self.execute(sql, &[first_kept.into(), limit.into()]).await?;
        }
        Ok(swept)
    }

    /// Takes, or keeps, the right to do a piece of background work until a time. False while another holder has it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn take_lease(
        &mut self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO leases (name, holder, held_until) VALUES ($1, $2, $3) \
                   ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until \
                   WHERE leases.held_until <= $4 OR leases.holder = excluded.holder";
        Ok(self.execute(sql, &[name.into(), holder.into(), until.into(), now.into()]).await? == 1)
    }

    /// Takes a piece of work that is done once in a while: it is due again at `next`. False, and nothing changed, where it
    /// is not due now. A new one is.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn take_chore(&mut self, name: &str, now: Timestamp, next: Timestamp) -> Result<bool, StoreError> {
        let sql = "INSERT INTO chores (name, due_at) VALUES ($1, $2) \
                   ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at WHERE chores.due_at <= $3";
        Ok(self.execute(sql, &[name.into(), next.into(), now.into()]).await? == 1)
    }

    /// Until when each piece of background work is held, by name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn leases(&mut self) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let rows = self.query_all("SELECT name, held_until FROM leases ORDER BY name", &[]).await?;
        rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.time(1)?))).collect()
    }

    /// Gives all that a holder has back, so that others need not wait for its end.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn release_leases(&mut self, holder: &str) -> Result<(), StoreError> {
        self.execute("DELETE FROM leases WHERE holder = $1", &[holder.into()]).await.map(drop)
    }

    /// The database answers.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn ping(&mut self) -> Result<(), StoreError> {
        self.query_opt("SELECT version FROM deployment", &[]).await.map(drop)
    }
}
