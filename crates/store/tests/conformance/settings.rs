//! What is promised of accounts, connections, domains, applications and keys.

use vestibule_domain::account::{AccountKind, AccountPath, Admission};
use vestibule_domain::branding::{Branding, LogoFile, LogoKind};
use vestibule_domain::connection::{Connection, ConnectionState};
use vestibule_domain::session::SessionSettings;
use vestibule_domain::user::{Identity, Subject};
use vestibule_domain::ways::{Behind, Permitted};
use vestibule_saml::types::AcsUrl;
use vestibule_store::tx::{
    ConnectionKey, DomainProof, Domains, KeyPurpose, ProvedDomain, Proving, RecentAnswer, Ring, StoredKey,
};
use vestibule_store::{Constraint, StoreError};

use super::{
    Fixture, account, account_id, after, application, claim, connection, connection_id, event, minute, now, seed, unit,
    user_id,
};

pub(crate) async fn an_account_is_kept_with_all_it_has(fixture: Fixture) {
    let mut root = account(1);
    root.kind = AccountKind::Reseller;
    root.settings.admission = Admission::Create;
    let mut child = account(2);
    child.parent = Some(root.id);
    child.path = AccountPath::parse("acme-1/two").unwrap();
    child.sub_domain = None;
    let (one, two) = (root.clone(), child.clone());
    fixture
        .write(unit!(|tx| {
            assert_eq!(tx.save_account(&one, &event(1)).await?, 1);
            assert_eq!(tx.save_account(&two, &event(2)).await?, 1);
            Ok(())
        }))
        .await;
    let path = child.path.clone();
    assert_eq!(fixture.read(unit!(|tx| tx.account(account_id(1)).await)).await, Some(root.clone()));
    assert_eq!(fixture.read(unit!(|tx| tx.account_by_path(&path).await)).await, Some(child.clone()));
    assert_eq!(fixture.read(unit!(|tx| tx.children_of(account_id(1)).await)).await, std::slice::from_ref(&child));
    assert_eq!(fixture.read(unit!(|tx| tx.accounts().await)).await, [root, child.clone()]);
    "Another".clone_into(&mut child.name);
    assert_eq!(fixture.write(unit!(|tx| tx.save_account(&child, &event(3)).await)).await, 2);
    let changed = fixture.read(unit!(|tx| tx.account(account_id(2)).await)).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.version), ("Another", 2));
}

pub(crate) async fn a_path_and_a_sub_domain_belong_to_one_account(fixture: Fixture) {
    seed(&fixture).await;
    let mut same_path = account(2);
    same_path.path = account(1).path;
    let outcome = fixture.store.write(unit!(|tx| tx.save_account(&same_path, &event(1)).await)).await;
    assert_eq!(outcome, Err(StoreError::Unique { constraint: Constraint::AccountPath }));
    let mut same_label = account(2);
    same_label.sub_domain = account(1).sub_domain;
    let outcome = fixture.store.write(unit!(|tx| tx.save_account(&same_label, &event(2)).await)).await;
    assert_eq!(outcome, Err(StoreError::Unique { constraint: Constraint::SubDomain }));
    let mut orphan = account(2);
    orphan.parent = Some(account_id(77));
    let outcome = fixture.store.write(unit!(|tx| tx.save_account(&orphan, &event(3)).await)).await;
    assert_eq!(outcome, Err(StoreError::Reference));
}

