//! Links are made, listed and taken back.

use jiff::SignedDuration;
use thiserror::Error;
use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::connection::{Connection, ConnectionState, Preset};
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::{self, ConnectionId, SetupLinkId};
use vestibule_domain::name::Slug;
use vestibule_domain::permission::Action;
use vestibule_domain::setup::{LinkOver, MAX_DAYS, SetupLink, is_draft};
use vestibule_oidc::SetupToken;
use vestibule_store::{Store, StoreError};

use super::save::Tools;
use crate::apply::{self, ApplyError, Wanted, WantedAccount, WantedConnection, WantedState};
use crate::console::{Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// At most so many links are listed, the newest.
const LISTED: u32 = 500;

/// The link that is wanted.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// The account.
    pub account: AccountPath,
    /// The draft to set up; made where there is none of that name. None: the account's only draft, or a new one.
    pub connection: Option<Slug>,
    /// The kind of identity provider; none: as the draft has it, else the generic one, which the page asks for.
    pub preset: Option<Preset>,
    /// For how many days it is good.
    pub days: u16,
}

/// A link that was made.
#[derive(Debug)]
pub struct Created {
    /// The link.
    pub link: SetupLink,
    /// Its address, which is told once.
    pub url: String,
    /// The connection that it sets up.
    pub connection: Slug,
    /// Whether that was made with it.
    pub is_new: bool,
}

/// Why no link is made.
#[derive(Debug, Error)]
pub enum NotCreated {
    /// No such account.
    #[error("there is no account {path:?}; `vestibule apply` makes one")]
    NoAccount {
        /// The path.
        path: String,
    },
    /// Too short or too long.
    #[error("a link is good for 1 to {MAX_DAYS} days, and {got} are asked for")]
    Days {
        /// The days.
        got: u16,
    },
    /// The connection is in use.
    #[error("the connection {name} is {state}, and a link sets up drafts alone; name another one, which is made")]
    NotADraft {
        /// Its name.
        name: String,
        /// Its state.
        state: &'static str,
    },
    /// Several drafts could be meant.
    #[error("the account has several drafts: {}; say by --connection which one is meant", .names.join(", "))]
    SeveralDrafts {
        /// Their names.
        names: Vec<String>,
    },
    /// The draft belongs to another kind of identity provider, and has values of it.
    #[error("the draft {name} has values of {present} already; leave --idp out, or name another connection")]
    OtherIdp {
        /// Its name.
        name: String,
        /// What it is of.
        present: &'static str,
    },
    /// The draft could not be made or changed.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a link, and the draft that it sets up where there is none.
///
/// # Errors
/// See [`NotCreated`].
pub async fn create(ctx: &Ctx, new: &NewLink, by: Actor, tools: &Tools) -> Result<Created, NotCreated> {
    if !(1..=MAX_DAYS).contains(&new.days) {
        return Err(NotCreated::Days { got: new.days });
    }
    let (account, connections) = load(ctx, &new.account).await?;
    let present = pick(new, &connections)?;
    let connection = match present {
        Some(draft) if new.preset.is_none_or(|preset| preset == draft.saml.preset) => draft.clone(),
        Some(draft) if draft.saml.issuer.is_some() || draft.saml.sign_on.is_some() => {
            let present = draft.saml.preset.product();
            return Err(NotCreated::OtherIdp { name: draft.name.to_string(), present });
        }
        present => {
            let preset = new.preset.unwrap_or_default();
            let name = match (present, &new.connection) {
                (Some(draft), _) => draft.name.clone(),
                (None, Some(name)) => name.clone(),
                (None, None) => free_name(preset, &connections),
            };
            draft(ctx, &account, name, preset, by.clone(), tools).await?
        }
    };
    let token = SetupToken::new(ctx.now, &ctx.random());
    let link = SetupLink {
        id: SetupLinkId::new(ctx.now, ctx.random::<{ id::RANDOM }>()),
        account: account.id,
        connection: connection.id,
        created_at: ctx.now,
        created_by: by.clone(),
        expires_at: ctx.now.saturating_add(SignedDuration::from_hours(24 * i64::from(new.days))).unwrap_or(ctx.now),
        opened_at: None,
        saved_at: None,
        given_at: None,
        people_at: None,
        test: None,
        asked_at: None,
        revoked_at: None,
        ended_at: None,
    };
    let fact = Fact::SetupLinkCreated { link: link.id, connection: connection.id };
    let (row, hash, event) = (link.clone(), *token.hash().as_bytes(), ctx.event(account.id, by, fact));
    ctx.store.write(move |tx| Box::pin(async move { tx.insert_setup_link(&row, &hash, &event).await })).await?;
    let origin = ctx.deployment.origin_of(account.sub_domain.as_ref());
    let url = format!("{origin}/set-up/{}", token.to_text());
    Ok(Created { link, url, connection: connection.name, is_new: present.is_none() })
}

async fn load(ctx: &Ctx, path: &AccountPath) -> Result<(Account, Vec<Connection>), NotCreated> {
    let wanted = path.clone();
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(account) = tx.account_by_path(&wanted).await? else { return Ok::<_, StoreError>(None) };
            let connections = tx.connections_in(account.id).await?;
            Ok(Some((account, connections)))
        })
    });
    found.await?.ok_or_else(|| NotCreated::NoAccount { path: path.to_string() })
}

