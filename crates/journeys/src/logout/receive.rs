//! A logout message arrives. One read, one pure check, one write.

use std::collections::BTreeMap;
use std::sync::Arc;

use vestibule_domain::account::Account;
use vestibule_domain::connection::LogoutReply;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::{AccountId, ConnectionId, SessionId};
use vestibule_domain::logout::{self, Answer, Found};
use vestibule_domain::session::Session;
use vestibule_saml::binding::post::PostBinding;
use vestibule_saml::binding::redirect::RedirectBinding;
use vestibule_saml::binding::{Field, Received, RelayState};
use vestibule_saml::logout::{LogoutExpectation, LogoutRequest, LogoutResponse};
use vestibule_saml::types::{EndpointUrl, LoopbackHttp, MessageId, Status, StatusCode};
use vestibule_store::tx::{Replay, Ring, SessionName};
use vestibule_store::{StoreError, Tx};

use super::{Arrived, NoLogout, Onward, answer, answer_url, location};
use crate::ctx::Ctx;
use crate::metrics;
use crate::problem::{ErrorCode, Place, Problem};
use crate::trace;
use crate::trust::{self, Trust};
use crate::way::Way;
use crate::words::Obstacle;

/// What a browser brought.
#[derive(Debug, Clone, Copy)]
pub enum Carried<'a> {
    /// The query of the address, as it was sent (HTTP-Redirect).
    Query(&'a str),
    /// The body of a form (HTTP-POST).
    Form(&'a [u8]),
}

/// So many sessions at most are looked for by their own names; a request that names more ends all of the person's.
const MAX_INDEXES: usize = 64;

/// A logout message arrives at a connection's address. `browser` is the hash of the session's token that the browser
/// has, which says whose sessions end only where nothing in a signed request does.
///
/// # Errors
/// A refusal; there is no such connection; those of the store.
pub async fn receive(
    ctx: &Ctx,
    id: ConnectionId,
    arrived: &str,
    carried: Carried<'_>,
    browser: Option<[u8; 32]>,
) -> Result<Arrived, Problem> {
    let trust = trust::of(ctx, id, None).await?.ok_or(Problem::NotFound)?;
    if trust.connection.saml.logout_url.is_none() {
        return Err(refused(ctx, &trust, NoLogout::NotSet).await);
    }
    let received = match read(carried) {
        Ok(received) => received,
        Err(what) => return Err(refused(ctx, &trust, NoLogout::Garbled(what)).await),
    };
    let Ok(destination) = EndpointUrl::new(arrived, LoopbackHttp::Allow) else { return Err(Problem::NotFound) };
    if !trust.is_own_address(ctx, "slo", arrived).await? {
        let (got, want) = (arrived.to_owned(), trust.logout_url.as_str().to_owned());
        return Err(refused(ctx, &trust, NoLogout::Address { got, want }).await);
    }
    let expect = match trust.logout_expectation(&destination, ctx.now) {
        Ok(expect) => expect,
        Err(lacks) => {
            let place = Way::own(trust).note(ctx, &Obstacle::NotReady(lacks.clone())).await?;
            return Err(Problem::NotReady(place, lacks));
        }
    };
    match received.field {
        Field::SamlRequest => requested(ctx, &trust, &received, &expect, browser).await,
        Field::SamlResponse => answered(ctx, &trust, &received, &expect).await,
    }
}

fn read(carried: Carried<'_>) -> Result<Received, String> {
    match carried {
        Carried::Query(query) => RedirectBinding::parse(&format!("?{query}")).map(Received::from).map_err(told),
        Carried::Form(body) => PostBinding::parse(body).and_then(Received::try_from).map_err(told),
    }
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The identity provider wants sessions ended. It may at any time, also while a request of ours is under way (E-41).
async fn requested(
    ctx: &Ctx,
    trust: &Arc<Trust>,
    received: &Received,
    expect: &LogoutExpectation<'_>,
    browser: Option<[u8; 32]>,
) -> Result<Arrived, Problem> {
    let request = match LogoutRequest::accept(received, expect) {
        Ok(request) => request,
        Err(refusal) => return Err(refused(ctx, trust, refusal.into()).await),
    };
    let message = Replay {
        connection: trust.connection.id,
        issuer: request.issuer.as_str().to_owned(),
        assertion_id: request.id.as_str().to_owned(),
        issued_at: request.issue_instant,
        remember_until: request.remember_until(expect.clock_skew),
    };
    let wanted = Wanted::new(trust.connection.id, &request, browser);
    let (shared, of) = (ctx.clone(), Arc::clone(trust));
    let ended = ctx
        .store
        .write(move |tx| {
            Box::pin(async move {
                if !tx.remember_message(&message).await? {
                    return Ok::<_, Problem>(None);
                }
                end(tx, &shared, &of, &wanted).await.map(Some)
            })
        })
        .await?;
    let Some(ended) = ended else { return Err(refused(ctx, trust, NoLogout::Replayed).await) };
    metrics::logout("requested", if ended.found.is_complete() { "complete" } else { "partial" });
    Ok(Arrived::LoggedOut {
        found: ended.found,
        own: ended.own.is_some(),
        account: shown_account(ctx, trust, ended.own).await?,
        preset: trust.connection.saml.preset,
        onward: reply(ctx, trust, received, request, ended.found),
    })
}

/// Whose sessions are to end.
struct Wanted {
    connection: ConnectionId,
    indexes: Vec<SessionName>,
    name: SessionName,
    browser: Option<[u8; 32]>,
}

impl Wanted {
    fn new(connection: ConnectionId, request: &LogoutRequest, browser: Option<[u8; 32]>) -> Self {
        let indexes = Some(&request.session_indexes).filter(|indexes| indexes.len() <= MAX_INDEXES);
        let named =
            |index: &vestibule_saml::types::SessionIndex| SessionName::session_index(connection, index.as_str());
        Self {
            connection,
            indexes: indexes.into_iter().flatten().map(named).collect(),
            name: SessionName::name_id(connection, &request.name_id.value),
            browser,
        }
    }
}

/// What ended.
struct Ended {
    found: Found,
    /// The account of the browser's own session, where that did.
    own: Option<AccountId>,
}

async fn end(tx: &mut Tx, ctx: &Ctx, trust: &Trust, wanted: &Wanted) -> Result<Ended, Problem> {
    let Reached { sessions, sign_ins, found } = find(tx, ctx, wanted).await?;
    let own = match wanted.browser {
        Some(hash) => tx.session(&hash, ctx.now).await?.map(|(session, _)| session.id),
        None => None,
    };
    let ended = tx.end_sessions(&sessions, ctx.now).await?;
    let own = ended.iter().find(|one| Some(one.id) == own).map(|one| one.account);
    // What ended is told to the account whose session it was; that nothing did, to the connection's.
    let mut by_account: BTreeMap<AccountId, Vec<SessionId>> = BTreeMap::new();
    for one in ended {
        by_account.entry(one.account).or_default().push(one.id);
    }
    for account in sign_ins {
        by_account.entry(account).or_default();
    }
    if by_account.is_empty() {
        by_account.insert(trust.owner.id, Vec::new());
    }
    for (account, sessions) in by_account {
        let fact = Fact::LoggedOut { connection: wanted.connection, sessions, found };
        tx.insert_event(&ctx.event(account, Actor::Visitor, fact)).await?;
    }
    Ok(Ended { found, own })
}

/// Whose page it is: the account in which the browser was signed in, else the connection's.
async fn shown_account(ctx: &Ctx, trust: &Trust, own: Option<AccountId>) -> Result<Arc<Account>, Problem> {
    let other = match own.filter(|own| *own != trust.owner.id) {
        Some(id) => ctx.store.read(move |tx| Box::pin(async move { tx.account(id).await })).await?,
        None => None,
    };
    Ok(other.map_or_else(|| Arc::clone(&trust.owner), Arc::new))
}

/// What a request reaches.
struct Reached {
    /// These sessions are to end.
    sessions: Vec<SessionId>,
    /// Sign-ins of these accounts, between their answer and their end, have ended.
    sign_ins: Vec<AccountId>,
    found: Found,
}

/// By SessionIndex, else by NameID, else by a NameID that was seen before, else the browser's own (E-40). The first that
/// knows anything decides, also where it knows only that the session has ended: or a request that names one session
/// would end the person's others when it comes late.
async fn find(tx: &mut Tx, ctx: &Ctx, wanted: &Wanted) -> Result<Reached, StoreError> {
    let connection = wanted.connection;
    let earlier = tx.earlier_name(wanted.name).await?;
    let by = [
        (wanted.indexes.clone(), Found::SessionIndex),
        (vec![wanted.name], Found::NameId),
        (earlier.into_iter().collect(), Found::EarlierName),
    ];
    for (names, found) in by {
        let (mut sessions, mut sign_ins, mut ended) = (Vec::new(), Vec::new(), false);
        for name in names {
            sign_ins.extend(tx.end_attempts_named(connection, name).await?);
            let named = tx.sessions_named(connection, name, ctx.now).await?;
            sessions.extend(named.open);
            ended |= named.ended;
        }
        if !sessions.is_empty() || !sign_ins.is_empty() {
            return Ok(Reached { sessions, sign_ins, found });
        }
        if ended {
            return Ok(Reached { sessions, sign_ins, found: Found::EndedBefore });
        }
    }
    let own = match wanted.browser {
        Some(hash) => tx.session(&hash, ctx.now).await?.map(|(session, _)| session),
        None => None,
    };
    // A request that names sessions means none but those: somebody else's, in this browser's hands, ends nothing here.
    let is_meant = |own: &Session| {
        let index = own.authentication.session_index.as_deref();
        let index = index.map(|index| SessionName::session_index(connection, index));
        wanted.indexes.is_empty() || index.is_none_or(|index| wanted.indexes.contains(&index))
    };
    let Some(own) = own.filter(|own| own.connection == Some(connection) && is_meant(own)) else {
        return Ok(Reached { sessions: Vec::new(), sign_ins: Vec::new(), found: Found::Nothing });
    };
    // From now on this name leads to that person, in whatever browser, and where no cookie comes along.
    if let Some(name_id) = &own.authentication.name_id {
        let signs_in_as = SessionName::name_id(connection, &name_id.value);
        tx.keep_earlier_name(wanted.name, signs_in_as, ctx.now).await?;
    }
    Ok(Reached { sessions: vec![own.id], sign_ins: Vec::new(), found: Found::Browser })
}

/// Our answer, where one is sent. The sessions have ended whatever becomes of it.
fn reply(ctx: &Ctx, trust: &Trust, received: &Received, request: LogoutRequest, found: Found) -> Option<Onward> {
    if trust.connection.saml.logout_reply == LogoutReply::None {
        return None;
    }
    let status = if found.is_complete() {
        Status::success()
    } else {
        // Nobody may be told that all is over while somebody may still be signed in here.
        let text = "no session of this name is known here, and no browser showed one".to_owned();
        Status::failure(StatusCode::RESPONDER, Some(StatusCode::PARTIAL_LOGOUT), Some(text))
    };
    let response = LogoutResponse {
        id: MessageId::from_random(ctx.random()),
        issue_instant: ctx.now,
        issuer: trust.sp.entity_id.clone(),
        destination: answer_url(trust)?.clone(),
        in_response_to: request.id,
        status,
    };
    let relay_state = received.relay_state.clone().and_then(|text| RelayState::echo(text).ok());
    answer(trust, &response, relay_state.as_ref()).unwrap_or_else(|error| {
        tracing::error!(%error, connection = %trust.connection.id, "a logout request could not be answered");
        None
    })
}

/// The identity provider answers a request of ours.
async fn answered(
    ctx: &Ctx,
    trust: &Arc<Trust>,
    received: &Received,
    expect: &LogoutExpectation<'_>,
) -> Result<Arrived, Problem> {
    let by_relay_state = received.relay_state.as_deref().and_then(|text| text.parse().ok());
    let by_answer = || LogoutResponse::claimed_request(received).as_deref().and_then(logout::of_request_id);
    let now = ctx.now;
    let pending = match by_relay_state.or_else(by_answer) {
        Some(id) => ctx.store.read(move |tx| Box::pin(async move { tx.logout(id, now).await })).await?,
        None => None,
    };
    let Some(pending) = pending.filter(|pending| pending.connection == trust.connection.id) else {
        return Err(refused(ctx, trust, NoLogout::NotAsked).await);
    };
    let response = match LogoutResponse::accept(received, &pending.request_id(), expect) {
        Ok(response) => response,
        Err(refusal) => return Err(refused(ctx, trust, refusal.into()).await),
    };
    let account = pending.account;
    let (id, answer) = (pending.id, Answer::new(response.outcome(), &response.status));
    let fact = Fact::LogoutAnswered { logout: id, connection: trust.connection.id, outcome: answer.outcome };
    let event = ctx.event(account, Actor::Visitor, fact);
    let outcome = answer.outcome;
    // Of two answers the first counts.
    let known = pending.answer.as_ref().map_or(outcome, |answer| answer.outcome);
    // A page that is loaded again changes nothing, and leads to the same place.
    ctx.store.write(move |tx| Box::pin(async move { tx.answer_logout(id, &answer, now, &event).await })).await?;
    metrics::logout("asked", outcome.name());
    Ok(Arrived::Answered { location: location(&pending, known) })
}

/// Writes a refusal down: in the audit log where the identity provider itself sent the message, else in the bounded list
/// of the connection alone.
async fn refused(ctx: &Ctx, trust: &Arc<Trust>, why: NoLogout) -> Problem {
    match noted(ctx, &Way::own(Arc::clone(trust)), &why).await {
        Ok(place) => Problem::NoLogout(place, Box::new(why)),
        Err(problem) => problem,
    }
}

async fn noted(ctx: &Ctx, way: &Way, why: &NoLogout) -> Result<Place, Problem> {
    let (code, connection, proved) = (why.code(), way.connection.id, why.is_proved());
    if !proved {
        ctx.count_unproved(way.account.id)?;
    }
    let event = way.event(ctx, Fact::LogoutRefused { connection, code: code.to_owned() });
    let shown = ErrorCode::new(code, event.id);
    let answer = trace::entry(ctx, None, code, &shown, why.words());
    ctx.store
        .write(move |tx| {
            Box::pin(async move {
                let ring = if proved { Ring::Proved } else { Ring::Unproved };
                tx.keep_answer(connection, ring, &answer).await?;
                if proved { tx.insert_event(&event).await } else { Ok(()) }
            })
        })
        .await?;
    metrics::logout("refused", code);
    Ok(way.place_of(shown))
}
