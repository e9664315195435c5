//! Two nodes on one PostgreSQL.

use std::sync::mpsc;
use std::thread;

use vestibule_e2e::http::{Client, Held, Request, Response};
use vestibule_e2e::peers::postgres::{Postgres, Sync};
use vestibule_e2e::wait_for;

use crate::deployment::{ACME, Deployment, ENTRA, ISSUER, Node, accounts};
use crate::sign_in::{Crowd, FORM, Walk, is_admitted, refused, until_lost};

/// A16.4: of a thousand posts of one response, at both nodes at once, one is admitted and every other one is refused as
/// a replay. Where so many wait for the database that theirs would take too long they are told to try again, and do,
/// until they are judged; of those sent at once a hundred are at the least.
#[test]
fn the_same_response_a_thousand_times_at_once_at_two_nodes_is_admitted_once() {
    let (postgres, deployment, nodes) = two_nodes(Sync::Never);
    let mut walk = Walk::from_my_apps(&deployment);
    let (url, body) = walk.answer_request();
    let from = format!("{ENTRA}/login");
    let request = Request { method: "POST", url, headers: &[FORM], body: body.as_bytes(), from: Some(&from) };
    let (mut admitted, mut replays, mut waiting) = (Vec::new(), 0, 1000);
    while waiting > 0 {
        let answers = at_once(waiting, &nodes, &request);
        let judged: Vec<_> = answers.into_iter().filter(|answer| answer.status != 503).collect();
        assert!(judged.len() >= waiting.min(100), "of {waiting} only {} were judged", judged.len());
        waiting -= judged.len();
        let (first, others): (Vec<_>, Vec<_>) = judged.into_iter().partition(is_admitted);
        admitted.extend(first);
        replays += others.len();
        for answer in others {
            assert_eq!(answer.status, 403, "{}", answer.text());
            assert!(answer.text().contains("This sign-in was already used."), "{}", answer.text());
        }
    }
    assert_eq!((admitted.len(), replays), (1, 999));
    assert_eq!(postgres.query("SELECT count(*) FROM used_assertions"), "1");
    assert_eq!(postgres.query("SELECT count(*) FROM attempts"), "1");
    walk.was_admitted(&admitted[0]);
    walk.finish(nodes[1].port());
    for node in &nodes {
        walk.holds(node.port());
    }
    assert_eq!(postgres.query("SELECT count(*) FROM sessions"), "1");
}

