//! Once-only facts: many writers at once, on two nodes where the database takes two, and exactly one wins.

use std::fmt::Debug;

use vestibule_domain::attempt::Progress;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::user::{Identity, Subject};
use vestibule_domain::waiting::ApplicantState;
use vestibule_domain::ways::SignInBy;
use vestibule_store::tx::{
    ClaimProof, DecideApplicant, DomainProof, NewToken, ProvedDomain, Proving, RecentAnswer, Recorded, Redeemed,
    Renewed, Ring, SessionName, SessionsOf, ToTell, UserChange, Waited,
};
use vestibule_store::{BoxFuture, Constraint, StoreError, Tx};

use super::{
    Fixture, account, account_id, after, asserted, attempt, attempt_id, claim, connection_id, event, finish, hash,
    minute, new_token, now, refresh_families, replay, seed, seed_asserted, session_id, unit, user, user_id, waiting,
};

/// As many writers as a burst of one person's clicks, and then some.
const WRITERS: u16 = 24;

/// Runs a unit for each writer, all at once, and collects what became of them.
async fn race<T, U>(fixture: &Fixture, unit_of: impl Fn(u16) -> U) -> Vec<Result<T, StoreError>>
where
    T: Send + 'static,
    U: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
{
    race_of(fixture, WRITERS, unit_of).await
}

/// As many tries at once as a thief with a stolen secret could make.
const THOUSAND: u16 = 1000;

/// The same with so many.
async fn race_of<T, U>(fixture: &Fixture, tries: u16, unit_of: impl Fn(u16) -> U) -> Vec<Result<T, StoreError>>
where
    T: Send + 'static,
    U: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
{
    let mut writers = Vec::new();
    for n in 1..=tries {
        let store = if n % 2 == 0 { fixture.store.clone() } else { fixture.other_node.clone() };
        let unit = unit_of(n);
        writers.push(tokio::spawn(async move { store.write(unit).await }));
    }
    let mut outcomes = Vec::new();
    for writer in writers {
        outcomes.push(writer.await.unwrap());
    }
    outcomes
}

/// One is this, all others are that.
#[track_caller]
fn assert_one<T: PartialEq + Debug>(outcomes: &[T], one: &T, others: &T) {
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == one).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| outcome == one || outcome == others), "{outcomes:?}");
}

pub(crate) async fn one_of_many_answers_to_an_attempt_is_the_first(fixture: Fixture) {
    seed(&fixture).await;
    fixture.write(unit!(|tx| tx.insert_attempt(&attempt(1), &event(100)).await)).await;
    let outcomes = race(&fixture, |n| {
        unit!(|tx| {
            let replay = replay(&format!("_{n}"));
            tx.record_accepted(attempt_id(1), &asserted(), None, &replay, &event(n)).await
        })
    })
    .await;
    assert_one(&outcomes, &Ok(Recorded::First), &Ok(Recorded::NotPending));
    assert_eq!(fixture.events().await, 3 + 1 + 1);
}

pub(crate) async fn one_of_many_uses_of_an_assertion_is_the_first(fixture: Fixture) {
    seed(&fixture).await;
    fixture
        .write(unit!(|tx| {
            for n in 1..=WRITERS {
                tx.insert_attempt(&attempt(n), &event(100 + n)).await?;
            }
            Ok(())
        }))
        .await;
    let outcomes = race(&fixture, |n| {
        unit!(|tx| tx.record_accepted(attempt_id(n), &asserted(), None, &replay("_same"), &event(n)).await)
    })
    .await;
    assert_one(&outcomes, &Ok(Recorded::First), &Ok(Recorded::Replayed));
}

pub(crate) async fn an_attempt_is_accepted_or_refused_and_never_both(fixture: Fixture) {
    seed(&fixture).await;
    fixture.write(unit!(|tx| tx.insert_attempt(&attempt(1), &event(100)).await)).await;
    let outcomes = race(&fixture, |n| {
        unit!(|tx| {
            if n % 3 == 0 {
                return tx.record_refused(attempt_id(1), "audience", "{}", Some(&event(n))).await;
            }
            let replay = replay(&format!("_{n}"));
            let recorded = tx.record_accepted(attempt_id(1), &asserted(), None, &replay, &event(n)).await?;
            Ok(recorded == Recorded::First)
        })
    })
    .await;
    assert_one(&outcomes, &Ok(true), &Ok(false));
    let end = fixture.read(unit!(|tx| tx.continuation(attempt_id(1)).await)).await.unwrap();
    assert_eq!(end.facts.progress == Progress::Asserted, end.asserted.is_some());
    assert_eq!(end.facts.progress == Progress::Refused, end.refusal.is_some());
}

