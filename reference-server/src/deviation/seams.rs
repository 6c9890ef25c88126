//! The seams: points at which the server asks how to do something. Each is a struct of
//! functions whose default does what the RFCs want; a deviation puts another function in
//! one place. The code that asks knows no deviation.

use std::borrow::Cow;
use std::ops::Range;

use time::OffsetDateTime;

use crate::auth::{Purpose, Verified, prepare};
use crate::imap::{
    CatenatePart, EmailPlace, Expunges, Literals, MessageUrl, Numbering, OldName, Reads, ResultRange,
    SearchKey, SortFacts,
};
use crate::message::Entity;
use crate::message::collation::Collated;
use crate::message::continuation::{Join, joined};
use crate::message::preview::preview;
use crate::message::transfer::{Decode, decoded};
use crate::net::Early;
use crate::pop3::Ending;
use crate::pop3::policy::Admission;
use crate::queue::Next;
use crate::store::{
    Access, AnswerTiming, Counted, FlagChange, Flags, Happened, Leaves, Message, ModSeq, NewMessage, Notify,
    PrivateOf, Replaced, Returned, Rights, Terms, Which, Writing, for_server,
};

/// All seams of a running server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seams {
    /// Lines and dots of messages on the wire.
    pub(crate) framer: Framer,
    /// Which command is let through in which state.
    pub(crate) gate: Gate,
    /// Who is let in.
    pub(crate) authentication: Authentication,
    /// What an IMAP session is told, and when.
    pub(crate) view: View,
    /// Which messages fit a search.
    pub(crate) evaluator: Evaluator,
    /// How replies are written.
    pub(crate) renderer: Renderer,
    /// How a message is taken apart.
    pub(crate) structure: Structure,
    /// What happens to mail, and when it is promised.
    pub(crate) store: StoreSeam,
    /// What is done with mail for other domains.
    pub(crate) queue: Queue,
    /// When it is done.
    pub(crate) clock: ClockSeam,
}

/// Transparency of message lines (RFC 5321, section 4.5.2; RFC 1939, section 3).
#[derive(Debug, Clone)]
pub(crate) struct Framer {
    /// SMTP DATA: a received line that is not the end of the data, without what the client
    /// put in front of it.
    pub(crate) unstuff: fn(&[u8]) -> &[u8],
    /// POP3: what is put before a line of a multi-line reply that begins with this octet.
    pub(crate) stuff: fn(u8) -> Option<u8>,
    /// SMTP as a client: what is put before a line of a message that begins with this octet.
    pub(crate) relay_stuff: fn(u8) -> Option<u8>,
}

impl Default for Framer {
    fn default() -> Self {
        Self {
            unstuff: |line| line.strip_prefix(b".").unwrap_or(line),
            stuff: |first| (first == b'.').then_some(b'.'),
            relay_stuff: |first| (first == b'.').then_some(b'.'),
        }
    }
}

