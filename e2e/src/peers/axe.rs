//! axe-core, the accessibility checker, in the page that a browser shows.
//!
//! It is not ours to ship: `cargo xtask test browser` installs it below `tools` in the target folder.

use std::fmt;
use std::path::PathBuf;

use serde_json::Value;

use super::chromium::Browser;
use crate::fail;
use crate::scratch::{done, target};

/// A rule that the page breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// axe-core's name of the rule, such as `image-alt`.
    pub rule: String,
    /// `minor`, `moderate`, `serious` or `critical`.
    pub impact: String,
    /// What the rule asks for.
    pub help: String,
    /// The elements that break it, as HTML.
    pub elements: Vec<String>,
}

impl Browser {
    /// Every rule of axe-core's that the page breaks, best practices included.
    #[track_caller]
    pub fn violations(&self) -> Vec<Violation> {
        let axe = source();
        self.execute(&axe, &[]);
        let result = self.execute("return axe.run(document)", &[]);
        // An empty list must come from rules that ran.
        if result["passes"].as_array().is_none_or(Vec::is_empty) {
            self.lost("axe-core ran no rule");
        }
        result["violations"].as_array().into_iter().flatten().map(Violation::read).collect()
    }

    /// The test fails when the page breaks a rule of axe-core's.
    #[track_caller]
    pub fn assert_accessible(&self) {
        let violations = self.violations();
        if !violations.is_empty() {
            let lines: Vec<_> = violations.iter().map(ToString::to_string).collect();
            self.lost(&format!("axe-core finds:\n{}", lines.join("\n")));
        }
    }
}

impl Violation {
    fn read(violation: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let elements = violation["nodes"].as_array().into_iter().flatten();
        Self {
            rule: text(&violation["id"]),
            impact: text(&violation["impact"]),
            help: text(&violation["help"]),
            elements: elements.map(|element| text(&element["html"])).collect(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({}): {}", self.rule, self.impact, self.help)?;
        self.elements.iter().try_for_each(|element| write!(out, "\n    {element}"))
    }
}

#[track_caller]
fn source() -> String {
    let tools = target().join("tools");
    let folders = std::fs::read_dir(&tools).into_iter().flatten().flatten();
    let files = folders
        .filter(|folder| folder.file_name().to_string_lossy().starts_with("axe-core-"))
        .map(|folder| folder.path().join("node_modules/axe-core/axe.min.js"));
    let file: Option<PathBuf> = files.filter(|file| file.is_file()).max();
    let file = file.unwrap_or_else(|| {
        fail(format_args!("no axe-core below {}: `cargo xtask test browser` installs it", tools.display()))
    });
    done(&file, std::fs::read_to_string(&file))
}
