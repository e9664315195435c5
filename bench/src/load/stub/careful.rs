use std::collections::BTreeMap;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jiff::Timestamp;
use vestibule_oidc::code::redeem;
use vestibule_oidc::pkce::CodeChallenge;
use vestibule_oidc::{
    AccessToken, Algorithm, AuthorizationCode, Claims, Client, ClientAuthentication, ClientId, ClientSecret, Grant,
    Issuer, Jwks, Pkce, RedirectUri, Scope, SigningKey, Subject, TokenRequest, TokenResponse, UserClaims,
};
use vestibule_saml::binding::post::PostBinding;
use vestibule_saml::sp::{Expectation, Expected, IdpTrust, SpIdentity, accept};
use vestibule_saml::types::{AcsUrl, EntityId, RequestId};
use vestibule_xmlsec::keys::read_certificates;

use super::constant::request as authn_request;
use super::{ACCOUNT_HOST, Answers, CLIENT_ID, ISSUER_HOST, REDIRECT_URI, Request, SECRET, answer, see_other};
use crate::load::identity_provider::{ISSUER, IdentityProvider};

/// Judges everything, and keeps what it needs for that in memory.
pub(super) struct Careful {
    issuer: Issuer,
    client: Client,
    key: SigningKey,
    idp: IdpTrust,
    sp: SpIdentity,
    acs_url: AcsUrl,
    attempts: BTreeMap<String, Attempt>,
    codes: BTreeMap<String, Grant>,
    counted: u64,
}

struct Attempt {
    query: BTreeMap<String, String>,
    cookie: String,
    subject: Option<String>,
}

/// Why a request is refused, in words.
type Refusal = &'static str;

impl Careful {
    pub(super) fn new() -> Self {
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let certificates = read_certificates(&IdentityProvider::certificate_pem()).expect("a certificate");
        let origin = format!("http://{ACCOUNT_HOST}/sso/{}", "1".repeat(32));
        let secret = ClientSecret::new(SECRET).expect("a secret");
        Self {
            issuer: Issuer::new(format!("http://{ISSUER_HOST}")).expect("an issuer"),
            client: Client {
                id: ClientId::new(CLIENT_ID).expect("a client_id"),
                name: "Stub".to_owned(),
                redirect_uris: vec![RedirectUri::new(REDIRECT_URI).expect("a redirect URI")],
                post_logout_redirect_uris: Vec::new(),
                native: false,
                pkce: Pkce::Required,
                authentication: ClientAuthentication::ClientSecret { secrets: vec![secret.hash()] },
            },
            key: SigningKey::from_pkcs8(Algorithm::Es256, pair.expect("a key").as_ref()).expect("a key"),
            idp: IdpTrust::new(EntityId::new(ISSUER).expect("an entity ID"), &certificates).expect("a usable key"),
            sp: SpIdentity {
                entity_id: EntityId::new(format!("{origin}/metadata")).expect("an entity ID"),
                decryption_keys: None,
            },
            acs_url: AcsUrl::new(format!("{origin}/acs")).expect("a URL"),
            attempts: BTreeMap::new(),
            codes: BTreeMap::new(),
            counted: 0,
        }
    }

    fn judge(&mut self, request: &Request<'_>) -> Result<Vec<u8>, Refusal> {
        match (request.method, request.path) {
            ("GET", "/readyz") => Ok(answer("200 OK", "", "text/plain", "ready")),
            ("GET", "/oidc/jwks") => {
                let keys = Jwks::new([self.key.jwk().clone()]).to_json().map_err(|_| "no key set")?;
                Ok(answer("200 OK", "", "application/json", &keys))
            }
            ("GET", "/oidc/authorize") => self.authorize(request),
            ("POST", path) if path.ends_with("/acs") => self.acs(request),
            ("GET", path) if path.starts_with("/sign-in/") => self.arrive(request),
            ("POST", "/oidc/token") => self.token(request),
            _ => Err("no such page"),
        }
    }

    fn authorize(&mut self, request: &Request<'_>) -> Result<Vec<u8>, Refusal> {
        if request.field("host") != Some(ACCOUNT_HOST) {
            return Err("another host");
        }
        let query = parameters(request.query);
        let said = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        let fixed = [
            ("response_type", "code"),
            ("client_id", CLIENT_ID),
            ("redirect_uri", REDIRECT_URI),
            ("code_challenge_method", "S256"),
            ("scope", "openid email"),
        ];
        if fixed.iter().any(|(name, want)| said(name) != *want) {
            return Err("a parameter of the authorization request");
        }
        let attempt = self.next();
        let cookie = format!("vestibule_attempt_{}={}", &attempt[..16], said("state"));
        let location = authn_request(&attempt);
        let answer = see_other(&location, Some(&cookie));
        self.attempts.insert(attempt, Attempt { query, cookie, subject: None });
        Ok(answer)
    }

