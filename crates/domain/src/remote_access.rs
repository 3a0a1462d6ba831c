//! How a provider and its remote know each other, beyond a token.

use crate::Secret;

/// The longest bundle of certificates, in bytes. The bundles of whole operating systems have some 200 KiB.
pub const LONGEST_PEM: usize = 256 * 1024;

/// What a provider authenticates with, and whom it trusts. Everything is empty where it is not needed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoteAccess {
    /// For [`AuthMode::Basic`](crate::AuthMode::Basic): the user's name.
    pub user: String,
    /// For [`AuthMode::Header`](crate::AuthMode::Header): the header's name.
    pub header: String,
    /// The password, or the header's value.
    pub secret: Option<Secret<String>>,
    /// PEM: our own certificate first, then those that lead to its authority.
    pub client_certificate: String,
    /// PEM, not encrypted: it is stored sealed.
    pub client_key: Option<Secret<String>>,
    /// PEM: authorities that are trusted beside those that the machine trusts.
    pub authorities: String,
}

impl RemoteAccess {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
