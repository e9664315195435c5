//! An endpoint: what it is called, who may ask it, what it takes and answers. The router and the description are both
//! made of this, so neither knows one that the other does not.

use std::future::Future;
use std::pin::Pin;

use http::Method;
use vestibule_domain::api::ApiAccess;
use vestibule_domain::permission::Action;

use super::call::{Call, Reply};
use super::refusal::Refusal;
use super::schema::{Record, Schema};

/// Carries a request out.
pub(crate) type Run = fn(Call) -> Running;
/// A request that is being carried out.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send>>;

/// An endpoint.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) verb: Verb,
    /// Below `/api/v1`.
    pub(crate) path: &'static str,
    /// Its name for programs.
    pub(crate) id: &'static str,
    /// What it does, in a sentence.
    pub(crate) about: &'static str,
    pub(crate) needs: ApiAccess,
    /// What its role must allow at its own account; whoever may not there, may nowhere.
    pub(crate) action: Action<'static>,
    pub(crate) query: Option<&'static Record>,
    pub(crate) body: Option<&'static Record>,
    pub(crate) answer: Answer,
    pub(crate) run: Run,
    /// What shows the resource that it changes, of which `If-Match` speaks.
    pub(crate) shows: Option<Run>,
}

/// The methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Get,
    Post,
    Patch,
    Put,
    Delete,
}

/// What is answered where all went well.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// One resource, with its `ETag`.
    One(Schema),
    /// A page of a list.
    Page(Schema),
    /// 201: what was made.
    Made(Schema),
    /// 204.
    Nothing,
}

impl Verb {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Patch => "patch",
            Self::Put => "put",
            Self::Delete => "delete",
        }
    }

    pub(crate) const fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Patch => Method::PATCH,
            Self::Put => Method::PUT,
            Self::Delete => Method::DELETE,
        }
    }
}

impl Endpoint {
    const fn new(verb: Verb, path: &'static str, id: &'static str, about: &'static str, run: Run) -> Self {
        let needs = if matches!(verb, Verb::Get) { ApiAccess::Read } else { ApiAccess::Write };
        Self {
            verb,
            path,
            id,
            about,
            needs,
            action: Action::SeeAccount,
            query: None,
            body: None,
            answer: Answer::Nothing,
            run,
            shows: None,
        }
    }

    pub(crate) const fn get(path: &'static str, id: &'static str, about: &'static str, run: Run) -> Self {
        Self::new(Verb::Get, path, id, about, run)
    }

    pub(crate) const fn post(path: &'static str, id: &'static str, about: &'static str, run: Run) -> Self {
        Self::new(Verb::Post, path, id, about, run)
    }

    pub(crate) const fn patch(path: &'static str, id: &'static str, about: &'static str, run: Run) -> Self {
        Self::new(Verb::Patch, path, id, about, run)
    }

    pub(crate) const fn put(path: &'static str, id: &'static str, about: &'static str, run: Run) -> Self {
        Self::new(Verb::Put, path, id, about, run)
    }

    pub(crate) const fn delete(path: &'static str, id: &'static str, about: &'static str, run: Run) -> Self {
        Self::new(Verb::Delete, path, id, about, run)
    }

    pub(crate) const fn whoever(self, action: Action<'static>) -> Self {
        Self { action, ..self }
    }

    pub(crate) const fn trusts(self) -> Self {
        Self { needs: ApiAccess::Trust, ..self }
    }

    pub(crate) const fn query(self, query: &'static Record) -> Self {
        Self { query: Some(query), ..self }
    }

    pub(crate) const fn body(self, body: &'static Record) -> Self {
        Self { body: Some(body), ..self }
    }

    pub(crate) const fn one(self, schema: Schema) -> Self {
        Self { answer: Answer::One(schema), ..self }
    }

    pub(crate) const fn page(self, schema: Schema) -> Self {
        Self { answer: Answer::Page(schema), ..self }
    }

    pub(crate) const fn makes(self, schema: Schema) -> Self {
        Self { answer: Answer::Made(schema), ..self }
    }

    pub(crate) const fn of(self, shows: Run) -> Self {
        Self { shows: Some(shows), ..self }
    }

    /// The names in braces.
    pub(crate) fn parameters(&self) -> Vec<&'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
    }
}

/// A function as [`Run`].
macro_rules! run {
    ($function:path) => {
        |call| Box::pin($function(call))
    };
}
pub(crate) use run;
