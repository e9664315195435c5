//! A program comes with a key of the admin API, or with an application's token for itself.

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use vestibule_domain::account::Account;
use vestibule_domain::api::{ApiAccess, ApiKey, KeyOver};
use vestibule_domain::application::Application;
use vestibule_domain::enforcement::SignInRule;
use vestibule_domain::event::Actor;
use vestibule_domain::grants::{Grants, Reach};
use vestibule_domain::id::UserId;
use vestibule_domain::user::{ConsoleRole, Profile, User, UserState};
use vestibule_oidc::{API_KEY_PREFIX, AccessToken, ApiSecret, OwnGrant};

use crate::console::{PAGE, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::waiting::Who;

/// How exactly it is noted when a key was used last.
const NOTED: SignedDuration = SignedDuration::from_hours(1);

/// A program that may ask.
#[derive(Debug)]
pub struct Program {
    /// What it sees and may do.
    pub viewer: Viewer,
    /// What it may do of what its role may.
    pub access: ApiAccess,
    /// Until when its key is good; none: until it is revoked, or it has none.
    pub expires_at: Option<Timestamp>,
    /// Its name, by which its requests are counted and answers kept: `key:…`, `application:…`.
    pub name: String,
}

/// Why a program may not ask.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotEntered {
    /// It says nothing of who it is.
    #[error("no Authorization header with a Bearer token; send one of `vestibule api-key create`")]
    Nobody,
    /// What it says is no key, and no token that is good.
    #[error("the token is neither a key of the API nor an application's token that is good now")]
    Unknown,
    /// Its key is over.
    #[error("{0}; whoever runs the deployment makes a new one by `vestibule api-key create`")]
    Over(KeyOver),
    /// Its application may not.
    #[error("the application {client_id} may not use the API; set api = {{ role = \"…\", access = \"…\" }} for it")]
    NotAllowed {
        /// Which.
        client_id: String,
    },
    /// Its token was asked for without a scope of the API.
    #[error(
        "the token has none of the scopes vestibule.read, vestibule.write and vestibule.trust; ask for one at the token \
         endpoint"
    )]
    NoScope,
}

/// What was found.
struct Found {
    home: Account,
    role: ConsoleRole,
    access: ApiAccess,
    expires_at: Option<Timestamp>,
    /// Stands where a person's id would.
    nobody: UserId,
    by: Actor,
    name: String,
}

/// Which program this is, by its `Authorization` header.
///
/// # Errors
/// Those of the store.
pub async fn enter(ctx: &Ctx, authorization: Option<&str>) -> Result<Result<Program, NotEntered>, Problem> {
    let Some(token) = bearer(authorization) else { return Ok(Err(NotEntered::Nobody)) };
    let found = match token.strip_prefix(API_KEY_PREFIX) {
        Some(secret) => by_key(ctx, secret).await?,
        None => by_token(ctx, authorization).await?,
    };
    Ok(found.map(|found| program(ctx, found)))
}

/// RFC 6750 §2.1.
fn bearer(authorization: Option<&str>) -> Option<&str> {
    let (scheme, token) = authorization?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

async fn by_key(ctx: &Ctx, secret: &str) -> Result<Result<Found, NotEntered>, Problem> {
    let Some(secret) = ApiSecret::parse(secret) else { return Ok(Err(NotEntered::Unknown)) };
    let hash = *secret.hash().as_bytes();
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(key) = tx.api_key_by_hash(&hash).await? else { return Ok::<_, Problem>(None) };
            Ok(tx.account(key.account).await?.map(|home| (key, home)))
        })
    });
    let Some((key, home)) = found.await? else { return Ok(Err(NotEntered::Unknown)) };
    if let Some(over) = key.over(ctx.now) {
        return Ok(Err(NotEntered::Over(over)));
    }
    note_use(ctx, &key).await?;
    Ok(Ok(Found {
        home,
        role: key.role,
        access: key.access,
        expires_at: key.expires_at,
        nobody: UserId::from_bytes(key.id.bytes()),
        by: Actor::ApiKey(key.id),
        name: format!("key:{}", key.id),
    }))
}

async fn note_use(ctx: &Ctx, key: &ApiKey) -> Result<(), Problem> {
    let (id, now) = (key.id, ctx.now);
    let unless = now.saturating_sub(NOTED).unwrap_or(Timestamp::MIN);
    if key.used_at.is_none_or(|at| at < unless) {
        ctx.store.write(move |tx| Box::pin(async move { tx.note_api_key_use(id, now, unless).await })).await?;
    }
    Ok(())
}

async fn by_token(ctx: &Ctx, authorization: Option<&str>) -> Result<Result<Found, NotEntered>, Problem> {
    let Ok(token) = AccessToken::from_authorization(authorization) else { return Ok(Err(NotEntered::Unknown)) };
    let (hash, now) = (*token.hash().as_bytes(), ctx.now);
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(grant) = tx.own_token(&hash, now).await? else { return Ok::<_, Problem>(None) };
            let grant: OwnGrant = serde_json::from_str(&grant).map_err(Problem::broken)?;
            let Some(application) = tx.application(grant.client_id.as_str()).await? else { return Ok(None) };
            let home = match application.account {
                Some(account) => tx.account(account).await?,
                None => tx.account_by_path(&vestibule_domain::account::AccountPath::ROOT).await?,
            };
            Ok(home.map(|home| (grant, application, home)))
        })
    });
    Ok(match found.await? {
        Some((grant, application, home)) => of_application(&grant, application, home),
        None => Err(NotEntered::Unknown),
    })
}

fn of_application(grant: &OwnGrant, application: Application, home: Account) -> Result<Found, NotEntered> {
    let client_id = application.client_id;
    let Some(api) = application.settings.api else { return Err(NotEntered::NotAllowed { client_id }) };
    let Some(asked) = ApiAccess::of_scopes(&grant.scope) else { return Err(NotEntered::NoScope) };
    Ok(Found {
        home,
        role: api.role,
        access: api.access.min(asked),
        expires_at: None,
        nobody: UserId::from_bytes([0; 16]),
        name: format!("application:{client_id}"),
        by: Actor::Application(client_id),
    })
}

fn program(ctx: &Ctx, found: Found) -> Program {
    let Found { home, role, access, expires_at, nobody, by, name } = found;
    let approves = (role == ConsoleRole::Approver).then_some(Reach::Account);
    let user = User {
        id: nobody,
        account: home.id,
        state: UserState::Active,
        profile: Profile::default(),
        console_role: Some(role),
        grants: Grants { approves, ..Grants::default() },
        sign_in: SignInRule::default(),
        created_at: ctx.now,
        version: 0,
    };
    let authenticated_at = if access == ApiAccess::Trust { ctx.now } else { Timestamp::UNIX_EPOCH };
    let viewer = Viewer { user, role, home, session: None, by, authenticated_at, rows: PAGE };
    Program { viewer, access, expires_at, name }
}

impl Program {
    /// The same before a waiting room.
    pub fn who(&self) -> Who {
        self.viewer.who()
    }
}
