//! Where the database is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;
use tokio_postgres::config::{Host, SslMode};

/// Where the database is: `sqlite:PATH`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST:PORT/NAME?…`.
///
/// `sqlite::memory:` is a database that lives as long as its store, in a directory of its own below the system's
/// temporary one and without syncing: for tests and trials.
///
/// A PostgreSQL URL takes what libpq's takes, with a stricter `sslmode`: `verify-full` (the default, except on
/// loopback and Unix sockets), its synonym `require`, or `disable`. There is no mode that talks TLS with a server
/// whose certificate it did not check. `sslrootcert` names a PEM file of authorities; default is the system's bundle.
///
/// `Debug` and `Display` leave the password out.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(pub(crate) Target);

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Target {
    SqliteFile(PathBuf),
    SqliteTemporary,
    Postgres(Box<PostgresTarget>),
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PostgresTarget {
    pub(crate) config: tokio_postgres::Config,
    pub(crate) tls: Tls,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Tls {
    Off,
    VerifyFull { roots: Option<PathBuf> },
}

/// Why a text is not a database's address.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum DatabaseUrlError {
    /// Neither of the two databases.
    #[error("a database address starts with `sqlite:` or `postgres://`; this one does not")]
    Scheme,
    /// `sqlite:` without a path.
    #[error("`sqlite:` wants the path of a file after the colon, for example `sqlite:/var/lib/vestibule/vestibule.db`")]
    NoPath,
    /// The rest of a PostgreSQL URL does not parse.
    #[error("the PostgreSQL address does not parse: {0}; wanted `postgres://USER:PASSWORD@HOST:PORT/NAME`")]
    Postgres(String),
    /// A TLS mode that does not check the certificate, or an unknown one.
    #[error("sslmode is `{0}`, wanted `verify-full` (or its synonym `require`) or `disable`")]
    SslMode(String),
    /// TLS without a host name to check.
    #[error("sslmode=verify-full wants a host name in the address, to compare with the server's certificate")]
    NoHost,
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            return match path {
                "" => Err(DatabaseUrlError::NoPath),
                ":memory:" => Ok(Self(Target::SqliteTemporary)),
                path => Ok(Self::sqlite(path)),
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return postgres(text).map(|target| Self(Target::Postgres(Box::new(target))));
        }
        Err(DatabaseUrlError::Scheme)
    }
}

impl DatabaseUrl {
    /// A SQLite file.
    pub fn sqlite(path: impl AsRef<Path>) -> Self {
        Self(Target::SqliteFile(path.as_ref().to_owned()))
    }

    /// A SQLite database that lives as long as its store.
    pub fn temporary() -> Self {
        Self(Target::SqliteTemporary)
    }

    /// Whether several nodes can share this database.
    pub fn is_shared(&self) -> bool {
        matches!(self.0, Target::Postgres(_))
    }
}

/// Takes `sslmode` and `sslrootcert` out of the query, whose meaning here is not the driver's.
fn postgres(text: &str) -> Result<PostgresTarget, DatabaseUrlError> {
    let (address, query) = text.split_once('?').unwrap_or((text, ""));
    let (mut mode, mut roots, mut others) = (None, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value),
            Some(("sslrootcert", value)) => roots = Some(PathBuf::from(value)),
            _ => others.push(pair),
        }
    }
    let rest = if others.is_empty() { address.to_owned() } else { format!("{address}?{}", others.join("&")) };
    let mut config: tokio_postgres::Config =
        rest.parse().map_err(|error: tokio_postgres::Error| DatabaseUrlError::Postgres(error.to_string()))?;
    let tls = match mode {
        Some("disable") => Tls::Off,
        None if config.get_hosts().iter().all(is_near) => Tls::Off,
        None | Some("verify-full" | "require") => Tls::VerifyFull { roots },
        Some(other) => return Err(DatabaseUrlError::SslMode(other.to_owned())),
    };
    if matches!(tls, Tls::VerifyFull { .. }) && !config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_))) {
        return Err(DatabaseUrlError::NoHost);
    }
    config.ssl_mode(if tls == Tls::Off { SslMode::Disable } else { SslMode::Require });
    if config.get_application_name().is_none() {
        config.application_name("vestibule");
    }
    Ok(PostgresTarget { config, tls })
}

/// Octets to this host never leave the machine.
fn is_near(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Target::SqliteFile(path) => write!(f, "sqlite:{}", path.display()),
            Target::SqliteTemporary => f.write_str("sqlite::memory:"),
            Target::Postgres(target) => {
                f.write_str("postgres://")?;
                for (n, host) in target.config.get_hosts().iter().enumerate() {
                    f.write_str(if n == 0 { "" } else { "," })?;
                    match host {
                        Host::Tcp(name) => f.write_str(name)?,
                        Host::Unix(path) => write!(f, "{}", path.display())?,
                    }
                }
                write!(f, "/{}", target.config.get_dbname().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls_of(text: &str) -> Option<Tls> {
        match text.parse::<DatabaseUrl>().unwrap().0 {
            Target::Postgres(target) => Some(target.tls),
            _ => None,
        }
    }

    #[test]
    fn each_kind_of_address_is_read() {
        assert_eq!("sqlite:a b.db".parse(), Ok(DatabaseUrl::sqlite("a b.db")));
        assert_eq!("sqlite::memory:".parse(), Ok(DatabaseUrl::temporary()));
        assert_eq!("sqlite:".parse::<DatabaseUrl>(), Err(DatabaseUrlError::NoPath));
        assert_eq!("mysql://x".parse::<DatabaseUrl>(), Err(DatabaseUrlError::Scheme));
        assert_eq!(
            "postgres://u:geheim@db.example.com/v?sslmode=disable".parse::<DatabaseUrl>().unwrap().to_string(),
            "postgres://db.example.com/v"
        );
    }

    #[test]
    fn a_remote_database_is_spoken_to_over_verified_tls_unless_it_says_otherwise() {
        let verified = |roots: Option<&str>| Some(Tls::VerifyFull { roots: roots.map(PathBuf::from) });
        assert!(tls_of("postgres://u@db.example.com/v") == verified(None));
        assert!(
            tls_of("postgres://u@db.example.com/v?sslmode=require&sslrootcert=/a/b.pem") == verified(Some("/a/b.pem"))
        );
        assert!(tls_of("postgres://u@127.0.0.1:5432/v") == Some(Tls::Off));
        assert!(tls_of("postgres://u@db.example.com/v?sslmode=disable") == Some(Tls::Off));
        for mode in ["prefer", "allow", "verify-ca"] {
            assert_eq!(
                format!("postgres://u@db.example.com/v?sslmode={mode}").parse::<DatabaseUrl>(),
                Err(DatabaseUrlError::SslMode(mode.to_owned()))
            );
        }
    }

    #[test]
    fn the_password_is_not_printed() {
        let url: DatabaseUrl = "postgres://u:geheim@db.example.com/v".parse().unwrap();
        assert!(!format!("{url:?} {url}").contains("geheim"));
    }
}
