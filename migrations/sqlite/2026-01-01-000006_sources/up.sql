-- Who fills the directory from outside, and what each of them knows of it.

ALTER TABLE mappings ADD COLUMN kind TEXT NOT NULL DEFAULT 'provider' CHECK (kind IN ('provider', 'source'));
CREATE INDEX mappings_kind_name_idx ON mappings (kind, name);

-- A source owns an account and a token. Whoever deletes one of them has a new one made.
CREATE TABLE sources (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    user_path_template TEXT NOT NULL,
    managed TEXT,
    account_pk INTEGER REFERENCES users (pk) ON DELETE SET NULL,
    token_id BLOB REFERENCES tokens (id) ON DELETE SET NULL
) STRICT;
CREATE UNIQUE INDEX sources_slug_key ON sources (slug);
CREATE UNIQUE INDEX sources_managed_key ON sources (managed);
CREATE UNIQUE INDEX sources_account_pk_key ON sources (account_pk);
CREATE UNIQUE INDEX sources_token_id_key ON sources (token_id);
CREATE INDEX sources_name_idx ON sources (name);

CREATE TABLE source_mappings (
    source_id BLOB NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    mapping_id BLOB NOT NULL REFERENCES mappings (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'group')),
    position INTEGER NOT NULL,
    PRIMARY KEY (source_id, mapping_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_mappings_mapping_id_idx ON source_mappings (mapping_id);

-- The users and groups of the sources. `user_name` is the resource's userName without its case.
CREATE TABLE source_links (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    source_id BLOB NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    user_pk INTEGER REFERENCES users (pk) ON DELETE CASCADE,
    group_id BLOB REFERENCES groups (id) ON DELETE CASCADE,
    external_id TEXT,
    user_name TEXT,
    resource TEXT NOT NULL CHECK (json_valid(resource)),
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (kind, id),
    CONSTRAINT source_links_one_object CHECK (
        (kind = 'user' AND user_pk IS NOT NULL AND group_id IS NULL)
        OR (kind = 'group' AND group_id IS NOT NULL AND user_pk IS NULL AND user_name IS NULL)
    )
) STRICT;
CREATE UNIQUE INDEX source_links_user_key ON source_links (source_id, user_pk);
CREATE UNIQUE INDEX source_links_group_key ON source_links (source_id, group_id);
CREATE UNIQUE INDEX source_links_external_id_key ON source_links (source_id, kind, external_id);
CREATE UNIQUE INDEX source_links_user_name_key ON source_links (source_id, user_name);
CREATE INDEX source_links_user_pk_idx ON source_links (user_pk);
CREATE INDEX source_links_group_id_idx ON source_links (group_id);
