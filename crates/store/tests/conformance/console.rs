//! What is promised of the lists and counts of the console.

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::event::Fact;
use vestibule_domain::user::{Identity, Subject, User, UserState};
use vestibule_store::tx::{
    AccountFilter, ConnectionFilter, DayCount, GroupFilter, HourCount, SignInOutcome, UserFilter, UserOrder,
    WaitingCount,
};

use super::waiting::{applicant, waits};
use super::{
    Fixture, account, account_id, attempt_id, connection, connection_id, event, event_of, now, seed, session_id, unit,
    user, user_id,
};

fn path(text: &str) -> AccountPath {
    AccountPath::parse(text).unwrap()
}

/// `acme-1` has `acme-1/east` and `acme-1/west` below it, and a neighbour `acme-1-b` of a longer name.
async fn tree(fixture: &Fixture) {
    seed(fixture).await;
    for (n, at, name) in [(20, "acme-1/east", "The Mill"), (21, "acme-1/west", "West"), (22, "acme-1-b", "Neighbour")] {
        let mut below = account(n);
        below.path = path(at);
        below.name = name.to_owned();
        below.parent = (n < 22).then(|| account_id(1));
        fixture.write(unit!(|tx| tx.save_account(&below, &event(50_000 + n)).await)).await;
    }
}

async fn ends(fixture: &Fixture, n: u16, of: u16, fact: Fact) {
    let event = event_of(n, Some(account_id(of)), fact);
    fixture.write(unit!(|tx| tx.insert_event(&event).await)).await;
}

pub(crate) async fn sign_ins_are_counted_by_day_in_an_account_and_above_it(fixture: Fixture) {
    tree(&fixture).await;
    let (attempt, connection, session) = (attempt_id(1), connection_id(1), session_id(1));
    for n in 0..6 {
        ends(&fixture, 50_100 + n, 20, Fact::SignedIn { attempt, connection, user: None, session }).await;
    }
    ends(&fixture, 50_110, 21, Fact::SignedInByPassword { user: user_id(1), session }).await;
    ends(&fixture, 50_111, 1, Fact::NotAdmitted { attempt, connection, code: "x".to_owned() }).await;
    let refused = Fact::AnswerRefused { attempt: None, connection, code: "x".to_owned() };
    ends(&fixture, 50_112, 21, refused).await;
    ends(&fixture, 50_113, 21, Fact::PasswordSet { user: user_id(1) }).await;
    let counts = |of: u16, until: Timestamp| fixture.read(unit!(|tx| tx.sign_in_counts(account_id(of), until).await));
    let day = now().as_second() / 86_400;
    let count = |outcome, number| DayCount { day, outcome, number };
    let (signed_in, refused) = (SignInOutcome::SignedIn, SignInOutcome::Refused);
    assert_eq!(counts(20, now()).await, [count(signed_in, 6)]);
    assert_eq!(counts(21, now()).await, [count(refused, 1), count(signed_in, 1)]);
    let all = [count(SignInOutcome::NotAdmitted, 1), count(refused, 1), count(signed_in, 7)];
    assert_eq!(counts(1, now()).await, all);
    assert_eq!(counts(22, now()).await, [], "a neighbour");
    let days = |days: i64| now() + SignedDuration::from_hours(24 * days);
    assert_eq!(counts(1, days(13)).await, all);
    assert_eq!(counts(1, days(14)).await, [], "over");
    let swept = fixture.write(unit!(|tx| tx.sweep(days(34), 100).await)).await;
    let left = counts(1, now()).await;
    assert_eq!(left, all, "{swept} of other kinds");
    fixture.write(unit!(|tx| tx.sweep(days(40), 100).await)).await;
    assert_eq!(counts(1, now()).await, []);
}

