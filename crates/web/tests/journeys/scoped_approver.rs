//! What an approver of a site sees of those who asked for another one: nothing.

use std::collections::BTreeSet;

use http::StatusCode;
use vestibule_domain::grants::Reach;
use vestibule_domain::user::ConsoleRole;
use vestibule_domain::waiting::{Applicant, ApplicantState};
use vestibule_journeys::waiting::PAGE;

use crate::support::{Browser, Seen, World};
use crate::waiting_scene::{offer_roles_and_sites, sites, somebody, waits};

/// More than a page of them.
const OTHERS: u32 = PAGE + 15;

/// Who asked for `paris`, with some of `berlin` before, between and behind them, in every order of the list.
struct Crowd {
    world: World,
    others: Vec<Applicant>,
    own: BTreeSet<String>,
}

impl Crowd {
    async fn new(state: ApplicantState) -> Self {
        let world = World::new().await;
        offer_roles_and_sites(&world).await;
        let (mut others, mut own) = (Vec::new(), BTreeSet::new());
        for number in 0..OTHERS {
            if [0, 30, OTHERS - 1].contains(&number) {
                let (name, email) = (format!("Pa{number:03}a Berliner"), format!("pa{number:03}a@acme.example"));
                let scopes = Some(sites(&["berlin", "paris"]));
                own.insert(waits(&world, world.acme.account, &name, &email, state, scopes).await.id.to_string());
            }
            let (name, email) = (format!("Pa{number:03}b Veiled"), format!("pa{number:03}b@secret.example"));
            let scopes = Some(sites(&["paris"]));
            others.push(waits(&world, world.acme.account, &name, &email, state, scopes).await);
            world.pass(jiff::SignedDuration::from_secs(1));
        }
        Self { world, others, own }
    }

    async fn approver(&self, reach: Reach) -> Browser {
        let (role, email) = (Some(ConsoleRole::Approver), "bert@acme.example");
        somebody(&self.world, &self.world.acme, email, role, Some(reach)).await.0
    }

    /// Every page of a list: each with the address of the next.
    async fn pages(&self, browser: &mut Browser, query: &str) -> Vec<(Seen, Option<String>)> {
        let (mut pages, mut next) = (Vec::new(), Some(format!("/waiting?{query}")));
        while let Some(path) = next {
            let seen = browser.get(&format!("{}{path}", self.world.acme.origin)).await;
            assert_eq!(seen.status, StatusCode::OK, "{path}");
            next = next_of(&seen);
            pages.push((seen, next.clone()));
            assert!(pages.len() < 10, "{query}: it never ends");
        }
        pages
    }
}

fn next_of(seen: &Seen) -> Option<String> {
    let before = seen.body.split("\" rel=\"next\"").next().filter(|before| before.len() < seen.body.len())?;
    Some(before.rsplit("href=\"").next().unwrap().replace("&#38;", "&").replace("&amp;", "&"))
}

/// The ids that a page leads to.
fn ids(seen: &Seen) -> Vec<String> {
    let links = seen.body.split("href=\"/waiting/").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|id| id.len() == 36).map(str::to_owned).collect()
}

/// SC-17: an approver of a site goes through a list in which more than a page of people asked for another one. Neither a
/// page nor the address of the next one has a name or an address of them, and their own people are all there, each once.
#[tokio::test]
async fn neither_a_page_nor_the_address_of_the_next_one_tells_who_asked_for_another_site() {
    for state in [ApplicantState::SecondStep, ApplicantState::Approved, ApplicantState::Refused] {
        let crowd = Crowd::new(state).await;
        let mut bert = crowd.approver(Reach::Scopes(sites(&["berlin"]))).await;
        for order in ["oldest", "newest", "name", "email"] {
            let query = format!("state={}&order={order}", state.name());
            let pages = crowd.pages(&mut bert, &query).await;
            assert_eq!(pages.len(), 2, "{query}");
            let found: Vec<String> = pages.iter().flat_map(|(seen, _)| ids(seen)).collect();
            assert_eq!(found.len(), crowd.own.len(), "{query}: {found:?}");
            assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), crowd.own, "{query}");
            for (seen, next) in &pages {
                let told = format!("{}\n{}", seen.body, next.as_deref().unwrap_or_default()).to_lowercase();
                for telling in ["veiled", "secret", "b%40", "b+v", "b%20v"] {
                    assert!(!told.contains(telling), "{query}: {telling:?} in {told}");
                }
            }
        }
        for other in [crowd.others.first(), crowd.others.last()].into_iter().flatten() {
            let one = bert.get(&format!("{}/waiting/{}", crowd.world.acme.origin, other.id)).await;
            assert_eq!(one.status, StatusCode::NOT_FOUND);
            assert!(!one.body.contains("Veiled"));
        }
    }
}

/// SC-17: to look for the beginning of a name or an address of somebody else's people finds nobody.
#[tokio::test]
async fn looking_for_the_beginning_of_a_name_finds_nobody_of_another_site() {
    let crowd = Crowd::new(ApplicantState::SecondStep).await;
    let mut bert = crowd.approver(Reach::Scopes(sites(&["berlin"]))).await;
    for (begins, wanted) in [("pa007b", 0), ("pa007b%40secret", 0), ("pa030", 1), ("pa", 3)] {
        let pages = crowd.pages(&mut bert, &format!("state=second_step&begins={begins}")).await;
        let found: usize = pages.iter().map(|(seen, _)| ids(seen).len()).sum();
        assert_eq!(found, wanted, "{begins}");
        assert!(pages.iter().all(|(seen, _)| !seen.body.contains("Veiled")), "{begins}");
    }
}

/// The other side of the promise: who may let in the whole account goes through all of them, each once.
#[tokio::test]
async fn an_approver_of_the_account_goes_through_everybody() {
    let crowd = Crowd::new(ApplicantState::SecondStep).await;
    let mut bert = crowd.approver(Reach::Account).await;
    for order in ["oldest", "newest", "name", "email"] {
        let pages = crowd.pages(&mut bert, &format!("state=second_step&order={order}")).await;
        let found: BTreeSet<String> = pages.iter().flat_map(|(seen, _)| ids(seen)).collect();
        let all = crowd.others.iter().map(|other| other.id.to_string()).chain(crowd.own.iter().cloned());
        assert_eq!(found, all.collect::<BTreeSet<_>>(), "{order}");
    }
}
