//! The identity provider's answer arrives. One read, one pure check, one write.

use jiff::Timestamp;
use vestibule_domain::attempt::{self, Asserted, Progress, Purpose, SignInAttempt};
use vestibule_domain::connection::{ConnectionState, Unsolicited};
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::{self, AttemptId, ConnectionId, EventId};
use vestibule_domain::name::SubDomain;
use vestibule_saml::binding::post::{PostBinding, PostError};
use vestibule_saml::sp::{self, AcceptedAssertion, Expected, Glance, Reason, Refusal, Report, Step, Verdict};
use vestibule_saml::types::AcsUrl;
use vestibule_store::tx::{AttemptFacts, KeptHead, KeptMessage, KeptRing, RecentAnswer, Recorded, Replay, Ring};
use vestibule_store::{StoreError, Tx};

use super::visit::{Binding, Target, Told};
use crate::ctx::Ctx;
use crate::inspect::kept::{Keep, KeptAnswer};
use crate::metrics::{self, Outcome};
use crate::problem::{ErrorCode, Place, Problem, Refused, Unreadable};
use crate::report::{self, KeptReport};
use crate::trace;
use crate::trust::{self, origin_of};
use crate::way::{self, Way};
use crate::words::{Obstacle, Words};

/// At which address an answer arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addressed {
    /// At a connection's own address, which names it.
    Connection(ConnectionId),
    /// At an address that may be the alias of several connections.
    Alias,
}

/// Where the browser goes from here. Always by a top-level GET, which carries our cookies; the cross-site post did not.
#[derive(Debug)]
pub enum Received {
    /// To the continuation of the attempt, at the origin where it began.
    Continue {
        /// The origin.
        origin: String,
        /// The attempt.
        attempt: AttemptId,
        /// What only this browser is told: the continuation wants it beside the cookie.
        told: Told,
        /// The cookie, for an attempt that did not begin with one.
        binding: Option<Binding>,
    },
    /// To the connection's start: nobody asked for this response, so it is not trusted, and the identity provider is
    /// asked (E-43).
    Restart {
        /// The origin of the connection's account.
        origin: String,
        /// The connection.
        connection: ConnectionId,
        /// What came as RelayState: perhaps a path in the application (E-44).
        relay_state: Option<String>,
    },
    /// To the page that asks which way: at a shared alias nothing says whose response this is.
    Ask,
    /// The sign-in is over: the browser goes to where it began, to begin anew.
    Again {
        /// The origin of the account's pages.
        origin: String,
    },
}

/// The identity provider's answer arrives, at an address of ours.
///
/// # Errors
/// A refusal, with its report; what is no response; a connection that takes none.
pub async fn receive(ctx: &Ctx, addressed: Addressed, arrived: AcsUrl, body: &[u8]) -> Result<Received, Problem> {
    let post = match PostBinding::parse_response(body) {
        Ok(post) => post,
        Err(error) => return Err(unreadable(ctx, &addressed, error.into()).await),
    };
    let Pending { facts, way } = match belongs_to(ctx, &addressed, &arrived, &post).await? {
        Belongs::To(pending) => *pending,
        Belongs::ToOneThatIsOver { origin } => return Ok(Received::Again { origin }),
        Belongs::Nowhere => {
            // What belongs to an attempt is judged, with a report; else this is where it must be readable at all (A23.4).
            if let Err(error) = post.xml() {
                return Err(unreadable(ctx, &addressed, error.into()).await);
            }
            return unasked(ctx, addressed, arrived, post).await;
        }
    };
    still_open(ctx, &facts, &way).await?;
    if !may_answer(&way, facts.attempt.purpose) {
        let place = way.note(ctx, &Obstacle::NotActive(way.connection.state)).await?;
        return Err(Problem::NotActive(place, way.connection.state));
    }
    let expected = Expected::AnswerTo(facts.attempt.request_id());
    let asked_anew = facts.attempt.force_authn.then_some(facts.attempt.created_at);
    let answer = Answer { post: &post, arrived: &arrived, expected, asked_anew };
    let verdict = judge(ctx, &way, &answer).await?;
    record(ctx, &way, &facts.attempt, &answer, verdict).await
}

