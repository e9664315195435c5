//! What an operator sees of the real binary: whether it can serve, what it logs and what it counts.

use vestibule_e2e::http::Client;
use vestibule_e2e::peers::postgres::{Postgres, Sync};
use vestibule_e2e::wait_for;

use crate::deployment::{Deployment, GLOBEX, ISSUER, Node, SECRET};
use crate::sign_in::Walk;

/// The process says that it lives, whatever the database does; that it can serve, it says only with its database.
#[test]
fn a_node_without_its_database_lives_and_is_not_ready() {
    let mut postgres = Postgres::start(Sync::Never);
    let deployment = Deployment::on_postgres(&postgres.url());
    let node = deployment.node("node");
    let status = |what: &str| node.get(&format!("{ISSUER}/{what}")).status;
    assert_eq!((status("healthz"), status("readyz")), (200, 200));

    postgres.stop();
    let answer = node.get(&format!("{ISSUER}/readyz"));
    assert_eq!((answer.status, answer.text().as_str()), (503, "the database does not answer\n"));
    assert_eq!(status("healthz"), 200);

    postgres.restart();
    wait_for("a node with its database", || (status("readyz") == 200).then_some(()));
}

/// A27.2: at the most talkative level the log holds nothing of what is secret or personal in sign-ins that succeed, are
/// refused, or end with somebody who is turned away.
#[test]
fn the_log_at_its_most_talkative_tells_nothing_secret_or_personal() {
    let deployment = Deployment::on_sqlite();
    let node = deployment.node_with("node", &[("VESTIBULE_LOG_LEVEL", "trace")]);
    let walks = one_of_each(&deployment, node.port());
    node.get(&format!("{}/sign-in?login_hint=somebody%40acme.example", GLOBEX.origin()));

    let log = node.server.log();
    assert!(log.contains("/sso/{connection}/acs") && log.contains("/oidc/token"), "not much is logged:\n{log}");
    let of_the_first: Vec<_> = walks[0].secrets().into_iter().map(|(what, _)| what).collect();
    for what in ["the person's object at Entra", "the name that is shown", "the code", "the ID token", "a cookie"] {
        assert!(of_the_first.contains(&what), "{what} was not looked for: {of_the_first:?}");
    }
    for (what, value) in walks.iter().flat_map(Walk::secrets).chain([("the client secret", SECRET.to_owned())]) {
        assert!(value.len() > 4, "{what}: {value:?} could be anything");
        assert!(!log.contains(&value), "{what} is in the log:\n{log}");
    }
    for word in ["somebody", "SAMLResponse=", "<samlp:", "vestibule_session=", "Bearer ", "Basic "] {
        assert!(!log.contains(word), "{word:?} is in the log:\n{log}");
    }
}

/// SC-24: the page is neutral, and the log tells an administrator of which domain somebody came, and nothing else of
/// them.
#[test]
fn the_log_has_a_hint_for_an_unknown_domain() {
    let deployment = Deployment::on_sqlite();
    let node = deployment.node("node");
    let discover = |email: &str| {
        let mut browser = Client::new();
        browser.go_through(node.port());
        let form = [("to", ""), ("email", email)];
        let page = browser.post_from(&format!("{ISSUER}/"), &format!("{ISSUER}/sign-in/discover"), &form).unwrap();
        assert_eq!(page.status, 200, "{}", page.text());
    };
    discover("ada.lovelace@not-shared.example");
    let log = node.server.log();
    assert!(log.contains("\"domain\":\"not-shared.example\""), "{log}");
    assert!(log.contains("the domain is proved for no account"), "{log}");
    assert!(!log.contains("lovelace"), "{log}");
}

/// Sign-ins are counted by how they ended and why, and timed.
#[test]
fn metrics_tell_how_sign_ins_ended_and_how_long_they_took() {
    let deployment = Deployment::on_sqlite();
    let node = deployment.node_with("node", &[("VESTIBULE_METRICS_LISTEN", "127.0.0.1:0")]);
    assert!(!metrics(&node).contains("vestibule_sign_ins_total{"), "nobody came yet");
    one_of_each(&deployment, node.port());
    Walk::to_application(&deployment).finish(node.port());

    let told = metrics(&node);
    for line in [
        "vestibule_sign_ins_total{outcome=\"signed_in\",reason=\"\"} 2",
        "vestibule_sign_ins_total{outcome=\"refused\",reason=\"audience_mismatch\"} 1",
        "vestibule_sign_ins_total{outcome=\"turned_away\",reason=\"EMAIL-DOMAIN\"} 1",
        "# TYPE vestibule_sign_in_seconds histogram",
        "vestibule_sign_in_seconds_bucket{outcome=\"signed_in\",le=\"+Inf\"} 2",
        "vestibule_sign_in_seconds_count{outcome=\"signed_in\"} 2",
        "vestibule_sign_in_seconds_count{outcome=\"turned_away\"} 1",
    ] {
        assert!(told.lines().any(|found| found == line), "{line} is not in\n{told}");
    }
    let elsewhere = node.get(&format!("{ISSUER}/metrics"));
    assert_eq!(elsewhere.status, 404, "metrics have a listener of their own");
}

/// Somebody who is signed in, an answer that is refused, and somebody who is turned away.
fn one_of_each(deployment: &Deployment, port: u16) -> Vec<Walk<'_>> {
    let mut signed_in = Walk::to_application(deployment);
    signed_in.finish(port);
    let audience = |draft: &mut vestibule_mock_entra::service::Draft| {
        draft.response.audiences = vec!["https://other.example".to_owned()];
    };
    let mut refused = Walk::from_my_apps_bent(deployment, audience);
    refused.turned_away(port);
    let mut turned_away = Walk::from_my_apps_bent(deployment, |draft| {
        let email = draft.response.claims.iter_mut().find(|(name, _)| name.ends_with("/emailaddress"));
        email.unwrap().1 = vec!["mallory@elsewhere.example".to_owned()];
    });
    turned_away.turned_away(port);
    vec![signed_in, refused, turned_away]
}

/// What Prometheus would read.
#[track_caller]
fn metrics(node: &Node) -> String {
    let log = node.server.log();
    let port = log.split("\"at\":\"127.0.0.1:").nth(1).and_then(|rest| rest.split('"').next());
    let port = port.unwrap_or_else(|| panic!("no address of metrics in the log:\n{log}"));
    let answer = Client::new().get(&format!("http://127.0.0.1:{port}/metrics")).unwrap();
    assert_eq!(answer.status, 200);
    answer.text()
}
