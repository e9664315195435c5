//! One suite for both databases: what a store promises, whatever is below it.

pub(crate) mod api;
pub(crate) mod console;
pub(crate) mod console_setups;
pub(crate) mod engine;
pub(crate) mod jobs;
pub(crate) mod kept_messages;
pub(crate) mod logouts;
mod make;
pub(crate) mod passwords;
pub(crate) mod races;
pub(crate) mod refresh_families;
pub(crate) mod sealed;
pub(crate) mod second_factors;
pub(crate) mod session_applications;
pub(crate) mod settings;
pub(crate) mod setup_links;
pub(crate) mod sign_in;
pub(crate) mod sites;
pub(crate) mod tokens;
pub(crate) mod upkeep;
pub(crate) mod users;
pub(crate) mod waiting;
pub(crate) mod webhooks;

use vestibule_store::{BoxFuture, Options, Sealer, SealingKey, Store, StoreError, Tx};

pub(crate) use make::*;

/// Two nodes on one database; on SQLite, which takes one node, both are the same.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) other_node: Store,
}

pub(crate) const SEALING_KEY: fn() -> Sealer = || Sealer::new(SealingKey::new(&[7; 32]), vec![]);

pub(crate) fn options() -> Options {
    Options { connections: Some(4), ..Options::default() }
}

impl Fixture {
    pub(crate) async fn write<T, F>(&self, unit: F) -> T
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
        T: Send + 'static,
    {
        self.store.write(unit).await.unwrap()
    }

    pub(crate) async fn read<T, F>(&self, unit: F) -> T
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
        T: Send + 'static,
    {
        self.store.read(unit).await.unwrap()
    }

    /// How many lines the audit log has.
    pub(crate) async fn events(&self) -> usize {
        let all = vestibule_store::tx::EventFilter { account: None, user: None, before: None, limit: 10_000 };
        self.read(move |tx| Box::pin(async move { tx.events(&all).await })).await.len()
    }
}

/// One unit: `unit!(|tx| expression with .await)`.
macro_rules! unit {
    (|$tx:ident| $body:expr) => {
        $crate::suite::unit_of(move |$tx| Box::pin(async move { $body }))
    };
}
pub(crate) use unit;

/// Tells the compiler what the closure is.
pub(crate) fn unit_of<T, E, F>(unit: F) -> F
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
{
    unit
}

