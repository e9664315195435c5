//! Who waits, as somebody sees it who may let them in.

use std::collections::BTreeMap;

use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::application::Application;
use vestibule_domain::id::{ApplicantId, UserId};
use vestibule_domain::offer::Offer;
use vestibule_domain::permission::{Action, Giving};
use vestibule_domain::user::{ConsoleRole, User};
use vestibule_domain::waiting::{self, Applicant, ApplicantState};
use vestibule_store::tx::{ApplicantFilter, ApplicantOrder, WaitingPlace};
use vestibule_store::{Store, StoreError, Tx};

use super::who::{About, Who};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// How many applicants a page has.
pub const PAGE: u32 = 50;
/// How many accounts in which somebody waits are named.
const PLACES: u32 = 100;

/// Which part of which list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// Whose waiting room; none: one's own account's.
    pub account: Option<AccountPath>,
    /// How far it is with them.
    pub state: ApplicantState,
    /// In which order.
    pub order: ApplicantOrder,
    /// How the name begins, or the address in a list by address.
    pub begins: String,
    /// The last one of the page before.
    pub after: Option<ApplicantId>,
}

/// A page of a list.
#[derive(Debug)]
pub struct List {
    /// Whose waiting room.
    pub account: Account,
    /// Accounts within reach in which somebody waits, where there are others than this one.
    pub places: Vec<WaitingPlace>,
    /// Who.
    pub applicants: Vec<Applicant>,
    /// Behind whom the next page begins; none: this is the last. It may be somebody who is not shown, so it is no name.
    pub next: Option<ApplicantId>,
    /// Whether whoever looks may ask on somebody's behalf.
    pub may_ask: bool,
}

/// Who waits in an account.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or beyond reach.
pub async fn list(ctx: &Ctx, who: &Who, query: ListQuery) -> Result<List, Problem> {
    let path = query.account.clone().unwrap_or_else(|| who.home.path.clone());
    if !who.home.path.holds(&path) {
        return Err(Problem::NotFound);
    }
    let has_others = !matches!(who.user.console_role, Some(ConsoleRole::Approver) | None);
    let (within, rows) = (who.home.path.clone(), who.rows);
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(account) = tx.account_by_path(&path).await? else { return Err(Problem::NotFound) };
            let after = match query.after {
                Some(id) => tx.applicant(id).await?.filter(|it| it.account == account.id),
                None => None,
            };
            let filter = ApplicantFilter {
                account: account.id,
                state: query.state,
                order: query.order,
                begins: query.begins.to_lowercase(),
                after: after.map(|after| query.order.key(&after)),
                limit: rows + 1,
            };
            let applicants = tx.applicants(&filter).await?;
            let places = if has_others { tx.waiting_places(&within, PLACES).await? } else { Vec::new() };
            Ok((account, applicants, places))
        })
    });
    let (account, mut applicants, mut places) = found.await?;
    if !who.may(Action::SeeWaiting, &account, About::default()) {
        return Err(Problem::NotFound);
    }
    let more = applicants.len() > who.rows as usize;
    applicants.truncate(who.rows as usize);
    let next = applicants.last().filter(|_| more).map(|last| last.id);
    applicants.retain(|applicant| sees(ctx, who, &account, applicant));
    places.retain(|place| place.path != account.path);
    let may_ask = who.may(Action::AskOnBehalf(who.most()), &account, About::default());
    Ok(List { account, places, applicants, next, may_ask })
}

/// Who waits in an account, of each state so many at most; for a command. None where there is no such account.
///
/// # Errors
/// Those of the store.
pub async fn in_store(store: &Store, path: &AccountPath, first: u32) -> Result<Option<Vec<Applicant>>, StoreError> {
    let path = path.clone();
    let found = store.read(move |tx| {
        Box::pin(async move {
            let Some(account) = tx.account_by_path(&path).await? else { return Ok(None) };
            let mut all = Vec::new();
            for state in ApplicantState::ALL.into_iter().filter(|state| state.is_open()) {
                let order = ApplicantOrder::Oldest;
                let filter = ApplicantFilter {
                    account: account.id,
                    state,
                    order,
                    begins: String::new(),
                    after: None,
                    limit: first,
                };
                all.extend(tx.applicants(&filter).await?);
            }
            Ok(Some(all))
        })
    });
    found.await
}

/// Whether somebody may see an applicant. One whose time is over is there no more.
pub(super) fn sees(ctx: &Ctx, who: &Who, account: &Account, applicant: &Applicant) -> bool {
    ctx.now < applicant.expires_at && who.may(Action::SeeWaiting, account, about(applicant))
}

pub(super) fn about(applicant: &Applicant) -> About<'_> {
    About { profile: Some(&applicant.file.profile), scopes: applicant.file.granted.scopes.as_ref(), user: None }
}

/// A person by name, where a page names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What they are called by.
    pub name: String,
    /// Their address.
    pub email: Option<String>,
}

impl Named {
    /// A user.
    pub fn of(user: &User) -> Self {
        let email = user.profile.email.as_ref().map(|email| email.as_str().to_owned());
        Self { name: waiting::called(&user.profile), email }
    }
}

