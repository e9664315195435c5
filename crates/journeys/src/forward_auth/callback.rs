//! A browser comes back to a site with a code.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::SessionId;
use vestibule_oidc::pkce::CodeVerifier;
use vestibule_oidc::relying_party::{CallbackError, Pending};
use vestibule_oidc::{AuthorizationCode, ClientId, Grant, SiteToken, TokenError};
use vestibule_store::tx::{NewSiteSession, Redeemed};

use super::{Answer, SiteRequest, application, at_most, callback as callback_of};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// How many sign-ins a browser keeps at a site at once: enough that a few tabs do not disturb one another, and few enough
/// that a page which opens many leaves no more cookies than a proxy takes.
const KEPT: u8 = 8;

/// What a browser keeps, at the site, of a sign-in that it began.
#[derive(Clone)]
pub struct Begun {
    /// Tells the sign-ins of a browser apart; stands in the name of the cookie.
    pub name: String,
    /// The value of the cookie.
    pub value: String,
}

/// Finds the value of the cookie that keeps a sign-in, by its name.
pub type BegunCookies<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// A browser that is signed in at a site from now on.
#[derive(Debug)]
pub struct SignedIn {
    /// Where it wanted to: an address of the site.
    pub location: String,
    /// The value of the site's cookie.
    pub token: SiteToken,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The name of what is kept no more.
    pub spent: String,
}

/// Why a sign-in came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It was begun in another browser, too long ago, or the browser keeps no cookies.
    NotBegunHere,
    /// The person was not let in, or turned back: the standard's error and its sentence.
    Refused {
        /// `error`.
        error: String,
        /// `error_description`.
        description: String,
    },
    /// The answer or its code is not good.
    NotGood,
}

impl Begun {
    pub(super) fn new(pending: &Pending, back: &str) -> Self {
        let Pending { state, code_verifier, .. } = pending;
        let value = format!("{state}.{}.{}", code_verifier.as_str(), URL_SAFE_NO_PAD.encode(back));
        Self { name: name_of(state), value }
    }

    /// What was kept, and where the browser wanted to.
    fn read(value: &str) -> Option<(Pending, String)> {
        let mut parts = value.split('.');
        let (state, verifier, back) = (parts.next()?, parts.next()?, parts.next()?);
        let back = String::from_utf8(URL_SAFE_NO_PAD.decode(back).ok()?).ok().filter(|back| back.starts_with('/'))?;
        let code_verifier = CodeVerifier::parse(verifier).ok()?;
        Some((Pending { state: state.to_owned(), nonce: String::new(), code_verifier }, back))
    }
}

fn name_of(state: &str) -> String {
    (state.bytes().next().unwrap_or_default() % KEPT).to_string()
}

pub(super) async fn callback(
    ctx: &Ctx,
    request: &SiteRequest,
    query: &str,
    begun: super::BegunCookies<'_>,
) -> Result<Answer, Problem> {
    let application = application(ctx, &request.origin).await?;
    let state = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "state");
    let name = state.map(|(_, state)| name_of(&state)).unwrap_or_default();
    let Some((pending, back)) = begun(&name).as_deref().and_then(Begun::read) else {
        return Ok(Answer::Failed(Failure::NotBegunHere));
    };
    let code = match pending.check_callback(query, &ctx.issuer) {
        Ok(code) => AuthorizationCode::parse(&code),
        Err(CallbackError::Refused { error, description }) => {
            return Ok(Answer::Failed(Failure::Refused { error, description }));
        }
        Err(CallbackError::State) => return Ok(Answer::Failed(Failure::NotBegunHere)),
        Err(_) => return Ok(Answer::Failed(Failure::NotGood)),
    };
    let Some(code) = code else { return Ok(Answer::Failed(Failure::NotGood)) };
    let client_id = ClientId::new(&*application.client_id).map_err(Problem::broken)?;
    match redeem(ctx, request, &client_id, &code, &pending).await? {
        None => Ok(Answer::Failed(Failure::NotGood)),
        Some((token, expires_at)) => {
            let location = format!("{}{back}", request.origin);
            Ok(Answer::SignedIn(SignedIn { location, token, expires_at, spent: name }))
        }
    }
}

/// The code for a cookie of the site, once.
async fn redeem(
    ctx: &Ctx,
    request: &SiteRequest,
    client_id: &ClientId,
    code: &AuthorizationCode,
    pending: &Pending,
) -> Result<Option<(SiteToken, Timestamp)>, Problem> {
    let (hash, now) = (*code.hash().as_bytes(), ctx.now);
    let stored = ctx.store.read(move |tx| Box::pin(async move { tx.code_grant(&hash, now).await })).await?;
    let Some(stored) = stored else { return Ok(None) };
    let grant: Grant = serde_json::from_str(&stored).map_err(Problem::broken)?;
    let address = callback_of(&request.origin);
    let good = vestibule_oidc::code::redeem_at_site(&grant, client_id, &address, &pending.code_verifier, now);
    if let Err(error) = good {
        log(client_id, &error);
        return Ok(None);
    }
    let token = SiteToken::new(now, &ctx.random());
    let new = NewSiteSession {
        hash: *token.hash().as_bytes(),
        client_id: client_id.as_str().to_owned(),
        origin: request.origin.clone(),
        expires_at: at_most(now),
    };
    let session: SessionId = grant.session.parse().map_err(Problem::broken)?;
    let account = grant.claims.account.as_ref().and_then(|account| account.id.parse().ok());
    let application = client_id.as_str().to_owned();
    let reused = ctx.event(account, Actor::Visitor, Fact::CodeReused { application: application.clone() });
    let redeemed = AuditEvent { fact: Fact::CodeRedeemed { application, session }, ..reused.clone() };
    let expires_at = new.expires_at;
    let write = ctx
        .store
        .write(move |tx| Box::pin(async move { tx.redeem_code_at_site(&hash, now, &new, &redeemed, &reused).await }));
    Ok(matches!(write.await?, Redeemed::Grant(_)).then_some((token, expires_at)))
}

fn log(client_id: &ClientId, error: &TokenError) {
    tracing::warn!(application = %client_id, %error, "a code was not redeemed at a site");
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").finish_non_exhaustive()
    }
}
