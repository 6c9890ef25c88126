//! What NOTIFY asks for (RFC 5465, sections 3.1, 5, 6 and 8).

use super::cursor::{Cursor, ParseError, Parsed};
use super::fetch::{FetchItem, fetch_attributes};
use super::mailbox::{MailboxArgument, mailbox};

/// The most groups in one NOTIFY, and the most events in one group.
const LIMIT: usize = 100;

/// The most mailbox names in one NOTIFY.
const NAME_LIMIT: usize = 1000;

/// The arguments of NOTIFY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotifyProgram {
    /// Nothing is to be told any more.
    None,
    /// These events are to be told, and no others.
    Set(StatusNow, Vec<NotifyGroup>),
}

/// Whether the numbers of the mailboxes are told at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatusNow {
    /// They are.
    Told,
    /// The client knows them.
    Left,
}

/// Events of some mailboxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotifyGroup {
    /// The mailboxes.
    pub(crate) mailboxes: NotifyMailboxes,
    /// The events; none where the client wrote NONE.
    pub(crate) events: Vec<NotifyEvent>,
}

/// Which mailboxes (section 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotifyMailboxes {
    /// The selected one.
    Selected,
    /// The selected one, with expunges told only when a command allows it.
    SelectedDelayed,
    /// Those into which mail is delivered.
    Inboxes,
    /// The user's own.
    Personal,
    /// Those that the user has subscribed to.
    Subscribed,
    /// These and all below them.
    Subtree(Vec<MailboxArgument>),
    /// These.
    Named(Vec<MailboxArgument>),
}

impl NotifyMailboxes {
    fn is_selected(&self) -> bool {
        matches!(self, Self::Selected | Self::SelectedDelayed)
    }
}

/// An event (section 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotifyEvent {
    /// New messages, and what is to be told of them in the selected mailbox.
    MessageNew(Vec<FetchItem>),
    /// Expunged messages.
    MessageExpunge,
    /// Changed flags.
    FlagChange,
    /// Mailboxes that are created, deleted or renamed.
    MailboxName,
    /// Names that are subscribed, or are so no more.
    SubscriptionChange,
    /// Annotations of mailboxes (section 5.6).
    MailboxMetadataChange,
    /// Annotations of the server (section 5.7).
    ServerMetadataChange,
    /// One that this server does not know: the command is refused, though nothing is wrong with it.
    Unsupported,
}

/// ```abnf
/// notify           = "NOTIFY" SP (notify-set / notify-none)      ; RFC 5465, section 8
/// notify-set       = "SET" [status-indicator] SP event-groups
/// notify-none      = "NONE"
/// status-indicator = SP "STATUS"
/// event-groups     = event-group *(SP event-group)
/// ```
pub(crate) fn notify_program(cursor: &mut Cursor<'_>) -> Parsed<NotifyProgram> {
    cursor.space()?;
    match cursor.atom()?.to_ascii_uppercase().as_str() {
        "NONE" => return Ok(NotifyProgram::None),
        "SET" => {}
        _ => return Err(ParseError::Syntax("SET or NONE was expected")),
    }
    let status = if cursor.eat_word(" STATUS") { StatusNow::Told } else { StatusNow::Left };
    let mut groups: Vec<NotifyGroup> = Vec::new();
    let mut names: usize = 0;
    loop {
        cursor.space()?;
        let group = group(cursor)?;
        if group.mailboxes.is_selected() && groups.iter().any(|known| known.mailboxes.is_selected()) {
            return Err(ParseError::Syntax("only one SELECTED or SELECTED-DELAYED is allowed"));
        }
        if let NotifyMailboxes::Subtree(some) | NotifyMailboxes::Named(some) = &group.mailboxes {
            names = names.saturating_add(some.len());
        }
        groups.push(group);
        if groups.len() > LIMIT || names > NAME_LIMIT {
            return Err(ParseError::Limit("too many mailboxes to watch"));
        }
        if cursor.peek() != Some(b' ') {
            return Ok(NotifyProgram::Set(status, groups));
        }
    }
}

