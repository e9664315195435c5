//! Connections: how they are set, what they trust, whether they are in force, and what came lately.

use jiff::Timestamp;
use serde_json::Value;
use vestibule_domain::account::{AccountPath, Start};
use vestibule_domain::api::ApiAccess;
use vestibule_domain::connection::{
    AnswerTo, Button, ConnectionState, Encryption, ExpiredCertificates, LoginHint, LogoutReply, Preset,
    Reauthentication, RequestSigning, SignOnBinding, SignaturePolicy, Unsolicited,
};
use vestibule_domain::id::ConnectionId;
use vestibule_domain::mapping::{Mapping, SubjectKey};
use vestibule_domain::name::Slug;
use vestibule_domain::permission::Action;
use vestibule_journeys::api;
use vestibule_journeys::apply::Activation;
use vestibule_journeys::console::{self, ConnectionChange, ConnectionsQuery, NotChanged};

use super::connection_settings::{connection_input, set};
use super::connection_shown::{Connection, ConnectionSummary, RecentAnswer, reason, shown};
use crate::api::call::{Call, Reply, no_cursor, page};
use crate::api::endpoint::{Endpoint, run};
use crate::api::refusal::Refusal;
use crate::api::schema::{AtMost, Input as _, Line, Shape, Taken as _, Whole, input};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/connections", "listConnections", "Connections, by account", run!(list))
        .whoever(Action::SeeConnections)
        .query(&ConnectionsOf::RECORD)
        .page(ConnectionSummary::SCHEMA),
    Endpoint::post("/connections", "createConnection", "Make a draft", run!(create))
        .whoever(Action::ChangeConnection)
        .body(&NewConnection::RECORD)
        .makes(Connection::SCHEMA),
    Endpoint::get("/connections/{connection}", "readConnection", "One connection", run!(read))
        .whoever(Action::SeeConnections)
        .one(Connection::SCHEMA),
    Endpoint::patch(
        "/connections/{connection}",
        "changeConnection",
        "Change what is named of a connection; of one that is no draft any more with the access trust",
        run!(change),
    )
    .whoever(Action::ChangeConnection)
    .body(&ChangedConnection::RECORD)
    .of(run!(read))
    .one(Connection::SCHEMA),
    Endpoint::delete(
        "/connections/{connection}",
        "deleteConnection",
        "Take a connection away for good that is a draft or paused, and by which nobody is known",
        run!(delete),
    )
    .whoever(Action::ChangeConnection)
    .trusts()
    .of(run!(read)),
    Endpoint::post("/connections/{connection}/pause", "pauseConnection", "Nobody signs in by it", run!(pause))
        .whoever(Action::ChangeConnection)
        .of(run!(read))
        .one(Connection::SCHEMA),
    Endpoint::post("/connections/{connection}/activate", "activateConnection", "Put it in force", run!(activate))
        .whoever(Action::ChangeConnection)
        .trusts()
        .body(&Activate::RECORD)
        .of(run!(read))
        .one(Connection::SCHEMA),
    Endpoint::post(
        "/connections/{connection}/certificates",
        "addCertificates",
        "Trust further certificates of the identity provider",
        run!(add_certificates),
    )
    .whoever(Action::ChangeConnection)
    .trusts()
    .body(&MoreCertificates::RECORD)
    .of(run!(read))
    .one(Connection::SCHEMA),
    Endpoint::delete(
        "/connections/{connection}/certificates/{sha256}",
        "removeCertificate",
        "Trust a certificate no more",
        run!(remove_certificate),
    )
    .whoever(Action::ChangeConnection)
    .trusts()
    .of(run!(read)),
    Endpoint::get(
        "/connections/{connection}/attempts",
        "listAttempts",
        "The last answers of the identity provider, the newest first",
        run!(attempts),
    )
    .whoever(Action::SeeConnections)
    .page(RecentAnswer::SCHEMA),
];

input! {
    /// Which connections.
    ConnectionsOf {
        /// Of which account and those below it, by its path; left out: the key's own.
        optional account: AccountPath,
        /// In this state.
        optional state: ConnectionState,
        /// Only those that need somebody.
        optional attention: bool,
        /// In whose name, or in whose account's name or path, this stands.
        optional search: Line<1, 100>,
        /// How many at most. Default: 50.
        optional limit: Whole<1, 200>,
        /// From the answer to the page before, `next`.
        optional cursor: Line<1, 600>,
    }
    /// On whose word.
    Activate {
        /// Whether no test has to have passed: on an operator's word. Default: false.
        optional vouched: bool,
    }
    /// Further certificates.
    MoreCertificates {
        /// PEM, or base64 of DER; several at once.
        required certificates: Line<1, 100_000>,
    }
}

connection_input! {
    /// A new connection, which is a draft. What is left out has the default of its preset.
    NewConnection {
        /// The account, by its path; left out: the key's own.
        optional account: AccountPath,
        /// Its short name in the account.
        required name: Slug,
    }
}

