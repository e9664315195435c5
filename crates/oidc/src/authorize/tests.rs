use super::*;
use crate::client::{ClientAuthentication, ClientSecret};
use crate::form;
use crate::redirect_uri::{Difference, Part};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn issuer() -> Issuer {
    Issuer::new("https://sso.example.com").unwrap()
}

fn callback() -> RedirectUri {
    RedirectUri::new("https://app.example.com/callback").unwrap()
}

fn client() -> Client {
    let secrets = vec![ClientSecret::from_random([1; 32]).hash()];
    Client {
        id: ClientId::new("board").unwrap(),
        name: "Board".into(),
        redirect_uris: vec![RedirectUri::new("http://localhost:8402/callback").unwrap(), callback()],
        post_logout_redirect_uris: Vec::new(),
        native: false,
        pkce: Pkce::Required,
        authentication: ClientAuthentication::ClientSecret { secrets },
    }
}

/// A good query with one text replaced.
fn query(from: &str, to: &str) -> String {
    let good = format!(
        "response_type=code&client_id=board&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcallback&\
         scope=openid+email&state=s%20%26&nonce=n&code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    assert!(good.contains(from), "{from}");
    good.replace(from, to)
}

fn parse(query: &str) -> Result<AuthorizationRequest, AuthorizationError> {
    AuthorizationRequest::parse(query, &client(), &issuer())
}

fn shown(query: &str) -> Shown {
    match parse(query) {
        Err(AuthorizationError::Show(shown)) => shown,
        other => panic!("{query}: {other:?}"),
    }
}

/// Where an answer in the query leads.
fn redirected(answer: Answer) -> String {
    match answer {
        Answer::Redirect(location) => location,
        Answer::Post(_) => panic!("posted"),
    }
}

/// The fields of an answer that is posted to the callback.
fn posted(answer: Answer) -> Vec<(&'static str, String)> {
    match answer {
        Answer::Post(PostedAnswer { action, fields }) => {
            assert_eq!(action, callback());
            fields
        }
        Answer::Redirect(location) => panic!("{location}"),
    }
}

/// The code and the sentence that go back; checks that they go to the client with state and iss.
fn sent_back(query: &str) -> (ErrorCode, String) {
    match parse(query) {
        Err(AuthorizationError::RedirectBack { answer, code, description }) => {
            let location = redirected(answer);
            let start = format!("https://app.example.com/callback?error={code}&error_description=");
            assert!(location.starts_with(&start), "{location}");
            assert!(location.ends_with("&state=s%20%26&iss=https%3A%2F%2Fsso.example.com"), "{location}");
            (code, description)
        }
        other => panic!("{query}: {other:?}"),
    }
}

#[test]
fn a_good_request_is_read_whole() {
    let more = "&prompt=login&max_age=300&login_hint=ada%40example.com&account=acme&connection=c-1&unknown=x&\
                domain_hint=example.com&ui_locales=de+en&acr_values=urn:a++urn:b+";
    let request = parse(&(query("", "") + more)).unwrap();
    assert_eq!(request.client_id.as_str(), "board");
    assert_eq!(request.redirect_uri, callback());
    assert_eq!(request.scope.as_str(), "openid email");
    assert_eq!((request.state.as_deref(), request.nonce.as_deref()), (Some("s &"), Some("n")));
    assert_eq!(request.code_challenge.as_ref().unwrap().to_text(), CHALLENGE);
    assert_eq!(request.response_mode, ResponseMode::Query);
    assert_eq!(request.acr_values, ["urn:a", "urn:b"]);
    assert_eq!((request.domain_hint.as_deref(), request.ui_locales.as_deref()), (Some("example.com"), Some("de en")));
    assert!(request.prompt.contains(Prompt::Login) && !request.prompt.contains(Prompt::None));
    assert_eq!(request.max_age, Some(SignedDuration::from_secs(300)));
    assert_eq!(request.login_hint.as_deref(), Some("ada@example.com"));
    assert_eq!((request.account.as_deref(), request.connection.as_deref()), (Some("acme"), Some("c-1")));
}

#[test]
fn the_client_is_found_before_anything_else_is_judged() {
    let id = AuthorizationRequest::client_id("client_id=board&response_type=nonsense");
    assert_eq!(id, Ok(ClientId::new("board").unwrap()));
    let refused = |query| AuthorizationRequest::client_id(query).unwrap_err();
    assert_eq!(refused("scope=openid"), Shown::ClientIdMissing.into());
    assert_eq!(refused("client_id="), Shown::ClientIdMissing.into());
    assert_eq!(refused("client_id=a%0Ab"), Shown::ClientUnknown { got: "a?b".into() }.into());
    assert_eq!(refused("client_id=a&client_id=b"), Shown::Repeated { name: "client_id" }.into());
}

#[test]
fn a_request_of_another_client_than_the_one_given_is_shown() {
    assert_eq!(shown(&query("=board", "=other")), Shown::ClientUnknown { got: "other".into() });
}

#[test]
fn a_request_without_redirect_uri_is_shown() {
    assert_eq!(shown(&query("redirect_uri", "redirekt_uri")), Shown::RedirectUriMissing);
}

#[test]
fn a_client_without_registered_addresses_gets_no_answer() {
    let client = Client { redirect_uris: vec![], ..client() };
    let refused = AuthorizationRequest::parse(&query("", ""), &client, &issuer()).unwrap_err();
    assert_eq!(refused, Shown::NoRedirectUris { client: client.id }.into());
}

#[test]
fn a_redirect_uri_that_differs_is_shown_with_the_difference() {
    let part = |part, character| Difference::Part { part, character };
    for (to, difference, words) in [
        ("%2Fcallbacl", part(Part::Path, 32), "in the path, first at character 32"),
        ("%2Fcallback%2F", Difference::TrailingSlash, "by a '/' at the end only"),
        ("%2FCallback", Difference::LetterCase, "by upper and lower case only"),
        ("%2Fcallback%2F..%2Fevil", part(Part::Path, 33), "in the path, first at character 33"),
        (".evil.example%2Fcallback", part(Part::Host, 24), "in the host, first at character 24"),
        ("%2Fcallback%3Fx%3D1", part(Part::Query, 33), "in the query, first at character 33"),
        ("%2Fcallback%23", part(Part::Path, 33), "first at character 33"),
        ("%2Fcallback%20", part(Part::Path, 33), "first at character 33"),
    ] {
        let refused = shown(&query("%2Fcallback", to));
        let Shown::RedirectUriMismatch { got, nearest, difference: found } = &refused else { panic!("{refused:?}") };
        assert_eq!((nearest, found), (&callback(), &difference), "{to}");
        let message = refused.to_string();
        assert!(message.contains(words) && message.contains(got.as_str()), "{message}");
    }
}

#[test]
fn a_repeated_parameter_of_the_way_back_is_shown_and_any_other_goes_back() {
    for name in ["client_id", "redirect_uri", "state", "response_mode"] {
        let twice = query("", "").replace("response_type", &format!("{name}=&{name}=&response_type"));
        assert_eq!(shown(&twice), Shown::Repeated { name }, "{name}");
    }
    for name in ["scope", "nonce", "code_challenge", "code_challenge_method", "prompt", "unknown"] {
        let (code, description) = sent_back(&format!("{name}=&{}&{name}=x", query("", "")));
        assert_eq!((code, description), (ErrorCode::InvalidRequest, format!("the parameter '{name}' is repeated")));
    }
}

#[test]
fn a_broken_or_huge_query_is_shown() {
    assert!(matches!(shown(&query("s%20%26", "%zz")), Shown::Unreadable(form::FormError::Encoding { .. })));
    let huge = query("s%20%26", &"s".repeat(form::MAX_OCTETS));
    assert!(matches!(shown(&huge), Shown::Unreadable(form::FormError::TooLong { .. })));
}

#[test]
fn pkce_missing_or_plain_is_refused() {
    for (from, to, words) in [
        (&*format!("code_challenge={CHALLENGE}&"), "", "code_challenge is missing"),
        ("=S256", "=plain", "code_challenge_method is 'plain'"),
        ("&code_challenge_method=S256", "", "code_challenge_method is missing, which means 'plain'"),
        ("=S256", "=s256", "code_challenge_method is 's256'"),
        (&*format!("={CHALLENGE}"), "=short", "43 characters"),
        (&*format!("={CHALLENGE}"), &format!("={CHALLENGE}%3D"), "43 characters"),
    ] {
        let (code, description) = sent_back(&query(from, to));
        assert_eq!(code, ErrorCode::InvalidRequest);
        assert!(description.contains(words), "{description}");
    }
}

#[test]
fn what_is_not_offered_goes_back_with_its_standard_code() {
    for (from, to, want) in [
        ("response_type=code", "response_type=token", ErrorCode::UnsupportedResponseType),
        ("response_type=code", "response_type=code%20id_token", ErrorCode::UnsupportedResponseType),
        ("response_type=code&", "", ErrorCode::InvalidRequest),
        ("scope=openid+email", "scope=email", ErrorCode::InvalidScope),
        ("scope=openid+email&", "", ErrorCode::InvalidScope),
        ("nonce=n", "response_mode=fragment", ErrorCode::InvalidRequest),
        ("nonce=n", "request=e30.e30.", ErrorCode::RequestNotSupported),
        ("nonce=n", "request_uri=https://evil.example", ErrorCode::RequestUriNotSupported),
        ("nonce=n", "registration={}", ErrorCode::RegistrationNotSupported),
        ("nonce=n", "max_age=-1", ErrorCode::InvalidRequest),
        ("nonce=n", "max_age=%2B1", ErrorCode::InvalidRequest),
        ("nonce=n", "max_age=4294967296", ErrorCode::InvalidRequest),
        ("nonce=n", "prompt=none%20login", ErrorCode::InvalidRequest),
        ("nonce=n", "prompt=login%20none", ErrorCode::InvalidRequest),
        ("nonce=n", "prompt=none%20%20select_account", ErrorCode::InvalidRequest),
        ("nonce=n", "acr_values=1+2+3+4+5+6+7+8+9", ErrorCode::InvalidRequest),
        ("nonce=n", &format!("acr_values={}", "u".repeat(MAX_ACR + 1)), ErrorCode::InvalidRequest),
        ("nonce=n", &format!("ui_locales={}", "d".repeat(MAX_HINT + 1)), ErrorCode::InvalidRequest),
        ("nonce=n", &format!("domain_hint={}", "d".repeat(MAX_HINT + 1)), ErrorCode::InvalidRequest),
        ("nonce=n", "response_mode=web_message", ErrorCode::InvalidRequest),
    ] {
        assert_eq!(sent_back(&query(from, to)).0, want, "{to}");
    }
    let (code, description) = sent_back(&query("nonce=n", &format!("nonce={}", "n".repeat(MAX_NONCE + 1))));
    assert_eq!(code, ErrorCode::InvalidRequest);
    assert_eq!(description, "nonce has 513 octets; at most 512 are accepted");
    let (code, _) = sent_back(&query("nonce=n", &format!("login_hint={}", "h".repeat(MAX_HINT + 1))));
    assert_eq!(code, ErrorCode::InvalidRequest);
}

#[test]
fn prompt_none_is_known_and_values_without_effect_are_passed_over() {
    assert!(parse(&query("nonce=n", "prompt=none")).unwrap().prompt.contains(Prompt::None));
    for values in ["consent", "create%20consent", "", "Login"] {
        assert_eq!(parse(&query("nonce=n", &format!("prompt={values}"))).unwrap().prompt, Prompts::default());
    }
    let request = parse(&query("nonce=n", "prompt=consent%20select_account%20login%20create")).unwrap();
    assert!(request.prompt.contains(Prompt::Login) && request.prompt.contains(Prompt::SelectAccount));
    assert!(!request.prompt.contains(Prompt::None));
}

/// OIDC Core §5.5, §3.1.2.1, §15.1: what is not supported and need not be is passed over.
#[test]
fn parameters_without_effect_are_passed_over() {
    for more in ["claims={}", "claims_locales=de", "display=popup", "resource=a&resource=b"] {
        assert!(parse(&query("nonce=n", &format!("nonce=n&{more}"))).is_ok(), "{more}");
    }
    // Whoever has the keys judges it.
    let hinted = parse(&query("nonce=n", "nonce=n&id_token_hint=x")).unwrap();
    assert_eq!(hinted.id_token_hint.as_deref(), Some("x"));
}

/// OAuth 2.0 Form Post Response Mode §2, RFC 9207 §2.
#[test]
fn an_answer_is_posted_where_the_request_says_so_also_an_error() {
    let form_post = |from: &str, to: &str| query(from, to) + "&response_mode=form_post";
    let code = AuthorizationCode::new(jiff::Timestamp::UNIX_EPOCH, &[7; crate::RANDOM]);
    let answer = parse(&form_post("", "")).unwrap().success(&issuer(), &code);
    let ours = [("state", "s &".to_owned()), ("iss", "https://sso.example.com".to_owned())];
    let want = [&[("code", code.to_text())], ours.as_slice()].concat();
    assert_eq!(posted(answer), want);

    let Err(AuthorizationError::RedirectBack { answer, .. }) = parse(&form_post("nonce=n", "max_age=x")) else {
        panic!("accepted")
    };
    let fields = posted(answer);
    assert_eq!(fields[0], ("error", "invalid_request".to_owned()));
    assert_eq!(fields[1].0, "error_description");
    assert_eq!(fields[2..], ours);
}

#[test]
fn no_form_is_posted_to_a_scheme_of_its_own() {
    let own = RedirectUri::new("com.example.app:/callback").unwrap();
    let client = Client { redirect_uris: vec![own], native: true, ..client() };
    let query = query("https%3A%2F%2Fapp.example.com%2Fcallback", "com.example.app%3A%2Fcallback");
    assert!(AuthorizationRequest::parse(&query, &client, &issuer()).is_ok());
    let refused = AuthorizationRequest::parse(&(query + "&response_mode=form_post"), &client, &issuer()).unwrap_err();
    let AuthorizationError::RedirectBack { answer, .. } = refused else { panic!("{refused}") };
    assert!(redirected(answer).starts_with("com.example.app:/callback?error=invalid_request&"));
}

/// RFC 8252 §7.3: the answer goes to the port that was asked for.
#[test]
fn a_native_application_is_answered_at_its_port() {
    let own = RedirectUri::new("http://127.0.0.1/cb").unwrap();
    let client = |native| Client { redirect_uris: vec![own.clone()], native, ..client() };
    let query = query("https%3A%2F%2Fapp.example.com%2Fcallback", "http%3A%2F%2F127.0.0.1%3A51004%2Fcb");
    let request = AuthorizationRequest::parse(&query, &client(true), &issuer()).unwrap();
    assert_eq!(request.redirect_uri.as_str(), "http://127.0.0.1:51004/cb");
    let location = redirected(request.error(&issuer(), ErrorCode::LoginRequired, "x"));
    assert!(location.starts_with("http://127.0.0.1:51004/cb?error="), "{location}");
    let refused = AuthorizationRequest::parse(&query, &client(false), &issuer()).unwrap_err().to_string();
    assert!(refused.contains("registered with native = true"), "{refused}");
}

/// RFC 9700 §2.1.1: only where the operator says so, and then a nonce is demanded in its place.
#[test]
fn pkce_may_be_left_out_by_a_client_of_which_that_is_said_and_then_a_nonce_is_demanded() {
    let client = Client { pkce: Pkce::Optional, ..client() };
    let parse = |query: &str| AuthorizationRequest::parse(query, &client, &issuer());
    let without = query(&format!("code_challenge={CHALLENGE}&code_challenge_method=S256"), "");
    assert_eq!(parse(&without).unwrap().code_challenge, None);
    assert_eq!(parse(&query("", "")).unwrap().code_challenge.unwrap().to_text(), CHALLENGE);
    for (query, words) in [
        (without.replace("nonce=n", ""), "code_challenge and nonce are missing"),
        (query(&format!("code_challenge={CHALLENGE}&"), ""), "code_challenge is missing"),
        (query("=S256", "=plain"), "code_challenge_method is 'plain'"),
        (query("&code_challenge_method=S256", ""), "which means 'plain'"),
    ] {
        let refused = parse(&query).unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
    }
}

#[test]
fn a_request_without_state_is_answered_without_state() {
    let request = parse(&query("&state=s%20%26", "")).unwrap();
    let location = redirected(request.error(&issuer(), ErrorCode::LoginRequired, "nobody is signed in"));
    assert_eq!(
        location,
        "https://app.example.com/callback?error=login_required&error_description=nobody%20is%20signed%20in&\
         iss=https%3A%2F%2Fsso.example.com"
    );
}

#[test]
fn a_code_goes_to_the_registered_address_with_state_and_issuer_behind_its_own_query() {
    let registered = RedirectUri::new("https://app.example.com/callback?tenant=1").unwrap();
    let client = Client { redirect_uris: vec![registered], ..client() };
    let request = AuthorizationRequest::parse(&query("callback", "callback%3Ftenant%3D1"), &client, &issuer()).unwrap();
    let code = AuthorizationCode::new(jiff::Timestamp::UNIX_EPOCH, &[7; crate::RANDOM]);
    assert_eq!(
        redirected(request.success(&issuer(), &code)),
        format!(
            "https://app.example.com/callback?tenant=1&code={}&state=s%20%26&iss=https%3A%2F%2Fsso.example.com",
            code.to_text()
        )
    );
}

#[test]
fn nothing_that_was_sent_breaks_out_of_the_answer() {
    let request = parse(&query("s%20%26", "%0D%0ALocation:%20x%26code%3Devil%23%22")).unwrap();
    let location = redirected(request.error(&issuer(), ErrorCode::ServerError, "a\r\n\"b\\"));
    assert!(location.contains("&error_description=a%3F%3F%3Fb%3F&"), "{location}");
    assert!(location.contains("&state=%0D%0ALocation%3A%20x%26code%3Devil%23%22&iss="), "{location}");
}

#[test]
fn a_session_satisfies_a_request_by_its_age_and_never_one_with_prompt_login() {
    let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let ago = |seconds| now - SignedDuration::from_secs(seconds);
    let aged = parse(&query("nonce=n", "max_age=300")).unwrap();
    assert!(aged.is_satisfied_by(ago(300), None, now));
    assert!(!aged.is_satisfied_by(ago(301), None, now));
    assert!(parse(&query("", "")).unwrap().is_satisfied_by(ago(1_000_000), None, now));
    for anew in ["prompt=login", "prompt=select_account", "max_age=0"] {
        let request = parse(&query("nonce=n", anew)).unwrap();
        assert!(!request.is_satisfied_by(now, None, now), "{anew}");
        assert_eq!(request.wants_authentication(), anew != "prompt=select_account", "{anew}");
    }
}

/// OIDC Core §3.1.2.1.
#[test]
fn a_session_satisfies_a_request_by_one_of_the_methods_that_are_wished_for() {
    let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let request = parse(&query("nonce=n", "acr_values=urn:a+urn:b")).unwrap();
    assert!(request.is_satisfied_by(now, Some("urn:b"), now));
    for other in [None, Some("urn:c"), Some("urn:a urn:b"), Some("")] {
        assert!(!request.is_satisfied_by(now, other, now), "{other:?}");
    }
}
