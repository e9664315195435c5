//! A document fetched from an address that somebody typed, or a form posted to one (threats A24.2).

use std::error::Error as StdError;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use std::{io, iter};

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::{Certificate, Client, Response, StatusCode, Url, dns, redirect};
use thiserror::Error;

use crate::address::{Network, Range};
use crate::resolve::{Resolve, SystemNames};

/// Which places may be fetched from.
#[derive(Clone, Debug)]
pub enum Reach {
    /// `https` only, and only public addresses but for those that the operator lists.
    PublicOnly {
        /// The exceptions. Default: none.
        allow: Allow,
    },
    /// The deployment's own public URL is a loopback host: somebody tries Vestibule on their own machine. `http` and
    /// loopback and private addresses are reached too, and the result says that they were.
    LoopbackDeployment,
}

/// Places that are reached although their addresses are not public: `fetch.allow` of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Allow {
    /// DNS names, compared without case. Only the name itself, not those below it.
    pub hosts: Vec<String>,
    /// Networks.
    pub networks: Vec<Network>,
}

/// Fetches documents. Cheap to clone; opens and reads nothing before it is used.
#[derive(Clone, Debug)]
pub struct Fetcher {
    reach: Reach,
    names: Arc<dyn Resolve>,
    authorities: Option<Vec<Certificate>>,
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The body, not decoded; at most [`Fetcher::MAX_BYTES`].
    pub document: Vec<u8>,
    /// Where it came from, after redirects.
    pub url: String,
    /// What would not be reached without an exception. To be marked wherever the document is used.
    pub exceptions: Vec<Exception>,
}

/// What the other side answered to something that was posted. Its body is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// `Retry-After`, as it stands there.
    pub retry_after: Option<String>,
}

/// A rule that did not hold and was excepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exception {
    /// The document came over plain `http`: anybody on the way can have changed it.
    PlainHttp,
    /// The host has an address that is not public.
    Address {
        /// The address.
        address: IpAddr,
        /// Where it belongs.
        range: Range,
    },
}

/// Why nothing was fetched.
#[derive(Debug, Error)]
pub enum FetchError {
    /// No absolute URL.
    #[error("{got:?} is not a URL; give the whole address, beginning with https://")]
    NotAUrl {
        /// What was given.
        got: String,
    },
    /// Neither `https` nor, where it is allowed, `http`.
    #[error(
        "the address begins with {got}://, and only https:// is fetched; give the https address of the same document, \
         or download it and upload the file"
    )]
    Scheme {
        /// The scheme.
        got: String,
    },
    /// A user name or a password before the host.
    #[error("the address has a user name or password before its host, which would be stored and shown; leave them out")]
    Credentials,
    /// The name has no address.
    #[error(
        "no address was found for {host} ({reason}); check the spelling, or ask the operator whether the server can \
        resolve it"
    )]
    Unresolvable {
        /// The host of the URL.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// An address of the host is not public. Nothing was connected to.
    #[error(
        "{host} has the {range} address {address}, and only public addresses are fetched from; the operator can list \
         the host or its network in fetch.allow, or download the document and upload the file", range = .range.name()
    )]
    Address {
        /// The host of the URL.
        host: String,
        /// The first of its addresses that is refused.
        address: IpAddr,
        /// Where it belongs.
        range: Range,
    },
    /// The host's certificate is not trusted.
    #[error(
        "the certificate of {host} is not accepted ({reason}); whoever runs {host} has to renew or complete it, or the \
         operator has to trust its authority (fetch.authorities)"
    )]
    Certificate {
        /// The host of the URL.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No connection, or it broke.
    #[error("{host} cannot be reached or stopped in the middle ({reason}); try again, then ask whoever runs {host}")]
    Connection {
        /// The host of the URL.
        host: String,
        /// What the system said.
        reason: String,
    },
    /// Another status than 200.
    #[error("{host} answered with status {got} where 200 was wanted; open the address in a browser and correct it")]
    Status {
        /// The host of the URL.
        host: String,
        /// The status.
        got: u16,
    },
    /// A redirect without an address, or with one that is none.
    #[error("{host} redirects without saying where to; whoever runs {host} has to mend that")]
    RedirectNowhere {
        /// The host of the URL.
        host: String,
    },
    /// A redirect to a host that was not judged.
    #[error(
        "{from} redirects to {to}, and redirects are followed only on the same host; if that is the right host, give \
        its address"
    )]
    RedirectElsewhere {
        /// The host of the URL.
        from: String,
        /// The host in the answer.
        to: String,
    },
    /// A redirect after [`Fetcher::MAX_REDIRECTS`] others.
    #[error("{host} redirects more than {max} times; give the address where that ends", max = Fetcher::MAX_REDIRECTS)]
    RedirectsTooOften {
        /// The host of the URL.
        host: String,
    },
    /// A compressed answer, though none was asked for.
    #[error(
        "{host} sends its answer encoded as {got}, which was not asked for; whoever runs {host} has to turn that off"
    )]
    Encoded {
        /// The host of the URL.
        host: String,
        /// The value of Content-Encoding.
        got: String,
    },
    /// More than [`Fetcher::MAX_BYTES`].
    #[error(
        "the document at {host} has more than {max} bytes; give the address of one tenant's or one application's \
         metadata, or have the operator upload the file", max = Fetcher::MAX_BYTES
    )]
    TooLarge {
        /// The host of the URL.
        host: String,
    },
    /// Not complete within [`Fetcher::TIME`].
    #[error(
        "{host} did not deliver within {} seconds; try again, or download the document and upload the file",
         Fetcher::TIME.as_secs()
    )]
    TooSlow {
        /// The host of the URL.
        host: String,
    },
    /// The machine has no root certificates, or unusable ones.
    #[error(
        "no TLS connection can be made from this server ({reason}); the operator has to install root certificates, \
        for example the package ca-certificates, or name a file in fetch.authorities"
    )]
    NoAuthorities {
        /// What the TLS library said.
        reason: String,
    },
}

