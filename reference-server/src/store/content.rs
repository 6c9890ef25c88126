//! The octets of a message on their way into the store. A small message waits in memory until it
//! is one row; of a large one only the beginning does, and the rest is spooled as it comes:
//! outside of the transaction that later makes it a message, and gone if there never is one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::bodies::{self, PIECE, SpoolId};
use super::maildrop::LastLine;
use super::{Store, StoreError, objects};
use crate::message::{Parser, Structure, encode};

/// The beginning that waits in memory. A message that is no longer is not spooled at all.
const HEAD: usize = 64 * 1024;
/// How much is spooled at once.
const BATCH: usize = 4 * PIECE;
/// How much all messages on their way may hold in memory before each is held shorter: then its
/// beginning ends at [`SHORT_HEAD`], and every single piece is spooled.
const CROWDED: usize = 32 * 1024 * 1024;
/// The shortest beginning: fields that servers on the way have added stand within it.
const SHORT_HEAD: usize = 8 * 1024;

/// What is put in front of a message: the beginning as it came in, the beginning as it is kept.
pub(crate) type Front = Box<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// The octets of a message, ready to be kept; clones share what is spooled.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(super) head: Arc<[u8]>,
    pub(super) tail: Option<Arc<Tail>>,
    pub(super) last_line: LastLine,
    /// The structure in the form in which it is kept; empty where nobody will ask.
    pub(super) structure: Arc<[u8]>,
    /// The message identifiers by which its thread is found; none where nobody will ask.
    pub(super) identifiers: Arc<[String]>,
}

impl Content {
    /// How many octets it has.
    pub(crate) fn octets(&self) -> u64 {
        let tail = self.tail.as_ref().map_or(0, |tail| tail.octets);
        tail.saturating_add(u64::try_from(self.head.len()).unwrap_or(u64::MAX))
    }

    /// At most `length` octets from `offset` on; beyond the end there are none.
    ///
    /// # Errors
    /// What is spooled can not be read.
    pub(crate) async fn range(&self, offset: u64, length: u64) -> Result<Vec<u8>, StoreError> {
        let head = u64::try_from(self.head.len()).unwrap_or(u64::MAX);
        let mut out = bodies::window(&self.head, offset, length).to_vec();
        let left = length.saturating_sub(u64::try_from(out.len()).unwrap_or(u64::MAX));
        if let Some(tail) = self.tail.as_ref().filter(|_| left > 0) {
            let (spool, offset) = (tail.spool, offset.saturating_sub(head));
            let behind = tail.store.read(move |sql| {
                let mut behind = Vec::new();
                bodies::pieces(sql, spool, offset, left, &mut behind)?;
                Ok(behind)
            });
            out.extend(behind.await?);
        }
        Ok(out)
    }

    /// All of it, where it is small.
    pub(crate) fn whole(&self) -> Option<&[u8]> {
        self.tail.is_none().then_some(&*self.head)
    }

    /// The same with another beginning, for those who never ask for its structure.
    pub(crate) fn with_head(&self, head: Vec<u8>) -> Self {
        let last_line = if self.tail.is_some() { self.last_line } else { LastLine::of(&head) };
        Self {
            head: head.into(),
            tail: self.tail.clone(),
            last_line,
            structure: Arc::default(),
            identifiers: Arc::default(),
        }
    }
}

impl<T: AsRef<[u8]> + Into<Arc<[u8]>>> From<T> for Content {
    /// Octets that are in memory anyway.
    fn from(octets: T) -> Self {
        Self {
            structure: encode(&Structure::parse(octets.as_ref())).into(),
            identifiers: objects::identifiers(octets.as_ref()).into(),
            last_line: LastLine::of(octets.as_ref()),
            head: octets.into(),
            tail: None,
        }
    }
}

/// What of a message is spooled. Dropped before it belongs to a message, it is removed.
pub(crate) struct Tail {
    store: Store,
    pub(super) spool: SpoolId,
    pub(super) octets: u64,
}

impl std::fmt::Debug for Tail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tail").field("spool", &self.spool).field("octets", &self.octets).finish()
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        let (store, spool) = (self.store.clone(), self.spool);
        // Without a runtime the server has ended; the next start sweeps.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime
                .spawn(async move { store.write_on_reserve(move |w| bodies::discard(w.sql, spool)).await });
        }
    }
}

/// Octets that messages on their way hold in memory.
#[derive(Debug, Default)]
pub(super) struct Held(AtomicUsize);

impl Held {
    fn is_crowded(&self) -> bool {
        self.0.load(Ordering::Relaxed) > CROWDED
    }
}

/// A message on its way in.
pub(crate) struct Incoming {
    store: Store,
    /// None where nobody will ask for the structure.
    front: Option<Front>,
    /// The beginning, as it came.
    head: Vec<u8>,
    rest: Option<Rest>,
    octets: u64,
    /// What is counted in [`Held`] for it.
    counted: usize,
}

/// What comes behind the beginning.
struct Rest {
    /// The beginning as it is kept.
    front: Vec<u8>,
    parser: Option<Parser>,
    tail: Tail,
    /// What is not spooled yet.
    buffer: Vec<u8>,
    /// Pieces that are spooled.
    pieces: u32,
    /// The last two octets.
    end: [u8; 2],
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming").field("octets", &self.octets).finish_non_exhaustive()
    }
}

