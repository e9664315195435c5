//! One answer that a connection got, looked into: how it went, what was checked, what it says, and the message itself.
//!
//! ```text
//! one read: the answer, the one before it, the lines of the log behind it ─▶ opened ─▶ listing · claims · course ─▶ shown
//! ```
//!
//! Personal values are hidden. Where the account allows it, whoever may see what is personal can have them shown, which
//! stands in the audit log.

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::account::{Account, Inspector};
use vestibule_domain::attempt::{Asserted, Purpose};
use vestibule_domain::connection::Connection;
use vestibule_domain::event::{AuditEvent, Fact};
use vestibule_domain::id::{self, AttemptId, ConnectionId, EventId};
use vestibule_domain::identity;
use vestibule_domain::permission::Action;
use vestibule_saml::sp::{Outcome, Reason, Step, entra};
use vestibule_saml::types::ns;
use vestibule_store::tx::{EventFilter, KEPT_MESSAGES, KeptBy, KeptHead, KeptMessage};
use vestibule_xmlsec::algorithms::{Algorithms, Sha1};
use vestibule_xmlsec::enc::{self, RsaBudget};
use vestibule_xmlsec::keys::{TrustedKeys, read_certificates};
use vestibule_xmlsec::{Document, Element, Limits};

use super::attempts::{at_connection, time_of};
use super::viewer::{Spot, Viewer};
use crate::ctx::Ctx;
use crate::inspect::changes::{self, ClaimRow};
use crate::inspect::facts::Facts;
use crate::inspect::kept::{KeptAnswer, KeptExpected};
use crate::inspect::listing::Listing;
use crate::inspect::replay::{self, NoReplay, Replay};
use crate::inspect::shape::{Sight, Value};
use crate::inspect::vouched::Vouched;
use crate::problem::Problem;
use crate::report::{KeptReport, KeptStep};
use crate::trust::{self, Trust};
use crate::words::Words;

/// So long after an answer its sign-in is looked for in the log.
const BEHIND: SignedDuration = SignedDuration::from_mins(5);
/// So many lines of the log are looked at for it.
const LOOKED_AT: u32 = 500;

/// What is done with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// Personal values are shown, where the account allows it.
    pub open: bool,
    /// It is judged again by today's settings.
    pub replay: bool,
}

/// An answer, looked into.
#[derive(Debug)]
pub struct AttemptPage {
    /// Whose the connection is.
    pub spot: Spot,
    /// The connection.
    pub connection: Connection,
    /// What is known of the answer.
    pub head: KeptHead,
    /// When it came.
    pub received_at: Timestamp,
    /// Whether somebody tried the connection.
    pub is_test: bool,
    /// Its way, from the one who asked to the end.
    pub course: Vec<Move>,
    /// The refusal in words, where it was refused.
    pub refusal: Option<Words>,
    /// The number of Entra's error, where its status names one.
    pub aadsts: Option<u32>,
    /// Every check.
    pub steps: Vec<StepSeen>,
    /// What it says of the person.
    pub claims: Vec<ClaimRow>,
    /// Whether anybody vouches for that.
    pub is_proved: bool,
    /// The answer with which the claims are compared.
    pub earlier: Option<Earlier>,
    /// The message, and what was decrypted of it.
    pub message: Message,
    /// What would become of it today, where that was asked.
    pub replay: Option<Result<Replay, NoReplay>>,
    /// Whether personal values are shown.
    pub sight: Sight,
    /// Whether they would be, if whoever looks wants it.
    pub may_open: bool,
}

/// A check, as whoever looks may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepSeen {
    /// Which.
    pub step: Step,
    /// What became of it.
    pub outcome: Outcome,
    /// What deserves attention.
    pub warning: Option<String>,
    /// What the message said.
    pub got: Option<Value>,
    /// What was wanted.
    pub want: Option<String>,
}

/// The answer with which claims are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// Which.
    pub answer: EventId,
    /// When it came.
    pub at: Timestamp,
    /// Whether it is of the same person; else it is the connection's last.
    pub is_same_person: bool,
}

/// A message as lines.
#[derive(Debug, Default)]
pub struct Message {
    /// As it came. None: it was too long to be kept, or is no XML.
    pub received: Option<Listing>,
    /// What was encrypted in it, where a key of ours opens it.
    pub decrypted: Option<Listing>,
    /// Whether an assertion in it is encrypted.
    pub is_encrypted: bool,
    /// Whether a key vouches for any of it.
    pub is_signed: bool,
}

/// Who takes part in a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// The browser.
    Browser,
    /// We.
    Vestibule,
    /// The identity provider.
    Idp,
    /// The application.
    Application,
}

