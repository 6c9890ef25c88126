//! `data` and `send`: octets that are no commands.

use super::talk::{Then, send as write};
use crate::run::halt::Halt;
use crate::run::stage::Stage;
use crate::script::model::{Data, Step};
use crate::script::template::Template;
use crate::target::client::dot_stuffed;

/// `data`: a message after 354 (RFC 5321, sections 4.1.1.4 and 4.5.2).
pub(super) async fn data(stage: &mut Stage, step: &Step, data: &Data) -> Result<(), Halt> {
    let octets = match data {
        Data::Message(template) => dot_stuffed(&with_crlf(&stage.octets(template)?)),
        Data::Raw(template) => stage.octets(template)?,
    };
    write(stage, step, &step.on, &octets, Then::Read).await
}

/// `send`: octets exactly as written.
pub(super) async fn send(stage: &mut Stage, step: &Step, template: &Template) -> Result<(), Halt> {
    let octets = stage.octets(template)?;
    write(stage, step, &step.on, &octets, Then::Nothing).await
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
    fn line_ends_of_the_script_become_crlf_once() {
        assert_eq!(with_crlf(b"a\n\r\n.b\n"), b"a\r\n\r\n.b\r\n");
        assert_eq!(dot_stuffed(&with_crlf(b".a\n.\n")), b"..a\r\n..\r\n.\r\n");
    }
}
