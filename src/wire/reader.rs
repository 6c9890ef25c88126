//! The task that reads a connection all the time.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, ReadHalf, WriteHalf};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::connection::Side;
use super::deflate::NotDeflate;
use super::inbox::{End, Inbox};
use super::recorder::Recorder;
use super::stream::Stream;

/// A stream in two halves, one of them in the hands of its reader.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) writer: WriteHalf<Stream>,
    pub(super) reader: JoinHandle<ReadHalf<Stream>>,
    stop: oneshot::Sender<()>,
}

impl Open {
    pub(super) fn start(
        stream: Stream,
        side: Side,
        name: &str,
        inbox: &Arc<Inbox>,
        recorder: &Arc<Recorder>,
    ) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        let (stop, stopped) = oneshot::channel();
        let task =
            read_all(reader, stopped, (name.to_owned(), side), Arc::clone(inbox), Arc::clone(recorder));
        Self { writer, reader: tokio::spawn(task), stop }
    }

    /// Ends the reader task and puts the stream together again.
    pub(super) async fn stop(self) -> Option<Stream> {
        let _ = self.stop.send(());
        let reader = self.reader.await.ok()?;
        reader.is_pair_of(&self.writer).then(|| reader.unsplit(self.writer))
    }
}

/// Reads until the end or until it is stopped, and gives its half back.
async fn read_all(
    mut reader: ReadHalf<Stream>,
    mut stopped: oneshot::Receiver<()>,
    (name, side): (String, Side),
    inbox: Arc<Inbox>,
    recorder: Arc<Recorder>,
) -> ReadHalf<Stream> {
    let mut chunk = vec![0; 16 * 1024];
    loop {
        let result = tokio::select! {
            biased;
            _ = &mut stopped => return reader,
            result = reader.read(&mut chunk) => result,
        };
        let now = Instant::now();
        let end = match result {
            Ok(0) => End::Closed,
            Ok(count) => {
                let octets = chunk.get(..count).unwrap_or_default();
                recorder.octets(&name, side.hears(), now, octets);
                if inbox.push(octets, now) {
                    continue;
                }
                End::Overflow
            }
            Err(error) => end_of(&error),
        };
        recorder.note(&name, end.told_of(side.peer()));
        inbox.finish(end);
        // The half is kept until we close: dropping it here would not close anything either.
        let _ = (&mut stopped).await;
        return reader;
    }
}

pub(super) fn end_of(error: &io::Error) -> End {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            End::Reset
        }
        // A server that ends TLS without close_notify has closed all the same.
        io::ErrorKind::UnexpectedEof => End::Closed,
        io::ErrorKind::InvalidData if is_not_deflate(error) => End::Compression(error.to_string()),
        io::ErrorKind::InvalidData => match alert_in(error) {
            Some(alert) => End::Alert(alert),
            None => End::Tls(error.to_string()),
        },
        _ => End::Failed(error.to_string()),
    }
}

/// The fatal alert by which the peer ended TLS, if it did so.
fn alert_in(error: &io::Error) -> Option<String> {
    match error.get_ref()?.downcast_ref()? {
        tokio_rustls::rustls::Error::AlertReceived(alert) => Some(format!("{alert:?}")),
        _ => None,
    }
}

fn is_not_deflate(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<NotDeflate>())
}
