//! `vestibule session list`, `end` and `untold`: who is signed in, ending it, and which applications have yet to be told.

use serde::Serialize;
use vestibule_domain::account::AccountPath;
use vestibule_domain::session::{Session, SessionUser};
use vestibule_journeys::Problem as Ended;
use vestibule_journeys::sessions::{self, Whose};
use vestibule_store::tx::Untold;

use crate::cli::{ConfigArg, Format};
use crate::failure::Failure;
use crate::output::{Output, written};
use crate::services::{self, Opened};

#[derive(Debug, clap::Args)]
pub(crate) struct SessionArgs {
    #[command(subcommand)]
    pub(crate) command: SessionCommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum SessionCommand {
    /// List the sessions of an account or of a person, the oldest first.
    List(ListArgs),
    /// End the sessions of an account or of a person, and have the applications told.
    End(EndArgs),
    /// List the applications that have not been told yet that a session has ended, and why.
    Untold(UntoldArgs),
}

/// Whose sessions.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct WhoseArgs {
    /// Of an account, by its path; empty for the platform.
    #[arg(long, value_name = "PATH")]
    pub(crate) account: Option<String>,
    /// Of a person, by their id, as `vestibule events` and applications name them.
    #[arg(long, value_name = "ID")]
    pub(crate) user: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) whose: WhoseArgs,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) first: u32,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How they are written; the shape of JSON is documented in docs/operate/sessions.md.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
People may sign in again at once: suspend the person or pause the connection with `vestibule apply` where they must not. \
Their sessions end then too.

Exit status: 0 ended, also where there were none; 2 there is no such account or person, or unusable arguments or \
configuration.")]
pub(crate) struct EndArgs {
    #[command(flatten)]
    pub(crate) whose: WhoseArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How the result is written; the shape of JSON is documented in docs/operate/sessions.md.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
pub(crate) struct UntoldArgs {
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) first: u32,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How they are written; the shape of JSON is documented in docs/operate/sessions.md.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

pub(crate) fn run(arguments: &SessionArgs) -> Result<Output, Failure> {
    match &arguments.command {
        SessionCommand::List(arguments) => list(arguments),
        SessionCommand::End(arguments) => end(arguments),
        SessionCommand::Untold(arguments) => untold(arguments),
    }
}

fn list(arguments: &ListArgs) -> Result<Output, Failure> {
    let whose = whose(&arguments.whose)?;
    let config = services::configuration(arguments.config.as_deref())?;
    let found = services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        Ok(sessions::list(&ctx, &whose, arguments.first).await.map_err(Ended::Store)?)
    })?;
    let found = found.ok_or_else(|| nobody(&whose))?;
    let shapes: Vec<_> = found.iter().map(SessionShape::of).collect();
    let text = || shapes.iter().map(SessionShape::text).collect();
    Ok(written(arguments.format, &Sessions { version: 1, sessions: &shapes }, text))
}

fn end(arguments: &EndArgs) -> Result<Output, Failure> {
    let whose = whose(&arguments.whose)?;
    let config = services::configuration(arguments.config.as_deref())?;
    let ended = services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        Ok(sessions::end(&ctx, &whose).await?)
    })?;
    let ended = ended.ok_or_else(|| nobody(&whose))?;
    let text = || {
        let sessions = if ended == 1 { "session has" } else { "sessions have" };
        vec![format!("{ended} {sessions} ended; applications that asked for it are told within a few seconds.")]
    };
    Ok(written(arguments.format, &EndShape { version: 1, ended }, text))
}

fn untold(arguments: &UntoldArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    let found = services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        Ok(sessions::untold(&ctx.store, arguments.first).await.map_err(Ended::Store)?)
    })?;
    let shapes: Vec<_> = found.iter().map(UntoldShape::of).collect();
    let text = || shapes.iter().map(UntoldShape::text).collect();
    Ok(written(arguments.format, &UntoldList { version: 1, untold: &shapes }, text))
}

fn whose(arguments: &WhoseArgs) -> Result<Whose, Failure> {
    match (&arguments.account, &arguments.user) {
        (Some(path), _) => AccountPath::parse(path)
            .map(Whose::Account)
            .map_err(|error| Failure::Arguments(format!("--account: {error}"))),
        (None, user) => {
            let text = user.as_deref().unwrap_or_default();
            text.parse().map(Whose::User).map_err(|error| Failure::Arguments(format!("--user: {error}")))
        }
    }
}

fn nobody(whose: &Whose) -> Failure {
    Failure::Arguments(match whose {
        Whose::User(user) => {
            format!("--user: there is nobody with the id {user}; `vestibule events` shows the ids of people")
        }
        Whose::Account(path) => {
            format!("--account: there is no account {:?}; see the file for `vestibule apply`", path.to_string())
        }
    })
}

#[derive(Serialize)]
struct Sessions<'a> {
    version: u8,
    sessions: &'a [SessionShape],
}

#[derive(Serialize)]
struct SessionShape {
    id: String,
    user: Option<String>,
    connection: Option<String>,
    began_at: String,
    ends_at: String,
}

impl SessionShape {
    fn of(session: &Session) -> Self {
        let user = match &session.user {
            SessionUser::Known(user) => Some(user.to_string()),
            SessionUser::PassedThrough { .. } => None,
        };
        Self {
            id: session.id.to_string(),
            user,
            connection: session.connection.map(|id| id.to_string()),
            began_at: session.created_at.to_string(),
            ends_at: session.expires_at.to_string(),
        }
    }

    /// `019c… began 2026-03-02T10:00:00Z, ends 2026-03-02T22:00:00Z, user 019c…, connection 019c…`
    fn text(&self) -> String {
        let user = self.user.as_deref().unwrap_or("unknown here (passed through)");
        let by = self.connection.as_ref().map_or_else(|| "password".to_owned(), |id| format!("connection {id}"));
        format!("{} began {}, ends {}, user {user}, {by}", self.id, self.began_at, self.ends_at)
    }
}

#[derive(Serialize)]
struct EndShape {
    version: u8,
    ended: u64,
}

#[derive(Serialize)]
struct UntoldList<'a> {
    version: u8,
    untold: &'a [UntoldShape],
}

#[derive(Serialize)]
struct UntoldShape {
    application: String,
    session: String,
    ended_at: String,
    next_at: String,
    failures: u32,
    why: Option<String>,
}

impl UntoldShape {
    fn of(untold: &Untold) -> Self {
        Self {
            application: untold.to.client_id.clone(),
            session: untold.session.to_string(),
            ended_at: untold.ended_at.to_string(),
            next_at: untold.due_at.to_string(),
            failures: untold.failures,
            why: untold.note.clone(),
        }
    }

    fn text(&self) -> String {
        let why = self.why.as_deref().unwrap_or("it was not tried yet");
        format!(
            "{} session {} ended {}, tried {} times, next {}: {why}",
            self.application, self.session, self.ended_at, self.failures, self.next_at
        )
    }
}
