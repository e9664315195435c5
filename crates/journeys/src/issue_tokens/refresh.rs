//! A refresh token for new tokens and the next one: at the token endpoint.

use jiff::Timestamp;
use vestibule_domain::application::{Application, RefreshTokens};
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::FamilyId;
use vestibule_domain::user::UserState;
use vestibule_oidc::refresh::{self, SECRET};
use vestibule_oidc::{
    AccessGrant, AccessToken, Claims, RefreshGrant, RefreshToken, Scope, TokenError, TokenRequest, TokenResponse,
    UserClaims,
};
use vestibule_store::Tx;
use vestibule_store::tx::{FamilyRecord, Renewal, Renewed};

use super::redeem::{application, refuse};
use super::{algorithm, claims, client};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// What the read found: the application's own family, and what is known of the person by now.
struct Found {
    application: Application,
    family: FamilyRecord,
    grant: RefreshGrant,
    scope: Scope,
    claims: UserClaims,
}

/// Takes a family from the token that is brought to the next. A token that was used before ends its family.
pub(super) async fn renew(ctx: &Ctx, request: TokenRequest, brought: RefreshToken) -> Result<TokenResponse, Problem> {
    let (now, id) = (ctx.now, FamilyId::from_bytes(brought.family()));
    let found = ctx.store.read(move |tx| Box::pin(async move { check(tx, &request, id, now).await })).await?;
    let token = AccessToken::new(now, &ctx.random());
    let next = RefreshToken::new(brought.family(), ctx.random::<SECRET>());
    let access = AccessGrant::renewed(&found.grant, found.scope.clone(), found.claims.clone(), now);
    let renewal = Renewal {
        old: brought.hash(),
        new: next.hash(),
        token_hash: *token.hash().as_bytes(),
        token_grant: serde_json::to_string(&access).map_err(Problem::broken)?,
        token_expires_at: access.expires.min(found.family.expires_at),
    };
    let client_id = found.application.client_id.clone();
    let fact = Fact::RefreshTokenReused { application: client_id.clone(), session: found.family.session };
    let reused = ctx.event(found.family.account, Actor::Application(client_id), fact);
    let write = ctx.store.write(move |tx| Box::pin(async move { tx.renew_family(id, now, &renewal, &reused).await }));
    match write.await? {
        Renewed::Yes => {}
        Renewed::Unknown => return Err(refuse(TokenError::RefreshTokenUnknown)),
        Renewed::Reused => {
            tracing::warn!(
                application = found.application.client_id,
                session = %found.family.session,
                "a refresh token came that was used before; all that goes back to its sign-in has ended"
            );
            return Err(refuse(TokenError::RefreshTokenUnknown));
        }
    }
    let ring = ctx.token_keys.ring();
    let key = ring.signing(algorithm(&found.application.settings)?, now)?;
    let id_claims = Claims::refreshed(&ctx.issuer, &found.grant, &found.claims, &found.scope, now);
    let id_token = key.sign(&id_claims).map_err(Problem::broken)?;
    Ok(TokenResponse::new(&token, found.scope).with_id_token(id_token).with_refresh_token(Some(&next)))
}

/// One read: who asks, is it their family, and who is the person by now?
async fn check(tx: &mut Tx, request: &TokenRequest, id: FamilyId, now: Timestamp) -> Result<Found, Problem> {
    let unknown = || refuse(TokenError::RefreshTokenUnknown);
    let application = application(tx, request.client_id().as_str()).await?;
    let client = client(&application).map_err(Problem::broken)?;
    let authenticated = request.authenticate(&client).map_err(refuse)?;
    if application.settings.refresh_tokens == RefreshTokens::Off {
        return Err(refuse(TokenError::NoRefreshTokens));
    }
    let family = tx.refresh_family(id, now).await?.ok_or_else(unknown)?;
    // What was granted while more was allowed is renewed no more.
    if family.is_offline && application.settings.refresh_tokens != RefreshTokens::Offline {
        return Err(unknown());
    }
    let grant: RefreshGrant = serde_json::from_str(&family.grant).map_err(Problem::broken)?;
    let scope = refresh::renew(&authenticated, &grant).map_err(refuse)?;
    // An application that now serves one account alone renews nothing for others.
    if application.account.is_some_and(|only| only != family.account) {
        return Err(unknown());
    }
    let claims = present_claims(tx, &application, &family, &grant).await?.ok_or_else(unknown)?;
    Ok(Found { application, family, grant, scope, claims })
}

/// What is known of the person by now; of somebody who only passes through, what was said at the sign-in. None where they
/// may not sign in any more.
async fn present_claims(
    tx: &mut Tx,
    application: &Application,
    family: &FamilyRecord,
    grant: &RefreshGrant,
) -> Result<Option<UserClaims>, Problem> {
    let Some(user) = family.user else { return Ok(Some(grant.claims.clone())) };
    let user = tx.user(user).await?.filter(|user| user.state == UserState::Active);
    let account = tx.account(family.account).await?;
    let Some((user, account)) = user.zip(account) else { return Ok(None) };
    let mut present = claims::of(&application.settings, &account, family.connection, &claims::known(&user));
    present.attributes.clone_from(&grant.claims.attributes);
    Ok(Some(present))
}
