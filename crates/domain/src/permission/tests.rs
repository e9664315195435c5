use super::*;

const SELF: UserId = UserId::from_bytes([1; 16]);
const OTHER: UserId = UserId::from_bytes([2; 16]);

fn path(text: &str) -> AccountPath {
    AccountPath::parse(text).unwrap()
}

fn sites(names: &[&str]) -> Scopes {
    let names = names.iter().map(|&name| name.to_owned()).collect();
    Scopes::new([("site".to_owned(), names)].into()).unwrap()
}

/// Somebody of the reseller `north`, which has the account `north/mill` below it and `south` beside it.
struct Who {
    called: &'static str,
    role: ConsoleRole,
    home: &'static str,
    approves: Option<Reach>,
}

fn everybody() -> Vec<Who> {
    let who = |called, role, home, approves| Who { called, role, home, approves };
    vec![
        who("operator", ConsoleRole::Operator, "", None),
        who("support", ConsoleRole::Support, "", None),
        who("admin", ConsoleRole::AccountAdmin, "north", None),
        who("operator of an account", ConsoleRole::Operator, "north", None),
        who("support of an account", ConsoleRole::Support, "north", None),
        who("approver", ConsoleRole::Approver, "north", Some(Reach::Account)),
        who("approver of berlin", ConsoleRole::Approver, "north", Some(Reach::Scopes(sites(&["berlin"])))),
        who("approver of nothing", ConsoleRole::Approver, "north", None),
    ]
}

/// Every action, by a name for the table.
fn actions<'a>(berlin: &'a Scopes, both: &'a Scopes) -> Vec<(&'static str, Action<'a>)> {
    let none = Giving::default();
    let here = Giving { scopes: Some(berlin), beyond_scopes: false };
    let further = Giving { scopes: Some(both), beyond_scopes: false };
    let beyond = Giving { scopes: Some(berlin), beyond_scopes: true };
    vec![
        ("see", Action::SeeWaiting),
        ("approve", Action::Approve(none)),
        ("approve berlin", Action::Approve(here)),
        ("approve both", Action::Approve(further)),
        ("approve beyond", Action::Approve(beyond)),
        ("confirm", Action::Confirm(here)),
        ("refuse", Action::Refuse),
        ("merge", Action::Merge),
        ("ask", Action::AskOnBehalf(none)),
        ("ask berlin", Action::AskOnBehalf(here)),
        ("ask both", Action::AskOnBehalf(further)),
        ("grant", Action::Grant(here)),
        ("make operator", Action::GrantConsoleRole(ConsoleRole::Operator)),
        ("make support", Action::GrantConsoleRole(ConsoleRole::Support)),
        ("make admin", Action::GrantConsoleRole(ConsoleRole::AccountAdmin)),
        ("make approver", Action::GrantConsoleRole(ConsoleRole::Approver)),
        ("permitted", Action::SetPermitted),
        ("children", Action::SetChildren),
        ("inspector", Action::SetInspector),
        ("entitlement", Action::SetEntitlement),
        ("suspend", Action::Suspend),
        ("list", Action::ListSessions),
        ("end", Action::EndSessions),
        ("method", Action::SetMethod),
        ("see account", Action::SeeAccount),
        ("see connections", Action::SeeConnections),
        ("change connection", Action::ChangeConnection),
        ("see users", Action::SeeUsers),
        ("see personal", Action::SeePersonal),
        ("see audit", Action::SeeAudit),
        ("see applications", Action::SeeApplications),
        ("see webhooks", Action::SeeWebhooks),
        ("see mail texts", Action::SeeMailTexts),
        ("see keys", Action::SeeKeys),
        ("change account", Action::ChangeAccount),
        ("change domains", Action::ChangeDomains),
        ("vouch", Action::VouchForDomain),
        ("change users", Action::ChangeUsers),
        ("change webhooks", Action::ChangeWebhooks),
        ("set-up links", Action::SetupLinks),
        ("api keys", Action::ApiKeys),
        ("rotate keys", Action::RotateKeys),
        ("erase", Action::Erase),
        ("remove application", Action::RemoveApplication),
    ]
}

/// What an account admin may do at their own account; below it `permitted` as well.
const ADMIN: &[&str] = &[
    "see",
    "approve",
    "approve berlin",
    "approve both",
    "approve beyond",
    "refuse",
    "merge",
    "ask",
    "ask berlin",
    "ask both",
    "grant",
    "make admin",
    "make approver",
    "children",
    "inspector",
    "suspend",
    "list",
    "end",
    "method",
    "see account",
    "see connections",
    "change connection",
    "see users",
    "see personal",
    "see audit",
    "see applications",
    "see webhooks",
    "see mail texts",
    "change account",
    "change domains",
    "change users",
    "change webhooks",
    "set-up links",
    "api keys",
];
/// Of an account: nothing that changes anything, nothing personal, none of the deployment's own keys.
const SUPPORT: &[&str] = &[
    "see",
    "list",
    "see account",
    "see connections",
    "see users",
    "see audit",
    "see applications",
    "see webhooks",
    "see mail texts",
];
const APPROVER: &[&str] = &[
    "see",
    "approve",
    "approve berlin",
    "approve both",
    "approve beyond",
    "refuse",
    "merge",
    "ask",
    "ask berlin",
    "ask both",
    "see account",
];
const OF_BERLIN: &[&str] = &["see", "approve berlin", "ask berlin", "see account"];
const OF_NOTHING: &[&str] = &["see account"];

