//! Mails about people who wait: to those who decide, and to the person and those who were told when it is decided, or when
//! nobody has.
//!
//! A mail is due until it is sent: what is due stands with the applicant, written in the unit that makes it due. A
//! server that does not take it is asked again, ever later; what was given up stands in the audit log. Nobody is told the
//! same twice.

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::UserId;
use vestibule_domain::permission::{self, Action, Giving, Place};
use vestibule_domain::user::{ConsoleRole, User};
use vestibule_domain::waiting::{self, Applicant, ApplicantState, OVER as TOLD_WITHIN, ToldApprovers};
use vestibule_outbound::{Mail, MailError, Mailer};
use vestibule_store::{StoreError, Tx};

use super::letters::{About, of_applicant, of_expiry, of_join, of_outcome, of_person, of_second_step};
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

/// What the marks of mails about a time that is over begin with; those of the others with the name of the state.
const OVER: &str = "over";

/// Sends what is due. Without a mail server it stays due.
pub(crate) async fn turn(ctx: &Ctx, means: &Means) -> Result<Turn, Problem> {
    let Some(mailer) = &means.mailer else { return Ok(Turn::Done) };
    let now = ctx.now;
    let read = ctx.store.read(move |tx| {
        Box::pin(async move {
            Ok::<_, StoreError>((tx.applicant_mails(now, BATCH).await?, tx.applicants_over(now, BATCH).await?))
        })
    });
    let (due, over) = read.await?;
    let is_full = due.len().max(over.len()) == BATCH as usize;
    for applicant in due {
        // The others wait for the next turn: the server would only fail them as well.
        if tell(ctx, means, mailer, applicant).await? == Sent::ServerIsDown {
            return Ok(Turn::Stuck);
        }
    }
    for applicant in over {
        if tell_that_it_is_over(ctx, means, mailer, applicant).await? == Sent::ServerIsDown {
            return Ok(Turn::Stuck);
        }
    }
    Ok(Turn::after(is_full))
}

async fn tell(ctx: &Ctx, means: &Means, mailer: &Mailer, mut applicant: Applicant) -> Result<Sent, Problem> {
    let letters = letters(ctx, means, &applicant).await?;
    if letters.is_empty() && applicant.state == ApplicantState::Waiting {
        tracing::warn!(account = %applicant.account, applicant = %applicant.id, "somebody waits, and there is nobody with an address who could let them in");
    }
    let sent = send(ctx, mailer, &mut applicant, letters).await;
    applicant.file.unsent = if sent == Sent::All { 0 } else { applicant.file.unsent.saturating_add(1) };
    let again = (sent != Sent::All).then(|| again(ctx.now, applicant.file.unsent)).flatten();
    let given_up = given_up(ctx, &applicant, sent, again);
    let written = ctx.store.write(move |tx| {
        Box::pin(async move {
            if tx.applicant_mailed(&applicant, again).await?
                && let Some(event) = &given_up
            {
                tx.insert_event(event).await?;
            }
            Ok::<_, StoreError>(())
        })
    });
    written.await?;
    Ok(sent)
}

/// Nobody has decided in time: the person and those who were told hear so, and the applicant is forgotten. Where that
/// cannot be sent the sweep forgets them later.
async fn tell_that_it_is_over(
    ctx: &Ctx,
    means: &Means,
    mailer: &Mailer,
    mut applicant: Applicant,
) -> Result<Sent, Problem> {
    let letters = letters_of_expiry(ctx, means, &applicant).await?;
    let sent = send(ctx, mailer, &mut applicant, letters).await;
    applicant.file.unsent = if sent == Sent::All { 0 } else { applicant.file.unsent.saturating_add(1) };
    let forgotten_at = applicant.expires_at.saturating_add(TOLD_WITHIN).unwrap_or(Timestamp::MAX);
    let again = (sent != Sent::All).then(|| again(ctx.now, applicant.file.unsent)).flatten();
    let again = again.filter(|again| *again < forgotten_at);
    let given_up = given_up(ctx, &applicant, sent, again);
    let written = ctx.store.write(move |tx| {
        Box::pin(async move {
            if again.is_some() {
                return tx.applicant_mailed(&applicant, again).await.map(drop);
            }
            if let Some(event) = &given_up {
                tx.insert_event(event).await?;
            }
            tx.forget_applicant(&applicant).await
        })
    });
    written.await?;
    Ok(sent)
}

