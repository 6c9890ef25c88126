//! What a client knows of its mailbox, from nothing but the responses it was sent, and what must
//! never be sent to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::response::Response;

/// What of modification sequences the client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sync {
    Plain,
    Condstore,
    Qresync,
}

/// What kind of command is in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum During {
    /// FETCH, STORE or SEARCH by number: nothing may leave the numbering (RFC 3501, 7.4.1).
    Numbers,
    Select,
    Other,
}

/// A message as the client knows it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub(crate) uid: Option<u32>,
    pub(crate) flags: Option<BTreeSet<String>>,
    pub(crate) modseq: Option<u64>,
    /// MODSEQ and FLAGS as they were last told together.
    together: Option<(u64, BTreeSet<String>)>,
}

/// What a client keeps of a mailbox between two SELECTs (RFC 7162, section 6).
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    pub(crate) validity: u32,
    pub(crate) highest: u64,
    pub(crate) messages: BTreeMap<u32, Known>,
}

#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) mailbox: usize,
    pub(crate) read_only: bool,
    pub(crate) sync: Sync,
    pub(crate) messages: Vec<Known>,
    pub(crate) validity: u32,
    /// The HIGHESTMODSEQ that the client would remember.
    pub(crate) highest: u64,
    /// Of the command in progress: the greatest MODSEQ told, and the last HIGHESTMODSEQ.
    greatest: u64,
    code: Option<u64>,
    /// While it is being selected: what the client knows from before.
    before: BTreeMap<u32, Known>,
    /// The UIDs that were told as recent.
    pub(crate) recent: BTreeSet<u32>,
    /// The UIDs of messages whose flags were told during the command in progress.
    pub(crate) told: BTreeSet<u32>,
}

impl View {
    pub(crate) fn new(mailbox: usize, read_only: bool, sync: Sync, cache: Option<&Cache>) -> Self {
        Self {
            mailbox,
            read_only,
            sync,
            messages: Vec::new(),
            validity: 0,
            highest: cache.map_or(0, |cache| cache.highest),
            greatest: 0,
            code: None,
            before: cache.map(|cache| cache.messages.clone()).unwrap_or_default(),
            recent: BTreeSet::new(),
            told: BTreeSet::new(),
        }
    }

    pub(crate) fn begin(&mut self) {
        self.told.clear();
    }

    /// The number of the first message of which the client does not know UID and flags.
    pub(crate) fn first_unknown(&self) -> Option<usize> {
        Some(self.messages.iter().position(|known| known.uid.is_none() || known.flags.is_none())? + 1)
    }

    pub(crate) fn message(&mut self, uid: u32) -> Option<&mut Known> {
        self.messages.iter_mut().find(|known| known.uid == Some(uid))
    }

