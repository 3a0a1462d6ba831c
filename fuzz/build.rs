//! Tells the compiler the name of the switch by which `cargo xtask fuzz` turns the counters on.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(fuzz_coverage)");
    println!("cargo::rerun-if-changed=build.rs");
}
