use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// A mail server on loopback for one connection: says `no` to MAIL if it is given. Returns its port and what it hears.
async fn sink(no: Option<&'static str>) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut told = String::new();
        let mut in_body = false;
        write.write_all(b"220 sink\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            told.push_str(&line);
            told.push('\n');
            let reply = match (&*line, no) {
                (".", _) => "250 taken\r\n",
                _ if in_body => continue,
                ("DATA", _) => "354 go on\r\n",
                ("QUIT", _) => "221 bye\r\n",
                (line, _) if line.starts_with("EHLO") => "250-sink\r\n250 AUTH PLAIN\r\n",
                (line, _) if line.starts_with("AUTH") => "235 welcome\r\n",
                (line, Some(no)) if line.starts_with("MAIL") => no,
                _ => "250 fine\r\n",
            };
            in_body = line == "DATA";
            if write.write_all(reply.as_bytes()).await.is_err() {
                break;
            }
        }
        told
    });
    (port, told)
}

fn smtp(port: u16, credentials: Option<Credentials>) -> Mailer {
    let from = "Example SSO <sso@example.com>";
    Mailer::Smtp(Smtp::new("127.0.0.1", Some(port), Security::None, credentials, from).unwrap())
}

fn mail() -> Mail {
    Mail {
        to: "alice@example.com".to_owned(),
        subject: "Grüße".to_owned(),
        text: "Sign in at https://acme.example.com".to_owned(),
        html: None,
    }
}

#[tokio::test]
async fn a_mail_arrives_with_sender_recipient_date_and_body() {
    let (port, told) = sink(None).await;
    smtp(port, None).send(mail(), NOW).await.unwrap();
    let told = told.await.unwrap();
    for wanted in [
        "MAIL FROM:<sso@example.com>",
        "RCPT TO:<alice@example.com>",
        "From: \"Example SSO\" <sso@example.com>",
        "To: alice@example.com",
        "Date: Thu, 01 Jan 1970 00:00:00 +0000",
        "Subject: =?utf-8?b?R3LDvMOfZQ==?=",
        "Sign in at https://acme.example.com",
    ] {
        assert!(told.contains(wanted), "{wanted} is not in {told}");
    }
}

#[tokio::test]
async fn html_goes_beside_the_text() {
    let (port, told) = sink(None).await;
    let html = Some("<p>Sign in</p>".to_owned());
    smtp(port, None).send(Mail { html, ..mail() }, NOW).await.unwrap();
    let told = told.await.unwrap();
    let place = |text: &str| told.find(text).unwrap_or_else(|| panic!("{text} is not in {told}"));
    assert!(place("multipart/alternative") < place("text/plain"));
    assert!(place("text/plain") < place("text/html"));
}

#[tokio::test]
async fn credentials_are_given_to_the_server() {
    let (port, told) = sink(None).await;
    let credentials = Credentials { user: "sso".to_owned(), password: "wonderland".to_owned() };
    smtp(port, Some(credentials)).send(mail(), NOW).await.unwrap();
    assert!(told.await.unwrap().contains("AUTH PLAIN AHNzbwB3b25kZXJsYW5k"));
}

#[tokio::test]
async fn a_refusal_is_told_by_its_code_and_names_nobody() {
    let (port, _told) = sink(Some("550 no alice@example.com here\r\n")).await;
    let error = smtp(port, None).send(mail(), NOW).await.unwrap_err();
    let MailError::Refused { host, code, said } = &error else { panic!("{error}") };
    assert_eq!((host.as_str(), *code), ("127.0.0.1", 550));
    assert!(said.text().contains("alice"), "in the server's own words: {}", said.text());
    assert!(!format!("{error} {error:?}").contains("alice"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error = smtp(port, None).send(mail(), NOW).await.unwrap_err();
    assert!(matches!(&error, MailError::Connection { port: named, .. } if *named == port), "{error}");
}

#[tokio::test]
async fn a_server_without_tls_gets_no_mail_where_tls_is_wanted() {
    let (port, told) = sink(None).await;
    let starttls = Smtp::new("127.0.0.1", Some(port), Security::StartTls, None, "sso@example.com").unwrap();
    let error = Mailer::Smtp(starttls).send(mail(), NOW).await.unwrap_err();
    assert!(matches!(error, MailError::Connection { .. }), "{error}");
    assert!(!told.await.unwrap().contains("MAIL"));
}

/// The clock of the test runs ahead whenever nobody has anything to do.
#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mailer = smtp(listener.local_addr().unwrap().port(), None);
    let error = mailer.send(mail(), NOW).await.unwrap_err();
    assert_eq!(error, MailError::TooSlow { host: "127.0.0.1".to_owned() });
}

#[tokio::test]
async fn a_control_character_in_a_header_is_refused_before_anything_is_sent() {
    let outbox = Outbox::default();
    let mailer = Mailer::Outbox(outbox.clone());
    for bad in ["x\r\nBcc: bob@example.com", "x\nSubject: y", "x\0", "x\u{85}y"] {
        let error = mailer.send(Mail { subject: bad.to_owned(), ..mail() }, NOW).await.unwrap_err();
        assert_eq!(error, MailError::ControlCharacter { field: "subject" });
        let error = mailer.send(Mail { to: bad.to_owned(), ..mail() }, NOW).await.unwrap_err();
        assert_eq!(error, MailError::ControlCharacter { field: "recipient" });
    }
    assert_eq!(outbox.mails(), []);
}

#[tokio::test]
async fn one_recipient_is_wanted_and_nothing_else() {
    let mailer = Mailer::Outbox(Outbox::default());
    for bad in ["", "alice", "alice@example.com, bob@example.com", "Alice <alice@example.com>", "<alice@example.com>"] {
        let error = mailer.send(Mail { to: bad.to_owned(), ..mail() }, NOW).await.unwrap_err();
        assert_eq!(error, MailError::Recipient, "{bad}");
    }
}

#[tokio::test]
async fn the_outbox_keeps_what_would_be_sent() {
    let outbox = Outbox::default();
    Mailer::Outbox(outbox.clone()).send(mail(), NOW).await.unwrap();
    assert_eq!(outbox.mails(), [crate::Kept { at: NOW, mail: mail() }]);
}

#[test]
fn plain_smtp_is_for_this_machine_alone() {
    let server = |host: &str| Smtp::new(host, None, Security::None, None, "sso@example.com").map(|_| ());
    for host in ["localhost", "127.0.0.1", "::1", "mail.localhost"] {
        assert_eq!(server(host), Ok(()), "{host}");
    }
    for host in ["mail.example.com", "10.0.0.1", "localhost.example.com"] {
        assert_eq!(server(host), Err(SmtpError::PlainElsewhere { host: host.to_owned() }));
    }
}

#[test]
fn a_sender_that_is_none_is_refused() {
    for from in ["", "sso", "sso@example.com\r\nBcc: bob@example.com"] {
        let refused = Smtp::new("mail.example.com", None, Security::Tls, None, from).map(|_| ());
        assert_eq!(refused, Err(SmtpError::From { got: from.to_owned() }));
    }
}

#[test]
fn neither_a_password_nor_a_recipient_is_printed() {
    let credentials = Credentials { user: "sso".to_owned(), password: "wonderland".to_owned() };
    let printed = format!("{:?} {:?}", smtp(25, Some(credentials)), mail());
    assert!(!printed.contains("wonderland") && !printed.contains("alice"), "{printed}");
}
