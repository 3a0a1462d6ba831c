//! Rebuild when a migration is added: the macro that embeds them sees files, not folders.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
