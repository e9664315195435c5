//! Users, Users and groups, Properties.

use vestibule_mock_entra::service::{AssignmentRule, Person, Visibility};

use super::{app, leads_to, refused};
use crate::support::browser::Browser;
use crate::support::{ACME, ADA, World, ada, claim, code};

const NEW: [(&str, &str); 9] = [
    ("user_principal_name", "eve@acme.example"),
    ("display_name", "Eve \"E\" <Sato>"),
    ("password", "a password"),
    ("surname", "Sato"),
    ("mail", "eve@acme.example"),
    ("attributes", "department = Sales\r\n employeeid=12=3 \r\n"),
    ("method", "password"),
    ("second_factor", "none"),
    ("guest_names", "known"),
];

fn with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let kept = NEW.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    kept.chain(changes).copied().collect()
}

#[test]
fn somebody_new_signs_in_with_what_was_typed() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let list = format!("/portal/{ACME}/users");
    leads_to(&browser.fill(&format!("{list}/new"), &NEW), &list);
    let page = browser.get(&list);
    assert!(page.has("Eve &#34;E&#34; &#60;Sato&#62;"), "{}", page.html);
    let eve = world.entra.tenant(ACME).unwrap().get().user("eve@acme.example").unwrap().clone();
    assert_eq!(eve.given_name, None);
    assert_eq!(eve.attributes["employeeid"], "12=3");
    leads_to(&browser.fill(&app("/users"), &[("principal", &eve.id), ("role", "owner")]), &app("/users"));
    let page = browser.get(&world.url());
    let page = browser.sign_in(&page, "eve@acme.example", "a password");
    assert!(page.has("id=\"continue\""), "{}", page.html);
    let assertion = world.accept(&world.entra.answer(&world.url(), &Person::new("eve@acme.example")).unwrap());
    assert_eq!(claim(&assertion, "http://schemas.microsoft.com/identity/claims/displayname"), ["Eve \"E\" <Sato>"]);
    assert_eq!(claim(&assertion, "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"), ["owner"]);

    let edit = format!("{list}/{}", eve.id);
    assert!(browser.get(&edit).has("department = Sales"));
    leads_to(&browser.fill(&edit, &with(&[("guest", "eve@home.example"), ("sid", "S-1")])), &list);
    let changed = world.entra.tenant(ACME).unwrap().get().user(&eve.id).unwrap().clone();
    assert_eq!(changed.guest.unwrap().sign_in_name, "eve@home.example");
    assert_eq!(changed.on_premises.unwrap().sid, "S-1");
    leads_to(&browser.fill(&format!("{edit}/delete"), &[]), &list);
    assert!(world.entra.tenant(ACME).unwrap().get().user(&eve.id).is_none());
    assert!(browser.get(&app("/users")).has("Deleted"), "the assignment stays until it is removed");
}

#[test]
fn a_user_that_cannot_be_is_refused_at_its_field_and_nothing_typed_is_lost() {
    let world = World::new();
    let before = world.entra.seed();
    let mut browser = Browser::new(world.entra.router());
    let new = format!("/portal/{ACME}/users/new");
    let page = browser.fill(&new, &with(&[("user_principal_name", "")]));
    refused(&page, "user_principal_name", "Give the name with which the person signs in.");
    assert!(page.has("value=\"a password\"") && page.has("employeeid=12=3"), "{}", page.html);
    let page = browser.fill(&new, &with(&[("user_principal_name", "Ada@acme.example")]));
    refused(&page, "user_principal_name", "There are two of the user Ada@acme.example.");
    let page = browser.fill(&new, &with(&[("attributes", "department")]));
    let sentence = "\"department\" has no equals sign; a name, an equals sign and a value are wanted.";
    refused(&page, "attributes", sentence);
    assert!(page.has(">\ndepartment</textarea>"), "{}", page.html);
    assert_eq!(world.entra.seed(), before);
}

/// E-45.
#[test]
fn who_is_removed_is_told_50105_and_a_group_lets_its_members_in() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let answer = || world.entra.answer(&world.url(), &ada());
    let page = browser.get(&app("/users"));
    assert!(page.has("<td data-label=\"Role assigned\">editor</td>"), "{}", page.html);
    leads_to(&browser.fill(&app("/users/remove"), &[("principal", ADA), ("role", "editor")]), &app("/users"));
    assert_eq!(code(answer()), 50105);
    let group = browser.get(&app("/users")).between("<optgroup label=\"Groups\"><option value=\"", "\"");
    leads_to(&browser.fill(&app("/users"), &[("principal", &group)]), &app("/users"));
    world.accept(&answer().unwrap());
    let page = browser.fill(&app("/users"), &[("principal", "nobody")]);
    assert!(page.has("There is no user or group &#34;nobody&#34;."), "{}", page.html);
}

#[test]
fn properties_are_as_they_were_chosen() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let at = app("/properties");
    let fields = [("name", "Renamed"), ("assignment", "not_required"), ("visible", "hidden")];
    leads_to(&browser.fill(&at, &fields), &at);
    let set = world.entra.application(ACME, "Renamed").unwrap().get();
    assert_eq!((set.assignment, set.visible), (AssignmentRule::NotRequired, Visibility::Hidden));
    world.accept(&world.entra.answer(&world.url(), &Person::new("bert@acme.example")).unwrap());
    let page = browser.fill(&at, &[("name", ""), ("assignment", "required"), ("visible", "visible")]);
    refused(&page, "name", "Give the application a name.");
    assert!(browser.get(&app("")).has(crate::support::ACME_APP));
}
