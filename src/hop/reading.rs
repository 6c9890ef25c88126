//! What a client sends, in the pieces that SMTP has: lines, and the content behind `354`.

use std::time::Instant;

use crate::wire::{Connection, End, Received, Take};

/// The longest line that is waited for; RFC 5321, section 4.5.3.1.4, has 512 octets, and extensions more.
const MAX_LINE: usize = 64 * 1024;

/// How a wait for something from the client ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard<T> {
    /// It came.
    Whole(T),
    /// The connection ended before it was whole; what had come of it.
    Ended(End, Vec<u8>),
    /// The time is up before it was whole; the head of what had come of it.
    Silence(Vec<u8>),
}

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// CR LF.
    CrLf,
    /// LF alone.
    BareLf,
    /// Nothing ends it: it is too long to wait for its end.
    Missing,
}

/// A message as it came behind `354`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// As it came, the final dot and its CRLF included.
    pub raw: Vec<u8>,
    /// The message: without the dots that were put before dots (RFC 5321, section 4.5.2).
    pub message: Vec<u8>,
}

/// Waits for a line; gives it without its end.
pub async fn hear_line(connection: &Connection, deadline: Instant) -> Heard<(Vec<u8>, LineEnd)> {
    let take = |octets: &[u8], end: Option<&End>| {
        if let Some(lf) = octets.iter().take(MAX_LINE).position(|octet| *octet == b'\n') {
            let line = octets.get(..lf).unwrap_or_default();
            let (text, ending) = match line.strip_suffix(b"\r") {
                Some(text) => (text, LineEnd::CrLf),
                None => (line, LineEnd::BareLf),
            };
            return Take::Done { consumed: lf + 1, item: Heard::Whole((text.to_vec(), ending)) };
        }
        if let Some(line) = octets.get(..MAX_LINE) {
            return Take::Done { consumed: MAX_LINE, item: Heard::Whole((line.to_vec(), LineEnd::Missing)) };
        }
        ended(octets, end)
    };
    heard(connection, deadline, take).await
}

/// Waits for the content behind `354`, up to the dot that ends it.
pub async fn hear_content(connection: &Connection, deadline: Instant) -> Heard<Content> {
    let mut scanned = 0;
    let take = |octets: &[u8], end: Option<&End>| match end_of_content(octets, &mut scanned) {
        Some(consumed) => {
            scanned = 0;
            let raw = octets.get(..consumed).unwrap_or_default().to_vec();
            let message = unstuffed(raw.get(..consumed.saturating_sub(3)).unwrap_or_default());
            Take::Done { consumed, item: Heard::Whole(Content { raw, message }) }
        }
        None => ended(octets, end),
    };
    heard(connection, deadline, take).await
}

/// Waits for so many octets (RFC 3030, section 2: what stands behind BDAT).
pub async fn hear_octets(connection: &Connection, count: usize, deadline: Instant) -> Heard<Vec<u8>> {
    let take = |octets: &[u8], end: Option<&End>| match octets.get(..count) {
        Some(whole) => Take::Done { consumed: count, item: Heard::Whole(whole.to_vec()) },
        None => ended(octets, end),
    };
    heard(connection, deadline, take).await
}

fn ended<T>(octets: &[u8], end: Option<&End>) -> Take<Heard<T>> {
    match end {
        Some(end) => Take::Done { consumed: octets.len(), item: Heard::Ended(end.clone(), head(octets)) },
        None => Take::More,
    }
}

async fn heard<T>(
    connection: &Connection,
    deadline: Instant,
    take: impl FnMut(&[u8], Option<&End>) -> Take<Heard<T>>,
) -> Heard<T> {
    match connection.receive(deadline, take).await {
        Received::Item(heard) => heard,
        Received::TimedOut => Heard::Silence(connection.look(|octets, _| head(octets))),
    }
}

/// The head is enough for a report.
fn head(octets: &[u8]) -> Vec<u8> {
    octets.get(..octets.len().min(4096)).unwrap_or_default().to_vec()
}

/// Where the content ends, its final dot and CRLF included; `scanned` is how far was looked before.
fn end_of_content(octets: &[u8], scanned: &mut usize) -> Option<usize> {
    if octets.starts_with(b".\r\n") {
        return Some(3);
    }
    let from = scanned.saturating_sub(4);
    let found = octets.get(from..)?.windows(5).position(|window| window == b"\r\n.\r\n");
    *scanned = octets.len();
    found.map(|at| from + at + 5)
}

/// The text without the first dot of each line that begins with one.
fn unstuffed(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut begins = true;
    let mut before = 0;
    for &octet in text {
        if !(begins && octet == b'.') {
            out.push(octet);
        }
        begins = before == b'\r' && octet == b'\n';
        before = octet;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_ends_at_a_dot_alone_between_line_ends() {
        let end = |octets: &[u8]| end_of_content(octets, &mut 0);
        assert_eq!(end(b".\r\nQUIT\r\n"), Some(3));
        assert_eq!(end(b"a\r\n.\r\nQUIT\r\n"), Some(6));
        for open in [&b"a\n.\nb"[..], b"a\n.\r\n", b"a\r\n.\n", b"a\r\n..\r\n", b"a.\r\n"] {
            assert_eq!(end(open), None, "{open:?}");
        }
    }

    #[test]
    fn the_end_is_found_however_the_octets_come() {
        let octets = b"Subject: x\r\n\r\n..\r\n.\r\n";
        let mut scanned = 0;
        for count in 0..octets.len() {
            assert_eq!(end_of_content(&octets[..count], &mut scanned), None, "{count}");
        }
        assert_eq!(end_of_content(octets, &mut scanned), Some(octets.len()));
    }

    #[test]
    fn one_dot_is_taken_from_each_line_that_begins_with_one() {
        assert_eq!(unstuffed(b"..\r\n...a\r\nb..\r\n"), b".\r\n..a\r\nb..\r\n");
        // A line ends with CRLF alone: behind a bare LF no line begins.
        assert_eq!(unstuffed(b"a\n..\r\n"), b"a\n..\r\n");
    }
}
