use super::*;
use crate::event::{CertificateOf, Fact};
use crate::id::{ApplicantId, AttemptId, ConnectionId, SessionId, UserId};
use crate::logout::Found;

fn now() -> Timestamp {
    "2026-03-02T10:00:00Z".parse().unwrap()
}

fn webhook(account: Option<AccountId>, events: Subscribed) -> Webhook {
    let settings = WebhookSettings { url: "https://hooks.example.com/".to_owned(), events };
    Webhook { name: "crm".parse().unwrap(), account, is_enabled: true, settings }
}

fn path(text: &str) -> AccountPath {
    AccountPath::parse(text).unwrap()
}

#[test]
fn every_kind_has_one_name_that_is_read_back() {
    let names: BTreeSet<_> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), EventKind::ALL.len());
    for kind in EventKind::ALL {
        assert_eq!(EventKind::named(kind.name()), Some(*kind));
        let written = serde_json::to_string(kind).unwrap();
        assert_eq!(serde_json::from_str::<EventKind>(&written).unwrap(), *kind);
    }
    let refused = serde_json::from_str::<EventKind>("\"user.deleted\"").unwrap_err().to_string();
    assert!(
        refused.starts_with("\"user.deleted\" is no kind of event; there are user.created, user.waiting"),
        "{refused}"
    );
}

