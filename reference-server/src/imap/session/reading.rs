//! Commands as they are read: literals and messages on the way are asked for and taken, or refused as early as
//! can be, and the state decides whether a command is let through. Not the grammar, which is `syntax`.

use super::{NO_TAG, Session};
use crate::imap::failure::Ended;
use crate::imap::notify::Moment;
use crate::imap::policy::Literals;
use crate::imap::registry::{self, Command, Gate, Registered};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::syntax::{Cursor, Gatherer, LiteralForm, ParseError, Step, VALUE_LIMIT, head, salvage_tag};
use crate::imap::upload::receive;

/// A command, ready to be carried out.
pub(super) struct Ready {
    pub(super) tag: String,
    pub(super) registered: &'static Registered,
    pub(super) command: Box<dyn Command>,
}

/// A refusal of a command that was never carried out.
pub(super) struct Refusal {
    pub(super) tag: String,
    pub(super) reply: Reply,
}

/// What became of a command's text.
enum Judged {
    Ready(Ready),
    Refused(Refusal),
    /// A literal is to be taken.
    Literal,
    /// A message is to be taken.
    Message,
}

impl Session {
    /// Reads until a command is whole, or wrong.
    pub(super) async fn next_command(&mut self) -> Result<Result<Ready, Refusal>, Ended> {
        let mut gatherer = Gatherer::new();
        self.uploads.clear();
        loop {
            if self.link.buffered().is_empty() {
                if self.notify.is_some() && gatherer.text().is_empty() && !gatherer.is_skipping() {
                    Box::pin(self.tell_until_input(Moment::BetweenCommands)).await?;
                } else {
                    self.link.fill().await?;
                }
            }
            let (taken, step) = gatherer.feed(self.link.buffered());
            self.link.consume(taken);
            match step {
                Step::NeedsInput => {}
                Step::Skipped => gatherer = Gatherer::new(),
                Step::TooLong => self.refuse(&too_long(&gatherer))?,
                Step::BareLineFeed => return Ok(Err(bare_line_feed(&gatherer))),
                Step::Whole => {
                    let cursor = Cursor::whole(gatherer.text(), self.message_limit());
                    let cursor = cursor.without(gatherer.messages()).with_names(self.names);
                    match self.judge(cursor) {
                        Judged::Ready(ready) => return Ok(Ok(ready)),
                        Judged::Refused(refusal) => return Ok(Err(refusal)),
                        Judged::Literal | Judged::Message => {}
                    }
                }
                Step::AtLiteral(announced) if gatherer.is_skipping() => {
                    gatherer.skip_literal(announced);
                }
                Step::AtLiteral(announced) => {
                    let cursor = Cursor::up_to_literal(gatherer.text(), self.message_limit());
                    let cursor = cursor.without(gatherer.messages()).with_names(self.names);
                    let unasked = announced.form == LiteralForm::NonSynchronizing;
                    let refusal = match self.judge(cursor) {
                        Judged::Literal | Judged::Message
                            if unasked && !self.unasked().allow(announced.octets) =>
                        {
                            too_much_unasked(&gatherer)
                        }
                        Judged::Literal if gatherer.take_literal(announced).is_ok() => {
                            if announced.form == LiteralForm::Synchronizing {
                                self.link.push(b"+ Ready for literal data\r\n");
                            }
                            continue;
                        }
                        Judged::Message if gatherer.take_message().is_ok() => {
                            if announced.form == LiteralForm::Synchronizing {
                                self.link.push(b"+ Ready for literal data\r\n");
                            }
                            let store = self.store();
                            self.uploads.push(receive(self.link.as_mut(), &store, announced.octets).await?);
                            continue;
                        }
                        Judged::Refused(refusal) => refusal,
                        Judged::Literal | Judged::Message | Judged::Ready(_) => too_many_literals(&gatherer),
                    };
                    if announced.form == LiteralForm::Synchronizing {
                        return Ok(Err(refusal));
                    }
                    self.refuse(&refusal)?;
                    if (self.context.shared.seams.gate.imap_skips_refused)() {
                        gatherer.skip_literal(announced);
                    } else {
                        gatherer = Gatherer::new();
                    }
                }
            }
        }
    }

    /// Which literals may come without being asked for.
    fn unasked(&self) -> Literals {
        let shared = &self.context.shared;
        (shared.seams.gate.imap_unasked)(shared.imap.literals())
    }

    fn message_limit(&self) -> u64 {
        self.context.shared.limits.message_octets
    }

