//! Single sign-on is demanded, and what demands it, or the node, is killed.

use std::fmt::Write as _;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;

use vestibule_e2e::http::{Client, Request};
use vestibule_e2e::peers::postgres::{Postgres, Sync};
use vestibule_e2e::peers::server::{BINARY_VARIABLE, binary};
use vestibule_e2e::process::Process;
use vestibule_e2e::wait_for;
use vestibule_mock_entra::service::Person;

use crate::deployment::{ACME, Deployment, ENTRA, Node};
use crate::letters::Letters;
use crate::sign_in::{FORM, Lost, Walk, acknowledged};

/// At so many moments of its run, evenly spread, `vestibule apply` is killed.
const MOMENTS: usize = 12;
/// So often when somebody has noticed.
const SEEN: usize = 4;
/// How often the node is killed while `vestibule apply` runs.
const KILLS: usize = 5;
/// The most answers that come before such a kill.
const ANSWERS: u8 = 12;
/// Ordinary people who have passwords and sign in meanwhile.
const CROWD: [&str; 3] = ["bob@acme.example", "cleo@acme.example", "dan@acme.example"];
/// One who does afterwards.
const FAY: &str = "fay@acme.example";
/// Who is let in when single sign-on does not work.
const EVE: &str = "eve@acme.example";
const PASSWORD: &str = "four walls and a brass lamp";

/// MX-33: a demand that was interrupted is none, and one that was written ended in that moment what it forbids: also
/// the sessions that passwords began meanwhile. Single sign-on and the break-glass user come in either way.
#[test]
fn a_demand_for_single_sign_on_is_there_whole_or_not_at_all_when_apply_is_killed_at_any_moment() {
    let deployment = ready(Deployment::on_sqlite());
    let mut node = deployment.node("node");
    let mut ada = Walk::to_application(&deployment);
    ada.finish(node.port());
    let mut crowd = Crowd::signed_in(node.port());
    // How long a whole run takes is counted in answers.
    let whole = crowd.meets(&deployment, node.port(), Killed::Never).answers;
    assert!(crowd.all_are_out(node.port()), "what was applied has no effect");
    let moments = (0..MOMENTS).map(|moment| Killed::After(whole * moment / MOMENTS));
    let mut in_time = 0;
    for killed in moments.chain([Killed::WhenSeen; SEEN]) {
        next_round(&deployment, &mut node);
        let mut crowd = Crowd::signed_in(node.port());
        let run = crowd.meets(&deployment, node.port(), killed);
        let is_on = crowd.all_are_out(node.port());
        assert!(is_on || !run.is_acknowledged, "a demand was acknowledged and is not there");
        assert!(is_on || killed != Killed::WhenSeen, "a demand was seen and is not there");
        in_time += usize::from(!is_on);
    }
    assert!(in_time > 0, "apply was never killed in time");
    assert_eq!(ada.page_status(node.port()), 200, "the session of somebody who came by single sign-on was ended");
}

/// MX-33: the node that serves people has no part in it: whenever it is killed, nobody whom a password let in while the
/// demand was written is in when there is a node again.
#[test]
fn a_demand_for_single_sign_on_holds_when_the_node_is_killed_while_it_is_applied() {
    holds_when_the_node_is_killed(&ready(Deployment::on_sqlite()));
}

/// MX-33: the same on PostgreSQL, where those who write at once wait for each other row by row.
#[test]
fn a_demand_for_single_sign_on_holds_on_postgresql_when_the_node_is_killed_while_it_is_applied() {
    let postgres = Postgres::start(Sync::Never);
    holds_when_the_node_is_killed(&ready(Deployment::on_postgres(&postgres.url())));
}

