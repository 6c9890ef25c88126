//! A walk: random commands of some sessions, and what each must have come to.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use crate::random::Random;
use crate::response::{Response, numbers};
use crate::session::{Answer, MAILBOXES, Resync, Session};
use crate::truth::{Flags, Stored, Truth};
use crate::view::{During, Sync, View};
use crate::wire::Log;

const FLAGS: [&str; 7] = ["\\Seen", "\\Answered", "\\Flagged", "\\Draft", "\\Deleted", "$A", "Work"];

/// A mailbox with more messages is emptied by and by.
const CROWDED: usize = 25;

pub(crate) struct Walk {
    random: Random,
    sessions: Vec<Session>,
    auditor: Session,
    /// Known only where commands come one after the other.
    truth: Option<Truth>,
    log: Log,
    messages: usize,
}

/// Messages as a command names them.
struct Targets {
    /// `UID ` or nothing.
    prefix: &'static str,
    set: String,
    /// From 0, in ascending order.
    places: Vec<usize>,
    during: During,
}

impl Walk {
    pub(crate) async fn new(
        address: SocketAddr,
        seed: u64,
        sessions: usize,
        truth: Option<Truth>,
    ) -> Result<Self, String> {
        let log = Log::default();
        let mut all = Vec::new();
        for name in 0..sessions {
            all.push(Session::open(address, name, log.clone()).await?);
        }
        let mut auditor = Session::open(address, sessions, log.clone()).await?;
        auditor.run(&format!("CREATE {}", MAILBOXES[1]), During::Other).await?;
        Ok(Self { random: Random::new(seed), sessions: all, auditor, truth, log, messages: 0 })
    }

    /// What went wrong, and what went over the wire before.
    pub(crate) fn picture(&self, step: usize, wrong: &str) -> String {
        format!("step {step}: {wrong}\n{}", self.log.lines())
    }

    pub(crate) async fn step(&mut self) -> Result<(), String> {
        let s = self.random.below(self.sessions.len());
        if self.random.one_in(100) {
            return self.sessions[s].reconnect().await;
        }
        if self.sessions[s].idle.is_some() {
            return self.done(s).await;
        }
        if self.random.one_in(20) {
            self.audit().await?;
        }
        let Some(view) = &self.sessions[s].view else {
            return self.outside(s).await;
        };
        if view.messages.len() > CROWDED {
            return self.thin_out(s).await;
        }
        if self.random.below(2) == 0 {
            self.learn(s).await?;
        }
        match self.random.below(22) {
            0..=4 => self.store(s).await,
            5..=6 => self.expunge(s).await,
            7..=8 => self.copy(s, "COPY").await,
            9 => self.copy(s, "MOVE").await,
            10..=11 => self.append(s).await,
            12..=14 => self.fetch(s).await,
            15..=16 => self.search(s).await,
            17..=18 => self.simple(s, "NOOP").await,
            19 => self.simple(s, "CHECK").await,
            20 => self.idle(s).await,
            _ => self.leave(s).await,
        }
    }

    /// Everyone hears the last news; then a fresh session must find what each of them knows.
    pub(crate) async fn finish(&mut self) -> Result<(), String> {
        for s in 0..self.sessions.len() {
            if self.sessions[s].idle.is_some() {
                self.done(s).await?;
            }
            self.simple(s, "NOOP").await?;
            self.sessions[s].learn().await?;
        }
        for mailbox in 0..MAILBOXES.len() {
            self.auditor.caches = [None, None];
            self.auditor.select(mailbox, true, Resync::Not).await?;
            self.auditor.learn().await?;
            let store = self.auditor.view.clone().unwrap();
            if let Some(truth) = &self.truth {
                truth.mailboxes[mailbox].compare(&store, During::Other)?;
            }
            let views = self.sessions.iter().filter_map(|session| session.view.as_ref());
            for view in views.filter(|view| view.mailbox == mailbox) {
                same(view, &store)?;
            }
        }
        Ok(())
    }

    async fn learn(&mut self, s: usize) -> Result<(), String> {
        match self.sessions[s].learn().await? {
            true => self.compare(s, During::Numbers),
            false => Ok(()),
        }
    }

