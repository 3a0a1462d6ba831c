-- The tokens of a source beyond the one that its account owns. Of their keys only the hashes are kept.

CREATE TABLE source_tokens (
    id UUID NOT NULL PRIMARY KEY,
    source_id UUID NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    users BOOLEAN NOT NULL,
    groups BOOLEAN NOT NULL,
    read_only BOOLEAN NOT NULL,
    key_hash BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX source_tokens_key_hash_key ON source_tokens (key_hash);
CREATE UNIQUE INDEX source_tokens_name_key ON source_tokens (source_id, name);
