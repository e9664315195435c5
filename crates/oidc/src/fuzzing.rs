//! Bodies of the fuzz targets: one stranger's octets in, a panic where a promise is broken.
//!
//! They are here, not in `fuzz/`, so that the committed corpora run as plain tests on stable Rust.

use crate::authorize::{Answer, AuthorizationError, AuthorizationRequest, PostedAnswer};
use crate::client::{Client, ClientAuthentication, ClientId, Pkce};
use crate::end_session::EndSessionRequest;
use crate::issuer::Issuer;
use crate::jwks::Jwks;
use crate::redirect_uri::{self, RedirectUri};
use crate::relying_party::{Pending, verify};
use crate::session_token::SiteToken;
use crate::token::{GrantRequest, TokenRequest};
use crate::token_question::{AnyToken, TokenQuestion};

/// The addresses of the client that is asked for: at each kind of place.
const ADDRESSES: [&str; 4] = [
    "https://app.example.com/callback?t=1",
    "http://127.0.0.1/cb",
    "http://[::1]:8400/cb",
    "com.example.app:/callback",
];

fn client() -> Option<Client> {
    let addresses: Result<Vec<_>, _> = ADDRESSES.into_iter().map(RedirectUri::new).collect();
    let addresses = addresses.ok()?;
    Some(Client {
        id: ClientId::new("board").ok()?,
        name: "Board".to_owned(),
        redirect_uris: addresses.clone(),
        post_logout_redirect_uris: addresses,
        native: true,
        pkce: Pkce::Optional,
        authentication: ClientAuthentication::ClientSecret { secrets: Vec::new() },
    })
}

fn issuer() -> Option<Issuer> {
    Issuer::new("https://sso.example.com").ok()
}

/// Whether an address is one of [`ADDRESSES`], the port of a loopback literal aside, with parameters behind it.
fn is_home(location: &str) -> bool {
    let begins =
        |home: &str| location.strip_prefix(home).is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '&']));
    let at_port = |host: &str| {
        let rest = location.strip_prefix(host).and_then(|rest| rest.strip_prefix(':'));
        let path = rest.and_then(|rest| rest.find('/').map(|path| rest.split_at(path)));
        path.is_some_and(|(port, path)| {
            port.parse::<u16>().is_ok()
                && path.strip_prefix("/cb").is_some_and(|rest| rest.is_empty() || rest.starts_with('?'))
        })
    };
    ADDRESSES.into_iter().any(begins)
        || begins("http://[::1]/cb")
        || at_port("http://127.0.0.1")
        || at_port("http://[::1]")
}

fn assert_home(answer: &Answer) {
    match answer {
        Answer::Redirect(location) => {
            assert!(is_home(location), "an answer goes to a registered address: {location}");
            assert!(location.bytes().all(|octet| octet.is_ascii_graphic()), "an address is ASCII: {location}");
        }
        Answer::Post(PostedAnswer { action, .. }) => assert!(is_home(action.as_str()), "{action}"),
    }
}

/// An authorization request: whatever came, an answer goes to a registered address or nowhere.
pub fn authorization_request(input: &[u8]) {
    let (Ok(query), Some(client), Some(issuer)) = (std::str::from_utf8(input), client(), issuer()) else { return };
    let _ = AuthorizationRequest::client_id(query);
    match AuthorizationRequest::parse(query, &client, &issuer) {
        Ok(request) => {
            assert!(request.code_challenge.is_some() || request.nonce.is_some(), "neither PKCE nor a nonce");
            assert!(is_home(request.redirect_uri.as_str()));
            assert_home(&request.error(&issuer, crate::ErrorCode::ServerError, query));
        }
        Err(AuthorizationError::RedirectBack { answer, .. }) => assert_home(&answer),
        Err(AuthorizationError::Show(_)) => {}
    }
}

/// A logout request: nobody has a key of ours, so no hint is believed, and the browser goes to a registered address or
/// nowhere.
pub fn end_session(input: &[u8]) {
    let (Ok(query), Some(client), Some(issuer)) = (std::str::from_utf8(input), client(), issuer()) else { return };
    let Ok(request) = EndSessionRequest::parse(query, &Jwks::new([]), &issuer) else { return };
    assert!(request.hint.is_none(), "a hint that nobody signed");
    if let Ok(Some(onward)) = request.post_logout(Some(&client)) {
        assert_home(&Answer::Redirect(onward.as_str().to_owned()));
    }
    let nowhere = request.post_logout(None);
    assert!(!matches!(nowhere, Ok(Some(_))), "an address that is nobody's");
}

