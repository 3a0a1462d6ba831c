-- What full syncs would do, kept for a day so that exactly that can be done. Bounded by count and by age.

CREATE TABLE plans (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    state TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    counts TEXT NOT NULL CHECK (json_valid(counts)),
    detail TEXT
) STRICT;
CREATE INDEX plans_provider_idx ON plans (provider_pk, created_at);

-- One object of a plan. It may be gone meanwhile, so its key is only a value.
CREATE TABLE plan_items (
    plan_id BLOB NOT NULL REFERENCES plans (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    user_pk INTEGER,
    group_id BLOB,
    tombstone_id BLOB,
    label TEXT NOT NULL,
    step TEXT NOT NULL,
    fingerprint INTEGER NOT NULL,
    detail TEXT NOT NULL CHECK (json_valid(detail)),
    outcome TEXT,
    PRIMARY KEY (plan_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX plan_items_user_idx ON plan_items (plan_id, user_pk);
