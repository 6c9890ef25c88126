//! STARTTLS (RFC 3207).

use crate::smtp::registry::{self, Argument, Command, Extension, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::{Next, Security};

/// Offered until the connection is under TLS (RFC 3207, section 4.2).
pub(in crate::smtp) const EXTENSION: Extension = Extension {
    advertise: |session| (session.security == Security::Plain).then(|| "STARTTLS".to_owned()),
    commands: &[STARTTLS],
    mail_parameters: &[],
    rcpt_parameters: &[],
};

/// The command takes no parameter (RFC 3207, section 4).
const STARTTLS: Command = Command {
    verb: "STARTTLS",
    offered: registry::everywhere,
    needs: Needs::Nothing,
    argument: Argument::None,
    sending: Sending::AtOnce,
    usage: "STARTTLS",
    run: |session, _| {
        let next = match session.security {
            Security::Plain => Next::StartTls(Reply::new(220, "2.0.0", "ready to start TLS")),
            Security::Tls => Next::Reply(Reply::new(503, "5.5.1", "TLS is active already")),
        };
        Box::pin(async { next })
    },
};
