//! What is promised to background jobs: what is due, and that it is done once.

use jiff::SignedDuration;
use vestibule_domain::connection::{Connection, ConnectionState};
use vestibule_store::tx::{ClaimProof, DomainClaim, DomainProof, ProvedDomain, Refresh, RefreshNote};
use vestibule_store::{BoxFuture, StoreError, Tx};

use super::{Fixture, account, account_id, after, claim, connection, connection_id, event, minute, now, seed, unit};

/// Claims by the accounts 1 and 2.
async fn claims(fixture: &Fixture, claims: &[DomainClaim]) {
    let claims = claims.to_vec();
    seed(fixture).await;
    let unit = unit!(|tx| {
        tx.save_account(&account(2), &event(200)).await?;
        for (claim, n) in claims.iter().zip(201..) {
            assert!(tx.claim_domain(claim, &event(n)).await?);
        }
        Ok(())
    });
    fixture.write(unit).await;
}

fn due(at: i64, limit: u32) -> impl for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<Vec<String>, StoreError>> {
    unit!(|tx| {
        let due = tx.due_claims(after(at), limit).await?;
        Ok(due.iter().map(|claim| format!("{} {}", claim.domain, claim.token)).collect())
    })
}

/// SC-12.
pub(crate) async fn a_claim_is_due_from_the_start_and_until_somebody_proves_it(fixture: Fixture) {
    let all = [claim("a.example", 1, "t1"), claim("b.example", 1, "t2"), claim("b.example", 2, "t3")];
    claims(&fixture, &all).await;
    assert_eq!(fixture.read(due(-1, 10)).await, [""; 0]);
    assert_eq!(fixture.read(due(0, 10)).await, ["a.example t1", "b.example t2", "b.example t3"]);
    assert_eq!(fixture.read(due(0, 2)).await, ["a.example t1", "b.example t2"]);
    let later = all[0].clone();
    fixture.write(unit!(|tx| tx.look_again(&later, after(60)).await)).await;
    assert_eq!(fixture.read(due(59, 10)).await, ["b.example t2", "b.example t3"]);
    assert_eq!(fixture.read(due(60, 10)).await, ["b.example t2", "b.example t3", "a.example t1"], "the longest first");
    let by_operator = ProvedDomain {
        domain: "b.example".parse().unwrap(),
        account: account_id(1),
        connection: None,
        how: DomainProof::Operator,
        proved_at: now(),
    };
    fixture.write(unit!(|tx| tx.prove_domain(&by_operator, &event(1)).await)).await;
    let other = all[2].clone();
    fixture.write(unit!(|tx| tx.look_again(&other, after(1)).await)).await;
    assert_eq!(fixture.read(due(60, 10)).await, ["a.example t1"], "neither the owner's nor anybody else's");
}

/// SC-12.
pub(crate) async fn a_claim_is_proved_once_for_its_connection_and_with_its_token_only(fixture: Fixture) {
    let mine = DomainClaim { connection: Some(connection_id(1)), ..claim("corp.example", 1, "t1") };
    let theirs = claim("corp.example", 2, "t2");
    claims(&fixture, &[mine.clone(), theirs.clone()]).await;
    let on = unit!(|tx| tx.claims_on(&"corp.example".parse().unwrap()).await);
    assert_eq!(fixture.read(on).await, [mine.clone(), theirs.clone()]);
    let before = fixture.events().await;
    let prove = |claim: DomainClaim, at, n| {
        fixture.store.write(unit!(|tx| tx.prove_claim(&claim, after(at), minute(), &event(n)).await))
    };
    assert_eq!(prove(mine.clone(), 5, 1).await, Ok(ClaimProof::Seen(after(5))));
    let stale = DomainClaim { token: "t0".to_owned(), ..mine.clone() };
    assert_eq!(prove(stale, 65, 1).await, Ok(ClaimProof::Withdrawn));
    assert_eq!(prove(mine.clone(), 65, 2).await, Ok(ClaimProof::Done));
    assert_eq!(prove(mine, 66, 3).await, Ok(ClaimProof::Already));
    assert_eq!(prove(theirs, 67, 4).await, Ok(ClaimProof::TakenBy(account_id(1))));
    assert_eq!(fixture.events().await, before + 1, "one change, one line");
    let proved = fixture.read(unit!(|tx| tx.proved_domain(&"corp.example".parse().unwrap()).await)).await.unwrap();
    let want = (account_id(1), Some(connection_id(1)), DomainProof::Dns, after(65));
    assert_eq!((proved.account, proved.connection, proved.how, proved.proved_at), want);
    assert_eq!(fixture.read(due(1_000_000, 10)).await, [""; 0]);
}

