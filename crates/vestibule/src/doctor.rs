//! `vestibule check`: whether the configuration can be served with. `vestibule doctor`: whether the deployment works.

use jiff::Timestamp;
use serde::Serialize;
use vestibule_journeys::Ctx;
use vestibule_journeys::examine::{Finding, Health, examine};
use vestibule_store::{Role, SealingKey};
use vestibule_xmlsec::keys::read_certificates;

use crate::cli::{ConfigArg, Format};
use crate::clock;
use crate::config::{Config, TlsFiles};
use crate::failure::Failure;
use crate::output::{Output, Page, Style, Terminal, json};
use crate::services::{self, Setup};

/// From then on before its end our own certificate is told of.
const TLS_NOTICE_DAYS: i64 = 21;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nothing is connected to: what the configuration says is looked at, and the files that it names.

Exit status: 0 it can be served with; 1 it can, and something should be looked at; 2 it cannot.")]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// How the result is written.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Reads the database, and asks the public address whether a node answers there. Nothing is written, no mail is sent.

Exit status: 0 all is well; 1 something should be looked at, or does not work; 2 unusable arguments or configuration.")]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// How the result is written.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

pub(crate) fn check(arguments: &CheckArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    Ok(output(&configured(&config, clock::now()), arguments.format))
}

pub(crate) fn doctor(arguments: &DoctorArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    let findings = services::block_on(async {
        let mut findings = configured(&config, clock::now());
        findings.extend(in_database(&config).await);
        findings.push(reached(&config).await);
        Ok(findings)
    })?;
    Ok(output(&findings, arguments.format))
}

/// What the configuration says, and its files.
fn configured(config: &Config, now: Timestamp) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("public address", config.public_url.clone())];
    if config.is_loopback {
        let fix = "set public_url to the https address that people use";
        let found = "it is a loopback host, so http and private addresses are trusted: for trials only";
        findings.push(Finding::attention("public address", found, fix));
    }
    findings.push(Finding::ok("accounts", format!("at sub-domains of {}", config.account_domain)));
    findings.push(Finding::ok("database", config.database.to_string()));
    let key = SealingKey::new(&config.sealing_key.0).id();
    let older = config.older_sealing_keys.len();
    let more = if older == 0 { String::new() } else { format!(", and {older} older") };
    findings.push(Finding::ok("sealing key", format!("{key}{more}")));
    findings.extend(config.tls.as_ref().map(|files| tls(files, now)));
    findings.push(match &config.mail {
        Some(smtp) => Finding::ok("mail", format!("is sent by {}", smtp.server())),
        None => Finding::attention(
            "mail",
            "none is sent: nobody is told that they may come in, and nobody can set a password by themselves",
            "set mail.host and mail.from",
        ),
    });
    if config.metrics_listen.is_none() {
        findings.push(Finding::ok("metrics", "none are recorded; metrics_listen records them"));
    }
    findings
}

fn tls(files: &TlsFiles, now: Timestamp) -> Finding {
    let what = "certificate";
    let read = std::fs::read(&files.certificate).ok().and_then(|pem| read_certificates(&pem).ok());
    let Some(own) = read.and_then(|chain| chain.into_iter().next()) else {
        return Finding::attention(what, "its validity cannot be read", "see the file of tls.certificate");
    };
    let left = own.not_after().duration_since(now).as_hours() / 24;
    let until = format!("{} is valid until {}", own.subject(), own.not_after().strftime("%Y-%m-%d"));
    if own.not_after() <= now {
        Finding::broken(what, format!("{until}, which is past"), "renew it; a node takes new files without a restart")
    } else if left < TLS_NOTICE_DAYS {
        Finding::attention(
            what,
            format!("{until}, in {left} days"),
            "renew it; a node takes new files without a restart",
        )
    } else {
        Finding::ok(what, until)
    }
}

