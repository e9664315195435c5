//! Somebody wants in: which connection, and then to its identity provider.

use std::sync::Arc;

use vestibule_domain::account::Start;
use vestibule_domain::attempt::{self, Purpose, SignInAttempt};
use vestibule_domain::connection::{ConnectionState, LoginHint, Reauthentication, RequestSigning, SignOnBinding};
use vestibule_domain::discovery::Route;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::{self, AttemptId, ConnectionId};
use vestibule_domain::name::{DomainName, EmailAddress};
use vestibule_domain::password;
use vestibule_domain::session::{Authentication, Session};
use vestibule_oidc::{ErrorCode, Prompt};
use vestibule_saml::binding::{RelayState, Signer};
use vestibule_saml::sp::request::AuthnRequest;
use vestibule_saml::types::AuthnContextClassRef;

use super::visit::{AskedFor, Binding, Choice, Next, Nowhere, Page, Target, Visit};
use crate::ctx::Ctx;
use crate::deployment::Place;
use crate::issue_tokens::{self, Asking};
use crate::problem::Problem;
use crate::table::{self, Table};
use crate::trust::{self, NotReady};
use crate::way::{self, Way};
use crate::words::Obstacle;

/// Somebody wants in.
///
/// # Errors
/// A request that cannot be answered to the application, an unknown connection, one that is not active or not ready.
pub async fn begin(ctx: &Ctx, visit: Visit) -> Result<Next, Problem> {
    let asking = match &visit.target {
        Target::Application(query) => match issue_tokens::asking(ctx, query).await? {
            Ok(asking) => Some(asking),
            Err(back) => return Ok(Next::answer(back)),
        },
        Target::Account(_) => None,
    };
    let table = table::load(ctx, &visit, asking.as_ref()).await?;
    if visit.asked_for == AskedFor::Any
        && let Some(next) = already_signed_in(ctx, &table, asking.as_ref()).await?
    {
        return Ok(next);
    }
    if let Some(location) = at_the_accounts_own_address(ctx, &visit, &table) {
        return Ok(go(location));
    }
    if let Some(asking) = &asking
        && asking.request.prompt.contains(Prompt::None)
    {
        let why = "nobody is signed in at this browser in the way that is asked for";
        return Ok(Next::answer(asking.request.error(&ctx.issuer, ErrorCode::LoginRequired, why)));
    }
    match visit.asked_for {
        AskedFor::Test(connection) => ask(ctx, &visit, connection, &table, None).await,
        AskedFor::Connection(connection) | AskedFor::Anew(connection) => {
            ask(ctx, &visit, connection, &table, asking.as_ref()).await
        }
        AskedFor::Any => choose(ctx, visit, &table, asking.as_ref()).await,
    }
}

/// An application's request that names an account goes on at that account's own address, where its people's sessions
/// are: whoever signed in there is let in without another way round. Only the deployment's own address sends on.
fn at_the_accounts_own_address(ctx: &Ctx, visit: &Visit, table: &Table) -> Option<String> {
    let Target::Application(query) = &visit.target else { return None };
    let sub_domain = table.account.as_ref()?.sub_domain.as_ref()?;
    let here = visit.host == Place::Base && visit.asked_for == AskedFor::Any;
    let own = ctx.deployment.origin_of(Some(sub_domain));
    (here && own != visit.origin).then(|| format!("{own}/oidc/authorize?{query}"))
}

/// A session that is good enough answers at once.
async fn already_signed_in(ctx: &Ctx, table: &Table, asking: Option<&Asking>) -> Result<Option<Next>, Problem> {
    let Some((session, user)) = &table.session else { return Ok(None) };
    let Some(asking) = asking else {
        return Ok(Some(go("/me".to_owned())));
    };
    if !serves(session, table, asking, ctx) {
        return Ok(None);
    }
    issue_tokens::hand_over(ctx, asking, session, user.as_ref()).await.map(|answer| Some(Next::answer(answer)))
}

