//! E-mail domains: who says that one is theirs, and who has proved it.

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::{AccountId, ConnectionId};
use vestibule_domain::name::DomainName;

use super::names::word;
use crate::value::Row;
use crate::{StoreError, Tx};

/// An account says that a domain is its own. Several may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainClaim {
    /// The domain.
    pub domain: DomainName,
    /// Who says so.
    pub account: AccountId,
    /// What the TXT record must hold.
    pub token: String,
    /// The connection for its people once it is proved; none: any of the account's.
    pub connection: Option<ConnectionId>,
    /// Since when.
    pub claimed_at: Timestamp,
    /// Since when its record is seen; none where the last look did not find it. [`Tx::claim_domain`] passes it over.
    pub seen_at: Option<Timestamp>,
}

/// A domain that belongs to exactly one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvedDomain {
    /// The domain.
    pub domain: DomainName,
    /// Whose it is.
    pub account: AccountId,
    /// The connection for its people; none: any of the account's.
    pub connection: Option<ConnectionId>,
    /// How it was proved.
    pub how: DomainProof,
    /// When.
    pub proved_at: Timestamp,
}

/// How a domain was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainProof {
    /// By a TXT record.
    Dns,
    /// By the operator's word.
    Operator,
}

/// An account's domains, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Domains {
    /// What it says.
    pub claims: Vec<DomainClaim>,
    /// What it has proved.
    pub proved: Vec<ProvedDomain>,
}

impl Domains {
    /// Whether this is proved.
    pub fn is_proved(&self, domain: &DomainName) -> bool {
        self.proved.iter().any(|proved| proved.domain == *domain)
    }

    /// What it says and has not proved yet.
    pub fn open_claims(&self) -> impl Iterator<Item = &DomainClaim> {
        self.claims.iter().filter(|claim| !self.is_proved(&claim.domain))
    }
}

/// What became of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proving {
    /// The domain is the account's.
    Done,
    /// Another account proved it first; nothing changed.
    TakenBy(AccountId),
}

/// What became of a claim whose record was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimProof {
    /// The domain is the account's, since now.
    Done,
    /// It is the account's already.
    Already,
    /// It is another account's.
    TakenBy(AccountId),
    /// It is seen since then, which is not long enough: it has to be seen again.
    Seen(Timestamp),
    /// The claim, or its token, is no longer what was looked for.
    Withdrawn,
}

