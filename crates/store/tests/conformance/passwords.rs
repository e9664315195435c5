//! What is promised of passwords and of the links by which they are set.

use jiff::Timestamp;
use vestibule_domain::enforcement::{BreakGlass, Demand};
use vestibule_domain::id::EventId;
use vestibule_domain::password::Passwords;
use vestibule_domain::session::SessionUser;
use vestibule_domain::user::{ConsoleRole, UserState};
use vestibule_store::StoreError;
use vestibule_store::tx::{
    MailAbout, MailKind, NewToken, PasswordChange, PasswordHolder, PasswordSignIn, Redeemed, SessionsOf, StoredLetter,
    StoredPassword, WaitingMail,
};

use super::{
    Fixture, account, account_id, after, attempt_id, event, finish, hash, new_code, new_session, new_token, now,
    refresh_families, seed, seed_asserted, session_id, unit, user, user_id,
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
    let password = StoredPassword { phc: phc.to_owned(), epoch: 0 };
    let code = Some(new_code(n));
    PasswordSignIn { user: user_id(1), password, session, code, mails: Vec::new(), events: vec![event(n)] }
}

pub(crate) async fn a_password_signs_in_until_it_is_another(fixture: Fixture) {
    seed(&fixture).await;
    let holders = || fixture.store.read(unit!(|tx| tx.password_holders(account_id(1), "ada.1@corp.example").await));
    let holder = |phc: Option<&str>| PasswordHolder {
        user: user(1, account_id(1)),
        password: phc.map(|phc| StoredPassword { phc: phc.to_owned(), epoch: 0 }),
    };
    assert_eq!(holders().await, Ok(vec![holder(None)]));
    assert!(set(&fixture, 1, "$first").await);
    assert_eq!(holders().await, Ok(vec![holder(Some("$first"))]));
    let elsewhere = unit!(|tx| tx.password_holders(account_id(2), "ada.1@corp.example").await);
    assert_eq!(fixture.read(elsewhere).await, vec![]);
    let first = sign_in(5, "$first");
    assert!(fixture.write(unit!(|tx| tx.sign_in_by_password(&first, now()).await)).await);
    assert!(fixture.read(unit!(|tx| tx.session(&hash(5), now()).await)).await.is_some());
    assert!(fixture.read(unit!(|tx| tx.code_grant(&hash(5), now()).await)).await.is_some());

    assert!(set(&fixture, 2, "$second").await);
    assert_eq!(fixture.read(unit!(|tx| tx.session(&hash(5), now()).await)).await, None, "ended by the new one");
    let (stale, before) = (sign_in(6, "$first"), fixture.events().await);
    assert!(!fixture.write(unit!(|tx| tx.sign_in_by_password(&stale, now()).await)).await);
    let mut suspended = user(1, account_id(1));
    suspended.state = UserState::Suspended;
    fixture.write(unit!(|tx| tx.save_user(&suspended, &event(7)).await)).await;
    let second = sign_in(8, "$second");
    assert!(!fixture.write(unit!(|tx| tx.sign_in_by_password(&second, now()).await)).await, "suspended");
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

/// Of what was typed and of what is set: the session in which it is done stays, all else ends; once.
pub(crate) async fn a_password_is_replaced_by_whoever_typed_the_present_one(fixture: Fixture) {
    with_passwords(&fixture).await;
    let before = stored(&fixture).await;
    for n in [5, 6] {
        let begun = PasswordSignIn { password: before.clone(), ..sign_in(n, "$x") };
        assert!(fixture.write(unit!(|tx| tx.sign_in_by_password(&begun, now()).await)).await);
    }
    fixture.write(unit!(|tx| tx.insert_password_link(&hash(9), Some(user_id(1)), after(60), None).await)).await;
    let change = |n: u16, phc: &str| PasswordChange {
        user: user_id(1),
        before: before.clone(),
        phc: phc.to_owned(),
        session: hash(5),
        event: event(n),
    };
    let (one, other) = (change(70, "$one"), change(71, "$other"));
    let one = fixture.store.write(unit!(|tx| tx.change_password(&one, now()).await));
    let other = fixture.other_node.write(unit!(|tx| tx.change_password(&other, now()).await));
    let (one, other) = tokio::join!(one, other);
    assert_ne!(one, other, "one of two at once");
    let phc = if one.unwrap() { "$one" } else { "$other" };
    let stands = fixture.read(unit!(|tx| tx.password_of(user_id(1)).await)).await.unwrap();
    assert_eq!(stands, StoredPassword { phc: phc.to_owned(), epoch: before.epoch + 1 });
    assert_eq!(fixture.read(unit!(|tx| tx.password_of(user_id(2)).await)).await, None);
    let left = fixture.read(unit!(|tx| tx.sessions_of(user_id(1), now()).await)).await;
    assert_eq!(left.iter().map(|session| session.id).collect::<Vec<_>>(), [session_id(5)]);
    assert_eq!(fixture.read(unit!(|tx| tx.password_link(&hash(9), now()).await)).await, None);
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

/// Account 1 gives passwords to all, and user 1 has one.
async fn with_passwords(fixture: &Fixture) {
    seed(fixture).await;
    let mut account = account(1);
    account.settings.passwords = Passwords::All;
    fixture.write(unit!(|tx| tx.save_account(&account, &event(50)).await.map(drop))).await;
    assert!(set(fixture, 1, "$x").await);
}

fn demanding() -> vestibule_domain::account::Account {
    let mut account = account(1);
    account.settings.passwords = Passwords::All;
    account.settings.single_sign_on.people = Demand::Required;
    account
}

/// What the person's password is now.
async fn stored(fixture: &Fixture) -> StoredPassword {
    let holders = fixture.read(unit!(|tx| tx.password_holders(account_id(1), "ada.1@corp.example").await)).await;
    holders.into_iter().next().unwrap().password.unwrap()
}

/// MX-33: who may use a password no more is signed out, who is named to stays; and a sign-in that was compared before
/// begins nothing after.
pub(crate) async fn sessions_by_password_end_where_passwords_open_nothing_more(fixture: Fixture) {
    with_passwords(&fixture).await;
    let password = stored(&fixture).await;
    let by = |n: u16, password: &StoredPassword| PasswordSignIn { password: password.clone(), ..sign_in(n, "$x") };
    let first = by(5, &password);
    assert!(fixture.write(unit!(|tx| tx.sign_in_by_password(&first, now()).await)).await);
    let closed = demanding();
    fixture.write(unit!(|tx| tx.save_account(&closed, &event(51)).await.map(drop))).await;
    assert_eq!(fixture.read(unit!(|tx| tx.session(&hash(5), now()).await)).await, None);
    let late = by(6, &password);
    assert!(!fixture.write(unit!(|tx| tx.sign_in_by_password(&late, now()).await)).await);

    let mut named = user(1, account_id(1));
    named.sign_in.break_glass_since = Some(now());
    let saved = named.clone();
    fixture.write(unit!(|tx| tx.save_user(&saved, &event(52)).await)).await;
    let glass = by(7, &stored(&fixture).await);
    assert!(fixture.write(unit!(|tx| tx.sign_in_by_password(&glass, after(9)).await)).await);
    let again = demanding();
    fixture.write(unit!(|tx| tx.save_account(&again, &event(53)).await.map(drop))).await;
    assert!(fixture.read(unit!(|tx| tx.session(&hash(7), now()).await)).await.is_some(), "they may");
    named.version = 2;
    let all = fixture.read(unit!(|tx| tx.break_glass_of(account_id(1)).await)).await;
    assert_eq!(all, [BreakGlass { user: named, signed_in_at: Some(after(9)) }]);
    let password = stored(&fixture).await;
    fixture.write(unit!(|tx| tx.end_sessions_of(SessionsOf::ByPassword(user_id(1)), &event(54)).await.map(drop))).await;
    assert_eq!(fixture.read(unit!(|tx| tx.session(&hash(7), now()).await)).await, None);
    let late = by(8, &password);
    assert!(!fixture.write(unit!(|tx| tx.sign_in_by_password(&late, now()).await)).await, "compared before");
}

/// MX-33, HY-2: so does what outlives sessions, though nobody has one any more.
pub(crate) async fn what_outlives_sessions_by_password_ends_where_passwords_open_nothing_more(fixture: Fixture) {
    with_passwords(&fixture).await;
    let eve = PasswordSignIn { password: stored(&fixture).await, ..sign_in(5, "$x") };
    assert!(fixture.write(unit!(|tx| tx.sign_in_by_password(&eve, now()).await)).await);
    let token = NewToken { family: Some(refresh_families::new_family(5, true)), ..new_token(5) };
    let redeem = unit!(|tx| tx.redeem_code(&hash(5), now(), &token, &event(60), &event(61)).await);
    assert!(matches!(fixture.write(redeem).await, Redeemed::Grant(_)));
    fixture.write(unit!(|tx| tx.end_session(&hash(5), &event(62)).await)).await;
    let family = || fixture.store.read(unit!(|tx| tx.refresh_family(refresh_families::family_id(5), now()).await));
    assert!(family().await.unwrap().is_some(), "signing out leaves it");
    let closed = demanding();
    fixture.write(unit!(|tx| tx.save_account(&closed, &event(63)).await.map(drop))).await;
    assert_eq!(family().await, Ok(None));
}

/// XC-26, HY-27: what single sign-on opened ends where it is switched off, and what is on its way to it.
pub(crate) async fn sessions_by_single_sign_on_end_where_it_is_switched_off(fixture: Fixture) {
    seed(&fixture).await;
    super::logouts::signed_in(&fixture, 1, false).await;
    super::logouts::signed_in(&fixture, 2, false).await;
    seed_asserted(&fixture, 3).await;
    let is_open = |n: u16| fixture.store.read::<_, StoreError, _>(unit!(|tx| tx.session(&hash(n), now()).await));
    let save = async |people, n: u16| {
        let mut account = demanding();
        account.settings.single_sign_on.people = people;
        fixture.write(unit!(|tx| tx.save_account(&account, &event(n)).await.map(drop))).await;
    };
    save(Demand::Required, 61).await;
    assert!(is_open(1).await.unwrap().is_some());
    save(Demand::Off, 62).await;
    assert_eq!((is_open(1).await, is_open(2).await), (Ok(None), Ok(None)));
    let late = finish(3, 50_006);
    assert!(!fixture.write(unit!(|tx| tx.finish(attempt_id(3), &late).await)).await);

    save(Demand::Optional, 63).await;
    super::logouts::signed_in(&fixture, 4, false).await;
    let end = unit!(|tx| tx.end_sessions_of(SessionsOf::BySingleSignOn(user_id(1)), &event(64)).await);
    assert_eq!(fixture.write(end).await, 1);
    assert_eq!(is_open(4).await, Ok(None));
}

/// A session that is being begun while its door closes is ended, or never begins, whichever node is first.
pub(crate) async fn no_session_outlives_the_password_that_opens_no_more(fixture: Fixture) {
    with_passwords(&fixture).await;
    for round in 0..20_u16 {
        let mut open = demanding();
        open.settings.single_sign_on.people = Demand::Optional;
        fixture.write(unit!(|tx| tx.save_account(&open, &event(100 + round)).await.map(drop))).await;
        let password = stored(&fixture).await;
        let mut begun = PasswordSignIn { password, ..sign_in(200 + round, "$x") };
        begun.events = vec![event(300 + round)];
        let closed = demanding();
        let begins = fixture.other_node.write(unit!(|tx| tx.sign_in_by_password(&begun, now()).await));
        let closes = fixture.store.write(unit!(|tx| tx.save_account(&closed, &event(400 + round)).await.map(drop)));
        let (begins, closes) = tokio::join!(begins, closes);
        begins.unwrap();
        closes.unwrap();
        let left = fixture.read(unit!(|tx| tx.sessions_of(user_id(1), now()).await)).await;
        assert_eq!(left, [], "round {round}");
    }
}

fn waiting(n: u8, about: MailAbout) -> WaitingMail {
    WaitingMail {
        id: EventId::new(after(n.into()), [n; 10]),
        account: account_id(1),
        about,
        language: "de".to_owned(),
        at: after(n.into()),
        tries: 0,
        problem: None,
    }
}

/// What has happened is told in the words of the time.
pub(crate) async fn a_notice_is_kept_with_its_words(fixture: Fixture) {
    seed(&fixture).await;
    let letter = StoredLetter { subject: "Größe".to_owned(), paragraphs: vec!["one".to_owned(), "two".to_owned()] };
    let notice = waiting(1, MailAbout::Notice { to: "it@corp.example".parse().unwrap(), letter });
    let kept = notice.clone();
    fixture.write(unit!(|tx| tx.insert_mail(&kept).await)).await;
    assert_eq!(fixture.read(unit!(|tx| tx.mails(10).await)).await, [notice]);
}

pub(crate) async fn mails_wait_in_order_until_they_are_sent_or_over(fixture: Fixture) {
    seed(&fixture).await;
    let to = || "Ada@Corp.example".parse().unwrap();
    let link = waiting(1, MailAbout::Link(to()));
    let invitation = waiting(2, MailAbout::Invitation(user_id(1)));
    let glass = waiting(3, MailAbout::BreakGlass { user: user_id(1), to: to() });
    let all = [invitation.clone(), link.clone(), glass.clone()];
    fixture.write(unit!(|tx| tx.insert_mails(&all).await)).await;
    let due = |at: Timestamp| fixture.store.read(unit!(|tx| tx.mails_due(at, 2).await));
    assert_eq!(due(after(0)).await, Ok(vec![]));
    assert_eq!(due(after(3)).await, Ok(vec![link.clone(), invitation.clone()]));
    let (id, again_at) = (link.id, after(60));
    fixture.write(unit!(|tx| tx.mail_failed(id, again_at, "no connection").await)).await;
    assert_eq!(due(after(59)).await, Ok(vec![invitation.clone(), glass.clone()]));
    let failed = WaitingMail { tries: 1, problem: Some("no connection".to_owned()), ..link };
    assert_eq!(due(after(60)).await, Ok(vec![failed.clone(), invitation.clone()]));
    let all = fixture.read(unit!(|tx| tx.mails(10).await)).await;
    assert_eq!(all, [failed, invitation.clone(), glass.clone()]);

    let id = invitation.id;
    let gone = || fixture.store.write(unit!(|tx| tx.drop_mail(id, Some(&event(70))).await));
    let before = fixture.events().await;
    assert_eq!((gone().await, gone().await), (Ok(true), Ok(false)));
    assert_eq!(fixture.events().await, before + 1);
    fixture.write(unit!(|tx| tx.insert_password_link(&hash(1), Some(user_id(1)), after(60), None).await)).await;
    let is_due = async |at| fixture.read(unit!(|tx| tx.are_mails_due(at).await)).await;
    assert_eq!((is_due(after(2)).await, is_due(after(3)).await), (false, true));
    let end = after(1) + MailKind::Link.lifetime();
    assert_eq!(fixture.write(unit!(|tx| tx.sweep(end, 10).await)).await, 2, "a wish and a link");
    let end = after(3) + MailKind::BreakGlass.lifetime();
    assert_eq!(fixture.write(unit!(|tx| tx.sweep(end, 10).await)).await, 0, "of a notice the log gets a line first");
    assert_eq!(fixture.read(unit!(|tx| tx.mails_over(end, 10).await)).await, [glass]);
    assert_eq!(due(end).await, Ok(vec![]));
}
