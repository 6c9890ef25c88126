//! Drives a session over its connection: lines in, replies out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::commands::bdat::Chunk;
use super::commands::{auth, bdat};
use super::data::{End, Reader};
use super::delivery::{self, Receiving};
use super::registry::Sending;
use super::reply::Reply;
use super::session::{Next, Security, Session};
use crate::auth::Exchange;
use crate::context::Context;
use crate::limits::Intake;
use crate::net::{Connection, Line, ReadError, Stream};
use crate::service::Service;

/// Longest line of an authentication exchange (RFC 4954, section 4), CRLF included.
const AUTH_OCTETS: usize = 12_288 + 2;

/// Serves one connection from the greeting to the close.
pub(crate) async fn serve<S: Stream>(mut connection: Connection<S>, context: Context) {
    let hostname = context.shared.hostname.clone();
    let ended = converse(&mut connection, context).await;
    let farewell = match ended {
        Ok(()) => None,
        // RFC 5321, section 3.8.
        Err(ReadError::Timeout) => Some(Reply::new(421, "4.4.2", format!("{hostname} idle for too long"))),
        Err(ReadError::ShuttingDown) => Some(Reply::new(421, "4.3.2", format!("{hostname} shutting down"))),
        Err(ReadError::Closed) => None,
        Err(ReadError::Io(error)) => {
            tracing::debug!(%error, "connection lost");
            return;
        }
    };
    if let Some(reply) = farewell {
        connection.push(&reply.render());
    }
    connection.close().await;
}

async fn converse<S: Stream>(connection: &mut Connection<S>, context: Context) -> Result<(), ReadError> {
    let security = if connection.is_tls() { Security::Tls } else { Security::Plain };
    let channel = context.shared.authenticator.recognized(connection.channel(), context.peer).await;
    let context = Context { channel, ..context };
    let mut session = Session::new(context, security);
    if session.service() == Service::Smtp && session.context.shared.intake == Intake::Closed {
        return send_away(connection, session).await;
    }
    connection.push(&greeting(&session).render());
    loop {
        let (next, sending) = match connection.read_line(session.context.shared.limits.command_octets).await?
        {
            Line::Complete(line) => session.command(&line).await,
            Line::TooLong => (Next::Reply(Reply::new(500, "5.5.2", "line too long")), Sending::AtOnce),
        };
        let replies = match next {
            Next::Reply(reply) => vec![reply],
            Next::Quit(reply) => {
                connection.push(&reply.render());
                return Ok(());
            }
            Next::Data => {
                let (receiving, end) = read_data(connection, &session).await?;
                delivery::finish(&mut session, receiving, end).await
            }
            Next::Chunk(chunk) => read_chunk(connection, &mut session, chunk).await?,
            Next::Challenge(exchange, challenge) => {
                vec![authenticate(connection, &mut session, exchange, challenge).await?]
            }
            Next::StartTls(reply) => {
                connection.push(&reply.render());
                let shared = session.context.shared.clone();
                connection.start_tls(&shared.tls, (shared.seams.gate.early_input)()).await?;
                let channel = connection.channel();
                let channel = shared.authenticator.recognized(channel, session.context.peer).await;
                session = session.secured(channel);
                Vec::new()
            }
        };
        for reply in replies {
            match session.counted(reply) {
                Next::Quit(reply) => {
                    connection.push(&reply.render());
                    return Ok(());
                }
                Next::Reply(reply) => connection.push(&reply.render()),
                // Counting gives no other.
                Next::Data | Next::Chunk(_) | Next::StartTls(_) | Next::Challenge(..) => {}
            }
        }
        if sending == Sending::AtOnce {
            connection.flush().await?;
        }
    }
}

/// A server that takes no mail says so at once, and to each command but QUIT, for which it waits (RFC
/// 7504, section 3; RFC 5321, section 3.1).
async fn send_away<S: Stream>(connection: &mut Connection<S>, mut session: Session) -> Result<(), ReadError> {
    let hostname = session.context.shared.hostname.clone();
    connection.push(&Reply::bare(521, format!("{hostname} takes no mail")).render());
    loop {
        let line = connection.read_line(session.context.shared.limits.command_octets).await?;
        let next = match line {
            Line::Complete(line) if line.trim_ascii().eq_ignore_ascii_case(b"QUIT") => {
                Next::Quit(Reply::new(221, "2.0.0", format!("{hostname} closing connection")))
            }
            _ => session.counted(Reply::new(521, "5.3.2", "this server takes no mail")),
        };
        match next {
            Next::Quit(reply) => {
                connection.push(&reply.render());
                return Ok(());
            }
            Next::Reply(reply) => connection.push(&reply.render()),
            // Counting gives no other.
            Next::Data | Next::Chunk(_) | Next::StartTls(_) | Next::Challenge(..) => {}
        }
    }
}

fn greeting(session: &Session) -> Reply {
    let protocol = match session.service() {
        Service::Lmtp => "LMTP",
        _ => "ESMTP",
    };
    Reply::bare(220, format!("{} {protocol} mailspec reference server", session.context.shared.hostname))
}

async fn read_data<S: Stream>(
    connection: &mut Connection<S>,
    session: &Session,
) -> Result<(Receiving, End), ReadError> {
    connection.push(&Reply::bare(354, "send the message, end with a dot on a line of its own").render());
    connection.flush().await?;
    let shared = &session.context.shared;
    let mut receiving = delivery::begin(session);
    let mut reader = Reader::new(shared.limits.message_octets, shared.seams.framer.unstuff);
    loop {
        let (used, done) = reader.feed(connection.buffered());
        connection.consume(used);
        receiving.push(reader.content()).await;
        reader.content().clear();
        if let Some(end) = done {
            return Ok((receiving, end));
        }
        connection.fill().await?;
    }
}

/// The octets that follow BDAT: as many as it says, whatever becomes of them (RFC 3030,
/// section 2).
async fn read_chunk<S: Stream>(
    connection: &mut Connection<S>,
    session: &mut Session,
    chunk: Chunk,
) -> Result<Vec<Reply>, ReadError> {
    let mut left = chunk.octets;
    while left > 0 {
        let buffered = connection.buffered();
        let count = buffered.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        bdat::take(session, &chunk, buffered.get(..count).unwrap_or_default()).await;
        connection.consume(count);
        left = left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        if left > 0 {
            connection.fill().await?;
        }
    }
    Ok(bdat::end(session, chunk).await)
}

/// Challenges and responses up to the reply that ends AUTH (RFC 4954, section 4).
async fn authenticate<S: Stream>(
    connection: &mut Connection<S>,
    session: &mut Session,
    mut exchange: Exchange,
    mut challenge: Vec<u8>,
) -> Result<Reply, ReadError> {
    loop {
        connection.push(&Reply::bare(334, STANDARD.encode(challenge)).render());
        let line = match connection.read_line(AUTH_OCTETS).await? {
            Line::Complete(line) => line,
            Line::TooLong => return Ok(Reply::new(500, "5.5.6", "authentication exchange line is too long")),
        };
        match auth::respond(session, exchange, &line).await {
            Next::Challenge(same, next) => (exchange, challenge) = (same, next),
            Next::Reply(reply) => return Ok(reply),
            // An exchange ends in nothing else.
            Next::Quit(_) | Next::Data | Next::Chunk(_) | Next::StartTls(_) => return Ok(auth::failed()),
        }
    }
}
