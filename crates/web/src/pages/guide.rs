//! What is done in the portal of each identity provider, in its own order, and what it calls our values and its own. One
//! table: the set-up page shows it, and `docs/connect/` is made of it.

use vestibule_domain::connection::Preset;

/// The guide for one kind of identity provider.
#[derive(Debug, Clone, Copy)]
pub struct Guide {
    /// Which.
    pub preset: Preset,
    /// What it calls our values.
    pub ours: Ours,
    /// What it calls its own.
    pub theirs: Theirs,
    /// The steps until our values can be entered.
    pub make: &'static [&'static str],
    /// The steps beside our values, which go on from those.
    pub give: &'static [&'static str],
    /// The steps beside its own values.
    pub take: &'static [&'static str],
    /// The steps beside who comes in.
    pub people: &'static [&'static str],
}

/// What our values are called there, letter by letter. None: there is no such field.
#[derive(Debug, Clone, Copy)]
pub struct Ours {
    /// Our entity ID.
    pub identifier: &'static str,
    /// Our assertion consumer service.
    pub reply_url: &'static str,
    /// Where sign-ins begin.
    pub sign_on_url: Option<&'static str>,
    /// Our single logout service.
    pub logout_url: Option<&'static str>,
}

/// What its values are called there.
#[derive(Debug, Clone, Copy)]
pub struct Theirs {
    /// The address of its metadata; none: it has none.
    pub metadata_url: Option<&'static str>,
    /// Its metadata as a file.
    pub metadata: &'static str,
    /// Its entity ID.
    pub issuer: &'static str,
    /// Where people sign in.
    pub sign_on: &'static str,
    /// Its signing certificate.
    pub certificate: &'static str,
    /// Where logout messages go; none: it takes none.
    pub logout_url: Option<&'static str>,
}

const ENTRA: Guide = Guide {
    preset: Preset::Entra,
    ours: Ours {
        identifier: "Identifier (Entity ID)",
        reply_url: "Reply URL (Assertion Consumer Service URL)",
        sign_on_url: Some("Sign on URL"),
        logout_url: Some("Logout Url"),
    },
    theirs: Theirs {
        metadata_url: Some("App Federation Metadata Url"),
        metadata: "Federation Metadata XML",
        issuer: "Microsoft Entra Identifier",
        sign_on: "Login URL",
        certificate: "Certificate (Base64)",
        logout_url: Some("Logout URL"),
    },
    make: &["guide-entra-role", "guide-entra-open", "guide-entra-own", "guide-entra-saml"],
    give: &["guide-entra-basic", "guide-entra-sign-on"],
    take: &["guide-entra-metadata", "guide-entra-values", "guide-entra-signed"],
    people: &["guide-entra-assign", "guide-entra-claims"],
};

const ADFS: Guide = Guide {
    preset: Preset::Adfs,
    ours: Ours {
        identifier: "Relying party trust identifier",
        reply_url: "Relying party SAML 2.0 SSO service URL",
        sign_on_url: None,
        logout_url: Some("SAML Logout endpoint"),
    },
    theirs: Theirs {
        metadata_url: Some("FederationMetadata.xml"),
        metadata: "FederationMetadata.xml",
        issuer: "Federation Service identifier",
        sign_on: "/adfs/ls/",
        certificate: "Token-signing",
        logout_url: Some("/adfs/ls/"),
    },
    make: &["guide-adfs-role", "guide-adfs-trust"],
    give: &["guide-adfs-data", "guide-adfs-manual", "guide-adfs-hash"],
    take: &["guide-adfs-metadata", "guide-adfs-values"],
    people: &["guide-adfs-claims", "guide-adfs-name-id", "guide-adfs-access"],
};

const OKTA: Guide = Guide {
    preset: Preset::Okta,
    ours: Ours {
        identifier: "Audience URI (SP Entity ID)",
        reply_url: "Single sign-on URL",
        sign_on_url: None,
        logout_url: Some("Single Logout URL"),
    },
    theirs: Theirs {
        metadata_url: Some("Metadata URL"),
        metadata: "IdP metadata",
        issuer: "Issuer",
        sign_on: "Sign on URL",
        certificate: "Signing Certificate",
        logout_url: Some("Single Logout URL"),
    },
    make: &["guide-okta-role", "guide-okta-create"],
    give: &["guide-okta-saml", "guide-okta-name-id", "guide-okta-claims"],
    take: &["guide-okta-metadata", "guide-okta-values"],
    people: &["guide-okta-assign"],
};

const GOOGLE: Guide = Guide {
    preset: Preset::Google,
    ours: Ours { identifier: "Entity ID", reply_url: "ACS URL", sign_on_url: None, logout_url: None },
    theirs: Theirs {
        metadata_url: None,
        metadata: "Download metadata",
        issuer: "Entity ID",
        sign_on: "SSO URL",
        certificate: "Certificate",
        logout_url: None,
    },
    make: &["guide-google-role", "guide-google-create"],
    give: &["guide-google-sp"],
    take: &["guide-google-metadata", "guide-google-values"],
    people: &["guide-google-claims", "guide-google-access"],
};

const PING: Guide = Guide {
    preset: Preset::Ping,
    ours: Ours { identifier: "Entity ID", reply_url: "ACS URLs", sign_on_url: None, logout_url: Some("SLO Endpoint") },
    theirs: Theirs {
        metadata_url: Some("IDP Metadata URL"),
        metadata: "Download Metadata",
        issuer: "Issuer ID",
        sign_on: "Single Signon Service",
        certificate: "Download Signing Certificate",
        logout_url: Some("Single Logout Service"),
    },
    make: &["guide-ping-role", "guide-ping-create"],
    give: &["guide-ping-sp"],
    take: &["guide-ping-metadata", "guide-ping-values"],
    people: &["guide-ping-claims", "guide-ping-access"],
};

const GENERIC: Guide = Guide {
    preset: Preset::Generic,
    ours: Ours {
        identifier: "Entity ID",
        reply_url: "ACS URL",
        sign_on_url: Some("Login URL"),
        logout_url: Some("Single Logout URL"),
    },
    theirs: Theirs {
        metadata_url: Some("Metadata URL"),
        metadata: "Metadata XML",
        issuer: "Entity ID",
        sign_on: "SSO URL",
        certificate: "Signing certificate",
        logout_url: Some("Single Logout URL"),
    },
    make: &["guide-generic-role"],
    give: &["guide-generic-create"],
    take: &["guide-generic-metadata", "guide-generic-values", "guide-generic-signed"],
    people: &["guide-generic-claims"],
};

impl Guide {
    /// That for a kind of identity provider.
    pub const fn of(preset: Preset) -> &'static Self {
        match preset {
            Preset::Entra => &ENTRA,
            Preset::Adfs => &ADFS,
            Preset::Okta => &OKTA,
            Preset::Google => &GOOGLE,
            Preset::Ping => &PING,
            Preset::Generic => &GENERIC,
        }
    }
}