pub(crate) async fn accounts_are_listed_in_the_order_of_the_tree_and_found_by_name_and_path(fixture: Fixture) {
    tree(&fixture).await;
    let find = |within: &str, text: &str, after: Option<&str>, limit: u32| {
        let filter = AccountFilter { within: path(within), text: text.to_owned(), after: after.map(path), limit };
        let found = fixture.read(unit!(|tx| tx.accounts_within(&filter).await));
        async move { found.await.into_iter().map(|account| account.path.to_string()).collect::<Vec<_>>() }
    };
    assert_eq!(find("acme-1", "", None, 9).await, ["acme-1", "acme-1/east", "acme-1/west"]);
    assert_eq!(find("acme-1", "", None, 2).await, ["acme-1", "acme-1/east"]);
    assert_eq!(find("acme-1", "", Some("acme-1/east"), 2).await, ["acme-1/west"]);
    assert_eq!(find("", "the mill", None, 9).await, ["acme-1/east"]);
    assert_eq!(find("", "EAST", None, 9).await, ["acme-1/east"]);
    assert_eq!(find("acme-1/west", "east", None, 9).await, [""; 0]);
    assert_eq!(find("", "%", None, 9).await, [""; 0], "it stands for nothing else");
    let below = fixture.read(unit!(|tx| tx.accounts_below(account_id(1), None, 1).await)).await;
    assert_eq!(below.iter().map(|it| it.path.to_string()).collect::<Vec<_>>(), ["acme-1/east"]);
    let first = below[0].path.clone();
    let next = fixture.read(unit!(|tx| tx.accounts_below(account_id(1), Some(&first), 9).await)).await;
    assert_eq!(next.iter().map(|it| it.path.to_string()).collect::<Vec<_>>(), ["acme-1/west"]);
}

async fn connections(fixture: &Fixture) {
    tree(fixture).await;
    for (n, of) in [(20, 20), (21, 20), (22, 21), (23, 22)] {
        let mut it = connection(n, account_id(of));
        it.state = if n == 21 { ConnectionState::Active } else { ConnectionState::Draft };
        fixture.write(unit!(|tx| tx.save_connection(&it, &event(50_200 + n)).await)).await;
    }
}

pub(crate) async fn connections_are_listed_page_by_page_and_by_what_they_need(fixture: Fixture) {
    connections(&fixture).await;
    let all = ConnectionFilter {
        within: path("acme-1"),
        state: None,
        attention: None,
        text: String::new(),
        after: None,
        limit: 9,
    };
    let find = |filter: ConnectionFilter| {
        let found = fixture.read(unit!(|tx| tx.connections_within(&filter).await));
        async move { found.await.into_iter().map(|it| it.connection.name.to_string()).collect::<Vec<_>>() }
    };
    let listed = find(all.clone()).await;
    assert!(listed.ends_with(&["entra-20".to_owned(), "entra-21".to_owned(), "entra-22".to_owned()]), "{listed:?}");
    assert!(!listed.contains(&"entra-23".to_owned()), "a neighbour's");
    let after = Some((path("acme-1/east"), "entra-20".parse().unwrap()));
    assert_eq!(find(ConnectionFilter { after, ..all.clone() }).await, ["entra-21", "entra-22"]);
    let state = Some(ConnectionState::Active);
    assert_eq!(find(ConnectionFilter { state, within: path("acme-1/east"), ..all.clone() }).await, ["entra-21"]);
    let text = "mill".to_owned();
    assert_eq!(find(ConnectionFilter { text, ..all.clone() }).await, ["entra-20", "entra-21"]);
    let west = ConnectionFilter { within: path("acme-1/west"), attention: Some(now()), ..all };
    assert_eq!(find(west).await, ["entra-22"], "what lacks something needs somebody");
}

pub(crate) async fn the_connections_that_need_somebody_come_by_how_many_people_they_serve(fixture: Fixture) {
    connections(&fixture).await;
    let person = user(30, account_id(21));
    fixture.write(unit!(|tx| tx.insert_user(&person, &event(50_300)).await)).await;
    let identity = Identity {
        connection: connection_id(22),
        subject: Subject::from_text("west"),
        user: user_id(30),
        linked_at: now(),
    };
    let linked = identity.clone();
    fixture.write(unit!(|tx| tx.link(&linked, &event(50_301)).await)).await;
    let needs = |within: &str, limit| {
        let within = path(within);
        let found = fixture.read(unit!(|tx| tx.connections_in_need(&within, now(), limit).await));
        async move { found.await.into_iter().map(|it| (it.connection.id, it.people)).collect::<Vec<_>>() }
    };
    assert_eq!(needs("acme-1", 1).await, [(connection_id(22), 1)]);
    assert_eq!(needs("acme-1/east", 9).await, [(connection_id(20), 0), (connection_id(21), 0)]);
    let unlinked = identity.subject.clone();
    let unlink = unit!(|tx| tx.unlink(user_id(30), connection_id(22), &unlinked, &event(50_302)).await);
    assert!(fixture.write(unlink).await);
    assert_eq!(needs("acme-1/west", 9).await, [(connection_id(22), 0)]);
    // Their certificates cannot be read, so none of them ends.
    let (root, year) = (AccountPath::ROOT, AccountPath::ROOT);
    assert_eq!(fixture.read(unit!(|tx| tx.ending_certificates(&root, now(), 9).await)).await, []);
    assert_eq!(fixture.read(unit!(|tx| tx.certificates_by_month(&year, now()).await)).await, [0; 12]);
}

