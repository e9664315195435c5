//! The names of all settings. `docs/operate/configuration.md` says what they mean, and a test compares the two.

/// A setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// As the file writes it; a dot stands between a table and the key in it.
    pub(crate) name: &'static str,
    /// What holds when it is not set, in words of the documentation.
    pub(crate) default: &'static str,
    /// A line that sets it.
    pub(crate) example: &'static str,
}

impl Key {
    /// The variable of the environment that sets it too: `VESTIBULE_TLS_KEY`.
    pub(crate) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_ascii_uppercase().replace('.', "_"))
    }

    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    pub(crate) fn of_variable(variable: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.variable() == variable)
    }

    /// The key that somebody who wrote `name` meant, if it is near enough to one.
    pub(crate) fn like(name: &str) -> Option<&'static Self> {
        let last = |name: &str| name.rsplit('.').next().map(str::to_owned);
        let near = KEYS.iter().map(|key| (distance(key.name, name), key)).min_by_key(|(distance, _)| *distance);
        near.filter(|(distance, _)| *distance <= 2)
            .map(|(_, key)| key)
            .or_else(|| KEYS.iter().find(|key| last(key.name) == last(name)))
    }
}

/// What the names of all variables begin with.
pub(crate) const PREFIX: &str = "VESTIBULE_";

/// The variable that names the file. It is no key: a file does not name itself.
pub(crate) const FILE_VARIABLE: &str = "VESTIBULE_CONFIG";

/// The variable that holds the sealing key itself. It is no key either: a file with secrets in it is for `key_file`.
pub(crate) const SEALING_KEY_VARIABLE: &str = "VESTIBULE_KEY";

/// All settings, in the order of the documentation.
pub(crate) const KEYS: &[Key] = &[
    Key { name: "public_url", default: "none, it has to be set", example: "public_url = \"https://sso.example.com\"" },
    Key { name: "account_domain", default: "the host of public_url", example: "account_domain = \"example.com\"" },
    Key { name: "product", default: "the account domain", example: "product = \"Example\"" },
    Key { name: "listen", default: "127.0.0.1:8400", example: "listen = \"0.0.0.0:443\"" },
    Key { name: "metrics_listen", default: "no metrics", example: "metrics_listen = \"127.0.0.1:9400\"" },
    Key {
        name: "database",
        default: "none, it has to be set",
        example: "database = \"sqlite:/var/lib/vestibule/vestibule.db\"",
    },
    Key { name: "key_file", default: "none, it has to be set", example: "key_file = \"/etc/vestibule/key\"" },
    Key { name: "older_key_files", default: "[]", example: "older_key_files = [\"/etc/vestibule/key-2025\"]" },
    Key {
        name: "leaked_passwords",
        default: "no list",
        example: "leaked_passwords = \"/var/lib/vestibule/pwned-passwords-sha1.txt\"",
    },
    Key { name: "trusted_proxies", default: "[]", example: "trusted_proxies = [\"10.0.0.0/8\"]" },
    Key { name: "proxied_by", default: "[]", example: "proxied_by = [\"mcas.ms\"]" },
    Key { name: "workers", default: "the number of cores", example: "workers = 2" },
    Key { name: "tls.certificate", default: "no TLS", example: "certificate = \"/etc/vestibule/tls.crt\"" },
    Key { name: "tls.key", default: "no TLS", example: "key = \"/etc/vestibule/tls.key\"" },
    Key { name: "mail.host", default: "no mail", example: "host = \"smtp.example.com\"" },
    Key { name: "mail.port", default: "587, 465 or 25 by mail.security", example: "port = 587" },
    Key { name: "mail.security", default: "starttls", example: "security = \"tls\"" },
    Key { name: "mail.from", default: "none, it has to be set", example: "from = \"Example <sso@example.com>\"" },
    Key { name: "mail.user", default: "no authentication", example: "user = \"sso\"" },
    Key { name: "mail.password", default: "no authentication", example: "password = \"…\"" },
    Key { name: "fetch.allow", default: "[]", example: "allow = [\"idp.corp.example\", \"10.1.0.0/16\"]" },
    Key {
        name: "fetch.authorities",
        default: "those of the machine",
        example: "authorities = \"/etc/vestibule/authorities.pem\"",
    },
    Key { name: "dns.servers", default: "those of the machine", example: "servers = [\"192.0.2.53\"]" },
    Key { name: "limits.connections", default: "4096", example: "connections = 4096" },
    Key { name: "limits.connections_per_address", default: "512", example: "connections_per_address = 512" },
    Key { name: "limits.discovery_per_address", default: "5", example: "discovery_per_address = 5" },
    Key { name: "limits.discovery_per_account", default: "100", example: "discovery_per_account = 100" },
    Key { name: "limits.acs_per_address", default: "50", example: "acs_per_address = 50" },
    Key { name: "limits.acs_per_account", default: "200", example: "acs_per_account = 200" },
    Key { name: "limits.token_failures_per_address", default: "5", example: "token_failures_per_address = 5" },
    Key { name: "retention.audit_days", default: "for ever", example: "audit_days = 730" },
    Key { name: "retention.answers_days", default: "30", example: "answers_days = 14" },
    Key { name: "log.format", default: "text", example: "format = \"json\"" },
    Key { name: "log.level", default: "info", example: "level = \"warn\"" },
];

/// How many letters have to be changed, added or left out to make one of the other.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        for (column, wanted) in other.iter().enumerate() {
            let above = row.get(column + 1).copied().unwrap_or(usize::MAX - 1);
            let here = (diagonal + usize::from(letter != *wanted)).min(above + 1).min(left + 1);
            diagonal = above;
            if let Some(cell) = row.get_mut(column) {
                *cell = left;
            }
            left = here;
        }
        if let Some(cell) = row.last_mut() {
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_of_two_words_is_the_number_of_slips() {
        for (one, other, wanted) in [
            ("listen", "listen", 0),
            ("listen", "lisen", 1),
            ("listen", "lsiten", 2),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!((distance(one, other), distance(other, one)), (wanted, wanted), "{one} {other}");
        }
    }

    #[test]
    fn a_slip_or_a_forgotten_table_is_recognised() {
        let like = |name| Key::like(name).map(|key| key.name);
        assert_eq!(like("lisen"), Some("listen"));
        assert_eq!(like("mail.pasword"), Some("mail.password"));
        assert_eq!(like("certificate"), Some("tls.certificate"));
        assert_eq!(like("colour"), None);
    }
}
