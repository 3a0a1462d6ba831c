-- Who may administer the service, and the mappings that shape what is sent.

CREATE TABLE tokens (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    identifier TEXT NOT NULL,
    intent TEXT NOT NULL CHECK (intent IN ('verification', 'api', 'recovery', 'app_password')),
    user_pk INTEGER NOT NULL REFERENCES users (pk) ON DELETE CASCADE,
    description TEXT NOT NULL,
    expires INTEGER,
    expiring INTEGER NOT NULL CHECK (expiring IN (0, 1)),
    managed TEXT,
    key_hash BLOB NOT NULL,
    key_sealed BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX tokens_identifier_key ON tokens (identifier);
CREATE UNIQUE INDEX tokens_managed_key ON tokens (managed);
CREATE UNIQUE INDEX tokens_key_hash_key ON tokens (key_hash);
CREATE INDEX tokens_user_pk_idx ON tokens (user_pk);

CREATE TABLE mappings (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    expression TEXT NOT NULL,
    managed TEXT,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX mappings_name_key ON mappings (name);
CREATE UNIQUE INDEX mappings_managed_key ON mappings (managed);
