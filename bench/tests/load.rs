//! The load client measures only what it has understood: proved against a stub that judges every request.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use vestibule_bench::load::application::Application;
use vestibule_bench::load::identity_provider::IdentityProvider;
use vestibule_bench::load::run::{Checks, Load, Outcome, Target, run};
use vestibule_bench::load::sign_in::Hosts;
use vestibule_bench::load::stub::{self, Care};

#[test]
fn every_sign_in_of_a_run_is_one_that_a_strict_server_lets_in() {
    let load = Load { clients: 4, sign_ins: 40, first_person: 7, checks: Checks::Every, userinfo: false };
    let outcome = measure(Care::Checks, stub::SECRET, load).unwrap();
    assert_eq!((outcome.count(), outcome.times.len()), (40, 4 * 40));
    assert!(outcome.times.iter().all(|time| !time.is_zero()), "every request was on the clock");
    assert!(outcome.times.iter().sum::<std::time::Duration>() <= 4 * outcome.wall);
}

#[test]
fn more_clients_than_sign_ins_do_no_harm() {
    let load = Load { clients: 16, sign_ins: 3, first_person: 0, checks: Checks::Every, userinfo: false };
    assert_eq!(measure(Care::Checks, stub::SECRET, load).unwrap().count(), 3);
}

#[test]
fn a_refusal_is_told_and_not_counted() {
    let load = Load { clients: 1, sign_ins: 1, first_person: 0, checks: Checks::Every, userinfo: false };
    let refused = measure(Care::Checks, "another-secret-0123456789-0123456789", load).unwrap_err().to_string();
    assert!(refused.starts_with("POST token: 400 instead of 200"), "{refused}");
    assert!(refused.ends_with("not the client"), "{refused}");
}

#[test]
fn tokens_that_nobody_signed_are_noticed() {
    let load = |checks| Load { clients: 2, sign_ins: 10, first_person: 0, checks, userinfo: false };
    assert!(measure(Care::Answers, stub::SECRET, load(Checks::None)).is_ok());
    let error = measure(Care::Answers, stub::SECRET, load(Checks::Every)).unwrap_err().to_string();
    assert!(error.contains("GET jwks"), "{error}");
}

fn measure(care: Care, secret: &str, load: Load) -> Result<Outcome, vestibule_bench::load::error::LoadError> {
    let address = serve(care);
    let issuer = format!("http://{}", stub::ISSUER_HOST);
    let target = Target {
        address,
        hosts: Hosts { accounts: vec![stub::ACCOUNT_HOST.to_owned()], issuer: stub::ISSUER_HOST.to_owned() },
        application: Application::new(&issuer, stub::CLIENT_ID, secret, stub::REDIRECT_URI),
        process: std::process::id(),
    };
    runtime().block_on(run(&target, &IdentityProvider::new(1), load))
}

/// The stub on a thread of its own, for as long as the test runs.
fn serve(care: Care) -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            stub::serve(listener, care).await;
        });
    });
    told.recv().unwrap()
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Each page is shown, also where there is a lot, and weighs less than 100 kB.
#[test]
fn every_page_of_the_console_is_shown_in_a_run() {
    let amounts = ["--accounts", "200", "--connections", "400", "--users", "1000", "--events", "20000", "--each", "3"];
    let report = report_of("console", &amounts);
    let pages = report["pages"].as_array().unwrap();
    assert!(pages.len() > 30, "{}", pages.len());
    for page in pages {
        assert!((1_000..100_000).contains(&page["octets"].as_u64().unwrap()), "{page}");
        assert_eq!(page["figures"]["count"], 12, "{page}");
    }
}

/// Every answer is checked, so that there are figures of nothing that the product refuses.
#[test]
fn the_product_answers_whatever_applications_ask_in_a_run() {
    let report = report_of("applications", &["--people", "100"]);
    let counts = report["runs"].as_array().unwrap().iter().map(|run| (run["name"].as_str().unwrap(), &run["count"]));
    let counts: Vec<_> = counts.map(|(name, count)| (name, count.as_u64().unwrap())).collect();
    assert_eq!(
        counts,
        [
            ("sign-in, token, userinfo: ES256", 100),
            ("code flow of a session: ES256", 100),
            ("sign-in, token, userinfo: RS256", 100),
            ("code flow of a session: RS256", 100),
            ("refresh tokens: ES256", 100),
            ("sites behind a proxy", 2_000),
        ]
    );
}

/// What a command of the load client measured of the product.
fn report_of(command: &str, amounts: &[&str]) -> serde_json::Value {
    let load = Path::new(env!("CARGO_BIN_EXE_load"));
    let ours = std::env::var_os("VESTIBULE_BIN").map_or_else(|| load.with_file_name("vestibule"), PathBuf::from);
    assert!(ours.is_file(), "{} is missing: cargo build --workspace --bins", ours.display());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(command);
    let report = folder.join("report.json");
    let mut process = Command::new(load);
    process.args([command, "--clients", "4", "--server-core", "0", "--client-core", "0"]);
    process.args(amounts);
    // It is ours; the product refuses settings that it does not know.
    process.env_remove("VESTIBULE_BIN");
    let output = process.arg("--server").arg(ours).arg("--folder").arg(&folder).arg("--json").arg(&report).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap()
}