/// What arrived where answers do is none. Where the address names a connection, its recent answers say so: somebody
/// waits in vain, and its admin asks why.
pub async fn unreadable(ctx: &Ctx, addressed: &Addressed, what: Unreadable) -> Problem {
    let obstacle = match &what {
        Unreadable::Post(PostError::BodyTooLong { max, .. } | PostError::MessageTooLong { max }) => {
            Obstacle::TooLarge(*max)
        }
        Unreadable::Post(error) => Obstacle::Garbled(error.clone()),
        Unreadable::NotAForm { got } => Obstacle::NotAForm(got.clone()),
        Unreadable::TooLarge { bound } => Obstacle::TooLarge(*bound),
    };
    match addressed {
        Addressed::Alias => Problem::NotAResponse(None, what),
        Addressed::Connection(id) => match noted(ctx, *id, &obstacle).await {
            Ok(noted) => Problem::NotAResponse(noted.map(|(_, place)| place), what),
            Err(problem) => problem,
        },
    }
}

/// An answer came to the address where sign-ins begin, because that stands in the portal as the Reply URL (HY-19).
///
/// # Errors
/// There is no such connection, or those of the store.
pub async fn at_login_url(ctx: &Ctx, id: ConnectionId, arrived: String) -> Result<(Way, Place), Problem> {
    let way = Way::own_of(ctx, id).await?.ok_or(Problem::NotFound)?;
    let (got, want) = (arrived, way.acs_url.as_str().to_owned());
    let place = way.note(ctx, &Obstacle::AtLoginUrl { got, want }).await?;
    Ok((way, place))
}

/// The connections that people sign in through at an account's own address.
///
/// # Errors
/// No account has this sub-domain, or those of the store.
pub async fn in_use_at(ctx: &Ctx, label: SubDomain) -> Result<Vec<Way>, Problem> {
    let heads = ctx.store.read(move |tx| {
        Box::pin(async move {
            let (account, _) = tx.account_by_label(label.as_str()).await?.ok_or(Problem::NoSuchHost)?;
            Ok::<_, Problem>(tx.ways_into(account.id).await?)
        })
    });
    let mut ways = Vec::new();
    for way in heads.await?.into_iter().filter(|way| way.connection.state == ConnectionState::Active) {
        ways.extend(Way::own_of(ctx, way.connection.id).await?);
    }
    Ok(ways)
}

/// A response that nobody asked for was turned into a request in this browser just now (E-43): not again.
pub async fn in_circles(ctx: &Ctx, id: ConnectionId) -> Problem {
    match Way::own_of(ctx, id).await {
        Ok(Some(way)) => way.note(ctx, &Obstacle::InCircles).await.map_or_else(|problem| problem, Problem::InCircles),
        Ok(None) => Problem::NotFound,
        Err(problem) => problem,
    }
}

async fn noted(ctx: &Ctx, id: ConnectionId, obstacle: &Obstacle) -> Result<Option<(Way, Place)>, Problem> {
    let Some(way) = Way::own_of(ctx, id).await? else { return Ok(None) };
    let place = way.note(ctx, obstacle).await?;
    Ok(Some((way, place)))
}

/// The attempt that an answer belongs to, and the connection that it was begun with.
struct Pending {
    facts: AttemptFacts,
    way: Way,
}

/// Which attempt an answer belongs to.
enum Belongs {
    To(Box<Pending>),
    /// One of an account that is served by a connection of another one, and that is over. Nobody is led into that other
    /// account, where they never wanted to go.
    ToOneThatIsOver {
        origin: String,
    },
    Nowhere,
}

