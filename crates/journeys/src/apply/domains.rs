//! E-mail domains.

use std::collections::BTreeMap;

use vestibule_domain::event::{DomainChange, Fact};
use vestibule_domain::id::{AccountId, ConnectionId};
use vestibule_domain::name::DomainName;
use vestibule_store::tx::{DomainClaim, DomainProof, ProvedDomain};

use super::accounts::of_account;
use super::change::{Before, Change, ChangeKind, Difference, Noun, Write};
use super::misfit::Reason;
use super::planner::{Planner, shown};
use super::wanted::{Proof, WantedAccount, WantedDomain};

impl Planner<'_> {
    pub(super) fn domains(&mut self, wanted: &[WantedAccount]) {
        let mut proved: BTreeMap<&DomainName, usize> = BTreeMap::new();
        for account in wanted {
            let Some(id) = self.present.accounts.get(&account.path).map(|account| account.id) else { continue };
            let mut claimed: BTreeMap<&DomainName, usize> = BTreeMap::new();
            for domain in &account.domains {
                let earlier = match domain.proof {
                    Proof::Operator => proved.insert(&domain.name, domain.line),
                    Proof::Claimed => None,
                };
                match claimed.insert(&domain.name, domain.line).or(earlier) {
                    Some(first) => self.misfit(domain.line, what(domain), Reason::Twice { first }),
                    None => self.domain(account, id, domain),
                }
            }
        }
    }

    fn domain(&mut self, account: &WantedAccount, id: AccountId, wanted: &WantedDomain) {
        let connection = match self.connection_of(id, wanted) {
            Ok(connection) => connection,
            Err(reason) => return self.misfit(wanted.line, what(wanted), reason),
        };
        let proved = self.present.proved.get(&wanted.name).cloned();
        if let Some(other) = proved.as_ref().filter(|proved| proved.account != id) {
            let (domain, owner) = (wanted.name.to_string(), self.present.path_of(other.account));
            return self.misfit(wanted.line, what(wanted), Reason::DomainTaken { domain, owner });
        }
        match (wanted.proof, proved) {
            (Proof::Operator, proved) => self.prove(account, id, wanted, connection, proved.as_ref()),
            // It was proved meanwhile, which is what the claim was for; only its connection may differ.
            (Proof::Claimed, Some(proved)) => self.prove(account, id, wanted, connection, Some(&proved)),
            (Proof::Claimed, None) => self.claim(account, id, wanted, connection),
        }
    }

    fn connection_of(&self, account: AccountId, wanted: &WantedDomain) -> Result<Option<ConnectionId>, Reason> {
        let Some(name) = &wanted.connection else { return Ok(None) };
        let connection = self.present.connections.get(&(account, name.clone()));
        let missing = || Reason::NoConnection { name: name.to_string() };
        connection.map(|connection| Some(connection.id)).ok_or_else(missing)
    }

    fn prove(
        &mut self,
        account: &WantedAccount,
        id: AccountId,
        wanted: &WantedDomain,
        connection: Option<ConnectionId>,
        before: Option<&ProvedDomain>,
    ) {
        if before.is_some_and(|before| before.connection == connection) {
            return;
        }
        let (from, to) =
            (before.and_then(|before| self.named(account, before.connection)), self.named(account, connection));
        let from = if before.is_some() { Before::Was(from.as_deref()) } else { Before::New };
        let account_name = shown(&account.path);
        let how = before.map_or(DomainProof::Operator, |before| before.how);
        let differences = [
            Difference::text("account", Before::of(before, |_| Some(&account_name)), Some(&account_name)),
            Difference::text("proof", Before::of(before, |_| Some(proof(how))), Some(proof(how))),
            Difference::text("connection", from, to.as_deref()),
        ];
        let kind = if before.is_some() { ChangeKind::Change } else { ChangeKind::Create };
        let domain = ProvedDomain {
            domain: wanted.name.clone(),
            account: id,
            connection,
            how,
            proved_at: before.map_or(self.ctx.now, |before| before.proved_at),
        };
        let change = match domain.how {
            DomainProof::Operator => DomainChange::ProvedByOperator,
            DomainProof::Dns => DomainChange::ProvedByDns,
        };
        let event = self.event(id, Fact::DomainChanged { domain: wanted.name.to_string(), change });
        let differences = differences.into_iter().flatten().collect();
        self.change(Change::new(kind, Noun::Domain, wanted.name.to_string(), differences));
        self.present.proved.insert(wanted.name.clone(), domain.clone());
        self.write(Write::Prove(domain, event));
    }

    fn claim(
        &mut self,
        account: &WantedAccount,
        id: AccountId,
        wanted: &WantedDomain,
        connection: Option<ConnectionId>,
    ) {
        let before = self.present.claims.get(&(id, wanted.name.clone())).cloned();
        if before.as_ref().is_some_and(|before| before.connection == connection) {
            return;
        }
        let (from, to) = (
            before.as_ref().and_then(|before| self.named(account, before.connection)),
            self.named(account, connection),
        );
        let text = |setting, to| Difference::text(setting, Before::New, to);
        let (kind, differences) = if before.is_some() {
            (ChangeKind::Change, vec![Difference::text("connection", Before::Was(from.as_deref()), to.as_deref())])
        } else {
            let differences = vec![
                text("account", Some(shown(&account.path).as_str())),
                text("proof", Some("a TXT record is awaited")),
                text("connection", to.as_deref()),
            ];
            (ChangeKind::Create, differences)
        };
        let claim = DomainClaim {
            domain: wanted.name.clone(),
            account: id,
            // One that may be in the DNS already stays.
            token: before.as_ref().map_or_else(|| hex(&self.ctx.random::<16>()), |before| before.token.clone()),
            connection,
            claimed_at: before.as_ref().map_or(self.ctx.now, |before| before.claimed_at),
            seen_at: before.and_then(|before| before.seen_at),
        };
        let fact = Fact::DomainChanged { domain: wanted.name.to_string(), change: DomainChange::Claimed };
        let event = self.event(id, fact);
        let differences = differences.into_iter().flatten().collect();
        self.change(Change::new(kind, Noun::Domain, wanted.name.to_string(), differences));
        self.write(Write::Claim(claim, event));
    }

    /// A connection of the account for people: `acme/entra`.
    fn named(&self, account: &WantedAccount, connection: Option<ConnectionId>) -> Option<String> {
        let found = self.present.connections.values().find(|it| Some(it.id) == connection)?;
        Some(of_account(&account.path, &found.name))
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn what(domain: &WantedDomain) -> String {
    format!("domain {}", domain.name)
}

const fn proof(how: DomainProof) -> &'static str {
    match how {
        DomainProof::Dns => "dns",
        DomainProof::Operator => "operator",
    }
}
