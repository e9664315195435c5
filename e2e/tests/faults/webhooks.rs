//! A webhook is told of what happens, and nodes are killed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use vestibule_e2e::peers::postgres::{Postgres, Sync};
use vestibule_e2e::wait_for;

use crate::application::Application;
use crate::deployment::{Deployment, another_time};
use crate::kills::{in_parallel, killed_under_load};

/// How often the node is killed while people sign in.
const KILLS: usize = 5;
/// Between two kills come at most so many answers.
const ANSWERS: u8 = 40;

/// ADR 0026: what waits to be told was written with the change itself. So whatever was killed, between the change and the
/// word or in the middle of the word, each session that began is told, each under one id, and none that did not begin.
#[test]
fn a_webhook_is_told_of_each_sign_in_whatever_was_killed() {
    let postgres = Postgres::start(Sync::Never);
    let program = Application::silent();
    let deployment = Deployment::on_postgres(&postgres.url());
    deployment.folder.write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    deployment.apply(&format!(
        "[[webhook]]\nname = \"crm\"\nurl = \"{}\"\nevents = [\"session.started\"]\n\
         secrets = [{{ file = \"secret\" }}]\n",
        program.address()
    ));
    let mut node = deployment.node("node");
    for _ in 0..KILLS {
        let [random] = deployment.random();
        let crowd = killed_under_load(&deployment, &mut node, usize::from(random % ANSWERS) + 1);
        let port = node.port();
        in_parallel(crowd.interrupted, |walk| walk.resume(port));
        in_parallel(crowd.done, |walk| walk.holds(port));
    }
    let began = || postgres.query("SELECT encode(id, 'hex') FROM sessions").lines().map(str::to_owned).collect();
    let began: BTreeSet<String> = began();
    assert!(began.len() > KILLS, "hardly anybody came in: {}", began.len());

    // Killed once more in the middle of a word, after which the program begins to answer.
    another_time(&postgres, &mut node);
    wait_for("a word to the program", || (!program.heard().is_empty()).then_some(()));
    node.server.kill_9();
    program.begin_to_answer();
    another_time(&postgres, &mut node);
    let waiting = || postgres.query("SELECT count(*) FROM webhook_deliveries WHERE state = 'waiting'");
    wait_for("the last word to the program", || (waiting() == "0").then_some(()));

    let mut told: BTreeMap<String, String> = BTreeMap::new();
    for heard in program.heard() {
        let body: Value = serde_json::from_str(&heard.body).unwrap();
        assert_eq!(body["type"], "session.started");
        let session = body["data"]["session"].as_str().unwrap().replace('-', "");
        let before = told.insert(heard.webhook_id, session.clone());
        assert!(before.is_none_or(|before| before == session), "one id for two sessions");
    }
    assert_eq!(told.len(), began.len(), "an id for each");
    assert_eq!(told.into_values().collect::<BTreeSet<_>>(), began);
}
