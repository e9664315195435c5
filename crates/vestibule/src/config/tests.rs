use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use vestibule_web::limits::Rate;

use super::key::{FILE_VARIABLE, KEYS, SEALING_KEY_VARIABLE};
use super::*;

/// 32 octets of zero.
const SEALING_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Three lines that are enough together with a sealing key.
const ENOUGH: &str =
    "public_url = \"https://sso.example.com\"\ndatabase = \"sqlite:v.db\"\ntrusted_proxies = [\"10.0.0.1\"]\n";

fn variables(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What a file with this text says, with the sealing key in the environment, on a machine with two cores.
fn read_with(text: &str, more: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let mut variables = variables(more);
    variables.push((SEALING_KEY_VARIABLE.to_owned(), SEALING_KEY.to_owned()));
    read::config(Settings::read(Some(("v.toml", text)), variables), 2)
}

fn read(text: &str) -> Config {
    read_with(text, &[]).unwrap()
}

/// What is wrong with the file that says [`ENOUGH`] and then `text`, which begins in line 4.
fn wrong(text: &str) -> String {
    read_with(&format!("{ENOUGH}{text}"), &[]).unwrap_err().to_string()
}

/// A directory of its own for one test, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vestibule-config-{}-{test}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn three_lines_and_a_key_are_enough_and_the_rest_has_defaults() {
    let config = read(ENOUGH);
    assert_eq!(config.public_url, "https://sso.example.com");
    assert_eq!(config.account_domain, "sso.example.com");
    assert!(!config.is_loopback);
    assert_eq!(config.listen.to_string(), "127.0.0.1:8400");
    assert_eq!(config.metrics_listen, None);
    assert_eq!(config.database, "sqlite:v.db".parse().unwrap());
    assert_eq!(config.sealing_key, SealingKeyOctets([0; 32]));
    assert_eq!(config.trusted_proxies, ["10.0.0.1".parse().unwrap()]);
    assert_eq!((config.workers, config.tls.is_none(), config.mail.is_none()), (2, true, true));
    assert_eq!(config.product, "sso.example.com");
    let rates = Rates {
        discovery_by_address: Rate { per_second: 5, burst: 50 },
        discovery_by_account: Rate { per_second: 100, burst: 1000 },
        answers_by_address: Rate { per_second: 50, burst: 500 },
        answers_by_account: Rate { per_second: 200, burst: 2000 },
        token_failures_by_address: Rate { per_second: 5, burst: 50 },
    };
    assert_eq!(rates, Rates::default(), "the demonstration and tests have the same");
    assert_eq!(config.limits, Limits { connections: 4096, connections_per_address: 512, rates });
    assert_eq!(config.log, Log { format: LogFormat::Text, level: tracing::Level::INFO });
}

