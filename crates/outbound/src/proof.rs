//! Proof that a domain belongs to who claims it: a TXT record that only its owner can publish.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, Record};
use thiserror::Error;

/// The record that proves a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainProof {
    /// Its name: `_vestibule.` and the domain.
    pub name: String,
    /// Its value: `vestibule-domain=` and the token.
    pub value: String,
}

/// Asks the DNS for such records. Opens and reads nothing before it is used.
#[derive(Clone, Debug)]
pub struct TxtLookup {
    servers: Servers,
}

#[derive(Clone, Debug)]
enum Servers {
    System,
    These(Vec<SocketAddr>),
}

/// The record was there. Only [`TxtLookup::prove`] makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    domain: String,
}

/// Why a domain is not proved.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotProved {
    /// The text cannot be a domain.
    #[error("{got:?} is not a domain name; write it like example.com")]
    Domain {
        /// What was given.
        got: String,
    },
    /// There is no TXT record of that name.
    #[error(
        "there is no TXT record {name}; the domain's administrator has to publish it with the value {wanted}, and \
        some minutes may pass until it is seen"
    )]
    Absent {
        /// The record's name.
        name: String,
        /// The value it has to have.
        wanted: String,
    },
    /// There are TXT records, and none has the value.
    #[error(
        "the TXT record {name} has the value {}, wanted is {wanted}; the domain's administrator has to correct it",
         listed(.found)
    )]
    Different {
        /// The record's name.
        name: String,
        /// Their values, each at most 255 characters, at most 10 of them.
        found: Vec<String>,
        /// The value that one of them has to have.
        wanted: String,
    },
    /// An alias leads out of the domain, to where somebody else may publish records.
    #[error(
        "the name {name} is an alias (CNAME) of {target}, which is outside of the domain, so nothing there proves \
         anything; the domain's administrator has to publish a TXT record {name} itself with the value {wanted}"
    )]
    Elsewhere {
        /// The record's name.
        name: String,
        /// The first name outside that it leads to, at most 255 characters.
        target: String,
        /// The value that the record has to have.
        wanted: String,
    },
    /// No name server answered, or with an error of its own.
    #[error(
        "the DNS gave no answer about {name} ({reason}); try again, and when it stays so the operator has to check \
        the server's resolver"
    )]
    Unanswered {
        /// The record's name.
        name: String,
        /// What the resolver said.
        reason: String,
    },
}

impl DomainProof {
    /// The record that whoever owns `domain` publishes to prove it, with the `token` that they were shown.
    ///
    /// # Errors
    /// [`NotProved::Domain`]: `domain` is not a DNS name of two labels or more.
    pub fn record_for(domain: &str, token: &str) -> Result<Self, NotProved> {
        let domain = normalised(domain)?;
        Ok(Self { name: format!("_vestibule.{domain}"), value: format!("vestibule-domain={token}") })
    }
}

impl Proved {
    /// The domain, in lower case and ASCII.
    pub fn domain(&self) -> &str {
        &self.domain
    }
}

impl TxtLookup {
    /// The time for an answer.
    pub const TIME: Duration = Duration::from_secs(5);

    /// Asks the name servers of the machine (`/etc/resolv.conf`), read at each question.
    pub fn system() -> Self {
        Self { servers: Servers::System }
    }

    /// Asks these name servers.
    pub fn by(servers: Vec<SocketAddr>) -> Self {
        Self { servers: Servers::These(servers) }
    }

    /// Looks for the record of [`DomainProof::record_for`]. Nothing is remembered between two questions: whoever
    /// corrects the record sees it at the next try, as soon as the name servers between let them.
    ///
    /// # Errors
    /// See [`NotProved`]; it says what was found instead.
    pub async fn prove(&self, domain: &str, token: &str) -> Result<Proved, NotProved> {
        let wanted = DomainProof::record_for(domain, token)?;
        let unanswered = |reason: String| NotProved::Unanswered { name: wanted.name.clone(), reason };
        let resolver = self.resolver().map_err(|error| unanswered(error.to_string()))?;
        let mut name = Name::from_ascii(&wanted.name).map_err(|_| NotProved::Domain { got: domain.to_owned() })?;
        // As it stands, not below the search domains of the machine.
        name.set_fqdn(true);
        let answer = tokio::time::timeout(Self::TIME, resolver.txt_lookup(name)).await;
        let found = match answer.map_err(|_| unanswered(format!("no answer in {} seconds", Self::TIME.as_secs())))? {
            Ok(lookup) => texts_of(&wanted, lookup.answers())?,
            Err(error) if error.is_no_records_found() => Vec::new(),
            Err(error) => return Err(unanswered(error.to_string())),
        };
        judge(&found, wanted, domain)
    }