pub(crate) async fn people_who_wait_are_counted_by_account(fixture: Fixture) {
    tree(&fixture).await;
    for n in 1..=3 {
        waits(&fixture, &applicant(n, "Ada")).await;
    }
    let counted = |within: &str| {
        let within = path(within);
        fixture.read(unit!(|tx| tx.waiting_counts(&within, 9).await))
    };
    let name = account(1).name;
    assert_eq!(counted("").await, [WaitingCount { path: path("acme-1"), name, people: 3 }]);
    assert_eq!(counted("acme-1/east").await, []);
}

pub(crate) async fn people_are_listed_by_name_address_and_age_page_by_page(fixture: Fixture) {
    tree(&fixture).await;
    let mut people: Vec<User> = (40..44).map(|n| user(n, account_id(21))).collect();
    for (person, name) in people.iter_mut().zip(["Dora", "carl", "Berta", "Änne"]) {
        person.profile.display_name = Some(name.to_owned());
    }
    people[1].state = UserState::Suspended;
    for (n, person) in people.clone().into_iter().enumerate() {
        let n = 50_400 + u16::try_from(n).unwrap();
        fixture.write(unit!(|tx| tx.insert_user(&person, &event(n)).await)).await;
    }
    let all = UserFilter {
        account: account_id(21),
        order: UserOrder::Name,
        begins: String::new(),
        state: None,
        connection: None,
        group: None,
        after: None,
        limit: 9,
    };
    let find = |filter: UserFilter| {
        let found = fixture.read(unit!(|tx| tx.users_listed(&filter).await));
        async move { found.await.into_iter().map(|it| it.profile.display_name.unwrap()).collect::<Vec<_>>() }
    };
    assert_eq!(find(all.clone()).await, ["Berta", "carl", "Dora", "Änne"]);
    let after = Some(UserOrder::Name.key(&people[1]));
    assert_eq!(find(UserFilter { after, limit: 1, ..all.clone() }).await, ["Dora"]);
    assert_eq!(find(UserFilter { begins: "be".to_owned(), ..all.clone() }).await, ["Berta"]);
    let suspended = UserFilter { state: Some(UserState::Suspended), order: UserOrder::Email, ..all.clone() };
    assert_eq!(find(suspended).await, ["carl"]);
    let email = UserFilter { order: UserOrder::Email, begins: "ada.4".to_owned(), ..all.clone() };
    assert_eq!(find(email).await, ["Dora", "carl", "Berta", "Änne"]);
    let newest = UserFilter { order: UserOrder::Newest, limit: 2, ..all.clone() };
    assert_eq!(find(newest.clone()).await, ["Änne", "Berta"]);
    let after = Some(UserOrder::Newest.key(&people[2]));
    assert_eq!(find(UserFilter { after, ..newest }).await, ["carl", "Dora"]);
    let linked = UserFilter { connection: Some(connection_id(1)), ..all };
    assert_eq!(find(linked).await, [""; 0], "nobody of theirs comes by it");
    let within = AccountPath::ROOT;
    let found = fixture.read(unit!(|tx| tx.users_by_address_within(&within, "ada.42@corp.example", 9).await)).await;
    assert_eq!(found, [(people[2].clone(), path("acme-1/west"))]);
    let beside = path("acme-1-b");
    let found = fixture.read(unit!(|tx| tx.users_by_address_within(&beside, "ada.42@corp.example", 9).await)).await;
    assert_eq!(found, []);
}

