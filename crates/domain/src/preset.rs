//! What is usual for each kind of identity provider (HY-9).

use vestibule_saml::idp::claims;
use vestibule_saml::sp::entra::TENANT_CLAIM;

use crate::account::Start;
use crate::connection::{
    AnswerTo, Button, DEFAULT_SKEW, Encryption, ExpiredCertificates, Icon, LoginHint, LogoutReply, Preset,
    Reauthentication, RequestSigning, SamlSettings, SignOnBinding, SignaturePolicy, Unsolicited,
};
use crate::mapping::{Claim, Mapping, Origin, Property, Rule, Source, SubjectKey, Transform};

impl Preset {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 6] = [Self::Entra, Self::Adfs, Self::Okta, Self::Google, Self::Ping, Self::Generic];

    /// The name of the product, for people.
    pub const fn product(self) -> &'static str {
        match self {
            Self::Entra => "Microsoft Entra ID",
            Self::Adfs => "Active Directory Federation Services",
            Self::Okta => "Okta",
            Self::Google => "Google Workspace",
            Self::Ping => "Ping Identity",
            Self::Generic => "SAML 2.0",
        }
    }

    /// Whose account it is, for a button: "Log in with Microsoft" (XC-28). None where nothing is known but the
    /// protocol.
    pub const fn vendor(self) -> Option<&'static str> {
        match self {
            Self::Entra => Some("Microsoft"),
            Self::Adfs => Some("AD FS"),
            Self::Okta => Some("Okta"),
            Self::Google => Some("Google"),
            Self::Ping => Some("Ping"),
            Self::Generic => None,
        }
    }

    /// The button's drawing (XC-28).
    pub const fn icon(self) -> Icon {
        match self {
            Self::Entra => Icon::Squares,
            Self::Adfs | Self::Generic => Icon::Building,
            Self::Okta | Self::Google | Self::Ping => Icon::Key,
        }
    }

    /// Which value identifies a person. For Entra the tenant and the object, which nobody chooses and nothing changes
    /// (E-36, A25.2); else the NameID.
    pub fn subject(self) -> SubjectKey {
        match self {
            Self::Entra => SubjectKey::Claims(vec![Claim::new(TENANT_CLAIM), Claim::new(claims::OBJECT_IDENTIFIER)]),
            Self::Adfs | Self::Okta | Self::Google | Self::Ping | Self::Generic => SubjectKey::NameId,
        }
    }

    /// What becomes of the claims.
    pub fn mapping(self) -> Mapping {
        match self {
            Self::Entra => entra(),
            Self::Adfs => adfs(),
            Self::Okta | Self::Google | Self::Ping | Self::Generic => generic(),
        }
    }

    /// The settings of a new connection.
    pub fn settings(self) -> SamlSettings {
        SamlSettings {
            preset: self,
            issuer: None,
            sign_on: None,
            logout_url: None,
            logout_binding: SignOnBinding::default(),
            logout_answer_url: None,
            logout_reply: LogoutReply::default(),
            certificates: Vec::new(),
            metadata_url: None,
            certificates_pinned: false,
            keeps_attributes: false,
            entity_id: None,
            sub_domain: None,
            aliases: Vec::new(),
            answer_to: AnswerTo::default(),
            name_id_format: None,
            signed: SignaturePolicy::default(),
            reauthentication: Reauthentication::default(),
            authn_context: Vec::new(),
            requests: RequestSigning::default(),
            encryption: Encryption::default(),
            unsolicited: Unsolicited::default(),
            login_hint: if self == Self::Entra { LoginHint::Send } else { LoginHint::Withhold },
            sha1_until: None,
            expired_certificate: ExpiredCertificates::default(),
            clock_skew: DEFAULT_SKEW,
            button: Button::default(),
            start: None,
            subject: None,
            mapping: Mapping::default(),
        }
    }
}

impl SamlSettings {
    /// Which value identifies a person: as it is set, else as the preset says.
    pub fn subject_in_force(&self) -> SubjectKey {
        self.subject.clone().unwrap_or_else(|| self.preset.subject())
    }

    /// The button's drawing: as it is set, else the preset's (XC-28).
    pub fn icon_in_force(&self) -> Icon {
        self.button.icon.unwrap_or_else(|| self.preset.icon())
    }

    /// Whether a page with the button stands before the identity provider: as it is set, else as the account says
    /// (SC-25, HY-28).
    pub fn start_in_force(&self, account: Start) -> Start {
        self.start.unwrap_or(account)
    }

