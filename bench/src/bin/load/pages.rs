//! Every page of the console, where there is a little and where there is a lot.

use std::time::Instant;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use vestibule_bench::load::error::LoadError;
use vestibule_bench::load::figures::Figures;
use vestibule_bench::load::pages::{looks, pages};
use vestibule_bench::load::process;
use vestibule_bench::load::setup::{Kind, Seen, Vendor};

use crate::place::{Place, runtime, target};

/// The console's pages.
#[derive(Debug, Args)]
pub(crate) struct Pages {
    #[command(flatten)]
    place: Place,
    /// Customers, below ten resellers and their hundred regions.
    #[arg(long, default_value_t = 10_000)]
    accounts: u32,
    /// Connections of theirs.
    #[arg(long, default_value_t = 20_000)]
    connections: u32,
    /// People of theirs.
    #[arg(long, default_value_t = 1_000_000)]
    users: u32,
    /// Lines of the log.
    #[arg(long, default_value_t = 10_000_000)]
    events: u32,
    /// Measure once more what an earlier run left in the folder, or in the database that it was given.
    #[arg(long)]
    again: bool,
    /// How many browsers look at a time.
    #[arg(long, default_value_t = 4)]
    clients: usize,
    /// How often each browser looks at each page.
    #[arg(long, default_value_t = 250)]
    each: usize,
}

/// All that one call of this program shows.
#[derive(Debug, Serialize)]
struct Report {
    seeded_seconds: Option<f64>,
    pages: Vec<PageFigures>,
}

/// What a page takes.
#[derive(Debug, Serialize)]
struct PageFigures {
    path: String,
    octets: usize,
    figures: Figures,
}

pub(crate) fn console(what: &Pages) -> Result<(), LoadError> {
    let folder = what.place.prepare(what.again)?;
    let runtime = runtime()?;
    let deployment = what.place.deployment(&folder, 1)?;
    let (seen, seeded_seconds) = if what.again {
        (Seen::read(&folder)?, None)
    } else {
        let vendor = Vendor {
            customers: what.accounts,
            connections: what.connections,
            users: what.users,
            events: what.events.next_multiple_of(100),
        };
        let begun = Instant::now();
        let seen = runtime.block_on(deployment.seed_vendor(vendor, Timestamp::now()))?;
        seen.write(&folder)?;
        let seconds = begun.elapsed().as_secs_f64();
        println!("seeded in {seconds:.0} s: {vendor:?}\n");
        (seen, Some(seconds))
    };
    let server = what.place.start(&deployment, &folder)?;
    let target = target(&deployment, &server, Kind::Es256);
    let mut all = Vec::new();
    println!("{:<34}{:>9}{:>9}{:>9}{:>9}{:>9}", "", "p50 ms", "p99 ms", "max ms", "CPU ms", "octets");
    for page in pages(&seen) {
        // Once before: what is read from the disk is read then.
        runtime.block_on(looks(&target, (&page, &seen.cookie), 1, 3))?;
        let (outcome, octets) = runtime.block_on(looks(&target, (&page, &seen.cookie), what.clients, what.each))?;
        let figures = Figures::of(page.name, &outcome, process::memory(target.process)?);
        println!(
            "{:<34}{:>9.2}{:>9.2}{:>9.1}{:>9.2}{:>9}",
            page.name, figures.p50_ms, figures.p99_ms, figures.max_ms, figures.server_cpu_ms, octets
        );
        all.push(PageFigures { path: page.path, octets, figures });
    }
    server.stop()?;
    what.place.write_json(&Report { seeded_seconds, pages: all })
}
