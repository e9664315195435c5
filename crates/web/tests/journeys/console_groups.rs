//! What the console tells of an account's groups, of the words of its mails, and of sign-ins hour by hour.

use std::collections::BTreeSet;

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::user::ConsoleRole;
use vestibule_journeys::mails::MailText;

use crate::support::{ADA, BASE, Browser, Seen, World};
use crate::waiting_scene::{platform, somebody};

const ADMIN: Option<ConsoleRole> = Some(ConsoleRole::AccountAdmin);

async fn max(world: &World) -> Browser {
    somebody(world, &world.acme, "max@acme.example", ADMIN, None).await.0
}

async fn in_groups(world: &World, email: &str, groups: &[&str]) {
    let id = world.add_user(&world.acme, email, None).await;
    let mut user = world.users(&world.acme).await.into_iter().find(|user| user.id == id).unwrap();
    user.profile.groups = groups.iter().map(|&group| group.to_owned()).collect();
    world.save_user(&user).await;
}

#[track_caller]
fn lacks(seen: &Seen, text: &str) {
    assert!(!seen.body.contains(text), "{text:?} is on the page:\n{}", seen.body);
}

/// Each group with how many are in it, and who they are one link further; whoever leaves one is in it no more.
#[tokio::test]
async fn groups_are_listed_with_who_is_in_them() {
    let world = World::new().await;
    let mut max = max(&world).await;
    let url = format!("{}/console/groups", world.acme.origin);
    max.get(&url).await.shows(StatusCode::OK, "Nobody here is in a group.");
    in_groups(&world, "berta@acme.example", &["Berlin", "Sales & Co"]).await;
    in_groups(&world, "carl@acme.example", &["Sales & Co", "Sales & Co"]).await;
    let page = max.get(&url).await;
    page.shows(StatusCode::OK, ">Sales &#38; Co</a></th><td class=\"number\">2</td>");
    page.shows(StatusCode::OK, ">Berlin</a></th><td class=\"number\">1</td>");
    let begun = max.get(&format!("{url}?begins=Sa")).await;
    begun.shows(StatusCode::OK, "Sales");
    lacks(&begun, "Berlin");
    let of = format!("{}/console/users?account=acme&group=Berlin", world.acme.origin);
    let people = max.get(&of).await;
    people.shows(StatusCode::OK, "berta@acme.example");
    lacks(&people, "carl@acme.example");
    let mut carl = world
        .users(&world.acme)
        .await
        .into_iter()
        .find(|it| it.profile.groups.len() == 2 && it.profile.groups[0] == "Sales & Co")
        .unwrap();
    carl.profile.groups = vec!["Berlin".to_owned()];
    world.save_user(&carl).await;
    max.get(&of).await.shows(StatusCode::OK, "carl@acme.example");
    max.get(&url).await.shows(StatusCode::OK, ">Sales &#38; Co</a></th><td class=\"number\">1</td>");
}

