//! The rules that every reply must keep, by the ids of the ledger.
//!
//! What each asks, in a few words; the whole sentence and the level are in
//! `suites/requirements/`. Where an RFC can be read in two ways, see
//! `suites/interpretations.md`: only what both readings forbid is judged.

use super::Violation;
use super::escape::quote;
use crate::requirement::RequirementId;

/// A rule that every reply must keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its id in the ledger.
    pub id: &'static str,
    /// What it asks, in a few words.
    pub expected: &'static str,
}

impl Rule {
    /// The departure from it that these octets are.
    #[must_use]
    pub fn broken_by(self, octets: &[u8]) -> Violation {
        self.broken(quote(octets))
    }

    /// The departure from it that is told in these words.
    #[must_use]
    pub fn broken(self, actual: String) -> Violation {
        Violation { requirement: RequirementId::new(self.id), expected: self.expected.into(), actual }
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $expected:literal;)*) => {
        $($(#[$doc])* pub const $name: Rule = Rule { id: $id, expected: $expected };)*
        /// Every rule that is judged on replies.
        pub const ALL: &[Rule] = &[$($name),*];
    };
}

rules! {
    /// `Reply-line` (RFC 5321, section 4.2).
    SMTP_REPLY_LINE = "rfc5321-4.2-R1", "three digits, then a space, a hyphen or the line's end";
    /// `Reply-code = %x32-35 %x30-35 %x30-39` (RFC 5321, section 4.2).
    SMTP_SECOND_DIGIT = "rfc5321-4.2-R2", "a second digit from 0 to 5";
    /// `textstring` (RFC 5321, section 4.2).
    SMTP_TEXT = "rfc5321-4.2-R3", "reply text of printable ASCII, spaces and tabs";
    /// A multi-line reply is ended by a line without hyphen (RFC 5321, section 4.2).
    SMTP_LAST_LINE = "rfc5321-4.2-R4", "a last line with a space, not a hyphen, after the code";
    /// The first digit (RFC 5321, section 4.2).
    SMTP_FIRST_DIGIT = "rfc5321-4.2-9", "a first digit from 2 to 5";
    /// A bare code (RFC 5321, section 4.2.1).
    SMTP_BARE_CODE = "rfc5321-4.2.1-3", "a space after the code where no text follows";
    /// One code in all lines (RFC 5321, section 4.2.1).
    SMTP_SAME_CODE = "rfc5321-4.2.1-4", "the same code on every line of the reply";
    /// Line ends (RFC 5321, section 2.3.8).
    SMTP_CRLF = "rfc5321-2.3.8-1", "lines ended by CRLF, no bare CR or LF";
    /// Length of a reply line (RFC 5321, section 4.5.3.1.5).
    SMTP_LENGTH = "rfc5321-4.5.3.1.5-R1", "at most 512 octets in a reply line";

    /// `+OK` and `-ERR` in upper case (RFC 1939, section 3).
    POP3_UPPER_CASE = "rfc1939-3-1", "the status in upper case";
    /// A status at the head of the reply (RFC 1939, section 3).
    POP3_STATUS = "rfc1939-3-R1", "a reply that begins with +OK or -ERR";
    /// Line ends (RFC 1939, section 3).
    POP3_CRLF = "rfc1939-3-R2", "lines ended by CRLF";
    /// Dot-stuffing (RFC 1939, section 3).
    POP3_STUFFING = "rfc1939-3-R3", "a second dot in front of each line that begins with a dot";
    /// The end of a multi-line reply (RFC 1939, section 3).
    POP3_TERMINATOR = "rfc1939-3-R4", "a multi-line reply ended by a line with one dot";
    /// Length of the first line (RFC 2449, section 4).
    POP3_LENGTH = "rfc2449-4-R1", "at most 512 octets in the first line of a reply";

    /// Line ends (RFC 3501, section 2.2).
    IMAP_CRLF = "rfc3501-2.2-R1", "lines ended by CRLF";
    /// A response is tagged, untagged or a continuation request (RFC 3501, section 2.2.2).
    IMAP_RESPONSE = "rfc3501-2.2.2-R1", "a response that begins with a tag, `* ` or `+ `";
    /// The tag of a completion result (RFC 3501, section 2.2.2).
    IMAP_TAG = "rfc3501-2.2.2-R2", "the tag of a command that is not answered yet";
    /// The status words of a completion result (RFC 3501, section 7.1).
    IMAP_TAGGED_STATUS = "rfc3501-7.1-R21", "OK, NO or BAD after the tag";
    /// `resp-text` (RFC 3501, section 9).
    IMAP_RESP_TEXT = "rfc3501-9-R1", "a space after the status word";
    /// `resp-text-code` (RFC 3501, section 9).
    IMAP_CODE = "rfc3501-9-R2", "a response code as the grammar has it";
    /// Exactly one space (RFC 3501, section 9, note 2).
    IMAP_SPACE = "rfc3501-9-R3", "exactly one space between the parts of a response";
    /// No NUL (RFC 3501, section 9, note 3).
    IMAP_NUL = "rfc3501-9-4", "no NUL octet";
    /// `mailbox-data = "FLAGS" SP flag-list` (RFC 3501, section 9).
    IMAP_FLAGS = "rfc3501-9-R4", "FLAGS and a parenthesized list of flags";
    /// `mailbox-list` (RFC 3501, section 9).
    IMAP_LIST = "rfc3501-9-R5", "attributes in parentheses, a quoted delimiter or NIL, a mailbox";
    /// `"SEARCH" *(SP nz-number)` (RFC 3501, section 9).
    IMAP_SEARCH = "rfc3501-9-R6", "SEARCH and numbers that are not zero";
    /// `"STATUS" SP mailbox SP "(" [status-att-list] ")"` (RFC 3501, section 9).
    IMAP_STATUS = "rfc3501-9-R7", "STATUS, a mailbox, and items with numbers in parentheses";
    /// `message-data`, EXISTS and RECENT (RFC 3501, section 9).
    IMAP_NUMBERED = "rfc3501-9-R8", "a number, then EXISTS, RECENT, EXPUNGE or FETCH, and nothing superfluous";
    /// `msg-att` (RFC 3501, section 9).
    IMAP_MSG_ATT = "rfc3501-9-R9", "FETCH and a parenthesized list of items with their values";
    /// `envelope` (RFC 3501, section 9).
    IMAP_ENVELOPE = "rfc3501-9-R10", "an envelope of ten fields as the grammar has it";
    /// `body` (RFC 3501, section 9).
    IMAP_BODY = "rfc3501-9-R11", "a body structure as the grammar has it";
    /// No extension data in BODY, single part (RFC 3501, section 9).
    IMAP_BODY_EXTENSION = "rfc3501-9-7", "no extension data of a part in BODY, only in BODYSTRUCTURE";
    /// No extension data in BODY, multipart (RFC 3501, section 9).
    IMAP_BODY_MULTIPART_EXTENSION = "rfc3501-9-8", "no extension data of a multipart in BODY, only in BODYSTRUCTURE";
    /// `date-time` (RFC 3501, section 9).
    IMAP_DATE_TIME = "rfc3501-9-R12", "a date-time as \"17-Jul-1996 02:44:25 -0700\"";
    /// `CAPABILITY` (RFC 3501, section 7.2.1).
    IMAP_CAPABILITY = "rfc3501-7.2.1-1", "IMAP4rev1 (or IMAP4rev2) among the capabilities";
    /// No non-synchronizing literal from the server (RFC 9051, section 4.3).
    IMAP_LITERAL_PLUS = "rfc9051-4.3-2", "no non-synchronizing literal from the server";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requirement::{Ledger, Level};

    #[test]
    fn every_rule_is_in_the_ledger_and_can_be_departed_from() {
        for rule in ALL {
            let level = Ledger::built_in().level(&RequirementId::new(rule.id));
            assert!(level.is_some_and(|level| level != Level::May), "{}: {level:?}", rule.id);
            assert!(!rule.expected.is_empty());
        }
    }

    #[test]
    fn no_two_rules_share_an_id() {
        let mut ids: Vec<&str> = ALL.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ALL.len());
    }
}
