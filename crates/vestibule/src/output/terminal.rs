//! How wide the output may be, and whether it may have colours.

use std::env;
use std::io::{self, IsTerminal as _};

/// Where the standard output goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// Whether escape sequences are understood and wanted.
    pub(crate) color: bool,
    /// Columns.
    pub(crate) width: usize,
}

/// Columns of a pipe, and of a terminal that does not tell.
const WIDTH: usize = 80;
/// Narrower than this nothing can be laid out; wider than this nobody reads a line.
const BOUNDS: (usize, usize) = (40, 140);

impl Terminal {
    /// The standard output of this process. `NO_COLOR` (no-color.org) forbids colours, `CLICOLOR_FORCE` wants them in a
    /// pipe as well (bixense.com/clicolors).
    pub(crate) fn of_stdout() -> Self {
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let is_terminal = io::stdout().is_terminal();
        let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
        let color = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && (set("CLICOLOR_FORCE") || is_terminal && !dumb);
        let width =
            if is_terminal { terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)) } else { None };
        let (narrow, wide) = BOUNDS;
        Self { color, width: width.unwrap_or(WIDTH).clamp(narrow, wide) }
    }
}