pub(crate) async fn a_former_sub_domain_stays_known_and_reserved(fixture: Fixture) {
    seed(&fixture).await;
    let by_label = |label: &'static str| {
        fixture.store.read::<_, StoreError, _>(unit!(|tx| {
            Ok(tx.account_by_label(label).await?.map(|(account, is_current)| (account.id, is_current)))
        }))
    };
    assert_eq!(by_label("acme-1").await, Ok(Some((account_id(1), true))));
    let mut moved = account(1);
    moved.sub_domain = Some("acme-new".parse().unwrap());
    fixture.write(unit!(|tx| tx.save_account(&moved, &event(1)).await)).await;
    assert_eq!(by_label("acme-new").await, Ok(Some((account_id(1), true))));
    assert_eq!(by_label("acme-1").await, Ok(Some((account_id(1), false))));
    assert_eq!(by_label("acme-2").await, Ok(None));
    let mut thief = account(2);
    thief.sub_domain = account(1).sub_domain;
    let outcome = fixture.store.write(unit!(|tx| tx.save_account(&thief, &event(2)).await)).await;
    assert_eq!(outcome, Err(StoreError::Unique { constraint: Constraint::SubDomain }));
    fixture.write(unit!(|tx| tx.save_account(&account(1), &event(3)).await)).await;
    assert_eq!(by_label("acme-1").await, Ok(Some((account_id(1), true))), "and back");
    assert_eq!(by_label("acme-new").await, Ok(Some((account_id(1), false))));
}

pub(crate) async fn a_connection_is_kept_with_all_it_has(fixture: Fixture) {
    seed(&fixture).await;
    let mut expected = connection(2, account_id(1));
    expected.saml.clock_skew = 30;
    expected.tested_at = Some(after(5));
    let wanted = expected.clone();
    assert_eq!(fixture.write(unit!(|tx| tx.save_connection(&wanted, &event(1)).await)).await, 1);
    assert_eq!(fixture.read(unit!(|tx| tx.connection(connection_id(2)).await)).await, Some(expected.clone()));
    let listed = fixture.read(unit!(|tx| tx.connections_in(account_id(1)).await)).await;
    let seeded = Connection { state: ConnectionState::Active, ..connection(1, account_id(1)) };
    assert_eq!(listed, [seeded, expected.clone()]);
    let heads = fixture.read(unit!(|tx| tx.connection_heads(account_id(1)).await)).await;
    assert_eq!(heads.iter().map(|head| head.id).collect::<Vec<_>>(), [connection_id(1), connection_id(2)]);
    expected.saml.clock_skew = 60;
    assert_eq!(fixture.write(unit!(|tx| tx.save_connection(&expected, &event(2)).await)).await, 2);
    let head = fixture.read(unit!(|tx| tx.connection_head(connection_id(2)).await)).await.unwrap();
    assert_eq!((head.account, head.state, head.version), (account_id(1), ConnectionState::Draft, 2));
}

pub(crate) async fn a_connections_name_is_unique_in_its_account(fixture: Fixture) {
    seed(&fixture).await;
    let mut double = connection(2, account_id(1));
    double.name = connection(1, account_id(1)).name;
    let outcome = fixture.store.write(unit!(|tx| tx.save_connection(&double, &event(1)).await)).await;
    assert_eq!(outcome, Err(StoreError::Unique { constraint: Constraint::ConnectionName }));
    let moved = fixture
        .store
        .write(unit!(|tx| {
            tx.save_account(&account(2), &event(2)).await?;
            tx.save_connection(&connection(1, account_id(2)), &event(3)).await
        }))
        .await;
    assert_eq!(moved, Err(StoreError::Stale { what: "connection" }), "it stays its account's");
}

pub(crate) async fn an_alias_is_found_while_a_connection_has_it(fixture: Fixture) {
    seed(&fixture).await;
    let url = "https://old.example.com/saml/acs";
    let alias = || AcsUrl::new(url).unwrap();
    let (mut one, mut two) = (connection(1, account_id(1)), connection(2, account_id(1)));
    one.saml.aliases = vec![alias()];
    two.saml.aliases = vec![alias(), AcsUrl::new("https://old.example.com/other").unwrap()];
    two.saml.issuer = None;
    fixture
        .write(unit!(|tx| {
            tx.save_connection(&one, &event(1)).await?;
            tx.save_connection(&two, &event(2)).await
        }))
        .await;
    let at = |url: &'static str| {
        fixture.store.read::<Vec<_>, StoreError, _>(unit!(|tx| {
            Ok(tx.connections_at_alias(url).await?.iter().map(|head| head.id).collect())
        }))
    };
    assert_eq!(at(url).await, Ok(vec![connection_id(1), connection_id(2)]));
    assert_eq!(at("https://old.example.com/SAML/acs").await, Ok(vec![]), "exactly");
    let issued =
        fixture.read(unit!(|tx| tx.connections_by_issuer_at_alias(url, "https://idp.example.com/").await)).await;
    assert_eq!(issued.iter().map(|head| head.id).collect::<Vec<_>>(), [connection_id(1)]);
    fixture.write(unit!(|tx| tx.save_connection(&connection(1, account_id(1)), &event(3)).await)).await;
    assert_eq!(at(url).await, Ok(vec![connection_id(2)]));
}

