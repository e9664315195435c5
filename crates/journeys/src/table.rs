//! What must be known before a connection can be chosen: one read.

use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::discovery::{self, DomainOwner, Door, EmailHint, Hints};
use vestibule_domain::id::{AccountId, ConnectionId};
use vestibule_domain::name::{DomainName, EmailAddress};
use vestibule_domain::session::Session;
use vestibule_domain::user::User;
use vestibule_store::Tx;
use vestibule_store::tx::ConnectionHead;

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
    heads: Vec<ConnectionHead>,
}

/// What the visit brings, in the words of a query.
struct Question {
    place: Place,
    session: Option<[u8; 32]>,
    email: Option<EmailAddress>,
    account: Option<String>,
    connection: Option<String>,
    /// The only account whose people the application takes.
    only: Option<AccountId>,
}

pub(crate) async fn load(ctx: &Ctx, visit: &Visit, asking: Option<&Asking>) -> Result<Table, Problem> {
    let request = asking.map(|asking| &asking.request);
    let typed = visit.email.as_deref().or(request.and_then(|request| request.login_hint.as_deref()));
    let question = Question {
        place: visit.host.clone(),
        session: visit.session,
        email: typed.and_then(|text| text.parse().ok()),
        account: request.and_then(|request| request.account.clone()),
        connection: request.and_then(|request| request.connection.clone()),
        only: asking.and_then(|asking| asking.application.account),
    };
    let now = ctx.now;
    ctx.store.read(move |tx| Box::pin(async move { read(tx, question, now).await })).await
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
    table.account = host.or(asked);
    if let Some(text) = &question.connection {
        table.hints.connection = named_connection(tx, text, table.account.as_ref()).await?;
    }
    if let Some(email) = &question.email {
        table.hints.email = EmailHint::Given;
        table.owner = owner(tx, email).await?;
    }
    let accounts = [table.hints.host, table.hints.account, table.owner.map(|owner| owner.account)];
    let mut read = Vec::new();
    for account in accounts.into_iter().flatten() {
        if !read.contains(&account) {
            read.push(account);
            table.heads.extend(tx.connection_heads(account).await?);
        }
    }
    if let Some(connection) = table.hints.connection
        && !table.heads.iter().any(|head| head.id == connection)
    {
        table.heads.extend(tx.connection_head(connection).await?);
    }
    Ok(table)
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
    match (named, question.only) {
        (Some(named), Some(only)) if named.id != only => Err(Problem::NotFound),
        (None, Some(only)) => Ok(tx.account(only).await?),
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

async fn owner(tx: &mut Tx, email: &EmailAddress) -> Result<Option<DomainOwner>, Problem> {
    let Ok(domain) = email.domain().parse::<DomainName>() else { return Ok(None) };
    let proved = tx.proved_domain(&domain).await?;
    Ok(proved.map(|proved| DomainOwner { account: proved.account, connection: proved.connection }))
}

impl Table {
    /// Where the hints lead.
    pub(crate) fn route(&self) -> discovery::Route {
        let doors: Vec<Door> = self.heads.iter().map(door).collect();
        discovery::route(&self.hints, &discovery::Table { doors: &doors, owner: self.owner })
    }

    /// The present version of a connection, where this read has told it.
    pub(crate) fn versions(&self, connection: ConnectionId) -> Option<Versions> {
        let head = self.heads.iter().find(|head| head.id == connection)?;
        let account = self.account.as_ref().filter(|account| account.id == head.account)?;
        Some(Versions { connection: head.version, account: account.version })
    }
}

fn door(head: &ConnectionHead) -> Door {
    Door { connection: head.id, account: head.account, state: head.state }
}