/// A step on the way of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// What happens.
    pub kind: MoveKind,
    /// From whom.
    pub from: Lane,
    /// To whom; the same where somebody does something by themselves.
    pub to: Lane,
    /// When.
    pub at: Option<Timestamp>,
}

/// What happens on the way of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveKind {
    /// The browser wants to sign in.
    Begins,
    /// The application asks for a sign-in.
    Asks,
    /// The identity provider is asked.
    Request,
    /// The person is authenticated there; by its clock.
    Authenticated,
    /// It makes its answer; by its clock.
    Issued,
    /// The browser brings the answer.
    Answer,
    /// Every check holds.
    Accepted,
    /// A check does not.
    Refused,
    /// The person is signed in.
    SignedIn,
    /// The person is not let in.
    TurnedAway,
    /// The person waits.
    Waits,
    /// The application is told.
    HandedOver,
    /// A test ends with its report.
    Tested,
}

struct Loaded {
    message: KeptMessage,
    before: Vec<KeptMessage>,
    account: Option<Account>,
    log: Vec<AuditEvent>,
}

/// One answer: `which` is its id, or that of its attempt.
///
/// # Errors
/// [`Problem::NotFound`] for one that is not kept, or beyond reach, or not to be opened by whoever looks.
pub async fn attempt(
    ctx: &Ctx,
    viewer: &Viewer,
    connection: ConnectionId,
    which: EventId,
    look: Look,
) -> Result<AttemptPage, Problem> {
    let (spot, connection) = at_connection(ctx, viewer, connection).await?;
    let loaded = load(ctx, connection.id, which).await?;
    let owner = &spot.account;
    // What is personal is of the account into which it was to lead.
    let people = loaded.account.as_ref().unwrap_or(owner);
    let may_open = people.settings.inspector == Inspector::Open && viewer.may(Action::SeePersonal, &people.path);
    if look.open && !may_open {
        return Err(Problem::NotFound);
    }
    let kept = KeptAnswer::open(ctx, &loaded.message).map_err(Problem::broken)?;
    let trust = trust::of(ctx, connection.id, None).await?.ok_or(Problem::NotFound)?;
    let sight = if look.open { Sight::Open } else { Sight::Redacted };
    if look.open {
        let head = &loaded.message.head;
        let fact = Fact::AnswerOpened { connection: connection.id, answer: head.id, attempt: head.attempt };
        let event = ctx.event(people.id, viewer.actor(), fact);
        ctx.store.write(move |tx| Box::pin(async move { tx.insert_event(&event).await })).await?;
    }
    let earlier = earlier(ctx, &trust, &kept, &loaded.before);
    let document = kept.xml().and_then(|xml| Document::parse(&xml, &Limits::MESSAGE).ok());
    let message =
        document.as_ref().map(|document| message(document, &kept.report, &trust, kept.received_at, (sight, sight)));
    let facts = document.as_ref().map(Facts::of).unwrap_or_default();
    let claims = match &kept.asserted {
        Some(asserted) => changes::rows(asserted, earlier.as_ref().map(|(_, asserted)| asserted), sight),
        None => changes::unproved(&facts.claims, sight),
    };
    let head = loaded.message.head;
    Ok(AttemptPage {
        received_at: kept.received_at,
        is_test: kept.purpose == Some(Purpose::Test),
        course: course(&kept, &head, &facts, &loaded.log),
        refusal: head.reason.as_deref().and_then(|reason| refusal(&kept.report, reason, sight)),
        aadsts: facts.status_message.as_deref().and_then(entra::aadsts).map(|found| found.number),
        steps: kept.report.all_steps().into_iter().map(|(step, kept)| seen(step, kept, sight)).collect(),
        is_proved: kept.asserted.is_some(),
        claims,
        earlier: earlier.map(|(earlier, _)| earlier),
        message: message.unwrap_or_default(),
        replay: look.replay.then(|| replay::replay(&kept, &trust)),
        sight,
        may_open,
        head,
        spot,
        connection,
    })
}

async fn load(ctx: &Ctx, connection: ConnectionId, which: EventId) -> Result<Loaded, Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let mut found = tx.find_messages(&KeptBy::Id(which)).await?;
            if found.is_empty() {
                found = tx.find_messages(&KeptBy::Attempt(AttemptId::from_bytes(which.bytes()))).await?;
            }
            let at_it = found.into_iter().find(|message| message.head.connection == connection);
            let message = at_it.ok_or(Problem::NotFound)?;
            let mut before = tx.accepted_before(connection, message.head.id, KEPT_MESSAGES).await?;
            // What another account that comes by the same connection hides is not told beside this one's.
            before.retain(|it| it.head.account == message.head.account);
            let until = time_of(message.head.id).saturating_add(BEHIND).unwrap_or(Timestamp::MAX);
            let filter = EventFilter {
                account: Some(message.head.account),
                user: None,
                before: Some(EventId::new(until, [0; id::RANDOM])),
                limit: LOOKED_AT,
            };
            let log = tx.events(&filter).await?;
            let account = tx.account(message.head.account).await?;
            Ok::<_, Problem>(Loaded { message, before, account, log })
        })
    });
    found.await
}

