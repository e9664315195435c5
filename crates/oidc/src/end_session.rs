//! What an application asks at the end-session endpoint. OpenID Connect RP-Initiated Logout 1.0 §2.
//!
//! ```text
//! query ─▶ EndSessionRequest ─▶ id_token_hint ours? ─▶ whose client? ─▶ address registered? ─▶ PostLogout
//! ```
//!
//! Unlike an authorization request, nothing of it is answered to an application before all of it is judged: what is
//! wrong is shown.

use crate::authorize::with_query;
use crate::client::{Client, ClientId};
use crate::excerpt::excerpt;
use crate::form::{FormError, Parameters};
use crate::id_token_hint::{IdTokenHint, IdTokenHintError};
use crate::issuer::Issuer;
use crate::jwks::Jwks;
use crate::redirect_uri::{self, Difference, RedirectUri};

/// A request, read and not yet judged. `logout_hint` is passed over; unknown parameters are too, and empty ones count as
/// absent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndSessionRequest {
    /// The ID token of the session that is meant, which one of our keys signed.
    pub hint: Option<IdTokenHint>,
    /// Who asks: the client of `id_token_hint`, of `client_id`, or of both.
    pub client_id: Option<ClientId>,
    /// The languages of pages, the preferred one first.
    pub ui_locales: Option<String>,
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
}

/// Where the browser goes after the logout: an address that the client registered, with `state`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostLogout {
    location: String,
}

impl PostLogout {
    /// The address with `state`.
    pub fn as_str(&self) -> &str {
        &self.location
    }
}

/// Why a request is not followed. It is shown; the application's developer or operator mends it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndSessionError {
    /// The query is too long or broken.
    #[error("the application's logout request cannot be read: {0}")]
    Unreadable(#[from] FormError),
    /// A parameter came more than once.
    #[error("the application's logout request has the parameter '{name}' more than once")]
    Repeated {
        /// The parameter, cut and printable.
        name: String,
    },
    /// `id_token_hint` is no ID token of ours.
    #[error("id_token_hint is not accepted: {0}")]
    Hint(#[from] IdTokenHintError),
    /// A `client_id` that is not registered here. The caller, who knows the clients, makes this one.
    #[error("no application is registered with the client_id '{got}'")]
    ClientUnknown {
        /// What came, cut and printable.
        got: String,
    },
    /// `client_id` is not the one of the hint.
    #[error("client_id is '{got}', but id_token_hint was issued to '{want}'")]
    ClientMismatch {
        /// `client_id`.
        got: ClientId,
        /// The audience of the hint.
        want: ClientId,
    },
    /// An address, and nobody whose it could be.
    #[error("post_logout_redirect_uri came without id_token_hint or client_id; send one of them")]
    ClientMissing,
    /// The client has no registered address at all.
    #[error("the application '{client}' has no post-logout redirect URI registered (post_logout_redirect_uris)")]
    NoAddresses {
        /// The client.
        client: ClientId,
    },
    /// An address that is not registered.
    #[error(
        "the application asked to go on at '{got}', which is not registered (post_logout_redirect_uris); the nearest \
         registered address is '{nearest}': {difference}"
    )]
    Mismatch {
        /// What came, cut and printable.
        got: String,
        /// The registered address that agrees longest.
        nearest: RedirectUri,
        /// How the two differ.
        difference: Difference,
    },
}

impl EndSessionRequest {
    /// Reads `query` (raw: percent-encoded, without the `?`); the body of a POST reads the same. `keys` are those with
    /// which `issuer` signs.
    ///
    /// # Errors
    /// [`EndSessionError`]: unreadable, a hint that is not ours, or one that was issued to another client.
    pub fn parse(query: &str, keys: &Jwks, issuer: &Issuer) -> Result<Self, EndSessionError> {
        let parameters = Parameters::parse(query)?;
        if let Some(name) = parameters.repeated() {
            return Err(EndSessionError::Repeated { name: excerpt(name) });
        }
        let hint = parameters.value("id_token_hint").map(|jws| IdTokenHint::verify(jws, keys, issuer)).transpose()?;
        let client_id = match parameters.value("client_id") {
            None => None,
            Some(text) => {
                let unknown = |_| EndSessionError::ClientUnknown { got: excerpt(text) };
                Some(ClientId::new(text).map_err(unknown)?)
            }
        };
        let client_id = match (client_id, hint.as_ref().map(|hint| hint.client_id.clone())) {
            (Some(got), Some(want)) if got != want => return Err(EndSessionError::ClientMismatch { got, want }),
            (client_id, of_hint) => client_id.or(of_hint),
        };
        let owned = |name| parameters.value(name).map(str::to_owned);
        let (post_logout_redirect_uri, state) = (owned("post_logout_redirect_uri"), owned("state"));
        Ok(Self { hint, client_id, ui_locales: owned("ui_locales"), post_logout_redirect_uri, state })
    }

