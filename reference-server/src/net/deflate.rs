//! The compression layer of a connection (RFC 4978): raw DEFLATE both ways over whatever is below,
//! in bounded memory. Not for deciding when it begins and ends; that is the protocol's affair.

use std::io;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// Octets that one step of inflating gives at most: a few octets can stand for very many.
const STEP: usize = 16 * 1024;

/// What a flush leaves at the end of the octets it completes (RFC 1951, section 3.2.4: the length
/// of an empty stored block, and its complement).
const FLUSH_MARK: [u8; 4] = [0, 0, 0xff, 0xff];

/// Whether this octet, ahead of the first command behind the layer, is what the peer's way of ending
/// it has left: a flush, or a last empty block. No command begins with it.
pub(super) fn is_residue(octet: u8) -> bool {
    matches!(octet, 0 | 3 | 0xff)
}

/// Both directions of a compressed connection.
pub(super) struct Deflate {
    inflate: Decompress,
    deflate: Compress,
    /// What has come and is not inflated yet.
    raw: Vec<u8>,
    /// How much of `raw` has been used.
    used: usize,
    packed: Vec<u8>,
}

impl Deflate {
    /// A layer that begins here, in both directions.
    pub(super) fn new() -> Self {
        Self {
            inflate: Decompress::new(false),
            deflate: Compress::new(Compression::fast(), false),
            raw: Vec::new(),
            used: 0,
            packed: Vec::new(),
        }
    }

    /// Where octets from the wire go.
    pub(super) fn raw(&mut self) -> &mut Vec<u8> {
        if self.used > 0 {
            self.raw.drain(..self.used);
            self.used = 0;
        }
        &mut self.raw
    }

    /// Inflates some of what has come into `input`; false where nothing comes of it without more.
    /// It stops where the peer has flushed: behind that the layer may end.
    ///
    /// # Errors
    /// The octets are not DEFLATE, or the peer has ended its stream.
    pub(super) fn inflate(&mut self, input: &mut Vec<u8>) -> io::Result<bool> {
        let before = input.len();
        input.reserve(STEP);
        while input.len() == before {
            let rest = self.raw.get(self.used..).unwrap_or_default();
            let flush = rest.windows(FLUSH_MARK.len()).position(|four| four == FLUSH_MARK);
            let piece = flush.and_then(|at| rest.get(..at.saturating_add(FLUSH_MARK.len()))).unwrap_or(rest);
            let (octets_in, octets_out) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self
                .inflate
                .decompress_vec(piece, input, FlushDecompress::None)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            let used = usize::try_from(self.inflate.total_in() - octets_in).unwrap_or(usize::MAX);
            self.used = self.used.saturating_add(used).min(self.raw.len());
            let stuck = used == 0 && self.inflate.total_out() == octets_out;
            match status {
                Status::StreamEnd if input.len() == before => return Err(io::ErrorKind::UnexpectedEof.into()),
                _ if stuck => return Ok(false),
                _ => {}
            }
        }
        Ok(true)
    }

    /// These octets as they go over the wire, complete up to the last of them.
    ///
    /// # Errors
    /// The compressor failed.
    pub(super) fn deflate(&mut self, output: &[u8]) -> io::Result<&[u8]> {
        self.packed.clear();
        let start = self.deflate.total_in();
        loop {
            let done = usize::try_from(self.deflate.total_in() - start).unwrap_or(usize::MAX);
            let rest = output.get(done..).unwrap_or_default();
            self.packed.reserve(rest.len() / 2 + 1024);
            self.deflate
                .compress_vec(rest, &mut self.packed, FlushCompress::Sync)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            let all_taken =
                u64::try_from(output.len()).is_ok_and(|all| self.deflate.total_in() - start == all);
            // Room is left: so the flush is complete, too.
            if all_taken && self.packed.len() < self.packed.capacity() {
                return Ok(&self.packed);
            }
        }
    }

    /// Ends the layer; gives what has come behind its end.
    pub(super) fn end(mut self) -> Vec<u8> {
        std::mem::take(self.raw())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(layer: &mut Deflate, raw: &[u8]) -> Vec<u8> {
        layer.raw().extend_from_slice(raw);
        let mut all = Vec::new();
        loop {
            let mut input = Vec::new();
            if !layer.inflate(&mut input).unwrap() {
                return all;
            }
            assert!(input.len() <= STEP);
            all.extend_from_slice(&input);
        }
    }

    #[test]
    fn what_is_deflated_inflates_and_large_outputs_come_in_steps() {
        let (mut ours, mut theirs) = (Deflate::new(), Deflate::new());
        let large = b"0123456789abcdef".repeat(100_000);
        for text in [&b"a OK done\r\n"[..], b"", b"b OK done\r\n", &large, b"c"] {
            let packed = ours.deflate(text).unwrap().to_vec();
            assert!(packed.len() < text.len() / 8 + 64);
            assert_eq!(unpack(&mut theirs, &packed), text);
        }
    }

    #[test]
    fn octets_may_come_one_at_a_time() {
        let (mut ours, mut theirs) = (Deflate::new(), Deflate::new());
        let packed = ours.deflate(b"t1 NOOP\r\n").unwrap().to_vec();
        let all: Vec<u8> = packed.iter().flat_map(|&octet| unpack(&mut theirs, &[octet])).collect();
        assert_eq!(all, b"t1 NOOP\r\n");
    }

    #[test]
    fn inflating_stops_where_the_peer_has_flushed() {
        let (mut ours, mut theirs) = (Deflate::new(), Deflate::new());
        let mut raw = ours.deflate(b"t1 UNAUTHENTICATE\r\n").unwrap().to_vec();
        raw.extend_from_slice(b"t2 NOOP\r\n");
        theirs.raw().extend_from_slice(&raw);
        let mut input = Vec::new();
        assert!(theirs.inflate(&mut input).unwrap());
        assert_eq!(input, b"t1 UNAUTHENTICATE\r\n");
        assert_eq!(theirs.end(), b"t2 NOOP\r\n");
    }

    #[test]
    fn what_is_not_deflate_is_an_error() {
        let mut layer = Deflate::new();
        layer.raw().extend_from_slice(b"t1 NOOP\r\n");
        let mut input = Vec::new();
        while let Ok(more) = layer.inflate(&mut input) {
            assert!(more && input.len() < 100, "taken for DEFLATE: {}", input.escape_ascii());
        }
    }
}