/// Finds the attempt by the RelayState, which is the attempt's id. Where that was lost on the way, the answer's own
/// `InResponseTo` may find it: not believed, for the whole of the attempt's trust is then checked.
async fn belongs_to(
    ctx: &Ctx,
    addressed: &Addressed,
    arrived: &AcsUrl,
    post: &PostBinding,
) -> Result<Belongs, Problem> {
    let by_relay_state = post.relay_state.as_deref().and_then(|text| text.parse().ok());
    let id = match by_relay_state {
        Some(id) => Some(id),
        None => glance(post).in_response_to.as_deref().and_then(attempt::of_request_id),
    };
    let Some(id) = id else { return Ok(Belongs::Nowhere) };
    let facts = ctx.store.read(move |tx| Box::pin(async move { tx.attempt(id).await }));
    let Some(facts) = facts.await? else { return Ok(Belongs::Nowhere) };
    let at_its_own_address = match addressed {
        Addressed::Connection(connection) => facts.attempt.connection == *connection,
        Addressed::Alias => true,
    };
    // One of another connection: the message is treated as one that nobody asked for.
    if !at_its_own_address {
        return Ok(Belongs::Nowhere);
    }
    let Some(way) = Way::of(ctx, &facts).await? else { return Ok(Belongs::Nowhere) };
    if !takes_answers_at(ctx, &way, arrived).await? {
        return Ok(Belongs::Nowhere);
    }
    if facts.progress == Progress::Started && facts.attempt.expires_at > ctx.now {
        return Ok(Belongs::To(Box::new(Pending { facts, way })));
    }
    if facts.attempt.account == facts.owner {
        return Ok(Belongs::Nowhere);
    }
    still_open(ctx, &facts, &way).await?;
    Ok(Belongs::ToOneThatIsOver { origin: facts.attempt.origin })
}

/// That the attempt's account may still sign in by the connection: its permission may have been taken away meanwhile.
/// Where nothing that stays may be written of it, for nothing is proved yet.
pub(super) async fn still_open(ctx: &Ctx, facts: &AttemptFacts, way: &Way) -> Result<(), Problem> {
    if facts.is_way || facts.attempt.purpose == Purpose::Test {
        return Ok(());
    }
    let why = way::why_not(ctx, way.account.id).await?;
    Err(Problem::NoWay(way.note(ctx, &Obstacle::NoWay(why)).await?, why))
}

/// A test runs through a draft; people sign in through an active connection alone.
pub(super) fn may_answer(way: &Way, purpose: Purpose) -> bool {
    match way.connection.state {
        ConnectionState::Active => true,
        ConnectionState::Draft | ConnectionState::Tested => purpose == Purpose::Test,
        ConnectionState::Paused => false,
    }
}

async fn takes_answers_at(ctx: &Ctx, way: &Way, arrived: &AcsUrl) -> Result<bool, Problem> {
    Ok(way.takes_answers_at(arrived) || way.is_own_address(ctx, "acs", arrived.as_str()).await?)
}

/// An answer, and what it is measured by beside the connection's settings.
struct Answer<'a> {
    post: &'a PostBinding,
    arrived: &'a AcsUrl,
    expected: Expected,
    asked_anew: Option<Timestamp>,
}

impl Answer<'_> {
    fn kept(&self, ctx: &Ctx, attempt: Option<&SignInAttempt>, report: KeptReport) -> KeptAnswer {
        let came = (self.post.base64.as_slice(), self.arrived.as_str());
        KeptAnswer::new(ctx.now, came, &self.expected, self.asked_anew, attempt, report)
    }
}

async fn judge(ctx: &Ctx, way: &Way, answer: &Answer<'_>) -> Result<Verdict, Problem> {
    match way.expectation(answer.arrived, answer.expected.clone(), ctx.now) {
        Ok(mut expect) => {
            trust::young_enough_for(&mut expect, &way.account);
            trust::authenticated_since(&mut expect, answer.asked_anew);
            Ok(sp::accept_post(&answer.post.base64, &expect))
        }
        Err(lacks) => Err(Problem::NotReady(way.note(ctx, &Obstacle::NotReady(lacks.clone())).await?, lacks)),
    }
}

