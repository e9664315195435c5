//! What is promised to webhooks: what is marked is fanned out once, and told until it is over.

use vestibule_domain::connection::{Connection, ConnectionState};
use vestibule_domain::event::{AuditEvent, Fact};
use vestibule_domain::webhook::{EventKind, KEPT, Subscribed, Webhook, WebhookSettings};
use vestibule_store::StoreError;
use vestibule_store::tx::{
    Delivery, DeliveryKey, DeliveryState, Ending, LoggedDelivery, NewDelivery, Retry, StoredWebhook, WebhookChange,
};

use super::{
    Fixture, account, account_id, after, connection, connection_id, event, event_of, now, seed, session_id, unit,
    user_id,
};

fn change(name: &str) -> WebhookChange {
    let settings = WebhookSettings { url: "https://hooks.example.com/x".to_owned(), events: Subscribed::All };
    let webhook = Webhook { name: name.parse().unwrap(), account: None, is_enabled: true, settings };
    WebhookChange { webhook, sealed: vec![1, 2, 3] }
}

fn disabled(name: &str) -> WebhookChange {
    let change = change(name);
    WebhookChange { webhook: Webhook { is_enabled: false, ..change.webhook }, ..change }
}

fn created(n: u16) -> AuditEvent {
    event_of(n, Some(account_id(1)), Fact::UserCreated { user: user_id(1) })
}

/// No event of which webhooks are told.
fn saved(n: u16) -> AuditEvent {
    event_of(n, None, Fact::WebhookChanged { webhook: "crm".to_owned(), changed: vec![] })
}

fn key(webhook: &str, n: u16) -> DeliveryKey {
    DeliveryKey { webhook: webhook.to_owned(), event: created(n).id, kind: EventKind::UserCreated }
}

fn new(webhook: &str, n: u16) -> NewDelivery {
    NewDelivery { key: key(webhook, n), due_at: now() }
}

/// A webhook, and so many events of which it is told.
async fn queued(fixture: &Fixture, name: &'static str, events: u16) {
    let unit = unit!(|tx| {
        tx.save_webhook(&change(name), &saved(51_000)).await?;
        let ids: Vec<_> = (0..events).map(|n| created(50_000 + n).id).collect();
        let deliveries: Vec<_> = (0..events).map(|n| new(name, 50_000 + n)).collect();
        for n in 0..events {
            tx.insert_event(&created(50_000 + n)).await?;
        }
        tx.fan_out(&ids, &deliveries, now()).await
    });
    fixture.write(unit).await;
}

async fn due(fixture: &Fixture, name: &'static str, at: i64) -> Vec<Delivery> {
    fixture.read(unit!(|tx| tx.due_deliveries(name, after(at), 100).await)).await
}

async fn log(fixture: &Fixture, name: &'static str, failed: bool) -> Vec<LoggedDelivery> {
    fixture.read(unit!(|tx| tx.deliveries(name, failed, None, 100).await)).await
}

async fn stored(fixture: &Fixture, name: &'static str) -> StoredWebhook {
    fixture.read(unit!(|tx| tx.webhook(name).await)).await.unwrap()
}

pub(crate) async fn a_webhook_is_kept_with_all_it_has(fixture: Fixture) {
    seed(&fixture).await;
    let first = change("crm");
    let of_account = Webhook { account: Some(account_id(1)), ..change("billing").webhook };
    let second = WebhookChange { webhook: of_account, sealed: vec![9] };
    let (one, other) = (first.clone(), second.clone());
    let before = fixture.read(unit!(|tx| tx.deployment_version().await)).await;
    let unit = unit!(|tx| {
        tx.save_webhook(&one, &event(50_000)).await?;
        tx.save_webhook(&other, &event(50_001)).await
    });
    fixture.write(unit).await;
    let all = fixture.read(unit!(|tx| tx.webhooks().await)).await;
    let expected = |change: WebhookChange| StoredWebhook {
        webhook: change.webhook,
        sealed: change.sealed,
        since: now(),
        failures: 0,
        rests_until: None,
        version: 1,
    };
    assert_eq!(all, [expected(second), expected(first)]);
    assert_eq!(fixture.read(unit!(|tx| tx.webhook("nobody").await)).await, None);
    let moved = fixture.read(unit!(|tx| tx.deployment_version().await)).await;
    assert_eq!(moved, before + 2, "settings were changed twice");
    let nowhere = Webhook { account: Some(account_id(7)), ..change("crm").webhook };
    let nowhere = WebhookChange { webhook: nowhere, sealed: vec![] };
    let refused = fixture.store.write(unit!(|tx| tx.save_webhook(&nowhere, &event(50_002)).await)).await;
    assert!(matches!(refused, Err(StoreError::Reference)), "{refused:?}");
}

