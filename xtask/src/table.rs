//! The table that closes a run: what ran, what did not, and why.

use std::fmt::Write as _;
use std::time::Duration;

/// One suite's line.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) suite: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) time: Duration,
}

impl Row {
    pub(crate) fn left_out(suite: &'static str) -> Self {
        Self { suite, outcome: Outcome::LeftOut, time: Duration::ZERO }
    }
}

#[derive(Debug)]
pub(crate) enum Outcome {
    /// With the number of tests, where the suite is made of tests.
    Passed {
        tests: Option<u64>,
    },
    Failed(String),
    /// Something that it needs is missing.
    DidNotRun(String),
    /// The caller asked for that with `--without`.
    LeftOut,
}

/// The table, and on a last line of its own how many suites passed, failed and were skipped.
pub(crate) fn render(rows: &[Row]) -> String {
    let mut text = format!("\n{:<14} {:<12} {:>8}  reason\n", "suite", "result", "time");
    for row in rows {
        let (result, reason) = match &row.outcome {
            Outcome::Passed { tests: None } => ("ok", String::new()),
            Outcome::Passed { tests: Some(1) } => ("ok", "1 test".to_owned()),
            Outcome::Passed { tests: Some(tests) } => ("ok", format!("{tests} tests")),
            Outcome::Failed(reason) => ("failed", reason.clone()),
            Outcome::DidNotRun(reason) => ("did not run", reason.clone()),
            Outcome::LeftOut => ("did not run", "left out with --without".to_owned()),
        };
        let time = format!("{:.1} s", row.time.as_secs_f64());
        let line = format!("{:<14} {result:<12} {time:>8}  {reason}", row.suite);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let count = |wanted: fn(&Outcome) -> bool| rows.iter().filter(|row| wanted(&row.outcome)).count();
    let passed = count(|outcome| matches!(outcome, Outcome::Passed { .. }));
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
    let _ = write!(text, "\n{passed} passed, {failed} failed");
    match rows.len() - passed - failed {
        0 => text.push('\n'),
        skipped => _ = writeln!(text, ", {skipped} skipped"),
    }
    text
}

/// Whether every suite passed or was left out by the caller, and at least one passed.
pub(crate) fn passed(rows: &[Row]) -> bool {
    rows.iter().any(|row| matches!(row.outcome, Outcome::Passed { .. }))
        && rows.iter().all(|row| matches!(row.outcome, Outcome::Passed { .. } | Outcome::LeftOut))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Outcome, Row, passed, render};

    fn row(outcome: Outcome) -> Row {
        Row { suite: "unit", outcome, time: Duration::from_millis(1250) }
    }

    #[test]
    fn the_last_line_counts_suites() {
        let rows = [row(Outcome::Passed { tests: Some(3) }), row(Outcome::Failed("why".to_owned()))];
        assert!(render(&rows).ends_with("\n1 passed, 1 failed\n"));
    }

    #[test]
    fn a_suite_that_did_not_run_is_counted_as_skipped_and_fails_the_run() {
        let rows = [row(Outcome::Passed { tests: None }), row(Outcome::DidNotRun("no tool".to_owned()))];
        assert!(render(&rows).ends_with("\n1 passed, 0 failed, 1 skipped\n"));
        assert!(!passed(&rows));
    }

    #[test]
    fn a_suite_left_out_by_the_caller_does_not_fail_the_run() {
        assert!(passed(&[row(Outcome::Passed { tests: None }), Row::left_out("deny")]));
    }

    #[test]
    fn a_run_of_nothing_does_not_pass() {
        assert!(!passed(&[]));
        assert!(!passed(&[Row::left_out("deny")]));
    }
}
