-- What a provider's remote has refused, kind by kind.

CREATE TABLE lessons (
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'group')),
    lesson TEXT NOT NULL,
    value INTEGER,
    detail TEXT NOT NULL,
    learned_at INTEGER NOT NULL,
    PRIMARY KEY (provider_pk, kind, lesson)
) STRICT, WITHOUT ROWID;
