//! Mails to those who look after an account, about what happened without them.
//!
//! They are written down with what they tell of, in one unit, and sent by the job that sends mails; a mail that cannot be
//! sent changes nothing: the log says so, and the audit log has the fact.

use std::fmt::Write as _;

use jiff::Timestamp;
use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::branding::{Accent, Branding, Scheme};
use vestibule_domain::event::CertificateOf;
use vestibule_domain::id::AccountId;
use vestibule_outbound::Mail;
use vestibule_store::StoreError;
use vestibule_store::tx::{MailAbout, StoredLetter, WaitingMail};

use crate::ctx::Ctx;
use crate::jobs::Means;
use crate::mails::{self, MailText};

/// What happened.
#[derive(Debug)]
pub(crate) enum What {
    /// A domain is the account's.
    DomainProved { domain: String },
    /// An identity provider has further certificates, which are taken.
    CertificatesAdded { connection: String, thumbprints: Vec<String> },
    /// An identity provider publishes certificates no longer that are still taken.
    CertificatesWithdrawn { connection: String, thumbprints: Vec<String> },
    /// A certificate ends soon beside which no other one lasts longer than any notice.
    CertificateEnds {
        connection: String,
        whose: CertificateOf,
        thumbprint: String,
        not_after: Timestamp,
        days_left: u16,
    },
    /// An identity provider's metadata changed nothing, and somebody has to look.
    MetadataRefused { connection: String, why: String },
}

/// The colour of mails where nobody set one.
const ACCENT: &str = "#2f5bd7";

/// What a mail says, without its form.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) paragraphs: Vec<String>,
}

/// The mail by which an operator sees whether mail arrives.
pub fn test_mail(to: &str, product: &str, origin: &str) -> Mail {
    let letter = Letter {
        subject: format!("Mail from {product} arrives"),
        paragraphs: vec![
            format!("This is a test. Whoever runs the sign-in of {product} at {origin} asked for it."),
            "You need not do anything.".to_owned(),
        ],
    };
    letter.mail(to, &Look { product, brand: &Branding::default(), language: "en" })
}

/// The mails by which the contacts of an account are told, and the operator's too where something has to be done or trust
/// has grown: for the unit that writes down what happened, so that nothing is told that was not, and nothing that was is
/// forgotten. Where no server is set there are none.
///
/// # Errors
/// Those of the store.
pub(crate) async fn mails(
    ctx: &Ctx,
    means: &Means,
    account: AccountId,
    news: &[What],
) -> Result<Vec<WaitingMail>, StoreError> {
    if means.mailer.is_none() || news.is_empty() {
        return Ok(Vec::new());
    }
    let Some((account, platform)) = readers(ctx, account).await? else { return Ok(Vec::new()) };
    let product = account.brand.product_or(&means.product);
    let mut all = Vec::new();
    for what in news {
        let readers = [Some(&account), platform.as_ref().filter(|_| what.is_for_both())];
        let contacts = readers.into_iter().flatten().filter_map(|account| account.settings.contact.as_ref());
        let mut addresses: Vec<_> = contacts.map(|contact| contact.email.clone()).collect();
        addresses.dedup_by(|one, other| one.key() == other.key());
        for to in addresses {
            let Letter { subject, paragraphs } = what.letter(&account.name, product);
            let about = MailAbout::Notice { to, letter: StoredLetter { subject, paragraphs } };
            all.push(mails::waiting(ctx, account.id, about, mails::ENGLISH));
        }
    }
    Ok(all)
}

/// The account and the platform, whose contacts are written to.
async fn readers(ctx: &Ctx, id: AccountId) -> Result<Option<(Account, Option<Account>)>, StoreError> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(account) = tx.account(id).await? else { return Ok(None) };
            Ok(Some((account, tx.account_by_path(&AccountPath::ROOT).await?)))
        })
    });
    found.await
}

/// What a notice says, about things of an example; none for a mail about something else.
pub(crate) fn letter_of(text: MailText, account: &str, product: &str) -> Option<Letter> {
    let (connection, thumbprints) = (|| "entra".to_owned(), || vec!["5F:0C:…".to_owned()]);
    let what = match text {
        MailText::DomainProved => What::DomainProved { domain: "example.com".to_owned() },
        MailText::CertificatesAdded => What::CertificatesAdded { connection: connection(), thumbprints: thumbprints() },
        MailText::CertificatesWithdrawn => {
            What::CertificatesWithdrawn { connection: connection(), thumbprints: thumbprints() }
        }
        MailText::CertificateEnds => What::CertificateEnds {
            connection: connection(),
            whose: CertificateOf::IdentityProvider,
            thumbprint: "5F:0C:…".to_owned(),
            not_after: Timestamp::from_second(1_893_456_000).unwrap_or_default(),
            days_left: 30,
        },
        MailText::MetadataRefused => {
            What::MetadataRefused { connection: connection(), why: "it is of another entity ID".to_owned() }
        }
        _ => return None,
    };
    Some(what.letter(account, product))
}

