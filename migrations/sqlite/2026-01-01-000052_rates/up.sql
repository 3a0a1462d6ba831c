-- When a provider's remote may be called next, by the rate that it is known to bear.

CREATE TABLE rates (
    provider_pk INTEGER NOT NULL PRIMARY KEY REFERENCES providers (pk) ON DELETE CASCADE,
    next_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
