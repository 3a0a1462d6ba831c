-- What a source's DELETE does, and the users and groups that were deleted and are kept for a while.

ALTER TABLE sources ADD COLUMN delete_policy TEXT NOT NULL DEFAULT 'delete'
    CHECK (delete_policy IN ('unlink', 'deactivate', 'delete', 'deactivate_then_delete'));
ALTER TABLE sources ADD COLUMN delete_after_days INTEGER NOT NULL DEFAULT 30;

-- What was a row of source_links: nobody who reads those has to know of it.
CREATE TABLE source_departed (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    source_id BLOB NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    user_pk INTEGER REFERENCES users (pk) ON DELETE CASCADE,
    group_id BLOB REFERENCES groups (id) ON DELETE CASCADE,
    external_id TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER NOT NULL,
    PRIMARY KEY (kind, id),
    CONSTRAINT source_departed_one_object CHECK (
        (kind = 'user' AND user_pk IS NOT NULL AND group_id IS NULL)
        OR (kind = 'group' AND group_id IS NOT NULL AND user_pk IS NULL)
    )
) STRICT;
CREATE UNIQUE INDEX source_departed_user_key ON source_departed (source_id, user_pk);
CREATE UNIQUE INDEX source_departed_group_key ON source_departed (source_id, group_id);
CREATE INDEX source_departed_external_id_idx ON source_departed (source_id, kind, external_id);
CREATE INDEX source_departed_deleted_at_idx ON source_departed (source_id, deleted_at);
CREATE INDEX source_departed_user_pk_idx ON source_departed (user_pk);
CREATE INDEX source_departed_group_id_idx ON source_departed (group_id);