pub(crate) async fn one_of_many_finishes_counts(fixture: Fixture) {
    seed(&fixture).await;
    seed_asserted(&fixture, 1).await;
    let outcomes = race(&fixture, |n| unit!(|tx| tx.finish(attempt_id(1), &finish(n, 2 * n)).await)).await;
    assert_one(&outcomes, &Ok(true), &Ok(false));
    let sessions = fixture.read(unit!(|tx| tx.sessions_of(user_id(1), now()).await)).await;
    assert_eq!(sessions.len(), 1);
}

pub(crate) async fn one_of_many_redemptions_gets_the_grant(fixture: Fixture) {
    seed(&fixture).await;
    seed_asserted(&fixture, 1).await;
    fixture.write(unit!(|tx| tx.finish(attempt_id(1), &finish(1, 1000)).await)).await;
    let outcomes = race(&fixture, |n| {
        unit!(|tx| tx.redeem_code(&hash(1), after(1), &new_token(n), &event(2 * n), &event(2 * n + 1)).await)
    })
    .await;
    assert_one(&outcomes, &Ok(Redeemed::Grant(super::new_code(1).grant)), &Ok(Redeemed::Reused));
    for n in 1..=WRITERS {
        assert_eq!(fixture.read(unit!(|tx| tx.token(&hash(n), after(2)).await)).await, None, "reuse takes it away");
    }
}

pub(crate) async fn one_of_a_thousand_redemptions_gets_the_grant(fixture: Fixture) {
    seed(&fixture).await;
    seed_asserted(&fixture, 1).await;
    fixture.write(unit!(|tx| tx.finish(attempt_id(1), &finish(1, 50_000)).await)).await;
    let outcomes = race_of(&fixture, THOUSAND, |n| {
        let token = NewToken { family: Some(refresh_families::new_family(1, true)), ..new_token(n) };
        unit!(|tx| tx.redeem_code(&hash(1), after(1), &token, &event(2 * n), &event(2 * n + 1)).await)
    })
    .await;
    assert_one(&outcomes, &Ok(Redeemed::Grant(super::new_code(1).grant)), &Ok(Redeemed::Reused));
    let family = fixture.read(unit!(|tx| tx.refresh_family(refresh_families::family_id(1), after(2)).await)).await;
    assert_eq!(family, None, "reuse takes away what the code gave");
}

pub(crate) async fn one_of_a_thousand_renewals_gets_the_next_token(fixture: Fixture) {
    seed(&fixture).await;
    refresh_families::redeemed(&fixture, 1, true).await;
    let family = refresh_families::family_id(1);
    let outcomes = race_of(&fixture, THOUSAND, |n| {
        let renewal = refresh_families::renewal(1, 1000 + n);
        unit!(|tx| tx.renew_family(family, after(1), &renewal, &event(n)).await)
    })
    .await;
    let count = |what: Renewed| outcomes.iter().filter(|outcome| **outcome == Ok(what)).count();
    // The first one gets it; the second ends the family, for all who come later.
    assert_eq!((count(Renewed::Yes), count(Renewed::Reused), count(Renewed::Unknown)), (1, 1, 998), "{outcomes:?}");
    for n in 1..=THOUSAND {
        assert_eq!(fixture.read(unit!(|tx| tx.token(&hash(1000 + n), after(2)).await)).await, None);
    }
}

pub(crate) async fn one_of_a_thousand_finishes_makes_the_session(fixture: Fixture) {
    seed(&fixture).await;
    seed_asserted(&fixture, 1).await;
    let finishes = |n: u16| unit!(|tx| tx.finish(attempt_id(1), &finish(n, 2 * n)).await);
    let outcomes = race_of(&fixture, THOUSAND, finishes).await;
    assert_one(&outcomes, &Ok(true), &Ok(false));
    assert_eq!(fixture.read(unit!(|tx| tx.sessions_of(user_id(1), now()).await)).await.len(), 1);
}

