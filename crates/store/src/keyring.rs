//! Secrets at rest: sealed under a master key, or hashed for lookup.

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use scimitar_domain::Secret;
use sha2::Sha256;

use crate::StoreError;

const ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 24;

/// The master keys of the installation. The first seals; all open.
///
/// A sealed value is the key's id (big-endian), the nonce, and the ciphertext of XChaCha20-Poly1305.
#[derive(Clone)]
pub struct Keyring {
    keys: Arc<[Master]>,
}

/// What is made of one master key: one key for each purpose.
struct Master {
    id: u32,
    seal: [u8; 32],
    nonce: [u8; 32],
    lookup: [u8; 32],
}

impl Keyring {
    /// Of these keys, the newest first.
    pub fn new(keys: Vec<(u32, [u8; 32])>) -> Self {
        Self { keys: keys.into_iter().map(|(id, key)| Master::derive(id, &key)).collect() }
    }

    /// Seal a value. `aad` says where it will stand, `<table>.<column>:<row>`; it opens nowhere else.
    ///
    /// The nonce is a keyed hash of place and value, so no two values share one, and sealing is repeatable, as
    /// write closures must be. All that shows is whether the same value was sealed in the same place again.
    pub fn seal(&self, aad: &str, value: &Secret<String>) -> Result<Vec<u8>, StoreError> {
        let master = self.keys.first().ok_or(StoreError::Sealed("there is no master key"))?;
        let place = u64::try_from(aad.len()).unwrap_or(u64::MAX).to_be_bytes();
        let nonce = digest(&master.nonce, &[&place, aad.as_bytes(), value.expose().as_bytes()]);
        let nonce = nonce.first_chunk::<NONCE_BYTES>().copied().unwrap_or_default();
        let payload = Payload { msg: value.expose().as_bytes(), aad: aad.as_bytes() };
        let sealed = XChaCha20Poly1305::new(&master.seal.into())
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_opaque| StoreError::Sealed("the value is too long"))?;
        Ok([master.id.to_be_bytes().as_slice(), &nonce, &sealed].concat())
    }

    /// Open what was sealed for this place.
    pub fn open(&self, aad: &str, sealed: &[u8]) -> Result<Secret<String>, StoreError> {
        let damaged = StoreError::Sealed("it is not a sealed value");
        let Some((id, rest)) = sealed.split_first_chunk::<ID_BYTES>() else { return Err(damaged) };
        let Some((nonce, msg)) = rest.split_first_chunk::<NONCE_BYTES>() else { return Err(damaged) };
        let id = u32::from_be_bytes(*id);
        let master = self.keys.iter().find(|key| key.id == id);
        let master = master.ok_or(StoreError::Sealed("its master key is not in the key ring"))?;
        let opened = XChaCha20Poly1305::new(&master.seal.into())
            .decrypt(&XNonce::from(*nonce), Payload { msg, aad: aad.as_bytes() })
            .map_err(|_opaque| StoreError::Sealed("the master key is another, or the value was altered"))?;
        let text = String::from_utf8(opened).map_err(|_not_text| StoreError::Sealed("it is not text"))?;
        Ok(Secret::new(text))
    }

    /// The hash by which a key is kept and found again.
    pub fn lookup_hash(&self, key: &Secret<String>) -> Vec<u8> {
        self.lookup_hashes(key).into_iter().next().unwrap_or_default()
    }

    /// The hashes under which a key may be kept: one for each master key, the newest first.
    pub fn lookup_hashes(&self, key: &Secret<String>) -> Vec<Vec<u8>> {
        let hash = |master: &Master| digest(&master.lookup, &[key.expose().as_bytes()]).to_vec();
        self.keys.iter().map(hash).collect()
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

impl Master {
    fn derive(id: u32, key: &[u8; 32]) -> Self {
        Self {
            id,
            seal: digest(key, &[b"scimitar seal 1"]),
            nonce: digest(key, &[b"scimitar nonce 1"]),
            lookup: digest(key, &[b"scimitar lookup 1"]),
        }
    }
}

/// HMAC-SHA-256 over the parts.
fn digest(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block(key).into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The key as HMAC pads it to the block of SHA-256 (RFC 2104 §2).
fn block(key: &[u8; 32]) -> [u8; 64] {
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "tokens.key:00000000-0000-0000-0000-000000000001";

    fn ring(ids: &[u8]) -> Keyring {
        Keyring::new(ids.iter().map(|&id| (u32::from(id), [id; 32])).collect())
    }

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let sealed = ring(&[1]).seal(HERE, &secret("canary")).unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"canary"));
        assert_eq!(ring(&[1]).open(HERE, &sealed).unwrap(), secret("canary"));
        assert!(ring(&[1]).open("tokens.key:elsewhere", &sealed).is_err());
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let sealed = ring(&[1]).seal(HERE, &secret("canary")).unwrap();
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(matches!(ring(&[1]).open(HERE, &altered), Err(StoreError::Sealed(_))), "byte {at}");
            assert!(ring(&[1]).open(HERE, &sealed[..at]).is_err(), "{at} bytes");
        }
    }

    #[test]
    fn an_old_key_opens_and_finds_while_the_newest_seals() {
        let old = ring(&[1]).seal(HERE, &secret("canary")).unwrap();
        let both = ring(&[2, 1]);
        assert_eq!(both.open(HERE, &old).unwrap(), secret("canary"));
        let new = both.seal(HERE, &secret("canary")).unwrap();
        assert!(ring(&[1]).open(HERE, &new).is_err());
        let hashes = both.lookup_hashes(&secret("key"));
        assert_eq!(hashes, [ring(&[2]).lookup_hash(&secret("key")), ring(&[1]).lookup_hash(&secret("key"))]);
    }

    #[test]
    fn another_value_in_the_same_place_has_another_nonce() {
        let (one, two) = (ring(&[1]).seal(HERE, &secret("a")), ring(&[1]).seal(HERE, &secret("b")));
        assert_ne!(one.unwrap()[4..28], two.unwrap()[4..28]);
        assert_eq!(
            ring(&[1]).seal(HERE, &secret("a")).unwrap(),
            ring(&[1]).seal(HERE, &secret("a")).unwrap()
        );
    }

    #[test]
    fn hashing_is_hmac_sha_256() {
        // RFC 4231 §4.3, with its key padded to 32 bytes, which HMAC does not tell from the shorter one.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let expected: [u128; 2] =
            [0x5bdc_c146_bf60_754e_6a04_2426_0895_75c7, 0x5a00_3f08_9d27_3983_9dec_58b9_64ec_3843];
        let got = digest(&key, &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(got.as_slice(), expected.map(u128::to_be_bytes).concat());
    }

    #[test]
    fn a_key_ring_does_not_print_its_keys() {
        assert_eq!(format!("{:?}", ring(&[7])), "Keyring { keys: 1, .. }");
    }
}