impl Incoming {
    /// A message of which the structure is kept, too, once `front` has seen to its beginning.
    pub(crate) fn new(store: &Store, front: Front) -> Self {
        Self::begin(store, Some(front))
    }

    /// A message of which nobody will ask for the structure.
    pub(crate) fn without_structure(store: &Store) -> Self {
        Self::begin(store, None)
    }

    fn begin(store: &Store, front: Option<Front>) -> Self {
        Self { store: store.clone(), front, head: Vec::new(), rest: None, octets: 0, counted: 0 }
    }

    /// How many octets have come.
    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }

    /// The beginning, as it came.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Takes octets; waits while some are spooled.
    ///
    /// # Errors
    /// They cannot be spooled.
    pub(crate) async fn push(&mut self, mut octets: &[u8]) -> Result<(), StoreError> {
        self.octets = self.octets.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
        let crowded = self.store.inner.held.is_crowded();
        if self.rest.is_none() {
            let limit = if crowded { SHORT_HEAD } else { HEAD };
            let room = limit.saturating_sub(self.head.len());
            let (head, behind) = octets.split_at_checked(room).unwrap_or((octets, &[]));
            self.head.extend_from_slice(head);
            octets = behind;
            if !octets.is_empty() {
                self.rest = Some(self.overflow());
            }
        }
        if let Some(rest) = &mut self.rest {
            rest.push(octets, if crowded { PIECE } else { BATCH }).await?;
        }
        self.count();
        Ok(())
    }

    fn count(&mut self) {
        let held = self.head.len().saturating_add(self.rest.as_ref().map_or(0, |rest| rest.buffer.len()));
        let total = &self.store.inner.held.0;
        total.fetch_add(held, Ordering::Relaxed);
        total.fetch_sub(self.counted, Ordering::Relaxed);
        self.counted = held;
    }

    /// The beginning is complete, and there is more.
    fn overflow(&self) -> Rest {
        let (front, parser) = self.fronted();
        let parser = parser.map(|mut parser| {
            parser.feed(&front);
            parser
        });
        let tail = Tail { store: self.store.clone(), spool: self.store.new_spool(), octets: 0 };
        Rest { front, parser, tail, buffer: Vec::new(), pieces: 0, end: [0; 2] }
    }

    fn fronted(&self) -> (Vec<u8>, Option<Parser>) {
        match &self.front {
            Some(front) => (front(&self.head), Some(Parser::new())),
            None => (self.head.clone(), None),
        }
    }

    /// The message is complete.
    ///
    /// # Errors
    /// Its end cannot be spooled.
    pub(crate) async fn finish(mut self) -> Result<Content, StoreError> {
        let Some(mut rest) = self.rest.take() else {
            let (head, parser) = self.fronted();
            let found = parser.map(|mut parser| {
                parser.feed(&head);
                (encode(&parser.finish()), objects::identifiers(&head))
            });
            let (structure, identifiers) = found.unwrap_or_default();
            return Ok(Content {
                last_line: LastLine::of(&head),
                head: head.into(),
                tail: None,
                structure: structure.into(),
                identifiers: identifiers.into(),
            });
        };
        rest.spool().await?;
        let found = rest.parser.map(|parser| (encode(&parser.finish()), objects::identifiers(&rest.front)));
        let (structure, identifiers) = found.unwrap_or_default();
        Ok(Content {
            head: rest.front.into(),
            last_line: LastLine::of(&rest.end),
            structure: structure.into(),
            identifiers: identifiers.into(),
            tail: Some(Arc::new(rest.tail)),
        })
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.store.inner.held.0.fetch_sub(self.counted, Ordering::Relaxed);
    }
}

impl Rest {
    async fn push(&mut self, octets: &[u8], batch: usize) -> Result<(), StoreError> {
        if let Some(parser) = &mut self.parser {
            parser.feed(octets);
        }
        for &octet in octets.get(octets.len().saturating_sub(2)..).unwrap_or_default() {
            self.end = [self.end[1], octet];
        }
        for part in octets.chunks(batch) {
            self.buffer.extend_from_slice(part);
            if self.buffer.len() >= batch {
                self.spool_whole_pieces().await?;
            }
        }
        Ok(())
    }

    /// All pieces but the last have the same size, so that an offset says in which it is.
    async fn spool_whole_pieces(&mut self) -> Result<(), StoreError> {
        let over = self.buffer.len() % PIECE;
        let kept = self.buffer.split_off(self.buffer.len().saturating_sub(over));
        let whole = std::mem::replace(&mut self.buffer, kept);
        self.write(whole).await
    }

    async fn spool(&mut self) -> Result<(), StoreError> {
        let all = std::mem::take(&mut self.buffer);
        self.write(all).await
    }