/// SC-12: two looks a minute apart, and none between them that found nothing.
pub(crate) async fn a_record_proves_a_claim_when_it_is_seen_again_a_minute_later(fixture: Fixture) {
    let mine = claim("corp.example", 1, "t1");
    claims(&fixture, std::slice::from_ref(&mine)).await;
    let before = fixture.events().await;
    let see = |at| {
        let mine = mine.clone();
        fixture.store.write(unit!(|tx| tx.prove_claim(&mine, after(at), minute(), &event(1)).await))
    };
    let seen_at =
        async || fixture.read(unit!(|tx| Ok(tx.domains_of(account_id(1)).await?.claims.remove(0).seen_at))).await;
    assert_eq!(see(10).await, Ok(ClaimProof::Seen(after(10))));
    assert_eq!(seen_at().await, Some(after(10)));
    assert_eq!(fixture.read(due(69, 9)).await, [""; 0]);
    assert_eq!(fixture.read(due(70, 9)).await, ["corp.example t1"]);
    assert_eq!(see(69).await, Ok(ClaimProof::Seen(after(10))), "too soon");
    let gone = mine.clone();
    fixture.write(unit!(|tx| tx.look_again(&gone, after(90)).await)).await;
    assert_eq!(seen_at().await, None);
    assert_eq!(see(90).await, Ok(ClaimProof::Seen(after(90))), "from the start");
    assert_eq!(see(80).await, Ok(ClaimProof::Seen(after(80))), "the clock was set back");
    assert_eq!(fixture.events().await, before);
    assert_eq!(see(140).await, Ok(ClaimProof::Done));
    assert_eq!(fixture.events().await, before + 1);
}

/// SC-12: what was seen before another account proved the domain counts nothing when it is free again.
pub(crate) async fn a_record_that_was_seen_long_ago_is_seen_anew_when_the_domain_is_free(fixture: Fixture) {
    let (mine, theirs) = (claim("corp.example", 1, "t1"), claim("corp.example", 2, "t2"));
    claims(&fixture, &[mine.clone(), theirs.clone()]).await;
    let prove = |claim: &DomainClaim, at| {
        let claim = claim.clone();
        fixture.store.write(unit!(|tx| tx.prove_claim(&claim, after(at), minute(), &event(1)).await))
    };
    assert_eq!(prove(&theirs, 0).await, Ok(ClaimProof::Seen(now())));
    let by_operator = ProvedDomain {
        domain: "corp.example".parse().unwrap(),
        account: account_id(1),
        connection: None,
        how: DomainProof::Operator,
        proved_at: after(30),
    };
    fixture.write(unit!(|tx| tx.prove_domain(&by_operator, &event(2)).await)).await;
    let remove = unit!(|tx| tx.remove_domain(&"corp.example".parse().unwrap(), account_id(1), &event(3)).await);
    assert!(fixture.write(remove).await);
    assert_eq!(prove(&theirs, 1000).await, Ok(ClaimProof::Seen(after(1000))));
}

/// A claim on a domain that is proved already is looked for once, and not at every turn from then on.
pub(crate) async fn a_claim_whose_domain_is_anothers_is_not_due_again(fixture: Fixture) {
    seed(&fixture).await;
    let (first, second) = (claim("corp.example", 1, "t1"), claim("corp.example", 2, "t2"));
    let found = fixture
        .write(unit!(|tx| {
            tx.save_account(&account(2), &event(1)).await?;
            tx.claim_domain(&first, &event(2)).await?;
            tx.prove_claim(&first, now(), SignedDuration::ZERO, &event(3)).await?;
            assert_eq!(tx.prove_claim(&first, now(), SignedDuration::ZERO, &event(3)).await?, ClaimProof::Done);
            tx.claim_domain(&second, &event(4)).await?;
            assert_eq!(tx.due_claims(now(), 9).await?, std::slice::from_ref(&second));
            let found = tx.prove_claim(&second, now(), minute(), &event(5)).await?;
            assert_eq!(tx.due_claims(now(), 9).await?, []);
            Ok(found)
        }))
        .await;
    assert_eq!(found, ClaimProof::TakenBy(account_id(1)));
}

pub(crate) async fn a_domain_that_is_given_up_is_looked_for_again_by_others_who_claim_it(fixture: Fixture) {
    let (mine, theirs) = (claim("corp.example", 1, "t1"), claim("corp.example", 2, "t2"));
    claims(&fixture, &[mine.clone(), theirs]).await;
    for at in [0, 60] {
        let mine = mine.clone();
        fixture.write(unit!(|tx| tx.prove_claim(&mine, after(at), minute(), &event(1)).await)).await;
    }
    let remove = unit!(|tx| tx.remove_domain(&"corp.example".parse().unwrap(), account_id(1), &event(2)).await);
    assert!(fixture.write(remove).await);
    assert_eq!(fixture.read(due(0, 10)).await, ["corp.example t2"]);
}

pub(crate) async fn a_claim_keeps_its_token_when_its_connection_changes(fixture: Fixture) {
    claims(&fixture, &[claim("corp.example", 1, "t1")]).await;
    let moved = DomainClaim { connection: Some(connection_id(1)), ..claim("corp.example", 1, "t9") };
    let (again, kept) = (moved.clone(), DomainClaim { token: "t1".to_owned(), ..moved.clone() });
    assert!(fixture.write(unit!(|tx| tx.claim_domain(&moved, &event(1)).await)).await);
    assert!(!fixture.write(unit!(|tx| tx.claim_domain(&again, &event(2)).await)).await, "nothing changes");
    let found = fixture.read(unit!(|tx| tx.domains_of(account_id(1)).await)).await.claims;
    assert_eq!(found, [kept]);
    assert!(fixture.write(unit!(|tx| tx.remove_connection(connection_id(1), &event(3)).await)).await);
    let found = fixture.read(unit!(|tx| tx.domains_of(account_id(1)).await)).await.claims;
    assert_eq!(found, [claim("corp.example", 1, "t1")], "the claim outlives its connection");
}

