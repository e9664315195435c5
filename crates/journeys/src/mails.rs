//! Mails that wait until they are sent: links that people asked for, invitations, notices that have to arrive. What is
//! wished for is written down in the unit that it belongs to; a job makes the mail and hands it over. A mail stays until
//! a server took it or its time is over, so a server that does not answer loses none, and what could not be sent is
//! told: `vestibule mail waiting` shows what waits and why, the audit log what was given up.

mod texts;

use jiff::SignedDuration;
use vestibule_domain::account::Account;
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::{self, AccountId, EventId, UserId};
use vestibule_domain::password::{self, INVITATION_LIFETIME, LINK_LIFETIME};
use vestibule_domain::user::User;
use vestibule_oidc::PasswordLink;
use vestibule_outbound::{Mail, MailError, Mailer};
use vestibule_store::tx::{MailAbout, PasswordHolder, WaitingMail};
use vestibule_store::{Store, StoreError};

use crate::ctx::Ctx;
use crate::jobs::{Means, Turn};
use crate::notices::{Letter, Look};
use crate::problem::Problem;

pub(crate) use self::texts::{EXAMPLE, written};
pub use self::texts::{MailText, Written as WrittenMail};

/// So many mails a turn.
const BATCH: u32 = 50;

/// The longest time between two tries.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// The language of mails that nobody asked for.
pub(crate) const ENGLISH: &str = "en";

/// A mail, to be written down.
pub(crate) fn waiting(ctx: &Ctx, account: AccountId, about: MailAbout, language: &str) -> WaitingMail {
    WaitingMail {
        id: EventId::new(ctx.now, ctx.random::<{ id::RANDOM }>()),
        account,
        about,
        language: language.to_owned(),
        at: ctx.now,
        tries: 0,
        problem: None,
    }
}

/// What waits now, the oldest first: at most so many as anybody reads.
///
/// # Errors
/// Those of the store.
pub async fn waiting_ones(ctx: &Ctx) -> Result<Vec<WaitingMail>, Problem> {
    Ok(in_store(&ctx.store).await?.into_iter().map(|(mail, _)| mail).collect())
}

/// The same, each with the path of its account, for whoever has the database alone.
///
/// # Errors
/// Those of the store.
pub async fn in_store(store: &Store) -> Result<Vec<(WaitingMail, String)>, StoreError> {
    let found = store.read(move |tx| {
        Box::pin(async move {
            let mut told = Vec::new();
            for mail in tx.mails(SHOWN).await? {
                let path = tx.account(mail.account).await?.map(|account| account.path.to_string());
                told.push((mail, path.filter(|path| !path.is_empty()).unwrap_or_else(|| "platform".to_owned())));
            }
            Ok(told)
        })
    });
    found.await
}

/// So many are shown.
const SHOWN: u32 = 500;

/// Sends what is to be sent. Without a mail server all of it waits until its time is over.
pub(crate) async fn turn(ctx: &Ctx, means: &Means) -> Result<Turn, Problem> {
    give_up_what_is_over(ctx).await?;
    let Some(mailer) = &means.mailer else { return Ok(Turn::Done) };
    let now = ctx.now;
    let due = ctx.store.read(move |tx| Box::pin(async move { tx.mails_due(now, BATCH).await })).await?;
    let is_full = due.len() == BATCH as usize;
    for waiting in due {
        if send(ctx, means, mailer, &waiting).await? == Server::Silent {
            return Ok(Turn::Stuck);
        }
    }
    Ok(Turn::after(is_full))
}

/// Whether a mail server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    Answers,
    Silent,
}