impl What {
    fn is_for_both(&self) -> bool {
        match self {
            Self::MetadataRefused { .. }
            | Self::CertificatesAdded { .. }
            | Self::CertificatesWithdrawn { .. }
            | Self::CertificateEnds { .. } => true,
            Self::DomainProved { .. } => false,
        }
    }

    fn letter(&self, account: &str, product: &str) -> Letter {
        match self {
            Self::DomainProved { domain } => Letter {
                subject: format!("{domain} now signs in to {product}"),
                paragraphs: vec![
                    format!("The TXT record of {domain} was found, so the domain is {account}'s."),
                    format!(
                        "People with an address in it are led to {account}'s sign-in from now on. The record may be \
                         taken away again."
                    ),
                ],
            },
            Self::CertificatesAdded { connection, thumbprints } => Letter {
                subject: format!("New signing certificates for {account}'s sign-in to {product}"),
                paragraphs: vec![
                    format!(
                        "The identity provider of {account} ({connection}) published new signing certificates. They \
                         are taken from now on beside those before; nobody has to do anything."
                    ),
                    format!("Their SHA-256 thumbprints: {}.", thumbprints.join(", ")),
                    "If nobody at your company knows of a change of certificates, find out before you sign in again."
                        .to_owned(),
                ],
            },
            Self::CertificatesWithdrawn { connection, thumbprints } => Letter {
                subject: format!("{account}'s identity provider no longer publishes a certificate"),
                paragraphs: vec![
                    format!(
                        "The identity provider of {account} ({connection}) no longer publishes signing certificates \
                         with which people still may sign in to {product}. Nothing was changed."
                    ),
                    format!("Their SHA-256 thumbprints: {}.", thumbprints.join(", ")),
                    format!(
                        "If the identity provider replaced them, whoever runs {product} removes them: `vestibule \
                         apply` with the same metadata url takes exactly what is published; where the file sets \
                         certificates, they are taken out of it first. At once, if a key was stolen."
                    ),
                    "This is told once for each certificate.".to_owned(),
                ],
            },
            Self::CertificateEnds { connection, whose, thumbprint, not_after, days_left } => Letter {
                subject: format!("A certificate of {account}'s sign-in to {product} ends in {days_left} days"),
                paragraphs: vec![
                    format!(
                        "{} of {account}'s connection {connection} ends on {}, in {days_left} days, and none beside it \
                         lasts another 60 days. Its SHA-256 thumbprint: {thumbprint}.",
                        match whose {
                            CertificateOf::IdentityProvider => "The signing certificate of the identity provider",
                            CertificateOf::OurSigning => "The certificate with which requests are signed",
                            CertificateOf::OurDecryption => "The certificate for which answers are encrypted",
                        },
                        not_after.strftime("%Y-%m-%d"),
                    ),
                    match whose {
                        CertificateOf::IdentityProvider => format!(
                            "Whoever administers the identity provider makes a new one there. Where its metadata is \
                             read from an address, {product} takes it by itself; else add it to the connection before \
                             it is made active, or nobody signs in to {product} from that moment on."
                        ),
                        CertificateOf::OurSigning | CertificateOf::OurDecryption => format!(
                            "Whoever runs {product} adds the next key: `vestibule connection keys`. Whoever administers \
                             the identity provider then takes the new certificate from the connection's metadata."
                        ),
                    },
                    "This is told 60, 30 and 7 days before.".to_owned(),
                ],
            },
            Self::MetadataRefused { connection, why } => Letter {
                subject: format!("The metadata of {account}'s identity provider needs a look"),
                paragraphs: vec![
                    format!(
                        "The metadata of {account}'s identity provider ({connection}) was fetched. Nothing was \
                         changed, and sign-in to {product} goes on with the settings as they are, because {why}."
                    ),
                    "This is told once, and again when the reason is another one.".to_owned(),
                ],
            },
        }
    }
}

