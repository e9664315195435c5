//! A vector before it is written: a message, what is known and wanted of it, and what must come out.

use std::fmt::Write as _;

use crate::entra::{ACS, ISSUER, NOW, REQUEST, SP};

/// One directory of `vectors/saml/accept` or `vectors/saml/refuse`.
#[derive(Debug, Clone)]
pub struct Case {
    /// Name of the directory.
    pub name: String,
    /// What it shows, in a sentence.
    pub about: String,
    /// Ids of the attacks that it stands for.
    pub attacks: Vec<&'static str>,
    /// The code of the refusal; none where the message must be accepted.
    pub refusal: Option<&'static str>,
    /// The message.
    pub message: Message,
    /// What the service provider knows and wants.
    pub setting: Setting,
    /// What must be read from a message that is accepted.
    pub identity: Option<Identity>,
}

/// A message in the form in which it is kept.
#[derive(Debug, Clone)]
pub enum Message {
    /// XML: `response.xml`.
    Xml(Vec<u8>),
    /// The value of the form's field, where its encoding is the point: `response.base64`.
    Field(Vec<u8>),
}

/// What the service provider knows and wants when the message arrives.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Entity id of the identity provider.
    pub idp: String,
    /// Its certificates, by name.
    pub certificates: Vec<&'static str>,
    /// Our entity id.
    pub sp: String,
    /// Our assertion consumer service.
    pub acs_url: String,
    /// Our decryption keys, by name.
    pub decryption_keys: Vec<&'static str>,
    /// Which request is answered.
    pub pending: Pending,
    /// `assertion`, `response`, `both` or `either`.
    pub require_signed: &'static str,
    /// Whether SHA-1 is accepted.
    pub allow_sha1: bool,
    /// Whether an expired certificate is accepted with a warning.
    pub expired_certificate_warns: bool,
    /// Seconds.
    pub clock_skew: u64,
    /// Seconds since the authentication.
    pub max_age: Option<u64>,
    /// The context classes that were asked for.
    pub authn_context: Vec<&'static str>,
    /// IDs of assertions that were used before.
    pub used_assertions: Vec<&'static str>,
    /// The time.
    pub at: String,
}

/// Which request is answered.
#[derive(Debug, Clone)]
pub enum Pending {
    /// This one.
    AnswerTo(String),
    /// None, and none need be.
    Unsolicited,
    /// None, and one must be.
    NoRequest,
}

/// What must be read from a message that is accepted.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The name's value.
    pub name_id: String,
    /// Its format.
    pub name_id_format: Option<String>,
    /// The session index.
    pub session_index: Option<String>,
    /// The authentication instant.
    pub authn_instant: String,
    /// Which of the certificates matched.
    pub certificate: usize,
    /// The steps that hold with a warning.
    pub warnings: Vec<&'static str>,
    /// Name, friendly name and values, in order.
    pub attributes: Vec<(String, Option<String>, Vec<Value>)>,
}

/// An attribute's value.
#[derive(Debug, Clone)]
pub enum Value {
    /// Text.
    Text(String),
    /// Elements; the test looks for this text in them.
    Structured(String),
    /// `xsi:nil`.
    Nil,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            idp: ISSUER.into(),
            certificates: vec!["idp"],
            sp: SP.into(),
            acs_url: ACS.into(),
            decryption_keys: Vec::new(),
            pending: Pending::AnswerTo(REQUEST.into()),
            require_signed: "either",
            allow_sha1: false,
            expired_certificate_warns: false,
            clock_skew: 120,
            max_age: None,
            authn_context: Vec::new(),
            used_assertions: Vec::new(),
            at: NOW.into(),
        }
    }
}

impl Case {
    /// A message that must be refused with this code.
    pub fn refuse(
        name: &str,
        refusal: &'static str,
        attacks: &[&'static str],
        about: &str,
        xml: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            name: name.into(),
            about: about.into(),
            attacks: attacks.to_vec(),
            refusal: Some(refusal),
            message: Message::Xml(xml.into()),
            setting: Setting::default(),
            identity: None,
        }
    }

    /// A message that must be accepted and says this.
    pub fn accept(name: &str, about: &str, xml: impl Into<Vec<u8>>, identity: Identity) -> Self {
        Self {
            name: name.into(),
            about: about.into(),
            attacks: Vec::new(),
            refusal: None,
            message: Message::Xml(xml.into()),
            setting: Setting::default(),
            identity: Some(identity),
        }
    }

