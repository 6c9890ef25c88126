//! No room: what was taken stays and can be read, what cannot be taken is refused as something that may
//! work later, the server goes on, and with room again everything works. A limit on the size of files
//! (RLIMIT_FSIZE) stands for the disk: SQLite meets it as it meets a full one, and needs no rights to set.
//!
//! That mail can be deleted on a full disk is shown on a small one, in memory, where the system lets
//! everybody have one.

use std::path::Path;

use crate::client::Client;
use crate::kill::{message, retrieve_all};
use crate::process::{Options, Server, has_small_disks};

/// Files of one MiB.
const BLOCKS: u32 = 2048;
/// Lines that make a message larger than half of what is left.
const LINES: usize = 1500;
/// Large messages that are tried until one does not fit.
const TRIES: usize = 40;
/// Commands that write little, until not even that fits.
const SMALL_TRIES: usize = 500;
const BOB: [&str; 2] = ["--account", "bob@example.test:bob-secret"];

/// A message of some 100 KB that names itself.
fn large(token: &str) -> String {
    message_of(token, LINES)
}

fn message_of(token: &str, lines: usize) -> String {
    let lines: String =
        (0..lines).map(|line| format!("{token} line {line} {}\r\n", "x".repeat(50))).collect();
    format!("Subject: {token}\r\n\r\n{lines}{token} ends\r\n")
}

fn limited<'o>(errors: &'o Path) -> Options<'o> {
    Options { arguments: &BOB, file_blocks: Some(BLOCKS), errors: Some(errors), ..Options::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_room_nothing_is_lost_and_the_server_goes_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let errors = directory.path().join("errors.log");
    let mail = directory.path().join("mail");
    let mut server = Server::start(&mail, &limited(&errors));
    let mut promised = Vec::new();
    for token in ["first", "second"] {
        let mut client = Client::smtp(server.address("smtp"), "EHLO").await.expect("SMTP");
        client.deliver(&message(token)).await.expect("there is room");
        promised.push(message(token));
    }

    // DATA until it is full.
    let mut smtp = Client::smtp(server.address("smtp"), "EHLO").await.expect("SMTP");
    let mut refused = None;
    for number in 0..TRIES {
        let text = large(&format!("large{number}"));
        match smtp.deliver(&text).await {
            Ok(()) => promised.push(text),
            Err(error) => {
                refused = Some((text, error));
                break;
            }
        }
    }
    let (late, error) = refused.expect("the disk is full at some time");
    assert!(error.contains("452 4.3.1"), "{error}");

    // The same session goes on, and each way of delivery says what it has to.
    let error = smtp.deliver_chunk(&late).await.expect_err("BDAT finds no room");
    assert!(error.contains("452 4.3.1"), "{error}");
    let mut lmtp = Client::smtp(server.address("lmtp"), "LHLO").await.expect("LMTP");
    let both = ["alice@example.test", "bob@example.test"];
    let replies = lmtp.lmtp_replies(&late, &both).await.expect("a reply for each recipient");
    assert!(replies.iter().all(|reply| reply.starts_with("452 4.3.1 ")), "{replies:?}");
    let mut imap = Client::imap(server.address("imap")).await.expect("IMAP lets in");
    let error = imap.append(&late).await.expect_err("APPEND finds no room");
    assert!(error.contains(" NO [UNAVAILABLE] "), "{error}");
    // What is small still fits for a while, and the smallest longest.
    imap.imap_command("EXAMINE INBOX").await.expect("EXAMINE");
    imap.imap_command("SELECT INBOX").await.expect("SELECT");
    for command in ["CREATE small{}", "STORE 1 +FLAGS (small{})"] {
        let error = until_refused(&mut imap, command).await;
        assert!(error.contains(" NO [UNAVAILABLE] "), "{command}: {error}");
    }

    // What is there can be read.
    imap.imap_command("FETCH 1:* (UID BODY.PEEK[])").await.expect("FETCH");
    let stored = retrieve_all(server.address("pop3")).await.expect("POP3 reads");
    assert_holds(&stored, &promised);

    // What cannot be deleted is still there, and the client is told.
    let mut pop3 = Client::pop3(server.address("pop3")).await.expect("POP3 lets in");
    pop3.pop3_command("DELE 1").await.expect("DELE marks");
    let error = pop3.pop3_command("QUIT").await.expect_err("there is no room to delete");
    assert!(error.contains("-ERR [SYS/TEMP] "), "{error}");

    // Once there is room, all is as it was, and what was refused is taken.
    server.terminate();
    let server =
        Server::start(&mail, &Options { arguments: &BOB, errors: Some(&errors), ..Options::default() });
    let mut smtp = Client::smtp(server.address("smtp"), "EHLO").await.expect("SMTP");
    smtp.deliver(&late).await.expect("there is room again");
    smtp.deliver_chunk(&message("chunk")).await.expect("there is room again");
    let mut imap = Client::imap(server.address("imap")).await.expect("IMAP lets in");
    imap.append(&message("appended")).await.expect("there is room again");
    promised.extend([late, message("chunk"), message("appended")]);
    let stored = retrieve_all(server.address("pop3")).await.expect("POP3 reads");
    assert_holds(&stored, &promised);
    let said = std::fs::read_to_string(&errors).expect("what the server said");
    assert!(!said.contains("panicked"), "{said}");
}

