//! Numbers in answers (RFC 3501, section 9: number), of which a large mailbox has very many.

/// Appends a number in digits.
pub(crate) fn number(out: &mut Vec<u8>, number: impl Into<u64>) {
    let mut rest: u64 = number.into();
    let mut digits = [b'0'; 20];
    let mut count: usize = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0'.saturating_add(u8::try_from(rest % 10).unwrap_or(0));
        rest /= 10;
        count = count.saturating_add(1);
        if rest == 0 {
            break;
        }
    }
    let from = digits.len().saturating_sub(count);
    out.extend_from_slice(digits.get(from..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_digits() {
        for value in [0, 7, 10, 4_294_967_295, u64::MAX] {
            let mut out = b"x".to_vec();
            number(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), format!("x{value}"));
        }
    }
}
