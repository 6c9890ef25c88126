//! `mailspec queue` beside a server that runs: mail that waits for a next server which is down is
//! listed, held, retried and dropped, and what is under way at the moment is left alone.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic here is a failed test")]

mod running;

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use running::{Running, SERVICES, converse, read_line};

/// For what must come.
const PATIENCE: Duration = Duration::from_secs(30);
/// For what is done at once: the server looks at its queue every two seconds.
const AT_ONCE: Duration = Duration::from_secs(15);

/// A server with a queue, and the way to that.
struct Near {
    server: Running,
    directory: tempfile::TempDir,
}

impl Near {
    fn start(far: SocketAddr, arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let route = format!("far.test={far}");
        let mut all = vec!["--dir", directory.path().to_str().unwrap(), "--route", &route];
        all.extend(arguments);
        assert!(SERVICES.contains(&"submission"));
        Self { server: Running::start(&all), directory }
    }

    fn submit(&self, recipient: &str, subject: &str) {
        let stream = self.server.connect("submission");
        read_line(&stream);
        converse(
            &stream,
            &[
                ("EHLO client.test", "250"),
                // \0alice\0alice-secret
                ("AUTH PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA==", "235"),
                ("MAIL FROM:<alice@example.test>", "250"),
                (&format!("RCPT TO:<{recipient}>"), "250"),
                ("DATA", "354"),
                (&format!("Subject: {subject}\r\n\r\ntext\r\n."), "250"),
            ],
        );
    }

    /// Exit status, what was said and what was complained about.
    fn queue(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailspec"));
        let output = command.arg("queue").arg("--dir").arg(self.directory.path()).args(arguments).output();
        let output = output.unwrap();
        let text = |octets| String::from_utf8(octets).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn list(&self) -> String {
        let (status, listed, complaints) = self.queue(&["list"]);
        assert_eq!((status, complaints.as_str()), (0, ""));
        listed
    }

    fn does(&self, arguments: &[&str], said: &str) {
        let wanted = (0, said.to_owned(), String::new());
        assert_eq!(self.queue(arguments), wanted, "{arguments:?}");
    }

    fn refuses(&self, arguments: &[&str], said: &str, complaint: &str) {
        let (status, text, complaints) = self.queue(arguments);
        assert_eq!((status, text.as_str()), (2, said), "{arguments:?}: {complaints}");
        assert!(complaints.contains(complaint), "{arguments:?}: {complaints}");
    }

    /// Lists until the list fits.
    fn until(&self, fits: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let listed = self.list();
            if fits(&listed) {
                return listed;
            }
            assert!(Instant::now() < end, "still listed:\n{listed}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// How many messages alice has.
    fn inbox(&self) -> String {
        let stream = self.server.connect("pop3");
        read_line(&stream);
        let mut replies = BufReader::new(stream.try_clone().unwrap()).lines();
        (&mut &stream).write_all(b"USER alice\r\nPASS alice-secret\r\nSTAT\r\nQUIT\r\n").unwrap();
        replies.nth(2).unwrap().unwrap()
    }
}

/// An address at which nobody listens for now.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The next server: gives each message that it was sent to the test, and the test's answer to it.
struct Far {
    came: Receiver<String>,
    answers: Sender<&'static str>,
}

impl Far {
    fn start(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let (to_test, came) = channel();
        let (answers, from_test) = channel();
        let from_test = Arc::new(Mutex::new(from_test));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (to_test, from_test) = (to_test.clone(), Arc::clone(&from_test));
                // The client or the test is gone when this fails.
                std::thread::spawn(move || drop(answer(stream, &to_test, &from_test)));
            }
        });
        Self { came, answers }
    }

    /// The message that is sent, whole and not answered yet.
    fn sent(&self, within: Duration) -> String {
        self.came.recv_timeout(within).expect("a message")
    }

    fn answer(&self, reply: &'static str) {
        self.answers.send(reply).unwrap();
    }

    fn hears_nothing_for(&self, time: Duration) {
        assert_eq!(self.came.recv_timeout(time), Err(RecvTimeoutError::Timeout));
    }
}

fn answer(
    stream: TcpStream,
    to_test: &Sender<String>,
    from_test: &Mutex<Receiver<&'static str>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let say = |reply: &str| (&mut &stream).write_all(format!("{reply}\r\n").as_bytes());
    say("220 mail.far.test")?;
    while let Some(line) = lines.next() {
        match line?.get(..4).unwrap_or_default() {
            "DATA" => {
                say("354 go ahead")?;
                let mut content = String::new();
                for line in lines.by_ref() {
                    let line = line?;
                    if line == "." {
                        break;
                    }
                    content.push_str(&format!("{line}\n"));
                }
                let gone = |_| std::io::ErrorKind::BrokenPipe;
                to_test.send(content).map_err(|_| gone(()))?;
                let reply = from_test.lock().unwrap().recv_timeout(PATIENCE).map_err(|_| gone(()))?;
                say(reply)?;
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 ok")?,
        }
    }
    Ok(())
}

/// The lines of one message in a list: it, and its recipients below it.
fn entry<'l>(list: &'l str, recipient: &str) -> (&'l str, &'l str) {
    let mut message = "";
    for line in list.lines() {
        if !line.starts_with(' ') {
            message = line;
        } else if line.contains(recipient) {
            return (message, line);
        }
    }
    panic!("{recipient} does not wait:\n{list}");
}

fn number(message: &str) -> &str {
    message.split(' ').next().unwrap()
}

