//! All checks of the committed templates, each a test by its own name.

use crate::deployment::Infra;

/// What a check does: it panics when something is wrong.
pub(crate) type Check = fn(&Infra);

macro_rules! checks {
    ($($module:ident { $($(#[$attribute:meta])* $name:ident)+ })+) => {
        /// Every check, by its name.
        pub(crate) const ALL: &[(&str, Check)] = &[$($((stringify!($name), crate::$module::$name),)+)+];

        $($(
            #[test]
            $(#[$attribute])*
            fn $name() {
                crate::$module::$name(&Infra::committed());
            }
        )+)+
    };
}

checks! {
    alerts {
        each_alert_asks_its_query
        alerts_ask_one_table_as_azure_wants_it
        alerts_reach_who_is_to_be_told
        dead_letters_are_told_of
        the_log_is_entered_without_keys
        the_workbook_asks_its_queries
    }
    app {
        the_app_is_a_custom_handler_on_flex_consumption
        the_app_takes_no_passwords
        what_is_made_bears_the_tags
    }
    azd {
        azd_finds_the_app_and_its_package
        azd_gives_every_parameter_a_value
        each_hook_runs_a_script_that_is_there
        every_output_that_is_read_is_one
        people_are_told_what_to_set_and_to_run
        the_commands_have_the_name_and_the_place_of_the_parameters
        the_resource_providers_to_register_are_those_that_are_used
        the_mode_is_always_asked_for
    }
    clouds {
        nothing_is_of_one_cloud_alone
        the_private_zones_are_those_of_each_cloud
    }
    events {
        each_vault_has_one_topic_with_an_identity
        an_existing_topic_is_not_touched
        both_events_are_delivered_and_kept_when_they_cannot_be
        nothing_is_delivered_before_the_code_is_there
        what_only_azure_knows_is_refused_with_the_reason
    }
    first_look {
        #[ignore = "needs jq"]
        the_first_look_sweeps_shows_each_target_and_shows_no_key
        #[ignore = "needs jq"]
        check_is_run_with_what_the_app_is_told
    }
    names {
        no_two_resources_are_one
        display_names_of_roles_are_unique_in_the_tenant
        names_are_short_enough
        nothing_changes_by_itself
    }
    network {
        nothing_is_public_in_a_virtual_network
        whatever_the_app_enters_has_a_private_endpoint
    }
    order {
        settings_come_after_the_rights
        subscriptions_come_after_their_topic_and_its_rights
        roles_are_given_after_they_are_defined
    }
    rights {
        the_identity_has_the_least_rights
        a_topic_may_leave_dead_letters_and_fill_the_queue
        custom_roles_are_those_that_were_tried
        custom_roles_hold_what_the_handler_uses
    }
    scripts {
        the_functions_are_waited_for_and_not_for_ever
        the_code_is_followed_by_the_events
        events_that_are_missing_are_told_of
        azd_is_kept_from_deleting_what_is_not_its_own
        #[ignore = "needs jq"]
        outputs_have_their_own_letter_case_again
    }
    secrets {
        no_template_knows_a_secret
        no_secret_is_written
    }
    settings {
        every_setting_is_one_that_is_read
        every_setting_that_is_read_is_set_or_known_not_to_be
        what_is_not_said_is_as_the_handler_has_it
        the_handler_starts_with_the_settings
    }
    storage {
        the_hosts_storage_has_no_use_for_keys
        queues_and_containers_are_those_of_the_functions
    }
}
