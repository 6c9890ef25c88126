//! IMAP, as far as filling, reading and emptying an account needs it.

use std::sync::Arc;

use super::{ClientError, Dial, Lines, MAX_REPLY, namespaces, refused};
use crate::wire::Recorder;

/// A connection to an IMAP server.
#[derive(Debug)]
pub struct ImapClient {
    lines: Lines,
    greeting: Vec<u8>,
    commands: usize,
}

/// A mailbox that LIST told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name as it stands on the wire, without quotes.
    pub name: Vec<u8>,
    /// Whether it can be selected.
    pub selectable: bool,
}

impl ImapClient {
    /// Connects and reads the greeting.
    ///
    /// # Errors
    /// When there is none, or it is BYE.
    pub async fn open(dial: Dial, recorder: Arc<Recorder>, name: &str) -> Result<Self, ClientError> {
        let mut lines = Lines::open(dial, recorder, name).await?;
        let greeting = lines.line("the greeting").await?;
        if !greeting.starts_with(b"* OK") && !greeting.starts_with(b"* PREAUTH") {
            return Err(refused("the greeting", &greeting));
        }
        Ok(Self { lines, greeting, commands: 0 })
    }

    /// The server's first line.
    #[must_use]
    pub fn greeting(&self) -> &[u8] {
        &self.greeting
    }

