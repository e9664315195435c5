//! A wiki behind nginx and Caddy, each set up as docs/integrate/forward-auth.md says, word for word, in front of
//! `vestibule demo`. Every promise is kept behind either.

mod site;

use jiff::Timestamp;
use vestibule_e2e::http::Client;
use vestibule_e2e::peers::demo::PAGE;
use vestibule_e2e::peers::upstream::Arrived;
use vestibule_oidc::relying_party::{SiteExpectation, SiteTokenError, VerifyError, verify_site};
use vestibule_oidc::{ClientId, Issuer, Jwks};

use self::site::{NAMES, ask, sites};

/// As her identity provider has it.
const EMAIL: &str = "Ada.Min@acme.example";

#[test]
fn somebody_signs_in_comes_back_to_the_page_and_the_wiki_is_told_who_it_is() {
    for site in sites() {
        let mut browser = Client::new();
        let seen = site.sign_in(&mut browser, "ada", "/page?a=1&b=%20c");
        let arrived = Arrived::of(&seen).unwrap_or_else(|| panic!("{} {} {}", seen.status, seen.url, seen.text()));
        assert_eq!((arrived.method.as_str(), arrived.uri.as_str()), ("GET", "/page?a=1&b=%20c"), "{site}");
        let told = ["email", "name", "account", "roles"].map(|name| arrived.header(&format!("x-vestibule-{name}")));
        assert_eq!(told, [EMAIL, "Ada Min", "acme", "manager"], "{site}");
        assert!(!arrived.header("x-vestibule-user").is_empty(), "{site}");
        assert_eq!(arrived.header("x-vestibule-token").split('.').count(), 3, "{site}");
    }
}

#[test]
fn the_token_is_as_the_documentation_has_it() {
    for site in sites() {
        let arrived = Arrived::of(&site.sign_in(&mut Client::new(), "ada", "/")).unwrap();
        let keys = Client::new().get(&site.sso_url("/oidc/jwks")).unwrap().text();
        let keys = Jwks::parse(&keys).unwrap();
        let (issuer, audience) = (Issuer::new(site.sso_url("")).unwrap(), ClientId::new("wiki").unwrap());
        let expected = SiteExpectation { issuer: &issuer, audience: &audience, now: Timestamp::now() };
        let token = arrived.header("x-vestibule-token");
        let identity = verify_site(token, &keys, &expected).unwrap();
        assert_eq!(identity.sub, arrived.header("x-vestibule-user"), "{site}");
        let left = identity.exp - expected.now.as_second();
        assert!((120..=300).contains(&left), "{site}: {left} s");
        assert_eq!((identity.email.as_deref(), identity.name.as_deref()), (Some(EMAIL), Some("Ada Min")), "{site}");
        assert_eq!(
            (&*identity.account.unwrap().path, &identity.roles[..]),
            ("acme", &["manager".to_owned()][..]),
            "{site}"
        );
        let other = ClientId::new("open").unwrap();
        let elsewhere = verify_site(token, &keys, &SiteExpectation { audience: &other, ..expected }).unwrap_err();
        assert!(matches!(elsewhere, SiteTokenError::Verify(VerifyError::Audience { .. })), "{site}: {elsewhere}");
    }
}

#[test]
fn what_a_browser_makes_up_about_itself_never_arrives() {
    for site in sites() {
        let mut browser = Client::new();
        let honest = Arrived::of(&site.sign_in(&mut browser, "ada", "/")).unwrap();
        for spelt in made_up() {
            let forged: Vec<_> = spelt.iter().map(|name| (name.as_str(), "eve")).collect();
            let seen = ask(&mut browser, "GET", &site.url("/"), &[&PAGE[..], &forged].concat(), b"");
            let arrived = Arrived::of(&seen).unwrap();
            for name in NAMES {
                assert_eq!(arrived.header(name), honest.header(name), "{site}: {name} of {spelt:?}");
            }
            assert_nothing_of_eve(&arrived, &format!("{site}, signed in, {spelt:?}"));
            let seen = ask(&mut Client::new(), "GET", &site.url("/assets/app.css"), &forged, b"");
            assert_nothing_of_eve(&Arrived::of(&seen).unwrap(), &format!("{site}, on a public path, {spelt:?}"));
            let seen = ask(&mut Client::new(), "GET", &site.url("/"), &forged, b"");
            assert_eq!((seen.status, Arrived::of(&seen)), (401, None), "{site}, {spelt:?}");
        }
    }
}

/// Each of the names, in every spelling that a program may read as it.
fn made_up() -> Vec<Vec<String>> {
    let spelt = |how: fn(&str) -> String| NAMES.iter().map(|name| how(name)).collect();
    vec![
        spelt(str::to_owned),
        spelt(str::to_uppercase),
        spelt(|name| name.replace('-', "_")),
        spelt(|name| name.replacen('-', "_", 1)),
        spelt(|name| name.replace("e-", "e_")),
    ]
}

#[track_caller]
fn assert_nothing_of_eve(arrived: &Arrived, when: &str) {
    let forged: Vec<_> = arrived.headers.iter().filter(|(_, value)| value.contains("eve")).collect();
    assert!(forged.is_empty(), "{when}: {forged:?}");
}

