//! What applications ask about tokens: who somebody is, whether a token holds, and that one be given up.

use vestibule_domain::application::Application;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::FamilyId;
use vestibule_oidc::{
    AccessGrant, AccessToken, AnyToken, ClientId, Introspection, OwnGrant, RefreshGrant, RefreshToken, TokenError,
    TokenQuestion, UserinfoError,
};
use vestibule_store::Tx;

use super::client;
use super::redeem::{application, refuse};
use crate::ctx::Ctx;
use crate::problem::Problem;

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

/// A token that holds, and what it stands for.
enum Held {
    /// An access token of a person.
    Access(AccessGrant),
    /// An application's, for itself.
    Own(OwnGrant),
    /// The newest refresh token of its family, and when that ends.
    Refresh(RefreshGrant, i64),
}

impl Held {
    fn client_id(&self) -> &ClientId {
        match self {
            Self::Access(grant) => &grant.client_id,
            Self::Own(grant) => &grant.client_id,
            Self::Refresh(grant, _) => &grant.client_id,
        }
    }
}

/// The introspection endpoint: the body that says what a token is. Of another application's token, unless it may ask
/// about those, an application learns nothing. RFC 7662 §2.
///
/// # Errors
/// [`Problem::Token`] where the application is not authenticated, or the store's.
pub async fn introspect(ctx: &Ctx, question: TokenQuestion) -> Result<String, Problem> {
    let shared = ctx.clone();
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let (asker, token) = believed(tx, &question).await?;
            if asker.settings.is_public {
                return Err(refuse(TokenError::NotAskedByPublicClients));
            }
            let Some(token) = token else { return Ok(None) };
            let held = held(tx, &shared, token).await?;
            Ok::<_, Problem>(held.filter(|held| may_ask(&asker, held.client_id())))
        })
    });
    let found = found.await?;
    let issuer = &ctx.issuer;
    let answer = match &found {
        None => Introspection::inactive(),
        Some(Held::Access(grant)) => {
            let end = grant.expires.as_second();
            Introspection::active(issuer, &grant.client_id, grant.scope.as_str(), end)
                .bearer()
                .about(&grant.subject, &grant.session, &grant.claims)
                .into()
        }
        Some(Held::Own(grant)) => {
            Introspection::active(issuer, &grant.client_id, &grant.scope, grant.expires.as_second()).bearer().into()
        }
        Some(Held::Refresh(grant, end)) => Introspection::active(issuer, &grant.client_id, grant.scope.as_str(), *end)
            .about(&grant.subject, &grant.session, &grant.claims)
            .into(),
    };
    answer.to_json().map_err(Problem::broken)
}

/// The revocation endpoint: a token is given up, a refresh token with all that goes back to the same sign-in. A token that
/// is none, or none any more, is no error. RFC 7009 §2.
///
/// # Errors
/// [`Problem::Token`] where the application is not authenticated or the token is another one's, or the store's.
pub async fn revoke(ctx: &Ctx, question: TokenQuestion) -> Result<(), Problem> {
    let client_id = question.client_id().as_str().to_owned();
    let shared = ctx.clone();
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let (_, token) = believed(tx, &question).await?;
            let Some(token) = token else { return Ok(None) };
            let found = match token {
                AnyToken::Access(_) => held(tx, &shared, token).await?,
                // Whoever gives up a token that was used before means its family: somebody else may have the newest.
                AnyToken::Refresh(token) => of_family(tx, &shared, token, None).await?,
            };
            match found {
                Some(held) if held.client_id() != question.client_id() => Err(refuse(TokenError::TokenOfAnotherClient)),
                held => Ok(held.map(|_| token.clone())),
            }
        })
    });
    let Some(token) = found.await? else { return Ok(()) };
    let fact = Fact::TokenRevoked { application: client_id.clone() };
    let event = ctx.event(None, Actor::Application(client_id), fact);
    let write = ctx.store.write(move |tx| {
        Box::pin(async move {
            match token {
                AnyToken::Access(token) => tx.revoke_token(token.hash().as_bytes(), &event).await,
                AnyToken::Refresh(token) => tx.end_family(family(&token), &event).await,
            }
        })
    });
    write.await.map(drop).map_err(Problem::from)
}

/// The application that asks, which has proved itself, and the token.
async fn believed<'q>(
    tx: &mut Tx,
    question: &'q TokenQuestion,
) -> Result<(Application, Option<&'q AnyToken>), Problem> {
    let asker = application(tx, question.client_id().as_str()).await?;
    let client = client(&asker).map_err(Problem::broken)?;
    let token = question.authenticate(&client).map_err(refuse)?;
    Ok((asker, token))
}

fn may_ask(asker: &Application, of: &ClientId) -> bool {
    asker.client_id == of.as_str() || asker.settings.introspects.iter().any(|one| one == of.as_str())
}

async fn held(tx: &mut Tx, ctx: &Ctx, token: &AnyToken) -> Result<Option<Held>, Problem> {
    match token {
        AnyToken::Access(token) => {
            let hash = token.hash();
            if let Some(record) = tx.token(hash.as_bytes(), ctx.now).await? {
                return read(&record.grant).map(Held::Access).map(Some);
            }
            let own = tx.own_token(hash.as_bytes(), ctx.now).await?;
            own.as_deref().map(read).transpose().map(|grant| grant.map(Held::Own))
        }
        // One that was used before says nothing.
        AnyToken::Refresh(token) => of_family(tx, ctx, token, Some(token.hash())).await,
    }
}

/// What a refresh token's family stands for; with a hash, where that is its newest token's.
async fn of_family(
    tx: &mut Tx,
    ctx: &Ctx,
    token: &RefreshToken,
    newest: Option<[u8; 32]>,
) -> Result<Option<Held>, Problem> {
    let record = tx.refresh_family(family(token), ctx.now).await?;
    let record = record.filter(|record| newest.is_none_or(|hash| hash == record.secret_hash));
    record.map(|record| Ok(Held::Refresh(read(&record.grant)?, record.expires_at.as_second()))).transpose()
}

fn family(token: &RefreshToken) -> FamilyId {
    FamilyId::from_bytes(token.family())
}

fn read<T: serde::de::DeserializeOwned>(grant: &str) -> Result<T, Problem> {
    serde_json::from_str(grant).map_err(Problem::broken)
}
