//! An application that is told of ended sessions, and takes what it is told, or dies over it.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Listens until the tests end.
#[derive(Clone)]
pub(crate) struct Application {
    heard: Arc<Mutex<Vec<String>>>,
    answers: Arc<AtomicBool>,
    port: u16,
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

    /// Where it is told.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/backchannel-logout", self.port)
    }

    /// The logout tokens that came, in order.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    fn listen(&self, mut stream: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim_end().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or_default();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        let answers = self.answers.load(Ordering::SeqCst);
        self.heard.lock().unwrap().extend(body.strip_prefix("logout_token=").map(str::to_owned));
        if answers {
            return stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        // Until the other side is gone.
        reader.read_to_end(&mut Vec::new()).map(drop)
    }
}