/// Gates of commands.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    /// SMTP: does a command that came before the one it needs get 503 (RFC 5321, section
    /// 4.1.4)?
    pub(crate) smtp_order_kept: fn() -> bool,
    /// SMTP: is a parameter of MAIL that nobody knows refused (RFC 5321, section 4.1.1.11)?
    pub(crate) smtp_parameters_known: fn() -> bool,
    /// SMTP: may a binary message come by DATA (RFC 3030, section 3)?
    pub(crate) smtp_binary_by_data: fn() -> bool,
    /// POP3: is a login let through that is too soon (RFC 2449, section 6.5)?
    pub(crate) pop3_admits: fn(Admission) -> Admission,
    /// POP3: must UTF8 come before a message with header fields in UTF-8 (RFC 6856, section 2.1)?
    pub(crate) pop3_utf8_needed: fn() -> bool,
    /// IMAP: with which access is a mailbox open that was opened with this one (RFC 3501, section
    /// 6.3.2)?
    pub(crate) imap_access: fn(Access) -> Access,
    /// IMAP: what is sent in header fields to a client that reads this (RFC 3501, section 7.4.2; RFC
    /// 6855, section 8)?
    pub(crate) imap_header_fields: fn(Reads) -> Reads,
    /// IMAP: must ENABLE come before a message with header fields in UTF-8 (RFC 6855, section 4)?
    pub(crate) imap_utf8_needed: fn() -> bool,
    /// IMAP: is a charset refused that goes against ENABLE UTF8=ACCEPT (RFC 9755, section 3)?
    pub(crate) imap_charset_agreed: fn() -> bool,
    /// IMAP: are special uses looked at that are set as an annotation (RFC 6154, section 4)?
    pub(crate) imap_special_uses_checked: fn() -> bool,
    /// What becomes of input that came in plaintext behind STARTTLS (RFC 3207, section 4.2)?
    pub(crate) early_input: fn() -> Early,
    /// Is a message taken for submission from nobody in particular (RFC 6409, section 4.3)?
    pub(crate) submission_open: fn() -> bool,
    /// IMAP: does COMPRESS succeed where it is active (RFC 4978, section 3)?
    pub(crate) imap_compresses_again: fn() -> bool,
    /// IMAP: does what ENABLE has switched on outlive UNAUTHENTICATE (RFC 8437, section 4.1)?
    pub(crate) imap_keeps_enabled: fn() -> bool,
    /// IMAP: which rights SELECT takes, given which it should (RFC 4314, section 4)?
    pub(crate) imap_to_select: fn(Rights) -> Rights,
    /// IMAP: which literals are taken unasked, given those that should be (RFC 7888, section 5)?
    pub(crate) imap_unasked: fn(Literals) -> Literals,
    /// IMAP: is an unasked literal read past whose command is refused (RFC 7888, section 3)?
    pub(crate) imap_skips_refused: fn() -> bool,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            smtp_order_kept: || true,
            smtp_parameters_known: || true,
            smtp_binary_by_data: || false,
            pop3_admits: |admission| admission,
            pop3_utf8_needed: || true,
            imap_access: |access| access,
            imap_header_fields: |reads| reads,
            imap_utf8_needed: || true,
            imap_charset_agreed: || true,
            imap_special_uses_checked: || true,
            early_input: || Early::Forgotten,
            submission_open: || false,
            imap_compresses_again: || false,
            imap_keeps_enabled: || false,
            imap_to_select: |needed| needed,
            imap_unasked: |allowed| allowed,
            imap_skips_refused: || true,
        }
    }
}

/// Authentication.
#[derive(Debug, Clone)]
pub(crate) struct Authentication {
    /// Is a user whose password, or digest of it, is right (or wrong) let in?
    pub(crate) admits: fn(Verified) -> bool,
    /// And one whose SCRAM proof is right (or wrong; RFC 5802, section 5)?
    pub(crate) admits_proof: fn(Verified) -> bool,
    /// And one whose SCRAM message is bound to this channel (or to another; RFC 5802, section 6)?
    pub(crate) admits_binding: fn(Verified) -> bool,
    /// And one whose bearer token is known (or is not; RFC 7628)?
    pub(crate) admits_token: fn(Verified) -> bool,
    /// Is a client certificate believed that an authority has signed (or none has)?
    pub(crate) believes_certificate: fn(Verified) -> bool,
    /// May the holder of a certificate act as the account that it is for (or as another; RFC 4422,
    /// appendix A)?
    pub(crate) admits_identity: fn(Verified) -> bool,
    /// Failed logins of a session before the server hangs up, given those that it is set to (RFC
    /// 4954, section 9).
    pub(crate) failed_logins: fn(u32) -> u32,
    /// A name or a password prepared (SASLprep, RFC 4013); `None` where it cannot be one.
    pub(crate) prepares: fn(&str, Purpose) -> Option<Cow<'_, str>>,
}

impl Default for Authentication {
    fn default() -> Self {
        Self {
            admits: |password| password == Verified::Right,
            admits_proof: |proof| proof == Verified::Right,
            admits_binding: |binding| binding == Verified::Right,
            admits_token: |token| token == Verified::Right,
            believes_certificate: |signed| signed == Verified::Right,
            admits_identity: |same| same == Verified::Right,
            failed_logins: |set| set,
            prepares: prepare,
        }
    }
}

