//! `vestibule setup-link create`, `list`, `revoke` and `confirm`: links by which a customer's IT admin sets up a
//! connection without an account.

use jiff::Timestamp;
use serde::Serialize;
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::Preset;
use vestibule_domain::event::Actor;
use vestibule_domain::id::SetupLinkId;
use vestibule_domain::name::Slug;
use vestibule_domain::setup::{DEFAULT_DAYS, LinkOver};
use vestibule_journeys::Problem as Ended;
use vestibule_journeys::set_up_connection::{
    self, Created, Listed, NewLink, NotConfirmed, NotCreated, NotRevoked, Tools,
};
use vestibule_store::Role;

use crate::cli::{ConfigArg, Format};
use crate::clock;
use crate::failure::Failure;
use crate::keys::{new_connection_key, new_token_signing_key};
use crate::output::{Output, written};
use crate::services::{self, Opened, Setup};

#[derive(Debug, clap::Args)]
pub(crate) struct SetupLinkArgs {
    #[command(subcommand)]
    pub(crate) command: SetupLinkCommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum SetupLinkCommand {
    /// Make a link by which whoever has it sets up one connection, while it is a draft. It is shown once.
    Create(CreateArgs),
    /// List links, the newest first: what was done by them, and which are good. Reads, and writes nothing.
    List(ListArgs),
    /// Take a link back: it opens nothing from now on.
    Revoke(OfLink),
    /// Put the connection of a link in force, where whoever has the link asked for that.
    Confirm(OfLink),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Whoever has the link can set up the connection, and, where the account has nobody yet and setup_activation is \"after_test\", \
put it in force. Send it to the customer's IT admin alone.

Exit status: 0 made; 2 there is no such account, its connection is no draft, or unusable arguments or configuration.")]
pub(crate) struct CreateArgs {
    /// The account, by its path.
    #[arg(value_name = "ACCOUNT")]
    pub(crate) account: String,
    /// The draft to set up; made where there is none. Default: the account's only draft, or a new one.
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
    /// The kind of identity provider. Default: as the draft has it; whoever has the link may choose.
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) idp: Option<Idp>,
    /// For how many days it is good, 1 to 30.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_DAYS)]
    pub(crate) days: u16,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How the result is written; the shape of JSON is documented in docs/operate/set-up.md.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// Of this account alone, by its path.
    #[arg(value_name = "ACCOUNT")]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How they are written; the shape of JSON is documented in docs/operate/set-up.md.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
pub(crate) struct OfLink {
    /// The link's id, as `list` shows it.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

/// As [`Preset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Idp {
    /// Microsoft Entra ID.
    Entra,
    /// Active Directory Federation Services.
    Adfs,
    /// Okta.
    Okta,
    /// Google Workspace.
    Google,
    /// Ping Identity.
    Ping,
    /// Any other.
    Generic,
}

impl From<Idp> for Preset {
    fn from(idp: Idp) -> Self {
        match idp {
            Idp::Entra => Self::Entra,
            Idp::Adfs => Self::Adfs,
            Idp::Okta => Self::Okta,
            Idp::Google => Self::Google,
            Idp::Ping => Self::Ping,
            Idp::Generic => Self::Generic,
        }
    }
}

impl SetupLinkArgs {
    pub(crate) fn format(&self) -> Format {
        match &self.command {
            SetupLinkCommand::Create(arguments) => arguments.format,
            SetupLinkCommand::List(arguments) => arguments.format,
            SetupLinkCommand::Revoke(_) | SetupLinkCommand::Confirm(_) => Format::Text,
        }
    }
}

pub(crate) fn run(arguments: &SetupLinkArgs) -> Result<Output, Failure> {
    match &arguments.command {
        SetupLinkCommand::Create(arguments) => create(arguments),
        SetupLinkCommand::List(arguments) => list(arguments),
        SetupLinkCommand::Revoke(arguments) => revoke(arguments),
        SetupLinkCommand::Confirm(arguments) => confirm(arguments),
    }
}

fn account(text: &str) -> Result<AccountPath, Failure> {
    AccountPath::parse(text).map_err(|error| Failure::Arguments(format!("ACCOUNT: {error}")))
}

fn link(text: &str) -> Result<SetupLinkId, Failure> {
    text.parse().map_err(|error| Failure::Arguments(format!("ID: {error}; `vestibule setup-link list` shows them")))
}

fn create(arguments: &CreateArgs) -> Result<Output, Failure> {
    let connection: Option<Slug> = arguments
        .connection
        .as_deref()
        .map(|name| name.parse().map_err(|error| Failure::Arguments(format!("--connection: {error}"))))
        .transpose()?;
    let new = NewLink {
        account: account(&arguments.account)?,
        connection,
        preset: arguments.idp.map(Preset::from),
        days: arguments.days,
    };
    let config = services::configuration(arguments.config.as_deref())?;
    let created = services::block_on(async {
        let Opened { ctx, fetcher } = services::for_command(&config).await?;
        let tools = Tools { fetcher, make_key: new_connection_key, make_token_key: new_token_signing_key };
        set_up_connection::create(&ctx, &new, Actor::CommandLine, &tools).await.map_err(|error| match error {
            NotCreated::Store(error) => Ended::Store(error).into(),
            NotCreated::Apply(error) => Failure::Apply(error),
            error => Failure::Arguments(error.to_string()),
        })
    })?;
    let shape = CreatedShape::of(&created, &arguments.account);
    let text = || {
        let made = if created.is_new { "a new draft" } else { "a draft" };
        vec![
            created.url.clone(),
            String::new(),
            format!(
                "It sets up {}/{}, {made}, until {}. It is not shown again; `vestibule setup-link revoke {}` takes it back.",
                arguments.account,
                created.connection,
                second(created.link.expires_at),
                created.link.id
            ),
        ]
    };
    Ok(written(arguments.format, &shape, text))
}

fn list(arguments: &ListArgs) -> Result<Output, Failure> {
    let path = arguments.account.as_deref().map(account).transpose()?;
    let config = services::configuration(arguments.config.as_deref())?;
    let found = services::block_on(async {
        let store = services::open_to_read(&Setup::of(&config, Role::Command)).await?;
        Ok(set_up_connection::list(&store, path.as_ref(), clock::now()).await.map_err(Ended::Store)?)
    })?;
    let Some(found) = found else {
        let got = arguments.account.as_deref().unwrap_or_default();
        return Err(Failure::Arguments(format!("there is no account {got:?}; `vestibule apply` makes one")));
    };
    let shapes: Vec<_> = found.iter().map(LinkShape::of).collect();
    let text = || match shapes.as_slice() {
        [] => vec!["There is no set-up link; `vestibule setup-link create ACCOUNT` makes one.".to_owned()],
        shapes => shapes.iter().map(LinkShape::text).collect(),
    };
    Ok(written(arguments.format, &Links { version: 1, links: &shapes }, text))
}

fn revoke(arguments: &OfLink) -> Result<Output, Failure> {
    let id = link(&arguments.id)?;
    let config = services::configuration(arguments.config.as_deref())?;
    services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        set_up_connection::revoke(&ctx, id, Actor::CommandLine).await.map_err(|error| match error {
            NotRevoked::Store(error) => Ended::Store(error).into(),
            error => Failure::Arguments(error.to_string()),
        })
    })?;
    Ok(Output { stdout: "It opens nothing any more. What was set up by it stays.\n".to_owned(), ..Output::status(0) })
}

