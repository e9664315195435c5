//! `vestibule demo native`: an application in the terminal, as a vendor would write one. RFC 8252.
//!
//! ```text
//! listen at 127.0.0.1, any port ─▶ browser ─▶ Vestibule ─▶ browser at 127.0.0.1/callback ─▶ code, PKCE, no secret ─▶ who
//! ```

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY};
use http::{HeaderMap, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use vestibule_example_axum::{Client, STYLE, Transport, Trouble, Vestibule, http_client};
use vestibule_oidc::relying_party::{CallbackError, Expectation, IdToken, Pending, verify};
use vestibule_oidc::{ClientId, Issuer, RedirectUri};
use vestibule_web::language::Language;

use crate::clock;
use crate::failure::Failure;
use crate::output::{Output, sanitised};
use crate::services;

/// How the demonstration knows it.
const CLIENT_ID: &str = "orchard-native";
/// What it asks to know.
const SCOPE: &str = "openid profile email";
/// How long a browser may take to read the last page.
const LAST_PAGE: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub(crate) struct NativeArgs {
    /// The Vestibule to sign in at.
    #[arg(long, value_name = "URL", default_value = "http://localhost:8400")]
    issuer: String,
    /// Print the address, and open no browser.
    #[arg(long)]
    no_browser: bool,
    /// How long to wait for somebody to sign in, at most 3600.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=3600))]
    wait: u64,
}

/// Runs until somebody is signed in, or nobody came.
pub(crate) fn run(arguments: &NativeArgs) -> Result<Output, Failure> {
    let issuer = Issuer::new(arguments.issuer.trim_end_matches('/'));
    let issuer = issuer.map_err(|error| Failure::Arguments(format!("--issuer: {error}")))?;
    services::block_on(async {
        let transport = http_client(&issuer).map_err(|error| Failure::SignIn(error.to_string()))?;
        let vestibule = Vestibule::new(issuer.clone(), Transport::Http(transport));
        let signed_in = sign_in(issuer, vestibule, Duration::from_secs(arguments.wait), |url| {
            println!("Sign in with your browser, at\n\n  {url}\n");
            let _ = std::io::stdout().flush();
            if !arguments.no_browser {
                open(url);
            }
        });
        Ok(Output { stdout: table(&signed_in.await?), ..Output::status(0) })
    })
}

/// What the address in the browser is answered from.
struct Waiting {
    issuer: Issuer,
    client: Client,
    pending: Pending,
    vestibule: Vestibule,
    outcome: mpsc::Sender<Result<IdToken, Trouble>>,
}

/// Who came. `show` gets the address that has to be opened in a browser.
async fn sign_in(
    issuer: Issuer,
    vestibule: Vestibule,
    patience: Duration,
    show: impl FnOnce(&str),
) -> Result<IdToken, Failure> {
    let failed = |problem: String| Failure::SignIn(problem);
    let provider = vestibule.provider().await.map_err(|trouble| unreachable(&trouble))?;
    let endpoint = provider.authorization_endpoint.clone();
    // Any free port: nobody can reserve one, and Vestibule takes each (RFC 8252 §7.3).
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| failed(error.to_string()))?;
    let port = listener.local_addr().map_err(|error| failed(error.to_string()))?.port();
    let client = Client {
        id: ClientId::new(CLIENT_ID).map_err(|error| failed(error.to_string()))?,
        secret: None,
        redirect_uri: RedirectUri::new(format!("http://127.0.0.1:{port}/callback"))
            .map_err(|error| failed(error.to_string()))?,
    };
    let pending = Pending::from_random(&services::random());
    show(&pending.authorization_url(&endpoint, &client.id, &client.redirect_uri, SCOPE, &[]));

    let (outcome, mut came) = mpsc::channel(1);
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let waiting = Arc::new(Waiting { issuer, client, pending, vestibule, outcome });
    let router = Router::new().route("/callback", get(callback)).with_state(waiting);
    let served = axum::serve(listener, router).with_graceful_shutdown(async {
        let _ = ended.await;
    });
    let served = tokio::spawn(served.into_future());
    let came = tokio::time::timeout(patience, came.recv()).await;
    // The browser still gets its page; a connection that it opened and does not use is not waited for.
    let _ = end.send(());
    let _ = tokio::time::timeout(LAST_PAGE, served).await;
    match came {
        Ok(Some(Ok(token))) => Ok(token),
        Ok(Some(Err(trouble))) => Err(failed(format!("nobody is signed in: {trouble}"))),
        Ok(None) | Err(_) => Err(failed(format!("nobody signed in within {} s; start again", patience.as_secs()))),
    }
}

