//! Attributes & Claims: what is said of a person, and how the person is named (E-15, E-16, E-28 to E-36).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use vestibule_saml::idp::claims;
use vestibule_saml::types::{NameId, NameIdFormat};

use super::error::Refusal;
use super::issue::Claim;
use super::seed::{Application, GuestNames, Method, Tenant, User};
use super::session::Session;
use super::{digest, groups, guid_of, transform};

const IDENTITY_NAMESPACE: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";

/// The Name ID of an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NameIdSetting {
    /// Name identifier format (E-16). A request's own format goes before it (E-15).
    pub format: NameIdFormatSetting,
    /// Source attribute: `user.userprincipalname`, `user.mail`, … None: the user principal name, or a pairwise
    /// identifier where the format leaves the choice to Entra.
    pub source: Option<String>,
    /// Transformations, at most two. Where one has no result, a pairwise identifier is sent (E-15).
    pub transforms: Vec<Transform>,
}

/// Name identifier formats of the portal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameIdFormatSetting {
    /// "Default": Entra chooses, which gives an e-mail address.
    #[default]
    Default,
    /// Persistent.
    Persistent,
    /// Email address.
    EmailAddress,
    /// Unspecified.
    Unspecified,
    /// Windows domain qualified name.
    WindowsDomainQualifiedName,
}

/// A claim that an administrator set up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClaimRule {
    /// Name.
    pub name: String,
    /// Namespace; the claim is sent as namespace, slash and name. Empty sends the name alone.
    pub namespace: String,
    /// Source attribute (`user.mail`), or a constant in double quotes. None where conditions alone have one.
    pub source: Option<String>,
    /// Transformations, at most two.
    pub transforms: Vec<Transform>,
    /// Claim conditions; the last that holds gives the value.
    pub conditions: Vec<ClaimCondition>,
    /// `NameFormat` URI, which is left out unless set.
    pub name_format: Option<String>,
}

/// A claim condition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClaimCondition {
    /// For whom.
    pub user_type: UserType,
    /// For members of one of these groups; none for everybody.
    pub groups: Vec<String>,
    /// Source attribute or constant.
    pub source: String,
    /// Transformations, at most two.
    pub transforms: Vec<Transform>,
}

/// User types of claim conditions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserType {
    /// Everybody.
    #[default]
    Any,
    /// Members.
    Members,
    /// All guests.
    AllGuests,
}

/// A transformation; sources are named as in [`ClaimRule::source`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "function", rename_all = "snake_case", deny_unknown_fields)]
pub enum Transform {
    /// What stands before the `@`.
    ExtractMailPrefix,
    /// Lower case.
    ToLowercase,
    /// Upper case.
    ToUppercase,
    /// Without white space at its ends.
    Trim,
    /// The value, a separator, another attribute.
    Join {
        /// The separator.
        separator: String,
        /// The other attribute.
        with: String,
    },
    /// One attribute where the value contains a text, else another.
    Contains {
        /// The text.
        value: String,
        /// The attribute.
        output: String,
        /// The other.
        otherwise: Option<String>,
    },
    /// One attribute where the value begins with a text, else another.
    StartWith {
        /// The text.
        value: String,
        /// The attribute.
        output: String,
        /// The other.
        otherwise: Option<String>,
    },
    /// One attribute where the value ends with a text, else another.
    EndWith {
        /// The text.
        value: String,
        /// The attribute.
        output: String,
        /// The other.
        otherwise: Option<String>,
    },
    /// What stands after and before these texts.
    Extract {
        /// After the first of these.
        after: Option<String>,
        /// Before the next of these.
        before: Option<String>,
    },
    /// The first match of a pattern replaced.
    RegexReplace {
        /// The pattern.
        pattern: String,
        /// What stands in its place; `$1` or `${name}` refer to groups.
        replacement: String,
    },
    /// An attribute where there is no value.
    IfEmpty {
        /// The attribute.
        output: String,
    },
    /// An attribute where there is a value.
    IfNotEmpty {
        /// The attribute.
        output: String,
    },
}

/// Group claims (E-31 to E-33).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GroupsClaim {
    /// Which groups (`groupMembershipClaims`).
    pub mode: GroupsMode,
    /// What is told of each.
    pub source: GroupSource,
    /// "Emit groups as role claims", which suppresses the application's roles.
    pub emit_as_roles: bool,
    /// Another name of the claim.
    pub name: Option<String>,
    /// Another namespace of the claim.
    pub namespace: Option<String>,
    /// Only groups whose name this pattern matches.
    pub filter: Option<String>,
    /// A pattern and what stands in place of its match; a value that it does not match stays.
    pub replace: Option<(String, String)>,
    /// Above this many groups a link is sent. Default 150; 95 was reported once (E-32).
    pub limit: usize,
}