    /// What CAPABILITY tells now.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn capabilities(&mut self) -> Result<Vec<String>, ClientError> {
        let responses = self.command(b"CAPABILITY").await?;
        let line = responses.iter().find_map(|response| strip_word(response, b"* CAPABILITY "));
        let text = String::from_utf8_lossy(line.unwrap_or_default()).into_owned();
        Ok(text.split_whitespace().map(str::to_owned).collect())
    }

    /// Upgrades to TLS (RFC 3501, section 6.2.1).
    ///
    /// # Errors
    /// When the server refuses, or the handshake fails.
    pub async fn start_tls(&mut self) -> Result<(), ClientError> {
        self.command(b"STARTTLS").await?;
        self.lines.start_tls().await
    }

    /// Logs in by LOGIN with quoted strings.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn login(&mut self, user: &str, secret: &str) -> Result<(), ClientError> {
        let (user, secret) = (quoted(user.as_bytes()), quoted(secret.as_bytes()));
        self.command(&[b"LOGIN ", user.as_slice(), b" ", &secret].concat()).await.map(|_| ())
    }

    /// Logs in, over TLS where the server says LOGINDISABLED.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn login_safely(&mut self, user: &str, secret: &str) -> Result<(), ClientError> {
        let greeting = String::from_utf8_lossy(&self.greeting).to_ascii_uppercase();
        let disabled = if greeting.contains("CAPABILITY") {
            greeting.contains("LOGINDISABLED")
        } else {
            self.capabilities().await?.iter().any(|word| word.eq_ignore_ascii_case("LOGINDISABLED"))
        };
        if disabled {
            self.start_tls().await?;
        }
        self.login(user, secret).await
    }

    /// Says that header fields may be in UTF-8, where the server wants to be told so (RFC 6855, section
    /// 3). From then on `&` in the name of a mailbox stands for itself.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn accept_utf8(&mut self) -> Result<(), ClientError> {
        let known =
            |word: &String| ["UTF8=ACCEPT", "UTF8=ONLY"].iter().any(|known| word.eq_ignore_ascii_case(known));
        if self.capabilities().await?.iter().any(known) {
            self.command(b"ENABLE UTF8=ACCEPT").await?;
        }
        Ok(())
    }

    /// Puts a message into a mailbox.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn append(
        &mut self,
        mailbox: &[u8],
        flags: &[String],
        internal_date: Option<&str>,
        message: &[u8],
    ) -> Result<(), ClientError> {
        let mut command = [b"APPEND ", quoted(mailbox).as_slice(), b" "].concat();
        if !flags.is_empty() {
            command.extend_from_slice(format!("({}) ", flags.join(" ")).as_bytes());
        }
        if let Some(date) = internal_date {
            command.extend_from_slice(&quoted(date.as_bytes()));
            command.push(b' ');
        }
        command.extend_from_slice(format!("{{{}}}", message.len()).as_bytes());
        let tag = self.send(&command).await?;
        loop {
            let response = self.response("APPEND").await?;
            if response.starts_with(b"+") {
                break;
            }
            if response.starts_with(format!("{tag} ").as_bytes()) {
                return Err(refused("APPEND", &response));
            }
        }
        self.lines.send(&[message, b"\r\n"].concat()).await?;
        self.finish(&tag, "APPEND").await.map(|_| ())
    }

    /// Makes a mailbox.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create(&mut self, mailbox: &[u8]) -> Result<(), ClientError> {
        self.command(&[b"CREATE ", quoted(mailbox).as_slice()].concat()).await.map(|_| ())
    }

    /// Takes a mailbox away.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn delete(&mut self, mailbox: &[u8]) -> Result<(), ClientError> {
        self.command(&[b"DELETE ", quoted(mailbox).as_slice()].concat()).await.map(|_| ())
    }

    /// Ends a subscription.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn unsubscribe(&mut self, mailbox: &[u8]) -> Result<(), ClientError> {
        self.command(&[b"UNSUBSCRIBE ", quoted(mailbox).as_slice()].concat()).await.map(|_| ())
    }

    /// Every mailbox.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn list(&mut self) -> Result<Vec<Listed>, ClientError> {
        let responses = self.command(b"LIST \"\" *").await?;
        Ok(responses.iter().filter_map(|response| listed(response, b"* LIST ")).collect())
    }

    /// How names begin that stand for mailboxes of others, where the server tells that.
    ///
    /// # Errors
    /// When the connection is of no more use.
    pub async fn names_of_others(&mut self) -> Result<Vec<Vec<u8>>, ClientError> {
        match self.command(b"NAMESPACE").await {
            Ok(responses) => {
                Ok(responses.iter().find_map(|told| namespaces::of_others(told)).unwrap_or_default())
            }
            Err(ClientError::Refused(..)) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Every subscribed mailbox.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn subscribed(&mut self) -> Result<Vec<Listed>, ClientError> {
        let responses = self.command(b"LSUB \"\" *").await?;
        Ok(responses.iter().filter_map(|response| listed(response, b"* LSUB ")).collect())
    }

    /// How many messages a mailbox has; it is selected read-only after this.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn examine(&mut self, mailbox: &[u8]) -> Result<usize, ClientError> {
        let responses = self.command(&[b"EXAMINE ", quoted(mailbox).as_slice()].concat()).await?;
        Ok(exists(&responses))
    }

    /// Removes every message of a mailbox.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn empty(&mut self, mailbox: &[u8]) -> Result<(), ClientError> {
        let responses = self.command(&[b"SELECT ", quoted(mailbox).as_slice()].concat()).await?;
        if exists(&responses) > 0 {
            self.command(b"STORE 1:* +FLAGS.SILENT (\\Deleted)").await?;
        }
        self.command(b"CLOSE").await.map(|_| ())
    }

    /// Every message's octets in the examined mailbox, by number.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn messages(&mut self, count: usize) -> Result<Vec<Vec<u8>>, ClientError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let responses = self.command(b"FETCH 1:* BODY.PEEK[]").await?;
        Ok(responses.iter().filter_map(|response| body_of(response)).collect())
    }

    /// Says LOGOUT and closes.
    pub async fn logout(mut self) {
        let _ = self.command(b"LOGOUT").await;
        self.lines.connection.close().await;
    }

    /// Sends a command and gives the untagged responses before its OK.
    async fn command(&mut self, command: &[u8]) -> Result<Vec<Vec<u8>>, ClientError> {
        let name = command.split(|octet| *octet == b' ').next().unwrap_or_default();
        let name = String::from_utf8_lossy(name).into_owned();
        let tag = self.send(command).await?;
        self.finish(&tag, &name).await
    }

    async fn send(&mut self, command: &[u8]) -> Result<String, ClientError> {
        self.commands += 1;
        let tag = format!("h{}", self.commands);
        self.lines.send(&[tag.as_bytes(), b" ", command, b"\r\n"].concat()).await?;
        Ok(tag)
    }

    async fn finish(&mut self, tag: &str, asked: &str) -> Result<Vec<Vec<u8>>, ClientError> {
        let mut responses = Vec::new();
        let mut held = 0;
        loop {
            let response = self.response(asked).await?;
            match response.strip_prefix(tag.as_bytes()).and_then(|rest| rest.strip_prefix(b" ")) {
                Some(rest) if starts_with_word(rest, b"OK") => return Ok(responses),
                Some(_) => return Err(refused(asked, &response)),
                None => {
                    held += response.len();
                    responses.push(response);
                }
            }
            if held > MAX_REPLY {
                return Err(refused(asked, b"the responses have no end"));
            }
        }
    }

    /// One response with its literals.
    async fn response(&mut self, asked: &str) -> Result<Vec<u8>, ClientError> {
        let mut response = Vec::new();
        loop {
            let line = self.lines.line(asked).await?;
            response.extend_from_slice(&line);
            match literal_length(&line) {
                Some(length) if response.len() + length <= MAX_REPLY => {
                    response.extend_from_slice(&self.lines.octets(asked, length).await?);
                }
                Some(_) => return Err(refused(asked, b"the literal is too long")),
                None => return Ok(response),
            }
        }
    }
}