/// Behind each one the next, whatever its kind: none is left out, and none comes twice.
pub(crate) async fn deliveries_are_read_page_by_page(fixture: Fixture) {
    seed(&fixture).await;
    queued(&fixture, "crm", 5).await;
    let also =
        NewDelivery { key: DeliveryKey { kind: EventKind::ConnectionChanged, ..key("crm", 50_002) }, due_at: now() };
    fixture.write(unit!(|tx| tx.fan_out(&[], &[also], now()).await)).await;
    let all = log(&fixture, "crm", false).await;
    assert_eq!(all.len(), 6);
    let (mut found, mut behind) = (Vec::new(), None);
    loop {
        let page = fixture.read(unit!(|tx| tx.deliveries("crm", false, behind, 2).await)).await;
        let Some(last) = page.last() else { break };
        behind = Some((last.key.event, last.key.kind));
        found.extend(page);
    }
    assert_eq!(found, all);
}

/// With the log of what it was told, and of another one nothing.
pub(crate) async fn a_webhook_is_removed_that_is_told_nothing(fixture: Fixture) {
    seed(&fixture).await;
    queued(&fixture, "crm", 2).await;
    let remove = || {
        let fact = Fact::WebhookRemoved { webhook: "crm".to_owned() };
        unit!(|tx| tx.remove_webhook("crm", &event_of(51_010, None, fact.clone())).await)
    };
    assert!(!fixture.write(remove()).await, "it is told still");
    assert_eq!(due(&fixture, "crm", 0).await.len(), 2);
    fixture.write(unit!(|tx| tx.save_webhook(&disabled("crm"), &saved(51_011)).await)).await;
    fixture.write(unit!(|tx| tx.save_webhook(&disabled("other"), &saved(51_012)).await)).await;
    assert!(fixture.write(remove()).await);
    assert_eq!(fixture.read(unit!(|tx| tx.webhook("crm").await)).await, None);
    assert_eq!(log(&fixture, "crm", false).await, []);
    assert!(fixture.read(unit!(|tx| tx.webhook("other").await)).await.is_some());
    assert!(!fixture.write(remove()).await, "there is none");
}

/// What happens while nobody is told, and what is no event, is not marked; nor is what is rolled back.
pub(crate) async fn an_event_is_marked_with_its_change_where_there_is_a_webhook(fixture: Fixture) {
    let marked = async || {
        let found = fixture.read(unit!(|tx| tx.outbox(100).await)).await;
        found.into_iter().map(|event| event.id).collect::<Vec<_>>()
    };
    let is_due = async || fixture.read(unit!(|tx| tx.are_webhooks_due(now()).await)).await;
    fixture.write(unit!(|tx| tx.insert_event(&created(50_000)).await)).await;
    fixture.write(unit!(|tx| tx.save_webhook(&disabled("crm"), &saved(51_000)).await)).await;
    fixture.write(unit!(|tx| tx.insert_event(&created(50_001)).await)).await;
    assert_eq!((marked().await, is_due().await), (vec![], false));

    fixture.write(unit!(|tx| tx.save_webhook(&change("crm"), &saved(51_001)).await)).await;
    let unit = unit!(|tx| {
        tx.insert_event(&created(50_003)).await?;
        tx.insert_event(&created(50_002)).await?;
        let told = Fact::ApplicationTold { application: "expenses".to_owned(), session: session_id(1) };
        tx.insert_event(&event_of(50_004, None, told)).await
    });
    fixture.write(unit).await;
    let failed = fixture.store.write::<(), StoreError, _>(unit!(|tx| {
        tx.insert_event(&created(50_005)).await?;
        Err(StoreError::Stale { what: "test" })
    }));
    assert!(failed.await.is_err());
    assert_eq!((marked().await, is_due().await), (vec![created(50_002).id, created(50_003).id], true));
    assert_eq!(fixture.read(unit!(|tx| tx.outbox(1).await)).await, [created(50_002)]);

    let fan_out = || unit!(|tx| tx.fan_out(&[created(50_002).id], &[new("crm", 50_002)], now()).await);
    fixture.write(fan_out()).await;
    assert_eq!(marked().await, [created(50_003).id]);
    assert_eq!(due(&fixture, "crm", 0).await, [Delivery { key: key("crm", 50_002), queued_at: now(), failures: 0 }]);
    let ended = Ending { state: DeliveryState::Delivered, status: Some(200), note: None, at: now() };
    let end = unit!(|tx| tx.end_delivery(&key("crm", 50_002), &ended).await);
    assert!(fixture.write(end).await);
    fixture.write(fan_out()).await;
    assert_eq!(due(&fixture, "crm", 0).await, [], "what was told once is not told again by a late node");
}