    /// What becomes of the claims: the preset's rules with the connection's own in their place. Made anew at each call;
    /// keep it beside the connection.
    pub fn mapping_in_force(&self) -> Mapping {
        self.preset.mapping().overlaid(&self.mapping)
    }
}

/// The seven that are set up by hand where a server of one's own stands beside Entra (HY-26: NameID, object, tenant, given name, principal name, surname, identity provider),
/// and the rest of E-28 to E-33 (HY-25).
fn entra() -> Mapping {
    let name_id = Source { origin: Origin::NameId, transforms: Vec::new() };
    Mapping {
        rules: [
            (Property::Name, lower([claims::NAME, claims::EMAIL_ADDRESS])),
            // The principal name only looks like an address: often it ends with a domain of Entra's (E-28).
            (Property::Email, of([claims::EMAIL_ADDRESS])),
            (Property::DisplayName, of([claims::DISPLAY_NAME])),
            (Property::GivenName, of([claims::GIVEN_NAME])),
            (Property::FamilyName, of([claims::SURNAME])),
            (Property::Groups, of([claims::GROUPS, claims::WIDS])),
            (Property::Roles, of([claims::ROLE])),
        ]
        .into_iter()
        .collect(),
        more: [
            ("pairwise_id", [name_id].into_iter().collect()),
            ("object_id", of([claims::OBJECT_IDENTIFIER])),
            ("tenant_id", of([TENANT_CLAIM])),
            ("user_principal_name", of([claims::UPN, claims::NAME])),
            ("identity_provider", of([claims::IDENTITY_PROVIDER])),
            ("authentication_methods", of([claims::AUTHN_METHODS_REFERENCES])),
        ]
        .into_iter()
        .map(|(name, rule): (&str, Rule)| (name.to_owned(), rule))
        .collect(),
        roles: Vec::new(),
    }
}

/// The claim types that AD FS issues by its rules.
fn adfs() -> Mapping {
    const TOKEN_GROUPS: &str = "http://schemas.xmlsoap.org/claims/Group";
    const COMMON_NAME: &str = "http://schemas.xmlsoap.org/claims/CommonName";
    Mapping {
        rules: [
            (Property::Name, lower([claims::UPN, claims::EMAIL_ADDRESS, claims::NAME])),
            (Property::Email, of([claims::EMAIL_ADDRESS])),
            (Property::DisplayName, of(["displayname", COMMON_NAME, claims::NAME])),
            (Property::GivenName, of([claims::GIVEN_NAME])),
            (Property::FamilyName, of([claims::SURNAME])),
            (Property::Groups, of([TOKEN_GROUPS])),
            (Property::Roles, of([claims::ROLE])),
        ]
        .into_iter()
        .collect(),
        ..Mapping::default()
    }
}

/// Okta, Google Workspace and Ping send a NameID and no attribute until their administrator adds one, under a name of
/// their own choice. These are the names in the vendors' and the applications' instructions, and the LDAP names that the
/// universities send.
fn generic() -> Mapping {
    const MAIL: &str = "urn:oid:0.9.2342.19200300.100.1.3";
    let mut email = of([claims::EMAIL_ADDRESS, "email", "mail", "emailAddress", "Email", MAIL]);
    email.sources.push(Source { origin: Origin::NameId, transforms: Vec::new() });
    let mut name = lower(["username", "uid", "userName", "Username", claims::UPN]);
    name.sources
        .extend(email.sources.iter().cloned().map(|source| Source { transforms: vec![Transform::Lower], ..source }));
    let given = [claims::GIVEN_NAME, "firstName", "givenName", "FirstName", "given_name", "urn:oid:2.5.4.42"];
    let family = [claims::SURNAME, "lastName", "sn", "LastName", "family_name", "urn:oid:2.5.4.4"];
    Mapping {
        rules: [
            (Property::Name, name),
            (Property::Email, email),
            (Property::DisplayName, of(["displayName", "displayname", "cn", "urn:oid:2.16.840.1.113730.3.1.241"])),
            (Property::GivenName, of(given)),
            (Property::FamilyName, of(family)),
            (Property::Groups, of(["groups", "memberOf", "Groups"])),
            (Property::Roles, of(["roles"])),
        ]
        .into_iter()
        .collect(),
        ..Mapping::default()
    }
}

fn of<const N: usize>(claims: [&str; N]) -> Rule {
    claims.into_iter().map(Claim::new).collect()
}

fn lower<const N: usize>(claims: [&str; N]) -> Rule {
    let source = |claim| Source { origin: Origin::Claim(Claim::new(claim)), transforms: vec![Transform::Lower] };
    claims.into_iter().map(source).collect()
}

#[cfg(test)]
mod tests;
