//! What the applications that we replace demand of settings: no order of steps, a switch beside what is saved, and one
//! block of settings at every level.

use vestibule_domain::connection::{Connection, ConnectionState};

use super::*;

async fn connection(ctx: &Ctx, path: &str) -> Connection {
    let path = path.parse_path();
    let read = ctx.store.read(move |tx| {
        Box::pin(async move {
            let account = tx.account_by_path(&path).await?.unwrap();
            Ok::<_, vestibule_store::StoreError>(tx.connections_in(account.id).await?.remove(0))
        })
    });
    read.await.unwrap()
}

/// How many connections lead into an account.
async fn ways(ctx: &Ctx, path: &str) -> usize {
    let path = path.parse_path();
    let read = ctx.store.read(move |tx| {
        Box::pin(async move {
            let account = tx.account_by_path(&path).await?.unwrap();
            tx.ways_into(account.id).await
        })
    });
    read.await.unwrap().len()
}

/// An active connection, as the block below `[[account]]` or `[platform]`.
fn active(level: &str) -> String {
    format!(
        "[[{level}.connection]]\nname = \"entra\"\npreset = \"entra\"\nmetadata = {{ file = \"entra.xml\" }}\n\
         state = \"active\"\nactivate = \"operator\"\n"
    )
}

/// MX-20: single sign-on is switched off and on again for an account, and what is saved of its connection stays as it is.
#[tokio::test]
async fn an_account_is_switched_off_and_on_while_its_connection_stays_as_it_is_saved() {
    let ctx = deployment().await;
    let file = |switch: &str| format!("[[account]]\npath = \"acme\"\nname = \"Acme\"\n{switch}\n{}", active("account"));
    applied(&ctx, &file("")).await;
    let saved = connection(&ctx, "acme").await;
    assert_eq!((saved.state, ways(&ctx, "acme").await), (ConnectionState::Active, 1));
    for (switch, told, leading) in [
        ("sign_in = \"off\"", "sign_in  own_first → off\n", 0),
        ("sign_in = \"own\"", "sign_in  off → own\n", 1),
        ("sign_in = \"off\"", "sign_in  own → off\n", 0),
        ("", "sign_in  off → own_first\n", 1),
    ] {
        let done = applied(&ctx, &file(switch)).await;
        let names: Vec<_> = done.changes.iter().map(|change| change.name.as_str()).collect();
        assert_eq!(names, ["acme"], "the account alone is saved");
        let text = printed(&done, Done::Applied);
        assert!(text.contains(told), "{told:?} in\n{text}");
        assert_eq!(ways(&ctx, "acme").await, leading, "{told}");
        assert_eq!(connection(&ctx, "acme").await, saved, "{told}: version, state and settings");
    }
}

/// MX-20: a connection is saved, and saved anew, while the switch is off, and turns nobody's sign-in on by that.
#[tokio::test]
async fn saving_a_connection_does_not_switch_single_sign_on_on() {
    let ctx = deployment().await;
    let off = "[[account]]\npath = \"acme\"\nname = \"Acme\"\nsign_in = \"off\"\n";
    applied(&ctx, &format!("{off}{}", active("account"))).await;
    applied(&ctx, &format!("{off}{}clock_skew = 60\n", active("account"))).await;
    let saved = connection(&ctx, "acme").await;
    assert_eq!((saved.state, saved.saml.clock_skew, ways(&ctx, "acme").await), (ConnectionState::Active, 60, 0));
}

/// Each setting that a connection cannot do without, and what is told where it is missing.
fn demanded() -> [(String, &'static str); 3] {
    let metadata = String::from_utf8(files().remove("entra.xml").unwrap()).unwrap();
    let certificate = metadata.split("<X509Certificate>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let tenant = "11111111-2222-4333-8444-555555555555";
    [
        (
            format!("issuer = \"https://sts.windows.net/{tenant}/\"\n"),
            "the identity provider's entity ID (Entra: Microsoft Entra Identifier) is missing",
        ),
        (
            format!("sign_on = \"https://login.microsoftonline.com/{tenant}/saml2\"\n"),
            "the sign-on address (Entra: Login URL) is missing",
        ),
        (
            format!("certificates = [\"{certificate}\"]\n"),
            "a signing certificate is missing, without which no answer can be trusted",
        ),
    ]
}

/// MX-1, MX-15: branding is no step before single sign-on. In whatever order its three settings come, a connection of an
/// account without branding, logo or sub-domain is told exactly what it still lacks, and is activated when that is nothing.
#[tokio::test]
async fn a_connection_of_an_account_without_branding_is_activated_when_nothing_is_missing_in_whatever_order() {
    let all = demanded();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let ctx = deployment().await;
        for count in 0..=3 {
            let (there, missing) = order.split_at(count);
            let mut settings: Vec<_> = there.iter().map(|&at| all[at].0.as_str()).collect();
            let head = "[[account]]\npath = \"acme\"\nname = \"Acme\"\nsub_domain = \"\"\n\
                        [[account.connection]]\nname = \"entra\"\npreset = \"entra\"\n";
            let draft = format!("{head}{}", settings.concat());
            applied(&ctx, &draft).await;
            settings.push("state = \"active\"\nactivate = \"operator\"\n");
            let active = format!("{head}{}", settings.concat());
            if missing.is_empty() {
                applied(&ctx, &active).await;
                break;
            }
            let mut lacks = missing.to_vec();
            lacks.sort_unstable();
            let lacks: Vec<_> = lacks.into_iter().map(|at| all[at].1).collect();
            let told = misfits(&ctx, &active).await;
            let wanted = format!(
                "line 5: connection acme/entra: it cannot be active: the connection is not complete: {}; set state",
                lacks.join("; ")
            );
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].starts_with(&wanted), "{order:?}, {count} set: {told:?}\nwanted {wanted}");
            assert_eq!(connection(&ctx, "acme").await.state, ConnectionState::Draft);
        }
        assert_eq!(connection(&ctx, "acme").await.state, ConnectionState::Active, "{order:?}");
        let path = "acme".parse_path();
        let read = ctx.store.read(move |tx| Box::pin(async move { tx.account_by_path(&path).await }));
        let account = read.await.unwrap().unwrap();
        assert_eq!((account.brand, account.sub_domain), (Branding::default(), None), "nothing was asked for besides");
    }
}

