-- The tokens of a source beyond the one that its account owns. Of their keys only the hashes are kept.

CREATE TABLE source_tokens (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    source_id BLOB NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    users INTEGER NOT NULL CHECK (users IN (0, 1)),
    groups INTEGER NOT NULL CHECK (groups IN (0, 1)),
    read_only INTEGER NOT NULL CHECK (read_only IN (0, 1)),
    key_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER
) STRICT;
CREATE UNIQUE INDEX source_tokens_key_hash_key ON source_tokens (key_hash);
CREATE UNIQUE INDEX source_tokens_name_key ON source_tokens (source_id, name);