async fn record(
    ctx: &Ctx,
    way: &Way,
    attempt: &SignInAttempt,
    answer: &Answer<'_>,
    verdict: Verdict,
) -> Result<Received, Problem> {
    let told = Told::new(ctx.random());
    let hash = told.hash();
    let on = Received::Continue { origin: attempt.origin.clone(), attempt: attempt.id, told, binding: None };
    let Verdict { outcome, report } = verdict;
    match outcome {
        Ok(accepted) => {
            let fact = Fact::AnswerAccepted { attempt: attempt.id, connection: way.connection.id };
            let event = ctx.event(way.account.id, Actor::Visitor, fact);
            let kept = report::worth_keeping(attempt.purpose, &report);
            let asserted = Asserted::from(&accepted);
            let message = keep_accepted(ctx, way, attempt, answer, (&report, &asserted, event.id));
            let asserted = Asserted { told: Some(hash), ..asserted };
            let is_named = attempt.purpose != Purpose::Test && way.connection.saml.logout_url.is_some();
            let first = First { attempt: attempt.id, asserted, replay: replay(way, &accepted), is_named };
            first_time(ctx, way, first, kept, message, event).await?;
            Ok(on)
        }
        Err(refusal) => {
            let closed = refused(ctx, way, Some((attempt, hash)), answer, &refusal, &report).await?;
            // The page of a test, and the one that asks the identity provider anew, need the browser's cookie.
            if closed.attempt && (attempt.purpose == Purpose::Test || is_over_age(&refusal, attempt)) {
                return Ok(on);
            }
            Err(Problem::Refused(Box::new(Refused { place: way.place_of(closed.code), refusal, report })))
        }
    }
}

/// Whether the person only has to authenticate anew, which is asked for once.
pub(super) fn is_over_age(refusal: &Refusal, attempt: &SignInAttempt) -> bool {
    refusal.step == Step::AuthenticationAge && !attempt.force_authn
}

/// An answer that holds.
struct First {
    attempt: AttemptId,
    asserted: Asserted,
    replay: Replay,
    /// Whether a logout may reach the sign-in before its end.
    is_named: bool,
}

/// Write 2: the attempt is asserted and the assertion remembered, both or neither.
async fn first_time(
    ctx: &Ctx,
    way: &Way,
    First { attempt, asserted, replay, is_named }: First,
    report: Option<String>,
    message: Option<(Keep, KeptMessage)>,
    event: AuditEvent,
) -> Result<(), Problem> {
    let recorded = ctx
        .store
        .write(move |tx| {
            Box::pin(async move {
                let recorded = tx.record_accepted(attempt, &asserted, report.as_deref(), &replay, &event).await?;
                if is_named && recorded == Recorded::First {
                    tx.name_attempt(attempt, replay.connection, &asserted).await?;
                }
                if recorded == Recorded::First {
                    write_accepted(tx, message.as_ref()).await?;
                }
                Ok::<_, Problem>(recorded)
            })
        })
        .await?;
    match recorded {
        Recorded::First => Ok(()),
        Recorded::NotPending => Err(Problem::Forgotten(Some(way.turn_back(ctx, &Obstacle::AttemptOver).await?))),
        Recorded::Replayed => replayed(ctx, way, Some(attempt)).await,
    }
}

/// An answer that holds, as it is kept beside its attempt for whoever looks into it later.
fn keep_accepted(
    ctx: &Ctx,
    way: &Way,
    attempt: &SignInAttempt,
    answer: &Answer<'_>,
    (report, asserted, id): (&Report, &Asserted, EventId),
) -> Option<(Keep, KeptMessage)> {
    let keep = way.keeping.take(ctx.now);
    if keep == Keep::Not {
        return None;
    }
    let kept = answer.kept(ctx, Some(attempt), KeptReport::new(report, None));
    let kept = kept.with(asserted.clone());
    let head = KeptHead {
        id,
        connection: way.connection.id,
        account: way.account.id,
        attempt: Some(attempt.id),
        reason: None,
        turned_away: None,
        code: None,
    };
    kept.seal(ctx, KeptRing::Accepted, head).map(|message| (keep, message))
}

