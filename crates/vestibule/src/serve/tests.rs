use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use axum::Extension;
use axum::body::Bytes;
use axum::routing::{get, post};
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use vestibule_web::ClientAddress;

use super::metrics::{SIGN_IN_SECONDS, SIGN_INS};
use super::*;

fn options() -> Options {
    Options {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        tls: None,
        trusted_proxies: Vec::new(),
        connections: 8,
        connections_per_address: 8,
        first_request: 1,
    }
}

/// A server under test, its address, and the end that stops it.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

async fn start(options: Options, router: Router) -> Running {
    let server = Server::bind("listen", options).await.unwrap();
    let address = server.address().unwrap();
    let (stop, stopped) = oneshot::channel();
    let done = tokio::spawn(server.run(router, async {
        let _ = stopped.await;
    }));
    Running { address, stop, done }
}

fn router() -> Router {
    Router::new()
        .route("/", get(async || "hello"))
        .route("/client", get(async |Extension(client): Extension<ClientAddress>| client.0.to_string()))
        .route("/host", get(async |headers: http::HeaderMap| format!("{:?}", headers.get("host"))))
        .route("/body", post(async |body: Bytes| body.len().to_string()))
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// Sends `request` and reads one answer with a length, its head and body together.
async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    answer(stream).await
}

async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut octets = Vec::new();
    while !octets.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(octet) => octets.push(octet),
            Err(_) => return String::from_utf8(octets).unwrap(),
        }
    }
    let head = String::from_utf8(octets).unwrap();
    let length = head
        .to_ascii_lowercase()
        .split("content-length: ")
        .nth(1)
        .map_or(0, |rest| rest.split("\r\n").next().unwrap_or_default().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    head + &String::from_utf8(body).unwrap()
}

fn get_of(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: sso.example.com\r\n{headers}\r\n")
}

#[tokio::test]
async fn several_requests_are_answered_on_one_connection() {
    let running = start(options(), router()).await;
    let mut stream = connect(running.address).await;
    for _ in 0..3 {
        assert!(ask(&mut stream, &get_of("/", "")).await.ends_with("\r\n\r\nhello"));
    }
}

#[tokio::test]
async fn the_client_and_its_host_are_told_by_trusted_proxies_alone() {
    let forwarded = "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Host: acme.example.com\r\n";
    let mut trusting = options();
    trusting.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    for (options, client, host) in
        [(options(), "127.0.0.1", "sso.example.com"), (trusting, "198.51.100.7", "acme.example.com")]
    {
        let running = start(options, router()).await;
        let mut stream = connect(running.address).await;
        assert!(ask(&mut stream, &get_of("/client", forwarded)).await.ends_with(&format!("\r\n\r\n{client}")));
        assert!(ask(&mut stream, &get_of("/host", forwarded)).await.contains(host));
    }
}

/// One address cannot hold all sockets: what it opens beyond its share is closed, and served again once it gives one up.
#[tokio::test]
async fn an_address_that_holds_too_many_connections_gets_no_more() {
    let running = start(Options { connections_per_address: 2, ..options() }, router()).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(running.address).await;
        assert!(ask(&mut stream, &get_of("/", "")).await.ends_with("hello"));
        held.push(stream);
    }
    assert!(!is_served(running.address).await);
    assert!(ask(&mut held[1], &get_of("/", "")).await.ends_with("hello"), "what it holds goes on");
    drop(held.remove(0));
    // The server learns of it when it reads.
    while !is_served(running.address).await {
        tokio::task::yield_now().await;
    }
}

/// A trusted proxy speaks for many.
#[tokio::test]
async fn a_trusted_proxy_holds_as_many_connections_as_it_likes() {
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let running = start(Options { connections_per_address: 1, trusted_proxies, ..options() }, router()).await;
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut stream = connect(running.address).await;
        assert!(ask(&mut stream, &get_of("/", "")).await.ends_with("hello"));
        held.push(stream);
    }
}

