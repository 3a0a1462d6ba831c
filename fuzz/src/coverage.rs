//! Which parts of the code an input reached, from the counters that `-C instrument-coverage` puts in.
//!
//! Without the switch there are no counters, and inputs are judged by their outcome alone.

/// Most of the code is not reached by one input. This function is counted too, so that it had better compare many
/// counters at a time.
const NOTHING: [u64; 64] = [0; 64];

/// The parts of the code that were ever reached, each with how often, roughly.
pub(crate) struct Coverage {
    seen: Vec<u8>,
}

impl Coverage {
    pub(crate) fn new() -> Self {
        Self { seen: vec![0; counters().len()] }
    }

    /// Forget what was reached before.
    pub(crate) fn reset() {
        counters().fill(0);
    }

    /// Whether the last input reached something new, or something much more often.
    pub(crate) fn take_new(&mut self) -> bool {
        let mut is_new = false;
        let parts = self.seen.chunks_mut(NOTHING.len()).zip(counters().chunks(NOTHING.len()));
        for (seen, counts) in parts.filter(|(_, counts)| **counts != NOTHING) {
            for (seen, count) in seen.iter_mut().zip(counts).filter(|(_, count)| **count != 0) {
                let class = class_of(*count);
                is_new |= *seen & class == 0;
                *seen |= class;
            }
        }
        is_new
    }

    /// How many parts were reached.
    pub(crate) fn n_reached(&self) -> usize {
        self.seen.iter().filter(|seen| **seen != 0).count()
    }
}

/// One bit for 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, and more: loops are told apart, but not each turn of them.
fn class_of(count: u64) -> u8 {
    match count {
        0..=1 => 1,
        2 => 2,
        3 => 4,
        4..=7 => 8,
        8..=15 => 16,
        16..=31 => 32,
        32..=127 => 64,
        _ => 128,
    }
}

#[cfg(fuzz_coverage)]
#[expect(
    unsafe_code,
    reason = "the counters belong to the compiler's run-time library, which has a C interface"
)]
fn counters() -> &'static mut [u64] {
    unsafe extern "C" {
        fn __llvm_profile_begin_counters() -> *mut u64;
        fn __llvm_profile_end_counters() -> *mut u64;
    }
    // SAFETY: the library gives the bounds of one section of the program, which stays where it is. Only the thread of
    // the engine runs instrumented code and looks here, and no slice outlives the call that it was made for.
    unsafe {
        let begin = __llvm_profile_begin_counters();
        let n = usize::try_from(__llvm_profile_end_counters().offset_from(begin)).unwrap_or(0);
        std::slice::from_raw_parts_mut(begin, n)
    }
}

#[cfg(not(fuzz_coverage))]
fn counters() -> &'static mut [u64] {
    &mut []
}