/// The draft that is meant; none where one has to be made.
fn pick<'c>(new: &NewLink, connections: &'c [Connection]) -> Result<Option<&'c Connection>, NotCreated> {
    if let Some(name) = &new.connection {
        let found = connections.iter().find(|connection| connection.name == *name);
        return match found {
            Some(used) if !is_draft(used.state) => {
                let state = if used.state == ConnectionState::Paused { "paused" } else { "active" };
                Err(NotCreated::NotADraft { name: name.to_string(), state })
            }
            found => Ok(found),
        };
    }
    let drafts: Vec<&Connection> = connections.iter().filter(|connection| is_draft(connection.state)).collect();
    match drafts.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        several => {
            Err(NotCreated::SeveralDrafts { names: several.iter().map(|draft| draft.name.to_string()).collect() })
        }
    }
}

/// `entra`, or `entra-2` where that is taken.
pub(super) fn free_name(preset: Preset, connections: &[Connection]) -> Slug {
    let base = match preset {
        Preset::Entra => "entra",
        Preset::Adfs => "adfs",
        Preset::Okta => "okta",
        Preset::Google => "google",
        Preset::Ping => "ping",
        Preset::Generic => "sso",
    };
    let names = (1_u32..).map(|n| if n == 1 { base.to_owned() } else { format!("{base}-{n}") });
    let mut free = names.filter_map(|name| name.parse().ok());
    let is_free = |name: &Slug| connections.iter().all(|connection| connection.name != *name);
    #[expect(clippy::expect_used, reason = "of so many names an account has not each")]
    free.find(is_free).expect("one of all numbers is free")
}

/// Makes the draft, or gives one that has no values the kind of identity provider.
async fn draft(
    ctx: &Ctx,
    account: &Account,
    name: Slug,
    preset: Preset,
    by: Actor,
    tools: &Tools,
) -> Result<Connection, NotCreated> {
    let connection = WantedConnection {
        line: 0,
        id: None,
        name: name.clone(),
        state: Some(WantedState::Draft),
        saml: preset.settings(),
        notes: Vec::new(),
    };
    let mut wanted = WantedAccount::as_it_is(account);
    wanted.connections.push(connection);
    let plan = apply::plan(ctx, &Wanted { accounts: vec![wanted], ..Wanted::default() }, by).await?;
    apply::carry_out(ctx, plan, |key| (tools.make_key)(&key.name, ctx.now)).await?;
    let connections = load(ctx, &account.path).await?.1;
    let made = connections.into_iter().find(|connection| connection.name == name);
    made.ok_or(NotCreated::Store(StoreError::Stale { what: "connection" }))
}

/// A link as it is listed.
#[derive(Debug)]
pub struct Listed {
    /// The link.
    pub link: SetupLink,
    /// The path of its account; empty for the platform.
    pub account: String,
    /// The name of its connection.
    pub connection: String,
    /// Why it opens nothing; none: it is good.
    pub over: Option<LinkOver>,
}

/// The links of an account, or of all, the newest first. None where there is no such account.
///
/// # Errors
/// Those of the store.
pub async fn list(
    store: &Store,
    account: Option<&AccountPath>,
    now: jiff::Timestamp,
) -> Result<Option<Vec<Listed>>, StoreError> {
    list_behind(store, account, None, LISTED, now).await
}

/// So many of the links behind one, the newest first. None where there is no such account.
///
/// # Errors
/// Those of the store.
pub(crate) async fn list_behind(
    store: &Store,
    account: Option<&AccountPath>,
    behind: Option<SetupLinkId>,
    limit: u32,
    now: jiff::Timestamp,
) -> Result<Option<Vec<Listed>>, StoreError> {
    let path = account.cloned();
    let found = store.read(move |tx| {
        Box::pin(async move {
            let account = match &path {
                Some(path) => match tx.account_by_path(path).await? {
                    Some(account) => Some(account.id),
                    None => return Ok::<_, StoreError>(None),
                },
                None => None,
            };
            let mut listed = Vec::new();
            for link in tx.setup_links(account, behind, limit).await? {
                let connection = tx.connection(link.connection).await?;
                let account = tx.account(link.account).await?;
                let state = connection.as_ref().map_or(ConnectionState::Draft, |connection| connection.state);
                listed.push(Listed {
                    over: link.over(state, now),
                    account: account.map(|account| account.path.to_string()).unwrap_or_default(),
                    connection: connection.map(|connection| connection.name.to_string()).unwrap_or_default(),
                    link,
                });
            }
            Ok(Some(listed))
        })
    });
    found.await
}

