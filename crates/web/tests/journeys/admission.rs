//! Who is let in, and as whom.

use http::StatusCode;
use vestibule_domain::account::{Admission, Details, UnprovedEmail};
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::identity;
use vestibule_domain::mapping::{Claim, RoleRule, SubjectKey};
use vestibule_domain::user::{ConsoleRole, Identity, User, UserState};
use vestibule_mock_entra::service::{Delivery, Draft, Group, GroupSource, GroupsMode};
use vestibule_oidc::relying_party::IdToken;
use vestibule_saml::types::NameIdFormat;
use vestibule_store::{Constraint, StoreError};

use crate::support::{Browser, CALLBACK, Seen, World};

const ADA: &str = "ada@acme.example";
const BERT: &str = "bert@acme.example";
const GUID: &str = "5d3f1c52-9a41-4e0b-8d7a-2f6f1f7f3a10";

/// A sign-in at `acme` in a new browser, by an answer that is changed before it is signed.
async fn sign_in_bent(world: &World, person: &str, bend: impl FnOnce(&mut Draft)) -> (IdToken, Browser) {
    let mut browser = world.browser();
    let (pending, sent) = world.start(&mut browser, &world.acme).await;
    let arrived = browser.deliver(&world.answer_bent(&sent, person, bend)).await;
    let token = world.redeem(&browser, &pending, &arrived.location()).await;
    (token, browser)
}

async fn try_bent(world: &World, person: &str, bend: impl FnOnce(&mut Draft)) -> Seen {
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    browser.deliver(&world.answer_bent(&sent, person, bend)).await
}

async fn sign_in(world: &World, person: &str) -> IdToken {
    world.sign_in(&mut world.browser(), &world.acme, person).await
}

async fn refused(world: &World, person: &str) -> Seen {
    let seen = world.try_sign_in(&mut world.browser(), &world.acme, person).await;
    assert_eq!(seen.status, StatusCode::FORBIDDEN, "{}", seen.body);
    seen
}

/// With which codes people were turned away.
async fn turned_away(world: &World) -> Vec<String> {
    let facts = world.facts().await.into_iter();
    let codes = facts.filter_map(|fact| if let Fact::NotAdmitted { code, .. } = fact { Some(code) } else { None });
    codes.collect()
}

async fn only_user(world: &World) -> User {
    let mut users = world.users(&world.acme).await;
    assert_eq!(users.len(), 1);
    users.remove(0)
}

fn claim(draft: &mut Draft, name: &str, values: &[&str]) {
    let values = values.iter().map(|&value| value.to_owned()).collect();
    draft.response.claims.retain(|(found, _)| found != name);
    draft.response.claims.push((name.to_owned(), values));
}

/// CC-17, XC-7: who is not known is created at the first sign-in, with what the identity provider says.
#[tokio::test]
async fn somebody_new_is_created_with_what_the_identity_provider_says() {
    let world = World::new().await;
    sign_in(&world, ADA).await;
    let user = only_user(&world).await;
    let profile = &user.profile;
    assert_eq!((profile.given_name.as_deref(), profile.family_name.as_deref()), (Some("Ada"), Some("Example")));
    assert_eq!(profile.display_name.as_deref(), Some("Ada Example"));
    assert!(profile.email_verified, "the account has proved the domain");
    assert_eq!((user.state, user.console_role), (UserState::Active, None));
}

#[tokio::test]
async fn where_only_invited_people_come_in_nobody_else_does() {
    let world = World::new().await;
    world.admit(&world.acme, Admission::InvitedOnly).await;
    refused(&world, ADA).await.shows(StatusCode::FORBIDDEN, "You are not invited to Orchard yet.");
    assert_eq!(turned_away(&world).await, ["NOT-INVITED"]);
    assert!(world.users(&world.acme).await.is_empty());
    assert!(!world.has_signed_in().await);
}

