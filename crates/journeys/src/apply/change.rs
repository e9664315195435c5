//! The plan: what changes, in words for people, and the writes that do it.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use vestibule_domain::account::Account;
use vestibule_domain::application::Application;
use vestibule_domain::connection::Connection;
use vestibule_domain::enforcement::Grounds;
use vestibule_domain::event::{Actor, AuditEvent, Fact, KeyChange};
use vestibule_domain::id::{AccountId, ConnectionId, SetupLinkId, UserId};
use vestibule_domain::user::{Identity, User};
use vestibule_outbound::DomainProof;
use vestibule_store::tx::{
    ConnectionKey, ConsoleNote, DomainClaim, KeyPurpose, ProvedDomain, Proving, SessionsOf, SetupNote, WaitingMail,
    WebhookChange,
};
use vestibule_store::{NONCE_LENGTH, Tx};
use vestibule_xmlsec::keys::read_certificates;

use super::misfit::ApplyError;
use super::wanted::WantedLogo;
use crate::ctx::Ctx;
use crate::keys::{MadeKey, seal_connection_key};
use crate::rotate_keys::purpose_name;

/// The longest value that a difference shows, in characters.
const SHOWN: usize = 160;

/// What has to change.
#[derive(Debug)]
pub struct Plan {
    /// What changes, in the order in which it is done. Nothing secret is in it; e-mail addresses are.
    pub changes: Vec<Change>,
    pub(super) base: i64,
    pub(super) actor: Actor,
    pub(super) writes: Vec<Write>,
    pub(super) keys: Vec<KeyWanted>,
}

/// A thing that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Whether it is there already.
    pub kind: ChangeKind,
    /// What it is.
    pub noun: Noun,
    /// Which one: `acme/entra`.
    pub name: String,
    /// What is set that differs from before, or from the default where it is new.
    pub differences: Vec<Difference>,
    /// What is weak about it afterwards though it works.
    pub warnings: Vec<String>,
    /// A connection's addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addresses: Option<Addresses>,
}

/// What the identity provider has to be given for a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Addresses {
    /// Identifier (Entra) · entity ID (SAML).
    pub identifier: String,
    /// Reply URL (Entra) · ACS URL (SAML).
    pub reply_url: String,
    /// Sign on URL (Entra): where a sign-in begins.
    pub sign_on_url: String,
    /// Logout Url (Entra) · single logout service (SAML), by HTTP-Redirect and HTTP-POST (MX-24).
    pub logout_url: String,
}

/// Whether a thing is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is new.
    Create,
    /// It is there and differs.
    Change,
}

/// What a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Noun {
    /// An account.
    Account,
    /// A connection.
    Connection,
    /// A connection's own key.
    Key,
    /// An e-mail domain.
    Domain,
    /// An application.
    Application,
    /// A person.
    User,
    /// A webhook.
    Webhook,
}

/// A setting that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its name.
    pub setting: String,
    /// Its value before; none where the thing is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Its value afterwards.
    pub to: String,
}

/// What a text was.
#[derive(Debug, Clone, Copy)]
pub(super) enum Before<'a> {
    /// Its thing is new.
    New,
    /// This, or none.
    Was(Option<&'a str>),
}

impl<'a> Before<'a> {
    /// Of a thing that may be new.
    pub(super) fn of<T: ?Sized>(thing: Option<&'a T>, text: impl FnOnce(&'a T) -> Option<&'a str>) -> Self {
        thing.map_or(Self::New, |thing| Self::Was(text(thing)))
    }
}

/// A key that a connection's settings demand and that it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyWanted {
    /// Whose it is.
    pub connection: ConnectionId,
    /// The connection's account.
    pub account: AccountId,
    /// The connection's name for people: `acme/entra`.
    pub name: String,
    /// What it is for.
    pub purpose: KeyPurpose,
}

/// One change in the database, with its line in the audit log.
#[derive(Debug)]
pub(super) enum Write {
    Account(Box<Account>, AuditEvent),
    /// The picture that an account sets; after the account, to which its row belongs.
    Logo(AccountId, Option<WantedLogo>),
    Connection(Box<Connection>, AuditEvent),
    Key(ConnectionId, ConnectionKey, AuditEvent),
    Claim(DomainClaim, AuditEvent),
    Prove(ProvedDomain, AuditEvent),
    Application(Application, AuditEvent),
    Webhook(WebhookChange, AuditEvent),
    InsertUser(User, AuditEvent),
    SaveUser(User, AuditEvent),
    Link(Identity, AuditEvent),
    /// What is told by mail.
    Mail(WaitingMail),
    /// What whoever has a set-up link does, which counts only while the link is good.
    Setup(SetupLinkId, SetupNote, jiff::Timestamp),
    /// What somebody does who sets up from the console, which counts only while the connection is a draft.
    ConsoleSetup(ConnectionId, ConsoleNote, jiff::Timestamp),
    /// What a demand for single sign-on rests on must still be so.
    Grounds(AccountId, Grounds),
    /// Beside others who have the subject.
    LinkBeside(Identity, AuditEvent),
    /// What may not go on ends at once.
    EndSessions(SessionsOf, AuditEvent),
    /// A line that says more about the change before it.
    Event(AuditEvent),
}

