//! What is sent: the kind of the event, its time, and what a program needs of it. What is said of people, accounts and
//! connections is how they are when it is sent.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use vestibule_domain::event::{AuditEvent, Fact};
use vestibule_domain::id::{AccountId, ConnectionId, SessionId, UserId};
use vestibule_domain::user::UserState;
use vestibule_domain::webhook::{EventKind, MAX_BODY};
use vestibule_store::{StoreError, Tx};

/// So many sessions are named; where there are more, the message says so.
const NAMED: usize = 200;

/// The parts of a person that are left out where a body would be too long, in this order.
const LONG: [&str; 8] = ["groups", "granted", "roles", "display_name", "name", "given_name", "family_name", "email"];

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'a str,
    timestamp: Timestamp,
    data: &'a Value,
}

/// The body of an event, as one of the kinds that it is.
pub(super) async fn of(tx: &mut Tx, event: &AuditEvent, kind: EventKind) -> Result<String, StoreError> {
    let mut data = data(tx, event, kind).await?;
    if let Some(account) = event.account {
        data.insert("account".to_owned(), account_of(tx, account).await?);
    }
    Ok(fitting(kind.name(), event.at, Value::Object(data)))
}

/// The body of a test.
pub(super) fn of_test(webhook: &str, now: Timestamp) -> String {
    fitting("webhook.test", now, json!({ "webhook": webhook }))
}