/// ```abnf
/// event-group = "(" filter-mailboxes SP events ")"
/// ```
fn group(cursor: &mut Cursor<'_>) -> Parsed<NotifyGroup> {
    cursor.expect(b'(', "a group of events is a list")?;
    let mailboxes = mailboxes(cursor)?;
    cursor.space()?;
    let events = events(cursor)?;
    cursor.expect(b')', "the group of events does not end")?;
    let has = |wanted: fn(&NotifyEvent) -> bool| events.iter().any(wanted);
    let new = has(|event| matches!(event, NotifyEvent::MessageNew(_)));
    let expunge = has(|event| *event == NotifyEvent::MessageExpunge);
    if new != expunge {
        return Err(ParseError::Syntax("MessageNew and MessageExpunge stand only together"));
    }
    if has(|event| *event == NotifyEvent::FlagChange) && !new {
        return Err(ParseError::Syntax("FlagChange stands only beside MessageNew and MessageExpunge"));
    }
    let named = |event: &NotifyEvent| {
        matches!(
            event,
            NotifyEvent::MailboxName
                | NotifyEvent::SubscriptionChange
                | NotifyEvent::MailboxMetadataChange
                | NotifyEvent::ServerMetadataChange
        )
    };
    if mailboxes.is_selected() && has(named) {
        return Err(ParseError::Syntax("only events of messages are possible for the selected mailbox"));
    }
    let fetches = |event: &NotifyEvent| matches!(event, NotifyEvent::MessageNew(items) if !items.is_empty());
    if !mailboxes.is_selected() && has(fetches) {
        return Err(ParseError::Syntax("data items are told of the selected mailbox only"));
    }
    Ok(NotifyGroup { mailboxes, events })
}

/// ```abnf
/// filter-mailboxes          = filter-mailboxes-selected / filter-mailboxes-other
/// filter-mailboxes-other    = "inboxes" / "personal" / "subscribed" /
///                             ("subtree" SP one-or-more-mailbox) / ("mailboxes" SP one-or-more-mailbox)
/// filter-mailboxes-selected = "selected" / "selected-delayed"
/// ```
fn mailboxes(cursor: &mut Cursor<'_>) -> Parsed<NotifyMailboxes> {
    Ok(match cursor.atom()?.to_ascii_uppercase().as_str() {
        "SELECTED" => NotifyMailboxes::Selected,
        "SELECTED-DELAYED" => NotifyMailboxes::SelectedDelayed,
        "INBOXES" => NotifyMailboxes::Inboxes,
        "PERSONAL" => NotifyMailboxes::Personal,
        "SUBSCRIBED" => NotifyMailboxes::Subscribed,
        "SUBTREE" => NotifyMailboxes::Subtree(names(cursor)?),
        "MAILBOXES" => NotifyMailboxes::Named(names(cursor)?),
        _ => return Err(ParseError::Syntax("there is no such kind of mailboxes")),
    })
}

/// ```abnf
/// one-or-more-mailbox = mailbox / many-mailboxes
/// many-mailboxes      = "(" mailbox *(SP mailbox) ")"
/// ```
fn names(cursor: &mut Cursor<'_>) -> Parsed<Vec<MailboxArgument>> {
    cursor.space()?;
    if !cursor.eat(b'(') {
        return Ok(vec![mailbox(cursor)?]);
    }
    let mut names = Vec::new();
    loop {
        names.push(mailbox(cursor)?);
        if names.len() > NAME_LIMIT {
            return Err(ParseError::Limit("too many mailboxes to watch"));
        }
        if cursor.eat(b')') {
            return Ok(names);
        }
        cursor.space()?;
    }
}

