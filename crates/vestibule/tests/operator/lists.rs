//! What is there, listed by commands; and what they change.

use crate::support::{Deployment, Run};

const APPLY: &str = r#"
[platform]
name = "Orchard"

[[account]]
path = "acme"
name = "Acme"
kind = "reseller"

[[account.connection]]
name = "entra"
preset = "entra"

[[account.domain]]
name = "acme.example"
proof = "operator"

[[account.user]]
email = "ada@acme.example"
display_name = "Ada Min"

[[account.user]]
email = "bob@acme.example"
display_name = "Bob Ray"

[[account]]
path = "acme/mill"
name = "The Mill"

[[application]]
client_id = "orchard"
name = "Orchard"
redirect_uris = ["http://app.localhost:8402/callback"]
secrets = [{ file = "secret" }]
"#;

fn applied(name: &str) -> Deployment {
    let deployment = Deployment::new(name, "");
    deployment.file("secret", "orchard-secret-0123456789-0123456789-01");
    let file = deployment.file("apply.toml", APPLY);
    let run = deployment.run(&["apply", &file]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    deployment
}

#[track_caller]
fn json(run: &Run) -> serde_json::Value {
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    let value: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(value["version"], 1);
    value
}

/// The id of the person of this name, as the list has it.
fn user(deployment: &Deployment, name: &str) -> String {
    let listed = json(&deployment.run(&["user", "list", "acme", "--json"]));
    let users = listed["users"].as_array().unwrap();
    let found = users.iter().find(|user| user["name"] == name).unwrap();
    found["id"].as_str().unwrap().to_owned()
}

#[test]
fn before_anything_was_applied_a_list_says_what_makes_accounts() {
    let run = Deployment::new("lists-empty", "").run(&["account", "list"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("`vestibule apply` makes the platform"), "{}", run.stderr);
}

#[test]
fn accounts_are_listed_in_the_order_of_the_tree_page_by_page() {
    let deployment = applied("lists-accounts");
    let run = deployment.run(&["account", "list", "--first", "2"]);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("PATH") && lines[1].starts_with("platform"), "{}", run.stdout);
    assert!(lines[2].starts_with("acme ") && lines[2].contains("Acme"), "{}", run.stdout);
    assert_eq!(lines[3], "There are more: --after acme");
    let rest = json(&deployment.run(&["account", "list", "--after", "acme", "--json"]));
    assert_eq!(rest["accounts"][0]["path"], "acme/mill");
    assert_eq!((rest["accounts"][1].is_null(), rest["next"].is_null()), (true, true));
}

#[test]
fn an_account_is_shown_with_what_belongs_to_it() {
    let deployment = applied("lists-account");
    let shown = json(&deployment.run(&["account", "show", "acme", "--format", "json"]));
    assert_eq!(shown["connections"][0]["name"], "entra");
    assert_eq!(shown["domains"][0], serde_json::json!({ "name": "acme.example", "is_proved": true }));
    assert_eq!(shown["below"][0]["path"], "acme/mill");
    let unknown = deployment.run(&["account", "show", "nobody"]);
    assert_eq!(unknown.status, 2);
    assert!(unknown.stderr.contains("there is no account \"nobody\""), "{}", unknown.stderr);
}

/// MX-17: what is missing is said, and a connection that is not ready is not put in force.
#[test]
fn a_connection_that_is_not_ready_stays_out_of_force() {
    let deployment = applied("lists-connection");
    let listed = json(&deployment.run(&["connection", "list", "--json"]));
    assert_eq!(listed["connections"][0]["name"], "acme/entra");
    assert_eq!(listed["connections"][0]["state"], "draft");
    let shown = json(&deployment.run(&["connection", "show", "acme/entra", "--json"]));
    assert_eq!(shown["readiness"][0], serde_json::json!({ "step": "values", "state": "missing" }));
    assert!(shown["acs_url"].as_str().unwrap().ends_with("/acs"));
    for more in [&[][..], &["--untested"]] {
        let run = deployment.run(&[&["connection", "activate", "acme/entra"], more].concat());
        assert_eq!((run.status, run.stderr.as_str()), (1, ""), "{}", run.stdout);
        assert!(run.stdout.starts_with("acme/entra: "), "{}", run.stdout);
    }
    let after = json(&deployment.run(&["connection", "show", "acme/entra", "--json"]));
    assert_eq!(after["state"], "draft");
}

#[test]
fn people_are_found_by_how_their_name_or_address_begins() {
    let deployment = applied("lists-people");
    for begins in ["bob", "bob@acme"] {
        let found = json(&deployment.run(&["user", "list", "acme", "--begins", begins, "--json"]));
        let names: Vec<_> = found["users"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Bob Ray"], "{begins}");
    }
}

#[test]
fn somebody_is_suspended_and_let_in_again_and_the_log_says_from_where() {
    let deployment = applied("lists-suspend");
    let ada = user(&deployment, "Ada Min");
    let run = deployment.run(&["user", "suspend", &ada]);
    assert_eq!(run.stdout, format!("{ada} may not sign in any more, and is signed out.\n"));
    assert_eq!(json(&deployment.run(&["user", "show", &ada, "--json"]))["state"], "suspended");
    let again = deployment.run(&["user", "suspend", &ada]);
    assert_eq!((again.status, again.stdout), (0, format!("{ada} is so already; nothing was changed.\n")));
    let log = deployment.run(&["events"]).stdout;
    assert!(log.lines().any(|line| line.contains("user_state_changed") && line.contains("command_line")), "{log}");
    let run = deployment.run(&["user", "restore", &ada]);
    assert_eq!(run.stdout, format!("{ada} may sign in again.\n"));
}

#[test]
fn applications_are_listed_without_their_secrets() {
    let run = applied("lists-clients").run(&["client", "list", "--json"]);
    assert!(!run.stdout.contains("orchard-secret"));
    let listed = json(&run);
    assert_eq!(listed["clients"][0]["client_id"], "orchard");
    assert_eq!(listed["clients"][0]["kind"], "confidential");
}

#[test]
fn a_shell_completes_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let run = Deployment::new("lists-shell", "").run(&["completions", shell]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        assert!(run.stdout.contains("setup-link") && run.stdout.contains("suspend"), "{shell}");
    }
}

/// What was changed beside the file is told, each by what it is, and nothing is changed by telling.
#[test]
fn drift_from_a_file_is_told() {
    let deployment = applied("lists-drift");
    let file = deployment.path("apply.toml");
    let run = deployment.run(&["apply", &file, "--drift"]);
    assert_eq!((run.status, run.stdout.as_str()), (0, "All is as the file has it, and nothing else is there.\n"));
    let less = APPLY.replace("The Mill", "The old Mill").replace("[[application]]", "[[webhook_is_none]]");
    let less = less
        .split("[[webhook_is_none]]")
        .next()
        .unwrap()
        .replace("[[account.connection]]\nname = \"entra\"\npreset = \"entra\"\n", "");
    let less = deployment.file("less.toml", &less);
    for _ in 0..2 {
        let run = deployment.run(&["apply", &less, "--drift"]);
        assert_eq!((run.status, run.stderr.as_str()), (1, ""));
        for line in ["~ account acme/mill", "? connection acme/entra", "? application orchard"] {
            assert!(run.stdout.contains(line), "{line} in {}", run.stdout);
        }
        assert!(run.stdout.ends_with(
            "In the file alone: 0. Otherwise than in the file: 1. Not in the file: 2. Nothing was changed.\n"
        ));
    }
}
