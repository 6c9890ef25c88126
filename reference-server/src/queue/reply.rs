//! Replies of other servers (RFC 5321, section 4.2), as the client of the queue reads them:
//! leniently, and with a bound. Pure.

/// Most lines of one reply that are kept.
const LINES: usize = 128;

/// A reply.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reply {
    /// Its code.
    pub(super) code: u16,
    /// The text of each line.
    pub(super) lines: Vec<String>,
}

/// What a line is to the reply that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// More follow.
    Inner,
    /// It is the last one.
    Last,
}

/// A line that is no reply line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoReply;

impl Reply {
    /// Takes one more line, without its CRLF.
    pub(super) fn line(&mut self, line: &[u8]) -> Result<Place, NoReply> {
        let text = String::from_utf8_lossy(line);
        let (code, rest) = text.split_at_checked(3).ok_or(NoReply)?;
        let code: u16 = code.parse().map_err(|_| NoReply)?;
        if !(200..600).contains(&code) || (self.code != 0 && self.code != code) || self.lines.len() >= LINES {
            return Err(NoReply);
        }
        let place = match rest.as_bytes().first() {
            None | Some(b' ') => Place::Last,
            Some(b'-') => Place::Inner,
            Some(_) => return Err(NoReply),
        };
        self.code = code;
        self.lines.push(rest.get(1..).unwrap_or_default().to_owned());
        Ok(place)
    }

    /// 2yz.
    pub(super) fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// 5yz.
    pub(super) fn is_permanent(&self) -> bool {
        self.code >= 500
    }

    /// The enhanced status code, or one that says no more than the class of the reply
    /// (RFC 3463, section 2).
    pub(super) fn status(&self) -> String {
        let class = self.code / 100;
        let first = self.lines.first().map(String::as_str).unwrap_or_default();
        let word = first.split(' ').next().unwrap_or_default();
        let parts: Vec<&str> = word.split('.').collect();
        let digits = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|o| o.is_ascii_digit());
        match parts.as_slice() {
            [leading, _, _] if parts.iter().all(digits) && **leading == class.to_string() => word.to_owned(),
            _ => format!("{class}.0.0"),
        }
    }

    /// The reply on one line.
    pub(super) fn text(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Option<Reply> {
        let mut reply = Reply::default();
        for line in lines {
            match reply.line(line.as_bytes()) {
                Ok(Place::Last) => return Some(reply),
                Ok(Place::Inner) => {}
                Err(NoReply) => return None,
            }
        }
        None
    }

    #[test]
    fn replies_of_one_line_and_of_several() {
        let reply = read(&["550-5.1.1 no", "550 5.1.1 such user"]).unwrap();
        assert_eq!((reply.code, reply.status().as_str()), (550, "5.1.1"));
        assert_eq!(reply.text(), "550 5.1.1 no 5.1.1 such user");
        assert_eq!(read(&["250"]).unwrap().status(), "2.0.0");
    }

    #[test]
    fn a_status_of_another_class_is_not_believed() {
        assert_eq!(read(&["450 5.1.1 x"]).unwrap().status(), "4.0.0");
        assert_eq!(read(&["550 1.2 x"]).unwrap().status(), "5.0.0");
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for bad in [&["25"][..], &["abc"], &["250-a", "251 b"], &["250_a"], &["199 x"], &["\u{e9}50 x"]] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
        let endless = vec!["250-x"; 1000];
        assert_eq!(read(&endless), None);
    }
}
