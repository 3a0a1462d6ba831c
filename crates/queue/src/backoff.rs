//! How long to wait before trying again.

use chrono::TimeDelta;

/// Waiting times that grow with each failure, with a spread so that what failed together does not return
/// together.
#[derive(Debug, Clone, Copy)]
pub struct Ladder {
    steps: &'static [i64],
}

impl Ladder {
    /// For one object: seconds at first, six hours at last.
    pub const OBJECT: Self = Self { steps: &[2, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600] };
    /// For a whole provider: an outage is noticed to be over within minutes.
    pub const LANE: Self = Self { steps: &[1, 2, 5, 15, 30, 60, 120, 300] };

    /// The wait after `failures` failures in a row (1 or more), spread by up to a quarter.
    ///
    /// `salt` decides the spread: any number that differs between the things that wait.
    pub fn wait(self, failures: i32, salt: u64) -> TimeDelta {
        let idx = usize::try_from(failures.saturating_sub(1)).unwrap_or(0).min(self.steps.len() - 1);
        let seconds = self.steps.get(idx).copied().unwrap_or(1);
        let spread = i64::try_from(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54).unwrap_or(0);
        // `spread` is 0 to 1,023: up to a quarter on top.
        TimeDelta::milliseconds(seconds * 1_000 + seconds * 250 * spread / 1_023)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_ceiling_and_stay_within_a_quarter() {
        for salt in [0, 1, 7, u64::MAX] {
            assert!((2_000..=2_500).contains(&Ladder::OBJECT.wait(1, salt).num_milliseconds()));
            assert!((21_600_000..=27_000_000).contains(&Ladder::OBJECT.wait(9, salt).num_milliseconds()));
            assert_eq!(Ladder::OBJECT.wait(1_000, salt), Ladder::OBJECT.wait(9, salt));
            assert_eq!(Ladder::OBJECT.wait(0, salt), Ladder::OBJECT.wait(1, salt));
        }
        assert_ne!(Ladder::LANE.wait(5, 1), Ladder::LANE.wait(5, 2));
    }
}
