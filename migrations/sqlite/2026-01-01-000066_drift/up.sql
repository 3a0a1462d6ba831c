-- Comparing remotes with what was last sent: whether, how often, and what the last check has found.

ALTER TABLE providers ADD COLUMN drift_check TEXT NOT NULL DEFAULT 'off'
    CHECK (drift_check IN ('off', 'report', 'repair'));
ALTER TABLE providers ADD COLUMN drift_check_every TEXT NOT NULL DEFAULT 'days=1';
ALTER TABLE providers ADD COLUMN next_drift_at INTEGER;

CREATE TABLE drift_checks (
    provider_pk INTEGER NOT NULL PRIMARY KEY REFERENCES providers (pk) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    repairs INTEGER NOT NULL CHECK (repairs IN (0, 1)),
    compared INTEGER NOT NULL,
    unmanaged INTEGER NOT NULL,
    detail TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE drift (
    link_id BLOB NOT NULL PRIMARY KEY REFERENCES links (id) ON DELETE CASCADE,
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    check_number INTEGER NOT NULL,
    is_missing INTEGER NOT NULL CHECK (is_missing IN (0, 1)),
    differences TEXT NOT NULL CHECK (json_valid(differences)),
    is_repaired INTEGER NOT NULL CHECK (is_repaired IN (0, 1)),
    found_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX drift_provider_pk_idx ON drift (provider_pk, check_number);
