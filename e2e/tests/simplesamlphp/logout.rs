//! Single logout with SimpleSAMLphp, from either side.

use serde_json::{Value, json};
use vestibule_e2e::http::{Client, Response};
use vestibule_e2e::peers::simplesamlphp::Settings;

use super::Deployment;

/// A deployment whose identity provider signs its logout messages and demands that ours are signed. Its metadata has the
/// logout address, so nothing more is set.
fn deployment() -> Deployment {
    deployment_with("", &[])
}

/// With these lines in the connection's table, and these further settings there.
fn deployment_with(connection: &str, more: &[(&str, Value)]) -> Deployment {
    let deployment = Deployment::start(connection);
    let others = [
        ("sign.logout", json!(true)),
        ("validate.logout", json!(true)),
        // One application after the other by redirects, which a client without scripts follows.
        ("logouttype", json!("traditional")),
    ];
    let others = others.iter().chain(more).map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    deployment.peer.change(&Settings { others, ..Settings::default() });
    deployment
}

/// Whether the identity provider asks for the password of whoever begins at `start`.
fn asks_for_the_password(deployment: &Deployment, client: &mut Client) -> bool {
    let first = client.get(&deployment.url("start")).unwrap();
    client.follow(first).unwrap().text().contains("name=\"password\"")
}

fn me(deployment: &Deployment, client: &mut Client) -> Response {
    let me = client.get(&format!("http://acme.localhost:{}/me", deployment.port)).unwrap();
    client.follow(me).unwrap()
}

/// XC-13: who signs out here is signed out there, by a request that it verified and an answer that we verified.
#[test]
fn signing_out_here_signs_out_there() {
    let deployment = deployment();
    let mut client = Client::new();
    deployment.signs_in(&mut client, &deployment.url("start"));
    let page = me(&deployment, &mut client);
    let form = page.forms().into_iter().find(|form| form.action.ends_with("/sign-out")).unwrap();
    let answer = client.submit(&page, &form).unwrap();
    let told = client.follow(answer).unwrap();
    assert!(told.url.contains("/sign-out/") && told.status == 200, "{} {}", told.url, deployment.peer.log());
    assert!(told.text().contains("You are signed out with your company"), "{}", told.text());
    assert_eq!(client.cookie("acme.localhost", "vestibule_session"), None);
    assert!(asks_for_the_password(&deployment, &mut client), "{}", deployment.peer.log());
}

/// MX-24: who signs out there is signed out here, by a request that we verified; it takes our answer and goes on.
#[test]
fn signing_out_there_signs_out_here() {
    let deployment = deployment();
    let mut client = Client::new();
    deployment.signs_in(&mut client, &deployment.url("start"));
    let mut elsewhere = Client::new();
    deployment.signs_in(&mut elsewhere, &deployment.url("start"));
    let first = client.get(&deployment.peer.sign_out_url()).unwrap();
    let end = client.follow(first).unwrap();
    assert!(end.url == deployment.peer.metadata_url() && end.status == 200, "{} {}", end.url, deployment.peer.log());
    assert!(!me(&deployment, &mut client).url.ends_with("/me"));
    assert!(me(&deployment, &mut elsewhere).url.ends_with("/me"), "one session, by its index");
    assert!(asks_for_the_password(&deployment, &mut client));
}

/// HY-5: an identity provider that encrypts names does so in its logout requests too.
#[test]
fn an_encrypted_name_is_read_in_a_logout_request() {
    let deployment = deployment_with("encryption = \"gcm_and_cbc\"", &[("nameid.encryption", json!(true))]);
    let mut client = Client::new();
    deployment.signs_in(&mut client, &deployment.url("start"));
    let first = client.get(&deployment.peer.sign_out_url()).unwrap();
    let end = client.follow(first).unwrap();
    assert!(end.url == deployment.peer.metadata_url() && end.status == 200, "{} {}", end.url, end.text());
    assert!(!me(&deployment, &mut client).url.ends_with("/me"));
}
