//! What a command leaves behind: text for people, JSON for programs, an exit status.

mod page;
mod table;
mod terminal;

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use serde::Serialize;

use crate::cli::Format;
use crate::failure::Failure;
pub(crate) use page::{Page, Style, sanitised};
pub(crate) use table::{facts, table};
pub(crate) use terminal::Terminal;

/// What a command prints, and its exit status.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: u8,
}

impl Output {
    /// Nothing printed yet.
    pub(crate) fn status(status: u8) -> Self {
        Self { stdout: String::new(), stderr: String::new(), status }
    }

    /// Prints it. A reader that went away, such as `head`, is no error; a disk that is full is: whoever trusts the exit
    /// status must not take a verdict for told that is not there.
    pub(crate) fn print(&self) -> ExitCode {
        let mut stdout = std::io::stdout();
        let written = stdout.write_all(self.stdout.as_bytes()).and_then(|()| stdout.flush());
        let mut stderr = std::io::stderr();
        let _ = stderr.write_all(self.stderr.as_bytes());
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                let _ = writeln!(stderr, "vestibule: the result cannot be written: {error}; send it to another place");
                ExitCode::from(Failure::STATUS)
            }
            _ => ExitCode::from(self.status),
        }
    }
}

/// What a command found, in the form that was asked for: lines for people, whatever they hold made harmless to a terminal.
pub(crate) fn written(format: Format, shape: &impl Serialize, text: impl FnOnce() -> Vec<String>) -> Output {
    let stdout = match format {
        Format::Json => json(shape),
        Format::Text => text().iter().map(|line| sanitised(line) + "\n").collect(),
    };
    Output { stdout, ..Output::status(0) }
}

/// A value by the word that it has in files and JSON: `signed_in`.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// To the second, in UTC.
pub(crate) fn second(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// One object on lines of its own.
pub(crate) fn json(shape: &impl Serialize) -> String {
    // Only maps with keys that are no strings and writers that fail make this fail; there are neither.
    let mut text = serde_json::to_string_pretty(shape).unwrap_or_default();
    text.push('\n');
    text
}
