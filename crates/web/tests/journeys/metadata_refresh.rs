//! Metadata is fetched again by a job: a rollover of certificates needs nobody, and a bad document changes nothing
//! (HY-10, E-51).

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::response::IntoResponse as _;
use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::Contact;
use vestibule_domain::connection::SamlSettings;
use vestibule_domain::event::Fact;
use vestibule_journeys::jobs::{self, Job, Means, Turn};
use vestibule_journeys::refresh_metadata::{self, Refreshed};
use vestibule_outbound::{Allow, Fetcher, Mailer, Outbox, Reach, TxtLookup};
use vestibule_store::tx::Refresh;

use crate::support::{ACME_TENANT, ADA, ENTRA, GLOBEX_TENANT, World, base64};

const APPLICATION: &str = "22222222-aaaa-4000-8000-000000000001";

/// Where acme's identity provider publishes its metadata: Entra's own, or what a test puts in its place.
struct Publisher {
    world: World,
    instead: Arc<Mutex<Option<(StatusCode, String)>>>,
    outbox: Outbox,
    means: Means,
}

impl Publisher {
    async fn start() -> Self {
        let world = World::new().await;
        let instead: Arc<Mutex<Option<(StatusCode, String)>>> = Arc::default();
        let (entra, other) = (Arc::clone(&world.entra), Arc::clone(&instead));
        let publish = move || {
            let other = other.lock().unwrap().clone();
            let document = other
                .unwrap_or_else(|| (StatusCode::OK, entra.metadata(ACME_TENANT, Some(APPLICATION)).unwrap()))
                .into_response();
            async { document }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/metadata", listener.local_addr().unwrap());
        let router = Router::new().route("/metadata", axum::routing::get(publish));
        tokio::spawn(async move { axum::serve(listener, router).await });
        world.set(&world.acme, |saml| saml.metadata_url = Some(url)).await;
        let outbox = Outbox::default();
        let means = Means {
            lookup: TxtLookup::by(Vec::new()),
            fetcher: Fetcher::new(Reach::LoopbackDeployment),
            mailer: Some(Mailer::Outbox(outbox.clone())),
            product: "Orchard".to_owned(),
            make_key: crate::support::no_key,
            retention: vestibule_domain::retention::Retention::default(),
        };
        Self { world, instead, outbox, means }
    }

    fn publishes(&self, status: StatusCode, document: &str) {
        *self.instead.lock().unwrap() = Some((status, document.to_owned()));
    }

    /// A day later the job has its turn.
    async fn next_day(&self) {
        self.later(SignedDuration::from_hours(24)).await;
    }

    async fn later(&self, time: SignedDuration) {
        self.world.pass(time);
        let done = jobs::turn(&self.world.ctx(), &self.means, Job::RefreshMetadata, "one").await.unwrap();
        let sent = jobs::turn(&self.world.ctx(), &self.means, Job::SendMails, "one").await.unwrap();
        assert_eq!(sent, Turn::Done);
        assert_eq!(done, Turn::Done);
    }

    /// Who was told what, by subject and address: mails of one moment have no order.
    fn mails(&self) -> Vec<(String, String)> {
        let mut mails: Vec<_> = self.outbox.mails().into_iter().map(|kept| (kept.mail.to, kept.mail.subject)).collect();
        mails.sort_by(|(to, subject), (other_to, other)| (subject, to).cmp(&(other, other_to)));
        mails
    }

    async fn settings(&self) -> SamlSettings {
        self.world.connection(&self.world.acme).await.saml
    }

    async fn record(&self) -> Refresh {
        let id = self.world.acme.connection;
        let read = self.world.services.store.read(move |tx| Box::pin(async move { tx.metadata_refresh(id).await }));
        read.await.unwrap().unwrap()
    }

    /// The codes of the refusals in the audit log.
    async fn refusals(&self) -> Vec<String> {
        let code = |fact| match fact {
            Fact::MetadataRefused { code, .. } => Some(code),
            _ => None,
        };
        self.world.facts().await.into_iter().filter_map(code).collect()
    }

    async fn ada_gets_in(&self) -> bool {
        self.world.lets_in(&self.world.acme, ADA).await
    }
}

/// HY-10, E-49, E-51: a certificate that waits at Entra is taken before it is made active, so nobody notices when it is;
/// and what was signed by the one before is good all the while.
#[tokio::test]
async fn sign_in_goes_on_through_a_rollover_that_nobody_attends() {
    let it = Publisher::start().await;
    it.later(SignedDuration::ZERO).await;
    let before = it.settings().await.certificates;
    assert_eq!(before.len(), 1);
    let app = it.world.app_of(&it.world.acme);
    let old = app.signing_certificate().unwrap().thumbprint_sha1();
    let new = app.new_certificate().unwrap();
    it.next_day().await;
    let after = it.settings().await.certificates;
    assert_eq!((after.len(), &after[0]), (2, &before[0]), "beside the old one");
    assert!(it.ada_gets_in().await, "signed by the old one");
    app.activate_certificate(&new).unwrap();
    assert!(it.ada_gets_in().await, "signed by the new one");
    app.delete_certificate(&old).unwrap();
    it.next_day().await;
    assert_eq!(it.settings().await.certificates, after, "who takes a key away is a human");
    assert!(it.ada_gets_in().await);
    it.next_day().await;
    let withdrawn =
        |fact| if let Fact::CertificatesWithdrawn { thumbprints, .. } = fact { Some(thumbprints) } else { None };
    let told: Vec<_> = it.world.facts().await.into_iter().filter_map(withdrawn).collect();
    assert_eq!(told.len(), 1, "once that it is published no longer: {told:?}");
    assert_eq!(it.record().await.withdrawn, told[0]);
    let added = |fact: &Fact| matches!(fact, Fact::CertificatesAdded { thumbprints, .. } if thumbprints.len() == 1);
    assert_eq!(it.world.facts().await.iter().filter(|fact| added(fact)).count(), 1);
}

/// A27.1, A03.5: an operator drops a key though the identity provider still publishes it, and it stays dropped. They are
/// told of it once, and again of a further one.
#[tokio::test]
async fn a_pinned_connection_takes_no_key_from_its_metadata() {
    let it = Publisher::start().await;
    let app = it.world.app_of(&it.world.acme);
    let stolen = it.settings().await.certificates;
    app.new_certificate().unwrap();
    it.next_day().await;
    let kept: Vec<String> = it.settings().await.certificates.into_iter().filter(|it| !stolen.contains(it)).collect();
    it.world.set(&it.world.acme, |saml| (saml.certificates, saml.certificates_pinned) = (kept.clone(), true)).await;
    for _ in 0..2 {
        it.next_day().await;
        assert_eq!(it.settings().await.certificates, kept);
    }
    assert_eq!(it.record().await.note.unwrap().code, "certificates_pinned");
    assert_eq!(it.refusals().await, ["certificates_pinned"]);
    assert!(!it.ada_gets_in().await, "signed by the key that was dropped");
    app.new_certificate().unwrap();
    it.next_day().await;
    assert_eq!(it.settings().await.certificates, kept);
    assert_eq!(it.refusals().await.len(), 2, "a further certificate is news");
}

/// E-50, E-51: where nobody announced the new certificate, the next refresh mends it.
#[tokio::test]
async fn a_rollover_without_a_time_of_overlap_lasts_until_the_next_refresh() {
    let it = Publisher::start().await;
    let app = it.world.app_of(&it.world.acme);
    app.activate_certificate(&app.new_certificate().unwrap()).unwrap();
    assert!(!it.ada_gets_in().await, "its key is not known");
    let refreshed = refresh_metadata::at_once(&it.world.ctx(), &it.means, it.world.acme.connection).await.unwrap();
    assert!(
        matches!(&refreshed, Some(done) if matches!(done.refreshed, Refreshed::CertificatesAdded(_))),
        "{refreshed:?}"
    );
    assert!(it.ada_gets_in().await);
}

/// HY-10, A24.3: what would weaken trust, or cannot be used, changes nothing; it is noted and told once.
#[tokio::test]
async fn a_bad_document_changes_nothing_and_is_told_once() {
    let it = Publisher::start().await;
    let good = it.world.entra.metadata(ACME_TENANT, Some(APPLICATION)).unwrap();
    let globex = it.world.entra.metadata(GLOBEX_TENANT, None).unwrap();
    let with_new_key = {
        let app = it.world.app_of(&it.world.acme);
        let new = app.new_certificate().unwrap();
        let document = it.world.entra.metadata(ACME_TENANT, Some(APPLICATION)).unwrap();
        app.delete_certificate(&new).unwrap();
        document
    };
    let expired = "<EntityDescriptor validUntil=\"2026-03-02T09:59:59Z\" ";
    let bad = [
        ("other_entity", globex),
        ("expired", good.replacen("<EntityDescriptor ", expired, 1)),
        ("no_certificate", good.replace("use=\"signing\"", "use=\"encryption\"")),
        ("unreadable", "<!DOCTYPE html><title>Sign in</title>".to_owned()),
        ("unreadable", good.replace(&format!("{ENTRA}/"), "javascript:alert(1)/")),
        ("needs_approval", with_new_key.replace(ENTRA, "https://login.elsewhere.example")),
    ];
    let settings = it.settings().await;
    let mut told: Vec<&str> = Vec::new();
    for (code, document) in bad {
        it.publishes(StatusCode::OK, &document);
        for _ in 0..2 {
            it.next_day().await;
            let note = it.record().await.note.unwrap_or_else(|| panic!("{code} is noted"));
            assert_eq!(note.code, code, "{}", note.text);
            assert_eq!(it.settings().await, settings, "{code}");
        }
        assert!(it.ada_gets_in().await, "{code}");
        if told.last() != Some(&code) {
            told.push(code);
        }
        assert_eq!(it.refusals().await, told);
    }
    it.instead.lock().unwrap().take();
    it.next_day().await;
    let record = it.record().await;
    assert_eq!((record.note, record.read_at, record.failures), (None, Some(it.world.now()), 0));
}

/// HY-10: an identity provider that is down for a while costs nothing but tries, ever later ones.
#[tokio::test]
async fn a_document_that_is_not_there_is_tried_again_ever_later() {
    let it = Publisher::start().await;
    let settings = it.settings().await;
    it.publishes(StatusCode::SERVICE_UNAVAILABLE, "");
    let mut waits = Vec::new();
    for _ in 0..3 {
        let due = it.record().await.due_at;
        it.later(due.duration_since(it.world.now())).await;
        let record = it.record().await;
        assert_eq!(record.note.unwrap().code, "unreachable");
        waits.push(record.due_at.duration_since(it.world.now()));
    }
    assert_eq!(waits, [5, 10, 20].map(SignedDuration::from_mins));
    assert_eq!(it.settings().await, settings);
    assert!(it.ada_gets_in().await);
    assert_eq!(it.refusals().await, [""; 0], "nothing was decided about trust");
    assert!(it.outbox.mails().is_empty());
}

/// A24.2: the job reaches no further than anybody who types an address.
#[tokio::test]
async fn the_job_fetches_over_https_alone_in_production() {
    let mut it = Publisher::start().await;
    it.means.fetcher = Fetcher::new(Reach::PublicOnly { allow: Allow::default() });
    it.later(SignedDuration::ZERO).await;
    let record = it.record().await;
    assert_eq!((record.read_at, record.failures), (None, 1));
    let note = record.note.unwrap();
    assert!(note.text.contains("only https:// is fetched"), "{}", note.text);
}

/// E-51: as often as the metadata says of itself, and no document twice before.
#[tokio::test]
async fn metadata_is_fetched_when_its_cache_duration_is_over() {
    let it = Publisher::start().await;
    let good = it.world.entra.metadata(ACME_TENANT, Some(APPLICATION)).unwrap();
    let short = "<EntityDescriptor cacheDuration=\"PT2H\" ";
    it.publishes(StatusCode::OK, &good.replacen("<EntityDescriptor ", short, 1));
    it.later(SignedDuration::ZERO).await;
    let first = it.record().await;
    let wait = first.due_at.duration_since(it.world.now());
    let hours = |hours| SignedDuration::from_hours(hours);
    assert!(wait <= hours(2) && wait >= hours(2) * 9 / 10, "{wait}");
    it.later(SignedDuration::from_mins(90)).await;
    assert_eq!(it.record().await, first, "not yet");
    it.later(SignedDuration::from_mins(30)).await;
    assert_eq!(it.record().await.read_at, Some(it.world.now()));
}

/// A24.3: a certificate that is published no longer stays in force until somebody removes it; they are told once for
/// each, whatever happens to the document between.
#[tokio::test]
async fn a_certificate_that_is_no_longer_published_is_told_once() {
    let it = Publisher::start().await;
    let contact = |email: &str| Some(Contact { name: "IT".to_owned(), email: email.parse().unwrap() });
    it.world.change_account(&it.world.acme, |acme| acme.settings.contact = contact("it@acme.example")).await;
    it.world.change_platform(|platform| platform.settings.contact = contact("support@orchard.example")).await;
    it.later(SignedDuration::ZERO).await;
    let app = it.world.app_of(&it.world.acme);
    let old = app.signing_certificate().unwrap().thumbprint_sha1();
    let new = app.new_certificate().unwrap();
    app.activate_certificate(&new).unwrap();
    app.delete_certificate(&old).unwrap();
    let told = || {
        let mails = it.mails().into_iter();
        mails.filter(|(_, subject)| subject.contains("no longer publishes")).collect::<Vec<_>>()
    };
    let subject = "acme's identity provider no longer publishes a certificate".to_owned();
    let once = [("it@acme.example".to_owned(), subject.clone()), ("support@orchard.example".to_owned(), subject)];
    it.next_day().await;
    assert_eq!(told(), once, "with the new one, at once");
    it.publishes(StatusCode::SERVICE_UNAVAILABLE, "");
    it.next_day().await;
    it.publishes(StatusCode::OK, "<html>");
    it.next_day().await;
    it.instead.lock().unwrap().take();
    it.next_day().await;
    // Whoever edits the connection, and leaves the certificate where it is, knows of it.
    it.world.set(&it.world.acme, |saml| saml.logout_url = None).await;
    it.next_day().await;
    assert_eq!(told(), once);
    assert_eq!(it.settings().await.certificates.len(), 2);
    let by_hand = refresh_metadata::at_once(&it.world.ctx(), &it.means, it.world.acme.connection).await.unwrap();
    assert_eq!(by_hand.unwrap().withdrawn.len(), 1, "by hand each time");
    it.world.set(&it.world.acme, |saml| drop(saml.certificates.remove(0))).await;
    it.next_day().await;
    assert_eq!(it.record().await.withdrawn, [""; 0]);
}

/// The account's contact and the operator's are told of new keys, and of what somebody has to look at.
#[tokio::test]
async fn those_who_look_after_an_account_are_told_by_mail() {
    let it = Publisher::start().await;
    let contact = |email: &str| Some(Contact { name: "IT".to_owned(), email: email.parse().unwrap() });
    it.world.change_account(&it.world.acme, |acme| acme.settings.contact = contact("it@acme.example")).await;
    it.world.change_platform(|platform| platform.settings.contact = contact("support@orchard.example")).await;
    let app = it.world.app_of(&it.world.acme);
    app.new_certificate().unwrap();
    it.next_day().await;
    let keys = "New signing certificates for acme's sign-in to Orchard".to_owned();
    let keys = [("it@acme.example".to_owned(), keys.clone()), ("support@orchard.example".to_owned(), keys)];
    assert_eq!(it.mails(), keys);
    it.publishes(StatusCode::OK, "<html>");
    it.next_day().await;
    it.next_day().await;
    let look = "The metadata of acme's identity provider needs a look".to_owned();
    let both = [("it@acme.example".to_owned(), look.clone()), ("support@orchard.example".to_owned(), look)];
    assert_eq!(it.mails(), [keys, both].concat());
}

/// E-48: 60, 30 and 7 days before the last certificate ends both contacts get a mail, once each; of one that another
/// follows nobody does.
#[tokio::test]
async fn that_the_last_certificate_ends_is_told_by_mail() {
    let it = Publisher::start().await;
    let contact = |email: &str| Some(Contact { name: "IT".to_owned(), email: email.parse().unwrap() });
    it.world.change_account(&it.world.acme, |acme| acme.settings.contact = contact("it@acme.example")).await;
    it.world.change_platform(|platform| platform.settings.contact = contact("support@orchard.example")).await;
    let app = it.world.app_of(&it.world.acme);
    let certificate = app.signing_certificate().unwrap();
    let told_at = async |days: i64| {
        let at = certificate.not_after() - SignedDuration::from_hours(24 * days);
        it.world.pass(at.duration_since(it.world.now()));
        for job in [Job::WatchCertificates, Job::SendMails] {
            jobs::turn(&it.world.ctx(), &it.means, job, "one").await.unwrap();
        }
        let mails = it.mails().into_iter();
        mails.filter(|(_, subject)| subject.starts_with("A certificate of acme's sign-in")).collect::<Vec<_>>()
    };
    let mails_of = |days: u32| {
        let subject = |end: &str| format!("A certificate of acme's sign-in to {end} ends in {days} days");
        ["it@acme.example", "support@orchard.example"].map(|to| (to.to_owned(), subject("Orchard")))
    };
    assert_eq!(told_at(61).await, []);
    assert_eq!(told_at(60).await, mails_of(60));
    assert_eq!(told_at(59).await.len(), 2, "once");
    assert_eq!(told_at(30).await.len(), 4);

    app.activate_certificate(&app.new_certificate().unwrap()).unwrap();
    let theirs = base64(app.signing_certificate().unwrap().der());
    it.world.set(&it.world.acme, |saml| saml.certificates.push(theirs)).await;
    assert_eq!(told_at(7).await.len(), 4, "another one follows");
}
