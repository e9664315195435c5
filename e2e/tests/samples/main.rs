//! The samples of `examples/`, each started as its README says beside `vestibule demo`, and people in front of them.

mod pages;

use std::sync::OnceLock;

use vestibule_e2e::http::{Client, Response, encode};
use vestibule_e2e::peers::demo::{Demo, open, sign_in};
use vestibule_e2e::peers::samples::{Kind, Sample, example, node, python};
use vestibule_e2e::process::Process;
use vestibule_e2e::scratch::Scratch;

const SECRET: &str = "a-secret-of-the-samples-that-opens-nothing-else";

struct Site {
    demo: Demo,
    samples: [Sample; 2],
}

/// One demonstration and both applications. They serve all tests: nothing that one does is seen by another.
fn site() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| {
        let demo = Demo::start();
        let samples = [Kind::Node, Kind::Python].map(|kind| Sample::start(kind, &demo.issuer(""), SECRET));
        for sample in &samples {
            let file = format!(
                "[[application]]\nclient_id = {:?}\nname = \"A sample\"\nsecrets = [{{ env = \"SAMPLE_SECRET\" }}]\n\
                 redirect_uris = [{:?}]\npost_logout_redirect_uris = [{:?}]\n",
                sample.kind().name(),
                sample.url("/callback"),
                sample.url("/"),
            );
            demo.apply(&file, &[("SAMPLE_SECRET", SECRET)]).unwrap();
        }
        Site { demo, samples }
    })
}

/// What is shown in the end to somebody of Acme who signs in at a sample.
#[track_caller]
fn sign_in_at(sample: &Sample, browser: &mut Client, name: &str) -> Response {
    sign_in(browser, name, &sample.url("/sign-in"), &sample.url("/"), "nowhere")
}

/// The way back to a sample that somebody would go next: the address of its callback.
#[track_caller]
fn way_back(sample: &Sample, browser: &mut Client, name: &str) -> String {
    let callback = sample.url("/callback?");
    sign_in(browser, name, &sample.url("/sign-in"), &sample.url("/"), &callback).location().unwrap()
}

impl Site {
    /// Whether the browser has a session at Vestibule.
    fn knows(&self, browser: &mut Client) -> bool {
        browser.get(&self.demo.issuer("/me")).unwrap().text().contains("Ada Min")
    }
}

/// The value of a parameter in the query of an address, as it stands there.
fn parameter<'a>(url: &'a str, name: &str) -> &'a str {
    let query = url.split_once('?').unwrap().1;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap()
}

fn is_nobody(page: &Response) -> bool {
    page.status == 200 && page.text().contains("Nobody is signed in.")
}

#[track_caller]
fn assert_refused(browser: &mut Client, sample: &Sample, url: &str, why: &str) {
    let seen = browser.get(url).unwrap();
    let text = seen.text();
    assert_eq!(seen.status, 400, "{:?}: {text}\n{}", sample.kind(), sample.log());
    assert!(text.contains("Signing in did not work.") && text.contains(why), "{:?}: {text}", sample.kind());
    assert!(is_nobody(&browser.get(&sample.url("/")).unwrap()), "{:?}", sample.kind());
}

#[test]
fn somebody_signs_in_and_is_told_who_they_are() {
    let site = site();
    for sample in &site.samples {
        let mut browser = Client::new();
        assert!(is_nobody(&open(&mut browser, &sample.url("/"), "nowhere")));
        let page = sign_in_at(sample, &mut browser, "ada");
        assert_eq!((page.status, page.url.as_str()), (200, &*sample.url("/")), "{}", sample.log());
        for (what, told) in
            [("Name", "Ada Min"), ("E-mail", "Ada.Min@acme.example"), ("Account", "acme"), ("Roles", "manager")]
        {
            assert!(page.text().contains(&format!("<dt>{what}</dt><dd>{told}</dd>")), "{what}: {}", page.text());
        }
        assert_eq!(page.header("cache-control"), Some("no-store"), "{:?}", sample.kind());
    }
}

#[test]
fn whoever_signs_out_at_a_sample_is_signed_out_at_vestibule_and_comes_back() {
    let site = site();
    for sample in &site.samples {
        let mut browser = Client::new();
        let page = sign_in_at(sample, &mut browser, "ada");
        assert!(site.knows(&mut browser));
        // Somebody kept a copy of Vestibule's cookie.
        let mut copy = browser.clone();
        let form = page.forms().remove(0);
        assert_eq!((form.method.as_str(), form.action.as_str()), ("post", "/sign-out"));
        let out = browser.submit(&page, &form).unwrap();
        assert_eq!(out.status, 303, "{:?}", sample.kind());
        // The ID token says who it is, so that nobody is asked.
        let back = browser.follow(out).unwrap();
        assert!(back.url.starts_with(&sample.url("/")) && is_nobody(&back), "{}: {}", back.url, back.text());
        for browser in [&mut browser, &mut copy] {
            assert!(!site.knows(browser), "{:?}", sample.kind());
        }
        assert_eq!(browser.get(&sample.url("/sign-out")).unwrap().status / 100, 4, "a link signs nobody out");
    }
}