async fn write_accepted(tx: &mut Tx, message: Option<&(Keep, KeptMessage)>) -> Result<(), StoreError> {
    let Some((keep, message)) = message else { return Ok(()) };
    tx.keep_message(KeptRing::Accepted, message).await?;
    if *keep == Keep::OneAndTrim {
        tx.trim_messages(message.head.connection, KeptRing::Accepted).await?;
    }
    Ok(())
}

fn replay(way: &Way, accepted: &AcceptedAssertion) -> Replay {
    Replay {
        connection: way.connection.id,
        issuer: accepted.issuer.clone(),
        assertion_id: accepted.replay.assertion_id.clone(),
        issued_at: accepted.replay.issued_at,
        remember_until: accepted.replay.remember_until,
    }
}

async fn replayed<T>(ctx: &Ctx, way: &Way, attempt: Option<AttemptId>) -> Result<T, Problem> {
    let code = Reason::Replayed.code();
    let fact = Fact::AnswerRefused { attempt, connection: way.connection.id, code: code.to_owned() };
    let event = ctx.event(way.account.id, Actor::Visitor, fact);
    let shown = ErrorCode::new(code, event.id);
    let answer = trace::entry(ctx, attempt, code, &shown, Words::of_reason(Reason::Replayed, None, None));
    let connection = way.connection.id;
    ctx.store
        .write(move |tx| {
            Box::pin(async move {
                tx.keep_answer(connection, Ring::Proved, &answer).await?;
                tx.insert_event(&event).await
            })
        })
        .await?;
    metrics::record(Outcome::Refused(code));
    Err(Problem::Replayed(way.place_of(shown)))
}

/// What was written of a refusal.
struct Closed {
    code: ErrorCode,
    /// Whether the attempt is over. It stays open where nothing was proved, so that a stranger cannot burn it.
    attempt: bool,
}

/// Write 2 of a refusal. Where nothing was proved, only the connection's bounded list of recent answers is written, for
/// anybody can send anything; where a signature was, the audit log and the attempt are too.
async fn refused(
    ctx: &Ctx,
    way: &Way,
    attempt: Option<(&SignInAttempt, String)>,
    answer: &Answer<'_>,
    refusal: &Refusal,
    report: &Report,
) -> Result<Closed, Problem> {
    let (attempt, told) = attempt.unzip();
    let code = refusal.reason.code();
    let proved = refusal.step > Step::SignaturePolicy;
    if !proved {
        ctx.count_unproved(way.account.id)?;
    }
    let id = attempt.map(|attempt| attempt.id);
    let fact = Fact::AnswerRefused { attempt: id, connection: way.connection.id, code: code.to_owned() };
    let event = ctx.event(way.account.id, Actor::Visitor, fact);
    let shown = ErrorCode::new(code, event.id);
    let kept = KeptReport::new(report, Some(&shown));
    let (kept_ring, head) = (
        if proved { KeptRing::Proved } else { KeptRing::Unproved },
        KeptHead {
            id: event.id,
            connection: way.connection.id,
            account: way.account.id,
            attempt: id,
            reason: Some(code.to_owned()),
            turned_away: None,
            code: Some(shown.as_str().to_owned()),
        },
    );
    let message = answer.kept(ctx, attempt, kept.clone()).seal(ctx, kept_ring, head);
    let answer = RecentAnswer { at: ctx.now, attempt: id, code: Some(code.to_owned()), report: kept.write() };
    let text = KeptReport { told, ..kept }.write();
    let connection = way.connection.id;
    let ring = if proved { Ring::Proved } else { Ring::Unproved };
    // A test ends with its report whatever was proved: it is the tester's own browser that waits for it.
    let closing = attempt.filter(|attempt| proved || attempt.purpose == Purpose::Test).map(|attempt| attempt.id);
    ctx.store
        .write(move |tx| {
            Box::pin(async move {
                tx.keep_answer(connection, ring, &answer).await?;
                if let Some(message) = &message {
                    tx.keep_message(kept_ring, message).await?;
                    tx.trim_messages(connection, kept_ring).await?;
                }
                let event = proved.then_some(&event);
                match (closing, event) {
                    (Some(attempt), event) => tx.record_refused(attempt, code, &text, event).await.map(|_| ()),
                    (None, Some(event)) => tx.insert_event(event).await,
                    (None, None) => Ok(()),
                }
            })
        })
        .await?;
    match attempt {
        Some(attempt) => metrics::took(Outcome::Refused(code), attempt.created_at, ctx.now),
        None => metrics::record(Outcome::Refused(code)),
    }
    Ok(Closed { code: shown, attempt: closing.is_some() })
}

