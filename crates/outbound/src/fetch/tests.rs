use std::io::Error;
use std::sync::Mutex;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::*;
use crate::resolve::Resolving;

const METADATA: &str = "<EntityDescriptor/>";

/// Answers each lookup with the next of its lists, and with the last one ever after.
#[derive(Debug)]
struct Scripted {
    answers: Vec<Vec<IpAddr>>,
    asked: Mutex<usize>,
}

impl Scripted {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let addresses = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
        Arc::new(Self { answers: answers.iter().map(addresses).collect(), asked: Mutex::new(0) })
    }

    fn times_asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }
}

impl Resolve for Scripted {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        let mut asked = self.asked.lock().unwrap();
        *asked += 1;
        let answer = self.answers.get(*asked - 1).or(self.answers.last()).cloned();
        Box::pin(async move { answer.ok_or_else(|| Error::other("no such host")) })
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn redirect_to(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

/// A server on loopback that answers every request by its target; returns its port. It ends with its runtime.
async fn server(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            serve(stream, &answer).await;
        }
    });
    port
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: impl Fn(&str) -> String) {
    while let Some(head) = head(&mut stream).await {
        let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
        // A client that has seen enough hangs up.
        if stream.write_all(answer(&target).as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

/// The same with TLS for `host`; returns the port and the certificate to trust.
async fn tls_server(host: &str, answer: impl Fn(&str) -> String + Send + Sync + 'static) -> (u16, String) {
    let made = rcgen::generate_simple_self_signed(vec![host.to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                serve(stream, &answer).await;
            }
        }
    });
    (port, made.cert.pem())
}

fn public_only() -> Fetcher {
    Fetcher::new(Reach::PublicOnly { allow: Allow::default() })
}

fn loopback_deployment() -> Fetcher {
    Fetcher::new(Reach::LoopbackDeployment)
}

async fn refused(fetcher: &Fetcher, url: &str) -> FetchError {
    fetcher.metadata(url).await.unwrap_err()
}

/// A24.2.
#[tokio::test]
async fn only_https_is_fetched() {
    for (url, scheme) in [
        ("http://idp.example.com/metadata", "http"),
        ("ftp://idp.example.com/metadata", "ftp"),
        ("gopher://idp.example.com/", "gopher"),
    ] {
        let error = refused(&public_only(), url).await;
        assert!(matches!(&error, FetchError::Scheme { got } if got == scheme), "{error}");
    }
    let error = refused(&loopback_deployment(), "ftp://127.0.0.1/metadata").await;
    assert!(matches!(error, FetchError::Scheme { .. }), "{error}");
}

#[tokio::test]
async fn what_is_no_url_is_refused() {
    for url in ["", "idp.example.com/metadata", "/etc/passwd", "file:///etc/passwd", "data:text/xml,x"] {
        let error = refused(&public_only(), url).await;
        assert!(matches!(error, FetchError::NotAUrl { .. }), "{url}: {error}");
    }
}

#[tokio::test]
async fn a_password_in_the_address_is_refused_and_not_repeated() {
    let error = refused(&public_only(), "https://alice:wonderland@idp.example.com/").await;
    assert!(matches!(error, FetchError::Credentials));
    assert!(!error.to_string().contains("wonderland"));
}

/// A24.2: the literal forms that browsers and C libraries take for an address too.
#[tokio::test]
async fn an_address_that_is_not_public_is_refused_however_it_is_written() {
    for (host, wanted) in [
        ("127.0.0.1", Range::Loopback),
        ("127.1", Range::Loopback),
        ("0x7f000001", Range::Loopback),
        ("2130706433", Range::Loopback),
        ("0177.0.0.1", Range::Loopback),
        ("[::1]", Range::Loopback),
        ("[::ffff:10.0.0.1]", Range::Private),
        ("169.254.169.254", Range::LinkLocal),
        ("[fd00::1]", Range::UniqueLocal),
        ("0.0.0.0", Range::Unspecified),
    ] {
        let error = refused(&public_only(), &format!("https://{host}/")).await;
        assert!(matches!(error, FetchError::Address { range, .. } if range == wanted), "{host}: {error}");
    }
}

/// A24.2.
#[tokio::test]
async fn a_name_with_one_address_that_is_not_public_is_refused() {
    let names = Scripted::new(&[&["192.0.1.1", "10.0.0.7"]]);
    let error = refused(&public_only().resolving_by(names), "https://idp.example.com/metadata").await;
    assert_eq!(
        error.to_string(),
        "idp.example.com has the private address 10.0.0.7, and only public addresses are fetched from; the operator \
         can list the host or its network in fetch.allow, or download the document and upload the file"
    );
}

#[tokio::test]
async fn a_name_without_an_address_is_refused() {
    for names in [Scripted::new(&[]), Scripted::new(&[&[]])] {
        let error = refused(&public_only().resolving_by(names), "https://idp.example.com/").await;
        assert!(matches!(&error, FetchError::Unresolvable { host, .. } if host == "idp.example.com"), "{error}");
    }
}

/// A24.2: the name server says something else once the address was judged, and nobody asks it.
#[tokio::test]
async fn a_name_that_changes_its_address_is_still_fetched_from_the_one_that_was_judged() {
    let port = server(|target| if target == "/" { redirect_to("/again") } else { ok(METADATA) }).await;
    let names = Scripted::new(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let fetcher = loopback_deployment().resolving_by(names.clone());
    let came = fetcher.metadata(&format!("http://idp.example.com:{port}/")).await.unwrap();
    assert_eq!(came.document, METADATA.as_bytes());
    assert_eq!(came.url, format!("http://idp.example.com:{port}/again"));
    assert_eq!(names.times_asked(), 1);
}

/// A24.2.
#[tokio::test]
async fn a_listed_network_or_host_is_fetched_by_https_and_marked() {
    let (port, certificate) = tls_server("idp.example.com", |_| ok(METADATA)).await;
    let network = Allow { networks: vec!["127.0.0.0/8".parse().unwrap()], ..Allow::default() };
    let host = Allow { hosts: vec!["IdP.example.com".to_owned()], ..Allow::default() };
    for allow in [network, host] {
        let fetcher = Fetcher::new(Reach::PublicOnly { allow }).resolving_by(Scripted::new(&[&["127.0.0.1"]]));
        let fetcher = fetcher.trusting_only(certificate.as_bytes()).unwrap();
        let came = fetcher.metadata(&format!("https://idp.example.com:{port}/")).await.unwrap();
        assert_eq!(came.document, METADATA.as_bytes());
        let address = Exception::Address { address: "127.0.0.1".parse().unwrap(), range: Range::Loopback };
        assert_eq!(came.exceptions, [address]);
        let error = refused(&fetcher, &format!("http://idp.example.com:{port}/")).await;
        assert!(matches!(error, FetchError::Scheme { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_listed_host_does_not_list_those_below_it() {
    let allow = Allow { hosts: vec!["example.com".to_owned()], ..Allow::default() };
    let fetcher = Fetcher::new(Reach::PublicOnly { allow }).resolving_by(Scripted::new(&[&["10.0.0.1"]]));
    let error = refused(&fetcher, "https://idp.example.com/").await;
    assert!(matches!(error, FetchError::Address { range: Range::Private, .. }), "{error}");
}

#[tokio::test]
async fn a_certificate_of_nobody_we_trust_is_told_from_a_broken_connection() {
    let (port, _) = tls_server("idp.example.com", |_| ok(METADATA)).await;
    let (_, other) = tls_server("idp.example.com", |_| ok(METADATA)).await;
    let allow = Allow { networks: vec!["127.0.0.0/8".parse().unwrap()], ..Allow::default() };
    let fetcher = Fetcher::new(Reach::PublicOnly { allow }).resolving_by(Scripted::new(&[&["127.0.0.1"]]));
    let fetcher = fetcher.trusting_only(other.as_bytes()).unwrap();
    let error = refused(&fetcher, &format!("https://idp.example.com:{port}/")).await;
    assert!(matches!(error, FetchError::Certificate { .. }), "{error}");
}

/// A24.2: the loopback exception, marked.
#[tokio::test]
async fn a_deployment_on_loopback_fetches_http_and_says_so() {
    let port = server(|_| ok(METADATA)).await;
    let came = loopback_deployment().metadata(&format!("http://127.0.0.1:{port}/m")).await.unwrap();
    let address = Exception::Address { address: "127.0.0.1".parse().unwrap(), range: Range::Loopback };
    assert_eq!(came.exceptions, [address, Exception::PlainHttp]);
}

/// A24.2.
#[tokio::test]
async fn a_deployment_on_loopback_still_fetches_nothing_link_local() {
    let error = refused(&loopback_deployment(), "http://169.254.169.254/latest/meta-data/").await;
    assert!(matches!(error, FetchError::Address { range: Range::LinkLocal, .. }), "{error}");
}

/// A24.2.
#[tokio::test]
async fn a_redirect_to_another_host_is_refused() {
    for location in ["http://other.example.com/", "//127.0.0.1/", "http://localhost/", "file:///etc/passwd"] {
        let port = server(move |_| redirect_to(location)).await;
        let fetcher = loopback_deployment().resolving_by(Scripted::new(&[&["127.0.0.1"]]));
        let error = refused(&fetcher, &format!("http://idp.example.com:{port}/")).await;
        assert!(matches!(error, FetchError::RedirectElsewhere { .. }), "{location}: {error}");
    }
}

/// A24.2.
#[tokio::test]
async fn a_redirect_from_https_to_http_is_refused() {
    let (port, certificate) = tls_server("localhost", |_| redirect_to("http://localhost/")).await;
    let fetcher = loopback_deployment().resolving_by(Scripted::new(&[&["127.0.0.1"]]));
    let fetcher = fetcher.trusting_only(certificate.as_bytes()).unwrap();
    let error = refused(&fetcher, &format!("https://localhost:{port}/")).await;
    assert!(matches!(error, FetchError::Scheme { .. }), "{error}");
}

#[tokio::test]
async fn the_third_redirect_is_followed_and_the_fourth_is_not() {
    let chain = |target: &str| match target {
        "/0" => redirect_to("/1"),
        "/1" => redirect_to("/2"),
        "/2" => redirect_to("/3"),
        "/3" => redirect_to("/4"),
        _ => ok(METADATA),
    };
    let port = server(chain).await;
    let fetcher = loopback_deployment();
    assert_eq!(fetcher.metadata(&format!("http://127.0.0.1:{port}/1")).await.unwrap().document, METADATA.as_bytes());
    let error = refused(&fetcher, &format!("http://127.0.0.1:{port}/0")).await;
    assert!(matches!(error, FetchError::RedirectsTooOften { .. }), "{error}");
}

#[tokio::test]
async fn a_redirect_without_a_place_is_refused() {
    let port = server(|_| "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n".to_owned()).await;
    let error = refused(&loopback_deployment(), &format!("http://127.0.0.1:{port}/")).await;
    assert!(matches!(error, FetchError::RedirectNowhere { .. }), "{error}");
}

/// A24.2: whether the length is told before or not.
#[tokio::test]
async fn a_document_above_the_bound_is_cut_off() {
    let told = server(|_| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", Fetcher::MAX_BYTES + 1)).await;
    let untold = server(|_| {
        let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, "x".repeat(1 << 20));
        // Without its end: only who stops reading in time gets an answer at all.
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}", chunk.repeat(6))
    })
    .await;
    for port in [told, untold] {
        let error = refused(&loopback_deployment(), &format!("http://127.0.0.1:{port}/")).await;
        assert!(matches!(error, FetchError::TooLarge { .. }), "{error}");
    }
}

/// A24.2.
#[tokio::test]
async fn a_document_of_exactly_the_bound_is_fetched() {
    let port = server(|_| ok(&"x".repeat(Fetcher::MAX_BYTES))).await;
    let came = loopback_deployment().metadata(&format!("http://127.0.0.1:{port}/")).await.unwrap();
    assert_eq!(came.document.len(), Fetcher::MAX_BYTES);
}

/// A24.2. The clock of the test runs ahead whenever nobody has anything to do.
#[tokio::test(start_paused = true)]
async fn a_server_that_never_finishes_is_given_up() {
    let silent = server(|_| String::new()).await;
    let unfinished = server(|_| "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<Entity".to_owned()).await;
    for port in [silent, unfinished] {
        let error = refused(&loopback_deployment(), &format!("http://127.0.0.1:{port}/")).await;
        assert_eq!(
            error.to_string(),
            "127.0.0.1 did not deliver within 10 seconds; try again, or download the document and upload the file"
        );
    }
}

#[tokio::test]
async fn another_status_than_200_is_refused() {
    let port = server(|_| "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned()).await;
    let error = refused(&loopback_deployment(), &format!("http://127.0.0.1:{port}/")).await;
    assert!(matches!(error, FetchError::Status { got: 404, .. }), "{error}");
}

#[tokio::test]
async fn a_compressed_document_is_refused_and_none_is_asked_for() {
    let port = server(|_| "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n".to_owned()).await;
    let error = refused(&loopback_deployment(), &format!("http://127.0.0.1:{port}/")).await;
    assert!(matches!(&error, FetchError::Encoded { got, .. } if got == "gzip"), "{error}");
}

#[tokio::test]
async fn a_closed_port_is_a_connection_that_failed() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error = refused(&loopback_deployment(), &format!("http://127.0.0.1:{port}/")).await;
    assert!(matches!(&error, FetchError::Connection { reason, .. } if reason.contains("refused")), "{error}");
}

#[test]
fn a_file_without_a_certificate_is_no_authority() {
    assert!(public_only().trusting_only(b"-----BEGIN NONSENSE-----").is_err());
}

/// A24.2: what is posted is guarded as what is fetched, and goes to that address alone.
#[tokio::test]
async fn a_form_is_posted_to_the_address_itself_or_nowhere() {
    let port = server(|target| match target {
        "/taken" => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        "/moved" => redirect_to("/taken"),
        _ => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
    })
    .await;
    let at = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let fetcher = loopback_deployment();
    // Without a body: the server of these tests reads none.
    fetcher.post(&at("/taken"), &[]).await.unwrap();
    for (path, status) in [("/moved", 302), ("/down", 503)] {
        let error = fetcher.post(&at(path), &[]).await.unwrap_err();
        assert!(matches!(error, FetchError::Status { got, .. } if got == status), "{path}: {error}");
    }
    let error = public_only().post(&at("/taken"), &[]).await.unwrap_err();
    assert!(matches!(error, FetchError::Scheme { .. }), "{error}");
    let error = public_only().post(&format!("https://127.0.0.1:{port}/taken"), &[]).await.unwrap_err();
    assert!(matches!(error, FetchError::Address { range: Range::Loopback, .. }), "{error}");
    let inside = public_only().resolving_by(Scripted::new(&[&["203.0.113.1", "10.0.0.1"]]));
    let error = inside.post("https://app.example.com/logout", &[]).await.unwrap_err();
    assert!(matches!(error, FetchError::Address { .. }), "{error}");
}

/// Standard Webhooks: every answer is told, none is followed, and what was asked for as a pause is handed on.
#[tokio::test]
async fn json_is_posted_to_the_address_itself_and_any_answer_is_told() {
    let port = server(|target| match target {
        "/taken" => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        "/moved" => redirect_to("/taken"),
        _ => "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nRetry-After: 7\r\nConnection: close\r\n\r\n"
            .to_owned(),
    })
    .await;
    let at = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let fetcher = loopback_deployment();
    let headers = [("webhook-id", "1"), ("webhook-signature", "a line\nbreak")];
    for (path, status, retry_after) in [("/taken", 204, None), ("/moved", 302, None), ("/crowded", 429, Some("7"))] {
        // Without a body: the server of these tests reads none.
        let answered = fetcher.post_json(&at(path), &headers, String::new()).await.unwrap();
        assert_eq!(answered, Answered { status, retry_after: retry_after.map(str::to_owned) }, "{path}");
    }
    let error = public_only().post_json(&at("/taken"), &[], String::new()).await.unwrap_err();
    assert!(matches!(error, FetchError::Scheme { .. }), "{error}");
    let inside = public_only().resolving_by(Scripted::new(&[&["203.0.113.1", "10.0.0.1"]]));
    let error = inside.post_json("https://app.example.com/hook", &[], String::new()).await.unwrap_err();
    assert!(matches!(error, FetchError::Address { .. }), "{error}");
}
