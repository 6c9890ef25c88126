//! Lines that describe one reply: an SMTP group, and a POP3 status with its payload.

use super::TalkReader;
use super::line::{is_pop3_status, payload_capture};
use crate::script::model::{Law, Pattern};
use crate::script::pattern::{self, Pop3Expectation, Pop3Payload, SmtpExpectation, SmtpLine, TextPattern};
use crate::source::Span;

/// Lines that wait for the rest of their reply.
pub(super) enum Pending {
    None,
    Smtp { lines: Vec<SmtpLine>, expectation: Draft },
    Pop3 { status: Pop3Expectation, payload: Vec<TextPattern>, state: Payload, expectation: Draft },
}

/// How far a POP3 reply has been written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Payload {
    /// Only its status line.
    None,
    /// Payload lines, and no lone dot yet.
    Open,
}

/// What an expectation will be but for its pattern.
pub(super) struct Draft {
    pub(super) law: Option<Law>,
    pub(super) span: Span,
    pub(super) text: String,
}

impl TalkReader<'_, '_> {
    pub(super) fn smtp(&mut self, text: &str, offset: usize, draft: Draft) {
        let lead = text.len() - text.trim_start().len();
        let line = match pattern::smtp::parse_line(text.trim(), offset + lead) {
            Ok(line) => line,
            Err(mistake) => {
                self.pending = Pending::None;
                return self.refuse(mistake, text, offset + lead);
            }
        };
        self.flow(line.reads(), line.binds());
        let continues = line.continues;
        let (mut lines, draft) = match std::mem::replace(&mut self.pending, Pending::None) {
            Pending::Smtp { lines, expectation } => (lines, self.merged(expectation, draft)),
            _ => (Vec::new(), draft),
        };
        lines.push(line);
        if continues {
            self.pending = Pending::Smtp { lines, expectation: draft };
        } else {
            self.push(Pattern::Smtp(SmtpExpectation { lines }), draft);
        }
    }

    pub(super) fn pop3(&mut self, text: &str, offset: usize, draft: Draft) {
        let open = matches!(self.pending, Pending::Pop3 { state: Payload::Open, .. });
        if is_pop3_status(text) && !open {
            self.finish_pending();
            match pattern::pop3::parse_status(text.trim_end(), offset) {
                Ok(status) => {
                    self.flow(status.reads(), status.binds());
                    self.pending = Pending::Pop3 {
                        status,
                        payload: Vec::new(),
                        state: Payload::None,
                        expectation: draft,
                    };
                }
                Err(mistake) => self.refuse(mistake, text, offset),
            }
            return;
        }
        let Pending::Pop3 { .. } = self.pending else {
            // Not behind a status line: it should have been one.
            if let Err(mistake) = pattern::pop3::parse_status(text.trim_end(), offset) {
                self.refuse(mistake, text, offset);
            }
            return;
        };
        self.payload_line(text, offset, draft);
    }

    fn payload_line(&mut self, text: &str, offset: usize, draft: Draft) {
        // What judges stands apart from the line by spaces that are not part of it.
        let text = if draft.law.is_some() { text.trim_end() } else { text };
        let Pending::Pop3 { status, mut payload, state, expectation } =
            std::mem::replace(&mut self.pending, Pending::None)
        else {
            return;
        };
        let expectation = self.merged(expectation, draft);
        if text.trim_end() == "." {
            let status = Pop3Expectation { payload: Pop3Payload::Lines(payload), ..status };
            return self.push(Pattern::Pop3(status), expectation);
        }
        match pattern::text::parse(text, offset) {
            Ok(line) => {
                self.flow(line.reads(), line.binds());
                if let (Some(name), Payload::None) = (payload_capture(&line), state) {
                    let payload = name.map_or(Pop3Payload::Unjudged, Pop3Payload::Bound);
                    return self.push(Pattern::Pop3(Pop3Expectation { payload, ..status }), expectation);
                }
                payload.push(line);
            }
            Err(mistake) => self.refuse(mistake, text, offset),
        }
        self.pending = Pending::Pop3 { status, payload, state: Payload::Open, expectation };
    }

    /// Ends the reply that is being written; one that is not whole is a mistake.
    pub(super) fn finish_pending(&mut self) {
        match std::mem::replace(&mut self.pending, Pending::None) {
            Pending::None => {}
            Pending::Smtp { expectation, .. } => {
                let help = "end it with a line without `-`, as `S: 250`";
                self.context.decoder.mistake_help(expectation.span, "this reply has no last line", help);
            }
            Pending::Pop3 { status, state: Payload::None, expectation, .. } => {
                self.push(Pattern::Pop3(status), expectation);
            }
            Pending::Pop3 { state: Payload::Open, expectation, .. } => {
                let help = "end it with `S: .`, or take it whole with `S: ${name = payload}`";
                self.context.decoder.mistake_help(expectation.span, "this reply's payload has no end", help);
            }
        }
    }

    /// Two lines of one reply: what both judge, the reply judges.
    fn merged(&mut self, mut first: Draft, next: Draft) -> Draft {
        first.text.push('\n');
        first.text.push_str(&next.text);
        match (&mut first.law, next.law) {
            (law @ None, next) => *law = next,
            (Some(_), None) => {}
            (Some(law), Some(next)) => {
                if law.level != next.level {
                    let message = "one reply is judged at one level";
                    self.context.decoder.mistake_help(next.span, message, "cite both at the same level");
                }
                law.ids.extend(next.ids.into_iter().filter(|id| !law.ids.contains(id)).collect::<Vec<_>>());
            }
        }
        first
    }
}
