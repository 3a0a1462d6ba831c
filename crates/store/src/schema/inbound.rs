//! The tables of sources: who fills the directory from outside, and what each of them knows of it.

use diesel::table;

table! {
    use diesel::sql_types::{Bool, Integer, Nullable, Text};
    use crate::sql_types::Id;

    sources (id) {
        id -> Id,
        name -> Text,
        slug -> Text,
        enabled -> Bool,
        user_path_template -> Text,
        managed -> Nullable<Text>,
        account_pk -> Nullable<Integer>,
        token_id -> Nullable<Id>,
        delete_policy -> Text,
        delete_after_days -> Integer,
        link_policy -> Text,
        link_superusers -> Bool,
        guard_floor -> Integer,
        guard_percent -> Integer,
    }
}

table! {
    use diesel::sql_types::{Integer, Text};
    use crate::sql_types::Id;

    source_mappings (source_id, mapping_id, kind) {
        source_id -> Id,
        mapping_id -> Id,
        kind -> Text,
        position -> Integer,
    }
}

table! {
    use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
    use crate::sql_types::{Doc, Id, Instant};

    source_links (kind, id) {
        kind -> Text,
        id -> Text,
        source_id -> Id,
        user_pk -> Nullable<Integer>,
        group_id -> Nullable<Id>,
        external_id -> Nullable<Text>,
        user_name -> Nullable<Text>,
        resource -> Doc,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        seq -> BigInt,
        is_active -> Nullable<Bool>,
        is_loose -> Bool,
    }
}

table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::sql_types::Id;

    source_terms (link_seq, field, term) {
        link_seq -> BigInt,
        field -> Text,
        term -> Text,
        source_id -> Id,
    }
}

table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use crate::sql_types::{Id, Instant};

    source_departed (kind, id) {
        kind -> Text,
        id -> Text,
        source_id -> Id,
        user_pk -> Nullable<Integer>,
        group_id -> Nullable<Id>,
        external_id -> Nullable<Text>,
        version -> BigInt,
        created_at -> Instant,
        deleted_at -> Instant,
    }
}

table! {
    use diesel::sql_types::{Binary, Bool, Nullable, Text};
    use crate::sql_types::{Id, Instant};

    source_tokens (id) {
        id -> Id,
        source_id -> Id,
        name -> Text,
        users -> Bool,
        groups -> Bool,
        read_only -> Bool,
        key_hash -> Binary,
        created_at -> Instant,
        expires_at -> Nullable<Instant>,
        last_used_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use crate::sql_types::{Doc, Id, Instant};

    source_log (id) {
        id -> BigInt,
        source_id -> Id,
        at -> Instant,
        method -> Text,
        path -> Text,
        client -> Text,
        status -> Integer,
        micros -> BigInt,
        object -> Nullable<Text>,
        detail -> Doc,
    }
}

table! {
    use diesel::sql_types::{BigInt, Nullable};
    use crate::sql_types::{Id, Instant};

    source_guards (source_id) {
        source_id -> Id,
        since -> Instant,
        managed -> BigInt,
        taken -> BigInt,
        held -> BigInt,
        held_since -> Nullable<Instant>,
        approved_until -> Nullable<Instant>,
    }
}