    /// With another setting.
    #[must_use]
    pub fn when(mut self, change: impl FnOnce(&mut Setting)) -> Self {
        change(&mut self.setting);
        self
    }

    /// Accepted with a warning at this step.
    #[must_use]
    pub fn warned(mut self, step: &'static str) -> Self {
        if let Some(identity) = &mut self.identity {
            identity.warnings.push(step);
        }
        self
    }

    /// `case.toml`.
    pub fn toml(&self) -> String {
        let mut out = String::new();
        let file = match self.message {
            Message::Xml(_) => "response.xml",
            Message::Field(_) => "response.base64",
        };
        let setting = &self.setting;
        line(&mut out, "about", &quote(&self.about));
        if let Some(refusal) = self.refusal {
            line(&mut out, "attacks", &list(&self.attacks));
            line(&mut out, "refusal", &quote(refusal));
        }
        line(&mut out, "message", &quote(file));
        out.push_str("\n[idp]\n");
        line(&mut out, "entity_id", &quote(&setting.idp));
        line(&mut out, "certificates", &list(&files(&setting.certificates, "cert")));
        out.push_str("\n[sp]\n");
        line(&mut out, "entity_id", &quote(&setting.sp));
        line(&mut out, "acs_url", &quote(&setting.acs_url));
        if !setting.decryption_keys.is_empty() {
            line(&mut out, "decryption_keys", &list(&files(&setting.decryption_keys, "key")));
        }
        setting.expected(&mut out);
        if let Some(identity) = &self.identity {
            identity.write(&mut out);
        }
        out
    }
}

impl Setting {
    fn expected(&self, out: &mut String) {
        out.push_str("\n[expected]\n");
        match &self.pending {
            Pending::AnswerTo(id) => line(out, "in_response_to", &quote(id)),
            Pending::Unsolicited => line(out, "unsolicited", "true"),
            Pending::NoRequest => {}
        }
        line(out, "require_signed", &quote(self.require_signed));
        if self.allow_sha1 {
            line(out, "allow_sha1", "true");
        }
        if self.expired_certificate_warns {
            line(out, "expired_certificate", &quote("warn"));
        }
        line(out, "clock_skew", &self.clock_skew.to_string());
        if let Some(max_age) = self.max_age {
            line(out, "max_age", &max_age.to_string());
        }
        if !self.authn_context.is_empty() {
            line(out, "authn_context", &list(&self.authn_context));
        }
        if !self.used_assertions.is_empty() {
            line(out, "used_assertions", &list(&self.used_assertions));
        }
        line(out, "at", &quote(&self.at));
    }
}

impl Identity {
    fn write(&self, out: &mut String) {
        out.push_str("\n[identity]\n");
        line(out, "name_id", &quote(&self.name_id));
        if let Some(format) = &self.name_id_format {
            line(out, "name_id_format", &quote(format));
        }
        if let Some(index) = &self.session_index {
            line(out, "session_index", &quote(index));
        }
        line(out, "authn_instant", &quote(&self.authn_instant));
        line(out, "certificate", &self.certificate.to_string());
        if !self.warnings.is_empty() {
            line(out, "warnings", &list(&self.warnings));
        }
        for (name, friendly_name, values) in &self.attributes {
            out.push_str("\n[[identity.attributes]]\n");
            line(out, "name", &quote(name));
            if let Some(friendly_name) = friendly_name {
                line(out, "friendly_name", &quote(friendly_name));
            }
            let values: Vec<String> = values
                .iter()
                .map(|value| match value {
                    Value::Text(text) => quote(text),
                    Value::Structured(text) => format!("{{ structured = {} }}", quote(text)),
                    Value::Nil => "{ nil = true }".to_owned(),
                })
                .collect();
            line(out, "values", &format!("[{}]", values.join(", ")));
        }
    }
}

fn line(out: &mut String, key: &str, value: &str) {
    let _ = writeln!(out, "{key} = {value}");
}

fn files(names: &[&str], kind: &str) -> Vec<String> {
    names
        .iter()
        .map(|name| if name.contains('.') { (*name).to_owned() } else { format!("../../../keys/{name}.{kind}.pem") })
        .collect()
}

fn list(items: &[impl AsRef<str>]) -> String {
    format!("[{}]", items.iter().map(|item| quote(item.as_ref())).collect::<Vec<_>>().join(", "))
}

/// A basic string of TOML.
fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out + "\""
}
