//! The crate `openidconnect`, in the steps that `e2e/src/peers/openid_client.mjs` has too.

use std::collections::BTreeMap;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreProviderMetadata, CoreTokenResponse,
    CoreUserInfoClaims,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IntrospectionUrl, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, RevocationUrl, Scope, StandardErrorResponse, TokenIntrospectionResponse as _,
    TokenResponse as _, http,
};
use serde_json::{Value, json};
use vestibule_e2e::http::{Client, HttpError, Request};

type Provided = CoreClient<EndpointSet, EndpointNotSet, EndpointSet, EndpointSet, EndpointMaybeSet, EndpointMaybeSet>;

/// What comes of a step.
pub(crate) fn step(told: &Value) -> Value {
    let client = provided(told);
    match told["step"].as_str().unwrap() {
        "begin" => begin(&client),
        "refused" => json!({ "error": refused(&client, told) }),
        "finish" => finish(&client, told),
        other => panic!("no step {other}"),
    }
}

fn provided(told: &Value) -> Provided {
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    let issuer = text("issuer");
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(issuer.clone()).unwrap(), &send).unwrap();
    // It takes revocation over TLS alone; `send` goes there without.
    let revocation = format!("{}/oidc/revoke", issuer.replacen("http:", "https:", 1));
    CoreClient::from_provider_metadata(metadata, ClientId::new(text("id")), Some(ClientSecret::new(text("secret"))))
        .set_redirect_uri(RedirectUrl::new(text("redirect")).unwrap())
        .set_introspection_url(IntrospectionUrl::new(format!("{issuer}/oidc/introspect")).unwrap())
        .set_revocation_url(RevocationUrl::new(revocation).unwrap())
}

fn begin(client: &Provided) -> Value {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["profile", "email"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    json!({ "url": url, "begun": { "state": state.secret(), "nonce": nonce.secret(), "verifier": verifier.secret() } })
}

/// The parameters of the callback, whose state is the one that was sent: it is for the application to compare.
fn callback(told: &Value) -> BTreeMap<String, String> {
    let url = openidconnect::url::Url::parse(told["callback"].as_str().unwrap()).unwrap();
    let parameters: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(parameters["state"], told["begun"]["state"].as_str().unwrap());
    parameters
}

fn exchange(client: &Provided, told: &Value) -> Result<CoreTokenResponse, String> {
    let mut parameters = callback(told);
    let verifier = PkceCodeVerifier::new(told["begun"]["verifier"].as_str().unwrap().to_owned());
    let code = AuthorizationCode::new(parameters.remove("code").unwrap());
    client.exchange_code(code).unwrap().set_pkce_verifier(verifier).request(&send).map_err(|error| code_of(&error))
}

fn refused(client: &Provided, told: &Value) -> String {
    exchange(client, told).err().unwrap_or_else(|| "no refusal".to_owned())
}

fn finish(client: &Provided, told: &Value) -> Value {
    let first = exchange(client, told).unwrap();
    let id_token = first.id_token().unwrap();
    let nonce = Nonce::new(told["begun"]["nonce"].as_str().unwrap().to_owned());
    let claims = id_token.claims(&client.id_token_verifier(), &nonce).unwrap();
    let info = client.user_info(first.access_token().clone(), Some(claims.subject().clone())).unwrap();
    let info: CoreUserInfoClaims = info.request(&send).unwrap();
    let introspected = |token| client.introspect(token).request(&send).unwrap();
    let told_of_it = introspected(first.access_token());
    let renew = |tokens: &CoreTokenResponse| {
        let request = client.exchange_refresh_token(tokens.refresh_token().unwrap()).unwrap();
        request.request(&send).map_err(|error| code_of(&error))
    };
    let second = renew(&first).unwrap();
    client.revoke_token(second.access_token().into()).unwrap().request(&send).unwrap();
    let own = client.exchange_client_credentials().unwrap().add_scope(Scope::new("orders:read".to_owned()));
    let own = own.request(&send).unwrap();
    json!({
        "alg": id_token.signing_alg().unwrap(),
        "claims": shown(json!(claims)),
        "info": shown(json!(info)),
        "told": { "active": told_of_it.active(), "sub": told_of_it.sub() },
        "renewed": first.refresh_token().unwrap().secret() != second.refresh_token().unwrap().secret(),
        "revoked": { "active": introspected(second.access_token()).active() },
        "again": renew(&first).err(),
        "family": renew(&second).err(),
        "own": own.scopes().unwrap()[0].as_str(),
    })
}

/// A list of one is a value, as it came.
fn shown(mut claims: Value) -> Value {
    if let Some([audience]) = claims["aud"].as_array().map(Vec::as_slice) {
        claims["aud"] = audience.clone();
    }
    claims
}

/// The code of a refusal.
fn code_of(error: &RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>) -> String {
    match error {
        RequestTokenError::ServerResponse(response) => response.error().as_ref().to_owned(),
        other => format!("{other:?}"),
    }
}

/// Over our own client, which knows `http` alone.
#[expect(clippy::needless_pass_by_value, reason = "the crate hands its requests over")]
fn send(request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let url = request.uri().to_string().replacen("https:", "http:", 1);
    let headers = request.headers().iter();
    let headers: Vec<_> = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let (method, body) = (request.method().as_str(), request.body().as_slice());
    let answer = Client::new().send(&Request { method, url: &url, headers: &headers, body, from: None })?;
    let mut response = http::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    Ok(response.body(answer.body).expect("headers that came are headers"))
}
