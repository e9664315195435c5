//! `vestibule report` and `vestibule events`, by the binary, beside a node that serves.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const CONNECTION: &str = "019c0000-0000-7000-8000-000000000001";

/// A deployment in a directory of its own, and its node.
struct Deployment {
    directory: PathBuf,
    node: Option<(Child, String)>,
}

/// The binary, with nothing of this process's environment that changes it.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("VESTIBULE_")) {
        command.env_remove(name);
    }
    command
}

impl Deployment {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("vestibule-lookup-{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let deployment = Self { directory, node: None };
        let key = deployment.path("key");
        assert!(deployment.run(&["keys", "new", &key]).status.success());
        let database = deployment.path("v.db");
        let config = format!(
            "public_url = \"http://sso.localhost:8400\"\naccount_domain = \"localhost\"\nlisten = \"127.0.0.1:0\"\n\
             database = \"sqlite:{database}\"\nkey_file = \"{key}\"\n"
        );
        fs::write(deployment.path("v.toml"), config).unwrap();
        let accounts = format!(
            "[[account]]\npath = \"acme\"\nname = \"Acme\"\n[[account.connection]]\nname = \"entra\"\nid = \"{CONNECTION}\"\n\
             [[account]]\npath = \"globex\"\nname = \"Globex\"\n"
        );
        fs::write(deployment.path("accounts.toml"), accounts).unwrap();
        let applied = deployment.configured(&["apply", &deployment.path("accounts.toml")]);
        assert!(applied.status.success(), "{}", text(&applied.stderr));
        deployment
    }

    fn path(&self, name: &str) -> String {
        self.directory.join(name).display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = program();
        command.args(arguments).current_dir(&self.directory).env("NO_COLOR", "1").output().unwrap()
    }

