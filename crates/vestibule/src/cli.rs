//! The command line: names, help and what clap can check by itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

use crate::account::AccountArgs;
use crate::api_key::ApiKeyArgs;
use crate::apply::ApplyArgs;
use crate::backup::{BackupArgs, RestoreArgs};
use crate::client::ClientArgs;
use crate::completions::CompletionsArgs;
use crate::demo::DemoArgs;
use crate::doctor::{CheckArgs, DoctorArgs};
use crate::domain::DomainArgs;
use crate::events::EventsArgs;
use crate::import_env::ImportEnvArgs;
use crate::keys::KeysArgs;
use crate::mail::MailArgs;
use crate::migrate::MigrateArgs;
use crate::mock::MockArgs;
use crate::node::ServeArgs;
use crate::refresh::RefreshArgs;
use crate::report::ReportArgs;
use crate::session::SessionArgs;
use crate::setup_link::SetupLinkArgs;
use crate::user::UserArgs;
use crate::waiting::WaitingArgs;
use crate::webhook::WebhookArgs;
use crate::{connection, connection_keys};

/// Enterprise single sign-on for SaaS vendors, self-hosted.
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, max_term_width = 100, after_help = "--json is the same as --format json.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Try everything on this machine: Vestibule, a stand-in for Entra ID and a sample application, with people in them.
    Demo(DemoArgs),
    /// Serve: one node of a deployment.
    Serve(ServeArgs),
    /// Set accounts, connections, domains, people, applications and webhooks as a file wants them.
    Apply(ApplyArgs),
    /// See the tree of accounts.
    Account(AccountArgs),
    /// See connections, and work on them.
    Connection(ConnectionArgs),
    /// Make a link by which a customer's IT admin sets up a connection.
    SetupLink(SetupLinkArgs),
    /// See the applications that people sign in to.
    Client(ClientArgs),
    /// Make, list and revoke keys by which programs use the admin API.
    ApiKey(ApiKeyArgs),
    /// See who is signed in, and end it.
    Session(SessionArgs),
    /// Look after e-mail domains.
    Domain(DomainArgs),
    /// See who comes in and by which identities, suspend somebody, take an identity or a lost authenticator away.
    User(UserArgs),
    /// See who waits to be let in.
    Waiting(WaitingArgs),
    /// See whether mail leaves.
    Mail(MailArgs),
    /// See what webhooks were told, send it again, and try one.
    Webhook(WebhookArgs),
    /// Say what a code on an error page stands for: what happened, where, and who can mend it.
    Report(ReportArgs),
    /// Show the audit log, the newest line last.
    Events(EventsArgs),
    /// Say whether the configuration can be served with.
    Check(CheckArgs),
    /// Say whether the deployment works, and what to do where it does not.
    Doctor(DoctorArgs),
    /// Bring the schema of the database up to date.
    Migrate(MigrateArgs),
    /// Copy the database while nodes serve.
    Backup(BackupArgs),
    /// Put a copy of the database into its place.
    Restore(RestoreArgs),
    /// Make, list and change the keys of the deployment.
    Keys(KeysArgs),
    /// Run the stand-in for Entra ID by itself, for tests.
    MockEntra(MockArgs),
    /// Say what a pasted SAML message is, whether it would be accepted, and who has to change what.
    Inspect(Box<InspectArgs>),
    /// Summarise the metadata of an identity provider.
    Metadata(MetadataArgs),
    /// Summarise certificates, however they were pasted.
    Certificate(CertificateArgs),
    /// Write what a shell needs to complete commands and options.
    Completions(CompletionsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ConnectionArgs {
    #[command(subcommand)]
    pub(crate) command: ConnectionCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConnectionCommand {
    /// List connections, by account. Reads, and writes nothing.
    List(connection::ListArgs),
    /// Show a connection: how ready it is, what it trusts, what came lately. Reads, and writes nothing.
    Show(connection::ShowArgs),
    /// Take a connection out of force, until it is activated again.
    Pause(connection::PauseArgs),
    /// Put a connection in force.
    Activate(connection::ActivateArgs),
    /// Make a draft from the variables of an older system: DOMAIN, XC_SAML_ENTRYPOINT, XC_SAML_CERT, XC_SAML_ISSUER and
    /// XC_SAML_LOGOUT_URL.
    ImportEnv(ImportEnvArgs),
    /// Fetch the metadata of a connection now, and say what it changes.
    Refresh(RefreshArgs),
    /// List a connection's own keys, and change them while people sign in.
    Keys(connection_keys::KeysArgs),
}

/// How the result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A report for people.
    Text,
    /// One JSON object for programs; its shape is documented in docs/inspect.md.
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Exit status: 0 accepted; 1 refused; 2 unusable arguments or unreadable input; 3 decoded only, because no trust was given.

Nothing leaves this machine, and nothing is looked up.")]
pub(crate) struct InspectArgs {
    /// What was pasted, `-` for the standard input: XML, base64, a copied form body, a Redirect URL or query, the page
    /// with the form, a JWT, metadata or a certificate.
    #[arg(value_name = "FILE|-")]
    pub(crate) input: PathBuf,

    /// Metadata of the identity provider.
    #[arg(long, value_name = "FILE", help_heading = "Trust: without any of these the input is decoded only")]
    pub(crate) metadata: Option<PathBuf>,
    /// Entity ID of the identity provider: with --metadata it picks one of several, else it goes with --idp-cert.
    #[arg(long, value_name = "ID", help_heading = "Trust: without any of these the input is decoded only")]
    pub(crate) idp_entity_id: Option<String>,
    /// Signing certificate of the identity provider; may be repeated.
    #[arg(long, value_name = "FILE", help_heading = "Trust: without any of these the input is decoded only")]
    pub(crate) idp_cert: Vec<PathBuf>,

    /// Our entity ID, which the audience must be. Needed with trust.
    #[arg(long, value_name = "ID", help_heading = "Ours")]
    pub(crate) sp_entity_id: Option<String>,
    /// The address that the response must have been sent to. Needed with trust.
    #[arg(long, value_name = "URL", help_heading = "Ours")]
    pub(crate) acs_url: Option<String>,
    /// Our private key for encrypted assertions; may be repeated.
    #[arg(long, value_name = "FILE", help_heading = "Ours")]
    pub(crate) decryption_key: Vec<PathBuf>,

    /// The ID of the request that is pending.
    #[arg(long, value_name = "ID", help_heading = "Expected: with neither, no request is pending")]
    pub(crate) in_response_to: Option<String>,
    /// No request is pending, and responses may come unasked.
    #[arg(long, help_heading = "Expected: with neither, no request is pending")]
    pub(crate) allow_unsolicited: bool,

    /// What must be signed.
    #[arg(long, value_enum, value_name = "WHAT", default_value = "either", help_heading = "Policy")]
    pub(crate) require_signed: RequireSigned,
    /// Accept SHA-1 in signatures and digests.
    #[arg(long, help_heading = "Policy")]
    pub(crate) allow_sha1: bool,
    /// What follows from a signing certificate that has expired or is not valid yet.
    #[arg(long, value_enum, value_name = "POLICY", default_value = "refuse", help_heading = "Policy")]
    pub(crate) expired_certificate: ExpiredCertificate,
    /// How far the identity provider's clock may differ from ours; at most 300.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, allow_negative_numbers = true, help_heading = "Policy")]
    pub(crate) clock_skew: u64,
    /// ID of an assertion that was used before; may be repeated.
    #[arg(long, value_name = "ID", help_heading = "Policy")]
    pub(crate) seen_assertion: Vec<String>,
    /// The time of the check, such as 2026-01-31T08:30:00Z. Default: now.
    #[arg(long, value_name = "RFC3339", value_parser = time, help_heading = "Policy")]
    pub(crate) at: Option<Timestamp>,

    /// How the result is written.
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub(crate) format: Format,
    /// Show personal values in full, which text shortens.
    #[arg(long, help_heading = "Output")]
    pub(crate) show_values: bool,
}

/// As [`vestibule_saml::sp::RequireSigned`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RequireSigned {
    /// The assertion, by its own signature.
    Assertion,
    /// The response.
    Response,
    /// The response and the assertion.
    Both,
    /// The response or the assertion.
    Either,
}

/// As [`vestibule_saml::sp::ExpiredCertificate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExpiredCertificate {
    /// The response is refused.
    Refuse,
    /// The response is accepted with a warning.
    Warn,
}