/// What an IMAP session is told of its mailbox, and when.
#[derive(Debug, Clone)]
pub(crate) struct View {
    /// May EXPUNGE be told at the end of a command, given what its kind allows (RFC 3501,
    /// section 7.4.1)?
    pub(crate) imap_expunges: fn(Expunges) -> Expunges,
    /// Are news told while IDLE is in effect (RFC 2177, section 3)?
    pub(crate) imap_idle_tells: fn() -> bool,
    /// What NOTIFY tells of another mailbox, given what happened there (RFC 5465, section 5).
    pub(crate) imap_notify: fn(Happened) -> Happened,
    /// The UIDNEXT that SELECT tells, given what it is (RFC 3501, section 2.3.1.1).
    pub(crate) imap_uid_next: fn(u32) -> u32,
    /// The UIDVALIDITY that SELECT tells, given what it is (RFC 3501, section 2.3.1.1).
    pub(crate) imap_uid_validity: fn(u32) -> u32,
    /// Is it told what joins and leaves the results of a search that is kept up to date (RFC 5267, section
    /// 4.3)?
    pub(crate) imap_contexts_told: fn() -> bool,
    /// Is MODIFIED told of what a conditional STORE left alone (RFC 7162, section 3.1.3)?
    pub(crate) imap_modified_told: fn() -> bool,
    /// Is a name before told on this occasion (RFC 9051, section 6.3.9.7; RFC 5465, section 5.4)?
    pub(crate) imap_old_name_told: fn(OldName) -> bool,
    /// Are expunges of before told by SELECT and FETCH (RFC 7162, sections 3.2.5.1 and 3.2.6)?
    pub(crate) imap_vanished_told: fn() -> bool,
    /// Does LIST tell annotations that it is asked for (RFC 9590, section 3)?
    pub(crate) imap_list_annotations: fn() -> bool,
    /// Is a client that enabled METADATA told what others change (RFC 5464, section 4.4)?
    pub(crate) imap_annotations_told: fn() -> bool,
}

impl Default for View {
    fn default() -> Self {
        Self {
            imap_expunges: |allowed| allowed,
            imap_idle_tells: || true,
            imap_notify: |happened| happened,
            imap_uid_next: |next| next,
            imap_uid_validity: |validity| validity,
            imap_contexts_told: || true,
            imap_modified_told: || true,
            imap_old_name_told: |_| true,
            imap_vanished_told: || true,
            imap_list_annotations: || true,
            imap_annotations_told: || true,
        }
    }
}

