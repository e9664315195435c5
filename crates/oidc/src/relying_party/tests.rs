use jiff::Timestamp;

use super::*;
use crate::algorithm::Algorithm;
use crate::claims::{AccountClaim, UserClaims};
use crate::client::ClientId;
use crate::id_token::Claims;
use crate::jwks::Jwks;
use crate::key::{KeyError, SigningKey};
use crate::logout_token::LogoutClaims;
use crate::{Grant, Scope, SiteClaims, Subject};

/// A key of the tests, made with OpenSSL.
pub(crate) fn key() -> SigningKey {
    SigningKey::from_pkcs8(Algorithm::Es256, include_bytes!("../../testdata/signing-key.p8")).unwrap()
}

/// Another one.
pub(crate) fn other_key() -> SigningKey {
    SigningKey::from_pkcs8(Algorithm::Es256, include_bytes!("../../testdata/other-signing-key.p8")).unwrap()
}

/// One for RS256.
fn rsa_key() -> SigningKey {
    SigningKey::from_pkcs8(Algorithm::Rs256, include_bytes!("../../testdata/rsa-signing-key.p8")).unwrap()
}

fn issuer() -> Issuer {
    Issuer::new("https://sso.example.com").unwrap()
}

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn redirect_uri() -> RedirectUri {
    RedirectUri::new("https://app.example.com/callback").unwrap()
}

fn grant(scope: &str) -> Grant {
    Grant {
        client_id: ClientId::new("board").unwrap(),
        redirect_uri: redirect_uri(),
        code_challenge: Some(CodeChallenge::of(&CodeVerifier::from_random([1; 32]))),
        nonce: Some("n".into()),
        scope: Scope::granted(scope),
        subject: Subject::new("u-1").unwrap(),
        claims: UserClaims {
            email: Some("ada@example.com".into()),
            email_verified: Some(true),
            account: Some(AccountClaim::new("a-1", "acme")),
            roles: vec!["reader".into()],
            access: [("site".to_owned(), vec!["berlin".to_owned()])].into(),
            ..UserClaims::default()
        },
        auth_time: "2026-03-01T11:59:00.9Z".parse().unwrap(),
        session: "s-1".into(),
        amr: Vec::new(),
        acr: None,
        issued_at: now(),
        expires: now() + crate::code::CODE_LIFETIME,
    }
}

fn token() -> String {
    key().sign(&Claims::new(&issuer(), &grant("openid email"), now())).unwrap()
}

/// A JWS by our key with this header and these claims.
fn forged(header: &str, payload: &str) -> String {
    let text = |part: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(part);
    let ours = key().sign_payload(payload.as_bytes()).unwrap();
    let (_, signature) = ours.rsplit_once('.').unwrap();
    format!("{}.{}.{signature}", text(header), text(payload))
}

/// The verdict of the application `board` for the nonce `n`, `seconds` after the token was made.
fn verdict(jws: &str, seconds: i64) -> Result<IdToken, VerifyError> {
    let keys = Jwks::new([other_key().jwk().clone(), key().jwk().clone()]);
    let audience = ClientId::new("board").unwrap();
    let now = now() + jiff::SignedDuration::from_secs(seconds);
    verify(jws, &keys, &Expectation { issuer: &issuer(), audience: &audience, nonce: "n", now })
}

#[test]
fn an_id_token_tells_who_signed_in_for_whom_and_when() {
    let token = verdict(&token(), 0).unwrap();
    assert_eq!((token.iss.as_str(), token.sub.as_str()), ("https://sso.example.com", "u-1"));
    assert_eq!(token.aud, Audience::One("board".into()));
    assert_eq!((token.iat, token.exp), (1_772_366_400, 1_772_367_000));
    assert_eq!(token.auth_time, Some(1_772_366_340));
    assert_eq!(token.nonce.as_deref(), Some("n"));
    assert_eq!((token.email.as_deref(), token.email_verified), (Some("ada@example.com"), Some(true)));
    assert_eq!(token.account, Some(AccountClaim::new("a-1", "acme")));
    assert_eq!((token.roles, token.access["site"].clone()), (vec!["reader".to_owned()], vec!["berlin".to_owned()]));
}

