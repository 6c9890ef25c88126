//! Conversations on a connection that was accepted: `C:` lines are expected, `S:` lines are sent.

use super::{Line, place, said, split_law};
use crate::script::model::{HeardLine, Law, Occurrence, ServedTalk, Turn};
use crate::script::pattern;
use crate::script::read::scope::Scope;
use crate::script::read::{Context, law, texts};
use crate::source::{Node, Scalar, Span};

/// Who speaks in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    Client(Occurrence),
    Server,
}

pub(super) const SPEAKERS: [(&str, Speaker); 3] = [
    ("C:", Speaker::Client(Occurrence::Required)),
    ("C?:", Speaker::Client(Occurrence::Optional)),
    ("S:", Speaker::Server),
];

/// Reads a conversation in which we are the server.
pub(in crate::script::read) fn read(
    context: &mut Context<'_>,
    scope: &mut Scope,
    node: &Node,
) -> Option<ServedTalk> {
    let scalar = context.decoder.scalar(node, "`talk`")?;
    let mistakes = context.decoder.mistakes();
    let mut reader = Reader { context, scope, scalar, line: Line::default(), turns: Vec::new() };
    for (line, content) in said(scalar) {
        reader.line = line;
        let mistakes = reader.context.decoder.mistakes();
        reader.read_line(content, line.file);
        let placed = |span| place(scalar, line, span);
        reader.context.decoder.place_since(mistakes, &placed);
    }
    let talk = ServedTalk { turns: reader.turns };
    if talk.turns.is_empty() && context.decoder.mistakes() == mistakes {
        context.decoder.mistake_help(node.span, "this talk says nothing", "write `C:` and `S:` lines");
    }
    // The runner binds the latest line that was taken.
    scope.bind("command");
    Some(talk)
}

struct Reader<'a, 'c> {
    context: &'a mut Context<'c>,
    scope: &'a mut Scope,
    scalar: &'a Scalar,
    line: Line,
    turns: Vec<Turn>,
}

impl Reader<'_, '_> {
    fn read_line(&mut self, line: &str, offset: usize) {
        let Some((mark, speaker)) = SPEAKERS.iter().find(|(mark, _)| line.starts_with(mark)) else {
            let span = Span::new(offset, offset + line.trim_end().len());
            let help = "here the harness is the server: `C:` (must come), `C?:` (may come) or `S:` (sent)";
            self.context.decoder.mistake_help(span, "this line has no speaker", help);
            return;
        };
        let text = line.get(mark.len()..).unwrap_or("");
        let text = text.strip_prefix(' ').unwrap_or(text);
        let start = offset + (line.len() - text.len());
        match speaker {
            Speaker::Client(occurrence) => self.heard(text, start, *occurrence),
            Speaker::Server => self.said(text, start),
        }
    }

    fn heard(&mut self, text: &str, offset: usize, occurrence: Occurrence) {
        let (pattern, law) = match split_law(text) {
            Some((pattern, rest)) => {
                let at = offset + (text.len() - rest.len());
                let span = Span::new(at - '§'.len_utf8(), offset + text.trim_end().len());
                let law = law::parse(self.context, rest, at, span);
                (pattern, law.map(|law| Law { span: place(self.scalar, self.line, law.span), ..law }))
            }
            None => (text, None),
        };
        let text = if law.is_some() { pattern.trim_end() } else { pattern };
        match pattern::text::parse(text, offset) {
            Ok(pattern) => {
                self.scope.check_reads(self.context, &pattern.reads());
                for (name, _) in pattern.binds() {
                    self.scope.bind(name);
                }
                let span = Span::new(offset, offset + text.trim_end().len());
                let span = place(self.scalar, self.line, span);
                if occurrence == Occurrence::Optional && law.is_some() {
                    let help = "drop its `§`, or write `C:` for what must come";
                    self.context.decoder.mistake_help(span, "what only may come judges nothing", help);
                }
                let line = HeardLine { pattern, law, span, text: text.trim_end().to_owned() };
                match self.turns.last_mut() {
                    Some(turn) if turn.said.is_empty() && (turn.occurrence, occurrence) == REQUIRED => {
                        turn.heard.push(line);
                    }
                    _ => self.turns.push(Turn { occurrence, heard: vec![line], said: Vec::new() }),
                }
            }
            Err(mistake) => self.context.pattern_mistake(mistake),
        }
    }

    fn said(&mut self, text: &str, offset: usize) {
        if let Some((_, law)) = split_law(text)
            && law.trim_start().starts_with(|c: char| c.is_ascii_lowercase())
        {
            let span = Span::new(offset, offset + text.len());
            let help = "here the harness is the server: put the `§` behind the `C:` line that it judges";
            self.context.decoder.mistake_help(span, "an `S:` line of ours judges nothing", help);
            return;
        }
        let Some(template) = texts::template_line(self.context, self.scope, text, offset) else { return };
        match self.turns.last_mut() {
            Some(turn) => turn.said.push(template),
            None => {
                let occurrence = Occurrence::Required;
                self.turns.push(Turn { occurrence, heard: Vec::new(), said: vec![template] });
            }
        }
    }
}

/// Lines that must come, one behind the other, are one turn.
const REQUIRED: (Occurrence, Occurrence) = (Occurrence::Required, Occurrence::Required);

#[cfg(test)]
mod tests {
    use crate::script::model::{Action, HopAction, Occurrence};
    use crate::script::read::testing::{case, mistakes};

    fn body(lines: &[&str]) -> String {
        let lines: String = lines.iter().map(|line| format!("      {line}\n")).collect();
        format!(
            "given: {{next-hops: [hop]}}\nsteps:\n  - accept: {{hop: hop, law: rfc1939-6-1}}\n  - on: hop\n    talk: |\n{lines}"
        )
    }

    #[test]
    fn lines_that_must_come_are_one_turn_and_one_that_may_come_is_its_own() {
        let lines = [
            "S: 220 a",
            "C: EHLO ${name = word}  § rfc1939-6-1",
            "C: X",
            "S: 250-a",
            "S: 250 b",
            "C?: RSET",
            "S: 250",
            "C: QUIT",
        ];
        let case = case("smtp", &body(&lines));
        let Action::Hop(action) = &case.steps[1].action else { panic!() };
        let HopAction::Talk(talk) = action.as_ref() else { panic!() };
        let shape: Vec<_> =
            talk.turns.iter().map(|turn| (turn.occurrence, turn.heard.len(), turn.said.len())).collect();
        let (must, may) = (Occurrence::Required, Occurrence::Optional);
        assert_eq!(shape, [(must, 0, 1), (must, 2, 2), (may, 1, 1), (must, 1, 0)]);
        assert_eq!(case.laws().len(), 2);
    }

    #[test]
    fn what_does_not_fit_the_servers_side_is_refused() {
        for (line, expected) in [
            ("S: 250 § rfc1939-6-1", "judges nothing"),
            ("C?: RSET § rfc1939-6-1", "judges nothing"),
            ("S?: 250", "no speaker"),
            ("C: ${x = numbr}", "no type"),
        ] {
            let found = mistakes("smtp", &body(&[line]));
            assert!(found.len() == 1 && found[0].contains(expected), "{line}: {found:?}");
        }
    }
}