pub(crate) async fn a_connection_changes_state_from_the_expected_one_only(fixture: Fixture) {
    use ConnectionState::{Active, Draft, Paused, Tested};
    seed(&fixture).await;
    let set = |from, to, n| {
        fixture.store.write(unit!(|tx| tx.set_connection_state(connection_id(1), from, to, &event(n)).await))
    };
    assert_eq!(set(Active, Draft, 7).await, Ok(true));
    assert_eq!(set(Tested, Active, 1).await, Ok(false));
    let tested = unit!(|tx| tx.record_test_passed(connection_id(1), after(9), &event(2)).await);
    assert!(fixture.write(tested).await);
    assert_eq!(set(Tested, Active, 3).await, Ok(true));
    let tested = unit!(|tx| tx.record_test_passed(connection_id(1), after(10), &event(4)).await);
    assert!(fixture.write(tested).await);
    let now_active = fixture.read(unit!(|tx| tx.connection(connection_id(1)).await)).await.unwrap();
    assert_eq!((now_active.state, now_active.tested_at), (Active, Some(after(10))), "a test does not take it back");
    assert_eq!(now_active.version, 5);
    assert_eq!(set(Draft, Paused, 5).await, Ok(false));
    assert_eq!(set(Active, Paused, 6).await, Ok(true));
    assert_eq!(fixture.events().await, 3 + 5, "three of the seed, one for each change");
}

pub(crate) async fn a_removed_connection_leaves_nothing_but_its_people(fixture: Fixture) {
    seed(&fixture).await;
    let mut aliased = connection(1, account_id(1));
    aliased.saml.aliases = vec![AcsUrl::new("https://old.example.com/acs").unwrap()];
    fixture
        .write(unit!(|tx| {
            tx.save_connection(&aliased, &event(1)).await?;
            tx.insert_connection_key(connection_id(1), &connection_key("k1"), &event(2)).await?;
            tx.prove_domain(&proved("corp.example", 1, Some(1)), &event(3)).await?;
            let identity = Identity {
                connection: connection_id(1),
                subject: Subject::from_text("ada"),
                user: user_id(1),
                linked_at: now(),
            };
            tx.link(&identity, &event(4)).await?;
            let answer = RecentAnswer { at: now(), attempt: None, code: None, report: "{}".to_owned() };
            tx.keep_answer(connection_id(1), Ring::Proved, &answer).await?;
            assert!(tx.remove_connection(connection_id(1), &event(5)).await?);
            assert!(!tx.remove_connection(connection_id(1), &event(6)).await?);
            Ok(())
        }))
        .await;
    fixture
        .read(unit!(|tx| {
            assert_eq!(tx.connection(connection_id(1)).await?, None);
            assert_eq!(tx.connections_at_alias("https://old.example.com/acs").await?, []);
            assert_eq!(tx.connection_keys(connection_id(1)).await?, []);
            assert_eq!(tx.identities_of(user_id(1)).await?, []);
            assert_eq!(tx.recent_answers(connection_id(1)).await?, []);
            let domain = tx.proved_domain(&"corp.example".parse().unwrap()).await?;
            assert_eq!(domain.unwrap().connection, None, "the domain stays proved");
            assert!(tx.user(user_id(1)).await?.is_some());
            Ok(())
        }))
        .await;
}

