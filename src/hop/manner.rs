//! How a next hop behaves: which extensions it offers, and what it answers in place of the usual.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::script::model::Moment;

/// What a next hop says, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manner {
    /// The name by which it greets.
    pub name: String,
    /// The lines of its reply to EHLO behind the first.
    pub offers: Vec<String>,
    /// Answers in place of the usual ones, in turn; the last of them stays.
    pub answers: BTreeMap<Moment, Vec<Answer>>,
    /// Answers to RCPT for single recipients: the local part, and what is answered, in turn.
    pub recipients: Vec<(String, Vec<Answer>)>,
}

/// Something that a next hop does in answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A reply: its lines without their ends.
    Reply(Vec<String>),
    /// Nothing at all, for good.
    Silence,
    /// The connection is closed.
    Drop,
    /// The connection is reset.
    Reset,
}

/// Whether a session is under TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cover {
    /// It is not.
    Plain,
    /// It is.
    Tls,
}

impl Default for Manner {
    /// Takes everything.
    fn default() -> Self {
        Self {
            name: "hop.example.net".to_owned(),
            offers: ["PIPELINING", "8BITMIME", "SIZE 52428800"].map(str::to_owned).to_vec(),
            answers: BTreeMap::new(),
            recipients: Vec::new(),
        }
    }
}

impl Manner {
    /// Whether the reply to EHLO has this keyword.
    #[must_use]
    pub fn offers(&self, keyword: &str) -> bool {
        let is =
            |line: &String| line.split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case(keyword));
        self.offers.iter().any(is)
    }

    /// The size of the largest message that is taken, where `SIZE` tells one.
    pub(super) fn largest(&self) -> Option<u64> {
        let size = |line: &String| {
            let (keyword, octets) = line.split_once(' ')?;
            keyword.eq_ignore_ascii_case("SIZE").then(|| octets.trim().parse().ok())?
        };
        self.offers.iter().find_map(size).filter(|octets| *octets > 0)
    }

    /// What is answered now; `recipient` is the address of a RCPT.
    pub(super) fn answer(
        &self,
        moment: Moment,
        recipient: Option<&str>,
        cover: Cover,
        turns: &Turns,
    ) -> Answer {
        if let Some(recipient) = recipient {
            let local = recipient.rsplit_once('@').map_or(recipient, |(local, _)| local);
            if let Some((known, answers)) = self.recipients.iter().find(|(known, _)| known == local) {
                return turns
                    .next(&format!("to {known}"), answers)
                    .unwrap_or_else(|| self.usual(moment, cover));
            }
        }
        self.answers
            .get(&moment)
            .and_then(|answers| turns.next(moment.word(), answers))
            .unwrap_or_else(|| self.usual(moment, cover))
    }

    /// What is answered where nothing else is said.
    fn usual(&self, moment: Moment, cover: Cover) -> Answer {
        let name = &self.name;
        let text = match moment {
            Moment::Greeting => format!("220 {name} ESMTP"),
            Moment::Ehlo => return Answer::Reply(self.hello(cover)),
            Moment::Helo => format!("250 {name}"),
            Moment::StartTls if self.offers("STARTTLS") => "220 go ahead".to_owned(),
            Moment::StartTls => "502 not here".to_owned(),
            Moment::Data => "354 go ahead".to_owned(),
            Moment::Quit => format!("221 {name}"),
            Moment::Mail | Moment::Rcpt | Moment::Message | Moment::Rset | Moment::Noop => {
                "250 ok".to_owned()
            }
        };
        Answer::Reply(vec![text])
    }

    /// STARTTLS is offered before TLS alone (RFC 3207, section 4.2), REQUIRETLS under it (RFC 8689,
    /// section 2).
    fn hello(&self, cover: Cover) -> Vec<String> {
        let kept_for = match cover {
            Cover::Plain => "REQUIRETLS",
            Cover::Tls => "STARTTLS",
        };
        let offers =
            self.offers.iter().map(String::as_str).filter(|line| !line.eq_ignore_ascii_case(kept_for));
        let lines: Vec<&str> = std::iter::once(self.name.as_str()).chain(offers).collect();
        let last = lines.len() - 1;
        let line = |(number, line): (usize, &&str)| {
            let separator = if number == last { ' ' } else { '-' };
            format!("250{separator}{line}")
        };
        lines.iter().enumerate().map(line).collect()
    }
}

/// Whose turn it is among answers that are given in turn, over all connections of a next hop.
#[derive(Debug, Default)]
pub struct Turns(Mutex<BTreeMap<String, usize>>);

impl Turns {
    /// The next of these answers; the last stays.
    fn next(&self, word: &str, answers: &[Answer]) -> Option<Answer> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = turns.entry(word.to_owned()).or_default();
        let answer = answers.get((*turn).min(answers.len().checked_sub(1)?)).cloned();
        *turn = turn.saturating_add(1);
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(text: &str) -> Answer {
        Answer::Reply(vec![text.to_owned()])
    }

    #[test]
    fn answers_come_in_turn_and_the_last_stays() {
        let answers = [(Moment::Mail, vec![reply("451 later"), reply("250 ok")])];
        let manner = Manner {
            answers: answers.into(),
            recipients: vec![("nobody".to_owned(), vec![reply("550 no")])],
            ..Manner::default()
        };
        let turns = Turns::default();
        let mail = || manner.answer(Moment::Mail, None, Cover::Plain, &turns);
        assert_eq!([mail(), mail(), mail()], [reply("451 later"), reply("250 ok"), reply("250 ok")]);
        let rcpt = |to| manner.answer(Moment::Rcpt, Some(to), Cover::Plain, &turns);
        assert_eq!(rcpt("nobody@hop.example"), reply("550 no"));
        assert_eq!(rcpt("somebody@hop.example"), reply("250 ok"));
    }

    #[test]
    fn ehlo_tells_what_is_offered() {
        let manner = Manner { offers: vec!["SIZE 10".to_owned()], ..Manner::default() };
        let expected = Answer::Reply(vec!["250-hop.example.net".to_owned(), "250 SIZE 10".to_owned()]);
        let ehlo = |manner: &Manner, cover| manner.answer(Moment::Ehlo, None, cover, &Turns::default());
        assert_eq!(ehlo(&manner, Cover::Plain), expected);
        assert!(manner.offers("size") && !manner.offers("STARTTLS"));
        let bare = Manner { offers: Vec::new(), ..Manner::default() };
        assert_eq!(ehlo(&bare, Cover::Plain), reply("250 hop.example.net"));
        let secure = Manner { offers: ["STARTTLS", "REQUIRETLS"].map(str::to_owned).to_vec(), ..bare };
        let offering =
            |keyword: &str| Answer::Reply(vec!["250-hop.example.net".to_owned(), format!("250 {keyword}")]);
        assert_eq!(ehlo(&secure, Cover::Plain), offering("STARTTLS"));
        assert_eq!(ehlo(&secure, Cover::Tls), offering("REQUIRETLS"));
    }
}
