//! One client: its connection, its view of the selected mailbox, what it keeps between two
//! SELECTs.

use std::net::SocketAddr;

use crate::response::{Response, read};
use crate::view::{Cache, During, Sync, View};
use crate::wire::{Log, Wire};

/// The mailboxes that all clients use.
pub(crate) const MAILBOXES: [&str; 2] = ["INBOX", "Work"];

pub(crate) struct Session {
    address: SocketAddr,
    name: usize,
    log: Log,
    pub(crate) wire: Wire,
    pub(crate) sync: Sync,
    pub(crate) view: Option<View>,
    pub(crate) caches: [Option<Cache>; 2],
    /// The tag of the IDLE in progress.
    pub(crate) idle: Option<String>,
    /// Another one for every mailbox that is selected.
    pub(crate) selection: u64,
}

/// What a command was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) word: String,
    pub(crate) code: Vec<String>,
    pub(crate) untagged: Vec<Response>,
}

impl Answer {
    pub(crate) fn is_ok(&self) -> bool {
        self.word == "OK"
    }

    /// The arguments of this response code, tagged or not.
    pub(crate) fn code(&self, name: &str) -> Option<&[String]> {
        let untagged = self.untagged.iter().filter_map(|response| match response {
            Response::Condition { code: Some(code), .. } => Some(code),
            _ => None,
        });
        untagged
            .chain([&self.code])
            .find(|code| code.first().is_some_and(|word| word == name))
            .map(|code| &code[1..])
    }
}

impl Session {
    pub(crate) async fn open(address: SocketAddr, name: usize, log: Log) -> Result<Self, String> {
        let wire = Wire::open(address, name, log.clone()).await?;
        let (sync, caches) = (Sync::Plain, [None, None]);
        Ok(Self { address, name, log, wire, sync, view: None, caches, idle: None, selection: 0 })
    }

    /// The connection breaks, and the client opens another one.
    pub(crate) async fn reconnect(&mut self) -> Result<(), String> {
        self.leave();
        self.idle = None;
        self.sync = Sync::Plain;
        self.wire = Wire::open(self.address, self.name, self.log.clone()).await?;
        Ok(())
    }

    /// The mailbox is selected no more.
    pub(crate) fn leave(&mut self) {
        if let Some(view) = self.view.take() {
            self.caches[view.mailbox] = view.keep();
        }
    }

    pub(crate) async fn run(&mut self, command: &str, during: During) -> Result<Answer, String> {
        if !self.wire.is_quiet() {
            return Err(format!("{} was told something while no command was in progress", self.name));
        }
        let tag = self.wire.send(command).await;
        self.answer(&tag, during).await
    }

    /// Reads up to the tagged answer.
    pub(crate) async fn answer(&mut self, tag: &str, during: During) -> Result<Answer, String> {
        if let Some(view) = &mut self.view {
            view.begin();
        }
        let mut untagged = Vec::new();
        loop {
            let response = self.wire.response().await?;
            self.apply(&response, during)?;
            match response {
                Response::Condition { tag: Some(told), word, code } if told == tag => {
                    return Ok(Answer { word, code: code.unwrap_or_default(), untagged });
                }
                Response::Condition { tag: Some(told), .. } => return Err(format!("an answer to {told}")),
                Response::Condition { word, .. } if word == "BYE" => return Err("BYE".to_owned()),
                other => untagged.push(other),
            }
        }
    }

    pub(crate) fn apply(&mut self, response: &Response, during: During) -> Result<(), String> {
        match &mut self.view {
            Some(view) => view.apply(response, during),
            None => Ok(()),
        }
    }

    /// Selects a mailbox; with what is kept of it, if anything is and QRESYNC is enabled. Gives how
    /// the client did resynchronize.
    pub(crate) async fn select(
        &mut self,
        mailbox: usize,
        read_only: bool,
        resync: Resync,
    ) -> Result<Resync, String> {
        self.leave();
        self.selection += 1;
        let word = if read_only { "EXAMINE" } else { "SELECT" };
        let cache =
            self.caches[mailbox].take().filter(|_| self.sync == Sync::Qresync && resync != Resync::Not);
        let parameter = match &cache {
            None => String::new(),
            Some(Cache { validity, highest, messages }) => {
                let uids: Vec<String> = messages.keys().map(u32::to_string).collect();
                match resync == Resync::OfKnown && !uids.is_empty() {
                    true => format!(" (QRESYNC ({validity} {highest} {}))", uids.join(",")),
                    false => format!(" (QRESYNC ({validity} {highest}))"),
                }
            }
        };
        self.view = Some(View::new(mailbox, read_only, self.sync, cache.as_ref()));
        let answer = self.run(&format!("{word} {}{parameter}", MAILBOXES[mailbox]), During::Select).await?;
        let view = self.view.as_mut().unwrap();
        if !answer.is_ok() || cache.as_ref().is_some_and(|cache| cache.validity != view.validity) {
            return Err(format!("{word}: {answer:?}, after {cache:?}"));
        }
        view.selected()?;
        let asked = if parameter.is_empty() { Resync::Not } else { resync };
        Ok(asked)
    }

    /// Asks for what the client does not know yet of its messages. Gives whether anything was asked.
    pub(crate) async fn learn(&mut self) -> Result<bool, String> {
        for asked in [false, true, true] {
            let Some(first) = self.view.as_ref().and_then(View::first_unknown) else { return Ok(asked) };
            self.run(&format!("FETCH {first}:* (UID FLAGS)"), During::Numbers).await?;
        }
        Ok(true)
    }
}

/// How a client resynchronizes (RFC 7162, section 3.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resync {
    Not,
    OfAll,
    OfKnown,
}

/// The reader is tested by what it reads; this only holds that it reads at all.
#[test]
fn a_fetch_is_read() {
    let text = b"* 2 FETCH (UID 7 FLAGS (\\Seen $A) MODSEQ (12) BODY[HEADER.FIELDS (SUBJECT)] {4}\r\na)b )";
    let Response::Fetch {
        number: 2,
        uid: Some(7),
        flags: Some(flags),
        modseq: Some(12),
        subject: Some(subject),
    } = read(text)
    else {
        panic!("{:?}", read(text));
    };
    assert_eq!((flags.len(), subject.as_str()), (2, "a)b "));
}
