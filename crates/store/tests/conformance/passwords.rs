//! What is promised of passwords and of the links by which they are set.

use vestibule_domain::id::EventId;
use vestibule_domain::session::SessionUser;
use vestibule_domain::user::{ConsoleRole, UserState};
use vestibule_store::tx::{PasswordHolder, PasswordRequest, PasswordSignIn, REQUEST_LIFETIME};

use super::{
    Fixture, account_id, after, event, hash, new_code, new_session, now, seed, session_id, unit, user, user_id,
};

/// User 1's link `n`, and the password that it sets.
async fn set(fixture: &Fixture, n: u16, phc: &'static str) -> bool {
    let end = after(3600);
    fixture
        .write(unit!(|tx| {
            tx.insert_password_link(&hash(n), Some(user_id(1)), end, Some(&event(40_000 + n))).await?;
            tx.set_password(&hash(n), user_id(1), phc, now(), &event(41_000 + n)).await
        }))
        .await
}

fn sign_in(n: u16, phc: &str) -> PasswordSignIn {
    let mut session = new_session(n, SessionUser::Known(user_id(1)));
    session.session.connection = None;
    PasswordSignIn { user: user_id(1), phc: phc.to_owned(), session, code: Some(new_code(n)) }
}

pub(crate) async fn a_password_signs_in_until_it_is_another(fixture: Fixture) {
    seed(&fixture).await;
    let holders = || fixture.store.read(unit!(|tx| tx.password_holders(account_id(1), "ada.1@corp.example").await));
    let holder = |phc: Option<&str>| PasswordHolder { user: user(1, account_id(1)), phc: phc.map(str::to_owned) };
    assert_eq!(holders().await, Ok(vec![holder(None)]));
    assert!(set(&fixture, 1, "$first").await);
    assert_eq!(holders().await, Ok(vec![holder(Some("$first"))]));
    let elsewhere = unit!(|tx| tx.password_holders(account_id(2), "ada.1@corp.example").await);
    assert_eq!(fixture.read(elsewhere).await, vec![]);
    let first = sign_in(5, "$first");
    assert!(fixture.write(unit!(|tx| tx.sign_in_by_password(&first, now(), &event(5)).await)).await);
    assert!(fixture.read(unit!(|tx| tx.session(&hash(5), now()).await)).await.is_some());
    assert!(fixture.read(unit!(|tx| tx.code_grant(&hash(5), now()).await)).await.is_some());

    assert!(set(&fixture, 2, "$second").await);
    assert_eq!(fixture.read(unit!(|tx| tx.session(&hash(5), now()).await)).await, None, "ended by the new one");
    let (stale, before) = (sign_in(6, "$first"), fixture.events().await);
    assert!(!fixture.write(unit!(|tx| tx.sign_in_by_password(&stale, now(), &event(6)).await)).await);
    let mut suspended = user(1, account_id(1));
    suspended.state = UserState::Suspended;
    fixture.write(unit!(|tx| tx.save_user(&suspended, &event(7)).await)).await;
    let second = sign_in(8, "$second");
    assert!(!fixture.write(unit!(|tx| tx.sign_in_by_password(&second, now(), &event(8)).await)).await, "suspended");
    let sessions = fixture.read(unit!(|tx| tx.sessions_of(user_id(1), now()).await)).await;
    assert!(sessions.iter().all(|session| session.id != session_id(8)));
    assert_eq!(fixture.events().await, before + 1, "what did not happen is not in the log");
}

pub(crate) async fn a_link_sets_one_password_of_its_person_in_its_time(fixture: Fixture) {
    seed(&fixture).await;
    let end = after(3600);
    fixture
        .write(unit!(|tx| {
            for n in 1..=2 {
                tx.insert_password_link(&hash(n), Some(user_id(1)), end, None).await?;
            }
            Ok(())
        }))
        .await;
    let of = |n: u16, at| fixture.store.read(unit!(|tx| tx.password_link(&hash(n), at).await));
    assert_eq!(of(1, now()).await, Ok(Some(Some(user_id(1)))));
    assert_eq!((of(1, end).await, of(3, now()).await), (Ok(None), Ok(None)));
    let set = |n: u16, person: u16, at, e: u16| {
        fixture.store.write(unit!(|tx| tx.set_password(&hash(n), user_id(person), "$x", at, &event(e)).await))
    };
    assert_eq!(set(1, 1, end, 3).await, Ok(false), "over");
    assert_eq!(set(1, 2, now(), 4).await, Ok(false), "of somebody else");
    assert_eq!(set(1, 1, now(), 5).await, Ok(true));
    assert_eq!(set(1, 1, now(), 6).await, Ok(false), "a second time");
    assert_eq!(set(2, 1, now(), 7).await, Ok(false), "the other link went with it");
}