/// RFC 6749 §4.1.2: one of the requests gets the tokens; the others take them away, because a code that is used
/// twice was stolen.
#[test]
fn the_same_code_many_times_at_once_at_two_nodes_is_redeemed_once() {
    let (_postgres, deployment, nodes) = two_nodes(Sync::Never);
    let mut walk = Walk::to_application(&deployment);
    for _ in 0..3 {
        walk.step(nodes[0].port()).unwrap();
    }
    let (url, authorization, body) = walk.token_request();
    let headers = [("Authorization", authorization.as_str()), FORM];
    let request = Request { method: "POST", url: &url, headers: &headers, body: body.as_bytes(), from: None };
    let answers = at_once(200, &nodes, &request);
    let (tokens, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(tokens.len(), 1);
    for answer in others {
        refused(answer, "invalid_grant");
    }
}

/// XC-25: no node keeps anything of a sign-in, nor settings that were changed since.
#[test]
fn each_step_of_a_sign_in_is_answered_by_either_node_and_both_see_a_change_of_settings_at_once() {
    let (_postgres, deployment, nodes) = two_nodes(Sync::Never);
    let ports = [nodes[0].port(), nodes[1].port()];
    for first in 0..2 {
        let mut walk = Walk::to_application(&deployment);
        for step in 0..4 {
            walk.step(ports[(first + step) % 2]).unwrap();
        }
        walk.holds(ports[0]);
        walk.holds(ports[1]);
    }
    let start = |node: &Node| Walk::to_application(&deployment).first_answer(node.port());
    let begun_before = |port| {
        let mut walk = Walk::to_application(&deployment);
        walk.step(port).unwrap();
        walk
    };
    let begun = [begun_before(ports[0]), begun_before(ports[1])];
    deployment.apply(&accounts("paused"));
    for node in &nodes {
        let answer = start(node);
        assert!(
            answer.location().is_none_or(|to| !to.starts_with(ENTRA)),
            "{:?} of a paused connection",
            answer.location()
        );
    }
    for (walk, port) in begun.iter().zip(ports) {
        let answer = answered_at(walk, port);
        assert!(!is_admitted(&answer) && (400..500).contains(&answer.status), "{} {}", answer.status, answer.text());
    }
    deployment.apply(&accounts("active"));
    // What was under way ended with the pause (A27.1): its answer only leads to a new start.
    for (walk, port) in begun.iter().zip(ports) {
        let answer = answered_at(walk, port);
        assert!(!is_admitted(&answer), "{:?}", answer.location());
        assert!(answer.location().is_some_and(|to| to.contains("/start?restart=1")), "{:?}", answer.location());
        Walk::to_application(&deployment).finish(port);
    }
}

/// What the answer of the identity provider gets at a node, in a browser without cookies.
fn answered_at(walk: &Walk, port: u16) -> Response {
    let (url, body) = walk.answer_request();
    let mut browser = Client::new();
    browser.go_through(port);
    browser.send(&Request { method: "POST", url, headers: &[FORM], body: body.as_bytes(), from: None }).unwrap()
}

/// A16.4: the database goes away under load, as the machine under it would, and comes back.
#[test]
fn nothing_that_was_acknowledged_is_lost_when_postgresql_crashes_under_load() {
    let (mut postgres, deployment, nodes) = two_nodes(Sync::EveryCommit);
    let ports = [nodes[0].port(), nodes[1].port()];
    for _ in 0..3 {
        let [random] = deployment.random();
        let mut crowd = crashed_under_load(&deployment, &mut postgres, ports, usize::from(random % 60) + 10);
        for node in &nodes {
            let page = node.get(&format!("{}/", ACME.origin()));
            assert_eq!(page.status, 503, "{}", page.text());
            assert!(page.text().contains("<h1"), "{}", page.text());
        }
        postgres.restart();
        for node in &nodes {
            wait_for("a node with its database", || {
                (node.get(&format!("{ISSUER}/readyz")).status == 200).then_some(())
            });
        }
        for walk in &mut crowd.interrupted {
            walk.resume(ports[0]);
        }
        for walk in &mut crowd.done {
            walk.holds(ports[1]);
        }
    }
    assert!(postgres.log().contains("database system was interrupted"), "that was no crash");
    let users = postgres.query("SELECT count(*) FROM users");
    assert_eq!(users, postgres.query("SELECT count(*) FROM identities"), "somebody was made and not linked");
}

fn two_nodes(sync: Sync) -> (Postgres, Deployment, [Node; 2]) {
    let postgres = Postgres::start(sync);
    let deployment = Deployment::on_postgres(&postgres.url());
    let nodes = [deployment.node("node-a"), deployment.node("node-b")];
    (postgres, deployment, nodes)
}

/// Sends the same request so many times to the nodes by turns; all are answered from the same moment on.
fn at_once(times: usize, nodes: &[Node; 2], request: &Request<'_>) -> Vec<Response> {
    let mut clients = [Client::new(), Client::new()];
    for (client, node) in clients.iter_mut().zip(nodes) {
        client.go_through(node.port());
    }
    let mut held: Vec<Held> = clients.iter().cycle().take(times).map(|client| client.hold(request).unwrap()).collect();
    for request in &mut held {
        request.release().unwrap();
    }
    held.into_iter().map(|request| request.answer().unwrap()).collect()
}

fn crashed_under_load<'a>(
    deployment: &'a Deployment,
    postgres: &mut Postgres,
    ports: [u16; 2],
    answers: usize,
) -> Crowd<'a> {
    let (told, heard) = mpsc::channel();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..6)
            .map(|_| {
                let told = told.clone();
                scope.spawn(move || until_lost(deployment, &ports, &told))
            })
            .collect();
        drop(told);
        assert_eq!(heard.iter().take(answers).count(), answers, "everybody was lost before the crash");
        postgres.crash();
        Crowd::of(clients.into_iter().map(|client| client.join().unwrap()))
    })
}