async fn send(ctx: &Ctx, means: &Means, mailer: &Mailer, waiting: &WaitingMail) -> Result<Server, Problem> {
    let Some(Written { mail, fact }) = write(ctx, means, waiting).await? else {
        done(ctx, waiting, None).await?;
        return Ok(Server::Answers);
    };
    let (account, kind) = (waiting.account, waiting.about.kind().name());
    match mailer.send(mail, ctx.now).await {
        Ok(()) => {
            done(ctx, waiting, fact).await?;
            Ok(Server::Answers)
        }
        Err(error) if is_for_good(&error) => {
            tracing::warn!(%account, kind, %error, "a mail is not tried again");
            let fact = given_up(waiting);
            done(ctx, waiting, fact).await?;
            Ok(Server::Answers)
        }
        Err(error) => {
            tracing::warn!(%account, kind, tries = waiting.tries + 1, %error, "a mail waits");
            let (id, again_at, problem) = (waiting.id, next_try(ctx, waiting.tries), error.to_string());
            let failed =
                ctx.store.write(move |tx| Box::pin(async move { tx.mail_failed(id, again_at, &problem).await }));
            failed.await?;
            let is_silent = matches!(error, MailError::Connection { .. } | MailError::TooSlow { .. });
            Ok(if is_silent { Server::Silent } else { Server::Answers })
        }
    }
}

/// After one minute, two, four, and so on.
fn next_try(ctx: &Ctx, tries: u32) -> jiff::Timestamp {
    let pause = SignedDuration::from_mins(1_i64 << tries.min(10)).min(LONGEST_PAUSE);
    ctx.now.saturating_add(pause).unwrap_or(ctx.now)
}

/// Whether no other try can do better: the recipient is none, or a server refused it for good (RFC 5321 §4.2.1).
fn is_for_good(error: &MailError) -> bool {
    match error {
        MailError::ControlCharacter { .. } | MailError::Recipient => true,
        MailError::Refused { code, .. } => *code >= 500,
        MailError::Connection { .. } | MailError::TooSlow { .. } => false,
    }
}

async fn give_up_what_is_over(ctx: &Ctx) -> Result<(), Problem> {
    let now = ctx.now;
    let over = ctx.store.read(move |tx| Box::pin(async move { tx.mails_over(now, BATCH).await })).await?;
    for waiting in over {
        let fact = given_up(&waiting);
        done(ctx, &waiting, fact).await?;
    }
    Ok(())
}

/// Of an address that a stranger typed no line is written.
fn given_up(waiting: &WaitingMail) -> Option<Fact> {
    let mail = waiting.about.kind().name().to_owned();
    match &waiting.about {
        MailAbout::Link(_) => None,
        MailAbout::Notice { letter, .. } => Some(Fact::NoticeGivenUp { subject: letter.subject.clone() }),
        MailAbout::Invitation(user) | MailAbout::BreakGlass { user, .. } => {
            Some(Fact::MailGivenUp { user: *user, mail })
        }
    }
}

/// The mail is sent, or never will be.
async fn done(ctx: &Ctx, waiting: &WaitingMail, fact: Option<Fact>) -> Result<(), Problem> {
    let id = waiting.id;
    let event: Option<AuditEvent> = fact.map(|fact| ctx.event(waiting.account, Actor::System, fact));
    ctx.store.write(move |tx| Box::pin(async move { tx.drop_mail(id, event.as_ref()).await })).await?;
    Ok(())
}

/// A mail as it goes out, and what the audit log says of it.
struct Written {
    mail: Mail,
    fact: Option<Fact>,
}

