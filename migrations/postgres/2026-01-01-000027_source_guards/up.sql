-- How many of a source's users its client has deactivated or deleted of late, how many it may, and whether more is held.

ALTER TABLE sources ADD COLUMN guard_floor INTEGER NOT NULL DEFAULT 10;
ALTER TABLE sources ADD COLUMN guard_percent INTEGER NOT NULL DEFAULT 10;

CREATE TABLE source_guards (
    source_id UUID NOT NULL PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
    since TIMESTAMPTZ NOT NULL,
    managed BIGINT NOT NULL,
    taken BIGINT NOT NULL,
    held BIGINT NOT NULL,
    held_since TIMESTAMPTZ,
    approved_until TIMESTAMPTZ
);
