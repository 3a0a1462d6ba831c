//! Counts what evaluations allocate, so that the interpreter can stop one that takes too much.
//!
//! The interpreter compares one number of the whole process, [`LIVE_MEMORY`], with an evaluation's limit;
//! counting every evaluation there would make them share one budget. So each thread counts for itself, and
//! only while a thread is over its own limit does it show there, as a number above every limit. The thread
//! then fails at its next check. Another thread that looks in the meantime fails too, without fault of its
//! own, and is evaluated again: [`Usage`] tells the two apart.
//!
//! Some built-in functions never check. A thread that reaches eight times its limit is halted where it
//! stands, for an allocator may neither fail nor unwind without ending the process; the watchdog then gives
//! it up.

use std::{
    alloc::{GlobalAlloc, Layout},
    cell::Cell,
    hint::black_box,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use monty_types::{BASELINE_MEMORY, LIVE_MEMORY};

/// A global allocator that counts what evaluations take and is `A` otherwise.
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: scimitar_mapping::Metered<std::alloc::System> =
///     scimitar_mapping::Metered::new(std::alloc::System);
/// ```
#[derive(Debug)]
pub struct Metered<A>(A);

impl<A> Metered<A> {
    pub const fn new(inner: A) -> Self {
        Self(inner)
    }
}

#[expect(unsafe_code, reason = "an allocator cannot be had without; every call goes to `A` unchanged")]
// SAFETY: the contract of each method is that of the same method of `A`, which gets the same arguments.
// Counting touches only thread-local cells without destructors and atomics, and neither allocates nor unwinds.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Metered<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        charge(layout.size());
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        release(layout.size());
        unsafe { self.0.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        charge(layout.size());
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both blocks may exist for a moment.
        charge(size);
        let moved = unsafe { self.0.realloc(pointer, layout, size) };
        release(layout.size());
        moved
    }
}

/// A thread's place in the books. Dropped, it is free for another.
#[derive(Debug)]
pub(crate) struct Slot(usize);

/// What an evaluation took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    peak: usize,
    limit: usize,
}

impl Usage {
    pub(crate) fn is_within_limit(&self) -> bool {
        self.peak <= self.limit
    }
}

/// Whether the number of bytes that the interpreter found in use says that some thread is over its limit.
pub(crate) fn stands_for_excess(used: usize) -> bool {
    used >= OVER
}

impl Slot {
    /// A free slot, if there is one. Without one, only single large allocations are refused.
    pub(crate) fn claim() -> Option<Self> {
        BASELINE_MEMORY.store(0, Ordering::Relaxed);
        SLOTS.iter().position(|slot| !slot.taken.swap(true, Ordering::AcqRel)).map(Self)
    }

    pub(crate) fn index(&self) -> usize {
        self.0
    }

    /// Counts what `work` allocates on this thread. Whatever it allocates it must also free.
    pub(crate) fn measure<R>(&self, limit: usize, work: impl FnOnce() -> R) -> (R, Usage) {
        if let Some(entry) = SLOTS.get(self.0) {
            entry.forgiven.store(false, Ordering::Release);
        }
        METER.with(|meter| {
            meter.live.set(0);
            meter.peak.set(0);
            meter.limit.set(limit);
            meter.slot.set(self.0);
        });
        let stop = Stop;
        let result = work();
        drop(stop);
        let peak = METER.with(|meter| meter.peak.get());
        (result, Usage { peak, limit })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(entry) = SLOTS.get(self.0) {
            entry.uncharge();
            entry.taken.store(false, Ordering::Release);
        }
    }
}

/// Takes a thread that was given up out of the books: what it holds must not count against the others.
pub(crate) fn forgive(slot: usize) {
    if let Some(entry) = SLOTS.get(slot) {
        entry.forgiven.store(true, Ordering::Release);
        entry.uncharge();
    }
}

