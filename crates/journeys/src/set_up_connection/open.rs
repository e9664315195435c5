//! A link is opened, or a draft from the console, and what the page shows is gathered.

use jiff::Timestamp;
use vestibule_domain::account::{Account, AccountPath, Admission, Contact};
use vestibule_domain::connection::{Connection, ConnectionState};
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::{AttemptId, ConnectionId};
use vestibule_domain::permission::Action;
use vestibule_domain::readiness::Missing;
use vestibule_domain::setup::{LinkOver, SetupLink, is_draft};
use vestibule_oidc::SetupToken;
use vestibule_outbound::DomainProof;
use vestibule_store::StoreError;
use vestibule_store::tx::{ConsoleSetup, SetupNote};

use super::try_it::{LastTest, last_test};
use crate::apply::Addresses;
use crate::console::{Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::trust::{Trust, own_address};

/// Somebody who may set up a draft, and the draft.
#[derive(Debug, Clone)]
pub struct Doorway {
    /// By what right.
    pub entrance: Entrance,
    /// The account.
    pub account: Account,
    /// The draft that is set up.
    pub connection: Connection,
    /// How far they are.
    pub progress: Progress,
}

/// By what right somebody sets up a draft.
#[derive(Debug, Clone)]
pub enum Entrance {
    /// They have a link that is good.
    Link(Box<SetupLink>),
    /// They have a role in the console.
    Console {
        /// Who they are.
        actor: Actor,
        /// Whether they authenticated a short while ago.
        is_fresh: bool,
    },
}

/// How far a set-up is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// When something was saved last.
    pub saved_at: Option<Timestamp>,
    /// When it was said that our values stand at the identity provider.
    pub given_at: Option<Timestamp>,
    /// When it was said who comes in.
    pub people_at: Option<Timestamp>,
    /// The last test that was begun there, and when.
    pub test: Option<(AttemptId, Timestamp)>,
    /// Since when a test is about to begin.
    pub awaited_at: Option<Timestamp>,
    /// When an administrator was asked to put the connection in force.
    pub asked_at: Option<Timestamp>,
}

impl Doorway {
    /// Who does what is done by it.
    pub(super) fn actor(&self) -> Actor {
        match &self.entrance {
            Entrance::Link(link) => Actor::SetupLink(link.id),
            Entrance::Console { actor, .. } => actor.clone(),
        }
    }

    /// The link, where it is one.
    pub fn link(&self) -> Option<&SetupLink> {
        match &self.entrance {
            Entrance::Link(link) => Some(link),
            Entrance::Console { .. } => None,
        }
    }
}

impl From<&SetupLink> for Progress {
    fn from(link: &SetupLink) -> Self {
        let SetupLink { saved_at, given_at, people_at, test, asked_at, .. } = *link;
        Self { saved_at, given_at, people_at, test, awaited_at: None, asked_at }
    }
}

impl From<ConsoleSetup> for Progress {
    fn from(setup: ConsoleSetup) -> Self {
        let ConsoleSetup { saved_at, given_at, people_at, test, awaited_at } = setup;
        Self { saved_at, given_at, people_at, test, awaited_at, asked_at: None }
    }
}

/// A link that opens nothing.
#[derive(Debug)]
pub struct Over {
    /// Its account, where the link was one.
    pub account: Option<Account>,
    /// Whom to ask.
    pub contact: Option<Contact>,
    /// Why; none: there is no such link.
    pub why: Option<LinkOver>,
}

