//! Hashing passwords: beside the threads that answer requests, and few at a time.

use actix_web::web;
use tokio::sync::Semaphore;

use scimitar_domain::Secret;
use scimitar_store::StoreError;
use scimitar_store::passwords::PasswordHash;

use crate::error::ApiError;

/// Each hashing takes 19 MiB.
const AT_ONCE: usize = 2;

/// Where requests wait for their turn.
#[derive(Debug)]
pub(crate) struct Hasher(Semaphore);

impl Default for Hasher {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

impl Hasher {
    pub(crate) async fn hash(
        &self,
        password: Secret<String>,
        salt: [u8; 16],
    ) -> Result<PasswordHash, ApiError> {
        let _turn = self.0.acquire().await.map_err(|_closed| StoreError::Closed)?;
        // The pool is there as long as the server is.
        let hashed = web::block(move || PasswordHash::of(&password, salt)).await;
        Ok(hashed.map_err(|_ended| StoreError::Closed)??)
    }
}