#[derive(Debug, Args)]
pub(crate) struct MetadataArgs {
    /// The metadata, `-` for the standard input.
    #[arg(value_name = "FILE|-")]
    pub(crate) input: PathBuf,
    /// Which identity provider, where the file has several.
    #[arg(long, value_name = "ID")]
    pub(crate) idp_entity_id: Option<String>,
    /// The time against which validity is shown, such as 2026-01-31T08:30:00Z. Default: now.
    #[arg(long, value_name = "RFC3339", value_parser = time)]
    pub(crate) at: Option<Timestamp>,
    /// How the result is written.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct CertificateArgs {
    /// The certificates, `-` for the standard input: PEM, DER or base64, several at once.
    #[arg(value_name = "FILE|-")]
    pub(crate) input: PathBuf,
    /// The time against which validity is shown, such as 2026-01-31T08:30:00Z. Default: now.
    #[arg(long, value_name = "RFC3339", value_parser = time)]
    pub(crate) at: Option<Timestamp>,
    /// How the result is written.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

/// What clap has to say, as one sentence with the fix.
pub(crate) fn sentence(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let paragraphs = text.strip_prefix("error: ").unwrap_or(&text).split("\n\n");
    // The error itself, and what was meant where clap can tell; usage and other advice are for `--help`.
    let told: Vec<String> = paragraphs
        .enumerate()
        .map(|(number, paragraph)| (number, paragraph.trim().trim_start_matches("tip: ")))
        .filter(|(number, paragraph)| *number == 0 || paragraph.contains("similar"))
        .map(|(_, paragraph)| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    format!("{}; see --help", told.join("; "))
}

/// The arguments, with `--json` in the words in which commands read it. What stands behind `--` is nothing of ours.
pub(crate) fn with_json(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut is_ours = true;
    let in_words = |argument: OsString| {
        is_ours &= argument != "--";
        if is_ours && argument == "--json" { "--format=json".into() } else { argument }
    };
    arguments.map(in_words).collect()
}

/// The format that the arguments ask for, as far as can be seen in arguments that clap refused.
pub(crate) fn format_in(arguments: &[OsString]) -> Format {
    let joined = arguments.iter().any(|argument| argument == "--format=json");
    let apart = arguments.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json");
    if joined || apart { Format::Json } else { Format::Text }
}

/// RFC 3339 §5.6, with a space for the T as its note allows. Other forms of ISO 8601 would parse as well.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c.to_ascii_uppercase() }).collect();
    let behind = shape.strip_prefix("0000-00-00T00:00:00").or_else(|| shape.strip_prefix("0000-00-00 00:00:00"));
    let zone = behind.map(|behind| match behind.strip_prefix(".0") {
        Some(fraction) => fraction.trim_start_matches('0'),
        None => behind,
    });
    let time = zone.filter(|zone| matches!(*zone, "Z" | "+00:00" | "-00:00")).and_then(|_| text.parse().ok());
    time.ok_or_else(|| "a time with its zone is wanted, such as 2026-01-31T08:30:00Z".to_owned())
}

/// Which configuration a command works with.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ConfigArg {
    /// The configuration. Default: the file that VESTIBULE_CONFIG names, and the environment.
    #[arg(id = "config", long = "config", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl ConfigArg {
    pub(crate) fn as_deref(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}
