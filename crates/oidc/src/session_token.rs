//! The session of a browser at the provider: who has its cookie is signed in (OpenID Connect Core §3.1.2.3).

use crate::opaque::opaque;

opaque! {
    /// The secret in the cookie of a browser that is signed in.
    SessionToken,
    /// The hash under which a session is stored.
    SessionTokenHash
}
