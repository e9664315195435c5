use std::collections::BTreeMap;

use jiff::Timestamp;

use super::*;
use crate::enforcement::{Method, SignInRule};
use crate::grants::Grants;
use crate::id::UserId;
use crate::user::ConsoleRole;

const ACME: AccountId = AccountId::from_bytes([1; 16]);
const NORTH: AccountId = AccountId::from_bytes([2; 16]);

/// An address that the account's domain makes good.
fn email(text: &str) -> Profile {
    Profile { email: Some(text.parse().unwrap()), email_verified: true, ..Profile::default() }
}

fn user(number: u8, profile: Profile) -> User {
    User {
        id: UserId::from_bytes([number; 16]),
        account: ACME,
        state: UserState::Active,
        profile,
        console_role: None,
        grants: Grants::default(),
        sign_in: SignInRule::default(),
        created_at: Timestamp::UNIX_EPOCH,
        version: 1,
    }
}

fn candidate(user: User) -> Candidate {
    Candidate { user, here: IdentityHere::None }
}

/// Nothing is demanded of anybody.
static OPTIONAL: Enforcement = Enforcement { people: Demand::Optional, managers: None, roles: BTreeMap::new() };

fn facts(admission: Admission) -> Facts<'static> {
    Facts {
        account: ACME,
        admission,
        unproved_email: UnprovedEmail::Refuse,
        enforcement: &OPTIONAL,
        known: None,
        shared: Shared::No,
        candidates: &[],
        email_domain: EmailDomain::Proved,
    }
}

fn decide_about(facts: Facts<'_>, profile: Profile) -> Decision {
    decide(&facts, &Mapped { asserted_email: profile.email.clone(), profile, email_from: None, notes: Vec::new() })
}

const ADA: &str = "Ada@Corp.Example";

/// CC-17: a person who is absent is created, where the account says so.
#[test]
fn an_unknown_person_is_created_refused_or_passed_through_as_the_account_says() {
    let profile = email(ADA);
    let decided = |admission| decide_about(facts(admission), email(ADA));
    assert_eq!(decided(Admission::Create), Decision::Create { profile: profile.clone() });
    assert_eq!(decided(Admission::PassThrough), Decision::PassThrough { profile });
    assert_eq!(decided(Admission::InvitedOnly), Decision::Refuse(NotAdmitted::NotInvited));
}

#[test]
fn a_known_person_comes_in_whatever_the_account_says_of_unknown_ones() {
    let ada = user(1, email(ADA));
    for admission in [Admission::Create, Admission::InvitedOnly, Admission::PassThrough] {
        let facts = Facts { known: Some(&ada), ..facts(admission) };
        let admitted = Decision::Admit { user: ada.clone(), profile: ProfileChange::None };
        assert_eq!(decide_about(facts, email(ADA)), admitted);
    }
    let married = Profile { family_name: Some("Gray".to_owned()), ..email("ada.gray@corp.example") };
    let facts = Facts { known: Some(&ada), ..facts(Admission::Create) };
    let saved = User { profile: married.clone(), ..ada.clone() };
    assert_eq!(decide_about(facts, married), Decision::Admit { user: saved, profile: ProfileChange::Save });
}

/// SC-14, A25.2: an e-mail address links once, at the first sign-in.
#[test]
fn an_invited_person_is_linked_by_their_address_at_the_first_sign_in() {
    let invited = Profile { roles: vec!["manager".to_owned()], ..email("ada@corp.example") };
    let candidates = [candidate(user(1, invited.clone()))];
    for admission in [Admission::Create, Admission::InvitedOnly] {
        let facts = Facts { candidates: &candidates, ..facts(admission) };
        let said = Profile { given_name: Some("Ada".to_owned()), ..email(ADA) };
        let joined = Profile { given_name: Some("Ada".to_owned()), roles: invited.roles.clone(), ..email(ADA) };
        let user = user(1, joined);
        assert_eq!(decide_about(facts, said), Decision::LinkAndAdmit { user, profile: ProfileChange::Save });
    }
}

