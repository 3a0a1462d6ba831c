-- How much of what a provider manages has been deleted or deactivated of late, and whether more is held.

CREATE TABLE guards (
    provider_pk INTEGER NOT NULL PRIMARY KEY REFERENCES providers (pk) ON DELETE CASCADE,
    since INTEGER NOT NULL,
    managed INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    held INTEGER NOT NULL,
    held_since INTEGER,
    approved_until INTEGER
) STRICT, WITHOUT ROWID;
