-- How much of what a provider manages has been deleted or deactivated of late, and whether more is held.

CREATE TABLE guards (
    provider_pk INTEGER NOT NULL PRIMARY KEY REFERENCES providers (pk) ON DELETE CASCADE,
    since TIMESTAMPTZ NOT NULL,
    managed BIGINT NOT NULL,
    taken BIGINT NOT NULL,
    held BIGINT NOT NULL,
    held_since TIMESTAMPTZ,
    approved_until TIMESTAMPTZ
);
