//! The token endpoint.

use jiff::Timestamp;
use vestibule_domain::application::{Application, RefreshTokens};
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::{self, FamilyId, SessionId};
use vestibule_oidc::refresh::{OFFLINE_LIFETIME, SECRET};
use vestibule_oidc::{
    AccessGrant, AccessToken, Claims, Grant, GrantRequest, OwnGrant, RefreshGrant, RefreshToken, TokenError,
    TokenRequest, TokenResponse,
};
use vestibule_store::Tx;
use vestibule_store::tx::{NewFamily, NewOwnToken, NewToken, Redeemed, ToTell};

use super::{algorithm, client, refresh};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// Answers an application at the token endpoint.
///
/// # Errors
/// [`Problem::Token`] with the standard's error, or the store's.
pub async fn answer(ctx: &Ctx, request: TokenRequest) -> Result<TokenResponse, Problem> {
    match asked(&request) {
        Asked::Code => redeem(ctx, request).await,
        Asked::Refresh(token) => refresh::renew(ctx, request, token).await,
        Asked::Itself(scope) => for_itself(ctx, request, scope).await,
    }
}

/// What is asked for, before it is believed: which facts have to be read.
enum Asked {
    Code,
    Refresh(RefreshToken),
    Itself(Option<String>),
}

fn asked(request: &TokenRequest) -> Asked {
    match request.unproved_grant() {
        GrantRequest::AuthorizationCode { .. } => Asked::Code,
        GrantRequest::RefreshToken { token, .. } => Asked::Refresh(token.clone()),
        GrantRequest::ClientCredentials { scope } => Asked::Itself(scope.clone()),
    }
}

pub(super) fn refuse(error: TokenError) -> Problem {
    Problem::Token(Box::new(error))
}

/// The application that claims to ask.
pub(super) async fn application(tx: &mut Tx, client_id: &str) -> Result<Application, Problem> {
    tx.application(client_id).await?.ok_or_else(|| refuse(TokenError::ClientNotAuthenticated))
}

/// A code for tokens, once.
async fn redeem(ctx: &Ctx, request: TokenRequest) -> Result<TokenResponse, Problem> {
    let token = AccessToken::new(ctx.now, &ctx.random());
    let now = ctx.now;
    let (grant, code_hash, application) =
        ctx.store.read(move |tx| Box::pin(async move { check(tx, &request, now).await })).await?;
    let family = new_family(ctx, &application, &grant)?;
    let (refresh_token, family) = family.unzip();
    exchange(ctx, &application, &grant, code_hash, *token.hash().as_bytes(), family).await?;
    let ring = ctx.token_keys.ring();
    let key = ring.signing(algorithm(&application.settings)?, now)?;
    let id_token = key.sign(&Claims::new(&ctx.issuer, &grant, now)).map_err(Problem::broken)?;
    Ok(TokenResponse::new(&token, grant.scope.clone())
        .with_id_token(id_token)
        .with_refresh_token(refresh_token.as_ref()))
}

/// One read: who asks, and is it their code? Whoever fails here has cost no write.
async fn check(tx: &mut Tx, request: &TokenRequest, now: Timestamp) -> Result<(Grant, [u8; 32], Application), Problem> {
    let application = application(tx, request.client_id().as_str()).await?;
    let client = client(&application).map_err(Problem::broken)?;
    let authenticated = request.authenticate(&client).map_err(refuse)?;
    let GrantRequest::AuthorizationCode { code, .. } = authenticated.grant() else {
        return Err(refuse(TokenError::CodeUnknown));
    };
    let hash = *code.hash().as_bytes();
    let stored = tx.code_grant(&hash, now).await?.ok_or_else(|| refuse(TokenError::CodeUnknown))?;
    let grant: Grant = serde_json::from_str(&stored).map_err(Problem::broken)?;
    vestibule_oidc::code::redeem(&authenticated, &grant, now).map_err(refuse)?;
    Ok((grant, hash, application))
}

