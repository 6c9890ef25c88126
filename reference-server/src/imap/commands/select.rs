//! SELECT and EXAMINE (RFC 3501, sections 6.3.1 and 6.3.2), with their parameters (RFC 4466,
//! section 2.1): CONDSTORE (RFC 7162, section 3.1.8) and QRESYNC (section 3.2.5).

use super::affected;
use super::fetch::tell_vanished;
use crate::imap::failure::Failure;
use crate::imap::naming::{name_of, resolve};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{
    Cursor, MailboxArgument, ParseError, Parsed, SequenceSet, mailbox, sequence_set, within,
};
use crate::imap::view::{Entry, Numbering, Revision, Sync, View};
use crate::store::{Access, ModSeq, Rights};

/// See [`parse`].
pub(crate) const SELECT: Registered =
    Registered::new("SELECT", Gate::Authenticated, |cursor| parse(cursor, Access::ReadWrite)).of("CONDSTORE");

/// See [`parse`].
pub(crate) const EXAMINE: Registered =
    Registered::new("EXAMINE", Gate::Authenticated, |cursor| parse(cursor, Access::ReadOnly)).of("QRESYNC");

struct Select {
    mailbox: MailboxArgument,
    access: Access,
    sync: Sync,
    resync: Option<Resync>,
}

/// What a client remembers of the mailbox from an earlier session.
struct Resync {
    validity: u32,
    since: ModSeq,
    /// The UIDs that it knows; all of them if it does not say.
    known: Option<SequenceSet>,
    /// Numbers of messages, and the UIDs that they have as far as it knows.
    sample: Option<(SequenceSet, SequenceSet)>,
}

impl Resync {
    /// The UID up to which the client knows of all expunges: that of the last message whose number and
    /// UID it has rightly (RFC 7162, section 3.2.5.2); 0 where there is none.
    fn known_through(&self, view: &View) -> u32 {
        let Some((numbers, uids)) = &self.sample else { return 0 };
        let each = |set: &SequenceSet| set.resolve(0).into_iter().flat_map(|(from, to)| from..=to);
        let told = |number: u32| view.at(usize::try_from(number).ok()?.checked_sub(1)?);
        // Numbers ascend: behind the last message there is nothing to compare.
        let pairs = each(numbers).map_while(told).zip(each(uids));
        pairs.filter(|(message, uid)| message.entry.uid().0 == *uid).last().map_or(0, |(_, uid)| uid)
    }
}

/// ```abnf
/// select        = "SELECT" SP mailbox [select-params]
/// examine       = "EXAMINE" SP mailbox [select-params]
/// select-params = SP "(" select-param *(SP select-param) ")"      ; RFC 4466, section 6
/// select-param  = "CONDSTORE" / "QRESYNC" SP "(" uidvalidity SP mod-sequence-value
///                 [SP known-uids] [SP seq-match-data] ")"         ; RFC 7162, section 7
/// ```
fn parse(cursor: &mut Cursor<'_>, access: Access) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let mailbox = mailbox(cursor)?;
    let mut select = Select { mailbox, access, sync: Sync::Plain, resync: None };
    if !cursor.eat_word(" (") {
        return Ok(Box::new(select));
    }
    loop {
        match cursor.atom()?.to_ascii_uppercase().as_str() {
            "CONDSTORE" => select.sync = Sync::Condstore,
            "QRESYNC" if select.resync.is_none() => {
                cursor.space()?;
                select.resync = Some(resync(cursor)?);
            }
            _ => return Err(ParseError::Syntax("there is no such parameter")),
        }
        if cursor.eat(b')') {
            return Ok(Box::new(select));
        }
        cursor.space()?;
    }
}

/// ```abnf
/// known-uids     = sequence-set
/// seq-match-data = "(" known-sequence-set SP known-uid-set ")"
/// ```
fn resync(cursor: &mut Cursor<'_>) -> Parsed<Resync> {
    cursor.expect(b'(', "the arguments of QRESYNC are a list")?;
    let validity = cursor.nz_number()?;
    cursor.space()?;
    let since = ModSeq(cursor.nz_mod_sequence()?);
    let (mut known, mut sample) = (None, None);
    let mut more = cursor.eat(b' ');
    if more && cursor.peek() != Some(b'(') {
        known = Some(without_star(cursor)?);
        more = cursor.eat(b' ');
    }
    if more {
        cursor.expect(b'(', "a list of numbers and UIDs was expected")?;
        let numbers = without_star(cursor)?;
        cursor.space()?;
        sample = Some((numbers, without_star(cursor)?));
        cursor.expect(b')', "the list of numbers and UIDs does not end")?;
    }
    cursor.expect(b')', "the arguments of QRESYNC do not end")?;
    Ok(Resync { validity, since, known, sample })
}

fn without_star(cursor: &mut Cursor<'_>) -> Parsed<SequenceSet> {
    let set = sequence_set(cursor)?;
    match set.is_plain() {
        true => Ok(set),
        false => Err(ParseError::Syntax("only numbers may stand here")),
    }
}