/// Whether the slot's thread was halted for taking far too much.
pub(crate) fn is_halted(slot: usize) -> bool {
    SLOTS.get(slot).is_some_and(|entry| entry.halted.load(Ordering::Acquire))
}

/// Whether nobody is over his limit just now.
pub(crate) fn is_quiet() -> bool {
    LIVE_MEMORY.load(Ordering::Acquire) == 0
}

/// Whether the program's allocator is [`Metered`].
pub(crate) fn is_metered() -> bool {
    let Some(slot) = Slot::claim() else { return true };
    let ((), usage) = slot.measure(usize::MAX / HALT, || drop(black_box(Box::new([0_u8; 64]))));
    usage.peak > 0
}

/// How many times its limit a thread may take before it is halted.
const HALT: usize = 8;

/// More than any limit, and small enough that a few hundred of it do not overflow.
const OVER: usize = usize::MAX >> 10;

const NONE: usize = usize::MAX;

struct Entry {
    taken: AtomicBool,
    /// Whether `OVER` stands in `LIVE_MEMORY` on behalf of this slot.
    charged: AtomicBool,
    forgiven: AtomicBool,
    halted: AtomicBool,
}

static SLOTS: [Entry; 256] = [const {
    Entry {
        taken: AtomicBool::new(false),
        charged: AtomicBool::new(false),
        forgiven: AtomicBool::new(false),
        halted: AtomicBool::new(false),
    }
}; 256];

static LIVE: &AtomicUsize = &LIVE_MEMORY;

impl Entry {
    fn charge(&self) {
        // Only the slot's own thread charges. The sum goes first, so that it can never fall below zero.
        if !self.charged.load(Ordering::Acquire) && !self.forgiven.load(Ordering::Acquire) {
            LIVE.fetch_add(OVER, Ordering::AcqRel);
            self.charged.store(true, Ordering::Release);
        }
    }

    fn uncharge(&self) {
        if self.charged.swap(false, Ordering::AcqRel) {
            LIVE.fetch_sub(OVER, Ordering::AcqRel);
        }
    }
}

struct Meter {
    slot: Cell<usize>,
    live: Cell<usize>,
    peak: Cell<usize>,
    limit: Cell<usize>,
}

thread_local! {
    static METER: Meter =
        const { Meter { slot: Cell::new(NONE), live: Cell::new(0), peak: Cell::new(0), limit: Cell::new(0) } };
}

/// Ends the counting on this thread, also when the work panics.
struct Stop;

impl Drop for Stop {
    fn drop(&mut self) {
        METER.with(|meter| {
            if let Some(entry) = SLOTS.get(meter.slot.replace(NONE)) {
                entry.uncharge();
            }
        });
    }
}

#[inline]
fn charge(size: usize) {
    // The cells have no destructor, so they are there as long as the thread is.
    let _ = METER.try_with(|meter| {
        if meter.slot.get() == NONE {
            return;
        }
        let live = meter.live.get().saturating_add(size);
        meter.live.set(live);
        if live > meter.peak.get() {
            meter.peak.set(live);
        }
        if live > meter.limit.get() {
            over(meter, live);
        }
    });
}

#[inline]
fn release(size: usize) {
    let _ = METER.try_with(|meter| {
        let slot = meter.slot.get();
        if slot == NONE {
            return;
        }
        let before = meter.live.get();
        let live = before.saturating_sub(size);
        meter.live.set(live);
        if before > meter.limit.get()
            && live <= meter.limit.get()
            && let Some(entry) = SLOTS.get(slot)
        {
            entry.uncharge();
        }
    });
}

#[cold]
fn over(meter: &Meter, live: usize) {
    let Some(entry) = SLOTS.get(meter.slot.get()) else { return };
    if live <= meter.limit.get().saturating_mul(HALT) {
        entry.charge();
        return;
    }
    meter.slot.set(NONE);
    entry.uncharge();
    entry.halted.store(true, Ordering::Release);
    loop {
        std::thread::park();
    }
}
