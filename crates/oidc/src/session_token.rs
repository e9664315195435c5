//! The session of a browser at the provider: who has its cookie is signed in (OpenID Connect Core §3.1.2.3); and the
//! links by which people who sign in at the provider itself set their password.

use crate::opaque::opaque;

opaque! {
    /// The secret in the cookie of a browser that is signed in.
    SessionToken,
    /// The hash under which a session is stored.
    SessionTokenHash
}

opaque! {
    /// The secret in a link by which somebody sets a password: they have it from a mail, or from whoever started us.
    PasswordLink,
    /// The hash under which such a link is stored.
    PasswordLinkHash
}

opaque! {
    /// The secret in a link by which somebody without an account sets up a connection.
    SetupToken,
    /// The hash under which such a link is stored.
    SetupTokenHash
}

opaque! {
    /// The secret in the cookie of a browser that is let in at a site behind a proxy: of that site alone.
    SiteToken,
    /// The hash under which it is stored.
    SiteTokenHash
}

opaque! {
    /// The secret of a key of the admin API, but for [`API_KEY_PREFIX`].
    ApiSecret,
    /// The hash under which such a key is stored.
    ApiSecretHash
}

/// What stands before the secret of a key of the admin API: programs that look for secrets in sources know it by that.
pub const API_KEY_PREFIX: &str = "vst_";
