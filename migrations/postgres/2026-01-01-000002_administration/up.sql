-- Who may administer the service, and the mappings that shape what is sent.

CREATE TABLE tokens (
    id UUID NOT NULL PRIMARY KEY,
    identifier TEXT COLLATE "C" NOT NULL,
    intent TEXT COLLATE "C" NOT NULL CHECK (intent IN ('verification', 'api', 'recovery', 'app_password')),
    user_pk INTEGER NOT NULL REFERENCES users (pk) ON DELETE CASCADE,
    description TEXT COLLATE "C" NOT NULL,
    expires TIMESTAMPTZ,
    expiring BOOLEAN NOT NULL,
    managed TEXT COLLATE "C",
    key_hash BYTEA NOT NULL,
    key_sealed BYTEA NOT NULL
);
CREATE UNIQUE INDEX tokens_identifier_key ON tokens (identifier);
CREATE UNIQUE INDEX tokens_managed_key ON tokens (managed);
CREATE UNIQUE INDEX tokens_key_hash_key ON tokens (key_hash);
CREATE INDEX tokens_user_pk_idx ON tokens (user_pk);

CREATE TABLE mappings (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    expression TEXT COLLATE "C" NOT NULL,
    managed TEXT COLLATE "C",
    version BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX mappings_name_key ON mappings (name);
CREATE UNIQUE INDEX mappings_managed_key ON mappings (managed);