/// Pages follow one another by name.
#[tokio::test]
async fn groups_come_page_by_page() {
    let world = World::new().await;
    let mut max = max(&world).await;
    let names: Vec<String> = (0..60).map(|n| format!("group-{n:02}")).collect();
    in_groups(&world, "berta@acme.example", &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let page = max.get(&format!("{}/console/groups", world.acme.origin)).await;
    page.shows(StatusCode::OK, "group-49");
    lacks(&page, ">group-50<");
    let next = page.body.split("after=group-49").next().unwrap();
    let next = format!("{}after=group-49", &next[next.rfind("/console/groups").unwrap()..]).replace("&#38;", "&");
    let rest = max.get(&format!("{}{next}", world.acme.origin)).await;
    rest.shows(StatusCode::OK, "group-59");
    lacks(&rest, ">group-49<");
}

/// Support sees which groups there are and how many are in them, and not who; an approver sees none, nobody another
/// account's.
#[tokio::test]
async fn who_is_in_a_group_is_personal() {
    let world = World::new().await;
    in_groups(&world, "berta@acme.example", &["Berlin"]).await;
    let home = platform(&world);
    let (mut sam, _) = somebody(&world, &home, "sam@vendor.example", Some(ConsoleRole::Support), None).await;
    let page = sam.get(&format!("{BASE}/console/groups?account=acme")).await;
    page.shows(StatusCode::OK, "Who is in a group is personal, and not shown to you.");
    page.shows(StatusCode::OK, "Berlin</th><td class=\"number\">1</td>");
    lacks(&page, "group=Berlin");
    // Whatever they type, the list is not narrowed by it.
    let all = sam.get(&format!("{BASE}/console/users?account=acme")).await;
    let typed = sam.get(&format!("{BASE}/console/users?account=acme&group=Paris")).await;
    let rows = |seen: &Seen| seen.body.matches("<tr><th scope=\"row\">").count();
    assert!(rows(&all) > 0 && rows(&typed) == rows(&all), "{}", typed.body);
    let (mut gil, _) = somebody(&world, &world.globex, "gil@globex.example", ADMIN, None).await;
    for page in ["groups?account=acme", "mails/acme"] {
        let seen = gil.get(&format!("{}/console/{page}", world.globex.origin)).await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{page}");
    }
}

/// Every mail, in the languages in which it is written, with the account's product; no link in it opens anything.
#[tokio::test]
async fn each_mail_is_shown_as_the_account_sends_it() {
    let world = World::new().await;
    world
        .change_account(&world.acme, |account| {
            account.settings.branding.product = "Acme Cloud".to_owned().try_into().ok();
        })
        .await;
    let mut max = max(&world).await;
    let mut said = BTreeSet::new();
    for text in MailText::ALL {
        let seen = max.get(&format!("{}/console/mails/acme?mail={}", world.acme.origin, text.name())).await;
        seen.shows(StatusCode::OK, "Acme Cloud");
        seen.shows(StatusCode::OK, "ada.lovelace@example.com");
        seen.shows(StatusCode::OK, "&#60;!doctype html&#62;");
        let subject = seen.body.split("<dd lang=\"en\">").nth(1).and_then(|rest| rest.split("</dd>").next()).unwrap();
        let body = seen.body.split("<pre lang=\"en\">").nth(1).and_then(|rest| rest.split("</pre>").next()).unwrap();
        assert!(!subject.is_empty() && body.trim_start().len() > 60, "{text:?} says nothing: {}", seen.body);
        assert!(said.insert(body.to_owned()), "{subject} is said twice");
    }
    let seen = max.get(&format!("{}/console/mails/acme", world.acme.origin)).await;
    for text in [
        "You are invited to Acme Cloud",
        "Sie sind zu Acme Cloud eingeladen",
        "/sign-in/password/…",
        "aria-current=\"page\">Invitation, with a password</a>",
    ] {
        seen.shows(StatusCode::OK, text);
    }
    let seen = max.get(&format!("{}/console/mails/acme?mail=break-glass", world.acme.origin)).await;
    seen.shows(StatusCode::OK, "so it is in English alone");
    let seen = max.get(&format!("{}/console/mails/acme?mail=spam", world.acme.origin)).await;
    assert_eq!(seen.status, StatusCode::NOT_FOUND);
}

/// The last hours stand beside the last days: each with its drawing and its table.
#[tokio::test]
async fn sign_ins_are_shown_hour_by_hour() {
    let world = World::new().await;
    let mut max = max(&world).await;
    let url = |span: &str| format!("{}/console?span={span}", world.acme.origin);
    max.get(&url("24h")).await.shows(StatusCode::OK, "Sign-ins of the last 24 hours (UTC)");
    world.sign_in(&mut world.browser(), &world.acme, ADA).await;
    let hour = world.now().strftime("%Y-%m-%d %H:00").to_string();
    let row = format!("<th scope=\"row\">{hour}</th>");
    for span in ["24h", "48h"] {
        let seen = max.get(&url(span)).await;
        seen.shows(StatusCode::OK, &row);
        seen.shows(StatusCode::OK, "<svg class=\"chart\"");
    }
    world.pass(SignedDuration::from_hours(24));
    let mut max = somebody(&world, &world.acme, "moritz@acme.example", ADMIN, None).await.0;
    lacks(&max.get(&url("24h")).await, &row);
    max.get(&url("48h")).await.shows(StatusCode::OK, &row);
    let days = max.get(&url("")).await;
    days.shows(StatusCode::OK, "Sign-ins of the last 14 days (UTC)");
    days.shows(StatusCode::OK, "aria-current=\"true\">14 days</a>");
}

/// What no link of ours says is passed over or not found, in each list and for each of its parameters: neither database
/// is asked what it cannot read, such as a NUL by PostgreSQL.
#[tokio::test]
async fn no_parameter_breaks_a_list() {
    let world = World::new().await;
    let operator = Some(ConsoleRole::Operator);
    let mut olga = somebody(&world, &platform(&world), "olga@orchard.example", operator, None).await.0;
    let lists: [(&str, &[&str]); 11] = [
        ("/console", &["account", "span"]),
        ("/console/accounts", &["text", "after"]),
        ("/console/connections", &["account", "state", "text", "after", "name"]),
        ("/console/users", &["account", "begins", "order", "state", "connection", "group", "after"]),
        ("/console/groups", &["account", "begins", "after"]),
        ("/console/mails/acme", &["mail"]),
        ("/console/audit", &["account", "kind", "user", "until", "before"]),
        ("/console/applications", &["account"]),
        ("/console/webhooks", &["account", "failed"]),
        ("/console/inspect", &["connection", "code"]),
        ("/waiting", &["account", "state", "order", "begins", "after"]),
    ];
    let long = "x".repeat(4000);
    for (list, names) in lists {
        for name in names {
            for value in ["%00", "a%00b", "%FF", "%25", "%27", "99999999999999999999", &long] {
                let url = format!("{BASE}{list}?{name}={value}");
                let seen = olga.get(&url).await;
                let expected = [StatusCode::OK, StatusCode::NOT_FOUND];
                assert!(expected.contains(&seen.status), "{} for {url}: {}", seen.status, seen.body);
            }
        }
    }
}
