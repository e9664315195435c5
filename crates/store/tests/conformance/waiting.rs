//! What is promised of waiting rooms.

use jiff::Timestamp;
use vestibule_domain::account::AccountPath;
use vestibule_domain::grants::{Granted, Grants, Reach, Scopes};
use vestibule_domain::id::ApplicantId;
use vestibule_domain::user::{ConsoleRole, Identity, Profile, Subject};
use vestibule_domain::waiting::{Applicant, ApplicantState, Came, Decided, File, OVER};
use vestibule_store::StoreError;
use vestibule_store::tx::{ApplicantFilter, ApplicantKey, ApplicantOrder, DecideApplicant, UserChange, Waited};

use super::{Fixture, account, account_id, after, connection_id, event, now, seed, unit, user, user_id};

/// When everybody's time is over who began to wait at the start of the test.
fn end() -> Timestamp {
    after(30 * 86_400)
}

pub(crate) fn applicant(n: u16, called: &str) -> Applicant {
    let mut random = [0; 10];
    random[8..].copy_from_slice(&n.to_be_bytes());
    let profile = Profile {
        display_name: Some(called.to_owned()),
        email: Some(format!("a{n}@corp.example").parse().unwrap()),
        ..Profile::default()
    };
    Applicant {
        id: ApplicantId::new(now(), random),
        account: account_id(1),
        came: Some(came(n)),
        state: ApplicantState::Waiting,
        asked_at: after(n.into()),
        expires_at: end(),
        file: File { profile, ..File::default() },
        version: 1,
    }
}

fn came(n: u16) -> Came {
    Came { connection: connection_id(1), subject: Subject::from_text(format!("subject-{n}")) }
}

pub(crate) async fn waits(fixture: &Fixture, applicant: &Applicant) -> Waited {
    let applicant = applicant.clone();
    fixture.write(unit!(|tx| tx.wait(&applicant, now(), Some(now()), 100).await)).await
}

async fn found(fixture: &Fixture, n: u16) -> Option<Applicant> {
    fixture.read(unit!(|tx| tx.applicant_by_subject(account_id(1), &came(n)).await)).await
}

/// An approval as the user of the same number.
pub(crate) fn approval(of: &Applicant, n: u16) -> DecideApplicant {
    let mut applicant = of.clone();
    applicant.state = ApplicantState::Approved;
    applicant.file.user = Some(user_id(n));
    applicant.file.last = Some(Decided { by: user_id(1), at: now() });
    let mut user = user(n, account_id(1));
    user.profile = of.file.profile.clone();
    let came = of.came.clone().unwrap();
    let link = Identity { connection: came.connection, subject: came.subject, user: user.id, linked_at: now() };
    DecideApplicant {
        applicant,
        from: ApplicantState::Waiting,
        mail_at: Some(now()),
        user: UserChange::Insert(user),
        link: Some(link),
    }
}

pub(crate) fn refusal(of: &Applicant) -> DecideApplicant {
    let mut applicant = of.clone();
    applicant.state = ApplicantState::Refused;
    applicant.file.reason = Some("Nobody here knows you.".to_owned());
    DecideApplicant { applicant, from: ApplicantState::Waiting, mail_at: None, user: UserChange::Keep, link: None }
}

/// SC-15: who comes again is the same, with what is known of them now; what an approver sees has another version then.
pub(crate) async fn somebody_waits_once_however_often_they_come(fixture: Fixture) {
    seed(&fixture).await;
    let ada = applicant(1, "Ada Mín");
    assert_eq!(waits(&fixture, &ada).await, Waited::New);
    assert_eq!(found(&fixture, 1).await, Some(ada.clone()));
    let again = Applicant { id: applicant(2, "").id, asked_at: after(500), ..ada.clone() };
    assert_eq!(waits(&fixture, &again).await, Waited::Known(Box::new(ada.clone())), "the first time stands");
    let mut renamed = ada.clone();
    renamed.file.profile.display_name = Some("Ada Byron".to_owned());
    let expected = Applicant { version: 2, ..renamed.clone() };
    assert_eq!(waits(&fixture, &renamed).await, Waited::Known(Box::new(expected.clone())));
    assert_eq!(found(&fixture, 1).await, Some(expected));
}

