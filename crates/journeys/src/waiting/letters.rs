//! What mails about people who wait say.

use vestibule_domain::account::Account;
use vestibule_domain::waiting::{Applicant, ApplicantState, MailLanguage};

use crate::notices::{Letter, Look};

/// What a mail is about.
pub(super) struct About<'a> {
    /// In which language approvers read.
    pub(super) language: MailLanguage,
    pub(super) account: &'a Account,
    pub(super) product: &'a str,
    pub(super) applicant: &'a Applicant,
}

impl About<'_> {
    pub(super) fn look(&self, language: MailLanguage) -> Look<'_> {
        Look { product: self.product, brand: &self.account.brand, language: language.tag() }
    }

    /// In which language the person reads.
    pub(super) fn persons_language(&self) -> MailLanguage {
        self.applicant.file.language.unwrap_or(self.language)
    }

    /// What a mail calls the person by: the name, and the address where that is another thing.
    fn who(&self) -> String {
        let name = self.applicant.called();
        match &self.applicant.file.profile.email {
            Some(email) if email.as_str() != name => format!("{name} ({email})"),
            _ => name,
        }
    }
}

/// To an approver: somebody waits.
pub(super) fn of_applicant(about: &About<'_>, url: &str) -> Letter {
    let (who, account, product) = (about.who(), &about.account.name, about.product);
    match about.language {
        MailLanguage::English => Letter {
            subject: format!("{who} waits to be let in to {product}"),
            paragraphs: vec![
                format!("{who} signed in at {account} for the first time and waits until somebody lets them in."),
                "Look at them, and decide:".to_owned(),
                url.to_owned(),
                "You get this because you may decide. One decision is enough; you will read who decided.".to_owned(),
            ],
        },
        MailLanguage::German => Letter {
            subject: format!("{who} wartet auf Einlass bei {product}"),
            paragraphs: vec![
                format!("{who} hat sich zum ersten Mal bei {account} angemeldet und wartet auf Einlass."),
                "Sehen Sie es sich an und entscheiden Sie:".to_owned(),
                url.to_owned(),
                "Sie bekommen dies, weil Sie entscheiden dürfen. Eine Entscheidung genügt; Sie lesen dann, wer \
                 entschieden hat."
                    .to_owned(),
            ],
        },
    }
}

/// To an operator: an approver has decided, and it wants their word too.
pub(super) fn of_second_step(about: &About<'_>, url: &str) -> Letter {
    let (who, account, product) = (about.who(), &about.account.name, about.product);
    match about.language {
        MailLanguage::English => Letter {
            subject: format!("{who} waits for the second step at {account}"),
            paragraphs: vec![
                format!("{account} has let {who} in to {product}. Here the operator confirms it:"),
                url.to_owned(),
            ],
        },
        MailLanguage::German => Letter {
            subject: format!("{who} wartet bei {account} auf den zweiten Schritt"),
            paragraphs: vec![
                format!("{account} lässt {who} bei {product} ein. Hier bestätigt es der Betreiber:"),
                url.to_owned(),
            ],
        },
    }
}

/// To whoever was told that somebody waits: what was decided, and by whom.
pub(super) fn of_outcome(about: &About<'_>, by: &str, url: &str) -> Letter {
    let (who, account, product) = (about.who(), &about.account.name, about.product);
    let reason = about.applicant.file.reason.clone();
    let is_in = about.applicant.state == ApplicantState::Approved;
    let (subject, sentence) = match (about.language, is_in) {
        (MailLanguage::English, true) => (
            format!("{who} is let in to {product}"),
            format!("{by} has let {who} in to {product} at {account}. You need to do nothing."),
        ),
        (MailLanguage::English, false) => (
            format!("{who} is not let in to {product}"),
            format!("{by} has not let {who} in to {product} at {account}, for this reason:"),
        ),
        (MailLanguage::German, true) => (
            format!("{who} ist bei {product} eingelassen"),
            format!("{by} hat {who} bei {account} in {product} eingelassen. Sie müssen nichts tun."),
        ),
        (MailLanguage::German, false) => (
            format!("{who} ist bei {product} nicht eingelassen"),
            format!("{by} hat {who} bei {account} nicht in {product} eingelassen, aus diesem Grund:"),
        ),
    };
    let paragraphs = std::iter::once(sentence).chain(reason.filter(|_| !is_in)).chain([url.to_owned()]);
    Letter { subject, paragraphs: paragraphs.collect() }
}

