//! What stories of the waiting room share: people who wait without having signed in, those who look at them, and their
//! mail.

use vestibule_domain::account::{Admission, Contact};
use vestibule_domain::application::{OfferedRole, ScopeKind};
use vestibule_domain::grants::{Granted, Grants, Reach, Scopes};
use vestibule_domain::id::{AccountId, ApplicantId, UserId};
use vestibule_domain::user::{ConsoleRole, Profile, Subject};
use vestibule_domain::waiting::{Applicant, ApplicantState, Came, File, MAX_APPLICANTS};
use vestibule_journeys::jobs::{self, Job, Means, Turn};
use vestibule_outbound::{Mail, Mailer, Outbox};
use vestibule_store::tx::Waited;

use crate::domain_proof::NameServer;
use crate::support::{BASE, Browser, Party, Seen, World, start};

/// `acme` lets people wait, and mails are kept.
pub(crate) struct Room {
    pub(crate) world: World,
    means: Means,
    outbox: Outbox,
}

impl Room {
    pub(crate) async fn new() -> Self {
        let (world, outbox) = (World::new().await, Outbox::default());
        offer_roles_and_sites(&world).await;
        world
            .change_account(&world.acme, |account| {
                account.settings.admission = Admission::Waiting;
                account.settings.contact =
                    Some(Contact { name: "Acme IT".to_owned(), email: "it@acme.example".parse().unwrap() });
            })
            .await;
        let means = Means { mailer: Some(Mailer::Outbox(outbox.clone())), ..NameServer::start().await.means() };
        Self { world, means, outbox }
    }

    /// Sends what is due, and tells what came since the last time, the latest last.
    pub(crate) async fn mails(&self) -> Vec<Mail> {
        let before = self.outbox.mails().len();
        let turn = jobs::turn(&self.world.ctx(), &self.means, Job::TellOfWaiting, "one").await.unwrap();
        assert_eq!(turn, Turn::Done);
        let mails = self.outbox.mails();
        let count = mails.len() - before;
        mails.into_iter().take(count).rev().map(|kept| kept.mail).collect()
    }
}

/// The application knows a role that is bound to sites, one that is not, and two sites.
pub(crate) async fn offer_roles_and_sites(world: &World) {
    let change = world.change_application(|application| {
        let role = |name: &str, title: &str, within_scopes| OfferedRole {
            name: name.to_owned(),
            title: title.to_owned(),
            within_scopes,
        };
        application.settings.roles = vec![role("reader", "Reads trees", true), role("owner", "Owns trees", false)];
        let values = Some(vec!["berlin".to_owned(), "paris".to_owned()]);
        application.settings.scope_kinds =
            vec![ScopeKind { kind: "site".to_owned(), title: "Site".to_owned(), values }];
    });
    change.await;
}

pub(crate) fn sites(names: &[&str]) -> Scopes {
    let names = names.iter().map(|&name| name.to_owned()).collect();
    Scopes::new([("site".to_owned(), names)].into()).unwrap()
}

/// The root of all accounts, at whose address the vendor's people sign in.
pub(crate) fn platform(world: &World) -> Party {
    Party { account: AccountId::new(start(), [0; 10]), origin: BASE.to_owned(), ..world.acme.clone() }
}

/// Somebody of an account who is signed in there.
pub(crate) async fn somebody(
    world: &World,
    home: &Party,
    email: &str,
    role: Option<ConsoleRole>,
    approves: Option<Reach>,
) -> (Browser, UserId) {
    let id = world.add_user(home, email, role).await;
    let mut user = world.users(home).await.into_iter().find(|user| user.id == id).unwrap();
    user.grants = Grants { granted: Granted::default(), approves };
    world.save_user(&user).await;
    (world.signed_in_as(&home.origin, home.account, id).await, id)
}

/// Somebody with this name and address waits in an account, as far as this, with these sites; they came by the
/// connection of `acme`.
pub(crate) async fn waits(
    world: &World,
    account: AccountId,
    name: &str,
    email: &str,
    state: ApplicantState,
    scopes: Option<Scopes>,
) -> Applicant {
    let ctx = world.ctx();
    let profile = Profile {
        display_name: Some(name.to_owned()),
        email: Some(email.parse().unwrap()),
        email_verified: true,
        ..Profile::default()
    };
    let granted = Granted { scopes, ..Granted::default() };
    let applicant = Applicant {
        id: ApplicantId::new(ctx.now, ctx.random()),
        account,
        came: Some(Came { connection: world.acme.connection, subject: Subject::from_text(format!("[\"{email}\"]")) }),
        state,
        asked_at: ctx.now,
        expires_at: ctx.now + jiff::SignedDuration::from_hours(24),
        file: File { profile, granted, ..File::default() },
        version: 1,
    };
    let (kept, now) = (applicant.clone(), ctx.now);
    let waited =
        world.services.store.write(move |tx| Box::pin(async move { tx.wait(&kept, now, None, MAX_APPLICANTS).await }));
    assert_eq!(waited.await.unwrap(), Waited::New);
    applicant
}

pub(crate) async fn applicant(world: &World, id: ApplicantId) -> Applicant {
    let found = world.services.store.read(move |tx| Box::pin(async move { tx.applicant(id).await })).await;
    found.unwrap().unwrap()
}

/// The version that a page of an applicant is about.
pub(crate) fn version(seen: &Seen) -> String {
    let rest = seen.body.split("name=\"version\" value=\"").nth(1).unwrap_or_else(|| panic!("no form: {}", seen.body));
    rest.split('"').next().unwrap().to_owned()
}