    fn compare(&mut self, s: usize, during: During) -> Result<(), String> {
        let session = &self.sessions[s];
        let (Some(truth), Some(view)) = (&mut self.truth, &session.view) else {
            return Ok(());
        };
        let mailbox = &mut truth.mailboxes[view.mailbox];
        mailbox.compare(view, during)?;
        mailbox.check_recent(view, (session.selection << 8) | s as u64)
    }

    async fn simple(&mut self, s: usize, command: &str) -> Result<(), String> {
        let answer = self.sessions[s].run(command, During::Other).await?;
        self.expect_ok(&answer)?;
        self.compare(s, During::Other)
    }

    fn expect_ok(&self, answer: &Answer) -> Result<(), String> {
        match answer.is_ok() {
            true => Ok(()),
            false => Err(format!("{} {:?}", answer.word, answer.code)),
        }
    }

    /// STATUS by someone who has nothing selected.
    async fn audit(&mut self) -> Result<(), String> {
        let mailbox = self.random.below(2);
        let command =
            format!("STATUS {} (MESSAGES UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ)", MAILBOXES[mailbox]);
        let answer = self.auditor.run(&command, During::Other).await?;
        let items = answer.untagged.iter().find_map(|response| match response {
            Response::Status { mailbox: name, items } if *name == MAILBOXES[mailbox] => Some(items),
            _ => None,
        });
        let items = items.ok_or("no STATUS")?;
        match &mut self.truth {
            Some(truth) => truth.mailboxes[mailbox].check_status(items),
            None => Ok(()),
        }
    }

    /// With no mailbox selected.
    async fn outside(&mut self, s: usize) -> Result<(), String> {
        if self.random.one_in(4) {
            return self.append(s).await;
        }
        let session = &mut self.sessions[s];
        if session.sync != Sync::Qresync && self.random.one_in(2) {
            let (word, sync) =
                *self.random.pick(&[("QRESYNC", Sync::Qresync), ("CONDSTORE", Sync::Condstore)]);
            session.run(&format!("ENABLE {word}"), During::Other).await?;
            session.sync = session.sync.max(sync);
        }
        self.select(s).await
    }

    async fn select(&mut self, s: usize) -> Result<(), String> {
        let (mailbox, read_only) = (self.random.below(2), self.random.one_in(8));
        let resync = *self.random.pick(&[Resync::OfAll, Resync::OfAll, Resync::OfKnown, Resync::Not]);
        let resync = self.sessions[s].select(mailbox, read_only, resync).await?;
        let unknown = self.sessions[s].view.as_ref().and_then(View::first_unknown);
        if self.truth.is_some() && resync == Resync::OfAll && unknown.is_some() {
            return Err(format!("resynchronization told nothing of message {unknown:?}"));
        }
        self.compare(s, During::Select)
    }

    /// CLOSE, UNSELECT, or another SELECT.
    async fn leave(&mut self, s: usize) -> Result<(), String> {
        let command = *self.random.pick(&["CLOSE", "UNSELECT", "SELECT"]);
        if command == "SELECT" {
            return self.select(s).await;
        }
        // What is expunged is not told, and other news need not be: what the client keeps is older.
        let answer = self.sessions[s].run(command, During::Other).await?;
        self.expect_ok(&answer)?;
        let view = self.sessions[s].view.as_ref().unwrap();
        if let Some(truth) = &mut self.truth
            && command == "CLOSE"
            && !view.read_only
        {
            let mailbox = &mut truth.mailboxes[view.mailbox];
            for uid in deleted(mailbox.messages.iter()) {
                mailbox.remove(uid);
            }
        }
        self.sessions[s].leave();
        Ok(())
    }

    async fn idle(&mut self, s: usize) -> Result<(), String> {
        let session = &mut self.sessions[s];
        let tag = session.wire.send("IDLE").await;
        loop {
            let response = session.wire.response().await?;
            session.apply(&response, During::Other)?;
            if matches!(response, Response::Continue) {
                session.idle = Some(tag);
                return Ok(());
            }
        }
    }

    /// A client that idles is told everything without asking; then it says DONE.
    async fn done(&mut self, s: usize) -> Result<(), String> {
        while let Err(missing) = self.compare(s, During::Other) {
            let response = self.sessions[s].wire.response().await;
            let response = response.map_err(|silence| format!("{silence} while it idles: {missing}"))?;
            self.sessions[s].apply(&response, During::Other)?;
        }
        let session = &mut self.sessions[s];
        let tag = session.idle.take().unwrap();
        session.wire.send_line("DONE").await;
        let answer = session.answer(&tag, During::Other).await?;
        self.expect_ok(&answer)?;
        self.compare(s, During::Other)
    }

