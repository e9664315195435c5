//! What the mails of an account say, for whoever wants to read them before anybody gets one: with values of an example,
//! written by those who write the mails themselves.

use vestibule_domain::account::Account;
use vestibule_outbound::Mail;

use super::{ENGLISH, Language, Letters};
use crate::notices::{self, Letter, Look};
use crate::{set_up_connection, waiting};

/// Which mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailText {
    /// An invitation to somebody who chooses a password.
    Invitation,
    /// An invitation to somebody who signs in at their identity provider.
    Welcome,
    /// A link by which a password is set, to whoever asked for it.
    PasswordLink,
    /// What whoever asked for such a link gets who needs no password.
    NoPassword,
    /// To an approver: somebody waits.
    SomebodyWaits,
    /// To an operator: an approver has let somebody in, and they confirm it.
    SecondStep,
    /// To the person: they are let in.
    LetIn,
    /// To the person: they are not.
    NotLetIn,
    /// To the person: nobody has decided in time.
    NotDecided,
    /// To others who were told that somebody waits: they are let in.
    TheyAreLetIn,
    /// To the same: they are not.
    TheyAreNotLetIn,
    /// To the same: nobody has decided in time.
    NobodyDecided,
    /// To a user with whom somebody was joined.
    Joined,
    /// To the contact: somebody signed in by password where single sign-on is demanded.
    BreakGlass,
    /// To the contact: an e-mail domain is the account's.
    DomainProved,
    /// To both contacts: an identity provider has new certificates.
    CertificatesAdded,
    /// To both contacts: an identity provider no longer publishes a certificate.
    CertificatesWithdrawn,
    /// To both contacts: a certificate ends soon beside which no other one lasts longer than any notice.
    CertificateEnds,
    /// To both contacts: metadata changed nothing, and somebody has to look.
    MetadataRefused,
    /// To administrators: a connection wants their word.
    SetUpToConfirm,
    /// To administrators: a connection is in force.
    SetUpInForce,
}

/// A mail as it would go out, in each language in which it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// In English.
    pub english: Mail,
    /// In German; none: this one is in English alone.
    pub german: Option<Mail>,
}

impl MailText {
    /// All of them, as they are listed.
    pub const ALL: [Self; 21] = [
        Self::Invitation,
        Self::Welcome,
        Self::PasswordLink,
        Self::NoPassword,
        Self::SomebodyWaits,
        Self::SecondStep,
        Self::LetIn,
        Self::NotLetIn,
        Self::NotDecided,
        Self::TheyAreLetIn,
        Self::TheyAreNotLetIn,
        Self::NobodyDecided,
        Self::Joined,
        Self::BreakGlass,
        Self::DomainProved,
        Self::CertificatesAdded,
        Self::CertificatesWithdrawn,
        Self::CertificateEnds,
        Self::MetadataRefused,
        Self::SetUpToConfirm,
        Self::SetUpInForce,
    ];

    /// Its name in addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Welcome => "welcome",
            Self::PasswordLink => "password-link",
            Self::NoPassword => "no-password",
            Self::SomebodyWaits => "somebody-waits",
            Self::SecondStep => "second-step",
            Self::LetIn => "let-in",
            Self::NotLetIn => "not-let-in",
            Self::NotDecided => "not-decided",
            Self::TheyAreLetIn => "they-are-let-in",
            Self::TheyAreNotLetIn => "they-are-not-let-in",
            Self::NobodyDecided => "nobody-decided",
            Self::Joined => "joined",
            Self::BreakGlass => "break-glass",
            Self::DomainProved => "domain-proved",
            Self::CertificatesAdded => "certificates-added",
            Self::CertificatesWithdrawn => "certificates-withdrawn",
            Self::CertificateEnds => "certificate-ends",
            Self::MetadataRefused => "metadata-refused",
            Self::SetUpToConfirm => "set-up-to-confirm",
            Self::SetUpInForce => "set-up-in-force",
        }
    }

    /// The mail of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|text| text.name() == name)
    }
}

/// A mail as an account's people would get it. `origin` is where they sign in, `product` what the deployment calls what
/// they sign in to.
pub(crate) fn written(text: MailText, account: &Account, product: &str, origin: &str) -> Written {
    let product = account.brand.product_or(product);
    let mail = |language: Language, letter: Letter| {
        letter.mail(EXAMPLE, &Look { product, brand: &account.brand, language: language.tag() })
    };
    let of = |language| {
        let letters = Letters { language, account: &account.name, product };
        // No link: one that opens something is for whoever gets the mail.
        let link = format!("{origin}/sign-in/password/…");
        match text {
            MailText::Invitation => Some(letters.invitation(&link)),
            MailText::Welcome => Some(letters.welcome(origin)),
            MailText::PasswordLink => Some(letters.link(&link)),
            MailText::NoPassword => Some(letters.sign_in_with(origin)),
            _ => waiting::letter_of(text, account, product, language.tag(), origin),
        }
    };
    if let Some((english, german)) = of(Language::English).zip(of(Language::German)) {
        let german = Some(mail(Language::German, german));
        return Written { english: mail(Language::English, english), german };
    }
    let letters = Letters { language: Language::of(ENGLISH), account: &account.name, product };
    let letter = match text {
        MailText::BreakGlass => Some(letters.break_glass(EXAMPLE, "2026-07-01 12:00 UTC")),
        _ => notices::letter_of(text, &account.name, product)
            .or_else(|| set_up_connection::letter_of(text, account, product, origin)),
    };
    let nothing = Letter { subject: String::new(), paragraphs: Vec::new() };
    Written { english: mail(Language::English, letter.unwrap_or(nothing)), german: None }
}

/// To whom it goes in the example.
pub(crate) const EXAMPLE: &str = "ada.lovelace@example.com";
