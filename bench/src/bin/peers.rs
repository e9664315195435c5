//! Ours and libxmlsec1 in one run, taking turns on one core.
//!
//! `cargo run --release -p vestibule-bench --features peers --bin peers`, with gcc and Debian's
//! libxmlsec1-dev. Ours makes every check of SAML, libxmlsec1 verifies the signature and nothing else.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use vestibule_bench::fixture::{Fixture, base64, vector};
use vestibule_bench::timing::{Case, measure, print};
use vestibule_saml::sp;

fn main() {
    let real = Fixture::real();
    let field = base64(&real.xml);
    let expect = real.expectation();
    let mut peer = Peer::start(&field);
    let times = measure(vec![
        Case::clocked_elsewhere("libxmlsec1: the signature alone", |times| peer.verify(times)),
        Case::new("vestibule: base64 to identity, every check", || {
            assert!(sp::accept_post(field.as_bytes(), &expect).outcome.is_ok());
        }),
    ]);
    println!("\nThe real response against libxmlsec1 (bar: 0.3)");
    print(&times);
    println!("{:>66}  {:.3} times", "ratio, median of the rounds", times[1].ratio_to(&times[0]));
    peer.stop();
}

/// The program in `peers/xmlsec1.c`, compiled and waiting for numbers.
struct Peer {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start(field: &str) -> Self {
        let folder = target_folder();
        std::fs::create_dir_all(&folder).expect("the target folder can be made");
        let (program, message) = (folder.join("xmlsec1"), folder.join("response.base64"));
        std::fs::write(&message, field).expect("the target folder can be written");
        compile(&program);
        let mut child = Command::new(&program)
            .arg(&message)
            .arg(vector("saml/accept/entra-2020-real/certificate.pem"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the compiled program starts");
        let asks = child.stdin.take().expect("its input is a pipe");
        let answers = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        Self { child, asks, answers }
    }

    fn verify(&mut self, times: u32) -> Duration {
        writeln!(self.asks, "{times}").expect("the peer lives");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("the peer lives");
        Duration::from_nanos(answer.trim().parse().expect("the peer answers with nanoseconds"))
    }

    fn stop(self) {
        let Self { mut child, asks, .. } = self;
        drop(asks);
        child.wait().expect("the peer ends with its input");
    }
}

fn compile(program: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/xmlsec1.c");
    let flags = output(Command::new("pkg-config").args(["--cflags", "--libs", "xmlsec1-openssl", "libcrypto"]));
    let mut gcc = Command::new("gcc");
    gcc.args(["-O2", "-o"]).arg(program).arg(source);
    // pkg-config escapes what a shell would read.
    gcc.args(flags.split_whitespace().map(|flag| flag.replace('\\', "")));
    output(&mut gcc);
}

fn output(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("pkg-config and gcc write text")
}

fn target_folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    std::env::var_os("CARGO_TARGET_DIR").map_or(root, PathBuf::from).join("peers")
}
