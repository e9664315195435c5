//! What the mails of an account say.

use vestibule_journeys::console::MailTexts;
use vestibule_journeys::mails::MailText;
use vestibule_outbound::Mail;

use super::{Top, account_page, account_url, console_page};

/// Shows a mail in its languages, and leads to the others.
#[derive(Debug)]
pub(crate) struct MailTextsView {
    pub(crate) top: Top,
    pub(crate) view: MailTexts,
}

/// The mails by whom they are for: the key of the group, and of each mail's name.
const GROUPS: [(&str, &[(MailText, &str)]); 4] = [
    (
        "mail-group-people",
        &[
            (MailText::Invitation, "mail-invitation"),
            (MailText::Welcome, "mail-welcome"),
            (MailText::PasswordLink, "mail-password-link"),
            (MailText::NoPassword, "mail-no-password"),
        ],
    ),
    (
        "mail-group-waiting",
        &[
            (MailText::LetIn, "mail-let-in"),
            (MailText::NotLetIn, "mail-not-let-in"),
            (MailText::NotDecided, "mail-not-decided"),
            (MailText::Joined, "mail-joined"),
        ],
    ),
    (
        "mail-group-approvers",
        &[
            (MailText::SomebodyWaits, "mail-somebody-waits"),
            (MailText::SecondStep, "mail-second-step"),
            (MailText::TheyAreLetIn, "mail-they-are-let-in"),
            (MailText::TheyAreNotLetIn, "mail-they-are-not-let-in"),
            (MailText::NobodyDecided, "mail-nobody-decided"),
        ],
    ),
    (
        "mail-group-contacts",
        &[
            (MailText::BreakGlass, "mail-break-glass"),
            (MailText::DomainProved, "mail-domain-proved"),
            (MailText::CertificatesAdded, "mail-certificates-added"),
            (MailText::CertificatesWithdrawn, "mail-certificates-withdrawn"),
            (MailText::CertificateEnds, "mail-certificate-ends"),
            (MailText::MetadataRefused, "mail-metadata-refused"),
            (MailText::SetUpToConfirm, "mail-set-up-to-confirm"),
            (MailText::SetUpInForce, "mail-set-up-in-force"),
        ],
    ),
];

/// A mail that can be read, and whether it is the one that is shown.
struct Listed {
    key: &'static str,
    url: String,
    here: bool,
}

impl MailTextsView {
    /// All mails by whom they are for, and whether the one that is shown is among those.
    fn groups(&self) -> impl Iterator<Item = (&'static str, bool, Vec<Listed>)> {
        let page = account_page("/console/mails", &self.view.spot);
        let listed = move |(text, key): &(MailText, &'static str)| Listed {
            key,
            url: super::address(&page, &[("mail", text.name())]),
            here: *text == self.view.text,
        };
        GROUPS.iter().map(move |(title, mails)| {
            let mails: Vec<Listed> = mails.iter().map(&listed).collect();
            (*title, mails.iter().any(|mail| mail.here), mails)
        })
    }

    /// The key of the name of the one that is shown.
    fn name(&self) -> &'static str {
        let all = GROUPS.iter().flat_map(|(_, mails)| mails.iter());
        all.into_iter().find(|(text, _)| *text == self.view.text).map_or("console-mails", |(_, key)| key)
    }

    /// It in each of its languages: the tag, the key of the language's name, and the mail.
    fn written(&self) -> Vec<(&'static str, &'static str, &Mail)> {
        let german = self.view.written.german.as_ref().map(|mail| ("de", "mail-german", mail));
        std::iter::once(("en", "mail-english", &self.view.written.english)).chain(german).collect()
    }

    fn is_in_one_language(&self) -> bool {
        self.view.written.german.is_none()
    }

    fn html(mail: &Mail) -> &str {
        mail.html.as_deref().unwrap_or_default()
    }

    fn back(&self) -> String {
        account_url(&self.view.spot.account.path)
    }
}

console_page!(MailTextsView, "console/mail_texts.html");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mail_is_listed_once() {
        let mut listed: Vec<_> = GROUPS.iter().flat_map(|(_, mails)| mails.iter().map(|(text, _)| *text)).collect();
        listed.sort();
        let mut all = MailText::ALL.to_vec();
        all.sort();
        assert_eq!(listed, all);
    }
}
