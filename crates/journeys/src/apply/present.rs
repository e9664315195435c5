//! What is there now, as far as what is wanted touches it.

use std::collections::BTreeMap;

use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::application::Application;
use vestibule_domain::connection::Connection;
use vestibule_domain::enforcement::{BreakGlass, Enforcement};
use vestibule_domain::id::{AccountId, ConnectionId};
use vestibule_domain::name::{DomainName, Slug};
use vestibule_store::tx::{ConnectionKey, DomainClaim, ProvedDomain, StoredWebhook};
use vestibule_store::{StoreError, Tx};

use super::connections::identity_changes;
use super::wanted::{Seen, Wanted, WantedSubDomain};

/// What is there. A planner adds to it what it plans, so that later parts find what earlier ones add.
#[derive(Debug, Default)]
pub(super) struct Present {
    pub(super) version: i64,
    pub(super) accounts: BTreeMap<AccountPath, Account>,
    /// Whose each wanted sub-domain is or was.
    pub(super) labels: BTreeMap<String, AccountId>,
    pub(super) connections: BTreeMap<(AccountId, Slug), Connection>,
    /// Whose each id is that a file brings along.
    pub(super) ids: BTreeMap<ConnectionId, (AccountId, Slug)>,
    /// How many people are linked to a connection whose settings are to change in what links them.
    pub(super) linked: BTreeMap<ConnectionId, u64>,
    pub(super) keys: BTreeMap<ConnectionId, Vec<ConnectionKey>>,
    pub(super) claims: BTreeMap<(AccountId, DomainName), DomainClaim>,
    pub(super) proved: BTreeMap<DomainName, ProvedDomain>,
    pub(super) applications: BTreeMap<String, Application>,
    /// All webhooks, where the file names one.
    pub(super) webhooks: BTreeMap<String, StoredWebhook>,
    /// What accounts demand now that are to demand single sign-on, and whom they name to come in by password.
    pub(super) enforcement: BTreeMap<AccountId, Enforcement>,
    pub(super) break_glass: BTreeMap<AccountId, Vec<BreakGlass>>,
}

impl Present {
    pub(super) async fn load(tx: &mut Tx, wanted: &Wanted) -> Result<Self, StoreError> {
        let mut present = Self { version: tx.deployment_version().await?, ..Self::default() };
        present.accounts = tx.accounts().await?.into_iter().map(|account| (account.path.clone(), account)).collect();
        present.load_accounts(tx, wanted).await?;
        present.load_domains(tx, wanted).await?;
        present.load_enforcement(tx, wanted).await?;
        let named = wanted.accounts.iter().filter_map(|account| account.settings.application.as_ref());
        for client_id in wanted.applications.iter().map(|application| &application.client_id).chain(named) {
            if let Some(application) = tx.application(client_id).await? {
                present.applications.insert(client_id.clone(), application);
            }
        }
        // Whose the sites are by now.
        for site in wanted.applications.iter().flat_map(|application| &application.settings.sites) {
            if let Some(application) = tx.application_of_site(site).await? {
                present.applications.insert(application.client_id.clone(), application);
            }
        }
        if !wanted.webhooks.is_empty() {
            let all = tx.webhooks().await?.into_iter();
            present.webhooks = all.map(|stored| (stored.webhook.name.as_str().to_owned(), stored)).collect();
        }
        Ok(present)
    }

    async fn load_accounts(&mut self, tx: &mut Tx, wanted: &Wanted) -> Result<(), StoreError> {
        for account in &wanted.accounts {
            let label = match &account.sub_domain {
                WantedSubDomain::Label(label) => Some(label.as_str()),
                WantedSubDomain::AsItIs => account.path.slug().map(Slug::as_str),
                WantedSubDomain::None => None,
            };
            if let Some(label) = label
                && let Some((owner, _)) = tx.account_by_label(label).await?
            {
                self.labels.insert(label.to_owned(), owner.id);
            }
            for id in account.connections.iter().filter_map(|connection| connection.id) {
                if let Some(connection) = tx.connection(id).await? {
                    self.ids.insert(id, (connection.account, connection.name));
                }
            }
            let Some(id) = self.accounts.get(&account.path).map(|account| account.id) else { continue };
            for connection in tx.connections_in(id).await? {
                self.keys.insert(connection.id, tx.connection_keys(connection.id).await?);
                let wanted = account.connections.iter().find(|wanted| wanted.name == connection.name);
                let unlinks = wanted.is_some_and(|it| identity_changes(&connection.saml, &it.saml).next().is_some());
                if unlinks {
                    self.linked.insert(connection.id, tx.identities_at(connection.id).await?);
                }
                self.connections.insert((id, connection.name.clone()), connection);
            }
        }
        Ok(())
    }

    async fn load_enforcement(&mut self, tx: &mut Tx, wanted: &Wanted) -> Result<(), StoreError> {
        for account in wanted.accounts.iter().filter(|account| account.settings.single_sign_on.demands()) {
            let Some(present) = self.accounts.get(&account.path) else { continue };
            self.enforcement.insert(present.id, present.settings.single_sign_on.clone());
            self.break_glass.insert(present.id, tx.break_glass_of(present.id).await?);
            // Those further up may lead in.
            let above: Vec<AccountId> =
                self.accounts.values().filter(|it| it.path.holds(&account.path)).map(|it| it.id).collect();
            for id in above {
                for connection in tx.connections_in(id).await? {
                    self.connections.entry((id, connection.name.clone())).or_insert(connection);
                }
            }
        }
        Ok(())
    }

    async fn load_domains(&mut self, tx: &mut Tx, wanted: &Wanted) -> Result<(), StoreError> {
        for account in &wanted.accounts {
            let of_people = account.users.iter().filter_map(|user| user.email()?.domain().parse().ok());
            for name in account.domains.iter().map(|domain| domain.name.clone()).chain(of_people) {
                if let Some(proved) = tx.proved_domain(&name).await? {
                    self.proved.insert(name, proved);
                }
            }
            let Some(id) = self.accounts.get(&account.path).map(|account| account.id) else { continue };
            for claim in tx.domains_of(id).await?.claims {
                self.claims.insert((id, claim.domain.clone()), claim);
            }
        }
        Ok(())
    }

    /// Whether all is as somebody saw it.
    pub(super) fn is_as(&self, seen: &Seen) -> bool {
        let account = |&(id, version): &(AccountId, i64)| {
            self.accounts.values().any(|account| account.id == id && account.version == version)
        };
        let connection = |&(id, version): &(ConnectionId, i64)| {
            self.connections.values().any(|connection| connection.id == id && connection.version == version)
        };
        seen.accounts.iter().all(account) && seen.connections.iter().all(connection)
    }

    /// The path of an account, for a message.
    pub(super) fn path_of(&self, id: AccountId) -> String {
        let found = self.accounts.values().find(|account| account.id == id);
        found.map_or_else(String::new, |account| account.path.to_string())
    }
}