#[test]
fn every_setting_is_read() {
    let config = read(
        r#"
        public_url = "HTTPS://SSO.example.com:8443/"
        account_domain = "Example.COM"
        product = "Example"
        listen = "[::]:8443"
        metrics_listen = "127.0.0.1:9400"
        database = "postgres://sso:wonderland@127.0.0.1/sso"
        trusted_proxies = ["10.0.0.0/8", "fd00::1"]
        proxied_by = ["MCAS.ms"]
        workers = 3
        [mail]
        host = "smtp.example.com"
        port = 2525
        security = "tls"
        user = "sso"
        password = "wonderland"
        from = "Example <sso@example.com>"
        [fetch]
        allow = ["IdP.corp.example", "10.1.0.0/16"]
        [limits]
        connections = 1
        discovery_per_address = 2
        discovery_per_account = 3
        acs_per_address = 4
        acs_per_account = 5
        token_failures_per_address = 6
        connections_per_address = 7
        [log]
        format = "json"
        level = "debug"
        "#,
    );
    assert_eq!((&*config.public_url, &*config.account_domain), ("https://sso.example.com:8443", "example.com"));
    assert_eq!(config.product, "Example");
    assert_eq!(config.listen.to_string(), "[::]:8443");
    assert_eq!(config.metrics_listen, Some("127.0.0.1:9400".parse().unwrap()));
    assert_eq!(config.trusted_proxies, ["10.0.0.0/8", "fd00::1"].map(|network| network.parse().unwrap()));
    assert_eq!(config.proxied_by, ["mcas.ms".parse().unwrap()]);
    assert_eq!(config.workers, 3);
    let mail = format!("{:?}", config.mail.unwrap());
    assert!(mail.contains("smtp.example.com") && mail.contains("2525") && mail.contains("Tls"), "{mail}");
    let fetcher = format!("{:?}", config.fetcher);
    assert!(fetcher.contains("idp.corp.example") && fetcher.contains("10.1.0.0"), "{fetcher}");
    let Limits { connections, connections_per_address, rates } = config.limits;
    assert_eq!((connections_per_address, rates.token_failures_by_address.per_second), (7, 6));
    assert_eq!((connections, rates.discovery_by_address.per_second, rates.discovery_by_account.per_second), (1, 2, 3));
    assert_eq!((rates.answers_by_address.per_second, rates.answers_by_account.per_second), (4, 5));
    assert_eq!(config.log, Log { format: LogFormat::Json, level: tracing::Level::DEBUG });
}

