//! Deviations: named ways in which the server can be told to break one requirement, so that
//! a suite can be shown to notice. Each is a file that puts one function into one of the
//! [`Seams`]; the rest of the server knows none of them.

mod auth_any_password;
mod auth_binding_unchecked;
mod auth_certificate_unverified;
mod auth_external_as_anybody;
mod auth_not_prepared;
mod auth_one_failure;
mod auth_prohibited_ignored;
mod auth_scram_proof_unchecked;
mod auth_token_unchecked;
mod clock_gives_up_at_once;
mod clock_never_tries_again;
mod dsn_notify_ignored;
mod dsn_returns_whole;
mod imap_acl_read_unchecked;
mod imap_append_flags_ignored;
mod imap_append_utf8_unasked;
mod imap_appenduid_of_the_next;
mod imap_binary_encoded;
mod imap_body_lines_off_by_one;
mod imap_catenate_texts_first;
mod imap_charset_taken;
mod imap_close_keeps_deleted;
mod imap_compress_twice;
mod imap_display_by_address;
mod imap_downgraded_numbers;
mod imap_emailid_of_the_mailbox;
mod imap_enabled_echoes;
mod imap_enabled_metadata_silent;
mod imap_examine_changes;
mod imap_expunge_during_fetch;
mod imap_idle_silent;
mod imap_large_literal_unasked;
mod imap_list_annotations_missing;
mod imap_literal_one_short;
mod imap_metadata_private_shown;
mod imap_modified_missing;
mod imap_move_copies;
mod imap_multiappend_in_parts;
mod imap_nested_part_octets_off_by_one;
mod imap_noselect_unmarked;
mod imap_notify_expunge_silent;
mod imap_notify_oldname_missing;
mod imap_notify_uidvalidity_silent;
mod imap_oldname_missing;
mod imap_parameter_pieces_apart;
mod imap_partial_from_the_first;
mod imap_preview_encoded;
mod imap_refused_literal_left;
mod imap_replace_removes_first;
mod imap_rev2_search_response;
mod imap_savedate_of_arrival;
mod imap_search_always_saves;
mod imap_search_not_ignored;
mod imap_sort_date_by_arrival;
mod imap_sort_subject_with_prefixes;
mod imap_special_use_untold;
mod imap_special_uses_unchecked;
mod imap_status_of_leaves;
mod imap_store_adds_replace;
mod imap_thread_without_in_reply_to;
mod imap_uid_expunge_all;
mod imap_uid_fetch_without_uid;
mod imap_uid_search_by_number;
mod imap_uidnext_stays;
mod imap_uidvalidity_stays;
mod imap_unauthenticate_keeps_enabled;
mod imap_unchangedsince_ignored;
mod imap_unselect_expunges;
mod imap_update_silent;
mod imap_url_from_the_start;
mod imap_url_section_ignored;
mod imap_utf8_unasked;
mod imap_vanished_missing;
mod imap_younger_by_days;
mod lmtp_one_reply;
mod pop3_capa_words_missing;
mod pop3_dots_not_stuffed;
mod pop3_login_delay_ignored;
mod pop3_rset_ignored;
mod pop3_update_without_quit;
mod pop3_utf8_unasked;
mod queue_report_with_sender;
mod queue_reports_twice;
mod relay_deadline_dropped;
mod relay_dots_not_stuffed;
mod relay_equals_in_order;
mod relay_forgets_a_recipient;
mod relay_greeting_ignored;
mod relay_names_not_waited_for;
mod relay_no_helo;
mod relay_original_recipient_unaltered;
mod relay_priority_dropped;
mod relay_repeats_what_was_taken;
mod relay_required_tls_dropped;
mod relay_size_limit_ignored;
mod relay_size_unasked;
mod seams;
mod smtp_binary_by_data;
mod smtp_dot_kept;
mod smtp_limits_too_high;
mod smtp_order_ignored;
mod smtp_parameter_ignored;
mod smtp_utf8_not_told;
mod smtp_vrfy_any;
mod starttls_input_kept;
mod store_answers_before_commit;
mod store_copy_beyond_quota;
mod submission_open;

use std::fmt;

pub(crate) use seams::Seams;