fn confirm(arguments: &OfLink) -> Result<Output, Failure> {
    let id = link(&arguments.id)?;
    let config = services::configuration(arguments.config.as_deref())?;
    services::block_on(async {
        let Opened { ctx, fetcher } = services::for_command(&config).await?;
        let tools = Tools { fetcher, make_key: new_connection_key, make_token_key: new_token_signing_key };
        let found = ctx.store.read(move |tx| Box::pin(async move { tx.setup_link(id).await })).await;
        let found = found.map_err(Ended::Store)?.ok_or_else(|| Failure::Arguments(NotRevoked::Unknown.to_string()))?;
        let done =
            set_up_connection::confirm(&ctx, found.connection, None, Actor::CommandLine, &tools, &config.product).await;
        done.map_err(|error| match error {
            NotConfirmed::Store(error) => Ended::Store(error).into(),
            NotConfirmed::Apply(error) => Failure::Apply(error),
            error @ (NotConfirmed::NotAsked | NotConfirmed::Changed) => Failure::Arguments(error.to_string()),
        })
    })?;
    Ok(Output { stdout: "The connection is in force, and its link has ended.\n".to_owned(), ..Output::status(0) })
}

/// To the second, in UTC.
fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[derive(Serialize)]
struct CreatedShape {
    version: u8,
    id: String,
    url: String,
    account: String,
    connection: String,
    expires_at: String,
}

