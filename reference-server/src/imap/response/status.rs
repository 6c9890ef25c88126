//! Status responses (RFC 3501, section 7.1): how a command ended, and what a server says unasked.

use super::ResponseCode;

/// The condition of a status response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Done, or a mere notice.
    Ok,
    /// It could not be done; the command was right.
    No,
    /// The command was wrong.
    Bad,
    /// The connection ends.
    Bye,
}

impl Condition {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::No => "NO",
            Self::Bad => "BAD",
            Self::Bye => "BYE",
        }
    }
}

/// How a command ended, or what the server has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    condition: Condition,
    code: Option<ResponseCode>,
    text: &'static str,
}

impl Reply {
    /// The command was done.
    pub(crate) fn ok(text: &'static str) -> Self {
        Self { condition: Condition::Ok, code: None, text }
    }

    /// The command was right and could not be done.
    pub(crate) fn no(text: &'static str) -> Self {
        Self { condition: Condition::No, code: None, text }
    }

    /// The command was wrong.
    pub(crate) fn bad(text: &'static str) -> Self {
        Self { condition: Condition::Bad, code: None, text }
    }

    /// The connection ends.
    pub(crate) fn bye(text: &'static str) -> Self {
        Self { condition: Condition::Bye, code: None, text }
    }

    /// The same with a response code.
    pub(crate) fn with(mut self, code: ResponseCode) -> Self {
        self.code = Some(code);
        self
    }

    /// Whether it says something to the program at the other end.
    pub(crate) fn has_code(&self) -> bool {
        self.code.is_some()
    }

    /// The condition.
    pub(crate) fn condition(&self) -> Condition {
        self.condition
    }

    /// ```abnf
    /// response-tagged = tag SP resp-cond-state CRLF
    /// resp-cond-state = ("OK" / "NO" / "BAD") SP resp-text
    /// resp-text       = ["[" resp-text-code "]" SP] text
    /// ```
    /// `tag` is the client's tag, or `*`.
    pub(crate) fn write(&self, out: &mut Vec<u8>, tag: &str) {
        let line = match &self.code {
            Some(code) => format!("{tag} {} [{code}] {}\r\n", self.condition.name(), self.text),
            None => format!("{tag} {} {}\r\n", self.condition.name(), self.text),
        };
        out.extend_from_slice(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_before_the_text() {
        let mut out = Vec::new();
        Reply::no("no such mailbox").with(ResponseCode::TryCreate).write(&mut out, "a1");
        Reply::ok("done").write(&mut out, "*");
        assert_eq!(out, b"a1 NO [TRYCREATE] no such mailbox\r\n* OK done\r\n");
    }
}