/// Opens a link. The first time is noted; opening it changes nothing else, for mail scanners do.
///
/// # Errors
/// Those of the store.
pub async fn open(ctx: &Ctx, text: &str) -> Result<Result<Doorway, Over>, Problem> {
    let unknown = Over { account: None, contact: None, why: None };
    let Some(token) = SetupToken::parse(text) else { return Ok(Err(unknown)) };
    let hash = *token.hash().as_bytes();
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(link) = tx.setup_link_by_hash(&hash).await? else { return Ok::<_, StoreError>(None) };
            let (account, connection) = (tx.account(link.account).await?, tx.connection(link.connection).await?);
            let platform = tx.account_by_path(&AccountPath::ROOT).await?;
            Ok(account.zip(connection).map(|(account, connection)| (link, account, connection, platform)))
        })
    });
    let Some((link, account, connection, platform)) = found.await? else { return Ok(Err(unknown)) };
    if let Some(why) = link.over(connection.state, ctx.now) {
        let contact = account.settings.contact.clone().or(platform.and_then(|platform| platform.settings.contact));
        return Ok(Err(Over { account: Some(account), contact, why: Some(why) }));
    }
    if link.opened_at.is_none() {
        let fact = Fact::SetupLinkOpened { link: link.id, connection: connection.id };
        let (id, now, event) = (link.id, ctx.now, ctx.event(account.id, Actor::SetupLink(link.id), fact));
        let opened = ctx
            .store
            .write(move |tx| Box::pin(async move { tx.note_setup(id, SetupNote::Opened, now, Some(&event)).await }));
        opened.await?;
    }
    let progress = Progress::from(&link);
    Ok(Ok(Doorway { entrance: Entrance::Link(Box::new(link)), account, connection, progress }))
}

/// Opens a draft from the console. None where the connection is no draft, so that it is changed elsewhere.
///
/// # Errors
/// [`Problem::NotFound`] for a connection that does not exist, or is not theirs to change.
pub async fn open_from_console(
    ctx: &Ctx,
    viewer: &Viewer,
    id: ConnectionId,
) -> Result<Option<(Spot, Doorway)>, Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(connection) = tx.connection(id).await? else { return Ok::<_, StoreError>(None) };
            let Some(account) = tx.account(connection.account).await? else { return Ok(None) };
            Ok(Some((connection, account, tx.console_setup(id).await?)))
        })
    });
    let (connection, account, setup) = found.await?.ok_or(Problem::NotFound)?;
    if !viewer.may(Action::ChangeConnection, &account.path) {
        return Err(Problem::NotFound);
    }
    let entrance = Entrance::Console { actor: viewer.actor(), is_fresh: viewer.is_fresh(ctx.now) };
    if !is_draft(connection.state) {
        return Ok(None);
    }
    let spot = viewer.spot(ctx, Some(account.path.clone()), Action::ChangeConnection).await?;
    Ok(Some((spot, Doorway { entrance, account, connection, progress: setup.into() })))
}

/// An e-mail domain of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupDomain {
    /// The domain.
    pub name: String,
    /// Whether it is proved.
    pub is_proved: bool,
    /// The record that proves it, where it is not.
    pub record: Option<DomainProof>,
}

/// What the page of a link shows.
#[derive(Debug)]
pub struct Look {
    /// What the identity provider has to be given.
    pub addresses: Addresses,
    /// Where our metadata is.
    pub metadata_url: String,
    /// What is missing of theirs.
    pub missing: Vec<Missing>,
    /// What is weak about it, in English.
    pub weaknesses: Vec<String>,
    /// The account's e-mail domains.
    pub domains: Vec<SetupDomain>,
    /// Who comes in.
    pub admission: Admission,
    /// What may be chosen of that; empty: nothing.
    pub admissions: Vec<Admission>,
    /// Whether an identity provider of this connection could come in as people who are there already: the account's own,
    /// those whom an application of its keeps, or those of the accounts below that sign in by its connections.
    pub reaches_people: bool,
    /// Whether the account demands single sign-on of anybody.
    pub demands: bool,
    /// The last test that was begun there.
    pub test: LastTest,
    /// Whether a test passed since the last edit.
    pub is_tested: bool,
}

