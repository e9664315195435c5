//! Webhooks by a file.

use vestibule_domain::webhook::{EventKind, kinds_of};
use vestibule_journeys::webhooks as told;
use vestibule_store::tx::StoredWebhook;

use super::*;

const CRM: &str = "[[webhook]]\nname = \"crm\"\nurl = \"https://app.orchard.example/hook\"\nevents = \"all\"\n";
const ONE: &str = "secrets = [{ env = \"HOOK_SECRET\" }]\n";
const COMPANY: &str = "[[account]]\npath = \"acme\"\nname = \"Acme\"\n";

async fn stored(ctx: &Ctx) -> StoredWebhook {
    ctx.store.read(|tx| Box::pin(async move { tx.webhook("crm").await })).await.unwrap().unwrap()
}

fn shown(told: &Told) -> String {
    output(told, Done::Applied, crate::cli::Format::Text).stdout
}

#[tokio::test]
async fn a_webhook_is_made_and_changed_and_its_secrets_are_counted_alone() {
    let ctx = deployment().await;
    let first = applied(&ctx, &format!("{CRM}{ONE}")).await;
    let text = shown(&first);
    assert!(text.contains("+ webhook crm") && text.contains("1, not shown"), "{text}");
    assert!(!text.contains("whsec_") && !text.contains("MfKQ"), "{text}");
    assert!(applied(&ctx, &format!("{CRM}{ONE}")).await.changes.is_empty(), "the same once more changes nothing");

    let both = "secrets = [{ env = \"NEXT_HOOK_SECRET\" }, { env = \"HOOK_SECRET\" }]\n";
    let text = shown(&applied(&ctx, &format!("{CRM}{both}")).await);
    assert!(text.contains("1, not shown → 2, not shown"), "{text}");
    assert_eq!(told::open(&stored(&ctx).await, ctx.store.sealer()).unwrap().len(), 2);
    let other = "secrets = [{ env = \"NEXT_HOOK_SECRET\" }]\n";
    applied(&ctx, &format!("{CRM}{other}")).await;
    let text = shown(&applied(&ctx, &format!("{CRM}{ONE}")).await);
    assert!(text.contains("1, not shown → 1, not shown"), "another one is a change too: {text}");

    let of_acme = format!("{COMPANY}{}account = \"acme\"\n{ONE}", CRM.replace("\"all\"", "[\"user.created\"]"));
    let text = shown(&applied(&ctx, &of_acme).await);
    assert!(text.contains("account  none → acme") && text.contains("events   all → user.created"), "{text}");
    let changed = events(&ctx).await.into_iter().filter(|it| matches!(it.fact, Fact::WebhookChanged { .. }));
    assert_eq!(changed.count(), 5);
}

/// The other side may end it: no file brings it back that does not say so.
#[tokio::test]
async fn a_webhook_stays_disabled_until_a_file_enables_it() {
    let ctx = deployment().await;
    applied(&ctx, &format!("{CRM}{ONE}enabled = false")).await;
    assert!(applied(&ctx, &format!("{CRM}{ONE}")).await.changes.is_empty());
    let moved = format!("{}{ONE}", CRM.replace("/hook", "/other"));
    let text = shown(&applied(&ctx, &moved).await);
    assert!(text.contains("▲ it is told nothing"), "{text}");
    assert!(!stored(&ctx).await.webhook.is_enabled);
    let text = shown(&applied(&ctx, &format!("{moved}enabled = true")).await);
    assert!(text.contains("enabled  false → true"), "{text}");
}

#[tokio::test]
async fn what_is_wrong_with_a_webhook_is_told_with_the_fix_and_without_its_secret() {
    let of = |lines: &str| format!("[[webhook]]\nname = \"crm\"\n{lines}");
    let url = "url = \"https://a.example/\"\n";
    let all = "events = \"all\"\n";
    for (lines, wanted) in [
        (format!("{url}{all}"), "1: secrets is missing in [[webhook]]; add secrets = [{ env = "),
        (
            format!("{url}{all}secrets = [\"whsec_MfKQ\"]"),
            "5: secrets: no secret stands in this file itself; a secret is { env",
        ),
        (format!("{url}{all}secrets = []"), "5: secrets has 0, and 1 is wanted, or 2 during a rotation"),
        (format!("{url}{all}secrets = [{{ env = \"NONE\" }}]"), "5: secrets: the variable NONE is not set"),
        (
            format!("{url}{all}secrets = [{{ env = \"SECRET\" }}]"),
            "5: secrets: SECRET: a secret begins with whsec_; make one by",
        ),
        (format!("{url}events = []\n{ONE}"), "the list is empty; name a kind of event, or write \"all\""),
        (
            format!("{url}events = [\"user.deleted\"]\n{ONE}"),
            "\"user.deleted\" is no kind of event; there are user.created",
        ),
        (format!("url = \"http://a.example/\"\n{all}{ONE}"), "http only on a loopback host"),
        (format!("{all}{ONE}"), "1: url is missing in [[webhook]]; add url = "),
        (format!("{url}{all}{ONE}retries = 3"), "[[webhook]] has no key \"retries\""),
    ] {
        let problems = refused(&of(&lines)).await.join("\n");
        assert!(problems.contains(wanted), "{wanted}\n{problems}");
        assert!(!problems.contains("MfKQ"), "{problems}");
    }
    let ctx = deployment().await;
    let nowhere = misfits(&ctx, &of(&format!("{url}{all}account = \"acme\"\n{ONE}"))).await;
    assert!(nowhere[0].contains("webhook crm"), "{nowhere:?}");
    let twice = misfits(&ctx, &format!("{CRM}{ONE}{CRM}{ONE}")).await;
    assert!(twice[0].contains("it stands in line 1 already"), "{twice:?}");
    let many: String = (0..101).map(|n| format!("{}{ONE}", CRM.replace("crm", &format!("crm-{n}")))).collect();
    let refused = misfits(&ctx, &many).await;
    assert!(refused[0].contains("there would be 101 webhooks, and at most 100 are told"), "{refused:?}");
}

/// What a file changes is told; what is only planned is not.
#[tokio::test]
async fn what_apply_changes_is_an_event() {
    let ctx = deployment().await;
    let person = |more: &str| {
        format!(
            "{COMPANY}[[account.user]]\nemail = \"ada@acme.example\"\n{more}[[account.connection]]\nname = \"entra\"\n"
        )
    };
    applied(&ctx, &format!("{CRM}{ONE}")).await;
    let kinds = async || {
        let marked = ctx.store.read(|tx| Box::pin(async move { tx.outbox(100).await })).await.unwrap();
        let mut kinds: Vec<_> = marked.iter().flat_map(|event| kinds_of(&event.fact)).copied().collect();
        let ids: Vec<_> = marked.iter().map(|event| event.id).collect();
        let now = ctx.now;
        ctx.store.write(move |tx| Box::pin(async move { tx.fan_out(&ids, &[], now).await })).await.unwrap();
        kinds.sort();
        kinds
    };
    apply(&ctx, &wanted(&person("")).await.unwrap(), Done::Planned).await.unwrap();
    assert_eq!(kinds().await, []);
    applied(&ctx, &person("")).await;
    assert_eq!(kinds().await, [EventKind::UserCreated, EventKind::ConnectionChanged]);
    applied(&ctx, &person("suspended = true\n")).await;
    assert_eq!(kinds().await, [EventKind::UserChanged, EventKind::UserSuspended, EventKind::SessionEnded]);
    applied(&ctx, &person("")).await;
    assert_eq!(kinds().await, [EventKind::UserChanged, EventKind::UserRestored]);
}