/// How far the mails about somebody went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    All,
    /// The server did not take all of them.
    Some,
    /// It takes none now.
    ServerIsDown,
}

async fn send(ctx: &Ctx, mailer: &Mailer, applicant: &mut Applicant, letters: Vec<Addressed>) -> Sent {
    let mut sent = Sent::All;
    for Addressed { mark, name, mail } in letters {
        if applicant.file.sent.contains(&mark) {
            continue;
        }
        match mailer.send(mail, ctx.now).await {
            Ok(()) => {
                applicant.file.sent.insert(mark);
                if let Some(name) = name {
                    let told = || ToldApprovers { names: Vec::new(), at: ctx.now };
                    applicant.file.told.get_or_insert_with(told).names.push(name);
                }
            }
            Err(error) => {
                tracing::warn!(account = %applicant.account, applicant = %applicant.id, %error, "a mail about somebody who waits was not sent");
                if matches!(error, MailError::Connection { .. } | MailError::TooSlow { .. }) {
                    return Sent::ServerIsDown;
                }
                sent = Sent::Some;
            }
        }
    }
    sent
}

/// The line for the audit log where mails were not sent and are not tried again.
fn given_up(ctx: &Ctx, applicant: &Applicant, sent: Sent, again: Option<Timestamp>) -> Option<AuditEvent> {
    if sent == Sent::All || again.is_some() {
        return None;
    }
    tracing::error!(applicant = %applicant.id, "a mail about somebody who waits is given up");
    Some(ctx.event(applicant.account, Actor::System, Fact::ApplicantMailGivenUp { applicant: applicant.id }))
}

/// When a mail is tried again that failed so often; none: no more.
fn again(now: Timestamp, failures: u32) -> Option<Timestamp> {
    let minutes = 1_i64 << failures.min(10);
    (failures < MAX_TRIES).then(|| now.saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(now))
}

/// A mail, what is kept of its having been sent, and the name of an approver whom it tells that somebody waits.
struct Addressed {
    mark: String,
    name: Option<String>,
    mail: Mail,
}

/// All that mails about somebody are made of.
struct Around {
    account: Account,
    approvers: Vec<Reader>,
    operators: Vec<Reader>,
    /// Who decided, by name.
    decider: Option<String>,
    /// The user whom they were joined with.
    joined: Option<User>,
}

async fn around(ctx: &Ctx, applicant: &Applicant) -> Result<Option<Around>, Problem> {
    let (id, file) = (applicant.account, applicant.file.clone());
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let chain = tx.chain_to(id).await?;
            let (approvers, operators) =
                (readers(tx, &chain, Readers::Approvers).await?, readers(tx, &chain, Readers::Operators).await?);
            let decider = match &file.last {
                Some(last) => tx.user(last.by).await?.map(|user| waiting::called(&user.profile)),
                None => None,
            };
            let joined = match file.user.filter(|_| file.merged) {
                Some(user) => tx.user(user).await?,
                None => None,
            };
            let account = chain.into_iter().next_back();
            Ok::<_, Problem>(account.map(|account| Around { account, approvers, operators, decider, joined }))
        })
    });
    found.await
}