impl Default for GroupsClaim {
    fn default() -> Self {
        Self {
            mode: GroupsMode::default(),
            source: GroupSource::default(),
            emit_as_roles: false,
            name: None,
            namespace: None,
            filter: None,
            replace: None,
            limit: claims::MAX_GROUPS,
        }
    }
}

/// Which groups are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupsMode {
    /// None.
    #[default]
    None,
    /// All groups and directory roles.
    All,
    /// Security groups.
    SecurityGroup,
    /// Directory roles.
    DirectoryRole,
    /// Groups that are assigned to the application.
    ApplicationGroup,
}

/// What is told of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupSource {
    /// Object ID.
    #[default]
    ObjectId,
    /// `sAMAccountName`.
    SamAccountName,
    /// `NETBIOS\sAMAccountName`.
    NetbiosDomain,
    /// `dns.domain\sAMAccountName`.
    DnsDomain,
    /// On-premises security identifier.
    Sid,
    /// Display name of groups that live in the cloud only.
    DisplayName,
}

/// Claims that Entra sends by itself: nobody may set one up by these names (E-34).
pub(super) const RESTRICTED: [&str; 9] = [
    claims::TENANT_ID,
    claims::OBJECT_IDENTIFIER,
    claims::DISPLAY_NAME,
    claims::IDENTITY_PROVIDER,
    claims::AUTHN_METHODS_REFERENCES,
    claims::GROUPS,
    claims::GROUPS_LINK,
    claims::ROLE,
    claims::WIDS,
];

impl ClaimRule {
    /// As it is sent.
    pub(super) fn full_name(&self) -> String {
        if self.namespace.is_empty() { self.name.clone() } else { format!("{}/{}", self.namespace, self.name) }
    }

    /// Those of a new application (E-28).
    pub(super) fn standard() -> Vec<Self> {
        [("givenname", "givenname"), ("surname", "surname"), ("emailaddress", "mail"), ("name", "userprincipalname")]
            .map(|(name, source)| Self {
                name: name.to_owned(),
                namespace: IDENTITY_NAMESPACE.to_owned(),
                source: Some(format!("user.{source}")),
                ..Self::default()
            })
            .into()
    }

    fn value(&self, about: &Subject<'_>) -> Option<String> {
        let chosen = self.conditions.iter().rev().find(|condition| condition.holds(about));
        let (source, transforms) = match chosen {
            Some(condition) => (condition.source.as_str(), &condition.transforms),
            None => (self.source.as_deref()?, &self.transforms),
        };
        transform::apply(about.attribute(source), transforms, &|name| about.attribute(name)).ok().flatten()
    }
}

impl ClaimCondition {
    fn holds(&self, about: &Subject<'_>) -> bool {
        let of_type = match self.user_type {
            UserType::Any => true,
            UserType::Members => about.user.guest.is_none(),
            UserType::AllGuests => about.user.guest.is_some(),
        };
        of_type && (self.groups.is_empty() || about.tenant.in_any_group(about.user, &self.groups))
    }
}

/// Of whom claims speak, and to whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) app: &'a Application,
    pub(super) user: &'a User,
}

