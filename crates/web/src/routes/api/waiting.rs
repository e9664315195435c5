//! Who waits to be let in, and what is decided about them.

use jiff::Timestamp;
use serde_json::Value;
use vestibule_domain::account::AccountPath;
use vestibule_domain::grants::Granted;
use vestibule_domain::id::{ApplicantId, ConnectionId, UserId};
use vestibule_domain::permission::{Action, Giving};
use vestibule_domain::waiting::{Applicant, ApplicantState, MAX_REASON};
use vestibule_journeys::api;
use vestibule_journeys::waiting::{self, ApplicantOrder, Decided, ListQuery, NotDecided, Verdict};

use super::users::{UserProfile, profile};
use crate::api::call::{Call, Reply, cursor, page};
use crate::api::endpoint::{Endpoint, run};
use crate::api::refusal::Refusal;
use crate::api::schema::{Input as _, Line, Schema, Shape, Taken, Whole, input, record};

/// Nothing in particular.
const NOTHING: Giving<'static> = Giving { scopes: None, beyond_scopes: false };

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/waiting", "listWaiting", "Who waits in an account", run!(list))
        .whoever(Action::SeeWaiting)
        .query(&WaitingOf::RECORD)
        .page(Waiting::SCHEMA),
    Endpoint::get("/waiting/{applicant}", "readWaiting", "Somebody who waits", run!(read))
        .whoever(Action::SeeWaiting)
        .one(Waiting::SCHEMA),
    Endpoint::post("/waiting/{applicant}/approve", "approve", "Let somebody in", run!(approve))
        .whoever(Action::Approve(NOTHING))
        .body(&Approval::RECORD)
        .of(run!(read))
        .one(Waiting::SCHEMA),
    Endpoint::post("/waiting/{applicant}/merge", "merge", "Make somebody one with a person who is known", run!(merge))
        .whoever(Action::Approve(NOTHING))
        .body(&Merging::RECORD)
        .of(run!(read))
        .one(Waiting::SCHEMA),
    Endpoint::post("/waiting/{applicant}/refuse", "refuse", "Do not let somebody in", run!(refuse))
        .whoever(Action::Refuse)
        .body(&Refusing::RECORD)
        .of(run!(read))
        .one(Waiting::SCHEMA),
];

/// How far it is with somebody who waits.
#[derive(Clone, Copy)]
pub(super) struct State(ApplicantState);

impl Shape for State {
    const SCHEMA: Schema = Schema::Word(&["waiting", "second_step", "approved", "refused"]);

    fn json(&self) -> Value {
        match self.0 {
            ApplicantState::Waiting => "waiting",
            ApplicantState::SecondStep => "second_step",
            ApplicantState::Approved => "approved",
            ApplicantState::Refused => "refused",
        }
        .into()
    }
}

impl Taken for State {
    fn take(value: &Value) -> Result<Self, String> {
        Ok(Self(match value.as_str() {
            Some("second_step") => ApplicantState::SecondStep,
            Some("approved") => ApplicantState::Approved,
            Some("refused") => ApplicantState::Refused,
            _ => ApplicantState::Waiting,
        }))
    }
}

input! {
    /// Who of those who wait.
    WaitingOf {
        /// In which account, by its path; left out: the key's own.
        optional account: AccountPath,
        /// How far it is with them. Default: waiting.
        optional state: State,
        /// How many at most. Default: 50.
        optional limit: Whole<1, 200>,
        /// From the answer to the page before, `next`.
        optional cursor: Line<1, 300>,
    }
    /// With what somebody is let in.
    Approval {
        /// What they are given in applications. Default: nothing.
        optional granted: Granted,
    }
    /// With whom somebody is made one.
    Merging {
        /// The person who is known.
        required user: UserId,
        /// What they are given besides. Default: nothing.
        optional granted: Granted,
    }
    /// Why somebody is not let in.
    Refusing {
        /// What they read.
        required reason: Line<1, MAX_REASON>,
    }
}

