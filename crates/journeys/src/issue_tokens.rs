//! Handing a signed-in person over to an application, by OpenID Connect.
//!
//! ```text
//! asking: whose request is this, and may it be answered? ──▶ … sign_in … ──▶ hand_over: write a code
//! redeem: is this the application, is this its code? one conditional write ──▶ tokens
//! refresh: is this the newest token of its family? one conditional write ──▶ tokens, and the next
//! userinfo, introspect: one read                      revoke: one write
//! ```

pub(crate) mod claims;
mod questions;
mod redeem;
mod refresh;

use vestibule_domain::account::Account;
use vestibule_domain::application::{Application, ApplicationSettings, Pkce, RefreshTokens};
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::session::{Session, SessionUser};
use vestibule_domain::user::User;
use vestibule_oidc::code::SignedIn;
use vestibule_oidc::{
    Algorithm, Answer, AuthorizationCode, AuthorizationError, AuthorizationRequest, Client, ClientAuthentication,
    ClientId, ErrorCode, Grant, IdTokenHint, RedirectUri, SecretHash, Shown, Subject,
};
use vestibule_store::tx::NewCode;

pub(crate) use self::claims::person;
pub use self::questions::{introspect, revoke, userinfo};
pub use self::redeem::answer;
use crate::ctx::Ctx;
use crate::forward_auth;
use crate::problem::Problem;

/// An application that asks for a sign-in, and its request, which is in order.
#[derive(Debug)]
pub struct Asking {
    /// The application.
    pub application: Application,
    /// What it asks for.
    pub request: AuthorizationRequest,
    /// Who was signed in, as it remembers: an ID token of ours.
    pub hint: Option<IdTokenHint>,
}

impl Asking {
    /// Whether a session is of whom the application means. OIDC Core §3.1.2.1: somebody else's answers with an error.
    pub(crate) fn means(&self, session: &Session) -> bool {
        self.hint.as_ref().is_none_or(|hint| is_about(hint, session))
    }
}

/// Whether an ID token was issued in this session, or to an application about whoever has it.
pub(crate) fn is_about(hint: &IdTokenHint, session: &Session) -> bool {
    if hint.sid.as_ref().is_some_and(|sid| *sid == session.id.to_string()) {
        return true;
    }
    let account = hint.account.as_ref().is_none_or(|account| account.id == session.account.to_string());
    account
        && match &session.user {
            SessionUser::Known(user) => hint.sub == user.to_string(),
            SessionUser::PassedThrough { sub, .. } => hint.sub == *sub,
        }
}

/// Reads an authorization request. An error that may be told to the application is that answer.
///
/// # Errors
/// What must be shown instead, for the application's address is not known.
pub async fn asking(ctx: &Ctx, query: &str) -> Result<Result<Asking, Answer>, Problem> {
    let client_id = match AuthorizationRequest::client_id(query) {
        Ok(client_id) => client_id,
        Err(error) => return back_or_show(error),
    };
    let Some(application) = application(ctx, &client_id).await? else {
        return Err(Problem::Authorization(Box::new(Shown::ClientUnknown { got: client_id.as_str().to_owned() })));
    };
    let client = client(&application).map_err(Problem::broken)?;
    let request = match AuthorizationRequest::parse(query, &client, &ctx.issuer) {
        Ok(request) => request,
        Err(error) => return back_or_show(error),
    };
    let hint = request.id_token_hint.as_deref();
    let hint = hint.map(|jws| IdTokenHint::verify(jws, &ctx.token_keys.ring().known(), &ctx.issuer)).transpose();
    Ok(match hint {
        Ok(hint) => Ok(Asking { application, request, hint }),
        // Whom it means cannot be told, and somebody else must not be handed over.
        Err(error) => {
            let why = format!("id_token_hint is not accepted: {error}");
            Err(request.error(&ctx.issuer, ErrorCode::InvalidRequest, &why))
        }
    })
}

fn back_or_show(error: AuthorizationError) -> Result<Result<Asking, Answer>, Problem> {
    match error {
        AuthorizationError::Show(shown) => Err(Problem::Authorization(Box::new(shown))),
        AuthorizationError::RedirectBack { answer, .. } => Ok(Err(answer)),
    }
}

pub(crate) async fn application(ctx: &Ctx, client_id: &ClientId) -> Result<Option<Application>, Problem> {
    let client_id = client_id.as_str().to_owned();
    Ok(ctx.store.read(move |tx| Box::pin(async move { tx.application(&client_id).await })).await?)
}