/// Whether a new connection gets an answer. One that is closed at once may end in any of these calls.
async fn is_served(address: SocketAddr) -> bool {
    let mut stream = connect(address).await;
    let mut answered = [0; 12];
    let sent = stream.write_all(get_of("/", "").as_bytes()).await;
    sent.is_ok() && stream.read_exact(&mut answered).await.is_ok() && &answered == b"HTTP/1.1 200"
}

#[tokio::test]
async fn a_taken_address_is_told_with_its_setting() {
    let first = Server::bind("listen", options()).await.unwrap();
    let listen = first.address().unwrap();
    let error = Server::bind("listen", Options { listen, ..options() }).await.err().unwrap().to_string();
    assert_eq!(
        error,
        format!(
            "listen is {listen}, which cannot be listened on: Address already in use (os error 98); choose an address \
             of \
             this machine and a free port"
        )
    );
}

#[tokio::test]
async fn what_is_under_way_is_answered_before_the_end() {
    let (entered, wait_entered) = oneshot::channel::<()>();
    let (release, wait_release) = oneshot::channel::<()>();
    let gates = Arc::new(std::sync::Mutex::new(Some((entered, wait_release))));
    let slow = move || async move {
        let gate = gates.lock().unwrap().take();
        if let Some((entered, release)) = gate {
            entered.send(()).unwrap();
            release.await.unwrap();
        }
        "done"
    };
    let running = start(options(), Router::new().route("/slow", get(slow))).await;
    let mut idle = connect(running.address).await;
    let mut stream = connect(running.address).await;
    stream.write_all(get_of("/slow", "").as_bytes()).await.unwrap();
    wait_entered.await.unwrap();
    running.stop.send(()).unwrap();
    // The socket is closed first, and so is a connection that asks nothing.
    assert_eq!(idle.read(&mut [0]).await.unwrap_or(0), 0);
    release.send(()).unwrap();
    assert!(answer(&mut stream).await.ends_with("\r\n\r\ndone"));
    running.done.await.unwrap();
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn connections_above_the_bound_wait_for_one_to_end() {
    let running = start(Options { connections: 1, ..options() }, router()).await;
    let mut first = connect(running.address).await;
    assert!(ask(&mut first, &get_of("/", "")).await.ends_with("hello"));
    let mut second = connect(running.address).await;
    second.write_all(get_of("/", "").as_bytes()).await.unwrap();
    // The first is still served, and the second is served when the first is gone.
    assert!(ask(&mut first, &get_of("/", "")).await.ends_with("hello"));
    drop(first);
    assert!(answer(&mut second).await.ends_with("hello"));
}

/// The clock of the test runs ahead whenever nobody has anything to do.
#[tokio::test(start_paused = true)]
async fn a_head_or_a_body_that_does_not_arrive_ends_the_connection() {
    let running = start(options(), router()).await;
    let mut stream = connect(running.address).await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: sso").await.unwrap();
    let told = answer(&mut stream).await;
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 408"), "{told}");
    let mut stream = connect(running.address).await;
    let head = "POST /body HTTP/1.1\r\nHost: sso.example.com\r\nContent-Length: 10\r\n\r\nSAML";
    let told = ask(&mut stream, head).await;
    assert!(told.starts_with("HTTP/1.1 400"), "{told}");
    assert_eq!(stream.read(&mut [0]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn a_head_above_the_bound_is_refused() {
    let running = start(options(), router()).await;
    let mut stream = connect(running.address).await;
    let long = format!("X-Long: {}\r\n", "x".repeat(80 * 1024));
    // The connection may be gone before all of it was sent, and the answer with it.
    let _ = stream.write_all(get_of("/", &long).as_bytes()).await;
    let told = answer(&mut stream).await;
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 431"), "{told}");
}

/// A folder with a certificate and its key, removed at the end.
struct Files(PathBuf);

impl Files {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vestibule-serve-{}-{test}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn tls(&self) -> TlsFiles {
        TlsFiles { certificate: self.0.join("certificate"), key: self.0.join("key") }
    }

    /// Writes another certificate, dated `seconds` after 1970, and returns it in PEM.
    fn renew(&self, seconds: u64) -> String {
        let made = rcgen::generate_simple_self_signed(vec!["sso.example.com".to_owned()]).unwrap();
        fs::write(self.tls().key, made.signing_key.serialize_pem()).unwrap();
        self.write_certificate(&made.cert.pem(), seconds);
        made.cert.pem()
    }

    fn write_certificate(&self, text: &str, seconds: u64) {
        let path = self.tls().certificate;
        fs::write(&path, text).unwrap();
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        fs::File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn shown(certificate: &Certificate) -> Vec<u8> {
    certificate.shown().cert[0].to_vec()
}

fn der(pem: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
}

#[tokio::test]
async fn tls_is_spoken_with_the_certificate_of_the_files() {
    let files = Files::new("tls");
    let pem = files.renew(1);
    let running = start(Options { tls: Some(files.tls()), ..options() }, router()).await;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let connector = TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
    let name = ServerName::try_from("sso.example.com").unwrap();
    let mut stream = connector.connect(name, connect(running.address).await).await.unwrap();
    assert!(ask(&mut stream, &get_of("/", "")).await.ends_with("hello"));
    // Who speaks plain http there is not answered in it.
    let mut plain = connect(running.address).await;
    plain.write_all(get_of("/", "").as_bytes()).await.unwrap();
    assert!(!answer_or_nothing(&mut plain).await.contains("HTTP"));
}

async fn answer_or_nothing(stream: &mut TcpStream) -> String {
    let mut octets = Vec::new();
    let _ = stream.read_to_end(&mut octets).await;
    String::from_utf8_lossy(&octets).into_owned()
}

#[test]
fn a_replaced_certificate_is_shown_from_the_next_look_on() {
    let files = Files::new("replaced");
    let first = files.renew(1);
    let certificate = Certificate::read(&files.tls()).unwrap();
    let seen = certificate.seen();
    assert_eq!(shown(&certificate), der(&first));
    assert_eq!(certificate.look(seen), seen);
    let second = files.renew(2);
    let seen = certificate.look(seen);
    assert_eq!(shown(&certificate), der(&second));
    assert_eq!(certificate.look(seen), seen);
}

#[test]
fn files_that_cannot_be_used_leave_the_certificate_and_are_read_again() {
    let files = Files::new("unusable");
    let first = files.renew(1);
    let certificate = Certificate::read(&files.tls()).unwrap();
    let seen = certificate.seen();
    files.write_certificate("half", 2);
    let seen = certificate.look(seen);
    assert_eq!(shown(&certificate), der(&first));
    fs::remove_file(files.tls().certificate).unwrap();
    let seen = certificate.look(seen);
    assert_eq!(shown(&certificate), der(&first));
    let third = files.renew(3);
    certificate.look(seen);
    assert_eq!(shown(&certificate), der(&third));
}

#[tokio::test]
async fn metrics_are_rendered_with_their_words_and_buckets() {
    let (server, router) = metrics_server(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = server.address().unwrap();
    tokio::spawn(server.run(router, std::future::pending()));
    ::metrics::counter!(SIGN_INS, "outcome" => "refused", "reason" => "audience").increment(2);
    ::metrics::histogram!(SIGN_IN_SECONDS, "outcome" => "refused").record(0.3);
    let told = ask(&mut connect(address).await, &get_of("/metrics", "")).await;
    for wanted in [
        "content-type: text/plain; version=0.0.4",
        "# HELP vestibule_sign_ins_total Sign-ins that came to an end, by outcome and reason",
        "vestibule_sign_ins_total{outcome=\"refused\",reason=\"audience\"} 2",
        "# TYPE vestibule_sign_in_seconds histogram",
        "vestibule_sign_in_seconds_bucket{outcome=\"refused\",le=\"0.25\"} 0",
        "vestibule_sign_in_seconds_bucket{outcome=\"refused\",le=\"0.5\"} 1",
        "vestibule_sign_in_seconds_count{outcome=\"refused\"} 1",
    ] {
        assert!(told.contains(wanted), "{wanted} is not in {told}");
    }
}