pub(crate) async fn a_delivery_is_due_until_it_is_over_and_is_over_once(fixture: Fixture) {
    queued(&fixture, "crm", 3).await;
    assert_eq!(due(&fixture, "crm", -1).await, []);
    assert_eq!(due(&fixture, "crm", 0).await.len(), 3);
    assert_eq!(due(&fixture, "billing", 0).await, []);
    assert_eq!(fixture.read(unit!(|tx| tx.due_deliveries("crm", now(), 2).await)).await.len(), 2);
    assert_eq!(fixture.read(unit!(|tx| tx.deliveries_waiting("crm").await)).await, 3);

    let again = unit!(|tx| {
        let retry = Retry { due_at: after(5), status: Some(500), note: "it said 500" };
        tx.deliver_again(&key("crm", 50_000), &retry).await
    });
    fixture.write(again).await;
    assert_eq!(due(&fixture, "crm", 4).await.len(), 2);
    let first = due(&fixture, "crm", 5).await.into_iter().find(|it| it.failures > 0).unwrap();
    assert_eq!((first.key, first.failures), (key("crm", 50_000), 1));

    let end = |n, state, status, note| {
        unit!(|tx| tx.end_delivery(&key("crm", n), &Ending { state, status, note, at: after(9) }).await)
    };
    let given_up = || end(50_000, DeliveryState::GivenUp, None, Some("nobody is there"));
    assert_eq!((fixture.write(given_up()).await, fixture.write(given_up()).await), (true, false));
    assert!(fixture.write(end(50_001, DeliveryState::Delivered, Some(204), None)).await);
    assert_eq!(fixture.read(unit!(|tx| tx.deliveries_waiting("crm").await)).await, 1);
    let all = log(&fixture, "crm", false).await;
    let told: Vec<_> = all.iter().map(|it| (it.state, it.failures, it.status, it.note.as_deref())).collect();
    assert_eq!(
        told,
        [
            (DeliveryState::Waiting, 0, None, None),
            (DeliveryState::Delivered, 0, Some(204), None),
            (DeliveryState::GivenUp, 2, None, Some("nobody is there")),
        ]
    );
    assert_eq!((all[1].ended_at, all[1].due_at), (Some(after(9)), None));
    let failed: Vec<_> = log(&fixture, "crm", true).await.into_iter().map(|it| it.key).collect();
    assert_eq!(failed, [key("crm", 50_000)]);

    let kept = KEPT.as_secs();
    let sweep = |at| unit!(|tx| tx.sweep(after(at), 100).await);
    assert_eq!(fixture.write(sweep(kept + 8)).await, 0);
    assert_eq!(fixture.write(sweep(kept + 9)).await, 2);
    assert_eq!(log(&fixture, "crm", false).await.len(), 1, "what waits is not swept");
}

