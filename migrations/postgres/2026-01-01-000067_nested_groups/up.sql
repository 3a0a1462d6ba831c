-- What a provider makes of groups that stand below others, and which groups a remote has acknowledged as members. One
-- that is not certain was sent, as a member or as none any more, and not acknowledged yet.

ALTER TABLE providers ADD COLUMN nested_groups TEXT COLLATE "C" NOT NULL DEFAULT 'direct'
    CHECK (nested_groups IN ('direct', 'flattened', 'members'));

CREATE TABLE acked_children (
    group_link_id UUID NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    child_link_id UUID NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    is_certain BOOLEAN NOT NULL,
    PRIMARY KEY (group_link_id, child_link_id)
);
CREATE INDEX acked_children_child_link_id_idx ON acked_children (child_link_id);