/// HY-2: a code is redeemed while its person is suspended: no family that outlives sessions comes of it.
pub(crate) async fn no_family_outlives_the_end_of_its_persons_sessions(fixture: Fixture) {
    seed(&fixture).await;
    for n in 1..=8 {
        super::logouts::signed_in(&fixture, n, true).await;
        race(&fixture, |writer| {
            unit!(|tx| {
                if writer == 4 {
                    let ended = event(1000 * n + 999);
                    return tx.end_sessions_of(SessionsOf::User(user_id(1)), &ended).await.map(|_| false);
                }
                let family = refresh_families::new_family(n, true);
                let token = NewToken { family: Some(family), ..new_token(3000 + 100 * n + writer) };
                let (redeemed, reused) = (event(1000 * n + writer), event(1000 * n + 500 + writer));
                let redeemed = tx.redeem_code(&hash(n), now(), &token, &redeemed, &reused).await?;
                Ok(matches!(redeemed, Redeemed::Grant(_)))
            })
        })
        .await;
        let family = fixture.read(unit!(|tx| tx.refresh_family(refresh_families::family_id(n), now()).await)).await;
        assert_eq!(family, None);
    }
}

pub(crate) async fn one_of_many_accounts_proves_a_domain(fixture: Fixture) {
    fixture
        .write(unit!(|tx| {
            for n in 1..=WRITERS {
                tx.save_account(&account(n), &event(100 + n)).await?;
            }
            Ok(())
        }))
        .await;
    let outcomes = race(&fixture, |n| {
        unit!(|tx| {
            let domain = ProvedDomain {
                domain: "corp.example".parse().unwrap(),
                account: account_id(n),
                connection: None,
                how: DomainProof::Dns,
                proved_at: now(),
            };
            tx.prove_domain(&domain, &event(n)).await
        })
    })
    .await;
    let owner = fixture.read(unit!(|tx| tx.proved_domain(&"corp.example".parse().unwrap()).await)).await;
    assert_one(&outcomes, &Ok(Proving::Done), &Ok(Proving::TakenBy(owner.unwrap().account)));
}

pub(crate) async fn one_of_many_links_of_a_subject_holds(fixture: Fixture) {
    seed(&fixture).await;
    let outcomes = race(&fixture, |n| {
        unit!(|tx| {
            tx.insert_user(&user(100 + n, account_id(1)), &event(2 * n)).await?;
            let identity = Identity {
                connection: connection_id(1),
                subject: Subject::from_text("ada"),
                user: user_id(100 + n),
                linked_at: now(),
            };
            tx.link(&identity, &event(2 * n + 1)).await
        })
    })
    .await;
    assert_one(&outcomes, &Ok(()), &Err(StoreError::Unique { constraint: Constraint::Identity }));
    let people = fixture.read(unit!(|tx| tx.users_in(account_id(1), None, 100).await)).await;
    assert_eq!(people.len(), 2, "the losers' people are undone with their links");
}

pub(crate) async fn one_of_many_unsolicited_answers_is_taken(fixture: Fixture) {
    seed(&fixture).await;
    let version = fixture.read(unit!(|tx| tx.connection(connection_id(1)).await)).await.unwrap().version;
    let outcomes = race(&fixture, |n| {
        unit!(|tx| tx.insert_accepted_unsolicited(&attempt(n), version, &asserted(), &replay("_u"), &event(n)).await)
    })
    .await;
    assert_one(&outcomes, &Ok(Recorded::First), &Ok(Recorded::Replayed));
}

pub(crate) async fn one_of_many_changes_of_a_version_holds(fixture: Fixture) {
    seed(&fixture).await;
    let outcomes = race(&fixture, |n| {
        unit!(|tx| {
            let mut user = user(1, account_id(1));
            user.profile.display_name = Some(format!("Ada {n}"));
            tx.save_user(&user, &event(n)).await
        })
    })
    .await;
    assert_one(&outcomes, &Ok(()), &Err(StoreError::Stale { what: "user" }));
}

pub(crate) async fn one_of_many_activations_counts(fixture: Fixture) {
    seed(&fixture).await;
    let (from, to) = (ConnectionState::Active, ConnectionState::Draft);
    let drafted = unit!(|tx| tx.set_connection_state(connection_id(1), from, to, &event(100)).await);
    assert!(fixture.write(drafted).await);
    let outcomes = race(&fixture, |n| {
        unit!(|tx| {
            let (from, to) = (ConnectionState::Draft, ConnectionState::Active);
            tx.set_connection_state(connection_id(1), from, to, &event(n)).await
        })
    })
    .await;
    assert_one(&outcomes, &Ok(true), &Ok(false));
}