/// IMAP SEARCH and SORT.
#[derive(Debug, Clone)]
pub(crate) struct Evaluator {
    /// What NOT makes of its key's answer (RFC 3501, section 6.4.4).
    pub(crate) imap_search_not: fn(bool) -> bool,
    /// The date by which SORT DATE sorts (RFC 5256, section 2.2).
    pub(crate) imap_sort_sent: fn(&SortFacts<'_>) -> OffsetDateTime,
    /// The base subject by which SORT SUBJECT sorts (RFC 5256, section 2.1).
    pub(crate) imap_sort_subject: fn(&SortFacts<'_>) -> Collated,
    /// What SORT DISPLAYFROM and DISPLAYTO sort by, of the first address of this field (RFC 5957, section 3).
    pub(crate) imap_sort_display: fn(&SortFacts<'_>, &str) -> Collated,
    /// The identifiers by which THREAD REFERENCES goes (RFC 5256, section 3).
    pub(crate) imap_references: fn(&SortFacts<'_>) -> Vec<Vec<u8>>,
    /// The keys of a search, given those of the command.
    pub(crate) imap_keys: fn(Vec<SearchKey>) -> Vec<SearchKey>,
    /// Is the outcome of a search saved, given that SAVE asks for it or does not (RFC 5182, section 2.1)?
    pub(crate) imap_search_saves: fn(bool) -> bool,
    /// Which of so many results PARTIAL gives (RFC 9394, section 3.1).
    pub(crate) imap_window: fn(ResultRange, usize) -> Range<usize>,
    /// What numbers the answer to UID SEARCH has, or that to SEARCH (RFC 3501, section 6.4.8).
    pub(crate) imap_search_numbering: fn(Numbering) -> Numbering,
}

impl Default for Evaluator {
    fn default() -> Self {
        Self {
            imap_search_not: |matches| !matches,
            imap_sort_sent: |facts| facts.sent(),
            imap_sort_subject: |facts| facts.subject().0,
            imap_sort_display: |facts, field| facts.display(field),
            imap_references: |facts| facts.references(),
            imap_keys: |keys| keys,
            imap_search_saves: |asked| asked,
            imap_window: ResultRange::within,
            imap_search_numbering: |numbering| numbering,
        }
    }
}

/// Replies.
#[derive(Debug, Clone)]
pub(crate) struct Renderer {
    /// LMTP: how many replies the data has, given the recipients (RFC 2033, section 4.2).
    pub(crate) lmtp_replies: fn(usize) -> usize,
    /// SMTP: the name behind WITH in the trace field (RFC 3848; RFC 6531, section 4.3).
    pub(crate) smtp_protocol: fn(String) -> String,
    /// SMTP: RCPTMAX, given how many recipients are taken (RFC 9422).
    pub(crate) smtp_told_recipients: fn(usize) -> usize,
    /// SMTP: does VRFY confirm users that do not exist (RFC 5321, section 3.5.3)?
    pub(crate) smtp_vrfy_unknown: fn() -> bool,
    /// POP3: a line of the CAPA reply (RFC 2449, section 5).
    pub(crate) pop3_capability: fn(String) -> String,
    /// The names that ENABLED tells, given those that are switched on and those that were asked for
    /// (RFC 5161, section 3.1).
    pub(crate) imap_enabled: fn(Vec<String>, Vec<String>) -> Vec<String>,
    /// Is a mailbox said to have children, given that it has some or has none (RFC 3348, section 3)?
    pub(crate) imap_has_children: fn(bool) -> bool,
    /// What LIST tells of a name that cannot be selected (RFC 3501, section 7.2.2).
    pub(crate) imap_no_mailbox: fn() -> &'static [&'static str],
    /// Does LIST tell special uses (RFC 6154, section 2)?
    pub(crate) imap_special_uses_told: fn() -> bool,
    /// Does LIST tell the STATUS of a mailbox, given that it has children or has none (RFC 5819,
    /// section 2)?
    pub(crate) imap_list_status: fn(bool) -> bool,
    /// The save date that is told of a message (RFC 8514, section 3).
    pub(crate) imap_saved: fn(&Message) -> OffsetDateTime,
    /// The preview of a part that begins with these octets (RFC 8970, section 3.3).
    pub(crate) imap_preview: fn(&Entity<'_>, &[u8]) -> String,
    /// The UID that APPENDUID tells, given the right one (RFC 4315, section 3).
    pub(crate) imap_append_uid: fn(u32) -> u32,
    /// Does the answer to UID FETCH tell the UID unasked (RFC 3501, section 6.4.8)?
    pub(crate) imap_uid_unasked: fn() -> bool,
    /// Of what the EMAILID of a message is made (RFC 8474, section 5.1)?
    pub(crate) imap_email_number: fn(EmailPlace) -> i64,
    /// How many octets FETCH announces for a literal, given how many follow (RFC 3501, section 4.3).
    pub(crate) imap_literal_octets: fn(u64) -> u64,
    /// Is SEARCH answered by ESEARCH in IMAP4rev2 (RFC 9051, section 6.4.4)?
    pub(crate) imap_rev2_esearch: fn() -> bool,
    /// What DOWNGRADED names a message by, given its number and its UID (RFC 6858, section 3).
    pub(crate) imap_downgraded: fn(u32, u32) -> u32,
}

impl Default for Renderer {
    fn default() -> Self {
        Self {
            lmtp_replies: |recipients| recipients,
            smtp_protocol: |name| name,
            smtp_told_recipients: |taken| taken,
            smtp_vrfy_unknown: || false,
            pop3_capability: |line| line,
            imap_enabled: |enabled, _| enabled,
            imap_has_children: |has| has,
            imap_no_mailbox: || &["\\Noselect"],
            imap_special_uses_told: || true,
            imap_list_status: |_| true,
            imap_saved: |message| message.saved,
            imap_preview: preview,
            imap_append_uid: |uid| uid,
            imap_uid_unasked: || true,
            imap_email_number: |place| place.body,
            imap_literal_octets: |octets| octets,
            imap_rev2_esearch: || true,
            imap_downgraded: |_, uid| uid,
        }
    }
}

/// Structure of messages.
#[derive(Debug, Clone)]
pub(crate) struct Structure {
    /// How many lines BODY and BODYSTRUCTURE say that a body has, given how many it has
    /// (RFC 3501, section 7.4.2).
    pub(crate) imap_body_lines: fn(usize) -> usize,
    /// The octets of a part without its transfer encoding (RFC 3516, section 4.3).
    pub(crate) imap_binary: Decode,
    /// How parameters in pieces are told (RFC 2231, section 6).
    pub(crate) imap_parameters: Join,
    /// To what a URL of CATENATE points, given what it says (RFC 4469, section 3).
    pub(crate) imap_url: fn(MessageUrl) -> MessageUrl,
    /// How many octets, given how deep the part lies and how many it has.
    pub(crate) imap_body_octets: fn(usize, usize) -> usize,
}

impl Default for Structure {
    fn default() -> Self {
        Self {
            imap_body_lines: |lines| lines,
            imap_binary: decoded,
            imap_parameters: joined,
            imap_url: |url| url,
            imap_body_octets: |_, octets| octets,
        }
    }
}

/// The store's promises.
#[derive(Debug, Clone)]
pub(crate) struct StoreSeam {
    /// When the answer to a change is given.
    pub(crate) answer: AnswerTiming,
    /// Does a POP3 session that ends like this enter the UPDATE state (RFC 1939, section 6)?
    pub(crate) pop3_updates: fn(Ending) -> bool,
    /// Is IMAP COPY held to the quota (RFC 9208, section 4.3.1)?
    pub(crate) imap_copy_counted: fn() -> Counted,
    /// Does RSET take the marks away (RFC 1939, section 5)?
    pub(crate) pop3_rset_unmarks: fn() -> bool,
    /// What STORE does, given what it is asked to do (RFC 3501, section 6.4.6).
    pub(crate) imap_change: fn(FlagChange) -> FlagChange,
    /// The modification sequence that bounds a conditional STORE (RFC 7162, section 3.1.3).
    pub(crate) imap_unchanged_since: fn(Option<ModSeq>) -> Option<ModSeq>,
    /// The flags of an appended message, given those in the command (RFC 3501, section 6.3.11).
    pub(crate) imap_append_flags: fn(Flags) -> Flags,
    /// Whose private annotations does GETMETADATA tell (RFC 5464, section 3.3)?
    pub(crate) imap_private_entries: fn() -> PrivateOf,
    /// The parts of a message in their order (RFC 4469, section 3).
    pub(crate) imap_parts: fn(Vec<CatenatePart>) -> Vec<CatenatePart>,
    /// The messages of an APPEND in the groups that are all there or not at all (RFC 3502).
    pub(crate) imap_appended: fn(Vec<NewMessage>) -> Vec<Vec<NewMessage>>,
    /// Do messages that are moved leave their mailbox (RFC 6851, section 3.3)?
    pub(crate) imap_moved: fn() -> Leaves,
    /// When a message goes that is replaced (RFC 8508, section 3.4).
    pub(crate) imap_replaced: fn() -> Replaced,
    /// What EXPUNGE and UID EXPUNGE remove, given what they should (RFC 4315, section 2.1).
    pub(crate) imap_expunged: fn(Which) -> Which,
    /// Does UNSELECT expunge (RFC 3691, section 2)?
    pub(crate) imap_unselect_expunges: fn() -> bool,
    /// Does CLOSE expunge (RFC 3501, section 6.4.2)?
    pub(crate) imap_close_expunges: fn() -> bool,
}

impl Default for StoreSeam {
    fn default() -> Self {
        Self {
            answer: AnswerTiming::AfterCommit,
            pop3_updates: |ending| ending == Ending::Quit,
            imap_copy_counted: || Counted::Yes,
            pop3_rset_unmarks: || true,
            imap_change: |change| change,
            imap_unchanged_since: |since| since,
            imap_append_flags: |flags| flags,
            imap_private_entries: || PrivateOf::Oneself,
            imap_parts: |parts| parts,
            imap_appended: |messages| vec![messages],
            imap_moved: || Leaves::Yes,
            imap_replaced: || Replaced::Together,
            imap_expunged: |which| which,
            imap_unselect_expunges: || false,
            imap_close_expunges: || true,
        }
    }
}

/// The outgoing queue.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    /// The return path of a report to this address; `None` is the null reverse-path, which
    /// keeps reports from being answered by reports (RFC 5321, section 4.5.5).
    pub(crate) report_sender: fn(&str) -> Option<String>,
    /// Of what the sender is told of a failure, given what he wants to hear of (RFC 3461, section 5.2).
    pub(crate) notify: fn(Notify) -> Notify,
    /// What comes back with a report of failure, given what he wants back (RFC 3461, section 4.3).
    pub(crate) returned: fn(Option<Returned>) -> Option<Returned>,
    /// How often the sender is told one thing.
    pub(crate) copies: fn() -> usize,
    /// Is SIZE said to a server that offers it, or does not (RFC 5321, section 4.1.1.11)?
    pub(crate) says_size: fn(bool) -> bool,
    /// Is a message kept from a server that tells by SIZE that it is too large (RFC 1870, section 7)?
    pub(crate) heeds_size: fn() -> bool,
    /// The terms on which a message goes on, given those on which it came (RFC 8689; RFC 2852; RFC 6710).
    pub(crate) terms: fn(Terms) -> Terms,
    /// ORCPT as a next server is told it (RFC 6533, section 3).
    pub(crate) original_recipient: fn(&str, Writing) -> String,
    /// To how many recipients the next server is asked to deliver, given how many there are.
    pub(crate) named: fn(usize) -> usize,
    /// How often a message is handed over that is taken each time.
    pub(crate) hand_overs: fn() -> usize,
    /// The place of a mail exchanger among those of its preference, given one that chance has chosen
    /// (RFC 5321, section 5.1).
    pub(crate) place_among_equals: fn(u32) -> u32,
    /// Does mail wait while the name server fails (RFC 5321, section 5.1)?
    pub(crate) waits_for_names: fn() -> bool,
    /// Is HELO said where EHLO is not understood (RFC 5321, section 3.2)?
    pub(crate) says_helo: fn() -> bool,
    /// Does a session go on behind a greeting or a reply to HELO of this code (RFC 5321, sections 3.1
    /// and 4.1.4)?
    pub(crate) is_welcome: fn(u16) -> bool,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            report_sender: |_| None,
            notify: |notify| notify,
            returned: |returned| returned,
            copies: || 1,
            says_size: |offered| offered,
            heeds_size: || true,
            terms: |terms| terms,
            original_recipient: for_server,
            named: |recipients| recipients,
            hand_overs: || 1,
            place_among_equals: |chance| chance,
            waits_for_names: || true,
            says_helo: || true,
            is_welcome: |code| (200..300).contains(&code),
        }
    }
}

/// The queue's clock.
#[derive(Debug, Clone)]
pub(crate) struct ClockSeam {
    /// What follows a failure that may pass, given what the schedule says (RFC 5321, section
    /// 4.5.4.1).
    pub(crate) after_failure: fn(Next) -> Next,
}

impl Default for ClockSeam {
    fn default() -> Self {
        Self { after_failure: |next| next }
    }
}
