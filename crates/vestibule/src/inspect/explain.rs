//! Sentences that say what to make of a finding, and what to try next with this tool.

use vestibule_journeys::inspect::claims::Mark;
use vestibule_journeys::inspect::facts::Facts;
use vestibule_saml::sp::{Reason, Refusal, entra};

/// What a marked claim means.
pub(crate) const fn mark(mark: Mark) -> &'static str {
    match mark {
        Mark::GuidForName => {
            "A GUID stands where a name is wanted: Entra sends one where it knows no name. Never let it overwrite a \
             name that you have. In Entra, open the person under Users and fill First name, Last name and Display name."
        }
        Mark::GroupsOverage => {
            "The person is in too many groups (Entra sends at most 150), so a link stands in their place: the groups \
             are unknown, not none. In Entra, Attributes & Claims, edit the group claim and choose Groups assigned to \
             the application."
        }
        Mark::Guest => {
            "The person is a guest of the tenant, and the user name is made up (#EXT#): match guests by their e-mail \
             address or objectidentifier."
        }
    }
}

/// More about an error that Entra wrote into the status.
pub(crate) fn status(refusal: &Refusal) -> Option<String> {
    if refusal.reason != Reason::StatusNotSuccess {
        return None;
    }
    aadsts(refusal.got.as_deref()?)
}

/// The AADSTS number in a text, explained.
pub(crate) fn aadsts(text: &str) -> Option<String> {
    let found = entra::aadsts(text)?;
    let number = found.number;
    let meaning = found.meaning.map(|meaning| format!("{meaning}. ")).unwrap_or_default();
    Some(format!("AADSTS{number}: {meaning}More at https://login.microsoftonline.com/error?code={number}"))
}

/// Which option would let the check go on, for somebody who holds an old message and not the running system.
pub(crate) fn next(reason: Reason, facts: &Facts) -> Option<String> {
    match reason {
        Reason::Unsolicited | Reason::UnsolicitedWithInResponseTo => Some(match &facts.in_response_to {
            Some(id) => format!("To judge it as the answer to the request that it names, add --in-response-to {id}"),
            None => "To judge it for a connection that accepts responses that come unasked, add --allow-unsolicited"
                .to_owned(),
        }),
        Reason::Expired | Reason::ConfirmationExpired | Reason::SessionEnded => {
            let issued = facts.issue_instant.as_ref()?;
            Some(format!("To judge it at the time at which it was made, add --at {issued}"))
        }
        Reason::NotYetValid | Reason::ConfirmationNotYetValid | Reason::IssuedInFuture => {
            Some("To judge it at another time, add --at TIME".to_owned())
        }
        Reason::CertificateExpired => Some(match &facts.issue_instant {
            Some(issued) => format!(
                "To judge it at the time at which it was made, add --at {issued}; to see whether everything else is \
                 right, add --expired-certificate warn"
            ),
            None => "To see whether everything else is right, add --expired-certificate warn".to_owned(),
        }),
        Reason::CertificateNotYetValid => {
            Some("To see whether everything else is right, add --expired-certificate warn".to_owned())
        }
        Reason::Sha1NotAllowed => Some("To see whether everything else is right, add --allow-sha1".to_owned()),
        Reason::NoDecryptionKey => Some("Give our private key with --decryption-key FILE".to_owned()),
        Reason::NoTrustedKey => Some("Give --metadata FILE, or --idp-cert FILE with --idp-entity-id ID".to_owned()),
        Reason::Replayed => Some("It was given by --seen-assertion".to_owned()),
        _ => None,
    }
}