pub(crate) async fn a_webhook_that_does_not_answer_rests_with_all_that_is_due(fixture: Fixture) {
    queued(&fixture, "crm", 2).await;
    let rest = |until: i64, forgotten: i64| {
        unit!(|tx| tx.rest_webhook("crm", 2, after(until), after(forgotten), after(1)).await)
    };
    assert_eq!(fixture.write(rest(300, 0)).await, 0);
    let resting = stored(&fixture, "crm").await;
    assert_eq!((resting.failures, resting.rests_until), (2, Some(after(300))));
    assert_eq!(due(&fixture, "crm", 299).await, []);
    assert!(!fixture.read(unit!(|tx| tx.are_webhooks_due(after(299)).await)).await, "nobody looks at it meanwhile");
    assert!(fixture.read(unit!(|tx| tx.are_webhooks_due(after(300)).await)).await);
    assert_eq!(due(&fixture, "crm", 300).await.len(), 2);
    fixture.write(unit!(|tx| tx.save_webhook(&change("crm"), &saved(51_001)).await)).await;
    let mended = stored(&fixture, "crm").await;
    assert_eq!((mended.failures, mended.rests_until, mended.version), (0, None, 2));
    assert_eq!(due(&fixture, "crm", 0).await.len(), 2, "whoever mended it sees that at once");
    fixture.write(rest(300, 0)).await;
    fixture.write(unit!(|tx| tx.webhook_answered("crm").await)).await;
    let answered = stored(&fixture, "crm").await;
    assert_eq!((answered.failures, answered.rests_until, answered.version), (0, None, 2));
    assert_eq!(fixture.write(rest(600, 1)).await, 2, "what waited too long is given up");
    assert_eq!(due(&fixture, "crm", 600).await, []);
    let states: Vec<_> = log(&fixture, "crm", true).await.iter().map(|it| it.state).collect();
    assert_eq!(states, [DeliveryState::GivenUp; 2]);
}

pub(crate) async fn a_webhook_that_is_told_no_more_has_nothing_that_waits(fixture: Fixture) {
    queued(&fixture, "crm", 2).await;
    let end = |version| unit!(|tx| tx.end_webhook("crm", version, &saved(51_001)).await);
    assert!(!fixture.write(end(7)).await, "it was changed meanwhile");
    assert_eq!(due(&fixture, "crm", 0).await.len(), 2);
    assert!(fixture.write(end(1)).await);
    assert!(!fixture.write(end(2)).await, "it is told no more anyway");
    assert!(!stored(&fixture, "crm").await.webhook.is_enabled);
    assert_eq!(due(&fixture, "crm", 0).await, []);
    assert!(log(&fixture, "crm", false).await.iter().all(|it| it.state == DeliveryState::Dropped));

    let late = AuditEvent { at: after(60), ..saved(51_002) };
    fixture.write(unit!(|tx| tx.save_webhook(&change("crm"), &late).await)).await;
    assert_eq!(stored(&fixture, "crm").await.since, after(60), "it is told from now on");
    let again = AuditEvent { at: after(90), ..saved(51_003) };
    fixture.write(unit!(|tx| tx.save_webhook(&change("crm"), &again).await)).await;
    assert_eq!(stored(&fixture, "crm").await.since, after(60), "and was told all the time");
    fixture.write(unit!(|tx| tx.replay(&[new("crm", 50_000)], now()).await)).await;
    fixture.write(unit!(|tx| tx.save_webhook(&disabled("crm"), &saved(51_004)).await)).await;
    assert_eq!(due(&fixture, "crm", 0).await, []);
}

