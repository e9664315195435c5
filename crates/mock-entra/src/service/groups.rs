//! Which groups and roles a person has, as Entra tells them (E-31 to E-33, E-45).

use regex::Regex;
use vestibule_saml::idp::claims;

use super::claims::{GroupSource, GroupsClaim, GroupsMode};
use super::issue::Claim;
use super::seed::{Application, Group, GroupKind, Tenant, User};

/// Filters work up to this many memberships (E-32).
const FILTERED_AT_MOST: usize = 1000;

impl Tenant {
    /// The groups that name this person as a member.
    fn direct_groups<'a>(&'a self, user: &'a User) -> impl Iterator<Item = &'a Group> {
        self.groups.iter().filter(|group| group.members.iter().any(|member| user.is(member)))
    }

    /// Those, and all groups around them.
    fn all_groups<'a>(&'a self, user: &'a User) -> Vec<&'a Group> {
        let mut found: Vec<&Group> = self.direct_groups(user).collect();
        let mut at = 0;
        while let Some(inner) = found.get(at).copied() {
            at += 1;
            for outer in self.groups.iter().filter(|group| group.groups.iter().any(|name| inner.is(name))) {
                if !found.iter().any(|known| known.id == outer.id) {
                    found.push(outer);
                }
            }
        }
        found
    }

    /// Whether the person is in one of these groups, however deep.
    pub(super) fn in_any_group(&self, user: &User, names: &[String]) -> bool {
        self.all_groups(user).iter().any(|group| names.iter().any(|name| group.is(name)))
    }

    /// Whether the person may use the application: by name, or as a direct member of a group that is assigned. Groups
    /// in groups do not count (E-45).
    pub(super) fn is_assigned(&self, app: &Application, user: &User) -> bool {
        app.assignments.iter().any(|it| self.is_principal(&it.principal, user))
    }

    fn is_principal(&self, principal: &str, user: &User) -> bool {
        user.is(principal) || self.direct_groups(user).any(|group| group.is(principal))
    }

    fn app_roles(&self, app: &Application, user: &User) -> Vec<String> {
        let mut roles = Vec::new();
        for it in app.assignments.iter().filter(|it| self.is_principal(&it.principal, user)) {
            roles.extend(it.role.clone().filter(|role| !roles.contains(role)));
        }
        roles
    }
}

impl User {
    pub(super) fn is(&self, name: &str) -> bool {
        self.id.eq_ignore_ascii_case(name) || self.user_principal_name.eq_ignore_ascii_case(name)
    }
}

impl Group {
    pub(super) fn is(&self, name: &str) -> bool {
        self.id.eq_ignore_ascii_case(name) || self.display_name.eq_ignore_ascii_case(name)
    }
}

/// The claims with groups, application roles and directory roles.
pub(super) fn claims_of(tenant: &Tenant, app: &Application, user: &User) -> Vec<Claim> {
    let setting = &app.groups;
    let groups = groups_of(tenant, app, user);
    let mut out = Vec::new();
    let as_roles = setting.emit_as_roles && !groups.is_empty();
    if groups.len() > setting.limit || over_filter(tenant, app, user) {
        let link = format!("https://graph.windows.net/{}/users/{}/getMemberObjects", tenant.id, user.id);
        out.push(Claim::new(claims::GROUPS_LINK, vec![link]));
    } else if !groups.is_empty() {
        out.push(Claim::new(&claim_name(setting), groups));
    }
    let roles = tenant.app_roles(app, user);
    if !as_roles && !roles.is_empty() {
        out.push(Claim::new(claims::ROLE, roles));
    }
    if matches!(setting.mode, GroupsMode::All | GroupsMode::DirectoryRole) && !user.directory_roles.is_empty() {
        out.push(Claim::new(claims::WIDS, user.directory_roles.clone()));
    }
    out
}

pub(super) fn claim_name(setting: &GroupsClaim) -> String {
    if setting.emit_as_roles {
        return claims::ROLE.to_owned();
    }
    match (&setting.namespace, &setting.name) {
        (None, None) => claims::GROUPS.to_owned(),
        (None, Some(name)) => name.clone(),
        (Some(namespace), name) => format!("{namespace}/{}", name.as_deref().unwrap_or("groups")),
    }
}

fn members_of<'a>(tenant: &'a Tenant, app: &Application, user: &'a User) -> Vec<&'a Group> {
    match app.groups.mode {
        GroupsMode::None | GroupsMode::DirectoryRole => Vec::new(),
        GroupsMode::All => tenant.all_groups(user),
        GroupsMode::SecurityGroup => {
            tenant.all_groups(user).into_iter().filter(|group| group.kind == GroupKind::Security).collect()
        }
        // Only what is assigned itself; groups in it are dropped.
        GroupsMode::ApplicationGroup => tenant
            .direct_groups(user)
            .filter(|group| app.assignments.iter().any(|it| group.is(&it.principal)))
            .collect(),
    }
}

fn over_filter(tenant: &Tenant, app: &Application, user: &User) -> bool {
    app.groups.filter.is_some() && members_of(tenant, app, user).len() > FILTERED_AT_MOST
}

fn groups_of(tenant: &Tenant, app: &Application, user: &User) -> Vec<String> {
    let setting = &app.groups;
    let filter = setting.filter.as_deref().and_then(|pattern| Regex::new(pattern).ok());
    members_of(tenant, app, user)
        .into_iter()
        .filter(|group| filter.as_ref().is_none_or(|filter| filter.is_match(&group.display_name)))
        .filter_map(|group| value(group, setting.source))
        .map(|value| replaced(setting, value))
        .collect()
}

/// What is told of a group; nothing where it does not have it.
fn value(group: &Group, source: GroupSource) -> Option<String> {
    let there = group.on_premises.as_ref();
    match source {
        GroupSource::ObjectId => Some(group.id.clone()),
        GroupSource::DisplayName => there.is_none().then(|| group.display_name.clone()),
        GroupSource::SamAccountName => there.map(|it| it.sam_account_name.clone()),
        GroupSource::NetbiosDomain => there.map(|it| format!("{}\\{}", it.netbios_domain, it.sam_account_name)),
        GroupSource::DnsDomain => there.map(|it| format!("{}\\{}", it.dns_domain, it.sam_account_name)),
        GroupSource::Sid => there.map(|it| it.sid.clone()),
    }
}

/// A pattern that does not match leaves the value as it is (E-33).
fn replaced(setting: &GroupsClaim, value: String) -> String {
    match setting.replace.as_ref().map(|(pattern, with)| (Regex::new(pattern), with)) {
        Some((Ok(pattern), with)) => pattern.replace(&value, with.as_str()).into_owned(),
        _ => value,
    }
}