/// What somebody may do at an account, by the table.
fn wanted(called: &str, account: &str, all: &[&'static str]) -> Vec<&'static str> {
    let inside = matches!(account, "north" | "north/mill");
    match called {
        "operator" => all.to_vec(),
        "support" => SUPPORT.iter().copied().chain(["see keys"]).collect(),
        "admin" | "operator of an account" if inside => {
            let below = (account == "north/mill").then_some("permitted");
            all.iter().copied().filter(|name| ADMIN.contains(name) || below == Some(*name)).collect()
        }
        "support of an account" if inside => SUPPORT.to_vec(),
        "approver" if account == "north" => APPROVER.to_vec(),
        "approver of berlin" if account == "north" => OF_BERLIN.to_vec(),
        "approver of nothing" if account == "north" => OF_NOTHING.to_vec(),
        _ => Vec::new(),
    }
}

/// Every role, every action, at the own account, below, beside and above: nobody sees or changes anything outside of
/// their sub-tree (SC-17).
#[test]
fn nobody_reaches_beyond_their_part_of_the_tree_and_their_role() {
    let (berlin, both) = (sites(&["berlin"]), sites(&["berlin", "paris"]));
    let actions = actions(&berlin, &both);
    let all: Vec<&'static str> = actions.iter().map(|(name, _)| *name).collect();
    for who in everybody() {
        let home = path(who.home);
        let actor = Actor { user: SELF, role: who.role, home: &home, approves: who.approves.as_ref() };
        for account in ["", "north", "north/mill", "south", "northern"] {
            let account_path = path(account);
            let person = Some(Person { id: OTHER, role: None });
            let place = Place { account: &account_path, person, scopes: None };
            let found: Vec<_> =
                actions.iter().filter(|(_, action)| may(&actor, *action, &place)).map(|(name, _)| *name).collect();
            assert_eq!(found, wanted(who.called, account, &all), "{} at {account:?}", who.called);
        }
    }
}

#[test]
fn nobody_decides_about_themselves() {
    let (berlin, both) = (sites(&["berlin"]), sites(&["berlin", "paris"]));
    for who in everybody() {
        let home = path(who.home);
        let actor = Actor { user: SELF, role: who.role, home: &home, approves: who.approves.as_ref() };
        let place = Place { account: &home, person: Some(Person { id: SELF, role: Some(who.role) }), scopes: None };
        for (name, action) in actions(&berlin, &both) {
            let harmless = ["list", "end"].contains(&name) || name.starts_with("see");
            assert!(harmless || !may(&actor, action, &place), "{}: {name}", who.called);
        }
    }
}

/// A25.2: whoever has a role in the console is never joined by somebody who waits; nor is nobody.
#[test]
fn nobody_is_merged_with_a_role_in_the_console() {
    for who in everybody() {
        let home = path(who.home);
        let actor = Actor { user: SELF, role: who.role, home: &home, approves: who.approves.as_ref() };
        let roles = [ConsoleRole::Operator, ConsoleRole::Support, ConsoleRole::AccountAdmin, ConsoleRole::Approver];
        let people = roles.map(|role| Some(Person { id: OTHER, role: Some(role) }));
        for person in people.into_iter().chain([None]) {
            assert!(!may(&actor, Action::Merge, &Place { account: &home, person, scopes: None }), "{}", who.called);
        }
    }
}

#[test]
fn an_admin_touches_none_of_the_vendors_people() {
    let home = path("north");
    let admin = Actor { user: SELF, role: ConsoleRole::AccountAdmin, home: &home, approves: None };
    let place = |role| Place { account: &home, person: Some(Person { id: OTHER, role: Some(role) }), scopes: None };
    for action in
        [Action::Suspend, Action::EndSessions, Action::SetMethod, Action::GrantConsoleRole(ConsoleRole::Approver)]
    {
        assert!(!may(&admin, action, &place(ConsoleRole::Operator)), "{action:?}");
        assert!(!may(&admin, action, &place(ConsoleRole::Support)), "{action:?}");
        assert!(may(&admin, action, &place(ConsoleRole::Approver)), "{action:?}");
    }
}

/// SC-17: approvers are delegated by scope. What another one is asked for is not theirs to see.
#[test]
fn an_approver_of_a_scope_sees_who_asked_for_it_and_refuses_who_asked_for_nothing_else() {
    let (home, own) = (path("north"), Reach::Scopes(sites(&["berlin"])));
    let actor = Actor { user: SELF, role: ConsoleRole::Approver, home: &home, approves: Some(&own) };
    let cases =
        [(&["berlin"][..], true, true), (&["paris"][..], false, false), (&["berlin", "paris"][..], true, false)];
    let berlin = sites(&["berlin"]);
    let giving = Giving { scopes: Some(&berlin), beyond_scopes: false };
    for (asked, sees, refuses) in cases {
        let asked_scopes = sites(asked);
        let place = Place { account: &home, person: None, scopes: Some(&asked_scopes) };
        assert_eq!(may(&actor, Action::SeeWaiting, &place), sees, "{asked:?}");
        assert_eq!(may(&actor, Action::Approve(giving), &place), sees, "{asked:?}");
        assert_eq!(may(&actor, Action::Refuse, &place), refuses, "{asked:?}");
    }
    assert!(sees_waiting(&actor));
    let of_nothing = Actor { approves: None, ..actor };
    assert!(!sees_waiting(&of_nothing), "no reach is no permission, not every one");
}
