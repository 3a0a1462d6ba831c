//! The tables as queries see them. The migrations are the source; a test compares both.

mod inbound;
mod planned;
mod remotes;

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

pub(crate) use self::inbound::{
    source_departed, source_guards, source_links, source_log, source_mappings, source_terms, source_tokens,
    sources,
};
pub(crate) use self::planned::{deprovisioned, guard_events, guards, plan_items, plans};
pub(crate) use self::remotes::{
    acked_children, adoptions, departed_members, drift, drift_checks, failed_attempts, last_exchanges,
    lessons, rates, remote_keys, runs, taken_over,
};

table! {
    use diesel::sql_types::SmallInt;
    use crate::sql_types::{Id, Instant};

    installation (id) {
        id -> SmallInt,
        install_id -> Id,
        created_at -> Instant,
    }
}

table! {
    use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
    use crate::sql_types::{Doc, Id, Instant};

    users (pk) {
        pk -> Integer,
        uuid -> Id,
        username -> Text,
        name -> Text,
        email -> Text,
        is_active -> Bool,
        kind -> Text,
        path -> Text,
        attributes -> Doc,
        last_login -> Nullable<Instant>,
        date_joined -> Instant,
        last_updated -> Instant,
        password_change_date -> Instant,
        version -> BigInt,
    }
}

table! {
    use diesel::sql_types::{BigInt, Bool, Text};
    use crate::sql_types::{Doc, Id};

    groups (id) {
        id -> Id,
        name -> Text,
        is_superuser -> Bool,
        parents -> Doc,
        attributes -> Doc,
        version -> BigInt,
    }
}

table! {
    use crate::sql_types::Id;

    group_parents (group_id, parent_id) {
        group_id -> Id,
        parent_id -> Id,
    }
}

table! {
    use diesel::sql_types::{Integer, Text};

    user_texts (user_pk) {
        user_pk -> Integer,
        text -> Text,
    }
}

table! {
    use diesel::sql_types::{Integer, Text};
    use crate::sql_types::Id;

    group_texts (id) {
        id -> Integer,
        group_id -> Id,
        text -> Text,
    }
}

table! {
    use diesel::sql_types::Integer;
    use crate::sql_types::Id;

    memberships (group_id, user_pk) {
        group_id -> Id,
        user_pk -> Integer,
    }
}

table! {
    use diesel::sql_types::{Integer, Text};

    passwords (user_pk) {
        user_pk -> Integer,
        hash -> Text,
    }
}

table! {
    use diesel::sql_types::{Binary, Bool, Integer, Nullable, Text};
    use crate::sql_types::{Id, Instant};

    tokens (id) {
        id -> Id,
        identifier -> Text,
        intent -> Text,
        user_pk -> Integer,
        description -> Text,
        expires -> Nullable<Instant>,
        expiring -> Bool,
        managed -> Nullable<Text>,
        key_hash -> Binary,
        key_sealed -> Binary,
    }
}

table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::sql_types::Id;

    mappings (id) {
        id -> Id,
        name -> Text,
        expression -> Text,
        managed -> Nullable<Text>,
        version -> BigInt,
        kind -> Text,
    }
}

table! {
    use diesel::sql_types::{Bool, Integer, Nullable, Text};
    use crate::sql_types::Id;

    applications (id) {
        id -> Id,
        name -> Text,
        slug -> Text,
        provider_pk -> Nullable<Integer>,
        open_in_new_tab -> Bool,
        meta_launch_url -> Text,
        meta_description -> Text,
        meta_publisher -> Text,
        policy_engine_mode -> Text,
        group_name -> Text,
        meta_hide -> Bool,
    }
}

