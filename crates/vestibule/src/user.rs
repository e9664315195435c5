//! `vestibule user …`: by which identities somebody comes in, taking one away (XC-6), and one person handed out or
//! forgotten.

use std::fmt::Write as _;

use vestibule_domain::event::Actor;
use vestibule_domain::id::UserId;
use vestibule_journeys::unlink::{self, Linked};
use vestibule_journeys::{password, person};

use crate::cli::{ConfigArg, Format};
use crate::failure::Failure;
use crate::output::{Output, json, sanitised};
use crate::services::{self, Opened};
use crate::user_list;

#[derive(Debug, clap::Args)]
pub(crate) struct UserArgs {
    #[command(subcommand)]
    pub(crate) command: UserCommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum UserCommand {
    /// List the people of an account. Reads, and writes nothing.
    List(user_list::ListArgs),
    /// Show a person: how connections know them, where they are signed in. Reads, and writes nothing.
    Show(user_list::ShowArgs),
    /// Keep a person from signing in. Their sessions end.
    Suspend(user_list::OfUser),
    /// Let a person sign in again.
    Restore(user_list::OfUser),
    /// List the identities by which somebody comes in, the oldest first, and who else comes in by them.
    Identities(IdentitiesArgs),
    /// Take the identities away that somebody has at a connection. Their sessions end.
    Unlink(UnlinkArgs),
    /// Take the authenticator and the recovery codes of somebody away who has lost them.
    ForgetAuthenticator(ForgetArgs),
    /// Hand out all that is known of somebody, as JSON on the standard output.
    Export(PersonArgs),
    /// Forget somebody: all that is known of them is deleted, and cannot be brought back.
    Erase(EraseArgs),
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

#[derive(Debug, clap::Args)]
#[command(after_help = "\
What is known of them, how connections know them, their sessions, and the lines of the audit log about or by them (the \
newest 10,000). Passwords and secrets are not in it.

Exit status: 0 written; 2 there is no such person, or unusable arguments or configuration.")]
pub(crate) struct PersonArgs {
    /// The person's id, as `vestibule events` and applications (`sub`) name them.
    #[arg(value_name = "USER")]
    pub(crate) user: String,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Their sessions end, and applications and webhooks are told. The audit log goes on naming their id, which leads to nobody \
any more. Where the account creates people at their first sign-in, they are somebody new when they come again: take them \
from the identity provider first. Copies of the database made before still know them.

Exit status: 0 forgotten; 2 there is no such person, --yes is missing, or unusable arguments or configuration.")]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    pub(crate) of: PersonArgs,
    /// They are to be forgotten for good.
    #[arg(long)]
    pub(crate) yes: bool,
}

impl UserArgs {
    pub(crate) fn format(&self) -> Format {
        match &self.command {
            UserCommand::List(arguments) => arguments.format,
            UserCommand::Show(arguments) => arguments.format,
            _ => Format::Text,
        }
    }
}

pub(crate) fn run(arguments: &UserArgs) -> Result<Output, Failure> {
    let told = match &arguments.command {
        UserCommand::List(arguments) => return user_list::list(arguments),
        UserCommand::Show(arguments) => return user_list::show(arguments),
        UserCommand::Suspend(arguments) => return user_list::suspend(arguments),
        UserCommand::Restore(arguments) => return user_list::restore(arguments),
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
        UserCommand::Export(arguments) => return export(arguments),
        UserCommand::Erase(arguments) => erase(arguments)?,
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

fn export(arguments: &PersonArgs) -> Result<Output, Failure> {
    let (user, config) = (user_of(&arguments.user)?, services::configuration(arguments.config.as_deref())?);
    let document = services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        Ok(person::export(&ctx, user).await?)
    })?;
    let document = document.ok_or_else(|| nobody(user))?;
    Ok(Output { stdout: json(&document), ..Output::status(0) })
}

fn erase(arguments: &EraseArgs) -> Result<String, Failure> {
    let (user, config) = (user_of(&arguments.of.user)?, services::configuration(arguments.of.config.as_deref())?);
    if !arguments.yes {
        let why = "say --yes: what is deleted cannot be brought back; `vestibule user export` shows what that is";
        return Err(Failure::Arguments(why.to_owned()));
    }
    let is_erased = services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        Ok(person::erase(&ctx, user, Actor::CommandLine).await?)
    })?;
    if is_erased { Ok(format!("{user} is forgotten. Their sessions have ended.\n")) } else { Err(nobody(user)) }
}

fn nobody(user: UserId) -> Failure {
    Failure::Arguments(format!(
        "USER: there is no user {user}; `vestibule events` and applications (`sub`) name people"
    ))
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
