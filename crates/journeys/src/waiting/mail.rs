//! Mails about people who wait: to those who decide, and to the person when it is decided.
//!
//! A mail is due until it is sent: what is due stands with the applicant, written in the unit that makes it due. A
//! server that does not take it is asked again, ever later. Whoever was told already is not told again.

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::permission::{self, Action, Giving, Place};
use vestibule_domain::user::{ConsoleRole, User};
use vestibule_domain::waiting::{self, Applicant, ApplicantState, MailLanguage, ToldApprovers};
use vestibule_outbound::{Mail, MailError};
use vestibule_store::Tx;

use crate::ctx::Ctx;
use crate::jobs::{Means, Turn};
use crate::notices::Letter;
use crate::problem::Problem;

/// So many applicants a turn.
const BATCH: u32 = 50;
/// So many people are told of one applicant.
const MAX_TOLD: usize = 20;
/// So often a mail is tried: for about two days.
const MAX_TRIES: u32 = 12;

/// Sends what is due. Without a mail server it stays due.
pub(crate) async fn turn(ctx: &Ctx, means: &Means) -> Result<Turn, Problem> {
    let Some(mailer) = &means.mailer else { return Ok(Turn::Done) };
    let now = ctx.now;
    let due = ctx.store.read(move |tx| Box::pin(async move { tx.applicant_mails(now, BATCH).await })).await?;
    let is_full = due.len() == BATCH as usize;
    for mut applicant in due {
        let letters = letters(ctx, means, &applicant).await?;
        let mut told = applicant.file.told.take();
        let mut failed = None;
        for (name, mail) in letters {
            let knows = told.as_ref().is_some_and(|told| told.names.contains(&name));
            if knows && applicant.state == ApplicantState::Waiting {
                continue;
            }
            match mailer.send(mail, ctx.now).await {
                Ok(()) if applicant.state == ApplicantState::Waiting => {
                    let told = told.get_or_insert_with(|| ToldApprovers { names: Vec::new(), at: ctx.now });
                    told.names.push(name);
                }
                Ok(()) => {}
                Err(error) => {
                    tracing::warn!(account = %applicant.account, applicant = %applicant.id, %error, "a mail about somebody who waits was not sent");
                    let is_down = matches!(error, MailError::Connection { .. } | MailError::TooSlow { .. });
                    failed = Some(is_down);
                }
            }
            if failed == Some(true) {
                break;
            }
        }
        applicant.file.told = told;
        applicant.file.unsent = if failed.is_some() { applicant.file.unsent.saturating_add(1) } else { 0 };
        let again = failed.and_then(|_| again(ctx.now, applicant.file.unsent));
        ctx.store.write(move |tx| Box::pin(async move { tx.applicant_mailed(&applicant, again).await })).await?;
        // The others wait for the next turn: the server would only fail them as well.
        if failed == Some(true) {
            return Ok(Turn::Done);
        }
    }
    Ok(Turn::after(is_full))
}

/// When a mail is tried again that failed so often; none: no more.
fn again(now: Timestamp, failures: u32) -> Option<Timestamp> {
    let minutes = 1_i64 << failures.min(10);
    (failures < MAX_TRIES).then(|| now.saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(now))
}

/// The mails that are due about somebody: to whom, by name, and what.
async fn letters(ctx: &Ctx, means: &Means, applicant: &Applicant) -> Result<Vec<(String, Mail)>, Problem> {
    let id = applicant.account;
    let wanted = match applicant.state {
        ApplicantState::Waiting => Readers::Approvers,
        ApplicantState::SecondStep => Readers::Operators,
        ApplicantState::Approved | ApplicantState::Refused => Readers::Person,
    };
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let chain = tx.chain_to(id).await?;
            let readers = readers(tx, &chain, wanted).await?;
            Ok::<_, Problem>(chain.into_iter().next_back().map(|account| (account, readers)))
        })
    });
    let Some((account, readers)) = found.await? else { return Ok(Vec::new()) };
    let language = account.settings.waiting.language;
    let product = account.brand.product_or(&means.product);
    if wanted == Readers::Person {
        let Some(email) = &applicant.file.profile.email else { return Ok(Vec::new()) };
        let origin = ctx.deployment.origin_of(account.sub_domain.as_ref());
        let language = applicant.file.language.unwrap_or(language);
        let letter = of_person(language, &account, product, &origin, applicant);
        return Ok(vec![(waiting::called(&applicant.file.profile), letter.mail(email.as_str(), product))]);
    }
    let mails = readers.into_iter().map(|reader| {
        let url = format!("{}/waiting/{}", ctx.deployment.origin_of(reader.home.sub_domain.as_ref()), applicant.id);
        let letter = match wanted {
            Readers::Operators => of_second_step(language, &account, product, &url, applicant),
            _ => of_applicant(language, &account, product, &url, applicant),
        };
        (reader.name, letter.mail(&reader.email, product))
    });
    Ok(mails.collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    Approvers,
    Operators,
    Person,
}

