//! Each setting's value, looked at as what it is for.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracing::Level;
use vestibule_domain::name::DomainName;
use vestibule_domain::retention::{ANSWERS_DAYS, LEAST_AUDIT_DAYS, Retention};
use vestibule_journeys::password::Leaked;
use vestibule_outbound::{Allow, Credentials, Fetcher, Network, Reach, Security, Smtp, TxtLookup};
use vestibule_saml::types::{EndpointUrl, LoopbackHttp};
use vestibule_store::DatabaseUrl;
use vestibule_web::limits::{Rate, Rates};

use super::problem::{ConfigError, Problem, Refusal};
use super::sealing::{KeyFile, SealingKeyOctets, key_file};
use super::settings::{Found, Settings};
use super::{Config, Limits, Log, LogFormat, TlsFiles};
use crate::serve::tls;

/// The configuration, when nothing is wrong with any of it.
pub(super) fn config(mut settings: Settings, cores: usize) -> Result<Config, ConfigError> {
    // Nothing of such a file was read, so that nothing is known about the rest.
    if settings.problems.iter().any(|problem| matches!(problem, Problem::Syntax { .. })) {
        return Err(ConfigError(settings.problems));
    }
    let read = &mut settings;
    let public_url = public_url(read);
    let account_domain = account_domain(read, public_url.as_ref());
    let product = product(read, account_domain.as_deref());
    let listen = address(read, "listen").unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8400)));
    let metrics_listen = address(read, "metrics_listen");
    let database = database(read);
    let sealing_key = sealing_key(read);
    let older_sealing_keys = older_sealing_keys(read);
    let leaked_passwords = leaked_passwords(read);
    let told = read.problems.len();
    let trusted_proxies = networks(read, "trusted_proxies");
    // A proxy that was misspelt is still a proxy.
    let has_proxy = !trusted_proxies.is_empty() || read.problems.len() > told;
    let proxied_by = suffixes(read, "proxied_by");
    let workers = read.number("workers", 1..=256).map_or(cores, |number| number as usize);
    let tls = tls_files(read);
    let mail = mail(read);
    let fetcher = fetcher(read, public_url.as_ref());
    let lookup = lookup(read);
    let limits = limits(read);
    let retention = retention(read);
    let log = log(read);
    speaks_as_it_says(read, public_url.as_ref(), has_proxy);
    if let (Some(public_url), Some(account_domain), Some(database), Some(sealing_key), true) =
        (public_url, account_domain, database, sealing_key, settings.problems.is_empty())
    {
        let PublicUrl { origin, is_loopback, .. } = public_url;
        return Ok(Config {
            public_url: origin,
            is_loopback,
            account_domain,
            product,
            listen,
            metrics_listen,
            database,
            sealing_key,
            older_sealing_keys,
            leaked_passwords,
            trusted_proxies,
            proxied_by,
            workers,
            tls,
            mail,
            fetcher,
            lookup,
            limits,
            retention,
            log,
        });
    }
    settings.problems.sort_by(|one, other| one.place().cmp(&other.place()));
    Err(ConfigError(settings.problems))
}

/// An origin, taken apart.
struct PublicUrl {
    origin: String,
    host: String,
    is_https: bool,
    is_loopback: bool,
}

fn public_url(settings: &mut Settings) -> Option<PublicUrl> {
    let Found { value: got, place } = settings.required("public_url")?;
    let Some(url) = origin(&got) else {
        let wanted = "https:// and a host, with a port where it is not 443 and without a path, for example \
                      https://sso.example.com"
            .to_owned();
        settings.problems.push(Problem::Value { place, key: "public_url", got, wanted });
        return None;
    };
    if !url.is_https && !url.is_loopback {
        settings.problems.push(Problem::PlainHttp { place, got });
        return None;
    }
    Some(url)
}

fn origin(text: &str) -> Option<PublicUrl> {
    let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
    let (scheme, authority) = text.split_once("://")?;
    let is_https = match scheme {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    // The port of the scheme is never written: it would make another origin of the same place.
    let usual = if is_https { "443" } else { "80" };
    let is_port = |port: &str| port.parse().is_ok_and(|number: u16| number > 0 && number.to_string() == port);
    let is_literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).is_some_and(is_ipv6);
    if port.is_some_and(|port| !is_port(port) || port == usual) || !(is_literal || is_domain(host)) {
        return None;
    }
    let is_loopback = EndpointUrl::new(format!("http://{host}/"), LoopbackHttp::Allow).is_ok();
    Some(PublicUrl { host: host.to_owned(), is_https, is_loopback, origin: text })
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<std::net::Ipv6Addr>().is_ok()
}

