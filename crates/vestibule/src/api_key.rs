//! `vestibule api-key create`, `list` and `revoke`: keys by which programs use the admin API.

use jiff::Timestamp;
use serde::Serialize;
use vestibule_domain::account::AccountPath;
use vestibule_domain::api::{ApiAccess, KeyOver};
use vestibule_domain::event::Actor;
use vestibule_domain::id::ApiKeyId;
use vestibule_domain::user::ConsoleRole;
use vestibule_journeys::Problem as Ended;
use vestibule_journeys::api::{self, ListedKey, Made, NewKey, NotMade};
use vestibule_store::Role;

use crate::cli::{ConfigArg, Format};
use crate::clock;
use crate::failure::Failure;
use crate::output::{Output, written};
use crate::services::{self, Opened, Setup};

/// The account of keys for which none is named.
const PLATFORM: &str = "platform";

#[derive(Debug, clap::Args)]
pub(crate) struct ApiKeyArgs {
    #[command(subcommand)]
    pub(crate) command: ApiKeyCommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ApiKeyCommand {
    /// Make a key by which a program uses the admin API. Its secret is shown once.
    Create(CreateArgs),
    /// List keys, by account, the newest first. Reads, and writes nothing.
    List(ListArgs),
    /// Take a key back: it opens nothing from now on.
    Revoke(RevokeArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Whoever has the secret is, at the admin API, whoever the role names, for the account and all below it.

Exit status: 0 made; 2 there is no such account, or unusable arguments or configuration.")]
pub(crate) struct CreateArgs {
    /// What it is for, by which people know it.
    #[arg(value_name = "NAME")]
    name: String,
    /// The account that it reaches, with those below it, by its path. Default: the platform, which is everything.
    #[arg(long, value_name = "PATH")]
    account: Option<String>,
    /// As what it comes.
    #[arg(long, value_enum)]
    role: KeyRole,
    /// What it may do of what that role may.
    #[arg(long, value_enum, default_value = "read")]
    access: KeyAccess,
    /// For how many days it is good, 1 to 730. Default: until it is revoked.
    #[arg(long, value_name = "N")]
    days: Option<u16>,
    #[command(flatten)]
    config: ConfigArg,
    /// How the result is written; the shape of JSON is documented in docs/integrate/api.md.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// Of this account alone, by its path; platform for the platform.
    #[arg(value_name = "ACCOUNT")]
    account: Option<String>,
    #[command(flatten)]
    config: ConfigArg,
    /// How they are written; the shape of JSON is documented in docs/integrate/api.md.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RevokeArgs {
    /// The key's id, as `list` shows it.
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    config: ConfigArg,
}

/// As [`ConsoleRole`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
enum KeyRole {
    /// Everything; of another account than the platform as an account admin.
    Operator,
    /// Everything is seen but what is personal, and nothing is changed.
    Support,
    /// The account and those below it.
    AccountAdmin,
    /// Who waits in the account is let in, or not.
    Approver,
}

/// As [`ApiAccess`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum KeyAccess {
    /// It sees.
    Read,
    /// It changes what is not trust: people, who waits, accounts, drafts.
    Write,
    /// It changes what is trusted too: certificates, connections in force, keys.
    Trust,
}

impl From<KeyRole> for ConsoleRole {
    fn from(role: KeyRole) -> Self {
        match role {
            KeyRole::Operator => Self::Operator,
            KeyRole::Support => Self::Support,
            KeyRole::AccountAdmin => Self::AccountAdmin,
            KeyRole::Approver => Self::Approver,
        }
    }
}

impl From<KeyAccess> for ApiAccess {
    fn from(access: KeyAccess) -> Self {
        match access {
            KeyAccess::Read => Self::Read,
            KeyAccess::Write => Self::Write,
            KeyAccess::Trust => Self::Trust,
        }
    }
}

impl ApiKeyArgs {
    pub(crate) fn format(&self) -> Format {
        match &self.command {
            ApiKeyCommand::Create(arguments) => arguments.format,
            ApiKeyCommand::List(arguments) => arguments.format,
            ApiKeyCommand::Revoke(_) => Format::Text,
        }
    }
}

pub(crate) fn run(arguments: &ApiKeyArgs) -> Result<Output, Failure> {
    match &arguments.command {
        ApiKeyCommand::Create(arguments) => create(arguments),
        ApiKeyCommand::List(arguments) => list(arguments),
        ApiKeyCommand::Revoke(arguments) => revoke(arguments),
    }
}

fn account(name: &'static str, text: Option<&str>) -> Result<AccountPath, Failure> {
    match text {
        None | Some(PLATFORM) => Ok(AccountPath::ROOT),
        Some(text) => AccountPath::parse(text).map_err(|error| Failure::Arguments(format!("{name}: {error}"))),
    }
}

fn create(arguments: &CreateArgs) -> Result<Output, Failure> {
    let new = NewKey {
        account: account("--account", arguments.account.as_deref())?,
        name: arguments.name.clone(),
        role: arguments.role.into(),
        access: arguments.access.into(),
        days: arguments.days,
    };
    let path = new.account.clone();
    let config = services::configuration(arguments.config.as_deref())?;
    let made = services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        api::create(&ctx, new, Actor::CommandLine).await.map_err(|error| match error {
            NotMade::Store(error) => Ended::Store(error).into(),
            error => Failure::Arguments(error.to_string()),
        })
    })?;
    let shape = MadeShape::of(&made, &path);
    let text = || {
        let until =
            made.key.expires_at.map_or_else(|| "until it is revoked".to_owned(), |at| format!("until {}", second(at)));
        vec![
            made.secret.clone(),
            String::new(),
            format!(
                "It reaches {} and all below it as {}, {}, {until}. It is not shown again; `vestibule api-key revoke {}` \
                 takes it back.",
                shape.key.account, shape.key.role, shape.key.access, shape.key.id
            ),
        ]
    };
    Ok(written(arguments.format, &shape, text))
}