/// Gives the command again and again, with a number in place of `{}`, until it is refused.
async fn until_refused(imap: &mut Client, command: &str) -> String {
    for number in 0..SMALL_TRIES {
        if let Err(error) = imap.imap_command(&command.replace("{}", &number.to_string())).await {
            return error;
        }
    }
    panic!("there is always room for {command}");
}

/// These messages, whole and in this order, and no others.
fn assert_holds(stored: &[String], promised: &[String]) {
    assert_eq!(stored.len(), promised.len());
    for (stored, promised) in stored.iter().zip(promised) {
        assert!(stored.ends_with(promised.as_str()), "a message is not what was promised:\n{promised}");
    }
}

/// A disk with room for the reserve, and for some large messages.
const SMALL: u32 = 48;
/// Lines of a message of about a megabyte.
const VERY_LARGE_LINES: usize = 14_000;

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_mail_can_be_deleted_and_then_there_is_room() {
    let directory = tempfile::tempdir().expect("a directory");
    if !has_small_disks(directory.path()) {
        eprintln!("there are no small disks here");
        return;
    }
    let options = Options { arguments: &BOB, disk_megabytes: Some(SMALL), ..Options::default() };
    let server = Server::start(directory.path(), &options);
    let reserve = server.file(directory.path(), "reserve");
    assert!(reserve.exists());
    let mut kept = fill(&server).await;
    assert!(kept.len() > 4, "{}", kept.len());

    // By POP3, by IMAP, and with the whole mailbox.
    let mut pop3 = Client::pop3(server.address("pop3")).await.expect("POP3 lets in");
    pop3.pop3_command("DELE 1").await.expect("DELE marks");
    pop3.pop3_command("QUIT").await.expect("there is room to delete");
    kept.remove(0);
    assert!(!reserve.exists(), "it was not needed");
    let mut imap = Client::imap(server.address("imap")).await.expect("IMAP lets in");
    imap.imap_command("SELECT INBOX").await.expect("SELECT");
    imap.imap_command("STORE 2:3 +FLAGS.SILENT (\\Deleted)").await.expect("STORE");
    imap.imap_command("EXPUNGE").await.expect("EXPUNGE");
    kept.drain(1..3);
    assert_holds(&retrieve_all(server.address("pop3")).await.expect("POP3 reads"), &kept);

    // What is left of the reserve is not for new mail, until there is as much room in the database.
    let error = imap.append(&very_large("soon")).await.expect_err("it is for deleting only");
    assert!(error.contains(" NO [UNAVAILABLE] "), "{error}");
    imap.imap_command("STORE 1:* +FLAGS.SILENT (\\Deleted)").await.expect("STORE");
    imap.imap_command("EXPUNGE").await.expect("EXPUNGE");
    imap.append(&very_large("later")).await.expect("there is room again");
    let stored = retrieve_all(server.address("pop3")).await.expect("POP3 reads");
    assert_holds(&stored, &[very_large("later")]);
}

/// The same disk, of which somebody takes the reserve away: then nothing can be deleted, as the log has
/// to grow for that.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_reserve_a_full_disk_stays_full() {
    let directory = tempfile::tempdir().expect("a directory");
    if !has_small_disks(directory.path()) {
        eprintln!("there are no small disks here");
        return;
    }
    let options = Options { arguments: &BOB, disk_megabytes: Some(SMALL), ..Options::default() };
    let server = Server::start(directory.path(), &options);
    std::fs::remove_file(server.file(directory.path(), "reserve")).expect("it is there");
    let kept = fill(&server).await;
    let mut pop3 = Client::pop3(server.address("pop3")).await.expect("POP3 lets in");
    pop3.pop3_command("DELE 1").await.expect("DELE marks");
    let error = pop3.pop3_command("QUIT").await.expect_err("there is no room to delete");
    assert!(error.contains("-ERR [SYS/TEMP] "), "{error}");
    assert_holds(&retrieve_all(server.address("pop3")).await.expect("POP3 reads"), &kept);
}

fn very_large(token: &str) -> String {
    message_of(token, VERY_LARGE_LINES)
}

/// Delivers until there is no room for the smallest message; gives what was taken.
async fn fill(server: &Server) -> Vec<String> {
    let mut smtp = Client::smtp(server.address("smtp"), "EHLO").await.expect("SMTP");
    let mut taken = Vec::new();
    for lines in [VERY_LARGE_LINES, LINES, 100, 1] {
        for number in 0..SMALL_TRIES {
            let text = message_of(&format!("full{lines}-{number}"), lines);
            match smtp.deliver(&text).await {
                Ok(()) => taken.push(text),
                Err(error) => {
                    assert!(error.contains("452 4.3.1"), "{error}");
                    break;
                }
            }
        }
    }
    taken
}
