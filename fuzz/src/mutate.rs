//! Changing inputs: by octets, by words that the parsers know, and by parts of other inputs.

/// Numbers that look like chance and are the same for the same seed (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or(0)
    }

    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}

/// What stands in filters, paths and messages.
const WORDS: &[&str] = &[
    " eq ",
    " ne ",
    " co ",
    " sw ",
    " ew ",
    " gt ",
    " le ",
    " pr",
    " and ",
    " or ",
    "not (",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    ".",
    ":",
    "true",
    "false",
    "null",
    "True",
    "1",
    "-1",
    "1e9",
    "0.1",
    "emails",
    "emails[",
    "type",
    "value",
    "primary",
    "members",
    "userName",
    "name.givenName",
    "active",
    "manager",
    "id",
    "meta",
    "schemas",
    "password",
    "$ref",
    "urn:",
    "urn:ietf:params:scim:schemas:core:2.0:User:",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "Operations",
    "\"op\":\"add\"",
    "\"op\":\"remove\"",
    "\"op\":\"replace\"",
    "\"path\":",
    "\"value\":",
    "{",
    "}",
    ",",
    "[]",
    "{}",
    "bulkId:",
    "bulkId:1",
    "POST",
    "/Users",
    "startIndex",
    "count",
    "cursor",
    "filter",
    "sortBy",
    "attributes",
    "=",
    "&",
    "W/\"1\"",
    "*",
    "2024-01-01T00:00:00Z",
    "\u{130}",
    "\u{1F600}",
    "ß",
];

/// The longest input that is made.
const MAX_LENGTH: usize = 4096;

/// Change `input` a little, perhaps with a part of `other`.
pub(crate) fn mutate(random: &mut Random, input: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..=random.below(4) {
        once(random, input, other);
    }
    input.truncate(MAX_LENGTH);
}

fn once(random: &mut Random, input: &mut Vec<u8>, other: &[u8]) {
    let at = random.below(input.len() + 1);
    match random.below(9) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            let byte = random.next().to_le_bytes();
            input.splice(at..at, byte.into_iter().take(1));
        }
        2 => {
            let end = (at + 1 + random.below(8)).min(input.len());
            input.drain(at.min(end)..end);
        }
        3..=5 => {
            let word = random.pick(WORDS).copied().unwrap_or_default();
            input.splice(at..at, word.bytes());
        }
        6 => {
            let end = (at + 1 + random.below(32)).min(input.len());
            let part: Vec<u8> = input.get(at.min(end)..end).unwrap_or_default().to_vec();
            let to = random.below(input.len() + 1);
            input.splice(to..to, part);
        }
        7 => {
            let from = random.below(other.len() + 1);
            let end = (from + 1 + random.below(64)).min(other.len());
            let part = other.get(from.min(end)..end).unwrap_or_default().to_vec();
            input.splice(at..at, part);
        }
        _ => {
            if let Some(byte) = input.get_mut(at) {
                *byte = random.pick(b"0123456789aAzZ \"[](){}.,:").copied().unwrap_or_default();
            }
        }
    }
}