/// `quoted` (RFC 3501, section 9); CR, LF and NUL cannot stand in it and are left out.
fn quoted(octets: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for &octet in octets {
        match octet {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', octet]),
            b'\r' | b'\n' | 0 => {}
            other => out.push(other),
        }
    }
    out.push(b'"');
    out
}

/// The count of a literal that this line announces at its end.
fn literal_length(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n"))?;
    let line = line.strip_suffix(b"}")?;
    let open = line.iter().rposition(|octet| *octet == b'{')?;
    let digits = line.get(open + 1..)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn strip_word<'a>(response: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let head = response.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| response.get(prefix.len()..).unwrap_or_default())
}

fn starts_with_word(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
        && !text.get(word.len()).is_some_and(u8::is_ascii_alphanumeric)
}

fn exists(responses: &[Vec<u8>]) -> usize {
    let count = |response: &Vec<u8>| -> Option<usize> {
        let text = std::str::from_utf8(response.strip_prefix(b"* ")?).ok()?;
        let (number, word) = text.split_once(' ')?;
        word.trim_end().eq_ignore_ascii_case("EXISTS").then(|| number.parse().ok())?
    };
    responses.iter().rev().find_map(count).unwrap_or(0)
}

/// `* LIST (attributes) delimiter name`.
fn listed(response: &[u8], prefix: &[u8]) -> Option<Listed> {
    let rest = strip_word(response, prefix)?.strip_prefix(b"(")?;
    let close = rest.iter().position(|octet| *octet == b')')?;
    let (attributes, rest) = rest.split_at(close);
    let rest = rest.get(2..)?;
    let delimiter = if rest.starts_with(b"\"\\") { 4 } else { 3 };
    let name = rest.get(delimiter + 1..)?;
    let attributes = String::from_utf8_lossy(attributes).to_ascii_lowercase();
    let selectable = !attributes.contains("\\noselect") && !attributes.contains("\\nonexistent");
    Some(Listed { name: value_of(name)?, selectable })
}

/// A string or atom that stands at the head, without the dress.
fn value_of(text: &[u8]) -> Option<Vec<u8>> {
    if let Some(rest) = text.strip_prefix(b"\"") {
        let mut value = Vec::new();
        let mut octets = rest.iter();
        loop {
            match octets.next()? {
                b'"' => return Some(value),
                b'\\' => value.push(*octets.next()?),
                other => value.push(*other),
            }
        }
    }
    if text.starts_with(b"{") {
        let line = text.iter().position(|octet| *octet == b'\n')? + 1;
        let length = literal_length(text.get(..line)?)?;
        return text.get(line..line + length).map(<[u8]>::to_vec);
    }
    let end = text.iter().position(|octet| matches!(octet, b' ' | b'\r' | b'\n' | b')'));
    text.get(..end.unwrap_or(text.len())).map(<[u8]>::to_vec)
}

/// The octets of `BODY[]` in a FETCH response.
fn body_of(response: &[u8]) -> Option<Vec<u8>> {
    let marker = b"BODY[] ";
    let at = response.windows(marker.len()).position(|window| window.eq_ignore_ascii_case(marker))?;
    value_of(response.get(at + marker.len()..)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_read_from_list_in_every_dress() {
        let quoted = listed(b"* LIST (\\HasNoChildren) \"/\" \"a \\\"b\"\r\n", b"* LIST ").unwrap();
        assert_eq!(quoted, Listed { name: b"a \"b".to_vec(), selectable: true });
        let atom = listed(b"* list (\\Noselect) NIL Work\r\n", b"* LIST ").unwrap();
        assert_eq!(atom, Listed { name: b"Work".to_vec(), selectable: false });
        let literal = listed(b"* LIST () \"\\\\\" {4}\r\nWork\r\n", b"* LIST ").unwrap();
        assert_eq!(literal.name, b"Work");
    }

    #[test]
    fn a_body_is_read_from_literal_quoted_string_and_nothing_else() {
        let response = b"* 1 FETCH (UID 3 BODY[] {5}\r\na\r\nb) FLAGS ())\r\n";
        assert_eq!(body_of(response).as_deref(), Some(&b"a\r\nb)"[..]));
        assert_eq!(body_of(b"* 1 FETCH (BODY[] \"x\")\r\n").as_deref(), Some(&b"x"[..]));
        assert_eq!(body_of(b"* 1 EXISTS\r\n"), None);
    }

    #[test]
    fn the_last_exists_counts() {
        assert_eq!(exists(&[b"* 3 EXISTS\r\n".to_vec(), b"* 4 exists\r\n".to_vec()]), 4);
        assert_eq!(exists(&[b"* FLAGS ()\r\n".to_vec()]), 0);
    }
}