/// The client that OpenID Connect knows an application as. What is stored was checked when it was saved.
pub(crate) fn client(application: &Application) -> Result<Client, String> {
    let settings = &application.settings;
    let addresses = |texts: &[String]| texts.iter().map(RedirectUri::new).collect::<Result<Vec<_>, _>>();
    let told = |error: vestibule_oidc::redirect_uri::RedirectUriError| error.to_string();
    let callbacks: Vec<String> = settings.sites.iter().map(|site| forward_auth::callback(site)).collect();
    let mut redirect_uris = addresses(&settings.redirect_uris).map_err(told)?;
    redirect_uris.extend(addresses(&callbacks).map_err(told)?);
    let hashes = settings.secret_hashes.iter().map(|hash| SecretHash::try_from(hash.clone())).collect::<Result<_, _>>();
    let authentication = if settings.is_public {
        ClientAuthentication::None
    } else {
        ClientAuthentication::ClientSecret { secrets: hashes.map_err(|error| error.to_string())? }
    };
    Ok(Client {
        id: ClientId::new(&*application.client_id).map_err(|error| error.to_string())?,
        name: settings.name.clone(),
        redirect_uris,
        post_logout_redirect_uris: addresses(&settings.post_logout_redirect_uris).map_err(told)?,
        native: settings.native,
        pkce: match settings.pkce {
            // Nothing else binds a public client's codes to it.
            Pkce::Optional if !settings.is_public => vestibule_oidc::Pkce::Optional,
            Pkce::Required | Pkce::Optional => vestibule_oidc::Pkce::Required,
        },
        authentication,
    })
}

/// How an application's tokens are signed. What is stored was checked when it was saved.
pub(crate) fn algorithm(settings: &ApplicationSettings) -> Result<Algorithm, Problem> {
    settings.id_token_alg.as_deref().map_or(Ok(Algorithm::default()), str::parse).map_err(Problem::broken)
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

/// A code for somebody who has a session already: the answer that carries it.
///
/// # Errors
/// Those of the store.
pub async fn hand_over(ctx: &Ctx, asking: &Asking, session: &Session, user: Option<&User>) -> Result<Answer, Problem> {
    let account = session.account;
    let account = ctx.store.read(move |tx| Box::pin(async move { tx.account(account).await })).await?;
    let account = account.ok_or(Problem::NotFound)?;
    let person = person(&session.user, user)?;
    let (code, answer) = code(ctx, asking, session, &account, person)?;
    let Some(code) = code else { return Ok(answer) };
    let event = ctx.event(
        account.id,
        Actor::Visitor,
        Fact::CodeIssued { application: code.client_id.clone(), session: session.id },
    );
    ctx.store.write(move |tx| Box::pin(async move { tx.insert_code(&code, &event).await })).await?;
    Ok(answer)
}

/// A code, to be written with whatever made it, and the answer that carries it to the application. Where somebody else
/// came than the application means, there is none, and the answer says so.
pub(crate) fn code(
    ctx: &Ctx,
    asking: &Asking,
    session: &Session,
    account: &Account,
    person: claims::Person<'_>,
) -> Result<(Option<NewCode>, Answer), Problem> {
    if !asking.means(session) {
        let why = "id_token_hint names somebody else than whoever is signed in";
        return Ok((None, asking.request.error(&ctx.issuer, ErrorCode::LoginRequired, why)));
    }
    let code = AuthorizationCode::new(ctx.now, &ctx.random());
    let authentication = &session.authentication;
    let mut claims = claims::of(&asking.application.settings, account, session.connection, &person);
    if asking.request.scope.has_attributes() {
        claims.attributes.clone_from(&authentication.attributes);
    }
    let signed_in = SignedIn {
        subject: Subject::new(person.sub).map_err(Problem::broken)?,
        claims,
        auth_time: authentication.authn_instant,
        session: session.id.to_string(),
        amr: authentication.methods.clone(),
        acr: authentication.authn_context.clone(),
    };
    let mut grant = Grant::new(&asking.request, signed_in, ctx.now);
    if asking.application.settings.refresh_tokens != RefreshTokens::Offline {
        grant.scope = grant.scope.without_offline_access();
    }
    let new = NewCode {
        hash: *code.hash().as_bytes(),
        client_id: asking.application.client_id.clone(),
        session: session.id,
        expires_at: grant.expires,
        grant: serde_json::to_string(&grant).map_err(Problem::broken)?,
    };
    Ok((Some(new), asking.request.success(&ctx.issuer, &code)))
}
