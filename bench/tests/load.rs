//! The load client measures only what it has understood: proved against a stub that judges every request.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use vestibule_bench::load::application::Application;
use vestibule_bench::load::identity_provider::IdentityProvider;
use vestibule_bench::load::run::{Checks, Load, Outcome, Target, run};
use vestibule_bench::load::sign_in::Hosts;
use vestibule_bench::load::stub::{self, Care};

#[test]
fn every_sign_in_of_a_run_is_one_that_a_strict_server_lets_in() {
    let load = Load { clients: 4, sign_ins: 40, first_person: 7, checks: Checks::Every };
    let outcome = measure(Care::Checks, stub::SECRET, load).unwrap();
    assert_eq!(outcome.times.len(), 40);
    assert!(outcome.times.iter().flatten().all(|time| !time.is_zero()), "every request was on the clock");
    assert!(outcome.times.iter().flatten().sum::<std::time::Duration>() <= 4 * (outcome.start + outcome.finish));
}

#[test]
fn more_clients_than_sign_ins_do_no_harm() {
    let load = Load { clients: 16, sign_ins: 3, first_person: 0, checks: Checks::Every };
    assert_eq!(measure(Care::Checks, stub::SECRET, load).unwrap().times.len(), 3);
}

#[test]
fn a_refusal_is_told_and_not_counted() {
    let load = Load { clients: 1, sign_ins: 1, first_person: 0, checks: Checks::Every };
    let refused = measure(Care::Checks, "another-secret-0123456789-0123456789", load).unwrap_err().to_string();
    assert!(refused.starts_with("POST token: 400 instead of 200 with tokens"), "{refused}");
    assert!(refused.ends_with("not the client"), "{refused}");
}

#[test]
fn tokens_that_nobody_signed_are_noticed() {
    let load = |checks| Load { clients: 2, sign_ins: 10, first_person: 0, checks };
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
