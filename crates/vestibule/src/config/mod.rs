//! The configuration: one TOML file, or variables of the environment, or both.
//!
//! Everything is looked at before anything starts, and everything that is wrong is told at once, with its line. What
//! belongs to an account is not here but in the database.

mod key;
mod problem;
mod read;
mod sealing;
mod settings;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use vestibule_domain::name::DomainName;
use vestibule_domain::retention::Retention;
use vestibule_journeys::password::Leaked;
use vestibule_outbound::{Fetcher, Network, Smtp, TxtLookup};
use vestibule_store::DatabaseUrl;
use vestibule_web::limits::Rates;

pub(crate) use self::key::distance;
pub(crate) use self::problem::{ConfigError, Problem};
pub(crate) use self::sealing::{NewKeyError, SealingKeyOctets, new_key_file};
use self::settings::Settings;

/// What an operator decides. `docs/operate/configuration.md` has the words for people.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The origin of the deployment, in lower case and without a slash at its end.
    pub(crate) public_url: String,
    /// Whether the host of `public_url` is a loopback one: somebody tries Vestibule on their own machine.
    pub(crate) is_loopback: bool,
    /// The domain below which accounts have their sub-domains, in lower case.
    pub(crate) account_domain: String,
    /// What people sign in to, as pages name it.
    pub(crate) product: String,
    pub(crate) listen: SocketAddr,
    pub(crate) metrics_listen: Option<SocketAddr>,
    pub(crate) database: DatabaseUrl,
    pub(crate) sealing_key: SealingKeyOctets,
    /// Keys that seal nothing any more, and open what they sealed.
    pub(crate) older_sealing_keys: Vec<SealingKeyOctets>,
    /// Passwords that nobody may choose, in a file.
    pub(crate) leaked_passwords: Option<Arc<Leaked>>,
    /// Whose X-Forwarded headers are believed.
    pub(crate) trusted_proxies: Vec<Network>,
    /// Proxies that show us to browsers below names of their own.
    pub(crate) proxied_by: Vec<DomainName>,
    /// Threads that answer requests; at least 1.
    pub(crate) workers: usize,
    pub(crate) tls: Option<TlsFiles>,
    /// Where mail is sent; without it there is none.
    pub(crate) mail: Option<Smtp>,
    /// Fetches metadata, within what `fetch.*` allows.
    pub(crate) fetcher: Fetcher,
    /// Looks for the records that prove domains, at `dns.servers`.
    pub(crate) lookup: TxtLookup,
    pub(crate) limits: Limits,
    pub(crate) retention: Retention,
    pub(crate) log: Log,
}

/// The files of our certificate and its key, in PEM. They are read again when they change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The certificate, then those between it and a root.
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// Bounds on what strangers can make us do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Connections at once.
    pub(crate) connections: u32,
    /// Connections of one address at once.
    pub(crate) connections_per_address: u32,
    /// How often one address and one account may ask.
    pub(crate) rates: Rates,
}

/// What is logged and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    /// The least that is logged.
    pub(crate) level: tracing::Level,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
}

impl Config {
    /// The configuration in `file`, or in the file that `VESTIBULE_CONFIG` names, and in `variables`, which win.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn load(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let variables: Vec<_> = variables.into_iter().collect();
        let named = variables.iter().find(|(name, _)| name == key::FILE_VARIABLE).map(|(_, path)| PathBuf::from(path));
        let file = file.map(Path::to_owned).or(named);
        let text = match &file {
            None => None,
            Some(path) => match std::fs::read_to_string(path) {
                Ok(text) => Some((path.display().to_string(), text)),
                Err(source) => return Err(ConfigError(vec![Problem::Unreadable { path: path.clone(), source }])),
            },
        };
        let settings = Settings::read(text.as_ref().map(|(name, text)| (name.as_str(), text.as_str())), variables);
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        read::config(settings, cores)
    }
}

#[cfg(test)]
mod tests;