/// The body, without what makes it too long.
fn fitting(kind: &str, timestamp: Timestamp, mut data: Value) -> String {
    let mut long = LONG.iter();
    loop {
        // Nothing in it fails: no map has keys that are no strings.
        let body = serde_json::to_string(&Body { r#type: kind, timestamp, data: &data }).unwrap_or_default();
        let user = data.get_mut("user").and_then(Value::as_object_mut);
        match (body.len() <= MAX_BODY, user, long.next()) {
            (false, Some(user), Some(name)) => {
                user.remove(*name);
                user.insert("shortened".to_owned(), true.into());
            }
            _ => return body,
        }
    }
}

async fn data(tx: &mut Tx, event: &AuditEvent, kind: EventKind) -> Result<Map<String, Value>, StoreError> {
    let mut data = Map::new();
    let mut set = |name: &str, value: Value| data.insert(name.to_owned(), value);
    match &event.fact {
        Fact::ApplicantApproved { applicant, user, merged } => {
            set("applicant", json!(applicant));
            set("merged", json!(merged));
            set("user", person(tx, *user).await?);
        }
        Fact::UserCreated { user }
        | Fact::UserChanged { user }
        | Fact::GrantsChanged { user }
        | Fact::UserStateChanged { user, .. } => {
            set("user", person(tx, *user).await?);
        }
        Fact::Waits { applicant, connection, .. } => {
            set("applicant", json!(applicant));
            set("connection", connection_of(tx, *connection).await?);
        }
        Fact::AskedOnBehalf { applicant } | Fact::ApplicantRefused { applicant } => {
            set("applicant", json!(applicant));
        }
        Fact::SignedIn { session, user, connection, .. } => {
            set("session", json!(session));
            set("user", user.map_or(Value::Null, named));
            set("connection", connection_of(tx, *connection).await?);
        }
        Fact::SignedInByPassword { session, user } => {
            set("session", json!(session));
            set("user", named(*user));
        }
        Fact::SignedOut { session, user, connection } => {
            sessions(&mut set, &[*session]);
            set("user", user.map_or(Value::Null, named));
            if let Some(connection) = connection {
                set("connection", connection_of(tx, *connection).await?);
            }
        }
        Fact::OwnSessionsEnded { user, sessions: ended } => {
            sessions(&mut set, ended);
            set("user", named(*user));
        }
        Fact::LoggedOut { connection, sessions: ended, .. } => {
            sessions(&mut set, ended);
            set("connection", connection_of(tx, *connection).await?);
        }
        Fact::UserErased { user } => {
            if kind == EventKind::SessionEnded {
                set("scope", json!("user"));
            }
            set("user", named(*user));
        }
        Fact::UserSessionsEnded { user } | Fact::PasswordSet { user } | Fact::IdentityUnlinked { user, .. } => {
            set("scope", json!("user"));
            set("user", named(*user));
        }
        Fact::AccountSessionsEnded { .. } => {
            set("scope", json!("account"));
        }
        Fact::ConnectionSessionsEnded { connection } => {
            set("scope", json!("connection"));
            set("connection", connection_of(tx, *connection).await?);
        }
        Fact::ConnectionRemoved { connection } => {
            if kind == EventKind::SessionEnded {
                set("scope", json!("connection"));
            } else {
                set("changed", json!(["removed"]));
            }
            set("connection", connection_of(tx, *connection).await?);
        }
        Fact::ConnectionChanged { connection, changed } => {
            set("changed", json!(changed));
            set("connection", connection_of(tx, *connection).await?);
        }
        Fact::CertificatesAdded { connection, .. } => {
            set("changed", json!(["certificates"]));
            set("connection", connection_of(tx, *connection).await?);
        }
        Fact::CertificateExpiring { connection, whose, thumbprint, not_after, days_left, last } => {
            set("connection", connection_of(tx, *connection).await?);
            set(
                "certificate",
                json!({
                    "of": whose, "thumbprint_sha256": thumbprint, "not_after": not_after, "days_left": days_left,
                    "last": last,
                }),
            );
        }
        // No other fact is an event.
        _ => {}
    }
    Ok(data)
}

fn sessions(set: &mut impl FnMut(&str, Value) -> Option<Value>, ended: &[SessionId]) {
    set("scope", json!("sessions"));
    set("sessions", json!(ended.iter().take(NAMED).collect::<Vec<_>>()));
    if ended.len() > NAMED {
        set("shortened", true.into());
    }
}

fn named(user: UserId) -> Value {
    json!({ "id": user })
}

/// Somebody as they are now; one who is gone is an id.
async fn person(tx: &mut Tx, id: UserId) -> Result<Value, StoreError> {
    let Some(user) = tx.user(id).await? else { return Ok(named(id)) };
    let profile = &user.profile;
    Ok(json!({
        "id": id,
        "account": account_of(tx, user.account).await?,
        "state": match user.state { UserState::Active => "active", UserState::Suspended => "suspended" },
        "email": profile.email.as_ref().map(vestibule_domain::name::EmailAddress::as_str),
        "email_verified": profile.email_verified,
        "name": profile.name,
        "display_name": profile.display_name,
        "given_name": profile.given_name,
        "family_name": profile.family_name,
        "roles": profile.roles,
        "groups": profile.groups,
        "granted": user.grants.granted,
    }))
}

async fn account_of(tx: &mut Tx, id: AccountId) -> Result<Value, StoreError> {
    let path = tx.account(id).await?.map(|account| account.path.to_string());
    Ok(json!({ "id": id, "path": path }))
}

async fn connection_of(tx: &mut Tx, id: ConnectionId) -> Result<Value, StoreError> {
    let name = tx.connection(id).await?.map(|connection| connection.name.as_str().to_owned());
    Ok(json!({ "id": id, "name": name }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Standard Webhooks, "Payload size": 20 kB, whatever an identity provider says of somebody.
    #[test]
    fn a_body_is_never_longer_than_20_kilobytes() {
        let groups: Vec<String> = (0..5000).map(|number| format!("group-{number}")).collect();
        let user = json!({ "id": "1", "groups": groups, "roles": ["a"], "email": "x".repeat(MAX_BODY) });
        let body = fitting("user.changed", Timestamp::UNIX_EPOCH, json!({ "user": user }));
        assert_eq!(
            body,
            r#"{"type":"user.changed","timestamp":"1970-01-01T00:00:00Z","data":{"user":{"id":"1","shortened":true}}}"#
        );
        let body = fitting(
            "user.changed",
            Timestamp::UNIX_EPOCH,
            json!({ "user": { "id": "1", "groups": groups, "email": "e" } }),
        );
        assert!(body.len() <= MAX_BODY && body.contains("\"email\":\"e\""), "no more goes than has to");
    }

    #[test]
    fn a_long_list_of_sessions_says_that_it_is_shortened() {
        let ids: Vec<_> =
            (0..=NAMED).map(|n| SessionId::new(Timestamp::UNIX_EPOCH, [u8::try_from(n % 200).unwrap(); 10])).collect();
        let mut data = Map::new();
        sessions(&mut |name, value| data.insert(name.to_owned(), value), &ids);
        assert_eq!((data["sessions"].as_array().unwrap().len(), &data["shortened"]), (NAMED, &Value::Bool(true)));
        assert!(fitting("session.ended", Timestamp::UNIX_EPOCH, Value::Object(data)).len() < MAX_BODY);
    }
}