async fn in_database(config: &Config) -> Vec<Finding> {
    let services = match services::services_to_read(&Setup::of(config, Role::Command)).await {
        Ok(services) => services,
        Err(failure) => {
            let (found, fix) = split(&failure.to_string());
            return vec![Finding::broken("database", found, fix)];
        }
    };
    let ctx = Ctx::new(services, clock::now());
    match examine(&ctx).await {
        Ok(findings) => findings,
        Err(problem) => {
            let (found, fix) = split(&problem.to_string());
            vec![Finding::broken("database", found, fix)]
        }
    }
}

/// Whether a node answers at the public address, over whatever stands in between.
async fn reached(config: &Config) -> Finding {
    let what = "answers";
    let url = format!("{}/healthz", config.public_url);
    let host = config.public_url.split_once("://").map_or("", |(_, authority)| authority);
    let host =
        host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |(h, _)| h);
    match config.fetcher.clone().reaching(host).metadata(&url).await {
        Ok(fetched) if fetched.document == b"ok\n" => {
            Finding::ok(what, format!("a node answers at {}", config.public_url))
        }
        Ok(_) => Finding::broken(
            what,
            format!("something else than Vestibule answers at {url}"),
            "see that DNS and the proxy lead to a node, with the path as it is",
        ),
        Err(error) => {
            let fix = "see that a node serves, that DNS leads to it and that its certificate is for this name";
            Finding::broken(what, format!("nothing answers at {url}: {error}"), fix)
        }
    }
}

/// A sentence with its fix behind a semicolon or a colon, as all of ours are.
fn split(text: &str) -> (String, String) {
    let cut = text.split_once("; ").or_else(|| text.split_once(": "));
    let (found, fix) = cut.unwrap_or((text, "see docs/operate/configuration.md"));
    (found.to_owned(), fix.to_owned())
}

/// What programs get: documented in docs/operate/health.md.
#[derive(Serialize)]
struct Shape<'a> {
    version: u8,
    ok: bool,
    findings: Vec<FindingShape<'a>>,
}

#[derive(Serialize)]
struct FindingShape<'a> {
    what: &'a str,
    state: &'static str,
    found: &'a str,
    fix: Option<&'a str>,
}

fn output(findings: &[Finding], format: Format) -> Output {
    let worst = findings.iter().map(|finding| finding.health).max().unwrap_or(Health::Ok);
    let stdout = match format {
        Format::Json => {
            json(&Shape { version: 1, ok: worst == Health::Ok, findings: findings.iter().map(shape).collect() })
        }
        Format::Text => text(findings, Terminal::of_stdout()),
    };
    Output { stdout, ..Output::status(u8::from(worst > Health::Ok)) }
}

fn shape(finding: &Finding) -> FindingShape<'_> {
    let (_, state, _) = mark(finding.health);
    FindingShape { what: finding.what, state, found: &finding.found, fix: finding.fix.as_deref() }
}

const fn mark(health: Health) -> (&'static str, &'static str, Style) {
    match health {
        Health::Ok => ("●", "ok", Style::Good),
        Health::Attention => ("▲", "attention", Style::Warning),
        Health::Broken => ("■", "broken", Style::Bad),
    }
}

fn text(findings: &[Finding], terminal: Terminal) -> String {
    let column = findings.iter().map(|finding| finding.what.len()).max().unwrap_or_default() + 4;
    let mut page = Page::new(terminal);
    for finding in findings {
        let (sign, _, style) = mark(finding.health);
        page.put(style, sign);
        page.put(Style::Plain, " ");
        page.put(Style::Plain, finding.what);
        page.to(column);
        page.wrapped(column, Style::Plain, &finding.found);
        page.end();
        if let Some(fix) = &finding.fix {
            page.to(column);
            page.put(Style::Faint, "→ ");
            page.wrapped(column + 2, Style::Strong, fix);
            page.end();
        }
    }
    page.finish()
}

#[cfg(test)]
mod tests;
