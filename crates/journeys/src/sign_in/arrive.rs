//! The browser comes back with the answer behind it: is it the browser that asked, who is it, and may they in?

use std::collections::BTreeMap;

use jiff::Timestamp;
use vestibule_domain::account::Account;
use vestibule_domain::attempt::{Asserted, Progress, Purpose, SignInAttempt};
use vestibule_domain::deep_link::DeepLink;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::{self, AttemptId, SessionId};
use vestibule_domain::session::{self, Authentication, Session};
use vestibule_oidc::{Answer, Prompt, SessionToken};
use vestibule_store::tx::{Continuation, Finish, NewSession};
use vestibule_store::{Constraint, StoreError};

use super::answer::{may_answer, still_open};
use super::begin::begin;
use super::decide::{self, Decided, Judged};
use super::several::{self, Choosing};
use super::tested::{self, TestReport};
use super::visit::{self, AskedFor, Next, Target, Told, Visit};
use crate::ctx::Ctx;
use crate::issue_tokens;
use crate::metrics::{self, Outcome};
use crate::problem::{ErrorCode, Place, Problem};
use crate::report::KeptReport;
use crate::trace;
use crate::waiting::{self, WaitingRoom};
use crate::way::Way;
use crate::words::Obstacle;

/// What became of a continuation.
#[derive(Debug)]
pub enum Arrived {
    /// Somebody is signed in.
    SignedIn(SignedIn),
    /// The identity provider, or the way there, has to be asked once more.
    Next(Next),
    /// Somebody has to let the person in.
    Waits(Box<WaitingRoom>),
    /// The person has to say as which of their users they come in (XC-6).
    Choose(Box<Choosing>),
    /// A test has ended.
    Tested(Box<TestReport>),
}

/// A browser that is signed in now.
#[derive(Debug)]
pub struct SignedIn {
    /// The token for the session's cookie.
    pub token: SessionToken,
    /// When the session ends.
    pub expires_at: Timestamp,
    /// Where the browser goes, and with what.
    pub onward: Answer,
}

/// The browser comes back. `cookie` is the value of the attempt's cookie, if the browser sent one; `told` is what only
/// the browser that brought the answer knows.
///
/// # Errors
/// Another browser, a forgotten attempt, somebody who is not let in.
pub async fn arrive(
    ctx: &Ctx,
    id: AttemptId,
    cookie: Option<&str>,
    told: Option<&str>,
    visit: Visit,
) -> Result<Arrived, Problem> {
    let Some(found) = ctx.store.read(move |tx| Box::pin(async move { tx.continuation(id).await })).await? else {
        return Err(Problem::Forgotten(None));
    };
    let way = Way::of(ctx, &found.facts).await?.ok_or(Problem::NotFound)?;
    one_browser(ctx, &way, &found, cookie, told).await?;
    if found.facts.attempt.expires_at <= ctx.now {
        return Err(over(ctx, &way).await);
    }
    // It may have been paused since the answer came (A27.1).
    if !may_answer(&way, found.facts.attempt.purpose) {
        let place = way.turn_back(ctx, &Obstacle::NotActive(way.connection.state)).await?;
        return Err(Problem::NotActive(place, way.connection.state));
    }
    still_open(ctx, &found.facts, &way).await?;
    if found.facts.attempt.purpose == Purpose::Test {
        return tested::ended(ctx, found, way).await.map(|report| Arrived::Tested(Box::new(report)));
    }
    let visit = Visit { target: Target::of(&found.facts.attempt), ..visit };
    match found.facts.progress {
        Progress::Asserted => decide_and_finish(ctx, found, way, visit).await,
        // Over age: once more, with ForceAuthn. The answer journey leaves only this case to the continuation.
        Progress::Refused if !found.facts.attempt.force_authn && over_age(&found) => {
            anew(ctx, found.facts.attempt, visit).await
        }
        // The page was loaded again: the session that was made then goes on.
        Progress::Finished => begin(ctx, Visit { asked_for: AskedFor::Any, ..visit }).await.map(Arrived::Next),
        Progress::Refused if found.refusal.as_deref() == Some(waiting::WAITING) => still_waits(ctx, found, way).await,
        Progress::Started | Progress::Refused => Err(over(ctx, &way).await),
    }
}

/// The attempt is over, or was never answered. Whoever began one may come back as often as they like, so nothing that
/// stays is written.
pub(super) async fn over(ctx: &Ctx, way: &Way) -> Problem {
    let place = way.note(ctx, &Obstacle::AttemptOver).await;
    place.map_or_else(|problem| problem, |place| Problem::Forgotten(Some(place)))
}

