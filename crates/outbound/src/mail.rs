//! Mail, sent or kept.

use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::transport::smtp::authentication;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use thiserror::Error;

use crate::outbox::Outbox;
use crate::resolve::is_localhost;

/// A mail to one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The address, without a name.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The body for every reader.
    pub text: String,
    /// The body for readers of HTML, with the same content.
    pub html: Option<String>,
}

/// Where mail goes.
#[derive(Clone, Debug)]
pub enum Mailer {
    /// To a server.
    Smtp(Smtp),
    /// Nowhere: it is kept for the demo's page.
    Outbox(Outbox),
}

/// A server that takes our mail (RFC 5321, submission RFC 6409).
#[derive(Clone, Debug)]
pub struct Smtp {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    from: Mailbox,
}

/// How the connection to the server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Plain at first, then TLS, or nothing is sent (RFC 3207). Port 587.
    StartTls,
    /// TLS from the start (RFC 8314). Port 465.
    Tls,
    /// None. Only to a server on this machine. Port 25.
    None,
}

/// What the server wants to know before it takes mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who we are.
    pub user: String,
    /// The secret.
    pub password: String,
}

/// Why a server cannot be used as it is configured.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SmtpError {
    /// No TLS, and the server is elsewhere.
    #[error(
        "mail to {host} would travel unencrypted; plain SMTP is for a server on this machine (localhost), use starttls \
         or tls for any other"
    )]
    PlainElsewhere {
        /// The server.
        host: String,
    },
    /// The sender is none.
    #[error("{got:?} is not a sender; write sso@example.com or \"Example <sso@example.com>\"")]
    From {
        /// What was given.
        got: String,
    },
}

/// What a server said, in its own words. They often repeat the recipient, so neither the message of an error nor its
/// form for debugging holds them.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply(String);

impl Reply {
    /// The words, of several lines perhaps: for whoever wrote the recipient.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// Why a mail was not sent. No variant says to whom.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MailError {
    /// A control character where one line is wanted: it could begin a header of its own.
    #[error(
        "the {field} of a mail has a control character in it, wanted is one line of text; whoever entered it has to \
        correct it"
    )]
    ControlCharacter {
        /// `recipient` or `subject`.
        field: &'static str,
    },
    /// The recipient is not an address.
    #[error(
        "the recipient of a mail is not an e-mail address, wanted is one like name@example.com; whoever entered it \
        has to correct it"
    )]
    Recipient,
    /// The server said no.
    #[error("the mail server {host} refused a mail with {code}; the operator finds the reason in that server's log")]
    Refused {
        /// The server.
        host: String,
        /// The reply code of RFC 5321 section 4.2, and whether another attempt may succeed: 4yz.
        code: u16,
        /// The words after it.
        said: Reply,
    },
    /// No connection, no TLS, or it broke.
    #[error(
        "the mail server {host} port {port} cannot be used ({reason}); the operator has to check mail.* and the server"
    )]
    Connection {
        /// The server.
        host: String,
        /// Its port.
        port: u16,
        /// What the library said.
        reason: String,
    },
    /// It took longer than [`Smtp::TIME`].
    #[error(
        "the mail server {host} did not take a mail within {} seconds; the operator has to check the server",
         Smtp::TIME.as_secs()
    )]
    TooSlow {
        /// The server.
        host: String,
    },
}

impl Mailer {
    /// Sends `mail`, dated `now`. When this returns `Ok`, the server has taken it over.
    ///
    /// # Errors
    /// See [`MailError`].
    pub async fn send(&self, mail: Mail, now: Timestamp) -> Result<(), MailError> {
        let to = mail.recipient()?;
        match self {
            Self::Smtp(smtp) => smtp.send(to, &mail, now).await,
            Self::Outbox(outbox) => {
                outbox.keep(mail, now);
                Ok(())
            }
        }
    }
}

impl Smtp {
    /// The time for one mail.
    pub const TIME: Duration = Duration::from_secs(30);

    /// A server, which is not asked yet. Without a `port` it is the usual one of `security`.
    ///
    /// # Errors
    /// `security` is none and the server is elsewhere, or `from` is not a sender.
    pub fn new(
        host: &str,
        port: Option<u16>,
        security: Security,
        credentials: Option<Credentials>,
        from: &str,
    ) -> Result<Self, SmtpError> {
        if security == Security::None && !is_this_machine(host) {
            return Err(SmtpError::PlainElsewhere { host: host.to_owned() });
        }
        let from = from.parse().map_err(|_| SmtpError::From { got: from.to_owned() })?;
        let port = port.unwrap_or(security.port());
        Ok(Self { host: host.to_owned(), port, security, credentials, from })
    }

    /// The server and its port, for people.
    pub fn server(&self) -> String {
        format!("{} port {}", self.host, self.port)
    }

    async fn send(&self, to: Address, mail: &Mail, now: Timestamp) -> Result<(), MailError> {
        let message = self.message(to, mail, now)?;
        let transport = self.transport().map_err(|error| self.failed(&error))?;
        let sent = tokio::time::timeout(Self::TIME, transport.send(message)).await;
        let reply = sent.map_err(|_| MailError::TooSlow { host: self.host.clone() })?;
        reply.map(|_| ()).map_err(|error| self.failed(&error))
    }

    fn message(&self, to: Address, mail: &Mail, now: Timestamp) -> Result<Message, MailError> {
        let builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject.clone())
            .date(SystemTime::from(now))
            // Generated by the library: it guards nothing, and mail without one looks like junk.
            .message_id(None);
        let message = match &mail.html {
            Some(html) => builder.multipart(MultiPart::alternative_plain_html(mail.text.clone(), html.clone())),
            None => builder.body(mail.text.clone()),
        };
        // The sender and the recipient are addresses by their type, so that an envelope can be made of them.
        message.map_err(|_| MailError::Recipient)
    }

    /// Made for each mail: between two of them no root certificates stay in memory.
    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, lettre::transport::smtp::Error> {
        let tls = match self.security {
            Security::StartTls => Tls::Required(TlsParameters::new(self.host.clone())?),
            Security::Tls => Tls::Wrapper(TlsParameters::new(self.host.clone())?),
            Security::None => Tls::None,
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.host).port(self.port).tls(tls);
        let builder = match &self.credentials {
            Some(Credentials { user, password }) => {
                builder.credentials(authentication::Credentials::new(user.clone(), password.clone()))
            }
            None => builder,
        };
        Ok(builder.build())
    }

    fn failed(&self, error: &lettre::transport::smtp::Error) -> MailError {
        let host = self.host.clone();
        match error.status() {
            Some(code) => {
                let said = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
                MailError::Refused { host, code: code.into(), said: Reply(said) }
            }
            None => MailError::Connection { host, port: self.port, reason: error.to_string() },
        }
    }
}

impl Security {
    /// The usual port.
    pub fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

impl Mail {
    fn recipient(&self) -> Result<Address, MailError> {
        for (field, text) in [("recipient", &self.to), ("subject", &self.subject)] {
            if text.contains(char::is_control) {
                return Err(MailError::ControlCharacter { field });
            }
        }
        self.to.parse().map_err(|_| MailError::Recipient)
    }
}

fn is_this_machine(host: &str) -> bool {
    is_localhost(host) || host.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
}

/// Says that there is a mail, not what is in it.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("to", &"…").field("subject", &"…").finish_non_exhaustive()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply(…)")
    }
}

/// Says that there is a password, not which.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).field("password", &"…").finish()
    }
}

#[cfg(test)]
mod tests;