/// SC-14, XC-3, XC-10, A25.2: a person who is known by e-mail, in whatever case, gets in at once; the spelling that was
/// received stands afterwards.
#[tokio::test]
async fn who_was_invited_by_e_mail_gets_in_at_once_in_whatever_case() {
    let world = World::new().await;
    world.admit(&world.acme, Admission::InvitedOnly).await;
    let invited = world.add_user(&world.acme, "ADA.example@ACME.example", None).await;
    let token = sign_in(&world, ADA).await;
    assert_eq!(token.sub, invited.to_string());
    assert_eq!(only_user(&world).await.profile.email.unwrap().as_str(), "Ada.Example@acme.example");
    let linked = Fact::IdentityLinked { user: invited, connection: world.acme.connection, by_email: true };
    assert!(world.facts().await.contains(&linked));
}

/// A25.2: the address links once; afterwards the subject alone says who somebody is.
#[tokio::test]
async fn an_address_that_changes_afterwards_makes_nobody_another_person() {
    let world = World::new().await;
    let first = sign_in(&world, ADA).await;
    world.change_person(&world.acme, ADA, |user| user.mail = Some("ada.new@acme.example".to_owned()));
    let second = sign_in(&world, ADA).await;
    assert_eq!(second.sub, first.sub);
    assert_eq!(second.email.as_deref(), Some("ada.new@acme.example"));
    assert_eq!(only_user(&world).await.id.to_string(), first.sub);
}

/// A25.3: an address that was freed and is given to somebody else does not bring the first one's account along.
#[tokio::test]
async fn a_freed_address_does_not_inherit_the_person() {
    let world = World::new().await;
    let ada = sign_in(&world, ADA).await;
    let freed = Some("Ada.Example@acme.example".to_owned());
    world.change_person(&world.acme, BERT, |user| user.mail.clone_from(&freed));
    // While we know it as Ada's, it is Ada's: an administrator has to decide.
    refused(&world, BERT).await.shows(StatusCode::FORBIDDEN, "belongs to another user");
    assert_eq!(turned_away(&world).await, ["EMAIL-TAKEN"]);
    // Once Ada has another one, it is free.
    world.change_person(&world.acme, ADA, |user| user.mail = Some("ada.new@acme.example".to_owned()));
    assert_eq!(sign_in(&world, ADA).await.sub, ada.sub);
    let bert = sign_in(&world, BERT).await;
    assert_ne!(bert.sub, ada.sub);
    assert_eq!(bert.email, freed);
}

/// A25.2: who has a role in the console is never linked by an address that an identity provider says.
#[tokio::test]
async fn somebody_with_a_role_in_the_console_is_not_linked_by_e_mail() {
    let world = World::new().await;
    world.add_user(&world.acme, "ada.example@acme.example", Some(ConsoleRole::AccountAdmin)).await;
    refused(&world, ADA).await.shows(StatusCode::FORBIDDEN, "You have no access to Orchard at acme.");
    assert_eq!(turned_away(&world).await, ["CONSOLE-ROLE"]);
    assert!(!world.has_signed_in().await);
}

/// A25.2: no link where the domain is not proved, even if the account's own administrator wrote the address down.
#[tokio::test]
async fn an_address_of_a_domain_that_is_not_proved_links_nobody() {
    let world = World::new().await;
    world.admit(&world.acme, Admission::InvitedOnly).await;
    world.add_user(&world.acme, "carol@partner.example", None).await;
    refused(&world, "carol_partner.example#EXT#@acme.example").await;
    assert_eq!(turned_away(&world).await, ["EMAIL-DOMAIN"]);
}

/// E-35, A25.1: guests come in where the account says so, and their address is told to nobody.
#[tokio::test]
async fn a_guest_may_come_in_without_the_address() {
    let world = World::new().await;
    world.change_account(&world.acme, |account| account.settings.unproved_email = UnprovedEmail::Withhold).await;
    let token = sign_in(&world, "carol_partner.example#EXT#@acme.example").await;
    assert_eq!(token.email, None);
    assert_eq!(only_user(&world).await.profile.email, None);
}