table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::sql_types::{Doc, Id, Instant};

    providers (pk) {
        pk -> Integer,
        uuid -> Id,
        name -> Text,
        url -> Text,
        token_sealed -> Binary,
        verify_certificates -> Bool,
        exclude_users_service_account -> Bool,
        filter_group_id -> Nullable<Id>,
        application_id -> Nullable<Id>,
        dry_run -> Bool,
        compatibility_mode -> Text,
        auth_mode -> Text,
        auth_oauth_params -> Doc,
        sync_page_size -> Integer,
        sync_page_timeout -> Text,
        config_cache_timeout -> Text,
        discovery_enabled -> Bool,
        nested_groups -> Text,
        drift_check -> Text,
        drift_check_every -> Text,
        next_drift_at -> Nullable<Instant>,
        profile -> Text,
        config_override -> Doc,
        four_eyes -> Bool,
        keep_exchanges -> Bool,
        user_deprovisioning -> Text,
        group_deprovisioning -> Text,
        deprovisioning_days -> Integer,
        revision -> BigInt,
        held -> Nullable<Text>,
        draining -> Bool,
        next_sync_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::{Integer, Text};
    use crate::sql_types::Id;

    provider_mappings (provider_pk, mapping_id, kind) {
        provider_pk -> Integer,
        mapping_id -> Id,
        kind -> Text,
    }
}

table! {
    use diesel::sql_types::Integer;
    use crate::sql_types::Id;

    provider_group_filters (provider_pk, group_id) {
        provider_pk -> Integer,
        group_id -> Id,
    }
}

