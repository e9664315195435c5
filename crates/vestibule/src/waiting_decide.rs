//! `vestibule waiting approve`, `merge`, `refuse` and `ask`.

use std::collections::{BTreeMap, BTreeSet};

use vestibule_domain::grants::{Granted, Scopes};
use vestibule_domain::id::UserId;
use vestibule_domain::name::EmailAddress;
use vestibule_journeys::waiting::{self, Asking, Decided, Verdict};

use crate::account::path_of;
use crate::cli::ConfigArg;
use crate::failure::Failure;
use crate::output::{Output, sanitised};
use crate::services;
use crate::waiting::{applicant_of, nobody};

/// What somebody is given.
#[derive(Debug, clap::Args)]
struct GrantedArgs {
    /// A role that they are given in applications; may be named several times.
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// A scope that they are given, such as site=berlin; may be named several times.
    #[arg(long = "scope", value_name = "KIND=VALUE")]
    scopes: Vec<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
They are a user of the account from now on, and are told by mail where mails are sent.

Exit status: 0 let in; 1 it cannot be so, and the output says why; 2 nobody of this id waits, or unusable arguments or \
configuration.")]
pub(crate) struct ApproveArgs {
    /// Who waits, by the id that `vestibule waiting list` shows.
    #[arg(value_name = "APPLICANT")]
    applicant: String,
    #[command(flatten)]
    granted: GrantedArgs,
    #[command(flatten)]
    config: ConfigArg,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
What they come by leads to that user from now on, who is told by mail. Somebody with a role in the console, or for the \
day on which nothing else opens the account, is never that user.

Exit status: 0 merged; 1 it cannot be so, and the output says why; 2 nobody of this id waits, or unusable arguments or \
configuration.")]
pub(crate) struct MergeArgs {
    /// Who waits, by the id that `vestibule waiting list` shows.
    #[arg(value_name = "APPLICANT")]
    applicant: String,
    /// Who they are, by the id that `vestibule waiting show` and `vestibule user list` show.
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    granted: GrantedArgs,
    #[command(flatten)]
    config: ConfigArg,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 refused; 1 it cannot be so, and the output says why; 2 nobody of this id waits, or unusable arguments or \
configuration.")]
pub(crate) struct RefuseArgs {
    /// Who waits, by the id that `vestibule waiting list` shows.
    #[arg(value_name = "APPLICANT")]
    applicant: String,
    /// Why, in the words that they read.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    config: ConfigArg,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 they are let in; 1 it cannot be so, and the output says why; 2 there is no such account, or it keeps no \
users, or unusable arguments or configuration.")]
pub(crate) struct AskArgs {
    /// In which account, by its path.
    #[arg(value_name = "ACCOUNT")]
    account: String,
    /// By which e-mail address the person will come.
    #[arg(value_name = "E-MAIL")]
    email: String,
    /// What they are called.
    #[arg(long, value_name = "TEXT", default_value = "")]
    name: String,
    #[command(flatten)]
    granted: GrantedArgs,
    #[command(flatten)]
    config: ConfigArg,
}

impl GrantedArgs {
    fn read(&self) -> Result<Granted, Failure> {
        let mut kinds = BTreeMap::<String, BTreeSet<String>>::new();
        for scope in &self.scopes {
            let (kind, value) = scope.split_once('=').ok_or_else(|| {
                Failure::Arguments(format!("--scope is {scope:?}; a kind and a value are wanted, such as site=berlin"))
            })?;
            kinds.entry(kind.to_owned()).or_default().insert(value.to_owned());
        }
        let scopes = (!kinds.is_empty()).then(|| Scopes::new(kinds)).transpose();
        let scopes = scopes.map_err(|error| Failure::Arguments(format!("--scope: {error}")))?;
        Ok(Granted { roles: self.roles.iter().cloned().collect(), scopes })
    }
}

pub(crate) fn approve(arguments: &ApproveArgs) -> Result<Output, Failure> {
    let verdict = Verdict::Approve(arguments.granted.read()?);
    decide(&arguments.applicant, &arguments.config, verdict, "is let in.")
}

pub(crate) fn merge(arguments: &MergeArgs) -> Result<Output, Failure> {
    let user: UserId = arguments.user.parse().map_err(|error| Failure::Arguments(format!("USER: {error}")))?;
    let verdict = Verdict::Merge(user, arguments.granted.read()?);
    decide(&arguments.applicant, &arguments.config, verdict, &format!("is {user} from now on."))
}

pub(crate) fn refuse(arguments: &RefuseArgs) -> Result<Output, Failure> {
    decide(&arguments.applicant, &arguments.config, Verdict::Refuse(arguments.reason.clone()), "is not let in.")
}

fn decide(applicant: &str, config: &ConfigArg, verdict: Verdict, done: &str) -> Result<Output, Failure> {
    let id = applicant_of(applicant)?;
    let decided = services::looked_up(config, 1, async |ctx, viewer| {
        let who = viewer.who();
        let version = waiting::look(ctx, &who, id).await?.applicant.version;
        waiting::decide(ctx, &who, id, version, verdict).await
    })?;
    Ok(match decided.ok_or_else(|| nobody(id))? {
        Decided::Done => told(0, &format!("{id} {done}")),
        Decided::Overtaken => {
            told(1, &format!("{id}: it is decided already; `vestibule waiting show` says how it is now"))
        }
        Decided::Not(not) => told(1, &format!("{id}: {not}")),
    })
}

pub(crate) fn ask(arguments: &AskArgs) -> Result<Output, Failure> {
    let path = path_of("ACCOUNT", &arguments.account)?;
    let email: EmailAddress =
        arguments.email.parse().map_err(|error| Failure::Arguments(format!("E-MAIL: {error}")))?;
    let asking =
        Asking { account: Some(path), email, name: arguments.name.clone(), granted: arguments.granted.read()? };
    let asked = services::looked_up(&arguments.config, 1, async |ctx, viewer| {
        waiting::ask_for(ctx, &viewer.who(), asking).await
    })?;
    let asked = asked.ok_or_else(|| {
        let got = &arguments.account;
        Failure::Arguments(format!(
            "ACCOUNT: there is no account {got:?} that keeps users; `vestibule account list` shows accounts"
        ))
    })?;
    Ok(match asked {
        Ok(id) => told(0, &format!("{id} is let in, and comes by the account's connection.")),
        Err(not) => told(1, &not.to_string()),
    })
}

fn told(status: u8, line: &str) -> Output {
    Output { stdout: sanitised(line) + "\n", ..Output::status(status) }
}
