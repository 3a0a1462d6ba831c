//! Which requests have bad luck: decided by the seed and by what is asked, and not by who comes first.
//!
//! A client that sends several requests at once sends them in another order each time. The same request still meets
//! the same fault, so that a seed repeats a story as far as the outside can make it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::call::Call;
use super::dice::Dice;

#[derive(Debug)]
pub(super) struct Luck {
    seed: u64,
    /// How often the same was asked, so that a request that is tried again has another chance.
    asked: HashMap<u64, u64>,
}

impl Luck {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, asked: HashMap::new() }
    }

    pub(super) fn dice(&mut self, call: &Call) -> Dice {
        let mut what = DefaultHasher::new();
        (call.method.as_str(), &call.path, &call.query, &call.bytes).hash(&mut what);
        let n_times = self.asked.entry(what.finish()).or_default();
        *n_times += 1;
        n_times.hash(&mut what);
        Dice::new(self.seed ^ what.finish())
    }
}
