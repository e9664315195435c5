//! `vestibule report CODE`: what a code on an error page stands for, in the words of the report. Reads, and writes
//! nothing.

use serde::Serialize;
use vestibule_journeys::lookup::{self, Found, Source};
use vestibule_journeys::report::KeptStep;
use vestibule_journeys::{ErrorCode, Problem as Ended, Words};
use vestibule_saml::sp::Outcome;
use vestibule_web::language::Language;
use vestibule_web::problem::Problem;

use crate::cli::{ConfigArg, Format};
use crate::failure::Failure;
use crate::output::{Output, Page, Style, Terminal, json};
use crate::services::{self, Setup};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 found; 1 nothing is known of the code; 2 unusable arguments, configuration or database.")]
pub(crate) struct ReportArgs {
    /// The code on the page, such as AUD-7K2Q.
    #[arg(value_name = "CODE")]
    pub(crate) code: String,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How the result is written; the shape of JSON is documented in docs/operate/refusals.md.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

/// The column at which values begin.
const VALUES: usize = 12;

/// Looks the code up in the configured database.
pub(crate) fn run(arguments: &ReportArgs) -> Result<Output, Failure> {
    let Some(code) = ErrorCode::read(&arguments.code) else {
        return Err(Failure::Arguments(format!(
            "CODE is {:?}; three letters, a dash and four letters or digits are wanted, as they stand on the page: \
             AUD-7K2Q",
            arguments.code
        )));
    };
    let config = services::configuration(arguments.config.as_deref())?;
    let found = services::block_on(async {
        let store = services::open_to_read(&Setup::of(&config, vestibule_store::Role::Command)).await?;
        Ok(lookup::find(&store, &code).await.map_err(Ended::Store)?)
    })?;
    let stdout = match arguments.format {
        Format::Json => json(&Shape::of(&code, &found, &config.product)),
        Format::Text => text(&code, &found, &config.product),
    };
    Ok(Output { stdout, ..Output::status(u8::from(found.is_empty())) })
}

/// What programs get.
#[derive(Serialize)]
struct Shape<'a> {
    version: u8,
    code: &'a str,
    found: Vec<FoundShape<'a>>,
}

#[derive(Serialize)]
struct FoundShape<'a> {
    at: String,
    reason: &'a str,
    sentence: String,
    got: Option<String>,
    want: Option<String>,
    change: String,
    who: Option<&'static str>,
    account: Option<&'a str>,
    connection: Option<&'a str>,
    attempt: Option<String>,
    known_from: &'static str,
    audited: bool,
    page_said: String,
    checks: Vec<Check<'a>>,
}

#[derive(Serialize)]
struct Check<'a> {
    step: &'a str,
    outcome: &'a str,
    warning: Option<&'a str>,
    got: Option<&'a str>,
    want: Option<&'a str>,
}

impl<'a> Shape<'a> {
    fn of(code: &'a ErrorCode, found: &'a [Found], product: &str) -> Self {
        Self { version: 1, code: code.as_str(), found: found.iter().map(|one| FoundShape::of(one, product)).collect() }
    }
}

impl<'a> FoundShape<'a> {
    fn of(found: &'a Found, product: &str) -> Self {
        let words = found.report.words(&found.reason);
        let (page_said, page_do) = seen(found, product);
        let step = |step: &'a KeptStep| Check {
            step: &step.step,
            outcome: &step.outcome,
            warning: step.warning.as_deref(),
            got: step.got.as_deref(),
            want: step.want.as_deref(),
        };
        let (known_from, audited) = match found.source {
            Source::AuditLog => ("audit_log", true),
            Source::Answers { audited } => ("answers", audited),
            Source::Refusals => ("refusals", false),
        };
        Self {
            at: found.at.to_string(),
            reason: &found.reason,
            sentence: words.as_ref().map_or(page_said.clone(), |words| words.sentence.clone()),
            got: words.as_ref().and_then(|words| words.got.clone()).or_else(|| found.report.note.clone()),
            want: words.as_ref().and_then(|words| words.want.clone()),
            change: words.as_ref().map_or(page_do, |words| words.fix.clone()),
            who: words.as_ref().map(|words| words.party().name()),
            account: found.account.as_deref(),
            connection: found.connection.as_deref(),
            attempt: found.attempt.map(|attempt| attempt.to_string()),
            known_from,
            audited,
            page_said,
            checks: found.report.steps.iter().map(step).collect(),
        }
    }
}

