//! What must be known before a connection can be chosen: one read.

use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::discovery::{self, DomainOwner, Door, EmailHint, Hints};
use vestibule_domain::id::{AccountId, ConnectionId};
use vestibule_domain::name::{DomainName, EmailAddress};
use vestibule_domain::session::Session;
use vestibule_domain::user::User;
use vestibule_store::Tx;
use vestibule_store::tx::Way;

use crate::ctx::Ctx;
use crate::deployment::Place;
use crate::issue_tokens::Asking;
use crate::problem::Problem;
use crate::sign_in::Visit;
use crate::trust::Versions;

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// The account that the host or the application's request names.
    pub(crate) account: Option<Account>,
    /// The browser's session, and whose it is.
    pub(crate) session: Option<(Session, Option<User>)>,
    pub(crate) hints: Hints,
    pub(crate) owner: Option<DomainOwner>,
    /// The ways into each account that is named or asked for.
    ways: Vec<(AccountId, Way)>,
}

/// What the visit brings, in the words of a query.
struct Question {
    place: Place,
    session: Option<[u8; 32]>,
    email: Option<EmailAddress>,
    /// The domain of an e-mail address, where no address is given: it says less.
    domain: Option<DomainName>,
    account: Option<String>,
    connection: Option<String>,
    /// The only account whose people the application takes.
    only: Option<AccountId>,
    /// Where nothing else says which account is meant: that of whom the application remembers.
    remembered: Option<AccountId>,
    /// The account and the connection of a button.
    button: (Option<AccountId>, Option<ConnectionId>),
}

pub(crate) async fn load(ctx: &Ctx, visit: &Visit, asking: Option<&Asking>) -> Result<Table, Problem> {
    let request = asking.map(|asking| &asking.request);
    let typed = visit.email.as_deref().or(request.and_then(|request| request.login_hint.as_deref()));
    let question = Question {
        place: visit.host.clone(),
        session: visit.session,
        email: typed.and_then(|text| text.parse().ok()),
        domain: request.and_then(|request| request.domain_hint.as_deref()).and_then(|text| text.parse().ok()),
        account: request.and_then(|request| request.account.clone()),
        connection: request.and_then(|request| request.connection.clone()),
        only: asking.and_then(|asking| asking.application.account),
        remembered: asking.and_then(remembered).filter(|_| visit.host == Place::Base && typed.is_none()),
        button: (visit.account, visit.asked_for.connection()),
    };
    let now = ctx.now;
    ctx.store.read(move |tx| Box::pin(async move { read(tx, question, now).await })).await
}

/// The account of the ID token that the application hands in (OIDC Core §3.1.2.1, `id_token_hint`), where its request names
/// none otherwise: there is the session that it means.
fn remembered(asking: &Asking) -> Option<AccountId> {
    let request = &asking.request;
    let is_named = request.account.is_some() || request.connection.is_some() || request.domain_hint.is_some();
    let account = asking.hint.as_ref().filter(|_| !is_named)?.account.as_ref()?;
    account.id.parse().ok()
}

async fn read(tx: &mut Tx, question: Question, now: jiff::Timestamp) -> Result<Table, Problem> {
    let mut table = Table::default();
    if let Some(hash) = question.session {
        table.session = tx.session(&hash, now).await?;
    }
    let host = match &question.place {
        Place::Account(label) => match tx.account_by_label(label.as_str()).await? {
            Some((account, _)) => Some(account),
            // A sub-domain that no account has.
            None => return Err(Problem::NoSuchHost),
        },
        Place::Base => None,
        // Whoever can have a name lead here could take it back once somebody's answer has come to it.
        Place::Elsewhere => return Err(Problem::NoSuchHost),
    };
    let asked = named_account(tx, &question).await?;
    table.hints.host = host.as_ref().map(|account| account.id);
    table.hints.account = asked.as_ref().map(|account| account.id);
    // An application that asks for one account at another one's address gets neither.
    if let (Some(host), Some(asked)) = (&host, &asked)
        && host.id != asked.id
    {
        return Err(Problem::NotFound);
    }
    table.account = match host.or(asked) {
        Some(account) => Some(account),
        None => of_button(tx, &mut table, &question).await?,
    };
    if let Some(text) = &question.connection {
        table.hints.connection = named_connection(tx, text, table.account.as_ref()).await?;
    }
    let of_email = question.email.as_ref().map(|email| email.domain().parse().ok());
    if let Some(domain) = of_email.or(question.domain.map(Some)) {
        table.hints.email = EmailHint::Given;
        table.owner = match domain {
            Some(domain) => owner(tx, &domain).await?,
            None => None,
        };
    }
    let accounts = [table.hints.host, table.hints.account, table.owner.map(|owner| owner.account)];
    let mut read = Vec::new();
    for account in accounts.into_iter().flatten() {
        if !read.contains(&account) {
            read.push(account);
            table.load_ways(tx, account).await?;
        }
    }
    if let Some(connection) = question.button.1.or(table.hints.connection)
        && !table.ways.iter().any(|(_, way)| way.connection.id == connection)
    {
        // Where no account is named, it leads into its own.
        let own = if table.account.is_none() { tx.connection_head(connection).await? } else { None };
        if let Some(head) = own.filter(|head| !read.contains(&head.account)) {
            table.load_ways(tx, head.account).await?;
        }
    }
    Ok(table)
}

