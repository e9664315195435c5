//! What is promised of people.

use vestibule_domain::user::{ConsoleRole, Identity, Subject, UserState};
use vestibule_store::tx::EmailMatch;
use vestibule_store::{Constraint, StoreError};

use super::{Fixture, account, account_id, connection, connection_id, event, now, seed, unit, user, user_id};

fn identity(subject: &str, user: u16) -> Identity {
    Identity {
        connection: connection_id(1),
        subject: Subject::from_text(subject),
        user: user_id(user),
        linked_at: now(),
    }
}

pub(crate) async fn a_user_is_kept_with_all_they_have(fixture: Fixture) {
    seed(&fixture).await;
    let mut expected = user(2, account_id(1));
    expected.state = UserState::Suspended;
    expected.console_role = Some(ConsoleRole::AccountAdmin);
    expected.profile.more.insert("cost-centre".to_owned(), vec!["4711".to_owned()]);
    let wanted = expected.clone();
    fixture.write(unit!(|tx| tx.insert_user(&wanted, &event(1)).await)).await;
    assert_eq!(fixture.read(unit!(|tx| tx.user(user_id(2)).await)).await, Some(expected));
    let again = user(2, account_id(1));
    let again = fixture.store.write(unit!(|tx| tx.insert_user(&again, &event(2)).await)).await;
    assert_eq!(again, Err(StoreError::Unique { constraint: Constraint::PrimaryKey }));
    let homeless = user(3, account_id(77));
    let homeless = fixture.store.write(unit!(|tx| tx.insert_user(&homeless, &event(3)).await)).await;
    assert_eq!(homeless, Err(StoreError::Reference));
}

pub(crate) async fn a_user_is_found_by_identity_octet_by_octet(fixture: Fixture) {
    seed(&fixture).await;
    fixture.write(unit!(|tx| tx.link(&identity("Ada", 1), &event(1)).await)).await;
    let found = |subject: &'static str, connection: u16| {
        let subject = Subject::from_text(subject);
        fixture.store.read::<_, StoreError, _>(unit!(|tx| {
            Ok(tx.user_by_identity(account_id(1), connection_id(connection), &subject).await?.map(|user| user.id))
        }))
    };
    assert_eq!(found("Ada", 1).await, Ok(Some(user_id(1))));
    assert_eq!(found("ada", 1).await, Ok(None), "case");
    assert_eq!(found("Ada ", 1).await, Ok(None), "white space");
    assert_eq!(found("Ada", 2).await, Ok(None), "another connection");
    let again = fixture.store.write(unit!(|tx| tx.link(&identity("Ada", 1), &event(2)).await)).await;
    assert_eq!(again, Err(StoreError::Unique { constraint: Constraint::Identity }));
    let links = fixture.read(unit!(|tx| tx.identities_of(user_id(1)).await)).await;
    assert_eq!(links, [identity("Ada", 1)]);
    let counts = (connection_id(1), connection_id(2));
    let known = fixture.read(unit!(|tx| Ok((tx.identities_at(counts.0).await?, tx.identities_at(counts.1).await?))));
    assert_eq!(known.await, (1, 0), "a connection knows its own people");
}

pub(crate) async fn a_subject_is_somebody_in_each_account_that_a_connection_serves(fixture: Fixture) {
    seed(&fixture).await;
    fixture
        .write(unit!(|tx| {
            tx.save_account(&account(2), &event(1)).await?;
            tx.insert_user(&user(2, account_id(2)), &event(2)).await?;
            tx.link(&identity("Ada", 1), &event(3)).await?;
            tx.link(&Identity { user: user_id(2), ..identity("Ada", 1) }, &event(4)).await
        }))
        .await;
    for n in [1, 2] {
        let subject = Subject::from_text("Ada");
        let found =
            fixture.read(unit!(|tx| tx.user_by_identity(account_id(n), connection_id(1), &subject).await)).await;
        assert_eq!(found.map(|user| user.id), Some(user_id(n)));
    }
    let nobody = Identity { user: user_id(9), ..identity("Bert", 1) };
    let outcome = fixture.store.write(unit!(|tx| tx.link(&nobody, &event(5)).await)).await;
    assert_eq!(outcome, Err(StoreError::Stale { what: "user" }));
}

