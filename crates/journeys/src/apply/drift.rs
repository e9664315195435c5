//! What is there and stands in no file: made in the console, by a program, by a link, or left over.

use std::collections::BTreeSet;

use serde::Serialize;
use vestibule_domain::account::AccountPath;
use vestibule_store::tx::ConnectionFilter;
use vestibule_store::{StoreError, Tx};

use super::change::Noun;
use super::wanted::Wanted;
use crate::ctx::Ctx;

/// How many connections are read at once.
const PAGE: u32 = 1_000;

/// A thing that a file does not name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unnamed {
    /// What it is.
    pub noun: Noun,
    /// Which one: `acme/entra`.
    pub name: String,
}

/// Accounts, connections, applications and webhooks that the file does not name, and e-mail domains of the accounts that it
/// names. People come by themselves, so none of them is missing in a file.
///
/// # Errors
/// See [`StoreError`].
pub async fn unnamed(ctx: &Ctx, wanted: &Wanted) -> Result<Vec<Unnamed>, StoreError> {
    let wanted = wanted.clone();
    ctx.store.read(move |tx| Box::pin(async move { look(tx, &wanted).await })).await
}

async fn look(tx: &mut Tx, wanted: &Wanted) -> Result<Vec<Unnamed>, StoreError> {
    let mut all = Vec::new();
    let mut add = |noun, name: String| all.push(Unnamed { noun, name });
    for account in tx.accounts().await? {
        match wanted.accounts.iter().find(|it| it.path == account.path) {
            None => add(Noun::Account, account.path.shown()),
            Some(named) => {
                let domains = tx.domains_of(account.id).await?;
                let proved = domains.proved.into_iter().map(|it| it.domain);
                let here: BTreeSet<_> = proved.chain(domains.claims.into_iter().map(|it| it.domain)).collect();
                for domain in here.into_iter().filter(|it| !named.domains.iter().any(|named| named.name == *it)) {
                    add(Noun::Domain, domain.to_string());
                }
            }
        }
    }
    let mut after = None;
    loop {
        let filter = ConnectionFilter {
            within: AccountPath::ROOT,
            state: None,
            attention: None,
            text: String::new(),
            after,
            limit: PAGE,
        };
        let page = tx.connections_within(&filter).await?;
        for it in &page {
            let account = wanted.accounts.iter().find(|account| account.path == it.path);
            let name = &it.connection.name;
            if !account.is_some_and(|account| account.connections.iter().any(|named| named.name == *name)) {
                add(Noun::Connection, format!("{}/{name}", it.path.shown()));
            }
        }
        after =
            page.last().filter(|_| page.len() == PAGE as usize).map(|it| (it.path.clone(), it.connection.name.clone()));
        if after.is_none() {
            break;
        }
    }
    for application in tx.applications().await? {
        if !wanted.applications.iter().any(|named| named.client_id == application.client_id) {
            add(Noun::Application, application.client_id);
        }
    }
    for stored in tx.webhooks().await? {
        let name = stored.webhook.name.as_str();
        if !wanted.webhooks.iter().any(|named| named.name.as_str() == name) {
            add(Noun::Webhook, name.to_owned());
        }
    }
    Ok(all)
}