/// A DNS name in lower case and ASCII (RFC 1123 section 2.1), or an IPv4 address, which is written the same way.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let letters = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        letters && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

fn account_domain(settings: &mut Settings, public_url: Option<&PublicUrl>) -> Option<String> {
    if !settings.is_set("account_domain") {
        return public_url.map(|url| url.host.clone());
    }
    let wanted = "a domain, for example example.com, below which each account has a sub-domain";
    settings.chosen("account_domain", wanted, |text| {
        let text = text.to_ascii_lowercase();
        is_domain(&text).then_some(text)
    })
}

fn product(settings: &mut Settings, account_domain: Option<&str>) -> String {
    let named = settings.chosen("product", "a name of 1 to 60 characters in one line", |text| {
        let is_name = (1..=60).contains(&text.chars().count()) && !text.contains(char::is_control);
        is_name.then(|| text.to_owned())
    });
    named.or_else(|| account_domain.map(str::to_owned)).unwrap_or_default()
}

fn address(settings: &mut Settings, key: &'static str) -> Option<SocketAddr> {
    settings.parsed(key, "an IP address and a port, for example 127.0.0.1:8400 or [::]:443")
}

fn database(settings: &mut Settings) -> Option<DatabaseUrl> {
    let Found { value, place } = settings.required("database")?;
    value.parse().map_err(|refusal| refuse(settings, place, "database", refusal)).ok()
}

fn refuse<E: Into<Refusal>>(settings: &mut Settings, place: super::problem::Place, key: &'static str, refusal: E) {
    settings.problems.push(Problem::Refused { place, key, source: refusal.into() });
}

fn sealing_key(settings: &mut Settings) -> Option<SealingKeyOctets> {
    if let Some(Found { value, place }) = settings.sealing_key() {
        if settings.is_set("key_file") {
            settings.problems.push(Problem::TwoKeys { place });
            return None;
        }
        let key = SealingKeyOctets::from_text(&value);
        return key.map_err(|refusal| refuse(settings, place, "VESTIBULE_KEY", refusal)).ok();
    }
    let found = settings.required("key_file")?;
    key_in(settings, "key_file", found)
}

fn older_sealing_keys(settings: &mut Settings) -> Vec<SealingKeyOctets> {
    let key = "older_key_files";
    settings.list(key).into_iter().filter_map(|found| key_in(settings, key, found)).collect()
}

/// The sealing key in a file that a setting names.
fn key_in(settings: &mut Settings, key: &'static str, found: Found<String>) -> Option<SealingKeyOctets> {
    let Found { value, place } = found;
    let path = PathBuf::from(value);
    match key_file(&path) {
        KeyFile::Key(octets) => return Some(octets),
        KeyFile::Unreadable(source) => settings.problems.push(Problem::File { place, key, path, source }),
        KeyFile::Open(mode) => settings.problems.push(Problem::Open { place, key, path, mode }),
        KeyFile::NoKey(refusal) => refuse(settings, place, key, refusal),
    }
    None
}

fn networks(settings: &mut Settings, key: &'static str) -> Vec<Network> {
    let mut networks = Vec::new();
    for Found { value, place } in settings.list(key) {
        match value.parse() {
            Ok(network) => networks.push(network),
            Err(refusal) => refuse::<vestibule_outbound::NetworkError>(settings, place, key, refusal),
        }
    }
    networks
}

/// Domains below which a proxy shows our hosts.
fn suffixes(settings: &mut Settings, key: &'static str) -> Vec<DomainName> {
    let mut suffixes = Vec::new();
    for Found { value, place } in settings.list(key) {
        if let Ok(name) = value.parse::<DomainName>() {
            suffixes.push(name);
        } else {
            let wanted = "the domain of a proxy that shows our pages below it, for example mcas.ms".to_owned();
            settings.problems.push(Problem::Value { place, key, got: value, wanted });
        }
    }
    suffixes
}

