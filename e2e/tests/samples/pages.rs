//! The static pages behind nginx.

use std::sync::OnceLock;

use vestibule_e2e::http::Client;
use vestibule_e2e::peers::demo::{open, sign_in};
use vestibule_e2e::peers::proxy::examples;
use vestibule_e2e::peers::samples::{Kind, Sample, example};

use super::site;

fn pages() -> &'static Sample {
    static PAGES: OnceLock<Sample> = OnceLock::new();
    PAGES.get_or_init(|| {
        let demo = &site().demo;
        let pages = Sample::start_static(demo.port());
        let sites = pages.url("");
        let file = format!("[[application]]\nclient_id = \"static\"\nname = \"Static\"\nsites = [{sites:?}]\n");
        demo.apply(&file, &[]).unwrap();
        pages
    })
}

#[test]
fn somebody_signs_in_reads_their_name_and_signs_out() {
    let pages = pages();
    let mut browser = Client::new();
    let page = sign_in(&mut browser, "ada", &pages.url("/"), &pages.url("/"), "nowhere");
    assert_eq!((page.status, page.url.as_str()), (200, &*pages.url("/")), "{}", pages.log());
    let told = "You are <strong>Ada Min</strong>, <span>Ada.Min@acme.example</span>, of <span>acme</span>.";
    assert!(page.text().contains(told), "{}", page.text());
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let out = browser.get(&pages.url("/.vestibule/sign-out")).unwrap();
    assert!(out.location().unwrap().ends_with("/oidc/logout?client_id=static"));
    let seen = open(&mut browser, &pages.url("/"), &site().demo.issuer(""));
    assert_eq!(seen.status, 302, "{}", seen.text());
}

#[test]
fn nobody_gets_a_page_and_what_is_not_published_is_not_there() {
    let pages = pages();
    let seen = Client::new().get(&pages.url("/index.html")).unwrap();
    assert_eq!(seen.status, 401);
    let seen = open(&mut Client::new(), &pages.url("/"), &site().demo.issuer(""));
    assert_eq!(seen.status, 302, "{}", seen.text());
    let mut browser = Client::new();
    sign_in(&mut browser, "ben", &pages.url("/"), &pages.url("/"), "nowhere");
    for path in ["/nginx.conf", "/../nginx.conf", "/snippets/vestibule-ask.conf", "/run/nginx.pid"] {
        let seen = browser.get(&pages.url(path)).unwrap();
        assert!(seen.status >= 400, "{path}: {} {}", seen.status, seen.text());
    }
    // A folder without an index is nginx's own refusal.
    let seen = browser.get(&pages.url("/empty/")).unwrap();
    assert_eq!((seen.status, seen.header("x-vestibule-token")), (403, None), "{}", seen.text());
}

#[test]
fn the_configuration_is_that_of_the_documentation() {
    let [ask, guard, site] = examples("nginx").try_into().expect("three parts for nginx in the documentation");
    assert_eq!(example(Kind::Static, "snippets/vestibule-ask.conf"), ask);
    assert_eq!(example(Kind::Static, "snippets/vestibule-guard.conf"), guard);
    let ours = example(Kind::Static, "nginx.conf");
    let ours: Vec<_> = ours.lines().map(str::trim).collect();
    for line in site.lines().map(str::trim).filter(|line| !line.contains("127.0.0.1:3000")) {
        assert!(ours.contains(&line), "{line}");
    }
}
