//! `mailspec queue`: what waits in the outgoing queue of a reference server, running or not.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use reference_server::{Chosen, Done, Spool, SpoolError, Waiting};
use time::OffsetDateTime;
use time::macros::format_description;

use super::{Status, complain};

/// What `mailspec queue` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder in which the server keeps its mail, as for `mailspec serve`.
    #[arg(long, value_name = "DIR", default_value = "mailspec-data", global = true)]
    dir: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List what waits, and why.
    List,
    /// Try messages again now, also those that are held, or that were to be sent later.
    Retry(Which),
    /// Keep messages back until they are retried; an attempt that is under way is not stopped.
    Hold(Which),
    /// Remove messages, and tell nobody: the sender gets no report. What is under way at the moment may
    /// have arrived, and is not removed.
    Drop(Which),
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The number of a message, or `all`.
    #[arg(value_name = "NUMBER|all")]
    message: Message,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Message(Chosen);

impl FromStr for Message {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "all" {
            return Ok(Self(Chosen::All));
        }
        let number = text.parse().map_err(|_| "a number or `all` is needed".to_owned())?;
        Ok(Self(Chosen::One(number)))
    }
}

/// Does it.
pub(crate) fn run(args: &Args) -> ExitCode {
    let said = obey(args);
    // A reader that stops early is not our fault.
    let _ = std::io::stdout().lock().write_all(said.done.as_bytes());
    match said.trouble {
        None => Status::Conforms.into(),
        Some(trouble) => {
            complain(format_args!("{trouble}"));
            Status::Usage.into()
        }
    }
}

/// What is told of it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    done: String,
    /// What was asked for and not done.
    trouble: Option<String>,
}

fn obey(args: &Args) -> Said {
    attempt(args).unwrap_or_else(|error| Said { trouble: Some(error.to_string()), ..Said::default() })
}

fn attempt(args: &Args) -> Result<Said, SpoolError> {
    let spool = Spool::open(&args.dir)?;
    Ok(match &args.command {
        Command::List => Said { done: render(&spool.list()?), trouble: None },
        Command::Retry(which) => told("to be tried again", which.message, spool.retry(which.message.0)?),
        Command::Hold(which) => told("held", which.message, spool.hold(which.message.0)?),
        Command::Drop(which) => dropped(which.message, spool.remove(which.message.0)?),
    })
}

/// What was done to messages. An attempt that is under way goes on, and what was done is about the next.
fn told(what: &str, message: Message, done: Done) -> Said {
    if done.changed == 0 && message.0 != Chosen::All {
        return unknown(message);
    }
    let mut text = format!("{} {what}\n", done.changed);
    if done.under_way > 0 {
        text.push_str(&format!("{} under way: this counts where that fails\n", done.under_way));
    }
    Said { done: text, trouble: None }
}

fn dropped(message: Message, done: Done) -> Said {
    let left = format!("{} under way and not dropped: it may have arrived already", done.under_way);
    match (done, message.0) {
        (Done { changed: 0, under_way: 0 }, Chosen::One(_)) => unknown(message),
        (Done { changed: 0, under_way: 1.. }, Chosen::One(_)) => {
            Said { done: String::new(), trouble: Some(left) }
        }
        (Done { changed, under_way }, _) => {
            Said { done: format!("{changed} dropped\n"), trouble: (under_way > 0).then_some(left) }
        }
    }
}

fn unknown(message: Message) -> Said {
    let number = match message.0 {
        Chosen::One(number) => number.to_string(),
        Chosen::All => String::new(),
    };
    Said { done: String::new(), trouble: Some(format!("no message {number} waits")) }
}