/// The three levels, of which one has these settings and an active connection.
fn at(level: usize, settings: &str) -> String {
    let heads = [
        "[platform]\nname = \"Orchard\"\n",
        "[[account]]\npath = \"north\"\nname = \"North\"\nkind = \"reseller\"\n",
        "[[account]]\npath = \"north/bakery\"\nname = \"Bakery\"\n",
    ];
    let blocks = heads.iter().enumerate().map(|(at, head)| match (at == level, at) {
        (false, _) => (*head).to_owned(),
        (true, 0) => format!("{head}{settings}{}", active("platform")),
        (true, _) => format!("{head}{settings}{}", active("account")),
    });
    blocks.collect()
}

/// MX-11: platform, reseller and customer are set by one and the same block. What it leads to at each level is what the
/// level makes of it: how many connections lead into platform, reseller and customer then, or why it is refused.
#[tokio::test]
async fn one_block_of_settings_serves_the_platform_a_reseller_and_a_customer() {
    type Outcome = Result<[usize; 3], &'static str>;
    const NOTHING_ABOVE: Outcome =
        Err("permitted is what an account above says, and the platform has none; leave it out");
    const NO_CHILDREN: Outcome =
        Err("children is \"inherit\", and a customer has no accounts below it; leave it out, or set kind to reseller");
    const NO_OWN_BELOW_PLATFORM: Outcome = Err(
        "state is active, and \"platform\" permits the account \"inherit\": nobody would be signed in; leave it a draft, \
         or let whoever runs \"platform\" set permitted to own or both",
    );
    const NO_OWN_BELOW_NORTH: Outcome = Err(
        "state is active, and \"north\" permits the account \"inherit\": nobody would be signed in; leave it a draft, \
         or let whoever runs \"north\" set permitted to own or both",
    );
    const NO_INHERITANCE_BELOW_PLATFORM: Outcome =
        Err("sign_in is \"both\", and the account above, \"platform\", permits \"own\"; choose within that, or let \
         whoever runs \"platform\" set `permitted` of this account");
    const NO_INHERITANCE_BELOW_NORTH: Outcome =
        Err("sign_in is \"both\", and the account above, \"north\", permits \"own\"; choose within that, or let \
         whoever runs \"north\" set `permitted` of this account");
    let table: [(&str, [Outcome; 3]); 8] = [
        ("", [Ok([1, 0, 0]), Ok([0, 1, 0]), Ok([0, 0, 1])]),
        ("sign_in = \"own\"\n", [Ok([1, 0, 0]), Ok([0, 1, 0]), Ok([0, 0, 1])]),
        ("sign_in = \"off\"\n", [Ok([0, 0, 0]), Ok([0, 0, 0]), Ok([0, 0, 0])]),
        ("entitlement = \"withheld\"\n", [Ok([0, 0, 0]), Ok([0, 0, 0]), Ok([0, 0, 0])]),
        ("sign_in = \"both\"\n", [Ok([1, 0, 0]), NO_INHERITANCE_BELOW_PLATFORM, NO_INHERITANCE_BELOW_NORTH]),
        ("permitted = \"both\"\nsign_in = \"both\"\n", [NOTHING_ABOVE, Ok([0, 1, 0]), Ok([0, 0, 1])]),
        ("permitted = \"inherit\"\n", [NOTHING_ABOVE, NO_OWN_BELOW_PLATFORM, NO_OWN_BELOW_NORTH]),
        ("children = \"inherit\"\n", [Ok([1, 1, 0]), Ok([0, 1, 1]), NO_CHILDREN]),
    ];
    for (settings, outcomes) in table {
        for (level, outcome) in outcomes.into_iter().enumerate() {
            let ctx = deployment().await;
            let text = at(level, settings);
            match outcome {
                Ok(wanted) => {
                    applied(&ctx, &text).await;
                    let led = [ways(&ctx, "").await, ways(&ctx, "north").await, ways(&ctx, "north/bakery").await];
                    assert_eq!(led, wanted, "{settings:?} at level {level}");
                    let again = applied(&ctx, &text).await;
                    assert_eq!(again.changes, [], "{settings:?} at level {level}: it stands as it was written");
                }
                Err(wanted) => {
                    let told = misfits(&ctx, &text).await;
                    let ends = told.iter().any(|told| told.ends_with(&format!(": {wanted}")));
                    assert!(ends, "{settings:?} at level {level}: {told:?}\nwanted {wanted}");
                }
            }
        }
    }
}
