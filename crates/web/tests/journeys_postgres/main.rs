//! The journeys on PostgreSQL: the same stories, each in a schema of its own on a server that somebody else started.

#[path = "../journeys/admission.rs"]
mod admission;
#[path = "../journeys/api.rs"]
mod api;
#[path = "../journeys/api_lists.rs"]
mod api_lists;
#[path = "../journeys/api_matrix.rs"]
mod api_matrix;
#[path = "../journeys/api_removal.rs"]
mod api_removal;
#[path = "../journeys/api_scene.rs"]
mod api_scene;
#[path = "../journeys/api_settings.rs"]
mod api_settings;
#[path = "../journeys/applications_told.rs"]
mod applications_told;
#[path = "../journeys/authorize.rs"]
mod authorize;
#[path = "../journeys/bad_answers.rs"]
mod bad_answers;
#[path = "../journeys/bad_input.rs"]
mod bad_input;
#[path = "../journeys/branding.rs"]
mod branding;
#[path = "../journeys/console.rs"]
mod console;
#[path = "../journeys/console_account.rs"]
mod console_account;
#[path = "../journeys/console_edit.rs"]
mod console_edit;
#[path = "../journeys/console_enforcement.rs"]
mod console_enforcement;
#[path = "../journeys/console_groups.rs"]
mod console_groups;
#[path = "../journeys/console_mapping.rs"]
mod console_mapping;
#[path = "../journeys/console_matrix.rs"]
mod console_matrix;
#[path = "../journeys/console_set_up.rs"]
mod console_set_up;
#[path = "../journeys/discovery.rs"]
mod discovery;
#[path = "../journeys/domain_proof.rs"]
mod domain_proof;
#[path = "../journeys/end_session.rs"]
mod end_session;
#[path = "../journeys/endings.rs"]
mod endings;
#[path = "../journeys/enforcement.rs"]
mod enforcement;
#[path = "../journeys/forward_auth.rs"]
mod forward_auth;
#[path = "../journeys/inspector.rs"]
mod inspector;
#[path = "../journeys/isolation.rs"]
mod isolation;
#[path = "../journeys/key_rotation.rs"]
mod key_rotation;
#[path = "../journeys/languages.rs"]
mod languages;
#[path = "../journeys/limits.rs"]
mod limits;
#[path = "../journeys/metadata_refresh.rs"]
mod metadata_refresh;
#[path = "../journeys/migration.rs"]
mod migration;
#[path = "../journeys/oidc.rs"]
mod oidc;
#[path = "../journeys/passwords.rs"]
mod passwords;
#[path = "../journeys/paste_box.rs"]
mod paste_box;
#[path = "../journeys/person.rs"]
mod person;
#[path = "../journeys/refusals.rs"]
mod refusals;
#[path = "../journeys/scoped_approver.rs"]
mod scoped_approver;
#[path = "../journeys/second_factor.rs"]
mod second_factor;
#[path = "../journeys/second_step.rs"]
mod second_step;
#[path = "../journeys/session_settings.rs"]
mod session_settings;
#[path = "../journeys/set_up.rs"]
mod set_up;
#[path = "../journeys/set_up_bounds.rs"]
mod set_up_bounds;
#[path = "../journeys/set_up_page.rs"]
mod set_up_page;
#[path = "../journeys/settings.rs"]
mod settings;
#[path = "../journeys/several_users.rs"]
mod several_users;
#[path = "../journeys/sign_out.rs"]
mod sign_out;
#[path = "../journeys/single_logout.rs"]
mod single_logout;
#[path = "../journeys/sp_start.rs"]
mod sp_start;
#[path = "../journeys/start_modes.rs"]
mod start_modes;
#[path = "../journeys/support.rs"]
mod support;
#[path = "../journeys/test_mode.rs"]
mod test_mode;
#[path = "../journeys/token_endpoint.rs"]
mod token_endpoint;
#[path = "../journeys/tree.rs"]
mod tree;
#[path = "../journeys/unsolicited.rs"]
mod unsolicited;
#[path = "../journeys/waiting.rs"]
mod waiting;
#[path = "../journeys/waiting_scene.rs"]
mod waiting_scene;
#[path = "../journeys/waiting_table.rs"]
mod waiting_table;
#[path = "../journeys/webhooks.rs"]
mod webhooks;

mod database {
    use std::sync::atomic::{AtomicU32, Ordering};

    use vestibule_store::{DatabaseUrl, Options, Store};

    static SCHEMAS: AtomicU32 = AtomicU32::new(0);

    /// A new schema.
    pub(crate) async fn open() -> Store {
        let server = std::env::var("VESTIBULE_TEST_POSTGRES").expect(
            "VESTIBULE_TEST_POSTGRES must be the URL of a PostgreSQL database for tests, such as \
             postgres://vestibule@127.0.0.1:8433/vestibule; `cargo xtask test` starts one and sets it",
        );
        let schema = format!("j{}_{}", std::process::id(), SCHEMAS.fetch_add(1, Ordering::Relaxed));
        let (client, connection) = tokio_postgres::connect(&server, tokio_postgres::NoTls).await.unwrap();
        let driver = tokio::spawn(connection);
        client.batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")).await.unwrap();
        drop(client);
        driver.await.unwrap().unwrap();
        let sign = if server.contains('?') { '&' } else { '?' };
        let options = Options { connections: Some(4), ..Options::default() };
        let url: DatabaseUrl = format!("{server}{sign}options=-c%20search_path%3D{schema}").parse().unwrap();
        Store::open(&url, crate::support::sealer(), options).await.unwrap()
    }
}
