//! How much an evaluation may use.

use std::{fmt, time::Duration};

/// The limits of one evaluation of one mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub time: Duration,
    /// Bytes allocated at the same time. Held only where the program's allocator is
    /// [`Metered`](crate::Metered); without it, only single large allocations are refused.
    pub memory: usize,
    /// Nested calls.
    pub recursion: usize,
    /// The text of the result in bytes, plus 16 for each value; holds for each mapping and for all together.
    pub output: usize,
    /// Bytes of source. [`check`](crate::check) judges by the default.
    pub source: usize,
    /// Questions to the [`Lookup`](crate::Lookup) and reads of the clock.
    pub host_calls: usize,
    /// Threads that may run on past their limit before further work for such mappings is refused.
    pub stuck_threads: usize,
}

impl Limits {
    /// When the watchdog steps in. The interpreter stops itself at `time`; what it cannot stop gets a little
    /// longer, so that the two do not race.
    pub(crate) fn patience(&self) -> Duration {
        self.time + self.time / 2
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_millis(200),
            memory: 16 * 1024 * 1024,
            recursion: 100,
            output: 256 * 1024,
            source: 64 * 1024,
            host_calls: 1000,
            stuck_threads: 4,
        }
    }
}

/// Which limit an evaluation ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    Time,
    Memory,
    Recursion,
    Output,
    Source,
    HostCalls,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Time => "time limit",
            Self::Memory => "memory limit",
            Self::Recursion => "recursion limit",
            Self::Output => "output size limit",
            Self::Source => "source size limit",
            Self::HostCalls => "limit of lookups",
        })
    }
}
