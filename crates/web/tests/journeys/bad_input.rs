//! Whatever comes: a page, a status of the caller's making, a code; and nobody is let in.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::event::Fact;
use vestibule_domain::id::{AttemptId, ConnectionId};
use vestibule_journeys::report::KeptReport;
use vestibule_mock_entra::service::Delivery;
use vestibule_saml::binding::post::PostError;
use vestibule_saml::binding::{Base64Error, FormError};

use crate::support::{ADA, BASE, CALLBACK, CLIENT, Seen, World, base64, start};

const FORM: &str = "application/x-www-form-urlencoded";

/// Posts a body of this type where answers arrive.
async fn post(world: &World, media_type: &str, body: impl Into<String>) -> Seen {
    world.browser().raw("POST", &world.acme.at("acs"), &[("content-type", media_type)], body.into()).await
}

/// What every page of a problem has.
#[track_caller]
fn is_a_page(seen: &Seen) {
    assert!(seen.status.is_client_error(), "{}: {}", seen.url, seen.status);
    assert!(seen.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{}", seen.url);
    assert!(seen.body.contains("<h1"), "{}: {}", seen.url, seen.body);
}

/// That the page names a code such as `AUD-7K2Q`, with these letters.
#[track_caller]
pub(crate) fn has_code(seen: &Seen, letters: &str) {
    let at = seen.body.find(&format!("<code>{letters}-")).unwrap_or_else(|| panic!("no {letters}-: {}", seen.body));
    let rest = &seen.body[at + "<code>".len() + letters.len() + 1..];
    let digits = rest.split('<').next().unwrap();
    assert!(digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()), "{digits}");
}

pub(crate) async fn nothing_was_written(world: &World) -> bool {
    !world
        .facts()
        .await
        .iter()
        .any(|fact| matches!(fact, Fact::AnswerAccepted { .. } | Fact::AnswerRefused { .. } | Fact::SignedIn { .. }))
}