/// The last answer before one that held, of the same person where one is kept.
fn earlier(ctx: &Ctx, trust: &Trust, kept: &KeptAnswer, before: &[KeptMessage]) -> Option<(Earlier, Asserted)> {
    let now = kept.asserted.as_ref()?;
    let subject = |asserted: &Asserted| {
        identity::subject(&asserted.name_id(), &asserted.attributes(), &asserted.issuer, &trust.subject).ok()
    };
    let who = subject(now);
    let mut last = None;
    for message in before {
        let Ok(KeptAnswer { asserted: Some(asserted), .. }) = KeptAnswer::open(ctx, message) else { continue };
        let is_same_person = match (&who, subject(&asserted)) {
            (Some(who), Some(other)) => *who == other,
            _ => now.name_id == asserted.name_id,
        };
        let found = (Earlier { answer: message.head.id, at: time_of(message.head.id), is_same_person }, asserted);
        if is_same_person {
            return Some(found);
        }
        last.get_or_insert(found);
    }
    last
}

/// The message as lines, with what a key vouches for marked: one that is trusted today, or the one by which it was
/// verified when it came. What is decrypted is shown by a sight of its own.
pub(super) fn message(
    document: &Document,
    report: &KeptReport,
    trust: &Trust,
    received_at: Timestamp,
    (sight, within_sight): (Sight, Sight),
) -> Message {
    let algorithms = algorithms(report, trust, received_at);
    let encrypted = document.elements().find(|element| element.is(ns::ASSERTION, "EncryptedAssertion"));
    let decrypted = encrypted.and_then(|element| {
        let keys = trust.sp.decryption_keys.as_ref()?;
        enc::decrypt(element, keys, &algorithms, &mut RsaBudget::new()).ok()
    });
    let keys = keys(report, trust, [Some(document), decrypted.as_ref()]);
    let vouched = Vouched::of(document, keys.as_ref(), &algorithms);
    let within = decrypted.as_ref().map(|inner| {
        let is_whole = encrypted.is_some_and(|element| vouched.covers(element.source_range().start));
        let inner_vouched = Vouched::of(inner, keys.as_ref(), &algorithms).with_whole(is_whole);
        (Listing::of(inner, &inner_vouched, within_sight), inner_vouched.is_any())
    });
    Message {
        received: Some(Listing::of(document, &vouched, sight)),
        is_encrypted: encrypted.is_some(),
        is_signed: vouched.is_any() || within.as_ref().is_some_and(|(_, is_any)| *is_any),
        decrypted: within.map(|(listing, _)| listing),
    }
}

/// The keys that vouch: those that are trusted, and that of the certificate which the report says was matched.
fn keys(report: &KeptReport, trust: &Trust, documents: [Option<&Document>; 2]) -> Option<TrustedKeys> {
    let mut keys: Vec<_> = trust.idp().map(|idp| idp.keys().iter().cloned().collect()).unwrap_or_default();
    let matched =
        report.steps.iter().find(|kept| kept.step == Step::Certificate.name() && kept.outcome == Outcome::Ok.name());
    if let Some(matched) = matched.and_then(|kept| kept.got.as_deref()) {
        let is_certificate = |element: &Element<'_>| element.is(ns::DSIG, "X509Certificate");
        for element in documents.into_iter().flatten().flat_map(Document::elements).filter(is_certificate).take(8) {
            let Ok(text) = element.text() else { continue };
            let Ok(certificates) = read_certificates(text.as_bytes()) else { continue };
            let was_matched = certificates.iter().filter(|it| matched.starts_with(&it.thumbprint_sha1()));
            keys.extend(was_matched.filter_map(|it| it.public_key().ok()));
        }
    }
    TrustedKeys::new(keys).ok()
}

fn algorithms(report: &KeptReport, trust: &Trust, received_at: Timestamp) -> Algorithms {
    let today = trust.algorithms(received_at);
    let was_sha1 = |kept: &KeptStep| {
        let is_signature =
            [Step::ResponseSignature, Step::AssertionSignature].iter().any(|step| step.name() == kept.step);
        is_signature && kept.outcome == Outcome::Ok.name() && kept.warning.is_some()
    };
    if report.steps.iter().any(was_sha1) { Algorithms { sha1: Sha1::Allow, ..today } } else { today }
}

