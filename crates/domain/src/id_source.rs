//! The one door to new ids and keys.

use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use crate::Secret;

/// Makes ids and keys. Handed over at construction, so that tests own them.
pub trait IdSource: Debug + Send + Sync {
    /// 16 unpredictable bytes.
    fn bytes(&self) -> [u8; 16];

    /// A new UUID. Nobody may take it for unpredictable: what has to be is made of [`IdSource::bytes`].
    fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// A new bearer key: 64 hexadecimal digits, 256 bits.
    fn key(&self) -> Secret<String> {
        Secret::new(hex::encode([self.bytes(), self.bytes()].concat()))
    }
}

/// Keys from the operating system's random source, and UUIDs of version 7 (RFC 9562 §5.7): those that are made one
/// after the other lie side by side in every index, so that a thousand new rows change a few pages and not a thousand.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        #[expect(clippy::expect_used, reason = "without random numbers there is no safe way to go on")]
        getrandom::fill(&mut bytes).expect("the operating system's random source works");
        bytes
    }
}

/// Ids that follow from a seed, for tests. Distinct within one source, the same in every run.
#[derive(Debug)]
pub struct SeededIds {
    state: Mutex<u64>,
}

impl SeededIds {
    pub fn new(seed: u64) -> Self {
        Self { state: Mutex::new(seed) }
    }

    /// One step of splitmix64 (Steele, Lea, Flood 2014).
    fn step(&self) -> u64 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl IdSource for SeededIds {
    fn bytes(&self) -> [u8; 16] {
        let value = (u128::from(self.step()) << 64) | u128::from(self.step());
        value.to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_ids_in_every_run() {
        let (one, two) = (SeededIds::new(7), SeededIds::new(7));
        let first: Vec<Uuid> = (0..4).map(|_| one.uuid()).collect();
        assert_eq!(first, (0..4).map(|_| two.uuid()).collect::<Vec<_>>());
        assert!(first.iter().all(|id| id.get_version_num() == 4));
    }

    #[test]
    fn ids_rise_with_time() {
        let made: Vec<Uuid> = (0..1_000).map(|_| RandomIds.uuid()).collect();
        assert!(made.is_sorted());
        assert!(made.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn a_key_is_64_hexadecimal_digits_and_new_each_time() {
        let (one, two) = (RandomIds.key(), RandomIds.key());
        assert_eq!(one.expose().len(), 64);
        assert_ne!(one.expose(), two.expose());
    }
}
