//! The authorization code: handed to the browser, redeemed once by the application within 60 seconds.
//!
//! Remembering that a code was used is the caller's part, by one conditional write; everything else that RFC 6749
//! §4.1.3 asks for is [`redeem`].

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::authorize::AuthorizationRequest;
use crate::claims::UserClaims;
use crate::client::ClientId;
use crate::excerpt::excerpt;
use crate::opaque::opaque;
use crate::pkce::{CodeChallenge, CodeVerifier};
use crate::redirect_uri::RedirectUri;
use crate::scope::Scope;
use crate::stored_time;
use crate::subject::Subject;
use crate::token::{AuthenticatedRequest, GrantRequest, TokenError};

opaque! {
    /// An authorization code. RFC 6749 §1.3.1.
    AuthorizationCode,
    /// The hash under which a code and its [`Grant`] are stored.
    CodeHash
}

/// How long a code can be redeemed: 60 s. RFC 6749 §4.1.2 allows 10 minutes; an application needs a second.
pub const CODE_LIFETIME: SignedDuration = SignedDuration::from_secs(60);

/// What a code stands for. Stored with the code's hash until it is redeemed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The only client that may redeem it.
    pub client_id: ClientId,
    /// Where the code was sent.
    pub redirect_uri: RedirectUri,
    /// What the redeemer must have kept; none where the client may do without PKCE, and did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<CodeChallenge>,
    /// For the ID token.
    pub nonce: Option<String>,
    /// What was granted.
    pub scope: Scope,
    /// Who signed in.
    pub subject: Subject,
    /// What the application may learn about them, within `scope`.
    pub claims: UserClaims,
    /// When they proved who they are.
    #[serde(with = "stored_time")]
    pub auth_time: Timestamp,
    /// Our session, by its id.
    pub session: String,
    /// How they proved it, in the words of RFC 8176; empty where another provider knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// How, in the identity provider's words: a class of SAML's or another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// When the code was made.
    #[serde(with = "stored_time")]
    pub issued_at: Timestamp,
    /// From this moment on the code is refused.
    #[serde(with = "stored_time")]
    pub expires: Timestamp,
}

/// Who signed in, for a [`Grant`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The user.
    pub subject: Subject,
    /// What applications may learn about them, within the scope.
    pub claims: UserClaims,
    /// When they proved who they are.
    pub auth_time: Timestamp,
    /// Our session, by its id.
    pub session: String,
    /// How they proved it, in the words of RFC 8176; empty where another provider knows.
    pub amr: Vec<String>,
    /// How, in the identity provider's words.
    pub acr: Option<String>,
}

impl Grant {
    /// What a code for `request` stands for, made at `now`.
    pub fn new(request: &AuthorizationRequest, signed_in: SignedIn, now: Timestamp) -> Self {
        let SignedIn { subject, claims, auth_time, session, amr, acr } = signed_in;
        Self {
            client_id: request.client_id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            code_challenge: request.code_challenge.clone(),
            nonce: request.nonce.clone(),
            scope: request.scope.clone(),
            subject,
            claims,
            auth_time,
            session,
            amr,
            acr,
            issued_at: now,
            // At the end of time a code does not outlive it.
            expires: now.checked_add(CODE_LIFETIME).unwrap_or(Timestamp::MAX),
        }
    }
}

/// Whether this request of an authenticated client may have what the code stands for. RFC 6749 §4.1.3, RFC 7636 §4.6.
///
/// # Errors
/// [`TokenError`] names the first check that failed, in this order: client, time, redirect URI, verifier.
pub fn redeem(request: &AuthenticatedRequest<'_>, grant: &Grant, now: Timestamp) -> Result<(), TokenError> {
    let GrantRequest::AuthorizationCode { redirect_uri, code_verifier, .. } = request.grant() else {
        return Err(TokenError::CodeUnknown);
    };
    check(grant, request.client_id(), redirect_uri, code_verifier.as_ref(), now)
}

/// The same for a site behind a proxy, of which this provider is itself the application: nobody sends a request, so there
/// is nobody to authenticate; the verifier comes from the browser that began.
///
/// # Errors
/// As [`redeem`].
pub fn redeem_at_site(
    grant: &Grant,
    client_id: &ClientId,
    redirect_uri: &str,
    code_verifier: &CodeVerifier,
    now: Timestamp,
) -> Result<(), TokenError> {
    check(grant, client_id, redirect_uri, Some(code_verifier), now)
}