/// Every deviation, by its id.
const ALL: &[Deviation] = &[
    auth_any_password::DEVIATION,
    auth_binding_unchecked::DEVIATION,
    auth_certificate_unverified::DEVIATION,
    auth_external_as_anybody::DEVIATION,
    auth_not_prepared::DEVIATION,
    auth_one_failure::DEVIATION,
    auth_prohibited_ignored::DEVIATION,
    auth_scram_proof_unchecked::DEVIATION,
    auth_token_unchecked::DEVIATION,
    clock_gives_up_at_once::DEVIATION,
    clock_never_tries_again::DEVIATION,
    dsn_notify_ignored::DEVIATION,
    dsn_returns_whole::DEVIATION,
    imap_acl_read_unchecked::DEVIATION,
    imap_append_flags_ignored::DEVIATION,
    imap_append_utf8_unasked::DEVIATION,
    imap_appenduid_of_the_next::DEVIATION,
    imap_binary_encoded::DEVIATION,
    imap_body_lines_off_by_one::DEVIATION,
    imap_catenate_texts_first::DEVIATION,
    imap_charset_taken::DEVIATION,
    imap_close_keeps_deleted::DEVIATION,
    imap_compress_twice::DEVIATION,
    imap_display_by_address::DEVIATION,
    imap_downgraded_numbers::DEVIATION,
    imap_emailid_of_the_mailbox::DEVIATION,
    imap_enabled_echoes::DEVIATION,
    imap_enabled_metadata_silent::DEVIATION,
    imap_examine_changes::DEVIATION,
    imap_expunge_during_fetch::DEVIATION,
    imap_idle_silent::DEVIATION,
    imap_large_literal_unasked::DEVIATION,
    imap_list_annotations_missing::DEVIATION,
    imap_literal_one_short::DEVIATION,
    imap_metadata_private_shown::DEVIATION,
    imap_modified_missing::DEVIATION,
    imap_move_copies::DEVIATION,
    imap_multiappend_in_parts::DEVIATION,
    imap_nested_part_octets_off_by_one::DEVIATION,
    imap_noselect_unmarked::DEVIATION,
    imap_notify_expunge_silent::DEVIATION,
    imap_notify_oldname_missing::DEVIATION,
    imap_notify_uidvalidity_silent::DEVIATION,
    imap_oldname_missing::DEVIATION,
    imap_parameter_pieces_apart::DEVIATION,
    imap_partial_from_the_first::DEVIATION,
    imap_preview_encoded::DEVIATION,
    imap_refused_literal_left::DEVIATION,
    imap_replace_removes_first::DEVIATION,
    imap_rev2_search_response::DEVIATION,
    imap_savedate_of_arrival::DEVIATION,
    imap_search_always_saves::DEVIATION,
    imap_search_not_ignored::DEVIATION,
    imap_sort_date_by_arrival::DEVIATION,
    imap_sort_subject_with_prefixes::DEVIATION,
    imap_special_use_untold::DEVIATION,
    imap_special_uses_unchecked::DEVIATION,
    imap_status_of_leaves::DEVIATION,
    imap_store_adds_replace::DEVIATION,
    imap_thread_without_in_reply_to::DEVIATION,
    imap_uid_expunge_all::DEVIATION,
    imap_uid_fetch_without_uid::DEVIATION,
    imap_uid_search_by_number::DEVIATION,
    imap_uidnext_stays::DEVIATION,
    imap_uidvalidity_stays::DEVIATION,
    imap_unauthenticate_keeps_enabled::DEVIATION,
    imap_unchangedsince_ignored::DEVIATION,
    imap_unselect_expunges::DEVIATION,
    imap_update_silent::DEVIATION,
    imap_url_from_the_start::DEVIATION,
    imap_url_section_ignored::DEVIATION,
    imap_utf8_unasked::DEVIATION,
    imap_vanished_missing::DEVIATION,
    imap_younger_by_days::DEVIATION,
    lmtp_one_reply::DEVIATION,
    pop3_capa_words_missing::DEVIATION,
    pop3_dots_not_stuffed::DEVIATION,
    pop3_login_delay_ignored::DEVIATION,
    pop3_rset_ignored::DEVIATION,
    pop3_update_without_quit::DEVIATION,
    pop3_utf8_unasked::DEVIATION,
    queue_report_with_sender::DEVIATION,
    queue_reports_twice::DEVIATION,
    relay_deadline_dropped::DEVIATION,
    relay_dots_not_stuffed::DEVIATION,
    relay_equals_in_order::DEVIATION,
    relay_forgets_a_recipient::DEVIATION,
    relay_greeting_ignored::DEVIATION,
    relay_names_not_waited_for::DEVIATION,
    relay_no_helo::DEVIATION,
    relay_original_recipient_unaltered::DEVIATION,
    relay_priority_dropped::DEVIATION,
    relay_repeats_what_was_taken::DEVIATION,
    relay_required_tls_dropped::DEVIATION,
    relay_size_limit_ignored::DEVIATION,
    relay_size_unasked::DEVIATION,
    smtp_binary_by_data::DEVIATION,
    smtp_dot_kept::DEVIATION,
    smtp_limits_too_high::DEVIATION,
    smtp_order_ignored::DEVIATION,
    smtp_parameter_ignored::DEVIATION,
    smtp_utf8_not_told::DEVIATION,
    smtp_vrfy_any::DEVIATION,
    starttls_input_kept::DEVIATION,
    store_answers_before_commit::DEVIATION,
    store_copy_beyond_quota::DEVIATION,
    submission_open::DEVIATION,
];

