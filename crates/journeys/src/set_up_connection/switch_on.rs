//! A connection that was set up by a link comes in force: on the word of whoever has the link, where nobody is there yet
//! whom that could harm; else an administrator is asked, and confirms (A27.3).

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::connection::{Connection, ConnectionState};
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::ConnectionId;
use vestibule_domain::name::EmailAddress;
use vestibule_domain::permission::Action;
use vestibule_domain::setup::SetupLink;
use vestibule_domain::user::ConsoleRole;
use vestibule_store::tx::{ConsoleNote, MailAbout, SetupNote, StoredLetter, WaitingMail};
use vestibule_store::{StoreError, Tx};

use super::open::{Doorway, Entrance, look};
use super::save::{NotSaved, Tools, not_saved};
use crate::apply::{self, Activation, ApplyError, Wanted, WantedAccount, WantedConnection, WantedState};
use crate::console::Viewer;
use crate::ctx::Ctx;
use crate::mails::{self, MailText};
use crate::notices::Letter;
use crate::problem::Problem;

/// So many links of an account are looked through for the one that asked.
const LOOKED_AT: u32 = 100;
/// So many administrators are told.
const MAX_TOLD: u32 = 100;
/// So long after they were told they are not told again, however often what they are to confirm changes: their mail leads
/// to it as it is by then.
const TOLD_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// What became of a wish to put a connection in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchedOn {
    /// It is in force, and the link has ended.
    Active,
    /// An administrator was asked.
    Asked,
}

/// Why a connection does not come in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSwitchedOn {
    /// No test passed since the last edit.
    Untested,
    /// Whoever wants it authenticated too long ago (A27.3).
    SignInAgain,
    /// It is not what they looked at.
    Changed,
    /// It cannot be, or not now.
    Not(NotSaved),
}

/// Puts a connection in force that was set up, or asks an administrator to. `seen`: the last edit that whoever stands in
/// the console looked at, so that nothing is put in force that they did not see.
///
/// # Errors
/// Those of the store.
pub async fn switch_on(
    ctx: &Ctx,
    door: &Doorway,
    seen: Option<Timestamp>,
    tools: &Tools,
    product: &str,
) -> Result<Result<SwitchedOn, NotSwitchedOn>, Problem> {
    if let Entrance::Console { is_fresh, .. } = &door.entrance {
        if !is_fresh {
            return Ok(Err(NotSwitchedOn::SignInAgain));
        }
        if seen != Some(door.connection.edited_at) {
            return Ok(Err(NotSwitchedOn::Changed));
        }
    }
    if door.connection.state != ConnectionState::Tested {
        return Ok(Err(NotSwitchedOn::Untested));
    }
    if let Entrance::Link(link) = &door.entrance
        && !look(ctx, door).await?.switches_on(door)
    {
        return ask(ctx, door, link, product).await;
    }
    let by = By { actor: door.actor(), entrance: Some(door.entrance.clone()) };
    let done = put_in_force(ctx, &door.account, &door.connection, by, tools, product).await;
    match done {
        Ok(()) => Ok(Ok(SwitchedOn::Active)),
        Err(error) => Ok(Err(NotSwitchedOn::Not(not_saved(error, door)?))),
    }
}

async fn ask(
    ctx: &Ctx,
    door: &Doorway,
    link: &SetupLink,
    product: &str,
) -> Result<Result<SwitchedOn, NotSwitchedOn>, Problem> {
    if link.asked_at.is_some() {
        return Ok(Ok(SwitchedOn::Asked));
    }
    let told = told(ctx, &door.account).await?;
    let origin = ctx.deployment.origin_of(door.account.sub_domain.as_ref());
    let page = format!("{origin}/connections/{}/confirm", door.connection.id);
    let letter = Letters::of(&door.account, &door.connection, product).asked(&page);
    let mails = letters(ctx, &door.account, told, &letter);
    let fact = Fact::ActivationAsked { link: link.id, connection: door.connection.id };
    let (id, now, event) = (link.id, ctx.now, ctx.event(door.account.id, door.actor(), fact));
    let since = now.saturating_sub(TOLD_AGAIN).unwrap_or(Timestamp::MIN);
    let asked = ctx.store.write(move |tx| {
        Box::pin(async move {
            let asked = tx.note_setup(id, SetupNote::Asked, now, Some(&event)).await?;
            if asked && tx.tells_of_setup(id, now, since).await? {
                tx.insert_mails(&mails).await?;
            }
            Ok::<_, StoreError>(asked)
        })
    });
    Ok(if asked.await? { Ok(SwitchedOn::Asked) } else { Err(NotSwitchedOn::Not(NotSaved::Over)) })
}