/// What is said of a post that is no answer: by the page, and to the connection's admin, with what was got.
enum NoAnswer {
    Garbled(PostError),
    NotAForm(&'static str),
}

impl NoAnswer {
    async fn is_told(&self, world: &World, seen: &Seen, about: &str) {
        let (sentence, code, got) = match self {
            Self::Garbled(error) => ("We cannot read the answer of the sign-in of acme.", "garbled", error.to_string()),
            Self::NotAForm(got) => ("We do not understand what was sent.", "not_a_form", (*got).to_owned()),
        };
        seen.shows(StatusCode::BAD_REQUEST, sentence);
        let noted = world.recent_answers(&world.acme).await.remove(0);
        assert_eq!((noted.at, noted.code.as_deref()), (world.now(), Some(code)), "{about}");
        let words = KeptReport::read(&noted.report).words(code).unwrap();
        assert_eq!(words.got.as_deref(), Some(&*got), "{about}");
    }
}

/// A23.4: the address for answers takes one field of a form, strictly base64, and nothing else.
#[tokio::test]
async fn what_is_no_answer_is_refused_where_answers_arrive() {
    use NoAnswer::{Garbled, NotAForm};
    let form = |error| Garbled(PostError::Form(error));
    let not_base64 = |offset, byte| Garbled(PostError::Base64(Base64Error::Byte { offset, byte }));
    let repeated = |name| form(FormError::Repeated { name });
    let world = World::new().await;
    let xml = base64(b"<samlp:Response/>").replace('+', "%2B").replace('=', "%3D");
    let bodies = [
        (FORM, String::new(), form(FormError::NoMessage)),
        (FORM, "RelayState=x".to_owned(), form(FormError::NoMessage)),
        (FORM, "SAMLResponse=".to_owned(), form(FormError::NoMessage)),
        (FORM, "SAMLResponse=%%%".to_owned(), form(FormError::PercentEncoding { name: "SAMLResponse", offset: 0 })),
        (FORM, "SAMLResponse=****".to_owned(), not_base64(0, b'*')),
        (FORM, "SAMLResponse=!PHNhbWxwOlJlc3BvbnNlLz4=".to_owned(), not_base64(0, b'!')),
        (FORM, format!("SAMLResponse=+{xml}"), not_base64(0, b' ')),
        (FORM, format!("SAMLResponse={xml}&SAMLResponse={xml}"), repeated("SAMLResponse")),
        (FORM, format!("SAMLResponse={xml}&RelayState=a&RelayState=b"), repeated("RelayState")),
        (FORM, format!("SAMLResponse={xml}&SAMLRequest={xml}"), form(FormError::TwoMessages)),
        (FORM, format!("SAMLRequest={xml}"), Garbled(PostError::RequestField)),
        ("application/json", format!("{{\"SAMLResponse\":\"{xml}\"}}"), NotAForm("application/json")),
        ("multipart/form-data; boundary=x", format!("SAMLResponse={xml}"), NotAForm("multipart/form-data")),
        ("text/xml", "<samlp:Response/>".to_owned(), NotAForm("text/xml")),
        ("", format!("SAMLResponse={xml}"), NotAForm("no media type")),
    ];
    for (media_type, body, told) in bodies {
        world.pass(SignedDuration::from_secs(1));
        let seen = post(&world, media_type, body.clone()).await;
        told.is_told(&world, &seen, &format!("{media_type} {body}")).await;
    }
    // The same in one field, with line breaks as some write them, could be an answer that nobody asked for: it leads to
    // a start, which proves nothing.
    for body in [format!("SAMLResponse={xml}"), format!("SAMLResponse=%0D%0A{xml}%0D%0A")] {
        let seen = post(&world, FORM, body).await;
        assert!(seen.location().starts_with(&world.acme.at("start?restart=1")), "{}", seen.location());
    }
    let opened = world.browser().get(&world.acme.at("acs")).await;
    is_a_page(&opened);
    assert_eq!(opened.status, StatusCode::METHOD_NOT_ALLOWED);
    let put = world.browser().raw("PUT", &world.acme.at("acs"), &[("content-type", FORM)], String::new()).await;
    is_a_page(&put);
    assert!(nothing_was_written(&world).await);
}

/// A23.4: a genuine answer that is sent in another form than the binding's is none; the attempt stays open for it.
#[tokio::test]
async fn a_genuine_answer_in_another_form_is_no_answer() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let genuine = world.answer(&sent, ADA);
    let body = genuine.body();
    let as_request = browser.post_from_elsewhere(&genuine.action, body.replace("SAMLResponse=", "SAMLRequest=")).await;
    NoAnswer::Garbled(PostError::RequestField).is_told(&world, &as_request, "in the field of requests").await;
    world.pass(SignedDuration::from_secs(1));
    let twice = browser.post_from_elsewhere(&genuine.action, format!("{body}&{body}")).await;
    let repeated = PostError::Form(FormError::Repeated { name: "SAMLResponse" });
    NoAnswer::Garbled(repeated).is_told(&world, &twice, "twice").await;
    let with_junk = browser.post_from_elsewhere(&genuine.action, body.replace("SAMLResponse=", "SAMLResponse=*")).await;
    with_junk.shows(StatusCode::BAD_REQUEST, "We cannot read the answer of the sign-in of acme.");
    assert_eq!(world.recent_codes(&world.acme).await[0], "not_base64");
    assert!(nothing_was_written(&world).await);
    assert!(browser.deliver(&genuine).await.location().starts_with(CALLBACK));
}

/// The body's bound, and the message's, are far above every genuine answer and far below what could hurt.
#[tokio::test]
async fn a_body_that_is_too_large_is_refused_unread() {
    let world = World::new().await;
    let body = format!("SAMLResponse={}", "A".repeat(768 * 1024));
    post(&world, FORM, body).await.shows(StatusCode::PAYLOAD_TOO_LARGE, "What was sent is too large.");
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let genuine = world.answer(&sent, ADA);
    let long = Delivery { saml_response: "A".repeat(500_000), ..genuine };
    let seen = browser.post_from_elsewhere(&long.action, long.body()).await;
    seen.shows(StatusCode::PAYLOAD_TOO_LARGE, "What was sent is too large.");
    let form = browser.post(&format!("{BASE}/sign-in/discover"), &[("email", &"a".repeat(70_000))]).await;
    is_a_page(&form);
}

