//! Who waits, and what is decided about them by commands.

use serde_json::Value;
use vestibule_domain::account::AccountPath;
use vestibule_domain::id::ApplicantId;
use vestibule_domain::name::EmailAddress;
use vestibule_domain::user::{Profile, Subject};
use vestibule_domain::waiting::{Applicant, ApplicantState, Came, File};
use vestibule_store::{DatabaseUrl, Migrations, Options, Role, Sealer, SealingKey, Store};

use crate::support::{Deployment, Run};

const APPLY: &str = r#"
[platform]
name = "Orchard"

[[account]]
path = "acme"
name = "Acme"
admission = "waiting"

[[account.connection]]
name = "entra"
preset = "entra"

[[account.domain]]
name = "acme.example"
proof = "operator"

[[account.user]]
email = "bob@acme.example"
display_name = "Bob Ray"

[[application]]
client_id = "orchard"
name = "Orchard"
redirect_uris = ["http://app.localhost:8402/callback"]
secrets = [{ file = "secret" }]
roles = [{ name = "reader", title = "Reads trees" }]
scope_kinds = [{ kind = "site", title = "Site", values = ["berlin", "paris"] }]
"#;

/// Two people of Acme wait: Ada, and somebody with Bob's address.
fn waiting(name: &str) -> Deployment {
    let deployment = Deployment::new(name, "");
    deployment.file("secret", "orchard-secret-0123456789-0123456789-01");
    let file = deployment.file("apply.toml", APPLY);
    let run = deployment.run(&["apply", &file]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for (place, name, email) in [(1, "Ada Min", "ada@acme.example"), (2, "Bob R.", "bob@acme.example")] {
            waits(&deployment, place, name, email).await;
        }
    });
    deployment
}

async fn waits(deployment: &Deployment, place: u8, name: &str, email: &str) {
    let database = DatabaseUrl::sqlite(deployment.path("v.db"));
    let options = Options { role: Role::Command, migrations: Migrations::Require, connections: Some(1) };
    let store = Store::open(&database, Sealer::new(SealingKey::new(&[0; 32]), Vec::new()), options).await.unwrap();
    let profile = Profile {
        display_name: Some(name.to_owned()),
        email: Some(email.parse::<EmailAddress>().unwrap()),
        ..Profile::default()
    };
    let waited = store.write(move |tx| {
        Box::pin(async move {
            let acme = tx.account_by_path(&AccountPath::parse("acme").unwrap()).await?.unwrap();
            let entra = tx.connections_in(acme.id).await?.remove(0);
            let at = "2026-03-02T10:00:00Z".parse().unwrap();
            let applicant = Applicant {
                id: ApplicantId::from_bytes([place; 16]),
                account: acme.id,
                came: Some(Came { connection: entra.id, subject: Subject::from_text(place.to_string()) }),
                state: ApplicantState::Waiting,
                asked_at: at,
                expires_at: "2999-01-01T00:00:00Z".parse().unwrap(),
                file: File { profile, ..File::default() },
                version: 1,
            };
            tx.wait(&applicant, at, None, 100).await
        })
    });
    waited.await.unwrap();
}

const ADA: &str = "01010101-0101-0101-0101-010101010101";
const BOB: &str = "02020202-0202-0202-0202-020202020202";

#[track_caller]
fn json(run: &Run) -> Value {
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    let value: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(value["version"], 1);
    value
}

fn state(deployment: &Deployment, id: &str) -> Value {
    json(&deployment.run(&["waiting", "show", id, "--json"]))["state"].clone()
}

#[test]
fn who_waits_is_listed_without_names_and_shown_with_them() {
    let deployment = waiting("waiting-list");
    let run = deployment.run(&["waiting", "list", "--account", "acme"]);
    assert!(run.stdout.starts_with("APPLICANT") && run.stdout.contains(ADA), "{}", run.stdout);
    let listed = json(&deployment.run(&["waiting", "list", "--account", "acme", "--json"]));
    let first = &listed["applicants"][0];
    assert_eq!((&first["id"], &first["state"]), (&ADA.into(), &"waiting".into()));
    assert_eq!(first["since"], "2026-03-02T10:00:00Z");
    assert!(!listed.to_string().contains("Ada"), "{listed}");
    assert_eq!(deployment.run(&["waiting", "list", "--account", "platform"]).stdout, "Nobody waits.\n");

    let shown = json(&deployment.run(&["waiting", "show", BOB, "--json"]));
    assert_eq!((&shown["name"], &shown["connection"]), (&"Bob R.".into(), &"entra".into()));
    assert_eq!(shown["roles"], serde_json::json!(["reader"]));
    assert_eq!(shown["scopes"], serde_json::json!([{ "kind": "site", "values": ["berlin", "paris"] }]));
    assert_eq!(shown["may_be"][0]["name"], "Bob Ray");
}

