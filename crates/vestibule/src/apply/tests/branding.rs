//! How an account's pages look.

use vestibule_domain::branding::{LogoFile, LogoKind};

use super::*;

fn bakery(branding: &str) -> String {
    format!("[[account]]\npath = \"bakery\"\nname = \"Bakery\"\n[account.branding]\n{branding}\n")
}

async fn looks(ctx: &Ctx) -> (Branding, Option<Vec<u8>>) {
    let path = "bakery".parse_path();
    let read = ctx.store.read(move |tx| {
        Box::pin(async move {
            let brand = tx.account_by_path(&path).await?.unwrap().brand;
            let logo = match &brand.logo {
                Some(logo) => tx.logo(logo).await?,
                None => None,
            };
            Ok::<_, vestibule_store::StoreError>((brand, logo))
        })
    });
    read.await.unwrap()
}

/// MX-15: all of it by a file, and all of it may be taken back.
#[tokio::test]
async fn a_file_says_how_the_pages_look() {
    let ctx = deployment().await;
    let all = "product = \"Mill & More\"\naccent = \"#ffd400\"\nlogo = \"logo.svg\"\nwelcome = \"Hello\"\n\
               welcome_de = \"Hallo\"\nimprint = \"https://bakery.example/imprint\"\n\
               privacy = \"https://bakery.example/privacy\"";
    let told = applied(&ctx, &bakery(all)).await;
    let warning = "text in #ffd400 could hardly be read everywhere, so it is shown as";
    assert!(
        told.changes.iter().any(|change| change.warnings.iter().any(|it| it.starts_with(warning))),
        "{:?}",
        told.changes
    );
    let (brand, logo) = looks(&ctx).await;
    assert_eq!(brand.product_or("Orchard"), "Mill & More");
    assert_eq!(brand.logo.as_ref().map(LogoFile::kind), Some(LogoKind::Svg));
    assert_eq!(logo.as_deref(), files().get("logo.svg").map(Vec::as_slice));
    assert!(applied(&ctx, &bakery(all)).await.changes.is_empty(), "the same once more changes nothing");
    applied(&ctx, &bakery("")).await;
    assert_eq!(looks(&ctx).await, (Branding::default(), None));
}

/// Each value that cannot be is told with its line, what was got and what is wanted.
#[tokio::test]
async fn what_cannot_be_shown_is_refused_by_name() {
    for (branding, wanted) in [
        ("accent = \"red\"", "accent: \"red\" is no colour; a # and six hexadecimal digits are wanted"),
        ("product = \"\"", "product: the text is empty"),
        (
            "privacy = \"http://bakery.example\"",
            "privacy: \"http://bakery.example\" is no address that people can open",
        ),
        ("logo = \"secret.txt\"", "logo: secret.txt: the logo is no PNG, JPEG, WebP or SVG by its content"),
        ("logo = \"nothing.png\"", "logo: nothing.png is not among the files"),
        ("colour = \"#ffd400\"", "[account.branding] has no key \"colour\""),
    ] {
        let problems = wanted_problems(&bakery(branding)).await;
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].message.starts_with(wanted), "{problems:?}");
        assert_eq!(problems[0].line, 5);
    }
}

async fn wanted_problems(text: &str) -> Vec<FileProblem> {
    super::wanted(text).await.err().unwrap_or_default()
}