    async fn write(&mut self, octets: Vec<u8>) -> Result<(), StoreError> {
        let (spool, first) = (self.tail.spool, self.pieces);
        let count = u32::try_from(octets.len().div_ceil(PIECE)).map_err(|_| StoreError::Full)?;
        self.pieces = self.pieces.checked_add(count).ok_or(StoreError::Full)?;
        let added = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        self.tail.octets = self.tail.octets.saturating_add(added);
        let store = self.tail.store.clone();
        store.write(move |w| bodies::spool(w.sql, spool, first, &octets)).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{inbox, memory};
    use super::*;
    use crate::store::{MailboxName, Named, NewMessage, Which};

    /// A message of some hundred kilobytes in which no two places are alike.
    fn large() -> Vec<u8> {
        let mut message =
            b"Subject: large\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n".to_vec();
        for line in 0..20_000 {
            message.extend_from_slice(format!("line {line}\r\n").as_bytes());
        }
        message.extend_from_slice(b"--b--\r\n");
        message
    }

    async fn take(store: &Store, octets: &[u8], cut: usize) -> Content {
        let front: Front = Box::new(|head| [b"X-First: yes\r\n", head].concat());
        let mut incoming = Incoming::new(store, front);
        for piece in octets.chunks(cut) {
            incoming.push(piece).await.unwrap();
        }
        assert_eq!(incoming.octets(), u64::try_from(octets.len()).unwrap());
        incoming.finish().await.unwrap()
    }

    async fn count(store: &Store, what: &'static str) -> i64 {
        store.read(move |sql| Ok(sql.query_row(what, [], |row| row.get(0))?)).await.unwrap()
    }

    #[tokio::test]
    async fn a_large_message_comes_back_whole_and_in_parts_with_its_structure() {
        let (store, account) = memory().await;
        let octets = [&b"X-First: yes\r\n"[..], &large()].concat();
        for cut in [1000, HEAD, 1_000_000] {
            let content = take(&store, &large(), cut).await;
            assert_eq!(content.octets(), u64::try_from(octets.len()).unwrap());
            store
                .append(&Named::own(account, &MailboxName::inbox()), vec![NewMessage::received(content)])
                .await
                .unwrap();
        }
        for message in inbox(&store, account).await.messages {
            assert_eq!(message.octets.0, u64::try_from(octets.len()).unwrap());
            assert_eq!(&*store.body(message.body).await.unwrap(), octets);
            for (from, count) in
                [(0, 10), (HEAD - 5, 200), (HEAD + PIECE - 5, 10), (HEAD, 5 * PIECE), (octets.len() - 3, 9)]
            {
                let (offset, length) = (u64::try_from(from).unwrap(), u64::try_from(count).unwrap());
                let range = store.body_range(message.body, offset, length).await.unwrap();
                assert_eq!(range, &octets[from..octets.len().min(from + count)], "{from} {count}");
            }
            let structure = store.structure(message.body).await.unwrap();
            assert_eq!(structure.structure(), Some(Structure::parse(&octets)));
        }
    }

    #[tokio::test]
    async fn what_is_spooled_goes_with_the_last_message_or_without_one() {
        let (store, account) = memory().await;
        let spooled = "SELECT count(*) FROM pieces";
        drop(take(&store, &large(), 1000).await);
        // It is removed by a task of its own.
        tokio::task::yield_now().await;
        let content = take(&store, &large(), 1000).await;
        let pair = vec![NewMessage::received(content.clone()), NewMessage::received(content)];
        store.append(&Named::own(account, &MailboxName::inbox()), pair).await.unwrap();
        let (pieces, mailbox) = (count(&store, spooled).await, inbox(&store, account).await.mailbox.id);
        assert!(pieces > 3);
        assert_eq!(count(&store, "SELECT count(*) FROM spooling").await, 0);
        store.expunge(mailbox, Which::These(vec![crate::store::Uid(1)])).await.unwrap();
        assert_eq!(count(&store, spooled).await, pieces, "the other message has it still");
        store.expunge(mailbox, Which::All).await.unwrap();
        assert_eq!(count(&store, spooled).await, 0);
        assert_eq!(count(&store, "SELECT count(*) FROM structures").await, 0);
        assert_eq!(store.inner.held.0.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_start_sweeps_what_a_crash_has_left() {
        let directory = tempfile::tempdir().unwrap();
        let storage = crate::store::Storage::Directory(directory.path().to_owned());
        let store = Store::open(&storage, crate::store::AnswerTiming::AfterCommit).unwrap();
        let content = take(&store, &large(), 1000).await;
        assert!(count(&store, "SELECT count(*) FROM pieces").await > 0);
        store.close().await;
        drop(content);
        let store = Store::open(&storage, crate::store::AnswerTiming::AfterCommit).unwrap();
        assert_eq!(count(&store, "SELECT count(*) FROM pieces").await, 0);
        store.close().await;
    }

    #[tokio::test]
    async fn many_large_messages_at_once_are_held_short() {
        let (store, _) = memory().await;
        store.inner.held.0.fetch_add(CROWDED + 1, Ordering::Relaxed);
        let mut incoming = Incoming::without_structure(&store);
        for piece in large().chunks(1000) {
            incoming.push(piece).await.unwrap();
            assert!(incoming.counted <= SHORT_HEAD + PIECE);
        }
    }
}