/// That the browser which began the attempt is the one that brought the answer. Whoever begins an attempt and has
/// somebody else follow its link to the identity provider has the cookie, and was not told; that other person was told,
/// and has no cookie: with that the attempt is over.
async fn one_browser(
    ctx: &Ctx,
    way: &Way,
    found: &Continuation,
    cookie: Option<&str>,
    told: Option<&str>,
) -> Result<(), Problem> {
    let attempt = &found.facts.attempt;
    let began = cookie.and_then(visit::hash_of_cookie) == Some(attempt.binding);
    let kept = match &found.asserted {
        Some(asserted) => asserted.told.clone(),
        None => found.report.as_deref().and_then(|report| KeptReport::read(report).told),
    };
    // An attempt that two browsers came back with is over for both.
    let torn = found.refusal.as_deref() == Some(Obstacle::OtherBrowser.code());
    let brought = !torn && kept.is_some() && told.map(Told::hash_of) == kept;
    if began && (brought || found.facts.progress == Progress::Started) {
        return Ok(());
    }
    if brought && found.facts.progress == Progress::Asserted {
        return Err(Problem::OtherBrowser(tear(ctx, way, attempt).await?));
    }
    // A stranger, or one of the two who comes again, as often as they like: nothing that stays is written.
    Err(Problem::OtherBrowser(way.note(ctx, &Obstacle::OtherBrowser).await?))
}

/// Ends an attempt that one browser began and another brought the answer for.
async fn tear(ctx: &Ctx, way: &Way, attempt: &SignInAttempt) -> Result<Place, Problem> {
    let (obstacle, id) = (Obstacle::OtherBrowser, attempt.id);
    let code = obstacle.code();
    let fact = Fact::NotAdmitted { attempt: id, connection: way.connection.id, code: code.to_owned() };
    let event = way.event(ctx, fact);
    let shown = ErrorCode::new(code, event.id);
    let answer = trace::entry(ctx, Some(id), code, &shown, obstacle.words());
    way.turn_away(ctx, attempt, code, event, answer).await?;
    Ok(way.place_of(shown))
}

fn over_age(found: &Continuation) -> bool {
    found.refusal.as_deref() == Some(vestibule_saml::sp::Reason::AuthenticationTooOld.code())
}

async fn anew(ctx: &Ctx, attempt: SignInAttempt, visit: Visit) -> Result<Arrived, Problem> {
    let visit = Visit { asked_for: AskedFor::Anew(attempt.connection), account: Some(attempt.account), ..visit };
    begin(ctx, visit).await.map(Arrived::Next)
}

/// The page of somebody who waits is loaded again.
async fn still_waits(ctx: &Ctx, found: Continuation, way: Way) -> Result<Arrived, Problem> {
    let attempt = &found.facts.attempt;
    let room = match &found.asserted {
        Some(asserted) => waiting::room(ctx, &way, attempt, asserted).await?,
        None => None,
    };
    match room {
        Some(room) => Ok(Arrived::Waits(Box::new(room))),
        None => Err(over(ctx, &way).await),
    }
}

/// How often a decision is made anew because somebody else wrote the same person first.
const TRIES: usize = 3;

async fn decide_and_finish(ctx: &Ctx, found: Continuation, way: Way, visit: Visit) -> Result<Arrived, Problem> {
    let asking = match &visit.target {
        Target::Application(query) => match issue_tokens::asking(ctx, query).await? {
            Ok(asking) => Some(asking),
            Err(back) => return Ok(Arrived::Next(Next::answer(back))),
        },
        Target::Account(_) => None,
    };
    // It was so when the sign-in began; the application's registration may have changed since.
    let only = asking.as_ref().and_then(|asking| asking.application.account);
    if only.is_some_and(|only| only != way.account.id) {
        return Err(Problem::NotFound);
    }
    let Some(asserted) = &found.asserted else { return Err(over(ctx, &way).await) };
    let is_too_old_for_asking = asking.as_ref().is_some_and(|asking| {
        !found.facts.attempt.force_authn && !asking.request.is_young_enough(asserted.authn_instant, ctx.now)
    });
    if is_too_old_for_asking || !way.is_young_enough(asserted.authn_instant, ctx.now) {
        return anew(ctx, found.facts.attempt, visit).await;
    }
    let chooses = asking.as_ref().is_some_and(|asking| asking.request.prompt.contains(Prompt::SelectAccount));
    let user = visit.user.or(visit.remembered_user.filter(|_| !chooses));
    for _ in 0..TRIES {
        let decided = match decide::decide(ctx, &way, asserted, user).await? {
            Ok(Judged::In(decided)) => *decided,
            Ok(Judged::Waits(came, profile)) => {
                let attempt = &found.facts.attempt;
                return match waiting::wait(ctx, &way, attempt, came, &profile, visit.language).await {
                    Ok(Ok(room)) => Ok(Arrived::Waits(Box::new(room))),
                    Ok(Err(why)) => decide::turn_away(ctx, &way, attempt, asserted, why).await,
                    Err(Problem::Forgotten(None)) => Err(over(ctx, &way).await),
                    Err(problem) => Err(problem),
                };
            }
            Ok(Judged::Choose(users)) => {
                let choosing = several::choosing(ctx, &way, found.facts.attempt.id, users).await?;
                return Ok(Arrived::Choose(Box::new(choosing)));
            }
            Err(why) => return decide::turn_away(ctx, &way, &found.facts.attempt, asserted, why).await,
        };
        match finish(ctx, &way, &found.facts.attempt, asserted, decided, asking.as_ref()).await {
            // Two sign-ins of one person at once: the second finds who the first one made, or changed.
            Err(Problem::Store(StoreError::Unique { constraint: Constraint::Identity } | StoreError::Stale { .. })) => {
            }
            done => return done.map(Arrived::SignedIn),
        }
    }
    Err(over(ctx, &way).await)
}

