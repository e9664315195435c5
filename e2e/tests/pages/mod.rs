//! A server of a few fixed pages, under every host name.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Lives as long as the test process.
pub(crate) struct Pages {
    port: u16,
}

struct Request {
    method: String,
    path: String,
    host: String,
    language: String,
    cookie: String,
}

const POLICY: &str = "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:\r\n";

impl Pages {
    pub(crate) fn serve() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A browser opens connections that it does not use; they must not keep others waiting.
                thread::spawn(move || answer(&stream, port));
            }
        });
        Self { port }
    }

    pub(crate) fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.port)
    }
}

/// `None` for a connection that ends before its request does.
fn answer(mut stream: &TcpStream, port: u16) -> Option<()> {
    let request = Request::read(stream)?;
    let (headers, body) = page(&request, port);
    let status = if headers.contains("Location: ") { "303 See Other" } else { "200 OK" };
    let length = body.len();
    let head = "Content-Type: text/html; charset=utf-8\r\nConnection: close";
    write!(stream, "HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {length}\r\n{headers}\r\n{body}").ok()
}

/// Headers and body.
fn page(request: &Request, port: u16) -> (String, String) {
    let path = request.path.split('?').next().unwrap_or_default();
    match (request.method.as_str(), path) {
        ("POST", _) => {
            let location = format!("Location: /cookie-seen?post={}\r\n", request.cookie);
            (location, String::new())
        }
        (_, "/cookie") => {
            ("Set-Cookie: mark=1; Path=/; HttpOnly; SameSite=Lax\r\n".to_owned(), request.html("a cookie for you"))
        }
        (_, "/cookie-seen") => (String::new(), request.html(&format!("<output>{}</output>", request.cookie))),
        (_, "/post-to-acme") => {
            let form = format!(
                r#"<form method="post" action="http://acme.localhost:{port}/acs"><button>Continue</button></form>"#
            );
            (String::new(), request.html(&form))
        }
        (_, "/form") => {
            let form = r#"<form action="/cookie-seen"><label>E-mail <input type="email" name="email"></label>
                <button>Continue</button></form>"#;
            (POLICY.to_owned(), request.html(form))
        }
        (_, "/flawed") => {
            let image = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";
            (POLICY.to_owned(), request.html(&format!(r#"<img src="{image}">"#)))
        }
        (_, "/scripted") => {
            let script =
                "<output>no script ran</output><script>document.querySelector('output').textContent = 'ran'</script>";
            (POLICY.to_owned(), request.html(script))
        }
        (_, "/look") => (String::new(), request.html(&look(&request.language))),
        _ => (String::new(), request.html("")),
    }
}

/// A page that says how it is seen, 400 pixels wide at least and 2,000 long.
fn look(language: &str) -> String {
    format!(
        "<style>body {{ margin: 0; height: 2000px; min-width: 400px }}
        @media (prefers-color-scheme: dark) {{ html {{ background: #111; color: #eee }} }}</style>
        <output id=language>{language}</output> <output id=script>off</output>
        <script>document.querySelector('#script').textContent = 'on'</script>"
    )
}

impl Request {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut lines = BufReader::new(stream).lines();
        let first = lines.next()?.ok()?;
        let mut words = first.split(' ');
        let mut request = Self {
            method: words.next()?.to_owned(),
            path: words.next()?.to_owned(),
            host: String::new(),
            language: String::new(),
            cookie: String::new(),
        };
        for line in lines {
            let line = line.ok()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "host" => value.split(':').next()?.clone_into(&mut request.host),
                "accept-language" => value.clone_into(&mut request.language),
                "cookie" => value.clone_into(&mut request.cookie),
                _ => {}
            }
        }
        Some(request)
    }

    fn html(&self, content: &str) -> String {
        format!(
            r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{0}</title>
            <meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"></head>
            <body><main><h1>{0}</h1>{content}</main></body></html>"#,
            self.host
        )
    }
}
