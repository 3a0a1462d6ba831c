//! What is known of remotes.

use diesel::{joinable, table};

use super::providers;

table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use crate::sql_types::Instant;

    lessons (provider_pk, kind, lesson) {
        provider_pk -> Integer,
        kind -> Text,
        lesson -> Text,
        value -> Nullable<BigInt>,
        detail -> Text,
        learned_at -> Instant,
    }
}

table! {
    use diesel::sql_types::Integer;
    use crate::sql_types::Instant;

    rates (provider_pk) {
        provider_pk -> Integer,
        next_at -> Instant,
    }
}

joinable!(lessons -> providers (provider_pk));
joinable!(rates -> providers (provider_pk));