/// What an administrator is asked.
#[derive(Debug)]
pub struct Asked {
    /// The account.
    pub account: Account,
    /// Its connection.
    pub connection: Connection,
    /// The link by which it was set up.
    pub link: SetupLink,
}

/// Why a connection is not put in force on an administrator's word.
#[derive(Debug, Error)]
pub enum NotConfirmed {
    /// Nobody asks for it.
    #[error("nobody asks to put this connection in force: it is not set up by a link, or it is in force by now")]
    NotAsked,
    /// It is not what they looked at.
    #[error("the connection was changed meanwhile by whoever has the link; look at it as it is now, and confirm that")]
    Changed,
    /// It cannot be.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What somebody is asked to confirm.
///
/// # Errors
/// [`Problem::NotFound`] where nothing is asked, or it is not theirs to confirm.
pub async fn asked(ctx: &Ctx, viewer: &Viewer, id: ConnectionId) -> Result<Asked, Problem> {
    let found = ctx.store.read(move |tx| Box::pin(async move { asked_of(tx, id).await })).await?;
    let asked = found.ok_or(Problem::NotFound)?;
    if viewer.may(Action::ActivateConnection, &asked.account.path) { Ok(asked) } else { Err(Problem::NotFound) }
}

async fn asked_of(tx: &mut Tx, id: ConnectionId) -> Result<Option<Asked>, StoreError> {
    let Some(connection) = tx.connection(id).await? else { return Ok(None) };
    let Some(account) = tx.account(connection.account).await? else { return Ok(None) };
    let links = tx.setup_links(Some(account.id), None, LOOKED_AT).await?;
    let mut links = links.into_iter().filter(|link| {
        link.connection == id && link.asked_at.is_some() && link.revoked_at.is_none() && link.ended_at.is_none()
    });
    Ok(links.next().map(|link| Asked { account, connection, link }))
}

/// Puts a connection in force that was asked for, on an administrator's word. `seen`: the version at which they looked,
/// so that nothing is put in force that they did not see; none: whatever there is.
///
/// # Errors
/// See [`NotConfirmed`].
pub async fn confirm(
    ctx: &Ctx,
    id: ConnectionId,
    seen: Option<i64>,
    by: Actor,
    tools: &Tools,
    product: &str,
) -> Result<(), NotConfirmed> {
    let found = ctx.store.read(move |tx| Box::pin(async move { asked_of(tx, id).await })).await?;
    let asked = found.ok_or(NotConfirmed::NotAsked)?;
    if seen.is_some_and(|seen| seen != asked.connection.version) {
        return Err(NotConfirmed::Changed);
    }
    let by = By { actor: by, entrance: None };
    Ok(put_in_force(ctx, &asked.account, &asked.connection, by, tools, product).await?)
}

/// On whose word a connection comes in force, and from which page of set-up, if from one.
struct By {
    actor: Actor,
    entrance: Option<Entrance>,
}

async fn put_in_force(
    ctx: &Ctx,
    account: &Account,
    connection: &Connection,
    by: By,
    tools: &Tools,
    product: &str,
) -> Result<(), ApplyError> {
    let mut wanted = WantedAccount::as_it_is(account);
    wanted.connections.push(WantedConnection {
        line: 0,
        id: Some(connection.id),
        name: connection.name.clone(),
        state: Some(WantedState::Active(Activation::AfterTest)),
        saml: connection.saml.clone(),
        notes: Vec::new(),
    });
    let plan = apply::plan(ctx, &Wanted { accounts: vec![wanted], ..Wanted::default() }, by.actor.clone()).await?;
    let events = ends(ctx, account, connection, &by.actor).await?;
    let origin = ctx.deployment.origin_of(account.sub_domain.as_ref());
    let in_console = matches!(by.entrance, Some(Entrance::Console { .. }));
    let letter = Letters::of(account, connection, product).active(&origin, in_console);
    let mails = letters(ctx, account, told(ctx, account).await?, &letter);
    let plan = plan.telling(events, mails);
    let plan = match by.entrance {
        Some(Entrance::Link(link)) => plan.by_link(link.id, SetupNote::Saved, ctx.now),
        Some(Entrance::Console { .. }) => plan.in_console(connection.id, ConsoleNote::Saved, ctx.now),
        None => plan,
    };
    apply::carry_out(ctx, plan, |key| (tools.make_key)(&key.name, ctx.now)).await
}

/// A line for each link that ends.
async fn ends(
    ctx: &Ctx,
    account: &Account,
    connection: &Connection,
    by: &Actor,
) -> Result<Vec<AuditEvent>, StoreError> {
    let id = account.id;
    let links =
        ctx.store.read(move |tx| Box::pin(async move { tx.setup_links(Some(id), None, LOOKED_AT).await })).await?;
    let good = links
        .into_iter()
        .filter(|link| link.connection == connection.id && link.over(connection.state, ctx.now).is_none());
    let fact = |link: SetupLink| Fact::SetupLinkEnded { link: link.id, connection: connection.id };
    Ok(good.map(|link| ctx.event(account.id, by.clone(), fact(link))).collect())
}

/// Who is told: all who administer the account, its contact and the operator's.
async fn told(ctx: &Ctx, account: &Account) -> Result<Vec<EmailAddress>, StoreError> {
    let id = account.id;
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let people = tx.people_with_roles(id, MAX_TOLD).await?;
            Ok::<_, StoreError>((people, tx.account_by_path(&AccountPath::ROOT).await?))
        })
    });
    let (people, platform) = found.await?;
    let admins = people.into_iter().filter(|user| user.console_role == Some(ConsoleRole::AccountAdmin));
    let contact = |account: &Account| account.settings.contact.as_ref().map(|contact| contact.email.clone());
    let contacts = [contact(account), platform.as_ref().and_then(contact)];
    let mut told: Vec<EmailAddress> = Vec::new();
    for address in admins.filter_map(|user| user.profile.email).chain(contacts.into_iter().flatten()) {
        if told.iter().all(|known| known.key() != address.key()) {
            told.push(address);
        }
    }
    Ok(told)
}

