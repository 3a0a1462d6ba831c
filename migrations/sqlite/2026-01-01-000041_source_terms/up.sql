-- What a source has is numbered in the order in which it was made, and found by what its resources say.

ALTER TABLE source_links ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
UPDATE source_links SET seq = numbered.seq FROM (
    SELECT kind, id, row_number() OVER (ORDER BY created_at, kind, id) AS seq FROM source_links
) AS numbered WHERE source_links.kind = numbered.kind AND source_links.id = numbered.id;
CREATE UNIQUE INDEX source_links_seq_key ON source_links (seq);
DROP INDEX source_links_walk_idx;
CREATE INDEX source_links_walk_idx ON source_links (source_id, kind, seq);

-- Whether the resource says that the user is active.
ALTER TABLE source_links ADD COLUMN is_active INTEGER CHECK (is_active IN (0, 1));
CREATE INDEX source_links_is_active_idx ON source_links (source_id, is_active, seq);
CREATE INDEX source_links_updated_at_idx ON source_links (source_id, kind, updated_at);

-- A resource of which its terms do not tell everything: whoever searches looks at it too.
ALTER TABLE source_links ADD COLUMN is_loose INTEGER NOT NULL DEFAULT 1 CHECK (is_loose IN (0, 1));
CREATE INDEX source_links_loose_idx ON source_links (source_id, kind, seq) WHERE is_loose;

-- Texts of resources, without their case.
CREATE TABLE source_terms (
    link_seq INTEGER NOT NULL REFERENCES source_links (seq) ON DELETE CASCADE,
    field TEXT NOT NULL,
    term TEXT NOT NULL,
    source_id BLOB NOT NULL CHECK (length(source_id) = 16),
    PRIMARY KEY (link_seq, field, term)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_terms_term_idx ON source_terms (source_id, field, term, link_seq);

-- Names that differ by their case alone are one name to the clients of sources.
CREATE INDEX users_username_folded_idx ON users (scimitar_fold(username));