/// Write 3: what the decision changes, the session, the code, the end of the attempt; all of it or nothing.
async fn finish(
    ctx: &Ctx,
    way: &Way,
    attempt: &SignInAttempt,
    asserted: &Asserted,
    decided: Decided,
    asking: Option<&issue_tokens::Asking>,
) -> Result<SignedIn, Problem> {
    let token = SessionToken::new(ctx.now, &ctx.random());
    let session = session(ctx, way, asserted, &decided);
    let (code, onward) = match asking {
        Some(asking) => {
            let person = issue_tokens::person(&session.user, decided.user.as_ref())?;
            issue_tokens::code(ctx, asking, &session, &way.account, person)?
        }
        None => (None, Answer::Redirect(landing(ctx, &way.account, &attempt.target).await?)),
    };
    let fact = Fact::SignedIn {
        attempt: attempt.id,
        connection: way.connection.id,
        user: decided.user.as_ref().map(|user| user.id),
        session: session.id,
    };
    let event = ctx.event(way.account.id, Actor::Visitor, fact);
    let expires_at = session.expires_at;
    let token_hash = *token.hash().as_bytes();
    let change = Finish {
        user: decided.change,
        link: decided.link,
        session: Some(NewSession { session, token_hash, is_named: way.connection.saml.logout_url.is_some() }),
        code,
        event,
        further_events: decided.events,
    };
    let (attempt, began) = (attempt.id, attempt.created_at);
    let (connection, now, news) = (way.connection.id, ctx.now, way.trust.claims.news(asserted));
    let names = news.clone();
    let finished = ctx.store.write(move |tx| {
        Box::pin(async move {
            let finished = tx.finish(attempt, &change).await?;
            if finished && !names.is_empty() {
                tx.observe_claims(connection, &names, now).await?;
            }
            Ok::<_, StoreError>(finished)
        })
    });
    if !finished.await? {
        return Err(over(ctx, way).await);
    }
    way.trust.claims.noted(news);
    metrics::took(Outcome::SignedIn, began, ctx.now);
    Ok(SignedIn { token, expires_at, onward })
}

fn session(ctx: &Ctx, way: &Way, asserted: &Asserted, decided: &Decided) -> Session {
    let at_most = ctx.now + way.account.sessions.length();
    Session {
        id: SessionId::new(ctx.now, ctx.random::<{ id::RANDOM }>()),
        user: decided.session_user.clone(),
        account: way.account.id,
        connection: Some(way.connection.id),
        authentication: Authentication {
            authn_instant: asserted.authn_instant,
            authn_context: asserted.authn_context.clone(),
            session_index: asserted.session_index.clone(),
            name_id: Some(asserted.name_id.clone()),
            methods: session::methods_said(asserted),
            attributes: if way.connection.saml.keeps_attributes {
                session::kept_attributes(asserted)
            } else {
                BTreeMap::new()
            },
        },
        created_at: ctx.now,
        expires_at: asserted.session_not_on_or_after.map_or(at_most, |end| end.min(at_most)),
    }
}

/// Where somebody goes who came for no application: to the account's own one, or to their page.
pub(crate) async fn landing(ctx: &Ctx, account: &Account, deep_link: &str) -> Result<String, Problem> {
    if visit::is_own_page(deep_link) {
        return Ok(deep_link.to_owned());
    }
    let Some(client_id) = account.settings.application.clone() else { return Ok("/me".to_owned()) };
    let application = ctx.store.read(move |tx| Box::pin(async move { tx.application(&client_id).await })).await?;
    let Some(application) = application else { return Ok("/me".to_owned()) };
    let settings = &application.settings;
    let link = DeepLink::new(deep_link, settings).ok();
    let link = link.zip(settings.start_url.as_deref()).and_then(|(link, start_url)| link.at(start_url));
    let start = || issue_tokens::start_of(ctx, &application, account);
    Ok(link.or_else(start).unwrap_or_else(|| "/me".to_owned()))
}

/// What an attempt was begun for; none where there is no such attempt.
///
/// # Errors
/// Those of the store.
pub async fn target_of(ctx: &Ctx, id: AttemptId) -> Result<Option<Target>, Problem> {
    let found = ctx.store.read(move |tx| Box::pin(async move { tx.continuation(id).await })).await?;
    Ok(found.map(|found| Target::of(&found.facts.attempt)))
}

/// The hash of a session cookie's value; of one that is none of ours, nothing.
pub fn session_hash(cookie: &str) -> Option<[u8; 32]> {
    SessionToken::parse(cookie).map(|token| *token.hash().as_bytes())
}