/// Writes a mail. None where there is nobody to write to: nobody whom the account does not know gets one.
async fn write(ctx: &Ctx, means: &Means, waiting: &WaitingMail) -> Result<Option<Written>, Problem> {
    let (id, about) = (waiting.account, waiting.about.clone());
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(account) = tx.account(id).await? else { return Ok::<_, Problem>(None) };
            let user = match &about {
                MailAbout::Link(email) => {
                    let holders = tx.password_holders(id, email.key()).await?;
                    <[PasswordHolder; 1]>::try_from(holders).ok().map(|[holder]| holder.user)
                }
                MailAbout::Invitation(user) | MailAbout::BreakGlass { user, .. } => tx.user(*user).await?,
                MailAbout::Notice { .. } => None,
            };
            Ok(Some((account, user)))
        })
    });
    let Some((account, user)) = found.await? else { return Ok(None) };
    if let MailAbout::Notice { to, letter } = &waiting.about {
        let product = account.brand.product_or(&means.product);
        let look = Look { product, brand: &account.brand, language: ENGLISH };
        let letter = Letter { subject: letter.subject.clone(), paragraphs: letter.paragraphs.clone() };
        return Ok(Some(Written { mail: letter.mail(to.as_str(), &look), fact: None }));
    }
    let Some(user) = user else { return Ok(None) };
    let language = Language::of(&waiting.language);
    let product = account.brand.product_or(&means.product);
    let letters = Letters { language, account: &account.name, product };
    let look = Look { product, brand: &account.brand, language: language.tag() };
    // To the address as we know it, and not as somebody typed it.
    let theirs = user.profile.email.clone();
    match &waiting.about {
        MailAbout::BreakGlass { to, .. } => {
            let name = theirs.as_ref().map_or_else(|| user.id.to_string(), ToString::to_string);
            let letter = letters.break_glass(&name, &waiting.at.strftime("%Y-%m-%d %H:%M UTC").to_string());
            Ok(Some(Written { mail: letter.mail(to.as_str(), &look), fact: None }))
        }
        MailAbout::Notice { .. } => Ok(None),
        MailAbout::Link(_) | MailAbout::Invitation(_) => {
            let Some(to) = theirs else { return Ok(None) };
            let invites = matches!(waiting.about, MailAbout::Invitation(_));
            let (letter, fact) = how_to_sign_in(ctx, &letters, &account, &user, invites).await?;
            Ok(Some(Written { mail: letter.mail(to.as_str(), &look), fact }))
        }
    }
}

/// A link where the person may use a password. Whoever signs in through the account's identity provider is told so, and
/// gets no mail about a password (MX-32).
async fn how_to_sign_in(
    ctx: &Ctx,
    letters: &Letters<'_>,
    account: &Account,
    user: &User,
    invites: bool,
) -> Result<(Letter, Option<Fact>), Problem> {
    let origin = ctx.deployment.origin_of(account.sub_domain.as_ref());
    let invited = invites.then_some(Fact::Invited { user: user.id });
    if !password::may_use(account, user) {
        let letter = if invites { letters.welcome(&origin) } else { letters.sign_in_with(&origin) };
        return Ok((letter, invited));
    }
    let url = new_link(ctx, &origin, user.id, if invites { INVITATION_LIFETIME } else { LINK_LIFETIME }).await?;
    let letter = if invites { letters.invitation(&url) } else { letters.link(&url) };
    Ok((letter, Some(invited.unwrap_or(Fact::PasswordMailed { user: user.id }))))
}

async fn new_link(ctx: &Ctx, origin: &str, user: UserId, lifetime: SignedDuration) -> Result<String, Problem> {
    let link = PasswordLink::new(ctx.now, &ctx.random());
    let (hash, end) = (*link.hash().as_bytes(), ctx.now + lifetime);
    ctx.store
        .write(move |tx| Box::pin(async move { tx.insert_password_link(&hash, Some(user), end, None).await }))
        .await?;
    Ok(format!("{origin}/sign-in/password/{}", link.to_text()))
}

/// The languages of our pages.
#[derive(Debug, Clone, Copy)]
enum Language {
    English,
    German,
}

impl Language {
    fn of(tag: &str) -> Self {
        if tag == "de" { Self::German } else { Self::English }
    }

    fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

/// What letters say, and in whose name.
struct Letters<'a> {
    language: Language,
    account: &'a str,
    product: &'a str,
}

