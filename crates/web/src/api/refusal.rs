//! What is answered to a request that is not carried out: `application/problem+json` (RFC 9457), with each thing that is
//! wrong, what was got, what is wanted, and who can mend it.

use std::ops::{Deref, DerefMut};

use axum::response::{IntoResponse as _, Response};
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};
use vestibule_domain::api::ApiAccess;
use vestibule_journeys::Problem as Ended;
use vestibule_journeys::api::{NotEntered, NotRemoved, NotSet};
use vestibule_journeys::apply::{ApplyError, Misfit, Reason};

use super::schema::{Field, Record, Schema, Shape, Who, Wrong, shown};
use crate::limits::TooMany;

/// Why a request is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal(Box<Told>);

/// What is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    /// The kind of problem, for programs.
    pub(crate) kind: &'static str,
    pub(crate) title: &'static str,
    pub(crate) detail: String,
    pub(crate) errors: Vec<Wrong>,
    pub(crate) wait: Option<u32>,
    challenge: Option<String>,
    allow: Option<String>,
}

/// Before the name of each kind of problem.
const TYPE: &str = "urn:problem-type:vestibule:";

const ANY: Schema = <String as Shape>::SCHEMA;

/// What is answered to a request that is not carried out.
pub(crate) static PROBLEM: Record = Record {
    name: "Problem",
    about: "What is wrong with a request (RFC 9457).",
    fields: &[
        field("type", "The kind of problem, for programs: urn:problem-type:vestibule: and a word.", ANY),
        field("title", "What it is, in a few words.", ANY),
        field("status", "The status of the answer.", Schema::Number { min: 400, max: 599 }),
        field("detail", "What happened, and what to do.", ANY),
        field("errors", "Each thing that is wrong.", Schema::List { of: &Schema::Record(&ERROR), max: 1000 }),
    ],
};

static ERROR: Record = Record {
    name: "ProblemError",
    about: "One thing that is wrong.",
    fields: &[
        field("field", "Where: body.name, query.limit, header.If-Match.", ANY),
        field("got", "What was given.", ANY),
        field("want", "What is wanted.", ANY),
        field(
            "who",
            "Who can mend it: whoever wrote the program, whoever runs the deployment, or whoever runs the other side.",
            Schema::Word(&Who::NAMES),
        ),
    ],
};