/// A25.2: not a person of the console, not one who is known here by another subject, not one of another account, not
/// one of several.
#[test]
fn an_address_never_links_whom_it_must_not() {
    let plain = || user(1, email(ADA));
    let administrator = User { console_role: Some(ConsoleRole::AccountAdmin), ..plain() };
    let suspended = User { state: UserState::Suspended, ..plain() };
    let elsewhere = User { account: NORTH, ..plain() };
    for admission in [Admission::Create, Admission::InvitedOnly] {
        let refused =
            |candidates: &[Candidate]| match decide_about(Facts { candidates, ..facts(admission) }, email(ADA)) {
                Decision::Refuse(why) => Some(why),
                _ => None,
            };
        assert_eq!(refused(&[candidate(administrator.clone())]), Some(NotAdmitted::ConsoleRole));
        assert_eq!(refused(&[Candidate { user: plain(), here: IdentityHere::Some }]), Some(NotAdmitted::EmailTaken));
        assert_eq!(refused(&[candidate(suspended.clone())]), Some(NotAdmitted::Suspended));
        let two = [candidate(plain()), candidate(user(2, email(ADA)))];
        assert_eq!(refused(&two), Some(NotAdmitted::EmailAmbiguous { got: 2 }));
    }
    let candidates = [candidate(elsewhere)];
    let facts = Facts { candidates: &candidates, ..facts(Admission::InvitedOnly) };
    assert_eq!(decide_about(facts, email(ADA)), Decision::Refuse(NotAdmitted::NotInvited));
}

/// A25.1: an identity provider cannot assert an address of a domain that its account has not proved, for nobody.
#[test]
fn an_address_of_a_domain_that_is_not_proved_is_refused_by_name() {
    let ada = user(1, email(ADA));
    let candidates = [candidate(ada.clone())];
    let refused = Decision::Refuse(NotAdmitted::EmailDomainNotProved { domain: "corp.example".to_owned() });
    for admission in [Admission::Create, Admission::InvitedOnly, Admission::PassThrough] {
        let unproved = Facts { email_domain: EmailDomain::NotProved, ..facts(admission) };
        assert_eq!(decide_about(unproved, email(ADA)), refused);
        assert_eq!(decide_about(Facts { candidates: &candidates, ..unproved }, email(ADA)), refused);
        assert_eq!(decide_about(Facts { known: Some(&ada), ..unproved }, email(ADA)), refused);
    }
}

/// A25.1, E-35: where the account has guests, the address is withheld: neither stored, told, nor linked by.
#[test]
fn an_address_that_is_withheld_has_no_effect() {
    let candidates = [candidate(user(1, email(ADA)))];
    let withheld = |admission| Facts {
        email_domain: EmailDomain::NotProved,
        unproved_email: UnprovedEmail::Withhold,
        candidates: &candidates,
        ..facts(admission)
    };
    let created = Decision::Create { profile: Profile::default() };
    assert_eq!(decide_about(withheld(Admission::Create), email(ADA)), created);
    let passed = Decision::PassThrough { profile: Profile::default() };
    assert_eq!(decide_about(withheld(Admission::PassThrough), email(ADA)), passed);
    let not_invited = Decision::Refuse(NotAdmitted::NotInvited);
    assert_eq!(decide_about(withheld(Admission::InvitedOnly), email(ADA)), not_invited);
    let guest = user(2, email("guest@partner.example"));
    let facts = Facts { known: Some(&guest), ..withheld(Admission::InvitedOnly) };
    let admitted = Decision::Admit { user: guest.clone(), profile: ProfileChange::None };
    assert_eq!(decide_about(facts, email(ADA)), admitted, "what an administrator has set stands");
}

#[test]
fn a_connection_without_addresses_works() {
    // Whether a domain is proved says nothing where there is none.
    let no_domain = Facts { email_domain: EmailDomain::NotProved, ..facts(Admission::Create) };
    assert_eq!(decide_about(no_domain, Profile::default()), Decision::Create { profile: Profile::default() });
    let candidates = [candidate(user(1, email(ADA)))];
    let stray = Facts { candidates: &candidates, ..facts(Admission::InvitedOnly) };
    assert_eq!(decide_about(stray, Profile::default()), Decision::Refuse(NotAdmitted::NotInvited));
}