fn published(n: u16) -> Connection {
    let mut connection = connection(n, account_id(1));
    connection.saml.metadata_url = Some(format!("https://idp.example.com/{n}"));
    connection
}

async fn save(fixture: &Fixture, connection: Connection, n: u16) {
    fixture.write(unit!(|tx| tx.save_connection(&connection, &event(n)).await)).await;
}

fn due_metadata(at: i64) -> impl for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<Vec<Connection>, StoreError>> {
    unit!(|tx| Ok(tx.due_refreshes(after(at), 10).await?.into_iter().map(|due| due.connection).collect()))
}

/// HY-10.
pub(crate) async fn metadata_is_due_where_it_has_an_address(fixture: Fixture) {
    seed(&fixture).await;
    save(&fixture, published(2), 1).await;
    assert_eq!(fixture.read(due_metadata(-1)).await, []);
    assert_eq!(fixture.read(due_metadata(0)).await, [published(2)]);
    save(&fixture, connection(2, account_id(1)), 2).await;
    assert_eq!(fixture.read(due_metadata(0)).await, [], "by hand from now on");
    save(&fixture, published(2), 3).await;
    assert!(fixture.write(unit!(|tx| tx.remove_connection(connection_id(2), &event(4)).await)).await);
    assert_eq!(fixture.read(due_metadata(0)).await, []);
}

pub(crate) async fn what_became_of_a_fetch_is_kept_until_somebody_edits_the_connection(fixture: Fixture) {
    seed(&fixture).await;
    save(&fixture, published(2), 1).await;
    let before = fixture.events().await;
    let note = RefreshNote { code: "other_entity".to_owned(), text: "got x, wanted y — ask".to_owned() };
    let done = Refresh {
        due_at: after(90),
        read_at: Some(after(9)),
        failures: 3,
        note: Some(note),
        withdrawn: vec!["AB".to_owned()],
    };
    let (kept, lines) = (done.clone(), [event(2), event(5)]);
    fixture.write(unit!(|tx| tx.record_refresh(connection_id(2), &kept, &lines).await)).await;
    let of = |n| fixture.store.read(unit!(|tx| tx.metadata_refresh(connection_id(n)).await));
    assert_eq!(of(2).await, Ok(Some(done.clone())));
    assert_eq!(of(1).await, Ok(None));
    assert_eq!(fixture.events().await, before + 2);
    assert_eq!(fixture.read(due_metadata(89)).await, []);
    let last = fixture.read(unit!(|tx| Ok(tx.due_refreshes(after(90), 10).await?.remove(0).last))).await;
    assert_eq!(last, done);
    save(&fixture, published(2), 3).await;
    let anew = Refresh { due_at: now(), read_at: Some(after(9)), failures: 0, note: None, withdrawn: done.withdrawn };
    assert_eq!(of(2).await, Ok(Some(anew)), "what was told of its certificates stays told");
}

/// HY-10, E-51.
pub(crate) async fn certificates_are_saved_unless_somebody_edited_the_connection_meanwhile(fixture: Fixture) {
    seed(&fixture).await;
    let mut found = published(2);
    found.state = ConnectionState::Active;
    found.tested_at = Some(after(1));
    save(&fixture, found.clone(), 1).await;
    found.saml.certificates.push("BBBB".to_owned());
    let (rolled, again) = (found.clone(), found.clone());
    assert!(fixture.write(unit!(|tx| tx.save_certificates(&rolled, &event(2)).await)).await);
    assert!(!fixture.write(unit!(|tx| tx.save_certificates(&again, &event(3)).await)).await, "its version has moved");
    found.version = 2;
    assert_eq!(fixture.read(unit!(|tx| tx.connection(connection_id(2)).await)).await, Some(found));
}

pub(crate) async fn a_holder_gives_back_its_leases_and_no_others(fixture: Fixture) {
    let take = |name: &'static str, holder: &'static str| {
        fixture.store.write(unit!(|tx| tx.take_lease(name, holder, now(), after(60)).await))
    };
    assert_eq!(take("sweep", "one").await, Ok(true));
    assert_eq!(take("refresh", "two").await, Ok(true));
    let leases = || fixture.read(unit!(|tx| tx.leases().await));
    assert_eq!(leases().await, [("refresh".to_owned(), after(60)), ("sweep".to_owned(), after(60))]);
    fixture.write(unit!(|tx| tx.release_leases("one").await)).await;
    assert_eq!(leases().await, [("refresh".to_owned(), after(60))]);
    assert_eq!(take("sweep", "two").await, Ok(true));
    assert_eq!(take("refresh", "one").await, Ok(false));
}
