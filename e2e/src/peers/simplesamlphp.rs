//! SimpleSAMLphp as an identity provider: Debian's package on PHP's own web server.

use std::process::Command;
use std::{fs, path};

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Map, Value, json};

use super::free_port;
use crate::fail;
use crate::http::{Client, encode};
use crate::process::Process;
use crate::scratch::{Scratch, done};

const PROGRAM: &str = "/usr/share/simplesamlphp/www";

const TRIES: u32 = 3;

/// What it signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// The assertion, as most identity providers do by themselves.
    Assertion,
    /// The response around it.
    Response,
    /// Each of them.
    Both,
}

/// What it encrypts for a service provider whose metadata has a key for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encrypts {
    /// Nothing.
    Nothing,
    /// The assertion.
    Assertion,
}

/// The format of the name that it sends when the request asks for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFormat {
    /// The user's attribute `email`.
    EmailAddress,
    /// The user's attribute `uid`.
    Unspecified,
    /// One that stays the same, for this user and service provider.
    Persistent,
    /// Another one each time.
    Transient,
}

/// How it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Default: both.
    pub signs: Signs,
    /// Default: nothing.
    pub encrypts: Encrypts,
    /// Default: the e-mail address.
    pub name_format: NameFormat,
    /// Further keys of SimpleSAMLphp's `saml20-idp-hosted`, such as `signature.algorithm` or `validate.authnrequest`.
    pub others: Vec<(String, Value)>,
}

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// What is typed as the user's name.
    pub name: String,
    /// What is typed as the password.
    pub password: String,
    /// Sent as they are. `uid` and `email` also give the NameID.
    pub attributes: Vec<(String, Vec<String>)>,
}

/// A running identity provider. It ends with this value.
#[derive(Debug)]
pub struct SimpleSamlPhp {
    process: Process,
    base: String,
    folder: Scratch,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            signs: Signs::Both,
            encrypts: Encrypts::Nothing,
            name_format: NameFormat::EmailAddress,
            others: Vec::new(),
        }
    }
}

impl User {
    /// One with `uid`, `email` and Entra's claims for both names: of `ada@corp.example`, `ada` is the name to type.
    pub fn new(email: &str, password: &str, given_name: &str, surname: &str) -> Self {
        let name = email.split('@').next().unwrap_or(email);
        let attribute = |name: &str, value: &str| (name.to_owned(), vec![value.to_owned()]);
        let claim = |name: &str, value: &str| {
            attribute(&format!("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/{name}"), value)
        };
        let attributes = vec![
            attribute("uid", name),
            attribute("email", email),
            claim("emailaddress", email),
            claim("givenname", given_name),
            claim("surname", surname),
        ];
        Self { name: name.to_owned(), password: password.to_owned(), attributes }
    }

    /// The same user with one more attribute.
    #[must_use]
    pub fn with(mut self, attribute: &str, values: &[&str]) -> Self {
        self.attributes.push((attribute.to_owned(), values.iter().map(ToString::to_string).collect()));
        self
    }
}

impl SimpleSamlPhp {
    /// Starts one with a fresh RSA key that knows these users and no service provider.
    #[track_caller]
    pub fn start(users: &[User], settings: &Settings) -> Self {
        if !path::Path::new(PROGRAM).is_dir() {
            fail("SimpleSAMLphp is missing: apt-get install simplesamlphp php-cli php-xml php-mbstring php-curl");
        }
        let folder = Scratch::new("simplesamlphp");
        for name in ["data", "log", "sessions", "tmp", "trusted"] {
            folder.folder(name);
        }
        folder.write("config/config.php", include_str!("simplesamlphp/config.php"));
        folder.write("config/authsources.php", include_str!("simplesamlphp/authsources.php"));
        folder.write("metadata/saml20-idp-hosted.php", include_str!("simplesamlphp/saml20-idp-hosted.php"));
        let (key, certificate) = key_pair();
        folder.write("keys/signing.key", key);
        folder.write("keys/signing.crt", certificate);
        folder.write("users.json", users_json(users).to_string());
        folder.write("settings.json", settings.json().to_string());
        let (process, base) = launch(&folder);
        Self { process, base, folder }
    }

    /// Where its metadata is. Needs no sign-in.
    pub fn metadata_url(&self) -> String {
        format!("{}saml2/idp/metadata.php", self.base)
    }

    /// Its metadata, as it is now.
    #[track_caller]
    pub fn metadata(&self) -> String {
        let answer = Client::new().get(&self.metadata_url());
        answer.unwrap_or_else(|error| fail(format_args!("no metadata of SimpleSAMLphp: {error}"))).text()
    }