/// A document type with entities that grow, and elements that nest without end: refused before they are read.
#[tokio::test]
async fn a_message_that_grows_when_it_is_read_is_refused() {
    let world = World::new().await;
    let entities: String = (1..20).map(|n| format!("<!ENTITY e{n} \"&e{0};&e{0};\">", n - 1)).collect();
    let bomb = format!("<!DOCTYPE r [<!ENTITY e0 \"ha\">{entities}]><r>&e19;</r>");
    let nested = format!("{}{}", "<a>".repeat(40_000), "</a>".repeat(40_000));
    for xml in [bomb, nested, "<".to_owned(), "\u{0}".to_owned(), String::new()] {
        let mut browser = world.browser();
        let (_, sent) = world.start(&mut browser, &world.acme).await;
        let genuine = world.answer(&sent, ADA);
        let bad = Delivery { saml_response: base64(xml.as_bytes()), ..genuine.clone() };
        is_a_page(&browser.post_from_elsewhere(&bad.action, bad.body()).await);
        assert!(browser.deliver(&genuine).await.location().starts_with(CALLBACK), "the attempt is untouched");
    }
}

#[tokio::test]
async fn what_does_not_exist_has_a_page() {
    let world = World::new().await;
    let connection = ConnectionId::new(start(), [77; 10]);
    let attempt = AttemptId::new(start(), [77; 10]);
    let mut browser = world.browser();
    let origin = world.acme.origin.clone();
    for path in [
        "/nowhere".to_owned(),
        "/sign-in/nothing".to_owned(),
        "/sso/nothing/start".to_owned(),
        "/sso/nothing/acs".to_owned(),
        format!("/sso/{connection}/start"),
        format!("/sso/{connection}/test"),
        format!("/sso/{connection}/metadata"),
        format!("/sso/{connection}/acs"),
        "/assets/nothing".to_owned(),
        "/outbox".to_owned(),
    ] {
        let seen = browser.get(&format!("{origin}{path}")).await;
        is_a_page(&seen);
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{path}");
    }
    let over = browser.get(&format!("{origin}/sign-in/{attempt}")).await;
    over.shows(StatusCode::GONE, "This sign-in is over.");
    for path in [format!("/sso/{connection}/acs"), "/legacy/acs".to_owned()] {
        let body = format!("SAMLResponse={}", base64(b"<a/>"));
        let seen = browser.raw("POST", &format!("{origin}{path}"), &[("content-type", FORM)], body).await;
        is_a_page(&seen);
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{path}");
    }
}

/// A host that is none of ours gets nothing: whoever can have a name lead here could take it back afterwards.
#[tokio::test]
async fn at_a_host_that_is_not_ours_nothing_begins() {
    let world = World::new().await;
    let (_, right) = world.start(&mut world.browser(), &world.acme).await;
    let authorize = right.url.strip_prefix(&world.acme.origin).unwrap().to_owned();
    let start = format!("/sso/{}/start", world.acme.connection);
    let test = format!("/sso/{}/test", world.acme.connection);
    for origin in
        ["http://evil.example", "http://evil.example:8400", "http://nobody.localhost:8400", "http://localhost:8400"]
    {
        for path in ["/", "/sign-in", &authorize, &start, &test] {
            let seen = world.browser().get(&format!("{origin}{path}")).await;
            seen.shows(StatusCode::MISDIRECTED_REQUEST, "Nobody signs in at this address.");
        }
        let connection = world.acme.connection.to_string();
        let form = world.browser().post(&format!("{origin}/sign-in/start"), &[("connection", &connection)]).await;
        form.shows(StatusCode::MISDIRECTED_REQUEST, "Nobody signs in at this address.");
    }
    let started = world.facts().await.into_iter().filter(|fact| matches!(fact, Fact::SignInStarted { .. })).count();
    assert_eq!(started, 1, "the one at our own host");
}