pub(crate) async fn past_events_are_found_and_wait_once_however_often_they_are_replayed(fixture: Fixture) {
    queued(&fixture, "crm", 2).await;
    let between = |since: i64, until: i64, limit| {
        unit!(|tx| {
            let found = tx.events_between(after(since), after(until), None, limit).await?;
            Ok(found.into_iter().map(|event| event.id).filter(|id| *id != saved(51_000).id).collect::<Vec<_>>())
        })
    };
    assert_eq!(fixture.read(between(0, 1, 100)).await, [created(50_000).id, created(50_001).id]);
    assert_eq!(fixture.read(between(0, 1, 1)).await, [created(50_000).id]);
    assert_eq!(fixture.read(between(0, 0, 100)).await, []);
    assert_eq!(fixture.read(between(1, 9, 100)).await, []);
    let first = created(50_000).id;
    let next = unit!(|tx| tx.events_between(now(), after(1), Some(first), 1).await);
    assert_eq!(fixture.read(next).await, [created(50_001)]);
    assert_eq!(fixture.read(unit!(|tx| tx.event(first).await)).await, Some(created(50_000)));
    assert_eq!(fixture.read(unit!(|tx| tx.event(created(50_009).id).await)).await, None);

    let ended = Ending { state: DeliveryState::GivenUp, status: Some(500), note: Some("it said 500"), at: now() };
    fixture.write(unit!(|tx| tx.end_delivery(&key("crm", 50_000), &ended).await)).await;
    let replay =
        || unit!(|tx| tx.replay(&[new("crm", 50_000), new("crm", 50_001), new("crm", 50_002)], after(5)).await);
    assert_eq!(fixture.write(replay()).await, 2, "the one that is over, and the one that was never told");
    assert_eq!(fixture.write(replay()).await, 0);
    let waits = log(&fixture, "crm", false).await.pop().unwrap();
    assert_eq!((waits.state, waits.failures, waits.status, waits.note), (DeliveryState::Waiting, 0, None, None));
    assert_eq!((waits.queued_at, waits.ended_at), (after(5), None));
}

/// Once a certificate, a connection and a time before; and a day's work once a day.
pub(crate) async fn that_a_certificate_ends_soon_is_told_once(fixture: Fixture) {
    seed(&fixture).await;
    let notice = |thumbprint: &'static str, days, n| {
        unit!(|tx| tx.notice_certificate(connection_id(1), thumbprint, days, &event(n)).await)
    };
    assert!(fixture.write(notice("aa", 60, 50_000)).await);
    assert!(!fixture.write(notice("aa", 60, 50_001)).await);
    assert!(fixture.write(notice("aa", 30, 50_002)).await);
    assert!(fixture.write(notice("bb", 60, 50_003)).await);
    let written = [50_000, 50_002, 50_003].map(|n| event(n).id);
    for n in 50_000..50_004 {
        let is_written = fixture.read(unit!(|tx| tx.event(event(n).id).await)).await.is_some();
        assert_eq!(is_written, written.contains(&event(n).id), "{n}");
    }
    assert!(fixture.write(unit!(|tx| tx.remove_connection(connection_id(1), &event(50_010)).await)).await);
    let connection = Connection { state: ConnectionState::Active, ..connection(1, account_id(1)) };
    fixture.write(unit!(|tx| tx.save_connection(&connection, &event(50_011)).await)).await;
    assert!(fixture.write(notice("aa", 60, 50_012)).await, "the notices of a connection go with it");

    let take = |at: i64, next: i64| unit!(|tx| tx.take_chore("look", after(at), after(next)).await);
    assert!(fixture.write(take(0, 100)).await);
    assert!(!fixture.write(take(99, 200)).await);
    assert!(fixture.write(take(100, 200)).await);
    assert!(fixture.write(unit!(|tx| tx.take_chore("another", now(), after(1)).await)).await);
}

pub(crate) async fn active_connections_are_listed_page_by_page(fixture: Fixture) {
    seed(&fixture).await;
    let unit = unit!(|tx| {
        tx.save_account(&account(2), &event(50_000)).await?;
        for (n, state) in [(2, ConnectionState::Draft), (3, ConnectionState::Paused), (4, ConnectionState::Active)] {
            let connection = Connection { state, ..connection(n, account_id(2)) };
            tx.save_connection(&connection, &event(50_000 + n)).await?;
        }
        Ok(())
    });
    fixture.write(unit).await;
    let page = |after, limit| {
        unit!(|tx| {
            let found = tx.active_connections(after, limit).await?;
            Ok(found.into_iter().map(|connection| connection.id).collect::<Vec<_>>())
        })
    };
    assert_eq!(fixture.read(page(None, 9)).await, [connection_id(1), connection_id(4)]);
    assert_eq!(fixture.read(page(None, 1)).await, [connection_id(1)]);
    assert_eq!(fixture.read(page(Some(connection_id(1)), 9)).await, [connection_id(4)]);
    assert_eq!(fixture.read(page(Some(connection_id(4)), 9)).await, []);
}
