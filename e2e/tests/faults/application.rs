//! A program that is told of something, ended sessions say, and takes what it is told, or does not answer.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Listens until the tests end.
#[derive(Clone)]
pub(crate) struct Application {
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<AtomicBool>,
    port: u16,
}

/// What it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The header `webhook-id`; empty where there is none.
    pub(crate) webhook_id: String,
    pub(crate) body: String,
}

impl Application {
    /// One that hears, and answers nothing.
    pub(crate) fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let application = Self { heard: Arc::default(), answers: Arc::default(), port };
        let one = application.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let one = one.clone();
                // Whoever was killed in the middle has told nothing.
                thread::spawn(move || _ = one.listen(&stream));
            }
        });
        application
    }

    /// From now on it answers that it did as it was told.
    pub(crate) fn begin_to_answer(&self) {
        self.answers.store(true, Ordering::SeqCst);
    }

    /// What it heard so far counts no more.
    pub(crate) fn forget(&self) {
        self.heard.lock().unwrap().clear();
    }

    /// Where it is told.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/told", self.port)
    }

    /// What came, in order.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// The logout tokens among it.
    pub(crate) fn logout_tokens(&self) -> Vec<String> {
        self.heard().iter().filter_map(|heard| heard.body.strip_prefix("logout_token=")).map(str::to_owned).collect()
    }

    fn listen(&self, mut stream: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream);
        let (mut length, mut webhook_id) = (0, String::new());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line.trim_end().is_empty() {
                break;
            }
            match line.split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().unwrap_or_default();
                }
                Some((name, value)) if name.eq_ignore_ascii_case("webhook-id") => {
                    value.trim().clone_into(&mut webhook_id);
                }
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        let answers = self.answers.load(Ordering::SeqCst);
        self.heard.lock().unwrap().push(Heard { webhook_id, body });
        if answers {
            return stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        // Until the other side is gone.
        reader.read_to_end(&mut Vec::new()).map(drop)
    }
}