/// To a user whom somebody was joined with, and to the account's contact.
pub(super) fn of_join(about: &About<'_>, user: &str, by: &str) -> Letter {
    let (who, account, product) = (about.who(), &about.account.name, about.product);
    match about.language {
        MailLanguage::English => Letter {
            subject: format!("{who} comes in to {product} as {user} from now on"),
            paragraphs: vec![
                format!(
                    "{by} has joined {who}, who signed in at {account}, with the user {user}: both are taken for one person."
                ),
                "If they are two, tell an administrator of the account at once.".to_owned(),
            ],
        },
        MailLanguage::German => Letter {
            subject: format!("{who} kommt von nun an als {user} in {product}"),
            paragraphs: vec![
                format!(
                    "{by} hat {who}, angemeldet bei {account}, mit dem Benutzer {user} zusammengeführt: Beide gelten als eine Person."
                ),
                "Sind es zwei, sagen Sie es sofort einem Administrator des Kontos.".to_owned(),
            ],
        },
    }
}

/// To the person: what was decided.
pub(super) fn of_person(about: &About<'_>, origin: &str) -> Letter {
    let (account, product) = (&about.account.name, about.product);
    let language = about.persons_language();
    if about.applicant.state == ApplicantState::Approved {
        return match language {
            MailLanguage::English => Letter {
                subject: format!("You are let in to {product}"),
                paragraphs: vec![
                    format!("{account} has let you in to {product}. Sign in with your account at {account}:"),
                    origin.to_owned(),
                ],
            },
            MailLanguage::German => Letter {
                subject: format!("Sie sind bei {product} eingelassen"),
                paragraphs: vec![
                    format!("{account} hat Sie bei {product} eingelassen. Melden Sie sich mit Ihrem Konto an:"),
                    origin.to_owned(),
                ],
            },
        };
    }
    let reason = about.applicant.file.reason.clone().unwrap_or_default();
    let (subject, sentence) = match language {
        MailLanguage::English => (
            format!("You are not let in to {product}"),
            format!("{account} has not let you in to {product}, for this reason:"),
        ),
        MailLanguage::German => (
            format!("Sie sind bei {product} nicht eingelassen"),
            format!("{account} hat Sie bei {product} nicht eingelassen, aus diesem Grund:"),
        ),
    };
    let paragraphs = [sentence, reason].into_iter().chain(whom_to_ask(about.account, language));
    Letter { subject, paragraphs: paragraphs.collect() }
}

/// To the person, or to whoever was told: nobody has decided in time.
pub(super) fn of_expiry(about: &About<'_>, is_person: bool) -> Letter {
    let (who, account, product) = (about.who(), &about.account.name, about.product);
    let language = if is_person { about.persons_language() } else { about.language };
    let (subject, sentence) = match (language, is_person) {
        (MailLanguage::English, true) => (
            format!("Nobody has decided whether you are let in to {product}"),
            format!(
                "Nobody at {account} has decided in time whether you are let in to {product}. Sign in again to ask anew."
            ),
        ),
        (MailLanguage::German, true) => (
            format!("Niemand hat über Ihren Einlass bei {product} entschieden"),
            format!(
                "Bei {account} hat niemand rechtzeitig entschieden, ob Sie bei {product} eingelassen werden. Melden Sie sich noch einmal an, um neu zu fragen."
            ),
        ),
        (MailLanguage::English, false) => (
            format!("{who} has waited in vain for {product}"),
            format!(
                "Nobody has decided in time whether {who} is let in to {product} at {account}. They wait no longer, and may ask anew."
            ),
        ),
        (MailLanguage::German, false) => (
            format!("{who} hat vergeblich auf {product} gewartet"),
            format!(
                "Niemand hat rechtzeitig entschieden, ob {who} bei {account} in {product} eingelassen wird. Wer gewartet hat, wartet nicht mehr und kann neu fragen."
            ),
        ),
    };
    let contact = whom_to_ask(about.account, language).filter(|_| is_person);
    Letter { subject, paragraphs: std::iter::once(sentence).chain(contact).collect() }
}

fn whom_to_ask(account: &Account, language: MailLanguage) -> Option<String> {
    let contact = account.settings.contact.as_ref()?;
    let whom = format!("{} ({})", contact.name, contact.email);
    Some(match language {
        MailLanguage::English => format!("Whom you can ask: {whom}."),
        MailLanguage::German => format!("Wen Sie fragen können: {whom}."),
    })
}
