//! How SQLite answers the questions of the console: none by reading a whole table.

use std::cell::RefCell;

use jiff::Timestamp;
use rusqlite::Connection;
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::id::{AccountId, ConnectionId};
use vestibule_domain::user::UserState;

use super::{AccountFilter, ConnectionFilter, GroupFilter, UserFilter, UserOrder};
use crate::{DatabaseUrl, Options, Sealer, SealingKey, Store, StoreError};

thread_local! {
    static SEEN: RefCell<Option<Vec<(String, String)>>> = const { RefCell::new(None) };
}

/// Notes the plan of a statement, where somebody wants to know.
pub(super) fn note(connection: &Connection, sql: &str) {
    SEEN.with_borrow_mut(|seen| {
        let Some(seen) = seen else { return };
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().unwrap() {
            seen.push((sql.to_owned(), row.get::<_, String>(3).unwrap()));
        }
    });
}

/// Each page of the console at 10,000 accounts, 20,000 connections and a million people answers in 50 ms because of this.
#[tokio::test]
async fn no_list_of_the_console_reads_a_whole_table() {
    let sealer = Sealer::new(SealingKey::new(&[7; 32]), vec![]);
    let store = Store::open(&DatabaseUrl::temporary(), sealer, Options::default()).await.unwrap();
    SEEN.set(Some(Vec::new()));
    let asked = store.read(|tx| {
        Box::pin(async move {
            let (within, now) = (AccountPath::parse("north").unwrap(), Timestamp::UNIX_EPOCH);
            let account = AccountId::from_bytes([1; 16]);
            let all = AccountFilter { within: within.clone(), text: "a".to_owned(), after: None, limit: 9 };
            tx.accounts_within(&all).await?;
            tx.accounts_within(&AccountFilter { text: String::new(), ..all }).await?;
            tx.accounts_below(account, None, 9).await?;
            let all = ConnectionFilter {
                within: within.clone(),
                state: Some(ConnectionState::Active),
                attention: Some(now),
                text: "a".to_owned(),
                after: None,
                limit: 9,
            };
            tx.connections_within(&all).await?;
            tx.connections_within(&ConnectionFilter { attention: None, ..all.clone() }).await?;
            for is_few in [true, false] {
                tx.connections_said(&all, "%a%".to_owned(), is_few).await?;
            }
            tx.connections_within(&ConnectionFilter { attention: None, text: String::new(), ..all }).await?;
            for within in [&within, &AccountPath::ROOT] {
                tx.connections_in_need(within, now, 9).await?;
                tx.waiting_counts(within, 9).await?;
                tx.waiting_places(within, 9).await?;
                tx.ending_certificates(within, now, 9).await?;
                tx.certificates_by_month(within, now).await?;
            }
            tx.sign_in_counts(account, now).await?;
            tx.sign_ins_by_hour(account, now).await?;
            let groups = GroupFilter { account, begins: "a".to_owned(), after: None, limit: 9 };
            tx.groups_listed(&groups).await?;
            let all = UserFilter {
                account,
                order: UserOrder::Name,
                begins: "a".to_owned(),
                state: None,
                connection: None,
                group: None,
                after: None,
                limit: 9,
            };
            tx.users_listed(&all).await?;
            tx.users_listed(&UserFilter { order: UserOrder::Email, ..all.clone() }).await?;
            tx.users_listed(&UserFilter { order: UserOrder::Newest, ..all.clone() }).await?;
            tx.users_listed(&UserFilter { state: Some(UserState::Suspended), ..all.clone() }).await?;
            tx.users_listed(&UserFilter { group: Some("a".to_owned()), ..all.clone() }).await?;
            tx.users_listed(&UserFilter { connection: Some(ConnectionId::from_bytes([2; 16])), ..all }).await?;
            tx.users_by_address_within(&within, "a@b.example", 9).await?;
            Ok::<_, StoreError>(())
        })
    });
    asked.await.unwrap();
    let plans = SEEN.take().unwrap();
    assert!(plans.len() > 25, "{plans:?}");
    // What is sorted afterwards is what needs somebody, by how many they serve, and what is counted.
    let sorts = [
        "ORDER BY c.people",
        "GROUP BY",
        "ORDER BY a.path, u.id",
        "ORDER BY c.certificate_ends",
        "attention_at <= $1",
        "'second_step'",
        "found CROSS JOIN",
    ];
    // What is walked through from end to end holds those alone that are wanted: a partial index, or what was found. A part
    // of a name is looked for in an index that has little but names.
    let small = [
        "USING INDEX metadata_refreshes_in_trouble",
        "USING INDEX applicants_open",
        "USING COVERING INDEX connections_by_name",
    ];
    let own = [
        "SCAN w",
        "SCAN few",
        "SCAN named",
        "SCAN found",
        "SCAN needing",
        "SCAN CONSTANT ROW",
        "SCAN n",
        "SCAN counted",
    ];
    for (sql, step) in plans.into_iter().filter(|(_, step)| !own.contains(&step.as_str())) {
        let scans = step.starts_with("SCAN") && !small.iter().any(|index| step.ends_with(index));
        assert!(!scans, "{step}: {sql}");
        let is_sorted = step.contains("TEMP B-TREE") && !sorts.iter().any(|allowed| sql.contains(allowed));
        assert!(!is_sorted, "{step}: {sql}");
    }
}