    /// Where the browser goes afterwards; none where the request does not say. `client` is the one of
    /// [`Self::client_id`], if there is any.
    ///
    /// # Errors
    /// [`EndSessionError`]: an address that is not the client's.
    pub fn post_logout(&self, client: Option<&Client>) -> Result<Option<PostLogout>, EndSessionError> {
        let Some(got) = self.post_logout_redirect_uri.as_deref() else { return Ok(None) };
        let client = client.filter(|client| self.client_id.as_ref() == Some(&client.id));
        let client = client.ok_or(EndSessionError::ClientMissing)?;
        let registered = &client.post_logout_redirect_uris;
        if let Some(address) = redirect_uri::answer_address(registered, got, client.native) {
            let state = self.state.as_deref().map(|state| ("state", state));
            return Ok(Some(PostLogout { location: with_query(&address, state.into_iter()) }));
        }
        let nearest = redirect_uri::nearest(registered, got);
        let difference = nearest.and_then(|uri| uri.difference(got).map(|difference| (uri.clone(), difference)));
        let none = EndSessionError::NoAddresses { client: client.id.clone() };
        Err(difference.map_or(none, |(nearest, difference)| EndSessionError::Mismatch {
            got: excerpt(got),
            nearest,
            difference,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{ClientAuthentication, Pkce};
    use crate::relying_party::tests::key;

    const BYE: &str = "post_logout_redirect_uri=https%3A%2F%2Fapp.example.com%2Fbye";

    fn issuer() -> Issuer {
        Issuer::new("https://sso.example.com").unwrap()
    }

    fn client() -> Client {
        Client {
            id: ClientId::new("board").unwrap(),
            name: "Board".into(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: vec![RedirectUri::new("https://app.example.com/bye").unwrap()],
            native: false,
            pkce: Pkce::Required,
            authentication: ClientAuthentication::ClientSecret { secrets: Vec::new() },
        }
    }

    fn parse(query: &str) -> Result<EndSessionRequest, EndSessionError> {
        EndSessionRequest::parse(query, &Jwks::new([key().jwk().clone()]), &issuer())
    }

    fn hint(audience: &str) -> String {
        let claims = serde_json::json!({"iss": "https://sso.example.com", "sub": "u-1", "aud": audience, "sid": "s-1"});
        format!("id_token_hint={}", key().sign_with_typ("JWT", claims.to_string().as_bytes()).unwrap())
    }

    fn onward(query: &str) -> Result<Option<String>, EndSessionError> {
        let request = parse(query)?;
        request.post_logout(Some(&client())).map(|to| to.map(|to| to.as_str().to_owned()))
    }

    #[test]
    fn the_browser_goes_on_at_a_registered_address_with_state() {
        let there = Some("https://app.example.com/bye?state=a%20%26b".to_owned());
        assert_eq!(onward(&format!("{}&{BYE}&state=a+%26b", hint("board"))), Ok(there.clone()));
        assert_eq!(onward(&format!("client_id=board&{BYE}&state=a+%26b&logout_hint=ada")), Ok(there.clone()));
        assert_eq!(onward(&format!("client_id=board&{}&{BYE}&state=a+%26b", hint("board"))), Ok(there));
        assert_eq!(onward(&format!("client_id=board&{BYE}")), Ok(Some("https://app.example.com/bye".to_owned())));
        assert_eq!(onward(""), Ok(None));
        assert_eq!(onward("state=x&ui_locales=de"), Ok(None));
    }

    #[test]
    fn the_browser_goes_nowhere_else() {
        assert_eq!(onward(BYE), Err(EndSessionError::ClientMissing));
        let (got, want) = (ClientId::new("other").unwrap(), ClientId::new("board").unwrap());
        let mismatch = EndSessionError::ClientMismatch { got: got.clone(), want };
        assert_eq!(onward(&format!("client_id=other&{}&{BYE}", hint("board"))), Err(mismatch));
        // The caller found another client than the request names.
        assert_eq!(onward(&format!("client_id=other&{BYE}")), Err(EndSessionError::ClientMissing));
        for other in ["https://app.example.com/bye/", "https://app.example.com/bye?x=1", "https://evil.test/bye"] {
            let refused = onward(&format!("client_id=board&post_logout_redirect_uri={other}")).unwrap_err();
            assert!(matches!(&refused, EndSessionError::Mismatch { got, .. } if got == other), "{refused}");
        }
        let none = Client { post_logout_redirect_uris: Vec::new(), ..client() };
        let refused = parse(&format!("client_id=board&{BYE}")).unwrap().post_logout(Some(&none));
        assert_eq!(refused, Err(EndSessionError::NoAddresses { client: none.id }));
    }

    #[test]
    fn what_is_not_ours_is_not_believed() {
        let twice = EndSessionError::Repeated { name: "state".into() };
        assert_eq!(parse("state=a&state=b"), Err(twice));
        assert!(matches!(parse("state=%zz"), Err(EndSessionError::Unreadable(_))));
        assert!(matches!(parse("id_token_hint=e30.e30.AA"), Err(EndSessionError::Hint(_))));
        assert_eq!(parse("client_id=a%0Ab"), Err(EndSessionError::ClientUnknown { got: "a?b".into() }));
    }

    /// RFC 8252 §7.3 holds for these addresses too.
    #[test]
    fn a_native_application_goes_on_at_its_port() {
        let own = RedirectUri::new("http://127.0.0.1/bye").unwrap();
        let client = Client { post_logout_redirect_uris: vec![own], native: true, ..client() };
        let request = parse("client_id=board&post_logout_redirect_uri=http://127.0.0.1:51004/bye&state=x").unwrap();
        let to = request.post_logout(Some(&client)).unwrap().unwrap();
        assert_eq!(to.as_str(), "http://127.0.0.1:51004/bye?state=x");
    }
}