/// An application that keeps its own users: nothing is stored, and the person is the same one each time.
#[tokio::test]
async fn who_only_passes_through_is_stored_nowhere_and_recognised_by_the_application() {
    let world = World::new().await;
    world.admit(&world.acme, Admission::PassThrough).await;
    let (first, second, bert) = (sign_in(&world, ADA).await, sign_in(&world, ADA).await, sign_in(&world, BERT).await);
    assert_eq!(first.sub, second.sub);
    assert_ne!(first.sub, bert.sub);
    assert_eq!(first.email.as_deref(), Some("Ada.Example@acme.example"));
    assert!(world.users(&world.acme).await.is_empty());
}

/// The part of HY-2 that needs no provisioning: neither a new answer nor a session from before lets a suspended person in.
#[tokio::test]
async fn somebody_suspended_does_not_get_in() {
    let world = World::new().await;
    let mut browser = world.browser();
    world.sign_in(&mut browser, &world.acme, ADA).await;
    let mut user = only_user(&world).await;
    user.state = UserState::Suspended;
    world.save_user(&user).await;
    let (_, asked) = world.start(&mut browser, &world.acme).await;
    assert!(!asked.location().starts_with(CALLBACK), "the session ends with the permission");
    let seen = browser.deliver(&world.answer(&asked, ADA)).await;
    seen.shows(StatusCode::FORBIDDEN, "Your access to Orchard is suspended.");
    assert_eq!(turned_away(&world).await, ["SUSPENDED"]);
}

/// A suspended person who was never here is not let in by the link either.
#[tokio::test]
async fn somebody_suspended_before_the_first_sign_in_does_not_get_in() {
    let world = World::new().await;
    world.add_user(&world.acme, "ada.example@acme.example", None).await;
    let mut user = only_user(&world).await;
    user.state = UserState::Suspended;
    world.save_user(&user).await;
    refused(&world, ADA).await;
    assert_eq!(turned_away(&world).await, ["SUSPENDED"]);
}

/// HY-24: the UPN is the key, and the account that was made beforehand with that exact string is the person's.
#[tokio::test]
async fn somebody_who_was_named_by_user_principal_name_gets_in_as_that_user() {
    let world = World::new().await;
    world.admit(&world.acme, Admission::InvitedOnly).await;
    let key = SubjectKey::Claims(vec![Claim::new("name")]);
    world.change_connection(&world.acme, |connection| connection.saml.subject = Some(key.clone())).await;
    let user = world.add_user(&world.acme, "someone.else@acme.example", None).await;
    let issuer = format!("https://sts.windows.net/{}/", world.acme.tenant);
    let subject = identity::named_beforehand(&issuer, &key, None, &[BERT]).unwrap();
    let (connection, now) = (world.acme.connection, world.now());
    let event = world.ctx().event(None, Actor::CommandLine, Fact::IdentityLinked { user, connection, by_email: false });
    let link = Identity { connection, subject, user, linked_at: now };
    let linked = world.services.store.write(move |tx| Box::pin(async move { tx.link(&link, &event).await }));
    linked.await.unwrap();

    assert_eq!(sign_in(&world, BERT).await.sub, user.to_string());
    refused(&world, ADA).await;
    assert_eq!(turned_away(&world).await, ["NOT-INVITED"]);
}

/// MX-6, E-36: any claim may be the key; nothing else then says who somebody is, and the link never moves.
#[tokio::test]
async fn the_claim_that_was_chosen_says_who_somebody_is() {
    let world = World::new().await;
    let key = SubjectKey::Claims(vec![Claim::new("employeeid")]);
    world.change_connection(&world.acme, |connection| connection.saml.subject = Some(key)).await;
    let (first, _) = sign_in_bent(&world, ADA, |draft| claim(draft, "employeeid", &["4711"])).await;
    // Another object and address of the directory with the number is the same person to us …
    let (same, _) = sign_in_bent(&world, BERT, |draft| claim(draft, "employeeid", &["4711"])).await;
    assert_eq!(same.sub, first.sub);
    // … and whoever has the person's present address with another number is not.
    let other = try_bent(&world, BERT, |draft| claim(draft, "employeeid", &["4712"])).await;
    other.shows(StatusCode::FORBIDDEN, "belongs to another user");
    assert_eq!(turned_away(&world).await, ["EMAIL-TAKEN"]);
}

