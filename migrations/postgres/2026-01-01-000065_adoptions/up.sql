-- What walks through a remote have seen of it, by which keys it can be recognised, and what came of that.
-- Walks are numbered; what the last one has not seen goes when it ends.

CREATE TABLE remote_keys (
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('user', 'group')),
    name TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    remote_id TEXT COLLATE "C" NOT NULL,
    walk BIGINT NOT NULL,
    PRIMARY KEY (provider_pk, kind, name, value, remote_id)
);

-- Which remote resources could stand for an object that has none yet, or which one was taken over for it.
CREATE TABLE adoptions (
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    object_key TEXT COLLATE "C" NOT NULL,
    user_pk INTEGER REFERENCES users (pk) ON DELETE CASCADE,
    group_id UUID REFERENCES groups (id) ON DELETE CASCADE,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('match', 'ambiguous', 'adopted')),
    candidates JSONB NOT NULL,
    PRIMARY KEY (provider_pk, object_key)
);
CREATE INDEX adoptions_user_pk_idx ON adoptions (user_pk);
CREATE INDEX adoptions_group_id_idx ON adoptions (group_id);

-- Remote resources that were there before, were recognised by their name or address, and were confirmed by nobody.
CREATE TABLE taken_over (
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('user', 'group')),
    remote_id TEXT COLLATE "C" NOT NULL,
    matched_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (provider_pk, kind, remote_id)
);
