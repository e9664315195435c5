//! `vestibule waiting …`: who waits to be let in to an account, since when, and what is decided about them. People decide
//! at `/waiting`; whoever runs commands does so as an operator, and the audit log says from where.

use serde::Serialize;
use vestibule_domain::id::ApplicantId;
use vestibule_domain::user::User;
use vestibule_domain::waiting::{Applicant, called};
use vestibule_journeys::waiting::{self, Detail};
use vestibule_journeys::{Problem as Ended, console};
use vestibule_store::Role;

use crate::account::path_of;
use crate::cli::{ConfigArg, Format};
use crate::failure::Failure;
use crate::output::{Output, facts, second, table, written};
use crate::services::{self, Setup};
use crate::waiting_decide::{self, ApproveArgs, AskArgs, MergeArgs, RefuseArgs};

#[derive(Debug, clap::Args)]
pub(crate) struct WaitingArgs {
    #[command(subcommand)]
    pub(crate) command: WaitingCommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum WaitingCommand {
    /// List who waits, the longest first, without names. Reads, and writes nothing.
    List(ListArgs),
    /// Show somebody who waits: who they are, what they may be given, and whom they may be. Reads, and writes nothing.
    Show(ShowArgs),
    /// Let somebody in. In the second step of a merge they are merged.
    Approve(ApproveArgs),
    /// Make somebody one with a user whom the account knows already.
    Merge(MergeArgs),
    /// Let somebody not in, for a reason that they read.
    Refuse(RefuseArgs),
    /// Let somebody in who was not here yet, by an address of a proved domain.
    Ask(AskArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The lines name nobody; `vestibule waiting show` does, and whoever may decide sees more at /waiting of the account's \
address.

Exit status: 0 listed, also where nobody waits; 2 there is no such account, or unusable arguments or configuration.")]
pub(crate) struct ListArgs {
    /// Of which account, by its path; `platform` for the platform.
    #[arg(long, value_name = "PATH")]
    account: String,
    /// How many at most, of each state.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    first: u32,
    #[command(flatten)]
    config: ConfigArg,
    /// How they are written; the shape of JSON is documented in docs/operate/commands.md.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Names and addresses are personal: they are for whoever runs the command.

Exit status: 0 shown; 2 nobody of this id waits, or unusable arguments or configuration.")]
pub(crate) struct ShowArgs {
    /// Who waits, by the id that `vestibule waiting list` shows.
    #[arg(value_name = "APPLICANT")]
    applicant: String,
    #[command(flatten)]
    config: ConfigArg,
    /// How it is written; the shape of JSON is documented in docs/operate/commands.md.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

impl WaitingArgs {
    pub(crate) fn format(&self) -> Format {
        match &self.command {
            WaitingCommand::List(arguments) => arguments.format,
            WaitingCommand::Show(arguments) => arguments.format,
            _ => Format::Text,
        }
    }
}

pub(crate) fn run(arguments: &WaitingArgs) -> Result<Output, Failure> {
    match &arguments.command {
        WaitingCommand::List(arguments) => list(arguments),
        WaitingCommand::Show(arguments) => show(arguments),
        WaitingCommand::Approve(arguments) => waiting_decide::approve(arguments),
        WaitingCommand::Merge(arguments) => waiting_decide::merge(arguments),
        WaitingCommand::Refuse(arguments) => waiting_decide::refuse(arguments),
        WaitingCommand::Ask(arguments) => waiting_decide::ask(arguments),
    }
}

fn list(arguments: &ListArgs) -> Result<Output, Failure> {
    let path = path_of("--account", &arguments.account)?;
    let config = services::configuration(arguments.config.as_deref())?;
    let found = services::block_on(async {
        let store = services::open_to_read(&Setup::of(&config, Role::Command)).await?;
        Ok(waiting::in_store(&store, &path, arguments.first).await.map_err(Ended::Store)?)
    })?;
    let Some(found) = found else {
        let got = path.to_string();
        return Err(Failure::Arguments(format!(
            "--account: there is no account {got:?}; see the file for `vestibule apply`"
        )));
    };
    let applicants: Vec<_> = found.iter().map(RowShape::of).collect();
    Ok(written(arguments.format, &RowsShape { version: 1, applicants: &applicants }, || lines(&applicants)))
}

fn lines(applicants: &[RowShape]) -> Vec<String> {
    if applicants.is_empty() {
        return vec!["Nobody waits.".to_owned()];
    }
    let rows = applicants.iter().map(|it| {
        let (told, unsent) = (it.approvers_told.to_string(), it.mails_unsent.to_string());
        [it.id.clone(), it.state.to_owned(), it.since.clone(), it.until.clone(), told, unsent]
    });
    table(["APPLICANT", "STATE", "SINCE", "UNTIL", "APPROVERS TOLD", "MAILS UNSENT"], rows)
}

fn show(arguments: &ShowArgs) -> Result<Output, Failure> {
    let id = applicant_of(&arguments.applicant)?;
    let found = services::looked_up(&arguments.config, 1, async |ctx, viewer| {
        let detail = waiting::look(ctx, &viewer.who(), id).await?;
        let connection = match &detail.applicant.came {
            Some(came) => Some(console::connection(ctx, viewer, came.connection).await?.connection.name.to_string()),
            None => None,
        };
        Ok(PageShape::of(&detail, connection))
    })?;
    let shape = found.ok_or_else(|| nobody(id))?;
    Ok(written(arguments.format, &shape, || shape.text()))
}

pub(crate) fn applicant_of(text: &str) -> Result<ApplicantId, Failure> {
    text.parse().map_err(|error| Failure::Arguments(format!("APPLICANT: {error}; `vestibule waiting list` shows them")))
}

pub(crate) fn nobody(id: ApplicantId) -> Failure {
    Failure::Arguments(format!("APPLICANT: nobody waits as {id}; `vestibule waiting list` shows them"))
}

#[derive(Serialize)]
struct RowsShape<'a> {
    version: u8,
    applicants: &'a [RowShape],
}

#[derive(Serialize)]
struct RowShape {
    id: String,
    state: &'static str,
    since: String,
    until: String,
    approvers_told: usize,
    mails_unsent: u32,
}

impl RowShape {
    fn of(applicant: &Applicant) -> Self {
        Self {
            id: applicant.id.to_string(),
            state: applicant.state.name(),
            since: second(applicant.asked_at),
            until: second(applicant.expires_at),
            approvers_told: applicant.file.told.as_ref().map_or(0, |told| told.names.len()),
            mails_unsent: applicant.file.unsent,
        }
    }
}

#[derive(Serialize)]
struct PageShape {
    version: u8,
    id: String,
    account: String,
    state: &'static str,
    name: String,
    email: Option<String>,
    connection: Option<String>,
    since: String,
    until: String,
    reason: Option<String>,
    granted: serde_json::Value,
    roles: Vec<String>,
    scopes: Vec<KindShape>,
    may_be: Vec<UserShape>,
}

/// A kind of scope that may be given.
#[derive(Serialize)]
struct KindShape {
    kind: String,
    /// None: any.
    values: Option<Vec<String>>,
}

/// A user of the account with the same address.
#[derive(Serialize)]
struct UserShape {
    id: String,
    name: String,
}

impl PageShape {
    fn of(detail: &Detail, connection: Option<String>) -> Self {
        let it = &detail.applicant;
        let is_open = it.state.is_open();
        let kinds =
            detail.offer.kinds.iter().map(|kind| KindShape { kind: kind.kind.clone(), values: kind.values.clone() });
        let user = |user: &User| UserShape { id: user.id.to_string(), name: called(&user.profile) };
        Self {
            version: 1,
            id: it.id.to_string(),
            account: detail.account.path.shown(),
            state: it.state.name(),
            name: it.called(),
            email: it.file.profile.email.as_ref().map(|email| email.as_str().to_owned()),
            connection,
            since: second(it.asked_at),
            until: second(it.expires_at),
            reason: it.file.reason.clone(),
            granted: serde_json::to_value(&it.file.granted).unwrap_or_default(),
            roles: detail.offer.roles.iter().filter(|_| is_open).map(|role| role.name.clone()).collect(),
            scopes: kinds.filter(|_| is_open).collect(),
            may_be: detail.namesakes.iter().map(user).collect(),
        }
    }

    fn text(&self) -> Vec<String> {
        let mut lines = facts(&[
            ("applicant", self.id.clone()),
            ("account", self.account.clone()),
            ("state", self.state.to_owned()),
            ("name", self.name.clone()),
            ("e-mail", self.email.clone().unwrap_or_default()),
            ("comes by", self.connection.clone().unwrap_or_default()),
            ("since", self.since.clone()),
            ("until", self.until.clone()),
            ("not let in for", self.reason.clone().unwrap_or_default()),
            ("roles to give", self.roles.join(", ")),
        ]);
        let kinds = self.scopes.iter().map(|it| {
            let values = it.values.as_ref().map_or_else(|| "any".to_owned(), |values| values.join(", "));
            [it.kind.clone(), values]
        });
        let users = self.may_be.iter().map(|it| [it.id.clone(), it.name.clone()]);
        for table in [table(["SCOPES TO GIVE", "VALUES"], kinds), table(["MAY BE", "NAME"], users)] {
            if table.len() > 1 {
                lines.push(String::new());
                lines.extend(table);
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use vestibule_domain::id::AccountId;
    use vestibule_domain::waiting::{ApplicantState, File, ToldApprovers};

    use super::*;

    #[test]
    fn somebody_who_waits_is_a_line_without_their_name() {
        let at: jiff::Timestamp = "2026-03-02T10:00:00.5Z".parse().unwrap();
        let mut file = File { unsent: 2, ..File::default() };
        file.profile.display_name = Some("Ada Example".to_owned());
        file.told = Some(ToldApprovers { names: vec!["Bert".to_owned()], at });
        let applicant = Applicant {
            id: ApplicantId::from_bytes([1; 16]),
            account: AccountId::from_bytes([2; 16]),
            came: None,
            state: ApplicantState::Waiting,
            asked_at: at,
            expires_at: at + jiff::SignedDuration::from_hours(24),
            file,
            version: 1,
        };
        let said = lines(&[RowShape::of(&applicant)]);
        let words: Vec<_> = said[1].split_whitespace().collect();
        let wanted = [
            "01010101-0101-0101-0101-010101010101",
            "waiting",
            "2026-03-02T10:00:00Z",
            "2026-03-03T10:00:00Z",
            "1",
            "2",
        ];
        assert_eq!(words, wanted);
        assert_eq!(lines(&[]), ["Nobody waits."]);
    }
}