impl Command for Select {
    /// Whatever was selected is so no more, also when this fails.
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            if self.resync.is_some() && session.sync() < Sync::Qresync {
                return Err(Reply::bad("QRESYNC needs ENABLE QRESYNC first").into());
            }
            if session.selected_view().is_some() {
                session.set_selected(None);
                let mut line = Vec::new();
                Reply::ok("the mailbox before is closed").with(ResponseCode::Closed).write(&mut line, "*");
                session.link.push(&line);
            }
            session.raise_sync(self.sync);
            let name = name_of(&self.mailbox)?;
            let store = session.store();
            let seams = &session.context.shared.seams;
            let needed = (seams.gate.imap_to_select)(Rights::READ);
            let named = resolve(session, &name).await?;
            let snapshot = store.open_mailbox(&named, self.access, needed).await?;
            let told_access = self.access.limited(snapshot.rights);
            let (validity, next) = (snapshot.mailbox.uid_validity.0, snapshot.mailbox.uid_next.0);
            let seams = &session.context.shared.seams;
            let access = (seams.gate.imap_access)(self.access);
            let (told_validity, next) =
                ((seams.view.imap_uid_validity)(validity), (seams.view.imap_uid_next)(next));
            let view = View::new(snapshot, access, session.sync(), session.revision());
            let mut out = Vec::new();
            if session.revision() == Revision::Rev2 {
                affected::tell_selected(&mut out, session, &name, &self.mailbox).await?;
            }
            introduce(&mut out, &view, told_validity, next);
            session.link.write(&out).await?;
            session.set_selected(Some(view));
            if let Some(resync) = self.resync.filter(|resync| resync.validity == validity) {
                tell_changes(session, &resync).await?;
            }
            let reply = match self.access {
                Access::ReadWrite => Reply::ok("SELECT completed"),
                Access::ReadOnly => Reply::ok("EXAMINE completed"),
            };
            Ok(match told_access {
                Access::ReadWrite => reply.with(ResponseCode::ReadWrite),
                Access::ReadOnly => reply.with(ResponseCode::ReadOnly),
            })
        })
    }
}

/// What happened since the client last looked: first what went, then what changed
/// (RFC 7162, sections 3.2.5.1 and 3.2.6).
async fn tell_changes(session: &mut Session, resync: &Resync) -> Result<(), Failure> {
    let ranges = match &resync.known {
        Some(set) => set.resolve(0),
        None => vec![(1, u32::MAX)],
    };
    let through = resync.known_through(session.view()?);
    let behind = ranges.iter().filter(|(_, to)| *to > through);
    let behind: Vec<_> = behind.map(|&(from, to)| (from.max(through.saturating_add(1)), to)).collect();
    tell_vanished(session, &behind, resync.since).await?;
    let view = session.view()?;
    let changed = |entry: &Entry| entry.modseq() > resync.since && within(&ranges, entry.uid().0);
    let entries = view.entries().iter().enumerate();
    let places: Vec<usize> = entries.filter(|(_, entry)| changed(entry)).map(|(place, _)| place).collect();
    let mut out = Vec::new();
    for place in places {
        view.tell_message(&mut out, place, Numbering::Uid);
    }
    session.link.write(&out).await?;
    Ok(())
}

/// The required untagged responses. Where every message is seen there is no first unseen one to
/// name; IMAP4rev2 names none, and counts no recent messages (RFC 9051, section 6.3.2).
fn introduce(out: &mut Vec<u8>, view: &View, validity: u32, next: u32) {
    let flags = view.flag_names();
    out.extend_from_slice(format!("* FLAGS ({flags})\r\n").as_bytes());
    out.extend_from_slice(format!("* {} EXISTS\r\n", view.count()).as_bytes());
    if view.revision() == Revision::Rev1 {
        out.extend_from_slice(format!("* {} RECENT\r\n", view.recent()).as_bytes());
    }
    if let Some(unseen) = view.first_unseen().filter(|_| view.revision() == Revision::Rev1) {
        let code = ResponseCode::Unseen(u32::try_from(unseen).unwrap_or(u32::MAX));
        Reply::ok("first message that is not seen").with(code).write(out, "*");
    }
    let notices = [
        ("flags that can be changed", ResponseCode::PermanentFlags(view.permanent_flags())),
        ("UIDs valid", ResponseCode::UidValidity(validity)),
        ("predicted next UID", ResponseCode::UidNext(next)),
        ("highest modification sequence", ResponseCode::HighestModSeq(view.highest_told().0)),
        ("the same under other names", ResponseCode::MailboxId(view.mailbox())),
    ];
    for (text, code) in notices {
        Reply::ok(text).with(code).write(out, "*");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        AccountId, Flags, Listing, Mailbox, MailboxId, MailboxName, Selectable, Snapshot, Uid, UidValidity,
    };

    fn view(uids: &[u32]) -> View {
        let mut listing = Listing::default();
        for uid in uids {
            listing.push(Uid(*uid), &Flags::new(), ModSeq(1));
        }
        let mailbox = Mailbox {
            special_uses: Vec::new(),
            owner: AccountId(1),
            id: MailboxId(1),
            name: MailboxName::inbox(),
            selectable: Selectable::Yes,
            uid_validity: UidValidity(1),
            uid_next: Uid(100),
            highest_modseq: ModSeq(1),
            recent_from: Uid(100),
        };
        let snapshot = Snapshot { mailbox, listing, rights: Rights::ALL };
        View::new(snapshot, Access::ReadWrite, Sync::Qresync, Revision::Rev1)
    }

    fn through(uids: &[u32], arguments: &str) -> u32 {
        resync(&mut Cursor::whole(arguments.as_bytes(), 0)).unwrap().known_through(&view(uids))
    }

    #[test]
    fn the_last_pair_that_fits_says_what_the_client_knows() {
        assert_eq!(through(&[2, 4, 6], "(1 1)"), 0);
        assert_eq!(through(&[2, 4, 6], "(1 1 1:9 (1,3 2,6))"), 6);
        assert_eq!(through(&[2, 4, 6], "(1 1 (1:3 2,4,7))"), 4);
        assert_eq!(through(&[2, 4, 6], "(1 1 (2 2))"), 0);
        assert_eq!(through(&[], "(1 1 (1 2))"), 0);
        // More numbers than there are messages, and more than there are UIDs, cost nothing.
        assert_eq!(through(&[2, 4, 6], "(1 1 (1:4294967295 2:4294967295))"), 2);
    }
}