pub(crate) async fn an_applicant_is_decided_about_once_and_with_all_that_follows(fixture: Fixture) {
    seed(&fixture).await;
    let ada = applicant(1, "Ada");
    waits(&fixture, &ada).await;
    let approval = approval(&ada, 2);
    let (first, again) = (approval.clone(), refusal(&ada));
    assert!(fixture.write(unit!(|tx| tx.decide_applicant(&first, now()).await)).await);
    assert!(!fixture.write(unit!(|tx| tx.decide_applicant(&again, now()).await)).await);
    let expected = Applicant { version: 2, ..approval.applicant };
    assert_eq!(found(&fixture, 1).await, Some(expected.clone()));
    let subject = came(1).subject;
    let known = fixture.read(unit!(|tx| tx.user_by_identity(account_id(1), connection_id(1), &subject).await)).await;
    assert_eq!(known.map(|user| user.id), Some(user_id(2)));
    // It is theirs by their address and by their identity, and told once.
    let of = |n: u16| fixture.store.read::<_, StoreError, _>(unit!(|tx| tx.applicants_of(user_id(n)).await));
    assert_eq!(of(2).await, Ok(vec![expected.clone()]));
    assert_eq!(of(1).await, Ok(vec![]));
    assert_eq!(waits(&fixture, &ada).await, Waited::Known(Box::new(expected)), "a decision stands");
}

pub(crate) async fn who_is_linked_waits_no_longer_and_is_decided_about_no_more(fixture: Fixture) {
    seed(&fixture).await;
    let ada = applicant(1, "Ada");
    waits(&fixture, &ada).await;
    let linked =
        Identity { connection: connection_id(1), subject: came(1).subject, user: user_id(1), linked_at: now() };
    fixture.write(unit!(|tx| tx.link(&linked, &event(1)).await)).await;
    let approval = approval(&ada, 2);
    assert!(!fixture.write(unit!(|tx| tx.decide_applicant(&approval, now()).await)).await);
    assert_eq!(found(&fixture, 1).await, None, "who is somebody waits no longer");
    assert_eq!(fixture.read(unit!(|tx| tx.user(user_id(2)).await)).await, None);
}

pub(crate) async fn nobody_is_decided_about_whose_time_is_over(fixture: Fixture) {
    seed(&fixture).await;
    let ada = applicant(1, "Ada");
    waits(&fixture, &ada).await;
    let approval = approval(&ada, 2);
    assert!(!fixture.write(unit!(|tx| tx.decide_applicant(&approval, end()).await)).await);
    assert_eq!(fixture.write(unit!(|tx| tx.sweep(after(60), 10).await)).await, 0);
    // Kept until they are told, or two days.
    assert_eq!(fixture.write(unit!(|tx| tx.sweep(end(), 10).await)).await, 0);
    let over = |at| fixture.store.read::<_, StoreError, _>(unit!(|tx| tx.applicants_over(at, 10).await));
    assert_eq!((over(after(60)).await, over(end()).await), (Ok(vec![]), Ok(vec![ada.clone()])));
    let other = Applicant { version: ada.version + 1, ..ada.clone() };
    fixture.write(unit!(|tx| tx.forget_applicant(&other).await)).await;
    assert!(found(&fixture, 1).await.is_some(), "somebody has decided meanwhile");
    assert_eq!(fixture.write(unit!(|tx| tx.sweep(end() + OVER, 10).await)).await, 1);
    assert_eq!(found(&fixture, 1).await, None);
    waits(&fixture, &ada).await;
    fixture.write(unit!(|tx| tx.forget_applicant(&ada).await)).await;
    assert_eq!(found(&fixture, 1).await, None);
}