    fn acs(&mut self, request: &Request<'_>) -> Result<Vec<u8>, Refusal> {
        if !self.acs_url.as_str().ends_with(request.path) || request.field("cookie").is_some() {
            return Err("not at the ACS, or with a cookie");
        }
        let post = PostBinding::parse(request.body.as_bytes()).map_err(|_| "not the form of a response")?;
        let relay_state = post.relay_state.clone().ok_or("no RelayState")?;
        let attempt = self.attempts.get_mut(&relay_state).ok_or("an unknown attempt")?;
        let asked = RequestId::new(format!("_{relay_state}")).map_err(|_| "no ID")?;
        let now = Timestamp::now();
        let expect = Expectation::new(&self.idp, &self.sp, &self.acs_url, Expected::AnswerTo(asked), now);
        let xml = post.xml().map_err(|_| "not base64")?;
        let accepted = accept(&xml, &expect).outcome.map_err(|_| "a response that is not accepted")?;
        let subject = format!("subject-of-{}", accepted.name_id.value);
        if attempt.subject.replace(subject).is_some() {
            return Err("answered twice");
        }
        Ok(see_other(&format!("/sign-in/{relay_state}"), None))
    }

    fn arrive(&mut self, request: &Request<'_>) -> Result<Vec<u8>, Refusal> {
        let id = request.path.trim_start_matches("/sign-in/");
        let attempt = self.attempts.remove(id).ok_or("an unknown attempt")?;
        if request.field("cookie") != Some(&attempt.cookie) {
            return Err("another browser");
        }
        let said = |name: &str| attempt.query.get(name).map(String::as_str).unwrap_or_default();
        let now = Timestamp::now();
        let grant = Grant {
            amr: Vec::new(),
            acr: None,
            client_id: self.client.id.clone(),
            redirect_uri: self.client.redirect_uris[0].clone(),
            code_challenge: Some(CodeChallenge::parse(said("code_challenge")).map_err(|_| "no code challenge")?),
            nonce: Some(said("nonce").to_owned()),
            scope: Scope::granted(said("scope")),
            subject: Subject::new(attempt.subject.ok_or("not answered yet")?).map_err(|_| "no subject")?,
            claims: UserClaims::default(),
            auth_time: now,
            session: "session".to_owned(),
            issued_at: now,
            expires: now + vestibule_oidc::code::CODE_LIFETIME,
        };
        self.counted += 1;
        let random = std::array::from_fn(|n| self.counted.to_be_bytes()[n % 8]);
        let code = AuthorizationCode::new(now, &random).to_text();
        let issuer = self.issuer.as_str().replace(':', "%3A").replace('/', "%2F");
        let location = format!("{REDIRECT_URI}?code={code}&state={}&iss={issuer}", said("state"));
        self.codes.insert(code, grant);
        Ok(see_other(&location, Some("vestibule_session=1")))
    }

    fn token(&mut self, request: &Request<'_>) -> Result<Vec<u8>, Refusal> {
        let asked = TokenRequest::parse(request.body, request.field("authorization")).map_err(|_| "no request")?;
        let asked = asked.authenticate(&self.client).map_err(|_| "not the client")?;
        let code = parameters(request.body).remove("code").ok_or("no code")?;
        let grant = self.codes.remove(&code).ok_or("an unknown code")?;
        let now = Timestamp::now();
        redeem(&asked, &grant, now).map_err(|_| "not redeemed")?;
        let id_token = self.key.sign(&Claims::new(&self.issuer, &grant, now)).map_err(|_| "not signed")?;
        let tokens = TokenResponse::new(&AccessToken::new(now, &[7; vestibule_oidc::RANDOM]), grant.scope)
            .with_id_token(id_token);
        Ok(answer("200 OK", "", "application/json", &tokens.to_json().map_err(|_| "no JSON")?))
    }

    fn next(&mut self) -> String {
        self.counted += 1;
        format!("{:016x}{:016x}", self.counted, self.counted)
    }
}

impl Answers for Careful {
    fn answer(&mut self, request: &Request<'_>) -> Vec<u8> {
        self.judge(request).unwrap_or_else(|why| answer("400 Bad Request", "", "text/plain", why))
    }
}

/// The parameters of a query or form; the last of several with one name.
fn parameters(text: &str) -> BTreeMap<String, String> {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), decode(value)))
        .collect()
}

fn decode(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match (first, digits.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            (b'%', Some(octet)) => {
                octets.push(octet);
                rest = &behind[2..];
            }
            (b'+', _) => {
                octets.push(b' ');
                rest = behind;
            }
            _ => {
                octets.push(first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}