#[test]
fn a_public_path_is_for_everybody_and_says_who_nobody_is() {
    for site in sites() {
        let seen = ask(&mut Client::new(), "GET", &site.url("/assets/app.css?v=1"), &PAGE, b"");
        let arrived = Arrived::of(&seen).unwrap_or_else(|| panic!("{} {}", seen.status, seen.text()));
        assert_eq!(arrived.uri, "/assets/app.css?v=1", "{site}");
        for name in NAMES {
            assert_eq!(arrived.header(name), "", "{site}");
        }
    }
}

#[test]
fn a_rule_refuses_whoever_it_is_not_about_however_they_spell_the_path() {
    for site in sites() {
        let mut ben = Client::new();
        assert!(Arrived::of(&site.sign_in(&mut ben, "ben", "/")).is_some(), "{site}");
        for path in ["/admin/", "/admin", "/ADMIN/users", "/x/../admin/", "//admin/", "/%61dmin/", "/x%2f..%2fadmin/"] {
            let seen = ask(&mut ben, "GET", &site.url(path), &PAGE, b"");
            assert_eq!((seen.status, Arrived::of(&seen)), (403, None), "{site}: {path}");
            assert!(seen.text().contains("this part of Wiki is not for you"), "{site}: {path}: {}", seen.text());
        }
        let mut ada = Client::new();
        let seen = site.sign_in(&mut ada, "ada", "/admin/users");
        assert_eq!(Arrived::of(&seen).map(|arrived| arrived.uri).as_deref(), Some("/admin/users"), "{site}");
    }
}

#[test]
fn a_form_and_a_scripts_request_of_nobody_are_refused_and_sent_nowhere() {
    for site in sites() {
        let script = [("Accept", "*/*"), ("Sec-Fetch-Mode", "cors")];
        for (method, headers) in [("POST", &PAGE[..]), ("GET", &script), ("DELETE", &script)] {
            let body = if method == "POST" { "a line\n".repeat(20_000) } else { String::new() };
            let seen = ask(&mut Client::new(), method, &site.url("/x"), headers, body.as_bytes());
            assert_eq!((seen.status, Arrived::of(&seen)), (401, None), "{site}: {method}");
            assert!(seen.text().starts_with("Nobody is signed in here."), "{site}: {}", seen.text());
            assert_eq!((seen.header("location"), seen.header("set-cookie")), (None, None), "{site}");
        }
    }
}

#[test]
fn a_form_of_somebody_arrives_whole() {
    for site in sites() {
        let mut browser = Client::new();
        site.sign_in(&mut browser, "ada", "/");
        let text = "a line\n".repeat(20_000);
        let seen = ask(&mut browser, "POST", &site.url("/save?x=1"), &PAGE, text.as_bytes());
        let arrived = Arrived::of(&seen).unwrap_or_else(|| panic!("{site}: {} {}", seen.status, seen.text()));
        assert_eq!((arrived.method.as_str(), arrived.uri.as_str()), ("POST", "/save?x=1"), "{site}");
        assert_eq!((arrived.body == text, arrived.header("x-vestibule-email")), (true, EMAIL), "{site}");
    }
}

#[test]
fn who_signs_out_at_the_site_is_let_through_no_more() {
    for site in sites() {
        let mut browser = Client::new();
        assert!(Arrived::of(&site.sign_in(&mut browser, "ada", "/")).is_some());
        // Somebody kept a copy of the cookie.
        let mut copy = browser.clone();
        let out = ask(&mut browser, "GET", &site.url("/.vestibule/sign-out"), &PAGE, b"");
        let to = out.location().unwrap_or_else(|| panic!("{site}: {} {}", out.status, out.text()));
        assert!(to.ends_with("/oidc/logout?client_id=wiki"), "{site}: {to}");
        for browser in [&mut browser, &mut copy] {
            let seen = ask(browser, "GET", &site.url("/"), &PAGE, b"");
            assert_eq!((seen.status, Arrived::of(&seen)), (302, None), "{site}");
        }
    }
}

/// The rules are those of the site that answers: another site's, which is open to all, open nothing here.
#[test]
fn a_browser_that_names_another_site_gets_nothing_by_its_rules() {
    for site in sites() {
        for (name, value) in [
            ("X-Forwarded-Host", site.open()),
            ("X-Forwarded-Uri", "/assets/app.css"),
            ("X-Original-URL", "/assets/app.css"),
            ("X-Forwarded-Method", "GET"),
        ] {
            let seen = ask(&mut Client::new(), "GET", &site.url("/"), &[(name, value)], b"");
            assert_eq!((seen.status, Arrived::of(&seen)), (401, None), "{site}: {name}");
        }
        let mut browser = Client::new();
        browser.go_through(site.port());
        let seen = ask(&mut browser, "GET", &format!("http://{}/", site.open()), &[], b"");
        assert_eq!(Arrived::of(&seen), None, "{site}");
        // RFC 9112 §3.2.2: Host counts for nothing beside an absolute address, and none of the two is believed.
        for (address, host) in [(site.host(), site.open()), (site.open(), site.host())] {
            let answer = site.absolute(&format!("http://{address}/"), host);
            assert!(!answer.contains("X-Echo"), "{site}: {answer}");
        }
    }
}

/// As many groups as Entra puts into a response (150): the headers and the signed one are long, and arrive.
#[test]
fn somebody_of_many_groups_comes_through() {
    for site in sites() {
        let seen = site.sign_in(&mut Client::new(), "ben", "/");
        let arrived = Arrived::of(&seen).unwrap_or_else(|| panic!("{site}: {} {}", seen.status, seen.text()));
        assert_eq!(arrived.header("x-vestibule-groups").split(',').count(), 150, "{site}");
    }
}
