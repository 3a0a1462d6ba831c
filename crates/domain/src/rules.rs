//! Validation rules that more than one field shares: one place per rule.
//!
//! Each returns a [`ValidationError`] whose code the HTTP layer turns into the documented sentence; the codes
//! are the constants of [`code`].

use std::sync::LazyLock;

use regex::Regex;
use validator::{ValidateEmail, ValidationError};

/// The codes of field errors. The HTTP layer has one sentence for each.
pub mod code {
    pub const BLANK: &str = "blank";
    pub const CHOICE: &str = "invalid_choice";
    pub const DURATION: &str = "duration";
    pub const EMAIL: &str = "email";
    pub const MAX_LENGTH: &str = "max_length";
    pub const NUL: &str = "null_characters_not_allowed";
    pub const PATH_EDGES: &str = "path_edges";
    pub const PATH_SEGMENTS: &str = "path_segments";
    pub const RANGE: &str = "range";
    pub const SLUG: &str = "slug";
    pub const URL: &str = "url";
    pub const URL_CREDENTIALS: &str = "url_credentials";
}

/// The longest text that has no shorter limit of its own, in characters.
pub const LONGEST_TEXT: u64 = 4096;
/// The longest text by which rows are looked up, in characters: PostgreSQL keeps at most 2,704 bytes in an index.
pub const LONGEST_KEY: u64 = 512;
/// The longest token or password, in characters. Tokens of some issuers carry claims and are long.
pub const LONGEST_SECRET: u64 = 16 * 1024;
/// The longest mapping expression, in bytes.
pub const LONGEST_EXPRESSION: usize = 64 * 1024;

static SLUG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("^[-a-zA-Z0-9_]+$").ok());

/// Text that must say something: neither empty nor only white space, and without NUL.
pub fn not_blank(text: &str) -> Result<(), ValidationError> {
    if text.trim().is_empty() {
        return Err(ValidationError::new(code::BLANK));
    }
    no_nul(text)
}

/// PostgreSQL cannot store NUL in text, so neither database takes it.
pub fn no_nul(text: &str) -> Result<(), ValidationError> {
    if text.contains('\0') { Err(ValidationError::new(code::NUL)) } else { Ok(()) }
}

/// Letters, digits, underscores and hyphens.
pub fn slug(text: &str) -> Result<(), ValidationError> {
    not_blank(text)?;
    let fits = SLUG.as_ref().is_some_and(|slug| slug.is_match(text));
    if fits { Ok(()) } else { Err(ValidationError::new(code::SLUG)) }
}

/// An e-mail address, or nothing.
pub fn email_or_empty(text: &str) -> Result<(), ValidationError> {
    if text.is_empty() || text.validate_email() { Ok(()) } else { Err(ValidationError::new(code::EMAIL)) }
}

/// A user's folder: segments between slashes, none of them empty.
pub fn user_path(path: &str) -> Result<(), ValidationError> {
    not_blank(path)?;
    if path.starts_with('/') || path.ends_with('/') {
        return Err(ValidationError::new(code::PATH_EDGES));
    }
    if path.split('/').any(|segment| segment.trim().is_empty()) {
        return Err(ValidationError::new(code::PATH_SEGMENTS));
    }
    Ok(())
}

/// An address that can be called: `http` or `https`, with a host and no white space.
///
/// What lies behind it is judged when it is called, not here.
pub fn http_url(url: &str) -> Result<(), ValidationError> {
    not_blank(url)?;
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let has_host = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#', ':']));
    if has_host && !url.contains(char::is_whitespace) { Ok(()) } else { Err(ValidationError::new(code::URL)) }
}

/// An [`http_url`] without a user name or a password in it: a URL is shown, and what is in it is no secret.
pub fn remote_url(url: &str) -> Result<(), ValidationError> {
    http_url(url)?;
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') { Err(ValidationError::new(code::URL_CREDENTIALS)) } else { Ok(()) }
}

/// An `http_url`, or nothing.
pub fn http_url_or_empty(url: &str) -> Result<(), ValidationError> {
    if url.is_empty() { Ok(()) } else { http_url(url) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rule: fn(&str) -> Result<(), ValidationError>, text: &str, expected: &str) {
        let got = rule(text).err().map_or_else(|| "ok".to_owned(), |error| error.code.to_string());
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn each_rule_refuses_with_its_own_code() {
        check(not_blank, "ada", "ok");
        check(not_blank, " \t", "blank");
        check(not_blank, "a\0b", "null_characters_not_allowed");
        check(slug, "my-app_2", "ok");
        check(slug, "my app", "slug");
        check(slug, "", "blank");
        check(email_or_empty, "", "ok");
        check(email_or_empty, "ada@example.com", "ok");
        check(email_or_empty, "ada", "email");
        check(user_path, "users/berlin", "ok");
        check(user_path, "/users", "path_edges");
        check(user_path, "users//berlin", "path_segments");
        check(http_url, "https://localhost", "ok");
        check(http_url, "http://10.0.0.1:8080/scim/v2", "ok");
        check(http_url, "localhost/scim", "url");
        check(http_url, "ftp://example.com", "url");
        check(http_url, "https:///scim", "url");
        check(http_url, "https://a b", "url");
        check(remote_url, "https://localhost/a@b", "ok");
        check(remote_url, "https://me:secret@localhost/scim", "url_credentials");
    }
}
