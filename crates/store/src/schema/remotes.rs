//! What is known of remotes, and what was done there.

use diesel::{joinable, table};

use super::providers;

table! {
    use diesel::sql_types::Bool;
    use crate::sql_types::Id;

    acked_children (group_link_id, child_link_id) {
        group_link_id -> Id,
        child_link_id -> Id,
        is_certain -> Bool,
    }
}

table! {
    use diesel::sql_types::{Bool, Text};
    use crate::sql_types::Id;

    departed_members (group_link_id, user_link_id) {
        group_link_id -> Id,
        user_link_id -> Id,
        remote_id -> Text,
        stays -> Bool,
    }
}

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

table! {
    use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
    use crate::sql_types::{Id, Instant};

    runs (id) {
        id -> Id,
        provider_pk -> Integer,
        trigger -> Text,
        dry_run -> Bool,
        state -> Text,
        open_pages -> Integer,
        started_at -> Instant,
        finished_at -> Nullable<Instant>,
        in_scope -> BigInt,
        created -> BigInt,
        adopted -> BigInt,
        updated -> BigInt,
        deleted -> BigInt,
        skipped -> BigInt,
        failed -> BigInt,
        member_changes -> BigInt,
        detail -> Nullable<Text>,
        groups_in_scope -> BigInt,
        groups_created -> BigInt,
        groups_adopted -> BigInt,
        groups_updated -> BigInt,
        groups_deleted -> BigInt,
        groups_skipped -> BigInt,
        groups_failed -> BigInt,
    }
}

table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use crate::sql_types::{Id, Instant};

    last_exchanges (link_id) {
        link_id -> Id,
        at -> Instant,
        method -> Text,
        url -> Text,
        status -> Nullable<Integer>,
        duration_ms -> BigInt,
        request -> Nullable<Text>,
        response -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::{Integer, Nullable, Text};

    use crate::sql_types::{Id, Instant};

    failed_attempts (link_id, place) {
        link_id -> Id,
        place -> Integer,
        number -> Integer,
        at -> Instant,
        class -> Text,
        detail -> Text,
        next_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::{BigInt, Integer, Text};

    remote_keys (provider_pk, kind, name, value, remote_id) {
        provider_pk -> Integer,
        kind -> Text,
        name -> Text,
        value -> Text,
        remote_id -> Text,
        walk -> BigInt,
    }
}

table! {
    use diesel::sql_types::{Integer, Nullable, Text};
    use crate::sql_types::{Doc, Id};

    adoptions (provider_pk, object_key) {
        provider_pk -> Integer,
        object_key -> Text,
        user_pk -> Nullable<Integer>,
        group_id -> Nullable<Id>,
        state -> Text,
        candidates -> Doc,
    }
}

table! {
    use diesel::sql_types::{Integer, Text};

    taken_over (provider_pk, kind, remote_id) {
        provider_pk -> Integer,
        kind -> Text,
        remote_id -> Text,
        matched_by -> Text,
    }
}

table! {
    use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
    use crate::sql_types::Instant;

    drift_checks (provider_pk) {
        provider_pk -> Integer,
        number -> BigInt,
        started_at -> Instant,
        finished_at -> Nullable<Instant>,
        repairs -> Bool,
        compared -> BigInt,
        unmanaged -> BigInt,
        detail -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::{BigInt, Bool, Integer};
    use crate::sql_types::{Doc, Id, Instant};

    drift (link_id) {
        link_id -> Id,
        provider_pk -> Integer,
        check_number -> BigInt,
        is_missing -> Bool,
        differences -> Doc,
        is_repaired -> Bool,
        found_at -> Instant,
    }
}

joinable!(lessons -> providers (provider_pk));
joinable!(rates -> providers (provider_pk));
joinable!(runs -> providers (provider_pk));