impl CreatedShape {
    fn of(created: &Created, account: &str) -> Self {
        Self {
            version: 1,
            id: created.link.id.to_string(),
            url: created.url.clone(),
            account: account.to_owned(),
            connection: created.connection.to_string(),
            expires_at: second(created.link.expires_at),
        }
    }
}

#[derive(Serialize)]
struct Links<'a> {
    version: u8,
    links: &'a [LinkShape],
}

#[derive(Serialize)]
struct LinkShape {
    id: String,
    account: String,
    connection: String,
    state: &'static str,
    created_at: String,
    expires_at: String,
    opened_at: Option<String>,
    asked_at: Option<String>,
}

impl LinkShape {
    fn of(listed: &Listed) -> Self {
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
        Self {
            id: link.id.to_string(),
            account: listed.account.clone(),
            connection: listed.connection.clone(),
            state,
            created_at: second(link.created_at),
            expires_at: second(link.expires_at),
            opened_at: link.opened_at.map(second),
            asked_at: link.asked_at.map(second),
        }
    }

    /// `019c… acme/entra opened 2026-03-02T11:00:00Z, made 2026-03-02T10:00:00Z, until 2026-03-09T10:00:00Z`
    fn text(&self) -> String {
        let Self { id, account, connection, state, created_at, expires_at, .. } = self;
        let at = match (self.asked_at.as_ref(), self.opened_at.as_ref()) {
            (Some(at), _) if *state == "asks" => format!("asks to be put in force since {at}"),
            (_, Some(at)) if *state == "opened" => format!("opened {at}"),
            _ => (*state).to_owned(),
        };
        format!("{id} {account}/{connection} {at}, made {created_at}, until {expires_at}")
    }
}

#[cfg(test)]
mod tests {
    use vestibule_domain::id::{AccountId, ConnectionId};
    use vestibule_domain::setup::SetupLink;

    use super::*;

    #[test]
    fn a_link_is_a_line_without_its_secret() {
        let at: Timestamp = "2026-03-02T10:00:00.5Z".parse().unwrap();
        let link = SetupLink {
            id: SetupLinkId::from_bytes([1; 16]),
            account: AccountId::from_bytes([2; 16]),
            connection: ConnectionId::from_bytes([3; 16]),
            created_at: at,
            created_by: Actor::CommandLine,
            expires_at: at + jiff::SignedDuration::from_hours(24),
            opened_at: Some(at),
            saved_at: None,
            given_at: None,
            people_at: None,
            test: None,
            asked_at: None,
            revoked_at: None,
            ended_at: None,
        };
        let mut listed = Listed { link, account: "acme".to_owned(), connection: "entra".to_owned(), over: None };
        assert_eq!(
            LinkShape::of(&listed).text(),
            "01010101-0101-0101-0101-010101010101 acme/entra opened 2026-03-02T10:00:00Z, made 2026-03-02T10:00:00Z, \
             until 2026-03-03T10:00:00Z"
        );
        listed.over = Some(LinkOver::Ended);
        assert!(LinkShape::of(&listed).text().contains(" acme/entra ended, made "));
    }
}
