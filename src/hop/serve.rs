//! One connection to a next hop from greeting to farewell, answered as its manner has it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;

use super::log::{Arrival, Log};
use super::manner::{Answer, Cover, Manner, Turns};
use super::reading::{Heard, hear_content, hear_line, hear_octets};
use crate::script::model::Moment;
use crate::wire::{Connection, Recorder, ServerTls};

/// How long the client is waited for (RFC 5321, section 4.5.3.2.7).
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// The most octets of one chunk: as many as an unread inbox holds.
const MAX_CHUNK: usize = 64 * 1024 * 1024;

/// Recipients of one message that are kept.
const MAX_RECIPIENTS: usize = 10_000;

/// What all connections of a next hop share.
#[derive(Debug, Default)]
pub struct Serving {
    /// How it behaves.
    pub manner: Manner,
    /// Whose turn it is among its answers.
    pub turns: Turns,
    /// What came.
    pub log: Arc<Log>,
}

/// Why a session goes no further.
struct Over;

/// Answers a connection until it ends.
pub async fn serve(connection: Connection, serving: &Serving) {
    let number = serving.log.connected();
    let mut session = Session {
        connection,
        serving,
        number,
        welcome: false,
        hello: String::new(),
        mail: None,
        rcpt: Vec::new(),
        chunks: Vec::new(),
    };
    // Either way it has ended.
    let _ = session.run().await;
    session.connection.close().await;
}

