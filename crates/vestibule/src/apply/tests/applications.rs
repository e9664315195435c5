//! What applications may ask for, by a file.

use vestibule_domain::application::{ClaimSource, RefreshTokens};

use super::*;

fn file(more: &str) -> String {
    format!("[[application]]\nclient_id = \"board\"\nname = \"Board\"\n{more}")
}

const ADDRESS: &str = "redirect_uris = [\"https://board.example/callback\"]\n";

#[tokio::test]
async fn what_an_application_gets_at_the_token_endpoint_is_set_by_a_file() {
    let text = file(&format!(
        "{ADDRESS}authentication = \"none\"\nid_token_alg = \"RS256\"\nrefresh_tokens = \"offline\"\nintrospects = \
         [\"mobile\"]\nclaims = [{{ claim = \"dept\", from = \"department\" }}, {{ claim = \"groups\", leave_out = true \
         }}]"
    ));
    let read = wanted(&text).await.unwrap();
    let settings = &read.applications[0].settings;
    assert!(settings.is_public);
    assert_eq!((settings.id_token_alg.as_deref(), settings.refresh_tokens), (Some("RS256"), RefreshTokens::Offline));
    assert_eq!(settings.introspects, ["mobile"]);
    assert_eq!(settings.claims[0].says, ClaimSource::From("department".to_owned()));
    let usual = file(&format!("{ADDRESS}authentication = \"client_secret\"\nid_token_alg = \"ES256\""));
    let usual = wanted(&usual).await.unwrap();
    assert_eq!(usual.applications[0].settings, wanted(&file(ADDRESS)).await.unwrap().applications[0].settings);
}

#[tokio::test]
async fn another_word_than_there_are_is_refused_where_it_stands() {
    for (line, key, says) in [
        ("authentication = \"private_key_jwt\"", "authentication", "no way to authenticate"),
        ("id_token_alg = \"HS256\"", "id_token_alg", "\"ES256\" or \"RS256\""),
        ("refresh_tokens = \"always\"", "refresh_tokens", "always"),
        ("introspects = [\"a b\"]", "introspects", "printable ASCII"),
        ("claims = [{ claim = \"x\" }]", "claims", "claims"),
        ("claims = [{ claim = \"x\", leave_out = false }]", "claims", "claims"),
    ] {
        let refusal = refused(&file(&format!("{ADDRESS}{line}"))).await;
        assert!(refusal[0].starts_with(&format!("5: {key}")) && refusal[0].contains(says), "{refusal:?}");
    }
}

/// What stands behind a proxy alone needs no address for codes; a site is one application's.
#[tokio::test]
async fn sites_are_set_by_a_file_and_are_one_applications_each() {
    let ctx = deployment().await;
    let site = "sites = [\"https://wiki.example.com\"]\n";
    let rules = "site_rules = [{ path = \"/admin/\", roles = [\"admin\"] }, { path = \"/assets/\", public = true }]\n";
    let first = applied(&ctx, &file(&format!("{site}{rules}"))).await;
    assert_eq!(first.changes.len(), 2, "the platform and the application");
    assert!(applied(&ctx, &file(&format!("{site}{rules}"))).await.changes.is_empty());
    let other = file(site).replace("board", "other");
    let refusal = misfits(&ctx, &other).await;
    let want = "the site https://wiki.example.com is the application board's; a site has one application";
    assert!(refusal[0].contains(want), "{refusal:?}");
    let both = format!("{}\n{other}", file(site));
    assert!(misfits(&ctx, &both).await[0].contains(want));
    let moved = format!("{other}\n{}", file(ADDRESS));
    applied(&ctx, &moved).await;
    let wrong = misfits(&ctx, &file("sites = [\"https://Wiki.example.com/\"]\n")).await;
    assert!(wrong[0].contains("as browsers show it"), "{wrong:?}");
    let reserved = file(&format!("{ADDRESS}claims = [{{ claim = \"sub\", value = \"eve\" }}]"));
    assert!(misfits(&ctx, &reserved).await[0].contains("this claim says whose the token is"));
}
