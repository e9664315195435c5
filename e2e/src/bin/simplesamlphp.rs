//! `simplesamlphp METADATA_URL ADDRESS…` runs a SimpleSAMLphp for the people of these e-mail addresses, as a server in a
//! company's own data centre, until it is told to end. It trusts whoever publishes the metadata at the address.

use std::env;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use vestibule_e2e::http::Client;
use vestibule_e2e::peers::simplesamlphp::{Encrypts, Settings, SimpleSamlPhp, User};

const PASSWORD: &str = "demo";

/// By which a company knows its people, beside their address.
const UPN: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name";

/// So often the metadata is read again: keys are changed by it.
const AGAIN: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let mut words = env::args().skip(1);
    let (url, people) = (words.next(), words.map(|address| person(&address)).collect::<Vec<_>>());
    let Some(url) = url.filter(|_| !people.is_empty()) else {
        eprintln!("simplesamlphp METADATA_URL ADDRESS…");
        return ExitCode::from(2);
    };
    let Some(mut metadata) = read(&url) else {
        eprintln!("There is no metadata at {url}: start the other side first.");
        return ExitCode::FAILURE;
    };
    let peer = SimpleSamlPhp::start(&people, &Settings { encrypts: Encrypts::Assertion, ..Settings::default() });
    peer.trust("sp", &metadata);
    println!("SimpleSAMLphp is ready; Ctrl-C ends it. Its metadata is at\n\n  {}\n", peer.metadata_url());
    println!("Names to type, all with the password {PASSWORD}:\n");
    for person in &people {
        println!("  {}", person.name);
    }
    loop {
        thread::sleep(AGAIN);
        if let Some(now) = read(&url).filter(|now| *now != metadata) {
            peer.trust("sp", &now);
            metadata = now;
        }
    }
}

fn read(url: &str) -> Option<String> {
    Client::new().get(url).ok().filter(|answer| answer.status == 200).map(|answer| answer.text())
}

/// Of `ada.min@corp.example` the names are Ada and Min.
fn person(address: &str) -> User {
    let name = address.split('@').next().unwrap_or(address);
    let (given_name, surname) = name.split_once('.').unwrap_or((name, name));
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    User::new(address, PASSWORD, &capital(given_name), &capital(surname)).with(UPN, &[address])
}
