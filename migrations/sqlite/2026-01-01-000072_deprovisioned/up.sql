-- What was taken away at remotes of late because its object had left, so that it can be brought back. Bounded by age
-- and count. An object may be gone, so its key refers to nothing.

CREATE TABLE deprovisioned (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    user_pk INTEGER,
    group_id BLOB,
    label TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX deprovisioned_provider_idx ON deprovisioned (provider_pk, id);