pub(crate) async fn a_user_is_found_by_email_in_their_account_without_case(fixture: Fixture) {
    seed(&fixture).await;
    fixture
        .write(unit!(|tx| {
            tx.save_account(&account(2), &event(1)).await?;
            tx.save_connection(&connection(2, account_id(2)), &event(2)).await?;
            let mut double = user(2, account_id(2));
            double.profile.email = Some("ada.1@corp.example".parse().unwrap());
            tx.insert_user(&double, &event(3)).await?;
            tx.link(&identity("ada", 1), &event(4)).await
        }))
        .await;
    let found = |account: u16, connection: u16| {
        fixture.store.read(unit!(|tx| {
            tx.users_by_email(account_id(account), "ada.1@corp.example", connection_id(connection)).await
        }))
    };
    let linked = EmailMatch { user: user(1, account_id(1)), is_linked: true };
    assert_eq!(found(1, 1).await, Ok(vec![linked.clone()]), "kept as Ada.1@Corp.example");
    assert_eq!(found(1, 2).await, Ok(vec![EmailMatch { is_linked: false, ..linked }]));
    let others = found(2, 2).await.unwrap();
    assert_eq!(others.iter().map(|one| one.user.id).collect::<Vec<_>>(), [user_id(2)], "the other account's own");
}

pub(crate) async fn a_stale_change_of_a_user_is_refused(fixture: Fixture) {
    seed(&fixture).await;
    let mut changed = user(1, account_id(1));
    changed.state = UserState::Suspended;
    let mut expected = changed.clone();
    expected.version = 2;
    let stale = changed.clone();
    let mut moved = expected.clone();
    moved.account = account_id(2);
    fixture.write(unit!(|tx| tx.save_user(&changed, &event(1)).await)).await;
    assert_eq!(fixture.read(unit!(|tx| tx.user(user_id(1)).await)).await, Some(expected));
    for wrong in [stale, moved] {
        let outcome = fixture.store.write(unit!(|tx| tx.save_user(&wrong, &event(2)).await)).await;
        assert_eq!(outcome, Err(StoreError::Stale { what: "user" }));
    }
}

pub(crate) async fn people_are_listed_page_by_page(fixture: Fixture) {
    seed(&fixture).await;
    fixture
        .write(unit!(|tx| {
            for n in 2..=5 {
                tx.insert_user(&user(n, account_id(1)), &event(n)).await?;
            }
            Ok(())
        }))
        .await;
    let page = |after| {
        fixture.store.read::<Vec<_>, StoreError, _>(unit!(|tx| {
            Ok(tx.users_in(account_id(1), after, 3).await?.iter().map(|user| user.id).collect())
        }))
    };
    assert_eq!(page(None).await, Ok(vec![user_id(1), user_id(2), user_id(3)]));
    assert_eq!(page(Some(user_id(3))).await, Ok(vec![user_id(4), user_id(5)]));
}

/// XC-6: a subject may stand for several people of an account, whom an administrator links; a link that a sign-in makes
/// is for whoever comes first.
pub(crate) async fn a_subject_stands_for_several_people_where_an_administrator_says_so(fixture: Fixture) {
    seed(&fixture).await;
    let identity = |n: u16| Identity {
        connection: connection_id(1),
        subject: Subject::from_text("shared"),
        user: user_id(n),
        linked_at: now(),
    };
    let others = [user(2, account_id(1)), user(3, account_id(1))];
    fixture
        .write(unit!(|tx| {
            for (other, n) in others.iter().zip(10..) {
                tx.insert_user(other, &event(n)).await?;
            }
            tx.link(&identity(1), &event(1)).await?;
            tx.link_beside(&identity(2), &event(2)).await?;
            tx.link_beside(&identity(3), &event(3)).await
        }))
        .await;
    let taken = fixture.store.write(unit!(|tx| tx.link(&identity(2), &event(4)).await)).await;
    assert_eq!(taken, Err(StoreError::Unique { constraint: Constraint::Identity }));
    let twice = fixture.store.write(unit!(|tx| tx.link_beside(&identity(2), &event(5)).await)).await;
    assert_eq!(twice, Err(StoreError::Stale { what: "user" }));
    let behind = || {
        fixture.read(unit!(|tx| {
            let users = tx.users_by_identity(account_id(1), connection_id(1), &Subject::from_text("shared")).await?;
            Ok(users.into_iter().map(|user| user.id).collect::<Vec<_>>())
        }))
    };
    assert_eq!(behind().await, [user_id(1), user_id(2), user_id(3)]);
    let unlink = |n: u16| {
        fixture.write(unit!(|tx| {
            tx.unlink(user_id(n), connection_id(1), &Subject::from_text("shared"), &event(20 + n)).await
        }))
    };
    assert_eq!((unlink(1).await, unlink(1).await), (true, false));
    assert_eq!(behind().await, [user_id(2), user_id(3)]);
    fixture.write(unit!(|tx| tx.link_beside(&identity(1), &event(30)).await)).await;
    assert_eq!(behind().await, [user_id(2), user_id(3), user_id(1)]);
}
