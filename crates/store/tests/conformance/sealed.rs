//! What is promised of all that is sealed: it is found kind by kind, and put back only over what was read.

use vestibule_domain::webhook::{Subscribed, Webhook, WebhookSettings};
use vestibule_store::tx::{
    ConnectionKey, KeptHead, KeptMessage, KeptRing, KeyPurpose, NewTotp, SealedKind, SealedPlace, SealedRow,
    SecondStep, StoredKey, StoredPassword, WebhookChange,
};

use super::{Fixture, account_id, after, connection_id, event, hash, now, seed, unit, user_id};

/// One of each kind.
async fn one_of_each(fixture: &Fixture) -> Vec<SealedPlace> {
    seed(fixture).await;
    let token_key = StoredKey {
        id: "t1".to_owned(),
        purpose: "id-token".to_owned(),
        sealed: vec![1],
        public: "{}".to_owned(),
        created_at: now(),
        active_from: now(),
        retired_at: None,
    };
    let connection_key = ConnectionKey {
        id: "c1".to_owned(),
        purpose: KeyPurpose::Signing,
        sealed: vec![2],
        certificate: vec![0],
        created_at: now(),
        is_active: true,
    };
    let settings = WebhookSettings { url: "https://hooks.example.com/x".to_owned(), events: Subscribed::All };
    let webhook = Webhook { name: "crm".parse().unwrap(), account: None, is_enabled: true, settings };
    let webhook = WebhookChange { webhook, sealed: vec![3] };
    let totp = NewTotp { secret: vec![4], step: 1, codes: Vec::new(), event: event(50_003) };
    let step = |n: u16, secret| SecondStep {
        hash: hash(n),
        user: user_id(1),
        password: StoredPassword { phc: "$x".to_owned(), epoch: 0 },
        secret,
        expires_at: after(60),
    };
    let kept = event(50_004).id;
    let message = KeptMessage {
        head: KeptHead {
            id: kept,
            connection: connection_id(1),
            account: account_id(1),
            attempt: None,
            reason: None,
            turned_away: None,
            code: None,
        },
        sealed: vec![6],
    };
    let (with, without) = (step(1, Some(vec![5])), step(2, None));
    fixture
        .write(unit!(|tx| {
            tx.insert_key(&token_key, &event(50_000)).await?;
            tx.insert_connection_key(connection_id(1), &connection_key, &event(50_001)).await?;
            tx.save_webhook(&webhook, &event(50_002)).await?;
            tx.set_totp(user_id(1), &totp, now()).await?;
            tx.insert_second_step(&with).await?;
            tx.insert_second_step(&without).await?;
            tx.keep_message(KeptRing::Accepted, &message).await
        }))
        .await;
    vec![
        SealedPlace::TokenKey("t1".to_owned()),
        SealedPlace::ConnectionKey(connection_id(1), "c1".to_owned()),
        SealedPlace::Webhook("crm".to_owned()),
        SealedPlace::Authenticator(user_id(1)),
        SealedPlace::Enrolment(hash(1), user_id(1)),
        SealedPlace::Message(kept),
    ]
}

pub(crate) async fn all_that_is_sealed_is_found_page_by_page(fixture: Fixture) {
    let places = one_of_each(&fixture).await;
    for (number, (kind, place)) in SealedKind::ALL.into_iter().zip(places).enumerate() {
        let found = fixture.read(unit!(|tx| tx.sealed(kind, None, 10).await)).await;
        let octets = vec![u8::try_from(number).unwrap() + 1];
        assert_eq!(found, [SealedRow { place: place.clone(), octets }], "{kind:?}");
        let behind = fixture.read(unit!(|tx| tx.sealed(kind, Some(&place), 10).await)).await;
        assert_eq!(behind, [], "{kind:?}");
        assert_eq!(fixture.read(unit!(|tx| tx.sealed(kind, None, 0).await)).await, [], "{kind:?}");
    }
}

pub(crate) async fn what_is_sealed_anew_replaces_only_what_was_read(fixture: Fixture) {
    let places = one_of_each(&fixture).await;
    for (number, (kind, place)) in SealedKind::ALL.into_iter().zip(places).enumerate() {
        let old = vec![u8::try_from(number).unwrap() + 1];
        let put = |old: Vec<u8>, new: u8| {
            let place = place.clone();
            fixture.store.write(unit!(|tx| tx.put_sealed(&place, &old, &[new]).await))
        };
        assert_eq!(put(vec![99], 50).await, Ok(false), "{kind:?} was changed meanwhile");
        assert_eq!((put(old.clone(), 60).await, put(old, 70).await), (Ok(true), Ok(false)), "{kind:?}");
        let found = fixture.read(unit!(|tx| tx.sealed(kind, None, 10).await)).await;
        assert_eq!(found[0].octets, [60], "{kind:?}");
    }
}