    /// Parses a command as far as it goes, and sees whether it is let through in this state.
    fn judge(&self, mut cursor: Cursor<'_>) -> Judged {
        let (tag, head) = head(&mut cursor);
        let tag = tag.unwrap_or_else(|| NO_TAG.to_owned());
        let refused = |reply| Judged::Refused(Refusal { tag: tag.clone(), reply });
        let head = match head {
            Ok(head) => head,
            Err(error) => return refused(complaint(error)),
        };
        let Some(registered) = registry::find(&head.name, &self.context.shared.imap) else {
            return refused(Reply::bad("no such command"));
        };
        if let Some(reply) = self.stopped_at(registered.gate) {
            return refused(reply);
        }
        let parsed = (registered.parse)(&mut cursor).and_then(|command| {
            cursor.end()?;
            Ok(command)
        });
        match parsed {
            Ok(command) => Judged::Ready(Ready { tag: head.tag, registered, command }),
            Err(ParseError::NeedsLiteral(_)) => Judged::Literal,
            Err(ParseError::NeedsMessage(_)) => Judged::Message,
            Err(error) => refused(complaint(error)),
        }
    }

    fn stopped_at(&self, gate: Gate) -> Option<Reply> {
        let reason = match (gate, &self.account, &self.selected) {
            (Gate::Any, ..)
            | (Gate::NotAuthenticated, None, _)
            | (Gate::Authenticated, Some(_), _)
            | (Gate::Selected, Some(_), Some(_)) => return None,
            (Gate::NotAuthenticated, Some(_), _) => "you have logged in already",
            (Gate::Authenticated | Gate::Selected, None, _) => "log in first",
            (Gate::Selected, Some(_), None) => "select a mailbox first",
        };
        Some(Reply::bad(reason).with(ResponseCode::ClientBug))
    }

    /// One line that is no command: a response to a challenge, the end of IDLE. Without its CRLF;
    /// `None` where it is longer than `limit` (it is dropped).
    pub(crate) async fn read_line(&mut self, limit: usize) -> Result<Option<Vec<u8>>, Ended> {
        let mut line = Vec::new();
        let mut overlong = false;
        loop {
            if self.link.buffered().is_empty() {
                self.link.fill().await?;
            }
            let input = self.link.buffered();
            let end = input.iter().position(|&octet| octet == b'\n');
            let taken = end.map_or(input.len(), |at| at.saturating_add(1));
            if line.len().saturating_add(taken) > limit {
                overlong = true;
                line.clear();
            } else {
                line.extend_from_slice(input.get(..taken).unwrap_or_default());
            }
            self.link.consume(taken);
            if end.is_some() {
                let text = line.strip_suffix(b"\n").unwrap_or(&line);
                let text = text.strip_suffix(b"\r").unwrap_or(text).to_vec();
                return Ok((!overlong).then_some(text));
            }
        }
    }
}

fn complaint(error: ParseError) -> Reply {
    match error {
        ParseError::Syntax(reason) => Reply::bad(reason),
        ParseError::Limit(reason) => Reply::no(reason).with(ResponseCode::Limit),
        ParseError::NeedsLiteral(_) | ParseError::NeedsMessage(_) => {
            Reply::bad("no literal is possible here")
        }
        ParseError::MessageTooLarge => {
            Reply::no("the message is larger than allowed").with(ResponseCode::TooBig)
        }
        ParseError::ValueTooLarge => {
            Reply::no("the value is larger than allowed").with(ResponseCode::MetadataMaxSize(VALUE_LIMIT))
        }
        ParseError::LiteralTooLarge { .. } => {
            Reply::no("the literal is larger than allowed").with(ResponseCode::Limit)
        }
    }
}

fn refusal(gatherer: &Gatherer, reply: Reply) -> Refusal {
    let tag = salvage_tag(gatherer.text()).unwrap_or_else(|| NO_TAG.to_owned());
    Refusal { tag, reply }
}

fn too_long(gatherer: &Gatherer) -> Refusal {
    refusal(gatherer, Reply::bad("the command is too long").with(ResponseCode::Limit))
}

fn bare_line_feed(gatherer: &Gatherer) -> Refusal {
    refusal(gatherer, Reply::bad("a command must end with CRLF"))
}

/// RFC 7888, section 5.
fn too_much_unasked(gatherer: &Gatherer) -> Refusal {
    let reply = Reply::bad("a literal of this size must wait to be asked for");
    refusal(gatherer, reply.with(ResponseCode::TooBig))
}

fn too_many_literals(gatherer: &Gatherer) -> Refusal {
    refusal(gatherer, Reply::bad("too many literals in one command").with(ResponseCode::Limit))
}
