//! Accounts, from the root down.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use vestibule_domain::account::{Account, AccountKind, AccountPath, AccountSettings};
use vestibule_domain::branding::{Accent, Branding, Scheme};
use vestibule_domain::event::Fact;
use vestibule_domain::id::AccountId;
use vestibule_domain::name::{NameError, Slug, SubDomain};
use vestibule_domain::session::SessionSettings;
use vestibule_domain::ways::{self, Permitted, SignInBy, Ways};

use super::change::{Before, Change, ChangeKind, Difference, Noun, Write, differences};
use super::misfit::Reason;
use super::planner::{Planner, names, shown};
use super::wanted::{WantedAccount, WantedSubDomain};

/// The platform's name until somebody gives it one.
const PLATFORM: &str = "Platform";

impl Planner<'_> {
    pub(super) fn accounts(&mut self, wanted: &[WantedAccount]) {
        let mut seen: BTreeMap<&AccountPath, usize> = BTreeMap::new();
        let mut in_order: Vec<&WantedAccount> = wanted.iter().collect();
        in_order.sort_by(|one, other| one.path.cmp(&other.path));
        if in_order.first().is_none_or(|first| first.path != AccountPath::ROOT) {
            self.platform();
        }
        for account in in_order {
            if let Some(first) = seen.insert(&account.path, account.line) {
                let (first, line) = (first.min(account.line), first.max(account.line));
                self.misfit(line, what(account), Reason::Twice { first });
                continue;
            }
            self.account(account);
        }
    }

    /// Everything stands below the platform, so there is one.
    fn platform(&mut self) {
        if self.present.accounts.contains_key(&AccountPath::ROOT) {
            return;
        }
        let platform = Account {
            id: self.account_id(),
            parent: None,
            path: AccountPath::ROOT,
            kind: AccountKind::Platform,
            name: PLATFORM.to_owned(),
            sub_domain: None,
            settings: AccountSettings::default(),
            brand: Branding::default(),
            sessions: SessionSettings::default(),
            version: 0,
        };
        self.save(None, platform);
    }

    fn account(&mut self, wanted: &WantedAccount) {
        let before = self.present.accounts.get(&wanted.path).cloned();
        let parent = match wanted.path.parent() {
            None => None,
            Some(above) => match self.present.accounts.get(&above) {
                None => {
                    self.misfit(wanted.line, what(wanted), Reason::NoParent { parent: shown(&above) });
                    return;
                }
                Some(parent) if parent.kind == AccountKind::Customer => {
                    self.misfit(wanted.line, what(wanted), Reason::ParentIsCustomer { parent: shown(&above) });
                    return;
                }
                Some(parent) => Some(parent.id),
            },
        };
        let id = before.as_ref().map_or_else(|| self.account_id(), |before| before.id);
        let sub_domain = match self.sub_domain(wanted, id, before.as_ref()) {
            Ok(sub_domain) => sub_domain,
            Err(reason) => return self.misfit(wanted.line, what(wanted), reason),
        };
        let account = Account {
            id,
            parent,
            path: wanted.path.clone(),
            kind: self.kind(wanted, before.as_ref()),
            name: wanted.name.clone(),
            sub_domain,
            settings: wanted.settings.clone(),
            brand: Branding::default(),
            sessions: SessionSettings::default(),
            version: before.as_ref().map_or(0, |before| before.version),
        };
        self.judge_ways(wanted, &account);
        let logo_of = |account: &Account| account.settings.branding.logo.clone();
        let is_new_logo = before.as_ref().and_then(logo_of) != logo_of(&account);
        self.save(before.as_ref(), account);
        if is_new_logo {
            // After the account, to which its row belongs.
            self.write(Write::Logo(id, wanted.logo.clone()));
        }
    }

    /// What the account chooses must be permitted, and only who has something below permits (MX-21, MX-29).
    fn judge_ways(&mut self, wanted: &WantedAccount, account: &Account) {
        let above = wanted.path.parent().and_then(|above| self.present.accounts.get(&above));
        let permitted = ways::permitted(account, above);
        let settings = &account.settings;
        let above = above.map(|above| shown(&above.path));
        let reason = match above {
            None if settings.permitted.is_some() => Some(Reason::NothingAbove),
            None if settings.sign_in == SignInBy::Inherit => Some(Reason::NothingToInherit),
            Some(_) if account.kind == AccountKind::Customer && settings.children != Permitted::default() => {
                Some(Reason::NoChildren { got: setting_word(settings.children) })
            }
            Some(above) if !settings.sign_in.fits(permitted) => Some(Reason::NotPermitted {
                got: setting_word(settings.sign_in),
                permitted: setting_word(permitted),
                above,
            }),
            _ => None,
        };
        if let Some(reason) = reason {
            self.misfit(wanted.line, what(wanted), reason);
        }
    }

    fn account_id(&self) -> AccountId {
        AccountId::new(self.ctx.now, self.ctx.random())
    }

    fn kind(&mut self, wanted: &WantedAccount, before: Option<&Account>) -> AccountKind {
        if wanted.path == AccountPath::ROOT {
            return AccountKind::Platform;
        }
        let kind = wanted.kind.or(before.map(|before| before.kind)).unwrap_or(AccountKind::Customer);
        let child = self.present.accounts.keys().find(|path| wanted.path.holds(path) && **path != wanted.path);
        if let (AccountKind::Customer, Some(child)) = (kind, child) {
            let child = shown(child);
            self.misfit(wanted.line, what(wanted), Reason::HasChildren { child });
        }
        kind
    }

    /// MX-16: proposed where none is set, and never one that leads to another account.
    fn sub_domain(
        &mut self,
        wanted: &WantedAccount,
        id: AccountId,
        before: Option<&Account>,
    ) -> Result<Option<SubDomain>, Reason> {
        let label = match (&wanted.sub_domain, before, wanted.path.slug()) {
            (WantedSubDomain::None, ..) | (WantedSubDomain::AsItIs, None, None) => return Ok(None),
            (WantedSubDomain::AsItIs, Some(before), _) => return Ok(before.sub_domain.clone()),
            (WantedSubDomain::Label(label), ..) => label.clone(),
            (WantedSubDomain::AsItIs, None, Some(slug)) => {
                slug.as_str().parse().map_err(|problem: NameError| Reason::NoSubDomain { problem })?
            }
        };
        let origin = self.ctx.deployment.origin_of(Some(&label));
        if origin == self.ctx.deployment.origin() {
            return Err(Reason::SubDomainIsOurs { label: label.to_string(), origin });
        }
        match self.present.labels.insert(label.as_str().to_owned(), id) {
            Some(owner) if owner != id => {
                Err(Reason::SubDomainTaken { label: label.to_string(), owner: self.present.path_of(owner) })
            }
            _ => Ok(Some(label)),
        }
    }

    /// The accounts from which a change takes ways: the account itself, and those below.
    fn closed_by(&self, old: &Account, new: &Account) -> Option<String> {
        if !old.settings.ways_differ(&new.settings) {
            return None;
        }
        let at_or_below = self.present.accounts.values().filter(|account| new.path.holds(&account.path));
        let closed = at_or_below.filter(|account| {
            let now = self.ways_with(account, new);
            let before = self.ways_with(account, old);
            before.sources.iter().any(|source| !now.lead_to(source.account))
        });
        let paths: Vec<String> = closed.map(|account| shown(&account.path)).collect();
        let (first, others) = paths.split_first()?;
        let others = if others.is_empty() { String::new() } else { format!(" and {} below it", others.len()) };
        Some(format!(
            "{first}{others} can no longer sign in as before: whoever is signed in there by a connection that is no \
             longer permitted or chosen, or is about to be, is signed out"
        ))
    }

    /// The ways of an account, with one account of the tree as it is given.
    pub(super) fn ways_with(&self, account: &Account, one: &Account) -> Ways {
        let mut chain = vec![if account.path == one.path { one } else { account }];
        let mut next = account.path.parent();
        while let Some(path) = next {
            let at = if path == one.path { Some(one) } else { self.present.accounts.get(&path) };
            chain.extend(at);
            next = path.parent();
        }
        chain.reverse();
        ways::ways(&chain)
    }

    fn save(&mut self, old: Option<&Account>, account: Account) {
        let texts = [
            Difference::text("kind", Before::of(old, |old| Some(kind(old.kind))), Some(kind(account.kind))),
            Difference::text("name", Before::of(old, |old| Some(&old.name)), Some(&account.name)),
            Difference::text(
                "sub_domain",
                Before::of(old, |old| old.sub_domain.as_ref().map(SubDomain::as_str)),
                account.sub_domain.as_ref().map(SubDomain::as_str),
            ),
        ];
        let settings = differences(old.map(|old| &old.settings), &account.settings, &AccountSettings::default());
        let differences: Vec<_> = texts.into_iter().flatten().chain(settings).collect();
        let kind = if old.is_some() { ChangeKind::Change } else { ChangeKind::Create };
        if !differences.is_empty() {
            let fact = Fact::AccountChanged { account: account.id, changed: names(&differences) };
            let event = self.event(account.id, fact);
            let mut change = Change::new(kind, Noun::Account, shown(&account.path), differences);
            change.warnings.extend(old.and_then(|old| self.closed_by(old, &account)));
            change.warnings.extend(hardly_read(old, &account));
            change.warnings.extend(old.and_then(|old| closes_passwords(old, &account)));
            change.warnings.extend(old.and_then(|old| closes_single_sign_on(old, &account)));
            let has_connections = self.present.connections.keys().any(|(owner, _)| *owner == account.id);
            change.warnings.extend(old.and_then(|old| moves_addresses(old, &account, has_connections)));
            self.change(change);
            self.write(Write::Account(Box::new(account.clone()), event));
        }
        self.present.accounts.insert(account.path.clone(), account);
    }
}