/// A23.1: where a browser is sent is an address of ours, of the identity provider, or one that is registered.
#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let world = World::new().await;
    world.change_account(&world.acme, |account| account.settings.application = Some(CLIENT.to_owned())).await;
    let evil = [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "http://app.localhost:8400@evil.example/",
        "http://app.localhost:8400.evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "\u{1}//evil.example",
    ];
    for link in evil {
        let mut browser = world.browser();
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("link", link).finish();
        let sent = browser.get(&format!("{}?{query}", world.acme.at("start"))).await;
        let arrived = browser.deliver(&world.answer(&sent, ADA)).await;
        let location = arrived.location();
        assert!(location.starts_with("http://app.localhost:8400/"), "{link}: {location}");
        assert!(!location.contains("evil"), "{link}: {location}");

        let connection = world.acme.connection.to_string();
        let form = [("to", link), ("connection", &*connection)];
        let refused = world.browser().post(&format!("{}/sign-in/start", world.acme.origin), &form).await;
        is_a_page(&refused);
    }
}

/// Every response says what the browser may not do, and is kept nowhere.
#[tokio::test]
async fn every_page_has_its_headers() {
    let world = World::new().await;
    let mut browser = world.browser();
    let origin = world.acme.origin.clone();
    let mut pages = vec![
        browser.get(&format!("{BASE}/")).await,
        browser.get(&format!("{BASE}/sign-in")).await,
        browser.post(&format!("{BASE}/sign-in/discover"), &[("email", "x@nowhere.example")]).await,
        browser.get(&format!("{origin}/nowhere")).await,
        browser.get("http://evil.example/").await,
        browser.get(&world.acme.at("acs")).await,
        browser.raw("POST", &world.acme.at("start"), &[("content-type", FORM)], "SAMLResponse=x").await,
        post(&world, FORM, "SAMLResponse=%%%").await,
        browser.raw("DELETE", &format!("{origin}/me"), &[], String::new()).await,
        browser.raw("POST", &format!("{origin}/sign-out"), &[("origin", "https://evil.example")], String::new()).await,
    ];
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    pages.push(world.browser().deliver(&world.answer(&sent, ADA)).await);
    world.sign_in(&mut browser, &world.acme, ADA).await;
    pages.push(browser.get(&format!("{origin}/me")).await);
    pages.push(browser.post(&format!("{origin}/sign-out"), &[]).await);
    for page in &pages {
        let policy = page.headers.get("content-security-policy").unwrap_or_else(|| panic!("{}", page.url));
        let policy = policy.to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{}", page.url);
        assert!(policy.contains("frame-ancestors 'none'; base-uri 'none'") && !policy.contains("unsafe"));
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{}", page.url);
    }
    pages.push(sent);
    for seen in &pages {
        assert_eq!(seen.headers["x-content-type-options"], "nosniff", "{}", seen.url);
        assert_eq!(seen.headers["cache-control"], "no-store", "{}", seen.url);
        assert_eq!(seen.headers["referrer-policy"], "same-origin", "{}", seen.url);
    }
}

const SCRIPT: &str = "\"><script>alert(1)</script>";