fn connection_key(id: &str) -> ConnectionKey {
    ConnectionKey {
        id: id.to_owned(),
        purpose: KeyPurpose::Decryption,
        sealed: vec![1, 0, 2],
        certificate: vec![0x30, 0],
        created_at: now(),
        is_active: true,
    }
}

pub(crate) async fn a_connections_keys_are_kept_and_move_its_version(fixture: Fixture) {
    seed(&fixture).await;
    let insert = unit!(|tx| tx.insert_connection_key(connection_id(1), &connection_key("k1"), &event(1)).await);
    fixture.write(insert).await;
    let double = unit!(|tx| tx.insert_connection_key(connection_id(1), &connection_key("k1"), &event(2)).await);
    assert_eq!(fixture.store.write(double).await, Err(StoreError::Unique { constraint: Constraint::PrimaryKey }));
    let lost = unit!(|tx| tx.insert_connection_key(connection_id(9), &connection_key("k1"), &event(3)).await);
    assert_eq!(fixture.store.write(lost).await, Err(StoreError::Reference));
    assert_eq!(fixture.read(unit!(|tx| tx.connection_keys(connection_id(1)).await)).await, [connection_key("k1")]);
    let (found, absent) = fixture
        .write(unit!(|tx| {
            let found = tx.set_connection_key_active(connection_id(1), "k1", false, &event(4)).await?;
            Ok((found, tx.set_connection_key_active(connection_id(1), "k2", false, &event(5)).await?))
        }))
        .await;
    assert_eq!((found, absent), (true, false));
    let keys = fixture.read(unit!(|tx| tx.connection_keys(connection_id(1)).await)).await;
    assert_eq!(keys, [ConnectionKey { is_active: false, ..connection_key("k1") }]);
    let head = fixture.read(unit!(|tx| tx.connection_head(connection_id(1)).await)).await.unwrap();
    assert_eq!(head.version, 3);
    // What is in force stays; what is out of force can go.
    let second = unit!(|tx| tx.insert_connection_key(connection_id(1), &connection_key("k2"), &event(6)).await);
    fixture.write(second).await;
    let (in_force, retired) = fixture
        .write(unit!(|tx| {
            let in_force = tx.remove_connection_key(connection_id(1), "k2", &event(7)).await?;
            Ok((in_force, tx.remove_connection_key(connection_id(1), "k1", &event(8)).await?))
        }))
        .await;
    assert_eq!((in_force, retired), (false, true));
    assert_eq!(fixture.read(unit!(|tx| tx.connection_keys(connection_id(1)).await)).await, [connection_key("k2")]);
}

fn proved(domain: &str, account: u16, connection: Option<u16>) -> ProvedDomain {
    ProvedDomain {
        domain: domain.parse().unwrap(),
        account: account_id(account),
        connection: connection.map(connection_id),
        how: DomainProof::Dns,
        proved_at: now(),
    }
}

pub(crate) async fn a_domain_may_be_claimed_by_many_and_proved_by_one(fixture: Fixture) {
    seed(&fixture).await;
    fixture
        .write(unit!(|tx| {
            tx.save_account(&account(2), &event(1)).await?;
            assert!(tx.claim_domain(&claim("corp.example", 1, "t1"), &event(2)).await?);
            assert!(tx.claim_domain(&claim("corp.example", 2, "t2"), &event(3)).await?);
            assert!(!tx.claim_domain(&claim("corp.example", 2, "t3"), &event(4)).await?, "it stands");
            Ok(())
        }))
        .await;
    let prove = |domain: ProvedDomain, n| fixture.store.write(unit!(|tx| tx.prove_domain(&domain, &event(n)).await));
    assert_eq!(prove(proved("corp.example", 2, None), 5).await, Ok(Proving::Done));
    assert_eq!(prove(proved("corp.example", 1, Some(1)), 6).await, Ok(Proving::TakenBy(account_id(2))));
    let by_operator = ProvedDomain { how: DomainProof::Operator, ..proved("corp.example", 2, None) };
    assert_eq!(prove(by_operator.clone(), 7).await, Ok(Proving::Done), "again");
    fixture
        .read(unit!(|tx| {
            let domain = "corp.example".parse().unwrap();
            assert_eq!(tx.proved_domain(&domain).await?, Some(by_operator.clone()));
            assert!(tx.is_proved(&domain, account_id(2)).await?);
            assert!(!tx.is_proved(&domain, account_id(1)).await?);
            assert_eq!(tx.proved_domain(&"sub.corp.example".parse().unwrap()).await?, None);
            let claims = vec![claim("corp.example", 2, "t2")];
            assert_eq!(tx.domains_of(account_id(2)).await?, Domains { claims, proved: vec![by_operator] });
            Ok(())
        }))
        .await;
}

