//! Percent-encoding of path segments and query strings (RFC 3986 §2.1).

/// Decode `%41`; with `plus` also `+`, as forms and most clients write spaces in a query.
pub(super) fn decode(text: &str, plus: bool) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let mut rest = bytes.clone();
                match (rest.next().and_then(hex), rest.next().and_then(hex)) {
                    (Some(high), Some(low)) => {
                        decoded.push(high << 4 | low);
                        bytes = rest;
                    }
                    _ => decoded.push(b'%'),
                }
            }
            b'+' if plus => decoded.push(b' '),
            other => decoded.push(other),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Encode all but the unreserved characters, so that an id survives as one segment.
pub(super) fn encode(segment: &str) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let mut encoded = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend(DIGITS.get(usize::from(byte >> 4)));
            encoded.extend(DIGITS.get(usize::from(byte & 15)));
        }
    }
    encoded
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded() {
        for text in ["", "abc", "a b/c?d%e\"é", "100%", "%zz"] {
            assert_eq!(decode(&encode(text), false), text);
        }
    }

    #[test]
    fn broken_escapes_stand_for_themselves() {
        assert_eq!(decode("a%4", false), "a%4");
        assert_eq!(decode("%zz+b", true), "%zz b");
    }
}