fn check(
    grant: &Grant,
    client_id: &ClientId,
    redirect_uri: &str,
    code_verifier: Option<&CodeVerifier>,
    now: Timestamp,
) -> Result<(), TokenError> {
    if *client_id != grant.client_id {
        return Err(TokenError::CodeOfAnotherClient);
    }
    if now >= grant.expires {
        return Err(TokenError::CodeExpired { at: grant.expires, now });
    }
    if redirect_uri != grant.redirect_uri.as_str() {
        return Err(TokenError::RedirectUriMismatch { got: excerpt(redirect_uri), want: grant.redirect_uri.clone() });
    }
    // A challenge that somebody left out of the request, or put into it, does not make the code weaker (RFC 9700 §4.8.2).
    match (&grant.code_challenge, code_verifier) {
        (Some(challenge), Some(verifier)) if challenge.is_met_by(verifier) => Ok(()),
        (Some(_), Some(_)) => Err(TokenError::VerifierMismatch),
        (Some(_), None) => Err(TokenError::Missing { name: "code_verifier" }),
        (None, Some(_)) => Err(TokenError::VerifierWithoutChallenge),
        (None, None) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relying_party::{Pending, basic_authorization, token_request_body};
    use crate::token::TokenRequest;
    use crate::{Client, ClientAuthentication, ClientSecret, Issuer};

    const CALLBACK: &str = "https://app.example.com/callback";

    fn secret() -> ClientSecret {
        ClientSecret::from_random([5; 32])
    }

    fn client(id: &str) -> Client {
        Client {
            id: ClientId::new(id).unwrap(),
            name: "Board".into(),
            redirect_uris: vec![RedirectUri::new(CALLBACK).unwrap()],
            post_logout_redirect_uris: Vec::new(),
            native: false,
            pkce: crate::client::Pkce::Required,
            authentication: ClientAuthentication::ClientSecret { secrets: vec![secret().hash()] },
        }
    }

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn pending() -> Pending {
        Pending::from_random(&[9; 96])
    }

    fn grant() -> Grant {
        let query = format!(
            "response_type=code&client_id=board&redirect_uri={CALLBACK}&scope=openid%20email&nonce=n&\
             code_challenge={}&code_challenge_method=S256",
            CodeChallenge::of(&pending().code_verifier).to_text()
        );
        let issuer = Issuer::new("https://sso.example.com").unwrap();
        let request = AuthorizationRequest::parse(&query, &client("board"), &issuer).unwrap();
        let signed_in = SignedIn {
            subject: Subject::new("u-1").unwrap(),
            claims: UserClaims { email: Some("ada@example.com".into()), ..UserClaims::default() },
            auth_time: now(),
            session: "s-1".into(),
            amr: Vec::new(),
            acr: None,
        };
        Grant::new(&request, signed_in, now())
    }

    /// The refusal of a redemption by `client` with `redirect_uri` and `verifier` after `seconds`.
    fn redeemed(client: &Client, redirect_uri: &str, pending: &Pending, seconds: i64) -> Result<(), TokenError> {
        let code = AuthorizationCode::new(Timestamp::UNIX_EPOCH, &[1; crate::RANDOM]).to_text();
        let body = token_request_body(&code, redirect_uri, &pending.code_verifier);
        let authorization = basic_authorization(&client.id, secret().as_str());
        let request = TokenRequest::parse(&body, Some(&authorization)).unwrap();
        let request = request.authenticate(client).unwrap();
        redeem(&request, &grant(), now() + SignedDuration::from_secs(seconds))
    }

    #[test]
    fn a_code_is_redeemed_by_its_client_with_its_verifier_within_a_minute() {
        assert_eq!(redeemed(&client("board"), CALLBACK, &pending(), 0), Ok(()));
        assert_eq!(redeemed(&client("board"), CALLBACK, &pending(), 59), Ok(()));
    }

    #[test]
    fn a_code_is_expired_at_exactly_60_seconds() {
        let at = now() + CODE_LIFETIME;
        let expired = Err(TokenError::CodeExpired { at, now: at });
        assert_eq!(redeemed(&client("board"), CALLBACK, &pending(), 60), expired);
    }

    #[test]
    fn a_code_of_another_client_is_refused_though_it_proved_itself() {
        let refused = redeemed(&client("other"), CALLBACK, &pending(), 1);
        assert_eq!(refused, Err(TokenError::CodeOfAnotherClient));
    }

    #[test]
    fn a_redirect_uri_other_than_that_of_the_request_is_refused_at_the_token_endpoint() {
        let got = "https://app.example.com/callback/";
        let refused = redeemed(&client("board"), got, &pending(), 1);
        let want = RedirectUri::new(CALLBACK).unwrap();
        assert_eq!(refused, Err(TokenError::RedirectUriMismatch { got: got.into(), want }));
    }

    #[test]
    fn a_verifier_of_another_request_is_refused() {
        let refused = redeemed(&client("board"), CALLBACK, &Pending::from_random(&[8; 96]), 1);
        assert_eq!(refused, Err(TokenError::VerifierMismatch));
    }

    /// RFC 9700 §4.8.2: neither leaving the verifier out nor adding one makes a code weaker.
    #[test]
    fn a_code_is_never_redeemed_by_less_than_what_was_asked_for() {
        let code = AuthorizationCode::new(Timestamp::UNIX_EPOCH, &[1; crate::RANDOM]).to_text();
        let with = token_request_body(&code, CALLBACK, &pending().code_verifier);
        let without = with.split("&code_verifier").next().unwrap().to_owned();
        let optional = Client { pkce: crate::client::Pkce::Optional, ..client("board") };
        let redeemed = |client: &Client, body: &str, challenge: Option<CodeChallenge>| {
            let authorization = basic_authorization(&client.id, secret().as_str());
            let request = TokenRequest::parse(body, Some(&authorization)).unwrap();
            let grant = Grant { code_challenge: challenge, ..grant() };
            redeem(&request.authenticate(client).unwrap(), &grant, now())
        };
        let challenge = grant().code_challenge;
        let missing = Err(TokenError::Missing { name: "code_verifier" });
        for client in [client("board"), optional] {
            assert_eq!(redeemed(&client, &with, challenge.clone()), Ok(()));
            assert_eq!(redeemed(&client, &without, challenge.clone()), missing);
            assert_eq!(redeemed(&client, &with, None), Err(TokenError::VerifierWithoutChallenge));
            assert_eq!(redeemed(&client, &without, None), Ok(()));
        }
    }

    #[test]
    fn a_grant_is_stored_and_read_back_whole() {
        let stored = serde_json::to_string(&grant()).unwrap();
        assert_eq!(serde_json::from_str::<Grant>(&stored).unwrap(), grant());
    }
}