pub(crate) async fn a_domain_is_given_up_with_claim_and_proof(fixture: Fixture) {
    seed(&fixture).await;
    fixture
        .write(unit!(|tx| {
            let domain = "corp.example".parse().unwrap();
            tx.claim_domain(&claim("corp.example", 1, "t1"), &event(1)).await?;
            tx.prove_domain(&proved("corp.example", 1, Some(1)), &event(2)).await?;
            assert!(!tx.remove_domain(&domain, account_id(2), &event(3)).await?, "another's");
            assert!(tx.remove_domain(&domain, account_id(1), &event(4)).await?);
            assert!(!tx.remove_domain(&domain, account_id(1), &event(5)).await?);
            assert_eq!(tx.domains_of(account_id(1)).await?, Domains::default());
            Ok(())
        }))
        .await;
}

pub(crate) async fn an_application_is_kept_with_all_it_has(fixture: Fixture) {
    seed(&fixture).await;
    let mut one = application("expenses");
    let two = application("archive");
    let (first, second) = (one.clone(), two.clone());
    fixture
        .write(unit!(|tx| {
            tx.save_application(&first, &event(1)).await?;
            tx.save_application(&second, &event(2)).await
        }))
        .await;
    assert_eq!(fixture.read(unit!(|tx| tx.applications().await)).await, [two, one.clone()]);
    one.account = Some(account_id(1));
    let changed = one.clone();
    assert_eq!(fixture.write(unit!(|tx| tx.save_application(&changed, &event(3)).await)).await, 2);
    one.version = 2;
    assert_eq!(fixture.read(unit!(|tx| tx.application("expenses").await)).await, Some(one));
    assert_eq!(fixture.read(unit!(|tx| tx.application("Expenses").await)).await, None);
}

fn stored_key(id: &str) -> StoredKey {
    StoredKey {
        id: id.to_owned(),
        purpose: "id-token".to_owned(),
        sealed: vec![1, 2, 3],
        public: "{}".to_owned(),
        created_at: now(),
        active_from: after(60),
        retired_at: None,
    }
}

pub(crate) async fn a_key_is_kept_until_it_is_retired(fixture: Fixture) {
    fixture
        .write(unit!(|tx| {
            tx.insert_key(&stored_key("k1"), &event(1)).await?;
            assert_eq!(tx.keys("id-token").await?, [stored_key("k1")]);
            assert_eq!(tx.keys("another").await?, []);
            assert!(tx.retire_key("k1", after(90), &event(2)).await?);
            assert!(!tx.retire_key("k1", after(99), &event(3)).await?, "its end does not move away");
            assert!(!tx.retire_key("k1", after(90), &event(3)).await?, "once");
            assert!(tx.retire_key("k1", after(80), &event(3)).await?, "it ends earlier");
            assert_eq!(tx.keys("id-token").await?, [StoredKey { retired_at: Some(after(80)), ..stored_key("k1") }]);
            Ok(())
        }))
        .await;
}