/// What somebody may do with an applicant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct May {
    /// Let them in.
    pub approve: bool,
    /// Turn them away.
    pub refuse: bool,
    /// Merge them with a user.
    pub merge: bool,
}

/// One applicant, with all that is needed to decide.
#[derive(Debug)]
pub struct Detail {
    /// Whose waiting room it is.
    pub account: Account,
    /// Who.
    pub applicant: Applicant,
    /// Whoever is named: who decided, and who they are merged with.
    pub people: BTreeMap<UserId, Named>,
    /// Users of the account with the applicant's address, who they may be.
    pub namesakes: Vec<User>,
    /// What whoever looks may give.
    pub offer: Offer,
    /// What they may do.
    pub may: May,
    /// Whether what they approve waits for the second step.
    pub second_step_follows: bool,
}

/// An applicant, for somebody who may see them.
///
/// # Errors
/// [`Problem::NotFound`] for one who does not exist, or is beyond reach.
pub async fn look(ctx: &Ctx, who: &Who, id: ApplicantId) -> Result<Detail, Problem> {
    let found = ctx.store.read(move |tx| Box::pin(async move { load(tx, id).await })).await?;
    let found = found.filter(|found| sees(ctx, who, &found.account, &found.applicant)).ok_or(Problem::NotFound)?;
    let Loaded { account, applicant, people, namesakes, applications } = found;
    let offer = within_reach(who, Offer::of(&applications, account.id));
    let (is_open, about) = (applicant.is_open(ctx.now), about(&applicant));
    let needs_confirmation = applicant.state == ApplicantState::SecondStep;
    let confirms = who.may(Action::Confirm(Giving::default()), &account, about);
    let may_approve = if needs_confirmation { confirms } else { who.may(Action::Approve(who.most()), &account, about) };
    let may_refuse = if needs_confirmation { confirms } else { who.may(Action::Refuse, &account, about) };
    let is_alone = applicant.came.is_some() && !needs_confirmation;
    // Of whom it would be is asked when it is known.
    let may_merge = is_alone && who.may(Action::Refuse, &account, About::default()) && may_approve;
    let second_step_follows = !confirms && account.settings.waiting.second_step == waiting::SecondStep::Operator;
    Ok(Detail {
        may: May { approve: is_open && may_approve, refuse: is_open && may_refuse, merge: is_open && may_merge },
        account,
        applicant,
        people,
        namesakes,
        offer,
        second_step_follows,
    })
}

/// Of what there is to give, the part that is within somebody's reach.
pub(super) fn within_reach(who: &Who, mut offer: Offer) -> Offer {
    let Some(own) = who.own_scopes() else { return offer };
    offer.roles.retain(|role| role.within_scopes);
    offer.kinds.retain_mut(|kind| {
        let Some(values) = own.by_kind().get(&kind.kind) else { return false };
        let known = kind.values.take();
        kind.values =
            Some(values.iter().filter(|value| known.as_ref().is_none_or(|it| it.contains(value))).cloned().collect());
        true
    });
    offer
}

struct Loaded {
    account: Account,
    applicant: Applicant,
    people: BTreeMap<UserId, Named>,
    namesakes: Vec<User>,
    applications: Vec<Application>,
}

async fn load(tx: &mut Tx, id: ApplicantId) -> Result<Option<Loaded>, Problem> {
    let Some(applicant) = tx.applicant(id).await? else { return Ok(None) };
    let Some(account) = tx.account(applicant.account).await? else { return Ok(None) };
    let file = &applicant.file;
    let decided = [&file.first, &file.last].into_iter().flatten().map(|decided| decided.by);
    let mut people = BTreeMap::new();
    for person in decided.chain(file.user) {
        if let Some(user) = tx.user(person).await? {
            people.insert(person, Named::of(&user));
        }
    }
    let namesakes = match &file.profile.email {
        Some(email) if applicant.state.is_open() => {
            let nowhere = vestibule_domain::id::ConnectionId::from_bytes([0; 16]);
            tx.users_by_email(account.id, email.key(), nowhere).await?.into_iter().map(|found| found.user).collect()
        }
        _ => Vec::new(),
    };
    let applications = tx.applications().await?;
    Ok(Some(Loaded { account, applicant, people, namesakes, applications }))
}

/// The user whom an applicant is to be merged with, by their address: asked for before it is done. None where there is
/// not exactly one who can be.
///
/// # Errors
/// Those of the store.
pub async fn merge_target(ctx: &Ctx, who: &Who, detail: &Detail, email_key: &str) -> Result<Option<User>, Problem> {
    let (account, key) = (detail.account.id, email_key.to_lowercase());
    let nowhere = vestibule_domain::id::ConnectionId::from_bytes([0; 16]);
    let found = ctx.store.read(move |tx| Box::pin(async move { tx.users_by_email(account, &key, nowhere).await }));
    let mut found = found.await?.into_iter().map(|found| found.user);
    match (found.next(), found.next()) {
        (Some(user), None) => {
            let about = About { user: Some(&user), ..About::default() };
            let may = who.may(Action::Merge, &detail.account, about);
            Ok((may && user.state == vestibule_domain::user::UserState::Active).then_some(user))
        }
        _ => Ok(None),
    }
}
