//! Apache with mod_auth_openidc: Debian's packages.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use super::free_port;
use crate::fail;
use crate::http::Client;
use crate::process::Process;
use crate::scratch::Scratch;

const PROGRAM: &str = "/usr/sbin/apache2";

const MODULES: &str = "/usr/lib/apache2/modules";

const TRIES: u32 = 3;

/// What it is told of its provider.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// The issuer, without a slash at its end.
    pub issuer: &'a str,
    /// Its own name there.
    pub client_id: &'a str,
    /// Sent in the header.
    pub client_secret: &'a str,
    /// The port of the application behind it.
    pub upstream: u16,
}

/// A running Apache whose `/app/` is for people who are signed in; all else is for everybody. It ends with this value.
#[derive(Debug)]
pub struct Apache {
    process: Process,
    port: u16,
    _folder: Scratch,
}

impl Apache {
    /// Starts it.
    #[track_caller]
    pub fn start(settings: Settings<'_>) -> Self {
        for needed in [PROGRAM, "/usr/lib/apache2/modules/mod_auth_openidc.so"] {
            if !Path::new(needed).is_file() {
                fail(format_args!("{needed} is missing: apt-get install apache2-bin libapache2-mod-auth-openidc"));
            }
        }
        let folder = Scratch::for_every_user("apache");
        if fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
            folder.write("as-root", "");
        }
        let mut last_words = String::new();
        for _ in 0..TRIES {
            let port = free_port();
            let file = folder.write("httpd.conf", settings.configuration(&folder, port));
            let mut command = Command::new(PROGRAM);
            command.arg("-DFOREGROUND").arg("-f").arg(file);
            let mut process = Process::start("apache", folder.path(), &mut command);
            let address = format!("http://intranet.localhost:{port}/");
            if process.answer(|_| Client::new().get(&address).ok()).is_some() {
                return Self { process, port, _folder: folder };
            }
            last_words = process.last_lines();
        }
        fail(format_args!("Apache did not start in {TRIES} tries; it wrote:\n{last_words}"))
    }

    /// An address of it, as browsers write it.
    pub fn url(&self, path: &str) -> String {
        format!("http://intranet.localhost:{}{path}", self.port)
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it has written.
    pub fn log(&self) -> String {
        self.process.log()
    }
}

impl Settings<'_> {
    fn configuration(&self, folder: &Scratch, port: u16) -> String {
        include_str!("apache/httpd.conf")
            .replace("FOLDER", &folder.path().display().to_string())
            .replace("MODULES", MODULES)
            .replace("UPSTREAM", &self.upstream.to_string())
            .replace("PORT", &port.to_string())
            .replace("ISSUER", self.issuer)
            .replace("CLIENT_ID", self.client_id)
            .replace("CLIENT_SECRET", self.client_secret)
    }
}