const fn field(name: &'static str, about: &'static str, schema: Schema) -> Field {
    Field { name, about, schema, is_required: true }
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let (errors, wait, challenge, allow) = (Vec::new(), None, None, None);
        Self(Box::new(Told { status, kind, title, detail: detail.into(), errors, wait, challenge, allow }))
    }

    fn with(mut self, errors: Vec<Wrong>) -> Self {
        self.errors = errors;
        self
    }

    /// What is at no address, or beyond reach: both look the same.
    pub(crate) fn not_found() -> Self {
        let detail = "there is nothing at this address, or it is beyond the reach of the key";
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// It does not fit the description.
    pub(crate) fn malformed(errors: Vec<Wrong>) -> Self {
        let detail = "the request does not fit the description at /api/v1/openapi.json; see errors";
        Self::new(StatusCode::BAD_REQUEST, "malformed", "The request cannot be read", detail).with(errors)
    }

    /// It fits the description, and cannot be.
    pub(crate) fn unusable(errors: Vec<Wrong>) -> Self {
        let detail = "the request can be read, and what it wants cannot be; see errors";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unusable", "This cannot be", detail).with(errors)
    }

    /// One thing that cannot be.
    pub(crate) fn cannot(field: &str, got: impl Into<String>, want: impl Into<String>) -> Self {
        Self::unusable(vec![Wrong::new(field, got, want)])
    }

    /// As things are, it cannot be done.
    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "Not as things are now", detail)
    }

    /// Somebody else changed something at the same moment.
    pub(crate) fn overtaken() -> Self {
        Self::conflict("somebody else changed something at the same moment; read it again, and try again")
    }

    /// It is another one than whoever asks believes.
    pub(crate) fn changed(got: &str, now: &str) -> Self {
        let detail = "it was changed since it was read; read it again, and decide anew";
        Self::new(StatusCode::PRECONDITION_FAILED, "changed", "It was changed meanwhile", detail)
            .with(vec![Wrong::new("header.If-Match", got, now)])
    }

    /// It was another one by the time at which it was to be written.
    pub(crate) fn changed_meanwhile() -> Self {
        let detail = "it was changed while this was carried out; read it again, and decide anew";
        Self::new(StatusCode::PRECONDITION_FAILED, "changed", "It was changed meanwhile", detail)
    }

    /// Nothing says which version is meant.
    pub(crate) fn no_precondition(now: &str) -> Self {
        let detail = "send If-Match with the ETag of what you read, so that nobody's change is lost; or If-Match: *";
        Self::new(StatusCode::PRECONDITION_REQUIRED, "no-precondition", "If-Match is wanted", detail)
            .with(vec![Wrong::new("header.If-Match", "nothing", now)])
    }

    /// The role, or the key, does not go so far.
    pub(crate) fn not_allowed(needs: ApiAccess, has: ApiAccess) -> Self {
        let detail = format!(
            "this needs a key with the access {0}, or a token with the scope {1}; this one has {2}",
            needs.name(),
            needs.scope(),
            has.name()
        );
        let mut refusal = Self::new(StatusCode::FORBIDDEN, "access", "The key may not do this", detail);
        refusal.challenge = Some(format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", needs.scope()));
        refusal
    }

    /// The role does not go so far anywhere.
    pub(crate) fn not_by_role(role: &str) -> Self {
        let detail = format!("whoever comes as {role} may not do this; a key with another role may");
        Self::new(StatusCode::FORBIDDEN, "role", "The role may not do this", detail)
    }

    pub(crate) fn not_entered(why: &NotEntered) -> Self {
        let is_known = matches!(why, NotEntered::NotAllowed { .. } | NotEntered::NoScope);
        let status = if is_known { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
        let (kind, title) =
            if is_known { ("access", "The application may not do this") } else { ("unauthenticated", "Who asks?") };
        let mut refusal = Self::new(status, kind, title, why.to_string());
        refusal.challenge = Some(match why {
            NotEntered::Nobody => "Bearer".to_owned(),
            NotEntered::Unknown | NotEntered::Over(_) => "Bearer error=\"invalid_token\"".to_owned(),
            NotEntered::NotAllowed { .. } | NotEntered::NoScope => "Bearer error=\"insufficient_scope\"".to_owned(),
        });
        refusal
    }

    pub(crate) fn too_many(too_many: TooMany) -> Self {
        let wait = too_many.wait;
        let detail = format!("come back in {wait} s");
        let mut refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many", "Too many requests", detail);
        refusal.wait = Some(wait);
        refusal
    }

    pub(crate) fn method(allow: String) -> Self {
        let detail = format!("this address is for {allow}");
        let mut refusal =
            Self::new(StatusCode::METHOD_NOT_ALLOWED, "method", "The address is not for this method", detail);
        refusal.allow = Some(allow);
        refusal
    }

    fn unavailable() -> Self {
        let detail = "the deployment cannot answer for the moment; try again";
        let mut refusal =
            Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available for the moment", detail);
        refusal.wait = Some(1);
        refusal
    }

    /// The same with what was given where that is not said yet. No secret is repeated.
    pub(crate) fn about(mut self, body: &Map<String, Value>) -> Self {
        for wrong in self.errors.iter_mut().filter(|wrong| wrong.got.is_empty()) {
            let name = wrong.field.strip_prefix("body.").unwrap_or_default();
            wrong.got = match body.get(name) {
                Some(value) if name != "secrets" => shown(value),
                Some(_) => "a value that is not repeated".to_owned(),
                None => "nothing".to_owned(),
            };
        }
        self
    }

    pub(crate) fn response(&self) -> Response {
        let errors = self
            .errors
            .iter()
            .map(|it| json!({ "field": it.field, "got": it.got, "want": it.want, "who": it.who.name() }));
        let body = json!({
            "type": format!("{TYPE}{}", self.kind),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
            "errors": errors.collect::<Vec<Value>>(),
        });
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait) = self.wait {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait));
        }
        for (name, value) in [(WWW_AUTHENTICATE, &self.challenge), (ALLOW, &self.allow)] {
            if let Some(value) = value.as_ref().and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

impl Deref for Refusal {
    type Target = Told;

    fn deref(&self) -> &Told {
        &self.0
    }
}

impl DerefMut for Refusal {
    fn deref_mut(&mut self) -> &mut Told {
        &mut self.0
    }
}

impl From<Ended> for Refusal {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::NotFound | Ended::NoSuchHost => Self::not_found(),
            Ended::Crowded => Self::too_many(TooMany { wait: 1 }),
            ended => {
                tracing::error!(error = %ended, "a request to the API could not be answered");
                Self::unavailable()
            }
        }
    }
}

impl From<NotRemoved> for Refusal {
    fn from(not: NotRemoved) -> Self {
        match not {
            NotRemoved::Changed => Self::changed_meanwhile(),
            NotRemoved::Overtaken => Self::overtaken(),
            NotRemoved::Problem(problem) => problem.into(),
            not => Self::conflict(not.to_string()),
        }
    }
}

impl From<NotSet> for Refusal {
    fn from(not: NotSet) -> Self {
        match not {
            NotSet::Changed => Self::changed_meanwhile(),
            NotSet::Exists { what } => Self::conflict(format!("{what} is there already")),
            // What was given is read from the body again.
            NotSet::Field { field, why } => {
                let mut wrong = Wrong::new(format!("body.{field}"), "", why);
                wrong.who = match field {
                    "metadata_url" => Who::OtherSide,
                    "entitlement" | "permitted" | "children" | "application" | "kind" | "waiting" | "aliases"
                    | "answer_to" => Who::Operator,
                    _ => Who::Caller,
                };
                Self::unusable(vec![wrong])
            }
            NotSet::Trust => Self::not_allowed(ApiAccess::Trust, ApiAccess::Write),
            NotSet::Apply(error) => error.into(),
            NotSet::Problem(problem) => problem.into(),
        }
    }
}

impl From<ApplyError> for Refusal {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Misfits(misfits) => Self::unusable(misfits.into_iter().map(wrong).collect()),
            ApplyError::Stale | ApplyError::LinkOver => Self::overtaken(),
            error => {
                tracing::error!(error = %error, "a request to the API could not be carried out");
                Self::unavailable()
            }
        }
    }
}

/// What the planner refuses, as it says it.
fn wrong(misfit: Misfit) -> Wrong {
    match misfit.reason {
        Reason::Setting(problem) => {
            let want = format!("{}; {}", problem.want, problem.fix);
            Wrong::new(format!("body.{}", problem.field), problem.got, want)
        }
        reason => Wrong::new("body", misfit.what, reason.to_string()),
    }
}