/// Somebody who is written to, and where they sign in.
struct Reader {
    name: String,
    email: String,
    home: Account,
}

/// Who decides: those of the account who may; if there are none, those of the nearest account above; and if nobody has a
/// role, whoever the account, or one above it, names as its contact.
async fn readers(tx: &mut Tx, chain: &[Account], wanted: Readers) -> Result<Vec<Reader>, Problem> {
    let Some(account) = chain.last() else { return Ok(Vec::new()) };
    let homes: Vec<&Account> = match wanted {
        Readers::Person => return Ok(Vec::new()),
        Readers::Operators => chain.iter().take(1).collect(),
        Readers::Approvers => chain.iter().rev().collect(),
    };
    for home in &homes {
        let people = tx.people_with_roles(home.id, 200).await?;
        let told = people.iter().filter(|user| decides(user, &home.path, &account.path, wanted));
        let told: Vec<Reader> = told.filter_map(|user| reader(user, home)).take(MAX_TOLD).collect();
        if !told.is_empty() {
            return Ok(told);
        }
    }
    let contact = homes.iter().find_map(|home| Some((home, home.settings.contact.as_ref()?)));
    let contact = contact.map(|(home, contact)| Reader {
        name: contact.name.clone(),
        email: contact.email.as_str().to_owned(),
        home: Account::clone(home),
    });
    Ok(contact.into_iter().collect())
}

fn decides(user: &User, home: &AccountPath, at: &AccountPath, wanted: Readers) -> bool {
    let Some(role) = user.console_role else { return false };
    let approves = user.grants.approves.as_ref();
    let actor = permission::Actor { user: user.id, role, home, approves };
    let own = match approves {
        Some(vestibule_domain::grants::Reach::Scopes(own)) => Some(own),
        _ => None,
    };
    let giving = Giving { scopes: own, beyond_scopes: false };
    match wanted {
        Readers::Operators => role == ConsoleRole::Operator,
        _ => permission::may(&actor, Action::Approve(giving), &Place::account(at)),
    }
}

fn reader(user: &User, home: &Account) -> Option<Reader> {
    let email = user.profile.email.as_ref()?.as_str().to_owned();
    Some(Reader { name: waiting::called(&user.profile), email, home: home.clone() })
}

/// What a mail calls somebody by: the name, and the address where that is another thing.
fn named(applicant: &Applicant) -> String {
    let name = applicant.called();
    match &applicant.file.profile.email {
        Some(email) if email.as_str() != name => format!("{name} ({email})"),
        _ => name,
    }
}

fn of_applicant(language: MailLanguage, account: &Account, product: &str, url: &str, applicant: &Applicant) -> Letter {
    let (who, account) = (named(applicant), &account.name);
    match language {
        MailLanguage::English => Letter {
            subject: format!("{who} waits to be let in to {product}"),
            paragraphs: vec![
                format!("{who} signed in at {account} for the first time and waits until somebody lets them in."),
                "Look at them, and decide:".to_owned(),
                url.to_owned(),
                "You get this because you may decide. One decision is enough; whoever comes later reads who decided."
                    .to_owned(),
            ],
        },
        MailLanguage::German => Letter {
            subject: format!("{who} wartet auf Einlass bei {product}"),
            paragraphs: vec![
                format!("{who} hat sich zum ersten Mal bei {account} angemeldet und wartet auf Einlass."),
                "Sehen Sie es sich an und entscheiden Sie:".to_owned(),
                url.to_owned(),
                "Sie bekommen dies, weil Sie entscheiden dürfen. Eine Entscheidung genügt; wer später kommt, liest, wer \
                 entschieden hat."
                    .to_owned(),
            ],
        },
    }
}

fn of_second_step(
    language: MailLanguage,
    account: &Account,
    product: &str,
    url: &str,
    applicant: &Applicant,
) -> Letter {
    let (who, account) = (named(applicant), &account.name);
    match language {
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

fn of_person(language: MailLanguage, account: &Account, product: &str, origin: &str, applicant: &Applicant) -> Letter {
    let contact = account.settings.contact.as_ref();
    let contact = contact.map(|contact| format!("{} ({})", contact.name, contact.email));
    let account = &account.name;
    if applicant.state == ApplicantState::Approved {
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
    let reason = applicant.file.reason.clone().unwrap_or_default();
    match language {
        MailLanguage::English => Letter {
            subject: format!("You are not let in to {product}"),
            paragraphs: [format!("{account} has not let you in to {product}, for this reason:"), reason]
                .into_iter()
                .chain(contact.map(|contact| format!("Whom you can ask: {contact}.")))
                .collect(),
        },
        MailLanguage::German => Letter {
            subject: format!("Sie sind bei {product} nicht eingelassen"),
            paragraphs: [format!("{account} hat Sie bei {product} nicht eingelassen, aus diesem Grund:"), reason]
                .into_iter()
                .chain(contact.map(|contact| format!("Wen Sie fragen können: {contact}.")))
                .collect(),
        },
    }
}