pub(crate) async fn every_change_of_settings_moves_the_deployments_version(fixture: Fixture) {
    fixture
        .write(unit!(|tx| {
            let mut last = tx.deployment_version().await?;
            let mut moved = async |tx: &mut vestibule_store::Tx, what| {
                let next = tx.deployment_version().await?;
                assert!(next > last, "{what}");
                last = next;
                Ok::<_, StoreError>(())
            };
            tx.save_account(&account(1), &event(1)).await?;
            moved(tx, "account").await?;
            tx.save_connection(&connection(1, account_id(1)), &event(2)).await?;
            moved(tx, "connection").await?;
            tx.insert_connection_key(connection_id(1), &connection_key("k1"), &event(3)).await?;
            moved(tx, "connection key").await?;
            tx.prove_domain(&proved("corp.example", 1, None), &event(4)).await?;
            moved(tx, "domain").await?;
            tx.claim_domain(&claim("other.example", 1, "t1"), &event(8)).await?;
            tx.prove_claim(&claim("other.example", 1, "t1"), now(), minute(), &event(9)).await?;
            tx.prove_claim(&claim("other.example", 1, "t1"), after(60), minute(), &event(9)).await?;
            moved(tx, "domain by its record").await?;
            tx.save_certificates(&Connection { version: 2, ..connection(1, account_id(1)) }, &event(10)).await?;
            moved(tx, "certificates").await?;
            tx.save_application(&application("expenses"), &event(5)).await?;
            moved(tx, "application").await?;
            tx.insert_key(&stored_key("k1"), &event(6)).await?;
            moved(tx, "key").await?;
            tx.remove_connection(connection_id(1), &event(7)).await?;
            moved(tx, "removal").await
        }))
        .await;
}

/// MX-18, MX-21: the ways of everything below follow what an account permits.
pub(crate) async fn ways_follow_the_tree_when_an_account_is_saved(fixture: Fixture) {
    seed(&fixture).await;
    let below = |n: u16, above: u16, permitted| {
        let mut account = account(n);
        account.parent = Some(account_id(above));
        account.settings.permitted = Some(permitted);
        account
    };
    let (child, grandchild) = (below(2, 1, Permitted::Inherit), below(3, 2, Permitted::Both));
    let own = Connection { state: ConnectionState::Active, ..connection(3, account_id(3)) };
    fixture
        .write(unit!(|tx| {
            tx.save_account(&child, &event(1)).await?;
            tx.save_account(&grandchild, &event(2)).await?;
            tx.save_connection(&own, &event(3)).await
        }))
        .await;
    let ways = |n| {
        fixture.read(unit!(|tx| {
            let ways = tx.ways_into(account_id(n)).await?;
            Ok(ways.into_iter().map(|way| (way.connection.id, way.connection.account, way.behind)).collect::<Vec<_>>())
        }))
    };
    let inherited = (connection_id(1), account_id(1), Behind::Waits);
    assert_eq!(ways(1).await, [inherited]);
    assert_eq!(ways(2).await, [inherited]);
    assert_eq!(ways(3).await, [(connection_id(3), account_id(3), Behind::Waits), inherited]);
    let chain = fixture.read(unit!(|tx| tx.chain_to(account_id(3)).await)).await;
    assert_eq!(chain.iter().map(|one| one.id).collect::<Vec<_>>(), [account_id(1), account_id(2), account_id(3)]);
    let served = || fixture.read(unit!(|tx| tx.accounts_served_by(account_id(1), 9).await));
    assert_eq!(served().await, [account_id(1), account_id(2), account_id(3)]);
    let child = below(2, 1, Permitted::Own);
    fixture.write(unit!(|tx| tx.save_account(&child, &event(4)).await)).await;
    assert_eq!((ways(2).await, ways(3).await.len()), (vec![], 1), "it has none of its own, and hands none down");
    assert_eq!(served().await, [account_id(1)]);
}