/// A response that nobody asked for, or whose attempt is forgotten (E-43, A16.3).
async fn unasked(ctx: &Ctx, addressed: Addressed, arrived: AcsUrl, post: PostBinding) -> Result<Received, Problem> {
    let connection = match addressed {
        Addressed::Connection(connection) => connection,
        Addressed::Alias => match at_shared_alias(ctx, &arrived, &post).await? {
            Some(connection) => connection,
            None => return Ok(Received::Ask),
        },
    };
    let way = Way::own_of(ctx, connection).await?.ok_or(Problem::NotFound)?;
    if way.connection.state != ConnectionState::Active {
        let place = way.note(ctx, &Obstacle::NotActive(way.connection.state)).await?;
        return Err(Problem::NotActive(place, way.connection.state));
    }
    let owner = way.owner.id;
    let served = ctx.store.read(move |tx| Box::pin(async move { tx.accounts_served_by(owner, 2).await })).await?;
    match served.as_slice() {
        [only] if *only == owner => {}
        [] => {
            let why = way::why_not(ctx, owner).await?;
            return Err(Problem::NoWay(way.note(ctx, &Obstacle::NoWay(why)).await?, why));
        }
        // Nothing of the message says into which account it is to lead.
        _ => return Ok(Received::Ask),
    }
    match way.connection.saml.unsolicited {
        Unsolicited::Restart => Ok(restart(&way, post.relay_state)),
        // At an alias the address does not name the connection, so the message would (A20).
        Unsolicited::Accept if addressed == Addressed::Alias => Ok(restart(&way, post.relay_state)),
        // An answer to a request that is forgotten is not a response that came unasked.
        Unsolicited::Accept if glance(&post).in_response_to.is_some() => Ok(restart(&way, None)),
        Unsolicited::Accept if takes_answers_at(ctx, &way, &arrived).await? => {
            accept_unasked(ctx, &way, arrived, &post).await
        }
        Unsolicited::Accept | Unsolicited::Refuse => {
            let answer = Answer { post: &post, arrived: &arrived, expected: Expected::Nothing, asked_anew: None };
            let refused = judge(ctx, &way, &answer).await?;
            match refused.outcome {
                Ok(_) => Err(Problem::broken("an answer was accepted where none is expected")),
                Err(refusal) => {
                    let report = refused.report;
                    let closed = self::refused(ctx, &way, None, &answer, &refusal, &report).await?;
                    let place = way.place_of(closed.code);
                    Err(Problem::Refused(Box::new(Refused { place, refusal, report })))
                }
            }
        }
    }
}

/// To the connection's start, with what is to come behind it.
fn restart(way: &Way, relay_state: Option<String>) -> Received {
    Received::Restart { origin: way.origin.clone(), connection: way.connection.id, relay_state }
}