fn text(code: &ErrorCode, found: &[Found], product: &str) -> String {
    let mut page = Page::new(Terminal::of_stdout());
    if found.is_empty() {
        page.wrapped(0, Style::Plain, &unknown(code));
        page.end();
    }
    for (place, one) in found.iter().enumerate() {
        if place > 0 {
            page.end();
        }
        write(&mut page, code, one, product);
    }
    page.finish()
}

fn unknown(code: &ErrorCode) -> String {
    format!(
        "Nothing is known of {}. Either it was read wrongly, or it is of a list that has moved on: each connection keeps \
         its last 50 answers, and the deployment its last 500 refusals without a connection. The log of the process has \
         a line for it: look there for the code.",
        code.as_str()
    )
}

fn write(page: &mut Page, code: &ErrorCode, found: &Found, product: &str) {
    page.put(Style::Bad, "■ ");
    page.put(Style::Strong, code.as_str());
    page.put(Style::Plain, "  ");
    let words = found.report.words(&found.reason);
    let seen = seen(found, product);
    page.wrapped(2, Style::Plain, words.as_ref().map_or(&*seen.0, |words| &words.sentence));
    page.put(Style::Plain, " ");
    page.wrapped(2, Style::Faint, &format!("({})", found.reason));
    page.end();
    page.end();
    if let Some(note) = &found.report.note {
        page.row("got", VALUES, Style::Bad, note);
    }
    match &words {
        Some(words) => sides(page, words),
        None => page.row("change", VALUES, Style::Strong, &seen.1),
    }
    page.heading("Where", "");
    page.row("when", VALUES, Style::Plain, &found.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string());
    if let Some(account) = &found.account {
        page.row("account", VALUES, Style::Plain, account);
    }
    if let Some(connection) = &found.connection {
        page.row("connection", VALUES, Style::Plain, connection);
    }
    if let Some(attempt) = found.attempt {
        page.row("attempt", VALUES, Style::Plain, &attempt.to_string());
    }
    page.row("known from", VALUES, Style::Plain, source(found.source));
    page.row("page said", VALUES, Style::Plain, &seen.0);
    steps(page, &found.report.steps);
}

fn sides(page: &mut Page, words: &Words) {
    if let Some(got) = &words.got {
        page.row("got", VALUES, Style::Bad, got);
    }
    if let Some(want) = &words.want {
        page.row("want", VALUES, Style::Good, want);
    }
    if !words.fix.is_empty() {
        page.row("change", VALUES, Style::Strong, &words.fix);
    }
    page.row("who", VALUES, Style::Plain, words.party().title());
}

const fn source(source: Source) -> &'static str {
    match source {
        Source::AuditLog => "the audit log",
        Source::Answers { audited: true } => "the connection's recent answers, and the audit log",
        Source::Answers { audited: false } => {
            "the connection's recent answers; nothing of it was proved, so the audit log has no line"
        }
        Source::Refusals => "the deployment's last refusals; no connection was known",
    }
}

/// What the page told, and what it said to do.
fn seen(found: &Found, product: &str) -> (String, String) {
    // One code for two pages: which of them it was, the state says.
    let state = found.report.words.as_ref().and_then(|words| words.got.as_deref());
    let family = match (found.reason.as_str(), state) {
        ("not_active", Some("draft" | "tested")) => Problem::Draft,
        (reason, _) => Problem::of_code(reason),
    };
    let account = found.account_name.clone().unwrap_or_else(|| Language::English.say("your-company").to_string());
    let text = |key: String| Language::English.say(&key).with("product", product).with("account", &account).to_string();
    (text(format!("problem-{}", family.name())), text(format!("problem-{}.do", family.name())))
}

fn steps(page: &mut Page, steps: &[KeptStep]) {
    if steps.is_empty() {
        return;
    }
    page.heading("Checks", "");
    for step in steps {
        let (shape, style) = match (step.outcome == Outcome::Refused.name(), &step.warning) {
            (true, _) => ("■", Style::Bad),
            (false, Some(_)) => ("▲", Style::Warning),
            (false, None) => ("●", Style::Good),
        };
        page.put(Style::Plain, " ");
        page.put(style, shape);
        page.put(Style::Plain, " ");
        page.wrapped(3, Style::Plain, &step.step.replace('_', " "));
        page.end();
    }
}
