//! How much a test of endurance does: a little in every run of the tests, and much before a release.

/// `usual`, or `release` where `SCIMITAR_TIER=release` asks for it, as `cargo xtask soak` does.
#[expect(
    clippy::disallowed_methods,
    reason = "the run of the tests, not the program, is told how much to do"
)]
pub fn either<T>(usual: T, release: T) -> T {
    match std::env::var("SCIMITAR_TIER").as_deref() {
        Ok("release") => release,
        Ok(_) | Err(_) => usual,
    }
}