#[test]
fn a_callback_of_another_state_or_in_another_browser_is_refused() {
    let site = site();
    for sample in &site.samples {
        let why = match sample.kind() {
            Kind::Python => "It began in another browser, or is over already.",
            _ => "unexpected &#34;state&#34; response parameter value",
        };
        let mut browser = Client::new();
        let back = way_back(sample, &mut browser, "ada");
        let state = parameter(&back, "state");
        let changed = back.replace(state, &state.chars().rev().collect::<String>());
        assert_refused(&mut browser, sample, &changed, why);
        assert_refused(&mut Client::new(), sample, &back, "It began in another browser, or is over already.");
    }
}

#[test]
fn a_code_that_somebody_else_was_given_is_refused() {
    let site = site();
    for sample in &site.samples {
        let given = way_back(sample, &mut Client::new(), "ben");
        let mut browser = Client::new();
        let back = way_back(sample, &mut browser, "ada");
        let injected = back.replace(parameter(&back, "code"), parameter(&given, "code"));
        assert_ne!(injected, back);
        assert_refused(&mut browser, sample, &injected, "code_verifier");
        // It is good for where it was asked for, and only there and once.
        let mut browser = Client::new();
        let back = way_back(sample, &mut browser, "ada");
        assert_eq!(browser.get(&back).unwrap().status, 302, "{}", sample.log());
    }
}

#[test]
fn what_the_provider_says_is_shown_as_text() {
    let site = site();
    for sample in &site.samples {
        let mut browser = Client::new();
        let asked = open(&mut browser, &sample.url("/sign-in"), &site.demo.issuer("")).location().unwrap();
        let refusal = format!(
            "{}?error=access_denied&error_description={}&state={}&iss={}",
            sample.url("/callback"),
            encode("<script>alert(1)</script>"),
            parameter(&asked, "state"),
            encode(&site.demo.issuer(""))
        );
        let seen = browser.get(&refusal).unwrap();
        let text = seen.text();
        assert_eq!(seen.status, 400, "{text}");
        assert!(text.contains("script") && !text.contains("<script>"), "{:?}: {text}", sample.kind());
    }
}

/// Nobody's words are shown who has no sign-in under way in this browser.
#[test]
fn what_somebody_makes_up_about_a_sign_in_is_not_shown() {
    let site = site();
    for sample in &site.samples {
        let url = sample.url("/callback?error=access_denied&error_description=Call-0900-123&state=x");
        let seen = Client::new().get(&url).unwrap();
        assert_eq!((seen.status, seen.text().contains("0900")), (400, false), "{:?}: {}", sample.kind(), seen.text());
    }
}

/// The samples run as they stand beside the demonstration: what they take for granted is what it knows.
#[test]
fn what_samples_take_for_granted_is_what_the_demonstration_knows() {
    let demo = include_str!("../../../crates/vestibule/src/demo/demo.toml");
    let secret = "sample-demo-secret-that-opens-nothing-else";
    assert!(include_str!("../../../crates/vestibule/src/demo.rs").contains(secret));
    for sample in [
        include_str!("../../../examples/node/app.mjs"),
        include_str!("../../../examples/python/app.py"),
        include_str!("../../../examples/axum/src/main.rs"),
    ] {
        for default in [secret, "http://localhost:8400", "\"sample\"", "3000"] {
            assert!(sample.contains(default), "{default}: {sample}");
        }
    }
    for known in ["client_id = \"sample\"", "http://localhost:3000/callback", "http://pages.localhost:3080"] {
        assert!(demo.contains(known), "{known}");
    }
    let pages = include_str!("../../../examples/static/nginx.conf");
    assert!(pages.contains("listen 127.0.0.1:3080;") && pages.contains("server_name pages.localhost;"));
}

#[test]
fn a_request_has_state_nonce_and_pkce_and_the_session_is_for_the_browser_alone() {
    let site = site();
    for sample in &site.samples {
        let begun = Client::new().get(&sample.url("/sign-in")).unwrap();
        let asked = begun.location().unwrap();
        for name in ["state", "nonce", "code_challenge"] {
            assert!(parameter(&asked, name).len() >= 20, "{:?}: {name}: {asked}", sample.kind());
        }
        assert_eq!(parameter(&asked, "code_challenge_method"), "S256", "{asked}");
        let cookie = begun.header("set-cookie").unwrap();
        assert!(cookie.starts_with("session="), "{cookie}");
        assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"), "{cookie}");
    }
}

#[test]
fn a_provider_without_tls_is_taken_on_this_machine_alone() {
    let folders = [Scratch::new("node-without-tls"), Scratch::new("python-without-tls")];
    let [node, python] = [
        (node(&folders[0], &example(Kind::Node, "app.mjs")), "only requests to HTTPS are allowed"),
        (python(&folders[1], &example(Kind::Python, "app.py")), "ISSUER has to be https: http://sso.example.com"),
    ];
    for ((mut command, said), folder) in [node, python].into_iter().zip(&folders) {
        command.env("ISSUER", "http://sso.example.com").env("PORT", "0");
        let mut process = Process::start("sample", folder.path(), &mut command);
        vestibule_e2e::wait_for("its end", || process.has_ended().then_some(()));
        assert!(process.log().contains(said), "{}", process.log());
    }
}
