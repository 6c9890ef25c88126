//! Response codes (RFC 3501, section 7.1; RFC 4315, section 3; RFC 5530, section 3).

use std::fmt;

use super::object::mailbox_id;
use crate::imap::syntax::compact_uid_set;
use crate::store::MailboxId;

/// What a status response says to the program at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResponseCode {
    /// `ALREADYEXISTS`: the mailbox to be made is there already (RFC 5530).
    AlreadyExists,
    /// `APPENDUID`: where the appended message is (RFC 4315).
    AppendUid {
        /// UIDVALIDITY of the destination.
        validity: u32,
        /// The messages' UIDs there, in the order in which they were given.
        uids: Vec<u32>,
    },
    /// `AUTHENTICATIONFAILED`: the credentials are wrong (RFC 5530).
    AuthenticationFailed,
    /// `AUTHORIZATIONFAILED`: the credentials are right, and do not allow to act as somebody else
    /// (RFC 5530).
    AuthorizationFailed,
    /// `BADEVENT`, with the events that NOTIFY knows (RFC 5465, section 3.1).
    BadEvent,
    /// `BADCHARSET`, with the charsets that SEARCH knows.
    BadCharset,
    /// `BADURL`, with the URL of a part that is not there (RFC 4469, section 4.1).
    BadUrl(String),
    /// `CAPABILITY`, with the capabilities in their order.
    Capability(String),
    /// `CANNOT`: such an operation is never possible (RFC 5530).
    Cannot,
    /// `CLIENTBUG`: the client should not have sent such a command (RFC 5530).
    ClientBug,
    /// `CLOSED`: the mailbox that was selected is so no more (RFC 7162, section 3.2.11).
    Closed,
    /// `COMPRESSIONACTIVE`: the connection is compressed already (RFC 4978, section 3).
    CompressionActive,
    /// `COPYUID`: which messages became which (RFC 4315).
    CopyUid {
        /// UIDVALIDITY of the destination.
        validity: u32,
        /// UIDs in the source, in the order of copying.
        from: Vec<u32>,
        /// UIDs in the destination, in the same order.
        to: Vec<u32>,
    },
    /// `CORRUPTION`: what is kept is damaged (RFC 5530).
    Corruption,
    /// `DOWNGRADED`, with the UIDs of messages of which something else was shown than what they have (RFC
    /// 6858, section 3).
    Downgraded(Vec<u32>),
    /// `EXPUNGEISSUED`: some of the messages are gone (RFC 5530).
    ExpungeIssued,
    /// `HASCHILDREN`: a mailbox with inferior names can not be deleted (RFC 9051, section 7.1).
    HasChildren,
    /// `HIGHESTMODSEQ`: up to which change the client knows everything (RFC 7162, section 3.1.2.1).
    HighestModSeq(u64),
    /// `LIMIT`: the server will not go so far (RFC 5530).
    Limit,
    /// `MAILBOXID`, of the mailbox (RFC 8474, section 4).
    MailboxId(MailboxId),
    /// `METADATA LONGENTRIES`, with the octets of the longest value that was left out (RFC 5464, section
    /// 4.2.1).
    MetadataLongEntries(usize),
    /// `METADATA MAXSIZE`, with the octets that a value may have (RFC 5464, section 4.3).
    MetadataMaxSize(u64),
    /// `METADATA TOOMANY`: there are as many annotations as there may be (RFC 5464, section 4.3).
    MetadataTooMany,
    /// `MODIFIED`, with the messages that a conditional STORE left alone: sequence numbers, or UIDs
    /// in answer to UID STORE (RFC 7162, section 3.1.3).
    Modified(Vec<u32>),
    /// `NONEXISTENT`: there is no such mailbox (RFC 5530).
    Nonexistent,
    /// `NOPERM`: the user has not the right to do it (RFC 5530).
    NoPerm,
    /// `NOTIFICATIONOVERFLOW`: more than the server is willing to tell (RFC 5465, section 5.8).
    NotificationOverflow,
    /// `NOUPDATE`, with the tag of a search that is not kept up to date (RFC 5267, section 4.3.1).
    NoUpdate(String),
    /// `OVERQUOTA`: there is no room (RFC 5530).
    OverQuota,
    /// `PERMANENTFLAGS`, with the flags between the parentheses.
    PermanentFlags(String),
    /// `PRIVACYREQUIRED`: not over a connection that others may read (RFC 5530).
    PrivacyRequired,
    /// `READ-ONLY`
    ReadOnly,
    /// `READ-WRITE`
    ReadWrite,
    /// `SERVERBUG`: it is the server's fault (RFC 5530).
    ServerBug,
    /// `TOOBIG`: the message is larger than the server takes (RFC 4469, section 4).
    TooBig,
    /// `TRYCREATE`: the mailbox does not exist, and could.
    TryCreate,
    /// `UIDNEXT`
    UidNext(u32),
    /// `UIDVALIDITY`
    UidValidity(u32),
    /// `USEATTR`: no mailbox can have this special use (RFC 6154, section 3).
    UseAttr,
    /// `UNAVAILABLE`: the server can not do it for now (RFC 5530).
    Unavailable,
    /// `UNKNOWN-CTE`: a transfer encoding that the server can not undo (RFC 3516, section 4.3).
    UnknownCte,
    /// `UNSEEN`, with a message sequence number.
    Unseen(u32),
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyExists => f.write_str("ALREADYEXISTS"),
            Self::AppendUid { validity, uids } => {
                write!(f, "APPENDUID {validity} {}", compact_uid_set(uids))
            }
            Self::AuthenticationFailed => f.write_str("AUTHENTICATIONFAILED"),
            Self::AuthorizationFailed => f.write_str("AUTHORIZATIONFAILED"),
            Self::BadEvent => f.write_str(
                "BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange \
                     MailboxMetadataChange ServerMetadataChange)",
            ),
            Self::BadCharset => f.write_str("BADCHARSET (US-ASCII UTF-8)"),
            Self::BadUrl(url) => write!(f, "BADURL {url}"),
            Self::Capability(list) => write!(f, "CAPABILITY {list}"),
            Self::Cannot => f.write_str("CANNOT"),
            Self::ClientBug => f.write_str("CLIENTBUG"),
            Self::Closed => f.write_str("CLOSED"),
            Self::Corruption => f.write_str("CORRUPTION"),
            Self::CompressionActive => f.write_str("COMPRESSIONACTIVE"),
            Self::CopyUid { validity, from, to } => {
                write!(f, "COPYUID {validity} {} {}", compact_uid_set(from), compact_uid_set(to))
            }
            Self::Downgraded(uids) => write!(f, "DOWNGRADED {}", compact_uid_set(uids)),
            Self::ExpungeIssued => f.write_str("EXPUNGEISSUED"),
            Self::HasChildren => f.write_str("HASCHILDREN"),
            Self::HighestModSeq(value) => write!(f, "HIGHESTMODSEQ {value}"),
            Self::Limit => f.write_str("LIMIT"),
            Self::MailboxId(mailbox) => write!(f, "MAILBOXID ({})", mailbox_id(*mailbox)),
            Self::MetadataLongEntries(octets) => write!(f, "METADATA LONGENTRIES {octets}"),
            Self::MetadataMaxSize(octets) => write!(f, "METADATA MAXSIZE {octets}"),
            Self::MetadataTooMany => f.write_str("METADATA TOOMANY"),
            Self::Modified(set) => write!(f, "MODIFIED {}", compact_uid_set(set)),
            Self::Nonexistent => f.write_str("NONEXISTENT"),
            Self::NoPerm => f.write_str("NOPERM"),
            Self::NotificationOverflow => f.write_str("NOTIFICATIONOVERFLOW"),
            Self::NoUpdate(tag) => write!(f, "NOUPDATE \"{tag}\""),
            Self::OverQuota => f.write_str("OVERQUOTA"),
            Self::PermanentFlags(flags) => write!(f, "PERMANENTFLAGS ({flags})"),
            Self::PrivacyRequired => f.write_str("PRIVACYREQUIRED"),
            Self::ReadOnly => f.write_str("READ-ONLY"),
            Self::ReadWrite => f.write_str("READ-WRITE"),
            Self::ServerBug => f.write_str("SERVERBUG"),
            Self::TooBig => f.write_str("TOOBIG"),
            Self::TryCreate => f.write_str("TRYCREATE"),
            Self::UidNext(number) => write!(f, "UIDNEXT {number}"),
            Self::UidValidity(number) => write!(f, "UIDVALIDITY {number}"),
            Self::UseAttr => f.write_str("USEATTR"),
            Self::Unavailable => f.write_str("UNAVAILABLE"),
            Self::UnknownCte => f.write_str("UNKNOWN-CTE"),
            Self::Unseen(number) => write!(f, "UNSEEN {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uid_sets_of_a_copy_correspond() {
        let code =
            ResponseCode::CopyUid { validity: 38505, from: vec![304, 319, 320], to: vec![3956, 3957, 3958] };
        assert_eq!(code.to_string(), "COPYUID 38505 304,319:320 3956:3958");
        let code = ResponseCode::AppendUid { validity: 38505, uids: vec![3955] };
        assert_eq!(code.to_string(), "APPENDUID 38505 3955");
    }
}
