-- How many of a source's users its client has deactivated or deleted of late, how many it may, and whether more is held.

ALTER TABLE sources ADD COLUMN guard_floor INTEGER NOT NULL DEFAULT 10;
ALTER TABLE sources ADD COLUMN guard_percent INTEGER NOT NULL DEFAULT 10;

CREATE TABLE source_guards (
    source_id BLOB NOT NULL PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
    since INTEGER NOT NULL,
    managed INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    held INTEGER NOT NULL,
    held_since INTEGER,
    approved_until INTEGER
) STRICT, WITHOUT ROWID;
