//! Waiting for something that another process does.

use std::thread;
use std::time::{Duration, Instant};

use crate::fail;

/// How long anything may take. Generous: two cores may be busy with a build, and only a failing test waits this long.
pub const PATIENCE: Duration = Duration::from_secs(120);

const PAUSE: Duration = Duration::from_millis(20);

/// Asks until there is an answer; after [`PATIENCE`] the test fails, with `what` as that which did not come.
#[track_caller]
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let answer = until(Instant::now() + PATIENCE, &mut ask);
    answer.unwrap_or_else(|| fail(format_args!("{what} did not come within {} s", PATIENCE.as_secs())))
}

/// Asks until there is an answer or `deadline` has passed. Asks at least once.
pub(crate) fn until<T>(deadline: Instant, ask: &mut dyn FnMut() -> Option<T>) -> Option<T> {
    loop {
        let answer = ask();
        if answer.is_some() || Instant::now() >= deadline {
            return answer;
        }
        thread::sleep(PAUSE);
    }
}
