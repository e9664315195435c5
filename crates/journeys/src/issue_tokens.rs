//! Handing a signed-in person over to an application, by OpenID Connect.
//!
//! ```text
//! asking: whose request is this, and may it be answered? ──▶ … sign_in … ──▶ hand_over: write a code
//! redeem: is this the application, is this its code? one conditional write ──▶ tokens
//! userinfo: one read
//! ```

use std::collections::BTreeMap;

use jiff::Timestamp;
use vestibule_domain::account::Account;
use vestibule_domain::application::Application;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::grants::{Granted, Scopes};
use vestibule_domain::id::SessionId;
use vestibule_domain::session::{Session, SessionUser};
use vestibule_domain::user::{Profile, User};
use vestibule_oidc::code::SignedIn;
use vestibule_oidc::{
    AccessGrant, AccessToken, AccountClaim, AuthorizationCode, AuthorizationError, AuthorizationRequest, Client,
    ClientAuthentication, ClientId, Grant, RedirectUri, SecretHash, Shown, Subject, TokenError, TokenRequest,
    TokenResponse, UserClaims, UserinfoError,
};
use vestibule_store::tx::{NewCode, NewToken, Redeemed, ToTell};

use crate::ctx::Ctx;
use crate::problem::Problem;

/// An application that asks for a sign-in, and its request, which is in order.
#[derive(Debug)]
pub struct Asking {
    /// The application.
    pub application: Application,
    /// What it asks for.
    pub request: AuthorizationRequest,
}

/// Reads an authorization request. An error that may be told to the application is the address of that answer.
///
/// # Errors
/// What must be shown instead, for the application's address is not known.
pub async fn asking(ctx: &Ctx, query: &str) -> Result<Result<Asking, String>, Problem> {
    let client_id = match AuthorizationRequest::client_id(query) {
        Ok(client_id) => client_id,
        Err(error) => return back_or_show(error),
    };
    let Some(application) = application(ctx, &client_id).await? else {
        return Err(Problem::Authorization(Box::new(Shown::ClientUnknown { got: client_id.as_str().to_owned() })));
    };
    let client = client(&application).map_err(Problem::broken)?;
    match AuthorizationRequest::parse(query, &client, &ctx.issuer) {
        Ok(request) => Ok(Ok(Asking { application, request })),
        Err(error) => back_or_show(error),
    }
}

fn back_or_show(error: AuthorizationError) -> Result<Result<Asking, String>, Problem> {
    match error {
        AuthorizationError::Show(shown) => Err(Problem::Authorization(Box::new(shown))),
        AuthorizationError::RedirectBack { location, .. } => Ok(Err(location)),
    }
}

async fn application(ctx: &Ctx, client_id: &ClientId) -> Result<Option<Application>, Problem> {
    let client_id = client_id.as_str().to_owned();
    Ok(ctx.store.read(move |tx| Box::pin(async move { tx.application(&client_id).await })).await?)
}

/// The client that OpenID Connect knows an application as. What is stored was checked when it was saved.
fn client(application: &Application) -> Result<Client, String> {
    let settings = &application.settings;
    let redirect_uris = settings.redirect_uris.iter().map(RedirectUri::new).collect::<Result<_, _>>();
    let hashes = settings.secret_hashes.iter().map(|hash| SecretHash::try_from(hash.clone())).collect::<Result<_, _>>();
    Ok(Client {
        id: ClientId::new(&*application.client_id).map_err(|error| error.to_string())?,
        name: settings.name.clone(),
        redirect_uris: redirect_uris.map_err(|error| error.to_string())?,
        authentication: ClientAuthentication::ClientSecretBasic { secrets: hashes.map_err(|error| error.to_string())? },
    })
}

/// Where an application begins a sign-in that somebody else starts (OpenID Connect Core §4): with our issuer, and the
/// account for which it should ask. None where it has registered no such address.
pub fn start_of(ctx: &Ctx, application: &Application, account: &Account) -> Option<String> {
    let url = application.settings.start_url.as_deref()?;
    let issuer: String = form_urlencoded::byte_serialize(ctx.issuer.as_str().as_bytes()).collect();
    let joint = if url.contains('?') { '&' } else { '?' };
    // A path of slugs needs no encoding in a query.
    Some(format!("{url}{joint}iss={issuer}&account={}", account.path))
}