#[test]
fn an_id_token_without_the_scope_email_does_not_tell_the_address() {
    let jws = key().sign(&Claims::new(&issuer(), &grant("openid"), now())).unwrap();
    let token = verdict(&jws, 0).unwrap();
    assert_eq!((token.email, token.email_verified), (None, None));
}

#[test]
fn an_id_token_of_any_key_in_the_set_is_believed_and_of_no_other() {
    let jws = other_key().sign(&Claims::new(&issuer(), &grant("openid"), now())).unwrap();
    assert!(verdict(&jws, 0).is_ok());
    let audience = ClientId::new("board").unwrap();
    let expected = Expectation { issuer: &issuer(), audience: &audience, nonce: "n", now: now() };
    let refused = verify(&jws, &Jwks::new([key().jwk().clone()]), &expected).unwrap_err();
    assert_eq!(refused, VerifyError::UnknownKey { kid: other_key().kid().into() });
}

/// Signed with `openssl dgst -sha256 -sign`.
#[test]
fn an_id_token_that_openssl_signed_is_believed() {
    let jws = "eyJhbGciOiJFUzI1NiIsImtpZCI6Im9OVm9ldzFwYUhzTEZLLXAxc05fbnMyWHFZZUFEWllLV0F5M0NFRGpLcGcifQ.eyJpc3MiOiJodHRwczovL3Nzby5leGFtcGxlLmNvbSIsInN1YiI6InUtMSIsImF1ZCI6WyJib2FyZCJdLCJleHAiOjE3NzIzNjcwMDAsImlhdCI6MTc3MjM2NjQwMCwibm9uY2UiOiJuIn0.pGZlR7sNHJlfy22XS_ndDCbhhFF5QthpSD_mB6kkytuZ-ZoBq6CshWnH__sPPLg4kUcojiBlNYw0hTEWfs7-Yw";
    assert_eq!(verdict(jws, 0).unwrap().aud, Audience::Many(vec!["board".into()]));
}

#[test]
fn a_jws_with_any_octet_changed_is_refused() {
    let jws = token();
    for at in 0..jws.len() {
        let mut octets = jws.clone().into_bytes();
        octets[at] = if octets[at] == b'A' { b'B' } else { b'A' };
        assert!(verdict(std::str::from_utf8(&octets).unwrap(), 0).is_err(), "octet {at}");
    }
}

#[test]
fn a_jws_with_another_payload_under_a_good_signature_is_refused() {
    let jws = token();
    let mut parts: Vec<&str> = jws.split('.').collect();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
    let payload = String::from_utf8(payload).unwrap().replace("u-1", "u-2");
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload);
    parts[1] = &payload;
    assert_eq!(verdict(&parts.join("."), 0), Err(VerifyError::Signature));
}

