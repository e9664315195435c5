//! The database is copied while people sign in, and put back after everything was lost.

use crate::deployment::Deployment;
use crate::kills::{in_parallel, killed_under_load, killed_while_people_sign_in};

/// So many answers come before the copy is asked for.
const ANSWERS: usize = 40;

/// What was answered before the copy was asked for is in it, though people sign in all the while; and the node that
/// serves takes no notice.
#[test]
fn a_copy_of_a_database_in_use_holds_what_was_answered_before() {
    let deployment = Deployment::on_sqlite();
    let mut node = deployment.node("node");
    let before = killed_under_load(&deployment, &mut node, ANSWERS);
    let copy = deployment.folder.path().join("copy.db");
    let during = killed_while_people_sign_in(&deployment, &mut node, (ANSWERS, 4 * ANSWERS), || {
        let output = deployment.run(&["backup", "copy.db", "--config", "vestibule.toml"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    });
    assert!(during.done.len() > 4, "hardly anybody came in meanwhile: {}", during.done.len());

    let restored = deployment.run(&["restore", copy.to_str().unwrap(), "--replace", "--config", "vestibule.toml"]);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    node.server.restart();
    let port = node.port();
    assert!(before.done.len() > 1, "hardly anybody came in before: {}", before.done.len());
    in_parallel(before.done, |walk| walk.holds(port));
}