/// A check, as whoever looks may see it: of whom the message is, and what the identity provider writes of them, is personal.
pub(super) fn seen(step: Step, kept: KeptStep, sight: Sight) -> StepSeen {
    let outcome = [Outcome::Ok, Outcome::Refused].into_iter().find(|outcome| outcome.name() == kept.outcome);
    let is_ok = outcome == Some(Outcome::Ok);
    let is_personal = step == Step::Subject || (step == Step::Status && !is_ok);
    // One value is enough where what was said is what was wanted.
    let want = kept.want.filter(|want| !is_ok || Some(want) != kept.got.as_ref());
    StepSeen {
        step,
        outcome: outcome.unwrap_or(Outcome::NotReached),
        warning: kept.warning,
        got: kept.got.map(|got| if is_personal { sight.of(&got) } else { Value::Open(sight.sentence(&got)) }),
        want: want.map(|want| sight.sentence(&want)),
    }
}

/// The refusal in words. Of a check that tells of the person only the sentence is told.
fn refusal(report: &KeptReport, reason: &str, sight: Sight) -> Option<Words> {
    let mut words = report.words(reason)?;
    let at = report.steps.iter().find(|kept| kept.outcome == Outcome::Refused.name()).map(|kept| kept.step.as_str());
    let is_personal = [Step::Subject, Step::Status].iter().any(|step| Some(step.name()) == at);
    if is_personal && sight == Sight::Redacted {
        words.got = None;
    }
    words.got = words.got.map(|got| sight.sentence(&got));
    words.want = words.want.map(|want| sight.sentence(&want));
    // A code that this version does not know says nothing.
    let is_known = Reason::ALL.iter().any(|known| known.code() == reason);
    is_known.then_some(words)
}

/// The way of a sign-in, as far as it is known: what we wrote down, and what the message says of the other side.
fn course(kept: &KeptAnswer, head: &KeptHead, facts: &Facts, log: &[AuditEvent]) -> Vec<Move> {
    use Lane::{Application, Browser, Idp, Vestibule};
    let mut course = Vec::new();
    let mut step = |kind, from, to, at| course.push(Move { kind, from, to, at });
    if let Some(began) = kept.began_at.filter(|_| matches!(kept.expected, KeptExpected::AnswerTo(_))) {
        match kept.application {
            Some(_) => step(MoveKind::Asks, Application, Vestibule, Some(began)),
            None => step(MoveKind::Begins, Browser, Vestibule, Some(began)),
        }
        step(MoveKind::Request, Vestibule, Idp, Some(began));
    }
    let by_theirs = |text: Option<&String>| text.and_then(|text| text.parse::<Timestamp>().ok());
    if let Some(asserted) = &kept.asserted {
        step(MoveKind::Authenticated, Idp, Idp, Some(asserted.authn_instant));
    }
    if let Some(issued) = by_theirs(facts.issue_instant.as_ref()) {
        step(MoveKind::Issued, Idp, Idp, Some(issued));
    }
    step(MoveKind::Answer, Browser, Vestibule, Some(kept.received_at));
    if head.reason.is_some() {
        step(MoveKind::Refused, Vestibule, Browser, Some(kept.received_at));
        return course;
    }
    step(MoveKind::Accepted, Vestibule, Vestibule, Some(kept.received_at));
    let of_attempt = |event: &&AuditEvent| match &event.fact {
        Fact::SignedIn { attempt, .. }
        | Fact::NotAdmitted { attempt, .. }
        | Fact::Waits { attempt, .. }
        | Fact::ConnectionTried { attempt, .. } => Some(*attempt) == head.attempt,
        _ => false,
    };
    let is_test = kept.purpose == Some(Purpose::Test);
    match log.iter().find(of_attempt) {
        Some(event) if is_test => step(MoveKind::Tested, Vestibule, Browser, Some(event.at)),
        Some(AuditEvent { at, fact: Fact::SignedIn { .. }, .. }) => {
            step(MoveKind::SignedIn, Vestibule, Browser, Some(*at));
            if kept.application.is_some() {
                step(MoveKind::HandedOver, Vestibule, Application, Some(*at));
            }
        }
        Some(AuditEvent { at, fact: Fact::Waits { .. }, .. }) => {
            step(MoveKind::Waits, Vestibule, Browser, Some(*at));
        }
        Some(AuditEvent { at, .. }) => step(MoveKind::TurnedAway, Vestibule, Browser, Some(*at)),
        None if head.turned_away.is_some() => step(MoveKind::TurnedAway, Vestibule, Browser, None),
        None => {}
    }
    course
}