fn list(arguments: &ListArgs) -> Result<Output, Failure> {
    let path = arguments.account.as_deref().map(|text| account("ACCOUNT", Some(text))).transpose()?;
    let config = services::configuration(arguments.config.as_deref())?;
    let found = services::block_on(async {
        let store = services::open_to_read(&Setup::of(&config, Role::Command)).await?;
        Ok(api::list(&store, path.as_ref(), clock::now()).await.map_err(Ended::Store)?)
    })?;
    let Some(found) = found else {
        let got = arguments.account.as_deref().unwrap_or_default();
        return Err(Failure::Arguments(format!("there is no account {got:?}; `vestibule apply` makes one")));
    };
    let shapes: Vec<_> = found.iter().map(KeyShape::of).collect();
    let text = || match shapes.as_slice() {
        [] => vec!["There is no API key; `vestibule api-key create NAME --role ROLE` makes one.".to_owned()],
        shapes => shapes.iter().map(KeyShape::text).collect(),
    };
    Ok(written(arguments.format, &Keys { version: 1, keys: &shapes }, text))
}

fn revoke(arguments: &RevokeArgs) -> Result<Output, Failure> {
    let id: ApiKeyId = arguments
        .id
        .parse()
        .map_err(|error| Failure::Arguments(format!("ID: {error}; `vestibule api-key list` shows them")))?;
    let config = services::configuration(arguments.config.as_deref())?;
    let revoked = services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        Ok(api::revoke(&ctx, id, Actor::CommandLine).await.map_err(Ended::Store)?)
    })?;
    match revoked {
        None => Err(Failure::Arguments(format!(
            "there is no key {id}; `vestibule api-key list` shows those that there are"
        ))),
        Some(true) => Ok(Output { stdout: "It opens nothing any more.\n".to_owned(), ..Output::status(0) }),
        Some(false) => Ok(Output { stdout: "It was revoked before.\n".to_owned(), ..Output::status(0) }),
    }
}

/// To the second, in UTC.
fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[derive(Serialize)]
struct MadeShape {
    version: u8,
    secret: String,
    #[serde(flatten)]
    key: KeyShape,
}

impl MadeShape {
    fn of(made: &Made, account: &AccountPath) -> Self {
        let listed = ListedKey { key: made.key.clone(), account: account.clone(), over: None };
        Self { version: 1, secret: made.secret.clone(), key: KeyShape::of(&listed) }
    }
}

#[derive(Serialize)]
struct Keys<'a> {
    version: u8,
    keys: &'a [KeyShape],
}

#[derive(Serialize)]
struct KeyShape {
    id: String,
    name: String,
    account: String,
    role: &'static str,
    access: &'static str,
    state: &'static str,
    created_at: String,
    used_at: Option<String>,
    expires_at: Option<String>,
    revoked_at: Option<String>,
}

impl KeyShape {
    fn of(listed: &ListedKey) -> Self {
        let key = &listed.key;
        Self {
            id: key.id.to_string(),
            name: key.name.clone(),
            account: listed.account.shown(),
            role: match key.role {
                ConsoleRole::Operator => "operator",
                ConsoleRole::Support => "support",
                ConsoleRole::AccountAdmin => "account_admin",
                ConsoleRole::Approver => "approver",
            },
            access: key.access.name(),
            state: match listed.over {
                None => "good",
                Some(KeyOver::Revoked) => "revoked",
                Some(KeyOver::Expired) => "expired",
            },
            created_at: second(key.created_at),
            used_at: key.used_at.map(second),
            expires_at: key.expires_at.map(second),
            revoked_at: key.revoked_at.map(second),
        }
    }

    /// `019c… crm: account_admin of acme, write, used 2026-03-02T11:00:00Z, until 2026-09-02T10:00:00Z`
    fn text(&self) -> String {
        let Self { id, name, account, role, access, state, .. } = self;
        let used = self.used_at.as_ref().map_or_else(|| "not used".to_owned(), |at| format!("used {at}"));
        let end = match (*state, &self.expires_at) {
            ("good", Some(at)) => format!("until {at}"),
            ("good", None) => "until revoked".to_owned(),
            (state, _) => state.to_owned(),
        };
        format!("{id} {name}: {role} of {account}, {access}, {used}, {end}")
    }
}

#[cfg(test)]
mod tests {
    use vestibule_domain::api::ApiKey;
    use vestibule_domain::id::AccountId;

    use super::*;

    #[test]
    fn a_key_is_a_line_without_its_secret() {
        let at: Timestamp = "2026-03-02T10:00:00.5Z".parse().unwrap();
        let key = ApiKey {
            id: ApiKeyId::from_bytes([1; 16]),
            account: AccountId::from_bytes([2; 16]),
            name: "crm".to_owned(),
            role: ConsoleRole::AccountAdmin,
            access: ApiAccess::Write,
            created_at: at,
            created_by: Actor::CommandLine,
            used_at: None,
            expires_at: Some(at + jiff::SignedDuration::from_hours(24)),
            revoked_at: None,
        };
        let mut listed = ListedKey { key, account: AccountPath::ROOT, over: None };
        assert_eq!(
            KeyShape::of(&listed).text(),
            "01010101-0101-0101-0101-010101010101 crm: account_admin of platform, write, not used, until \
             2026-03-03T10:00:00Z"
        );
        listed.over = Some(KeyOver::Revoked);
        assert!(KeyShape::of(&listed).text().ends_with(", revoked"));
    }
}
