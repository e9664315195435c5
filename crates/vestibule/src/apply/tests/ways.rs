//! What resellers permit and accounts choose.

use vestibule_store::tx::Way;

use super::*;

/// A reseller and a customer below it, with further settings of each.
fn tree(reseller: &str, customer: &str) -> String {
    format!(
        "[[account]]\npath = \"north\"\nname = \"North\"\nkind = \"reseller\"\n{reseller}\n\
         [[account]]\npath = \"north/bakery\"\nname = \"Bakery\"\nsub_domain = \"bakery\"\n{customer}\n"
    )
}

async fn ways(ctx: &Ctx, path: &str) -> Vec<Way> {
    let path = path.parse_path();
    let read = ctx.store.read(move |tx| {
        Box::pin(async move {
            let account = tx.account_by_path(&path).await?.unwrap();
            tx.ways_into(account.id).await
        })
    });
    read.await.unwrap()
}

const DRAFT: &str = "[[account.connection]]\nname = \"entra\"\npreset = \"entra\"\nmetadata = { file = \"entra.xml\" }";

/// MX-34: sub-accounts only is what a new reseller gives; MX-11: the same settings at every level.
#[tokio::test]
async fn a_new_reseller_hands_its_connections_down_to_nobody_until_it_says_so() {
    let ctx = deployment().await;
    applied(&ctx, &tree(DRAFT, "")).await;
    assert_eq!((ways(&ctx, "north").await.len(), ways(&ctx, "north/bakery").await.len()), (1, 0));
    for (reseller, customer, inherited) in [
        ("children = \"inherit\"", "", 1),
        ("children = \"both\"", "sign_in = \"own\"", 0),
        ("", "permitted = \"inherit\"", 1),
        ("entitlement = \"withheld\"", "permitted = \"inherit\"", 0),
        ("sign_in = \"off\"", "permitted = \"inherit\"", 0),
    ] {
        applied(&ctx, &tree(&format!("{reseller}\n{DRAFT}"), customer)).await;
        assert_eq!(ways(&ctx, "north/bakery").await.len(), inherited, "{reseller} {customer}");
    }
    let platform =
        "[platform]\nname = \"Orchard\"\nchildren = \"both\"\nsign_in = \"own\"\nentitlement = \"granted\"\n";
    applied(&ctx, platform).await;
}

/// MX-21, MX-29: a choice that is not permitted is refused with what was got, what is permitted, and by whom.
#[tokio::test]
async fn a_choice_that_the_account_above_does_not_permit_is_refused() {
    let ctx = deployment().await;
    let refused = "line 6: account north/bakery: sign_in is \"both\", and the account above, \"north\", permits \
                   \"inherit\"; choose within that, or let whoever runs \"north\" set `permitted` of this account";
    let wanted = tree("children = \"inherit\"", "sign_in = \"both\"").replace("\n\n", "\n");
    assert_eq!(misfits(&ctx, &wanted).await, [refused]);
    for permitted in ["forbidden", "own"] {
        let wanted = tree("", &format!("permitted = \"{permitted}\"\nsign_in = \"inherit\""));
        assert!(misfits(&ctx, &wanted).await[0].contains(&format!("permits \"{permitted}\"")));
    }
    applied(&ctx, &tree("", "permitted = \"forbidden\"\nsign_in = \"off\"")).await;
}

/// MX-21: an own connection becomes active only where the account above permits one.
#[tokio::test]
async fn an_own_connection_is_not_activated_where_none_is_permitted() {
    let ctx = deployment().await;
    let active = format!("permitted = \"inherit\"\n{DRAFT}\nstate = \"active\"\nactivate = \"operator\"");
    let told = misfits(&ctx, &tree("", &active)).await;
    assert!(told[0].contains("\"north\" permits the account \"inherit\": nobody would be signed in"), "{told:?}");
    applied(&ctx, &tree("", &active.replace("inherit", "both"))).await;
}

#[tokio::test]
async fn what_only_an_account_above_says_is_refused_where_there_is_none() {
    let ctx = deployment().await;
    let told = misfits(&ctx, "[platform]\nname = \"Orchard\"\npermitted = \"own\"\n").await;
    assert!(told[0].contains("the platform has none"), "{told:?}");
    let told = misfits(&ctx, "[platform]\nname = \"Orchard\"\nsign_in = \"inherit\"\n").await;
    assert!(told[0].contains("nothing stands above the platform; leave it out, or set own"), "{told:?}");
    let told = misfits(&ctx, &tree("", "children = \"both\"")).await;
    assert!(told[0].contains("a customer has no accounts below it"), "{told:?}");
}

/// SC-5: the vendor withholds, and is told beforehand whom it concerns.
#[tokio::test]
async fn a_plan_tells_which_accounts_lose_their_way() {
    let ctx = deployment().await;
    applied(&ctx, &tree(DRAFT, "permitted = \"inherit\"")).await;
    let withheld = tree(&format!("entitlement = \"withheld\"\n{DRAFT}"), "permitted = \"inherit\"");
    let told = apply(&ctx, &wanted(&withheld).await.unwrap(), Done::Planned).await.unwrap();
    let warned = &told.changes[0].warnings[0];
    assert!(warned.starts_with("north and 1 below it can no longer sign in as before"), "{warned}");
    assert_eq!(ways(&ctx, "north/bakery").await.len(), 1, "a plan changes nothing");
}