/// Of two at once one sets the password.
pub(crate) async fn a_link_is_used_once_by_two_nodes_at_once(fixture: Fixture) {
    seed(&fixture).await;
    let end = after(3600);
    fixture.write(unit!(|tx| tx.insert_password_link(&hash(1), Some(user_id(1)), end, None).await)).await;
    let one = unit!(|tx| tx.set_password(&hash(1), user_id(1), "$one", now(), &event(3)).await);
    let other = unit!(|tx| tx.set_password(&hash(1), user_id(1), "$other", now(), &event(4)).await);
    let (one, other) = tokio::join!(fixture.store.write(one), fixture.other_node.write(other));
    assert_ne!(one, other);
    assert!(one.unwrap() || other.unwrap());
}

pub(crate) async fn the_first_operator_comes_once(fixture: Fixture) {
    seed(&fixture).await;
    let end = after(3600);
    fixture
        .write(unit!(|tx| {
            tx.insert_password_link(&hash(1), None, end, None).await?;
            tx.insert_password_link(&hash(2), None, end, None).await
        }))
        .await;
    assert_eq!(fixture.read(unit!(|tx| tx.password_link(&hash(1), now()).await)).await, Some(None));
    let become_operator = |link: u16, n: u16, at| {
        let mut operator = user(n, account_id(1));
        operator.console_role = Some(ConsoleRole::Operator);
        let create = unit!(|tx| tx.create_first_operator(&hash(link), &operator, "$x", at, &event(60 + n)).await);
        fixture.store.write(create)
    };
    assert!(!fixture.read(unit!(|tx| tx.has_operator().await)).await);
    assert_eq!(become_operator(3, 7, now()).await, Ok(false), "no such link");
    assert_eq!(become_operator(1, 7, end).await, Ok(false), "over");
    assert_eq!(become_operator(1, 7, now()).await, Ok(true));
    assert!(fixture.read(unit!(|tx| tx.has_operator().await)).await);
    assert_eq!(become_operator(2, 8, now()).await, Ok(false), "the other link went with it");
    let later = unit!(|tx| {
        tx.insert_password_link(&hash(4), None, end, None).await?;
        let mut operator = user(9, account_id(1));
        operator.console_role = Some(ConsoleRole::Operator);
        tx.create_first_operator(&hash(4), &operator, "$x", now(), &event(69)).await
    });
    assert!(!fixture.write(later).await, "there is one by now");
}

pub(crate) async fn wishes_for_links_are_kept_in_order_until_they_are_over(fixture: Fixture) {
    seed(&fixture).await;
    let request = |n: u8| PasswordRequest {
        id: EventId::new(after(n.into()), [n; 10]),
        account: account_id(1),
        email: "Ada@Corp.example".parse().unwrap(),
        language: "de".to_owned(),
        at: after(n.into()),
    };
    for n in [2, 1, 3] {
        let wish = request(n);
        fixture.write(unit!(|tx| tx.request_password_link(&wish).await)).await;
    }
    let all = || fixture.store.read(unit!(|tx| tx.password_requests(2).await));
    assert_eq!(all().await, Ok(vec![request(1), request(2)]));
    let id = request(1).id;
    let gone = || fixture.store.write(unit!(|tx| tx.drop_password_request(id).await));
    assert_eq!((gone().await, gone().await), (Ok(true), Ok(false)));
    fixture.write(unit!(|tx| tx.insert_password_link(&hash(1), Some(user_id(1)), after(60), None).await)).await;
    let end = after(2) + REQUEST_LIFETIME;
    assert_eq!(fixture.write(unit!(|tx| tx.sweep(end, 10).await)).await, 2, "a wish and a link");
    assert_eq!(all().await, Ok(vec![request(3)]));
}