/// A25.1: an address that the answer does not say stays as it was set, and is verified while its domain is proved.
#[test]
fn an_address_that_is_not_said_again_stays() {
    let guest = user(1, email("guest@partner.example"));
    let said_nothing =
        Mapped { profile: guest.profile.clone(), asserted_email: None, email_from: None, notes: Vec::new() };
    let facts = Facts { known: Some(&guest), ..facts(Admission::InvitedOnly) };
    let admitted = Decision::Admit { user: guest.clone(), profile: ProfileChange::None };
    assert_eq!(decide(&facts, &said_nothing), admitted);
    let lost = Facts { email_domain: EmailDomain::NotProved, ..facts };
    let unverified = Profile { email_verified: false, ..guest.profile.clone() };
    let user = User { profile: unverified, ..guest.clone() };
    assert_eq!(decide(&lost, &said_nothing), Decision::Admit { user, profile: ProfileChange::Save });
}

/// A25.2: an address is never verified because an identity provider says so.
#[test]
fn an_address_is_verified_by_the_domains_proof_alone() {
    let claimed = Profile { email_verified: false, ..email(ADA) };
    let created = decide_about(facts(Admission::Create), claimed);
    assert_eq!(created, Decision::Create { profile: email(ADA) });
    let none = Profile { email_verified: true, ..Profile::default() };
    assert_eq!(decide_about(facts(Admission::Create), none), Decision::Create { profile: Profile::default() });
    let guest = user(1, email(ADA));
    let withheld = Facts {
        known: Some(&guest),
        unproved_email: UnprovedEmail::Withhold,
        email_domain: EmailDomain::NotProved,
        ..facts(Admission::Create)
    };
    let stored = User { profile: Profile { email_verified: false, ..email(ADA) }, ..guest.clone() };
    let admitted = Decision::Admit { user: stored, profile: ProfileChange::Save };
    assert_eq!(decide_about(withheld, email(ADA)), admitted, "said again, and no longer the account's");
}

/// Whoever is suspended stays out, whatever the identity provider says.
#[test]
fn a_suspended_person_stays_out() {
    let suspended = User { state: UserState::Suspended, ..user(1, email(ADA)) };
    for admission in [Admission::Create, Admission::InvitedOnly, Admission::PassThrough] {
        let facts = Facts { known: Some(&suspended), ..facts(admission) };
        assert_eq!(decide_about(facts, email(ADA)), Decision::Refuse(NotAdmitted::Suspended));
    }
}

/// A25.1: the subject of one account opens no other.
#[test]
fn a_user_of_another_account_is_refused() {
    let elsewhere = User { account: NORTH, ..user(1, email(ADA)) };
    let facts = Facts { known: Some(&elsewhere), ..facts(Admission::Create) };
    assert_eq!(decide_about(facts, email(ADA)), Decision::Refuse(NotAdmitted::OtherAccount));
}

/// A25.3: an address that somebody else has is not taken over.
#[test]
fn a_known_person_does_not_take_anothers_address() {
    let ada = user(1, email(ADA));
    let candidates = [candidate(user(2, email("boss@corp.example")))];
    let facts = Facts { known: Some(&ada), candidates: &candidates, ..facts(Admission::Create) };
    let kept = Decision::Admit { user: ada.clone(), profile: ProfileChange::None };
    assert_eq!(decide_about(facts, email("boss@corp.example")), kept);
}

#[test]
fn each_refusal_has_a_code_of_its_own() {
    let all = [
        NotAdmitted::NotInvited,
        NotAdmitted::Suspended,
        NotAdmitted::EmailDomainNotProved { domain: String::new() },
        NotAdmitted::EmailTaken,
        NotAdmitted::EmailAmbiguous { got: 2 },
        NotAdmitted::ConsoleRole,
        NotAdmitted::OtherAccount,
    ];
    let codes: std::collections::BTreeSet<_> = all.iter().map(NotAdmitted::code).collect();
    assert_eq!(codes.len(), all.len());
}

