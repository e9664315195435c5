//! Keys of the admin API are made, listed and taken back.

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::api::{ApiAccess, ApiKey, KeyOver, MADE_DAYS, MAX_DAYS, MAX_KEYS, MAX_NAME};
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::{self, ApiKeyId};
use vestibule_domain::permission::Action;
use vestibule_domain::user::ConsoleRole;
use vestibule_oidc::{API_KEY_PREFIX, Algorithm, ApiSecret};
use vestibule_store::{Store, StoreError};

use super::enter::Program;
use crate::console::{Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::set_up_connection::Tools;
use crate::token_keys::{self, Edge, Takeover};

/// At most so many keys of an account are listed for a command, the newest.
const LISTED: u32 = 500;

/// The key that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// The account: it reaches that one and those below it.
    pub account: AccountPath,
    /// Its name for people.
    pub name: String,
    /// As what it comes.
    pub role: ConsoleRole,
    /// What it may do of what that role may.
    pub access: ApiAccess,
    /// For how many days it is good; none: until it is revoked.
    pub days: Option<u16>,
}

/// A key that was made.
#[derive(Clone, PartialEq, Eq)]
pub struct Made {
    /// It.
    pub key: ApiKey,
    /// What the program sends, which is told once.
    pub secret: String,
}

/// Why no key is made.
#[derive(Debug, Error)]
pub enum NotMade {
    /// No such account.
    #[error("there is no account {path:?}; `vestibule apply` makes one")]
    NoAccount {
        /// The path.
        path: String,
    },
    /// It has no name, or one that is too long.
    #[error(
        "the name has {got} characters; 1 to {MAX_NAME} in one line are wanted, by which people know what the key is for"
    )]
    Name {
        /// Its length.
        got: usize,
    },
    /// Too short or too long.
    #[error("a key is good for 1 to {MAX_DAYS} days, or until it is revoked, and {got} are asked for")]
    Days {
        /// The days.
        got: u16,
    },
    /// Too short or too long for one that a program makes.
    #[error("a key that a program makes is good for 1 to {MADE_DAYS} days, and {got} are asked for")]
    DaysOfMade {
        /// The days.
        got: u16,
    },
    /// There are enough.
    #[error("the account has {MAX_KEYS} keys that are good, and no more are made; revoke one that nobody uses")]
    TooMany,
    /// Whoever makes it reaches less.
    #[error("a key reaches no further than whoever makes it: {what}")]
    BeyondReach {
        /// What is too much.
        what: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a key.
///
/// # Errors
/// See [`NotMade`].
pub async fn create(ctx: &Ctx, new: NewKey, by: Actor) -> Result<Made, NotMade> {
    make(ctx, new, by, None).await
}

/// Makes a key that is good until then at most.
async fn make(ctx: &Ctx, new: NewKey, by: Actor, until: Option<Timestamp>) -> Result<Made, NotMade> {
    let name = new.name.trim().to_owned();
    let got = name.chars().count();
    if !(1..=MAX_NAME).contains(&got) || name.chars().any(char::is_control) {
        return Err(NotMade::Name { got });
    }
    if let Some(got) = new.days.filter(|days| !(1..=MAX_DAYS).contains(days)) {
        return Err(NotMade::Days { got });
    }
    let end = |days: u16| ctx.now.saturating_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(ctx.now);
    let secret = ApiSecret::new(ctx.now, &ctx.random());
    let id = ApiKeyId::new(ctx.now, ctx.random::<{ id::RANDOM }>());
    let (hash, now, path) = (*secret.hash().as_bytes(), ctx.now, new.account.clone());
    let expires_at = new.days.map(end).into_iter().chain(until).min();
    let (role, access) = (new.role, new.access);
    let shared = ctx.clone();
    let key = ctx.store.write(move |tx| {
        Box::pin(async move {
            let no_account = || NotMade::NoAccount { path: path.to_string() };
            let account = tx.account_by_path(&path).await?.ok_or_else(no_account)?.id;
            let present = tx.api_keys(account, None, LISTED).await?;
            if present.iter().filter(|key| key.over(now).is_none()).count() >= MAX_KEYS {
                return Err(NotMade::TooMany);
            }
            let fact = Fact::ApiKeyCreated { key: id, role: Some(role), access: Some(access), expires_at };
            let event = shared.event(account, by.clone(), fact);
            let key = ApiKey {
                id,
                account,
                name,
                role,
                access,
                created_at: now,
                created_by: by,
                used_at: None,
                expires_at,
                revoked_at: None,
            };
            tx.insert_api_key(&key, &hash, &event).await?;
            Ok(key)
        })
    });
    Ok(Made { key: key.await?, secret: format!("{API_KEY_PREFIX}{}", secret.to_text()) })
}

/// Makes a key on the word of a program: it reaches no further than that one does, is good no longer, and has an end in any
/// case, so that what is made by what is made does not go on for ever unseen.
///
/// # Errors
/// [`Problem::NotFound`] for an account beyond reach.
pub async fn create_for(ctx: &Ctx, program: &Program, new: NewKey) -> Result<Result<Made, NotMade>, Problem> {
    let (viewer, most) = (&program.viewer, program.access);
    let spot = viewer.spot(ctx, Some(new.account.clone()), Action::ApiKeys).await?;
    if !viewer.may(Action::GrantConsoleRole(new.role), &spot.account.path) {
        let what = "the role".to_owned();
        return Ok(Err(NotMade::BeyondReach { what }));
    }
    if new.access > most {
        return Ok(Err(NotMade::BeyondReach { what: format!("access is {:?} at most", most.name()) }));
    }
    if let Some(got) = new.days.filter(|days| !(1..=MADE_DAYS).contains(days)) {
        return Ok(Err(NotMade::DaysOfMade { got }));
    }
    let new = NewKey { days: Some(new.days.unwrap_or(MADE_DAYS)), ..new };
    Ok(make(ctx, new, viewer.actor(), program.expires_at).await)
}

/// A key as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    /// It.
    pub key: ApiKey,
    /// Where its account stands.
    pub account: AccountPath,
    /// Why it opens nothing; none: it is good.
    pub over: Option<KeyOver>,
}

