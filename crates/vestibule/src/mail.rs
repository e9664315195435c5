//! `vestibule mail test ADDRESS`: whether mail leaves, and what the server says when it does not. `vestibule mail
//! waiting`: what waits to be sent, and why.

use vestibule_journeys::notices::test_mail;
use vestibule_journeys::{Problem as Ended, mails};
use vestibule_outbound::{MailError, Mailer};
use vestibule_store::Role;
use vestibule_store::tx::WaitingMail;

use crate::cli::ConfigArg;
use crate::clock;
use crate::failure::Failure;
use crate::output::{Output, sanitised};
use crate::services::{self, Setup};

#[derive(Debug, clap::Args)]
pub(crate) struct MailArgs {
    #[command(subcommand)]
    pub(crate) command: MailCommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum MailCommand {
    /// Send a short mail through the configured server, and say what the server said.
    Test(TestArgs),
    /// Show the mails that wait to be sent, and what was wrong the last time. Reads, and writes nothing.
    Waiting(WaitingArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct WaitingArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 the server took the mail; 2 it did not, or nothing is configured.")]
pub(crate) struct TestArgs {
    /// To whom.
    #[arg(value_name = "ADDRESS")]
    pub(crate) address: String,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

pub(crate) fn run(arguments: &MailArgs) -> Result<Output, Failure> {
    match &arguments.command {
        MailCommand::Test(arguments) => test(arguments),
        MailCommand::Waiting(arguments) => waiting(arguments),
    }
}

fn waiting(arguments: &WaitingArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    let waiting = services::block_on(async {
        let store = services::open_to_read(&Setup::of(&config, Role::Command)).await?;
        Ok(mails::in_store(&store).await.map_err(Ended::Store)?)
    })?;
    let stdout = if waiting.is_empty() {
        "No mail waits.\n".to_owned()
    } else {
        waiting.iter().map(|(mail, account)| sanitised(&line(mail, account)) + "\n").collect()
    };
    Ok(Output { stdout, ..Output::status(0) })
}

/// `2026-03-02T10:00:00Z acme break_glass tries=3 the mail server … cannot be used`; nobody's address.
fn line(mail: &WaitingMail, account: &str) -> String {
    let at = mail.at.strftime("%Y-%m-%dT%H:%M:%SZ");
    let (kind, tries) = (mail.about.kind().name(), mail.tries);
    let problem = mail.problem.as_deref().unwrap_or("not tried yet");
    format!("{at} {account} {kind} tries={tries} {problem}")
}

fn test(arguments: &TestArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    let Some(smtp) = config.mail.clone() else { return Err(Failure::NoMail) };
    let server = smtp.server();
    let mail = test_mail(&arguments.address, &config.product, &config.public_url);
    services::block_on(async {
        let sent = Mailer::Smtp(smtp).send(mail, clock::now()).await;
        sent.map_err(|error| match &error {
            // Whoever runs this wrote the recipient: here the server's own words may repeat it.
            MailError::Refused { code, said, .. } => {
                let said = said.text().trim().to_owned();
                Failure::Mail { said: format!("; it said: {code} {said}"), error }
            }
            _ => Failure::Mail { said: String::new(), error },
        })
    })?;
    let stdout = format!(
        "{server} took a mail to {}. Look whether it arrives; if not, that server's log says where it went.\n",
        arguments.address
    );
    Ok(Output { stdout, ..Output::status(0) })
}

#[cfg(test)]
mod tests {
    use vestibule_domain::id::{AccountId, EventId};
    use vestibule_store::tx::MailAbout;

    use super::*;

    #[test]
    fn a_mail_that_waits_is_a_line_without_anybodys_address() {
        let mail = WaitingMail {
            id: EventId::from_bytes([1; 16]),
            account: AccountId::from_bytes([2; 16]),
            about: MailAbout::Link("ada@acme.example".parse().unwrap()),
            language: "en".to_owned(),
            at: "2026-03-02T10:00:00.5Z".parse().unwrap(),
            tries: 2,
            problem: Some("the mail server mail.example.com did not take a mail".to_owned()),
        };
        let said = "2026-03-02T10:00:00Z acme link tries=2 the mail server mail.example.com did not take a mail";
        assert_eq!(line(&mail, "acme"), said);
    }
}
