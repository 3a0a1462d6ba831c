-- Where objects are sent to. An application and its providers point at each other.

CREATE TABLE applications (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    provider_pk INTEGER REFERENCES providers (pk) ON DELETE SET NULL,
    open_in_new_tab INTEGER NOT NULL CHECK (open_in_new_tab IN (0, 1)),
    meta_launch_url TEXT NOT NULL,
    meta_description TEXT NOT NULL,
    meta_publisher TEXT NOT NULL,
    policy_engine_mode TEXT NOT NULL CHECK (policy_engine_mode IN ('all', 'any')),
    group_name TEXT NOT NULL,
    meta_hide INTEGER NOT NULL CHECK (meta_hide IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX applications_slug_key ON applications (slug);
CREATE UNIQUE INDEX applications_provider_pk_key ON applications (provider_pk);

CREATE TABLE providers (
    pk INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL CHECK (length(uuid) = 16),
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    token_sealed BLOB NOT NULL,
    verify_certificates INTEGER NOT NULL CHECK (verify_certificates IN (0, 1)),
    exclude_users_service_account INTEGER NOT NULL CHECK (exclude_users_service_account IN (0, 1)),
    filter_group_id BLOB REFERENCES groups (id) ON DELETE SET NULL,
    application_id BLOB REFERENCES applications (id) ON DELETE CASCADE,
    dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
    compatibility_mode TEXT NOT NULL,
    auth_mode TEXT NOT NULL,
    auth_oauth_params TEXT NOT NULL CHECK (json_valid(auth_oauth_params)),
    sync_page_size INTEGER NOT NULL CHECK (sync_page_size > 0),
    sync_page_timeout TEXT NOT NULL,
    config_cache_timeout TEXT NOT NULL,
    discovery_enabled INTEGER NOT NULL CHECK (discovery_enabled IN (0, 1)),
    revision INTEGER NOT NULL DEFAULT 1,
    held TEXT,
    next_sync_at INTEGER
) STRICT;
CREATE UNIQUE INDEX providers_uuid_key ON providers (uuid);
CREATE UNIQUE INDEX providers_name_key ON providers (name);
CREATE INDEX providers_filter_group_id_idx ON providers (filter_group_id);
CREATE INDEX providers_application_id_idx ON providers (application_id);

CREATE TABLE provider_mappings (
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    mapping_id BLOB NOT NULL REFERENCES mappings (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'group')),
    PRIMARY KEY (provider_pk, mapping_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX provider_mappings_mapping_id_idx ON provider_mappings (mapping_id);

CREATE TABLE provider_group_filters (
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    group_id BLOB NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (provider_pk, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX provider_group_filters_group_id_idx ON provider_group_filters (group_id);