fn leaked_passwords(settings: &mut Settings) -> Option<Arc<Leaked>> {
    let Found { value, place } = settings.text("leaked_passwords")?;
    match Leaked::open(Path::new(&value)) {
        Ok(list) => Some(Arc::new(list)),
        Err(source) => {
            settings.problems.push(Problem::Leaked { place, source });
            None
        }
    }
}

fn tls_files(settings: &mut Settings) -> Option<TlsFiles> {
    let certificate = settings.text("tls.certificate");
    let key = settings.text("tls.key");
    let half = |place, key, other| Problem::Half { place, key, other };
    let (certificate, key) = match (certificate, key) {
        (Some(certificate), Some(key)) => (certificate, key),
        (Some(certificate), None) if !settings.is_set("tls.key") => {
            settings.problems.push(half(certificate.place, "tls.certificate", "tls.key"));
            return None;
        }
        (None, Some(key)) if !settings.is_set("tls.certificate") => {
            settings.problems.push(half(key.place, "tls.key", "tls.certificate"));
            return None;
        }
        _ => return None,
    };
    let files = TlsFiles { certificate: certificate.value.into(), key: key.value.into() };
    match tls::read(&files) {
        Ok(_) => return Some(files),
        Err(tls::TlsError::Certificate(source)) => {
            let path = files.certificate;
            settings.problems.push(Problem::File { place: certificate.place, key: "tls.certificate", path, source });
        }
        Err(tls::TlsError::Key(source)) => {
            settings.problems.push(Problem::File { place: key.place, key: "tls.key", path: files.key, source });
        }
        Err(tls::TlsError::Content(refusal)) => refuse(settings, certificate.place, "tls.certificate", refusal),
    }
    None
}

fn mail(settings: &mut Settings) -> Option<Smtp> {
    let host = settings.text("mail.host");
    let port = settings.number("mail.port", 1..=65535).and_then(|port| u16::try_from(port).ok());
    let security = settings.chosen("mail.security", "starttls, tls or none", |text| match text {
        "starttls" => Some(Security::StartTls),
        "tls" => Some(Security::Tls),
        "none" => Some(Security::None),
        _ => None,
    });
    let user = settings.text("mail.user");
    let password = settings.text("mail.password");
    let from = settings.text("mail.from");
    let others = ["mail.port", "mail.security", "mail.from", "mail.user", "mail.password"];
    let Some(Found { value: host, place }) = host else {
        if let Some(key) = others.into_iter().find(|key| settings.is_set(key) && !settings.is_set("mail.host")) {
            let place = settings.place(key);
            settings.problems.push(Problem::Half { place, key, other: "mail.host" });
        }
        return None;
    };
    let credentials = match (user, password) {
        (Some(user), Some(password)) => Some(Credentials { user: user.value, password: password.value }),
        (Some(user), None) => {
            settings.problems.push(Problem::Half { place: user.place, key: "mail.user", other: "mail.password" });
            None
        }
        (None, Some(password)) => {
            settings.problems.push(Problem::Half { place: password.place, key: "mail.password", other: "mail.user" });
            None
        }
        (None, None) => None,
    };
    let Some(from) = from else {
        if !settings.is_set("mail.from") {
            settings.problems.push(Problem::Half { place, key: "mail.host", other: "mail.from" });
        }
        return None;
    };
    let smtp = Smtp::new(&host, port, security.unwrap_or(Security::StartTls), credentials, &from.value);
    smtp.map_err(|refusal| match refusal {
        vestibule_outbound::SmtpError::From { .. } => refuse(settings, from.place, "mail.from", refusal),
        vestibule_outbound::SmtpError::PlainElsewhere { .. } => refuse(settings, place, "mail.host", refusal),
    })
    .ok()
}