/// Whether a session answers an application: of the account that is asked for, whether by its name, by a connection or
/// by somebody's address; of the person whom the application means; recent enough; by a method that is wished for; and
/// neither a new sign-in nor a choice wanted.
fn serves(session: &Session, table: &Table, asking: &Asking, ctx: &Ctx) -> bool {
    let named = table.account.as_ref().map(|account| account.id);
    let account = named.or(table.owner.map(|owner| owner.account));
    account.is_none_or(|account| account == session.account)
        && asking.means(session)
        && table.hints.connection.is_none_or(|connection| Some(connection) == session.connection)
        && {
            let Authentication { authn_instant, authn_context, .. } = &session.authentication;
            asking.request.is_satisfied_by(*authn_instant, authn_context.as_deref(), ctx.now)
        }
}

/// Discovery: straight to the one connection, or a page.
async fn choose(ctx: &Ctx, visit: Visit, table: &Table, asking: Option<&Asking>) -> Result<Next, Problem> {
    let (connections, nowhere) = match table.route() {
        Route::To(connection) => (vec![connection], None),
        Route::Choose(connections) => (connections, None),
        Route::Ask => (Vec::new(), None),
        Route::Nobody => (Vec::new(), Some(nowhere(&visit, table))),
    };
    let mut ways = Vec::with_capacity(connections.len());
    for connection in connections {
        ways.extend(way_by(ctx, connection, table).await?);
    }
    if let [only] = ways.as_slice()
        && starts_directly(only)
        && !asking.is_some_and(|asking| asking.request.prompt.contains(Prompt::SelectAccount))
    {
        return ask(ctx, &visit, only.connection.id, table, asking).await;
    }
    let password = password_page(ctx, table, &ways);
    Ok(Next::Page(Box::new(Page {
        account: table.account.clone(),
        password,
        application: asking.map(|asking| asking.application.settings.name.clone()),
        choices: ways.iter().map(choice).collect(),
        target: visit.target,
        email: visit.email,
        nowhere,
    })))
}

/// Where a password may be typed instead of pressing one of these buttons: at the own address of the account that is
/// known.
fn password_page(ctx: &Ctx, table: &Table, ways: &[Way]) -> Option<String> {
    let account = match (&table.account, ways) {
        (Some(account), _) => account,
        (None, [first, rest @ ..]) if rest.iter().all(|other| other.account.id == first.account.id) => &first.account,
        (None, _) => return None,
    };
    let origin = ctx.deployment.origin_of(account.sub_domain.as_ref());
    password::is_offered(account).then(|| format!("{origin}/sign-in/password"))
}

/// Nobody is led anywhere. Administrators want to know what the neutral page does not say (SC-24): the log has it. Of
/// the address that was typed the domain alone is told, and that only where it can be one.
fn nowhere(visit: &Visit, table: &Table) -> Nowhere {
    let email = visit.email.as_deref().and_then(|text| text.parse::<EmailAddress>().ok());
    let domain = email.and_then(|email| email.domain().parse::<DomainName>().ok());
    let why = match (&table.account, table.owner) {
        (Some(_), _) => "the account whose address was opened has no connection in use",
        (None, Some(_)) => "the domain is proved, and its account has no connection in use for it",
        (None, None) => "the domain is proved for no account",
    };
    let named = table.account.as_ref().map(|account| account.id);
    let about = named.or(table.owner.map(|owner| owner.account));
    let (domain, about) = (domain.map(|domain| domain.to_string()), about.map(|account| account.to_string()));
    tracing::info!(domain, account = about, why, "somebody could not be led to a connection");
    Nowhere { account: named }
}