    async fn append(&mut self, s: usize) -> Result<(), String> {
        self.messages += 1;
        let (mailbox, flags) = (self.random.below(2), self.some_flags());
        let subject = format!("s{}.{s}.", self.messages);
        let message = format!("Subject: {subject}\r\n\r\nx\r\n");
        let list = flags.iter().cloned().collect::<Vec<_>>().join(" ");
        let command = format!("APPEND {} ({list}) {{{}+}}\r\n{message}", MAILBOXES[mailbox], message.len());
        let answer = self.sessions[s].run(&command, During::Other).await?;
        self.expect_ok(&answer)?;
        let code = answer.code("APPENDUID").ok_or("no APPENDUID")?;
        let (validity, uid) = (numbers(&code[0])[0], numbers(&code[1])[0]);
        if let Some(truth) = &mut self.truth {
            truth.mailboxes[mailbox].add(validity, uid, Stored { flags, subject })?;
        }
        self.compare(s, During::Other)
    }

    fn some_flags(&mut self) -> Flags {
        let mut flags = Flags::new();
        for _ in 0..self.random.below(3) {
            flags.insert((*self.random.pick(&FLAGS)).to_owned());
        }
        flags
    }

    /// Some of the messages that the client knows; none where it knows none.
    async fn targets(&mut self, s: usize) -> Result<Option<Targets>, String> {
        self.learn(s).await?;
        let view = self.sessions[s].view.as_ref().unwrap();
        let count = view.messages.len();
        if count == 0 || view.first_unknown().is_some() {
            return Ok(None);
        }
        let from = self.random.below(count);
        let places: Vec<usize> = match self.random.below(4) {
            0 => vec![from],
            1 => (from..count.min(from + 1 + self.random.below(5))).collect(),
            2 => (from..count).collect(),
            _ => BTreeSet::from([from, self.random.below(count), self.random.below(count)])
                .into_iter()
                .collect(),
        };
        let by_uid = self.random.one_in(2);
        let name = |place: &usize| match by_uid {
            true => view.messages[*place].uid.unwrap().to_string(),
            false => (place + 1).to_string(),
        };
        let (first, last) = (name(places.first().unwrap()), name(places.last().unwrap()));
        let adjoining = places.last().unwrap() - places.first().unwrap() + 1 == places.len();
        let set = match adjoining {
            true if *places.last().unwrap() + 1 == count && self.random.one_in(2) => format!("{first}:*"),
            true => format!("{last}:{first}"),
            false => places.iter().map(name).collect::<Vec<_>>().join(","),
        };
        let (prefix, during) = if by_uid { ("UID ", During::Other) } else { ("", During::Numbers) };
        Ok(Some(Targets { prefix, set, places, during }))
    }

    /// The UIDs at these places of messages that are there, as far as that is known.
    fn alive(&self, s: usize, places: &[usize]) -> Vec<u32> {
        let view = self.sessions[s].view.as_ref().unwrap();
        let uids = places.iter().filter_map(|place| view.messages[*place].uid);
        let there = |uid: &u32| {
            self.truth.as_ref().is_none_or(|truth| truth.mailboxes[view.mailbox].messages.contains_key(uid))
        };
        uids.filter(there).collect()
    }

    /// Whether one of the messages has been expunged and still has a number: only then a command
    /// may fail (RFC 2180). Unknown where others are at work.
    fn some_gone(&self, targets: &Targets, alive: &[u32]) -> Option<bool> {
        match (targets.prefix.is_empty(), &self.truth) {
            (false, _) => Some(false),
            (true, Some(_)) => Some(alive.len() < targets.places.len()),
            (true, None) => None,
        }
    }

