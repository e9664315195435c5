//! `vestibule user identities` and `unlink`: by which identities somebody comes in, and taking one away (XC-6).

use std::fmt::Write as _;

use vestibule_domain::id::UserId;
use vestibule_journeys::password;
use vestibule_journeys::unlink::{self, Linked};

use crate::cli::ConfigArg;
use crate::failure::Failure;
use crate::output::{Output, sanitised};
use crate::services::{self, Opened};

#[derive(Debug, clap::Args)]
pub(crate) struct UserArgs {
    #[command(subcommand)]
    pub(crate) command: UserCommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum UserCommand {
    /// List the identities by which somebody comes in, the oldest first, and who else comes in by them.
    Identities(IdentitiesArgs),
    /// Take the identities away that somebody has at a connection. Their sessions end.
    Unlink(UnlinkArgs),
    /// Take the authenticator and the recovery codes of somebody away who has lost them.
    ForgetAuthenticator(ForgetArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct IdentitiesArgs {
    /// The person's id, as `vestibule events` and applications (`sub`) name them.
    #[arg(value_name = "USER")]
    pub(crate) user: String,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Whoever still stands behind the identity comes in by it as before; where nobody does, the next sign-in is a first one, \
and the account's admission decides. Take the identity out of the file for `vestibule apply` too, or the next run links \
it anew.

Exit status: 0 unlinked; 2 nothing to unlink, or unusable arguments or configuration.")]
pub(crate) struct UnlinkArgs {
    /// The person's id, as `vestibule events` and applications (`sub`) name them.
    #[arg(value_name = "USER")]
    pub(crate) user: String,
    /// The connection, as `vestibule user identities` names it: acme/entra.
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: String,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Make sure who asks: with their password alone somebody comes in afterwards, unless the account has \
second_factor = \"required\"; then they set up another authenticator. The audit log has a line.

Exit status: 0 taken away; 2 there is none, or unusable arguments or configuration.")]
pub(crate) struct ForgetArgs {
    /// The person's id, as `vestibule events` and applications (`sub`) name them.
    #[arg(value_name = "USER")]
    pub(crate) user: String,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

pub(crate) fn run(arguments: &UserArgs) -> Result<Output, Failure> {
    let told = match &arguments.command {
        UserCommand::Identities(IdentitiesArgs { user, config }) => {
            let (user, config) = (user_of(user)?, services::configuration(config.as_deref())?);
            let linked = services::block_on(async {
                let Opened { ctx, .. } = services::for_command(&config).await?;
                Ok(unlink::identities(&ctx, user).await?)
            })?;
            listed(&linked)
        }
        UserCommand::ForgetAuthenticator(ForgetArgs { user, config }) => {
            let (user, config) = (user_of(user)?, services::configuration(config.as_deref())?);
            let is_taken = services::block_on(async {
                let Opened { ctx, .. } = services::for_command(&config).await?;
                Ok(password::take_away(&ctx, user).await?)
            })?;
            if !is_taken {
                return Err(Failure::Arguments(format!(
                    "USER: {user} has no authenticator; nothing is to be taken away"
                )));
            }
            format!("{user} has no authenticator and no recovery codes any more.\n")
        }
        UserCommand::Unlink(UnlinkArgs { user, connection, config }) => {
            let (user, config) = (user_of(user)?, services::configuration(config.as_deref())?);
            let gone = services::block_on(async {
                let Opened { ctx, .. } = services::for_command(&config).await?;
                Ok(unlink::unlink(&ctx, user, connection).await?)
            })?;
            format!("{} no longer comes in by:\n{}Its sessions have ended.\n", user, listed(&gone))
        }
    };
    Ok(Output { stdout: told.lines().map(|line| sanitised(line) + "\n").collect(), ..Output::status(0) })
}

fn user_of(text: &str) -> Result<UserId, Failure> {
    text.parse().map_err(|error| Failure::Arguments(format!("USER: {error}")))
}

fn listed(linked: &[Linked]) -> String {
    let mut text = String::new();
    for it in linked {
        let _ = write!(text, "  {}  since {}", it.connection, it.linked_at.strftime("%Y-%m-%d %H:%M UTC"));
        if !it.others.is_empty() {
            let others: Vec<String> = it.others.iter().map(ToString::to_string).collect();
            let _ = write!(text, "  shared with {}", others.join(", "));
        }
        text.push('\n');
    }
    if linked.is_empty() {
        text.push_str("  no identity; such a person comes in by a password, or is linked at their first sign-in\n");
    }
    text
}
