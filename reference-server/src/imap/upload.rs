//! A message that comes in a literal: it goes to the store as it comes, and not into the text of
//! its command.

use crate::imap::failure::Ended;
use crate::imap::link::Link;
use crate::store::{Content, Incoming, Store, StoreError};

/// What came.
#[derive(Debug)]
pub(crate) struct Upload {
    /// The message, or why it can not be kept.
    pub(crate) content: Result<Content, StoreError>,
    /// Is there a NUL in it?
    pub(crate) nul: Nul,
    /// What its own header fields are written in.
    pub(crate) header: Written,
}

/// What header fields are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// ASCII.
    Ascii,
    /// There are octets beyond it.
    Beyond,
}

/// Looks at the header section of a message that comes in pieces.
#[derive(Debug)]
struct HeaderWatch {
    found: Written,
    /// Octets since the last line end; CR does not count.
    column: usize,
    ended: bool,
}

impl HeaderWatch {
    /// Before the first octet.
    fn new() -> Self {
        Self { found: Written::Ascii, column: 0, ended: false }
    }

    /// The next octets.
    fn push(&mut self, piece: &[u8]) {
        if self.ended {
            return;
        }
        for &octet in piece {
            match octet {
                b'\n' if self.column == 0 => {
                    self.ended = true;
                    return;
                }
                b'\n' => self.column = 0,
                b'\r' => {}
                _ => self.column = self.column.saturating_add(1),
            }
            if !octet.is_ascii() {
                self.found = Written::Beyond;
            }
        }
    }

    /// What was found so far.
    fn found(&self) -> Written {
        self.found
    }
}

/// Is there a NUL in a message?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nul {
    /// No.
    Absent,
    /// Yes, which only a binary literal may bring.
    Present,
}

/// A message on its way into the store, looked at as it comes.
pub(crate) struct Reception {
    incoming: Incoming,
    header: HeaderWatch,
    nul: Nul,
    failed: Option<StoreError>,
}

impl Reception {
    /// Before the first octet.
    pub(crate) fn new(store: &Store) -> Self {
        Self {
            incoming: Incoming::new(store, Box::new(<[u8]>::to_vec)),
            header: HeaderWatch::new(),
            nul: Nul::Absent,
            failed: None,
        }
    }

    /// How many octets have come.
    pub(crate) fn octets(&self) -> u64 {
        self.incoming.octets()
    }

    /// The next octets. Once they can not be kept, those behind them are dropped.
    pub(crate) async fn push(&mut self, piece: &[u8]) {
        if memchr::memchr(0, piece).is_some() {
            self.nul = Nul::Present;
        }
        self.header.push(piece);
        if self.failed.is_none() {
            self.failed = self.incoming.push(piece).await.err();
        }
    }

    /// The message is complete.
    pub(crate) async fn finish(self) -> Upload {
        let content = match self.failed {
            Some(error) => Err(error),
            None => self.incoming.finish().await,
        };
        Upload { content, nul: self.nul, header: self.header.found() }
    }
}

/// Reads a literal of so many octets; all of them, whatever becomes of the message.
pub(crate) async fn receive(link: &mut dyn Link, store: &Store, octets: u64) -> Result<Upload, Ended> {
    let mut reception = Reception::new(store);
    let mut left = octets;
    while left > 0 {
        if link.buffered().is_empty() {
            link.fill().await?;
        }
        let buffered = link.buffered();
        let count = buffered.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        reception.push(buffered.get(..count).unwrap_or_default()).await;
        link.consume(count);
        left = left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
    }
    Ok(reception.finish().await)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(message: &[u8], size: usize) -> Written {
        let mut header = HeaderWatch::new();
        message.chunks(size).for_each(|piece| header.push(piece));
        header.found()
    }

    #[test]
    fn only_the_header_section_is_looked_at() {
        for size in [1, 2, 100] {
            assert_eq!(written(b"A: b\r\n\r\n\xc3\xa9", size), Written::Ascii);
            assert_eq!(written(b"A: b\nC: d\n\n\xc3\xa9", size), Written::Ascii);
            assert_eq!(written(b"A: b\r\nC: \xc3\xa9\r\n\r\n", size), Written::Beyond);
            assert_eq!(written(b"\r\n\xe9", size), Written::Ascii);
        }
    }
}
