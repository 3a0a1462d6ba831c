-- A group may stand below several others. Its own row says which, the first one first, so that reading it is one
-- look; the table has the same arrows with an index from above.

CREATE TABLE group_parents (
    group_id BLOB NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    parent_id BLOB NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, parent_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_parents_parent_id_idx ON group_parents (parent_id, group_id);

ALTER TABLE groups ADD COLUMN parents TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(parents));
INSERT INTO group_parents (group_id, parent_id) SELECT id, parent_id FROM groups WHERE parent_id IS NOT NULL;
UPDATE groups SET parents = json_array(scimitar_uuid_text(parent_id)) WHERE parent_id IS NOT NULL;
DROP INDEX groups_parent_id_idx;
ALTER TABLE groups DROP COLUMN parent_id;