#[test]
fn variables_set_everything_too_and_win_over_the_file() {
    let more = [
        ("VESTIBULE_PUBLIC_URL", "https://sso.example.org"),
        ("VESTIBULE_DATABASE", "sqlite:other.db"),
        ("VESTIBULE_TRUSTED_PROXIES", "10.0.0.1, 10.0.0.2,"),
        ("VESTIBULE_LIMITS_CONNECTIONS", "7"),
        ("VESTIBULE_LOG_LEVEL", "warn"),
        ("VESTIBULE_CONFIG", "v.toml"),
        ("PATH", "/usr/bin"),
    ];
    for text in ["", ENOUGH] {
        let config = read_with(text, &more).unwrap();
        assert_eq!(config.public_url, "https://sso.example.org");
        assert_eq!(config.database, "sqlite:other.db".parse().unwrap());
        assert_eq!(config.trusted_proxies, ["10.0.0.1", "10.0.0.2"].map(|address| address.parse().unwrap()));
        assert_eq!((config.limits.connections, config.log.level), (7, tracing::Level::WARN));
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once_in_the_order_of_the_file() {
    let text = "listen = \"8400\"\npublic_url = \"sso.example.com\"\ncolour = 1\n[log]\nlevel = \"loud\"\n";
    let error = read_with(text, &[("VESTIBULE_WORKERS", "0")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "v.toml: database is not set; add database = \"sqlite:/var/lib/vestibule/vestibule.db\"\n\
         v.toml:1: listen is \"8400\", wanted is an IP address and a port, for example 127.0.0.1:8400 or [::]:443\n\
         v.toml:2: public_url is \"sso.example.com\", wanted is https:// and a host, with a port where it is not 443 \
         and without a path, for example https://sso.example.com\n\
         v.toml:3: there is no setting colour; all are listed in docs/operate/configuration.md\n\
         v.toml:5: log.level is \"loud\", wanted is error, warn, info, debug or trace\n\
         VESTIBULE_WORKERS: workers is \"0\", wanted is a whole number from 1 to 256"
    );
}

#[test]
fn an_empty_environment_says_what_to_set_first() {
    let error = read::config(Settings::read(None, []), 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the environment: public_url is not set; add public_url = \"https://sso.example.com\"\n\
         the environment: database is not set; add database = \"sqlite:/var/lib/vestibule/vestibule.db\"\n\
         the environment: key_file is not set; add key_file = \"/etc/vestibule/key\""
    );
}

#[test]
fn a_file_that_is_no_toml_is_told_with_its_line() {
    let error = wrong("listen = 127.0.0.1:8400\n");
    assert!(error.starts_with("v.toml:4: ") && error.ends_with("; the file is TOML 1.1"), "{error}");
}

#[test]
fn a_setting_that_does_not_exist_is_refused_with_the_one_that_was_meant() {
    let rows = [
        ("lisen = \"x\"", "v.toml:4: there is no setting lisen, did you mean listen"),
        ("certificate = \"x\"", "v.toml:4: there is no setting certificate, did you mean tls.certificate"),
        ("[mail]\npasword = \"x\"", "v.toml:5: there is no setting mail.pasword, did you mean mail.password"),
        ("[colours]\nred = 1", "v.toml:4: there is no setting colours"),
    ];
    for (text, wanted) in rows {
        assert_eq!(wrong(text), format!("{wanted}; all are listed in docs/operate/configuration.md"));
    }
    let error = read_with(ENOUGH, &[("VESTIBULE_MAIL_PASWORD", "wonderland")]).unwrap_err().to_string();
    assert_eq!(
        error,
        "VESTIBULE_MAIL_PASWORD: there is no setting VESTIBULE_MAIL_PASWORD, did you mean VESTIBULE_MAIL_PASSWORD; all \
         are listed in docs/operate/configuration.md"
    );
}

#[test]
fn another_type_is_refused_with_an_example() {
    let rows = [
        ("listen = 8400", "listen is a whole number, wanted is text in quotes, for example listen = \"0.0.0.0:443\""),
        ("workers = \"2\"", "workers is text, wanted is a whole number, for example workers = 2"),
        ("workers = 2.5", "workers is a number with a point, wanted is a whole number, for example workers = 2"),
        ("listen = true", "listen is true or false, wanted is text in quotes, for example listen = \"0.0.0.0:443\""),
        ("listen = 2026-11-21", "listen is a time, wanted is text in quotes, for example listen = \"0.0.0.0:443\""),
        ("listen = {}", "listen is a table, wanted is text in quotes, for example listen = \"0.0.0.0:443\""),
        ("listen = []", "listen is a list, wanted is text in quotes, for example listen = \"0.0.0.0:443\""),
        (
            "fetch.allow = [1]",
            "fetch.allow is a list of something else, wanted is a list of texts in quotes, for example allow = \
             [\"idp.corp.example\", \"10.1.0.0/16\"]",
        ),
    ];
    for (text, wanted) in rows {
        assert_eq!(wrong(text), format!("v.toml:4: {wanted}"));
    }
}

#[test]
fn numbers_have_bounds() {
    for (text, wanted) in [
        ("workers = 0", "workers is \"0\", wanted is a whole number from 1 to 256"),
        ("workers = -1", "workers is \"-1\", wanted is a whole number from 1 to 256"),
        ("mail.port = 65536", "mail.port is \"65536\", wanted is a whole number from 1 to 65535"),
        ("limits.connections = 0", "limits.connections is \"0\", wanted is a whole number from 1 to 1000000"),
        (
            "limits.acs_per_address = 1000001",
            "limits.acs_per_address is \"1000001\", wanted is a whole number from 1 to 1000000",
        ),
    ] {
        assert!(wrong(text).contains(&format!("v.toml:4: {wanted}")), "{}", wrong(text));
    }
}

#[test]
fn the_public_url_is_an_origin() {
    for got in [
        "https://",
        "https://sso.example.com/path",
        "https://sso.example.com?x",
        "https://a@sso.example.com",
        "https://sso.example.com:443",
        "https://sso.example.com:0",
        "https://sso.example.com:x",
        "https://sso_x.example",
        "ftp://sso.example.com",
        "https://-a.example",
        "https://[::g]",
    ] {
        let text = format!("public_url = \"{got}\"\ndatabase = \"sqlite:v.db\"\ntrusted_proxies = [\"10.0.0.1\"]\n");
        assert_eq!(
            read_with(&text, &[]).unwrap_err().to_string(),
            format!(
                "v.toml:1: public_url is {got:?}, wanted is https:// and a host, with a port where it is not 443 and \
                 without a path, for example https://sso.example.com"
            )
        );
    }
}

/// A24.2, A24.4: the exception is for loopback hosts alone.
#[test]
fn plain_http_and_private_addresses_are_for_loopback_hosts() {
    for host in ["localhost", "sso.localhost:8400", "127.0.0.1:8400", "[::1]:8400"] {
        let config = read(&format!("public_url = \"http://{host}\"\ndatabase = \"sqlite:v.db\"\n"));
        assert!(config.is_loopback, "{host}");
        assert!(format!("{:?}", config.fetcher).contains("LoopbackDeployment"), "{host}");
    }
    for host in ["sso.example.com", "10.0.0.1:8400", "localhost.example.com", "0.0.0.0"] {
        let text = format!("public_url = \"http://{host}\"\ndatabase = \"sqlite:v.db\"\n");
        assert_eq!(
            read_with(&text, &[]).unwrap_err().to_string(),
            format!(
                "v.toml:1: public_url is \"http://{host}\", and plain http is only for trying Vestibule on one's own \
                 machine (localhost), because anybody on the way could read and change what is signed in with; write \
                 https:// and set tls.certificate and tls.key, or trusted_proxies when a proxy does TLS"
            )
        );
    }
    assert!(format!("{:?}", read(ENOUGH).fetcher).contains("PublicOnly"));
}

#[test]
fn https_needs_somebody_who_speaks_it() {
    for proxies in ["", "trusted_proxies = []"] {
        let text = format!("public_url = \"https://sso.example.com\"\ndatabase = \"sqlite:v.db\"\n{proxies}");
        assert_eq!(
            read_with(&text, &[]).unwrap_err().to_string(),
            "v.toml:1: public_url begins with https://, and nothing here speaks TLS; set tls.certificate and tls.key, \
             or \
             trusted_proxies to the addresses of the proxy that does"
        );
    }
}

#[test]
fn an_account_domain_is_a_domain() {
    for got in ["", "*.example.com", "https://example.com", "example..com", "example.com:443"] {
        assert_eq!(
            wrong(&format!("account_domain = \"{got}\"")),
            format!(
                "v.toml:4: account_domain is {got:?}, wanted is a domain, for example example.com, below which each \
                 account has a sub-domain"
            )
        );
    }
}

#[test]
fn a_product_is_a_name_in_one_line() {
    for got in ["", "a\nb", &"x".repeat(61)] {
        let told = read_with(ENOUGH, &[("VESTIBULE_PRODUCT", got)]).unwrap_err().to_string();
        assert_eq!(
            told,
            format!("VESTIBULE_PRODUCT: product is {got:?}, wanted is a name of 1 to 60 characters in one line")
        );
    }
}

#[test]
fn a_network_that_is_none_is_refused() {
    let text = ENOUGH.replace("[\"10.0.0.1\"]", "[\n\"10.0.0.1\",\n\"10.0.0.1/8\"]");
    assert_eq!(
        read_with(&text, &[]).unwrap_err().to_string(),
        "v.toml:5: trusted_proxies: 10.0.0.1/8 has bits set behind its prefix; write 10.0.0.0/8"
    );
    assert_eq!(
        wrong("fetch.allow = [\"10.0.0.300\"]"),
        "v.toml:4: fetch.allow: \"10.0.0.300\" is not an IP address; write a network as 10.0.0.0/8 or fd00::/8, or one \
         address"
    );
}

#[test]
fn a_database_that_is_none_is_refused_and_its_password_not_repeated() {
    let text = ENOUGH.replace("sqlite:v.db", "mysql://sso:wonderland@db.example.com/sso");
    let error = read_with(&text, &[]).unwrap_err().to_string();
    assert_eq!(
        error,
        "v.toml:2: database: a database address starts with `sqlite:` or `postgres://`; this one does not"
    );
}

#[test]
fn mail_is_set_as_a_whole() {
    let rows = [
        ("from = \"sso@example.com\"", "mail.from is set and mail.host is not; set both or neither"),
        ("host = \"smtp.example.com\"", "mail.host is set and mail.from is not; set both or neither"),
        (
            "host = \"smtp.example.com\"\nfrom = \"sso@example.com\"\nuser = \"sso\"",
            "mail.user is set and mail.password is not; set both or neither",
        ),
        (
            "host = \"smtp.example.com\"\nfrom = \"sso@example.com\"\npassword = \"wonderland\"",
            "mail.password is set and mail.user is not; set both or neither",
        ),
        (
            "host = \"smtp.example.com\"\nfrom = \"sso\"",
            "mail.from: \"sso\" is not a sender; write sso@example.com or \"Example <sso@example.com>\"",
        ),
        (
            "host = \"smtp.example.com\"\nfrom = \"sso@example.com\"\nsecurity = \"none\"",
            "mail.host: mail to smtp.example.com would travel unencrypted; plain SMTP is for a server on this machine \
             (localhost), use starttls or tls for any other",
        ),
        (
            "host = \"smtp.example.com\"\nfrom = \"sso@example.com\"\nsecurity = \"ssl\"",
            "mail.security is \"ssl\", wanted is starttls, tls or none",
        ),
    ];
    for (text, wanted) in rows {
        let told = wrong(&format!("[mail]\n{text}"));
        let (place, message) = told.split_once(": ").unwrap();
        assert_eq!(message, wanted);
        assert!(place.starts_with("v.toml:"), "{place}");
    }
}

#[test]
fn log_takes_known_words_alone() {
    assert_eq!(wrong("log.format = \"xml\""), "v.toml:4: log.format is \"xml\", wanted is text or json");
}

#[test]
fn the_sealing_key_is_read_from_its_file() {
    let folder = Folder::new("key-file");
    let path = folder.0.join("key");
    new_key_file(&path, [7; 32]).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    let text = format!("{ENOUGH}key_file = \"{}\"\n", path.display());
    let config = read::config(Settings::read(Some(("v.toml", &text)), []), 1).unwrap();
    assert_eq!(config.sealing_key, SealingKeyOctets([7; 32]));
}

#[test]
fn a_new_sealing_key_never_replaces_another() {
    let folder = Folder::new("key-exists");
    let path = folder.0.join("key");
    new_key_file(&path, [7; 32]).unwrap();
    let error = new_key_file(&path, [8; 32]).unwrap_err();
    assert!(matches!(error, NewKeyError::Exists { .. }), "{error}");
    let error = new_key_file(&folder.0.join("no/such/folder"), [8; 32]).unwrap_err();
    assert!(matches!(error, NewKeyError::Unwritable { .. }), "{error}");
}

/// A27.2.
#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let folder = Folder::new("key-open");
    for mode in [0o604, 0o644, 0o602, 0o620] {
        let path = folder.file("key", SEALING_KEY, mode);
        let text = format!("{ENOUGH}key_file = \"{path}\"\n");
        assert_eq!(
            read::config(Settings::read(Some(("v.toml", &text)), []), 1).unwrap_err().to_string(),
            format!(
                "v.toml:4: key_file names {path}, whose permissions are 0{mode:o}, so that others than its owner and \
                 group can get at it; run chmod 600 {path}"
            )
        );
        fs::remove_file(path).unwrap();
    }
    for mode in [0o400, 0o600, 0o440, 0o640] {
        let path = folder.file("key", SEALING_KEY, mode);
        let text = format!("{ENOUGH}key_file = \"{path}\"\n");
        assert!(read::config(Settings::read(Some(("v.toml", &text)), []), 1).is_ok(), "{mode:o}");
        fs::remove_file(path).unwrap();
    }
}

/// A27.2.
#[test]
fn a_sealing_key_that_is_none_is_refused_and_not_repeated() {
    let folder = Folder::new("key-text");
    let key = "the sealing key is not 32 octets in base64 (44 characters); make one with `vestibule keys new FILE`";
    for bad in ["", "wonderland", "AAAA", &SEALING_KEY[1..], &SEALING_KEY.repeat(40)] {
        let path = folder.file("key", bad, 0o600);
        let text = format!("{ENOUGH}key_file = \"{path}\"\n");
        let error = read::config(Settings::read(Some(("v.toml", &text)), []), 1).unwrap_err();
        assert_eq!(error.to_string(), format!("v.toml:4: key_file: {key}"));
        let error = read::config(Settings::read(Some(("v.toml", ENOUGH)), variables(&[("VESTIBULE_KEY", bad)])), 1);
        assert_eq!(error.unwrap_err().to_string(), format!("VESTIBULE_KEY: VESTIBULE_KEY: {key}"));
    }
}

#[test]
fn the_sealing_key_stands_in_one_place_that_is_not_the_configuration() {
    assert_eq!(
        wrong("key_file = \"/etc/vestibule/key\""),
        "VESTIBULE_KEY: the sealing key is given by VESTIBULE_KEY and by key_file; leave one of them out"
    );
    assert_eq!(
        wrong(&format!("key = \"{SEALING_KEY}\"")),
        "v.toml:4: the sealing key does not belong here; write it to a file of its own with `vestibule keys new FILE` \
         and set key_file"
    );
}

#[test]
fn a_file_that_a_setting_names_has_to_be_there() {
    let missing = "No such file or directory (os error 2); check the path and that this user may read it";
    let text = format!("{ENOUGH}key_file = \"/no/such/key\"\n");
    assert_eq!(
        read::config(Settings::read(Some(("v.toml", &text)), []), 1).unwrap_err().to_string(),
        format!("v.toml:4: key_file names /no/such/key, which cannot be read: {missing}")
    );
    assert_eq!(
        wrong("fetch.authorities = \"/no/such/file\""),
        format!("v.toml:4: fetch.authorities names /no/such/file, which cannot be read: {missing}")
    );
    assert_eq!(
        wrong("tls.certificate = \"/no/such/file\"\ntls.key = \"/no/such/key\""),
        format!("v.toml:4: tls.certificate names /no/such/file, which cannot be read: {missing}")
    );
    let error = Config::load(Some(Path::new("/no/such/file")), []).unwrap_err().to_string();
    assert_eq!(
        error,
        "/no/such/file: the configuration cannot be read: No such file or directory (os error 2); name a file that \
         exists and that this user may read"
    );
}

#[test]
fn the_variable_that_names_the_file_is_followed() {
    let folder = Folder::new("named");
    let path = folder.file("v.toml", ENOUGH, 0o600);
    let config = Config::load(None, variables(&[(FILE_VARIABLE, &path), (SEALING_KEY_VARIABLE, SEALING_KEY)])).unwrap();
    assert_eq!(config.public_url, "https://sso.example.com");
    assert!(config.workers >= 1);
}

/// A certificate for `host` and its key, in PEM.
fn pair(host: &str) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec![host.to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

#[test]
fn tls_takes_a_certificate_and_its_key() {
    let folder = Folder::new("tls");
    let (certificate, key) = pair("sso.example.com");
    let (_, other) = pair("sso.example.com");
    let certificate = folder.file("certificate", &certificate, 0o644);
    let key = folder.file("key", &key, 0o600);
    let other = folder.file("other", &other, 0o600);
    let empty = folder.file("empty", "", 0o600);
    let with = |certificate: &str, key: &str| {
        let tls = format!("[tls]\ncertificate = \"{certificate}\"\nkey = \"{key}\"\n");
        read_with(&format!("public_url = \"https://sso.example.com\"\ndatabase = \"sqlite:v.db\"\n{tls}"), &[])
    };
    let files = TlsFiles { certificate: (&certificate).into(), key: (&key).into() };
    assert_eq!(with(&certificate, &key).unwrap().tls, Some(files));
    let rows = [
        (
            with(&empty, &key),
            "the file holds no certificate; it has to have BEGIN CERTIFICATE blocks, our own first, then those that \
             lead to a root",
        ),
        (
            with(&certificate, &empty),
            "the file of tls.key holds no private key; it has to have one BEGIN PRIVATE KEY block without a password",
        ),
        (
            with(&certificate, &other),
            "the private key of tls.key is not that of the first certificate; name the two files that belong together",
        ),
    ];
    for (config, wanted) in rows {
        assert_eq!(config.unwrap_err().to_string(), format!("v.toml:4: tls.certificate: {wanted}"));
    }
    let half = wrong(&format!("tls.certificate = \"{certificate}\""));
    assert_eq!(half, "v.toml:4: tls.certificate is set and tls.key is not; set both or neither");
    let half = wrong(&format!("tls.key = \"{key}\""));
    assert_eq!(half, "v.toml:4: tls.key is set and tls.certificate is not; set both or neither");
    let http = format!(
        "public_url = \"http://localhost\"\ndatabase = \"sqlite:v.db\"\ntls.certificate = \"{certificate}\"\ntls.key = \
         \"{key}\"\n"
    );
    assert_eq!(
        read_with(&http, &[]).unwrap_err().to_string(),
        "v.toml:1: tls.certificate is set and public_url begins with http://; write https:// in public_url, or leave \
         tls \
         out"
    );
}

#[test]
fn authorities_are_certificates() {
    let folder = Folder::new("authorities");
    let good = folder.file("good", &pair("idp.example.com").0, 0o644);
    let bad = folder.file("bad", "nothing", 0o644);
    assert!(read_with(&format!("{ENOUGH}fetch.authorities = \"{good}\""), &[]).is_ok());
    assert_eq!(
        wrong(&format!("fetch.authorities = \"{bad}\"")),
        "v.toml:4: fetch.authorities: no certificate in PEM was found; the file holds one or more BEGIN CERTIFICATE \
         blocks, each an authority"
    );
}

#[test]
fn name_servers_are_addresses() {
    assert!(read_with(&format!("{ENOUGH}dns.servers = [\"192.0.2.53\", \"[2001:db8::53]:5353\"]"), &[]).is_ok());
    assert_eq!(
        wrong("dns.servers = [\"dns.example.com\"]"),
        "v.toml:4: dns.servers is \"dns.example.com\", wanted is an IP address, with a port where it is not 53: \
         192.0.2.53 or [2001:db8::53]:5353"
    );
}

/// A27.2.
#[test]
fn no_secret_is_printed() {
    let text = "public_url = \"http://localhost\"\ndatabase = \
    \"postgres://sso:wonderland@127.0.0.1/sso\"\n[mail]\nhost = \
                \"localhost\"\nfrom = \"sso@example.com\"\nuser = \"sso\"\npassword = \"wonderland\"\n";
    let printed = format!("{:?}", read(text));
    assert!(!printed.contains("wonderland") && !printed.contains("[0, 0"), "{printed}");
}

#[test]
fn the_documentation_lists_every_setting_its_variable_its_default_and_an_example() {
    let document = include_str!("../../../../docs/operate/configuration.md");
    let documented: Vec<_> = document
        .lines()
        .filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'))
        .filter(|name| *name != SEALING_KEY_VARIABLE && *name != FILE_VARIABLE)
        .collect();
    let names: Vec<_> = KEYS.iter().map(|key| key.name).collect();
    assert_eq!(documented, names);
    for key in KEYS {
        let (_, section) = document.split_once(&format!("### `{}`\n", key.name)).unwrap();
        let section = section.split("\n#").next().unwrap_or_default();
        for wanted in
            [format!("Variable: `{}`.", key.variable()), format!("Default: {}.", key.default), key.example.to_owned()]
        {
            assert!(section.contains(&wanted), "{wanted:?} is not under {}", key.name);
        }
        assert!(section.contains("Bound: "), "no bound under {}", key.name);
    }
}