/// A file of certificate authorities that cannot be used.
#[derive(Debug, Error)]
#[error("no certificate in PEM was found; the file holds one or more BEGIN CERTIFICATE blocks, each an authority")]
pub struct AuthoritiesError;

impl Fetcher {
    /// The time for everything, from the name to the last octet.
    pub const TIME: Duration = Duration::from_secs(10);
    /// The most octets of a document.
    pub const MAX_BYTES: usize = 5 * 1024 * 1024;
    /// How many redirects are followed, all of them on the same host.
    pub const MAX_REDIRECTS: usize = 3;

    /// A fetcher that trusts the certificate authorities of the machine (`SSL_CERT_FILE` and `SSL_CERT_DIR` name
    /// others) and resolves names as the machine does.
    pub fn new(reach: Reach) -> Self {
        Self { reach, names: Arc::new(SystemNames), authorities: None }
    }

    /// The same reaching this host too, whatever its addresses are: for looking at our own.
    #[must_use]
    pub fn reaching(mut self, host: &str) -> Self {
        if let Reach::PublicOnly { allow } = &mut self.reach {
            allow.hosts.push(host.to_owned());
        }
        self
    }

    /// The same with another source of addresses.
    #[must_use]
    pub fn resolving_by(self, names: Arc<dyn Resolve>) -> Self {
        Self { names, ..self }
    }

    /// The same trusting only these authorities, certificates in PEM, and not those of the machine.
    ///
    /// # Errors
    /// There is no certificate in `pem`.
    pub fn trusting_only(self, pem: &[u8]) -> Result<Self, AuthoritiesError> {
        let authorities = Certificate::from_pem_bundle(pem).map_err(|_| AuthoritiesError)?;
        if authorities.is_empty() {
            return Err(AuthoritiesError);
        }
        Ok(Self { authorities: Some(authorities), ..self })
    }