fn letters(ctx: &Ctx, account: &Account, told: Vec<EmailAddress>, letter: &StoredLetter) -> Vec<WaitingMail> {
    let mail = |to| mails::waiting(ctx, account.id, MailAbout::Notice { to, letter: letter.clone() }, mails::ENGLISH);
    told.into_iter().map(mail).collect()
}

/// What mails about it say, about a connection of an example; none for a mail about something else.
pub(crate) fn letter_of(text: MailText, account: &Account, product: &str, origin: &str) -> Option<Letter> {
    let issuer = "https://sts.windows.net/3770f585-1d9b-44d4-9016-2428d0082154/".to_owned();
    let letters = Letters { account: &account.name, connection: "entra", product, issuer };
    let StoredLetter { subject, paragraphs } = match text {
        MailText::SetUpToConfirm => letters.asked(&format!("{origin}/console/connections/…")),
        MailText::SetUpInForce => letters.active(origin, false),
        _ => return None,
    };
    Some(Letter { subject, paragraphs })
}

/// What mails about it say: in the one language of all notices.
struct Letters<'a> {
    account: &'a str,
    connection: &'a str,
    product: &'a str,
    issuer: String,
}

impl<'a> Letters<'a> {
    fn of(account: &'a Account, connection: &'a Connection, product: &'a str) -> Self {
        Self {
            account: &account.name,
            connection: connection.name.as_str(),
            product: account.brand.product_or(product),
            issuer: connection.saml.issuer.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }

    fn asked(&self, page: &str) -> StoredLetter {
        let Self { account, connection, product, issuer } = self;
        StoredLetter {
            subject: format!("Confirm the new sign-in of {account} to {product}"),
            paragraphs: vec![
                format!(
                    "Whoever has the set-up link for {account} has set up the sign-in {connection:?} with the identity \
                     provider {issuer}. A test has passed. {account} has people already, and this identity provider \
                     could sign in as each of them, so it is not in force until an administrator confirms it:"
                ),
                page.to_owned(),
                "If nobody at your company set this up, confirm nothing, and have the link revoked by whoever made it."
                    .to_owned(),
            ],
        }
    }

    fn active(&self, origin: &str, in_console: bool) -> StoredLetter {
        let Self { account, connection, product, issuer } = self;
        let how = if in_console { "It was set up in the console." } else { "The set-up link has ended." };
        StoredLetter {
            subject: format!("{account} now signs in to {product} with a new identity provider"),
            paragraphs: vec![
                format!(
                    "The sign-in {connection:?} of {account} with the identity provider {issuer} is in force. Its people \
                     sign in at:"
                ),
                origin.to_owned(),
                format!(
                    "{how} If nobody at your company knows of this, tell whoever runs {product} at \
                     once."
                ),
            ],
        }
    }
}