/// What becomes of a colour in which text could hardly be read.
fn hardly_read(old: Option<&Account>, new: &Account) -> Option<String> {
    let colour = new.settings.branding.accent?;
    if old.is_some_and(|old| old.settings.branding.accent == Some(colour)) {
        return None;
    }
    let schemes = [("light", Scheme::Light), ("dark", Scheme::Dark)];
    let moved = schemes.into_iter().filter_map(|(name, scheme)| {
        let accent = Accent::of(colour, scheme).accent;
        (accent != colour).then(|| format!("{accent} on {name} pages"))
    });
    let moved: Vec<String> = moved.collect();
    (!moved.is_empty()).then(|| {
        format!("text in {colour} could hardly be read everywhere, so it is shown as {}", moved.join(" and as "))
    })
}

/// What becomes of people who have passwords.
fn closes_passwords(old: &Account, new: &Account) -> Option<String> {
    let is_more = new.settings.single_sign_on.demands_more_than(&old.settings.single_sign_on);
    is_more.then(|| {
        "single sign-on becomes the only way in for more people: their passwords open nothing from then on, and whoever \
         of them is signed in by one is signed out; the break-glass users are not"
            .to_owned()
    })
}

/// What becomes of people for whom single sign-on is switched off.
fn closes_single_sign_on(old: &Account, new: &Account) -> Option<String> {
    let is_more = new.settings.single_sign_on.closes_more_than(&old.settings.single_sign_on);
    is_more.then(|| {
        "single sign-on is switched off for more people: whoever of them is signed in by it is signed out, and whoever of \
         the account is just signing in begins anew"
            .to_owned()
    })
}