    fn configured(&self, arguments: &[&str]) -> Output {
        let config = self.path("v.toml");
        self.run(&[arguments, &["--config", &config]].concat())
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.configured(arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Starts the node, whose port its log tells.
    fn serve(&mut self) {
        let mut command = program();
        command.args(["serve", "--config", &self.path("v.toml")]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.by_ref().map(Result::unwrap).find(|line| line.contains("ready")).unwrap();
        let address = ready.split("address=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        // What the node tells further is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        self.node = Some((child, address));
    }

    /// What the node answers, and the code on its page.
    fn refused(&self, request: &str) -> String {
        let (_, address) = self.node.as_ref().unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let mut codes = answer.split("<code>").skip(1).filter_map(|rest| rest.split('<').next());
        let code = codes.find(|code| code.len() == 8 && code.as_bytes()[3] == b'-');
        code.unwrap_or_else(|| panic!("no code: {answer}")).to_owned()
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.node {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(Path::new(&self.directory));
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

fn get(host: &str, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}.localhost:8400\r\nConnection: close\r\n\r\n")
}

fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: acme.localhost:8400\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// One run for all that a node refuses: each code leads to what happened, both sides, who mends it and where, and what
/// is audited is a line of the log. Neither command writes.
#[test]
fn a_code_on_a_page_leads_to_what_happened() {
    let mut deployment = Deployment::new("report");
    deployment.serve();
    let audited = deployment.refused(&get("acme", &format!("/sso/{CONNECTION}/start")));
    let noted = deployment.refused(&post(&format!("/sso/{CONNECTION}/acs"), "SAMLResponse=%%%"));
    let at_login = deployment.refused(&post(&format!("/sso/{CONNECTION}/start"), "SAMLResponse=PGEvPg"));
    let kept = deployment.refused(&get("sso", "/oidc/authorize?client_id=nobody"));
    let events = || text(&deployment.configured(&["events"]).stdout);
    let before = events();

    let report = |code: &str| {
        let output = deployment.configured(&["report", code]);
        assert_eq!(output.status.code(), Some(0), "{code}: {}{}", text(&output.stdout), text(&output.stderr));
        let told = text(&output.stdout);
        let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
        (told, flat)
    };
    let (told, flat) = report(&audited);
    assert!(told.starts_with(&format!("■ {audited}  The connection signs nobody in now. (not_active)\n")), "{told}");
    for wanted in [
        "got draft",
        "want active",
        "change Test the connection, then set it active.",
        "who the operator of this service",
        "account acme",
        "connection entra (019c0000-0000-7000-8000-000000000001)",
        "known from the connection's recent answers, and the audit log",
        "page said Signing in at Acme is still being set up.",
    ] {
        assert!(flat.contains(wanted), "{wanted}: {told}");
    }
    // As it is read out over the telephone.
    assert_eq!(report(&format!(" {} ", audited.to_lowercase())).0, told);

    let (told, flat) = report(&noted);
    assert!(told.starts_with(&format!("■ {noted}  What arrived is no SAML response. (garbled)\n")), "{told}");
    assert!(flat.contains("nothing of it was proved, so the audit log has no line"), "{told}");
    let (told, flat) = report(&at_login);
    assert!(flat.contains("got http://acme.localhost:8400/sso/019c0000"), "{told}");
    assert!(flat.contains("want http://acme.localhost:8400/sso/019c0000"), "{told}");
    assert!(flat.contains("the address where sign-ins begin"), "{told}");
    assert!(flat.contains("who the administrator of the identity provider"), "{told}");
    let (told, flat) = report(&kept);
    assert!(flat.contains("(unknown-application)") && flat.contains("the client_id 'nobody'"), "{told}");
    assert!(flat.contains("known from the deployment's last refusals; no connection was known"), "{told}");
    assert_eq!(events(), before, "nothing was written");

    let told = deployment.json(&["report", &audited, "--format", "json"]);
    assert_eq!((&told["version"], &told["code"]), (&1.into(), &audited.as_str().into()));
    let one = &told["found"][0];
    for (field, wanted) in [
        ("reason", "not_active"),
        ("sentence", "The connection signs nobody in now."),
        ("got", "draft"),
        ("want", "active"),
        ("change", "Test the connection, then set it active."),
        ("who", "operator"),
        ("account", "acme"),
        ("known_from", "answers"),
    ] {
        assert_eq!(one[field], wanted, "{told}");
    }
    let told = deployment.json(&["events", "--last", "1", "--format", "json"]);
    let one = &told["events"][0];
    assert_eq!((&one["account"], &one["actor"]), (&"acme".into(), &"visitor".into()), "{told}");
    assert_eq!(one["fact"]["connection"], CONNECTION, "{told}");
}

/// A mistyped path of the database is told, and makes no empty one.
#[test]
fn a_database_that_is_not_there_is_not_made() {
    let deployment = Deployment::new("missing");
    let config = fs::read_to_string(deployment.path("v.toml")).unwrap().replace("v.db", "w.db");
    fs::write(deployment.path("v.toml"), config).unwrap();
    for arguments in [&["report", "AUD-0000"][..], &["events"]] {
        let refused = deployment.configured(arguments);
        assert_eq!(refused.status.code(), Some(2));
        let told = text(&refused.stderr);
        assert!(told.starts_with("vestibule: there is no database at ") && told.contains("w.db: see that"), "{told}");
    }
    assert!(!Path::new(&deployment.path("w.db")).exists());
}

#[test]
fn a_code_of_which_nothing_is_known_says_where_to_look() {
    let deployment = Deployment::new("unknown");
    let unknown = deployment.configured(&["report", "AUD-0000"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stdout).starts_with("Nothing is known of AUD-0000."), "{}", text(&unknown.stdout));
    let wrong = deployment.configured(&["report", "what"]);
    assert_eq!(wrong.status.code(), Some(2));
    let told = text(&wrong.stderr);
    assert!(
        told.starts_with("vestibule: CODE is \"what\"; three letters, a dash and four letters or digits"),
        "{told}"
    );
}

/// The newest last; of one account, about one connection, so many.
#[test]
fn the_audit_log_is_shown_line_by_line() {
    let mut deployment = Deployment::new("events");
    deployment.serve();
    let code = deployment.refused(&get("acme", &format!("/sso/{CONNECTION}/start")));
    let events = |more: &[&str]| {
        let output = deployment.configured(&[&["events"], more].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let all = events(&[]);
    let last = all.last().unwrap();
    let wanted = format!(" acme visitor sign_in_refused {code} code=not_active connection={CONNECTION}");
    assert!(last.ends_with(&wanted), "{last}");
    assert!(all.iter().any(|line| line.contains(" - system key_changed ")), "{all:?}");
    assert!(all.iter().any(|line| line.contains(" globex command_line account_changed ")), "{all:?}");
    assert_eq!(events(&["--last", "1"]), std::slice::from_ref(last));
    let of_globex = events(&["--account", "globex"]);
    assert!(!of_globex.is_empty() && of_globex.iter().all(|line| line.contains(" globex ")), "{of_globex:?}");
    let about = events(&["--connection", CONNECTION]);
    assert_eq!(about.len(), 2, "{about:?}");
    assert!(about[0].contains("connection_changed") && about[1] == *last, "{about:?}");

    for (arguments, told) in [
        (["--account", "nobody"], "--account: there is no account \"nobody\""),
        (["--connection", "x"], "--connection is \"x\"; the id of a connection is wanted"),
    ] {
        let refused = deployment.configured(&[&["events"], &arguments[..]].concat());
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains(told), "{}", text(&refused.stderr));
    }
}
