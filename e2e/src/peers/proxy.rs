//! Proxies that ask about each request to a site: Debian's nginx and Caddy, with the configuration of our documentation.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::free_port;
use crate::fail;
use crate::http::Client;
use crate::process::Process;
use crate::scratch::{Scratch, done};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/integrate/forward-auth.md");

const TRIES: u32 = 3;

/// Which proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// With `auth_request`.
    Nginx,
    /// With `forward_auth`.
    Caddy,
}

/// What the names of the documentation stand for.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    /// In the place of `wiki.example.com`, without a port.
    pub host: &'a str,
    /// The port of Vestibule, in the place of 8400.
    pub vestibule: u16,
    /// The port of what is behind the proxy, in the place of 3000.
    pub upstream: u16,
}

/// A running proxy in front of one site. It ends with this value.
#[derive(Debug)]
pub struct Proxy {
    process: Process,
    port: u16,
    _folder: Scratch,
}

impl Proxy {
    /// Starts it.
    #[track_caller]
    pub fn start(kind: Kind, places: Places<'_>) -> Self {
        let program = kind.program();
        // nginx gives its workers away to a user without rights, who must get at what it keeps of long bodies.
        let folder = Scratch::for_every_user(kind.name());
        let mut last_words = String::new();
        for _ in 0..TRIES {
            let port = free_port();
            let mut command = Command::new(program);
            kind.configure(&folder, &mut command, port, places);
            let mut process = Process::start(kind.name(), folder.path(), &mut command);
            // Any answer will do, and from a site that is not there there is one too.
            let address = format!("http://127.0.0.1:{port}/");
            if process.answer(|_| Client::new().get(&address).ok()).is_some() {
                return Self { process, port, _folder: folder };
            }
            last_words = process.last_lines();
        }
        fail(format_args!("{program} did not start in {TRIES} tries; it wrote:\n{last_words}"))
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it has written.
    pub fn log(&self) -> String {
        self.process.log()
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
        }
    }

    #[track_caller]
    fn program(self) -> &'static str {
        let (program, package) = match self {
            Self::Nginx => ("/usr/sbin/nginx", "nginx-light"),
            Self::Caddy => ("/usr/bin/caddy", "caddy"),
        };
        if !Path::new(program).is_file() {
            fail(format_args!("{program} is missing: apt-get install {package}"));
        }
        program
    }

    #[track_caller]
    fn configure(self, folder: &Scratch, command: &mut Command, port: u16, places: Places<'_>) {
        let at = |text: &str| {
            text.replace("127.0.0.1:8400", &format!("127.0.0.1:{}", places.vestibule))
                .replace("127.0.0.1:3000", &format!("127.0.0.1:{}", places.upstream))
        };
        match self {
            Self::Nginx => {
                let [ask, guard, site] = examples("nginx").try_into().unwrap_or_else(|found| {
                    fail(format_args!("three parts for nginx are wanted in {DOCUMENT}, found: {found:?}"))
                });
                folder.write("snippets/vestibule-ask.conf", at(&ask));
                folder.write("snippets/vestibule-guard.conf", at(&guard));
                folder.write("site.conf", at(&site));
                let around = include_str!("proxy/nginx.conf");
                let around = around.replace("FOLDER", &folder.path().display().to_string());
                let around = around.replace("PORT", &port.to_string()).replace("HOST", places.host);
                let file = folder.write("nginx.conf", around);
                command.arg("-e").arg(folder.path().join("error.log")).arg("-c").arg(file);
            }
            Self::Caddy => {
                let [site] = examples("caddy").try_into().unwrap_or_else(|found| {
                    fail(format_args!("one part for Caddy is wanted in {DOCUMENT}, found: {found:?}"))
                });
                // The scheme, for Caddy would go and get a certificate.
                let site = at(&site).replace("wiki.example.com", &format!("http://{}:{port}", places.host));
                let file = folder.write("Caddyfile", format!("{}\n{site}", include_str!("proxy/Caddyfile")));
                command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file);
                command.env("HOME", folder.path());
                command.env("XDG_DATA_HOME", folder.path()).env("XDG_CONFIG_HOME", folder.path());
            }
        }
    }
}

/// The examples in this language that the documentation of sites behind a proxy has, in order.
#[track_caller]
pub fn examples(language: &str) -> Vec<String> {
    let path = Path::new(DOCUMENT);
    let document = done(path, fs::read_to_string(path));
    let fence = format!("```{language}\n");
    let parts = document.split(&fence).skip(1);
    parts.map(|part| part.split("```").next().unwrap_or_default().to_owned()).collect()
}
