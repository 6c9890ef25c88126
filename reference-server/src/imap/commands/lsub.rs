//! LSUB (RFC 3501, section 6.3.9).

use std::collections::BTreeMap;

use super::list::Wanted;
use super::names::{self, write_name};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::Session;
use crate::imap::syntax::{ListPattern, Names};
use crate::imap::turn::Turn;
use crate::store::{MailboxName, Selectable};

/// See [`Wanted::parse`].
pub(crate) const LSUB: Registered =
    Registered::new("LSUB", Gate::Authenticated, |cursor| Ok(Box::new(Lsub(Wanted::parse(cursor)?))));

struct Lsub(Wanted);

impl Command for Lsub {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let (mut out, encoding) = (Vec::new(), session.names());
            match &self.0 {
                Wanted::Root => write_name(&mut out, "LSUB", &["\\Noselect"], "", encoding),
                Wanted::Names(pattern) => {
                    let names = names::subscribed(session).await?;
                    for (name, selectable) in told(&names, pattern, encoding).await {
                        let attributes: &[&str] = match selectable {
                            Selectable::Yes => &[],
                            Selectable::No => &["\\Noselect"],
                        };
                        write_name(&mut out, "LSUB", attributes, name.as_str(), encoding);
                    }
                }
            }
            session.link.write(&out).await?;
            Ok(Reply::ok("LSUB completed"))
        })
    }
}

/// The subscribed names that match; where the pattern ends in `%`, also the levels above
/// subscribed names that it stops at, as `\Noselect`.
async fn told(
    names: &[MailboxName],
    pattern: &ListPattern,
    encoding: Names,
) -> BTreeMap<MailboxName, Selectable> {
    let mut told = BTreeMap::new();
    let mut turn = Turn::begin();
    for name in names {
        turn.give_way().await;
        if pattern.matches(&encoding.encode(name.as_str())) {
            told.insert(name.clone(), Selectable::Yes);
        } else if pattern.ends_with_level_wildcard() {
            for level in name.ancestors() {
                if pattern.matches(&encoding.encode(level.as_str())) {
                    told.entry(level).or_insert(Selectable::No);
                }
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lsub(pattern: &str, subscribed: &[&str]) -> Vec<(String, Selectable)> {
        let names: Vec<_> = subscribed.iter().map(|name| MailboxName::new(name).unwrap()).collect();
        told(&names, &ListPattern::new(b"", pattern.as_bytes()), Names::default())
            .await
            .into_iter()
            .map(|(name, selectable)| (name.to_string(), selectable))
            .collect()
    }

    #[tokio::test]
    async fn a_level_above_a_subscribed_name_is_told_for_percent_only() {
        assert_eq!(lsub("%", &["foo/bar"]).await, [("foo".to_owned(), Selectable::No)]);
        assert_eq!(lsub("*", &["foo/bar"]).await, [("foo/bar".to_owned(), Selectable::Yes)]);
        assert_eq!(lsub("foo", &["foo/bar"]).await, []);
    }

    #[tokio::test]
    async fn a_level_that_is_subscribed_itself_stays_so() {
        let yes = [("foo".to_owned(), Selectable::Yes)];
        assert_eq!(lsub("%", &["foo", "foo/bar"]).await, yes);
        assert_eq!(lsub("%", &["foo/bar", "foo"]).await, yes);
    }
}
