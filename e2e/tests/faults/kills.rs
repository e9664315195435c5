//! One node on SQLite, killed.

use std::sync::mpsc;
use std::thread;

use crate::deployment::{Deployment, Node};
use crate::sign_in::{Crowd, STEPS, Walk, until_lost};

/// How often the node is killed under load.
const KILLS: usize = 25;
/// How many sign in at once.
const CLIENTS: usize = 8;
/// Between two kills come at most so many answers.
const ANSWERS: u8 = 40;

/// A16.4: after each answer of a sign-in the node is gone for a moment; it goes on, and ends once.
#[test]
fn a_sign_in_goes_on_after_a_kill_at_each_of_its_steps() {
    let deployment = Deployment::on_sqlite();
    let mut node = deployment.node("node");
    for killed_after in 0..=STEPS {
        let mut walk = Walk::to_application(&deployment);
        for _ in 0..killed_after {
            walk.step(node.port()).unwrap();
        }
        kill(&mut node);
        walk.holds(node.port());
        if killed_after < STEPS {
            walk.finish(node.port());
        }
        kill(&mut node);
        walk.holds(node.port());
    }
}

/// A16.4: the one answer that a response from My Apps gets is the only one, whatever happens after it.
#[test]
fn a_response_that_nobody_asked_for_is_admitted_once_across_kills() {
    let deployment = Deployment::on_sqlite();
    let mut node = deployment.node("node");
    let mut walk = Walk::from_my_apps(&deployment);
    walk.step(node.port()).unwrap();
    kill(&mut node);
    walk.holds(node.port());
    walk.finish(node.port());
    kill(&mut node);
    walk.holds(node.port());
}

/// A16.4: whatever was answered holds afterwards; whatever was not was done whole or not at all; no response is
/// admitted twice, no code redeemed twice, nobody made twice.
#[test]
fn nothing_that_was_acknowledged_is_lost_by_kills_at_random_moments_under_load() {
    let deployment = Deployment::on_sqlite();
    let mut node = deployment.node("node");
    let mut on_their_way = 0;
    for _ in 0..KILLS {
        let [random] = deployment.random();
        let crowd = killed_under_load(&deployment, &mut node, usize::from(random % ANSWERS) + 1);
        on_their_way += crowd.interrupted.iter().filter(|walk| walk.has_begun()).count();
        let port = node.port();
        in_parallel(crowd.interrupted, |walk| walk.resume(port));
        in_parallel(crowd.done, |walk| walk.holds(port));
    }
    assert!(on_their_way > KILLS, "hardly anybody was on their way: {on_their_way}");
    assert!(deployment.known() > CLIENTS, "hardly anybody came in: {}", deployment.known());
    // Once more after all of it: everybody is who they were.
    for _ in 0..CLIENTS {
        let mut walk = Walk::to_application(&deployment);
        walk.finish(node.port());
        walk.holds(node.port());
    }
}

fn kill(node: &mut Node) {
    node.server.kill_9();
    node.server.restart();
}

/// Kills the node after so many answers, while others are on their way, and starts it again.
pub(crate) fn killed_under_load<'a>(deployment: &'a Deployment, node: &mut Node, answers: usize) -> Crowd<'a> {
    let crowd = killed_while_people_sign_in(deployment, node, (answers, 0), || ());
    node.server.restart();
    crowd
}

/// Does something after so many answers, while people sign in, and kills the node after so many more.
pub(crate) fn killed_while_people_sign_in<'a>(
    deployment: &'a Deployment,
    node: &mut Node,
    (before, after): (usize, usize),
    then: impl FnOnce(),
) -> Crowd<'a> {
    let ports = [node.port()];
    let (told, heard) = mpsc::channel();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let told = told.clone();
                scope.spawn(move || until_lost(deployment, &ports, &told))
            })
            .collect();
        drop(told);
        assert_eq!(heard.iter().take(before).count(), before, "everybody was lost too early");
        then();
        assert_eq!(heard.iter().take(after).count(), after, "everybody was lost before the kill");
        node.server.kill_9();
        Crowd::of(clients.into_iter().map(|client| client.join().unwrap()))
    })
}

/// Each of them once, by as many as there are clients.
pub(crate) fn in_parallel(mut walks: Vec<Walk<'_>>, check: impl Fn(&mut Walk<'_>) + Sync) {
    let share = walks.len().div_ceil(CLIENTS).max(1);
    thread::scope(|scope| {
        for walks in walks.chunks_mut(share) {
            let check = &check;
            scope.spawn(move || walks.iter_mut().for_each(check));
        }
    });
}
