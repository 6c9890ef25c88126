//! Parameters of MAIL and RCPT (RFC 5321, section 4.1.2).

use super::SyntaxError;

/// One parameter, as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::smtp) struct Parameter<'a> {
    /// Its keyword; upper and lower case do not matter.
    pub(in crate::smtp) keyword: &'a str,
    /// Its value, where it has one.
    pub(in crate::smtp) value: Option<&'a str>,
}

/// `*(SP esmtp-param)`: what follows the path. Several spaces are taken as one.
pub(in crate::smtp) fn parameters(input: &str) -> Result<Vec<Parameter<'_>>, SyntaxError> {
    if !input.is_empty() && !input.starts_with(' ') {
        return Err(SyntaxError("a space is needed between address and parameters"));
    }
    let mut found: Vec<Parameter<'_>> = Vec::new();
    for text in input.split(' ').filter(|text| !text.is_empty()) {
        let parameter = parameter(text)?;
        if found.iter().any(|other| other.keyword.eq_ignore_ascii_case(parameter.keyword)) {
            return Err(SyntaxError("a parameter is given twice"));
        }
        found.push(parameter);
    }
    Ok(found)
}

/// `esmtp-param = esmtp-keyword ["=" esmtp-value]`
fn parameter(text: &str) -> Result<Parameter<'_>, SyntaxError> {
    let (keyword, value) = match text.split_once('=') {
        Some((keyword, value)) => (keyword, Some(value)),
        None => (text, None),
    };
    let keyword_is_good = keyword.starts_with(|c: char| c.is_ascii_alphanumeric())
        && keyword.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    // RFC 5321 has no "=" in a value; RFC 6531, section 3.3, adds what is not ASCII.
    let value_is_good = value.is_none_or(|value| !value.is_empty() && value.chars().all(is_in_a_value));
    if keyword_is_good && value_is_good {
        Ok(Parameter { keyword, value })
    } else {
        Err(SyntaxError("a parameter is malformed"))
    }
}

fn is_in_a_value(c: char) -> bool {
    (c.is_ascii_graphic() && c != '=') || !(c.is_ascii() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_split_at_spaces() {
        let found = parameters(" SIZE=100 BODY=8BITMIME x-flag").unwrap();
        let all: Vec<_> = found.iter().map(|p| (p.keyword, p.value)).collect();
        assert_eq!(all, [("SIZE", Some("100")), ("BODY", Some("8BITMIME")), ("x-flag", None)]);
        assert_eq!(parameters(""), Ok(vec![]));
    }

    #[test]
    fn malformed_parameters_are_refused() {
        for bad in ["SIZE=1", " =1", " SIZE=", " SIZE=1 size=2", " a_b=1", " A=b=c"] {
            assert!(parameters(bad).is_err(), "{bad:?}");
        }
    }
}