/// Whoever was refused asks anew when that is forgotten, and whoever was approved when the user is theirs no more.
pub(crate) async fn what_no_longer_stands_begins_anew(fixture: Fixture) {
    seed(&fixture).await;
    let ada = applicant(1, "Ada");
    waits(&fixture, &ada).await;
    let refusal = refusal(&ada);
    assert!(fixture.write(unit!(|tx| tx.decide_applicant(&refusal, now()).await)).await);
    assert!(matches!(waits(&fixture, &ada).await, Waited::Known(known) if known.state == ApplicantState::Refused));
    let anew = Applicant { id: applicant(2, "").id, expires_at: after(60 * 86_400), ..ada.clone() };
    let later = anew.clone();
    assert_eq!(fixture.write(unit!(|tx| tx.wait(&later, end(), None, 100).await)).await, Waited::New);
    assert_eq!(found(&fixture, 1).await, Some(anew));
    let bert = applicant(3, "Bert");
    waits(&fixture, &bert).await;
    let mut approval = approval(&bert, 3);
    approval.link = None;
    assert!(fixture.write(unit!(|tx| tx.decide_applicant(&approval, now()).await)).await);
    assert_eq!(waits(&fixture, &bert).await, Waited::New);
}

pub(crate) async fn applicants_are_listed_page_by_page_in_each_order(fixture: Fixture) {
    seed(&fixture).await;
    for (n, called) in [(1, "Zoë"), (2, "adam"), (3, "Ada"), (4, "Bert"), (5, "Ada")] {
        waits(&fixture, &applicant(n, called)).await;
    }
    let page = async |order, begins: &str, after: Option<ApplicantKey>, limit| {
        let filter = ApplicantFilter {
            account: account_id(1),
            state: ApplicantState::Waiting,
            order,
            begins: begins.to_owned(),
            after,
            limit,
        };
        fixture.read(unit!(|tx| tx.applicants(&filter).await)).await
    };
    let numbers = |page: &[Applicant]| -> Vec<u8> { page.iter().map(|one| one.id.bytes()[15]).collect() };
    for (order, expected) in [
        (ApplicantOrder::Oldest, [1, 2, 3, 4, 5]),
        (ApplicantOrder::Newest, [5, 4, 3, 2, 1]),
        (ApplicantOrder::Name, [3, 5, 2, 4, 1]),
        (ApplicantOrder::Email, [1, 2, 3, 4, 5]),
    ] {
        let first = page(order, "", None, 2).await;
        assert_eq!(numbers(&first), expected[..2], "{order:?}");
        let rest = page(order, "", Some(order.key(&first[1])), 9).await;
        assert_eq!(numbers(&rest), expected[2..], "{order:?}");
    }
    assert_eq!(numbers(&page(ApplicantOrder::Name, "ada", None, 9).await), [3, 5, 2]);
    assert_eq!(numbers(&page(ApplicantOrder::Email, "a4@", None, 9).await), [4]);
    assert!(page(ApplicantOrder::Name, "c", None, 9).await.is_empty());
}

pub(crate) async fn accounts_with_somebody_who_waits_are_found_below_a_path(fixture: Fixture) {
    seed(&fixture).await;
    let at = |n: u16, path: &str| {
        let mut account = account(n);
        account.path = AccountPath::parse(path).unwrap();
        account
    };
    let accounts = [at(2, "north"), at(3, "north/mill"), at(4, "northern"), at(5, "north/bakery")];
    fixture
        .write(unit!(|tx| {
            for (n, account) in (1..).zip(&accounts) {
                tx.save_account(account, &event(n)).await?;
            }
            Ok(())
        }))
        .await;
    for n in [1, 3, 4] {
        waits(&fixture, &Applicant { account: account_id(n), ..applicant(n, "Ada") }).await;
    }
    let places = async |path: &str| -> Vec<String> {
        let path = AccountPath::parse(path).unwrap();
        let found = fixture.read(unit!(|tx| tx.waiting_places(&path, 10).await)).await;
        found.into_iter().map(|place| place.path.to_string()).collect()
    };
    assert_eq!(places("north").await, ["north/mill"]);
    assert_eq!(places("").await, ["acme-1", "north/mill", "northern"]);
    assert_eq!(places("north/bakery").await, [] as [&str; 0]);
}

