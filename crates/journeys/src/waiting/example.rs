//! Mails about people who wait, about somebody of an example.

use jiff::Timestamp;
use vestibule_domain::account::Account;
use vestibule_domain::id::ApplicantId;
use vestibule_domain::user::Profile;
use vestibule_domain::waiting::{Applicant, ApplicantState, File, MailLanguage};

use super::letters::{About, of_applicant, of_expiry, of_join, of_outcome, of_person, of_second_step};
use crate::mails::{EXAMPLE, MailText};
use crate::notices::Letter;

/// What such a mail says; none for a mail about something else.
pub(crate) fn letter_of(
    text: MailText,
    account: &Account,
    product: &str,
    language: &'static str,
    origin: &str,
) -> Option<Letter> {
    let language = if language == MailLanguage::German.tag() { MailLanguage::German } else { MailLanguage::English };
    let state = match text {
        MailText::LetIn | MailText::TheyAreLetIn | MailText::Joined => ApplicantState::Approved,
        MailText::NotLetIn | MailText::TheyAreNotLetIn => ApplicantState::Refused,
        MailText::SecondStep => ApplicantState::SecondStep,
        _ => ApplicantState::Waiting,
    };
    let applicant = ada(account, state, language);
    let about = About { language, account, product, applicant: &applicant };
    let url = format!("{origin}/waiting/{}", applicant.id);
    let by = "Max Muster";
    Some(match text {
        MailText::SomebodyWaits => of_applicant(&about, &url),
        MailText::SecondStep => of_second_step(&about, &url),
        MailText::LetIn | MailText::NotLetIn => of_person(&about, origin),
        MailText::NotDecided => of_expiry(&about, true),
        MailText::TheyAreLetIn | MailText::TheyAreNotLetIn => of_outcome(&about, by, &url),
        MailText::NobodyDecided => of_expiry(&about, false),
        MailText::Joined => of_join(&about, "Ada Byron", by),
        _ => return None,
    })
}

fn ada(account: &Account, state: ApplicantState, language: MailLanguage) -> Applicant {
    let reason = match language {
        MailLanguage::English => "You have left the project.",
        MailLanguage::German => "Sie haben das Projekt verlassen.",
    };
    let profile =
        Profile { display_name: Some("Ada Lovelace".to_owned()), email: EXAMPLE.parse().ok(), ..Profile::default() };
    Applicant {
        id: ApplicantId::from_bytes([0; 16]),
        account: account.id,
        came: None,
        state,
        asked_at: Timestamp::UNIX_EPOCH,
        expires_at: Timestamp::UNIX_EPOCH,
        file: File { profile, reason: Some(reason.to_owned()), ..File::default() },
        version: 1,
    }
}