#[test]
fn all_is_said_in_so_many_words_and_an_empty_list_is_refused() {
    let read = |text: &str| serde_json::from_str::<Subscribed>(text);
    assert_eq!(read("\"all\"").unwrap(), Subscribed::All);
    let two = Subscribed::Only([EventKind::UserCreated, EventKind::UserRefused].into());
    assert_eq!(read(r#"["user.refused", "user.created", "user.created"]"#).unwrap(), two);
    assert_eq!(serde_json::to_string(&two).unwrap(), r#"["user.created","user.refused"]"#);
    assert!(
        read("[]").unwrap_err().to_string().starts_with("the list is empty; name a kind of event, or write \"all\"")
    );
    assert!(read("\"every\"").unwrap_err().to_string().contains("expected \"all\", or a list of kinds"));
    assert!(read("7").is_err());
}

/// A sub-tree: itself and what is below, never what is beside or above.
#[test]
fn a_webhook_of_an_account_is_told_of_its_sub_tree_alone() {
    let kind = EventKind::UserCreated;
    let of_north = webhook(Some(AccountId::from_bytes([1; 16])), Subscribed::All);
    let north = path("north");
    for (account, told) in [("north", true), ("north/mill", true), ("northern", false), ("acme", false), ("", false)] {
        assert_eq!(of_north.wants(kind, Some(&north), Some(&path(account))), told, "{account}");
    }
    assert!(!of_north.wants(kind, Some(&north), None), "the deployment's own log");
    assert!(!of_north.wants(kind, None, Some(&north)), "nobody knows where it stands");
    let of_all = webhook(None, Subscribed::Only([kind].into()));
    assert!(of_all.wants(kind, None, None) && of_all.wants(kind, None, Some(&north)));
    assert!(!of_all.wants(EventKind::UserChanged, None, None));
    assert!(!Webhook { is_enabled: false, ..of_all }.wants(kind, None, None));
}

#[test]
fn facts_are_the_events_that_they_are() {
    let (user, session) = (UserId::from_bytes([1; 16]), SessionId::from_bytes([2; 16]));
    let (connection, attempt) = (ConnectionId::from_bytes([3; 16]), AttemptId::from_bytes([4; 16]));
    let applicant = ApplicantId::from_bytes([5; 16]);
    let waits = |again| Fact::Waits { attempt, connection, applicant, again };
    let logged_out = |sessions| Fact::LoggedOut { connection, sessions, found: Found::NameId };
    let rows: [(Fact, &[EventKind]); 16] = [
        (Fact::UserCreated { user }, &[EventKind::UserCreated]),
        (waits(false), &[EventKind::UserWaiting]),
        (waits(true), &[]),
        (Fact::ApplicantApproved { applicant, user, merged: true }, &[EventKind::UserAdmitted]),
        (Fact::ApplicantRefused { applicant }, &[EventKind::UserRefused]),
        (Fact::GrantsChanged { user }, &[EventKind::UserChanged]),
        (Fact::UserErased { user }, &[EventKind::UserErased, EventKind::SessionEnded]),
        (Fact::UserStateChanged { user, active: false }, &[EventKind::UserSuspended]),
        (Fact::UserStateChanged { user, active: true }, &[EventKind::UserRestored]),
        (Fact::SignedIn { attempt, connection, user: None, session }, &[EventKind::SessionStarted]),
        (Fact::SignedOut { session, user: None, connection: None }, &[EventKind::SessionEnded]),
        (logged_out(vec![session]), &[EventKind::SessionEnded]),
        (logged_out(vec![]), &[]),
        (Fact::ConnectionRemoved { connection }, &[EventKind::ConnectionChanged, EventKind::SessionEnded]),
        (
            Fact::CertificateExpiring {
                connection,
                whose: CertificateOf::OurSigning,
                thumbprint: String::new(),
                not_after: now(),
                days_left: 7,
                last: true,
            },
            &[EventKind::CertificateExpiring],
        ),
        (Fact::SignInStarted { attempt, connection }, &[]),
    ];
    for (fact, kinds) in rows {
        assert_eq!(kinds_of(&fact), kinds, "{fact:?}");
    }
}

/// What earlier versions wrote is read.
#[test]
fn lines_of_earlier_versions_are_read() {
    let id = UserId::from_bytes([7; 16]);
    let written = format!(r#"{{"kind":"signed_out","session":"{id}"}}"#);
    let session = SessionId::from_bytes([7; 16]);
    let read: Fact = serde_json::from_str(&written).unwrap();
    assert_eq!(read, Fact::SignedOut { session, user: None, connection: None });
    assert_eq!(serde_json::to_string(&read).unwrap(), written);
}

#[test]
fn a_secret_is_read_in_its_form_alone_and_never_shown() {
    let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let secret = WebhookSecret::parse(text).unwrap();
    assert_eq!(secret.octets().len(), 24);
    assert_eq!(WebhookSecret::parse(&format!(" {text}\n")).unwrap(), secret, "a file ends with a line break");
    assert_eq!(format!("{secret:?}"), "WebhookSecret(…)");
    let of = |octets: usize| {
        use base64::Engine as _;
        format!("whsec_{}", base64::engine::general_purpose::STANDARD.encode(vec![1; octets]))
    };
    assert!(WebhookSecret::parse(&of(64)).is_ok());
    for (text, refused) in [
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SecretError::Prefix),
        ("whsec_not base64 at all", SecretError::Base64),
        ("whsec_", SecretError::Length { got: 0 }),
        (&of(23), SecretError::Length { got: 23 }),
        (&of(65), SecretError::Length { got: 65 }),
    ] {
        assert_eq!(WebhookSecret::parse(text), Err(refused));
        assert!(!refused.to_string().contains("MfKQ"));
    }
}

/// RFC 9110 §10.2.3.
#[test]
fn a_pause_is_granted_within_a_day() {
    let pause = |text: &str| asked_pause(text, now()).map(|pause| pause.as_secs());
    assert_eq!(pause("120"), Some(120));
    assert_eq!(pause(" 7 "), Some(7));
    assert_eq!(pause("99999999999999999999999999"), Some(24 * 3600));
    assert_eq!(pause("Mon, 02 Mar 2026 10:01:00 GMT"), Some(60));
    assert_eq!(pause("Mon, 02 Mar 2027 10:01:00 GMT"), None, "that is no Monday");
    for none in ["", "0", "-5", "+5", "1.5", "soon", "Mon, 02 Mar 2026 09:59:00 GMT", "2026-03-02T11:00:00Z"] {
        assert_eq!(pause(none), None, "{none:?}");
    }
}

proptest::proptest! {
    /// Whatever the other side sends, and whatever stands in a file.
    #[test]
    fn any_text_is_a_pause_or_none_and_a_secret_or_none(text in "\\PC*", octets in proptest::collection::vec(0_u8.., 0..80)) {
        if let Some(pause) = asked_pause(&text, now()) {
            proptest::prop_assert!(pause > SignedDuration::ZERO && pause <= LONGEST_WISH);
        }
        let _ = WebhookSecret::parse(&text);
        let _ = WebhookSecret::parse(&format!("whsec_{text}"));
        let _ = asked_pause(&String::from_utf8_lossy(&octets), now());
        let _ = serde_json::from_slice::<Subscribed>(&octets);
    }
}