/// What becomes of the addresses of connections that stood at no sub-domain.
fn moves_addresses(old: &Account, new: &Account, has_connections: bool) -> Option<String> {
    (old.sub_domain.is_none() && new.sub_domain.is_some() && has_connections).then(|| {
        "the account had no sub-domain: the addresses of its connections are others from now on; enter them at the \
         identity provider, or nobody comes in"
            .to_owned()
    })
}

/// A setting as it stands in a file.
pub(super) fn setting_word(setting: impl Serialize) -> String {
    match serde_json::to_value(setting) {
        Ok(Value::String(word)) => word,
        other => format!("{other:?}"),
    }
}

/// An account that names an application which is nowhere, told once all applications are known.
pub(super) fn missing_application<'w>(
    wanted: &'w WantedAccount,
    is_known: &impl Fn(&str) -> bool,
) -> Option<(usize, String, &'w str)> {
    let client_id = wanted.settings.application.as_deref().filter(|client_id| !is_known(client_id))?;
    Some((wanted.line, what(wanted), client_id))
}

pub(super) fn what(account: &WantedAccount) -> String {
    format!("account {}", shown(&account.path))
}

const fn kind(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Platform => "platform",
        AccountKind::Reseller => "reseller",
        AccountKind::Customer => "customer",
    }
}

/// A thing of an account, for people: `acme/entra`.
pub(super) fn of_account(path: &AccountPath, name: &Slug) -> String {
    format!("{}/{name}", shown(path))
}