/// Where in the server a deviation is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seam {
    /// Lines and dots of messages on the wire.
    Framer,
    /// Which command is let through in which state.
    Gate,
    /// Who is let in.
    Authentication,
    /// What an IMAP session is told, and when.
    View,
    /// Which messages fit a search.
    Evaluator,
    /// How replies are written.
    Renderer,
    /// How a message is taken apart.
    Structure,
    /// What happens to mail, and when it is promised.
    Store,
    /// What is done with mail for other domains.
    Queue,
    /// When it is done.
    Clock,
}

impl Seam {
    /// All seams.
    pub const ALL: [Self; 10] = [
        Self::Framer,
        Self::Gate,
        Self::Authentication,
        Self::View,
        Self::Evaluator,
        Self::Renderer,
        Self::Structure,
        Self::Store,
        Self::Queue,
        Self::Clock,
    ];

    /// The name, as it is listed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Framer => "framer",
            Self::Gate => "gate",
            Self::Authentication => "authentication",
            Self::View => "view",
            Self::Evaluator => "evaluator",
            Self::Renderer => "renderer",
            Self::Structure => "structure",
            Self::Store => "store",
            Self::Queue => "queue",
            Self::Clock => "clock",
        }
    }
}

impl fmt::Display for Seam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One named way to break one requirement.
#[derive(Clone, Copy)]
pub struct Deviation {
    /// Its name.
    pub id: &'static str,
    /// Where it is mounted.
    pub seam: Seam,
    /// The requirements that the server breaks with it.
    pub breaks: &'static [&'static str],
    /// What the server does instead, in one sentence.
    pub summary: &'static str,
    /// Puts its function in place.
    pub(crate) mount: fn(&mut Seams),
}

impl fmt::Debug for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Deviation({})", self.id)
    }
}

/// Every deviation that the server knows, by id.
#[must_use]
pub fn all() -> &'static [Deviation] {
    ALL
}

/// The deviation of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Deviation> {
    ALL.iter().find(|deviation| deviation.id == id)
}

/// The seams with these deviations mounted, in this order; or the first id that is unknown.
pub(crate) fn mount<'a>(ids: impl IntoIterator<Item = &'a str>) -> Result<Seams, &'a str> {
    let mut seams = Seams::default();
    for id in ids {
        (find(id).ok_or(id)?.mount)(&mut seams);
    }
    Ok(seams)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_named_once_and_says_what_it_breaks() {
        assert!(ALL.is_sorted_by(|a, b| a.id < b.id), "sorted, no id twice");
        for deviation in ALL {
            assert!(!deviation.breaks.is_empty(), "{deviation:?}");
            assert!(!deviation.summary.is_empty(), "{deviation:?}");
        }
    }

    #[test]
    fn mounting_changes_the_seam_and_nothing_else() {
        let reference = Seams::default();
        let changed = mount(["smtp-dot-kept"]).unwrap();
        assert_eq!((reference.framer.unstuff)(b"..x"), b".x");
        assert_eq!((changed.framer.unstuff)(b"..x"), b"..x");
        assert!((changed.gate.smtp_order_kept)());
        assert_eq!(mount(["no-such"]).err(), Some("no-such"));
    }
}
