-- What is known of the remote side: links, acknowledged members, what waits for deletion, full syncs.

CREATE TABLE links (
    id UUID NOT NULL PRIMARY KEY,
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL,
    user_pk INTEGER REFERENCES users (pk) ON DELETE CASCADE,
    group_id UUID REFERENCES groups (id) ON DELETE CASCADE,
    creating BOOLEAN NOT NULL DEFAULT FALSE,
    remote_id TEXT COLLATE "C",
    external_id TEXT COLLATE "C",
    natural_key TEXT COLLATE "C",
    fingerprint BIGINT,
    synced_version BIGINT NOT NULL DEFAULT 0,
    synced_revision BIGINT NOT NULL DEFAULT 0,
    attempt_class TEXT COLLATE "C",
    attempt_detail TEXT COLLATE "C",
    attempt_count INTEGER NOT NULL DEFAULT 0,
    attempt_last_at TIMESTAMPTZ,
    attempt_next_at TIMESTAMPTZ,
    lease_owner TEXT COLLATE "C",
    lease_until TIMESTAMPTZ,
    lease_epoch BIGINT NOT NULL DEFAULT 0,
    attributes JSONB NOT NULL DEFAULT '{}',
    sent JSONB NOT NULL DEFAULT '{}',
    CONSTRAINT links_one_object CHECK (
        (kind = 'user' AND user_pk IS NOT NULL AND group_id IS NULL)
        OR (kind = 'group' AND group_id IS NOT NULL AND user_pk IS NULL)
    ),
    CONSTRAINT links_state CHECK (NOT creating OR remote_id IS NULL)
);
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
    group_link_id UUID NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    user_link_id UUID NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    PRIMARY KEY (group_link_id, user_link_id)
);
CREATE INDEX acked_members_user_link_id_idx ON acked_members (user_link_id);

-- Memberships that a provider has yet to look at. Each note of the same membership raises its mark.
CREATE TABLE pending_members (
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    group_id UUID NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    user_pk INTEGER NOT NULL REFERENCES users (pk) ON DELETE CASCADE,
    mark BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (provider_pk, group_id, user_pk)
);
CREATE INDEX pending_members_group_id_idx ON pending_members (group_id);
CREATE INDEX pending_members_user_pk_idx ON pending_members (user_pk);

CREATE TABLE tombstones (
    id UUID NOT NULL PRIMARY KEY,
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('user', 'group')),
    object_key TEXT COLLATE "C" NOT NULL,
    creating BOOLEAN NOT NULL,
    remote_id TEXT COLLATE "C",
    external_id TEXT COLLATE "C",
    natural_key TEXT COLLATE "C",
    label TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    attempt_class TEXT COLLATE "C",
    attempt_detail TEXT COLLATE "C",
    attempt_count INTEGER NOT NULL DEFAULT 0,
    attempt_last_at TIMESTAMPTZ,
    attempt_next_at TIMESTAMPTZ
);
CREATE INDEX tombstones_provider_idx ON tombstones (provider_pk, id);
CREATE INDEX tombstones_remote_id_idx ON tombstones (provider_pk, kind, remote_id);
CREATE INDEX tombstones_object_idx ON tombstones (object_key, kind);

CREATE TABLE runs (
    id UUID NOT NULL PRIMARY KEY,
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    "trigger" TEXT COLLATE "C" NOT NULL,
    dry_run BOOLEAN NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    open_pages INTEGER NOT NULL DEFAULT 0,
    started_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    in_scope BIGINT NOT NULL DEFAULT 0,
    created BIGINT NOT NULL DEFAULT 0,
    adopted BIGINT NOT NULL DEFAULT 0,
    updated BIGINT NOT NULL DEFAULT 0,
    deleted BIGINT NOT NULL DEFAULT 0,
    skipped BIGINT NOT NULL DEFAULT 0,
    failed BIGINT NOT NULL DEFAULT 0,
    member_changes BIGINT NOT NULL DEFAULT 0,
    detail TEXT COLLATE "C"
);
CREATE INDEX runs_provider_idx ON runs (provider_pk, started_at DESC);