/// MX-6: the NameID may be the key as well, and who is linked by it stays who they are: nothing gives the key to another
/// user.
#[tokio::test]
async fn the_name_id_that_was_chosen_says_who_somebody_is_for_ever() {
    let world = World::new().await;
    world
        .set(&world.acme, |saml| {
            saml.subject = Some(SubjectKey::NameId);
            saml.name_id_format = Some(NameIdFormat::PERSISTENT);
        })
        .await;
    let first = sign_in(&world, ADA).await;
    world.change_person(&world.acme, ADA, |user| user.mail = Some("ada.new@acme.example".to_owned()));
    assert_eq!(sign_in(&world, ADA).await.sub, first.sub, "whatever her address is");
    assert_ne!(sign_in(&world, BERT).await.sub, first.sub);

    let other = world.add_user(&world.acme, "carla@acme.example", None).await;
    let user = first.sub.parse().unwrap();
    let links = world.services.store.read(move |tx| Box::pin(async move { tx.identities_of(user).await }));
    let link = Identity { user: other, ..links.await.unwrap().remove(0) };
    let fact = Fact::IdentityLinked { user: other, connection: world.acme.connection, by_email: false };
    let event = world.ctx().event(None, Actor::CommandLine, fact);
    let linked = world.services.store.write(move |tx| Box::pin(async move { tx.link(&link, &event).await })).await;
    assert_eq!(linked, Err(StoreError::Unique { constraint: Constraint::Identity }));
    assert_eq!(sign_in(&world, ADA).await.sub, first.sub);
}

/// MX-6, MX-7: without the claim that says who somebody is there is nobody, and the page names the claim.
#[tokio::test]
async fn a_missing_key_is_named() {
    let world = World::new().await;
    let key = SubjectKey::Claims(vec![Claim::new("employeeid")]);
    world.change_connection(&world.acme, |connection| connection.saml.subject = Some(key)).await;
    refused(&world, ADA).await.shows(StatusCode::FORBIDDEN, "<code>employeeid</code>");
    assert_eq!(turned_away(&world).await, ["SUBJECT-MISSING"]);
}

/// A25.3: keys are compared byte by byte.
#[tokio::test]
async fn another_case_of_the_key_is_another_person() {
    let world = World::new().await;
    let key = SubjectKey::Claims(vec![Claim::new("employeeid")]);
    world.change_connection(&world.acme, |connection| connection.saml.subject = Some(key)).await;
    let (lower, _) = sign_in_bent(&world, ADA, |draft| claim(draft, "employeeid", &["a1"])).await;
    let (upper, _) = sign_in_bent(&world, BERT, |draft| claim(draft, "employeeid", &["A1"])).await;
    assert_ne!(lower.sub, upper.sub);
}

/// A transient NameID is another one next time, so nobody is known by it.
#[tokio::test]
async fn a_name_that_does_not_last_lets_nobody_in() {
    let world = World::new().await;
    world
        .change_connection(&world.acme, |connection| {
            connection.saml.subject = Some(SubjectKey::NameId);
            connection.saml.name_id_format = Some(NameIdFormat::TRANSIENT);
        })
        .await;
    refused(&world, ADA).await.shows(StatusCode::FORBIDDEN, "names you differently each time");
    assert_eq!(turned_away(&world).await, ["SUBJECT-TRANSIENT"]);
    assert!(world.users(&world.acme).await.is_empty());
}

