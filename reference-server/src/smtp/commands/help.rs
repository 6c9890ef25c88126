//! HELP (RFC 5321, section 4.1.1.8). Not among the required commands, hence listed by EHLO.

use crate::smtp::registry::{self, Argument, Command, Extension, Found, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::{Next, Session};

/// HELP as EHLO lists it.
pub(in crate::smtp) const EXTENSION: Extension = Extension {
    advertise: |_| Some("HELP".to_owned()),
    commands: &[HELP],
    mail_parameters: &[],
    rcpt_parameters: &[],
};

/// `help = "HELP" [ SP String ] CRLF`
const HELP: Command = Command {
    verb: "HELP",
    offered: registry::everywhere,
    needs: Needs::Nothing,
    argument: Argument::Optional,
    sending: Sending::AtOnce,
    usage: "HELP [command]",
    run: |session, argument| {
        let reply = help(session, argument);
        Box::pin(async { Next::Reply(reply) })
    },
};

fn help(session: &Session, topic: &str) -> Reply {
    if topic.is_empty() {
        let forms = registry::commands(session.service()).map(|command| command.usage.to_owned());
        return Reply::new(214, "2.0.0", "commands:").with_lines(forms);
    }
    match registry::find(topic.as_bytes(), session.service()) {
        Found::Command(command) => Reply::new(214, "2.0.0", command.usage),
        Found::NotImplemented | Found::Unknown => Reply::new(504, "5.5.4", "no help on this"),
    }
}