/// The links of one connection, the newest first, for whoever may change it.
///
/// # Errors
/// [`Problem::NotFound`] for a connection that does not exist, or is not theirs to change.
pub async fn links_of(ctx: &Ctx, viewer: &Viewer, id: ConnectionId) -> Result<LinksPage, Problem> {
    let (account, connection) = within_reach(ctx, viewer, id).await?;
    let spot = viewer.spot(ctx, Some(account.path.clone()), Action::ChangeConnection).await?;
    let listed = list(&ctx.store, Some(&account.path), ctx.now).await?.unwrap_or_default();
    let links = listed.into_iter().filter(|it| it.link.connection == id).collect();
    Ok(LinksPage { spot, connection, links })
}

/// The links of a connection.
#[derive(Debug)]
pub struct LinksPage {
    /// Whose it is.
    pub spot: Spot,
    /// The connection.
    pub connection: Connection,
    /// Its links, the newest first.
    pub links: Vec<Listed>,
}

/// Why no link is made in the console.
#[derive(Debug)]
pub enum NotLinked {
    /// Whoever wants it authenticated too long ago (A27.3).
    SignInAgain,
    /// It cannot be.
    Not(NotCreated),
}

/// Makes a link to a draft, from the console.
///
/// # Errors
/// [`Problem::NotFound`] as for [`links_of`]; those of the store.
pub async fn create_from_console(
    ctx: &Ctx,
    viewer: &Viewer,
    id: ConnectionId,
    days: u16,
    tools: &Tools,
) -> Result<Result<Created, NotLinked>, Problem> {
    let (account, connection) = within_reach(ctx, viewer, id).await?;
    if !viewer.is_fresh(ctx.now) {
        return Ok(Err(NotLinked::SignInAgain));
    }
    let new = NewLink { account: account.path, connection: Some(connection.name), preset: None, days };
    match create(ctx, &new, viewer.actor(), tools).await {
        Ok(created) => Ok(Ok(created)),
        Err(NotCreated::Store(error)) => Err(error.into()),
        Err(error) => Ok(Err(NotLinked::Not(error))),
    }
}

/// Takes a link of a connection back, from the console. To trust less needs no fresh authentication.
///
/// # Errors
/// [`Problem::NotFound`] as for [`links_of`], and for a link of another connection.
pub async fn revoke_from_console(
    ctx: &Ctx,
    viewer: &Viewer,
    id: ConnectionId,
    link: SetupLinkId,
) -> Result<bool, Problem> {
    within_reach(ctx, viewer, id).await?;
    let found = ctx.store.read(move |tx| Box::pin(async move { tx.setup_link(link).await })).await?;
    found.filter(|found| found.connection == id).ok_or(Problem::NotFound)?;
    match revoke(ctx, link, viewer.actor()).await {
        Ok(_) => Ok(true),
        Err(NotRevoked::Unknown | NotRevoked::Over(_)) => Ok(false),
        Err(NotRevoked::Store(error)) => Err(error.into()),
    }
}

async fn within_reach(ctx: &Ctx, viewer: &Viewer, id: ConnectionId) -> Result<(Account, Connection), Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(connection) = tx.connection(id).await? else { return Ok::<_, StoreError>(None) };
            Ok(tx.account(connection.account).await?.map(|account| (account, connection)))
        })
    });
    let (account, connection) = found.await?.ok_or(Problem::NotFound)?;
    if viewer.may(Action::ChangeConnection, &account.path) { Ok((account, connection)) } else { Err(Problem::NotFound) }
}

/// Why a link is not taken back.
#[derive(Debug, Error)]
pub enum NotRevoked {
    /// There is none of that id.
    #[error("there is no such link; `vestibule setup-link list` shows those that there are")]
    Unknown,
    /// It opens nothing anyway.
    #[error("nothing is to be revoked: {0}")]
    Over(LinkOver),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes a link back: it opens nothing from now on.
///
/// # Errors
/// See [`NotRevoked`].
pub async fn revoke(ctx: &Ctx, id: SetupLinkId, by: Actor) -> Result<SetupLink, NotRevoked> {
    let found = ctx.store.read(move |tx| Box::pin(async move { tx.setup_link(id).await })).await?;
    let link = found.ok_or(NotRevoked::Unknown)?;
    let connection: ConnectionId = link.connection;
    let (now, event) = (ctx.now, ctx.event(link.account, by, Fact::SetupLinkRevoked { link: id, connection }));
    let revoked =
        ctx.store.write(move |tx| Box::pin(async move { tx.revoke_setup_link(id, now, &event).await })).await?;
    if revoked {
        return Ok(SetupLink { revoked_at: Some(now), ..link });
    }
    Err(NotRevoked::Over(link.over(ConnectionState::Draft, ctx.now).unwrap_or(LinkOver::Revoked)))
}