/// A23.2: what somebody else sends stands on no page as it came.
#[tokio::test]
async fn nothing_that_is_sent_is_reflected_as_it_came() {
    let world = World::new().await;
    let mut browser = world.browser();
    let encoded = form_urlencoded::Serializer::new(String::new()).append_pair("RelayState", SCRIPT).finish();
    let answer = base64(b"<a/>").replace('=', "%3D");
    let restart = post(&world, FORM, format!("SAMLResponse={answer}&{encoded}")).await;
    assert!(!restart.location().contains(['<', '"', ' ', '\r', '\n']));
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("to", SCRIPT).finish();
    let pages = [
        browser.get(&format!("{BASE}/sign-in?{query}")).await,
        browser.post(&format!("{BASE}/sign-in/discover"), &[("email", SCRIPT), ("to", SCRIPT)]).await,
        browser.post(&format!("{BASE}/sign-in/discover"), &[("email", "\"<b>x</b>\"@nowhere.example")]).await,
        browser.get(&format!("{BASE}/oidc/authorize?client_id={query}")).await,
        browser.get(&format!("{BASE}/oidc/authorize?client_id={CLIENT}&redirect_uri=https://x/%22%3Cscript%3E")).await,
        browser.get(&format!("{BASE}/%3Cscript%3E")).await,
        browser.get(&format!("{BASE}/sso/%3Cscript%3E/start")).await,
    ];
    for page in pages {
        assert!(!page.body.contains("<script>"), "{}: {}", page.url, page.body);
        assert!(!page.body.contains("<b>x"), "{}: {}", page.url, page.body);
    }
}

/// A23.2: what an identity provider says of a person is text on the report, and so is the value that was refused.
#[tokio::test]
async fn a_script_in_an_answer_is_text_on_the_report() {
    let world = World::new().await;
    world.show_details(&world.acme).await;
    let mut browser = world.browser();
    let sent = browser.get(&world.acme.at("test")).await;
    let bent = world.answer_bent(&sent, ADA, |draft| {
        draft.response.name_id = "<NameID>&lt;script&gt;alert(1)&lt;/script&gt;</NameID>".to_owned();
        let value = "<img src=x onerror=alert(2)>".to_owned();
        draft.response.claims.push(("https://x.example/<script>".to_owned(), vec![value]));
    });
    let report = browser.deliver(&bent).await;
    report.shows(StatusCode::OK, "script&#62;alert(1)");
    assert!(!report.body.contains("<script>alert") && !report.body.contains("<img src=x"));

    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let bent =
        world.answer_bent(&sent, ADA, |draft| draft.response.audiences = vec!["<script>alert(3)</script>".to_owned()]);
    let refused = browser.deliver(&bent).await;
    refused.shows(StatusCode::FORBIDDEN, "script&#62;alert(3)");
    assert!(!refused.body.contains("<script>alert"));
}

/// The token endpoint answers in its own language, never with an error of ours.
#[tokio::test]
async fn the_token_endpoint_refuses_what_is_no_request() {
    let world = World::new().await;
    let browser = world.browser();
    let url = format!("{BASE}/oidc/token");
    for (media_type, body) in [
        (FORM, String::new()),
        (FORM, "grant_type=password&username=a&password=b".to_owned()),
        (FORM, "grant_type=authorization_code&code=a&code=b".to_owned()),
        (FORM, "grant_type=authorization_code&code=%FF".to_owned()),
        (FORM, "x".repeat(70_000)),
        ("application/json", "{\"grant_type\":\"authorization_code\"}".to_owned()),
    ] {
        for authorization in ["", "Basic", "Basic !!!", "Bearer x", "Basic b3JjaGFyZDp4"] {
            let headers = [("content-type", media_type), ("authorization", authorization)];
            let seen = browser.raw("POST", &url, &headers, body.clone()).await;
            assert!(seen.status.is_client_error(), "{body} {authorization}: {}", seen.status);
            assert!(seen.body.starts_with("{\"error\":\""), "{}", seen.body);
        }
    }
    is_a_page(&browser.raw("GET", &url, &[], String::new()).await);
}

/// An alias is never an address where something of ours answers; see `vestibule_domain::setting::OWN_PATHS`.
#[test]
fn every_route_of_ours_is_known_to_the_settings() {
    let table = include_str!("../../src/app.rs");
    let paths = table.split(".route(\"/").skip(1).filter_map(|rest| rest.split('"').next());
    let first: Vec<&str> =
        paths.map(|path| path.split('/').next().unwrap()).filter(|first| !first.is_empty()).collect();
    assert!(first.len() > 15, "{first:?}");
    for segment in first {
        assert!(vestibule_domain::setting::OWN_PATHS.contains(&segment), "{segment}");
    }
}
