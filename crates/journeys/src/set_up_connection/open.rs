//! A link is opened, and what its page shows is gathered.

use vestibule_domain::account::{Account, AccountPath, Admission, Contact};
use vestibule_domain::connection::{Connection, ConnectionState};
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::readiness::Missing;
use vestibule_domain::setup::{LinkOver, SetupLink, is_draft};
use vestibule_oidc::SetupToken;
use vestibule_outbound::DomainProof;
use vestibule_store::StoreError;
use vestibule_store::tx::SetupNote;

use super::try_it::{LastTest, last_test};
use crate::apply::Addresses;
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::trust::{Trust, own_address};

/// A link that is good, and what it opens.
#[derive(Debug, Clone)]
pub struct Doorway {
    /// The link.
    pub link: SetupLink,
    /// Its account.
    pub account: Account,
    /// The draft that it sets up.
    pub connection: Connection,
}

impl Doorway {
    /// Who does what is done by it.
    pub(super) fn actor(&self) -> Actor {
        Actor::SetupLink(self.link.id)
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
    Ok(Ok(Doorway { link, account, connection }))
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
    /// Whether people of the account are known here already.
    pub has_people: bool,
    /// Whether the account demands single sign-on of anybody.
    pub demands: bool,
    /// The last test that was begun by the link.
    pub test: LastTest,
    /// Whether a test passed since the last edit.
    pub is_tested: bool,
}

impl Look {
    /// Whether whoever has the link puts the connection in force by it.
    pub fn switches_on(&self, door: &Doorway) -> bool {
        door.account.settings.setup_activation.by_link(self.has_people)
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
            let has_people = !tx.users_in(account, None, 1).await?.is_empty();
            let others = tx.connection_heads(account).await?;
            Ok::<_, StoreError>((domains, has_people, others))
        })
    });
    let (domains, has_people, heads) = found.await?;
    let is_in_use = heads.iter().any(|head| !is_draft(head.state));
    let proved = domains.proved.iter().map(|proved| SetupDomain {
        name: proved.domain.to_string(),
        is_proved: true,
        record: None,
    });
    let is_proved = |name: &str| domains.proved.iter().any(|proved| proved.domain.as_str() == name);
    let claimed = domains.claims.iter().filter(|claim| !is_proved(claim.domain.as_str())).map(|claim| SetupDomain {
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
        admissions: if has_people || is_in_use { Vec::new() } else { within(admission) },
        has_people,
        demands: door.account.settings.single_sign_on.demands(),
        test: last_test(ctx, door).await?,
        is_tested: door.connection.state == ConnectionState::Tested,
    })
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