/// A page of an account's keys.
#[derive(Debug)]
pub struct Keys {
    /// Whose.
    pub spot: Spot,
    /// The newest first.
    pub rows: Vec<ListedKey>,
    /// Behind which the next page begins; none: this is the last.
    pub next: Option<ApiKeyId>,
}

/// The keys of an account; none: of one's own.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or beyond reach.
pub async fn keys_of(
    ctx: &Ctx,
    viewer: &Viewer,
    account: Option<AccountPath>,
    after: Option<ApiKeyId>,
) -> Result<Keys, Problem> {
    let spot = viewer.spot(ctx, account, Action::ApiKeys).await?;
    let (id, rows) = (spot.account.id, viewer.rows);
    let mut found = ctx.store.read(move |tx| Box::pin(async move { tx.api_keys(id, after, rows + 1).await })).await?;
    let more = found.len() > rows as usize;
    found.truncate(rows as usize);
    let next = found.last().filter(|_| more).map(|last| last.id);
    Ok(Keys { rows: listed(found, &spot.account, ctx.now), spot, next })
}

/// One key.
///
/// # Errors
/// [`Problem::NotFound`] for one that does not exist, or beyond reach.
pub async fn key(ctx: &Ctx, viewer: &Viewer, id: ApiKeyId) -> Result<ListedKey, Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(key) = tx.api_key(id).await? else { return Ok::<_, StoreError>(None) };
            Ok(tx.account(key.account).await?.map(|account| (key, account)))
        })
    });
    let (key, account) = found.await?.ok_or(Problem::NotFound)?;
    if !viewer.may(Action::ApiKeys, &account.path) {
        return Err(Problem::NotFound);
    }
    Ok(ListedKey { over: key.over(ctx.now), key, account: account.path })
}

fn listed(keys: Vec<ApiKey>, account: &Account, now: Timestamp) -> Vec<ListedKey> {
    let row = |key: ApiKey| ListedKey { over: key.over(now), key, account: account.path.clone() };
    keys.into_iter().map(row).collect()
}

/// The keys of an account, or of all, for a command. None where there is no such account.
///
/// # Errors
/// Those of the store.
pub async fn list(
    store: &Store,
    account: Option<&AccountPath>,
    now: Timestamp,
) -> Result<Option<Vec<ListedKey>>, StoreError> {
    let path = account.cloned();
    let found = store.read(move |tx| {
        Box::pin(async move {
            let accounts = match &path {
                Some(path) => match tx.account_by_path(path).await? {
                    Some(account) => vec![account],
                    None => return Ok(None),
                },
                None => tx.accounts().await?,
            };
            let mut all = Vec::new();
            for account in accounts {
                all.extend(listed(tx.api_keys(account.id, None, LISTED).await?, &account, now));
            }
            Ok(Some(all))
        })
    });
    found.await
}

/// Takes a key back: it opens nothing from now on. None: there is no such key; false: it was revoked before.
///
/// # Errors
/// Those of the store.
pub async fn revoke(ctx: &Ctx, id: ApiKeyId, by: Actor) -> Result<Option<bool>, StoreError> {
    let (now, shared) = (ctx.now, ctx.clone());
    let revoked = ctx.store.write(move |tx| {
        Box::pin(async move {
            let Some(key) = tx.api_key(id).await? else { return Ok(None) };
            let event = shared.event(key.account, by, Fact::ApiKeyRevoked { key: id });
            tx.revoke_api_key(id, now, &event).await.map(Some)
        })
    });
    revoked.await
}

/// Makes the next key that signs tokens, of an algorithm or of each, before its time; tells of which one was made: not where
/// the next one is published already.
///
/// # Errors
/// [`Problem::NotFound`] for whoever may not.
pub async fn rotate(
    ctx: &Ctx,
    viewer: &Viewer,
    algorithm: Option<Algorithm>,
    when: Takeover,
    tools: &Tools,
) -> Result<Vec<Algorithm>, Problem> {
    if !viewer.may(Action::RotateKeys, &AccountPath::ROOT) {
        return Err(Problem::NotFound);
    }
    let (random, event) = (|| ctx.random(), |fact| ctx.event(None, viewer.actor(), fact));
    let edge = Edge { make: tools.make_token_key, nonce: &random, event: &event };
    let mut made = Vec::new();
    for one in Algorithm::ALL.into_iter().filter(|one| algorithm.is_none_or(|only| only == *one)) {
        if token_keys::rotate(&ctx.store, one, when, ctx.now, &edge).await? {
            made.push(one);
        }
    }
    token_keys::refresh(ctx).await?;
    Ok(made)
}

/// Without the secret.
impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Made").field("key", &self.key).finish_non_exhaustive()
    }
}