#[test]
fn a_jws_with_the_algorithm_none_or_any_other_than_es256_is_refused() {
    for alg in ["none", "None", "HS256", "RS256", "ES384", "es256"] {
        let header = format!(r#"{{"alg":"{alg}","kid":"{}"}}"#, key().kid());
        assert_eq!(verdict(&forged(&header, "{}"), 0), Err(VerifyError::Algorithm { got: alg.into() }));
    }
    // As attackers send it: no signature at all.
    let jws = forged(r#"{"alg":"none"}"#, "{}");
    let unsigned = &jws[..=jws.rfind('.').unwrap()];
    assert_eq!(verdict(unsigned, 0), Err(VerifyError::Algorithm { got: "none".into() }));
}

#[test]
fn a_jws_that_demands_an_unknown_extension_is_refused() {
    let header = format!(r#"{{"alg":"ES256","kid":"{}","crit":["exp"]}}"#, key().kid());
    assert_eq!(verdict(&forged(&header, "{}"), 0), Err(VerifyError::CriticalHeader));
}

#[test]
fn a_jws_that_names_no_key_is_refused() {
    let refused = verdict(&forged(r#"{"alg":"ES256"}"#, "{}"), 0);
    assert_eq!(refused, Err(VerifyError::UnknownKey { kid: String::new() }));
}

#[test]
fn a_text_that_is_no_jws_is_refused() {
    let good = token();
    let (signed, _) = good.rsplit_once('.').unwrap();
    for (jws, part) in [
        ("", "form"),
        ("a", "form"),
        ("a.b", "form"),
        (&format!("{good}.x"), "form"),
        (&"a".repeat(20_000), "form"),
        ("!.b.c", "header"),
        (&format!("{signed}.!"), "signature"),
    ] {
        assert_eq!(verdict(jws, 0), Err(VerifyError::Malformed { part }), "{jws}");
    }
}

#[test]
fn a_signature_of_another_length_is_refused() {
    let good = token();
    let (signed, _) = good.rsplit_once('.').unwrap();
    for octets in [0, 63, 65, 72] {
        let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(vec![1; octets]);
        assert_eq!(verdict(&format!("{signed}.{signature}"), 0), Err(VerifyError::Signature), "{octets}");
    }
}

/// A JWS by our key over the claims of a good token with one text replaced.
fn with(from: &str, to: &str) -> String {
    let claims = serde_json::to_string(&Claims::new(&issuer(), &grant("openid"), now())).unwrap();
    assert!(claims.contains(from), "{claims}");
    key().sign_payload(claims.replace(from, to).as_bytes()).unwrap()
}

#[test]
fn an_id_token_of_another_issuer_is_refused() {
    let got = "https://sso.example.com/".to_owned();
    let jws = with("https://sso.example.com", &got);
    assert_eq!(verdict(&jws, 0), Err(VerifyError::Issuer { got, want: issuer() }));
}

#[test]
fn an_id_token_for_another_application_or_for_several_is_refused() {
    let want = ClientId::new("board").unwrap();
    for (aud, got) in [(r#""other""#, "other"), (r#"["board","other"]"#, "board other"), ("[]", "")] {
        let refused = verdict(&with(r#""board""#, aud), 0);
        assert_eq!(refused, Err(VerifyError::Audience { got: got.into(), want: want.clone() }));
    }
}

#[test]
fn an_id_token_of_another_sign_in_is_refused() {
    assert_eq!(verdict(&with(r#""nonce":"n""#, r#""nonce":"m""#), 0), Err(VerifyError::Nonce));
    assert_eq!(verdict(&with(r#","nonce":"n""#, ""), 0), Err(VerifyError::Nonce));
}

#[test]
fn an_id_token_is_refused_at_its_expiry_and_more_than_a_minute_before_it_was_made() {
    assert!(verdict(&token(), 599).is_ok());
    let (exp, iat) = (1_772_367_000, 1_772_366_400);
    assert_eq!(verdict(&token(), 600), Err(VerifyError::Expired { exp, now: exp }));
    assert!(verdict(&token(), -60).is_ok());
    assert_eq!(verdict(&token(), -61), Err(VerifyError::FromTheFuture { iat, now: iat - 61 }));
}

#[test]
fn a_key_that_is_not_p_256_in_pkcs8_is_refused_and_a_key_is_never_printed() {
    let rsa = include_bytes!("../../testdata/rsa-signing-key.p8");
    for (algorithm, der) in [(Algorithm::Es256, &b"key"[..]), (Algorithm::Rs256, b"key"), (Algorithm::Es256, rsa)] {
        assert_eq!(SigningKey::from_pkcs8(algorithm, der).unwrap_err(), KeyError::Pkcs8);
    }
    assert_eq!(format!("{:?}", key()), format!("SigningKey {{ algorithm: Es256, kid: {:?}, .. }}", key().kid()));
}

#[test]
fn a_token_by_rs256_is_believed_by_its_own_key_alone() {
    let jws = rsa_key().sign(&Claims::new(&issuer(), &grant("openid"), now())).unwrap();
    let keys = Jwks::new([key().jwk().clone(), rsa_key().jwk().clone()]);
    let keys = Jwks::parse(&keys.to_json().unwrap()).unwrap();
    let audience = ClientId::new("board").unwrap();
    let expected = Expectation { issuer: &issuer(), audience: &audience, nonce: "n", now: now() };
    assert_eq!(verify(&jws, &keys, &expected).unwrap().sub, "u-1");
    // RFC 8725 §3.1: the algorithm is the key's, whatever the header says.
    let (head, rest) = jws.split_once('.').unwrap();
    let head = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(head).unwrap();
    let swapped = String::from_utf8(head).unwrap().replace("RS256", "ES256");
    let swapped = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(swapped);
    let refused = verify(&format!("{swapped}.{rest}"), &keys, &expected);
    assert_eq!(refused, Err(VerifyError::Algorithm { got: "ES256".into() }));
    assert_eq!(verify(&jws[..jws.len() - 2], &keys, &expected), Err(VerifyError::Signature));
}

fn pending() -> Pending {
    Pending::from_random(&std::array::from_fn(|at| u8::try_from(at).unwrap()))
}

#[test]
fn state_nonce_and_verifier_of_a_sign_in_differ() {
    let Pending { state, nonce, code_verifier } = pending();
    assert!(state != nonce && nonce != code_verifier.as_str() && state != code_verifier.as_str());
}

#[test]
fn an_answer_is_followed_when_state_and_issuer_are_those_of_the_sign_in() {
    let state = pending().state;
    let iss = "iss=https%3A%2F%2Fsso.example.com";
    let answered = |query: &str| pending().check_callback(query, &issuer());
    assert_eq!(answered(&format!("code=c&state={state}&{iss}")), Ok("c".to_owned()));
    assert_eq!(answered(&format!("code=c&state=x&{iss}")), Err(CallbackError::State));
    assert_eq!(answered(&format!("code=c&{iss}")), Err(CallbackError::State));
    let other = |got: &str| Err(CallbackError::Issuer { got: got.into(), want: issuer() });
    assert_eq!(answered(&format!("code=c&state={state}")), other(""));
    assert_eq!(answered(&format!("code=c&state={state}&iss=https://evil.example")), other("https://evil.example"));
    assert_eq!(answered(&format!("state={state}&{iss}")), Err(CallbackError::CodeMissing));
    let repeated = Err(CallbackError::Repeated { name: "code".into() });
    assert_eq!(answered(&format!("code=c&code=d&state={state}&{iss}")), repeated);
    let refused = CallbackError::Refused { error: "access_denied".into(), description: "no <b>".into() };
    let query = format!("error=access_denied&error_description=no+<b>&state={state}&{iss}");
    assert_eq!(answered(&query), Err(refused));
}

#[test]
fn a_discovery_document_of_another_issuer_is_refused() {
    let document = |issuer: &str| {
        format!(
            r#"{{"issuer":"{issuer}","authorization_endpoint":"a","token_endpoint":"t","userinfo_endpoint":"u",
                "jwks_uri":"j","more":[]}}"#
        )
    };
    assert_eq!(Provider::parse(&document("https://sso.example.com"), &issuer()).unwrap().jwks_uri, "j");
    let got = Issuer::new("https://evil.example").unwrap();
    let refused = Provider::parse(&document("https://evil.example"), &issuer());
    assert_eq!(refused, Err(ProviderError::Issuer { got, want: issuer() }));
    assert!(matches!(Provider::parse("[]", &issuer()), Err(ProviderError::Json { .. })));
}

/// RP-Initiated Logout 1.0 §2. What is too long for an address is left out of it.
#[test]
fn the_browser_is_sent_to_be_signed_out_where_there_is_such_a_place() {
    let provider = |more: &str| {
        let document = format!(
            r#"{{"issuer":"https://sso.example.com","authorization_endpoint":"a","token_endpoint":"t",
                "userinfo_endpoint":"u","jwks_uri":"j"{more}}}"#
        );
        Provider::parse(&document, &issuer()).unwrap()
    };
    let client = ClientId::new("board").unwrap();
    let url = |more, hint: &str| provider(more).end_session_url(&client, hint, "https://app.example.com/");
    let there = r#","end_session_endpoint":"https://sso.example.com/out""#;
    let back = "post_logout_redirect_uri=https%3A%2F%2Fapp.example.com%2F";
    assert_eq!(url("", "a.b.c"), None);
    let asked = format!("https://sso.example.com/out?client_id=board&id_token_hint=a.b.c&{back}");
    assert_eq!(url(there, "a.b.c"), Some(asked));
    let asked = format!("https://sso.example.com/out?client_id=board&{back}");
    assert_eq!(url(there, &"a".repeat(7000)), Some(asked));
}

/// Back-Channel Logout §2.6: each check refuses by itself, and no ID token stands for a logout token.
#[test]
fn a_logout_token_is_believed_only_if_it_is_one() {
    let (issuer, audience, subject) = (issuer(), ClientId::new("board").unwrap(), Subject::new("u-1").unwrap());
    let keys = Jwks::new([key().jwk().clone()]);
    let expected = LogoutExpectation { issuer: &issuer, audience: &audience, now: now() };
    let claims = LogoutClaims::new(&issuer, &audience, &subject, "s-1", [7; 16], now());
    let good = key().sign_logout(&claims).unwrap();
    let token = verify_logout(&good, &keys, &expected).unwrap();
    assert_eq!((token.sid.as_deref(), token.sub.as_deref()), (Some("s-1"), Some("u-1")));
    assert_eq!(token.jti.len(), 32);

    let refused = |jws: &str| verify_logout(jws, &keys, &expected).unwrap_err();
    assert_eq!(
        refused(&key().sign_payload(serde_json::to_string(&claims).unwrap().as_bytes()).unwrap()),
        LogoutTokenError::Type { got: "JWT".to_owned() }
    );
    assert_eq!(refused(&self::token()), LogoutTokenError::Type { got: "JWT".to_owned() }, "an ID token");
    let bent = |from: &str, to: &str| {
        let payload = serde_json::to_string(&claims).unwrap();
        assert!(payload.contains(from), "{payload}");
        refused(&key().sign_with_typ("logout+jwt", payload.replace(from, to).as_bytes()).unwrap())
    };
    assert_eq!(bent("event/backchannel-logout", "event/other"), LogoutTokenError::NoEvent);
    assert_eq!(bent("\"sid\":\"s-1\"", "\"sid\":\"s-1\",\"nonce\":\"n\""), LogoutTokenError::Nonce);
    assert!(matches!(bent("board", "other"), LogoutTokenError::Verify(VerifyError::Audience { .. })));
    assert!(matches!(bent("sso.example.com", "x.example.com"), LogoutTokenError::Verify(VerifyError::Issuer { .. })));
    let stranger = other_key().sign_logout(&claims).unwrap();
    assert!(matches!(refused(&stranger), LogoutTokenError::Verify(VerifyError::UnknownKey { .. })));
    let late = LogoutExpectation { now: now() + jiff::SignedDuration::from_mins(2), ..expected };
    let late = verify_logout(&good, &keys, &late).unwrap_err();
    assert!(matches!(late, LogoutTokenError::Verify(VerifyError::Expired { .. })));
}

#[test]
fn a_sites_token_is_believed_in_its_place_alone() {
    let (issuer, audience) = (issuer(), ClientId::new("board").unwrap());
    let keys = Jwks::new([key().jwk().clone()]);
    let subject = Subject::new("u-1").unwrap();
    let (told, scope) = (
        UserClaims { email: Some("ada@acme.example".into()), ..UserClaims::default() },
        Scope::granted("openid email"),
    );
    let claims = SiteClaims::new(&issuer, &audience, &subject, "s-1", (&told, &scope), now());
    let good = key().sign_site(&claims).unwrap();
    let expected = SiteExpectation { issuer: &issuer, audience: &audience, now: now() };
    let identity = verify_site(&good, &keys, &expected).unwrap();
    assert_eq!((&*identity.sub, &*identity.sid, identity.email.as_deref()), ("u-1", "s-1", Some("ada@acme.example")));

    let refused = |jws: &str| verify_site(jws, &keys, &expected).unwrap_err();
    assert_eq!(refused(&self::token()), SiteTokenError::Type { got: "JWT".to_owned() }, "an ID token");
    let stranger = other_key().sign_site(&claims).unwrap();
    assert!(matches!(refused(&stranger), SiteTokenError::Verify(VerifyError::UnknownKey { .. })));
    let other = ClientId::new("other").unwrap();
    let elsewhere = verify_site(&good, &keys, &SiteExpectation { audience: &other, ..expected }).unwrap_err();
    assert!(matches!(elsewhere, SiteTokenError::Verify(VerifyError::Audience { .. })));
    let late = SiteExpectation { now: now() + crate::site_claims::SITE_TOKEN_LIFETIME, ..expected };
    let late = verify_site(&good, &keys, &late).unwrap_err();
    assert!(matches!(late, SiteTokenError::Verify(VerifyError::Expired { .. })));
    let expectation = Expectation { issuer: &issuer, audience: &audience, nonce: "n", now: now() };
    assert_eq!(verify(&good, &keys, &expectation), Err(VerifyError::Nonce), "it is no ID token");
}
