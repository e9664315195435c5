//! `vestibule waiting list`: who waits to be let in to an account, and since when. Deciding is for the people whom the
//! account names for it, at `/waiting`.

use vestibule_domain::account::AccountPath;
use vestibule_domain::waiting::{Applicant, ApplicantState};
use vestibule_journeys::{Problem as Ended, waiting};
use vestibule_store::Role;

use crate::cli::ConfigArg;
use crate::failure::Failure;
use crate::output::{Output, sanitised};
use crate::services::{self, Setup};

#[derive(Debug, clap::Args)]
pub(crate) struct WaitingArgs {
    #[command(subcommand)]
    pub(crate) command: WaitingCommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum WaitingCommand {
    /// List who waits, the longest first, without names. Reads, and writes nothing.
    List(ListArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The lines name nobody; whoever may decide sees more at /waiting of the account's address.

Exit status: 0 listed, also where nobody waits; 2 there is no such account, or unusable arguments or configuration.")]
pub(crate) struct ListArgs {
    /// Of which account, by its path; empty for the platform.
    #[arg(long, value_name = "PATH")]
    pub(crate) account: String,
    /// How many at most, of each state.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) first: u32,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

pub(crate) fn run(arguments: &WaitingArgs) -> Result<Output, Failure> {
    let WaitingCommand::List(arguments) = &arguments.command;
    let path =
        AccountPath::parse(&arguments.account).map_err(|error| Failure::Arguments(format!("--account: {error}")))?;
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
    let stdout = if found.is_empty() {
        "Nobody waits.\n".to_owned()
    } else {
        found.iter().map(|applicant| sanitised(&line(applicant)) + "\n").collect()
    };
    Ok(Output { stdout, ..Output::status(0) })
}

/// `019c… waiting since 2026-03-02T10:00:00Z until 2026-04-01T10:00:00Z, approvers told: 2`
fn line(applicant: &Applicant) -> String {
    let time = |at: jiff::Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (id, since, until) = (applicant.id, time(applicant.asked_at), time(applicant.expires_at));
    let told = match applicant.state {
        ApplicantState::SecondStep => "an approver has let them in, the operator has to".to_owned(),
        _ => format!("approvers told: {}", applicant.file.told.as_ref().map_or(0, |told| told.names.len())),
    };
    let unsent = match applicant.file.unsent {
        0 => String::new(),
        times => format!(", a mail could not be sent {times} times"),
    };
    format!("{id} {} since {since} until {until}, {told}{unsent}", applicant.state.name())
}

#[cfg(test)]
mod tests {
    use vestibule_domain::id::{AccountId, ApplicantId};
    use vestibule_domain::waiting::{File, ToldApprovers};

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
        let said = "01010101-0101-0101-0101-010101010101 waiting since 2026-03-02T10:00:00Z until 2026-03-03T10:00:00Z, \
                    approvers told: 1, a mail could not be sent 2 times";
        assert_eq!(line(&applicant), said);
    }
}