/// ```abnf
/// events        = ("(" event *(SP event) ")") / "NONE"
/// event         = message-event / mailbox-event / user-event / event-ext
/// message-event = ("MessageNew" [SP "(" fetch-att *(SP fetch-att) ")"]) / "MessageExpunge" /
///                 "FlagChange" / "AnnotationChange"
/// mailbox-event = "MailboxName" / "SubscriptionChange" / "MailboxMetadataChange"
/// user-event    = "ServerMetadataChange"
/// event-ext     = atom
/// ```
fn events(cursor: &mut Cursor<'_>) -> Parsed<Vec<NotifyEvent>> {
    if cursor.eat_word("NONE") {
        return Ok(Vec::new());
    }
    cursor.expect(b'(', "a list of events, or NONE, was expected")?;
    let mut events = Vec::new();
    loop {
        let event = match cursor.atom()?.to_ascii_uppercase().as_str() {
            "MESSAGENEW" => {
                let items = if cursor.eat_word(" (") { fetch_attributes(cursor)? } else { Vec::new() };
                NotifyEvent::MessageNew(items)
            }
            "MESSAGEEXPUNGE" => NotifyEvent::MessageExpunge,
            "FLAGCHANGE" => NotifyEvent::FlagChange,
            "MAILBOXNAME" => NotifyEvent::MailboxName,
            "SUBSCRIPTIONCHANGE" => NotifyEvent::SubscriptionChange,
            "MAILBOXMETADATACHANGE" => NotifyEvent::MailboxMetadataChange,
            "SERVERMETADATACHANGE" => NotifyEvent::ServerMetadataChange,
            _ => NotifyEvent::Unsupported,
        };
        events.push(event);
        if events.len() > LIMIT {
            return Err(ParseError::Limit("too many events"));
        }
        if cursor.eat(b')') {
            return Ok(events);
        }
        cursor.space()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Parsed<NotifyProgram> {
        let text = format!(" {text}");
        let mut cursor = Cursor::whole(text.as_bytes(), 0);
        let program = notify_program(&mut cursor)?;
        cursor.end()?;
        Ok(program)
    }

    #[test]
    fn names_of_any_case_and_lists_of_mailboxes_are_read() {
        assert_eq!(parse("none"), Ok(NotifyProgram::None));
        let NotifyProgram::Set(status, groups) = parse(
            "Set Status (Selected-Delayed (messagenew (uid body.peek[header.fields (from to)]) \
             messageexpunge)) (subtree (Lists \"a b\") NONE) (mailboxes inbox (MailboxName))",
        )
        .unwrap() else {
            panic!("no set");
        };
        assert_eq!(status, StatusNow::Told);
        let called = |name: &str, written: &str| MailboxArgument::Name {
            name: name.to_owned(),
            written: written.to_owned(),
        };
        let name = |name| called(name, name);
        assert_eq!(groups[0].mailboxes, NotifyMailboxes::SelectedDelayed);
        assert!(matches!(&groups[0].events[0], NotifyEvent::MessageNew(items) if items.len() == 2));
        assert_eq!(groups[1].mailboxes, NotifyMailboxes::Subtree(vec![name("Lists"), name("a b")]));
        assert!(groups[1].events.is_empty());
        assert_eq!(groups[2].mailboxes, NotifyMailboxes::Named(vec![called("INBOX", "inbox")]));
        assert_eq!(groups[2].events, [NotifyEvent::MailboxName]);
    }

    #[test]
    fn an_event_that_nobody_knows_is_no_error_of_syntax() {
        for event in ["AnnotationChange", "MailboxMetadataChange", "ServerMetadataChange", "X-Other"] {
            assert!(parse(&format!("SET (personal (MailboxName {event}))")).is_ok(), "{event}");
        }
    }

    #[test]
    fn what_the_grammar_or_the_rules_forbid_is_refused() {
        for text in [
            "",
            "SET",
            "SET STATUS",
            "SOME",
            "NONE (personal NONE)",
            "SET personal (MailboxName)",
            "SET (personal)",
            "SET (personal ())",
            "SET (personal MailboxName)",
            "SET (someone (MailboxName))",
            "SET (subtree (MailboxName))",
            "SET (mailboxes () (MailboxName))",
            "SET (personal (MessageNew))",
            "SET (personal (MessageExpunge))",
            "SET (personal (FlagChange))",
            "SET (personal (MessageNew FlagChange))",
            "SET (personal (MessageNew (UID) MessageExpunge))",
            "SET (selected (MailboxName))",
            "SET (selected (MessageNew (ALL) MessageExpunge))",
            "SET (selected (MessageNew () MessageExpunge))",
            "SET (selected NONE) (selected-delayed NONE)",
        ] {
            assert!(matches!(parse(text), Err(ParseError::Syntax(_))), "{text}");
        }
    }

    #[test]
    fn there_is_an_end_to_what_can_be_asked() {
        let names = vec!["x"; NAME_LIMIT + 1].join(" ");
        assert!(matches!(parse(&format!("SET (mailboxes ({names}) NONE)")), Err(ParseError::Limit(_))));
        let groups = vec!["(personal NONE)"; LIMIT + 1].join(" ");
        assert!(matches!(parse(&format!("SET {groups}")), Err(ParseError::Limit(_))));
    }
}
