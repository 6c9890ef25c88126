//! `TOP msg n` (RFC 1939, section 7): a message's header and its first lines.

use super::super::maildrop::Maildrop;
use super::super::registry::{Request, Spec, State};
use super::super::reply::{Payload, Reply};
use super::super::session::body_of;
use super::super::syntax::{MessageNumber, decimal, message_number};
use crate::message::header_end;
use crate::store::Store;

/// `TOP` with a message-number and a number of lines.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "TOP",
    states: &[State::Transaction],
    parse: |arguments| {
        let [number, lines] = arguments.words()?;
        Ok(Request::Top(message_number(number)?, decimal(lines)?))
    },
    capability: |_| Some("TOP".into()),
};

/// Sends the header, the blank line and so many lines of the body.
pub(in super::super) async fn run(
    store: &Store,
    maildrop: &Maildrop,
    number: MessageNumber,
    lines: u64,
) -> Reply {
    match body_of(store, maildrop, number).await {
        Ok((_, content)) => {
            let length = top_length(&content, lines);
            let text = "top of message follows".to_owned();
            Reply::Multi(text, Payload::Message { content, length })
        }
        Err(refusal) => refusal,
    }
}

/// How many octets header, blank line and that many lines of the body have.
fn top_length(message: &[u8], lines: u64) -> usize {
    let header = header_end(message);
    let body = message.get(header..).unwrap_or_default();
    let lines = usize::try_from(lines).unwrap_or(usize::MAX);
    let shown: usize = body.split_inclusive(|&octet| octet == b'\n').take(lines).map(<[u8]>::len).sum();
    header + shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blank_line_comes_with_the_header() {
        let message = b"A: b\r\n\r\none\r\ntwo\r\nthree";
        let top = |lines| &message[..top_length(message, lines)];
        assert_eq!(top(0), b"A: b\r\n\r\n");
        assert_eq!(top(2), b"A: b\r\n\r\none\r\ntwo\r\n");
        assert_eq!(top(3), message);
        assert_eq!(top(u64::MAX), message);
    }

    #[test]
    fn a_message_without_a_body_has_only_its_header() {
        assert_eq!(top_length(b"A: b\r\n", 5), 6);
        assert_eq!(top_length(b"", 5), 0);
    }
}
