//! `vestibule domain check DOMAIN`: looks for the record of a claimed domain at once (SC-12).

use std::fmt::Write as _;
use std::path::PathBuf;

use vestibule_domain::account::AccountPath;
use vestibule_domain::name::DomainName;
use vestibule_journeys::prove_domains::{self, Checked, Found, Look};
use vestibule_outbound::{DomainProof, NotProved};
use vestibule_store::tx::DomainProof as How;

use crate::failure::Failure;
use crate::node;
use crate::output::{Output, sanitised};
use crate::services::{self, Opened};

#[derive(Debug, clap::Args)]
pub(crate) struct DomainArgs {
    #[command(subcommand)]
    pub(crate) command: DomainCommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum DomainCommand {
    /// Look now for the TXT record that proves a claimed domain, and say what was found.
    Check(CheckArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 proved; 1 not proved; 2 unusable arguments or configuration.")]
pub(crate) struct CheckArgs {
    /// The domain, such as acme.example.
    #[arg(value_name = "DOMAIN")]
    pub(crate) domain: String,
    /// The configuration. Default: the file that VESTIBULE_CONFIG names, and the environment.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

pub(crate) fn run(arguments: &DomainArgs) -> Result<Output, Failure> {
    let DomainCommand::Check(arguments) = &arguments.command;
    let domain: DomainName =
        arguments.domain.parse().map_err(|error| Failure::Arguments(format!("DOMAIN: {error}")))?;
    let config = services::configuration(arguments.config.as_deref())?;
    let checked = services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        Ok(prove_domains::check(&ctx, &node::means(&config), &domain).await?)
    })?;
    if checked.looks.is_empty() && checked.owner.is_none() {
        return Err(Failure::Arguments(format!(
            "no account claims {domain}; add it as [[account.domain]] to the file for `vestibule apply`"
        )));
    }
    let status = u8::from(checked.owner.is_none());
    let stdout = told(&domain, &checked).lines().map(|line| sanitised(line) + "\n").collect();
    Ok(Output { stdout, ..Output::status(status) })
}

fn told(domain: &DomainName, checked: &Checked) -> String {
    let mut text = String::new();
    if let Some((owner, how)) = &checked.owner {
        let newly = checked.looks.iter().any(|(_, look)| look.found == Found::Proved);
        let how = match (newly, how) {
            (true, _) => "its TXT record was found, and people are led by it from now on",
            (false, How::Dns) => "by its TXT record, since before",
            (false, How::Operator) => "by the operator's word",
        };
        let _ = writeln!(text, "{domain} is proved for {}: {how}.", name(owner));
    }
    for (account, look) in &checked.looks {
        if let Some(why) = why(look, checked) {
            let _ = write!(text, "{domain} is not proved for {}.\n{why}", name(account));
        }
    }
    text
}

/// What was got, what is wanted, and who does what where.
fn why(look: &Look, checked: &Checked) -> Option<String> {
    let record = DomainProof::record_for(look.claim.domain.as_str(), &look.claim.token).ok()?;
    let publish =
        "the domain's administrator, at whoever runs the domain's DNS; some minutes may pass until it is seen";
    let (got, fix) = match &look.found {
        Found::Proved | Found::Already => return None,
        Found::TakenBy(_) => {
            let owner = checked.owner.as_ref().map_or_else(|| "another account".to_owned(), |(path, _)| name(path));
            let fix = format!("the operator: the domain is {owner}'s, and no record changes that while it is");
            return Some(format!("  fix     {fix}\n"));
        }
        Found::Withdrawn => ("a claim that was changed at this moment".to_owned(), "run this again"),
        Found::NotYet(NotProved::Different { found, .. }) => {
            let found = found.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ");
            (format!("TXT {} with the value {found}", record.name), publish)
        }
        Found::NotYet(NotProved::Absent { .. }) => (format!("no TXT record {}", record.name), publish),
        Found::NotYet(NotProved::Unanswered { reason, .. }) => (
            format!("no answer from the DNS about {} ({reason})", record.name),
            "try again; when it stays so, the operator checks dns.servers or the machine's /etc/resolv.conf",
        ),
        Found::NotYet(error @ NotProved::Domain { .. }) => (error.to_string(), "the operator, in the file for apply"),
    };
    let DomainProof { name, value } = record;
    Some(format!("  got     {got}\n  wanted  TXT {name} with the value {value}\n  fix     {fix}\n"))
}

/// An account for people: its path, or `platform`.
fn name(path: &AccountPath) -> String {
    if *path == AccountPath::ROOT { "platform".to_owned() } else { path.to_string() }
}
