-- What walks through a remote have seen of it, by which keys it can be recognised, and what came of that.
-- Walks are numbered; what the last one has not seen goes when it ends.

CREATE TABLE remote_keys (
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'group')),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    walk INTEGER NOT NULL,
    PRIMARY KEY (provider_pk, kind, name, value, remote_id)
) STRICT, WITHOUT ROWID;

-- Which remote resources could stand for an object that has none yet, or which one was taken over for it.
CREATE TABLE adoptions (
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    object_key TEXT NOT NULL,
    user_pk INTEGER REFERENCES users (pk) ON DELETE CASCADE,
    group_id BLOB REFERENCES groups (id) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('match', 'ambiguous', 'adopted')),
    candidates TEXT NOT NULL CHECK (json_valid(candidates)),
    PRIMARY KEY (provider_pk, object_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX adoptions_user_pk_idx ON adoptions (user_pk);
CREATE INDEX adoptions_group_id_idx ON adoptions (group_id);

-- Remote resources that were there before, were recognised by their name or address, and were confirmed by nobody.
CREATE TABLE taken_over (
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'group')),
    remote_id TEXT NOT NULL,
    matched_by TEXT NOT NULL,
    PRIMARY KEY (provider_pk, kind, remote_id)
) STRICT, WITHOUT ROWID;
