//! POP3 (RFC 1939) with CAPA (RFC 2449), STLS (RFC 2595), response codes
//! (RFC 2449, RFC 3206), AUTH (RFC 5034), UTF8 and LANG (RFC 6856); APOP where passwords
//! are kept; LOGIN-DELAY and EXPIRE as the operator wants them.
//!
//! A [`session::Session`] takes lines and gives answers; here they are carried
//! from and to the connection.

mod commands;
pub(crate) mod expiring;
mod framer;
mod maildrop;
pub(crate) mod policy;
mod registry;
mod reply;
mod session;
mod syntax;
#[cfg(test)]
mod tests;

use std::io;

use crate::context::Context;
use crate::net::{Connection, Line, ReadError, Stream};
use crate::store::READ;
use framer::Stuffer;
use registry::Stls;
use reply::{Payload, Reply};
use session::{Session, Then};

/// After how many commands others have their turn.
const IN_A_ROW: u32 = 32;

/// How a session in the TRANSACTION state ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By QUIT: it enters the UPDATE state.
    Quit,
    /// Otherwise: the connection was lost, idle for too long, or closed by the server.
    Dropped,
}

/// Serves one connection from the greeting to the close.
pub(crate) async fn serve<S: Stream>(mut connection: Connection<S>, context: Context) {
    let stls = if connection.is_tls() { Stls::Active } else { Stls::Possible };
    let channel = context.shared.authenticator.recognized(connection.channel(), context.peer).await;
    let context = Context { channel, ..context };
    let mut session = Session::new(context, stls);
    let ended = converse(&mut connection, &mut session).await;
    if let Err(reason) = &ended {
        tracing::debug!(?reason, "POP3 session ended without QUIT");
    }
    // Before the farewell, which may take a while: the next session wants the lock.
    session.dropped().await;
    connection.close().await;
}

/// Takes lines and sends answers, until an answer is the last one.
async fn converse<S: Stream>(connection: &mut Connection<S>, session: &mut Session) -> Result<(), ReadError> {
    let context = session.context().clone();
    connection.push(session.greeting().status_line().as_bytes());
    let mut commands: u32 = 0;
    loop {
        let answer = match connection.read_line(session.line_limit()).await? {
            Line::Complete(line) => session.line(&line).await,
            Line::TooLong => session.too_long(),
        };
        send(connection, &answer.reply, &context).await?;
        // Many commands may have come at once: others have their turn between some and some.
        commands = commands.wrapping_add(1);
        if commands.is_multiple_of(IN_A_ROW) {
            tokio::task::yield_now().await;
        }
        match answer.then {
            Then::GoOn => {}
            Then::StartTls => {
                connection.start_tls(&context.shared.tls, (context.shared.seams.gate.early_input)()).await?;
                let channel = connection.channel();
                session.secured(context.shared.authenticator.recognized(channel, context.peer).await);
            }
            Then::Close => return Ok(()),
        }
    }
}

async fn send<S: Stream>(connection: &mut Connection<S>, reply: &Reply, context: &Context) -> io::Result<()> {
    connection.write(reply.status_line().as_bytes()).await?;
    let Reply::Multi(_, payload) = reply else {
        return Ok(());
    };
    let mut stuffer = Stuffer::new(context.shared.seams.framer.stuff);
    let mut wire = Vec::new();
    match payload {
        Payload::Lines(lines) => {
            for line in lines {
                stuffer.push(line.as_bytes(), &mut wire);
                stuffer.push(b"\r\n", &mut wire);
            }
        }
        Payload::Message { body, first, octets } => {
            let mut left = *octets;
            let mut offset = READ;
            let mut read: Vec<u8>;
            let mut piece = first;
            while left > 0 {
                let more = u64::try_from(piece.len()).is_ok_and(|count| count >= READ);
                let shown = piece.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(piece);
                left = left.saturating_sub(READ);
                stuffer.push(shown, &mut wire);
                connection.write(&wire).await?;
                wire.clear();
                if !more {
                    break;
                }
                // What has begun can not be taken back: without the rest the connection ends.
                read =
                    context.shared.store.body_range(*body, offset, READ).await.map_err(io::Error::other)?;
                offset = offset.saturating_add(READ);
                piece = &read;
            }
        }
    }
    stuffer.finish(&mut wire);
    connection.write(&wire).await
}