    fn resolver(&self) -> Result<TokioResolver, NetError> {
        let mut builder = match &self.servers {
            Servers::System => TokioResolver::builder_tokio()?,
            Servers::These(addresses) => {
                let servers = addresses.iter().copied().map(server).collect();
                let config = ResolverConfig::from_parts(None, Vec::new(), servers);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        let options = builder.options_mut();
        options.cache_size = 0;
        options.timeout = Self::TIME / 2;
        options.attempts = 2;
        // Whoever forges an answer has to guess the case of each letter too. Over UDP: nobody forges blindly over TCP.
        options.case_randomization = true;
        // Aliases on the way are judged.
        options.preserve_intermediates = true;
        builder.build()
    }
}

/// The TXT records of the wanted name, which may be an alias within its own domain. Records of other names prove nothing,
/// whoever put them into the answer.
fn texts_of(wanted: &DomainProof, answers: &[Record]) -> Result<Vec<String>, NotProved> {
    let refused = || NotProved::Domain { got: wanted.name.clone() };
    let mut name = Name::from_ascii(format!("{}.", wanted.name)).map_err(|_| refused())?;
    let domain = name.base_name();
    // An alias of an alias of itself ends here, with no record.
    for _ in 0..answers.len() {
        let own = answers.iter().filter(|record| record.name == name);
        let targets =
            own.filter_map(|record| if let RData::CNAME(alias) = &record.data { Some(&alias.0) } else { None });
        let targets: Vec<&Name> = targets.collect();
        if let Some(target) = targets.iter().find(|target| !domain.zone_of(target)) {
            let target = target.to_ascii().trim_end_matches('.').chars().take(255).collect();
            return Err(NotProved::Elsewhere { name: wanted.name.clone(), target, wanted: wanted.value.clone() });
        }
        let Some(target) = targets.first() else { break };
        name = (*target).clone();
    }
    Ok(answers.iter().filter(|record| record.name == name).filter_map(|record| txt(&record.data)).collect())
}

fn judge(found: &[String], wanted: DomainProof, domain: &str) -> Result<Proved, NotProved> {
    let DomainProof { name, value: wanted } = wanted;
    if found.is_empty() {
        return Err(NotProved::Absent { name, wanted });
    }
    // The forms of the DNS editors out there add white space and quotes of their own.
    if found.iter().any(|value| value.trim().trim_matches('"').trim() == wanted) {
        return Ok(Proved { domain: normalised(domain)? });
    }
    let found = found.iter().take(10).map(|value| value.chars().take(255).collect()).collect();
    Err(NotProved::Different { name, found, wanted })
}

fn server(address: SocketAddr) -> NameServerConfig {
    let at_port = |mut connection: ConnectionConfig| {
        connection.port = address.port();
        connection
    };
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(at_port).into();
    NameServerConfig::new(address.ip(), true, connections)
}

/// The strings of a TXT record joined, as RFC 7208 section 3.3 does.
fn txt(data: &RData) -> Option<String> {
    match data {
        RData::TXT(txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
        _ => None,
    }
}

/// In lower case and ASCII (RFC 5891), without a dot at the end.
fn normalised(domain: &str) -> Result<String, NotProved> {
    let refused = || NotProved::Domain { got: domain.to_owned() };
    let bare = domain.trim().trim_end_matches('.');
    let name = Name::from_utf8(bare).map_err(|_| refused())?;
    let ascii = name.to_lowercase().to_ascii();
    let ascii = ascii.trim_end_matches('.');
    let is_host =
        |label: &str| !label.is_empty() && label.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    let is_domain = ascii.contains('.') && ascii.len() <= 240 && ascii.split('.').all(is_host);
    if is_domain { Ok(ascii.to_owned()) } else { Err(refused()) }
}

fn listed(values: &[String]) -> String {
    values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
