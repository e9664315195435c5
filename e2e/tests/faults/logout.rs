//! Sessions are ended, by their person or by the identity provider, and the node is killed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::mpsc::{self, Sender};
use std::thread;

use jiff::Timestamp;
use serde_json::Value;
use vestibule_e2e::http::Client;
use vestibule_e2e::peers::postgres::{Postgres, Sync};
use vestibule_e2e::wait_for;
use vestibule_oidc::relying_party::{LogoutExpectation, verify_logout};
use vestibule_oidc::{ClientId, Issuer};

use crate::application::Application;
use crate::deployment::{ACME, CALLBACK, CLIENT, Deployment, ENTRA, ISSUER, Node, another_time};
use crate::sign_in::{Lost, Walk, acknowledged};

/// How often the node is killed while people sign out.
const KILLS: usize = 10;
/// How many are signed in between two kills.
const SESSIONS: u8 = 12;
/// Between two kills come at most so many answers before the last one.
const ANSWERS: u8 = 6;
/// How many sign out at once.
const CLIENTS: usize = 4;

/// MX-24, XC-13: an end that was answered stays, whoever wanted it: no cookie, token or code opens anything, and the
/// application will be told.
#[test]
fn a_logout_that_was_answered_holds_after_a_kill_right_behind_the_answer() {
    let deployment = taking_part(Deployment::on_sqlite(), "http://127.0.0.1:9/nobody");
    let mut node = deployment.node("node");
    let mut stays = Session::begin(&deployment, node.port(), By::Person);
    let mut ended = BTreeSet::new();
    for by in [By::Person, By::Entra] {
        let mut session = Session::begin(&deployment, node.port(), by);
        session.end(node.port()).unwrap();
        kill(&mut node);
        assert_eq!(session.now(node.port()), Now::Over, "{by:?}");
        session.counts_no_more(node.port());
        ended.insert(session.sid());
    }
    assert_eq!(stays.now(node.port()), Now::Lasts, "nobody ended it");
    assert_eq!(untold(&deployment), ended);
}

/// MX-24, XC-13: whatever was answered holds; whatever was not has ended whole, with all that hangs on it and the word
/// to the application, or lasts whole; and nobody else's ends.
#[test]
fn a_session_ends_whole_or_lasts_whole_by_kills_at_random_moments_while_people_sign_out() {
    let deployment = taking_part(Deployment::on_sqlite(), "http://127.0.0.1:9/nobody");
    let mut node = deployment.node("node");
    let ended = while_people_sign_out(&deployment, &mut node, KILLS);
    assert_eq!(untold(&deployment), ended);
}

/// A27.1: the same on PostgreSQL. The application is told of each end once there is a node again, also where the one
/// that was telling it is killed in the middle, and of nothing else.
#[test]
fn an_application_is_told_of_each_end_whatever_was_killed() {
    let postgres = Postgres::start(Sync::Never);
    let application = Application::silent();
    let deployment = taking_part(Deployment::on_postgres(&postgres.url()), &application.address());
    let mut node = deployment.node("node");
    let ended = while_people_sign_out(&deployment, &mut node, KILLS / 2);

    // A node tells within seconds, so some may have been told in vain already; what they were told is over soon.
    node.server.kill_9();
    application.forget();
    another_time(&postgres, &mut node);
    wait_for("the first word to the application", || (!application.heard().is_empty()).then_some(()));
    node.server.kill_9();
    assert_eq!(untold(&deployment), ended, "the application has not answered yet");
    application.begin_to_answer();
    another_time(&postgres, &mut node);
    wait_for("the last word to the application", || untold(&deployment).is_empty().then_some(()));

    let (issuer, audience) = (Issuer::new(ISSUER).unwrap(), ClientId::new(CLIENT).unwrap());
    let expected = LogoutExpectation { issuer: &issuer, audience: &audience, now: Timestamp::now() };
    let told = |token: &String| verify_logout(token, deployment.keys(), &expected).unwrap().sid.unwrap();
    assert_eq!(application.logout_tokens().iter().map(told).collect::<BTreeSet<_>>(), ended);
}

/// Kills the node so often while people sign out, and looks each time whose session has ended. Returns those.
fn while_people_sign_out(deployment: &Deployment, node: &mut Node, kills: usize) -> BTreeSet<String> {
    let (mut ended, mut lasting) = (BTreeSet::new(), 0);
    for _ in 0..kills {
        let by = |number: u8| if number.is_multiple_of(2) { By::Person } else { By::Entra };
        let mut sessions: Vec<_> =
            (0..SESSIONS).map(|number| Session::begin(deployment, node.port(), by(number))).collect();
        let [random] = deployment.random();
        killed_under_load(node, &mut sessions, usize::from(random % ANSWERS) + 1);
        for session in &mut sessions {
            let now = session.now(node.port());
            match session.asked {
                Asked::Answered => assert_eq!(now, Now::Over, "an end by {:?} was lost", session.by),
                Asked::Never => assert_eq!(now, Now::Lasts, "nobody ended it"),
                Asked::InVain => {}
            }
            if now == Now::Over {
                session.counts_no_more(node.port());
                ended.insert(session.sid());
            } else {
                lasting += 1;
            }
            if now == Now::Lasts && session.asked == Asked::InVain {
                // The same request counts, since it did not yet.
                session.end(node.port()).unwrap();
                assert_eq!(session.now(node.port()), Now::Over, "an end by {:?} has no effect", session.by);
                ended.insert(session.sid());
            }
        }
    }
    assert!(ended.len() >= kills && lasting > 0, "{} ended, {lasting} did not", ended.len());
    ended
}