/// A code for somebody who has a session already: the address to send the browser to.
///
/// # Errors
/// Those of the store.
pub async fn hand_over(ctx: &Ctx, asking: &Asking, session: &Session, user: Option<&User>) -> Result<String, Problem> {
    let account = session.account;
    let account = ctx.store.read(move |tx| Box::pin(async move { tx.account(account).await })).await?;
    let account = account.ok_or(Problem::NotFound)?;
    let person = person(&session.user, user)?;
    let (code, location) = code(ctx, asking, session, &account, person)?;
    let event = ctx.event(
        account.id,
        Actor::Visitor,
        Fact::CodeIssued { application: code.client_id.clone(), session: session.id },
    );
    ctx.store.write(move |tx| Box::pin(async move { tx.insert_code(&code, &event).await })).await?;
    Ok(location)
}

/// Who a token is about.
#[derive(Debug)]
pub(crate) struct Person<'a> {
    pub(crate) sub: String,
    pub(crate) profile: &'a Profile,
    /// What they were given here; none where only the application knows them.
    pub(crate) granted: Option<&'a Granted>,
}

impl Person<'_> {
    /// The roles that claims say, and those that were given here and the application knows.
    fn roles(&self, granted: &Granted) -> Vec<String> {
        let mut roles = self.profile.roles.clone();
        roles.extend(granted.roles.iter().filter(|role| !self.profile.roles.contains(role)).cloned());
        roles
    }
}

pub(crate) fn person<'a>(of: &'a SessionUser, user: Option<&'a User>) -> Result<Person<'a>, Problem> {
    match (of, user) {
        (SessionUser::PassedThrough { sub, profile }, _) => Ok(Person { sub: sub.clone(), profile, granted: None }),
        (SessionUser::Known(_), Some(user)) => {
            Ok(Person { sub: user.id.to_string(), profile: &user.profile, granted: Some(&user.grants.granted) })
        }
        (SessionUser::Known(_), None) => Err(Problem::NotFound),
    }
}

/// A code, to be written with whatever made it, and the address that carries it to the application.
pub(crate) fn code(
    ctx: &Ctx,
    asking: &Asking,
    session: &Session,
    account: &Account,
    person: Person<'_>,
) -> Result<(NewCode, String), Problem> {
    let code = AuthorizationCode::new(ctx.now, &ctx.random());
    let granted = person.granted.map(|granted| granted.known_to(&asking.application.settings)).unwrap_or_default();
    let claims = UserClaims {
        roles: person.roles(&granted),
        access: access(&granted),
        email: person.profile.email.as_ref().map(|email| email.as_str().to_owned()),
        email_verified: person.profile.email.as_ref().map(|_| person.profile.email_verified),
        account: Some(AccountClaim { id: account.id.to_string(), slug: account.path.to_string() }),
    };
    let signed_in = SignedIn {
        subject: Subject::new(person.sub).map_err(Problem::broken)?,
        claims,
        auth_time: session.authentication.authn_instant,
        session: session.id.to_string(),
        amr: session.authentication.methods.clone(),
    };
    let grant = Grant::new(&asking.request, signed_in, ctx.now);
    let new = NewCode {
        hash: *code.hash().as_bytes(),
        client_id: asking.application.client_id.clone(),
        session: session.id,
        expires_at: grant.expires,
        grant: serde_json::to_string(&grant).map_err(Problem::broken)?,
    };
    Ok((new, asking.request.success_location(&ctx.issuer, &code)))
}

/// Scopes as a claim.
fn access(granted: &Granted) -> BTreeMap<String, Vec<String>> {
    let by_kind = granted.scopes.iter().flat_map(Scopes::by_kind);
    by_kind.map(|(kind, values)| (kind.clone(), values.iter().cloned().collect())).collect()
}

