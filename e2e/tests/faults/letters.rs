//! A mail server that keeps what it is given (RFC 5321, as much as is needed of it).

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// All mails that came.
#[derive(Clone, Default)]
pub(crate) struct Letters {
    kept: Arc<Mutex<Vec<Letter>>>,
    port: u16,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) to: String,
    /// As it came, with its header.
    pub(crate) text: String,
}

impl Letters {
    /// Takes mails until the tests end.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let letters = Self { kept: Arc::default(), port: listener.local_addr().unwrap().port() };
        let kept = Arc::clone(&letters.kept);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                // Whoever was killed in the middle has sent no mail.
                thread::spawn(move || drop(serve(&stream, &kept)));
            }
        });
        letters
    }

    /// What a node has to be told so that it sends its mails here, as variables of its environment.
    pub(crate) fn settings(&self) -> [(&'static str, String); 4] {
        [
            ("VESTIBULE_MAIL_HOST", "127.0.0.1".to_owned()),
            ("VESTIBULE_MAIL_PORT", self.port.to_string()),
            ("VESTIBULE_MAIL_SECURITY", "none".to_owned()),
            ("VESTIBULE_MAIL_FROM", "sso@orchard.example".to_owned()),
        ]
    }

    /// In order.
    pub(crate) fn all(&self) -> Vec<Letter> {
        self.kept.lock().unwrap().clone()
    }
}

impl Letter {
    /// What stands behind `Subject:`.
    pub(crate) fn subject(&self) -> &str {
        self.text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default()
    }

    /// The address that it leads to: a line of its own, which the transfer encoding may have broken (RFC 2045 §6.7).
    #[track_caller]
    pub(crate) fn link(&self) -> String {
        let text = self.text.replace("=\n", "");
        let line = text.lines().find(|line| line.starts_with("http://"));
        line.unwrap_or_else(|| panic!("no address in {self:?}")).to_owned()
    }
}

fn serve(stream: &TcpStream, kept: &Mutex<Vec<Letter>>) -> io::Result<()> {
    let mut say = stream;
    say.write_all(b"220 letters.example\r\n")?;
    let mut lines = BufReader::new(stream).lines();
    let (mut to, mut line) = (String::new(), lines.next());
    while let Some(said) = line {
        let said = said?;
        let answer = match said.get(..4).unwrap_or(&said).to_ascii_uppercase().as_str() {
            "RCPT" => {
                said.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut to);
                "250 ok"
            }
            "DATA" => {
                say.write_all(b"354 go on\r\n")?;
                let text: Vec<String> = lines
                    .by_ref()
                    .take_while(|line| !line.as_ref().is_ok_and(|line| line == "."))
                    .collect::<Result<_, _>>()?;
                kept.lock().unwrap().push(Letter { to: to.clone(), text: text.join("\n") });
                "250 taken"
            }
            "QUIT" => return say.write_all(b"221 bye\r\n"),
            _ => "250 ok",
        };
        say.write_all(format!("{answer}\r\n").as_bytes())?;
        line = lines.next();
    }
    Ok(())
}
