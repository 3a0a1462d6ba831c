-- Comparing remotes with what was last sent: whether, how often, and what the last check has found.

ALTER TABLE providers ADD COLUMN drift_check TEXT COLLATE "C" NOT NULL DEFAULT 'off'
    CHECK (drift_check IN ('off', 'report', 'repair'));
ALTER TABLE providers ADD COLUMN drift_check_every TEXT COLLATE "C" NOT NULL DEFAULT 'days=1';
ALTER TABLE providers ADD COLUMN next_drift_at TIMESTAMPTZ;

CREATE TABLE drift_checks (
    provider_pk INTEGER NOT NULL PRIMARY KEY REFERENCES providers (pk) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    repairs BOOLEAN NOT NULL,
    compared BIGINT NOT NULL,
    unmanaged BIGINT NOT NULL,
    detail TEXT COLLATE "C"
);

CREATE TABLE drift (
    link_id UUID NOT NULL PRIMARY KEY REFERENCES links (id) ON DELETE CASCADE,
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    check_number BIGINT NOT NULL,
    is_missing BOOLEAN NOT NULL,
    differences JSONB NOT NULL,
    is_repaired BOOLEAN NOT NULL,
    found_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX drift_provider_pk_idx ON drift (provider_pk, check_number);
