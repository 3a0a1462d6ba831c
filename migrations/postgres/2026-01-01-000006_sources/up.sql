-- Who fills the directory from outside, and what each of them knows of it.

ALTER TABLE mappings ADD COLUMN kind TEXT COLLATE "C" NOT NULL DEFAULT 'provider' CHECK (kind IN ('provider', 'source'));
CREATE INDEX mappings_kind_name_idx ON mappings (kind, name);

-- A source owns an account and a token. Whoever deletes one of them has a new one made.
CREATE TABLE sources (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    slug TEXT COLLATE "C" NOT NULL,
    enabled BOOLEAN NOT NULL,
    user_path_template TEXT COLLATE "C" NOT NULL,
    managed TEXT COLLATE "C",
    account_pk INTEGER REFERENCES users (pk) ON DELETE SET NULL,
    token_id UUID REFERENCES tokens (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX sources_slug_key ON sources (slug);
CREATE UNIQUE INDEX sources_managed_key ON sources (managed);
CREATE UNIQUE INDEX sources_account_pk_key ON sources (account_pk);
CREATE UNIQUE INDEX sources_token_id_key ON sources (token_id);
CREATE INDEX sources_name_idx ON sources (name);

CREATE TABLE source_mappings (
    source_id UUID NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    mapping_id UUID NOT NULL REFERENCES mappings (id) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('user', 'group')),
    position INTEGER NOT NULL,
    PRIMARY KEY (source_id, mapping_id, kind)
);
CREATE INDEX source_mappings_mapping_id_idx ON source_mappings (mapping_id);

-- The users and groups of the sources. `user_name` is the resource's userName without its case.
CREATE TABLE source_links (
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    source_id UUID NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    user_pk INTEGER REFERENCES users (pk) ON DELETE CASCADE,
    group_id UUID REFERENCES groups (id) ON DELETE CASCADE,
    external_id TEXT COLLATE "C",
    user_name TEXT COLLATE "C",
    resource JSONB NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (kind, id),
    CONSTRAINT source_links_one_object CHECK (
        (kind = 'user' AND user_pk IS NOT NULL AND group_id IS NULL)
        OR (kind = 'group' AND group_id IS NOT NULL AND user_pk IS NULL AND user_name IS NULL)
    )
);
CREATE UNIQUE INDEX source_links_user_key ON source_links (source_id, user_pk);
CREATE UNIQUE INDEX source_links_group_key ON source_links (source_id, group_id);
CREATE UNIQUE INDEX source_links_external_id_key ON source_links (source_id, kind, external_id);
CREATE UNIQUE INDEX source_links_user_name_key ON source_links (source_id, user_name);
CREATE INDEX source_links_user_pk_idx ON source_links (user_pk);
CREATE INDEX source_links_group_id_idx ON source_links (group_id);