/// Takes and forgets whatever comes to a listener, until it is aborted.
pub async fn swallow(listener: Arc<TcpListener>) {
    let serving = Arc::new(Serving::default());
    let mut sessions = tokio::task::JoinSet::new();
    loop {
        while sessions.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((tcp, _)) => {
                let serving = Arc::new(Serving { manner: serving.manner.clone(), ..Serving::default() });
                let connection = Connection::accepted(tcp, String::new(), Arc::new(Recorder::new()));
                sessions.spawn(async move { serve(connection, &serving).await });
            }
            // Out of descriptors, most likely; that passes.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

struct Session<'a> {
    connection: Connection,
    serving: &'a Serving,
    number: usize,
    /// The greeting was 2yz.
    welcome: bool,
    hello: String,
    mail: Option<String>,
    rcpt: Vec<String>,
    /// What came by BDAT so far.
    chunks: Vec<u8>,
}

impl Session<'_> {
    async fn run(&mut self) -> Result<(), Over> {
        self.welcome = self.answer(Moment::Greeting, None).await?;
        loop {
            let line = match hear_line(&self.connection, soon()).await {
                Heard::Whole((line, _)) => line,
                Heard::Ended(..) | Heard::Silence(_) => return Err(Over),
            };
            self.serving.log.client(&line);
            self.command(&String::from_utf8_lossy(&line)).await?;
        }
    }

    async fn command(&mut self, line: &str) -> Result<(), Over> {
        let mut words = line.split_ascii_whitespace();
        let verb = words.next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            // RFC 5321, section 3.1.
            other if !self.welcome && other != "QUIT" => self.say("503 no mail is taken here").await,
            "EHLO" | "HELO" | "LHLO" => {
                self.hello = line.to_owned();
                self.forget();
                let moment = if verb == "HELO" { Moment::Helo } else { Moment::Ehlo };
                self.answer(moment, None).await.map(drop)
            }
            "STARTTLS" => self.start_tls().await,
            "MAIL" if self.is_too_large(declared(words.clone())) => {
                self.say("552 5.3.4 larger than SIZE").await
            }
            "MAIL" => {
                if self.answer(Moment::Mail, None).await? {
                    self.forget();
                    self.mail = Some(line.to_owned());
                }
                Ok(())
            }
            "RCPT" if self.mail.is_none() => self.say("503 MAIL first").await,
            "RCPT" => {
                let taken = self.answer(Moment::Rcpt, Some(path(line))).await?;
                if taken && self.rcpt.len() < MAX_RECIPIENTS {
                    self.rcpt.push(line.to_owned());
                }
                Ok(())
            }
            "DATA" if self.rcpt.is_empty() => self.say("503 RCPT first").await,
            "DATA" => self.data().await,
            "BDAT" if self.serving.manner.offers("CHUNKING") => {
                let count = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
                let last = words.next().is_some_and(|word| word.eq_ignore_ascii_case("LAST"));
                self.chunk(count, last).await
            }
            "RSET" => {
                self.forget();
                self.answer(Moment::Rset, None).await.map(drop)
            }
            "NOOP" => self.answer(Moment::Noop, None).await.map(drop),
            "QUIT" => {
                self.answer(Moment::Quit, None).await?;
                Err(Over)
            }
            _ => self.say("500 what?").await,
        }
    }

    /// More octets than the `SIZE` that is offered (RFC 1870, section 4)?
    fn is_too_large(&self, octets: u64) -> bool {
        self.serving.manner.largest().is_some_and(|largest| octets > largest)
    }

    async fn data(&mut self) -> Result<(), Over> {
        // Another answer than 354 asks for no message.
        if !self.answer(Moment::Data, None).await? {
            return Ok(());
        }
        match hear_content(&self.connection, soon()).await {
            Heard::Whole(content) => self.message(content.message).await,
            Heard::Ended(..) | Heard::Silence(_) => Err(Over),
        }
    }

    async fn chunk(&mut self, count: usize, last: bool) -> Result<(), Over> {
        if count > MAX_CHUNK || self.chunks.len().saturating_add(count) > MAX_CHUNK {
            return Err(Over);
        }
        match hear_octets(&self.connection, count, soon()).await {
            Heard::Whole(octets) => self.chunks.extend(octets),
            Heard::Ended(..) | Heard::Silence(_) => return Err(Over),
        }
        if !last {
            return self.say("250 ok").await;
        }
        let message = std::mem::take(&mut self.chunks);
        self.message(message).await
    }

    /// A message has come whole; whether it is taken is what is answered.
    async fn message(&mut self, message: Vec<u8>) -> Result<(), Over> {
        let arrival = Arrival {
            connection: self.number,
            hello: self.hello.clone(),
            mail: self.mail.take().unwrap_or_default(),
            rcpt: std::mem::take(&mut self.rcpt),
            message,
            tls: self.connection.is_encrypted(),
            at: Duration::ZERO,
        };
        if self.is_too_large(u64::try_from(arrival.message.len()).unwrap_or(u64::MAX)) {
            return self.say("552 5.3.4 larger than SIZE").await;
        }
        if self.answer(Moment::Message, None).await? {
            self.serving.log.arrived(arrival);
        }
        Ok(())
    }

    async fn start_tls(&mut self) -> Result<(), Over> {
        let ready = self.answer(Moment::StartTls, None).await?;
        if !(ready && self.serving.manner.offers("STARTTLS")) {
            return Ok(());
        }
        let tls = ServerTls::own().map_err(|_| Over)?;
        self.connection.accept_tls(&tls, soon()).await.map_err(|_| Over)?;
        self.hello.clear();
        self.forget();
        Ok(())
    }

    /// No transaction is under way.
    fn forget(&mut self) {
        self.mail = None;
        self.rcpt.clear();
        self.chunks.clear();
    }

    /// Answers as the manner has it; says whether that was positive (2yz, 3yz).
    async fn answer(&mut self, moment: Moment, recipient: Option<&str>) -> Result<bool, Over> {
        let cover = if self.connection.is_encrypted() { Cover::Tls } else { Cover::Plain };
        match self.serving.manner.answer(moment, recipient, cover, &self.serving.turns) {
            Answer::Reply(lines) => {
                self.write(&lines).await?;
                Ok(lines.last().is_some_and(|line| line.starts_with(['2', '3'])))
            }
            Answer::Silence => Ok(false),
            Answer::Drop => {
                self.connection.drop_now().await;
                Err(Over)
            }
            Answer::Reset => {
                self.connection.reset().await;
                Err(Over)
            }
        }
    }

    async fn say(&mut self, line: &str) -> Result<(), Over> {
        self.write(&[line.to_owned()]).await
    }

    async fn write(&mut self, lines: &[String]) -> Result<(), Over> {
        let mut octets = Vec::new();
        for line in lines {
            self.serving.log.server(line.as_bytes());
            octets.extend_from_slice(line.as_bytes());
            octets.extend_from_slice(b"\r\n");
        }
        self.connection.write(&octets, soon()).await.map_err(|_| Over)
    }
}

/// The size that these parameters of MAIL declare.
fn declared<'w>(parameters: impl Iterator<Item = &'w str>) -> u64 {
    let size = |word: &'w str| word.to_ascii_uppercase().strip_prefix("SIZE=")?.parse().ok();
    parameters.filter_map(size).next().unwrap_or(0)
}

fn soon() -> Instant {
    Instant::now() + PATIENCE
}