/// The same LogoutRequest again and again, while the person signs out here: the message counts once, and the session
/// ends once.
pub(crate) async fn one_of_many_logouts_ends_a_session(fixture: Fixture) {
    seed(&fixture).await;
    super::logouts::signed_in(&fixture, 1, true).await;
    let outcomes = race(&fixture, |n| {
        unit!(|tx| {
            if n % 3 == 0 {
                return Ok(usize::from(tx.end_session(&hash(1), &event(n)).await?));
            }
            if !tx.remember_message(&replay("_logout")).await? {
                return Ok(0);
            }
            let name = SessionName::session_index(connection_id(1), "_s1");
            let named = tx.sessions_named(connection_id(1), name, now()).await?;
            Ok(tx.end_sessions(&named.open, now()).await?.len())
        })
    })
    .await;
    assert_one(&outcomes, &Ok(1), &Ok(0));
}

pub(crate) async fn one_of_many_finders_of_a_record_proves_the_claim(fixture: Fixture) {
    seed(&fixture).await;
    let claim = claim("corp.example", 1, "t1");
    let claimed = claim.clone();
    fixture
        .write(unit!(|tx| {
            tx.claim_domain(&claimed, &event(100)).await?;
            assert_eq!(tx.prove_claim(&claimed, now(), minute(), &event(101)).await?, ClaimProof::Seen(now()));
            Ok(())
        }))
        .await;
    let outcomes = race(&fixture, |n| {
        let claim = claim.clone();
        unit!(|tx| tx.prove_claim(&claim, after(60), minute(), &event(n)).await)
    })
    .await;
    assert_one(&outcomes, &Ok(ClaimProof::Done), &Ok(ClaimProof::Already));
    assert_eq!(fixture.events().await, 3 + 1 + 1, "one line says so");
}

pub(crate) async fn one_of_many_refreshes_of_a_version_holds(fixture: Fixture) {
    seed(&fixture).await;
    let connection = fixture.read(unit!(|tx| tx.connection(connection_id(1)).await)).await.unwrap();
    let outcomes = race(&fixture, |n| {
        let connection = connection.clone();
        unit!(|tx| tx.save_certificates(&connection, &event(n)).await)
    })
    .await;
    assert_one(&outcomes, &Ok(true), &Ok(false));
}

pub(crate) async fn one_of_many_holders_has_a_lease(fixture: Fixture) {
    let outcomes =
        race(&fixture, |n| unit!(|tx| tx.take_lease("sweep", &format!("node-{n}"), now(), after(60)).await)).await;
    assert_one(&outcomes, &Ok(true), &Ok(false));
}

pub(crate) async fn one_of_many_accounts_has_a_sub_domain(fixture: Fixture) {
    let outcomes = race(&fixture, |n| {
        unit!(|tx| {
            let mut account = account(n);
            account.sub_domain = Some("wanted".parse().unwrap());
            tx.save_account(&account, &event(n)).await
        })
    })
    .await;
    assert_one(&outcomes, &Ok(1), &Err(StoreError::Unique { constraint: Constraint::SubDomain }));
}

pub(crate) async fn no_answer_is_lost_from_the_ring(fixture: Fixture) {
    seed(&fixture).await;
    let outcomes = race(&fixture, |n| {
        unit!(|tx| {
            let answer = RecentAnswer { at: now(), attempt: None, code: None, report: format!("{n}") };
            tx.keep_answer(connection_id(1), Ring::Proved, &answer).await
        })
    })
    .await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let kept = fixture.read(unit!(|tx| tx.recent_answers(connection_id(1)).await)).await;
    assert_eq!(kept.len(), usize::from(WRITERS));
}

/// Half of the writers finish a sign-in while one switches single sign-on off: whoever came first has a session no more.
pub(crate) async fn no_session_outlives_the_way_by_which_it_began(fixture: Fixture) {
    seed(&fixture).await;
    for n in 1..=WRITERS {
        seed_asserted(&fixture, n).await;
    }
    let outcomes = race(&fixture, |n| {
        unit!(|tx| {
            if n == WRITERS / 2 {
                let mut off = account(1);
                off.settings.sign_in = SignInBy::Off;
                return tx.save_account(&off, &event(n)).await.map(|_| true);
            }
            tx.finish(attempt_id(n), &finish(n, 100 + 2 * n)).await
        })
    })
    .await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert!(fixture.read(unit!(|tx| tx.sessions_of(user_id(1), now()).await)).await.is_empty());
}

pub(crate) async fn one_of_many_arrivals_of_a_person_waits(fixture: Fixture) {
    seed(&fixture).await;
    let outcomes = race(&fixture, |n| {
        unit!(|tx| {
            let mut ada = waiting::applicant(1, "Ada");
            ada.id = waiting::applicant(n, "").id;
            Ok(tx.wait(&ada, now(), None, 100).await? == Waited::New)
        })
    })
    .await;
    assert_one(&outcomes, &Ok(true), &Ok(false));
}