impl Look {
    /// Whether they put the connection in force themselves: by a link where nobody is there yet whom that could harm;
    /// from the console whoever may, after a fresh authentication.
    pub fn switches_on(&self, door: &Doorway) -> bool {
        match door.entrance {
            Entrance::Link(_) => door.account.settings.setup_activation.by_link(self.reaches_people),
            Entrance::Console { .. } => true,
        }
    }
}

/// Gathers what the page shows.
///
/// # Errors
/// Those of the store.
pub async fn look(ctx: &Ctx, door: &Doorway) -> Result<Look, Problem> {
    let account = door.account.id;
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let domains = tx.domains_of(account).await?;
            let has_users = !tx.users_in(account, None, 1).await?.is_empty();
            let serves_others = tx.accounts_served_by(account, 2).await?.into_iter().any(|served| served != account);
            let others = tx.connection_heads(account).await?;
            Ok::<_, StoreError>((domains, has_users || serves_others, others))
        })
    });
    let (domains, has_people, heads) = found.await?;
    let reaches_people = has_people || door.account.settings.admission == Admission::PassThrough;
    let is_in_use = heads.iter().any(|head| !is_draft(head.state));
    let proved = domains.proved.iter().map(|proved| SetupDomain {
        name: proved.domain.to_string(),
        is_proved: true,
        record: None,
    });
    let claimed = domains.open_claims().map(|claim| SetupDomain {
        name: claim.domain.to_string(),
        is_proved: false,
        record: DomainProof::record_for(claim.domain.as_str(), &claim.token).ok(),
    });
    let saml = &door.connection.saml;
    let admission = door.account.settings.admission;
    Ok(Look {
        addresses: addresses(ctx, door),
        metadata_url: own(ctx, door, "metadata"),
        missing: saml.readiness(),
        weaknesses: saml.weaknesses(ctx.now).iter().map(ToString::to_string).collect(),
        domains: proved.chain(claimed).collect(),
        admission,
        admissions: match door.entrance {
            Entrance::Console { .. } => chosen_in_the_console(admission),
            Entrance::Link(_) if reaches_people || is_in_use => Vec::new(),
            Entrance::Link(_) => within(admission),
        },
        reaches_people,
        demands: door.account.settings.single_sign_on.demands(),
        test: last_test(ctx, door).await?,
        is_tested: door.connection.state == ConnectionState::Tested,
    })
}

/// What somebody chooses from the console, who may let in whom they like. Where the application keeps its users, whoever
/// applies files says so.
fn chosen_in_the_console(present: Admission) -> Vec<Admission> {
    match present {
        Admission::PassThrough => Vec::new(),
        _ => vec![Admission::Create, Admission::Waiting, Admission::InvitedOnly],
    }
}

/// What a link may choose: what the account was given, and what lets fewer people in. Nobody widens it by a link.
pub(super) fn within(given: Admission) -> Vec<Admission> {
    match given {
        Admission::Create => vec![Admission::Create, Admission::Waiting, Admission::InvitedOnly],
        Admission::Waiting => vec![Admission::Waiting, Admission::InvitedOnly],
        Admission::InvitedOnly | Admission::PassThrough => Vec::new(),
    }
}

fn own(ctx: &Ctx, door: &Doorway, what: &str) -> String {
    let saml = &door.connection.saml;
    let origin = ctx.deployment.origin_of(saml.sub_domain.as_ref().or(door.account.sub_domain.as_ref()));
    own_address(&origin, door.connection.id, what)
}

fn addresses(ctx: &Ctx, door: &Doorway) -> Addresses {
    let own = |what| own(ctx, door, what);
    let saml = &door.connection.saml;
    Addresses {
        identifier: saml.entity_id.as_ref().map_or_else(|| own("metadata"), ToString::to_string),
        reply_url: Trust::asked_for(saml).map_or_else(|| own("acs"), ToString::to_string),
        sign_on_url: own("start"),
        logout_url: own("slo"),
    }
}