table! {
    use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
    use crate::sql_types::{Doc, Id, Instant};

    links (id) {
        id -> Id,
        provider_pk -> Integer,
        kind -> Text,
        user_pk -> Nullable<Integer>,
        group_id -> Nullable<Id>,
        creating -> Bool,
        remote_id -> Nullable<Text>,
        external_id -> Nullable<Text>,
        natural_key -> Nullable<Text>,
        fingerprint -> Nullable<BigInt>,
        synced_version -> BigInt,
        synced_revision -> BigInt,
        attempt_class -> Nullable<Text>,
        attempt_detail -> Nullable<Text>,
        attempt_count -> Integer,
        attempt_last_at -> Nullable<Instant>,
        attempt_next_at -> Nullable<Instant>,
        lease_owner -> Nullable<Text>,
        lease_until -> Nullable<Instant>,
        lease_epoch -> BigInt,
        attributes -> Doc,
        sent -> Doc,
        etag -> Nullable<Text>,
        departed_at -> Nullable<Instant>,
        delete_at -> Nullable<Instant>,
        rejected_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::{};
    use crate::sql_types::Id;

    acked_members (group_link_id, user_link_id) {
        group_link_id -> Id,
        user_link_id -> Id,
    }
}

table! {
    use diesel::sql_types::{BigInt, Integer};
    use crate::sql_types::Id;

    pending_members (provider_pk, group_id, user_pk) {
        provider_pk -> Integer,
        group_id -> Id,
        user_pk -> Integer,
        mark -> BigInt,
    }
}

table! {
    use diesel::sql_types::{Bool, Integer, Nullable, Text};
    use crate::sql_types::{Id, Instant};

    tombstones (id) {
        id -> Id,
        provider_pk -> Integer,
        kind -> Text,
        object_key -> Text,
        creating -> Bool,
        remote_id -> Nullable<Text>,
        external_id -> Nullable<Text>,
        natural_key -> Nullable<Text>,
        label -> Text,
        created_at -> Instant,
        attempt_class -> Nullable<Text>,
        attempt_detail -> Nullable<Text>,
        attempt_count -> Integer,
        attempt_last_at -> Nullable<Instant>,
        attempt_next_at -> Nullable<Instant>,
        departed_at -> Nullable<Instant>,
        delete_at -> Nullable<Instant>,
        rejected_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::BigInt;
    use crate::sql_types::{Doc, Instant};

    changes (id) {
        id -> BigInt,
        at -> Instant,
        payload -> Doc,
    }
}

table! {
    use diesel::sql_types::{BigInt, Bool, Integer, Nullable, SmallInt, Text};
    use crate::sql_types::{Doc, Instant};

    jobs (id) {
        id -> BigInt,
        lane -> Text,
        kind -> Text,
        key -> Text,
        payload -> Doc,
        priority -> SmallInt,
        run_at -> Instant,
        attempts -> Integer,
        lease_until -> Nullable<Instant>,
        worker -> Nullable<Text>,
        epoch -> BigInt,
        again -> Bool,
        created_at -> Instant,
    }
}

table! {
    use diesel::sql_types::{Bool, Integer, Nullable, Text};
    use crate::sql_types::Instant;

    lanes (name) {
        name -> Text,
        paused_until -> Nullable<Instant>,
        class -> Nullable<Text>,
        reason -> Nullable<Text>,
        failures -> Integer,
        updated_at -> Instant,
        told -> Bool,
    }
}

table! {
    use diesel::sql_types::{Binary, Integer, Nullable, Text};

    provider_access (provider_pk) {
        provider_pk -> Integer,
        user_name -> Text,
        header -> Text,
        secret_sealed -> Nullable<Binary>,
        client_certificate -> Text,
        client_key_sealed -> Nullable<Binary>,
        authorities -> Text,
    }
}

joinable!(memberships -> groups (group_id));
joinable!(memberships -> users (user_pk));
joinable!(passwords -> users (user_pk));
joinable!(tokens -> users (user_pk));
joinable!(providers -> applications (application_id));
joinable!(provider_mappings -> providers (provider_pk));
joinable!(provider_mappings -> mappings (mapping_id));
joinable!(provider_group_filters -> providers (provider_pk));
joinable!(provider_group_filters -> groups (group_id));
joinable!(links -> providers (provider_pk));
joinable!(links -> users (user_pk));
joinable!(links -> groups (group_id));
joinable!(pending_members -> providers (provider_pk));
joinable!(pending_members -> groups (group_id));
joinable!(pending_members -> users (user_pk));
joinable!(tombstones -> providers (provider_pk));
joinable!(plans -> providers (provider_pk));
joinable!(guard_events -> providers (provider_pk));
joinable!(deprovisioned -> providers (provider_pk));
joinable!(plan_items -> plans (plan_id));
joinable!(sources -> users (account_pk));
joinable!(sources -> tokens (token_id));
joinable!(source_mappings -> sources (source_id));
joinable!(source_mappings -> mappings (mapping_id));
joinable!(source_links -> sources (source_id));
joinable!(source_links -> users (user_pk));
joinable!(source_links -> groups (group_id));
joinable!(source_departed -> sources (source_id));
joinable!(source_tokens -> sources (source_id));
joinable!(source_log -> sources (source_id));
joinable!(source_guards -> sources (source_id));

allow_tables_to_appear_in_same_query!(
    installation,
    users,
    groups,
    group_parents,
    user_texts,
    group_texts,
    memberships,
    passwords,
    tokens,
    mappings,
    applications,
    providers,
    provider_mappings,
    provider_group_filters,
    provider_access,
    last_exchanges,
    links,
    acked_children,
    departed_members,
    acked_members,
    pending_members,
    tombstones,
    runs,
    sources,
    source_mappings,
    source_links,
    source_departed,
    source_tokens,
    source_log,
    source_guards,
    source_terms,
    changes,
    jobs,
    lanes,
    guards,
    guard_events,
    deprovisioned,
    plans,
    plan_items,
    remote_keys,
    adoptions,
    taken_over,
    drift,
    drift_checks,
);

#[cfg(test)]
mod tests {
    use diesel::prelude::*;
    use diesel::sqlite::Sqlite;
    use tempfile::TempDir;

    use super::*;
    use crate::{StoreSettings, conn, migrate};

    /// A table that names a column which the migrations do not make cannot be asked for no rows.
    macro_rules! check {
        ($conn:ident: $($table:ident),+ $(,)?) => {
            $(
                let query = $table::table.select($table::all_columns).limit(0);
                let shown = diesel::debug_query::<Sqlite, _>(&query).to_string();
                let rows = query.execute(&mut $conn);
                assert!(rows.is_ok(), "{shown}: {rows:?}");
            )+
        };
    }

    #[test]
    fn every_column_is_there_after_the_migrations() {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}", folder.path().join("scimitar.db").display());
        migrate::run(&StoreSettings::new(url.clone(), 1)).unwrap();
        let mut conn = conn::open(&url).unwrap();
        check!(
            conn: installation, users, groups, group_parents, user_texts, group_texts, memberships, passwords, tokens, mappings,
            applications, providers, provider_mappings, provider_group_filters, provider_access, last_exchanges, links, acked_children, acked_members, departed_members,
            pending_members, tombstones, runs, sources, source_mappings, source_links, source_departed, source_tokens,
            source_log, source_guards, source_terms,
            changes, jobs, lanes, guards, guard_events, deprovisioned, lessons, rates, plans, plan_items, remote_keys, adoptions, taken_over,
            drift, drift_checks, failed_attempts,
        );
    }
}