/// All sign out until the node is killed after so many answers; then it is started again.
fn killed_under_load(node: &mut Node, sessions: &mut [Session<'_>], answers: usize) {
    let port = node.port();
    let (told, heard) = mpsc::channel();
    thread::scope(|scope| {
        for share in sessions.chunks_mut(usize::from(SESSIONS).div_ceil(CLIENTS)) {
            let told = told.clone();
            scope.spawn(move || until_lost(port, share, &told));
        }
        drop(told);
        assert_eq!(heard.iter().take(answers).count(), answers, "everybody was lost before the kill");
        node.server.kill_9();
    });
    node.server.restart();
}

/// Ends one session after the other until a request is not answered. Tells of each answer.
fn until_lost(port: u16, sessions: &mut [Session<'_>], told: &Sender<()>) {
    for session in sessions {
        if session.end(port).is_err() {
            return;
        }
        // Whoever listens has heard enough when they are gone.
        let _ = told.send(());
    }
}

/// Who wants a session to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Person,
    Entra,
}

/// How it is with the request to end a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Never,
    /// No answer came: it was done or was not.
    InVain,
    Answered,
}

/// How it is with a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Now {
    Lasts,
    Over,
}

/// Somebody is signed in: the application has a token, and a code that it has not redeemed.
struct Session<'a> {
    walk: Walk<'a>,
    code: Option<Walk<'a>>,
    by: By,
    /// The request that Entra has a browser make.
    request: String,
    asked: Asked,
}

impl<'a> Session<'a> {
    #[track_caller]
    fn begin(deployment: &'a Deployment, port: u16, by: By) -> Self {
        let mut walk = Walk::to_application(deployment);
        walk.finish(port);
        let index = walk.session_index();
        let draft = deployment.entra.broadcast(ACME.tenant, "Orchard", walk.person(), Some(&index)).unwrap();
        let code = Some(walk.with_a_code(port));
        Self { walk, code, by, request: draft.url().unwrap(), asked: Asked::Never }
    }

    /// Asks for its end.
    fn end(&mut self, port: u16) -> Result<(), Lost> {
        self.asked = Asked::InVain;
        let answer = match self.by {
            By::Person => {
                // The cookie is taken away from that browser; ours keeps it.
                let mut browser = self.walk.browser.clone();
                browser.go_through(port);
                let (page, url) = (format!("{}/me", ACME.origin()), format!("{}/sign-out", ACME.origin()));
                acknowledged(browser.post_from(&page, &url, &[]))
            }
            By::Entra => acknowledged(at(port).get(&self.request)),
        }?;
        let to = answer.location().unwrap_or_else(|| panic!("{} {}", answer.status, answer.text()));
        assert!(to.starts_with(ENTRA), "{to}");
        self.asked = Asked::Answered;
        Ok(())
    }

    /// Whether all that hangs on it opens something, or none of it.
    #[track_caller]
    fn now(&mut self, port: u16) -> Now {
        let (page, token) = (self.walk.page_status(port), self.walk.token_status(port));
        // A code is good for one look.
        let code = self.code.take().map(|mut code| code.code_status(port));
        match (page, token, code) {
            (200, 200, Some(200) | None) => Now::Lasts,
            (303, 401, Some(400) | None) => Now::Over,
            other => panic!("an end by half: {other:?}"),
        }
    }

    /// The request of Entra that ended it ends nothing again: it was remembered in the same moment.
    #[track_caller]
    fn counts_no_more(&self, port: u16) {
        if self.by == By::Entra {
            let answer = at(port).get(&self.request).unwrap();
            assert_eq!(answer.status, 403, "{:?}", answer.location());
            assert!(answer.text().contains("The message about signing out cannot be acted on."), "{}", answer.text());
        }
    }

    fn sid(&self) -> String {
        self.walk.told().sid.clone().expect("the application is told of sessions")
    }
}

/// Any browser.
fn at(port: u16) -> Client {
    let mut browser = Client::new();
    browser.go_through(port);
    browser
}

/// The sessions of whose end the application has yet to be told.
fn untold(deployment: &Deployment) -> BTreeSet<String> {
    let arguments = ["session", "untold", "--config", "vestibule.toml", "--first", "10000", "--format", "json"];
    let output = deployment.run(&arguments);
    let shape: Value = serde_json::from_slice(&output.stdout).unwrap();
    shape["untold"].as_array().unwrap().iter().map(|one| one["session"].as_str().unwrap().to_owned()).collect()
}

/// Entra knows where logouts go, and the application wants to be told of ended sessions.
fn taking_part(deployment: Deployment, told_at: &str) -> Deployment {
    let application = deployment.entra.application(ACME.tenant, "Orchard").unwrap();
    application.change(|application| application.logout_url = Some(ACME.address("slo"))).unwrap();
    let mut text = format!("[[application]]\nclient_id = \"{CLIENT}\"\nname = \"Orchard\"\n");
    let _ = write!(
        text,
        "redirect_uris = [\"{CALLBACK}\"]\nsecrets = [{{ env = \"ORCHARD_SECRET\" }}]\n\
         backchannel_logout_uri = \"{told_at}\"\n"
    );
    deployment.apply(&text);
    deployment
}

fn kill(node: &mut Node) {
    node.server.kill_9();
    node.server.restart();
}