fn holds_when_the_node_is_killed(deployment: &Deployment) {
    let mut node = deployment.node("node");
    for _ in 0..KILLS {
        let mut crowd = Crowd::signed_in(node.port());
        let [random] = deployment.random();
        let (over, port) = (AtomicBool::new(false), node.port());
        let (told, heard) = mpsc::channel();
        thread::scope(|scope| {
            let _ends = Ends(&over);
            let mut apply = demand(deployment);
            crowd.goes_on(scope, port, &over, &told);
            drop(told);
            // Fewer come where the demand is there before.
            heard.iter().take(usize::from(random % ANSWERS) + 1).count();
            node.server.kill_9();
            apply.answer(|_| None::<()>);
            assert!(is_acknowledged(&apply), "{}", apply.last_lines());
        });
        node.server.restart();
        assert!(crowd.all_are_out(node.port()), "what was applied has no effect");
        next_round(deployment, &mut node);
    }
}

/// Those who come by other ways come in, on a node that has forgotten how many passwords were wrong; then nothing is
/// demanded any more.
#[track_caller]
fn next_round(deployment: &Deployment, node: &mut Node) {
    node.server.kill_9();
    node.server.restart();
    assert!(sign_in(node.port(), EVE).unwrap().is_some(), "the break-glass user does not come in");
    Walk::to_application(deployment).finish(node.port());
    deployment.apply(&account("optional"));
}

/// `vestibule apply`, on its way.
#[track_caller]
fn demand(deployment: &Deployment) -> Process {
    let folder = deployment.folder.path();
    deployment.folder.write("accounts.toml", account("required"));
    deployment.folder.write("apply.log", "");
    let mut command = Command::new(binary());
    command.env_remove(BINARY_VARIABLE).current_dir(folder);
    command.args(["apply", "--config", "vestibule.toml", "accounts.toml"]);
    Process::start("apply", folder, &mut command)
}

fn is_acknowledged(apply: &Process) -> bool {
    apply.log().contains("Changed: 1.")
}

/// When `vestibule apply` is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Killed {
    Never,
    /// After so many answers of the node, if it still runs.
    After(usize),
    /// As soon as somebody's session is seen to have ended.
    WhenSeen,
}

/// How a run of it went.
struct Run {
    answers: usize,
    /// It has said that it was done.
    is_acknowledged: bool,
}