impl Letters<'_> {
    fn letter(&self, english: (String, Vec<String>), german: (String, Vec<String>)) -> Letter {
        let (subject, paragraphs) = match self.language {
            Language::English => english,
            Language::German => german,
        };
        Letter { subject, paragraphs }
    }

    fn link(&self, url: &str) -> Letter {
        let Self { account, product, .. } = self;
        self.letter(
            (
                format!("Set your password for {product}"),
                vec![
                    format!("Somebody asked to set your password for {product} ({account}). If it was you, open:"),
                    url.to_owned(),
                    "The link is good once, and for an hour. If it was not you, do nothing: your password stays."
                        .to_owned(),
                ],
            ),
            (
                format!("Ihr Passwort für {product}"),
                vec![
                    format!("Jemand möchte Ihr Passwort für {product} ({account}) setzen. Waren Sie es, öffnen Sie:"),
                    url.to_owned(),
                    "Der Link gilt einmal und eine Stunde lang. Waren Sie es nicht, tun Sie nichts: Ihr Passwort \
                     bleibt."
                        .to_owned(),
                ],
            ),
        )
    }

    fn sign_in_with(&self, origin: &str) -> Letter {
        let Self { account, product, .. } = self;
        self.letter(
            (
                format!("How you sign in to {product}"),
                vec![
                    format!("You need no password for {product}: you sign in with your account at {account}. Open:"),
                    origin.to_owned(),
                    "If you did not ask for this, do nothing.".to_owned(),
                ],
            ),
            (
                format!("Wie Sie sich bei {product} anmelden"),
                vec![
                    format!(
                        "Sie brauchen kein Passwort für {product}: Sie melden sich mit Ihrem Konto bei {account} an. \
                         Öffnen Sie:"
                    ),
                    origin.to_owned(),
                    "Haben Sie nicht danach gefragt, tun Sie nichts.".to_owned(),
                ],
            ),
        )
    }

    fn invitation(&self, url: &str) -> Letter {
        let Self { account, product, .. } = self;
        self.letter(
            (
                format!("You are invited to {product}"),
                vec![
                    format!("{account} invites you to {product}. Open this link and choose a password:"),
                    url.to_owned(),
                    "The link is good once, and for seven days. After that, ask for another one where you sign in."
                        .to_owned(),
                ],
            ),
            (
                format!("Sie sind zu {product} eingeladen"),
                vec![
                    format!("{account} lädt Sie zu {product} ein. Öffnen Sie diesen Link und wählen Sie ein Passwort:"),
                    url.to_owned(),
                    "Der Link gilt einmal und sieben Tage lang. Danach bekommen Sie einen neuen, wo Sie sich anmelden."
                        .to_owned(),
                ],
            ),
        )
    }

    fn welcome(&self, origin: &str) -> Letter {
        let Self { account, product, .. } = self;
        self.letter(
            (
                format!("You are invited to {product}"),
                vec![
                    format!(
                        "{account} invites you to {product}. You need no password: you sign in with your account at \
                         {account}. Open:"
                    ),
                    origin.to_owned(),
                ],
            ),
            (
                format!("Sie sind zu {product} eingeladen"),
                vec![
                    format!(
                        "{account} lädt Sie zu {product} ein. Sie brauchen kein Passwort: Sie melden sich mit Ihrem \
                         Konto bei {account} an. Öffnen Sie:"
                    ),
                    origin.to_owned(),
                ],
            ),
        )
    }

    /// Nobody asked for it, so it is in the one language of all notices.
    fn break_glass(&self, who: &str, at: &str) -> Letter {
        let Self { account, product, .. } = self;
        Letter {
            subject: format!("Somebody signed in to {product} past {account}'s single sign-on"),
            paragraphs: vec![
                format!(
                    "{who} signed in to {product} with a password, at {at}. {account} demands single sign-on; {who} is \
                     named as somebody who may come in when that does not work (break glass)."
                ),
                format!(
                    "If you know why, nothing has to be done. If not, ask {who} now; whoever runs {product} can suspend \
                     them, which ends what they have open."
                ),
            ],
        }
    }
}
