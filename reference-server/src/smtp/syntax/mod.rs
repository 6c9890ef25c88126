//! Pure parsers of what stands in SMTP commands (RFC 5321, section 4.1.2). Each takes what is
//! left of a command line and gives back what it read and the rest.

mod domain;
mod parameter;
mod path;

pub(super) use domain::host;
pub(super) use parameter::{Parameter, parameters};
pub(super) use path::{ForwardPath, ReversePath, forward_path, mailbox, reverse_path, user_name};

/// What is wrong with an argument, in words for the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SyntaxError(pub(super) &'static str);

/// What was read, and the rest.
pub(super) type Parsed<'a, T> = Result<(T, &'a str), SyntaxError>;

/// Takes `prefix` off, upper or lower case.
pub(super) fn keyword<'a>(input: &'a str, prefix: &str) -> Option<&'a str> {
    let (front, rest) = input.split_at_checked(prefix.len())?;
    front.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Is this a domain name, in which addresses can end?
pub(crate) fn is_domain(text: &str) -> bool {
    matches!(host(text), Ok((name, "")) if !name.starts_with('['))
}

/// Is this a domain name by which a server can greet: letters, digits and hyphens (RFC 6531,
/// section 3.7.1)?
pub(crate) fn is_host_name(text: &str) -> bool {
    text.is_ascii() && is_domain(text)
}

/// Is this an address that an account can have: `local@domain`, without need of quotes?
pub(crate) fn is_address(text: &str) -> bool {
    !text.starts_with('"') && matches!(mailbox(text), Ok((mailbox, "")) if is_domain(&mailbox.domain))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_argument_upsets_the_parsers(input in ".{0,200}") {
            let _ = reverse_path(&input);
            let _ = forward_path(&input);
            let _ = user_name(&input);
            let _ = parameters(&input);
            let _ = host(&input);
            let _ = crate::store::xtext(&input);
        }

        #[test]
        fn arguments_that_are_nearly_right_do_not_either(input in r#"[<>@\[\]":.,a1=\\ +-]{0,40}"#) {
            let _ = reverse_path(&input);
            let _ = forward_path(&input);
            let _ = user_name(&input);
            let _ = parameters(&input);
        }

        #[test]
        fn an_address_that_is_written_is_read_as_the_same(local in "[ -~]{1,30}") {
            let written = path::Mailbox { local, domain: "example.test".to_owned() };
            let text = format!("<{written}>");
            prop_assert_eq!(reverse_path(&text), Ok((ReversePath::Mailbox(written), "")));
        }
    }
}