    /// Its entity ID.
    pub fn entity_id(&self) -> String {
        format!("{}idp", self.base)
    }

    /// Where requests are sent, by both bindings.
    pub fn sso_url(&self) -> String {
        format!("{}saml2/idp/SSOService.php", self.base)
    }

    /// The link that sends a person who signs in there to a service provider that has not asked for it.
    pub fn unsolicited_url(&self, sp_entity_id: &str, relay_state: Option<&str>) -> String {
        let relay_state = relay_state.map(|relay_state| format!("&RelayState={}", encode(relay_state)));
        let relay_state = relay_state.unwrap_or_default();
        format!("{}?spentityid={}{relay_state}", self.sso_url(), encode(sp_entity_id))
    }

    /// The link by which a person signs out there and everywhere; it ends at the [metadata](Self::metadata_url).
    pub fn sign_out_url(&self) -> String {
        format!("{}saml2/idp/initSLO.php?RelayState={}", self.base, encode(&self.metadata_url()))
    }

    /// Trusts the service provider of this metadata, in place of an earlier one of this `name`, from now on.
    #[track_caller]
    pub fn trust(&self, name: &str, metadata: &str) {
        // Whole from the moment it has the name that is looked for.
        let unfinished = self.folder.write(&format!("trusted/{name}.unfinished"), metadata);
        done(&unfinished, fs::rename(&unfinished, unfinished.with_extension("xml")));
    }

    /// Answers in another way from now on.
    #[track_caller]
    pub fn change(&self, settings: &Settings) {
        let unfinished = self.folder.write("settings.unfinished", settings.json().to_string());
        done(&unfinished, fs::rename(&unfinished, unfinished.with_extension("json")));
    }

    /// What it and PHP have written.
    pub fn log(&self) -> String {
        let own = fs::read_to_string(self.folder.path().join("log/simplesamlphp.log")).unwrap_or_default();
        own + &self.process.log()
    }
}

impl Settings {
    fn json(&self) -> Value {
        let name_format = match self.name_format {
            NameFormat::EmailAddress => "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            NameFormat::Unspecified => "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
            NameFormat::Persistent => "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            NameFormat::Transient => "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
        };
        let mut settings = json!({
            "saml20.sign.assertion": self.signs != Signs::Response,
            "saml20.sign.response": self.signs != Signs::Assertion,
            "assertion.encryption": self.encrypts == Encrypts::Assertion,
            "NameIDFormat": name_format,
        });
        for (key, value) in &self.others {
            settings[key] = value.clone();
        }
        settings
    }
}

fn users_json(users: &[User]) -> Value {
    let user = |user: &User| {
        let attributes = user.attributes.iter().map(|(name, values)| (name.clone(), json!(values)));
        (format!("{}:{}", user.name, user.password), Value::Object(attributes.collect()))
    };
    Value::Object(users.iter().map(user).collect::<Map<_, _>>())
}

/// The private key and its certificate, in PEM.
#[track_caller]
fn key_pair() -> (String, String) {
    let made = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).and_then(|key| {
        let mut parameters = CertificateParams::new(Vec::new())?;
        parameters.distinguished_name.push(DnType::CommonName, "SimpleSAMLphp of a test");
        let certificate = parameters.self_signed(&key)?;
        Ok((key.serialize_pem(), certificate.pem()))
    });
    made.unwrap_or_else(|error| fail(format_args!("no key for SimpleSAMLphp: {error}")))
}

#[track_caller]
fn launch(folder: &Scratch) -> (Process, String) {
    let mut last_words = String::new();
    for _ in 0..TRIES {
        let address = format!("127.0.0.1:{}", free_port());
        let base = format!("http://{address}/");
        let mut php = Command::new("php");
        php.args(["-d", "display_errors=0", "-d", "error_reporting=E_ERROR", "-S", &address, "-t", PROGRAM])
            .env("PHP_CLI_SERVER_WORKERS", "4")
            .env("SIMPLESAMLPHP_CONFIG_DIR", folder.path().join("config"))
            .env("E2E_FOLDER", folder.path())
            .env("E2E_BASE", &base);
        let mut process = Process::start("php", folder.path(), &mut php);
        let metadata = format!("{base}saml2/idp/metadata.php");
        let ready = process.answer(|_| {
            let answer = Client::new().get(&metadata).ok()?;
            (answer.status == 200 && answer.text().contains("EntityDescriptor")).then_some(())
        });
        if ready.is_some() {
            return (process, base);
        }
        last_words = process.last_lines();
    }
    fail(format_args!("SimpleSAMLphp did not start in {TRIES} tries; it wrote:\n{last_words}"))
}
