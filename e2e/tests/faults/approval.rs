//! Somebody decides about people who wait, and the node is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::mpsc::{self, Sender};
use std::thread;

use serde_json::Value;
use vestibule_e2e::http::{Client, Response};
use vestibule_e2e::peers::postgres::{Postgres, Sync};
use vestibule_e2e::wait_for;

use crate::deployment::{ACME, CALLBACK, CLIENT, Deployment, Node, object};
use crate::letters::Letters;
use crate::sign_in::{Lost, Walk, acknowledged, signed_in_at};

/// How often the node is killed while several decide.
const KILLS: usize = 10;
/// How many come between two kills.
const APPLICANTS: u32 = 6;
/// Between two kills come at most so many answers.
const ANSWERS: u8 = 32;
/// The people who decide, by their number at Entra.
const APPROVERS: [u32; 4] = [190, 191, 192, 193];
/// For each of so many who wait, each approver knows a user whom it may be: by an address that Entra does not tell.
const KNOWN: u32 = 60;

/// What somebody decides about somebody who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    LetIn,
    Refused,
    /// With the user whom the approver takes them for.
    Joined,
}

const VERDICTS: [Verdict; 3] = [Verdict::LetIn, Verdict::Refused, Verdict::Joined];

/// What is decided, and by whom.
type Decision = (Verdict, u32);

/// Somebody who waits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Applicant {
    number: u32,
    id: String,
}

/// SC-16, SC-27: what was answered as done is done, whole; nobody decides about it a second time.
#[test]
fn what_an_approver_decided_holds_after_a_kill_right_behind_the_answer() {
    let deployment = Deployment::on_sqlite();
    deployment.apply(&waiting_room());
    let mut node = deployment.node("node");
    let mut approvers = approvers(&deployment, node.port());
    let mut decided = BTreeMap::new();
    for verdict in VERDICTS {
        let applicant = somebody_waits(&deployment, node.port(), &mut approvers[0]);
        let [one, other] = &mut approvers[..2] else { unreachable!("there are several") };
        let seen_before = other.page(node.port(), &applicant).unwrap();
        assert!(one.decide(node.port(), &applicant, verdict, &|| {}).unwrap());
        kill(&mut node);
        assert_eq!(one.found(node.port(), &applicant), Some((verdict, one.number)));
        let late =
            other.post(node.port(), &applicant, "refuse", &[("version", &version(&seen_before)), ("reason", "No.")]);
        assert_eq!(late.unwrap().status, 409, "it was decided twice");
        stands(&deployment, node.port(), &applicant, Some((verdict, one.number)));
        decided.insert(applicant, (verdict, one.number));
    }
    each_was_decided_once(&deployment, &decided);
}

/// SC-16, SC-27: whatever was answered holds; whatever was not is decided whole or not at all, and by one of those who
/// wanted to.
#[test]
fn nobody_is_let_in_twice_or_by_half_by_kills_at_random_moments_under_several_approvers() {
    let deployment = Deployment::on_sqlite();
    deployment.apply(&waiting_room());
    let mut node = deployment.node("node");
    under_several_approvers(&deployment, &mut node, KILLS, &VERDICTS);
}

/// A25.2: of several who take somebody for different users one is right, and the identity leads to that user alone; or
/// they wait still.
#[test]
fn an_identity_leads_to_one_user_or_to_none_by_kills_while_several_join_it_with_theirs() {
    let deployment = Deployment::on_sqlite();
    deployment.apply(&waiting_room());
    let mut node = deployment.node("node");
    under_several_approvers(&deployment, &mut node, KILLS, &[Verdict::Joined]);
}

/// SC-18: the same on PostgreSQL. For each decision one mail was left to be sent, and is sent once there is a server.
#[test]
fn each_decision_is_told_once_after_kills_at_random_moments() {
    let postgres = Postgres::start(Sync::Never);
    let deployment = Deployment::on_postgres(&postgres.url());
    deployment.apply(&waiting_room());
    let mut node = deployment.node("node");
    let decided = under_several_approvers(&deployment, &mut node, KILLS / 2, &VERDICTS);
    assert_eq!(postgres.query("SELECT count(*) FROM applicants WHERE mail_at IS NULL"), "0", "a mail was forgotten");
    let linked = "SELECT count(*) FROM users u WHERE NOT EXISTS (SELECT 1 FROM identities i WHERE i.user_id = u.id)";
    let joined = decided.values().filter(|(verdict, _)| *verdict == Verdict::Joined).count();
    assert_eq!(postgres.query(linked), (known_users() - joined).to_string(), "somebody was made and not linked");

    node.server.kill_9();
    // The dead node has its jobs until their time is over: this is then.
    postgres.query("DELETE FROM leases");
    let letters = Letters::start();
    let settings = letters.settings();
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let _sending = deployment.node_with("sending", &settings);
    wait_for("the last mail", || {
        (postgres.query("SELECT count(*) FROM applicants WHERE mail_at IS NOT NULL") == "0").then_some(())
    });
    let letters = letters.all();
    for (applicant, (verdict, _)) in &decided {
        let person = ACME.person(applicant.number);
        let told: Vec<_> = letters.iter().filter(|letter| letter.to == person).collect();
        let wanted = if *verdict == Verdict::Refused { "You are not let in to" } else { "You are let in to" };
        assert!(told.len() == 1 && told[0].subject().starts_with(wanted), "{applicant:?} {verdict:?}: {told:?}");
    }
}

