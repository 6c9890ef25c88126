//! The octets of a queued message as they go over the wire, piece by piece: with dots, never whole
//! in memory.

use std::io;

use super::needs::Needs;
use crate::message::downgrade::{Downgrade, Fit, Plan, Unfit};
use crate::store::{BodyId, Queued, READ, Store};

/// The octets of a queued message, a piece at a time.
pub(super) struct Pieces<'s> {
    store: &'s Store,
    body: BodyId,
    /// The piece that is here.
    piece: Vec<u8>,
    /// Where it begins.
    from: u64,
    next: u64,
}

impl<'s> Pieces<'s> {
    pub(super) async fn of(store: &'s Store, message: &Queued) -> io::Result<Self> {
        let body = message.body;
        let piece = store.body_range(body, 0, READ).await.map_err(io::Error::other)?;
        Ok(Self { store, body, piece, from: 0, next: 0 })
    }

    pub(super) fn rewind(&mut self) {
        self.next = 0;
    }

    pub(super) async fn next(&mut self) -> io::Result<Option<&[u8]>> {
        if self.next != self.from {
            self.piece = self.store.body_range(self.body, self.next, READ).await.map_err(io::Error::other)?;
            self.from = self.next;
        }
        self.next = self.next.saturating_add(READ);
        Ok((!self.piece.is_empty()).then_some(&self.piece))
    }

    /// What the message needs of the next server.
    pub(super) async fn needs(&mut self, mut needs: Needs) -> io::Result<Needs> {
        self.rewind();
        while let Some(piece) = self.next().await? {
            needs.feed(piece);
        }
        needs.end();
        Ok(needs)
    }

    /// What must be done to the message that it fits.
    pub(super) async fn plan(&mut self, fit: Fit) -> io::Result<Result<Plan, Unfit>> {
        let mut survey = Downgrade::survey(fit);
        let mut nowhere = Vec::new();
        self.rewind();
        while let Some(piece) = self.next().await? {
            if let Err(unfit) = survey.push(piece, &mut nowhere) {
                return Ok(Err(unfit));
            }
            nowhere.clear();
        }
        Ok(survey.finish(&mut nowhere))
    }

    /// The octets in the form in which they are sent.
    pub(super) fn shaped(&mut self, form: Form) -> Shaped<'_, 's> {
        self.rewind();
        let downgrade = match form {
            Form::AsItIs => None,
            Form::Downgraded(fit, plan) => Some(Downgrade::rewrite(fit, plan)),
        };
        Shaped { pieces: self, downgrade }
    }
}

/// The form in which a message is sent.
#[derive(Debug, Clone)]
pub(super) enum Form {
    /// As it came.
    AsItIs,
    /// Made fit for less.
    Downgraded(Fit, Plan),
}

/// A message in that form, piece by piece.
pub(super) struct Shaped<'p, 's> {
    pieces: &'p mut Pieces<'s>,
    downgrade: Option<Downgrade>,
}

impl Shaped<'_, '_> {
    pub(super) async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let unfit = |unfit: Unfit| io::Error::other(unfit.0);
        let piece = self.pieces.next().await?;
        let mut out = Vec::new();
        match (piece, &mut self.downgrade) {
            (Some(piece), None) => return Ok(Some(piece.to_vec())),
            (None, None) => return Ok(None),
            (Some(piece), Some(downgrade)) => downgrade.push(piece, &mut out).map_err(unfit)?,
            (None, Some(_)) => {
                if let Some(downgrade) = self.downgrade.take() {
                    downgrade.finish(&mut out).map_err(unfit)?;
                }
                return Ok((!out.is_empty()).then_some(out));
            }
        }
        Ok(Some(out))
    }
}

/// Puts a dot before each line that begins with one, and ends the last line by CRLF (RFC 5321,
/// section 4.5.2), in octets that come piece by piece.
#[derive(Debug)]
pub(super) struct Stuffer {
    /// The last two octets.
    end: [u8; 2],
    /// What is put before a line that begins with this octet.
    stuff: fn(u8) -> Option<u8>,
}

impl Stuffer {
    pub(super) const fn new(stuff: fn(u8) -> Option<u8>) -> Self {
        Self { end: *b"\r\n", stuff }
    }

    pub(super) fn push(&mut self, piece: &[u8], wire: &mut Vec<u8>) {
        for line in piece.split_inclusive(|octet| *octet == b'\n') {
            if self.end[1] == b'\n'
                && let Some(first) = line.first()
            {
                wire.extend((self.stuff)(*first));
            }
            wire.extend_from_slice(line);
            self.end = match line {
                [.., before, last] => [*before, *last],
                [last] => [self.end[1], *last],
                [] => self.end,
            };
        }
    }

    pub(super) fn finish(&self, wire: &mut Vec<u8>) {
        if self.end != *b"\r\n" {
            wire.extend_from_slice(b"\r\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_stuffed_and_the_last_line_is_ended() {
        let stuffed = |content: &[u8], size| {
            let (mut stuffer, mut wire) = (Stuffer::new(|first| (first == b'.').then_some(b'.')), Vec::new());
            content.chunks(size).for_each(|piece| stuffer.push(piece, &mut wire));
            stuffer.finish(&mut wire);
            wire
        };
        for size in 1..9 {
            assert_eq!(stuffed(b".\r\n..a\r\nb.\r\n", size), b"..\r\n...a\r\nb.\r\n");
            assert_eq!(stuffed(b"cut", size), b"cut\r\n");
            assert_eq!(stuffed(b"", size), b"");
        }
    }
}