impl Plan {
    /// Whether everything is as it is wanted.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The TXT records that prove the domains which are newly claimed, once the plan is carried out (SC-12).
    pub fn records(&self) -> Vec<DomainProof> {
        let claims = self.writes.iter().filter_map(|write| match write {
            Write::Claim(claim, _) => Some(claim),
            _ => None,
        });
        claims.filter_map(|claim| DomainProof::record_for(claim.domain.as_str(), &claim.token).ok()).collect()
    }

    /// The plan as that of whoever has a set-up link: it counts only while the link is good.
    pub(crate) fn by_link(mut self, link: SetupLinkId, note: SetupNote, at: jiff::Timestamp) -> Self {
        self.writes.insert(0, Write::Setup(link, note, at));
        self
    }

    /// The plan as that of whoever sets a draft up from the console: it counts only while the connection is a draft.
    pub(crate) fn in_console(mut self, connection: ConnectionId, note: ConsoleNote, at: jiff::Timestamp) -> Self {
        self.writes.insert(0, Write::ConsoleSetup(connection, note, at));
        self
    }

    /// The plan with lines for the audit log and mails that belong to it.
    pub(crate) fn telling(mut self, events: Vec<AuditEvent>, mails: Vec<WaitingMail>) -> Self {
        self.writes.extend(events.into_iter().map(Write::Event));
        self.writes.extend(mails.into_iter().map(Write::Mail));
        self
    }

    /// Whether it makes the account or connection of this name.
    pub(crate) fn creates(&self, name: &str) -> bool {
        let is_it = |change: &Change| {
            change.kind == ChangeKind::Create
                && matches!(change.noun, Noun::Account | Noun::Connection)
                && change.name == name
        };
        self.changes.iter().any(is_it)
    }

    /// The person whom it makes known.
    pub(crate) fn new_user(&self) -> Option<UserId> {
        self.writes.iter().find_map(|write| match write {
            Write::InsertUser(user, _) => Some(user.id),
            _ => None,
        })
    }

    /// The version of a person whom it changes; none: it does not change them.
    pub(crate) fn version_of(&self, id: UserId) -> Option<i64> {
        self.writes.iter().find_map(|write| match write {
            Write::SaveUser(user, _) if user.id == id => Some(user.version),
            _ => None,
        })
    }

    /// The version of all settings that it was made with.
    pub(crate) fn base(&self) -> i64 {
        self.base
    }

    /// The writes in their order; keys come last.
    pub(super) fn into_writes<M>(self, ctx: &Ctx, make: M) -> Result<Vec<Write>, ApplyError>
    where
        M: Fn(&KeyWanted) -> Result<MadeKey, String>,
    {
        let (mut writes, actor) = (self.writes, self.actor);
        for wanted in self.keys {
            let made = make(&wanted).map_err(|problem| ApplyError::Key { connection: wanted.name.clone(), problem })?;
            let nonce = ctx.random::<NONCE_LENGTH>();
            let key =
                seal_connection_key(wanted.connection, wanted.purpose, &made, ctx.now, ctx.store.sealer(), nonce)?;
            let fact = Fact::KeyChanged {
                purpose: wanted.purpose_name().to_owned(),
                key: key.id.clone(),
                change: KeyChange::Made,
            };
            let event = ctx.event(wanted.account, actor.clone(), fact);
            writes.push(Write::Key(wanted.connection, key, event));
        }
        Ok(writes)
    }
}

impl KeyWanted {
    /// What it is for, in a word.
    pub const fn purpose_name(&self) -> &'static str {
        purpose_name(self.purpose)
    }
}