/// A connection as the way into the account that is named. An account's own connection is found although it may not use
/// it, so that it is told why; another one's is not.
async fn way_by(ctx: &Ctx, id: ConnectionId, table: &Table) -> Result<Option<Way>, Problem> {
    let Some(trust) = trust::of(ctx, id, table.versions(id)).await? else { return Ok(None) };
    let into = match (table.account_behind(id), &table.account) {
        (Some(into), _) => into,
        // The host, the request or the application's registration may name an account: then no other one's connection
        // leads in, whatever a form says.
        (None, Some(account)) if account.id != trust.owner.id => return Ok(None),
        (None, _) => trust.owner.id,
    };
    match &table.account {
        Some(account) if account.id == into && into != trust.owner.id => {
            Ok(Some(Way { account: Arc::new(account.clone()), trust }))
        }
        _ => Way::leading_to(ctx, trust, into).await,
    }
}

fn starts_directly(way: &Way) -> bool {
    way.connection.saml.start.unwrap_or(way.account.settings.start) == Start::Direct
}

fn choice(way: &Way) -> Choice {
    Choice {
        connection: way.connection.id,
        into: way.account.id,
        account: way.owner.name.clone(),
        button: way.connection.saml.button.clone(),
        preset: way.connection.saml.preset,
    }
}

/// Write 1: the attempt; then to the identity provider.
async fn ask(
    ctx: &Ctx,
    visit: &Visit,
    id: ConnectionId,
    table: &Table,
    asking: Option<&Asking>,
) -> Result<Next, Problem> {
    let way = way_by(ctx, id, table).await?.ok_or(Problem::NotFound)?;
    let purpose = match (visit.asked_for, &visit.target) {
        (AskedFor::Test(_), _) => Purpose::Test,
        (_, Target::Account(_)) => Purpose::Account,
        (_, Target::Application(_)) => Purpose::Application,
    };
    if purpose == Purpose::Test && way.account.id != way.owner.id {
        return Err(Problem::NotFound);
    }
    let may_begin = match way.connection.state {
        ConnectionState::Active => true,
        ConnectionState::Draft | ConnectionState::Tested => purpose == Purpose::Test,
        ConnectionState::Paused => false,
    };
    if !may_begin {
        let place = way.turn_back(ctx, &Obstacle::NotActive(way.connection.state)).await?;
        return Err(Problem::NotActive(place, way.connection.state));
    }
    if purpose != Purpose::Test && !table.is_in_use(way.account.id, id) {
        let why = way::why_not(ctx, way.account.id).await?;
        return Err(Problem::NoWay(way.turn_back(ctx, &Obstacle::NoWay(why)).await?, why));
    }
    let attempt_id = AttemptId::new(ctx.now, ctx.random::<{ id::RANDOM }>());
    let binding = Binding::new(attempt_id, ctx.random());
    let attempt = SignInAttempt {
        id: attempt_id,
        account: way.account.id,
        connection: id,
        purpose,
        target: if purpose == Purpose::Test { String::new() } else { visit.target.kept() },
        origin: visit.origin.clone(),
        acs_url: way.requested_acs_url().clone(),
        binding: binding.hash(),
        force_authn: must_authenticate(visit, &way, table, asking),
        created_at: ctx.now,
        expires_at: ctx.now + attempt::LIFETIME,
    };
    let next = match request(ctx, visit, &way, &attempt, asking, binding) {
        Ok(next) => next,
        Err(Unasked::Lacks(lacks)) => {
            let place = way.turn_back(ctx, &Obstacle::NotReady(lacks.clone())).await?;
            return Err(Problem::NotReady(place, lacks));
        }
        Err(Unasked::Broken(broken)) => return Err(*broken),
    };
    let event = ctx.event(way.account.id, Actor::Visitor, Fact::SignInStarted { attempt: attempt_id, connection: id });
    ctx.store.write(move |tx| Box::pin(async move { tx.insert_attempt(&attempt, &event).await })).await?;
    Ok(next)
}