/// MX-7, HY-29: a claim that the account demands is named where it is absent, and nothing else is demanded.
#[tokio::test]
async fn a_claim_that_is_demanded_and_absent_is_named() {
    let world = World::new().await;
    sign_in(&world, ADA).await;
    world
        .change_account(&world.acme, |account| {
            account.settings.required_claims = vec![Claim::new("department"), Claim::new("givenname")];
        })
        .await;
    let seen = refused(&world, ADA).await;
    seen.shows(StatusCode::FORBIDDEN, "<code>department</code>");
    assert!(!seen.body.contains("<code>givenname</code>"), "that one came");
    let (token, _) = sign_in_bent(&world, ADA, |draft| claim(draft, "department", &["Cider"])).await;
    assert_eq!(token.sub, only_user(&world).await.id.to_string());
}

/// CC-27: a GUID in the place of a name does not overwrite the name that is known.
#[tokio::test]
async fn a_guid_in_the_place_of_a_name_changes_nothing() {
    let world = World::new().await;
    sign_in(&world, ADA).await;
    world.change_person(&world.acme, ADA, |user| {
        user.given_name = Some(GUID.to_owned());
        user.display_name = Some(GUID.to_owned());
        user.surname = Some("Changed".to_owned());
    });
    sign_in(&world, ADA).await;
    let profile = only_user(&world).await.profile;
    assert_eq!(profile.given_name.as_deref(), Some("Ada"));
    assert_eq!(profile.display_name.as_deref(), Some("Ada Example"));
    assert_eq!(profile.family_name.as_deref(), Some("Changed"), "a good value is taken");
}

/// Ada is in these groups, all of which are sent unless they are too many.
fn groups(world: &World, names: &[&str], limit: usize) -> Vec<String> {
    let tenant = world.entra.tenant(world.acme.tenant).unwrap();
    tenant
        .change(|tenant| {
            let group = |name: &&str| Group {
                display_name: (*name).to_owned(),
                members: vec![ADA.to_owned()],
                ..Group::default()
            };
            tenant.groups = names.iter().map(group).collect();
        })
        .unwrap();
    world
        .app_of(&world.acme)
        .change(|app| {
            app.groups.mode = GroupsMode::All;
            app.groups.limit = limit;
        })
        .unwrap();
    tenant.get().groups.into_iter().map(|group| group.id).collect()
}

/// CC-19, CC-29, E-31, A25.4: groups give the roles that the connection says, by the object id of the group.
#[tokio::test]
async fn groups_give_roles() {
    let world = World::new().await;
    let ids = groups(&world, &["Growers", "Pickers"], 150);
    world
        .change_connection(&world.acme, |connection| {
            let rule = |value: &str, role: &str| RoleRule {
                claim: Claim::new("groups"),
                value: value.to_owned(),
                role: role.to_owned(),
            };
            connection.saml.mapping.roles = vec![rule(&ids[0], "manager"), rule(GUID, "nobody")];
        })
        .await;
    sign_in(&world, ADA).await;
    let profile = only_user(&world).await.profile;
    assert_eq!(profile.roles, ["manager"]);
    assert_eq!(profile.groups.len(), 2);
    // Who leaves a group loses the role.
    groups(&world, &["Pickers"], 150);
    sign_in(&world, ADA).await;
    assert!(only_user(&world).await.profile.roles.is_empty());
}

/// E-33: the group claim may have any name, its values may be names, and groups may come as roles; the mapping follows.
#[tokio::test]
async fn groups_under_another_name_and_groups_as_roles_give_roles() {
    let world = World::new().await;
    groups(&world, &["Growers", "Pickers"], 150);
    let app = world.app_of(&world.acme);
    app.change(|app| {
        app.groups.source = GroupSource::DisplayName;
        (app.groups.namespace, app.groups.name) = (Some("urn:corp".to_owned()), Some("teams".to_owned()));
    })
    .unwrap();
    let rule = RoleRule { claim: Claim::new("teams"), value: "growers".to_owned(), role: "manager".to_owned() };
    world.set(&world.acme, |saml| saml.mapping.roles = vec![rule]).await;
    sign_in(&world, ADA).await;
    assert_eq!(only_user(&world).await.profile.roles, ["manager"]);

    app.change(|app| app.groups.emit_as_roles = true).unwrap();
    world.set(&world.acme, |saml| saml.mapping.roles.clear()).await;
    sign_in(&world, ADA).await;
    assert_eq!(only_user(&world).await.profile.roles, ["Growers", "Pickers"]);
}