record! {
    /// Somebody who waits.
    Waiting {
        /// Their identity.
        id: ApplicantId,
        /// In which account.
        account: AccountPath,
        /// How far it is with them.
        state: State,
        /// By which connection they came; null: somebody asked for them.
        connection: Option<ConnectionId>,
        /// Since when they wait.
        asked_at: Timestamp,
        /// When they are forgotten.
        expires_at: Timestamp,
        /// What is known of them; null where the key may not see it.
        profile: Option<UserProfile>,
        /// What was asked for them, or given to them.
        granted: Granted,
        /// Who they are as a user, once that is decided.
        user: Option<UserId>,
    }
}

fn shown(call: &Call, account: &AccountPath, it: &Applicant) -> Waiting {
    Waiting {
        id: it.id,
        account: account.clone(),
        state: State(it.state),
        connection: it.came.as_ref().map(|came| came.connection),
        asked_at: it.asked_at,
        expires_at: it.expires_at,
        // Whoever decides about somebody has to see who it is.
        profile: api::sees_who_waits(call.viewer(), account).then(|| profile(&it.file.profile)),
        granted: it.file.granted.clone(),
        user: it.file.user,
    }
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let query: WaitingOf = call.query()?;
    let wanted = ListQuery {
        account: query.account,
        state: query.state.map_or(ApplicantState::Waiting, |state| state.0),
        order: ApplicantOrder::Oldest,
        begins: String::new(),
        after: cursor(query.cursor.as_ref().map(|it| it.0.as_str()))?,
    };
    let found = waiting::list(call.ctx(), &call.program.who(), wanted).await?;
    let account = found.account.path;
    let rows: Vec<_> = found.applicants.iter().map(|it| shown(&call, &account, it)).collect();
    Ok(page(rows, found.next.map(|next| next.to_string())))
}

async fn found(call: &Call) -> Result<(Value, i64), Refusal> {
    let detail = waiting::look(call.ctx(), &call.program.who(), call.named("applicant")?).await?;
    Ok((shown(call, &detail.account.path, &detail.applicant).json(), detail.applicant.version))
}

async fn read(call: Call) -> Result<Reply, Refusal> {
    found(&call).await.map(|(it, _)| Reply::One(it))
}

async fn decided(call: Call, verdict: Verdict) -> Result<Reply, Refusal> {
    let (seen, version) = found(&call).await?;
    let held = call.still(&seen, version)?;
    let id = call.named("applicant")?;
    match waiting::decide(call.ctx(), &call.program.who(), id, version, verdict).await? {
        Decided::Done => read(call).await,
        Decided::Overtaken if held.is_some() => Err(Refusal::changed_meanwhile()),
        Decided::Overtaken => Err(Refusal::conflict("it is decided already, or somebody else decided at this moment")),
        Decided::Not(not) => Err(refused(&not)),
    }
}

fn refused(not: &NotDecided) -> Refusal {
    let why = not.to_string();
    match not {
        NotDecided::NotOffered(_) | NotDecided::BeyondReach => {
            Refusal::cannot("body.granted", "more than may be given", why)
        }
        NotDecided::ReasonMissing | NotDecided::ReasonTooLong { .. } => {
            Refusal::cannot("body.reason", "no reason", why)
        }
        NotDecided::NoSuchUser => Refusal::cannot("body.user", "nobody who can be", why),
        NotDecided::Namesake => Refusal::conflict(why),
    }
}

async fn approve(call: Call) -> Result<Reply, Refusal> {
    let body: Approval = call.body()?;
    decided(call, Verdict::Approve(body.granted.unwrap_or_default())).await
}

async fn merge(call: Call) -> Result<Reply, Refusal> {
    let body: Merging = call.body()?;
    decided(call, Verdict::Merge(body.user, body.granted.unwrap_or_default())).await
}

async fn refuse(call: Call) -> Result<Reply, Refusal> {
    let body: Refusing = call.body()?;
    decided(call, Verdict::Refuse(body.reason.0)).await
}