/// XC-27, HY-27: single sign-on is switched off for a class, or for one person, and nobody of them comes in by it;
/// demanded of them it lets them in whatever is set for the one.
#[test]
fn whoever_signs_in_with_a_password_does_not_come_in_by_single_sign_on() {
    let off = Enforcement { people: Demand::Off, managers: Some(Demand::Required), ..Enforcement::default() };
    let refused = Decision::Refuse(NotAdmitted::PasswordOnly);
    let facts = |admission| Facts { enforcement: &off, ..facts(admission) };
    for admission in [Admission::Create, Admission::Waiting, Admission::PassThrough] {
        assert_eq!(decide_about(facts(admission), email(ADA)), refused, "unknown: {admission:?}");
    }
    let ada = user(1, email(ADA));
    assert_eq!(decide_about(Facts { known: Some(&ada), ..facts(Admission::Create) }, email(ADA)), refused);
    let candidates = [candidate(ada.clone())];
    assert_eq!(decide_about(Facts { candidates: &candidates, ..facts(Admission::Create) }, email(ADA)), refused);
    let by_password = SignInRule { method: Method::Password, ..SignInRule::default() };
    let manager = User { console_role: Some(ConsoleRole::Approver), sign_in: by_password, ..ada };
    let decided = decide_about(Facts { known: Some(&manager), ..facts(Admission::Create) }, email(ADA));
    assert!(matches!(decided, Decision::Admit { .. }), "{decided:?}");
    let person = User { sign_in: by_password, ..user(1, email(ADA)) };
    let decided = decide_about(Facts { known: Some(&person), ..super::tests::facts(Admission::Create) }, email(ADA));
    assert_eq!(decided, refused);
}

/// XC-6, XC-26, HY-27: nor as one of several users whom their identity stands for; and nobody waits for what would not
/// let them in.
#[test]
fn no_other_way_leads_around_a_password() {
    let off = Enforcement { people: Demand::Off, ..Enforcement::default() };
    let refused = Decision::Refuse(NotAdmitted::PasswordOnly);
    let ada = user(1, email(ADA));
    let shared =
        |user, enforcement| Facts { known: Some(user), shared: Shared::Yes, enforcement, ..facts(Admission::Create) };
    assert_eq!(decide_about(shared(&ada, &off), email(ADA)), refused);
    let by_password = SignInRule { method: Method::Password, ..SignInRule::default() };
    let person = User { sign_in: by_password, ..ada.clone() };
    assert_eq!(decide_about(shared(&person, facts(Admission::Create).enforcement), email(ADA)), refused);

    let namesakes = [candidate(ada.clone()), candidate(user(2, email(ADA)))];
    let taken = [Candidate { here: IdentityHere::Some, ..candidate(ada) }];
    for candidates in [&namesakes[..], &taken[..]] {
        let waiting = Facts { enforcement: &off, candidates, ..facts(Admission::Waiting) };
        assert_eq!(decide_about(waiting, email(ADA)), refused);
    }
}

/// XC-6: where one subject stands for several users, what tells them apart stays; a wrong address is refused all the same.
#[test]
fn the_profile_of_a_user_who_shares_a_subject_is_not_overwritten() {
    let agent = user(1, Profile { name: Some("agent-17".to_owned()), ..email(ADA) });
    let shared = Facts { known: Some(&agent), shared: Shared::Yes, ..facts(Admission::Create) };
    let said = Profile { name: Some("ada".to_owned()), ..email(ADA) };
    let as_before = Decision::Admit { user: agent.clone(), profile: ProfileChange::None };
    assert_eq!(decide_about(shared, said.clone()), as_before);
    let refused = decide_about(Facts { email_domain: EmailDomain::NotProved, ..shared }, said);
    let domain = "corp.example".to_owned();
    assert_eq!(refused, Decision::Refuse(NotAdmitted::EmailDomainNotProved { domain }));
}
