use super::*;
use crate::client::{ClientAuthentication, ClientSecret};
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
        authentication: ClientAuthentication::ClientSecretBasic { secrets },
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

/// The code and the sentence that go back; checks that they go to the client with state and iss.
fn sent_back(query: &str) -> (ErrorCode, String) {
    match parse(query) {
        Err(AuthorizationError::RedirectBack { location, code, description }) => {
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
    let more = "&prompt=login&max_age=300&login_hint=ada%40example.com&account=acme&connection=c-1&unknown=x";
    let request = parse(&(query("", "") + more)).unwrap();
    assert_eq!(request.client_id.as_str(), "board");
    assert_eq!(request.redirect_uri, callback());
    assert_eq!(request.scope.as_str(), "openid email");
    assert_eq!((request.state.as_deref(), request.nonce.as_deref()), (Some("s &"), Some("n")));
    assert_eq!(request.code_challenge.to_text(), CHALLENGE);
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
        (".evil.example%2Fcallback", part(Part::Host, 24), "in the host or port, first at character 24"),
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
    for values in ["consent", "select_account", "create%20consent", ""] {
        assert_eq!(parse(&query("nonce=n", &format!("prompt={values}"))).unwrap().prompt, Prompts::default());
    }
    let request = parse(&query("nonce=n", "prompt=consent%20login")).unwrap();
    assert!(request.prompt.contains(Prompt::Login));
}

#[test]
fn a_request_without_state_is_answered_without_state() {
    let request = parse(&query("&state=s%20%26", "")).unwrap();
    let location = request.error_location(&issuer(), ErrorCode::LoginRequired, "nobody is signed in");
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
        request.success_location(&issuer(), &code),
        format!(
            "https://app.example.com/callback?tenant=1&code={}&state=s%20%26&iss=https%3A%2F%2Fsso.example.com",
            code.to_text()
        )
    );
}

#[test]
fn nothing_that_was_sent_breaks_out_of_the_answer() {
    let request = parse(&query("s%20%26", "%0D%0ALocation:%20x%26code%3Devil%23%22")).unwrap();
    let location = request.error_location(&issuer(), ErrorCode::ServerError, "a\r\n\"b\\");
    assert!(location.contains("&error_description=a%3F%3F%3Fb%3F&"), "{location}");
    assert!(location.contains("&state=%0D%0ALocation%3A%20x%26code%3Devil%23%22&iss="), "{location}");
}

#[test]
fn a_session_satisfies_a_request_by_its_age_and_never_one_with_prompt_login() {
    let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let ago = |seconds| now - SignedDuration::from_secs(seconds);
    let aged = parse(&query("nonce=n", "max_age=300")).unwrap();
    assert!(aged.is_satisfied_by(ago(300), now));
    assert!(!aged.is_satisfied_by(ago(301), now));
    assert!(parse(&query("", "")).unwrap().is_satisfied_by(ago(1_000_000), now));
    assert!(!parse(&query("nonce=n", "prompt=login")).unwrap().is_satisfied_by(now, now));
}