async fn callback(State(waiting): State<Arc<Waiting>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let language = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let is_german = Language::from_accept_language(language) == Language::German;
    let judged = waiting.judge(&query.unwrap_or_default()).await;
    let status = if judged.is_ok() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let problem = judged.as_ref().err().map(ToString::to_string);
    // Whatever is on this machine can open this address. What is no answer to our question ends nothing.
    let is_an_answer =
        !matches!(judged, Err(Trouble::Callback(ref error)) if !matches!(error, CallbackError::Refused { .. }));
    if is_an_answer {
        // One is enough: whoever opens the address again changes nothing.
        let _ = waiting.outcome.try_send(judged);
    }
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'";
    let headers = [(CACHE_CONTROL, "no-store"), (CONTENT_SECURITY_POLICY, policy), (CONNECTION, "close")];
    match (Done { is_german, problem, style: STYLE }).render() {
        Ok(html) => (status, headers, Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Waiting {
    /// As an application on a server does: is the answer ours, is it the issuer's, is the code good, is the token.
    async fn judge(&self, query: &str) -> Result<IdToken, Trouble> {
        let code = self.pending.check_callback(query, &self.issuer)?;
        let id_token = self.vestibule.redeem(&self.client, &code, &self.pending).await?;
        let keys = self.vestibule.keys().await?;
        let (issuer, audience, nonce) = (&self.issuer, &self.client.id, self.pending.nonce.as_str());
        Ok(verify(&id_token, &keys, &Expectation { issuer, audience, nonce, now: clock::now() })?)
    }
}

/// What the browser shows at the end.
#[derive(Template)]
#[template(path = "native.html")]
struct Done {
    is_german: bool,
    problem: Option<String>,
    style: &'static str,
}

fn unreachable(trouble: &Trouble) -> Failure {
    Failure::SignIn(format!(
        "{trouble} Start vestibule demo in another terminal, or name another Vestibule by --issuer"
    ))
}

/// Opens the browser of this machine, where there is one; who has none opens the address themselves.
fn open(url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let _ = Command::new(program).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

/// Who is signed in.
fn table(token: &IdToken) -> String {
    let account = token.account.as_ref().map(|account| account.path.as_str());
    let rows = [("name", token.name.as_deref()), ("e-mail", token.email.as_deref()), ("account", account)];
    let line =
        |(what, value): (&str, Option<&str>)| format!("  {what:7}  {}\n", sanitised(value.unwrap_or("not told")));
    format!("You are signed in.\n\n{}", rows.into_iter().map(line).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Time stands still but where all wait for it.
    #[tokio::test(start_paused = true)]
    async fn where_nobody_comes_it_ends_with_a_sentence() {
        let document = r#"{"issuer":"http://localhost:8400","authorization_endpoint":"http://localhost:8400/a",
            "token_endpoint":"t","userinfo_endpoint":"u","jwks_uri":"j"}"#;
        let discovery = Router::new().route("/.well-known/openid-configuration", get(move || async move { document }));
        let issuer = Issuer::new("http://localhost:8400").unwrap();
        let vestibule = Vestibule::new(issuer.clone(), Transport::InProcess(discovery));
        let mut shown = String::new();
        let patience = Duration::from_secs(300);
        let ended = sign_in(issuer, vestibule, patience, |url| url.clone_into(&mut shown)).await.unwrap_err();
        assert_eq!(ended.to_string(), "nobody signed in within 300 s; start again");
        assert!(shown.starts_with("http://localhost:8400/a?response_type=code&client_id=orchard-native&"), "{shown}");
        assert!(shown.contains("redirect_uri=http%3A%2F%2F127.0.0.1%3A") && !shown.contains("secret"), "{shown}");
    }

    #[tokio::test]
    async fn a_vestibule_that_does_not_answer_is_named() {
        let issuer = Issuer::new("http://localhost:8400").unwrap();
        let vestibule = Vestibule::new(issuer.clone(), Transport::InProcess(Router::new()));
        let ended =
            sign_in(issuer, vestibule, Duration::from_secs(1), |_| panic!("nothing to open")).await.unwrap_err();
        let said = ended.to_string();
        assert!(said.contains("http://localhost:8400/.well-known/openid-configuration"), "{said}");
        assert!(said.ends_with("Start vestibule demo in another terminal, or name another Vestibule by --issuer"));
    }
}
