//! `vestibule mail test ADDRESS`: whether mail leaves, and what the server says when it does not.

use std::path::PathBuf;

use vestibule_journeys::notices::test_mail;
use vestibule_outbound::{MailError, Mailer};

use crate::clock;
use crate::failure::Failure;
use crate::output::Output;
use crate::services;

#[derive(Debug, clap::Args)]
pub(crate) struct MailArgs {
    #[command(subcommand)]
    pub(crate) command: MailCommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum MailCommand {
    /// Send a short mail through the configured server, and say what the server said.
    Test(TestArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 the server took the mail; 2 it did not, or nothing is configured.")]
pub(crate) struct TestArgs {
    /// To whom.
    #[arg(value_name = "ADDRESS")]
    pub(crate) address: String,
    /// The configuration. Default: the file that VESTIBULE_CONFIG names, and the environment.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

pub(crate) fn run(arguments: &MailArgs) -> Result<Output, Failure> {
    let MailCommand::Test(arguments) = &arguments.command;
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
