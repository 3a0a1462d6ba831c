-- Who held, changed, approved and refused what, and where two people have to agree. Bounded by count.

ALTER TABLE guards ADD COLUMN reason TEXT;
ALTER TABLE providers ADD COLUMN four_eyes INTEGER NOT NULL DEFAULT 0 CHECK (four_eyes IN (0, 1));

CREATE TABLE guard_events (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    deed TEXT NOT NULL,
    actor TEXT,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX guard_events_provider_idx ON guard_events (provider_pk, id);