fn fetcher(settings: &mut Settings, public_url: Option<&PublicUrl>) -> Fetcher {
    let mut allow = Allow::default();
    for Found { value, place } in settings.list("fetch.allow") {
        let host = value.to_ascii_lowercase();
        match value.parse() {
            Ok(network) => allow.networks.push(network),
            // Letters that an address never has: it was meant as a name.
            Err(_) if is_domain(&host) && host.contains(|letter: char| letter.is_ascii_alphabetic()) => {
                allow.hosts.push(host);
            }
            Err(refusal) => refuse::<vestibule_outbound::NetworkError>(settings, place, "fetch.allow", refusal),
        }
    }
    let is_loopback = public_url.is_some_and(|url| url.is_loopback);
    let fetcher = Fetcher::new(if is_loopback { Reach::LoopbackDeployment } else { Reach::PublicOnly { allow } });
    let Some(Found { value, place }) = settings.text("fetch.authorities") else { return fetcher };
    let key = "fetch.authorities";
    match std::fs::read(Path::new(&value)) {
        Ok(pem) => match fetcher.clone().trusting_only(&pem) {
            Ok(fetcher) => return fetcher,
            Err(refusal) => refuse(settings, place, key, refusal),
        },
        Err(source) => settings.problems.push(Problem::File { place, key, path: value.into(), source }),
    }
    fetcher
}

/// The usual port of name servers.
const DNS_PORT: u16 = 53;

fn lookup(settings: &mut Settings) -> TxtLookup {
    let key = "dns.servers";
    let mut servers = Vec::new();
    for Found { value: got, place } in settings.list(key) {
        let with_port = |address: IpAddr| SocketAddr::new(address, DNS_PORT);
        if let Ok(server) = got.parse::<SocketAddr>().or_else(|_| got.parse().map(with_port)) {
            servers.push(server);
        } else {
            let wanted = "an IP address, with a port where it is not 53: 192.0.2.53 or [2001:db8::53]:5353".to_owned();
            settings.problems.push(Problem::Value { place, key, got, wanted });
        }
    }
    if servers.is_empty() { TxtLookup::system() } else { TxtLookup::by(servers) }
}

fn limits(settings: &mut Settings) -> Limits {
    let defaults = Rates::default();
    let mut rate = |key, default: Rate| settings.number(key, 1..=1_000_000).map_or(default, Rate::of);
    let rates = Rates {
        discovery_by_address: rate("limits.discovery_per_address", defaults.discovery_by_address),
        discovery_by_account: rate("limits.discovery_per_account", defaults.discovery_by_account),
        answers_by_address: rate("limits.acs_per_address", defaults.answers_by_address),
        answers_by_account: rate("limits.acs_per_account", defaults.answers_by_account),
        token_failures_by_address: rate("limits.token_failures_per_address", defaults.token_failures_by_address),
    };
    let mut connections = |key, default| settings.number(key, 1..=1_000_000).unwrap_or(default);
    Limits {
        connections: connections("limits.connections", 4096),
        connections_per_address: connections("limits.connections_per_address", 512),
        rates,
    }
}

fn retention(settings: &mut Settings) -> Retention {
    let audit_days = settings.number("retention.audit_days", LEAST_AUDIT_DAYS..=36_500);
    let answers_days = settings.number("retention.answers_days", 1..=3_650).unwrap_or(ANSWERS_DAYS);
    Retention { audit_days, answers_days }
}

fn log(settings: &mut Settings) -> Log {
    let format = settings.chosen("log.format", "text or json", |text| match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    });
    let level = settings.chosen("log.level", "error, warn, info, debug or trace", |text| match text {
        "error" => Some(Level::ERROR),
        "warn" => Some(Level::WARN),
        "info" => Some(Level::INFO),
        "debug" => Some(Level::DEBUG),
        "trace" => Some(Level::TRACE),
        _ => None,
    });
    Log { format: format.unwrap_or(LogFormat::Text), level: level.unwrap_or(Level::INFO) }
}

/// Whether somebody speaks TLS where the public URL says so, and nobody where it does not.
fn speaks_as_it_says(settings: &mut Settings, public_url: Option<&PublicUrl>, has_proxy: bool) {
    let has_tls = settings.is_set("tls.certificate") || settings.is_set("tls.key");
    let place = settings.place("public_url");
    match public_url {
        Some(url) if url.is_https && !has_tls && !has_proxy => {
            settings.problems.push(Problem::NobodySpeaksTls { place });
        }
        Some(url) if !url.is_https && has_tls => settings.problems.push(Problem::TlsForHttp { place }),
        _ => {}
    }
}
