//! Each address of the console that names something, by whoever may not have it: taken from the router's own table, so that
//! none can be forgotten.

use http::StatusCode;
use vestibule_domain::grants::Reach;
use vestibule_domain::id::{ConnectionId, UserId};
use vestibule_domain::user::ConsoleRole;

use crate::support::World;
use crate::waiting_scene::{platform, somebody};

const TABLES: [&str; 2] =
    [include_str!("../../src/routes/console/mod.rs"), include_str!("../../src/routes/console/inspector.rs")];

/// What is sent: a field that one of them reads before it looks whose its connection is, and that the others pass over.
const FORM: &[(&str, &str)] = &[("inspector", "open")];

/// An address with what it names, and whether something is sent there.
struct Address {
    path: String,
    is_looked_at: bool,
    is_sent_to: bool,
}

/// The addresses that name something, about this connection, this person and this account.
fn addresses(connection: ConnectionId, user: UserId, account: &str) -> Vec<Address> {
    let routes = TABLES.iter().flat_map(|table| table.split(".route(").skip(1));
    let address = |route: &str| {
        let (_, rest) = route.split_once('"').unwrap();
        let (path, handlers) = rest.split_once('"').unwrap();
        let handlers = handlers.split(".merge(").next().unwrap().split("fn ").next().unwrap();
        let id = if path.starts_with("/console/users") { user.to_string() } else { connection.to_string() };
        let named = path
            .replace("{id}", &id)
            .replace("{*path}", account)
            .replace("{session}", &user.to_string())
            .replace("{link}", &user.to_string())
            .replace("{answer}", &user.to_string())
            .replace("{which}", "00")
            .replace("{name}", "crm");
        assert!(!named.contains('{'), "{named}: what is to stand there?");
        let is_form = handlers.contains("form::<");
        Address {
            is_looked_at: is_form || handlers.contains("get("),
            is_sent_to: is_form || handlers.contains("post("),
            path: named,
        }
    };
    let words = [connection.to_string(), user.to_string(), format!("/{account}")];
    routes.map(address).filter(|it| words.iter().any(|word| it.path.contains(word.as_str()))).collect()
}

/// What another account has is not found: neither looked at, nor changed.
#[tokio::test]
async fn nothing_of_another_account_is_looked_at_or_changed() {
    let world = World::new().await;
    let ada = world.add_user(&world.acme, "ada@acme.example", None).await;
    let mut gil = somebody(&world, &world.globex, "gil@globex.example", Some(ConsoleRole::AccountAdmin), None).await.0;
    let all = addresses(world.acme.connection, ada, "acme");
    assert!(all.len() > 30, "{}", all.len());
    for Address { path, is_looked_at, is_sent_to } in all {
        let url = format!("{}{path}", world.globex.origin);
        assert!(is_looked_at || is_sent_to, "{path}");
        if is_looked_at {
            assert_eq!(gil.get(&url).await.status, StatusCode::NOT_FOUND, "GET {path}");
        }
        if is_sent_to {
            assert_eq!(gil.post(&url, FORM).await.status, StatusCode::NOT_FOUND, "POST {path}");
        }
    }
}

/// Whoever looks after the vendor's customers, or lets people in, changes nothing of a connection, a person or an account.
#[tokio::test]
async fn support_and_approvers_change_nothing_in_the_console() {
    let world = World::new().await;
    let ada = world.add_user(&world.acme, "ada@acme.example", None).await;
    let home = platform(&world);
    let support = somebody(&world, &home, "sam@orchard.example", Some(ConsoleRole::Support), None).await.0;
    let approver =
        somebody(&world, &world.acme, "june@acme.example", Some(ConsoleRole::Approver), Some(Reach::Account));
    for (mut browser, origin) in [(support, &home.origin), (approver.await.0, &world.acme.origin)] {
        for Address { path, is_sent_to, .. } in addresses(world.acme.connection, ada, "acme") {
            if is_sent_to {
                let sent = browser.post(&format!("{origin}{path}"), FORM).await;
                assert_eq!(sent.status, StatusCode::NOT_FOUND, "{origin}: {path}");
            }
        }
    }
}
