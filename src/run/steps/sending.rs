//! `data` and `send`: octets that are no commands.

use super::talk::{Then, send as write};
use crate::run::halt::Halt;
use crate::run::stage::Stage;
use crate::script::model::{Cut, Data, Send, Step};
use crate::target::client::dot_stuffed;

/// `data`: a message after 354 (RFC 5321, sections 4.1.1.4 and 4.5.2).
pub(super) async fn data(stage: &mut Stage, step: &Step, data: &Data) -> Result<(), Halt> {
    let octets = match data {
        Data::Message(template) => dot_stuffed(&with_crlf(&stage.octets(template)?)),
        Data::Raw(template) => stage.octets(template)?,
    };
    write(stage, step, &step.on, &octets, Then::Read).await
}

/// `send`: octets exactly as written, cut into writes as the script says.
pub(super) async fn send(stage: &mut Stage, step: &Step, send: &Send) -> Result<(), Halt> {
    let octets = stage.octets(&send.octets)?;
    for (number, piece) in pieces(&octets, &send.cut).into_iter().enumerate() {
        if number > 0 && !send.pause.is_zero() {
            let until = stage.wait(send.pause).deadline;
            tokio::time::sleep_until(until.into()).await;
        }
        write(stage, step, &step.on, piece, Then::Nothing).await?;
    }
    Ok(())
}

/// Octets cut into what each write takes.
fn pieces<'a>(octets: &'a [u8], cut: &Cut) -> Vec<&'a [u8]> {
    match cut {
        Cut::Whole => vec![octets],
        Cut::Each(size) => octets.chunks((*size).max(1)).collect(),
        Cut::Sizes(sizes) => {
            let mut rest = octets;
            let mut pieces = Vec::new();
            for size in sizes {
                let (piece, behind) = rest.split_at((*size).min(rest.len()));
                pieces.push(piece);
                rest = behind;
            }
            pieces.push(rest);
            pieces.retain(|piece| !piece.is_empty());
            pieces
        }
    }
}

/// Each LF without a CR before it made CRLF: the script's own line ends are those of its file.
fn with_crlf(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 64);
    let mut previous = 0;
    for &octet in text {
        if octet == b'\n' && previous != b'\r' {
            out.push(b'\r');
        }
        out.push(octet);
        previous = octet;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_cut_as_the_script_says() {
        assert_eq!(pieces(b"abcde", &Cut::Whole), [b"abcde"]);
        assert_eq!(pieces(b"abcde", &Cut::Each(2)), [&b"ab"[..], b"cd", b"e"]);
        assert_eq!(pieces(b"abcde", &Cut::Sizes(vec![1, 2])), [&b"a"[..], b"bc", b"de"]);
        assert_eq!(pieces(b"abc", &Cut::Sizes(vec![1, 9, 4])), [&b"a"[..], b"bc"]);
    }

    #[test]
    fn line_ends_of_the_script_become_crlf_once() {
        assert_eq!(with_crlf(b"a\n\r\n.b\n"), b"a\r\n\r\n.b\r\n");
        assert_eq!(dot_stuffed(&with_crlf(b".a\n.\n")), b"..a\r\n..\r\n.\r\n");
    }
}