/// The suite's tests, each on a database of its own that `fixture` makes.
macro_rules! all_tests {
    () => {
        $crate::suite::tests! {
            engine {
                a_unit_that_fails_leaves_nothing
                units_that_fail_do_not_touch_their_neighbours
                a_unit_whose_statement_failed_cannot_succeed
                what_is_committed_is_seen_by_every_node
                a_unit_may_fail_with_its_own_error
            }
            settings {
                an_account_is_kept_with_all_it_has
                a_path_and_a_sub_domain_belong_to_one_account
                a_former_sub_domain_stays_known_and_reserved
                a_connection_is_kept_with_all_it_has
                a_connections_name_is_unique_in_its_account
                an_alias_is_found_while_a_connection_has_it
                a_connection_changes_state_from_the_expected_one_only
                a_removed_connection_leaves_nothing_but_its_people
                a_connections_keys_are_kept_and_move_its_version
                a_domain_may_be_claimed_by_many_and_proved_by_one
                a_domain_is_given_up_with_claim_and_proof
                an_application_is_kept_with_all_it_has
                a_key_is_kept_until_it_is_retired
                every_change_of_settings_moves_the_deployments_version
                ways_follow_the_tree_when_an_account_is_saved
                looks_follow_the_tree_when_an_account_is_saved
                sessions_follow_the_tree_when_an_account_is_saved
                a_logo_is_kept_until_its_account_sets_another
            }
            session_applications {
                whatever_ends_a_session_makes_its_applications_due
                the_end_of_a_connection_an_account_or_a_way_makes_applications_due
                over_age_and_unasked_nobody_is_told
                an_application_is_told_once_and_again_where_it_was_in_vain
                an_application_of_a_living_session_is_not_told
            }
            users {
                a_user_is_kept_with_all_they_have
                a_user_is_found_by_identity_octet_by_octet
                a_subject_is_somebody_in_each_account_that_a_connection_serves
                a_subject_stands_for_several_people_where_an_administrator_says_so
                a_user_is_found_by_email_in_their_account_without_case
                a_stale_change_of_a_user_is_refused
                people_are_listed_page_by_page
            }
            sign_in {
                an_attempt_goes_from_started_to_finished_once
                a_refused_attempt_stays_refused
                an_assertion_is_used_once_per_connection_and_issuer
                an_accepted_answer_to_a_done_attempt_leaves_no_trace
                an_unsolicited_answer_is_taken_once
                a_finish_that_collides_changes_nothing
                a_person_who_asserted_may_still_be_refused
                nobody_is_signed_in_through_a_connection_that_was_paused_meanwhile
                what_is_under_way_through_a_connection_ends_with_its_sessions
                nobody_is_signed_in_by_a_way_that_was_taken_meanwhile
                the_last_fifty_proved_and_the_last_fifty_unproved_answers_are_kept
                a_line_is_found_by_the_end_of_its_id
                a_refusal_without_a_connection_is_kept_and_found_by_its_code
            }
            refresh_families {
                a_family_goes_from_token_to_token
                a_token_that_was_used_before_ends_its_family_and_what_it_gave
                a_code_that_comes_again_ends_the_family_that_it_began
                a_family_lives_no_longer_than_its_session_unless_it_is_offline
                an_offline_family_ends_with_what_it_rests_on
                a_family_and_its_token_are_given_up
                a_token_for_an_application_itself_lives_until_its_end
                families_and_own_tokens_are_swept_at_their_end
            }
            sites {
                a_site_is_one_applications
                an_application_is_removed_with_its_sites_once
                a_browser_is_let_in_at_its_site_as_long_as_its_session_lives
                a_browser_at_a_site_is_out_with_its_session_or_by_itself
                a_browser_is_out_when_its_site_becomes_another_applications
                a_code_that_comes_again_lets_nobody_in_at_a_site
            }
            tokens {
                a_session_opens_until_its_end_and_for_active_people_only
                a_session_of_somebody_passed_through_has_no_record
                a_session_without_a_connection_outlives_them_all
                sessions_end_one_by_one_and_all_at_once
                a_code_is_redeemed_once_and_a_second_use_takes_the_token
                a_code_past_its_end_is_unknown
                a_code_of_a_session_that_has_ended_is_unknown
                a_token_lives_no_longer_than_its_session
            }
            logouts {
                a_session_is_found_by_the_names_of_its_connection
                a_session_without_names_is_found_by_none
                a_sign_in_on_its_way_is_ended_by_its_names
                a_name_seen_earlier_leads_to_the_one_that_signs_in
                a_message_is_remembered_once
                a_logout_is_answered_once_and_in_time
                what_is_left_of_logouts_is_swept
            }
            upkeep {
                events_are_found_by_account_person_and_page
                what_is_over_is_swept_in_small_batches_and_the_rest_stays
                what_is_kept_for_a_time_only_goes_after_it
                a_person_is_forgotten_with_all_that_leads_to_them
                a_lease_is_one_holders_until_its_end
                a_changed_or_newer_series_of_migrations_is_not_reached_by_opening_again
            }
            waiting {
                somebody_waits_once_however_often_they_come
                an_applicant_is_decided_about_once_and_with_all_that_follows
                who_is_linked_waits_no_longer_and_is_decided_about_no_more
                nobody_is_decided_about_whose_time_is_over
                what_no_longer_stands_begins_anew
                applicants_are_listed_page_by_page_in_each_order
                accounts_with_somebody_who_waits_are_found_below_a_path
                a_mail_is_due_until_it_is_sent_or_somebody_decides
                somebody_is_asked_for_with_the_user_that_they_become
                grants_are_kept_with_their_person
                a_removed_connections_applicants_are_gone
                a_waiting_room_has_an_end
            }
            kept_messages {
                answers_are_listed_newest_first_ring_by_ring
                a_ring_keeps_the_last_and_no_more
                an_answer_is_found_by_what_is_known_of_it
                earlier_answers_that_hold_are_found
                a_turned_away_person_is_noted_at_the_answer_that_holds
                kept_answers_go_with_their_time_their_connection_and_their_person
            }
            jobs {
                a_claim_is_due_from_the_start_and_until_somebody_proves_it
                a_claim_is_proved_once_for_its_connection_and_with_its_token_only
                a_record_proves_a_claim_when_it_is_seen_again_a_minute_later
                a_record_that_was_seen_long_ago_is_seen_anew_when_the_domain_is_free
                a_claim_whose_domain_is_anothers_is_not_due_again
                a_domain_that_is_given_up_is_looked_for_again_by_others_who_claim_it
                a_claim_keeps_its_token_when_its_connection_changes
                metadata_is_due_where_it_has_an_address
                what_became_of_a_fetch_is_kept_until_somebody_edits_the_connection
                certificates_are_saved_unless_somebody_edited_the_connection_meanwhile
                a_holder_gives_back_its_leases_and_no_others
            }
            passwords {
                a_password_signs_in_until_it_is_another
                a_link_sets_one_password_of_its_person_in_its_time
                a_link_is_used_once_by_two_nodes_at_once
                a_password_is_replaced_by_whoever_typed_the_present_one
                the_first_operator_comes_once
                sessions_by_password_end_where_passwords_open_nothing_more
                what_outlives_sessions_by_password_ends_where_passwords_open_nothing_more
                sessions_by_single_sign_on_end_where_it_is_switched_off
                no_session_outlives_the_password_that_opens_no_more
                a_notice_is_kept_with_its_words
                mails_wait_in_order_until_they_are_sent_or_over
            }
            second_factors {
                a_code_of_an_authenticator_is_used_once_and_in_order
                a_recovery_code_is_used_once_and_goes_with_its_authenticator
                a_second_step_is_tried_so_often_and_so_long
            }
            sealed {
                all_that_is_sealed_is_found_page_by_page
                what_is_sealed_anew_replaces_only_what_was_read
            }
            console_setups {
                what_is_done_from_the_console_is_noted_while_the_connection_is_a_draft
                a_test_from_the_console_is_noted_once
                names_of_observed_claims_gather
            }
            setup_links {
                a_set_up_link_keeps_what_was_done_by_it
                a_set_up_link_that_is_over_notes_nothing
                set_up_links_end_with_the_draft
                set_up_links_end_by_activation_and_old_ones_are_forgotten
            }
            api {
                an_api_key_is_kept_found_by_its_hash_and_listed_page_by_page
                an_api_key_is_revoked_once_and_its_use_is_noted_now_and_then
                keys_that_were_over_for_long_and_old_answers_are_forgotten
                a_request_is_begun_once_and_its_answer_kept_for_a_day
                a_request_that_was_broken_off_is_begun_again
                one_of_many_that_begin_a_request_carries_it_out
            }
            webhooks {
                a_webhook_is_kept_with_all_it_has
                an_event_is_marked_with_its_change_where_there_is_a_webhook
                a_delivery_is_due_until_it_is_over_and_is_over_once
                a_webhook_that_does_not_answer_rests_with_all_that_is_due
                a_webhook_that_is_told_no_more_has_nothing_that_waits
                a_webhook_is_removed_that_is_told_nothing
                deliveries_are_read_page_by_page
                past_events_are_found_and_wait_once_however_often_they_are_replayed
                that_a_certificate_ends_soon_is_told_once
                active_connections_are_listed_page_by_page
            }
            console {
                sign_ins_are_counted_by_day_in_an_account_and_above_it
                accounts_are_listed_in_the_order_of_the_tree_and_found_by_name_and_path
                connections_are_listed_page_by_page_and_by_what_they_need
                the_connections_that_need_somebody_come_by_how_many_people_they_serve
                people_who_wait_are_counted_by_account
                people_are_listed_by_name_address_and_age_page_by_page
                sign_ins_are_counted_by_hour_beside_the_day
                groups_are_listed_by_name_with_who_is_in_them
                what_was_there_before_is_filled_in
            }
            races {
                one_of_many_finders_of_a_record_proves_the_claim
                one_of_many_refreshes_of_a_version_holds
                one_of_many_holders_of_the_settings_changes_them
                one_of_many_answers_to_an_attempt_is_the_first
                one_of_many_uses_of_an_assertion_is_the_first
                an_attempt_is_accepted_or_refused_and_never_both
                one_of_many_finishes_counts
                one_of_many_redemptions_gets_the_grant
                one_of_a_thousand_redemptions_gets_the_grant
                one_of_a_thousand_renewals_gets_the_next_token
                one_of_a_thousand_finishes_makes_the_session
                no_family_outlives_the_end_of_its_persons_sessions
                one_of_many_accounts_proves_a_domain
                one_of_many_links_of_a_subject_holds
                one_of_many_unsolicited_answers_is_taken
                one_of_many_changes_of_a_version_holds
                one_of_many_activations_counts
                one_of_many_logouts_ends_a_session
                no_application_has_tokens_of_an_ended_session_and_is_not_told
                one_of_many_holders_has_a_lease
                one_of_many_accounts_has_a_sub_domain
                no_answer_is_lost_from_the_ring
                no_session_outlives_the_way_by_which_it_began
                one_of_many_arrivals_of_a_person_waits
                one_of_many_decisions_about_an_applicant_counts
                an_applicant_is_decided_about_or_forgotten_and_never_both
            }
        }
    };
}
pub(crate) use all_tests;

macro_rules! tests {
    ($($file:ident { $($name:ident)* })*) => {$($(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $name() {
            $crate::suite::$file::$name(fixture(stringify!($name)).await).await;
        }
    )*)*};
}
pub(crate) use tests;
