//! Whatever happens in the directory, however the remote misbehaves meanwhile, and whichever process does what: in
//! the end both agree, nothing is there twice, nobody was deleted who had not left, and another full sync finds
//! nothing to do.
//!
//! A seed decides a life: its deeds, its remote, and each fault. Time is virtual, so hours take milliseconds.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestError, TestRng, TestRunner};

use scimitar_testkit::database::Database;
use scimitar_testkit::program::say;
use scimitar_testkit::remote::{Behaviour, FaultKind};

use crate::deeds::{self, Change, Deed};
use crate::lives::Life;

/// From this seed on the remote speaks a dialect besides.
const ODD: u64 = 1_000_000;
/// The lives of every run of the tests. A database on a server takes longer to make.
const USUAL: [Range<u64>; 2] = [0..500, ODD..ODD + 100];
const USUAL_ON_SERVER: [Range<u64>; 2] = [0..60, ODD..ODD + 20];
/// How often a single life is lived again in search of a shorter one that fails too.
const N_SHORTER: u32 = 400;

#[test]
fn directory_and_remote_agree_in_the_end() {
    let usual = || if Database::fresh().is_postgres() { USUAL_ON_SERVER } else { USUAL };
    let seeds: Vec<u64> = match asked_for() {
        Some(asked) => asked.collect(),
        None => usual().into_iter().flatten().collect(),
    };
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let n_shorter = if seeds.len() == 1 { N_SHORTER } else { 0 };
    thread::scope(|scope| {
        for _core in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(reason) = live(seed, n_shorter) {
                        say(&format!(
                            "seed {seed} failed; again: cargo xtask simulate --seeds {seed}..{}",
                            seed + 1
                        ));
                        failed.lock().unwrap().push(format!("seed {seed}: {reason}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {} lives failed:\n{}", failed.len(), seeds.len(), failed.join("\n"));
}

/// `SCIMITAR_SEEDS=17..18`, as `cargo xtask simulate` sets it.
#[expect(clippy::disallowed_methods, reason = "the run of the tests, not the program, is told which seeds")]
fn asked_for() -> Option<Range<u64>> {
    let asked = std::env::var("SCIMITAR_SEEDS").ok()?;
    let (start, end) = asked.split_once("..").expect("seeds are given as `first..end`");
    Some(start.parse().expect("a first seed")..end.parse().expect("an end of seeds"))
}

fn live(seed: u64, n_shorter: u32) -> Result<(), String> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = ProptestConfig {
        cases: 1,
        max_shrink_iters: n_shorter,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let remote = if seed < ODD { deeds::remote().boxed() } else { deeds::odd_remote().boxed() };
    let lives = (remote, prop::collection::vec(deeds::deed(), 1..60));
    let lived = runner.run(&lives, |(behaviour, deeds)| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(Life::live(behaviour, &deeds))
    });
    lived.map_err(|error| match error {
        TestError::Fail(reason, (behaviour, deeds)) => format!("{reason}\nin {deeds:?}\nwith {behaviour:?}"),
        TestError::Abort(reason) => reason.to_string(),
    })
}

/// Found by chance: between making a group and sending its members, somebody else looked at what was noted as
/// changed, which was nothing.
#[tokio::test]
async fn a_group_whose_maker_was_overtaken_gets_its_members() {
    let takes_no_time =
        |fault: &FaultKind| !matches!(fault, FaultKind::Delay { .. } | FaultKind::AcceptThenSilence { .. });
    let faults: Vec<FaultKind> = FaultKind::mixture().into_iter().filter(takes_no_time).collect();
    let seed = 6_977_743_889_227_759_559;
    let deeds = [
        Deed::Change(Change::AddUser),
        Deed::Die { n: 16 },
        Deed::Change(Change::AddGroup { member: 0 }),
        Deed::Change(Change::LimitGroups { group: 0 }),
        Deed::Change(Change::AddUser),
        Deed::Change(Change::AddUser),
        Deed::Change(Change::LimitGroups { group: 0 }),
        Deed::Change(Change::AddGroup { member: 15 }),
        Deed::Change(Change::AddUser),
        Deed::Change(Change::AddGroup { member: 41 }),
        Deed::Change(Change::AddUser),
        Deed::Change(Change::AddUser),
        Deed::Change(Change::DeleteUser { user: 234 }),
        Deed::Step,
        Deed::Change(Change::Unlimit),
        Deed::Change(Change::LimitUsers { group: 38 }),
        Deed::Change(Change::Rename { user: 231 }),
    ];
    for _life in 0..5 {
        let faults = faults.clone();
        let behaviour = Behaviour { seed, fault_percent: 8, faults, ..Behaviour::without_uniqueness() };
        Life::live(behaviour, &deeds).await.unwrap();
    }
}