pub(crate) async fn a_mail_is_due_until_it_is_sent_or_somebody_decides(fixture: Fixture) {
    seed(&fixture).await;
    let ada = applicant(1, "Ada");
    waits(&fixture, &ada).await;
    let due = async |at| {
        let due = fixture.read(unit!(|tx| tx.applicant_mails(at, 10).await)).await;
        assert_eq!(fixture.read(unit!(|tx| tx.are_applicants_due(at).await)).await, !due.is_empty());
        due
    };
    assert_eq!(due(now()).await, std::slice::from_ref(&ada));
    let mut failed = ada.clone();
    failed.file.unsent = 1;
    let tried = failed.clone();
    assert!(fixture.write(unit!(|tx| tx.applicant_mailed(&tried, Some(after(60))).await)).await);
    assert!(due(now()).await.is_empty());
    assert_eq!(due(after(60)).await, [failed]);
    let approval = approval(&ada, 2);
    assert!(fixture.write(unit!(|tx| tx.decide_applicant(&approval, now()).await)).await, "its version is the same");
    let late = ada.clone();
    assert!(!fixture.write(unit!(|tx| tx.applicant_mailed(&late, None).await)).await, "the next mail is another one");
    let next = due(now()).await.remove(0);
    assert_eq!(next.state, ApplicantState::Approved);
    assert!(fixture.write(unit!(|tx| tx.applicant_mailed(&next, None).await)).await);
    assert!(due(end()).await.is_empty());
}

/// SC-17: whoever is asked for is a user at once, or waits for the second step, and may be found by their address.
pub(crate) async fn somebody_is_asked_for_with_the_user_that_they_become(fixture: Fixture) {
    seed(&fixture).await;
    let of_connection = applicant(1, "Ada");
    let mut asked = approval(&of_connection, 2);
    asked.applicant.came = None;
    asked.link = None;
    let wanted = asked.clone();
    let before = fixture
        .write(unit!(|tx| {
            let before = tx.namesakes(account_id(1), "a1@corp.example").await?;
            assert!(tx.ask_for(&wanted, 100).await?);
            Ok(before)
        }))
        .await;
    assert!(before.is_empty());
    let id = asked.applicant.id;
    assert_eq!(fixture.read(unit!(|tx| tx.applicant(id).await)).await, Some(asked.applicant));
    let namesakes = fixture.write(unit!(|tx| tx.namesakes(account_id(1), "a1@corp.example").await)).await;
    assert_eq!(namesakes.iter().map(|user| user.id).collect::<Vec<_>>(), [user_id(2)]);
}

pub(crate) async fn grants_are_kept_with_their_person(fixture: Fixture) {
    seed(&fixture).await;
    let berlin = Scopes::new([("site".to_owned(), ["berlin".to_owned()].into())].into()).unwrap();
    let mut approver = user(2, account_id(1));
    approver.console_role = Some(ConsoleRole::Approver);
    approver.grants = Grants {
        granted: Granted { roles: ["reader".to_owned()].into(), scopes: Some(berlin.clone()) },
        approves: Some(Reach::Scopes(berlin)),
    };
    let wanted = approver.clone();
    fixture.write(unit!(|tx| tx.insert_user(&wanted, &event(1)).await)).await;
    let people = fixture.read(unit!(|tx| tx.people_with_roles(account_id(1), 10).await)).await;
    assert_eq!(people, [approver.clone()], "whoever has no role is not among them");
    approver.grants.approves = Some(Reach::Account);
    let changed = approver.clone();
    fixture.write(unit!(|tx| tx.save_user(&changed, &event(2)).await)).await;
    approver.version = 2;
    assert_eq!(fixture.read(unit!(|tx| tx.user(user_id(2)).await)).await, Some(approver));
}

pub(crate) async fn a_removed_connections_applicants_are_gone(fixture: Fixture) {
    seed(&fixture).await;
    waits(&fixture, &applicant(1, "Ada")).await;
    assert!(fixture.write(unit!(|tx| tx.remove_connection(connection_id(1), &event(1)).await)).await);
    assert_eq!(found(&fixture, 1).await, None);
}

pub(crate) async fn a_waiting_room_has_an_end(fixture: Fixture) {
    seed(&fixture).await;
    let waits = async |n: u16| {
        let applicant = applicant(n, "Ada");
        fixture.write(unit!(|tx| tx.wait(&applicant, now(), None, 2).await)).await
    };
    assert_eq!((waits(1).await, waits(2).await), (Waited::New, Waited::New));
    assert_eq!(waits(3).await, Waited::Full);
    assert!(matches!(waits(2).await, Waited::Known(_)), "who is in stays in");
}
