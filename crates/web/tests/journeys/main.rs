//! Journeys without a socket, on SQLite: one file for each story.

mod admission;
mod api;
mod api_lists;
mod api_matrix;
mod api_removal;
mod api_scene;
mod api_settings;
mod applications_told;
mod authorize;
mod bad_answers;
mod bad_input;
mod branding;
mod console;
mod console_account;
mod console_edit;
mod console_enforcement;
mod console_groups;
mod console_mapping;
mod console_matrix;
mod console_set_up;
mod discovery;
mod domain_proof;
mod end_session;
mod endings;
mod enforcement;
mod forward_auth;
mod inspector;
mod isolation;
mod key_rotation;
mod languages;
mod limits;
mod metadata_refresh;
mod migration;
mod oidc;
mod passwords;
mod paste_box;
mod person;
mod refusals;
mod scoped_approver;
mod second_factor;
mod second_step;
mod session_settings;
mod set_up;
mod set_up_bounds;
mod set_up_page;
mod settings;
mod several_users;
mod sign_out;
mod single_logout;
mod sp_start;
mod start_modes;
mod support;
mod test_mode;
mod token_endpoint;
mod tree;
mod unsolicited;
mod waiting;
mod waiting_scene;
mod waiting_table;
mod webhooks;

mod database {
    use vestibule_store::{DatabaseUrl, Options, Store};

    /// A new database in memory.
    pub(crate) async fn open() -> Store {
        Store::open(&DatabaseUrl::temporary(), crate::support::sealer(), Options::default()).await.unwrap()
    }
}
