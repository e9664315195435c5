//! `vestibule mail test`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use crate::support::Deployment;

/// A mail server for one mail; what it was told comes with its thread. `refusal` is its reply to a recipient.
fn mail_server(refusal: Option<&'static str>) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, thread::spawn(move || talk(&listener.accept().unwrap().0, refusal)))
}

fn talk(mut client: &TcpStream, refusal: Option<&'static str>) -> String {
    let mut told = String::new();
    let mut lines = BufReader::new(client.try_clone().unwrap()).lines();
    let mut in_data = false;
    client.write_all(b"220 mx.example ready\r\n").unwrap();
    while let Some(Ok(line)) = lines.next() {
        told.push_str(&line);
        told.push('\n');
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let reply = match verb.as_str() {
            _ if in_data && line != "." => continue,
            "RCPT" => refusal.unwrap_or("250 yes\r\n"),
            "DATA" => {
                in_data = true;
                "354 go on\r\n"
            }
            "." => {
                in_data = false;
                "250 taken\r\n"
            }
            "QUIT" => "221 bye\r\n",
            _ => "250 mx.example\r\n",
        };
        if client.write_all(reply.as_bytes()).is_err() || verb == "QUIT" {
            break;
        }
    }
    told
}

fn deployment(name: &str, port: u16) -> Deployment {
    let mail = format!(
        "[mail]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nfrom = \"Orchard <sso@orchard.example>\""
    );
    Deployment::new(name, &mail)
}

#[test]
fn a_test_mail_leaves_with_the_products_name() {
    let (port, told) = mail_server(None);
    let run = deployment("mail", port).run(&["mail", "test", "ops@orchard.example"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    let taken = format!("127.0.0.1 port {port} took a mail to ops@orchard.example.");
    assert!(run.stdout.starts_with(&taken), "{}", run.stdout);
    let told = told.join().unwrap();
    for wanted in [
        "MAIL FROM:<sso@orchard.example>",
        "RCPT TO:<ops@orchard.example>",
        "From: Orchard <sso@orchard.example>",
        "Subject: Mail from Orchard arrives",
        "http://sso.localhost:8400",
    ] {
        assert!(told.contains(wanted), "{wanted:?} is not in\n{told}");
    }
}

#[test]
fn what_the_server_says_when_it_refuses_is_printed_as_it_is() {
    let (port, _told) =
        mail_server(Some("550-5.1.1 ops@orchard.example: no such user\r\n550 5.1.1 ask the postmaster\r\n"));
    let run = deployment("refusal", port).run(&["mail", "test", "ops@orchard.example"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("refused a mail with 550"), "{}", run.stderr);
    let said = "it said: 550 5.1.1 ops@orchard.example: no such user ask the postmaster\n";
    assert!(run.stderr.ends_with(said), "all lines of the reply: {}", run.stderr);
}

#[test]
fn a_server_that_is_not_there_and_one_that_is_not_set_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let run = deployment("absent", port).run(&["mail", "test", "ops@orchard.example"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains(&format!("127.0.0.1 port {port} cannot be used")), "{}", run.stderr);
    let run = Deployment::new("unset", "").run(&["mail", "test", "ops@orchard.example"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("mail.host is not set"), "{}", run.stderr);
}