/// The account that a button was shown for.
async fn of_button(tx: &mut Tx, table: &mut Table, question: &Question) -> Result<Option<Account>, Problem> {
    let Some(id) = question.button.0 else { return Ok(None) };
    let account = tx.account(id).await?.ok_or(Problem::NotFound)?;
    table.hints.account = Some(id);
    Ok(Some(account))
}

/// The account that the request or the application's registration names. A request cannot name another one than its
/// application is for.
async fn named_account(tx: &mut Tx, question: &Question) -> Result<Option<Account>, Problem> {
    let named = match &question.account {
        None => None,
        Some(text) => {
            let account = match (text.parse::<AccountId>(), AccountPath::parse(text)) {
                (Ok(id), _) => tx.account(id).await?,
                (Err(_), Ok(path)) => tx.account_by_path(&path).await?,
                (Err(_), Err(_)) => None,
            };
            Some(account.ok_or(Problem::NotFound)?)
        }
    };
    match (named, question.only.or(question.remembered)) {
        (Some(named), Some(_)) if question.only.is_some_and(|only| named.id != only) => Err(Problem::NotFound),
        (None, Some(account)) => Ok(tx.account(account).await?),
        (named, _) => Ok(named),
    }
}

/// The connection that the request names by its id, or in its account by its name.
async fn named_connection(tx: &mut Tx, text: &str, account: Option<&Account>) -> Result<Option<ConnectionId>, Problem> {
    if let Ok(id) = text.parse() {
        return Ok(Some(id));
    }
    let Some(account) = account else { return Err(Problem::NotFound) };
    let connections = tx.connections_in(account.id).await?;
    let named = connections.iter().find(|connection| connection.name.as_str() == text);
    named.map(|connection| Some(connection.id)).ok_or(Problem::NotFound)
}

async fn owner(tx: &mut Tx, domain: &DomainName) -> Result<Option<DomainOwner>, Problem> {
    let proved = tx.proved_domain(domain).await?;
    Ok(proved.map(|proved| DomainOwner { account: proved.account, connection: proved.connection }))
}

impl Table {
    /// Where the hints lead.
    pub(crate) fn route(&self) -> discovery::Route {
        discovery::route(&self.hints, &discovery::Table { doors: &self.doors(), owner: self.owner })
    }

    /// Into which account a connection leads: the one that is named; else the one whose domain was typed; else its own.
    /// None where it is no way into that.
    pub(crate) fn account_behind(&self, connection: ConnectionId) -> Option<AccountId> {
        let into = |account: AccountId| self.way(account, connection).map(|_| account);
        match &self.account {
            Some(account) => into(account.id),
            None => self.owner.and_then(|owner| into(owner.account)).or_else(|| {
                let own = self
                    .ways
                    .iter()
                    .find(|(into, way)| way.connection.id == connection && way.connection.account == *into);
                own.map(|(account, _)| *account)
            }),
        }
    }

    /// Whether a way is in use: an own connection may come before an inherited one.
    pub(crate) fn is_in_use(&self, account: AccountId, connection: ConnectionId) -> bool {
        let doors = self.doors();
        let table = discovery::Table { doors: &doors, owner: self.owner };
        table.in_use().any(|door| door.account == account && door.connection == connection)
    }

    fn doors(&self) -> Vec<Door> {
        self.ways.iter().map(|(account, way)| door(*account, way)).collect()
    }

    fn way(&self, account: AccountId, connection: ConnectionId) -> Option<&Way> {
        let found = self.ways.iter().find(|(into, way)| *into == account && way.connection.id == connection);
        found.map(|(_, way)| way)
    }

    async fn load_ways(&mut self, tx: &mut Tx, account: AccountId) -> Result<(), Problem> {
        let ways = tx.ways_into(account).await?;
        self.ways.extend(ways.into_iter().map(|way| (account, way)));
        Ok(())
    }

    /// The present version of a connection, where this read has told it.
    pub(crate) fn versions(&self, connection: ConnectionId) -> Option<Versions> {
        let (_, way) = self.ways.iter().find(|(_, way)| way.connection.id == connection)?;
        Some(Versions { connection: way.connection.version, account: way.owner_version })
    }
}

fn door(account: AccountId, way: &Way) -> Door {
    let head = &way.connection;
    Door { connection: head.id, account, owner: head.account, behind: way.behind, state: head.state }
}
