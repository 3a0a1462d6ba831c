//! The tables of plans, of what happened to guards, and of what was taken away.

use diesel::table;

table! {
    use diesel::sql_types::{Integer, Nullable, Text};
    use crate::sql_types::{Doc, Id, Instant};

    plans (id) {
        id -> Id,
        provider_pk -> Integer,
        state -> Text,
        asked_by -> Text,
        created_at -> Instant,
        expires_at -> Instant,
        counts -> Doc,
        detail -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use crate::sql_types::{Doc, Id};

    plan_items (plan_id, position) {
        plan_id -> Id,
        position -> BigInt,
        user_pk -> Nullable<Integer>,
        group_id -> Nullable<Id>,
        tombstone_id -> Nullable<Id>,
        label -> Text,
        step -> Text,
        fingerprint -> BigInt,
        detail -> Doc,
        outcome -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use crate::sql_types::Instant;

    guard_events (id) {
        id -> BigInt,
        provider_pk -> Integer,
        at -> Instant,
        deed -> Text,
        actor -> Nullable<Text>,
        detail -> Text,
    }
}

table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use crate::sql_types::{Id, Instant};

    deprovisioned (id) {
        id -> BigInt,
        provider_pk -> Integer,
        user_pk -> Nullable<Integer>,
        group_id -> Nullable<Id>,
        label -> Text,
        at -> Instant,
    }
}

table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use crate::sql_types::Instant;

    guards (provider_pk) {
        provider_pk -> Integer,
        since -> Instant,
        managed -> BigInt,
        taken -> BigInt,
        held -> BigInt,
        held_since -> Nullable<Instant>,
        approved_until -> Nullable<Instant>,
        reason -> Nullable<Text>,
        rejected_by -> Nullable<Text>,
    }
}
