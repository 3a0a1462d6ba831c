//! Which parts of the API are open to whom.
//!
//! A handler says what it needs by its extractor: none, [`Caller`](crate::Caller) or [`Admin`](crate::Admin).
//! Where no handler is reached because the method is wrong, the answer still depends on the caller; this is the
//! short list of paths on which an ordinary user would have got further.

/// Who may do anything at all at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    Anyone,
    /// Ordinary users see themselves and their own tokens.
    Users,
    Administrators,
}

/// The audience of a path, without the prefix of the API.
pub(crate) fn audience(path: &str) -> Audience {
    if path == "/schema/" || path == "/root/config/" {
        Audience::Anyone
    } else if path == "/core/users/me/" || path == "/admin/version/" || path.starts_with("/core/tokens/") {
        Audience::Users
    } else {
        Audience::Administrators
    }
}
