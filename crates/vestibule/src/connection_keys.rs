//! `vestibule connection keys …`: a connection's own keys, listed, added, retired and removed (HY-12).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use vestibule_domain::account::AccountPath;
use vestibule_journeys::Ctx;
use vestibule_journeys::rotate_keys::{self, ConnectionName, KeyState, OwnKey, RotateError, purpose_name};
use vestibule_store::tx::KeyPurpose;

use crate::cli::{ConfigArg, Format};
use crate::failure::Failure;
use crate::keys::new_connection_key;
use crate::output::{Output, json, sanitised};
use crate::services::{self, Opened};

#[derive(Debug, clap::Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, clap::Subcommand)]
enum KeysCommand {
    /// The keys that there are, the oldest first.
    List(ListArgs),
    /// Make a key beside those in force. Both stand in the metadata; a new signing key signs once the one before is
    /// retired.
    Add(AddArgs),
    /// Take a key out of force, once the identity provider has the next one. One for decryption still decrypts.
    Retire(KeyArgs),
    /// Remove a retired key for good.
    Remove(KeyArgs),
}

#[derive(Debug, clap::Args)]
struct Named {
    /// The path of the account.
    #[arg(long, value_name = "PATH")]
    account: String,
    /// The connection's short name in the account.
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    config: ConfigArg,
    /// How the result is written.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    #[command(flatten)]
    of: Named,
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    /// What it is for.
    #[arg(value_enum, value_name = "PURPOSE")]
    purpose: Purpose,
    #[command(flatten)]
    of: Named,
}

#[derive(Debug, clap::Args)]
struct KeyArgs {
    /// The first digits of the key's name, which is the SHA-256 thumbprint of its certificate.
    #[arg(value_name = "KEY")]
    key: String,
    #[command(flatten)]
    of: Named,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Purpose {
    /// Signing requests.
    Signing,
    /// Decrypting assertions.
    Decryption,
}

impl KeysArgs {
    pub(crate) fn format(&self) -> Format {
        self.command.of().format
    }
}

impl KeysCommand {
    fn of(&self) -> &Named {
        match self {
            Self::List(ListArgs { of })
            | Self::Add(AddArgs { of, .. })
            | Self::Retire(KeyArgs { of, .. })
            | Self::Remove(KeyArgs { of, .. }) => of,
        }
    }
}

pub(crate) fn run(arguments: &KeysArgs) -> Result<Output, Failure> {
    let of = arguments.command.of();
    let name = name(of)?;
    let config = services::configuration(of.config.as_deref())?;
    services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        let (keys, advice) = carried_out(&ctx, &arguments.command, &name).await?;
        Ok(output(&keys, advice, of.format))
    })
}

fn name(of: &Named) -> Result<ConnectionName, Failure> {
    let account = AccountPath::parse(&of.account).map_err(|error| Failure::Arguments(format!("--account: {error}")))?;
    let name = of.name.parse().map_err(|error| Failure::Arguments(format!("--name: {error}")))?;
    Ok(ConnectionName { account, name })
}

/// The keys to tell of, and what is to be done next.
async fn carried_out(
    ctx: &Ctx,
    command: &KeysCommand,
    of: &ConnectionName,
) -> Result<(Vec<OwnKey>, &'static str), Failure> {
    let changed = match command {
        KeysCommand::List(_) => {
            let keys = rotate_keys::list(ctx, of).await?;
            let advice = if keys.is_empty() { "The connection has no key of its own.\n" } else { "" };
            return Ok((keys, advice));
        }
        KeysCommand::Add(AddArgs { purpose, .. }) => {
            let made = new_connection_key(&format!("{}/{}", of.account, of.name), ctx.now);
            let made = made.map_err(|problem| Failure::Arguments(format!("no key was made: {problem}")))?;
            rotate_keys::add(ctx, of, (*purpose).into(), made).await?
        }
        KeysCommand::Retire(KeyArgs { key, .. }) => rotate_keys::retire(ctx, of, key).await?,
        KeysCommand::Remove(KeyArgs { key, .. }) => rotate_keys::remove(ctx, of, key).await?,
    };
    let advice = match command {
        KeysCommand::Add(_) => {
            "Give this certificate to the identity provider, which may read it from the connection's metadata too; then \
             retire the key before it.\n"
        }
        KeysCommand::Retire(_) => "It stands in the metadata no longer. Remove it when nothing is encrypted for it.\n",
        _ => "It is gone.\n",
    };
    Ok((vec![changed], advice))
}

impl From<Purpose> for KeyPurpose {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Signing => Self::Signing,
            Purpose::Decryption => Self::Decryption,
        }
    }
}

impl From<RotateError> for Failure {
    fn from(error: RotateError) -> Self {
        Self::ConnectionKey(error)
    }
}

/// What programs get: documented in docs/operate/apply.md.
#[derive(Serialize)]
struct Shape<'a> {
    version: u8,
    keys: Vec<KeyShape<'a>>,
}

#[derive(Serialize)]
struct KeyShape<'a> {
    id: &'a str,
    purpose: &'static str,
    state: &'static str,
    created_at: String,
    not_after: String,
    thumbprint_sha1: String,
    certificate: String,
}

fn output(keys: &[OwnKey], advice: &str, format: Format) -> Output {
    let stdout = match format {
        Format::Json => json(&Shape { version: 1, keys: keys.iter().map(shape).collect() }),
        Format::Text => {
            let mut text = String::new();
            for key in keys {
                write_key(&mut text, key);
            }
            text + advice
        }
    };
    Output { stdout, ..Output::status(0) }
}

fn shape(key: &OwnKey) -> KeyShape<'_> {
    KeyShape {
        id: &key.id,
        purpose: purpose_name(key.purpose),
        state: state(key.state),
        created_at: key.created_at.to_string(),
        not_after: key.certificate.not_after().to_string(),
        thumbprint_sha1: key.certificate.thumbprint_sha1(),
        certificate: STANDARD.encode(key.certificate.der()),
    }
}

fn write_key(text: &mut String, key: &OwnKey) {
    let KeyShape { id, purpose, state, created_at, not_after, thumbprint_sha1, certificate } = shape(key);
    let _ = writeln!(text, "{id}");
    for (label, value) in [
        ("purpose", purpose),
        ("state", state),
        ("made", created_at.as_str()),
        ("valid until", not_after.as_str()),
        ("thumbprint", thumbprint_sha1.as_str()),
    ] {
        let _ = writeln!(text, "  {label:11}  {}", sanitised(value));
    }
    if key.state != KeyState::Retired {
        let _ = writeln!(text, "-----BEGIN CERTIFICATE-----");
        let mut rest = certificate.as_str();
        while let Some((line, more)) = rest.split_at_checked(64) {
            let _ = writeln!(text, "{line}");
            rest = more;
        }
        let _ = writeln!(text, "{rest}\n-----END CERTIFICATE-----");
    }
}

const fn state(state: KeyState) -> &'static str {
    match state {
        KeyState::InForce => "in_force",
        KeyState::Next => "next",
        KeyState::Retired => "retired",
    }
}

#[cfg(test)]
mod tests;
