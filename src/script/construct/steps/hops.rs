//! Steps of the server's side: next hops, to which the target relays.

use super::super::shape::{Shape, WORDS};
use super::super::{Construct, Mapping};
use super::waiting::HAS;
use crate::script::model::ServedAnswer;

const ANSWER: Shape = Shape::Either(&[Shape::Word(|| ServedAnswer::WORDS.to_vec()), Shape::Text]);
const ANSWERS: Shape = Shape::Either(&[ANSWER, Shape::List(&ANSWER, 1)]);
const PLAIN: &str = "it is what is answered, and judges nothing";
const SEEN: &str = "that there is such a next hop is seen before anything runs";
const HOP: Construct = Construct::new("hop", "the next hop", Shape::Text).required().cannot_fail(SEEN);

/// What `accept` can say.
pub(in crate::script) const ACCEPT: &Mapping = &Mapping {
    what: "`accept`",
    keys: &[
        HOP,
        Construct::new("name", "the connection's name, default the next hop's", Shape::Text),
        Construct::new("law", "what it judges that the target connects", Shape::Law),
    ],
};

/// What `receive` can say.
pub(in crate::script) const RECEIVE: &Mapping = &Mapping {
    what: "`receive`",
    keys: &[
        Construct::new("as", "the variable, and `NAME.body`, `NAME.raw`", Shape::Text).required(),
        Construct::new("octets", "take exactly so many octets, as behind BDAT", Shape::Scalar),
        Construct::new("law", "what it judges", Shape::Law),
    ],
};

const fn moment(name: &'static str, means: &'static str) -> Construct {
    Construct::new(name, means, ANSWERS).cannot_fail(PLAIN)
}

/// What can be answered otherwise than usual.
pub(in crate::script) const ANSWERED: &Mapping = &Mapping {
    what: "`answers`",
    keys: &[
        moment("greeting", "to the connection, usually `220`"),
        moment("ehlo", "to EHLO, usually `250` and what is offered"),
        moment("helo", "to HELO, usually `250`"),
        moment("starttls", "to STARTTLS, usually `220` where it is offered"),
        moment("mail", "to MAIL, usually `250`"),
        moment("rcpt", "to RCPT, usually `250`"),
        moment("data", "to DATA, usually `354`"),
        moment("message", "to the end of a message, usually `250`"),
        moment("rset", "to RSET, usually `250`"),
        moment("noop", "to NOOP, usually `250`"),
        moment("quit", "to QUIT, usually `221`"),
    ],
};

/// What `serve` can say.
pub(in crate::script) const SERVE: &Mapping = &Mapping {
    what: "`serve`",
    keys: &[
        HOP,
        Construct::new(
            "offers",
            "the lines of the reply to EHLO behind the first, default `[PIPELINING, 8BITMIME, SIZE 52428800]`; with `STARTTLS` and `CHUNKING` among them it does these too (`REQUIRETLS` is offered under TLS alone), and what is larger than the number behind `SIZE` it refuses by 552",
            WORDS,
        )
        .cannot_fail(PLAIN),
        Construct::new(
            "answers",
            "what is answered in place of the usual: a reply, or `silence`, `drop`, `reset`; of a list one after the other, over all connections, and the last stays",
            Shape::Mapping(ANSWERED),
        )
        .cannot_fail(PLAIN),
        Construct::new(
            "recipients",
            "the same for RCPT of single local parts: mapping: local part → answers",
            Shape::Named(&ANSWERS),
        )
        .cannot_fail(PLAIN),
    ],
};

/// What `arrival` can say.
pub(in crate::script) const ARRIVAL: &Mapping = &Mapping {
    what: "`arrival`",
    keys: &[
        HOP,
        Construct::new("has", "what the message must have", Shape::Mapping(HAS)),
        Construct::new(
            "as",
            "binds the message's octets, and `NAME.body`, `.from` and `.to` (addresses; several apart by spaces), `.mail`, `.rcpt` and `.hello` (the lines as they came), `.tls` (`yes` or `no`), `.at` (milliseconds from the beginning of the case), `.connection` (its number)",
            Shape::Text,
        ),
        Construct::new("law", "what it judges", Shape::Law),
    ],
};

