//! `mailspec queue`: what waits in the outgoing queue of a reference server, running or not.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use reference_server::{Chosen, Spool, SpoolError, Waiting};
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
    /// Keep messages back until they are retried.
    Hold(Which),
    /// Remove messages, and tell nobody.
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
    match obey(args) {
        Ok(text) => {
            // A reader that stops early is not our fault.
            let _ = std::io::stdout().lock().write_all(text.as_bytes());
            Status::Conforms.into()
        }
        Err(error) => {
            complain(format_args!("{error}"));
            Status::Usage.into()
        }
    }
}

fn obey(args: &Args) -> Result<String, SpoolError> {
    let spool = Spool::open(&args.dir)?;
    let (done, which, count) = match &args.command {
        Command::List => return Ok(render(&spool.list()?)),
        Command::Retry(which) => ("to be tried again", which, spool.retry(which.message.0)?),
        Command::Hold(which) => ("held", which, spool.hold(which.message.0)?),
        Command::Drop(which) => ("dropped", which, spool.remove(which.message.0)?),
    };
    Ok(match (count, which.message.0) {
        (0, Chosen::One(number)) => format!("no message {number} waits\n"),
        (count, _) => format!("{count} {done}\n"),
    })
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
                "    to <{}>  tried {}, next {}{}\n",
                recipient.address,
                times(recipient.attempts),
                date(recipient.next_attempt),
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
        };
        let message = Waiting {
            id: 3,
            sender: None,
            arrived: 1_000_000_000_000,
            held: true,
            held_until: Some(1_000_003_600_000),
            priority: Some(-3),
            octets: 12,
            recipients: vec![recipient],
        };
        assert_eq!(
            render(&[message]),
            "3  from <>  12 octets  since 2001-09-09 01:46:40Z  held  not before 2001-09-09 02:46:40Z  priority -3\n    to <bob@far.test>  tried once, next now: 450 busy\n"
        );
    }

    #[test]
    fn a_folder_without_a_server_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let args = Args { dir: directory.path().to_owned(), command: Command::List };
        assert!(obey(&args).is_err());
    }
}