    async fn store(&mut self, s: usize) -> Result<(), String> {
        let Some(targets) = self.targets(s).await? else { return self.append(s).await };
        let flags = self.some_flags();
        let sign = *self.random.pick(&["+", "+", "-", ""]);
        let silent = self.random.one_in(2);
        let change = |before: &mut Flags| match sign {
            "+" => before.extend(flags.iter().cloned()),
            "-" => before.retain(|flag| !flags.contains(flag)),
            _ => before.clone_from(&flags),
        };
        let uids = self.alive(s, &targets.places);
        let view = self.sessions[s].view.as_mut().unwrap();
        let (before, mailbox) = (view.clone(), view.mailbox);
        let since = self.random.one_in(5).then(|| view.highest.saturating_sub(self.random.below(6) as u64));
        if silent {
            // What the client asked for counts as known, unless it is told otherwise.
            for place in &targets.places {
                view.messages[*place].flags.as_mut().map(change);
            }
        }
        let condition = since.map(|since| format!(" (UNCHANGEDSINCE {since})")).unwrap_or_default();
        let list = flags.iter().cloned().collect::<Vec<_>>().join(" ");
        let (prefix, set) = (targets.prefix, &targets.set);
        let suffix = if silent { ".SILENT" } else { "" };
        let command = format!("{prefix}STORE {set}{condition} {sign}FLAGS{suffix} ({list})");
        let answer = self.sessions[s].run(&command, targets.during).await?;
        if since.is_some() {
            self.sessions[s].sync = self.sessions[s].sync.max(Sync::Condstore);
        }
        let some_gone = self.some_gone(&targets, &uids);
        match (before.read_only, answer.is_ok()) {
            (true, true) => return Err("STORE in a mailbox that was opened read-only".to_owned()),
            (false, false) if some_gone == Some(false) => {
                return Err(format!("STORE of messages that are all there: {answer:?}"));
            }
            _ => {}
        }
        let modified = answer.code("MODIFIED").map(|code| numbers(&code[0])).unwrap_or_default();
        let view = self.sessions[s].view.as_mut().unwrap();
        for place in &targets.places {
            let known = &before.messages[*place];
            let uid = known.uid.unwrap();
            let name = if targets.prefix.is_empty() { *place as u32 + 1 } else { uid };
            let left_alone = before.read_only || modified.contains(&name);
            if left_alone && !view.told.contains(&uid) {
                // It is as it was.
                if let Some(now) = view.message(uid) {
                    now.flags.clone_from(&known.flags);
                }
            }
            let (true, Some(truth)) = (!left_alone && uids.contains(&uid), &mut self.truth) else { continue };
            if since.is_some() && since < known.modseq {
                return Err(format!(
                    "UNCHANGEDSINCE {since:?} changed UID {uid} with MODSEQ {:?}",
                    known.modseq
                ));
            }
            truth.mailboxes[mailbox].store(uid, change);
        }
        self.compare(s, targets.during)
    }

    async fn expunge(&mut self, s: usize) -> Result<(), String> {
        let targets = if self.random.one_in(2) { self.targets(s).await? } else { None };
        let targets = targets.filter(|targets| !targets.prefix.is_empty());
        let command = match &targets {
            Some(targets) => format!("UID EXPUNGE {}", targets.set),
            None => "EXPUNGE".to_owned(),
        };
        let among = targets.map(|targets| self.alive(s, &targets.places));
        let answer = self.sessions[s].run(&command, During::Other).await?;
        let view = self.sessions[s].view.as_ref().unwrap();
        if answer.is_ok() == view.read_only {
            return Err(format!("EXPUNGE, read-only: {}: {answer:?}", view.read_only));
        }
        if let Some(truth) = self.truth.as_mut().filter(|_| answer.is_ok()) {
            let mailbox = &mut truth.mailboxes[view.mailbox];
            for uid in deleted(mailbox.messages.iter()) {
                if among.as_ref().is_none_or(|among| among.contains(&uid)) {
                    mailbox.remove(uid);
                }
            }
        }
        self.compare(s, During::Other)
    }

    /// Marks half of a crowded mailbox, and expunges.
    async fn thin_out(&mut self, s: usize) -> Result<(), String> {
        let view = self.sessions[s].view.as_ref().unwrap();
        if view.read_only || view.first_unknown().is_some() {
            self.leave(s).await?;
            if self.sessions[s].view.is_some() {
                self.sessions[s].learn().await?;
            }
            return Ok(());
        }
        let mailbox = view.mailbox;
        let uids: Vec<u32> = view.messages.iter().step_by(2).filter_map(|known| known.uid).collect();
        let set: Vec<String> = uids.iter().map(u32::to_string).collect();
        let answer = self.sessions[s]
            .run(&format!("UID STORE {} +FLAGS (\\Deleted)", set.join(",")), During::Other)
            .await?;
        self.expect_ok(&answer)?;
        if let Some(truth) = &mut self.truth {
            for uid in uids {
                truth.mailboxes[mailbox].store(uid, |flags| {
                    flags.insert("\\Deleted".to_owned());
                });
            }
        }
        self.compare(s, During::Other)?;
        self.expunge(s).await
    }

