//! `docs/protocol/validation-steps.md` is made from `Step` and `Reason`, so it cannot be wrong.
//! After a change of either: `BLESS=1 cargo test -p vestibule-saml --test generated`.

use std::fmt::Write as _;
use std::path::Path;

use vestibule_saml::sp::{Party, Reason, Step};

const FILE: &str = "docs/protocol/validation-steps.md";

#[test]
fn the_list_of_steps_and_refusals_is_the_one_in_the_code() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(FILE);
    let wanted = page();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, &wanted).expect("the page can be written");
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(there == wanted, "{FILE} is stale: BLESS=1 cargo test -p vestibule-saml --test generated");
}

fn page() -> String {
    let mut page = String::from(
        "# What is checked, and what a refusal means\n\n\
         Made from `Step` and `Reason` in `crates/saml/src/sp`; a test keeps it so.\n\n\
         ## Steps, in order\n\n\
         A response is accepted when every step holds. The first that does not refuses it; those behind it are not \
         reached.\n\n\
         | | step | makes sure that | specification |\n|---|---|---|---|\n",
    );
    for (n, step) in Step::ALL.into_iter().enumerate() {
        let _ = writeln!(page, "| {} | `{}` | {} | {} |", n + 1, step.name(), step.title(), step.spec());
    }
    page.push_str("\n## Refusals\n\n");
    for party in [Party::Operator, Party::IdpAdmin, Party::User] {
        let _ = writeln!(
            page,
            "### Mended by {}\n\n| code | what it says | what to change |\n|---|---|---|",
            party.title()
        );
        for reason in Reason::ALL.into_iter().filter(|reason| reason.fixed_by() == party) {
            let _ = writeln!(page, "| `{}` | {} | {} |", reason.code(), reason.sentence(), reason.fix());
        }
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}