/// What `heard` can say.
pub(in crate::script) const HEARD: &Mapping = &Mapping {
    what: "`heard`",
    keys: &[
        HOP,
        Construct::new(
            "as",
            "binds what was said so far, a line each, with `C: ` or `S: ` before it; `NAME.commands` has what the target said without that, `NAME.connections` and `NAME.messages` how many connections there were, and how many messages were taken",
            Shape::Text,
        )
        .required()
        .cannot_fail("it looks and judges nothing"),
    ],
};

pub(super) const ACCEPT_STEP: Construct = Construct::new(
    "accept",
    "take the next connection that the target opens to a next hop. On it we are the server: in a `talk` `C:` lines are expected and judge, `S:` lines are sent, and `starttls`, `send`, `silence`, `closed`, `half-close`, `drop`, `reset` are about the target as a client",
    Shape::Either(&[Shape::Text, Shape::Mapping(ACCEPT)]),
)
.brief("`accept: hop`")
.example(
    "submission",
    "\
given: {next-hops: [hop]}
steps:
  - login
  - use: {block: submit, with: {to: \"bob@${hop.domain}\"}}
  - accept: {hop: hop, law: rfc5321-2.1-2}
  - on: hop
    talk: |
      S: 220 hop.example.net
      C: EHLO ${name = word}          § rfc5321-4.1.1.1-3
      S: 250 hop.example.net
",
);

pub(super) const RECEIVE_STEP: Construct = Construct::new(
    "receive",
    "on a connection that was accepted: the message behind `354`, without the dots that were put before dots",
    Shape::Either(&[Shape::Text, Shape::Mapping(RECEIVE)]),
)
.brief("`receive: message`")
.example(
    "submission",
    "\
given: {next-hops: [hop]}
steps:
  - login
  - use: {block: submit, with: {to: \"bob@${hop.domain}\", body: \".dots\"}}
  - accept: hop
  - on: hop
    talk: |
      S: 220 hop.example.net
      C: EHLO ...
      S: 250 hop.example.net
      C: MAIL FROM:<${alice.address}>
      S: 250 ok
      C: RCPT TO:<bob@${hop.domain}>
      S: 250 ok
      C: DATA
      S: 354 go ahead
  - on: hop
    receive: {as: message, law: rfc5321-4.1.1.4-R2}
  - check: {value: \"${message.body}\", equals: \".dots\\r\\n\", law: rfc5321-4.5.2-R1}
  - check: {value: \"${message.raw}\", contains: \"\\r\\n..dots\\r\\n.\\r\\n\", law: rfc5321-4.5.2-R1}
",
);

pub(super) const SERVE_STEP: Construct = Construct::new(
    "serve",
    "from here on the harness answers all connections to a next hop by itself: it takes everything, unless it is told otherwise. An `accept` takes over again",
    Shape::Either(&[Shape::Text, Shape::Mapping(SERVE)]),
)
.brief("`serve: hop`")
.example(
    "submission",
    "\
given: {next-hops: [hop]}
steps:
  - serve:
      hop: hop
      offers: [PIPELINING, SIZE 1000000]
      answers: {mail: [451 4.3.0 later, 250 ok]}
      recipients: {nobody: 550 5.1.1 no such user}
  - login
  - use: {block: submit, with: {to: \"bob@${hop.domain}\", subject: \"retried ${unique}\"}}
  - within: 20s
    arrival: {hop: hop, has: {subject: \"retried ${unique}\"}, law: rfc5321-4.5.4.1-1}
",
)
.cannot_fail(PLAIN);

pub(super) const ARRIVAL_STEP: Construct = Construct::new(
    "arrival",
    "take the next message that came to a next hop which the harness serves",
    Shape::Either(&[Shape::Text, Shape::Mapping(ARRIVAL)]),
)
.brief("`arrival: {hop: hop, as: message}`")
.example(
    "submission",
    "\
given: {next-hops: [hop]}
steps:
  - serve: hop
  - login
  - use: {block: submit, with: {to: \"bob@${hop.domain}\", subject: hello}}
  - arrival: {hop: hop, as: message, has: {subject: hello}, law: rfc5321-2.1-2}
  - check: {value: \"${message.from}\", equals: \"${alice.address}\", law: rfc5321-3.3-R4}
  - check: {value: \"${message.to}\", equals: \"bob@${hop.domain}\"}
",
);

pub(super) const HEARD_STEP: Construct = Construct::new(
    "heard",
    "bind what was said at a next hop which the harness serves",
    Shape::Mapping(HEARD),
)
.brief("`heard: {hop: hop, as: said}`")
.example(
    "submission",
    "\
given: {next-hops: [hop]}
steps:
  - serve: hop
  - login
  - use: {block: submit, with: {to: \"bob@${hop.domain}\"}}
  - arrival: hop
  - eventually:
      within: 10s
      steps:
        - heard: {hop: hop, as: said}
        - check: {value: \"${said.commands}\", matches: '(?i)\\nQUIT$', law: rfc5321-4.1.4-15}
",
)
.cannot_fail("it looks and judges nothing");

/// What `stop` can say.
pub(in crate::script) const STOP: &Mapping = &Mapping {
    what: "`stop`",
    keys: &[
        Construct::new("server", "the server", Shape::Text).required().cannot_fail(SEEN),
        Construct::new("how", "in good order, or by SIGKILL", Shape::Word(|| vec!["in-order", "kill"]))
            .cannot_fail("it is our own server"),
    ],
};

/// What a name can have in the DNS.
pub(in crate::script) const RECORDS: &Mapping = &Mapping {
    what: "what a name has",
    keys: &[
        Construct::new(
            "mx",
            "MX records, as `10 mail.${zone}`; `0 .` for a domain that takes no mail",
            WORDS,
        )
        .cannot_fail(PLAIN),
        Construct::new("a", "IPv4 addresses", WORDS).cannot_fail(PLAIN),
        Construct::new("aaaa", "IPv6 addresses", WORDS).cannot_fail(PLAIN),
    ],
};

const NAME_WORD: Shape = Shape::Word(|| vec!["nxdomain", "servfail", "silence"]);

pub(super) const DNS_STEP: Construct = Construct::new(
    "dns",
    "say what names have at the name server that the target asks: mapping: name → records, or `nxdomain`, `servfail`, `silence`; other names do not exist. `${zone}` is a domain of the case's own. In a case with this step the target finds its next hops by name, each at an `${hop.address}` of its own; it is skipped where the harness does not play the target's name server",
    Shape::Named(&Shape::Either(&[NAME_WORD, Shape::Mapping(RECORDS)])),
)
.brief("`dns: {\"${zone}\": {mx: [\"10 mail.${zone}\"]}}`")
.example(
    "submission",
    "\
given: {next-hops: [first, second]}
steps:
  - dns:
      \"${zone}\": {mx: [\"20 second.${zone}\", \"10 first.${zone}\"]}
      \"first.${zone}\": {a: [\"${first.address}\"]}
      \"second.${zone}\": {a: [\"${second.address}\"]}
  - serve: first
  - serve: second
  - login
  - use: {block: submit, with: {to: \"bob@${zone}\"}}
  - arrival: {hop: first, has: {subject: a message}, law: rfc5321-5.1-13}
",
)
.cannot_fail(PLAIN);

const DOWN_AND_UP: &str = "\
given: {servers: {bobs: [bob]}}
steps:
  - stop: bobs
  - login
  - use: {block: submit, with: {to: \"${bob.address}\"}}
  - pause: 300ms
  - start: bobs
  - eventually:
      within: 20s
      mailbox: {of: bob, has: {subject: a message}, count: 1, law: rfc5321-4.5.4.1-1}
";

pub(super) const STOP_STEP: Construct = Construct::new(
    "stop",
    "stop a further server; what the target sends it then is lost at once",
    Shape::Either(&[Shape::Text, Shape::Mapping(STOP)]),
)
.brief("`stop: bobs`")
.example("submission", DOWN_AND_UP)
.cannot_fail("it is our own server");

pub(super) const START_STEP: Construct =
    Construct::new("start", "start a further server again, with the mail that it had", Shape::Text)
        .brief("`start: bobs`")
        .example("submission", DOWN_AND_UP)
        .cannot_fail("it is our own server");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::model::Moment;

    #[test]
    fn every_moment_can_be_answered_otherwise() {
        assert_eq!(ANSWERED.names(), Moment::ALL.map(|(word, _)| word));
    }
}