    pub(crate) fn apply(&mut self, response: &Response, during: During) -> Result<(), String> {
        match response {
            Response::Exists(count) if *count < self.messages.len() => {
                return Err(format!(
                    "EXISTS {count}, where the client knows {} messages",
                    self.messages.len()
                ));
            }
            Response::Exists(count) => self.messages.resize(*count, Known::default()),
            Response::Expunge(number) => self.expunge(*number, during)?,
            Response::Vanished { earlier: true, uids } => self.vanished_earlier(uids, during)?,
            Response::Vanished { earlier: false, uids } => self.vanished(uids, during)?,
            Response::Fetch { number, uid, flags, modseq, .. } => {
                self.fetched(*number, *uid, flags.as_ref(), *modseq)?;
            }
            Response::Condition { code: Some(code), .. } => self.code(code),
            _ => {}
        }
        match response {
            Response::Condition { tag: Some(_), .. } => {
                self.ended();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn code(&mut self, code: &[String]) {
        let number = |place: usize| code.get(place).and_then(|number| number.parse::<u64>().ok());
        match (code[0].as_str(), number(1)) {
            ("UIDVALIDITY", Some(value)) => self.validity = value as u32,
            ("HIGHESTMODSEQ", Some(value)) => self.code = Some(value),
            _ => {}
        }
    }

    /// What the client may remember after a tagged answer (RFC 7162, section 6).
    fn ended(&mut self) {
        let greatest = std::mem::take(&mut self.greatest);
        self.highest = self.code.take().unwrap_or_else(|| self.highest.max(greatest));
    }

    fn expunge(&mut self, number: usize, during: During) -> Result<(), String> {
        if during == During::Numbers {
            return Err("EXPUNGE is told during a command that goes by numbers".to_owned());
        }
        if self.sync == Sync::Qresync {
            return Err("EXPUNGE, where VANISHED was asked for".to_owned());
        }
        if number == 0 || number > self.messages.len() {
            return Err(format!("EXPUNGE {number} of {}", self.messages.len()));
        }
        self.messages.remove(number - 1);
        Ok(())
    }

    fn vanished(&mut self, uids: &[u32], during: During) -> Result<(), String> {
        if during == During::Numbers {
            return Err("VANISHED is told during a command that goes by numbers".to_owned());
        }
        if self.sync != Sync::Qresync {
            return Err("VANISHED was not asked for".to_owned());
        }
        if during == During::Select {
            self.selected()?;
        }
        for uid in uids {
            let place =
                self.place_of(*uid).ok_or(format!("VANISHED {uid}, of which the client never heard"))?;
            self.messages.remove(place);
        }
        Ok(())
    }

    /// Where the message with this UID is, or one of those that it can be.
    fn place_of(&self, uid: u32) -> Option<usize> {
        if let Some(place) = self.messages.iter().position(|known| known.uid == Some(uid)) {
            return Some(place);
        }
        let behind = self.messages.iter().position(|known| known.uid.is_some_and(|other| other > uid));
        let place = behind.unwrap_or(self.messages.len()).checked_sub(1)?;
        self.messages[place].uid.is_none().then_some(place)
    }

    fn vanished_earlier(&mut self, uids: &[u32], during: During) -> Result<(), String> {
        for uid in uids {
            if self.messages.iter().any(|known| known.uid == Some(*uid)) {
                return Err(format!("VANISHED (EARLIER) {uid}, which still has a number"));
            }
            if during == During::Select {
                self.before.remove(uid);
            }
        }
        Ok(())
    }

    fn fetched(
        &mut self,
        number: usize,
        uid: Option<u32>,
        flags: Option<&BTreeSet<String>>,
        modseq: Option<u64>,
    ) -> Result<(), String> {
        let count = self.messages.len();
        let place = number
            .checked_sub(1)
            .filter(|place| *place < count)
            .ok_or(format!("FETCH {number} of {count}"))?;
        if let Some(uid) = uid {
            self.named(place, uid)?;
        }
        let known = &mut self.messages[place];
        let flags = flags.map(|flags| {
            let mut flags = flags.clone();
            if flags.remove("\\Recent")
                && let Some(uid) = known.uid
            {
                self.recent.insert(uid);
            }
            flags
        });
        if let (Some(before), Some(now)) = (known.modseq, modseq)
            && now < before
        {
            return Err(format!("MODSEQ {now} of message {number} after {before}"));
        }
        if let (Some(flags), Some(modseq)) = (&flags, modseq) {
            let before = known.together.replace((modseq, flags.clone()));
            if before.is_some_and(|(at, before)| at == modseq && before != *flags) {
                return Err(format!("other flags of message {number} under the same MODSEQ {modseq}"));
            }
        }
        known.modseq = modseq.or(known.modseq);
        self.greatest = self.greatest.max(modseq.unwrap_or(0));
        if flags.is_some() {
            self.told.extend(known.uid);
            known.flags = flags;
        }
        Ok(())
    }

    /// UIDs never change, and rise with the numbers (RFC 3501, section 2.3.1.1).
    fn named(&mut self, place: usize, uid: u32) -> Result<(), String> {
        let wrong = match self.messages[place].uid {
            Some(known) => known != uid,
            None => {
                self.messages[..place].iter().filter_map(|known| known.uid).any(|before| before >= uid)
                    || self.messages[place + 1..]
                        .iter()
                        .filter_map(|known| known.uid)
                        .any(|behind| behind <= uid)
            }
        };
        if wrong {
            return Err(format!(
                "UID {uid} of message {}, where the client knows {:?}",
                place + 1,
                self.messages
            ));
        }
        self.messages[place].uid = Some(uid);
        Ok(())
    }

    /// The mailbox has been selected: what was known from before and was not told anew still holds.
    pub(crate) fn selected(&mut self) -> Result<(), String> {
        let told: BTreeSet<u32> = self.messages.iter().filter_map(|known| known.uid).collect();
        let before = std::mem::take(&mut self.before);
        let mut rest = before.into_iter().filter(|(uid, _)| !told.contains(uid)).map(|(_, known)| known);
        for place in &mut self.messages {
            if place.uid.is_none()
                && let Some(known) = rest.next()
            {
                *place = known;
            }
        }
        if let Some(left) = rest.next() {
            return Err(format!("{left:?} is still known, and nobody said that it went"));
        }
        let uids: Vec<u32> = self.messages.iter().filter_map(|known| known.uid).collect();
        if !uids.is_sorted() {
            return Err(format!("UIDs that do not rise after resynchronization: {uids:?}"));
        }
        Ok(())
    }

    /// What a client keeps when it leaves the mailbox; nothing where it does not know all of it.
    pub(crate) fn keep(&self) -> Option<Cache> {
        let messages = self
            .messages
            .iter()
            .map(|known| known.flags.as_ref().and(known.uid).map(|uid| (uid, known.clone())));
        let messages = messages.collect::<Option<BTreeMap<_, _>>>()?;
        Some(Cache { validity: self.validity, highest: self.highest, messages })
    }
}
