-- What is known of the remote side: links, acknowledged members, what waits for deletion, full syncs.

CREATE TABLE links (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    user_pk INTEGER REFERENCES users (pk) ON DELETE CASCADE,
    group_id BLOB REFERENCES groups (id) ON DELETE CASCADE,
    creating INTEGER NOT NULL DEFAULT 0 CHECK (creating IN (0, 1)),
    remote_id TEXT,
    external_id TEXT,
    natural_key TEXT,
    fingerprint INTEGER,
    synced_version INTEGER NOT NULL DEFAULT 0,
    synced_revision INTEGER NOT NULL DEFAULT 0,
    attempt_class TEXT,
    attempt_detail TEXT,
    attempt_count INTEGER NOT NULL DEFAULT 0,
    attempt_last_at INTEGER,
    attempt_next_at INTEGER,
    lease_owner TEXT,
    lease_until INTEGER,
    lease_epoch INTEGER NOT NULL DEFAULT 0,
    attributes TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(attributes)),
    sent TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(sent)),
    CONSTRAINT links_one_object CHECK (
        (kind = 'user' AND user_pk IS NOT NULL AND group_id IS NULL)
        OR (kind = 'group' AND group_id IS NOT NULL AND user_pk IS NULL)
    ),
    CONSTRAINT links_state CHECK (creating = 0 OR remote_id IS NULL)
) STRICT;
CREATE UNIQUE INDEX links_user_key ON links (provider_pk, user_pk);
CREATE UNIQUE INDEX links_group_key ON links (provider_pk, group_id);
CREATE UNIQUE INDEX links_remote_id_key ON links (provider_pk, kind, remote_id);
CREATE INDEX links_user_pk_idx ON links (user_pk);
CREATE INDEX links_group_id_idx ON links (group_id);
CREATE INDEX links_provider_idx ON links (provider_pk, id);
CREATE INDEX links_failed_idx ON links (provider_pk, attempt_last_at) WHERE attempt_class IS NOT NULL;
CREATE INDEX links_leased_idx ON links (lease_owner) WHERE lease_owner IS NOT NULL;

-- The membership that a remote has acknowledged.
CREATE TABLE acked_members (
    group_link_id BLOB NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    user_link_id BLOB NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    PRIMARY KEY (group_link_id, user_link_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX acked_members_user_link_id_idx ON acked_members (user_link_id);

-- Memberships that a provider has yet to look at. Each note of the same membership raises its mark.
CREATE TABLE pending_members (
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    group_id BLOB NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    user_pk INTEGER NOT NULL REFERENCES users (pk) ON DELETE CASCADE,
    mark INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (provider_pk, group_id, user_pk)
) STRICT, WITHOUT ROWID;
CREATE INDEX pending_members_group_id_idx ON pending_members (group_id);
CREATE INDEX pending_members_user_pk_idx ON pending_members (user_pk);

CREATE TABLE tombstones (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'group')),
    object_key TEXT NOT NULL,
    creating INTEGER NOT NULL CHECK (creating IN (0, 1)),
    remote_id TEXT,
    external_id TEXT,
    natural_key TEXT,
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    attempt_class TEXT,
    attempt_detail TEXT,
    attempt_count INTEGER NOT NULL DEFAULT 0,
    attempt_last_at INTEGER,
    attempt_next_at INTEGER
) STRICT;
CREATE INDEX tombstones_provider_idx ON tombstones (provider_pk, id);
CREATE INDEX tombstones_remote_id_idx ON tombstones (provider_pk, kind, remote_id);
CREATE INDEX tombstones_object_idx ON tombstones (object_key, kind);

CREATE TABLE runs (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    "trigger" TEXT NOT NULL,
    dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
    state TEXT NOT NULL,
    open_pages INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    in_scope INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL DEFAULT 0,
    adopted INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    member_changes INTEGER NOT NULL DEFAULT 0,
    detail TEXT
) STRICT;
CREATE INDEX runs_provider_idx ON runs (provider_pk, started_at DESC);
