//! What a newcomer sees: what to open, with which credentials, and what to try first.

use std::fmt::Write as _;
use std::path::Path;

use vestibule_mock_entra::service::Seed;

use super::{PORT, Scenario, issuer, seed};

/// What can be opened: name, address without port, what it is.
const PLACES: &[(&str, &str, &str)] = &[
    ("Orchard, the sample application", "http://app.localhost", "sign in and out"),
    ("Orchard's wiki", "http://wiki.localhost", "knows no sign-in: a proxy asks (forward-auth)"),
    ("Vestibule", "http://localhost", "the e-mail address first"),
    ("Acme's sign-in", "http://acme.localhost", "everybody of its own Entra tenant comes in"),
    ("Harbour Office's sign-in", "http://harbour.localhost", "people wait until somebody lets them in"),
    ("The Mill's sign-in", "http://mill.localhost", "by its reseller's connection; nothing is stored"),
    ("Corner Bakery's sign-in", "http://bakery.localhost", "invited people only; pages with its own looks"),
    ("Entra's portal", "http://entra.localhost/portal", "what Acme's IT admin sets"),
    ("My Apps", "http://entra.localhost/myapps", "the tiles, as people at Acme see them"),
    ("Console", "http://localhost/console", "everything, for olga@orchard.example"),
    ("Acme's console", "http://acme.localhost/console", "Acme and what is below it, for max@acme.example"),
    ("Waiting room", "http://harbour.localhost/waiting", "who waits there; for june@harbour.example"),
    ("My account", "http://acme.localhost/me", "who is signed in at Acme, and how"),
    ("Mail", "http://localhost/outbox", "what would have been sent"),
];

/// Trials of connections, which show every check and sign nobody in: whose, address without port.
const TRIALS: &[(&str, &str)] = &[
    ("Acme", "http://acme.localhost/sso/0198a000-0000-7000-8000-000000000001/test"),
    ("Harbour Office", "http://harbour.localhost/sso/0198a000-0000-7000-8000-000000000003/test"),
    ("Corner Bakery", "http://bakery.localhost/sso/0198a000-0000-7000-8000-000000000002/test"),
];

/// Who can sign in at the stand-in: name, what becomes of them.
const PEOPLE: &[(&str, &str)] = &[
    ("ada@acme.example", "is let in, and created at her first sign-in"),
    ("ben@acme.example", "is known already, by e-mail address"),
    ("cleo@partner.example", "is a guest at Acme (choose Sign in as Acme): let in, her address is not told"),
    ("dan@acme.example", "is not assigned to the application: told so by Entra's own page"),
    ("max@acme.example", "manages Acme, at its console"),
    ("hana@harbour.example", "waits until June lets her in, and comes in the next time with what June gave"),
    ("june@harbour.example", "lets people in, at the waiting room"),
    ("ivo@harbour.example", "is two users, and chooses as whom to go on; signs out at Microsoft too"),
    ("kim@mill.example", "comes by the reseller's connection"),
    ("eve@bakery.example", "was invited by her object id, and is let in"),
    ("finn@bakery.example", "was not invited, and is told so"),
    ("gus@garage.example", "is Hill Garage's IT admin, whose sign-in is not set up yet"),
    ("iris@garage.example", "works there too, and has no mail address"),
    ("olga@orchard.example", "runs all of it, at the console"),
];

/// The password of all of them.
pub(super) const PASSWORD: &str = "demo";

/// The table. `kept` is the directory that stays, `set_up` the link by which Hill Garage sets its sign-in up.
pub(super) fn table(scenario: &Scenario, port: u16, kept: Option<&Path>, set_up: Option<&str>) -> String {
    match scenario.name {
        None => readme(port, kept, set_up),
        Some(name) => of_scenario(scenario, name, port, kept, set_up),
    }
}

/// What every scenario has.
const EVERYWHERE: &[(&str, &str, &str)] = &[
    ("The application", "http://app.localhost", "sign in and out"),
    ("Console", "http://localhost/console", "everything, for the vendor's operator"),
    ("Entra's portal", "http://entra.localhost/portal", "what the customers' IT admins set"),
    ("My Apps", "http://entra.localhost/myapps", "the tiles of the customers' people"),
    ("Mail", "http://localhost/outbox", "what would have been sent"),
];