/// A redirect URI, registered and asked for: what is taken is taken again as it stands, a private-use scheme only of a
/// native application, and another port only of a loopback literal.
pub fn redirect_uri(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (one, other) = text.split_once('\n').unwrap_or((text, text));
    let Ok(registered) = RedirectUri::new(one) else { return };
    assert!(RedirectUri::of_application(one, false).is_ok() != registered.is_private_use());
    assert_eq!(registered.difference(one), None);
    let registered = [registered];
    if let Some(taken) = redirect_uri::answer_address(&registered, other, false) {
        assert_eq!((taken.as_str(), other), (one, one), "an address is compared exactly");
    }
    if let Some(taken) = redirect_uri::answer_address(&registered, other, true) {
        assert_eq!(taken.as_str(), other, "the answer goes where it was asked for");
        let loopback = ["http://127.0.0.1", "http://[::1]"].into_iter().any(|host| other.starts_with(host));
        assert!(one == other || loopback, "another address than the registered one: {other}");
    }
    let _ = registered[0].difference(other).map(|difference| difference.to_string());
}

/// An ID token hint, or any token: octets that no key of ours signed are no token.
pub fn token(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    assert!(verify::verify_signature(text, &Jwks::new([])).is_err());
}

/// A request at the endpoints that applications call, the `Authorization` header in its first line: nobody is believed
/// who brings no secret where there is one, and a token that is read is the one that was written.
pub fn token_request(input: &[u8]) {
    let (Ok(text), Some(client)) = (std::str::from_utf8(input), client()) else { return };
    let (header, body) = text.split_once('\n').unwrap_or(("", text));
    let authorization = Some(header).filter(|header| !header.is_empty());
    let public = Client { authentication: ClientAuthentication::None, ..client.clone() };
    if let Ok(request) = TokenRequest::parse(body, authorization) {
        // The client has no secret that holds: nothing that is brought is one.
        assert!(request.authenticate(&client).is_err(), "a client was believed without a secret");
        if let Ok(authenticated) = request.authenticate(&public) {
            assert_eq!(authenticated.client_id(), &public.id);
            let for_itself = matches!(authenticated.grant(), GrantRequest::ClientCredentials { .. });
            assert!(!for_itself, "a public client got a token for itself");
        }
    }
    if let Ok(question) = TokenQuestion::parse(body, authorization) {
        assert!(question.authenticate(&client).is_err(), "a client was believed without a secret");
    }
    for word in body.split(['&', '=']) {
        match AnyToken::parse(word) {
            Some(AnyToken::Access(token)) => assert_eq!(token.to_text(), word),
            Some(AnyToken::Refresh(token)) => assert_eq!(token.to_text(), word),
            None => {}
        }
    }
}

/// What comes back to an application, and to a site behind a proxy: the query of the answer in the first line, the value
/// of a site's cookie in the second. Only an answer to this sign-in, of this issuer, gives a code.
///
/// # Panics
/// Another one does.
pub fn callback(input: &[u8]) {
    let (Ok(text), Some(issuer)) = (std::str::from_utf8(input), issuer()) else { return };
    let (query, cookie) = text.split_once('\n').unwrap_or((text, text));
    let pending = Pending::from_random(&[7; 96]);
    if let Ok(code) = pending.check_callback(query, &issuer) {
        let said = |name: &str, value: &str| {
            query
                .split('&')
                .any(|pair| pair.split_once('=').is_some_and(|(n, v)| decoded(n) == name && decoded(v) == value))
        };
        assert!(said("state", &pending.state), "a code for another sign-in: {query}");
        assert!(said("iss", issuer.as_str()), "a code of another issuer: {query}");
        assert!(said("code", &code), "a code that did not come: {query}");
    }
    if let Some(token) = SiteToken::parse(cookie) {
        assert_eq!(token.to_text(), cookie, "a cookie has one spelling");
    }
}

/// A name or value of a form, once more and in another way than the parser reads it.
fn decoded(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    let plain = |part: &str| part.replace('+', " ").into_bytes();
    octets.extend(parts.next().map(plain).unwrap_or_default());
    for part in parts {
        let digits = part.get(..2).filter(|digits| !digits.starts_with('+'));
        if let Some(octet) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            octets.push(octet);
            octets.extend(plain(&part[2..]));
        } else {
            octets.push(b'%');
            octets.extend(plain(part));
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}
