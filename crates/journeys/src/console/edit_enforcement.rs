//! Somebody says which of an account's people use single sign-on and nothing else, and who comes in when it does not work
//! (MX-33, XC-27): what follows from it is shown before it is saved, and what is missing for it is said.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use vestibule_domain::account::{Account, AccountPath, AccountSettings};
use vestibule_domain::enforcement::{self, BreakGlass, Demand, Enforcement, NotDemanded};
use vestibule_domain::id::UserId;
use vestibule_domain::name::EmailAddress;
use vestibule_domain::password::is_offered;
use vestibule_domain::permission::Action;
use vestibule_domain::user::{User, UserState};
use vestibule_domain::waiting;
use vestibule_store::StoreError;

use super::edit::{Edited, Fields, NotEdited, Reader, Sent, weigh, word};
use super::viewer::{Shown, Spot, Viewer};
use crate::apply::{Wanted, WantedAccount, WantedUser};
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::set_up_connection::Tools;

/// The form of what an account demands of its people.
#[derive(Debug)]
pub struct EnforcementForm {
    /// The account.
    pub spot: Spot,
    /// What is set.
    pub fields: Fields,
    /// Who comes in by password whatever is demanded.
    pub named: Vec<Named>,
    /// Why single sign-on could not be demanded of more people now; none: it could.
    pub lacks: Option<NotDemanded>,
    /// Whether whoever looks authenticated a short while ago.
    pub is_fresh: bool,
}

/// Somebody who comes in by password whatever is demanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Who.
    pub id: UserId,
    /// What they are called by.
    pub called: Shown<String>,
    /// Whether they may sign in.
    pub state: UserState,
    /// Since when they are named.
    pub since: Timestamp,
    /// When they last signed in with their present password.
    pub signed_in_at: Option<Timestamp>,
}

/// The form as it is now.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or is not theirs to change.
pub async fn enforcement_form(
    ctx: &Ctx,
    viewer: &Viewer,
    path: Option<AccountPath>,
) -> Result<EnforcementForm, Problem> {
    let spot = viewer.spot(ctx, path, Action::ChangeAccount).await?;
    let account = &spot.account;
    let (id, own) = (account.id, account.path.clone());
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let mut leading = Vec::new();
            for way in tx.ways_into(id).await? {
                leading.extend(tx.connection(way.connection.id).await?);
            }
            Ok::<_, StoreError>((leading, tx.break_glass_of(id).await?))
        })
    });
    let (leading, named) = found.await?;
    let lacks = enforcement::may_demand(is_offered(account), &leading.iter().collect::<Vec<_>>(), &named).err();
    let fields = fields(&account.settings.single_sign_on, &named, viewer.may(Action::SeePersonal, &own));
    let shown = |glass: BreakGlass| {
        Some(Named {
            id: glass.user.id,
            called: viewer.shown(&own, waiting::called(&glass.user.profile)),
            state: glass.user.state,
            since: glass.user.sign_in.break_glass_since?,
            signed_in_at: glass.signed_in_at,
        })
    };
    let named = named.into_iter().filter_map(shown).collect();
    Ok(EnforcementForm { fields, named, lacks, is_fresh: viewer.is_fresh(ctx.now), spot })
}