fn must_authenticate(visit: &Visit, way: &Way, table: &Table, asking: Option<&Asking>) -> bool {
    // Somebody else is in than the application means: the identity provider would send the same person once more.
    let other = |asking: &Asking| table.session.as_ref().is_some_and(|(session, _)| !asking.means(session));
    matches!(visit.asked_for, AskedFor::Anew(_))
        || way.connection.saml.reauthentication == Reauthentication::Always
        || asking.is_some_and(|asking| asking.request.wants_authentication() || other(asking))
        // E-17: without it Entra refuses whoever is signed in there by another method, on a page of its own.
        || !wished_methods(way, asking).is_empty()
}

/// The methods that the application wishes for, as far as an identity provider can be asked for them: those that are
/// URIs. Where the connection demands methods of its own, those count and no wish does.
fn wished_methods(way: &Way, asking: Option<&Asking>) -> Vec<AuthnContextClassRef> {
    if !way.connection.saml.authn_context.is_empty() {
        return Vec::new();
    }
    let wished = asking.into_iter().flat_map(|asking| &asking.request.acr_values);
    wished.filter(|acr| is_uri(acr)).map(|acr| AuthnContextClassRef::from_uri(acr)).collect()
}

/// Whether a text begins as an absolute URI does (RFC 3986 §3.1), and XML can carry it as it is.
fn is_uri(text: &str) -> bool {
    let scheme = text.split_once(':').filter(|(_, rest)| !rest.is_empty()).map(|(scheme, _)| scheme);
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.');
    scheme.is_some_and(|scheme| scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(plain))
        && text.bytes().all(|octet| octet.is_ascii_graphic())
}

/// Why nobody can be sent to the identity provider.
enum Unasked {
    Lacks(NotReady),
    Broken(Box<Problem>),
}

impl Unasked {
    fn broken(error: impl std::fmt::Display) -> Self {
        Self::Broken(Box::new(Problem::broken(error)))
    }
}

/// The request, by the connection's binding, signed where the connection signs.
fn request(
    ctx: &Ctx,
    visit: &Visit,
    way: &Way,
    attempt: &SignInAttempt,
    asking: Option<&Asking>,
    binding: Binding,
) -> Result<Next, Unasked> {
    let saml = &way.connection.saml;
    way.idp().map_err(Unasked::Lacks)?;
    let sign_on = saml.sign_on.as_ref().ok_or(Unasked::Lacks(NotReady::SignOn))?;
    let mut request = AuthnRequest::new(
        attempt.request_id(),
        ctx.now,
        way.sp.entity_id.clone(),
        sign_on.url.clone(),
        attempt.acs_url.clone(),
    );
    request.name_id_format.clone_from(&saml.name_id_format);
    request.force_authn = attempt.force_authn;
    request.requested_authn_context.clone_from(&saml.authn_context);
    request.requested_authn_context.extend(wished_methods(way, asking));
    let relay_state = RelayState::new(attempt.id.to_string()).map_err(Unasked::broken)?;
    let signer = match saml.requests {
        RequestSigning::Unsigned => None,
        RequestSigning::Signed => Some(Signer::new(way.signing.as_ref().ok_or(Unasked::Lacks(NotReady::SigningKey))?)),
    };
    match sign_on.binding {
        SignOnBinding::Redirect => {
            let asked = asking.and_then(|asking| asking.request.login_hint.as_deref());
            let hint = visit.email.as_deref().or(asked).filter(|_| saml.login_hint == LoginHint::Send);
            let location = request.redirect_url(Some(&relay_state), hint, signer.as_ref()).map_err(Unasked::broken)?;
            Ok(Next::Go { location, binding: Some(binding) })
        }
        SignOnBinding::Post => {
            let form = request.post_form(Some(&relay_state), signer.as_ref()).map_err(Unasked::broken)?;
            Ok(Next::Post { account: Arc::clone(&way.account), form, binding })
        }
    }
}

fn go(location: String) -> Next {
    Next::Go { location, binding: None }
}
