//! Passwords of users. Only their argon2id hashes are kept.

use std::fmt;

use argon2::{Argon2, PasswordHasher};
use diesel::prelude::*;
use scimitar_domain::{Secret, Timestamp, UserPk};

use crate::conn::on_backend;
use crate::schema::{passwords, users};
use crate::sql_types::At;
use crate::{Conn, StoreError, users as directory};

/// What a password hashes to, with salt and costs, as a PHC string. `Debug` prints `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Hash a password by argon2id with the crate's costs, which are those that OWASP advises: 19 MiB, two passes,
    /// one lane. That takes tens of milliseconds, so it is nothing for a thread that answers requests.
    pub fn of(password: &Secret<String>, salt: [u8; 16]) -> Result<Self, StoreError> {
        let hash = Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &salt);
        hash.map(|hash| Self(hash.to_string())).map_err(|_opaque| StoreError::NotHashed)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Give a user a password. No application is sent it, so there is no change to note.
pub fn set(conn: &mut Conn, user: UserPk, hash: &PasswordHash, now: Timestamp) -> Result<(), StoreError> {
    directory::lock(conn, user)?;
    diesel::update(users::table.find(user.0))
        .set((users::password_change_date.eq(At(now)), users::last_updated.eq(At(now))))
        .execute(conn)?;
    let row = (passwords::user_pk.eq(user.0), passwords::hash.eq(&hash.0));
    on_backend!(conn, |conn| diesel::insert_into(passwords::table)
        .values(row)
        .on_conflict(passwords::user_pk)
        .do_update()
        .set(passwords::hash.eq(&hash.0))
        .execute(conn))?;
    Ok(())
}

pub fn find(conn: &mut Conn, user: UserPk) -> Result<Option<PasswordHash>, StoreError> {
    let hash: Option<String> =
        passwords::table.find(user.0).select(passwords::hash).first(conn).optional()?;
    Ok(hash.map(PasswordHash))
}

#[cfg(test)]
mod tests {
    use argon2::PasswordVerifier;
    use argon2::password_hash::phc;

    use super::*;

    #[test]
    fn a_hash_fits_its_password_alone_and_prints_nothing() {
        let password = Secret::new("canary-77a1".to_owned());
        let hash = PasswordHash::of(&password, [7; 16]).unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        let parsed = phc::PasswordHash::new(&hash.0).unwrap();
        assert!(Argon2::default().verify_password(b"canary-77a1", &parsed).is_ok());
        assert!(Argon2::default().verify_password(b"canary-77a2", &parsed).is_err());
        assert_ne!(hash, PasswordHash::of(&password, [8; 16]).unwrap());
        assert_eq!(format!("{hash:?}"), "***");
    }
}
