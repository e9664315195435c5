//! The samples of `examples/`, started as their README says, with the packages that `cargo xtask test samples` has put
//! below `tools` in the target folder.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::free_port;
use crate::fail;
use crate::http::{Client, Response};
use crate::process::Process;
use crate::scratch::{Scratch, done, target};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");

const TRIES: u32 = 3;

/// Node.js 18, which is Debian 12's, lacks the first and asks for `localhost` by IPv6 alone. Later ones need neither.
const NODE_OPTIONS: &str = "--experimental-global-webcrypto --dns-result-order=ipv4first";

/// Which sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `examples/node`.
    Node,
    /// `examples/python`.
    Python,
    /// `examples/static`.
    Static,
}

/// A running sample. It ends with this value.
#[derive(Debug)]
pub struct Sample {
    kind: Kind,
    process: Process,
    port: u16,
    folder: Scratch,
}

impl Kind {
    /// The name of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Python => "python",
            Self::Static => "static",
        }
    }
}

impl Sample {
    /// Starts an application with these settings and a port of its own, as client `node` or `python`.
    #[track_caller]
    pub fn start(kind: Kind, issuer: &str, secret: &str) -> Self {
        let mut last_words = String::new();
        for _ in 0..TRIES {
            let port = free_port();
            let folder = Scratch::new(kind.name());
            let mut command = match kind {
                Kind::Node => node(&folder, &example(kind, "app.mjs")),
                Kind::Python => python(&folder, &example(kind, "app.py")),
                Kind::Static => fail("the static pages are started in front of a port"),
            };
            command.env("ISSUER", issuer).env("CLIENT_ID", kind.name()).env("CLIENT_SECRET", secret);
            command.env("PORT", port.to_string());
            match Self::wait(kind, folder, command, port, |answer| answer.text().contains("<title>Sample</title>")) {
                Ok(sample) => return sample,
                Err(words) => last_words = words,
            }
        }
        fail(format_args!("the sample {kind:?} did not start in {TRIES} tries; it wrote:\n{last_words}"))
    }

    /// Starts nginx with the static pages in front of Vestibule at this port.
    #[track_caller]
    pub fn start_static(vestibule: u16) -> Self {
        let mut last_words = String::new();
        for _ in 0..TRIES {
            let port = free_port();
            // nginx gives its workers away to a user without rights, who has to read the pages.
            let folder = Scratch::for_every_user("static");
            let at = |text: &str| {
                text.replace("127.0.0.1:3080", &format!("127.0.0.1:{port}"))
                    .replace("127.0.0.1:8400", &format!("127.0.0.1:{vestibule}"))
            };
            for file in
                ["nginx.conf", "snippets/vestibule-ask.conf", "snippets/vestibule-guard.conf", "public/index.html"]
            {
                folder.write(file, at(&example(Kind::Static, file)));
            }
            // Where nginx itself refuses: it lists no folder.
            folder.folder("public/empty");
            let mut command = Command::new("/usr/sbin/nginx");
            command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "stderr"]);
            match Self::wait(Kind::Static, folder, command, port, |_| true) {
                Ok(sample) => return sample,
                Err(words) => last_words = words,
            }
        }
        fail(format_args!("nginx did not start in {TRIES} tries; it wrote:\n{last_words}"))
    }

    /// An address of the sample, as browsers write it.
    pub fn url(&self, path: &str) -> String {
        let host = if self.kind == Kind::Static { "pages.localhost" } else { "localhost" };
        format!("http://{host}:{}{path}", self.port)
    }

    /// Which one it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What it has written.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// The folder that it runs in.
    pub fn folder(&self) -> &Scratch {
        &self.folder
    }

    fn wait(
        kind: Kind,
        folder: Scratch,
        mut command: Command,
        port: u16,
        is_ours: impl Fn(&Response) -> bool,
    ) -> Result<Self, String> {
        let mut process = Process::start(kind.name(), folder.path(), &mut command);
        let address = format!("http://localhost:{port}/");
        // Another program that took the port answers in another way.
        let answer = process.answer(|_| Client::new().get(&address).ok());
        if answer.is_some_and(|answer| is_ours(&answer)) {
            Ok(Self { kind, process, port, folder })
        } else {
            Err(process.last_lines())
        }
    }
}

/// `node` with a program of ours that uses the packages of `examples/node`.
#[track_caller]
pub fn node(folder: &Scratch, program: &str) -> Command {
    let packages = packages(Kind::Node).join("node_modules");
    // Modules are looked for beside the program, and nowhere else.
    let link = folder.path().join("node_modules");
    done(&link, symlink(packages, &link));
    let file = folder.write("app.mjs", program);
    let mut command = Command::new("node");
    command.arg(file).current_dir(folder.path()).env("NODE_OPTIONS", NODE_OPTIONS);
    command
}

/// `python3` with a program of ours that uses the packages of `examples/python`.
#[track_caller]
pub fn python(folder: &Scratch, program: &str) -> Command {
    let packages = packages(Kind::Python);
    let file = folder.write("app.py", program);
    let mut command = Command::new("python3");
    command.arg(file).current_dir(folder.path()).env("PYTHONPATH", packages).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// A file of a sample.
#[track_caller]
pub fn example(kind: Kind, file: &str) -> String {
    let path = Path::new(EXAMPLES).join(kind.name()).join(file);
    done(&path, fs::read_to_string(&path))
}

#[track_caller]
fn packages(kind: Kind) -> PathBuf {
    let folder = target().join("tools").join(format!("examples-{}", kind.name()));
    if !folder.is_dir() {
        fail(format_args!("{} is missing: `cargo xtask test samples` installs it", folder.display()));
    }
    folder
}