pub(crate) async fn sign_ins_are_counted_by_hour_beside_the_day(fixture: Fixture) {
    tree(&fixture).await;
    let (attempt, connection, session) = (attempt_id(1), connection_id(1), session_id(1));
    let hours = |hours: i64| now() + SignedDuration::from_hours(hours);
    for (n, at) in [(50_700, now()), (50_701, now()), (50_702, hours(1)), (50_703, hours(23))] {
        let fact = Fact::SignedIn { attempt, connection, user: None, session };
        let event = vestibule_domain::event::AuditEvent { at, ..event_of(n, Some(account_id(20)), fact) };
        fixture.write(unit!(|tx| tx.insert_event(&event).await)).await;
    }
    let first = now().as_second() / 3_600;
    let count = |after: i64, number| HourCount { hour: first + after, outcome: SignInOutcome::SignedIn, number };
    let seen = |of: u16, until: Timestamp| fixture.read(unit!(|tx| tx.sign_ins_by_hour(account_id(of), until).await));
    let all = [count(0, 2), count(1, 1), count(23, 1)];
    assert_eq!(seen(20, hours(23)).await, all);
    assert_eq!(seen(1, hours(47)).await, all, "above it too");
    assert_eq!(seen(20, hours(48)).await, all[1..], "the first is over");
    assert_eq!(seen(20, now()).await, all[..1]);
    assert_eq!(seen(22, hours(23)).await, [], "a neighbour");
}

pub(crate) async fn groups_are_listed_by_name_with_who_is_in_them(fixture: Fixture) {
    tree(&fixture).await;
    let mut people: Vec<User> = (50..53).map(|n| user(n, account_id(21))).collect();
    for (person, groups) in people.iter_mut().zip([&["B", "a"][..], &["B", "B", ""], &[]]) {
        person.profile.groups = groups.iter().map(|&group| group.to_owned()).collect();
    }
    for (n, person) in (50_800..).zip(people.clone()) {
        fixture.write(unit!(|tx| tx.insert_user(&person, &event(n)).await)).await;
    }
    let all = GroupFilter { account: account_id(21), begins: String::new(), after: None, limit: 9 };
    let find = |filter: GroupFilter| {
        let found = fixture.read(unit!(|tx| tx.groups_listed(&filter).await));
        async move { found.await.into_iter().map(|it| (it.name, it.people)).collect::<Vec<_>>() }
    };
    let pair = |name: &str, people| (name.to_owned(), people);
    assert_eq!(find(all.clone()).await, [pair("B", 2), pair("a", 1)]);
    assert_eq!(find(GroupFilter { limit: 1, ..all.clone() }).await, [pair("B", 2)]);
    assert_eq!(find(GroupFilter { after: Some("B".to_owned()), ..all.clone() }).await, [pair("a", 1)]);
    assert_eq!(find(GroupFilter { begins: "a".to_owned(), ..all.clone() }).await, [pair("a", 1)]);
    assert_eq!(find(GroupFilter { account: account_id(20), ..all.clone() }).await, []);
    let within = UserFilter {
        account: account_id(21),
        order: UserOrder::Name,
        begins: String::new(),
        state: None,
        connection: None,
        group: Some("B".to_owned()),
        after: None,
        limit: 9,
    };
    let who = |filter: UserFilter| {
        let found = fixture.read(unit!(|tx| tx.users_listed(&filter).await));
        async move { found.await.into_iter().map(|it| it.id).collect::<Vec<_>>() }
    };
    assert_eq!(who(within.clone()).await, [user_id(51), user_id(50)], "the latest first");
    let after = Some(UserOrder::Newest.key(&people[1]));
    assert_eq!(who(UserFilter { after, ..within.clone() }).await, [user_id(50)]);
    assert_eq!(who(UserFilter { state: Some(UserState::Suspended), ..within.clone() }).await, []);
    // Whoever leaves a group is in it no more, and nobody is in one that is forgotten.
    let mut moved = people[0].clone();
    moved.profile.groups = vec!["c".to_owned()];
    fixture.write(unit!(|tx| tx.save_user(&moved, &event(50_810)).await)).await;
    assert_eq!(find(all.clone()).await, [pair("B", 1), pair("c", 1)]);
    fixture.write(unit!(|tx| tx.erase_user(user_id(51), &event(50_812)).await)).await;
    assert_eq!(find(all).await, [pair("c", 1)]);
}

pub(crate) async fn what_was_there_before_is_filled_in(fixture: Fixture) {
    connections(&fixture).await;
    // What is written by this program lacks nothing.
    assert_eq!(fixture.write(unit!(|tx| tx.fill_in_lists(9).await)).await, 0);
}