/// The family that begins here, where the application gets refresh tokens, and its first one.
fn new_family(
    ctx: &Ctx,
    application: &Application,
    grant: &Grant,
) -> Result<Option<(RefreshToken, NewFamily)>, Problem> {
    let offline_until = match application.settings.refresh_tokens {
        RefreshTokens::Off => return Ok(None),
        RefreshTokens::Session => None,
        RefreshTokens::Offline => {
            grant.scope.has_offline_access().then(|| ctx.now.checked_add(OFFLINE_LIFETIME).unwrap_or(Timestamp::MAX))
        }
    };
    let id = FamilyId::new(ctx.now, ctx.random::<{ id::RANDOM }>());
    let token = RefreshToken::new(id.bytes(), ctx.random::<SECRET>());
    let family = NewFamily {
        id,
        secret_hash: token.hash(),
        client_id: application.client_id.clone(),
        grant: serde_json::to_string(&RefreshGrant::new(grant)).map_err(Problem::broken)?,
        offline_until,
    };
    Ok(Some((token, family)))
}

/// One conditional write: takes the code, unless it was taken. A code that comes again leaves its trace.
async fn exchange(
    ctx: &Ctx,
    application: &Application,
    grant: &Grant,
    code_hash: [u8; 32],
    token_hash: [u8; 32],
    family: Option<NewFamily>,
) -> Result<(), Problem> {
    let now = ctx.now;
    let access = AccessGrant::new(grant, now);
    let session: SessionId = grant.session.parse().map_err(Problem::broken)?;
    let account = grant.claims.account.as_ref().and_then(|account| account.id.parse().ok());
    let client_id = application.client_id.clone();
    let wants_to_be_told = application.settings.backchannel_logout_uri.is_some();
    let tell = account.filter(|_| wants_to_be_told).map(|account| ToTell {
        client_id: client_id.clone(),
        account,
        sub: grant.subject.as_str().to_owned(),
    });
    let new = NewToken {
        hash: token_hash,
        grant: serde_json::to_string(&access).map_err(Problem::broken)?,
        expires_at: access.expires,
        tell,
        family,
    };
    let actor = Actor::Application(client_id.clone());
    let reused = ctx.event(account, actor, Fact::CodeReused { application: client_id.clone() });
    // One of the two is written: they share their place in the log.
    let redeemed = AuditEvent { fact: Fact::CodeRedeemed { application: client_id, session }, ..reused.clone() };
    let write = ctx
        .store
        .write(move |tx| Box::pin(async move { tx.redeem_code(&code_hash, now, &new, &redeemed, &reused).await }));
    match write.await? {
        Redeemed::Grant(_) => Ok(()),
        Redeemed::Unknown | Redeemed::Reused => Err(refuse(TokenError::CodeUnknown)),
    }
}

/// A token for the application itself. RFC 6749 §4.4.
async fn for_itself(ctx: &Ctx, request: TokenRequest, scope: Option<String>) -> Result<TokenResponse, Problem> {
    let token = AccessToken::new(ctx.now, &ctx.random());
    let (hash, now) = (*token.hash().as_bytes(), ctx.now);
    let read = ctx.store.read(move |tx| {
        Box::pin(async move {
            let application = application(tx, request.client_id().as_str()).await?;
            let client = client(&application).map_err(Problem::broken)?;
            let authenticated = request.authenticate(&client).map_err(refuse)?;
            let may = &application.settings.own_scopes;
            let grant = OwnGrant::new(authenticated.client_id().clone(), may, scope.as_deref(), now).map_err(refuse)?;
            Ok::<_, Problem>((grant, application.account))
        })
    });
    let (grant, account) = read.await?;
    let client_id = grant.client_id.as_str().to_owned();
    let fact = Fact::OwnTokenIssued { application: client_id.clone() };
    let event = ctx.event(account, Actor::Application(client_id.clone()), fact);
    let stored = serde_json::to_string(&grant).map_err(Problem::broken)?;
    let new = NewOwnToken { hash, client_id, grant: stored, expires_at: grant.expires };
    ctx.store.write(move |tx| Box::pin(async move { tx.insert_own_token(&new, &event).await })).await?;
    Ok(TokenResponse::new(&token, grant.scope))
}