    /// Fetches the document at `url`, which a customer's administrator may have written.
    ///
    /// The name is resolved once. Every address has to be allowed, and only those that were judged are connected to,
    /// whatever the name server answers a moment later. Redirects are followed on the same host alone. Proxies of the
    /// environment are not used: they would resolve the name again.
    ///
    /// # Errors
    /// See [`FetchError`]; each says what came, what was wanted and who mends it.
    pub async fn metadata(&self, url: &str) -> Result<Fetched, FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::NotAUrl { got: url.to_owned() })?;
        let host = url.host_str().ok_or_else(|| FetchError::NotAUrl { got: url.to_string() })?.to_owned();
        let limited = tokio::time::timeout(Self::TIME, self.fetch(url, &host)).await;
        limited.unwrap_or(Err(FetchError::TooSlow { host }))
    }

    async fn fetch(&self, mut url: Url, host: &str) -> Result<Fetched, FetchError> {
        self.judge_url(&url)?;
        let mut exceptions = Vec::new();
        let addresses = self.addresses(host, &mut exceptions).await?;
        let client = self.client(host, addresses)?;
        let mut redirects = 0;
        loop {
            if url.scheme() == "http" && !exceptions.contains(&Exception::PlainHttp) {
                exceptions.push(Exception::PlainHttp);
            }
            let response = client.get(url.clone()).send().await.map_err(|error| failed(host, &error))?;
            if !response.status().is_redirection() {
                let document = body(response, host).await?;
                return Ok(Fetched { document, url: url.into(), exceptions });
            }
            redirects += 1;
            if redirects > Self::MAX_REDIRECTS {
                return Err(FetchError::RedirectsTooOften { host: host.to_owned() });
            }
            url = redirected(&url, &response, host)?;
            self.judge_url(&url)?;
        }
    }

    /// Posts a form to `url`, which an operator or a customer's administrator may have written, and wants an answer of
    /// success; what it says is not read. Guarded as [`metadata`](Self::metadata) is, and no redirect is followed: what is
    /// posted is for that address alone.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn post(&self, url: &str, form: &[(&str, &str)]) -> Result<(), FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::NotAUrl { got: url.to_owned() })?;
        let host = url.host_str().ok_or_else(|| FetchError::NotAUrl { got: url.to_string() })?.to_owned();
        let limited = tokio::time::timeout(Self::TIME, self.send(url, &host, form)).await;
        limited.unwrap_or(Err(FetchError::TooSlow { host }))
    }

    async fn send(&self, url: Url, host: &str, form: &[(&str, &str)]) -> Result<(), FetchError> {
        self.judge_url(&url)?;
        let addresses = self.addresses(host, &mut Vec::new()).await?;
        let client = self.client(host, addresses)?;
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        let status = request.send().await.map_err(|error| failed(host, &error))?.status();
        if status.is_success() {
            return Ok(());
        }
        Err(FetchError::Status { host: host.to_owned(), got: status.as_u16() })
    }

    /// Posts JSON to `url` with these further headers, and tells what was answered, whatever it is. Guarded as
    /// [`post`](Self::post) is.
    ///
    /// # Errors
    /// See [`FetchError`]; a status is none.
    pub async fn post_json(
        &self,
        url: &str,
        headers: &[(&'static str, &str)],
        body: String,
    ) -> Result<Answered, FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::NotAUrl { got: url.to_owned() })?;
        let host = url.host_str().ok_or_else(|| FetchError::NotAUrl { got: url.to_string() })?.to_owned();
        let limited = tokio::time::timeout(Self::TIME, self.send_json(url, &host, headers, body)).await;
        limited.unwrap_or(Err(FetchError::TooSlow { host }))
    }

    async fn send_json(
        &self,
        url: Url,
        host: &str,
        headers: &[(&'static str, &str)],
        body: String,
    ) -> Result<Answered, FetchError> {
        self.judge_url(&url)?;
        let addresses = self.addresses(host, &mut Vec::new()).await?;
        let client = self.client(host, addresses)?;
        let mut request = client.post(url).header(CONTENT_TYPE, "application/json").body(body);
        for (name, value) in headers {
            // A value that is none is sent as nothing: the other side refuses it, and says so.
            let value = HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""));
            request = request.header(HeaderName::from_static(name), value);
        }
        let response = request.send().await.map_err(|error| failed(host, &error))?;
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        Ok(Answered { status: response.status().as_u16(), retry_after: retry_after.map(str::to_owned) })
    }

    fn judge_url(&self, url: &Url) -> Result<(), FetchError> {
        match (url.scheme(), &self.reach) {
            ("https", _) | ("http", Reach::LoopbackDeployment) => {}
            (got, _) => return Err(FetchError::Scheme { got: got.to_owned() }),
        }
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        if is_anonymous { Ok(()) } else { Err(FetchError::Credentials) }
    }

    /// The addresses of the host, each of which may be connected to.
    async fn addresses(&self, host: &str, exceptions: &mut Vec<Exception>) -> Result<Vec<IpAddr>, FetchError> {
        let addresses = match literal(host) {
            Some(address) => vec![address],
            None => self.resolved(host).await?,
        };
        for address in &addresses {
            let range = Range::of(*address);
            if range == Range::Public {
                continue;
            }
            // One address that is refused spoils the others: who answers with a mixture is feeling their way in.
            if !self.is_allowed(host, *address, range) {
                return Err(FetchError::Address { host: host.to_owned(), address: *address, range });
            }
            exceptions.push(Exception::Address { address: *address, range });
        }
        Ok(addresses)
    }

    async fn resolved(&self, host: &str) -> Result<Vec<IpAddr>, FetchError> {
        let unresolvable = |reason: String| FetchError::Unresolvable { host: host.to_owned(), reason };
        let addresses = self.names.resolve(host).await.map_err(|error| unresolvable(error.to_string()))?;
        if addresses.is_empty() { Err(unresolvable("the name has no address".to_owned())) } else { Ok(addresses) }
    }

    fn is_allowed(&self, host: &str, address: IpAddr, range: Range) -> bool {
        match &self.reach {
            Reach::PublicOnly { allow } => {
                let name = host.strip_suffix('.').unwrap_or(host);
                allow.hosts.iter().any(|listed| listed.eq_ignore_ascii_case(name))
                    || allow.networks.iter().any(|network| network.contains(address))
            }
            // Link-local is left out on purpose: there a machine in a cloud finds its own credentials.
            Reach::LoopbackDeployment => matches!(range, Range::Loopback | Range::Private | Range::UniqueLocal),
        }
    }

    /// A client that connects to `addresses` under the name `host`, and to nothing else under any other name.
    fn client(&self, host: &str, addresses: Vec<IpAddr>) -> Result<Client, FetchError> {
        let builder = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .dns_resolver(Pinned { host: host.to_owned(), addresses })
            .user_agent(concat!("Vestibule/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers());
        let builder = match &self.authorities {
            Some(authorities) => builder.tls_certs_only(authorities.iter().cloned()),
            None => builder,
        };
        builder.build().map_err(|error| FetchError::NoAuthorities { reason: innermost(&error) })
    }
}

fn headers() -> reqwest::header::HeaderMap {
    let accept = "application/samlmetadata+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1";
    // What is small on the wire and large in memory is not worth the bytes it saves.
    [(ACCEPT, accept), (ACCEPT_ENCODING, "identity")]
        .into_iter()
        .map(|(name, value)| (name, reqwest::header::HeaderValue::from_static(value)))
        .collect()
}

/// The address in a URL that names no host: `127.0.0.1`, `[::1]`.
fn literal(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok()
}

/// Where a redirect leads, on the same host and not from https to http.
fn redirected(from: &Url, response: &Response, host: &str) -> Result<Url, FetchError> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let to = location.and_then(|location| from.join(location).ok());
    let to = to.ok_or_else(|| FetchError::RedirectNowhere { host: host.to_owned() })?;
    if to.host_str() != Some(host) {
        let to = to.host_str().unwrap_or(to.scheme()).to_owned();
        return Err(FetchError::RedirectElsewhere { from: host.to_owned(), to });
    }
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(FetchError::Scheme { got: to.scheme().to_owned() });
    }
    Ok(to)
}

