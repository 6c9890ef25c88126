//! IDLE (RFC 2177): until the client says DONE, news are told as they come.

use crate::imap::failure::{Ended, Failure};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::Session;
use crate::imap::view::{Expunges, Numbering};

/// The longest line that is read for DONE, in octets.
const LINE_LIMIT: usize = 1024;

/// `idle = "IDLE" CRLF "DONE"`
pub(crate) const IDLE: Registered =
    Registered::new("IDLE", Gate::Authenticated, |_| Ok(Box::new(Idle))).of("IDLE");

struct Idle;

impl Command for Idle {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            session.link.push(b"+ idling\r\n");
            wait_for_input(session).await?;
            match session.read_line(LINE_LIMIT).await? {
                Some(line) if line.eq_ignore_ascii_case(b"DONE") => Ok(Reply::ok("IDLE terminated")),
                _ => Err(Failure::Answered(Reply::bad("DONE was expected"))),
            }
        })
    }
}

/// Tells news until the client sends something.
async fn wait_for_input(session: &mut Session) -> Result<(), Ended> {
    let mailbox = session.selected_view().map(|view| view.mailbox());
    // The watch begins before the first look, so that nothing falls between.
    let mut news = mailbox.map(|mailbox| session.store().watch(mailbox));
    loop {
        session.refresh().await?;
        if (session.context.shared.seams.view.imap_idle_tells)() {
            session.tell(Expunges::Told, Numbering::Sequence).await?;
        }
        if !session.link.buffered().is_empty() {
            return Ok(());
        }
        // News may come while the peer is slow to read: only the wait for input is cut short by
        // them, never a line that is half sent.
        session.link.flush().await?;
        let changed = async {
            match &mut news {
                Some(news) => news.changed().await.is_ok(),
                None => false,
            }
        };
        tokio::select! {
            filled = session.link.fill() => filled?,
            true = changed => {}
        }
    }
}