impl Subject<'_> {
    /// All claims, in Entra's order.
    pub(super) fn claims(&self, session: &Session) -> Vec<Claim> {
        let user = self.user;
        let provider = match &user.guest {
            Some(guest) if !guest.identity_provider.is_empty() => guest.identity_provider.clone(),
            _ => self.tenant.entity_id(),
        };
        let mut out = vec![
            Claim::new(claims::TENANT_ID, vec![self.tenant.id.clone()]),
            Claim::new(claims::OBJECT_IDENTIFIER, vec![user.id.clone()]),
            Claim::new(claims::DISPLAY_NAME, vec![self.display_name()]),
        ];
        out.extend(groups::claims_of(self.tenant, self.app, user));
        out.push(Claim::new(claims::IDENTITY_PROVIDER, vec![provider]));
        out.push(Claim::new(claims::AUTHN_METHODS_REFERENCES, methods(user, session)));
        let rules = self.app.claims.clone().unwrap_or_else(ClaimRule::standard);
        for rule in rules {
            if let Some(value) = rule.value(self).filter(|value| !value.is_empty()) {
                let name_format = rule.name_format.clone();
                out.push(Claim { name_format, ..Claim::new(&rule.full_name(), vec![value]) });
            }
        }
        out
    }

    /// How the person is named: by the format of the request, else by the setting (E-15, E-16).
    pub(super) fn name_id(&self, wanted: Option<&NameIdFormat>, random: &[u8; 16]) -> Result<NameId, Refusal> {
        use NameIdFormatSetting as Setting;
        let setting = &self.app.name_id;
        let format = match wanted {
            Some(wanted) if *wanted == NameIdFormat::TRANSIENT => {
                return Ok(NameId::new(URL_SAFE_NO_PAD.encode(random), NameIdFormat::TRANSIENT));
            }
            Some(wanted) if *wanted == NameIdFormat::UNSPECIFIED => {
                return Ok(NameId::new(self.pairwise(), NameIdFormat::UNSPECIFIED));
            }
            Some(wanted) if *wanted == NameIdFormat::PERSISTENT && setting.source.is_none() => {
                return Ok(NameId::new(self.pairwise(), NameIdFormat::PERSISTENT));
            }
            Some(wanted) => wanted.clone(),
            None => match setting.format {
                Setting::Unspecified if setting.source.is_none() => {
                    return Ok(NameId::new(self.pairwise(), NameIdFormat::UNSPECIFIED));
                }
                Setting::Unspecified => NameIdFormat::UNSPECIFIED,
                Setting::Default | Setting::EmailAddress => NameIdFormat::EMAIL_ADDRESS,
                Setting::Persistent => NameIdFormat::PERSISTENT,
                Setting::WindowsDomainQualifiedName => NameIdFormat::WINDOWS_DOMAIN_QUALIFIED_NAME,
            },
        };
        let windows = format == NameIdFormat::WINDOWS_DOMAIN_QUALIFIED_NAME && setting.source.is_none();
        let source =
            if windows { "user.netbiosname" } else { setting.source.as_deref().unwrap_or("user.userprincipalname") };
        match transform::apply(self.attribute(source), &setting.transforms, &|name| self.attribute(name)) {
            Ok(Some(value)) if !value.is_empty() => Ok(NameId::new(value, format)),
            Err(transform::Failed) => Ok(NameId::new(self.pairwise(), NameIdFormat::PERSISTENT)),
            Ok(_) => Err(Refusal::new(
                50_1241,
                format!("Mandatory Input '{source}' missing from transformation ID 'NameIdentifier'."),
            )),
        }
    }

    /// Stable for this person at this application, and nowhere else the same.
    pub(super) fn pairwise(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&["pairwise", &self.tenant.id, &self.app.app_id, &self.user.id]))
    }

    fn has_guids(&self) -> bool {
        self.user.guest.as_ref().is_some_and(|guest| guest.names == GuestNames::Guids)
    }

    fn display_name(&self) -> String {
        let user = self.user;
        if let (Some(name), false) = (&user.display_name, self.has_guids()) {
            return name.clone();
        }
        match (self.attribute("user.givenname"), self.attribute("user.surname")) {
            (Some(given), Some(surname)) => format!("{given} {surname}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => user.user_principal_name.clone(),
        }
    }

    /// The value of `user.something`, or of a constant in double quotes.
    fn attribute(&self, source: &str) -> Option<String> {
        let user = self.user;
        if let Some(constant) = source.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            return Some(constant.to_owned());
        }
        let name = source.strip_prefix("user.").unwrap_or(source).to_ascii_lowercase();
        let on_premises = user.on_premises.as_ref();
        let known = |value: &Option<String>, word: &str| {
            if self.has_guids() { Some(guid_of(&[&user.id, word])) } else { value.clone() }
        };
        match name.as_str() {
            "userprincipalname" | "localuserprincipalname" => Some(user.user_principal_name.clone()),
            "mail" => user.mail.clone(),
            "givenname" => known(&user.given_name, "given"),
            "surname" => known(&user.surname, "surname"),
            "displayname" => Some(self.display_name()),
            "objectid" => Some(user.id.clone()),
            "onpremisessamaccountname" => on_premises.map(|it| it.sam_account_name.clone()),
            "netbiosname" => on_premises.map(|it| format!("{}\\{}", it.netbios_domain, it.sam_account_name)),
            "dnsdomainname" => on_premises.map(|it| it.dns_domain.clone()),
            "onpremisessecurityidentifier" => on_premises.map(|it| it.sid.clone()),
            _ => lookup(&user.attributes, &name),
        }
    }
}

fn lookup(attributes: &BTreeMap<String, String>, name: &str) -> Option<String> {
    attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
}

/// Values of `authnmethodsreferences` (E-30).
fn methods(user: &User, session: &Session) -> Vec<String> {
    let method = |name: &str| format!("http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/{name}");
    let mut out = match session.method {
        // What a real response says of a guest who came from live.com.
        Method::Password if user.guest.is_some() => {
            vec!["urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport".to_owned(), method("unspecified")]
        }
        Method::Password => vec![method("password")],
        Method::X509 => vec![method("x509")],
        Method::Windows => vec![method("windows")],
        Method::Unspecified => vec![method("unspecified")],
    };
    if session.second_factor {
        out.push("http://schemas.microsoft.com/claims/multipleauthn".to_owned());
    }
    out
}