impl Write {
    pub(super) async fn perform(&self, tx: &mut Tx) -> Result<(), ApplyError> {
        match self {
            Self::Account(account, event) => tx.save_account(account, event).await.map(drop)?,
            Self::Logo(account, logo) => {
                let logo = logo.as_ref().map(|logo| (&logo.file, logo.content.as_slice()));
                tx.save_logo(*account, logo).await?;
            }
            Self::Connection(connection, event) => tx.save_connection(connection, event).await.map(drop)?,
            Self::Key(connection, key, event) => tx.insert_connection_key(*connection, key, event).await?,
            Self::Claim(claim, event) => tx.claim_domain(claim, event).await.map(drop)?,
            Self::Prove(domain, event) => match tx.prove_domain(domain, event).await? {
                Proving::Done => {}
                Proving::TakenBy(_) => return Err(ApplyError::Stale),
            },
            Self::Application(application, event) => tx.save_application(application, event).await.map(drop)?,
            Self::Webhook(webhook, event) => tx.save_webhook(webhook, event).await?,
            Self::InsertUser(user, event) => tx.insert_user(user, event).await?,
            Self::SaveUser(user, event) => tx.save_user(user, event).await?,
            Self::Link(identity, event) => tx.link(identity, event).await?,
            Self::Mail(mail) => tx.insert_mail(mail).await?,
            Self::Setup(link, note, at) => {
                if !tx.note_setup(*link, *note, *at, None).await? {
                    return Err(ApplyError::LinkOver);
                }
            }
            Self::ConsoleSetup(connection, note, at) => {
                if !tx.note_console_setup(*connection, *note, *at).await? {
                    return Err(ApplyError::LinkOver);
                }
            }
            Self::Grounds(account, grounds) => {
                let named = tx.break_glass_of(*account).await?;
                if !named.iter().any(|glass| grounds.still_stand(glass)) {
                    return Err(ApplyError::Stale);
                }
            }
            Self::LinkBeside(identity, event) => tx.link_beside(identity, event).await?,
            Self::EndSessions(whose, event) => tx.end_sessions_of(*whose, event).await.map(drop)?,
            Self::Event(event) => tx.insert_event(event).await?,
        }
        Ok(())
    }
}

/// What differs between two sets of settings, by the names that they have in files. Without a set before, what differs
/// from the defaults.
pub(super) fn differences<T: Serialize>(before: Option<&T>, after: &T, defaults: &T) -> Vec<Difference> {
    let (old, new) = (object(before.unwrap_or(defaults)), object(after));
    let mut names: Vec<&String> = new.keys().chain(old.keys()).collect();
    names.sort();
    names.dedup();
    let value = |settings: &Map<String, Value>, name: &String| settings.get(name).cloned().unwrap_or(Value::Null);
    let differ = names.into_iter().filter(|name| value(&old, name) != value(&new, name));
    differ.map(|name| Difference::of(name, before.map(|_| value(&old, name)).as_ref(), &value(&new, name))).collect()
}

impl Difference {
    /// Of a text from what it was. Nothing where they are the same, or where a new thing has none.
    pub(super) fn text(setting: &str, before: Before<'_>, to: Option<&str>) -> Option<Self> {
        let value = |text: Option<&str>| text.map_or(Value::Null, Value::from);
        match before {
            Before::Was(from) if from == to => None,
            Before::New if to.is_none() => None,
            Before::New => Some(Self::of(setting, None, &value(to))),
            Before::Was(from) => Some(Self::of(setting, Some(&value(from)), &value(to))),
        }
    }

    fn of(setting: &str, from: Option<&Value>, to: &Value) -> Self {
        let name = match setting {
            "secret_hashes" => "secrets",
            name => name,
        };
        if setting == "secret_hashes" {
            let count = |value: &Value| value.as_array().map_or(0, Vec::len);
            let from = from.map(|from| format!("{}, not shown", count(from)));
            return Self { setting: name.to_owned(), from, to: format!("{}, not shown", count(to)) };
        }
        Self { setting: name.to_owned(), from: from.map(|from| shown(setting, from)), to: shown(setting, to) }
    }
}

fn object(settings: &impl Serialize) -> Map<String, Value> {
    // Settings are structs, and none of them has a map whose keys are no strings.
    match serde_json::to_value(settings) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

/// A value within another, as files have it but for the quotes.
fn as_in_files(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(as_in_files).collect::<Vec<_>>().join(", ")),
        Value::Object(object) => format!("{{ {} }}", pairs(object)),
        other => other.to_string(),
    }
}

fn pairs(object: &Map<String, Value>) -> String {
    object.iter().map(|(key, value)| format!("{key} = {}", as_in_files(value))).collect::<Vec<_>>().join(", ")
}

fn shown(setting: &str, value: &Value) -> String {
    let text = match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) if setting == "certificates" => {
            items.iter().filter_map(Value::as_str).map(certificate).collect::<Vec<_>>().join("; ")
        }
        Value::Array(items) => items.iter().map(as_in_files).collect::<Vec<_>>().join(", "),
        Value::Object(object) => pairs(object),
        other => other.to_string(),
    };
    if text.chars().count() <= SHOWN { text } else { text.chars().take(SHOWN - 1).chain(['…']).collect() }
}

fn certificate(text: &str) -> String {
    let read = read_certificates(text.as_bytes()).ok().and_then(|read| read.into_iter().next());
    read.map_or_else(
        || "unreadable".to_owned(),
        |it| format!("{} (SHA-1 {}, to {})", it.subject(), it.thumbprint_sha1(), it.not_after().strftime("%Y-%m-%d")),
    )
}

impl fmt::Display for Noun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account => "account",
            Self::Connection => "connection",
            Self::Key => "key",
            Self::Domain => "domain",
            Self::Application => "application",
            Self::User => "user",
            Self::Webhook => "webhook",
        })
    }
}
