use std::collections::BTreeMap;

use vestibule_domain::event::{Fact, KeyChange};
use vestibule_store::tx::EventFilter;
use vestibule_store::{DatabaseUrl, Role};

use super::*;
use crate::apply::{Done, Sources, apply, read};
use crate::config::SealingKeyOctets;
use crate::services::Setup;

const NOW: &str = "2026-03-01T12:00:00Z";

/// A deployment whose account `acme` has a connection `entra` with these further settings.
async fn deployment(settings: &str) -> Ctx {
    let setup = Setup {
        public_url: "https://sso.example.com",
        account_domain: "example.com",
        proxied_by: &[],
        database: &DatabaseUrl::temporary(),
        sealing_key: &SealingKeyOctets([7; 32]),
        older_sealing_keys: &[],
        leaked: None,
        role: Role::Node,
    };
    let ctx = Ctx::new(services::services(&setup).await.unwrap(), NOW.parse().unwrap());
    let text = format!(
        "[[account]]\npath = \"acme\"\nname = \"Acme\"\n[[account.connection]]\nname = \"entra\"\n\
         preset = \"entra\"\n{settings}\n"
    );
    let (files, variables) = (BTreeMap::new(), BTreeMap::new());
    let wanted = read(&text, &Sources::named(&files, &variables, ctx.now)).await.unwrap();
    apply(&ctx, &wanted, Done::Applied).await.unwrap();
    ctx
}

fn entra() -> ConnectionName {
    ConnectionName { account: AccountPath::parse("acme").unwrap(), name: "entra".parse().unwrap() }
}

fn named() -> Named {
    Named { account: "acme".to_owned(), name: "entra".to_owned(), config: ConfigArg::default(), format: Format::Text }
}

async fn run_on(ctx: &Ctx, command: KeysCommand) -> Result<Vec<OwnKey>, String> {
    carried_out(ctx, &command, &entra()).await.map(|(keys, _)| keys).map_err(|failure| failure.to_string())
}

async fn add(ctx: &Ctx, purpose: Purpose) -> Result<OwnKey, String> {
    let added = run_on(ctx, KeysCommand::Add(AddArgs { purpose, of: named() })).await;
    added.map(|mut keys| keys.remove(0))
}

async fn retire(ctx: &Ctx, key: &str) -> Result<Vec<OwnKey>, String> {
    run_on(ctx, KeysCommand::Retire(KeyArgs { key: key.to_owned(), of: named() })).await
}

async fn remove(ctx: &Ctx, key: &str) -> Result<Vec<OwnKey>, String> {
    run_on(ctx, KeysCommand::Remove(KeyArgs { key: key.to_owned(), of: named() })).await
}

async fn states(ctx: &Ctx) -> Vec<KeyState> {
    let keys = run_on(ctx, KeysCommand::List(ListArgs { of: named() })).await.unwrap();
    keys.iter().map(|key| key.state).collect()
}

/// The same deployment a day later.
fn next_day(ctx: &Ctx) -> Ctx {
    let mut later = ctx.clone();
    later.now += jiff::SignedDuration::from_hours(24);
    later
}