fn of_scenario(scenario: &Scenario, name: &str, port: u16, kept: Option<&Path>, set_up: Option<&str>) -> String {
    let mut text = format!(
        "Vestibule demo, {name}, is ready. Everything runs on this machine; Ctrl-C ends it.\n\
         What to do is in examples/seed-systems/{name}/README.md.\n\n"
    );
    let address = |place: &str| place.replacen("localhost", &format!("localhost:{port}"), 1);
    let mut rows: Vec<(String, String, &str)> =
        EVERYWHERE.iter().map(|(what, place, about)| ((*what).to_owned(), address(place), *about)).collect();
    for (whose, label) in sign_ins(scenario.accounts) {
        rows.push((format!("{whose}'s sign-in"), address(&format!("http://{label}.localhost")), ""));
    }
    let name = rows.iter().map(|(what, ..)| what.len()).max().unwrap_or_default();
    let wide = rows.iter().map(|(_, place, _)| place.len()).max().unwrap_or_default();
    for (what, place, about) in &rows {
        let _ = writeln!(text, "{}", format!("  {what:name$}  {place:wide$}  {about}").trim_end());
    }
    let _ = writeln!(text, "\nPeople at the stand-in for Entra ID, all with the password {PASSWORD}:\n");
    let people = people(&seed(scenario, port));
    let wide = people.iter().map(|(person, _)| person.len()).max().unwrap_or_default();
    for (person, whose) in &people {
        let _ = writeln!(text, "  {person:wide$}  {whose}");
    }
    if let Some(link) = set_up {
        let _ = writeln!(text, "\nThe link by which a customer's IT admin sets the sign-in up:\n\n  {link}");
    }
    if let Some(directory) = kept {
        let _ = writeln!(text, "\nIts database stays in {}.", directory.display());
    }
    if port == PORT {
        text.push_str("\nCommands beside it, in another terminal, know it by: . examples/seed-systems/demo.env\n");
    }
    let _ =
        writeln!(text, "\nTry first: open http://app.localhost:{port}, and do what the README of the scenario says.");
    text
}

/// The accounts that have an address of their own: their names and labels, as the file for `apply` has them.
fn sign_ins(accounts: &str) -> Vec<(String, String)> {
    let file: toml::Table = toml::from_str(accounts).unwrap_or_default();
    let accounts = file.get("account").and_then(toml::Value::as_array).into_iter().flatten();
    let text = |account: &toml::Value, key: &str| account.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    accounts.filter_map(|account| Some((text(account, "name")?, text(account, "sub_domain")?))).collect()
}

fn people(seed: &Seed) -> Vec<(String, String)> {
    let of = |tenant: &vestibule_mock_entra::service::Tenant| {
        let name = tenant.name.clone();
        tenant.users.iter().map(|user| (user.user_principal_name.clone(), name.clone())).collect::<Vec<_>>()
    };
    seed.tenants.iter().flat_map(of).collect()
}

fn readme(port: u16, kept: Option<&Path>, set_up: Option<&str>) -> String {
    let mut text = String::from("Vestibule demo is ready. Everything runs on this machine; Ctrl-C ends it.\n\n");
    let address = |place: &str| place.replacen("localhost", &format!("localhost:{port}"), 1);
    let name = PLACES.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
    let wide = PLACES.iter().map(|(_, place, _)| address(place).len()).max().unwrap_or_default();
    for (what, place, about) in PLACES {
        let _ = writeln!(text, "  {what:name$}  {:wide$}  {about}", address(place));
    }
    let _ = writeln!(text, "\nPeople at the stand-in for Entra ID, all with the password {PASSWORD}:\n");
    let wide = PEOPLE.iter().map(|(person, _)| person.len()).max().unwrap_or_default();
    for (person, about) in PEOPLE {
        let _ = writeln!(text, "  {person:wide$}  {about}");
    }
    let _ = writeln!(text, "\nTry a connection: every check is shown, and nobody is signed in.\n");
    let wide = TRIALS.iter().map(|(whose, _)| whose.len()).max().unwrap_or_default();
    for (whose, place) in TRIALS {
        let _ = writeln!(text, "  {whose:wide$}  {}", address(place));
    }
    let _ = writeln!(
        text,
        "\nIn My Apps, Orchard's tile at Acme comes unasked, for its Sign on URL is empty, and is turned into a request;\n\
         Corner Bakery's has one, and asks from the start.\n\
         Max (max@acme.example) manages Acme: the link to set a password is in Mail within a minute, and\n\
         http://acme.localhost:{port}/sign-in/password takes it."
    );
    if let Some(link) = set_up {
        let _ = writeln!(
            text,
            "\nSet up a sign-in as Hill Garage's IT admin: this link in one window, Entra's portal (Hill Garage) in the other.\n\n  \
             {link}\n"
        );
    }
    let elsewhere = if port == PORT { String::new() } else { format!(" --issuer {}", issuer(port)) };
    let _ = writeln!(
        text,
        "An application in the terminal, which has no secret: vestibule demo native{elsewhere}, in another terminal."
    );
    if let Some(directory) = kept {
        let _ = writeln!(text, "\nIts database stays in {}.", directory.display());
    }
    let _ = writeln!(text, "\nTry first: open http://app.localhost:{port}, choose Sign in, and give ada@acme.example.");
    text
}