/// Kills the node so often while several decide about the same people, and looks each time how it is with them. Returns
/// what was decided.
fn under_several_approvers(
    deployment: &Deployment,
    node: &mut Node,
    kills: usize,
    wanted: &[Verdict],
) -> BTreeMap<Applicant, Decision> {
    let mut approvers = approvers(deployment, node.port());
    let (mut decided, mut acknowledged, mut open) = (BTreeMap::new(), 0, 0);
    for _ in 0..kills {
        let applicants: Vec<_> =
            (0..APPLICANTS).map(|_| somebody_waits(deployment, node.port(), &mut approvers[0])).collect();
        let [random] = deployment.random();
        let done = decided_under_load(
            deployment,
            node,
            &mut approvers,
            (&applicants, wanted),
            usize::from(random % ANSWERS) + 1,
        );
        acknowledged += done.len();
        for applicant in &applicants {
            let found = approvers[0].found(node.port(), applicant);
            let told: Vec<_> =
                done.iter().filter(|(whom, _)| whom == applicant).map(|(_, decision)| *decision).collect();
            match (told.as_slice(), found) {
                ([], _) => {}
                ([told], Some(found)) => assert_eq!(*told, found, "{applicant:?} was decided about anew"),
                (several, found) => panic!("{applicant:?} was decided as {several:?} and is {found:?}"),
            }
            stands(deployment, node.port(), applicant, found);
            match found {
                Some(found) => drop(decided.insert(applicant.clone(), found)),
                None => open += 1,
            }
        }
    }
    assert!(acknowledged > 0 && open > 0, "{acknowledged} were decided about, and {open} were not");
    each_was_decided_once(deployment, &decided);
    decided
}

/// All decide about all, each in another order, until the node is killed after so many answers. Returns what was
/// answered as done.
fn decided_under_load(
    deployment: &Deployment,
    node: &mut Node,
    approvers: &mut [Approver],
    (applicants, wanted): (&[Applicant], &[Verdict]),
    answers: usize,
) -> Vec<(Applicant, Decision)> {
    let port = node.port();
    let (told, heard) = mpsc::channel();
    let done = thread::scope(|scope| {
        let deciding: Vec<_> = approvers
            .iter_mut()
            .map(|approver| {
                let (told, [first]) = (told.clone(), deployment.random());
                scope.spawn(move || approver.until_lost(port, applicants, wanted, usize::from(first), &told))
            })
            .collect();
        drop(told);
        assert_eq!(heard.iter().take(answers).count(), answers, "everybody was lost before the kill");
        node.server.kill_9();
        deciding.into_iter().flat_map(|deciding| deciding.join().unwrap()).collect()
    });
    node.server.restart();
    done
}

/// How it is with somebody, as they find it themselves when they sign in.
#[track_caller]
fn stands(deployment: &Deployment, port: u16, applicant: &Applicant, decision: Option<Decision>) {
    let mut walk = Walk::of_person(deployment, applicant.number);
    let page = walk.kept_out(port);
    let shown = |text: &str| {
        let page = page.as_ref().unwrap_or_else(|| panic!("{applicant:?} is in, and {decision:?}"));
        assert!(page.status == 200 && page.text().contains(text), "{decision:?}: {} {}", page.status, page.text());
    };
    let given = |roles: &[&str], site: &str| {
        let kept_out = page.as_ref().map(Response::text);
        assert_eq!(kept_out, None, "{decision:?}");
        let told = walk.told();
        assert_eq!(told.roles, roles, "{decision:?}");
        assert_eq!(told.access, BTreeMap::from([("site".to_owned(), vec![site.to_owned()])]), "{decision:?}");
    };
    match decision {
        None => shown("You are signed in, and still have to be let in"),
        Some((Verdict::Refused, by)) => shown(&format!("No, says {by}.")),
        Some((Verdict::LetIn, by)) => given(&["reader"], &format!("of-{by}")),
        Some((Verdict::Joined, by)) => given(&["owner"], &format!("home-of-{by}")),
    }
}

