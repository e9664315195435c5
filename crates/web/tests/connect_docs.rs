//! `docs/connect/` has the guides of the set-up page for print: made of the same table and texts, so that they never
//! differ. After a change of either: `BLESS=1 cargo test -p vestibule-web --test connect_docs`.

use std::fmt::Write as _;
use std::path::PathBuf;

use vestibule_domain::connection::Preset;
use vestibule_web::language::Language;
use vestibule_web::pages::guide::{Guide, Ours, Theirs};

const GUIDES: [(Preset, &str); 6] = [
    (Preset::Entra, "entra"),
    (Preset::Adfs, "adfs"),
    (Preset::Okta, "okta"),
    (Preset::Google, "google"),
    (Preset::Ping, "ping"),
    (Preset::Generic, "generic"),
];

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/connect"))
}

fn steps(text: &mut String, first: usize, keys: &[&str]) {
    for (number, key) in (first..).zip(keys) {
        let _ = writeln!(text, "{number}. {}", Language::English.say(key));
    }
    text.push('\n');
}

fn rows(text: &mut String, head: (&str, &str), rows: &[(&str, Option<&str>)]) {
    let _ = write!(text, "| {} | {} |\n|---|---|\n", head.0, head.1);
    for (ours, theirs) in rows.iter().filter_map(|(ours, theirs)| Some((ours, (*theirs)?))) {
        let _ = writeln!(text, "| {ours} | **{theirs}** |");
    }
    text.push('\n');
}

fn page(preset: Preset) -> String {
    let guide = Guide::of(preset);
    let product = preset.product();
    let Ours { identifier, reply_url, sign_on_url, logout_url } = guide.ours;
    let mut text = format!(
        "# Connect {product}\n\nThe set-up link that you were sent opens a page with your values and these steps beside \
         them. This is the same for print.\n\n## 1. Give {product} our values\n\n"
    );
    let lists = [("set-up-guide-make", 1, guide.make), ("set-up-guide-give", guide.make.len() + 1, guide.give)];
    for (title, first, keys) in lists {
        let _ = writeln!(text, "### {}\n", Language::English.say(title));
        steps(&mut text, first, keys);
    }
    let ours = [
        ("entity ID", Some(identifier)),
        ("assertion consumer service (ACS)", Some(reply_url)),
        ("where a sign-in begins", sign_on_url),
        ("single logout service", logout_url),
    ];
    rows(&mut text, ("ours (SAML)", "there"), &ours);
    let _ = write!(text, "## 2. Give us its values\n\n");
    steps(&mut text, 1, guide.take);
    let Theirs { metadata_url, metadata, issuer, sign_on, certificate, logout_url } = guide.theirs;
    let theirs = [
        ("address of the metadata", metadata_url),
        ("the metadata itself", Some(metadata)),
        ("or: issuer (entity ID)", Some(issuer)),
        ("sign-on address", Some(sign_on)),
        ("signing certificate", Some(certificate)),
        ("logout address (optional)", logout_url),
    ];
    rows(&mut text, ("what we ask for", "there"), &theirs);
    text.push_str("## 3. Say who comes in\n\n");
    steps(&mut text, 1, guide.people);
    text.push_str(
        "On the set-up page add the e-mail domains of your company, and in your DNS the TXT record that it shows for each.\
         \n\n## 4. Try it\n\nPress **Test sign-in in a new tab**. Every check is shown, with what came, what was wanted, \
         who can fix it and where. Nobody is signed in by a test, and nothing changes for your people. Where the other tab \
         shows an error of its own, paste its text on the set-up page. When a test has passed, switch it on.\n",
    );
    text
}

fn overview() -> String {
    let mut text =
        "# Connect an identity provider\n\nFor the IT admin of a company whose people are to sign in with its own \
                    identity provider. Each guide is what the page of a set-up link shows beside its values; \
                    [docs/operate/set-up.md](../operate/set-up.md) says how such a link is made.\n\n"
            .to_owned();
    for (preset, name) in GUIDES {
        let _ = writeln!(text, "- [{}]({name}.md)", preset.product());
    }
    text
}

#[test]
fn the_guides_for_print_are_those_of_the_page() {
    let mut wanted: Vec<(String, String)> =
        GUIDES.iter().map(|(preset, name)| (format!("{name}.md"), page(*preset))).collect();
    wanted.push(("README.md".to_owned(), overview()));
    for (file, wanted) in wanted {
        let path = folder().join(&file);
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(&path, &wanted).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(there == wanted, "{file} is stale: BLESS=1 cargo test -p vestibule-web --test connect_docs");
    }
}

/// MX-4, HY-22: what the steps call our fields is what the page calls them.
#[test]
fn the_steps_name_the_fields_as_the_page_does() {
    for (preset, name) in GUIDES {
        let guide = Guide::of(preset);
        let said: String = guide.give.iter().map(|key| Language::English.say(key).to_string()).collect();
        for field in [guide.ours.identifier, guide.ours.reply_url] {
            assert!(said.contains(&format!("**{field}**")), "{name}: {field}");
        }
        for key in guide.make.iter().chain(guide.give).chain(guide.take).chain(guide.people) {
            for language in Language::ALL {
                assert!(language.has(key), "{key} in {language:?}");
            }
        }
    }
}
