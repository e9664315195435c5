//! What was answered to requests that may come twice. Whoever writes the row first carries the request out.

use jiff::Timestamp;
use vestibule_domain::api::{ANSWERS_KEPT, BROKEN_OFF};

use crate::{StoreError, Tx};

/// What is to be done about a request that may have come before.
#[derive(Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is carried out by whoever asked.
    Here,
    /// It is being carried out.
    Elsewhere,
    /// It was, and this was answered, sealed.
    Answered(Vec<u8>),
    /// Another request came under this key.
    Another,
}

impl Tx {
    /// Begins to carry out a request, unless it was begun before. One that was broken off is begun again.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn begin_api_answer(
        &mut self,
        caller: &str,
        name: &str,
        request: &[u8; 32],
        now: Timestamp,
    ) -> Result<Begun, StoreError> {
        let end = now.saturating_add(ANSWERS_KEPT).unwrap_or(Timestamp::MAX);
        let broken_off = now.saturating_sub(BROKEN_OFF).unwrap_or(Timestamp::MIN);
        let sql = "INSERT INTO api_answers (caller, name, request, begun_at, expires_at) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (caller, name) DO UPDATE SET request = excluded.request, \
                   begun_at = excluded.begun_at, expires_at = excluded.expires_at, answer = NULL \
                   WHERE api_answers.expires_at <= $4 OR (api_answers.answer IS NULL \
                   AND api_answers.begun_at <= $6 AND api_answers.request = excluded.request)";
        let params = [caller.into(), name.into(), request.into(), now.into(), end.into(), broken_off.into()];
        if self.execute(sql, &params).await? == 1 {
            return Ok(Begun::Here);
        }
        let sql = "SELECT request, answer FROM api_answers WHERE caller = $1 AND name = $2";
        let Some(row) = self.query_opt(sql, &[caller.into(), name.into()]).await? else { return Ok(Begun::Elsewhere) };
        if row.array::<32>(0)? != *request {
            return Ok(Begun::Another);
        }
        Ok(row.blob_or_null(1)?.map_or(Begun::Elsewhere, |answer| Begun::Answered(answer.to_vec())))
    }

    /// Keeps the answer to a request that was begun at this time.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn keep_api_answer(
        &mut self,
        caller: &str,
        name: &str,
        begun_at: Timestamp,
        answer: &[u8],
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE api_answers SET answer = $1 \
                   WHERE caller = $2 AND name = $3 AND begun_at = $4 AND answer IS NULL";
        Ok(self.execute(sql, &[answer.into(), caller.into(), name.into(), begun_at.into()]).await? == 1)
    }

    /// Forgets a request that was begun at this time and not carried out: it may come again.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn forget_api_answer(
        &mut self,
        caller: &str,
        name: &str,
        begun_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM api_answers WHERE caller = $1 AND name = $2 AND begun_at = $3 AND answer IS NULL";
        Ok(self.execute(sql, &[caller.into(), name.into(), begun_at.into()]).await? == 1)
    }
}

/// Without the answer.
impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Here => "Here",
            Self::Elsewhere => "Elsewhere",
            Self::Answered(_) => "Answered(…)",
            Self::Another => "Another",
        })
    }
}
