//! A claimed domain: the record that `apply` prints, the command that looks at once, and the node that looks by itself.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpStream, UdpSocket};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::Deployment;

const APPLY: &str = "[[account]]\npath = \"acme\"\nname = \"Acme\"\n\n[[account.domain]]\nname = \"acme.example\"\n";

/// A name server on loopback that knows one TXT record, whatever it is asked for; it ends with the process.
struct NameServer {
    port: u16,
    text: Arc<Mutex<Option<String>>>,
}

impl NameServer {
    fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let text: Arc<Mutex<Option<String>>> = Arc::default();
        let known = Arc::clone(&text);
        thread::spawn(move || {
            let mut question = [0; 512];
            while let Ok((length, client)) = socket.recv_from(&mut question) {
                let answer = answer(&question[..length], known.lock().unwrap().as_deref());
                socket.send_to(&answer, client).unwrap();
            }
        });
        Self { port, text }
    }

    fn publish(&self, text: &str) {
        *self.text.lock().unwrap() = Some(text.to_owned());
    }

    fn deployment(&self, name: &str) -> Deployment {
        Deployment::new(
            name,
            &format!("metrics_listen = \"127.0.0.1:0\"\n[dns]\nservers = [\"127.0.0.1:{}\"]", self.port),
        )
    }
}

/// RFC 1035 section 4.1: the question again, then the record, or that there is no such name.
fn answer(question: &[u8], text: Option<&str>) -> Vec<u8> {
    let end = 12 + question[12..].iter().position(|octet| *octet == 0).unwrap() + 5;
    let (code, answers) = if text.is_some() { (0, 1) } else { (3, 0) };
    let mut message = [&question[..2], &[0x81, 0x80 | code, 0, 1, 0, answers, 0, 0, 0, 0], &question[12..end]].concat();
    if let Some(text) = text {
        let length = u8::try_from(text.len()).unwrap();
        message.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, length + 1, length]);
        message.extend(text.as_bytes());
    }
    message
}