/// HY-12: both keys are in force side by side, until the old one is retired and then removed.
#[tokio::test]
async fn a_decryption_key_is_followed_by_another_with_an_overlap() {
    let ctx = deployment("encryption = \"gcm\"").await;
    assert_eq!(states(&ctx).await, [KeyState::InForce]);
    let old = rotate_keys::list(&ctx, &entra()).await.unwrap().remove(0);
    let tomorrow = next_day(&ctx);
    let new = add(&tomorrow, Purpose::Decryption).await.unwrap();
    assert_eq!(states(&ctx).await, [KeyState::InForce, KeyState::InForce]);

    let refused = remove(&ctx, &old.id).await.unwrap_err();
    assert!(refused.contains("retire it first"), "{refused}");
    retire(&ctx, &old.id[..8]).await.unwrap();
    assert_eq!(states(&ctx).await, [KeyState::Retired, KeyState::InForce]);
    let last = retire(&ctx, &new.id).await.unwrap_err();
    assert!(last.contains("only key in force for decryption"), "{last}");
    remove(&ctx, &old.id).await.unwrap();
    assert_eq!(rotate_keys::list(&ctx, &entra()).await.unwrap(), [new]);

    let filter = EventFilter { account: None, user: None, before: None, limit: 100 };
    let events = ctx.store.read(move |tx| Box::pin(async move { tx.events(&filter).await })).await.unwrap();
    let changes = events.into_iter().filter_map(|event| match event.fact {
        Fact::KeyChanged { purpose, key, change } if purpose == "decryption" => Some((key == old.id, change)),
        _ => None,
    });
    // All but one happened at the same time, so they have no order.
    let changes: Vec<_> = changes.collect();
    assert_eq!(changes.len(), 4, "{changes:?}");
    for change in
        [(true, KeyChange::Made), (false, KeyChange::Made), (true, KeyChange::Retired), (true, KeyChange::Removed)]
    {
        assert!(changes.contains(&change), "{change:?} is not in {changes:?}");
    }
}

/// HY-12: a new signing key waits in the metadata until the one before is retired.
#[tokio::test]
async fn a_signing_key_waits_until_the_one_before_is_retired() {
    let ctx = deployment("requests = \"signed\"").await;
    let old = rotate_keys::list(&ctx, &entra()).await.unwrap().remove(0);
    add(&next_day(&ctx), Purpose::Signing).await.unwrap();
    assert_eq!(states(&ctx).await, [KeyState::InForce, KeyState::Next]);
    retire(&ctx, &old.id).await.unwrap();
    assert_eq!(states(&ctx).await, [KeyState::Retired, KeyState::InForce]);
    let again = retire(&ctx, &old.id).await.unwrap_err();
    assert!(again.contains("retired already"), "{again}");
}

#[tokio::test]
async fn what_cannot_be_is_told_with_what_there_is() {
    let ctx = deployment("encryption = \"gcm\"").await;
    let unused = add(&ctx, Purpose::Signing).await.unwrap_err();
    assert!(unused.contains("requests = \"unsigned\"") && unused.contains("vestibule apply"), "{unused}");
    let key = rotate_keys::list(&ctx, &entra()).await.unwrap().remove(0);
    let none = retire(&ctx, "zz").await.unwrap_err();
    assert!(none.contains("begins with \"zz\"; it has ") && none.contains(&key.id[..12]), "{none}");
    let elsewhere = ConnectionName { name: "okta".parse().unwrap(), ..entra() };
    let none = rotate_keys::list(&ctx, &elsewhere).await.unwrap_err().to_string();
    assert!(none.contains("no connection \"okta\"; it has entra"), "{none}");
    let nowhere = ConnectionName { account: AccountPath::parse("globex").unwrap(), ..entra() };
    let none = rotate_keys::list(&ctx, &nowhere).await.unwrap_err().to_string();
    assert!(none.contains("no account \"globex\""), "{none}");
}

#[tokio::test]
async fn a_key_is_printed_with_its_certificate_and_never_with_its_private_half() {
    let ctx = deployment("encryption = \"gcm\"").await;
    let keys = rotate_keys::list(&ctx, &entra()).await.unwrap();
    let text = output(&keys, "", Format::Text).stdout;
    assert!(text.contains("state        in_force") && text.contains("purpose      decryption"), "{text}");
    let read = vestibule_xmlsec::keys::read_certificates(text.as_bytes()).unwrap();
    assert_eq!(read, [keys[0].certificate.clone()]);
    assert!(!text.contains("PRIVATE"));
    let told: serde_json::Value = serde_json::from_str(&output(&keys, "", Format::Json).stdout).unwrap();
    assert_eq!((&told["version"], &told["keys"][0]["id"]), (&1.into(), &keys[0].id.as_str().into()));
}