/// It is over when this goes, also where a test fails: nobody would wait for those who sign in otherwise.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Ordinary people, and the sessions that their passwords have begun.
struct Crowd(Vec<(&'static str, Vec<Client>)>);

impl Crowd {
    #[track_caller]
    fn signed_in(port: u16) -> Self {
        let session = |email| vec![sign_in(port, email).unwrap().expect("a password that is right")];
        Self(CROWD.map(|email| (email, session(email))).into())
    }

    /// Single sign-on is demanded while they sign in.
    #[track_caller]
    fn meets(&mut self, deployment: &Deployment, port: u16, killed: Killed) -> Run {
        let over = AtomicBool::new(false);
        let (told, _heard) = mpsc::channel();
        let mut watched = self.0[0].1[0].clone();
        thread::scope(|scope| {
            let _ends = Ends(&over);
            let mut apply = demand(deployment);
            self.goes_on(scope, port, &over, &told);
            let mut answers = 0;
            while killed != Killed::After(answers) && !apply.has_ended() {
                let is_in = is_in(&mut watched, port);
                answers += 1;
                if killed == Killed::WhenSeen && !is_in {
                    break;
                }
            }
            apply.kill_9();
            Run { answers, is_acknowledged: is_acknowledged(&apply) }
        })
    }

    /// They sign in again and again until it is over, or their passwords let nobody in. Tells of each answer.
    fn goes_on<'scope>(
        &'scope mut self,
        scope: &'scope thread::Scope<'scope, '_>,
        port: u16,
        over: &'scope AtomicBool,
        told: &Sender<()>,
    ) {
        for (email, sessions) in &mut self.0 {
            let told = told.clone();
            scope.spawn(move || {
                while !over.load(Ordering::SeqCst) {
                    let signed_in = sign_in(port, email);
                    // Whoever listens has heard enough when they are gone.
                    let _ = told.send(());
                    match signed_in {
                        Ok(Some(browser)) => sessions.push(browser),
                        Ok(None) | Err(Lost) => break,
                    }
                }
            });
        }
    }

    /// Whether passwords let nobody in, and none of them is in; otherwise they do, and all are.
    #[track_caller]
    fn all_are_out(self, port: u16) -> bool {
        let is_open = sign_in(port, FAY).unwrap().is_some();
        for (email, sessions) in self.0 {
            for mut browser in sessions {
                let is_in = is_in(&mut browser, port);
                assert_eq!(is_in, is_open, "a session of {email} is not as the door for passwords");
            }
        }
        !is_open
    }
}

#[track_caller]
fn is_in(browser: &mut Client, port: u16) -> bool {
    browser.go_through(port);
    match browser.get(&format!("{}/me", ACME.origin())).unwrap().status {
        200 => true,
        303 => false,
        other => panic!("{other}"),
    }
}

/// A password is typed. `None`: it lets nobody in.
#[track_caller]
fn sign_in(port: u16, email: &str) -> Result<Option<Client>, Lost> {
    let mut browser = at(port);
    let url = format!("{}/sign-in/password", ACME.origin());
    let answer = acknowledged(browser.post(&url, &[("email", email), ("password", PASSWORD)]))?;
    match answer.status {
        303 => Ok(Some(browser)),
        403 => Ok(None),
        other => panic!("{other} {}", answer.text()),
    }
}

/// A deployment whose account may demand single sign-on: people have set their passwords, the connection was tested,
/// and the break-glass user was here.
#[track_caller]
fn ready(deployment: Deployment) -> Deployment {
    deployment.apply(&account("optional"));
    let letters = Letters::start();
    let settings = letters.settings();
    let mut node = deployment.node_with("sending", &settings.each_ref().map(|(name, value)| (*name, value.as_str())));
    let invited = CROWD.len() + 2;
    let invitations = wait_for("all invitations", || Some(letters.all()).filter(|letters| letters.len() == invited));
    for invitation in invitations {
        let set = at(node.port()).post(&invitation.link(), &[("password", PASSWORD)]).unwrap();
        assert_eq!(set.status, 303, "{}", set.text());
    }
    test_passes(&deployment, node.port());
    assert!(sign_in(node.port(), EVE).unwrap().is_some());
    node.server.stop();
    deployment
}

/// Somebody tries the connection.
#[track_caller]
fn test_passes(deployment: &Deployment, port: u16) {
    let mut browser = at(port);
    let to = browser.get(&ACME.address("test")).unwrap().location().expect("the way to Entra");
    let delivery = deployment.entra.answer(&to, &Person::new(ACME.person(0))).unwrap();
    let (from, body) = (format!("{ENTRA}/login"), delivery.body());
    let post =
        Request { method: "POST", url: &delivery.action, headers: &[FORM], body: body.as_bytes(), from: Some(&from) };
    let answer = browser.send(&post).unwrap();
    let report = browser.follow(answer).unwrap();
    assert!(report.text().contains("It works"), "{} {}", report.status, report.text());
}

fn at(port: u16) -> Client {
    let mut browser = Client::new();
    browser.go_through(port);
    browser
}

/// What `vestibule apply` is given.
fn account(single_sign_on: &str) -> String {
    let slug = ACME.slug;
    let mut text = format!(
        "[[account]]\npath = \"{slug}\"\nname = \"{slug}\"\nsub_domain = \"{slug}\"\nadmission = \"create\"\n\
         start = \"direct\"\npasswords = \"all\"\nsingle_sign_on = \"{single_sign_on}\"\n\
         [[account.user]]\nemail = \"{EVE}\"\nconsole_role = \"account_admin\"\nbreak_glass = true\ninvite = true\n"
    );
    for email in CROWD.iter().chain([&FAY]) {
        let _ = write!(text, "[[account.user]]\nemail = \"{email}\"\ninvite = true\n");
    }
    text
}
