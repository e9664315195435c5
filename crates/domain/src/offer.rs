//! What people can be given: the roles and kinds of scope of all applications that an account's people use.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::application::{Application, ApplicationSettings, OfferedRole, ScopeKind};
use crate::grants::{Granted, Scopes};
use crate::id::AccountId;
use crate::permission::Giving;

/// What people of an account can be given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offer {
    /// Roles, by name.
    pub roles: Vec<OfferedRole>,
    /// Kinds of scope, by name.
    pub kinds: Vec<ScopeKind>,
}

/// Why something cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotOffered {
    /// No application knows the role.
    #[error("no application of this account has a role {got:?}")]
    Role {
        /// The role.
        got: String,
    },
    /// No application knows the kind of scope.
    #[error("no application of this account has scopes of the kind {got:?}")]
    Kind {
        /// The kind.
        got: String,
    },
    /// The kind has no such value.
    #[error("{got:?} is none of the values of {kind:?}")]
    Value {
        /// The kind.
        kind: String,
        /// The value.
        got: String,
    },
}

impl Offer {
    /// Of the applications that the account's people may be signed in to. What several know is one: a role counts within
    /// scopes where it does in each, and a kind has all their values.
    pub fn of<'a>(applications: impl IntoIterator<Item = &'a Application>, account: AccountId) -> Self {
        let mut offer = Self::default();
        let open = applications.into_iter().filter(|one| one.account.is_none_or(|only| only == account));
        for ApplicationSettings { roles, scope_kinds, .. } in open.map(|one| &one.settings) {
            for role in roles {
                match offer.roles.iter_mut().find(|known| known.name == role.name) {
                    Some(known) => known.within_scopes &= role.within_scopes,
                    None => offer.roles.push(role.clone()),
                }
            }
            for kind in scope_kinds {
                match offer.kinds.iter_mut().find(|known| known.kind == kind.kind) {
                    Some(known) => known.values = both(known.values.take(), kind.values.as_deref()),
                    None => offer.kinds.push(kind.clone()),
                }
            }
        }
        offer.roles.sort_by(|one, other| one.name.cmp(&other.name));
        offer.kinds.sort_by(|one, other| one.kind.cmp(&other.kind));
        offer
    }

    /// That all of it can be given.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn check(&self, granted: &Granted) -> Result<(), NotOffered> {
        if let Some(got) = granted.roles.iter().find(|name| self.role(name).is_none()) {
            return Err(NotOffered::Role { got: got.clone() });
        }
        for (name, values) in granted.scopes.iter().flat_map(Scopes::by_kind) {
            let kind = self.kinds.iter().find(|known| known.kind == *name);
            let kind = kind.ok_or_else(|| NotOffered::Kind { got: name.clone() })?;
            let Some(known) = &kind.values else { continue };
            if let Some(got) = values.iter().find(|value| !known.contains(value)) {
                return Err(NotOffered::Value { kind: name.clone(), got: got.clone() });
            }
        }
        Ok(())
    }

    /// What it means to give this.
    pub fn giving<'g>(&self, granted: &'g Granted) -> Giving<'g> {
        let is_bound = |name: &String| self.role(name).is_some_and(|role| role.within_scopes);
        Giving { scopes: granted.scopes.as_ref(), beyond_scopes: !granted.roles.iter().all(is_bound) }
    }

    fn role(&self, name: &str) -> Option<&OfferedRole> {
        self.roles.iter().find(|role| role.name == name)
    }
}

fn both(one: Option<Vec<String>>, other: Option<&[String]>) -> Option<Vec<String>> {
    let all: BTreeSet<String> = one?.into_iter().chain(other?.iter().cloned()).collect();
    Some(all.into_iter().collect())
}

impl Granted {
    /// The part of it that an application knows, which is all that it is told.
    #[must_use]
    pub fn known_to(&self, application: &ApplicationSettings) -> Self {
        let has_role = |name: &&String| application.roles.iter().any(|role| role.name == **name);
        let has_kind = |name: &String| application.scope_kinds.iter().any(|kind| kind.kind == *name);
        let scopes = self.scopes.iter().flat_map(Scopes::by_kind).filter(|(kind, _)| has_kind(kind));
        let scopes = scopes.map(|(kind, values)| (kind.clone(), values.clone())).collect();
        Self { roles: self.roles.iter().filter(has_role).cloned().collect(), scopes: Scopes::new(scopes).ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn application(account: Option<AccountId>, settings: &str) -> Application {
        let settings = toml::from_str(settings).unwrap();
        Application { client_id: "one".to_owned(), account, settings, version: 1 }
    }

    const ACME: AccountId = AccountId::from_bytes([1; 16]);
    const OTHER: AccountId = AccountId::from_bytes([2; 16]);
    const BOARD: &str = r#"
        roles = [{ name = "reader", title = "Reader", within_scopes = true }, { name = "owner", title = "Owner" }]
        scope_kinds = [{ kind = "site", title = "Site", values = ["berlin"] }, { kind = "case", title = "Case" }]
    "#;
    const BOOK: &str = r#"
        roles = [{ name = "reader", title = "Reads" }]
        scope_kinds = [{ kind = "site", title = "Site", values = ["paris"] }]
    "#;

    fn granted(text: &str) -> Granted {
        toml::from_str(text).unwrap()
    }

    /// SC-16: an approval offers what applications define, and nothing else.
    #[test]
    fn what_no_application_knows_cannot_be_given() {
        let offer = Offer::of(&[application(None, BOARD), application(Some(OTHER), BOOK)], ACME);
        let check = |text| offer.check(&granted(text));
        assert_eq!(check(r#"roles = ["reader", "owner"]"#), Ok(()));
        assert_eq!(check("scopes = { site = [\"berlin\"], case = [\"any\"] }"), Ok(()));
        assert_eq!(check(r#"roles = ["writer"]"#), Err(NotOffered::Role { got: "writer".to_owned() }));
        assert_eq!(check("scopes = { house = [\"1\"] }"), Err(NotOffered::Kind { got: "house".to_owned() }));
        let paris = NotOffered::Value { kind: "site".to_owned(), got: "paris".to_owned() };
        assert_eq!(check("scopes = { site = [\"paris\"] }"), Err(paris));
    }

    #[test]
    fn what_several_applications_know_is_one_and_bound_to_scopes_only_where_it_is_in_each() {
        let both = Offer::of(&[application(None, BOARD), application(Some(ACME), BOOK)], ACME);
        assert_eq!(both.kinds[1].values.as_deref(), Some(&["berlin".to_owned(), "paris".to_owned()][..]));
        let reader = granted("roles = [\"reader\"]\nscopes = { site = [\"paris\"] }");
        assert!(both.giving(&reader).beyond_scopes);
        let board = Offer::of(&[application(None, BOARD)], ACME);
        assert!(!board.giving(&reader).beyond_scopes);
        assert!(board.giving(&granted(r#"roles = ["owner"]"#)).beyond_scopes);
    }

    #[test]
    fn an_application_is_told_what_it_knows() {
        let all = granted("roles = [\"reader\", \"owner\"]\nscopes = { site = [\"paris\"], case = [\"1\"] }");
        let told = all.known_to(&application(None, BOOK).settings);
        assert_eq!(told, granted("roles = [\"reader\"]\nscopes = { site = [\"paris\"] }"));
        assert!(all.known_to(&ApplicationSettings::default()).is_empty());
    }
}