/// MX-15: how the pages of everything below look follows what an account sets, and counts as a change of them.
pub(crate) async fn looks_follow_the_tree_when_an_account_is_saved(fixture: Fixture) {
    seed(&fixture).await;
    let product = |name: &str| Branding { product: name.to_owned().try_into().ok(), ..Branding::default() };
    let of = |n: u16, above: u16, branding| {
        let mut account = account(n);
        account.parent = (above > 0).then(|| account_id(above));
        account.settings.branding = branding;
        account
    };
    let own = Branding { accent: "#0a7d5a".parse().ok(), ..Branding::default() };
    let (top, child, grandchild) = (of(1, 0, product("One")), of(2, 1, Branding::default()), of(3, 2, own.clone()));
    fixture
        .write(unit!(|tx| {
            tx.save_account(&top, &event(1)).await?;
            tx.save_account(&child, &event(2)).await?;
            tx.save_account(&grandchild, &event(3)).await
        }))
        .await;
    let seen = |n| {
        fixture.read(unit!(|tx| {
            let account = tx.account(account_id(n)).await?.unwrap();
            Ok((account.brand, account.version))
        }))
    };
    assert_eq!(seen(2).await, (product("One"), 1));
    assert_eq!(seen(3).await, (own.below(&product("One")), 1));
    let top = of(1, 0, product("Two"));
    fixture.write(unit!(|tx| tx.save_account(&top, &event(4)).await)).await;
    assert_eq!(seen(2).await, (product("Two"), 2));
    assert_eq!(seen(3).await, (own.below(&product("Two")), 2));
    let child = of(2, 1, product("Three"));
    assert_eq!(fixture.write(unit!(|tx| tx.save_account(&child, &event(5)).await)).await, 3);
    assert_eq!(seen(3).await.0, own.below(&product("Three")));
    let top = of(1, 0, product("Four"));
    fixture.write(unit!(|tx| tx.save_account(&top, &event(6)).await)).await;
    assert_eq!((seen(2).await.1, seen(3).await.1), (3, 3), "what sets its own is not touched, nor what is below it");
}

pub(crate) async fn sessions_follow_the_tree_when_an_account_is_saved(fixture: Fixture) {
    seed(&fixture).await;
    let minutes =
        |length: u32| SessionSettings { length_minutes: length.try_into().ok(), ..SessionSettings::default() };
    let age = SessionSettings { reauthenticate_after_minutes: 30.try_into().ok(), ..SessionSettings::default() };
    let of = |n: u16, above: u16, sessions| {
        let mut account = account(n);
        account.parent = (above > 0).then(|| account_id(above));
        account.settings.sessions = sessions;
        account
    };
    let (top, child) = (of(1, 0, minutes(60)), of(2, 1, age));
    fixture
        .write(unit!(|tx| {
            tx.save_account(&top, &event(1)).await?;
            tx.save_account(&child, &event(2)).await
        }))
        .await;
    let seen = || {
        fixture.read(unit!(|tx| {
            let account = tx.account(account_id(2)).await?.unwrap();
            Ok((account.sessions, account.version))
        }))
    };
    assert_eq!(seen().await, (age.below(&minutes(60)), 1));
    let top = of(1, 0, minutes(90));
    fixture.write(unit!(|tx| tx.save_account(&top, &event(3)).await)).await;
    assert_eq!(seen().await, (age.below(&minutes(90)), 2));
    let top = of(1, 0, SessionSettings::default());
    fixture.write(unit!(|tx| tx.save_account(&top, &event(4)).await)).await;
    assert_eq!(seen().await, (age, 3), "nothing is set above any more");
}

pub(crate) async fn a_logo_is_kept_until_its_account_sets_another(fixture: Fixture) {
    seed(&fixture).await;
    let file = |n| LogoFile::new(LogoKind::Png, &[n; 32]);
    let (one, two) = (file(1), file(2));
    fixture
        .write(unit!(|tx| {
            tx.save_logo(account_id(1), Some((&one, &b"one"[..]))).await?;
            tx.save_logo(account_id(1), Some((&one, &b"one"[..]))).await
        }))
        .await;
    let content = |n| fixture.read(unit!(|tx| tx.logo(&file(n)).await));
    assert_eq!(content(1).await, Some(b"one".to_vec()));
    fixture.write(unit!(|tx| tx.save_logo(account_id(1), Some((&two, &b"two"[..]))).await)).await;
    assert_eq!((content(1).await, content(2).await), (None, Some(b"two".to_vec())));
    fixture.write(unit!(|tx| tx.save_logo(account_id(1), None).await)).await;
    assert_eq!(content(2).await, None);
}
