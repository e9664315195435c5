//! `with-postgres COMMAND…` runs a command beside a throw-away PostgreSQL, whose address it finds in
//! `VESTIBULE_TEST_POSTGRES`, and ends with its exit status.

use std::env;
use std::process::{Command, ExitCode};

use vestibule_e2e::peers::postgres::{Postgres, Sync, URL_VARIABLE};

fn main() -> ExitCode {
    let mut words = env::args_os().skip(1);
    let Some(program) = words.next() else {
        eprintln!("with-postgres COMMAND…");
        return ExitCode::from(2);
    };
    let cluster = Postgres::start(Sync::Never);
    let status = Command::new(&program).args(words).env(URL_VARIABLE, cluster.url()).status();
    match status {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            eprintln!("{} did not start: {error}", program.display());
            ExitCode::FAILURE
        }
    }
}
