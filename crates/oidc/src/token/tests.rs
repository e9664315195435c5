use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::client::{ClientAuthentication, ClientSecret};
use crate::code::AuthorizationCode;
use crate::pkce::CodeVerifierError;
use crate::redirect_uri::RedirectUri;
use crate::relying_party::basic_authorization;

fn code() -> String {
    AuthorizationCode::new(jiff::Timestamp::UNIX_EPOCH, &[1; crate::RANDOM]).to_text()
}

/// A good body with one text replaced.
fn body(from: &str, to: &str) -> String {
    let good = format!(
        "grant_type=authorization_code&code={}&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcallback&code_verifier={}",
        code(),
        "v".repeat(43)
    );
    assert!(good.contains(from), "{from}");
    good.replace(from, to)
}

fn basic(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

fn refusal(body: &str, authorization: Option<&str>) -> TokenError {
    TokenRequest::parse(body, authorization).unwrap_err()
}

/// The refusal of a body whose client authenticates well.
fn refused_body(body: &str) -> TokenError {
    refusal(body, Some(&basic("board:secret")))
}

fn client(id: &str, secret: &ClientSecret) -> Client {
    Client {
        id: ClientId::new(id).unwrap(),
        name: "Board".into(),
        redirect_uris: vec![RedirectUri::new("https://app.example.com/callback").unwrap()],
        post_logout_redirect_uris: Vec::new(),
        native: false,
        pkce: crate::client::Pkce::Required,
        authentication: ClientAuthentication::ClientSecret { secrets: vec![secret.hash()] },
    }
}

#[test]
fn a_good_request_is_read_and_its_client_believed() {
    let secret = ClientSecret::from_random([4; 32]);
    let client = client("board", &secret);
    let header = basic_authorization(&client.id, secret.as_str());
    let request = TokenRequest::parse(&body("", ""), Some(&header)).unwrap();
    let authenticated = request.authenticate(&client).unwrap();
    assert_eq!(authenticated.client_id(), &client.id);
    let GrantRequest::AuthorizationCode { code, redirect_uri, code_verifier } = authenticated.grant() else {
        panic!("{authenticated:?}")
    };
    assert_eq!(code.hash(), AuthorizationCode::new(jiff::Timestamp::UNIX_EPOCH, &[1; crate::RANDOM]).hash());
    assert_eq!(redirect_uri, "https://app.example.com/callback");
    assert_eq!(code_verifier.as_ref().unwrap().as_str(), "v".repeat(43));
}

#[test]
fn id_and_secret_inside_basic_are_percent_decoded() {
    let secret = ClientSecret::new("with:colon +plus %41 and umlaut ü, long").unwrap();
    let client = client("urn:board+1", &secret);
    let by_hand = basic("urn%3Aboard%2B1:with%3Acolon+%2Bplus+%2541+and+umlaut+%C3%BC%2C+long");
    for header in [basic_authorization(&client.id, secret.as_str()), by_hand] {
        let request = TokenRequest::parse(&body("", ""), Some(&header)).unwrap();
        assert_eq!(request.client_id().as_str(), "urn:board+1");
        assert!(request.authenticate(&client).is_ok());
    }
}

#[test]
fn a_wrong_secret_or_another_client_is_not_believed() {
    let secret = ClientSecret::from_random([4; 32]);
    let header = basic_authorization(&ClientId::new("board").unwrap(), secret.as_str());
    let request = TokenRequest::parse(&body("", ""), Some(&header)).unwrap();
    let refused = |client: &Client| request.authenticate(client).unwrap_err();
    assert_eq!(refused(&client("board", &ClientSecret::from_random([5; 32]))), TokenError::ClientNotAuthenticated);
    assert_eq!(refused(&client("other", &secret)), TokenError::ClientNotAuthenticated);
}

#[test]
fn a_client_that_does_not_authenticate_by_basic_gets_401_with_a_challenge() {
    let credentials = STANDARD.encode("board");
    for header in ["Basic", "Basic !", "Bearer Ym9hcmQ6eA==", &format!("Basic {credentials}"), &basic("a%zz:b")] {
        assert_eq!(refusal(&body("", ""), Some(header)), TokenError::AuthenticationMalformed, "{header}");
    }
    assert_eq!(refusal(&body("", ""), Some(&basic(":secret"))), TokenError::ClientNotAuthenticated);
    for error in [refusal(&body("", ""), None), TokenError::AuthenticationMalformed, TokenError::ClientNotAuthenticated]
    {
        assert_eq!((error.code(), error.status()), ("invalid_client", 401));
        assert!(error.www_authenticate().unwrap().starts_with("Basic "));
    }
}

#[test]
fn the_scheme_of_the_header_is_read_in_any_case() {
    assert!(TokenRequest::parse(&body("", ""), Some(&basic("board:x").replace("Basic", "basic"))).is_ok());
}

/// RFC 6749 §2.3.1: `client_secret_post`.
#[test]
fn a_secret_in_the_body_is_as_good_as_one_in_the_header_and_not_beside_it() {
    let secret = ClientSecret::from_random([4; 32]);
    let client = client("board", &secret);
    let with_secret = body("", "") + "&client_id=board&client_secret=" + secret.as_str();
    assert!(TokenRequest::parse(&with_secret, None).unwrap().authenticate(&client).is_ok());
    assert_eq!(refused_body(&with_secret), TokenError::TwoAuthentications);
    assert_eq!(refused_body(&(body("", "") + "&client_id=other")), TokenError::ClientIdMismatch);
    assert!(TokenRequest::parse(&(body("", "") + "&client_id=board"), Some(&basic("board:x"))).is_ok());
    assert_eq!(refusal(&(body("", "") + "&client_secret=s"), None), TokenError::AuthenticationMissing);
}

/// OIDC Core §9, RFC 8252 §8.4: `none` is for clients that are registered so.
#[test]
fn a_public_client_proves_nothing_and_a_client_with_secrets_does() {
    let secret = ClientSecret::from_random([4; 32]);
    let confidential = client("board", &secret);
    let public = Client { authentication: ClientAuthentication::None, ..confidential.clone() };
    let bare = TokenRequest::parse(&(body("", "") + "&client_id=board"), None).unwrap();
    assert!(bare.authenticate(&public).is_ok());
    assert_eq!(bare.authenticate(&confidential).unwrap_err(), TokenError::AuthenticationMissing);
    let empty = TokenRequest::parse(&body("", ""), Some(&basic("board:"))).unwrap();
    assert!(empty.authenticate(&public).is_ok());
    let guessed = TokenRequest::parse(&body("", ""), Some(&basic("board:guess"))).unwrap();
    assert_eq!(guessed.authenticate(&public).unwrap_err(), TokenError::ClientNotAuthenticated);
}

/// RFC 6749 §4.4.
#[test]
fn a_public_client_gets_no_token_for_itself() {
    let secret = ClientSecret::from_random([4; 32]);
    let public = Client { authentication: ClientAuthentication::None, ..client("board", &secret) };
    let request = TokenRequest::parse("grant_type=client_credentials&client_id=board", None).unwrap();
    let refused = request.authenticate(&public).unwrap_err();
    assert_eq!((&refused, refused.code()), (&TokenError::NotForPublicClients, "unauthorized_client"));
}

#[test]
fn a_refresh_token_of_another_form_is_refused_as_an_unknown_one() {
    let refused = refused_body("grant_type=refresh_token&refresh_token=guess");
    assert_eq!((&refused, refused.code()), (&TokenError::RefreshTokenUnknown, "invalid_grant"));
}

#[test]
fn another_grant_type_is_refused() {
    let error = refused_body(&body("authorization_code", "password"));
    assert_eq!(error, TokenError::GrantTypeUnsupported { got: "password".into() });
    assert_eq!((error.code(), error.status(), error.www_authenticate()), ("unsupported_grant_type", 400, None));
}

#[test]
fn each_missing_parameter_is_named() {
    for name in ["grant_type", "code", "redirect_uri"] {
        let error = refused_body(&body("", "").replace(&format!("{name}="), &format!("x_{name}=")));
        assert_eq!((&error, error.code()), (&TokenError::Missing { name }, "invalid_request"));
    }
}

#[test]
fn a_repeated_parameter_is_refused() {
    let error = refused_body(&(body("", "") + "&code=x"));
    assert_eq!(error, TokenError::Repeated { name: "code".into() });
}

#[test]
fn a_verifier_that_is_too_short_is_refused() {
    let error = refused_body(&body(&"v".repeat(43), &"v".repeat(42)));
    assert_eq!(error, TokenError::Verifier(CodeVerifierError::Length { got: 42 }));
    assert_eq!(error.code(), "invalid_request");
}

#[test]
fn a_code_that_was_never_ours_is_refused_as_an_unknown_one() {
    let error = refused_body(&body(&code(), "guess"));
    assert_eq!((&error, error.code(), error.status()), (&TokenError::CodeUnknown, "invalid_grant", 400));
}

#[test]
fn an_error_is_json_in_the_characters_of_the_standard() {
    let error = refused_body(&body("authorization_code", "a%22%5C%0A%C3%A4"));
    assert_eq!(
        error.to_json().unwrap(),
        r#"{"error":"unsupported_grant_type","error_description":"grant_type is 'a????'; it must be 'authorization_code', 'refresh_token' or 'client_credentials'"}"#
    );
    for error in [TokenError::AuthenticationMalformed, TokenError::TwoAuthentications, TokenError::VerifierMismatch] {
        let description = error.to_string();
        assert!(description.chars().all(|c| matches!(c, ' '..='~') && c != '"' && c != '\\'), "{description}");
    }
}

#[test]
fn neither_secret_nor_code_nor_verifier_is_printed() {
    let request = TokenRequest::parse(&body("", ""), Some(&basic("board:hidden-secret"))).unwrap();
    let printed = format!("{request:?}");
    assert!(printed.contains("board"), "{printed}");
    for hidden in ["hidden-secret", &code(), &"v".repeat(43)] {
        assert!(!printed.contains(hidden), "{printed}");
    }
}

#[test]
fn a_token_response_is_json_as_the_standard_wants_it_and_prints_no_token() {
    let token = AccessToken::new(jiff::Timestamp::UNIX_EPOCH, &[2; crate::RANDOM]);
    let response = TokenResponse::new(&token, "openid").with_id_token("a.b.c".into());
    let json: serde_json::Value = serde_json::from_str(&response.to_json().unwrap()).unwrap();
    let want = serde_json::json!({
        "access_token": token.to_text(), "token_type": "Bearer", "expires_in": 600, "scope": "openid", "id_token": "a.b.c",
    });
    assert_eq!(json, want);
    let printed = format!("{response:?}");
    assert!(!printed.contains(&token.to_text()) && !printed.contains("a.b.c"), "{printed}");
}