/// The body, as far as it stays below the bound.
async fn body(mut response: Response, host: &str) -> Result<Vec<u8>, FetchError> {
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status { host: host.to_owned(), got: response.status().as_u16() });
    }
    if let Some(encoding) = response.headers().get(CONTENT_ENCODING).filter(|value| *value != "identity") {
        let got = String::from_utf8_lossy(encoding.as_bytes()).into_owned();
        return Err(FetchError::Encoded { host: host.to_owned(), got });
    }
    let too_large = || FetchError::TooLarge { host: host.to_owned() };
    if response.content_length().is_some_and(|length| length > Fetcher::MAX_BYTES as u64) {
        return Err(too_large());
    }
    let mut document = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(host, &error))? {
        if document.len() + chunk.len() > Fetcher::MAX_BYTES {
            return Err(too_large());
        }
        document.extend_from_slice(&chunk);
    }
    Ok(document)
}

fn failed(host: &str, error: &reqwest::Error) -> FetchError {
    let host = host.to_owned();
    match certificate_problem(error) {
        Some(reason) => FetchError::Certificate { host, reason },
        None => FetchError::Connection { host, reason: innermost(error) },
    }
}

/// What TLS found wrong with the certificate, if that is what went wrong.
fn certificate_problem(error: &reqwest::Error) -> Option<String> {
    causes(error).find_map(|cause| match cause.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(problem)) => Some(problem.to_string()),
        _ => None,
    })
}

/// The first cause, which says most and repeats no address.
fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// The error, what caused it, and so on.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| {
        // An error of input and output does not name the one that it carries as its source.
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        carried.map(|error| error as &(dyn StdError + 'static)).or_else(move || error.source())
    })
}

/// The resolver of one fetch: it knows the addresses that were judged, and no other name.
struct Pinned {
    host: String,
    addresses: Vec<IpAddr>,
}

/// A name that no one judged was asked for.
#[derive(Debug, Error)]
#[error("{host} was not resolved before the fetch")]
struct NotPinned {
    host: String,
}

impl dns::Resolve for Pinned {
    fn resolve(&self, name: dns::Name) -> dns::Resolving {
        let answer = if name.as_str() == self.host {
            // Port 0: that of the URL.
            let pinned: Vec<_> = self.addresses.iter().map(|address| SocketAddr::new(*address, 0)).collect();
            Ok(Box::new(pinned.into_iter()) as dns::Addrs)
        } else {
            Err(NotPinned { host: name.as_str().to_owned() }.into())
        };
        Box::pin(async { answer })
    }
}

#[cfg(test)]
mod tests;