/// The mails that are due about somebody.
async fn letters(ctx: &Ctx, means: &Means, applicant: &Applicant) -> Result<Vec<Addressed>, Problem> {
    let Some(around) = around(ctx, applicant).await? else { return Ok(Vec::new()) };
    let Around { account, approvers, operators, decider, joined } = &around;
    let product = account.brand.product_or(&means.product);
    let about = About { language: account.settings.waiting.language, account, product, applicant };
    let own_page = |reader: &Reader| {
        format!("{}/waiting/{}", ctx.deployment.origin_of(reader.home.sub_domain.as_ref()), applicant.id)
    };
    let mark = |to: &str| mark(applicant.state.name(), to);
    let to = |email: &str, letter: Letter| Addressed {
        mark: mark(email),
        name: None,
        mail: letter.mail(email, &about.look(about.language)),
    };
    let to_person = |email: &str, letter: Letter| Addressed {
        mail: letter.mail(email, &about.look(about.persons_language())),
        ..to(email, letter)
    };
    match applicant.state {
        ApplicantState::Waiting => Ok(approvers
            .iter()
            .map(|reader| {
                let name = Some(reader.name.clone());
                Addressed { name, ..to(&reader.email, of_applicant(&about, &own_page(reader))) }
            })
            .collect()),
        ApplicantState::SecondStep => {
            Ok(operators.iter().map(|reader| to(&reader.email, of_second_step(&about, &own_page(reader)))).collect())
        }
        ApplicantState::Approved | ApplicantState::Refused => {
            let origin = ctx.deployment.origin_of(account.sub_domain.as_ref());
            let person = applicant.file.profile.email.as_ref();
            let mut letters: Vec<_> =
                person.map(|email| to_person(email.as_str(), of_person(&about, &origin))).into_iter().collect();
            if let Some(user) = joined.as_ref().filter(|_| applicant.state == ApplicantState::Approved) {
                // Whoever is the user learns that somebody else comes in as them, and so does who answers for the account.
                let own = user.profile.email.as_ref().filter(|own| person.is_none_or(|email| email.key() != own.key()));
                let contact = account.settings.contact.as_ref().map(|contact| &contact.email);
                let by = decider.as_deref().unwrap_or_default();
                letters.extend(own.into_iter().chain(contact).map(|email| {
                    let letter = of_join(&about, &waiting::called(&user.profile), by);
                    Addressed { mark: mark(&format!("join {email}")), ..to(email.as_str(), letter) }
                }));
            }
            let by = decider.as_deref().unwrap_or_default();
            let others = told_before(applicant, approvers.iter().chain(operators));
            letters.extend(others.map(|reader| to(&reader.email, of_outcome(&about, by, &own_page(reader)))));
            Ok(letters)
        }
    }
}

async fn letters_of_expiry(ctx: &Ctx, means: &Means, applicant: &Applicant) -> Result<Vec<Addressed>, Problem> {
    let Some(around) = around(ctx, applicant).await? else { return Ok(Vec::new()) };
    let Around { account, approvers, operators, .. } = &around;
    let product = account.brand.product_or(&means.product);
    let about = About { language: account.settings.waiting.language, account, product, applicant };
    let person = applicant.file.profile.email.iter().map(|email| (email.as_str(), true));
    let others = told_before(applicant, approvers.iter().chain(operators)).map(|reader| (&*reader.email, false));
    let letters = person.chain(others).map(|(email, is_person)| Addressed {
        mark: mark(OVER, email),
        name: None,
        mail: of_expiry(&about, is_person)
            .mail(email, &about.look(if is_person { about.persons_language() } else { about.language })),
    });
    Ok(letters.collect())
}

/// Those who were told that somebody waits, and those who decided before, but for whoever had the last word.
fn told_before<'a>(
    applicant: &'a Applicant,
    readers: impl Iterator<Item = &'a Reader>,
) -> impl Iterator<Item = &'a Reader> {
    let file = &applicant.file;
    let (first, last) = (file.first.as_ref().map(|it| it.by), file.last.as_ref().map(|it| it.by));
    let was_told = |reader: &Reader| {
        [ApplicantState::Waiting, ApplicantState::SecondStep]
            .iter()
            .any(|state| file.sent.contains(&mark(state.name(), &reader.email)))
    };
    readers.filter(move |reader| {
        let has_part = was_told(reader) || reader.user.is_some() && reader.user == first;
        has_part && (reader.user.is_none() || reader.user != last)
    })
}

fn mark(what: &str, email: &str) -> String {
    format!("{what} {email}")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    Approvers,
    Operators,
}

/// Somebody who is written to, and where they sign in.
struct Reader {
    /// None: the contact of an account.
    user: Option<UserId>,
    name: String,
    email: String,
    home: Account,
}

/// Who decides: those of the account who may; if there are none, those of the nearest account above; and if nobody has a
/// role, whoever the account, or one above it, names as its contact.
async fn readers(tx: &mut Tx, chain: &[Account], wanted: Readers) -> Result<Vec<Reader>, Problem> {
    let Some(account) = chain.last() else { return Ok(Vec::new()) };
    let homes: Vec<&Account> = match wanted {
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
        user: None,
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
        Readers::Approvers => permission::may(&actor, Action::Approve(giving), &Place::account(at)),
    }
}

fn reader(user: &User, home: &Account) -> Option<Reader> {
    let email = user.profile.email.as_ref()?.as_str().to_owned();
    Some(Reader { user: Some(user.id), name: waiting::called(&user.profile), email, home: home.clone() })
}
