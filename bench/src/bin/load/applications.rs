//! What applications ask of the server, beside the client's own ceiling.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use tokio::runtime::Runtime;
use vestibule_bench::load::error::LoadError;
use vestibule_bench::load::figures::Figures;
use vestibule_bench::load::identity_provider::IdentityProvider;
use vestibule_bench::load::process::Server;
use vestibule_bench::load::refresh::refreshes;
use vestibule_bench::load::run::{Checks, Load, run};
use vestibule_bench::load::setup::{Deployment, Fill, Kind, SITE};
use vestibule_bench::load::site;
use vestibule_bench::load::visit::visits;

use crate::place::{Place, measured, runtime, shown, target};

/// How often each person visits, and how often each one's tokens are renewed.
const EACH: usize = 50;
/// How often a proxy asks about each person.
const ASKS: usize = 1_000;

/// What applications ask.
#[derive(Debug, Args)]
pub(crate) struct Applications {
    #[command(flatten)]
    place: Place,
    /// How many clients ask at a time.
    #[arg(long, default_value_t = 64)]
    clients: usize,
    /// People who sign in, and those of whom the rest is measured.
    #[arg(long, default_value_t = 10_000)]
    people: u64,
}

/// All that one call of this program shows.
#[derive(Debug, Serialize)]
struct Report {
    ceiling: Vec<Figures>,
    runs: Vec<Figures>,
    bare_us: Vec<(String, f64)>,
}

pub(crate) fn applications(what: &Applications) -> Result<(), LoadError> {
    let folder = what.place.prepare(false)?;
    let runtime = runtime()?;
    let (stub, of_stub) = what.place.start_stub(&folder)?;
    let people = usize::try_from(known(what)).unwrap_or(what.clients);
    let asked = site::ceiling(&of_stub, what.clients, people, ASKS);
    let ceiling = vec![measured(&runtime, &of_stub, "the stub: sites behind a proxy", asked)?];
    stub.stop()?;
    let deployment = what.place.deployment(&folder, 1)?;
    runtime.block_on(deployment.seed(Fill::default(), Timestamp::now()))?;
    let server = what.place.start(&deployment, &folder)?;
    let runs = runs(what, &runtime, &deployment, &server)?;
    server.stop()?;
    let bare_us = shown(&ceiling, "What applications ask", &runs);
    what.place.write_json(&Report { ceiling, runs, bare_us })
}

/// Of so many people everything but their sign-in is measured.
fn known(what: &Applications) -> u64 {
    what.people.div_ceil(50)
}

fn runs(
    what: &Applications,
    runtime: &Runtime,
    deployment: &Deployment,
    server: &Server,
) -> Result<Vec<Figures>, LoadError> {
    let idp = IdentityProvider::new(1);
    let target = |kind| target(deployment, server, kind);
    let mut first_person = 0;
    let mut next = |sign_ins| {
        first_person += sign_ins;
        let first_person = first_person - sign_ins;
        Load { clients: what.clients, sign_ins, first_person, checks: Checks::Every, userinfo: true }
    };
    runtime.block_on(run(&target(Kind::Es256), &idp, next(200)))?;
    runtime.block_on(run(&target(Kind::Rs256), &idp, next(200)))?;
    let mut all = Vec::new();
    for (kind, name) in [(Kind::Es256, "ES256"), (Kind::Rs256, "RS256")] {
        let target = target(kind);
        let whole = format!("sign-in, token, userinfo: {name}");
        all.push(measured(runtime, &target, &whole, run(&target, &idp, next(what.people)))?);
        let flow = format!("code flow of a session: {name}");
        all.push(measured(runtime, &target, &flow, visits(&target, &idp, next(known(what)), EACH))?);
    }
    let refreshing = target(Kind::Refreshing);
    let renewed = refreshes(&refreshing, &idp, next(known(what)), EACH);
    all.push(measured(runtime, &refreshing, "refresh tokens: ES256", renewed)?);
    let es256 = target(Kind::Es256);
    let asked = site::asks(&es256, &idp, next(known(what)), SITE, ASKS);
    all.push(measured(runtime, &es256, "sites behind a proxy", asked)?);
    Ok(all)
}
