//! `vestibule domain check DOMAIN` looks for the record of a claimed domain at once; `vestibule domain remove DOMAIN`
//! gives one back (SC-12).

use std::fmt::Write as _;

use jiff::Timestamp;
use vestibule_domain::account::AccountPath;
use vestibule_domain::event::Actor;
use vestibule_domain::name::DomainName;
use vestibule_domain::schedule;
use vestibule_journeys::give_back_domain::{Do, GivenBack, give_back};
use vestibule_journeys::prove_domains::{self, Checked, Found, Look};
use vestibule_outbound::{DomainProof, NotProved};
use vestibule_store::tx::DomainProof as How;

use crate::cli::ConfigArg;
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
    /// Give a domain back that is wrong or was sold: the account neither claims it nor has it any more.
    Remove(RemoveArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A record proves a domain when it is found twice, two minutes apart or more: run this twice, or leave the second look to a \
node that serves.

Exit status: 0 proved; 1 not proved; 2 unusable arguments or configuration.")]
pub(crate) struct CheckArgs {
    /// The domain, such as acme.example.
    #[arg(value_name = "DOMAIN")]
    pub(crate) domain: String,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
From then on the domain leads nobody to the account, and its identity providers may not assert addresses of it. Nobody \
is signed out, and nobody is unlinked. Take the domain out of the file for `vestibule apply` too: a run with a file that \
still names it claims it anew, and with proof = \"operator\" has it at once.

Exit status: 0 given back; 2 the account does not have it, or unusable arguments or configuration.")]
pub(crate) struct RemoveArgs {
    /// The domain, such as acme.example.
    #[arg(value_name = "DOMAIN")]
    pub(crate) domain: String,
    /// The path of the account that gives it back; empty for the platform.
    #[arg(long, value_name = "PATH")]
    pub(crate) account: String,
    /// Tell what would change, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

pub(crate) fn run(arguments: &DomainArgs) -> Result<Output, Failure> {
    match &arguments.command {
        DomainCommand::Check(arguments) => check(arguments),
        DomainCommand::Remove(arguments) => remove(arguments),
    }
}

fn remove(arguments: &RemoveArgs) -> Result<Output, Failure> {
    let domain = domain_of(&arguments.domain)?;
    let account =
        AccountPath::parse(&arguments.account).map_err(|error| Failure::Arguments(format!("--account: {error}")))?;
    let config = services::configuration(arguments.config.as_deref())?;
    let what = if arguments.dry_run { Do::Nothing } else { Do::Now };
    let given_back = services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        Ok(give_back(&ctx, &domain, &account, what, Actor::CommandLine).await?)
    })?;
    let told = removed(&domain, &account, what, &given_back);
    Ok(Output { stdout: told.lines().map(|line| sanitised(line) + "\n").collect(), ..Output::status(0) })
}

fn removed(domain: &DomainName, account: &AccountPath, what: Do, given_back: &GivenBack) -> String {
    let had = match given_back.proof {
        Some(How::Dns) => "which had it by its TXT record",
        Some(How::Operator) => "which had it by the operator's word",
        None => "which claimed it and had not proved it",
    };
    let (does, claims) = match what {
        Do::Now => ("is given back by", "is looked for from now on"),
        Do::Nothing => ("would be given back by", "would be looked for again"),
    };
    let mut text = format!("{domain} {does} {}, {had}.\n", name(account));
    if !given_back.others.is_empty() {
        let others: Vec<String> = given_back.others.iter().map(name).collect();
        let _ = writeln!(text, "  next    the record of who else claims it {claims}: {}", others.join(", "));
    }
    let _ = writeln!(text, "  file    take it out of the file for `vestibule apply`, which claims it anew otherwise");
    if what == Do::Nothing {
        let _ = writeln!(text, "Nothing was changed (--dry-run).");
    }
    text
}

fn domain_of(text: &str) -> Result<DomainName, Failure> {
    text.parse().map_err(|error| Failure::Arguments(format!("DOMAIN: {error}")))
}

fn check(arguments: &CheckArgs) -> Result<Output, Failure> {
    let domain = domain_of(&arguments.domain)?;
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
            let yet = if matches!(look.found, Found::Seen { .. }) { " yet" } else { "" };
            let _ = write!(text, "{domain} is not proved for {}{yet}.\n{why}", name(account));
        }
    }
    text
}

/// What was got, what is wanted, and who does what where.
fn why(look: &Look, checked: &Checked) -> Option<String> {
    let domain = &look.claim.domain;
    let record = DomainProof::record_for(domain.as_str(), &look.claim.token).ok()?;
    let publish =
        "the domain's administrator, at whoever runs the domain's DNS; some minutes may pass until it is seen";
    let (got, fix) = match &look.found {
        Found::Proved | Found::Already => return None,
        Found::TakenBy(_) => return Some(taken(domain, checked)),
        Found::Seen { since } => return Some(seen(*since)),
        Found::Withdrawn => ("a claim that was changed at this moment".to_owned(), "run this again"),
        Found::NotYet(NotProved::Different { found, .. }) => {
            let found = found.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ");
            (format!("TXT {} with the value {found}", record.name), publish)
        }
        Found::NotYet(NotProved::Elsewhere { target, .. }) => (
            format!("{} is an alias (CNAME) of {target}, outside of the domain, where others may publish", record.name),
            "the domain's administrator, at whoever runs the domain's DNS: a TXT record in the place of the alias",
        ),
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

fn taken(domain: &DomainName, checked: &Checked) -> String {
    let Some((owner, _)) = &checked.owner else {
        return "  fix     nobody: it was another account's a moment ago; run this again\n".to_owned();
    };
    let (shown, path) = (name(owner), owner.to_string());
    format!(
        "  fix     the operator: the domain is {shown}'s, and no record changes that while it is; `vestibule domain \
         remove {domain} --account {path:?}` gives it back\n"
    )
}

fn seen(since: Timestamp) -> String {
    let from = since.saturating_add(schedule::BETWEEN_LOOKS).unwrap_or(since);
    format!(
        "  got     the TXT record, seen since {}\n  wanted  the same once more, at {} or later\n  fix     nobody: a node \
         that serves looks again; or run this again then\n",
        second(since),
        second(from)
    )
}

/// To the second, in UTC.
fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// An account for people: its path, or `platform`.
fn name(path: &AccountPath) -> String {
    path.shown()
}