/// E-32, A25.4: too many groups are unknown groups, not none: those known before stand, and the link is not fetched.
#[tokio::test]
async fn too_many_groups_keep_those_that_are_known_and_are_reported() {
    let world = World::new().await;
    world.show_details(&world.acme).await;
    groups(&world, &["Growers", "Pickers"], 150);
    sign_in(&world, ADA).await;
    let before = only_user(&world).await.profile.groups;
    assert_eq!(before.len(), 2);
    groups(&world, &["Growers", "Pickers", "Pressers"], 2);
    sign_in(&world, ADA).await;
    assert_eq!(only_user(&world).await.profile.groups, before);

    let mut browser = world.browser();
    let sent = browser.get(&world.acme.at("test")).await;
    let report = browser.deliver(&world.answer(&sent, ADA)).await;
    report.shows(StatusCode::OK, "there are too many for the answer");
}

/// Two browsers of one person who was never here, at once: one user.
#[tokio::test]
async fn two_first_sign_ins_at_once_create_one_user() {
    let world = World::new().await;
    let (mut one, mut two) = (world.browser(), world.browser());
    let (pending_one, sent_one) = world.start(&mut one, &world.acme).await;
    let (pending_two, sent_two) = world.start(&mut two, &world.acme).await;
    let posted = |delivery: Delivery| (delivery.action.clone(), delivery.body());
    let ((action, body_one), (_, body_two)) =
        (posted(world.answer(&sent_one, ADA)), posted(world.answer(&sent_two, ADA)));
    let on_one = one.post_from_elsewhere(&action, body_one).await.location();
    let on_two = two.post_from_elsewhere(&action, body_two).await.location();
    let (first, second) = tokio::join!(one.get(&on_one), two.get(&on_two));
    let first = world.redeem(&one, &pending_one, &first.location()).await;
    let second = world.redeem(&two, &pending_two, &second.location()).await;
    assert_eq!(first.sub, second.sub);
    assert_eq!(only_user(&world).await.id.to_string(), first.sub);
}

/// Two sign-ins of one person at once, both of which bring news: nobody is turned away.
#[tokio::test]
async fn two_sign_ins_at_once_that_change_the_person_both_hold() {
    let world = World::new().await;
    sign_in(&world, ADA).await;
    world.change_person(&world.acme, ADA, |user| user.display_name = Some("Ada Changed".to_owned()));
    let (mut one, mut two) = (world.browser(), world.browser());
    let (_, sent_one) = world.start(&mut one, &world.acme).await;
    let (_, sent_two) = world.start(&mut two, &world.acme).await;
    let (of_one, of_two) = (world.answer(&sent_one, ADA), world.answer(&sent_two, ADA));
    let (first, second) = tokio::join!(one.deliver(&of_one), two.deliver(&of_two));
    assert!(first.location().starts_with(CALLBACK) && second.location().starts_with(CALLBACK));
    assert_eq!(only_user(&world).await.profile.display_name.as_deref(), Some("Ada Changed"));
}

/// The sentence behind a refusal is for those to whom the account shows it.
#[tokio::test]
async fn why_somebody_is_turned_away_is_shown_where_the_account_says_so() {
    let world = World::new().await;
    world.admit(&world.acme, Admission::InvitedOnly).await;
    let sentence = "nobody has invited this person";
    assert!(!refused(&world, ADA).await.body.contains(sentence));
    world.change_account(&world.acme, |account| account.settings.show_details = Details::Shown).await;
    refused(&world, ADA).await.shows(StatusCode::FORBIDDEN, sentence);
}