/// What the audit log says: about each of them one decision, with one user, who is linked once and, where they were let
/// in, was made once; and about nobody else any.
#[track_caller]
fn each_was_decided_once(deployment: &Deployment, decided: &BTreeMap<Applicant, Decision>) {
    let facts = facts(deployment);
    let of = |kind: &str, key: &str, id: &str| {
        facts.iter().filter(|fact| fact["kind"] == kind && fact[key] == id).cloned().collect::<Vec<_>>()
    };
    let about = |kind: &str| facts.iter().filter(|fact| fact["kind"] == kind).count();
    assert_eq!(about("applicant_approved") + about("applicant_refused"), decided.len());
    let mut users = BTreeSet::new();
    for (Applicant { id, .. }, (verdict, _)) in decided {
        if *verdict == Verdict::Refused {
            assert_eq!(of("applicant_refused", "applicant", id).len(), 1, "{id}");
            continue;
        }
        let approved = of("applicant_approved", "applicant", id);
        assert_eq!(approved.len(), 1, "{id}: {approved:?}");
        assert_eq!(approved[0]["merged"], *verdict == Verdict::Joined, "{id}");
        let user = approved[0]["user"].as_str().unwrap();
        assert!(users.insert(user.to_owned()), "{user} is two of those who waited");
        for kind in ["user_created", "identity_linked"] {
            assert_eq!(of(kind, "user", user).len(), 1, "{kind} {user}");
        }
    }
    let let_in = decided.values().filter(|(verdict, _)| *verdict == Verdict::LetIn).count();
    assert_eq!(about("user_created"), let_in + APPROVERS.len() + known_users(), "somebody was made whom nobody let in");
}

fn facts(deployment: &Deployment) -> Vec<Value> {
    let output = deployment.run(&["events", "--config", "vestibule.toml", "--last", "10000", "--format", "json"]);
    let shape: Value = serde_json::from_slice(&output.stdout).unwrap();
    shape["events"].as_array().unwrap().iter().map(|event| event["fact"].clone()).collect()
}

/// The next person comes, and has to wait.
#[track_caller]
fn somebody_waits(deployment: &Deployment, port: u16, approver: &mut Approver) -> Applicant {
    let number = deployment.next_person();
    let room = Walk::of_person(deployment, number).kept_out(port).expect("somebody came in whom nobody knows");
    assert!(room.text().contains("still have to be let in"), "{} {}", room.status, room.text());
    approver.browser.go_through(port);
    let url = format!("{}/waiting?begins={}", ACME.origin(), ACME.person(number).replace('@', "%40"));
    let list = approver.browser.get(&url).unwrap().text();
    let ids: Vec<_> = list.split("href=\"/waiting/").skip(1).filter_map(|rest| rest.get(..36)).collect();
    let ids: Vec<_> = ids.into_iter().filter(|id| !id.contains('"')).collect();
    assert_eq!(ids.len(), 1, "{list}");
    Applicant { number, id: ids[0].to_owned() }
}

/// Somebody who is signed in and decides.
struct Approver {
    number: u32,
    browser: Client,
}

fn approvers(deployment: &Deployment, port: u16) -> Vec<Approver> {
    let url = format!("{}/waiting", ACME.origin());
    APPROVERS.map(|number| Approver { number, browser: signed_in_at(deployment, port, number, &url) }).into()
}

impl Approver {
    /// Decides about one after the other. Tells of each answer, and returns what was done.
    fn until_lost(
        &mut self,
        port: u16,
        applicants: &[Applicant],
        wanted: &[Verdict],
        first: usize,
        told: &Sender<()>,
    ) -> Vec<(Applicant, Decision)> {
        let mut done = Vec::new();
        for turn in first.. {
            let (applicant, verdict) =
                (&applicants[turn % applicants.len()], wanted[(turn + self.number as usize) % wanted.len()]);
            // Whoever listens has heard enough when they are gone.
            match self.decide(port, applicant, verdict, &|| _ = told.send(())) {
                Ok(true) => done.push((applicant.clone(), (verdict, self.number))),
                Ok(false) => {}
                Err(Lost) => break,
            }
        }
        done
    }

    /// Looks at somebody, and decides. False: somebody else was first.
    fn decide(
        &mut self,
        port: u16,
        applicant: &Applicant,
        verdict: Verdict,
        answered: &dyn Fn(),
    ) -> Result<bool, Lost> {
        let page = self.page(port, applicant)?;
        answered();
        if decision(&page).is_some() {
            return Ok(false);
        }
        let (version, site, reason) =
            (version(&page), format!("of-{}", self.number), format!("No, says {}.", self.number));
        let answer = match verdict {
            Verdict::LetIn => self.post(
                port,
                applicant,
                "approve",
                &[("version", &version), ("role", "reader"), ("scope:site", &site)],
            ),
            Verdict::Refused => self.post(port, applicant, "refuse", &[("version", &version), ("reason", &reason)]),
            Verdict::Joined => {
                let both = self.get(&format!(
                    "{}/merge?email={}",
                    page.url,
                    known(applicant.number, self.number).replace('@', "%40")
                ))?;
                answered();
                let Some(form) = both.forms().into_iter().find(|form| form.value("user").is_some()) else {
                    assert_eq!(both.status, 422, "{}", both.text());
                    return Ok(false);
                };
                let user = form.value("user").unwrap().to_owned();
                self.post(port, applicant, "merge", &[("version", &version), ("user", &user)])
            }
        }?;
        answered();
        match answer.status {
            303 => Ok(true),
            // Somebody else was first: the page says who.
            409 if decision(&answer).is_some() => Ok(false),
            other => panic!("{other} {}", answer.text()),
        }
    }