fn fields(set: &Enforcement, named: &[BreakGlass], is_personal: bool) -> Fields {
    let roles: Vec<String> = set.roles.iter().map(|(role, demand)| format!("{role} = {}", word(demand))).collect();
    let addresses: Vec<&str> =
        named.iter().filter_map(|glass| address(&glass.user)).map(EmailAddress::as_str).collect();
    let mut fields: Fields = [
        ("people", word(set.people)),
        ("managers", set.managers.map(word).unwrap_or_default()),
        ("roles", roles.join("\n")),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .into();
    // Whoever does not see who it is does not say it either.
    if is_personal {
        fields.insert("break_glass".to_owned(), addresses.join("\n"));
    }
    fields
}

fn address(user: &User) -> Option<&EmailAddress> {
    user.profile.email.as_ref()
}

/// Shows what a form would change of what is demanded, or saves it.
///
/// # Errors
/// [`Problem::NotFound`] as for [`enforcement_form`].
pub async fn change_enforcement(
    ctx: &Ctx,
    viewer: &Viewer,
    path: Option<AccountPath>,
    sent: Sent,
    tools: &Tools,
) -> Result<Edited, Problem> {
    let account = viewer.spot(ctx, path, Action::ChangeAccount).await?.account;
    if sent.version != account.version {
        return Ok(Edited::Not(NotEdited::Changed));
    }
    let mut reader = Reader::new(&sent.fields);
    let single_sign_on = read(&mut reader, &account.settings.single_sign_on);
    let users = if sent.fields.contains_key("break_glass") {
        named(ctx, viewer, &account, &mut reader).await?
    } else {
        Vec::new()
    };
    let problems = reader.problems();
    if !problems.is_empty() {
        return Ok(Edited::Not(NotEdited::Unfit(problems)));
    }
    let settings = AccountSettings { single_sign_on, ..account.settings.clone() };
    let wanted = WantedAccount { line: 1, settings, users, ..WantedAccount::as_it_is(&account) };
    let wanted = Wanted { accounts: vec![wanted], ..Wanted::default() };
    // Who comes in, and by what, is trust throughout.
    weigh(ctx, viewer, &wanted, &sent, tools, |_| true).await
}

fn read(reader: &mut Reader<'_>, before: &Enforcement) -> Enforcement {
    let mut set = before.clone();
    reader.pick("people", &mut set.people);
    reader.pick_or_none("managers", &mut set.managers);
    let mut roles: BTreeMap<String, Demand> = BTreeMap::new();
    for line in reader.lines("roles") {
        // The last sign of equality: a role may have one in its name.
        let parts = line.rsplit_once('=').map(|(role, demand)| (role.trim(), demand.trim()));
        let demand = parts.and_then(|(_, word)| serde_json::from_value(word.into()).ok());
        match (parts, demand) {
            (Some((role, _)), Some(demand)) if !role.is_empty() => {
                if roles.insert(role.to_owned(), demand).is_some() {
                    reader.wrong("roles", format!("{role:?} stands there twice; keep one of the lines"));
                }
            }
            _ => reader.wrong(
                "roles",
                format!(
                    "{line:?} is no role with off, optional or required behind =; for example: accounting = required"
                ),
            ),
        }
    }
    set.roles = roles;
    set
}

/// The people of whom it changes whether they are named.
async fn named(
    ctx: &Ctx,
    viewer: &Viewer,
    account: &Account,
    reader: &mut Reader<'_>,
) -> Result<Vec<WantedUser>, Problem> {
    let mut wanted = BTreeSet::new();
    for line in reader.lines("break_glass") {
        match line.parse::<EmailAddress>() {
            Ok(email) => {
                wanted.insert(email.key().to_owned());
            }
            Err(error) => reader.wrong("break_glass", error.to_string()),
        }
    }
    let (id, path, keys) = (account.id, account.path.clone(), wanted.clone());
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let before: Vec<User> = tx.break_glass_of(id).await?.into_iter().map(|glass| glass.user).collect();
            let mut found = BTreeMap::new();
            for key in keys {
                let people = tx.users_by_address_within(&path, &key, 100).await?;
                let here: Vec<User> = people.into_iter().map(|(user, _)| user).filter(|it| it.account == id).collect();
                found.insert(key, here);
            }
            Ok::<_, StoreError>((before, found))
        })
    });
    let (before, found) = found.await?;
    let mut changed = Vec::new();
    for (key, people) in found {
        match <[User; 1]>::try_from(people) {
            Ok([user]) if user.sign_in.break_glass_since.is_none() => changed.push((user, true)),
            Ok(_) => {}
            Err(people) if people.is_empty() => {
                reader.wrong(
                    "break_glass",
                    format!("{key:?} is the address of nobody in this account; name somebody who is known here"),
                );
            }
            Err(_) => reader
                .wrong("break_glass", format!("{key:?} is the address of several people here; name somebody else")),
        }
    }
    // Whoever has no address was not in the field, so nobody took them out of it.
    let is_out = |user: &User| address(user).is_some_and(|email| !wanted.contains(email.key()));
    changed.extend(before.into_iter().filter(is_out).map(|user| (user, false)));
    for (user, _) in &changed {
        if !viewer.may_about(Action::SetMethod, &account.path, user) {
            let email = address(user).map(EmailAddress::as_str).unwrap_or_default();
            reader.wrong(
                "break_glass",
                format!("{email:?} is not yours to decide about: somebody else with a role does"),
            );
        }
    }
    Ok(changed
        .into_iter()
        .map(|(user, break_glass)| WantedUser { line: 1, break_glass, ..WantedUser::as_it_is(&user) })
        .collect())
}