/// The one connection at an alias that has the issuer which the message names. Only to begin anew with it.
async fn at_shared_alias(ctx: &Ctx, arrived: &AcsUrl, post: &PostBinding) -> Result<Option<ConnectionId>, Problem> {
    let (url, issuer) = (arrived.as_str().to_owned(), glance(post).issuer);
    let all = ctx.store.read({
        let url = url.clone();
        move |tx| Box::pin(async move { tx.connections_at_alias(&url).await })
    });
    let all = all.await?;
    if all.is_empty() {
        return Err(Problem::NotFound);
    }
    let Some(issuer) = issuer else { return Ok(None) };
    let of_issuer = ctx
        .store
        .read(move |tx| Box::pin(async move { tx.connections_by_issuer_at_alias(&url, &issuer).await }))
        .await?;
    let active: Vec<_> = of_issuer.iter().filter(|head| head.state == ConnectionState::Active).collect();
    match active.as_slice() {
        [one] => Ok(Some(one.id)),
        _ => Ok(None),
    }
}

/// By the connection's policy a response may come unasked: every check but `InResponseTo` holds, and the audit log
/// says so.
async fn accept_unasked(ctx: &Ctx, way: &Way, arrived: AcsUrl, post: &PostBinding) -> Result<Received, Problem> {
    let answer = Answer { post, arrived: &arrived, expected: Expected::Unsolicited, asked_anew: None };
    let verdict = judge(ctx, way, &answer).await?;
    let accepted = match verdict.outcome {
        Ok(accepted) => accepted,
        Err(refusal) => {
            let closed = refused(ctx, way, None, &answer, &refusal, &verdict.report).await?;
            let place = way.place_of(closed.code);
            return Err(Problem::Refused(Box::new(Refused { place, refusal, report: verdict.report })));
        }
    };
    let id = AttemptId::new(ctx.now, ctx.random::<{ id::RANDOM }>());
    let binding = Binding::new(id, ctx.random());
    // Where it arrived, which may be a former sub-domain: the cookie is set there (MX-16).
    let origin = origin_of(arrived.as_str()).to_owned();
    let attempt = SignInAttempt {
        id,
        account: way.account.id,
        connection: way.connection.id,
        purpose: Purpose::Account,
        target: Target::by_relay_state(post.relay_state.as_deref().unwrap_or_default()).kept(),
        origin: origin.clone(),
        acs_url: arrived.clone(),
        binding: binding.hash(),
        force_authn: false,
        created_at: ctx.now,
        expires_at: ctx.now + attempt::LIFETIME,
    };
    let told = Told::new(ctx.random());
    let asserted = Asserted::from(&accepted);
    let replay = replay(way, &accepted);
    let (version, is_named) = (way.connection.version, way.connection.saml.logout_url.is_some());
    let fact = Fact::UnsolicitedAccepted { attempt: id, connection: way.connection.id };
    let event = ctx.event(way.account.id, Actor::Visitor, fact);
    let message = keep_accepted(ctx, way, &attempt, &answer, (&verdict.report, &asserted, event.id));
    let asserted = Asserted { told: Some(told.hash()), ..asserted };
    let recorded = ctx
        .store
        .write(move |tx| {
            Box::pin(async move {
                let recorded = tx.insert_accepted_unsolicited(&attempt, version, &asserted, &replay, &event).await?;
                if is_named && recorded == Recorded::First {
                    tx.name_attempt(attempt.id, attempt.connection, &asserted).await?;
                }
                if recorded == Recorded::First {
                    write_accepted(tx, message.as_ref()).await?;
                }
                Ok::<_, Problem>(recorded)
            })
        })
        .await?;
    match recorded {
        Recorded::First => Ok(Received::Continue { origin, attempt: id, told, binding: Some(binding) }),
        Recorded::Replayed => replayed(ctx, way, Some(id)).await,
        // The connection was changed meanwhile: by what it is now, the identity provider is asked.
        Recorded::NotPending => Ok(restart(way, post.relay_state.clone())),
    }
}

fn glance(post: &PostBinding) -> Glance {
    post.xml().map(|xml| Glance::at(&xml)).unwrap_or_default()
}
