//! The deployment's own keys change while it is in use.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Deployment, Run};

/// What is sealed: a connection's key, beside the two that sign tokens, and a webhook's secret.
const SETTINGS: &str = "[[account]]\npath = \"acme\"\nname = \"Acme\"\n\n\
                        [[account.connection]]\nname = \"entra\"\nrequests = \"signed\"\n\n\
                        [[webhook]]\nname = \"crm\"\nurl = \"http://localhost:9/hook\"\nevents = \"all\"\n";

/// 32 ones; the deployment begins with 32 zeros.
const NEW_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const OLD_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn in_use(name: &str) -> Deployment {
    let it = Deployment::new(name, "");
    let secret = it.file("hook.secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let settings = format!("{SETTINGS}secrets = [{{ file = \"{secret}\" }}]\n");
    let run = it.run(&["apply", &it.file("settings.toml", &settings)]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let old = it.file("old.key", OLD_KEY);
    fs::set_permissions(old, fs::Permissions::from_mode(0o600)).unwrap();
    it
}

/// With the new key, and the old one beside it or not.
fn with_new_key(it: &Deployment, has_old: bool, arguments: &[&str]) -> Run {
    let mut command = it.command(arguments);
    command.env("VESTIBULE_KEY", NEW_KEY);
    if has_old {
        command.env("VESTIBULE_OLDER_KEY_FILES", it.path("old.key"));
    }
    let output = command.output().unwrap();
    let text = |octets| String::from_utf8(octets).unwrap();
    Run { status: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn the_sealing_key_changes_and_the_old_one_is_not_needed_any_more() {
    let it = in_use("sealing");
    let refused = with_new_key(&it, false, &["keys", "list"]);
    assert_eq!((refused.status, &*refused.stdout), (2, ""));
    assert!(refused.stderr.contains("configure the key that sealed it"), "{}", refused.stderr);

    let before = with_new_key(&it, true, &["keys", "list"]);
    assert_eq!(before.status, 1, "{}", before.stderr);
    assert!(
        before.stdout.contains("token keys                  0 with it, 2 with an older key\n"),
        "{}",
        before.stdout
    );
    assert!(
        before.stdout.contains("connection keys             0 with it, 1 with an older key\n"),
        "{}",
        before.stdout
    );
    assert!(
        before.stdout.contains("webhook secrets             0 with it, 1 with an older key\n"),
        "{}",
        before.stdout
    );

    let run = with_new_key(&it, true, &["keys", "rotate", "sealing"]);
    assert_eq!((run.status, &*run.stderr), (0, ""), "{}", run.stdout);
    assert!(
        run.stdout.contains("token keys                  2 with it, 2 of them sealed anew now\n"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("The present key opens everything"), "{}", run.stdout);

    let after = with_new_key(&it, false, &["keys", "list"]);
    assert_eq!((after.status, &*after.stderr), (0, ""), "{}", after.stdout);
    let events = with_new_key(&it, false, &["events"]);
    assert!(events.stdout.contains("secrets_resealed"), "{}", events.stdout);
    let old = it.run(&["keys", "list"]);
    assert_eq!(old.status, 2, "the old key opens nothing: {}", old.stdout);
}

#[test]
fn the_next_signing_key_is_published_before_its_time_and_once() {
    let it = in_use("signing");
    let run = it.run(&["keys", "rotate", "signing", "--algorithm", "es256"]);
    assert_eq!((run.status, &*run.stderr), (0, ""));
    assert_eq!(states(&run), ["ES256 signs", "ES256 next", "RS256 signs"]);
    assert!(run.stdout.ends_with("The next key is published, and signs in two days.\n"), "{}", run.stdout);
    let again = it.run(&["keys", "rotate", "signing", "--algorithm", "es256"]);
    assert!(again.stdout.contains("The next key is published already; nothing was made."), "{}", again.stdout);
    assert_eq!(states(&again), states(&run));
}

#[test]
fn stolen_signing_keys_are_given_up_at_once() {
    let it = in_use("stolen");
    let run = it.run(&["keys", "rotate", "signing", "--at-once", "--format", "json"]);
    assert_eq!((run.status, &*run.stderr), (0, ""));
    let shown: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let keys = shown["signing"].as_array().unwrap();
    assert_eq!(keys.len(), 4);
    for pair in keys.chunks(2) {
        assert_eq!((&pair[0]["state"], &pair[1]["state"]), (&"signs".into(), &"next".into()));
        assert_eq!(pair[0]["published_until"], pair[1]["signs_from"], "one ends when the other begins");
    }
}

/// `ES256 signs`, line by line.
fn states(run: &Run) -> Vec<String> {
    let word = |line: &str, at: usize| line.split_whitespace().nth(at).unwrap_or_default().to_owned();
    let keys = run.stdout.lines().filter(|line| line.starts_with("ES256") || line.starts_with("RS256"));
    keys.map(|line| format!("{} {}", word(line, 0), word(line, 2))).collect()
}
