//! Links by which somebody without an account sets up a connection.

use jiff::Timestamp;
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::Preset;
use vestibule_domain::id::{ConnectionId, SetupLinkId};
use vestibule_domain::name::Slug;
use vestibule_domain::permission::Action;
use vestibule_domain::setup::{DEFAULT_DAYS, LinkOver};
use vestibule_journeys::api;
use vestibule_journeys::set_up_connection::{self, Listed, NewLink, NotCreated, NotRevoked};

use crate::api::call::{Call, OfAccount, Reply, cursor, page};
use crate::api::endpoint::{Endpoint, run};
use crate::api::refusal::Refusal;
use crate::api::schema::{Input as _, Shape, Whole, input, record};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/setup-links", "listSetupLinks", "The set-up links of an account, the newest first", run!(list))
        .whoever(Action::SetupLinks)
        .query(&OfAccount::RECORD)
        .page(SetupLink::SCHEMA),
    Endpoint::post("/setup-links", "createSetupLink", "Make a link; its address is told once", run!(create))
        .whoever(Action::SetupLinks)
        .trusts()
        .body(&LinkGiven::RECORD)
        .makes(NewSetupLink::SCHEMA),
    Endpoint::get("/setup-links/{link}", "readSetupLink", "One set-up link", run!(read))
        .whoever(Action::SetupLinks)
        .one(SetupLink::SCHEMA),
    Endpoint::post("/setup-links/{link}/revoke", "revokeSetupLink", "Take a link back", run!(revoke))
        .whoever(Action::SetupLinks)
        .one(SetupLink::SCHEMA),
];

input! {
    /// A link.
    LinkGiven {
        /// The account, by its path; left out: the key's own.
        optional account: AccountPath,
        /// The draft to set up, by name; made where there is none. Left out: the account's only draft, or a new one.
        optional connection: Slug,
        /// The kind of identity provider; left out: as the draft has it.
        optional preset: Preset,
        /// For how many days it is good. Default: 7.
        optional days: Whole<1, 30>,
    }
}

record! {
    /// A set-up link.
    SetupLink {
        /// Its identity.
        id: SetupLinkId,
        /// The account.
        account: AccountPath,
        /// The connection that it sets up.
        connection: ConnectionId,
        /// How far it is: unopened, opened, asks, revoked, ended, expired, no_draft.
        state: String,
        /// Since when there is such a link.
        created_at: Timestamp,
        /// From then on it opens nothing.
        expires_at: Timestamp,
        /// When it was opened first.
        opened_at: Option<Timestamp>,
        /// When an administrator was asked to put the connection in force.
        asked_at: Option<Timestamp>,
    }
    /// A set-up link that was made.
    NewSetupLink {
        /// Its identity.
        id: SetupLinkId,
        /// Its address, which is told once.
        url: String,
        /// The connection that it sets up.
        connection: ConnectionId,
        /// From then on it opens nothing.
        expires_at: Timestamp,
    }
}

fn shown(path: &AccountPath, listed: &Listed) -> SetupLink {
    let link = &listed.link;
    let state = match listed.over {
        None if link.asked_at.is_some() => "asks",
        None if link.opened_at.is_some() => "opened",
        None => "unopened",
        Some(LinkOver::Revoked) => "revoked",
        Some(LinkOver::Ended) => "ended",
        Some(LinkOver::Expired) => "expired",
        Some(LinkOver::NotADraft) => "no_draft",
    };
    SetupLink {
        id: link.id,
        account: path.clone(),
        connection: link.connection,
        state: state.to_owned(),
        created_at: link.created_at,
        expires_at: link.expires_at,
        opened_at: link.opened_at,
        asked_at: link.asked_at,
    }
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let query: OfAccount = call.query()?;
    let behind = cursor(query.cursor.as_ref().map(|it| it.0.as_str()))?;
    let (path, links, next) = api::setup_links(call.ctx(), call.viewer(), query.account, behind).await?;
    Ok(page(links.iter().map(|link| shown(&path, link)), next.map(|next| next.to_string())))
}

async fn create(call: Call) -> Result<Reply, Refusal> {
    let body: LinkGiven = call.body()?;
    let account = body.account.unwrap_or_else(|| call.viewer().home.path.clone());
    api::reaches(call.ctx(), call.viewer(), &account, Action::SetupLinks).await?;
    let days = body.days.and_then(|days| u16::try_from(days.0).ok()).unwrap_or(DEFAULT_DAYS);
    let new = NewLink { account, connection: body.connection, preset: body.preset, days };
    let made = set_up_connection::create(call.ctx(), &new, call.viewer().actor(), call.tools()).await;
    let made = made.map_err(|error| match error {
        NotCreated::NoAccount { .. } => Refusal::not_found(),
        NotCreated::Apply(error) => error.into(),
        NotCreated::Store(error) => vestibule_journeys::Problem::from(error).into(),
        error @ (NotCreated::Days { .. }
        | NotCreated::NotADraft { .. }
        | NotCreated::SeveralDrafts { .. }
        | NotCreated::OtherIdp { .. }) => Refusal::conflict(error.to_string()),
    })?;
    let shown = NewSetupLink {
        id: made.link.id,
        url: made.url,
        connection: made.link.connection,
        expires_at: made.link.expires_at,
    };
    Ok(Reply::Made(format!("/setup-links/{}", made.link.id), shown.json()))
}

async fn found(call: &Call) -> Result<SetupLink, Refusal> {
    let id: SetupLinkId = call.named("link")?;
    let (path, listed) = api::setup_link(call.ctx(), call.viewer(), id).await?;
    Ok(shown(&path, &listed))
}

async fn read(call: Call) -> Result<Reply, Refusal> {
    Ok(Reply::One(found(&call).await?.json()))
}

async fn revoke(call: Call) -> Result<Reply, Refusal> {
    let id = found(&call).await?.id;
    match set_up_connection::revoke(call.ctx(), id, call.viewer().actor()).await {
        // It opens nothing: what was asked for.
        Ok(_) | Err(NotRevoked::Over(LinkOver::Revoked)) => Ok(Reply::One(found(&call).await?.json())),
        Err(NotRevoked::Unknown) => Err(Refusal::not_found()),
        Err(NotRevoked::Over(over)) => Err(Refusal::conflict(over.to_string())),
        Err(NotRevoked::Store(error)) => Err(vestibule_journeys::Problem::from(error).into()),
    }
}
