//! The applications that people sign in to.

use vestibule_domain::account::AccountPath;
use vestibule_domain::permission::Action;
use vestibule_journeys::api;
use vestibule_journeys::console::{self, ApplicationRow};

use crate::api::call::{Call, Reply, page};
use crate::api::endpoint::{Endpoint, run};
use crate::api::refusal::Refusal;
use crate::api::schema::{Input as _, Shape, input, record};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/applications",
        "listApplications",
        "The applications that people of an account may sign in to",
        run!(list),
    )
    .whoever(Action::SeeApplications)
    .query(&ApplicationsOf::RECORD)
    .page(Application::SCHEMA),
    Endpoint::delete(
        "/applications/{application}",
        "deleteApplication",
        "Take an application away for good to which no account leads its people; take it out of the file for apply too",
        run!(delete),
    )
    .whoever(Action::RemoveApplication)
    .trusts(),
];

input! {
    /// Whose applications.
    ApplicationsOf {
        /// Of which account, by its path; left out: the key's own.
        optional account: AccountPath,
    }
}

record! {
    /// An application.
    Application {
        /// `client_id`.
        client_id: String,
        /// Its name.
        name: String,
        /// Whether it serves one account alone.
        of_one_account: bool,
        /// Where codes may be sent.
        redirect_uris: Vec<String>,
        /// The sites behind a proxy.
        sites: Vec<String>,
        /// Whether it proves itself by no secret.
        public: bool,
        /// Whether it must use PKCE.
        pkce: bool,
        /// Whether it gets refresh tokens.
        refresh_tokens: bool,
    }
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let query: ApplicationsOf = call.query()?;
    let found = console::applications(call.ctx(), call.viewer(), query.account).await?;
    let row = |it: ApplicationRow| Application {
        client_id: it.client_id,
        name: it.name,
        of_one_account: it.is_own,
        redirect_uris: it.redirect_uris,
        sites: it.sites,
        public: it.is_public,
        pkce: !it.without_pkce,
        refresh_tokens: it.refreshes,
    };
    Ok(page(found.rows.into_iter().map(row), None))
}

async fn delete(call: Call) -> Result<Reply, Refusal> {
    let client_id: String = call.named("application")?;
    api::remove_application(call.ctx(), call.viewer(), &client_id).await?;
    Ok(Reply::Done)
}