    async fn copy(&mut self, s: usize, word: &str) -> Result<(), String> {
        let Some(targets) = self.targets(s).await? else { return self.append(s).await };
        let to = self.random.below(2);
        let view = self.sessions[s].view.as_ref().unwrap();
        let (from, read_only) = (view.mailbox, view.read_only);
        let uids = self.alive(s, &targets.places);
        let command = format!("{}{word} {} {}", targets.prefix, targets.set, MAILBOXES[to]);
        let answer = self.sessions[s].run(&command, During::Other).await?;
        let refused = match read_only && word == "MOVE" {
            true => Some(true),
            false => self.some_gone(&targets, &uids),
        };
        if refused.is_some_and(|refused| answer.is_ok() == refused) {
            return Err(format!("{word}, where {refused:?} is whether it must be refused: {answer:?}"));
        }
        let copied = answer.code("COPYUID").map_or(0, |code| numbers(&code[1]).len());
        if targets.prefix.is_empty() && answer.is_ok() && copied != targets.places.len() {
            return Err(format!("{word} of a part: {answer:?}"));
        }
        if let Some(truth) = self.truth.as_mut().filter(|_| answer.is_ok() && !uids.is_empty()) {
            let code = answer.code("COPYUID").ok_or("no COPYUID")?;
            let (validity, sources, copies) = (numbers(&code[0])[0], numbers(&code[1]), numbers(&code[2]));
            if sources != uids || copies.len() != uids.len() {
                return Err(format!("COPYUID {code:?} of {uids:?}"));
            }
            for (source, copy) in sources.into_iter().zip(copies) {
                let message = truth.mailboxes[from].messages[&source].clone();
                truth.mailboxes[to].add(validity, copy, message)?;
                if word == "MOVE" {
                    truth.mailboxes[from].remove(source);
                }
            }
        }
        self.compare(s, During::Other)
    }

    async fn fetch(&mut self, s: usize) -> Result<(), String> {
        let Some(targets) = self.targets(s).await? else { return self.append(s).await };
        let uids = self.alive(s, &targets.places);
        let items = *self.random.pick(&[
            "FLAGS",
            "(UID FLAGS MODSEQ)",
            "(UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])",
            "(FLAGS BODY[HEADER.FIELDS (SUBJECT)])",
        ]);
        if items.contains("MODSEQ") {
            self.sessions[s].sync = self.sessions[s].sync.max(Sync::Condstore);
        }
        let view = self.sessions[s].view.clone().unwrap();
        if let Some(truth) = self.truth.as_mut().filter(|_| items.contains("BODY[") && !view.read_only) {
            for uid in &uids {
                truth.mailboxes[view.mailbox].store(*uid, |flags| {
                    flags.insert("\\Seen".to_owned());
                });
            }
        }
        let command = format!("{}FETCH {} {items}", targets.prefix, targets.set);
        let answer = self.sessions[s].run(&command, targets.during).await?;
        let some_gone = self.some_gone(&targets, &uids);
        let Some(truth) = &self.truth else { return Ok(()) };
        if !answer.is_ok() && some_gone == Some(false) {
            return Err(format!("FETCH of messages that are all there: {answer:?}"));
        }
        let mut told = BTreeSet::new();
        for response in &answer.untagged {
            let Response::Fetch { number, subject: Some(subject), .. } = response else { continue };
            let Some(uid) = view.messages[number - 1].uid else { continue };
            told.insert(uid);
            let stored = truth.mailboxes[view.mailbox].messages.get(&uid);
            if stored.is_some_and(|stored| *subject != format!("Subject: {}\r\n\r\n", stored.subject)) {
                return Err(format!("{subject} of UID {uid}, which is {stored:?}"));
            }
        }
        if items.contains("SUBJECT") && !uids.iter().all(|uid| told.contains(uid)) {
            return Err(format!("FETCH told {told:?} of {uids:?}"));
        }
        self.compare(s, targets.during)
    }