/// How a mail looks: as the pages of its account, but for the logo, for a picture from afar tells who reads when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) product: &'a str,
    pub(crate) brand: &'a Branding,
    /// In which language it is: `en` or `de`.
    pub(crate) language: &'static str,
}

impl Look<'_> {
    /// What stands under each mail: the name of a link, and where it leads.
    fn links(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let names = if self.language == "de" { ["Impressum", "Datenschutz"] } else { ["Imprint", "Privacy"] };
        let links = [&self.brand.imprint, &self.brand.privacy];
        names.into_iter().zip(links).filter_map(|(name, link)| Some((name, link.as_ref()?.as_str())))
    }
}

impl Letter {
    pub(crate) fn mail(&self, to: &str, look: &Look<'_>) -> Mail {
        let Look { product, brand, language } = look;
        let mut text = self.paragraphs.join("\n\n");
        let _ = write!(text, "\n\n-- \n{product}\n");
        for (name, url) in look.links() {
            let _ = writeln!(text, "{name}: {url}");
        }
        let accent =
            brand.accent.map_or_else(|| ACCENT.to_owned(), |it| Accent::of(it, Scheme::Light).accent.to_string());
        let mut html = format!(
            "<!doctype html><html lang=\"{language}\"><meta charset=\"utf-8\"><title>{title}</title>\
             <body style=\"margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1c2333\">\
             <div style=\"max-width:36em;margin:auto\"><p style=\"font-weight:600;border-bottom:2px solid {accent};\
             padding-bottom:8px\">{product}</p>",
            title = escaped(&self.subject),
            product = escaped(product),
        );
        for paragraph in &self.paragraphs {
            let _ = write!(html, "<p style=\"overflow-wrap:anywhere\">{}</p>", escaped(paragraph));
        }
        for (name, url) in look.links() {
            let _ = write!(html, "<p style=\"font-size:13px\"><a href=\"{0}\">{name}</a></p>", escaped(url));
        }
        html.push_str("</div></body></html>\n");
        Mail { to: to.to_owned(), subject: one_line(&self.subject), text, html: Some(html) }
    }
}

/// Names come from files, and a subject is one line.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_has_the_products_name_and_one_content_in_two_forms() {
        let mail = test_mail("ops@example.com", "Orchard & Sons", "https://sso.example.com");
        assert_eq!(mail.subject, "Mail from Orchard & Sons arrives");
        assert!(mail.text.contains("at https://sso.example.com asked for it."), "{}", mail.text);
        assert!(mail.text.ends_with("-- \nOrchard & Sons\n"));
        assert!(mail.html.unwrap().contains("sign-in of Orchard &amp; Sons at https://sso.example.com"));
    }

    /// MX-1, MX-15: an account's mails have its product, its colour (moved until it can be read) and its links.
    #[test]
    fn a_mail_looks_as_its_account_wants() {
        let brand = Branding {
            accent: "#ffee00".parse().ok(),
            imprint: "https://orchard.example/imprint?a=1&b=2".to_owned().try_into().ok(),
            ..Branding::default()
        };
        let letter = Letter { subject: "S".to_owned(), paragraphs: vec!["P".to_owned()] };
        let mail = letter.mail("it@acme.example", &Look { product: "Orchard", brand: &brand, language: "de" });
        assert!(
            mail.text.ends_with("-- \nOrchard\nImpressum: https://orchard.example/imprint?a=1&b=2\n"),
            "{}",
            mail.text
        );
        let html = mail.html.unwrap();
        let accent = Accent::of("#ffee00".parse().unwrap(), Scheme::Light).accent;
        assert!(html.contains("lang=\"de\"") && html.contains(&format!("2px solid {accent}")), "{html}");
        assert!(html.contains("href=\"https://orchard.example/imprint?a=1&amp;b=2\">Impressum</a>"), "{html}");
    }

    #[test]
    fn what_others_wrote_neither_marks_up_a_mail_nor_adds_a_header() {
        let why = "it is of <script>\"x\"</script>".to_owned();
        let what = What::MetadataRefused { connection: "acme/entra".to_owned(), why };
        let look = Look { product: "Orchard", brand: &Branding::default(), language: "en" };
        let mail = what.letter("Acme\r\nBcc: all", "Orchard").mail("it@acme.example", &look);
        assert!(!mail.subject.contains(char::is_control), "{:?}", mail.subject);
        let html = mail.html.unwrap();
        assert!(html.contains("&lt;script&gt;&quot;x&quot;") && !html.contains("<script>"), "{html}");
    }
}