#[test]
fn what_is_held_stays_when_the_next_server_comes_up_and_goes_at_once_when_it_is_retried() {
    let address = nobody();
    let near = Near::start(address, &["--retry", "first-wait=1", "--retry", "longest-wait=1"]);
    assert_eq!(near.list(), "nothing waits\n");
    near.submit("held@far.test", "held");
    near.submit("free@far.test", "free");
    let list = near.until(|list| list.matches(": no session with 127.0.0.1").count() == 2);
    let (message, recipient) = entry(&list, "to <held@far.test>");
    assert!(
        message.contains("  from <alice@example.test>  ") && message.contains(" octets  since 20"),
        "{message}"
    );
    assert!(
        recipient.contains("  tried once, next 20") || recipient.contains(" times, next 20"),
        "{recipient}"
    );
    assert!(!list.contains("  held\n"), "{list}");

    near.does(&["hold", number(message)], "1 held\n");
    let list = near.until(|list| !list.contains("under way"));
    assert!(entry(&list, "to <held@").0.ends_with("  held"), "{list}");
    assert!(!entry(&list, "to <free@").0.ends_with("  held"), "{list}");
    let tried = entry(&list, "to <held@").1.to_owned();

    let far = Far::start(address);
    assert!(far.sent(PATIENCE).contains("Subject: free\n"));
    far.answer("250 ok");
    // As long as three times the wait and a look at the queue.
    far.hears_nothing_for(Duration::from_secs(5));
    let list = near.list();
    assert_eq!(entry(&list, "to <held@").1, tried, "it was not tried");
    assert_eq!(list.lines().count(), 2, "the other one is gone:\n{list}");

    near.does(&["retry", number(entry(&list, "to <held@").0)], "1 to be tried again\n");
    assert!(far.sent(AT_ONCE).contains("Subject: held\n"));
    far.answer("250 ok");
    near.until(|list| list == "nothing waits\n");
    assert_eq!(near.inbox(), "+OK 0 0");
}

#[test]
fn what_waits_for_its_time_is_retried_at_once_or_dropped_and_nobody_is_told() {
    let address = nobody();
    // The next attempt is in five minutes.
    let near = Near::start(address, &[]);
    for (recipient, subject) in [("gone@far.test", "gone"), ("sent@far.test", "sent")] {
        near.submit(recipient, subject);
    }
    let list = near.until(|list| list.matches("tried once, next 20").count() == 2);
    let far = Far::start(address);
    far.hears_nothing_for(Duration::from_secs(3));

    near.does(&["drop", number(entry(&list, "to <gone@").0)], "1 dropped\n");
    let list = near.list();
    assert!(list.contains("to <sent@") && !list.contains("to <gone@"), "{list}");
    near.does(&["retry", "all"], "1 to be tried again\n");
    assert!(far.sent(AT_ONCE).contains("Subject: sent\n"));
    far.answer("250 ok");
    near.until(|list| list == "nothing waits\n");
    far.hears_nothing_for(Duration::from_secs(1));
    assert_eq!(near.inbox(), "+OK 0 0", "no report of what was dropped");

    for command in ["retry", "hold", "drop"] {
        near.refuses(&[command, "99"], "", "no message 99 waits");
        near.refuses(&[command, "first"], "", "a number or `all` is needed");
        near.refuses(&[command], "", "NUMBER|all");
    }
    for (command, done) in [("retry", "to be tried again"), ("hold", "held"), ("drop", "dropped")] {
        near.does(&[command, "all"], &format!("0 {done}\n"));
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailspec"));
    let output = command.args(["queue", "list", "--dir"]).arg(elsewhere.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("no server keeps its mail there"), "{complaint}");
}

#[test]
fn what_is_under_way_is_not_dropped_and_is_held_when_that_has_failed() {
    let address = nobody();
    let far = Far::start(address);
    let near = Near::start(address, &["--retry", "first-wait=1", "--retry", "longest-wait=1"]);
    near.submit("bob@far.test", "one");
    assert!(far.sent(PATIENCE).contains("Subject: one\n"));
    // Sent whole, and not answered.
    let list = near.list();
    let (message, recipient) = entry(&list, "to <bob@far.test>");
    assert!(recipient.ends_with("  tried 0 times, under way"), "{recipient}");
    let one = number(message);
    let left = "1 under way and not dropped: it may have arrived already";
    near.refuses(&["drop", one], "", left);
    near.refuses(&["drop", "all"], "0 dropped\n", left);
    near.does(&["hold", one], "1 held\n1 under way: this counts where that fails\n");
    assert!(near.list().contains("  held\n"));

    far.answer("451 4.3.0 later");
    let list = near.until(|list| list.contains("tried once"));
    assert!(entry(&list, "to <bob@").1.contains(": 451 4.3.0 later"), "{list}");
    far.hears_nothing_for(Duration::from_secs(4));
    near.does(&["retry", one], "1 to be tried again\n");
    assert!(far.sent(AT_ONCE).contains("Subject: one\n"));
    near.does(&["retry", one], "1 to be tried again\n1 under way: this counts where that fails\n");
    near.does(&["hold", "all"], "1 held\n1 under way: this counts where that fails\n");
    // Held or not: what has arrived is gone.
    far.answer("250 ok");
    near.until(|list| list == "nothing waits\n");

    // What a server that was killed had under way is under way no more, and may have arrived.
    near.submit("bob@far.test", "two");
    assert!(far.sent(PATIENCE).contains("Subject: two\n"));
    assert!(near.list().contains("under way"));
    let Near { mut server, directory } = near;
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let near = Near { server, directory };
    let list = near.list();
    assert!(list.contains("interrupted: it may have arrived"), "{list}");
    near.does(&["drop", "all"], "1 dropped\n");
    near.does(&["list"], "nothing waits\n");
}