    async fn search(&mut self, s: usize) -> Result<(), String> {
        let Some(targets) = self.targets(s).await? else { return self.append(s).await };
        let view = self.sessions[s].view.clone().unwrap();
        let (left, right) = (self.key(&view), self.key(&view));
        let set = (format!("{}{}", targets.prefix, targets.set), targets.places.iter().copied().collect());
        let all: BTreeSet<usize> = (0..view.messages.len()).collect();
        let (keys, found): (String, BTreeSet<usize>) = match self.random.below(5) {
            0 => left,
            1 => (format!("NOT {}", left.0), &all - &left.1),
            2 => (format!("OR {} {}", left.0, right.0), &left.1 | &right.1),
            3 => (format!("{} ({} {})", set.0, left.0, right.0), &(&left.1 & &right.1) & &set.1),
            _ => set,
        };
        let option = *self.random.pick(&["", "RETURN (ALL) "]);
        let (prefix, during) = *self.random.pick(&[("", During::Numbers), ("UID ", During::Other)]);
        let by_number = targets.prefix.is_empty() && keys.contains(&targets.set);
        let during = if by_number { During::Numbers } else { during };
        let answer = self.sessions[s].run(&format!("{prefix}SEARCH {option}{keys}"), during).await?;
        self.expect_ok(&answer)?;
        if self.truth.is_some() {
            let uids = self.alive_in(&view);
            let there = found
                .into_iter()
                .filter(|place| view.messages[*place].uid.is_some_and(|uid| uids.contains(&uid)));
            let wanted: Vec<u32> = there
                .map(
                    |place| {
                        if prefix.is_empty() { place as u32 + 1 } else { view.messages[place].uid.unwrap() }
                    },
                )
                .collect();
            let told = answer.untagged.iter().find_map(|response| match response {
                Response::Search(found) => Some(found.clone()),
                _ => None,
            });
            if told.as_ref() != Some(&wanted) {
                return Err(format!("SEARCH {keys} found {told:?}, where {wanted:?} fit"));
            }
        }
        self.compare(s, during)
    }

    fn alive_in(&self, view: &View) -> BTreeSet<u32> {
        let messages = self.truth.as_ref().map(|truth| &truth.mailboxes[view.mailbox].messages);
        messages.into_iter().flat_map(|messages| messages.keys().copied()).collect()
    }

    /// A search key, and the places of the messages that fit it.
    fn key(&mut self, view: &View) -> (String, BTreeSet<usize>) {
        let messages = self.truth.as_ref().map(|truth| &truth.mailboxes[view.mailbox].messages);
        let stored = |place: &usize| view.messages[*place].uid.and_then(|uid| messages?.get(&uid));
        let fitting = |fits: &dyn Fn(&Stored) -> bool| {
            (0..view.messages.len()).filter(|place| stored(place).is_some_and(fits)).collect()
        };
        if self.random.one_in(4) {
            let subject =
                stored(&self.random.below(view.messages.len())).map_or("s1.", |found| &found.subject);
            return (format!("SUBJECT \"{subject}\""), fitting(&|message| message.subject.contains(subject)));
        }
        let (key, flag, wanted) = *self.random.pick(&[
            ("SEEN", "\\Seen", true),
            ("UNSEEN", "\\Seen", false),
            ("FLAGGED", "\\Flagged", true),
            ("UNANSWERED", "\\Answered", false),
            ("DELETED", "\\Deleted", true),
            ("KEYWORD $A", "$A", true),
            ("UNKEYWORD $A", "$A", false),
        ]);
        (key.to_owned(), fitting(&|message| message.flags.contains(flag) == wanted))
    }
}

fn deleted<'a>(messages: impl Iterator<Item = (&'a u32, &'a Stored)>) -> Vec<u32> {
    messages.filter(|(_, message)| message.flags.contains("\\Deleted")).map(|(uid, _)| *uid).collect()
}

/// Whether a client knows what a fresh session finds.
fn same(view: &View, store: &View) -> Result<(), String> {
    let known = |view: &View| -> Vec<_> {
        view.messages.iter().map(|known| (known.uid, known.flags.clone())).collect()
    };
    match known(view) == known(store) {
        true => Ok(()),
        false => Err(format!("a client knows {:?}\na fresh one finds {:?}", view.messages, store.messages)),
    }
}