/// The address in the angle brackets of MAIL or RCPT, as far as it can be made out.
#[must_use]
pub fn path(line: &str) -> &str {
    let inner = line.split_once('<').map_or("", |(_, rest)| rest);
    inner.rsplit_once('>').map_or(inner, |(path, _)| path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    /// What a client hears that says all this at once.
    async fn dialogue(manner: Manner, said: &[u8]) -> (String, Arc<Log>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (tcp, _) = listener.accept().await.unwrap();
        let serving = Serving { manner, ..Serving::default() };
        let log = Arc::clone(&serving.log);
        let connection = Connection::accepted(tcp, "hop".to_owned(), Arc::new(Recorder::new()));
        let task = tokio::spawn(async move { serve(connection, &serving).await });
        client.write_all(said).await.unwrap();
        let mut heard = Vec::new();
        tokio::time::timeout(Duration::from_secs(10), client.read_to_end(&mut heard)).await.unwrap().unwrap();
        task.await.unwrap();
        (String::from_utf8(heard).unwrap(), log)
    }

    #[tokio::test]
    async fn a_message_is_taken_and_told_of() {
        let said = b"EHLO a.example\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\nSubject: x\r\n\r\n..\r\n.\r\nQUIT\r\n";
        let (heard, log) = dialogue(Manner::default(), said).await;
        let codes: Vec<&str> = heard.lines().map(|line| &line[..4]).collect();
        assert_eq!(codes, ["220 ", "250-", "250-", "250-", "250 ", "250 ", "250 ", "354 ", "250 ", "221 "]);
        let taken = log.take(Instant::now(), |_| Ok::<_, ()>(true)).await.unwrap().unwrap();
        assert_eq!(taken.message, b"Subject: x\r\n\r\n.\r\n");
        assert_eq!((taken.mail.as_str(), taken.rcpt.len()), ("MAIL FROM:<a@a.example>", 1));
        assert_eq!(log.lines().first().map(String::as_str), Some("S: 220 hop.example.net ESMTP"));
    }

    #[tokio::test]
    async fn what_is_refused_does_not_arrive_and_a_drop_ends_it() {
        let refuse = |moment, text: &str| {
            let answers = [(moment, vec![Answer::Reply(vec![text.to_owned()])])];
            Manner { answers: answers.into(), ..Manner::default() }
        };
        let said = b"MAIL FROM:<>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n.\r\nQUIT\r\n";
        let (heard, log) = dialogue(refuse(Moment::Message, "554 no"), said).await;
        assert!(heard.contains("354 go ahead\r\n554 no\r\n221"), "{heard}");
        assert!(log.take(Instant::now(), |_| Ok::<_, ()>(true)).await.unwrap().is_none());
        let dropping = Manner { answers: [(Moment::Rcpt, vec![Answer::Drop])].into(), ..Manner::default() };
        let (heard, _) = dialogue(dropping, b"MAIL FROM:<>\r\nRCPT TO:<b@b.example>\r\n").await;
        assert!(heard.ends_with("250 ok\r\n"), "{heard}");
    }

    #[tokio::test]
    async fn a_refusing_greeting_lets_nothing_but_quit_through() {
        let greeting = vec![Answer::Reply(vec!["554 no".to_owned()])];
        let manner = Manner { answers: [(Moment::Greeting, greeting)].into(), ..Manner::default() };
        let (heard, _) = dialogue(manner, b"EHLO a.example\r\nMAIL FROM:<>\r\nQUIT\r\n").await;
        let codes: Vec<&str> = heard.lines().map(|line| &line[..4]).collect();
        assert_eq!(codes, ["554 ", "503 ", "503 ", "221 "]);
    }

    #[tokio::test]
    async fn what_is_larger_than_size_is_refused_by_its_declaration_and_by_itself() {
        let manner = || Manner { offers: vec!["SIZE 10".to_owned()], ..Manner::default() };
        let said = b"MAIL FROM:<> BODY=7BIT size=11\r\nMAIL FROM:<> SIZE=10\r\nQUIT\r\n";
        let (heard, _) = dialogue(manner(), said).await;
        let codes: Vec<&str> = heard.lines().map(|line| &line[..4]).collect();
        assert_eq!(codes, ["220 ", "552 ", "250 ", "221 "]);
        let said = b"MAIL FROM:<>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n012345678\r\n.\r\nQUIT\r\n";
        let (heard, log) = dialogue(manner(), said).await;
        assert!(heard.contains("354 go ahead\r\n552 "), "{heard}");
        assert_eq!(log.messages(), 0);
    }

    #[tokio::test]
    async fn chunks_are_a_message_where_they_are_offered() {
        let manner = Manner { offers: vec!["CHUNKING".to_owned()], ..Manner::default() };
        let said = b"MAIL FROM:<>\r\nRCPT TO:<b@b.example>\r\nBDAT 3\r\na\r\nBDAT 2 LAST\r\nb\nQUIT\r\n";
        let (_, log) = dialogue(manner, said).await;
        let taken = log.take(Instant::now(), |_| Ok::<_, ()>(true)).await.unwrap().unwrap();
        assert_eq!(taken.message, b"a\r\nb\n");
    }
}
