//! One person, forgotten.

use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::UserId;

use super::SessionsOf;
use super::sessions::ENDED;
use crate::{StoreError, Tx};

impl Tx {
    /// Forgets a person: what is known of them, how connections know them, passwords, authenticators, mails to them,
    /// kept answers of their connections, and them among those who waited. Their sessions end, and what is under way at their connections in their account is
    /// refused, for it may be about to make them one. The audit log goes on naming their id, which leads to nobody any
    /// more. False, and nothing changed, where there is no such person.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn erase_user(&mut self, user: UserId, event: &AuditEvent) -> Result<bool, StoreError> {
        // The row first: whoever changes it at this moment is waited for.
        let sql = "UPDATE users SET version = version + 1 WHERE id = $1";
        if self.execute(sql, &[user.into()]).await? == 0 {
            return Ok(false);
        }
        let sql = "UPDATE attempts SET progress = 'refused', refusal = $1 \
                   WHERE progress = 'asserted' AND purpose <> 'test' \
                   AND connection_id IN (SELECT i.connection_id FROM identities i WHERE i.user_id = $2) \
                   AND account_id = (SELECT u.account_id FROM users u WHERE u.id = $2)";
        self.execute(sql, &[ENDED.into(), user.into()]).await?;
        self.end_sessions_of(SessionsOf::User(user), event).await?;
        self.leave_groups(user).await?;
        for sql in [
            "DELETE FROM applicants WHERE account_id = (SELECT u.account_id FROM users u WHERE u.id = $1) \
             AND state IN ('waiting', 'second_step', 'approved', 'refused') \
             AND email_key = (SELECT u.email_key FROM users u WHERE u.id = $1)",
            "DELETE FROM applicants WHERE id IN (SELECT a.id FROM identities i JOIN applicants a \
             ON a.account_id = i.account_id AND a.connection_id = i.connection_id AND a.subject = i.subject \
             WHERE i.user_id = $1)",
            // Which of the answers are theirs is sealed: all that came by their connections go, and by whichever leads
            // into their account, for an identity may have been taken from them before.
            "DELETE FROM kept_messages WHERE connection_id IN \
             (SELECT i.connection_id FROM identities i WHERE i.user_id = $1)",
            "DELETE FROM kept_messages WHERE connection_id IN (SELECT c.id FROM users u \
             JOIN ways w ON w.account_id = u.account_id JOIN connections c ON c.account_id = w.source_id \
             WHERE u.id = $1)",
            "DELETE FROM identities WHERE user_id = $1",
            "DELETE FROM passwords WHERE user_id = $1",
            "DELETE FROM password_links WHERE user_id = $1",
            "DELETE FROM totps WHERE user_id = $1",
            "DELETE FROM recovery_codes WHERE user_id = $1",
            // Few and short-lived, so that neither has an index for it.
            "DELETE FROM second_steps WHERE user_id = $1",
            "DELETE FROM mails WHERE user_id = $1",
            "DELETE FROM users WHERE id = $1",
        ] {
            self.execute(sql, &[user.into()]).await?;
        }
        Ok(true)
    }
}