#[test]
fn somebody_is_let_in_with_roles_once_and_the_log_says_from_where() {
    let deployment = waiting("waiting-approve");
    let run = deployment.run(&["waiting", "approve", ADA, "--role", "reader", "--scope", "site=berlin"]);
    assert_eq!((run.status, run.stdout), (0, format!("{ADA} is let in.\n")), "{}", run.stderr);
    assert_eq!(state(&deployment, ADA), "approved");
    let again = deployment.run(&["waiting", "refuse", ADA, "--reason", "No."]);
    let said = format!("{ADA}: it is decided already; `vestibule waiting show` says how it is now\n");
    assert_eq!((again.status, again.stdout), (1, said));
    let log = deployment.run(&["events"]).stdout;
    assert!(log.lines().any(|line| line.contains(" command_line applicant_approved ")), "{log}");
    let users = json(&deployment.run(&["user", "list", "acme", "--begins", "ada", "--json"]));
    assert_eq!(users["users"][0]["name"], "Ada Min");
}

#[test]
fn somebody_is_not_let_in_for_a_reason() {
    let deployment = waiting("waiting-refuse");
    let none = deployment.run(&["waiting", "refuse", ADA, "--reason", " "]);
    assert_eq!((none.status, none.stdout), (1, format!("{ADA}: no reason is given\n")));
    let run = deployment.run(&["waiting", "refuse", ADA, "--reason", "Nobody of Acme."]);
    assert_eq!((run.status, run.stdout), (0, format!("{ADA} is not let in.\n")), "{}", run.stderr);
    let shown = json(&deployment.run(&["waiting", "show", ADA, "--json"]));
    assert_eq!((&shown["state"], &shown["reason"]), (&"refused".into(), &"Nobody of Acme.".into()));
}

/// Two users of an account do not share an address: whoever has a user's is made one with them, or is not let in.
#[test]
fn somebody_with_the_address_of_a_user_is_made_one_with_them() {
    let deployment = waiting("waiting-merge");
    let not = deployment.run(&["waiting", "approve", BOB]);
    let said = format!("{BOB}: a user of the account has this e-mail address already\n");
    assert_eq!((not.status, not.stdout), (1, said));
    let shown = json(&deployment.run(&["waiting", "show", BOB, "--json"]));
    let user = shown["may_be"][0]["id"].as_str().unwrap().to_owned();
    let run = deployment.run(&["waiting", "merge", BOB, &user]);
    assert_eq!((run.status, run.stdout), (0, format!("{BOB} is {user} from now on.\n")), "{}", run.stderr);
    let shown = json(&deployment.run(&["user", "show", &user, "--json"]));
    assert_eq!(shown["identities"][0]["connection"], "entra");
}

#[test]
fn what_nobody_can_be_given_is_named() {
    let deployment = waiting("waiting-granted");
    let role = deployment.run(&["waiting", "approve", ADA, "--role", "owner"]);
    assert_eq!(
        (role.status, role.stdout),
        (1, format!("{ADA}: no application of this account has a role \"owner\"\n"))
    );
    let scope = deployment.run(&["waiting", "approve", ADA, "--scope", "berlin"]);
    assert_eq!(scope.status, 2);
    assert!(scope.stderr.contains("--scope is \"berlin\"; a kind and a value are wanted"), "{}", scope.stderr);
    let nobody = deployment.run(&["waiting", "approve", "03030303-0303-0303-0303-030303030303"]);
    assert_eq!(nobody.status, 2);
    assert!(nobody.stderr.contains("APPLICANT: nobody waits as 03030303"), "{}", nobody.stderr);
    assert_eq!(state(&deployment, ADA), "waiting");
}

#[test]
fn somebody_who_was_not_here_yet_is_let_in_by_an_address_of_a_proved_domain() {
    let deployment = waiting("waiting-ask");
    let run = deployment.run(&["waiting", "ask", "acme", "cora@acme.example", "--name", "Cora"]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let users = json(&deployment.run(&["user", "list", "acme", "--begins", "cora", "--json"]));
    assert_eq!(users["users"][0]["email"], "cora@acme.example");
    let foreign = deployment.run(&["waiting", "ask", "acme", "cora@other.example"]);
    assert_eq!((foreign.status, foreign.stdout.as_str()), (1, "\"other.example\" is not proved for this account\n"));
    let waits = deployment.run(&["waiting", "ask", "acme", "ada@acme.example"]);
    assert_eq!((waits.status, waits.stdout.as_str()), (1, "somebody with this e-mail address waits already\n"));
    let none = deployment.run(&["waiting", "ask", "nobody", "cora@acme.example"]);
    assert_eq!(none.status, 2);
}
