use jiff::Timestamp;
use vestibule_saml::binding::RelayState;
use vestibule_saml::sp::request::AuthnRequest;
use vestibule_saml::types::{AcsUrl, EndpointUrl, EntityId, LoopbackHttp, RequestId};

use super::{ACCOUNT_HOST, Answers, REDIRECT_URI, Request, answer, see_other};
use crate::load::identity_provider::SIGN_ON_URL;

/// Answers with constant texts, and looks at the path alone.
pub(super) struct Constant {
    authorize: Vec<u8>,
    acs: Vec<u8>,
    continuation: Vec<u8>,
    tokens: Vec<u8>,
    pass: Vec<u8>,
}

impl Constant {
    pub(super) fn new() -> Self {
        let attempt = "0".repeat(32);
        let cookie = format!("vestibule_attempt_0123456789abcdef={}", "b".repeat(43));
        let (code, id_token, state) = ("c".repeat(43), "d".repeat(640), "s".repeat(43));
        let tokens = format!(
            "{{\"access_token\":\"{code}\",\"token_type\":\"Bearer\",\"expires_in\":600,\
             \"id_token\":\"{id_token}\",\"scope\":\"openid email\"}}"
        );
        let callback = format!("{REDIRECT_URI}?code={code}&state={state}&iss=http%3A%2F%2Fsso.localhost%3A8400");
        Self {
            authorize: see_other(&request(&attempt), Some(&cookie)),
            acs: see_other(&format!("http://{ACCOUNT_HOST}/sign-in/{attempt}"), None),
            continuation: see_other(&callback, Some(&format!("vestibule_session={code}"))),
            pass: pass(&id_token),
            tokens: answer("200 OK", "", "application/json", &tokens),
        }
    }
}

impl Answers for Constant {
    fn answer(&mut self, request: &Request<'_>) -> Vec<u8> {
        match request.path {
            "/oidc/authorize" => self.authorize.clone(),
            "/oidc/token" => self.tokens.clone(),
            "/forward-auth" => self.pass.clone(),
            "/readyz" => answer("200 OK", "", "text/plain", "ready"),
            path if path.ends_with("/acs") => self.acs.clone(),
            path if path.starts_with("/sign-in/") => self.continuation.clone(),
            _ => answer("404 Not Found", "", "text/plain", "no such page"),
        }
    }
}

/// That a request to a site may pass, with headers as long as the product's.
fn pass(token: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 204 No Content\r\nx-vestibule-user: {}\r\nx-vestibule-email: ada@acme.example\r\n\
         x-vestibule-name: Ada\r\nx-vestibule-account: acme\r\nx-vestibule-roles: \r\nx-vestibule-groups: \r\n\
         x-vestibule-token: {token}\r\ncache-control: no-store\r\nreferrer-policy: no-referrer\r\n\
         x-content-type-options: nosniff\r\ndate: Sat, 21 Nov 2026 12:00:00 GMT\r\n\r\n",
        "0".repeat(32)
    )
    .into_bytes()
}

/// Where the browser is sent with an AuthnRequest whose ID belongs to this attempt.
pub(super) fn request(attempt: &str) -> String {
    let acs = format!("http://{ACCOUNT_HOST}/sso/{}/acs", "1".repeat(32));
    let entity_id = EntityId::new(acs.replace("/acs", "/metadata")).expect("an entity ID");
    AuthnRequest::new(
        RequestId::new(format!("_{attempt}")).expect("an ID"),
        Timestamp::now(),
        entity_id,
        EndpointUrl::new(SIGN_ON_URL, LoopbackHttp::Refuse).expect("an address"),
        AcsUrl::new(acs).expect("an address"),
    )
    .redirect_url(Some(&RelayState::new(attempt).expect("a RelayState")), None, None)
    .expect("nothing is signed")
}
