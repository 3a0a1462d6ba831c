//! The store's behaviour, the same on both databases.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what a test stands on may end it"
)]

mod adoptions;
mod applications;
mod catalogue;
mod changes;
mod claims;
mod claims_record;
// The kit's own file, because the kit itself stands on crates that stand on the store.
#[expect(unreachable_pub, reason = "public in the kit")]
#[path = "../../../testkit/src/database.rs"]
mod database;
mod directory_groups;
mod directory_users;
mod exchanges;
mod guards;
mod jobs;
mod lanes;
mod lessons;
mod links;
mod lists;
mod mappings;
mod members;
mod migrations;
mod nesting;
mod passwords;
mod providers;
mod rates;
mod runs;
mod scope;
mod search;
mod setting;
mod source_links;
mod source_log;
mod source_owned;
mod sources;
mod store;
mod store_outage;
mod tokens;
mod tombstones;
mod world;