/// The token endpoint: a code for tokens, once.
///
/// # Errors
/// [`Problem::Token`] with the standard's error, or the store's.
pub async fn redeem(ctx: &Ctx, request: TokenRequest) -> Result<TokenResponse, Problem> {
    let token = AccessToken::new(ctx.now, &ctx.random());
    let token_hash = *token.hash().as_bytes();
    let redeemed = ctx.event(
        None,
        Actor::Application(request.client_id().as_str().to_owned()),
        Fact::CodeReused { application: request.client_id().as_str().to_owned() },
    );
    let now = ctx.now;
    let (grant, code_hash, wants_to_be_told) =
        ctx.store.read(move |tx| Box::pin(async move { check(tx, &request, now).await })).await?;
    exchange(ctx, &grant, code_hash, token_hash, wants_to_be_told, redeemed).await?;
    let mut claims = vestibule_oidc::Claims::new(&ctx.issuer, &grant, ctx.now);
    if wants_to_be_told {
        claims = claims.with_session(&grant);
    }
    let id_token = ctx.signing_key.sign(&claims);
    Ok(TokenResponse::new(&token, grant.scope.clone(), id_token.map_err(Problem::broken)?))
}

/// One read: who asks, and is it their code? And does the application want to be told of the session's end? Whoever fails
/// here has cost no write.
async fn check(
    tx: &mut vestibule_store::Tx,
    request: &TokenRequest,
    now: Timestamp,
) -> Result<(Grant, [u8; 32], bool), Problem> {
    let refuse = |error| Problem::Token(Box::new(error));
    let application = tx.application(request.client_id().as_str()).await?;
    let application = application.ok_or_else(|| refuse(TokenError::ClientNotAuthenticated))?;
    let client = client(&application).map_err(Problem::broken)?;
    let authenticated = request.authenticate(&client).map_err(refuse)?;
    let vestibule_oidc::token::GrantRequest::AuthorizationCode { code, .. } = authenticated.grant();
    let hash = *code.hash().as_bytes();
    let stored = tx.code_grant(&hash, now).await?.ok_or_else(|| refuse(TokenError::CodeUnknown))?;
    let grant: Grant = serde_json::from_str(&stored).map_err(Problem::broken)?;
    vestibule_oidc::code::redeem(&authenticated, &grant, now).map_err(refuse)?;
    Ok((grant, hash, application.settings.backchannel_logout_uri.is_some()))
}

/// One conditional write: takes the code, unless it was taken. A code that comes again leaves its trace.
async fn exchange(
    ctx: &Ctx,
    grant: &Grant,
    code_hash: [u8; 32],
    token_hash: [u8; 32],
    wants_to_be_told: bool,
    mut event: vestibule_domain::event::AuditEvent,
) -> Result<(), Problem> {
    let now = ctx.now;
    let access = AccessGrant::new(grant, now);
    let session: SessionId = grant.session.parse().map_err(Problem::broken)?;
    event.account = grant.claims.account.as_ref().and_then(|account| account.id.parse().ok());
    let tell = event.account.filter(|_| wants_to_be_told).map(|account| ToTell {
        client_id: grant.client_id.as_str().to_owned(),
        account,
        sub: grant.subject.as_str().to_owned(),
    });
    let new = NewToken {
        hash: token_hash,
        grant: serde_json::to_string(&access).map_err(Problem::broken)?,
        expires_at: access.expires,
        tell,
    };
    let reused = event.clone();
    if let Actor::Application(application) = &event.actor {
        event.fact = Fact::CodeRedeemed { application: application.clone(), session };
    }
    let redeemed = ctx
        .store
        .write(move |tx| Box::pin(async move { tx.redeem_code(&code_hash, now, &new, &event, &reused).await }));
    match redeemed.await? {
        Redeemed::Grant(_) => Ok(()),
        Redeemed::Unknown | Redeemed::Reused => Err(Problem::Token(Box::new(TokenError::CodeUnknown))),
    }
}

/// The userinfo endpoint.
///
/// # Errors
/// The token is none, is over age, or its session has ended.
pub async fn userinfo(ctx: &Ctx, authorization: Option<&str>) -> Result<Result<String, UserinfoError>, Problem> {
    let token = match AccessToken::from_authorization(authorization) {
        Ok(token) => token,
        Err(error) => return Ok(Err(error)),
    };
    let (hash, now) = (*token.hash().as_bytes(), ctx.now);
    let Some(record) = ctx.store.read(move |tx| Box::pin(async move { tx.token(&hash, now).await })).await? else {
        return Ok(Err(UserinfoError::TokenUnknown));
    };
    let access: AccessGrant = serde_json::from_str(&record.grant).map_err(Problem::broken)?;
    match access.userinfo(ctx.now) {
        Ok(userinfo) => Ok(Ok(userinfo.to_json().map_err(Problem::broken)?)),
        Err(error) => Ok(Err(error)),
    }
}
