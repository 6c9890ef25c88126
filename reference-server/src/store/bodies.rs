//! Bodies in the database: the beginning of each in its row, the rest of a large one in pieces of
//! a fixed size, and what it is made of in a row beside it. None of them ever changes.

#[cfg(test)]
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::content::Content;
use super::ids::{BodyId, Octets};
use super::maildrop::LastLine;
use super::{Store, StoreError, reading};
use crate::message::{Kept, Parser};

/// Octets of a piece; the last one of a body has fewer.
pub(super) const PIECE: usize = 32 * 1024;
/// The same for sums with what the database gives.
const PIECE_OCTETS: u64 = PIECE as u64;
/// Pieces that a spool may have, as bits of a piece's number.
const PIECE_BITS: u32 = 20;
/// Octets that are read at once where all of a body is.
pub(crate) const READ: u64 = 64 * 1024;

/// What of a body stands in pieces; several bodies may share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SpoolId(pub(super) i64);

/// Beside the table of bodies: a piece's id is its spool's, followed by its number. A spool that
/// belongs to no body yet stands in `spooling`: whatever is found there at a start is left over.
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS pieces (id INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS spooling (spool INTEGER PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS structures (body INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS bodies_by_spool ON bodies (spool) WHERE spool IS NOT NULL;
CREATE TRIGGER IF NOT EXISTS body_gone AFTER DELETE ON bodies BEGIN
    DELETE FROM structures WHERE body = old.id;
    DELETE FROM pieces WHERE id >= old.spool << 20 AND id < (old.spool + 1) << 20
        AND NOT EXISTS (SELECT 1 FROM bodies WHERE spool = old.spool);
END;
";

impl SpoolId {
    fn piece(self, number: u64) -> i64 {
        let number = i64::try_from(number).unwrap_or(i64::MAX).min((1 << PIECE_BITS) - 1);
        (self.0 << PIECE_BITS) | number
    }
}

impl Store {
    /// At most `length` octets of a body from `offset` on; beyond the end there are none.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMessage`] when every message with this body is expunged.
    pub(crate) async fn body_range(
        &self,
        body: BodyId,
        offset: u64,
        length: u64,
    ) -> Result<Vec<u8>, StoreError> {
        self.read(move |sql| range(sql, body, offset, length)).await
    }

    /// Small bodies, several at once; nothing of those that are gone, or large.
    pub(crate) async fn small_bodies(&self, bodies: Vec<BodyId>) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.read(move |sql| bodies.into_iter().map(|body| reading::octets(sql, body)).collect()).await
    }

    /// All octets of a body, for tests: a server never holds a message whole.
    #[cfg(test)]
    pub(crate) async fn body(&self, body: BodyId) -> Result<Arc<[u8]>, StoreError> {
        Ok(self.body_range(body, 0, u64::MAX).await?.into())
    }

    /// What a body is made of.
    ///
    /// # Errors
    /// As [`Store::body_range`].
    pub(crate) async fn structure(&self, body: BodyId) -> Result<Kept, StoreError> {
        let kept: Option<Vec<u8>> = self
            .read(move |sql| {
                let mut query = sql.prepare_cached("SELECT content FROM structures WHERE body = ?1")?;
                Ok(query.query_row([body], |row| row.get(0)).optional()?)
            })
            .await?;
        if let Some(kept) = kept.and_then(Kept::new) {
            return Ok(kept);
        }
        // It came before structures were kept.
        let mut parser = Parser::new();
        let mut offset = 0;
        loop {
            let part = self.body_range(body, offset, READ).await?;
            if part.is_empty() {
                return Ok(Kept::of(&parser.finish()));
            }
            parser.feed(&part);
            offset = offset.saturating_add(READ);
        }
    }
}

/// At most so many octets from the beginning of a body, as far as they stand in its row.
pub(super) fn front(sql: &Connection, body: BodyId, most: u64) -> Result<Vec<u8>, StoreError> {
    let mut query = sql.prepare_cached("SELECT content FROM bodies WHERE id = ?1")?;
    let mut rows = query.query([body])?;
    let row = rows.next()?.ok_or(StoreError::NoSuchMessage)?;
    Ok(window(blob(row)?, 0, most).to_vec())
}

fn range(sql: &Connection, body: BodyId, offset: u64, length: u64) -> Result<Vec<u8>, StoreError> {
    let mut query = sql.prepare_cached("SELECT length(content), spool FROM bodies WHERE id = ?1")?;
    let found: Option<(Octets, Option<i64>)> =
        query.query_row([body], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (Octets(head), spool) = found.ok_or(StoreError::NoSuchMessage)?;
    let mut out = Vec::new();
    if offset < head && length > 0 {
        let mut query = sql.prepare_cached("SELECT content FROM bodies WHERE id = ?1")?;
        let mut rows = query.query([body])?;
        if let Some(row) = rows.next()? {
            out.extend_from_slice(window(blob(row)?, offset, length));
        }
    }
    let left = length.saturating_sub(u64::try_from(out.len()).unwrap_or(u64::MAX));
    if let Some(spool) = spool.map(SpoolId).filter(|_| left > 0) {
        pieces(sql, spool, offset.saturating_sub(head), left, &mut out)?;
    }
    Ok(out)
}

/// Appends at most `length` octets of what is spooled, from `offset` on.
pub(super) fn pieces(
    sql: &Connection,
    spool: SpoolId,
    mut offset: u64,
    length: u64,
    out: &mut Vec<u8>,
) -> Result<(), StoreError> {
    let wanted = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(out.len());
    let first = offset / PIECE_OCTETS;
    let last = offset.saturating_add(length - 1) / PIECE_OCTETS;
    offset %= PIECE_OCTETS;
    let mut query =
        sql.prepare_cached("SELECT content FROM pieces WHERE id BETWEEN ?1 AND ?2 ORDER BY id")?;
    let mut rows = query.query([spool.piece(first), spool.piece(last)])?;
    while let Some(row) = rows.next()? {
        out.extend_from_slice(window(blob(row)?, offset, PIECE_OCTETS));
        offset = 0;
    }
    out.truncate(wanted);
    Ok(())
}

fn blob<'r>(row: &'r Row<'_>) -> Result<&'r [u8], StoreError> {
    row.get_ref(0)?.as_blob().map_err(|error| StoreError::Io(error.to_string()))
}

pub(super) fn window(octets: &[u8], offset: u64, length: u64) -> &[u8] {
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(octets.len());
    let rest = octets.get(start..).unwrap_or_default();
    rest.get(..usize::try_from(length).unwrap_or(usize::MAX)).unwrap_or(rest)
}

/// Keeps a body.
pub(super) fn insert(sql: &Connection, content: &Content) -> Result<BodyId, StoreError> {
    let cut = content.last_line == LastLine::Cut;
    let spool = content.tail.as_ref().map(|tail| tail.spool.0);
    sql.prepare_cached("INSERT INTO bodies (cut, spool, tail, content) VALUES (?1, ?2, ?3, ?4)")?.execute(
        params![
            cut,
            spool,
            content.tail.as_ref().map_or(0, |tail| i64::try_from(tail.octets).unwrap_or(i64::MAX)),
            content.head
        ],
    )?;
    let body = BodyId(sql.last_insert_rowid());
    if let Some(spool) = spool {
        sql.prepare_cached("DELETE FROM spooling WHERE spool = ?1")?.execute([spool])?;
    }
    if !content.structure.is_empty() {
        sql.prepare_cached("INSERT INTO structures VALUES (?1, ?2)")?
            .execute(params![body, content.structure])?;
    }
    Ok(body)
}

/// Spools octets as the pieces from `first` on.
pub(super) fn spool(sql: &Connection, spool: SpoolId, first: u32, octets: &[u8]) -> Result<(), StoreError> {
    if first == 0 {
        sql.prepare_cached("INSERT OR IGNORE INTO spooling VALUES (?1)")?.execute([spool.0])?;
    }
    let mut insert = sql.prepare_cached("INSERT INTO pieces VALUES (?1, ?2)")?;
    for (number, piece) in (u64::from(first)..).zip(octets.chunks(PIECE)) {
        if number >> PIECE_BITS != 0 {
            return Err(StoreError::Full);
        }
        insert.execute(params![spool.piece(number), piece])?;
    }
    Ok(())
}

/// Removes what is spooled, unless it belongs to a body.
pub(super) fn discard(sql: &Connection, spool: SpoolId) -> Result<(), StoreError> {
    let left_over = sql.prepare_cached("DELETE FROM spooling WHERE spool = ?1")?.execute([spool.0])?;
    if left_over > 0 {
        sql.prepare_cached("DELETE FROM pieces WHERE id BETWEEN ?1 AND ?2")?
            .execute([spool.piece(0), spool.piece(u64::MAX)])?;
    }
    Ok(())
}

/// Removes what a crash has left over, and gives the first number for a new spool.
pub(super) fn sweep(sql: &Connection) -> Result<i64, StoreError> {
    let highest: Option<i64> = sql.query_row(
        "SELECT max(ifnull((SELECT max(id) FROM pieces), 0) >> 20, ifnull((SELECT max(spool) FROM bodies WHERE spool IS NOT NULL), 0))",
        [],
        |row| row.get(0),
    )?;
    let mut query = sql.prepare("SELECT spool FROM spooling")?;
    let left: Vec<i64> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for spool in left {
        discard(sql, SpoolId(spool))?;
    }
    Ok(highest.unwrap_or(0).saturating_add(1))
}

/// Brings bodies of before up to date, in the transaction that does so with all the rest: large
/// ones are cut into pieces.
pub(super) fn cut_large(sql: &Connection) -> Result<(), StoreError> {
    let mut query = sql.prepare("SELECT id FROM bodies WHERE spool IS NULL AND length(content) > ?1")?;
    let large: Vec<i64> =
        query.query_map([Octets(PIECE_OCTETS * 2)], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for (number, body) in (1..).zip(large) {
        let blob = sql.blob_open("main", "bodies", "content", body, true)?;
        let mut head = vec![0; PIECE.min(blob.len())];
        blob.read_at_exact(&mut head, 0)?;
        let mut at = head.len();
        let mut pieces = 0;
        while at < blob.len() {
            let mut piece = vec![0; PIECE.min(blob.len().saturating_sub(at))];
            blob.read_at_exact(&mut piece, at)?;
            spool(sql, SpoolId(number), pieces, &piece)?;
            at = at.saturating_add(piece.len());
            pieces = pieces.saturating_add(1);
        }
        let tail = i64::try_from(blob.len().saturating_sub(head.len())).unwrap_or(i64::MAX);
        drop(blob);
        sql.execute("DELETE FROM spooling WHERE spool = ?1", [number])?;
        sql.execute(
            "UPDATE bodies SET content = ?2, spool = ?3, tail = ?4 WHERE id = ?1",
            params![body, head, number, tail],
        )?;
    }
    Ok(())
}
