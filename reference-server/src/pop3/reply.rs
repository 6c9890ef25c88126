//! Replies: status, response code and text (RFC 1939, section 3; RFC 2449,
//! sections 3 and 8), and what follows a multi-line one.

use crate::store::BodyId;

/// A response code, which lets a client tell failures apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// The credentials are at fault (RFC 3206, section 5).
    Auth,
    /// Another session holds the maildrop (RFC 2449, section 8.1.2).
    InUse,
    /// The user has logged in a short time ago (RFC 2449, section 8.1.1).
    LoginDelay,
    /// The message needs the mode UTF8 (RFC 6856, section 5).
    Utf8,
    /// The server has a trouble that may pass (RFC 3206, section 4).
    SysTemp,
}

impl Code {
    fn name(self) -> &'static str {
        match self {
            Self::Auth => "AUTH",
            Self::InUse => "IN-USE",
            Self::LoginDelay => "LOGIN-DELAY",
            Self::Utf8 => "UTF8",
            Self::SysTemp => "SYS/TEMP",
        }
    }
}

/// What the server answers to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// `+OK text`.
    Ok(String),
    /// `-ERR [code] text`.
    Err(Option<Code>, String),
    /// `+OK text`, the payload dot-stuffed, and the line with the dot.
    Multi(String, Payload),
    /// `+ challenge`: the server waits for a SASL response. The challenge is in
    /// base64 and may be empty (RFC 5034, section 4).
    Continue(String),
}

/// The lines of a multi-line reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    /// Lines without their line ends.
    Lines(Vec<String>),
    /// The first octets of a message, up to a line end or to its own end.
    Message {
        /// Where its octets are.
        body: BodyId,
        /// The first of them, which are read already.
        first: Vec<u8>,
        /// How many octets of it are sent.
        octets: u64,
    },
}

impl Reply {
    /// `+OK` with that text.
    pub(super) fn ok(text: impl Into<String>) -> Self {
        Self::Ok(text.into())
    }

    /// `-ERR` with that text.
    pub(super) fn err(text: impl Into<String>) -> Self {
        Self::Err(None, text.into())
    }

    /// `-ERR` with that response code and text.
    pub(super) fn coded(code: Code, text: impl Into<String>) -> Self {
        Self::Err(Some(code), text.into())
    }

    /// The first line of the reply with its CRLF.
    pub(super) fn status_line(&self) -> String {
        match self {
            Self::Ok(text) | Self::Multi(text, _) => format!("+OK {text}\r\n"),
            Self::Err(None, text) => format!("-ERR {text}\r\n"),
            Self::Err(Some(code), text) => format!("-ERR [{}] {text}\r\n", code.name()),
            Self::Continue(challenge) => format!("+ {challenge}\r\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_lines_read_as_the_grammar_asks() {
        assert_eq!(Reply::ok("2 320").status_line(), "+OK 2 320\r\n");
        assert_eq!(Reply::err("no").status_line(), "-ERR no\r\n");
        assert_eq!(Reply::coded(Code::InUse, "busy").status_line(), "-ERR [IN-USE] busy\r\n");
        assert_eq!(Reply::Continue(String::new()).status_line(), "+ \r\n");
    }
}