impl Tx {
    /// To whom the domain belongs: where people with an address in it sign in.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn proved_domain(&mut self, domain: &DomainName) -> Result<Option<ProvedDomain>, StoreError> {
        let sql = "SELECT domain, account_id, connection_id, how, proved_at FROM proved_domains WHERE domain = $1";
        self.query_opt(sql, &[domain.as_str().into()]).await?.as_ref().map(proved).transpose()
    }

    /// Whether the account has proved the domain.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn is_proved(&mut self, domain: &DomainName, account: AccountId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM proved_domains WHERE domain = $1 AND account_id = $2";
        Ok(self.query_opt(sql, &[domain.as_str().into(), account.into()]).await?.is_some())
    }

    /// The account's domains.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn domains_of(&mut self, account: AccountId) -> Result<Domains, StoreError> {
        let claims = "SELECT domain, account_id, token, connection_id, claimed_at, seen_at FROM domain_claims \
                      WHERE account_id = $1 ORDER BY domain";
        let claims = self.query_all(claims, &[account.into()]).await?;
        let found = "SELECT domain, account_id, connection_id, how, proved_at FROM proved_domains \
                     WHERE account_id = $1 ORDER BY domain";
        let found = self.query_all(found, &[account.into()]).await?;
        Ok(Domains {
            claims: claims.iter().map(claim).collect::<Result<_, _>>()?,
            proved: found.iter().map(proved).collect::<Result<_, _>>()?,
        })
    }

    /// Who claims the domain, the first one first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn claims_on(&mut self, domain: &DomainName) -> Result<Vec<DomainClaim>, StoreError> {
        let sql = "SELECT domain, account_id, token, connection_id, claimed_at, seen_at FROM domain_claims \
                   WHERE domain = $1 ORDER BY claimed_at, account_id";
        self.query_all(sql, &[domain.as_str().into()]).await?.iter().map(claim).collect()
    }

    /// The claims whose record is to be looked for by now, those that wait longest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn due_claims(&mut self, now: Timestamp, limit: u32) -> Result<Vec<DomainClaim>, StoreError> {
        let sql = "SELECT domain, account_id, token, connection_id, claimed_at, seen_at FROM domain_claims \
                   WHERE look_at <= $1 ORDER BY look_at, domain, account_id LIMIT $2";
        self.query_all(sql, &[now.into(), i64::from(limit).into()]).await?.iter().map(claim).collect()
    }

    /// The record of a claim was not found: when it is looked for next. Nothing happens where the domain was proved
    /// meanwhile.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn look_again(&mut self, claim: &DomainClaim, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE domain_claims SET look_at = $1, seen_at = NULL \
                   WHERE domain = $2 AND account_id = $3 AND look_at IS NOT NULL";
        self.execute(sql, &[at.into(), claim.domain.as_str().into(), claim.account.into()]).await.map(drop)
    }

    /// Keeps a claim, whose record is looked for from now on. One that stands keeps its token, which may be in the DNS
    /// already; only its connection may change. False where nothing changed.
    ///
    /// # Errors
    /// [`StoreError::Reference`] where the account or the connection does not exist.
    pub async fn claim_domain(&mut self, claim: &DomainClaim, event: &AuditEvent) -> Result<bool, StoreError> {
        let sql = "INSERT INTO domain_claims (domain, account_id, token, connection_id, claimed_at, look_at) \
                   VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (domain, account_id) DO UPDATE SET connection_id = excluded.connection_id \
                   WHERE domain_claims.connection_id IS DISTINCT FROM excluded.connection_id";
        let params = [
            claim.domain.as_str().into(),
            claim.account.into(),
            claim.token.as_str().into(),
            claim.connection.into(),
            claim.claimed_at.into(),
            claim.claimed_at.into(),
        ];
        if self.execute(sql, &params).await? == 0 {
            return Ok(false);
        }
        self.insert_event(event).await?;
        Ok(true)
    }

    /// The record of a claim was found. Where it was seen `apart` before already, and by each look since, the domain is
    /// the account's, for the connection of the claim: once, of several who found it one changes something. Otherwise it
    /// is looked for again when that time is over.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn prove_claim(
        &mut self,
        claim: &DomainClaim,
        now: Timestamp,
        apart: SignedDuration,
        event: &AuditEvent,
    ) -> Result<ClaimProof, StoreError> {
        let sql = "INSERT INTO proved_domains (proved_at, how, domain, account_id, connection_id) \
                   SELECT $1, $2, domain, account_id, connection_id FROM domain_claims \
                   WHERE domain = $3 AND account_id = $4 AND token = $5 AND seen_at <= $6 \
                   ON CONFLICT (domain) DO NOTHING";
        let name = claim.domain.as_str();
        let seen_by = now.saturating_sub(apart).unwrap_or(Timestamp::MIN);
        let params = [
            now.into(),
            word(DomainProof::Dns),
            name.into(),
            claim.account.into(),
            claim.token.as_str().into(),
            seen_by.into(),
        ];
        let inserted = self.execute(sql, &params).await? == 1;
        let owner = self.proved_domain(&claim.domain).await?.map(|proved| proved.account);
        if inserted {
            self.found(name).await?;
            self.settings_changed().await?;
            self.insert_event(event).await?;
            return Ok(ClaimProof::Done);
        }
        let Some(owner) = owner else { return self.see(claim, now, apart).await };
        // However it came to be looked for: it is not looked for again at every turn.
        self.found(name).await?;
        Ok(if owner == claim.account { ClaimProof::Already } else { ClaimProof::TakenBy(owner) })
    }

    /// A look that does not prove yet. A time to come is that of a clock which was set back since.
    async fn see(
        &mut self,
        claim: &DomainClaim,
        now: Timestamp,
        apart: SignedDuration,
    ) -> Result<ClaimProof, StoreError> {
        let sql = "UPDATE domain_claims SET seen_at = CASE WHEN seen_at <= $1 THEN seen_at ELSE $1 END \
                   WHERE domain = $2 AND account_id = $3 AND token = $4 RETURNING seen_at";
        let (domain, account) = (claim.domain.as_str(), claim.account);
        let params = [now.into(), domain.into(), account.into(), claim.token.as_str().into()];
        let Some(seen) = self.query_opt(sql, &params).await? else { return Ok(ClaimProof::Withdrawn) };
        let since = seen.time(0)?;
        let again = since.saturating_add(apart).unwrap_or(now);
        let sql = "UPDATE domain_claims SET look_at = $1 WHERE domain = $2 AND account_id = $3 AND look_at IS NOT NULL";
        self.execute(sql, &[again.into(), domain.into(), account.into()]).await?;
        Ok(ClaimProof::Seen(since))
    }

    /// The domain is proved to be the account's. The first wins; the same account may prove again, or name another
    /// connection.
    ///
    /// # Errors
    /// [`StoreError::Reference`] where the account or the connection does not exist.
    pub async fn prove_domain(&mut self, domain: &ProvedDomain, event: &AuditEvent) -> Result<Proving, StoreError> {
        let sql = "INSERT INTO proved_domains (domain, account_id, connection_id, how, proved_at) \
                   VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (domain) DO UPDATE SET connection_id = excluded.connection_id, how = excluded.how, \
                   proved_at = excluded.proved_at WHERE proved_domains.account_id = excluded.account_id";
        let name = domain.domain.as_str();
        let params =
            [name.into(), domain.account.into(), domain.connection.into(), word(domain.how), domain.proved_at.into()];
        if self.execute(sql, &params).await? == 0 {
            let owner = "SELECT account_id FROM proved_domains WHERE domain = $1";
            let owner = self.query_opt(owner, &[name.into()]).await?.ok_or(StoreError::Stale { what: "domain" })?;
            return Ok(Proving::TakenBy(owner.id(0)?));
        }
        self.found(name).await?;
        self.settings_changed().await?;
        self.insert_event(event).await?;
        Ok(Proving::Done)
    }

    /// Nobody's record is looked for any more. What was seen of one counts nothing when the domain is free again.
    async fn found(&mut self, domain: &str) -> Result<(), StoreError> {
        let sql = "UPDATE domain_claims SET look_at = NULL, seen_at = NULL WHERE domain = $1";
        self.execute(sql, &[domain.into()]).await.map(drop)
    }

    /// The account gives the domain up, claim and proof; others who claim it may prove it then. False where it had
    /// neither.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove_domain(
        &mut self,
        domain: &DomainName,
        account: AccountId,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let mut removed = 0;
        for sql in [
            "DELETE FROM domain_claims WHERE domain = $1 AND account_id = $2",
            "DELETE FROM proved_domains WHERE domain = $1 AND account_id = $2",
        ] {
            removed += self.execute(sql, &[domain.as_str().into(), account.into()]).await?;
        }
        if removed == 0 {
            return Ok(false);
        }
        let free = "UPDATE domain_claims SET look_at = claimed_at WHERE domain = $1 \
                    AND NOT EXISTS (SELECT 1 FROM proved_domains WHERE domain = $1)";
        self.execute(free, &[domain.as_str().into()]).await?;
        self.settings_changed().await?;
        self.insert_event(event).await?;
        Ok(true)
    }
}

fn claim(row: &Row) -> Result<DomainClaim, StoreError> {
    Ok(DomainClaim {
        domain: row.parsed(0, |text| text.parse().ok())?,
        account: row.id(1)?,
        token: row.text(2)?.to_owned(),
        connection: row.id_or_null(3)?,
        claimed_at: row.time(4)?,
        seen_at: row.time_or_null(5)?,
    })
}

fn proved(row: &Row) -> Result<ProvedDomain, StoreError> {
    Ok(ProvedDomain {
        domain: row.parsed(0, |text| text.parse().ok())?,
        account: row.id(1)?,
        connection: row.id_or_null(2)?,
        how: row.word(3)?,
        proved_at: row.time(4)?,
    })
}