    /// How it is with somebody.
    #[track_caller]
    fn found(&mut self, port: u16, applicant: &Applicant) -> Option<Decision> {
        decision(&self.page(port, applicant).expect("an answer"))
    }

    fn page(&mut self, port: u16, applicant: &Applicant) -> Result<Response, Lost> {
        self.browser.go_through(port);
        let page = self.get(&address(applicant))?;
        assert_eq!(page.status, 200, "{}", page.text());
        Ok(page)
    }

    fn get(&mut self, url: &str) -> Result<Response, Lost> {
        acknowledged(self.browser.get(url))
    }

    fn post(&mut self, port: u16, applicant: &Applicant, what: &str, form: &[(&str, &str)]) -> Result<Response, Lost> {
        self.browser.go_through(port);
        acknowledged(self.browser.post(&format!("{}/{what}", address(applicant)), form))
    }
}

fn address(applicant: &Applicant) -> String {
    format!("{}/waiting/{}", ACME.origin(), applicant.id)
}

/// What was decided, as a page says it to approvers.
#[track_caller]
fn decision(page: &Response) -> Option<Decision> {
    let text = page.text();
    let by = |label: &str| {
        let (_, rest) = text.split_once(&format!("<dt>{label}</dt><dd>Person "))?;
        Some(rest.split(' ').next()?.parse::<u32>().unwrap())
    };
    let is_joined = text.contains("<dt>One with</dt><dd>Known ");
    let found = match (by("Let in by"), by("Not let in by"), is_joined) {
        (None, None, false) => None,
        (Some(by), None, true) => Some((Verdict::Joined, by)),
        (Some(by), None, false) => Some((Verdict::LetIn, by)),
        (None, Some(by), false) => Some((Verdict::Refused, by)),
        _ => panic!("decided by half: {text}"),
    };
    assert_eq!(found.is_none(), text.contains("name=\"version\""), "{text}");
    found
}

#[track_caller]
fn version(page: &Response) -> String {
    let forms = page.forms();
    forms.iter().find_map(|form| form.value("version")).unwrap_or_else(|| panic!("{}", page.text())).to_owned()
}

fn known(number: u32, by: u32) -> String {
    format!("known{number}-{by}@{}.example", ACME.slug)
}

fn known_users() -> usize {
    KNOWN as usize * APPROVERS.len()
}

/// An account that lets in whom its approvers let in, and knows some people by other addresses than Entra does.
fn waiting_room() -> String {
    let slug = ACME.slug;
    let mut text = format!(
        "[[account]]\npath = \"{slug}\"\nname = \"{slug}\"\nsub_domain = \"{slug}\"\nadmission = \"waiting\"\n\
         start = \"direct\"\n"
    );
    for number in APPROVERS {
        let (email, tenant, object) = (ACME.person(number), ACME.tenant, object(number));
        let _ = write!(
            text,
            "[[account.user]]\nemail = \"{email}\"\nconsole_role = \"approver\"\napproves = \"account\"\n\
             identities = [{{ connection = \"entra\", subject = [\"{tenant}\", \"{object}\"] }}]\n"
        );
    }
    for (number, by) in (0..KNOWN).flat_map(|number| APPROVERS.map(|by| (number, by))) {
        let email = known(number, by);
        let _ = write!(
            text,
            "[[account.user]]\nemail = \"{email}\"\ndisplay_name = \"Known {number}\"\n\
             granted = {{ roles = [\"owner\"], scopes = {{ site = [\"home-of-{by}\"] }} }}\n"
        );
    }
    let _ = write!(
        text,
        "[[application]]\nclient_id = \"{CLIENT}\"\nname = \"Orchard\"\nredirect_uris = [\"{CALLBACK}\"]\n\
         secrets = [{{ env = \"ORCHARD_SECRET\" }}]\n\
         roles = [{{ name = \"reader\", title = \"Reads\" }}, {{ name = \"owner\", title = \"Owns\" }}]\n\
         scope_kinds = [{{ kind = \"site\", title = \"Site\" }}]\n"
    );
    text
}

fn kill(node: &mut Node) {
    node.server.kill_9();
    node.server.restart();
}
