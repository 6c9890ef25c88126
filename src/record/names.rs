//! The accounts of a recording: what they are called in the script.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::target::Account;

/// What stands for what in the script.
#[derive(Debug, Clone, Default)]
pub struct Names {
    accounts: Vec<(String, Account)>,
    /// Text and variable, the longest text first.
    words: Vec<(String, String)>,
}

impl Names {
    /// The names of these accounts, each under its name in the script.
    #[must_use]
    pub fn new(accounts: &[(String, Account)]) -> Self {
        let mut words = Vec::new();
        for (name, account) in accounts {
            words.push((account.address.clone(), format!("${{{name}.address}}")));
            words.push((account.secret.clone(), format!("${{{name}.secret}}")));
            words.push((account.user.clone(), format!("${{{name}.user}}")));
            let plain = STANDARD.encode(format!("\0{}\0{}", account.user, account.secret));
            words.push((plain, format!("${{{name}.plain}}")));
        }
        words.retain(|(text, _)| !text.is_empty());
        words.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        Self { accounts: accounts.to_vec(), words }
    }

    /// The accounts' names in the script.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &str> {
        self.accounts.iter().map(|(name, _)| name.as_str())
    }

    /// The account whose login name or address stands in a message; the first where none does.
    pub(super) fn owner(&self, message: &[u8]) -> String {
        let text = String::from_utf8_lossy(message);
        let mut found: Vec<&(String, Account)> = self
            .accounts
            .iter()
            .filter(|(_, account)| text.contains(&account.user) || text.contains(&account.address))
            .collect();
        found.sort_by_key(|(_, account)| std::cmp::Reverse(account.user.len()));
        found.first().copied().or(self.accounts.first()).map_or("alice".to_owned(), |(name, _)| name.clone())
    }

    /// Whether a text is the secret of an account.
    pub(super) fn is_secret(&self, text: &str) -> bool {
        self.accounts.iter().any(|(_, account)| account.secret == text)
    }

    /// The text as a template: accounts as variables, and what would read as one escaped.
    pub(super) fn template(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let joined = |character: Option<char>| character.is_some_and(|c| c.is_alphanumeric() || c == '-');
            let before = text.get(..at).and_then(|head| head.chars().next_back());
            let word = self.words.iter().find(|(word, _)| {
                rest.strip_prefix(word.as_str()).is_some_and(|tail| !joined(tail.chars().next()))
            });
            if let (Some((word, variable)), false) = (word, joined(before)) {
                out.push_str(variable);
                at += word.len();
            } else {
                let Some(character) = rest.chars().next() else { break };
                if rest.starts_with("${") {
                    out.push('$');
                }
                out.push(character);
                at += character.len_utf8();
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_become_variables_where_they_stand_alone() {
        let account = |user: &str| Account {
            user: user.to_owned(),
            address: format!("{user}@example.test"),
            secret: format!("{user}-secret"),
            token: None,
            certificate: None,
        };
        let names = Names::new(&[("alice".to_owned(), account("al-1")), ("bob".to_owned(), account("bo-2"))]);
        assert_eq!(names.template("LOGIN al-1 \"al-1-secret\""), "LOGIN ${alice.user} \"${alice.secret}\"");
        assert_eq!(names.template("RCPT TO:<bo-2@example.test>"), "RCPT TO:<${bob.address}>");
        assert_eq!(names.template("al-12 mal-1 ${x}"), "al-12 mal-1 $${x}");
        assert_eq!(names.owner(b"\0bo-2\0x"), "bob");
        assert_eq!(names.owner(b"?"), "alice");
    }
}
