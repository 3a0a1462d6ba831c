//! On what, when and how it was measured.

use std::fs;
use std::path::Path;

use scimitar_domain::{Clock as _, SystemClock};

/// One line each: processors, memory, system, date, command.
pub(super) fn describe() -> String {
    let n_cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':')).map(|it| it.1);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")).and_then(kibibytes);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kind =
        if cfg!(debug_assertions) { "debug build: these figures do not count" } else { "release build" };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    format!(
        "Machine: {n_cores} cores of {}, {} GiB, Linux {}; databases on {}\nDate: {}\n\
         Command: `cargo xtask bench {}` ({kind})\n",
        model.unwrap_or(" an unknown processor").trim(),
        memory.unwrap_or(0) / (1024 * 1024),
        kernel.trim(),
        file_system(&std::env::temp_dir()),
        SystemClock.now().format("%Y-%m-%d"),
        arguments.join(" "),
    )
}

fn kibibytes(text: &str) -> Option<u64> {
    text.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// The kind of file system that a folder is on: on one in memory nothing is durable.
fn file_system(folder: &Path) -> String {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let fields = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let holders = fields.filter(|(mount, _)| folder.starts_with(mount));
    holders.max_by_key(|(mount, _)| mount.len()).map_or("an unknown file system", |(_, kind)| kind).to_owned()
}
