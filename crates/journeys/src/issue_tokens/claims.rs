//! What an application is told of a person.

use std::collections::BTreeMap;

use vestibule_domain::account::Account;
use vestibule_domain::application::{ApplicationSettings, ClaimSource};
use vestibule_domain::grants::{Granted, Scopes};
use vestibule_domain::id::ConnectionId;
use vestibule_domain::session::SessionUser;
use vestibule_domain::user::{Profile, User};
use vestibule_oidc::{AccountClaim, ClaimValue, UserClaims};

use crate::problem::Problem;

/// Who a token is about.
#[derive(Debug)]
pub(crate) struct Person<'a> {
    pub(crate) sub: String,
    pub(crate) profile: &'a Profile,
    /// What they were given here; none where only the application knows them.
    pub(crate) granted: Option<&'a Granted>,
}

/// The person of a session, and their record where we know them.
pub(crate) fn person<'a>(of: &'a SessionUser, user: Option<&'a User>) -> Result<Person<'a>, Problem> {
    match (of, user) {
        (SessionUser::PassedThrough { sub, profile }, _) => Ok(Person { sub: sub.clone(), profile, granted: None }),
        (SessionUser::Known(_), Some(user)) => Ok(known(user)),
        (SessionUser::Known(_), None) => Err(Problem::NotFound),
    }
}

/// Somebody whom we know.
pub(super) fn known(user: &User) -> Person<'_> {
    Person { sub: user.id.to_string(), profile: &user.profile, granted: Some(&user.grants.granted) }
}

/// The claims about somebody, as the application's rules have them; of these a scope tells a part.
pub(crate) fn of(
    application: &ApplicationSettings,
    account: &Account,
    connection: Option<ConnectionId>,
    person: &Person<'_>,
) -> UserClaims {
    let granted = person.granted.map(|granted| granted.known_to(application)).unwrap_or_default();
    let profile = person.profile;
    let mut claims = UserClaims {
        email: profile.email.as_ref().map(|email| email.as_str().to_owned()),
        email_verified: profile.email.as_ref().map(|_| profile.email_verified),
        name: profile.display_name.clone().or_else(|| whole_name(profile)),
        preferred_username: profile.name.clone(),
        given_name: profile.given_name.clone(),
        family_name: profile.family_name.clone(),
        groups: profile.groups.clone(),
        account: Some(AccountClaim::new(account.id.to_string(), account.path.to_string())),
        connection: connection.map(|connection| connection.to_string()),
        roles: roles(profile, &granted),
        access: access(&granted),
        attributes: BTreeMap::new(),
        more: BTreeMap::new(),
    };
    for rule in &application.claims {
        leave_out(&mut claims, &rule.claim);
        if let Some(value) = said(&rule.says, profile) {
            claims.more.insert(rule.claim.clone(), value);
        }
    }
    claims
}

/// The roles of somebody in an application, whatever its tokens are made to say.
pub(crate) fn roles_of(application: &ApplicationSettings, person: &Person<'_>) -> Vec<String> {
    let granted = person.granted.map(|granted| granted.known_to(application)).unwrap_or_default();
    roles(person.profile, &granted)
}

/// The roles that claims say, and those that were given here and the application knows.
fn roles(profile: &Profile, granted: &Granted) -> Vec<String> {
    let mut roles = profile.roles.clone();
    roles.extend(granted.roles.iter().filter(|role| !profile.roles.contains(role)).cloned());
    roles
}

/// Scopes as a claim.
fn access(granted: &Granted) -> BTreeMap<String, Vec<String>> {
    let by_kind = granted.scopes.iter().flat_map(Scopes::by_kind);
    by_kind.map(|(kind, values)| (kind.clone(), values.iter().cloned().collect())).collect()
}

fn whole_name(profile: &Profile) -> Option<String> {
    let parts: Vec<&str> =
        [&profile.given_name, &profile.family_name].into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// A rule takes the usual claim's place: nothing stands in a token twice. The rules that are saved name none of the claims
/// that say whose a token is.
fn leave_out(claims: &mut UserClaims, name: &str) {
    match name {
        "email" => claims.email = None,
        "email_verified" => claims.email_verified = None,
        "name" => claims.name = None,
        "preferred_username" => claims.preferred_username = None,
        "given_name" => claims.given_name = None,
        "family_name" => claims.family_name = None,
        "groups" => claims.groups.clear(),
        "connection" => claims.connection = None,
        "roles" => claims.roles.clear(),
        "access" => claims.access.clear(),
        _ => {}
    }
}

fn said(source: &ClaimSource, profile: &Profile) -> Option<ClaimValue> {
    let owned = |values: Vec<&str>| values.into_iter().map(str::to_owned).collect::<Vec<_>>();
    match source {
        ClaimSource::Value(value) => Some(ClaimValue::One(value.clone())),
        ClaimSource::LeaveOut(_) => None,
        ClaimSource::ListFrom(property) => {
            Some(owned(profile.property(property))).filter(|values| !values.is_empty()).map(ClaimValue::Many)
        }
        ClaimSource::From(property) => match owned(profile.property(property)).as_mut_slice() {
            [] => None,
            [only] => Some(ClaimValue::One(std::mem::take(only))),
            several => Some(ClaimValue::Many(several.to_vec())),
        },
    }
}