/// Half approve, each as another user, and half refuse: one of them all decides, and only what they decided is there.
pub(crate) async fn one_of_many_decisions_about_an_applicant_counts(fixture: Fixture) {
    seed(&fixture).await;
    let ada = waiting::applicant(1, "Ada");
    waiting::waits(&fixture, &ada).await;
    let outcomes = race(&fixture, |n| {
        let decided = if n % 2 == 0 { waiting::approval(&ada, 100 + n) } else { waiting::refusal(&ada) };
        unit!(|tx| tx.decide_applicant(&decided, now()).await)
    })
    .await;
    assert_one(&outcomes, &Ok(true), &Ok(false));
    let id = ada.id;
    let state = fixture.read(unit!(|tx| tx.applicant(id).await)).await.unwrap().state;
    let people = fixture.read(unit!(|tx| tx.users_in(account_id(1), None, 100).await)).await;
    assert_eq!(people.len(), if state == ApplicantState::Approved { 2 } else { 1 });
}

/// Half merge somebody with a user at the last moment of their time while half forget those whose time is over.
pub(crate) async fn an_applicant_is_decided_about_or_forgotten_and_never_both(fixture: Fixture) {
    seed(&fixture).await;
    let ada = waiting::applicant(1, "Ada");
    waiting::waits(&fixture, &ada).await;
    let last = ada.expires_at - jiff::SignedDuration::from_millis(1);
    let outcomes = race(&fixture, |n| {
        let mut merge = waiting::approval(&ada, 1);
        merge.applicant.expires_at = ada.expires_at + jiff::SignedDuration::from_hours(1);
        let merge = DecideApplicant { user: UserChange::Save(user(1, account_id(1))), ..merge };
        let end = ada.expires_at;
        unit!(|tx| if n % 2 == 0 { tx.decide_applicant(&merge, last).await } else { Ok(tx.sweep(end, 10).await? > 0) })
    })
    .await;
    assert_one(&outcomes, &Ok(true), &Ok(false));
    let id = ada.id;
    let is_kept = fixture.read(unit!(|tx| tx.applicant(id).await)).await.is_some();
    let links = fixture.read(unit!(|tx| tx.identities_of(user_id(1)).await)).await;
    assert_eq!(links.len(), usize::from(is_kept), "whoever is forgotten is linked to nobody");
}

/// A27: an application gets its token while the session ends: either it gets none, or it is told.
pub(crate) async fn no_application_has_tokens_of_an_ended_session_and_is_not_told(fixture: Fixture) {
    seed(&fixture).await;
    for session in 1..=8 {
        super::logouts::signed_in(&fixture, session, true).await;
        let outcomes = race(&fixture, |n| {
            unit!(|tx| {
                if n == 4 {
                    return tx
                        .end_sessions_of(SessionsOf::Connection(connection_id(1)), &event(session))
                        .await
                        .map(|_| false);
                }
                let to = ToTell { client_id: "orchard".to_owned(), account: account_id(1), sub: "s".to_owned() };
                let token = NewToken { tell: Some(to), ..new_token(3000 + 100 * session + n) };
                let (redeemed, reused) = (event(4000 + 100 * session + n), event(6000 + 100 * session + n));
                let redeemed = tx.redeem_code(&hash(session), now(), &token, &redeemed, &reused).await?;
                Ok(matches!(redeemed, Redeemed::Grant(_)))
            })
        })
        .await;
        let got = outcomes.iter().filter(|outcome| **outcome == Ok(true)).count();
        let untold = fixture.read(unit!(|tx| tx.untold(100).await)).await;
        let told = untold.iter().filter(|one| one.session == session_id(session)).count();
        assert!(got <= 1 && told == got, "{got} tokens, {told} to tell: {outcomes:?}");
    }
}

/// Of units at once that hold the settings at one version, one changes them.
pub(crate) async fn one_of_many_holders_of_the_settings_changes_them(fixture: Fixture) {
    seed(&fixture).await;
    let base = fixture.read(unit!(|tx| tx.deployment_version().await)).await;
    let change = |n: u16| {
        unit!(|tx| {
            if !tx.hold_settings(base).await? {
                return Ok(false);
            }
            let mut account = account(1);
            account.name = format!("Acme {n}");
            tx.save_account(&account, &event(n)).await.map(|_| true)
        })
    };
    let (one, other) = (fixture.store.write(change(1)), fixture.other_node.write(change(2)));
    let (one, other) = tokio::join!(one, other);
    assert_ne!(one, other);
    assert!(one.unwrap() || other.unwrap());
}