/// One line a message, and one below it for each recipient.
fn render(waiting: &[Waiting]) -> String {
    if waiting.is_empty() {
        return "nothing waits\n".to_owned();
    }
    let mut out = String::new();
    for message in waiting {
        let held = if message.held { "  held" } else { "" };
        let until = message.held_until.map(|until| format!("  not before {}", date(until)));
        let priority = message.priority.map(|priority| format!("  priority {priority}"));
        out.push_str(&format!(
            "{}  from <{}>  {} octets  since {}{held}{}{}\n",
            message.id,
            message.sender.as_deref().unwrap_or_default(),
            message.octets,
            date(message.arrived),
            until.unwrap_or_default(),
            priority.unwrap_or_default(),
        ));
        for recipient in &message.recipients {
            out.push_str(&format!(
                "    to <{}>  tried {}, {}{}\n",
                recipient.address,
                times(recipient.attempts),
                match (recipient.under_way, recipient.interrupted) {
                    (true, _) => "under way".to_owned(),
                    (false, true) => "interrupted: it may have arrived, and will be sent again".to_owned(),
                    (false, false) => format!("next {}", date(recipient.next_attempt)),
                },
                recipient.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"))
            ));
        }
    }
    out
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// A point in time, from milliseconds since 1970; what lies in the past is due.
fn date(millis: i64) -> String {
    if millis <= 0 {
        return "now".to_owned();
    }
    OffsetDateTime::from_unix_timestamp(millis / 1000)
        .ok()
        .and_then(|date| {
            date.format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z")).ok()
        })
        .unwrap_or_else(|| millis.to_string())
}

#[cfg(test)]
mod tests {
    use reference_server::WaitingRecipient;

    use super::*;

    #[test]
    fn which_message() {
        assert_eq!("all".parse(), Ok(Message(Chosen::All)));
        assert_eq!("7".parse(), Ok(Message(Chosen::One(7))));
        assert!("seven".parse::<Message>().is_err());
    }

    #[test]
    fn what_waits_is_listed_with_its_reason() {
        assert_eq!(render(&[]), "nothing waits\n");
        let recipient = WaitingRecipient {
            address: "bob@far.test".to_owned(),
            attempts: 1,
            next_attempt: 0,
            reason: Some("450 busy".to_owned()),
            under_way: false,
            interrupted: false,
        };
        let other = WaitingRecipient { reason: None, under_way: true, attempts: 2, ..recipient.clone() };
        let cut_off = WaitingRecipient { under_way: false, interrupted: true, ..other.clone() };
        let message = Waiting {
            id: 3,
            sender: None,
            arrived: 1_000_000_000_000,
            held: true,
            held_until: Some(1_000_003_600_000),
            priority: Some(-3),
            octets: 12,
            recipients: vec![recipient, other, cut_off],
        };
        assert_eq!(
            render(&[message]),
            "3  from <>  12 octets  since 2001-09-09 01:46:40Z  held  not before 2001-09-09 02:46:40Z  priority -3\n    to <bob@far.test>  tried once, next now: 450 busy\n    to <bob@far.test>  tried 2 times, under way\n    to <bob@far.test>  tried 2 times, interrupted: it may have arrived, and will be sent again\n"
        );
    }

    #[test]
    fn a_folder_without_a_server_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let args = Args { dir: directory.path().to_owned(), command: Command::List };
        let said = obey(&args);
        assert!(said.trouble.unwrap().contains("no server keeps its mail there"));
        assert_eq!(said.done, "");
    }

    #[test]
    fn what_was_not_done_is_told_and_makes_the_status() {
        let (one, all) = (Message(Chosen::One(7)), Message(Chosen::All));
        let done = |changed, under_way| Done { changed, under_way };
        let trouble = |said: Said| (said.done, said.trouble.unwrap_or_default());
        let none = || "no message 7 waits".to_owned();
        assert_eq!(trouble(told("held", one, done(0, 0))), (String::new(), none()));
        assert_eq!(trouble(told("held", all, done(0, 0))), ("0 held\n".to_owned(), String::new()));
        assert_eq!(trouble(dropped(one, done(0, 0))), (String::new(), none()));
        let left = "1 under way and not dropped: it may have arrived already".to_owned();
        assert_eq!(trouble(dropped(one, done(0, 1))), (String::new(), left.clone()));
        assert_eq!(trouble(dropped(all, done(2, 1))), ("2 dropped\n".to_owned(), left));
        let said = told("held", one, done(1, 1));
        assert_eq!(said.done, "1 held\n1 under way: this counts where that fails\n");
        assert_eq!(said.trouble, None);
    }
}