/// Claims the domain; the value of the record that has to be published.
fn claim(deployment: &Deployment) -> String {
    let file = deployment.file("apply.toml", APPLY);
    let run = deployment.run(&["apply", &file]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    let told = "publish the TXT record _vestibule.acme.example with the value ";
    let line = run.stdout.lines().find_map(|line| line.trim().strip_prefix(told));
    line.unwrap_or_else(|| panic!("{}", run.stdout)).to_owned()
}

/// What Prometheus reads.
fn counted(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// SC-12: what is missing is told with the record that `apply` told, and it is found when it is there.
#[test]
fn a_look_says_what_was_got_what_is_wanted_and_who_does_what() {
    let server = NameServer::start();
    let deployment = server.deployment("check");
    let value = claim(&deployment);
    let check = || deployment.run(&["domain", "check", "acme.example"]);
    let wanted = format!("  wanted  TXT _vestibule.acme.example with the value {value}\n");
    let fix = "  fix     the domain's administrator, at whoever runs the domain's DNS; some minutes may pass until it \
               is seen\n";
    let absent = "acme.example is not proved for acme.\n  got     no TXT record _vestibule.acme.example\n";
    let run = check();
    assert_eq!((run.status, run.stdout), (1, format!("{absent}{wanted}{fix}")), "{}", run.stderr);

    server.publish("vestibule-domain=another");
    let other = "acme.example is not proved for acme.\n  got     TXT _vestibule.acme.example with the value \
                 \"vestibule-domain=another\"\n";
    let run = check();
    assert_eq!((run.status, run.stdout), (1, format!("{other}{wanted}{fix}")), "{}", run.stderr);

    server.publish(&value);
    for _ in 0..2 {
        let run = check();
        let seen = "acme.example is not proved for acme yet.\n  got     the TXT record, seen since ";
        assert!(run.status == 1 && run.stdout.starts_with(seen), "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("\n  wanted  the same once more, at "), "{}", run.stdout);
        assert!(run.stdout.ends_with("looks again; or run this again then\n"), "{}", run.stdout);
    }

    let run = deployment.run(&["domain", "check", "nobody.example"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("no account claims nobody.example; add it"), "{}", run.stderr);
}

/// SC-12: what was claimed, or proved, is given back, with a line in the audit log; and a file that still names it claims
/// it anew.
#[test]
fn a_domain_is_given_back_by_the_account_that_has_it() {
    let deployment = NameServer::start().deployment("remove");
    let two = format!("{APPLY}proof = \"operator\"\n\n[[account]]\npath = \"globex\"\nname = \"Globex\"\n");
    let file = deployment.file("two.toml", &two);
    assert_eq!(deployment.run(&["apply", &file]).status, 0);
    let other = deployment.file("other.toml", &APPLY.replace("acme\"", "globex\""));
    let run = deployment.run(&["apply", &other]);
    let taken = "acme.example is proved for another account, \"acme\"; if it is no longer that one's, `vestibule domain \
                 remove acme.example --account \"acme\"` gives it back first";
    assert!(run.status == 2 && run.stderr.contains(taken), "{}", run.stderr);
    let remove = |more: &[&str]| deployment.run(&[&["domain", "remove", "acme.example", "--account"], more].concat());
    let run = remove(&["globex"]);
    let not = "vestibule: the account \"globex\" neither claims nor has proved acme.example, which is proved for \"acme\"; \
               name the account that has it\n";
    assert_eq!((run.status, run.stderr.as_str()), (2, not));

    let file_line = "  file    take it out of the file for `vestibule apply`, which claims it anew otherwise\n";
    let run = remove(&["acme", "--dry-run"]);
    let planned = format!(
        "acme.example would be given back by acme, which had it by the operator's word.\n{file_line}Nothing was changed \
         (--dry-run).\n"
    );
    assert_eq!((run.status, run.stdout), (0, planned), "{}", run.stderr);
    let run = remove(&["acme"]);
    let done = format!("acme.example is given back by acme, which had it by the operator's word.\n{file_line}");
    assert_eq!((run.status, run.stdout), (0, done), "{}", run.stderr);
    let run = remove(&["acme"]);
    assert!(run.status == 2 && run.stderr.contains("which nobody claims"), "{}", run.stderr);
    let events = deployment.run(&["events"]).stdout;
    let line = events.lines().last().unwrap();
    assert!(line.contains(" acme command_line domain_changed change=removed domain=acme.example"), "{line}");
    assert_eq!(deployment.run(&["apply", &other]).status, 0, "it is free");
    assert_eq!(deployment.run(&["domain", "check", "acme.example"]).status, 1, "it is claimed");
}

/// SC-12: a node that serves finds it by itself, and ends when it is told to while its jobs are under way.
#[test]
fn a_node_looks_for_a_claimed_domain_and_ends_when_it_is_told_to() {
    let server = NameServer::start();
    let deployment = server.deployment("serve");
    server.publish(&claim(&deployment));
    let mut node = deployment.command(&["serve"]).spawn().unwrap();
    let log = BufReader::new(node.stdout.take().unwrap());
    let mut lines = log.lines().map_while(Result::ok);
    let served = lines.find(|line| line.contains("metrics are served")).unwrap();
    let metrics = served.split("at=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert!(lines.any(|line| line.contains("a domain's record is there")), "the log says so");
    let counted = counted(&metrics);
    let seen = "vestibule_job_results_total{job=\"prove_domains\",result=\"seen\"} 1";
    assert!(counted.lines().any(|line| line == seen), "{counted}");
    // While it serves: what the node saw is known to the command at once. When both saw it two minutes apart it is proved.
    let run = deployment.run(&["domain", "check", "acme.example"]);
    assert!(run.stdout.contains("the TXT record, seen since "), "{}{}", run.stdout, run.stderr);
    let told = Command::new("kill").args(["-TERM", &node.id().to_string()]).status().unwrap();
    assert!(told.success());
    let rest: Vec<String> = lines.collect();
    assert!(node.wait().unwrap().success(), "{rest:?}");
    assert!(!rest.iter().any(|line| line.contains("not handed over")), "{rest:?}");
}
