//! The file of a SQLite database: one node has it, and it may not grow.

use std::fs;
use std::process::Command;
use std::sync::mpsc;

use vestibule_e2e::peers::server::{BINARY_VARIABLE, binary};
use vestibule_e2e::process::Process;

use crate::deployment::{Deployment, port};
use crate::sign_in::{Walk, until_lost};

#[test]
fn a_second_node_on_one_file_is_refused_and_the_first_goes_on() {
    let deployment = Deployment::on_sqlite();
    let node = deployment.node("node");
    let second = deployment.run(&["serve", "--config", "vestibule.toml"]);
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success(), "{said}");
    assert!(said.contains("is in use by another node") && said.contains("PostgreSQL"), "{said}");
    Walk::to_application(&deployment).finish(node.port());
}

/// As on a full disk, a limit on the size of files makes writes fail. People get a page, not a wait, and what was
/// acknowledged before is there when there is room again.
#[test]
fn when_the_disk_is_full_people_are_told_and_nothing_acknowledged_is_lost() {
    let deployment = Deployment::on_sqlite();
    let size = fs::metadata(deployment.folder.path().join("vestibule.db")).unwrap().len();
    let mut short_of_room = limited(&deployment, size + 64 * 1024);
    let narrow = short_of_room
        .wait_for("it was ready", |process| process.log().contains("\"ready\"").then(|| port(&process.log())));
    deployment.learn_keys(narrow);
    let (told, _heard) = mpsc::channel();
    let mut crowd = until_lost(&deployment, &[narrow], &told);
    assert_eq!(crowd.interrupted.len(), 1);
    assert!(!crowd.done.is_empty(), "there was no room at all");
    // What was too much for the room that is left may be followed by something smaller that fits.
    let mut starts = (0..200).map(|_| Walk::to_application(&deployment).first_answer(narrow));
    let page = starts.find(|answer| answer.status != 303).expect("the disk never was full");
    assert_eq!(page.status, 503, "{}", page.text());
    assert!(page.text().contains("<h1"), "{}", page.text());
    assert!(!short_of_room.has_ended(), "{}", short_of_room.last_lines());
    short_of_room.terminate();
    let node = deployment.node("node");
    for walk in &mut crowd.interrupted {
        walk.resume(node.port());
    }
    for walk in &mut crowd.done {
        walk.holds(node.port());
    }
}

/// A node that cannot make a file larger than so many octets. Without the signal that says so, writes fail.
fn limited(deployment: &Deployment, octets: u64) -> Process {
    let blocks = octets.div_ceil(512).to_string();
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"trap '' XFSZ; ulimit -f "$1"; exec "$0" serve --config vestibule.toml"#]);
    shell.arg(binary()).arg(blocks).env_remove(BINARY_VARIABLE).current_dir(deployment.folder.path());
    Process::start("limited", deployment.folder.path(), &mut shell)
}
