//! The configuration and the deployment are looked at.

use crate::support::Deployment;

#[test]
fn a_configuration_that_can_be_served_with_is_told_without_a_database() {
    let it = Deployment::new("check", "");
    let run = it.run(&["check"]);
    assert_eq!((run.status, &*run.stderr), (1, ""), "no mail, and a loopback host: {}", run.stdout);
    assert!(run.stdout.contains("● sealing key"), "{}", run.stdout);
    assert!(run.stdout.contains("▲ mail"), "{}", run.stdout);
    assert!(!std::path::Path::new(&it.path("v.db")).exists(), "nothing was opened");
    let broken = Deployment::new("check-broken", "lisen = \"x\"");
    let run = broken.run(&["check"]);
    assert_eq!((run.status, &*run.stdout), (2, ""));
    assert!(run.stderr.contains("there is no setting lisen"), "{}", run.stderr);
}

#[test]
fn a_deployment_that_does_not_serve_says_so_and_what_to_do() {
    let it = Deployment::new("doctor", "");
    let run = it.run(&["doctor"]);
    assert_eq!((run.status, &*run.stderr), (1, ""));
    assert!(run.stdout.contains("there is no database at"), "{}", run.stdout);

    let settings = "[[account]]\npath = \"acme\"\nname = \"Acme\"\n";
    assert_eq!(it.run(&["apply", &it.file("settings.toml", settings)]).status, 0);
    let run = it.run(&["doctor"]);
    assert_eq!((run.status, &*run.stderr), (1, ""));
    assert!(run.stdout.contains("● secrets"), "{}", run.stdout);
    assert!(run.stdout.contains("● signing keys"), "{}", run.stdout);
    assert!(run.stdout.contains("▲ background work  no node does it\n"), "{}", run.stdout);
    assert!(run.stdout.contains("■ answers"), "{}", run.stdout);
}