connection_input! {
    /// What is changed of a connection. What is left out stays as it is.
    ChangedConnection {}
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let query: ConnectionsOf = call.query()?;
    let after = match &query.cursor {
        None => None,
        Some(text) => Some(read_cursor(&text.0).ok_or_else(|| no_cursor(&text.0))?),
    };
    let wanted = ConnectionsQuery {
        within: query.account,
        state: query.state,
        attention: query.attention.unwrap_or_default(),
        text: query.search.map(|it| it.0).unwrap_or_default(),
        after,
    };
    let found = console::connections(call.ctx(), call.viewer(), wanted).await?;
    let rows = found.rows.into_iter().map(|it| ConnectionSummary {
        id: it.id,
        name: it.name,
        account: it.path,
        preset: it.preset,
        state: it.state,
        people: it.people,
        attention: it.reasons.iter().map(reason).collect(),
    });
    let next = found.next.map(|(path, name)| format!("{} {name}", crate::api::schema::text(&path.json())));
    Ok(page(rows, next))
}

/// `acme entra`
fn read_cursor(text: &str) -> Option<(AccountPath, Slug)> {
    let (path, name) = text.split_once(' ')?;
    Some((AccountPath::take(&path.into()).ok()?, name.parse().ok()?))
}

async fn found(call: &Call, id: ConnectionId) -> Result<Value, Refusal> {
    let it = console::connection(call.ctx(), call.viewer(), id).await?;
    Ok(shown(it).json())
}

async fn read(call: Call) -> Result<Reply, Refusal> {
    let id = call.named("connection")?;
    found(&call, id).await.map(Reply::One)
}

async fn create(call: Call) -> Result<Reply, Refusal> {
    let body: NewConnection = call.body()?;
    let set = set(&call, &NewConnection::RECORD, body.certificates, body.metadata, body.metadata_url)?;
    let account = body.account.unwrap_or_else(|| call.viewer().home.path.clone());
    let preset = body.preset.unwrap_or_default();
    let id = api::create_connection(call.ctx(), call.viewer(), &account, body.name, preset, set, call.tools()).await?;
    Ok(Reply::Made(format!("/connections/{id}"), found(&call, id).await?))
}

async fn change(call: Call) -> Result<Reply, Refusal> {
    let body: ChangedConnection = call.body()?;
    let set = set(&call, &ChangedConnection::RECORD, body.certificates, body.metadata, body.metadata_url)?;
    let id = call.named("connection")?;
    api::change_connection(call.ctx(), call.viewer(), id, set, call.held_settings(), call.tools()).await?;
    found(&call, id).await.map(Reply::One)
}

async fn delete(call: Call) -> Result<Reply, Refusal> {
    let id = call.named("connection")?;
    api::remove_connection(call.ctx(), call.viewer(), id, call.held_settings()).await?;
    Ok(Reply::Done)
}

async fn changed(call: &Call, change: ConnectionChange) -> Result<ConnectionId, Refusal> {
    let id = call.named("connection")?;
    let held = call.held_settings();
    match console::change_connection_at(call.ctx(), call.viewer(), id, held, change).await? {
        None => Ok(id),
        Some(NotChanged::SignInAgain) => Err(Refusal::not_allowed(ApiAccess::Trust, call.program.access)),
        Some(NotChanged::NotACertificate(why)) => Err(Refusal::cannot("body.certificates", "no certificate", why)),
        Some(NotChanged::Already) => Err(Refusal::conflict("these certificates are trusted already")),
        Some(NotChanged::NotRemovable) => Err(Refusal::conflict(
            "it is not trusted, or it is the last one; add another first, or pause the connection",
        )),
        Some(NotChanged::Overtaken) => Err(Refusal::overtaken()),
        Some(NotChanged::Changed) => Err(Refusal::changed_meanwhile()),
        Some(NotChanged::Not(reasons)) => Err(Refusal::conflict(reasons.join("; "))),
    }
}

async fn pause(call: Call) -> Result<Reply, Refusal> {
    let id = changed(&call, ConnectionChange::Pause).await?;
    found(&call, id).await.map(Reply::One)
}

async fn activate(call: Call) -> Result<Reply, Refusal> {
    let body: Activate = call.body()?;
    let is_vouched = body.vouched.unwrap_or_default();
    let activation = if is_vouched { Activation::ByOperator } else { Activation::AfterTest };
    if is_vouched && !call.viewer().may(Action::SetEntitlement, &call.viewer().home.path) {
        return Err(Refusal::cannot("body.vouched", "true", "false: that is the vendor's operators' to say"));
    }
    let id = changed(&call, ConnectionChange::Activate(activation)).await?;
    found(&call, id).await.map(Reply::One)
}

async fn add_certificates(call: Call) -> Result<Reply, Refusal> {
    let body: MoreCertificates = call.body()?;
    let id = changed(&call, ConnectionChange::AddCertificates(body.certificates.0)).await?;
    found(&call, id).await.map(Reply::One)
}

async fn remove_certificate(call: Call) -> Result<Reply, Refusal> {
    let which: String = call.named("sha256")?;
    changed(&call, ConnectionChange::RemoveCertificate(which)).await?;
    Ok(Reply::Done)
}

async fn attempts(call: Call) -> Result<Reply, Refusal> {
    let id = call.named("connection")?;
    let found = console::connection(call.ctx(), call.viewer(), id).await?;
    let rows = found.attempts.into_iter().map(|it| RecentAnswer {
        at: it.at,
        attempt: it.attempt,
        refusal: it.reason.or(it.turned_away),
        code: it.code,
    });
    Ok(page(rows, None))
}
