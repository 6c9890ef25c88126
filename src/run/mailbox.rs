//! A look into a mailbox with the harness's own client, by IMAP or else by POP3.

use std::sync::Arc;

use super::halt::Halt;
use super::stage::Stage;
use crate::script::model::Endpoint;
use crate::target::client::{ClientError, ImapClient, Pop3Client};
use crate::target::{Account, Place};
use crate::wire::Recorder;

/// Every message of an account's mailbox.
///
/// # Errors
/// Outside: an account or a way that is not there. Inside: the server did not let us look, which
/// may change.
pub(crate) async fn read(
    stage: &Stage,
    account: &str,
    folder: &str,
) -> Result<Result<Vec<Vec<u8>>, ClientError>, Halt> {
    let (account, place) = stage.account(account)?;
    Ok(read_from(&place, &account, folder).await)
}

/// Every message of a mailbox at a place; a way that is not there gives none.
pub(crate) async fn read_from(
    place: &Place,
    account: &Account,
    folder: &str,
) -> Result<Vec<Vec<u8>>, ClientError> {
    // Looks are many and say little: they stay out of the case's transcript.
    let recorder = Arc::new(Recorder::new());
    if let Some(dial) = place.dial(Endpoint::Imap) {
        let mut client = ImapClient::open(dial, recorder, "look").await?;
        client.login_safely(&account.user, &account.secret).await?;
        if !folder.contains('&') {
            // Messages are to be seen as they are.
            client.accept_utf8().await?;
        }
        let count = client.examine(folder.as_bytes()).await?;
        let messages = client.messages(count).await?;
        client.logout().await;
        Ok(messages)
    } else if let Some(dial) = place.dial(Endpoint::Pop3) {
        let mut client = Pop3Client::open(dial, recorder, "look").await?;
        client.login(&account.user, &account.secret).await?;
        let messages = client.messages().await?;
        client.quit().await?;
        Ok(messages)
    } else {
        Ok(Vec::new())
    }
}

/// The values of a header field, unfolded, without white space around them (RFC 5322, section 2.2.3).
pub(crate) fn header_values(message: &[u8], name: &str) -> Vec<Vec<u8>> {
    let mut values: Vec<Vec<u8>> = Vec::new();
    let mut inside = false;
    for line in header(message).split_inclusive(|octet| *octet == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.starts_with(b" ") || text.starts_with(b"\t") {
            if let (true, Some(value)) = (inside, values.last_mut()) {
                value.extend_from_slice(text);
            }
            continue;
        }
        let colon = text.iter().position(|octet| *octet == b':');
        let (field, value) = text.split_at(colon.unwrap_or(0));
        inside = colon.is_some() && field.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
        if inside {
            values.push(value.get(1..).unwrap_or_default().to_vec());
        }
    }
    values.iter().map(|value| value.trim_ascii().to_vec()).collect()
}

/// The body: what stands behind the first empty line.
pub(crate) fn body(message: &[u8]) -> &[u8] {
    message
        .get(header(message).len()..)
        .map_or(&[], |rest| rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest))
}

/// The header: the lines before the first empty one.
pub(crate) fn header(message: &[u8]) -> &[u8] {
    let mut end = 0;
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        if line == b"\r\n" || line == b"\n" {
            break;
        }
        end += line.len();
    }
    message.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] =
        b"Received: a\r\n by b\r\nSubject: one\r\n\ttwo\r\nreceived: c\r\n\r\nbody\r\n\r\nmore\r\n";

    #[test]
    fn header_fields_are_unfolded_and_found_without_regard_to_case() {
        assert_eq!(header_values(MESSAGE, "subject"), [b"one\ttwo".to_vec()]);
        assert_eq!(header_values(MESSAGE, "Received"), [b"a by b".to_vec(), b"c".to_vec()]);
        assert!(header_values(MESSAGE, "body").is_empty());
    }

    #[test]
    fn the_body_begins_behind_the_first_empty_line() {
        assert_eq!(body(MESSAGE), b"body\r\n\r\nmore\r\n");
        assert_eq!(body(b"\r\nx"), b"x");
        assert_eq!(body(b"Subject: x\r\n"), b"");
    }
}
